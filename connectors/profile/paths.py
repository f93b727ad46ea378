"""The path language of connection profiles.

``address.street``, ``emails[0].value``, ``emails[primary=true].value``,
``errors.*.message``, ``["@odata.nextLink"]`` and ``a.b|c`` for the first of several
that is not empty. An empty path or ``@`` is the whole document. Paths are compiled
once; reading never raises, whatever the document looks like.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

MAX_LENGTH = 500
MAX_STEPS = 32

#: From the root of a document to a value: dict keys and list positions.
Trail = tuple[str | int, ...]

_STEP = re.compile(
    r"""
    \[ \s* (?P<index>-?\d{1,9}) \s* \]
    | \[ \s* (?P<quote>["']) (?P<quoted>.*?) (?P=quote) \s* \]
    | \[ \s* (?P<key>[^\[\]=|"']+?) \s* = \s* (?P<value>[^\[\]|]*?) \s* \]
    | (?P<star>\*)
    | (?P<name>[^.\[\]|*]+)
    """,
    re.VERBOSE,
)


class BadPath(ValueError):
    """A text is not a path; the message says where it stops being one."""


def is_empty(value: Any) -> bool:
    """Tell whether a value says nothing: null, blank text, empty list or object."""
    return value is None or value == "" or value == [] or value == {}


def scalar_text(value: Any) -> str:
    """Return a scalar as JSON writes it, text as it is: ``true``, ``null``, ``12``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, int) and value.bit_length() > 1024:
        return "a number too long to write"
    return value if isinstance(value, str) else f"{value}"


def _child(node: Any, key: str | int) -> Iterator[tuple[str | int, Any]]:
    if isinstance(key, str):
        if isinstance(node, dict) and key in node:
            yield key, node[key]
    elif isinstance(node, list) and -len(node) <= key < len(node):
        yield key % len(node), node[key]


def _children(node: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(node, dict):
        yield from ((key, value) for key, value in node.items())
    elif isinstance(node, list):
        yield from enumerate(node)


def _chosen(node: Any, key: str, value: str) -> Iterator[tuple[str | int, Any]]:
    if not isinstance(node, list):
        return
    for position, item in enumerate(node):
        if isinstance(item, dict) and key in item:
            found = item[key]
            is_scalar = not isinstance(found, (dict, list))
            if is_scalar and scalar_text(found) == value:
                yield position, item


class _Step:
    """One step from a node to its matching children."""

    __slots__ = ("key", "value", "kind")

    def __init__(self, match: re.Match):
        self.value = ""
        if match["index"] is not None:
            self.kind, self.key = "child", int(match["index"])
        elif match["quote"] is not None:
            self.kind, self.key = "child", match["quoted"]
        elif match["key"] is not None:
            self.kind, self.key, self.value = "chosen", match["key"], match["value"]
        elif match["star"] is not None:
            self.kind, self.key = "children", "*"
        else:
            self.kind, self.key = "child", match["name"].strip()

    def follow(self, node: Any) -> Iterator[tuple[str | int, Any]]:
        """Yield key and value of each child that the step leads to."""
        if self.kind == "child":
            return _child(node, self.key)
        if self.kind == "children":
            return _children(node)
        return _chosen(node, self.key, self.value)


def _parse_steps(text: str, whole: str) -> tuple[_Step, ...]:
    """Return the steps of one alternative."""
    if text == "@":
        return ()
    steps, position, wants_name = [], 0, True
    while position < len(text):
        if text[position] == ".":
            if wants_name:
                raise BadPath(f"“{whole}”: a name is missing before a dot")
            position, wants_name = position + 1, True
            continue
        match = _STEP.match(text, position)
        if match is None:
            raise BadPath(f"“{whole}” cannot be read from “{text[position:]}” on")
        is_bracket = text[position] == "["
        if not is_bracket and not wants_name:
            raise BadPath(f"“{whole}”: a dot is missing before “{text[position:]}”")
        if not is_bracket and not match[0].strip():
            raise BadPath(f"“{whole}”: a name is blank")
        steps.append(_Step(match))
        position, wants_name = match.end(), False
    if wants_name:
        raise BadPath(f"“{whole}”: a name is missing at the end")
    if len(steps) > MAX_STEPS:
        raise BadPath(f"“{whole}” has more than {MAX_STEPS} steps")
    return tuple(steps)


def _split_alternatives(text: str) -> list[str]:
    """Return the parts between ``|`` that do not stand inside quotes."""
    parts, quote, start = [], "", 0
    for position, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'" and text[:position].rstrip().endswith("["):
            quote = char
        elif char == "|":
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]


class Path:
    """A compiled path; ``compile_path`` keeps them."""

    __slots__ = ("alternatives", "text")

    def __init__(self, text: str):
        if not isinstance(text, str):
            raise BadPath("a path is text")
        if len(text) > MAX_LENGTH:
            raise BadPath(f"a path has at most {MAX_LENGTH} characters")
        self.text = text
        stripped = text.strip()
        parts = _split_alternatives(stripped) if stripped else ["@"]
        self.alternatives = tuple(_parse_steps(part.strip(), text) for part in parts)

    def __repr__(self) -> str:
        return f"Path({self.text!r})"

    @property
    def is_root(self) -> bool:
        """Whether the path is the whole document."""
        return self.alternatives == ((),)

    def matches(self, data: Any) -> list[tuple[Trail, Any]]:
        """Return where and what the first alternative that says something finds.

        If each is empty or missing: what the first one finds that is there at all.
        """
        fallback: list[tuple[Trail, Any]] = []
        for steps in self.alternatives:
            found: list[tuple[Trail, Any]] = [((), data)]
            for step in steps:
                found = [
                    ((*trail, key), child)
                    for trail, node in found
                    for key, child in step.follow(node)
                ]
                if not found:
                    break
            if any(not is_empty(value) for _, value in found):
                return found
            fallback = fallback or found
        return fallback

    def all(self, data: Any) -> list[Any]:
        """Return every value found."""
        return [value for _, value in self.matches(data)]

    def first(self, data: Any, default: Any = None) -> Any:
        """Return the first value that says something, else what is there."""
        values = self.all(data)
        for value in values:
            if not is_empty(value):
                return value
        return values[0] if values else default

    def exists(self, data: Any) -> bool:
        """Tell whether the document has the place, be it empty."""
        return bool(self.matches(data))


@lru_cache(maxsize=4096)
def compile_path(text: str) -> Path:
    """Return the compiled path; BadPath names what is wrong with it."""
    return Path(text)


def read_path(data: Any, text: str, default: Any = None) -> Any:
    """Return the first value at a path given as text."""
    return compile_path(text).first(data, default)
