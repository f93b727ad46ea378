"""All calls to one source: paced, repeated, and judged by their answers."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from urllib3.util.retry import RequestHistory, Retry

from ...exceptions import SourceError, UnsafeAddress
from .auth import credential_of
from .errors import UNAVAILABLE_ON, ErrorRules, Trouble, Verdict
from .guard import Origin, origin_of
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
        self.profile = profile
        self.vault = Vault(secrets)
        self.rules = ErrorRules.of(profile)
        self.tries = limits.get("max_retries") or MAX_TRIES
        #: after one request that nobody answered the next ones are tried once
        self._is_unreachable = False
        self.base_url = filled(profile.get("base_url") or "", profile)
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
            self.vault.hide(value)
        for value in self._credential.sent():
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

    def path(self, text: str) -> str:
        """Return a path of the profile with API version and namespace in it."""
        return filled(text, self.profile)

    def url(self, path: str) -> str:
        """Return the full URL of a path of the profile, or of a full URL."""
        path = self.path(path)
        if re.match(r"[a-z][a-z0-9+.-]*://", path, re.I):
            return path
        if path.startswith("//"):
            return f"{self.transport.home.scheme}:{path}"
        if not path:
            return self.base_url
        return f"{self.base_url.rstrip('/')}/{path.lstrip('/')}"

    def own_url(self, url: str) -> str:
        """Return an address that the source gave for itself, without the key.

        :raise UnsafeAddress: it leads to another origin
        """
        url = self.transport.without_key(url)
        origin = origin_of(url)
        home = self.transport.home
        if origin == Origin("http", home.host, 80) and home.scheme == "https":
            # Behind a proxy that ends TLS sources often do not know their own scheme.
            url, origin = f"https{url[4:]}", home
        if origin not in self.transport.trusted:
            raise UnsafeAddress(
                f"The next page is said to be at {origin}, but the source is at {home}."
                " Enter that host under allowed_hosts if it is the source's own."
            )
        return url

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
        backoff = self.backoff(1 if self._is_unreachable else tries)
        while True:
            token, response, error = self._attempt(method, url, ask, judge)
            if response is not None:
                self._is_unreachable = False
            if error is None:
                return response
            is_401 = response is not None and response.status == 401
            if is_401 and not renewed and self._credential.renew(token):
                renewed = True
                continue
            seen.append(getattr(error, "kind", ""))
            timed_out = timeouts and seen.count("timeout") >= timeouts
            if timed_out or not isinstance(error, Trouble):
                raise error
            backoff = self.wait(error, backoff)

    def _attempt(self, method, url, ask, judge):
        """Return (token signed with, response or None, what is wrong or None)."""
        self._credential.get_ready()
        token, response = self._credential.token, None
        try:
            with self.throttle.slot():
                answer = self.transport.follow(method, url, **ask)
                response = read_response(answer)
                response = replace(response, content=self.vault.blank(response.content))
        except FAILURES as failure:
            error = self.transport.failed(failure, judge.what)
        else:
            self.throttle.learn(response.headers)
            error = judge(response)
        return token, response, _masked(error, self.vault)

    def backoff(self, tries: int | None = None) -> Retry:
        """Return how often and how long to wait: 1, 2, 4 s and so on, with jitter."""
        return Retry(
            total=(tries or self.tries) - 1,
            backoff_factor=0.5,
            backoff_jitter=1.0,
            backoff_max=LONGEST_NAP_S,
            # Retry does not wait at all after the first failure that it knows of.
            history=(RequestHistory(None, None, None, None, None),),
        )

    def wait(self, trouble: Trouble, backoff: Retry) -> Retry:
        """Wait as the source asks for, else longer each time; return what is left.

        :raise SourceError: no tries are left
        """
        if backoff.total <= 0:
            self._is_unreachable = trouble.kind == "network"
            raise self._last_word(trouble)
        backoff = backoff.increment()
        if trouble.kind == "throttled" and trouble.wait is not None:
            self.throttle.quiet(trouble.wait)  # all threads, not only this one
        elif trouble.wait is not None:
            self.throttle.nap(trouble.wait)
        else:
            self.throttle.nap(backoff.get_backoff_time())
        return backoff

    def _last_word(self, trouble: Trouble) -> SourceError:
        """Return what to raise when no tries are left."""
        if trouble.kind != "throttled":
            return trouble
        wait = max(trouble.wait or 0.0, LONGEST_NAP_S)
        reason = str(trouble).partition(". ")[0] + "."
        return paused(reason, self.options.clock() + wait)

    def get_ready(self) -> None:
        """Fetch what signing needs; not while holding a slot of the throttle."""
        self._credential.get_ready()

    def judge(self, response: Response, what: str) -> SourceError | None:
        """Return what an answer calls for, None if it is fine."""
        return _masked(self._verdict(response, what).error(), self.vault)

    def _post_form(self, url: str, form: dict, auth: Any) -> Response:
        """Send a form without the credential, for tokens."""
        self.transport.guard.check(url)
        backoff = self.backoff()
        while True:
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
            error = _masked(error, self.vault)
            if not isinstance(error, Trouble):
                raise error
            backoff = self.wait(error, backoff)

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


def _masked(error: SourceError | None, vault: Vault) -> SourceError | None:
    """Mask the secrets in the message of an exception."""
    if error is not None and error.args:
        error.args = (vault.redact(str(error.args[0])), *error.args[1:])
    return error


def filled(text: str, profile: Mapping[str, Any]) -> str:
    """Put API version and namespace of a profile into an address."""
    spaces = profile.get("namespace") or ""
    space = spaces if isinstance(spaces, str) else spaces[0]
    text = text.replace("{api_version}", profile.get("api_version") or "")
    return text.replace("{namespace}", space)
