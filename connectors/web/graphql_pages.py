"""The page loop of one GraphQL list: positions, poison, loops, the end date."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from ...exceptions import SourceError, SourceUnavailable
from ..base import Page, Problem, RawRecord
from ..profile.normalise import Normaliser
from .cost import QueryTooDear
from .delta import Delta
from .errors import Trouble
from .graphql_items import PageItems
from .graphql_transport import words_of
from .paging import cursor_text, fitting, smaller
from .partial import Entry, PageFailed, Reading
from .queries import ObjectQueries

#: Kinds of trouble that one unreadable item can cause.
BREAKS = ("server", "garbled", "timeout")
#: More items in a row that cannot be read are a broken source.
MAX_IN_A_ROW = 20
FEW_TRIES = 2
#: What of a cursor goes on to the list of the next value.
_KEPT = {"line", "pages", "late", "told"}
TIMEOUTS = 2


class GraphQLPull:
    """Reads one list from a cursor on; iterating yields its pages.

    The cursor has `after` and `offset` (where the next page begins), `size`, `line`
    and `pages` so far, `last` (what stood on the page before), `since`, `late`
    (records left out because of the end date), `told` (what the source lacks and was
    said) and, for lists asked for once per value, that `value`.

    :param ask: sends the query of a page and returns it as read
    :param one: returns the raw record of an id, None if it cannot be had
    :param follow: completes the connections inside a raw record, returns problems
    """

    def __init__(
        self,
        name: str,
        queries: ObjectQueries,
        normaliser: Normaliser,
        delta: Delta,
        ask: Callable[..., Reading],
        one: Callable[[str], Any],
        follow: Callable[..., list[Problem]],
        values: Sequence[str | None],
        cursor: dict[str, Any] | None,
        since: datetime | None,
    ):
        self.name, self.queries, self.normaliser = name, queries, normaliser
        self.delta, self.ask = delta, ask
        self.values = list(values)
        self.file = f"{queries.root_field} {{ }}"
        self.paging = queries.paging
        self.full_size = self.paging["page_size"]
        self.state: dict[str, Any] = {"line": 0, "pages": 0, **(cursor or {})}
        kept = self.state.get("since")
        self.start = (
            (datetime.fromisoformat(kept) if kept else None)
            if cursor
            else delta.start(since)
        )
        self.items = PageItems(
            queries, normaliser, delta, one, follow, self.state, self.start
        )
        self._seen: set[str] = set()

    def __iter__(self) -> Iterator[Page]:
        left = self.values
        here = self.state.get("value")
        if here in left:
            left = left[left.index(here) :]
        for position, value in enumerate(left):
            self.state["value"] = value
            following = left[position + 1 :]
            yield from self._list(value, following)
            for key in set(self.state) - _KEPT:
                del self.state[key]
            self._seen.clear()

    # One list

    def _list(self, value: str | None, following: list) -> Iterator[Page]:
        self.state.setdefault("offset", 0)
        self.state.setdefault("size", self.full_size)
        goes_on = True
        while goes_on:
            self._count_page()
            try:
                reading = self._read(value)
            except QueryTooDear as error:
                self._shrink_for_cost(error)
                continue
            except (PageFailed, Trouble) as error:
                if isinstance(error, Trouble) and error.kind not in BREAKS:
                    raise
                if isinstance(error, PageFailed) and error.is_closed:
                    said = words_of(error.errors)
                    raise SourceUnavailable(
                        f"The key may not read {self.file} ({said}). Give it the right"
                        " to at the source, or leave the object out; the others go on."
                    ) from None
                if self._narrow(error):
                    continue
                items, goes_on = self._skip(error, value)
                yield self._page(items, goes_on, following)
                continue
            self.state["failed"] = 0
            items = self.items.items(reading, value, lambda: self._read(value, "ids"))
            repeated = self._check_repeated(reading)
            goes_on = not repeated and self._advance(reading)
            yield self._page(items, goes_on, following, reading.total)

    def _read(self, value: str | None, lean: str = "") -> Reading:
        is_reduced = self.state["size"] < self.full_size
        return self.ask(
            self.queries,
            {
                "first": self.state["size"],
                "after": self.state.get("after"),
                "offset": self.state["offset"],
                "page": self._page_number(),
                "each": value,
            },
            self.start,
            lean=lean,
            tries=FEW_TRIES if is_reduced or lean else None,
            timeouts=TIMEOUTS if self.state["size"] > 1 else None,
        )

    def _page_number(self) -> int:
        first = self.paging.get("first_page")
        first = 1 if first is None else first
        return self.state["offset"] // max(1, self.state["size"]) + first

    def _count_page(self) -> None:
        self.state["pages"] += 1
        most = self.paging["max_pages"]
        if self.state["pages"] > most:
            raise SourceError(
                f"{self.file} goes on after {most} pages. If it is that long, raise"
                " max_pages or page_size in the connection profile."
            )

    # Smaller pages, and items that cannot be read

    def _shrink_for_cost(self, error: QueryTooDear) -> None:
        """Ask for half; the cost of a query does not change while it runs."""
        size = self.state["size"] // 2
        if self.paging["style"] in ("lighthouse", "page_hasmore", "page"):
            size = smaller(self.state["size"])
        if size < 1 and self.queries.nested_size > 1:
            self.queries.nested_size //= 2
            size = 1
        elif size < 1:
            raise error
        self.state["size"] = self.full_size = size

    def _narrow(self, error: SourceError) -> bool:
        """Take a smaller page; tell whether there is one."""
        size = smaller(self.state["size"])
        if size < 1 or self.paging["style"] == "none":
            return False
        self.state["size"] = size
        return True

    def _skip(self, error: SourceError, value: str | None):
        """Leave out the one item that a page of one cannot give.

        Returns its problem, or its record if it can be had alone, and whether the
        list goes on.
        """
        self.state["failed"] = self.state.get("failed", 0) + 1
        if self.paging["style"] == "none" or self.state["failed"] > MAX_IN_A_ROW:
            raise error
        key, is_last = "", False
        if self.paging["style"] in ("relay", "relay_snake", "items_cursor"):
            reading = self._read_lean(value)
            if reading is None:
                raise error
            key = self._lean_key(reading)
            after = next(
                (entry.cursor for entry in reading.entries if entry.cursor),
                reading.next_cursor,
            )
            is_last = reading.has_more is False or not (after or reading.has_more)
            if not is_last and (not after or after == self.state.get("after")):
                raise error
            self.state["after"] = after
        self.state["offset"] += 1
        self._grow()
        entry = Entry(None, errors=getattr(error, "errors", None) or [])
        entry.errors = entry.errors or [{"message": str(error)}]
        return self.items.lost(entry, key, value), not is_last

    def _read_lean(self, value: str | None) -> Reading | None:
        """Return the page with ids, else with cursors only, None if neither works."""
        for lean in ("ids", "cursors"):
            try:
                return self._read(value, lean)
            except (PageFailed, Trouble):
                continue
        return None

    def _lean_key(self, reading: Reading) -> str:
        items = [entry.item for entry in reading.entries]
        return next((self.normaliser.key_of(item) for item in items if item), "")

    def _grow(self) -> None:
        """Go back to larger pages once the bad place is behind."""
        if self.state["size"] < self.full_size:
            self.state["size"] = fitting(self.full_size, self.state["offset"])

    # Where to go on

    def _check_repeated(self, reading: Reading) -> bool:
        """Tell whether the page need not exist and is the one before again.

        :raise SourceError: the source gives the same page again and again
        """
        keys = [self.normaliser.key_of(entry.item) for entry in reading.entries]
        if len(keys) < 2 or not any(keys):
            return False
        print_ = hashlib.sha256("\0".join(keys).encode(errors="replace")).hexdigest()
        is_again, self.state["last"] = (
            print_[:32] == self.state.get("last"),
            print_[:32],
        )
        if is_again:
            raise SourceError(
                f"{self.file} gives the same page again instead of the next one."
                " Correct the pagination in the connection profile: style, and the"
                " names of its arguments."
            )
        return False

    def _advance(self, reading: Reading) -> bool:
        """Set the place of the next page; tell whether there is one."""
        style, count = self.paging["style"], len(reading.entries)
        if style == "none":
            return False
        if style in ("relay", "relay_snake", "items_cursor"):
            return self._advance_cursor(reading)
        self.state["offset"] += (
            count if style == "offset" else max(count, self.state["size"])
        )
        self._grow()
        if reading.has_more is not None:
            return reading.has_more and bool(count)
        # Nothing says how many there are: only an empty page is the end.
        return bool(count)

    def _advance_cursor(self, reading: Reading) -> bool:
        after = reading.next_cursor
        if reading.has_more is False or not after:
            return False
        if after == self.state.get("after") or after in self._seen:
            raise SourceError(
                f"{self.file} leads back to a page that was read before: its cursor"
                f" “{after[:40]}” came again. Correct the pagination in the connection"
                " profile, or ask the source's support."
            )
        cursor_text(after)
        self._seen.add(after)
        self.state["after"] = after
        self.state["offset"] += len(reading.entries)
        self._grow()
        return True

    def _page(
        self, items: list, goes_on: bool, following: list, total: int | None = None
    ) -> Page:
        """Return a page with the cursor that goes on behind it."""
        cursor = None
        if goes_on:
            cursor = dict(self.state)
        elif following:
            cursor = {key: self.state[key] for key in _KEPT if key in self.state}
            cursor["value"] = following[0]
        elif self.state.get("late"):
            items = [*items, self._late()]
        if cursor is not None and self.start:
            cursor["since"] = self.start.isoformat()
        moments = [i.updated_at for i in items if isinstance(i, RawRecord)]
        newest = max((moment for moment in moments if moment), default=None)
        return Page(tuple(items), cursor, total, newest)

    def _late(self) -> Problem:
        count, end = self.state["late"], self.delta.until
        return Problem(
            "after_end",
            f"{count} records of {self.name} changed after {end:%Y-%m-%d %H:%M} and are"
            " left out, as the end date wants",
            self.file,
            object=self.name,
            value=str(count),
            severity="info",
        )
