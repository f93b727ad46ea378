"""A database that has CRM and contacts only: what takes the other branch."""

import atexit
import functools
import json
import os

from odoo.tests import tagged

from .processes import OdooProcess, ProcessCase, Site

DATES = {"created_at": "2025-03-04T10:00:00Z", "updated_at": "2025-06-07T10:00:00Z"}


def contact(key, **values):
    return DATES | {"id": key, "type": "company", "name": key} | values


def deal(key, **values):
    place = {"pipeline_id": "pl_1", "stage_id": "st_1", "status": "open"}
    return DATES | place | {"id": key, "name": key} | values


SOURCE = {
    "users": [{"id": "us_1", "name": "Tess Tech", "email": "tess@gone.example"}],
    "pipelines": [{"id": "pl_1", "name": "Service"}],
    "stages": [
        {"id": "st_1", "pipeline_id": "pl_1", "name": "New", "order": 1},
        {"id": "st_2", "pipeline_id": "pl_1", "name": "Won", "order": 2},
    ],
    "contacts": [
        contact("ct_open"),
        contact("ct_done"),
        contact("ct_none"),
        contact("ct_person", type="individual", company_id="ct_open"),
    ],
    "deals": [
        deal("dl_a", company_id="ct_open", equipment_ids=["eq_1"]),
        deal("dl_b", contact_id="ct_person"),
        deal("dl_lost", company_id="ct_open", status="lost"),
        deal("dl_old", company_id="ct_done", status="lost"),
        deal(
            "dl_new",
            company_id="ct_done",
            status="lost",
            created_at="2025-05-05T10:00:00Z",
        ),
    ],
    "equipment": [
        DATES
        | {
            "id": "eq_1",
            "name": "Rooftop unit",
            "serial_number": "SN-1",
            "location_name": "Roof east",
            "installed_on": "2019-06-14",
            "category": "RTU",
            "customer_id": "ct_open",
            "cost": "8400.00",
            "status": "active",
            "technician_user_id": "us_1",
            "notes": "<p>Belt <b>B-48</b></p>",
            "site_address.street": "12 Oak St",
            "site_address.city": "Oconee",
            "custom.tonnage": 10,
        },
        DATES | {"id": "eq_2", "name": "Furnace", "customer_id": "ct_open"},
        DATES | {"id": "eq_3", "name": "Pump", "customer_id": "ct_done"},
        DATES | {"id": "eq_4", "name": "Boiler", "customer_id": "ct_none"},
        DATES | {"id": "eq_5", "name": "Nobody's", "customer_id": "ct_gone"},
    ],
    "projects": [DATES | {"id": "pj_1", "name": "Retrofit", "contact_id": "ct_open"}],
    "tasks": [
        DATES
        | {
            "id": "tk_1",
            "title": "Measure",
            "status": "in_progress",
            "priority": "high",
            "due_at": "2031-05-06",
            "project_id": "pj_1",
            "contact_id": "ct_person",
            "tags": ["Install"],
            "checklist": [{"text": "Photos", "done": True}],
            "custom.gate": "4411",
        },
        DATES
        | {
            "id": "tk_2",
            "title": "Mount",
            "status": "done",
            "completed_at": "2025-05-05T10:00:00Z",
            "due_at": "2025-05-06",
            "project_id": "pj_1",
            "deal_id": "dl_a",
            "parent_task_id": "tk_1",
        },
        DATES
        | {"id": "tk_3", "title": "Oil", "status": "todo", "equipment_id": "eq_1"},
    ],
    "activities": [
        DATES
        | {
            "id": "ac_2",
            "kind": "note",
            "body": "Measured",
            "occurred_at": "2025-05-01T10:00:00Z",
            "task_id": "tk_1",
        },
        DATES
        | {
            "id": "ac_1",
            "kind": "note",
            "body": "Belt changed",
            "occurred_at": "2025-05-01T10:00:00Z",
            "equipment_id": "eq_1",
        },
    ],
}
MIGRATE = f"""
source = json.loads({json.dumps(json.dumps(SOURCE))})
models = ("res.partner", "crm.lead", "ir.model.fields", "ir.ui.view", "mail.message",
    "mail.activity")
def numbers():
    return {{
        m: env[m].with_context(active_test=False).search_count([]) for m in models
    }}
before = numbers()
project = env["migration.project"].create(
    {{"name": "Road Runner", "preset": "road_runner"}}
)
for name, rows in source.items():
    text = base64.b64encode(json.dumps(rows).encode()).decode()
    project.add_file(name + ".json", text)
project.action_stage(background=False)
for line in project.mapping_line_ids.filtered(lambda line: not line.is_confirmed):
    if line.fate == "undecided":
        line.action_drop()
    elif line._open_question():
        line.date_format = "iso"
    line.action_confirm()
project.action_plan_schema()
project.action_confirm_schema()
project.action_apply_schema()
project.action_load(background=False)
env.invalidate_all()

def target(name, key):
    link = env["migration.crosswalk"].search(
        [("source_object", "=", name), ("external_id", "=", key)]
    )
    return env[link.res_model].browse(link.res_id) if link else None

found = {{
    "apps": [m for m in ("maintenance.equipment", "project.task") if m in env],
    "text": {{
        key: (target(name, key)["x_customer_equipment"] or "").split("\\n")
        for name, key in [
            *(("deal", row["id"]) for row in source["deals"]),
            *(("contact", row["id"]) for row in source["contacts"]),
        ]
    }},
    "names": target("deal", "dl_a")["x_equipment"],
    "fallback": project.fallback_user_id.name,
    "buckets": {{
        row.external_id: [row.state, row.reason]
        for row in env["migration.staged.record"].search(
            [("object_id.name", "=", "equipment")]
        )
    }},
    "reasons": {{
        item.key: item.reason
        for item in project.schema_item_ids
        if item.kind == "field"
    }},
    "books": {{
        line.name: line.is_balanced for line in project.reconciliation_line_ids
    }},
    "homes": {{
        key: [target("equipment", key)._name, target("equipment", key).name]
        for key in ("eq_1", "eq_4")
    }},
    "tasks": {{
        key: {{
            "model": target("task", key)._name,
            "home": target("task", key).res_model,
            "active": target("task", key).active,
            "day": str(target("task", key).date_deadline),
            "done": str(target("task", key).date_done),
            "note": target("task", key).note,
        }}
        for key in ("tk_1", "tk_2", "tk_3")
    }},
    "note_of_task": target("activity", "ac_2").model,
    "project": [
        [row.state, row.reason]
        for row in env["migration.staged.record"].search(
            [("object_id.name", "=", "project")]
        )
    ],
    "task_map": {{
        line.canonical_field: line.reason
        for line in project._object("task").mapping_line_ids
    }},
    "form": 'name="x_customer_equipment"'
    in env["crm.lead"].get_view(view_type="form")["arch"],
    "open": sorted(target("deal", key).name for key in ("dl_a", "dl_b")),
}}
newer = [dict(row) for row in source["equipment"]]
newer[0]["status"] = "retired"
newer[1]["customer_id"] = "ct_none"
text = base64.b64encode(json.dumps(newer).encode()).decode()
project.add_file("equipment.json", text)
project.action_stage(background=False)
project.action_load(background=False)
env.invalidate_all()
found["later"] = {{
    key: (target(name, key)["x_customer_equipment"] or "").split("\\n")
    for name, key in (("deal", "dl_a"), ("deal", "dl_b"), ("contact", "ct_none"))
}}
project.action_rollback(background=False)
env.invalidate_all()
found["before"], found["after"] = before, numbers()
found["left"] = env["ir.model.fields"].search_count([("state", "=", "manual")])
answer(found)
"""


@functools.cache
def bare_site():
    """Return a database of its own with neither Project nor Maintenance."""
    site = Site(f"crm_migration_bare_{os.getpid()}")
    site.drop()
    atexit.register(site.drop)
    OdooProcess(
        ["-d", site.name, "-i", "crm,contacts,crm_migration"],
        ["--stop-after-init", "--no-http", "--log-level=warn"],
    ).finish()
    return site


@tagged("post_install", "-at_install")
class TestWithoutApps(ProcessCase):
    """A whole Road Runner migration without the apps that it could use, and back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.found = bare_site().run(MIGRATE)

    def test_the_apps_are_really_not_there(self):
        self.assertEqual(self.found["apps"], [])

    def test_equipment_is_a_line_on_every_open_opportunity_of_its_customer(self):
        for key in ("dl_a", "dl_b"):
            names = [line.split(" · ")[0] for line in self.found["text"][key]]
            self.assertEqual(names, ["Rooftop unit", "Furnace"], key)
        self.assertEqual(self.found["text"]["dl_lost"], [""])

    def test_a_line_says_all_that_is_known(self):
        facts = self.found["text"]["dl_a"][0].split(" · ")
        for fact in (
            "serial number SN-1",
            "location Roof east",
            "installed on 2019-06-14",
            "category RTU",
            "at 12 Oak St; Oconee",
            "cost 8400",
            "status active",
            f"technician {self.found['fallback']}",
            "notes: Belt *B-48*",
            "tonnage 10",
        ):
            self.assertIn(fact, facts)

    def test_a_change_at_the_source_changes_the_line(self):
        later = self.found["later"]
        for key in ("dl_a", "dl_b"):
            self.assertEqual(len(later[key]), 1, later)
            [line] = later[key]
            self.assertIn("status retired", line)
            self.assertIn("serial number SN-1", line)
        names = [line.split(" · ")[0] for line in later["ct_none"]]
        self.assertEqual(names, ["Boiler", "Furnace"])

    def test_without_an_open_opportunity_it_is_on_the_latest(self):
        names = [line.split(" · ")[0] for line in self.found["text"]["dl_new"]]
        self.assertEqual(names, ["Pump"])
        self.assertEqual(self.found["text"]["dl_old"], [""])

    def test_without_any_opportunity_it_is_on_the_contact(self):
        names = [line.split(" · ")[0] for line in self.found["text"]["ct_none"]]
        self.assertEqual(names, ["Boiler"])
        self.assertEqual(self.found["text"]["ct_open"], [""])

    def test_equipment_of_nobody_fails_alone_with_the_reason(self):
        state, reason = self.found["buckets"]["eq_5"]
        self.assertEqual(state, "failed")
        self.assertIn("no customer", reason)
        others = {key: state for key, (state, _why) in self.found["buckets"].items()}
        self.assertEqual(set(others.values()), {"failed", "merged"})

    def test_what_refers_to_equipment_finds_where_it_went(self):
        model, name = self.found["homes"]["eq_1"]
        self.assertEqual(model, "crm.lead")
        self.assertIn(name, self.found["open"])
        self.assertEqual(self.found["homes"]["eq_4"][0], "res.partner")

    def test_every_task_is_an_activity_and_nothing_of_it_is_lost(self):
        tasks = self.found["tasks"]
        self.assertEqual({one["model"] for one in tasks.values()}, {"mail.activity"})
        note = tasks["tk_1"]["note"]
        for text in (
            "Project: Retrofit",
            "Priority: High",
            "Status: In progress",
            "Tags: Install",
            "☑ Photos",
            "gate: 4411",
        ):
            self.assertIn(text, note)
        self.assertEqual(tasks["tk_1"]["home"], "res.partner")
        self.assertEqual(tasks["tk_1"]["day"], "2031-05-06")
        self.assertEqual(tasks["tk_3"]["home"], "crm.lead")

    def test_what_is_done_stays_done(self):
        done = self.found["tasks"]["tk_2"]
        self.assertEqual((done["active"], done["done"]), (False, "2025-05-05"))
        self.assertIn("Measure (Tasks)", done["note"])

    def test_a_note_of_a_task_is_shown_where_its_activity_stands(self):
        self.assertEqual(self.found["note_of_task"], "res.partner")

    def test_the_map_says_which_branch_is_taken(self):
        self.assertIn("Project is not installed", self.found["task_map"]["project_id"])
        ((state, reason),) = self.found["project"]
        self.assertEqual(state, "excluded")
        self.assertIn("Project is not installed", reason)

    def test_a_deal_names_its_equipment(self):
        self.assertEqual(self.found["names"], "Rooftop unit")

    def test_the_plan_and_the_form_show_it(self):
        reason = self.found["reasons"]["crm.lead.x_customer_equipment"]
        self.assertIn("Maintenance is not installed", reason)
        self.assertTrue(self.found["form"])
        own = [key for key in self.found["reasons"] if key.startswith("maintenance")]
        self.assertEqual(own, [])

    def test_the_books_balance(self):
        unbalanced = [name for name, sound in self.found["books"].items() if not sound]
        self.assertEqual(unbalanced, [])
        self.assertIn("Equipment", self.found["books"])

    def test_rollback_leaves_nothing(self):
        self.assertEqual(self.found["after"], self.found["before"])
        self.assertEqual(self.found["left"], 0)
