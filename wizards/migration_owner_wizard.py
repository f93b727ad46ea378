from odoo import fields, models
from odoo.exceptions import UserError


class MigrationOwnerWizard(models.TransientModel):
    """Give the records of one or more owners to one user."""

    _name = "migration.owner.wizard"
    _description = "Match Owners to a User"

    owner_ids = fields.Many2many("migration.owner", string="Owners", readonly=True)
    user_id = fields.Many2one(
        "res.users",
        "User",
        required=True,
        domain="[('share', '=', False)]",
        help="Gets the records of these owners.",
    )

    def action_match(self):
        """Choose the user for all these owners; a person's choice stays."""
        self.ensure_one()
        if not self.owner_ids:
            raise UserError(self.env._("Tick the owners in the list first."))
        self.owner_ids.write({"user_id": self.user_id.id})
        return {"type": "ir.actions.act_window_close"}
