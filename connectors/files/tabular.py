"""CSV in all its dialects, read as a stream."""

import csv
import io
import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

from ...exceptions import BrokenFile
from ..base import Problem
from .encoding import detect_encoding
from .rows import Row, TableReader, excerpt

SEPARATORS = ",;\t|"
CELL_LIMIT = 2 * 1024 * 1024
LINE_LIMIT = 32 * 1024 * 1024
# wrong quotes: lines and characters that are read again before quotes are text
RECOVERY_LINES = 1000
RECOVERY_CHARACTERS = 32 * 1024 * 1024
_LINE_COST = 10
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
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._read()
        self.number += 1
        self.taken.append(line)
        self._size += len(line)
        if len(self.taken) > 1 and self._size > LINE_LIMIT:
            raise csv.Error("the record is too long")
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
        self._size = 0
        self.nul_line = 0
        return self.number + 1

    def give_back(self) -> int:
        """Offer all but the first line once more; return what that costs."""
        self._again.extendleft(reversed(self.taken[1:]))
        self.number -= len(self.taken) - 1
        return sum(len(line) + _LINE_COST for line in self.taken)


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
        self._recovered = 0
        self._read_again = 0

    def __iter__(self) -> Iterator[Row | Problem]:
        for _line in range(self._dialect.skip_lines):
            next(self._lines, "")
        quotes = True
        reader = self._reader(self._lines, True, quotes)
        while True:
            line = self._lines.start_record()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield from self._recover(line)
                if quotes and self._gives_up:
                    quotes = False
                    yield self._quotes_are_text(self._lines.number + 1)
                reader = self._reader(self._lines, True, quotes)
                continue
            if max(map(len, cells), default=0) > CELL_LIMIT:
                yield self._cell_too_large(line, self._lines.taken[0])
                continue
            yield from self._nul_problem(line, cells)
            yield Row(line, cells)

    @property
    def _gives_up(self) -> bool:
        """Whether so many quotes are wrong that they have to be plain text."""
        return (
            self._recovered > RECOVERY_LINES or self._read_again > RECOVERY_CHARACTERS
        )

    def _quotes_are_text(self, line: int) -> Problem:
        """Return the problem of a file of which the quotes make no sense."""
        text = (
            f"{self._file} has too many wrong quotes: from line {line} on they are "
            "read as plain text"
        )
        return Problem("bad_quotes", text, self._file, line)

    def _reader(self, lines: Any, strict: bool, quotes: bool = True) -> Any:
        """Return a csv reader for the dialect."""
        return csv.reader(
            lines,
            delimiter=self._dialect.separator,
            skipinitialspace=self._dialect.skip_blanks,
            strict=strict,
            quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE,
        )

    def _recover(self, line: int) -> Iterator[Row | Problem]:
        """Yield what can be told of a record with wrong quotes."""
        first = self._lines.taken[0]
        if len(self._lines.taken) == 1:
            text = f"{self._file} line {line}: quotes are not closed or not doubled"
            lines = [first.replace("\0", "")]
            try:
                rows = [Row(line, cells) for cells in self._reader(lines, strict=False)]
            except csv.Error:
                yield self._cell_too_large(line, first)
                return
            yield Problem("bad_quotes", text, self._file, line, value=excerpt(first))
            yield from rows
            return
        text = (
            f"{self._file} line {line}: a quote is opened and not closed. "
            "The line is left out, reading goes on with the next one"
        )
        yield Problem("unclosed_quote", text, self._file, line, value=excerpt(first))
        self._recovered += 1
        self._read_again += self._lines.give_back()

    def _cell_too_large(self, line: int, text: str) -> Problem:
        """Return the problem of a record that is left out for its size."""
        message = (
            f"{self._file} line {line}: a cell has more than {CELL_LIMIT} characters, "
            "the record is left out"
        )
        return Problem("cell_too_large", message, self._file, line, value=excerpt(text))

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
