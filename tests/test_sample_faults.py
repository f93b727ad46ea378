from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import requests

from .samples_case import SamplesCase


class TestFaults(SamplesCase):
    def test_refusals_have_the_documented_bodies(self):
        for fault, status, code in (
            ("400", 400, "validation_error"),
            ("422", 422, "validation_error"),
            ("401", 401, "unauthorized"),
            ("403", 403, "missing_scope"),
            ("404", 404, "not_found"),
            ("405", 405, "method_not_allowed"),
            ("410", 410, "gone"),
            ("409", 409, "locked"),
            ("423", 423, "locked"),
            ("425", 425, "locked"),
            ("500", 500, "internal_error"),
            ("504", 504, "timeout"),
        ):
            answer = self.fail(fault)
            self.assertEqual(answer.status_code, status, fault)
            self.assertEqual(answer.json()["error"]["code"], code, fault)
        self.assertIn("work_status", self.fail("400-rails").json()["errors"])

    def test_limit_tells_the_wait_in_each_known_way(self):
        now = datetime.now(timezone.utc).timestamp()

        def headers(fault):
            answer = self.fail(fault)
            self.assertEqual(answer.status_code, 429)
            self.assertEqual(answer.json()["error"]["policy"], "burst")
            return answer.headers

        self.assertEqual(headers("429:7")["Retry-After"], "7")
        moment = parsedate_to_datetime(headers("429-date:60")["Retry-After"])
        self.assertAlmostEqual(moment.timestamp(), now + 60, delta=30)
        none = headers("429-none")
        self.assertNotIn("Retry-After", none)
        self.assertNotIn("X-RateLimit-Reset", none)
        reset = int(headers("429-reset-epoch:60")["X-RateLimit-Reset"])
        self.assertAlmostEqual(reset, now + 60, delta=30)
        self.assertEqual(headers("429-reset-delta:60")["X-RateLimit-Reset"], "60")
        reset = int(headers("429-reset-ms:60")["X-RateLimit-Reset"])
        self.assertAlmostEqual(reset / 1000, now + 60, delta=30)
        structured = headers("429-structured:30")
        self.assertEqual(structured["RateLimit"], '"default";r=0;t=30')

    def test_limit_of_the_day_is_told_apart(self):
        answer = self.fail("daily:3600")
        self.assertEqual(answer.json()["error"]["policy"], "daily")
        self.assertEqual(answer.headers["Retry-After"], "3600")
        self.assertEqual(self.fail("daily-hubspot").json()["policyName"], "DAILY")
        hubspot = self.fail("429-hubspot")
        self.assertEqual(hubspot.json()["policyName"], "TEN_SECONDLY_ROLLING")
        self.assertNotIn("Retry-After", hubspot.headers)

    def test_twice_an_error_then_right(self):
        statuses = [self.fail("500x2").status_code for _n in range(3)]
        self.assertEqual(statuses, [500, 500, 200])

    def test_bodies_that_are_no_list(self):
        proxy = self.fail("502-html")
        self.assertEqual(proxy.status_code, 502)
        self.assertIn("text/html", proxy.headers["Content-Type"])
        empty = self.fail("503-empty")
        self.assertEqual((empty.status_code, empty.content), (503, b""))
        login = self.fail("login-html")
        self.assertEqual(login.status_code, 200)
        self.assertIn("text/html", login.headers["Content-Type"])
        nothing = self.fail("204")
        self.assertEqual((nothing.status_code, nothing.content), (204, b""))
        self.assertEqual(self.fail("null-data").json(), {"data": None})

    def test_errors_inside_an_answer_of_200(self):
        for fault, code in (("success-false", 106), ("success-false:107", 107)):
            answer = self.fail(fault)
            self.assertEqual(answer.status_code, 200)
            self.assertIs(answer.json()["success"], False)
            self.assertEqual(answer.json()["error"]["code"], code)

    def test_truncated_json_is_whole_http(self):
        answer = self.fail("truncated")
        self.assertEqual(len(answer.content), int(answer.headers["Content-Length"]))
        with self.assertRaises(ValueError):
            answer.json()

    def test_broken_connections(self):
        with self.assertRaises(requests.exceptions.ChunkedEncodingError):
            self.fail("cut")
        with self.assertRaisesRegex(requests.ConnectionError, "reset by peer"):
            self.fail("reset")
        self.assertEqual(self.get("/api/v2/contacts").status_code, 200)

    def test_bytes_that_are_not_utf_8(self):
        with self.assertRaises(UnicodeDecodeError):
            self.fail("latin").content.decode()

    def test_part_of_a_page_fails(self):
        whole = self.get("/api/v2/contacts").json()["data"]
        answer = self.fail("207")
        self.assertEqual(answer.status_code, 207)
        self.assertEqual(len(answer.json()["data"]), len(whole) - 1)
        self.assertEqual(answer.json()["errors"][0]["id"], whole[-1]["id"])
        self.assertEqual(self.fail("corrupt").json()["data"][-1], "corrupt")

    def test_slow_answer_is_right_in_the_end(self):
        self.assertEqual(self.fail("slow:3").status_code, 200)
        self.assertEqual(self.naps, [3.0])

    def test_call_is_redirected_elsewhere(self):
        target = self.fail("redirect").headers["Location"]
        self.assertTrue(target.startswith(self.sources.storage_url))
        self.assertEqual(self.session.get(target).json()["data"], [])
        target = self.fail("redirect-loop").headers["Location"]
        self.assertIn("/api/v2/contacts?loop=1", target)
        self.assertIn("169.254", self.fail("redirect-private").headers["Location"])

    def test_unknown_fault_is_no_silence(self):
        self.assertEqual(self.fail("nonsense").json()["error"]["code"], "unknown_fault")
        with self.assertRaises(ValueError):
            self.sources.faults.add("nonsense")


class TestSchedule(SamplesCase):
    def statuses(self, *paths):
        return [self.get(f"/api/v2/{path}").status_code for path in paths]

    def test_key_is_refused_from_the_third_request_on(self):
        self.sources.faults.schedule([(3, "401*")])
        self.assertEqual(
            self.statuses("users", "tags", "deals", "tasks"), [200, 200, 401, 401]
        )

    def test_one_object_fails_by_its_path(self):
        self.sources.faults.schedule([("/equipment$", "404*"), ("/files", "429:1x2")])
        found = self.statuses("equipment", "files", "files", "files", "equipment")
        self.assertEqual(found, [404, 429, 429, 200, 404])

    def test_first_rule_that_is_due_wins_and_others_wait(self):
        faults = self.sources.faults
        rule = faults.add("503-empty", path="/deals", nth=2)
        faults.add("410", path="/deals", nth=3)
        self.assertEqual(self.statuses(*["deals"] * 4), [200, 503, 410, 200])
        self.assertEqual((rule.seen, rule.struck), (4, 1))

    def test_one_operation_of_graphql_fails_by_its_name(self):
        self.sources.faults.add("data-null", operation="Deals")
        self.sources.faults.add("throttled", operation="leads")
        deals = "query Deals {deals(first:1){nodes{id}}}"
        self.data("{contacts(first:1){nodes{id}}}")
        self.assertIsNone(self.query(deals).json()["data"])
        self.data(deals)
        errors = self.query("{leads(first:1){nodes{id}}}").json()["errors"]
        self.assertEqual(errors[0]["extensions"]["code"], "THROTTLED")


class TestDrift(SamplesCase):
    shared = False

    def walk(self, fault):
        """Ids of the contacts, the world changing before page 2."""
        self.sources.faults.add(fault, path="/contacts", nth=2)
        return self.ids(self.pull("/api/v2/contacts", sort="updated_at"))

    def test_changed_record_comes_twice_and_hides_another(self):
        before = self.ids(self.pull("/api/v2/contacts", sort="updated_at"))
        found = self.walk("drift-update")
        self.assertEqual(found[-1], before[0])
        self.assertEqual(set(before) - set(found), {before[100]})

    def test_deleted_record_hides_another(self):
        before = self.ids(self.pull("/api/v2/contacts", sort="updated_at"))
        found = self.walk("drift-delete")
        self.assertEqual(set(before) - set(found), {before[100]})
        self.assertEqual(self.get(f"/api/v2/contacts/{before[0]}").status_code, 404)

    def test_new_record_comes_last(self):
        before = self.ids(self.pull("/api/v2/contacts", sort="updated_at"))
        found = self.walk("drift-create")
        self.assertEqual(found[:-1], before)

    def test_page_may_repeat_the_last_record_of_the_one_before(self):
        found = self.walk("duplicate")
        self.assertEqual(found[99], found[100])
        self.assertEqual(len(set(found)), 200)

    def test_changes_at_run_time_are_found_by_those_who_ask_since(self):
        store = self.sources.world.road_runner
        newest = max(row["updated_at"] for row in self.pull("/api/v2/deals"))
        store.update("deal", "dl_5", name="Changed")
        new = store.create("deal", name="New")
        store.delete("deal", "dl_6")
        rows = self.pull(
            "/api/v2/deals",
            sort="updated_at",
            updated_since=newest,
            include_deleted="true",
        )
        self.assertEqual(self.ids(rows)[-3:], ["dl_5", new, "dl_6"])
        self.assertTrue(rows[-1]["deleted_at"])

    def test_one_unreadable_record_fails_its_page_only(self):
        self.sources.world.road_runner.poison["ct_57"] = "page"
        statuses = [
            self.get("/api/v2/contacts", page=n, per_page=20).status_code
            for n in (2, 3, 4)
        ]
        self.assertEqual(statuses, [200, 500, 200])
        self.assertEqual(self.get("/api/v2/contacts/ct_57").status_code, 500)
        self.sources.world.road_runner.poison["ct_57"] = "node"
        page = self.get("/api/v2/contacts", page=3, per_page=20).json()["data"]
        self.assertIsNone(page[16])
