"""Source values to plain Python values; a blank is always None."""

import html
import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from .fingerprint import fold
from .numbers import parse_number

TRUE_WORDS = frozenset(
    {"yes", "y", "true", "t", "1", "x", "on", "checked", "✓", "✔"}
    | {"ja", "oui", "si", "sí", "wahr", "vrai"}
)
FALSE_WORDS = frozenset(
    {"no", "n", "false", "f", "0", "off", "unchecked", "nein", "non", "falsch", "faux"}
)
_LARGEST = sys.float_info.max
_LONGEST_EMAILS = 2000
_LONGEST_INTEGER = 64
_HTML_TAG = re.compile(
    r"</?(?:p|br|div|span|a|b|i|u|em|strong|ul|ol|li|h[1-6]|table|tr|td|img|"
    r"blockquote|html|body|font|pre|code|hr)\b[^<>]*>",
    re.IGNORECASE,
)
_WORD = r"[^\s@<>(),;:\"\[\]|]"
_EMAIL = re.compile(rf"{_WORD}+@{_WORD}+\.(?:(?!\.){_WORD}){{2,}}")
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d{1,2}")
_HOST = re.compile(r"[^\s/?#@]+\.[^\s/?#@.]{2,}", re.UNICODE)


#: Characters that no XML may hold, and halves of a character.
_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_BREAK = re.compile("\r\n|[\r\x0b\x0c]")


def parse_json(text: str) -> Any:
    """Return what a JSON text says.

    :raise ValueError: when it is none, or nested so deeply that nobody meant it
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def printable(text: str) -> str:
    """Return a text without control characters; vertical tabs break the line."""
    return _UNPRINTABLE.sub("", _BREAK.sub("\n", text))


class ConversionError(ValueError):
    """The value has no faithful counterpart; the message says why."""


def _refuse(value: Any, wanted: str) -> ConversionError:
    """Return the error for a value that is not what it should be."""
    shown = str(value)
    shown = f"{shown[:77]}..." if len(shown) > 80 else shown
    return ConversionError(f"'{shown}' is not {wanted}")


def to_text(value: Any) -> str | None:
    """Return `value` as trimmed text with plain line ends."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, (list, tuple)):
        return "; ".join(filter(None, map(to_text, value))) or None
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    text = printable(unicodedata.normalize("NFC", str(value)))
    return text.strip() or None


def has_markup(text: str) -> bool:
    """Return whether a text is HTML rather than plain."""
    return bool(_HTML_TAG.search(text))


def to_html_text(value: Any) -> str | None:
    """Return `value` as HTML: markup as it is (not sanitised), text escaped."""
    text = to_text(value)
    if text is None or _HTML_TAG.search(text):
        return text
    blocks = re.split(r"\n[ \t]*\n\s*", html.escape(text, quote=False))
    return "".join(
        "<p>{}</p>".format("<br>".join(block.split("\n"))) for block in blocks
    )


def _to_number(
    value: Any, wanted: str, decimal: str | None, money: bool
) -> float | None:
    """Return `value` as a finite float, or refuse it as not `wanted`."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, (int, float)):
        if not -_LARGEST <= value <= _LARGEST:
            raise _refuse(value, wanted)
        return float(value)
    text = to_text(value)
    if text is None:
        return None
    try:
        return parse_number(text, decimal, money)
    except ValueError as err:
        raise _refuse(text, wanted) from err


def to_integer(value: Any) -> int | None:
    """Return a whole number; a fraction is refused, never rounded."""
    if isinstance(value, int):
        return int(value)
    text = to_text(value)
    if text and len(text) <= _LONGEST_INTEGER and re.fullmatch(r"[+-]?\d+", text):
        return int(text)
    number = _to_number(value, "a whole number", None, money=False)
    if number is None:
        return None
    if not number.is_integer():
        raise _refuse(value, "a whole number")
    return int(number)


def to_float(value: Any, decimal: str | None = None) -> float | None:
    """Return a number with or without thousands separators."""
    return _to_number(value, "a number", decimal, money=False)


def to_money(value: Any, decimal: str | None = None) -> float | None:
    """Return an amount without its currency; (500) is negative.

    :param decimal: "," or "." when the column is known to use it: 1.234 alone
        is read with a decimal dot
    """
    return _to_number(value, "an amount of money", decimal, money=True)


def to_boolean(value: Any) -> bool | None:
    """Return a yes/no value; other numbers and words are refused."""
    if isinstance(value, bool):
        return value
    text = to_text(value)
    if text is None:
        return None
    word = text.casefold()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise _refuse(text, "yes or no")


def to_percent(value: Any, unit: str = "auto") -> float | None:
    """Return a percentage as 0..100.

    :param unit: "fraction" multiplies numbers without percent sign by 100;
        "auto" and "percent" take them as they are
    """
    text = to_text(value) or ""
    given = text[:-1] if text.endswith("%") else value
    number = _to_number(given, "a percentage", None, money=False)
    if number is not None and unit == "fraction" and not text.endswith("%"):
        number = round(number * 100, 10)
    if number is not None and not 0 <= number <= 100:
        raise _refuse(text, "a percentage from 0 to 100")
    return number


def to_share(value: Any) -> float | None:
    """Return a share of one (0.4) as 0..100; with a percent sign it is one already."""
    return to_percent(value, "fraction")


def to_email(value: Any) -> tuple[str | None, str]:
    """Return the first address and the others, which must not get lost."""
    text = to_text(value)
    if text is None:
        return None, ""
    if "@" not in text or len(text) > _LONGEST_EMAILS:
        raise _refuse(text, "an email address")
    found: dict[str, str] = {}
    for address in _EMAIL.findall(text):
        address = address.strip("'\u2019")
        found.setdefault(address.casefold(), address)
    ordered = list(found.values())
    if not ordered:
        raise _refuse(text, "an email address")
    return ordered[0], "; ".join(ordered[1:])


def to_phone(value: Any) -> str | None:
    """Return a phone number as written; digits lost by Excel are refused."""
    text = to_text(value)
    if text is None:
        return None
    text = " ".join(text.lstrip("'\u2019").split())
    if _SCIENTIFIC.fullmatch(text.replace(" ", "")):
        raise ConversionError(
            f"'{text}' was shortened by a spreadsheet; its digits are lost. "
            "Export the column as text"
        )
    return text or None


def split_multi(value: Any, known: Iterable[str] | None = None) -> list[str]:
    """Return the single values of a list cell, each spelling once.

    :param known: the values that exist; commas separate only if all parts are
        among them
    """
    names = {fold(name) for name in known or ()}
    if isinstance(value, (list, tuple)):
        tokens = [to_text(item) or "" for item in value]
    else:
        text = to_text(value) or ""
        tokens = [text] if fold(text) in names else re.split(r"[;|\n]", text)
        if len(tokens) == 1 and "," in text and fold(text) not in names:
            parts = [part.strip() for part in text.split(",")]
            if all(fold(part) in names for part in parts if part):
                tokens = parts
    unique: dict[str, str] = {}
    for token in tokens:
        if token.strip():
            unique.setdefault(fold(token), token.strip())
    return list(unique.values())


def to_url(value: Any) -> str | None:
    """Return an http(s) address, with the scheme added when it is left out."""
    text = to_text(value)
    if text is None:
        return None
    has_scheme = re.match(r"[a-z][a-z0-9+.-]*:(?!\d)", text, re.IGNORECASE)
    url = text if has_scheme else f"https://{text.lstrip('/')}"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as err:
        raise _refuse(text, "a web address") from err
    local = host == "localhost" or ":" in host
    if parts.scheme.lower() not in ("http", "https") or re.search(r"\s", text):
        raise _refuse(text, "a web address")
    if not local and not _HOST.fullmatch(host):
        raise _refuse(text, "a web address")
    return url


CONVERTERS: dict[str, Callable[..., Any]] = {
    "text": to_text,
    "html": to_html_text,
    "integer": to_integer,
    "float": to_float,
    "money": to_money,
    "boolean": to_boolean,
    "percent": to_percent,
    "share": to_share,
    "email": to_email,
    "phone": to_phone,
    "multi": split_multi,
    "url": to_url,
}
