from lxml import etree

from odoo.tools.safe_eval import safe_eval

from ..engine.schema.views import MARK, unmark
from .common import MigrationCommon, table

FIRST = {
    "pipeline_stages.csv": table(
        {"Pipeline": "Coaching", "Stage": "Open", "Order": "1"},
        {"Pipeline": "Coaching", "Stage": "Talk", "Order": "2"},
        {"Pipeline": "Coaching", "Stage": "Done", "Order": "3", "Is Won": "yes"},
    ),
    "contacts.csv": table({"Client ID": "C-1", "Full Name": "Cleo", "Shoe Size": "44"}),
    "deals.csv": table(
        {
            "Deal ID": "D-1",
            "Deal Name": "First",
            "Dream": "A house",
            "Client ID": "C-1",
            "Pipeline": "Coaching",
            "Stage": "Talk",
        }
    ),
}
SECOND = {
    "pipeline_stages.csv": table(
        {"Pipeline": "coaching", "Stage": "OPEN", "Order": "1"},
        {"Pipeline": "coaching", "Stage": " talk", "Order": "2"},
        {"Pipeline": "coaching", "Stage": "Extra", "Order": "3"},
        # the same word for another thing
        {"Pipeline": "coaching", "Stage": "Done", "Order": "4"},
    ),
    "contacts.csv": table({"Client ID": "K-1", "Full Name": "Karl", "Hat Size": "58"}),
    "deals.csv": table(
        {
            "Deal ID": "E-1",
            "Deal Name": "Second",
            "Fear": "The dark",
            "Client ID": "K-1",
            "Pipeline": "coaching",
            "Stage": "Talk",
        }
    ),
}


class TestTwoProjects(MigrationCommon):
    """Two projects of one database share what they both need, in either order."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.before = cls.everything()
        cls.first = cls.migrated(FIRST, name="First")
        cls.a_day_passes()
        cls.second = cls.migrated(SECOND, name="Second")
        cls.a_day_passes()
        cls.projects = cls.first + cls.second
        cls.first_deal = cls.target(cls.first, "deals", "D-1")
        cls.second_deal = cls.target(cls.second, "deals", "E-1")

    @classmethod
    def everything(cls):
        cls.env.flush_all()
        return {
            model: set(
                cls.env[model]
                .with_context(active_test=False)
                .search([], order="id")
                .ids
            )
            for model in ("crm.stage", "crm.team", "crm.lead", "ir.model.fields")
        }

    def undo(self, project):
        project.action_plan_rollback()
        project.action_rollback(background=False)
        self.env.invalidate_all()

    def item(self, project, key):
        return project.schema_item_ids.filtered(
            lambda item: item.kind == "stage" and item.key.endswith(f"|{key}")
        )

    def test_a_stage_of_the_same_name_is_used_and_not_made_again(self):
        talk = self.second_deal.stage_id
        self.assertEqual(talk, self.first_deal.stage_id)
        self.assertEqual(self.second_deal.team_id, self.first_deal.team_id)
        item = self.item(self.second, "talk")
        self.assertEqual((item.action, item.state), ("reuse", "done"))
        self.assertIn("stage of that name", item.reason)
        self.assertEqual(self.item(self.second, "extra").action, "create")
        self.assertTrue(self.second.is_balanced)

    def test_a_stage_that_wins_is_not_one_that_does_not(self):
        item = self.item(self.second, "done")
        self.assertEqual(item.action, "create")
        self.assertNotEqual(item.res_id, self.item(self.first, "done").res_id)

    def test_a_stage_of_another_team_is_not_taken(self):
        other = {
            name: text.replace("coaching", "Another").replace("E-1", "F-1")
            for name, text in SECOND.items()
        }
        project = self.confirm_all(self.staged(other))
        project.action_plan_schema()
        stages = project.schema_item_ids.filtered(lambda item: item.kind == "stage")
        self.assertEqual(set(stages.mapped("action")), {"create"})

    # -- tabs

    def tabs(self, record):
        """Return the projects whose tab a person sees on the form of a record."""
        arch = etree.fromstring(record.get_view(view_type="form")["arch"])
        values = {MARK: record[MARK]}
        names = {project: f"crm_migration_{project.id}" for project in self.projects}
        return self.projects.filtered(
            lambda project: any(
                not safe_eval(page.get("invisible") or "False", dict(values))
                for page in arch.iter("page")
                if page.get("name") == names[project]
            )
        )

    def test_a_tab_shows_on_the_records_of_its_project_only(self):
        for model, name, source_id, other in (
            ("crm.lead", "deals", "D-1", "E-1"),
            ("res.partner", "contacts", "C-1", "K-1"),
        ):
            with self.subTest(model=model):
                mine = self.target(self.first, name, source_id)
                theirs = self.target(self.second, name, other)
                self.assertEqual(self.tabs(mine), self.first)
                self.assertEqual(self.tabs(theirs), self.second)

    def test_people_may_fill_the_tabs_of_their_own_records(self):
        lead = self.env["crm.lead"].create({"name": "Made by a person"})
        self.assertFalse(lead[MARK])
        self.assertEqual(self.tabs(lead), self.projects)
        self.assertFalse(self.env["crm.lead"].new({"name": "Not saved yet"})[MARK])

    def test_a_record_of_both_has_both_tabs(self):
        both = self.target(self.first, "contacts", "C-1")
        self.env["migration.crosswalk"].create(
            {
                "project_id": self.second.id,
                "source_object": "contacts",
                "external_id": "K-2",
                "res_model": "res.partner",
                "res_id": both.id,
                "origin": "matched",
            }
        )
        both.invalidate_recordset()
        self.assertEqual(self.tabs(both), self.projects)

    def test_a_seller_sees_the_tabs_without_rights_on_migrations(self):
        deal = self.first_deal.with_user(self.ana)
        self.assertFalse(
            self.env["migration.project"].with_user(self.ana).has_access("read")
        )
        self.assertEqual(self.tabs(deal), self.first)

    def test_an_uninstallation_leaves_no_form_that_asks_for_its_field(self):
        unmark(self.env)
        arch = self.env["crm.lead"].get_view(view_type="form")["arch"]
        self.assertIn(f"crm_migration_{self.first.id}", arch)
        self.assertNotIn(MARK, arch)

    # -- rollback

    def test_the_second_goes_first(self):
        stage, team = self.first_deal.stage_id, self.first_deal.team_id
        extra = self.item(self.second, "extra").res_id
        self.undo(self.second)
        self.assertFalse(self.second_deal.exists())
        self.assertEqual((stage.exists(), team.exists()), (stage, team))
        self.assertFalse(self.env["crm.stage"].browse(extra).exists())
        self.first.action_verify(background=False)
        self.assertTrue(self.first.is_balanced)
        self.undo(self.first)
        self.assertEqual(self.everything(), self.before)

    def test_the_first_goes_first(self):
        stage = self.second_deal.stage_id
        unused = self.env["crm.stage"].browse(self.item(self.second, "open").res_id)
        self.undo(self.first)
        self.assertFalse(self.first_deal.exists())
        self.assertEqual(self.second_deal.stage_id, stage)
        # nobody's deal is in it, and yet the second project speaks of it
        self.assertTrue(unused.exists())
        self.env.invalidate_all()
        self.second.action_verify(background=False)
        self.assertTrue(self.second.is_balanced)
        line = self.first.rollback_line_ids.filtered(
            lambda line: line.source_object == "schema:stage"
            and line.res_id == unused.id
        )
        self.assertEqual(line.fate, "keep_referenced")
        self.assertIn("“Second”", line.reason)
        self.undo(self.second)
        self.assertEqual(stage.exists(), stage)
        # what it kept for the other, it takes away now
        self.undo(self.first)
        self.assertEqual(self.everything(), self.before)
