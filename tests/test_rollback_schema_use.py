"""A custom field or model stays while a person's filter, export or code needs it."""

from .common import table
from .test_rollback import RollbackCommon

FILES = {
    "contacts.csv": table(
        {
            "Client ID": "C-1",
            "Full Name": "Client One",
            "Preferred Name": "One",
            "Status": "Active",
            "Date of Birth": "1980-01-02",
            "Referral Source": "Friend",
            "Pipeline Stage": "Lead",
            "Other E-mails": "one@other.example",
            "Created At": "2024-01-01",
        }
    ),
    "deals.csv": table(
        {
            "Deal ID": "D-1",
            "Deal Name": "Deal",
            "Client ID": "C-1",
            "Package": "Gold",
            "Stage": "New",
            "Created At": "2024-01-01",
        }
    ),
}


class TestSchemaUse(RollbackCommon):
    @classmethod
    def setUpClass(cls):
        super(RollbackCommon, cls).setUpClass()
        cls.project = cls.migrated(FILES)
        cls.a_day_passes()
        cls.partners = cls.env["ir.model"]._get("res.partner")
        cls.people_build()
        cls.env.flush_all()
        cls.undo()

    @classmethod
    def people_build(cls):
        env = cls.env
        env["ir.filters"].create(
            {
                "name": "Nicknames",
                "model_id": "res.partner",
                "domain": "[('x_preferred_name', '!=', False)]",
            }
        )
        env["ir.exports"].create(
            {
                "name": "Birthdays",
                "resource": "crm.lead",
                "export_fields": [(0, 0, {"name": "partner_id/x_date_of_birth"})],
            }
        )
        env["ir.actions.server"].create(
            {
                "name": "Thank the Friend",
                "model_id": cls.partners.id,
                "state": "code",
                "code": "record['comment'] = record.x_referral_source",
            }
        )
        env["ir.default"].set("res.partner", "x_client_status", "New")
        # the field of the same name of contacts is not meant
        env["ir.filters"].create(
            {
                "name": "Old Deals",
                "model_id": "crm.lead",
                "domain": "[('x_source_created_on', '<', '2020-01-01')]",
            }
        )
        env["mail.template"].create(
            {
                "name": "Your Package",
                "model_id": env["ir.model"]._get_id("crm.lead"),
                "body_html": "<p><t t-out='object.x_package'/></p>",
            }
        )

    def assertField(self, model, name, fate, reason=""):
        self.assertFate("schema:field", f"{model}.{name}", fate, reason)
        self.assertEqual(
            bool(self.env["ir.model.fields"]._get(model, name)), fate != "delete"
        )

    def test_a_saved_filter_keeps_its_field(self):
        self.assertField(
            "res.partner", "x_preferred_name", "keep_referenced", "“Nicknames” uses it."
        )

    def test_an_export_keeps_the_field_at_the_end_of_its_path(self):
        self.assertField(
            "res.partner", "x_date_of_birth", "keep_referenced", "“Birthdays” uses it."
        )

    def test_the_code_of_a_server_action_keeps_its_field(self):
        self.assertField(
            "res.partner", "x_referral_source", "keep_referenced", "Thank the Friend"
        )

    def test_a_template_keeps_its_field(self):
        self.assertField("crm.lead", "x_package", "keep_referenced", "Your Package")

    def test_a_default_value_keeps_its_field(self):
        self.assertField(
            "res.partner", "x_client_status", "keep_referenced", "refers to it."
        )
        self.assertEqual(
            self.env["ir.default"]._get("res.partner", "x_client_status"), "New"
        )

    def test_a_field_of_the_same_name_elsewhere_is_not_meant(self):
        self.assertField("crm.lead", "x_source_created_on", "keep_referenced", "Old")
        self.assertField("res.partner", "x_source_created_on", "delete")

    def test_what_nobody_uses_is_gone(self):
        self.assertField("res.partner", "x_pipeline_stage", "delete")
        self.assertFate("contacts", "C-1", "delete")
        self.assertFate("deals", "D-1", "delete")
