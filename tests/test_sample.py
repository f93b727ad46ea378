import contextlib
import os

from odoo.tools import SQL

from .common import MigrationCommon, table

FILES = {
    "organizations.csv": table(
        {
            "Organization ID": "O-1",
            "Organization Name": "Acme",
            "Primary Contact": "C-1",
        },
        {"Organization ID": "O-2", "Organization Name": "Unused"},
    ),
    "contacts.csv": table(
        {
            "Client ID": "C-1",
            "Full Name": "Cleo",
            "City": "Rome",
            "Phone": "'+44 20 7946 0958",
            "Country": "UK",
            "Organization": "Acme",
            "Coach": "Ana Ruiz; Ravi Menon",
            "Tags": "VIP",
            "Date of Birth": "1980-02-29",
            "Fax": "",
        },
        {
            "Client ID": "C-2",
            "Full Name": "Carl",
            "Country": "Atlantis",
            "Phone": "4.42079E+11",
        },
        {"Client ID": "C-3", "Full Name": "Cora", "Organization": "Nowhere"},
    ),
    "deals.csv": table(
        {
            "Deal ID": "D-1",
            "Deal Name": "Deal",
            "Client ID": "C-1",
            "Pipeline": "Sales",
            "Stage": "New",
            "Value": "$1,000",
            "Owner": "nobody@x.example",
        }
    ),
    "notes.csv": table(
        {
            "Note ID": "N-1",
            "Deal ID": "D-1",
            "Body": "<p>Hi</p><script>alert(1)</script>",
            "Created At": "2024-01-01",
            "Attachments": "plan.pdf",
        }
    ),
    "files.csv": table(
        {"File ID": "F-1", "File Name": "plan", "Path": "plan.pdf", "Note ID": "N-1"}
    ),
    "plan.pdf": b"%PDF-1.4 plan",
    "tasks.csv": table({"Task ID": "T-1", "Title": "Call"}),
}


class TestSample(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.prepared(FILES)
        cls.before = cls.fingerprint()
        cls.project.action_sample(background=False)
        cls.env.invalidate_all()
        cls.after = cls.fingerprint()

    @classmethod
    def fingerprint(cls):
        """Return number and content of all rows, but those of runs and differences."""
        cls.env.flush_all()
        cls.env.cr.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        )
        names = {name for (name,) in cls.env.cr.fetchall()}
        names -= {"migration_run", "migration_difference", "migration_project"}
        result = {}
        for name in sorted(names):
            cls.env.cr.execute(
                SQL(
                    "SELECT count(*), sum(hashtext(t::text)) FROM %s t",
                    SQL.identifier(name),
                )
            )
            result[name] = cls.env.cr.fetchone()
        return result

    def row(self, external_id, source_field):
        return self.project.difference_ids.filtered(
            lambda row: (row.external_id, row.source_field)
            == (external_id, source_field)
        )

    def assertVerdict(self, external_id, source_field, verdict, **values):
        row = self.row(external_id, source_field)
        found = {name: row[name] for name in values}
        self.assertEqual((row.verdict, found), (verdict, values))

    def test_a_sample_leaves_nothing_behind(self):
        changed = {
            name for name in self.before if self.before[name] != self.after.get(name)
        }
        self.assertFalse(changed)
        self.assertEqual(self.project.state, "rehearsed")

    def test_the_rehearsed_records_are_still_to_be_loaded(self):
        states = self.project.mapped("object_ids.staged_record_ids.state")
        self.assertEqual(set(states), {"pending"})

    def test_a_sample_counts_what_would_become_of_the_records(self):
        run = self.project.run_ids.filtered(lambda run: run.kind == "sample")
        self.assertEqual(run.stats, {"created": 8, "failed": 1})

    def test_every_filled_field_of_every_record_has_its_row(self):
        rows = {
            (row.external_id, row.source_field) for row in self.project.difference_ids
        }
        expected = {
            (record.external_id, name)
            for record in self.project.sudo().object_ids.staged_record_ids
            if record.object_id.target
            for name, value in record.payload.items()
            if value
        }
        self.assertEqual(rows, expected)

    def test_a_mapped_field_shows_both_sides(self):
        self.assertVerdict(
            "C-1",
            "City",
            "equal",
            source_value="Rome",
            target_field="city",
            expected_value="Rome",
            actual_value="Rome",
            record_name="Cleo",
            source_object="Contacts",
        )

    def test_a_transformed_field_shows_what_became_of_it(self):
        self.assertVerdict(
            "C-1",
            "Phone",
            "transformed",
            source_value="'+44 20 7946 0958".lstrip("'"),
            actual_value="+44 20 7946 0958",
        )
        self.assertVerdict(
            "C-1", "Country", "transformed", actual_value="United Kingdom"
        )
        self.assertVerdict("C-1", "Organization", "transformed", actual_value="Acme")
        self.assertVerdict("C-1", "Tags", "transformed", actual_value="VIP")
        self.assertVerdict("D-1", "Value", "transformed", actual_value="1000.0")
        self.assertVerdict("D-1", "Stage", "transformed", actual_value="New")

    def test_where_a_part_of_a_value_goes_is_noted(self):
        row = self.row("C-1", "Coach")
        self.assertEqual((row.verdict, row.actual_value), ("transformed", "Ana Ruiz"))
        self.assertIn("“Ravi Menon” goes to x_other_owners", row.note)
        self.assertIn("Fallback user Fay Fallback", self.row("D-1", "Owner").note)

    def test_a_dropped_field_shows_why(self):
        row = self.row("N-1", "Attachments")
        self.assertEqual((row.verdict, row.target_field), ("dropped", "-"))
        self.assertIn("which note they belong to", row.note)

    def test_a_value_that_cannot_be_read_is_lost_and_says_so(self):
        row = self.row("C-2", "Phone")
        self.assertEqual((row.verdict, row.actual_value), ("lost", ""))
        self.assertIn("shortened by a spreadsheet", row.note)

    def test_the_text_of_a_value_without_counterpart_is_not_lost(self):
        row = self.row("C-2", "Country")
        self.assertEqual((row.verdict, row.actual_value), ("transformed", ""))
        self.assertIn("No country is called", row.note)

    def test_a_record_that_would_fail_shows_why(self):
        row = self.row("C-3", "Organization")
        self.assertEqual(row.verdict, "failed")
        self.assertIn("no record “Nowhere”", row.note)

    def test_sanitised_html_shows_what_is_left(self):
        row = self.row("N-1", "Body")
        self.assertEqual(row.verdict, "transformed")
        self.assertNotIn("script", row.actual_value)

    def test_no_file_of_the_export_stays_open(self):
        def is_open():
            folder, found = "/proc/self/fd", []
            for name in os.listdir(folder):
                with contextlib.suppress(OSError):
                    found.append(os.readlink(f"{folder}/{name}"))
            store = self.env["ir.attachment"]._filestore()
            return [name for name in found if name.startswith(store)]

        self.assertFalse(is_open())
        self.project.action_sample(background=False)
        self.assertFalse(is_open())

    def test_a_second_sample_replaces_the_first(self):
        rows = self.project.difference_ids
        self.project.action_sample(background=False)
        self.assertFalse(rows.exists())
        self.assertEqual(len(self.project.difference_ids), len(rows))
        self.assertEqual(self.fingerprint(), self.before)


class TestSampleSize(MigrationCommon):
    def test_a_sample_is_a_part_with_all_that_it_refers_to(self):
        organizations = [
            {"Organization ID": f"O-{number}", "Organization Name": f"Org {number}"}
            for number in range(300)
        ]
        contacts = [
            {
                "Client ID": f"C-{number}",
                "Full Name": f"Client {number}",
                "Organization": f"Org {299 - number % 300}",
            }
            for number in range(400)
        ]
        project = self.prepared(
            {
                "organizations.csv": table(*organizations),
                "contacts.csv": table(*contacts),
            }
        )
        project.action_sample(background=False)
        stats = project.run_ids.filtered(lambda run: run.kind == "sample").stats
        self.assertEqual(set(stats), {"created"})
        self.assertTrue(70 <= stats["created"] <= 500, stats)
        rows = project.difference_ids.filtered(
            lambda r: r.source_field == "Organization"
        )
        self.assertEqual(set(rows.mapped("verdict")), {"transformed"})
        self.assertTrue(all(rows.mapped("actual_value")))
