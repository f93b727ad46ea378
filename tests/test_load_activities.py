import json
from datetime import date, datetime

from .common import MigrationCommon, bundle
from .live_case import LiveCase

LATER = "2031-05-06T09:00:00Z"
BEFORE = "2024-05-06T09:00:00Z"
LOUD = (
    "mail.mail",
    "mail.notification",
    "mail.followers",
    "bus.bus",
    "ir.cron.trigger",
    "mail.message.schedule",
)


def activity(external_id, kind, status, deal="D1", **fields):
    """Return one activity of the source, on a deal unless it says otherwise."""
    return {
        "id": external_id,
        "type": kind,
        "subject": f"About {external_id}",
        "body_html": f"<p>Body {external_id}</p>",
        "status": status,
        "owner": "ravi@practice.example",
        "created_by": "ana@practice.example",
        "associations": [{"object": "deal", "id": deal}],
        "created_at": "2024-01-02T03:04:05Z",
        "updated_at": "2024-02-03T04:05:06Z",
    } | fields


ACTIVITIES = [
    activity("call-later", "CALL", "PLANNED", starts_at=LATER),
    activity("call-missed", "CALL", "PLANNED", starts_at=BEFORE),
    activity("call-done", "CALL", "COMPLETED", starts_at=BEFORE, outcome="good"),
    activity("mail-later", "EMAIL", "PLANNED", due_at=LATER),
    activity("sms-later", "SMS", "PLANNED", due_at=LATER),
    activity("task-open", "TASK", "PLANNED", due_at=BEFORE),
    activity(
        "task-done",
        "TASK",
        "COMPLETED",
        due_at=BEFORE,
        completed_at="2024-05-07T10:00:00Z",
        outcome="positive",
    ),
    activity("task-off", "TASK", "CANCELLED", due_at=BEFORE),
    activity(
        "meet-later",
        "MEETING",
        "PLANNED",
        starts_at=LATER,
        ends_at="2031-05-06T10:30:00Z",
        meeting_url="https://meet.example/x",
        participants=[
            {"type": "contact", "id": "K1", "email": "old@c.example"},
            {"type": "contact", "id": "K9", "email": "CLEO@c.example"},
            {"type": "contact", "id": "K8", "email": "guest@x.example"},
        ],
        associations=[
            {"object": "company", "id": "C1"},
            {"object": "contact", "id": "K1"},
            {"object": "deal", "id": "D1"},
        ],
    ),
    activity(
        "meet-past",
        "MEETING",
        "COMPLETED",
        starts_at=BEFORE,
        outcome="good",
        # a table of an export has names
        participants="Anna Ruiz; Bob; cleo@c.example",
    ),
    activity("meet-off", "MEETING", "CANCELLED", starts_at=LATER),
    activity("meet-undated", "MEETING", "COMPLETED"),
    activity("meet-reversed", "MEETING", "COMPLETED", starts_at=LATER, ends_at=BEFORE),
    activity(
        "elsewhere",
        "TASK",
        "PLANNED",
        due_at=LATER,
        associations=[{"object": "vehicle", "id": "V1"}],
    ),
]


def files(activities=None):
    """Return the tables of a small source with these activities, else with all."""
    activities = ACTIVITIES if activities is None else activities
    tables = {
        "companies": [{"id": "C1", "name": "Contoso"}],
        "contacts": [
            {"id": "K1", "full_name": "Ines", "email": "ines@c.example"},
            {"id": "K2", "full_name": "Cleo", "email": "cleo@c.example"},
        ],
        "pipelines": [{"id": "P1", "name": "New"}],
        "stages": [{"id": "S1", "pipeline": "P1", "name": "Qualify", "position": 1}],
        "deals": [
            {
                "id": "D1",
                "name": "Renewal",
                "pipeline": "P1",
                "stage": "S1",
                "status": "OPEN",
                "primary_contact": "K1",
            }
        ],
        "activities": activities,
    }
    return {f"{name}.json": json.dumps(rows) for name, rows in tables.items()}


class EngagementsCase(MigrationCommon):
    rule = "message"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_user("Mia Migrator", "mia@practice.example")
        cls.before = cls.loud()
        cls.project = cls.migrated(files(), preset="fasttrack", meeting_rule=cls.rule)
        cls.after = cls.loud()
        cls.deal = cls.target(cls.project, "deal", "D1")
        cls.contact = cls.target(cls.project, "contact", "K1")

    @classmethod
    def loud(cls):
        cls.env.flush_all()
        cls.env.cr.precommit.run()
        return {name: cls.env[name].search_count([]) for name in LOUD}

    def got(self, external_id):
        return self.target(self.project, "activity", external_id)

    def models(self, *names):
        return {name: self.got(name)._name for name in names}


class TestLoadActivities(EngagementsCase):
    def test_what_is_still_to_be_done_is_an_activity(self):
        for name, kind in (
            ("call-later", "call"),
            ("mail-later", "email"),
            ("meet-later", "meeting"),
            ("sms-later", "todo"),
            ("task-open", "todo"),
        ):
            found = self.got(name)
            self.assertEqual(found._name, "mail.activity", name)
            kind = self.env.ref(f"mail.mail_activity_data_{kind}")
            self.assertEqual(found.activity_type_id, kind, name)
            self.assertIn(found, self.deal.activity_ids)
        self.assertIn("Type: Sms", self.got("sms-later").note)

    def test_an_activity_keeps_day_text_owner_and_author(self):
        found = self.got("call-later")
        self.assertEqual(found.date_deadline, date(2031, 5, 6))
        self.assertEqual(found.summary, "About call-later")
        self.assertEqual(found.user_id, self.ravi)
        self.assertEqual(found.create_date, datetime(2024, 1, 2, 3, 4, 5))
        for text in (
            "Body call-later",
            "Starts at: 2031-05-06 09:00",
            "Ana Ruiz",
            "Created: 2024-01-02 03:04",
        ):
            self.assertIn(text, found.note)

    def test_what_is_done_or_past_is_a_message(self):
        for name in ("call-missed", "call-done", "meet-past", "meet-off"):
            message = self.got(name)
            self.assertEqual(message._name, "mail.message", name)
            self.assertIn(message, self.deal.message_ids)
        self.assertIn("Planned", self.got("call-missed").body)
        self.assertIn("Cancelled", self.got("meet-off").body)
        self.assertIn("Outcome: good", self.got("call-done").body)
        self.assertEqual(self.got("call-done").author_id, self.ana.partner_id)

    def test_a_task_that_is_done_is_archived_and_told(self):
        found = self.got("task-done")
        self.assertFalse(found.active)
        self.assertEqual(found.date_done, date(2024, 5, 7))
        self.assertEqual(found.feedback, "positive")
        told = self.target(self.project, "activity:done", "task-done")
        self.assertIn(told, self.deal.message_ids)
        self.assertEqual(told.date, datetime(2024, 5, 7, 10))
        self.assertEqual(told.author_id, self.ravi.partner_id)
        self.assertEqual(self.got("task-off").feedback, "Cancelled")

    def test_the_chatter_stands_in_the_order_of_time(self):
        found = self.deal.message_ids.sorted("id")
        dates = found.mapped("date")
        self.assertEqual(dates, sorted(dates))

    def test_a_task_that_is_late_shows_as_overdue(self):
        self.assertEqual(self.got("task-open").state, "overdue")

    def test_the_other_records_are_named_but_the_customer_of_the_deal(self):
        note = self.got("meet-later").note
        self.assertIn("Also about: Contoso (Companies)", note)
        self.assertIn("With: old@c.example; CLEO@c.example; guest@x.example", note)

    def test_what_odoo_has_no_record_for_stays_with_its_user(self):
        found = self.got("elsewhere")
        self.assertFalse(found.res_model)
        self.assertEqual(found.user_id, self.ravi)
        self.assertIn("Belongs to: Vehicle", found.note)

    def test_nobody_is_told_or_subscribed(self):
        self.assertEqual(self.after, self.before)
        effects = self.project.reconciliation_line_ids.filtered(
            lambda line: line.kind == "side_effect"
        )
        self.assertEqual(set(effects.mapped("found_count")), {0})

    def test_the_books_balance(self):
        self.assertTrue(self.project.is_balanced)
        line = self.book(self.project, "Activities").filtered(
            lambda line: line.kind == "object"
        )
        self.assertEqual(line.created_count, len(ACTIVITIES))
        self.assertEqual(line.difference_count, 0)


class TestMeetingsToCome(EngagementsCase):
    rule = "planned"

    def test_only_what_is_to_come_is_in_the_calendar(self):
        names = ("meet-later", "meet-past", "meet-off", "call-later")
        self.assertEqual(
            self.models(*names),
            {
                "meet-later": "calendar.event",
                "meet-past": "mail.message",
                "meet-off": "mail.message",
                "call-later": "mail.activity",
            },
        )


class TestMeetings(EngagementsCase):
    rule = "all"

    def test_meetings_are_in_the_calendar_with_their_times(self):
        event = self.got("meet-later")
        self.assertEqual(
            (event.start, event.stop),
            (datetime(2031, 5, 6, 9), datetime(2031, 5, 6, 10, 30)),
        )
        self.assertEqual(event.name, "About meet-later")
        self.assertEqual(event.user_id, self.ravi)
        self.assertEqual(event.videocall_location, "https://meet.example/x")
        self.assertIn("Body meet-later", event.description)
        self.assertEqual(self.got("meet-past").start, datetime(2024, 5, 6, 9))
        self.assertIn("Outcome: good", self.got("meet-past").description)

    def test_a_meeting_stands_on_its_deal(self):
        event = self.got("meet-later")
        self.assertEqual(event.opportunity_id, self.deal)
        self.assertEqual((event.res_model, event.res_id), ("crm.lead", self.deal.id))
        self.assertIn("Also about: Contoso (Companies)", event.description)
        self.assertEqual(self.deal.calendar_event_ids, self.meetings())

    def meetings(self):
        """Return the meetings of the deal that were not called off."""
        names = ("meet-later", "meet-past", "meet-reversed")
        return self.env["calendar.event"].union(*map(self.got, names))

    def test_contacts_attend_and_others_are_named(self):
        event = self.got("meet-later")
        cleo = self.target(self.project, "contact", "K2")
        self.assertEqual(event.partner_ids, self.contact + cleo + self.ravi.partner_id)
        states = {who.partner_id: who.state for who in event.attendee_ids}
        self.assertEqual(states[self.ravi.partner_id], "accepted")
        self.assertEqual(states[cleo], "needsAction")
        self.assertIn("With: guest@x.example", event.description)

    def test_who_took_part_is_named_also_without_an_email(self):
        event = self.got("meet-past")
        self.assertIn("With: Anna Ruiz; Bob<", str(event.description))
        cleo = self.target(self.project, "contact", "K2")
        self.assertIn(cleo, event.partner_ids)

    def test_what_was_called_off_is_archived_and_says_so(self):
        event = self.got("meet-off")
        self.assertFalse(event.active)
        self.assertIn("Status: Cancelled", event.description)

    def test_a_meeting_without_beginning_is_a_message(self):
        self.assertEqual(self.models("meet-undated"), {"meet-undated": "mail.message"})

    def test_a_meeting_that_ends_before_it_begins_takes_an_hour(self):
        self.assertEqual(self.got("meet-reversed").stop, datetime(2031, 5, 6, 10))

    def test_nobody_is_invited_reminded_or_told(self):
        self.assertEqual(self.after, self.before)
        events = self.env["calendar.event"].search([("name", "like", "About meet")])
        self.assertFalse(events.alarm_ids or events.activity_ids)
        self.assertFalse(events.message_partner_ids)

    def test_the_books_balance(self):
        self.assertTrue(self.project.is_balanced)


class TestActivitiesLater(MigrationCommon):
    def setUp(self):
        super().setUp()
        self.project = self.migrated(files(), preset="fasttrack", meeting_rule="all")
        self.a_day_passes()

    def again(self, *activities):
        self.stage(self.project, files(activities), name="newer.zip")
        self.load(self.project)

    def got(self, external_id):
        return self.target(self.project, "activity", external_id)

    def changed(self, name, **fields):
        before = next(one for one in ACTIVITIES if one["id"] == name)
        return before | fields

    def test_a_second_run_changes_nothing(self):
        before = self.got("meet-later").write_date, self.got("task-done").write_date
        self.again(*ACTIVITIES)
        for name in ("meet-later", "task-done", "call-done"):
            record = self.staged_record(self.project, "activity", name)
            self.assertIn(record.state, ("created", "unchanged"))
        after = self.got("meet-later").write_date, self.got("task-done").write_date
        self.assertEqual(before, after)

    def test_a_meeting_that_was_moved_is_moved_without_a_word(self):
        mails = self.env["mail.mail"].search_count([])
        moved = self.changed("meet-later", starts_at="2031-05-07T09:00:00Z")
        self.again(moved | {"ends_at": "2031-05-07T09:45:00Z"})
        event = self.got("meet-later")
        self.assertEqual(event.start, datetime(2031, 5, 7, 9))
        self.assertEqual(event.stop, datetime(2031, 5, 7, 9, 45))
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)

    def test_a_task_that_is_gone_does_not_pass_for_done(self):
        task = self.got("task-open")
        rest = [one for one in ACTIVITIES if one["id"] != "task-open"]
        self.env["migration.run"].search([]).date_started = "2024-01-01"
        self.project.add_file("newer.zip", bundle(files(rest)))
        self.project.action_pickup(background=False)
        self.assertTrue(task.active)
        found = self.findings(self.project, "gone_at_source")
        self.assertEqual(found.external_id, "task-open")
        self.assertIn("count as done", found.message)

    def test_what_was_planned_stays_an_activity_when_it_is_done(self):
        self.again(
            self.changed(
                "call-later", status="COMPLETED", completed_at="2031-05-06T09:30:00Z"
            )
        )
        found = self.got("call-later")
        self.assertEqual((found._name, found.active), ("mail.activity", False))
        self.assertTrue(self.target(self.project, "activity:done", "call-later"))

    def test_a_meeting_that_a_person_moved_stays_after_a_rollback(self):
        kept, gone = self.got("meet-later"), self.got("meet-past")
        people = kept.attendee_ids
        kept.with_user(self.ravi).with_context(no_mail_to_attendees=True).write(
            {"location": "Room 5"}
        )
        self.project.action_rollback(background=False)
        self.env.invalidate_all()
        self.assertTrue(kept.exists() and people.exists())
        self.assertFalse(gone.exists())
        self.assertTrue(self.project._object("contact").loaded_count)


class TestLiveActivities(LiveCase):
    """All activities of the sample source, held against what it knows itself."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        euro = cls.env.ref("base.EUR")
        euro.active = True
        cls.env["res.currency.rate"].create(
            {"currency_id": euro.id, "name": "2020-01-01", "rate": 0.9}
        )
        cls.project = cls.connect("fasttrack", "fasttrack_relay", meeting_rule="all")
        cls.migrate(cls.project)
        cls.world = cls.sources.world.fasttrack

    def test_each_activity_became_what_it_was(self):
        for row in self.world.listing("activity"):
            found = self.target(self.project, "activity", row["id"])
            if found is None:
                continue
            kind = {"TASK": "mail.activity", "MEETING": "calendar.event"}.get(
                row["type"], "mail.message"
            )
            self.assertEqual(found._name, kind, row)
            if kind == "mail.activity":
                self.assertEqual(found.active, row["status"] == "PLANNED")

    def test_only_what_has_no_record_failed(self):
        records = self.env["migration.staged.record"].search(
            [
                ("project_id", "=", self.project.id),
                ("object_id.name", "=", "activity"),
                ("state", "in", ("failed", "excluded")),
            ]
        )
        self.assertLessEqual(len(records), 20)
        for record in records:
            self.assertIn("not been loaded", record.reason)
        self.assertTrue(self.project.is_balanced)
