from odoo.addons.crm_migration.engine.schema.build import SchemaBuilder

from .common import MigrationCommon

VALUES = "x_partner_days_value"
FIELDS = (
    ("x_make_char", "char", {"help": "What it is for"}),
    ("x_make_html", "html", {}),
    ("x_make_tier", "selection", {"selection": [["b", "Best"], ["a", "Good"]]}),
    ("x_make_currency_id", "many2one", {"relation": "res.currency"}),
    ("x_make_price", "monetary", {"currency_field": "x_make_currency_id"}),
    (
        "x_make_days",
        "many2many",
        {
            "relation": VALUES,
            "relation_table": "x_partner_days_value_rel",
            "column1": "record_id",
            "column2": "value_id",
        },
    ),
)


class TestSchemaMake(MigrationCommon):
    """Fields and models from the bare description in the plan's items."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.make_project({}).sudo()
        cls.item("model", VALUES, "Days", model=VALUES, label="Days", **cls.model())
        for name, ttype, more in FIELDS:
            vals = {"model": "res.partner", "name": name, "ttype": ttype}
            cls.item("field", f"res.partner.{name}", name.title(), **vals, **more)
        cls.item(
            "field",
            f"{VALUES}.x_partner_id",
            "Somebody",
            model=VALUES,
            name="x_partner_id",
            ttype="many2one",
            relation="res.partner",
        )
        cls.builder = SchemaBuilder(cls.project)
        cls.builder.build()

    @staticmethod
    def model():
        return {
            "fields": [{"name": "x_code", "ttype": "char", "label": "Code"}],
            "access": [
                ["base.group_user", "r"],
                ["crm_migration.group_crm_migration_manager", "rwcd"],
            ],
            "records": [{"x_name": "Monday", "x_code": "mon"}, {"x_name": "Friday"}],
        }

    @classmethod
    def item(cls, kind, key, label, /, **vals):
        return cls.env["migration.schema.item"].create(
            {
                "project_id": cls.project.id,
                "kind": kind,
                "key": key,
                "name": label,
                "sequence": {"model": 40, "field": 50}[kind],
                "is_confirmed": True,
                "vals": {"label": label} | vals,
            }
        )

    def counts(self):
        models = ("ir.model", "ir.model.fields", "ir.model.access")
        return [self.env[model].search_count([]) for model in models]

    def test_fields_have_the_type_that_the_plan_says(self):
        fields = self.env["res.partner"]._fields
        self.assertEqual(
            [fields[name].type for name, _ttype, _more in FIELDS],
            [ttype for _name, ttype, _more in FIELDS],
        )
        self.assertEqual(fields["x_make_char"].help, "What it is for")
        self.assertEqual(
            fields["x_make_tier"].selection, [("b", "Best"), ("a", "Good")]
        )
        self.assertEqual(fields["x_make_days"].relation, "x_partner_days_value_rel")

    def test_a_value_of_each_type_can_be_written(self):
        days = self.env[VALUES].search([])
        self.assertEqual(days.mapped("x_name"), ["Monday", "Friday"])
        self.assertEqual(days.mapped("display_name"), ["Monday", "Friday"])
        partner = self.env["res.partner"].create(
            {
                "name": "Somebody",
                "x_make_tier": "a",
                "x_make_currency_id": self.company.currency_id.id,
                "x_make_price": 12.5,
                "x_make_days": [(6, 0, days.ids)],
            }
        )
        days[0].x_partner_id = partner
        self.env.invalidate_all()
        self.assertEqual(partner.x_make_days, days)
        self.assertEqual(days[0].x_partner_id, partner)
        self.assertEqual((partner.x_make_tier, partner.x_make_price), ("a", 12.5))

    def test_everybody_reads_a_custom_model_and_the_manager_writes_it(self):
        model = self.env[VALUES]
        self.assertTrue(model.with_user(self.ana).has_access("read"))
        self.assertFalse(model.with_user(self.ana).has_access("write"))
        self.assertTrue(model.with_user(self.manager).has_access("create"))

    def test_building_again_makes_nothing(self):
        before = self.counts()
        self.builder.build()
        self.assertEqual(self.counts(), before)
        states = set(self.project.schema_item_ids.mapped("state"))
        self.assertEqual(states, {"done"})

    def test_a_rollback_takes_fields_model_rights_and_table(self):
        self.project.with_user(self.manager).action_rollback(background=False)
        lines = self.project.rollback_line_ids
        self.assertEqual(set(lines.mapped("state")), {"done"})
        self.assertNotIn(VALUES, self.env)
        self.assertFalse(
            self.env["ir.model.fields"].search([("name", "=like", "x\\_make\\_%")])
        )
        self.assertFalse(
            self.env["ir.model.access"].search([("name", "=like", f"{VALUES}%")])
        )
        self.env.cr.execute(
            "SELECT 1 FROM pg_class WHERE relname = ANY(%s)",
            [[VALUES, "x_partner_days_value_rel"]],
        )
        self.assertFalse(self.env.cr.fetchall())

    def test_a_field_and_its_model_stay_while_a_record_has_a_value(self):
        partner = self.env["res.partner"].create({"name": "Somebody"})
        partner.x_make_days = self.env[VALUES].search([], limit=1)
        self.a_day_passes()
        self.env.cr.execute(
            "UPDATE res_partner SET create_date = now() WHERE id = %s", [partner.id]
        )
        self.project.with_user(self.manager).action_rollback(background=False)
        self.env.invalidate_all()
        self.assertEqual(partner.x_make_days.x_name, "Monday")
        self.assertNotIn("x_make_tier", self.env["res.partner"]._fields)
        kept = self.project.rollback_line_ids.filtered(lambda li: li.fate != "delete")
        self.assertEqual(
            {line.external_id: line.reason for line in kept},
            {
                "res.partner.x_make_days": "Records that stay have a value in it.",
                VALUES: "The field X_Make_Days (Contact) refers to it.",
            },
        )
