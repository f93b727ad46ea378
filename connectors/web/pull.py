"""The page loop of one table: positions, loops, broken items, pages that drift."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from ...exceptions import SourceError, SourceUnavailable
from ..base import Page, Problem, RawRecord
from .detour import Trail
from .listing import Listing, Sheet, Value
from .paging import Place, cursor_text, fingerprint
from .reading import PageReader

MAX_PAGES = 100_000
#: How often a list that shifted under the pull is gone through again.
MAX_LAPS = 2


class Pull:
    """Reads one table from a cursor on; iterating yields its pages.

    The cursor has `place` (see Paginator), `line` and `pages` so far, `last` (what
    stood on the page before), `since`, `late` (records left out because of the end
    date), `lap`, `trail` (see Trail) and, for lists asked for once per value, that
    `value`.
    """

    def __init__(
        self,
        listing: Listing,
        values: Sequence[Value | None],
        cursor: dict[str, Any] | None,
        since: datetime | None,
    ):
        self.listing = listing
        self.values = values
        self.state = dict(cursor or {})
        # A pull that goes on keeps to the filter it began with: another one would
        # shift the pages.
        kept = self.state.get("since")
        moment = datetime.fromisoformat(kept) if kept else None
        self.start = moment if cursor else listing.delta.start(since)
        self.paginator = listing.paginator(self.start)
        self.trail: Trail | None = None
        self._begin_list()

    def _begin_list(self) -> None:
        self._seen_pages: set[str] = set()
        self._marks: set[str] = set()
        self._contents: dict[int, int] = {}  # hash of id -> hash of content
        self._total = 0
        self._shifted = False

    def __iter__(self) -> Iterator[Page]:
        self.state.setdefault("line", 0)
        self.state.setdefault("pages", 0)
        missing, found = None, False
        for position, value in self._values_left():
            is_last = position == len(self.values) - 1
            try:
                for page in self._list(value, is_last):
                    found = True
                    yield page
            except SourceUnavailable as error:
                if len(self.values) == 1:
                    raise
                missing = error
                yield self._page([self._not_there(error, value)], None, is_last)
            self.state = {key: self.state[key] for key in ("line", "pages")}
            self._begin_list()
        if missing is not None and not found:
            raise missing

    def _values_left(self) -> Iterator[tuple[int, Value | None]]:
        values = list(enumerate(self.values))
        sent = [value.sent if value else None for value in self.values]
        if "value" in self.state and self.state["value"] in sent:
            return iter(values[sent.index(self.state["value"]) :])
        self.state.pop("place", None)  # it is one of a value that is gone
        return iter(values)

    def _not_there(self, error: SourceUnavailable, value: Value | None) -> Problem:
        file = self.listing.file(value)
        return Problem(
            "unavailable",
            str(error),
            file,
            object=self.listing.name,
            severity="warning",
        )

    def _list(self, value: Value | None, is_last: bool) -> Iterator[Page]:
        """Yield the pages of the list, asked for with one value."""
        place = self.state.pop("place", None)
        self.trail = self._new_trail(bool(place))
        reader = PageReader(
            self.listing, self.paginator, self.start, self.state, self.trail
        )
        place = place or self.paginator.start()
        self.state["value"] = value.sent if value else None
        while place is not None:
            sheet, broken, here = reader.read(place, value)
            if reader.has_turned:  # what was read before may come again
                self._seen_pages.clear()
                self._marks.clear()
                self.state["last"] = ""
            self._count_page()
            self._note_total(sheet.reply.total)
            place = self._checked(self.paginator.after(here, sheet.reply))
            made = self._made(sheet, value)
            if self._is_repeated(sheet, made, here):
                place, made = None, []
            items = [*broken, *self._wanted(made), *self._failed(sheet, value)]
            place = place or self._next_lap()
            is_rest = self.trail and self.trail.entry  # its total is that of a part
            total = None if is_rest else sheet.reply.total
            yield self._page(items, place, is_last, total)

    def _new_trail(self, is_resumed: bool) -> Trail | None:
        """Return what is known of a list that can be entered at any moment."""
        kept = self.state.pop("trail", None)
        if not self.paginator.is_led or not self.listing.delta.can_enter(self.start):
            return None
        return Trail(mixed=is_resumed) if kept is None else Trail.of(kept)

    def _count_page(self) -> None:
        self.state["pages"] += 1
        most = self.listing.pagination.get("max_pages") or MAX_PAGES
        if self.state["pages"] > most:
            raise SourceError(
                f"{self.listing.file()} goes on after {most} pages. If it is that long,"
                " raise max_pages or page_size in the connection profile."
            )

    def _made(self, sheet: Sheet, value: Value | None) -> list[list]:
        """Return for each item of a page its record and those of its children."""
        failed = {key for key, _reason in sheet.failed}
        made = []
        for item in sheet.items:
            if failed and self.listing.key(item) in failed:
                continue
            if self.trail and not self.trail.takes(*self.listing.stamp(item)):
                continue
            self.state["line"] += 1
            made.append(self.listing.records(item, self.state["line"], value))
        if self.trail and self.trail.is_betrayed:
            raise SourceError(
                f"{self.listing.file()} does not come in the order of change, so what"
                " stands behind a record that the source fails at cannot all be asked"
                " for. Name another delta.sort in the connection profile, or the style"
                " page or offset."
            )
        return made

    def _is_repeated(self, sheet: Sheet, made: list[list], place: Place) -> bool:
        """Tell whether a page that need not exist is the one before again.

        :raise SourceError: the source gives the same page again and again
        """
        if not sheet.items:
            return False
        ids = [getattr(found[0], "external_id", "") for found in made if found]
        print_ = fingerprint(ids if ids and all(ids) else sheet.items)
        seen = print_ in self._seen_pages or print_ == self.state.get("last")
        self._seen_pages.add(print_)
        self.state["last"] = print_
        # One record may well come twice, when pages are that small.
        if not seen or len(sheet.items) == 1:
            return False
        if place.get("probe"):
            return True
        raise SourceError(
            f"{self.listing.file()} gives the same page again instead of the next one."
            " Correct the pagination in the connection profile: style, and the names of"
            " its parameters."
        )

    def _checked(self, place: Place | None) -> Place | None:
        """Return a next place that stays at the source and was not visited yet."""
        if place is None:
            return None
        if place.get("url"):
            place["url"] = self.listing.session.own_url(place["url"])
        mark = self.paginator.mark(place)
        if mark:
            text = cursor_text(mark)
            if text in self._marks:
                raise SourceError(
                    f"{self.listing.file()} leads back to a page that was read before."
                    " Correct the pagination in the connection profile, or ask the"
                    " source's support."
                )
            self._marks.add(text)
        return place

    def _failed(self, sheet: Sheet, value: Value | None) -> Iterator[Problem]:
        """Yield the problems of what a page names as broken."""
        for key, reason in sheet.failed:
            self.state["line"] += 1
            reason = self.listing.session.vault.redact(reason)
            yield self.listing.broken(reason, self.state["line"], value, key)

    def _wanted(self, made: list[list]) -> Iterator[RawRecord | Problem]:
        """Yield what belongs to this pull; keep account of what came."""
        for found in made:
            head = found[0] if found else None
            if not isinstance(head, RawRecord):
                yield from found
            elif self._came_before(head) and self.state.get("lap"):
                continue
            elif self.listing.delta.is_late(head.updated_at):
                self.state["late"] = self.state.get("late", 0) + 1
            elif self.listing.delta.keeps(head.updated_at, self.start):
                yield from found

    def _came_before(self, record: RawRecord) -> bool:
        if not self.paginator.is_counted or not record.external_id:
            return False
        content = record.updated_at or json.dumps(record.data, sort_keys=True)
        key, content = hash(record.external_id), hash(content)
        before = self._contents.get(key)
        self._contents[key] = content
        # It moved to a later page: what came after it moved up a place, and one
        # record went from the page to come to the page that was read.
        self._shifted |= before is not None and before != content
        return before is not None

    def _next_lap(self) -> Place | None:
        """Return where to begin again if the list shifted while it was read."""
        lap = self.state.get("lap", 0)
        if not self.paginator.is_counted or lap >= MAX_LAPS or not self._shifted:
            return None
        self._shifted, self._total = False, 0
        self._seen_pages.clear()
        self.state.update(lap=lap + 1, last="")
        return self.paginator.start()

    def _note_total(self, total: int | None) -> None:
        if total is not None:
            # Something was deleted: what came after it moved up a place.
            self._shifted |= total < self._total
            self._total = max(self._total, total)

    def _page(
        self,
        items: list[RawRecord | Problem],
        place: Place | None,
        is_last: bool,
        total: int | None = None,
    ) -> Page:
        """Return a page with the cursor that goes on behind it."""
        cursor = None
        if place is not None:
            cursor = {**self.state, "place": place}
            if self.trail:
                cursor["trail"] = self.trail.as_json()
        elif not is_last:
            cursor = {key: self.state[key] for key in ("line", "pages")}
            cursor["value"] = self._value_after()
        if place is None and self.state.get("late"):
            items.append(self._late())
        if cursor and self.start:
            cursor["since"] = self.start.isoformat()
        moments = [i.updated_at for i in items if isinstance(i, RawRecord)]
        newest = max((moment for moment in moments if moment), default=None)
        return Page(tuple(items), cursor, total, newest)

    def _value_after(self) -> str:
        sent = [value.sent for value in self.values if value]
        return sent[sent.index(self.state["value"]) + 1]

    def _late(self) -> Problem:
        count, end = self.state["late"], self.listing.delta.until
        return Problem(
            "after_end",
            f"{count} records of {self.listing.name} changed after {end:%Y-%m-%d %H:%M}"
            " and are left out, as the end date wants",
            self.listing.file(),
            object=self.listing.name,
            value=str(count),
            severity="info",
        )
