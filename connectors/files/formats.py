"""One reader per file format: what is in a member, and its records."""

import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from ...exceptions import BrokenFile
from ..base import Problem
from .encoding import detect_encoding
from .jsonfile import (
    as_utf8,
    find_lists,
    is_json_lines,
    prefix_name,
    read_json,
    read_json_lines,
)
from .limits import MEBIBYTE, BundleLimits
from .members import Member
from .rows import TableReader, header_problem, missing_group
from .tabular import SAMPLE_BYTES, CsvRows, Dialect, sniff
from .workbook import open_workbook, sheet_names, sheet_rows

Groups = Sequence[Sequence[str]]
Item = tuple[int, dict[str, Any]] | Problem
_NOT_TEXT = (
    (b"\xd0\xcf\x11\xe0", "is an old or password-protected Excel file: save as .xlsx"),
    (b"PK\x03\x04", "is a ZIP or Excel file under a wrong name"),
    (b"%PDF", "is a PDF file under a wrong name"),
)
_HTML_STARTS = (b"<!doctype html", b"<html", b"<table", b"<?xml")


@dataclass(frozen=True, slots=True)
class Part:
    """One table inside of a member; `label` is its sheet or key, "" if alone."""

    label: str
    dialect: dict[str, Any]


class Format(ABC):
    """Reads the tables of one kind of file."""

    def __init__(self, limits: BundleLimits):
        self._limits = limits

    @abstractmethod
    def parts(self, member: Member) -> list[Part]:
        """Return the tables inside of a member."""

    @abstractmethod
    def fields(
        self, member: Member, part: Part, file: str, required: Groups
    ) -> tuple[tuple[str, ...], Problem | None]:
        """Return the columns of a table, or why it has none."""

    @abstractmethod
    def read(
        self, member: Member, dialect: dict[str, Any], file: str, required: Groups
    ) -> Iterator[Item]:
        """Yield records and problems of a table."""


def _checked_sample(member: Member) -> bytes:
    """Return the first bytes of a text file; BrokenFile if it is none."""
    with member.open() as stream:
        sample = stream.read(SAMPLE_BYTES)
    for start, reason in _NOT_TEXT:
        if sample.startswith(start):
            raise BrokenFile(f"{member.path} {reason}")
    if sample.lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith(_HTML_STARTS):
        raise BrokenFile(f"{member.path} is a web page or XML under a wrong name")
    return sample


def _encoding(member: Member) -> str:
    """Return the encoding of a text member."""
    with member.open() as stream:
        return detect_encoding(stream)


class CsvFormat(Format):
    """Delimited text: one table in a member."""

    def parts(self, member: Member) -> list[Part]:
        """Return the one table with its encoding and separator."""
        sample = _checked_sample(member)
        dialect = sniff(sample, _encoding(member)).as_dict()
        return [Part("", {"format": "csv", **dialect})]

    def fields(self, member, part, file, required):
        """Return the header cells."""
        with member.open() as stream:
            reader = self._reader(stream, part.dialect, file, required)
            part.dialect["header_line"] = reader.header_line
            return reader.fields, reader.problem

    def read(self, member, dialect, file, required):
        """Yield records and problems."""
        with member.open() as stream:
            yield from self._reader(stream, dialect, file, required)

    def _reader(
        self, stream: BinaryIO, dialect: dict[str, Any], file: str, required: Groups
    ) -> TableReader:
        """Return the reader for a dialect as it was stored."""
        known = {name: dialect[name] for name in Dialect.__slots__ if name in dialect}
        return TableReader(CsvRows(stream, Dialect(**known), file), file, required)


class XlsxFormat(Format):
    """Workbook: one table in each sheet that is not empty."""

    @contextmanager
    def _book(self, member: Member) -> Iterator[Any]:
        """Open the workbook from a copy that can be rewound."""
        with tempfile.SpooledTemporaryFile(max_size=16 * MEBIBYTE) as copy:
            with member.open() as stream:
                shutil.copyfileobj(stream, copy, MEBIBYTE)
            copy.seek(0)
            if copy.read(4) == _NOT_TEXT[0][0]:
                raise BrokenFile(f"{member.path} {_NOT_TEXT[0][1]}")
            copy.seek(0)
            with open_workbook(copy, member.size, member.path, self._limits) as book:
                yield book

    def parts(self, member: Member) -> list[Part]:
        """Return a table for each filled sheet."""
        with self._book(member) as book:
            names = sheet_names(book)
        return [Part(name, {"format": "xlsx", "sheet": name}) for name in names]

    def fields(self, member, part, file, required):
        """Return the cells of the header row."""
        with self._book(member) as book:
            rows = sheet_rows(book, part.dialect["sheet"], file)
            reader = TableReader(rows, file, required)
        part.dialect["header_line"] = reader.header_line
        return reader.fields, reader.problem

    def read(self, member, dialect, file, required):
        """Yield records and problems of a sheet."""
        with self._book(member) as book:
            yield from TableReader(
                sheet_rows(book, dialect["sheet"], file), file, required
            )


class JsonFormat(Format):
    """JSON: a table for each list of objects, or JSON Lines."""

    def parts(self, member: Member) -> list[Part]:
        """Return a table for each list, with the place it stands at."""
        sample = _checked_sample(member)
        encoding = _encoding(member)
        base = {"format": "json", "encoding": encoding}
        text = sample.decode(encoding, "replace").encode("utf-8", "replace")
        by_name = member.path.lower().endswith((".jsonl", ".ndjson"))
        if by_name or is_json_lines(text):
            return [Part("", {**base, "format": "jsonl"})]
        with member.open() as raw, as_utf8(raw, encoding) as stream:
            prefixes = find_lists(stream)
        if len(prefixes) < 2:
            prefix = prefixes[0] if prefixes else "item"
            return [Part(prefix_name(prefix), {**base, "prefix": prefix})]
        return [Part(prefix_name(p), {**base, "prefix": p}) for p in prefixes]

    def fields(self, member, part, file, required):
        """Return all keys of all records, in the order they appear."""
        names: dict[str, None] = {}
        problem = None
        for item in self.read(member, part.dialect, file, required):
            if isinstance(item, Problem):
                problem = problem or item
            else:
                names.update(dict.fromkeys(item[1]))
        fields = tuple(names)
        if not fields:
            text = f"{file} has no records"
            return (), problem or Problem("empty_file", text, file, severity="warning")
        missing = missing_group(fields, required) is not None
        return fields, header_problem(file, fields, required) if missing else None

    def read(self, member, dialect, file, required):
        """Yield records and problems of a list."""
        encoding = dialect.get("encoding") or "utf-8"
        with member.open() as raw, as_utf8(raw, encoding) as stream:
            if dialect["format"] == "jsonl":
                yield from read_json_lines(stream, file)
            else:
                yield from read_json(stream, dialect["prefix"], file)


FORMATS: dict[str, type[Format]] = {
    "csv": CsvFormat,
    "xlsx": XlsxFormat,
    "json": JsonFormat,
    "jsonl": JsonFormat,
}
SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xls": "xlsx",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
}
