from odoo import api, fields, models

from .migration_difference import NOTABLE, READ_BACK
from .migration_project import STATES


class MigrationProject(models.Model):
    """Where a project stands: what is at work, the counts, and what comes next."""

    _inherit = "migration.project"

    running_id = fields.Many2one("migration.run", compute="_compute_running_id")
    running_progress = fields.Float(compute="_compute_running_id")
    running_remaining = fields.Char(compute="_compute_running_id")
    paused_until = fields.Datetime(compute="_compute_running_id")
    last_error = fields.Text(compute="_compute_running_id")
    standing = fields.Selection(
        [*STATES, ("unbalanced", "Not Balanced")],
        compute="_compute_standing",
        help="The state; a verified project whose books do not balance is not done.",
    )
    unconfirmed_count = fields.Integer(compute="_compute_unconfirmed_count")
    pending_count = fields.Integer(compute="_compute_counts")
    staged_count = fields.Integer(compute="_compute_counts")
    loaded_count = fields.Integer(compute="_compute_counts")
    failed_count = fields.Integer(compute="_compute_counts")
    finding_count = fields.Integer(compute="_compute_counts")
    difference_count = fields.Integer(compute="_compute_counts")
    is_balanced = fields.Boolean(compute="_compute_books")
    completeness = fields.Float(
        compute="_compute_books",
        help="Records that landed, in percent of those that should.",
    )
    next_step = fields.Char(compute="_compute_next_step")
    open_owner_count = fields.Integer(compute="_compute_open_owner_count")
    open_schema_count = fields.Integer(compute="_compute_schema_counts")
    missing_schema_count = fields.Integer(compute="_compute_schema_counts")

    @api.depends(
        "run_ids.state", "run_ids.processed", "run_ids.paused_until", "run_ids.error"
    )
    def _compute_running_id(self):
        for project in self:
            runs = project.run_ids.sorted("id")
            project.running_id = runs.filtered(
                lambda run: run.state in ("queued", "running")
            )[:1]
            project.running_progress = project.running_id.progress
            project.running_remaining = project.running_id.remaining_time
            project.paused_until = project.running_id.paused_until
            # steps that never began because an earlier one failed say nothing
            last = runs.filtered(
                lambda run: run.state != "cancelled" or run.date_started or run.error
            )[-1:]
            project.last_error = (
                last.error if last.state in ("failed", "cancelled") else False
            )

    @api.depends(
        "schema_item_ids.is_confirmed",
        "schema_item_ids.action",
        "schema_item_ids.state",
    )
    def _compute_schema_counts(self):
        """What of the plan nobody has agreed to yet, and what is not in place yet."""
        due = [("state", "!=", "done"), ("action", "!=", "skip")]
        waiting = self._count_by_project(
            "migration.schema.item", [*due, ("is_confirmed", "=", False)]
        )
        missing = self._count_by_project("migration.schema.item", due)
        for project in self:
            project.open_schema_count = waiting.get(project._origin, 0)
            project.missing_schema_count = missing.get(project._origin, 0)

    @api.depends("owner_ids.is_open")
    def _compute_open_owner_count(self):
        counts = self._count_by_project("migration.owner", [("is_open", "=", True)])
        for project in self:
            project.open_owner_count = counts.get(project._origin, 0)

    @api.depends("mapping_line_ids.is_confirmed")
    def _compute_unconfirmed_count(self):
        counts = self._count_by_project(
            "migration.mapping.line", [("is_confirmed", "=", False)]
        )
        for project in self:
            project.unconfirmed_count = counts.get(project._origin, 0)

    @api.depends("state", "object_ids.staged_record_ids.state")
    def _compute_counts(self):
        findings = self._count_by_project("migration.finding")
        notable = [("verdict", "in", NOTABLE)]
        sampled, read_back = (
            self._count_by_project(
                "migration.difference", [*notable, ("run_id.kind", "=", kind)]
            )
            for kind in ("sample", "verify")
        )
        for project in self:
            objects = project.object_ids
            project.staged_count = sum(objects.mapped("staged_count"))
            project.loaded_count = sum(objects.mapped("loaded_count"))
            project.failed_count = sum(objects.mapped("failed_count"))
            project.pending_count = sum(objects.mapped("pending_count"))
            project.finding_count = findings.get(project._origin, 0)
            found = read_back if project.state in READ_BACK else sampled
            project.difference_count = found.get(project._origin, 0)

    def _count_by_project(self, model, domain=()):
        """Return ``{project: number of rows}``; the rows themselves stay unread."""
        return dict(
            self.env[model]._read_group(
                [("project_id", "in", self.ids), *domain], ["project_id"], ["__count"]
            )
        )

    @api.depends("reconciliation_line_ids.is_balanced")
    def _compute_books(self):
        for project in self:
            lines = project.reconciliation_line_ids
            project.is_balanced = bool(lines) and all(lines.mapped("is_balanced"))
            records = lines.filtered(lambda line: line.kind == "object")
            due = sum(records.mapped("source_count")) - sum(
                records.mapped("excluded_count")
            )
            failed = sum(records.mapped("failed_count")) + sum(
                records.mapped("pending_count")
            )
            project.completeness = 100.0 * (due - failed) / due if due else 0.0

    @api.depends("state", "is_balanced")
    def _compute_standing(self):
        for project in self:
            is_due = project.state == "verified" and not project.is_balanced
            project.standing = "unbalanced" if is_due else project.state

    @api.depends(
        "state",
        "file_ids",
        "transport",
        "connection_ids.has_secret",
        "connection_ids.tested_on",
        "connection_ids.base_url",
        "connection_ids.profile",
        "unconfirmed_count",
        "open_schema_count",
        "pending_count",
        "failed_count",
        "difference_count",
        "run_ids.paused_until",
        "run_ids.state",
        "is_balanced",
    )
    def _compute_next_step(self):
        for project in self:
            project.next_step = project._next_step()

    def _next_step(self):
        """Say in one sentence what a person does next."""
        if self.running_id._is_paused():
            return self.running_id.error
        if self.running_id:
            return self.env._(
                "%s is at work. You may leave this page.", self.running_id.display_name
            )
        if self.state == "draft" and self.transport == "live":
            return self._connection()._next_step()
        if self.state == "draft" and not self.file_ids:
            return self.env._(
                "Upload the files of the export: one ZIP, or several tables."
            )
        if self.state not in ("draft", "staged", "rolled_back") and (
            self.unconfirmed_count
        ):
            return self.env._(
                "Look through the map, then press Confirm Map: it confirms what is "
                "sure and says what is left. Not confirmed: %s. Nothing moves before.",
                self.unconfirmed_count,
            )
        left = self._left_over()
        if left:
            return left
        return {
            "draft": self.env._(
                "Stage the files: they are read and checked, Odoo is unchanged."
            ),
            "staged": self.env._(
                "Press Stage to get a proposed map of the staged records."
            ),
            "profiled": self.env._("Confirm the map to get the schema plan."),
            "mapped": self.env._("Check the schema plan, then confirm it.")
            if self.open_schema_count
            else self.env._("The schema plan is confirmed: create it."),
            "ready": self.env._(
                "Run a sample: everything is loaded, compared and taken back."
            ),
            "rehearsed": self.env._("Read the differences, then start the full run.")
            if self.difference_count
            else self.env._(
                "The sample came through without a difference: start the full run."
            ),
            "loaded": self.env._(
                "Verify: every field is read back and the books are balanced."
            ),
            "verified": self.env._("Read the reconciliation.")
            if self.is_balanced
            else self.env._(
                "The books do not balance. Open the reconciliation: the red lines say "
                "why, and lead to their records."
            ),
            "signed_off": self.env._("Signed off: nothing is left to do."),
            "rolled_back": self.env._("Undone. You may change the map and run again."),
        }[self.state]

    def _left_over(self):
        """Say what is to be done about records that a full run left behind, or ""."""
        if self.state in ("loaded", "verified") and not self.is_balanced:
            if self.pending_count == 1:
                return self.env._(
                    "1 record is pending: rolled back, or new in the source. The full "
                    "run loads it."
                )
            if self.pending_count:
                return self.env._(
                    "%s records are pending: rolled back, or new in the source. The "
                    "full run loads them.",
                    self.pending_count,
                )
        if self.state == "verified" and self.is_balanced and self.failed_count:
            if self.failed_count == 1:
                return self.env._(
                    "The books balance. 1 record failed: read its reason, correct the "
                    "source, then stage and run again."
                )
            return self.env._(
                "The books balance. %s records failed: read their reasons, correct the "
                "source, then stage and run again.",
                self.failed_count,
            )
        return ""
