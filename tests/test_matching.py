from odoo.exceptions import UserError

from .common import MigrationCommon, table
from .test_load_sources import lists, rr_contact

PIPELINE = table({"Pipeline": "Coaching", "Stage": "Open", "Order": "1"})


def client(number, name, **values):
    return {"Client ID": f"C-{number}", "Full Name": name} | values


CONTACTS = table(
    client(1, "Dana Reed", Email="dana@home.example", Phone="217 555 0100"),
    # the same in the source: e-mail and name, other spelling
    client(2, "DANA  Reed", Email="Dana@Home.example", **{"Job Title": "Designer"}),
    # a couple
    client(3, "Ann Lee", Email="lees@home.example"),
    client(4, "Bob Lee", Email="lees@home.example"),
    # in Odoo with the same e-mail and name
    client(
        5,
        "Odile Known",
        Email="odile@known.example",
        Phone="217 555 0999",
        City="Springfield",
        Tags="VIP",
        **{"Job Title": "Coach", "Date of Birth": "1980-02-29"},
    ),
    # in Odoo with the same e-mail under another name
    client(
        6,
        "Marriedname Known",
        Email="shared@known.example",
        **{"Created At": "2024-01-05T10:00:00+02:00"},
    ),
    # in Odoo twice
    client(
        7,
        "Tim Twice",
        Email="tim@known.example",
        **{"Created At": "2024-01-05T08:00:00+02:00"},
    ),
    # the same phone and name as in Odoo
    client(8, "Phil Phone", Phone="(217) 555-0123"),
    # refers to nobody
    client(9, "Una Unique", Email="una@home.example"),
    # merges with one that waits
    client(10, "Marriedname Known", Email="shared@known.example"),
)
ORGANIZATIONS = table(
    {"Organization ID": "O-1", "Organization Name": "Acme"},
    {"Organization ID": "O-2", "Organization Name": "Bolt"},
)
DEALS = table(
    {
        "Deal ID": "D-1",
        "Deal Name": "Waits too",
        "Client ID": "C-6",
        "Pipeline": "Coaching",
        "Stage": "Open",
    },
    {
        "Deal ID": "D-2",
        "Deal Name": "Of a duplicate",
        "Client ID": "C-2",
        "Pipeline": "Coaching",
        "Stage": "Open",
    },
    {
        "Deal ID": "D-3",
        "Deal Name": "Of a known one",
        "Client ID": "C-5",
        "Pipeline": "Coaching",
        "Stage": "Open",
    },
)
MEMBERS = table({"Organization ID": "O-2", "Client ID": "C-5", "Role": "Advisor"})
FILES = {
    "contacts.csv": CONTACTS,
    "organizations.csv": ORGANIZATIONS,
    "organization_members.csv": MEMBERS,
    "pipeline_stages.csv": PIPELINE,
    "deals.csv": DEALS,
}


class TestMatching(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        create = cls.env["res.partner"].create
        cls.tag = cls.env["res.partner.category"].create({"name": "Ours"})
        cls.odile = create(
            {
                "name": "Odile KNOWN",
                "email": "Odile@known.example",
                "phone": "+1 217 555 0111",
                "street": "1 Main Street",
                "category_id": [(6, 0, cls.tag.ids)],
            }
        )
        cls.shared = create({"name": "Maiden Known", "email": "shared@known.example"})
        cls.tims = create(
            [{"name": "Tim Twice", "email": "tim@known.example"} for _n in range(2)]
        )
        cls.phil = create({"name": "Phil Phone", "phone": "+1 217-555-0123"})
        cls.acme = create({"name": "ACME", "is_company": True})
        cls.person_acme = create({"name": "Bolt"})
        cls.archived = create(
            {"name": "Una Unique", "email": "una@home.example", "active": False}
        )
        cls.a_day_passes()
        for partner in cls.shared + cls.tims:
            cls.env.cr.execute(
                "UPDATE res_partner SET create_date = '2024-01-05 08:00' WHERE id = %s",
                [partner.id],
            )
        cls.env.invalidate_all()
        cls.before = cls.state_of(cls.odile)
        cls.project = cls.migrated(FILES)

    @classmethod
    def state_of(cls, partner):
        cls.env.flush_all()
        cls.env.cr.execute(
            "SELECT to_jsonb(p) FROM res_partner p WHERE id = %s", [partner.id]
        )
        row = cls.env.cr.fetchone()[0]
        return {name: value for name, value in row.items() if value is not None}

    def got(self, number, project=None):
        return self.target(project or self.project, "contacts", f"C-{number}")

    def match(self, external_id, project=None):
        return (project or self.project).match_ids.filtered(
            lambda match: match.external_id == external_id
        )

    # -- within the source

    def test_the_same_email_and_name_in_the_source_is_one_contact(self):
        dana = self.got(1)
        self.assertEqual(self.got(2), dana)
        record = self.assertBucket(self.project, "contacts", "C-2", "merged")
        self.assertIn("dana@home.example", record.reason)
        self.assertEqual(dana.function, "Designer")
        self.assertEqual(self.target(self.project, "deals", "D-2").partner_id, dana)
        found = self.findings(self.project, "duplicate", external_id="C-2")
        self.assertEqual(found.severity, "3_info")

    def test_a_couple_with_one_email_stays_two(self):
        self.assertNotEqual(self.got(3), self.got(4))
        self.assertTrue(self.findings(self.project, "shared_email"))

    def test_a_couple_is_asked_about_where_the_project_wants_that(self):
        project = self.staged(FILES)
        rule = project.match_rule_ids.filtered(lambda rule: rule.key == "email_source")
        (project.match_rule_ids - rule).unlink()
        rule.action = "ask"
        self.confirm_all(project).action_find_matches()
        match = self.match("C-4", project)
        self.assertEqual((match.rule, match.state), ("email_source", "open"))
        self.assertEqual(match.candidate_id.staged_record_id.external_id, "C-3")

    # -- with what is in Odoo

    def test_the_same_email_and_name_in_odoo_is_taken(self):
        self.assertEqual(self.got(5), self.odile)
        self.assertBucket(self.project, "contacts", "C-5", "merged")
        self.assertEqual(self.link(self.project, "contacts", "C-5").origin, "matched")
        deal = self.target(self.project, "deals", "D-3")
        self.assertEqual(deal.partner_id, self.odile)

    def test_only_its_empty_fields_are_filled(self):
        self.assertRecordValues(
            self.odile,
            [
                {
                    "name": "Odile KNOWN",
                    "email": "Odile@known.example",
                    "phone": "+1 217 555 0111",
                    "function": "Coach",
                    "street": "1 Main Street",
                    "city": False,
                }
            ],
        )
        self.assertEqual(str(self.odile.x_date_of_birth), "1980-02-29")
        self.assertEqual(set(self.odile.category_id.mapped("name")), {"Ours", "VIP"})
        self.assertFalse(self.odile.user_id)

    def test_what_differs_is_reported(self):
        found = self.findings(self.project, "differs", external_id="C-5")
        self.assertIn(("Phone", "217 555 0999"), {(f.field, f.value) for f in found})
        record = self.staged_record(self.project, "contacts", "C-5")
        self.assertIn("Kept as it was", record.reason)

    def test_an_archived_contact_of_odoo_is_not_taken(self):
        self.assertNotEqual(self.got(9), self.archived)

    def test_a_company_of_the_same_name_is_asked_about_a_person_is_not(self):
        match = self.match("O-1")
        self.assertEqual((match.rule, match.state), ("company_name", "open"))
        self.assertFalse(self.match("O-2"))
        self.assertBucket(self.project, "organizations", "O-1", "failed", "waits")
        self.assertBucket(self.project, "organizations", "O-2", "created")

    def test_what_is_ambiguous_waits_with_its_reason(self):
        for external_id, rule, number in (
            ("C-6", "email", 1),
            ("C-7", "email_name", 2),
            ("C-8", "name_phone", 1),
        ):
            with self.subTest(external_id):
                match = self.match(external_id)
                self.assertEqual((match.rule, match.state), (rule, "open"))
                self.assertEqual(match.candidate_count, number)
                record = self.assertBucket(
                    self.project, "contacts", external_id, "failed", "waits"
                )
                self.assertIn("Waits for your decision", record.reason)
                self.assertIsNone(self.target(self.project, "contacts", external_id))

    def test_what_refers_to_a_waiting_record_waits_too(self):
        record = self.assertBucket(self.project, "deals", "D-1", "failed", "waits")
        self.assertIn("Waits for your decision", record.reason)

    def test_the_books_say_how_many_wait(self):
        self.assertTrue(self.project.is_balanced)
        self.assertEqual(self.project.waiting_count, 4)
        self.assertIn("4", self.project.next_step)
        self.assertEqual(self.book(self.project, "Contacts").failed_count, 4)

    # -- decisions

    def test_both_are_shown_side_by_side(self):
        shown = str(self.match("C-6").comparison)
        self.assertIn("Marriedname Known", shown)
        self.assertIn("<b>Maiden Known</b>", shown)
        self.assertIn("<td>shared@known.example</td>", shown)

    def test_days_are_compared_as_moments_not_as_texts(self):
        self.env.user.tz = "Asia/Tokyo"
        same = str(self.match("C-6").with_user(self.env.user).comparison)
        self.assertEqual(same.count("5:00:00"), 2)
        self.assertNotRegex(same, "<b>[^<]*5:00:00")
        other = str(self.match("C-7").with_user(self.env.user).comparison)
        self.assertRegex(other, "<b>[^<]*5:00:00")

    def test_the_same_is_merged_with_the_next_run(self):
        self.match("C-6").with_user(self.manager).action_take()
        match = self.match("C-7")
        match.with_user(self.manager).candidate_id = match.candidate_ids[1]
        match.with_user(self.manager).action_take()
        self.load(self.project)
        self.assertEqual(self.got(6), self.shared)
        self.assertEqual(self.got(10), self.shared)
        self.assertEqual(self.got(7), self.tims[1])
        deal = self.target(self.project, "deals", "D-1")
        self.assertEqual(deal.partner_id, self.shared)
        self.assertEqual(self.match("C-6").decided_by_id, self.manager)

    def test_others_become_new_ones_or_are_left_out(self):
        self.match("C-6").with_user(self.manager).action_new()
        (self.match("C-7") | self.match("C-8")).with_user(
            self.manager
        ).action_leave_out()
        self.load(self.project)
        self.assertNotEqual(self.got(6), self.shared)
        self.assertEqual(self.got(6).name, "Marriedname Known")
        self.assertBucket(self.project, "contacts", "C-8", "excluded", "left_out")
        self.assertTrue(self.project.is_balanced)
        self.match("C-8").with_user(self.manager).action_new()
        self.load(self.project)
        self.assertEqual(self.got(8).name, "Phil Phone")

    def test_what_was_loaded_cannot_be_decided_again(self):
        with self.assertRaisesRegex(UserError, "loaded already"):
            self.match("C-5").with_user(self.manager).action_new()
        with self.assertRaises(UserError):
            self.match("C-6").with_user(self.manager).state = "new"

    def test_a_decision_outlives_another_search(self):
        self.match("C-6").with_user(self.manager).action_new()
        self.project.action_find_matches()
        self.assertEqual(self.match("C-6").state, "new")
        self.assertEqual(self.match("C-7").state, "open")

    def test_rules_may_keep_everything_apart(self):
        project = self.staged(FILES)
        project.match_rule_ids.action = "apart"
        self.confirm_all(project).action_find_matches()
        self.assertFalse(project.match_ids)

    # -- the way back

    def test_a_rollback_gives_the_merged_contact_back_as_it_was(self):
        self.assertNotEqual(self.state_of(self.odile), self.before)
        self.project.action_plan_rollback()
        line = self.project.rollback_line_ids.filtered(
            lambda line: line.source_object == "contacts" and line.external_id == "C-5"
        )
        self.assertEqual(line.fate, "restore")
        self.project.action_rollback(background=False)
        self.assertEqual(self.state_of(self.odile), self.before)
        self.assertEqual(self.odile.category_id, self.tag)
        self.assertFalse(self.odile.parent_id)

    def test_a_rollback_keeps_what_a_person_did_in_between(self):
        self.a_day_passes()
        self.odile.with_user(self.manager).write({"function": "Boss"})
        self.odile.with_user(self.manager).comment = "Met today"
        self.project.action_rollback(background=False)
        self.assertEqual(self.odile.function, "Boss")
        self.assertIn("Met today", str(self.odile.comment))
        self.assertEqual(self.odile.category_id, self.tag)
        self.assertFalse(self.odile.parent_id)
        self.assertEqual(self.odile.write_uid, self.manager)

    def test_a_membership_of_a_merged_contact_goes_back_too(self):
        self.assertEqual(self.odile.parent_id.name, "Bolt")
        self.project.action_rollback(background=False)
        self.assertFalse(self.odile.parent_id)
        self.assertTrue(self.odile.exists())


class TestMatchingLeads(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.env["crm.lead"].create(
            {
                "name": "Call Lona",
                "contact_name": "Lona Lead",
                "email_from": "lona@home.example",
                "type": "lead",
            }
        )
        contacts = [
            rr_contact("ct_1", name="Lona Lead", email="lona@home.example", phone="7"),
            rr_contact("ct_2", name="Solo One", email="solo@home.example"),
        ]
        cls.project = cls.migrated(lists(contacts=contacts), preset="road_runner")

    def test_a_lead_that_is_in_odoo_is_taken(self):
        found = self.target(self.project, "contact", "ct_1")
        self.assertEqual(found, self.lead)
        self.assertEqual(self.lead.name, "Call Lona")
        self.assertEqual(self.lead.type, "lead")
        self.assertEqual(str(self.lead.x_source_created_on), "2025-03-04 10:00:00")
        self.assertNotEqual(self.target(self.project, "contact", "ct_2"), self.lead)

    def test_it_stays_when_the_migration_is_undone(self):
        self.project.action_rollback(background=False)
        self.assertTrue(self.lead.exists())
        self.assertEqual(self.lead.email_from, "lona@home.example")
