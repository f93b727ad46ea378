"""Keys of the sample sources and the check of what a request brings."""

import base64
import hmac
import threading
from dataclasses import dataclass, field

from .answers import answer, missing_scope, unauthorized

KINDS = ("header", "bearer", "basic", "query", "token", "oauth")


@dataclass
class Auth:
    """Who may read what.

    `accept` names the ways in: header (X-API-Key), bearer, basic, query (api_key),
    token (`Authorization: Token`, version 1), oauth (a token from /oauth/token).
    """

    api_key: str = "sample-api-key"
    token: str = "sample-bearer-token"
    username: str = "sample-user"
    password: str = "sample-password"
    client_id: str = "sample-client"
    client_secret: str = "sample-client-secret"
    #: Seconds that an issued token is good for.
    expires_in: int = 3600
    accept: set = field(default_factory=lambda: set(KINDS))
    #: Paths and root fields of objects that the key may not read.
    closed: set = field(default_factory=set)
    revoked: bool = False

    def __post_init__(self):
        self._lock = threading.Lock()
        self._issued = {}

    def check(self, request, now, name=""):
        """None, or the answer that turns the request away."""
        ways = self._ways(request, now)
        if self.revoked or not any(ways.get(way) for way in self.accept):
            return unauthorized()
        return missing_scope(name) if name in self.closed else None

    def _ways(self, request, now):
        kind, _blank, value = request.headers.get("Authorization", "").partition(" ")
        kind = kind.lower()
        return {
            "header": self._same(request.headers.get("X-API-Key"), self.api_key),
            "query": self._same(request.args.get("api_key"), self.api_key),
            "token": kind == "token" and self._same(value, self.api_key),
            "bearer": kind == "bearer" and self._same(value, self.token),
            "basic": kind == "basic" and self._same(value, self._basic()),
            "oauth": kind == "bearer" and self._good(value, now),
        }

    @staticmethod
    def _same(given, wanted):
        return bool(given) and hmac.compare_digest(given.encode(), wanted.encode())

    def _basic(self):
        pair = f"{self.username}:{self.password}"
        return base64.b64encode(pair.encode()).decode()

    def _good(self, token, now):
        with self._lock:
            return self._issued.get(token, 0) > now.timestamp()

    def expire_tokens(self):
        """Let every issued token be too old from now on."""
        with self._lock:
            self._issued.clear()

    def issue(self, request, now):
        """Answer a request for a token (client credentials)."""
        form = request.form
        client, secret = form.get("client_id"), form.get("client_secret")
        if request.authorization:
            client = request.authorization.username
            secret = request.authorization.password
        if form.get("grant_type") != "client_credentials":
            return answer(400, {"error": "unsupported_grant_type"})
        known = self._same(client, self.client_id)
        if not (known and self._same(secret, self.client_secret)):
            return answer(401, {"error": "invalid_client"})
        with self._lock:
            self._counter = getattr(self, "_counter", 0) + 1
            token = f"sample-issued-token-{self._counter}"
            self._issued[token] = now.timestamp() + self.expires_in
        body = {"access_token": token, "token_type": "Bearer"}
        return answer(200, {**body, "expires_in": self.expires_in})
