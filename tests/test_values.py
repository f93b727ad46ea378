from datetime import date

from odoo.addons.crm_migration.engine.map.languages import Languages
from odoo.addons.crm_migration.engine.map.places import Places
from odoo.addons.crm_migration.tools.money import split_money

from .common import MigrationCommon, table

STAGES = table({"Pipeline": "Sales", "Stage": "Open", "Order": "1"})


def deals(*rows):
    """Return a deals table; each row gives what differs."""
    shared = {"Pipeline": "Sales", "Stage": "Open", "Status": "Open"}
    return table(
        *(
            {"Deal ID": f"D-{n}", "Deal Name": f"Deal {n}"} | shared | row
            for n, row in enumerate(rows, start=1)
        )
    )


class TestPlaces(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.places = Places(cls.env)

    def country(self, text):
        return self.places.code(self.places.country(text))

    def state(self, text, country=None):
        country_id = self.places.country(country) if country else None
        found = self.places.state(text, country_id)
        state = self.env["res.country.state"].browse(found)
        # Odoo writes some codes with their country, DE-BY, and others without
        code = state.code.rpartition("-")[2] if found else None
        return f"{state.country_id.code}-{code}" if found else None

    def test_a_country_is_known_by_codes_and_names_in_many_languages(self):
        for code, texts in {
            "US": [
                "us",
                "USA",
                "U.S.A.",
                "U.S.",
                "United States of America",
                "America",
            ],
            "DE": ["Deutschland", "Allemagne", "Alemania", "DEU", "germany "],
            "GB": ["U.K.", "uk", "Great Britain", "England", "Royaume-Uni"],
            "NL": ["The Netherlands", "Holland", "Pays-Bas"],
            "ES": ["España", "espana", "Spagna"],
            "AT": ["Österreich", "Austria"],
            "JP": ["日本", "Japón"],
            "CZ": ["Czech Republic", "Česko", "Czechia"],
            "CI": ["Côte d’Ivoire", "Ivory Coast"],
            "BA": ["Bosnia and Herzegovina", "Bosnia & Herzegovina"],
        }.items():
            for text in texts:
                self.assertEqual(self.country(text), code, text)
        self.assertEqual(self.country("Estados Unidos"), "US")

    def test_what_is_no_country_is_not_guessed(self):
        for text in ("", "Congo-ish", "Guinea Bissau Conakry", "Europe", "n/a", "U"):
            self.assertEqual(self.country(text), "", text)

    def test_a_state_is_known_by_code_and_names_within_its_country(self):
        for expected, country, texts in (
            ("US-NY", "US", ["NY", "N.Y.", "ny", "New York", "US-NY", "New York (US)"]),
            ("DE-BY", "Germany", ["Bavaria", "Bayern", "BY", "Baviera"]),
            ("US-DC", "USA", ["D.C.", "Washington DC", "DC"]),
            ("CA-QC", "Canada", ["Québec", "quebec", "QC"]),
        ):
            for text in texts:
                self.assertEqual(self.state(text, country), expected, text)

    def test_a_state_of_another_country_is_none(self):
        self.assertIsNone(self.state("Bayern", "US"))
        self.assertIsNone(self.state("Narnia", "US"))

    def test_without_a_country_only_a_state_of_its_own_name_is_taken(self):
        self.assertEqual(self.state("California"), "US-CA")
        self.assertEqual(self.state("US-NY"), "US-NY")
        self.env["res.country.state"].create(
            {
                "name": "California",
                "code": "XC",
                "country_id": self.env.ref("base.mx").id,
            }
        )
        self.places = Places(self.env)
        self.assertIsNone(self.state("California"))
        self.assertEqual(self.state("California", "US"), "US-CA")


class TestMoney(MigrationCommon):
    def test_an_amount_and_its_currency_are_told_apart(self):
        for value, expected in (
            ("$1,234.50", (1234.5, "$")),
            ("1.234,50 €", (1234.5, "EUR")),
            ("US$ 20", (20.0, "USD")),
            ("CHF 1'000.00", (1000.0, "CHF")),
            ("12 kr", (12.0, "KR")),
            (12, (12.0, "")),
            ("-5", (-5.0, "")),
            ("", (None, "")),
            (None, (None, "")),
            ({"amount": "12,500.00", "currency": "eur"}, (12500.0, "EUR")),
            ({"amount_micros": 1500000, "currencyCode": "GBP"}, (1.5, "GBP")),
            ({"cents": 250, "currency": {"code": "USD"}}, (2.5, "USD")),
            ('{"value": 3, "currency": "USD"}', (3.0, "USD")),
        ):
            self.assertEqual(split_money(value), expected, value)

    def test_what_is_no_amount_is_refused(self):
        for value in ("a lot", {"currency": "EUR"}, "12 or 13"):
            with self.assertRaises(ValueError):
                split_money(value)


class TestCurrencies(MigrationCommon):
    """Amounts in another currency, by both rules of the project."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        own = cls.company.currency_id
        cls.other = cls.env.ref("base.EUR" if own.name != "EUR" else "base.USD")
        cls.other.active = True
        cls.other.rate_ids.unlink()
        cls.env["res.currency.rate"].create(
            {
                "currency_id": cls.other.id,
                "name": "2024-01-01",
                "rate": 0.5,
                "company_id": cls.company.id,
            }
        )
        sign = {"EUR": "€", "USD": "US$"}[cls.other.name]
        cls.files = {
            "pipeline_stages.csv": STAGES,
            "deals.csv": deals(
                {"Value": "100", "Currency": own.name},
                {
                    "Value": "100",
                    "Currency": cls.other.name,
                    "Close Date": "2024-06-01",
                },
                {"Value": "100", "Currency": "XAF"},
                {"Value": f"{sign} 1,000.50"},
                {"Value": f"{sign} 10", "Currency": own.name},
                {"Value": "7"},
            ),
        }

    def test_amounts_are_converted_and_without_a_rate_the_deal_fails(self):
        project = self.migrated(self.files)
        amounts = {
            n: self.target(project, "deals", f"D-{n}").expected_revenue
            for n in (1, 2, 4, 5, 6)
        }
        self.assertEqual(amounts, {1: 100, 2: 200, 4: 2001, 5: 10, 6: 7})
        record = self.assertBucket(project, "deals", "D-3", "failed", "unmappable")
        self.assertIn("XAF", record.reason)
        self.assertFalse(
            project.schema_item_ids.filtered(
                lambda item: item.key == "crm.lead.x_source_amount"
            )
        )

    def test_a_sign_that_contradicts_its_currency_is_a_finding(self):
        project = self.migrated(self.files)
        self.assertTrue(self.findings(project, "unclear", external_id="D-5"))
        self.assertFalse(self.findings(project, "unclear", external_id="D-4"))

    def test_a_currency_without_a_rate_is_found_before_the_load(self):
        project = self.staged(self.files)
        found = self.findings(project, "unresolved_value", field="Currency")
        self.assertEqual(found.mapped("value"), ["XAF"])
        self.assertIn("will fail", found.message)

    def test_what_the_source_says_is_kept_by_the_other_rule(self):
        project = self.migrated(self.files, currency_rule="keep")
        deal = self.target(project, "deals", "D-2")
        self.assertEqual(deal.expected_revenue, 200)
        self.assertEqual(deal.x_source_amount, 100)
        self.assertEqual(deal.x_source_currency, self.other.name)
        self.assertEqual(deal.x_source_rate_date, date(2024, 6, 1))
        own = self.target(project, "deals", "D-1")
        self.assertEqual((own.expected_revenue, own.x_source_amount), (100, 100))
        self.assertFalse(own.x_source_rate_date)
        self.assertTrue(project.is_balanced)

    def test_without_a_rate_the_kept_amount_is_in_no_sum(self):
        project = self.migrated(self.files, currency_rule="keep")
        deal = self.target(project, "deals", "D-3")
        self.assertEqual((deal.expected_revenue, deal.x_source_amount), (0, 100))
        self.assertEqual(deal.x_source_currency, "XAF")
        self.assertTrue(self.findings(project, "no_rate", external_id="D-3"))

    def test_amounts_without_a_currency_are_in_that_of_the_source(self):
        project = self.migrated(self.files, source_currency_id=self.other.id)
        self.assertEqual(self.target(project, "deals", "D-6").expected_revenue, 14)

    def test_the_kept_fields_go_with_the_rollback(self):
        project = self.migrated(self.files, currency_rule="keep")
        project.action_rollback(background=False)
        self.env.invalidate_all()
        self.assertFalse(
            self.env["ir.model.fields"]._get("crm.lead", "x_source_amount")
        )


class TestValues(MigrationCommon):
    """Places, numbers, languages and percentages from the file to the record."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        rows = [
            {"State": "Bayern", "Country": "Deutschland", "Phone": "030 901820"},
            {"State": "NY", "Country": "", "Phone": "(212) 555-0123"},
            {"State": "Mordor", "Country": "Middle-earth", "Phone": "ask Sam"},
            {"State": "Bayern", "Country": "USA", "Phone": "+44 20 79460958"},
            {"Country": "France", "Mobile": "06 12 34 56 78"},
            {"Country": "France", "Mobile": "06 12 34 56 78", "Phone": "0142685300"},
        ]
        cls.files = {
            "pipeline_stages.csv": STAGES,
            "contacts.csv": table(
                *(
                    {"Client ID": f"C-{n}", "Full Name": f"Person {n}"} | row
                    for n, row in enumerate(rows, start=1)
                )
            ),
            "deals.csv": deals(
                {"Probability": "0.4", "Close Date": "2024-06-01"},
                {"Probability": "1"},
            ),
        }
        cls.project = cls.migrated(cls.files)

    def contact(self, number):
        return self.target(self.project, "contacts", f"C-{number}")

    def test_places_are_found_in_any_usual_spelling(self):
        contact = self.contact(1)
        self.assertEqual(contact.country_id.code, "DE")
        self.assertEqual(contact.state_id, self.env.ref("base.state_de_by"))

    def test_a_state_says_its_country(self):
        contact = self.contact(2)
        self.assertEqual((contact.state_id.code, contact.country_id.code), ("NY", "US"))

    def test_the_text_of_a_place_that_odoo_does_not_know_is_kept(self):
        contact = self.contact(3)
        self.assertFalse(contact.country_id or contact.state_id)
        self.assertEqual(contact.x_country_as_written, "Middle-earth")
        self.assertEqual(contact.x_state_as_written, "Mordor")
        self.assertTrue(self.findings(self.project, "unplaced", external_id="C-3"))
        self.assertEqual(self.contact(4).x_state_as_written, "Bayern")

    def test_unknown_places_are_found_before_the_load(self):
        found = self.findings(self.project, "unresolved_value")
        self.assertEqual(
            {(f.field, f.value, f.line) for f in found},
            {
                ("Country", "Middle-earth", 4),
                ("State", "Mordor", 4),
                ("State", "Bayern", 5),
            },
        )

    def test_the_text_has_a_field_only_where_it_is_needed(self):
        text = table({"Client ID": "C-1", "Full Name": "A", "Country": "France"})
        project = self.confirm_all(self.staged({"contacts.csv": text}))
        project.action_plan_schema()
        self.assertFalse(
            project.schema_item_ids.filtered(lambda i: "as_written" in i.key)
        )

    def test_a_phone_number_is_written_with_its_country(self):
        self.assertEqual(self.contact(1).phone, "+49 30 901820")
        self.assertEqual(self.contact(4).phone, "+44 20 7946 0958")

    def test_a_number_that_is_none_in_its_country_stays_as_it_is(self):
        self.assertEqual(self.contact(3).phone, "ask Sam")

    def test_a_second_number_has_a_field_of_its_own(self):
        only, both = self.contact(5), self.contact(6)
        self.assertEqual((only.phone, only.x_mobile), ("+33 6 12 34 56 78",) * 2)
        self.assertEqual(both.phone, "+33 1 42 68 53 00")
        self.assertEqual(both.x_mobile, "+33 6 12 34 56 78")
        line = self.line(self.project, "contacts", "Mobile")
        self.assertIn("one phone", line.reason)

    def test_shares_of_one_are_seen_by_their_values(self):
        self.assertEqual(self.target(self.project, "deals", "D-1").probability, 40)
        line = self.line(self.project, "deals", "Probability")
        self.assertEqual(line.transform, "share")
        self.assertIn("0.4 is read as 40 %", line.reason)

    def test_percentages_stay_percentages(self):
        for values in (("0.4", "40"), ("0.5%", "1%"), ("1", "0")):
            files = {"pipeline_stages.csv": STAGES}
            files["deals.csv"] = deals(*({"Probability": v} for v in values))
            line = self.line(self.staged(files), "deals", "Probability")
            self.assertEqual(line.transform, "percent", values)


class TestLanguagesAndCampaigns(MigrationCommon):
    """What FastTrack says beside names and amounts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.project = cls.migrated(
            {
                "contacts.csv": table(
                    {"id": "1", "full_name": "Fay", "language": "fr-FR"},
                    {"id": "2", "full_name": "Ines", "language": "Français"},
                    {"id": "3", "full_name": "Kim", "language": "tlh"},
                    {"id": "4", "full_name": "Lee", "language": ""},
                ),
                "leads.csv": table(
                    {
                        "id": "1",
                        "title": "Fair",
                        "campaign": "Q4 Launch",
                        "source": "Ad",
                    },
                    {"id": "2", "title": "Fair 2", "campaign": "q4 launch "},
                ),
            },
            preset="fasttrack",
        )

    def got(self, name, external_id):
        return self.target(self.project, name, external_id)

    def test_a_language_that_is_installed_is_the_contacts(self):
        self.assertEqual(self.got("contact", "1").lang, "fr_FR")
        self.assertEqual(self.got("contact", "2").lang, "fr_FR")
        self.assertEqual(self.got("contact", "4").lang, self.project._partner_lang())

    def test_a_language_that_is_not_is_kept_as_text(self):
        contact = self.got("contact", "3")
        self.assertEqual(contact.lang, self.project._partner_lang())
        self.assertEqual(contact.x_language, "tlh")
        found = self.findings(self.project, "unresolved_value", field="language")
        self.assertEqual(found.value, "tlh")

    def test_one_of_several_languages_of_a_kind_is_not_guessed(self):
        self.env["res.lang"]._activate_lang("es_MX")
        self.env["res.lang"]._activate_lang("es_AR")
        languages = Languages(self.env)
        self.assertIsNone(languages.find("Spanish"))
        self.assertEqual(languages.find("es-MX"), "es_MX")
        self.env["res.lang"]._activate_lang("es_ES")
        self.assertEqual(Languages(self.env).find("Español"), "es_ES")

    def test_a_campaign_is_made_once_and_goes_with_the_rollback(self):
        lead, other = self.got("lead", "1"), self.got("lead", "2")
        self.assertEqual(lead.campaign_id.title, "Q4 Launch")
        self.assertEqual(lead.campaign_id, other.campaign_id)
        self.assertEqual(lead.source_id.name, "Ad")
        campaign = lead.campaign_id
        self.project.action_rollback(background=False)
        self.assertFalse(campaign.exists())

    def test_a_field_of_their_own_may_be_the_medium(self):
        files = {
            "deals.csv": table(
                {"id": "1", "name": "D", "stage": "New", "utm_medium": "Banner"}
            )
        }
        project = self.staged(files, preset="fasttrack")
        line = self.line(project, "deal", "utm_medium")
        line.write(
            {"fate": "transformed", "target_field": "medium_id", "transform": "medium"}
        )
        self.migrate_on(project)
        self.assertEqual(self.target(project, "deal", "1").medium_id.name, "Banner")

    def migrate_on(self, project):
        return self.load(self.apply_schema(self.confirm_all(project)))
