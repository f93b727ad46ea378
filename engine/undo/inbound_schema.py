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
        look = {
            "ir.model": self._models,
            "ir.model.fields": self._fields,
            "ir.model.fields.selection": self._options,
            "ir.ui.view": self._views,
            "ir.rule": self._rules,
            "ir.actions.act_window": self._actions,
            "ir.ui.menu": self._menus,
        }.get(model)
        if look is None:
            return None
        kept = {}
        if model == "ir.model.fields":
            kept = self._fields_elsewhere(ids)
        for record in self.env[model].browse(ids).exists():
            reason = record.id not in kept and look(record)
            if reason:
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
        for row in self.env["ir.model.fields"].search(
            [("relation", "=", record.model), *others]
        ):
            if not self._is_planned(row):
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

    def _fields(self, record):
        """A custom field stays while a record has a value in it, or a view shows it."""
        model = self.env.get(record.model)
        if model is None or record.name not in model._fields:
            return False
        if self._has_values(model, model._fields[record.name]):
            return self.env._("Records that stay have a value in it.")
        for view in self._views_with(record):
            if not self._is_planned(view):
                return self.env._("The view “%s” shows it.", view.name)
        return False

    def _fields_elsewhere(self, ids):
        """Return ``{id: reason}`` of fields that a default, a filter, a text uses."""
        fields = self.env["ir.model.fields"].browse(ids).exists()
        kept = FieldWords(self.inbound).find(fields)
        return self.inbound.keys.find(fields._name, ids, but=_OF_THE_FIELD) | kept

    def _has_values(self, model, field):
        if not field.store or field.type == "one2many":
            return False
        emptied = self.inbound.given_back.emptied(model._name, field.name)
        if field.type == "many2many":
            table, column = field.relation, field.column1
            return self._any(
                model,
                SQL(
                    "EXISTS (SELECT 1 FROM %s rel WHERE rel.%s = %s.id)",
                    SQL.identifier(table),
                    SQL.identifier(column),
                    SQL.identifier(model._table),
                ),
                emptied,
            )
        column = SQL.identifier(field.name)
        if field.type in ("integer", "float", "monetary"):
            return self._any(model, SQL("%s <> 0", column), emptied)
        return self._any(model, SQL("%s::text NOT IN ('', 'false')", column), emptied)

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

    def _views_with(self, record):
        """Return the views of the field's model that speak of it."""
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM ir_ui_view WHERE model = %s AND arch_db::text ~ %s",
                record.model,
                rf"\m{record.name}\M",
            )
        )
        return self.env["ir.ui.view"].browse([row[0] for row in rows])

    def _any(self, model, condition, but=()):
        """Return whether a record that stays meets the condition, without some ids."""
        self.env.flush_all()
        return bool(
            self.env.execute_query(
                SQL(
                    "SELECT 1 FROM %s WHERE %s AND %s <> ALL(%s) AND %s LIMIT 1",
                    SQL.identifier(model._table),
                    condition,
                    SQL.identifier(model._table, "id"),
                    list(but),
                    self.inbound.stays(model._name),
                )
            )
        )

    def _is_planned(self, record):
        """Return whether the rollback removes this record as well."""
        return bool(
            self.env["migration.rollback.line"].search_count(
                [
                    ("project_id", "=", self.project.id),
                    ("res_model", "=", record._name),
                    ("res_id", "=", record.id),
                    ("fate", "=", "delete"),
                ],
                limit=1,
            )
        )
