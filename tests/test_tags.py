"""Tags of Road Runner: one for each name, linked, with the source's colour."""

import json

from odoo.tests import BaseCase

from odoo.addons.crm_migration.tools.colors import PALETTE, nearest_color

from .common import MigrationCommon

DATES = {"created_at": "2025-03-04T10:00:00Z", "updated_at": "2025-06-07T10:00:00Z"}


def lists(**objects):
    """Return one JSON file for each object."""
    return {f"{name}.json": json.dumps(rows) for name, rows in objects.items()}


class TestColors(BaseCase):
    def test_a_colour_of_odoo_is_itself(self):
        for index, digits in PALETTE.items():
            self.assertEqual(nearest_color(f"#{digits}"), index)

    def test_the_hue_decides(self):
        for text, index in (
            ("#00045d", 8),
            ("#0A0", 10),
            ("ff0000", 1),
            ("#ff69b4ff", 9),
            ("#f008", 1),
            ("Teal", 7),
        ):
            self.assertEqual(nearest_color(text), index, text)

    def test_what_is_no_colour_is_none(self):
        for text in (None, "", "#12345", "sky", "12"):
            self.assertIsNone(nearest_color(text), text)


class TestTags(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = cls.env["crm.tag"].create({"name": "install", "color": 3})
        place = DATES | {"pipeline_id": "pl_1", "stage_id": "st_1", "status": "open"}
        tag = {"object_types": ["contact", "deal"]}
        cls.project = cls.migrated(
            lists(
                pipelines=[{"id": "pl_1", "name": "Sales"}],
                stages=[{"id": "st_1", "pipeline_id": "pl_1", "name": "New"}],
                contacts=[
                    DATES | {"id": "co", "type": "company", "name": "Firm"},
                    DATES
                    | {"id": "c1", "name": "Ann", "company_id": "co"}
                    | {"tags": ["VIP", "vip ", "Service"]},
                    DATES
                    | {"id": "c2", "name": "Bob", "company_id": "co"}
                    | {"tags": ["VIP "]},
                ],
                deals=[
                    place | {"id": "d1", "name": "Roof", "tags": ["INSTALL", "vip"]},
                ],
                tags=[
                    tag | {"id": "t1", "name": "VIP", "color": "#0000ff"},
                    tag | {"id": "t2", "name": "vip", "color": "#ff0000"},
                    tag | {"id": "t3", "name": "Install", "color": "#00ff00"},
                    tag | {"id": "t4", "name": "Nobody", "color": "#00ff00"},
                    tag | {"id": "t5", "name": "Service", "color": "sky"},
                ],
            ),
            preset="road_runner",
        )

    def tags_of(self, name, key):
        record = self.target(self.project, name, key)
        return record.tag_ids if record._name == "crm.lead" else record.category_id

    def test_names_that_differ_in_case_and_blanks_are_one_tag(self):
        contact_tags = self.tags_of("contact", "c1")
        self.assertEqual(sorted(contact_tags.mapped("name")), ["Service", "VIP"])
        self.assertLess(self.tags_of("contact", "c2"), contact_tags)
        names = self.env["crm.tag"].search([("name", "=ilike", "vip")])
        self.assertEqual(len(names), 1)

    def test_a_new_tag_has_the_nearest_colour_of_the_source(self):
        blue = nearest_color("#0000ff")
        self.assertEqual(self.tags_of("contact", "c2").color, blue)
        deal_tags = self.tags_of("deal", "d1")
        self.assertEqual((deal_tags - self.own).color, blue)

    def test_a_tag_that_existed_is_used_and_keeps_its_colour(self):
        self.assertIn(self.own, self.tags_of("deal", "d1"))
        self.assertEqual((self.own.name, self.own.color), ("install", 3))

    def test_each_tag_of_the_source_is_bound_or_says_why_not(self):
        self.assertEqual(
            self.target(self.project, "tag", "t1"),
            self.target(self.project, "tag", "t2"),
        )
        self.assertEqual(self.target(self.project, "tag", "t3"), self.own)
        self.assertBucket(self.project, "tag", "t4", "excluded", "skipped")
        service = self.target(self.project, "tag", "t5")
        self.assertEqual(service._name, "res.partner.category")

    def test_a_colour_that_cannot_be_read_is_a_finding(self):
        found = self.findings(self.project, "unreadable", external_id="t5")
        self.assertEqual(found.value, "sky")

    def test_the_books_balance_and_a_rollback_leaves_odoos_own_tag(self):
        self.assertTrue(self.book(self.project, "Tags").is_balanced)
        self.project.action_rollback(background=False)
        self.env.invalidate_all()
        self.assertEqual(self.own.exists().color, 3)
        self.assertFalse(self.env["crm.tag"].search([("name", "=ilike", "vip")]))
        left = self.env["res.partner.category"].search([("name", "=", "Service")])
        self.assertFalse(left)
