import json

from odoo.exceptions import UserError

from .common import MigrationCommon, table

#: ten clear dates and one that only fits when month and day are swapped
CLEAR = ["01/13/2024"] * 10
SWAPPABLE = ["01/02/2024", "03/04/2024"]


def contacts(*rows, **shared):
    """Return a contacts table; every row gets an id and a name."""
    return table(
        *(
            {"Client ID": f"C-{number}", "Full Name": f"Client {number}"} | shared | row
            for number, row in enumerate(rows, start=1)
        )
    )


def born(dates):
    """Return a contacts table with one date of birth a row."""
    return contacts(*({"Date of Birth": text} for text in dates))


class TestProfile(MigrationCommon):
    def profiled(self, text, **files):
        return self.staged({"contacts.csv": text} | files)

    def test_a_line_says_what_its_field_holds(self):
        project = self.profiled(contacts({"City": "Rome"}, {"City": "Oslo"}, {}, {}))
        line = self.line(project, "contacts", "City")
        self.assertEqual((line.fill_rate, line.distinct_count), (0.5, 2))
        self.assertEqual(line.samples, "Rome · Oslo")
        self.assertIn("free text", line.evidence)
        self.assertEqual((line.target_field, line.confidence), ("city", 100))

    def test_every_field_of_the_source_has_one_line(self):
        project = self.profiled(contacts({"City": "Rome", "Shoe Size": "44"}))
        self.assertEqual(
            project.mapping_line_ids.mapped("source_field"),
            ["Client ID", "Full Name", "City", "Shoe Size"],
        )
        self.assertFalse(any(project.mapping_line_ids.mapped("is_confirmed")))

    # -- dates

    def test_dates_that_can_be_read_in_two_ways_block_until_chosen(self):
        project = self.profiled(born(SWAPPABLE))
        line = self.line(project, "contacts", "Date of Birth")
        self.assertFalse(line.date_format)
        self.assertEqual(line.date_candidates, "%m/%d/%Y, %d/%m/%Y")
        finding = self.findings(project, "ambiguous_date")
        self.assertEqual(
            (finding.file, finding.field, finding.value),
            ("contacts.csv", "Date of Birth", "01/02/2024"),
        )
        project.action_confirm_map()
        self.assertFalse(line.is_confirmed)
        with self.assertRaisesRegex(UserError, "Choose one"):
            line.action_confirm()
        line.date_format = "%d/%m/%Y"
        line.action_confirm()
        self.assertTrue(line.is_confirmed)

    def test_the_order_of_dates_in_the_manifest_decides(self):
        for order, expected in (("MDY", "%m/%d/%Y"), ("DMY", "%d/%m/%Y")):
            manifest = json.dumps({"date_format": order})
            project = self.staged(
                {"contacts.csv": born(SWAPPABLE), "manifest.json": manifest}
            )
            line = self.line(project, "contacts", "Date of Birth")
            self.assertEqual(line.date_format, expected)
            self.assertFalse(self.findings(project, "ambiguous_date"))

    def test_one_day_above_twelve_decides(self):
        project = self.profiled(born([*SWAPPABLE, "01/13/2024"]))
        line = self.line(project, "contacts", "Date of Birth")
        self.assertEqual(line.date_format, "%m/%d/%Y")

    def test_a_date_that_is_none_is_listed_with_its_place(self):
        project = self.profiled(born([*CLEAR, "13/01/2024"]))
        line = self.line(project, "contacts", "Date of Birth")
        self.assertEqual(line.date_format, "%m/%d/%Y")
        finding = self.findings(project, "malformed_date")
        self.assertEqual(
            (finding.file, finding.line, finding.field, finding.value),
            ("contacts.csv", 12, "Date of Birth", "13/01/2024"),
        )
        self.assertEqual(finding.external_id, "C-11")

    def test_dates_in_as_many_formats_as_rows_are_left_to_a_person(self):
        project = self.profiled(born(["13/01/2024", "01/13/2024", "soon"]))
        self.assertFalse(self.line(project, "contacts", "Date of Birth").date_format)
        self.assertTrue(self.findings(project, "ambiguous_date"))

    def test_an_empty_date_field_asks_nothing(self):
        project = self.profiled(born(["", ""]))
        line = self.line(project, "contacts", "Date of Birth")
        self.assertFalse(line._open_question())

    # -- fields that the preset does not know

    def test_an_unknown_field_becomes_a_custom_field_of_its_type(self):
        rows = [
            {
                "Shoe Size": "44",
                "Rate": "1.50",
                "VIP Since": "2024-01-13",
                "Calls": "x",
            },
            {"Shoe Size": "39", "Rate": "20.00", "VIP Since": "", "Calls": "call\nme"},
        ]
        project = self.profiled(contacts(*rows))
        found = {
            line.source_field: (line.target_field, line.new_field_type, line.transform)
            for line in project.mapping_line_ids.filtered("new_field_type")
        }
        self.assertEqual(
            found,
            {
                "Shoe Size": ("x_shoe_size", "integer", "integer"),
                "Rate": ("x_rate", "float", "float"),
                "VIP Since": ("x_vip_since", "date", "date"),
                "Calls": ("x_calls", "text", "text"),
            },
        )

    def test_yes_and_no_become_a_checkbox(self):
        project = self.profiled(contacts({"Do Not Call": "Yes"}, {"Do Not Call": "no"}))
        line = self.line(project, "contacts", "Do Not Call")
        self.assertEqual(line.new_field_type, "boolean")

    def test_numbers_that_would_lose_digits_stay_text(self):
        project = self.profiled(contacts({"Member No": "007"}, {"Member No": "008"}))
        line = self.line(project, "contacts", "Member No")
        self.assertEqual((line.new_field_type, line.transform), ("char", "text"))

    def test_an_unknown_field_without_values_is_dropped_and_says_so(self):
        project = self.profiled(contacts({"Fax": ""}))
        line = self.line(project, "contacts", "Fax")
        self.assertEqual(
            (line.fate, line.reason), ("dropped", "No record has a value.")
        )

    def test_an_unknown_field_of_a_note_is_for_a_person_to_decide(self):
        notes = table({"Note ID": "N-1", "Body": "x", "Mood": "good"})
        project = self.profiled(contacts({}), **{"notes.csv": notes})
        line = self.line(project, "notes", "Mood")
        self.assertEqual((line.fate, line.confidence), ("undecided", 0))

    def test_a_similar_header_is_proposed_and_left_to_be_checked(self):
        project = self.profiled(contacts({"Address Street": "1 Main Street"}))
        line = self.line(project, "contacts", "Address Street")
        self.assertEqual(line.target_field, "street")
        self.assertLess(line.confidence, 90)
        project.action_confirm_map()
        self.assertFalse(line.is_confirmed)

    # -- the whole

    def test_contacts_that_share_an_email_stay_apart_and_are_listed(self):
        project = self.profiled(
            contacts({"Email": "us@mail.example"}, {"Email": "US@mail.example"})
        )
        finding = self.findings(project, "shared_email")
        self.assertEqual(
            (finding.value, finding.external_id), ("us@mail.example", "C-1, C-2")
        )
        self.assertEqual(project.staged_count, 2)

    def test_profiling_again_repeats_no_finding_and_no_line(self):
        project = self.profiled(born(SWAPPABLE))
        lines, count = project.mapping_line_ids, len(project.finding_ids)
        self.stage(project)
        self.assertEqual(project.mapping_line_ids, lines)
        self.assertEqual(len(project.finding_ids), count)

    def test_figures_are_refreshed_and_decisions_stay(self):
        project = self.profiled(contacts({"City": "Rome"}, {}))
        line = self.line(project, "contacts", "City")
        line.target_field = "x_home_town"
        line.action_confirm()
        self.stage(
            project, {"contacts.csv": contacts({"City": "Oslo"}, {"City": "Bonn"})}
        )
        self.assertEqual((line.target_field, line.fill_rate), ("x_home_town", 1))
        self.assertTrue(line.is_confirmed)
