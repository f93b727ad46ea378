"""What queries cost at a source that counts points, and when there are enough."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...exceptions import SourceError


class QueryTooDear(SourceError):
    """The query costs more than the source ever gives: ask for less at a time."""


def _number(value: Any) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < 1e15 else None


@dataclass(frozen=True)
class Cost:
    """The cost part of one answer, in points and points a second."""

    requested: float | None = None
    available: float | None = None
    maximum: float | None = None
    restore_rate: float | None = None

    @classmethod
    def of(cls, extensions: Any) -> "Cost":
        """Return the cost that an answer's extensions state, whatever they hold."""
        cost = extensions.get("cost") if isinstance(extensions, Mapping) else None
        cost = cost if isinstance(cost, Mapping) else {}
        status = cost.get("throttleStatus")
        status = status if isinstance(status, Mapping) else {}
        return cls(
            _number(cost.get("requestedQueryCost")),
            _number(status.get("currentlyAvailable")),
            _number(status.get("maximumAvailable")),
            _number(status.get("restoreRate")),
        )

    @property
    def never_fits(self) -> bool:
        """Whether waiting would not help."""
        if self.requested is None or self.maximum is None:
            return False
        return self.requested > self.maximum

    def wait(self, requested: float | None = None, elapsed: float = 0.0) -> float:
        """Return the seconds until there is enough for a query.

        :param requested: what the query costs, None for what this one did
        :param elapsed: seconds since the answer
        """
        wanted = self.requested if requested is None else requested
        if wanted is None or self.available is None or not self.restore_rate:
            return 0.0
        ceiling = self.maximum if self.maximum is not None else float("inf")
        now = min(ceiling, self.available + elapsed * self.restore_rate)
        return max(0.0, (min(wanted, ceiling) - now) / self.restore_rate)


class CostMeter:
    """Remembers what queries cost; shared by the threads of one connector."""

    def __init__(self, clock: Callable[[], float]):
        self._clock = clock
        self._lock = threading.Lock()
        self._last, self._at = Cost(), 0.0
        self._known: dict[str, float] = {}

    def learn(self, query: str, extensions: Any) -> Cost:
        """Take up what an answer says; `query` is the kind of query it answers."""
        cost = Cost.of(extensions)
        with self._lock:
            if cost.requested is not None:
                self._known[query] = cost.requested
            if cost.available is not None:
                self._last, self._at = cost, self._clock()
        return cost

    def wait_before(self, query: str) -> float:
        """Return the seconds to wait before a kind of query is sent."""
        with self._lock:
            elapsed = max(0.0, self._clock() - self._at)
            return self._last.wait(self._known.get(query), elapsed)
