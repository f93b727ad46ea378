"""Read back every field of every record, and balance the books."""

from collections import Counter

from ...exceptions import MigrationError
from ..base import Engine
from ..edits import written_since
from ..values import read_portable, shown, verdict
from .books import Bookkeeper
from .recount import recount

BATCH = 1000
#: A field that differs for these reasons is explained, not lost.
_SOUND = {"equal", "normalised"}


class VerifyEngine(Engine):
    """Compare what was written with what stands there now, record by record."""

    kind = "verify"

    def prepare(self):
        if not self.project.object_ids:
            raise MigrationError(self.env._("There is nothing to verify yet."))
        self.run.cursor = {"last": 0, "since": self._last_one()}
        if not self._since:
            self.clear("migration.difference", ("run_id.kind", "=", "verify"))
        self.run.stats = {}
        return self.env["migration.crosswalk"].search_count(self._domain(0))

    def _last_one(self):
        """Return the id of the read-back that a light one adds to, 0 for none."""
        done = self.project.run_ids.filtered(
            lambda run: run.kind in ("verify", "rollback") and run.state == "done"
        ).sorted("id")[-1:]
        return done.id if self.run.is_light and done.kind == "verify" else 0

    @property
    def _since(self):
        return self.run.cursor.get("since", 0)

    def _touched(self):
        """Return what a light read-back looks at: what later runs have written."""
        if not self._since:
            return []
        later = self.project.run_ids.filtered(lambda run: run.id > self._since)
        return [("run_id", "in", later.ids)]

    def _domain(self, last):
        return [
            *self._touched(),
            ("project_id", "=", self.project.id),
            ("staged_record_id", "!=", False),
            ("id", ">", last),
        ]

    def advance(self):
        links = self.env["migration.crosswalk"].search(
            self._domain(self.run.cursor["last"]), order="id", limit=BATCH
        )
        if not links:
            return 0
        if self._since:
            staged = ("staged_record_id", "in", links.staged_record_id.ids)
            self.clear("migration.difference", ("run_id.kind", "=", "verify"), staged)
        rows, counts = [], Counter()
        for (source_object, model), group in links.grouped(
            lambda link: (link.source_object, link.res_model)
        ).items():
            rows += self._compare(source_object, model, group, counts)
        self.env["migration.difference"].create(rows)
        self.count(**counts)
        self.run.cursor = self.run.cursor | {"last": links[-1].id}
        self.env.invalidate_all()
        return len(links)

    def _compare(self, source_object, model, links, counts):
        """Compare one group and return the rows of what differs."""
        if model not in self.env:
            # a custom model that was deleted by hand took its records along
            counts[f"{source_object}:gone"] += len(links)
            return []
        fields = self.env[model]._fields
        names = sorted({name for link in links for name in link.base_values or {}})
        records = self.env[model].browse(links.mapped("res_id")).exists()
        found = read_portable(records, [name for name in names if name in fields])
        # a value that merely differs is no person's edit: that is what we look for
        edited = {link.res_id for link in links if link.edit_reason}
        edited |= {res_id for res_id, _login in written_since(self.env, model, links)}
        shared = self._shared(model, links)
        rows = []
        for link in links:
            actual = found.get(link.res_id)
            if actual is None:
                counts[f"{source_object}:gone"] += 1
                rows.append(self._row(link, model, "id", link.res_id, None, "lost"))
                continue
            if link.staged_record_id.state != "failed":
                # an update that failed is counted there; the record is as it was
                counts[f"{source_object}:found"] += 1
            for name, expected in (link.base_values or {}).items():
                word = self._word(fields.get(name), expected, actual.get(name))
                if word not in _SOUND and link.res_id in shared:
                    values = shared[link.res_id].get(name)
                    there = actual.get(name)
                    if _is_brought(fields.get(name), expected, there, values):
                        word = "equal"
                if word not in _SOUND and link.res_id in edited:
                    word = "edited"
                counts[f"{source_object}:{word}"] += 1
                if word != "equal":
                    row = self._row(link, model, name, expected, actual.get(name), word)
                    rows.append(row)
            rows += self._unread(link, counts)
        return rows

    def _shared(self, model, links):
        """Return what all rows of one record have brought to it.

        Two records of the source that are one in Odoo each add their tags to it, and
        fill what the other has left empty.

        :return: ``{res_id: {field: [value, ...]}}`` of records with more than one row
        """
        groups = self.env["migration.crosswalk"]._read_group(
            [
                ("project_id", "=", self.project.id),
                ("res_model", "=", model),
                ("res_id", "in", links.mapped("res_id")),
                ("staged_record_id", "!=", False),
            ],
            ["res_id"],
            ["id:recordset"],
            having=[("__count", ">", 1)],
        )
        found = {}
        for res_id, rows in groups:
            values = found.setdefault(res_id, {})
            for row in rows:
                for name, value in (row.base_values or {}).items():
                    values.setdefault(name, []).append(value)
        return found

    def _word(self, field, expected, actual):
        """A field that is no longer there has lost what was in it."""
        if field is None:
            return "equal" if expected in (None, False, 0, []) else "lost"
        return verdict(field, expected, actual)

    def _unread(self, link, counts):
        """Source values that could not be read never got as far as a field."""
        rows = []
        for name, value in (link.unread_values or {}).items():
            counts[f"{link.source_object}:unread"] += 1
            row = self._row(link, link.res_model, "-", None, None, "unread")
            rows.append(row | {"source_field": name, "source_value": value})
        return rows

    def _row(self, link, model, name, expected, actual, word):
        return {
            "project_id": self.project.id,
            "run_id": self.run.id,
            "staged_record_id": link.staged_record_id.id,
            "source_object": self.project._object_label(link.source_object),
            "external_id": link.external_id,
            "record_name": link.staged_record_id.name,
            "target_field": name,
            "expected_value": shown(self.env, self.env[model], name, expected),
            "actual_value": shown(self.env, self.env[model], name, actual),
            "verdict": word,
        }

    def finish(self):
        if self._since:
            self.run.stats = recount(self.project)
        Bookkeeper(self).balance()
        self.project.state = "verified"


def _is_brought(field, expected, actual, values):
    """Return whether what stands there came with another row of the same record.

    :param values: what each row of the record has brought to the field
    """
    if field is None or not values:
        return False
    if field.type != "many2many":
        return not expected and actual in values
    brought = {res_id for value in values for res_id in value or ()}
    return {*(expected or ())} <= {*(actual or ())} <= brought
