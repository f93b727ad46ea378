"""The staged records of a project: new ones in, changed ones refreshed."""

from ...connectors.base import SourceTable
from ...presets import base_name
from ...tools.fingerprint import content_hash
from ..inserts import insert_rows
from ..keys import REPEAT_MARK, key_of
from .identity import Identity
from .kinds import Kinds

#: Fields of one object that are noted; a hostile source could invent more for ever.
FIELD_LIMIT = 2000
#: What is read of a record that was staged before; its payload is not.
KNOWN = [
    *("external_id", "content_hash", "seen_run_id", "source_file", "source_line"),
    *("reason_code", "state"),
]


class StagingArea:
    """Writes pages of raw records; what was there before is compared by hash."""

    def __init__(self, engine):
        self.engine = engine
        self.env = engine.env
        self.project = engine.project
        self.run = engine.run
        #: set once the source is open
        self.connector = None
        self._identities = {}
        self._kinds = Kinds(engine.project)

    def by_kind(self, raws):
        """Return the records of a page, each under the name of its kind."""
        return [self._kinds.place(raw) for raw in raws]

    def object(self, table):
        """Create or refresh the project's row of a source object, and return it."""
        spec = self.project._object_spec(table.object, is_new=True)
        obj = self.project._object(table.object)
        if obj and obj.target != spec.get("target"):
            self._change_branch(obj, spec)
        if not obj:
            is_split = "split" in spec and ":" not in table.object
            vals = {
                "project_id": self.project.id,
                "name": table.object,
                "label": self._kinds.label(table.object)
                or spec.get("label", table.object),
                "sequence": spec.get("sequence", 1000),
                "target": not is_split and spec.get("target") or False,
                "choice": "model"
                if spec.get("target") == "custom" and not is_split
                else False,
                "field_names": list(table.fields),
                "source_files": table.file,
            }
            return obj.create(vals)
        self._note_fields(obj, table.fields)
        if obj.source_files != table.file:
            obj.source_files = table.file
        return obj

    def _change_branch(self, obj, spec):
        """An app came or went since: what is not loaded yet goes another way."""
        known = self.project._preset().conditional().get(obj.name)
        targets = {known["target"], known["no_app"]["target"]} if known else set()
        domain = [
            ("project_id", "=", self.project.id),
            ("source_object", "=", obj.name),
        ]
        if obj.target in targets and not self.env["migration.crosswalk"].search_count(
            domain, limit=1
        ):
            obj.write({"target": spec["target"], "sequence": spec["sequence"]})
            self.project.mapping_line_ids.filtered(
                lambda line: line.object_id == obj
            ).unlink()

    def _note_fields(self, obj, names):
        known = obj.field_names or []
        merged = list(dict.fromkeys([*known, *names]))[:FIELD_LIMIT]
        if merged != known:
            obj.field_names = merged

    def seen_objects(self):
        """Return the names of the objects of which this run saw a record."""
        groups = self.env["migration.staged.record"]._read_group(
            [("project_id", "=", self.project.id), ("seen_run_id", "=", self.run.id)],
            ["object_id"],
        )
        return {obj.name for (obj,) in groups}

    def stage(self, table, raws):
        """Stage the records of one page; children stand on the page of their parent."""
        groups = {}
        for raw in raws:
            groups.setdefault(raw.object, []).append(raw)
        for name, records in groups.items():
            fields = dict.fromkeys(key for raw in records for key in raw.data)
            names = table.fields if name == table.object else ()
            own = SourceTable(name, records[0].file, tuple(names or fields))
            obj = self.project._object(name) or self.object(own)
            if not names and obj.field_names != list(fields):
                self._note_fields(obj, fields)
            self._upsert(obj, records, self._identity(own))

    def _identity(self, table):
        key = (table.object, table.fields)
        if key not in self._identities:
            preset = self.project._preset()
            spec = preset.spec(table.object)
            if len(self._identities) > 200:
                self._identities.clear()
            self._identities[key] = Identity(table.fields, preset, table.object, spec)
        return self._identities[key]

    def _upsert(self, obj, raws, identity):
        """Insert new records, refresh changed ones, set repeated ids aside."""
        rows = [(raw, *identity.of(raw)) for raw in raws]
        known = self._known(obj, [row[1] for row in rows])
        repeated, batch = [], {}
        for raw, external_id, name, email in rows:
            vals = self._vals(obj, raw, external_id, name, email)
            record = known.get(external_id)
            is_seen = record and record.seen_run_id == self.run
            if external_id in batch or is_seen:
                first = batch.get(external_id) or record
                if not self.connector.is_live:
                    if not self._is_replay(first, vals):
                        repeated.append(self._repeated(first, vals))
                    continue
                self.engine.count(listed_again=1)
            batch[external_id] = vals
        self._store_repeated(obj, repeated)
        self._store(obj, batch, known)

    def _known(self, obj, external_ids):
        records = self.env["migration.staged.record"].search_fetch(
            [("object_id", "=", obj.id), ("external_id", "in", external_ids)], KNOWN
        )
        return {record.external_id: record for record in records}

    def _store(self, obj, batch, known):
        staged = self.env["migration.staged.record"]
        fresh, seen, told = [], staged, staged
        for external_id, vals in batch.items():
            record = known.get(external_id)
            is_deleted = vals.pop("is_deleted")
            if not record:
                fresh.append(vals | (self._deleted() if is_deleted else {}))
            elif record.content_hash != vals["content_hash"]:
                self._change(obj, record, vals, is_deleted)
            elif is_deleted:
                # told again, for a pull asks from a moment before the last one on
                told |= record
            elif record.reason_code == "deleted" and record.state == "excluded":
                # it is there again
                self._change(obj, record, vals, False)
            else:
                if self.connector.volatile_fields(base_name(obj.name)):
                    record.payload = vals["payload"]
                seen |= record
        if fresh:
            self._insert(fresh)
            self.engine.count(new=len(fresh))
        if told:
            told.write({"seen_run_id": self.run.id})
        if seen:
            seen.write({"seen_run_id": self.run.id, "is_missing": False})
            self.engine.count(same=len(seen))

    def _change(self, obj, record, vals, is_deleted):
        """Refresh a record that is no longer what it was."""
        if not is_deleted:
            record.write(vals | {"state": "pending", "reason": False})
            self.engine.count(changed=1)
            return
        is_loaded = bool(record._target_records())
        vals |= self._farewell(obj, vals) if is_loaded else self._deleted()
        record.write(vals)
        self.engine.count(deleted=1)

    def _farewell(self, obj, vals):
        """A loaded record that was deleted is gone, or lives on in another one."""
        into = {
            line.source_field
            for line in obj.mapping_line_ids
            if line.target_field in ("_merged_into", "_converted")
        }
        if any(vals["payload"].get(name) for name in into):
            return {"is_missing": False, "state": "pending", "reason": False}
        return {"is_missing": True}

    def _deleted(self):
        """A record that the source only still lists: staged, not to be loaded."""
        return {
            "state": "excluded",
            "reason_code": "deleted",
            "reason": self.env._("Deleted at the source."),
        }

    def _vals(self, obj, raw, external_id, name, email):
        return {
            "project_id": self.project.id,
            "company_id": self.project.company_id.id,
            "object_id": obj.id,
            "external_id": external_id,
            "name": name or external_id,
            "name_key": key_of(name),
            "email_key": email,
            "payload": raw.data,
            "content_hash": self._hash(raw),
            "source_file": raw.file,
            "source_line": raw.line,
            "seen_run_id": self.run.id,
            "reason_code": False,
            "is_missing": False,
            "is_deleted": raw.is_deleted,
        }

    def _hash(self, raw):
        volatile = self.connector.volatile_fields(base_name(raw.object))
        return content_hash(
            {name: raw.data[name] for name in raw.data if name not in volatile}
            if volatile
            else raw.data
        )

    @staticmethod
    def _is_replay(first, vals):
        """A page read again after a kill is no repetition in the source."""
        return (first["source_file"], first["source_line"]) == (
            vals["source_file"],
            vals["source_line"],
        )

    def _repeated(self, first, vals):
        """A second row with an id that was there before: kept, never merged."""
        is_same = first["content_hash"] == vals["content_hash"]
        place = f"{first['source_file']}:{first['source_line']}"
        external_id = vals["external_id"]
        if is_same:
            reason = self.env._("The same row as %s.", place)
        else:
            reason = self.env._(
                "The id is taken by %s, with other values: give one of them its own "
                "id, then upload and stage again.",
                place,
            )
        code = "repeated" if is_same else "duplicate_id"
        self.engine.find(
            "stage",
            code=code,
            severity="3_info" if is_same else "1_error",
            source_object=self.project._object_by_id(vals["object_id"]).name,
            external_id=external_id,
            file=vals["source_file"],
            line=vals["source_line"],
            field="id",
            value=external_id,
            message=reason,
        )
        vals.pop("is_deleted")
        return vals | {
            "external_id": f"{external_id}{REPEAT_MARK}"
            f"{vals['source_file'][-60:]}:{vals['source_line']}",
            "state": "excluded" if is_same else "failed",
            "reason_code": code,
            "reason": reason,
        }

    def _store_repeated(self, obj, rows):
        """Rows set aside at an earlier staging are refreshed, not added again."""
        known = self._known(obj, [row["external_id"] for row in rows]) if rows else {}
        new = [row for row in rows if row["external_id"] not in known]
        for row in rows:
            if row["external_id"] in known:
                known[row["external_id"]].write(row)
        if new:
            self._insert(new)
            self.engine.count(repeated=len(new))

    def _insert(self, rows):
        """Add new rows; the commit after the page lets everybody see them."""
        staged = self.env["migration.staged.record"]
        insert_rows(staged, [{"state": "pending"} | row for row in rows])
