from odoo import fields, models


class MigrationFinding(models.Model):
    """Something wrong with the source: which file, line, field and value, and why."""

    _name = "migration.finding"
    _inherit = "migration.part"
    _description = "Migration Finding"
    _rec_name = "code"
    _order = "severity, id"

    project_id = fields.Many2one(
        "migration.project", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="project_id.company_id", store=True)
    run_id = fields.Many2one(
        "migration.run", index="btree_not_null", ondelete="set null"
    )
    phase = fields.Selection(
        [("stage", "Staging"), ("profile", "Profiling"), ("load", "Loading")],
        required=True,
    )
    severity = fields.Selection(
        [("1_error", "Error"), ("2_warning", "Warning"), ("3_info", "Information")],
        required=True,
    )
    code = fields.Char(required=True)
    source_object = fields.Char()
    external_id = fields.Char("Source ID")
    file = fields.Char()
    line = fields.Integer(aggregator=None)
    field = fields.Char()
    value = fields.Char()
    message = fields.Text(required=True)
