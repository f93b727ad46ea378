"""Profiles for the dialects of `foreign_servers`: paging, object, delta."""

#: As text compares, a moment without zone and fraction comes before all of its second.
TEXT = "%Y-%m-%dT%H:%M:%S"
ATTRIBUTES = {
    "unpack": ["attributes"],
    "updated_at": "attributes.updatedAt",
    "fields": {"updated_at": "attributes.updatedAt"},
}
SEARCH = {
    "method": "POST",
    "id_at": "_id",
    "unpack": ["_source"],
    "updated_at": "_source.updated_at",
}


def paging(style, size_param="", **more):
    return {"style": style, "size_param": size_param, "page_size": 10, **more}


def query(param, value="{since}", **more):
    return {"mode": "query", "param": param, "value": value, "format": TEXT, **more}


def ref(at, **more):
    return {"refs": {"company": {"at": at, "keep": [], **more}}}


#: Dialect: pagination, object, delta, and whether the source tells how many there are.
REST = {
    "datasette": (
        paging(
            "next_url",
            "_size",
            records_at="rows",
            next_url_at="next_url",
            total_at="filtered_table_rows_count",
        ),
        {"params": {"_shape": "objects"}},
        query("updated_at__gte"),
        True,
    ),
    "datasette, arrays": (
        paging(
            "cursor",
            "_size",
            cursor_param="_next",
            next_cursor_at="next",
            records_at="rows",
            columns_at="columns",
        ),
        {},
        query("updated_at__gte"),
        False,
    ),
    "json_server": (
        paging("link_header", "_limit", total_header="X-Total-Count"),
        {"params": {"_page": 1}},
        query("updated_at_gte"),
        True,
    ),
    "json_server_v1": (
        paging(
            "page",
            "_per_page",
            page_param="_page",
            total_at="items",
            total_pages_at="pages",
        ),
        {},
        {"mode": "client_side"},
        True,
    ),
    "total_count": (
        paging("page", "per_page", total_header="X-Total-Count"),
        {},
        {},
        True,
    ),
    "next_page_header": (
        paging(
            "cursor", "per_page", cursor_param="page", next_cursor_header="X-Next-Page"
        ),
        {},
        {},
        False,
    ),
    "strapi": (
        paging(
            "page",
            "pagination[pageSize]",
            page_param="pagination[page]",
            total_at="meta.pagination.total",
            total_pages_at="meta.pagination.pageCount",
        ),
        {**ATTRIBUTES, **ref("attributes.company.data", style="object")},
        query("filters[updatedAt][$gte]"),
        True,
    ),
    "directus": (
        paging("page", "limit", total_at="meta.filter_count"),
        {"params": {"meta": "filter_count"}},
        query("filter", '{"updated_at":{"_gte":"{since}"}}'),
        True,
    ),
    "postgrest": (
        paging("offset", "limit", total_header="Content-Range"),
        {"headers": {"Prefer": "count=exact"}},
        query("updated_at", "gte.{since}"),
        True,
    ),
    "odata": (
        paging(
            "next_url",
            "$top",
            records_at="value",
            next_url_at='["@odata.nextLink"]',
            total_at='["@odata.count"]',
        ),
        {"id_at": "contactid", **ref("_company_value")},
        query("$filter", "updated_at ge {since}"),
        True,
    ),
    "jsonapi": (
        paging(
            "next_url",
            "page[size]",
            next_url_at="links.next.href|links.next",
            total_at="meta.total",
        ),
        {**ATTRIBUTES, **ref("relationships.company.data", style="object")},
        {},
        True,
    ),
    "hal": (
        paging(
            "next_url",
            "size",
            records_at="_embedded.contacts",
            next_url_at="_links.next.href",
            total_at="page.totalElements",
        ),
        {
            "id_at": "_links.self.href",
            "id_from_url": True,
            "updated_at": "updatedAt",
            "fields": {"updated_at": "updatedAt"},
            **ref("_links.company.href", style="url"),
        },
        {},
        True,
    ),
    "spring": (
        paging("page", "size", first_page=0, records_at="content", is_last_at="last"),
        {},
        {},
        False,
    ),
    "django_rest": (
        paging(
            "next_url",
            "page_size",
            records_at="results",
            next_url_at="next",
            total_at="count",
        ),
        {},
        {},
        True,
    ),
    "elastic": (
        paging(
            "offset",
            "size",
            offset_param="from",
            cursor_in="body",
            records_at="hits.hits",
            total_at="hits.total.value",
        ),
        SEARCH,
        {
            "mode": "search_post",
            "format": TEXT,
            "body": {"query": {"range": {"updated_at": {"gte": "{since}"}}}},
        },
        True,
    ),
    "elastic, search_after": (
        paging(
            "cursor",
            "size",
            cursor_param="search_after",
            cursor_in="body",
            records_at="hits.hits",
            next_cursor_at="hits.hits[-1].sort",
        ),
        SEARCH,
        {},
        False,
    ),
    "couch": (
        paging(
            "offset",
            "limit",
            offset_param="skip",
            records_at="rows.*.doc",
            total_at="total_rows",
        ),
        {"id_at": "_id"},
        {},
        True,
    ),
    "stripe": (
        paging(
            "cursor",
            "limit",
            cursor_param="starting_after",
            next_cursor_at="data[-1].id",
            has_more_at="has_more",
        ),
        {},
        {},
        False,
    ),
    "firebase": (paging("none", records_at="@", key_as="id"), {}, {}, False),
}
SELECTION = ["id", "name", "company_id{id}", "updated_at"]
GRAPHQL = {
    "relay": (
        paging("relay", "first", records_at="nodes"),
        {"root_field": "contacts"},
        {"mode": "graphql_arg", "param": "filter:{updated_at:{gte:$since}}"},
    ),
    "inside another field": (
        paging("relay", "first", records_at="nodes"),
        {"root_field": "space.contacts"},
        {"mode": "graphql_arg", "param": "filter:{updated_at:{gte:$since}}"},
    ),
    "numbered": (
        paging("page", "perPage", page_param="page", first_page=0),
        {"root_field": "allContacts", "count": "_allContactsMeta{count}"},
        {"mode": "graphql_arg", "param": "filter:{updated_at_gte:$since}"},
    ),
    "hasura": (
        paging("offset", "limit", offset_param="offset"),
        {
            "root_field": "people",
            "count": "people_aggregate{aggregate{count}}",
            "arguments": "order_by:[{id:asc}]",
        },
        {},
    ),
    "strapi": (
        paging(
            "page",
            "pagination.pageSize",
            page_param="pagination.page",
            records_at="data",
            total_at="meta.pagination.total",
        ),
        {
            "root_field": "entities",
            "arguments": "publicationState:LIVE",
            "selection": ["id", "attributes{name updatedAt company_id{id}}"],
            **ATTRIBUTES,
            **ref("attributes.company_id", style="object"),
        },
        {},
    ),
}
