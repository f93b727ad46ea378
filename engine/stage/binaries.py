"""Bring the files of a batch to disk: out of the bundle, or from the net."""

import shutil
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property, partial
from typing import Any

from ...connectors.web.download import DownloadError, DownloadItem, download_many
from ...connectors.web.session import SourceSession
from ...exceptions import (
    BinaryMissing,
    BrokenFile,
    MappingError,
    SourceError,
    SourcePaused,
    SourceRefused,
)
from .filestore import HEAD, spool

#: A reserved name: no address that an export links to is the source's own.
_NO_SOURCE = {"base_url": "https://source.invalid"}


@dataclass(frozen=True)
class Wanted:
    """One file that a record speaks of; what the source says of it is checked."""

    key: int
    external_id: str
    path: str = ""
    url: str = ""
    expires_at: Any = None
    size: int | None = None
    checksum: str = ""


class BinaryFetcher:
    """Fetches files to the project's spool folder, as a stream.

    A download that was cut off goes on with the part that is there.
    """

    def __init__(self, project, object_name):
        self.project = project
        self.object_name = object_name
        self.env = project.env
        self._connector = project._connector()
        #: whether an address means the file behind it, or itself
        self.takes_links = self._connector.is_live or project.fetch_links

    def close(self):
        """Give back the bundle, or the connections to the source."""
        self._connector.close()
        if "_session" in self.__dict__ and not self._connector.is_live:
            self._session.close()

    def fetch(self, wanted):
        """Return ``{key: path on disk, or the error to raise}``."""
        found, urls = {}, []
        folder = spool(self.project)
        for one in wanted:
            target = folder / str(one.key)
            if not one.path:
                urls.append((one, target))
                continue
            try:
                found[one.key] = self._copy(one, target)
            except (BinaryMissing, MappingError) as error:
                found[one.key] = error
        found.update(self._download(urls))
        return found

    def _copy(self, one, target):
        """Copy a file out of the bundle and hold it against what is said of it."""
        try:
            with self._connector.open_binary(one.path) as stream:
                with open(target, "wb") as sink:
                    shutil.copyfileobj(stream, sink, HEAD)
        except BinaryMissing as error:
            raise BinaryMissing(
                self.env._(
                    "“%s” is not in the bundle. Add it to the project's files (for "
                    "example as a second ZIP), stage, and run again.",
                    one.path,
                )
            ) from error
        except BrokenFile as error:
            raise MappingError(str(error)) from error
        return target

    def _download(self, wanted):
        """Fetch files from the net, several at a time.

        :raise SourcePaused: the source wants to be left alone; the batch waits
        :raise SourceRefused: the key is not accepted; no other file would come
        """
        if not wanted:
            return {}
        items = [
            DownloadItem(one, one.url, str(target), self._options(one))
            for one, target in wanted
        ]
        found, stop = {}, None
        for item, result in download_many(self._session, items):
            if isinstance(result, (SourcePaused, SourceRefused)):
                stop = stop or result
            found[item.key.key] = (
                self._explain(result) if isinstance(result, Exception) else item.target
            )
        if stop:
            raise stop
        return found

    @cached_property
    def _session(self):
        """The session of the live source; for links in an export one without a key."""
        if self._connector.is_live:
            return self._connector.session
        return SourceSession(
            _NO_SOURCE, {}, self.env["migration.connection"]._web_options()
        )

    def _options(self, one):
        options = {"expected_size": one.size, "checksum": one.checksum or None}
        if isinstance(one.expires_at, datetime):
            options["expires_at"] = one.expires_at.replace(tzinfo=timezone.utc)
        if self._connector.is_live:
            options["refresh"] = partial(self._refresh, one)
        return options

    def _refresh(self, one):
        """Return a new address for one that has ended; runs in a download's thread."""
        return self._connector.new_link(self.object_name, one.external_id)[0]

    def _explain(self, error):
        """Return the error to keep on the record: later, or never."""
        if isinstance(error, DownloadError) and not error.retry_later:
            return MappingError(str(error))
        return BinaryMissing(str(error)) if isinstance(error, SourceError) else error
