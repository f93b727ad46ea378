"""The way through the objects of a source, one page of each."""

import re
import time
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError

from ...exceptions import SourceError, SourceRefused, SourceUnavailable
from ..base import RawRecord
from ..profile.normalise import Normaliser
from ..profile.paths import compile_path
from .findings import Discovery, ObjectFound
from .fingerprints import Proposal, graphql_proposal, list_place, rest_proposals
from .graphql import GraphQLConnector
from .listing import Value
from .masking import Masker
from .paging import Ask
from .partial import unwrap
from .rest import RestConnector
from .selection import read_selection

SAMPLES = 3
_CLOCK = re.compile(r"\d:\d\d")
_ZONED = re.compile(r"(?:Z|[+-]\d\d:?\d\d)$", re.I)
TRIES = 2


class Tour:
    """Goes through the objects of one connector.

    :param until: moment of the monotonic clock from which on no object is asked for
    """

    def __init__(self, connector: Any, until: float | None = None):
        self.connector = connector
        self.until = until
        self.profile = connector.profile
        self.masker = Masker(connector.session.vault.redact)
        self.found = Discovery()
        self.ids: dict[str, list[Value]] = {}
        self.moments = [0, 0]  # with a zone, without

    def run(self) -> Discovery:
        try:
            self._identify()
        except SourceError as error:
            self.found.status = _status(error)
            self.found.message = str(error)
            if isinstance(error, SourceRefused):
                return self.found
        for table in self.connector.tables():
            self.found.objects.append(self._visit(table.object, table.file))
            if self.found.objects[-1].status == "refused":
                self.found.status = "refused"
                self.found.message = self.found.objects[-1].message
                break
        self._compare_zones()
        self.found.notes += [one.message for one in self.connector.problems]
        return self.found

    def _identify(self) -> None:
        test = self.profile.get("test") or {}
        body = self._identity()
        account = compile_path(test.get("account_at") or "").first(body)
        if isinstance(account, Mapping):
            self.found.identity = self.masker.record(account)
        zone = (
            compile_path(test["timezone_at"]).first(body)
            if "timezone_at" in test
            else ""
        )
        redact = self.connector.session.vault.redact
        self.found.timezone = redact(zone)[:60] if isinstance(zone, str) else ""

    def _compare_zones(self) -> None:
        """Note that local times are read in another zone than the account's."""
        naive = self.profile["datetime"].get("naive_tz") or "UTC"
        zone = self.found.timezone
        if zone and zone != naive and self.moments[1] > self.moments[0]:
            self.found.notes.append(
                f"The source writes times without a zone, and the account's zone is"
                f" {zone}; the profile reads them as {naive}. Correct"
                " datetime.naive_tz in the connection profile."
            )

    def _note_moments(self, name: str, items: list) -> None:
        """Count which raw items say with a zone when they changed."""
        path = Normaliser(self.profile, name).updated_at
        for item in items if path else ():
            value = path.first(item)
            if isinstance(value, str) and _CLOCK.search(value):
                self.moments[0 if _ZONED.search(value) else 1] += 1

    def _visit(self, name: str, file: str) -> ObjectFound:
        spec = self.profile["objects"][name]
        found = ObjectFound(name, spec.get("label") or name, file)
        found.style = spec["pagination"]["style"]
        if self.until is not None and time.monotonic() > self.until:
            found.status = "error"
            found.message = (
                "Not asked for: the source took too long for what came before. Test"
                " again later, or go on without."
            )
            return found
        proposals: list[Proposal] = []
        try:
            value = self._value(spec)
            items = self._items(name, value, found, proposals)
            self._describe(name, spec, items, found)
        except SourceError as error:
            found.status, found.message = _status(error), str(error)
        self._propose(found, proposals)
        return found

    def _value(self, spec: Mapping[str, Any]) -> Value | None:
        """Return the first value that a list has to be asked for with."""
        each = spec.get("foreach")
        if not each:
            return None
        values = [Value(text, text) for text in each.get("values") or ()]
        values += self.ids.get(each.get("object") or "", [])
        if not values:
            raise SourceUnavailable(
                "The list is asked for by the ids of another one, which gave none."
            )
        return values[0]

    def _describe(self, name, spec, items: list, found: ObjectFound) -> None:
        records = [
            item
            for item in items
            if isinstance(item, RawRecord) and item.object == name
        ]
        found.corrupt = sum(getattr(i, "code", "") == "corrupt_item" for i in items)
        found.sample = [self.masker.record(one.data) for one in records[:SAMPLES]]
        seen = sorted({key for record in records for key in record.data})
        found.custom_seen = [key for key in seen if key.startswith("custom.")]
        found.fields_seen = [key for key in seen if not key.startswith("custom.")]
        known = set(self._known(spec))
        heads = {key.partition(".")[0] for key in found.fields_seen} | set(seen)
        if known:
            children = {c["at"] for c in spec.get("expand_children") or ()}
            at = compile_path((spec.get("custom") or {}).get("at") or "")
            custom = {str(steps[0].key) for steps in at.alternatives if steps}
            found.fields_new = [
                key
                for key in found.fields_seen
                if key not in known and key.partition(".")[0] not in known
            ]
            missing = known - heads - children - custom
            found.fields_missing = sorted(missing) if records else []
        if records and not found.message:
            found.message = f"{found.count} records on the first page."
        elif not found.message:
            found.message = "The list is there and empty."

    def _known(self, spec: Mapping[str, Any]) -> list[str]:
        return [*(spec.get("known") or ()), *(spec.get("fields") or ())]

    @staticmethod
    def _propose(found: ObjectFound, proposals: list[Proposal]) -> None:
        """Note the style that the answer speaks for, as a proposal if it is another."""
        if not proposals:
            return
        fitting = [one for one in proposals if one.style == found.style]
        best = (fitting or proposals)[0]
        found.evidence = best.evidence
        if not fitting:
            found.proposal = {
                "pagination": {"style": best.style, **best.changes},
                "evidence": best.evidence,
                "others": [one.style for one in proposals[1:]],
            }


class RestTour(Tour):
    connector: RestConnector

    def _identity(self) -> Any:
        path = (self.profile.get("test") or {}).get("path")
        if not path:
            return {}
        session = self.connector.session
        return session.request("GET", path, what="the test call", tries=TRIES).json()

    def _items(self, name, value, found: ObjectFound, proposals: list) -> list:
        listing = self.connector.listing(name)
        paginator = listing.paginator(None)
        ask = paginator.ask(paginator.start())
        found.file = listing.file(value)
        response = listing.call(ask, value, None, tries=TRIES)
        body = response.json() if response.status not in (204, 304) else None
        proposals += rest_proposals(body, response)
        try:
            sheet = listing.read(response, value)
        except SourceError:
            proposals += [] if proposals else self._without_pages(listing, value, body)
            raise
        size = paginator.size
        if not proposals and not sheet.items:
            proposals += self._without_pages(listing, value, None)
        elif not proposals and 0 < size < len(sheet.items) and found.style != "none":
            evidence = f"{len(sheet.items)} records came though {size} were asked for"
            proposals.append(Proposal("none", evidence))
        self._note_moments(name, sheet.items)
        found.total, found.count = sheet.reply.total, len(sheet.items)
        keys = [listing.key(item) for item in sheet.items[:50]]
        self.ids[name] = [Value(key, key) for key in keys if key]
        return [
            part
            for line, item in enumerate(sheet.items, start=1)
            for part in listing.records(item, line, value)
        ]

    def _without_pages(self, listing, value, body: Any) -> list[Proposal]:
        """Ask for the list as it comes, and return what that answer speaks for.

        Some sources take a parameter that they do not know for a filter: the page
        asked for is then empty, or not there, and says nothing about paging.
        """
        try:
            response = listing.call(Ask(), value, None, tries=TRIES)
            bare = response.json() if response.status not in (204, 304) else None
            found = rest_proposals(bare, response)
        except (SourceError, ValueError):
            found = []
        place = list_place(body)
        if found or place is None:
            return found
        return [Proposal("none", "the answer has a list", {"records_at": place})]


class GraphQLTour(Tour):
    connector: GraphQLConnector

    def _identity(self) -> Any:
        return self.connector.identity()

    def _known(self, spec):
        known = super()._known(spec)
        try:
            return [*known, *read_selection(spec.get("selection") or [])]
        except GraphQLError:
            return known

    def _items(self, name, value, found: ObjectFound, proposals: list) -> list:
        connector = self.connector
        connector.introspect()
        spec = self.profile["objects"][name]
        proposal = graphql_proposal(connector.client.schema, connector.root_field(name))
        proposals += [proposal] if proposal else []
        queries = connector.queries(name)
        paging = queries.paging
        first = paging.get("first_page")
        place = {
            "first": paging["page_size"],
            "after": None,
            "offset": 0,
            "page": 1 if first is None else first,
            "each": value.sent if value else None,
        }
        reading = connector.read(queries, place, tries=TRIES)
        self._note_moments(name, [entry.item for entry in reading.entries])
        found.total, found.count = reading.total, len(reading.entries)
        normaliser = connector.normaliser(name)
        fill = (spec.get("foreach") or {}).get("fill")
        extra = {fill: value.stored} if fill and value else None
        items: list = []
        for line, entry in enumerate(reading.entries, start=1):
            if entry.item is None:
                found.corrupt += 1
                continue
            unwrap(entry.item, queries.fields)
            items += normaliser.records(entry.item, found.file, line, extra)
        if queries.missing:
            found.message = (
                f"{found.count} records on the first page. The source lacks"
                f" {', '.join(queries.missing)}: left out."
            )
        self.ids[name] = [
            Value(item.external_id, item.external_id)
            for item in items
            if isinstance(item, RawRecord) and item.object == name
        ]
        return items


def _status(error: SourceError) -> str:
    if isinstance(error, SourceRefused):
        return "refused"
    return "unavailable" if isinstance(error, SourceUnavailable) else "error"
