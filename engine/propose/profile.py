"""Profile staged records: what each field holds, and what is wrong with it."""

from collections import Counter
from functools import cached_property

from odoo.tools import SQL

from ...tools.converters import to_percent
from ...tools.dates import apply_order, candidate_formats, day_format, example
from ...tools.infer import ValueProfile
from ..base import Engine
from ..map.definitions import Definitions
from ..map.kind_definitions import name_kinds, order_kinds
from ..owners.board import OwnerMatcher
from ..owners.deals import OpenDeals
from ..structure.hierarchy import Hierarchy
from ..values import cell_text
from .field_types import FieldTypes
from .propose import MapProposer
from .unresolved import Unresolved

CHUNK = 2000
#: findings of one kind that are listed one by one; the rest is one summary line
LISTED = 200


class ProfileEngine(Engine):
    """One object a step; then owners are matched and the map is proposed."""

    kind = "profile"

    def prepare(self):
        self.clear("migration.finding", ("phase", "=", "profile"))
        self.run.cursor = {"done": []}
        name_kinds(self.project)
        return sum(self.project.object_ids.mapped("staged_count"))

    def advance(self):
        done = list(self.run.cursor["done"])
        for obj in self.project.object_ids.sorted("sequence"):
            if obj.id in done:
                continue
            self.run.cursor = {"done": [*done, obj.id]}
            count = self._profile(obj)
            return count or self.advance()
        return 0

    def _profile(self, obj):
        if obj._is_split():
            # each kind of its records has a map of its own
            obj.mapping_line_ids.unlink()
            return obj.staged_count
        types = FieldTypes(obj, self._definitions)
        profiles, count = self._read(obj, types)
        results = {name: profile.result() for name, profile in profiles.items()}
        proposer = MapProposer(obj, types)
        for line in proposer.propose(results):
            if line.transform in ("date", "datetime") and not line.is_confirmed:
                self._date_format(obj, line)
            if line.transform == "percent" and not line.is_confirmed:
                self._percent_unit(obj, line)
        if obj.target in ("partner", "contact"):
            self._duplicate_emails(obj)
            self.findings("profile", Hierarchy(obj).findings())
        return count

    @cached_property
    def _definitions(self):
        return Definitions(self.project)

    def _read(self, obj, types):
        """Feed every value of the object to its field's profile, in chunks."""
        profiles = {
            name: ValueProfile(types.check(name)) for name in obj.field_names or []
        }
        last, count = 0, 0
        while True:
            records = self.env["migration.staged.record"].search_fetch(
                [("object_id", "=", obj.id), ("id", ">", last)],
                ["payload"],
                order="id",
                limit=CHUNK,
            )
            if not records:
                return profiles, count
            for record in records:
                # a Json field copies at each access
                payload = record.payload
                for name, profile in profiles.items():
                    profile.add(payload.get(name))
            last, count = records[-1].id, count + len(records)
            records.invalidate_recordset()

    def distinct(self, obj, name, limit=20000):
        """Return ``[(value, records, first staged id)]``, most frequent first."""
        return self.env.execute_query(
            SQL(
                "SELECT %(text)s, count(*), min(id)"
                " FROM migration_staged_record"
                " WHERE object_id = %(object)s AND %(text)s <> ''"
                " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(limit)s",
                text=cell_text(name),
                object=obj.id,
                limit=limit,
            )
        )

    def _date_format(self, obj, line):
        """Choose the one format of a date column, or leave the choice to a person.

        The format that fits most values wins if it fits nine in ten, or all but one;
        values that do not fit it are listed. If month and day can be swapped in all
        of them, only the order that the source declares decides.
        """
        values = self.distinct(obj, line.source_field)
        if not values:
            line.date_format = line.date_format or "iso"
            return
        votes, total = Counter(), 0
        fits, shown = {}, {}
        for value, count, _first in values:
            formats = {day_format(fmt): fmt for fmt in candidate_formats([value])}
            fits[value] = set(formats)
            total += count
            for day, fmt in formats.items():
                votes[day] += count
                # days with and without a time of day are read by one format
                shown[day] = max(shown.get(day, ""), fmt, key=len)
        best = max(votes.values(), default=0)
        chosen = [shown[day] for day, count in votes.items() if count == best]
        line.date_candidates = ", ".join(chosen)
        if len(chosen) > 1 and self.project.date_order:
            chosen = apply_order(chosen, self.project.date_order) or chosen
        # of a few values, one that is wrong is not yet another format
        is_clear = best >= total * 0.9 or (best > 2 and total - best == 1)
        if not is_clear or len(chosen) != 1:
            line.date_format = False
            self._ambiguous(obj, line, chosen, values)
            return
        line.date_format = chosen[0]
        day = day_format(chosen[0])
        wrong = [value for value in fits if day not in fits[value]]
        self._malformed(obj, line, wrong)

    def _ambiguous(self, obj, line, formats, values):
        self.find(
            "profile",
            code="ambiguous_date",
            source_object=obj.name,
            file=obj.source_files,
            field=line.source_field,
            value=values[0][0],
            message=self.env._(
                "The dates fit %(formats)s. Choose the format on the map: nothing "
                "moves before.",
                formats=", ".join(formats) or self.env._("no known format"),
            ),
        )

    def _malformed(self, obj, line, values):
        """List the records whose date cannot be read, the first hundreds one by one."""
        if not values:
            return
        rows = self.env.execute_query(
            SQL(
                "SELECT external_id, source_file, source_line, %(text)s,"
                " count(*) OVER ()"
                " FROM migration_staged_record WHERE object_id = %(object)s"
                " AND %(text)s = ANY(%(bad)s) ORDER BY id LIMIT %(limit)s",
                text=cell_text(line.source_field),
                object=obj.id,
                bad=values,
                limit=LISTED,
            )
        )
        message = self.env._(
            "Not a date that is written as %s: the field will be empty.",
            example(line.date_format),
        )
        shared = {
            "code": "malformed_date",
            "severity": "2_warning",
            "source_object": obj.name,
            "field": line.source_field,
        }
        findings = [
            shared
            | {
                "external_id": external_id,
                "file": file,
                "line": number,
                "value": value[:200],
                "message": message,
            }
            for external_id, file, number, value, _count in rows
        ]
        if rows and rows[0][4] > LISTED:
            rest = self.env._("And %s more of the same.", rows[0][4] - LISTED)
            findings.append(shared | {"file": obj.source_files, "message": rest})
        self.findings("profile", findings)

    def _duplicate_emails(self, obj):
        groups = self.env["migration.staged.record"]._read_group(
            [
                ("object_id", "=", obj.id),
                ("email_key", "!=", False),
                ("email_key", "!=", ""),
            ],
            ["email_key"],
            ["__count", "external_id:array_agg"],
            having=[("__count", ">", 1)],
            limit=LISTED,
        )
        self.findings(
            "profile",
            [
                {
                    "code": "shared_email",
                    "severity": "3_info",
                    "source_object": obj.name,
                    "external_id": ", ".join(ids[:5]),
                    "file": obj.source_files,
                    "field": "Email",
                    "value": email,
                    "message": self.env._(
                        "%(count)s records share this e-mail: see the duplicate rules.",
                        count=count,
                    ),
                }
                for email, count, ids in groups
            ],
        )

    def _percent_unit(self, obj, line):
        """Read percentages as shares of one where no value is above one.

        A column of shares holds 0.4, never 40; one of percentages hardly ever stays
        at or below 1.
        """
        numbers = []
        for value, *_rest in self.distinct(obj, line.source_field):
            try:
                numbers.append(to_percent(value) or 0.0)
            except ValueError:
                continue
            if "%" in value:
                return
        if any(0 < number < 1 for number in numbers) and max(numbers) <= 1:
            line.write(
                {
                    "transform": "share",
                    "reason": self.env._(
                        "No value is above 1: 0.4 is read as 40 %. Choose Percentage "
                        "if it means 0.4 %."
                    ),
                }
            )

    def _unresolved_values(self):
        """List the countries, states, languages and currencies that mean nothing."""
        unresolved = Unresolved(self.project)
        for line in self.project.mapping_line_ids:
            if not line.object_id.target or line.fate in ("dropped", "undecided"):
                continue
            rows = unresolved.of_line(line)
            message = unresolved.message(line) if rows else ""
            self.findings(
                "profile",
                [
                    self._place_of(line, first)
                    | {
                        "code": "unresolved_value",
                        "severity": "2_warning",
                        "value": value[:200],
                        "message": self.env._(
                            "%(what)s Records: %(count)s.", what=message, count=count
                        ),
                    }
                    for value, count, first in rows[:LISTED]
                ],
            )

    def _place_of(self, line, staged_id):
        """Return where the value of a mapping line was seen first."""
        record = self.env["migration.staged.record"].browse(staged_id)
        return {
            "source_object": line.object_id.name,
            "external_id": record.external_id,
            "file": record.source_file,
            "line": record.source_line,
            "field": line.source_field,
        }

    def finish(self):
        order_kinds(self.project)
        self._unresolved_values()
        OwnerMatcher(self, OpenDeals(self.project)).match()
        states = ("draft", "staged", "profiled")
        is_new = not self.run.is_incremental or self.project.state in states
        if is_new or self.project.unconfirmed_count:
            self.project.state = "profiled"
