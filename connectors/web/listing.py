"""One list of a REST source: how a page of it is asked for and what stands in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from ...exceptions import SourceError
from ..base import Problem, RawRecord
from ..profile.normalise import Normaliser, corrupt_item
from ..profile.paths import compile_path, read_path
from ..profile.references import id_text
from .delta import Delta, word
from .errors import UNAVAILABLE_ON
from .paginators import paginator_of
from .paging import Ask, Place, Reply, set_at, whole
from .response import Response
from .session import SourceSession

#: What a page behind the last one may be answered with.
_BEYOND = (404, 416)
#: Where a 207 answer names what it could not give.
_FAILED_ID = ("id", "record_id", "item_id", "external_id", "context.id")
_FAILED_WHY = ("message", "error", "code", "category")


@dataclass(frozen=True)
class Value:
    """A value that a list has to be asked for with: as sent, and as stored."""

    sent: str
    stored: str


@dataclass(frozen=True)
class Sheet:
    """A page as it came: the reply, its raw items, and those said to be broken."""

    reply: Reply
    items: list[Any]
    failed: list[tuple[str, str]]


class Listing:
    """Reads pages of one object of a profile."""

    def __init__(
        self,
        session: SourceSession,
        profile: Mapping[str, Any],
        name: str,
        until: datetime | None = None,
    ):
        self.session = session
        self.name = name
        self.spec = profile["objects"][name]
        self.pagination = {
            **(profile.get("pagination") or {}),
            **(self.spec.get("pagination") or {}),
        }
        delta = {**(profile.get("delta") or {}), **(self.spec.get("delta") or {})}
        zone = (profile.get("datetime") or {}).get("naive_tz") or ""
        self.delta = Delta(delta, zone, until)
        self.normaliser = Normaliser(profile, name)
        self.each = self.spec.get("foreach") or {}
        self.method = (self.spec.get("method") or "GET").upper()
        records_at = self.spec.get("records_at", self.pagination.get("records_at"))
        self.records_at = records_at or ""
        self.unavailable_on = tuple(self.spec.get("unavailable_on") or UNAVAILABLE_ON)

    def file(self, value: Value | None = None) -> str:
        """Return the endpoint as a person knows it."""
        text = f"{self.method} {self.session.path(self.spec['path'])}"
        if value is None:
            return text
        hole = f"{{{self.each['param']}}}"
        if hole in text:
            return text.replace(hole, value.sent)
        return f"{text}?{self.each['param']}={value.sent}"

    def paginator(self, start: datetime | None):
        """Return the paginator of the list as it is asked for from a moment on."""
        place_in = self.pagination.get("cursor_in") or "query"
        if self.delta.is_search(start):
            place_in = "body"
        elif place_in == "body" and self.method != "POST":
            place_in = "query"
        return paginator_of(self.pagination, place_in)

    def fetch(
        self,
        ask: Ask,
        value: Value | None,
        start: datetime | None,
        place: Place,
        *,
        tries: int | None = None,
        timeouts: int | None = None,
    ) -> Sheet:
        """Ask for one page.

        :param ask: what the paginator asks with; the rest is added to it
        :raise SourceError: see `SourceSession.request`
        """
        response = self.call(
            ask,
            value,
            start,
            is_guess=bool(place.get("guess")),
            tries=tries,
            timeouts=timeouts,
        )
        return self.read(response, value)

    def call(
        self,
        ask: Ask,
        value: Value | None,
        start: datetime | None,
        *,
        is_guess: bool = False,
        tries: int | None = None,
        timeouts: int | None = None,
    ) -> Response:
        """Ask for one page; the answer is not read yet.

        :param is_guess: the page may lie behind the last one
        """
        method, path = self._complete(ask, value, start)
        return self.session.request(
            method,
            ask.url or path,
            params=ask.params,
            json=ask.body if method == "POST" else None,
            headers=ask.headers,
            what=self.file(value),
            tries=tries,
            timeouts=timeouts,
            accept=_BEYOND if is_guess else (),
            unavailable_on=self.unavailable_on,
        )

    def _complete(self, ask: Ask, value: Value | None, start: datetime | None):
        """Add what every page is asked for with; return method and path."""
        is_search = self.delta.is_search(start)
        path = self.spec["path"]
        if is_search:
            path = self.delta.spec.get("path") or path
        method = "POST" if is_search else self.method
        ask.headers = {**(self.spec.get("headers") or {}), **ask.headers}
        paging, ask.body = ask.body, dict(self.spec.get("body") or {})
        self.delta.fill(ask, start)
        for name, sent in paging.items():
            set_at(ask.body, name, sent)
        fixed = self.spec.get("params") or {}
        ask.params = {**{name: word(fixed[name]) for name in fixed}, **ask.params}
        if value is not None:
            hole = f"{{{self.each['param']}}}"
            if hole in path:
                path = path.replace(hole, quote(value.sent, safe=""))
            else:
                ask.params[self.each["param"]] = value.sent
        if ask.url:
            ask.params = None  # the source's own address has them all
        return method, path

    def read(self, response: Response, value: Value | None) -> Sheet:
        """Return what stands on a page.

        :raise SourceError: the answer has no list where the profile says
        """
        if response.status in (204, 304, *_BEYOND):
            body, items = None, []
        else:
            body = response.json()
            items = self._items(body, value)
        failed = _failed(body) if response.status == 207 else []
        total = self._total(response, body)
        return Sheet(Reply(response, body, len(items), total), items, failed)

    def _items(self, body: Any, value: Value | None) -> list[Any]:
        if body is None or isinstance(body, list):
            return body or []
        path = compile_path(self.records_at)
        if "*" in self.records_at:
            return path.all(body)
        found = path.first(body)
        if isinstance(found, list):
            return self._rows(found, body)
        key_as = self.pagination.get("key_as")
        if key_as and isinstance(found, Mapping):
            return [_with_key(row, key_as, key) for key, row in found.items()]
        if found is None and path.exists(body):
            return []
        if isinstance(found, Mapping) and self._is_single:
            return [found]
        keys = ", ".join(map(str, list(body)[:10])) if isinstance(body, Mapping) else ""
        raise SourceError(
            f"{self.file(value)} has no list at {self.records_at or 'its top'!r}"
            + (f" but {self.session.vault.redact(keys)}" if keys else "")
            + ". Correct records_at in the connection profile."
        )

    def _rows(self, found: list[Any], body: Any) -> list[Any]:
        """Return records that are lists of values under the names of their columns."""
        at = self.pagination.get("columns_at")
        names = compile_path(at).all(body) if at else []
        names = names[0] if len(names) == 1 and isinstance(names[0], list) else names
        if not names or not all(isinstance(name, str) for name in names):
            return found
        return [
            dict(zip(names, row, strict=True))
            if isinstance(row, list) and len(row) == len(names)
            else row
            for row in found
        ]

    @property
    def _is_single(self) -> bool:
        return (self.pagination.get("style") or "none") == "none"

    def _total(self, response: Response, body: Any) -> int | None:
        header = self.pagination.get("total_header")
        if header and header in response.headers:
            return whole(response.headers[header].rpartition("/")[2])
        at = self.pagination.get("total_at")
        return whole(read_path(body, at)) if at else None

    def key(self, item: Any) -> str:
        """Return the id of a raw item, "" if it has none."""
        return self.normaliser.key_of(item) if isinstance(item, Mapping) else ""

    def stamp(self, item: Any) -> tuple[str, datetime | None]:
        """Return the id of a raw item, "" if it has none, and when it changed."""
        if not isinstance(item, Mapping):
            return "", None
        return self.key(item), self.normaliser.moment_of(item)

    def records(
        self, item: Any, line: int, value: Value | None
    ) -> list[RawRecord | Problem]:
        """Return the record of a raw item with those of its children."""
        extra = {}
        if value is not None:
            extra[self.each.get("fill") or self.each["param"]] = value.stored
        return self.normaliser.records(item, self.file(value), line, extra)

    def broken(
        self, reason: str, line: int, value: Value | None, key: str = ""
    ) -> Problem:
        """Return the problem of an item that the source could not give."""
        return corrupt_item(self.name, reason, self.file(value), line, key)


class IdListing(Listing):
    """Gives the ids of the items, as the source writes them and as they are kept."""

    def records(self, item, line, value):
        stored = self.key(item)
        if not stored:
            return []
        return [Value(id_text(self.normaliser.id_paths[0].first(item)), stored)]


def _with_key(row: Any, name: str, key: str) -> Any:
    """Return a record with the key that it stands under, unless it has its own."""
    return {name: key, **row} if isinstance(row, Mapping) else row


def _failed(body: Any) -> list[tuple[str, str]]:
    """Return (id, reason) of what a 207 answer could not give."""
    entries = body.get("errors") if isinstance(body, Mapping) else None
    found = []
    for entry in entries if isinstance(entries, list) else ():
        ids = [read_path(entry, path) for path in _FAILED_ID]
        several = read_path(entry, "context.ids") or read_path(entry, "ids")
        ids = several if isinstance(several, list) else [i for i in ids if i][:1]
        words = [read_path(entry, path) for path in _FAILED_WHY]
        said = next((word for word in words if isinstance(word, str) and word), "")
        reason = f"the source cannot read it{': ' if said else ''}{said[:200]}"
        found += [(str(key), reason) for key in ids or ("",)]
    return found
