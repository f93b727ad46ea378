"""The items of a GraphQL page: records, what is lost, what the source lacks."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from ...exceptions import SourceError
from ..base import Problem, RawRecord
from ..profile.normalise import Normaliser, corrupt_item
from .delta import Delta
from .partial import Entry, Reading, loose_problems, missing_parts, unwrap
from .queries import ObjectQueries


class PageItems:
    """Turns the entries of pages of one object into records and problems.

    :param one: returns the raw record of an id, None if it cannot be had
    :param follow: completes the lists inside a raw record, returns problems
    :param state: the cursor: `line`, `late` and `told` are kept in it
    """

    def __init__(
        self,
        queries: ObjectQueries,
        normaliser: Normaliser,
        delta: Delta,
        one: Callable[[str], Any],
        follow: Callable[..., list[Problem]],
        state: dict[str, Any],
        start: datetime | None,
    ):
        self.name, self.file = queries.name, f"{queries.root_field} {{ }}"
        self.queries, self.normaliser, self.delta = queries, normaliser, delta
        self.one, self.follow, self.state, self.start = one, follow, state, start
        self._told = set(state.get("told") or ())

    def items(
        self, reading: Reading, value: str | None, lean: Callable[[], Reading]
    ) -> list[RawRecord | Problem]:
        """Return the records and problems of a page.

        :param lean: reads the page once more, with nothing but ids
        """
        items: list[RawRecord | Problem] = [*self._told_missing()]
        items += loose_problems(reading.loose, self.name, self.file)
        lost = [position for position, e in enumerate(reading.entries) if e.is_lost]
        keys = self._lost_keys(reading, lost, lean) if lost else {}
        for position, entry in enumerate(reading.entries):
            if entry.is_lost:
                items += self.lost(entry, keys.get(position, ""), value)
            else:
                items += self._records(entry, value)
        return items

    def _lost_keys(
        self, reading: Reading, lost: list[int], lean: Callable[[], Reading]
    ) -> dict[int, str]:
        """Return the ids of items that are not there, from errors or a lean page."""
        keys = {position: reading.entries[position].key for position in lost}
        if all(keys.values()) or self.queries.paging["style"] == "none":
            return keys
        try:
            ids = lean()
        except SourceError:
            return keys
        if len(ids.entries) == len(reading.entries):
            for position in lost:
                item = ids.entries[position].item
                keys[position] = keys[position] or self.normaliser.key_of(item)
        return keys

    def lost(self, entry: Entry, key: str, value: str | None):
        """Return the record of an item that its list lacks, or its problem."""
        raw = self.one(key) if key else None
        if raw is not None:
            return self._records(Entry(raw), value)
        self.state["line"] += 1
        return [
            corrupt_item(self.name, entry.reason, self.file, self.state["line"], key)
        ]

    def _records(self, entry: Entry, value: str | None) -> list[RawRecord | Problem]:
        rest = unwrap(entry.item, self.queries.fields)
        moment = self.normaliser.moment_of(entry.item)
        if self.delta.is_late(moment):
            self.state["late"] = self.state.get("late", 0) + 1
            return []
        if not self.delta.keeps(moment, self.start):
            return []
        self.state["line"] += 1
        line = self.state["line"]
        key = self.normaliser.key_of(entry.item)
        problems = self.follow(entry.item, rest, key, line) if rest else []
        problems += missing_parts(entry, self.name, self.file, line, key)
        fill = (self.queries.spec.get("foreach") or {}).get("fill")
        extra = {fill: value} if fill and value else None
        records = self.normaliser.records(entry.item, self.file, line, extra)
        return [*records, *problems]

    def _told_missing(self) -> Iterator[Problem]:
        """Yield once what the source does not have."""
        for missing in self.queries.missing:
            if missing in self._told:
                continue
            self._told.add(missing)
            is_argument = missing.startswith("argument ")
            text = (
                f"The source does not take {missing} at {self.file}: the list is read"
                " without it, whole and in its own order."
                if is_argument
                else f"The source has no field {missing} at {self.file}: it is left"
                " out. It may belong to a larger plan of the source."
            )
            yield Problem(
                "field_missing",
                text,
                self.file,
                field=missing,
                object=self.name,
                severity="warning",
            )
        if self._told:
            self.state["told"] = sorted(self._told)
