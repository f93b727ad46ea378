"""Test and discover: does the key work, what is there, how is it paged through."""

from collections.abc import Mapping
from typing import Any

from ...exceptions import SourceError
from . import open_source
from .findings import Discovery, ObjectFound
from .graphql import GraphQLConnector
from .options import WebOptions
from .rest import RestConnector
from .tours import GraphQLTour, RestTour

__all__ = ["Discovery", "ObjectFound", "discover"]


def discover(
    source: Mapping[str, Any] | RestConnector | GraphQLConnector,
    secrets: Mapping[str, str] | None = None,
    options: WebOptions | None = None,
    until: float | None = None,
) -> Discovery:
    """Try the key and read one page of every object; change nothing.

    :param source: a connection profile or an open connector, which stays open
    :param until: moment of the monotonic clock from which on nothing more is asked for
    """
    if isinstance(source, Mapping):
        try:
            connector = open_source(source, secrets or {}, options)
        except SourceError as error:
            return Discovery("refused", str(error))
        try:
            return discover(connector, until=until)
        finally:
            connector.close()
    kind = GraphQLTour if isinstance(source, GraphQLConnector) else RestTour
    return kind(source, until).run()
