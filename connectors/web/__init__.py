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
    profile = complete(profile)
    transport = profile.get("transport")
    if transport == "rest":
        from .rest import RestConnector

        return RestConnector(profile, secrets, options)
    if transport == "graphql":
        from .graphql import GraphQLConnector

        return GraphQLConnector(profile, secrets, options)
    raise BadProfile([f"transport: {transport!r} is not rest or graphql"])
