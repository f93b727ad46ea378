"""When a source wants to be asked again, as its answer says.

Reset headers mean four things: epoch seconds, epoch milliseconds, seconds that
remain, or a structured field. Which one is told by the size of the number; no window
of remaining seconds is a billion seconds long.
"""

import math
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

#: No limit's window is longer; a header that says so is wrong or hostile.
LONGEST_S = 25 * 3600
EPOCH_MS = 1e12
EPOCH_S = 1e9

_RESET = ("X-RateLimit-Reset", "X-Rate-Limit-Reset", "RateLimit-Reset")
_LEFT = ("X-RateLimit-Remaining", "X-Rate-Limit-Remaining", "RateLimit-Remaining")
_LEFT_TODAY = ("X-HubSpot-RateLimit-Daily-Remaining", "X-Daily-Requests-Left")
_WINDOW_MS = ("X-HubSpot-RateLimit-Interval-Milliseconds",)
_MEMBER = re.compile(r"\b(r|t|remaining|reset)\s*=\s*\"?(\d+(?:\.\d+)?)")
_POLICY = re.compile(r"\bw\s*=\s*(\d+)")


def asked_wait(headers: Mapping[str, str], now: float, unit: str = "auto"):
    """Return the seconds that a refusal asks to wait; None if it does not say.

    :param headers: case-insensitive
    :param now: epoch seconds
    :param unit: `limits.reset_unit`; auto takes a small number for seconds that
        remain
    """
    wait = retry_after(headers.get("Retry-After"), now)
    return reset_wait(headers, now, unit) if wait is None else wait


def retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds of a Retry-After, given as number or HTTP date."""
    if not value:
        return None
    number = _number(value)
    return _bounded(number) if number is not None else _until(value, now)


def reset_wait(headers: Mapping[str, str], now: float, unit: str = "auto"):
    """Return the seconds until the limit is reset, None if no header says."""
    limits = [limit for limit in _structured(headers) if limit[1] is not None]
    if limits:
        spent = [wait for left, wait in limits if left == 0]
        return _bounded(max(spent) if spent else min(wait for _left, wait in limits))
    for name in _RESET:
        value = headers.get(name)
        if value is None:
            continue
        number = _number(value)
        if number is None:
            return _until(value, now)
        return _bounded(_meaning(number, now, unit))
    for name in _WINDOW_MS:
        number = _number(headers.get(name))
        if number is not None:
            return _bounded(number / 1000)
    return None


def spent_wait(headers: Mapping[str, str], now: float, unit: str = "auto"):
    """Return the seconds to wait before the next call if this one was the last.

    None: calls are left, or the source does not count them.
    """
    spent = [wait for left, wait in _structured(headers) if left == 0]
    if spent:
        known = [wait for wait in spent if wait is not None]
        return _bounded(max(known)) if known else 1.0
    if any(_number(headers.get(name)) == 0 for name in _LEFT):
        wait = reset_wait(headers, now, unit)
        return 1.0 if wait is None else wait
    return None


def spent_today(headers: Mapping[str, str]) -> bool:
    """Tell whether the source says that the quota of the day is used up."""
    return any(_number(headers.get(name)) == 0 for name in _LEFT_TODAY)


def next_midnight(now: float) -> datetime:
    """Return the next midnight in UTC, when daily quotas begin anew."""
    today = datetime.fromtimestamp(now, timezone.utc).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    return today + timedelta(days=1)


def _meaning(number: float, now: float, unit: str) -> float:
    """Return what a number in a reset header means, in seconds from now."""
    if unit == "auto":
        unit = "epoch_ms" if number >= EPOCH_MS else "epoch_s"
        unit = unit if number >= EPOCH_S else "delta_s"
    seconds = number / 1000 if unit.endswith("_ms") else number
    return seconds - now if unit.startswith("epoch") else seconds


def _structured(headers: Mapping[str, str]) -> list[tuple[float | None, float | None]]:
    """Return (calls left, seconds to reset) of each limit of a RateLimit field.

    Understands `"default";r=50;t=30` and the older `limit=100, remaining=50,
    reset=30`; a limit without seconds gets the window of the RateLimit-Policy.
    """
    value = headers.get("RateLimit")
    if not value:
        return []
    parts = [value] if "remaining" in value else value.split(",")
    windows = _POLICY.findall(headers.get("RateLimit-Policy", ""))
    longest = max(map(float, windows)) if windows else None
    found = []
    for part in parts:
        members = {name[0:3]: float(number) for name, number in _MEMBER.findall(part)}
        left = members.get("r", members.get("rem"))
        wait = members.get("t", members.get("res"))
        found.append((left, longest if wait is None else wait))
    return found


def _number(value: str | None) -> float | None:
    try:
        number = float(str(value).strip())
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _until(value: str, now: float) -> float | None:
    """Return the seconds until an HTTP date or an ISO 8601 moment."""
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = parse(value.strip().replace("Z", "+00:00"))
        except (TypeError, ValueError, IndexError):
            continue
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        return _bounded(moment.timestamp() - now)
    return None


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST_S)
