"""Who refers to a record: every foreign key, many2many table and generic reference."""

from functools import cached_property

from odoo.tools import SQL

from .inbound_schema import SchemaUse

#: Tables that may point at anything without being somebody's work.
_SILENT = {
    "ir_model_data",
    "mail_followers",
    "mail_notification",
    # a part of its message
    "mail_tracking_value",
    "bus_bus",
    # the assignees of a task
    "project_task_user_rel",
}


class InboundReferences:
    """Finds references to records planned for deletion, from records that stay.

    Reads the foreign keys from PostgreSQL itself, so that tables of any installed
    module count, and the generic (model, id) pairs from the field definitions. What
    is planned is read from the rollback plan in the database, not held in memory.
    """

    def __init__(self, project):
        self.env = project.env
        self.project = project

    @cached_property
    def _schema(self):
        return SchemaUse(self)

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
            keys.setdefault(referred.strip('"'), []).append((table.strip('"'), column))
        return keys

    @cached_property
    def _generic(self):
        """Return ``[(model, model field, id field)]`` of stored generic references."""
        found = []
        for name in self._models_by_table.values():
            fields = self.env[name]._fields
            for field in fields.values():
                if field.type != "many2one_reference" or not field.store:
                    continue
                kind = fields.get(field.model_field)
                if kind is not None and kind.store:
                    found.append((name, field.model_field, field.name))
        return found

    def find(self, model, ids):
        """Return ``{id: reason}`` of those of ``ids`` that must stay."""
        ids = list(ids)
        if not ids:
            return {}
        kept = self._schema.find(model, ids)
        if kept is not None:
            return kept
        return self.referring(model, ids) | self._by_generic(model, ids)

    def referring(self, model, ids, but=()):
        """Return ``{id: reason}`` by foreign keys, but for some tables."""
        kept = {}
        for table, column in self._foreign_keys.get(self.env[model]._table, []):
            if not self._is_ours(table) and table not in but:
                kept |= self._by_key(model, ids, table, column)
        return kept

    def _is_ours(self, table):
        return table.startswith("migration_") or table in _SILENT

    def _by_key(self, model, ids, table, column):
        other = self._models_by_table.get(table)
        if not other:
            return self._by_relation(model, ids, table, column)
        rows = self.env.execute_query(
            SQL(
                "SELECT %(column)s, min(id) FROM %(table)s"
                " WHERE %(column)s = ANY(%(ids)s) AND %(stays)s GROUP BY 1",
                column=SQL.identifier(column),
                table=SQL.identifier(table),
                ids=ids,
                stays=self.stays(other),
            )
        )
        return self._reasons(rows, other)

    def _by_relation(self, model, ids, table, column):
        """A many2many row counts if its other side stays and we did not write it."""
        others = [
            (referred, other_column)
            for referred, keys in self._foreign_keys.items()
            for key_table, other_column in keys
            if key_table == table and other_column != column
        ]
        other = self._models_by_table.get(others[0][0]) if len(others) == 1 else None
        if not other or self._is_ours(others[0][0]):
            return {}
        own = self._own_fields(model, table, column)
        if any(field.default for field in own):
            # filled by Odoo at creation (favourites), not by a person
            return {}
        rows = self.env.execute_query(
            SQL(
                "SELECT %(column)s, %(other)s FROM %(table)s"
                " JOIN %(other_table)s ON %(other_table)s.id = %(other)s"
                " WHERE %(column)s = ANY(%(ids)s) AND %(stays)s",
                column=SQL.identifier(table, column),
                other=SQL.identifier(table, others[0][1]),
                table=SQL.identifier(table),
                other_table=SQL.identifier(self.env[other]._table),
                ids=ids,
                stays=self.stays(other),
            )
        )
        if rows and own:
            written = self._written(model, [row[0] for row in rows])
            rows = [
                (res_id, other_id)
                for res_id, other_id in rows
                if not any(
                    other_id in (written.get(res_id, {}).get(f.name) or ()) for f in own
                )
            ]
        return self._reasons(dict(rows).items(), other)

    def _own_fields(self, model, table, column):
        """Return the many2many fields of ``model`` itself that use the table."""
        return [
            field
            for field in self.env[model]._fields.values()
            if field.type == "many2many"
            and field.relation == table
            and field.column1 == column
        ]

    def _written(self, model, ids):
        """Return ``{id: values}`` of what we wrote into these records ourselves."""
        links = self.env["migration.crosswalk"].search_fetch(
            [
                ("project_id", "=", self.project.id),
                ("res_model", "=", model),
                ("res_id", "in", ids),
            ],
            ["res_id", "base_values"],
        )
        return {link.res_id: link.base_values for link in links if link.base_values}

    def _by_generic(self, model, ids):
        kept = {}
        for other, model_field, id_field in self._generic:
            table = self.env[other]._table
            if self._is_ours(table):
                continue
            rows = self.env.execute_query(
                SQL(
                    "SELECT %(id_field)s, min(id) FROM %(table)s"
                    " WHERE %(model_field)s = %(model)s"
                    " AND %(id_field)s = ANY(%(ids)s) AND %(stays)s GROUP BY 1",
                    id_field=SQL.identifier(id_field),
                    model_field=SQL.identifier(model_field),
                    table=SQL.identifier(table),
                    model=model,
                    ids=ids,
                    stays=self.stays(other),
                )
            )
            kept |= self._reasons(rows, other)
        return kept

    def stays(self, model):
        """SQL that is true for rows of ``model`` that the rollback leaves in place.

        Not those that are planned for deletion, and not those that Odoo made beside
        ours in a transaction of a load (an image inside a note becomes an
        attachment): they share its time stamp with a line of the plan, and go with
        the record they hang on. A record of ours that is kept does count.
        """
        table = SQL.identifier(self.env[model]._table)
        planned = SQL(
            "NOT EXISTS (SELECT 1 FROM migration_rollback_line plan"
            " WHERE plan.project_id = %s AND plan.res_model = %s"
            " AND plan.res_id = %s.id AND plan.fate = 'delete')",
            self.project.id,
            model,
            table,
        )
        if not self.env[model]._log_access:
            return planned
        return SQL(
            "%s AND NOT (EXISTS (SELECT 1 FROM migration_rollback_line own"
            " WHERE own.project_id = %s AND own.made_on = %s.create_date)"
            " AND NOT EXISTS (SELECT 1 FROM migration_crosswalk kept"
            " WHERE kept.res_model = %s AND kept.res_id = %s.id))",
            planned,
            self.project.id,
            table,
            model,
            table,
        )

    def _reasons(self, rows, other):
        label = self.env[other]._description
        return {
            res_id: self.env._(
                "%(what)s no. %(id)s refers to it.", what=label, id=other_id
            )
            for res_id, other_id in rows
        }
