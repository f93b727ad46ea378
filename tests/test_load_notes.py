from datetime import datetime

from .common import MigrationCommon, table

SCRIPTED = (
    '<p onclick="steal()">After <b>the</b> call</p>'
    "<script>alert(1)</script>"
    '<a href="javascript:alert(2)">agenda</a>'
)


def note(external_id, **fields):
    """Return a row of the notes table."""
    row = {
        "Note ID": external_id,
        "Client ID": "C-1",
        "Title": f"Note {external_id}",
        "Body": "<p>Text</p>",
        "Visibility": "Private",
        "Created At": "2023-04-05 16:30",
    }
    return row | {name.replace("_", " "): value for name, value in fields.items()}


NOTES = table(
    note(
        "N-deal",
        Deal_ID="D-1",
        Type="Note",
        Body=SCRIPTED,
        Author="ANA@practice.example",
        Visibility="Shared",
    ),
    note("N-name", Author="Ravi Menon"),
    note("N-stranger", Author="Theo Gone"),
    note("N-mail", Type="Email", Author="guest@mail.example", Visibility="Shared"),
    note("N-text", Body="First line\nSecond <line> & more", Author=""),
    note("N-email-key") | {"Client ID": "", "Client Email": "CLEO@mail.example"},
    note(
        "N-session",
        Type="Session Note",
        Session_Date="04/05/2023",
        **{"Duration (min)": "50"},
    ),
    note("N-homeless") | {"Client ID": ""},
    note("N-undated") | {"Created At": ""},
    note("N-orphan") | {"Client ID": "C-bad"},
    note("N-empty", Body=""),
    note("N-private-mail", Type="E-mail"),
)
FILES = {
    "staff.csv": table(
        {"Staff ID": "S-1", "Name": "Theo Gone", "Email": "theo@x.example"}
    ),
    "contacts.csv": table(
        {"Client ID": "C-1", "Full Name": "Cleo", "Email": "cleo@mail.example"},
        {"Client ID": "C-bad", "Full Name": "", "Email": ""},
    ),
    "deals.csv": table(
        {"Deal ID": "D-1", "Deal Name": "Deal", "Client ID": "C-1", "Stage": "New"}
    ),
    "notes.csv": NOTES,
}


class TestLoadNotes(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.migrated(FILES, source_timezone="America/New_York")
        cls.contact = cls.target(cls.project, "contacts", "C-1")

    def note(self, external_id):
        return self.target(self.project, "notes", external_id)

    def test_a_note_keeps_its_own_date(self):
        self.assertEqual(self.note("N-name").date, datetime(2023, 4, 5, 20, 30))

    def test_a_note_is_in_the_chatter_of_its_contact(self):
        message = self.note("N-name")
        self.assertIn(message, self.contact.message_ids)
        self.assertEqual(message.subject, "Note N-name")
        self.assertIn(self.note("N-email-key"), self.contact.message_ids)

    def test_a_note_of_a_deal_and_a_contact_is_on_the_deal(self):
        message = self.note("N-deal")
        deal = self.target(self.project, "deals", "D-1")
        self.assertEqual((message.model, message.res_id), ("crm.lead", deal.id))
        self.assertNotIn(message, self.contact.message_ids)

    def test_the_author_is_the_contact_of_the_matched_user(self):
        self.assertEqual(self.note("N-deal").author_id, self.ana.partner_id)
        self.assertEqual(self.note("N-name").author_id, self.ravi.partner_id)
        self.assertEqual(self.note("N-name").email_from, self.ravi.email_formatted)

    def test_an_author_without_user_is_kept_as_text(self):
        message = self.note("N-stranger")
        self.assertFalse(message.author_id)
        self.assertEqual(message.email_from, '"Theo Gone" <theo@x.example>')
        message = self.note("N-mail")
        self.assertFalse(message.author_id)
        self.assertIn("guest@mail.example", message.email_from)

    def test_a_private_note_is_internal(self):
        message = self.note("N-name")
        self.assertEqual(message.subtype_id, self.env.ref("mail.mt_note"))
        self.assertTrue(message.is_internal)
        self.assertEqual(message.message_type, "comment")

    def test_a_shared_note_is_a_comment(self):
        message = self.note("N-deal")
        self.assertEqual(message.subtype_id, self.env.ref("mail.mt_comment"))
        self.assertFalse(message.is_internal)

    def test_an_email_is_of_type_email(self):
        self.assertEqual(self.note("N-mail").message_type, "email")
        message = self.note("N-private-mail")
        self.assertEqual((message.message_type, message.is_internal), ("email", True))

    def test_scripts_are_removed_and_the_text_stays(self):
        body = str(self.note("N-deal").body)
        self.assertIn("<b>the</b>", body)
        self.assertIn("agenda", body)
        for danger in ("script", "alert", "onclick", "steal"):
            self.assertNotIn(danger, body)

    def test_plain_text_keeps_its_lines_and_signs(self):
        body = str(self.note("N-text").body)
        self.assertIn("First line<br>Second &lt;line&gt; &amp; more", body)

    def test_kind_day_and_length_of_a_session_head_the_note(self):
        body = str(self.note("N-session").body)
        self.assertIn("<b>Session Note · 04/05/2023 · 50 min</b>", body)

    def test_a_note_without_text_keeps_its_title(self):
        self.assertEqual(self.note("N-empty").subject, "Note N-empty")

    def test_a_note_of_nobody_fails(self):
        record = self.assertBucket(
            self.project, "notes", "N-homeless", "failed", "unmappable"
        )
        self.assertIn("neither a contact nor a deal", record.reason)

    def test_a_note_without_date_fails(self):
        record = self.assertBucket(self.project, "notes", "N-undated", "failed")
        self.assertIn("no date", record.reason)

    def test_a_note_of_a_contact_that_failed_says_why(self):
        record = self.assertBucket(
            self.project, "notes", "N-orphan", "failed", "bad_reference"
        )
        self.assertIn("neither a name nor an e-mail", record.reason)

    def test_a_note_of_a_deal_that_somebody_deleted_stops_no_other(self):
        self.target(self.project, "deals", "D-1").unlink()
        rows = table(
            note("N-new"), note("N-of-deleted", Deal_ID="D-1", Title="On the deal")
        )
        self.stage(self.project, {"notes.csv": rows}, name="newer.zip")
        self.load(self.project)
        self.assertEqual(self.note("N-new").res_id, self.contact.id)
        record = self.staged_record(self.project, "notes", "N-of-deleted")
        self.assertIn(record.state, ("created", "failed"))
        self.assertEqual(self.project.state, "verified")

    def test_nobody_is_told_of_an_old_note(self):
        messages = self.env["mail.message"].search([("model", "=", "res.partner")])
        self.assertFalse(messages.notification_ids)
        self.assertFalse(messages.mail_ids)
        self.assertFalse(self.contact.message_partner_ids)

    def test_message_ids_are_of_the_project_and_unique(self):
        links = self.env["migration.crosswalk"].search(
            [("project_id", "=", self.project.id), ("source_object", "=", "notes")]
        )
        ids = (
            self.env["mail.message"].browse(links.mapped("res_id")).mapped("message_id")
        )
        self.assertEqual(len(set(ids)), len(links))
        self.assertTrue(all(f"project-{self.project.id}." in text for text in ids))
