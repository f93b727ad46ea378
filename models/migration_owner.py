from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine.owners.users import opaque_id

#: Ways of matching that a person chose: nothing but a person changes them.
DECIDED = ("manual", "fallback")
#: Ways of matching that a person should look at.
OPEN = ("name", "archived", "no_access", "none")


class MigrationOwner(models.Model):
    """One owner, coach or author of the source, and the Odoo user found for it."""

    _name = "migration.owner"
    _inherit = "migration.part"
    _description = "Migration Owner"
    _order = "is_open desc, deal_count desc, open_value desc, record_count desc, name"

    project_id = fields.Many2one(
        "migration.project", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="project_id.company_id", store=True)
    key = fields.Char(required=True, readonly=True, help="Folded source value.")
    alias_keys = fields.Json(
        readonly=True, help="Every folded value that means this owner: e-mail, name."
    )
    name = fields.Char(
        "Name or ID", readonly=True, help="What the source's records call the owner."
    )
    label = fields.Char(
        "Owner",
        compute="_compute_label",
        help="The name; of an owner whom the source does not describe, the id.",
    )
    email = fields.Char(readonly=True)
    source_status = fields.Char(readonly=True)
    record_count = fields.Integer(
        "Records", readonly=True, help="Source records that name this owner."
    )
    deal_count = fields.Integer(
        "Open Deals", readonly=True, help="Deals of this owner that are not closed yet."
    )
    open_value = fields.Monetary(
        readonly=True,
        help="What the open deals are worth, in the company's currency.",
    )
    value_note = fields.Char(
        "Other Currencies",
        readonly=True,
        help="Amounts for which Odoo has no rate: they are in no sum.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    method = fields.Selection(
        [
            ("email", "Matched by E-mail"),
            ("alias", "Matched by Another E-mail"),
            ("name", "Same Name: Please Confirm"),
            ("manual", "Chosen by Hand"),
            ("fallback", "Fallback, by Decision"),
            ("archived", "User Archived"),
            ("no_access", "No Access to the Company"),
            ("none", "No Such User"),
        ],
        required=True,
        default="none",
        readonly=True,
    )
    is_open = fields.Boolean(
        "To Decide",
        compute="_compute_is_open",
        store=True,
        help="A person should look at this owner before the full run.",
    )
    hint = fields.Char(
        readonly=True, help="Whom the search came across, and why that is no match."
    )
    proposed_user_id = fields.Many2one(
        "res.users",
        "Proposal",
        readonly=True,
        help="The user who is most alike by name or e-mail. Nothing is given to a "
        "proposed user before a person takes the proposal.",
    )
    proposed_score = fields.Integer(
        "Likeness", readonly=True, aggregator=None, help="0 to 100."
    )
    advice = fields.Char(
        "What Happens", compute="_compute_advice", help="What you may do about it."
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

    @api.depends("name", "email")
    def _compute_label(self):
        for owner in self:
            opaque = opaque_id(owner.name or "")
            owner.label = (
                owner.email or self.env._("Not described by the source (%s)", opaque)
                if opaque
                else owner.name or owner.email
            )

    @api.depends("method", "record_count")
    def _compute_is_open(self):
        for owner in self:
            owner.is_open = bool(owner.record_count) and owner.method in OPEN

    @api.depends(
        "method",
        "record_count",
        "hint",
        "user_id",
        "value_note",
        "project_id.fallback_user_id",
    )
    def _compute_advice(self):
        for owner in self:
            # an amount that is in no sum must not be overlooked
            sentences = [owner._advice(), owner.value_note]
            owner.advice = " ".join(filter(None, sentences))

    def _advice(self):
        """Say in a sentence who gets the records, and what else could be done."""
        names = {
            "count": self.record_count,
            "user": self.user_id.name,
            "fallback": self.project_id.fallback_user_id.name,
            "hint": self.hint or "",
        }
        if not self.record_count:
            return self.env._("No record names this owner.")
        return {
            "name": self.env._(
                "Only the name says it is %(user)s: confirm, or choose another user.",
                **names,
            ),
            "archived": self.env._(
                "%(fallback)s gets the records: %(hint)s is archived. Choose a user, "
                "or reactivate this one.",
                **names,
            ),
            "no_access": self.env._(
                "%(fallback)s gets the records: %(hint)s may not work in this company. "
                "Choose a user, or give access.",
                **names,
            ),
            "none": self.env._(
                "%(fallback)s gets the records. Choose a user, or create one with "
                "this e-mail. %(hint)s",
                **names,
            ).strip(),
            "fallback": self.env._("%(fallback)s gets the records.", **names),
        }.get(self.method) or self.env._("%(user)s gets the records.", **names)

    def _is_decided(self):
        """Return whether a person has settled who gets the records."""
        return self.method in DECIDED

    def write(self, vals):
        """A user chosen by hand stays chosen when the source is profiled again."""
        if "user_id" in vals and "method" not in vals:
            vals = dict(vals, method="manual" if vals["user_id"] else "none")
        return super().write(vals)

    # -- deciding --------------------------------------------------------------

    def _check_listed(self):
        if not self:
            raise UserError(self.env._("Tick the owners in the list first."))

    def action_confirm(self):
        """Agree to users who were found by their name alone."""
        self._check_listed()
        for owner in self.filtered(lambda row: row.user_id and row.method == "name"):
            owner.user_id = owner.user_id
        return True

    def action_take_proposal(self):
        """Give the records to the proposed users."""
        self._check_listed()
        for owner in self.filtered("proposed_user_id"):
            owner.user_id = owner.proposed_user_id
        return True

    def action_use_fallback(self):
        """Settle that the fallback user gets the records."""
        self._check_listed()
        self.write({"user_id": False, "method": "fallback"})
        return True

    def action_open_match(self):
        """Ask for the one user who gets the records of all these owners."""
        self._check_listed()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Match to a User"),
            "res_model": "migration.owner.wizard",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_owner_ids": self.ids},
        }

    # -- the project's buttons ---------------------------------------------------

    @api.model
    def _board_project(self):
        """Return the project whose board is open."""
        project_id = self.env.context.get("default_project_id")
        project = self.env["migration.project"].browse(project_id) or self.project_id
        if len(project) != 1:
            raise UserError(
                self.env._("Open the owners of one project: from its own page.")
            )
        return project

    @api.model
    def action_match_again(self):
        """Look for users who were created or reactivated meanwhile."""
        return self._board_project().action_match_owners()

    @api.model
    def action_apply(self):
        """Give loaded records to the users that the board says now."""
        return self._board_project().action_apply_owners()

    @api.model
    def action_download_report(self):
        """Download the board, the records to clean up and the users of Odoo."""
        return self._board_project().action_download_owners()

    @api.model
    def action_download_table(self):
        """Download the board as CSV."""
        return self._board_project().action_download_owner_table()
