"""Who shares the address of a company, who has their own, and who stays as they are."""

from .common import MigrationCommon, table
from .test_load_sources import lists, rr_contact

#: What Odoo would carry from a company to its contacts, or the other way.
SYNCED = (
    *("street", "street2", "city", "zip", "state_id", "country_id"),
    *("industry_id", "company_registry", "vat", "lang", "company_name", "type"),
)


def organization(external_id, name, **fields):
    """Return a row of the organizations table."""
    row = {"Organization ID": external_id, "Organization Name": name}
    return row | {key.replace("_", " "): value for key, value in fields.items()}


def client(external_id, name, **fields):
    """Return a row of the contacts table."""
    row = {"Client ID": external_id, "Full Name": name}
    return row | {key.replace("_", " "): value for key, value in fields.items()}


ACME = {
    "Address": "1 Main Street",
    "City": "Springfield",
    "Zip": "62701",
    "Country": "US",
    "Industry": "Coaching",
}
ORGANIZATIONS = [
    organization("O-1", "Acme Works", **ACME),
    organization("O-2", "Bare Works"),
    organization("O-3", "Family Works", City="Rome"),
]
MEMBERS = table(
    {"Organization ID": "O-1", "Client ID": "C-country"},
    {"Organization ID": "O-1", "Client ID": "C-nothing"},
)


class TestSharedAddress(MigrationCommon):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        create = cls.env["res.partner"].create
        trade = cls.env["res.partner.industry"].create({"name": "Pottery"})
        own = {
            "street": "5 Private Road",
            "zip": "1000",
            "industry_id": trade.id,
            "company_name": "Potters & Co",
            "lang": "fr_FR",
            "vat": "PRIVATE-1",
            "company_registry": "R-1",
        }
        cls.odile = create(
            {"name": "Odile Known", "email": "odile@known.example"} | own
        )
        cls.bob = create({"name": "Bob Known", "email": "bob@known.example"} | own)
        cls.cleo = create({"name": "Cleo Known", "email": "cleo@known.example"})
        cls.family = create({"name": "Family Works", "is_company": True})
        cls.member = create({"name": "Meg", "parent_id": cls.family.id})
        cls.a_day_passes()
        cls.before = cls.state_of(cls.odile | cls.bob | cls.cleo | cls.member)
        contacts = [
            client(
                "C-1", "Odile Known", Email="odile@known.example", Organization="O-1"
            ),
            client("C-2", "Bob Known", Email="bob@known.example", Organization="O-2"),
            client("C-3", "Cleo Known", Email="cleo@known.example", Organization="O-1"),
            client("C-country", "Cora Country", Country="France"),
            client("C-nothing", "Ned Nothing"),
            client("C-shares", "Sue Shares", Organization="O-1"),
            client("C-edited", "Ed Edited", Organization="O-1"),
            client("C-own", "Olive Own", Organization="O-1", City="Chicago"),
            client("C-state", "Stan", Organization="O-1", Country="France"),
        ]
        cls.project = cls.staged(
            {
                "organizations.csv": table(*ORGANIZATIONS),
                "contacts.csv": table(*contacts),
                "organization_members.csv": MEMBERS,
            }
        )
        cls.apply_schema(cls.confirm_all(cls.project))
        cls.project.action_find_matches()
        same = cls.project.match_ids.filtered(lambda one: one.external_id == "O-3")
        same.with_user(cls.manager).action_take()
        cls.load(cls.project)
        cls.acme = cls.target(cls.project, "organizations", "O-1")
        cls.bare = cls.target(cls.project, "organizations", "O-2")

    @classmethod
    def state_of(cls, partners):
        """Return what is stored of contacts that were there before, without dates."""
        cls.env.flush_all()
        cls.env.cr.execute(
            "SELECT id, to_jsonb(p) FROM res_partner p WHERE id = ANY(%s)",
            [partners.ids],
        )
        return {
            res_id: {
                name: value
                for name, value in row.items()
                if value is not None and not name.startswith(("write_", "create_"))
            }
            for res_id, row in cls.env.cr.fetchall()
        }

    def contact(self, external_id):
        return self.target(self.project, "contacts", external_id)

    def own(self, partner):
        """Return what Odoo would have synchronised, as it stands now."""
        stored = self.state_of(partner)[partner.id]
        return {name: stored.get(name) for name in SYNCED if name != "type"}

    def assertAsBefore(self):
        for person in self.odile | self.bob | self.cleo | self.member:
            with self.subTest(person.name):
                now = self.state_of(person)[person.id]
                self.assertEqual(now, self.before[person.id])

    # -- contacts that were in Odoo before

    def test_a_known_person_who_gets_a_company_keeps_everything_of_their_own(self):
        self.assertEqual(self.odile.parent_id, self.acme)
        before = self.before[self.odile.id]
        kept = {name: before.get(name) for name in SYNCED if name != "type"}
        # Odoo has no free company name beside a real company
        self.assertEqual(self.own(self.odile), kept | {"company_name": None})
        self.assertEqual(self.odile.type, "other")

    def test_a_company_does_not_get_the_private_address_of_a_known_person(self):
        self.assertEqual(self.bob.parent_id, self.bare)
        self.assertFalse(any(self.bare[name] for name in ("street", "zip", "vat")))
        self.assertFalse(self.bare.industry_id)
        self.assertEqual(self.bob.street, "5 Private Road")

    def test_a_known_person_without_address_gets_that_of_the_company(self):
        self.assertEqual(self.cleo.parent_id, self.acme)
        self.assertEqual(
            (self.cleo.street, self.cleo.country_id.code, self.cleo.type),
            ("1 Main Street", "US", "contact"),
        )
        self.assertEqual(self.cleo.industry_id.name, "Coaching")

    def test_people_of_a_known_company_are_left_alone(self):
        self.assertEqual(self.family.city, "Rome")
        self.assertEqual(
            self.state_of(self.member)[self.member.id], self.before[self.member.id]
        )

    def test_a_rollback_gives_all_of_them_back_as_they_were(self):
        self.project.action_rollback(background=False)
        self.assertAsBefore()

    # -- members

    def test_a_member_with_no_more_than_a_country_keeps_it(self):
        contact = self.contact("C-country")
        self.assertEqual(contact.parent_id, self.acme)
        self.assertEqual(contact.country_id.code, "FR")
        self.assertFalse(contact.street)
        self.assertEqual(contact.type, "other")

    def test_a_member_without_address_shares_that_of_the_company(self):
        contact = self.contact("C-nothing")
        self.assertEqual((contact.street, contact.type), ("1 Main Street", "contact"))
        self.assertEqual(contact.industry_id.name, "Coaching")
        self.assertEqual(contact.country_id.code, "US")

    # -- what changes at the source

    def move_acme(self, **fields):
        self.a_day_passes()
        row = organization("O-1", "Acme Works", **(ACME | fields))
        self.stage(
            self.project,
            {"organizations.csv": table(row, *ORGANIZATIONS[1:])},
            name="newer.zip",
        )
        self.load(self.apply_schema(self.project))

    def assertUnedited(self, *external_ids):
        self.project.action_plan_rollback()
        for external_id in external_ids:
            link = self.link(self.project, "contacts", external_id)
            line = self.project.rollback_line_ids.filtered(
                lambda line, link=link: line.crosswalk_id == link
            )
            self.assertFalse(link.edit_reason)
            self.assertEqual(line.fate, "delete", line.reason)

    def test_who_shares_the_address_of_a_company_moves_with_it(self):
        self.move_acme(Address="2 New Street", Zip="", Industry="Therapy")
        self.assertEqual(self.acme.street, "2 New Street")
        for contact in (*map(self.contact, ("C-shares", "C-nothing")), self.cleo):
            with self.subTest(contact.name):
                self.assertEqual(
                    (contact.street, contact.zip, contact.city, contact.type),
                    ("2 New Street", False, "Springfield", "contact"),
                )
                self.assertEqual(contact.industry_id.name, "Therapy")
        self.assertTrue(self.project.is_balanced)
        self.assertFalse(
            self.project.difference_ids.filtered(
                lambda row: row.verdict in ("overwritten", "lost", "edited")
            )
        )
        self.assertUnedited("C-shares", "C-nothing", "C-own")

    def test_an_address_of_their_own_stays_when_the_company_moves(self):
        self.move_acme(Address="2 New Street")
        self.assertFalse(self.contact("C-own").street)
        self.assertEqual(self.contact("C-own").city, "Chicago")
        self.assertFalse(self.contact("C-country").street)
        self.assertEqual(self.odile.street, "5 Private Road")

    def test_a_persons_edit_of_a_contact_outlives_the_move_and_is_still_told(self):
        self.a_day_passes()
        contact = self.contact("C-edited")
        contact.with_user(self.ana).write({"function": "Boss"})
        contact.flush_recordset()
        self.move_acme(Address="2 New Street")
        self.assertEqual((contact.street, contact.function), ("2 New Street", "Boss"))
        self.project.action_plan_rollback()
        link = self.link(self.project, "contacts", "C-edited")
        line = self.project.rollback_line_ids.filtered(
            lambda line: line.crosswalk_id == link
        )
        self.assertEqual(line.fate, "keep_edited")

    def test_a_contact_that_somebody_put_there_since_moves_too(self):
        mine = self.env["res.partner"].create(
            {"name": "Mine", "parent_id": self.acme.id}
        )
        other = self.env["res.partner"].create(
            {"name": "Else", "parent_id": self.acme.id, "type": "other", "city": "Oslo"}
        )
        self.assertEqual(mine.street, "1 Main Street")
        self.move_acme(Address="2 New Street")
        self.assertEqual(mine.street, "2 New Street")
        self.assertEqual((other.street, other.city), (False, "Oslo"))

    def test_a_rollback_after_the_move_still_gives_back_who_was_there_before(self):
        self.move_acme(Address="2 New Street", Industry="Therapy")
        self.assertEqual(self.cleo.street, "2 New Street")
        self.project.action_rollback(background=False)
        self.assertAsBefore()


class TestFactsOfTheCompany(MigrationCommon):
    """Industry and tax id are the company's; what a person said is kept."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        address = {"address.street": "12 Oak St", "address.country": "US"}
        cls.contacts = [
            rr_contact("ct_1", "company", name="Northwind", industry="Retail"),
            rr_contact("ct_2", "company", name="Southwind", **address),
            rr_contact("ct_3", name="Pia", company_id="ct_1", industry="Pottery"),
            rr_contact("ct_4", name="Sam", company_id="ct_1", industry="Retail"),
            rr_contact("ct_5", name="Mo", company_id="ct_2"),
            rr_contact("ct_6", "customer", name="Archie", status="archived"),
        ]
        for row in cls.contacts:
            row["merged_into_id"] = ""
        cls.project = cls.migrated(
            lists(contacts=cls.contacts), preset="road_runner", match_rule_ids=[]
        )

    def contact(self, external_id):
        return self.target(self.project, "contact", external_id)

    def test_an_industry_of_their_own_is_kept_in_the_notes_and_told(self):
        pia = self.contact("ct_3")
        self.assertEqual(pia.industry_id.name, "Retail")
        self.assertIn("Pottery", str(pia.comment))
        finding = self.findings(self.project, "moved", field="industry")
        self.assertEqual((finding.external_id, finding.value), ("ct_3", "Pottery"))

    def test_the_same_industry_needs_no_note(self):
        sam = self.contact("ct_4")
        self.assertEqual(sam.industry_id.name, "Retail")
        self.assertFalse(sam.comment)

    def newer(self, number, **values):
        """Load a newer export, in which one contact differs."""
        self.a_day_passes()
        contacts = [dict(row) for row in self.contacts]
        contacts[number - 1] |= values
        self.stage(self.project, lists(contacts=contacts), name="newer.zip")
        self.load(self.project)

    def test_who_is_archived_at_the_source_comes_back_with_it(self):
        self.assertFalse(self.contact("ct_6").active)
        self.newer(6, status="active")
        self.assertTrue(self.contact("ct_6").active)
        self.newer(6, status="archived")
        self.assertFalse(self.contact("ct_6").active)

    def test_people_of_a_merged_company_share_what_the_other_has(self):
        self.newer(2, merged_into_id="ct_1")
        mo = self.contact("ct_5")
        self.assertEqual(mo.parent_id, self.contact("ct_1"))
        self.assertEqual((mo.street, mo.industry_id.name), (False, "Retail"))
        self.assertTrue(self.project.is_balanced)
        self.project.action_plan_rollback()
        link = self.link(self.project, "contact", "ct_5")
        line = self.project.rollback_line_ids.filtered(
            lambda line: line.crosswalk_id == link
        )
        self.assertEqual(line.fate, "delete", line.reason)

    def test_who_changes_company_leaves_the_old_address_there(self):
        self.newer(5, company_id="ct_1")
        mo = self.contact("ct_5")
        self.assertEqual(mo.parent_id, self.contact("ct_1"))
        self.assertFalse(mo.street)
        self.assertFalse(mo.country_id)
        self.assertEqual(mo.industry_id.name, "Retail")
        self.assertTrue(self.project.is_balanced)
