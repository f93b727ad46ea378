import json

from odoo.exceptions import ValidationError

from .common import MigrationCommon, table


def contacts(*coaches):
    """Return a contacts table with one coach cell a row."""
    return table(
        *(
            {"Client ID": f"C-{number}", "Full Name": "Somebody", "Coach": coach}
            for number, coach in enumerate(coaches, start=1)
        )
    )


class TestOwners(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.env["res.company"].create({"name": "Other"})
        cls.gone = cls.make_user("Gus Gone", "gus@practice.example")
        cls.gone.active = False
        cls.elsewhere = cls.make_user(
            "Elsa Elsewhere",
            "elsa@practice.example",
            company_id=cls.other_company.id,
            company_ids=[(6, 0, cls.other_company.ids)],
        )
        cls.make_user("Jo Double", "jo1@practice.example")
        cls.make_user("Jo Double", "jo2@practice.example")
        cls.staff = table(
            {"Staff ID": "S-1", "Name": "Ana R.", "Email": "ana@practice.example"},
            {"Staff ID": "S-2", "Name": "Stan Stranger", "Email": "stan@x.example"},
            {"Staff ID": "S-3", "Name": "Stan Again", "Email": "STAN@x.example"},
            {"Staff ID": "S-4", "Name": "", "Email": ""},
            {"Staff ID": "S-5", "Name": "", "Email": ""},
        )
        cls.files = {
            "staff.csv": cls.staff,
            "contacts.csv": contacts(
                "ANA@Practice.Example",
                "ravi menon",
                "gus@practice.example",
                "Elsa Elsewhere",
                "Jo Double",
                "Stan Stranger",
                "nobody@x.example; ana r.",
                "",
            ),
        }
        cls.project = cls.migrated(cls.files)

    def owner(self, name, project=None):
        project = project or self.project
        return project.owner_ids.filtered(lambda o: name in (o.name, o.email))

    def user_of(self, external_id):
        return self.target(self.project, "contacts", external_id).user_id

    # -- matching

    def test_an_owner_is_matched_by_email_in_any_case(self):
        owner = self.owner("ana@practice.example")
        self.assertEqual((owner.user_id, owner.method), (self.ana, "email"))
        self.assertEqual(self.user_of("C-1"), self.ana)

    def test_an_owner_is_matched_by_a_full_name_that_one_user_has(self):
        owner = self.owner("ravi menon")
        self.assertEqual((owner.user_id, owner.method), (self.ravi, "name"))
        self.assertEqual(self.user_of("C-2"), self.ravi)

    def test_an_archived_user_gets_nothing(self):
        owner = self.owner("gus@practice.example")
        self.assertEqual((owner.user_id.id, owner.method), (False, "archived"))
        self.assertEqual(self.user_of("C-3"), self.fallback)

    def test_a_user_without_access_to_the_company_gets_nothing(self):
        owner = self.owner("Elsa Elsewhere")
        self.assertEqual((owner.user_id.id, owner.method), (False, "no_access"))
        self.assertEqual(self.user_of("C-4"), self.fallback)

    def test_a_name_that_two_users_have_is_not_guessed(self):
        owner = self.owner("Jo Double")
        self.assertEqual((owner.user_id.id, owner.method), (False, "none"))
        self.assertEqual(self.user_of("C-5"), self.fallback)

    def test_staff_listed_twice_is_one_owner(self):
        owner = self.owner("stan@x.example") | self.owner("STAN@x.example")
        self.assertEqual(len(owner), 1)
        self.assertEqual(owner.record_count, 1)
        names = [key for key in owner.alias_keys if not key.startswith("id:")]
        self.assertEqual(names, ["stan stranger", "stan again"])
        self.assertEqual(len(owner.alias_keys), 4, "both names and both ids")

    def test_staff_without_name_and_email_is_no_owner(self):
        self.assertFalse(self.project.owner_ids.filtered(lambda o: o.key in ("?", "")))

    def test_the_board_counts_the_records_of_each_owner(self):
        # once by e-mail, once by the name that the staff list gives
        self.assertEqual(self.owner("ana@practice.example").record_count, 2)
        self.assertEqual(self.owner("nobody@x.example").record_count, 1)

    def test_who_gets_the_records_is_shown_before_the_load(self):
        owner = self.owner("nobody@x.example")
        self.assertEqual(owner.effective_user_id, self.fallback)
        owner.user_id = self.ravi
        self.assertEqual(owner.effective_user_id, self.ravi)

    def test_an_unknown_owner_is_a_finding_with_its_place(self):
        finding = self.findings(self.project, "owner_none", value="nobody@x.example")
        self.assertEqual(
            (finding.source_object, finding.file, finding.line, finding.field),
            ("contacts", "contacts.csv", 8, "Coach"),
        )
        self.assertIn("Fay Fallback", finding.message)
        self.assertTrue(self.findings(self.project, "owner_archived"))
        self.assertTrue(self.findings(self.project, "owner_no_access"))

    def test_users_that_nobody_in_the_source_is_are_listed(self):
        values = self.findings(self.project, "user_without_owner").mapped("value")
        self.assertIn("mo@practice.example", values)
        self.assertNotIn("ana@practice.example", values)

    def test_staff_rows_say_which_user_they_are(self):
        record = self.assertBucket(self.project, "staff", "S-1", "merged")
        self.assertIn("Ana Ruiz", record.reason)
        record = self.assertBucket(self.project, "staff", "S-2", "excluded")
        self.assertIn("Fay Fallback", record.reason)

    def test_a_migration_makes_no_user(self):
        links = self.env["migration.crosswalk"].search(
            [("project_id", "=", self.project.id), ("res_model", "=", "res.users")]
        )
        self.assertEqual(set(links.mapped("origin")), {"matched"})

    # -- choosing

    def test_a_user_chosen_by_hand_stays_chosen(self):
        project = self.staged(self.files)
        self.owner("ana@practice.example", project).user_id = self.ravi
        self.owner("nobody@x.example", project).user_id = self.ana
        self.stage(project)
        for name, user in (
            ("ana@practice.example", self.ravi),
            ("nobody@x.example", self.ana),
        ):
            owner = self.owner(name, project)
            self.assertEqual((owner.user_id, owner.method), (user, "manual"))
        self.load(self.apply_schema(self.confirm_all(project)))
        for external_id, user in (("C-1", self.ravi), ("C-7", self.ana)):
            contact = self.target(project, "contacts", external_id)
            self.assertEqual(contact.user_id, user)

    def test_an_owner_that_the_source_no_longer_names_leaves_the_board(self):
        project = self.staged(self.files)
        text = self.files["contacts.csv"].replace("nobody@x.example; ", "")
        self.stage(project, {"contacts.csv": text}, name="newer.zip")
        self.assertFalse(self.owner("nobody@x.example", project))
        self.assertFalse(self.findings(project, "owner_none", value="nobody@x.example"))

    def test_only_a_user_who_can_work_may_be_chosen(self):
        owner = self.owner("nobody@x.example")
        for user in (self.gone, self.elsewhere, self.env.ref("base.public_user")):
            with self.assertRaisesRegex(ValidationError, "active internal user"):
                owner.user_id = user
            with self.assertRaisesRegex(ValidationError, "active internal user"):
                self.project.fallback_user_id = user

    def test_an_owner_archived_before_the_load_stops_it(self):
        project = self.apply_schema(self.confirm_all(self.staged(self.files)))
        self.ravi.active = False
        with self.assertRaisesRegex(ValidationError, "Ravi Menon"):
            project.action_load(background=False)
        self.ravi.active = True
        self.fallback.active = False
        with self.assertRaisesRegex(ValidationError, "Fay Fallback"):
            project.action_load(background=False)
        self.assertFalse(project.loaded_count)

    def test_a_robot_never_is_the_fallback(self):
        values = {"name": "By a script"}
        project = self.env["migration.project"].create(values)
        self.assertEqual(project.fallback_user_id, self.env.ref("base.user_admin"))
        project = self.env["migration.project"].with_user(self.manager).create(values)
        self.assertEqual(project.fallback_user_id, self.manager)

    def test_a_list_of_owners_in_json_is_read_as_a_list(self):
        rows = [
            {
                "Client ID": "C-1",
                "Full Name": "Cleo",
                "Coach": ["nobody@x.example", "Ravi Menon"],
                "Tags": ["VIP", "Alumni"],
            }
        ]
        project = self.migrated({"contacts.json": json.dumps(rows)})
        names = {owner.email or owner.name for owner in project.owner_ids}
        self.assertEqual(names, {"nobody@x.example", "Ravi Menon"})
        contact = self.target(project, "contacts", "C-1")
        self.assertEqual(contact.user_id, self.fallback)
        self.assertEqual(contact.x_other_owners, "Ravi Menon")
        self.assertEqual(set(contact.category_id.mapped("name")), {"VIP", "Alumni"})
