from odoo.exceptions import UserError

from .common import MigrationCommon, table

FILES = {
    "contacts.csv": table(
        {
            "Client ID": "C-1",
            "Full Name": "Cleo",
            "City": "Rome",
            "Address Street": "1",
        },
    ),
    "notes.csv": table(
        {
            "Note ID": "N-1",
            "Client ID": "C-1",
            "Body": "x",
            "Created At": "2024-01-01",
            "Mood": "good",
            "Attachments": "plan.pdf",
        }
    ),
}


class TestMap(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.staged(FILES)
        cls.city = cls.line(cls.project, "contacts", "City")
        cls.mood = cls.line(cls.project, "notes", "Mood")

    def counts(self):
        models = ("res.partner", "mail.message", "crm.lead", "migration.crosswalk")
        return [self.env[model].search_count([]) for model in models]

    # -- nothing moves before

    def test_nothing_moves_while_one_line_is_unconfirmed(self):
        self.apply_schema(self.confirm_all(self.project))
        self.city.action_unconfirm()
        before = self.counts()
        for step in ("action_load", "action_sample"):
            with self.assertRaisesRegex(UserError, "Contacts, field City"):
                getattr(self.project, step)(background=False)
            with self.assertRaisesRegex(UserError, "Open fields: 1"):
                getattr(self.project, step)()
        with self.assertRaisesRegex(UserError, "Nothing moves"):
            self.project.action_plan_schema()
        self.assertFalse(
            self.project.run_ids.filtered(lambda run: run.kind in ("load", "sample"))
        )
        self.assertEqual(self.counts(), before)

    def test_the_schema_is_not_touched_while_a_line_is_unconfirmed(self):
        self.confirm_all(self.project)
        self.project.action_plan_schema()
        self.project.action_confirm_schema()
        self.city.action_unconfirm()
        with self.assertRaisesRegex(UserError, "Nothing moves"):
            self.project.action_apply_schema()

    def test_nothing_moves_without_a_map(self):
        project = self.make_project(FILES)
        for step in ("action_load", "action_sample", "action_plan_schema"):
            with self.assertRaisesRegex(UserError, "There is no map yet"):
                getattr(project, step)()

    def test_nothing_moves_before_the_schema_is_in_place(self):
        files = {"contacts.csv": FILES["contacts.csv"].replace("City", "Tags")}
        project = self.confirm_all(self.staged(files))
        project.action_plan_schema()
        with self.assertRaisesRegex(UserError, "schema plan is not in place"):
            project.action_load(background=False)
        with self.assertRaisesRegex(UserError, "not confirmed"):
            project.action_apply_schema()

    def test_confirming_the_plan_says_how_much_that_was(self):
        files = {"contacts.csv": FILES["contacts.csv"].replace("City", "Tags")}
        project = self.confirm_all(self.staged(files))
        project.action_plan_schema()
        count = project.open_schema_count
        self.assertGreater(count, 0)
        self.assertIn("confirm it", project.next_step)
        answer = project.action_confirm_schema()
        self.assertIn(str(count), answer["params"]["message"])
        self.assertEqual(answer["params"]["type"], "success")
        self.assertEqual(
            (project.open_schema_count, project.missing_schema_count), (0, count)
        )
        self.assertIn("create it", project.next_step)
        answer = project.action_confirm_schema()
        self.assertIn("Nothing", answer["params"]["message"])
        project.action_apply_schema()
        self.assertEqual(project.missing_schema_count, 0)
        item = project.schema_item_ids[0].sudo()
        item.write({"state": "planned", "is_confirmed": False})
        answer = project.action_confirm_schema()
        self.assertIn("1 item is confirmed", answer["params"]["message"])

    def test_people_read_names_of_fields_not_of_columns(self):
        self.assertEqual(self.city.target_label, "City")
        obj = self.city.object_id
        self.assertEqual(obj._field_label("_first_name"), "First name")
        self.assertEqual(obj._field_label("x_not_made_yet"), "Not made yet")
        self.assertEqual(obj._field_label(False), "")

    # -- confirming

    def test_confirming_all_leaves_what_needs_a_person(self):
        answer = self.project.action_confirm_map()
        left = self.project.mapping_line_ids.filtered(lambda li: not li.is_confirmed)
        self.assertEqual(set(left.mapped("source_field")), {"Mood", "Address Street"})
        self.assertIn("your decision: 2", answer["params"]["message"])
        self.assertFalse(self.project.schema_item_ids)
        self.assertEqual(self.project.unconfirmed_count, 2)

    def test_confirming_the_last_line_lets_the_plan_be_made(self):
        self.confirm_all(self.project)
        self.assertIs(self.project.action_confirm_map(), True)
        self.assertEqual(self.project.state, "mapped")

    def test_a_confirmation_has_a_name_and_a_day(self):
        self.city.action_confirm()
        self.assertEqual(self.city.confirmed_by, self.manager)
        self.assertTrue(self.city.confirmed_on)
        self.city.action_unconfirm()
        self.assertFalse(self.city.confirmed_by)

    def test_a_changed_decision_loses_its_confirmation(self):
        changes = {
            "target_field": "x_town",
            "rest_field": "x_rest",
            "transform": "html_text",
            "fate": "dropped",
            "on_missing": "empty",
            "new_field_type": "text",
            "date_format": "iso",
        }
        for name, value in changes.items():
            with self.subTest(field=name):
                self.city.action_confirm()
                self.city[name] = value
                self.assertFalse(self.city.is_confirmed)
                self.assertFalse(self.city.confirmed_by)

    def test_an_undecided_line_cannot_be_confirmed(self):
        with self.assertRaisesRegex(UserError, "field Mood: choose a target"):
            self.mood.action_confirm()
        self.assertFalse(self.mood.is_confirmed)

    def test_a_dropped_line_needs_a_reason(self):
        self.city.write({"fate": "dropped", "reason": False})
        with self.assertRaisesRegex(UserError, "City is dropped: say why"):
            self.city.action_confirm()
        self.city.action_drop()
        self.city.action_confirm()
        self.assertEqual(self.city.reason, "Dropped by decision.")
        self.assertFalse(self.city.target_field)

    def test_a_mapped_line_needs_a_target_that_can_be_filled(self):
        for target in (False, "no_such_field", "create_date", "child_ids", "_nonsense"):
            self.city.target_field = target
            with self.assertRaisesRegex(UserError, "field City"):
                self.city.action_confirm()
        for target in ("street2", "x_anything", "_full_name"):
            self.city.target_field = target
            self.city.action_confirm()

    def test_a_field_that_the_preset_drops_says_why(self):
        line = self.line(self.project, "notes", "Attachments")
        self.assertEqual(line.fate, "dropped")
        self.assertIn("which note they belong to", line.reason)

    # -- the source changes

    def test_a_new_header_after_confirmation_blocks_again(self):
        self.apply_schema(self.confirm_all(self.project))
        text = (
            FILES["contacts.csv"].replace("City", "City,Fax").replace("Rome", "Rome,7")
        )
        self.stage(self.project, {"contacts.csv": text}, name="newer.zip")
        line = self.line(self.project, "contacts", "Fax")
        self.assertFalse(line.is_confirmed)
        self.assertTrue(self.city.is_confirmed)
        with self.assertRaisesRegex(UserError, "field Fax"):
            self.project.action_load(background=False)

    def test_a_decision_survives_staging_again(self):
        self.mood.write({"fate": "dropped", "reason": "Nobody reads it."})
        self.mood.action_confirm()
        self.stage(self.project)
        self.assertEqual((self.mood.fate, self.mood.is_confirmed), ("dropped", True))

    def test_a_line_leads_its_value_where_a_person_says(self):
        self.city.target_field = "street2"
        self.confirm_all(self.project)
        self.load(self.apply_schema(self.project))
        contact = self.target(self.project, "contacts", "C-1")
        self.assertEqual((contact.street2, contact.city), ("Rome", False))

    def test_a_missing_reference_may_leave_the_field_empty(self):
        files = {
            "organizations.csv": table(
                {"Organization ID": "O-1", "Organization Name": "A"}
            ),
            "contacts.csv": table(
                {"Client ID": "C-1", "Full Name": "Cleo", "Organization": "Nowhere"}
            ),
        }
        project = self.staged(files)
        self.line(project, "contacts", "Organization").on_missing = "empty"
        self.load(self.apply_schema(self.confirm_all(project)))
        contact = self.target(project, "contacts", "C-1")
        self.assertFalse(contact.parent_id)
        self.assertEqual(self.findings(project, "unreadable").value, "Nowhere")
