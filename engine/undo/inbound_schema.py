"""Who uses a piece of the schema: models, fields, options and views."""

from functools import cached_property

from lxml import etree

from odoo.tools import SQL

from .inbound_words import FieldWords

#: Rows that Odoo itself keeps of a model, and that go with it.
_OF_THE_MODEL = {
    "ir_model_fields",
    "ir_model_access",
    "ir_model_inherit",
    "ir_model_constraint",
    "ir_model_relation",
}

#: Rows that belong to a field and go with it.
_OF_THE_FIELD = {
    "ir_model_fields",
    "ir_model_fields_selection",
    "ir_model_fields_group_rel",
    "ir_model_constraint",
}
#: Rows that belong to an action and go with it.
_OF_THE_ACTION = {"ir_act_window_view", "ir_act_window_group_rel"}
#: Columns that name a model without a key: (model, field).
_NAMES = (
    ("ir.filters", "model_id"),
    ("ir.exports", "resource"),
    ("ir.actions.act_window", "res_model"),
    ("ir.ui.view", "model"),
)


class SchemaUse:
    """Finds what still needs a piece of the schema that is planned for deletion.

    :param inbound: the :class:`~.inbound.InboundReferences` of the same project
    """

    def __init__(self, inbound):
        self.inbound = inbound
        self.env = inbound.env
        self.project = inbound.project

    @cached_property
    def _made(self):
        """Names of the custom models that the project made."""
        links = self.env["migration.crosswalk"].search(
            [("project_id", "=", self.project.id), ("res_model", "=", "ir.model")]
        )
        models = self.env["ir.model"].browse(links.mapped("res_id")).exists()
        return set(models.mapped("model"))

    def find(self, model, ids):
        """Return ``{id: reason}`` of what must stay, None for a model of no schema."""
        if model == "ir.model.fields":
            fields = self.env[model].browse(ids).exists()
            return self._fields(fields) | self._fields_elsewhere(fields)
        look = {
            "ir.model": self._models,
            "ir.model.fields.selection": self._options,
            "ir.ui.view": self._views,
            "ir.rule": self._rules,
            "ir.actions.act_window": self._actions,
            "ir.ui.menu": self._menus,
        }.get(model)
        if look is None:
            return None
        kept = {}
        for record in self.env[model].browse(ids).exists():
            if reason := look(record):
                kept[record.id] = reason
        return kept

    def _models(self, record):
        """A custom model stays while somebody's records, fields or rules need it."""
        model = self.env.get(record.model)
        if model is None:
            return False
        if self._any(model, SQL("TRUE")):
            return self.env._("It has records that stay.")
        # what only shows another field (a user's own contact) goes with that one
        others = [("model", "!=", record.model), ("related", "=", False)]
        rows = self.env["ir.model.fields"].search(
            [("relation", "=", record.model), *others]
        )
        for row in rows - self._planned_of(rows):
            return self.env._("The field %s refers to it.", row.display_name)
        kept = self.inbound.keys.find("ir.model", record.ids, but=_OF_THE_MODEL)
        return kept.get(record.id) or self._by_name(record)

    def _by_name(self, record):
        """Somebody's filter, export, action or view of the model."""
        for other, name in _NAMES:
            column = SQL.identifier(name)
            rows = self.inbound.ask(other, column, SQL("%s = %s", column, record.model))
            if rows:
                reasons = self.inbound.reasons(rows, other)
                return reasons[record.model]
        return False

    def _fields(self, records):
        """A custom field stays while a record has a value in it, or a view shows it."""
        records = records.filtered(
            lambda record: record.model in self.env
            and record.name in self.env[record.model]._fields
        )
        kept = {}
        for field_id, view in self._views_with(records):
            text = self.env._("The view “%s” shows it.", view.name)
            kept.setdefault(field_id, text)
        text = self.env._("Records that stay have a value in it.")
        return kept | dict.fromkeys(self._with_values(records), text)

    def _fields_elsewhere(self, fields):
        """Return ``{id: reason}`` of fields that a default, a filter, a text uses."""
        kept = FieldWords(self.inbound).find(fields)
        others = self.inbound.keys.find(fields._name, fields.ids, but=_OF_THE_FIELD)
        return others | kept

    def _with_values(self, records):
        """Return ids of the fields in which a record that stays has a value."""
        found = []
        for name, group in records.grouped("model").items():
            model = self.env[name]
            asked = [
                (record.id, self._holds(model, model._fields[record.name]))
                for record in group
                if model._fields[record.name].store
                and model._fields[record.name].type != "one2many"
            ]
            if asked:
                answers = self._answers(model, [holds for _id, holds in asked])
                found += [
                    field_id
                    for (field_id, _holds), is_found in zip(asked, answers, strict=True)
                    if is_found
                ]
        return found

    def _holds(self, model, field):
        """Return ``(SQL that is true with a value, ids of those that lose it)``."""
        emptied = self.inbound.given_back.emptied(model._name, field.name)
        column = SQL.identifier(field.name)
        if field.type == "many2many":
            return (
                SQL(
                    "EXISTS (SELECT 1 FROM %s rel WHERE rel.%s = %s.id)",
                    SQL.identifier(field.relation),
                    SQL.identifier(field.column1),
                    SQL.identifier(model._table),
                ),
                emptied,
            )
        if field.type in ("integer", "float", "monetary"):
            return SQL("%s <> 0", column), emptied
        return SQL("%s::text NOT IN ('', 'false')", column), emptied

    def _options(self, record):
        """An option of a pick-list stays while a record has it."""
        field = record.field_id
        model = self.env.get(field.model)
        if model is None or field.name not in model._fields:
            return False
        has_it = SQL("%s = %s", SQL.identifier(field.name), record.value)
        given_back = self.inbound.given_back.records(model._name, field.name)
        if self._any(model, has_it, given_back):
            return self.env._("Records that stay have this value.")
        return self.inbound.keys.find(record._name, record.ids).get(record.id)

    def _rules(self, record):
        return self._with_model(record.model_id.model)

    def _actions(self, record):
        """An action stays with its model, or with a menu or home page of somebody."""
        found = self.inbound.keys.find(record._name, record.ids, but=_OF_THE_ACTION)
        found |= self.inbound.free.by_text(record._name, record.ids)
        return found.get(record.id) or self._with_model(record.res_model)

    def _menus(self, record):
        """A menu stays with what it opens, or with an entry of somebody below it."""
        kept = self.inbound.keys.find("ir.ui.menu", record.ids)
        model = record.action and record.action.exists().res_model
        return kept.get(record.id) or self._with_model(model)

    def _with_model(self, name):
        """Return why a custom model stays: what belongs to it stays as well."""
        model = self.env["ir.model"]._get(name)
        if not model or model.state != "manual":
            return False
        if self._is_planned(model) and not self._any(self.env[name], SQL("TRUE")):
            return False
        return self.env._("The custom model %s stays.", name)

    def _views(self, record):
        """A view of ours stays if a person put other fields into it."""
        if record.model in self._made:
            return self._with_model(record.model)
        ours = {
            item.vals["name"]
            for item in self.project.schema_item_ids
            if item.kind == "field"
        }
        arch = etree.fromstring(record.arch_db)
        others = {node.get("name") for node in arch.iter("field")} - ours
        if not others:
            return False
        return self.env._("Somebody added to it: %s.", ", ".join(sorted(others)))

    def _views_with(self, records):
        """Return ``[(field id, view)]`` of views that speak of a field and stay."""
        rows = self.env.execute_query(
            SQL(
                "SELECT field.id, view.id FROM ir_model_fields field"
                " JOIN ir_ui_view view ON view.model = field.model"
                " AND view.arch_db::text ~ concat('\\m', field.name, '\\M')"
                " WHERE field.id = ANY(%s) ORDER BY field.id, view.id",
                records.ids,
            )
        )
        views = self.env["ir.ui.view"].browse({row[1] for row in rows})
        stay = {view.id: view for view in views - self._planned_of(views)}
        rows = [row for row in rows if row[1] in stay]
        return [(field_id, stay[view_id]) for field_id, view_id in rows]

    def _any(self, model, condition, but=()):
        """Return whether a record that stays meets the condition, without some ids."""
        return self._answers(model, [(condition, but)])[0]

    def _answers(self, model, conditions):
        """Return for each ``(condition, ids left out)`` whether any record meets it."""
        self.env.flush_all()
        tests = SQL(", ").join(
            SQL(
                "EXISTS (SELECT 1 FROM %s WHERE %s AND %s <> ALL(%s) AND %s)",
                SQL.identifier(model._table),
                condition,
                SQL.identifier(model._table, "id"),
                list(but),
                self.inbound.stays(model._name),
            )
            for condition, but in conditions
        )
        return self.env.execute_query(SQL("SELECT %s", tests))[0]

    def _is_planned(self, record):
        """Return whether the rollback removes this record as well."""
        return bool(self._planned_of(record))

    def _planned_of(self, records):
        """Return those of the records that the rollback removes as well."""
        lines = self.env["migration.rollback.line"].search_fetch(
            [
                ("project_id", "=", self.project.id),
                ("res_model", "=", records._name),
                ("res_id", "in", records.ids),
                ("fate", "=", "delete"),
            ],
            ["res_id"],
        )
        return records.browse({line.res_id for line in lines})
