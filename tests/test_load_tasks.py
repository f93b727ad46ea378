from datetime import date, datetime

from .common import MigrationCommon, table


def task(external_id, **fields):
    """Return a row of the tasks table."""
    row = {
        "Task ID": external_id,
        "Title": f"Task {external_id}",
        "Client ID": "C-1",
        "Assigned To": "ana@practice.example",
        "Due Date": "2023-04-05",
        "Status": "Pending",
        "Created At": "2023-03-01 10:00",
        "Last Updated": "2023-03-02 10:00",
    }
    return row | {name.replace("_", " "): value for name, value in fields.items()}


TASKS = table(
    task("T-call", Type="Call", Description="Ask for <b>both</b>\nand wait"),
    task("T-mail", Type="Email", Deal_ID="D-1", Due_Date="2031-04-05 08:30"),
    task("T-meet", Type="meeting"),
    task("T-todo", Type="To-do", Priority="High", Recurrence="weekly"),
    task("T-odd", Type="Carrier Pigeon"),
    task("T-remind", Type="Call", Reminder_At="2023-04-05 07:00", Room="Blue"),
    task(
        "T-done",
        Type="Call",
        Deal_ID="D-1",
        Status="Completed",
        Completed_At="2023-04-04 23:30",
    ),
    task("T-done-undated", Status="Completed"),
    task("T-overdue", Status="Overdue"),
    task("T-cancelled", Status="Cancelled"),
    task("T-waits", Status="Waiting for parts"),
    task("T-free", Client_ID=""),
    task("T-free-done", Client_ID="", Status="Completed"),
    task("T-nobody", Assigned_To="Theo Gone"),
    task("T-by-mail", Client_ID="", Client_Email="cleo@mail.example"),
    task("T-undated", Due_Date=""),
    task("T-never", Due_Date="", Created_At=""),
    task("T-untitled", Title="", Type="Call"),
    task("T-nothing", Title="", Type=""),
    task("T-orphan", Client_ID="C-404"),
)
FILES = {
    "contacts.csv": table(
        {"Client ID": "C-1", "Full Name": "Cleo", "Email": "cleo@mail.example"},
    ),
    "deals.csv": table(
        {"Deal ID": "D-1", "Deal Name": "Deal", "Client ID": "C-1", "Stage": "New"}
    ),
    "tasks.csv": TASKS,
}
LOUD = ("mail.mail", "mail.notification", "mail.followers", "bus.bus")


class TasksCase(MigrationCommon):
    def task(self, external_id):
        return self.target(self.project, "tasks", external_id)

    def told(self, external_id):
        """Return the chatter's message of a task that was done, or None."""
        return self.target(self.project, "tasks:done", external_id)


class TestRefusedTask(TasksCase):
    def test_one_that_odoo_refuses_takes_no_other_along(self):
        self.env.cr.execute(
            "ALTER TABLE migration_crosswalk ADD CONSTRAINT not_this_one"
            " CHECK (external_id <> 'T-free')"
        )
        project = self.migrated(FILES)
        self.assertBucket(project, "tasks", "T-free", "failed", "constraint")
        for external_id in ("T-done", "T-cancelled", "T-call"):
            self.assertBucket(project, "tasks", external_id, "created")
        told = self.target(project, "tasks:done", "T-done")
        self.assertEqual(told.model, "crm.lead")
        self.assertEqual(told.message_type, "notification")


class TestLoadTasks(TasksCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.before = cls.loud()
        cls.project = cls.migrated(FILES, source_timezone="America/New_York")
        cls.after = cls.loud()
        cls.contact = cls.target(cls.project, "contacts", "C-1")
        cls.deal = cls.target(cls.project, "deals", "D-1")

    @classmethod
    def loud(cls):
        cls.env.flush_all()
        cls.env.cr.precommit.run()
        return {name: cls.env[name].search_count([]) for name in LOUD}

    def test_types_are_those_of_odoo(self):
        for name, kind in (
            ("T-call", "call"),
            ("T-mail", "email"),
            ("T-meet", "meeting"),
            ("T-todo", "todo"),
        ):
            kind = self.env.ref(f"mail.mail_activity_data_{kind}")
            self.assertEqual(self.task(name).activity_type_id, kind, name)

    def test_an_unknown_type_is_a_to_do_that_names_it(self):
        activity = self.task("T-odd")
        todo = self.env.ref("mail.mail_activity_data_todo")
        self.assertEqual(activity.activity_type_id, todo)
        self.assertIn("Type: Carrier Pigeon", activity.note)

    def test_a_task_stands_on_its_deal_else_on_its_client(self):
        self.assertIn(self.task("T-mail"), self.deal.activity_ids)
        self.assertIn(self.task("T-call"), self.contact.activity_ids)
        self.assertIn(self.task("T-by-mail"), self.contact.activity_ids)
        self.assertEqual(self.task("T-mail").res_name, "Deal")

    def test_a_task_without_client_stays_with_its_user(self):
        activity = self.task("T-free")
        self.assertFalse(activity.res_model or activity.res_id)
        mine = self.env["mail.activity"].with_user(self.ana).search([])
        self.assertIn(activity, mine)

    def test_a_task_is_on_the_list_of_whom_it_is_assigned_to(self):
        self.assertEqual(self.task("T-call").user_id, self.ana)
        self.assertEqual(self.task("T-nobody").user_id, self.fallback)

    def test_what_is_overdue_shows_as_overdue(self):
        for name in ("T-overdue", "T-call"):
            activity = self.task(name)
            self.assertEqual(activity.date_deadline, date(2023, 4, 5))
            self.assertEqual(activity.state, "overdue")
        self.assertEqual(self.task("T-mail").state, "planned")
        self.assertIn("Due at: 2031-04-05 08:30", self.task("T-mail").note)

    def test_what_is_done_stays_done_on_its_own_day(self):
        activity = self.task("T-done")
        self.assertFalse(activity.active)
        self.assertEqual(
            (activity.state, activity.date_done), ("done", date(2023, 4, 4))
        )
        self.assertEqual(self.task("T-done-undated").date_done, date(2023, 3, 2))
        self.assertNotIn(activity, self.deal.activity_ids)

    def test_what_is_done_is_told_in_the_chatter_with_date_and_author(self):
        message = self.told("T-done")
        self.assertIn(message, self.deal.message_ids)
        self.assertEqual(message.date, datetime(2023, 4, 5, 3, 30))
        self.assertEqual(message.author_id, self.ana.partner_id)
        self.assertEqual(message.subtype_id, self.env.ref("mail.mt_activities"))
        self.assertIn("Call done: Task T-done", message.body)
        self.assertFalse(self.told("T-call"))
        self.assertFalse(self.told("T-free-done"))
        self.assertFalse(self.task("T-free-done").active)

    def test_what_was_cancelled_is_archived_and_says_so(self):
        activity = self.task("T-cancelled")
        self.assertEqual((activity.active, activity.feedback), (False, "Cancelled"))
        self.assertIn("cancelled: Task T-cancelled", self.told("T-cancelled").body)

    def test_an_unknown_status_stays_open_and_is_kept(self):
        activity = self.task("T-waits")
        self.assertTrue(activity.active)
        self.assertIn("Status: Waiting for parts", activity.note)

    def test_what_odoo_has_no_field_for_is_in_the_text(self):
        note = self.task("T-todo").note
        for text in ("Priority: High", "Recurrence: weekly"):
            self.assertIn(text, note)
        self.assertIn("Created: 2023-03-01 10:00", note)
        self.assertIn("Last changed: 2023-03-02 10:00", note)
        note = self.task("T-remind").note
        self.assertIn("Reminder at: 2023-04-05 07:00", note)
        self.assertIn("Room: Blue", note)
        self.assertNotIn("x_room", self.env["mail.activity"]._fields)

    def test_the_description_is_the_text(self):
        self.assertIn("both", self.task("T-call").note)
        self.assertIn("and wait", self.task("T-call").note)

    def test_without_due_date_the_day_it_was_written_down_counts(self):
        self.assertEqual(self.task("T-undated").date_deadline, date(2023, 3, 1))
        today = self.staged_record(self.project, "tasks", "T-never").create_date.date()
        self.assertLessEqual(abs((self.task("T-never").date_deadline - today).days), 1)

    def test_without_title_the_type_stands_there(self):
        self.assertEqual(self.task("T-untitled").summary, "Call")
        record = self.assertBucket(self.project, "tasks", "T-nothing", "failed")
        self.assertIn("neither a title nor a type", record.reason)

    def test_a_task_of_an_unknown_client_fails(self):
        self.assertBucket(self.project, "tasks", "T-orphan", "failed", "bad_reference")

    def test_nobody_is_told_or_subscribed(self):
        self.assertEqual(self.after, self.before)
        self.assertFalse(self.contact.message_partner_ids)

    def test_the_books_balance_and_show_no_side_effect(self):
        self.assertTrue(self.project.is_balanced)
        self.assertEqual(self.book(self.project, "Activities").found_count, 0)
        line = self.book(self.project, "Tasks")
        self.assertEqual((line.created_count, line.failed_count), (18, 2))
        self.assertEqual(line.difference_count, 0)


class TestTasksLater(TasksCase):
    """What happens to tasks after they were loaded."""

    def setUp(self):
        super().setUp()
        self.project = self.migrated(FILES, source_timezone="America/New_York")
        self.a_day_passes()

    def again(self, text=TASKS):
        self.stage(self.project, FILES | {"tasks.csv": text}, name="newer.zip")
        self.load(self.project)

    def rolled_back(self):
        self.project.action_rollback(background=False)
        self.env.invalidate_all()

    def test_a_second_run_changes_nothing(self):
        activities = self.env["mail.activity"].with_context(active_test=False)
        before = activities.search([]).mapped("write_date")
        messages = self.env["mail.message"].search_count([])
        self.again()
        self.assertEqual(activities.search([]).mapped("write_date"), before)
        self.assertEqual(self.env["mail.message"].search_count([]), messages)

    def test_what_is_done_at_the_source_since_is_done_here(self):
        self.again(
            table(
                task("T-call", Type="Call", Status="Completed"),
                task("T-todo", Type="To-do", Due_Date="2023-05-06"),
            )
        )
        self.assertBucket(self.project, "tasks", "T-call", "updated")
        self.assertFalse(self.task("T-call").active)
        self.assertEqual(self.told("T-call").date, datetime(2023, 3, 2, 15))
        self.assertEqual(self.task("T-todo").date_deadline, date(2023, 5, 6))
        self.assertFalse(self.told("T-todo"))

    def test_what_a_person_completed_meanwhile_stays_completed(self):
        activity = self.task("T-call")
        activity.with_user(self.ana).action_feedback(feedback="They said yes")
        self.again(table(task("T-call", Type="Call", Due_Date="2023-09-09")))
        self.assertEqual((activity.active, activity.feedback), (False, "They said yes"))
        self.rolled_back()
        self.assertTrue(activity.exists())
        line = self.project.rollback_line_ids.filtered(
            lambda line: line.external_id == "T-call"
        )
        self.assertEqual(line.fate, "keep_edited")

    def test_a_rollback_takes_activities_and_their_messages(self):
        activities = [self.task(name) for name in ("T-call", "T-done", "T-free")]
        message = self.told("T-done")
        self.rolled_back()
        for record in (*activities, message):
            self.assertFalse(record.exists())

    def test_a_rollback_takes_the_message_from_a_deal_that_stays(self):
        deal, message = self.target(self.project, "deals", "D-1"), self.told("T-done")
        deal.with_user(self.manager).sudo().write({"priority": "3"})
        self.rolled_back()
        self.assertTrue(deal.exists())
        self.assertFalse(message.exists())
