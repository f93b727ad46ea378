from odoo.addons.crm_migration.connectors import BundleConnector
from odoo.addons.crm_migration.presets import load_preset

from .bundle_case import CONTACTS, BundleCase

BINARIES = {
    "files/C-1/plan.pdf": "plan",
    "contracts/Dana Whitfield/deep/agreement.pdf": "agreement",
    "files/loose.txt": "loose",
    "elsewhere/C-1/other.pdf": "other",
}


class TestWalk(BundleCase):
    """Files of an export that has no list of them."""

    def files(self, files):
        preset = load_preset("practice_bundle")
        bundle = BundleConnector(
            [self.archive({"contacts.csv": CONTACTS, **files})],
            preset.file_objects(),
            preset.required(),
            walks=preset.walks(),
        )
        self.addCleanup(bundle.close)
        return bundle, [t for t in bundle.tables() if t.object == "files"]

    def test_files_are_taken_from_their_folders(self):
        bundle, (table,) = self.files(BINARIES)
        (page,) = bundle.pages(table)
        self.assertEqual(
            [
                (item.data["Client ID"], item.data["Kind"], item.data["Path"])
                for item in page.items
            ],
            [
                (
                    "Dana Whitfield",
                    "contract",
                    "contracts/Dana Whitfield/deep/agreement.pdf",
                ),
                ("C-1", "file", "files/C-1/plan.pdf"),
                ("", "file", "files/loose.txt"),
            ],
        )
        self.assertEqual([item.line for item in page.items], [1, 2, 3])

    def test_that_there_is_no_list_is_told(self):
        bundle, _tables = self.files(BINARIES)
        (problem,) = [p for p in bundle.problems if p.code == "walked"]
        self.assertEqual((problem.object, problem.severity), ("files", "warning"))
        self.assertIn("3 files", problem.message)

    def test_a_list_of_files_counts_more_than_the_folders(self):
        listed = (
            "File ID,File Name,Path,Client ID\nF-1,plan.pdf,files/C-1/plan.pdf,C-1\n"
        )
        bundle, (table,) = self.files({**BINARIES, "files.csv": listed})
        self.assertEqual(table.file, "files.csv")
        self.assertNotIn("walked", {problem.code for problem in bundle.problems})

    def test_an_export_without_files_has_no_such_table(self):
        _bundle, tables = self.files({})
        self.assertEqual(tables, [])

    def test_a_walk_goes_on_after_a_line(self):
        bundle, (table,) = self.files(BINARIES)
        (page,) = bundle.pages(table, {"line": 2})
        self.assertEqual([item.line for item in page.items], [3])
