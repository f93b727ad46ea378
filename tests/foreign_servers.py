"""Lists as servers of other makers give them: small, and each true to its dialect."""

import json
from urllib.parse import urlencode

import flask
from graphql import build_schema, graphql_sync

COUNT = 25
#: What every dialect has to arrive as.
ROWS = [
    {
        "id": f"k{number:02}",
        "name": f"Name {number}",
        "company": f"c{number % 3}",
        "updated_at": f"2026-11-{number:02}T10:00:00.5Z",
    }
    for number in range(1, COUNT + 1)
]
DIALECTS = {}


def dialect(function):
    """Make a view of `/contacts` known by its name."""
    DIALECTS[function.__name__] = function
    return function


def asked(name, default=None, kind=str):
    return flask.request.args.get(name, default, type=kind)


def link(**changed):
    """Return the address of this request with other parameters."""
    return f"{flask.request.base_url}?{urlencode({**flask.request.args, **changed})}"


def since(text, rows=ROWS):
    """Filter as text compares, which is what most of these servers do."""
    return [row for row in rows if row["updated_at"] >= text] if text else list(rows)


def numbered(rows, page, size, first=1):
    """Return the rows of a page by its number, and whether more follow."""
    start = (page - first) * size
    return rows[start : start + size], start + size < len(rows)


def sliced(rows, offset, size):
    return rows[offset : offset + size], offset + size < len(rows)


def attributes(row):
    return {"name": row["name"], "updatedAt": row["updated_at"]}


@dialect
def datasette():
    rows = since(asked("updated_at__gte"))
    if any(name[0] != "_" and "__" not in name for name in flask.request.args):
        rows = []  # what is no setting is a filter
    after = asked("_next", "")
    page, more = sliced([r for r in rows if r["id"] > after], 0, asked("_size", 5, int))
    body = {"filtered_table_rows_count": len(rows), "columns": list(ROWS[0])}
    is_arrays = asked("_shape", "arrays") == "arrays"
    body["rows"] = [list(row.values()) for row in page] if is_arrays else page
    token = page[-1]["id"] if more else None
    return {**body, "next": token, "next_url": token and link(_next=token)}


@dialect
def json_server():
    rows = since(asked("updated_at_gte"))
    number = asked("_page", 0, int)
    if not number:
        return flask.jsonify(rows)
    page, more = numbered(rows, number, asked("_limit", 5, int))
    answer = flask.jsonify(page)
    answer.headers["X-Total-Count"] = str(len(rows))
    last = f'<{link(_page=9)}>; rel="last"'
    following = f'<{link(_page=number + 1)}>; rel="next", ' if more else ""
    answer.headers["Link"] = following + last
    return answer


@dialect
def json_server_v1():
    number, size = asked("_page", 0, int), asked("_per_page", 5, int)
    if not number:
        return flask.jsonify(ROWS)
    pages = -(-COUNT // size)
    number = min(number, pages)
    page, more = numbered(ROWS, number, size)
    ends = {"first": 1, "prev": number - 1 or None, "last": pages}
    following = number + 1 if more else None
    return {**ends, "next": following, "pages": pages, "items": COUNT, "data": page}


@dialect
def total_count():
    page, _more = numbered(ROWS, asked("page", 1, int), asked("per_page", 5, int))
    answer = flask.jsonify(page)
    answer.headers["X-Total-Count"] = str(COUNT)
    return answer


@dialect
def next_page_header():
    page, more = numbered(ROWS, asked("page", 1, int), asked("per_page", 5, int))
    answer = flask.jsonify(page)
    answer.headers["X-Next-Page"] = str(asked("page", 1, int) + 1) if more else ""
    return answer


@dialect
def strapi():
    rows = since(asked("filters[updatedAt][$gte]"))
    number, size = asked("pagination[page]", 1, int), asked("pagination[pageSize]")
    page, _more = numbered(rows, number, int(size))
    counts = {"page": number, "pageCount": -(-len(rows) // int(size))}
    meta = {"pagination": {**counts, "total": len(rows)}}
    data = [{"id": r["id"], "attributes": _strapi(r)} for r in page]
    return {"data": data, "meta": meta}


def _strapi(row):
    company = {"data": {"id": row["company"], "attributes": {"name": "x"}}}
    return {**attributes(row), "company": company}


@dialect
def directus():
    wanted = json.loads(asked("filter", "{}"))
    rows = since(wanted.get("updated_at", {}).get("_gte"))
    page, _more = numbered(rows, asked("page", 1, int), asked("limit", 5, int))
    meta = {"filter_count": len(rows)} if asked("meta") == "filter_count" else {}
    return {"data": page, "meta": meta}


@dialect
def postgrest():
    kind, _dot, moment = asked("updated_at", ".").partition(".")
    rows = since(moment if kind == "gte" else "")
    start = asked("offset", 0, int)
    if start and start >= len(rows):
        return {"code": "PGRST103", "message": "Requested range not satisfiable"}, 416
    page, _more = sliced(rows, start, asked("limit", 5, int))
    exact = flask.request.headers.get("Prefer") == "count=exact"
    answer = flask.jsonify(page)
    count = len(rows) if exact else "*"
    answer.headers["Content-Range"] = f"{start}-{start + len(page) - 1}/{count}"
    return answer, 206 if len(page) < len(rows) else 200


@dialect
def odata():
    field, word, moment = (asked("$filter") or "updated_at ge ").split(" ")
    rows = since(moment) if (field, word) == ("updated_at", "ge") else []
    start = asked("$skiptoken", 0, int)
    page, more = sliced(rows, start, asked("$top", 5, int))
    body = {"@odata.context": "$metadata#contacts", "@odata.count": len(rows)}
    if more:
        body["@odata.nextLink"] = link(**{"$skiptoken": start + len(page)})
    return {**body, "value": [_odata(row) for row in page]}


def _odata(row):
    own = {"contactid": row["id"], "name": row["name"], "updated_at": row["updated_at"]}
    return {"@odata.etag": 'W/"1"', **own, "_company_value": row["company"]}


@dialect
def jsonapi():
    number, size = asked("page[number]", 1, int), asked("page[size]", 5, int)
    page, more = numbered(ROWS, number, size)
    links = {"next": link(**{"page[number]": number + 1}) if more else None}
    data = [
        {
            "type": "contacts",
            "id": row["id"],
            "attributes": attributes(row),
            "relationships": {
                "company": {"data": {"type": "companies", "id": row["company"]}}
            },
            "links": {"self": f"/contacts/{row['id']}"},
        }
        for row in page
    ]
    return {"data": data, "links": links, "meta": {"total": COUNT}}


@dialect
def hal():
    number, size = asked("page", 0, int), asked("size", 5, int)
    page, more = numbered(ROWS, number, size, 0)
    links = {"self": {"href": link()}}
    if more:
        links["next"] = {"href": link(page=number + 1)}
    contacts = [
        {
            **attributes(row),
            "_links": {
                "self": {"href": f"http://x.example/contacts/{row['id']}"},
                "company": {"href": f"http://x.example/companies/{row['company']}"},
            },
        }
        for row in page
    ]
    counts = {"size": size, "totalElements": COUNT, "number": number}
    return {"_embedded": {"contacts": contacts}, "_links": links, "page": counts}


@dialect
def spring():
    number, size = asked("page", 0, int), asked("size", 5, int)
    page, more = numbered(ROWS, number, size, 0)
    return {"content": page, "number": number, "size": size, "last": not more}


@dialect
def django_rest():
    number = asked("page", 1, int)
    page, more = numbered(ROWS, number, asked("page_size", 5, int))
    following = link(page=number + 1) if more else None
    return {"count": COUNT, "next": following, "previous": None, "results": page}


@dialect
def elastic():
    wanted = flask.request.get_json()
    bounds = wanted.get("query", {}).get("range", {}).get("updated_at", {})
    rows, start = since(bounds.get("gte")), wanted.get("from", 0)
    if "search_after" in wanted:
        rows = [row for row in rows if [row["id"]] > wanted["search_after"]]
    page, _more = sliced(rows, start, wanted.get("size", 5))
    hits = [
        {"_id": r["id"], "_source": dict(list(r.items())[1:]), "sort": [r["id"]]}
        for r in page
    ]
    return {"took": 3, "hits": {"total": {"value": len(rows)}, "hits": hits}}


@dialect
def couch():
    start = asked("skip", 0, int)
    page, _more = sliced(ROWS, start, asked("limit", 5, int))
    rows = [
        {
            "id": r["id"],
            "key": r["id"],
            "doc": {"_id": r["id"], **dict(list(r.items())[1:])},
        }
        for r in page
    ]
    return {"total_rows": COUNT, "offset": start, "rows": rows}


@dialect
def stripe():
    after = asked("starting_after", "")
    left = [row for row in ROWS if row["id"] > after]
    page, more = sliced(left, 0, asked("limit", 5, int))
    return {"object": "list", "has_more": more, "data": page}


@dialect
def firebase():
    return {row["id"]: dict(list(row.items())[1:]) for row in ROWS}


_NODE = "{id: ID! name: String! company_id: Company! updated_at: String!}"
_SDL = f"""
type Company {{id: ID!}}
type Contact {_NODE}
type PageInfo {{hasNextPage: Boolean! endCursor: String}}
type Connection {{nodes: [Contact] pageInfo: PageInfo! totalCount: Int}}
type Meta {{count: Int!}}
type Aggregate {{aggregate: Meta}}
type Counts {{total: Int!}}
type Paged {{pagination: Counts!}}
type Attributes {{name: String! updatedAt: String! company_id: Company!}}
type Entity {{id: ID! attributes: Attributes!}}
type Entities {{data: [Entity!]! meta: Paged!}}
enum Order {{asc desc}}
enum State {{LIVE PREVIEW}}
input OrderBy {{id: Order}}
input Moment {{gte: String}}
input Filter {{updated_at: Moment updated_at_gte: String}}
input Pages {{page: Int pageSize: Int}}
type Space {{contacts(filter: [Filter], first: Int, after: String): Connection}}
type Query {{
  space: Space!
  contacts(filter: [Filter], first: Int, after: String): Connection
  allContacts(page: Int, perPage: Int, filter: Filter): [Contact]
  _allContactsMeta(page: Int, perPage: Int, filter: Filter): Meta
  people(limit: Int, offset: Int, order_by: [OrderBy!]): [Contact!]!
  people_aggregate: Aggregate!
  entities(pagination: Pages, publicationState: State): Entities
  barred: Meta!
}}
"""


def _node(row):
    return {**row, "company_id": {"id": row["company"]}}


class Lists:
    """Resolvers of the root fields."""

    def contacts(self, _info, first, after="", filter=()):
        bound = filter[0]["updated_at"]["gte"] if filter else ""
        rows = since(bound)
        page, more = sliced([r for r in rows if r["id"] > (after or "")], 0, first)
        info = {"hasNextPage": more, "endCursor": page[-1]["id"] if more else None}
        nodes = [_node(row) for row in page]
        return {"nodes": nodes, "pageInfo": info, "totalCount": len(rows)}

    def space(self, _info):
        return self

    def allContacts(self, _info, page, perPage, filter=None):
        rows = since((filter or {}).get("updated_at_gte"))
        return [_node(row) for row in numbered(rows, page, perPage, 0)[0]]

    def _allContactsMeta(self, _info, **_asked):
        return {"count": COUNT}

    def people(self, _info, limit, offset, order_by):
        assert order_by == [{"id": "asc"}], order_by
        return [_node(row) for row in sliced(ROWS, offset, limit)[0]]

    def people_aggregate(self, _info):
        return {"aggregate": {"count": COUNT}}

    def entities(self, _info, pagination, publicationState):
        assert publicationState == "LIVE"
        page = numbered(ROWS, pagination["page"], pagination["pageSize"])[0]
        data = [
            {"id": r["id"], "attributes": {**attributes(r), **_node(r)}} for r in page
        ]
        return {"data": data, "meta": {"pagination": {"total": COUNT}}}

    def barred(self, _info):
        raise ValueError("not for you")


SCHEMA = build_schema(_SDL)


def graphql():
    """Answer a query, as a view of any path."""
    body = flask.request.get_json()
    variables, name = body.get("variables"), body.get("operationName")
    answer = graphql_sync(
        SCHEMA, body["query"], Lists(), variable_values=variables, operation_name=name
    )
    return answer.formatted
