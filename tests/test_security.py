from lxml import html

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import MigrationCommon, bundle, encoded, table

FILES = {
    "organizations.csv": table(
        {"Organization ID": "O-1", "Organization Name": "Harbor Clinic"}
    ),
    "contacts.csv": table(
        {
            "Client ID": "C-1",
            "Full Name": "Dana Fox",
            "Email": "dana@practice.example",
            "Organization": "Nowhere Ltd",
            "Coach": "Ana Ruiz",
        },
        {"Client ID": "C-2", "Full Name": "Ravi Sen", "Organization": "O-1"},
        {
            "Client ID": "C-3",
            "Full Name": "Dana Fox",
            "Email": "dana@practice.example",
        },
    ),
    "pipeline_stages.csv": table(
        {"Pipeline": "Coaching", "Stage": "Open", "Order": "1"}
    ),
    "deals.csv": table(
        {"Deal ID": "D-1", "Deal Name": "One", "Pipeline": "Coaching", "Stage": "Open"}
    ),
}
#: Models whose rows belong to one project, and so to one company.
OWNED = [
    "migration.project",
    "migration.source.file",
    "migration.object",
    "migration.staged.record",
    "migration.mapping.line",
    "migration.owner",
    "migration.schema.item",
    "migration.crosswalk",
    "migration.log",
    "migration.run",
    "migration.finding",
    "migration.difference",
    "migration.reconciliation.line",
    "migration.rollback.line",
    "migration.change",
    "migration.match",
    "migration.match.candidate",
    "migration.match.rule",
    "migration.connection",
    "migration.endpoint",
    "migration.conflict",
    "migration.conflict.rule",
]
#: What the engines write and nobody else.
RECORDS_OF_FACT = [
    "migration.object",
    "migration.staged.record",
    "migration.crosswalk",
    "migration.log",
    "migration.run",
    "migration.finding",
    "migration.difference",
    "migration.reconciliation.line",
    "migration.rollback.line",
    "migration.change",
]
MANAGER = "crm_migration.group_crm_migration_manager"
USER = "crm_migration.group_crm_migration_user"


@tagged("post_install", "-at_install")
class TestRights(MigrationCommon):
    """Who may see and do what, in which company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.prepared(FILES)
        cls.project.action_sample(background=False)
        cls.load(cls.project)
        cls.project.action_plan_rollback()
        connection = cls.env["migration.connection"].create(
            {"project_id": cls.project.id, "profile_key": "roadrunner_v2"}
        )
        cls.env["migration.endpoint"].create(
            {"connection_id": connection.id, "name": "contact"}
        )
        link = cls.link(cls.project, "contacts", "C-2")
        field = {
            "object_id": link.staged_record_id.object_id.id,
            "res_model": link.res_model,
            "field_name": "city",
        }
        cls.env["migration.conflict.rule"].create(field | {"take": "odoo"})
        conflict = {"project_id": cls.project.id, "crosswalk_id": link.id}
        cls.env["migration.conflict"].create(field | conflict)
        cls.env["migration.change"].create(conflict)
        cls.other_company = cls.env["res.company"].create({"name": "Other Practice"})
        company = {
            "company_id": cls.other_company.id,
            "company_ids": [(6, 0, cls.other_company.ids)],
        }
        cls.stranger = cls.make_user("Sid", "sid@other.example", MANAGER, **company)
        cls.user = cls.make_user("Una", "una@practice.example", USER)
        cls.seller = cls.ana

    def rows(self, model, user):
        return self.env[model].with_user(user)

    def test_every_model_of_a_project_is_covered(self):
        models = {
            name
            for name, model in self.env.registry.items()
            if name.startswith("migration.") and not model._abstract
            if not model._transient
        }
        # nobody at all may see a key
        self.assertEqual(models, {*OWNED, "migration.secret"})

    def test_another_company_sees_nothing(self):
        for model in OWNED:
            rows = self.env[model].search([])
            with self.subTest(model=model):
                self.assertTrue(rows, "the test needs rows to hide")
                self.assertTrue(self.rows(model, self.manager).search_count([]))
                self.assertFalse(self.rows(model, self.stranger).search_count([]))
                with self.assertRaises(AccessError):
                    rows[0].with_user(self.stranger).read(["display_name"])

    def test_another_company_does_nothing(self):
        project = self.project.with_user(self.stranger)
        for step in (
            project.action_stage,
            project.action_load,
            project.action_rollback,
            project.action_confirm_map,
            project.action_confirm_schema,
            project.action_cancel,
        ):
            with self.subTest(step=step.__name__), self.assertRaises(AccessError):
                step()

    def test_a_project_cannot_be_moved_into_a_foreign_company(self):
        with self.assertRaises(AccessError):
            self.rows("migration.project", self.manager).create(
                {
                    "name": "Theirs",
                    "company_id": self.other_company.id,
                    "fallback_user_id": self.stranger.id,
                }
            )

    def test_a_seller_has_no_access_to_any_model(self):
        names = [name for name in self.env.registry if name.startswith("migration.")]
        self.assertGreater(len(names), len(OWNED))
        for name in names:
            for operation in ("read", "write", "create", "unlink"):
                with self.subTest(model=name, operation=operation):
                    self.assertFalse(self.rows(name, self.seller).has_access(operation))

    def test_the_uploaded_export_is_read_by_the_project_s_people_only(self):
        file = self.project.file_ids
        attachment = self.env["ir.attachment"].search(
            [
                ("res_model", "=", file._name),
                ("res_field", "=", "content"),
                ("res_id", "=", file.id),
            ]
        )
        self.assertTrue(attachment.with_user(self.user).read(["raw"])[0]["raw"])
        for user in (self.seller, self.stranger):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                attachment.with_user(user).read(["raw"])

    def test_a_migration_user_changes_no_business_record(self):
        project = self.project.with_user(self.user)
        for step in (
            project.action_confirm_schema,
            project.action_apply_schema,
            project.action_load,
            project.action_plan_rollback,
            project.action_rollback,
        ):
            with self.subTest(step=step.__name__):
                with self.assertRaisesRegex(AccessError, "migration manager"):
                    step()
        wizard = self.rows("migration.rollback.wizard", self.user)
        with self.assertRaises(AccessError):
            wizard.create({"project_id": project.id})

    def test_a_migration_user_cannot_resume_what_a_manager_started(self):
        self.project.action_load()
        self.project.action_cancel()
        project = self.project.with_user(self.user)
        with self.assertRaisesRegex(AccessError, "migration manager"):
            project.action_resume()
        with self.assertRaisesRegex(AccessError, "migration manager"):
            project.run_ids.filtered(lambda r: r.kind == "load")[0].action_resume()

    def test_a_migration_user_prepares_rehearses_and_verifies(self):
        project = self.project.with_user(self.user)
        project.add_file("export.zip", bundle(FILES))
        project.action_stage(background=False)
        project.action_confirm_map()
        project.action_sample(background=False)
        project.action_verify(background=False)
        self.assertEqual(project.state, "verified")

    def test_a_manager_undoes(self):
        self.project.action_rollback(background=False)
        self.assertEqual(self.project.state, "rolled_back")

    def test_facts_are_written_by_the_engines_alone(self):
        for model in RECORDS_OF_FACT:
            rows = self.env[model].search([], limit=1).with_user(self.manager)
            with self.subTest(model=model):
                for operation in ("write", "create", "unlink"):
                    self.assertFalse(rows.has_access(operation), operation)
                with self.assertRaises(AccessError):
                    rows.unlink()
                with self.assertRaises(AccessError):
                    rows.write({"project_id": False})

    def test_nobody_changes_the_log(self):
        entry = self.env["migration.log"].search([], limit=1)
        for user in (self.env.ref("base.user_root"), self.env.ref("base.user_admin")):
            with self.subTest(user=user.login):
                with self.assertRaisesRegex(AccessError, "log cannot be changed"):
                    entry.with_user(user).sudo().write({"message": "was not me"})
        self.assertNotEqual(entry.message, "was not me")

    def test_a_migration_user_decides_in_their_own_name_only(self):
        line = self.project.mapping_line_ids[0].with_user(self.user)
        line.action_unconfirm()
        line.write({"is_confirmed": True, "confirmed_by": self.manager.id})
        self.assertEqual(line.confirmed_by, self.user)


class TestHostileUpload(MigrationCommon):
    """What a stranger's export may contain, and the harm it must not do."""

    EVIL_NAME = '<img src=x onerror="alert(1)">'
    FORMULA = '=HYPERLINK("http://evil.example","open")'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.migrated(
            {
                "contacts.csv": table(
                    {
                        "Client ID": "C-1",
                        "Full Name": cls.EVIL_NAME,
                        "Job Title": cls.FORMULA,
                    }
                ),
                "notes.csv": table(
                    {
                        "Note ID": "N-1",
                        "Client ID": "C-1",
                        "Title": cls.EVIL_NAME,
                        "Body": "<p>Hi</p><script>alert(1)</script>"
                        '<a href="javascript:alert(1)">x</a>'
                        '<p onclick="alert(1)">y</p>',
                        "Created At": "2026-01-13 10:00:00",
                    }
                ),
                "files.csv": table(
                    *(
                        {
                            "File ID": f"F-{number}",
                            "File Name": "passwd",
                            "Path": path,
                            "URL": url,
                            "Client ID": "C-1",
                        }
                        for number, (path, url) in enumerate(
                            (
                                ("../../etc/passwd", ""),
                                ("/etc/passwd", ""),
                                ("..\\..\\odoo.conf", ""),
                                ("", "javascript:alert(1)"),
                                ("", "file:///etc/passwd"),
                                ("files/page.html", ""),
                            )
                        )
                    )
                ),
                "files/page.html": "<script>alert(1)</script>",
            }
        )

    def test_a_name_is_shown_as_text(self):
        record = self.staged_record(self.project, "contacts", "C-1")
        shown = html.fromstring(record.payload_text)
        self.assertFalse(shown.xpath("//img|//script"))
        self.assertIn(self.EVIL_NAME, shown.text_content())
        partner = self.target(self.project, "contacts", "C-1")
        self.assertEqual(partner.name, self.EVIL_NAME)

    def test_a_formula_is_kept_as_text(self):
        partner = self.target(self.project, "contacts", "C-1")
        self.assertEqual(partner.function, self.FORMULA)

    def test_a_note_runs_nothing(self):
        note = self.target(self.project, "notes", "N-1")
        body = html.fromstring(str(note.body))
        self.assertFalse(body.xpath("//script|//@onclick|//@onerror|//img"))
        self.assertFalse(
            [link for link in body.xpath("//@href") if "javascript" in link]
        )

    def test_no_path_leads_out_of_the_bundle(self):
        for number in range(3):
            self.assertBucket(self.project, "files", f"F-{number}", "failed")
            self.assertIsNone(self.target(self.project, "files", f"F-{number}"))

    def test_no_link_but_to_the_web(self):
        for number in (3, 4):
            record = self.assertBucket(
                self.project, "files", f"F-{number}", "failed", "unmappable"
            )
            self.assertIn("is not a web address", record.reason)

    def test_a_page_is_never_served_as_a_page(self):
        file = self.target(self.project, "files", "F-5")
        self.assertEqual(file.raw, b"<script>alert(1)</script>")
        self.assertEqual(file.mimetype, "text/plain")
        self.assertFalse(file.public)

    def test_members_of_an_archive_cannot_leave_it(self):
        project = self.staged(
            {
                "contacts.csv": table({"Client ID": "C-1", "Full Name": "Dana"}),
                "../../evil.csv": "Client ID,Full Name\nC-2,Eve\n",
                "/etc/contacts.csv": "Client ID,Full Name\nC-3,Eve\n",
            }
        )
        names = project._object("contacts").sudo().staged_record_ids.mapped("name")
        self.assertEqual(names, ["Dana"])
        files = project.sudo().finding_ids.mapped("file")
        self.assertIn("../../evil.csv", files)
        self.assertIn("/etc/contacts.csv", files)

    def test_an_upload_with_a_hostile_name_stays_in_the_filestore(self):
        project = self.make_project({})
        name = "../../../<b>contacts</b>.csv"
        project.add_file(name, encoded("Client ID,Full Name\nC-1,Dana\n"))
        file = project.file_ids.sudo()
        self.assertEqual(file.name, name)
        store = self.env["ir.attachment"]._filestore()
        self.assertTrue(file._path().startswith(store + "/"))

    def test_nothing_is_taken_in_silence(self):
        project = self.make_project({})
        for name, content, answer in (
            ("", encoded("x"), "has no name"),
            ("empty.csv", "", "is empty"),
            ("broken.csv", "not base64 !", "no base64"),
        ):
            with self.subTest(name=name):
                with self.assertRaisesRegex(UserError, answer):
                    project.add_file(name, content)
        self.assertFalse(project.file_ids)
        project.add_file("mystery.csv", encoded("Thing,Other\n1,2\n"))
        project.add_file("contacts.csv", encoded("Client ID,Full Name\nC-1,Dana\n"))
        project.action_stage(background=False)
        self.assertIn("mystery.csv", project.sudo().finding_ids.mapped("file"))
