"""GraphQL sources, as their connection profile describes them."""

import threading
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportQueryError
from graphql import (
    DocumentNode,
    GraphQLError,
    build_client_schema,
    get_introspection_query,
    parse,
)

from ...exceptions import (
    SourceError,
    SourcePaused,
    SourceRefused,
    SourceUnavailable,
)
from ..base import Page, Problem, RawRecord, SourceTable
from ..profile.defaults import complete
from ..profile.moments import format_moment
from ..profile.normalise import Normaliser
from .adapt import Adapter, is_complaint
from .delta import Delta
from .graphql_pages import GraphQLPull
from .graphql_records import RecordReader
from .graphql_transport import SessionTransport, codes_of, words_of
from .live import LiveConnector
from .options import WebOptions
from .partial import Reading, excerpt_long, read_page, unwrap
from .queries import ObjectQueries, PagingUnfit, QueryUnusable
from .selection import camel

#: How often the query of one page is made smaller.
MAX_CHANGES = 60


class GraphQLConnector(LiveConnector):
    """Pulls lists of records by queries that are built from the source's schema.

    :param profile: a connection profile of transport `graphql`
    :param secrets: see SourceSession
    """

    def __init__(
        self,
        profile: Mapping[str, Any],
        secrets: Mapping[str, str],
        options: WebOptions | None = None,
    ):
        super().__init__(complete(profile), secrets, options)
        self.transport = SessionTransport(self.session, self.profile["endpoint"])
        self.client = Client(transport=self.transport)
        self._gql = self.client.connect_sync()
        self._lock = threading.RLock()
        self._is_introspected = False
        self.alone = RecordReader(self)
        self._queries: dict[str, ObjectQueries] = {}

    def tables(self) -> list[SourceTable]:
        """Return the active objects that have a list of their own."""
        return [
            SourceTable(
                name, f"{spec['root_field']} {{ }}", (), {"transport": "graphql"}
            )
            for name, spec in self.profile["objects"].items()
            if spec.get("active", True) and spec.get("root_field")
        ]

    # What the source says about itself

    def execute(self, document: DocumentNode, values: Mapping[str, Any], **call: Any):
        """Send a query; return data and errors, both as the source gave them."""
        request = GraphQLRequest(document, variable_values=dict(values) or None)
        operation = document.definitions[0]
        request.operation_name = operation.name.value if operation.name else None
        try:
            data = self._gql.execute(request, **call)
        except TransportQueryError as error:
            return error.data, error.errors or []
        except GraphQLError as error:  # gql checked it against the schema
            return None, [error.formatted]
        return data, []

    def introspect(self) -> None:
        """Ask the source for its schema, once; a refusal is no error."""
        with self._lock:
            if self._is_introspected or not self.profile["introspection"]:
                return
            document = parse(get_introspection_query(descriptions=False))
            try:
                data, errors = self.execute(document, {}, what="its schema", tries=2)
                if data is None:
                    raise SourceError(words_of(errors[:1]))
                self.client.schema = build_client_schema(data)
            except (SourceRefused, SourcePaused):
                raise
            except (SourceError, GraphQLError, TypeError, KeyError, ValueError) as bad:
                self.client.schema = None
                reason = self.session.vault.redact(excerpt_long(str(bad)))
                self._problems.append(
                    Problem(
                        "no_introspection",
                        f"The source does not tell its schema ({reason}). The fields of"
                        " the connection profile are asked for as they are; those that"
                        " the source lacks are left out and listed.",
                        severity="info",
                    )
                )
            self._is_introspected = True

    def queries(self, name: str) -> ObjectQueries:
        """Return the queries of an object, fitted to what the source has.

        :raises SourceUnavailable: the source does not have the object
        """
        self.introspect()
        with self._lock:
            if name not in self._queries:
                try:
                    built = ObjectQueries(self.profile, name, self.client.schema)
                except PagingUnfit as bad:
                    raise SourceError(
                        f"{bad}. Correct the pagination of {name} in the connection"
                        " profile; Test and discover proposes one."
                    ) from None
                except QueryUnusable as bad:
                    raise self._unavailable(name, str(bad)) from None
                self._queries[name] = built
            return self._queries[name]

    def _unavailable(self, name: str, reason: str) -> SourceUnavailable:
        return SourceUnavailable(
            f"The source does not have {name}: {reason}. Correct the object in the"
            " connection profile, or leave it out; the others go on."
        )

    def root_field(self, name: str) -> str:
        """Return the name that the source has for the list of an object."""
        root = self.profile["objects"][name]["root_field"]
        return camel(root) if self.profile.get("naming") == "camel" else root

    def normaliser(self, name: str) -> Normaliser:
        """Return what turns raw items of an object into records."""
        return Normaliser(self.profile, name)

    def identity(self) -> Any:
        """Return what the source says about the account of the key, None if nothing.

        :raises SourceRefused: key or session are not accepted
        """
        text = (self.profile.get("test") or {}).get("query") or "{ __typename }"
        data, errors = self.execute(parse(text), {}, what="the test call")
        if data is None:
            said = excerpt_long(words_of(self._masked(errors)))
            raise SourceError(
                f"The test call fails ({said}). Correct"
                " test.query in the connection profile."
            )
        return data

    # Pages

    def pages(
        self,
        table: SourceTable,
        cursor: dict[str, Any] | None = None,
        since: datetime | None = None,
    ) -> Iterator[Page]:
        """Yield the pages of a table from a cursor on.

        `overlap_s` of the profile is taken off `since` here. A cursor keeps the
        filter that its pull began with.

        :raise SourceRefused: key or session are not accepted
        :raise SourceUnavailable: no such list, or no right to it
        :raise SourcePaused: a limit is used up for longer than a minute
        :raise SourceError: settings are wrong, the source keeps failing or loops
        """
        name = table.object
        values = self._values(name)
        if not values:
            yield Page((), None)
            return
        spec = self.profile["objects"][name]
        delta = Delta(
            {**spec["delta"], "mode": _delta_mode(spec["delta"])},
            self.profile["datetime"].get("naive_tz") or "",
            self.options.until,
        )
        queries = self.queries(name)
        yield from GraphQLPull(
            name,
            queries,
            Normaliser(self.profile, name),
            delta,
            self.read,
            lambda key: self.alone.raw(name, key),
            lambda *found: self.alone.follow(name, *found),
            values,
            cursor,
            since,
        )

    def _values(self, name: str) -> list[str | None]:
        """Return the values that a list has to be asked for with."""
        each = self.profile["objects"][name].get("foreach")
        if not each:
            return [None]
        values = list(each.get("values") or ())
        parent = each.get("object")
        if parent and parent in self.profile["objects"]:
            table = SourceTable(parent, "", ())
            try:
                for page in self.pages(table):
                    values += [
                        item.external_id
                        for item in page.items
                        if isinstance(item, RawRecord) and item.object == parent
                    ]
            except SourceUnavailable:
                if not values:
                    raise
        return list(dict.fromkeys(values))

    def read(
        self,
        queries: ObjectQueries,
        place: Mapping[str, Any],
        start: datetime | None = None,
        *,
        lean: str = "",
        tries: int | None = None,
        timeouts: int | None = None,
    ) -> Reading:
        """Ask for one page; the query gets smaller until the source takes it.

        :param place: values of the variables
        :raise PageFailed: the list is not there
        :raise SourceUnavailable: the source does not have the list
        """
        file = f"{queries.root_field} {{ }}"
        is_first = not (place.get("after") or place.get("offset") or place.get("each"))
        for _change in range(MAX_CHANGES):
            delta = queries.spec["delta"]
            style, until = delta.get("format") or "rfc3339", self.options.until
            given = {
                **place,
                "since": _moment(start, style),
                "until": _moment(until, style),
            }
            document = queries.page(
                *(["delta"] if start else []),
                *(["until"] if until else []),
                each=place.get("each") is not None,
                lean=lean,
                goes_on=bool(place.get("after")),
                counts=is_first and not lean and not start and not until,
            )
            data, errors = self.execute(
                document,
                queries.variables(document, given),
                what=file,
                kind=f"{queries.name} {place.get('first')} {lean}",
                tries=tries,
                timeouts=timeouts,
            )
            if data is None and self._adapt(queries, document, errors, file):
                continue
            if data is None and len(_roots(document)) > 1 and queries.forget_count():
                continue
            is_next = queries.next_root_field and place.get("after")
            root = queries.next_root_field if is_next else queries.root_field
            inner, errors = queries.inside(data, self._masked(errors))
            page = read_page(inner, errors, queries, root, file, lean)
            if page.total is None:
                page.total = queries.counted(data)
            return page
        raise SourceError(
            f"The source takes no query of {file}. Correct the object's selection in"
            " the connection profile."
        )

    def _masked(self, errors: list) -> list:
        """Return errors whose messages cannot hold a secret."""
        redact = self.session.vault.redact
        return [
            {**error, "message": redact(str(error.get("message") or ""))}
            for error in errors
        ]

    def _adapt(self, queries, document, errors, file: str) -> bool:
        """Make the query smaller after what the source complains about.

        :raise SourceError: it complains about something that cannot be left out
        """
        if not any(is_complaint(error, codes_of(error)) for error in errors):
            return False
        try:
            with self._lock:
                if Adapter(queries).apply(document, errors):
                    return True
        except QueryUnusable as bad:
            raise self._unavailable(queries.name, str(bad)) from None
        said = excerpt_long(words_of(self._masked(errors)))
        raise SourceError(
            f"The source does not understand the query of {file} ({said}). Correct"
            " selection and delta of the object in the connection profile."
        )

    def read_item(self, name: str, external_id: str) -> Any:
        """Return one raw record by its id, None if the source does not give it."""
        raw = self.alone.raw(name, external_id)
        if raw is not None:
            unwrap(raw, self.queries(name).fields)
        return raw


def _roots(document: DocumentNode) -> list[str]:
    """Return the root fields that a query asks for."""
    return [one.name.value for one in document.definitions[0].selection_set.selections]


def _delta_mode(delta: Mapping[str, Any]) -> str:
    mode = delta.get("mode") or "none"
    return mode if mode in ("client_side", "none") else "query"


def _moment(moment: datetime | None, style: str) -> Any:
    if moment is None:
        return None
    text = format_moment(moment, style)
    return int(text) if style.startswith("epoch") else text
