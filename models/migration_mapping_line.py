from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine.propose.field_types import TRANSFORMS
from ..engine.propose.fillable import fits_new, is_custom, is_fillable

FATES = [
    ("mapped", "Mapped"),
    ("transformed", "Transformed"),
    ("key", "Identity"),
    ("dropped", "Dropped"),
    ("undecided", "Undecided"),
]

#: A proposal below this confidence is left for a person to decide one by one.
BULK_CONFIRM_BAR = 90
#: Who confirmed a line and when; written with the confirmation, never by hand.
SIGNATURE = ("confirmed_by", "confirmed_on")
#: What people decide about a field; all else is what was found out about it.
_DECISION = {
    "fate",
    "target_field",
    "rest_field",
    "transform",
    "date_format",
    "on_missing",
    "new_field_type",
}
_OPEN = _DECISION | {"reason", "is_confirmed", "sequence", *SIGNATURE}


class MigrationMappingLine(models.Model):
    """The fate of one source field: where it goes, how, why, and who agreed."""

    _name = "migration.mapping.line"
    _inherit = "migration.part"
    _description = "Migration Mapping Line"
    _order = "object_id, sequence, id"

    object_id = fields.Many2one(
        "migration.object", required=True, ondelete="cascade", index=True
    )
    project_id = fields.Many2one(related="object_id.project_id", store=True, index=True)
    company_id = fields.Many2one(related="project_id.company_id", store=True)
    sequence = fields.Integer(default=10)
    source_field = fields.Char(required=True, readonly=True)
    canonical_field = fields.Char(
        readonly=True, help="The preset's own name of this field, if it knows it."
    )
    fate = fields.Selection(FATES, required=True, default="undecided")
    target_field = fields.Char(
        help="Field of the Odoo model. Names that begin with an underscore are read "
        "together with others to build one value, for example a full name.",
    )
    target_label = fields.Char(
        "Goes To",
        compute="_compute_target_label",
        help="The target field as people know it in Odoo.",
    )
    rest_field = fields.Char(
        "Rest Goes To",
        help="Custom field for what does not fit the target, for example a second "
        "e-mail address or a second salesperson.",
    )
    transform = fields.Selection(
        selection="_selection_transform", default="text", required=True
    )
    date_format = fields.Char(
        help="Format of the dates, as in %m/%d/%Y. Required when the values fit "
        "more than one.",
    )
    date_candidates = fields.Char(
        "Possible Formats", readonly=True, help="Formats that every value fits."
    )
    on_missing = fields.Selection(
        [("fail", "Fail the Record"), ("empty", "Leave Empty")],
        default="fail",
        required=True,
        help="When the value refers to a record that the source does not have.",
    )
    reference_object = fields.Char(
        "Refers To",
        readonly=True,
        help="Object of the source whose records the values are the ids of, where no "
        "preset can know it.",
    )
    new_field_type = fields.Selection(
        [
            ("char", "Text"),
            ("text", "Long Text"),
            ("html", "Formatted Text"),
            ("integer", "Integer"),
            ("float", "Decimal"),
            ("monetary", "Amount of Money"),
            ("boolean", "Checkbox"),
            ("date", "Date"),
            ("datetime", "Date and Time"),
            ("selection", "Pick-List"),
            ("many2many", "Several of a List"),
            ("many2one", "Link to a Record"),
        ],
        help="Type of the custom field, where the target does not exist yet.",
    )
    new_field_info = fields.Json(
        readonly=True,
        help="What the source says of the property: label, help, group, options.",
    )
    reason = fields.Text(help="Why this is proposed, or why the field is dropped.")
    confidence = fields.Integer(readonly=True, aggregator="avg", help="0 to 100.")
    fill_rate = fields.Float(
        readonly=True, aggregator="avg", help="Share of records with a value, 0 to 1."
    )
    distinct_count = fields.Integer("Distinct", readonly=True, aggregator=None)
    samples = fields.Char(readonly=True)
    evidence = fields.Char(readonly=True)
    is_late = fields.Boolean(
        "Came Later",
        readonly=True,
        help="The source has got this field since the full run: it is left out until "
        "it is confirmed and its place in Odoo is there.",
    )
    is_confirmed = fields.Boolean("Confirmed", copy=False)
    confirmed_by = fields.Many2one("res.users", readonly=True, copy=False)
    confirmed_on = fields.Datetime(readonly=True, copy=False)

    _object_field_uniq = models.UniqueIndex(
        "(object_id, source_field)", "Each source field has one fate."
    )

    @api.model
    def _selection_transform(self):
        from ..engine.map.transforms import TRANSFORM_LABELS

        return [(key, self.env._(label)) for key, label in TRANSFORM_LABELS.items()]

    @api.depends("target_field", "object_id.target", "object_id.target_model")
    def _compute_target_label(self):
        for line in self:
            line.target_label = line.object_id._field_label(line.target_field)

    def _field_spec(self):
        """Return what the preset says of the field, with what was found out since."""
        self.ensure_one()
        fields_spec = self.object_id._spec().get("fields", {})
        spec = fields_spec.get(self.canonical_field, {})
        name = self.reference_object
        return spec | {"object": name} if name else spec

    def _relation(self):
        """Return the model that a link of this line leads to, or False."""
        spec = self._field_spec()
        other = self.project_id._object(spec.get("object"))
        return spec.get("relation") or (other and other._target_model())

    def write(self, vals):
        """A changed decision is a new one: it needs confirming again."""
        if vals.get("new_field_type") and "transform" not in vals:
            # a field of another type is read in another way
            vals = dict(vals, transform=TRANSFORMS[vals["new_field_type"]])
        # whoever writes is who agrees: nobody confirms in another's name
        vals = {name: vals[name] for name in vals if name not in SIGNATURE}
        if _DECISION & set(vals) and "is_confirmed" not in vals:
            vals["is_confirmed"] = False
        if "is_confirmed" in vals and not vals["is_confirmed"]:
            vals.update(dict.fromkeys(SIGNATURE, False))
        if vals.get("is_confirmed"):
            self._check_decided(vals)
            vals = dict(
                vals,
                confirmed_by=self.env.uid,
                confirmed_on=fields.Datetime.now(),
            )
        self._check_idle(vals)
        result = super().write(vals)
        if vals.get("is_confirmed"):
            self._plan_if_complete()
        return result

    def _check_idle(self, vals):
        """The map stays what it is while a run reads it."""
        if self.env.su:
            return
        if set(vals) - _OPEN:
            raise AccessError(self.env._("The source's side of the map is fixed."))
        if set(vals) - {"reason"} and self.project_id.running_id:
            raise UserError(
                self.env._("A run is at work: wait for it, or cancel it first.")
            )

    def _plan_if_complete(self):
        """With the last line confirmed the schema plan follows by itself."""
        for project in self.project_id:
            if not project.unconfirmed_count:
                project.action_plan_schema()

    def _check_decided(self, vals=None):
        vals = vals or {}
        for line in self:
            problem = line._open_question(vals)
            if problem:
                raise UserError(problem)

    def _open_question(self, vals=None):
        """Return what a person still has to decide on this line, or False."""
        self.ensure_one()
        vals = vals or {}

        def value(name):
            return vals.get(name, self[name])

        names = {"object": self.object_id.label, "field": self.source_field}
        if value("fate") == "undecided":
            return self.env._(
                "%(object)s, field %(field)s: choose a target field, or drop it "
                "with a reason.",
                **names,
            )
        if value("fate") == "dropped" and not value("reason"):
            return self.env._(
                "%(object)s, field %(field)s is dropped: say why.", **names
            )
        if value("fate") in ("mapped", "transformed") and not value("target_field"):
            return self.env._("%(object)s, field %(field)s: no target field.", **names)
        if value("fate") in ("mapped", "transformed"):
            problem = self._target_problem(
                value("target_field"),
                value("transform"),
                value("rest_field"),
                value("new_field_type"),
            )
            if problem:
                return problem
        if value("transform") in ("date", "datetime") and (
            value("fate") in ("mapped", "transformed") and not value("date_format")
        ):
            return self.env._(
                "%(object)s, field %(field)s: the dates fit more than one format "
                "(%(formats)s). Choose one.",
                formats=self.date_candidates or "-",
                **names,
            )
        return False

    def _target_problem(self, name, transform, rest, ttype=None):
        """Return what is wrong with where the values go, or False."""
        obj = self.object_id
        if not obj.target:
            return self.env._("%s are not loaded: drop the field.", obj.label)
        if (
            transform == "reference"
            and name.startswith("x_")
            and (not self._field_spec().get("object"))
        ):
            return self.env._(
                "%(object)s, field %(field)s: it is not known which records its values "
                "refer to. Take it as text.",
                object=obj.label,
                field=self.source_field,
            )
        fields = obj._target_fields()
        ttype = ttype or self.new_field_type or "char"
        is_rest_right = not rest or (
            rest.startswith("x_") and is_custom(fields.get(rest))
        )
        is_new = name.startswith("x_") and name not in fields
        is_held = not is_new or fits_new(ttype, transform)
        if is_fillable(obj, name, transform) and is_rest_right and is_held:
            return False
        return self.env._(
            "%(object)s, field %(field)s: “%(target)s” cannot be filled this way. Take "
            "the field and the reading that were proposed, a plain field of Odoo, or a "
            "name that begins with x_ for a new one.",
            object=obj.label,
            field=self.source_field,
            target=name if is_rest_right else rest,
        )

    def _is_ready_late(self):
        """Return whether a field that came later can be loaded by now."""
        if not (self.is_late and self.is_confirmed):
            return False
        known = self.object_id._target_fields()
        return self.fate not in ("mapped", "transformed") or all(
            name in known or name.startswith("_")
            for name in (self.target_field, self.rest_field)
            if name
        )

    def action_confirm(self):
        """Confirm these lines; an undecided one is refused with what is missing."""
        self.check_access("write")
        self.write({"is_confirmed": True})
        return True

    def action_unconfirm(self):
        """Take the confirmation back."""
        self.write({"is_confirmed": False})
        return True

    def action_drop(self):
        """Decide that this field does not go to Odoo."""
        for line in self:
            line.write(
                {
                    "fate": "dropped",
                    "target_field": False,
                    "reason": line.reason or self.env._("Dropped by decision."),
                }
            )
        return True

    @api.depends("source_field", "target_field")
    def _compute_display_name(self):
        for line in self:
            line.display_name = f"{line.source_field} → {line.target_field or '-'}"
