import threading
import time

from odoo.addons.crm_migration.connectors.base import Page, SourceTable
from odoo.addons.crm_migration.connectors.web.pump import PagePump, PumpJob
from odoo.addons.crm_migration.exceptions import (
    SourceRefused,
    SourceSilent,
    SourceUnavailable,
)

from .web_case import WebCase

WAIT = 10


class Slow:
    """A connector whose pages come when the test lets them."""

    def __init__(self, **pages):
        self.left = pages
        self.made = {name: 0 for name in pages}
        self.gates = {name: threading.Semaphore(0) for name in pages}
        self.reached = threading.Condition()
        self.inside, self.most = 0, 0

    def pages(self, table, cursor, since):
        name = table.object
        with self.reached:
            self.inside += 1
            self.most = max(self.most, self.inside)
        try:
            for number in range((cursor or {}).get("page", 0), self.left[name]):
                if not self.gates[name].acquire(timeout=WAIT):
                    raise AssertionError(f"{name} waits for ever")
                with self.reached:
                    self.made[name] = number + 1
                    self.reached.notify_all()
                yield Page((f"{name}{number}",), {"page": number + 1})
        finally:
            with self.reached:
                self.inside -= 1

    def open(self, name, count=1000):
        for _ in range(count):
            self.gates[name].release()

    def wait_for(self, name, number):
        with self.reached:
            done = self.reached.wait_for(lambda: self.made[name] >= number, WAIT)
        assert done, f"{name} made {self.made[name]}, not {number}"


def table(name):
    return SourceTable(name, "", ())


class TestPump(WebCase):
    def pump(self, connector, names, concurrency, cursor=None):
        jobs = [PumpJob(table(name), cursor) for name in names]
        pump = PagePump(connector, jobs, concurrency)
        self.addCleanup(pump.close)
        return pump

    def test_pages_of_a_table_stay_in_order(self):
        connector = Slow(a=20, b=20, c=20)
        for name in "abc":
            connector.open(name)
        came = {"a": [], "b": [], "c": []}
        for source, page in self.pump(connector, "abc", 2):
            came[source.object] += page.items
        for name, items in came.items():
            self.assertEqual(items, [f"{name}{number}" for number in range(20)])
        self.assertEqual(connector.most, 2)

    def test_pages_come_as_they_arrive(self):
        connector = Slow(slow=1, fast=3)
        connector.open("fast")
        pump = iter(self.pump(connector, ["slow", "fast"], 2))
        names = [next(pump)[0].object for _ in range(3)]
        self.assertEqual(names, ["fast"] * 3)
        connector.open("slow")
        self.assertEqual([source.object for source, _page in pump], ["slow"])

    def test_no_page_is_asked_for_before_the_one_before_is_stored(self):
        connector = Slow(a=50)
        connector.open("a")
        pump = iter(self.pump(connector, "a", 1))
        for taken in range(1, 10):
            _source, page = next(pump)
            self.assertEqual(page.items, (f"a{taken - 1}",))
            self.assertEqual(connector.made["a"], taken)

    # pylint: disable-next=missing-return
    def test_an_exception_is_the_last_of_its_table_only(self):
        class Failing(Slow):
            def pages(self, table, cursor, since):
                yield from super().pages(table, cursor, since)
                if table.object == "bad":
                    raise SourceUnavailable("not there")

        connector = Failing(bad=2, good=3)
        connector.open("bad")
        connector.open("good")
        came = [
            (source.object, result)
            for source, result in self.pump(connector, ["bad", "good"], 1)
        ]
        self.assertEqual([name for name, _result in came], ["bad"] * 3 + ["good"] * 3)
        self.assertIsInstance(came[2][1], SourceUnavailable)

    def test_closing_stops_the_threads(self):
        connector = Slow(a=50, b=50, c=50)
        for name in "abc":
            connector.open(name)
        pump = self.pump(connector, "abc", 2)
        pages = iter(pump)
        next(pages)
        pages.close()
        self.assertFalse(any(thread.is_alive() for thread in pump._threads))
        self.assertEqual(connector.inside, 0)
        self.assertEqual(connector.made["c"], 0)

    def test_a_consumer_that_fails_stops_the_threads(self):
        connector = Slow(a=50, b=50)
        connector.open("a")
        connector.open("b")
        with self.assertRaisesRegex(ZeroDivisionError, "by zero"):
            with self.pump(connector, "ab", 2) as pump:
                for _source, _page in pump:
                    raise ZeroDivisionError("by zero")
        self.assertFalse(any(thread.is_alive() for thread in pump._threads))

    def test_a_cursor_goes_on(self):
        connector = Slow(a=5)
        connector.open("a")
        pump = self.pump(connector, "a", 1, {"page": 3})
        self.assertEqual([page.items[0] for _table, page in pump], ["a3", "a4"])

    def test_jobs_may_be_tuples(self):
        connector = Slow(a=1)
        connector.open("a")
        pump = PagePump(connector, [(table("a"), None, None)], 4)
        self.assertEqual(len(list(pump)), 1)

    def test_nothing_to_pull(self):
        self.assertEqual(list(PagePump(Slow(), [], 4)), [])

    def test_a_run_may_be_ended_by_one_table(self):
        class Failing(Slow):
            def pages(self, table, cursor, since):
                raise SourceRefused("no key")

        for _source, result in self.pump(Failing(a=1, b=1), "ab", 2):
            self.assertIsInstance(result, SourceRefused)
            break

    def test_what_is_silent_when_time_is_up_is_named(self):
        connector = Slow(done=2, slow=2, late=1)
        connector.open("done")
        self.addCleanup(connector.open, "slow")
        jobs = [PumpJob(table(name)) for name in connector.left]
        pump = PagePump(connector, jobs, 1, time.monotonic() + 1)
        came = [(source.object, result) for source, result in pump]
        self.assertEqual([name for name, _result in came], ["done", "done", "slow"])
        self.assertIsInstance(came[-1][1], SourceSilent)
        self.assertEqual(connector.made["late"], 0)

    def test_pages_that_come_in_time_are_waited_for(self):
        connector = Slow(a=2)
        threading.Timer(0.3, connector.open, ["a"]).start()
        pump = PagePump(connector, [PumpJob(table("a"))], 1, time.monotonic() + WAIT)
        self.assertEqual([page.items for _table, page in pump], [("a0",), ("a1",)])
