"""Load staged records into Odoo: object after object, in dependency order."""

from odoo.tools import SQL

from ..base import Engine
from ..match.find import Matcher
from ..owners.board import match_again
from ..quiet import SideEffectWatch
from ..stage.filestore import clear_spool
from ..targets import TARGETS
from .late_words import LateWords
from .load_order import LoadOrder
from .loader import ObjectLoader
from .second_pass import SecondPass

#: Why a record failed that a pickup tries again: what it lacks may have come since.
WAITING = ("bad_reference", "bad_stage", "pending_binary", "waits")


class LoadEngine(Engine):
    """The full run: every pending record of every object, parents first."""

    kind = "load"
    rewrites = True
    _current = None

    def prepare(self):
        staged = self.env["migration.staged.record"]
        staged.search(self._again())._set_bucket("pending")
        LateWords(self.project).records()._set_bucket("pending")
        decided = self.env["migration.conflict"].search(
            [("project_id", "=", self.project.id), ("state", "=", "decided")]
        )
        decided.staged_record_id._set_bucket("pending")
        self._admit_late_fields()
        self._forget_findings()
        if not self.run.is_pickup:
            # a field that came since then never stops a pickup: it is left out
            self.project._check_map()
        # a user may have been created since the board was made
        match_again(self.project)
        self.clear("migration.reconciliation.line")
        self.clear("migration.rollback.line", ("state", "=", "planned"))
        for obj in self.project.object_ids.filtered("pending_count"):
            LoadOrder(obj).settle()
        Matcher(self.project).find(is_light=self.run.is_pickup)
        self.run.stats = {}
        return staged.search_count(self._pending())

    def _again(self):
        """Return the domain of failed records that are tried once more.

        A pickup tries those that waited for something which may have come since.
        """
        failed = [("project_id", "=", self.project.id), ("state", "=", "failed")]
        if self.run.is_pickup:
            return [
                *failed,
                ("reason_code", "in", WAITING),
            ]
        return [*failed, ("reason_code", "not in", ("duplicate_id",))]

    def _admit_late_fields(self):
        """Fields that came since the full run, and are agreed to: fill them in."""
        for line in self.project.mapping_line_ids:
            if not line._is_ready_late():
                continue
            line.is_late = False
            self.env.flush_all()
            self.env.cr.execute(
                SQL(
                    "UPDATE migration_staged_record SET state = 'pending'"
                    " WHERE object_id = %s AND COALESCE(payload ->> %s, '') <> ''"
                    " AND state IN ('created', 'updated', 'unchanged')",
                    line.object_id.id,
                    line.source_field,
                )
            )
            self.env.invalidate_all()

    def _forget_findings(self):
        """What was wrong with a record that is tried again may be right by now."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "DELETE FROM migration_finding finding"
                " USING migration_staged_record staged, migration_object object"
                " WHERE finding.project_id = %s AND finding.phase = 'load'"
                " AND staged.state = 'pending' AND object.id = staged.object_id"
                " AND object.project_id = finding.project_id"
                " AND object.name = finding.source_object"
                " AND staged.external_id = finding.external_id",
                self.project.id,
            )
        )
        self.env.invalidate_all()

    def _pending(self):
        return [("project_id", "=", self.project.id), ("state", "=", "pending")]

    def advance(self):
        handled = self._advance()
        if not handled and SecondPass(self).begin():
            self._forget_findings()
            handled = self._advance()
        return handled

    def _advance(self):
        for obj in self.project.object_ids.sorted("sequence"):
            if self.run.is_pickup and not self._has_map(obj):
                continue
            size = TARGETS[obj.target].batch_size if obj.target else 2000
            records = self.env["migration.staged.record"].search(
                [("object_id", "=", obj.id), ("state", "=", "pending")],
                order="load_order, id",
                limit=size,
            )
            if not records:
                continue
            if obj.target:
                watch = SideEffectWatch(self.env)
                loader = self._loader(obj)
                records = loader.target.cut(records)
                loader.load(records)
                made = watch.made().items()
                self.count(**{f"made:{model}": number for model, number in made})
            else:
                self._exclude(obj, records)
            return len(records)
        return 0

    def _has_map(self, obj):
        """An object that came since the full run waits until its map is agreed to."""
        return not obj.target or any(
            line.is_confirmed and not line.is_late for line in obj.mapping_line_ids
        )

    def _loader(self, obj):
        """The loader of the object, made once per process and object."""
        if self._current is None or self._current.object != obj:
            self.close()
            self._current = ObjectLoader(self, obj)
        self._current.mapper.can_wait = not SecondPass(self).has_begun
        return self._current

    def _exclude(self, obj, records):
        reason = obj._why_not_loaded()
        records._set_bucket("excluded", "not_loaded", reason)
        self.count(excluded=len(records))
        self.log(
            [
                {
                    "operation": "skip",
                    "source_object": obj.name,
                    "external_id": record.external_id,
                    "message": reason,
                }
                for record in records
            ]
        )

    def finish(self):
        clear_spool(self.project)
        self.project.state = "loaded"

    def close(self):
        """Give back what the loader of the last object holds open."""
        if self._current is not None:
            self._current.target.close()
