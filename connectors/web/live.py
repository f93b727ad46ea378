"""What REST and GraphQL sources have in common."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from ..base import BaseConnector, Job, PageOrError, SourceTable
from ..profile.normalise import Normaliser
from .pump import PagePump


class LiveConnector(BaseConnector):
    """A source that is asked over HTTP; has `profile` and `session`."""

    is_live = True
    profile: dict[str, Any]

    def stream(self, jobs: Iterable[Job]) -> Iterator[tuple[SourceTable, PageOrError]]:
        """Yield pages of several tables, pulled within the profile's concurrency."""
        concurrency = self.profile["limits"]["concurrency"]
        with PagePump(self, jobs, concurrency) as pump:
            yield from pump

    def volatile_fields(self, name: str) -> frozenset[str]:
        """Return the signed link of a file and its end, which no two readings share."""
        files = self.profile["files"]
        if files.get("object") != name:
            return frozenset()
        names = (files.get("url_at"), files.get("expires_at"))
        return frozenset(filter(None, names))

    def new_link(
        self, name: str, external_id: str
    ) -> tuple[str | None, datetime | None]:
        """Ask for a record of files again; return its address and when that ends."""
        item = self.read_item(name, external_id)
        if item is None:
            return None, None
        found = Normaliser(self.profile, name).records(item, "", 0)
        files = self.profile["files"]
        data = getattr(found[0], "data", {}) if found else {}
        return data.get(files["url_at"]), data.get(files.get("expires_at") or "")

    def read_item(self, name: str, external_id: str) -> Any:
        """Return one raw record by its id, None where the source cannot be asked."""
        return None
