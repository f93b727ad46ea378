"""Records for a screen: recognisable to who knows them, useless to who does not."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

MAX_TEXT = 60
MAX_LIST = 3
_EMAIL = re.compile(r"([\w.+-])[\w.+-]*@([\w-])[\w-]*((?:\.[\w-]+)+)")
_PHONE = re.compile(r"\+?\(?\d[\d\s()./-]{5,}\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ].*)?|\d{1,2}[./]\d{1,2}[./]\d{4}.*", re.A)
_NUMBER = re.compile(
    r"-?(?:\d{1,5}|\d{1,12}[.,]\d{1,2}|\d{1,3}(?:,\d{3})+(?:\.\d{1,4})?)%?"
)
_PERSONAL = re.compile(
    r"name|phone|mobile|fax|street|line_?[12]|zip|postal|subject|title|location"
    r"|description|notes?|body|text|content|comment|vat|serial|message_id",
    re.I,
)
_BORN = re.compile(r"birth|dob", re.I)
_NOT_PERSONAL = re.compile(
    r"stage|pipeline|file_?name|type|status|pipeline_name|label|key|object|plan", re.I
)
_WORD = re.compile(r"\w+")


def mask_text(text: str) -> str:
    """Return ``Maria Lopez`` as ``M•••• L••••``; digits beyond the last two go too."""
    digits = sum(char.isdigit() for char in text)
    if digits > 2:
        seen, masked = 0, []
        for char in text:
            seen += char.isdigit()
            is_kept = not char.isdigit() or seen > digits - 2
            masked.append(char if is_kept else "•")
        text = "".join(masked)
    return _WORD.sub(_mask_word, text)


def _mask_word(match: re.Match) -> str:
    word = match[0]
    if word.isdigit():
        return word
    return word[0] + "•" * min(len(word) - 1, 4)


def mask_mail(text: str) -> str:
    """Return ``maria@northwind.example`` as ``m•••@n•••.example``."""
    return _EMAIL.sub(r"\1•••@\2•••\3", text)


def _mask_phone(match: re.Match) -> str:
    found = match[0]
    return found if _MOMENT.fullmatch(found) else mask_text(found)


def _mask_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return "•••"
    return f"{parts.scheme}://{host}/…" if parts.path or parts.query else text


class Masker:
    """Masks values; `redact` takes the source's secrets out of texts."""

    def __init__(self, redact: Callable[[str], str] = str):
        self.redact = redact

    def record(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return a flat record with its values masked, cut short."""
        return {
            self.redact(mask_mail(str(key)))[:120]: self.value(key, value)
            for key, value in data.items()
        }

    def value(self, name: str, value: Any) -> Any:
        """Return the value of a field, masked after its name and its looks."""
        if isinstance(value, Mapping):
            return {
                str(key): self.value(str(key), child) for key, child in value.items()
            }
        if isinstance(value, list):
            return [self.value(name, entry) for entry in value[:MAX_LIST]]
        if not isinstance(value, str):
            return value
        return self._text(name, self.redact(value))

    def _text(self, name: str, text: str) -> str:
        leaf = name.rpartition(".")[2]
        short = text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"
        if re.match(r"https?://", text, re.I):
            return _mask_url(text)[:MAX_TEXT]
        if _BORN.search(leaf):
            return mask_text(short)
        if _MOMENT.fullmatch(text) or _NUMBER.fullmatch(text):
            return short
        if _EMAIL.search(short):
            return mask_mail(short)
        if _PERSONAL.search(leaf) and not _NOT_PERSONAL.search(leaf):
            return mask_text(short)
        if leaf == "id" or leaf.endswith(("_id", "_ids")):
            return short
        return _PHONE.sub(_mask_phone, short)
