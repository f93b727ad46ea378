"""How often a source is called, shared by all threads that call it."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone

from ...exceptions import SourceError, SourcePaused
from .resets import next_midnight, spent_today, spent_wait

#: Longer waits are not slept through: the pull ends here and goes on later.
LONGEST_NAP_S = 60.0
#: Servers give their reset in whole seconds, cut off rather than rounded up.
_GRACE_S = 0.5


class Throttle:
    """Lets calls through at the pace that profile and source allow.

    :param max_rps: calls a second, 0 for no limit
    :param concurrency: calls under way at the same time
    :param clock: epoch seconds
    """

    def __init__(
        self,
        max_rps: float = 0,
        concurrency: int = 1,
        *,
        reset_unit: str = "auto",
        daily_pause: bool = True,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], object] = time.sleep,
    ):
        self.clock = clock
        self.reset_unit = reset_unit
        self.daily_pause = daily_pause
        self._interval = 1 / max_rps if max_rps else 0.0
        self._calls = threading.BoundedSemaphore(max(1, concurrency))
        self._lock = threading.Lock()
        self._closed = threading.Event()
        # A real wait ends at once when the session is closed.
        self._sleep = self._closed.wait if sleep is time.sleep else sleep
        self._next = 0.0  # when the next call may start, by max_rps
        self._quiet_until = 0.0  # nobody calls before, by what the source said

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Wait for a turn; hold it while the call is under way.

        :raise SourcePaused: the turn is more than a minute away
        """
        with self._calls:
            self.nap(self._turn())
            yield

    def _turn(self) -> float:
        """Take the next turn; return the seconds until it comes."""
        with self._lock:
            now = self.clock()
            if self._quiet_until - now > LONGEST_NAP_S:
                raise paused("The limit of calls is used up.", self._quiet_until)
            start = max(now, self._next, self._quiet_until)
            self._next = start + self._interval
            return start - now

    def nap(self, seconds: float) -> None:
        """Sleep; raise SourceError if the session was closed meanwhile."""
        if seconds > 0:
            self._sleep(seconds)
        if self._closed.is_set():
            raise SourceError("The connection to the source was closed.")

    def quiet(self, seconds: float) -> None:
        """Let nobody call for so many seconds."""
        with self._lock:
            self._quiet_until = max(self._quiet_until, self.clock() + seconds)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take up what the headers of an answer say about the calls left."""
        now = self.clock()
        wait = spent_wait(headers, now, self.reset_unit)
        if wait:
            self.quiet(wait + _GRACE_S)
        if spent_today(headers) and self.daily_pause:
            self.quiet(next_midnight(now).timestamp() - now)

    def close(self) -> None:
        """Wake and stop whoever waits."""
        self._closed.set()


def paused(reason: str, until: float) -> SourcePaused:
    """Return the exception for a wait that is too long to sleep through."""
    moment = datetime.fromtimestamp(until, timezone.utc)
    return SourcePaused(
        f"{reason} The pull goes on by itself at {moment:%Y-%m-%d %H:%M} UTC; nothing"
        " has to be done.",
        moment,
    )
