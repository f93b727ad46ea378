from datetime import datetime, timedelta, timezone

from odoo.tests import BaseCase

from odoo.addons.crm_migration.connectors.web.cost import Cost, CostMeter, QueryTooDear
from odoo.addons.crm_migration.connectors.web.errors import Trouble
from odoo.addons.crm_migration.connectors.web.partial import PageFailed
from odoo.addons.crm_migration.exceptions import (
    SourcePaused,
    SourceRefused,
    SourceUnavailable,
)

from .graphql_case import STYLES, GraphQLCase, ScriptedCase, pull
from .web_case import KEY, NOW

UTC = timezone.utc


class TestThrottling(GraphQLCase):
    def whole(self, *faults, **parts):
        """Pull with faults; all records have to come, without a word."""
        for fault in faults:
            self.fault(fault)
        pulled = self.pull(self.profile(**parts))
        self.assertIsNone(pulled.error)
        self.assertEqual(set(pulled.ids), set(self.contacts))
        self.assertEqual(pulled.problems, [])
        return pulled

    def test_status_429_with_retry_after(self):
        self.whole("429:3")
        (nap,) = self.long_naps
        self.assertAlmostEqual(nap, 3, delta=1)

    def test_status_429_with_a_date(self):
        self.whole("429-date:7")
        self.assertEqual(len(self.long_naps), 1)
        self.assertAlmostEqual(self.long_naps[0], 7, delta=1)

    def test_codes_with_a_wait_in_either_spelling(self):
        self.whole("rate-limited:4", "complexity:9")
        self.assertEqual(self.long_naps[:1], [4.0])
        self.sources.faults.clear()
        self.naps.clear()
        self.whole("complexity:9")
        self.assertEqual(self.long_naps, [9.0])

    def test_points_that_are_used_up_are_waited_for(self):
        bucket = self.sources.graphql.bucket
        self.addCleanup(bucket.set, bucket.maximum, bucket.restore)
        bucket.set(15_000, 500)
        pulled = self.whole()
        self.assertEqual(len(pulled.pages), 2)
        self.assertEqual(len(self.queries()), 2)  # waited before, never refused
        self.assertTrue(self.long_naps)

    def test_a_refusal_without_a_wait_is_computed_from_the_points(self):
        self.whole("throttled")
        self.assertEqual(len(self.queries()), 3)

    def test_a_query_that_can_never_fit_is_halved(self):
        self.fault("cost-max")
        pulled = self.pull()
        self.assertEqual(set(pulled.ids), set(self.contacts))
        sizes = [body["variables"]["first"] for body in self.queries()]
        self.assertEqual(sizes[:2], [100, 50])
        self.assertEqual(set(sizes[1:]), {50})

    def test_a_single_record_that_can_never_fit(self):
        self.fault("cost-max*")
        error = self.pull().error
        self.assertIs(type(error), QueryTooDear)
        self.assertRegex(
            str(error),
            r"contacts \{ \} costs [\d.e+]+ points, and the source never gives more"
            r" than [\d.e+]+\. Take fields out of the selection in the connection"
            r" profile\.",
        )
        last = self.queries()[-1]["variables"]
        self.assertEqual((last["first"], last["nested"]), (1, 1))

    def test_the_quota_of_the_day_pauses(self):
        for fault in ("daily-limit", "daily"):
            self.sources.faults.clear()
            self.fault(fault, nth=2)
            pulled = self.pull(self.styled("relay", 60))
            self.assertIs(type(pulled.error), SourcePaused)
            self.assertIn("The quota of the day is used up", str(pulled.error))
            self.assertIn("The pull goes on by itself at 2026-11-2", str(pulled.error))
            now = datetime.fromtimestamp(self.now, UTC)
            self.assertGreater(pulled.error.until, now)
            self.assertLess(pulled.error.until, now + timedelta(hours=25))
            self.assertEqual(len(pulled.ids), 60)
            type(self).now = pulled.error.until.timestamp() + 1
            self.sources.faults.clear()
            rest = pull(
                self.open(self.styled("relay", 60)), cursor=pulled.pages[0].cursor
            )
            self.assertEqual({*pulled.ids, *rest.ids}, set(self.contacts))
        type(self).now = NOW

    def test_throttled_for_ever_pauses(self):
        self.fault("throttled*")
        self.assertIs(type(self.pull().error), SourcePaused)


class TestRefusals(GraphQLCase):
    def error(self, fault, kind):
        self.fault(fault)
        pulled = self.pull()
        self.assertIs(type(pulled.error), kind, pulled.error)
        self.assertNotIn(self.sources.auth.token, str(pulled.error))
        return str(pulled.error)

    def test_not_signed_in(self):
        for fault, said in (("unauthenticated", "Not signed in"), ("401*", "401")):
            self.sources.faults.clear()
            message = self.error(fault, SourceRefused)
            self.assertIn("The source does not accept the key", message)
            self.assertIn(said, message)
            self.assertIn("Enter a new key under Connection and resume.", message)

    def test_a_login_page(self):
        self.assertIn(
            "most likely a login page", self.error("login-html", SourceRefused)
        )

    def test_not_for_this_key(self):
        for fault, said in (
            ("forbidden", "Not for this key"),
            ("unauthorized-200", "User unauthorized to perform action"),
        ):
            self.sources.faults.clear()
            self.assertEqual(
                self.error(fault, SourceUnavailable),
                f"The key may not read contacts {{ }} ({said}). Give it the right to at"
                " the source, or leave the object out; the others go on.",
            )
        self.sources.faults.clear()
        self.assertIn("The key may not read", self.error("403", SourceUnavailable))

    def test_a_wrong_key_stops_before_the_schema(self):
        connector = self.open(secrets={"token": "wrong"})
        self.assertIs(type(pull(connector).error), SourceRefused)


class TestWhatWorksWhenAskedAgain(GraphQLCase):
    def test_passing_trouble_leaves_no_trace(self):
        for fault in ("500x2", "502-html", "503-empty", "truncated", "cut", "reset"):
            with self.subTest(fault=fault):
                self.sources.faults.clear()
                self.fault(fault)
                pulled = self.pull()
                self.assertIsNone(pulled.error)
                self.assertEqual(set(pulled.ids), set(self.contacts))
                self.assertEqual(pulled.problems, [])

    def test_lasting_trouble_ends_the_object(self):
        self.fault("503-empty*")
        error = self.pull().error
        self.assertIs(type(error), Trouble)
        self.assertIn("The source failed at contacts { } (503", str(error))

    def test_a_page_without_data_once(self):
        self.fault("data-null")
        pulled = self.pull()
        self.assertEqual(set(pulled.ids), set(self.contacts))
        self.assertEqual(pulled.problems, [])

    def test_pages_without_data_for_ever(self):
        self.fault("data-null*")
        error = self.pull().error
        self.assertIs(type(error), PageFailed)
        self.assertEqual(
            str(error),
            "The source cannot give contacts { } (Internal server error). Resume later;"
            " if it stays, show the message to the source's support.",
        )
        self.assertLess(len(self.queries()), 12)


class TestItemsThatCannotBeRead(GraphQLCase):
    def assert_only_lost(self, pulled, *lost):
        self.assertIsNone(pulled.error)
        self.assertEqual(sorted(pulled.ids), sorted(set(self.contacts) - set(lost)))
        self.assertEqual(
            [p.code for p in pulled.problems], ["corrupt_item"] * len(lost)
        )
        lines = sorted(item.line for item in pulled.items)
        self.assertEqual(lines, list(range(1, len(self.contacts) + 1)))

    def test_a_null_node_costs_itself_in_every_style(self):
        key = self.contacts[37]
        self.store.poison[key] = "node"
        for style in STYLES:
            with self.subTest(style=style):
                pulled = self.pull(self.styled(style))
                self.assert_only_lost(pulled, key)
                (problem,) = pulled.problems
                self.assertEqual((problem.value, problem.object), (key, "contact"))
                self.assertEqual(
                    problem.message,
                    f"contact at id “{key}” is set aside: the source says “Corrupt"
                    " record”",
                )

    def test_a_null_node_is_asked_for_once_by_its_id(self):
        self.fault("partial:1")
        pulled = self.pull()
        self.assert_only_lost(pulled)
        singles = [
            one for one in self.sources.requests.of("graphql") if b"node(id" in one.body
        ]
        self.assertEqual(len(singles), 1)

    def test_a_page_that_fails_is_narrowed_down_to_the_item(self):
        lost = self.contacts[37]
        self.store.poison[lost] = "page"
        for style in STYLES:
            with self.subTest(style=style):
                self.sources.requests.clear()
                pulled = self.pull(self.styled(style))
                self.assert_only_lost(pulled, lost)
                self.assertIn("Internal server error", pulled.messages[0])
                self.assertLess(len(self.sources.requests.of("graphql")), 40)

    def test_several_in_a_row_at_both_ends(self):
        rows = self.store.listing("contact", sort="updated_at")
        lost = [rows[n]["id"] for n in (0, 1, 50, 51, -2, -1)]
        self.store.poison.update(dict.fromkeys(lost, "page"))
        # one style by cursor, one by position: the others search the same way
        for style in ("relay", "offset"):
            with self.subTest(style=style):
                self.assert_only_lost(self.pull(self.styled(style)), *lost)

    def test_goes_on_in_the_middle_of_the_search(self):
        lost = self.contacts[37]
        self.store.poison[lost] = "page"
        whole = self.pull()
        for page in whole.pages[:-1:3]:
            rest = pull(self.open(), cursor=page.cursor)
            self.assertIsNone(rest.error)
            done = whole.pages[: whole.pages.index(page) + 1]
            both = [item for one in done for item in one.items] + rest.items
            ids = [getattr(item, "external_id", None) for item in both]
            self.assertEqual(sorted(filter(None, ids)), sorted(whole.ids))

    def test_a_source_that_can_read_nothing_is_broken(self):
        self.store.poison.update(dict.fromkeys(self.contacts, "page"))
        pulled = self.pull()
        self.assertIs(type(pulled.error), PageFailed)
        self.assertEqual(pulled.ids, [])

    def test_the_others_go_on_after_both_kinds(self):
        self.store.poison[self.contacts[3]] = "node"
        self.store.poison[self.contacts[90]] = "page"
        pulled = self.pull()
        self.assert_only_lost(pulled, self.contacts[3], self.contacts[90])


class TestPartialAnswers(ScriptedCase):
    def test_an_error_below_an_item_costs_only_that_part(self):
        page = self.page("1", "2")
        page["errors"] = [
            {
                "message": f"owner {KEY} is broken",
                "path": ["contacts", "edges", 1, "node", "owner"],
            }
        ]
        self.answers(page)
        pulled = self.pull()
        self.assertEqual(pulled.ids, ["1", "2"])
        (problem,) = pulled.problems
        self.assertEqual(
            (
                problem.code,
                problem.severity,
                problem.field,
                problem.value,
                problem.line,
            ),
            ("partial_item", "warning", "owner", "2", 2),
        )
        self.assertIn(
            "contact 2 came without owner: the source says “owner", problem.message
        )
        self.assertNotIn(KEY, problem.message)

    def test_an_error_without_a_place_is_said(self):
        self.answers(
            self.page(
                "1",
                errors=[{"message": "search is slow"}, {"message": "search is slow"}],
            )
        )
        pulled = self.pull()
        self.assertEqual(pulled.ids, ["1"])
        self.assertEqual(
            pulled.messages,
            [
                "The source says about contact: “search is slow”. Compare the number of"
                " records."
            ],
        )

    def test_a_null_node_whose_id_no_error_names(self):
        page = self.page("1", None, "3")
        page["errors"] = [{"message": "no", "path": ["contacts", "edges", 1, "node"]}]
        self.answers(page, self.page("1", "2", "3"), {"data": {"record": None}})
        pulled = self.pull()
        self.assertEqual(pulled.ids, ["1", "3"])
        (problem,) = pulled.problems
        self.assertEqual(problem.value, "2")
        self.assertIn("node {\n        id\n", self.bodies[1]["query"])
        self.assertEqual(self.bodies[2]["variables"], {"id": "2"})

    def test_a_null_node_that_can_be_had_alone(self):
        page = self.page("1", None)
        page["errors"] = [
            {
                "message": "no",
                "path": ["contacts", "edges", 1, "node"],
                "extensions": {"id": "2"},
            }
        ]
        record = {"id": "2", "name": "alone"}
        self.answers(page, {"data": {"record": record}})
        pulled = self.pull()
        self.assertEqual((pulled.ids, pulled.problems), (["1", "2"], []))
        self.assertEqual(pulled.records[1].data["name"], "alone")

    def test_errors_that_are_no_errors(self):
        for errors in (
            "text",
            [None, 3, {"path": ["contacts", "edges", 99]}],
            {"x": 1},
            [[]],
        ):
            self.answers(self.page("1", errors=errors))
            self.assertEqual(self.pull().ids, ["1"])

    def test_null_list_with_and_without_a_reason(self):
        lean = {"data": {"contacts": None}}
        self.answers(lean)
        error = self.pull().error
        self.assertIs(type(error), PageFailed)
        self.assertIn("the answer has no list", str(error))
        self.answers({"data": None})
        self.assertIn("the answer holds no data", str(self.pull().error))

    def test_codes_of_the_profile(self):
        errors = {"in_200": [], "throttle_codes": ["E_SLOW"], "daily_codes": ["E_DAY"]}
        slow = {"message": "x", "extensions": {"code": "E_SLOW", "retry_after": "5"}}
        self.answers({"errors": [slow]}, self.page("1"))
        self.assertEqual(self.pull(errors=errors).ids, ["1"])
        self.assertIn(5.0, self.naps)
        day = {"message": "x", "extensions": {"code": "E_DAY"}}
        self.answers({"errors": [day]})
        self.assertIs(type(self.pull(errors=errors).error), SourcePaused)

    def test_a_wait_of_more_than_a_minute_pauses(self):
        slow = {"message": "x", "extensions": {"code": "THROTTLED", "retry_after": 600}}
        self.answers({"errors": [slow]})
        error = self.pull().error
        self.assertIs(type(error), SourcePaused)
        self.assertEqual(error.until.timestamp(), self.now + 600)

    def test_no_error_shows_the_key(self):
        told = {"message": f"key {KEY} is odd"}
        for body in ({"errors": [told], "data": None}, ({"errors": [told]}, 400)):
            self.answers(body)
            self.assert_no_key(self.pull().error)


class TestCost(BaseCase):
    def cost(self, requested=600, available=100, maximum=1000, rate=50):
        status = {
            "maximumAvailable": maximum,
            "currentlyAvailable": available,
            "restoreRate": rate,
        }
        return {"cost": {"requestedQueryCost": requested, "throttleStatus": status}}

    def test_the_wait_until_there_is_enough(self):
        cost = Cost.of(self.cost())
        self.assertEqual(cost.wait(), 10)
        self.assertEqual(cost.wait(200), 2)
        self.assertEqual(cost.wait(100), 0)
        self.assertEqual(cost.wait(elapsed=4), 6)
        self.assertEqual(cost.wait(5000), 18)  # never more than until it is full
        self.assertFalse(cost.never_fits)
        self.assertTrue(Cost.of(self.cost(1001)).never_fits)

    def test_whatever_the_source_writes(self):
        for extensions in (
            None, [], "x", {}, {"cost": None}, {"cost": []}, {"cost": {}},
            self.cost("many", None, -1, "0"), self.cost(True, float("nan"), 1e300, 0),
            {"cost": {"requestedQueryCost": 5, "throttleStatus": 3}},
        ):  # fmt: skip
            cost = Cost.of(extensions)
            self.assertEqual(cost.wait(), 0)
            self.assertFalse(cost.never_fits)

    def test_a_kind_of_query_costs_what_it_did_before(self):
        now = [0.0]
        meter = CostMeter(lambda: now[0])
        self.assertEqual(meter.wait_before("page"), 0)
        meter.learn("page", self.cost(600, 100))
        meter.learn("one", self.cost(110, 100))
        self.assertEqual(meter.wait_before("page"), 10)
        self.assertEqual(meter.wait_before("one"), 0.2)
        now[0] = 6.0
        self.assertEqual(meter.wait_before("page"), 4)
        meter.learn("page", None)
        self.assertEqual(meter.wait_before("page"), 4)
