import os

from odoo.exceptions import UserError
from odoo.tools import mute_logger

from ..engine import engine_class
from .common import MigrationCommon, table


class TestRun(MigrationCommon):
    """How a step is started, stopped and taken up again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # enough rows for more than one batch
        cls.contacts = table(
            *(
                {"Client ID": f"C-{number}", "Full Name": f"Client {number}"}
                for number in range(750)
            )
        )
        cls.project = cls.make_project({"contacts.csv": cls.contacts})

    def run_of(self, kind, project=None):
        runs = (project or self.project).run_ids
        return runs.filtered(lambda run: run.kind == kind).sudo()

    def work(self):
        self.env["migration.run"]._cron_work()
        self.env.invalidate_all()

    def test_the_worker_does_one_step_after_the_other(self):
        answer = self.project.action_stage()
        self.assertEqual(answer["tag"], "display_notification")
        self.assertEqual(self.project.get_progress()["running"], "stage")
        self.work()
        self.assertEqual(self.run_of("stage").state, "done")
        self.assertEqual(self.run_of("profile").state, "done")
        self.assertEqual(self.project.state, "profiled")
        progress = self.project.get_progress()
        self.assertEqual((progress["running"], progress["error"]), (False, False))

    def test_a_run_counts_what_it_did(self):
        self.stage(self.project)
        run = self.run_of("stage")
        self.assertEqual((run.processed, run.stats), (750, {"new": 750}))
        self.assertEqual((run.progress, run.summary), (100, "new: 750"))
        run.stats = {"listed_again": 2, "same": 1, "contacts:found": 3, "odd": 4}
        self.assertEqual(run.summary, "listed again: 2, the same: 1, odd: 4")
        self.assertEqual(run.user_id, self.manager)
        self.assertTrue(run.date_done)

    def test_a_step_can_be_cancelled_between_batches_and_goes_on_there(self):
        self.project.action_stage()
        run = self.run_of("stage")
        quiet = run._quiet()
        engine = self.engine(quiet)
        quiet._step(engine)
        quiet._step(engine)
        self.assertEqual((run.state, run.processed), ("running", 500))
        self.project.action_cancel()
        self.work()
        self.assertEqual(run.state, "cancelled")
        self.assertEqual(self.run_of("profile").state, "cancelled")
        self.assertFalse(self.project.running_id)
        self.project.action_resume(background=False)
        self.assertEqual((run.state, run.processed), ("done", 750))
        self.assertEqual(self.project.staged_count, 750)
        self.assertEqual(self.project.state, "profiled")

    def engine(self, run):
        return engine_class(run.kind)(run)

    def test_nothing_is_resumed_that_was_not_interrupted(self):
        with self.assertRaisesRegex(UserError, "Nothing was interrupted"):
            self.project.action_resume()

    def test_a_step_that_breaks_says_why_and_stops_what_was_to_follow(self):
        project = self.make_project({"contacts.csv": self.contacts + "C-x,Unique\n"})
        project.action_stage()
        os.remove(project.file_ids._path())
        self.work()
        run = self.run_of("stage", project)
        self.assertEqual(run.state, "failed")
        self.assertIn("cannot be found", run.error)
        self.assertIn("cannot be found", project.get_progress()["error"])
        self.assertEqual(self.run_of("profile", project).state, "cancelled")
        self.assertEqual(project.state, "draft")
        self.stage(project, {"contacts.csv": self.contacts})
        self.assertEqual(project.staged_count, 750)
        self.assertFalse(project.last_error)

    def test_an_error_that_nobody_foresaw_ends_the_run_and_is_logged(self):
        self.project.action_stage()
        run = self.run_of("stage")
        run.write({"state": "running", "cursor": {"tables": ["no such"]}})
        with mute_logger("odoo.addons.crm_migration.models.migration_run"):
            self.work()
        self.assertEqual(run.state, "failed")
        self.assertIn("AttributeError", run.error)
        self.assertEqual(self.run_of("profile").state, "cancelled")
