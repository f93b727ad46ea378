"""What the source deletes or merges after it was loaded."""

from odoo.tests import tagged

from .common import bundle, table
from .road_runner_case import RoadRunnerCase
from .test_conflicts import STAGES, ConflictCase, contact, deal


class GoneCase(ConflictCase):
    """A loaded export of five contacts; each test uploads one with fewer of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = [contact(f"C-{number}") for number in range(1, 6)]
        deals = [deal("D-1", "New", Client_ID="C-4")]
        cls.files = {"pipeline_stages.csv": STAGES, "deals.csv": table(*deals)}
        cls.project = cls.migrated(cls.files | {"contacts.csv": table(*cls.people)})
        cls.a_day_passes()

    def pick_up(self, *rows):
        """Upload an export with these contacts and pick it up."""
        self.env["migration.run"].search([]).date_started = "2024-01-01"
        files = self.files | {"contacts.csv": table(*rows)}
        self.project.add_file("export.zip", bundle(files))
        self.project.action_pickup(background=False)
        self.env.invalidate_all()

    def staged(self, external_id):
        return self.staged_record(self.project, "contacts", external_id)


class TestGoneFromAnExport(GoneCase):
    """Rows that a newer export no longer holds."""

    def test_by_default_it_is_archived(self):
        self.pick_up(*self.people[1:])
        self.assertFalse(self.contact("C-1").active)
        self.assertEqual(self.staged("C-1").gone_fate, "archived")
        self.assertTrue(self.contact("C-2").active)
        self.assertTrue(self.project.is_balanced)
        self.assertIn("archived: 1", self.project.last_pickup_result)
        [run] = self.project.run_ids.filtered(lambda run: run.kind == "gone")
        made = {key: n for key, n in run.stats.items() if key.startswith("made:")}
        self.assertEqual((len(made), set(made.values())), (5, {0}))

    def test_what_a_person_has_edited_is_only_flagged(self):
        self.edit(self.contact("C-1"), city="Bergen")
        self.pick_up(*self.people[1:])
        self.assertTrue(self.contact("C-1").active)
        self.assertEqual(self.staged("C-1").gone_fate, "flagged")
        finding = self.findings(self.project, "gone_at_source")
        self.assertEqual(finding.external_id, "C-1")

    def test_flag_only_changes_nothing(self):
        self.project.deletion_policy = "flag"
        self.pick_up(*self.people[1:])
        self.assertTrue(self.contact("C-1").active)
        self.assertEqual(self.staged("C-1").gone_fate, "flagged")

    def test_delete_takes_what_nobody_needs_and_archives_the_rest(self):
        self.project.deletion_policy = "delete"
        unneeded, needed = self.contact("C-1"), self.contact("C-4")
        self.pick_up(self.people[1], self.people[2], self.people[4])
        self.assertFalse(unneeded.exists())
        self.assertFalse(needed.active)
        self.assertBucket(self.project, "contacts", "C-1", "excluded", "deleted")
        self.assertTrue(self.project.is_balanced)

    def test_what_only_goes_together_is_deleted_together(self):
        self.project.deletion_policy = "delete"
        unneeded, lead = self.contact("C-4"), self.target(self.project, "deals", "D-1")
        self.files = self.files | {"deals.csv": table(deal("D-2", "New"))}
        self.pick_up(*self.people[:3], self.people[4])
        self.assertFalse(lead.exists())
        self.assertFalse(unneeded.exists())
        self.assertTrue(self.project.is_balanced)

    def test_what_may_not_come_back_stops_no_other(self):
        self.pick_up(*self.people[2:])
        self.env.flush_all()
        # a rule of another addon
        self.env.cr.execute(
            "ALTER TABLE res_partner ADD CONSTRAINT no_first_cleo"
            " CHECK (NOT active OR name <> 'Cleo C-1')"
        )
        self.pick_up(*self.people)
        self.assertFalse(self.contact("C-1").active)
        self.assertTrue(self.contact("C-2").active)
        finding = self.findings(self.project, "gone_at_source", external_id="C-1")
        self.assertTrue(any("no_first_cleo" in one.message for one in finding), finding)
        self.assertEqual(self.project.state, "verified")

    def test_it_is_treated_once(self):
        self.pick_up(*self.people[1:])
        gone = self.contact("C-1")
        gone.active = True
        self.pick_up(*self.people[1:], contact("C-9", Full_Name="Nina"))
        self.assertTrue(gone.active)

    def test_what_comes_back_is_taken_out_of_the_archive(self):
        self.pick_up(*self.people[1:])
        self.pick_up(*self.people)
        self.assertTrue(self.contact("C-1").active)
        self.assertFalse(self.staged("C-1").gone_fate)

    def test_what_was_deleted_and_comes_back_is_made_again(self):
        self.project.deletion_policy = "delete"
        self.pick_up(*self.people[1:])
        self.pick_up(*self.people)
        self.assertEqual(self.contact("C-1").name, "Cleo C-1")

    def test_a_rollback_takes_the_archived_along(self):
        gone = self.contact("C-1")
        self.pick_up(*self.people[1:])
        self.project.action_rollback(background=False)
        self.assertFalse(gone.exists())

    def test_the_project_says_how_deletions_are_seen(self):
        self.assertIn("each export", self.project.deletions_seen)


@tagged("post_install", "-at_install")
class TestGoneAtALiveSource(RoadRunnerCase):
    """Road Runner: tombstones, hard deletions, merges."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.choose_merge()

    def pick_up(self, **vals):
        self.project._begin_pickup(False, **vals)
        self.env.invalidate_all()

    def contact(self, external_id):
        return self.target(self.project, "contact", external_id)

    def test_a_tombstone_is_seen_by_a_pull_of_changes(self):
        self.store.delete("contact", self.loser)
        self.pick_up()
        self.assertFalse(self.contact(self.loser).active)

    def test_a_hard_deletion_is_seen_by_a_complete_pull_only(self):
        self.store.delete("contact", self.loser, hard=True)
        self.pick_up()
        self.assertTrue(self.contact(self.loser).active)
        self.pick_up(is_incremental=False)
        self.assertFalse(self.contact(self.loser).active)
        self.assertEqual(self.project.state, "verified")

    def test_the_project_says_what_only_a_complete_pull_shows(self):
        self.assertIn("complete pulls", self.project.deletions_seen)

    def test_a_merge_moves_what_is_ours_to_the_winner(self):
        loser, winner = self.contact(self.loser), self.contact(self.winner)
        lead = self.target(self.project, "deal", self.deal["id"])
        self.assertEqual(lead.partner_id, loser)
        self.store.update("contact", self.loser, merged_into_id=self.winner)
        self.pick_up()
        self.assertEqual(lead.partner_id, winner)
        self.assertFalse(loser.active)
        self.assertEqual(self.contact(self.loser), winner)
        self.assertBucket(self.project, "contact", self.loser, "merged")
        self.assertTrue(self.project.is_balanced)
        # neither our change nor the move passes for a person's edit
        self.project.action_plan_rollback()
        fates = {
            (line.res_model, line.res_id): line.fate
            for line in self.project.rollback_line_ids
            if line.fate != "release"
        }
        self.assertEqual(fates[("res.partner", loser.id)], "delete")
        self.assertEqual(fates[("crm.lead", lead.id)], "delete")

    def test_what_a_person_bound_elsewhere_stays_there(self):
        lead = self.target(self.project, "deal", self.deal["id"])
        own = self.env["res.partner"].create({"name": "Own"})
        lead.with_user(self.ana).sudo().write({"partner_id": own.id})
        self.store.update("contact", self.loser, merged_into_id=self.winner)
        self.pick_up()
        self.assertEqual(lead.partner_id, own)

    def test_a_record_that_is_merged_and_deleted_is_merged(self):
        winner = self.contact(self.winner)
        self.store.update("contact", self.loser, merged_into_id=self.winner)
        self.store.delete("contact", self.loser)
        self.pick_up()
        self.assertEqual(self.contact(self.loser), winner)
