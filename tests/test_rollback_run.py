"""One run is rolled back: what it made goes, what it updated is as it was."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.crm_migration.engine.keys import REPEAT_MARK
from odoo.addons.crm_migration.engine.undo.change_book import read_rows

from . import test_conversion as fasttrack
from .common import table
from .road_runner_case import RoadRunnerCase
from .test_chatter_order import day, lists
from .test_conflicts import STAGES, ConflictCase, contact, deal
from .test_gone import GoneCase

COMPANIES = table({"Organization ID": "O-1", "Organization Name": "Org 1"})


class RunCase(ConflictCase):
    """A project with two full runs, the second of a newer export."""

    MODELS = ("res.partner", "crm.lead", "mail.message", "ir.attachment")

    @classmethod
    def rows(cls):
        """Return every row of the tables that the runs write to."""
        cls.env.flush_all()
        found = {}
        for model in cls.MODELS:
            records = cls.env[model].with_context(active_test=False).search([])
            found[model] = read_rows(cls.env, model, records.ids)
        return found

    @classmethod
    def last(cls, kind="load"):
        return cls.project.run_ids.filtered(lambda run: run.kind == kind)[:1]

    def undo(self, run):
        """Roll back a run as its button does; return the wizard."""
        action = run.with_user(self.manager).action_open_rollback()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        wizard = wizard.with_user(self.manager)
        self.fates = {
            (line.source_object, line.external_id): (line.fate, line.reason or "")
            for line in self.project.rollback_line_ids
        }
        self.project.action_rollback(background=False, scope=wizard.planned_scope)
        self.env.invalidate_all()
        return wizard

    def assertFate(self, source_object, external_id, fate, *words):
        found, reason = self.fates[source_object, external_id]
        self.assertEqual(found, fate, reason)
        for word in words:
            self.assertIn(word, reason)

    def assertRows(self, before, now, but=()):
        """Compare tables, but for some models."""
        for model in before:
            if model in but:
                continue
            self.assertEqual(before[model].keys(), now[model].keys(), model)
            for res_id, row in before[model].items():
                found = now[model][res_id]
                differing = {n: (row[n], found[n]) for n in row if row[n] != found[n]}
                self.assertFalse(differing, f"{model} {res_id}")


class TestRollbackOfARun(RunCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files = {
            "pipeline_stages.csv": STAGES,
            "organizations.csv": COMPANIES,
            "contacts.csv": table(
                contact("C-1"),
                contact("C-2"),
                contact("C-3"),
                contact("C-4", Organization="Org 1"),
                contact("C-5"),
            ),
            "deals.csv": table(
                deal("D-1", "New", Client_ID="C-1"),
                deal("D-2", "Proposal", Client_ID="C-2"),
                deal("D-3", "Proposal", Client_ID="C-2"),
            ),
        }
        cls.project = cls.migrated(cls.files)
        cls.a_day_passes()
        cls.before = cls.rows()
        cls.newest = cls.files | {
            "organizations.csv": COMPANIES + "O-2,Org 2\n",
            "contacts.csv": table(
                contact("C-1", City="Oslo", Job_Title=""),
                contact("C-2", City="Oslo", Job_Title="Chief"),
                contact("C-3", Tags="VIP; Silver"),
                contact("C-4", Organization="Org 2"),
                contact("C-5"),
                contact("C-6"),
            ),
            "deals.csv": table(
                deal("D-1", "Closing", Client_ID="C-1", Value="99"),
                deal("D-2", "Closed Won", Client_ID="C-2"),
                deal("D-3", "Closing", Client_ID="C-2"),
                deal("D-6", "New", Client_ID="C-6"),
            ),
        }
        cls.stage(cls.project, cls.newest, name="newer.zip")
        cls.load(cls.apply_schema(cls.confirm_all(cls.project)))
        cls.after = cls.rows()

    def lead(self, external_id):
        return self.target(self.project, "deals", external_id)

    def test_nobody_touched_anything_and_every_row_is_as_before(self):
        self.assertNotEqual(self.before, self.after)
        self.undo(self.last())
        self.assertRows(self.before, self.rows())
        self.assertFate("contacts", "C-1", "revert", "City", "Job Position")
        self.assertFate("contacts", "C-6", "delete")
        self.assertFate("deals", "D-1", "revert", "Stage", "Expected Revenue")
        self.assertNotIn(("contacts", "C-5"), self.fates)

    def test_a_preview_changes_nothing(self):
        self.last().with_user(self.manager).action_open_rollback()
        self.assertRows(self.after, self.rows())
        self.assertTrue(self.project.rollback_line_ids)

    def test_a_run_afterwards_brings_the_values_of_the_source_back(self):
        self.undo(self.last())
        self.assertBucket(self.project, "contacts", "C-1", "pending")
        self.assertBucket(self.project, "contacts", "C-5", "created")
        self.load(self.project)
        self.assertEqual(self.contact("C-1").city, "Oslo")
        self.assertFalse(self.contact("C-1").function)
        self.assertEqual(self.contact("C-4").parent_id.name, "Org 2")
        self.assertEqual(self.lead("D-2").probability, 100)
        self.assertEqual(self.contact("C-6"), self.lead("D-6").partner_id)
        tags = self.contact("C-3").category_id.mapped("name")
        self.assertEqual(set(tags), {"VIP", "Silver"})
        self.assertFalse(self.project.conflict_count)
        self.assertTrue(self.project.is_balanced)
        numbers = {model: len(rows) for model, rows in self.rows().items()}
        wanted = {model: len(rows) for model, rows in self.after.items()}
        self.assertEqual(numbers, wanted)

    def test_the_project_stays_loaded_and_its_books_are_balanced_anew(self):
        self.undo(self.last())
        self.assertEqual(self.project.state, "verified")
        self.assertEqual(self.project._object("contacts").loaded_count, 1)
        self.assertFalse(self.project.is_balanced)
        kinds = self.project.run_ids.sorted("id").mapped("kind")
        self.assertEqual(kinds[-2:], ["rollback", "verify"])
        items = self.project.schema_item_ids.filtered(lambda i: i.action != "skip")
        self.assertEqual(set(items.mapped("state")), {"done"})
        self.assertIn("#", self.last("rollback").scope_label)

    def test_what_a_person_changed_since_stays_and_is_named(self):
        self.a_day_passes()
        self.edit(self.contact("C-2"), city="Bergen")
        self.undo(self.last())
        self.assertFate("contacts", "C-2", "revert", "Job Position", "City (edited")
        found = self.contact("C-2")
        self.assertEqual((found.city, found.function), ("Bergen", "Chair"))
        self.assertEqual(found.write_uid, self.ana)
        self.assertTrue(self.link(self.project, "contacts", "C-2").edit_reason)
        self.load(self.project)
        self.assertEqual((found.city, found.function), ("Bergen", "Chief"))

    def test_where_everything_was_edited_since_nothing_goes_back(self):
        self.a_day_passes()
        self.edit(self.contact("C-2"), city="Bergen", function="Boss")
        self.undo(self.last())
        self.assertFate("contacts", "C-2", "keep_edited", "City", "Job Position")
        self.assertEqual(self.contact("C-2").function, "Boss")

    def test_an_edit_after_the_preview_stays_as_well(self):
        action = self.last().with_user(self.manager).action_open_rollback()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.a_day_passes()
        self.edit(self.contact("C-1"), city="Bergen")
        self.project.action_rollback(background=False, scope=wizard.planned_scope)
        self.env.invalidate_all()
        self.assertEqual(self.contact("C-1").city, "Bergen")
        self.assertEqual(self.contact("C-1").function, "Chair")

    def test_a_stage_moved_since_keeps_its_probability(self):
        self.a_day_passes()
        lead, closing = self.lead("D-1"), self.lead("D-1").stage_id
        proposal = self.lead("D-3").stage_id.search([("name", "=", "Proposal")])[-1:]
        lead.with_user(self.ana).sudo().write({"stage_id": proposal.id})
        self.env.flush_all()
        odds = lead.probability
        self.undo(self.last())
        self.assertNotEqual(lead.stage_id, closing)
        self.assertEqual((lead.stage_id, lead.probability), (proposal, odds))
        self.assertEqual(lead.expected_revenue, 10)

    def test_a_tag_that_a_person_added_stays(self):
        self.a_day_passes()
        own = self.env["res.partner.category"].create({"name": "Ours"})
        self.edit(self.contact("C-3"), category_id=[(4, own.id)])
        self.undo(self.last())
        tags = self.contact("C-3").category_id.mapped("name")
        self.assertEqual(set(tags), {"VIP", "Gold", "Ours"})

    def test_a_new_record_that_a_person_uses_is_kept(self):
        self.a_day_passes()
        own = self.env["crm.lead"].with_user(self.ana)
        own.create({"name": "Ours", "partner_id": self.contact("C-6").id})
        self.undo(self.last())
        self.assertFate("contacts", "C-6", "keep_referenced")
        self.assertFate("deals", "D-6", "delete")
        self.assertTrue(self.contact("C-6"))

    def test_a_company_goes_because_its_contact_goes_back(self):
        self.undo(self.last())
        self.assertFate("organizations", "O-2", "delete")
        self.assertEqual(self.contact("C-4").parent_id.name, "Org 1")

    def test_a_record_that_was_deleted_by_hand_is_no_obstacle(self):
        self.a_day_passes()
        self.lead("D-3").unlink()
        self.undo(self.last())
        self.assertFate("deals", "D-3", "gone")

    def test_the_first_run_goes_and_keeps_what_the_second_made(self):
        first = self.project.run_ids.filtered(lambda run: run.kind == "load")[-1:]
        self.undo(first)
        self.assertFate("contacts", "C-1", "delete")
        self.assertFate("contacts", "C-4", "delete")
        self.assertNotIn(("contacts", "C-6"), self.fates)
        self.assertTrue(self.contact("C-6"))
        self.assertFalse(self.contact("C-1"))
        self.load(self.project)
        self.assertEqual(self.contact("C-1").city, "Oslo")
        self.assertTrue(self.project.is_balanced)

    def test_a_later_run_is_named_and_goes_first(self):
        second = self.last()
        rows = [contact("C-1", City="Kyoto", Job_Title=""), contact("C-2")]
        self.newer(self.project, self.newest | {"contacts.csv": table(*rows)})
        third = self.last()
        self.undo(second)
        self.assertFate("contacts", "C-1", "revert", "City", "wrote it later")
        found = self.contact("C-1")
        self.assertEqual((found.city, found.function), ("Kyoto", "Chair"))
        self.undo(third)
        self.assertEqual(self.contact("C-1").city, "Oslo")

    def test_two_runs_are_taken_back_one_after_the_other(self):
        second = self.last()
        rows = [contact("C-1", City="Kyoto"), contact("C-2", City="Oslo")]
        self.newer(self.project, self.newest | {"contacts.csv": table(*rows)})
        self.undo(self.last())
        self.assertEqual(self.contact("C-1").city, "Oslo")
        self.undo(second)
        self.assertEqual(self.contact("C-1").city, "Rome")

    def test_the_whole_project_goes_as_ever_afterwards(self):
        self.undo(self.last())
        self.project.action_rollback(background=False, scope={"kind": "whole"})
        self.env.invalidate_all()
        self.assertFalse(self.contact("C-1"))
        self.assertEqual(self.project.state, "rolled_back")
        self.assertFalse(self.env["migration.change"].search([]))

    def test_nobody_writes_in_the_book_of_changes(self):
        change = self.env["migration.change"].search([], limit=1)
        self.assertTrue(change)
        with self.assertRaises(AccessError):
            change.with_user(self.manager).write({"values_before": {}})

    def test_a_plain_user_does_not_roll_back(self):
        user = self.make_user(
            "Uma", "uma@practice.example", "crm_migration.group_crm_migration_user"
        )
        with self.assertRaises(AccessError):
            self.last().with_user(user).action_open_rollback()
        with self.assertRaises(AccessError):
            self.project.with_user(user).action_rollback(scope={"kind": "whole"})

    def test_only_runs_that_wrote_something_offer_it(self):
        self.assertTrue(self.last().can_roll_back)
        self.assertFalse(self.last("stage").can_roll_back)
        self.assertFalse(self.last("verify").can_roll_back)

    def test_a_run_of_another_project_is_refused(self):
        other = self.make_project({})
        with self.assertRaisesRegex(UserError, "does not belong"):
            other.action_plan_rollback({"kind": "run", "run_ids": self.last().ids})


class TestRollbackOfACompany(RunCase):
    """Contacts that followed their company go back with it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        row = {"Organization ID": "O-1", "Organization Name": "Org 1", "City": "Rome"}
        rows = [
            contact(one, City="", Organization="Org 1") for one in ("C-1", "C-2", "C-3")
        ]
        cls.files = {"contacts.csv": table(*rows)}
        cls.project = cls.migrated(cls.files | {"organizations.csv": table(row)})
        cls.a_day_passes()
        cls.before = cls.rows()
        files = cls.files | {"organizations.csv": table(row | {"City": "Oslo"})}
        cls.stage(cls.project, files, name="newer.zip")
        cls.load(cls.apply_schema(cls.confirm_all(cls.project)))

    def test_they_have_its_former_address(self):
        self.assertEqual(self.contact("C-1").city, "Oslo")
        self.undo(self.last())
        self.assertEqual(self.contact("C-1").city, "Rome")
        self.assertRows(self.before, self.rows())

    def test_one_with_an_address_of_its_own_since_keeps_it(self):
        self.a_day_passes()
        self.edit(self.contact("C-2"), type="other", city="Bergen")
        self.undo(self.last())
        self.assertFate("contacts", "C-2", "keep_edited", "City")
        self.assertEqual(self.contact("C-2").city, "Bergen")
        self.assertEqual(self.contact("C-3").city, "Rome")


class TestRollbackOfOwners(RunCase):
    """Applying the owner board is a run like any other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rows = [contact(one, Coach="nia@x.example") for one in ("C-1", "C-2")]
        cls.project = cls.migrated({"contacts.csv": table(*rows)})
        cls.a_day_passes()
        cls.before = cls.rows()
        cls.nia = cls.make_user("Nia", "nia@x.example")
        cls.project.action_apply_owners(background=False)
        cls.env.invalidate_all()

    def test_the_owners_are_those_of_before(self):
        self.assertEqual(self.contact("C-1").user_id, self.nia)
        self.undo(self.last("owners"))
        self.assertEqual(self.contact("C-1").user_id, self.fallback)
        self.assertFate("contacts", "C-1", "revert", "Salesperson")

    def test_who_was_given_to_somebody_else_since_stays_there(self):
        self.a_day_passes()
        self.edit(self.contact("C-2"), user_id=self.ravi.id)
        self.undo(self.last("owners"))
        self.assertFate("contacts", "C-2", "keep_edited", "Salesperson")
        self.assertEqual(self.contact("C-2").user_id, self.ravi)


class TestRollbackOfDeletions(RunCase, GoneCase):
    """A pickup that found records gone from the export."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.before = cls.rows()

    def test_what_was_archived_is_back_with_the_rest_of_the_pickup(self):
        changed = [dict(row) for row in self.people[1:]]
        changed[0]["City"] = "Oslo"
        self.pick_up(*changed)
        self.assertFalse(self.contact("C-1").active)
        self.assertEqual(self.contact("C-2").city, "Oslo")
        self.undo(self.last())
        self.assertRows(self.before, self.rows())
        self.assertFalse(self.staged("C-1").gone_fate)
        self.assertFate("contacts", "C-1", "revert", "Active")

    def test_what_was_deleted_comes_back_with_the_next_run(self):
        self.project.deletion_policy = "delete"
        self.pick_up(*self.people[1:])
        self.assertFalse(self.contact("C-1"))
        self.undo(self.last("gone"))
        self.assertFate("contacts", "C-1", "reload", "next full run")
        self.assertBucket(self.project, "contacts", "C-1", "pending")
        self.load(self.project)
        self.assertEqual(self.contact("C-1").city, "Rome")

    def test_what_is_still_gone_is_archived_again_by_the_next_pickup(self):
        self.pick_up(*self.people[1:])
        self.undo(self.last("gone"))
        self.assertTrue(self.contact("C-1").active)
        self.pick_up(*self.people[1:])
        self.assertFalse(self.contact("C-1").active)


class TestRollbackOfHistory(RunCase):
    """Stage changes that a run brought, and a lead that it made a deal."""

    MODELS = (*RunCase.MODELS, "mail.tracking.value", "mail.activity")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files = {
            "users": [{"id": "U1", "name": "Ana", "email": "ana@practice.example"}],
            "pipelines": fasttrack.PIPELINES,
            "stages": fasttrack.STAGES,
            "contacts": [
                {"id": "K1", "full_name": "Ines", "email": "i@c.example"}
                | {"created_at": day(1), "updated_at": day(1)}
            ],
            "deals": [fasttrack.deal("D1", 4), fasttrack.deal("D2", 4)],
            "leads": [fasttrack.lead("L1", 2, email="l1@x.example", title="Asked")],
        }
        cls.project = cls.migrated(lists(**cls.files), preset="fasttrack")
        cls.a_day_passes()
        cls.before = cls.rows()

    def newest(self, history, **more):
        won = {"stage": "S2", "status": "WON", "closed_at": day(7)}
        deals = [fasttrack.deal("D1", 4, **won | {"stage_history": history})]
        files = self.files | {"deals": [*deals, *self.files["deals"][1:]]} | more
        self.stage(self.project, lists(**files), name="newer.zip")
        self.load(self.apply_schema(self.confirm_all(self.project)))

    def got(self, name, external_id):
        return self.target(self.project, name, external_id)

    def history(self, *moves):
        return [{"stage_id": stage, "entered_at": day(month)} for stage, month in moves]

    def test_added_stage_changes_go(self):
        self.newest(self.history(("S1", 4), ("S2", 7)))
        self.assertEqual(self.got("deal", "D1").probability, 100)
        self.assertNotEqual(self.before, self.rows())
        self.undo(self.last())
        self.assertRows(self.before, self.rows())

    def test_a_history_that_was_written_anew_stays_and_says_so(self):
        self.newest(self.history(("S2", 3), ("S1", 5), ("S2", 7)))
        deal_, moves = self.got("deal", "D1"), "mail.tracking.value"
        messages = self.env["mail.message"]
        mine = [("model", "=", "crm.lead"), ("res_id", "=", deal_.id)]
        anew = messages.search(mine)
        self.undo(self.last())
        self.assertFate("deal", "D1", "revert", "Stage", "history stays")
        move = f"D1{REPEAT_MARK}2"
        self.assertFate("history:deal", move, "keep_referenced", "not kept")
        self.assertEqual(deal_.stage_id.name, "Qualify")
        self.assertEqual(messages.search(mine), anew)
        self.assertTrue(self.env[moves].search([("mail_message_id", "in", anew.ids)]))
        self.load(self.project)
        self.assertEqual(deal_.stage_id.name, "Won")
        self.assertEqual(len(messages.search(mine)), len(anew))

    def test_a_converted_lead_is_a_lead_again(self):
        deals = [*self.files["deals"], fasttrack.deal("D3", 5, amount="7")]
        leads = [
            fasttrack.lead(
                "L1",
                2,
                email="l1@x.example",
                title="Asked",
                converted_deal="D3",
                converted_at=day(5),
            )
        ]
        lead = self.got("lead", "L1")
        files = self.files | {"deals": deals, "leads": leads}
        self.stage(self.project, lists(**files), name="newer.zip")
        self.load(self.apply_schema(self.confirm_all(self.project)))
        self.assertEqual(self.got("deal", "D3"), lead)
        self.assertEqual(lead.type, "opportunity")
        self.undo(self.last())
        self.assertRows(self.before, self.rows())
        self.assertEqual(lead.type, "lead")
        self.assertFate("deal", "D3", "release", "was there before")
        self.assertEqual(self.got("lead", "L1"), lead)
        self.load(self.project)
        self.assertEqual(self.got("deal", "D3"), lead)
        self.assertEqual(lead.type, "opportunity")


@tagged("post_install", "-at_install")
class TestRollbackOfAMerge(RunCase, RoadRunnerCase):
    """Two records that the source made one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.choose_merge()
        cls.before = cls.rows()

    def test_the_two_are_two_again(self):
        loser = self.target(self.project, "contact", self.loser)
        lead = self.target(self.project, "deal", self.deal["id"])
        self.store.update("contact", self.loser, merged_into_id=self.winner)
        self.project._begin_pickup(False)
        self.env.invalidate_all()
        self.assertFalse(loser.active)
        self.assertNotEqual(lead.partner_id, loser)
        self.undo(self.last())
        self.assertRows(self.before, self.rows())
        self.assertEqual(lead.partner_id, loser)
        self.assertEqual(self.target(self.project, "contact", self.loser), loser)
        self.assertBucket(self.project, "contact", self.loser, "pending")
        self.load(self.project)
        self.assertBucket(self.project, "contact", self.loser, "merged")
        self.assertNotEqual(lead.partner_id, loser)


class TestRollbackOfDecisions(RunCase):
    """What people decided, and what the run carried out of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rows = [contact("C-1"), contact("C-2"), contact("C-3")]
        cls.project = cls.migrated({"contacts.csv": table(*rows)})
        cls.a_day_passes()
        for one in ("C-1", "C-2"):
            cls.edit(cls.target(cls.project, "contacts", one), city="Bergen")
        cls.newest = [contact(one, City="Oslo") for one in ("C-1", "C-2", "C-3")]
        cls.newer(cls.project, {"contacts.csv": table(*cls.newest)})

    def decide(self, external_id, take):
        row = self.conflict(external_id).with_user(self.manager)
        row.action_take_source() if take == "source" else row.action_keep_odoo()

    def test_decisions_that_are_taken_back_are_open_again(self):
        self.decide("C-1", "source")
        self.assertEqual(self.contact("C-1").city, "Oslo")
        self.undo(self.last("decide"))
        self.assertEqual(self.contact("C-1").city, "Bergen")
        row = self.conflict("C-1")
        self.assertEqual((row.source_text, row.odoo_text), ("Oslo", "Bergen"))
        self.assertFalse(row.take or row.decided_by)
        self.assertFalse(self.conflict("C-1", state="applied"))
        # it can be decided another way
        self.decide("C-1", "odoo")
        self.assertEqual(self.contact("C-1").city, "Bergen")
        self.newer(self.project, {"contacts.csv": table(*self.newest)})
        self.assertFalse(self.conflict("C-1"))

    def test_to_keep_odoo_is_open_again_as_well(self):
        self.decide("C-2", "odoo")
        self.assertFalse(self.conflict("C-2"))
        self.undo(self.last("decide"))
        self.assertTrue(self.conflict("C-2"))

    def test_a_decision_that_a_load_carried_out_is_not_asked_for_again(self):
        busy = self.env["migration.run"].create(
            {"project_id": self.project.id, "kind": "verify", "state": "running"}
        )
        self.decide("C-1", "source")
        self.decide("C-2", "odoo")
        busy.state = "done"
        rows = [row | {"Job Title": "Head"} for row in self.newest]
        self.newer(self.project, {"contacts.csv": table(*rows)})
        self.assertEqual(self.contact("C-1").city, "Oslo")
        self.undo(self.last())
        self.assertEqual(self.contact("C-1").city, "Bergen")
        self.assertEqual(self.conflict("C-1", state="decided").take, "source")
        self.load(self.project)
        self.assertFalse(self.project.conflict_count)
        found = self.contact("C-1"), self.contact("C-2")
        self.assertEqual([one.city for one in found], ["Oslo", "Bergen"])
        self.assertEqual([one.function for one in found], ["Head", "Head"])

    def test_what_was_decided_in_a_run_that_stays_is_not_asked_for_again(self):
        second = self.last()
        self.decide("C-1", "odoo")
        self.undo(second)
        self.assertEqual(self.contact("C-3").city, "Rome")
        self.load(self.project)
        self.assertEqual(self.contact("C-3").city, "Oslo")
        self.assertEqual(self.contact("C-1").city, "Bergen")
        self.assertFalse(self.conflict("C-1"))


class TestRollbackOfAMembership(RunCase):
    """A row that only adds to the record of another one (a group's tag)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contacts = table(contact("C-1", Tags="VIP"), contact("C-2", Tags="VIP"))
        cls.project = cls.migrated(
            {"contacts.csv": cls.contacts, "contact_groups.csv": cls.groups()}
        )

    @staticmethod
    def groups(status="Active", name="Spring"):
        group = {"Group ID": "G-1", "Group Name": name, "Client ID": "C-1"}
        return table(group | {"Status": status})

    def tags(self):
        return set(self.contact("C-1").category_id.mapped("name"))

    def newest(self, **words):
        files = {"contact_groups.csv": self.groups(**words)}
        self.newer(self.project, files)

    def test_who_left_is_a_member_again_and_leaves_with_the_next_run(self):
        self.assertEqual(self.tags(), {"VIP", "Spring"})
        self.newest(status="Left")
        self.assertEqual(self.tags(), {"VIP"})
        self.undo(self.last())
        self.assertEqual(self.tags(), {"VIP", "Spring"})
        self.load(self.project)
        self.assertEqual(self.tags(), {"VIP"})
        self.assertTrue(self.project.is_balanced)

    def test_a_group_that_was_renamed_has_its_old_tag_again(self):
        self.newest(name="Summer")
        self.assertEqual(self.tags(), {"VIP", "Summer"})
        self.undo(self.last())
        self.assertEqual(self.tags(), {"VIP", "Spring"})
        self.load(self.project)
        self.assertEqual(self.tags(), {"VIP", "Summer"})
        self.assertTrue(self.project.is_balanced)

    def test_the_whole_project_goes_afterwards(self):
        self.newest(status="Left")
        self.undo(self.last())
        self.project.action_rollback(background=False)
        self.assertFalse(self.contact("C-1"))
        self.assertEqual(self.project.state, "rolled_back")


class TestRollbackAroundPeople(RunCase):
    """Contacts that people have put under a company of ours."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        first = table(
            {"Organization ID": "O-1", "Organization Name": "Org 1"}
            | {"Address": "Old Street 1", "City": "Rome"}
        )
        cls.files = {"organizations.csv": first, "contacts.csv": table(contact("C-1"))}
        cls.project = cls.migrated(cls.files)
        cls.a_day_passes()
        cls.company = cls.target(cls.project, "organizations", "O-1")
        partners = cls.env["res.partner"].with_user(cls.ana)
        person = {"name": "Paul", "parent_id": cls.company.id, "type": "contact"}
        cls.paul = partners.sudo().create(person)
        newer = first.replace("Old Street 1", "New Street 2")
        newer += "O-2,Org 2,New Street 3,Oslo\n"
        cls.newer(cls.project, cls.files | {"organizations.csv": newer})
        cls.a_day_passes()
        cls.other = cls.target(cls.project, "organizations", "O-2")
        cls.mary = partners.sudo().create({"name": "Mary", "parent_id": cls.other.id})
        cls.env.flush_all()

    def test_a_company_of_the_run_stays_for_who_was_added_under_it(self):
        self.undo(self.last())
        self.assertFate("organizations", "O-2", "keep_referenced", "refers to it")
        self.assertEqual(self.mary.parent_id, self.other)

    def test_a_company_that_goes_back_takes_its_people_along(self):
        self.assertEqual(self.company.street, "New Street 2")
        self.assertEqual(self.paul.street, "New Street 2")
        self.undo(self.last())
        self.assertEqual(self.company.street, "Old Street 1")
        self.assertEqual(self.paul.street, "Old Street 1")
        self.assertEqual(self.paul.parent_id, self.company)
        told = self.env["migration.log"].search([("res_id", "=", self.paul.id)])
        self.assertIn("Follows its company", told[:1].message)

    def test_who_has_an_address_of_their_own_keeps_it(self):
        self.edit(self.paul, type="other", street="Own Street 9")
        self.undo(self.last())
        self.assertEqual(self.company.street, "Old Street 1")
        self.assertEqual(self.paul.street, "Own Street 9")

    def test_the_whole_project_keeps_both_companies(self):
        self.project.action_rollback(background=False)
        self.env.invalidate_all()
        self.assertEqual(self.mary.parent_id, self.other)
        self.assertEqual(self.paul.parent_id, self.company)


class TestRollbackOfAnOldRun(RunCase):
    """A run from before it was noted which run made what."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rows = [contact("C-1"), contact("C-2")]
        cls.project = cls.migrated({"contacts.csv": table(*rows)})
        rows[0]["City"] = "Oslo"
        newest = {"contacts.csv": table(*rows, contact("C-3"))}
        cls.newer(cls.project, newest)
        second, first = cls.project.run_ids.filtered(lambda run: run.kind == "load")
        cls.age(first, "2024-01-01 10:00:00", "2024-01-01 10:00:09")
        cls.age(second, "2024-01-02 10:00:00", "2024-01-02 10:00:09")

    @classmethod
    def age(cls, run, start, end):
        """Leave of a run what a version without the book of changes had noted."""
        own = [("run_id", "=", run.id)]
        cls.env["migration.change"].search(own).unlink()
        links = cls.env["migration.crosswalk"].search(
            [("first_run_id", "=", run.id), ("source_object", "=", "contacts")]
        )
        run.sudo().write(
            {"date_started": start, "date_done": end, "begun_with_id": False}
        )
        cls.env.flush_all()
        cls.env.cr.execute(
            SQL(
                "UPDATE migration_crosswalk SET first_run_id = NULL,"
                " create_date = %s WHERE id = ANY(%s)",
                f"{end}.7",
                links.ids,
            )
        )
        cls.env.invalidate_all()

    def test_what_it_created_goes_and_the_wizard_says_what_stays(self):
        wizard = self.undo(self.last())
        self.assertFate("contacts", "C-3", "delete")
        self.assertNotIn(("contacts", "C-2"), self.fates)
        self.assertIn("not noted yet", wizard.explanation)
        self.assertFalse(self.contact("C-3"))
        self.assertEqual(self.contact("C-1").city, "Oslo")

    def test_the_first_of_two_is_told_from_the_second_by_its_time(self):
        first = self.project.run_ids.filtered(lambda run: run.kind == "load")[-1:]
        self.undo(first)
        names = {external_id for _name, external_id in self.fates}
        self.assertTrue({"C-1", "C-2"} <= names)
        self.assertNotIn("C-3", names)
        self.assertTrue(self.contact("C-3"))

    def test_a_run_of_today_says_nothing_of_it(self):
        self.newer(self.project, {"contacts.csv": table(contact("C-1", City="Kyoto"))})
        wizard = self.undo(self.last())
        self.assertFalse(wizard.explanation)
        self.assertEqual(self.contact("C-1").city, "Oslo")
