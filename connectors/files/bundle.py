"""Files uploaded by hand as one source: tables, manifest and binaries."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any, BinaryIO

from ...exceptions import BadBundle, BrokenFile
from ..base import BaseConnector, Page, Problem, RawRecord, SourceTable
from .archive import UploadScanner
from .formats import FORMATS, Format, Part
from .limits import BundleLimits
from .manifest import (
    NAME,
    check_files,
    promised_rows,
    read_manifest,
    rows_problem,
)
from .members import Member, MemberIndex
from .naming import TableNames
from .pivot import Pivot
from .walk import Walk

#: A page ends at so many rows, or at so much text: one transaction stages it.
PAGE_ROWS = 500
PAGE_BYTES = 16 * 1024 * 1024


class BundleConnector(BaseConnector):
    """Reads several uploads (ZIP, CSV, XLSX, JSON, any file) as one source.

    :param files: (file name, path on disk), later ones add to and replace
        earlier ones
    :param file_objects: object -> file names in lower case without suffix
    :param required: object -> groups of headers of which one each must be there
    :param pivot: object -> how its tables of answers are read, see Pivot
    :param walks: object -> folders read as records where no table lists them, see Walk
    :raise BadBundle: nothing can be read, or an upload is a bomb
    """

    def __init__(
        self,
        files: Sequence[tuple[str, str]],
        file_objects: Mapping[str, Iterable[str]],
        required: Mapping[str, Sequence[Sequence[str]]] | None = None,
        limits: BundleLimits | None = None,
        pivot: Mapping[str, Mapping[str, Any]] | None = None,
        walks: Mapping[str, Mapping[str, Any]] | None = None,
    ):
        limits = limits or BundleLimits()
        self._pivots = {name: Pivot.of(spec) for name, spec in (pivot or {}).items()}
        self._walks = {name: Walk(**spec) for name, spec in (walks or {}).items()}
        self._names = TableNames(file_objects)
        self._required = required or {}
        self._formats: dict[str, Format] = {
            name: cls(limits) for name, cls in FORMATS.items()
        }
        self._scanner = UploadScanner(limits, self._names.is_table)
        try:
            for name, path in files:
                self._scanner.add(name, path)
            self._members = self._scanner.members
            if not self._members:
                raise BadBundle(self._nothing_found())
        except BadBundle:
            self.close()
            raise
        self._index = MemberIndex(self._members.values())

    def _nothing_found(self) -> str:
        """Return why the bundle is empty."""
        reasons = [problem.message for problem in self._scanner.problems]
        return "; ".join(reasons[:5]) or "the upload holds no files"

    def close(self) -> None:
        """Close archives and temporary files."""
        self._scanner.close()

    def __enter__(self):
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What manifest.json says, checked.

        `files` is always there: name -> {"rows": int, "sha256": str}, both only
        if announced; `source`, `timezone` and `date_format` are texts, if any.
        """
        return self._manifest[0]

    @cached_property
    def _manifest(self) -> tuple[dict[str, Any], list[Problem]]:
        """The manifests at the top of the uploads, later ones on top."""
        merged: dict[str, Any] = {"files": {}}
        problems: list[Problem] = []
        for member in self._members.values():
            if self._is_manifest(member):
                content, found = read_manifest(member)
                merged.update(content)
                problems += found
        return merged, problems

    def _is_manifest(self, member: Member) -> bool:
        """Return whether a member is the manifest of an archive."""
        return not member.folders and member.name.casefold() == NAME

    @property
    def problems(self) -> list[Problem]:
        """Problems of uploads, manifest and table headers."""
        checks = self._manifest_checks
        return [*self._scanner.problems, *self._manifest[1], *checks, *self._opened[1]]

    @cached_property
    def _manifest_checks(self) -> list[Problem]:
        """Files that are not what the manifest announces."""
        return list(check_files(self.manifest, self._index))

    def tables(self) -> list[SourceTable]:
        """Return the tables of known objects that have a usable header."""
        return list(self._opened[0])

    @cached_property
    def _opened(self) -> tuple[list[SourceTable], list[Problem]]:
        """The tables, and the problems that kept others from being one."""
        tables: list[SourceTable] = []
        problems: list[Problem] = []
        for member in self._members.values():
            kind = self._kind(member)
            if kind is None:
                continue
            try:
                for item in self._open_tables(member, self._formats[kind]):
                    (problems if isinstance(item, Problem) else tables).append(item)
            except (BrokenFile, BadBundle) as err:
                code = "bomb" if isinstance(err, BadBundle) else "broken_file"
                name = self._names.by_path(member.path.removeprefix(member.nested))
                problems.append(Problem(code, str(err), member.path, object=name or ""))
        known = {table.object for table in tables} | {one.object for one in problems}
        for name in self._walks.keys() - known:
            for item in self._walked(name):
                (problems if isinstance(item, Problem) else tables).append(item)
        return tables, problems

    def _walked(self, name: str) -> Iterator[SourceTable | Problem]:
        """Yield the table of files that only their folders tell something of."""
        walk = self._walks[name]
        count = sum(1 for _record in walk.records(self._others()))
        if count:
            text = (
                f"The export has no list of its files: {count} files are taken from"
                " their folders. Those whose folder names no client fail, each with"
                " its path."
            )
            yield Problem("walked", text, object=name, severity="warning")
            yield SourceTable(name, "folders", walk.fields, {"format": "walk"})

    def _others(self) -> list[Member]:
        """Return the members that are no table."""
        return [
            member
            for member in self._members.values()
            if not (member.container or self._is_manifest(member))
            and self._kind(member) is None
        ]

    def _kind(self, member: Member) -> str | None:
        """Return the format of a table member, None for all others."""
        return None if self._is_manifest(member) else self._names.format_of(member)

    def _open_tables(
        self, member: Member, reader: Format
    ) -> Iterator[SourceTable | Problem]:
        """Yield the tables of one file."""
        for part, name in self._assign(member, reader.parts(member)):
            file = self._file(member, part)
            if name is None:
                text = f"{file} is not a known table and is left out"
                yield Problem("unknown_file", text, file, severity="warning")
                continue
            groups = self._required.get(name, ())
            fields, problem = reader.fields(member, part, file, groups)
            if problem:
                yield replace(problem, object=name)
            if fields and not (problem and problem.code == "missing_header"):
                pivot = self._pivots.get(name)
                if pivot:
                    is_long = pivot.is_long(fields)
                    part.dialect["pivot"] = "long" if is_long else "wide"
                    fields = pivot.fields(fields)
                yield SourceTable(name, file, fields, part.dialect)

    def _file(self, member: Member, part: Part) -> str:
        """Return the path that is shown for a table."""
        several = part.dialect.get("several")
        sheet = part.dialect["format"] == "xlsx"
        return f"{member.path}#{part.label}" if several or sheet else member.path

    def _assign(
        self, member: Member, parts: list[Part]
    ) -> Iterator[tuple[Part, str | None]]:
        """Yield the tables of a file with their objects.

        One table goes by the name of the file, several by their own names. If
        none of several has a known name, the first one is that of the file.
        """
        whole = self._names.by_path(member.path.removeprefix(member.nested))
        own = [self._names.by_label(part.label) for part in parts]
        if len(parts) == 1:
            yield parts[0], whole or own[0]
            return
        if parts and not any(own):
            own[0] = whole
        for part, name in zip(parts, own, strict=True):
            part.dialect["several"] = True
            yield part, name

    def pages(
        self,
        table: SourceTable,
        cursor: dict[str, Any] | None = None,
        since: datetime | None = None,
    ) -> Iterator[Page]:
        """Yield pages of at most PAGE_ROWS rows and about PAGE_BYTES of text.

        A file cannot tell what changed since when: `since` changes nothing.
        """
        line = (cursor or {}).get("line", 0)
        items: list[RawRecord | Problem] = []
        size = 0
        for item in self.pull(table, line):
            is_full = len(items) >= PAGE_ROWS or size >= PAGE_BYTES
            # the cursor counts lines: what stands on one line stays together
            if is_full and item.line > line:
                yield Page(tuple(items), {"line": line})
                items, size = [], 0
            items.append(item)
            line = max(line, item.line)
            if isinstance(item, RawRecord):
                size += sum(len(str(value)) for value in item.data.values())
        yield Page(tuple(items), None)

    def pull(
        self, table: SourceTable, after_line: int = 0
    ) -> Iterator[RawRecord | Problem]:
        """Yield the records after a line, problems at the place they occur."""
        rows = _Counter()
        try:
            for item in self._pivoted(table, rows.of(self._read(table))):
                if isinstance(item, Problem):
                    if not item.line or item.line > after_line:
                        yield replace(item, object=table.object)
                    continue
                line, data = item
                if line > after_line:
                    yield RawRecord(table.object, data, table.file, line)
        except (BrokenFile, BadBundle) as err:
            text = f"{table.file} cannot be read after line {rows.line}: {err}"
            yield Problem(
                "broken_file", text, table.file, rows.line + 1, object=table.object
            )
            return
        promised = promised_rows(self.manifest, table.file)
        if promised is not None and promised != rows.count:
            problem = rows_problem(table.file, promised, rows.count)
            yield replace(problem, object=table.object)

    def _pivoted(self, table: SourceTable, rows: Iterable[Any]) -> Iterable[Any]:
        """Return records and problems; the answers of a form are put together."""
        layout = table.dialect.get("pivot")
        if layout == "long":
            return self._pivots[table.object].long(rows)
        if layout == "wide":
            wide = self._pivots[table.object].wide
            return (
                item
                if isinstance(item, Problem)
                else (item[0], wide(item[1], table.file))
                for item in rows
            )
        return rows

    def _read(self, table: SourceTable) -> Iterator[Any]:
        """Yield what the format reads; an unknown file is a broken one."""
        if table.dialect["format"] == "walk":
            return self._walks[table.object].records(self._others())
        member = self._members.get(table.file)
        if member is None:
            member = self._members.get(table.file.rpartition("#")[0])
        if member is None:
            raise BrokenFile("the file is no longer part of the bundle")
        reader = self._formats[table.dialect["format"]]
        groups = self._required.get(table.object, ())
        return reader.read(member, table.dialect, table.file, groups)

    def declared_rows(self) -> dict[str, int]:
        """Return the row counts that the manifest announces, by file."""
        files = self.manifest["files"].items()
        return {name: entry["rows"] for name, entry in files if entry.get("rows")}

    @contextmanager
    def open_binary(self, path: str) -> Iterator[BinaryIO]:
        """Open a binary by the path an export wrote down, or raise BinaryMissing.

        A damaged file raises BrokenFile while it is read.
        """
        with self._index.find(path).open() as stream:
            yield stream

    def binaries(self) -> Iterator[tuple[str, int]]:
        """Yield path and size of every file that is no table."""
        for member in self._others():
            yield member.path, member.size

    def find_binary(self, path: str) -> str:
        """Return the path of the binary meant by `path`, or raise BinaryMissing."""
        return self._index.find(path).path

    def binary_size(self, path: str) -> int:
        """Return the unpacked size in bytes of a binary, or raise BinaryMissing.

        It is what the archive declares; open_binary never gives more.
        """
        return self._index.find(path).size


class _Counter:
    """Counts the rows among what a file holds."""

    def __init__(self):
        self.count = 0
        self.line = 0

    def of(self, items: Iterable[Any]) -> Iterator[Any]:
        """Yield the items, counted; `line` is that of the last row."""
        for item in items:
            if not isinstance(item, Problem):
                self.count += 1
                self.line = item[0]
            yield item
