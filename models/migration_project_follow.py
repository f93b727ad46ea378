from odoo import api, fields, models


class MigrationProject(models.Model):
    """What goes on after the full run: changes of the source, and people's own."""

    _inherit = "migration.project"

    conflict_ids = fields.One2many("migration.conflict", "project_id")
    conflict_count = fields.Integer(
        "Conflicts",
        compute="_compute_conflict_count",
        help="Fields that source and Odoo both changed, and nobody has decided on.",
    )

    @api.depends("conflict_ids.state")
    def _compute_conflict_count(self):
        counts = self._count_by_project("migration.conflict", [("state", "=", "open")])
        for project in self:
            project.conflict_count = counts.get(project._origin, 0)

    def action_open_conflicts(self):
        """Open the decision list."""
        return self._open("migration_conflict_action", search_default_open=1)
