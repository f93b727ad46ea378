import threading
from datetime import datetime, timezone
from email.utils import formatdate

from requests.structures import CaseInsensitiveDict

from odoo.addons.crm_migration.connectors.web import resets
from odoo.addons.crm_migration.connectors.web.throttle import Throttle
from odoo.addons.crm_migration.exceptions import SourceError, SourcePaused

from .web_case import NOW, WebCase


def headers(**values):
    return CaseInsensitiveDict(
        {key.replace("_", "-"): str(value) for key, value in values.items()}
    )


class TestResets(WebCase):
    def wait(self, unit="auto", **values):
        return resets.asked_wait(headers(**values), NOW, unit)

    def test_retry_after_is_seconds_or_a_date(self):
        self.assertEqual(self.wait(Retry_After=2), 2)
        self.assertEqual(self.wait(Retry_After=" 2.5 "), 2.5)
        date = formatdate(NOW + 30, usegmt=True)
        self.assertEqual(self.wait(Retry_After=date), 30)
        past = formatdate(NOW - 30, usegmt=True)
        self.assertEqual(self.wait(Retry_After=past), 0)
        self.assertIsNone(self.wait(Retry_After="soon"))
        self.assertIsNone(self.wait())

    def test_retry_after_beats_a_reset(self):
        self.assertEqual(self.wait(Retry_After=2, X_RateLimit_Reset=40), 2)

    def test_a_reset_has_four_meanings(self):
        self.assertEqual(self.wait(X_RateLimit_Reset=int(NOW) + 30), 30)
        self.assertEqual(self.wait(X_RateLimit_Reset=int(NOW + 30) * 1000), 30)
        self.assertEqual(self.wait(X_RateLimit_Reset=30), 30)
        self.assertEqual(self.wait(RateLimit='"default";r=0;t=30'), 30)

    def test_a_profile_may_say_what_a_reset_means(self):
        self.assertEqual(self.wait("delta_ms", X_RateLimit_Reset=30_000), 30)
        self.assertEqual(self.wait("delta_s", X_RateLimit_Reset=30), 30)
        self.assertEqual(self.wait("epoch_s", X_RateLimit_Reset=int(NOW) + 9), 9)
        self.assertEqual(self.wait("epoch_ms", X_RateLimit_Reset=int(NOW) * 1000), 0)

    def test_structured_fields(self):
        both = '"burst";r=0;t=5, "daily";r=900;t=40000'
        self.assertEqual(self.wait(RateLimit=both), 5)
        old = "limit=100, remaining=0, reset=12"
        self.assertEqual(self.wait(RateLimit=old), 12)
        policy = '"default";q=100;w=60'
        self.assertEqual(
            self.wait(RateLimit='"default";r=0', RateLimit_Policy=policy), 60
        )

    def test_other_words(self):
        self.assertEqual(self.wait(X_Rate_Limit_Reset=3), 3)
        self.assertEqual(self.wait(X_HubSpot_RateLimit_Interval_Milliseconds=10000), 10)
        iso = datetime.fromtimestamp(NOW + 20, timezone.utc).isoformat()
        self.assertEqual(self.wait(RateLimit_Reset=iso.replace("+00:00", "Z")), 20)

    def test_nonsense_is_bounded(self):
        for value in ("nan", "inf", "-5", "", "x" * 1000):
            self.assertIn(self.wait(X_RateLimit_Reset=value), (0, None))
        self.assertEqual(self.wait(X_RateLimit_Reset=9e14), resets.LONGEST_S)

    def test_no_calls_left(self):
        def spent(**values):
            return resets.spent_wait(headers(**values), NOW)

        self.assertEqual(spent(X_RateLimit_Remaining=0, X_RateLimit_Reset=7), 7)
        self.assertIsNone(spent(X_RateLimit_Remaining=1, X_RateLimit_Reset=7))
        self.assertEqual(spent(X_RateLimit_Remaining=0), 1)
        self.assertEqual(spent(RateLimit='"a";r=0;t=9, "b";r=4;t=50'), 9)
        self.assertIsNone(spent(RateLimit='"a";r=3;t=9'))


class TestThrottle(WebCase):
    def throttle(self, *args, **kwargs):
        return Throttle(*args, clock=lambda: self.now, sleep=self.nap, **kwargs)

    def test_calls_are_spread_over_time(self):
        throttle = self.throttle(4)
        for _ in range(4):
            with throttle.slot():
                pass
        self.assertEqual(self.now - NOW, 0.75)

    def test_a_pause_is_not_made_up_for(self):
        throttle = self.throttle(4)
        with throttle.slot():
            self.now += 100
        for _ in range(3):
            with throttle.slot():
                pass
        self.assertEqual(self.now - NOW, 100.5)

    def test_threads_share_the_pace_and_the_number_of_calls(self):
        throttle = self.throttle(0, 2)
        inside, most, lock = set(), [0], threading.Lock()
        meeting = threading.Barrier(2, timeout=10)

        def work():
            for _ in range(5):
                with throttle.slot():
                    with lock:
                        inside.add(threading.get_ident())
                        most[0] = max(most[0], len(inside))
                    meeting.wait()
                    with lock:
                        inside.discard(threading.get_ident())
                    meeting.wait()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        self.assertEqual(most[0], 2)

    def test_the_last_call_left_lets_the_next_one_wait(self):
        self.source.answers(
            "/x",
            ({}, 200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "20"}),
            {},
        )
        session = self.session()
        session.request("GET", "/x")
        self.assertEqual(self.naps, [])
        session.request("GET", "/x")
        self.assertEqual(self.naps, [20.5])

    def test_a_reset_that_is_far_pauses_the_pull(self):
        self.source.answers(
            "/x", ({}, 200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "600"})
        )
        session = self.session()
        session.request("GET", "/x")
        error = self.refused(SourcePaused, session.request, "GET", "/x")
        self.assertAlmostEqual(error.until.timestamp(), NOW + 600, delta=1)
        self.assertEqual(
            str(error),
            "The limit of calls is used up. The pull goes on by itself at 2026-11-21"
            " 22:36 UTC; nothing has to be done.",
        )
        self.assertEqual(len(self.source.seen), 1)

    def test_429_in_every_dialect(self):
        date = formatdate(NOW + 2, usegmt=True)
        self.source.answers(
            "/x",
            ({}, 429, {"Retry-After": "2"}),
            ({}, 429, {"Retry-After": date}),
            ({}, 429, {"X-RateLimit-Reset": str(int(NOW) + 30)}),
            ({}, 429),
            {},
        )
        self.session().request("GET", "/x")
        self.assertEqual(self.naps[:2], [2, 28])
        self.assertEqual(len(self.source.seen), 5)

    def test_429_for_long_pauses(self):
        self.source.answers("/x", ({"message": "slow"}, 429, {"Retry-After": "61"}))
        error = self.refused(SourcePaused, self.session().request, "GET", "/x")
        self.assertEqual(error.until.timestamp(), NOW + 61)
        self.assertIn("wants fewer calls (429: slow). The pull goes on", str(error))

    def test_429_without_end_pauses(self):
        self.source.answers("/x", ({}, 429, {"Retry-After": "1"}))
        error = self.refused(SourcePaused, self.session().request, "GET", "/x")
        self.assertEqual(len(self.source.seen), 5)
        self.assertGreaterEqual(error.until.timestamp(), self.now + 60)

    def test_a_refusal_that_is_a_limit_in_disguise(self):
        self.source.answers(
            "/x",
            ({"code": "RATE"}, 403),
            ({}, 403, {"Retry-After": "5"}),
            ({"message": "Migration in Progress"}, 477, {"Retry-After": "9"}),
            {},
        )
        session = self.session(errors={"throttle_codes": ["rate"]})
        session.request("GET", "/x")
        self.assertEqual(self.naps[1:], [5, 9])

    def test_the_quota_of_the_day(self):
        midnight = datetime(2026, 11, 22, tzinfo=timezone.utc)
        for answer in (
            ({"policyName": "DAILY", "message": "You have reached it"}, 429),
            ({"error": {"code": "rate_limited", "policy": "daily"}}, 429),
            ({"error": {"code": "D-1"}}, 403),
            ({}, 429, {"X-HubSpot-RateLimit-Daily-Remaining": "0"}),
            ({"policyName": "DAILY"}, 429, {"Retry-After": "10"}),
        ):
            source = self.source = self.serve()
            source.answers("/x", answer)
            session = self.session(errors={"daily_codes": ["d-1"]})
            error = self.refused(SourcePaused, session.request, "GET", "/x")
            self.assertEqual(error.until, midnight)
            self.assertIn("The quota of the day is used up (4", str(error))
            self.assertIn("goes on by itself at 2026-11-22 00:00 UTC", str(error))
            self.assertEqual(len(source.seen), 1)

    def test_the_quota_of_the_day_with_its_reset(self):
        reset = {"X-RateLimit-Reset": str(int(NOW) + 7200)}
        self.source.answers("/x", ({"policyName": "DAILY"}, 429, reset))
        error = self.refused(SourcePaused, self.session().request, "GET", "/x")
        self.assertEqual(error.until.timestamp(), NOW + 7200)

    def test_a_profile_may_end_the_pull_instead(self):
        self.source.answers("/x", ({"policyName": "DAILY"}, 429))
        session = self.session(limits={"daily_pause": False})
        error = self.refused(SourceError, session.request, "GET", "/x")
        self.assertIn("Resume when the source counts anew", str(error))

    def test_all_threads_keep_quiet_after_a_429(self):
        self.source.answers("/x", ({}, 429, {"Retry-After": "30"}), {})
        self.source.answers("/y", {})
        session = self.session(limits={"concurrency": 2})
        session.request("GET", "/x")
        at = self.now
        session.request("GET", "/y")
        self.assertEqual((at, self.now), (NOW + 30, NOW + 30))
