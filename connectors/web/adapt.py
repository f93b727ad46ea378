"""Making a query smaller when the source says that it lacks something of it."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from graphql import DocumentNode

from .documents import field_at
from .queries import ObjectQueries, QueryUnusable
from .selection import Field, Route, remove, routes

_CANNOT = (
    re.compile(r"Cannot query field [\"'](\w+)[\"'] on type [\"'](\w+)[\"']"),
    re.compile(r"Field [\"'](\w+)[\"'] doesn't exist on type [\"'](\w+)[\"']"),
    re.compile(r"Field [\"'](\w+)[\"'] of type [\"'](\S+)[\"'] must have a (?:sub)?se"),
)
_LEAF = re.compile(r"Field [\"'](\w+)[\"'] must not have a selection")
_ARGUMENT = (
    re.compile(r"Unknown argument [\"'](\w+)[\"']"),
    re.compile(r"doesn't accept argument [\"'](\w+)[\"']"),
    re.compile(r"Field [\"'](\w+)[\"'] is not defined by type"),
    re.compile(r"Value [\"'](\w+)[\"'] does not exist in"),
)
_VARIABLE = re.compile(
    r"Variable [\"']?\$(\w+)[\"']? of type [\"']?[\w!]+[\"']? used in position"
    r" expecting type [\"']?([\w!]+)"
)
_TYPE = re.compile(r"Unknown type [\"'](\w+)[\"']")
_FRAMES = re.compile(r"(?:Connection|Edge|PageInfo|Paginator\w*)$", re.I)
_ROOTS = {"Query", "QueryRoot", "RootQuery", "query_root"}
_VALIDATION = "graphql_validation_failed"


def is_complaint(error: Mapping[str, Any], codes: Iterable[str] = ()) -> bool:
    """Tell whether an error speaks of the query, not of the data."""
    message = str(error.get("message") or "")
    patterns = (*_CANNOT, _LEAF, *_ARGUMENT, _VARIABLE, _TYPE)
    return _VALIDATION in codes or any(one.search(message) for one in patterns)


class Adapter:
    """Changes the queries of one object after the errors of a source."""

    def __init__(self, queries: ObjectQueries):
        self.queries = queries

    def apply(self, document: DocumentNode, errors: list[Mapping[str, Any]]) -> bool:
        """Take away what errors complain about; tell whether anything changed.

        :raises QueryUnusable: nothing of the object can be asked for
        """
        return any([self._apply_one(document, error) for error in errors])

    def _apply_one(self, document: DocumentNode, error: Mapping[str, Any]) -> bool:
        message = str(error.get("message") or "")
        for pattern in _CANNOT:
            match = pattern.search(message)
            if match:
                route = self._route(document, error)
                return self._drop(match[1], match[2], route)
        match = _LEAF.search(message)
        if match:
            return self._make_leaf(match[1])
        for pattern in _ARGUMENT:
            match = pattern.search(message)
            if match:
                return self._drop_argument(match[1])
        match = _VARIABLE.search(message)
        if match and self.queries.types.get(match[1]) not in (None, match[2]):
            self.queries.types[match[1]] = match[2]
            return True
        match = _TYPE.search(message)
        return bool(match) and self._retype(match[1])

    def _route(self, document: DocumentNode, error: Mapping[str, Any]) -> Route | None:
        """Return where the field is that an error names by line and column."""
        locations = error.get("locations")
        first = locations[0] if isinstance(locations, list) and locations else None
        if not isinstance(first, Mapping):
            return None
        return field_at(document, first.get("line"), first.get("column"))

    def _drop(self, name: str, kind: str, route: Route | None) -> bool:
        queries = self.queries
        field = queries.fields_at(route) if route else None
        if field and self._remove(field):
            return True
        if name in (*queries.above[:1], queries.root_field) and (
            kind in _ROOTS or not route or route[len(queries.above) + 1 :] == ()
        ):
            raise QueryUnusable(f"the source has no root field “{name}”")
        if name == "edges" and queries.uses_edges:
            queries.use_nodes()
            return True
        if _FRAMES.search(kind) and queries.forget_extra(name):
            return True
        return self._remove_named(name, kind) or queries.forget_extra(name)

    def _remove(self, route: Route) -> bool:
        if not remove(self.queries.fields, route):
            return False
        self.queries.missing.append(".".join(route))
        if not self.queries.fields:
            raise QueryUnusable("the source has none of the fields asked for")
        return True

    def _remove_named(self, name: str, kind: str) -> bool:
        """Remove a field by its name: of the record if its type fits, else below."""
        found = [
            route for route, one in routes(self.queries.fields) if one.name == name
        ]
        is_own = kind == self.queries.type_name
        wanted = [route for route in found if (len(route) == 1) == is_own] or found
        removed = [self._remove(route) for route in (wanted if is_own else wanted[:1])]
        return any(removed)

    def _make_leaf(self, name: str) -> bool:
        changed = False
        for _route, one in list(routes(self.queries.fields)):
            if one.name == name and one.children is not None:
                one.children, changed = None, True
        return changed

    def _drop_argument(self, name: str) -> bool:
        """Do without the filter or order that an argument belongs to."""
        for key, text in self.queries.templates.items():
            if re.search(rf"\b{re.escape(name)}\b", self.queries.written(text)):
                self.queries.drop_template(key)
                return True
        for _route, one in routes(self.queries.fields):
            if isinstance(one, Field) and one.arguments.pop(name, None) is not None:
                return True
        return False

    def _retype(self, name: str) -> bool:
        changed = False
        for key, kind in self.queries.types.items():
            if kind.rstrip("!") == name and name != "String":
                self.queries.types[key], changed = "String", True
        return changed
