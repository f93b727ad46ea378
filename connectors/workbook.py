"""XLSX sheets as rows of text, read as a stream."""

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO
from zlib import error as zlib_error

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from ..exceptions import BrokenFile
from .base import Problem
from .limits import Budget, BundleLimits
from .rows import Row

# openpyxl lets the errors of its parsers through
_ERRORS = (
    zipfile.BadZipFile,
    InvalidFileException,
    zlib_error,
    SyntaxError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    NotImplementedError,
    EOFError,
    OSError,
)
_ZEROS = re.compile(r"0{2,}")
_QUOTED = re.compile(r'"[^"]*"|\[[^\]]*\]')


@contextmanager
def open_workbook(
    stream: BinaryIO, size: int, file: str, limits: BundleLimits
) -> Iterator[Any]:
    """Open a workbook from a stream that can be rewound, bombs refused."""
    try:
        with zipfile.ZipFile(stream) as archive:
            Budget(limits).take(file, archive.infolist(), size)
        stream.seek(0)
        book = load_workbook(stream, read_only=True, data_only=True)
    except _ERRORS as err:
        raise BrokenFile(f"{file} is no readable workbook: {err}") from err
    try:
        yield book
    finally:
        book.close()


def sheet_names(book: Any) -> list[str]:
    """Return the names of the sheets that have any value."""
    return [sheet.title for sheet in book.worksheets if _has_rows(sheet)]


def _has_rows(sheet: Any) -> bool:
    """Return whether any cell of a sheet is filled."""
    sheet.reset_dimensions()
    return any(
        value not in (None, "")
        for row in sheet.iter_rows(values_only=True)
        for value in row
    )


def sheet_rows(book: Any, title: str, file: str) -> Iterator[Row | Problem]:
    """Yield the rows of a sheet; what follows a damaged place is not read."""
    sheet = book[title]
    # the size written in the file is often wrong and would cut rows off
    sheet.reset_dimensions()
    line = 0
    try:
        for line, cells in enumerate(sheet.iter_rows(), start=1):
            texts = []
            for position, cell in enumerate(cells, start=1):
                if cell.value is not None and cell.data_type == "e":
                    yield _formula_problem(file, line, position, cell.value)
                    texts.append("")
                else:
                    texts.append(_cell_text(cell))
            while texts and not texts[-1]:
                texts.pop()
            yield Row(line, texts)
    except _ERRORS as err:
        text = f"{file} is damaged after row {line}: {err}"
        yield Problem("broken_file", text, file, line + 1)


def _formula_problem(file: str, line: int, column: int, value: str) -> Problem:
    """Return the warning for a cell that shows an error such as #REF!."""
    text = f"{file} line {line}: column {column} shows the error {value}"
    return Problem(
        "formula_error",
        text,
        file,
        line,
        f"Column {column}",
        value,
        severity="warning",
    )


def _cell_text(cell: Any) -> str:
    """Return the value of a cell as its text export would have it."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, (int, float)):
        return _number_text(value, cell.number_format or "")
    if isinstance(value, (datetime, date, time, timedelta)):
        return _moment_text(value, cell.number_format or "")
    return str(value)


def _number_text(value: float, number_format: str) -> str:
    """Return a number without .0, with the percent sign or zeros it shows."""
    sign = "%" if "%" in _QUOTED.sub("", number_format) else ""
    shown = value * 100 if sign else value
    text = f"{shown:.15g}" if isinstance(shown, float) else str(shown)
    if "e" in text:
        text = f"{shown:.0f}" if float(shown).is_integer() else text
    if _ZEROS.fullmatch(number_format) and text.isdigit():
        text = text.zfill(len(number_format))
    return f"{text}{sign}"


def _moment_text(value: datetime | date | time | timedelta, number_format: str) -> str:
    """Return a date in ISO form, with its time if there is or may be one."""
    if isinstance(value, datetime):
        midnight = value.time() == time()
        if midnight and "h" not in _QUOTED.sub("", number_format).lower():
            return value.date().isoformat()
        return value.replace(microsecond=0).isoformat(sep=" ")
    if isinstance(value, timedelta):
        return str(value)
    return value.isoformat()
