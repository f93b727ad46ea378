import base64
import hashlib
import io

from PIL import Image

from .common import MigrationCommon, table


def picture(width, height):
    """Return a PNG larger than what Odoo keeps of an uploaded picture."""
    stream = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(stream, "PNG")
    return stream.getvalue()


BINARIES = {
    "files/C-1/plan.pdf": b"%PDF-1.4 \x00\xff plan",
    "files/C-1/page.html": b"<html><script>alert(1)</script></html>",
    "files/C-1/drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>",
    "files/C-1/big.png": picture(2500, 2000),
    "files/C-1/empty.txt": b"",
    "files/C-2/plan.pdf": b"%PDF-1.4 another plan",
    "files/C-1/Lebenslauf Größe.pdf": b"%PDF-1.4 names",
}


def file(external_id, path="", **fields):
    """Return a row of the files table."""
    row = {
        "File ID": external_id,
        "File Name": path.rpartition("/")[2] or external_id,
        "Path": path,
        "Client ID": "C-1",
    }
    return row | {name.replace("_", " "): value for name, value in fields.items()}


def checksum(path):
    """Return the checksum as the source writes it."""
    return f"sha256:{hashlib.sha256(BINARIES[path]).hexdigest()}"


PLAN = "files/C-1/plan.pdf"
FILES = {
    "contacts.csv": table(
        {"Client ID": "C-1", "Full Name": "Cleo"},
        {"Client ID": "C-2", "Full Name": "Carl"},
    ),
    "deals.csv": table(
        {"Deal ID": "D-1", "Deal Name": "Deal", "Client ID": "C-1", "Stage": "New"}
    ),
    "notes.csv": table(
        {
            "Note ID": "N-1",
            "Client ID": "C-1",
            "Body": "See the file",
            "Created At": "2024-01-01",
        }
    ),
    "files.csv": table(
        file(
            "F-plan",
            PLAN,
            Deal_ID="D-1",
            Kind="contract",
            Mime_Type="application/pdf",
            Size=str(len(BINARIES[PLAN])),
            Checksum=checksum(PLAN).upper().replace("SHA256", "sha256"),
        ),
        file("F-other", "files/C-2/plan.pdf") | {"Client ID": "C-2"},
        file("F-note", "files/C-1/big.png", Note_ID="N-1") | {"Client ID": ""},
        file("F-html", "files/C-1/page.html"),
        file("F-claimed", PLAN, Mime_Type="text/html"),
        file("F-svg", "files/C-1/drawing.svg", Mime_Type="image/svg+xml"),
        file("F-empty", "files/C-1/empty.txt", Size="0"),
        file("F-windows", "C:\\Export\\files\\C-1\\Lebenslauf Größe.pdf"),
        file("F-url", URL="https://drive.example/recording?id=1"),
        file("F-script", URL="javascript:alert(1)"),
        file("F-data", URL="data:text/html,<script>alert(1)</script>"),
        file("F-damaged", PLAN, Checksum="sha256:" + "0" * 64),
        file("F-short", PLAN, Size="3"),
        file("F-missing", "recordings/C-1/session.mp3"),
        file("F-nothing"),
        file("F-homeless", PLAN) | {"Client ID": ""},
    ),
    **BINARIES,
}


class TestLoadFiles(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.migrated(FILES)

    def file(self, external_id):
        return self.target(self.project, "files", external_id)

    def test_a_file_arrives_byte_for_byte(self):
        for external_id, path in (
            ("F-plan", PLAN),
            ("F-other", "files/C-2/plan.pdf"),
            ("F-html", "files/C-1/page.html"),
            ("F-svg", "files/C-1/drawing.svg"),
            ("F-note", "files/C-1/big.png"),
            ("F-empty", "files/C-1/empty.txt"),
            ("F-windows", "files/C-1/Lebenslauf Größe.pdf"),
        ):
            with self.subTest(path=path):
                self.assertEqual(self.file(external_id).raw or b"", BINARIES[path])

    def test_a_file_is_on_the_deal_the_note_or_the_contact(self):
        contact = self.target(self.project, "contacts", "C-1")
        deal = self.target(self.project, "deals", "D-1")
        found = self.file("F-plan")
        self.assertEqual((found.res_model, found.res_id), ("crm.lead", deal.id))
        found = self.file("F-html")
        self.assertEqual((found.res_model, found.res_id), ("res.partner", contact.id))
        found = self.file("F-note")
        self.assertEqual((found.res_model, found.res_id), ("res.partner", contact.id))
        note = self.target(self.project, "notes", "N-1")
        self.assertEqual(note.attachment_ids, found)

    def test_the_kind_of_a_file_describes_it(self):
        found = self.file("F-plan")
        self.assertEqual((found.name, found.description), ("plan.pdf", "contract"))
        self.assertEqual(found.mimetype, "application/pdf")
        self.assertFalse(found.public)

    def test_no_file_is_ever_served_as_a_web_page(self):
        for external_id in ("F-html", "F-svg", "F-claimed"):
            self.assertEqual(self.file(external_id).mimetype, "text/plain")

    def test_the_read_back_finds_every_file_as_it_was_written(self):
        self.assertFalse(self.project.difference_ids)

    def test_a_link_stays_a_link(self):
        found = self.file("F-url")
        self.assertEqual(found.type, "url")
        self.assertEqual(found.url, "https://drive.example/recording?id=1")

    def test_a_link_that_runs_code_is_refused(self):
        for external_id in ("F-script", "F-data"):
            record = self.assertBucket(self.project, "files", external_id, "failed")
            self.assertIn("is not a web address", record.reason)

    def test_a_file_that_differs_from_its_checksum_fails(self):
        record = self.assertBucket(self.project, "files", "F-damaged", "failed")
        self.assertIn("checksum", record.reason)

    def test_a_file_that_differs_from_its_size_fails(self):
        record = self.assertBucket(self.project, "files", "F-short", "failed")
        self.assertIn("the source says 3", record.reason)

    def test_a_file_of_nothing_or_nobody_fails(self):
        record = self.assertBucket(self.project, "files", "F-nothing", "failed")
        self.assertIn("neither a path nor a link", record.reason)
        record = self.assertBucket(self.project, "files", "F-homeless", "failed")
        self.assertIn("belongs to no contact", record.reason)

    def test_the_books_count_files_by_their_content(self):
        line = self.book(self.project, "Files with content")
        self.assertEqual(line.source_count, line.found_count)
        self.assertTrue(line.is_balanced)

    def test_a_missing_file_fails_alone_and_lands_when_it_is_delivered(self):
        record = self.assertBucket(
            self.project, "files", "F-missing", "failed", "pending_binary"
        )
        finding = self.findings(self.project, "pending_binary")
        self.assertEqual(
            (finding.file, finding.line, finding.field, finding.external_id),
            ("files.csv", 15, "Path", "F-missing"),
        )
        self.assertIn("recordings/C-1/session.mp3", finding.message)
        before = self.env["ir.attachment"].search_count([])
        recordings = {"recordings/C-1/session.mp3": b"ID3 sound"}
        self.stage(self.project, recordings, name="recordings.zip")
        self.load(self.project)
        self.assertEqual(record.state, "created")
        self.assertEqual(self.file("F-missing").raw, b"ID3 sound")
        self.assertEqual(self.env["ir.attachment"].search_count([]), before + 1)
        self.assertFalse(self.findings(self.project, "pending_binary"))

    def test_a_loose_upload_is_a_file_of_the_bundle_too(self):
        content = base64.b64encode(b"ID3 loose").decode()
        self.project.add_file("session.mp3", content)
        self.load(self.stage(self.project))
        self.assertEqual(self.file("F-missing").raw, b"ID3 loose")
