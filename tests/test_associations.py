"""Associations with labels: deals and their contacts, contacts and their companies."""

import json

from odoo.fields import Command
from odoo.tests import tagged

from .common import MigrationCommon, table
from .live_case import LiveCase

DATES = {"created_at": "2025-03-04T10:00:00Z", "updated_at": "2025-06-07T10:00:00Z"}
LABEL_MODEL = "x_association_label"


def lists(**objects):
    """Return one JSON file for each object."""
    return {f"{name}.json": json.dumps(rows) for name, rows in objects.items()}


def linked(key, *labels, primary=False):
    return {"is_primary": primary, "labels": list(labels), "node": {"id": key}}


def source(**changes):
    """Return a small FastTrack in which every kind of association occurs."""
    deal = DATES | {"pipeline": "P1", "stage": "S1", "status": "OPEN"}
    contacts = [
        DATES
        | {
            "id": "K1",
            "full_name": "Ines Moreau",
            "email": "ines@contoso.example",
            "company": "C1",
            "companies": [
                linked("C1", "Employee", primary=True),
                linked("C2", "Advisor", "Investor"),
                linked("C9", "Founder"),
            ],
        },
        DATES
        | {
            "id": "K2",
            "full_name": "Bo Berg",
            "companies": [linked("C2", primary=True), linked("C1")],
        },
        DATES | {"id": "K3", "full_name": "Cy", "archived_at": DATES["updated_at"]},
        DATES | {"id": "K4", "full_name": "Di", "company": "C1", "companies": []},
    ]
    objects = {
        "users": [{"id": "U1", "name": "Ana", "email": "ana@practice.example"}],
        "pipelines": [{"id": "P1", "name": "New business"}],
        "stages": [{"id": "S1", "pipeline": "P1", "name": "Qualify", "position": 1}],
        "companies": [
            DATES | {"id": "C1", "name": "Contoso"},
            DATES | {"id": "C2", "name": "Fabrikam"},
        ],
        "contacts": contacts,
        "deals": [
            deal
            | {
                "id": "D1",
                "name": "Roof",
                "primary_contact": "K1",
                "contacts": [
                    linked("K1", "Decision Maker", "Champion", primary=True),
                    linked("K2", "decision  maker"),
                    linked("K3"),
                    linked("K2", "Blocker"),
                    linked("K9", "Champion"),
                ],
            },
            deal | {"id": "D2", "name": "Plain", "contacts": [linked("K2")]},
            deal | {"id": "D3", "name": "Alone", "contacts": []},
            deal | {"id": "D4", "name": "", "contacts": [linked("K1", "Champion")]},
        ],
        "association_labels": [
            {
                "id": "L1",
                "from_object": "deal",
                "to_object": "contact",
                "label": "Decision Maker",
                "inverse_label": "Decides on",
                "is_primary": True,
                "category": "USER",
            },
            {"id": "L2", "from_object": "deal", "to_object": "contact", "label": None},
            {
                "id": "L3",
                "from_object": "contact",
                "to_object": "company",
                "label": "Never used",
                "inverse_label": "",
            },
        ],
    }
    return lists(**(objects | changes))


class TestAssociations(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.migrated(source(), preset="fasttrack")

    def deal(self, number):
        return self.target(self.project, "deal", f"D{number}")

    def contact(self, number):
        return self.target(self.project, "contact", f"K{number}")

    def firm(self, number):
        return self.target(self.project, "company", f"C{number}")

    def words(self, *names):
        return self.env[LABEL_MODEL].search([("x_name", "in", names)])

    # -- deals

    def test_every_associated_contact_is_linked_the_primary_one_is_the_customer(self):
        contacts = self.contact(1) | self.contact(2) | self.contact(3)
        deal = self.deal(1).with_context(active_test=False)
        self.assertEqual(deal["x_associated_contact_ids"], contacts)
        self.assertEqual(deal.partner_id, self.contact(1))
        self.assertEqual(self.deal(2)["x_associated_contact_ids"], self.contact(2))
        self.assertFalse(self.deal(3)["x_associated_contact_ids"])

    def test_labels_of_each_contact_can_be_read(self):
        self.assertEqual(
            self.deal(1)["x_contact_roles"].split("\n"),
            [
                "Ines Moreau (Decision Maker, Champion)",
                "Bo Berg (decision maker, Blocker)",
                "Cy",
                "K9 (Champion)",
            ],
        )
        self.assertEqual(self.deal(2)["x_contact_roles"], "Bo Berg")

    def test_labels_of_each_contact_are_kept_for_programs(self):
        kept = self.deal(1)["x_association_labels"]
        self.assertEqual(
            kept["K1"],
            {
                "id": self.contact(1).id,
                "name": "Ines Moreau",
                "labels": ["Decision Maker", "Champion"],
                "is_primary": True,
            },
        )
        self.assertEqual(kept["K3"]["labels"], [])
        self.assertFalse(kept["K3"]["is_primary"])
        self.assertFalse(self.deal(3)["x_association_labels"])

    def test_a_contact_that_is_not_there_keeps_its_place_and_is_a_finding(self):
        kept = self.deal(1)["x_association_labels"]
        self.assertEqual((kept["K9"]["id"], kept["K9"]["labels"]), (None, ["Champion"]))
        found = self.findings(self.project, "unlinked", external_id="D1")
        self.assertEqual(found.value, "K9")
        self.assertIn("no record", found.message)

    def test_opportunities_can_be_filtered_by_label(self):
        def having(word):
            domain = [("x_association_label_ids.x_name", "=", word)]
            return self.env["crm.lead"].search(domain)

        self.assertEqual(having("Decision Maker"), self.deal(1))
        self.assertEqual(having("Blocker"), self.deal(1))
        self.assertFalse(having("Never used"))
        self.assertFalse(self.deal(2)["x_association_label_ids"])

    def test_words_that_differ_in_case_and_blanks_are_one(self):
        names = self.env[LABEL_MODEL].search([]).mapped("x_name")
        same = [name for name in names if name.casefold().startswith("decision")]
        self.assertEqual(same, ["Decision Maker"])

    def test_the_form_shows_links_and_text_but_no_json(self):
        arch = self.env["crm.lead"].get_view(view_type="form")["arch"]
        for name in ("x_associated_contact_ids", "x_contact_roles"):
            self.assertIn(f'name="{name}"', arch)
        self.assertIn('name="x_association_label_ids"', arch)
        self.assertNotIn('name="x_association_labels"', arch)

    # -- contacts and companies

    def test_the_primary_company_is_the_parent_the_others_are_links(self):
        ines, bo = self.contact(1), self.contact(2)
        self.assertEqual(ines.parent_id, self.firm(1))
        self.assertEqual(ines["x_secondary_company_ids"], self.firm(2))
        self.assertEqual(bo.parent_id, self.firm(2), "said by the list alone")
        self.assertEqual(bo["x_secondary_company_ids"], self.firm(1))
        self.assertFalse(self.contact(4)["x_secondary_company_ids"])

    def test_labels_of_each_company_are_kept(self):
        ines = self.contact(1)
        self.assertEqual(
            ines["x_other_organizations"], "Fabrikam (Advisor, Investor); C9 (Founder)"
        )
        kept = ines["x_association_labels"]
        self.assertEqual(kept["C1"]["labels"], ["Employee"])
        self.assertTrue(kept["C1"]["is_primary"])
        self.assertEqual(kept["C2"]["id"], self.firm(2).id)
        self.assertEqual(kept["C9"]["id"], None)
        self.assertEqual(
            ines["x_association_label_ids"],
            self.words("Employee", "Advisor", "Investor", "Founder"),
        )
        found = self.findings(self.project, "unlinked", external_id="K1")
        self.assertEqual(found.value, "C9")

    # -- the labels themselves

    def test_a_defined_label_is_a_word_with_its_inverse(self):
        word = self.target(self.project, "association_label", "L1")
        self.assertEqual(word._name, LABEL_MODEL)
        self.assertEqual(word["x_name"], "Decision Maker")
        self.assertEqual(word["x_inverse"], "Decides on")
        self.assertEqual(word["x_usage"], "deal → contact")
        unused = self.target(self.project, "association_label", "L3")
        self.assertEqual(unused["x_name"], "Never used")
        self.assertFalse(unused["x_inverse"])

    def test_no_label_is_excluded_with_the_reason(self):
        record = self.assertBucket(
            self.project, "association_label", "L2", "excluded", "skipped"
        )
        self.assertTrue(record.reason)

    def test_the_plan_lists_the_words_before_they_are_made(self):
        items = self.project.schema_item_ids.filtered(
            lambda item: item.kind == "association_label"
        )
        counts = {item.name: item.record_count for item in items}
        self.assertEqual(counts["Champion"], 3)
        self.assertEqual(counts["Decision Maker"], 2)
        self.assertEqual(counts["Never used"], 0)
        self.assertTrue(all(items.mapped("reason")))

    def test_salespeople_read_labels_and_cannot_change_them(self):
        word = self.words("Champion").with_user(self.ana)
        self.assertEqual(word["x_name"], "Champion")
        self.assertFalse(word.has_access("write"))

    # -- books

    def test_the_associations_balance(self):
        deals = self.book(self.project, "Deals: contacts")
        self.assertEqual(deals.source_count, 6, "K2 is listed twice in one deal")
        self.assertEqual(deals.created_count, 4)
        self.assertEqual(deals.failed_count, 2, "one not there, one with its deal")
        self.assertEqual(deals.found_count, 4)
        self.assertTrue(deals.is_balanced)
        companies = self.book(self.project, "Contacts: companies")
        counts = companies.source_count, companies.created_count, companies.failed_count
        self.assertEqual(counts, (3, 2, 1))
        self.assertTrue(companies.is_balanced)
        self.assertTrue(self.book(self.project, "Association labels").is_balanced)

    def test_a_link_that_somebody_removed_is_a_difference(self):
        self.deal(2)["x_associated_contact_ids"] = False
        self.project.action_verify(background=False)
        book = self.book(self.project, "Deals: contacts")
        self.assertEqual(book.found_count, 3)
        self.assertEqual(book.difference_count, 1)
        self.assertFalse(book.is_balanced)


class TestAssociationsAgain(MigrationCommon):
    """A change at the source, and the way back."""

    def test_a_change_of_labels_is_followed_and_nothing_else_moves(self):
        project = self.migrated(source(), preset="fasttrack")
        deal = self.target(project, "deal", "D1")
        self.a_day_passes()
        changed = {
            "id": "D1",
            "name": "Roof",
            "pipeline": "P1",
            "stage": "S1",
            "status": "OPEN",
            "primary_contact": "K1",
            "contacts": [linked("K2", "Never used")],
        } | DATES
        self.migrate(self.stage(project, source(deals=[changed]), "second.zip"))
        self.assertEqual(
            deal["x_associated_contact_ids"], self.target(project, "contact", "K2")
        )
        self.assertEqual(deal["x_contact_roles"], "Bo Berg (Never used)")
        self.assertEqual(
            deal["x_association_label_ids"].mapped("x_name"), ["Never used"]
        )
        self.a_day_passes()
        self.migrate(
            self.stage(project, source(deals=[changed | {"contacts": []}]), "third.zip")
        )
        self.assertFalse(deal["x_associated_contact_ids"])
        self.assertFalse(deal["x_association_labels"])
        self.assertFalse(deal["x_association_label_ids"])
        self.assertFalse(deal["x_contact_roles"])

    def test_rollback_takes_links_words_and_model_away(self):
        fields = self.env["ir.model.fields"]
        domain = [
            ("model", "in", ("crm.lead", "res.partner")),
            ("name", "=like", "x_%"),
        ]
        before = fields.search(domain).ids
        tables = self.tables()
        project = self.migrated(source(), preset="fasttrack")
        self.assertGreater(self.tables(), tables)
        project.action_rollback(background=False)
        self.env.invalidate_all()
        kept = project.rollback_line_ids.filtered(lambda li: li.fate.startswith("keep"))
        self.assertFalse(kept.mapped("reason"))
        self.assertEqual(fields.search(domain).ids, before)
        self.assertFalse(self.env["ir.model"].search([("model", "=", LABEL_MODEL)]))
        self.assertEqual(self.tables(), tables)

    def tables(self):
        self.env.cr.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        )
        return self.env.cr.fetchone()[0]

    def test_two_projects_share_the_words(self):
        first = self.migrated(source(), preset="fasttrack")
        again = json.loads(source()["deals.json"])
        for deal in again:
            deal["id"] += "b"
        second = self.migrated(source(deals=again), preset="fasttrack")
        self.assertEqual(
            self.env[LABEL_MODEL].search_count([("x_name", "=", "Champion")]), 1
        )
        second.action_rollback(background=False)
        self.env.invalidate_all()
        deal = self.target(first, "deal", "D1")
        self.assertIn("Champion", deal["x_association_label_ids"].mapped("x_name"))


class TestMembershipLabels(MigrationCommon):
    """The Practice: a person of several organizations."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.migrated(
            {
                "organizations.csv": table(
                    {"Organization ID": "O-1", "Organization Name": "Acme"},
                    {"Organization ID": "O-2", "Organization Name": "Bolt"},
                ),
                "contacts.csv": table(
                    {"Client ID": "C-1", "Full Name": "Dana"},
                    {"Client ID": "C-2", "Full Name": "Eli", "Organization": "O-2"},
                ),
                "organization_members.csv": table(
                    {"Organization ID": "O-1", "Client ID": "C-1", "Role": "Parent"},
                    {"Organization ID": "O-2", "Client ID": "C-1", "Role": "Advisor"},
                    {"Organization ID": "O-2", "Client ID": "C-2", "Role": ""},
                ),
            }
        )

    def test_the_second_organization_is_a_link_with_its_role(self):
        dana = self.target(self.project, "contacts", "C-1")
        bolt = self.target(self.project, "organizations", "O-2")
        self.assertEqual(dana.parent_id.name, "Acme")
        self.assertEqual(dana["x_secondary_company_ids"], bolt)
        self.assertEqual(dana["x_other_organizations"], "Bolt (Advisor)")
        labels = dana["x_association_labels"]
        self.assertEqual(labels["O-1"]["labels"], ["Parent"])
        self.assertTrue(labels["O-1"]["is_primary"])
        self.assertEqual(labels["O-2"]["id"], bolt.id)
        self.assertEqual(
            set(dana["x_association_label_ids"].mapped("x_name")), {"Parent", "Advisor"}
        )

    def test_a_role_that_changes_is_read_everywhere(self):
        rows = [
            {"Organization ID": firm, "Client ID": "C-1", "Role": role}
            for firm, role in (("O-1", "Guardian"), ("O-2", "Parent"))
        ]
        self.a_day_passes()
        self.stage(
            self.project, {"organization_members.csv": table(*rows)}, "newer.zip"
        )
        self.load(self.apply_schema(self.project))
        dana = self.target(self.project, "contacts", "C-1")
        self.assertEqual(dana.parent_id.name, "Acme")
        self.assertEqual(dana["x_other_organizations"], "Bolt (Parent)")
        labels = dana["x_association_labels"]
        self.assertEqual(labels["O-1"]["labels"], ["Guardian"])
        self.assertEqual(labels["O-2"]["labels"], ["Parent"])
        words = set(dana["x_association_label_ids"].mapped("x_name"))
        self.assertEqual(words, {"Guardian", "Parent"})
        self.assertEqual(len(dana["x_secondary_company_ids"]), 1)
        self.assertTrue(self.project.is_balanced)

    def test_a_place_that_a_person_took_away_stays_away(self):
        self.a_day_passes()
        dana = self.target(self.project, "contacts", "C-1")
        dana.with_user(self.fallback).write(
            {"parent_id": False, "x_other_organizations": "By hand"}
        )
        rows = [
            {"Organization ID": firm, "Client ID": "C-1", "Role": "Owner"}
            for firm in ("O-1", "O-2")
        ]
        self.stage(
            self.project, {"organization_members.csv": table(*rows)}, "newer.zip"
        )
        self.load(self.apply_schema(self.project))
        self.assertFalse(dana.parent_id)
        self.assertEqual(dana["x_other_organizations"], "By hand")

    def test_one_organization_is_no_secondary_one(self):
        eli = self.target(self.project, "contacts", "C-2")
        self.assertEqual(eli.parent_id.name, "Bolt")
        self.assertFalse(eli["x_secondary_company_ids"])
        self.assertFalse(eli["x_association_label_ids"])


@tagged("post_install", "-at_install")
class TestAssociationsLive(LiveCase):
    """FastTrack over GraphQL, held against the source's own records."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        euro = cls.env.ref("base.EUR")
        euro.active = True
        euro.rate_ids = [Command.clear(), Command.create({"rate": 2.0})]
        cls.project = cls.connect("fasttrack", "fasttrack_relay")
        cls.switch_off(cls.project, "activity", "attachment", "custom_object_record")
        cls.migrate(cls.project)
        cls.tables = cls.sources.world.fasttrack.tables

    def targets(self, name):
        """Return ``{source id: Odoo record}``."""
        links = self.env["migration.crosswalk"].search(
            [("project_id", "=", self.project.id), ("source_object", "=", name)]
        )
        return {
            link.external_id: self.env[link.res_model]
            .browse(link.res_id)
            .with_context(active_test=False)
            for link in links
        }

    def test_every_deal_has_its_contacts_with_their_labels(self):
        deals, contacts = self.targets("deal"), self.targets("contact")
        pairs = 0
        for key, truth in self.tables["deal"].items():
            wanted = {item["node"]["id"]: item for item in truth["contacts"]}
            deal = deals[key]
            ids = {contacts[one].id for one in wanted}
            self.assertEqual(set(deal["x_associated_contact_ids"].ids), ids, key)
            kept = deal["x_association_labels"] or {}
            found = {one: entry["labels"] for one, entry in kept.items()}
            labels = {one: item["labels"] for one, item in wanted.items()}
            self.assertEqual(found, labels, key)
            words = {word for item in wanted.values() for word in item["labels"]}
            mine = set(deal["x_association_label_ids"].mapped("x_name"))
            self.assertEqual(mine, words, key)
            pairs += len(wanted)
        book = self.book(self.project, "Deals: contacts")
        self.assertEqual((book.source_count, book.created_count), (pairs, pairs))
        self.assertTrue(book.is_balanced)

    def test_every_contact_has_its_other_companies(self):
        contacts, companies = self.targets("contact"), self.targets("company")
        for key, truth in self.tables["contact"].items():
            others = {
                item["node"]["id"]: item["labels"]
                for item in truth["companies"]
                if not item["is_primary"]
            }
            contact = contacts[key]
            if contact._name != "res.partner":
                continue
            ids = {companies[one].id for one in others}
            self.assertEqual(set(contact["x_secondary_company_ids"].ids), ids, key)
            kept = contact["x_association_labels"] or {}
            found = {k: e["labels"] for k, e in kept.items() if not e["is_primary"]}
            self.assertEqual(found, others, key)
        self.assertTrue(self.book(self.project, "Contacts: companies").is_balanced)

    def test_every_label_is_bound_or_excluded_with_a_reason(self):
        for key, truth in self.tables["association_label"].items():
            word = self.targets("association_label").get(key)
            if truth["label"]:
                self.assertEqual(word["x_name"], truth["label"])
                self.assertEqual(word["x_inverse"], truth["inverse_label"])
            else:
                self.assertBucket(self.project, "association_label", key, "excluded")
