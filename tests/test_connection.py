import base64
import json

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.crm_migration.models.migration_connection import PRIVATE_PARAMETER

from .common import MigrationCommon

KEY = "rr-key-4711-very-secret"


@tagged("post_install", "-at_install")
class TestConnection(MigrationCommon):
    """Address, profile and key of a live source."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.make_project({}, preset="road_runner", transport="live")
        cls.project.action_open_connection()
        cls.connection = cls.project.connection_ids
        cls.connection.write({"base_url": "https://crm.example.com", "secret": KEY})

    def change(self, **keys):
        """Change top-level keys of the profile."""
        profile = json.loads(self.connection.profile)
        for name, value in keys.items():
            profile[name] = (profile.get(name) or {}) | value
        self.connection.profile = json.dumps(profile)

    # -- the key

    def test_the_key_reaches_the_connector(self):
        self.assertEqual(self.connection.sudo()._secrets()["api_key"], KEY)

    def test_the_key_cannot_be_read_back(self):
        self.connection.invalidate_recordset()
        self.assertFalse(self.connection.secret)
        self.assertTrue(self.connection.has_secret)
        names = [name for name in self.connection._fields if name != "profile_file"]
        self.assertNotIn(KEY, str(self.connection.read(names)))
        exported = self.connection.sudo().export_data(["secret", "profile"])
        self.assertNotIn(KEY, str(exported))
        self.assertNotIn(KEY, str(self.connection.copy_data()))

    def test_nobody_may_look_into_the_table_of_keys(self):
        for user in (self.manager, self.env.ref("base.user_admin")):
            secrets = self.env["migration.secret"].with_user(user)
            with self.assertRaises(AccessError):
                secrets.search([])
            with self.assertRaises(AccessError):
                secrets.create({"connection_id": self.connection.id, "value": "x"})

    def test_a_key_cannot_be_searched_for(self):
        with self.assertRaises(ValueError):
            self.connection.search([("secret", "=like", "rr%")])

    def test_a_new_key_replaces_the_old_one(self):
        self.connection.secret = "another"
        self.assertEqual(self.connection.sudo()._secrets()["api_key"], "another")

    def test_an_emptied_field_keeps_the_key(self):
        self.connection.secret = False
        self.assertTrue(self.connection.has_secret)

    def test_a_new_address_asks_for_the_key_again(self):
        self.connection.base_url = "https://elsewhere.example.net"
        self.assertFalse(self.connection.has_secret)

    def test_an_emptied_field_takes_no_key_to_another_address(self):
        address = {"base_url": "https://elsewhere.example.net"}
        for secret in (False, "", None):
            self.connection.write({"base_url": "https://a.example.com", "secret": KEY})
            self.connection.write(address | {"secret": secret})
            self.assertFalse(self.connection.has_secret)

    def test_another_host_by_the_version_asks_for_the_key_again(self):
        self.connection.write(
            {"base_url": "https://{api_version}.example.com", "secret": KEY}
        )
        profile = json.loads(self.connection.profile)
        profile["api_version"] = "elsewhere.example.net/"
        self.connection.profile = json.dumps(profile)
        self.assertFalse(self.connection.has_secret)

    def test_another_path_on_the_same_server_keeps_the_key(self):
        self.connection.base_url = "https://crm.example.com/eu"
        self.assertTrue(self.connection.has_secret)

    def test_another_kind_of_key_asks_for_it_again(self):
        self.change(auth={"type": "bearer"})
        self.assertFalse(self.connection.has_secret)

    def test_another_host_that_may_get_the_key_asks_for_it_again(self):
        profile = json.loads(self.connection.profile)
        profile["allowed_hosts"] = ["other.example.net"]
        self.connection.profile = json.dumps(profile)
        self.assertFalse(self.connection.has_secret)

    def test_another_pace_keeps_the_key(self):
        self.change(limits={"max_rps": 1})
        self.assertTrue(self.connection.has_secret)

    def test_a_key_given_with_the_new_address_is_kept(self):
        self.connection.write({"base_url": "https://new.example.net", "secret": "n"})
        self.assertEqual(self.connection.sudo()._secrets()["api_key"], "n")

    def test_user_and_password_go_by_their_names(self):
        self.change(auth={"type": "basic"})
        self.connection.write({"login": "ann", "secret": "pw"})
        expected = {"username": "ann", "password": "pw"}
        self.assertEqual(self.connection.sudo()._secrets(), expected)

    # -- the profile

    def test_a_wrong_profile_is_refused_with_its_line(self):
        text = json.dumps(json.loads(self.connection.profile), indent=1)
        text = text.replace('"style": "page"', '"style": "pages"')
        with self.assertRaisesRegex(ValidationError, r"line \d+.*style.*pages"):
            self.connection.profile = text

    def test_no_json_is_refused(self):
        with self.assertRaises(ValidationError):
            self.connection.profile = "{"

    def test_a_profile_goes_out_and_comes_back_as_a_file(self):
        content = base64.b64decode(self.connection.profile_file)
        profile = json.loads(content)
        profile["limits"] = {**profile.get("limits", {}), "timeout_s": 33}
        self.connection.profile_file = base64.b64encode(json.dumps(profile).encode())
        self.assertEqual(self.connection._read_profile()["limits"]["timeout_s"], 33)
        self.assertNotIn(KEY.encode(), content)

    def test_a_file_that_is_no_text_is_refused(self):
        with self.assertRaises(UserError):
            self.connection.profile_file = base64.b64encode(b"\xff\xfe\x00")

    def test_an_address_without_tls_is_refused(self):
        with self.assertRaises(ValidationError):
            self.connection.base_url = "http://crm.example.com"

    def test_an_address_without_tls_is_for_the_server_administrator_to_allow(self):
        self.env["ir.config_parameter"].sudo().set_param(PRIVATE_PARAMETER, "True")
        self.connection.base_url = "http://127.0.0.1:8080"
        self.assertTrue(self.connection._web_options().allow_private)

    def test_an_address_that_is_none_is_refused(self):
        for address in ("https://crm.example.com:99999", "https://[1", "ftp://a.b"):
            with self.assertRaises(ValidationError):
                self.connection.base_url = address

    def test_a_form_shows_nothing_of_a_project_of_another_company(self):
        company = self.env["res.company"].create({"name": "Other Practice"})
        company = {"company_id": company.id, "company_ids": [(6, 0, company.ids)]}
        group = "crm_migration.group_crm_migration_user"
        stranger = self.make_user("Sid", "sid@other.example", group, **company)
        connections = self.env["migration.connection"].with_user(stranger)
        self.env["migration.run"].create(
            {
                "project_id": self.project.id,
                "kind": "stage",
                "state": "failed",
                "error": "said to one company",
            }
        )
        self.env.flush_all()
        self.env.invalidate_all()
        values = {"project_id": self.project.id}
        shown = connections.onchange(values, ["project_id"], {"last_error": {}})
        self.assertNotIn("said to one company", str(shown))

    def test_an_object_cannot_be_moved_to_another_connection(self):
        project = self.make_project({}, preset="road_runner", transport="live")
        project.action_open_connection()
        endpoint = self.env["migration.endpoint"].sudo()
        endpoint = endpoint.create({"connection_id": self.connection.id, "name": "tag"})
        with self.assertRaises(AccessError):
            endpoint.with_user(self.manager).connection_id = project.connection_ids

    def test_an_address_with_a_password_is_refused(self):
        with self.assertRaises(ValidationError):
            self.connection.base_url = "https://ann:pw@crm.example.com"

    def test_the_own_network_is_out_of_reach(self):
        self.connection.write({"base_url": "https://127.0.0.1", "secret": KEY})
        self.project.with_user(self.manager)
        with self.assertRaises(UserError) as caught:
            self.project.action_stage(background=False)
        self.assertNotIn(KEY, str(caught.exception))

    # -- the project

    def test_a_project_has_one_connection(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.connection.create(
                {"project_id": self.project.id, "profile_key": "roadrunner_v2"}
            )
            self.env.flush_all()

    def test_each_source_proposes_a_dialect_of_its_own(self):
        for preset, source in (
            ("road_runner", "road_runner"),
            ("fasttrack", "fasttrack"),
            ("practice_bundle", "the_practice"),
        ):
            project = self.make_project({}, preset=preset, transport="live")
            project.action_open_connection()
            profile = project.connection_ids._read_profile()
            self.assertEqual(profile["source"], source)

    def test_nothing_is_pulled_without_a_key(self):
        self.connection.sudo()._forget_secret()
        with self.assertRaisesRegex(UserError, "key"):
            self.project.action_stage(background=False)

    def test_nothing_is_pulled_without_a_connection(self):
        project = self.make_project({}, preset="road_runner", transport="live")
        with self.assertRaisesRegex(UserError, "Connect"):
            project.action_stage(background=False)
        self.assertIn("Connect", project.next_step)

    def test_files_cannot_tell_what_changed(self):
        with self.assertRaises(UserError):
            self.make_project({}).action_pull_changes(background=False)
