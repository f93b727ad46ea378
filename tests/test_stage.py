import json

from odoo.exceptions import UserError

from .common import MigrationCommon, bundle, encoded, table

CONTACTS = table(
    {"Client ID": "C-1", "Full Name": "Cleo", "Email": " Cleo@Mail.example "},
    {"Client ID": "C-2", "Full Name": "Carl", "Email": "carl@mail.example"},
)


class TestStage(MigrationCommon):
    def records(self, project, name="contacts"):
        return project._object(name).staged_record_ids

    # -- what is kept

    def test_a_record_is_kept_as_it_was_received(self):
        project = self.staged({"contacts.csv": CONTACTS})
        record = self.staged_record(project, "contacts", "C-1")
        self.assertEqual(
            record.payload,
            {"Client ID": "C-1", "Full Name": "Cleo", "Email": " Cleo@Mail.example "},
        )
        self.assertEqual((record.source_file, record.source_line), ("contacts.csv", 2))
        self.assertEqual((record.name, record.email_key), ("Cleo", "cleo@mail.example"))
        self.assertEqual((record.state, len(record.content_hash)), ("pending", 64))

    def test_a_record_without_id_is_known_by_its_email_or_its_content(self):
        rows = table(
            {"Full Name": "Cleo", "Email": "CLEO@mail.example"},
            {"Full Name": "Nobody", "Email": ""},
        )
        project = self.staged({"contacts.csv": rows})
        first, second = self.records(project)
        self.assertEqual(first.external_id, "cleo@mail.example")
        self.assertEqual(len(second.external_id), 40)
        self.stage(project)
        self.assertEqual(self.records(project), first + second)

    def test_two_columns_together_may_be_the_id(self):
        rows = table({"Organization ID": "O-1", "Client ID": "C-1"})
        project = self.staged({"organization_members.csv": rows})
        record = self.records(project, "organization_members")
        self.assertEqual(record.external_id, "O-1|C-1")

    def test_objects_that_nobody_loads_are_kept_too(self):
        project = self.staged({"tasks.csv": table({"Task ID": "T-1", "Title": "Call"})})
        self.assertEqual(self.records(project, "tasks").external_id, "T-1")

    def test_staging_leaves_odoo_as_it_is(self):
        models = ("res.partner", "crm.lead", "crm.stage", "crm.tag", "mail.message")
        before = [self.env[model].search_count([]) for model in models]
        deals = table({"Deal ID": "D-1", "Deal Name": "Deal", "Stage": "Unheard of"})
        project = self.staged({"contacts.csv": CONTACTS, "deals.csv": deals})
        after = [self.env[model].search_count([]) for model in models]
        self.assertEqual(after, before)
        self.assertEqual(project.state, "profiled")

    # -- again

    def test_staging_again_changes_nothing(self):
        project = self.staged({"contacts.csv": CONTACTS})
        before = self.records(project)
        hashes = before.mapped("content_hash")
        self.stage(project)
        self.assertEqual(self.records(project), before)
        self.assertEqual(before.mapped("content_hash"), hashes)
        run = project.run_ids.filtered(lambda run: run.kind == "stage")[0]
        self.assertEqual(run.stats, {"same": 2})

    def test_a_newer_file_of_the_same_name_replaces_the_older(self):
        project = self.staged({"contacts.csv": CONTACTS})
        self.stage(project, {"contacts.csv": CONTACTS.replace("Carl", "Karl")})
        self.assertEqual(len(project.file_ids), 1)
        self.assertEqual(
            self.staged_record(project, "contacts", "C-2").payload["Full Name"], "Karl"
        )
        self.assertEqual(len(self.records(project)), 2)

    def test_a_row_that_was_never_loaded_goes_with_its_row_at_the_source(self):
        project = self.staged({"contacts.csv": CONTACTS})
        shorter = CONTACTS.rpartition("C-2")[0]
        self.stage(project, {"contacts.csv": shorter}, name="newer.zip")
        self.assertEqual(self.records(project).mapped("external_id"), ["C-1"])
        entry = self.env["migration.log"].search(
            [("project_id", "=", project.id), ("external_id", "=", "C-2")]
        )
        self.assertEqual(entry.operation, "skip")

    def test_an_object_that_a_second_upload_does_not_speak_of_stays(self):
        project = self.staged({"contacts.csv": CONTACTS})
        deals = table({"Deal ID": "D-1", "Deal Name": "Deal", "Stage": "New"})
        self.stage(project, {"deals.csv": deals}, name="deals.zip")
        self.assertEqual(len(self.records(project)), 2)
        self.assertEqual(len(self.records(project, "deals")), 1)

    # -- ids that come twice

    def test_the_same_row_twice_is_set_aside_and_said(self):
        rows = CONTACTS + "C-1,Cleo, Cleo@Mail.example \n"
        project = self.staged({"contacts.csv": rows})
        record = self.records(project).filtered(lambda rec: rec.source_line == 4)
        self.assertEqual((record.state, record.reason_code), ("excluded", "repeated"))
        finding = self.findings(project, "repeated")
        self.assertEqual(
            (finding.file, finding.line, finding.field, finding.value),
            ("contacts.csv", 4, "id", "C-1"),
        )
        self.assertEqual(finding.severity, "3_info")

    def test_an_id_that_comes_twice_with_other_values_is_an_error(self):
        rows = CONTACTS + "C-1,Somebody Else,else@mail.example\n"
        project = self.staged({"contacts.csv": rows})
        record = self.records(project).filtered(lambda rec: rec.source_line == 4)
        self.assertEqual((record.state, record.reason_code), ("failed", "duplicate_id"))
        self.assertIn("contacts.csv:2", record.reason)
        finding = self.findings(project, "duplicate_id")
        self.assertEqual(
            (finding.file, finding.line, finding.field, finding.value),
            ("contacts.csv", 4, "id", "C-1"),
        )
        self.assertEqual(finding.severity, "1_error")
        self.assertEqual(
            self.staged_record(project, "contacts", "C-1").payload["Full Name"], "Cleo"
        )

    def test_a_repeated_row_is_not_repeated_by_staging_again(self):
        project = self.staged({"contacts.csv": CONTACTS + "C-1,Other,o@mail.example\n"})
        self.stage(project)
        self.assertEqual(len(self.records(project)), 3)
        self.assertEqual(len(self.findings(project, "duplicate_id")), 1)

    def test_an_id_of_two_files_is_an_error_too(self):
        files = {"contacts.csv": CONTACTS, "clients.csv": CONTACTS.replace("Cleo", "X")}
        project = self.staged(files)
        self.assertEqual(self.findings(project, "duplicate_id").line, 2)
        self.assertEqual(self.findings(project, "repeated").line, 3)

    # -- what the export says about itself

    def test_the_manifest_sets_time_zone_and_order_of_dates(self):
        manifest = {"timezone": "Europe/Berlin", "date_format": "DMY"}
        files = {"contacts.csv": CONTACTS, "manifest.json": json.dumps(manifest)}
        project = self.staged(files)
        self.assertEqual(project.source_timezone, "Europe/Berlin")
        self.assertEqual(project.date_order, "DMY")

    def test_the_manifest_does_not_overrule_a_person(self):
        manifest = {"timezone": "Europe/Berlin", "date_format": "DMY"}
        files = {"contacts.csv": CONTACTS, "manifest.json": json.dumps(manifest)}
        project = self.staged(files, source_timezone="Asia/Tokyo", date_order="YMD")
        self.assertEqual(project.source_timezone, "Asia/Tokyo")
        self.assertEqual(project.date_order, "YMD")

    def test_a_manifest_with_nonsense_is_not_believed(self):
        manifest = {
            "timezone": "Middle/Earth",
            "date_format": "somehow",
            "files": {"contacts.csv": {"rows": 7}, "notes.csv": {"rows": "many"}},
        }
        files = {"contacts.csv": CONTACTS, "manifest.json": json.dumps(manifest)}
        project = self.staged(files)
        self.assertEqual((project.source_timezone, project.date_order), ("UTC", False))
        self.assertEqual(self.findings(project, "row_count").file, "contacts.csv")
        self.assertEqual(self.findings(project, "missing_file").file, "notes.csv")

    # -- uploads

    def test_nothing_is_staged_without_files(self):
        project = self.make_project({})
        with self.assertRaisesRegex(UserError, "Upload the export first"):
            project.action_stage(background=False)

    def test_an_upload_that_holds_nothing_is_refused_with_the_reason(self):
        project = self.make_project({})
        project.add_file("export.zip", encoded("this is no archive"))
        with self.assertRaisesRegex(UserError, "export.zip"):
            project.action_stage(background=False)
        self.assertEqual(project.state, "draft")

    def test_loose_tables_are_one_bundle(self):
        project = self.make_project({})
        project.add_file("Clients.csv", encoded(CONTACTS))
        project.add_file("more.zip", bundle({"tasks.csv": "Task ID,Title\nT-1,x\n"}))
        self.stage(project)
        self.assertEqual(project.object_ids.mapped("name"), ["contacts", "tasks"])

    def test_the_upload_wizard_adds_and_stages(self):
        project = self.make_project({})
        wizard = self.env["migration.upload.wizard"].with_user(self.manager)
        wizard = wizard.create({"project_id": project.id})
        with self.assertRaisesRegex(UserError, "at least one file"):
            wizard.action_upload()
        wizard.line_ids = [
            (0, 0, {"name": "contacts.csv", "content": encoded(CONTACTS)})
        ]
        wizard.action_upload_and_stage()
        self.assertEqual(project.file_ids.mapped("name"), ["contacts.csv"])
        self.assertEqual(project.running_id.kind, "stage")
        self.assertEqual(project.running_id.state, "queued")
        with self.assertRaisesRegex(UserError, "still at work"):
            project.action_stage(background=False)
        self.assertEqual(wizard.present_files, "contacts.csv")

    def test_a_queued_step_can_be_cancelled_and_started_anew(self):
        project = self.make_project({"contacts.csv": CONTACTS})
        project.action_stage()
        project.action_cancel()
        self.assertFalse(project.running_id)
        self.stage(project)
        self.assertEqual(project.staged_count, 2)

    def test_a_file_keeps_its_checksum_and_size(self):
        project = self.make_project({})
        file_id = project.add_file("contacts.csv", encoded("abc"))
        file = self.env["migration.source.file"].browse(file_id)
        self.assertEqual(file.size, 3)
        self.assertTrue(file.checksum.startswith("ba7816bf"))
        file.content = encoded("abcd")
        self.assertEqual(file.size, 4)
