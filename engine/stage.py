"""Stage raw records: as received, with external id, content hash, file and line."""

from itertools import islice

from ..connectors.base import Problem, SourceTable
from ..tools.fingerprint import content_hash, derived_id, normalise_header
from .base import Engine, severity
from .keys import LONGEST_ID, LONGEST_KEY, REPEAT_MARK, clean_id, key_of

PAGE = 500
#: problems by which one row of a table is not staged
_REFUSED = {"unclosed_quote", "not_a_record"}
#: problems by which a table is not read to its end, or not at all
_NOT_WHOLE = {
    "bad_json",
    "bomb",
    "broken_archive",
    "broken_file",
    "cell_too_large",
    "empty_file",
    "encrypted",
    "missing_header",
    "row_count",
}


class Identity:
    """Where a record's own identity, name and e-mail stand in its raw fields."""

    def __init__(self, names, preset, obj_name, spec):
        self._headers = {}
        for name in names:
            self._headers.setdefault(normalise_header(name), name)
        self._preset, self._object = preset, obj_name
        self._ids = [self._parts(text) for text in spec.get("id", [])]
        self._names = [self._parts(text) for text in spec.get("name_fields", [])]
        self._derived = [self._header(field) for field in spec.get("derived_id", [])]
        self._email = self._header(spec.get("email_field", "Email"))

    def _parts(self, text):
        return [self._header(part) for part in text.split("+")]

    def _header(self, canonical):
        known = canonical in self._preset.objects[self._object]["fields"]
        aliases = (
            self._preset.aliases(self._object, canonical)
            if known
            else [normalise_header(canonical)]
        )
        found = (self._headers.get(alias) for alias in aliases)
        return next((header for header in found if header), None)

    def of(self, data):
        """Return ``(external id, name, e-mail)``; the id is a column, mail or hash."""
        email = (
            str((data.get(self._email) if self._email else "") or "").strip().lower()
        )
        name = next(filter(None, (self._join(data, p, " ") for p in self._names)), "")
        external = next(
            filter(None, (self._join(data, p, "|", True) for p in self._ids)), ""
        )
        if not external:
            # what tells records apart; a corrected detail is no new record
            names = [header for header in self._derived if header] or sorted(data)
            parts = [str(data.get(header) or "") for header in names]
            external = email or derived_id(*parts)
        return clean_id(external), name[:LONGEST_ID], email[:LONGEST_KEY]

    @staticmethod
    def _join(data, headers, glue, need_all=False):
        values = [str(data.get(h) or "").strip() if h else "" for h in headers]
        if need_all and not all(values):
            return ""
        return glue.join(value for value in values if value)


class StageEngine(Engine):
    """Read the project's files page by page into staged records."""

    kind = "stage"

    def __init__(self, run):
        super().__init__(run)
        self._connector = None
        self._stream = None

    def prepare(self):
        connector = self._open()
        self.clear("migration.finding", ("phase", "in", ("stage", "profile")))
        self.clear("migration.reconciliation.line")
        self.findings("stage", [self._problem(p) for p in connector.problems])
        tables = [table for table in connector.tables() if table.object]
        # all of them: a table that was broken may not be in this upload at all
        self.project.object_ids.write({"problem": False, "refused_count": 0})
        for table in tables:
            self._object(table)
            self._guessed(table)
        for problem in connector.problems:
            if problem.object and problem.severity == "error":
                # an object that cannot be read is in the books all the same
                table = SourceTable(problem.object, problem.file, ())
                self._object(table).problem = problem.message
        self.run.cursor = {"table": 0, "line": 0}
        declared = (connector.manifest or {}).get("files", {})
        return sum(declared.get(table.file, {}).get("rows") or 0 for table in tables)

    def _open(self):
        if self._connector is None:
            self._connector = self.project._connector()
            self._tables = [t for t in self._connector.tables() if t.object]
        return self._connector

    def _object(self, table):
        """Create or refresh the project's row of a source object."""
        spec = self.project._preset().objects[table.object]
        obj = self.project._object(table.object)
        names = list(dict.fromkeys([*(obj.field_names or []), *table.fields]))
        vals = {"field_names": names, "source_files": table.file}
        if obj:
            obj.write(vals)
            return obj
        return obj.create(
            vals
            | {
                "project_id": self.project.id,
                "name": table.object,
                "label": spec["label"],
                "sequence": spec["sequence"],
                "target": spec["target"] or False,
            }
        )

    def _guessed(self, table):
        """Say so where the encoding of a file had to be guessed."""
        encoding = table.dialect.get("encoding") or "utf-8"
        if not encoding.startswith("utf"):
            self.find(
                "stage",
                code="encoding",
                severity="3_info",
                source_object=table.object,
                file=table.file,
                value=encoding,
                message=self.env._(
                    "Not UTF-8: read as %s. Look at names with accents on the map.",
                    encoding,
                ),
            )

    def advance(self):
        connector = self._open()
        cursor = dict(self.run.cursor)
        if cursor["table"] >= len(self._tables):
            return 0
        table = self._tables[cursor["table"]]
        if self._stream is None:
            self._stream = connector.pull(table, after_line=cursor["line"])
            obj = self.project._object(table.object)
            spec = obj._spec()
            self._identity = Identity(
                table.fields, self.project._preset(), table.object, spec
            )
        page = list(islice(self._stream, PAGE))
        if not page:
            self._stream = None
            self.run.cursor = {"table": cursor["table"] + 1, "line": 0}
            # an empty page is progress of the cursor, not the end of the run
            return self.advance()
        problems = [item for item in page if isinstance(item, Problem)]
        self.findings("stage", [self._problem(problem) for problem in problems])
        raws = [item for item in page if not isinstance(item, Problem)]
        obj = self.project._object(table.object)
        self._note_losses(obj, problems)
        self._upsert(obj, raws)
        self.run.cursor = cursor | {"line": max(item.line for item in page)}
        return len(page)

    def _note_losses(self, obj, problems):
        """What is not staged must be missed in the books."""
        refused = [p for p in problems if p.code in _REFUSED]
        obj.refused_count += len(refused)
        for problem in problems:
            if problem.code in _NOT_WHOLE:
                obj.problem = problem.message

    def _problem(self, problem):
        return {
            "severity": severity(problem.severity),
            "code": problem.code,
            "source_object": problem.object,
            "file": problem.file,
            "line": problem.line,
            "field": problem.field,
            "value": problem.value[:200],
            "message": problem.message,
        }

    def _upsert(self, obj, raws):
        """Insert new records, refresh changed ones, set repeated ids aside."""
        rows = [(raw, *self._identity.of(raw.data)) for raw in raws]
        known = {
            record.external_id: record
            for record in obj.staged_record_ids.search(
                [
                    ("object_id", "=", obj.id),
                    ("external_id", "in", [row[1] for row in rows]),
                ]
            )
        }
        fresh, repeated, seen = [], [], obj.staged_record_ids.browse()
        batch = {}
        for raw, external_id, name, email in rows:
            vals = self._vals(obj, raw, external_id, name, email)
            record = known.get(external_id)
            if external_id in batch or (record and record.seen_run_id == self.run):
                first = batch.get(external_id) or record
                if not self._is_replay(first, vals):
                    repeated.append(self._repeated(first, vals))
                continue
            batch[external_id] = vals
            if not record:
                fresh.append(vals)
            elif record.content_hash == vals["content_hash"]:
                seen |= record
            else:
                record.write(vals | {"state": "pending", "reason": False})
                self.count(changed=1)
        self._store_repeated(obj, repeated)
        if fresh:
            obj.staged_record_ids.create(fresh)
            self.count(new=len(fresh))
        if seen:
            seen.write({"seen_run_id": self.run.id, "is_missing": False})
            self.count(same=len(seen))

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
            "content_hash": content_hash(raw.data),
            "source_file": raw.file,
            "source_line": raw.line,
            "seen_run_id": self.run.id,
            "reason_code": False,
            "is_missing": False,
        }

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
        self.find(
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
        return vals | {
            "external_id": f"{external_id}{REPEAT_MARK}"
            f"{vals['source_file'][-60:]}:{vals['source_line']}",
            "state": "excluded" if is_same else "failed",
            "reason_code": code,
            "reason": reason,
        }

    def _store_repeated(self, obj, rows):
        """Rows set aside at an earlier staging are refreshed, not added again."""
        known = {
            record.external_id: record
            for record in obj.staged_record_ids.search(
                [
                    ("object_id", "=", obj.id),
                    ("external_id", "in", [row["external_id"] for row in rows]),
                ]
            )
        }
        new = [row for row in rows if row["external_id"] not in known]
        for row in rows:
            if row["external_id"] in known:
                known[row["external_id"]].write(row)
        if new:
            obj.staged_record_ids.create(new)
            self.count(repeated=len(new))

    def finish(self):
        """Note what the newest upload no longer holds."""
        self._open()
        names = {table.object for table in self._tables}
        # from a table that was not read to its end nothing can be said to be gone
        whole = self.project.object_ids.filtered(
            lambda obj: not obj.problem and not obj.refused_count
        )
        names &= set(whole.mapped("name"))
        gone = self.env["migration.staged.record"].search(
            [
                ("project_id", "=", self.project.id),
                ("object_id.name", "in", list(names)),
                ("seen_run_id", "!=", self.run.id),
            ]
        )
        loaded = gone._target_records()
        kept = gone.filtered(lambda record: record.id in loaded)
        kept.write({"is_missing": True})
        withdrawn = gone - kept
        self.log(
            [
                {
                    "operation": "skip",
                    "source_object": record.object_id.name,
                    "external_id": record.external_id,
                    "message": self.env._("No longer in the source, never loaded."),
                }
                for record in withdrawn
            ]
        )
        withdrawn.unlink()
        self.project.state = "staged"
