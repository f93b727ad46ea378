from datetime import datetime
from unittest.mock import patch

from lxml import etree

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from odoo.addons.crm_migration.connectors.files import bundle
from odoo.addons.crm_migration.engine.stage.staging_area import StagingArea

from .common import MigrationCommon, table
from .live_case import LiveCase

CLIENTS = table(
    {"Client ID": "C-1", "Full Name": "Dana Whitfield", "Email": "dana@mail.example"},
    {"Client ID": "C-2", "Full Name": "Ravi Rao", "Email": "ravi@mail.example"},
)
FORMS = table(
    {"Form ID": "F-1", "Form Name": "Client intake", "Description": "Before we meet"},
    {"Form ID": "F-2", "Form Name": "Yearly review"},
    {"Form ID": "F-9", "Form Name": "Never used"},
)
QUESTIONS = table(
    {"Question ID": "Q-1", "Form ID": "F-1", "Question": "Goal"},
    {"Question ID": "Q-9", "Form ID": "F-9", "Question": "Why?"},
)
INTAKE, REVIEW = "form_responses:client_intake", "form_responses:yearly_review"


def answers(form, submission, client, **given):
    """Return the rows of one submission."""
    return [
        {
            "Submission ID": submission,
            "Form Name": form,
            "Client ID": client,
            "Client Email": "dana@mail.example" if submission == "S-3" else "",
            "Submitted At": "2024-01-02 10:00",
            "Question": question.replace("_", " "),
            "Answer": answer,
        }
        for question, answer in given.items()
    ]


RESPONSES = table(
    *answers("Client intake", "S-1", "C-1", Goal="Career", How_ready="7", Agreed="Yes"),
    *answers("Client intake", "S-2", "C-2", Goal="Sleep", How_ready="3", Agreed="No"),
    *answers("Client intake", "S-3", "", Goal="Health", How_ready="", Agreed="Yes"),
    *answers("Client intake", "S-4", "C-404", Goal="Luck", How_ready="", Agreed=""),
    *answers("Yearly review", "R-1", "C-1", Mood="Good", Next="One\nTwo"),
)
FILES = {
    "contacts.csv": CLIENTS,
    "forms.csv": FORMS,
    "form_questions.csv": QUESTIONS,
    "form_responses.csv": RESPONSES,
}


def counts(env):
    """Return what custom models consist of: how much of each there is."""
    models = (
        "ir.model",
        "ir.model.fields",
        "ir.model.access",
        "ir.rule",
        "ir.ui.view",
        "ir.ui.menu",
        "ir.actions.act_window",
        "ir.model.data",
    )
    return {model: env[model].sudo().search_count(Domain.TRUE) for model in models}


class TestForms(MigrationCommon):
    """Answers of intake forms become records of custom models."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.before = counts(cls.env)
        cls.project = cls.staged(FILES)
        cls.confirm_all(cls.project)
        cls.project.action_plan_schema()
        cls.plan = {
            (item.kind, item.key): (item.reason, item.record_count)
            for item in cls.project.schema_item_ids
        }
        cls.made_by_plan = counts(cls.env) != cls.before
        cls.load(cls.apply_schema(cls.project))

    def answer(self, name, external_id):
        return self.target(self.project, name, external_id)

    def test_each_form_has_a_model_of_its_own(self):
        intake, review = self.answer(INTAKE, "S-1"), self.answer(REVIEW, "R-1")
        self.assertEqual(intake._name, "x_client_intake")
        self.assertEqual(review._name, "x_yearly_review")
        self.assertEqual(intake._description, "Client intake")
        self.assertEqual(self.env["x_client_intake"].search_count([]), 4)
        self.assertNotIn("x_mood", intake._fields)

    def test_answers_keep_their_type_and_text(self):
        intake = self.answer(INTAKE, "S-1")
        self.assertEqual((intake.x_goal, intake.x_how_ready), ("Career", 7))
        self.assertIs(intake.x_agreed, True)
        self.assertEqual(self.answer(REVIEW, "R-1").x_next, "One\nTwo")
        self.assertEqual(intake.x_source_created_on, datetime(2024, 1, 2, 10))
        self.assertEqual(intake.create_date, datetime(2024, 1, 2, 10))
        self.assertEqual(intake.x_company_id, self.company)

    def test_a_client_is_found_by_id_or_e_mail(self):
        dana = self.target(self.project, "contacts", "C-1")
        self.assertEqual(self.answer(INTAKE, "S-1").x_partner_id, dana)
        self.assertEqual(self.answer(INTAKE, "S-3").x_partner_id, dana)
        self.assertEqual(self.answer(INTAKE, "S-3").x_client_email, "dana@mail.example")

    def test_an_answer_of_an_unknown_client_lands_and_says_so(self):
        lost = self.answer(INTAKE, "S-4")
        self.assertFalse(lost.x_partner_id)
        self.assertEqual(lost.x_goal, "Luck")
        found = self.findings(self.project, "unreadable", external_id="S-4")
        self.assertEqual(found.value, "C-404")

    def test_the_plan_says_all_of_it_before_anything_is_made(self):
        self.assertFalse(self.made_by_plan)
        reason, count = self.plan["model", INTAKE]
        self.assertEqual(count, 4)
        for text in (
            "x_client_intake (Before we meet)",
            "x_goal (char)",
            "x_how_ready (integer)",
            "x_agreed (boolean)",
            "x_partner_id → res.partner",
        ):
            self.assertIn(text, reason)
        self.assertIn(("window", REVIEW), self.plan)

    def test_definitions_end_in_the_model_they_became(self):
        model = self.env["ir.model"]._get("x_client_intake")
        for name, external_id in (("forms", "F-1"), ("form_questions", "Q-1")):
            record = self.assertBucket(self.project, name, external_id, "merged")
            self.assertIn("x_client_intake", record.reason)
            self.assertEqual(self.target(self.project, name, external_id), model)
        for name, external_id in (("forms", "F-9"), ("form_questions", "Q-9")):
            record = self.assertBucket(self.project, name, external_id, "excluded")
            self.assertEqual(record.reason, "There are no records of it.")

    def test_the_books_balance(self):
        self.assertTrue(self.project.is_balanced)
        self.assertEqual(self.book(self.project, "Client intake").created_count, 4)
        link = self.book(self.project, "Client intake: Client ID")
        self.assertEqual((link.source_count, link.found_count), (3, 2))

    def test_everybody_reads_salespeople_write_managers_delete(self):
        clerk = self.make_user("Cleo", "cleo@practice.example", "base.group_user")
        boss = self.make_user(
            "Bo", "bo@practice.example", "sales_team.group_sale_manager"
        )
        record = self.answer(INTAKE, "S-1")
        self.assertEqual(record.with_user(clerk).x_goal, "Career")
        with self.assertRaises(AccessError):
            record.with_user(clerk).write({"x_goal": "No"})
        record.with_user(self.ana).write({"x_goal": "By Ana"})
        with self.assertRaises(AccessError):
            record.with_user(self.ana).unlink()
        record.with_user(boss).unlink()

    def test_another_company_sees_nothing(self):
        company = self.env["res.company"].create({"name": "Other"})
        other = self.make_user(
            "Otto",
            "otto@practice.example",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        self.assertFalse(self.env["x_client_intake"].with_user(other).search([]))

    def test_its_name_has_a_label(self):
        view = self.env["x_client_intake"].get_view(view_type="form")
        form = etree.fromstring(view["arch"])
        self.assertTrue(form.xpath("//label[@for='x_name']"))
        view = self.env["migration.project"].get_view(view_type="form")
        form = etree.fromstring(view["arch"])
        self.assertTrue(form.xpath("//label[@for='name']"))

    def test_its_windows_open(self):
        model = self.env["x_client_intake"].with_user(self.ana)
        views = model.get_views([(False, "form"), (False, "list"), (False, "search")])
        for kind in ("form", "list"):
            arch = views["views"][kind]["arch"]
            for name in ("x_goal", "x_partner_id", "x_how_ready"):
                self.assertIn(f'name="{name}"', arch)
        self.assertIn("group_by", views["views"]["search"]["arch"])
        found = model.web_search_read([], {"x_partner_id": {"fields": {}}})
        self.assertEqual(found["length"], 4)

    def test_a_menu_leads_there(self):
        menus = self.env["ir.ui.menu"].with_user(self.ana).load_menus(False)
        found = [menu for menu in menus.values() if menu["name"] == "Client intake"]
        self.assertEqual(found[0]["action_model"], "ir.actions.act_window")
        action = self.env["ir.actions.act_window"].browse(found[0]["action_id"])
        self.assertEqual(action.res_model, "x_client_intake")
        root = next(m for m in menus.values() if found[0]["id"] in m["children"])
        self.assertEqual(root["name"], "Migrated Data")

    def test_a_rollback_leaves_nothing_and_a_run_after_it_starts_clean(self):
        self.project.action_rollback(background=False)
        self.env.invalidate_all()
        lines = self.project.sudo().rollback_line_ids
        self.assertEqual(set(lines.mapped("state")), {"done"})
        self.assertEqual(counts(self.env), self.before)
        self.assertNotIn("x_client_intake", self.env)
        self.env.cr.execute("SELECT 1 FROM pg_class WHERE relname LIKE 'x\\_client%'")
        self.assertFalse(self.env.cr.fetchall())
        self.load(self.apply_schema(self.project))
        self.assertEqual(self.answer(INTAKE, "S-1").x_goal, "Career")
        self.assertTrue(self.project.is_balanced)

    def test_a_model_with_records_of_people_stays_as_a_whole(self):
        model = self.env["x_client_intake"].with_user(self.ana)
        own = model.create({"x_name": "By hand", "x_goal": "Ours"})
        self.a_day_passes()
        self.env.cr.execute(
            "UPDATE x_client_intake SET create_date = now() WHERE id = %s", [own.id]
        )
        self.project.action_rollback(background=False)
        self.env.invalidate_all()
        self.assertEqual(self.env["x_client_intake"].search([]).x_goal, "Ours")
        self.assertNotIn("x_yearly_review", self.env)
        model.get_views([(False, "form"), (False, "list"), (False, "search")])
        menus = self.env["ir.ui.menu"].with_user(self.ana).load_menus(False)
        names = {menu["name"] for menu in menus.values()}
        self.assertIn("Client intake", names)
        self.assertNotIn("Yearly review", names)

    def test_a_second_project_makes_a_model_of_another_name(self):
        other = self.migrated(FILES)
        record = self.target(other, INTAKE, "S-1")
        self.assertEqual(record._name, "x_client_intake_2")
        menus = self.env["ir.ui.menu"].search([("name", "like", "Migrated Data")])
        names = ["Migrated Data", "Migrated Data (Test)"]
        self.assertEqual(sorted(menus.mapped("name")), names)
        other.action_rollback(background=False)
        self.env.invalidate_all()
        self.assertNotIn("x_client_intake_2", self.env)
        self.assertEqual(self.answer(INTAKE, "S-1").x_goal, "Career")

    def test_what_changed_is_updated_and_a_persons_edit_is_kept(self):
        self.a_day_passes()
        self.answer(INTAKE, "S-2").with_user(self.ana).x_goal = "By Ana"
        changed = RESPONSES.replace("Career", "Family").replace("Sleep", "Rest")
        self.stage(self.project, FILES | {"form_responses.csv": changed})
        self.load(self.project)
        self.assertEqual(self.answer(INTAKE, "S-1").x_goal, "Family")
        self.assertEqual(self.answer(INTAKE, "S-2").x_goal, "By Ana")
        self.assertEqual(self.env["x_client_intake"].search_count([]), 4)

    def test_a_question_that_is_new_becomes_a_field_that_is_shown(self):
        row = "S-6,Client intake,C-2,,2024-01-05 10:00,Hobby,Chess\n"
        self.stage(self.project, FILES | {"form_responses.csv": RESPONSES + row})
        self.load(self.apply_schema(self.confirm_all(self.project)))
        record = self.answer(INTAKE, "S-6")
        self.assertEqual(record.x_hobby, "Chess")
        views = record.get_views([(False, "form"), (False, "list")])["views"]
        for kind in ("form", "list"):
            self.assertEqual(views[kind]["arch"].count('name="x_hobby"'), 1)
        self.project.action_rollback(background=False)
        self.env.invalidate_all()
        self.assertEqual(counts(self.env), self.before)

    def test_a_pull_that_broke_off_goes_on_with_each_kind(self):
        stage, calls = StagingArea.stage, []

        def broken(area, table, raws):
            calls.append(table)
            if len(calls) == 2:
                raise UserError(area.env._("The power went"))
            return stage(area, table, raws)

        project = self.make_project({"form_responses.csv": RESPONSES})
        with (
            patch.object(bundle, "PAGE_ROWS", 2),
            patch.object(StagingArea, "stage", broken),
        ):
            with self.assertRaisesRegex(UserError, "The power went"):
                project.action_stage(background=False)
            project.action_resume(background=False)
        staged = {obj.name: obj.staged_count for obj in project.object_ids}
        self.assertEqual(staged, {"form_responses": 0, INTAKE: 4, REVIEW: 1})
        self.assertFalse(self.findings(project, "repeated"))

    def test_the_type_of_a_question_counts_where_the_answers_fit(self):
        rows = [
            {
                "Submission ID": f"S-{number}",
                "Form Name": "Check",
                "Question": question,
                "Question Type": kind,
                "Answer": answer,
            }
            for question, kind, given in (
                ("Note", "long_text", ("a", "b")),
                ("Source", "dropdown", ("Friend", "Podcast")),
                ("Age", "number", ("40", "unknown")),
            )
            for number, answer in enumerate(given)
        ]
        project = self.staged({"form_responses.csv": table(*rows)})
        lines = project._object("form_responses:check").mapping_line_ids
        types = {line.target_field: line.new_field_type for line in lines}
        self.assertEqual(types["x_note"], "text")
        self.assertEqual(types["x_source"], "selection")
        self.assertEqual(types["x_age"], "char")


class TestCustomObjects(LiveCase):
    """Records of FastTrack's custom objects, each kind with its own model."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.connect("fasttrack", "fasttrack_relay")
        cls.switch_off(cls.project, "activity", "attachment", "deal", "lead")
        cls.stage(cls.project)
        cls.load(cls.apply_schema(cls.confirm_all(cls.project)))
        cls.store = cls.sources.world.fasttrack

    def test_both_objects_land_whole(self):
        for kind in ("subscription", "installation"):
            name = f"custom_object_record:{kind}"
            records = [
                record
                for record in self.store.tables["custom_object_record"].values()
                if record["object"] == kind
            ]
            self.assertEqual(len(records), 30)
            for source in records:
                record = self.target(self.project, name, source["id"])
                self.assertEqual(record._name, f"x_{kind}")
                self.assertEqual(record.x_name, source["name"])
                self._same(record, source)

    def _same(self, record, source):
        for entry in source["fields"]:
            value = record[f"x_{entry['key']}"]
            text = str(value).lower() if entry["type"] == "BOOLEAN" else str(value)
            self.assertEqual(text, entry["value"])
        for reference in source["references"]:
            linked = record[f"x_{reference['key']}"]
            wanted = self.target(self.project, reference["object"], reference["id"])
            self.assertEqual(linked, wanted or linked.browse())

    def test_kinds_follow_their_definition(self):
        obj = self.project._object("custom_object_record:subscription")
        self.assertEqual(obj.label, "Subscriptions")
        fields = self.env["x_subscription"]._fields
        self.assertEqual(fields["x_mrr"].type, "integer")
        self.assertEqual(fields["x_starts_on"].type, "date")
        self.assertEqual(fields["x_company"].comodel_name, "res.partner")
        self.assertEqual(fields["x_user_id"].comodel_name, "res.users")
        self.assertEqual(
            self.env["x_installation"]._fields["x_is_live"].type, "boolean"
        )
        self.assertBucket(self.project, "custom_object", "subscription", "merged")
        item = self.project.schema_item_ids.filtered(
            lambda item: item.kind == "model" and item.key == obj.name
        )
        self.assertIn("Recurring contracts", item.reason)
        self.assertIn("x_company → res.partner", item.reason)

    def test_an_owner_is_found_on_the_owner_board(self):
        for source in self.store.tables["custom_object_record"].values():
            name = f"custom_object_record:{source['object']}"
            record = self.target(self.project, name, source["id"])
            if not source["owner"]:
                self.assertFalse(record.x_user_id)
            else:
                self.assertEqual(record.x_user_id, self.fallback)

    def test_a_pull_of_changes_brings_what_changed_to_its_kind(self):
        source = next(
            record
            for record in self.store.tables["custom_object_record"].values()
            if record["object"] == "subscription"
        )
        place = ("custom_object_record", source["id"])
        self.addCleanup(self.store.update, *place, name=source["name"])
        self.store.update(*place, name="SUB-renamed")
        self.project.action_pull_changes(background=False)
        name = "custom_object_record:subscription"
        counts = {
            kind: self.project._object(f"custom_object_record:{kind}").staged_count
            for kind in ("subscription", "installation")
        }
        self.assertEqual(counts, {"subscription": 30, "installation": 30})
        self.load(self.project)
        record = self.target(self.project, name, source["id"])
        self.assertEqual(record.x_name, "SUB-renamed")


class TestObjectsThatReferToEachOther(LiveCase):
    """Whatever order custom objects are loaded in, their links arrive."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.store = cls.sources.world.fasttrack
        kinds = {"subscription": [], "installation": []}
        for key, record in cls.store.tables["custom_object_record"].items():
            kinds[record["object"]].append(key)
        cls.pairs = list(zip(*(keys[:3] for keys in kinds.values()), strict=True))
        cls.lonely = kinds["subscription"][3]
        for subscription, installation in cls.pairs:
            cls.refer(subscription, "installation", installation)
            cls.refer(installation, "subscription", subscription)
        cls.refer(cls.lonely, "installation", "SW5zOjQwNA==")
        cls.project = cls.connect("fasttrack", "fasttrack_relay")
        names = ("activity", "attachment", "deal", "lead", "company", "contact")
        cls.switch_off(cls.project, *names)
        cls.stage(cls.project)
        cls.load(cls.apply_schema(cls.confirm_all(cls.project)))

    @classmethod
    def refer(cls, key, name, other):
        reference = {"key": name, "object": name, "id": other}
        cls.store.update("custom_object_record", key, references=[reference])

    def record(self, kind, key):
        return self.target(self.project, f"custom_object_record:{kind}", key)

    def test_both_sides_of_a_circle_are_linked(self):
        for subscription, installation in self.pairs:
            one = self.record("subscription", subscription)
            other = self.record("installation", installation)
            self.assertEqual(one.x_installation, other)
            self.assertEqual(other.x_subscription, one)

    def test_each_record_counts_once_as_created(self):
        for pair in self.pairs:
            for kind, key in zip(("subscription", "installation"), pair, strict=True):
                name = f"custom_object_record:{kind}"
                self.assertBucket(self.project, name, key, "created", False)
        run = self.project.run_ids.filtered(lambda run: run.kind == "load")
        created = self.env["migration.staged.record"].search_count(
            [("project_id", "=", self.project.id), ("state", "=", "created")]
        )
        self.assertEqual(run.stats["created"], created)
        self.assertEqual(run.stats.get("updated", 0), 0)
        self.assertEqual(run.processed, run.total)

    def test_what_the_source_does_not_have_is_told_and_never_waited_for(self):
        self.assertFalse(self.record("subscription", self.lonely).x_installation)
        found = self.findings(self.project, "unreadable", external_id=self.lonely)
        self.assertEqual(len(found), 1)
        self.assertFalse(self.findings(self.project, "late"))


class TestChoice(MigrationCommon):
    """What a form becomes is chosen per form."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.staged(FILES)
        cls.intake = cls.project._object(INTAKE)
        cls.review = cls.project._object(REVIEW)

    def choose(self, obj, choice):
        getattr(obj.with_user(self.manager), f"action_choose_{choice}")()

    def decisions(self, obj):
        return {
            line.source_field: (line.fate, line.target_field, line.transform)
            for line in obj.mapping_line_ids
        }

    def test_a_form_left_out_stays_in_staging_with_the_reason(self):
        self.choose(self.review, "out")
        self.load(self.apply_schema(self.confirm_all(self.project)))
        record = self.assertBucket(self.project, REVIEW, "R-1", "excluded")
        self.assertEqual(record.reason, "Left out by decision.")
        self.assertNotIn("x_yearly_review", self.env)
        self.assertTrue(self.target(self.project, INTAKE, "S-1"))
        self.assertTrue(self.project.is_balanced)

    def test_a_form_becomes_fields_of_the_contact(self):
        self.choose(self.review, "fields")
        self.assertEqual(self.review.target_model, "res.partner")
        self.load(self.apply_schema(self.confirm_all(self.project)))
        self.assertNotIn("x_yearly_review", self.env)
        dana = self.target(self.project, "contacts", "C-1")
        self.assertEqual(dana.x_yearly_review_mood, "Good")
        self.assertEqual(dana.x_yearly_review_next, "One\nTwo")
        self.assertBucket(self.project, REVIEW, "R-1", "merged")
        self.assertTrue(self.project.is_balanced)
        self.project.action_rollback(background=False)
        self.env.invalidate_all()
        self.assertFalse(dana.exists())
        self.assertNotIn("x_yearly_review_mood", self.env["res.partner"]._fields)

    def test_a_change_at_the_source_reaches_the_fields_of_the_contact(self):
        self.choose(self.review, "fields")
        self.load(self.apply_schema(self.confirm_all(self.project)))
        dana = self.target(self.project, "contacts", "C-1")
        self.a_day_passes()
        dana.with_user(self.fallback).write({"x_yearly_review_next": "By hand"})
        changed = RESPONSES.replace("Good", "Better")
        self.stage(self.project, FILES | {"form_responses.csv": changed}, "newer.zip")
        self.load(self.project)
        self.assertEqual(dana.x_yearly_review_mood, "Better")
        self.assertEqual(dana.x_yearly_review_next, "By hand")
        self.assertBucket(self.project, REVIEW, "R-1", "updated")
        self.assertFalse(self.project.conflict_ids)
        changed = changed.replace("One", "Three")
        self.stage(self.project, FILES | {"form_responses.csv": changed}, "newest.zip")
        self.load(self.project)
        self.assertEqual(dana.x_yearly_review_next, "By hand")
        self.assertEqual(self.project.conflict_ids.field_name, "x_yearly_review_next")
        self.project.conflict_ids.with_user(self.manager).action_take_source()
        self.env.invalidate_all()
        self.assertEqual(dana.x_yearly_review_next, "Three\nTwo")
        self.assertTrue(self.project.is_balanced)
        self.project.action_rollback(background=False)
        self.env.invalidate_all()
        self.assertTrue(dana.exists(), "edited by a person")

    def test_two_records_cannot_become_fields_of_one(self):
        more = RESPONSES + "S-5,Client intake,C-1,,2024-01-02 10:00,Goal,More\n"
        project = self.staged(FILES | {"form_responses.csv": more})
        with self.assertRaisesRegex(UserError, "“C-1” has 2 records of Client intake"):
            self.choose(project._object(INTAKE), "fields")
        self.assertEqual(project._object(INTAKE).choice, "model")

    def test_two_ways_to_name_a_client_are_seen_while_loading(self):
        self.choose(self.intake, "fields")
        self.load(self.apply_schema(self.confirm_all(self.project)))
        dana = self.target(self.project, "contacts", "C-1")
        self.assertEqual(dana.x_client_intake_goal, "Career")
        record = self.assertBucket(self.project, INTAKE, "S-3", "failed")
        self.assertIn("S-1", record.reason)
        self.assertBucket(self.project, INTAKE, "S-4", "failed")

    def test_what_was_chosen_can_be_taken_back(self):
        before = self.decisions(self.review)
        for choice in ("fields", "out", "fields", "model"):
            self.choose(self.review, choice)
        self.assertEqual(self.decisions(self.review), before)
        self.load(self.apply_schema(self.confirm_all(self.project)))
        self.assertEqual(self.target(self.project, REVIEW, "R-1").x_mood, "Good")

    def test_a_changed_choice_wants_a_new_confirmation(self):
        self.confirm_all(self.project)
        self.assertFalse(self.project.unconfirmed_count)
        self.choose(self.review, "out")
        self.assertTrue(self.project.unconfirmed_count)

    def test_what_is_made_has_to_be_rolled_back_first(self):
        self.assertTrue(self.review.is_choosable)
        self.apply_schema(self.confirm_all(self.project))
        self.review.invalidate_recordset()
        self.assertFalse(self.review.is_choosable)
        with self.assertRaisesRegex(UserError, "roll them back"):
            self.choose(self.review, "out")

    def test_other_objects_and_other_fields_are_fixed(self):
        with self.assertRaisesRegex(UserError, "has no choice"):
            self.choose(self.project._object("contacts"), "out")
        with self.assertRaises(AccessError):
            self.review.with_user(self.manager).choice = "out"
        with self.assertRaises(AccessError):
            self.review.with_user(self.ana).action_choose_out()

    def test_answers_may_be_for_one_group_alone(self):
        coaches = self.env["res.groups"].create({"name": "Coaches"})
        self.confirm_all(self.project).action_plan_schema()
        items = self.project.schema_item_ids.with_user(self.manager)
        [item] = items.filtered(lambda i: (i.kind, i.key) == ("model", INTAKE))
        item.group_id = coaches
        with self.assertRaisesRegex(ValidationError, "Only a custom model"):
            items.filtered(lambda i: i.kind == "window")[0].group_id = coaches
        self.load(self.apply_schema(self.project))
        record = self.target(self.project, INTAKE, "S-1")
        boss = self.make_user(
            "Bo", "bo@practice.example", "sales_team.group_sale_manager"
        )
        coach = self.make_user("Cy", "cy@practice.example")
        coach.group_ids |= coaches
        for user in (self.ana, boss):
            self.assertFalse(record.with_user(user).has_access("read"), user.name)
            menus = self.env["ir.ui.menu"].with_user(user).load_menus(False).values()
            self.assertNotIn("Client intake", [menu["name"] for menu in menus])
        self.assertTrue(record.with_user(coach).has_access("write"))
        self.assertFalse(record.with_user(coach).has_access("unlink"))
        self.assertTrue(record.with_user(self.manager).has_access("unlink"))
        review = self.target(self.project, REVIEW, "R-1")
        self.assertTrue(review.with_user(self.ana).has_access("read"))
        with self.assertRaisesRegex(UserError, "made already"):
            item.group_id = False

    def test_a_model_is_not_left_out_on_the_schema_plan(self):
        self.confirm_all(self.project)
        item = self.project.schema_item_ids.filtered(lambda i: i.kind == "model")[0]
        with self.assertRaisesRegex(UserError, "Leave Out"):
            item.with_user(self.manager).action = "skip"
