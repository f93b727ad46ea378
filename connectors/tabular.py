"""CSV in all its dialects, read as a stream."""

import csv
import io
import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

from ..exceptions import BrokenFile
from .base import Problem
from .encoding import detect_encoding
from .rows import Row, TableReader, excerpt

SEPARATORS = ",;\t|"
CELL_LIMIT = 16 * 1024 * 1024
LINE_LIMIT = 2 * CELL_LIMIT
SAMPLE_BYTES = 64 * 1024
_SAMPLE_ROWS = 50
_SEP_LINE = re.compile(r'\ufeff?"?sep=(.)"?[\r\n]*', re.IGNORECASE)
_BLANK_QUOTE = re.compile(r'[,;|\t] +"')


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited file is written; `skip_lines` stand before the table."""

    encoding: str = "utf-8"
    separator: str = ","
    skip_lines: int = 0
    skip_blanks: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the dialect as plain values, to be stored and shown."""
        return asdict(self)


def sniff(sample: bytes, encoding: str = "") -> Dialect:
    """Return the dialect of a file from its first bytes.

    The separator is the one that gives most rows the same number of columns:
    csv.Sniffer is misled by text cells with much punctuation.
    """
    encoding = encoding or detect_encoding(io.BytesIO(sample))
    text = sample.decode(encoding, "replace")
    named = _SEP_LINE.match(text)
    if named:
        text = text[named.end() :]
    separator = named[1] if named else _best_separator(text)
    blanks = bool(_BLANK_QUOTE.search(text))
    return Dialect(encoding, separator, int(bool(named)), blanks)


def _best_separator(text: str) -> str:
    """Return the separator under which the sample is most like a table."""
    scores = {separator: _score(text, separator) for separator in SEPARATORS}
    best = max(SEPARATORS, key=scores.__getitem__)
    return best if any(scores[best]) else ","


def _score(text: str, separator: str) -> tuple[bool, float]:
    """Return whether the first row is as wide as most, and how many these are.

    The second number is the commonest width weighted by its share of the rows.
    """
    _allow_large_cells()
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    widths: list[int] = []
    try:
        for row in reader:
            if any(row):
                widths.append(len(row))
            if reader.line_num > _SAMPLE_ROWS:
                break
    except csv.Error:
        return False, 0.0
    if not widths:
        return False, 0.0
    width, count = Counter(widths).most_common(1)[0]
    score = (width - 1) * (count / len(widths)) ** 2
    return width > 1 and widths[0] == width, score


def _allow_large_cells() -> None:
    """Raise the limit of the csv module, which is one for the process."""
    if csv.field_size_limit() < CELL_LIMIT:
        csv.field_size_limit(CELL_LIMIT)


class _Lines:
    """Gives physical lines and remembers those of the record being read."""

    def __init__(self, text: io.TextIOBase):
        self._text = text
        self._again: deque[str] = deque()
        self.number = 0
        self.taken: list[str] = []
        self.nul_line = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._read()
        self.number += 1
        self.taken.append(line)
        if "\0" in line:
            self.nul_line = self.number
        return line.replace("\0", "")

    def _read(self) -> str:
        """Return the next line of the file."""
        line = self._text.readline(LINE_LIMIT)
        if not line:
            raise StopIteration
        if len(line) >= LINE_LIMIT:
            raise BrokenFile(f"line {self.number + 1} is too long for a table")
        return line

    def start_record(self) -> int:
        """Forget the lines of the last record; return the next line's number."""
        self.taken = []
        self.nul_line = 0
        return self.number + 1

    def give_back(self) -> None:
        """Offer all but the first line of the current record once more."""
        self._again.extendleft(reversed(self.taken[1:]))
        self.number -= len(self.taken) - 1


class CsvRows:
    """Iterates over the rows of a delimited file; one bad row costs no other."""

    def __init__(self, stream: BinaryIO, dialect: Dialect, file: str = ""):
        _allow_large_cells()
        text = io.TextIOWrapper(
            stream, encoding=dialect.encoding, errors="replace", newline=""
        )
        self._lines = _Lines(text)
        self._dialect = dialect
        self._file = file

    def __iter__(self) -> Iterator[Row | Problem]:
        for _line in range(self._dialect.skip_lines):
            next(self._lines, "")
        reader = self._reader(self._lines, strict=True)
        while True:
            line = self._lines.start_record()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield from self._recover(line)
                reader = self._reader(self._lines, strict=True)
                continue
            yield from self._nul_problem(line, cells)
            yield Row(line, cells)

    def _reader(self, lines: Any, strict: bool) -> Any:
        """Return a csv reader for the dialect."""
        return csv.reader(
            lines,
            delimiter=self._dialect.separator,
            skipinitialspace=self._dialect.skip_blanks,
            strict=strict,
        )

    def _recover(self, line: int) -> Iterator[Row | Problem]:
        """Yield what can be told of a record with wrong quotes."""
        first = self._lines.taken[0]
        if len(self._lines.taken) == 1:
            text = f"{self._file} line {line}: quotes are not closed or not doubled"
            yield Problem("bad_quotes", text, self._file, line, value=excerpt(first))
            yield from (
                Row(line, cells)
                for cells in self._reader([first.replace("\0", "")], strict=False)
            )
            return
        text = (
            f"{self._file} line {line}: a quote is opened and not closed. "
            "The line is left out, reading goes on with the next one"
        )
        yield Problem("unclosed_quote", text, self._file, line, value=excerpt(first))
        self._lines.give_back()

    def _nul_problem(self, line: int, cells: list[str]) -> Iterator[Problem]:
        """Yield a warning if zero bytes were removed from the record."""
        if self._lines.nul_line:
            text = f"{self._file} line {line}: zero bytes were removed"
            value = excerpt(" | ".join(cells))
            yield Problem(
                "nul_byte", text, self._file, line, value=value, severity="warning"
            )


def read_csv(
    stream: BinaryIO,
    dialect: Dialect | None = None,
    file: str = "",
    required: Sequence[Sequence[str]] = (),
) -> Iterator[tuple[int, dict[str, str]] | Problem]:
    """Yield (line, record) pairs and problems of a delimited file.

    :param dialect: may be left out for a stream that can be rewound
    """
    if dialect is None:
        encoding = detect_encoding(stream)
        stream.seek(0)
        dialect = sniff(stream.read(SAMPLE_BYTES), encoding)
        stream.seek(0)
    reader = TableReader(CsvRows(stream, dialect, file), file, required)
    if reader.problem:
        yield reader.problem
    yield from reader
