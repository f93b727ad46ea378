import json
from datetime import date, datetime

from .common import MigrationCommon
from .live_case import LiveCase

CREATED, CHANGED = "2025-01-02T03:04:05Z", "2025-02-03T04:05:06Z"
DUE = "2031-05-06T17:00:00Z"


def task(external_id, status="todo", **fields):
    """Return one task of the first project, unless it says otherwise."""
    return {
        "id": external_id,
        "title": f"Task {external_id}",
        "description": "<p>Bring ladder</p>",
        "status": status,
        "priority": "high",
        "assigned_user_id": "ana@practice.example",
        "due_at": DUE,
        "project_id": "pj_1",
        "contact_id": "ct_2",
        "created_at": CREATED,
        "updated_at": CHANGED,
    } | fields


TASKS = [
    task("below", parent_task_id="above"),
    task(
        "above",
        status="in_progress",
        start_at="2031-05-06T13:00:00Z",
        checklist=[
            {"text": "Photos", "done": True},
            {"text": "<Keys>", "done": False},
        ],
        tags=["Install", "install "],
        deal_id="dl_1",
        **{"custom.gate": "4411"},
    ),
    task("done", "done", completed_at="2025-01-20T10:00:00Z"),
    task("off", "cancelled"),
    task("odd", "parts ordered", priority="whenever"),
    task("ring-1", parent_task_id="ring-2"),
    task("ring-2", parent_task_id="ring-1"),
    task("loose", project_id="", deal_id="dl_1", tags=["Install"]),
    task("loose-contact", project_id="", **{"custom.gate": "4411"}),
    task("loose-done", "done", project_id="", completed_at="2025-01-20T10:00:00Z"),
    task("lost-project", project_id="pj_404"),
    task("below-loose", parent_task_id="loose"),
]
ACTIVITIES = [
    {"id": f"on-{name}", "kind": "note", "body": "z", "task_id": name}
    | {"occurred_at": CREATED, "created_at": CREATED}
    for name in ("above", "loose", "free", "nowhere")
]
TASKS.append(task("free", project_id="", contact_id=""))
TABLES = {
    "contacts": [
        {"id": "ct_1", "type": "company", "name": "Acme"},
        {"id": "ct_2", "type": "individual", "name": "Ines", "company_id": "ct_1"},
    ],
    "pipelines": [{"id": "pl_1", "name": "New"}],
    "stages": [{"id": "st_1", "pipeline_id": "pl_1", "name": "Qualify", "position": 1}],
    "deals": [
        {
            "id": "dl_1",
            "name": "Deal",
            "contact_id": "ct_2",
            "pipeline_id": "pl_1",
            "stage_id": "st_1",
        }
    ],
    "projects": [
        {
            "id": "pj_1",
            "name": "Retrofit",
            "contact_id": "ct_1",
            "manager_user_id": "ravi@practice.example",
            "status": "active",
            "start_date": "2025-01-01",
            "end_date": "2025-12-31",
            "created_at": CREATED,
            "updated_at": CHANGED,
        },
        {
            "id": "pj_2",
            "name": "Reversed",
            "status": "archived",
            "start_date": "2025-12-31",
            "end_date": "2025-01-01",
            "created_at": CREATED,
        },
    ],
    "tasks": TASKS,
    "activities": ACTIVITIES,
}
LOUD = ("mail.mail", "mail.notification", "mail.followers", "bus.bus")


def files(**tables):
    return {f"{n}.json": json.dumps(rows) for n, rows in (TABLES | tables).items()}


class ProjectsCase(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "project.task" not in cls.env:
            cls.skipTest(cls, "Project is not installed: see test_without_apps")

    def got(self, name, external_id):
        return self.target(self.project, name, external_id)

    def task(self, external_id):
        return self.got("task", external_id)


class TestLoadProjects(ProjectsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.before = cls.loud()
        cls.stages = cls.env["project.task.type"].search([])
        cls.project = cls.migrated(files(), preset="road_runner")
        cls.after = cls.loud()

    @classmethod
    def loud(cls):
        cls.env.flush_all()
        cls.env.cr.precommit.run()
        return {name: cls.env[name].search_count([]) for name in LOUD}

    def test_a_project_keeps_customer_manager_and_dates(self):
        project = self.got("project", "pj_1")
        self.assertEqual((project._name, project.name), ("project.project", "Retrofit"))
        self.assertEqual(project.partner_id, self.got("contact", "ct_1"))
        self.assertEqual((project.user_id, project.active), (self.ravi, True))
        self.assertEqual(project.date_start, date(2025, 1, 1))
        self.assertEqual(project.date, date(2025, 12, 31))
        self.assertEqual(project.company_id, self.company)
        self.assertEqual(project.create_date, datetime(2025, 1, 2, 3, 4, 5))
        self.assertEqual(project.x_source_status, "active")
        self.assertEqual(project.last_update_status, "on_track")

    def test_no_customer_sees_a_project(self):
        self.assertEqual(self.got("project", "pj_1").privacy_visibility, "employees")

    def test_a_project_that_ends_before_it_begins_has_no_end(self):
        project = self.got("project", "pj_2")
        self.assertFalse(project.date)
        self.assertFalse(project.active)
        self.assertTrue(self.findings(self.project, "unreadable", external_id="pj_2"))

    def test_a_task_keeps_its_values(self):
        above = self.task("above")
        self.assertEqual(above._name, "project.task")
        self.assertEqual(above.project_id, self.got("project", "pj_1"))
        self.assertEqual(above.user_ids, self.ana)
        self.assertEqual(above.partner_id, self.got("contact", "ct_2"))
        self.assertEqual(above.priority, "2")
        self.assertEqual(above.date_deadline, datetime(2031, 5, 6, 17))
        self.assertEqual(len(above.tag_ids), 1)
        self.assertEqual(above.tag_ids.name.lower(), "install")
        self.assertEqual(above.x_custom_gate, 4411)
        self.assertEqual(above.x_source_updated_on, datetime(2025, 2, 3, 4, 5, 6))
        self.assertEqual(above.create_date, datetime(2025, 1, 2, 3, 4, 5))
        self.assertEqual(above.company_id, self.company)

    def test_what_a_task_has_no_field_for_is_in_its_text(self):
        text = self.task("above").description
        for part in (
            "Bring ladder",
            "☑ Photos",
            "☐ &lt;Keys&gt;",
            "Starts at: 2031-05-06 13:00",
            "Also about: Deal (Deals)",
        ):
            self.assertIn(part, text)
        self.assertIn("Priority: Whenever", self.task("odd").description)

    def test_statuses_are_stages_of_the_project(self):
        for name, stage, state, fold in (
            ("below", "To Do", "01_in_progress", False),
            ("above", "In progress", "01_in_progress", False),
            ("done", "Done", "1_done", True),
            ("off", "Cancelled", "1_canceled", True),
            ("odd", "Parts ordered", "01_in_progress", False),
        ):
            found = self.task(name)
            self.assertEqual((found.stage_id.name, found.state), (stage, state))
            self.assertEqual(found.stage_id.fold, fold)
            self.assertIn(found.stage_id, self.got("project", "pj_1").type_ids)
            self.assertFalse(found.stage_id.user_id)

    def test_what_is_done_ended_on_its_own_day(self):
        done = self.task("done")
        self.assertEqual(done.date_end, datetime(2025, 1, 20, 10))
        self.assertEqual(done.date_last_stage_update, datetime(2025, 1, 20, 10))
        self.assertEqual(self.task("off").date_end, datetime(2025, 2, 3, 4, 5, 6))
        self.assertFalse(self.task("above").date_end)
        self.assertEqual(done.date_assign, datetime(2025, 1, 2, 3, 4, 5))

    def test_tasks_stand_under_their_parents(self):
        self.assertEqual(self.task("below").parent_id, self.task("above"))
        loose = self.task("below-loose")
        self.assertFalse(loose.parent_id)
        self.assertIn("Task loose (Tasks)", loose.description)

    def test_a_circle_is_cut_and_reported(self):
        ring = self.task("ring-1") + self.task("ring-2")
        self.assertEqual(len(ring.filtered("parent_id")), 1)
        found = self.findings(self.project, "unreadable", field="parent_task_id")
        self.assertTrue(set(found.mapped("external_id")) & {"ring-1", "ring-2"})

    def test_a_task_of_no_project_is_an_activity(self):
        loose = self.task("loose")
        self.assertEqual(loose._name, "mail.activity")
        self.assertIn(loose, self.got("deal", "dl_1").activity_ids)
        self.assertIn("Tags: Install", loose.note)
        self.assertIn("Priority: High", loose.note)
        found = self.task("loose-contact")
        self.assertIn(found, self.got("contact", "ct_2").activity_ids)
        self.assertIn("gate: 4411", found.note)
        self.assertEqual(self.task("lost-project")._name, "mail.activity")
        self.assertFalse(self.task("loose-done").active)

    def test_messages_of_a_task_are_where_people_find_it(self):
        self.assertIn(self.got("activity", "on-above"), self.task("above").message_ids)
        deal = self.got("deal", "dl_1")
        self.assertIn(self.got("activity", "on-loose"), deal.message_ids)
        self.assertBucket(self.project, "activity", "on-free", "excluded", "skipped")
        record = self.assertBucket(self.project, "activity", "on-nowhere", "failed")
        self.assertIn("neither a contact nor a deal", record.reason)

    def test_the_plan_says_which_stages_come(self):
        items = self.project.schema_item_ids
        stages = items.filtered(lambda item: item.kind == "task_stage")
        self.assertEqual(len(stages), 5)
        view = items.filtered(lambda item: item.key == "project.task")
        self.assertIn("Project is installed", view.reason)

    def test_nobody_is_told_and_no_personal_stage_is_made(self):
        self.assertEqual(self.after, self.before)
        fresh = self.env["project.task.type"].search([]) - self.stages
        self.assertFalse(fresh.filtered("user_id"))

    def test_the_books_balance(self):
        self.assertTrue(self.project.is_balanced)


class TestProjectsLater(ProjectsCase):
    def setUp(self):
        super().setUp()
        self.project = self.migrated(files(), preset="road_runner")
        self.a_day_passes()

    def again(self, *tasks):
        self.stage(self.project, files(tasks=tasks), name="newer.zip")
        self.load(self.project)

    def test_a_second_run_changes_nothing(self):
        before = self.task("above").write_date
        self.again(*TASKS)
        self.assertEqual(self.task("above").write_date, before)
        self.assertTrue(self.project.is_balanced)

    def test_what_is_done_since_is_closed_with_its_own_day(self):
        moment = "2025-03-03T10:00:00Z"
        owner = {"assigned_user_id": "ravi@practice.example"}
        self.again(task("odd", "done", completed_at=moment, **owner))
        self.assertBucket(self.project, "task", "odd", "updated")
        odd = self.task("odd")
        self.assertEqual((odd.state, odd.user_ids), ("1_done", self.ravi))
        self.assertEqual(odd.date_end, datetime(2025, 3, 3, 10))
        self.assertEqual(odd.date_last_stage_update, datetime(2025, 3, 3, 10))

    def test_a_project_with_tasks_of_others_stays_after_a_rollback(self):
        project, gone = self.got("project", "pj_1"), self.task("done")
        own = (
            self.env["project.task"]
            .with_context(mail_create_nolog=True)
            .create({"name": "Ours", "project_id": project.id})
        )
        self.a_day_passes()
        self.project.action_rollback(background=False)
        self.env.invalidate_all()
        self.assertTrue(project.exists() and own.exists())
        self.assertFalse(gone.exists())

    def test_a_rollback_takes_all_of_it(self):
        found = [self.got("project", "pj_1"), self.task("above"), self.task("loose")]
        found += [self.task("above").stage_id, self.task("above").tag_ids]
        found.append(self.got("task:done", "loose-done"))
        self.project.action_rollback(background=False)
        self.env.invalidate_all()
        for record in found:
            self.assertFalse(record.exists(), record)


class TestLiveTasks(LiveCase):
    def test_all_tasks_of_the_sample_source_land(self):
        project = self.connect()
        self.migrate(project)
        self.project = project
        rows = self.sources.world.road_runner.listing("task")
        has_projects = "project.task" in self.env
        for row in rows:
            found = self.target(project, "task", row["id"])
            self.assertTrue(
                found, self.staged_record(project, "task", row["id"]).reason
            )
            is_task = has_projects and bool(row["project_id"])
            self.assertEqual(found._name == "project.task", is_task, row)
            is_over = row["status"] in ("done", "cancelled")
            if is_task:
                self.assertEqual(found.is_closed, is_over)
            else:
                self.assertEqual(found.active, not is_over)
        self.assertTrue(project.is_balanced)
        records = self.env["migration.staged.record"].search(
            [
                ("project_id", "=", project.id),
                ("object_id.name", "in", ("activity", "file")),
                ("state", "in", ("failed", "excluded")),
            ]
        )
        for record in records:
            self.assertNotIn("which is not loaded", record.reason)
