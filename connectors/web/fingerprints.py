"""How a source pages, read off one of its answers; only ever proposed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLSchema, get_named_type, is_list_type

from ..profile.paths import compile_path
from .paging import header_link, whole
from .response import Response

_MORE = ("has_more", "hasMore", "more_records", "has_more_page", "page_context")
_PAGES = (
    "total_pages",
    "totalPages",
    "last_page",
    "lastPage",
    "pages",
    "pageCount",
    "page_count",
)
_TOTAL_HEADERS = ("X-Total-Count", "X-Total", "X-WP-Total", "Total-Count")
_HOLDERS = ("", "meta.", "pagination.", "paging.", "info.", "page.", "meta.pagination.")
_NEXT_URLS = (
    "links.next",
    "next",
    "next_url",
    "next_page_url",
    "_links.next.href",
    "links.next.href",
    "meta.next",
    "paging.next",
    '["@odata.nextLink"]',
)
_NEXT_CURSORS = (
    "meta.next_cursor",
    "next_cursor",
    "nextCursor",
    "meta.nextCursor",
    "nextPageToken",
    "next_page_token",
    "paging.cursors.after",
    "pagination.next_cursor",
    "continueFrom",
)
_TOTALS = (
    "total",
    "total_count",
    "totalCount",
    "total_entries",
    "total_records",
    "count",
)
_URL = re.compile(r"(?:https?://|/|\?)\S*", re.I)


@dataclass
class Proposal:
    """A style of paging with what in the answer speaks for it."""

    style: str
    evidence: str
    #: What to change under `pagination` of the profile.
    changes: dict[str, Any] = field(default_factory=dict)


def _exists(body: Any, path: str) -> bool:
    return isinstance(body, Mapping) and compile_path(path).exists(body)


def _first(body: Any, path: str) -> Any:
    return compile_path(path).first(body)


def _cursors(body: Any) -> Iterator[Proposal]:
    if _exists(body, "paging.next.after"):
        yield _cursor("paging.next.after", "after")
    if _exists(body, "additional_data.next_cursor"):
        yield _cursor("additional_data.next_cursor", "cursor")
    if _exists(body, "additional_data.pagination"):
        at = "additional_data.pagination"
        yield Proposal(
            "offset",
            f"the answer has {at}",
            {
                "offset_param": "start",
                "size_param": "limit",
                "has_more_at": f"{at}.more_items_in_collection",
            },
        )


def _cursor(at: str, param: str) -> Proposal:
    changes = {"cursor_param": param, "next_cursor_at": at, "size_param": "limit"}
    return Proposal("cursor", f"the answer has {at}", changes)


def _links(body: Any, response: Response) -> Iterator[Proposal]:
    for at in _NEXT_URLS:
        found = _first(body, at) if isinstance(body, Mapping) else None
        if isinstance(found, str) and _URL.fullmatch(found):
            yield Proposal(
                "next_url", f"{at} is the address of the next page", {"next_url_at": at}
            )
            break
    if header_link(response):
        yield Proposal("link_header", "the header Link names a next page")


def _counted(body: Any) -> Iterator[Proposal]:
    has_cursor = any(isinstance(_first(body, at), str) for at in _NEXT_CURSORS)
    for holder in _HOLDERS:
        # That there are more says nothing about how where a cursor is given.
        for name in _PAGES if has_cursor else (*_MORE, *_PAGES):
            at = f"{holder}{name}"
            if _exists(body, at):
                key = "has_more_at" if name in _MORE else "total_pages_at"
                at = f"{at}.has_more_page" if name == "page_context" else at
                yield Proposal("page", f"the answer has {at}", {key: at})
        yield from _last_page(body, holder)
    for at in _NEXT_CURSORS:
        if isinstance(_first(body, at), str):
            yield _cursor(at, "cursor")
    for holder in _HOLDERS:
        for name in ("offset", "start", "skip"):
            at = f"{holder}{name}"
            if isinstance(_first(body, at), int):
                yield Proposal("offset", f"the answer has {at}", {"offset_param": name})
    if _exists(body, "total_count"):
        yield Proposal(
            "offset", "the answer has total_count and nothing that leads on", {}
        )


def _last_page(body: Any, holder: str) -> Iterator[Proposal]:
    at = f"{holder}last"
    if isinstance(_first(body, at), bool):
        changes: dict[str, Any] = {"is_last_at": at}
        changes.update(page_param="page", size_param="size")
        if _first(body, f"{holder}number") == 0:
            changes["first_page"] = 0
        yield Proposal("page", f"the answer has {at}", changes)


def _headed(body: Any, response: Response) -> Iterator[Proposal]:
    """Read what headers say about a list that stands alone."""
    if not isinstance(body, list):
        return
    if "/" in response.headers.get("Content-Range", ""):
        changes = {"size_param": "limit", "total_header": "Content-Range"}
        yield Proposal("offset", "the header Content-Range counts records", changes)
    for name in _TOTAL_HEADERS:
        total = whole(response.headers.get(name))
        if total is not None and total > len(body):
            changes = {"total_header": name}
            yield Proposal("page", f"the header {name} counts the records", changes)


def rest_proposals(body: Any, response: Response) -> list[Proposal]:
    """Return the styles that an answer speaks for, the surest first."""
    found: dict[str, Proposal] = {}
    for proposal in (
        *_cursors(body),
        *_links(body, response),
        *_counted(body),
        *_headed(body, response),
    ):
        known = found.setdefault(proposal.style, proposal)
        if known is not proposal:
            known.changes = {**proposal.changes, **known.changes}
    records_at = list_place(body)
    for proposal in found.values():
        if records_at is not None:
            proposal.changes["records_at"] = records_at
        total_at = _total_place(body)
        if total_at:
            proposal.changes["total_at"] = total_at
    return list(found.values())


def _total_place(body: Any) -> str:
    places = (f"{holder}{name}" for holder in _HOLDERS for name in _TOTALS)
    for at in places:
        value = _first(body, at) if isinstance(body, Mapping) else None
        if isinstance(value, int) and not isinstance(value, bool):
            return at
    return ""


def list_place(body: Any, above: str = "", depth: int = 0) -> str | None:
    """Return the path of the longest list of objects in an answer, None if none."""
    if isinstance(body, list):
        return above if not body or isinstance(body[0], Mapping) else None
    if not isinstance(body, Mapping) or depth > 3:
        return None
    best: tuple[int, str] | None = None
    for key, value in body.items():
        if not re.fullmatch(r"[\w$-]+", str(key)):
            continue
        inner = list_place(value, f"{above}.{key}" if above else str(key), depth + 1)
        if inner is not None:
            length = len(_first(body, inner[len(above) + 1 if above else 0 :]) or ())
            if best is None or length > best[0]:
                best = (length, inner)
    return best[1] if best else None


def graphql_proposal(schema: GraphQLSchema | None, root_field: str) -> Proposal | None:
    """Return the style that the type of a root field speaks for."""
    parent: Any = schema.query_type if schema else None
    root = None
    for name in root_field.split("."):
        root = getattr(parent, "fields", {}).get(name)
        parent = get_named_type(root.type) if root else None
    if root is None:
        return None
    names = set(root.args)
    kind = root.type
    if is_list_type(getattr(kind, "of_type", kind)) or is_list_type(kind):
        return _list_proposal(root_field, names)
    return _page_proposal(root_field, getattr(get_named_type(kind), "fields", {}))


def _list_proposal(root_field: str, names: set[str]) -> Proposal:
    for size, offset in (("limit", "offset"), ("take", "skip"), ("first", "skip")):
        if {size, offset} <= names:
            return Proposal(
                "offset",
                f"{root_field} is a list with the arguments {size} and {offset}",
                {"size_param": size, "offset_param": offset},
            )
    return _numbered(root_field, names) or Proposal(
        "none", f"{root_field} is a list without arguments for pages"
    )


def _numbered(root_field: str, names: set[str]) -> Proposal | None:
    sizes = ("perPage", "per_page", "pageSize", "page_size", "limit", "size", "first")
    size = next((size for size in sizes if size in names), "")
    if "page" not in names or not size:
        return None
    changes = {"size_param": size, "page_param": "page"}
    return Proposal("page", f"{root_field} has the arguments page and {size}", changes)


def _page_proposal(root_field: str, fields: Mapping[str, Any]) -> Proposal | None:
    info = get_named_type(fields["pageInfo"].type) if "pageInfo" in fields else None
    known = getattr(info, "fields", {})
    lists = "edges" in fields or "nodes" in fields
    for style, evidence, fits in (
        ("lighthouse", "paginatorInfo", "paginatorInfo" in fields),
        ("relay_snake", "page_info", lists and "page_info" in fields),
        ("page_hasmore", "pageInfo.hasMore", "hasMore" in known),
        ("relay", "pageInfo.hasNextPage", lists and "hasNextPage" in known),
        ("items_cursor", "items and cursor", {"items", "cursor"} <= set(fields)),
    ):
        if fits:
            changes = {"records_at": "nodes"} if lists and "edges" not in fields else {}
            return Proposal(style, f"{root_field} has {evidence}", changes)
    return None
