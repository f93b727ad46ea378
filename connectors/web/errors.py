"""What an answer means: one exception per reaction, one message per remedy."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...exceptions import (
    SourceError,
    SourceRefused,
    SourceUnavailable,
)
from ..profile.paths import read_path
from .error_body import codes_in, details_in, is_word, same
from .resets import asked_wait, next_midnight, spent_today
from .response import Response
from .throttle import LONGEST_NAP_S, paused

#: Waits for a record that is locked at the source, seconds.
BUSY_S = 2.0
MESSAGE_AT = ("error.message", "message", "errors.*.message", "error", "title")
UNAVAILABLE_ON = (403, 404, 405, 410)
_AUTH_CODES = {"401", "unauthorized", "unauthenticated", "invalid_authentication"}
_LONGEST_DETAIL = 300


class Trouble(SourceError):
    """The same request may work when it is asked again.

    :param kind: `network`, `timeout`, `server`, `garbled`, `busy` or `throttled`
    :param wait: seconds that the source asks for, None if it does not say
    """

    def __init__(self, message: str, kind: str, wait: float | None = None):
        super().__init__(message)
        self.kind = kind
        self.wait = wait


@dataclass(frozen=True)
class ErrorRules:
    """How a source words its errors; the `errors` part of a profile."""

    in_200: tuple[Mapping[str, Any], ...] = ()
    daily_codes: frozenset[str] = frozenset({"daily", "daily_limit_exceeded"})
    throttle_codes: frozenset[str] = frozenset()
    message_at: tuple[str, ...] = MESSAGE_AT
    reset_unit: str = "auto"
    daily_pause: bool = True

    @classmethod
    def of(cls, profile: Mapping[str, Any]) -> "ErrorRules":
        """Return the rules of a profile."""
        errors, limits = profile.get("errors") or {}, profile.get("limits") or {}
        return cls(
            in_200=tuple(errors.get("in_200") or ()),
            daily_codes=cls.daily_codes | _lower(errors.get("daily_codes")),
            throttle_codes=_lower(errors.get("throttle_codes")),
            message_at=tuple(errors.get("message_at") or MESSAGE_AT),
            reset_unit=limits.get("reset_unit") or "auto",
            daily_pause=limits.get("daily_pause", True),
        )


def _lower(codes) -> frozenset[str]:
    return frozenset(str(code).lower() for code in codes or ())


@dataclass(frozen=True)
class Verdict:
    """Reads one answer by the rules of its source.

    :param what: the thing asked for, as messages name it (`GET /contacts`)
    :param now: epoch seconds
    """

    rules: ErrorRules
    response: Response
    what: str
    now: float
    unavailable_on: tuple[int, ...] = UNAVAILABLE_ON
    redact: Callable[[str], str] = str

    def error(self) -> SourceError | None:
        """Return the exception that the answer calls for, None if it is fine."""
        status = self.response.status
        if 200 <= status < 300:
            return self._inside_success()
        if status == 304:
            return None
        if status == 429 or self._codes & self.rules.throttle_codes:
            return self.throttled()
        if self._is_daily:
            return self.throttled()
        return self._refused() or self._by_status()

    def _refused(self) -> SourceError | None:
        """Return the exception for statuses that waiting does not cure."""
        status, said = self.response.status, self._said
        if status == 401:
            return SourceRefused(
                f"The source does not accept the key {said}. Enter a new key under"
                " Connection and resume."
            )
        if status in (407, 511):
            return SourceRefused(
                f"A proxy between here and the source wants a login {said}. Let this"
                " server reach the source directly, then resume."
            )
        if status == 403 and "Retry-After" in self.response.headers:
            return self.throttled()
        if status in self.unavailable_on:
            return self._unavailable()
        if status in (400, 422):
            return SourceError(
                f"The source does not understand {self.what} {said}. Correct its"
                " parameters in the connection profile (filter, date format, page"
                " size, sort)."
            )
        return None

    def _unavailable(self) -> SourceUnavailable:
        if self.response.status == 403:
            return SourceUnavailable(
                f"The key may not read {self.what} {self._said}. Give it the right to"
                " at the source, or leave the object out; the others go on."
            )
        return SourceUnavailable(
            f"The source does not have {self.what} {self._said}. Correct the path in"
            " the connection profile, or leave the object out; the others go on."
        )

    def _by_status(self) -> SourceError:
        """Return the exception for statuses that waiting may cure."""
        status, said = self.response.status, self._said
        wait = asked_wait(self.response.headers, self.now, self.rules.reset_unit)
        if status in (409, 423, 425) or (status < 500 and wait is not None):
            return self._later(
                f"The source is busy with {self.what} {said}. Resume later; if it"
                " stays, ask the source's support what locks it.",
                "busy",
                max(wait or 0.0, BUSY_S),
            )
        if status >= 500:
            return self._later(
                f"The source failed at {self.what} {said}. Nothing is lost: resume"
                " later; if it stays, ask the source's support.",
                "server",
                wait,
            )
        return SourceError(
            f"The source answers {self.what} in a way that the connection profile does"
            f" not provide for {said}. Check base URL and path."
        )

    def throttled(self, wait: float | None = None) -> SourceError:
        """Return the exception for a limit that is used up."""
        if self._is_daily or spent_today(self.response.headers):
            return self._over_for_today()
        if wait is None:
            wait = asked_wait(self.response.headers, self.now, self.rules.reset_unit)
        return self._later(
            f"The source wants fewer calls {self._said}. Lower max_rps or concurrency"
            " in the connection profile.",
            "throttled",
            wait,
        )

    def _over_for_today(self) -> SourceError:
        reason = f"The quota of the day is used up {self._said}."
        if not self.rules.daily_pause:
            return SourceError(f"{reason} Resume when the source counts anew.")
        wait = asked_wait(self.response.headers, self.now, self.rules.reset_unit)
        # A reset within the minute is that of another limit.
        if wait is None or wait <= LONGEST_NAP_S:
            wait = next_midnight(self.now).timestamp() - self.now
        return paused(reason, self.now + wait)

    def _later(self, message: str, kind: str, wait: float | None) -> SourceError:
        if wait is not None and wait > LONGEST_NAP_S:
            return paused(message.partition(". ")[0] + ".", self.now + wait)
        return Trouble(message, kind, wait)

    def _inside_success(self) -> SourceError | None:
        """Look for what is wrong in an answer that says that it is fine."""
        if self.response.is_page:
            return SourceRefused(
                "The source answers with a web page instead of data "
                f"({self.response.status}, {self.what}): most likely a login page."
                " The key has expired, or a proxy stands in between. Check base URL"
                " and key under Connection and resume."
            )
        try:
            data = self.response.json()
        except ValueError as error:
            return Trouble(
                f"The answer to {self.what} is no complete JSON ({error}). Resume"
                " later; if it stays, lower the page size in the connection profile.",
                "garbled",
            )
        for rule in self.rules.in_200:
            if same(read_path(data, rule["path"]), rule.get("equals")):
                return self._failed_success()
        return None

    def _failed_success(self) -> SourceError:
        codes = self._codes
        if codes & (self.rules.daily_codes | self.rules.throttle_codes):
            return self.throttled()
        if codes & _AUTH_CODES:
            return SourceRefused(
                f"The source does not accept the key {self._said}. Enter a new key"
                " under Connection and resume."
            )
        return Trouble(
            f"The source reports an error at {self.what} {self._said}. Resume later;"
            " if it stays, show the message to the source's support.",
            "server",
        )

    @property
    def _json(self) -> Any:
        try:
            return self.response.json()
        except ValueError:
            return None

    @property
    def _is_daily(self) -> bool:
        return bool(self._codes & self.rules.daily_codes)

    @property
    def _codes(self) -> frozenset[str]:
        """Every code in the body that may say which limit was hit, lower case."""
        data = self._json
        at = [rule["code_at"] for rule in self.rules.in_200 if rule.get("code_at")]
        own = [read_path(data, path) for path in at]
        return _lower([*codes_in(data), *(code for code in own if is_word(code))])

    @property
    def _said(self) -> str:
        """The status and the source's own words, in brackets."""
        return f"({self.response.status}{self._words()})"

    def _words(self) -> str:
        if self.response.is_page:
            return ": a web page, perhaps of a proxy in between"
        data = self._json
        if data is None:
            return "" if not self.response.content.strip() else ": unreadable answer"
        at = [rule["message_at"] for rule in self.rules.in_200 if "message_at" in rule]
        found = [read_path(data, path) for path in (*at, *self.rules.message_at)]
        words = [str(word) for word in found if is_word(word)][:1]
        words = words or list(codes_in(data))
        words += details_in(data)
        # Masked before it is cut: half a secret would not be known again.
        text = self.redact("; ".join(dict.fromkeys(words)))[:_LONGEST_DETAIL]
        return f": {text}" if text else ""
