"""How a source is told who asks: one class per kind of credential."""

import base64
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth

from ...exceptions import SourceError, SourceRefused
from .response import Response
from .secret import Vault

#: A token is renewed so long before it expires, seconds.
RENEW_BEFORE_S = 60.0
_DEFAULT_LIFE_S = 3600.0
_SENDABLE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Credential(AuthBase):
    """Signs requests to the source; the session decides which ones those are.

    This one has only the extra headers of the profile; the kinds add theirs.
    """

    #: Name of the query parameter that carries the key, if any.
    query_param = ""

    def __init__(self, auth: Mapping[str, Any], secrets: Mapping[str, str]):
        self._headers = {
            name: _PLACEHOLDER.sub(
                lambda match: secrets.get(match[1], match[0]), str(value)
            )
            for name, value in (auth.get("extra_headers") or {}).items()
        }

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers.update(self._headers)
        return request

    def hidden(self) -> list[str]:
        """Return the values that nobody may see, beside the secrets themselves."""
        return list(self._headers.values())

    def sent(self) -> list[str]:
        """Return other forms in which the secrets are sent, as secret as they are."""
        return []

    def get_ready(self) -> None:
        """Fetch what is needed before signing."""

    def renew(self, request_token: str) -> bool:
        """Tell whether a request that was refused may be signed anew, and do so."""
        return False

    @property
    def token(self) -> str:
        """What is signed with at the moment, if that changes."""
        return ""


class KeyHeader(Credential):
    """A key in a header of its own, or in Authorization behind a word."""

    def __init__(self, auth, secrets):
        super().__init__(auth, secrets)
        name = auth.get("header") or "X-API-Key"
        self._headers[name] = _prefixed(auth.get("prefix") or "", _key(secrets))


class Bearer(Credential):
    """`Authorization: Bearer <token>`, or another word than Bearer."""

    def __init__(self, auth, secrets):
        super().__init__(auth, secrets)
        name = auth.get("header") or "Authorization"
        self._headers[name] = _prefixed(auth.get("prefix") or "Bearer", _key(secrets))


class Basic(Credential):
    """User and password; a source with a key alone takes it as the user."""

    def __init__(self, auth, secrets):
        super().__init__(auth, secrets)
        user = secrets.get("username") or _key(secrets)
        password = secrets.get("password") or ""
        self._basic = HTTPBasicAuth(user.encode(), password.encode())
        self._sent = _pair(user, password)

    def __call__(self, request):
        return self._basic(super().__call__(request))

    def sent(self):
        return [self._sent]


class KeyInQuery(Credential):
    """A key among the parameters of the URL."""

    def __init__(self, auth, secrets):
        super().__init__(auth, secrets)
        self.query_param = auth.get("query_param") or "api_key"
        self._value = _key(secrets)

    def __call__(self, request):
        request = super().__call__(request)
        request.prepare_url(request.url, {self.query_param: self._value})
        return request


class ClientCredentials(Credential):
    """OAuth 2 client credentials: a token that is fetched, kept and renewed.

    :param post: sends a form to a URL without any credential, returns the Response
    :param clock: epoch seconds
    """

    def __init__(self, auth, secrets, post: Callable, vault: Vault, clock: Callable):
        super().__init__(auth, secrets)
        self._url = auth.get("token_url") or ""
        self._id = _sendable(secrets.get("client_id"), "client id")
        self._secret = _sendable(secrets.get("client_secret"), "client secret")
        self._form = {"grant_type": "client_credentials"}
        for name in ("scope", "audience"):
            if auth.get(name):
                self._form[name] = auth[name]
        self._in_header = auth.get("client_auth") == "basic"
        self._post, self._vault, self._clock = post, vault, clock
        self._lock = threading.Lock()
        self._token, self._ends = "", 0.0

    @property
    def token(self):
        return self._token

    def sent(self):
        return [_pair(self._id, self._secret)]

    def get_ready(self):
        with self._lock:
            if not self._token or self._clock() >= self._ends:
                self._fetch()

    def renew(self, request_token):
        with self._lock:
            # Another thread may have renewed it since that request was signed.
            if self._token == request_token:
                self._token = ""
        return True

    def __call__(self, request):
        request = super().__call__(request)
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def _fetch(self) -> None:
        form, auth = dict(self._form), None
        if self._in_header:
            auth = HTTPBasicAuth(self._id, self._secret)
        else:
            form.update(client_id=self._id, client_secret=self._secret)
        data = self._granted(self._post(self._url, form, auth))
        token = data.get("access_token")
        if not isinstance(token, str) or not _SENDABLE.fullmatch(token):
            raise _no_token("the answer has no access_token")
        self._vault.add(token)
        life = data.get("expires_in")
        try:
            life = float(life)
        except (TypeError, ValueError, OverflowError):
            life = _DEFAULT_LIFE_S
        # A token that lives shorter than the margin is used for half its life.
        self._ends = self._clock() + max(life - RENEW_BEFORE_S, life / 2)
        self._token = token

    def _granted(self, response: Response) -> dict:
        try:
            data = response.json()
        except ValueError:
            data = None
        data = data if isinstance(data, dict) else {}
        if response.status >= 400 or "error" in data:
            words = [data.get("error"), data.get("error_description")]
            said = ": ".join(word for word in words if word and isinstance(word, str))
            # Masked before it is cut: half a secret would not be known again.
            raise _no_token(
                f"{response.status} {self._vault.redact(said)[:200]}".strip()
            )
        return data


def _no_token(reason: str) -> SourceRefused:
    return SourceRefused(
        f"The source gives no access token ({reason}). Check token address, client id"
        " and client secret under Connection and resume."
    )


def _pair(user: str, password: str) -> str:
    """Return user and password as a header carries them."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def _prefixed(prefix: str, key: str) -> str:
    """Put a word before a key: with a blank, unless it ends in a sign of its own."""
    return f"{prefix} {key}" if prefix[-1:].isalnum() else prefix + key


def _key(secrets: Mapping[str, str]) -> str:
    return _sendable(secrets.get("api_key") or secrets.get("token"), "key")


def _sendable(value: str | None, name: str) -> str:
    """Return a secret as it can be sent; libraries name it in their complaints."""
    value = (value or "").strip()
    if not value:
        raise SourceRefused(f"No {name} is entered. Enter it under Connection.")
    if not _SENDABLE.fullmatch(value):
        raise SourceRefused(
            f"The {name} has line breaks or letters that none can have. Copy it from"
            " the source once more and enter it under Connection."
        )
    return value


KINDS: dict[str, type[Credential]] = {
    "none": Credential,
    "header": KeyHeader,
    "bearer": Bearer,
    "basic": Basic,
    "query": KeyInQuery,
}


def credential_of(
    profile: Mapping[str, Any],
    secrets: Mapping[str, str],
    post: Callable,
    vault: Vault,
    clock: Callable[[], float],
) -> Credential:
    """Return the credential of a profile.

    :raise SourceRefused: a secret is missing or cannot be sent
    """
    auth = profile.get("auth") or {}
    kind = auth.get("type") or "none"
    if kind == "oauth2_client_credentials":
        return ClientCredentials(auth, secrets, post, vault, clock)
    if kind not in KINDS:
        raise SourceError(f"The connection profile has an unknown auth.type {kind!r}.")
    return KINDS[kind](auth, secrets)
