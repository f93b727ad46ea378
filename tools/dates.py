"""Dates of unknown spelling: which formats fit a column, and safe parsing."""

import functools
import re
from collections.abc import Iterable
from datetime import date, datetime, time, timezone, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.parser import isoparse
from openpyxl.utils.datetime import from_excel

ISO = "iso"
EXCEL = "excel"
DATE_FORMATS = (
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%m-%d-%Y",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%d.%m.%y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%b %d %Y",
    "%B %d, %Y",
    "%B %d %Y",
    "%Y",
)
TIME_FORMATS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
# serials below are years or counts, the last one is 31 December 9999
_EXCEL_FIRST, _EXCEL_LAST = 10_000, 2_958_465
_EARLIEST_YEAR = 1000
_ISO_SHAPE = re.compile(
    r"\d{4}-\d{2}-\d{2}"
    r"(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?",
    re.IGNORECASE,
)
_SEPT = re.compile(r"\bSept\b", re.IGNORECASE)
_DATE_TIME = re.compile(
    r"(?P<date>.*?)(?:,?\s+(?:at\s+)?"
    r"(?P<time>\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]\.?m\.?)?))?",
    re.IGNORECASE | re.DOTALL,
)


class FormatTracker:
    """Narrows down the formats of a column, value by value."""

    def __init__(self) -> None:
        self._dates: tuple[str, ...] | None = None
        self._times: tuple[str, ...] | None = None

    @property
    def exhausted(self) -> bool:
        """Whether values were seen that no single format fits."""
        return self._dates == () or self._times == ()

    def add(self, value: Any) -> None:
        """Drop every format that does not fit `value`; blanks fit all."""
        text = "" if self.exhausted else _tidy(value)
        if not text:
            return
        day, clock = _split(text)
        fitting = _fitting_dates(text, day)
        if clock and fitting != (ISO,):
            kinds = _fitting_times(clock)
            self._times = _both(self._times, kinds)
        self._dates = _both(self._dates, fitting)

    def formats(self) -> list[str]:
        """Return the formats under which all values parse, best first."""
        if not self._dates or self._times == ():
            return []
        clock = f" {self._times[0]}" if self._times else ""
        plain = (ISO, EXCEL)
        return [base if base in plain else base + clock for base in self._dates]


def _both(known: tuple[str, ...] | None, new: tuple[str, ...]) -> tuple[str, ...]:
    """Return the formats in both, `None` standing for no value seen yet."""
    return new if known is None else tuple(item for item in known if item in new)


def _tidy(value: Any) -> str:
    """Return a date value as text with single blanks and plain month names."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    text = " ".join(str(value).split())
    return _SEPT.sub("Sep", text)


def _split(text: str) -> tuple[str, str]:
    """Return the day part and the clock part (or "") of a date text."""
    match = _DATE_TIME.fullmatch(text)
    if not match:
        return text, ""
    clock = (match["time"] or "").upper().replace(".", "")
    return match["date"], re.sub(r"(\d)\s*([AP]M)", r"\1 \2", clock)


def _strptime(text: str, pattern: str) -> datetime | None:
    """Return the text read under the pattern, None if it does not fit."""
    try:
        return datetime.strptime(text, pattern)
    except ValueError:
        return None


@lru_cache(maxsize=65_536)
def _fitting_day(day: str) -> tuple[str, ...]:
    """Return the date formats of a text without clock."""
    return tuple(pattern for pattern in DATE_FORMATS if _strptime(day, pattern))


@lru_cache(maxsize=65_536)
def _fitting_times(clock: str) -> tuple[str, ...]:
    """Return the time formats of a clock text."""
    return tuple(pattern for pattern in TIME_FORMATS if _strptime(clock, pattern))


def _fitting_dates(text: str, day: str) -> tuple[str, ...]:
    """Return the date formats, or pseudo-formats, of one whole value."""
    if _iso_or_none(text):
        return (ISO,)
    serial = _serial(text)
    if serial is not None and _EXCEL_FIRST <= serial <= _EXCEL_LAST:
        return (EXCEL,)
    return _fitting_day(day)


def _iso_or_none(text: str) -> datetime | None:
    """Return an ISO text as datetime, aware if it names an offset."""
    if text[4:5] != "-":
        return None
    compact = re.sub(r"\s+(?=(?:Z|UTC|[+-]\d{2}:?\d{2})$)", "", text)
    if not _ISO_SHAPE.fullmatch(compact):
        return None
    try:
        return isoparse(re.sub(r"UTC$", "Z", compact.upper()))
    except ValueError:
        return None


def _serial(text: str) -> float | None:
    """Return an Excel day number, or None if the text is no plain number."""
    return float(text) if re.fullmatch(r"\d{1,7}(?:\.\d+)?", text) else None


def candidate_formats(values: Iterable[Any]) -> list[str]:
    """Return the formats under which every value that is not blank parses."""
    tracker = FormatTracker()
    for value in values:
        tracker.add(value)
        if tracker.exhausted:
            break
    return tracker.formats()


def day_format(fmt: str) -> str:
    """Return a format without its time of day."""
    return fmt.split(" %H")[0].split(" %I")[0]


def date_order(fmt: str) -> str:
    """Return "MDY", "DMY", "YMD" or "Y": the order of the parts in a format."""
    if fmt == ISO:
        return "YMD"
    return "".join(re.findall(r"%([mdbBYy])", fmt)).upper().replace("B", "M")


def is_ambiguous(formats: Iterable[str]) -> bool:
    """Return whether the formats read one text as different days."""
    return len({date_order(fmt) for fmt in formats}) > 1


def apply_order(formats: Iterable[str], order: str) -> list[str]:
    """Keep the formats of a chosen order ("MDY", "DMY", "YMD")."""
    return [fmt for fmt in formats if date_order(fmt) in (order, "Y", "")]


def _zone(tz: str | tzinfo | None) -> tzinfo:
    """Return the zone named by `tz`; UTC when nothing is given."""
    zone = tz or timezone.utc
    return ZoneInfo(zone) if isinstance(zone, str) else zone


def _clock(text: str, value: str) -> time:
    """Return the time of day of a clock text, midnight when there is none."""
    if not text:
        return time()
    for pattern in _fitting_times(text):
        return datetime.strptime(text, pattern).time()
    raise ValueError(f"'{value}' has no valid time of day")


def _read(text: str, fmt: str) -> datetime | None:
    """Return a text under a format or pseudo-format, None if it does not fit."""
    if fmt == ISO:
        return _iso_or_none(text)
    if fmt == EXCEL:
        serial = _serial(text)
        fits = serial is not None and 1 <= serial <= _EXCEL_LAST
        return from_excel(serial) if fits else None
    day, clock = _split(text)
    moment = _strptime(day, day_format(fmt))
    return moment and datetime.combine(moment, _clock(clock, text))


def example(fmt: str) -> str:
    """Return how a date is written under a format, for people who do not read it."""
    day = datetime(2024, 12, 31, 14, 30)
    if fmt == ISO:
        return "2024-12-31"
    return "45657" if fmt == EXCEL else day.strftime(fmt)


def _parse(value: Any, fmt: str) -> datetime:
    """Return `value` read under `fmt`, aware only if the text has an offset."""
    return _moment(_tidy(value), fmt)


@functools.lru_cache(maxsize=4096)
def _moment(text: str, fmt: str) -> datetime:
    """Return a tidy text read under `fmt`; days and times repeat in an export."""
    if not text:
        raise ValueError("there is no date")
    if re.match(r"(?:0+\D+){2}0+(?:\D|$)", text):
        raise ValueError(f"'{text}' is a placeholder for no date")
    moment = _read(text, fmt)
    if not moment:
        shape = f"written as {example(fmt)}"
        raise ValueError(f"'{text}' is not a date that exists, {shape}")
    if moment.year < _EARLIEST_YEAR:
        raise ValueError(f"'{text}' is a placeholder for no date")
    return moment


def parse_datetime(value: Any, fmt: str, tz: str | tzinfo | None = None) -> datetime:
    """Return the naive UTC moment of `value`, naive texts being local to `tz`.

    An hour that does not exist (spring) or exists twice (autumn) is read with
    the offset that was valid before the clock change.
    """
    moment = _parse(value, fmt)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=_zone(tz), fold=0)
    try:
        return moment.astimezone(timezone.utc).replace(tzinfo=None)
    except OverflowError as err:
        raise ValueError(f"'{value}' is outside of the calendar") from err


def parse_date(value: Any, fmt: str, tz: str | tzinfo | None = None) -> date:
    """Return the day of `value`; a moment with offset is first moved to `tz`."""
    moment = _parse(value, fmt)
    if moment.tzinfo is not None and tz:
        moment = moment.astimezone(_zone(tz))
    return moment.date()
