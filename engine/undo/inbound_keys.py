"""References that the database itself knows: many2one and many2many."""

from odoo.tools import SQL

#: Rows that mean something else to a person: (model, column of what it is about).
_PARTS = {"mail.notification": ("mail.message", "mail_message_id")}


class KeyReferences:
    """Asks foreign keys, tables of many2many fields and many2one without a key.

    :param inbound: the :class:`~.inbound.InboundReferences` of the same project
    """

    def __init__(self, inbound):
        self.inbound = inbound
        self.env = inbound.env
        self.project = inbound.project
        self.columns = inbound.columns

    def find(self, model, ids, but=()):
        """Return ``{id: reason}``; tables in ``but`` do not count."""
        keys = [
            (table, column)
            for table, column in self.columns.keys_to(model)
            if not self.inbound.is_ours(table) and table not in but
        ]
        places = [
            (
                SQL.identifier(table),
                SQL("%s = wanted.id", SQL.identifier(table, column)),
            )
            for table, column in keys
        ]
        kept = {}
        for position in self.inbound.touched(places, ids):
            kept = self._by_key(model, ids, *keys[position]) | kept
        return kept

    def _by_key(self, model, ids, table, column):
        other = self.columns.model_of(table)
        if not other:
            return self._by_relation(model, ids, table, column)
        if other == "mail.followers":
            return self._by_following(ids)
        if _is_copy(self.env[other]._fields.get(column)):
            return {}
        shown, key = _PARTS.get(other, (other, "id"))
        what = SQL("min(%s)", SQL.identifier(key))
        name = SQL.identifier(column)
        condition = SQL(
            "%s = ANY(%s) AND %s <> ALL(%s)",
            *(name, ids, SQL.identifier(self.env[other]._table, "id")),
            self.inbound.given_back.records(other, column),
        )
        rows = self.inbound.ask(other, name, condition, what)
        return self.inbound.reasons(rows, shown)

    def _by_following(self, ids):
        """Return why contacts stay that follow something which stays."""
        rows = self.inbound.ask(
            "mail.followers",
            SQL("partner_id"),
            SQL("partner_id = ANY(%s)", ids),
            SQL("(array_agg(ARRAY[res_model, res_id::text] ORDER BY id))[1:1]"),
        )
        return {
            partner_id: self.env._(
                "It follows %(what)s no. %(id)s.",
                what=self.inbound.name_of(place[0][0]),
                id=place[0][1],
            )
            for partner_id, place in rows
        }

    def _by_relation(self, model, ids, table, column):
        """A many2many row counts if its other side stays and we did not write it."""
        end = self.columns.other_side(table, column)
        if end is None:
            return self._by_unknown(ids, table, column)
        other_column, other = end
        if self.inbound.is_ours(self.env[other]._table):
            return {}
        rows = self.env.execute_query(
            SQL(
                "SELECT %(column)s, %(other)s FROM %(table)s"
                " JOIN %(other_table)s ON %(other_table)s.id = %(other)s"
                " WHERE %(column)s = ANY(%(ids)s) AND %(stays)s",
                column=SQL.identifier(table, column),
                other=SQL.identifier(table, other_column),
                table=SQL.identifier(table),
                other_table=SQL.identifier(self.env[other]._table),
                ids=ids,
                stays=self.inbound.stays(other),
            )
        )
        takes_out = self.inbound.given_back.takes_out
        for field in self._own_fields(other, table, other_column) if rows else ():
            name = field.name
            rows = [row for row in rows if not takes_out(other, name, row[1], row[0])]
        own = self._own_fields(model, table, column)
        if rows and own:
            rows = self._not_written(model, rows, own)
        return self.inbound.reasons(dict(rows).items(), other)

    def _by_unknown(self, ids, table, column):
        """Rows of a table that no installed module knows: they stay for sure."""
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT %(column)s FROM %(table)s"
                " WHERE %(column)s = ANY(%(ids)s)",
                column=SQL.identifier(column),
                table=SQL.identifier(table),
                ids=ids,
            )
        )
        reason = self.env._("A row of the table %s refers to it.", table)
        return dict.fromkeys([row[0] for row in rows], reason)

    def _own_fields(self, model, table, column):
        """Return the many2many fields of ``model`` itself that use the table."""
        return [
            field
            for field in self.env[model]._fields.values()
            if field.type == "many2many"
            and field.relation == table
            and field.column1 == column
        ]

    def _not_written(self, model, rows, own):
        """Leave out what we put into the records' own lists, or Odoo at creation."""
        ids = list({row[0] for row in rows})
        written = self._written(model, ids)
        makers = {}
        if any(field.default for field in own):
            # favourites begin with who makes the record
            found = self.env[model].browse(ids).exists()
            makers = {record.id: record.create_uid.id for record in found}
        return [
            (res_id, other)
            for res_id, other in rows
            if makers.get(res_id) != other
            and not any(
                other in (written.get(res_id, {}).get(f.name) or ()) for f in own
            )
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


def _is_copy(field):
    """Whether a value is copied along a link (the company above a contact's company).

    Then the link itself is what counts.
    """
    is_computed = field is not None and field.compute and field.readonly
    return bool(is_computed and (field.related or field.recursive))
