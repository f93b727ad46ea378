from lxml import etree

from odoo.exceptions import UserError

from .common import MigrationCommon, table
from .test_load_sources import DAY, LATER, lists, rr_contact

TIERS = [
    {"value": "gold", "label": "Gold", "position": 2},
    {"value": "basic", "label": "Basic", "position": 1},
    {"value": "old", "label": "Old", "position": 3, "archived": True},
    {"value": "gone", "label": "Gone", "position": 4, "archived": True},
]
DAYS = [
    {"value": "mon", "label": "Monday", "position": 1},
    {"value": "tue", "label": "Tuesday", "position": 2},
    {"value": "off", "label": "Nobody", "position": 3, "archived": True},
]
#: key -> (type, what else the definition says, values of the two contacts)
PROPERTIES = {
    "code": ("string", {}, ("007", "12")),
    "story": ("text", {}, ("one", "two")),
    "profile": ("text", {}, ("<p>Hi <b>you</b></p>", "<p>x</p>")),
    "rooms": ("integer", {"unit": "rooms", "help_text": "All floors"}, (4, 7)),
    "size": ("number", {"group": "Site"}, (81.5, 12)),
    "price": ("currency", {}, ("1,200.50", "$3")),
    "member": ("boolean", {}, (True, False)),
    "built": ("date", {}, ("2001-02-03", "1999-12-31")),
    "seen": ("datetime", {}, ("2025-01-02T03:04:05Z", "2025-02-02T00:00:00Z")),
    "tier": ("enum", {"options": TIERS, "group": "Warranty"}, ("old", "platinum")),
    "days": ("multi_enum", {"options": DAYS}, (["mon", "sun"], "Tuesday;mon")),
    "site": ("url", {}, ("https://a.example", "b.example")),
    "billing": ("email", {}, ("a@b.example", "none")),
    "hotline": ("phone", {}, ("+1 2", "911")),
    "user": ("reference", {}, ("us_a", "us_b")),
    "friend": ("reference", {}, ("us_a", "nobody")),
    # definition and values disagree
    "floors": ("integer", {}, (3, "about five")),
    "ratio": ("integer", {}, (3, 2.5)),
    "flag": ("boolean", {}, ("yes", "maybe")),
    "since": ("date", {}, ("2001-02-03", "long ago")),
    "amount": ("currency", {}, ("1 EUR", "2 USD")),
    "when": ("date", {}, ("2001-02-03T10:00:00Z", "2001-02-04T10:00:00Z")),
    "lines": ("string", {}, ("one\ntwo", "x")),
    # nobody has a value
    "unused": ("string", {}, (None, None)),
}


def definition(key, kind, of="contact", **more):
    return {"object": of, "key": key, "label": key.title(), "type": kind} | more


def road_runner(values=None):
    """Return the files of a source with two contacts that have every property."""
    values = values or PROPERTIES
    people = [
        rr_contact(
            f"ct_{number + 1}",
            "company",
            name=f"Company {number + 1}",
            **{f"custom.{key}": facts[2][number] for key, facts in values.items()},
        )
        for number in range(2)
    ]
    deal = {
        "id": "dl_1",
        "name": "Roof",
        "contact_id": "ct_1",
        "status": "open",
        "pipeline_id": "pl_1",
        "stage_id": "st_1",
        "created_at": DAY,
        "updated_at": LATER,
        "custom.budget": "12.50",
        "custom.access": "roof",
    }
    definitions = [
        definition(key, facts[0], **facts[1]) for key, facts in values.items()
    ]
    definitions += [
        definition("budget", "currency", "deal"),
        definition("crm:access", "enum", "deal", options=[{"value": "roof"}]),
        definition("tonnage", "number", "spaceship"),
    ]
    return lists(
        users=[
            {"id": "us_a", "name": "Ana", "email": "ana@practice.example"},
            {"id": "us_b", "name": "Ravi", "email": "ravi@practice.example"},
        ],
        pipelines=[{"id": "pl_1", "name": "Sales"}],
        stages=[{"id": "st_1", "pipeline_id": "pl_1", "name": "New", "position": 1}],
        property_definitions=definitions,
        contacts=people,
        deals=[deal],
    )


class CustomFieldsCase(MigrationCommon):
    def field(self, name, model="res.partner"):
        return self.env[model]._fields.get(f"x_custom_{name}")

    def item(self, name, model="res.partner", project=None):
        items = (project or self.project).schema_item_ids
        return items.filtered(lambda i: i.key == f"{model}.x_custom_{name}")

    def of(self, external_id, name, project=None, obj="contact"):
        record = self.target(project or self.project, obj, external_id)
        return record[f"x_custom_{name}"]

    def arch(self, view_type, model="res.partner"):
        arch = self.env[model].get_view(view_type=view_type)["arch"]
        return etree.fromstring(arch)

    def shown(self, view_type, model="res.partner"):
        return {node.get("name") for node in self.arch(view_type, model).iter("field")}


class TestDefinedFields(CustomFieldsCase):
    """The source says what its properties are; their values have the last word."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.migrated(road_runner(), preset="road_runner")

    def test_every_type_of_property_has_its_type_of_field(self):
        found = {
            key: self.field(key).type
            for key in PROPERTIES
            if self.field(key) is not None
        }
        self.assertEqual(
            found,
            {
                "code": "char",
                "story": "text",
                "profile": "html",
                "rooms": "integer",
                "size": "float",
                "price": "monetary",
                "member": "boolean",
                "built": "date",
                "seen": "datetime",
                "tier": "selection",
                "days": "many2many",
                "site": "char",
                "billing": "char",
                "hotline": "char",
                "user": "many2one",
                "friend": "char",
                "floors": "char",
                "ratio": "float",
                "flag": "char",
                "since": "char",
                "amount": "char",
                "when": "datetime",
                "lines": "text",
            },
        )

    def test_no_value_is_lost(self):
        expected = {
            "code": ("007", "12"),
            "rooms": (4, 7),
            "size": (81.5, 12.0),
            "price": (1200.5, 3.0),
            "member": (True, False),
            "tier": ("old", "platinum"),
            "site": ("https://a.example", "b.example"),
            "billing": ("a@b.example", "none"),
            "floors": ("3", "about five"),
            "ratio": (3.0, 2.5),
            "flag": ("yes", "maybe"),
            "since": ("2001-02-03", "long ago"),
            "amount": ("1 EUR", "2 USD"),
            "friend": ("us_a", "nobody"),
            "lines": ("one\ntwo", "x"),
        }
        found = {
            name: (self.of("ct_1", name), self.of("ct_2", name)) for name in expected
        }
        self.assertEqual(found, expected)
        self.assertEqual(str(self.of("ct_1", "built")), "2001-02-03")
        self.assertEqual(str(self.of("ct_1", "seen")), "2025-01-02 03:04:05")
        self.assertEqual(str(self.of("ct_1", "when")), "2001-02-03 10:00:00")
        self.assertIn("<b>you</b>", self.of("ct_1", "profile"))
        self.assertFalse(self.findings(self.project, "unreadable"))

    def test_a_pick_list_has_the_labels_of_the_source(self):
        self.assertEqual(
            self.field("tier").selection,
            [
                ("basic", "Basic"),
                ("gold", "Gold"),
                ("old", "Old"),
                ("platinum", "platinum"),
            ],
        )

    def test_what_is_not_among_the_options_is_told_as_evidence(self):
        reason = self.item("tier").reason
        line = self.line(self.project, "contact", "custom.tier")
        self.assertIn("“platinum”: they are added", line.reason)
        self.assertIn("For Contacts", reason)
        line = self.line(self.project, "contact", "custom.floors")
        self.assertIn("“about five”: text", line.reason)

    def test_several_values_are_records_of_a_model_of_their_own(self):
        field = self.field("days")
        self.assertEqual(field.comodel_name, "x_partner_custom_days_value")
        values = self.env[field.comodel_name].search([])
        self.assertEqual(values.mapped("x_name"), ["Monday", "Tuesday", "sun"])
        self.assertEqual(self.of("ct_1", "days").mapped("x_name"), ["Monday", "sun"])
        self.assertEqual(self.of("ct_2", "days").mapped("x_code"), ["mon", "tue"])

    def test_who_may_do_what_with_the_values(self):
        model = self.env["x_partner_custom_days_value"]
        boss = self.make_user("Boss", "boss@x.example", "sales_team.group_sale_manager")
        self.assertTrue(model.with_user(self.ana).has_access("read"))
        self.assertFalse(model.with_user(self.ana).has_access("write"))
        for user in (boss, self.manager):
            self.assertTrue(model.with_user(user).has_access("unlink"))

    def test_a_link_leads_to_the_record_that_was_loaded(self):
        self.assertEqual(self.of("ct_1", "user"), self.ana)
        self.assertEqual(self.of("ct_2", "user"), self.ravi)

    def test_an_amount_has_the_companys_currency(self):
        partner = self.target(self.project, "contact", "ct_1")
        self.assertEqual(partner.x_currency_id, self.company.currency_id)
        deal = self.target(self.project, "deal", "dl_1")
        self.assertEqual(deal.x_custom_budget, 12.5)
        field = self.env["crm.lead"]._fields["x_custom_budget"]
        self.assertEqual(field.currency_field, "company_currency")

    def test_label_help_and_unit_are_the_sources(self):
        field = self.env["ir.model.fields"]._get("res.partner", "x_custom_rooms")
        self.assertEqual(field.field_description, "Rooms")
        self.assertEqual(field.help, "All floors\nUnit: rooms.")

    def test_definitions_become_the_fields_they_describe(self):
        record = self.assertBucket(
            self.project, "property_definition", "contact|tier", "merged"
        )
        self.assertIn("“Tier” (x_custom_tier)", record.reason)
        link = self.link(self.project, "property_definition", "contact|tier")
        self.assertEqual(link.res_model, "ir.model.fields")
        self.assertBucket(
            self.project, "property_definition", "deal|crm:access", "merged"
        )

    def test_a_definition_without_field_says_why(self):
        for name, why in (
            ("contact|unused", "No record has a value"),
            ("spaceship|tonnage", "no record that is loaded has a value"),
        ):
            record = self.assertBucket(
                self.project, "property_definition", name, "excluded"
            )
            self.assertIn(why, record.reason)

    def test_the_books_balance(self):
        for line in self.project.reconciliation_line_ids:
            self.assertTrue(line.is_balanced, line.name)

    # -- where a person sees them

    def test_the_form_has_a_tab_with_the_groups_of_the_source(self):
        page = self.arch("form").find(".//page[@string='Migrated Data']")
        groups = {
            group.get("string"): {field.get("name") for field in group.iter("field")}
            for group in page.iter("group")
            if group.get("string")
        }
        self.assertEqual(
            groups, {"Site": {"x_custom_size"}, "Warranty": {"x_custom_tier"}}
        )
        widgets = {node.get("name"): node.get("widget") for node in page.iter("field")}
        self.assertEqual(widgets["x_custom_site"], "url")
        self.assertEqual(widgets["x_custom_billing"], "email")
        self.assertEqual(widgets["x_custom_hotline"], "phone")
        self.assertEqual(widgets["x_custom_days"], "many2many_tags")

    def test_lists_offer_the_fields_and_do_not_show_them_unasked(self):
        nodes = {
            n.get("name"): n.get("optional") for n in self.arch("list").iter("field")
        }
        self.assertEqual(nodes["x_custom_tier"], "hide")
        self.assertNotIn("x_custom_profile", nodes)
        self.assertIn("x_custom_budget", self.shown("list", "crm.lead"))

    def test_people_search_filter_and_group_by_the_fields(self):
        arch = self.arch("search")
        self.assertIn("x_custom_code", {n.get("name") for n in arch.iter("field")})
        filters = {n.get("name"): n for n in arch.iter("filter")}
        prefix = f"crm_migration_{self.project.id}"
        self.assertEqual(
            filters[f"{prefix}_x_custom_built"].get("date"), "x_custom_built"
        )
        self.assertIn("True", filters[f"{prefix}_x_custom_member"].get("domain"))
        self.assertIn(
            "x_custom_tier", filters[f"{prefix}_by_x_custom_tier"].get("context")
        )

    def test_the_plan_says_what_each_field_is_and_whom_it_serves(self):
        tier, days = self.item("tier"), self.item("days")
        self.assertEqual(tier.description, "Pick-List: Basic, Gold, Old, platinum")
        self.assertEqual(days.description, "Several of a List: Monday, Tuesday, sun")
        self.assertEqual(self.item("user").description, "Link to a Record: User")
        self.assertEqual(self.item("site").description, "Web Address")
        self.assertEqual((tier.model_label, tier.record_count), ("Contact", 2))
        self.assertEqual(tier.share, 1.0)
        self.assertFalse(self.item("unused"))

    # -- again

    def test_building_again_makes_nothing(self):
        before = self.env["ir.model.fields"].search_count([])
        views = self.env["ir.ui.view"].search_count([])
        self.apply_schema(self.project)
        self.assertEqual(self.env["ir.model.fields"].search_count([]), before)
        self.assertEqual(self.env["ir.ui.view"].search_count([]), views)

    def test_a_value_that_the_source_no_longer_has_is_emptied(self):
        values = PROPERTIES | {
            "tier": ("enum", {}, (None, "gold")),
            "days": ("multi_enum", {"options": DAYS}, ([], ["mon"])),
        }
        self.stage(self.project, road_runner(values), name="newer.zip")
        self.load(self.apply_schema(self.project))
        self.assertFalse(self.of("ct_1", "tier"))
        self.assertFalse(self.of("ct_1", "days"))

    def test_a_field_that_somebody_deleted_is_asked_for_again(self):
        ours = [("model", "=", "crm.lead"), ("name", "like", "crm_migration")]
        self.env["ir.ui.view"].search(ours).unlink()
        self.env["ir.model.fields"]._get("crm.lead", "x_custom_budget").unlink()
        with self.assertRaisesRegex(UserError, "Budget"):
            self.project.action_load(background=False)
        self.load(self.apply_schema(self.project))
        self.assertIn("x_custom_budget", self.env["crm.lead"]._fields)
        views = self.project.schema_item_ids.filtered(
            lambda i: i.kind == "view" and i.vals["model"] == "crm.lead"
        )
        # what a person has deleted from the screen does not come back by itself
        self.assertEqual(set(views.mapped("action")), {"skip"})


class TestNewOptions(CustomFieldsCase):
    """Options that come later change the registry: a class of their own."""

    def setUp(self):
        super().setUp()
        self.project = self.migrated(road_runner(), preset="road_runner")

    def test_a_new_value_is_planned_before_it_is_loaded(self):
        values = PROPERTIES | {
            "tier": ("enum", {"options": TIERS}, ("diamond", "gold")),
            "days": ("multi_enum", {"options": DAYS}, (["wed"], ["mon"])),
        }
        self.stage(self.project, road_runner(values), name="newer.zip")
        with self.assertRaisesRegex(UserError, "diamond"):
            self.project.action_load(background=False)
        self.load(self.apply_schema(self.project))
        self.assertEqual(self.of("ct_1", "tier"), "diamond")
        self.assertEqual(self.of("ct_1", "days").x_name, "wed")
        self.assertEqual(self.of("ct_2", "tier"), "gold")
        self.project.action_rollback(background=False)
        self.assertEqual(set(self.project.rollback_line_ids.mapped("state")), {"done"})
        self.assertIsNone(self.field("tier"))


class TestInferredFields(CustomFieldsCase):
    """Nothing is said of the properties: all values decide."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rows = [
            {
                "Client ID": f"C-{number}",
                "Full Name": f"Client {number}",
                "Likes": ("tea; cake", "tea", "cake; pie; tea", "pie", "cake", "tea")[
                    number % 6
                ],
                "Mood": ("good", "Bad")[number % 2],
                "Homepage": f"https://{number}.example",
                "Fee": f"$1,{number:03d}.50",
                "Euro Fee": f"{number} EUR",
                "Bio": "<p>Hello</p>",
                "Score": str(number),
                "Department": "A" if number % 2 else "B",
            }
            for number in range(8)
        ]
        organizations = table(
            {
                "Organization ID": "O-1",
                "Organization Name": "Acme",
                "Department": "12",
            }
        )
        cls.files = {"contacts.csv": table(*rows), "organizations.csv": organizations}
        cls.env.company.currency_id.symbol = "$"
        cls.project = cls.migrated(cls.files)

    def field(self, name, model="res.partner"):
        return self.env[model]._fields.get(f"x_{name}")

    def test_every_type_is_told_from_the_values(self):
        names = (
            "likes",
            "mood",
            "homepage",
            "fee",
            "euro_fee",
            "bio",
            "score",
            "department_contacts",
        )
        types = {name: self.field(name).type for name in names}
        self.assertEqual(
            types,
            {
                "likes": "many2many",
                "mood": "selection",
                "homepage": "char",
                "fee": "monetary",
                "euro_fee": "char",
                "bio": "html",
                "score": "integer",
                "department_contacts": "selection",
            },
        )
        contact = self.target(self.project, "contacts", "C-2")
        self.assertEqual(set(contact.x_likes.mapped("x_name")), {"cake", "pie", "tea"})
        self.assertEqual((contact.x_mood, contact.x_fee), ("good", 1002.5))
        self.assertEqual(
            self.field("mood").selection, [("Bad", "Bad"), ("good", "good")]
        )

    def test_a_name_of_another_type_is_not_shared(self):
        line = self.line(self.project, "organizations", "Department")
        other = self.line(self.project, "contacts", "Department")
        self.assertNotEqual(line.target_field, other.target_field)
        company = self.target(self.project, "organizations", "O-1")
        self.assertEqual(company[line.target_field], 12)

    def test_a_field_of_odoo_with_that_name_and_another_type_is_left_alone(self):
        self.env["ir.model.fields"].create(
            {
                "name": "x_shoe",
                "field_description": "Shoe",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "ttype": "boolean",
            }
        )
        rows = table({"Client ID": "C-1", "Full Name": "Cleo", "Shoe": "44"})
        project = self.staged({"contacts.csv": rows})
        line = self.line(project, "contacts", "Shoe")
        self.assertEqual(
            (line.fate, line.target_field), ("transformed", "x_shoe_contacts")
        )
        rows = table({"Client ID": "C-1", "Full Name": "Cleo", "Shoe": "yes"})
        line = self.line(self.staged({"contacts.csv": rows}), "contacts", "Shoe")
        self.assertEqual((line.fate, line.target_field), ("undecided", "x_shoe"))

    def test_names_are_stable_when_staged_again(self):
        names = self.project.mapping_line_ids.mapped("target_field")
        keys = set(self.project.schema_item_ids.mapped("key"))
        self.stage(self.project)
        self.project.action_plan_schema()
        self.assertEqual(self.project.mapping_line_ids.mapped("target_field"), names)
        self.assertEqual(set(self.project.schema_item_ids.mapped("key")), keys)

    def test_a_person_may_take_another_type(self):
        project = self.staged(self.files)
        line = self.line(project, "contacts", "Mood")
        line.write({"new_field_type": "char", "target_field": "x_temper"})
        self.assertEqual(line.transform, "text")
        self.load(self.apply_schema(self.confirm_all(project)))
        contact = self.target(project, "contacts", "C-1")
        self.assertEqual(contact.x_temper, "Bad")
        line.new_field_type = "many2one"
        with self.assertRaisesRegex(UserError, "not known which records"):
            line.action_confirm()

    def test_a_second_project_shares_the_fields(self):
        second = self.migrated(self.files)
        item = second.schema_item_ids.filtered(lambda i: i.key == "res.partner.x_mood")
        self.assertEqual(item.action, "reuse")
        self.assertEqual(self.target(second, "contacts", "C-1").x_mood, "Bad")
        titles = {page.get("string") for page in self.arch("form").iter("page")}
        self.assertLessEqual(
            {"Migrated Data", f"Migrated Data ({second.name})"}, titles
        )


class TestChangedViews(CustomFieldsCase):
    def test_a_view_that_does_not_fit_any_more_stops_nothing(self):
        form = self.env.ref("base.view_partner_form")
        view = self.env["ir.ui.view"].create(
            {
                "name": "Without tabs",
                "model": "res.partner",
                "inherit_id": form.id,
                "arch": '<xpath expr="//notebook" position="replace"><div/></xpath>',
                "priority": 98,
            }
        )
        self.assertTrue(view)
        files = {
            "contacts.csv": table({"Client ID": "C-1", "Full Name": "A", "Zoo": "Q"})
        }
        project = self.migrated(files)
        item = project.schema_item_ids.filtered(lambda i: i.key == "res.partner")
        self.assertEqual(item.state, "failed")
        self.assertTrue(item.error)
        self.assertEqual(self.target(project, "contacts", "C-1").x_zoo, "Q")
        self.assertIn("x_zoo", self.shown("list"))


class TestPracticeDefinitions(CustomFieldsCase):
    """The Practice lists its properties by label or key, options with a pipe."""

    def test_properties_are_known_by_their_label(self):
        rows = [
            {
                "Client ID": f"C-{number}",
                "Full Name": f"Client {number}",
                "Therapy Modality": modality,
                "Session Rate": rate,
                "Do Not Call": "yes",
            }
            for number, (modality, rate) in enumerate(
                [("CBT", "120"), ("cbt", "95.5"), ("EMDR", "")]
            )
        ]
        shared = {"Object": "Client", "Section": "Intake", "Archived": "No"}
        properties = table(
            shared
            | {
                "Key": "therapy_modality",
                "Label": "Therapy Modality",
                "Type": "dropdown",
                "Options": "CBT|ACT",
            },
            shared | {"Key": "session_rate", "Label": "Rate", "Type": "number"},
            shared | {"Key": "do_not_call", "Label": "No Calls", "Type": "checkbox"},
        )
        project = self.migrated(
            {"contacts.csv": table(*rows), "custom_properties.csv": properties}
        )
        fields = self.env["res.partner"]._fields
        self.assertEqual(
            fields["x_therapy_modality"].selection,
            [("CBT", "CBT"), ("ACT", "ACT"), ("EMDR", "EMDR")],
        )
        self.assertEqual(fields["x_session_rate"].type, "float")
        self.assertEqual(fields["x_session_rate"].string, "Rate")
        self.assertEqual(fields["x_do_not_call"].type, "boolean")
        found = [
            self.target(project, "contacts", f"C-{number}").x_therapy_modality
            for number in range(3)
        ]
        self.assertEqual(found, ["CBT", "CBT", "EMDR"])
        self.assertBucket(
            project, "custom_properties", "Client|therapy_modality", "merged"
        )


class TestLeftOut(CustomFieldsCase):
    def setUp(self):
        super().setUp()
        self.project = self.confirm_all(
            self.staged(road_runner(), preset="road_runner")
        )
        self.project.action_plan_schema()

    def test_a_field_that_is_left_out_drops_its_values_with_that_reason(self):
        line = self.line(self.project, "contact", "custom.days")
        self.item("days").with_user(self.manager).action = "skip"
        self.assertEqual(
            (line.fate, line.is_confirmed, line.reason),
            ("dropped", True, "Left out of the schema plan."),
        )
        self.load(self.apply_schema(self.project))
        self.assertIsNone(self.field("days"))
        self.assertNotIn("x_partner_custom_days_value", self.env)
        self.assertBucket(self.project, "contact", "ct_1", "created")
        record = self.assertBucket(
            self.project, "property_definition", "contact|days", "excluded"
        )
        self.assertIn("left out of the schema plan", record.reason)

    def test_a_field_may_be_taken_in_again(self):
        item = self.item("days").with_user(self.manager)
        item.action = "skip"
        item.action = "create"
        line = self.line(self.project, "contact", "custom.days")
        self.assertEqual((line.fate, line.is_confirmed), ("transformed", True))
        self.load(self.apply_schema(self.project))
        self.assertEqual(self.of("ct_1", "days").mapped("x_code"), ["mon", "sun"])

    def test_the_values_of_a_field_are_not_left_out_by_themselves(self):
        values = self.project.schema_item_ids.filtered(lambda i: i.kind == "model")
        with self.assertRaisesRegex(UserError, "Leave out the field"):
            values.with_user(self.manager).action = "skip"


class TestCustomFieldsRollback(CustomFieldsCase):
    def setUp(self):
        super().setUp()
        self.tables = self.schema()
        self.project = self.migrated(road_runner(), preset="road_runner")

    def schema(self):
        """Return everything that a schema consists of, table by table."""
        self.env.flush_all()
        found = {}
        for name, column in (
            ("ir_model", "model"),
            ("ir_model_fields", "model || '.' || name"),
            ("ir_model_access", "name"),
            ("ir_ui_view", "name"),
            ("ir_model_fields_selection", "id"),
        ):
            self.env.cr.execute(f"SELECT {column} FROM {name} ORDER BY 1")
            found[name] = self.env.cr.fetchall()
        self.env.cr.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = current_schema() ORDER BY 1, 2"
        )
        return found | {"columns": self.env.cr.fetchall()}

    def rollback(self):
        self.project.action_rollback(background=False)
        self.env.invalidate_all()

    def test_everything_goes_and_a_second_run_brings_it_back(self):
        self.rollback()
        self.assertEqual(set(self.project.rollback_line_ids.mapped("state")), {"done"})
        for name, rows in self.schema().items():
            self.assertEqual(rows, self.tables[name], name)
        self.assertNotIn("x_partner_custom_days_value", self.env)
        self.assertNotIn("x_custom_tier", self.shown("form"))
        self.load(self.apply_schema(self.project))
        self.assertEqual(self.of("ct_1", "days").mapped("x_code"), ["mon", "sun"])
        self.assertIn("x_custom_tier", self.shown("form"))

    def test_a_view_that_a_person_added_to_stays_with_its_fields(self):
        item = self.project.schema_item_ids.filtered(lambda i: i.key == "res.partner")
        view = self.env["ir.ui.view"].browse(item.res_id)
        view.arch = view.arch.replace(
            '<field name="x_custom_code"/>',
            '<field name="x_custom_code"/><field name="ref"/>',
        )
        self.assertIn('name="ref"', view.arch)
        self.rollback()
        self.assertTrue(view.exists())
        self.assertIn("x_custom_code", self.env["res.partner"]._fields)
        line = self.project.rollback_line_ids.filtered(
            lambda li: li.res_model == "ir.ui.view" and li.fate == "keep_referenced"
        )
        self.assertIn("ref", line.reason)

    def test_a_field_that_somebodys_view_shows_stays(self):
        self.env["ir.ui.view"].create(
            {
                "name": "My own list",
                "model": "res.partner",
                "arch": '<list><field name="x_custom_code"/></list>',
                "type": "list",
            }
        )
        self.rollback()
        partner = self.env["res.partner"]._fields
        self.assertIn("x_custom_code", partner)
        self.assertNotIn("x_custom_rooms", partner)
