"""Rows of text to records: header, clean cells, totals, surplus cells."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ...tools.fingerprint import normalise_header
from ..base import Problem
from .encoding import REPLACEMENT, clean_text

HEADER_SEARCH = 25
LARGE_CELL = 1024 * 1024
EXCERPT = 80
COLUMN_LIMIT = 1000
NAME_LIMIT = 300
_TOTALS_LENGTH = 80
_FORMULA_TEXT = re.compile(r'="(.*)"', re.DOTALL)
_SHIELDED = re.compile(r"'(?=[+=@\-\d])")
_TOTALS = re.compile(r"(?:(?:grand|sub)[ -]?)?totals?[\s\d.,:=]*", re.IGNORECASE)
_DATA_CELL = re.compile(
    r"[^\s@]+@[^\s@]+\.[a-z]{2,}|\d{4}-\d{2}-\d{2}\b.*", re.IGNORECASE
)


class Row(NamedTuple):
    """The cells of one record and the line it starts at."""

    line: int
    cells: list[str]


def clean_cell(text: str) -> str:
    """Return a cell without the marks that keep spreadsheets from computing."""
    formula = _FORMULA_TEXT.fullmatch(text)
    if formula:
        return formula[1].replace('""', '"')
    return _SHIELDED.sub("", text, count=1) if text.startswith("'") else text


def excerpt(text: str) -> str:
    """Return the first characters of a value for a message."""
    return clean_text(text if len(text) <= EXCERPT else f"{text[: EXCERPT - 1]}…")


def name_columns(cells: Iterable[str]) -> tuple[str, ...]:
    """Return unique column names: "Name (2)" if repeated, "Column 5" if blank."""
    names: dict[str, None] = {}
    counts: dict[str, int] = {}
    for position, cell in enumerate(cells, start=1):
        text = clean_text(clean_cell(cell)).replace("\ufeff", "")
        base = " ".join(text.split())[:NAME_LIMIT].rstrip() or f"Column {position}"
        name, count = base, counts.get(base, 1)
        while name in names:
            count += 1
            suffix = f" ({count})"
            name = f"{base[: NAME_LIMIT - len(suffix)]}{suffix}"
        counts[base] = count
        names[name] = None
    return tuple(names)


def missing_group(
    names: Iterable[str], required: Sequence[Sequence[str]]
) -> Sequence[str] | None:
    """Return the first group of alternative headers of which none is there."""
    known = {normalise_header(name) for name in names}
    for group in required:
        if not known.intersection(map(normalise_header, group)):
            return group
    return None


def header_problem(
    file: str, names: Iterable[str], required: Sequence[Sequence[str]]
) -> Problem:
    """Return the problem of a table whose columns cannot be told."""
    group = missing_group(names, required) or ()
    wanted = ", ".join(group)
    looked = f" with one of: {wanted}" if wanted else ""
    return Problem(
        "missing_header",
        f"{file} has no header row{looked}",
        file,
        line=1,
        field=wanted,
        value=excerpt(" | ".join(names)),
    )


def _width(cells: Sequence[str]) -> int:
    """Return the number of cells up to the last one that is filled."""
    width = len(cells)
    while width and not cells[width - 1].strip():
        width -= 1
    return width


def _too_wide(file: str, line: int, width: int) -> Problem:
    """Return the problem of a table with more columns than any export has."""
    text = f"{file} has {width} columns, no more than {COLUMN_LIMIT} can be read"
    return Problem("missing_header", text, file, line, value=f"{width}")


def find_header(
    rows: Sequence[Row], required: Sequence[Sequence[str]] = ()
) -> int | None:
    """Return the position of the header row, below any title rows."""
    if required:
        fitting = (
            position
            for position, row in enumerate(rows)
            if missing_group(row.cells, required) is None
        )
        return next(fitting, None)
    widths = [sum(bool(cell.strip()) for cell in row.cells) for row in rows]
    enough = max(widths, default=0) / 2
    for position, row in enumerate(rows):
        if widths[position] >= enough:
            is_data = any(_DATA_CELL.fullmatch(cell.strip()) for cell in row.cells)
            return None if is_data else position
    return None


def _is_totals(row: Row, width: int) -> bool:
    """Return whether a row looks like the sum below a table."""
    filled = [cell.strip() for cell in row.cells if cell.strip()]
    sparse = len(filled) <= max(2, width // 2)
    short = len(filled[0]) < _TOTALS_LENGTH
    return sparse and short and bool(_TOTALS.fullmatch(filled[0]))


class TableReader:
    """Iterates over (line, record) pairs and problems of one table.

    `problem` is set, and nothing is yielded, if there is no usable header.
    """

    def __init__(
        self,
        rows: Iterable[Row | Problem],
        file: str,
        required: Sequence[Sequence[str]] = (),
    ):
        self._file = file
        self._rows = iter(rows)
        self._head: list[Row | Problem] = []
        self.fields: tuple[str, ...] = ()
        self.header_line = 0
        self.problem: Problem | None = None
        self._read_header(required)

    def _read_header(self, required: Sequence[Sequence[str]]) -> None:
        """Look for the header in the first rows and keep what follows it."""
        found: list[Row] = []
        for item in self._rows:
            if isinstance(item, Row):
                if not any(cell.strip() for cell in item.cells):
                    continue
                found.append(item)
            self._head.append(item)
            if len(found) >= HEADER_SEARCH:
                break
        position = find_header(found, required)
        width = 0 if position is None else _width(found[position].cells)
        if width > COLUMN_LIMIT:
            self.problem = _too_wide(self._file, found[position].line, width)
        elif position is not None:
            header = found[position]
            self.fields = name_columns(header.cells[:COLUMN_LIMIT])
            self.header_line = header.line
            damaged = (
                problem
                for name in self.fields
                for problem in self._cell_problems(header.line, name, name)
            )
            self._head = [*damaged, *self._head[self._head.index(header) + 1 :]]
        elif found:
            self.problem = header_problem(self._file, found[0].cells, required)
        else:
            text = f"{self._file} is empty"
            self.problem = Problem("empty_file", text, self._file, severity="warning")

    def __iter__(self) -> Iterator[tuple[int, dict[str, str]] | Problem]:
        """Yield records; sums are held back until something follows them."""
        if self.problem:
            return
        totals: list[Row] = []
        for item in self._items():
            if isinstance(item, Problem):
                yield item
            elif not any(cell.strip() for cell in item.cells):
                continue
            elif _is_totals(item, len(self.fields)):
                totals.append(item)
            else:
                for row in (*totals, item):
                    yield from self._record(row)
                totals.clear()
        for row in totals:
            text = f"{self._file} ends with a row of totals, which is left out"
            value = excerpt(" | ".join(filter(None, row.cells)))
            yield Problem(
                "totals_row", text, self._file, row.line, value=value, severity="info"
            )

    def _items(self) -> Iterator[Row | Problem]:
        """Yield what was read while looking for the header, then the rest."""
        yield from self._head
        self._head = []
        yield from self._rows

    def _record(self, row: Row) -> Iterator[tuple[int, dict[str, str]] | Problem]:
        """Yield the problems of a row and then the row itself."""
        data = dict.fromkeys(self.fields, "")
        surplus = []
        for position, cell in enumerate(row.cells, start=1):
            text = clean_text(clean_cell(cell))
            if position <= len(self.fields):
                name = self.fields[position - 1]
            elif text.strip():
                surplus.append(excerpt(text))
                if position > COLUMN_LIMIT:
                    continue
                name = f"Column {position}"
            else:
                continue
            data[name] = text
            if REPLACEMENT in text or len(text) > LARGE_CELL:
                yield from self._cell_problems(row.line, name, text)
        if surplus:
            text = f"has {len(row.cells)} cells, the header {len(self.fields)}"
            if _width(row.cells) > COLUMN_LIMIT:
                text += f"; those after {COLUMN_LIMIT} are left out"
            value = excerpt(" | ".join(surplus[:EXCERPT]))
            yield self._problem("too_many_cells", text, row.line, value=value)
        yield row.line, data

    def _cell_problems(self, line: int, name: str, text: str) -> Iterator[Problem]:
        """Yield what is wrong with the text of one cell."""
        if REPLACEMENT in text:
            reason = f"{name} has characters that cannot be read"
            yield self._problem("bad_encoding", reason, line, name, text)
        if len(text) > LARGE_CELL:
            reason = f"{name} has {len(text)} characters"
            yield self._problem("cell_too_large", reason, line, name, text)

    def _problem(
        self, code: str, text: str, line: int, field: str = "", value: str = ""
    ) -> Problem:
        """Return a problem of one line of this table."""
        message = f"{self._file} line {line}: {text}"
        return Problem(code, message, self._file, line, field, excerpt(value))
