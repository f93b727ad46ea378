from .common import MigrationCommon, table

STAGES = table(
    {"Pipeline": "Coaching", "Stage": "Inquiry", "Order": "1", "Is Won": "No"},
    {"Pipeline": "Coaching", "Stage": "Signed", "Order": "2", "Is Won": "Yes"},
    {"Pipeline": "Groups", "Stage": "Inquiry", "Order": "1", "Is Won": "No"},
)
CONTACTS = table(
    {
        "Client ID": "C-1",
        "Full Name": "Dana Whitfield",
        "Email": "dana@x.example",
        "Pipeline Stage": "Signed",
        "Coach": "ana@practice.example",
        "Created At": "2026-01-13 10:00",
    },
    {"Client ID": "C-2", "Full Name": "Rin Oda", "Pipeline Stage": "Trial"},
    {"Client ID": "C-3", "Full Name": "No Stage", "Pipeline Stage": ""},
)
DEALS = table(
    {"Deal ID": "D-1", "Deal Name": "Real", "Stage": "Signed", "Pipeline": "Coaching"}
)


class TestDealsFromStages(MigrationCommon):
    """An export without deals may still say where its clients stand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files = {"contacts.csv": CONTACTS, "pipeline_stages.csv": STAGES}

    def test_a_contact_with_a_stage_becomes_an_opportunity(self):
        project = self.migrated(self.files, deals_from_stage=True)
        deal = self.target(project, "deals", "C-1")
        self.assertEqual(deal.name, "Dana Whitfield")
        self.assertEqual(deal.partner_id.email, "dana@x.example")
        self.assertEqual(deal.user_id, self.ana)
        # the stage's name stands in one pipeline only
        self.assertEqual(deal.stage_id.name, "Signed")
        self.assertEqual(deal.team_id.name, "Coaching")
        self.assertEqual(deal.won_status, "won")
        self.assertEqual(str(deal.create_date), "2026-01-13 10:00:00")
        self.assertEqual(self.target(project, "deals", "C-2").stage_id.name, "Trial")
        self.assertEqual(len(project._object("deals").staged_record_ids), 2)
        self.assertTrue(project.is_balanced)

    def test_it_says_which_row_a_deal_comes_from(self):
        project = self.staged(self.files, deals_from_stage=True)
        record = self.staged_record(project, "deals", "C-2")
        self.assertEqual((record.source_file, record.source_line), ("contacts.csv", 3))

    def test_nobody_asked_nothing_is_derived(self):
        project = self.staged(self.files)
        self.assertFalse(project._object("deals"))

    def test_a_table_of_deals_is_all_there_is(self):
        files = self.files | {"deals.csv": DEALS}
        project = self.staged(files, deals_from_stage=True)
        records = project._object("deals").staged_record_ids
        self.assertEqual(records.mapped("external_id"), ["D-1"])

    def test_a_stage_that_is_gone_in_the_next_export_goes(self):
        project = self.staged(self.files, deals_from_stage=True)
        contacts = CONTACTS.replace("Trial", "")
        self.stage(project, self.files | {"contacts.csv": contacts})
        records = project._object("deals").staged_record_ids
        self.assertEqual(records.mapped("external_id"), ["C-1"])
