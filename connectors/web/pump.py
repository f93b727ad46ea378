"""Several tables of a live source at the same time."""

import queue
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...exceptions import SourceSilent
from ..base import BaseConnector, Page, SourceTable

#: How long `close` waits for calls that are under way.
CLOSE_S = 5.0
#: How long a page is waited for at least, however late it is.
LEAST_S = 0.1


@dataclass(frozen=True)
class PumpJob:
    """A table to pull, from where, and what of it."""

    table: SourceTable
    cursor: dict[str, Any] | None = None
    since: datetime | None = None


class PagePump:
    """Pulls tables in threads for one consumer.

    A table's next page is asked for when the consumer comes back for more: memory
    stays flat, and a killed pull repeats at most one page of each table. Iterating
    yields (table, Page) or (table, exception) as they come; the pages of one table
    stay in order, and its exception is the last of it.

    :param jobs: PumpJob, or tuples of what it has
    :param concurrency: tables pulled at the same time, in the order of the jobs
    :param until: see BaseConnector.stream
    """

    def __init__(
        self,
        connector: BaseConnector,
        jobs: Iterable[PumpJob | tuple],
        concurrency: int = 1,
        until: float | None = None,
    ):
        self._connector = connector
        self._until = until
        self._waited_for: list[SourceTable] = []
        self._jobs: queue.SimpleQueue[PumpJob] = queue.SimpleQueue()
        count = 0
        for job in jobs:
            self._jobs.put(job if isinstance(job, PumpJob) else PumpJob(*job))
            count += 1
        self._came: queue.SimpleQueue[tuple] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._gates: set[threading.Semaphore] = set()
        self._threads = [
            threading.Thread(target=self._work, name=f"pull-{number}", daemon=True)
            for number in range(min(max(concurrency, 1), count))
        ]
        self._is_started = False

    def __enter__(self):
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[tuple[SourceTable, Page | Exception]]:
        if self._is_started:
            raise RuntimeError("a pump runs once")
        self._is_started = True
        for thread in self._threads:
            thread.start()
        busy = len(self._threads)
        try:
            while busy:
                try:
                    table, result, taken = self._came.get(timeout=self._patience())
                except queue.Empty:
                    for table in list(self._waited_for):
                        yield table, SourceSilent(f"Nothing came of {table.object}.")
                    return
                if table is None:
                    busy -= 1
                    continue
                yield table, result
                # only now: the consumer has stored the page before the next is asked
                # for, so that a killed pull repeats one page of a table, not two
                taken.release()
        finally:
            self.close()

    def _patience(self) -> float | None:
        """Return how many seconds the next page is waited for, None for ever."""
        if self._until is None:
            return None
        return max(self._until - time.monotonic(), LEAST_S)

    def close(self) -> None:
        """Stop the threads; pages that were not taken are dropped."""
        self._stopped.set()
        for gate in list(self._gates):
            gate.release()
        end = time.monotonic() + CLOSE_S
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(end - time.monotonic(), 0))

    def _work(self) -> None:
        """Pull one table after the other."""
        try:
            while not self._stopped.is_set():
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    return
                self._pull(job)
        finally:
            self._came.put((None, None, None))

    def _pull(self, job: PumpJob) -> None:
        taken = threading.Semaphore(0)
        self._gates.add(taken)
        self._waited_for.append(job.table)
        try:
            for page in self._connector.pages(job.table, job.cursor, job.since):
                self._came.put((job.table, page, taken))
                if not self._stopped.is_set():
                    taken.acquire()
                if self._stopped.is_set():
                    return
        except Exception as error:
            self._came.put((job.table, error, taken))
        finally:
            self._gates.discard(taken)
            self._waited_for.remove(job.table)
