"""The way one request takes: to whom, signed or not, along which redirects."""

import os
import re
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from requests import exceptions as failures
from requests.cookies import RequestsCookieJar
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from ...exceptions import SourceError, UnsafeAddress
from .auth import Credential
from .deadline import OutOfTime
from .errors import Trouble
from .guard import (
    AddressGuard,
    GuardedAdapter,
    Origin,
    join_url,
    origin_of,
    public_part,
)
from .options import WebOptions
from .response import BrokenBody
from .secret import Vault

AGENT = "odoo-migration/19.0"
MAX_REDIRECTS = 5
#: Connections kept to one host: lists and files together never need more.
POOL = 32
_LARGEST_BUNDLE = 4 * 1024 * 1024
#: What a call that got no whole answer raises.
FAILURES = (failures.RequestException, HTTPError, BrokenBody, OutOfTime)
#: Headers of a caller that may go to another origin than the source's.
_HARMLESS = {"accept", "accept-encoding", "range", "if-range", "if-modified-since"}
_UNSENDABLE = re.compile(r"[^\x20-\x27\x2a-\x7e]")


class Transport:
    """Sends requests to a source and wherever its redirects and links lead.

    :param credential: signs what goes to `trusted` origins; set later if it needs
        the transport itself
    """

    credential: Credential

    def __init__(
        self, profile: Mapping[str, Any], options: WebOptions, vault: Vault, home: str
    ):
        limits = profile.get("limits") or {}
        self._vault = vault
        self.guard = AddressGuard(options.allow_private, options.resolve)
        self.home = self.guard.check(home)
        self.trusted = {self.home, *_allowed(profile, self.home)}
        self.timeout = float(limits.get("timeout_s") or 60)
        self._verify = _verify(profile)
        self._http = _http_session(self.guard, options.contact)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def is_trusted(self, url: str) -> bool:
        """Tell whether the credential may go to a URL."""
        return origin_of(url) in self.trusted

    def without_key(self, url: str) -> str:
        """Return a URL, given by a source, without the credential that it repeats.

        :raise UnsafeAddress: a secret is in it where it cannot be taken out
        """
        try:
            parts = urlsplit(url)
        except ValueError:
            raise UnsafeAddress("The source gives an address that is none.") from None
        fields = parse_qsl(parts.query, keep_blank_values=True)
        kept = [
            (name, value)
            for name, value in fields
            if name != self.credential.query_param and not self._vault.is_in(value)
        ]
        if kept != fields:
            parts = parts._replace(query=urlencode(kept))
        url = parts.geturl()
        if self._vault.is_in(url):
            raise UnsafeAddress("The source gives an address with the key inside.")
        return url

    def follow(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        sign: bool = True,
        auth: Any = None,
        redirects: int = MAX_REDIRECTS,
        permit: Callable[[Origin], None] | None = None,
    ) -> requests.Response:
        """Send one request and follow its redirects; return the unread answer.

        The credential goes to trusted origins only, and never again once a redirect
        has left them. The caller paces, reads and closes.

        :param permit: raises for origins that the caller does not want
        :raise UnsafeAddress: an address on the way must not be called
        """
        headers = dict(headers or {})
        for _hop in range(redirects + 1):
            origin = self.guard.check(url)
            if permit is not None:
                permit(origin)
            sign = sign and origin in self.trusted
            answer = self._http.send(
                self._http.prepare_request(
                    requests.Request(
                        method,
                        url,
                        params=params,
                        json=json,
                        data=data,
                        headers=headers,
                        auth=self.credential if sign else auth or _unsigned,
                    )
                ),
                stream=True,
                timeout=self.timeout,
                allow_redirects=False,
                verify=self._verify,
            )
            target = self._target(answer)
            if target is None:
                return answer
            answer.close()
            url = self.without_key(join_url(url, target))
            if answer.status_code == 303:
                method, json, data = "GET", None, None
            if self.guard.check(url) != origin:
                if json is not None or data is not None:
                    raise UnsafeAddress(_sent_elsewhere(origin, url))
                headers = {k: v for k, v in headers.items() if k.lower() in _HARMLESS}
                auth = None
            params = None
        raise SourceError(
            f"{self.home} redirects more than {redirects} times. Enter the address that"
            " it ends at as base URL."
        )

    def _target(self, answer: requests.Response) -> str | None:
        try:
            return super(_Session, self._http).get_redirect_target(answer)
        except UnicodeError:
            raise UnsafeAddress("The source redirects to no address.") from None

    def failed(
        self, failure: Exception, what: str, where: Origin | None = None
    ) -> SourceError:
        """Return the exception for a call that got no whole answer."""
        where = where or self.home
        reason = self._vault.redact(_reason(failure))
        if isinstance(failure, failures.SSLError) and "CERTIFICATE" in reason:
            return SourceError(
                f"The certificate of {where} is not valid ({reason}). Correct the"
                " base URL, or name the CA bundle under tls in the connection profile."
            )
        if isinstance(failure, failures.ReadTimeout | ReadTimeoutError | OutOfTime):
            seconds = getattr(failure, "seconds", self.timeout)
            return Trouble(
                f"The source took longer than {seconds:g} s for {what}. Lower"
                " the page size or raise timeout_s in the connection profile.",
                "timeout",
            )
        if isinstance(failure, ProtocolError | BrokenBody):
            return Trouble(
                f"The answer to {what} was cut off ({reason}). Resume later; if it"
                " stays, lower the page size in the connection profile.",
                "garbled",
            )
        if isinstance(failure, failures.ConnectionError | failures.Timeout | HTTPError):
            return Trouble(
                f"{where} cannot be reached for {what} ({reason}). Check base URL"
                " and network, then resume.",
                "network",
            )
        return SourceError(
            f"{what} cannot be asked for ({reason}). Correct the connection profile."
        )


class _Session(requests.Session):
    """A session to which nothing is a redirect: the transport follows them itself."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: requests would parse and prepare the next request already."""


def _http_session(guard: AddressGuard, contact: str) -> requests.Session:
    """Return a requests session that keeps to the guard and to itself."""
    http = _Session()
    http.trust_env = False  # no proxy, netrc or CA bundle of the environment
    http.cookies = RequestsCookieJar(DefaultCookiePolicy(allowed_domains=[]))
    http.headers.clear()
    contact = _UNSENDABLE.sub("", contact)
    http.headers.update(
        {
            "User-Agent": f"{AGENT} ({contact})" if contact else AGENT,
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "Connection": "keep-alive",
        }
    )
    for scheme in ("http://", "https://"):
        # Nothing is repeated here: the session does, which knows what answers mean.
        http.mount(scheme, GuardedAdapter(guard, pool_maxsize=POOL))
    return http


def _unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _allowed(profile: Mapping[str, Any], home: Origin) -> list[Origin]:
    return [
        origin_of(host if "//" in host else f"{home.scheme}://{host}")
        for host in profile.get("allowed_hosts") or ()
    ]


def _verify(profile: Mapping[str, Any]) -> bool | str:
    tls = profile.get("tls") or {}
    if not tls.get("verify", True):
        return False
    bundle = tls.get("ca_bundle")
    return _certificates(bundle) if bundle else True


def _certificates(path: str) -> str:
    """Return the path of a CA bundle.

    :raise SourceError: it is none; the same words whatever is there instead, as who
        writes profiles need not know the files of this server
    """
    is_bundle = False
    with suppress(OSError, ValueError):
        if os.path.isfile(path) and os.path.getsize(path) <= _LARGEST_BUNDLE:
            ssl.create_default_context().load_verify_locations(path)
            is_bundle = True
    if not is_bundle:
        raise SourceError(
            "tls.ca_bundle in the connection profile names no file with certificates on"
            " this server."
        )
    return path


def _sent_elsewhere(origin: Origin, url: str) -> str:
    return (
        f"{origin} redirects what was sent to it to {public_part(url)}. Enter that"
        " address in the connection profile if it is the source's own."
    )


def _reason(failure: BaseException) -> str:
    """Return the innermost reason in words, without objects and addresses in it."""
    seen = set()
    while id(failure) not in seen:
        seen.add(id(failure))
        inner = getattr(failure, "reason", None) or failure.__context__
        inner = inner or next(
            (a for a in failure.args if isinstance(a, Exception)), None
        )
        if not isinstance(inner, BaseException):
            break
        failure = inner
    text = re.sub(r"<[^>]*>:?|\([^()]*object at [^()]*\)", "", str(failure)).strip()
    return (text or type(failure).__name__)[:200]
