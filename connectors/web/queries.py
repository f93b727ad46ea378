"""GraphQL queries of one object: built from selection and schema, never from text."""

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from graphql import DocumentNode, GraphQLSchema, get_named_type, validate

from .documents import (
    joined,
    placed,
    query_document,
    read_template,
    tree_names,
    type_name,
)
from .paging import whole
from .selection import (
    Field,
    Fields,
    Route,
    as_set,
    camel,
    cut_to_schema,
    read_selection,
    remove,
    routes,
    variable,
)

#: Variables and the types they have where no schema tells.
_TYPES = {
    "first": "Int!",
    "after": "String",
    "page": "Int!",
    "offset": "Int!",
    "nested": "Int",
    "id": "ID!",
    "each": "String!",
}


class QueryUnusable(ValueError):
    """The source does not have what a query is built on; the message says what."""


class PagingUnfit(QueryUnusable):
    """The list is there, but paged through in another way."""


class ObjectQueries:
    """The queries of one object; gets smaller when the source lacks something.

    :param profile: a complete connection profile
    :param name: the object
    :param schema: what the source said about itself, None if it says nothing
    """

    def __init__(
        self, profile: Mapping[str, Any], name: str, schema: GraphQLSchema | None = None
    ):
        self.name = name
        self.spec = spec = profile["objects"][name]
        self.paging = dict(spec["pagination"])
        self.schema = schema
        self.is_camel = profile.get("naming") == "camel"
        *self.above, self.root_field = self._named(spec["root_field"]).split(".")
        self.next_root_field = self._named(spec.get("next_root_field") or "")
        self.nested_size = profile.get("nested_size") or 20
        self.fields = read_selection(spec.get("selection") or [], self.is_camel)
        count = [spec["count"]] if spec.get("count") else []
        self.count = read_selection(count, self.is_camel)
        delta = spec["delta"]
        uses_delta = delta.get("mode") == "graphql_arg"
        self.templates = {
            "delta": delta.get("param") or "" if uses_delta else "",
            "until": delta.get("until_param") or "",
            "sort": (delta.get("sort") or {}).get("param") or "",
        }
        self.types = {**_TYPES, "since": delta.get("variable_type") or "DateTime"}
        self.types["until"] = self.types["since"]
        self.extras = self._extras()
        self.missing: list[str] = []
        self._add_connections(self.fields)
        if schema is not None:
            self._fit(schema)

    def _named(self, name: str) -> str:
        return camel(name) if self.is_camel else name

    # What the answer is wrapped in

    def _extras(self) -> list[list[str]]:
        """Return the names that lead to cursors and counts, beside the records."""
        keys = ("next_cursor_at", "has_more_at", "total_at")
        extras = [tree_names(self.paging.get(key) or "") for key in keys]
        records = tree_names(self.paging["records_at"])
        if records[:1] == ["edges"]:
            extras.append(["edges", "cursor"])
        return [names for names in extras if names]

    @property
    def has_cursors(self) -> bool:
        """Whether each record comes with a cursor of its own."""
        return ["edges", "cursor"] in self.extras

    def _wrapped(self, record: Fields) -> Fields:
        """Return the selection below the root field, with records inside."""
        names = tree_names(self.paging["records_at"])
        wrapped: Fields = {}
        for place in [*self.extras, names]:
            level = wrapped
            for name in place:
                one = level.setdefault(name, Field(name, name))
                if one.children is None:
                    one.children = {}
                level = one.children
            if place is names:
                level.update(record)
        if not record and names:
            remove(wrapped, tuple(names))
        return wrapped

    def _add_connections(self, fields: Fields) -> None:
        """Ask lists inside a record for few entries and where they go on."""
        info = "page_info" if self.paging["style"] == "relay_snake" else "pageInfo"
        words = ("hasNextPage", "endCursor")
        if info == "page_info":
            words = ("has_next_page", "end_cursor")
        for _route, one in list(routes(fields)):
            if one.is_connection and one.children is not None:
                one.arguments.setdefault("first", variable("nested"))
                leaves = {word: Field(word, word) for word in words}
                one.children.setdefault(info, Field(info, info, leaves))

    # Fitting to what the source has

    def _fit(self, schema: GraphQLSchema) -> None:
        """Take away what the schema lacks."""
        parent: Any = schema.query_type
        for name in self.above:
            inner = getattr(parent, "fields", {}).get(name)
            parent = get_named_type(inner.type) if inner else None
        root = getattr(parent, "fields", {}).get(self.root_field)
        if root is None:
            raise QueryUnusable(f"the schema has no root field “{self.root_field}”")
        kind: Any = root.type
        for name in self._record_names(get_named_type(kind)):
            kind = get_named_type(kind).fields[name].type
        gone = cut_to_schema(self.fields, kind, schema)
        self.missing += [".".join(route) for route in gone if not _is_frame(route)]
        if not self.fields:
            raise QueryUnusable(f"“{self.root_field}” has none of the fields asked for")
        wrapper = {
            key: one
            for key, one in self._wrapped({}).items()
            if key != "nodes" or one.children
        }
        for route in cut_to_schema(wrapper, root.type, schema):
            self._forget_extra(list(route))
        gone = cut_to_schema(self.count, schema.query_type, schema)
        self.missing += [".".join(route) for route in gone]
        self._fit_templates()

    def _record_names(self, kind: Any) -> list[str]:
        """Return the names from the root field to the records, as the type has them."""
        names = tree_names(self.paging["records_at"])
        known = getattr(kind, "fields", {})
        if names[:1] == ["edges"] and "edges" not in known and "nodes" in known:
            self.use_nodes()
            names = ["nodes"]
        for name in names:
            fields = getattr(get_named_type(kind), "fields", {})
            if name not in fields:
                raise PagingUnfit(
                    f"“{self.root_field}” has no “{name}”: its paging is not"
                    f" {self.paging['style']}"
                )
            kind = fields[name].type
        return names

    def use_nodes(self) -> None:
        """Read ``nodes`` where a source has no ``edges``."""
        self.paging["records_at"] = "nodes"
        self.extras = [names for names in self.extras if names[0] != "edges"]

    @property
    def list_place(self) -> tuple[str, str]:
        """Where below the root field the list is, and where in an entry its record."""
        outer, star, inner = self.paging["records_at"].partition("*")
        return outer.rstrip(".") or "@", inner.strip(".") if star else ""

    @property
    def uses_edges(self) -> bool:
        """Whether records are read from ``edges``."""
        return tree_names(self.paging["records_at"])[:1] == ["edges"]

    @property
    def type_name(self) -> str:
        """The name that the type of a record has at the source, as far as known."""
        return self.spec.get("type") or type_name(self.name)

    def fields_at(self, route: Route) -> Route | None:
        """Return where in the selection a field of a query is, None if it is not."""
        names = tuple(tree_names(self.paging["records_at"]))
        if route[:1] == ("record",):
            inner = route[1:]
            inner = inner[1:] if inner[:1] and inner[0].startswith("... on") else inner
        elif route[(start := len(self.above) + 1) :][: len(names)] == names:
            inner = route[start + len(names) :]
        else:
            return None
        return inner or None

    def written(self, text: str) -> str:
        """Return a template with the names that the source has."""
        if not self.is_camel:
            return text
        return re.sub(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+", lambda m: camel(m[0]), text)

    def forget_extra(self, name: str) -> bool:
        """Do without a cursor, count or flag beside the records."""
        if any(one.name == name for _route, one in routes(self.count)):
            return self.forget_count(name)
        found = [extra for extra in self.extras if name in extra]
        self.extras = [extra for extra in self.extras if name not in extra]
        return bool(found)

    def forget_count(self, what: str = "") -> bool:
        """Do without the root field that counts the list; tell if there is one."""
        had, self.count = bool(self.count), {}
        if had:
            self.missing.append(what or "count")
        return had

    def inside(self, data: Any, errors: list[dict]) -> tuple[Any, list[dict]]:
        """Return what the field of the list stands in; paths of errors begin there."""
        for name in self.above:
            data = data.get(name) if isinstance(data, Mapping) else None
        depth = len(self.above)
        errors = [
            {**error, "path": error["path"][depth:]}
            if isinstance(error.get("path"), list) and error["path"][depth:]
            else error
            for error in errors
        ]
        return data, errors

    def counted(self, data: Any) -> int | None:
        """Return what the root field that counts the list says."""
        route = max((route for route, _one in routes(self.count)), default=())
        for key in route:
            data = data.get(key) if isinstance(data, Mapping) else None
        return whole(data) if route and isinstance(data, int) else None

    def _forget_extra(self, names: list[str]) -> bool:
        kept = [extra for extra in self.extras if extra[: len(names)] != names]
        is_known = len(kept) < len(self.extras)
        self.extras = kept
        return is_known

    def _fit_templates(self) -> None:
        """Take away filter and order where the schema does not take them."""
        for key, text in list(self.templates.items()):
            if not text:
                continue
            others = {k: (v if k == key else "") for k, v in self.templates.items()}
            if self._complaints(others) and not self._complaints({}):
                self.drop_template(key)

    def _complaints(self, templates: Mapping[str, str]) -> list[str]:
        given, self.templates = (
            self.templates,
            {**dict.fromkeys(_KINDS, ""), **templates},
        )
        try:
            document = self.page("delta", "until", each=True)
            return [error.message for error in validate(self.schema, document)]
        finally:
            self.templates = given

    def drop_template(self, key: str) -> None:
        """Do without filter (`delta`, `until`) or order (`sort`)."""
        self.missing.append(f"argument {self.templates[key]}")
        self.templates[key] = ""

    @property
    def has_delta(self) -> bool:
        """Whether the source can be asked for changes only."""
        return bool(self.templates["delta"])

    # Queries

    def page(
        self,
        *uses: str,
        each: bool = False,
        lean: str = "",
        goes_on: bool = False,
        counts: bool = False,
    ) -> DocumentNode:
        """Return the query of a page.

        :param uses: of ``delta`` and ``until``, what there is a value for
        :param each: the argument of `foreach` is given, as ``$each``
        :param lean: ``ids`` for ids and cursors only, ``cursors`` for no records
        :param goes_on: a page after the first
        :param counts: ask for the number of records of the list too
        """
        paging, arguments = self.paging, {}
        for key, name in (
            ("size_param", "first"),
            ("cursor_param", "after"),
            ("page_param", "page"),
            ("offset_param", "offset"),
        ):
            if paging.get(key) and paging["style"] != "none":
                arguments = joined(arguments, placed(paging[key], variable(name)))
        params = self.spec.get("params") or {}
        arguments = joined(arguments, {self._named(k): v for k, v in params.items()})
        given = read_template(self.spec.get("arguments") or "", self.is_camel)
        arguments = joined(arguments, given)
        if each and self.spec.get("foreach"):
            name = self._named(self.spec["foreach"]["param"])
            arguments = joined(arguments, {name: variable("each")})
        for key, text in self.templates.items():
            if text and (key == "sort" or key in uses):
                arguments = joined(arguments, read_template(text, self.is_camel))
        record = self.fields
        if lean:
            record = self.lean_fields() if lean == "ids" else {}
        root = self.root_field
        if goes_on and self.next_root_field:
            root = self.next_root_field
        root = Field(root, root, self._wrapped(record), arguments)
        for name in reversed(self.above):
            root = Field(name, name, {root.key: root})
        return self.document(root, beside=self.count if counts else {})

    def lean_fields(self) -> Fields:
        """Return only what ids are made of."""
        id_at = self.spec.get("id_at") or "id"
        texts = [id_at] if isinstance(id_at, str) else id_at
        heads = {re.split(r"[.\[|]", text)[0] for text in texts}
        lean = {key: one for key, one in self.fields.items() if key in heads}
        return deepcopy(lean) or {"id": Field("id", "id")}

    def single(self, fields: Fields | None = None) -> DocumentNode:
        """Return the query of one record by ``$id``, under the key ``record``."""
        single = self.spec.get("single") or {}
        root = self._named(single.get("root_field") or "node")
        below = self.fields if fields is None else fields
        if root == "node":
            kind = self.type_name
            below = {f"... on {kind}": Field(kind, f"... on {kind}", below)}
        argument = {single.get("arg") or "id": variable("id")}
        return self.document(Field(root, "record", below, argument), "One")

    def nested(self, key: str) -> DocumentNode:
        """Return the query of the next entries of a list inside a record."""
        one = deepcopy(self.fields[key])
        one.arguments = {**one.arguments, "after": variable("after")}
        return self.single({key: one})

    def document(
        self, root: Field, suffix: str = "", beside: Fields | None = None
    ) -> DocumentNode:
        """Return a query with the variables that it uses, each with its type."""
        name = f"{type_name(self.name)}{suffix}"
        fields = as_set({root.key: root, **(beside or {})})
        return query_document(name, fields, self.types, self.schema)

    def variables(self, document: DocumentNode, given: Mapping[str, Any]) -> dict:
        """Return the values of the variables that a query has."""
        known = {**given, "nested": self.nested_size}
        definitions = document.definitions[0].variable_definitions
        names = [one.variable.name.value for one in definitions]
        return {name: known.get(name) for name in names}


_KINDS = ("delta", "until", "sort")


def _is_frame(route: Route) -> bool:
    return route[-1] in ("pageInfo", "page_info", "cursor")
