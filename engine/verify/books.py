"""The reconciliation: both sides of every object, relation and file."""

from odoo.tools import SQL

from ..quiet import SIDE_EFFECTS
from .file_book import FileBook
from .history import HistoryBook, history_lines
from .link_tally import BUCKETS, LinkTally


def relation_lines(obj):
    """Return ``[(mapping line, {model: field that carries the relation})]``."""
    if not obj or not obj.target:
        return []
    models = obj._target_models()
    return [
        (
            line,
            {
                model: fields.get(line.target_field, line.target_field)
                for model, fields in models.items()
            },
        )
        for line in obj.mapping_line_ids
        if line.transform == "reference" and line.fate in ("mapped", "transformed")
    ]


def link_lines(obj):
    """Return ``[(mapping line, many2many field)]`` of lists of references."""
    if not obj or not obj.target:
        return []
    return [
        (line, line.target_field)
        for line in obj.mapping_line_ids
        if line.transform == "links" and line.fate in ("mapped", "transformed")
    ]


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
        self.engine.clear("migration.reconciliation.line")
        self.env.flush_all()
        counts = self.project.object_ids._bucket_counts()
        for obj in self.project.object_ids.sorted("sequence"):
            self._object(obj, counts[obj.id])
            for line, names in relation_lines(obj):
                self._relation(obj, line, names)
            for line in history_lines(obj):
                name = self.env._("%s: Stage History", obj.label)
                self._add("relation", name, **HistoryBook(obj, line).line_vals())
            for line, name in link_lines(obj):
                self._links(obj, line, name)
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
        # a row that could not even be staged is a record of the source as well
        refused = obj.refused_count
        buckets = buckets | {"failed": buckets["failed"] + refused}
        self._add(
            "object",
            obj.label,
            object_id=obj.id,
            problem=obj.problem,
            source_count=sum(buckets.values()),
            found_count=stat("found"),
            field_count=sound + wrong + stat("edited") + stat("unread"),
            difference_count=wrong,
            unread_count=stat("unread"),
            **{f"{bucket}_count": number for bucket, number in buckets.items()},
        )

    def _relation(self, obj, line, names):
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
        empty, found = self._linked(obj, line, names)
        empty, found = (0, landed) if found is None else (empty, found)
        self._add(
            "relation",
            f"{obj.label}: {line.source_field}",
            object_id=obj.id,
            source_count=sum(buckets.values()),
            created_count=landed - empty,
            # the map says "leave empty" for what refers to nothing
            excluded_count=buckets.get("excluded", 0) + empty,
            failed_count=buckets.get("failed", 0),
            pending_count=buckets.get("pending", 0),
            found_count=found,
            difference_count=max(landed - empty - found, 0),
        )

    def _linked(self, obj, line, names):
        """Return ``(left empty by the map, found in Odoo)`` of the landed records.

        Found is what Odoo's own column says now: the record we linked, or another
        one that a person put there since.
        """
        found = [
            self._linked_in(model, obj, line, name)
            for model, name in names.items()
            if model in self.env and name != "id" and name in self.env[model]._fields
        ]
        if not found:
            return 0, None
        others = [
            model
            for model, name in names.items()
            if model in self.env
            and name != "id"
            and name not in self.env[model]._fields
        ]
        found.append((self._as_text(obj, line, others), 0))
        return tuple(map(sum, zip(*found, strict=True)))

    def _as_text(self, obj, line, models):
        """Count the records of models that have no such relation: it is in a text."""
        return self.env.execute_query(
            SQL(
                "SELECT count(*) FROM migration_staged_record staged"
                " JOIN migration_crosswalk link ON link.staged_record_id = staged.id"
                " WHERE staged.object_id = %s AND staged.state <> 'failed'"
                " AND link.res_model = ANY(%s)"
                " AND COALESCE(staged.payload ->> %s, '') <> ''",
                obj.id,
                models,
                line.source_field,
            )
        )[0][0]

    def _linked_in(self, model, obj, line, name):
        return self.env.execute_query(
            SQL(
                "SELECT count(*) FILTER (WHERE %(base)s IS NULL),"
                " count(*) FILTER (WHERE %(base)s IS NOT NULL AND (%(base)s = %(live)s"
                " OR (%(live)s IS NOT NULL AND target.write_date > link.write_date"
                " AND target.write_uid <> %(robot)s)))"
                " FROM migration_staged_record staged"
                " JOIN migration_crosswalk link ON link.staged_record_id = staged.id"
                " JOIN %(table)s target ON target.id = link.res_id"
                " AND link.res_model = %(model)s"
                " WHERE staged.object_id = %(object)s AND staged.state <> 'failed'"
                " AND COALESCE(staged.payload ->> %(source)s, '') <> ''",
                base=SQL("NULLIF((link.base_values ->> %s)::int, 0)", name),
                live=SQL.identifier("target", name),
                table=SQL.identifier(self.env[model]._table),
                model=model,
                object=obj.id,
                source=line.source_field,
                robot=self.env.ref("base.user_root").id,
            )
        )[0]

    def _links(self, obj, line, name):
        """Each association of the source: linked in Odoo, or failed with a finding."""
        spec = obj._spec()["fields"].get(line.canonical_field, {})
        tally = LinkTally(self.env, obj, line.source_field, name, spec).count()
        self._add(
            "relation",
            f"{obj.label}: {line.source_field}",
            object_id=obj.id,
            source_count=sum(tally[word] for word in BUCKETS),
            created_count=tally["linked"],
            merged_count=tally["merged"],
            excluded_count=tally["excluded"],
            failed_count=tally["failed"],
            pending_count=tally["pending"],
            found_count=tally["found"] + tally["merged"],
            difference_count=max(tally["linked"] - tally["found"], 0),
        )

    def _files(self):
        """Files by content: those that lie in the filestore with their checksum."""
        book = FileBook(self.engine)
        for obj in self.project.object_ids:
            if obj.target == "attachment":
                stored, whole = book.count(obj)
                self._add(
                    "attachment",
                    self.env._("Files with content"),
                    object_id=obj.id,
                    source_count=stored,
                    created_count=stored,
                    found_count=whole,
                )

    def _side_effects(self):
        """Whom the load told or subscribed: nobody, counted in its own batches."""
        loads = self.env["migration.run"].search(
            [
                ("project_id", "=", self.project.id),
                ("kind", "in", ("load", "owners", "decide", "gone")),
            ]
        )
        for key, label in SIDE_EFFECTS.items():
            made = sum((run.stats or {}).get(f"made:{key}", 0) for run in loads)
            self._add("side_effect", self.env._(label), found_count=made)
