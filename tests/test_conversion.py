"""Leads of the source that became deals there."""

from datetime import datetime

from odoo.tools import html2plaintext

from .common import MigrationCommon
from .test_chatter_order import day, lists

PIPELINES = [{"id": "P1", "name": "New business"}]
STAGES = [
    {"id": "S1", "pipeline": "P1", "name": "Qualify", "position": 1},
    {"id": "S2", "pipeline": "P1", "name": "Won", "position": 2, "category": "WON"},
]


def lead(id_, month, **values):
    facts = {"id": id_, "title": f"Lead {id_}", "status": "WORKING"}
    return facts | {"created_at": day(month), "updated_at": day(month)} | values


def deal(id_, month, **values):
    place = {"pipeline": "P1", "stage": "S1", "status": "OPEN"}
    dates = {"created_at": day(month), "updated_at": day(8)}
    history = [{"stage_id": "S1", "entered_at": day(month)}]
    facts = {"id": id_, "name": f"Deal {id_}", "stage_history": history}
    return place | dates | facts | values


class TestConversion(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        won = {"stage": "S2", "status": "WON", "closed_at": day(7)}
        cls.files = {
            "users": [{"id": "U1", "name": "Ana", "email": "ana@practice.example"}],
            "pipelines": PIPELINES,
            "stages": STAGES,
            "contacts": [
                {"id": "K1", "full_name": "Ines", "email": "i@c.example"}
                | {"created_at": day(1), "updated_at": day(1)}
            ],
            "deals": [
                deal("D1", 4, source="Fair", primary_contact="K1", **won),
                deal("D2", 4, amount="5", **{"amount.currency": "XYZ"}),
                deal("D3", 4),
            ],
            "leads": [
                lead(
                    "L1",
                    2,
                    converted_deal="D1",
                    converted_at=day(4, 2),
                    title="Asked at the fair",
                    source="Web",
                    description="Wants a demo",
                    email="other@c.example",
                    score=80,
                    rating="HOT",
                    tags=["q4"],
                ),
                lead("L2", 2, converted_deal="D2", email="l2@x.example"),
                lead("L3", 3),
            ],
        }
        cls.project = cls.migrated(lists(**cls.files), preset="fasttrack")

    def got(self, name, external_id):
        return self.target(self.project, name, external_id)

    def notes(self, record):
        messages = self.env["mail.message"].search(
            [
                ("model", "=", "crm.lead"),
                ("res_id", "=", record.id),
                ("message_type", "=", "comment"),
            ]
        )
        return [html2plaintext(message.body) for message in messages]

    def test_lead_and_deal_are_one_record_as_old_as_the_lead(self):
        opportunity = self.got("deal", "D1")
        self.assertEqual(self.got("lead", "L1"), opportunity)
        self.assertBucket(self.project, "lead", "L1", "merged")
        self.assertEqual(opportunity.type, "opportunity")
        self.assertEqual(opportunity.create_date, datetime(2025, 2, 1, 10))
        self.assertEqual(opportunity.date_conversion, datetime(2025, 4, 2, 10))
        self.assertEqual(opportunity.x_source_created_on, datetime(2025, 4, 1, 10))
        self.assertEqual((opportunity.day_open, opportunity.day_close), (0, 150))

    def test_the_time_before_the_deal_counts_for_no_stage(self):
        opportunity = self.got("deal", "D1")
        spent = {int(k): v for k, v in opportunity.duration_tracking.items()}
        won, first = opportunity.stage_id, self.got("stage", "S1")
        self.assertEqual(
            spent[0], (datetime(2025, 4, 1) - datetime(2025, 2, 1)).days * 86400
        )
        self.assertEqual(set(spent) - {0}, {won.id, first.id})

    def test_what_only_the_lead_knows_fills_what_is_empty(self):
        opportunity = self.got("deal", "D1")
        self.assertIn("Wants a demo", opportunity.description)
        self.assertEqual((opportunity.x_score, opportunity.x_rating), (80, "HOT"))
        self.assertEqual(opportunity.tag_ids.mapped("name"), ["q4"])

    def test_what_lead_and_deal_say_differently_is_a_note(self):
        opportunity = self.got("deal", "D1")
        self.assertEqual(opportunity.name, "Deal D1")
        self.assertEqual(opportunity.source_id.name, "Fair")
        [note] = self.notes(opportunity)
        for text in ("Asked at the fair", "Source: Web", "other@c.example"):
            self.assertIn(text, note)

    def test_the_contact_is_not_written_to(self):
        self.assertEqual(self.got("contact", "K1").email, "i@c.example")
        self.assertEqual(self.got("deal", "D1").email_from, "i@c.example")

    def test_read_back_and_books_agree(self):
        self.assertFalse(
            self.project.difference_ids.filtered(
                lambda d: d.verdict in ("lost", "overwritten")
            )
        )
        for line in self.project.reconciliation_line_ids:
            self.assertTrue(line.is_balanced, line.name)

    def test_a_lead_whose_deal_failed_is_a_lead(self):
        self.assertBucket(self.project, "deal", "D2", "failed")
        found = self.got("lead", "L2")
        self.assertEqual((found.type, found.email_from), ("lead", "l2@x.example"))
        self.assertFalse(found.date_conversion)
        missing = self.findings(self.project, "unreadable", external_id="L2")
        self.assertEqual(missing.field, "converted_deal")

    def test_a_lead_that_is_converted_later_stays_one_record(self):
        before, standing = self.env["crm.lead"].search_count([]), self.got("lead", "L2")
        standing.message_post(body="Called", message_type="comment")
        no_money = {"amount": "", "amount.currency": ""}
        self.stage(
            self.project,
            lists(
                deals=[deal("D2", 5, **no_money), deal("D4", 6)],
                leads=[lead("L3", 3, converted_deal="D4", status="CONVERTED")],
            ),
            name="newer.zip",
        )
        self.load(self.project)
        opportunity = self.got("deal", "D2")
        self.assertEqual(opportunity, standing)
        self.assertEqual(
            (opportunity.type, opportunity.name), ("opportunity", "Deal D2")
        )
        self.assertEqual(opportunity.stage_id.name, "Qualify")
        self.assertEqual(opportunity.create_date, datetime(2025, 2, 1, 10))
        self.assertEqual(opportunity.date_conversion, datetime(2025, 5, 1, 10))
        self.assertEqual(opportunity.email_from, "l2@x.example")
        self.assertIn("Called", self.notes(opportunity))
        self.assertTrue(any("Lead L2" in note for note in self.notes(opportunity)))
        self.assertBucket(self.project, "lead", "L2", "merged")
        self.assertEqual(self.got("deal", "D4"), self.got("lead", "L3"))
        self.assertEqual(self.env["crm.lead"].search_count([]), before)
        self.assertTrue(self.project.is_balanced)

    def test_a_lead_that_changes_after_it_became_a_deal_is_a_finding(self):
        newer = self.files["leads"][0] | {"description": "Wants an offer"}
        self.stage(self.project, lists(leads=[newer]), name="newer.zip")
        self.load(self.project)
        self.assertBucket(self.project, "lead", "L1", "merged")
        found = self.findings(self.project, "unfollowed", external_id="L1")
        self.assertIn("Deal D1", found.message)

    def test_a_changed_deal_stays_as_old_as_its_lead(self):
        newer = self.files["deals"][0] | {"amount": "7", "updated_at": day(9)}
        self.stage(self.project, lists(deals=[newer]), name="newer.zip")
        self.load(self.project)
        opportunity = self.got("deal", "D1")
        self.assertBucket(self.project, "deal", "D1", "updated")
        self.assertEqual(opportunity.expected_revenue, 7)
        self.assertEqual((opportunity.day_open, opportunity.day_close), (0, 150))
        self.assertEqual(opportunity.date_open, datetime(2025, 2, 1, 10))
        self.assertIn("Wants a demo", opportunity.description)

    def convert(self, **values):
        """Let the lead L3 become a deal."""
        converted = lead("L3", 3, converted_deal="D4", status="CONVERTED")
        self.stage(
            self.project,
            lists(deals=[deal("D4", 6, **values)], leads=[converted]),
            name="newer.zip",
        )
        self.load(self.project)

    def test_what_a_person_wrote_to_the_lead_outlives_the_deals_next_change(self):
        self.a_day_passes()
        standing = self.got("lead", "L3")
        standing.with_user(self.fallback).write({"name": "By Ana"})
        self.convert()
        self.assertEqual(self.got("deal", "D4"), standing)
        self.assertEqual(standing.name, "By Ana")
        self.a_day_passes()
        for name in ("Deal D4", "Renamed"):
            newer = deal("D4", 6, name=name, amount="7", updated_at=day(9))
            self.stage(self.project, lists(deals=[newer]), name="newest.zip")
            self.load(self.project)
            self.assertEqual((standing.name, standing.expected_revenue), ("By Ana", 7))
        self.assertEqual(self.project.conflict_ids.source_text, "Renamed")
        self.project.action_plan_rollback()
        fates = self.project.sudo().rollback_line_ids.filtered(
            lambda line: (line.res_model, line.res_id) == ("crm.lead", standing.id)
        )
        self.assertEqual(set(fates.mapped("fate")), {"keep_edited"})

    def test_a_field_that_was_left_out_fails_no_converted_lead(self):
        files = lists(
            pipelines=PIPELINES,
            stages=STAGES,
            deals=[deal("D1", 4)],
            leads=[
                lead("L1", 2, converted_deal="D1", score=80)
                | {"address.country_code": "Atlantis"}
            ],
        )
        project = self.confirm_all(self.staged(files, preset="fasttrack"))
        project.action_plan_schema()
        item = project.schema_item_ids.filtered(
            lambda item: item.key == "crm.lead.x_country_as_written"
        )
        item.with_user(self.manager).action = "skip"
        self.load(self.apply_schema(project))
        self.assertBucket(project, "lead", "L1", "merged")
        self.assertEqual(self.target(project, "deal", "D1").x_score, 80)
        found = self.findings(project, "unreadable", external_id="L1")
        self.assertIn("left out of the schema plan", found[0].message)

    def test_undone_both_are_gone(self):
        opportunity, lead = self.got("deal", "D1"), self.got("lead", "L3")
        self.project.action_rollback(background=False)
        self.assertFalse((opportunity | lead).exists())
        self.assertFalse(
            self.env["migration.crosswalk"].search_count(
                [("project_id", "=", self.project.id)]
            )
        )


class TestConversionToday(MigrationCommon):
    """Where records show the day of the migration, the days are still the source's."""

    def test_days_are_counted_from_the_sources_dates(self):
        won = {"stage": "S2", "status": "WON", "closed_at": day(7)}
        project = self.migrated(
            lists(
                pipelines=PIPELINES,
                stages=STAGES,
                deals=[deal("D1", 4, **won)],
                leads=[lead("L1", 2, converted_deal="D1")],
            ),
            preset="fasttrack",
            keep_create_date=False,
        )
        opportunity = self.target(project, "deal", "D1")
        self.assertEqual(opportunity.create_date, self.env.cr.now())
        self.assertEqual(opportunity.date_conversion, datetime(2025, 4, 1, 10))
        self.assertEqual((opportunity.day_open, opportunity.day_close), (0, 91))
        first = self.target(project, "stage", "S1")
        self.assertEqual(
            opportunity.duration_tracking[str(first.id)],
            int((datetime(2025, 7, 1) - datetime(2025, 4, 1)).total_seconds()),
        )
