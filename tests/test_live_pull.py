from datetime import datetime, timedelta, timezone
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import config

from .live_case import LiveCase

#: What a pull of Road Runner has to find, and what stands on pages of other objects.
OBJECTS = ("user", "tag", "contact", "deal", "activity", "file", "task", "equipment")


@tagged("post_install", "-at_install")
class TestRestPull(LiveCase):
    """Road Runner, asked over REST, into the staging area."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.stage(cls.connect())
        cls.truth = cls.sources.world.truth()["road_runner"]

    def test_every_record_is_staged_once(self):
        for name in OBJECTS:
            self.assertEqual(len(self.ids(self.project, name)), self.truth[name]["all"])

    def test_stages_come_with_their_pipeline(self):
        stages = self.project._object("stage").staged_record_ids
        pipelines = self.ids(self.project, "pipeline")
        self.assertTrue(stages)
        self.assertLessEqual({s.payload["pipeline_id"] for s in stages}, pipelines)

    def test_what_the_source_deleted_is_staged_and_not_to_be_loaded(self):
        deleted = self.project._object("contact").staged_record_ids.filtered(
            lambda record: record.reason_code == "deleted"
        )
        expected = set(self.truth["contact"]["deleted"])
        self.assertEqual(set(deleted.mapped("external_id")), expected)
        self.assertEqual(set(deleted.mapped("state")), {"excluded"})

    def test_a_record_that_is_listed_twice_is_no_error(self):
        self.assertTrue(self.truth["activity"]["repeated"])
        self.assertFalse(self.project._object("activity").failed_count)

    def test_each_object_remembers_its_newest_change(self):
        self.assertTrue(all(self.project._object(name).watermark for name in OBJECTS))

    def test_the_map_is_proposed(self):
        self.assertEqual(self.project.state, "profiled")
        self.assertTrue(self.project.mapping_line_ids)

    def test_staging_again_changes_nothing(self):
        self.stage(self.project)
        self.stage(self.project)
        run = self.project.run_ids.filtered(lambda run: run.kind == "stage")[0]
        self.assertFalse((run.stats or {}).get("new"))
        self.assertFalse((run.stats or {}).get("changed"))

    def test_only_what_changed_is_pulled(self):
        before = self.project.run_ids
        self.sources.world.road_runner.update("contact", "ct_50", email="n@n.example")
        self.project.action_pull_changes(background=False)
        run = (self.project.run_ids - before).filtered(lambda run: run.kind == "stage")
        self.assertLess(run.processed, self.project.staged_count / 4)
        record = self.project._object("contact").staged_record_ids.filtered(
            lambda record: record.external_id == "ct_50"
        )
        self.assertEqual(record.payload["email"], "n@n.example")
        self.assertEqual(record.state, "pending")

    def test_changes_only_do_not_make_the_others_missing(self):
        self.project.action_pull_changes(background=False)
        staged = self.env["migration.staged.record"]
        missing = [("project_id", "=", self.project.id), ("is_missing", "=", True)]
        self.assertFalse(staged.search_count(missing))
        self.assertEqual(len(self.ids(self.project, "deal")), self.truth["deal"]["all"])


@tagged("post_install", "-at_install")
class TestGraphqlPull(LiveCase):
    """FastTrack, asked over GraphQL, into the staging area."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.stage(cls.connect("fasttrack", "fasttrack_relay"))
        cls.truth = cls.sources.world.truth()["fasttrack"]

    def test_every_record_is_staged_once(self):
        for name in ("company", "contact", "lead", "deal", "activity", "attachment"):
            refused = self.project._object(name).refused_count
            self.assertEqual(
                len(self.ids(self.project, name)) + refused, self.truth[name]["all"]
            )

    def test_the_map_is_proposed(self):
        self.assertEqual(self.project.state, "profiled")


@tagged("post_install", "-at_install")
class TestTrouble(LiveCase):
    """What goes wrong on the wire, and what a person is told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.connect()
        cls.truth = cls.sources.world.truth()["road_runner"]
        # the small objects are enough here
        cls.switch_off(cls.project, "contact", "activity", "file", "project")

    def run_of(self, kind="stage"):
        return self.project.run_ids.filtered(lambda run: run.kind == kind)[:1]

    def test_a_key_that_ends_in_the_middle_stops_the_run_and_it_goes_on(self):
        self.sources.faults.add("401*", path="/deals")
        with self.assertRaisesRegex(UserError, "key"):
            self.project.action_stage(background=False)
        self.assertEqual(self.run_of().state, "failed")
        self.assertEqual(self.run_of("profile").state, "cancelled")
        self.sources.faults.clear()
        self.project.action_resume(background=False)
        self.assertEqual(self.run_of().state, "done")
        self.assertEqual(len(self.ids(self.project, "deal")), self.truth["deal"]["all"])

    def test_an_object_that_the_key_may_not_read_is_skipped(self):
        self.sources.faults.add("403*", path="/equipment")
        self.stage(self.project)
        equipment = self.project._object("equipment")
        self.assertTrue(equipment.problem)
        self.assertIn("unavailable", self.codes(self.project, "equipment"))
        self.assertEqual(len(self.ids(self.project, "deal")), self.truth["deal"]["all"])

    def test_a_wrong_setting_costs_its_object_only(self):
        self.sources.faults.add("400*", path="/tasks")
        self.stage(self.project)
        self.assertIn("broken_source", self.codes(self.project, "task"))
        self.assertEqual(len(self.ids(self.project, "deal")), self.truth["deal"]["all"])

    def test_an_object_that_failed_makes_nothing_missing(self):
        self.stage(self.project)
        self.sources.faults.add("400*", path="/tasks")
        self.stage(self.project)
        self.assertEqual(len(self.ids(self.project, "task")), self.truth["task"]["all"])

    def test_a_daily_quota_pauses_the_run_until_the_next_day(self):
        self.sources.faults.add("daily", path="/deals")
        with self.assertRaisesRegex(UserError, "limit|quota|day"):
            self.project.action_stage(background=False)
        run = self.run_of()
        self.assertEqual(run.state, "running")
        self.assertGreater(run.paused_until, fields.Datetime.now())
        self.assertIn(run.error, self.project.next_step)
        cron = self.env.ref("crm_migration.ir_cron_migration_work")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self.assertIn(run.paused_until, triggers.mapped("call_at"))
        # neither it nor the step that is to follow works before
        self.env["migration.run"]._cron_work()
        self.assertEqual(run.state, "running")
        self.assertEqual(self.run_of("profile").state, "queued")
        run.sudo().paused_until = fields.Datetime.now() - timedelta(seconds=1)
        self.env["migration.run"]._cron_work()
        self.assertEqual((run.state, run.error), ("done", False))
        self.assertEqual(self.run_of("profile").state, "done")

    def _pull_from_a_silent_source(self):
        """Begin a pull in which Odoo ends its worker before the tasks come."""
        self.switch_off(self.project, "deal")
        self.enterContext(patch.dict(config.options, limit_time_real_cron=4))
        self.sources.faults.add("slow:6*", path="/tasks")
        with self.assertRaisesRegex(UserError, "silent"):
            self.project.action_stage(background=False)
        return self.run_of()

    def _go_on(self, run):
        run.sudo().paused_until = fields.Datetime.now() - timedelta(seconds=1)
        self.env["migration.run"]._cron_work()

    def test_a_silent_source_is_left_alone_before_the_worker_is_ended(self):
        run = self._pull_from_a_silent_source()
        self.assertEqual(run.state, "running")
        self.assertGreater(run.paused_until, fields.Datetime.now())
        self.sources.faults.clear()
        self._go_on(run)
        self.assertEqual((run.state, run.error), ("done", False))
        self.assertEqual(len(self.ids(self.project, "task")), self.truth["task"]["all"])

    def test_a_table_that_stays_silent_is_given_up_and_the_others_go_on(self):
        run = self._pull_from_a_silent_source()
        self._go_on(run)
        self.assertEqual(run.state, "running")
        self._go_on(run)
        self.assertIn("broken_source", self.codes(self.project, "task"))
        task = self.project._object("task")
        self.assertIn("Lower the page size", task.problem)
        self._go_on(run)
        self.assertEqual((run.state, run.error), ("done", False))
        self.assertFalse(self.ids(self.project, "task"))
        self.assertTrue(self.ids(self.project, "pipeline"))

    def test_a_tested_source_tells_how_much_is_left(self):
        connection = self.project.connection_ids
        connection.action_test(background=False)
        read = connection.endpoint_ids.filtered("is_active")
        counted = sum(max(place.source_count, 0) for place in read)
        self.sources.faults.add("daily", path="/deals")
        with self.assertRaisesRegex(UserError, "limit|quota|day"):
            self.project.action_stage(background=False)
        run = self.run_of()
        self.assertEqual(run.total, counted)
        self.assertLess(run.progress, 90)
        # nobody knows how long a pause is to last
        self.assertEqual(run.remaining_time, "")
        self.assertEqual(connection.project_next_step, run.error)
        self.project.action_resume(background=False)
        self.assertEqual(run.state, "done")

    def test_a_paused_run_can_be_cancelled(self):
        self.sources.faults.add("daily", path="/deals")
        with self.assertRaisesRegex(UserError, "limit|quota|day"):
            self.project.action_stage(background=False)
        self.project.action_cancel()
        self.assertEqual(self.run_of().state, "cancelled")
        self.assertFalse(self.project.running_id)

    def test_a_paused_run_can_be_resumed_at_once(self):
        self.sources.faults.add("daily", path="/deals")
        with self.assertRaisesRegex(UserError, "limit|quota|day"):
            self.project.action_stage(background=False)
        self.project.action_resume(background=False)
        self.assertEqual(self.run_of().state, "done")

    def test_objects_that_are_switched_off_are_not_asked_for(self):
        self.switch_off(self.project, "task")
        begin = len(self.sources.requests.of("rest", "/api/v2/tasks"))
        self.stage(self.project)
        self.assertFalse(self.project._object("task"))
        self.assertEqual(len(self.sources.requests.of("rest", "/api/v2/tasks")), begin)

    def test_records_after_the_end_date_are_left_out(self):
        moments = sorted(
            record["updated_at"]
            for record in self.sources.world.road_runner.listing("deal")
        )
        middle = datetime.fromisoformat(moments[45].replace("Z", "+00:00"))
        until = middle.astimezone(timezone.utc).replace(tzinfo=None)
        self.project.connection_ids.until = until
        self.stage(self.project)
        found = len(self.ids(self.project, "deal"))
        self.assertTrue(0 < found < self.truth["deal"]["all"])

    def test_a_corrupt_item_is_in_the_books(self):
        store = self.sources.world.fasttrack
        broken = store.listing("contact")[7]["id"]
        store.poison[broken] = "node"
        self.addCleanup(store.poison.pop, broken)
        project = self.connect("fasttrack", "fasttrack_relay")
        self.switch_off(project, "activity", "attachment", "deal", "company", "lead")
        self.stage(project)
        corrupt = project.finding_ids.filtered(lambda f: f.code == "corrupt_item")
        self.assertTrue(corrupt)
        self.assertTrue(all(finding.message for finding in corrupt))
        self.assertEqual(corrupt.mapped("value"), [broken])
        self.assertEqual(project._object("contact").refused_count, 1)
