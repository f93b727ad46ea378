from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

_BY_PEOPLE = {"name", "action", "is_confirmed", "fallback_user_id", "group_id"}


class MigrationSchemaItem(models.Model):
    """One thing that Odoo needs before data can land: a team, stage, tag or field."""

    _name = "migration.schema.item"
    _inherit = "migration.part"
    _description = "Migration Schema Plan Item"
    _order = "sequence, id"

    project_id = fields.Many2one(
        "migration.project", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="project_id.company_id", store=True)
    sequence = fields.Integer()
    kind = fields.Selection(
        [
            ("team", "Sales Team"),
            ("stage", "Stage"),
            ("tag", "Opportunity Tag"),
            ("category", "Contact Tag"),
            ("lost_reason", "Lost Reason"),
            ("source", "UTM Source"),
            ("medium", "UTM Medium"),
            ("campaign", "UTM Campaign"),
            ("industry", "Industry"),
            ("model", "Custom Model"),
            ("association_label", "Association Label"),
            ("equipment_category", "Equipment Category"),
            ("project_tag", "Task Tag"),
            ("task_stage", "Task Stage"),
            ("field", "Custom Field"),
            ("option", "Pick-List Value"),
            ("window", "Menu and Views"),
            ("view", "View"),
            ("setting", "Setting"),
        ],
        required=True,
        readonly=True,
    )
    key = fields.Char(required=True, readonly=True)
    name = fields.Char(required=True)
    vals = fields.Json(readonly=True, help="What will be created.")
    action = fields.Selection(
        [("create", "Create"), ("reuse", "Use Existing"), ("skip", "Leave Out")],
        required=True,
        default="create",
    )
    reason = fields.Char(readonly=True)
    record_count = fields.Integer(
        "Records Served", readonly=True, help="Source records that need it."
    )
    total_count = fields.Integer(
        "Of Records", readonly=True, help="Records of the objects that it is for."
    )
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(
        "Odoo Record", model_field="res_model", readonly=True
    )
    fallback_user_id = fields.Many2one(
        "res.users",
        domain="[('share', '=', False)]",
        help="Gets the deals of this sales team whose owner has no Odoo user. Empty: "
        "the project's fallback user.",
    )
    group_id = fields.Many2one(
        "res.groups",
        "Only For",
        help="The one group that may read and write the records of this custom model, "
        "besides the managers of migrations. Empty: internal users read, salespeople "
        "write.",
    )
    has_group_choice = fields.Boolean(compute="_compute_has_group_choice")
    is_confirmed = fields.Boolean("Confirmed")
    state = fields.Selection(
        [("planned", "Planned"), ("done", "In Place"), ("failed", "Failed")],
        default="planned",
        required=True,
        readonly=True,
    )
    error = fields.Char(readonly=True)

    _project_kind_key_uniq = models.UniqueIndex(
        "(project_id, kind, key)", "The schema plan lists each item once."
    )

    @api.constrains("fallback_user_id")
    def _check_fallback_user_id(self):
        for item in self.filtered("fallback_user_id"):
            item.project_id._check_can_own(item.fallback_user_id)

    @api.depends("kind", "key", "project_id.object_ids.name")
    def _compute_has_group_choice(self):
        for item in self:
            kinds = item.project_id.object_ids.mapped("name")
            item.has_group_choice = item.kind == "model" and item.key in kinds

    @api.constrains("group_id")
    def _check_group_id(self):
        for item in self.filtered("group_id"):
            if not item.has_group_choice:
                raise ValidationError(
                    self.env._("Only a custom model is for one group alone.")
                )

    def write(self, vals):
        """People choose name and action; agreeing to it is the manager's."""
        if self.env.su:
            return super().write(vals)
        if set(vals) - _BY_PEOPLE:
            raise AccessError(self.env._("The schema plan is made from the map."))
        if "group_id" in vals and "done" in self.mapped("state"):
            raise UserError(
                self.env._(
                    "It is made already: its access rights are changed in the settings "
                    "of Odoo."
                )
            )
        if vals.get("action") == "skip" and "model" in self.mapped("kind"):
            if self.filtered(lambda item: item.key == item.vals.get("model")):
                raise UserError(
                    self.env._("Leave out the field whose values these are.")
                )
            raise UserError(
                self.env._(
                    "Whether there is a custom model is chosen on the source object: "
                    "choose Leave Out there."
                )
            )
        if vals.get("is_confirmed"):
            for project in self.project_id:
                project._check_operator()
        elif {"name", "action", "group_id"} & set(vals) and "is_confirmed" not in vals:
            vals = dict(vals, is_confirmed=False)
        return super().write(vals)

    def action_confirm(self):
        """Agree to these items; only confirmed ones are created."""
        self.check_access("write")
        self.write({"is_confirmed": True})
        return True
