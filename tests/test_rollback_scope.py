"""A part of a project is rolled back; what stays keeps what it refers to."""

import base64
import csv
import io

from lxml import html

from odoo.exceptions import AccessError, UserError
from odoo.tools import format_datetime

from .common import MigrationCommon, table
from .test_rollback import RollbackCommon


class ScopeCase(RollbackCommon):
    def undo_part(self, is_wide=False, **scope):
        """Roll back a part and return ``{(object, source id): (fate, reason)}``."""
        spec = scope | ({"is_wide": True} if is_wide else {})
        self.project.action_plan_rollback(spec)
        self.project.action_rollback(background=False, scope=spec)
        self.env.invalidate_all()
        return self.fates()

    def fates(self):
        return {
            (line.source_object, line.external_id): (line.fate, line.reason or "")
            for line in self.project.rollback_line_ids
        }

    def objects(self, *names):
        ids = [self.project._object(name).id for name in names]
        return {"kind": "objects", "object_ids": ids}

    def records(self, *pairs):
        staged = [self.staged_record(self.project, *pair).id for pair in pairs]
        return {"kind": "records", "staged_ids": staged}

    def picture(self):
        """Return what stands in every record of ours, as a person reads it."""
        found = {}
        links = self.env["migration.crosswalk"].search(
            [("project_id", "=", self.project.id), ("staged_record_id", "!=", False)]
        )
        for link in links:
            model = self.env[link.res_model]
            record = model.browse(link.res_id).with_context(active_test=False)
            row = {}
            for name in link.base_values or {}:
                value = record[name]
                if model._fields[name].type in ("many2one", "many2many"):
                    value = sorted(value.mapped("display_name"))
                elif name == "res_id":
                    home = record[model._fields[name].model_field]
                    value = home and self.env[home].browse(value).display_name
                elif name in ("message_id", "reply_to"):
                    continue
                row[name] = str(value)
            found[link.source_object, link.external_id] = row
        self.assertTrue(found)
        return found


class TestRollbackOfAPart(ScopeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.schema = cls.made("team", "undo"), cls.made("tag", "unused")

    def assertComesBack(self, picture):
        """A run afterwards begins clean: it ends where the first one did."""
        self.load(self.project)
        self.assertEqual(self.counts(), self.loaded)
        self.assertEqual(self.picture(), picture)
        self.assertTrue(self.project.is_balanced)

    def test_one_object_goes_and_the_others_stay(self):
        picture = self.picture()
        fates = self.undo_part(**self.objects("deals"))
        self.assertEqual(set(fates), {("deals", "D-planned"), ("deals", "D-free")})
        self.assertFalse(self.target(self.project, "deals", "D-free"))
        self.assertTrue(self.contact("free"))
        self.assertBucket(self.project, "deals", "D-free", "pending")
        self.assertBucket(self.project, "contacts", "C-free", "created")
        self.assertTrue(all(record.exists() for record in self.schema))
        self.assertEqual(self.project.state, "verified")
        self.assertFalse(self.project.is_balanced)
        self.assertIn("pending", self.project.next_step.lower())
        self.assertComesBack(picture)

    def test_what_others_refer_to_stays_with_what_hangs_on_it(self):
        fates = self.undo_part(**self.objects("contacts"))
        for name in ("free", "customer"):
            fate, reason = fates["contacts", f"C-{name}"]
            self.assertEqual(fate, "keep_referenced")
            self.assertIn("refers to it", reason)
        fate, reason = fates["notes", "N-1"]
        self.assertEqual(fate, "keep_referenced")
        self.assertIn("Client free", reason)
        self.assertTrue(self.target(self.project, "notes", "N-1"))
        self.assertEqual(fates["contacts", "C-edited"][0], "delete")
        # the file on it was migrated too
        self.assertEqual(fates["files", "F-2"][0], "delete")
        self.assertFalse(self.contact("edited"))
        self.assertTrue(self.contact("free"))
        self.assertBucket(self.project, "files", "F-2", "pending")
        self.assertBucket(self.project, "contacts", "C-free", "created")

    def test_with_what_refers_to_them_all_of_it_goes(self):
        picture = self.picture()
        fates = self.undo_part(True, **self.objects("contacts"))
        self.assertEqual({fate for fate, _why in fates.values()}, {"delete"})
        for name in ("deals", "notes", "files"):
            self.assertIn(name, {name for name, _id in fates})
        self.assertNotIn("organizations", {name for name, _id in fates})
        self.assertFalse(self.target(self.project, "deals", "D-free"))
        self.assertComesBack(picture)

    def test_a_chain_of_references_stays_with_what_a_person_edited(self):
        self.a_day_passes()
        deal = self.target(self.project, "deals", "D-planned")
        deal.with_user(self.ana).sudo().write({"name": "Ours"})
        self.env.flush_all()
        fates = self.undo_part(
            True, **self.records(("contacts", "C-customer"), ("contacts", "C-free"))
        )
        self.assertEqual(fates["deals", "D-planned"][0], "keep_edited")
        self.assertEqual(fates["contacts", "C-customer"][0], "keep_referenced")
        self.assertEqual(deal.partner_id, self.contact("customer"))
        self.assertEqual(fates["deals", "D-free"][0], "delete")
        self.assertFalse(self.contact("free"))

    def test_selected_records_go_with_what_hangs_on_them(self):
        picture = self.picture()
        fates = self.undo_part(
            **self.records(("contacts", "C-free"), ("deals", "D-free"))
        )
        gone = {("contacts", "C-free"), ("deals", "D-free"), ("notes", "N-1")}
        self.assertEqual(set(fates), gone | {("files", "F-1")})
        self.assertEqual({fate for fate, _why in fates.values()}, {"delete"})
        self.assertTrue(self.contact("customer"))
        host = self.project.rollback_line_ids.filtered(
            lambda line: line.source_object == "notes"
        ).host_id
        self.assertEqual(host.record_name, "Client free")
        self.assertComesBack(picture)

    def test_rows_of_the_crosswalk_can_be_selected_too(self):
        link = self.link(self.project, "contacts", "C-edited")
        action = link.with_user(self.manager).action_open_rollback()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual((wizard.scope, wizard.selected_count), ("records", 1))
        wizard.with_user(self.manager).action_rollback()
        self.env["migration.run"]._cron_work()
        self.env.invalidate_all()
        self.assertFalse(self.contact("edited"))
        self.assertTrue(self.contact("free"))

    def test_a_plan_changes_nothing(self):
        self.project.action_plan_rollback(self.objects("contacts"))
        self.assertEqual(self.counts(), self.loaded)

    def test_a_new_note_of_a_person_keeps_the_contact(self):
        self.a_day_passes()
        self.contact("silently").with_user(self.ana).message_post(body="We spoke")
        self.env.flush_all()
        fates = self.undo_part(**self.records(("contacts", "C-silently")))
        self.assertEqual(fates["contacts", "C-silently"][0], "keep_referenced")
        self.assertTrue(self.contact("silently"))

    def test_after_a_part_the_whole_goes_as_ever(self):
        self.undo_part(**self.objects("deals"))
        self.project.action_rollback(background=False, scope={"kind": "whole"})
        self.env.invalidate_all()
        self.assertEqual(self.counts(), self.before)
        self.assertEqual(self.project.state, "rolled_back")

    def test_it_goes_on_where_it_was_stopped(self):
        spec = self.objects("deals")
        self.project.action_plan_rollback(spec)
        self.project.action_rollback(scope=spec)
        run = self.project.running_id
        self.project.sudo().is_cancel_requested = True
        run._drive()
        self.assertEqual(run.state, "cancelled")
        self.assertTrue(self.target(self.project, "deals", "D-free"))
        self.project.action_resume(background=False)
        self.env.invalidate_all()
        self.assertFalse(self.target(self.project, "deals", "D-free"))
        self.assertEqual(self.project.state, "verified")

    def test_one_at_a_time(self):
        spec = self.objects("deals")
        self.project.action_plan_rollback(spec)
        self.project.action_rollback(scope=spec)
        with self.assertRaisesRegex(UserError, "still at work"):
            self.project.action_plan_rollback()
        with self.assertRaisesRegex(UserError, "still at work"):
            self.project.action_rollback()

    def test_a_plan_of_something_else_is_not_carried_out(self):
        wizard = self.wizard(self.project._object("deals"))
        self.project.action_plan_rollback()
        with self.assertRaisesRegex(UserError, "something else"):
            wizard.action_rollback()
        with self.assertRaisesRegex(UserError, "something else"):
            self.project.action_rollback(scope=self.objects("deals"))
        self.assertEqual(self.counts(), self.loaded)

    def test_without_a_scope_the_plan_of_a_part_is_not_carried_out(self):
        self.project.action_plan_rollback(self.objects("deals"))
        with self.assertRaisesRegex(UserError, "something else.*The Whole Project"):
            self.project.action_rollback(background=False)
        self.assertEqual(self.counts(), self.loaded)
        self.project.action_plan_rollback()
        self.project.action_rollback(background=False)
        self.env.invalidate_all()
        self.assertEqual(self.project.state, "rolled_back")

    def test_a_plan_from_before_a_run_is_not_carried_out(self):
        wizard = self.wizard(self.project._object("deals"))
        self.load(self.project)
        with self.assertRaisesRegex(UserError, "preview it again"):
            wizard.action_rollback()
        self.assertFalse(self.project.rollback_line_ids)
        wizard.action_plan()
        wizard.action_rollback()
        self.assertEqual(self.project.running_id.kind, "rollback")

    def test_where_everything_is_kept_nothing_starts_and_following_goes_on(self):
        self.project.action_follow()
        self.a_day_passes()
        contact = self.contact("silently")
        contact.with_user(self.ana).message_post(body="We spoke")
        self.env.flush_all()
        wizard = self.wizard(self.staged_record(self.project, "contacts", "C-silently"))
        self.assertFalse(wizard.does_anything)
        self.assertTrue(wizard.has_lines)
        self.assertIn("Everything is kept", wizard.explanation)
        with self.assertRaisesRegex(UserError, "Nothing would be rolled back"):
            wizard.action_rollback()
        self.assertFalse(self.project.running_id)
        self.assertTrue(self.project.is_following)

    def test_what_is_kept_in_the_end_does_not_end_the_following(self):
        self.project.action_follow()
        wizard = self.wizard(self.staged_record(self.project, "contacts", "C-silently"))
        self.assertTrue(wizard.does_anything)
        wizard.action_rollback()
        # by the time it begins, nothing of the plan goes any more
        lines = self.project.sudo().rollback_line_ids
        lines.write({"fate": "keep_edited"})
        self.env["migration.run"]._cron_work()
        self.env.invalidate_all()
        self.assertTrue(self.contact("silently"))
        self.assertTrue(self.project.is_following)

    def test_records_that_were_never_loaded_are_told_apart(self):
        spec = self.records(("contacts", "C-silently"))
        self.undo_part(**spec)
        wizard = self.wizard(self.staged_record(self.project, "contacts", "C-silently"))
        self.assertFalse(wizard.has_lines or wizard.does_anything)
        self.assertIn("never loaded", wizard.explanation)
        with self.assertRaisesRegex(UserError, "Nothing would be rolled back"):
            wizard.action_rollback()

    def test_rows_of_the_schema_are_said_to_go_with_the_whole_project(self):
        links = self.env["migration.crosswalk"].search(
            [
                ("project_id", "=", self.project.id),
                ("source_object", "=like", "schema:%"),
            ]
        )
        wizard = self.wizard(links[:2])
        self.assertIn("2 of the selected rows", wizard.explanation)
        self.assertIn("whole project only", wizard.explanation)
        self.assertFalse(wizard.has_lines)
        wizard = self.wizard(links[:1] | self.link(self.project, "deals", "D-free"))
        self.assertIn("1 of the selected rows", wizard.explanation)
        self.assertTrue(wizard.does_anything)

    def test_runs_are_offered_with_their_time(self):
        runs = self.env["migration.run"].with_context(with_date=True)
        run = runs.search([("project_id", "=", self.project.id)], limit=1)
        plain = run.with_context(with_date=False).display_name
        moment = format_datetime(self.env, run.date_started, dt_format="short")
        self.assertEqual(run.display_name, f"{plain} ({moment})")

    def test_without_a_choice_there_is_nothing_to_preview(self):
        wizard = self.wizard(self.project)
        self.assertTrue(wizard.is_chosen)
        for scope, words in (
            ("run", "Choose the run"),
            ("objects", "Choose the objects"),
            ("records", "tick them in the list"),
        ):
            with self.subTest(scope=scope):
                wizard.scope = scope
                self.assertFalse(wizard.is_chosen)
                self.assertFalse(wizard.is_planned)
                with self.assertRaisesRegex(UserError, words):
                    wizard.action_plan()
        wizard.scope = "objects"
        wizard.object_ids = self.project._object("deals")
        self.assertTrue(wizard.is_chosen)
        action = wizard.action_open_staged()
        self.assertEqual(action["res_model"], "migration.staged.record")

    def test_a_line_of_the_plan_leads_to_its_record(self):
        self.project.action_plan_rollback()
        lines = self.project.rollback_line_ids.filtered(
            lambda line: line.source_object == "contacts"
        )
        line = lines[0]
        action = line.with_user(self.manager).action_open_target()
        place = action["res_model"], action["res_id"]
        self.assertEqual(place, (line.res_model, line.res_id))
        note = self.project.rollback_line_ids.filtered(
            lambda line: line.res_model == "mail.message"
        )[:1]
        self.assertEqual(note.action_open_target()["res_model"], "res.partner")
        self.project.action_rollback(background=False)
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "no longer in Odoo"):
            line.action_open_target()

    def test_the_button_says_whether_anything_is_deleted(self):
        arch = self.env["migration.rollback.wizard"].get_view(view_type="form")["arch"]
        buttons = html.fromstring(arch).xpath("//button[@name='action_rollback']")
        deleting, other = buttons
        self.assertIn("not delete_count", deleting.get("invisible"))
        self.assertIn("Delete", deleting.get("confirm-label"))
        self.assertNotIn("Delete", other.get("confirm-label"))
        for button in buttons:
            self.assertIn("not is_planned", button.get("invisible"))
        self.assertIn("not does_anything", other.get("invisible"))

    def test_following_ends(self):
        self.project.action_follow()
        wizard = self.wizard(self.project._object("deals"))
        self.assertTrue(wizard.is_following)
        self.project.action_rollback(background=False, scope=wizard.planned_scope)
        self.assertFalse(self.project.is_following)
        told = self.env["migration.log"].search([("message", "ilike", "Follows")])
        self.assertEqual(told.project_id, self.project)

    def wizard(self, records):
        action = records.with_user(self.manager).action_open_rollback()
        return (
            self.env[action["res_model"]]
            .with_user(self.manager)
            .browse(action["res_id"])
        )

    def test_the_wizard_counts_by_object_and_gives_reasons(self):
        wizard = self.wizard(self.project._object("contacts"))
        lines = {line.name: line for line in wizard.object_line_ids}
        self.assertEqual(
            (lines["Contacts"].delete_count, lines["Contacts"].referenced_count), (5, 2)
        )
        self.assertEqual(lines["Notes"].referenced_count, 1)
        self.assertEqual(
            wizard.delete_count, sum(r.delete_count for r in lines.values())
        )
        reasons = {line.reason: line.number for line in wizard.reason_line_ids}
        [reason] = [text for text in reasons if "refers to it" in text]
        self.assertEqual(reasons[reason], 2)
        self.assertIn("…", reason)

    def test_another_choice_has_to_be_previewed_first(self):
        wizard = self.wizard(self.project._object("contacts"))
        self.assertTrue(wizard.is_planned)
        wizard.is_wide = True
        self.assertFalse(wizard.is_planned)
        with self.assertRaisesRegex(UserError, "preview it again"):
            wizard.action_rollback()
        wizard.action_plan()
        self.assertTrue(wizard.is_planned)
        self.assertIn("What Refers to Them", wizard.planned_label)
        self.assertFalse(wizard.referenced_count)
        wizard.write({"scope": "whole"})
        wizard.action_plan()
        self.assertEqual(self.project.rollback_scope, {"kind": "whole"})

    def test_the_plan_can_be_downloaded(self):
        wizard = self.wizard(self.project._object("contacts"))
        action = wizard.action_download()
        self.assertIn(f"/{wizard.id}/plan_table", action["url"])
        text = base64.b64decode(wizard.plan_table).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual(len(rows), len(self.project.rollback_line_ids))
        row = next(row for row in rows if row["Source ID"] == "C-free")
        self.assertEqual(row["Fate"], "Keep: Others Refer to It")
        self.assertEqual(row["Record"], "Client free")
        self.assertTrue(wizard.plan_table_name.endswith(".csv"))

    def test_a_choice_has_to_be_made(self):
        for scope in ({"kind": "run"}, {"kind": "objects", "object_ids": []}, {"a": 1}):
            with self.assertRaisesRegex(UserError, "Choose"):
                self.project.action_plan_rollback(scope)

    def test_records_of_two_projects_are_refused(self):
        other = self.staged(
            {"contacts.csv": table({"Client ID": "X", "Full Name": "X"})}
        )
        mine = self.staged_record(self.project, "contacts", "C-free")
        both = mine | self.staged_record(other, "contacts", "X")
        with self.assertRaisesRegex(UserError, "one project"):
            both.with_user(self.manager).action_open_rollback()
        with self.assertRaisesRegex(UserError, "does not belong"):
            other.action_plan_rollback({"kind": "records", "staged_ids": mine.ids})

    def test_only_a_manager_sees_it(self):
        user = self.make_user(
            "Uma", "uma@practice.example", "crm_migration.group_crm_migration_user"
        )
        for records in (
            self.project._object("deals"),
            self.staged_record(self.project, "deals", "D-free"),
            self.link(self.project, "deals", "D-free"),
        ):
            with self.assertRaises(AccessError):
                records.with_user(user).action_open_rollback()


class TestRollbackOfSharedRecords(ScopeCase, MigrationCommon):
    """Several source records that became one record of Odoo."""

    @classmethod
    def setUpClass(cls):
        # pylint: disable=bad-super-call
        super(RollbackCommon, cls).setUpClass()
        cls.own = cls.env["res.partner"].create(
            {"name": "Own", "email": "own@x.example"}
        )
        cls.project = cls.migrated(
            {
                "organizations.csv": table(
                    {"Organization ID": "O-1", "Organization Name": "Org 1"},
                    {"Organization ID": "O-2", "Organization Name": "Org 2"},
                ),
                "contacts.csv": table(
                    {"Client ID": "C-1", "Full Name": "Cleo", "Email": "c@x.example"},
                    {
                        "Client ID": "C-2",
                        "Full Name": "Cleo",
                        "Email": "c@x.example",
                        "City": "Rome",
                    },
                    {
                        "Client ID": "C-3",
                        "Full Name": "Own",
                        "Email": "own@x.example",
                        "City": "Oslo",
                    },
                ),
            }
        )
        cls.a_day_passes()

    def test_all_source_records_of_a_record_wait_again(self):
        fates = self.undo_part(**self.records(("contacts", "C-1")))
        self.assertEqual(fates["contacts", "C-1"][0], "delete")
        self.assertEqual(fates["contacts", "C-2"][0], "release")
        self.assertBucket(self.project, "contacts", "C-2", "pending")
        self.assertBucket(self.project, "contacts", "C-3", "merged")
        self.load(self.project)
        self.assertEqual(self.contact_of("C-2"), self.contact_of("C-1"))
        self.assertEqual(self.contact_of("C-1").city, "Rome")

    def test_the_duplicate_alone_takes_back_what_it_filled_in(self):
        fates = self.undo_part(**self.records(("contacts", "C-2")))
        self.assertEqual(fates["contacts", "C-2"][0], "release")
        fate, reason = fates["contacts", "C-1"]
        self.assertEqual(fate, "revert")
        self.assertIn("City", reason)
        self.assertFalse(self.contact_of("C-1").city)
        self.assertBucket(self.project, "contacts", "C-1", "created")
        self.load(self.project)
        self.assertEqual(self.contact_of("C-1").city, "Rome")

    def test_what_existed_before_gets_its_values_back(self):
        self.assertEqual(self.own.city, "Oslo")
        fates = self.undo_part(**self.records(("contacts", "C-3")))
        self.assertEqual(fates["contacts", "C-3"][0], "restore")
        self.assertFalse(self.own.city)
        self.assertTrue(self.contact_of("C-1"))
        self.load(self.project)
        self.assertEqual(self.own.city, "Oslo")

    def contact_of(self, external_id):
        return self.target(self.project, "contacts", external_id)
