from odoo import api, fields, models

#: How a field came through, from best to worst.
VERDICTS = [
    ("equal", "Equal"),
    ("normalised", "Normalised by Odoo"),
    ("transformed", "Transformed by the Map"),
    ("dropped", "Dropped by the Map"),
    ("edited", "Edited Since"),
    ("overwritten", "Overwritten by Odoo"),
    ("lost", "Lost"),
    ("unread", "Not Readable: Left Empty"),
    ("failed", "Record Failed"),
]

#: Verdicts that a person should look at; the others are as they should be.
NOTABLE = ("edited", "overwritten", "lost", "unread", "failed")

#: States in which the read-back counts, and no longer the sample's comparison.
READ_BACK = ("loaded", "verified", "signed_off")


class MigrationDifference(models.Model):
    """One field of one record: source value, value expected, value found."""

    _name = "migration.difference"
    _inherit = "migration.part"
    _description = "Migration Field Difference"
    _order = "id"
    _rec_name = "record_name"

    project_id = fields.Many2one(
        "migration.project", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="project_id.company_id", store=True)
    run_id = fields.Many2one(
        "migration.run", required=True, ondelete="cascade", index=True
    )
    staged_record_id = fields.Many2one(
        "migration.staged.record", index="btree_not_null", ondelete="cascade"
    )
    source_object = fields.Char("Object")
    external_id = fields.Char("Source ID")
    record_name = fields.Char("Record")
    source_field = fields.Char()
    source_value = fields.Text()
    target_field = fields.Char()
    target_label = fields.Char("Field in Odoo", compute="_compute_target_label")
    expected_value = fields.Text()
    actual_value = fields.Text("Value in Odoo")
    verdict = fields.Selection(VERDICTS, required=True)
    note = fields.Char()

    @api.depends("target_field", "staged_record_id")
    def _compute_target_label(self):
        for row in self:
            name = row.target_field or ""
            # an id that is lost is the record itself; what was not read has no field
            name = "" if name in ("id", "-") else name
            obj = row.staged_record_id.object_id
            row.target_label = obj._field_label(name) if obj else name
