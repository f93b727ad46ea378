"""Values that Odoo has no counterpart for, found before anything moves."""

from functools import cached_property

from odoo import fields
from odoo.tools import SQL

from ..map.amounts import CurrencyTable
from ..map.languages import Languages
from ..map.places import Places
from ..values import cell_text

LIMIT = 20000


class Unresolved:
    """Looks at the distinct values of a mapping line, not at every record."""

    def __init__(self, project):
        self.project = project
        self.env = project.env

    @cached_property
    def _places(self):
        return Places(self.env)

    @cached_property
    def _languages(self):
        return Languages(self.env)

    @cached_property
    def _currencies(self):
        return CurrencyTable(self.project)

    def of_line(self, line):
        """Return ``[(value, records, first staged id)]`` of what means nothing here."""
        if line.target_field == "_currency":
            return self._rows(line, self._has_rate)
        check = {
            "country": self._places_country,
            "state": self._places_state,
            "language": self._is_installed,
        }.get(line.transform)
        return self._rows(line, check) if check else []

    def message(self, line):
        """Say what becomes of such a value."""
        if line.target_field == "_currency":
            return (
                self.env._(
                    "Odoo has no rate: the revenue will be 0, the amount is kept."
                )
                if self.project.currency_rule == "keep"
                else self.env._(
                    "Odoo has no rate: these deals will fail. Add a rate, or let the "
                    "project keep amounts in their own currency."
                )
            )
        names = {"field": line.rest_field or ""}
        return {
            "country": self.env._(
                "No country, or several, are called that: the text goes to %(field)s.",
                **names,
            ),
            "state": self.env._(
                "No state of the country is called that: the text goes to %(field)s.",
                **names,
            ),
            "language": self.env._(
                "This language is not installed: the text goes to %(field)s. Add the "
                "language in the settings first if it is wanted.",
                **names,
            ),
        }[line.transform]

    def _places_country(self, text, _place):
        return self._places.country(text)

    def _places_state(self, text, country):
        return self._places.state(text, self._places.country(country))

    def _is_installed(self, text, _place):
        return self._languages.find(text)

    def _has_rate(self, text, _place):
        day = fields.Date.context_today(self.project)
        return self._currencies.rate(self._currencies.code(text), day) is not None

    def _rows(self, line, check):
        countries = line.object_id.mapping_line_ids.filtered(
            lambda other: other.transform == "country" and other.fate != "dropped"
        )
        place = countries[:1].source_field if line.transform == "state" else ""
        rows = self.env.execute_query(
            SQL(
                "SELECT %(text)s, COALESCE(%(place)s, ''), count(*), min(id)"
                " FROM migration_staged_record WHERE object_id = %(object)s"
                " AND %(text)s <> '' GROUP BY 1, 2 ORDER BY 3 DESC, 1 LIMIT %(limit)s",
                text=cell_text(line.source_field),
                place=cell_text(place or ""),
                object=line.object_id.id,
                limit=LIMIT,
            )
        )
        return [
            (text, count, first)
            for text, place, count, first in rows
            if not check(text, place)
        ]
