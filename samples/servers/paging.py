"""How a list is cut into pages: one function per style seen in the field.

Each takes a Listing and an Ask and gives the body and extra headers of the answer.
"""

import base64
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

MOST = 500


class BadRequest(Exception):
    """A parameter cannot be understood; `field` names it."""

    def __init__(self, field, message):
        super().__init__(message)
        self.field = field


class Poisoned(Exception):
    """A record of the page cannot be read, so the page cannot be given."""


@dataclass
class Listing:
    """The rows of one list; `shape` turns a stored record into what is sent."""

    name: str
    rows: list[dict[str, Any]]
    shape: Any = staticmethod(lambda row: row)
    poison: dict[str, str] = field(default_factory=dict)
    #: How many records of the page before every page begins with.
    overlap: int = 0

    def cut(self, start, size):
        part = self.rows[max(start - self.overlap, 0) : start + size]
        if self.poison:
            modes = [self.poison.get(row.get("id")) for row in part]
            if "page" in modes:
                raise Poisoned(self.name)
            return [
                None if mode == "node" else self.shape(row)
                for row, mode in zip(part, modes, strict=True)
            ]
        return [self.shape(row) for row in part]

    def __len__(self):
        return len(self.rows)


@dataclass
class Ask:
    """The request: its parameters and the address without them."""

    args: dict[str, str]
    url: str

    def number(self, *names, default, least=0):
        for name in names:
            if name in self.args:
                try:
                    value = int(self.args[name])
                except ValueError:
                    raise BadRequest(name, f"{name} must be a number") from None
                if value < least:
                    raise BadRequest(name, f"{name} must be at least {least}")
                return value
        return default

    def size(self, *names, default=100):
        names = names or ("per_page", "limit", "page_size", "pageSize")
        return min(self.number(*names, default=default, least=1), MOST)

    def link(self, **changes):
        return f"{self.url}?{urlencode({**self.args, **changes})}"


def _page(ask):
    return ask.number("page", default=1, least=1), ask.size()


def page(rows, ask):
    """Page numbers, totals and links: the default of Road Runner."""
    number, size = _page(ask)
    pages = -(-len(rows) // size)
    more = number < pages
    links = {"self": ask.link(page=number)}
    if more:
        links["next"] = ask.link(page=number + 1)
    meta = {
        "page": number,
        "per_page": size,
        "total": len(rows),
        "total_pages": pages,
        "has_more": more,
    }
    body = {"data": rows.cut((number - 1) * size, size), "meta": meta, "links": links}
    return body, {}


def page_bare(rows, ask):
    """Page numbers and nothing that says how many: a short page is the last."""
    number, size = _page(ask)
    return {"data": rows.cut((number - 1) * size, size)}, {}


def page_array(rows, ask):
    """Page numbers, the body is the list itself."""
    number, size = _page(ask)
    return rows.cut((number - 1) * size, size), {"X-Total-Count": str(len(rows))}


def page_stuck(rows, ask):
    """A server that ignores `page`: always the first, always more to come."""
    _number, size = _page(ask)
    meta = {"page": 1, "per_page": size, "has_more": True}
    return {"data": rows.cut(0, size), "meta": meta}, {}


def zuper(rows, ask):
    number, size = _page(ask)
    data = rows.cut((number - 1) * size, size)
    body = {
        "type": "SUCCESS",
        "data": data,
        "current_page_records": len(data),
        "total_records": len(rows),
        "current_page": number,
        "total_pages": -(-len(rows) // size),
    }
    return body, {}


def zoho(rows, ask):
    number, size = _page(ask)
    data = rows.cut((number - 1) * size, size)
    more = number * size < len(rows)
    info = {"page": number, "per_page": size, "count": len(data), "more_records": more}
    return {"data": data, "info": info}, {}


def cliniko(rows, ask):
    number, size = _page(ask)
    links = {"self": ask.link(page=number)}
    if number * size < len(rows):
        links["next"] = ask.link(page=number + 1)
    data = rows.cut((number - 1) * size, size)
    return {rows.name: data, "total_entries": len(rows), "links": links}, {}


def offset(rows, ask):
    """Where to start and how many."""
    start, size = ask.number("offset", default=0), ask.size()
    meta = {"offset": start, "limit": size, "total": len(rows)}
    return {"data": rows.cut(start, size), "meta": meta}, {}


def offset_named(rows, ask):
    """Offset, the list under the object's own name: version 1 of Road Runner."""
    start, size = ask.number("offset", default=0), ask.size("limit", default=50)
    return {rows.name: rows.cut(start, size), "total_count": len(rows)}, {}


def pipedrive_v1(rows, ask):
    start, size = ask.number("start", default=0), ask.size()
    more = start + size < len(rows)
    pagination = {
        "start": start,
        "limit": size,
        "more_items_in_collection": more,
    }
    if more:
        pagination["next_start"] = start + size
    data = rows.cut(start, size)
    extra = {"pagination": pagination}
    return {"success": True, "data": data or None, "additional_data": extra}, {}


def encode(position):
    return base64.b64encode(f"after:{position}".encode()).decode()


def decode(text, name="cursor"):
    """The position that a cursor stands for; an empty one is the start."""
    if not text:
        return 0
    try:
        return int(base64.b64decode(text).decode().removeprefix("after:"))
    except ValueError:
        raise BadRequest(name, f"{name} is not one of ours") from None


def _cursor(rows, ask, name="cursor"):
    start, size = decode(ask.args.get(name), name), ask.size()
    end = start + size
    return rows.cut(start, size), encode(end) if end < len(rows) else None


def cursor(rows, ask):
    """The cursor of the next page stands in the body."""
    data, after = _cursor(rows, ask)
    return {
        "data": data,
        "meta": {"next_cursor": after, "has_more": after is not None},
    }, {}


def cursor_header(rows, ask):
    """The cursor of the next page stands in a header."""
    data, after = _cursor(rows, ask)
    return {"data": data}, {"X-Next-Cursor": after} if after else {}


def cursor_stuck(rows, ask):
    """A server whose cursor leads to the same page again."""
    return {"data": rows.cut(0, ask.size()), "meta": {"next_cursor": encode(1)}}, {}


def pipedrive_v2(rows, ask):
    data, after = _cursor(rows, ask)
    extra = {"next_cursor": after}
    return {"success": True, "data": data, "additional_data": extra}, {}


def hubspot(rows, ask):
    data, after = _cursor(rows, ask, "after")
    body = {"results": data}
    if after:
        link = "?" + urlencode({"after": after})
        body["paging"] = {"next": {"after": after, "link": link}}
    return body, {}


def next_url(rows, ask):
    """The whole address of the next page stands in the body."""
    data, after = _cursor(rows, ask)
    link = ask.link(cursor=after) if after else None
    return {"data": data, "links": {"next": link}}, {}


def link_header(rows, ask):
    """The whole address of the next page stands in the header Link."""
    number, size = _page(ask)
    data = rows.cut((number - 1) * size, size)
    links = [f'<{ask.link(page=1)}>; rel="first"']
    if number * size < len(rows):
        links.append(f'<{ask.link(page=number + 1)}>; rel="next"')
    return {"data": data}, {"Link": ", ".join(links)}


STYLES = {
    function.__name__: function
    for function in (
        page,
        page_bare,
        page_array,
        page_stuck,
        zuper,
        zoho,
        cliniko,
        offset,
        offset_named,
        pipedrive_v1,
        cursor,
        cursor_header,
        cursor_stuck,
        pipedrive_v2,
        hubspot,
        next_url,
        link_header,
    )
}
