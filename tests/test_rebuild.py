import base64
import json

from odoo.tests import TransactionCase

from odoo.addons.crm_migration.engine.map.placeholders import Translation
from odoo.addons.crm_migration.engine.rebuild import RebuildReference
from odoo.addons.crm_migration.tools.export import csv_bytes, safe_cell

from .common import MigrationCommon, table

TEMPLATES = table(
    {
        "Template ID": "ET-1",
        "Name": "Welcome",
        "Subject": "Welcome, {{client_first_name}}",
        "Body": "<p>Hi {{client_first_name}}, we meet on {{session_date}}.</p>"
        "<p>{{coach_name}}</p>",
        "Type": "Email",
        "Placeholders": "client_first_name; session_date; coach_name",
        "Enabled": "No",
    },
    {"Template ID": "ET-2", "Name": "Text", "Body": "Soon!", "Type": "SMS"},
    {"Template ID": "ET-3", "Subject": "No name", "Body": "x", "Type": "Email"},
)
WORKFLOWS = [
    {
        "id": "wf_1",
        "name": "Onboarding",
        "trigger": "client.created",
        "conditions": [{"field": "Status", "operator": "is", "value": "Active"}],
        "steps": [
            {"type": "send_email", "delay": "1d", "template_id": "ET-1"},
            {"type": "dance", "delay": "-2h", "tune": "waltz"},
        ],
        "owner": "Ana Ruiz",
        "enabled": True,
        "folder": "Clients",
    },
    {"id": "wf_2", "name": "<b>Odd</b>", "trigger": "moon.full", "steps": []},
]


class TestPlaceholders(TransactionCase):
    """Templates are run by Odoo: nothing of the source may be run with them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        coach = cls.env["res.users"].search([("share", "=", False)], limit=1)
        cls.partner = cls.env["res.partner"].create(
            {"name": "Dana Whitfield", "email": "dana@x.example", "user_id": coach.id}
        )
        cls.coach = coach

    def render(self, subject="", body=""):
        """Return what Odoo makes of a translated template for the partner."""
        translation = Translation()
        template = self.env["mail.template"].create(
            {
                "name": "Test",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "subject": translation.subject(subject),
                "body_html": translation.body(body),
            }
        )
        ids = self.partner.ids
        return (
            template._render_field("subject", ids)[ids[0]],
            str(template._render_field("body_html", ids)[ids[0]]),
            translation.unknown,
        )

    def test_known_placeholders_give_values_of_the_contact(self):
        subject, body, unknown = self.render(
            "Hello {{client_first_name}} {{ Contact.LastName }}",
            "<p>{{client_email}}, <b>yours</b> {{coach_name}}</p>"
            '<a href="mailto:{{client_email}}">write</a>',
        )
        self.assertEqual(subject, "Hello Dana Whitfield")
        self.assertIn(f"<p>dana@x.example, <b>yours</b> {self.coach.name}</p>", body)
        self.assertIn('href="mailto:dana@x.example"', body)
        self.assertEqual(unknown, [])

    def test_a_default_stays(self):
        self.partner.email = False
        subject, _body, _unknown = self.render("To {{client_email | default: 'you'}}")
        self.assertEqual(subject, "To you")

    def test_unknown_placeholders_stay_readable_and_are_listed(self):
        subject, body, unknown = self.render(
            "On {{session_date}}",
            '<p>{{session_date}}</p><a href="{{link}}" title="{{link}}">go</a>',
        )
        self.assertEqual(subject, "On [session_date]")
        self.assertIn("<p>[session_date]</p>", body)
        self.assertIn('href="#"', body)
        self.assertEqual(unknown, ["session_date", "link"])

    def test_what_the_source_wrote_is_never_run(self):
        subject, body, _unknown = self.render(
            "{{ 7 * 7 }} {{{client_email}}} {{object.env.cr.dbname}} {{ a } } {{7*6",
            '<p t-out="6 * 7">a</p><t t-out="8 * 8">b</t><p t-if="False">c</p>'
            '<a t-attf-href="#{9*9}" title="#{9*9} {{client_email}}{9*9}">d</a>'
            "<!-- {{5*9}} --><t-x>{{ 7 * 7 }}</t-x>",
        )
        for number in ("49", "42", "64", "81", "45", self.env.cr.dbname):
            self.assertNotIn(number, subject + body)
        for shown in ("<p>a</p>", "b", "<p>c</p>", ">d</a>"):
            self.assertIn(shown, body)


class TestRebuildReference(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files = {
            "contacts.csv": table({"Client ID": "C-1", "Full Name": "Dana"}),
            "email_templates.csv": TEMPLATES,
            "workflows.json": json.dumps(WORKFLOWS),
        }
        cls.project = cls.make_project(cls.files)
        cls.stage(cls.project)

    def wizard(self):
        action = self.project.action_open_rebuild()
        return self.env[action["res_model"]].browse(action["res_id"])

    def test_a_workflow_names_trigger_conditions_steps_and_what_comes_nearest(self):
        first, odd = RebuildReference(self.project).workflows()
        self.assertEqual(first["odoo_trigger"], "On create")
        self.assertEqual(first["odoo_model"], "Contact")
        self.assertEqual(first["conditions"], ["Status is Active"])
        mail, dance = first["steps"]
        self.assertEqual(mail["template"], "Welcome")
        self.assertIn("Send Email", mail["odoo_action"])
        self.assertIn("1 days after", mail["when"])
        self.assertIn("No counterpart", dance["odoo_action"])
        self.assertIn("2 hours before", dance["when"])
        self.assertEqual(dance["other"], {"tune": "waltz"})
        self.assertEqual(first["other"], {"folder": "Clients"})
        self.assertEqual(odd["odoo_trigger"], "")

    def test_words_are_read_whole_and_the_closest_counts(self):
        steps = {
            "change stage": "Update Record: Stage",
            "tags_added": "Update Record: Tags",
            "Send text message": "Send SMS",
            "assignOwner": "Update Record: Salesperson",
            "vintage": "No counterpart: Execute Code",
        }
        triggers = {
            "deal owner changed": ("User is set", "Opportunity"),
            "client owner changed": ("User is set", "Contact"),
            "information.updated": ("On create and edit", "Contact"),
            "dealCreated": ("On create", "Opportunity"),
            "deal.stage_changed": ("Stage is set to", "Opportunity"),
        }
        flows = [
            {"id": text, "name": text, "trigger": text, "steps": list(steps)}
            for text in triggers
        ]
        project = self.make_project({"workflows.json": json.dumps(flows)})
        found = RebuildReference(self.stage(project)).workflows()
        self.assertEqual(
            {
                flow["trigger"]: (flow["odoo_trigger"], flow["odoo_model"])
                for flow in found
            },
            triggers,
        )
        self.assertEqual(
            {step["type"]: step["odoo_action"] for step in found[0]["steps"]}, steps
        )

    def test_the_documents_can_be_downloaded(self):
        wizard = self.wizard()
        self.assertEqual((wizard.workflow_count, wizard.template_count), (2, 3))
        self.assertEqual(wizard.untranslatable, "session_date")
        page = base64.b64decode(wizard.document).decode()
        self.assertTrue(page.startswith("<!DOCTYPE html>"))
        for text in ("Onboarding", "client.created", "Status is Active", "waltz"):
            self.assertIn(text, page)
        self.assertIn("&lt;b&gt;Odd&lt;/b&gt;", page)
        data = json.loads(base64.b64decode(wizard.data))
        self.assertEqual(len(data["workflows"]), 2)
        sheet = base64.b64decode(wizard.templates).decode("utf-8-sig")
        self.assertIn("Welcome, {{client_first_name}}", sheet)
        self.assertEqual(wizard.document_name, "rebuild_reference.html")

    def test_without_workflows_there_is_no_button(self):
        project = self.make_project({"contacts.csv": self.files["contacts.csv"]})
        self.stage(project)
        self.assertFalse(project.has_rebuild_reference)
        self.assertTrue(self.project.has_rebuild_reference)

    def test_a_formula_in_a_cell_is_text(self):
        sheet = csv_bytes(["a"], [["=1+1"], ["plain"], [-5], ["-5"]]).decode(
            "utf-8-sig"
        )
        self.assertEqual(sheet.split("\r\n")[1:-1], ["'=1+1", "plain", "-5", "'-5"])

    def test_a_formula_of_full_width_signs_is_text_as_well(self):
        for sign in "＝＋－＠":
            with self.subTest(sign=sign):
                self.assertEqual(safe_cell(f"{sign}1+1"), f"'{sign}1+1")
        self.assertEqual(safe_cell("a＝b"), "a＝b")


class TestDraftTemplates(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files = {
            "contacts.csv": table({"Client ID": "C-1", "Full Name": "Dana"}),
            "email_templates.csv": TEMPLATES,
        }

    def drafts(self, project):
        links = self.env["migration.crosswalk"].search(
            [("project_id", "=", project.id), ("res_model", "=", "mail.template")]
        )
        return self.env["mail.template"].browse(links.mapped("res_id")).exists()

    def test_by_default_templates_are_only_described(self):
        project = self.migrated(self.files)
        self.assertFalse(self.drafts(project))
        records = project._object("email_templates").staged_record_ids
        self.assertEqual(set(records.mapped("state")), {"excluded"})
        self.assertIn("rebuild reference", records[0].reason)

    def test_on_request_they_become_archived_drafts(self):
        project = self.migrated(self.files, draft_templates=True)
        draft = self.drafts(project)
        self.assertEqual(draft.name, "Welcome")
        self.assertFalse(draft.active)
        self.assertEqual(draft.model, "res.partner")
        self.assertIn("{{ (object.name", draft.subject)
        self.assertIn("[session_date]", draft.body_html)
        self.assertIn("session_date", draft.description)
        self.assertIn("switched off", draft.description)
        states = {
            record.external_id: record.state
            for record in project._object("email_templates").staged_record_ids
        }
        self.assertEqual(
            states, {"ET-1": "created", "ET-2": "excluded", "ET-3": "failed"}
        )
        partner = self.env["res.partner"].search([("name", "=", "Dana")], limit=1)
        body = draft._render_field("body_html", partner.ids)[partner.id]
        self.assertIn("Hi Dana, we meet on [session_date].", body)

    def test_a_rollback_takes_the_drafts_away(self):
        project = self.migrated(self.files, draft_templates=True)
        draft = self.drafts(project)
        project.action_plan_rollback()
        project.action_rollback(background=False)
        self.assertFalse(draft.exists())
