"""What every connector gives: tables of raw records in pages, problems, binaries."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO

from ..exceptions import SourceError


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One source record with the place it was found at.

    `line` is the physical line in CSV and JSON Lines, the row in XLSX, the position
    (from 1) in a JSON list and in what a server lists. The last three are given by
    sources that have them: the record's own id, when it changed (aware), whether
    the source says that it is deleted.
    """

    object: str
    data: dict[str, Any]
    file: str
    line: int
    external_id: str = ""
    updated_at: datetime | None = None
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a person has to know about a file, a line or a cell."""

    code: str
    message: str
    file: str = ""
    line: int = 0
    field: str = ""
    value: str = ""
    object: str = ""
    severity: str = "error"


@dataclass(frozen=True, slots=True)
class SourceTable:
    """One list of records of one object; `dialect` says how it is written."""

    object: str
    file: str
    fields: tuple[str, ...]
    dialect: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of one table: what stood on it and where the next one begins.

    `cursor` is plain JSON. It is stored in the transaction that stores the items, so
    that a killed pull repeats at most one page; None says that this was the last.
    `total` is how many records the source claims to have, `newest` the latest change
    among the page's records (aware): both None where unknown.
    """

    items: tuple[RawRecord | Problem, ...]
    cursor: dict[str, Any] | None
    total: int | None = None
    newest: datetime | None = None


#: A table, the cursor to go on from, and the moment since when changes are wanted.
Job = tuple[SourceTable, dict[str, Any] | None, datetime | None]
PageOrError = Page | Exception


class BaseConnector(ABC):
    """Reads one source without knowing where the records go."""

    #: A live source may list a record twice while it is read: the later one counts.
    is_live = False

    @property
    @abstractmethod
    def problems(self) -> list[Problem]:
        """Problems met while opening the source."""

    @abstractmethod
    def tables(self) -> list[SourceTable]:
        """Return the tables that can be pulled."""

    @abstractmethod
    def pages(
        self,
        table: SourceTable,
        cursor: dict[str, Any] | None = None,
        since: datetime | None = None,
    ) -> Iterator[Page]:
        """Yield the pages of a table from a cursor on.

        :param since: only what changed at or after this moment (aware), where the
            source can tell; a source that cannot gives everything
        """

    def stream(
        self, jobs: Iterable[Job], until: float | None = None
    ) -> Iterator[tuple[SourceTable, PageOrError]]:
        """Yield the pages of several tables, each with its table.

        An error that ends one table is yielded in the place of its next page.

        :param until: moment of the monotonic clock from which on nobody can wait any
            longer: a source that is silent then ends with SourceSilent for each table
            that is waited for
        """
        for table, cursor, since in jobs:
            try:
                for page in self.pages(table, cursor, since):
                    yield table, page
            except SourceError as error:
                yield table, error

    def volatile_fields(self, name: str) -> frozenset[str]:
        """Return the fields of an object that differ at each reading (signed links)."""
        return frozenset()

    def declared_rows(self) -> dict[str, int]:
        """Return how many rows each file is said to have, where the source says."""
        return {}

    @abstractmethod
    def open_binary(self, path: str) -> AbstractContextManager[BinaryIO]:
        """Open the stream of a binary; BinaryMissing if it is not there."""

    @abstractmethod
    def binaries(self) -> Iterator[tuple[str, int]]:
        """Yield the path and the size in bytes of every binary."""

    def close(self) -> None:  # noqa: B027 - most have nothing to give back
        """Give back files and connections."""
