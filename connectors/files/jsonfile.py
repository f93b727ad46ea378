"""JSON lists, wrapped lists and JSON Lines, read as a stream."""

import contextlib
import io
import json
import math
import re
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO

import ijson

from ...exceptions import BrokenFile
from ..base import Problem
from .encoding import REPLACEMENT, Utf8Stream, clean_text
from .rows import excerpt

LIST_DEPTH = 3
LINE_LIMIT = 32 * 1024 * 1024
_LIST_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*\[")
_PREFERRED = ("data", "results", "items", "records", "rows")
_SAMPLE = 64 * 1024
RECORD_DEPTH = 20
# a list in LIST_DEPTH keys, and more than a record may have
_FILE_DEPTH = LIST_DEPTH + RECORD_DEPTH + 5
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_TOKEN = re.compile(
    rb'"[^"]*"?|[\[{]|[\]}]|'
    rb"(?<![\w.])-?(?:NaN|Infinity|\d+(?:\.\d+)?[eE]\+?\d{3,}|\d{309,}[.\d]*)(?![\w.])"
)
_ATOM_END = re.compile(rb"[\w.+-]+\Z")
_ATOM_LIMIT = 4096
# stands for a value that the parser would choke on; JSON text has no such character
_UNREADABLE = "\0unreadable: "
_PARSE_ERRORS = (ijson.JSONError, ValueError, RecursionError, OverflowError)


class _LineCounter:
    """Feeds a parser line by line, so that it stops in the line of an error."""

    def __init__(self, stream: BinaryIO):
        self._stream = stream
        self._ended = True
        self.line = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next line, or a part of it if it is long."""
        data = self._stream.readline(size)
        if data:
            self.line += self._ended
            self._ended = data.endswith(b"\n")
        return data


class _Guard:
    """Takes from JSON what would stop a parser or fill the memory.

    Numbers that are not finite and what is nested too deep become a marked text,
    so that only the record around them is lost.
    """

    def __init__(self, stream: Any):
        self._stream = stream
        self._carry = b""
        self._in_string = False
        self._depth = 0

    def read(self, size: int = -1) -> bytes:
        """Return about as much as was asked for; b"" only at the end."""
        if not size:
            return b""
        while True:
            data = self._stream.read(size)
            if not data:
                rest, self._carry = self._carry, b""
                return self._pass(rest)
            whole = self._carry + data
            keep = self._incomplete(whole)
            self._carry = whole[len(whole) - keep :]
            result = self._pass(whole[: len(whole) - keep])
            if result:
                return result

    def _incomplete(self, data: bytes) -> int:
        """Return how many bytes at the end belong to what comes next."""
        slashes = len(data) - len(data.rstrip(b"\\"))
        if slashes % 2:
            return 1
        atom = _ATOM_END.search(data[-_ATOM_LIMIT:])
        return len(atom[0]) if atom and len(atom[0]) < _ATOM_LIMIT else 0

    def _pass(self, data: bytes) -> bytes:
        """Return data with marks, and remember where it ends."""
        plain = _ESCAPE.sub(b"__", data) if b"\\" in data else data
        kept: list[bytes] = []
        start = position = 0
        if self._in_string:
            position = plain.find(b'"') + 1
            self._in_string = not position
            position = position or len(plain)
        for token in _TOKEN.finditer(plain, position):
            text = token[0]
            if text[:1] == b'"':
                self._in_string = len(text) == 1 or text[-1:] != b'"'
            elif text in b"[{":
                self._depth += 1
                if self._depth == _FILE_DEPTH + 1:
                    kept += [data[start : token.start()], _mark("nested")]
            elif text in b"]}":
                if self._depth == _FILE_DEPTH + 1:
                    start = token.end()
                self._depth -= 1
            elif self._depth <= _FILE_DEPTH:
                kept += [data[start : token.start()], _mark(text[:20].decode())]
                start = token.end()
        if self._depth <= _FILE_DEPTH:
            kept.append(data[start:])
        return b"".join(kept)


def _mark(reason: str) -> bytes:
    """Return the JSON text that stands for an unreadable value."""
    return json.dumps(f"{_UNREADABLE}{reason}").encode()


def as_utf8(stream: BinaryIO, encoding: str) -> io.BufferedReader:
    """Return the stream in UTF-8 without byte order mark."""
    plain = "utf-8-sig" if encoding == "utf-8" else encoding
    return io.BufferedReader(Utf8Stream(stream, plain))


def is_json_lines(sample: bytes) -> bool:
    """Return whether each line of a file is a JSON object of its own."""
    lines = [line for line in sample.splitlines() if line.strip()]
    if not lines or _LIST_START.match(sample):
        return False
    try:
        first = json.loads(lines[0])
    except (ValueError, RecursionError):
        return False
    if not isinstance(first, dict):
        return False
    return len(lines) > 1 or not _list_keys(first)


def _list_keys(value: dict[str, Any]) -> list[str]:
    """Return the keys of an object that hold lists of objects."""
    lists = {key: item for key, item in value.items() if isinstance(item, list)}
    return [
        key
        for key, item in lists.items()
        if (isinstance(item[0], dict) if item else key in _PREFERRED)
    ]


def find_lists(stream: io.BufferedReader) -> list[str]:
    """Return the ijson prefixes of the record lists of a UTF-8 JSON file.

    A list is looked for at the top, under a key, and under a key of a key.
    What comes after a syntax error is not seen; reading reports that.
    """
    found: list[str] = []
    if _LIST_START.match(stream.peek(_SAMPLE)):
        return ["item"]
    depth = 0
    previous = ("", "")
    # what was found before the fault is read; reading it reports the fault
    with contextlib.suppress(*_PARSE_ERRORS):
        for prefix, event, _value in ijson.parse(_Guard(stream), use_float=True):
            opened, last_event = previous
            is_list = event == "start_map" and last_event == "start_array"
            if is_list and depth <= LIST_DEPTH and _is_outermost(opened, found):
                found.append(opened)
            if opened in _PREFERRED and opened in found:
                break
            depth += event in ("start_map", "start_array")
            depth -= event in ("end_map", "end_array")
            previous = (prefix, event)
    return _preferred([f"{prefix}.item" for prefix in found])


def _is_outermost(prefix: str, found: list[str]) -> bool:
    """Return whether a list is not part of the records of another list."""
    return not any(prefix.startswith(f"{other}.") for other in found)


def _preferred(prefixes: list[str]) -> list[str]:
    """Return only the payload list where side lists are wrapped with it."""
    for key in _PREFERRED:
        own = [p for p in prefixes if p.split(".")[0] == key]
        if own:
            return own
    return prefixes


def prefix_name(prefix: str) -> str:
    """Return the key that a list stands under, "" for a bare list."""
    parts = prefix.split(".")[:-1]
    return clean_text(parts[-1]) if parts else ""


def read_json(
    stream: BinaryIO, prefix: str, file: str
) -> Iterator[tuple[int, dict[str, Any]] | Problem]:
    """Yield (position, record) of one list; a syntax error ends it."""
    counter = _LineCounter(stream)
    position = 0
    try:
        for item in ijson.items(_Guard(counter), prefix, use_float=True):
            position += 1
            yield from _checked(item, position, file)
    except _PARSE_ERRORS as err:
        reason = clean_text(" ".join(str(err)[:400].split()[:12]))
        text = (
            f"{file} is no valid JSON near line {counter.line}, after "
            f"{position} records: {reason}"
        )
        yield Problem("bad_json", text, file, counter.line)


def read_json_lines(
    stream: BinaryIO, file: str
) -> Iterator[tuple[int, dict[str, Any]] | Problem]:
    """Yield (line, record) of a JSON Lines file; a bad line costs only itself."""
    lines = iter(partial(stream.readline, LINE_LIMIT), b"")
    for line, raw in enumerate(lines, start=1):
        if len(raw) >= LINE_LIMIT:
            raise BrokenFile(f"line {line} of {file} is too long for a record")
        if not raw.strip():
            continue
        try:
            item = json.loads(raw)
        except (ValueError, RecursionError) as err:
            text = f"{file} line {line} is no valid JSON: {err}"
            value = excerpt(raw.decode(errors="replace").strip())
            yield Problem("bad_json", text, file, line, value=value)
            continue
        yield from _checked(item, line, file)


def _checked(
    item: Any, line: int, file: str
) -> Iterator[tuple[int, dict[str, Any]] | Problem]:
    """Yield an item as record, or as problem if it is no object."""
    if not isinstance(item, dict):
        text = f"{file} line {line}: a record must be an object"
        yield Problem("not_a_record", text, file, line, value=_sketch(item))
        return
    try:
        item = _cleaned(item)
    except ValueError as err:
        text = f"{file} line {line}: {err}, the record is left out"
        yield Problem("bad_json", text, file, line)
        return
    for name, value in item.items():
        if isinstance(value, str) and REPLACEMENT in value:
            text = f"{file} line {line}: {name} has characters that cannot be read"
            yield Problem("bad_encoding", text, file, line, name, excerpt(value))
    yield line, item


def _sketch(item: Any) -> str:
    """Return the start of what stands in the place of a record."""
    return excerpt(str(item)) if not isinstance(item, list) else "[…]"


def _cleaned(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record that a database takes; ValueError if there is none."""
    result: dict[str, Any] = {}
    # (original, its copy, depth of the copy)
    queue: list[tuple[Any, Any, int]] = [(record, result, 1)]
    while queue:
        source, copy, depth = queue.pop()
        if depth > RECORD_DEPTH:
            raise ValueError(f"values are nested deeper than {RECORD_DEPTH} levels")
        is_map = isinstance(source, dict)
        for name, value in source.items() if is_map else enumerate(source):
            if isinstance(value, (dict, list)):
                clean: Any = {} if isinstance(value, dict) else []
                queue.append((value, clean, depth + 1))
            else:
                clean = _clean_value(value)
            if is_map:
                copy[clean_text(name)] = clean
            else:
                copy.append(clean)
    return result


def _clean_value(value: Any) -> Any:
    """Return a plain value without characters and numbers nobody can store."""
    if isinstance(value, str):
        if value.startswith(_UNREADABLE):
            what = clean_text(value[len(_UNREADABLE) :])[:20]
            reason = "values are nested too deep" if what == "nested" else what
            raise ValueError(f"a value cannot be read ({reason})")
        return clean_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is no number that can be stored")
    return value
