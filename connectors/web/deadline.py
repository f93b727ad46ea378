"""The time that a whole answer may take, however slowly it trickles.

The timeout of a socket is for one read: a source that sends a byte now and then never
reaches it. Here a timer shuts the connection down, which wakes whoever reads from it.
"""

import socket
import threading
import time
from contextlib import suppress

#: How many timeouts the head of an answer may take, and its body.
HEAD = 2
BODY = 10
#: Bytes that count as progress.
_PROGRESS = 64 * 1024
NAME = "answer deadline"


class OutOfTime(TimeoutError):
    """An answer took longer than `seconds`, counted from its last progress."""

    def __init__(self, seconds: float):
        super().__init__(f"not whole after {seconds:g} s")
        self.seconds = seconds


class Deadline:
    """Lets reading from a socket end after so many seconds; a context manager.

    What was read until then looks like an answer that the source ended, so the block
    ends with OutOfTime whatever else came of it. Nothing is shut down after `stop`:
    a connection may be given to another call then.

    `due` is when time is up, on the monotonic clock.
    """

    def __init__(self, sock: socket.socket, seconds: float):
        self.seconds = seconds
        self.due = time.monotonic() + seconds
        self._sock = sock
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._is_over = self._has_passed = False
        self._unseen = 0

    def __enter__(self) -> "Deadline":
        self.due = time.monotonic() + self.seconds
        with self._lock:
            self._wait(self.seconds)
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _at: object) -> None:
        self.stop()
        if self._has_passed and (error is None or isinstance(error, Exception)):
            raise OutOfTime(self.seconds) from None

    def progress(self, count: int) -> None:
        """Begin to count the seconds anew once enough bytes have come."""
        self._unseen += count
        if self._unseen >= _PROGRESS:
            self._unseen = 0
            self.due = time.monotonic() + self.seconds

    def stop(self) -> None:
        """Watch no longer; what has passed has passed."""
        with self._lock:
            self._is_over = True
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
            timer.join()

    def _wait(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._look)
        self._timer.name, self._timer.daemon = NAME, True
        self._timer.start()

    def _look(self) -> None:
        with self._lock:
            if self._is_over:
                return
            left = self.due - time.monotonic()
            if left > 0:
                self._wait(left)
                return
            self._has_passed = True
            # Not the method of a TLS socket: it would let the reader go on without
            # TLS. The source may have closed the connection before.
            with suppress(OSError):
                socket.socket.shutdown(self._sock, socket.SHUT_RDWR)
