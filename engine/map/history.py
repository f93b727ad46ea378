"""The stages that a deal went through, as the source lists them."""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from ...exceptions import MappingError
from ...tools.dates import parse_datetime
from .links import item_text, items_of

#: What an entry of the list calls its parts, where the preset does not say.
KEYS = {
    "stage": "stage_id",
    "entered": "entered_at",
    "left": "left_at",
    "user": "user_id",
}


@dataclass(frozen=True)
class Visit:
    """One stay of a deal in a stage; moments are naive UTC, texts the source's own."""

    stage: str
    entered: datetime | None = None
    left: datetime | None = None
    user: str = ""


class StageHistoryTransform:
    """The list of stays, as :class:`Visit` objects in the order of the source."""

    def __init__(self, mapper, line, spec):
        self.mapper = mapper
        self.env = mapper.env
        self.line = line
        self._keys = spec.get("keys", KEYS)

    def prefetch(self, records):
        """Nothing to look up: stages and users are known."""

    def convert(self, raw, record, vals):
        visits = []
        for item in items_of(raw):
            stage = self._text(item, "stage") if isinstance(item, dict) else ""
            if stage:
                visits.append(
                    Visit(
                        stage,
                        self._moment(item, "entered"),
                        self._moment(item, "left"),
                        self._text(item, "user"),
                    )
                )
            else:
                message = self.env._("Not in the history: it names no stage.")
                self.mapper.note(self.line, item, "unreadable", message)
        if not visits:
            raise MappingError(self.env._("The history names no stage."))
        return visits, ""

    def _text(self, item, part):
        key = self._keys.get(part)
        return item_text(item, key) if key else ""

    def _moment(self, item, part):
        text = self._text(item, part)
        if not text:
            return None
        form = self.line.date_format or "iso"
        try:
            return parse_datetime(text, form, self.mapper.timezone)
        except ValueError as error:
            self.mapper.note(self.line, text, "unreadable", str(error))
            return None


def arrange(visits, created):
    """Return the visits in order of time, each with a moment.

    Oldest first; equal moments stay as listed. One without a moment begins when the
    one before it ended, the first with the deal, else when the next one begins. Only
    visits that nothing tells the time of are left out.

    :param created: when the deal was created, or None
    """
    known = [visit.entered for visit in visits if visit.entered]
    if len(known) > 1 and known[0] > known[-1]:
        visits = visits[::-1]
    dated = []
    for place, visit in enumerate(visits):
        if not visit.entered:
            before = dated[-1].left if dated else created
            after = (other.entered for other in visits[place + 1 :] if other.entered)
            last = dated[-1].entered if dated else None
            visit = replace(visit, entered=before or next(after, None) or last)
        if visit.entered:
            dated.append(visit)
    return sorted(dated, key=lambda visit: (visit.entered, visit.left or datetime.max))


def odd_visits(visits, arranged, created, now):
    """Return ``{reason: visits}`` of what Odoo cannot show as the source says it.

    Reasons are ``undated``, ``early``, ``future`` and ``gap``.
    """
    gaps = [
        visit
        for visit, following in pairwise(arranged)
        if visit.left and abs((following.entered - visit.left).total_seconds()) > 1
    ]
    found = {
        "undated": [visit for visit in visits if not visit.entered],
        "early": [v for v in arranged if created and v.entered < created],
        "future": [visit for visit in arranged if visit.entered > now],
        "gap": gaps,
    }
    return {reason: odd for reason, odd in found.items() if odd}
