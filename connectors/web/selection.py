"""What is asked for of a record: a tree of fields, read from text, cut to a schema."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    FieldNode,
    FloatValueNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NamedTypeNode,
    NameNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
    parse,
)

#: Response names from a record down to a field.
Route = tuple[str, ...]
CONNECTION_LISTS = ("edges", "nodes")
_FRAGMENT = "... on "


@dataclass
class Field:
    """One field: its name at the server, its name in the answer, what is below it."""

    name: str
    key: str
    children: "dict[str, Field] | None" = None
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def is_fragment(self) -> bool:
        """Whether this is ``... on Type``, whose children stand in the parent."""
        return self.key.startswith(_FRAGMENT)

    @property
    def is_connection(self) -> bool:
        """Whether this is a list in pages of its own."""
        names = {child.name for child in (self.children or {}).values()}
        return bool(names.intersection(CONNECTION_LISTS))


Fields = dict[str, Field]


def camel(name: str) -> str:
    """Return ``first_name`` as ``firstName``."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def read_selection(texts: list[str], is_camel: bool = False) -> Fields:
    """Return the tree of a profile's selection.

    :param is_camel: the server writes names in camelCase; answers keep the given ones
    :raises GraphQLError: a text is no selection
    """
    document = parse(f"{{ {' '.join(texts)} }}") if texts else None
    if document is None:
        return {}
    return _from_set(document.definitions[0].selection_set, is_camel)


def _from_set(selections: SelectionSetNode | None, is_camel: bool) -> Fields:
    fields: Fields = {}
    for node in selections.selections if selections else ():
        if isinstance(node, FieldNode):
            entry = _from_field(node, is_camel)
        elif isinstance(node, InlineFragmentNode) and node.type_condition:
            kind = node.type_condition.name.value
            children = _from_set(node.selection_set, is_camel)
            entry = Field(kind, f"{_FRAGMENT}{kind}", children)
        else:
            continue
        fields[entry.key] = entry
    return fields


def _from_field(node: FieldNode, is_camel: bool) -> Field:
    name = node.name.value
    key = node.alias.value if node.alias else name
    children = _from_set(node.selection_set, is_camel) if node.selection_set else None
    arguments = {argument.name.value: argument.value for argument in node.arguments}
    return Field(camel(name) if is_camel else name, key, children, arguments)


def as_set(fields: Fields) -> SelectionSetNode:
    """Return the syntax tree of fields."""
    return SelectionSetNode(selections=tuple(_as_node(one) for one in fields.values()))


def _as_node(one: Field) -> FieldNode | InlineFragmentNode:
    below = as_set(one.children) if one.children else None
    if one.is_fragment:
        kind = NamedTypeNode(name=NameNode(value=one.name))
        return InlineFragmentNode(
            type_condition=kind, selection_set=below, directives=()
        )
    return FieldNode(
        name=NameNode(value=one.name),
        alias=NameNode(value=one.key) if one.key != one.name else None,
        arguments=as_arguments(one.arguments),
        directives=(),
        selection_set=below,
    )


def as_arguments(values: dict[str, Any]) -> tuple[ArgumentNode, ...]:
    """Return the syntax tree of arguments; see `as_value`."""
    return tuple(
        ArgumentNode(name=NameNode(value=name), value=as_value(value))
        for name, value in values.items()
    )


def as_value(value: Any) -> ValueNode:
    """Return a value's syntax tree: JSON, nested syntax trees, never text pasted in."""
    if isinstance(value, ValueNode):
        return value
    if value is None:
        return NullValueNode()
    if isinstance(value, bool):
        return BooleanValueNode(value=value)
    if isinstance(value, int):
        return IntValueNode(value=str(value))
    if isinstance(value, float):
        return FloatValueNode(value=repr(value))
    if isinstance(value, list):
        return ListValueNode(values=tuple(as_value(entry) for entry in value))
    if isinstance(value, dict):
        entries = tuple(
            ObjectFieldNode(name=NameNode(value=key), value=as_value(child))
            for key, child in value.items()
        )
        return ObjectValueNode(fields=entries)
    return StringValueNode(value=str(value))


def variable(name: str) -> VariableNode:
    """Return the syntax tree of ``$name``."""
    return VariableNode(name=NameNode(value=name))


def routes(fields: Fields, above: Route = ()) -> Iterator[tuple[Route, Field]]:
    """Yield every field with its route, parents first."""
    for key, one in fields.items():
        route = (*above, key)
        yield route, one
        yield from routes(one.children or {}, route)


def remove(fields: Fields, route: Route) -> bool:
    """Take a field away, and parents that have nothing left; tell if it was there."""
    if not route or route[0] not in fields:
        return False
    if len(route) == 1:
        del fields[route[0]]
        return True
    children = fields[route[0]].children
    if children is None or not remove(children, route[1:]):
        return False
    if not children:
        del fields[route[0]]
    return True


def cut_to_schema(
    fields: Fields, kind: Any, schema: GraphQLSchema, above: Route = ()
) -> list[Route]:
    """Take away what a type of the schema does not have; return the routes.

    A field whose type has fields itself, but of which none is asked for, is taken
    away too; one that has none loses what is asked for below it.
    """
    kind = get_named_type(kind)
    if not isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)):
        return []
    gone: list[Route] = []
    for key, one in list(fields.items()):
        route = (*above, key)
        inner = schema.get_type(one.name) if one.is_fragment else None
        if inner is None and not one.is_fragment and one.name in kind.fields:
            inner = kind.fields[one.name].type
        if inner is None:
            gone.append(route)
            del fields[key]
        elif is_leaf_type(get_named_type(inner)):
            one.children = None
        elif one.children is None:
            gone.append(route)
            del fields[key]
        else:
            gone += cut_to_schema(one.children, inner, schema, route)
            if not one.children:
                del fields[key]
    return gone
