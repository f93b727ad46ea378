"""What a query asks for: the fields below a field, and what they cost."""

from graphql.language import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    VariableNode,
)

#: Steps that cost nothing themselves.
_FREE = {"edges", "nodes", "node", "data", "items", "pageInfo", "page_info"}
_SIZES = ("first", "limit", "take", "pageSize", "pagination")


class Selection:
    """A parsed document with the operation that is to be run."""

    def __init__(self, document, operation_name="", variables=None):
        self.variables = variables or {}
        definitions = document.definitions
        self.fragments = {
            d.name.value: d
            for d in definitions
            if isinstance(d, FragmentDefinitionNode)
        }
        operations = [d for d in definitions if isinstance(d, OperationDefinitionNode)]
        named = [d for d in operations if d.name and d.name.value == operation_name]
        self.operation = (named or operations or [None])[0]

    @property
    def names(self):
        """Name of the operation and of its root fields."""
        if self.operation is None:
            return ("",)
        own = [self.operation.name.value] if self.operation.name else []
        return (*own, *(field.name.value for field in self.below(self.operation)))

    def below(self, node):
        """The fields selected in a node, fragments opened."""
        if node.selection_set is None:
            return
        for part in node.selection_set.selections:
            if isinstance(part, FieldNode):
                yield part
            elif isinstance(part, FragmentSpreadNode):
                fragment = self.fragments.get(part.name.value)
                if fragment:
                    yield from self.below(fragment)
            else:
                yield from self.below(part)

    def asks_for(self, node, names):
        """Whether one of the names is selected right below a field or its edges."""
        for field in self.below(node):
            if field.name.value in names:
                return True
            if field.name.value == "edges" and self.asks_for(field, names):
                return True
        return False

    def cost(self):
        """Points: one per field, a list times its size (100 if it is not said)."""
        return sum(self._cost(field) for field in self.below(self.operation))

    def _cost(self, field):
        children = list(self.below(field))
        own = 0 if field.name.value in _FREE else 1
        total = sum(self._cost(child) for child in children)
        if {"edges", "nodes", "data", "items"} & {c.name.value for c in children}:
            total *= self._size(field)
        return own + total

    def _size(self, field):
        for argument in field.arguments:
            if argument.name.value in _SIZES:
                found = self._number(argument.value)
                if found:
                    return found
        return 100

    def _number(self, value):
        if isinstance(value, VariableNode):
            given = self.variables.get(value.name.value)
            return given.get("pageSize") if isinstance(given, dict) else given
        for part in getattr(value, "fields", ()):
            if part.name.value == "pageSize":
                return self._number(part.value)
        return int(getattr(value, "value", 0) or 0)


class Bucket:
    """Points to spend, filled again by the second, as Jobber counts them.

    The default is too large to run dry; `set(10000, 500)` gives Jobber's own.
    """

    def __init__(self, clock, maximum=10**9, restore=10**9):
        self.clock = clock
        self.maximum, self.restore = maximum, restore
        self.fill()

    def fill(self):
        self.available, self.at = self.maximum, self.clock()

    def set(self, maximum, restore):
        self.maximum, self.restore = maximum, restore
        self.fill()

    def spend(self, points):
        """Take the points if they are there; whether they were."""
        now = self.clock()
        grown = self.available + (now - self.at) * self.restore
        self.available, self.at = min(self.maximum, grown), now
        if points > self.available:
            return False
        self.available -= points
        return True

    def status(self, requested, actual):
        return {
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": {
                "maximumAvailable": self.maximum,
                "currentlyAvailable": int(self.available),
                "restoreRate": self.restore,
            },
        }
