"""Moments as sources write them, to and from aware datetimes."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

#: Words for `datetime.formats`; anything else there is a strptime format.
FORMAT_WORDS = ("rfc3339", "epoch_s", "epoch_ms", "iso_date")
#: Words for `delta.format`.
DELTA_FORMATS = ("rfc3339", "iso_date", "epoch_s", "epoch_ms", "sql_local")

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?"
    r"\s?([Zz]|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_EPOCH = re.compile(r"-?\d{1,15}(?:\.\d{1,9})?", re.ASCII)
_EPOCH_START = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MS_FROM = 100_000_000_000  # as seconds this is the year 5138


@lru_cache(maxsize=64)
def zone(name: str) -> tzinfo:
    """Return a time zone by its IANA name; ValueError if there is none."""
    if name in ("", "UTC"):
        return timezone.utc
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"“{name}” is not a time zone") from error


def _offset(text: str | None, naive: tzinfo) -> tzinfo:
    if not text:
        return naive
    if text in "Zz":
        return timezone.utc
    digits = text[1:].replace(":", "").ljust(4, "0")
    delta = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-delta if text[0] == "-" else delta)


def _from_rfc3339(text: str, naive: tzinfo) -> datetime | None:
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute = (int(part) for part in match.groups()[:5])
    fraction = int((match[7] or "0")[:6].ljust(6, "0"))
    second = int(match[6] or 0)
    return datetime(
        year, month, day, hour, minute, second, fraction, _offset(match[8], naive)
    )


def _from_epoch(number: float, is_ms: bool) -> datetime:
    delta = timedelta(milliseconds=number) if is_ms else timedelta(seconds=number)
    return _EPOCH_START + delta


def _from_number(number: float, formats: Sequence[str]) -> datetime:
    if "epoch_ms" in formats or "epoch_s" in formats:
        return _from_epoch(number, "epoch_ms" in formats)
    return _from_epoch(number, abs(number) >= _MS_FROM)


def _from_text(text: str, style: str, naive: tzinfo) -> datetime | None:
    """Return the moment if the text is written in one style."""
    if style == "rfc3339":
        return _from_rfc3339(text, naive)
    if style in ("epoch_s", "epoch_ms"):
        is_epoch = _EPOCH.fullmatch(text)
        return _from_epoch(float(text), style == "epoch_ms") if is_epoch else None
    if style == "iso_date":
        if not _ISO_DATE.fullmatch(text):
            return None
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=naive)
    moment = datetime.strptime(text, style)
    return moment if moment.tzinfo else moment.replace(tzinfo=naive)


def parse_moment(
    value: Any, formats: Sequence[str], naive: tzinfo = timezone.utc
) -> datetime | None:
    """Return the UTC moment that a value means, None if it means none.

    :param formats: FORMAT_WORDS or strptime formats, the first that fits counts
    :param naive: zone of values that name none
    """
    if isinstance(value, datetime):
        return _utc(value if value.tzinfo else value.replace(tzinfo=naive))
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    if not isinstance(value, str):
        try:
            return _from_number(value, formats)
        except (OverflowError, ValueError):
            return None
    text = value.strip()
    if not text or len(text) > 64:
        return None
    for style in formats:
        try:
            moment = _from_text(text, style, naive)
        except (ValueError, OverflowError):
            continue
        if moment is not None:
            return _utc(moment)
    return None


def _utc(moment: datetime) -> datetime | None:
    try:
        return moment.astimezone(timezone.utc)
    except (OverflowError, ValueError):
        return None


def rfc3339(moment: datetime) -> str:
    """Return an aware moment as ``2026-11-01T00:00:00Z``, fractions only if any."""
    text = moment.astimezone(timezone.utc).isoformat()
    return text.replace("+00:00", "Z")


def format_moment(moment: datetime, style: str, local: tzinfo = timezone.utc) -> str:
    """Return an aware moment as a `delta.format` wants it; `local` is for sql_local.

    Fractions of a second are cut off, so that the moment never lies later.
    """
    moment = moment.astimezone(timezone.utc).replace(microsecond=0)
    if style == "epoch_s":
        return str(int(moment.timestamp()))
    if style == "epoch_ms":
        return str(int(moment.timestamp()) * 1000)
    if style == "iso_date":
        return moment.astimezone(local).strftime("%Y-%m-%d")
    if style == "sql_local":
        return moment.astimezone(local).strftime("%Y-%m-%d %H:%M:%S")
    if "%" in style:
        return moment.strftime(style)
    return rfc3339(moment)
