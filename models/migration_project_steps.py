import binascii
from zoneinfo import available_timezones

from odoo import models
from odoo.exceptions import UserError

from ..engine.owners.board import match_again
from ..engine.quiet import QUIET_CONTEXT
from ..engine.schema.build import SchemaBuilder
from ..engine.schema.plan import SchemaPlanner
from ..engine.targets import TARGETS
from ..engine.undo.plan import KEEPS, UndoPlanner
from ..engine.undo.scope import WRITING, Scope
from .migration_mapping_line import BULK_CONFIRM_BAR


class MigrationProject(models.Model):
    """The steps of a migration: what buttons press and scripts call."""

    _inherit = "migration.project"

    def add_file(self, name, content):
        """Add one file of the export; a later file of the same name replaces it.

        :param name: file name with its ending
        :param content: base64 text
        :return: id of the ``migration.source.file``
        """
        self.ensure_one()
        self._check_operator("stage")
        if not name:
            raise UserError(self.env._("The file has no name."))
        if not content:
            raise UserError(self.env._("“%s” is empty.", name))
        vals = {"project_id": self.id, "name": name, "content": content}
        try:
            with self.env.cr.savepoint():
                self.file_ids.filtered(lambda file: file.name == name).unlink()
                return self.env["migration.source.file"].create(vals).id
        except binascii.Error as error:
            raise UserError(self.env._("“%s” is no base64 text.", name)) from error

    def action_stage(self, background=True):
        """Pull the whole source into staging, profile it and propose the map."""
        self.ensure_one()
        if self.transport == "live":
            self._connection()._check_usable()
        elif not self.file_ids:
            raise UserError(self.env._("Upload the export first."))
        else:
            self._take_manifest()
        return self._start(["stage", "profile"], background)

    def action_pull_changes(self, background=True):
        """Pull what changed at a live source since the last complete pull.

        A source that cannot tell what changed is read as a whole; what is as it was
        is recognised by its hash.
        """
        self.ensure_one()
        if self.transport != "live":
            raise UserError(
                self.env._("Files cannot tell what changed: upload a new export.")
            )
        self._connection()._check_usable()
        return self._start(["stage", "profile"], background, is_incremental=True)

    def _take_manifest(self):
        """Take over what the export says about its dates, unless set by hand."""
        manifest = self._connector().manifest or {}
        vals = {}
        if self.source_timezone == "UTC" and manifest.get("timezone") in (
            available_timezones()
        ):
            vals["source_timezone"] = manifest["timezone"]
        if not self.date_order and manifest.get("date_format") in ("MDY", "DMY", "YMD"):
            vals["date_order"] = manifest["date_format"]
        if vals:
            self.write(vals)

    def action_confirm_map(self):
        """Confirm every line that leaves nothing to decide, then plan the schema.

        Lines below the confidence bar, and lines with an open question, stay
        unconfirmed: a person confirms them one by one on the map.

        :return: True when no line is left, else a notification that says how many
        """
        self.ensure_one()
        self._check_operator("stage")
        for line in self.mapping_line_ids:
            if (
                not line.is_confirmed
                and line.confidence >= BULK_CONFIRM_BAR
                and not line._open_question()
            ):
                line.is_confirmed = True
        left = self.mapping_line_ids.filtered(lambda line: not line.is_confirmed)
        if left:
            return self._notify(
                self.env._(
                    "Fields that still need your decision: %(count)s. For example: "
                    "%(example)s",
                    count=len(left),
                    example=left[0]._open_question() or left[0].source_field,
                ),
                "warning",
            )
        self.action_plan_schema()
        return True

    def action_plan_schema(self):
        """List the teams, stages, words and custom fields that the map needs."""
        self.ensure_one()
        self._check_operator("stage")
        self._check_map()
        SchemaPlanner(self.sudo()).plan()
        if self.state in ("profiled", "staged", "rolled_back"):
            self.sudo().state = "mapped"
        return True

    def action_apply_schema(self):
        """Create what the confirmed schema plan lists; again changes nothing."""
        self.ensure_one()
        self._check_operator()
        # what the map says now, not what it said when the plan was made
        self.action_plan_schema()
        open_items = self.schema_item_ids.filtered(
            lambda item: not item.is_confirmed and item.action != "skip"
        )
        if open_items:
            raise UserError(
                self.env._(
                    "Items of the schema plan that are not confirmed: %(count)s, for "
                    "example “%(name)s”.",
                    count=len(open_items),
                    name=open_items[0].name,
                )
            )
        project = self.sudo().with_context(**QUIET_CONTEXT)
        missing = self.schema_item_ids.filtered(lambda item: item.state != "done")
        SchemaBuilder(project).build()
        if "done" in missing.filtered(lambda i: i.kind == "stage").mapped("state"):
            project._try_again(("bad_stage", "unmappable"))
        if self.state == "mapped":
            self.sudo().state = "ready"
        return True

    def _try_again(self, codes):
        """Let records that failed for one of these reasons wait for the next run."""
        failed = [("project_id", "=", self.id), ("state", "=", "failed")]
        records = self.env["migration.staged.record"].search(
            [*failed, ("reason_code", "in", codes)]
        )
        records._set_bucket("pending")

    def action_confirm_schema(self):
        """Confirm the whole schema plan.

        :return: a notification that says how many items that were, and what is next
        """
        self.ensure_one()
        self._check_operator()
        count = self.open_schema_count
        self.schema_item_ids.write({"is_confirmed": True})
        message = self.env._("Nothing of the schema plan was left to confirm.")
        if count == 1:
            message = self.env._("1 item is confirmed: the schema can be created.")
        elif count:
            message = self.env._(
                "%s items are confirmed: the schema can be created.", count
            )
        return self._notify(message, "success" if count else "info")

    def action_sample(self, background=True):
        """Load a sample with its relations, compare every field, take it back."""
        self._check_ready()
        return self._start(["sample"], background)

    def action_load(self, background=True):
        """Load every pending record, then read all of it back."""
        self._check_ready()
        # records of an earlier run may have got a user since
        owners = ["owners"] if self.loaded_count else []
        return self._start(["load", *owners, "verify"], background)

    def action_match_owners(self):
        """Look for the users of unmatched owners again, also by their full name.

        :return: a notification that says how many were found
        """
        self.ensure_one()
        self._check_operator("profile")
        found = match_again(self.sudo(), is_named=True)
        message = self.env._("Users found: %s.", len(found))
        return self._notify(message, "success" if found else "info")

    def action_apply_owners(self, background=True):
        """Give loaded records to the users that the owner board says now.

        Only a record that still has the user whom the migration gave it is changed;
        where a person has put another one, that one stays. Nobody is told.
        """
        self.ensure_one()
        self.owner_ids._check_user_id()
        if not self.loaded_count:
            raise UserError(
                self.env._("Nothing is loaded yet: the full run gives the owners.")
            )
        return self._start(["owners", "verify"], background)

    def action_verify(self, background=True):
        """Read back every field and balance the books."""
        return self._start(["verify"], background)

    def action_plan_rollback(self, scope=None):
        """Decide the fate of everything the project touched; change nothing.

        :param scope: what is to be rolled back, a dict as of
            :class:`~..engine.undo.scope.Scope`; the whole project by default
        :return: ``{fate: number of records}``
        """
        self.ensure_one()
        self._check_operator()
        if self.running_id:
            raise UserError(
                self.env._("%s is still at work.", self.running_id.display_name)
            )
        project = self.sudo().with_company(self.company_id)
        project = project.with_context(**QUIET_CONTEXT)
        return UndoPlanner(project, Scope(project, scope)).plan()

    def action_rollback(self, background=True, scope=None):
        """Undo as planned, keeping what people did since.

        Without a plan one is made. What changed after the plan is seen as well: each
        batch is looked at once more before it goes. After a part of a project was
        rolled back, its books are balanced anew.

        :param scope: see :meth:`action_plan_rollback`; the whole project by default
        :raise UserError: when the plan is of another scope than the one asked for
        """
        self.ensure_one()
        self._check_operator("rollback")
        if self.running_id:
            raise UserError(
                self.env._("%s is still at work.", self.running_id.display_name)
            )
        asked = Scope(self.sudo(), scope)
        planned = [("project_id", "=", self.id), ("state", "=", "planned")]
        if not self.env["migration.rollback.line"].search_count(planned, limit=1):
            self.action_plan_rollback(asked.spec)
        planned_scope = Scope(self.sudo(), self.rollback_scope)
        if asked.spec != planned_scope.spec:
            raise UserError(
                self.env._(
                    "The plan is of something else by now (%(planned)s, not "
                    "%(asked)s): plan again.",
                    planned=planned_scope.label(),
                    asked=asked.label(),
                )
            )
        kinds = ["rollback"] if asked.is_whole else ["rollback", "verify"]
        return self._start(kinds, background, scope_label=asked.label())

    def _goes_by_plan(self):
        """Return whether the rollback plan does more than keep what is there."""
        goes = [("state", "=", "planned"), ("fate", "not in", KEEPS)]
        return bool(
            self.env["migration.rollback.line"].search_count(
                [("project_id", "=", self.id), *goes], limit=1
            )
        )

    def _forget_plan(self):
        """A plan that was made before something was written is none any more.

        What an interrupted rollback has left to do stays: it is resumed.
        """
        last = self.run_ids.filtered(lambda run: run.kind == "rollback")[:1]
        if last.state in ("failed", "cancelled"):
            return
        project = self.sudo()
        # not by way of the project: lines that are done may be millions
        lines = project.env["migration.rollback.line"].search(
            [("project_id", "=", project.id), ("state", "=", "planned")]
        )
        if lines:
            lines.unlink()
            project.rollback_scope = False

    def action_cancel(self):
        """Stop the running step after its present batch; it can be resumed."""
        self.ensure_one()
        self._check_operator(self.running_id.kind or "stage")
        waiting = self.run_ids.sudo().filtered(lambda run: run.state == "queued")
        waiting._give_up()
        if waiting and not self.running_id:
            # between two steps: the page says so, and offers to go on
            waiting.sorted("id")[:1].error = self.env._("Cancelled before it began.")
        if self.running_id._is_paused():
            # no process works on it: nobody would see the request
            self.running_id.sudo()._end("cancelled", self.env._("Cancelled."))
        elif self.running_id:
            self.sudo().is_cancel_requested = True
        return True

    def action_resume(self, background=True):
        """Go on with what was cancelled, failed or left behind by a dead process.

        The runs that were to follow are taken up again too. A run that another
        process is working on is left to it: a run is locked while it is driven.
        """
        self.ensure_one()
        runs = self.run_ids.sorted("id")
        left = runs.filtered(lambda run: run.state in ("queued", "running"))
        if not left:
            stopped = runs.filtered(lambda run: run.state in ("failed", "cancelled"))
            last = stopped[-1:]
            left = stopped.filtered(lambda run: run.create_date == last.create_date)
        if not left:
            raise UserError(self.env._("Nothing was interrupted."))
        for run in left:
            self._check_operator(run.kind)
            if run.kind in ("sample", "load") and not run.is_pickup:
                self._check_map()
        self.sudo().is_cancel_requested = False
        left.sudo()._requeue()
        return self._work_off(left, background)

    def _check_map(self):
        left = self.mapping_line_ids.filtered(lambda line: not line.is_confirmed)
        if not self.mapping_line_ids:
            raise UserError(self.env._("There is no map yet: stage the files first."))
        for obj in self.object_ids.filtered("target"):
            model = TARGETS[obj.target].main_model(self.env)
            if model and model not in self.env:
                raise UserError(
                    self.env._(
                        "The app for %s was uninstalled: stage the source again.",
                        obj.label,
                    )
                )
        if left:
            raise UserError(
                self.env._(
                    "Nothing moves while the map is unconfirmed. Open fields: "
                    "%(count)s, for example %(object)s, field %(field)s.",
                    count=len(left),
                    object=left[0].object_id.label,
                    field=left[0].source_field,
                )
            )

    def _check_ready(self):
        self.ensure_one()
        self._check_map()
        self._check_fallback_user_id()
        self.owner_ids._check_user_id()
        self.schema_item_ids._check_fallback_user_id()
        SchemaPlanner(self.sudo()).plan()
        # a view that Odoo refuses is told on the plan, and keeps no data out
        missing = self.schema_item_ids.filtered(
            lambda item: (
                item.state != "done"
                and item.action != "skip"
                and (item.kind, item.state) != ("view", "failed")
            )
        )
        if missing:
            raise UserError(
                self.env._(
                    "The schema plan is not in place. Missing: %(count)s, for example "
                    "“%(name)s”. Confirm and create it first.",
                    count=len(missing),
                    name=missing[0].name,
                )
            )

    # -- running -------------------------------------------------------------------

    def _start(self, kinds, background, **vals):
        """Queue one run per kind; drive them here, or wake Odoo's cron workers."""
        self.ensure_one()
        for kind in kinds:
            self._check_operator(kind)
        if self.running_id:
            raise UserError(
                self.env._("%s is still at work.", self.running_id.display_name)
            )
        self.sudo().is_cancel_requested = False
        if {*kinds} & {*WRITING}:
            self._forget_plan()
        runs = (
            self.env["migration.run"]
            .sudo()
            .create([{"project_id": self.id, "kind": kind, **vals} for kind in kinds])
        )
        runs.begun_with_id = runs[:1]
        return self._work_off(runs, background)

    def _work_off(self, runs, background):
        """Drive the runs here, one after the other, or wake the workers."""
        if background:
            self._wake_workers()
            return self._notify(
                self.env._("Started. Odoo works on it in the background."), "info"
            )
        for run in runs:
            if not run.exists():
                # a pickup that found nothing needs no further runs
                continue
            run._drive()
            if run._is_paused():
                raise UserError(run.error)
            if run.state in ("queued", "running"):
                raise UserError(
                    self.env._("Another process works on %s.", run.display_name)
                )
            if run.state != "done":
                (runs - run).exists()._give_up()
                raise UserError(run.error or run.state)
        return True

    def _wake_workers(self):
        self.env.ref("crm_migration.ir_cron_migration_work").sudo()._trigger()

    def _notify(self, message, kind):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": kind,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def get_progress(self):
        """Return what the project is doing, for scripts.

        :return: dict with ``state``, ``running`` (kind or False), ``processed``,
            ``total``, ``remaining_time``, ``error`` and ``next_step``
        """
        self.ensure_one()
        run = self.running_id
        return {
            "state": self.state,
            "running": run.kind or False,
            "processed": run.processed,
            "total": run.total,
            "remaining_time": run.remaining_time or "",
            "error": self.last_error or False,
            "next_step": self.next_step,
        }

    def get_reconciliation(self):
        """Return the books: ``is_balanced``, ``completeness`` and one dict a line."""
        self.ensure_one()
        names = [
            "kind",
            "name",
            "source_count",
            "created_count",
            "updated_count",
            "unchanged_count",
            "merged_count",
            "excluded_count",
            "failed_count",
            "pending_count",
            "found_count",
            "field_count",
            "difference_count",
            "is_balanced",
        ]
        return {
            "is_balanced": self.is_balanced,
            "completeness": self.completeness,
            "lines": self.reconciliation_line_ids.read(names, load=False),
        }
