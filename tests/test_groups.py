from odoo.tests import tagged

from .common import MigrationCommon, table

FILES = {
    "organizations.csv": table(
        {"Organization ID": "O-1", "Organization Name": "Acme", "Tags": "corporate"},
        {"Organization ID": "O-2", "Organization Name": "Bolt", "Tags": "public"},
    ),
    "contacts.csv": table(
        {
            "Client ID": "C-1",
            "Full Name": "Dana",
            "Organization": "O-1",
            "Tags": "career",
        },
        {"Client ID": "C-2", "Full Name": "Ravi", "Email": "ravi@mail.example"},
        {"Client ID": "C-3", "Full Name": "Lone"},
    ),
    "organization_members.csv": table({"Organization ID": "O-2", "Client ID": "C-1"}),
    "contact_groups.csv": table(
        {"Group ID": "G-1", "Group Name": "Spring", "Client ID": "C-1"},
        {
            "Group ID": "G-1",
            "Group Name": "Spring",
            "Client Email": "ravi@mail.example",
        },
        {
            "Group ID": "G-1",
            "Group Name": "Spring",
            "Client ID": "C-3",
            "Status": "Left",
        },
        {"Group ID": "G-2", "Group Name": "Autumn", "Client ID": "C-9"},
    ),
}


@tagged("post_install", "-at_install")
class TestGroups(MigrationCommon):
    """Groups of contacts, and tags that members have from their organization."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.migrated(FILES)

    def tags(self, external_id, project=None):
        contact = self.target(project or self.project, "contacts", external_id)
        return set(contact.category_id.mapped("name"))

    def test_members_of_a_group_get_its_tag(self):
        self.assertIn("Spring", self.tags("C-1"))
        self.assertEqual(self.tags("C-2"), {"Spring"})

    def test_who_has_left_a_group_gets_no_tag(self):
        self.assertFalse(self.tags("C-3"))

    def test_members_inherit_the_tags_of_all_their_organizations(self):
        self.assertEqual(self.tags("C-1"), {"career", "corporate", "public", "Spring"})

    def test_an_organization_does_not_inherit_from_its_members(self):
        acme = self.target(self.project, "organizations", "O-1")
        self.assertEqual(acme.category_id.mapped("name"), ["corporate"])

    def test_a_member_who_is_not_in_the_source_fails_alone(self):
        failed = self.project._object("contact_groups").staged_record_ids.filtered(
            lambda record: record.state == "failed"
        )
        self.assertEqual(len(failed), 1)
        self.assertIn("C-9", failed.reason)

    def test_the_books_balance_and_no_field_differs(self):
        self.assertTrue(self.project.is_balanced)

    def test_a_second_run_takes_no_tag_away(self):
        changed = FILES["contacts.csv"].replace("career", "speaking")
        self.stage(self.project, {"contacts.csv": changed}, name="second.zip")
        self.confirm_all(self.project)
        self.project.action_plan_schema()
        self.project.action_confirm_schema()
        self.project.action_apply_schema()
        self.project.action_load(background=False)
        expected = {"speaking", "corporate", "public", "Spring"}
        self.assertEqual(self.tags("C-1"), expected)
        self.project.action_load(background=False)
        self.assertEqual(self.tags("C-1"), expected)

    def change(self, old, new):
        """Load the groups again with another word in them."""
        changed = FILES["contact_groups.csv"].replace(old, new)
        self.assertNotEqual(changed, FILES["contact_groups.csv"])
        self.a_day_passes()
        self.stage(self.project, {"contact_groups.csv": changed}, name="second.zip")
        self.confirm_all(self.project)
        self.load(self.apply_schema(self.project))

    def test_who_leaves_a_group_loses_its_tag_and_no_other(self):
        dana = self.target(self.project, "contacts", "C-1")
        own = self.env["res.partner.category"].create({"name": "By hand"})
        dana.with_user(self.fallback).write({"category_id": [(4, own.id)]})
        rows = [
            {"Group ID": "G-1", "Group Name": "Spring", "Status": status}
            | {"Client ID": client}
            for client, status in (("C-1", "Left"), ("C-3", "Active"))
        ]
        self.a_day_passes()
        self.stage(
            self.project, {"contact_groups.csv": table(*rows)}, name="second.zip"
        )
        self.load(self.apply_schema(self.confirm_all(self.project)))
        self.assertEqual(self.tags("C-1"), {"career", "corporate", "public", "By hand"})
        self.assertEqual(self.tags("C-3"), {"Spring"})
        self.assertTrue(self.project.is_balanced)
        self.project.action_rollback(background=False)
        self.env.invalidate_all()
        self.assertEqual(dana.exists(), dana, "edited by a person")

    def test_a_group_of_another_name_is_another_tag(self):
        self.change("Spring", "Summer")
        self.assertIn("Summer", self.tags("C-1"))
        self.assertNotIn("Spring", self.tags("C-1"))

    def test_a_tag_that_the_contact_has_otherwise_stays(self):
        self.change("Spring", "career")
        self.change("Spring", "Summer")
        expected = {"career", "corporate", "public", "Summer"}
        self.assertEqual(self.tags("C-1"), expected)

    def test_rollback_removes_contacts_and_tags(self):
        self.project.action_rollback(background=False)
        tags = self.env["res.partner.category"].search([("name", "=", "Spring")])
        self.assertFalse(tags)

    def test_inheritance_can_be_switched_off(self):
        project = self.migrated(FILES, inherit_tags=False, match_rule_ids=[])
        self.assertEqual(self.tags("C-1", project), {"career", "Spring"})
