import base64
import json
from collections import Counter
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from odoo.tests import tagged

from .rows_case import PracticeCase

ZONE = ZoneInfo("America/New_York")


def local(text):
    """Return a moment of the export (``07/24/2024 04:11 PM``) in UTC."""
    found = datetime.strptime(text, "%m/%d/%Y %I:%M %p").replace(tzinfo=ZONE)
    return found.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def amount(text):
    return float(text.strip("$").replace(",", "") or 0)


@tagged("post_install", "-at_install")
class TestRowsOfThePractice(PracticeCase):
    """Rows P1 to P12 of the mission, each as an outsider finds it in Odoo."""

    def test_p1_contacts_stand_under_their_organization(self):
        rows = [row for row in self.rows("contacts") if row["Email"]]
        mails = Counter(row["Email"].strip().lower() for row in rows)
        names = ("name", "parent_id", "function", "city", "zip", "country_id")
        found = {
            partner["email"].lower(): partner
            for partner in self.find(
                "res.partner",
                [("email", "in", list(mails)), ("is_company", "=", False)],
                "email",
                *names,
            )
        }
        checked = 0
        for row in rows:
            mail = row["Email"].strip().lower()
            if mails[mail] > 1 or mail not in found:
                continue
            partner = found[mail]
            self.assertEqual(partner["name"], " ".join(row["Full Name"].split()))
            self.assertEqual(partner["function"] or "", row["Job Title"])
            self.assertEqual(partner["zip"] or "", row["Zip"])
            if row["Organization"] and not row["Organization"].startswith("O-"):
                self.assertIn(row["Organization"], partner["parent_id"][1])
                checked += 1
        self.assertGreater(checked, 100)
        self.assertGreater(len(found), 0.95 * len(mails))

    def test_p2_organizations_are_companies_with_industry_and_size(self):
        fields = self.fields_of("res.partner")
        size = next(
            name
            for name, field in fields.items()
            if name.startswith("x_") and "employee" in field["string"].lower()
        )
        self.assertEqual(fields[size]["type"], "integer")
        rows = [r for r in self.rows("organizations") if r["Type"] == "Organization"]
        for row in rows:
            partner = self.one(
                "res.partner",
                [("name", "=", row["Organization Name"]), ("is_company", "=", True)],
                "industry_id",
                "city",
                size,
            )
            if row["Industry"]:
                self.assertEqual(partner["industry_id"][1], row["Industry"])
            if row["Employee Count"]:
                self.assertEqual(partner[size], int(row["Employee Count"]))
            self.assertEqual(partner["city"] or "", row["City"])

    def test_p3_stages_keep_name_order_and_fold(self):
        rows = self.rows("pipeline_stages")
        for pipeline in {row["Pipeline"] for row in rows}:
            team = self.one("crm.team", [("name", "=", pipeline)], "name")
            stages = self.find(
                "crm.stage",
                [("team_ids", "in", [team["id"]])],
                "name",
                "is_won",
                order="sequence, id",
            )
            wanted = sorted(
                (row for row in rows if row["Pipeline"] == pipeline),
                key=lambda row: int(row["Order"]),
            )
            self.assertEqual(
                [stage["name"] for stage in stages], [row["Stage"] for row in wanted]
            )
            self.assertEqual(
                [stage["is_won"] for stage in stages],
                [row["Is Won"] == "Yes" for row in wanted],
            )

    def test_p4_notes_keep_moment_author_body_and_confidence(self):
        deals = {row["Deal ID"]: row["Deal Name"] for row in self.rows("deals")}
        rows = [row for row in self.rows("notes") if row["Deal ID"] in deals]
        staff = {row["Email"]: row["Name"] for row in self.rows("staff")}
        shown = Counter(deals.values())
        checked = 0
        for row in rows:
            name = deals[row["Deal ID"]]
            if shown[name] > 1:
                continue
            [deal] = self.find("crm.lead", [("name", "=", name)], "id")
            messages = self.find(
                "mail.message",
                [
                    ("model", "=", "crm.lead"),
                    ("res_id", "=", deal["id"]),
                    ("date", "=", local(row["Created At"])),
                ],
                "body",
                "email_from",
                "is_internal",
                "message_type",
            )
            self.assertTrue(messages, row)
            if row["Author"] in staff:
                self.assertIn(
                    row["Author"].lower(), messages[0]["email_from"].lower(), row
                )
            self.assertEqual(messages[0]["is_internal"], row["Visibility"] != "Shared")
            checked += 1
            if checked == 40:
                break
        self.assertGreater(checked, 20)
        self.assertFalse(self.find("mail.mail", [], "id"))
        self.assertFalse(self.find("mail.notification", [], "id"))

    def test_p5_files_keep_name_type_content_and_date(self):
        rows = [r for r in self.rows("files") if r["Path"].startswith("contracts/")]
        self.assertGreater(len(rows), 5)
        for row in rows:
            [partner] = [
                contact
                for contact in self.rows("contacts")
                if contact["Client ID"] == row["Client ID"]
            ]
            [owner] = self.find(
                "res.partner", [("email", "=ilike", partner["Email"])], "id"
            )[:1]
            [file] = self.find(
                "ir.attachment",
                [
                    ("res_model", "=", "res.partner"),
                    ("res_id", "=", owner["id"]),
                    ("name", "=", row["File Name"]),
                ],
                "datas",
                "mimetype",
                "create_date",
            )[:1]
            self.assertEqual(
                base64.b64decode(file["datas"]), self.archive.read(row["Path"])
            )
            self.assertEqual(file["mimetype"], row["Mime Type"])
            self.assertEqual(file["create_date"], local(row["Created At"]))

    def test_p6_tasks_are_activities_open_overdue_or_done(self):
        rows = self.rows("tasks")
        titles = Counter(row["Title"] for row in rows)
        kinds = {"To-do": "To-Do"}
        checked = Counter()
        for row in rows:
            # without a client it is the assigned person's own, whom nobody looks over
            if titles[row["Title"]] > 1 or not (row["Client Email"] or row["Deal ID"]):
                continue
            activity = self.one(
                "mail.activity",
                [("summary", "=", row["Title"])],
                *("activity_type_id", "date_deadline", "active", "user_id"),
            )
            kind = kinds.get(row["Type"], row["Type"])
            self.assertEqual(activity["activity_type_id"][1], kind)
            due = datetime.strptime(row["Due Date"][:10], "%m/%d/%Y").date()
            self.assertEqual(activity["date_deadline"], due.isoformat())
            self.assertEqual(activity["active"], row["Status"] != "Completed")
            checked[row["Status"]] += 1
        self.assertEqual(set(checked), {"Pending", "Completed", "Overdue"})
        self.assertFalse(self.find("mail.mail", [], "id"))

    def test_p7_custom_properties_are_fields_of_their_type(self):
        types = {}
        for label in ("Department", "Session Rate", "Do Not Call", "Therapy Modality"):
            types[label] = self.custom("res.partner", label)
        rate, field = types["Session Rate"]
        self.assertIn(field["type"], ("float", "integer", "monetary"))
        call, field = types["Do Not Call"]
        self.assertEqual(field["type"], "boolean")
        modality, field = types["Therapy Modality"]
        self.assertEqual(field["type"], "selection")
        labels = dict(field["selection"])
        mails = Counter(row["Email"] for row in self.rows("contacts"))
        checked = Counter()
        for row in self.rows("contacts"):
            if not row["Email"] or mails[row["Email"]] > 1:
                continue
            found = self.find(
                "res.partner", [("email", "=", row["Email"])], rate, call, modality
            )
            if len(found) != 1:
                continue
            [partner] = found
            if row["Session Rate"]:
                self.assertEqual(partner[rate], float(row["Session Rate"]))
                checked["rate"] += 1
            if row["Therapy Modality"]:
                self.assertEqual(labels[partner[modality]], row["Therapy Modality"])
                checked["modality"] += 1
            self.assertEqual(partner[call], row["Do Not Call"] == "Yes")
        self.assertTrue(checked["rate"] > 20 and checked["modality"])

    def test_p8_deals_are_opportunities_with_their_own_dates(self):
        rows = self.rows("deals")
        counts = Counter(row["Deal Name"] for row in rows)
        checked = 0
        for row in rows:
            if counts[row["Deal Name"]] > 1 or row["Currency"] not in ("", "USD"):
                continue
            found = self.find(
                "crm.lead",
                [("name", "=", row["Deal Name"])],
                "type",
                "expected_revenue",
                "stage_id",
                "team_id",
                "create_date",
                "won_status",
                "active",
                "partner_id",
                "date_deadline",
            )
            if not found:
                continue
            [deal] = found
            self.assertEqual(deal["type"], "opportunity")
            self.assertAlmostEqual(deal["expected_revenue"], amount(row["Value"]), 2)
            self.assertEqual(deal["create_date"], local(row["Created At"]), row)
            self.assertEqual(deal["team_id"][1], row["Pipeline"])
            if row["Status"] == "Won":
                self.assertEqual(deal["won_status"], "won")
            elif row["Status"] == "Lost":
                self.assertEqual(deal["won_status"], "lost")
                self.assertFalse(deal["active"])
            else:
                self.assertEqual(deal["stage_id"][1], row["Stage"])
                self.assertEqual(deal["won_status"], "pending")
            checked += 1
        self.assertGreater(checked, 0.9 * len(rows))

    def test_p9_records_belong_to_the_users_of_their_owners(self):
        users = {
            user["login"]: user["id"] for user in self.find("res.users", [], "login")
        }
        rows = self.rows("deals")
        counts = Counter(row["Deal Name"] for row in rows)
        owned = [
            row
            for row in rows
            if row["Owner"] in users and counts[row["Deal Name"]] < 2
        ]
        self.assertGreater(len(owned), 50)
        names = [row["Deal Name"] for row in owned]
        found = {
            deal["name"]: deal["user_id"]
            for deal in self.find(
                "crm.lead", [("name", "in", names)], "name", "user_id"
            )
        }
        for row in owned:
            if row["Deal Name"] in found:
                self.assertEqual(found[row["Deal Name"]][0], users[row["Owner"]])
        self.assertFalse(
            self.find(
                "crm.lead",
                ["|", ("user_id", "=", False), ("user_id.active", "=", False)],
                "id",
            )
        )

    def test_p10_intake_forms_are_a_model_with_a_field_a_question(self):
        answers = self.rows("form_responses")
        forms = {row["Form ID"]: row["Form Name"] for row in answers}
        self.assertEqual(list(forms.values()), ["Client intake"])
        fields = self.fields_of("x_client_intake")
        [partner] = [
            name
            for name, field in fields.items()
            if name.startswith("x_") and field.get("relation") == "res.partner"
        ]
        labels = {field["string"]: name for name, field in fields.items()}
        questions = {row["Question"] for row in answers}
        self.assertLessEqual(questions, set(labels))
        goal = labels["What is your main goal?"]
        records = self.find("x_client_intake", [], partner, goal)
        submissions = {row["Submission ID"] for row in answers}
        self.assertEqual(len(records), len(submissions))
        given = Counter(
            row["Answer"] for row in answers if row["Question"].startswith("What is")
        )
        self.assertEqual(Counter(record[goal] for record in records), given)
        self.assertGreater(sum(bool(record[partner]) for record in records), 30)

    def test_p11_workflows_are_described_not_run(self):
        [project] = self.find("migration.project", [], "id")
        [wizard] = self.call(
            "migration.rebuild.wizard",
            "create",
            vals_list=[{"project_id": project["id"]}],
        )
        [files] = self.call(
            "migration.rebuild.wizard", "read", ids=[wizard], fields=["data"]
        )
        flows = json.loads(base64.b64decode(files["data"]))["workflows"]
        given = json.loads(self.archive.read("workflows.json"))
        self.assertEqual(
            [(flow["name"], flow["trigger"], len(flow["steps"])) for flow in flows],
            [(flow["name"], flow["trigger"], len(flow["steps"])) for flow in given],
        )
        self.assertTrue(all(flow["odoo_trigger"] for flow in flows))

    def test_p12_templates_are_archived_drafts_with_translated_placeholders(self):
        for row in self.rows("email_templates"):
            draft = self.one(
                "mail.template",
                [("name", "=", row["Name"]), ("model", "=", "res.partner")],
                *("active", "subject", "body_html", "description"),
            )
            self.assertFalse(draft["active"])
            self.assertNotIn("{{client_first_name", draft["subject"])
            if "{{client_first_name}}" in row["Subject"]:
                self.assertIn("object.name", draft["subject"])
            if "{{session_date}}" in row["Subject"]:
                self.assertIn("[session_date]", draft["subject"])
                self.assertIn("session_date", draft["description"])
