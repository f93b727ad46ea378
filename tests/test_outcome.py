"""Deals whose state contradicts itself: a rule and a finding each."""

from datetime import datetime

from .common import MigrationCommon
from .test_chatter_order import day, lists

PIPELINES = [{"id": "pl_1", "name": "Sales"}]
STAGES = [
    {"id": "st_1", "pipeline_id": "pl_1", "name": "New", "position": 1},
    {"id": "st_2", "pipeline_id": "pl_1", "name": "Won", "position": 2, "type": "won"},
    {"id": "st_3", "pipeline_id": "pl_1", "name": "Lost", "position": 3}
    | {"type": "lost"},
]


def deal(id_, stage, status, **values):
    dates = {"created_at": day(1), "updated_at": day(6)}
    place = {"pipeline_id": "pl_1", "stage_id": stage, "status": status}
    return {"id": id_, "name": id_} | dates | place | values


class TestOutcome(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.migrated(
            lists(
                pipelines=PIPELINES,
                stages=STAGES,
                deals=[
                    deal("won 40", "st_2", "won", probability="0.4"),
                    deal("won 100", "st_2", "won", probability="1", closed_at=day(3)),
                    deal("open in won", "st_2", "open", probability="0.4"),
                    deal("won in new", "st_1", "won"),
                    deal("lost in won", "st_2", "lost"),
                    deal("lost", "st_3", "lost", lost_reason="Price")
                    | {"probability": "0.4", "closed_at": day(4)},
                    deal("lost undated", "st_1", "lost", probability="0"),
                    deal("open", "st_1", "open", probability="0.4"),
                    deal("open at 0", "st_1", "open", probability="0"),
                    deal("open reason", "st_1", "open", lost_reason="Price"),
                    deal("open closed", "st_1", "open", closed_at=day(4)),
                    deal("closed early", "st_2", "won", created_at=day(5))
                    | {"closed_at": day(4)},
                ],
            ),
            preset="road_runner",
        )

    def got(self, external_id):
        return self.target(self.project, "deal", external_id)

    def contradictions(self, external_id):
        found = self.findings(self.project, "contradiction", external_id=external_id)
        return {item.field: item.value for item in found}

    def state(self, external_id):
        lead = self.got(external_id)
        return lead.won_status, lead.active, lead.probability

    def test_a_won_deal_has_100_percent_whatever_the_source_says(self):
        self.assertEqual(self.state("won 40"), ("won", True, 100))
        self.assertEqual(self.contradictions("won 40"), {"probability": "40.0"})

    def test_a_won_deal_that_agrees_is_not_reported(self):
        self.assertEqual(self.state("won 100"), ("won", True, 100))
        self.assertEqual(self.got("won 100").date_closed, datetime(2025, 3, 1, 10))
        self.assertFalse(self.contradictions("won 100"))

    def test_an_open_deal_in_a_won_stage_is_won(self):
        self.assertEqual(self.state("open in won"), ("won", True, 100))
        found = self.contradictions("open in won")
        self.assertEqual(found, {"status": "open", "probability": "40.0"})

    def test_a_won_deal_in_an_open_stage_is_moved_to_the_won_stage(self):
        self.assertEqual(self.state("won in new"), ("won", True, 100))
        self.assertEqual(self.got("won in new").stage_id.name, "Won")
        self.assertEqual(self.contradictions("won in new"), {"stage_id": "st_1"})

    def test_a_lost_deal_in_a_won_stage_fails_alone(self):
        record = self.assertBucket(self.project, "deal", "lost in won", "failed")
        self.assertIn("won stage", record.reason)

    def test_a_lost_deal_is_archived_with_its_reason_and_day(self):
        lead = self.got("lost")
        self.assertEqual(self.state("lost"), ("lost", False, 0))
        self.assertEqual(lead.lost_reason_id.name, "Price")
        self.assertEqual(lead.date_closed, datetime(2025, 4, 1, 10))
        self.assertFalse(self.contradictions("lost"))

    def test_a_lost_deal_without_a_day_was_not_closed_today(self):
        self.assertEqual(self.got("lost undated").date_closed, datetime(2025, 6, 1, 10))

    def test_an_open_deal_keeps_its_odds(self):
        self.assertEqual(self.state("open"), ("pending", True, 40))
        self.assertFalse(self.got("open").date_closed)
        self.assertFalse(self.contradictions("open"))

    def test_an_open_deal_at_0_percent_is_not_left_to_odoos_guess(self):
        lead = self.target(self.project, "deal", "open at 0")
        self.assertEqual((lead.probability, lead.active), (0, True))
        self.assertFalse(lead.is_automated_probability)

    def test_a_lost_reason_needs_a_lost_deal(self):
        self.assertFalse(self.got("open reason").lost_reason_id)
        self.assertEqual(self.contradictions("open reason"), {"lost_reason": "Price"})

    def test_an_open_deal_is_not_closed(self):
        self.assertFalse(self.got("open closed").date_closed)
        self.assertEqual(set(self.contradictions("open closed")), {"closed_at"})

    def test_a_closing_before_the_beginning_is_reported(self):
        self.assertEqual(self.got("closed early").date_closed, datetime(2025, 4, 1, 10))
        self.assertEqual(set(self.contradictions("closed early")), {"closed_at"})
