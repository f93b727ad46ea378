from odoo.addons.crm_migration.models.migration_difference import NOTABLE

from .common import MigrationCommon, table

FILES = {
    "pipeline_stages.csv": table(
        {"Pipeline": "Undo", "Stage": "New", "Order": "1"},
        {"Pipeline": "Undo", "Stage": "Won", "Order": "2", "Is Won": "Yes"},
        {"Pipeline": "Other", "Stage": "New", "Order": "1"},
    ),
    "organizations.csv": table(
        *(
            {
                "Organization ID": f"O-{name}",
                "Organization Name": f"Org {name}",
                "Employee Count": "7",
                "Industry": "Undoing",
                "City": "Rome",
            }
            for name in ("parent", "free", "joined")
        )
    ),
    "contacts.csv": table(
        *(
            {
                "Client ID": f"C-{name}",
                "Full Name": f"Client {name}",
                "Organization": "Org parent" if name == "quoted" else "",
                "Phone": "+44 20 7946 0958",
                "Tags": "Known; Fresh",
                "Status": "Active" if name == "edited" else "",
                "Job Title": "Chair",
                "Preferred Name": "Nick",
            }
            for name in (
                "edited",
                "silently",
                "quoted",
                "noted",
                "deleted",
                "customer",
                "free",
            )
        )
    ),
    "deals.csv": table(
        *(
            {
                "Deal ID": f"D-{name}",
                "Deal Name": f"Deal {name}",
                "Client ID": "C-customer" if name == "planned" else "C-free",
                "Pipeline": pipeline,
                "Stage": "New",
                "Lost Reason": "Undone" if name == "free" else "",
                "Status": "Lost" if name == "free" else "Open",
                "Tags": "Used; Unused",
            }
            for name, pipeline in (("planned", "Other"), ("free", "Undo"))
        )
    ),
    "notes.csv": table(
        {
            "Note ID": "N-1",
            "Client ID": "C-free",
            "Body": "<p>Text</p>",
            "Created At": "2024-01-01",
        }
    ),
    "files.csv": table(
        {"File ID": "F-1", "File Name": "a", "Path": "a.pdf", "Note ID": "N-1"},
        {"File ID": "F-2", "File Name": "b", "Path": "a.pdf", "Client ID": "C-edited"},
    ),
    "a.pdf": b"%PDF-1.4 undo",
    "tasks.csv": table({"Task ID": "T-1", "Title": "Call"}),
}
MODELS = (
    "res.partner",
    "res.partner.category",
    "res.partner.industry",
    "crm.lead",
    "crm.stage",
    "crm.team",
    "crm.tag",
    "crm.lost.reason",
    "mail.activity",
    "mail.message",
    "mail.alias",
    "mail.followers",
    "ir.attachment",
    "ir.model.fields",
    "ir.ui.view",
    "ir.default",
    "ir.model.data",
    "utm.source",
)


class RollbackCommon(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.known = cls.env["res.partner.category"].create({"name": "Known"})
        cls.before = cls.counts()
        cls.project = cls.migrated(FILES)
        cls.loaded = cls.counts()
        cls.a_day_passes()

    @classmethod
    def counts(cls):
        cls.env.flush_all()
        return {
            name: cls.env[name].with_context(active_test=False).search_count([])
            for name in MODELS
        }

    @classmethod
    def undo(cls):
        cls.project.action_rollback(background=False)
        cls.env.invalidate_all()

    @classmethod
    def made(cls, name, key):
        """Return what the schema plan made for one key."""
        link = cls.link(cls.project, f"schema:{name}", key)
        return cls.env[link.res_model].browse(link.res_id).exists() if link else None

    @classmethod
    def contact(cls, name):
        return cls.target(cls.project, "contacts", f"C-{name}")

    def assertFate(self, source_object, external_id, fate, reason=""):
        line = self.project.rollback_line_ids.filtered(
            lambda line: (line.source_object, line.external_id)
            == (source_object, external_id)
        )
        self.assertEqual((line.fate, line.state), (fate, "done"), line.reason)
        self.assertIn(reason, line.reason or "")
        return line


class TestRollbackOfEverything(RollbackCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fates = cls.project.action_plan_rollback()
        cls.planned = cls.counts()
        cls.undo()
        cls.after = cls.counts()
        cls.fields_after = {name for _model, name in cls.fields()}

    @classmethod
    def fields(cls):
        return [
            (model, name)
            for model in ("res.partner", "crm.lead", "ir.attachment")
            for name in cls.env[model]._fields
            if name.startswith("x_")
        ]

    def test_a_plan_changes_nothing(self):
        self.assertEqual(self.planned, self.loaded)
        self.assertEqual(set(self.fates), {"delete", "release"})

    def test_the_tables_are_as_they_were(self):
        self.assertEqual(self.after, self.before)

    def test_fields_and_form_tabs_are_gone(self):
        self.assertFalse(self.fields_after)
        arch = self.env["res.partner"].get_view(view_type="form")["arch"]
        self.assertNotIn("Migrated Data", arch)

    def test_what_existed_before_stays(self):
        self.assertTrue(self.known.exists())
        self.assertFate("schema:category", "known", "release", "Existed before")

    def test_every_record_may_be_loaded_again(self):
        states = self.project.sudo().mapped("object_ids.staged_record_ids.state")
        self.assertEqual(set(states), {"pending"})
        links = self.env["migration.crosswalk"].search(
            [("project_id", "=", self.project.id)]
        )
        self.assertFalse(links)
        self.assertEqual(self.project.state, "rolled_back")
        self.assertFalse(self.project.reconciliation_line_ids)

    def test_every_deletion_is_in_the_log(self):
        entry = self.env["migration.log"].search(
            [
                ("project_id", "=", self.project.id),
                ("operation", "=", "delete"),
                ("external_id", "=", "C-free"),
            ]
        )
        self.assertEqual(entry.res_model, "res.partner")
        self.assertTrue(entry.res_id)

    def test_running_again_creates_the_same_once_more(self):
        self.load(self.apply_schema(self.project))
        self.assertEqual(self.counts(), self.loaded)
        self.assertTrue(self.project.is_balanced)
        self.assertEqual(self.contact("free").x_preferred_name, "Nick")
        self.undo()
        self.assertEqual(self.counts(), self.before)

    def test_undoing_twice_does_nothing_more(self):
        self.undo()
        self.assertEqual(self.counts(), self.before)

    def test_a_changed_map_counts_in_the_next_run(self):
        line = self.line(self.project, "contacts", "Job Title")
        line.action_drop()
        self.load(self.apply_schema(self.confirm_all(self.project)))
        self.assertFalse(self.contact("free").function)


class TestRollbackKeeps(RollbackCommon):
    """A person worked with the migrated records for a day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kept = {}
        for name in ("edited", "silently", "quoted", "noted", "customer"):
            cls.kept[name] = cls.contact(name)
        cls.parent = cls.target(cls.project, "organizations", "O-parent")
        cls.joined = cls.target(cls.project, "organizations", "O-joined")
        cls.deal = cls.target(cls.project, "deals", "D-planned")
        cls.used = cls.made("tag", "used")
        cls.stage = cls.made("stage", "other|new")
        cls.team = cls.made("team", "other")
        cls.a_person_works()
        cls.wizard = (
            cls.env["migration.rollback.wizard"]
            .with_user(cls.manager)
            .create({"project_id": cls.project.id})
        )
        cls.undo()

    @classmethod
    def a_person_works(cls):
        """Each of these is a request of its own: Odoo notes who wrote at the flush."""
        cls.kept["edited"].with_user(cls.ana).phone = "+47 22 12 34 56"
        cls.kept["edited"].with_user(cls.ana).flush_recordset()
        # a scheduled action wrote into it
        cls.kept["silently"].function = "Director"
        cls.env.flush_all()
        cls.quote = cls.person("crm.lead").create(
            {
                "name": "A quotation of our own",
                "partner_id": cls.kept["quoted"].id,
                "tag_ids": [(6, 0, cls.used.ids)],
                "team_id": cls.env.ref("sales_team.team_sales_department").id,
            }
        )
        cls.kept["noted"].with_user(cls.ana).message_post(body="We spoke today")
        cls.child = cls.person("res.partner").create(
            {"name": "A new colleague", "parent_id": cls.joined.id}
        )
        cls.deal.with_user(cls.fallback).activity_schedule(
            "mail.mail_activity_data_todo", user_id=cls.fallback.id
        )
        cls.contact("deleted").unlink()
        cls.env.flush_all()

    @classmethod
    def person(cls, model):
        return cls.env[model].with_user(cls.ana)

    def test_an_edited_record_is_kept_with_the_name_of_the_editor(self):
        self.assertFate("contacts", "C-edited", "keep_edited", "ana@practice.example")
        contact = self.kept["edited"]
        self.assertEqual(contact.phone, "+47 22 12 34 56")
        self.assertEqual(contact.function, "Chair")

    def test_a_record_that_a_program_changed_is_kept_with_the_field(self):
        self.assertFate("contacts", "C-silently", "keep_edited", "Job Position")
        self.assertEqual(self.kept["silently"].function, "Director")

    def test_a_record_that_a_quotation_refers_to_is_kept(self):
        self.assertFate("contacts", "C-quoted", "keep_referenced", f"{self.quote.id}")
        self.assertEqual(self.quote.partner_id, self.kept["quoted"])

    def test_what_a_kept_record_refers_to_is_kept_too(self):
        self.assertFate("organizations", "O-parent", "keep_referenced")
        self.assertEqual(self.kept["quoted"].parent_id, self.parent)
        self.assertFate("contacts", "C-customer", "keep_referenced")
        self.assertEqual(self.deal.partner_id, self.kept["customer"])

    def test_a_company_that_a_new_contact_joined_is_kept(self):
        self.assertFate("organizations", "O-joined", "keep_referenced")
        self.assertEqual(self.child.parent_id, self.joined)

    def test_a_record_that_a_person_wrote_about_is_kept(self):
        self.assertFate("contacts", "C-noted", "keep_referenced", "Message")
        self.assertTrue(self.kept["noted"].exists())

    def test_a_deal_with_a_planned_activity_is_kept_with_stage_and_team(self):
        self.assertFate("deals", "D-planned", "keep_referenced", "Activity")
        self.assertEqual(
            (self.deal.stage_id, self.deal.team_id), (self.stage, self.team)
        )
        self.assertFate("schema:stage", "other|new", "keep_referenced")
        self.assertFate("schema:team", "other", "keep_referenced")

    def test_a_tag_that_a_person_used_is_kept_and_the_others_go(self):
        self.assertFate("schema:tag", "used", "keep_referenced")
        self.assertEqual(self.quote.tag_ids, self.used)
        # the kept deal bears this one
        self.assertFate("schema:tag", "unused", "keep_referenced")
        self.assertFate("schema:lost_reason", "undone", "delete")

    def test_a_record_that_was_deleted_by_hand_is_no_obstacle(self):
        self.assertFate("contacts", "C-deleted", "gone")

    def test_all_the_rest_is_gone(self):
        for source_object, external_id in (
            ("contacts", "C-free"),
            ("organizations", "O-free"),
            ("deals", "D-free"),
            ("notes", "N-1"),
            ("files", "F-1"),
            ("schema:team", "undo"),
            ("schema:stage", "undo|won"),
        ):
            self.assertFate(source_object, external_id, "delete")
            self.assertFalse(self.link(self.project, source_object, external_id))

    def test_a_custom_field_with_a_value_stays_and_is_still_shown(self):
        self.assertFate(
            "schema:field", "res.partner.x_client_status", "keep_referenced"
        )
        self.assertEqual(self.kept["edited"].x_client_status, "Active")
        self.assertNotIn("x_source_created_on", self.env["res.partner"]._fields)
        arch = self.env["res.partner"].get_view(view_type="form")["arch"]
        self.assertIn('name="x_client_status"', arch)

    def test_the_wizard_told_all_of_this_before(self):
        fates = self.project.rollback_line_ids.mapped("fate")
        self.assertEqual(self.wizard.edited_count, fates.count("keep_edited"))
        self.assertEqual(self.wizard.referenced_count, fates.count("keep_referenced"))
        self.assertEqual(self.wizard.delete_count, fates.count("delete"))
        self.assertEqual(
            self.wizard.release_count, fates.count("release") + fates.count("gone")
        )

    def test_running_again_brings_back_what_went_and_doubles_nothing(self):
        kept = {name: record.id for name, record in self.kept.items()}
        self.load(self.apply_schema(self.project))
        for name, res_id in kept.items():
            self.assertEqual(self.contact(name).id, res_id)
        for name in ("free", "deleted", *kept):
            found = self.env["res.partner"].search_count(
                [("name", "=", f"Client {name}")]
            )
            self.assertEqual(found, 1, name)
        self.assertEqual(self.kept["edited"].phone, "+47 22 12 34 56")
        teams = self.env["crm.team"].search_count([("name", "in", ("Undo", "Other"))])
        self.assertEqual(teams, 2)
        # a person's edit is no fault, what a program overwrote is one
        words = {
            row.external_id: row.verdict
            for row in self.project.difference_ids
            if row.verdict != "normalised"
        }
        self.assertEqual(words, {"C-edited": "edited", "C-silently": "overwritten"})
        self.assertEqual(self.book(self.project, "Contacts").difference_count, 1)
        self.assertTrue(self.book(self.project, "Deals").is_balanced)

    def test_a_record_that_was_let_go_meanwhile_goes_with_the_next_undo(self):
        self.quote.partner_id = False
        self.undo()
        self.assertFate("contacts", "C-quoted", "delete")
        self.assertFate("organizations", "O-parent", "delete")
        self.assertFate("contacts", "C-edited", "keep_edited")


class TestRollbackOfSharedLists(MigrationCommon):
    """Two records of the source became one that existed, each with tags of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.known = cls.env["res.partner.category"].create({"name": "Known"})
        cls.own = cls.env["res.partner"].create(
            {
                "name": "Own",
                "email": "own@x.example",
                "category_id": [(4, cls.known.id)],
            }
        )
        cls.categories = cls.env["res.partner.category"].search([])
        cls.project = cls.migrated(
            {
                "contacts.csv": table(
                    *(
                        {
                            "Client ID": f"C-{number}",
                            "Full Name": "Own",
                            "Email": "own@x.example",
                            "Tags": f"Known; Shared; Of {number}",
                            **more,
                        }
                        for number, more in (
                            # who joins a company keeps having no salesperson
                            (1, {"Organization": "Org"}),
                            (2, {"Coach": "ana@practice.example"}),
                        )
                    )
                ),
                "organizations.csv": table(
                    {"Organization ID": "O-1", "Organization Name": "Org"}
                ),
            }
        )
        cls.a_day_passes()

    def test_what_the_other_brought_is_no_difference(self):
        self.assertEqual(self.own.user_id, self.ana)
        self.assertEqual(self.own.parent_id.name, "Org")
        self.assertTrue(self.project.is_balanced)
        wrong = self.project.difference_ids.filtered(lambda one: one.verdict in NOTABLE)
        self.assertFalse(wrong.mapped("target_field"))

    def test_a_tag_that_is_lost_is_a_difference_all_the_same(self):
        one = self.own.category_id.filtered(lambda tag: tag.name == "Of 1")
        self.own.sudo().category_id -= one
        self.project.action_verify(background=False)
        found = self.project.difference_ids.filtered(
            lambda one: one.target_field == "category_id" and one.verdict in NOTABLE
        )
        self.assertIn("C-1", found.mapped("external_id"))

    def test_tags_of_both_go_and_no_other(self):
        for number in (1, 2):
            link = self.link(self.project, "contacts", f"C-{number}")
            self.assertEqual((link.res_id, link.origin), (self.own.id, "matched"))
        names = {"Known", "Shared", "Of 1", "Of 2"}
        self.assertEqual({*self.own.category_id.mapped("name")}, names)
        self.project.action_rollback(background=False)
        self.env.invalidate_all()
        kept = self.project.rollback_line_ids.filtered(lambda line: "keep" in line.fate)
        self.assertEqual(kept.mapped("reason"), [])
        self.assertEqual(self.own.category_id, self.known)
        self.assertEqual(self.env["res.partner.category"].search([]), self.categories)
