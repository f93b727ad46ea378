"""Read back every field of every record, and balance the books."""

from collections import Counter

from odoo.tools import SQL

from .base import Engine
from .quiet import SIDE_EFFECTS
from .sample import shown
from .targets import TARGETS
from .values import read_portable, verdict

BATCH = 1000
#: A field that differs for these reasons is explained, not lost.
_SOUND = {"equal", "normalised"}


class VerifyEngine(Engine):
    """Compare what was written with what stands there now, record by record."""

    kind = "verify"

    def prepare(self):
        self.clear("migration.difference", ("run_id.kind", "=", "verify"))
        self.run.cursor = {"last": 0}
        self.run.stats = {}
        return self.env["migration.crosswalk"].search_count(self._domain(0))

    def _domain(self, last):
        return [
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
        rows, counts = [], Counter()
        for (source_object, model), group in links.grouped(
            lambda link: (link.source_object, link.res_model)
        ).items():
            rows += self._compare(source_object, model, group, counts)
        self.env["migration.difference"].create(rows)
        self.count(**counts)
        self.run.cursor = {"last": links[-1].id}
        self.env.invalidate_all()
        return len(links)

    def _compare(self, source_object, model, links, counts):
        """Compare one group and return the rows of what differs."""
        records = self.env[model].browse(links.mapped("res_id")).exists()
        names = sorted({name for link in links for name in link.base_values or {}})
        names = [name for name in names if name in self.env[model]._fields]
        found = read_portable(records, names)
        changed = self._changed_since(model, links)
        relations = self._relation_fields(source_object)
        rows = []
        for link in links:
            actual = found.get(link.res_id)
            if actual is None:
                counts[f"{source_object}:gone"] += 1
                continue
            if link.staged_record_id.state != "failed":
                # an update that failed is counted there; the record is as it was
                counts[f"{source_object}:found"] += 1
            for name, expected in (link.base_values or {}).items():
                if name not in actual:
                    continue
                word = verdict(self.env[model]._fields[name], expected, actual[name])
                if word not in _SOUND and link.id in changed:
                    word = "edited"
                counts[f"{source_object}:{word}"] += 1
                if name in relations and word in _SOUND and expected:
                    counts[f"{source_object}:{name}:linked"] += 1
                if word != "equal":
                    rows.append(
                        self._row(link, model, name, expected, actual[name], word)
                    )
        return rows

    def _relation_fields(self, source_object):
        """Return the many2one and res_id fields that references of the object fill."""
        return {
            name for _line, name in relation_lines(self.project._object(source_object))
        }

    def _changed_since(self, model, links):
        """Return ids of crosswalk rows whose record was written after our write."""
        table = self.env[model]._table
        return {
            row[0]
            for row in self.env.execute_query(
                SQL(
                    "SELECT link.id FROM migration_crosswalk link"
                    " JOIN %(table)s target ON target.id = link.res_id"
                    " WHERE link.id = ANY(%(ids)s)"
                    " AND target.write_date > link.write_date",
                    table=SQL.identifier(table),
                    ids=links.ids,
                )
            )
        }

    def _row(self, link, model, name, expected, actual, word):
        return {
            "project_id": self.project.id,
            "run_id": self.run.id,
            "staged_record_id": link.staged_record_id.id,
            "source_object": link.source_object,
            "external_id": link.external_id,
            "record_name": link.staged_record_id.name,
            "target_field": name,
            "expected_value": shown(self.env, self.env[model], name, expected),
            "actual_value": shown(self.env, self.env[model], name, actual),
            "verdict": word,
        }

    def finish(self):
        Bookkeeper(self).balance()
        self.project.state = "verified"


def relation_lines(obj):
    """Return ``[(mapping line, field of the target that carries the relation)]``."""
    if not obj or not obj.target:
        return []
    fields = TARGETS[obj.target].relation_fields
    return [
        (line, fields.get(line.target_field, line.target_field))
        for line in obj.mapping_line_ids
        if line.transform == "reference" and line.fate in ("mapped", "transformed")
    ]


def _is_whole(file):
    """Return whether the stored content is still what the checksum was made of."""
    content = file._file_read(file.store_fname) if file.store_fname else file.db_datas
    return file._compute_checksum(content or b"") == file.checksum


class Bookkeeper:
    """Writes the reconciliation: both sides of every object and relation."""

    def __init__(self, engine):
        self.engine = engine
        self.env = engine.env
        self.project = engine.project
        self.run = engine.run
        self.stats = engine.run.stats or {}
        self.lines = []

    def balance(self):
        """Replace the project's reconciliation by the present one."""
        self.project.reconciliation_line_ids.unlink()
        counts = self.project.object_ids._bucket_counts()
        for obj in self.project.object_ids.sorted("sequence"):
            self._object(obj, counts[obj.id])
            for line, name in relation_lines(obj):
                self._relation(obj, line, name)
        self._files()
        self._side_effects()
        self.env["migration.reconciliation.line"].create(self.lines)

    def _add(self, kind, name, **vals):
        self.lines.append(
            {
                "project_id": self.project.id,
                "run_id": self.run.id,
                "sequence": len(self.lines),
                "kind": kind,
                "name": name,
            }
            | vals
        )

    def _object(self, obj, buckets):
        def stat(word):
            return self.stats.get(f"{obj.name}:{word}", 0)

        wrong = stat("lost") + stat("overwritten")
        sound = stat("equal") + stat("normalised")
        self._add(
            "object",
            obj.label,
            object_id=obj.id,
            source_count=sum(buckets.values()),
            found_count=stat("found"),
            field_count=sound + wrong + stat("edited"),
            difference_count=wrong,
            **{f"{bucket}_count": number for bucket, number in buckets.items()},
        )

    def _relation(self, obj, line, name):
        """Offered by the source, linked in Odoo, failed with its record."""
        buckets = dict(
            self.env.execute_query(
                SQL(
                    "SELECT state, count(*) FROM migration_staged_record"
                    " WHERE object_id = %(object)s"
                    " AND COALESCE(payload ->> %(name)s, '') <> '' GROUP BY state",
                    object=obj.id,
                    name=line.source_field,
                )
            )
        )
        landed = sum(
            buckets.get(state, 0)
            for state in ("created", "updated", "unchanged", "merged")
        )
        missing = self._unlinked(obj, line, name)
        self._add(
            "relation",
            f"{obj.label}: {line.source_field}",
            object_id=obj.id,
            source_count=sum(buckets.values()),
            created_count=landed - missing,
            excluded_count=buckets.get("excluded", 0) + missing,
            failed_count=buckets.get("failed", 0),
            pending_count=buckets.get("pending", 0),
            found_count=landed - missing,
            difference_count=missing,
        )

    def _unlinked(self, obj, line, name):
        """Count landed records whose relation is empty in Odoo itself."""
        target = TARGETS[obj.target]
        if name == "id":
            return 0
        field = self.env[target.model]._fields.get(name)
        if field is None:
            return 0
        return self.env.execute_query(
            SQL(
                "SELECT count(*) FROM migration_staged_record staged"
                " JOIN migration_crosswalk link ON link.staged_record_id = staged.id"
                " JOIN %(table)s target ON target.id = link.res_id"
                " WHERE staged.object_id = %(object)s"
                " AND COALESCE(staged.payload ->> %(source)s, '') <> ''"
                " AND COALESCE(target.%(column)s, 0) = 0",
                table=SQL.identifier(self.env[target.model]._table),
                column=SQL.identifier(name),
                object=obj.id,
                source=line.source_field,
            )
        )[0][0]

    def _files(self):
        """Files by content: those that lie in the filestore with their checksum."""
        obj = self.project._object("files")
        if not obj:
            return
        links = self.env["migration.crosswalk"].search(
            [("project_id", "=", self.project.id), ("source_object", "=", "files")]
        )
        files = self.env["ir.attachment"].browse(links.mapped("res_id")).exists()
        stored = files.filtered(lambda file: file.type == "binary")
        whole = sum(_is_whole(file) for file in stored)
        self._add(
            "attachment",
            self.env._("Files with content"),
            object_id=obj.id,
            source_count=len(stored),
            created_count=len(stored),
            found_count=whole,
        )

    def _side_effects(self):
        """Mails, notifications, followers, scoring: counted before and after."""
        load = self.env["migration.run"].search(
            [("project_id", "=", self.project.id), ("kind", "=", "load")],
            order="id desc",
            limit=1,
        )
        before = (load.stats or {}).get("side_effects_before") or {}
        after = (load.stats or {}).get("side_effects_after") or {}
        for key, label in {
            **SIDE_EFFECTS,
            "crm.lead.scoring.frequency:sum": "lead scoring counts",
        }.items():
            self._add(
                "side_effect",
                label,
                source_count=before.get(key, 0),
                unchanged_count=before.get(key, 0),
                found_count=after.get(key, 0),
            )
