import os
import socket
import ssl
import threading
import time
from unittest.mock import patch

from odoo.addons.crm_migration.connectors.web import guard
from odoo.addons.crm_migration.connectors.web.deadline import NAME, Deadline, OutOfTime
from odoo.addons.crm_migration.connectors.web.download import FileCutOff, download
from odoo.addons.crm_migration.connectors.web.errors import Trouble

from .web_case import WebCase

#: Seconds between the drops.
DROP = 0.005
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class Trickle:
    """A raw server that sends a part at once and the rest in drops, for ever."""

    def __init__(self, at_once, drop):
        self.at_once, self.drop = at_once, drop
        self.calls = 0
        self.is_over = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()

    def _serve(self):
        while True:
            try:
                line, _address = self._socket.accept()
            except OSError:
                return
            self.calls += 1
            one = threading.Thread(target=self._answer, args=(line,), daemon=True)
            self._threads.append(one)
            one.start()

    def _answer(self, line):
        with line:
            try:
                line.recv(65536)
                line.sendall(self.at_once)
                while not self.is_over.wait(DROP):
                    line.sendall(self.drop)
            except OSError:
                return

    def close(self):
        self.is_over.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join()


class TestTrickle(WebCase):
    """A source that always sends something and never an answer."""

    LIMITS = {"max_rps": 0, "timeout_s": 10, "max_retries": 1}

    def setUp(self):
        super().setUp()
        for name in ("HEAD", "BODY"):
            patcher = patch.object(guard, name, 0.02)
            patcher.start()
            self.addCleanup(patcher.stop)

    def trickle(self, at_once, drop=b"x"):
        server = Trickle(at_once, drop)
        self.addCleanup(server.close)
        return server

    def assert_no_timers(self):
        left = [one.name for one in threading.enumerate() if one.name == NAME]
        self.assertEqual(left, [])

    def assert_times_out(self, server):
        session = self.session(base_url=server.url, limits=self.LIMITS)
        error = self.refused(Trouble, session.request, "GET", "/contacts")
        self.assertEqual(error.kind, "timeout")
        self.assertRegex(
            str(error),
            r"The source took longer than (0\.2|10) s for GET /contacts. Lower the page"
            " size or raise timeout_s",
        )
        self.assert_no_timers()

    def test_the_head(self):
        self.assert_times_out(self.trickle(OK + b"X-Slow: "))

    def test_heads_that_never_end(self):
        drop = b"HTTP/1.1 100 Continue\r\n\r\n"
        self.assert_times_out(self.trickle(b"", drop))

    def test_a_body(self):
        head = OK + b"Content-Length: 100000\r\n\r\n[1"
        self.assert_times_out(self.trickle(head, b" "))

    def test_a_body_that_ends_with_the_connection(self):
        """What came is whole JSON: only the clock tells that it is not the answer."""
        for word in (b"", b"Connection: close\r\n"):
            server = self.trickle(OK + word + b"\r\n[1, 2]", b" ")
            self.assert_times_out(server)

    def test_a_body_in_chunks(self):
        head = OK + b"Transfer-Encoding: chunked\r\n\r\n"
        self.assert_times_out(self.trickle(head, b"1\r\n1\r\n"))

    def test_the_words_of_an_error(self):
        head = b"HTTP/1.1 500 Oh\r\nContent-Length: 9999\r\n\r\n"
        self.assert_times_out(self.trickle(head))

    def test_a_file(self):
        head = OK + b'ETag: "1"\r\nTransfer-Encoding: chunked\r\n\r\n'
        server = self.trickle(head, b"1\r\n1\r\n")
        session = self.session(base_url=server.url, limits=self.LIMITS)
        target = os.path.join(self.folder, "file")
        error = self.refused(FileCutOff, download, session, "/file", target)
        self.assertIn("took longer than", str(error))
        self.assert_no_timers()


class TestDeadline(WebCase):
    def pair(self):
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        return ours, theirs

    def test_nothing_is_shut_down_after_the_end(self):
        ours, theirs = self.pair()
        with Deadline(ours, 0.02) as deadline:
            deadline.stop()
            time.sleep(0.05)
        theirs.sendall(b"x")
        self.assertEqual(ours.recv(1), b"x")

    def test_who_reads_is_woken(self):
        ours, _theirs = self.pair()
        with self.assertRaisesRegex(OutOfTime, "not whole after 0.02 s"):
            with Deadline(ours, 0.02):
                self.assertEqual(ours.recv(1), b"")

    def test_progress_counts_from_64_kib_on(self):
        with Deadline(self.pair()[0], 60) as deadline:
            due = deadline.due
            deadline.progress(1000)
            self.assertEqual(deadline.due, due)
            deadline.progress(64 * 1024)
            self.assertGreater(deadline.due, due)

    def test_a_connection_goes_back_unwatched(self):
        self.source.answers("/contacts", {"data": [1]})
        session = self.session()
        session.request("GET", "/contacts")
        self.assertNotIn(NAME, [one.name for one in threading.enumerate()])
        pool = session.transport._http.get_adapter(
            self.source.url
        ).poolmanager.connection_from_url(self.source.url)
        connection = pool._get_conn()
        with Deadline(connection.sock or self.pair()[0], 60) as deadline:
            connection.deadline = deadline
            pool._put_conn(connection)
            self.assertNotIn(NAME, [one.name for one in threading.enumerate()])

    def test_the_reader_of_a_tls_socket_does_not_go_on_without_tls(self):
        ours, theirs = self.pair()
        context = ssl.create_default_context()
        tls = context.wrap_socket(
            ours, server_hostname="x.test", do_handshake_on_connect=False
        )
        self.addCleanup(tls.close)
        theirs.sendall(b"plain")
        with self.assertRaises(OutOfTime):
            with Deadline(tls, 0.02):
                time.sleep(0.05)
                with self.assertRaises(OSError):
                    tls.recv(5)
