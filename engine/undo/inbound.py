"""Who refers to a record: every key, list, generic reference, property, default."""

from functools import cached_property

from odoo.tools import SQL

from .given_back import GivenBack
from .inbound_columns import ReferenceColumns
from .inbound_free import FreeReferences
from .inbound_keys import KeyReferences
from .inbound_schema import SchemaUse

#: Tables that may point at anything without being somebody's work.
_SILENT = {
    # a name for import and export
    "ir_model_data",
    # a part of its message
    "mail_tracking_value",
    "bus_bus",
    # the assignees of a task
    "project_task_user_rel",
}


class InboundReferences:
    """Finds references to records planned for deletion, from records that stay.

    :class:`~.inbound_columns.ReferenceColumns` knows the columns of the database that
    may hold one; each is asked once for all records of a call. What is planned is read
    from the rollback plan in the database, not held in memory.
    """

    def __init__(self, project):
        self.env = project.env
        self.project = project
        self.columns = ReferenceColumns(self.env)
        self.given_back = GivenBack(project)
        self.keys = KeyReferences(self)
        self.free = FreeReferences(self)

    @cached_property
    def _schema(self):
        return SchemaUse(self)

    def find(self, model, ids):
        """Return ``{id: reason}`` of those of ``ids`` that must stay."""
        ids = list(ids)
        if not ids:
            return {}
        kept = self._schema.find(model, ids)
        if kept is None:
            kept = self._of_other_projects(model, ids)
            kept |= self.free.find(model, ids) | self.keys.find(model, ids)
        return kept

    def _of_other_projects(self, model, ids):
        """What another project has taken for its own records is not ours alone."""
        links = self.env["migration.crosswalk"].search_fetch(
            [
                ("project_id", "!=", self.project.id),
                ("res_model", "=", model),
                ("res_id", "in", ids),
            ],
            ["project_id", "res_id"],
        )
        return {
            link.res_id: self.env._(
                "The migration project “%s” uses it as well.", link.project_id.name
            )
            for link in links
        }

    @staticmethod
    def is_ours(table):
        """Return whether rows of the table are never a reason to keep anything."""
        return table.startswith("migration_") or table in _SILENT

    def touched(self, places, ids):
        """Return the positions of those ``(table, condition)`` that any row fulfils.

        Most columns of a database say nothing of a batch: one query tells which do.
        Conditions speak of the ids as ``wanted.id``: a list of them in each would
        take PostgreSQL longer to plan than to answer.
        """
        if not places:
            return []
        tests = SQL(", ").join(
            SQL("EXISTS (SELECT 1 FROM %s, wanted WHERE %s)", table, condition)
            for table, condition in places
        )
        found = self.env.execute_query(
            SQL(
                "WITH wanted AS MATERIALIZED"
                " (SELECT unnest(%s::int[]) AS id) SELECT %s",
                ids,
                tests,
            )
        )[0]
        return [position for position, is_touched in enumerate(found) if is_touched]

    def ask(self, model, key, condition, what=None):
        """Return ``[(key, what)]`` of rows of ``model`` that stay, one for each key."""
        return self.env.execute_query(
            SQL(
                "SELECT %s, %s FROM %s WHERE %s AND %s GROUP BY 1",
                key,
                what or SQL("min(id)"),
                SQL.identifier(self.env[model]._table),
                condition,
                self.stays(model),
            )
        )

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

    def reasons(self, rows, model):
        """Return ``{id: reason}`` of ``[(id, id of a record of model)]``."""
        label = self.name_of(model)
        return {
            res_id: self.env._(
                "%(what)s no. %(id)s refers to it.", what=label, id=other_id
            )
            for res_id, other_id in rows
        }

    def name_of(self, model):
        """Return what a person calls the model."""
        return self.env[model]._description if model in self.env else model
