from odoo.exceptions import UserError

from .common import MigrationCommon, table

FILES = {
    "pipeline_stages.csv": table(
        {"Pipeline": "Sales Two", "Stage": "First", "Order": "2", "Archived": "Yes"},
        {"Pipeline": "Sales Two", "Stage": "Shared", "Order": "1"},
        {"Pipeline": "Sales Two", "Stage": "Won it", "Order": "3", "Is Won": "Yes"},
        {"Pipeline": "Known", "Stage": "Shared", "Order": "1"},
        {"Pipeline": "Known", "Stage": "Gone", "Order": "x", "Is Lost": "yes"},
    ),
    "organizations.csv": table(
        {
            "Organization ID": "O-1",
            "Organization Name": "Acme",
            "Industry": "FARMING",
            "Employee Count": "3",
            "Tags": "Partner",
        }
    ),
    "contacts.csv": table(
        {
            "Client ID": "C-1",
            "Full Name": "Cleo",
            "Tags": "client ; New",
            "Status": "Active",
            "Shoe Size": "44",
            "Wish List": "cake\nand tea",
            "Phone Number": "1",
        },
        {"Client ID": "C-2", "Full Name": "Carl", "Tags": "NEW"},
    ),
    "deals.csv": table(
        {
            "Deal ID": "D-1",
            "Deal Name": "Deal",
            "Pipeline": "Sales Two",
            "Stage": "Unlisted",
            "Lost Reason": "Price",
            "Source": "Web",
            "Tags": "hot",
            "Status": "Open",
        },
        {"Deal ID": "D-2", "Deal Name": "Deal", "Pipeline": "known", "Stage": "shared"},
    ),
}
MODELS = (
    "crm.team",
    "crm.stage",
    "crm.tag",
    "res.partner.category",
    "res.partner.industry",
    "crm.lost.reason",
    "utm.source",
    "ir.model.fields",
    "ir.ui.view",
)


class SchemaCommon(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team = cls.env["crm.team"].create({"name": "KNOWN"})
        cls.tag = cls.env["res.partner.category"].create({"name": "Client"})
        cls.industry = cls.env["res.partner.industry"].create({"name": "Farming"})
        cls.hot = cls.env["crm.tag"].create({"name": "Hot"})
        cls.before = cls.counts()
        cls.project = cls.confirm_all(cls.staged(FILES))
        cls.project.action_plan_schema()
        cls.planned = cls.counts()

    @classmethod
    def counts(cls):
        return {
            model: cls.env[model].with_context(active_test=False).search_count([])
            for model in MODELS
        }

    def item(self, kind, key):
        return self.project.schema_item_ids.filtered(
            lambda item: (item.kind, item.key) == (kind, key)
        )

    def names(self, kind):
        items = self.project.schema_item_ids.filtered(lambda item: item.kind == kind)
        return set(items.mapped("name"))


class TestSchemaPlan(SchemaCommon):
    def test_a_plan_creates_nothing(self):
        self.assertEqual(self.planned, self.before)
        self.assertEqual(set(self.project.schema_item_ids.mapped("state")), {"planned"})

    def test_the_plan_lists_pipelines_with_their_stages(self):
        self.assertEqual(self.names("team"), {"Sales Two", "Known"})
        keys = self.project.schema_item_ids.filtered(lambda i: i.kind == "stage")
        self.assertEqual(
            set(keys.mapped("key")),
            {
                "sales two|first",
                "sales two|shared",
                "sales two|won it",
                "sales two|unlisted",
                "known|shared",
                "known|gone",
            },
        )
        self.assertEqual(self.item("team", "known").record_count, 1)
        self.assertEqual(self.item("stage", "known|shared").record_count, 1)
        self.assertIn("deals: 1", self.item("stage", "sales two|unlisted").reason)

    def test_one_word_in_several_spellings_is_one_tag(self):
        self.assertEqual(self.names("category"), {"Partner", "client", "New"})
        self.assertEqual(self.item("category", "new").record_count, 2)

    def test_what_odoo_has_already_is_used(self):
        for kind, key, record in (
            ("team", "known", self.team),
            ("category", "client", self.tag),
            ("industry", "farming", self.industry),
            ("tag", "hot", self.hot),
        ):
            item = self.item(kind, key)
            self.assertEqual((item.action, item.res_id), ("reuse", record.id))
        self.assertEqual(self.item("team", "sales two").action, "create")

    def test_a_word_that_is_taken_in_later_is_filled_in(self):
        rows = [
            {"Client ID": f"C-{number}", "Full Name": f"Cleo {number}", "Tags": tags}
            for number, tags in enumerate(("VIP; Gold", "VIP"))
        ]
        project = self.confirm_all(self.staged({"contacts.csv": table(*rows)}))
        project.action_plan_schema()
        item = project.schema_item_ids.filtered(lambda item: item.key == "gold")
        item.with_user(self.manager).action = "skip"
        self.load(self.apply_schema(project))
        person = self.target(project, "contacts", "C-0")
        self.assertEqual(person.category_id.mapped("name"), ["VIP"])
        finding = self.findings(project, "unreadable")
        self.assertEqual((finding.external_id, finding.value), ("C-0", "Gold"))
        self.load(project)
        self.assertEqual(self.findings(project, "unreadable").value, "Gold")
        item.with_user(self.manager).action = "create"
        self.load(self.apply_schema(project))
        self.assertEqual(set(person.category_id.mapped("name")), {"VIP", "Gold"})
        self.assertFalse(self.findings(project, "unreadable"))
        self.assertFalse(self.link(project, "contacts", "C-0").unread_values)
        self.assertTrue(project.is_balanced)

    def test_names_are_compared_in_all_languages(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        tag = self.env["res.partner.category"].create({"name": "Bright"})
        tag.with_context(lang="fr_FR").name = "Brillant"
        team = self.env["crm.team"].create({"name": "Coaching Team"})
        team.with_context(lang="fr_FR").name = "Equipe"
        person = {"Client ID": "C-1", "Full Name": "Cleo", "Tags": "bright; Dim"}
        deal = {"Deal ID": "D-1", "Deal Name": "Deal", "Client ID": "C-1"}
        deal |= {"Pipeline": "coaching team", "Stage": "New"}
        project = self.confirm_all(
            self.staged({"contacts.csv": table(person), "deals.csv": table(deal)})
        )
        project.with_context(lang="fr_FR").action_plan_schema()
        found = {
            item.key: (item.action, item.res_id)
            for item in project.schema_item_ids
            if item.kind in ("category", "team")
        }
        self.assertIn(("reuse", tag.id), found.values())
        self.assertIn(("reuse", team.id), found.values())
        self.assertEqual(found["dim"], ("create", 0))

    def test_custom_fields_are_listed_with_type_and_reason(self):
        item = self.item("field", "res.partner.x_shoe_size")
        self.assertEqual(item.vals["ttype"], "integer")
        self.assertIn("whole numbers", item.reason)
        self.assertEqual(item.record_count, 1)
        item = self.item("field", "res.partner.x_employee_count")
        self.assertEqual((item.name, item.vals["ttype"]), ("Employee Count", "integer"))

    def test_a_field_never_bears_the_label_of_another(self):
        names = self.project.schema_item_ids.filtered(lambda i: i.kind == "field")
        self.assertEqual(len(names), len(set(names.mapped("name"))))
        item = self.item("field", "res.partner.x_client_status")
        taken = {
            field.string
            for model in ("res.partner", "res.users")
            for field in self.env[model]._fields.values()
        }
        self.assertNotIn(item.name, taken)

    def test_only_confirmed_items_are_created(self):
        self.project.action_confirm_schema()
        self.item("tag", "hot").is_confirmed = False
        with self.assertRaisesRegex(UserError, "not confirmed: 1, .* “hot”"):
            self.project.action_apply_schema()
        self.assertEqual(self.counts(), self.before)
        items = self.item("tag", "hot").with_user(self.manager)
        items.action_confirm()
        self.assertTrue(items.is_confirmed)

    def test_a_word_that_the_map_dropped_leaves_the_plan(self):
        line = self.line(self.project, "deals", "Tags")
        line.action_drop()
        line.action_confirm()
        self.project.action_plan_schema()
        self.assertFalse(self.names("tag"))

    def test_a_plan_of_yesterdays_map_is_not_created(self):
        self.project.action_confirm_schema()
        line = self.line(self.project, "contacts", "Shoe Size")
        line.target_field = "x_size_of_shoe"
        line.action_confirm()
        with self.assertRaisesRegex(UserError, "Shoe Size"):
            self.project.action_apply_schema()
        self.assertFalse(self.item("field", "res.partner.x_shoe_size"))


class TestSchemaInPlace(SchemaCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project.action_confirm_schema()
        source = cls.project.schema_item_ids.filtered(lambda i: i.kind == "source")
        source.action = "skip"
        cls.project.action_apply_schema()
        cls.after = cls.counts()

    def record(self, kind, key):
        item = self.item(kind, key)
        return self.env[item.res_model].browse(item.res_id)

    def test_everything_but_what_was_left_out_is_in_place(self):
        states = {item.kind: item.state for item in self.project.schema_item_ids}
        self.assertEqual(states.pop("source"), "planned")
        self.assertEqual(set(states.values()), {"done"})
        self.assertEqual(self.project.state, "ready")

    def test_applying_again_creates_nothing(self):
        self.project.action_apply_schema()
        self.assertEqual(self.counts(), self.after)

    def test_staging_again_plans_nothing_new(self):
        items = self.project.schema_item_ids
        self.stage(self.project)
        self.project.action_plan_schema()
        self.assertEqual(self.project.schema_item_ids, items)

    def test_a_pipeline_is_a_team_of_the_company(self):
        team = self.record("team", "sales two")
        self.assertEqual((team.name, team.company_id), ("Sales Two", self.company))
        self.assertEqual(self.record("team", "known"), self.team)
        self.assertEqual(self.team.name, "KNOWN")

    def test_stages_of_one_name_belong_to_their_own_team(self):
        first = self.record("stage", "sales two|shared")
        second = self.record("stage", "known|shared")
        self.assertNotEqual(first, second)
        self.assertEqual(first.team_ids, self.record("team", "sales two"))
        self.assertEqual(second.team_ids, self.team)

    def test_stages_keep_order_outcome_and_fold(self):
        won = self.record("stage", "sales two|won it")
        self.assertEqual((won.is_won, won.sequence), (True, 3))
        archived = self.record("stage", "sales two|first")
        self.assertEqual((archived.fold, archived.is_won), (True, False))
        self.assertTrue(self.record("stage", "known|gone").fold)
        shared = self.record("stage", "sales two|shared")
        self.assertEqual((shared.sequence, shared.fold), (1, False))

    def test_custom_fields_have_their_type(self):
        types = {
            name: self.env["res.partner"]._fields[name].type
            for name in (
                "x_shoe_size",
                "x_wish_list",
                "x_client_status",
                "x_employee_count",
            )
        }
        self.assertEqual(
            types,
            {
                "x_shoe_size": "integer",
                "x_wish_list": "text",
                "x_client_status": "char",
                "x_employee_count": "integer",
            },
        )

    def test_the_form_of_a_contact_shows_the_custom_fields(self):
        arch = self.env["res.partner"].get_view(view_type="form")["arch"]
        self.assertIn('name="x_shoe_size"', arch)
        self.assertIn("Migrated Data", arch)

    def test_every_item_has_its_line_in_crosswalk_and_log(self):
        done = self.project.schema_item_ids.filtered(lambda i: i.state == "done")
        links = self.env["migration.crosswalk"].search(
            [("project_id", "=", self.project.id)]
        )
        self.assertEqual(len(links), len(done))
        self.assertEqual(
            links.filtered(lambda link: link.origin == "matched").mapped("external_id"),
            ["known", "hot", "client", "farming"],
        )
        entries = self.env["migration.log"].search(
            [("project_id", "=", self.project.id), ("operation", "=", "schema")]
        )
        self.assertEqual(len(entries), len(done))

    def test_a_word_that_was_left_out_is_a_finding_and_the_deal_lands(self):
        self.load(self.project)
        self.assertBucket(self.project, "deals", "D-2", "created")
        deal = self.target(self.project, "deals", "D-1")
        self.assertEqual((deal.stage_id.name, deal.source_id.id), ("Unlisted", False))
        finding = self.findings(self.project, "unreadable", field="Source")
        self.assertEqual((finding.value, finding.external_id), ("Web", "D-1"))

    def test_known_stages_of_the_source_are_bound_and_not_made(self):
        self.load(self.project)
        stages = self.env["crm.stage"].search_count([])
        self.assertEqual(stages, self.after["crm.stage"])
        record = self.project._object("pipeline_stages").sudo().staged_record_ids[0]
        self.assertEqual(
            (record.state, record.reason), ("merged", "Created by the schema plan.")
        )

    def test_a_second_project_uses_what_the_first_one_made(self):
        second = self.confirm_all(self.staged(FILES))
        self.apply_schema(second)
        kinds = {"team", "tag", "category", "industry", "lost_reason", "field"}
        actions = {
            item.kind: item.action
            for item in second.schema_item_ids
            if item.kind in kinds
        }
        self.assertEqual(actions, dict.fromkeys(kinds, "reuse"))
        self.assertEqual(
            self.env["ir.model.fields"].search_count([]), self.after["ir.model.fields"]
        )

    def test_a_new_word_after_the_schema_blocks_until_it_is_confirmed(self):
        text = FILES["contacts.csv"].replace("NEW", "Newest")
        self.stage(self.project, {"contacts.csv": text}, name="newer.zip")
        with self.assertRaisesRegex(UserError, "“Newest”"):
            self.project.action_load(background=False)
        self.load(self.apply_schema(self.project))
        contact = self.target(self.project, "contacts", "C-2")
        self.assertEqual(contact.category_id.name, "Newest")
