import hashlib
import json
import zipfile

from odoo.addons.crm_migration.exceptions import (
    BinaryMissing,
    BrokenFile,
    MigrationError,
)

from .bundle_case import CONTACTS, BundleCase


class TestBinaries(BundleCase):
    def read(self, bundle, path):
        with bundle.open_binary(path) as stream:
            return stream.read()

    def test_paths_are_found_as_exports_write_them(self):
        bundle = self.open(
            self.archive(
                {
                    "export/contacts.csv": CONTACTS,
                    "export/files/C-1/My Plan.pdf": "plan",
                    "export/files/C-1/Zoe\u0308.png": "picture",
                }
            )
        )
        for path in (
            "files/C-1/My Plan.pdf",
            "export/files/C-1/My Plan.pdf",
            "FILES\\c-1\\my plan.PDF",
            "./files/C-1/My%20Plan.pdf",
            "C:\\Users\\coach\\export\\files\\C-1\\My Plan.pdf",
            "C-1/My Plan.pdf",
            "My Plan.pdf",
        ):
            self.assertEqual(self.read(bundle, path), b"plan", path)
        self.assertEqual(self.read(bundle, "files/C-1/Zoë.png"), b"picture")
        self.assertEqual(bundle.find_binary("my plan.pdf"), "files/C-1/My Plan.pdf")

    def test_file_of_another_client_is_never_taken(self):
        bundle = self.open(self.archive({"contracts/C-2/agreement.pdf": "theirs"}))
        with self.assertRaises(BinaryMissing):
            self.read(bundle, "contracts/C-1/agreement.pdf")

    def test_name_that_two_files_have_is_not_guessed(self):
        bundle = self.open(
            self.archive({"files/C-1/a.pdf": "1", "files/C-2/a.pdf": "2"})
        )
        with self.assertRaisesRegex(BinaryMissing, "2 files"):
            self.read(bundle, "a.pdf")
        self.assertEqual(self.read(bundle, "files/C-2/a.pdf"), b"2")

    def test_file_delivered_on_its_own_is_found_by_name(self):
        bundle = self.open(self.upload("session.mp3", b"sound"))
        self.assertEqual(self.read(bundle, "recordings/C-1/session.mp3"), b"sound")

    def test_missing_file_is_an_error_of_that_file(self):
        bundle = self.open(self.upload("contacts.csv", CONTACTS))
        for path in ("files/C-1/a.pdf", "", "../../etc/passwd"):
            with self.assertRaises(BinaryMissing) as caught:
                self.read(bundle, path)
            self.assertIsInstance(caught.exception, (MigrationError, LookupError))

    def test_damaged_file_is_told_while_reading(self):
        content = self.packed({"a.pdf": b"x" * 50}, zipfile.ZIP_STORED)
        upload = self.upload("export.zip", content.replace(b"x" * 50, b"y" * 50))
        with self.assertRaisesRegex(BrokenFile, "a.pdf is damaged"):
            self.read(self.open(upload), "a.pdf")

    def test_name_in_utf8_without_the_flag_is_read(self):
        content = self.packed({"files/Zo__.pdf": "x", "contacts.csv": CONTACTS})
        content = content.replace(b"Zo__", "Zoë".encode())
        bundle = self.open(self.upload("export.zip", content))
        self.assertEqual([path for path, _s in bundle.binaries()], ["files/Zoë.pdf"])


class TestManifest(BundleCase):
    def bundle(self, files, **manifest):
        content = json.dumps({"source": "the-practice", "files": files, **manifest})
        members = {"manifest.json": content, "contacts.csv": CONTACTS}
        return self.open(self.archive(members))

    def test_manifest_is_no_table_and_no_binary(self):
        bundle = self.bundle({}, timezone="America/New_York")
        self.assertEqual(bundle.manifest["timezone"], "America/New_York")
        self.assertEqual(self.objects(bundle), {"contacts.csv": "contacts"})
        self.assertEqual(list(bundle.binaries()), [])

    def test_kept_promises_are_silent(self):
        digest = hashlib.sha256(CONTACTS.encode()).hexdigest()
        for said in (digest, f"sha256:{digest.upper()}"):
            bundle = self.bundle({"contacts.csv": {"rows": 2, "sha256": said}})
            self.assertEqual(bundle.problems, [])
            self.assertEqual(len(self.pull(bundle)), 2)

    def test_wrong_checksum_missing_file_and_row_count_are_warnings(self):
        bundle = self.bundle(
            {"contacts.csv": {"rows": 5, "sha256": "00"}, "notes.csv": {"rows": 1}}
        )
        self.assertEqual(self.codes(bundle), ["checksum", "missing_file"])
        problem = self.pull(bundle)[-1]
        self.assertEqual((problem.code, problem.value), ("row_count", "2"))
        self.assertEqual(problem.severity, "warning")

    def test_files_as_a_list_are_understood(self):
        bundle = self.bundle([{"name": "contacts.csv", "row_count": 3}, "odd"])
        self.assertEqual(self.pull(bundle)[-1].code, "row_count")

    def test_unusable_manifest_is_a_warning(self):
        for content in ("{oops", "[1]", b"\xff\xfe"):
            members = {"manifest.json": content, "contacts.csv": CONTACTS}
            bundle = self.open(self.archive(members))
            self.assertEqual(bundle.manifest, {"files": {}})
            self.assertEqual(self.codes(bundle), ["bad_manifest"])
