from odoo import fields, models
from odoo.exceptions import UserError


class MigrationRollbackLine(models.Model):
    """The planned fate of one record that the project touched."""

    _name = "migration.rollback.line"
    _inherit = "migration.part"
    _description = "Migration Rollback Plan Line"
    _rec_name = "record_name"
    _order = "fate, id"

    project_id = fields.Many2one(
        "migration.project", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="project_id.company_id", store=True)
    crosswalk_id = fields.Many2one(
        "migration.crosswalk", index="btree_not_null", ondelete="set null"
    )
    # sorts by what must go first: the newest record
    position = fields.Integer(aggregator=None)
    source_object = fields.Char("Object")
    external_id = fields.Char("Source ID")
    res_model = fields.Char("Model")
    res_id = fields.Many2oneReference("Odoo Record", model_field="res_model")
    record_name = fields.Char("Record")
    made_on = fields.Datetime(help="Transaction in which the record was written.")
    fate = fields.Selection(
        [
            ("delete", "Delete"),
            ("keep_edited", "Keep: Edited Since"),
            ("keep_referenced", "Keep: Others Refer to It"),
            ("restore", "Restore: Values Before"),
            ("revert", "Revert: Values Before the Run"),
            ("reload", "Comes Back With the Next Run"),
            ("release", "Leave: Existed Before"),
            ("gone", "Already Gone"),
        ],
        required=True,
    )
    reason = fields.Char()
    host_id = fields.Many2one(
        "migration.rollback.line",
        "Goes Along With",
        index="btree_not_null",
        ondelete="set null",
        help="It is not named by the scope itself: it goes and stays with this one.",
    )
    change_ids = fields.One2many("migration.change", "rollback_line_id")
    state = fields.Selection(
        [("planned", "Planned"), ("done", "Done"), ("failed", "Failed")],
        default="planned",
        required=True,
    )

    def action_open_target(self):
        """Open the Odoo record; of a message, what it is about.

        :raise UserError: when it is gone, or has no page of its own
        """
        self.ensure_one()
        model = self.env.get(self.res_model)
        record = model is not None and model.browse(self.res_id).exists()
        if record and record._name == "mail.message" and record.model:
            record = self.env[record.model].browse(record.res_id).exists()
        if not record:
            raise UserError(self.env._("“%s” is no longer in Odoo.", self.record_name))
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }

    _made_on_idx = models.Index("(project_id, made_on)")
    _target_idx = models.Index("(project_id, res_model, res_id)")
    _project_state_idx = models.Index("(project_id, state, position)")
