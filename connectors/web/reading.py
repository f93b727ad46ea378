"""One page, read around whatever item breaks it."""

from datetime import datetime, timedelta, timezone
from typing import Any

from ...exceptions import SourceError, SourcePaused, SourceRefused
from ..base import Problem
from .detour import Trail, first_readable, moment_of, second_of
from .errors import Trouble
from .listing import Listing, Value
from .paging import Paginator, Place, smaller

#: Kinds of trouble that one broken item can cause.
BREAKS = ("server", "garbled", "timeout")
#: More broken items than this in a row are a broken source.
MAX_IN_A_ROW = 5
#: Tries for a page that failed before with more items on it.
FEW_TRIES = 2
TIMEOUTS = 2
#: No source is asked for what changed earlier.
_EARLIEST = datetime(1990, 1, 1, tzinfo=timezone.utc)
#: Clocks differ, by a time zone at the most.
_DAY_S = int(timedelta(days=1).total_seconds())
_ADVICE = (
    " If it fails at one record only, name delta.mode with delta.sort in the connection"
    " profile, or the style page or offset: the list can then be read past it."
)


class PageReader:
    """Reads pages of one list with fewer items where one of them breaks the page.

    A single item that cannot be read is left out where the list is counted. Where it
    is led by cursors or addresses, the reader looks for what counts in them, else it
    goes around the item by the moments of change.

    :param start: the filter that the pull began with
    :param state: of the pull; `line` is counted on here
    :param trail: None where the list cannot be entered at any moment
    """

    def __init__(
        self,
        listing: Listing,
        paginator: Paginator,
        start: datetime | None,
        state: dict[str, Any],
        trail: Trail | None,
    ):
        self.listing, self.paginator = listing, paginator
        self.start, self.state, self.trail = start, state, trail
        #: Whether the last page is one of a list that was entered again.
        self.has_turned = False

    @property
    def since(self) -> datetime | None:
        """The filter that the list is asked for with now."""
        if self.trail is None or self.trail.entry is None:
            return self.start
        return self.listing.delta.entry(self.trail.entry)

    def read(self, place: Place, value: Value | None):
        """Read the page at a place, or the first behind it that can be read.

        Returns the sheet, the problems of what had to be left out, and the place that
        was read in the end.

        :raise Trouble: there is none
        """
        broken: list[Problem] = []
        first: Trouble | None = None
        self.has_turned = False
        while True:
            narrower = self.paginator.narrowed(place)
            try:
                sheet = self.listing.fetch(
                    self.paginator.ask(place),
                    value,
                    self.since,
                    place,
                    tries=FEW_TRIES if first else None,
                    timeouts=TIMEOUTS if narrower else None,
                )
                return sheet, broken, place
            except Trouble as trouble:
                _check_breaks(trouble)
                first, error = first or trouble, trouble
            counted = None if narrower else self.paginator.counted(place)
            if narrower or counted:
                place = narrower or self.paginator.narrowed(counted) or counted
                continue
            if len(broken) >= MAX_IN_A_ROW:
                raise first
            if self.paginator.may_skip(place):
                broken.append(self._left_out(f"the source fails at it: {error}", value))
                place = self.paginator.skipped(place)
            else:
                place = self._around(place, value, first, broken)

    def _left_out(self, reason: str, value: Value | None) -> Problem:
        self.state["line"] += 1
        return self.listing.broken(reason, self.state["line"], value)

    def _around(
        self, place: Place, value: Value | None, first: Trouble, broken: list[Problem]
    ) -> Place:
        """Enter the list again behind what breaks the page at a place.

        :raise Trouble: the first one, if there is no way around
        """
        trail, order = self.trail, self.listing.delta.order
        if not self.paginator.is_led:
            raise first
        if trail is None or not trail.is_ascending(order):
            raise Trouble(f"{first}{_ADVICE}", first.kind, first.wait) from None
        if trail.turns >= MAX_IN_A_ROW:
            raise first
        size = self._smaller(place)
        if size:
            trail.enter(trail.newest, size)
            return self._beginning(size)
        known = max(filter(None, (trail.newest, trail.entry)), default=self.start)
        begin = max(known or _EARLIEST, _EARLIEST)
        search = _Search(self, place, value, begin)
        moment = search.run()
        # One that comes in descending order is empty behind its very first record.
        is_sure = order == "asc" or trail.rises
        if moment is None or not (is_sure or search.found[moment]):
            raise first
        broken.append(self._left_out(_gap(known, moment, first), value))
        trail.enter(moment)
        return self._beginning()

    def _smaller(self, place: Place) -> int:
        """Return a smaller size for what stands at a place, 0 if there is none.

        The page that an address leads to cannot be asked for in another size: the
        list is entered again at the last record that came, with pages of that size.
        """
        size, trail = smaller(place["size"]), self.trail
        may_shrink = self.paginator.narrowed(self.paginator.start()) is not None
        is_other = trail.is_fresh or size < trail.size
        return size if may_shrink and is_other and trail.newest else 0

    def _beginning(self, size: int = 0) -> Place:
        self.has_turned = True
        start = self.paginator.start()
        return {**start, "size": size} if size else start


class _Search:
    """Looks for the moment from which on a list can be read again.

    :param place: what cannot be read; pages of its size are asked for
    :param known: up to when it came
    """

    def __init__(self, reader: PageReader, place: Place, value, known: datetime):
        self.reader, self.value, self.known = reader, value, known
        # What does not say when it changed may come before all others each time.
        extra = len(reader.trail.undated) if place["size"] else 0
        self.place = {**reader.paginator.start(), "size": place["size"] + extra}
        self.found: dict[datetime, bool] = {}

    def run(self) -> datetime | None:
        now = int(self.reader.listing.session.options.clock())
        second = first_readable(
            second_of(self.known), (now, now + _DAY_S), self._is_readable
        )
        return None if second is None else moment_of(second)

    def _is_readable(self, second: int) -> bool:
        reader, moment = self.reader, moment_of(second)
        delta = reader.listing.delta
        asked = delta.entry(moment)
        if delta.is_same(asked, delta.entry(self.known)):
            return False
        try:
            sheet = reader.listing.fetch(
                reader.paginator.ask(self.place),
                self.value,
                asked,
                self.place,
                tries=FEW_TRIES,
                timeouts=TIMEOUTS,
            )
        except SourceError as error:
            if isinstance(error, SourceRefused | SourcePaused):
                raise
            if isinstance(error, Trouble):
                _check_breaks(error)
            return False  # also a moment that the source does not take
        marks = [reader.listing.stamp(item) for item in sheet.items]
        rest = [mark for mark in marks if mark[1] or reader.trail.is_new(*mark)]
        self.found[moment] = bool(rest)
        if not rest:
            return len(marks) < self.place["size"] or not marks
        # What came before comes again if the source looks at the moment coarsely or
        # not at all.
        return reader.trail.is_new(*rest[0])


def _check_breaks(trouble: Trouble) -> None:
    """Raise trouble that is none of an item.

    A source that says when to come back does not fail at an item.
    """
    if trouble.kind not in BREAKS or trouble.wait is not None:
        raise trouble


def _gap(known: datetime | None, moment: datetime, error: Trouble) -> str:
    since = f"from {known:%Y-%m-%d %H:%M:%S} UTC on and " if known else ""
    return (
        f"the source fails at a record that changed {since}before"
        f" {moment:%Y-%m-%d %H:%M:%S} UTC, and what else changed in exactly that time"
        f" cannot be asked for either: {error}"
    )
