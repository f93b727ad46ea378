import json
import urllib.request

from odoo.tests import tagged

from .processes import OdooProcess, ProcessCase

SETUP = """
from datetime import timedelta
from odoo import fields
user = env["res.users"].with_context(no_reset_password=True).create({
    "name": "Reader", "login": "reader", "email": "reader@x.example",
    "group_ids": [(4, env.ref(name).id) for name in (
        "base.group_user",
        "sales_team.group_sale_manager",
        "base.group_partner_manager",
    )],
})
until = fields.Datetime.now() + timedelta(days=1)
key = env["res.users.apikeys"].with_user(user).sudo()._generate(None, "test", until)
project = env["migration.project"].create({"name": "Other process"})
rows = ["Client ID,Full Name,Likes,Mood,Born"]
words = ("tea,bad", "tea; cake,good")
rows += [f"C-{n},Client {n},{words[n % 2]},2001-02-03" for n in range(8)]
project.add_file("contacts.csv", base64.b64encode("\\n".join(rows).encode()).decode())
project.action_stage(background=False)
project.action_confirm_map()
env.cr.commit()
answer(key)
"""
APPLY = """
project.action_confirm_schema()
project.action_apply_schema()
env.cr.commit()
"""
LOAD = "project.action_load(background=False)"
ROLLBACK = "project.action_rollback(background=False)"


@tagged("post_install", "-at_install")
class TestSchemaWorkers(ProcessCase):
    """What one process makes, another one that runs already works with at once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.site = cls.new_site("workers")
        cls.key = cls.site.run(SETUP)

    def serve(self):
        process, self.url = self.site.serve()
        self.addCleanup(process.stop)
        return process

    def call(self, model, method, **body):
        request = urllib.request.Request(
            f"{self.url}/json/2/{model}/{method}",
            json.dumps(body).encode(),
            {
                "Authorization": f"bearer {self.key}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=180) as response:
            return json.load(response)

    def custom_fields(self):
        found = self.call("res.partner", "fields_get", attributes=["type"])
        return {
            name: found[name]["type"] for name in found if name in ("x_likes", "x_mood")
        }

    def form(self):
        return self.call("res.partner", "get_view", view_type="form")["arch"]

    def test_fields_come_and_go_in_a_process_that_runs_already(self):
        server = self.serve()
        self.assertEqual(self.custom_fields(), {})
        self.assertNotIn("x_mood", self.form())
        self.site.run(APPLY)
        expected = {"x_likes": "many2many", "x_mood": "selection"}
        self.assertEqual(self.custom_fields(), expected)
        self.assertIn("x_mood", self.form())
        self.site.run(LOAD)
        found = self.call(
            "res.partner",
            "search_read",
            domain=[["x_mood", "=", "good"]],
            fields=["x_likes"],
        )
        self.assertEqual([len(row["x_likes"]) for row in found], [2, 2, 2, 2])
        values = self.call("x_partner_likes_value", "search_read", domain=[])
        self.assertEqual({row["x_name"] for row in values}, {"tea", "cake"})

        # a new version of the apps, then a fresh process
        server.stop()
        update = ["-d", self.site.name, "-u", "base,crm,crm_migration"]
        OdooProcess(update, ["--stop-after-init", "--no-http"]).finish()
        self.serve()
        self.assertEqual(self.custom_fields(), expected)
        self.assertIn("x_mood", self.form())
        self.assertEqual(
            len(self.call("x_partner_likes_value", "search", domain=[])), 2
        )

        self.site.run(ROLLBACK)
        self.assertEqual(self.custom_fields(), {})
        self.assertNotIn("x_mood", self.form())
