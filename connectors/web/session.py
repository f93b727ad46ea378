"""All calls to one source: paced, repeated, and judged by their answers."""

import random
import re
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from ...exceptions import SourceError
from .auth import credential_of
from .errors import UNAVAILABLE_ON, ErrorRules, Trouble, Verdict
from .options import WebOptions
from .response import Response, read_response
from .secret import QuietLogs, Vault, redact
from .throttle import LONGEST_NAP_S, Throttle, paused
from .transport import FAILURES, Transport

__all__ = ["SourceSession", "redact"]

MAX_TRIES = 5


class SourceSession:
    """Calls one source as its connection profile says.

    Threads may share a session: they share its pace and its connections.

    :param profile: connection profile (PLATFORMS: one engine, what is configurable)
    :param secrets: `api_key`, `token`, `username` and `password`, or `client_id` and
        `client_secret`
    """

    def __init__(
        self,
        profile: Mapping[str, Any],
        secrets: Mapping[str, str],
        options: WebOptions | None = None,
    ):
        self.options = options = options or WebOptions()
        limits = profile.get("limits") or {}
        self._profile = profile
        self.vault = Vault(secrets.values())
        self.rules = ErrorRules.of(profile)
        self.tries = limits.get("max_retries") or MAX_TRIES
        self.base_url = _filled(profile.get("base_url") or "", profile)
        self.transport = Transport(profile, options, self.vault, self.base_url)
        self.throttle = Throttle(
            limits.get("max_rps") or 0,
            limits.get("concurrency") or 1,
            reset_unit=self.rules.reset_unit,
            daily_pause=self.rules.daily_pause,
            clock=options.clock,
            sleep=options.sleep,
        )
        self._credential = self.transport.credential = credential_of(
            profile, secrets, self._post_form, self.vault, options.clock
        )
        for value in self._credential.hidden():
            self.vault.add(value)
        self._logs = QuietLogs(self.vault)
        self._logs.install()

    def __repr__(self) -> str:
        return f"<SourceSession {self.transport.home}>"

    def __enter__(self):
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Give connections back; calls that wait elsewhere end with SourceError."""
        self.throttle.close()
        self.transport.close()
        self._logs.remove()

    def url(self, path: str) -> str:
        """Return the full URL of a path of the profile, or of a full URL."""
        path = _filled(path, self._profile)
        if re.match(r"https?://", path, re.I):
            return path
        if not path:
            return self.base_url
        return f"{self.base_url.rstrip('/')}/{path.lstrip('/')}"

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        what: str = "",
        tries: int | None = None,
        timeouts: int | None = None,
        accept: tuple[int, ...] = (),
        unavailable_on: tuple[int, ...] = UNAVAILABLE_ON,
        check: Callable[[Response], SourceError | None] | None = None,
    ) -> Response:
        """Ask the source until it answers; return an answer that is fine.

        :param url: path below the base URL, or a full URL (signed only if trusted)
        :param what: what is asked for, in words of the error messages
        :param tries: how often at most, None for what the profile says
        :param timeouts: give up after so many timeouts even if tries are left
        :param accept: statuses from 400 on that the caller wants to read himself
        :param check: looks at an answer that seems fine and returns what is wrong
            with it; a Trouble is asked again
        :raise SourceRefused: key or session are not accepted
        :raise SourceUnavailable: no such list, or no right to it
        :raise SourcePaused: a limit is used up for longer than a minute
        :raise Trouble: all tries failed; `kind` says how
        :raise SourceError: asking again would not help
        """
        url = self.url(url)
        what = what or f"{method} {urlsplit(url).path}"
        ask = {"params": params, "json": json, "headers": headers}
        judge = _Judge(self, what, accept, unavailable_on, check)
        renewed, seen = False, []
        for attempt in count(1):
            token, response, error = self._attempt(method, url, ask, judge)
            if error is None:
                return response
            is_401 = response is not None and response.status == 401
            if is_401 and not renewed and self._credential.renew(token):
                renewed = True
                continue
            seen.append(getattr(error, "kind", ""))
            is_over = attempt >= (tries or self.tries)
            if timeouts and seen.count("timeout") >= timeouts:
                is_over = True
            if is_over or not isinstance(error, Trouble):
                raise self._last_word(error)
            self._wait(error, attempt)

    def _attempt(self, method, url, ask, judge):
        """Return (token signed with, response or None, what is wrong or None)."""
        self._credential.get_ready()
        token, response = self._credential.token, None
        try:
            with self.throttle.slot():
                answer = self.transport.follow(method, url, **ask)
                response = read_response(answer)
        except FAILURES as failure:
            error = self.transport.failed(failure, judge.what)
        else:
            self.throttle.learn(response.headers)
            error = judge(response)
        if error is not None and error.args:
            error.args = (self.vault.redact(str(error.args[0])), *error.args[1:])
        return token, response, error

    def _wait(self, error: Trouble, attempt: int) -> None:
        """Wait as long as the source asks for, else longer each time."""
        if error.kind == "throttled" and error.wait is not None:
            self.throttle.quiet(error.wait)  # all threads, not only this one
        elif error.wait is not None:
            self.throttle.nap(error.wait)
        else:
            longest = min(2.0 ** (attempt - 1), LONGEST_NAP_S)
            self.throttle.nap(longest * random.uniform(0.5, 1))

    def _last_word(self, error: SourceError) -> SourceError:
        """Return what to raise when no tries are left."""
        if isinstance(error, Trouble) and error.kind == "throttled":
            wait = max(error.wait or 0.0, LONGEST_NAP_S)
            return paused(
                str(error).partition(". ")[0] + ".", self.options.clock() + wait
            )
        return error

    def _post_form(self, url: str, form: dict, auth: Any) -> Response:
        """Send a form without the credential, for tokens."""
        self.transport.guard.check(url)
        for attempt in count(1):
            error = None
            try:
                with self.throttle.slot():
                    answer = self.transport.follow(
                        "POST", url, data=form, auth=auth, sign=False, redirects=0
                    )
                    response = read_response(answer)
            except FAILURES as failure:
                error = self.transport.failed(failure, "the access token")
            else:
                if response.status == 429 or response.status >= 500:
                    error = self._verdict(response, "the access token").error()
            if error is None:
                return response
            if attempt >= self.tries or not isinstance(error, Trouble):
                raise self._last_word(error)
            self._wait(error, attempt)

    def _verdict(self, response, what, unavailable_on=UNAVAILABLE_ON) -> Verdict:
        now = self.options.clock()
        return Verdict(
            self.rules, response, what, now, unavailable_on, self.vault.redact
        )


class _Judge:
    """Says what is wrong with an answer, for one call with its exceptions."""

    def __init__(self, session, what, accept, unavailable_on, check):
        self._session, self.what, self._accept = session, what, accept
        self._unavailable_on, self._check = tuple(unavailable_on), check

    def __call__(self, response: Response) -> SourceError | None:
        error = None
        if response.status not in self._accept:
            verdict = self._session._verdict(response, self.what, self._unavailable_on)
            error = verdict.error()
        if error is None and self._check is not None:
            error = self._check(response)
        return error


def _filled(text: str, profile: Mapping[str, Any]) -> str:
    """Put API version and namespace of a profile into an address."""
    for name in ("api_version", "namespace"):
        text = text.replace(f"{{{name}}}", str(profile.get(name) or ""))
    return text
