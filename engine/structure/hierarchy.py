"""Companies that stand above themselves: found before the load, resolved by rule."""

import re
from functools import cached_property
from typing import NamedTuple

from odoo.tools import SQL

from ...exceptions import MappingError, RecordSkipped
from ...tools.dates import parse_datetime
from .kinship import Kinship


class Circle(NamedTuple):
    """One circle: its records from child to parent, the oldest first."""

    kin: list
    text: str


class Hierarchy:
    """The circles of an object's parents, and what the project's rule makes of them.

    Odoo refuses a contact that is its own parent, over however many others. The rule
    is ``migration.project.cycle_rule``.
    """

    def __init__(self, obj, kinship=None):
        self.object = obj
        self.project = obj.project_id
        self.env = obj.env
        self.kinship = kinship or Kinship(obj)

    @cached_property
    def circles(self):
        """Return the :class:`Circle` list, in the order of the source."""
        if not self.kinship.is_own("parent_id"):
            return []
        found = [self._from_oldest(kin) for kin in self._rings()]
        names = self._names([kin.id for ring in found for kin in ring])
        return [
            Circle(ring, " → ".join(names[kin.id] for kin in [*ring, ring[0]]))
            for ring in found
        ]

    def _rings(self):
        """Yield each circle once; a record has one parent, so no two of them meet."""
        done = set()
        for start in self.kinship.rows.values():
            path, place, kin = [], {}, start
            while kin and kin.id not in done and not kin.is_excluded:
                done.add(kin.id)
                place[kin.id] = len(path)
                path.append(kin)
                kin = self.kinship.parent(kin) if kin.parent else None
            if kin and kin.id in place:
                yield path[place[kin.id] :]

    def _from_oldest(self, ring):
        """Turn a circle so that its oldest record stands first, else the lowest id."""
        born = self._born([kin.id for kin in ring])
        first = min(ring, key=lambda kin: (born[kin.id], _natural(kin.external_id)))
        place = ring.index(first)
        return ring[place:] + ring[:place]

    def _born(self, ids):
        """Return ``{staged id: creation date as text}``; unreadable ones sort last."""
        line = self.kinship.line("x_source_created_on")
        records = self.env["migration.staged.record"].browse(ids)
        return {record.id: _moment(record.payload, line) for record in records}

    def _names(self, ids):
        rows = self.env.execute_query(
            SQL(
                "SELECT id, COALESCE(NULLIF(name, ''), external_id)"
                " FROM migration_staged_record WHERE id = ANY(%s)",
                ids,
            )
        )
        return dict(rows)

    # -- the rule ----------------------------------------------------------------

    @cached_property
    def left_out(self):
        """Return ``{staged id: {source field: why}}`` of what is not to be used.

        The reason is empty for records that are left out altogether, see
        :meth:`check`.
        """
        found = self._merges()
        field = self.kinship.line("parent_id").source_field if self.circles else ""
        for circle in self.circles:
            why = self._outcome(circle)
            is_cut = self.project.cycle_rule == "oldest"
            for kin in circle.kin[:1] if is_cut else circle.kin:
                unused = found.setdefault(kin.id, {})
                unused[field] = "" if self._is_skipped else why
        return found

    def _merges(self):
        """Merges that lead nowhere: round in a circle, or to what was deleted."""
        if not self.kinship.is_own("_merged_into"):
            return {}
        field = self.kinship.line("_merged_into").source_field
        why = self.env._("Merged with itself in a circle: stays a contact of its own.")
        found = {}
        for kin in self.kinship.rows.values():
            if kin.merged and (last := self.kinship.last_of_merges(kin)):
                if last.id == kin.id:
                    found[kin.id] = {field: why}
                elif last.is_excluded:
                    found[kin.id] = {field: ""}
        return found

    @property
    def _is_skipped(self):
        return self.project.cycle_rule == "skip"

    def _outcome(self, circle):
        """Say what becomes of a circle, the whole of it named."""
        if self._is_skipped:
            return self.env._("A circle: %s. Its records are left out.", circle.text)
        if self.project.cycle_rule == "flag":
            return self.env._(
                "A circle: %s. None of them gets a parent here.", circle.text
            )
        return self.env._(
            "A circle: %(circle)s. Cut at the oldest: %(name)s has no parent here.",
            circle=circle.text,
            name=circle.text.partition(" → ")[0],
        )

    def check(self, record):
        """Refuse a staged record that the rule, or its merge, leaves out.

        :raise MappingError: with the whole circle
        :raise RecordSkipped: when the source deleted what it was merged into
        """
        kin = self.kinship.rows.get(record.id)
        if kin and kin.merged and "" in self.left_out.get(kin.id, {}).values():
            name = self._names([self.kinship.last_of_merges(kin).id])
            raise RecordSkipped(
                self.env._(
                    "Merged into “%s”, which the source deleted.", *name.values()
                )
            )
        if self._is_skipped and record.id in self.left_out:
            for circle in self.circles:
                if record.id in {kin.id for kin in circle.kin}:
                    raise MappingError(
                        self._outcome(circle), next(iter(self.left_out[record.id]))
                    )

    def findings(self):
        """Return one finding a circle, for the report before the load."""
        return [
            {
                "code": "cycle",
                "severity": "1_error" if self._is_skipped else "2_warning",
                "source_object": self.object.name,
                "external_id": circle.kin[0].external_id,
                "file": self.object.source_files,
                "field": self.kinship.line("parent_id").source_field,
                "value": circle.text[:200],
                "message": self._outcome(circle),
            }
            for circle in self.circles
        ]


def _natural(text):
    """Return a key that sorts ``ct_9`` before ``ct_10``."""
    return [
        (0, int(part), "") if part.isdigit() else (1, 0, part)
        for part in re.findall(r"\d+|\D+", text)
    ]


def _moment(payload, line):
    try:
        text = payload.get(line.source_field) if line else None
        return str(parse_datetime(text, line.date_format or "iso")) if text else "~"
    except ValueError:
        return "~"
