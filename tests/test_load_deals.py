from datetime import date, datetime

from .common import MigrationCommon, table

STAGES = table(
    {"Pipeline": "Sales", "Stage": "New", "Order": "1", "Probability": "10%"},
    {"Pipeline": "Sales", "Stage": "Proposal", "Order": "2", "Probability": "40%"},
    {"Pipeline": "Sales", "Stage": "Closed Won", "Order": "3", "Is Won": "Yes"},
    {"Pipeline": "Sales", "Stage": "Closed Lost", "Order": "4", "Is Lost": "Yes"},
    {"Pipeline": "Coaching", "Stage": "Proposal", "Order": "1", "Probability": "70%"},
)
CONTACTS = table(
    {"Client ID": "C-1", "Full Name": "Cleo", "Email": "cleo@mail.example"},
)
ORGANIZATIONS = table({"Organization ID": "O-1", "Organization Name": "Acme"})

#: (status, stage) -> (status in Odoo, stage in Odoo, probability), None: it fails
OUTCOMES = {
    ("", "Proposal"): ("pending", "Proposal", 40),
    ("", "Closed Won"): ("won", "Closed Won", 100),
    ("", "Closed Lost"): ("lost", "Closed Lost", 0),
    ("Open", "Proposal"): ("pending", "Proposal", 40),
    # Odoo knows no open deal in a won stage
    ("Open", "Closed Won"): ("won", "Closed Won", 100),
    ("Open", "Closed Lost"): ("pending", "Closed Lost", 0),
    ("Won", "Proposal"): ("won", "Closed Won", 100),
    ("Won", "Closed Won"): ("won", "Closed Won", 100),
    ("Won", "Closed Lost"): ("won", "Closed Won", 100),
    ("Lost", "Proposal"): ("lost", "Proposal", 0),
    ("Lost", "Closed Lost"): ("lost", "Closed Lost", 0),
    ("Lost", "Closed Won"): None,
}


def outcome_id(status, stage):
    """Return the id of the deal that stands for one combination."""
    return f"D-{status or 'none'}-{stage}"


def deal(external_id, stage="Proposal", pipeline="Sales", **fields):
    """Return a row of the deals table."""
    row = {
        "Deal ID": external_id,
        "Deal Name": f"Deal {external_id}",
        "Pipeline": pipeline,
        "Stage": stage,
    }
    return row | {name.replace("_", " "): value for name, value in fields.items()}


DEALS = [
    *(
        deal(outcome_id(status, stage), stage, Status=status, Created_At="2024-05-01")
        for status, stage in OUTCOMES
    ),
    deal(
        "D-full",
        "Closed Won",
        Client_ID="C-1",
        Organization="Acme",
        Value="$12,500.50",
        Probability="80%",
        Status="Won",
        Close_Date="2024-06-30",
        Closed_At="2024-06-15 14:00",
        Owner="ana@practice.example; ravi@practice.example",
        Package="Gold",
        Source="Web site",
        Tags="Urgent; Renewal",
        Description="One\nTwo",
        Created_At="2024-05-01 08:00",
        Last_Updated="2024-06-20 09:00",
    ),
    deal(
        "D-lost",
        Status="Lost",
        Lost_Reason="Price",
        Closed_At="2024-02-03 10:00",
        Created_At="2024-01-01",
    ),
    deal("D-own-odds", Status="Open", Probability="55%", Organization="Acme"),
    deal("D-mail", Client_Email="CLEO@mail.example", Organization="Acme"),
    deal("D-coaching", pipeline="Coaching", Owner="Nobody Known"),
    deal("D-no-won-stage", pipeline="Coaching", Status="Won"),
    deal("D-no-stage", "Dreaming", "Sales"),
    deal("D-euro", Value="100", Currency="EUR", Close_Date="2024-06-30"),
    deal("D-unknown-money", Value="5", Currency="XYZ"),
    deal("D-refused", Status="Open", Value="66.6"),
    deal("D-odds", Status="Open", Probability="150%"),
    deal("D-nameless") | {"Deal Name": ""},
    deal("D-orphan", Client_ID="C-9"),
    deal("D-words", Status="Closed - Won"),
    deal("D-strange", Status="Dreaming"),
]
FILES = {
    "pipeline_stages.csv": STAGES,
    "organizations.csv": ORGANIZATIONS,
    "contacts.csv": CONTACTS,
    "deals.csv": table(*DEALS),
}


class TestLoadDeals(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        euro = cls.env.ref("base.EUR")
        euro.rate_ids.unlink()
        euro.rate_ids.create(
            {"currency_id": euro.id, "name": "2024-01-01", "rate": 0.5}
        )
        cls.scoring = cls.scoring_counters()
        # a rule of another addon
        cls.env.cr.execute(
            "ALTER TABLE crm_lead ADD CONSTRAINT crm_lead_no_odd_sums"
            " CHECK (expected_revenue <> 66.6)"
        )
        cls.project = cls.migrated(FILES)

    @classmethod
    def scoring_counters(cls):
        return sorted(
            (row.variable, row.value, row.team_id.id, row.won_count, row.lost_count)
            for row in cls.env["crm.lead.scoring.frequency"].search([])
        )

    def deal(self, external_id):
        return self.target(self.project, "deals", external_id)

    # -- won, lost, open

    def test_status_and_stage_agree_in_every_combination(self):
        for (status, stage), expected in OUTCOMES.items():
            with self.subTest(status=status, stage=stage):
                lead = self.deal(outcome_id(status, stage))
                if expected is None:
                    self.assertIsNone(lead)
                    continue
                found = (lead.won_status, lead.stage_id.name, lead.probability)
                self.assertEqual(found, expected)
                self.assertEqual(lead.active, lead.won_status != "lost")

    def test_a_status_in_other_words_is_understood_or_a_finding(self):
        self.assertEqual(self.deal("D-words").won_status, "won")
        self.assertEqual(self.deal("D-strange").won_status, "pending")
        finding = self.findings(self.project, "unreadable", field="Status")
        self.assertEqual(finding.external_id, "D-strange")

    def test_a_lost_deal_in_a_won_stage_fails_with_its_reason(self):
        record = self.assertBucket(
            self.project, "deals", "D-Lost-Closed Won", "failed", "unmappable"
        )
        self.assertIn("is lost, and its stage is a won stage", record.reason)

    def test_a_won_deal_of_a_pipeline_without_won_stage_fails(self):
        record = self.assertBucket(self.project, "deals", "D-no-won-stage", "failed")
        self.assertIn("has no won stage", record.reason)

    def test_a_lost_deal_is_archived_with_its_reason(self):
        lead = self.deal("D-lost")
        self.assertFalse(lead.active)
        self.assertEqual(lead.probability, 0)
        self.assertEqual(lead.lost_reason_id.name, "Price")

    def test_an_open_deal_keeps_its_own_probability(self):
        lead = self.deal("D-own-odds")
        self.assertEqual(lead.probability, 55)
        self.assertFalse(lead.is_automated_probability)

    def test_closing_dates_are_those_of_the_source(self):
        self.assertEqual(self.deal("D-full").date_closed, datetime(2024, 6, 15, 14, 0))
        self.assertEqual(self.deal("D-lost").date_closed, datetime(2024, 2, 3, 10, 0))

    def test_a_won_deal_without_closing_date_was_not_closed_today(self):
        lead = self.deal(outcome_id("Won", "Closed Won"))
        self.assertEqual(lead.date_closed, datetime(2024, 5, 1))

    def test_creation_assignment_and_stage_dates_are_those_of_the_source(self):
        lead = self.deal("D-full")
        self.assertEqual(lead.create_date, datetime(2024, 5, 1, 8, 0))
        self.assertEqual(lead.date_open, datetime(2024, 5, 1, 8, 0))
        self.assertEqual(lead.date_last_stage_update, datetime(2024, 6, 15, 14, 0))
        self.assertEqual(lead.date_deadline, date(2024, 6, 30))
        self.assertEqual((lead.day_open, lead.day_close), (0, 45))

    def test_lead_scoring_does_not_learn_from_migrated_deals(self):
        self.assertEqual(self.scoring_counters(), self.scoring)
        won = self.env["crm.stage"].search([("is_won", "=", True)], limit=1)
        self.env["crm.lead"].create(
            {"name": "Tomorrow's", "type": "opportunity", "stage_id": won.id}
        )
        self.assertNotEqual(self.scoring_counters(), self.scoring)

    # -- where it belongs

    def test_two_pipelines_with_a_stage_name_in_common_stay_apart(self):
        sales = self.deal(outcome_id("Open", "Proposal"))
        coaching = self.deal("D-coaching")
        self.assertEqual(sales.stage_id.name, coaching.stage_id.name)
        self.assertNotEqual(sales.stage_id, coaching.stage_id)
        self.assertEqual(sales.stage_id.team_ids, sales.team_id)
        self.assertEqual(coaching.stage_id.team_ids, coaching.team_id)
        self.assertEqual(
            (sales.team_id.name, coaching.team_id.name), ("Sales", "Coaching")
        )
        self.assertEqual((sales.probability, coaching.probability), (40, 70))

    def test_a_stage_that_only_deals_name_is_made_too(self):
        lead = self.deal("D-no-stage")
        self.assertEqual(lead.stage_id.name, "Dreaming")
        self.assertEqual(lead.stage_id.team_ids.name, "Sales")

    def test_the_person_is_the_contact_of_the_deal_else_the_organization(self):
        contact = self.target(self.project, "contacts", "C-1")
        acme = self.target(self.project, "organizations", "O-1")
        self.assertEqual(self.deal("D-full").partner_id, contact)
        self.assertEqual(self.deal("D-mail").partner_id, contact)
        self.assertEqual(self.deal("D-own-odds").partner_id, acme)
        self.assertFalse(self.deal("D-lost").partner_id)

    def test_a_deal_of_an_unknown_person_fails(self):
        self.assertBucket(self.project, "deals", "D-orphan", "failed", "bad_reference")

    def test_owners_are_users_and_nobody_else_owns_a_deal(self):
        lead = self.deal("D-full")
        self.assertEqual(lead.user_id, self.ana)
        self.assertEqual(lead.x_other_owners, "ravi@practice.example")
        self.assertEqual(self.deal("D-coaching").user_id, self.fallback)
        self.assertEqual(self.deal("D-lost").user_id, self.fallback)

    def test_words_become_tags_sources_and_custom_fields(self):
        lead = self.deal("D-full")
        self.assertEqual(set(lead.tag_ids.mapped("name")), {"Urgent", "Renewal"})
        self.assertEqual(lead.source_id.name, "Web site")
        self.assertEqual(lead.x_package, "Gold")
        self.assertIn("One<br>Two", str(lead.description))
        self.assertEqual(lead.type, "opportunity")

    # -- money

    def test_an_amount_is_read_with_its_decimals(self):
        self.assertEqual(self.deal("D-full").expected_revenue, 12500.50)

    def test_an_amount_in_another_currency_is_converted_at_the_rate_of_its_day(self):
        self.assertEqual(self.deal("D-euro").expected_revenue, 200)

    def test_a_deal_in_an_unknown_currency_fails_alone(self):
        record = self.assertBucket(self.project, "deals", "D-unknown-money", "failed")
        self.assertIn("XYZ", record.reason)

    # -- refusals

    def test_a_deal_that_the_database_refuses_costs_no_other(self):
        record = self.assertBucket(
            self.project, "deals", "D-refused", "failed", "constraint"
        )
        self.assertIn("crm_lead_no_odd_sums", record.reason)
        self.assertNotIn("Failing row", record.reason)
        finding = self.findings(self.project, "constraint")
        self.assertEqual(finding.external_id, "D-refused")
        # below the header, and below a description of two lines
        place = [row["Deal ID"] for row in DEALS].index("D-refused")
        self.assertEqual(finding.line, place + 3)
        failed = self.project.mapped("object_ids.staged_record_ids").filtered(
            lambda record: record.state == "failed"
        )
        self.assertEqual(len(failed), 6)

    def test_odds_beyond_a_hundred_percent_are_reported_and_left_to_the_stage(self):
        expected = self.deal("D-mail").probability
        self.assertEqual(self.deal("D-odds").probability, expected)
        finding = self.findings(self.project, "unreadable").filtered(
            lambda found: found.external_id == "D-odds"
        )
        self.assertEqual((finding.field, finding.value), ("Probability", "150%"))

    def test_a_deal_without_name_fails(self):
        record = self.assertBucket(self.project, "deals", "D-nameless", "failed")
        self.assertIn("no name", record.reason)
