"""References that the database knows nothing of: pairs, texts, JSON."""

import json

from odoo.tools import SQL


class FreeReferences:
    """Asks generic references, followers, properties, links by company, defaults.

    :param inbound: the :class:`~.inbound.InboundReferences` of the same project
    """

    def __init__(self, inbound):
        self.inbound = inbound
        self.env = inbound.env
        self.columns = inbound.columns

    def find(self, model, ids):
        """Return ``{id: reason}``."""
        kept = {}
        for find in (
            self._by_pair,
            # whoever wrote about it follows it too: that comes after
            self._by_followers,
            self.by_text,
            self._by_company,
            self._by_property,
            self._by_default,
        ):
            kept = find(model, ids) | kept
        return kept

    def _by_pair(self, model, ids):
        """Columns with an id beside columns with a model."""
        pairs = [
            pair
            for pair in self.columns.pairs
            if not self.inbound.is_ours(self.env[pair.model]._table)
            and pair.model != "mail.followers"
        ]
        wanted = SQL("= wanted.id")
        places = [
            (
                SQL.identifier(self.env[pair.model]._table),
                self._names(pair, model, wanted),
            )
            for pair in pairs
        ]
        kept = {}
        for position in self.inbound.touched(places, ids):
            pair = pairs[position]
            condition = self._names(pair, model, SQL("= ANY(%s)", ids))
            key = self._column(pair, pair.id)
            rows = self.inbound.ask(pair.model, key, condition)
            kept = self.inbound.reasons(rows, pair.model) | kept
        return kept

    def _column(self, pair, name):
        return SQL.identifier(self.env[pair.model]._table, name)

    def _names(self, pair, model, wanted):
        """SQL that is true for rows whose pair names one of the records."""
        kind = self.env["ir.model"]._get_id(model) if pair.is_by_row else model
        condition = SQL(
            "%s = %s AND %s %s",
            self._column(pair, pair.kind),
            kind,
            self._column(pair, pair.id),
            wanted,
        )
        if pair.model == model == "ir.attachment":
            # looking at a file makes a thumbnail of it
            condition = SQL("%s AND res_field IS NULL", condition)
        return condition

    def _by_followers(self, model, ids):
        """Nobody follows a record because of us: each follower is somebody's."""
        rows = self.inbound.ask(
            "mail.followers",
            SQL("res_id"),
            SQL("res_model = %s AND res_id = ANY(%s)", model, ids),
            SQL("min(partner_id)"),
        )
        partners = self.env["res.partner"].browse({row[1] for row in rows})
        names = {partner.id: partner.name for partner in partners.exists()}
        return {
            res_id: self.env._("%s follows it.", names.get(partner_id) or partner_id)
            for res_id, partner_id in rows
        }

    def by_text(self, model, ids):
        """Return ``{id: reason}`` by columns that say ``model,id``."""
        kept = {}
        names = [f"{model},{res_id}" for res_id in ids]
        columns = self.columns.references
        places = [
            (
                SQL.identifier(self.env[other]._table),
                # by the model alone: asking for each id takes longer than reading all
                SQL(
                    "starts_with(%s, %s)",
                    SQL.identifier(self.env[other]._table, name),
                    f"{model},",
                ),
            )
            for other, name in columns
        ]
        for position in self.inbound.touched(places, ids):
            other, name = columns[position]
            column = SQL.identifier(name)
            rows = self.inbound.ask(
                other,
                SQL("split_part(%s, ',', 2)::int", column),
                SQL("%s = ANY(%s)", column, names),
            )
            kept = self.inbound.reasons(rows, other) | kept
        return kept

    def _by_company(self, model, ids):
        """Links that every company has its own: ``{company: id}``."""
        kept = {}
        for other, name in self.columns.by_company(model):
            rows = self._ask_json(other, _entries(name), SQL("entry.value"), ids)
            kept = self.inbound.reasons(rows, other) | kept
        return kept

    def _ask_json(self, model, entries, value, ids, condition=None):
        """Ask for ids inside of JSON: single ones, and those in lists."""
        return self.env.execute_query(
            SQL(
                "SELECT (item #>> '{}')::int, min(%(table)s.id) FROM %(table)s"
                " CROSS JOIN LATERAL %(entries)s"
                " CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(%(value)s)"
                " WHEN 'array' THEN %(value)s ELSE jsonb_build_array(%(value)s) END)"
                " AS item"
                " WHERE %(condition)s AND jsonb_typeof(item) = 'number'"
                " AND item #>> '{}' = ANY(%(ids)s) AND %(stays)s GROUP BY 1",
                table=SQL.identifier(self.env[model]._table),
                entries=entries,
                value=value,
                condition=condition or SQL("TRUE"),
                ids=[str(res_id) for res_id in ids],
                stays=self.inbound.stays(model),
            )
        )

    def _by_property(self, model, ids):
        """Properties: fields that people define on a team, a project, a category."""
        names = self._link_properties(model)
        if not names:
            return {}
        kept = {}
        for other, name in self.columns.definitions:
            default = SQL("entry -> 'default'")
            is_link = SQL("entry ->> 'comodel' = %s", model)
            rows = self._ask_json(other, _definitions(name), default, ids, is_link)
            kept = self.inbound.reasons(rows, other) | kept
        for other, name in self.columns.properties:
            rows = self._ask_json(
                other,
                _entries(name),
                SQL("entry.value"),
                ids,
                SQL("entry.key = ANY(%s)", list(names)),
            )
            kept = self.inbound.reasons(rows, other) | kept
        return kept

    def _link_properties(self, model):
        """Return the names of the properties that link to records of the model."""
        parts = [
            SQL(
                "SELECT entry ->> 'name' FROM %s CROSS JOIN LATERAL %s"
                " WHERE entry ->> 'comodel' = %s",
                SQL.identifier(self.env[other]._table),
                _definitions(name),
                model,
            )
            for other, name in self.columns.definitions
        ]
        rows = self.env.execute_query(SQL(" UNION ").join(parts)) if parts else []
        return {row[0] for row in rows}

    def _by_default(self, model, ids):
        """Default values that people set for a field."""
        kept, wanted = {}, {*ids}
        for default_id, value in self.env.execute_query(
            SQL(
                "SELECT ir_default.id, json_value FROM ir_default"
                " JOIN ir_model_fields field ON field.id = ir_default.field_id"
                " WHERE field.relation = %s AND field.ttype IN %s AND %s"
                " ORDER BY ir_default.id DESC",
                model,
                ("many2one", "many2many"),
                self.inbound.stays("ir.default"),
            )
        ):
            found = wanted & {*_numbers(json.loads(value))}
            kept |= self.inbound.reasons(
                [(res_id, default_id) for res_id in found], "ir.default"
            )
        return kept


def _entries(column):
    """SQL of the rows ``entry(key, value)`` of a column with a JSON object."""
    return SQL(
        "jsonb_each(CASE jsonb_typeof(%(column)s) WHEN 'object' THEN %(column)s"
        " ELSE '{}' END) AS entry(key, value)",
        column=SQL.identifier(column),
    )


def _definitions(column):
    """SQL of the rows ``entry`` of a column with a JSON list."""
    return SQL(
        "jsonb_array_elements(CASE jsonb_typeof(%(column)s) WHEN 'array'"
        " THEN %(column)s ELSE '[]' END) AS entry",
        column=SQL.identifier(column),
    )


def _numbers(value):
    """Yield the numbers in a JSON value, also in lists (``[[6, 0, [7]]]``)."""
    if isinstance(value, list):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield value
