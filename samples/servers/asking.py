"""Reading of parameters that come in several forms: moments and search bodies."""

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from .common import parse
from .paging import BadRequest

_MILLISECONDS = 10**12


def moment(args, *names):
    """The aware moment in the first parameter that is given, or None.

    RFC 3339, a plain date, epoch in seconds or milliseconds, or an HTTP date.
    """
    for name in names:
        text = args.get(name)
        if text:
            found = _number(text) or parse(text) or _http(text)
            if found is None:
                raise BadRequest(name, f"{name} must be RFC 3339")
            return found
    return None


def _number(text):
    if not text.isdigit() or len(text) < 9:
        return None
    value = int(text)
    seconds = value / 1000 if value >= _MILLISECONDS else value
    return datetime.fromtimestamp(seconds, timezone.utc)


def _http(text):
    try:
        return parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None


def search_args(body):
    """The parameters in a search body: plain keys and HubSpot's filters."""
    args = {k: str(v) for k, v in body.items() if isinstance(v, str | int)}
    for group in body.get("filterGroups", []):
        for part in group.get("filters", []):
            if part.get("operator") in ("GTE", "GT"):
                args["updated_since"] = str(part.get("value"))
                args["inclusive"] = str(part["operator"] == "GTE").lower()
    for part in body.get("sorts", []):
        args["sort"] = part.get("propertyName", "")
        args["order"] = "desc" if part.get("direction") == "DESCENDING" else "asc"
    return args
