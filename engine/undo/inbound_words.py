"""Texts that speak of a custom field: filters, exports, templates, code."""

import re
from dataclasses import dataclass

from odoo.tools import SQL


@dataclass(frozen=True)
class Place:
    """Fields of a model that hold names of fields; ``about`` leads to whose."""

    model: str
    about: str
    texts: tuple


_PLACES = (
    Place("ir.filters", "model_id", ("domain", "context", "sort")),
    Place("ir.exports.line", "export_id.resource", ("name",)),
    Place("ir.actions.act_window", "res_model", ("domain", "context")),
    Place("ir.actions.server", "model_id.model", ("code", "update_path")),
    Place("ir.rule", "model_id.model", ("domain_force",)),
    Place("ir.model.fields", "model", ("related", "depends", "compute", "domain")),
    Place("mail.template", "model_id.model", ("subject", "body_html", "email_to")),
    Place("base.automation", "model_id.model", ("filter_domain", "filter_pre_domain")),
)


class FieldWords:
    """Finds the texts of people and modules that name a field planned for deletion.

    :param inbound: the :class:`~.inbound.InboundReferences` of the same project
    """

    def __init__(self, inbound):
        self.inbound = inbound
        self.env = inbound.env

    def find(self, fields):
        """Return ``{id: reason}`` of those of the ``ir.model.fields`` in a text."""
        kept = {}
        for place in _PLACES:
            if place.model in self.env:
                kept = self._in_place(place, fields) | kept
        return kept

    def _in_place(self, place, fields):
        model = self.env[place.model].with_context(active_test=False)
        names = [
            n for n in place.texts if n in model._fields and model._fields[n].store
        ]
        if not names:
            return {}
        pattern = "|".join(sorted({re.escape(field.name) for field in fields}))
        columns = SQL(" || ' ' || ").join(
            SQL("COALESCE(%s::text, '')", SQL.identifier(name)) for name in names
        )
        rows = self.env.execute_query(
            SQL(
                "SELECT id, %s FROM %s WHERE %s ~ %s AND %s",
                columns,
                SQL.identifier(model._table),
                columns,
                rf"\m({pattern})\M",
                self.inbound.stays(place.model),
            )
        )
        kept = {}
        for row_id, text in rows:
            record = model.browse(row_id)
            about = record.mapped(place.about)
            about = about[0] if about else ""
            # a line of an export has no name of its own
            shown = record.export_id if "export_id" in model._fields else record
            for field in fields:
                if field.id not in kept and self._speaks(record, about, text, field):
                    kept[field.id] = self.env._(
                        "%(what)s “%(name)s” uses it.",
                        what=self.inbound.name_of(shown._name),
                        name=shown.display_name,
                    )
        return kept

    def _speaks(self, record, about, text, field):
        """Whether a text means this field, not one of the same name elsewhere."""
        if record._name == "ir.model.fields" and record.name == field.name:
            # a user has the fields of their contact; they go with that one
            return False
        if not re.search(rf"\b{field.name}\b", text):
            return False
        known = self.env[about]._fields if about in self.env else ()
        is_path = re.search(rf"[./]{field.name}\b", text)
        return bool(about == field.model or field.name not in known or is_path)
