"""The way of a deal through its stages, as Odoo itself tells it afterwards."""

from datetime import datetime, timezone
from itertools import pairwise

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.crm_migration.samples.servers.common import opaque

from .live_case import LiveCase

DAY = "2025-03-04T10:00:00Z"


def moment(text):
    """Return an ISO text of the sample world as Odoo stores it."""
    aware = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return aware.astimezone(timezone.utc).replace(tzinfo=None)


def seconds_in_stages(history, now):
    """Return ``{source stage: seconds}`` of a source's own list of visits."""
    visits = [(item["stage_id"], moment(item["entered_at"])) for item in history]
    visits.append((None, now))
    spent = {}
    for (stage, entered), (_next, left) in pairwise(visits):
        spent[stage] = spent.get(stage, 0) + (left - entered).total_seconds()
    return spent


class LiveHistory:
    """What Odoo computes by itself, against the world behind the sample servers."""

    store = ""
    #: the sample deal whose history ends in another stage than its present one
    moved = ""

    @property
    def deals(self):
        world = getattr(self.sources.world, self.store)
        found = {}
        for deal in world.listing("deal"):
            lead = self.target(self.project, "deal", deal["id"])
            if lead and deal["id"] != self.moved:
                found[deal["id"]] = (deal, lead)
        return found

    def born(self, deal):
        """Return when the deal was created, or the lead that it was before."""
        world = getattr(self.sources.world, self.store)
        leads = [
            lead["created_at"]
            for lead in (world.listing("lead") if "lead" in world.tables else ())
            if (lead["converted_deal"] or {}).get("id") == deal["id"]
        ]
        return min(map(moment, [deal["created_at"], *leads]))

    def stage_of(self, source_id):
        return self.target(self.project, "stage", source_id)

    def test_time_in_each_stage_is_that_of_the_source(self):
        now = self.env.cr.now()
        self.assertGreater(len(self.deals), 80)
        for deal, lead in self.deals.values():
            spent = seconds_in_stages(deal["stage_history"], now)
            expected = {self.stage_of(key).id: time for key, time in spent.items()}
            found = {int(k): v for k, v in lead.duration_tracking.items() if int(k)}
            self.assertEqual(set(found), set(expected), deal["id"])
            for stage, time in expected.items():
                self.assertAlmostEqual(found[stage], time, delta=1, msg=deal["id"])

    def test_days_to_close_and_to_assign_are_those_of_the_source(self):
        closed = 0
        for deal, lead in self.deals.values():
            created = self.born(deal)
            self.assertEqual(lead.create_date, created)
            self.assertEqual(lead.date_open, created)
            self.assertEqual(lead.day_open, 0)
            if deal["closed_at"]:
                closed += 1
                ended = moment(deal["closed_at"])
                self.assertEqual(lead.date_closed, ended)
                self.assertEqual(lead.day_close, (ended - created).days)
            else:
                self.assertFalse(lead.date_closed)
            entered = moment(deal["stage_history"][-1]["entered_at"])
            self.assertEqual(lead.date_last_stage_update, entered)
        self.assertGreater(closed, 15)

    def test_every_visit_of_the_source_is_in_the_books(self):
        book = self.book(self.project, "Deals: Stage History")
        staged = self.project._object("deal").staged_record_ids
        offered = sum(len(r.payload.get("stage_history") or ()) for r in staged)
        self.assertEqual(book.source_count, offered)
        self.assertEqual(book.found_count, book.created_count)
        self.assertFalse(book.difference_count)
        self.assertTrue(book.is_balanced)


@tagged("post_install", "-at_install")
class TestRoadRunnerHistory(LiveHistory, LiveCase):
    store = "road_runner"
    moved = "dl_39"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.connect()
        cls.switch_off(cls.project, "activity", "file", "task", "project", "equipment")
        cls.migrate(cls.project)


@tagged("post_install", "-at_install")
class TestFastTrackHistory(LiveHistory, LiveCase):
    store = "fasttrack"
    moved = opaque("Deal", 39)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        euro = cls.env.ref("base.EUR")
        euro.active = True
        euro.rate_ids = [Command.create({"name": "2020-01-01", "company_rate": 0.5})]
        cls.project = cls.connect("fasttrack", "fasttrack_relay")
        cls.switch_off(cls.project, "activity", "attachment")
        cls.migrate(cls.project)
