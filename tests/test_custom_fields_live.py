from .live_case import LiveCase


class TestRoadRunnerProperties(LiveCase):
    """Properties of the sample source, read over HTTP with their definitions."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.migrate(cls.connect())
        cls.world = cls.sources.world.stores["road_runner"]

    def fields(self, model):
        """Return ``{label of the source: field}`` of the properties of a model."""
        items = self.project.schema_item_ids.filtered(
            lambda item: item.kind == "field" and item.vals.get("definitions")
        )
        return {
            item.name: self.env[model]._fields[item.vals["name"]]
            for item in items
            if item.vals["model"] == model
        }

    def test_each_type_of_the_source_has_its_type_of_field(self):
        found = self.fields("res.partner")
        types = {label: found[label].type for label in found}
        self.assertEqual(types["Area"], "integer")
        self.assertEqual(types["Visit days"], "many2many")
        self.assertEqual(types["Gate code"], "char")
        self.assertEqual(types["Größe"], "float")
        self.assertEqual(types["Condition"], "text")
        self.assertEqual(types["Account code"], "char")
        self.assertEqual(self.fields("crm.lead")["Roof access"].type, "boolean")
        self.assertFalse(
            self.findings(self.project, "unreadable", field="custom.sq_ft")
        )

    def test_every_contact_has_the_days_that_the_source_says(self):
        name = self.fields("res.partner")["Visit days"].name
        checked = 0
        for record in self.world.listing("contact"):
            days = record["custom_properties"].get("visit_days")
            partner = self.target(self.project, "contact", record["id"])
            if not days or not partner or partner._name != "res.partner":
                continue
            wanted = days.split(";") if isinstance(days, str) else days
            self.assertEqual(set(partner[name].mapped("x_code")), set(wanted))
            checked += 1
        self.assertGreater(checked, 50)

    def test_an_option_that_the_definition_lists_no_more_is_kept(self):
        lines = self.project._object("contact").mapping_line_ids
        tiers = lines.filtered(
            lambda line: (
                line.source_field.endswith("warranty_tier")
                and line.new_field_type == "selection"
            )
        )
        options = {
            value
            for line in tiers
            for value, _label in self.env["res.partner"]
            ._fields[line.target_field]
            .selection
        }
        self.assertLessEqual({"gold", "silver", "basic", "platinum"}, options)

    def test_definitions_are_accounted_for(self):
        book = self.book(self.project, "Property definitions")
        self.assertTrue(book.is_balanced)
        self.assertGreater(book.merged_count, 5)
        self.assertFalse(book.failed_count)


class TestFastTrackFields(LiveCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.migrate(cls.connect("fasttrack", "fasttrack_relay"))

    def field(self, key, name="contact"):
        line = self.line(self.project, name, f"custom.{key}")
        model = line.object_id._target_model()
        return self.env[model]._fields[line.target_field]

    def test_each_type_of_the_source_has_its_type_of_field(self):
        self.assertEqual(self.field("segment").type, "selection")
        self.assertIn(("A", "Option A"), self.field("segment").selection)
        self.assertIn("Z", dict(self.field("segment").selection))
        self.assertEqual(self.field("score_card").type, "many2many")
        self.assertEqual(self.field("tier", "company").type, "selection")
        self.assertEqual(self.field("contract_months", "deal").type, "integer")
        self.assertEqual(self.field("not_in_the_definitions").type, "char")

    def test_lists_in_any_writing_are_the_same_values(self):
        values = self.env[self.field("score_card").comodel_name].search([])
        self.assertEqual(
            set(values.mapped("x_code")) - {"z"}, {"x", "y"}, values.mapped("x_code")
        )
        self.assertEqual(
            set(values.mapped("x_name")) - {"Option z"}, {"Option x", "Option y"}
        )

    def test_definitions_are_accounted_for(self):
        book = self.book(self.project, "Custom fields")
        self.assertTrue(book.is_balanced)
        self.assertFalse(book.failed_count)
