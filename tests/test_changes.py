"""What changed at the source reaches the records that are there already."""

from datetime import datetime

from .common import MigrationCommon, table

STAGES = table(
    {"Stage": "Proposal", "Order": "1", "Probability": "40%"},
    {"Stage": "Closed Won", "Order": "2", "Is Won": "Yes"},
)


def deal(external_id, **fields):
    """Return a row of the deals table."""
    row = {
        "Deal ID": external_id,
        "Deal Name": f"Deal {external_id}",
        "Stage": "Proposal",
    }
    return row | {name.replace("_", " "): value for name, value in fields.items()}


class TestPartnersChangeAtTheSource(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        organizations = table(
            {"Organization ID": "O-1", "Organization Name": "Acme"},
            {"Organization ID": "O-2", "Organization Name": "Bolt"},
        )
        first = {
            "Full Name": "Cleo",
            "Phone": "+44 20 7946 0958",
            "City": "Rome",
            "Tags": "VIP",
            "Coach": "Ana Ruiz; Ravi Menon",
            "Job Title": "Chair",
        }
        cls.project = cls.migrated(
            {
                "organizations.csv": organizations,
                "contacts.csv": table(
                    {"Client ID": "C-1", "Organization": ""} | first,
                    *(
                        {"Client ID": f"C-{one}"}
                        | first
                        | {"Full Name": f"Cleo {one}", "Phone": f"+44 20 7946 095{one}"}
                        for one in (2, 3, 4)
                    ),
                ),
                "organization_members.csv": table(
                    {"Organization ID": "O-2", "Client ID": "C-1"}
                ),
            },
            match_rule_ids=[],
        )
        cls.links = cls.env["migration.crosswalk"].search_count([])
        cls.a_day_passes()
        edited = cls.target(cls.project, "contacts", "C-4").with_user(cls.ana)
        edited.city = "Bergen"
        edited.flush_recordset()
        # the newer file has one column less, and one row less
        second = {"Full Name": "Clea", "Phone": "", "City": "Oslo", "Tags": ""}
        second |= {"Coach": "Ana Ruiz", "Organization": ""}
        cls.stage(
            cls.project,
            {
                "contacts.csv": table(
                    {"Client ID": "C-1"} | second,
                    {"Client ID": "C-2"},
                    {"Client ID": "C-4"} | second,
                )
            },
            name="newer.zip",
        )
        cls.load(cls.apply_schema(cls.confirm_all(cls.project)))

    def contact(self, external_id):
        return self.target(self.project, "contacts", external_id)

    def test_a_changed_value_is_written_into_the_same_record(self):
        self.assertBucket(self.project, "contacts", "C-1", "updated")
        self.assertEqual(
            (self.contact("C-1").name, self.contact("C-1").city), ("Clea", "Oslo")
        )
        self.assertEqual(self.env["migration.crosswalk"].search_count([]), self.links)

    def test_a_value_that_the_source_cleared_is_cleared(self):
        contact = self.contact("C-1")
        self.assertFalse(contact.phone)
        self.assertFalse(contact.category_id)
        self.assertFalse(contact.x_other_owners)

    def test_a_column_that_the_newer_file_lacks_clears_nothing(self):
        self.assertEqual(self.contact("C-1").function, "Chair")

    def test_a_company_that_came_by_a_membership_stays(self):
        bolt = self.target(self.project, "organizations", "O-2")
        self.assertEqual(self.contact("C-1").parent_id, bolt)

    def test_a_row_that_lost_its_name_keeps_the_contact_as_it_was(self):
        self.assertBucket(self.project, "contacts", "C-2", "failed")
        self.assertEqual(self.contact("C-2").city, "Rome")

    def test_a_row_that_is_gone_at_the_source_is_marked_and_stays(self):
        record = self.assertBucket(self.project, "contacts", "C-3", "created")
        self.assertTrue(record.is_missing)
        self.assertEqual(self.contact("C-3").city, "Rome")

    def test_what_a_person_changed_is_not_overwritten_and_said(self):
        self.assertBucket(self.project, "contacts", "C-4", "updated")
        contact = self.contact("C-4")
        self.assertEqual((contact.name, contact.city), ("Clea", "Bergen"))
        conflict = self.project.conflict_ids
        self.assertEqual(
            (conflict.external_id, conflict.field_label, conflict.state),
            ("C-4", "City", "open"),
        )
        self.assertEqual(
            (conflict.base_text, conflict.source_text, conflict.odoo_text),
            ("Rome", "Oslo", "Bergen"),
        )

    def test_a_rollback_remembers_who_edited_before_the_update(self):
        self.project.action_plan_rollback()
        line = self.project.rollback_line_ids.filtered(
            lambda line: line.external_id == "C-4"
        )
        self.assertEqual(line.fate, "keep_edited")
        self.assertIn("ana@practice.example", line.reason)

    def test_the_read_back_agrees_with_the_newer_file(self):
        row = self.project.difference_ids
        self.assertEqual((row.external_id, row.target_field), ("C-4", "city"))
        self.assertEqual(row.verdict, "edited")
        self.assertTrue(self.project.is_balanced)


class TestDealsChangeAtTheSource(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.migrated(
            {
                "pipeline_stages.csv": STAGES,
                "deals.csv": table(
                    deal("D-1", Status="Open", Value="10", Created_At="2024-01-01"),
                    deal("D-2", Status="Open", Created_At="2024-01-01"),
                    deal("D-3", Status="Open", Created_At="2024-01-01"),
                    deal("D-4", Status="Won", Closed_At="2024-02-02"),
                    deal("D-5", Status="Lost", Lost_Reason="Price"),
                ),
            }
        )
        cls.a_day_passes()
        owner, closed = "ravi@practice.example", "2024-03-04 12:00"
        cls.stage(
            cls.project,
            {
                "deals.csv": table(
                    deal(
                        "D-1",
                        Status="Won",
                        Value="20",
                        Owner=owner,
                        Closed_At=closed,
                        Created_At="2024-01-01",
                    ),
                    deal(
                        "D-2",
                        Status="Lost",
                        Closed_At=closed,
                        Lost_Reason="Price",
                        Created_At="2024-01-01",
                    ),
                    deal("D-3", Status="Open", Created_At="2024-01-01"),
                    deal("D-4", Status="Open", Probability="30%"),
                    deal("D-5", Status="Open"),
                )
            },
            name="newer.zip",
        )
        cls.apply_schema(cls.confirm_all(cls.project))
        cls.load(cls.project)

    def test_only_what_changed_is_updated(self):
        self.assertBucket(self.project, "deals", "D-1", "updated")
        self.assertBucket(self.project, "deals", "D-2", "updated")
        self.assertBucket(self.project, "deals", "D-3", "unchanged")

    def test_a_deal_that_was_won_meanwhile_is_won_on_its_own_day(self):
        lead = self.target(self.project, "deals", "D-1")
        self.assertEqual((lead.won_status, lead.probability), ("won", 100))
        self.assertEqual(lead.expected_revenue, 20)
        self.assertEqual(lead.user_id, self.ravi)
        self.assertEqual(lead.team_id.name, "Migrated Pipeline")
        self.assertEqual(lead.date_closed, datetime(2024, 3, 4, 12, 0))
        self.assertEqual(lead.date_open, datetime(2024, 1, 1))
        self.assertEqual(lead.date_last_stage_update, datetime(2024, 3, 4, 12, 0))

    def test_a_deal_that_was_lost_meanwhile_is_lost_on_its_own_day(self):
        lead = self.target(self.project, "deals", "D-2")
        self.assertEqual((lead.won_status, lead.active), ("lost", False))
        self.assertEqual(lead.lost_reason_id.name, "Price")
        self.assertEqual(lead.date_closed, datetime(2024, 3, 4, 12, 0))

    def test_a_deal_that_was_reopened_is_open(self):
        for external_id, probability in (("D-4", 30), ("D-5", 40)):
            lead = self.target(self.project, "deals", external_id)
            self.assertEqual((lead.won_status, lead.active), ("pending", True))
            self.assertEqual(lead.probability, probability)
            self.assertFalse(lead.date_closed)
            self.assertFalse(lead.lost_reason_id)

    def test_the_books_balance_after_an_update(self):
        self.assertTrue(self.project.is_balanced)
        self.assertFalse(self.project.difference_ids)
