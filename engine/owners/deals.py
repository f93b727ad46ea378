"""Open deals and their value by owner: who on the board matters most."""

from collections import Counter, defaultdict

from odoo import fields
from odoo.tools import SQL

from ...tools.fingerprint import fold
from ...tools.money import split_money
from ..map.amounts import CurrencyTable
from ..map.pipelines import Pipelines, lines_by_target
from ..targets.lead_outcome import LOST_STATUSES
from ..values import cell_text

CHUNK = 5000
_NAMES = (
    *("expected_revenue", "_currency", "_status"),
    *("_pipeline", "_pipeline_name", "stage_id", "_stage_name"),
)


class OpenDeals:
    """Reads the staged deals; nothing is in Odoo yet when the board is made."""

    def __init__(self, project):
        self.project = project
        self.env = project.env
        self._pipelines = Pipelines(project)
        self._currencies = CurrencyTable(project)

    def by_owner(self, line):
        """Return ``{owner as written: (open deals, value, left out)}`` of a line.

        The value is in the company's currency; ``left out`` are amounts by currency
        for which Odoo has no rate, they are in no sum.
        """
        obj = line.object_id
        if obj._spec().get("constants", {}).get("type") != "opportunity":
            return {}
        counts, values, others = Counter(), Counter(), defaultdict(Counter)
        for owner, amount, currency, status, *place in self._rows(line):
            if not self._is_open(status, place):
                continue
            counts[owner] += 1
            value, code = self._money(amount, currency)
            if code:
                others[owner][code] += value
            else:
                values[owner] += value
        return {owner: (n, values[owner], others[owner]) for owner, n in counts.items()}

    def _rows(self, line):
        """Yield the owner and the facts of each staged deal, in chunks."""
        lines = lines_by_target(line.object_id)
        names = [lines[n].source_field if n in lines else "" for n in _NAMES]
        columns = SQL(", ").join(
            SQL("COALESCE(%s, '')", cell_text(n)) for n in [line.source_field, *names]
        )
        last = 0
        while True:
            rows = self.env.execute_query(
                SQL(
                    "SELECT id, %(columns)s FROM migration_staged_record"
                    " WHERE object_id = %(object)s AND id > %(last)s"
                    " ORDER BY id LIMIT %(limit)s",
                    columns=columns,
                    object=line.object_id.id,
                    last=last,
                    limit=CHUNK,
                )
            )
            if not rows:
                return
            last = rows[-1][0]
            yield from (row[1:] for row in rows if row[1])

    def _is_open(self, status, place):
        """Return whether a deal is neither won nor lost, by its status or stage."""
        words = fold(status).split()
        if status:
            closed = {"won", "lost"} & set(words)
            return not closed and fold(status) not in LOST_STATUSES
        stage = self._pipelines.stages.get(
            self._pipelines.stage(place[:2], place[2:]), {}
        )
        return not (stage.get("is_won") or stage.get("is_lost"))

    def _money(self, amount, currency):
        """Return ``(value, "")`` in the company's currency, else with its code."""
        try:
            value, sign = split_money(amount)
        except ValueError:
            return 0.0, ""
        code = self._currencies.code(currency or sign)
        rate = self._currencies.rate(code, fields.Date.context_today(self.project))
        if rate is None:
            return value or 0.0, code
        return (value or 0.0) * rate, ""
