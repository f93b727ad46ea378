from odoo.exceptions import AccessError
from odoo.fields import Command

from .live_case import LiveCase


class TestAnotherCompany(LiveCase):
    """A project of a second company, run by somebody who works in both."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.euro = cls.env.ref("base.EUR")
        cls.euro.active = True
        cls.north = cls.env["res.company"].create(
            {"name": "North", "currency_id": cls.euro.id}
        )
        cls.env["res.currency.rate"].create(
            {
                "name": "2000-01-01",
                "currency_id": cls.env.ref("base.USD").id,
                "rate": 2,
                "company_id": cls.north.id,
            }
        )
        both = [Command.set([cls.company.id, cls.north.id])]
        cls.manager.company_ids = both
        cls.fay = cls.make_user(
            "Fay North",
            "north@practice.example",
            company_id=cls.north.id,
            company_ids=[Command.set(cls.north.ids)],
        )
        cls.store = cls.sources.world.road_runner
        people = [
            record
            for record in cls.store.tables["contact"].values()
            if record["type"] == "contact" and record["status"] == "active"
        ]
        cls.twin, cls.shared = (
            cls.env["res.partner"].create(
                {
                    "name": source["name"],
                    "email": source["email"],
                    "company_id": company,
                }
            )
            for source, company in zip(people, (cls.company.id, False), strict=False)
        )
        cls.project = cls.connect(
            company_id=cls.north.id, fallback_user_id=cls.fay.id, name="North"
        )
        cls.stage(cls.project)
        cls.load(cls.apply_schema(cls.confirm_all(cls.project)))
        cls.made = {}
        for link in cls.env["migration.crosswalk"].search(
            [("project_id", "=", cls.project.id), ("origin", "=", "created")]
        ):
            cls.made.setdefault(link.res_model, []).append(link.res_id)

    def records(self, model):
        return self.env[model].with_context(active_test=False).browse(self.made[model])

    def test_every_record_belongs_to_the_company_of_the_project(self):
        seen = set()
        for model in self.made:
            if "company_id" in self.env[model]._fields and self.env[model]._auto:
                seen.add(model)
                companies = self.records(model).exists().company_id
                self.assertEqual(companies, self.north, model)
        wanted = {"res.partner", "crm.lead", "crm.team", "project.task"}
        self.assertLessEqual(wanted | {"maintenance.equipment"}, seen)

    def test_nothing_refers_to_a_record_of_the_other_company(self):
        for model in self.made:
            if not model.startswith("ir."):
                self.records(model).exists()._check_company()

    def test_amounts_are_in_the_currency_of_the_company(self):
        leads = self.records("crm.lead")
        self.assertEqual(leads.company_currency, self.euro)
        self.assertTrue(any(leads.mapped("expected_revenue")))

    def test_a_contact_of_the_other_company_is_not_taken_for_one_of_this(self):
        links = self.env["migration.crosswalk"].search(
            [("project_id", "=", self.project.id), ("res_model", "=", "res.partner")]
        )
        self.assertNotIn(self.twin.id, links.mapped("res_id"))
        self.assertIn(self.shared.id, links.mapped("res_id"))
        self.assertEqual(self.twin.write_date, self.twin.create_date)

    def test_colleagues_of_the_other_company_see_none_of_it(self):
        for model in ("res.partner", "crm.lead"):
            records = self.records(model).with_user(self.ana)
            found = records.search([("id", "in", records.ids)])
            self.assertFalse(found, model)
            with self.assertRaises(AccessError):
                records[0].read(["name"])
        found = self.records("crm.lead").with_user(self.fay).exists()
        self.assertTrue(found.search_count([("id", "in", found.ids)]))

    def test_the_books_balance(self):
        lines = self.project.reconciliation_line_ids
        self.assertTrue(lines)
        self.assertFalse(
            lines.filtered(lambda line: line.kind == "side_effect" and line.found_count)
        )
