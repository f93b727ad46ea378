from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine.match.compare import comparison
from ..engine.match.rules import rule_selection

#: Decisions that a person made, or has to make.
DECISIONS = [
    ("open", "Waits for You"),
    ("auto", "Same, by Rule"),
    ("take", "Same"),
    ("new", "Not the Same"),
    ("leave", "Leave Out"),
]


class MigrationMatch(models.Model):
    """A staged record that may be one that is there already, and the decision.

    While it is open the record waits: nothing is merged by guessing.
    """

    _name = "migration.match"
    _inherit = "migration.part"
    _description = "Migration Duplicate"
    _rec_name = "staged_record_id"
    _order = "score desc, id"

    project_id = fields.Many2one(
        "migration.project", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="project_id.company_id", store=True)
    object_id = fields.Many2one("migration.object", index=True, ondelete="cascade")
    staged_record_id = fields.Many2one(
        "migration.staged.record", "Record", required=True, ondelete="cascade"
    )
    external_id = fields.Char(related="staged_record_id.external_id")
    bucket = fields.Selection(related="staged_record_id.state", string="Bucket")
    rule = fields.Selection(
        selection=lambda self: rule_selection(self.env), string="Same"
    )
    score = fields.Integer(aggregator=None, help="Strength of the evidence, to 100.")
    evidence = fields.Char(help="What is the same.")
    state = fields.Selection(
        DECISIONS, "Decision", required=True, default="open", readonly=True
    )
    candidate_ids = fields.One2many("migration.match.candidate", "match_id")
    candidate_id = fields.Many2one(
        "migration.match.candidate",
        "Same As",
        domain="[('match_id', '=', id)]",
        index="btree_not_null",
        ondelete="set null",
    )
    candidate_count = fields.Integer("Candidates", compute="_compute_candidate_count")
    comparison = fields.Html(compute="_compute_comparison", sanitize=False)
    decided_by_id = fields.Many2one("res.users", readonly=True)
    decided_on = fields.Datetime(readonly=True)

    _staged_uniq = models.UniqueIndex(
        "(staged_record_id)", "A record is decided on once."
    )
    _project_state_idx = models.Index("(project_id, state)")

    @api.depends("candidate_ids")
    def _compute_candidate_count(self):
        for match in self:
            match.candidate_count = len(match.candidate_ids)

    @api.depends("candidate_ids", "staged_record_id")
    def _compute_comparison(self):
        for match in self:
            match.comparison = comparison(match)

    def write(self, vals):
        """People choose the candidate; the buttons record the decision."""
        if not self.env.su and set(vals) - {"candidate_id"}:
            raise UserError(self.env._("Decide with the buttons."))
        self._check_candidate(vals)
        return super().write(vals)

    def _check_candidate(self, vals):
        if not vals.get("candidate_id"):
            return
        candidate = self.env["migration.match.candidate"].browse(vals["candidate_id"])
        if self - candidate.match_id:
            raise UserError(self.env._("That is a candidate of another record."))

    def action_take(self):
        """It is the same: the record joins the candidate, the first unless chosen."""
        for match in self:
            best = match.candidate_id or match.candidate_ids[:1]
            match._decide("take", best)
        return True

    def action_new(self):
        """It is not the same: the record gets one of its own."""
        self._decide("new")
        return True

    def action_leave_out(self):
        """The record is not loaded at all."""
        self._decide("leave")
        return True

    def action_reopen(self):
        """Let the record wait again."""
        self._decide("open")
        return True

    def _decide(self, state, candidate=None):
        for project in self.project_id:
            project._check_operator("stage")
        self.check_access("write")
        loaded = self.staged_record_id._target_records()
        for match in self:
            if match.staged_record_id.id in loaded:
                raise UserError(
                    self.env._(
                        "“%s” was loaded already: roll it back to decide again.",
                        match.staged_record_id.display_name,
                    )
                )
        vals = {
            "state": state,
            "decided_by_id": self.env.uid if state != "open" else False,
            "decided_on": fields.Datetime.now() if state != "open" else False,
        }
        if candidate:
            vals["candidate_id"] = candidate.id
        self.sudo().write(vals)
        self.sudo().staged_record_id.filtered(
            lambda record: record.reason_code in ("waits", "left_out")
        )._set_bucket("pending")
        for project, group in self.sudo().grouped("project_id").items():
            self.env["migration.log"].sudo()._record(
                project,
                self.env["migration.run"],
                [match._log_row(state) for match in group],
            )

    def _log_row(self, state):
        label = dict(self._fields["state"]._description_selection(self.env))[state]
        name = self.candidate_id.display_name if state == "take" else ""
        return {
            "operation": "decide",
            "source_object": self.object_id.name,
            "external_id": self.external_id,
            "message": f"{label} {name or ''}".strip(),
        }


class MigrationMatchCandidate(models.Model):
    """What a staged record may be the same as: in Odoo, or in the source."""

    _name = "migration.match.candidate"
    _inherit = "migration.part"
    _description = "Migration Duplicate Candidate"
    _order = "id"

    match_id = fields.Many2one(
        "migration.match", required=True, ondelete="cascade", index=True
    )
    project_id = fields.Many2one(related="match_id.project_id", store=True)
    company_id = fields.Many2one(related="match_id.company_id", store=True)
    name = fields.Char(required=True)
    res_model = fields.Char("Model")
    res_id = fields.Many2oneReference("Odoo Record", model_field="res_model")
    staged_record_id = fields.Many2one(
        "migration.staged.record", index="btree_not_null", ondelete="cascade"
    )

    @api.depends("name", "res_model")
    def _compute_display_name(self):
        for candidate in self:
            where = (
                self.env._("in Odoo")
                if candidate.res_model
                else self.env._("in the source")
            )
            candidate.display_name = f"{candidate.name} ({where})"

    def action_open(self):
        """Open the candidate where it is: in Odoo, or among the staged records."""
        self.ensure_one()
        model, res_id = self.res_model, self.res_id
        if not model:
            model, res_id = self.staged_record_id._name, self.staged_record_id.id
        return {
            "type": "ir.actions.act_window",
            "res_model": model,
            "res_id": res_id,
            "views": [(False, "form")],
        }
