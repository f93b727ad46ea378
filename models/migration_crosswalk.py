from odoo import fields, models
from odoo.exceptions import UserError


class MigrationCrosswalk(models.Model):
    """Which Odoo record a source record became, and what was written into it.

    The row is created in the transaction that creates the record. Its unique key is
    what makes a load exactly-once: a replay cannot add a second record.
    ``write_date`` is the moment of our last write: a target changed later was
    changed by somebody else. Nothing but the loader may write here.
    """

    _name = "migration.crosswalk"
    _inherit = "migration.part"
    _description = "Migration Crosswalk"
    _rec_name = "external_id"
    _order = "id"

    project_id = fields.Many2one(
        "migration.project", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="project_id.company_id", store=True)
    source_object = fields.Char(required=True)
    external_id = fields.Char("Source ID", required=True)
    staged_record_id = fields.Many2one(
        "migration.staged.record", index="btree_not_null", ondelete="set null"
    )
    res_model = fields.Char("Model", required=True)
    res_id = fields.Many2oneReference(
        "Odoo Record", model_field="res_model", required=True
    )
    origin = fields.Selection(
        [("created", "Created by the Migration"), ("matched", "Existed Before")],
        required=True,
    )
    run_id = fields.Many2one(
        "migration.run", index="btree_not_null", ondelete="set null"
    )
    first_run_id = fields.Many2one(
        "migration.run",
        "Made by Run",
        index="btree_not_null",
        ondelete="set null",
        help="The run that made this row; the run above is the last that wrote it.",
    )
    content_hash = fields.Char(help="Hash of the raw record that was loaded.")
    base_values = fields.Json(help="What was written, per field.")
    left_values = fields.Json(
        help="What stood there right afterwards, where Odoo changed what was written."
    )
    edit_reason = fields.Char(
        help="Set when a person had changed the record before we wrote to it again."
    )
    unread_values = fields.Json(
        help="Source values that could not be read: {source field: value}."
    )
    previous_values = fields.Json(help="What stood there before, per field.")
    part_values = fields.Json(
        help="What it added to a record that another source record became."
    )

    _project_source_uniq = models.UniqueIndex(
        "(project_id, source_object, external_id)",
        "A source record has one counterpart in Odoo.",
    )
    _target_idx = models.Index("(res_model, res_id)")

    def action_open_rollback(self):
        """Plan the rollback of these records and show it before anything happens."""
        if len(self.project_id) != 1:
            raise UserError(self.env._("Choose records of one project."))
        return self.project_id._open_rollback({"kind": "records", "link_ids": self.ids})

    def action_open_target(self):
        """Open the Odoo record."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }
