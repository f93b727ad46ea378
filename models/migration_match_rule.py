from odoo import fields, models

from ..engine.match.rules import RULES, rule_selection


class MigrationMatchRule(models.Model):
    """When two records are held to be the same person or company, and what then.

    The rules are tried in order; the first one by which anything is found decides.
    """

    _name = "migration.match.rule"
    _inherit = "migration.part"
    _description = "Migration Duplicate Rule"
    _rec_name = "key"
    _order = "sequence, id"

    project_id = fields.Many2one(
        "migration.project", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="project_id.company_id", store=True)
    sequence = fields.Integer()
    key = fields.Selection(
        selection=lambda self: rule_selection(self.env), string="Same", required=True
    )
    action = fields.Selection(
        [
            ("merge", "Merge, Ask if There Are Several"),
            ("ask", "Ask"),
            ("apart", "Keep Apart"),
        ],
        "Then",
        required=True,
        help="Merge: one record in Odoo. Its empty fields are filled, what it has "
        "stays, and differing values are reported. Ask: the record waits until "
        "somebody decides. Keep apart: a record of its own, and no later rule is "
        "tried.",
    )

    _project_key_uniq = models.UniqueIndex(
        "(project_id, key)", "Each duplicate rule is listed once in a project."
    )

    def _defaults(self):
        """Return the rules of a new project, as commands."""
        return [
            fields.Command.create({"sequence": 10 * number, "key": key, "action": act})
            for number, (key, (_label, act, _score)) in enumerate(RULES.items(), 1)
        ]
