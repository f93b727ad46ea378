"""The text of a profile: what it says, and on which line."""

import json
import re
from typing import Any

MAX_TEXT = 2 * 1024 * 1024
MAX_DEPTH = 50

Place = tuple[str | int, ...]

_TOKEN = re.compile(
    r'(?P<text>"(?:[^"\\]|\\.)*")|(?P<mark>[{}\[\],:])|(?P<word>[^\s{}\[\],:"]+)'
    r"|(?P<line>\n)",
    re.DOTALL,
)


class _Duplicates(dict):
    """An object that remembers keys that were given twice."""

    def __init__(self, pairs: list[tuple[str, Any]]):
        super().__init__(pairs)
        seen: set[str] = set()
        self.repeated = [key for key, _ in pairs if key in seen or seen.add(key)]


def line_numbers(text: str) -> dict[Place, int]:
    """Return the line on which each value of a valid JSON text begins.

    A member of an object begins with its key.
    """
    lines: dict[Place, int] = {(): 1}
    stack: list[list] = []  # [kind, key or position]
    line, wants_key = 1, False
    for token in _TOKEN.finditer(text):
        mark = token["mark"]
        if token["line"]:
            line += 1
        elif mark in ("}", "]"):
            stack.pop()
            wants_key = False
        elif mark == ",":
            wants_key = stack[-1][0] == "{"
            if not wants_key:
                stack[-1][1] += 1
        elif mark == ":":
            wants_key = False
        elif wants_key and token["text"]:
            stack[-1][1] = json.loads(token["text"])
            lines[_place(stack)] = line
        else:
            lines.setdefault(_place(stack), line)
            if mark in ("{", "["):
                stack.append([mark, None if mark == "{" else 0])
                wants_key = mark == "{"
    return lines


def _place(stack: list[list]) -> Place:
    return tuple(key for _, key in stack)


def _repeated(value: Any, place: Place = ()) -> list[tuple[Place, str]]:
    """Return the places of objects that have a key twice, with the key."""
    if len(place) > MAX_DEPTH:
        raise RecursionError
    found = []
    if isinstance(value, _Duplicates):
        found += [(place, key) for key in value.repeated]
    if isinstance(value, dict):
        children = list(value.items())
    else:
        children = list(enumerate(value)) if isinstance(value, list) else []
    for key, child in children:
        found += _repeated(child, (*place, key))
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(child) for key, child in value.items()}
    return [_plain(child) for child in value] if isinstance(value, list) else value


def read_text(text: str) -> tuple[Any, dict[Place, int], list[tuple[Place, str]]]:
    """Return value, lines and problems (place, reason) of a profile's text.

    :raises ValueError: it is no JSON; the message names line and column
    """
    if len(text) > MAX_TEXT:
        raise ValueError(f"the text is longer than {MAX_TEXT // 1024 // 1024} MiB")
    try:
        value = json.loads(
            text, object_pairs_hook=_Duplicates, parse_constant=_no_constant
        )
        problems = [
            (place, f"“{key}” stands here twice") for place, key in _repeated(value)
        ]
    except json.JSONDecodeError as error:
        raise ValueError(
            f"line {error.lineno}, column {error.colno}: {error.msg}"
        ) from None
    except RecursionError:
        raise ValueError("the text is nested too deep") from None
    return _plain(value), line_numbers(text), problems


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
