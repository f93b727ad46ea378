"""Where a database keeps references to records: every column that may name one."""

from dataclasses import dataclass
from functools import cached_property

from odoo.tools import SQL

#: Words of a column's name that say "model" or "id", not whose.
_KIND_WORDS = {"model", "name", "document", "object", "resource", "res", "id"}
_ID_WORDS = {"res", "id", "thread", "record", "document", "object"}


@dataclass(frozen=True)
class Pair:
    """A column with an id, and the column beside it with the model of that id."""

    model: str
    kind: str
    id: str
    #: the model is named by its row in ir_model, not by its name
    is_by_row: bool = False


class ReferenceColumns:
    """Collects the columns from PostgreSQL and from the fields of all modules.

    Models without a table of their own and those of wizards are left out: what a
    wizard holds is nobody's work.
    """

    def __init__(self, env):
        self.env = env

    @cached_property
    def _tables(self):
        """Return ``{table: model name}`` of all models that keep records."""
        return {
            model._table: name
            for name, model in self.env.registry.items()
            if model._auto and not model._abstract and not model._transient
        }

    @cached_property
    def _wizard_tables(self):
        models = self.env.registry.values()
        return {m._table for m in models if m._transient and not m._abstract}

    @cached_property
    def _foreign_keys(self):
        """Return ``{referred table: [(table, column)]}`` of all keys to an id."""
        keys = {}
        for referred, table, column in self.env.execute_query(
            SQL(
                "SELECT referred.relname, own.relname, column_.attname"
                " FROM pg_constraint key"
                " JOIN pg_class referred ON referred.oid = key.confrelid"
                " JOIN pg_class own ON own.oid = key.conrelid"
                " CROSS JOIN LATERAL unnest(key.conkey, key.confkey) AS part(own, id)"
                " JOIN pg_attribute column_ ON column_.attrelid = key.conrelid"
                " AND column_.attnum = part.own"
                " JOIN pg_attribute id_ ON id_.attrelid = key.confrelid"
                " AND id_.attnum = part.id AND id_.attname = 'id'"
                " WHERE key.contype = 'f'"
                " AND own.relnamespace = current_schema()::regnamespace"
                " ORDER BY own.relname, column_.attname"
            )
        ):
            keys.setdefault(referred, []).append((table, column))
        return keys

    @cached_property
    def _keys_of_table(self):
        """Return ``{table: [(column, referred table)]}``."""
        keys = {}
        for referred, columns in self._foreign_keys.items():
            for table, column in columns:
                keys.setdefault(table, []).append((column, referred))
        return keys

    def model_of(self, table):
        """Return the name of the model that keeps its records in ``table``."""
        return self._tables.get(table)

    def keys_to(self, model):
        """Return ``[(table, column)]`` that refer to records of ``model``.

        Foreign keys, and many2one fields for which the database has none.
        """
        found = list(self._foreign_keys.get(self.env[model]._table, []))
        found += self._free_keys.get(model, [])
        if model.startswith("ir.actions."):
            found += self._free_keys.get("ir.actions.actions", [])
        return [key for key in found if not self._is_of_wizard(*key)]

    @cached_property
    def _free_keys(self):
        """Return ``{model: [(table, column)]}`` of many2one fields without a key."""
        known = {key for keys in self._foreign_keys.values() for key in keys}
        found = {}
        for name, field in self._stored("many2one"):
            key = self.env[name]._table, field.name
            if key not in known and not field.company_dependent:
                found.setdefault(field.comodel_name, []).append(key)
        return found

    def _is_of_wizard(self, table, column):
        if table in self._wizard_tables:
            return True
        if table in self._tables:
            return False
        others = (other for name, other in self._keys_of_table[table] if name != column)
        return any(other in self._wizard_tables for other in others)

    def other_side(self, table, column):
        """Return ``(column, model)`` at the other end of a many2many table.

        None for a table of another kind, which no model of this database knows.
        """
        keys = self._keys_of_table.get(table, ())
        others = [(name, other) for name, other in keys if name != column]
        if table in self._tables or len(others) != 1:
            return None
        name, other = others[0]
        return (name, self._tables[other]) if other in self._tables else None

    def _stored(self, *types):
        """Yield ``(model name, field)`` of the fields that have a column."""
        for name in self._tables.values():
            for field in self.env[name]._fields.values():
                if field.type in types and field.store and field.column_type:
                    yield name, field

    @cached_property
    def pairs(self):
        """Return the :class:`Pair` list of all generic references.

        Also those that are no more than a number beside a model's name
        (``alias_force_thread_id`` and ``alias_model_id``).
        """
        found = []
        for name, field in self._stored("many2one_reference", "integer"):
            kind = None
            if field.type == "many2one_reference":
                kind = self._kind_field(name, field.model_field)
            elif field.name == "id" or "id" not in field.name.split("_"):
                continue
            kind = kind or self._kind_beside(name, field.name)
            if kind is not None:
                found.append(Pair(name, kind.name, field.name, kind.type == "many2one"))
        return found

    def _kind_field(self, model, name):
        field = self.env[model]._fields.get(name)
        return field if field is not None and _may_name_model(field) else None

    def _kind_beside(self, model, name):
        """Return the field whose name fits best: what is no part of it must fit."""
        words = set(name.split("_")) - _ID_WORDS
        best = None
        for field in self.env[model]._fields.values():
            if not _may_name_model(field) or "model" not in field.name.split("_"):
                continue
            own = set(field.name.split("_")) - _KIND_WORDS
            if own == words:
                return field
            if own and own < words:
                best = field
        return best

    @cached_property
    def references(self):
        """Return ``[(model, field name)]`` of columns that say ``model,id``."""
        return [(name, field.name) for name, field in self._stored("reference")]

    def by_company(self, model):
        """Return ``[(model, field name)]`` of links that each company has its own."""
        return [
            (name, field.name)
            for name, field in self._stored("many2one")
            if field.company_dependent and field.comodel_name == model
        ]

    @cached_property
    def definitions(self):
        """Return ``[(model, field name)]`` that define properties."""
        stored = self._stored("properties_definition")
        return [(name, field.name) for name, field in stored]

    @cached_property
    def properties(self):
        """Return ``[(model, field name)]`` that hold values of properties."""
        return [(name, field.name) for name, field in self._stored("properties")]


def _may_name_model(field):
    if not field.store or not field.column_type:
        return False
    if field.type == "many2one":
        return field.comodel_name == "ir.model"
    return field.type in ("char", "selection")
