"""XLSX sheets as rows of text, read as a stream."""

import lzma
import re
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO
from zlib import error as zlib_error

from openpyxl import load_workbook
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._reader import WorkSheetParser

from ...exceptions import BrokenFile
from ..base import Problem
from .encoding import clean_text
from .limits import Budget, BundleLimits
from .rows import COLUMN_LIMIT, Row

ROW_LIMIT = 1_048_576

# openpyxl lets the errors of its parsers through
_ERRORS = (
    zipfile.BadZipFile,
    InvalidFileException,
    zlib_error,
    lzma.LZMAError,
    struct.error,
    RecursionError,
    OverflowError,
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
    try:
        return any(True for _row in _filled_rows(sheet, sheet.title))
    except (*_ERRORS, BrokenFile):
        # reading it tells what is wrong
        return True


def _filled_rows(sheet: Any, file: str) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield the rows that have values, and the cells with one in each.

    openpyxl would make up every row and cell that the file jumps over.
    """
    book = sheet.parent
    last = 0
    with sheet._get_source() as source:
        parser = WorkSheetParser(
            source,
            sheet._shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
        )
        for line, row in parser.parse():
            if line > ROW_LIMIT:
                text = f"{file} has a row {line}, a sheet ends at {ROW_LIMIT}"
                raise BrokenFile(text)
            cells = [cell for cell in row if cell["value"] not in (None, "")]
            widest = max((cell["column"] for cell in cells), default=0)
            if widest > COLUMN_LIMIT:
                raise BrokenFile(
                    f"{file} has a value in column {widest} of row {line}, no more "
                    f"than {COLUMN_LIMIT} columns can be read"
                )
            if cells and line > last:
                last = line
                yield line, cells


def sheet_rows(book: Any, title: str, file: str) -> Iterator[Row | Problem]:
    """Yield the rows of a sheet; what follows a damaged place is not read."""
    sheet = book[title]
    line = 0
    try:
        for line, cells in _filled_rows(sheet, file):
            texts = [""] * max(cell["column"] for cell in cells)
            for place in cells:
                position = place["column"]
                cell = ReadOnlyCell(sheet, **place)
                if cell.data_type == "e":
                    yield _formula_problem(file, line, position, str(cell.value))
                else:
                    texts[position - 1] = _cell_text(cell)
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
    return clean_text(str(value))


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
