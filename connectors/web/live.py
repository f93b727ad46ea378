"""What REST and GraphQL sources have in common."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, BinaryIO

from ...exceptions import BinaryMissing
from ..base import BaseConnector, Job, PageOrError, Problem, SourceTable
from ..profile.normalise import Normaliser
from .download import DownloadError, download
from .options import WebOptions
from .pump import PagePump
from .session import SourceSession


class LiveConnector(BaseConnector):
    """A source that is asked over HTTP.

    :param profile: a complete connection profile
    :param secrets: see SourceSession
    """

    is_live = True

    def __init__(
        self,
        profile: Mapping[str, Any],
        secrets: Mapping[str, str],
        options: WebOptions | None = None,
    ):
        self.profile = profile
        self.options = options or WebOptions()
        self.session = SourceSession(profile, secrets, self.options)
        self._problems: list[Problem] = []

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.session!r}>"

    def __enter__(self):
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self.session.close()

    @property
    def problems(self) -> list[Problem]:
        return self._problems

    def stream(
        self, jobs: Iterable[Job], until: float | None = None
    ) -> Iterator[tuple[SourceTable, PageOrError]]:
        """Yield pages of several tables, pulled within the profile's concurrency."""
        concurrency = self.profile["limits"]["concurrency"]
        with PagePump(self, jobs, concurrency, until) as pump:
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
        # pylint: disable-next=assignment-from-none
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

    @contextmanager
    def open_binary(self, path: str) -> Iterator[BinaryIO]:
        """Open the file at an address; see `download` for what goes along."""
        with tempfile.TemporaryDirectory(dir=self.options.spool) as folder:
            target = os.path.join(folder, "file")
            try:
                download(self.session, path, target)
            except DownloadError as error:
                if error.retry_later:
                    raise
                raise BinaryMissing(str(error)) from None
            with open(target, "rb") as stream:
                yield stream

    def binaries(self) -> Iterator[tuple[str, int]]:
        """Live sources list their files as records: there are none besides."""
        return iter(())
