from odoo import api, fields, models

from .migration_difference import NOTABLE


class MigrationReconciliationLine(models.Model):
    """The books of one object, relation or kind of file: both sides must balance."""

    _name = "migration.reconciliation.line"
    _inherit = "migration.part"
    _description = "Migration Reconciliation Line"
    _order = "project_id, sequence, id"

    project_id = fields.Many2one(
        "migration.project", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="project_id.company_id", store=True)
    run_id = fields.Many2one(
        "migration.run", index="btree_not_null", ondelete="cascade"
    )
    sequence = fields.Integer()
    kind = fields.Selection(
        [
            ("object", "Records"),
            ("relation", "Relation"),
            ("attachment", "Files"),
            ("side_effect", "Side Effects"),
        ],
        required=True,
    )
    name = fields.Char(required=True)
    object_id = fields.Many2one(
        "migration.object", index="btree_not_null", ondelete="cascade"
    )
    source_count = fields.Integer("Source")
    created_count = fields.Integer("Created")
    updated_count = fields.Integer("Updated")
    unchanged_count = fields.Integer("Unchanged")
    merged_count = fields.Integer("Merged")
    excluded_count = fields.Integer("Excluded")
    failed_count = fields.Integer("Failed")
    pending_count = fields.Integer("Pending")
    found_count = fields.Integer(
        "Found in Odoo", help="Counted in Odoo itself, not from the crosswalk's word."
    )
    field_count = fields.Integer("Fields Compared")
    difference_count = fields.Integer(
        "Differences", help="Fields overwritten or lost since they were written."
    )
    unread_count = fields.Integer(
        "Unreadable", help="Source values that could not be read and were left empty."
    )
    problem = fields.Char(help="Why the source itself is not whole.")
    is_balanced = fields.Boolean("Balanced", compute="_compute_is_balanced", store=True)
    why = fields.Char(
        "Why Not", compute="_compute_why", help="What keeps the line from balancing."
    )

    @api.depends(
        "kind",
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
        "problem",
        "project_id.tolerance",
    )
    def _compute_is_balanced(self):
        for line in self:
            line.is_balanced = (
                not line.pending_count
                and line.source_count == line._accounted()
                and line.found_count == line._landed()
                and not line.problem
                and line._is_within_tolerance()
            )

    def _landed(self):
        return (
            self.created_count
            + self.updated_count
            + self.unchanged_count
            + self.merged_count
        )

    def _accounted(self):
        return self._landed() + self.excluded_count + self.failed_count

    @api.depends("is_balanced")
    def _compute_why(self):
        for line in self:
            line.why = False if line.is_balanced else " ".join(line._reasons())

    def _reasons(self):
        """Yield a short sentence for each thing that keeps the line from balancing."""
        if self.kind == "side_effect":
            yield self.env._("Made by the load, which should make none.")
            return
        if self.problem:
            yield self.problem
        if self.pending_count:
            yield self.env._("Not loaded yet: %s.", self.pending_count)
        missing = self.source_count - self._accounted() - self.pending_count
        if missing:
            yield self.env._("In no bucket: %s.", missing)
        gone = self._landed() - self.found_count
        if gone > 0:
            yield self.env._("No longer found in Odoo: %s.", gone)
        elif gone:
            yield self.env._("More in Odoo than were loaded: %s.", -gone)
        if not self._is_within_tolerance():
            yield self.env._("Fields lost or overwritten: %s.", self.difference_count)

    def _is_within_tolerance(self):
        """Fields lost or overwritten, as a share of the fields that were compared."""
        if self.kind != "object":
            return True
        allowed = self.field_count * self.project_id.tolerance / 100
        return self.difference_count <= allowed

    def action_open_records(self):
        """Open the records behind this line: those that keep it from balancing."""
        self.ensure_one()
        if self.kind == "side_effect" and not self.is_balanced:
            return self.project_id._open("migration_run_action")
        if not self.object_id:
            return False
        if not self.is_balanced:
            if self.pending_count:
                return self._staged(search_default_pending=1)
            if action := self._differences() or self._findings():
                return action
        return self._staged()

    def _staged(self, **context):
        action = self.object_id.action_open_staged()
        action["context"] = context
        return action

    def _differences(self):
        """Return the fields that are lost or overwritten, if that is what is wrong."""
        domain = [
            ("staged_record_id.object_id", "=", self.object_id.id),
            ("run_id.kind", "=", "verify"),
            ("verdict", "in", NOTABLE),
        ]
        if not self.env["migration.difference"].search_count(
            [("project_id", "=", self.project_id.id), *domain], limit=1
        ):
            return False
        return self.project_id._open("migration_difference_action", domain)

    def _findings(self):
        """Return what is said of the source, if that is what is not whole."""
        domain = [("source_object", "=", self.object_id.name)]
        if not self.problem or not self.env["migration.finding"].search_count(
            [("project_id", "=", self.project_id.id), *domain], limit=1
        ):
            return False
        return self.project_id._open(
            "migration_finding_action", domain, search_default_by_kind=1
        )
