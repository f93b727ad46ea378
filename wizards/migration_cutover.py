from odoo import api, fields, models


class MigrationCutoverWizard(models.TransientModel):
    """What is left to do before a migration can be signed off."""

    _name = "migration.cutover.wizard"
    _description = "Cut Over"

    project_id = fields.Many2one("migration.project", required=True, readonly=True)
    line_ids = fields.One2many("migration.cutover.wizard.line", "wizard_id")
    is_blocked = fields.Boolean(compute="_compute_is_blocked")
    has_left = fields.Boolean(compute="_compute_is_blocked")
    note = fields.Text(help="Why it is signed although something is left.")

    @api.depends("line_ids.state")
    def _compute_is_blocked(self):
        for wizard in self:
            states = wizard.line_ids.mapped("state")
            wizard.is_blocked = "blocked" in states
            wizard.has_left = "left" in states

    @api.model_create_multi
    def create(self, vals_list):
        """The checklist is that of the moment in which the dialog opens."""
        for vals in vals_list:
            project = self.env["migration.project"].browse(vals["project_id"])
            checks = project._cutover_checks()
            vals["line_ids"] = [fields.Command.create(check) for check in checks]
        return super().create(vals_list)

    def action_cutover(self):
        """Pull, load, compare and read back in the background."""
        self.ensure_one()
        return self.project_id.action_cutover()

    def action_sign_off(self):
        """Sign the migration off."""
        self.ensure_one()
        self.project_id.action_sign_off(self.note or "")
        return {"type": "ir.actions.client", "tag": "soft_reload"}


class MigrationCutoverWizardLine(models.TransientModel):
    """One point of the checklist."""

    _name = "migration.cutover.wizard.line"
    _description = "Cut Over: Point of the Checklist"

    wizard_id = fields.Many2one(
        "migration.cutover.wizard", required=True, ondelete="cascade", index=True
    )
    key = fields.Char(required=True, readonly=True)
    name = fields.Char("Point", required=True, readonly=True)
    state = fields.Selection(
        [("done", "Done"), ("left", "Left"), ("blocked", "To Do")],
        required=True,
        readonly=True,
    )
    count = fields.Integer(readonly=True, aggregator=None)
    advice = fields.Char("What to Do", readonly=True)

    def action_open(self):
        """Open what the point is about."""
        self.ensure_one()
        return self.wizard_id.project_id._open_check(self.key)
