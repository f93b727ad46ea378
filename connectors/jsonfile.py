"""JSON lists, wrapped lists and JSON Lines, read as a stream."""

import contextlib
import io
import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO

import ijson

from ..exceptions import BrokenFile
from .base import Problem
from .encoding import REPLACEMENT, Utf8Stream
from .rows import excerpt

LIST_DEPTH = 3
LINE_LIMIT = 32 * 1024 * 1024
_LIST_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*\[")
_PREFERRED = ("data", "results", "items", "records", "rows")
_SAMPLE = 64 * 1024


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
    except ValueError:
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
    with contextlib.suppress(ijson.JSONError):
        for prefix, event, _value in ijson.parse(stream, use_float=True):
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
    return parts[-1] if parts else ""


def read_json(
    stream: BinaryIO, prefix: str, file: str
) -> Iterator[tuple[int, dict[str, Any]] | Problem]:
    """Yield (position, record) of one list; a syntax error ends it."""
    counter = _LineCounter(stream)
    position = 0
    try:
        for item in ijson.items(counter, prefix, use_float=True):
            position += 1
            yield from _checked(item, position, file)
    except ijson.JSONError as err:
        reason = " ".join(str(err).split()[:12])
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
        except ValueError as err:
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
        yield Problem("not_a_record", text, file, line, value=excerpt(str(item)))
        return
    for name, value in item.items():
        if isinstance(value, str) and REPLACEMENT in value:
            text = f"{file} line {line}: {name} has characters that cannot be read"
            yield Problem("bad_encoding", text, file, line, name, excerpt(value))
    yield line, item
