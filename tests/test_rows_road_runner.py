import base64
import hashlib
import re
from collections import Counter

from odoo.tests import tagged

from .rows_case import WorldCase, moment


@tagged("post_install", "-at_install")
class TestRowsOfRoadRunner(WorldCase):
    """Rows R1 to R12 of the mission, each as an outsider finds it in Odoo."""

    source = "road_runner"

    def test_r1_companies_have_their_address_in_odoos_fields(self):
        rows = [r for r in self.rows("contact").values() if r["type"] == "company"]
        checked = 0
        for row in rows:
            if row["id"] in self.troubled():
                continue
            partner = self.one(
                "res.partner",
                [("name", "=", row["name"]), ("is_company", "=", True)],
                *("street", "city", "zip", "email", "website", "industry_id"),
                *("state_id", "country_id", "phone"),
            )
            address = row["address"]
            self.assertEqual(partner["street"], address["street"])
            self.assertEqual(partner["city"], address["city"])
            self.assertEqual(partner["zip"], address["zip"])
            self.assertEqual(partner["country_id"][1], "United States")
            state = self.one(
                "res.country.state", [("id", "=", partner["state_id"][0])], "code"
            )
            self.assertEqual(state["code"], address["state"])
            self.assertEqual(partner["email"], row["email"])
            self.assertEqual(partner["website"], row["website"])
            self.assertEqual(partner["industry_id"][1], row["industry"])
            self.assertEqual(digits(partner["phone"]), digits(row["phone"]))
            checked += 1
        self.assertGreater(checked, 30)

    def test_r2_persons_stand_under_their_company_with_both_numbers(self):
        contacts = self.rows("contact")
        mobile, _field = self.custom("res.partner", "Mobile")
        checked = 0
        for row in contacts.values():
            company = contacts.get(row["company_id"])
            if row["type"] == "company" or not company or not row["email"]:
                continue
            if {row["id"], company["id"]} & self.troubled():
                continue
            partner = self.one(
                "res.partner",
                [("email", "=", row["email"])],
                *("name", "parent_id", "function", "phone", mobile),
            )
            self.assertIn(company["name"], partner["parent_id"][1])
            self.assertEqual(partner["function"] or "", row["job_title"])
            numbers = {digits(partner["phone"]), digits(partner[mobile])}
            self.assertLessEqual(
                {digits(row["phone"]), digits(row["mobile"])} - {""}, numbers
            )
            checked += 1
        self.assertGreater(checked, 80)

    def test_r3_people_without_a_company_are_leads(self):
        deals = self.rows("deal").values()
        customers = {row["contact_id"] for row in deals}
        customers |= {each["contact_id"] for row in deals for each in row["contacts"]}
        leads = people = 0
        for row in self.rows("contact").values():
            if row["company_id"] or row["type"] == "company" or not row["email"]:
                continue
            if row["id"] in self.troubled():
                continue
            lead = self.find(
                "crm.lead",
                [("email_from", "=", row["email"]), ("type", "=", "lead")],
                *("contact_name", "phone", "user_id", "create_date"),
            )
            partner = self.find(
                "res.partner", [("email", "=", row["email"])], "name", "parent_id"
            )
            if row["type"] == "customer" or row["id"] in customers:
                self.assertFalse(lead, row)
                self.assertEqual(partner[0]["name"], row["name"])
                people += 1
                continue
            self.assertFalse(partner, row)
            self.assertEqual(lead[0]["contact_name"], row["name"])
            self.assertEqual(lead[0]["create_date"], moment(row["created_at"]))
            self.assertTrue(lead[0]["user_id"])
            leads += 1
        self.assertTrue(leads and people)

    def test_r4_deals_agree_with_odoos_rules(self):
        deals = self.rows("deal")
        counts = Counter(row["name"] for row in deals.values())
        checked = 0
        for row in deals.values():
            if row["id"] in self.troubled() or counts[row["name"]] > 1:
                continue
            deal = self.one(
                "crm.lead",
                [("name", "=", row["name"]), ("type", "=", "opportunity")],
                *("expected_revenue", "probability", "won_status", "active"),
                *("date_deadline", "partner_id", "date_closed", "lost_reason_id"),
            )
            if row["currency"] == "USD":
                self.assertAlmostEqual(
                    deal["expected_revenue"], float(row["amount"]), 2
                )
            self.assertEqual(deal["date_deadline"] or None, row["expected_close_date"])
            self.assertTrue(deal["partner_id"])
            if row["status"] == "won":
                self.assertEqual(deal["won_status"], "won")
                self.assertEqual(deal["probability"], 100)
                self.assertEqual(deal["date_closed"], moment(row["closed_at"]))
            elif row["status"] == "lost":
                self.assertEqual((deal["won_status"], deal["active"]), ("lost", False))
                self.assertEqual(deal["probability"], 0)
                if row["lost_reason"]:
                    self.assertEqual(deal["lost_reason_id"][1], row["lost_reason"])
            else:
                self.assertEqual(deal["won_status"], "pending")
            checked += 1
        self.assertGreater(checked, 60)

    def test_r5_each_pipeline_is_a_team_with_its_own_stages(self):
        for pipeline in self.rows("pipeline").values():
            team = self.one("crm.team", [("name", "=", pipeline["name"])], "name")
            stages = self.find(
                "crm.stage",
                [("team_ids", "=", team["id"])],
                *("name", "is_won", "fold"),
                order="sequence, id",
            )
            self.assertEqual(
                [(stage["name"], stage["is_won"]) for stage in stages],
                [
                    (stage["name"], stage["type"] == "won")
                    for stage in sorted(
                        pipeline["stages"], key=lambda stage: stage["position"]
                    )
                ],
            )

    def test_r5_the_same_stage_name_in_two_pipelines_is_two_stages(self):
        deals = self.rows("deal")
        pipelines = self.rows("pipeline")
        counts = Counter(row["name"] for row in deals.values())
        for row in deals.values():
            if row["id"] in self.troubled() or counts[row["name"]] > 1:
                continue
            deal = self.one(
                "crm.lead",
                [("name", "=", row["name"]), ("type", "=", "opportunity")],
                *("stage_id", "team_id"),
            )
            self.assertEqual(deal["team_id"][1], pipelines[row["pipeline_id"]]["name"])
            if row["status"] == "open":
                self.assertEqual(deal["stage_id"][1], row["stage_name"])

    def test_r6_tasks_of_a_project_are_its_tasks_the_others_activities(self):
        projects = self.rows("project")
        checked = Counter()
        for row in self.rows("task").values():
            if row["id"] in self.troubled():
                continue
            tasks = self.find(
                "project.task",
                [("name", "=", row["title"])],
                *("project_id", "state", "date_deadline"),
            )
            activities = self.find(
                "mail.activity",
                [("summary", "=", row["title"])],
                *("active", "date_deadline", "res_model", "date_done"),
            )
            is_done = row["status"] == "done"
            if row["project_id"] in projects:
                self.assertFalse(activities)
                [task] = tasks
                name = projects[row["project_id"]]["name"]
                self.assertEqual(task["project_id"][1], name)
                self.assertEqual(task["state"] == "1_done", is_done)
            else:
                self.assertFalse(tasks)
                [activity] = activities
                wanted = "crm.lead" if row["deal_id"] else ("res.partner", "crm.lead")
                self.assertIn(activity["res_model"], wanted)
                closed = is_done or row["status"] == "cancelled"
                self.assertEqual(activity["active"], not closed)
            checked[bool(row["project_id"]), is_done] += 1
        self.assertEqual(len(checked), 4)

    def test_r7_mail_and_notes_stand_where_they_belong_with_their_date(self):
        deals = self.rows("deal")
        counts = Counter(row["name"] for row in deals.values())
        checked = Counter()
        for row in self.rows("activity").values():
            deal = deals.get(row["deal_id"])
            if not deal or counts[deal["name"]] > 1 or row["id"] in self.troubled():
                continue
            if deal["id"] in self.troubled() or checked[row["kind"]] >= 10:
                continue
            home = self.one(
                "crm.lead",
                [("name", "=", deal["name"]), ("type", "=", "opportunity")],
                "id",
            )
            found = self.find(
                "mail.message",
                [
                    ("model", "=", "crm.lead"),
                    ("res_id", "=", home["id"]),
                    ("date", "=", moment(row["occurred_at"])),
                ],
                *("body", "message_type", "email_from", "author_id"),
            )
            self.assertEqual(len(found), 1, row)
            [message] = found
            self.assertIn(row["body_text"].split(".")[0], message["body"])
            kind = "email" if row["kind"] == "email" else "comment"
            self.assertEqual(message["message_type"], kind)
            checked[row["kind"]] += 1
        self.assertGreaterEqual(len(checked), 3)
        self.assertFalse(self.find("mail.mail", [], "id"))
        self.assertFalse(self.find("mail.notification", [], "id"))

    def test_r8_custom_properties_are_fields_of_their_type(self):
        name, field = self.custom("res.partner", "Warranty tier")
        self.assertEqual(field["type"], "selection")
        labels = dict(field["selection"])
        self.assertLessEqual({"Gold", "Silver", "Basic"}, set(labels.values()))
        many, days = self.custom("res.partner", "Visit days")
        self.assertEqual(days["type"], "many2many")
        words = {
            row["id"]: row["display_name"]
            for row in self.find(days["relation"], [], "display_name")
        }
        number, area = self.custom("res.partner", "Area")
        self.assertEqual(area["type"], "integer")
        roof, access = self.custom("crm.lead", "Roof access")
        self.assertEqual(access["type"], "boolean")
        checked = Counter()
        names = {"mon": "Monday", "tue": "Tuesday", "wed": "Wednesday"}
        names |= {"thu": "Thursday", "fri": "Friday"}
        for row in self.rows("contact").values():
            if row["id"] in self.troubled() or not row["email"]:
                continue
            found = self.find(
                "res.partner", [("email", "=", row["email"])], name, many, number
            )
            if len(found) != 1:
                continue
            given, [partner] = row["custom_properties"], found
            if given.get("warranty_tier"):
                label = labels[partner[name]].lower()
                self.assertEqual(label, given["warranty_tier"])
                checked["selection"] += 1
            if given.get("sq_ft"):
                self.assertEqual(partner[number], given["sq_ft"])
                checked["integer"] += 1
            if given.get("visit_days"):
                self.assertEqual(
                    {words[key] for key in partner[many]},
                    {names[day] for day in given["visit_days"]},
                )
                checked["many2many"] += 1
        self.assertEqual(set(checked), {"selection", "integer", "many2many"})

    def test_r8_fields_stand_in_form_list_and_search(self):
        name, _field = self.custom("res.partner", "Warranty tier")
        views = self.call(
            "res.partner",
            "get_views",
            views=[[False, "form"], [False, "list"], [False, "search"]],
        )["views"]
        for kind in ("form", "list", "search"):
            self.assertIn(f'name="{name}"', views[kind]["arch"], kind)

    def test_r9_every_record_has_an_active_owner_by_email(self):
        users = {row["id"]: row for row in self.rows("user").values()}
        logins = {
            user["login"]: user["id"] for user in self.find("res.users", [], "login")
        }
        deals = self.rows("deal")
        counts = Counter(row["name"] for row in deals.values())
        checked = 0
        for row in deals.values():
            owner = users.get(row["owner_id"]) or {}
            login = (owner.get("email") or "").lower()
            if counts[row["name"]] > 1 or login not in logins:
                continue
            if row["id"] in self.troubled():
                continue
            deal = self.one(
                "crm.lead",
                [("name", "=", row["name"]), ("type", "=", "opportunity")],
                "user_id",
            )
            self.assertEqual(deal["user_id"][0], logins[login])
            checked += 1
        self.assertGreater(checked, 10)
        without = ["|", ("user_id", "=", False), ("user_id.active", "=", False)]
        self.assertFalse(self.find("crm.lead", without, "id"))

    def test_r10_files_are_byte_for_byte_what_the_source_has(self):
        good = [
            row
            for row in self.rows("file").values()
            if row["id"] not in self.troubled() and row["parent_type"] == "deal"
        ]
        deals = self.rows("deal")
        checked = 0
        for row in good:
            deal = deals.get(row["parent_id"])
            if not deal or deal["id"] in self.troubled():
                continue
            home = self.find(
                "crm.lead",
                [("name", "=", deal["name"]), ("type", "=", "opportunity")],
                "id",
            )
            found = self.find(
                "ir.attachment",
                [
                    ("res_model", "=", "crm.lead"),
                    ("res_id", "in", [lead["id"] for lead in home]),
                    ("name", "=", row["filename"]),
                ],
                *("datas", "create_date"),
            )
            hashes = [
                hashlib.sha256(base64.b64decode(file["datas"] or "")).hexdigest()
                for file in found
            ]
            self.assertIn(row["checksum"].partition(":")[2], hashes, row)
            dates = {file["create_date"] for file in found}
            self.assertIn(moment(row["created_at"]), dates)
            checked += 1
        self.assertGreater(checked, 5)

    def test_r11_tags_that_differ_in_case_or_space_are_one(self):
        for model in ("crm.tag", "res.partner.category"):
            names = [tag["name"] for tag in self.find(model, [], "name")]
            folded = Counter(" ".join(name.split()).casefold() for name in names)
            self.assertTrue(names)
            self.assertEqual([name for name in folded if folded[name] > 1], [], model)
        deals = self.rows("deal")
        counts = Counter(row["name"] for row in deals.values())
        for row in deals.values():
            if row["id"] in self.troubled() or counts[row["name"]] > 1:
                continue
            deal = self.one(
                "crm.lead",
                [("name", "=", row["name"]), ("type", "=", "opportunity")],
                "tag_ids",
            )
            tags = self.find("crm.tag", [("id", "in", deal["tag_ids"])], "name")
            self.assertEqual(
                {tag["name"].casefold() for tag in tags},
                {" ".join(tag.split()).casefold() for tag in row["tags"]},
            )

    def test_r12_equipment_is_equipment_of_maintenance(self):
        contacts = self.rows("contact")
        customer, _field = self.custom("maintenance.equipment", "Customer")
        serials = Counter()
        for row in self.rows("equipment").values():
            serials[row["serial_number"]] += 1
            found = self.find(
                "maintenance.equipment",
                [("name", "=", row["name"])],
                *("serial_no", "category_id", "model", "cost", customer),
            )
            [equipment] = found
            self.assertEqual(equipment["category_id"][1], row["category"])
            self.assertEqual(equipment["model"], row["model"])
            owner = contacts[row["customer_id"]]
            if owner["id"] not in self.troubled():
                self.assertIn(owner["name"], equipment[customer][1])
            if row["serial_number"] and serials[row["serial_number"]] == 1:
                self.assertEqual(equipment["serial_no"], row["serial_number"])
        self.assertGreater(max(serials.values()), 1)

    def test_a_rollback_leaves_the_database_as_it_was(self):
        self.assert_nothing_is_left_after_a_rollback()


def digits(text):
    return re.sub(r"\D", "", text or "")
