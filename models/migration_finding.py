from odoo import api, fields, models

#: What a finding is about, as people sort them; most urgent first.
KINDS = [
    ("01_source", "The Source Is Not Complete"),
    ("02_file", "Files That Could Not Be Read As They Are"),
    ("03_missing_file", "Attached Files"),
    ("04_id", "Rows with the Same ID"),
    ("05_link", "Links to Records That Are Missing"),
    ("06_value", "Values That Could Not Be Read"),
    ("07_place", "Values without a Place in Odoo"),
    ("08_odoo", "Refused by Odoo"),
    ("09_circle", "Circles"),
    ("10_adjusted", "Values That Were Adjusted"),
    ("11_person", "Values That People Changed in Odoo"),
    ("12_history", "Stage History"),
    ("13_owner", "Owners without a User"),
    ("14_new", "New at the Source"),
    ("15_gone", "Deleted at the Source"),
    ("16_duplicate", "The Same as Another Record"),
    ("17_user", "Users Who Are Not in the Source"),
    ("18_note", "Notes on How Files Were Read"),
    ("99_other", "Other"),
]
_CODES = {
    "01_source": "broken_source unavailable source_error fewer_than_told corrupt_item "
    "partial_item no_introspection field_missing after_end row_count checksum "
    "missing_file",
    "02_file": "bad_encoding bad_json bad_manifest bad_quotes bomb broken_archive "
    "broken_file cell_too_large duplicate_member empty_file encrypted formula_error "
    "missing_header nested_too_deep not_a_record nul_byte too_many_cells "
    "unclosed_quote unknown_file",
    "03_missing_file": "pending_binary unmappable",
    "04_id": "duplicate_id repeated",
    "05_link": "bad_reference bad_stage unlinked waits target_gone",
    "06_value": "unreadable malformed_date ambiguous_date",
    "07_place": "unplaced unresolved_value no_rate unclear",
    "08_odoo": "error refused failed owner_refused",
    "09_circle": "cycle",
    "10_adjusted": "adjusted assumed contradiction differs moved unfollowed",
    "11_person": "kept_edit conflict",
    "12_history": "history",
    "13_owner": "owner_name owner_archived owner_no_access owner_none",
    "14_new": "new_field new_word",
    "15_gone": "gone_at_source",
    "16_duplicate": "duplicate shared_email",
    "17_user": "user_without_owner",
    "18_note": "encoding overridden totals_row walked",
}
_KIND_OF = {code: kind for kind, codes in _CODES.items() for code in codes.split()}


class MigrationFinding(models.Model):
    """Something wrong with the source: which file, line, field and value, and why."""

    _name = "migration.finding"
    _inherit = "migration.part"
    _description = "Migration Finding"
    _rec_name = "code"
    _order = "severity, id"

    project_id = fields.Many2one(
        "migration.project", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="project_id.company_id", store=True)
    run_id = fields.Many2one(
        "migration.run", index="btree_not_null", ondelete="set null"
    )
    phase = fields.Selection(
        [("stage", "Staging"), ("profile", "Profiling"), ("load", "Loading")],
        required=True,
    )
    severity = fields.Selection(
        [("1_error", "Error"), ("2_warning", "Warning"), ("3_info", "Information")],
        required=True,
    )
    code = fields.Char(required=True, help="What scripts tell findings apart by.")
    kind = fields.Selection(
        KINDS, compute="_compute_kind", store=True, help="What the finding is about."
    )
    source_object = fields.Char()
    external_id = fields.Char("Source ID")
    file = fields.Char()
    line = fields.Integer(aggregator=None)
    field = fields.Char()
    value = fields.Char()
    message = fields.Text(required=True)

    @api.depends("code")
    def _compute_kind(self):
        for finding in self:
            finding.kind = _KIND_OF.get(finding.code, "99_other")
