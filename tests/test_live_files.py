import hashlib

from odoo.tests import tagged

from odoo.addons.crm_migration.engine.stage.filestore import spool

from .common import table
from .live_case import LiveCase

PDF = "fl_1"


@tagged("post_install", "-at_install")
class TestLiveFiles(LiveCase):
    """Files of a live source: fetched from a third party, byte for byte."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.connect()
        cls.switch_off(cls.project, "task", "equipment", "project", "activity")
        cls.migrate(cls.project)
        cls.source = cls.sources.world.road_runner
        cls.staged = {
            record.external_id: record
            for record in cls.project._object("file").staged_record_ids
        }

    def loaded(self):
        return [key for key, rec in self.staged.items() if rec.state == "created"]

    def attachment(self, key):
        return self.target(self.project, "file", key)

    def test_files_arrive_byte_for_byte(self):
        self.assertGreater(len(self.loaded()), 10)
        for key in self.loaded():
            with self.subTest(file=key):
                attachment = self.attachment(key)
                content = attachment.raw or b""
                record = self.source.get("file", key)
                self.assertEqual(attachment.file_size, len(content))
                self.assertEqual(attachment.checksum, hashlib.sha1(content).hexdigest())
                if record["checksum"]:
                    digest = hashlib.sha256(content).hexdigest()
                    self.assertEqual(f"sha256:{digest}", record["checksum"])

    def test_two_files_of_one_name_stay_two(self):
        one, two = self.attachment("fl_1"), self.attachment("fl_2")
        self.assertEqual(one.name, two.name)
        self.assertNotEqual(one, two)
        self.assertEqual((one.res_model, one.res_id), (two.res_model, two.res_id))

    def test_the_key_never_reaches_who_keeps_the_files(self):
        received = self.sources.requests.of("storage")
        self.assertTrue(received)
        key = self.sources.auth.api_key
        self.assertFalse([one for one in received if one.holds(key)])

    def test_what_cannot_be_fetched_says_why(self):
        for key in ("fl_7", "fl_8", "fl_9", "fl_12"):
            record = self.staged[key]
            if record.reason_code == "skipped":
                continue
            with self.subTest(file=key):
                self.assertEqual(record.state, "failed")
                self.assertTrue(record.reason)

    def test_nothing_is_left_waiting_on_disk(self):
        left = [
            path for path in spool(self.project).iterdir() if path.suffix != ".part"
        ]
        self.assertEqual(left, [])

    def test_the_books_balance(self):
        self.assertTrue(self.project.is_balanced)

    def test_links_of_an_export_are_fetched_if_wanted(self):
        url, _until = self.sources.storage.sign("road_runner", PDF, fresh=True)
        files = {
            "contacts.csv": table({"Client ID": "C-1", "Full Name": "Dana"}),
            "files.csv": table(
                {
                    "File ID": "F-1",
                    "File Name": "contract.txt",
                    "URL": url,
                    "Client ID": "C-1",
                }
            ),
        }
        kept = self.migrated(files)
        link = self.target(kept, "files", "F-1")
        self.assertEqual((link.type, link.url), ("url", url))
        fetched = self.migrated(files, fetch_links=True)
        file = self.target(fetched, "files", "F-1")
        self.assertEqual(file.type, "binary")
        digest = hashlib.sha256(file.raw).hexdigest()
        self.assertEqual(f"sha256:{digest}", self.source.get("file", PDF)["checksum"])
