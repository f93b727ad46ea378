import base64
import json
import urllib.error
import urllib.request

from odoo.tests import tagged

from .common import bundle, table
from .processes import ProcessCase

FILES = {
    "organizations.csv": table(
        {"Organization ID": "O-1", "Organization Name": "Harbor Clinic"},
    ),
    "contacts.csv": table(
        *(
            {
                "Client ID": f"C-{number}",
                "Full Name": f"Client {number}",
                "Email": f"client{number}@practice.example",
                "Organization": "Harbor Clinic",
                "Created At": f"2026-01-{number + 12} 10:00",
            }
            for number in range(1, 9)
        )
    ),
    "pipeline_stages.csv": table(
        {"Pipeline": "Coaching", "Stage": "Open", "Order": "1", "Is Won": "No"},
        {"Pipeline": "Coaching", "Stage": "Signed", "Order": "2", "Is Won": "Yes"},
    ),
    "deals.csv": table(
        *(
            {
                "Deal ID": f"D-{number}",
                "Deal Name": f"Package {number}",
                "Client ID": f"C-{number}",
                "Pipeline": "Coaching",
                "Stage": "Open",
                "Value": f"{number}00",
            }
            for number in range(1, 5)
        )
    ),
}
FORBIDDEN = (403, "odoo.exceptions.AccessError")
MAKE_KEYS = """
from datetime import datetime, timedelta

def make_key(login, *groups):
    user = env["res.users"].with_context(no_reset_password=True).create({
        "name": login, "login": login, "email": f"{login}@practice.example",
        "group_ids": [(6, 0, [env.ref(group).id for group in groups])],
    })
    Key = env["res.users.apikeys"].with_user(user).sudo()
    return Key._generate(None, login, datetime.now() + timedelta(days=1))

keys = {
    "manager": make_key(
        "mo", "base.group_user", "crm_migration.group_crm_migration_manager"
    ),
    "user": make_key(
        "una", "base.group_user", "crm_migration.group_crm_migration_user"
    ),
    "seller": make_key("sal", "base.group_user", "sales_team.group_sale_salesman"),
}
env.cr.commit()
answer(keys)
"""


@tagged("post_install", "-at_install")
class TestJson2(ProcessCase):
    """A script with an API key drives a project over HTTP, without any screen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.site = cls.new_site("json2")
        cls.keys = cls.site.run(MAKE_KEYS)
        process, cls.url = cls.site.serve()
        cls.addClassCleanup(process.stop)

    def post(self, who, model, method, **body):
        """Call one method; return ``(HTTP status, answer)``."""
        request = urllib.request.Request(
            f"{self.url}/json/2/{model}/{method}",
            json.dumps(body).encode(),
            {
                "Authorization": f"bearer {self.keys.get(who, who)}",
                "Content-Type": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=180) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def call(self, method, *ids, **arguments):
        """Call a method of the project as its manager; it has to succeed."""
        status, answer = self.post(
            "manager", "migration.project", method, ids=ids, **arguments
        )
        self.assertEqual(status, 200, answer)
        return answer

    def make_project(self):
        [project] = self.call("create", vals_list=[{"name": "Over HTTP"}])
        self.call("add_file", project, name="export.zip", content=bundle(FILES))
        self.call("action_stage", project, background=False)
        return project

    def test_a_script_migrates_and_takes_back_over_http(self):
        project = self.make_project()
        self.assertEqual(self.call("get_progress", project)["state"], "profiled")
        self.assertIs(self.call("action_confirm_map", project), True)
        self.call("action_confirm_schema", project)
        self.call("action_apply_schema", project)
        self.call("action_sample", project, background=False)
        self.assertEqual(self.call("get_progress", project)["state"], "rehearsed")
        self.call("action_load", project, background=False)

        progress = self.call("get_progress", project)
        self.assertEqual((progress["state"], progress["error"]), ("verified", False))
        books = self.call("get_reconciliation", project)
        self.assertTrue(books["is_balanced"])
        self.assertEqual(books["completeness"], 100)
        created = {
            line["name"]: line["created_count"]
            for line in books["lines"]
            if line["kind"] == "object"
        }
        self.assertEqual((created["Contacts"], created["Deals"]), (8, 4))
        self.assertEqual(self.leads(), 4)

        self.assertEqual(
            self.call("action_plan_rollback", project)["delete"] > 12, True
        )
        self.call("action_rollback", project, background=False)
        self.assertEqual(self.call("get_progress", project)["state"], "rolled_back")
        self.assertEqual(self.leads(), 0)

    def leads(self):
        return self.site.value("SELECT count(*) FROM crm_lead")

    def test_a_migration_user_rehearses_but_does_not_load(self):
        project = self.make_project()
        for method in ("action_confirm_map", "action_plan_schema"):
            status, answer = self.post(
                "user", "migration.project", method, ids=[project]
            )
            self.assertEqual(status, 200, answer)
        for method in (
            "action_confirm_schema",
            "action_apply_schema",
            "action_plan_rollback",
            "action_rollback",
        ):
            with self.subTest(method=method):
                status, answer = self.post(
                    "user", "migration.project", method, ids=[project]
                )
                self.assertEqual((status, answer["name"]), FORBIDDEN)
        self.call("action_confirm_schema", project)
        self.call("action_apply_schema", project)
        status, answer = self.post(
            "user", "migration.project", "action_load", ids=[project], background=False
        )
        self.assertEqual((status, answer["name"]), FORBIDDEN)
        self.assertIn("migration manager", answer["message"])
        self.assertEqual(self.leads(), 0)

    def test_a_seller_reads_nothing_of_a_migration(self):
        for model in ("migration.project", "migration.staged.record", "migration.log"):
            with self.subTest(model=model):
                status, answer = self.post(
                    "seller", model, "search_read", domain=[], fields=["id"]
                )
                self.assertEqual((status, answer["name"]), FORBIDDEN)

    def test_a_wrong_key_opens_nothing(self):
        status, _answer = self.post(
            "0" * 40, "migration.project", "search_count", domain=[]
        )
        self.assertEqual(status, 401)

    def test_an_unusable_upload_says_why(self):
        [project] = self.call("create", vals_list=[{"name": "Broken"}])
        content = base64.b64encode(b"no archive").decode()
        self.call("add_file", project, name="export.zip", content=content)
        status, answer = self.post(
            "manager", "migration.project", "action_stage", ids=[project]
        )
        self.assertEqual(status, 422)
        self.assertIn("export.zip", answer["message"])

    def test_internal_methods_are_out_of_reach(self):
        for model, method in (
            ("migration.run", "_drive"),
            ("migration.staged.record", "_set_bucket"),
            ("migration.log", "_record"),
        ):
            with self.subTest(method=method):
                status, _answer = self.post("manager", model, method)
                self.assertIn(status, (403, 404))
