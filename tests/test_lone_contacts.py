from odoo.tests import tagged

from .common import MigrationCommon
from .live_case import LiveCase
from .test_load_sources import DAY, LATER, lists, rr_contact


def note(id_, contact):
    return {
        "id": id_,
        "kind": "note",
        "body": "Called back",
        "occurred_at": DAY,
        "created_at": DAY,
        "contact_id": contact,
    }


STAGES = {
    "pipelines": [{"id": "pl_1", "name": "Sales"}],
    "stages": [{"id": "st_1", "pipeline_id": "pl_1", "name": "New", "position": 1}],
}
CONTACTS = [
    rr_contact("ct_1", "company", name="Northwind"),
    rr_contact("ct_2", "individual", name="Emp Loyee", company_id="ct_1"),
    rr_contact(
        "ct_3",
        "individual",
        first_name="Lona",
        last_name="Lead",
        email="lona@home.example",
        additional_emails=["l2@home.example"],
        mobile="+1 312 555 0199",
        job_title="Plumber",
        company_name="Free Text Ltd",
        website="lona.example",
        industry="Plumbing",
        owner_id="us_a",
        tags=["VIP"],
        notes="Prefers mornings",
        status="archived",
        **{
            "address.street": "12 Oak St",
            "address.country": "US",
            "custom.warranty_tier": "gold",
            "custom.visits": "few",
        },
    ),
    rr_contact("ct_4", "customer", name="Cus Tomer"),
    rr_contact("ct_5", "contact", name="Deal Person"),
    rr_contact("ct_6", "person", name="Role Person"),
    rr_contact("ct_7", "individual", name="Orphan", company_id="ct_gone"),
    rr_contact("ct_10", "individual", name="Was Five", merged_into_id="ct_5"),
    rr_contact("ct_11", "individual", name="Was Three", merged_into_id="ct_3"),
    rr_contact("ct_12", "individual", name="Boss", email="boss@x.example"),
    rr_contact("ct_13", "individual", name="Helper", company_id="ct_12"),
    rr_contact("ct_14", "robot", name="Odd"),
    rr_contact("ct_15", "", name="Unsaid"),
]
DEAL = {
    "created_at": DAY,
    "updated_at": LATER,
    "status": "open",
    "pipeline_id": "pl_1",
    "stage_id": "st_1",
}
DEALS = [
    DEAL
    | {
        "id": "dl_1",
        "name": "Roof",
        "contact_id": "ct_10",
        "contacts": [{"contact_id": "ct_6", "role": "Site manager"}],
        "custom.visits": 3,
    }
]
FILES = lists(
    users=[{"id": "us_a", "name": "Ana", "email": "ana@practice.example"}],
    contacts=CONTACTS,
    deals=DEALS,
    activities=[note("ac_1", "ct_3"), note("ac_2", "ct_4"), note("ac_3", "ct_11")],
    **STAGES,
)


class TestLoneContacts(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.everybody = cls.env.ref("base.group_user")
        cls.leads_group = cls.env.ref("crm.group_use_lead")
        cls.everybody._remove_group(cls.leads_group)
        cls.implied = cls.everybody.implied_ids
        cls.project = cls.migrated(FILES, preset="road_runner")

    def got(self, external_id, name="contact"):
        return self.target(self.project, name, external_id)

    def assertBecame(self, model, *external_ids, project=None):
        for external_id in external_ids:
            with self.subTest(external_id):
                link = self.link(project or self.project, "contact", external_id)
                self.assertEqual(link.res_model, model)

    # -- who becomes what

    def test_people_without_company_become_leads(self):
        self.assertBecame("crm.lead", "ct_3", "ct_14")
        record = self.assertBucket(self.project, "contact", "ct_3", "created")
        self.assertIn("without company", record.reason)

    def test_companies_and_their_people_stay_contacts(self):
        self.assertBecame("res.partner", "ct_1", "ct_2", "ct_13")
        self.assertEqual(self.got("ct_2").parent_id, self.got("ct_1"))

    def test_customers_and_those_of_no_type_become_contacts(self):
        self.assertBecame("res.partner", "ct_4", "ct_15")

    def test_whom_a_deal_names_becomes_a_contact_also_through_a_merge(self):
        self.assertBecame("res.partner", "ct_5", "ct_6", "ct_10")
        deal = self.got("dl_1", "deal")
        self.assertEqual(deal.partner_id, self.got("ct_5"))
        record = self.assertBucket(self.project, "contact", "ct_5", "created")
        self.assertIn("others refer to", record.reason)

    def test_under_whom_others_stand_becomes_a_contact(self):
        self.assertBecame("res.partner", "ct_12")
        self.assertEqual(self.got("ct_13").parent_id, self.got("ct_12"))

    def test_a_company_that_is_gone_is_no_company_and_is_reported(self):
        self.assertBecame("crm.lead", "ct_7")
        found = self.findings(self.project, "unreadable", external_id="ct_7")
        self.assertEqual((found.field, found.value), ("company_id", "ct_gone"))

    def test_a_contact_merged_into_a_lead_is_that_lead(self):
        self.assertBucket(self.project, "contact", "ct_11", "merged")
        self.assertEqual(self.got("ct_11"), self.got("ct_3"))

    # -- what a lead carries

    def test_an_archived_person_is_told_to_count_as_lost(self):
        self.assertEqual(self.got("ct_3").won_status, "lost")
        found = self.findings(self.project, "contradiction", external_id="ct_3")
        self.assertEqual((found.field, found.value), ("status", "archived"))

    def test_a_lead_says_who_it_is_about(self):
        lead = self.got("ct_3")
        self.assertRecordValues(
            lead,
            [
                {
                    "type": "lead",
                    "name": "Lona Lead",
                    "contact_name": "Lona Lead",
                    "partner_name": "Free Text Ltd",
                    "email_from": "lona@home.example",
                    "phone": "+1 312-555-0199",
                    "function": "Plumber",
                    "website": "https://lona.example",
                    "street": "12 Oak St",
                    "user_id": self.ana.id,
                    "company_id": self.company.id,
                    "active": False,
                    "team_id": False,
                    "stage_id": False,
                    "probability": 0.0,
                }
            ],
        )
        self.assertFalse(lead.partner_id)
        self.assertEqual(lead.country_id.code, "US")
        self.assertEqual(lead.tag_ids.mapped("name"), ["VIP"])
        self.assertEqual(str(lead.x_source_created_on), "2025-03-04 10:00:00")
        self.assertEqual(str(lead.create_date), "2025-03-04 10:00:00")
        self.assertEqual(lead.x_custom_warranty_tier, "gold")
        self.assertEqual(lead.x_other_emails, "l2@home.example")
        self.assertTrue(self.got("ct_7").active)

    def test_what_a_lead_has_no_field_for_stands_in_its_notes(self):
        notes = str(self.got("ct_3").description)
        self.assertIn("Prefers mornings", notes)
        self.assertIn("industry: Plumbing", notes)

    def test_a_field_that_deals_have_with_another_type_goes_to_the_notes(self):
        lead = self.got("ct_3")
        self.assertEqual(self.got("dl_1", "deal").x_custom_visits, 3)
        self.assertFalse(lead.x_custom_visits)
        self.assertIn("custom.visits: few", str(lead.description))

    def test_messages_hang_on_the_lead(self):
        for external_id in ("ac_1", "ac_3"):
            message = self.got(external_id, "activity")
            self.assertEqual(
                (message.model, message.res_id), ("crm.lead", self.got("ct_3").id)
            )
        self.assertEqual(self.got("ac_2", "activity").model, "res.partner")

    def test_the_books_balance(self):
        for line in self.project.reconciliation_line_ids:
            self.assertTrue(line.is_balanced, line.name)

    def test_a_rehearsal_gives_what_the_load_gives(self):
        self.project.action_sample(background=False)
        run = self.project.run_ids.filtered(lambda run: run.kind == "sample")[:1]
        self.assertFalse(run.stats.get("failed"), run.stats)

    # -- the menu

    def test_leads_are_switched_on_with_the_schema(self):
        item = self.project.schema_item_ids.filtered(lambda i: i.kind == "setting")
        self.assertEqual((item.action, item.state), ("create", "done"))
        self.assertIn(self.leads_group, self.everybody.implied_ids)
        self.assertTrue(self.ana.has_group("crm.group_use_lead"))

    def test_a_rollback_removes_the_leads_and_switches_them_off(self):
        lead = self.got("ct_3")
        self.project.action_plan_rollback()
        line = self.project.rollback_line_ids.filtered(
            lambda line: line.source_object == "schema:setting"
        )
        self.assertEqual(line.fate, "restore")
        self.project.action_rollback(background=False)
        self.assertFalse(lead.exists())
        self.assertEqual(self.everybody.implied_ids, self.implied)
        self.assertFalse(self.ana.has_group("crm.group_use_lead"))
        item = self.project.schema_item_ids.filtered(lambda i: i.kind == "setting")
        self.assertEqual(item.state, "planned")

    def test_leads_that_were_on_before_stay_on(self):
        self.project.action_rollback(background=False)
        self.everybody._apply_group(self.leads_group)
        project = self.migrated(FILES, preset="road_runner")
        item = project.schema_item_ids.filtered(lambda i: i.kind == "setting")
        self.assertEqual(item.action, "reuse")
        project.action_rollback(background=False)
        self.assertIn(self.leads_group, self.everybody.implied_ids)

    def test_the_menu_may_be_left_out(self):
        self.project.action_rollback(background=False)
        project = self.confirm_all(self.staged(FILES, preset="road_runner"))
        project.action_plan_schema()
        item = project.schema_item_ids.filtered(lambda i: i.kind == "setting")
        item.action = "skip"
        self.load(self.apply_schema(project))
        self.assertNotIn(self.leads_group, self.everybody.implied_ids)
        self.assertBecame("crm.lead", "ct_3", project=project)

    # -- the switch

    def test_all_people_may_be_contacts(self):
        project = self.migrated(FILES, preset="road_runner", lone_contacts="contacts")
        self.assertBecame("res.partner", "ct_3", "ct_4", "ct_7", project=project)
        fields = project.schema_item_ids.filtered(lambda i: i.kind == "field")
        models = set(fields.mapped(lambda item: item.vals["model"]))
        self.assertIn("x_custom_warranty_tier", self.env["res.partner"]._fields)
        self.assertIn("res.partner", models)
        names = {i.vals["name"] for i in fields if i.vals["model"] == "crm.lead"}
        self.assertNotIn("x_custom_warranty_tier", names)

    def test_all_people_may_be_leads_except_whom_deals_name(self):
        project = self.migrated(FILES, preset="road_runner", lone_contacts="leads")
        self.assertBecame("crm.lead", "ct_3", "ct_4", "ct_15", project=project)
        self.assertBecame("res.partner", "ct_5", "ct_6", "ct_12", project=project)

    # -- a second run

    def test_a_record_stays_what_it_became(self):
        lead = self.got("ct_3")
        contacts = [
            contact | {"email": "new@home.example", "company_id": "ct_1"}
            if contact["id"] == "ct_3"
            else contact
            for contact in CONTACTS
        ]
        deals = [*DEALS, DEAL | {"id": "dl_2", "name": "New", "contact_id": "ct_3"}]
        self.load(
            self.stage(self.project, lists(contacts=contacts, deals=deals, **STAGES))
        )
        self.assertEqual(self.got("ct_3"), lead)
        self.assertEqual(lead.email_from, "new@home.example")
        self.assertFalse(lead.partner_id)
        deal = self.got("dl_2", "deal")
        self.assertFalse(deal.partner_id)
        found = self.findings(self.project, "unreadable", external_id="dl_2")
        self.assertEqual(found.field, "contact_id")

    def test_a_value_that_the_source_emptied_is_emptied_on_the_lead(self):
        contacts = [
            contact | {"email": "", "company_name": ""}
            if contact["id"] == "ct_3"
            else contact
            for contact in CONTACTS
        ]
        self.load(
            self.stage(self.project, lists(contacts=contacts, deals=DEALS, **STAGES))
        )
        lead = self.got("ct_3")
        self.assertFalse(lead.email_from or lead.partner_name)


@tagged("post_install", "-at_install")
class TestLoneContactsLive(LiveCase):
    """The sample of Road Runner, whose truth says who has no company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.connect()
        cls.switch_off(cls.project, "activity", "file", "task", "equipment")
        cls.migrate(cls.project)
        cls.contacts = cls.project._object("contact").staged_record_ids

    def test_every_person_is_one_or_the_other(self):
        companies = {
            record.external_id
            for record in self.contacts
            if record.payload["type"] == "company" and record.state == "created"
        }
        named = {
            text
            for record in self.project._object("deal").staged_record_ids
            for text in (
                record.payload.get("contact_id"),
                *(item["contact_id"] for item in record.payload.get("contacts") or []),
            )
        }
        links = self.env["migration.crosswalk"].search(
            [("staged_record_id", "in", self.contacts.ids), ("origin", "=", "created")]
        )
        model_of = {link.external_id: link.res_model for link in links}
        leads = 0
        for record in self.contacts.filtered(lambda rec: rec.state == "created"):
            payload = record.payload
            is_lead = (
                payload["type"] not in ("company", "customer")
                and payload.get("company_id") not in companies
                and record.external_id not in named
            )
            leads += is_lead
            with self.subTest(record.external_id):
                model = model_of[record.external_id]
                self.assertEqual(model == "crm.lead", is_lead)
        self.assertGreater(leads, 10)

    def test_no_deal_has_a_lead_as_its_customer(self):
        deals = self.project._object("deal").staged_record_ids
        links = self.env["migration.crosswalk"].search(
            [("staged_record_id", "in", deals.ids)]
        )
        names = {
            record.external_id: record.name
            for record in self.contacts
            if record.state == "created"
        }
        checked = 0
        for link in links:
            contact = link.staged_record_id.payload.get("contact_id")
            if contact in names:
                partner = self.env["crm.lead"].browse(link.res_id).partner_id
                self.assertEqual(partner.name, names[contact])
                checked += 1
        self.assertGreater(checked, 50)

    def test_the_books_balance(self):
        for line in self.project.reconciliation_line_ids:
            self.assertTrue(line.is_balanced or line.problem, line.name)
