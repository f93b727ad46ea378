"""Asking only for what changed since the last pull, in the words of the source."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

from ..profile.moments import format_moment, zone
from .paging import Ask, set_at

#: The smallest step of each way to write a moment.
_STEP = {"iso_date": timedelta(days=1), "epoch_ms": timedelta(seconds=1)}
#: An upper bound is cut off to whole seconds too, so it is set after the moment.
_SECOND = timedelta(seconds=1)
_DIRECTION = re.compile(r"(?<![a-z])(asc|desc)(?:ending)?(?![a-z])")


class Delta:
    """The `delta` part of a profile for one object.

    :param spec: the profile's, with what the object has of its own
    :param naive_tz: zone of moments without a zone
    :param until: records changed later are not wanted
    """

    def __init__(
        self, spec: Mapping[str, Any], naive_tz: str = "", until: datetime | None = None
    ):
        self.spec = spec
        self.mode = spec.get("mode") or "none"
        self.until = until
        self._zone = zone(naive_tz or "UTC")
        self._format = spec.get("format") or "rfc3339"

    def start(self, since: datetime | None) -> datetime | None:
        """Return the moment to ask for, so that nothing at or after `since` is lost.

        Clocks differ, so `overlap_s` is taken off; a source that leaves out what
        changed at the very moment is asked for the step before it.
        """
        if since is None or self.mode == "none":
            return None
        overlap = self.spec.get("overlap_s")
        start = since - timedelta(seconds=120 if overlap is None else overlap)
        return self.entry(start).astimezone(timezone.utc)

    def entry(self, moment: datetime) -> datetime:
        """Return what to ask for to get what changed at a moment and later."""
        if self.spec.get("inclusive", True):
            return moment
        return moment - _STEP.get(self._format, _SECOND)

    def can_enter(self, start: datetime | None) -> bool:
        """Tell whether a list asked for from `start` on can be from another moment."""
        is_filter = self.mode in ("query", "header_if_modified_since")
        return is_filter or self.is_search(start)

    def is_same(self, one: datetime, other: datetime) -> bool:
        """Tell whether two moments are the same to the source."""
        return self._text(one) == self._text(other)

    @property
    def order(self) -> str:
        """The order of change that lists are asked for in.

        `asc` or `desc`, `named` if it does not say which of the two, "" if none.
        """
        sort = self.spec.get("sort") or {}
        value = str(sort.get("value") or "")
        if not sort.get("param") or not value:
            return ""
        words = _DIRECTION.findall(f"{value} {sort.get('order') or ''}".lower())
        if "desc" in words or value.startswith("-"):
            return "desc"
        return "asc" if words else "named"

    def is_search(self, start: datetime | None) -> bool:
        """Tell whether the list has to be asked for by a search."""
        return self.mode == "search_post" and start is not None

    def fill(self, ask: Ask, start: datetime | None) -> None:
        """Add filter, order and deleted records to what a page is asked for with."""
        self._fill_order(ask)
        self._fill_until(ask)
        if start is None:
            return
        if self.mode == "query":
            said = self.spec.get("value") or "{since}"
            name = self.spec.get("param") or "updated_since"
            ask.params[name] = said.replace("{since}", self._text(start))
        elif self.mode == "header_if_modified_since":
            name = self.spec.get("param") or "If-Modified-Since"
            moment = start.astimezone(timezone.utc).replace(microsecond=0)
            ask.headers[name] = format_datetime(moment, usegmt=True)
        elif self.mode == "search_post":
            self._fill_body(ask.body, start)

    def keeps(self, moment: datetime | None, start: datetime | None) -> bool:
        """Tell whether a record is one that was asked for, as far as it is known."""
        if self.mode != "client_side" or start is None or moment is None:
            return True
        return moment >= start

    def is_late(self, moment: datetime | None) -> bool:
        """Tell whether a record changed after the end that the pull has."""
        return self.until is not None and moment is not None and moment > self.until

    def _fill_order(self, ask: Ask) -> None:
        sort = self.spec.get("sort") or {}
        for name, value in (("param", "value"), ("order_param", "order")):
            if sort.get(name) and sort.get(value):
                ask.params[sort[name]] = sort[value]
        deleted = self.spec.get("deleted") or {}
        if deleted.get("param"):
            value = deleted.get("value", True)
            ask.params[deleted["param"]] = word(value)

    def _fill_until(self, ask: Ask) -> None:
        if self.until is not None and self.spec.get("until_param"):
            ask.params[self.spec["until_param"]] = self._text(self.until + _SECOND)

    def _fill_body(self, body: dict[str, Any], start: datetime) -> None:
        template = self.spec.get("body")
        if template:
            body.update(_filled(template, self._number(start)))
        else:
            set_at(body, self.spec.get("param") or "updated_since", self._number(start))

    def _text(self, moment: datetime) -> str:
        return format_moment(moment, self._format, self._zone)

    def _number(self, moment: datetime) -> str | int:
        text = self._text(moment)
        return int(text) if self._format.startswith("epoch") else text


def word(value: Any) -> Any:
    """Return a value as a parameter says it: true and false in lower case."""
    return str(value).lower() if isinstance(value, bool) else value


def _filled(template: Any, moment: str | int) -> Any:
    """Return a JSON template with the moment in the places of `{since}`."""
    if isinstance(template, Mapping):
        return {key: _filled(value, moment) for key, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, moment) for value in template]
    if template == "{since}":
        return moment
    if isinstance(template, str):
        return template.replace("{since}", str(moment))
    return template
