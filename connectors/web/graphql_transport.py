"""GraphQL requests over the session of a source: guarded, paced, judged."""

from collections.abc import Iterator, Mapping
from typing import Any

from gql import GraphQLRequest
from gql.transport import Transport
from graphql import ExecutionResult

from ...exceptions import SourceError, SourceRefused
from .cost import Cost, CostMeter, QueryTooDear
from .errors import Trouble, Verdict
from .response import Response
from .session import SourceSession

#: Codes that mean: slower. Compared in lower case.
THROTTLE_CODES = frozenset(
    {
        "throttled",
        "rate_limited",
        "too_many_requests",
        "complexity_budget_exhausted",
        "complexityexception",
    }
)
_LOGIN_CODES = {"unauthenticated", "unauthorized", "invalid_token", "401"}
_RETRY_KEYS = ("retry_after", "retry_in_seconds", "retryAfter")
_CODE_KEYS = ("code", "status_code", "errorType", "category")
#: A source may answer a query that fails with one of these and say why in the body.
_ACCEPTED = (400, 422, 500)
#: Points come back a little later than computed: clocks and roundings differ.
_GRACE_S = 0.1


def codes_of(error: Any) -> set[str]:
    """Return every code of one entry of ``errors``, in lower case."""
    if not isinstance(error, Mapping):
        return set()
    extensions = error.get("extensions")
    places = [error, extensions if isinstance(extensions, Mapping) else {}]
    found = [place.get(key) for place in places for key in _CODE_KEYS]
    return {str(code).lower() for code in found if isinstance(code, (str, int))}


def errors_of(body: Any) -> list[Mapping[str, Any]]:
    """Return the entries of ``errors``, whatever shape they came in."""
    errors = body.get("errors") if isinstance(body, Mapping) else None
    if isinstance(errors, Mapping):
        errors = [errors]
    if not isinstance(errors, list):
        return []
    return [
        error if isinstance(error, Mapping) else {"message": str(error)}
        for error in errors
    ]


class SessionTransport(Transport):
    """gql's way to a source: one POST each, through the source's session.

    :param url: path of the endpoint below the base URL
    """

    def __init__(self, session: SourceSession, url: str):
        self.session = session
        self.url = url
        self.meter = CostMeter(session.options.clock)
        self.throttle_codes = THROTTLE_CODES | session.rules.throttle_codes

    def execute(
        self,
        request: GraphQLRequest,
        *args: Any,
        what: str = "",
        kind: str = "",
        tries: int | None = None,
        timeouts: int | None = None,
        **kwargs: Any,
    ) -> ExecutionResult:
        """Send a request until it is answered; see `SourceSession.request`.

        :param what: what is asked for, for messages
        :param kind: queries of one kind cost the same
        :raises QueryTooDear: it costs more than the source ever gives
        """
        what = what or request.operation_name or "a query"
        wait = self.meter.wait_before(kind)
        if wait:
            self.session.throttle.quiet(wait + _GRACE_S)
        response = self.session.request(
            "POST",
            self.url,
            json=request.payload,
            what=what,
            tries=tries,
            timeouts=timeouts,
            accept=_ACCEPTED,
            unavailable_on=(403,),
            check=lambda answer: self._judge(answer, what, kind),
        )
        body = response.json()
        data, errors = body.get("data") or None, errors_of(body)
        if data is None and not errors:
            errors = [{"message": "the answer holds no data"}]
        return ExecutionResult(
            data=data,
            errors=errors or None,
            extensions=body.get("extensions"),
        )

    def _judge(self, response: Response, what: str, kind: str) -> SourceError | None:
        """Return what is wrong with an answer, None if its errors can be read on."""
        verdict = Verdict(
            self.session.rules,
            response,
            what,
            self.session.options.clock(),
            redact=self.session.vault.redact,
        )
        try:
            body = response.json()
        except ValueError:
            return verdict.error()
        errors = errors_of(body)
        if response.status >= 400 and not errors:
            return verdict.error()
        if not isinstance(body, Mapping) or not (errors or "data" in body):
            return SourceError(
                f"The answer to {what} is no GraphQL answer. Check base URL and"
                " endpoint in the connection profile."
            )
        cost = self.meter.learn(kind, body.get("extensions"))
        codes = set().union(*map(codes_of, errors))
        if codes & (self.throttle_codes | self.session.rules.daily_codes):
            return self._throttled(verdict, errors, cost, what)
        if codes & _LOGIN_CODES and not body.get("data"):
            said = self.session.vault.redact(words_of(errors))
            return SourceRefused(
                f"The source does not accept the key ({said}). Enter a new key under"
                " Connection and resume."
            )
        return None

    def _throttled(
        self, verdict: Verdict, errors: list, cost: Cost, what: str
    ) -> SourceError:
        if cost.never_fits:
            return QueryTooDear(
                f"{what} costs {cost.requested:g} points, and the source never gives"
                f" more than {cost.maximum:g}. Take fields out of the selection in the"
                " connection profile."
            )
        wait = next(_asked(errors), None)
        if wait is None and cost.requested is not None:
            wait = cost.wait() or None
        error = verdict.throttled(wait)
        if wait and isinstance(error, Trouble):
            error.wait = wait
        return error


def _asked(errors: list) -> Iterator[float]:
    """Yield the seconds that errors ask to wait."""
    for error in errors:
        extensions = error.get("extensions")
        for key in _RETRY_KEYS if isinstance(extensions, Mapping) else ():
            try:
                seconds = float(extensions.get(key))
            except (TypeError, ValueError):
                continue
            if 0 <= seconds < 10**6:
                yield seconds


def words_of(errors: list) -> str:
    """Return the messages of errors for people, each once, cut short."""
    words = [str(error.get("message") or "no reason given") for error in errors]
    return "; ".join(dict.fromkeys(word[:200] for word in words[:20]))[:300]
