from odoo import api, fields, models


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
            landed = (
                line.created_count
                + line.updated_count
                + line.unchanged_count
                + line.merged_count
            )
            accounted = landed + line.excluded_count + line.failed_count
            line.is_balanced = (
                not line.pending_count
                and line.source_count == accounted
                and line.found_count == landed
                and not line.problem
                and line._is_within_tolerance()
            )

    def _is_within_tolerance(self):
        """Fields lost or overwritten, as a share of the fields that were compared."""
        if self.kind != "object":
            return True
        allowed = self.field_count * self.project_id.tolerance / 100
        return self.difference_count <= allowed

    def action_open_records(self):
        """Open the staged records behind this line."""
        self.ensure_one()
        if not self.object_id:
            return False
        return self.object_id.action_open_staged()
