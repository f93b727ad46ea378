"""The end of a migration: last changes, proof, signature."""

from lxml import html

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .live_case import LiveCase


@tagged("post_install", "-at_install")
class TestCutOver(LiveCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.connect()
        cls.switch_off(
            cls.project, "activity", "file", "task", "project", "equipment", "contact"
        )
        cls.stage(cls.project)
        # their contacts are not pulled here
        cls.project.mapping_line_ids.filtered(
            lambda line: line.transform == "reference"
        ).on_missing = "empty"
        cls.load(cls.apply_schema(cls.confirm_all(cls.project)))
        cls.a_day_passes()
        cls.store = cls.sources.world.road_runner
        cls.deal = next(
            row.external_id
            for row in cls.project._object("deal").staged_record_ids
            if row.state == "created"
        )
        cls.project.action_follow()

    def cut_over(self):
        self.project.action_cutover(background=False)
        self.env.invalidate_all()

    def checks(self):
        return {check["key"]: check for check in self.project._cutover_checks()}

    def test_before_the_cut_over_nothing_can_be_signed(self):
        self.assertEqual(self.checks()["pulled"]["state"], "blocked")
        with self.assertRaisesRegex(UserError, "run the cut-over"):
            self.project.action_sign_off("because")

    def test_the_last_changes_are_in_and_the_window_is_closed(self):
        self.store.update("deal", self.deal, title="The last one", name="The last one")
        self.cut_over()
        lead = self.target(self.project, "deal", self.deal)
        self.assertEqual(lead.name, "The last one")
        self.assertFalse(self.project.is_following)
        self.assertTrue(self.project.cutover_on)
        states = {key: check["state"] for key, check in self.checks().items()}
        self.assertEqual(
            (states["pulled"], states["frozen"], states["books"]),
            ("done", "done", "done"),
        )

    def test_what_is_gone_is_treated(self):
        self.store.delete("deal", self.deal, hard=True)
        self.cut_over()
        self.assertFalse(self.target(self.project, "deal", self.deal).active)

    def test_a_source_that_still_moves_blocks_the_signature(self):
        self.cut_over()
        self.store.update("deal", self.deal, title="Too late", name="Too late")
        run = self.project.run_ids.filtered(lambda run: run.kind == "frozen")
        self.project._start(["frozen"], False, is_pickup=True, is_cutover=True)
        self.env.invalidate_all()
        self.assertTrue(run)
        self.assertEqual(self.project.cutover_changes, 1)
        with self.assertRaisesRegex(UserError, "still works at the source"):
            self.project.action_sign_off("because")
        self.cut_over()
        self.assertEqual(self.checks()["frozen"]["state"], "done")
        lead = self.target(self.project, "deal", self.deal)
        self.assertEqual(lead.name, "Too late")

    def test_a_source_that_fails_says_what_to_do(self):
        self.sources.faults.add("401*")
        with self.assertRaisesRegex(UserError, "key"):
            self.cut_over()
        check = self.checks()["pulled"]
        self.assertEqual(check["state"], "blocked")
        self.assertIn("run the cut-over again", check["advice"])
        self.sources.faults.clear()
        self.cut_over()
        self.assertEqual(self.checks()["pulled"]["state"], "done")

    def sign(self, note="All seen."):
        self.project.with_user(self.manager).action_sign_off(note)

    def test_what_is_left_needs_a_note(self):
        self.cut_over()
        left = [check for check in self.checks().values() if check["state"] == "left"]
        self.assertTrue(left)
        self.assertTrue(all(check["advice"] for check in left))
        with self.assertRaisesRegex(UserError, "Write into the note"):
            self.project.action_sign_off()
        self.sign()
        self.assertEqual(self.project.state, "signed_off")
        self.assertEqual(self.project.signed_off_by, self.manager)
        self.assertTrue(self.project.signed_off_on)
        self.assertEqual(self.project.signed_off_note, "All seen.")

    def test_what_is_signed_can_be_read_back_and_rolled_back_only(self):
        self.cut_over()
        self.sign()
        project = self.project.with_user(self.manager)
        for step in (
            project.action_stage,
            project.action_pickup,
            project.action_follow,
        ):
            with self.subTest(step=step.__name__):
                with self.assertRaisesRegex(UserError, "signed off"):
                    step()
        with self.assertRaisesRegex(UserError, "signed off"):
            project.tolerance = 5
        with self.assertRaisesRegex(UserError, "signed off"):
            project.mapping_line_ids[0].write({"reason": "changed"})
        with self.assertRaisesRegex(UserError, "signed off"):
            project.match_rule_ids[0].unlink()
        with self.assertRaisesRegex(UserError, "signed off"):
            project.file_ids.create(
                {"project_id": project.id, "name": "more.csv", "content": "QQo="}
            )
        with self.assertRaises(AccessError):
            project.write({"signed_off_note": "Other."})
        project.action_rollback(background=False)
        self.env.invalidate_all()
        self.assertEqual(project.state, "rolled_back")

    def test_a_missing_note_keeps_nobody_from_what_is_left(self):
        arch = self.env["migration.cutover.wizard"].get_view(view_type="form")["arch"]
        # a field that is required blocks the other buttons of the dialog as well
        self.assertFalse(
            html.fromstring(arch).xpath("//field[@name='note'][@required]")
        )

    def test_the_dialog_shows_the_checklist(self):
        action = self.project.with_user(self.manager).action_open_cutover()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.assertTrue(wizard.is_blocked)
        keys = set(wizard.line_ids.mapped("key"))
        self.assertLessEqual({"pulled", "frozen", "books", "conflicts", "failed"}, keys)
        for line in wizard.line_ids:
            with self.subTest(key=line.key):
                self.assertTrue(line.action_open()["res_model"])

    def test_only_managers_sign(self):
        user = self.make_user(
            "Uma", "uma@practice.example", "crm_migration.group_crm_migration_user"
        )
        with self.assertRaises(AccessError):
            self.project.with_user(user).action_sign_off("because")
