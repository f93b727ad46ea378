from odoo.tools import SQL, mute_logger

from .common import MigrationCommon, table

FILES = {
    "staff.csv": table({"Staff ID": "S-1", "Name": "Ana Ruiz", "Email": "x@x.example"}),
    "pipeline_stages.csv": table({"Pipeline": "Sales", "Stage": "New", "Order": "1"}),
    "organizations.csv": table(
        {"Organization ID": "O-1", "Organization Name": "Acme", "City": "Rome"}
    ),
    "contacts.csv": table(
        {
            "Client ID": "C-1",
            "Full Name": "Cleo",
            "Email": "Cleo@Mail.example",
            "City": "Rome",
            "Phone": "+44 20 7946 0958",
            "Organization": "Acme",
            "Tags": "VIP",
            "Created At": "2020-01-02 10:00",
        },
        {"Client ID": "C-2", "Full Name": "Carl"},
        {"Client ID": "C-bad", "Full Name": ""},
    ),
    "organization_members.csv": table({"Organization ID": "O-1", "Client ID": "C-2"}),
    "deals.csv": table(
        {
            "Deal ID": "D-1",
            "Deal Name": "Deal",
            "Client ID": "C-1",
            "Organization": "Acme",
            "Pipeline": "Sales",
            "Stage": "New",
            "Value": "1000",
        }
    ),
    "notes.csv": table(
        {
            "Note ID": "N-1",
            "Client ID": "C-1",
            "Deal ID": "D-1",
            "Body": "<P>Open<br>tags",
            "Created At": "2024-01-01",
        }
    ),
    "files.csv": table(
        {
            "File ID": "F-1",
            "File Name": "plan",
            "Path": "plan.pdf",
            "Client ID": "C-1",
            "Deal ID": "D-1",
            "Note ID": "N-1",
        }
    ),
    "plan.pdf": b"%PDF-1.4 the plan of this very test",
    "tasks.csv": table({"Task ID": "T-1", "Title": "Call"}),
}


class TestVerify(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.migrated(FILES)
        cls.contact = cls.target(cls.project, "contacts", "C-1")

    def verify(self):
        self.env.flush_all()
        self.project.action_verify(background=False)
        self.env.invalidate_all()

    def overwrite(self, record, **values):
        """Change a record behind the back of Odoo."""
        self.env.flush_all()
        for name, value in values.items():
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET %s = %s WHERE id = %s",
                    SQL.identifier(record._table),
                    SQL.identifier(name),
                    value,
                    record.id,
                )
            )
        self.env.invalidate_all()

    def assertDifference(self, target_field, verdict, expected, actual):
        row = self.project.difference_ids
        self.assertEqual(
            (row.target_field, row.verdict, row.expected_value, row.actual_value),
            (target_field, verdict, expected, actual),
        )
        return row

    # -- all is well

    def test_books_of_an_untouched_load_balance_without_a_difference(self):
        self.assertTrue(self.project.is_balanced)
        self.assertFalse(self.project.difference_ids)
        self.assertEqual(self.project.state, "verified")
        for line in self.project.reconciliation_line_ids:
            self.assertTrue(line.is_balanced, line.name)

    def test_every_object_has_its_line(self):
        lines = self.project.reconciliation_line_ids.filtered(
            lambda line: line.kind == "object"
        )
        self.assertEqual(
            lines.mapped("object_id"), self.project.object_ids.sorted("sequence")
        )
        buckets = {
            line.object_id.name: (
                line.source_count,
                line.created_count,
                line.merged_count,
                line.excluded_count,
                line.failed_count,
                line.found_count,
            )
            for line in lines
        }
        self.assertEqual(
            buckets,
            {
                "staff": (1, 0, 1, 0, 0, 1),
                "pipeline_stages": (1, 0, 1, 0, 0, 1),
                "organizations": (1, 1, 0, 0, 0, 1),
                "contacts": (3, 2, 0, 0, 1, 2),
                "organization_members": (1, 0, 1, 0, 0, 1),
                "deals": (1, 1, 0, 0, 0, 1),
                "notes": (1, 1, 0, 0, 0, 1),
                "files": (1, 1, 0, 0, 0, 1),
                "tasks": (1, 1, 0, 0, 0, 1),
            },
        )

    def test_every_relation_has_its_line(self):
        lines = self.project.reconciliation_line_ids.filtered(
            lambda line: line.kind == "relation"
        )
        self.assertEqual(
            set(lines.mapped("name")),
            {
                "Contacts: Organization",
                "Organization members: Organization ID",
                "Organization members: Client ID",
                "Deals: Client ID",
                "Deals: Organization",
                "Notes: Client ID",
                "Notes: Deal ID",
                "Files: Client ID",
                "Files: Deal ID",
                "Files: Note ID",
            },
        )
        line = self.book(self.project, "Contacts: Organization")
        self.assertEqual((line.source_count, line.found_count), (1, 1))

    def test_files_and_side_effects_have_their_lines(self):
        kinds = self.project.reconciliation_line_ids.mapped("kind")
        self.assertEqual(kinds.count("attachment"), 1)
        self.assertGreaterEqual(kinds.count("side_effect"), 5)

    def test_completeness_is_the_share_of_records_that_landed(self):
        # eleven records are due, one contact failed
        self.assertAlmostEqual(self.project.completeness, 100 * 10 / 11, places=2)

    def test_the_books_can_be_read_by_a_script(self):
        books = self.project.get_reconciliation()
        self.assertTrue(books["is_balanced"])
        contacts = next(li for li in books["lines"] if li["name"] == "Contacts")
        self.assertEqual((contacts["source_count"], contacts["failed_count"]), (3, 1))

    # -- something changed

    def test_an_overwritten_field_is_found(self):
        self.overwrite(self.contact, city="Oslo")
        self.verify()
        row = self.assertDifference("city", "overwritten", "Rome", "Oslo")
        self.assertEqual((row.external_id, row.record_name), ("C-1", "Cleo"))
        line = self.book(self.project, "Contacts")
        self.assertEqual((line.difference_count, line.is_balanced), (1, False))
        self.assertFalse(self.project.is_balanced)

    def test_a_red_line_says_why_and_leads_to_its_records(self):
        self.assertEqual(self.project.standing, "verified")
        line = self.book(self.project, "Contacts")
        self.assertFalse(line.why)
        self.overwrite(self.contact, city="Oslo")
        self.verify()
        line = self.book(self.project, "Contacts")
        self.assertEqual(line.why, "Fields lost or overwritten: 1.")
        self.assertEqual(
            (self.project.state, self.project.standing), ("verified", "unbalanced")
        )
        self.assertIn("do not balance", self.project.next_step)
        action = line.action_open_records()
        row = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(row, self.project.difference_ids)
        self.assertEqual(row.target_label, "City")
        first = self.project.reconciliation_line_ids.search(
            [("project_id", "=", self.project.id)],
            order="is_balanced, sequence, id",
            limit=1,
        )
        self.assertEqual(first, line)

    def test_a_red_line_of_pending_records_leads_to_them(self):
        record = self.staged_record(self.project, "contacts", "C-1")
        record._set_bucket("pending")
        self.verify()
        self.assertIn("1 record is pending", self.project.next_step)
        line = self.book(self.project, "Contacts")
        self.assertIn("Not loaded yet: 1.", line.why)
        action = line.action_open_records()
        self.assertEqual(action["res_model"], "migration.staged.record")
        self.assertEqual(action["context"], {"search_default_pending": 1})
        self.staged_record(self.project, "contacts", "C-2")._set_bucket("pending")
        self.assertIn("2 records are pending", self.project.next_step)

    def test_a_red_line_of_an_unwhole_source_leads_to_what_was_found(self):
        contacts = self.project._object("contacts").sudo()
        contacts.problem = "The file ends in the middle."
        self.verify()
        line = self.book(self.project, "Contacts")
        self.assertEqual(line.why, "The file ends in the middle.")
        finding = self.env["migration.finding"].create(
            {
                "project_id": self.project.id,
                "phase": "stage",
                "severity": "1_error",
                "code": "broken_file",
                "source_object": "contacts",
                "message": "The file ends in the middle.",
            }
        )
        action = line.action_open_records()
        found = self.env[action["res_model"]].search(action["domain"])
        self.assertIn(finding, found)

    def test_a_side_effect_leads_to_the_runs(self):
        line = self.book(self.project, "E-mails").sudo()
        self.assertFalse(line.action_open_records())
        line.found_count = 1
        self.assertTrue(line.why)
        action = line.action_open_records()
        self.assertEqual(action["res_model"], "migration.run")

    def test_a_tolerance_accepts_a_share_of_overwritten_fields(self):
        self.overwrite(self.contact, city="Oslo")
        self.project.tolerance = 50
        self.verify()
        self.assertTrue(self.project.is_balanced)
        self.project.tolerance = 0.1
        self.assertFalse(self.project.is_balanced)

    def test_an_emptied_field_is_lost(self):
        self.overwrite(self.contact, phone=None)
        self.verify()
        self.assertDifference("phone", "lost", "+44 20 7946 0958", "")

    def test_another_spelling_of_the_same_is_no_loss(self):
        self.overwrite(self.contact, email="cleo@mail.example")
        self.verify()
        self.assertDifference(
            "email", "normalised", "Cleo@Mail.example", "cleo@mail.example"
        )
        self.assertFalse(self.book(self.project, "Contacts").difference_count)

    def test_a_changed_number_date_or_tag_is_found(self):
        deal = self.target(self.project, "deals", "D-1")
        self.overwrite(deal, expected_revenue=999)
        self.verify()
        self.assertDifference("expected_revenue", "overwritten", "1000.0", "999.0")
        self.overwrite(deal, expected_revenue=1000)
        self.overwrite(self.contact, x_source_created_on="2021-01-01 00:00:00")
        self.verify()
        self.assertEqual(self.project.difference_ids.verdict, "overwritten")
        self.overwrite(self.contact, x_source_created_on="2020-01-02 10:00:00")
        self.env.cr.execute("DELETE FROM res_partner_res_partner_category_rel")
        self.env.invalidate_all()
        self.verify()
        self.assertDifference("category_id", "lost", "VIP", "")

    def test_a_changed_note_is_found(self):
        self.overwrite(self.target(self.project, "notes", "N-1"), body="<p>Else</p>")
        self.verify()
        self.assertEqual(self.project.difference_ids.verdict, "overwritten")

    def test_a_persons_edit_is_no_fault_of_the_migration(self):
        self.a_day_passes()
        contact = self.contact.with_user(self.manager)
        contact.phone = "+47 22 12 34 56"
        contact.flush_recordset()
        self.verify()
        self.assertDifference("phone", "edited", "+44 20 7946 0958", "+47 22 12 34 56")
        self.assertFalse(self.book(self.project, "Contacts").difference_count)
        self.assertTrue(self.project.is_balanced)

    def test_a_relation_that_is_gone_unbalances_the_books(self):
        self.overwrite(self.contact, parent_id=None)
        self.verify()
        line = self.book(self.project, "Contacts: Organization")
        self.assertEqual((line.found_count, line.difference_count), (0, 1))
        self.assertFalse(line.is_balanced)
        self.assertTrue(self.book(self.project, "Deals: Client ID").is_balanced)

    def test_a_deleted_record_unbalances_the_books(self):
        self.target(self.project, "contacts", "C-2").unlink()
        self.verify()
        self.assertFalse(self.project.is_balanced)
        line = self.book(self.project, "Contacts")
        self.assertEqual((line.created_count, line.found_count), (2, 1))
        self.assertFalse(line.is_balanced)
        self.assertTrue(self.book(self.project, "Deals").is_balanced)

    def test_a_file_that_changed_on_the_disk_unbalances_the_books(self):
        found = self.target(self.project, "files", "F-1")
        self.overwrite(found, checksum="0" * 40)
        with mute_logger("odoo.addons.base.models.ir_attachment"):
            self.verify()
        line = self.book(self.project, "Files with content")
        self.assertEqual((line.source_count, line.found_count), (1, 0))
        self.assertFalse(self.project.is_balanced)

    def test_records_that_are_not_loaded_yet_unbalance_the_books(self):
        text = FILES["contacts.csv"] + "C-9,Late,,,,,,\n"
        self.stage(self.project, {"contacts.csv": text}, name="newer.zip")
        self.verify()
        self.assertFalse(self.project.is_balanced)
        self.assertEqual(self.book(self.project, "Contacts").pending_count, 1)

    def test_verifying_again_replaces_the_books(self):
        count = len(self.project.reconciliation_line_ids)
        self.overwrite(self.contact, city="Oslo")
        self.verify()
        self.overwrite(self.contact, city="Rome")
        self.verify()
        self.assertEqual(len(self.project.reconciliation_line_ids), count)
        self.assertFalse(self.project.difference_ids)

    def test_the_sample_and_the_read_back_keep_their_own_differences(self):
        self.project.action_sample(background=False)
        rows = self.project.difference_ids
        self.assertTrue(rows)
        self.overwrite(self.contact, city="Oslo")
        self.verify()
        self.assertEqual(len(self.project.difference_ids), len(rows) + 1)
