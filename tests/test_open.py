from ast import literal_eval

from lxml import etree

from ..models.migration_difference import NOTABLE
from .common import MigrationCommon, table

FILES = {
    "contacts.csv": table(
        {"Client ID": "C-1", "Full Name": "Cleo <b>", "City": "Rome"},
        {"Client ID": "C-2", "Full Name": ""},
    ),
    "notes.csv": table(
        {
            "Note ID": "N-1",
            "Client ID": "C-1",
            "Body": "Text",
            "Created At": "2024-01-01",
        }
    ),
}


class TestOpen(MigrationCommon):
    """The buttons that lead from a project to its records."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.migrated(FILES)
        cls.contact = cls.target(cls.project, "contacts", "C-1")

    def found(self, action):
        return self.env[action["res_model"]].search(action["domain"])

    def test_every_button_opens_what_belongs_to_the_project(self):
        self.staged(FILES)
        for name in (
            "map",
            "owners",
            "schema",
            "staged",
            "failed",
            "findings",
            "differences",
            "reconciliation",
            "log",
        ):
            with self.subTest(button=name):
                action = getattr(self.project, f"action_open_{name}")()
                records = self.found(action)
                self.assertLessEqual(records.project_id, self.project)
        action = self.project.action_open_map()
        self.assertEqual(self.found(action), self.project.mapping_line_ids)

    def test_the_dialogs_open_for_this_project(self):
        action = self.project.action_open_upload()
        self.assertEqual(action["context"]["default_project_id"], self.project.id)
        action = self.project.action_open_rollback()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(wizard.project_id, self.project)
        self.assertGreater(wizard.delete_count, 0)
        plan = self.found(wizard.with_user(self.manager).action_open_plan())
        self.assertEqual(plan, self.project.rollback_line_ids)

    def test_a_staged_record_leads_to_what_it_became(self):
        contact = (self.contact._name, self.contact.id)
        for name, external_id in (("contacts", "C-1"), ("notes", "N-1")):
            record = self.staged_record(self.project, name, external_id)
            action = record.action_open_target()
            self.assertEqual((action["res_model"], action["res_id"]), contact)
        action = self.link(self.project, "contacts", "C-1").action_open_target()
        self.assertEqual((action["res_model"], action["res_id"]), contact)
        failed = self.staged_record(self.project, "contacts", "C-2")
        self.assertFalse(failed.action_open_target())

    def test_a_line_of_the_books_leads_to_its_records(self):
        contacts = self.project._object("contacts").sudo()
        action = self.book(self.project, "Contacts").action_open_records()
        self.assertEqual(self.found(action), contacts.staged_record_ids)
        self.assertFalse(self.book(self.project, "E-mails").action_open_records())

    def test_the_differences_open_with_what_a_person_should_look_at(self):
        context = self.project.action_open_differences()["context"]
        self.assertEqual(context["search_default_notable"], 1)
        self.assertEqual(context["search_default_verify"], 1)
        self.assertNotIn("search_default_sample", context)
        rehearsed = self.prepared(FILES)
        rehearsed.action_sample(background=False)
        context = rehearsed.action_open_differences()["context"]
        self.assertEqual(context["search_default_sample"], 1)
        view = self.env.ref("crm_migration.migration_difference_view_search")
        (domain,) = (
            literal_eval(node.get("domain"))
            for node in etree.fromstring(view.arch).iter("filter")
            if node.get("name") == "notable"
        )
        self.assertEqual(domain, [("verdict", "in", NOTABLE)])

    def test_the_samples_differences_are_over_with_the_full_run(self):
        project = self.prepared(FILES)
        project.action_sample(background=False)
        self.assertEqual(project.difference_count, 1)
        self.assertIn("Read the differences", project.next_step)
        self.load(project)
        self.assertEqual((project.state, project.difference_count), ("verified", 0))
        clean = self.prepared({"contacts.csv": FILES["contacts.csv"].split("C-2")[0]})
        clean.action_sample(background=False)
        self.assertIn("without a difference", clean.next_step)

    def test_findings_of_a_kind_are_folded_the_urgent_ones_first(self):
        context = self.project.action_open_findings()["context"]
        places = {name: rank for name, rank in context.items() if "_by_" in name}
        self.assertEqual(
            places, {"search_default_by_severity": 1, "search_default_by_kind": 2}
        )
        create = self.env["migration.finding"].create
        shared = {"project_id": self.project.id, "phase": "load", "message": "."}
        kinds = {"duplicate": "16_duplicate", "owner_none": "13_owner", "x": "99_other"}
        for code, kind in kinds.items():
            row = create(shared | {"code": code, "severity": "3_info"})
            self.assertEqual(row.kind, kind)

    def test_lists_of_all_projects_keep_them_apart(self):
        for name in ("mapping_line", "log", "finding", "owner", "match", "crosswalk"):
            action = self.env.ref(f"crm_migration.migration_{name}_action")
            self.assertIn("search_default_by_project", action.context)
            filters = etree.fromstring(
                self.env.ref(f"crm_migration.migration_{name}_view_search").arch
            ).iter("filter")
            self.assertIn("by_project", [node.get("name") for node in filters])

    def test_a_raw_record_is_shown_without_running_it(self):
        record = self.staged_record(self.project, "contacts", "C-1")
        self.assertIn("Rome", record.payload_text)
        self.assertIn("Cleo &lt;b&gt;", record.payload_text)

    def test_names_say_what_they_stand_for(self):
        line = self.line(self.project, "contacts", "City")
        self.assertEqual(line.display_name, "City → city")
        record = self.staged_record(self.project, "contacts", "C-2")
        self.assertEqual(record.display_name, "C-2")

    def test_every_state_says_what_comes_next(self):
        self.assertIn("1 record failed", self.project.next_step)
        project = self.make_project({})
        self.assertIn("Upload", project.next_step)
        self.stage(project, FILES)
        self.assertIn("Confirm Map", project.next_step)
        self.confirm_all(project)
        project.action_plan_schema()
        self.assertIn("schema plan", project.next_step)
        self.apply_schema(project)
        self.assertIn("Run a sample", project.next_step)
        project.action_load()
        self.assertIn("is at work", project.next_step)
