"""Ways around the steps: what no form shows, and the words of a hostile file."""

import re

from odoo.exceptions import AccessError, UserError

from odoo.addons.crm_migration.tools.converters import parse_json, to_text

from .common import MigrationCommon, bundle, table

USER = "crm_migration.group_crm_migration_user"
DEEP = "[" * 100_000
#: A vertical tab, as word processors write it, a bell, half a character.
ODD = "Intake\x0bfirst\x07\ud800"
FILES = {
    "contacts.csv": table(
        {
            "Client ID": "C-1",
            "Full Name": "Dana Whitfield",
            "Tags": DEEP,
            "Fancy": "<script>top.alert(1)</script>",
            "no_calls": "yes",
        },
        {
            "Client ID": "C-2",
            "Full Name": "Ravi Rao",
            "Tags": "",
            "Fancy": "2",
            "no_calls": "no",
        },
    ),
    "custom_properties.csv": table(
        {
            "Object": "Client",
            "Key": "no_calls",
            "Label": "No\x0bCalls\x07",
            "Type": "checkbox",
            "Section": "Intake\x0bfirst\x07",
        }
    ),
}


class TestWaysOfAUser(MigrationCommon):
    """A migration user, who may prepare and not change business records."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = cls.make_user("Una", "una@practice.example", USER)
        cls.project = cls.prepared(FILES)
        cls.fancy = cls.line(cls.project, "contacts", "Fancy")

    def as_user(self, record):
        return record.with_user(self.user)

    def test_a_project_begins_at_the_beginning(self):
        projects = self.env["migration.project"].with_user(self.user)
        vals = {"name": "Mine", "fallback_user_id": self.fallback.id}
        self.assertEqual(projects.create(vals).state, "draft")
        for more in (
            {"is_following": True},
            {"next_pickup": "2020-01-01 00:00:00"},
            {"state": "ready"},
            {"signed_off_note": "All is well"},
            {"rollback_scope": {"kind": "run"}},
        ):
            with self.subTest(more=more), self.assertRaises(AccessError):
                projects.create(vals | more)
            defaults = {f"default_{name}": value for name, value in more.items()}
            with self.subTest(more=defaults), self.assertRaises(AccessError):
                projects.with_context(**defaults).create(vals)

    def test_a_followed_project_is_changed_by_a_manager_only(self):
        self.load(self.project)
        self.as_user(self.project).deletion_policy = "flag"
        self.project.action_follow()
        project, line = self.as_user(self.project), self.as_user(self.fancy)
        for change in (
            lambda: project.write({"deletion_policy": "delete"}),
            lambda: line.write({"is_confirmed": False}),
            lambda: project.add_file("export.zip", bundle(FILES)),
        ):
            with self.assertRaisesRegex(AccessError, "follows its source"):
                change()
        project.name = "Another name"
        self.project.with_user(self.manager).deletion_policy = "delete"
        self.fancy.with_user(self.manager).is_confirmed = False

    def test_what_was_found_out_about_a_field_is_not_typed_in(self):
        for vals in (
            {"new_field_info": {"widget": "iframe_wrapper"}},
            {"reference_object": "contacts"},
            {"evidence": "Trust me"},
            {"is_late": True},
        ):
            for user in (self.user, self.manager):
                with self.subTest(vals=vals), self.assertRaises(AccessError):
                    self.fancy.with_user(user).write(vals)
        self.as_user(self.fancy).reason = "Looks fancy"

    def test_a_new_field_must_hold_what_the_reading_gives(self):
        line = self.as_user(self.line(self.project, "contacts", "Fancy"))
        line.target_field = "x_other"
        with self.assertRaises(UserError):
            line.write({"new_field_type": "many2one", "transform": "integer"})
            line.action_confirm()
        line.write({"new_field_type": "integer", "transform": "integer"})
        line.action_confirm()
        self.assertTrue(line.is_confirmed)

    def test_a_form_is_not_asked_about_the_project_of_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self.make_user(
            "Sid", "sid@other.example", USER, company_id=other.id, company_ids=other.ids
        )
        connection = self.env["migration.connection"].create(
            {
                "project_id": self.project.id,
                "profile_key": "roadrunner_v2",
                "base_url": "https://secret.example",
            }
        )
        for model, vals, name in (
            (
                "migration.project",
                {"connection_ids": [[4, connection.id]]},
                "connection_address",
            ),
            (
                "migration.connection",
                {"project_id": self.project.id},
                "project_next_step",
            ),
        ):
            records = self.env[model].with_user(stranger)
            spec = dict.fromkeys(vals, {}) | {name: {}}
            # what the superuser has read is no secret within one transaction
            self.env.flush_all()
            self.env.invalidate_all()
            try:
                shown = records.onchange(vals, list(vals), spec)
            except AccessError:
                continue
            self.assertFalse(shown["value"].get(name))


class TestWordsOfAHostileFile(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.staged(FILES)
        info = {"widget": "iframe_wrapper"}
        cls.line(cls.project, "contacts", "Fancy").sudo().new_field_info = info
        cls.load(cls.apply_schema(cls.confirm_all(cls.project)))

    def test_a_widget_that_runs_code_is_in_no_view(self):
        partners = self.env["res.partner"]
        for kind in ("form", "list"):
            arch = partners.get_view(view_type=kind)["arch"]
            self.assertNotIn("iframe", arch)
        self.assertIn("x_fancy", partners.get_view(view_type="form")["arch"])

    def test_control_characters_in_labels_stop_nothing(self):
        field = self.env["res.partner"]._fields["x_no_calls"]
        self.assertEqual(field.string.split(), ["No", "Calls"])
        arch = self.env["res.partner"].get_view(view_type="form")["arch"]
        self.assertRegex(arch, re.compile(r"Intake\s*(&#10;)?\s*first"))

    def test_a_cell_of_brackets_is_a_text_like_any_other(self):
        self.assertBucket(self.project, "contacts", "C-1", "created")
        with self.assertRaisesRegex(ValueError, "nested"):
            parse_json(DEEP)
        self.assertEqual(parse_json("[1]"), [1])

    def test_a_text_is_read_without_what_cannot_be_printed(self):
        self.assertEqual(to_text(ODD), "Intake\nfirst")
        self.assertEqual(to_text("Zoë\t1"), "Zoë\t1")
