from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine.propose.kind_choice import KindChoice


class MigrationObject(models.Model):
    """What a custom object or a form becomes is for the administrator to choose."""

    _inherit = "migration.object"

    choice = fields.Selection(
        [
            ("model", "Custom Model"),
            ("fields", "Fields of the Linked Record"),
            ("out", "Leave Out"),
        ],
        "Becomes",
        readonly=True,
        help="Custom objects and forms: a custom model with views and menu; or custom "
        "fields of the contact or opportunity they are linked to, if none has two; or "
        "nothing, the records stay in staging.",
    )
    choice_map = fields.Json(
        readonly=True, help="The map as it was proposed for a custom model."
    )

    is_choosable = fields.Boolean(compute="_compute_is_choosable")

    @api.depends("choice", "project_id.run_ids.state", "project_id.state")
    def _compute_is_choosable(self):
        """What is in Odoo already, or at work, is not chosen anew."""
        for obj in self:
            project = obj.project_id
            is_open = obj.choice and not project.running_id
            is_signed = project.state == "signed_off"
            made = is_open and KindChoice(obj.sudo()).is_made()
            obj.is_choosable = is_open and not is_signed and not made

    def action_choose_model(self):
        """Let the records become a custom model with views and a menu."""
        return self._choose("model")

    def action_choose_fields(self):
        """Let each record become fields of the one record it is linked to."""
        return self._choose("fields")

    def action_choose_out(self):
        """Leave the records in staging."""
        return self._choose("out")

    def _choose(self, choice):
        for project in self.project_id:
            project._check_operator("stage")
            if project.running_id:
                raise UserError(
                    self.env._("A run is at work: wait for it, or cancel it first.")
                )
        for obj in self.sudo():
            if obj.choice != choice:
                KindChoice(obj).check(choice)
                obj.choice = choice
                KindChoice(obj).apply(choice)
        return True
