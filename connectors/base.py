"""What every connector gives: tables of raw records, problems and binaries."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, BinaryIO


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One source record, untouched, with the place it was found at.

    `line` is the physical line in CSV and JSON Lines, the row in XLSX and the
    position (from 1) in a JSON list.
    """

    object: str
    data: dict[str, Any]
    file: str
    line: int


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


class BaseConnector(ABC):
    """Reads one source without knowing where the records go."""

    @property
    @abstractmethod
    def problems(self) -> list[Problem]:
        """Problems met while opening the source."""

    @abstractmethod
    def tables(self) -> list[SourceTable]:
        """Return the tables that can be pulled."""

    @abstractmethod
    def pull(
        self, table: SourceTable, after_line: int = 0
    ) -> Iterator[RawRecord | Problem]:
        """Yield the records after a line, problems at the place they occur."""

    @abstractmethod
    def open_binary(self, path: str) -> AbstractContextManager[BinaryIO]:
        """Open the stream of a binary; BinaryMissing if it is not there."""

    @abstractmethod
    def binaries(self) -> Iterator[tuple[str, int]]:
        """Yield the path and the size in bytes of every binary."""
