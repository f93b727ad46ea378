from odoo import api, fields, models


class MigrationOwner(models.Model):
    """One owner, coach or author of the source, and the Odoo user found for it."""

    _name = "migration.owner"
    _inherit = "migration.part"
    _description = "Migration Owner"
    _order = "record_count desc, name"

    project_id = fields.Many2one(
        "migration.project", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="project_id.company_id", store=True)
    key = fields.Char(required=True, readonly=True, help="Folded source value.")
    alias_keys = fields.Json(
        readonly=True, help="Every folded value that means this owner: e-mail, name."
    )
    name = fields.Char(readonly=True)
    email = fields.Char(readonly=True)
    source_status = fields.Char(readonly=True)
    record_count = fields.Integer(
        "Records", readonly=True, help="Source records that name this owner."
    )
    method = fields.Selection(
        [
            ("email", "Matched by E-mail"),
            ("name", "Matched by Full Name"),
            ("manual", "Chosen by Hand"),
            ("archived", "User Archived"),
            ("no_access", "No Access to the Company"),
            ("none", "No Such User"),
        ],
        required=True,
        default="none",
        readonly=True,
    )
    user_id = fields.Many2one(
        "res.users",
        domain="[('share', '=', False)]",
        help="User who gets the records. Empty: the project's fallback user.",
    )
    effective_user_id = fields.Many2one(
        "res.users", compute="_compute_effective_user_id"
    )

    _project_key_uniq = models.UniqueIndex(
        "(project_id, key)", "Each owner of the source is listed once."
    )

    @api.constrains("user_id")
    def _check_user_id(self):
        for owner in self.filtered("user_id"):
            owner.project_id._check_can_own(owner.user_id)

    @api.depends("user_id", "project_id.fallback_user_id")
    def _compute_effective_user_id(self):
        for owner in self:
            owner.effective_user_id = owner.user_id or owner.project_id.fallback_user_id

    def write(self, vals):
        """A user chosen by hand stays chosen when the source is profiled again."""
        if "user_id" in vals and "method" not in vals:
            vals = dict(vals, method="manual" if vals["user_id"] else "none")
        return super().write(vals)
