"""Pages of the GraphQL server: where one begins, and the shape of it."""

from graphql import GraphQLError

from .paging import MOST, BadRequest, decode, encode

PAGE = 100


def _size(value):
    return max(min(value or PAGE, MOST), 1)


def _start(text):
    try:
        return decode(text)
    except BadRequest as error:
        raise GraphQLError(str(error), extensions={"code": "BAD_USER_INPUT"}) from None


def _relay(ask):
    return _start(ask.get("after")), _size(ask.get("first"))


def _lighthouse(ask):
    size = _size(ask.get("first"))
    return ((ask.get("page") or 1) - 1) * size, size


def _page_hasmore(ask):
    pagination = ask.get("pagination") or {}
    size = _size(pagination.get("pageSize"))
    return ((pagination.get("page") or 1) - 1) * size, size


def _offset(ask):
    size = _size(ask.get("take") or ask.get("limit"))
    return ask.get("skip") or ask.get("offset") or 0, size


def _items_cursor(ask):
    return _start(ask.get("cursor")), _size(ask.get("limit"))


#: style -> (arguments -> start, size)
SIZES = {
    "relay": _relay,
    "relay_snake": _relay,
    "lighthouse": _lighthouse,
    "page_hasmore": _page_hasmore,
    "offset": _offset,
    "items_cursor": _items_cursor,
}


def cut(paging, part, start, size, total, stuck=False):
    """The page that holds `part`, in the shape of a style.

    :param stuck: the cursor leads to this page again
    """
    end = start + len(part)
    more = stuck or end < total
    if paging == "offset":
        return part
    if paging == "items_cursor":
        cursor = encode(start) if stuck else encode(end)
        return {"items": part, "cursor": cursor if more else None}
    if paging == "page_hasmore":
        return {"data": part, "pageInfo": {"hasMore": more}}
    if paging == "lighthouse":
        info = {
            "count": len(part),
            "currentPage": start // size + 1,
            "hasMorePages": more,
            "lastPage": max(-(-total // size), 1),
            "perPage": size,
            "total": total,
        }
        return {"data": part, "paginatorInfo": info}
    return _connection(paging, part, start, total, more, stuck)


def _connection(paging, part, start, total, more, stuck):
    edges = [{"cursor": encode(start + n), "node": r} for n, r in enumerate(part, 1)]
    last = edges[-1]["cursor"] if edges else None
    if stuck:
        last = encode(start)
    page = {"edges": edges, "nodes": part}
    if paging == "relay_snake":
        info = {"has_next_page": more, "end_cursor": last}
        return {**page, "page_info": info, "total_count": total}
    info = {"hasNextPage": more, "endCursor": last}
    return {**page, "pageInfo": info, "totalCount": total}
