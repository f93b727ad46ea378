"""E-mail, phone and language of a lead are its own: its contact keeps what it has."""

from .common import MigrationCommon, table
from .test_load_sources import lists, rr_contact


def client(external_id, name, **fields):
    return {"Client ID": external_id, "Full Name": name} | fields


def deal(external_id, client_id, **fields):
    row = {"Deal ID": external_id, "Deal Name": f"Deal {external_id}"}
    return row | {"Client ID": client_id, "Stage": "New", "Status": "Open"} | fields


class TestLeadsKeepTheirOwn(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ines = cls.env["res.partner"].create(
            {
                "name": "Ines Known",
                "email": "ines@known.example",
                "phone": "+1 217-555-0111",
            }
        )
        cls.clients = [
            client("C-1", "Ines Known", Email="ines@known.example"),
            client("C-2", "Bo Berg", Email="bo@berg.example", Phone="+1 217 555 0122"),
            client("C-3", "Al Alder", Email="al@alder.example"),
        ]
        own = {"Reply To": "work@lead.example", "Reached By": "+1 217 555 0199"}
        cls.deals = [
            deal("D-1", "C-1", **own),
            deal("D-2", "C-2", **own),
            deal("D-3", "C-2"),
        ]
        cls.project = cls.staged(
            {"contacts.csv": table(*cls.clients), "deals.csv": table(*cls.deals)}
        )
        for header, target, transform in (
            ("Reply To", "email_from", "email"),
            ("Reached By", "phone", "phone"),
        ):
            cls.line(cls.project, "deals", header).write(
                {"fate": "transformed", "target_field": target, "transform": transform}
            )
        cls.load(cls.apply_schema(cls.confirm_all(cls.project)))

    def deal(self, external_id):
        return self.target(self.project, "deals", external_id)

    def contact(self, external_id):
        return self.target(self.project, "contacts", external_id)

    def assertOwn(self, external_id):
        lead = self.deal(external_id)
        self.assertEqual(lead.email_from, "work@lead.example")
        self.assertEqual(lead.phone, "+1 217-555-0199")

    def newer(self, **files):
        self.a_day_passes()
        tables = {f"{name}.csv": table(*rows) for name, rows in files.items()}
        self.stage(self.project, tables, name="newer.zip")
        self.load(self.project)

    def test_a_lead_has_what_the_source_says(self):
        self.assertEqual(self.deal("D-1").partner_id, self.ines)
        self.assertOwn("D-1")
        self.assertOwn("D-2")
        self.assertEqual(self.deal("D-3").email_from, "bo@berg.example")

    def test_a_known_contact_keeps_email_and_phone(self):
        self.assertEqual(self.ines.email, "ines@known.example")
        self.assertEqual(self.ines.phone, "+1 217-555-0111")

    def test_a_migrated_contact_keeps_email_and_phone(self):
        contact = self.contact("C-2")
        self.assertEqual(contact.email, "bo@berg.example")
        self.assertEqual(contact.phone, "+1 217-555-0122")

    def test_a_lead_that_a_person_edits_still_tells_its_contact(self):
        self.deal("D-2").with_user(self.manager).email_from = "new@lead.example"
        self.assertEqual(self.contact("C-2").email, "new@lead.example")

    def test_a_new_address_of_the_lead_is_no_matter_of_the_contact(self):
        deals = [dict(row) for row in self.deals]
        deals[1]["Reply To"] = "late@lead.example"
        self.newer(deals=deals)
        self.assertEqual(self.deal("D-2").email_from, "late@lead.example")
        self.assertEqual(self.contact("C-2").email, "bo@berg.example")

    def test_a_lead_with_another_contact_keeps_its_own(self):
        deals = [dict(row) for row in self.deals]
        deals[1]["Client ID"] = deals[2]["Client ID"] = "C-3"
        self.newer(deals=deals)
        self.assertEqual(self.deal("D-2").partner_id, self.contact("C-3"))
        self.assertOwn("D-2")
        self.assertEqual(self.deal("D-3").email_from, "al@alder.example")
        self.assertEqual(self.contact("C-3").email, "al@alder.example")
        self.assertTrue(self.project.is_balanced)

    def test_a_new_email_of_the_contact_leaves_the_lead_its_own(self):
        clients = [dict(row) for row in self.clients]
        clients[1]["Email"] = "bo@new.example"
        self.newer(contacts=clients)
        self.assertEqual(self.contact("C-2").email, "bo@new.example")
        self.assertOwn("D-2")
        self.assertEqual(self.deal("D-3").email_from, "bo@new.example")
        self.assertFalse(self.project.difference_ids)


class TestLoneLeadsSpeakTheirLanguage(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.project = cls.staged(
            lists(
                contacts=[
                    rr_contact("ct_1", name="Ines", speaks="fr"),
                    rr_contact("ct_2", name="Bo", speaks=""),
                ]
            ),
            preset="road_runner",
            lone_contacts="leads",
        )
        cls.line(cls.project, "contact", "speaks").write(
            {"fate": "transformed", "target_field": "lang", "transform": "language"}
        )
        cls.load(cls.apply_schema(cls.confirm_all(cls.project)))

    def test_a_lead_has_the_language_of_the_person(self):
        lead = self.target(self.project, "contact", "ct_1")
        self.assertEqual(lead._name, "crm.lead")
        self.assertEqual(lead.lang_id.code, "fr_FR")
        self.assertFalse(self.target(self.project, "contact", "ct_2").lang_id)
