"""REST sources, as their connection profile describes them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

from ..base import Page, SourceTable
from ..profile.paths import read_path
from .listing import IdListing, Listing, Value
from .live import LiveConnector
from .pull import Pull


class RestConnector(LiveConnector):
    """Pulls lists of JSON records, page by page."""

    def tables(self) -> list[SourceTable]:
        """Return the active objects that have a list of their own."""
        return [
            SourceTable(name, self.listing(name).file(), (), {"transport": "rest"})
            for name, spec in self.profile["objects"].items()
            if spec.get("active", True) and spec.get("path")
        ]

    def listing(self, name: str) -> Listing:
        """Return the reader of one object's pages."""
        return Listing(self.session, self.profile, name, self.options.until)

    def pages(
        self,
        table: SourceTable,
        cursor: dict[str, Any] | None = None,
        since: datetime | None = None,
    ) -> Iterator[Page]:
        """Yield the pages of a table from a cursor on.

        `overlap_s` of the profile is taken off `since` here. A cursor keeps the
        filter that its pull began with.

        :raise SourceRefused: key or session are not accepted
        :raise SourceUnavailable: no such list, or no right to it
        :raise SourcePaused: a limit is used up for longer than a minute
        :raise SourceError: settings are wrong, the source keeps failing or loops
        """
        listing = self.listing(table.object)
        values = self._values(listing)
        if not values:
            yield Page((), None)
            return
        yield from Pull(listing, values, cursor, since)

    def _values(self, listing: Listing) -> list[Value | None]:
        """Return the values that a list has to be asked for with."""
        if not listing.each:
            return [None]
        values = [Value(text, text) for text in listing.each.get("values") or ()]
        parent = listing.each.get("object")
        if parent and parent in self.profile["objects"]:
            values += self._ids(parent)
        return list({value.sent: value for value in values}.values())

    def _ids(self, name: str) -> Iterator[Value]:
        """Yield the ids of another object, as the source writes them."""
        listing = IdListing(self.session, self.profile, name)
        for page in Pull(listing, self._values(listing), None, None):
            yield from (item for item in page.items if isinstance(item, Value))

    def read_item(self, name: str, external_id: str) -> Any:
        """Return one raw record by its id, None where the source does not have it."""
        spec = self.profile["objects"][name]
        single = spec.get("single") or {}
        files = self.profile.get("files") or {}
        path = single.get("path")
        if not path and files.get("object") == name:
            path = files.get("refresh_path")
        if not path:
            return None
        path = path.replace("{id}", quote(external_id, safe=""))
        response = self.session.request("GET", path, accept=(404, 410))
        if response.status in (204, 404, 410):
            return None
        return read_path(response.json(), single.get("records_at") or "data|@")
