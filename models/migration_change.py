from odoo import fields, models


class MigrationChange(models.Model):
    """What one run overwrote in a record that was there before the run.

    Written in the transaction of the change itself; it is what lets a single run be
    rolled back. Values are those of the table's columns, of lists the ids.
    """

    _name = "migration.change"
    _inherit = "migration.part"
    _description = "Migration Change"
    _order = "id"

    project_id = fields.Many2one(
        "migration.project", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="project_id.company_id", store=True)
    run_id = fields.Many2one(
        "migration.run", index="btree_not_null", ondelete="cascade"
    )
    crosswalk_id = fields.Many2one(
        "migration.crosswalk",
        index="btree_not_null",
        ondelete="cascade",
        help="Empty: the run deleted the record.",
    )
    staged_record_id = fields.Many2one(
        "migration.staged.record",
        index="btree_not_null",
        ondelete="set null",
        help="The source record that brought the change.",
    )
    rollback_line_id = fields.Many2one(
        "migration.rollback.line", index="btree_not_null", ondelete="set null"
    )
    has_new_history = fields.Boolean(
        help="Stage changes were taken away and written anew: they cannot go back."
    )
    values_before = fields.Json(help="What stood there before, per field.")
    values_left = fields.Json(help="What the run left there, per field.")
    link_before = fields.Json(
        help="What the crosswalk row said before, of what has changed in it."
    )
    stamp_before = fields.Json(help="When and by whom it had been written before.")
    stamp_left = fields.Json(help="The same right after the change.")
