from odoo import api, fields, models
from odoo.exceptions import UserError

#: Where a staged record stands. Every record is in exactly one; ``pending`` is the
#: only one that a finished run leaves empty.
BUCKETS = {
    "pending": "Pending",
    "created": "Created",
    "updated": "Updated",
    "unchanged": "Unchanged",
    "merged": "Merged",
    "excluded": "Excluded",
    "failed": "Failed",
}


class MigrationStagedRecord(models.Model):
    """One source record exactly as it was received, and what became of it."""

    _name = "migration.staged.record"
    _inherit = "migration.part"
    _description = "Staged Source Record"
    _order = "object_id, id"

    object_id = fields.Many2one(
        "migration.object", required=True, ondelete="cascade", index=True
    )
    project_id = fields.Many2one(
        "migration.project", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="project_id.company_id", store=True)
    external_id = fields.Char("Source ID", required=True)
    name = fields.Char(help="What the source calls the record.")
    name_key = fields.Char(help="Folded name, for references by name.")
    email_key = fields.Char(help="Lower-case e-mail, for references by e-mail.")
    payload = fields.Json(required=True, help="The raw record: source field to value.")
    content_hash = fields.Char(required=True, help="SHA-256 of the raw record.")
    source_file = fields.Char("File")
    source_line = fields.Integer("Line", aggregator=None)
    state = fields.Selection(
        list(BUCKETS.items()), string="Bucket", required=True, default="pending"
    )
    reason_code = fields.Char()
    reason = fields.Text(help="Why the record is in this bucket.")
    load_order = fields.Datetime(
        help="Date by which the records of an object are loaded, oldest first."
    )
    seen_run_id = fields.Many2one(
        "migration.run", index="btree_not_null", ondelete="set null"
    )
    is_missing = fields.Boolean(
        "Missing in Source",
        help="It was loaded, and the newest upload no longer holds it.",
    )
    gone_fate = fields.Selection(
        [
            ("archived", "Archived"),
            ("flagged", "Flagged"),
            ("deleted", "Deleted"),
        ],
        "Gone at the Source",
        readonly=True,
        help="What became of the Odoo record when the source no longer had its own.",
    )
    payload_text = fields.Html("Raw Record", compute="_compute_payload_text")

    _object_external_uniq = models.UniqueIndex(
        "(object_id, external_id)", "An external id is staged once per object."
    )
    _object_state_idx = models.Index("(object_id, state, load_order, id)")
    _object_name_idx = models.Index("(object_id, name_key)")
    _object_email_idx = models.Index("(object_id, email_key)")

    @api.depends("payload")
    def _compute_payload_text(self):
        for record in self:
            record.payload_text = self.env["ir.qweb"]._render(
                "crm_migration.staged_payload", {"payload": record._in_order()}
            )

    def _in_order(self):
        """Return the raw record in the order of the source's header."""
        payload = self.payload or {}
        names = [n for n in self.object_id.field_names or [] if n in payload]
        return {name: payload[name] for name in dict.fromkeys([*names, *payload])}

    @api.depends("name", "external_id")
    def _compute_display_name(self):
        for record in self:
            record.display_name = record.name or record.external_id

    def _set_bucket(self, state, code=False, reason=False):
        """Move the records to one bucket, with the reason a person reads."""
        if self:
            self.write({"state": state, "reason_code": code, "reason": reason})

    def _target_records(self):
        """Return ``{staged id: (model, res_id)}`` from the crosswalk."""
        links = self.env["migration.crosswalk"].search(
            [("staged_record_id", "in", self.ids)]
        )
        return {
            link.staged_record_id.id: (link.res_model, link.res_id) for link in links
        }

    def action_open_target(self):
        """Open the Odoo record that this source record became."""
        self.ensure_one()
        found = self._target_records().get(self.id)
        if not found:
            return False
        model, res_id = found
        if model == "mail.message":
            message = self.env[model].browse(res_id)
            model, res_id = message.model, message.res_id
        return {
            "type": "ir.actions.act_window",
            "res_model": model,
            "res_id": res_id,
            "views": [(False, "form")],
        }

    def action_open_rollback(self):
        """Plan the rollback of these records and show it before anything happens."""
        if len(self.project_id) != 1:
            raise UserError(self.env._("Choose records of one project."))
        return self.project_id._open_rollback(
            {"kind": "records", "staged_ids": self.ids}
        )

    def action_retry(self):
        """Queue failed records again; the next run tries them.

        A row whose id another row has is no record of its own: it stays.
        """
        for project in self.project_id:
            project._check_operator("stage")
        self.sudo().filtered(
            lambda record: record.state == "failed"
            and record.reason_code != "duplicate_id"
        )._set_bucket("pending")
        return True
