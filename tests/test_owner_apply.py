from odoo.exceptions import AccessError, UserError

from odoo.addons.crm_migration.engine.owners.report import OwnerReport

from .common import MigrationCommon, table
from .test_load_sources import lists
from .test_owner_board import deal


class TestOwnerApply(MigrationCommon):
    """The wanted owner is remembered, and gets the records when the user appears."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files = {
            "pipeline_stages.csv": table(
                {"Pipeline": "Coaching", "Stage": "Proposal", "Order": "1"},
                {"Pipeline": "Coaching", "Stage": "Won", "Order": "2", "Is Won": "yes"},
            ),
            "contacts.csv": table(
                {"Client ID": "C-1", "Full Name": "Cleo", "Coach": "nia@x.example"},
                {"Client ID": "C-2", "Full Name": "Kim", "Coach": "nia@x.example"},
                {"Client ID": "C-3", "Full Name": "Lee", "Coach": "Ravi Menon"},
                {"Client ID": "C-4", "Full Name": "Max", "Coach": ""},
                {"Client ID": "C-5", "Full Name": "Ned", "Coach": "other@x.example"},
            ),
            "deals.csv": table(
                deal(1, "nia@x.example", **{"Created At": "2024-01-02 10:00:00"}),
                deal(2, "nia@x.example", Stage="Won", **{"Closed At": "2024-03-01"}),
                deal(3, "ana@practice.example"),
            ),
            "tasks.csv": table(
                {
                    "Task ID": "T-1",
                    "Title": "Call back",
                    "Type": "Call",
                    "Client ID": "C-1",
                    "Assigned To": "nia@x.example",
                    "Due Date": "2031-04-05",
                    "Status": "Pending",
                    "Created At": "2024-01-02 10:00",
                },
            ),
        }
        cls.project = cls.migrated(cls.files)
        cls.a_day_passes()

    def got(self, name, external_id):
        return self.target(self.project, name, external_id)

    def owner(self, name):
        return self.project.owner_ids.filtered(
            lambda row: name in (row.name, row.email)
        )

    def apply(self):
        self.project.action_apply_owners(background=False)
        self.env.invalidate_all()
        return self.project.run_ids.filtered(lambda run: run.kind == "owners")[:1]

    def nia(self):
        return self.make_user("Nia New", "nia@x.example")

    def test_the_user_who_appears_gets_exactly_their_records(self):
        nia = self.nia()
        run = self.apply()
        for name, external_id in (
            *(("contacts", "C-1"), ("contacts", "C-2")),
            *(("deals", "D-1"), ("deals", "D-2"), ("tasks", "T-1")),
        ):
            self.assertEqual(self.got(name, external_id).user_id, nia, external_id)
        for external_id in ("C-4", "C-5"):
            self.assertEqual(self.got("contacts", external_id).user_id, self.fallback)
        self.assertEqual(self.got("deals", "D-3").user_id, self.ana)
        self.assertEqual(run.stats["given"], 5)
        self.assertEqual(self.project.state, "verified")
        self.assertTrue(self.project.is_balanced)

    def test_nobody_is_told_and_nothing_else_changes(self):
        before = {
            external_id: self.got("deals", external_id).read(
                ["date_open", "date_closed", "stage_id", "team_id", "probability"]
            )
            for external_id in ("D-1", "D-2")
        }
        lead = self.got("deals", "D-1")
        followers, messages = lead.message_follower_ids, lead.message_ids
        mails = self.env["mail.mail"].search_count([])
        self.nia()
        mails_of_user = self.env["mail.mail"].search_count([]) - mails
        run = self.apply()
        self.assertEqual(self.env["mail.mail"].search_count([]) - mails, mails_of_user)
        self.assertEqual(lead.message_follower_ids, followers)
        self.assertEqual(lead.message_ids, messages)
        made = {key: n for key, n in run.stats.items() if key.startswith("made:")}
        self.assertEqual((bool(made), set(made.values())), (True, {0}))
        for external_id, values in before.items():
            now = self.got("deals", external_id).read(list(values[0]))
            self.assertEqual(now, values)

    def test_a_record_that_somebody_gave_to_another_is_kept_and_listed(self):
        self.got("contacts", "C-1").with_user(self.fallback).user_id = self.ravi
        nia = self.nia()
        run = self.apply()
        self.assertEqual(self.got("contacts", "C-1").user_id, self.ravi)
        self.assertEqual(self.got("contacts", "C-2").user_id, nia)
        self.assertEqual(run.stats["kept"], 1)
        log = self.env["migration.log"].search(
            [("run_id", "=", run.id), ("operation", "=", "keep")]
        )
        self.assertEqual(log.external_id, "C-1")
        self.assertEqual(log.res_id, self.got("contacts", "C-1").id)
        self.assertIn("Ravi Menon", log.message)

    def test_an_edit_of_another_field_does_not_stand_in_the_way(self):
        contact = self.got("contacts", "C-1")
        contact.with_user(self.fallback).function = "Chair"
        nia = self.nia()
        self.apply()
        self.assertEqual((contact.user_id, contact.function), (nia, "Chair"))
        fates = self.project.action_plan_rollback()
        self.assertEqual(fates.get("keep_edited"), 1)

    def test_each_change_is_in_the_log(self):
        self.nia()
        run = self.apply()
        logs = self.env["migration.log"].search(
            [("run_id", "=", run.id), ("operation", "=", "update")]
        )
        self.assertEqual(
            set(logs.mapped("external_id")), {"C-1", "C-2", "D-1", "D-2", "T-1"}
        )
        self.assertIn("Nia New", logs[0].message)

    def test_a_wrong_match_is_put_right(self):
        self.assertEqual(self.got("contacts", "C-3").user_id, self.ravi)
        self.owner("Ravi Menon").user_id = self.ana
        self.apply()
        self.assertEqual(self.got("contacts", "C-3").user_id, self.ana)

    def test_the_fallback_by_decision_takes_a_record_back(self):
        self.owner("Ravi Menon").action_use_fallback()
        self.apply()
        self.assertEqual(self.got("contacts", "C-3").user_id, self.fallback)

    def test_a_new_fallback_user_changes_no_loaded_record(self):
        self.project.fallback_user_id = self.ravi
        self.assertEqual(self.apply().stats["given"], 0)
        self.assertEqual(self.got("contacts", "C-5").user_id, self.fallback)

    def test_applying_again_changes_nothing(self):
        self.nia()
        self.apply()
        self.assertEqual(self.apply().stats["given"], 0)

    def test_a_later_full_run_gives_the_records_too(self):
        nia = self.nia()
        self.load(self.project)
        self.assertEqual(self.got("contacts", "C-1").user_id, nia)
        self.assertEqual(self.got("deals", "D-1").user_id, nia)

    def test_a_changed_source_record_does_not_lose_its_owner_again(self):
        nia = self.nia()
        self.apply()
        text = self.files["contacts.csv"].replace("Cleo", "Cleopatra")
        self.stage(self.project, {"contacts.csv": text}, name="newer.zip")
        self.load(self.apply_schema(self.confirm_all(self.project)))
        contact = self.got("contacts", "C-1")
        self.assertEqual((contact.name, contact.user_id), ("Cleopatra", nia))

    def test_what_was_given_is_rolled_back_like_the_rest(self):
        self.nia()
        self.apply()
        contacts = [self.got("contacts", f"C-{n}") for n in range(1, 6)]
        self.project.action_rollback(background=False)
        self.env.invalidate_all()
        self.assertFalse([contact for contact in contacts if contact.exists()])
        self.assertEqual(self.project.state, "rolled_back")
        self.assertEqual(
            set(self.project.rollback_line_ids.mapped("fate")) - {"delete", "release"},
            set(),
        )

    def test_the_report_lists_what_is_left_to_clean_up(self):
        report = self.env["migration.project"].browse(self.project.id)
        rows = _rows(report, "Records to Clean Up")
        self.assertIn(("Contacts", "C-1", "Cleo", "nia@x.example"), rows)
        self.nia()
        self.apply()
        rows = _rows(report, "Records to Clean Up")
        self.assertEqual([row[1] for row in rows[1:]], ["C-5"])

    def test_only_a_manager_applies_owners_and_only_to_what_is_loaded(self):
        user = self.make_user(
            "Una User", "una@practice.example", "crm_migration.group_crm_migration_user"
        )
        with self.assertRaises(AccessError):
            self.project.with_user(user).action_apply_owners(background=False)
        project = self.staged(self.files)
        with self.assertRaisesRegex(UserError, "Nothing is loaded"):
            project.action_apply_owners(background=False)


def _rows(project, title):
    return [tuple(row[:4]) for row in OwnerReport(project).tables()[title]]


class TestSeveralOwners(MigrationCommon):
    """A record may name a user in more than one field."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rows = [
            {
                "id": f"co_{number}",
                "object": "contract",
                "name": f"Contract {number}",
                "owner": user,
                "references": [{"key": "reviewer", "object": "user", "id": user}],
            }
            for number, user in enumerate(("U1", "U2"))
        ]
        files = lists(
            users=[
                {"id": "U1", "name": "Ravi", "email": "ravi@practice.example"},
                {"id": "U2", "name": "Ana", "email": "ana@practice.example"},
            ],
            custom_object_records=rows,
        )
        cls.project = cls.confirm_all(cls.staged(files, preset="fasttrack"))
        cls.name = "custom_object_record:contract"
        cls.apply_schema(cls.project)
        # a field that somebody has added to the custom model
        cls.env["ir.model.fields"].create(
            {
                "name": "x_reviewer_id",
                "model_id": cls.env["ir.model"]._get_id("x_contract"),
                "ttype": "many2one",
                "relation": "res.users",
            }
        )
        line = cls.line(cls.project, cls.name, "references.reviewer")
        place = {"target_field": "x_reviewer_id", "transform": "owner"}
        line.write(place | {"fate": "transformed", "is_confirmed": True})
        cls.load(cls.apply_schema(cls.project))
        cls.a_day_passes()

    def users_of(self, external_id):
        record = self.target(self.project, self.name, external_id)
        return record.x_user_id, record.x_reviewer_id

    def test_each_field_gets_its_user(self):
        self.assertEqual(self.users_of("co_0"), (self.ravi, self.ravi))
        nia = self.make_user("Nia New", "nia@x.example")
        board = self.project.owner_ids
        board.filtered(lambda row: row.user_id == self.ravi).user_id = nia
        self.project.action_apply_owners(background=False)
        self.env.invalidate_all()
        self.assertEqual(self.users_of("co_0"), (nia, nia))
        self.assertEqual(self.users_of("co_1"), (self.ana, self.ana))
        run = self.project.run_ids.filtered(lambda run: run.kind == "owners")[:1]
        self.assertEqual(run.stats["given"], 2)
        self.assertTrue(self.project.is_balanced)
