from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine.load.conflicts import text_of
from ..engine.load.own_value import parse_own

TAKES = [("source", "Take Source"), ("odoo", "Keep Odoo"), ("own", "Own Value")]
#: So many records are decided on at once; more are left to the background.
AT_ONCE = 200


class MigrationConflict(models.Model):
    """A field that source and Odoo both changed: a person decides.

    Nothing is overwritten while it is open. ``*_values`` hold portable values per
    field; several fields where they only make sense together (stage and outcome).
    """

    _name = "migration.conflict"
    _inherit = "migration.part"
    _description = "Migration Conflict"
    _order = "state, object_id, field_name, id"
    _rec_name = "record_name"

    project_id = fields.Many2one(
        "migration.project", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="project_id.company_id", store=True)
    object_id = fields.Many2one(
        "migration.object", required=True, ondelete="cascade", index=True
    )
    crosswalk_id = fields.Many2one(
        "migration.crosswalk", required=True, ondelete="cascade", index=True
    )
    staged_record_id = fields.Many2one(
        "migration.staged.record", ondelete="cascade", index=True
    )
    run_id = fields.Many2one(
        "migration.run", index="btree_not_null", ondelete="set null"
    )
    external_id = fields.Char("Source ID", readonly=True)
    record_name = fields.Char("Record", readonly=True)
    res_model = fields.Char("Model", readonly=True)
    res_id = fields.Many2oneReference(
        "Odoo Record", model_field="res_model", readonly=True
    )
    field_name = fields.Char("Technical Field", required=True, readonly=True)
    field_label = fields.Char("Field", readonly=True)
    base_values = fields.Json(readonly=True)
    source_values = fields.Json(readonly=True)
    odoo_values = fields.Json(readonly=True)
    base_text = fields.Text(
        "Before",
        compute="_compute_texts",
        compute_sudo=True,
        help="What the migration wrote the last time.",
    )
    source_text = fields.Text(
        "Source",
        compute="_compute_texts",
        compute_sudo=True,
        help="What the source says now.",
    )
    odoo_text = fields.Text(
        "In Odoo",
        compute="_compute_texts",
        compute_sudo=True,
        help="What a person put there meanwhile.",
    )
    state = fields.Selection(
        [
            ("open", "To Decide"),
            ("decided", "Decided"),
            ("applied", "Done"),
            ("settled", "Settled by Itself"),
        ],
        required=True,
        default="open",
        readonly=True,
        help="Decided: carried out with the next load. Settled by itself: both sides "
        "agree by now.",
    )
    take = fields.Selection(TAKES, "Decision", readonly=True)
    own_text = fields.Char(
        "Own Value", help="A third value, written into Odoo by “Use Own Value”."
    )
    own_value = fields.Json("Own Value, Read", readonly=True)
    is_by_rule = fields.Boolean("By Rule", readonly=True)
    decided_by = fields.Many2one("res.users", readonly=True)
    decided_on = fields.Datetime(readonly=True)
    applied_run_id = fields.Many2one(
        "migration.run",
        "Carried Out By",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
    )

    _live_uniq = models.UniqueIndex(
        "(crosswalk_id, field_name) WHERE state IN ('open', 'decided')",
        "A field of a record is on the list once.",
    )

    @api.depends("base_values", "source_values", "odoo_values", "res_model")
    @api.depends_context("uid", "tz", "lang")
    def _compute_texts(self):
        """Each reader sees moments in their own time zone, as they type them."""
        for row in self:
            model = self.env.get(row.res_model)
            for word in ("base", "source", "odoo"):
                values = row[f"{word}_values"] or {}
                text = text_of(model, values) if model is not None else ""
                row[f"{word}_text"] = text

    def write(self, vals):
        """Only one's own value is typed in; decisions have their buttons."""
        if not self.env.su and set(vals) - {"own_text"}:
            raise AccessError(self.env._("Conflicts are decided with the buttons."))
        return super().write(vals)

    # -- deciding --------------------------------------------------------------

    def action_take_source(self, background=None):
        """Let what the source says replace what stands in Odoo."""
        return self._decide("source", background)

    def action_keep_odoo(self, background=None):
        """Leave what stands in Odoo, until the source changes again."""
        return self._decide("odoo", background)

    def action_use_own(self, background=None):
        """Write the value that a person typed in, one for each conflict.

        :raise UserError: when there is none, or it cannot be read
        """
        for conflict in self._undecided():
            value = parse_own(
                self.env[conflict.res_model],
                conflict.field_name,
                conflict.own_text,
                conflict.project_id,
            )
            conflict.sudo().own_value = value
        return self._decide("own", background)

    def action_always_source(self, background=None):
        """Remember for these fields: the source is right, now and in future."""
        return self._always("source", background)

    def action_always_odoo(self, background=None):
        """Remember for these fields: Odoo is right, now and in future."""
        return self._always("odoo", background)

    def _undecided(self):
        """Return those to decide on, after the checks."""
        for project in self.project_id:
            project._check_operator("decide")
        found = self.filtered(lambda row: row.state in ("open", "decided"))
        if not found:
            raise UserError(
                self.env._(
                    "Tick the conflicts that are to be decided, then press again."
                )
            )
        return found

    def _decide(self, take, background):
        conflicts = self._undecided()
        conflicts._note_decision(take)
        return conflicts._carry_out(background)

    def _note_decision(self, take, **vals):
        self.sudo().write(
            {
                "take": take,
                "state": "decided",
                "decided_by": self.env.uid,
                "decided_on": fields.Datetime.now(),
            }
            | vals
        )
        for project, group in self.grouped("project_id").items():
            word = dict(self._fields["take"]._description_selection(self.env))[take]
            self.env["migration.log"]._record(
                project,
                self.env["migration.run"],
                [
                    {
                        "operation": "decide",
                        "source_object": row.object_id.name,
                        "external_id": row.external_id,
                        "res_model": row.res_model,
                        "res_id": row.res_id,
                        "message": f"{row.field_label}: {word}",
                    }
                    for row in group
                ],
            )

    def _always(self, take, background):
        chosen = self._undecided()
        everything = chosen.browse()
        for row in chosen:
            key = [
                ("object_id", "=", row.object_id.id),
                ("res_model", "=", row.res_model),
                ("field_name", "=", row.field_name),
            ]
            rules = self.env["migration.conflict.rule"].sudo()
            rule = rules.search(key, limit=1)
            vals = {"take": take, "user_id": self.env.uid}
            if rule:
                rule.write(vals)
            else:
                names = {name: value for name, _operator, value in key}
                rules.create(vals | names | {"field_label": row.field_label})
            everything |= self.search([*key, ("state", "in", ("open", "decided"))])
        everything._note_decision(take, is_by_rule=True)
        return everything._carry_out(background)

    def _carry_out(self, background):
        """Write the decisions now; while a run is at work, the next load does it."""
        result = True
        for project in self.project_id:
            if project.running_id:
                result = project._notify(
                    self.env._(
                        "Decided. It is written when the present run has ended."
                    ),
                    "info",
                )
                continue
            many = len(self) > AT_ONCE if background is None else background
            result = project._start(["decide", "verify"], many, is_light=True)
            if background is None and not many:
                # the rows leave the list: say where they went
                text = self.env._("Decided and carried out: %s.", len(self))
                result = project._notify(text, "success")
        return result

    def action_open_target(self):
        """Open the Odoo record."""
        self.ensure_one()
        return self.crosswalk_id.action_open_target()

    @api.depends("record_name", "field_label")
    def _compute_display_name(self):
        for conflict in self:
            conflict.display_name = f"{conflict.record_name}: {conflict.field_label}"


class MigrationConflictRule(models.Model):
    """Which side is right for one field of one object, without asking each time."""

    _name = "migration.conflict.rule"
    _inherit = "migration.part"
    _description = "Migration Conflict Rule"
    _rec_name = "field_label"
    _order = "object_id, field_name"

    object_id = fields.Many2one(
        "migration.object", required=True, ondelete="cascade", index=True
    )
    project_id = fields.Many2one(related="object_id.project_id", store=True, index=True)
    company_id = fields.Many2one(related="project_id.company_id", store=True)
    res_model = fields.Char("Model", required=True, readonly=True)
    field_name = fields.Char("Technical Field", required=True, readonly=True)
    field_label = fields.Char("Field", readonly=True)
    take = fields.Selection(
        [("source", "Always Take Source"), ("odoo", "Always Keep Odoo")],
        "Rule",
        required=True,
    )
    user_id = fields.Many2one("res.users", "Decided By", readonly=True)

    _field_uniq = models.UniqueIndex(
        "(object_id, res_model, field_name)", "A field has one rule."
    )
