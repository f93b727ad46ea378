"""FastTrack is followed: messages, activities and files."""

import hashlib

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import html2plaintext

from odoo.addons.crm_migration.samples.servers.blobs import Blob

from .fasttrack_case import FastTrackCase, associated


@tagged("post_install", "-at_install")
class TestFollowWork(FastTrackCase):
    """Both sides change what stands on records."""

    # -- calls ------------------------------------------------------------------

    def given_a_note(self):
        self.key = self.an_activity("NOTE")
        self.message = self.got("activity", self.key)

    def text(self):
        return html2plaintext(self.message.body)

    def test_a_text_that_changes_there_changes_here(self):
        self.given_a_note()
        self.store.update("activity", self.key, body_html="<p>Agreed on 5 %</p>")
        self.pick_up()
        self.assertIn("Agreed on 5 %", self.text())
        self.assertSound()

    def test_a_text_that_a_person_changed_is_asked_about(self):
        self.given_a_note()
        self.edit(self.message, body="<p>Ours</p>")
        self.store.update("activity", self.key, body_html="<p>Agreed on 5 %</p>")
        self.pick_up()
        self.assertEqual(self.text(), "Ours")
        self.assertIn("body", self.conflicts(self.key))
        self.assertBalanced()

    def test_a_text_that_only_a_person_changed_stays(self):
        self.given_a_note()
        self.edit(self.message, body="<p>Ours</p>")
        self.store.update("activity", self.key, subject="Another subject")
        self.pick_up()
        self.assertEqual(
            (self.text(), self.message.subject), ("Ours", "Another subject")
        )
        self.assertFalse(self.conflicts(self.key))

    def test_a_note_that_belongs_elsewhere_by_now_stands_there(self):
        self.given_a_note()
        deal = self.an(
            "deal", lambda row: row["id"] != self.store.get("activity", self.key)["id"]
        )
        self.store.update("activity", self.key, associations=associated("deal", deal))
        self.pick_up()
        self.assertEqual(
            (self.message.model, self.message.res_id),
            ("crm.lead", self.got("deal", deal).id),
        )
        self.assertSound()

    def test_a_new_call_comes_into_the_chatter_with_its_own_date(self):
        self.given_a_note()
        deal = self.an("deal", lambda row: row["status"] == "OPEN")
        call = self.store.get("activity", self.an_activity("CALL"))
        key = self.store.create(
            "activity",
            call,
            subject="Called back",
            associations=associated("deal", deal),
            starts_at="2026-11-20T10:00:00Z",
        )
        self.pick_up()
        message = self.got("activity", key)
        self.assertEqual(message.res_id, self.got("deal", deal).id)
        self.assertEqual(str(message.date), "2026-11-20 10:00:00")
        self.assertFalse(message.notified_partner_ids)
        self.assertSound()

    def test_a_note_deleted_there_is_flagged_or_goes_by_the_rule(self):
        self.given_a_note()
        self.store.delete("activity", self.key, hard=True)
        self.pick_up(is_incremental=False)
        self.assertTrue(self.message.exists())
        staged = self.staged_record(self.project, "activity", self.key)
        self.assertEqual(staged.gone_fate, "flagged")
        other = self.an_activity("SMS")
        message = self.got("activity", other)
        self.project.deletion_policy = "delete"
        self.store.delete("activity", other, hard=True)
        self.pick_up(is_incremental=False)
        self.assertFalse(message.exists())
        self.assertBucket(self.project, "activity", other, "excluded", "deleted")
        self.assertBalanced()

    def test_a_note_that_a_person_edited_is_not_deleted(self):
        self.given_a_note()
        self.project.deletion_policy = "delete"
        self.edit(self.message, body="<p>Ours</p>")
        self.store.delete("activity", self.key, hard=True)
        self.pick_up(is_incremental=False)
        self.assertEqual(self.text(), "Ours")

    # -- what is still to be done -----------------------------------------------

    def given_a_task(self):
        self.key = self.an_activity("TASK", "PLANNED")
        self.activity = self.got("activity", self.key)

    def told(self):
        return self.env["mail.message"].search_count(
            [
                ("model", "=", self.activity.res_model),
                ("res_id", "=", self.activity.res_id),
                ("body", "ilike", self.activity.summary),
            ]
        )

    def done(self):
        self.store.update(
            "activity",
            self.key,
            status="COMPLETED",
            completed_at="2026-11-20T10:00:00Z",
            outcome="signed",
        )

    def test_another_day_there_is_another_deadline_here(self):
        self.given_a_task()
        self.store.update("activity", self.key, due_at="2027-03-04T10:00:00Z")
        self.pick_up()
        self.assertEqual(str(self.activity.date_deadline), "2027-03-04")
        self.assertSound()

    def test_a_deadline_that_a_person_moved_is_asked_about(self):
        self.given_a_task()
        self.edit(self.activity, date_deadline="2027-01-01")
        self.store.update("activity", self.key, due_at="2027-03-04T10:00:00Z")
        self.pick_up()
        self.assertEqual(str(self.activity.date_deadline), "2027-01-01")
        self.assertIn("date_deadline", self.conflicts(self.key))

    def test_done_there_is_done_here_and_told_once(self):
        self.given_a_task()
        self.done()
        self.pick_up()
        self.assertFalse(self.activity.active)
        self.assertEqual(str(self.activity.date_done), "2026-11-20")
        self.assertEqual(self.activity.feedback, "signed")
        self.assertEqual(self.told(), 1)
        self.store.update("activity", self.key, outcome="signed twice")
        self.pick_up()
        self.assertEqual(self.told(), 1)
        self.assertSound()

    def test_done_on_both_sides_keeps_what_the_person_said(self):
        self.given_a_task()
        self.activity.with_user(self.ana).sudo().action_feedback(feedback="By us")
        self.done()
        self.pick_up()
        self.assertFalse(self.activity.active)
        self.assertEqual(self.activity.feedback, "By us")
        self.assertEqual(self.told(), 1)

    def test_taken_up_again_there_is_open_here(self):
        self.given_a_task()
        self.done()
        self.pick_up()
        self.a_day_passes()
        self.store.update(
            "activity", self.key, status="PLANNED", completed_at=None, outcome=""
        )
        self.pick_up()
        self.assertTrue(self.activity.active)
        self.assertFalse(self.activity.date_done)
        self.assertSound()

    def test_a_meeting_that_was_planned_and_is_held_by_now(self):
        self.given_a_task()
        key = self.an_activity("MEETING", "PLANNED")
        before = self.got("activity", key)
        self.store.update(
            "activity", key, status="COMPLETED", completed_at="2026-11-20T10:00:00Z"
        )
        self.pick_up()
        self.assertEqual(self.got("activity", key), before)
        self.assertBalanced()

    def test_a_task_deleted_there_does_not_pass_for_done(self):
        self.given_a_task()
        self.store.delete("activity", self.key, hard=True)
        self.pick_up(is_incremental=False)
        self.assertTrue(self.activity.active)
        self.assertTrue(self.findings(self.project, "gone_at_source"))
        self.assertBalanced()

    def test_a_task_deleted_there_goes_where_that_is_the_rule(self):
        self.given_a_task()
        self.project.deletion_policy = "delete"
        self.store.delete("activity", self.key, hard=True)
        self.pick_up(is_incremental=False)
        self.assertFalse(self.activity.exists())
        self.assertBalanced()

    # -- files of the source ----------------------------------------------------

    def given_a_file(self):
        self.key = self.an("attachment", lambda row: row["object"] != "activity")
        self.file = self.got("attachment", self.key)

    def other_bytes(self, key, number=77):
        """Let the storage hold another content, and the list say so."""
        blob = Blob("other", f"{key} {number}", self.store.blobs[key].mime)
        self.store.blobs[key] = blob
        content = blob.content()
        self.store.update(
            "attachment",
            key,
            byte_size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
        )
        return content

    def test_another_name_there_is_another_name_here(self):
        self.given_a_file()
        self.store.update("attachment", self.key, file_name="final.bin")
        self.pick_up()
        self.assertEqual(self.file.name, "final.bin")
        self.assertSound()

    def test_other_bytes_there_are_other_bytes_here(self):
        self.given_a_file()
        content = self.other_bytes(self.key)
        self.pick_up()
        self.assertEqual(self.file.raw, content)
        self.assertEqual(self.file.checksum, hashlib.sha1(content).hexdigest())
        self.assertSound()

    def test_bytes_that_a_person_put_there_are_asked_about(self):
        self.given_a_file()
        self.edit(self.file, raw=b"ours")
        content = self.other_bytes(self.key)
        self.pick_up()
        self.assertEqual(self.file.raw, b"ours")
        [row] = self.conflicts(self.key).values()
        row.with_user(self.manager).own_text = "0123"
        with self.assertRaises(UserError):
            row.with_user(self.manager).action_use_own()
        row.with_user(self.manager).action_take_source()
        self.env.invalidate_all()
        self.assertEqual(self.file.raw, content)
        self.assertBalanced()

    def test_bytes_that_only_a_person_changed_stay(self):
        self.given_a_file()
        self.edit(self.file, raw=b"ours")
        self.store.update("attachment", self.key, file_name="final.bin")
        self.pick_up()
        self.assertEqual((self.file.name, self.file.raw), ("final.bin", b"ours"))
        self.assertFalse(self.conflicts(self.key))

    def test_a_new_file_arrives(self):
        self.given_a_file()
        deal = self.an("deal", lambda row: row["status"] == "OPEN")
        key = self.store.create(
            "attachment",
            self.store.get("attachment", self.key),
            object="deal",
            object_id=deal,
            file_name="new.bin",
        )
        self.pick_up()
        file = self.got("attachment", key)
        self.assertEqual(file.raw, self.file.raw)
        self.assertEqual(file.res_id, self.got("deal", deal).id)
        self.assertSound()

    def test_a_file_of_another_record_hangs_there(self):
        self.given_a_file()
        deal = self.an("deal", lambda row: row["status"] == "OPEN")
        self.store.update("attachment", self.key, object="deal", object_id=deal)
        self.pick_up()
        self.assertEqual(
            (self.file.res_model, self.file.res_id),
            ("crm.lead", self.got("deal", deal).id),
        )
        self.assertSound()

    def test_a_file_deleted_there_is_flagged_or_goes_by_the_rule(self):
        self.given_a_file()
        self.store.delete("attachment", self.key, hard=True)
        self.pick_up(is_incremental=False)
        self.assertTrue(self.file.exists())
        self.project.deletion_policy = "delete"
        other = self.an(
            "attachment",
            lambda row: row["object"] != "activity" and row["id"] != self.key,
        )
        file = self.got("attachment", other)
        self.store.delete("attachment", other, hard=True)
        self.pick_up(is_incremental=False)
        self.assertFalse(file.exists())
        self.assertBalanced()

    def whole_files(self):
        lines = self.project.reconciliation_line_ids
        return lines.filtered(lambda line: line.kind == "attachment").found_count

    def spoil(self, size):
        """Let the stored size be wrong, as where bytes were lost on disk."""
        self.env.cr.execute(
            "UPDATE ir_attachment SET file_size = %s WHERE id = %s",
            [size, self.file.id],
        )
        self.env.invalidate_all()

    def test_a_pickup_reads_back_the_files_it_wrote_and_those_that_were_broken(self):
        self.given_a_file()
        number, size = self.whole_files(), self.file.file_size
        self.spoil(1)
        note = self.an_activity("NOTE")
        self.store.update("activity", note, subject="One")
        self.pick_up()
        self.assertEqual(self.whole_files(), number)
        self.project.action_verify(background=False)
        self.assertEqual(self.whole_files(), number - 1)
        self.store.update("activity", note, subject="Two")
        self.pick_up()
        self.assertEqual(self.whole_files(), number - 1)
        self.spoil(size)
        self.store.update("activity", note, subject="Three")
        self.pick_up()
        self.assertEqual(self.whole_files(), number)
