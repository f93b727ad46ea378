"""Checks of a connection profile that its schema cannot say."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from graphql import GraphQLError, parse

from .defaults import GRAPHQL_STYLES, REST_STYLES
from .deleted import DeletedFlag
from .hostile import excerpt
from .lines import Place
from .moments import DELTA_FORMATS, FORMAT_WORDS, zone
from .paths import BadPath, compile_path
from .regexes import regex_problem
from .sources import known_objects

Found = Iterator[tuple[Place, str]]

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_HEADER_VALUE = re.compile(r"[\x20-\x7e\t]*")
_SECRET_NAME = re.compile(
    r"pass(?:word|wd|phrase)?|secret|token|credential|api[-_ ]?key|app[-_ ]?key"
    r"|access[-_ ]?key|private[-_ ]?key|authorization|cookie|signature"
    r"|^(?:key|auth|pwd|sig)$",
    re.IGNORECASE,
)
_PLACEHOLDERS_ONLY = re.compile(r"(?:[A-Za-z]+ )?\{\w+\}")
_SENT_BY_US = {"host", "content-length", "transfer-encoding", "connection", "cookie"}
_FLAGS = {"deleted_at", "flag_at"}


def meaning_problems(
    profile: Mapping[str, Any], schema: Mapping[str, Any], allow_http: bool
) -> list[tuple[Place, str]]:
    """Return the place and the reason of each problem of a profile that fits."""
    return [
        *_paths(profile, schema, schema, ()),
        *_addresses(profile, allow_http),
        *_auth(profile.get("auth") or {}),
        *_moments(profile.get("datetime") or {}),
        *_delta(profile.get("delta") or {}, ("delta",)),
        *_objects(profile),
        *_styles(profile),
        *_sent_headers(profile),
    ]


def _paths(value: Any, schema: Mapping, root: Mapping, place: Place) -> Found:
    """Compile every path that the schema calls one."""
    if schema.get("$ref") == "#/$defs/path" and isinstance(value, str):
        try:
            is_flag = bool(place) and place[-1] in _FLAGS
            DeletedFlag(value) if is_flag else compile_path(value)
        except BadPath as bad:
            yield place, f"{bad}"
        return
    for choice in schema.get("oneOf", ()):
        yield from _paths(value, choice, root, place)
    if isinstance(value, dict):
        known = schema.get("properties", {})
        other = schema.get("additionalProperties")
        for key, child in value.items():
            inner = known.get(key, other)
            if isinstance(inner, dict):
                yield from _paths(child, inner, root, (*place, key))
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for position, child in enumerate(value):
            yield from _paths(child, schema["items"], root, (*place, position))


def _addresses(profile: Mapping[str, Any], allow_http: bool) -> Found:
    token_url = (profile.get("auth") or {}).get("token_url", "")
    for place, url in (
        (("base_url",), profile.get("base_url", "")),
        (("discovery_url",), profile.get("discovery_url", "")),
        (("auth", "token_url"), token_url),
    ):
        if url:
            yield from ((place, reason) for reason in url_problems(url, allow_http))


def url_problems(url: str, allow_http: bool = False) -> Iterator[str]:
    """Yield what is wrong with an address, without repeating a credential in it."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        yield "it is not an address"
        return
    if parts.username is not None or parts.password is not None:
        yield "it holds a user or password; enter them as credentials instead"
        return
    allowed = ("https", "http") if allow_http else ("https",)
    if parts.scheme not in allowed or not host:
        yield f"“{url[:60]}” does not start with https:// and a host"
    if any(char.isspace() or not char.isprintable() for char in url):
        yield "it holds blanks or control characters"
    if parts.fragment:
        yield "it holds a fragment (#), which is never sent"
    for name, _value in parse_qsl(parts.query, keep_blank_values=True):
        if _SECRET_NAME.search(name):
            yield f"its parameter “{name}” names a credential; enter it as one instead"


def _header_problem(name: str) -> str:
    if not _HEADER.fullmatch(name):
        return f"“{excerpt(name)}” is not a header name"
    if name.lower() in _SENT_BY_US or name.lower().startswith("proxy-"):
        return f"“{name}” is a header that a profile may not set"
    return ""


def _header_problems(headers: Mapping[str, str], place: Place) -> Found:
    for name, value in headers.items():
        problem = _header_problem(name)
        if problem:
            yield (*place, name), problem
        elif not _HEADER_VALUE.fullmatch(value):
            yield (*place, name), "its value has line breaks or control characters"
        elif _SECRET_NAME.search(name) and not _PLACEHOLDERS_ONLY.fullmatch(value):
            yield (
                (*place, name),
                "the header names a credential; write {name_of_the_secret} here and"
                " enter the secret as credential",
            )


def _auth(auth: Mapping[str, Any]) -> Found:
    if "header" in auth:
        problem = _header_problem(auth["header"])
        if problem:
            yield ("auth", "header"), problem
    yield from _header_problems(
        auth.get("extra_headers") or {}, ("auth", "extra_headers")
    )
    kind = auth.get("type")
    if kind == "query" and not auth.get("query_param"):
        yield ("auth",), "“query_param” is missing, which says where the key goes"
    if kind == "oauth2_client_credentials" and not auth.get("token_url"):
        yield ("auth",), "“token_url” is missing, which gives the access token"


def _moments(spec: Mapping[str, Any]) -> Found:
    try:
        zone(spec.get("naive_tz", "UTC"))
    except ValueError as error:
        yield ("datetime", "naive_tz"), f"{error}; write one as Europe/Berlin"
    for position, text in enumerate(spec.get("formats") or ()):
        if text in FORMAT_WORDS:
            continue
        if not _is_format(text):
            words = ", ".join(FORMAT_WORDS)
            yield (
                ("datetime", "formats", position),
                f"“{text}” is neither one of {words} nor a format like %Y-%m-%d",
            )


def _is_format(text: str) -> bool:
    """Tell whether moments can be written and read by a strftime format."""
    try:
        moment = datetime(2024, 12, 31, 23, 59, 58, tzinfo=timezone.utc)
        datetime.strptime(moment.strftime(text), text)
    except (ValueError, re.error):
        return False
    return "%" in text


def _delta(delta: Mapping[str, Any], place: Place) -> Found:
    style = delta.get("format") or "rfc3339"
    if style not in DELTA_FORMATS and not _is_format(style):
        yield (
            (*place, "format"),
            f"“{style}” is not one of {', '.join(DELTA_FORMATS)}"
            " nor a format like %Y-%m-%d",
        )
    if "{since}" not in (delta.get("value") or "{since}"):
        yield (*place, "value"), "it does not say where the moment goes: {since}"


def _objects(profile: Mapping[str, Any]) -> Found:
    objects = profile["objects"]
    children = {
        child["object"]
        for spec in objects.values()
        for child in spec.get("expand_children") or ()
    }
    known = known_objects(profile["source"]) if profile.get("source") else None
    if profile.get("source") and known is None:
        yield ("source",), f"“{profile['source']}” is not a mapping preset"
    for name, spec in objects.items():
        place: Place = ("objects", name)
        if known and name not in known:
            yield (
                place,
                (
                    f"“{name}” is not an object of {profile['source']}; known are"
                    f" {', '.join(sorted(known))}"
                ),
            )
        way = "root_field" if profile["transport"] == "graphql" else "path"
        is_read = profile["transport"] != "files" and spec.get("active", True)
        if is_read and name not in children and not spec.get(way):
            yield place, f"“{way}” is missing, which says where the list is"
        yield from _names(name, spec, objects)
        yield from _ids(spec, place)
        yield from _header_problems(spec.get("headers") or {}, (*place, "headers"))
        yield from _params(spec, place)
        yield from _delta(spec.get("delta") or {}, (*place, "delta"))
        if profile["transport"] == "graphql":
            yield from _graphql(spec, place)


def _names(name: str, spec: Mapping[str, Any], objects: Mapping[str, Any]) -> Found:
    """Look whether objects that an object speaks of are in the profile."""
    place: Place = ("objects", name)
    named = [
        ((*place, "foreach", "object"), (spec.get("foreach") or {}).get("object")),
        *(
            ((*place, "refs", key, "object"), ref.get("object"))
            for key, ref in (spec.get("refs") or {}).items()
        ),
        *(
            ((*place, "expand_children", position, "object"), child["object"])
            for position, child in enumerate(spec.get("expand_children") or ())
        ),
    ]
    for where, target in named:
        if target and target not in objects:
            yield where, f"“{target}” is not among the objects of the profile"


def _ids(spec: Mapping[str, Any], place: Place) -> Found:
    found = [((*place, "id_normalise"), spec.get("id_normalise"))]
    for key, ref in (spec.get("refs") or {}).items():
        found.append(((*place, "refs", key, "id_normalise"), ref.get("id_normalise")))
    for where, rule in found:
        problem = rule and regex_problem(rule["pattern"], rule["replace"])
        if problem:
            yield (*where, "pattern"), problem


def _sent_headers(profile: Mapping[str, Any]) -> Found:
    """Look at the headers that paging and delta are told in."""
    parts = [((), profile)]
    parts += [(("objects", name), spec) for name, spec in profile["objects"].items()]
    is_paged = any(
        (part.get("pagination") or {}).get("cursor_in") == "header" for _, part in parts
    )
    is_delta = any(
        (part.get("delta") or {}).get("mode") == "header_if_modified_since"
        for _, part in parts
    )
    for place, part in parts:
        for key, name, is_header in (
            ("pagination", "cursor_param", is_paged),
            ("delta", "param", is_delta),
        ):
            header = (part.get(key) or {}).get(name)
            problem = is_header and header and _header_problem(header)
            if problem:
                yield (*place, key, name), problem


def _params(spec: Mapping[str, Any], place: Place) -> Found:
    for name in spec.get("params") or {}:
        if _SECRET_NAME.search(name) and name.lower() != "page_token":
            yield (
                (*place, "params", name),
                "the parameter names a credential; enter it as credential instead",
            )


def template_problem(text: str, is_selection: bool) -> str:
    """Return what is wrong with GraphQL arguments or a selection, "" if nothing is."""
    try:
        parse(f"{{ {text} }}" if is_selection else f"{{ field({text}) }}")
    except (GraphQLError, RecursionError) as error:
        reason = getattr(error, "message", "nested too deep")
        return f"“{text[:60]}” is not GraphQL: {reason}"
    return ""


def _graphql(spec: Mapping[str, Any], place: Place) -> Found:
    for position, text in enumerate(spec.get("selection") or ()):
        problem = template_problem(text, True)
        if problem:
            yield (*place, "selection", position), problem
    for name in ("count", "arguments"):
        text = spec.get(name)
        problem = template_problem(text, name == "count") if text else ""
        if problem:
            yield (*place, name), problem
    yield from _templates(spec.get("delta") or {}, (*place, "delta"))


def _templates(delta: Mapping[str, Any], place: Place) -> Found:
    texts = [
        ((*place, "param"), delta.get("param")),
        ((*place, "sort", "param"), (delta.get("sort") or {}).get("param")),
    ]
    for where, text in texts:
        problem = template_problem(text, False) if text else ""
        if problem:
            yield where, problem


def _styles(profile: Mapping[str, Any]) -> Found:
    """Look whether paging and delta fit the transport."""
    is_graphql = profile["transport"] == "graphql"
    allowed = GRAPHQL_STYLES if is_graphql else REST_STYLES
    parts = [((), profile)]
    parts += [(("objects", name), spec) for name, spec in profile["objects"].items()]
    for place, part in parts:
        style = (part.get("pagination") or {}).get("style")
        if style and style not in allowed:
            yield (
                (*place, "pagination", "style"),
                f"“{style}” is not one of {', '.join(allowed)}, the styles of"
                f" {profile['transport']}",
            )
    if is_graphql:
        yield from _templates(profile.get("delta") or {}, ("delta",))
