"""Write the staged records of one object into Odoo, in batches, exactly once."""

from odoo.tools import mute_logger

from ...exceptions import BinaryMissing, MappingError, RecordSkipped
from ..base import CONFLICTS
from ..map.mapper import Mapped, RecordMapper
from ..match.apply import MatchApplier
from ..match.find import MATCHED_TARGETS
from ..targets import TARGETS
from ..undo.change_book import add_links
from ..values import left_behind, portable
from .reasons import explain
from .second_pass import bucket_of, code_of
from .update import RecordUpdater

#: Notes of the mapper that become findings; the others only show in the diff.
_FINDINGS = {
    "unreadable": "2_warning",
    "kept_edit": "2_warning",
    "contradiction": "2_warning",
    "history": "2_warning",
    "moved": "2_warning",
    "assumed": "2_warning",
    "unlinked": "2_warning",
    "unplaced": "2_warning",
    "no_rate": "2_warning",
    "unclear": "2_warning",
    "cycle": "2_warning",
    "duplicate": "3_info",
    "differs": "2_warning",
    "unfollowed": "2_warning",
}


class ObjectLoader:
    """Writes batches of one source object.

    Record, crosswalk row and bucket of a staged record are written in one
    transaction; the caller commits. A batch that Odoo refuses is halved until the
    record that fails stands alone: it gets the reason, the others land.
    """

    def __init__(self, engine, obj):
        self.engine = engine
        self.env = engine.env
        self.object = obj
        self.project = obj.project_id
        self.run = engine.run
        target = TARGETS[obj.target]
        self.mapper = RecordMapper(obj, obj._target_model(), obj._field_models())
        self.target = target(self.mapper)
        self.matches = MatchApplier(self) if obj.target in MATCHED_TARGETS else None
        self.outcome = []
        self._updater = RecordUpdater(self)

    def load(self, records):
        """Load one batch and return its :class:`~..map.mapper.Mapped` list."""
        self.mapper.prefetch(records)
        links = {
            link.external_id: link
            for link in self.env["migration.crosswalk"].search(
                [
                    ("project_id", "=", self.project.id),
                    ("source_object", "=", self.object.name),
                    ("external_id", "in", records.mapped("external_id")),
                ]
            )
        }
        self.outcome, new, known = [], [], []
        batch = [self._map(record) for record in records]
        for mapped in batch:
            link = links.get(mapped.record.external_id)
            mapped.inputs["loaded_as"] = link and link.res_model
            mapped.inputs["loaded_id"] = link and link.res_id
        if self.matches:
            self.matches.place(
                [mapped for mapped in batch if mapped.record.external_id not in links]
            )
        self.target.prefetch(batch)
        for mapped in batch:
            if not self._is_usable(mapped):
                continue
            link = links.get(mapped.record.external_id)
            (known if link else new).append((mapped, link))
        self._create([mapped for mapped, _link in new])
        if known:
            self._updater.update(known)
        self._settle()
        self._tell_carried_on(self.target.carry_on(self.run))
        return self.outcome

    def _tell_carried_on(self, links):
        """Log what changed because the record that it belongs to did."""
        message = self.env._("Follows its company.")
        self.engine.log(
            [
                {
                    "operation": "update",
                    "source_object": link.source_object,
                    "external_id": link.external_id,
                    "res_model": link.res_model,
                    "res_id": link.res_id,
                    "message": message,
                }
                for link in links
            ]
        )

    def _map(self, record):
        """Apply the map; whatever goes wrong is that record's matter."""
        try:
            return self.mapper.map(record)
        except CONFLICTS:
            raise
        except Exception as error:
            message = f"{type(error).__name__}: {error}"
            return Mapped(record, error=("refused", "", "", message))

    def _is_usable(self, mapped):
        """Let the target complete the values; set the record aside if it cannot."""
        if mapped.pop("left_out"):
            self.note(mapped, "excluded", "left_out", mapped.pop("left_out"))
            return False
        if mapped.error:
            code, field, value, message = mapped.error
            self.fail(mapped, code, message, field, value)
            return False
        try:
            vals = self.target.finish(mapped)
            part = self.target.part_of(mapped)
            mapped.inputs["vals"] = part.without_left_out(mapped, vals)
        except RecordSkipped as error:
            self.note(mapped, "excluded", "skipped", str(error))
        except BinaryMissing as error:
            name = "_path" if mapped.pop("_path") else "_url"
            field, path = self.target.source_of(name), mapped.pop(name)
            self.fail(mapped, "pending_binary", str(error), field, path)
        except MappingError as error:
            self.fail(mapped, "unmappable", str(error), *self._place(mapped, error))
        except CONFLICTS:
            raise
        except Exception as error:
            self.fail(mapped, "refused", f"{type(error).__name__}: {error}")
        else:
            return True
        return False

    def _place(self, mapped, error):
        """Return the source's field and value that an error is about."""
        header = self.mapper.header(error.field) or error.field
        return header, self.mapper.payload(mapped.record).get(header, "")

    def _create(self, batch):
        """Create a batch, halving it on failure."""
        if not batch:
            return
        try:
            # the reason goes to the record; the log would get everybody's values
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                self._create_all(batch)
        except CONFLICTS:
            # a conflict with another transaction is not the record's fault
            raise
        except Exception as error:
            if len(batch) == 1:
                self.fail(batch[0], *explain(error))
            else:
                half = len(batch) // 2
                self._create(batch[:half])
                self._create(batch[half:])

    def _create_all(self, batch):
        links, buckets = [], []
        for mapped in batch:
            # of an attempt that was rolled back
            mapped.inputs.pop("extras", None)
        bound = [(m, m.pop("match") or self.target.bind(m)) for m in batch]
        fresh = [mapped for mapped, found in bound if not found]
        for mapped, found in bound:
            if found:
                links.append(self._link_vals(mapped, *found, "matched"))
                if mapped.pop("match"):
                    self.matches.merge(mapped, links[-1])
                buckets.append((mapped, "merged"))
        groups = {}
        for mapped in fresh:
            groups.setdefault(self.target.part_of(mapped), []).append(mapped)
        for part in filter(groups.get, self.target.all_parts()):
            group = groups[part]
            records = part.make(group)
            part.created(records, group)
            for mapped, record in zip(group, records, strict=True):
                vals = self._link_vals(mapped, record._name, record.id, "created")
                vals["left_values"] = left_behind(record, vals["base_values"])
                _keep_known(vals, *(mapped.pop("known_values") or ({}, {})))
                links += [vals, *self.extra_links(mapped)]
                buckets.append((mapped, "created"))
            # the next part puts its messages among those that this one made
            add_links(self.env, links)
            links = []
        add_links(self.env, links)
        for mapped, bucket in buckets:
            mapped.inputs["bucket"] = bucket
        self.outcome += [mapped for mapped, _bucket in buckets]

    def extra_links(self, mapped):
        """Return crosswalk rows of what came into being beside the record itself."""
        return [
            {
                "project_id": self.project.id,
                "company_id": self.project.company_id.id,
                "source_object": f"{self.object.name}{word}",
                "external_id": mapped.record.external_id,
                "res_model": record._name,
                "res_id": record.id,
                "origin": "created",
                "run_id": self.run.id,
            }
            for word, record in mapped.pop("extras") or ()
        ]

    def bind_to(self, mapped, record):
        """Bind a source record to one that exists already."""
        self.env.flush_all()
        vals = self._link_vals(mapped, record._name, record.id, "matched")
        add_links(self.env, [vals])

    def _link_vals(self, mapped, model, res_id, origin):
        part = self.target.part_for(model)
        is_kept = origin == "created" or part.keeps_values
        vals = mapped.inputs["vals"] if is_kept else {}
        fields, unread = self.env[model]._fields, part.unread_fields
        mapped.inputs["target"] = (model, res_id)
        return {
            "project_id": self.project.id,
            "company_id": self.project.company_id.id,
            "source_object": self.object.name,
            "external_id": mapped.record.external_id,
            "staged_record_id": mapped.record.id,
            "res_model": model,
            "res_id": res_id,
            "origin": origin,
            "run_id": self.run.id,
            "content_hash": mapped.record.content_hash,
            "edit_reason": mapped.pop("edit_reason") or False,
            "unread_values": mapped.unread,
            "part_values": mapped.pop("added") or False,
            "base_values": {
                name: portable(fields[name], value)
                for name, value in vals.items()
                if name not in unread
            },
        }

    def fail(self, mapped, code, message, field="", value=""):
        """Put a record into the bucket of the failed, with its reason as a finding."""
        self.note(mapped, "failed", code, message)
        record = mapped.record
        self.engine.find(
            "load",
            code=code,
            source_object=self.object.name,
            external_id=record.external_id,
            file=record.source_file,
            line=record.source_line,
            field=field,
            value=str(value or "")[:200],
            message=message,
        )

    def note(self, mapped, bucket, code, reason):
        """Put a record into a bucket; it is written with the batch."""
        mapped.inputs.update(bucket=bucket, code=code, reason=reason)
        self.outcome.append(mapped)

    def _settle(self):
        """Write bucket, log and findings of the batch in a few statements."""
        groups, log, findings = {}, [], []
        for mapped in self.outcome:
            bucket = bucket_of(mapped, mapped.inputs["bucket"])
            reason = mapped.inputs.get("reason") or False
            code = mapped.inputs.get("code") or code_of(mapped, bucket)
            key = (bucket, code, reason)
            groups.setdefault(key, []).append(mapped.record.id)
            model, res_id = mapped.inputs.get("target") or (False, False)
            log.append(
                {
                    "operation": _OPERATION[mapped.inputs["bucket"]],
                    "source_object": self.object.name,
                    "external_id": mapped.record.external_id,
                    "res_model": model,
                    "res_id": res_id,
                    "message": reason,
                }
            )
            findings += self._note_findings(mapped)
        staged = self.env["migration.staged.record"]
        for (bucket, code, reason), ids in groups.items():
            staged.browse(ids)._set_bucket(bucket, code, reason)
            self.engine.count(**{bucket: len(ids)})
        self.engine.log(log)
        if findings:
            self.engine.findings("load", findings)

    def _note_findings(self, mapped):
        record = mapped.record
        return [
            {
                "code": note.kind,
                "severity": _FINDINGS[note.kind],
                "source_object": self.object.name,
                "external_id": record.external_id,
                "file": record.source_file,
                "line": record.source_line,
                "field": note.source_field,
                "value": note.value[:200],
                "message": note.message,
            }
            for note in mapped.notes
            if note.kind in _FINDINGS and mapped.inputs["bucket"] != "failed"
        ]


_OPERATION = {
    "created": "create",
    "updated": "update",
    "unchanged": "skip",
    "merged": "skip",
    "excluded": "skip",
    "failed": "error",
}


def _keep_known(vals, base, left):
    """Keep what an earlier row knew of fields that were not written this time."""
    vals["base_values"] |= base
    vals["left_values"] = (vals["left_values"] or {}) | left or False
