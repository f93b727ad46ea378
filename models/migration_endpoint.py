from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class MigrationEndpoint(models.Model):
    """What a test found out about one object of a live source."""

    _name = "migration.endpoint"
    _inherit = "migration.part"
    _description = "Migration Endpoint"
    _order = "sequence, id"

    connection_id = fields.Many2one(
        "migration.connection", required=True, ondelete="cascade", index=True
    )
    project_id = fields.Many2one(related="connection_id.project_id", store=True)
    company_id = fields.Many2one(related="connection_id.company_id", store=True)
    sequence = fields.Integer(readonly=True)
    name = fields.Char("Object", required=True, readonly=True)
    place = fields.Char("Endpoint", readonly=True)
    is_active = fields.Boolean(
        "Read", default=True, help="Objects that are switched off are not read."
    )
    status = fields.Selection(
        [
            ("available", "Available"),
            ("unavailable", "Unavailable"),
            ("refused", "Refused"),
            ("error", "Error"),
        ],
        readonly=True,
    )
    message = fields.Char("Result", readonly=True, help="And what to do about it.")
    source_count = fields.Integer(
        readonly=True, aggregator=None, help="As the source says; -1: it does not say."
    )
    source_count_text = fields.Char("Records", compute="_compute_source_count_text")
    sample = fields.Text(
        readonly=True, help="One record, personal data made unreadable."
    )
    unknown_fields = fields.Text(
        readonly=True,
        help="Fields that the source sends and the map has no proposal for.",
    )
    proposal = fields.Json(readonly=True, help="Paging as the page looks like.")
    proposed_style = fields.Char(
        "Proposed Paging",
        readonly=True,
        help="What the page looks like, where it differs from the profile.",
    )
    evidence = fields.Char(readonly=True, help="What the proposal is based on.")

    _connection_name_uniq = models.UniqueIndex(
        "(connection_id, name)", "A connection has each object only once."
    )

    def write(self, vals):
        """Refuse to move a row to another connection; see ``migration.part``."""
        if "connection_id" in vals and not self.env.su:
            raise AccessError(
                self.env._("A row of a migration project cannot be moved to another.")
            )
        return super().write(vals)

    @api.depends("source_count")
    def _compute_source_count_text(self):
        for endpoint in self:
            count = endpoint.source_count
            endpoint.source_count_text = str(count) if count >= 0 else ""

    def action_open_sample(self):
        """Show one record of the source, personal data made unreadable."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_adopt_style(self):
        """Write the proposed paging into the profile: nothing is guessed in a run."""
        for endpoint in self:
            if not endpoint.proposed_style:
                raise UserError(self.env._("There is no proposal to adopt."))
            endpoint.connection_id._adopt_style(endpoint)
        return True
