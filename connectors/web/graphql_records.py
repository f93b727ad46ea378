"""One record of a GraphQL source by its id, and the lists inside it to their end."""

from collections.abc import Mapping
from typing import Any

from graphql import DocumentNode, validate

from ...exceptions import SourceError, SourceRefused
from ..base import Problem
from .partial import entries_in

#: Pages of a list inside one record.
MAX_NESTED_PAGES = 500


class _NestedBroken(SourceError):
    """A list inside a record cannot be read to its end."""


class RecordReader:
    """Asks for single records of one connector."""

    def __init__(self, connector: Any):
        self.connector = connector

    def raw(self, name: str, key: str) -> Any:
        """Return the raw record of an id, None if the source does not give it."""
        try:
            return self._raw(name, key, None)
        except SourceRefused:
            raise
        except SourceError:
            return None

    def _raw(self, name: str, key: str, document: DocumentNode | None, **values: Any):
        queries = self.connector.queries(name)
        document = document or queries.single()
        schema = self.connector.client.schema
        if schema and validate(schema, document):
            return None
        data, errors = self.connector.execute(
            document,
            queries.variables(document, {**values, "id": key}),
            what=f"{name} {key}",
            kind=f"one {name}",
            tries=2,
        )
        record = data.get("record") if isinstance(data, Mapping) else None
        is_whole = isinstance(record, dict) and record and not errors
        return record if is_whole else None

    def follow(
        self, name: str, item: dict, rest: dict, key: str, line: int
    ) -> list[Problem]:
        """Read the lists inside a record to their end."""
        problems = []
        for field, info in rest.items():
            try:
                self._follow_one(name, item, field, info, key)
            except SourceError as error:
                if not isinstance(error, _NestedBroken):
                    raise
                problems.append(
                    Problem(
                        "partial_item",
                        f"{name} {key}: only the first {len(item[field])} of {field}"
                        f" could be read: {error}",
                        f"{self.connector.queries(name).root_field} {{ }}",
                        line,
                        field=field,
                        value=key,
                        object=name,
                        severity="warning",
                    )
                )
        return problems

    def _follow_one(
        self, name: str, item: dict, field: str, info: Mapping[str, Any], key: str
    ) -> None:
        queries, seen = self.connector.queries(name), set()
        one = queries.fields[field]
        for _page in range(MAX_NESTED_PAGES):
            after = info.get("endCursor") or info.get("end_cursor")
            if not after or after in seen:
                raise _NestedBroken("the source does not say where it goes on")
            seen.add(after)
            record = self._raw(name, key, queries.nested(field), after=after)
            found = record.get(field) if record else None
            if not isinstance(found, dict):
                raise _NestedBroken("the source does not give the rest")
            item[field] += entries_in(found, one.children or {})
            info = found.get("pageInfo") or found.get("page_info") or {}
            if not (info.get("hasNextPage") or info.get("has_next_page")):
                return
        raise _NestedBroken(f"it goes on after {MAX_NESTED_PAGES} pages")
