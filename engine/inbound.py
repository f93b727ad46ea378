"""Who refers to a record: every foreign key, many2many table and generic reference."""

from functools import cached_property

from odoo.tools import SQL

#: Tables that may point at anything without being somebody's work.
_SILENT = {
    "ir_model_data",
    "mail_followers",
    "mail_notification",
    "bus_bus",
}


class InboundReferences:
    """Finds references to doomed records from records that stay.

    Reads the foreign keys from PostgreSQL itself, so that tables of any installed
    module count, and the generic (model, id) pairs from the field definitions.
    """

    def __init__(self, env, written=None):
        self.env = env
        #: ``{(model, id): {field: value}}`` of what we wrote ourselves
        self._written = written or {}

    @cached_property
    def _models_by_table(self):
        return {
            model._table: name
            for name, model in self.env.registry.items()
            if not model._abstract and not model._transient and model._auto
        }

    @cached_property
    def _foreign_keys(self):
        """Return ``{referred table: [(table, column)]}``."""
        keys = {}
        for referred, table, column in self.env.execute_query(
            SQL(
                "SELECT c.confrelid::regclass::text, c.conrelid::regclass::text,"
                " a.attname FROM pg_constraint c JOIN pg_attribute a"
                " ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
                " WHERE c.contype = 'f' AND array_length(c.conkey, 1) = 1"
            )
        ):
            keys.setdefault(referred, []).append((table, column))
        return keys

    @cached_property
    def _generic(self):
        """Return ``[(model, model field, id field)]`` of stored generic references."""
        found = []
        for name, model in self.env.registry.items():
            if model._abstract or model._transient or not model._auto:
                continue
            for field in model._fields.values():
                if field.type != "many2one_reference" or not field.store:
                    continue
                kind = model._fields.get(field.model_field)
                if kind is not None and kind.store:
                    found.append((name, field.model_field, field.name))
        return found

    def find(self, doomed):
        """Return ``{(model, id): reason}`` of the doomed records that must stay.

        :param doomed: ``{model: {ids}}`` of everything that would be deleted
        """
        kept = {}
        for model, ids in doomed.items():
            if model == "ir.model.fields":
                kept |= self._fields_in_use(ids, doomed)
                continue
            if model == "ir.ui.view":
                continue
            table = self.env[model]._table
            for other, column in self._foreign_keys.get(table, []):
                kept |= self._by_key(model, ids, other, column, doomed)
            kept |= self._by_generic(model, ids, doomed)
        return kept

    def _is_ours(self, table):
        return table.startswith("migration_") or table in _SILENT

    def _by_key(self, model, ids, table, column, doomed):
        if self._is_ours(table):
            return {}
        other = self._models_by_table.get(table)
        if other:
            return self._by_column(model, ids, other, column, doomed)
        return self._by_relation(model, ids, table, column, doomed)

    def _by_column(self, model, ids, other, column, doomed):
        rows = self.env.execute_query(
            SQL(
                "SELECT %(column)s, min(id) FROM %(table)s"
                " WHERE %(column)s = ANY(%(ids)s) AND NOT id = ANY(%(doomed)s)"
                " AND NOT %(ours)s GROUP BY 1",
                column=SQL.identifier(column),
                table=SQL.identifier(self.env[other]._table),
                ids=list(ids),
                doomed=list(doomed.get(other, ())),
                ours=self._made_by_us(other),
            )
        )
        return self._reasons(model, rows, other)

    def _by_relation(self, model, ids, table, column, doomed):
        """A many2many row counts if its other side stays."""
        others = [
            (referred, other_column)
            for referred, keys in self._foreign_keys.items()
            for key_table, other_column in keys
            if key_table == table and other_column != column
        ]
        if len(others) != 1:
            return {}
        other = self._models_by_table.get(others[0][0])
        if not other or self._is_ours(others[0][0]):
            return {}
        own = [
            field
            for field in self.env[model]._fields.values()
            if field.type == "many2many"
            and field.relation == table
            and field.column1 == column
        ]
        if any(field.default for field in own):
            # filled by Odoo at creation (favourites), not by a person
            return {}
        rows = self.env.execute_query(
            SQL(
                "SELECT %(column)s, %(other)s FROM %(table)s"
                " JOIN %(other_table)s ON %(other_table)s.id = %(other)s"
                " WHERE %(column)s = ANY(%(ids)s) AND NOT %(other)s = ANY(%(doomed)s)"
                " AND NOT %(ours)s",
                column=SQL.identifier(table, column),
                other=SQL.identifier(table, others[0][1]),
                table=SQL.identifier(table),
                other_table=SQL.identifier(self.env[other]._table),
                ours=self._made_by_us(other),
                ids=list(ids),
                doomed=list(doomed.get(other, ())),
            )
        )
        foreign = {
            res_id: other_id
            for res_id, other_id in rows
            if not any(
                other_id in (self._written.get((model, res_id), {}).get(f.name) or ())
                for f in own
            )
        }
        return self._reasons(model, foreign.items(), other)

    def _by_generic(self, model, ids, doomed):
        kept = {}
        for other, model_field, id_field in self._generic:
            table = self.env[other]._table
            if self._is_ours(table):
                continue
            rows = self.env.execute_query(
                SQL(
                    "SELECT %(id_field)s, min(id) FROM %(table)s"
                    " WHERE %(model_field)s = %(model)s"
                    " AND %(id_field)s = ANY(%(ids)s) AND NOT id = ANY(%(doomed)s)"
                    " AND NOT %(ours)s GROUP BY 1",
                    id_field=SQL.identifier(id_field),
                    model_field=SQL.identifier(model_field),
                    table=SQL.identifier(table),
                    model=model,
                    ids=list(ids),
                    doomed=list(doomed.get(other, ())),
                    ours=self._made_by_us(other),
                )
            )
            kept |= self._reasons(model, rows, other)
        return kept

    def _made_by_us(self, model):
        """SQL that is true for rows written in a transaction of a load.

        Odoo makes rows of its own beside ours (an image inside a note becomes an
        attachment): they share the transaction's time stamp with a crosswalk row.
        """
        if not self.env[model]._log_access:
            return SQL("FALSE")
        return SQL(
            "EXISTS (SELECT 1 FROM migration_crosswalk own"
            " WHERE own.create_date = %s.create_date)",
            SQL.identifier(self.env[model]._table),
        )

    def _fields_in_use(self, ids, doomed):
        """A custom field stays while a record that stays has a value in it."""
        kept = {}
        for field in self.env["ir.model.fields"].browse(list(ids)):
            model = self.env.get(field.model)
            if model is None or field.name not in model._fields:
                continue
            rows = self.env.execute_query(
                SQL(
                    "SELECT min(id) FROM %(table)s WHERE %(column)s IS NOT NULL"
                    " AND %(column)s::text NOT IN ('', 'false', '0')"
                    " AND NOT id = ANY(%(doomed)s) HAVING count(*) > 0",
                    table=SQL.identifier(model._table),
                    column=SQL.identifier(field.name),
                    doomed=list(doomed.get(field.model, ())),
                )
            )
            if rows:
                kept["ir.model.fields", field.id] = self.env._(
                    "Records that stay have a value in it."
                )
        return kept

    def _reasons(self, model, rows, other):
        if not rows:
            return {}
        label = self.env[other]._description
        return {
            (model, res_id): self.env._(
                "%(what)s no. %(id)s refers to it.", what=label, id=other_id
            )
            for res_id, other_id in rows
        }
