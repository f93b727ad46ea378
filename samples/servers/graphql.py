"""FastTrack's GraphQL API in several dialects.

The dialect stands in the path, `/with/paging=lighthouse,plan=basic/graphql`, or in the
query string. `/graphql` is Relay in snake_case with all fields and introspection.
"""

from dataclasses import dataclass
from typing import Any

from flask import g, request
from graphql import (
    GraphQLError,
    NoSchemaIntrospectionCustomRule,
    execute_sync,
    parse,
    specified_rules,
    validate,
)

from .answers import answer, error
from .drift import NAMES
from .hooks import new_app
from .schema import Schemas
from .sdl import PAGE_ARGS, PLANS
from .selection import Bucket, Selection

_DOCUMENTATION = "https://developer.ft.example/rate_limits"
#: fault -> (message, extensions) of an answer without data.
_REFUSED = {
    "rate-limited": ("Too many requests", {"code": "RATE_LIMITED"}),
    "complexity": ("Complexity budget exhausted", {"code": "ComplexityException"}),
    "daily-limit": ("Daily limit exceeded", {"code": "DAILY_LIMIT_EXCEEDED"}),
    "unauthenticated": ("Not signed in", {"code": "UNAUTHENTICATED"}),
    "forbidden": ("Not for this key", {"code": "FORBIDDEN"}),
    "data-null": ("Internal server error", {"code": "INTERNAL_SERVER_ERROR"}),
}
INSIDE = (
    *NAMES,
    *_REFUSED,
    "throttled",
    "cost-max",
    "gated-field",
    "introspection-off",
    "introspection-403",
    "partial",
    "cursor-stuck",
    "unauthorized-200",
)
CHOICES = {
    "paging": tuple(PAGE_ARGS),
    "plan": PLANS,
    "naming": ("snake", "camel"),
    "introspection": ("on", "off", "403"),
    "quotes": ("double", "single"),
}


@dataclass
class Context:
    """What resolvers know of the request."""

    fault: Any
    selection: Selection


class GraphQL:
    """The app and what its view shares."""

    def __init__(self, sources):
        self.sources = sources
        self.schemas = Schemas(sources)
        self.bucket = Bucket(lambda: sources.clock())
        self.app = new_app(sources, "graphql", inside=INSIDE)
        self.app.operations = self._operations
        for rule in ("/graphql", "/with/<dialect>/graphql"):
            self.app.add_url_rule(rule, rule, self.view, methods=["POST"])

    def _operations(self):
        """Names that a rule of the faults may mean; parses the query on the way."""
        g.body = request.get_json(silent=True)
        g.document = g.selection = None
        if not isinstance(g.body, dict):
            return ("",)
        try:
            g.document = parse(g.body.get("query") or "")
        except GraphQLError as problem:
            g.syntax = problem
            return ("",)
        name, variables = g.body.get("operationName"), g.body.get("variables")
        g.selection = Selection(g.document, name, variables)
        return g.selection.names

    def view(self, dialect=""):
        refused = self._refused()
        if refused:
            return refused
        try:
            options = self._options(dialect)
        except ValueError as problem:
            return error(400, "unknown_dialect", str(problem))
        if g.fault and g.fault.name == "introspection-off":
            options["introspection"] = "off"
        if g.fault and g.fault.name == "introspection-403":
            options["introspection"] = "403"
        asks_schema = any(name.startswith("__") for name in g.selection.names)
        if options["introspection"] == "403" and asks_schema:
            return error(403, "forbidden", "introspection is not for this key")
        return self._limited() or self._run(options)

    def _refused(self):
        refused = self.sources.auth.check(request, self.sources.now())
        if refused:
            return refused
        if request.mimetype != "application/json":
            return error(415, "unsupported_media_type")
        if not isinstance(g.body, dict):
            return answer(400, {"errors": [{"message": "POST body is not JSON"}]})
        if g.selection is None or g.selection.operation is None:
            message = getattr(g.get("syntax"), "message", "no operation")
            return self._failed(message, {"code": "GRAPHQL_PARSE_FAILED"})
        return None

    @staticmethod
    def _options(dialect):
        options = {name: values[0] for name, values in CHOICES.items()}
        options["plan"] = "enterprise"
        given = dict(part.split("=") for part in dialect.split(",") if part)
        given |= {k: v for k, v in request.args.items() if k in CHOICES}
        for name, value in given.items():
            if value not in CHOICES.get(name, ()):
                raise ValueError(f"no such dialect: {name}={value}")
            options[name] = value
        return options

    def _limited(self):
        """The answer of a query that costs too much or that a fault refuses."""
        cost = g.selection.cost()
        name = g.fault.name if g.fault else ""
        if name in ("throttled", "cost-max") or not self.bucket.spend(cost):
            status = self.bucket.status(cost, 0)
            if name == "cost-max":
                status["requestedQueryCost"] = self.bucket.maximum + cost
            if name == "throttled":
                status["throttleStatus"]["currentlyAvailable"] = 0
            return self._throttled(status)
        if name == "unauthorized-200":
            extensions = {"code": "UserUnauthorizedException", "status_code": 403}
            message = "User unauthorized to perform action"
            problem = {"message": message, "path": ["me"], "extensions": extensions}
            return answer(200, {"data": [], "errors": [problem]})
        if name in _REFUSED:
            message, extensions = _REFUSED[name]
            if name == "rate-limited":
                extensions = {**extensions, "retry_after": int(g.fault.number(2))}
            if name == "complexity":
                extensions = {**extensions, "retry_in_seconds": int(g.fault.number(2))}
            return answer(
                200,
                {
                    "data": None,
                    "errors": [{"message": message, "extensions": extensions}],
                },
            )
        return None

    @staticmethod
    def _throttled(status):
        extensions = {"code": "THROTTLED", "documentation": _DOCUMENTATION}
        problem = {"message": "Throttled", "extensions": extensions}
        return answer(200, {"errors": [problem], "extensions": {"cost": status}})

    def _failed(self, message, extensions):
        return self._request_errors([{"message": message, "extensions": extensions}])

    @staticmethod
    def _request_errors(problems):
        """Errors of the request itself: 400 only for who asks for the newer type."""
        newer = "application/graphql-response+json"
        status = 400 if newer in request.headers.get("Accept", "") else 200
        return answer(status, {"errors": problems})

    def _run(self, options):
        gated = g.fault.arg if g.fault and g.fault.name == "gated-field" else ""
        schema = self.schemas.get(
            options["paging"], options["plan"], options["naming"], gated
        )
        rules = [*specified_rules]
        if options["introspection"] == "off":
            rules.append(NoSchemaIntrospectionCustomRule)
        problems = validate(schema, g.document, rules)
        if problems:
            return self._invalid(problems, options["quotes"])
        result = execute_sync(
            schema,
            g.document,
            variable_values=g.body.get("variables") or {},
            operation_name=g.body.get("operationName"),
            context_value=Context(g.fault, g.selection),
        )
        body = {"data": result.data}
        if result.errors:
            body["errors"] = [problem.formatted for problem in result.errors]
        cost = g.selection.cost()
        body["extensions"] = {"cost": self.bucket.status(cost, cost)}
        return answer(200, body)

    def _invalid(self, problems, quotes):
        listed = []
        for problem in problems:
            formatted = dict(problem.formatted)
            if quotes == "double":
                formatted["message"] = formatted["message"].replace("'", '"')
            formatted["extensions"] = {"code": "GRAPHQL_VALIDATION_FAILED"}
            listed.append(formatted)
        return self._request_errors(listed)
