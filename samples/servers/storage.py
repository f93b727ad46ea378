"""The second origin: where the files lie, reached by signed addresses only."""

import hashlib
import hmac
import threading

from flask import Response, redirect, request

from .blobs import OVER_CAP
from .hooks import new_app

_SECRET = b"sample-storage-signature"
_BLOCK = b"\0" * (1 << 20)


def _denied(code, status=403):
    text = f'<?xml version="1.0"?><Error><Code>{code}</Code></Error>'
    return Response(text, status, content_type="application/xml")


class Storage:
    """Signs addresses and serves what stands behind them."""

    def __init__(self, sources):
        self.sources = sources
        #: Seconds that a signed address is good for.
        self.lifetime = 3600
        self._lock = threading.Lock()
        self._cut = set()
        self.app = new_app(sources, "storage")
        self.app.add_url_rule("/o/<source>/<key>", view_func=self.read)
        self.app.add_url_rule("/elsewhere", view_func=self.elsewhere)

    def sign(self, source, key, fresh=False):
        """The address of a file and the moment (epoch) until which it is good.

        :param fresh: False gives what a list gives, which may be too old already
        """
        blob = self.sources.world.stores[source].blobs[key]
        life = self.lifetime if fresh or blob.behaviour != "expired" else -60
        until = int(self.sources.now().timestamp()) + life
        url = f"{self.sources.storage_url}/o/{source}/{key}"
        return f"{url}?exp={until}&sig={self._signature(source, key, until)}", until

    @staticmethod
    def _signature(source, key, until):
        text = f"{source}/{key}/{until}".encode()
        return hmac.new(_SECRET, text, hashlib.sha256).hexdigest()[:32]

    def elsewhere(self):
        """Where a redirected API call ends: a list as good as any."""
        return {"data": [], "meta": {"page": 1, "has_more": False}}

    def _refused(self, source, key):
        if "Authorization" in request.headers:
            return _denied("OnlyOneAuthMechanismAllowed", 400)
        until = request.args.get("exp", "")
        wanted = self._signature(source, key, until)
        if not hmac.compare_digest(request.args.get("sig", ""), wanted):
            return _denied("SignatureDoesNotMatch")
        if int(until) <= self.sources.now().timestamp():
            return _denied("AccessDenied")
        return None

    def read(self, source, key):
        refused = self._refused(source, key)
        if refused:
            return refused
        blob = self.sources.world.stores[source].blobs.get(key)
        if blob is None or blob.behaviour == "missing":
            return _denied("NoSuchKey", 404)
        if blob.behaviour == "other_host" and request.host.startswith("127.0.0.1"):
            # the same server under another name is another host to a client
            return redirect(request.url.replace("127.0.0.1", "localhost", 1))
        if blob.behaviour in ("over_cap", "endless"):
            return self._huge(blob)
        return self._sent(source, key, blob)

    def _sent(self, source, key, blob):
        data = blob.content()
        mime = blob.served_as or blob.mime
        if blob.behaviour == "cut" and self._first(source, key):
            headers = {"Content-Length": str(len(data)), "Connection": "close"}
            half = iter([data[: len(data) // 2]])
            return Response(half, headers=headers, mimetype=mime)
        response = Response(data, mimetype=mime)
        response.set_etag(hashlib.sha256(data).hexdigest()[:16])
        response.make_conditional(
            request, accept_ranges=True, complete_length=len(data)
        )
        if blob.behaviour == "slow":
            response.response = self._slowly(response.get_data())
        return response

    def _first(self, source, key):
        with self._lock:
            first = (source, key) not in self._cut
            self._cut.add((source, key))
            return first

    def _slowly(self, data):
        step = max(len(data) // 3, 1)
        for start in range(0, len(data), step):
            self.sources.faults.sleep(1)
            yield data[start : start + step]

    @staticmethod
    def _huge(blob):
        def blocks():
            left = OVER_CAP
            while left > 0:
                yield _BLOCK[:left]
                left -= len(_BLOCK)

        headers = {}
        if blob.behaviour == "over_cap":
            headers["Content-Length"] = str(OVER_CAP)
        return Response(blocks(), headers=headers, mimetype=blob.mime)
