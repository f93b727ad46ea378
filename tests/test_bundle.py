import io
import json
import os
import struct
import zipfile

from odoo.addons.crm_migration.connectors import (
    BundleLimits,
    Problem,
    RawRecord,
    SourceTable,
)
from odoo.addons.crm_migration.exceptions import BadBundle, BrokenFile

from .bundle_case import CONTACTS, BundleCase


class TestTables(BundleCase):
    def test_records_carry_their_place(self):
        bundle = self.open(self.archive({"contacts.csv": CONTACTS}))
        self.assertEqual(
            self.pull(bundle)[1],
            RawRecord(
                "contacts", {"Client ID": "C-2", "Full Name": "Ravi"}, "contacts.csv", 3
            ),
        )
        self.assertEqual(bundle.problems, [])

    def test_table_tells_its_columns_and_dialect(self):
        table = self.open(self.upload("contacts.csv", CONTACTS)).tables()[0]
        self.assertEqual(table.fields, ("Client ID", "Full Name"))
        self.assertEqual(table.dialect["encoding"], "utf-8")
        self.assertEqual(table.dialect["separator"], ",")
        self.assertEqual(table.dialect["header_line"], 1)

    def test_stored_table_can_be_pulled_without_looking_again(self):
        upload = self.upload("contacts.csv", CONTACTS.replace(",", ";"))
        table = self.open(upload).tables()[0]
        dialect = json.loads(json.dumps(table.dialect))
        stored = SourceTable(table.object, table.file, table.fields, dialect)
        self.assertEqual(len(list(self.open(upload).pull(stored))), 2)

    def test_pull_goes_on_after_a_line(self):
        bundle = self.open(self.upload("contacts.csv", CONTACTS))
        self.assertEqual([r.line for r in self.pull(bundle, after_line=2)], [3])
        self.assertEqual(self.pull(bundle, after_line=3), [])

    def test_files_are_known_by_alias_and_decorated_names(self):
        for name in ("Clients.csv", "client_list.tsv", "contacts (1).csv"):
            upload = self.upload(name, CONTACTS)
            self.assertEqual(self.objects(self.open(upload)), {name: "contacts"})
        name = "people-export-2026-11-20.txt"
        bundle = self.open(self.upload(name, CONTACTS))
        self.assertEqual(self.objects(bundle), {name: "contacts"})

    def test_unknown_table_is_a_warning_and_the_rest_goes_on(self):
        bundle = self.open(
            self.archive({"invoices.csv": "A,B\n1,2\n", "contacts.csv": CONTACTS})
        )
        self.assertEqual(self.objects(bundle), {"contacts.csv": "contacts"})
        problem = bundle.problems[0]
        self.assertEqual(
            (problem.code, problem.file, problem.severity),
            ("unknown_file", "invoices.csv", "warning"),
        )

    def test_missing_header_stops_only_its_table(self):
        bundle = self.open(
            self.archive({"contacts.csv": "City\nRome\n", "notes.csv": "Body\nx\n"})
        )
        self.assertEqual(self.objects(bundle), {"notes.csv": "notes"})
        problem = bundle.problems[0]
        self.assertEqual(
            (problem.code, problem.file, problem.line, problem.object),
            ("missing_header", "contacts.csv", 1, "contacts"),
        )
        self.assertIn("First Name", problem.message)

    def test_folder_around_the_export_does_not_matter(self):
        bundle = self.open(
            self.archive(
                {
                    "My Practice/Data/contacts.csv": CONTACTS,
                    "My Practice/files/C-1/contacts.csv": CONTACTS,
                    "My Practice/forms/Client intake.csv": "Email,Goal\na@x.org,run\n",
                    "__MACOSX/My Practice/._contacts.csv": b"\0",
                }
            )
        )
        self.assertEqual(
            self.objects(bundle),
            {"Data/contacts.csv": "contacts", "forms/Client intake.csv": "wide_forms"},
        )
        self.assertEqual(
            dict(bundle.binaries()), {"files/C-1/contacts.csv": len(CONTACTS)}
        )

    def test_workbook_with_one_sheet_goes_by_file_or_sheet_name(self):
        rows = [["Full Name"], ["Dana"]]
        for name, sheet in (("clients.xlsx", "Sheet1"), ("book.xlsx", "Clients")):
            book = self.workbook({sheet: rows, "Empty": []})
            bundle = self.open(self.upload(name, book))
            self.assertEqual(self.objects(bundle), {f"{name}#{sheet}": "contacts"})
            self.assertEqual(self.pull(bundle)[0].data, {"Full Name": "Dana"})

    def test_workbook_with_several_sheets_goes_by_their_names(self):
        rows = [["Full Name"], ["Dana"]]
        book = self.workbook({"Clients": rows, "Companies": rows, "Ideas": rows})
        bundle = self.open(self.upload("contacts.xlsx", book))
        self.assertEqual(
            self.objects(bundle),
            {
                "contacts.xlsx#Clients": "contacts",
                "contacts.xlsx#Companies": "organizations",
            },
        )
        self.assertEqual(bundle.problems[0].file, "contacts.xlsx#Ideas")

    def test_json_in_all_its_layouts(self):
        record = {"First Name": "Dana", "Tags": ["a"]}
        for name, content in (
            ("contacts.json", json.dumps([record])),
            ("contacts.json", json.dumps({"total": 1, "results": [record]})),
            ("contacts.jsonl", json.dumps(record) + "\n"),
            ("dump.json", json.dumps({"contacts": [record], "config": {"a": 1}})),
        ):
            bundle = self.open(self.upload(name, content))
            self.assertEqual([r.data for r in self.pull(bundle)], [record], content)

    def test_json_with_several_lists_is_several_tables(self):
        content = json.dumps(
            {"clients": [{"Full Name": "D"}], "notes": [{"b": 1}, {"c": 2}]}
        )
        bundle = self.open(self.upload("dump.json", content))
        self.assertEqual(
            [(t.object, t.file, t.fields) for t in bundle.tables()],
            [
                ("contacts", "dump.json#clients", ("Full Name",)),
                ("notes", "dump.json#notes", ("b", "c")),
            ],
        )

    def test_later_upload_replaces_the_same_file_and_adds_others(self):
        bundle = self.open(
            self.archive({"contacts.csv": CONTACTS}),
            self.archive(
                {"contacts.csv": "Full Name\nNew\n", "recordings/a.mp3": b"x"},
                name="second.zip",
            ),
        )
        self.assertEqual([r.data for r in self.pull(bundle)], [{"Full Name": "New"}])
        self.assertEqual(
            [path for path, _size in bundle.binaries()], ["recordings/a.mp3"]
        )
        self.assertEqual(self.codes(bundle), ["overridden"])

    def test_archive_in_the_archive_is_unpacked_once(self):
        deepest = self.packed({"notes.csv": "Body\ndeep\n"})
        inner = self.packed(
            {"notes.csv": "Body\nx\n", "C-1/a.pdf": "p", "z.zip": deepest}
        )
        bundle = self.open(self.archive({"contacts.csv": CONTACTS, "more.zip": inner}))
        self.assertEqual(
            self.objects(bundle),
            {"contacts.csv": "contacts", "more.zip/notes.csv": "notes"},
        )
        self.assertEqual(self.codes(bundle), ["nested_too_deep"])
        with bundle.open_binary("files/C-1/a.pdf") as stream:
            self.assertEqual(stream.read(), b"p")

    def test_upload_without_suffix_is_told_by_its_contents(self):
        archive = self.packed({"contacts.csv": CONTACTS})
        with self.open(self.upload("export", archive)) as bundle:
            self.assertEqual(self.objects(bundle), {"contacts.csv": "contacts"})
        book = self.workbook({"Clients": [["Full Name"]]})
        with self.open(self.upload("book", book)) as bundle:
            self.assertEqual(len(list(bundle.binaries())), 1)

    def test_archive_of_a_client_stays_a_file(self):
        inner = self.packed({"contacts.csv": CONTACTS})
        bundle = self.open(
            self.archive({"files/C-1/mine.zip": inner, "notes.csv": "B\n"})
        )
        self.assertEqual(self.objects(bundle), {"notes.csv": "notes"})
        self.assertEqual(
            [path for path, _s in bundle.binaries()], ["files/C-1/mine.zip"]
        )


class TestDamage(BundleCase):
    def test_broken_workbook_json_and_archive_leave_the_rest(self):
        bundle = self.open(
            self.upload("contacts.csv", CONTACTS),
            self.upload("notes.xlsx", b"PK\x03\x04 no workbook"),
            self.upload("companies.json", '[{"a": 1},\n{"a": 2},\noops]'),
            self.upload("late.zip", b"PK\x03\x04 cut off"),
        )
        self.assertEqual(self.codes(bundle), ["broken_archive", "broken_file"])
        items = self.pull(bundle)
        self.assertEqual(len([i for i in items if isinstance(i, RawRecord)]), 4)
        problem = items[-1]
        self.assertEqual(
            (problem.code, problem.file, problem.line, problem.object),
            ("bad_json", "companies.json", 3, "organizations"),
        )

    def test_damaged_member_is_a_problem_with_file_and_line(self):
        rows = "".join(f"C-{number},Dana {number}\n" for number in range(50_000))
        content = self.packed(
            {"contacts.csv": f"Client ID,Full Name\n{rows}", "notes.csv": "Body\nx\n"},
            zipfile.ZIP_STORED,
        )
        damaged = content.replace(b"C-49990,Dana", b"C-49990,XXXX")
        bundle = self.open(self.upload("export.zip", damaged))
        self.assertEqual(self.objects(bundle), {"notes.csv": "notes"})
        self.assertEqual(
            [(p.code, p.file) for p in bundle.problems],
            [("broken_file", "contacts.csv")],
        )
        table = SourceTable("contacts", "contacts.csv", (), {"format": "csv"})
        *records, problem = bundle.pull(table)
        self.assertGreater(len(records), 10_000)
        self.assertEqual((problem.code, problem.object), ("broken_file", "contacts"))
        self.assertEqual(problem.line, records[-1].line + 1)

    def test_damaged_archive_in_an_archive_is_a_problem(self):
        inner = self.packed({"a.pdf": "x"})
        for broken in (b"no archive", inner[:-30]):
            bundle = self.open(
                self.archive({"contacts.csv": CONTACTS, "more.zip": broken})
            )
            self.assertEqual(self.codes(bundle), ["broken_archive"])
            self.assertEqual(len(self.pull(bundle)), 2)

    def test_damaged_nested_archive_is_a_problem(self):
        inner = self.packed({"a.pdf": "x"}, zipfile.ZIP_STORED)
        outer = self.packed(
            {"contacts.csv": CONTACTS, "more.zip": inner}, zipfile.ZIP_STORED
        )
        damaged = outer.replace(b"a.pdf", b"b.pdf")
        bundle = self.open(self.upload("export.zip", damaged))
        self.assertEqual(self.codes(bundle), ["broken_archive"])
        self.assertEqual(len(self.pull(bundle)), 2)

    def test_sheet_cut_off_in_the_middle_keeps_the_rows_before(self):
        rows = [["Full Name"], *([f"Name {number}"] for number in range(5_000))]
        parts = zipfile.ZipFile(io.BytesIO(self.workbook({"Clients": rows})))
        members = {name: parts.read(name) for name in parts.namelist()}
        sheet = "xl/worksheets/sheet1.xml"
        members[sheet] = members[sheet][:-50_000]
        bundle = self.open(self.upload("contacts.xlsx", self.packed(members)))
        *records, problem = self.pull(bundle)
        self.assertGreater(len(records), 1_000)
        self.assertEqual(problem.code, "broken_file")
        self.assertGreater(problem.line, records[-1].line)

    def test_files_under_a_wrong_name_are_told(self):
        bundle = self.open(
            self.upload("contacts.csv", b"\xd0\xcf\x11\xe0 old"),
            self.upload("notes.csv", "<!DOCTYPE html><p>Log in</p>"),
            self.upload("companies.csv", self.workbook({"A": [["B"]]})),
        )
        self.assertEqual(bundle.tables(), [])
        messages = " ".join(problem.message for problem in bundle.problems)
        for words in ("old or password-protected Excel", "web page", "ZIP or Excel"):
            self.assertIn(words, messages)

    def test_old_excel_file_asks_for_the_new_format(self):
        bundle = self.open(self.upload("contacts.xls", b"\xd0\xcf\x11\xe0 old"))
        self.assertIn("save as .xlsx", bundle.problems[0].message)

    def test_problem_of_a_line_names_file_and_object(self):
        bundle = self.open(self.upload("notes.csv", "A,B\n1,2,3\n"))
        problem = self.pull(bundle)[0]
        self.assertIsInstance(problem, Problem)
        self.assertEqual(
            (problem.code, problem.object, problem.file, problem.line),
            ("too_many_cells", "notes", "notes.csv", 2),
        )

    def test_table_that_left_the_bundle_is_a_problem(self):
        bundle = self.open(self.upload("contacts.csv", CONTACTS))
        gone = SourceTable("notes", "notes.csv", (), {"format": "csv"})
        self.assertEqual([p.code for p in bundle.pull(gone)], ["broken_file"])

    def test_nothing_usable_is_a_bad_bundle(self):
        for upload in (
            self.upload("export.zip", b"no archive"),
            self.archive({}),
            ("gone.csv", os.path.join(self.folder, "gone")),
        ):
            with self.assertRaises(BadBundle):
                self.open(upload)
        with self.assertRaisesRegex(BadBundle, "no files"):
            self.open()


class TestUnsafeArchives(BundleCase):
    def test_paths_out_of_the_archive_are_refused(self):
        names = ["../x.csv", "/etc/x.csv", "a/../../x.csv", "C:\\x.csv", "..\\x.csv"]
        members = dict.fromkeys(names, "A\n1\n")
        bundle = self.open(self.archive({**members, "contacts.csv": CONTACTS}))
        self.assertEqual(self.codes(bundle), ["unsafe_name"] * len(names))
        self.assertEqual(self.objects(bundle), {"contacts.csv": "contacts"})
        self.assertEqual(list(bundle.binaries()), [])

    def test_links_are_refused(self):
        link = zipfile.ZipInfo("notes.csv")
        link.external_attr = 0o120777 << 16
        buffer = io.BytesIO(self.packed({"contacts.csv": CONTACTS}))
        with zipfile.ZipFile(buffer, "a") as archive:
            archive.writestr(link, "/etc/passwd")
        bundle = self.open(self.upload("export.zip", buffer.getvalue()))
        self.assertEqual(self.codes(bundle), ["symlink"])
        self.assertEqual(self.objects(bundle), {"contacts.csv": "contacts"})

    def test_member_with_password_is_a_problem(self):
        content = bytearray(
            self.packed({"notes.csv": "Body\n", "contacts.csv": CONTACTS})
        )
        directory = content.index(b"PK\x01\x02")
        content[directory + 8] |= 1
        bundle = self.open(self.upload("export.zip", bytes(content)))
        self.assertEqual(
            [(p.code, p.file) for p in bundle.problems], [("encrypted", "notes.csv")]
        )
        self.assertEqual(len(self.pull(bundle)), 2)

    def test_unknown_compression_is_a_problem(self):
        content = bytearray(
            self.packed({"notes.csv": "Body\n", "contacts.csv": CONTACTS})
        )
        struct.pack_into("<H", content, content.index(b"PK\x01\x02") + 10, 9)
        bundle = self.open(self.upload("export.zip", bytes(content)))
        self.assertEqual(self.codes(bundle), ["unsupported_compression"])

    def test_bombs_are_refused_before_unpacking(self):
        bomb = self.archive({"contacts.csv": b"a" * 1_000_000})
        for limits, words in (
            (BundleLimits(ratio=100, ratio_floor=500_000), "100 times its size"),
            (BundleLimits(total_bytes=999_999), "999999 bytes"),
            (BundleLimits(members=0), "more than 0 files"),
        ):
            with self.assertRaisesRegex(BadBundle, words):
                self.open(bomb, limits=limits)

    def test_high_ratio_of_a_small_file_is_no_bomb(self):
        limits = BundleLimits(ratio=10, ratio_floor=2_000_000)
        self.assertTrue(self.open(self.archive({"a.txt": b"a" * 10**6}), limits=limits))

    def test_limits_hold_for_all_uploads_together(self):
        uploads = [self.archive({f"{n}.bin": b"x" * 600}, f"{n}.zip") for n in "ab"]
        with self.assertRaisesRegex(BadBundle, "b.zip would unpack"):
            self.open(*uploads, limits=BundleLimits(total_bytes=1_000))

    def test_bomb_inside_of_an_archive_or_workbook_is_a_problem(self):
        inner = self.packed({"x.bin": b"a" * 1_000_000})
        book = self.workbook({"Clients": [["Full Name"], ["a" * 30_000]]})
        bundle = self.open(
            self.archive({"more.zip": inner, "b.xlsx": book, "contacts.csv": CONTACTS}),
            limits=BundleLimits(ratio=5, ratio_floor=20_000),
        )
        self.assertEqual(self.codes(bundle), ["bomb", "bomb"])
        self.assertEqual(len(self.pull(bundle)), 2)

    def test_size_in_the_directory_is_not_trusted(self):
        content = bytearray(self.packed({"a.bin": b"x" * 5_000}))
        struct.pack_into("<I", content, content.index(b"PK\x01\x02") + 24, 100)
        bundle = self.open(self.upload("export.zip", bytes(content)))
        with self.assertRaisesRegex(BrokenFile, "a.bin"):
            with bundle.open_binary("a.bin") as stream:
                stream.read()
