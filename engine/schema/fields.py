"""The custom fields of the schema plan, with their value models and pick-lists."""

import re
from functools import cached_property

from ..keys import key_of
from ..map.amounts import KEPT_FIELDS
from ..map.associations import COMPANIONS, LABEL_MODEL
from ..map.definitions import option_of
from ..map.options import CODE, CURRENCY, options_in_place
from ..propose.field_types import distinct_words
from ..propose.unresolved import Unresolved
from ..targets import TARGETS
from .views import views_of

#: What the relation table of a multi-select calls its two sides.
RECORD_COLUMN, VALUE_COLUMN = "record_id", "value_id"
_VALUE_ACCESS = [
    ["base.group_user", "r"],
    ["sales_team.group_sale_manager", "rwcd"],
    ["crm_migration.group_crm_migration_manager", "rwcd"],
]


class FieldPlanner:
    """Adds to a plan the custom fields that the map writes into.

    :param planner: the :class:`~.plan.SchemaPlanner` of the project
    """

    def __init__(self, planner):
        self.planner = planner
        self.project = planner.project
        self.env = planner.env
        self.items = planner.items
        self._known_models = {}

    def plan(self):
        wanted = [
            (is_second, model, line, *field)
            for line in self.planner._mapped_lines()
            for is_second, model in enumerate(self._models_of(line.object_id))
            for field in self._wanted(line)
        ]
        # what a model's own object says of a field counts more than a guest's
        for _rank, model, line, *field in sorted(wanted, key=lambda row: row[0]):
            self._line_field(model, *field, line)
        if self.project.currency_rule == "keep":
            self._kept_amounts()
        for key in dict.fromkeys(self.project.object_ids.mapped("target")):
            own = TARGETS[key].own_fields(self.env) if key else ()
            for model, name, ttype, label, reason, *more in own:
                relation = more[0].get("relation") if more else ""
                extra = {}
                if relation:
                    extra = _relation(self.env, model, name, ttype, relation)
                self.add(model, name, ttype, label, reason, **extra)
        self._views()

    def _models_of(self, obj):
        """Return the models that get the custom fields of an object."""
        if obj not in self._known_models:
            self._known_models[obj] = TARGETS[obj.target].field_models(obj)
        return self._known_models[obj]

    def _wanted(self, line):
        """Yield the custom fields that one line writes into."""
        name = line.target_field or ""
        if name.startswith("x_"):
            spec = line.object_id._spec()["fields"].get(line.canonical_field, {})
            info = dict(line.new_field_info or {})
            ttype = line.new_field_type or "char"
            if ttype in ("many2one", "many2many"):
                info["relation"] = line._relation() or ""
            label = (
                spec.get("label")
                or info.get("label")
                or readable(line.canonical_field or line.source_field)
            )
            yield name, ttype, label, info
            if line.transform == "links":
                yield from self._companions(spec)
        if (line.rest_field or "").startswith("x_") and self._needs_rest(line):
            label = line.rest_field[2:].replace("_", " ").title()
            yield line.rest_field, "char", label, {}

    def _needs_rest(self, line):
        """Return whether anything goes there: a place may be found for each value."""
        if line.transform not in ("country", "state", "language"):
            return True
        # what is in place stays: records may hold such a text by now
        made = self.project.schema_item_ids.filtered(
            lambda item: item.kind == "field"
            and item.state == "done"
            and item.key.endswith(f".{line.rest_field}")
        )
        return bool(made) or bool(self._unresolved.of_line(line))

    @cached_property
    def _unresolved(self):
        return Unresolved(self.project)

    def _kept_amounts(self):
        """Fields for what the source says of an amount, where the rule keeps it."""
        lines = self.planner._mapped_lines().filtered(
            lambda line: line.target_field == "expected_revenue"
        )
        labels = {
            "x_source_amount": self.env._("Amount at Source"),
            "x_source_currency": self.env._("Currency at Source"),
            "x_source_rate_date": self.env._("Converted at the Rate of"),
        }
        for name, ttype in KEPT_FIELDS.items() if lines else ():
            self._line_field("crm.lead", name, ttype, labels[name], {}, lines[0])

    def _companions(self, spec):
        """Yield the fields that keep the labels of a list of links."""
        for key, ttype in COMPANIONS.items():
            if key in spec:
                own = spec[key]
                info = {"relation": LABEL_MODEL} if key == "words" else {}
                yield own["name"], own.get("custom", ttype), own["label"], info

    def _line_field(self, model, name, ttype, label, info, line):
        reason = self.env._(
            "For %(object)s: %(why)s",
            object=line.object_id.label,
            why=line.evidence or line.reason or line.source_field,
        )
        place = ("field", f"{model}.{name}")
        count = round(line.fill_rate * line.object_id.staged_count)
        if place in self.items:
            # another object of the source has the same property
            item = self.items[place]
            item["record_count"] += count
            item["objects"] |= line.object_id
        else:
            item = self.add(
                model,
                name,
                ttype,
                label,
                reason,
                record_count=count,
                objects=line.object_id,
                **self._extra(model, name, ttype, info, line),
            )
        if line.transform in ("selection", "multi_selection") and (
            item["vals"]["ttype"] in ("selection", "many2many")
        ):
            self._options(item, info, line)

    def add(self, model, name, ttype, label, reason, **more):
        """Add one field to the plan and return its item.

        A field that exists is used as it is; ``more`` is what its item or its
        ``vals`` have besides.
        """
        place = ("field", f"{model}.{name}")
        if place in self.items:
            return self.items[place]
        field = self.env["ir.model.fields"]._get(model, name)
        item = {
            key: more.pop(key) for key in ("record_count", "objects") if key in more
        }
        self.planner._add(
            *place,
            label if field else self._free_label(model, label),
            vals={"model": model, "name": name, "label": label}
            | more
            | {"ttype": field.ttype if field else ttype},
            res_model="ir.model.fields",
            action="reuse" if field else "create",
            res_id=field.id if field else False,
            reason=reason,
            **{"record_count": 0} | item,
        )
        return self.items[place]

    def _free_label(self, model, label):
        """Two fields of one form with the same label cannot be told apart."""
        models = [model, "res.users"] if model == "res.partner" else [model]
        taken = {
            field.get_description(self.env, ["string"])["string"]
            for name in models
            if name in self.env
            for field in self.env[name]._fields.values()
        } | {
            item["name"]
            for place, item in self.items.items()
            if place[0] == "field" and item["vals"]["model"] in models
        }
        if label not in taken:
            return label
        shown = self.env._("%s (Source)", label)
        number = 2
        while shown in taken:
            shown = self.env._("%(label)s (Source %(no)s)", label=label, no=number)
            number += 1
        return shown

    # -- what a type asks for ---------------------------------------------------------

    def _extra(self, model, name, ttype, info, line):
        """Return what the field's ``vals`` say besides model, name, type and label."""
        extra = {
            key: info[key]
            for key in ("help", "group", "widget", "definitions")
            if info.get(key)
        }
        if self.env["ir.model.fields"]._get(model, name):
            return extra
        if info.get("relation"):
            extra |= _relation(self.env, model, name, ttype, info["relation"])
        elif ttype == "monetary":
            extra["currency_field"] = self._currency(model)
        elif ttype == "many2many":
            # one list of values for all models that the records may become
            own = self._models_of(line.object_id)[0]
            values = value_model(own, name)
            table = values if model == own else f"{values[:30]}_{_short(model)}"
            extra |= {
                "relation": values,
                "relation_table": f"{table}_rel",
                "column1": RECORD_COLUMN,
                "column2": VALUE_COLUMN,
            }
            self._value_model(values, line, info)
        elif ttype == "selection":
            extra["selection"] = []
        return extra

    def _currency(self, model):
        """Return the field with the currency of amounts; one is planned if need be."""
        fields = self.env[model]._fields if model in self.env else {}
        for name in ("currency_id", "company_currency", CURRENCY):
            if name in fields and fields[name].comodel_name == "res.currency":
                return name
        self.add(
            model,
            CURRENCY,
            "many2one",
            self.env._("Currency of Amounts"),
            self.env._("Amounts need a currency: the company's."),
            relation="res.currency",
        )
        return CURRENCY

    def _value_model(self, name, line, info):
        if ("model", name) in self.items:
            # its options were listed for another model that shares them
            return
        label = info.get("label") or readable(line.source_field)
        self.planner._add(
            "model",
            name,
            self.env._("Values of %s", label),
            vals={
                "model": name,
                "fields": [
                    {
                        "name": "x_name",
                        "ttype": "char",
                        "label": self.env._("Name"),
                        "copied": True,
                    },
                    {
                        "name": CODE,
                        "ttype": "char",
                        "label": self.env._("Value at the Source"),
                    },
                ],
                "access": _VALUE_ACCESS,
                "records": [],
            },
            res_model="ir.model",
            record_count=0,
            reason=self.env._("The values of a property that may have several."),
        )

    # -- options ---------------------------------------------------------------------

    def _options(self, item, info, line):
        """List the options: those of the source, and what records have besides."""
        is_multi = item["vals"]["ttype"] == "many2many"
        defined = [tuple(option) for option in info.get("options", ())]
        known = [word for option in defined for word in option[:2]]
        used, added = set(), []
        for word in distinct_words(line.object_id, line.source_field, is_multi, known):
            value = option_of(word, defined)
            used.add(value)
            if value is None:
                added.append((word, word))
        listed = [
            (value, label)
            for value, label, is_archived in defined
            # nobody chooses what the source has put away, but records keep it
            if not is_archived or value in used
        ]
        if not defined:
            added.sort(key=lambda option: option[0].casefold())
        self._place(item, [*listed, *added])

    def _place(self, item, options):
        """Give a new field its options; what an existing one lacks is an item each."""
        vals = item["vals"]
        if not item["res_id"]:
            if vals["ttype"] == "selection":
                known = {value for value, _label in vals["selection"]}
                vals["selection"] += [
                    [value, label] for value, label in options if value not in known
                ]
                return
            model = self.items.get(("model", vals["relation"]))
            known = {values[CODE] for values in model["vals"]["records"]}
            model["vals"]["records"] += [
                {"x_name": label, CODE: value}
                for value, label in options
                if value not in known
            ]
            counts = (model["record_count"], item["record_count"])
            model["record_count"] = max(counts)
            model["objects"] |= item["objects"]
            return
        field = self.env[vals["model"]]._fields.get(vals["name"])
        present = options_in_place(self.env, field)
        for value, label in options:
            if option_of(value, present) is None:
                self._option(vals, field, value, label, item)

    def _option(self, vals, field, value, label, item):
        self.planner._add(
            "option",
            f"{vals['model']}.{vals['name']}|{key_of(value)}",
            self.env._("%(field)s: %(option)s", field=item["name"], option=label),
            vals={
                "model": vals["model"],
                "name": vals["name"],
                "value": value,
                "label": label,
                "relation": field.comodel_name if field.type == "many2many" else False,
            },
            record_count=0,
            reason=self.env._("A value that the field does not have yet."),
        )

    # -- views -----------------------------------------------------------------------

    def _views(self):
        counts = {}
        for (kind, _key), item in self.items.items():
            if kind == "field":
                model = item["vals"]["model"]
                counts[model] = counts.get(model, 0) + 1
        for model, count in counts.items():
            for key, view, label in views_of(self.env, model):
                self.planner._add(
                    "view",
                    key,
                    label,
                    vals={"model": model, "type": view.type, "inherit_id": view.id},
                    res_model="ir.ui.view",
                    record_count=count if view.type == "form" else 0,
                    reason=" ".join(
                        filter(
                            None,
                            [
                                self.env._("Shows the custom fields (%s).", count),
                                self._note(model) if view.type == "form" else "",
                            ],
                        )
                    ),
                )

    def _note(self, model):
        """Return what is to be said of the branch that was taken for a model."""
        notes = {
            TARGETS[key].plan_note(self.env)
            for key in self.project.object_ids.mapped("target")
            if key and TARGETS[key].model == model
        }
        return " ".join(sorted(notes - {""}))


def _relation(env, model, name, ttype, relation):
    """Return what a field needs that links to records of a known model.

    Odoo names the table of a custom many2many after the two models: two fields
    between the same models would share their links.
    """
    if ttype == "many2one":
        return {"relation": relation, "on_delete": "set null"}
    table = model.replace(".", "_")
    if model in env:
        table = env[model]._table
    return {
        "relation": relation,
        "relation_table": f"x_{table}_{name.removeprefix('x_')}_rel"[:63],
        "column1": RECORD_COLUMN,
        "column2": "linked_id",
    }


def value_model(model, name):
    """Return the name of the value model of a multi-select field."""
    return f"x_{_short(model)}_{name.removeprefix('x_')[:32].rstrip('_')}_value"


def _short(model):
    names = {"res.partner": "partner", "crm.lead": "lead"}
    return names.get(model, model.removeprefix("x_").replace(".", "_"))[:14]


def readable(name):
    """Return a header as a label: ``custom.sq_ft`` of a live source as ``Sq Ft``."""
    text = re.sub(r"^(custom|answer|references)\.", "", name)
    if text != text.lower() or " " in text:
        return text
    return " ".join(re.split(r"[._\s]+", text)).title()
