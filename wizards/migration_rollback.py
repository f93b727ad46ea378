from odoo import api, fields, models


class MigrationRollbackWizard(models.TransientModel):
    """Show what an undo would do, then do exactly that."""

    _name = "migration.rollback.wizard"
    _description = "Roll Back a Migration"

    project_id = fields.Many2one("migration.project", required=True, readonly=True)
    delete_count = fields.Integer("To Delete", readonly=True)
    edited_count = fields.Integer("Kept: Edited Since", readonly=True)
    referenced_count = fields.Integer("Kept: Others Refer to Them", readonly=True)
    restore_count = fields.Integer("Given Back: Existed Before", readonly=True)
    release_count = fields.Integer("Untouched: Existed Before", readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        """The plan is made when the wizard opens, so that its counts are today's."""
        for vals in vals_list:
            project = self.env["migration.project"].browse(vals["project_id"])
            fates = project.action_plan_rollback()
            vals.update(
                delete_count=fates.get("delete", 0),
                edited_count=fates.get("keep_edited", 0),
                referenced_count=fates.get("keep_referenced", 0),
                restore_count=fates.get("restore", 0),
                release_count=fates.get("release", 0) + fates.get("gone", 0),
            )
        return super().create(vals_list)

    def action_open_plan(self):
        """Open the plan, record by record."""
        self.ensure_one()
        return self.project_id._open(
            "migration_rollback_line_action", search_default_by_fate=1
        )

    def action_rollback(self):
        """Undo in the background."""
        self.ensure_one()
        return self.project_id.action_rollback()
