from .common import MigrationCommon, table

#: Whatever tells somebody something, or does something later.
LOUD = (
    "mail.mail",
    "mail.notification",
    "mail.followers",
    "mail.activity",
    "mail.tracking.value",
    "mail.message.schedule",
    "mail.scheduled.message",
    "bus.bus",
    "ir.cron.trigger",
    "crm.lead.scoring.frequency",
    "discuss.channel",
    "sms.sms",
    "calendar.event",
)
FILES = {
    "pipeline_stages.csv": table(
        {"Pipeline": "Quiet", "Stage": "New", "Order": "1"},
        {"Pipeline": "Quiet", "Stage": "Won", "Order": "2", "Is Won": "Yes"},
    ),
    "organizations.csv": table(
        {
            "Organization ID": "O-1",
            "Organization Name": "Acme",
            "Email": "office@acme.example",
            "Team Members": "ana@practice.example",
        }
    ),
    "contacts.csv": table(
        {
            "Client ID": "C-1",
            "Full Name": "Cleo",
            "Email": "cleo@mail.example",
            "Organization": "Acme",
            "Coach": "ravi@practice.example",
        }
    ),
    "deals.csv": table(
        *(
            {
                "Deal ID": f"D-{number}",
                "Deal Name": f"Deal {number}",
                "Client ID": "C-1",
                "Pipeline": "Quiet",
                "Stage": stage,
                "Status": status,
                "Owner": owner,
                "Close Date": "2020-01-01",
            }
            for number, (stage, status, owner) in enumerate(
                [
                    ("New", "Open", "ana@practice.example"),
                    ("New", "Lost", "ravi@practice.example"),
                    ("Won", "Won", "ana@practice.example"),
                ]
            )
        )
    ),
    "notes.csv": table(
        {
            "Note ID": "N-1",
            "Deal ID": "D-0",
            "Type": "Email",
            "Visibility": "Shared",
            "Body": "Dear all",
            "Author": "ana@practice.example",
            "Created At": "2024-01-01",
        }
    ),
    "files.csv": table(
        {"File ID": "F-1", "File Name": "plan", "Path": "plan.pdf", "Deal ID": "D-0"}
    ),
    "plan.pdf": b"%PDF-1.4 quiet",
}


class TestQuiet(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # people follow the team and everything of their customer
        team = cls.env["crm.team"].create({"name": "Quiet", "user_id": cls.manager.id})
        team.message_subscribe(cls.ravi.partner_id.ids)
        team.crm_team_member_ids = [(0, 0, {"user_id": cls.ana.id})]
        cls.team = team
        cls.project = cls.staged(FILES)
        cls.apply_schema(cls.confirm_all(cls.project))
        cls.before = cls.loud()
        cls.messages = cls.env["mail.message"].search([])
        cls.load(cls.project)
        cls.after = cls.loud()

    @classmethod
    def loud(cls):
        cls.env.flush_all()
        cls.env.cr.precommit.run()
        return {
            name: cls.env[name].with_context(active_test=False).search_count([])
            for name in LOUD
            if name in cls.env
        }

    def test_nobody_is_told_subscribed_or_reminded(self):
        self.assertEqual(self.after, self.before)
        self.assertEqual(self.project.loaded_count, 9)

    def test_the_only_messages_are_those_of_the_source(self):
        fresh = self.env["mail.message"].search([]) - self.messages
        self.assertEqual(fresh, self.target(self.project, "notes", "N-1"))

    def test_the_records_have_their_owners_all_the_same(self):
        deal = self.target(self.project, "deals", "D-0")
        self.assertEqual((deal.user_id, deal.team_id), (self.ana, self.team))
        self.assertFalse(deal.message_partner_ids)
        contact = self.target(self.project, "contacts", "C-1")
        self.assertEqual(contact.user_id, self.ravi)

    def test_a_deal_made_by_hand_is_not_quiet(self):
        lead = (
            self.env["crm.lead"]
            .with_user(self.manager)
            .create(
                {"name": "By hand", "user_id": self.ana.id, "team_id": self.team.id}
            )
        )
        self.env.cr.precommit.run()
        self.assertIn(self.ana.partner_id, lead.message_partner_ids)
        self.assertTrue(lead.message_ids)
        self.assertNotEqual(self.loud(), self.after)

    def test_the_books_show_that_nothing_was_set_off(self):
        lines = self.project.reconciliation_line_ids.filtered(
            lambda line: line.kind == "side_effect"
        )
        self.assertTrue(lines)
        for line in lines:
            self.assertEqual((line.found_count, line.is_balanced), (0, True), line.name)

    def test_the_books_show_what_was_set_off(self):
        run = self.project.run_ids.filtered(lambda run: run.kind == "load").sudo()
        run.stats = run.stats | {"made:mail.mail": 1}
        self.project.action_verify(background=False)
        self.assertFalse(self.book(self.project, "E-mails").is_balanced)
        self.assertFalse(self.project.is_balanced)

    def test_an_update_and_a_rollback_are_quiet_too(self):
        self.a_day_passes()
        before = self.loud()
        text = FILES["deals.csv"].replace("ana@practice", "ravi@practice")
        text = text.replace("New,Open", "Won,Won")
        self.stage(self.project, {"deals.csv": text}, name="newer.zip")
        self.load(self.project)
        self.assertBucket(self.project, "deals", "D-0", "updated")
        deal = self.target(self.project, "deals", "D-0")
        self.assertEqual((deal.user_id, deal.won_status), (self.ravi, "won"))
        self.assertEqual(self.loud(), before)
        self.project.action_rollback(background=False)
        self.env.invalidate_all()
        self.assertFalse(deal.exists())
        self.assertEqual(self.loud(), before)
