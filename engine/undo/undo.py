"""Undo: what the plan says of each record is carried out, and nothing else."""

from functools import cached_property
from itertools import takewhile

from odoo.tools import SQL

from ..base import CONFLICTS, Engine
from ..edits import explain_edits
from ..schema.build import SchemaBuilder
from ..schema.make import tell_workers
from .inbound import InboundReferences
from .plan import BATCH, FIRST, KEEPS, READ, UndoPlanner, keep_lines, of_records
from .restore import restore
from .revert import Reverter
from .scope import Scope

#: What is looked at in a line of the plan.
_OF_A_LINE = ["source_object", "external_id", "res_model", "res_id", "position"]
_OF_A_LINE += ["fate", "reason", "crosswalk_id"]


class UndoEngine(Engine):
    """Carry out the plan, newest record first, in batches.

    What people did after the plan was made counts too: every batch is looked at once
    more before it goes.
    """

    kind = "rollback"
    rewrites = True

    def __init__(self, run):
        super().__init__(run)
        self.lines = self.env["migration.rollback.line"]
        self._inbound = InboundReferences(self.project)
        scope = self.project.rollback_scope or {}
        self._is_whole = scope.get("kind", "whole") == "whole"
        #: no fate becomes "restore" once there is a plan
        self._may_restore = True

    def prepare(self):
        planned = [("project_id", "=", self.project.id), ("state", "=", "planned")]
        if not self.lines.search_count(planned, limit=1):
            scope = Scope(self.project, self.project.rollback_scope)
            UndoPlanner(self.project, scope).plan()
        self._end_following()
        return self.lines.search_count(planned)

    def _end_following(self):
        """The next pickup would bring back what goes now, if anything goes."""
        goes = self._is_whole or self.project._goes_by_plan()
        if self.project.is_following and goes:
            self.project._stop_following()
            text = self.env._("Follows the source no longer: it would come back.")
            self.log([{"operation": "skip", "message": text}])

    def advance(self):
        planned = [("project_id", "=", self.project.id), ("state", "=", "planned")]
        # what existed before lets go of ours first: what goes later empties nothing
        first = [("fate", "=", "restore"), ("source_object", "not like", "schema:")]
        newest = {"order": "position desc, id desc", "limit": BATCH}
        newest["field_names"] = _OF_A_LINE
        lines = self.lines
        if self._may_restore:
            lines = lines.search_fetch([*planned, *first], **newest)
            self._may_restore = bool(lines)
        lines = lines or lines.search_fetch(planned, **newest)
        if not lines:
            return 0
        batch = self._together(lines)
        for model, group in batch.grouped("res_model").items():
            self._carry_out(model, group)
        return len(batch)

    def _together(self, lines):
        """Return the first of the lines that may be handled model by model.

        Newest first, so that what refers goes before what it refers to. Only what one
        object of the source became is of several models without an order among them:
        its messages and activities lie in turns, one by one they would take for ever.
        """
        names = self._object_names

        def place(line):
            name = line.source_object or ""
            # what came into being beside a record has a word behind the name
            name = name if name in names else name.rpartition(":")[0]
            name = name if name in names else (name, line.res_model)
            # what goes back comes before what is deleted, whatever it is of
            return name, line.position >= FIRST["revert"]

        first = place(lines[0])
        return lines.browse(
            [line.id for line in takewhile(lambda line: place(line) == first, lines)]
        )

    @cached_property
    def _object_names(self):
        return set(self.project.object_ids.mapped("name"))

    def _carry_out(self, model, batch):
        """Give the lines of one model their fates."""
        self._look_again(model, batch)
        fates, none = batch.grouped("fate"), self.lines
        self._delete(fates.get("delete", none))
        if model in ("ir.model", "ir.model.fields"):
            # tables are gone by now
            self._inbound = InboundReferences(self.project)
        # first what is let go: rows that go back take up its name again
        self._let_go(fates.get("release", none) | fates.get("gone", none))
        self._revert(fates.get("revert", none))
        self._reload(fates.get("reload", none))
        self._restore(fates.get("restore", none))
        self._keep(none.union(*(fates.get(fate, none) for fate in KEEPS)))

    def _look_again(self, model, batch):
        doomed = batch.filtered(lambda line: line.fate == "delete")
        if not doomed:
            # what a run has deleted is of no model any more
            return
        domain = [("id", "in", doomed.ids)]
        links = of_records(doomed.crosswalk_id)
        links.fetch(READ)
        edited = explain_edits(self.env, model, links)
        keep_lines(self.lines, domain, edited, "keep_edited")
        keep_lines(
            self.lines,
            [*domain, ("fate", "=", "delete")],
            self._inbound.find(model, doomed.mapped("res_id")),
        )

    def _delete(self, lines):
        """Delete the records and free their staged rows; halve on a refusal."""
        if not lines:
            return
        try:
            with self.env.cr.savepoint():
                records = self.env[lines[0].res_model].browse(
                    list(dict.fromkeys(lines.mapped("res_id")))
                )
                records.exists().unlink()
                if lines[0].res_model.startswith("ir."):
                    tell_workers(self.env)
                self._free(lines, "delete")
        except CONFLICTS:
            raise
        except Exception as error:
            if len(lines) == 1:
                lines.write({"state": "failed", "reason": str(error)[:500]})
                self._log(lines, "error")
                return
            half = len(lines) // 2
            self._delete(lines[:half])
            self._delete(lines[half:])

    def _free(self, lines, operation):
        """The staged rows may be loaded again; the crosswalk forgets them."""
        self._log(lines, operation)
        self.env.flush_all()
        stamp = self.env.cr.now(), self.env.uid
        links = [
            row[0]
            for row in self.env.execute_query(
                SQL(
                    "SELECT crosswalk_id FROM migration_rollback_line"
                    " WHERE id = ANY(%s) AND crosswalk_id IS NOT NULL",
                    lines.ids,
                )
            )
        ]
        self.env.cr.execute(
            SQL(
                "UPDATE migration_rollback_line SET state = 'done',"
                " crosswalk_id = NULL, write_date = %s, write_uid = %s"
                " WHERE id = ANY(%s)",
                *(*stamp, lines.ids),
            )
        )
        self.env.cr.execute(
            SQL(
                "UPDATE migration_staged_record AS staged SET state = 'pending',"
                " reason_code = NULL, reason = NULL, write_date = %s, write_uid = %s"
                " FROM migration_crosswalk link WHERE link.id = ANY(%s)"
                " AND staged.id = link.staged_record_id",
                *(*stamp, links),
            )
        )
        # nobody follows or names a crosswalk row: what hangs on it has a key to it
        self.env.cr.execute(
            SQL("DELETE FROM migration_crosswalk WHERE id = ANY(%s)", links)
        )
        self.env.invalidate_all(flush=False)

    def _restore(self, lines):
        """Give existing records their old values back, one by one: they are few."""
        for line in lines:
            try:
                with self.env.cr.savepoint():
                    restore(line.crosswalk_id)
                    self._free(line, "restore")
            except CONFLICTS:
                raise
            except Exception as error:
                line.write({"state": "failed", "reason": str(error)[:500]})
                self._log(line, "error")

    def _revert(self, lines):
        """Take back what a run wrote; what stays for good reasons is told."""
        reverter = Reverter(self.project)
        for line, outcome in reverter.one_by_one(lines):
            if outcome is None:
                line.fate, line.reason = "gone", self.env._("Deleted by hand.")
                self._let_go(line)
                continue
            try:
                with self.env.cr.savepoint():
                    line.reason = reverter.reason(line, outcome)
                    staged = reverter.revert(line, outcome)
                    self._wait_again(staged)
                    line.change_ids.unlink()
                    line.state = "done"
                    self._log(line, "restore")
            except CONFLICTS:
                raise
            except Exception as error:
                line.write({"state": "failed", "reason": str(error)[:500]})
                self._log(line, "error")
        self.log(
            [
                {
                    "operation": "restore",
                    "res_model": follower._name,
                    "res_id": follower.id,
                    "message": self.env._("Follows its company."),
                }
                for follower in reverter.followers
            ]
        )

    def _wait_again(self, staged):
        """Records whose changes were taken back are pending: a run may bring them."""
        staged._set_bucket("pending")
        staged.filtered("gone_fate").gone_fate = False

    def _reload(self, lines):
        """What a run deleted waits to be loaded again."""
        if lines:
            self._wait_again(lines.change_ids.staged_record_id)
            lines.change_ids.unlink()
            self._log(lines, "restore")
            lines.write({"state": "done"})

    def _let_go(self, lines):
        if lines:
            self._free(lines, "skip")

    def _keep(self, lines):
        if lines:
            self._log(lines, "keep")
            lines.write({"state": "done"})

    def _log(self, lines, operation):
        self.env["migration.log"]._record_lines(self.run, lines, operation)

    def finish(self):
        if self._is_whole:
            self._forget_all()
        self.clear("migration.reconciliation.line")
        failed = self.lines.search_count(
            [("project_id", "=", self.project.id), ("state", "=", "failed")]
        )
        if failed:
            self.run.error = self.env._(
                "Records that could not be removed: %s. The rollback plan says why.",
                failed,
            )
        self.project.state = "rolled_back" if self._is_whole else "loaded"

    def _forget_all(self):
        """Nothing of the project is left but what the plan keeps."""
        still_there = self._still_there()
        for item in self.project.schema_item_ids:
            if item.state == "done" and (item.kind, item.key) not in still_there:
                vals = {"state": "planned"}
                item.write(vals if item.action == "reuse" else vals | {"res_id": False})
        self._show_kept_fields()
        self.env["migration.staged.record"].search(
            [
                ("project_id", "=", self.project.id),
                ("state", "=", "excluded"),
                ("reason_code", "in", ("not_loaded", "skipped")),
            ]
        )._set_bucket("pending")
        self.clear("migration.change")

    def _show_kept_fields(self):
        """Custom fields that stay keep their tab on the form."""
        items = self.project.schema_item_ids
        kept = items.filtered(lambda i: i.kind == "field" and i.state == "done")
        models = {item.vals["model"] for item in kept if item.action == "create"}
        views = items.filtered(lambda i: i.kind == "view" and i.vals["model"] in models)
        SchemaBuilder(self.project, self.run).build(views)

    def _still_there(self):
        """Return ``{(kind, key)}`` of the schema items that the crosswalk names."""
        links = self.env["migration.crosswalk"].search_fetch(
            [
                ("project_id", "=", self.project.id),
                ("source_object", "=like", "schema:%"),
            ],
            ["source_object", "external_id"],
        )
        return {
            (link.source_object.removeprefix("schema:"), link.external_id)
            for link in links
        }
