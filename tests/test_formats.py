"""The same records as loose tables, workbook and JSON end up the same."""

import io
import json

from openpyxl import Workbook

from .common import MigrationCommon, encoded, table

ORGANIZATIONS = [
    {"Organization ID": "O-1", "Organization Name": "Bäckerei Müller", "City": "Köln"},
    {"Organization ID": "O-2", "Organization Name": "Acme", "City": "Boston"},
]
CONTACTS = [
    {
        "Client ID": "00017",
        "Full Name": "Zoë Straße",
        "Email": "zoe@example.com",
        "Organization": "Bäckerei Müller",
        "Created At": "2024-02-29",
    },
    {
        "Client ID": "C-2",
        "Full Name": "Li Wei",
        "Email": "li@example.com",
        "Organization": "O-2",
        "Created At": "2024-03-01",
    },
]


def workbook(sheets):
    """Return the bytes of an XLSX file; a title stands above each header."""
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        sheet.append([f"Export of {title}"])
        sheet.append(list(rows[0]))
        for row in rows:
            sheet.append(list(row.values()))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


class TestFormats(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        semicolons = table(*ORGANIZATIONS).replace(",", ";").encode("cp1252")
        uploads = {
            "tables": {
                "organizations.csv": semicolons,
                "contacts.csv": table(*CONTACTS).encode("utf-16"),
            },
            "workbook": {
                "The Practice.xlsx": workbook(
                    {"Organizations": ORGANIZATIONS, "Clients": CONTACTS}
                )
            },
            "json": {
                "organizations.json": json.dumps({"data": ORGANIZATIONS}),
                "contacts.jsonl": "\n".join(map(json.dumps, CONTACTS)),
            },
        }
        cls.projects = {}
        for name, files in uploads.items():
            project = cls.make_project({}, name=name)
            for file, content in files.items():
                project.add_file(file, encoded(content))
            cls.projects[name] = cls.stage(project)
        cls.loaded = cls.migrate(cls.projects["workbook"])

    def _payloads(self, project):
        records = self.env["migration.staged.record"].search(
            [("project_id", "=", project.id)]
        )
        return {
            (record.object_id.name, record.external_id): record.payload
            for record in records
        }

    def test_every_format_stages_the_same_records(self):
        expected = self._payloads(self.projects["tables"])
        self.assertEqual(len(expected), 4)
        self.assertEqual(self._payloads(self.projects["workbook"]), expected)
        self.assertEqual(self._payloads(self.projects["json"]), expected)

    def test_no_format_leaves_an_error(self):
        for project in self.projects.values():
            errors = project.finding_ids.filtered(lambda f: f.severity == "1_error")
            self.assertFalse(errors.mapped("message"))

    def test_the_detected_file_and_line_are_kept_on_the_record(self):
        record = self.staged_record(self.projects["workbook"], "contacts", "C-2")
        self.assertEqual(record.source_file, "The Practice.xlsx#Clients")
        self.assertEqual(record.source_line, 4)

    def test_leading_zeros_and_umlauts_arrive_in_odoo(self):
        partner = self.target(self.loaded, "contacts", "00017")
        self.assertEqual(partner.name, "Zoë Straße")
        self.assertEqual(partner.parent_id.name, "Bäckerei Müller")
        self.assertTrue(self.loaded.is_balanced)
