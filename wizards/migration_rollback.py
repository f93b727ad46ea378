import base64

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine.undo.plan import KEEPS
from ..engine.undo.scope import WRITING, Scope
from ..tools.export import csv_bytes

#: Reasons that the wizard lists, the most frequent ones.
REASONS = 10


class MigrationRollbackWizard(models.TransientModel):
    """Show what a rollback would do, with reasons, before it starts."""

    _name = "migration.rollback.wizard"
    _description = "Roll Back a Migration"

    project_id = fields.Many2one("migration.project", required=True, readonly=True)
    is_following = fields.Boolean(related="project_id.is_following")
    scope = fields.Selection(
        [
            ("whole", "The Whole Project"),
            ("run", "One Run"),
            ("objects", "Objects"),
            ("records", "Selected Records"),
        ],
        "Roll Back",
        required=True,
        default="whole",
        help="What is not named here stays, and keeps what it refers to.",
    )
    run_id = fields.Many2one(
        "migration.run",
        "Run",
        domain=lambda self: [("kind", "in", WRITING), ("state", "!=", "queued")],
        help="What it created goes; what it updated gets its former values back. The "
        "runs that were started together with it go with it.",
    )
    run_ids = fields.Many2many("migration.run", string="Runs", readonly=True)
    object_ids = fields.Many2many("migration.object", string="Objects")
    staged_ids = fields.Many2many("migration.staged.record", readonly=True)
    link_ids = fields.Many2many("migration.crosswalk", readonly=True)
    selected_count = fields.Integer(compute="_compute_selected_count")
    is_wide = fields.Boolean(
        "Also What Refers to Them",
        help="Takes along what was migrated and refers to the records, and what refers "
        "to that. Without it they stay as long as something that stays refers to them.",
    )
    is_chosen = fields.Boolean(compute="_compute_is_chosen")
    is_planned = fields.Boolean(compute="_compute_is_planned")
    planned_scope = fields.Json(readonly=True)
    planned_label = fields.Char("Planned for", readonly=True)
    has_lines = fields.Boolean(readonly=True)
    does_anything = fields.Boolean(
        readonly=True, help="Whether the plan does more than keep what is there."
    )
    explanation = fields.Text(
        readonly=True, help="Why the plan does less than one might expect."
    )
    delete_count = fields.Integer("To Delete", readonly=True)
    edited_count = fields.Integer("Kept: Edited Since", readonly=True)
    referenced_count = fields.Integer("Kept: Others Refer to Them", readonly=True)
    restore_count = fields.Integer("Given Back: Existed Before", readonly=True)
    revert_count = fields.Integer("Given Back: Updated by the Run", readonly=True)
    release_count = fields.Integer("Untouched: Existed Before", readonly=True)
    object_line_ids = fields.One2many(
        "migration.rollback.wizard.object", "wizard_id", readonly=True
    )
    reason_line_ids = fields.One2many(
        "migration.rollback.wizard.reason", "wizard_id", readonly=True
    )
    plan_table = fields.Binary(compute="_compute_plan_table")
    plan_table_name = fields.Char(compute="_compute_plan_table")

    @api.model_create_multi
    def create(self, vals_list):
        """The plan is made when the wizard opens, so that its counts are today's."""
        wizards = super().create(vals_list)
        for wizard in wizards:
            if wizard.run_ids and not wizard.run_id:
                writing = wizard.run_ids.filtered(lambda run: run.kind in WRITING)
                wizard.run_id = writing.sorted("id")[:1]
            wizard._plan()
        return wizards

    @api.depends("staged_ids", "link_ids")
    def _compute_selected_count(self):
        for wizard in self:
            wizard.selected_count = len(wizard.staged_ids) + len(wizard.link_ids)

    @api.depends(
        "scope", "run_id", "object_ids", "is_wide", "planned_scope", "project_id"
    )
    def _compute_is_planned(self):
        for wizard in self:
            wizard.is_planned = (
                bool(wizard.planned_scope) and wizard._spec() == wizard.planned_scope
            )

    @api.depends("scope", "run_id", "object_ids", "staged_ids", "link_ids")
    def _compute_is_chosen(self):
        for wizard in self:
            chosen = {
                "whole": True,
                "run": wizard.run_id,
                "objects": wizard.object_ids,
                "records": wizard.selected_count,
            }
            wizard.is_chosen = bool(chosen[wizard.scope])

    def _spec(self):
        """Return the scope as the plan has it, see ``engine/undo/scope.py``."""
        spec = {"kind": self.scope}
        if self.scope == "run":
            run = self.run_id._origin
            spec["run_ids"] = sorted(run._together().ids) if run else []
        elif self.scope == "objects":
            spec["object_ids"] = sorted(self.object_ids._origin.ids)
        elif self.scope == "records":
            spec["staged_ids"] = sorted(self.staged_ids._origin.ids)
            spec["link_ids"] = sorted(self.link_ids._origin.ids)
        if self.is_wide and self.scope != "whole":
            spec["is_wide"] = True
        return spec

    def _plan(self):
        """Plan for the scope and write down what the plan says."""
        spec, project = self._spec(), self.project_id
        fates = project.action_plan_rollback(spec)
        scope = Scope(project, spec)
        does_anything = bool({*fates} - {*KEEPS})
        self.write(
            {
                "planned_scope": spec,
                "planned_label": scope.label(),
                "has_lines": bool(fates),
                "does_anything": does_anything,
                "explanation": self._explain(scope, bool(fates), does_anything),
                "delete_count": fates.get("delete", 0),
                "edited_count": fates.get("keep_edited", 0),
                "referenced_count": fates.get("keep_referenced", 0),
                "restore_count": fates.get("restore", 0),
                "revert_count": fates.get("revert", 0) + fates.get("reload", 0),
                "release_count": fates.get("release", 0) + fates.get("gone", 0),
                "object_line_ids": [(5,), *((0, 0, row) for row in self._by_object())],
                "reason_line_ids": [(5,), *((0, 0, row) for row in self._reasons())],
            }
        )

    def _explain(self, scope, has_lines, does_anything):
        """Return why the plan does nothing, or not all that one might expect."""
        parts = []
        schema = self.link_ids.filtered(
            lambda link: (link.source_object or "").startswith("schema:")
        )
        if scope.kind == "records" and schema:
            parts.append(
                self.env._(
                    "Teams, stages, tags and fields go with the whole project only: "
                    "%s of the selected rows are left out.",
                    len(schema),
                )
            )
        elif not has_lines:
            parts.append(self._explain_nothing())
        elif not does_anything:
            parts.append(self.env._("Everything is kept: the reasons are below."))
        if scope.is_before_book():
            parts.append(
                self.env._(
                    "The run is from a time when it was not noted yet what a run "
                    "overwrites. What it created is known and can go; what it updated "
                    "in records that were there before it is not known, and stays. To "
                    "take that back as well, roll back the whole project."
                )
            )
        return "\n".join(parts)

    def _explain_nothing(self):
        return {
            "whole": self.env._("Nothing in Odoo is by this migration."),
            "run": self.env._(
                "Nothing is left of what this run did: it created and updated nothing, "
                "or that was rolled back or deleted since."
            ),
            "objects": self.env._("Nothing in Odoo is by these objects."),
            "records": self.env._(
                "Nothing in Odoo is by the selected records: they were never loaded, "
                "or were rolled back since."
            ),
        }[self.scope]

    def _by_object(self):
        """Return the counts of every fate by object, in the order of loading."""
        lines = self.env["migration.rollback.line"]
        rows = {}
        for name, fate, number in lines._read_group(
            [("project_id", "=", self.project_id.id)],
            ["source_object", "fate"],
            ["__count"],
        ):
            label = self._label(name or "")
            row = rows.setdefault(label, {"name": label})
            word = _COLUMNS[fate]
            row[word] = row.get(word, 0) + number
        order = {obj.label: obj.sequence for obj in self.project_id.object_ids}
        return sorted(rows.values(), key=lambda row: order.get(row["name"], 9999))

    def _label(self, name):
        """Return what a person calls the object of a line."""
        if name.startswith("schema:"):
            return self.env._("Schema")
        known = self.project_id._object(name)
        parts = name.removeprefix("history:").rpartition(":")
        return (known or self.project_id._object(parts[0] or parts[2])).label or name

    def _reasons(self):
        """Return the most frequent reasons; numbers in them are left out."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT fate, regexp_replace(reason, '[0-9]+', '…', 'g') AS why,"
                " count(*) AS number FROM migration_rollback_line"
                " WHERE project_id = %s AND reason <> '' GROUP BY 1, 2"
                " ORDER BY number DESC, why LIMIT %s",
                self.project_id.id,
                REASONS,
            )
        )
        return [
            {"fate": fate, "reason": why, "number": number}
            for fate, why, number in rows
        ]

    def _compute_plan_table(self):
        for wizard in self:
            wizard.plan_table = base64.b64encode(wizard._as_csv())
            name = self.env._("Rollback Plan of %s", wizard.project_id.name)
            wizard.plan_table_name = f"{name}.csv".replace("/", "-")

    def _as_csv(self):
        """Return the plan as a table, one line a record."""
        lines = self.env["migration.rollback.line"].search(
            [("project_id", "=", self.project_id.id)], order="fate, id"
        )
        names = ["fate", "source_object", "external_id", "record_name", "res_model"]
        names += ["res_id", "reason", "state"]
        words = lines.fields_get(names, ["string", "selection"])
        header = [words[name]["string"] for name in names]
        fates, states = (dict(words[name]["selection"]) for name in ("fate", "state"))
        return csv_bytes(
            header,
            (
                (fates[line.fate], *(line[name] for name in names[1:-1]))
                + (states[line.state],)
                for line in lines
            ),
        )

    def _check_planned(self):
        """Refuse to go on with a plan that is of something else."""
        self.ensure_one()
        if not self.is_planned or self.project_id.rollback_scope != self.planned_scope:
            raise UserError(
                self.env._("The plan is of something else by now: preview it again.")
            )

    def _reopen(self):
        title = self.env._("Roll Back a Migration")
        return self.project_id._dialog(self._name, title, self.id)

    def action_plan(self):
        """Plan for the scope that is chosen now and show it."""
        self.ensure_one()
        self._plan()
        return self._reopen()

    def action_open_staged(self):
        """Open the list in which records can be ticked."""
        self.ensure_one()
        return self.project_id.action_open_staged()

    def action_open_plan(self):
        """Open the plan, record by record."""
        self._check_planned()
        return self.project_id._open(
            "migration_rollback_line_action", search_default_by_fate=1
        )

    def action_download(self):
        """Download the plan as CSV."""
        self._check_planned()
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/plan_table"
            "?download=true&filename_field=plan_table_name",
            "target": "self",
        }

    def action_rollback(self):
        """Undo in the background.

        :raise UserError: when the plan does nothing, or is of something else by now
        """
        self._check_planned()
        if not self.project_id._goes_by_plan():
            raise UserError(
                self.env._("Nothing would be rolled back: the plan says why.")
            )
        return self.project_id.action_rollback(scope=self.planned_scope)


class MigrationRollbackWizardObject(models.TransientModel):
    """The fates of the records of one object."""

    _name = "migration.rollback.wizard.object"
    _description = "Rollback of an Object"

    wizard_id = fields.Many2one(
        "migration.rollback.wizard", required=True, ondelete="cascade", index=True
    )
    name = fields.Char("Object", readonly=True)
    delete_count = fields.Integer("Delete", readonly=True)
    edited_count = fields.Integer("Kept, Edited", readonly=True)
    referenced_count = fields.Integer("Kept, in Use", readonly=True)
    restore_count = fields.Integer("Given Back", readonly=True)
    release_count = fields.Integer("Left Alone", readonly=True)


class MigrationRollbackWizardReason(models.TransientModel):
    """One reason of the plan, and how many records it is given for."""

    _name = "migration.rollback.wizard.reason"
    _description = "Reason in a Rollback Plan"

    wizard_id = fields.Many2one(
        "migration.rollback.wizard", required=True, ondelete="cascade", index=True
    )
    fate = fields.Selection(
        selection=lambda self: self.env["migration.rollback.line"]
        ._fields["fate"]
        ._description_selection(self.env),
        readonly=True,
    )
    reason = fields.Char(readonly=True)
    number = fields.Integer("Records", readonly=True)


#: Column of the summary that counts a fate.
_COLUMNS = {
    "delete": "delete_count",
    "keep_edited": "edited_count",
    "keep_referenced": "referenced_count",
    "restore": "restore_count",
    "revert": "restore_count",
    "reload": "restore_count",
    "release": "release_count",
    "gone": "release_count",
}
