"""Around what a source fails at, by the moments of change.

A list that is led by cursors has no way past a record that breaks its page: nobody
knows the cursor behind it. If it comes in ascending order of change, it can be left
there and entered again, by its own filter, at a moment behind that record. Nothing
here calls the source.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

#: Records that have to come in order before an order that nobody named is believed.
ENOUGH = 10
#: Ids kept of records that may come again; beyond, some of them come twice.
MOST_IDS = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MOMENTS = ("newest", "entry", "after")


def first_readable(
    begin: int, ends: Sequence[int], is_readable: Callable[[int], bool]
) -> int | None:
    """Return a second after `begin` from which on a list can be read again.

    The one before it is `begin` or one from which on it cannot: with one unreadable
    record, or several side by side, it is the least such second. Steps of 1, 2, 4
    seconds and so on lead to a readable one, halving goes back from there.

    :param begin: epoch seconds, from which on the list cannot be read
    :param ends: where to look at the most; the first that is readable counts, so that
        a source that is down is found out at once
    :param is_readable: asks the source; an empty list is readable
    """
    high = next((end for end in ends if end > begin and is_readable(end)), None)
    if high is None:
        return None
    low, step = begin, 1
    while low + step < high:
        if is_readable(low + step):
            high = low + step
            break
        low, step = low + step, step * 2
    while high - low > 1:
        middle = (low + high) // 2
        if is_readable(middle):
            high = middle
        else:
            low = middle
    return high


def second_of(moment: datetime) -> int:
    """Return the epoch second that a moment lies in."""
    return (moment - _EPOCH) // timedelta(seconds=1)


def moment_of(second: int) -> datetime:
    """Return the moment at which an epoch second begins."""
    return _EPOCH + timedelta(seconds=second)


@dataclass
class Trail:
    """What came of one list, as far as entering it again needs it.

    `newest` is the latest change among the records, `edge` who changed at that very
    moment, `undated` who does not say. Moments may `rise`, or be `mixed`: then the
    list is in another order.

    `entry` is the moment at which the list was entered again, with pages of `size` if
    that was only to make them smaller. `after` and `known` are `newest` and `edge` of
    then, `is_fresh` tells whether a record has come since that was new, `turns` counts
    the gaps left without one.
    """

    seen: int = 0
    newest: datetime | None = None
    edge: list[str] = field(default_factory=list)
    undated: list[str] = field(default_factory=list)
    rises: bool = False
    mixed: bool = False
    entry: datetime | None = None
    after: datetime | None = None
    known: list[str] = field(default_factory=list)
    size: int = 0
    is_fresh: bool = False
    turns: int = 0

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Trail":
        """Return the trail that `as_json` gave."""
        moments = {name: kept.get(name) for name in _MOMENTS}
        read = {k: datetime.fromisoformat(v) if v else None for k, v in moments.items()}
        return cls(**{**kept, **read})

    def as_json(self) -> dict[str, Any]:
        """Return the trail as plain JSON that later records do not change."""
        kept = {name: value for name, value in asdict(self).items() if value}
        return {k: v.isoformat() if k in _MOMENTS else v for k, v in kept.items()}

    def takes(self, key: str, moment: datetime | None) -> bool:
        """Take a record in; False if it came before the list was entered again.

        :param key: its id, "" if it has none
        """
        mark = _mark(key)
        if self._came_before(mark, moment):
            return False
        self.is_fresh, self.turns = True, 0
        self.seen += 1
        if moment is None:
            self._keep(self.undated, mark)
        elif self.newest is None or moment > self.newest:
            self.rises |= self.newest is not None
            self.newest, self.edge = moment, [mark] if mark else []
        elif moment == self.newest:
            self._keep(self.edge, mark)
        else:
            self.mixed = True
        return True

    def is_new(self, key: str, moment: datetime | None) -> bool:
        """Tell whether a record stands behind all that came, in ascending order."""
        if moment is None:
            return _mark(key) not in self.undated
        return self.newest is None or moment > self.newest

    def _came_before(self, mark: str, moment: datetime | None) -> bool:
        if self.entry is None:
            return False
        if moment is None:
            return mark in self.undated
        if self.after is None or moment > self.after:
            return False
        return moment < self.after or mark in self.known

    @staticmethod
    def _keep(marks: list[str], mark: str) -> None:
        if mark and len(marks) < MOST_IDS:
            marks.append(mark)

    def is_ascending(self, order: str) -> bool:
        """Tell whether the list comes in ascending order of change as far as known.

        :param order: what the profile says of it, see `Delta.order`
        """
        if self.mixed or order == "desc":
            return False
        return bool(order) or (self.seen >= ENOUGH and self.rises)

    def enter(self, moment: datetime, size: int = 0) -> None:
        """Note that the list is entered again from a moment on.

        :param size: of the pages, if no record is left out
        """
        self.entry, self.size = moment, size
        self.after, self.known = self.newest, list(self.edge)
        self.is_fresh = False
        self.turns += not size

    @property
    def is_betrayed(self) -> bool:
        """Whether a list was entered again that is in another order after all."""
        return self.mixed and self.entry is not None


def _mark(key: str) -> str:
    """Return what is kept of an id, "" for none."""
    digest = hashlib.sha256(key.encode(errors="replace")).hexdigest()
    return digest[:16] if key else ""
