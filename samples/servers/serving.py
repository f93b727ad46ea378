"""Threaded servers on loopback, quiet, with a log of the requests they got."""

import threading
from dataclasses import dataclass

from flask import request
from werkzeug.serving import WSGIRequestHandler, make_server

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Received:
    """One request as a server got it; header names are lower case."""

    server: str
    method: str
    path: str
    query: dict
    headers: dict
    body: bytes

    def holds(self, secret):
        """Whether the secret stands anywhere in the request."""
        places = [self.path, *self.headers.values(), *self.query.values()]
        return any(secret in str(p) for p in places) or secret.encode() in self.body


class Log(list):
    """Received requests in the order they came; appending is safe in threads."""

    def of(self, server, path=""):
        """The requests of one server whose path begins with `path`."""
        return [r for r in list(self) if r.server == server and r.path.startswith(path)]

    def watch(self, app, server):
        """Let an app note each request before anything else happens to it."""

        def note():
            self.append(
                Received(
                    server,
                    request.method,
                    request.path,
                    request.args.to_dict(),
                    {name.lower(): value for name, value in request.headers},
                    request.get_data(),
                )
            )

        app.before_request_funcs.setdefault(None, []).insert(0, note)


class _Handler(WSGIRequestHandler):
    # head and body are written apart: without this a reader waits 40 ms for the body
    disable_nagle_algorithm = True
    # a connection that is kept open and not used ends with its thread
    timeout = 60

    def connection_dropped(self, error, environ=None):
        # or it would wait for the next request on a connection that is gone
        self.close_connection = True

    def log(self, type, message, *args):
        """Keep the terminal quiet."""


class Server:
    """One app on one port, in a thread of its own."""

    def __init__(self, app, port=0):
        self._server = make_server(
            HOST, port, app, threaded=True, request_handler=_Handler
        )
        self.port = self._server.server_port
        self.url = f"http://{HOST}:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self._thread.daemon = True

    def start(self):
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
