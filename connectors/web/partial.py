"""Answers that are only partly there: which item each error belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...exceptions import SourceError
from ..base import Problem
from ..profile.hostile import excerpt
from ..profile.paths import compile_path
from .graphql_transport import codes_of, words_of
from .paging import whole
from .queries import ObjectQueries
from .selection import Fields

_ID_KEYS = ("id", "node_id", "record_id", "nodeId")
_CLOSED_CODES = {"forbidden", "403", "missing_scope", "access_denied", "accessdenied"}


class PageFailed(SourceError):
    """A page is not there at all; `errors` say why."""

    def __init__(self, message: str, errors: list[Mapping[str, Any]]):
        super().__init__(message)
        self.errors = errors

    @property
    def is_closed(self) -> bool:
        """Whether every error says that the key may not read this."""
        codes = [codes_of(error) for error in self.errors]
        return bool(codes) and all(code & _CLOSED_CODES for code in codes)


@dataclass
class Entry:
    """One place of a list: its item, its cursor, the errors about it."""

    item: Any
    cursor: str = ""
    errors: list[Mapping[str, Any]] = field(default_factory=list)
    #: Below the item, for each error.
    below: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def is_lost(self) -> bool:
        """Whether there is no item."""
        return self.item is None

    @property
    def reason(self) -> str:
        """What the source says about a lost item."""
        if self.errors:
            return f"the source says “{excerpt_long(words_of(self.errors))}”"
        return "the source lists it without any content"

    @property
    def key(self) -> str:
        """The id that an error names, "" if none does."""
        for error in self.errors:
            extensions = error.get("extensions")
            for name in _ID_KEYS if isinstance(extensions, Mapping) else ():
                if isinstance(extensions.get(name), (str, int)):
                    return str(extensions[name])
        return ""


@dataclass
class Reading:
    """A page as it came."""

    entries: list[Entry]
    has_more: bool | None = None
    next_cursor: str | None = None
    total: int | None = None
    #: Errors that belong to no item.
    loose: list[Mapping[str, Any]] = field(default_factory=list)


def excerpt_long(text: str) -> str:
    """Return a server's words in a form that any screen can take."""
    return "".join(char if char.isprintable() else " " for char in text)[:300]


def read_page(
    data: Any,
    errors: list[Mapping[str, Any]],
    queries: ObjectQueries,
    root: str,
    what: str,
    lean: str = "",
) -> Reading:
    """Return the entries of a page, each with the errors that name it.

    :param lean: ``cursors`` if the list itself was not asked for
    :raises PageFailed: the list is not there
    """
    top = data.get(root) if isinstance(data, Mapping) else None
    outer, inner = queries.list_place
    listed = compile_path(outer).first(top) if top is not None else None
    if listed is None and top and lean == "cursors":
        listed = []
    if not isinstance(listed, list):
        said = words_of(errors) if errors else "the answer has no list"
        raise PageFailed(
            f"The source cannot give {what} ({excerpt_long(said)}). Resume later; if it"
            " stays, show the message to the source's support.",
            errors,
        )
    entries = [_entry(value, inner) for value in listed]
    above = (root, *(name for name in outer.split(".") if name and name != "@"))
    loose = [error for error in errors if not _assign(error, entries, above, inner)]
    paging = queries.paging
    total = compile_path(paging["total_at"]).first(top) if paging["total_at"] else None
    cursor = (
        compile_path(paging["next_cursor_at"]).first(top)
        if paging["next_cursor_at"]
        else None
    )
    more = (
        compile_path(paging["has_more_at"]).first(top)
        if paging["has_more_at"]
        else None
    )
    return Reading(
        entries,
        more if isinstance(more, bool) else None,
        str(cursor) if isinstance(cursor, (str, int)) and cursor != "" else None,
        whole(total) if isinstance(total, int) else None,
        loose,
    )


def _entry(value: Any, inner: str) -> Entry:
    if not inner:
        return Entry(value)
    if not isinstance(value, Mapping):
        return Entry(None)
    cursor = value.get("cursor")
    return Entry(value.get(inner), str(cursor) if cursor is not None else "")


def _assign(error: Mapping[str, Any], entries: list[Entry], above: tuple, inner: str):
    """Give an error to the entry that its path names; tell if there is one."""
    path = error.get("path")
    path = tuple(path) if isinstance(path, list) else ()
    if path[: len(above)] != above or len(path) <= len(above):
        return False
    position = path[len(above)]
    if not isinstance(position, int) or not 0 <= position < len(entries):
        return False
    below = path[len(above) + 1 :]
    entries[position].errors.append(error)
    entries[position].below.append(below[1:] if inner and below else below)
    return True


def missing_parts(entry: Entry, name: str, file: str, line: int, key: str):
    """Yield a problem for each part of an item that the source could not give."""
    for error, below in zip(entry.errors, entry.below, strict=True):
        place = ".".join(str(part) for part in below)
        said = excerpt_long(words_of([error]))
        yield Problem(
            "partial_item",
            f"{name} {excerpt(key)} came without {place or 'a part'}: the source says"
            f" “{said}”",
            file,
            line,
            field=place,
            value=excerpt(key),
            object=name,
            severity="warning",
        )


def loose_problems(errors: list[Mapping[str, Any]], name: str, file: str):
    """Yield a problem for each thing that a source said about a page as a whole."""
    for said in dict.fromkeys(excerpt_long(words_of([error])) for error in errors[:20]):
        yield Problem(
            "source_error",
            f"The source says about {name}: “{said}”. Compare the number of records.",
            file,
            object=name,
            severity="warning",
        )


def unwrap(item: Any, fields: Fields) -> dict[str, dict[str, Any]]:
    """Turn the connections inside an item into plain lists, in place.

    Returns what is left to be read: by key of the connection, its ``pageInfo``.
    Edges that hold nothing but a node become the node.
    """
    rest: dict[str, dict[str, Any]] = {}
    if not isinstance(item, dict):
        return rest
    for key, one in fields.items():
        if one.is_fragment:
            rest.update(unwrap(item, one.children or {}))
            continue
        value = item.get(key)
        if one.is_connection and isinstance(value, dict):
            info = value.get("pageInfo") or value.get("page_info")
            if isinstance(info, dict) and (
                info.get("hasNextPage") or info.get("has_next_page")
            ):
                rest[key] = info
            item[key] = value = entries_in(value, one.children or {})
        for child in value if isinstance(value, list) else [value]:
            inner = one.children or {}
            for name in ("edges", "nodes"):
                if one.is_connection and name in inner:
                    inner = inner[name].children or {}
            unwrap(child, inner)
    return rest


def entries_in(connection: Mapping[str, Any], children: Fields) -> list[Any]:
    """Return what a connection lists."""
    if "edges" not in children:
        nodes = connection.get("nodes")
        return nodes if isinstance(nodes, list) else []
    asked = {key for key in (children["edges"].children or {}) if key != "cursor"}
    edges = connection.get("edges")
    edges = [edge for edge in edges if isinstance(edge, dict)] if edges else []
    if asked == {"node"}:
        return [edge.get("node") for edge in edges]
    return [{k: v for k, v in edge.items() if k in asked} for edge in edges]
