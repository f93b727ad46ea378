"""What a connection profile means where it says nothing."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

_REST_PAGINATION = {
    "style": "page",
    "page_param": "page",
    "size_param": "per_page",
    "page_size": 100,
    "first_page": 1,
    "offset_param": "offset",
    "cursor_param": "cursor",
    "cursor_in": "query",
    "records_at": "data",
    "next_cursor_at": "meta.next_cursor",
    "has_more_at": "meta.has_more",
    "total_at": "meta.total",
    "total_pages_at": "meta.total_pages",
    "next_url_at": "links.next",
    "max_pages": 100_000,
}
_RELAY = {
    "size_param": "first",
    "cursor_param": "after",
    "records_at": "edges.*.node",
    "next_cursor_at": "pageInfo.endCursor",
    "has_more_at": "pageInfo.hasNextPage",
    "total_at": "totalCount",
}
#: Paths start at the root field. An empty path is not asked for.
_GRAPHQL_STYLES: dict[str, dict[str, Any]] = {
    "relay": _RELAY,
    "relay_snake": {
        **_RELAY,
        "next_cursor_at": "page_info.end_cursor",
        "has_more_at": "page_info.has_next_page",
        "total_at": "total_count",
    },
    "lighthouse": {
        "size_param": "first",
        "page_param": "page",
        "records_at": "data",
        "has_more_at": "paginatorInfo.hasMorePages",
        "total_at": "paginatorInfo.total",
    },
    "page_hasmore": {
        "size_param": "pagination.pageSize",
        "page_param": "pagination.page",
        "records_at": "data",
        "has_more_at": "pageInfo.hasMore",
    },
    "page": {"size_param": "perPage", "page_param": "page", "records_at": "@"},
    "offset": {"size_param": "limit", "offset_param": "offset", "records_at": "@"},
    "items_cursor": {
        "size_param": "limit",
        "cursor_param": "cursor",
        "records_at": "items",
        "next_cursor_at": "cursor",
    },
    "none": {"records_at": "@"},
}
_GRAPHQL_PAGINATION = {
    "style": "relay",
    "page_size": 100,
    "first_page": 1,
    "max_pages": 100_000,
    "size_param": "",
    "page_param": "",
    "offset_param": "",
    "cursor_param": "",
    "next_cursor_at": "",
    "has_more_at": "",
    "total_at": "",
}
GRAPHQL_STYLES = tuple(_GRAPHQL_STYLES)
REST_STYLES = ("page", "offset", "cursor", "next_url", "link_header", "none")
_DELTA = {
    "mode": "none",
    "param": "",
    "value": "{since}",
    "format": "rfc3339",
    "inclusive": True,
    "overlap_s": 120,
    "until_param": "",
    "sort": {},
    "deleted": {},
}
_LIMITS = {
    "max_rps": 5,
    "concurrency": 1,
    "timeout_s": 60,
    "max_retries": 5,
    "reset_unit": "auto",
    "daily_pause": True,
}
_ERRORS: dict[str, Any] = {
    "in_200": [],
    "daily_codes": ["DAILY", "DAILY_LIMIT_EXCEEDED"],
    "throttle_codes": ["THROTTLED"],
    "message_at": [
        "error.message",
        "message",
        "errors.*.message",
        "error",
        "title",
    ],
}
_DATETIME = {"naive_tz": "UTC", "formats": ["rfc3339", "%Y-%m-%d %H:%M:%S"]}
_FILES = {
    "url_at": "download_url",
    "expires_at": "",
    "auth": "never",
    "max_bytes": 104_857_600,
    "retry_expired": True,
}
_OBJECT = {
    "active": True,
    "method": "GET",
    "params": {},
    "id_at": "id",
    "id_from_url": False,
    "updated_at": "updated_at",
    "created_at": "created_at",
    "fields": {},
    "unpack": [],
    "refs": {},
    "expand_children": [],
    "unavailable_on": [403, 404, 405, 410],
}


def _pagination(transport: str, *given: Mapping[str, Any]) -> dict[str, Any]:
    """Return given settings over the defaults of their style; later ones win."""
    merged: dict[str, Any] = {}
    for settings in given:
        style = settings.get("style")
        if transport == "graphql" and style and style != merged.get("style"):
            # Names of another style mean nothing in this one.
            merged = {key: merged[key] for key in _KEPT if key in merged}
        merged.update(settings)
    if transport != "graphql":
        return {**_REST_PAGINATION, **merged}
    style = merged.get("style", "relay")
    return {**_GRAPHQL_PAGINATION, **_GRAPHQL_STYLES.get(style, {}), **merged}


_KEPT = ("page_size", "max_pages", "first_page")


def _object(profile: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    transport = profile.get("transport", "rest")
    spec = {**deepcopy(_OBJECT), **given}
    spec["pagination"] = _pagination(
        transport, profile.get("pagination") or {}, given.get("pagination") or {}
    )
    if spec.get("records_at") is None:
        spec["records_at"] = spec["pagination"]["records_at"]
    spec["delta"] = {**profile["delta"], **(given.get("delta") or {})}
    return spec


def complete(profile: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a profile in which every setting is said.

    Settings of an object stand over those of the profile; to complete a second time
    changes nothing.
    """
    full: dict[str, Any] = deepcopy(dict(profile))
    full.setdefault("base_url", "")
    full.setdefault("api_version", "")
    full.setdefault("namespace", "")
    full.setdefault("namespace_separator", ":")
    for name, defaults in (
        ("delta", _DELTA),
        ("limits", _LIMITS),
        ("errors", _ERRORS),
        ("datetime", _DATETIME),
        ("files", _FILES),
        ("tls", {"verify": True}),
        ("auth", {"type": "none"}),
    ):
        full[name] = {**deepcopy(defaults), **(full.get(name) or {})}
    full.setdefault("allowed_hosts", [])
    if full.get("transport") == "graphql":
        full.setdefault("endpoint", "/graphql")
        full.setdefault("introspection", True)
        full.setdefault("naming", "as_written")
        full.setdefault("nested_size", 20)
    given = full.get("pagination") or {}
    full["pagination"] = _pagination(full.get("transport", "rest"), given)
    plain = {**full, "pagination": given}
    objects = full.get("objects") or {}
    full["objects"] = {name: _object(plain, spec) for name, spec in objects.items()}
    return full
