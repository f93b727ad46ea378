from odoo import api, fields, models

from ..engine.targets import TARGETS
from .migration_staged_record import BUCKETS


class MigrationObject(models.Model):
    """One kind of source record (contacts, deals, ...) within a project."""

    _name = "migration.object"
    _inherit = "migration.part"
    _description = "Migration Object"
    _order = "sequence, id"

    project_id = fields.Many2one(
        "migration.project", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="project_id.company_id", store=True)
    name = fields.Char("Technical Name", required=True, readonly=True)
    label = fields.Char(required=True, readonly=True)
    sequence = fields.Integer(readonly=True, help="Load order: parents first.")
    target = fields.Selection(
        selection="_selection_target",
        readonly=True,
        help="What the records become in Odoo. Empty: staged and shown, not loaded.",
    )
    target_model = fields.Char(
        "Custom Model",
        readonly=True,
        help="Technical name of the custom model that is made for these records.",
    )
    source_files = fields.Char(readonly=True, help="Where the records came from.")
    field_names = fields.Json(readonly=True, help="Header of the source, in order.")
    refused_count = fields.Integer(
        "Refused Rows",
        readonly=True,
        help="Rows of the source that could not be read, and so are not staged.",
    )
    problem = fields.Char(
        readonly=True, help="Why the newest upload of this object is not whole."
    )
    watermark = fields.Datetime(
        readonly=True,
        help="Newest change that a complete pull delivered: changes are asked for "
        "from there on.",
    )
    mapping_line_ids = fields.One2many("migration.mapping.line", "object_id")
    staged_record_ids = fields.One2many("migration.staged.record", "object_id")
    staged_count = fields.Integer(compute="_compute_counts")
    pending_count = fields.Integer(compute="_compute_counts")
    failed_count = fields.Integer(compute="_compute_counts")
    loaded_count = fields.Integer(
        compute="_compute_counts", help="Created, updated, unchanged or merged."
    )
    excluded_count = fields.Integer(compute="_compute_counts")
    unconfirmed_count = fields.Integer("Unconfirmed Lines", compute="_compute_counts")

    _project_name_uniq = models.UniqueIndex(
        "(project_id, name)", "A project has each source object only once."
    )

    @api.model
    def _selection_target(self):
        return [(key, self.env._(target.label)) for key, target in TARGETS.items()]

    @api.depends("staged_record_ids.state", "mapping_line_ids.is_confirmed")
    def _compute_counts(self):
        counts = self._bucket_counts()
        unconfirmed = dict(
            self.env["migration.mapping.line"]._read_group(
                [("object_id", "in", self.ids), ("is_confirmed", "=", False)],
                ["object_id"],
                ["__count"],
            )
        )
        for record in self:
            bucket = counts.get(record._origin.id, {})
            record.staged_count = sum(bucket.values())
            record.pending_count = bucket.get("pending", 0)
            record.excluded_count = bucket.get("excluded", 0)
            record.failed_count = bucket.get("failed", 0)
            record.loaded_count = sum(
                bucket.get(state, 0)
                for state in ("created", "updated", "unchanged", "merged")
            )
            record.unconfirmed_count = unconfirmed.get(record._origin, 0)

    def _bucket_counts(self):
        """Return ``{object id: {bucket: number of staged records}}``."""
        counts = {record_id: dict.fromkeys(BUCKETS, 0) for record_id in self.ids}
        groups = self.env["migration.staged.record"]._read_group(
            [("object_id", "in", self.ids)], ["object_id", "state"], ["__count"]
        )
        for obj, state, number in groups:
            counts[obj.id][state] = number
        return counts

    def _spec(self):
        """Return the preset's description of this object (empty if it has none)."""
        self.ensure_one()
        return self.project_id._object_spec(self.name)

    def _is_split(self):
        """Return whether its records are staged by kind, each kind as an object."""
        self.ensure_one()
        return "split" in self._spec() and ":" not in self.name

    def _why_not_loaded(self):
        """Return why records without a target stay in staging."""
        self.ensure_one()
        if self.choice == "out":
            return self.env._("Left out by decision.")
        if self._is_split():
            return self.env._("The record does not say what it is a record of.")
        return self._spec().get("excluded") or self.env._(
            "The preset does not say where these records go."
        )

    def _target_model(self):
        """Return the name of the Odoo model that records (usually) become."""
        self.ensure_one()
        target = TARGETS.get(self.target)
        return self.target_model or (target.main_model(self.env) if target else False)

    def _target_models(self):
        """Return ``{model: relation_fields}`` of all that records become."""
        self.ensure_one()
        target = TARGETS[self.target]
        if self.target_model:
            return {self.target_model: target.relation_fields}
        return target.models()

    def _field_models(self):
        """Return the models that may carry custom fields of the records, or none."""
        self.ensure_one()
        return TARGETS[self.target].possible_models(self)

    def _target_fields(self):
        """Return the fields of that model, none while it is still to be made."""
        model = self._target_model()
        return self.env[model]._fields if model in self.env else {}

    def _field_label(self, name):
        """Return how people call a field of the records, also one still to be made.

        What is only read together with others, as ``_first_name``, has no field.
        """
        self.ensure_one()
        name = name or ""
        target = TARGETS.get(self.target)
        models = [self._target_model(), *(self._field_models() if target else ())]
        for model in models:
            if model in self.env and name in self.env[model]._fields:
                field = self.env[model]._fields[name]
                return field.get_description(self.env, ["string"])["string"]
        words = name.removeprefix("x_").strip("_").replace("_", " ")
        return words[:1].upper() + words[1:]

    def action_open_staged(self):
        """Open the staged records of this object."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_migration.migration_staged_record_action"
        )
        action["domain"] = [("object_id", "=", self.id)]
        action["context"] = {}
        return action

    def action_open_rollback(self):
        """Plan the rollback of these objects and show it before anything happens."""
        self.project_id.ensure_one()
        return self.project_id._open_rollback(
            {"kind": "objects", "object_ids": self.ids}
        )

    @api.depends("label")
    def _compute_display_name(self):
        for record in self:
            record.display_name = record.label
