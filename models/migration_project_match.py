from odoo import api, fields, models

from ..engine.match.find import Matcher


class MigrationProject(models.Model):
    """What a project does about records that may be the same."""

    _inherit = "migration.project"

    match_rule_ids = fields.One2many(
        "migration.match.rule",
        "project_id",
        "Duplicate Rules",
        default=lambda self: self.env["migration.match.rule"]._defaults(),
        copy=True,
        help="Tried in order for each contact before it is loaded, among the source's "
        "own records and those that are in Odoo already; the first rule by which "
        "anything is found decides. As it comes: the same tax id, or the same e-mail "
        "and name, is one record. Of a record that was in Odoo before only empty "
        "fields are filled, and a rollback empties them again. What else looks alike, "
        "such as another name with an e-mail that Odoo knows, waits for your decision. "
        "Two records of the source with two names and one e-mail stay two people.",
    )
    families = fields.Selection(
        [("parent", "A Contact above Its Members"), ("company", "A Company")],
        required=True,
        default="parent",
        help="The Practice groups clients in organizations and in families. A family "
        "is no company: its members stand under a plain contact. As a company it has "
        "a tax id, and its members share it.",
    )
    match_ids = fields.One2many("migration.match", "project_id")
    waiting_count = fields.Integer(
        "Possible Duplicates",
        compute="_compute_waiting_count",
        help="Records that wait until somebody decides whether they are duplicates.",
    )
    match_count = fields.Integer("Duplicates", compute="_compute_waiting_count")

    @api.depends("match_ids.state")
    def _compute_waiting_count(self):
        open_only = [("state", "=", "open")]
        waiting = self._count_by_project("migration.match", open_only)
        found = self._count_by_project("migration.match")
        for project in self:
            project.waiting_count = waiting.get(project._origin, 0)
            project.match_count = found.get(project._origin, 0)

    @api.depends("waiting_count")
    def _compute_next_step(self):
        """A decision that is due stands before what comes next."""
        result = super()._compute_next_step()
        for project in self:
            is_idle = not project.running_id and project.staged_count
            if project.waiting_count and is_idle:
                project.next_step = self.env._(
                    "Possible duplicates that wait for your decision: %(count)s. The "
                    "others move without them. %(next)s",
                    count=project.waiting_count,
                    next=project.next_step,
                )
        return result

    def action_find_matches(self):
        """Look for duplicates by the project's rules; nothing is loaded.

        :return: the action that opens the list
        """
        self.ensure_one()
        self._check_operator("stage")
        self._check_map()
        Matcher(self.sudo()).find()
        return self.action_open_matches()

    def action_open_matches(self):
        """Open the list of duplicates, those first that wait."""
        context = {"search_default_open": 1} if self.waiting_count else {}
        return self._open("migration_match_action", **context)
