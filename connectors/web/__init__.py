"""Live sources over HTTP: REST and GraphQL."""

from collections.abc import Mapping
from typing import Any

from ...exceptions import BadProfile
from ..base import BaseConnector
from ..profile.defaults import complete
from .options import WebOptions

__all__ = ["WebOptions", "open_source"]


def open_source(
    profile: Mapping[str, Any],
    secrets: Mapping[str, str],
    options: WebOptions | None = None,
) -> BaseConnector:
    """Return the connector of a live source; nothing is called yet.

    :param profile: connection profile, checked; defaults are filled in here
    :param secrets: `api_key`, `token`, `username` and `password`, or `client_id` and
        `client_secret`, as `auth.type` wants
    :raise SourceRefused: a secret is missing
    :raise UnsafeAddress: the base URL must not be called
    :raise BadProfile: the transport is not one of a live source
    """
    profile = _noted(profile, complete(profile))
    transport = profile.get("transport")
    if transport == "rest":
        from .rest import RestConnector

        return RestConnector(profile, secrets, options)
    if transport == "graphql":
        from .graphql import GraphQLConnector

        return GraphQLConnector(profile, secrets, options)
    raise BadProfile([f"transport: {transport!r} is not rest or graphql"])


def _noted(given: Mapping[str, Any], full: dict[str, Any]) -> dict[str, Any]:
    """Note in a complete profile by what a list can be counted as it was written."""
    for name, spec in full["objects"].items():
        own = given["objects"][name].get("pagination") or {}
        said = {**(given.get("pagination") or {}), **own}
        ways = [way for way in ("page", "offset") if said.get(f"{way}_param")]
        spec["pagination"]["counts_by"] = ways[0] if ways else ""
    return full
