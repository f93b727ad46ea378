import copy
import io
import tempfile
import threading
import traceback
from types import SimpleNamespace

import flask
from werkzeug.serving import WSGIRequestHandler, make_server

from odoo.tests import BaseCase
from odoo.tests.common import _super_send

from odoo.addons.crm_migration.connectors.web.options import WebOptions
from odoo.addons.crm_migration.connectors.web.session import SourceSession
from odoo.addons.crm_migration.exceptions import SourceError

KEY = "k3y-7f0c2b91"
NOW = 1_795_300_000.0  # 2026-11-21 22:26:40 UTC


class QuietHandler(WSGIRequestHandler):
    def log(self, type, message, *args):
        pass


class Source:
    """A real server on loopback that keeps a record of what it was asked."""

    def __init__(self, ssl_context=None):
        self.app = flask.Flask("source")
        self.app.json.sort_keys = False
        self.seen = []
        self._answers = {}
        self.app.before_request(self._note)
        self.app.add_url_rule(
            "/<path:path>", "view", self._view, methods=["GET", "POST"]
        )
        self._server = make_server(
            "127.0.0.1",
            0,
            self.app,
            threaded=True,
            request_handler=QuietHandler,
            ssl_context=ssl_context,
        )
        self.port = self._server.server_port
        scheme = "https" if ssl_context else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.daemon = True
        self._thread.start()

    def _note(self):
        asked = flask.request
        self.seen.append(
            SimpleNamespace(
                method=asked.method,
                path=asked.path,
                args=asked.args.to_dict(),
                headers={key.lower(): value for key, value in asked.headers},
                body=asked.get_data(),
                text=f"{asked.url} {dict(asked.headers)} {asked.get_data()!r}",
            )
        )

    def answers(self, path, *answers):
        """Give these answers in turn, the last one for ever; callables are called."""
        self._answers[path] = list(answers)

    def redirects(self, path, target, status=302):
        self.answers(path, ("", status, {"Location": target}))

    def _view(self, path):
        left = self._answers.get(f"/{path}")
        if left is None:
            return {"error": "no such path"}, 404
        answer = left.pop(0) if len(left) > 1 else left[0]
        return answer() if callable(answer) else answer

    def asked(self, path=""):
        return [asked for asked in self.seen if asked.path.startswith(path)]

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class WebCase(BaseCase):
    """Opens sessions to servers on loopback; time passes only when something naps."""

    @classmethod
    def _request_handler(cls, s, r, /, **kw):
        # Every server here is on loopback; some go by a name, some time out.
        return _super_send(s, r, **kw)

    def setUp(self):
        super().setUp()
        self.now = NOW
        self.naps = []
        self.source = self.serve()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def serve(self, **kwargs):
        source = Source(**kwargs)
        self.addCleanup(source.close)
        return source

    def nap(self, seconds):
        self.naps.append(seconds)
        self.now += seconds

    def options(self, **kwargs):
        kwargs.setdefault("allow_private", True)
        return WebOptions(sleep=self.nap, clock=lambda: self.now, **kwargs)

    def profile(self, **parts):
        profile = {
            "transport": "rest",
            "base_url": self.source.url,
            "auth": {"type": "header", "header": "X-API-Key"},
            "limits": {"max_rps": 0, "timeout_s": 5},
            "objects": {},
        }
        profile.update(copy.deepcopy(parts))
        return profile

    def session(self, secrets=None, options=None, **parts):
        session = SourceSession(
            self.profile(**parts),
            secrets or {"api_key": KEY},
            options or self.options(),
        )
        self.addCleanup(session.close)
        return session

    def refused(self, kind, call, *args, **kwargs):
        """Return the exception of a call; no trace of it may hold the key."""
        try:
            call(*args, **kwargs)
        except SourceError as error:
            self.assertIs(type(error), kind, error)
            self.assert_no_key(error)
            return error
        self.fail(f"{kind.__name__} not raised")

    def assert_no_key(self, error, key=KEY):
        out = io.StringIO()
        traceback.print_exception(error, file=out)
        linked, seen = error, []
        while linked is not None and linked not in seen:
            seen.append(linked)
            out.write(f"{linked} {linked!r} {linked.args}")
            linked = linked.__cause__ or linked.__context__
        self.assertNotIn(key, out.getvalue())
