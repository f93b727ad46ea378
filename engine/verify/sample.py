"""Rehearse on a sample: the real load, every field compared, then taken back."""

from ...tools import converters
from ..base import Engine
from ..load.loader import ObjectLoader
from ..map.associations import associations
from ..map.links import mentions
from ..map.references import named
from ..match.find import Matcher
from ..targets import TARGETS
from ..values import read_portable, shown, verdict

#: Records of a rehearsal: enough of each object, within the usual 100 to 500.
SMALLEST, LARGEST = 100, 500


class SampleEngine(Engine):
    """Load a slice of all objects with what they refer to, compare, roll back.

    The code and the constraints are those of the full run. Only the differences
    stay: the records are taken back by the savepoint they were written in.
    """

    kind = "sample"

    def prepare(self):
        self.project._check_map()
        Matcher(self.project).find()
        self.clear("migration.difference", ("run_id.kind", "=", "sample"))
        self.run.cursor = {"done": False}
        return len(SampleChooser(self.project).choose())

    def advance(self):
        if self.run.cursor.get("done"):
            return 0
        chosen = SampleChooser(self.project).choose()
        rows, counts = [], {}
        savepoint = self.env.cr.savepoint(flush=True)
        try:
            with savepoint:
                rows, counts = self._rehearse(chosen)
                savepoint.rollback()
        finally:
            self.env.invalidate_all()
        self.env["migration.difference"].create(rows)
        self.run.cursor = {"done": True}
        self.run.stats = counts
        return len(chosen) or 1

    def _rehearse(self, chosen):
        rows, counts = [], {}
        for obj in self.project.object_ids.sorted("sequence"):
            records = chosen.filtered(lambda r, obj=obj: r.object_id == obj)
            if not records or not obj.target:
                continue
            loader = ObjectLoader(self, obj)
            try:
                rows += self._rehearse_object(loader, records, counts)
            finally:
                loader.target.close()
        return rows, counts

    def _rehearse_object(self, loader, records, counts):
        size, rows = TARGETS[loader.object.target].batch_size, []
        while records:
            batch = loader.target.cut(records[:size])
            records -= batch
            for mapped in loader.load(batch):
                bucket = mapped.inputs["bucket"]
                counts[bucket] = counts.get(bucket, 0) + 1
                rows += FieldDiff(self, loader).rows(mapped)
        return rows

    def finish(self):
        if self.project.state in ("ready", "profiled", "mapped"):
            self.project.state = "rehearsed"


class SampleChooser:
    """Chooses records spread over every object, and all that they refer to."""

    def __init__(self, project):
        self.project = project
        self.env = project.env

    def choose(self):
        """Return the staged records of the sample."""
        objects = self.project.object_ids.filtered("target")
        total = sum(objects.mapped("staged_count")) or 1
        size = min(LARGEST, max(SMALLEST, total // 5))
        chosen = self.env["migration.staged.record"]
        for obj in objects:
            share = max(5, round(size * 0.5 * obj.staged_count / total))
            chosen |= self._spread(obj, share)
        return self._close(chosen)

    def _spread(self, obj, number):
        """Evenly spaced records of one object, those set aside left out."""
        ids = (
            self.env["migration.staged.record"]
            .search(
                [
                    ("object_id", "=", obj.id),
                    ("reason_code", "not in", ("duplicate_id", "repeated")),
                ],
                order="id",
            )
            .ids
        )
        step = max(1, len(ids) // number)
        return self.env["migration.staged.record"].browse(ids[::step][:number])

    def _close(self, chosen):
        """Add what the records refer to, until nothing is missing."""
        fresh = chosen
        while fresh:
            found = self.env["migration.staged.record"]
            for obj in fresh.object_id:
                found |= self._referred(
                    obj, fresh.filtered(lambda r, obj=obj: r.object_id == obj)
                )
            same = self.env["migration.match"].search(
                [("staged_record_id", "in", fresh.ids)]
            )
            found |= same.candidate_id.staged_record_id
            fresh = found - chosen
            chosen |= fresh
        return chosen.sorted(lambda r: (r.object_id.sequence, r.id))

    def _referred(self, obj, records):
        found = self.env["migration.staged.record"]
        for line in obj.mapping_line_ids:
            if line.fate == "dropped":
                continue
            spec = line._field_spec()
            if line.transform == "links":
                found |= self._listed(obj, records, line, spec)
            if line.transform != "reference":
                continue
            if "objects" in spec:
                found |= self._linked(obj, records, line, spec)
                continue
            other = self.project._object(spec.get("object"))
            headers = [line.source_field] + [
                other_line.source_field
                for other_line in obj.mapping_line_ids
                if other_line.canonical_field in spec.get("alternatives", [])
            ]
            values = {
                text
                for record in records
                for header in headers
                if (text := converters.to_text(record.payload.get(header)))
            }
            if other and values:
                found |= found.search([("object_id", "=", other.id), *named(values)])
        return found

    def _listed(self, obj, records, line, spec):
        """Return what a list of references names."""
        other = self.project._object(spec.get("object"))
        ids = {
            text
            for record in records
            for text in associations(spec, record.payload.get(line.source_field))
        }
        domain = [("object_id", "=", other.id), *named(ids)]
        return records.search(domain) if other and ids else records.browse()

    def _linked(self, obj, records, line, spec):
        """Return what a link field refers to, whatever objects these are."""
        kind = obj.mapping_line_ids.filtered(
            lambda other: other.canonical_field == spec.get("kind")
        )[:1].source_field
        ids = {}
        for record in records:
            payload = record.payload
            raw = payload.get(line.source_field)
            for name, _word, text in mentions(spec, raw, payload.get(kind)):
                ids.setdefault(name, set()).add(text)
        found = records.browse()
        for name, values in ids.items():
            other = self.project._object(name)
            if other.target:
                found |= found.search([("object_id", "=", other.id), *named(values)])
        return found


class FieldDiff:
    """Every source field of one loaded record, beside what stands in Odoo."""

    def __init__(self, engine, loader):
        self.engine = engine
        self.env = engine.env
        self.loader = loader

    def rows(self, mapped):
        """Return ``migration.difference`` values, one per mapping line with a value."""
        bucket = mapped.inputs["bucket"]
        expected, actual = {}, {}
        target = mapped.inputs.get("target")
        if target and bucket == "created":
            record = self.env[target[0]].browse(target[1])
            link = self.env["migration.crosswalk"].search(
                [("staged_record_id", "=", mapped.record.id)], limit=1
            )
            expected = link.base_values or {}
            actual = read_portable(record, list(expected))[record.id]
        return [
            self._row(mapped, line, expected, actual)
            for line in self.loader.object.mapping_line_ids
            if mapped.record.payload.get(line.source_field) not in (None, "", [])
        ]

    def _row(self, mapped, line, expected, actual):
        part = self.loader.target.part_of(mapped)
        model = self.env[part.model]
        notes = [n for n in mapped.notes if n.source_field == line.source_field]
        note = notes[0].message if notes else ""
        name = line.target_field or ""
        name = part.relation_fields.get(name, name)
        word = self._verdict(mapped, line, name, model, expected, actual, notes)
        return {
            "project_id": self.engine.project.id,
            "run_id": self.engine.run.id,
            "staged_record_id": mapped.record.id,
            "source_object": self.loader.object.label,
            "external_id": mapped.record.external_id,
            "record_name": mapped.record.name,
            "source_field": line.source_field,
            "source_value": str(mapped.record.payload.get(line.source_field))[:1000],
            "target_field": line.target_field or "-",
            "expected_value": shown(self.env, model, name, expected.get(name)),
            "actual_value": shown(self.env, model, name, actual.get(name)),
            "verdict": word,
            "note": note or self._why(mapped, line, word),
        }

    def _verdict(self, mapped, line, name, model, expected, actual, notes):
        if mapped.inputs["bucket"] == "failed":
            return "failed"
        if line.fate == "dropped":
            return "dropped"
        if any(note.kind == "unreadable" for note in notes):
            return "lost"
        if name not in expected:
            return "transformed"
        found = verdict(model._fields[name], expected[name], actual.get(name))
        if found == "equal" and (notes or line.fate == "transformed"):
            return "transformed"
        return found

    def _why(self, mapped, line, word):
        if word == "failed":
            return mapped.inputs.get("reason") or ""
        if word == "dropped" or (line.target_field or "").startswith("_"):
            return line.reason or ""
        return ""
