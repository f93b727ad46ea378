"""A project follows its source: what changes there comes into Odoo by itself."""

from datetime import timedelta

from lxml import html

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import format_datetime

from odoo.addons.crm_migration.engine import engine_class

from .common import bundle, table
from .road_runner_case import RoadRunnerCase
from .test_conflicts import ConflictCase, contact


class FollowCase:
    """What tests of live and of uploaded sources have in common."""

    def pick_up(self):
        """Let the scheduled actions do what is due."""
        self.project.sudo().next_pickup = fields.Datetime.now() - timedelta(seconds=1)
        self.env["migration.project"]._cron_follow()
        self.env["migration.run"]._cron_work()
        self.env.invalidate_all()

    def runs(self, kind):
        return self.project.run_ids.filtered(
            lambda run: run.kind == kind and run.is_pickup
        )

    def activities(self):
        return self.env["mail.activity"].search(
            [("summary", "ilike", "cannot be followed")]
        )

    def minutes_to_next(self):
        wait = self.project.next_pickup - fields.Datetime.now()
        return round(wait.total_seconds() / 60)


@tagged("post_install", "-at_install")
class TestFollowLive(FollowCase, RoadRunnerCase):
    """Road Runner over REST."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project.action_follow()

    def contact(self, external_id):
        return self.target(self.project, "contact", external_id)

    def test_following_has_a_window_and_a_plan(self):
        self.assertTrue(self.project.is_following)
        length = self.project.follow_until - self.project.follow_from
        self.assertEqual(round(length.total_seconds() / 3600), 48)
        self.assertTrue(self.project.next_pickup)

    def test_what_changed_comes_into_odoo_by_itself(self):
        self.store.update("contact", "ct_50", email="new@mail.example")
        self.pick_up()
        self.assertEqual(self.contact("ct_50").email, "new@mail.example")
        self.assertIn("updated: 1", self.project.last_pickup_result)
        self.assertTrue(self.project.last_pickup)
        self.assertEqual(self.minutes_to_next(), 60)
        self.assertTrue(self.project.is_balanced)
        self.assertEqual(self.project.state, "verified")

    def test_only_what_changed_is_loaded_again(self):
        self.store.update("contact", "ct_50", email="new@mail.example")
        self.pick_up()
        self.assertLess(self.runs("load").processed, 20)
        self.assertLess(self.runs("verify").processed, 20, self.runs("verify").cursor)

    def test_the_books_of_a_pickup_are_those_of_a_complete_read_back(self):
        self.store.update("contact", "ct_50", email="new@mail.example")
        self.pick_up()
        self.assertLightIsWhole()

    def test_a_record_that_is_new_at_the_source_is_created(self):
        key = self.store.create(
            "contact", self.store.get("contact", "ct_50"), email="n@new.example"
        )
        self.pick_up()
        self.assertEqual(self.contact(key).email, "n@new.example")

    def test_nothing_to_do_costs_a_pull_and_no_more(self):
        self.pick_up()
        self.assertEqual(self.runs("stage").state, "done")
        for kind in ("drift", "load", "verify"):
            self.assertFalse(self.runs(kind))
        self.assertEqual(self.project.last_pickup_result, "Nothing has changed.")
        self.assertTrue(self.project.is_balanced)

    def test_before_its_time_nothing_is_picked_up(self):
        self.project.sudo().next_pickup = fields.Datetime.now() + timedelta(minutes=1)
        self.env["migration.project"]._cron_follow()
        self.assertFalse(self.runs("stage"))

    def test_by_hand_it_is_picked_up_at_once(self):
        self.store.update("contact", "ct_50", email="new@mail.example")
        self.project.action_pickup(background=False)
        self.assertEqual(self.contact("ct_50").email, "new@mail.example")

    def test_the_last_pickup_is_at_the_end_of_the_window(self):
        until = fields.Datetime.now() + timedelta(minutes=10)
        self.project.follow_until = until
        self.pick_up()
        self.assertEqual(self.project.next_pickup, until)
        self.project.follow_until = fields.Datetime.now()
        self.pick_up()
        self.assertFalse(self.project.is_following)
        self.assertFalse(self.project.next_pickup)

    def words(self, action):
        """Return what a notification says."""
        self.assertEqual(action["tag"], "display_notification")
        return action["params"]["message"]

    def test_it_says_until_when_how_often_and_what_comes_next(self):
        self.project.follow_interval = "240"
        told = self.words(self.project.action_follow())
        for text in (told, self.project.next_step):
            self.assertIn("every 4 hours", text)
            self.assertIn("next pickup: now", text)
            self.assertIn("Cut Over", text)
            moment = format_datetime(
                self.env, self.project.follow_until, dt_format="short"
            )
            self.assertIn(moment, text)
        self.project.sudo().next_pickup = fields.Datetime.now() + timedelta(hours=2)
        moment = format_datetime(self.env, self.project.next_pickup, dt_format="short")
        self.assertIn(f"next pickup: {moment}", self.project.next_step)
        self.project.follow_until = False
        self.assertIn("until you stop it", self.project.next_step)

    def test_who_does_not_follow_is_told_of_it_and_of_the_cut_over(self):
        self.project.action_stop_following()
        for text in ("Follow the Source", "Cut Over"):
            self.assertIn(text, self.project.next_step)

    def test_conflicts_are_named_among_what_comes_next(self):
        contact = self.contact("ct_50")
        contact.with_user(self.ana).write({"email": "ours@mail.example"})
        self.store.update("contact", "ct_50", email="new@mail.example")
        self.pick_up()
        self.assertIn("Conflicts to decide: 1", self.project.next_step)

    def test_to_stop_stops_the_pickup_that_is_at_work(self):
        self.store.update("contact", "ct_50", email="new@mail.example")
        self.project.action_pickup()
        quiet = self.runs("stage")._quiet()
        quiet._step(engine_class("stage")(quiet))
        self.assertEqual(self.runs("stage").state, "running")
        told = self.words(self.project.action_stop_following())
        self.assertIn("stops after its present batch", told)
        self.env["migration.run"]._cron_work()
        self.env.invalidate_all()
        self.assertEqual(
            set(self.project.run_ids.filtered("is_pickup").mapped("state")),
            {"cancelled"},
        )
        self.assertFalse(self.project.is_following)
        self.assertTrue(self.project.last_error)
        # what it had begun can be brought to its end, and no more than that
        self.project.action_resume(background=False)
        self.env.invalidate_all()
        self.assertEqual(self.contact("ct_50").email, "new@mail.example")
        self.assertFalse(self.project.is_following)
        self.assertFalse(self.project.next_pickup)
        self.assertFalse(self.project.last_error)

    def test_to_stop_calls_off_a_pickup_that_has_not_begun(self):
        self.store.update("contact", "ct_50", email="new@mail.example")
        self.project.action_pickup()
        self.project.action_stop_following()
        self.assertFalse(self.project.running_id)
        self.assertIn("before it began", self.project.last_error)
        self.env["migration.run"]._cron_work()
        self.assertNotEqual(self.contact("ct_50").email, "new@mail.example")
        self.project.action_resume(background=False)
        self.assertEqual(self.contact("ct_50").email, "new@mail.example")

    def test_to_stop_leaves_other_steps_at_work_alone(self):
        self.project.action_verify()
        told = self.words(self.project.action_stop_following())
        self.assertNotIn("batch", told)
        self.assertEqual(self.project.running_id.kind, "verify")
        self.assertFalse(self.project.is_cancel_requested)

    def test_to_stop_leaves_a_cut_over_at_work(self):
        self.project.action_cutover()
        told = self.words(self.project.action_stop_following())
        self.assertIn("cut-over", told)
        self.assertTrue(self.project.running_id.is_cutover)
        self.assertFalse(self.project.is_cancel_requested)

    def test_stopped_means_left_alone(self):
        self.project.action_stop_following()
        self.env["migration.project"]._cron_follow()
        self.assertFalse(self.runs("stage"))

    def test_a_new_field_is_left_out_until_a_person_agrees(self):
        old = self.store.get("contact", "ct_50")
        self.store.update("contact", "ct_50", email="new@mail.example")
        self.store.add(
            "contact", {**self.store.get("contact", "ct_50"), "shoe_size": "44"}
        )
        self.pick_up()
        self.assertTrue(old)
        self.assertEqual(self.contact("ct_50").email, "new@mail.example")
        finding = self.findings(self.project, "new_field")
        self.assertIn("shoe_size", finding.mapped("field"))
        line = self.project._object("contact").mapping_line_ids.filtered("is_late")
        self.assertFalse(line.is_confirmed)
        # agreed to, and its place made: it is filled in for who has it
        self.confirm_all(self.project)
        self.apply_schema(self.project)
        self.pick_up()
        self.assertFalse(line.is_late)
        self.assertEqual(str(self.contact("ct_50")[line.target_field]), "44")

    def test_an_expired_key_is_told_once_and_tried_again_later(self):
        self.sources.faults.add("401*")
        self.pick_up()
        self.assertEqual(self.runs("stage").state, "failed")
        self.assertIn("key", self.project.follow_error)
        self.assertEqual(self.minutes_to_next(), 5)
        for wait in (15, 60, 240, 240):
            self.pick_up()
            self.assertEqual(self.minutes_to_next(), wait)
        self.assertEqual(len(self.activities()), 1)
        self.assertEqual(self.activities().user_id, self.project.follow_user_id)
        self.assertTrue(self.project.is_following)
        self.sources.faults.clear()
        self.store.update("contact", "ct_50", email="new@mail.example")
        self.pick_up()
        self.assertEqual(self.contact("ct_50").email, "new@mail.example")
        self.assertFalse(self.activities())
        self.assertFalse(self.project.follow_error)
        self.assertEqual(self.project.follow_failures, 0)

    def test_a_source_that_is_down_does_not_end_the_following(self):
        connection = self.project.connection_ids.with_user(self.manager)
        right = {"base_url": connection.base_url, "secret": self.sources.auth.api_key}
        connection.write(right | {"base_url": "http://127.0.0.1:9/api/v2"})
        self.pick_up()
        self.assertTrue(self.project.follow_error)
        self.assertEqual(len(self.activities()), 1)
        connection.write(right)
        self.pick_up()
        self.assertFalse(self.project.follow_error)

    def test_an_object_that_vanished_is_told_and_the_others_go_on(self):
        self.sources.faults.add("404*", path="/deals")
        self.store.update("contact", "ct_50", email="new@mail.example")
        self.pick_up()
        self.assertEqual(self.contact("ct_50").email, "new@mail.example")
        self.assertIn("Deal", self.project.follow_error)
        self.assertEqual(self.minutes_to_next(), 5)
        staged = self.env["migration.staged.record"]
        missing = [("project_id", "=", self.project.id), ("is_missing", "=", True)]
        self.assertFalse(staged.search_count(missing))

    def test_a_connection_without_a_key_is_told_as_well(self):
        self.project.connection_ids.sudo().write({"base_url": False})
        self.pick_up()
        self.assertTrue(self.project.follow_error)
        self.assertEqual(len(self.activities()), 1)
        self.assertEqual(self.minutes_to_next(), 5)

    def test_a_run_at_work_is_waited_for(self):
        run = self.env["migration.run"].create(
            {"project_id": self.project.id, "kind": "verify", "state": "running"}
        )
        self.project.sudo().next_pickup = fields.Datetime.now()
        self.env["migration.project"]._cron_follow()
        self.assertFalse(self.runs("stage"))
        run.state = "done"
        self.env["migration.project"]._cron_follow()
        self.assertTrue(self.runs("stage"))

    def test_an_edit_of_a_person_meets_a_change_of_the_source(self):
        contact = self.contact("ct_50")
        contact.with_user(self.ana).write({"email": "ours@mail.example"})
        self.store.update("contact", "ct_50", email="new@mail.example")
        self.pick_up()
        self.assertEqual(contact.email, "ours@mail.example")
        self.assertEqual(self.project.conflict_count, 1)
        self.assertIn("conflicts", self.project.last_pickup_result)

    def test_only_managers_follow_and_nobody_writes_the_plan(self):
        user = self.make_user(
            "Uma", "uma@practice.example", "crm_migration.group_crm_migration_user"
        )
        with self.assertRaises(AccessError):
            self.project.with_user(user).action_follow()
        with self.assertRaises(AccessError):
            self.project.with_user(self.manager).write({"is_following": False})


@tagged("post_install", "-at_install")
class TestFollowFiles(FollowCase, ConflictCase):
    """An export that is uploaded again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rows = table(contact("C-1", Coach="Nia New"), contact("C-2"))
        cls.project = cls.migrated({"contacts.csv": rows})
        cls.a_day_passes()
        cls.project.action_follow()

    def test_without_a_newer_export_nothing_runs(self):
        self.pick_up()
        self.assertFalse(self.runs("stage"))
        self.assertEqual(self.minutes_to_next(), 60)
        with self.assertRaisesRegex(UserError, "newer export"):
            self.project.action_pickup(background=False)

    def test_a_newer_export_is_picked_up(self):
        rows = table(contact("C-1", City="Oslo"), contact("C-2"), contact("C-3"))
        self.project.add_file("export.zip", bundle({"contacts.csv": rows}))
        self.env["migration.run"].search([]).date_started = "2024-01-01"
        self.pick_up()
        self.assertEqual(self.contact("C-1").city, "Oslo")
        self.assertTrue(self.contact("C-3"))
        self.assertEqual(self.project.state, "verified")
        self.assertIn("created: 1", self.project.last_pickup_result)

    def test_it_says_that_exports_have_to_be_uploaded(self):
        self.assertIn("Upload each newer export", self.project.next_step)
        self.assertIn("every hour; next pickup: now", self.project.next_step)
        self.assertNotIn("source is followed", self.project.next_step)
        arch = self.project.get_view(view_type="form")["arch"]
        buttons = html.fromstring(arch).xpath("//button[@name='action_follow']")
        [files] = [one for one in buttons if "== 'live'" in one.get("invisible")]
        self.assertIn("hash", files.get("confirm"))
        self.assertIn("nothing is asked over the network", files.get("confirm"))

    def test_an_upload_while_it_is_followed_can_be_picked_up_at_once(self):
        self.env["migration.run"].search([]).date_started = "2024-01-01"
        rows = table(contact("C-1", City="Oslo"), contact("C-2"))
        wizard = self.env["migration.upload.wizard"].with_user(self.manager)
        wizard = wizard.create(
            {
                "project_id": self.project.id,
                "line_ids": [
                    Command.create(
                        {"name": "new.zip", "content": bundle({"contacts.csv": rows})}
                    )
                ],
            }
        )
        self.assertTrue(wizard.is_following)
        wizard.action_upload_and_pickup()
        self.env["migration.run"]._cron_work()
        self.env.invalidate_all()
        self.assertEqual(self.contact("C-1").city, "Oslo")

    def test_the_same_export_once_more_changes_nothing(self):
        self.env["migration.run"].search([]).date_started = "2024-01-01"
        rows = table(contact("C-1", Coach="Nia New"), contact("C-2"))
        self.project.add_file("export.zip", bundle({"contacts.csv": rows}))
        self.pick_up()
        self.assertEqual(self.runs("stage").state, "done")
        self.assertFalse(self.runs("load"))
        self.assertEqual(self.project.last_pickup_result, "Nothing has changed.")

    def test_without_an_end_it_is_picked_up_at_the_interval(self):
        self.project.follow_until = False
        self.pick_up()
        self.assertEqual(self.minutes_to_next(), 60)
        self.assertTrue(self.project.is_following)

    def test_what_is_said_of_owners_is_said_once(self):
        def told():
            found = self.project.sudo().finding_ids
            return sorted((row.code, row.value) for row in found if "owner" in row.code)

        before = told()
        self.assertIn(("owner_none", "Nia New"), before)
        for city in ("Oslo", "Bergen"):
            rows = table(contact("C-1", Coach="Nia New", City=city), contact("C-2"))
            self.project.add_file("export.zip", bundle({"contacts.csv": rows}))
            self.env["migration.run"].search([]).date_started = "2024-01-01"
            self.pick_up()
            self.assertEqual(self.contact("C-1").city, city)
            self.assertEqual(told(), before)

    def test_before_the_full_run_there_is_nothing_to_follow(self):
        project = self.staged({"contacts.csv": table(contact("C-1"))})
        with self.assertRaisesRegex(UserError, "full run"):
            project.action_follow()
