"""Syntax trees of queries: templates, variables with types, places in the text."""

import re
from collections.abc import Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    NameNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    parse_type,
    print_ast,
    visit,
)

from .selection import Route, camel, variable

_WORD = re.compile(r"[^0-9A-Za-z]+")


def read_template(text: str, is_camel: bool = False) -> dict[str, Any]:
    """Return the arguments of a template like ``filter:{updated_at:{gte:$since}}``."""
    if not text.strip():
        return {}
    node = parse(f"{{ field({text}) }}").definitions[0].selection_set.selections[0]
    return {
        (camel(argument.name.value) if is_camel else argument.name.value): _unpacked(
            argument.value, is_camel
        )
        for argument in node.arguments
    }


def _unpacked(value: Any, is_camel: bool) -> Any:
    """Return an object value as dict, so that two of them can be joined."""
    if not isinstance(value, ObjectValueNode):
        return value
    return {
        (camel(entry.name.value) if is_camel else entry.name.value): _unpacked(
            entry.value, is_camel
        )
        for entry in value.fields
    }


def joined(base: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments with those of another, object values joined."""
    both = dict(base)
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(both.get(key), dict):
            both[key] = joined(both[key], value)
        else:
            both[key] = value
    return both


def placed(route: str, value: Any) -> dict[str, Any]:
    """Return ``pagination.page`` as nested arguments."""
    for name in reversed(route.split(".")):
        value = {name: value}
    return value


def tree_names(route: str) -> list[str]:
    """Return the names of a path; list steps and the root itself have none."""
    return [name for name in route.split(".") if name not in ("", "*", "@")]


def type_name(name: str) -> str:
    """Return ``custom_object`` as ``CustomObject``."""
    words = _WORD.split(name)
    text = "".join(word[:1].upper() + word[1:] for word in words)
    return text if text[:1].isalpha() else f"Q{text}"


def query_document(
    name: str,
    selections: SelectionSetNode,
    types: Mapping[str, str],
    schema: GraphQLSchema | None,
) -> DocumentNode:
    """Return a query with the variables that it uses.

    :param types: the types of variables where the schema does not tell
    """
    used: dict[str, None] = {}

    class _Collect(Visitor):
        def enter_variable(self, node: VariableNode, *_args: Any) -> None:
            used[node.name.value] = None

    visit(selections, _Collect())
    known = _schema_types(selections, schema) if schema else {}
    definitions = tuple(
        VariableDefinitionNode(
            variable=variable(one),
            type=parse_type(known.get(one) or types[one]),
            default_value=None,
            directives=(),
        )
        for one in used
        if one in types
    )
    return DocumentNode(
        definitions=(
            OperationDefinitionNode(
                operation=OperationType.QUERY,
                name=NameNode(value=name),
                variable_definitions=definitions,
                directives=(),
                selection_set=selections,
            ),
        )
    )


def _schema_types(
    selections: SelectionSetNode, schema: GraphQLSchema
) -> dict[str, str]:
    """Return the types that the schema wants the variables to have."""
    info, types = TypeInfo(schema), {}

    class _Look(Visitor):
        def enter_variable(self, node: VariableNode, *_args: Any) -> None:
            kind = info.get_input_type()
            if kind is not None:
                types[node.name.value] = str(kind)

    operation = OperationDefinitionNode(
        operation=OperationType.QUERY,
        variable_definitions=(),
        directives=(),
        selection_set=selections,
    )
    visit(operation, TypeInfoVisitor(info, _Look()))
    return types


def field_at(document: DocumentNode, line: int, column: int) -> Route | None:
    """Return the route of the field that stands at a place of the printed query."""
    printed = parse(print_ast(document))
    found: list[Route] = []

    def look(node: Any, above: Route) -> None:
        for one in node.selections if node else ():
            if isinstance(one, FieldNode):
                key = (one.alias or one.name).value
                token = one.loc.start_token
                if (token.line, token.column) == (line, column):
                    found.append((*above, key))
            else:
                key = f"... on {one.type_condition.name.value}"
            look(one.selection_set, (*above, key))

    look(printed.definitions[0].selection_set, ())
    return found[0] if found else None
