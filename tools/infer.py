"""Type of a source column, told from all its values without losing any."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .choices import choices
from .converters import has_markup, to_text
from .dates import EXCEL, FormatTracker, is_ambiguous

BOOLEAN_WORDS = frozenset({"yes", "no", "true", "false", "0", "1", "x"})
DISTINCT_CAP = 10_000
SAMPLE_COUNT = 5
SAMPLE_LENGTH = 200
CHAR_LENGTH = 255
OPTION_LENGTH = 64
_INTEGER = re.compile(r"-?(?:\d+|\d{1,3}(?:,\d{3})+)")
_FLOAT = re.compile(r"-?(?:\d+|\d{1,3}(?:,\d{3})+)\.\d+")
_LEADING_ZERO = re.compile(r"-?0\d")
_PHONE = re.compile(r"\+[\d ().-]{6,}|\d{10,15}")
_EMAIL = re.compile(r"[^\s@<>(),;]+@[^\s@<>(),;]+\.[^\s@<>(),;.]{2,}")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_SIGN = r"[A-Z]{3}|[$\u20ac\u00a3\u00a5\u20b9]"
_MONEY = re.compile(rf"(-?)({_SIGN})?\s?(-?)(\d[\d,]*(?:\.\d+)?)\s?({_SIGN})?")
_LARGEST_INTEGER = 2**31 - 1
_EXACT_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Inference:
    """What a column holds, with a sentence that says why."""

    type: str
    evidence: str
    filled: int
    distinct: int
    samples: tuple[str, ...]
    max_length: int
    total: int = 0
    distinct_capped: bool = False
    options: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    multi: bool = False
    #: single values of the lists in the column, in the order they appear
    items: tuple[str, ...] = ()
    #: first value that what the source says of the column does not allow
    misfit: str = ""
    misfit_count: int = 0
    #: most values have markup
    markup: bool = False
    lines: bool = False
    #: the one sign or code that all amounts bear
    currency: str = ""
    #: e-mail or url, if every value is one
    widget: str = ""


class ValueProfile:
    """Collects facts on a column value by value, in bounded memory."""

    def __init__(self, fits: Callable[[Any], bool] | None = None) -> None:
        """Begin with nothing seen.

        :param fits: tells of one value whether it is what the source says it is
        """
        self._fits = fits
        self._misfit = ""
        self._misfits = 0
        self._markup = 0
        self._lists = 0
        self._items: dict[str, int] = {}
        self._signs: set[str] = set()
        self.total = 0
        self.filled = 0
        self.max_length = 0
        self._counts: dict[str, int] = {}
        self._capped = False
        self._lines = False
        self._separated = 0
        self._dates = FormatTracker()
        # kind -> first value that speaks against it
        self._against: dict[str, str] = {}

    def add(self, value: Any) -> None:
        """Take one more value into account; None and "" count as blank."""
        self.total += 1
        text = to_text(value)
        if text is None:
            return
        self.filled += 1
        self.max_length = max(self.max_length, len(text))
        is_list = isinstance(value, (list, tuple)) or text.startswith("[")
        is_several = is_list or ";" in text or "|" in text
        self._lists += is_list
        self._separated += is_several
        self._markup += "<" in text and has_markup(text)
        if self._fits and not self._fits(value):
            self._misfit = self._misfit or text
            self._misfits += 1
        if "multi" not in self._against:
            self._take_items(choices(value) if is_several else [text], text)
        if text in self._counts:
            self._counts[text] += 1
            return
        self._lines = self._lines or "\n" in text
        self._count(text)
        self._dates.add(text)
        self._check(text)

    def _take_items(self, words: list[str] | None, text: str) -> None:
        """Count the single values of a cell, while they look like a list of words."""
        if words is None or any(len(word) > OPTION_LENGTH for word in words):
            self._against["multi"] = text
            return
        for word in words:
            self._items[word] = self._items.get(word, 0) + 1
        if len(self._items) > DISTINCT_CAP:
            self._against["multi"] = text

    def _count(self, text: str) -> None:
        """Count a new value, shortened, while there is room for further ones."""
        key = text if len(text) <= SAMPLE_LENGTH else text[:SAMPLE_LENGTH] + "…"
        if key in self._counts or len(self._counts) < DISTINCT_CAP:
            self._counts[key] = self._counts.get(key, 0) + 1
        else:
            self._capped = True

    def _check(self, text: str) -> None:
        """Note for each type whether this value speaks against it."""
        if text.casefold() not in BOOLEAN_WORDS:
            self._against.setdefault("boolean", text)
        if "integer" not in self._against and not _is_integer(text):
            self._against["integer"] = text
        if "float" not in self._against and not _is_number(text):
            self._against["float"] = text
        for kind, pattern in (("email", _EMAIL), ("url", _URL)):
            if kind not in self._against and not pattern.fullmatch(text):
                self._against[kind] = text
        if "money" not in self._against:
            sign = _money_sign(text)
            self._signs.add(sign)
            if not sign or len(self._signs) > 1:
                self._against["money"] = text

    def result(self) -> Inference:
        """Return the narrowest type that keeps every value seen so far."""
        kind, evidence = self._kind()
        options = tuple(self._counts) if kind == "selection" else ()
        return Inference(
            type=kind,
            evidence=evidence,
            filled=self.filled,
            distinct=len(self._counts),
            samples=tuple(self._counts)[:SAMPLE_COUNT],
            max_length=self.max_length,
            total=self.total,
            distinct_capped=self._capped,
            options=options,
            formats=tuple(self._date_formats()),
            multi=self._is_separated(),
            items=() if "multi" in self._against else tuple(self._items),
            misfit=self._misfit[:SAMPLE_LENGTH],
            misfit_count=self._misfits,
            markup=bool(self.filled) and self._markup * 2 >= self.filled,
            lines=self._lines,
            currency=next(iter(self._signs)) if kind == "money" else "",
            widget=self._widget(),
        )

    def _is_separated(self) -> bool:
        """Return whether one cell in ten or more holds several values."""
        return bool(self.filled) and self._separated * 10 >= self.filled

    def _widget(self) -> str:
        """Return email or url if each value is one."""
        if not self.filled:
            return ""
        return next((k for k in ("email", "url") if k not in self._against), "")

    def _date_formats(self) -> list[str]:
        """Return the date formats of the column, day numbers left out."""
        return [fmt for fmt in self._dates.formats() if fmt != EXCEL]

    def _kind(self) -> tuple[str, str]:
        """Return the type and the reason for it."""
        if not self.filled:
            return "char", f"All {self.total} values are blank."
        seen = f"All {self.filled} filled values"
        if self._is_boolean():
            words = ", ".join(sorted(self._counts, key=str.casefold))
            return "boolean", f"{seen} are one of: {words}."
        if "integer" not in self._against:
            return "integer", f"{seen} are whole numbers without leading zeros."
        if "float" not in self._against:
            return "float", f"{seen} are decimal numbers."
        return (
            self._date_kind(seen)
            or self._money_kind(seen)
            or self._html_kind()
            or self._multi_kind()
            or self._selection()
            or self._text(seen)
        )

    def _money_kind(self, seen: str) -> tuple[str, str] | None:
        """Return money if all amounts bear one and the same sign."""
        if "money" in self._against:
            return None
        return "money", f"{seen} are amounts in {next(iter(self._signs))}."

    def _html_kind(self) -> tuple[str, str] | None:
        """Return html if most values have markup."""
        if self._markup * 2 < self.filled:
            return None
        return "html", f"{self._markup} of {self.filled} filled values have markup."

    def _multi_kind(self) -> tuple[str, str] | None:
        """Return several of few short words, if such lists are there."""
        if not self._is_separated() or "multi" in self._against or not self._items:
            return None
        distinct = len(self._items)
        few = distinct <= max(12, self.total * 0.05)
        come_back = sum(self._items.values()) >= 2 * distinct
        if not few or not (come_back or self._lists == self.filled):
            return None
        return "multi_selection", (
            f"Lists of {distinct} different values in {self.filled} filled rows."
        )

    def _is_boolean(self) -> bool:
        """Return whether yes/no is certain: ones alone may be a count."""
        if "boolean" in self._against:
            return False
        words = {text.casefold() for text in self._counts}
        return words not in ({"0"}, {"1"})

    def _date_kind(self, seen: str) -> tuple[str, str] | None:
        """Return date, datetime, or text if days and months may be swapped."""
        formats = self._date_formats()
        if not formats:
            return None
        if is_ambiguous(formats):
            orders = " or ".join(formats)
            sample = next(iter(self._counts))
            return "char", f"{seen} are dates, but '{sample}' may be read as {orders}."
        kind = "datetime" if _has_time(formats[0], self._counts) else "date"
        return kind, f"{seen} are dates in the one format {formats[0]}."

    def _selection(self) -> tuple[str, str] | None:
        """Return selection if few short values come back again and again."""
        distinct = len(self._counts)
        few = not self._capped and distinct <= max(12, self.total * 0.05)
        short = self.max_length <= OPTION_LENGTH and not self._lines
        if not (few and short and self.filled >= 2 * distinct) or self._widget():
            return None
        counted = f"{distinct} different value{'s' if distinct > 1 else ''}"
        return "selection", f"Only {counted} in {self.filled} filled rows."

    def _text(self, seen: str) -> tuple[str, str]:
        """Return char or text, with the value that rules out numbers."""
        if self._lines:
            return "text", "Some values have several lines."
        if self.max_length > CHAR_LENGTH:
            return "text", f"The longest value has {self.max_length} characters."
        odd = self._against["float"][:60]
        if _LEADING_ZERO.match(odd) or _PHONE.fullmatch(odd):
            return "char", f"Digits such as '{odd}' would change as a number."
        return "char", f"{seen} are free text, for example '{odd}'."


def _money_sign(text: str) -> str:
    """Return the sign or code of an amount, "" if it has none or is not certain."""
    found = _MONEY.fullmatch(text)
    if not found or bool(found[2]) == bool(found[5]) or (found[1] and found[3]):
        return ""
    return (found[2] or found[5]) if _is_number(found[4]) else ""


def _is_safe_number(text: str) -> bool:
    """Return whether no digit of a number would be lost."""
    digits = sum(character.isdigit() for character in text)
    return not (_LEADING_ZERO.match(text) or _PHONE.fullmatch(text)) and (
        digits <= _EXACT_DIGITS
    )


def _is_integer(text: str) -> bool:
    """Return whether the text is a whole number that a column can hold."""
    return bool(
        _INTEGER.fullmatch(text)
        and _is_safe_number(text)
        and abs(int(text.replace(",", ""))) <= _LARGEST_INTEGER
    )


def _is_number(text: str) -> bool:
    """Return whether the text is a whole or a decimal number."""
    return _is_integer(text) or bool(_FLOAT.fullmatch(text) and _is_safe_number(text))


def _has_time(fmt: str, values: Iterable[str]) -> bool:
    """Return whether dates of a format carry a time of day."""
    if fmt == "iso":
        return any(":" in value for value in values)
    return "%H" in fmt or "%I" in fmt


def infer_type(values: Iterable[Any]) -> Inference:
    """Return the type of a column from all its values."""
    profile = ValueProfile()
    for value in values:
        profile.add(value)
    return profile.result()
