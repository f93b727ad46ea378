import base64
import csv
import io

from openpyxl import load_workbook

from odoo.exceptions import AccessError, UserError, ValidationError

from .common import MigrationCommon, table


def deal(number, owner, **vals):
    """Return one row of a deals table."""
    return {
        "Deal ID": f"D-{number}",
        "Deal Name": f"Deal {number}",
        "Pipeline": "Coaching",
        "Stage": "Proposal",
        "Value": "1000",
        "Owner": owner,
    } | vals


class TestOwnerBoard(MigrationCommon):
    """Who is on the board, in which order, and what can be done about it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ana.email = "Ana Ruiz <ana.ruiz@home.example>, ana@practice.example"
        cls.maria = cls.make_user("Maria Lopez", "maria.lopez@practice.example")
        cls.twin = cls.make_user("Tom Twin", "tom1@practice.example")
        cls.twin.email = "twins@practice.example"
        cls.make_user("Tim Twin", "tom2@practice.example").email = cls.twin.email
        cls.boss = cls.make_user(
            "Bo Boss", "boss@practice.example", groups="base.group_system"
        )
        cls.files = {
            "pipeline_stages.csv": table(
                {"Pipeline": "Coaching", "Stage": "Proposal", "Order": "1"},
                {"Pipeline": "Coaching", "Stage": "Won", "Order": "2", "Is Won": "yes"},
            ),
            "contacts.csv": table(
                *(
                    {"Client ID": f"C-{n}", "Full Name": "Somebody", "Coach": coach}
                    for n, coach in enumerate(
                        [
                            "ana.ruiz@home.example",
                            "Ravi+crm@Practice.Example",
                            "m.lopez@old.example",
                            "twins@practice.example",
                            "Bo Boss",
                            "ravi menon",
                            *["many@x.example"] * 5,
                        ],
                        start=1,
                    )
                )
            ),
            "deals.csv": table(
                deal(1, "big@x.example", Value="9,000.50"),
                deal(2, "big@x.example", Value="$1,000"),
                deal(3, "big@x.example", Status="won", Value="70000"),
                deal(4, "big@x.example", Stage="Won", Value="70000"),
                deal(5, "small@x.example", Value="10"),
                deal(6, "small@x.example", Value="500", Currency="XAF"),
                deal(7, "small@x.example", Value="worth a lot"),
                deal(8, "", Value="10"),
            ),
        }
        cls.project = cls.staged(cls.files)
        cls.board = cls.project.owner_ids

    def owner(self, name):
        return self.board.filtered(lambda row: name in (row.name, row.email))

    # -- matching

    def test_each_address_of_a_user_is_found(self):
        owner = self.owner("ana.ruiz@home.example")
        self.assertEqual((owner.user_id, owner.method), (self.ana, "email"))

    def test_a_tagged_address_is_the_same_mailbox(self):
        owner = self.owner("Ravi+crm@Practice.Example")
        self.assertEqual((owner.user_id, owner.method), (self.ravi, "alias"))

    def test_an_address_of_two_users_is_not_guessed(self):
        owner = self.owner("twins@practice.example")
        self.assertEqual((owner.user_id.id, owner.method), (False, "none"))
        self.assertIn("tom1@practice.example, tom2@practice.example", owner.hint)

    def test_nobody_becomes_an_administrator_by_name(self):
        owner = self.owner("Bo Boss")
        self.assertEqual((owner.user_id.id, owner.method), (False, "none"))
        self.assertEqual(owner.proposed_user_id, self.boss)

    def test_a_match_by_name_asks_to_be_confirmed(self):
        owner = self.owner("ravi menon")
        self.assertTrue(owner.is_open)
        finding = self.findings(self.project, "owner_name", value="ravi menon")
        self.assertIn("ravi@practice.example", finding.message)
        owner.action_confirm()
        self.assertEqual((owner.user_id, owner.method), (self.ravi, "manual"))
        self.assertFalse(owner.is_open)

    def test_the_nearest_user_is_proposed_and_gets_nothing(self):
        owner = self.owner("m.lopez@old.example")
        self.assertEqual(owner.proposed_user_id, self.maria)
        self.assertEqual(owner.effective_user_id, self.fallback)
        self.assertFalse(self.owner("many@x.example").proposed_user_id)

    def test_an_id_is_told_from_a_name(self):
        owner = self.board[0]
        shown = {
            "VXNlcjo5OQ==": "Not described by the source (User 99)",
            "usr_12": "Not described by the source (usr_12)",
            "Maria Lopez": "Maria Lopez",
            "Ana": "Ana",
            "Rui Silva 2": "Rui Silva 2",
        }
        for name, label in shown.items():
            owner.sudo().write({"name": name, "email": False})
            self.assertEqual(owner.label, label)
        owner.sudo().write({"name": "usr_12", "email": "ana@x.example"})
        self.assertEqual(owner.label, "ana@x.example")

    # -- ranking

    def test_unmatched_owners_are_ranked_by_open_deals_and_value(self):
        names = [row.email or row.name for row in self.board.sorted() if row.is_open]
        self.assertEqual(
            names[:3], ["small@x.example", "big@x.example", "many@x.example"]
        )
        self.assertFalse(self.board.sorted()[-1].is_open)

    def test_the_value_of_open_deals_is_in_the_company_currency(self):
        owner = self.owner("big@x.example")
        self.assertEqual((owner.record_count, owner.deal_count), (4, 2))
        self.assertAlmostEqual(owner.open_value, 10000.5)
        self.assertFalse(owner.value_note)

    def test_an_amount_without_a_rate_is_named_and_in_no_sum(self):
        owner = self.owner("small@x.example")
        self.assertEqual((owner.deal_count, owner.open_value), (3, 10.0))
        self.assertIn("500.00 XAF", owner.value_note)
        self.assertIn("500.00 XAF", owner.advice)

    # -- deciding

    def test_the_board_says_what_happens_and_what_to_do(self):
        self.assertIn("Fay Fallback gets the records", self.owner("Bo Boss").advice)
        self.assertIn("Ana Ruiz gets", self.owner("ana.ruiz@home.example").advice)

    def test_a_proposal_is_taken_with_one_press(self):
        owner = self.owner("m.lopez@old.example")
        (owner | self.owner("many@x.example")).action_take_proposal()
        self.assertEqual((owner.user_id, owner.method), (self.maria, "manual"))
        self.assertEqual(self.owner("many@x.example").method, "none")

    def test_several_owners_are_matched_to_one_user(self):
        owners = self.owner("big@x.example") | self.owner("small@x.example")
        action = owners.action_open_match()
        wizard = self.env[action["res_model"]].with_context(**action["context"])
        wizard.create({"user_id": self.ravi.id}).action_match()
        self.assertEqual(owners.user_id, self.ravi)
        self.assertEqual(set(owners.mapped("method")), {"manual"})
        with self.assertRaisesRegex(UserError, "Tick the owners"):
            self.board.browse().action_open_match()

    def test_the_fallback_by_decision_stays_decided(self):
        owner = self.owner("big@x.example")
        owner.action_use_fallback()
        self.assertFalse(owner.is_open)
        self.make_user("Big", "big@x.example")
        self.project.action_match_owners()
        self.stage(self.project)
        self.assertEqual((owner.user_id.id, owner.method), (False, "fallback"))
        self.assertEqual(owner.deal_count, 2)

    def test_a_new_user_is_found_without_staging_again(self):
        user = self.make_user("Big", "big@x.example")
        owner = self.owner("big@x.example")
        self.project.action_match_owners()
        self.assertEqual((owner.user_id, owner.method), (user, "email"))

    def test_a_user_archived_since_is_taken_off_the_board(self):
        owner = self.owner("Ravi+crm@Practice.Example")
        self.ravi.active = False
        self.project.action_match_owners()
        self.assertEqual((owner.user_id.id, owner.method), (False, "archived"))
        self.assertIn("Ravi Menon", owner.advice)

    def test_the_board_of_all_projects_has_no_project_buttons(self):
        with self.assertRaisesRegex(UserError, "one project"):
            self.env["migration.owner"].action_match_again()
        board = self.env["migration.owner"].with_context(
            default_project_id=self.project.id
        )
        self.assertTrue(board.action_match_again())

    # -- the fallback user of a team

    def test_a_team_has_a_fallback_user_of_its_own(self):
        project = self.confirm_all(self.staged(self.files))
        project.action_plan_schema()
        team = project.schema_item_ids.filtered(lambda item: item.kind == "team")
        team.action_confirm()
        team.fallback_user_id = self.maria
        self.assertTrue(team.is_confirmed)
        self.load(self.apply_schema(project))
        self.assertEqual(self.target(project, "deals", "D-1").user_id, self.maria)
        self.assertEqual(self.target(project, "deals", "D-8").user_id, self.maria)
        contact = self.target(project, "contacts", "C-7")
        self.assertEqual(contact.user_id, self.fallback)

    def test_a_team_cannot_fall_back_on_who_cannot_work(self):
        project = self.confirm_all(self.staged(self.files))
        project.action_plan_schema()
        team = project.schema_item_ids.filtered(lambda item: item.kind == "team")
        self.maria.active = False
        with self.assertRaisesRegex(ValidationError, "active internal user"):
            team.fallback_user_id = self.maria

    # -- the report

    def report(self, project, kind):
        """Return name and content of a report that is downloaded."""
        action = {
            "xlsx": project.action_download_owners,
            "csv": project.action_download_owner_table,
        }[kind]()
        place, query = action["url"].split("?")
        model, res_id, field = place.removeprefix("/web/content/").split("/")
        self.assertIn("filename_field=name", query)
        record = self.env[model].browse(int(res_id))
        return record.name, base64.b64decode(record[field])

    def sheets(self, project):
        book = load_workbook(io.BytesIO(self.report(project, "xlsx")[1]))
        return {
            sheet.title: [[cell or "" for cell in row] for row in sheet.values]
            for sheet in book
        }

    def test_the_report_has_owners_and_users_without_owner(self):
        sheets = self.sheets(self.project)
        owners = {row[1] or row[0]: row for row in sheets["Owners"]}
        self.assertIn("ana@practice.example", owners["ana.ruiz@home.example"])
        self.assertIn("No Such User", owners["big@x.example"])
        users = [row[1] for row in sheets["Users Without Owner"]]
        self.assertIn("maria.lopez@practice.example", users)
        self.assertNotIn("ana@practice.example", users)
        self.assertEqual(len(sheets["Records to Clean Up"]), 1)

    def test_a_name_is_no_formula_in_the_report(self):
        text = table({"Client ID": "C-1", "Full Name": "X", "Coach": '=HYPERLINK("x")'})
        project = self.staged({"contacts.csv": text})
        rows = csv.reader(
            io.StringIO(self.report(project, "csv")[1].decode("utf-8-sig"))
        )
        self.assertIn('\'=HYPERLINK("x")', [row[0] for row in rows])

    def test_the_report_is_downloaded_by_its_name(self):
        self.assertEqual(self.report(self.project, "xlsx")[0], "Owners of Test.xlsx")
        self.assertEqual(self.report(self.project, "csv")[0], "Owners of Test.csv")
        fields = self.project._fields.values()
        files = [field.name for field in fields if field.type == "binary"]
        self.assertEqual(files, [], "read with each look at a project")
        outsider = self.make_user("Otto", "otto@practice.example")
        with self.assertRaises(AccessError):
            self.project.with_user(outsider).action_download_owners()
