"""Give records back what stood in them before one run, field by field."""

import json
import os
from contextlib import contextmanager
from functools import cached_property

from odoo.fields import Command
from odoo.tools import SQL

from ..edits import find_edits
from ..values import read_portable
from .change_book import PER_FIELD, differing, read_rows
from .restore import STAMP, put_stamp

#: Kept with a file's content: they go back together, or not at all.
_CONTENT = {"store_fname", "checksum", "file_size", "mimetype", "index_content"}
_ADDRESS = {"street", "street2", "city", "zip", "state_id", "country_id"}


class Outcome:
    """What of a record's changes goes back, and what stays, with the reason.

    ``back`` is ``{field: value}``, ``kept`` is ``{field: sentence}``; ``values`` is
    how the record will stand then.
    """

    def __init__(self, values):
        self.values = dict(values)
        self.now = dict(values)
        self.back, self.kept = {}, {}

    @property
    def is_empty(self):
        """Whether nothing goes back, though something was to."""
        return bool(self.kept) and not self.back


class Reverter:
    """Takes back the changes that are planned with lines of a rollback.

    A field goes back where still stands what the run has left there. What a person or
    a later run has put there since stays, and so do fields that only make sense
    together with it. Of lists only what the run added or took out is undone.
    """

    def __init__(self, project):
        self.project = project
        self.env = project.env
        #: contacts of people that went back with their company
        self.followers = self.env["res.partner"]

    def outcomes(self, lines):
        """Return ``{line: Outcome}`` for lines whose records are there."""
        changes = self.env["migration.change"].search(
            [("rollback_line_id", "in", lines.ids)], order="id desc"
        )
        by_line = changes.grouped("rollback_line_id")
        found = {}
        for model, group in lines.grouped("res_model").items():
            rows = read_rows(self.env, model, group.mapped("res_id"))
            for line in group:
                if line.res_id in rows:
                    own = by_line.get(line, changes.browse())
                    found[line] = self._outcome(model, rows[line.res_id], line, own)
        return found

    def one_by_one(self, lines):
        """Yield ``(line, Outcome)``, None of a record that is gone; the latest first.

        A record of which an earlier line went back is read again.
        """
        lines = lines.sorted("id", reverse=True)
        outcomes, seen = self.outcomes(lines), set()
        for line in lines:
            place = line.res_model, line.res_id
            if place in seen:
                outcomes |= self.outcomes(line)
            seen.add(place)
            yield line, outcomes.get(line)

    def _outcome(self, model, row, line, changes):
        lists = {
            name
            for change in changes
            for name in change.values_before or ()
            if name not in row and name in self.env[model]._fields
        }
        record = self.env[model].browse(line.res_id)
        outcome = Outcome(row | read_portable(record, list(lists))[record.id])
        for change in changes:
            left_values = change.values_left or {}
            for name, before in (change.values_before or {}).items():
                left = left_values.get(name)
                if name in lists:
                    self._list_back(outcome, name, before, left)
                elif outcome.values.get(name) != left:
                    outcome.kept.setdefault(name, self._who(line, changes, name))
                    outcome.back.pop(name, None)
                elif name in row and name not in outcome.kept:
                    self._value_back(outcome, model, name, before)
        self._keep_together(model, outcome)
        for name in outcome.kept:
            outcome.back.pop(name, None)
            outcome.values[name] = outcome.now[name]
        return outcome

    def _list_back(self, outcome, name, before, left):
        before, left, now = {*before}, {*(left or ())}, {*outcome.values[name]}
        back = sorted((now - (left - before)) | (before - left))
        if back != sorted(now):
            outcome.back[name] = outcome.values[name] = back

    def _value_back(self, outcome, model, name, before):
        field = self.env[model]._fields.get(name)
        if field is not None and field.type == "many2one" and before:
            other = self.env.get(field.comodel_name)
            if other is not None and not other.browse(before).exists():
                outcome.kept[name] = self.env._("what it referred to is gone")
                return
        if name == "store_fname" and not self._is_stored(model, before):
            outcome.kept[name] = self.env._("its former content is no longer stored")
            return
        outcome.back[name] = outcome.values[name] = before

    def _is_stored(self, model, name):
        """A file that nothing refers to is thrown away by Odoo one day."""
        files = self.env[model]
        return not name or os.path.exists(files._full_path(name))

    def _who(self, line, changes, name):
        """Say who has put there what stands there now."""
        later = self.env["migration.change"].search(
            [
                ("crosswalk_id", "=", line.crosswalk_id.id),
                ("id", ">", max(changes.ids)),
                ("id", "not in", changes.ids),
            ],
            order="id desc",
        )
        for change in later:
            if name in (change.values_left or {}):
                return self.env._("%s wrote it later", change.run_id.display_name)
        return self.env._("edited since")

    def _keep_together(self, model, outcome):
        """Fields of which a person has changed one stay all as they are."""
        own = [why for name, why in outcome.kept.items() if name in _ADDRESS]
        if model == "res.partner" and own and "type" in outcome.back:
            # an address that is somebody's own says so by its type
            outcome.kept["type"] = own[0]
        groups = [unit.names for unit in self._units.get(model, ())] + [_CONTENT]
        for names in groups:
            why = [outcome.kept[name] for name in sorted(names & {*outcome.kept})]
            for name in names & {*outcome.back} if why else ():
                outcome.kept[name] = why[0]

    @cached_property
    def _units(self):
        """Return ``{model: units}`` of the targets."""
        # only here: the targets note their own changes
        from ..targets import TARGETS  # pylint: disable=import-outside-toplevel

        found = {}
        for target in TARGETS.values():
            for part in getattr(target, "routes", {}).values() or [target]:
                if part.units:
                    found[part.model] = part.units
        return found

    # -- words ---------------------------------------------------------------------

    def reason(self, line, outcome):
        """Return the sentences that the plan shows for a record."""
        parts = []
        if outcome.back:
            names = self._labels(line, outcome.back)
            parts.append(self.env._("As before the run: %s.", names))
        for why in dict.fromkeys(outcome.kept.values()):
            names = [name for name in outcome.kept if outcome.kept[name] == why]
            labels = self._labels(line, names)
            parts.append(
                self.env._("Kept: %(fields)s (%(why)s).", fields=labels, why=why)
            )
        if any(line.change_ids.mapped("has_new_history")):
            parts.append(self.env._("The stage history stays as the run wrote it."))
        return " ".join(parts) or self.env._("Only what the migration knows of it.")

    def _labels(self, line, names):
        """Return the labels, first of what the migration wrote itself."""
        fields = self.env[line.res_model]._fields
        base = line.crosswalk_id.base_values or {}
        written = [name for name in names if name in base]
        shown = written or [name for name in names if name in fields] or names
        return ", ".join(
            fields[name].get_description(self.env, ["string"])["string"]
            if name in fields
            else name
            for name in sorted(shown)
        )

    # -- doing it --------------------------------------------------------------------

    def revert(self, line, outcome):
        """Write back what goes back; the crosswalk row says again what it said."""
        link = line.crosswalk_id
        record = self.env[link.res_model].browse(link.res_id)
        changes = self.env["migration.change"].search(
            [("rollback_line_id", "=", line.id)], order="id desc"
        )
        if not any(change.values_before or change.stamp_left for change in changes):
            # the record has a note of its own, or none was needed
            link.write(self._link_vals(link, changes, outcome))
            return changes.staged_record_id
        edits = find_edits(self.env, link.res_model, link)
        stamp = self._stamp(record, changes, outcome)
        vals = self._writable(record, outcome.back)
        with self._carrying(record, vals):
            if vals:
                record.write(vals)
            self._put_columns(record, outcome)
            put_stamp(record, stamp)
        link.write(self._link_vals(link, changes, outcome) | _flag(edits, record))
        self._take_back_decisions(link, changes, outcome)
        return changes.staged_record_id

    @contextmanager
    def _carrying(self, record, vals):
        """Let contacts that people added under a company go back with it."""
        # only here: the targets note their own changes
        # pylint: disable-next=import-outside-toplevel
        from ..targets.company import ADDRESS, COMMERCIAL, carry_people_along, facts_of

        shared = {*vals} & {*ADDRESS, *COMMERCIAL}
        if record._name != "res.partner" or not shared:
            yield
            return
        before = facts_of(record)
        yield
        self.followers |= carry_people_along(self.project, record, before)

    def _take_back_decisions(self, link, changes, outcome):
        """What people decided on is no longer carried out where its fields go back.

        Of a load the decision stands: the next one carries it out again, without
        asking. When the run of the decisions itself is taken back, they are open.
        """
        conflicts = self.env["migration.conflict"]
        own = [("crosswalk_id", "=", link.id)]
        live = conflicts.search([*own, ("state", "in", ("open", "decided"))])
        asked = set(live.mapped("field_name"))
        rows = conflicts.search(
            [
                *own,
                ("state", "=", "applied"),
                ("applied_run_id", "in", changes.run_id.ids),
            ],
            order="id desc",
        )
        for row in rows:
            is_kept = {*(row.base_values or ())} & {*outcome.kept}
            if row.field_name in asked or is_kept:
                continue
            asked.add(row.field_name)
            vals = {"state": "decided", "applied_run_id": False}
            if row.applied_run_id.kind == "decide":
                vals |= {"state": "open", "take": False, "is_by_rule": False}
                vals |= {"decided_by": False, "decided_on": False}
            row.write(vals)

    def _writable(self, record, back):
        """Return what write() can take; the rest goes into the table as it was."""
        vals = {}
        for name, value in back.items():
            field = record._fields.get(name)
            if (
                field is None
                or not field.store
                or name in ("create_date", "create_uid")
            ):
                continue
            if field.type == "many2many":
                vals[name] = [Command.set(value)]
            elif (
                field.type in _PLAIN
                and not field.translate
                and not field.company_dependent
                and not (field.compute and field.readonly)
                and not field.related
            ):
                vals[name] = _as_written(field, value)
        return vals

    def _put_columns(self, record, outcome):
        """Put into the table what write() has made otherwise, or cannot write."""
        record.flush_recordset()
        now = read_rows(self.env, record._name, record.ids)[record.id]
        wanted = outcome.values
        names = [name for name in differing(now, wanted) if name in now]
        if names:
            self.env.cr.execute(
                SQL(
                    "UPDATE %(table)s AS target SET %(columns)s"
                    " FROM jsonb_populate_record(NULL::%(table)s, %(row)s) AS source"
                    " WHERE target.id = %(id)s",
                    table=SQL.identifier(record._table),
                    columns=SQL(", ").join(
                        SQL(
                            "%s = %s",
                            SQL.identifier(name),
                            SQL.identifier("source", name),
                        )
                        for name in names
                    ),
                    row=json.dumps({name: wanted.get(name) for name in names}),
                    id=record.id,
                )
            )
        record.invalidate_recordset(flush=False)

    def _stamp(self, record, changes, outcome):
        """A later edit keeps its date; else the record looks as it did before."""
        now = {name: outcome.now.get(name) for name in STAMP}
        changes = changes.filtered("stamp_left")
        if outcome.kept or now != changes[:1].stamp_left:
            return now if record._log_access else {}
        return changes[-1:].stamp_before

    def _link_vals(self, link, changes, outcome):
        """Return what the crosswalk row said before, but of what stays."""
        vals = {}
        for change in changes:
            for name, before in (change.link_before or {}).items():
                if name not in PER_FIELD:
                    vals[name] = before or False
                    continue
                known = dict(vals.get(name, link[name]) or {})
                for field, value in before.items():
                    if field in outcome.kept:
                        continue
                    known.pop(field, None)
                    if value:
                        known[field] = value[0]
                vals[name] = known
        return vals


#: Types whose column holds what write() takes.
_PLAIN = {
    *("char", "text", "html", "selection", "boolean", "integer", "float", "monetary"),
    *("date", "datetime", "many2one", "many2one_reference", "reference"),
}


def _as_written(field, value):
    if value is None:
        return False
    if field.type == "datetime":
        return value.replace("T", " ")[:19]
    return value


def _flag(edits, record):
    """An edit that was made before our write is not forgotten by it."""
    return {"edit_reason": edits[record.id]} if record.id in edits else {}
