"""What source and people both changed waits on a decision list."""

from odoo.exceptions import AccessError, UserError

from odoo.addons.crm_migration.engine.load.conflicts import text_of
from odoo.addons.crm_migration.engine.load.own_value import parse_own

from .common import MigrationCommon, table

STAGES = table(
    {"Stage": "New", "Order": "1", "Probability": "10%"},
    {"Stage": "Proposal", "Order": "2", "Probability": "40%"},
    {"Stage": "Closing", "Order": "3", "Probability": "80%"},
    {"Stage": "Closed Won", "Order": "4", "Is Won": "Yes"},
)


def contact(external_id, **fields):
    """Return a row of the contacts table."""
    row = {
        "Client ID": external_id,
        "Full Name": f"Cleo {external_id}",
        "City": "Rome",
        "Job Title": "Chair",
        "Tags": "VIP; Gold",
    }
    return row | {name.replace("_", " "): value for name, value in fields.items()}


def deal(external_id, stage, **fields):
    """Return a row of the deals table."""
    row = {"Deal ID": external_id, "Deal Name": f"Deal {external_id}", "Stage": stage}
    row |= {"Value": "10", "Status": "Open", "Created At": "2024-01-01"}
    return row | {name.replace("_", " "): value for name, value in fields.items()}


class ConflictCase(MigrationCommon):
    """A loaded project, and newer files for it."""

    @classmethod
    def edit(cls, record, **vals):
        """Let a colleague change a record, some time after the migration."""
        record.with_user(cls.ana).with_context(tracking_disable=True).write(vals)
        record.flush_recordset()

    @classmethod
    def newer(cls, project, files):
        """Load a newer export."""
        cls.a_day_passes()
        cls.stage(project, files, name="newer.zip")
        return cls.load(cls.apply_schema(cls.confirm_all(project)))

    def conflict(self, external_id, name=None, state="open"):
        """Return the conflicts of a record."""
        return self.project.conflict_ids.filtered(
            lambda row: row.external_id == external_id
            and row.state == state
            and name in (None, row.field_name)
        )

    def contact(self, external_id):
        return self.target(self.project, "contacts", external_id)


class TestConflicts(ConflictCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ids = [f"C-{number}" for number in range(1, 9)]
        cls.project = cls.migrated(
            {"contacts.csv": table(*(contact(one) for one in ids))}
        )
        cls.a_day_passes()
        for one in ids:
            record = cls.target(cls.project, "contacts", one)
            if one == "C-2":
                cls.edit(record, function="Chief")
            elif one == "C-3":
                cls.edit(record, city="Oslo")
            elif one == "C-4":
                own = cls.env["res.partner.category"].create({"name": "Ours"})
                gold = record.category_id.filtered(lambda tag: tag.name == "Gold")
                cls.edit(record, category_id=[(4, own.id), (3, gold.id)])
            elif one != "C-1":
                cls.edit(record, city="Bergen")
        newest = [contact(one, City="Oslo") for one in ids]
        newest[3]["Tags"] = "VIP; Gold; Silver"
        cls.newest = newest
        cls.newer(cls.project, {"contacts.csv": table(*newest)})

    def again(self, **fields):
        """Load the newest file once more, with other values for one contact."""
        rows = [dict(row) for row in self.newest]
        rows[4] |= {name.replace("_", " "): value for name, value in fields.items()}
        self.newer(self.project, {"contacts.csv": table(*rows)})

    def test_what_only_the_source_changed_is_updated(self):
        self.assertEqual(self.contact("C-1").city, "Oslo")
        self.assertFalse(self.conflict("C-1"))

    def test_what_only_a_person_changed_is_kept(self):
        found = self.contact("C-2")
        self.assertEqual((found.city, found.function), ("Oslo", "Chief"))
        self.assertFalse(self.conflict("C-2"))

    def test_the_same_change_on_both_sides_is_no_conflict(self):
        self.assertFalse(self.conflict("C-3"))
        self.assertEqual(
            self.link(self.project, "contacts", "C-3").base_values["city"], "Oslo"
        )

    def test_tags_are_merged_one_by_one(self):
        names = set(self.contact("C-4").category_id.mapped("name"))
        self.assertEqual(names, {"VIP", "Silver", "Ours"})
        self.assertFalse(self.conflict("C-4", "category_id"))

    def test_what_both_changed_waits_and_nothing_is_overwritten(self):
        self.assertEqual(self.contact("C-5").city, "Bergen")
        row = self.conflict("C-5")
        self.assertEqual(
            (row.base_text, row.source_text, row.odoo_text), ("Rome", "Oslo", "Bergen")
        )
        self.assertIn(
            "City",
            self.assertBucket(
                self.project, "contacts", "C-5", "unchanged", "conflict"
            ).reason,
        )
        self.assertEqual(self.project.conflict_count, 4)

    def test_the_books_balance_while_conflicts_wait(self):
        self.assertTrue(self.project.is_balanced)

    def test_take_source_writes_the_source(self):
        told = self.conflict("C-5").with_user(self.manager).action_take_source()
        self.assertIn("carried out: 1", told["params"]["message"])
        self.assertEqual(self.contact("C-5").city, "Oslo")
        self.assertEqual(self.conflict("C-5", state="applied").take, "source")
        self.assertEqual(self.contact("C-6").city, "Bergen")
        self.assertFalse(self.conflict("C-5"))

    def test_a_decision_is_signed_and_in_the_log(self):
        self.conflict("C-5").with_user(self.manager).action_take_source()
        row = self.conflict("C-5", state="applied")
        self.assertEqual(row.decided_by, self.manager)
        self.assertTrue(row.decided_on)
        log = self.env["migration.log"].search([("operation", "=", "decide")], limit=1)
        self.assertEqual((log.external_id, log.user_id), ("C-5", self.manager))

    def test_keep_odoo_stays_until_the_source_changes_again(self):
        self.conflict("C-5").with_user(self.manager).action_keep_odoo()
        self.again(Job_Title="Head")
        self.assertFalse(self.conflict("C-5"))
        found = self.contact("C-5")
        self.assertEqual((found.city, found.function), ("Bergen", "Head"))
        self.again(Job_Title="Head", City="Paris")
        self.assertEqual(self.conflict("C-5").source_text, "Paris")
        self.assertEqual(self.contact("C-5").city, "Bergen")

    def test_an_own_value_is_written_and_stays(self):
        row = self.conflict("C-5").with_user(self.manager)
        row.own_text = "Lima"
        row.action_use_own()
        self.assertEqual(self.contact("C-5").city, "Lima")
        self.again(Job_Title="Head")
        self.assertEqual(self.contact("C-5").city, "Lima")
        self.again(City="Paris")
        self.assertEqual(self.contact("C-5").city, "Lima")
        self.assertEqual(self.conflict("C-5").odoo_text, "Lima")

    def test_a_moment_is_shown_and_typed_in_the_time_zone_of_the_reader(self):
        model = self.env["crm.lead"].with_context(tz="America/New_York")
        values = {"date_closed": "2025-01-02 03:04:05"}
        self.assertEqual(text_of(model, values), "2025-01-01 22:04:05")
        own = parse_own(model, "date_closed", "2025-07-01 22:04")
        self.assertEqual(own, "2025-07-02 02:04:00")
        with self.assertRaisesRegex(UserError, "no value for"):
            parse_own(model, "date_closed", "tomorrow")

    def test_an_own_value_has_to_be_given(self):
        with self.assertRaisesRegex(UserError, "own value"):
            self.conflict("C-5").with_user(self.manager).action_use_own()

    def test_a_rule_decides_all_of_a_field_now_and_later(self):
        self.conflict("C-5").with_user(self.manager).action_always_odoo()
        self.assertEqual(self.project.conflict_count, 0)
        self.again(City="Paris")
        row = self.conflict("C-5", state="applied")[-1:]
        self.assertEqual((row.take, row.is_by_rule), ("odoo", True))
        self.assertEqual(self.contact("C-5").city, "Bergen")
        rule = self.env["migration.conflict.rule"].search([])
        self.assertEqual((rule.field_name, rule.take), ("city", "odoo"))

    def test_a_rule_for_the_source_writes_all_of_a_field(self):
        self.conflict("C-5").with_user(self.manager).action_always_source()
        cities = {self.contact(f"C-{n}").city for n in range(5, 9)}
        self.assertEqual(cities, {"Oslo"})

    def test_a_newer_value_of_the_source_replaces_the_one_on_the_list(self):
        self.again(City="Paris")
        self.assertEqual(len(self.conflict("C-5")), 1)
        self.assertEqual(self.conflict("C-5").source_text, "Paris")

    def test_a_conflict_settles_itself_when_both_sides_agree(self):
        self.edit(self.contact("C-5"), city="Oslo")
        self.again(Job_Title="Head")
        self.assertFalse(self.conflict("C-5"))
        self.assertTrue(self.conflict("C-5", state="settled"))

    def test_a_source_that_takes_its_change_back_settles_it(self):
        self.again(City="Rome")
        self.assertFalse(self.conflict("C-5"))
        self.assertEqual(self.contact("C-5").city, "Bergen")

    def test_a_decision_on_a_value_that_has_changed_since_asks_again(self):
        row = self.conflict("C-5")
        row.sudo()._note_decision("source")
        self.edit(self.contact("C-5"), city="Turin")
        row.sudo()._carry_out(False)
        self.assertEqual(self.conflict("C-5").odoo_text, "Turin")
        self.assertEqual(self.contact("C-5").city, "Turin")

    def test_decided_while_a_run_is_at_work_is_written_by_the_next_load(self):
        run = self.env["migration.run"].create(
            {"project_id": self.project.id, "kind": "verify"}
        )
        self.conflict("C-5").with_user(self.manager).action_take_source()
        self.assertEqual(self.contact("C-5").city, "Bergen")
        run.state = "cancelled"
        self.load(self.project)
        self.assertEqual(self.contact("C-5").city, "Oslo")

    def test_only_a_manager_decides_and_nobody_writes_a_decision(self):
        user = self.make_user(
            "Uma", "uma@practice.example", "crm_migration.group_crm_migration_user"
        )
        with self.assertRaises(AccessError):
            self.conflict("C-5").with_user(user).action_take_source()
        with self.assertRaises(AccessError):
            self.conflict("C-5").with_user(self.manager).write({"state": "applied"})

    def test_a_rollback_keeps_what_people_decided_on(self):
        self.conflict("C-5").with_user(self.manager).action_keep_odoo()
        self.project.action_plan_rollback()
        fates = {line.external_id: line.fate for line in self.project.rollback_line_ids}
        self.assertEqual((fates["C-5"], fates["C-1"]), ("keep_edited", "delete"))


class TestConflictsOfDeals(ConflictCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ids = [f"D-{number}" for number in range(1, 6)]
        owned = [deal("D-6", "New", Owner="Fay Fallback")]
        cls.project = cls.migrated(
            {
                "pipeline_stages.csv": STAGES,
                "deals.csv": table(*(deal(one, "New") for one in ids), *owned),
            }
        )
        cls.a_day_passes()
        stages = cls.env["crm.stage"].search([("name", "=", "Proposal")])
        cls.proposal = stages.sorted("id")[-1]
        for one in ("D-2", "D-3"):
            lead = cls.target(cls.project, "deals", one)
            lead.write({"stage_id": cls.stage_of("Proposal").id})
        lead = cls.target(cls.project, "deals", "D-4")
        lead.write({"expected_revenue": 77})
        lead = cls.target(cls.project, "deals", "D-5")
        lead.action_set_lost()
        cls.target(cls.project, "deals", "D-6").write({"user_id": cls.ana.id})
        cls.newer(
            cls.project,
            {
                "deals.csv": table(
                    deal("D-1", "Closing"),
                    deal("D-2", "Closing", Value="20"),
                    deal("D-3", "Proposal"),
                    deal("D-4", "New", Value="88"),
                    deal("D-5", "Closed Won", Status="Won", Closed_At="2024-03-04"),
                    deal("D-6", "New", Owner="Ravi Menon"),
                )
            },
        )

    @classmethod
    def stage_of(cls, name):
        links = cls.project._schema_links()
        ids = [res_id for (kind, _key), res_id in links.items() if kind == "stage"]
        stages = cls.env["crm.stage"].browse(ids)
        return stages.filtered(lambda stage: stage.name == name)

    def lead(self, external_id):
        return self.target(self.project, "deals", external_id)

    def test_a_stage_that_only_the_source_moved_is_moved(self):
        self.assertEqual(self.lead("D-1").stage_id.name, "Closing")

    def test_a_stage_moved_on_both_sides_waits_as_one_decision(self):
        lead = self.lead("D-2")
        self.assertEqual(lead.stage_id.name, "Proposal")
        self.assertEqual(lead.expected_revenue, 20)
        row = self.conflict("D-2")
        self.assertEqual(row.field_name, "stage_id")
        self.assertIn("Closing", row.source_text)
        self.assertIn("Proposal", row.odoo_text)

    def test_the_source_wins_with_stage_and_probability(self):
        self.conflict("D-2").with_user(self.manager).action_take_source()
        lead = self.lead("D-2")
        self.assertEqual((lead.stage_id.name, lead.probability), ("Closing", 80))

    def test_a_stage_moved_alike_is_no_conflict(self):
        self.assertFalse(self.conflict("D-3"))
        self.assertEqual(self.lead("D-3").stage_id.name, "Proposal")

    def test_an_amount_with_its_own_decision(self):
        row = self.conflict("D-4")
        self.assertEqual(row.field_name, "expected_revenue")
        row.with_user(self.manager).own_text = "80.5"
        row.with_user(self.manager).action_use_own()
        self.assertEqual(self.lead("D-4").expected_revenue, 80.5)

    def test_an_amount_that_is_no_number_is_refused(self):
        row = self.conflict("D-4").with_user(self.manager)
        row.own_text = "a lot"
        with self.assertRaisesRegex(UserError, "a lot"):
            row.action_use_own()

    def own_salesperson(self, text):
        """Ask for the salesperson of D-6 and answer with an own value."""
        row = self.conflict("D-6", "user_id").with_user(self.manager)
        self.assertTrue(row)
        row.own_text = text
        row.action_use_own()

    def test_an_own_salesperson_is_written(self):
        self.own_salesperson("Fay Fallback")
        self.assertEqual(self.lead("D-6").user_id, self.fallback)

    def test_a_salesperson_of_another_company_is_refused(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.make_user(
            "Eli Else",
            "eli@else.example",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        with self.assertRaisesRegex(UserError, "access to"):
            self.own_salesperson("Eli Else")
        self.assertEqual(self.lead("D-6").user_id, self.ana)

    def test_a_salesperson_from_the_portal_is_refused(self):
        self.make_user("Pia Portal", "pia@portal.example", "base.group_portal")
        with self.assertRaisesRegex(UserError, "internal user"):
            self.own_salesperson("Pia Portal")

    def test_a_salesperson_whom_nobody_knows_is_refused(self):
        with self.assertRaisesRegex(UserError, "whole name"):
            self.own_salesperson("Nobody")

    def test_two_users_of_one_name_are_not_guessed(self):
        for login in ("tim1@practice.example", "tim2@practice.example"):
            self.make_user("Tim Twin", login)
        with self.assertRaisesRegex(UserError, "2 records"):
            self.own_salesperson("Tim Twin")

    def test_lost_here_and_won_there_is_asked(self):
        lead = self.lead("D-5")
        self.assertEqual(lead.won_status, "lost")
        self.conflict("D-5").with_user(self.manager).action_take_source()
        lead = self.lead("D-5")
        self.assertEqual((lead.won_status, lead.probability), ("won", 100))
        self.assertFalse(lead.lost_reason_id)
