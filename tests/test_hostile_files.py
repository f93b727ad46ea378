import io
import json
import lzma
import struct
import time
import zipfile

from odoo.addons.crm_migration.connectors import Problem
from odoo.addons.crm_migration.connectors.files.jsonfile import (
    as_utf8,
    find_lists,
    is_json_lines,
    read_json,
    read_json_lines,
)
from odoo.addons.crm_migration.connectors.files.limits import READ_ERRORS
from odoo.addons.crm_migration.connectors.files.rows import name_columns
from odoo.addons.crm_migration.connectors.files.tabular import CELL_LIMIT, read_csv
from odoo.addons.crm_migration.exceptions import BinaryMissing
from odoo.addons.crm_migration.tools.converters import (
    ConversionError,
    to_email,
    to_integer,
)
from odoo.addons.crm_migration.tools.numbers import parse_number

from .bundle_case import CONTACTS, BundleCase


class HostileCase(BundleCase):
    """Each test has to end soon, whatever the file says."""

    def setUp(self):
        super().setUp()
        started = time.monotonic()
        self.addCleanup(lambda: self.assertLess(time.monotonic() - started, 20))

    def split(self, items):
        items = list(items)
        records = [item for item in items if not isinstance(item, Problem)]
        return records, [item for item in items if isinstance(item, Problem)]

    def csv(self, text, required=()):
        stream = io.BytesIO(text.encode())
        return self.split(read_csv(stream, file="t.csv", required=required))


class TestHostileTables(HostileCase):
    def test_cell_like_a_total_with_many_blanks(self):
        cell = "total" + " " * 2000 + "x"
        self.assertEqual(len(self.csv(f"A,B,C\n{cell},,\n")[0]), 1)

    def test_quotes_wrong_in_every_line(self):
        records, problems = self.csv("A,B\n" + 'x","y\n' * 8000)
        self.assertGreater(len(records), 6000)
        self.assertEqual([p.code for p in problems].count("bad_quotes"), 1)

    def test_many_equal_and_long_headers(self):
        self.assertEqual(len(set(name_columns(["a"] * 20_000))), 20_000)
        names = name_columns(["b" * 5000] * 3)
        self.assertEqual(len(set(names)), 3)
        self.assertEqual({len(name) for name in names}, {300})

    def test_too_many_columns(self):
        records, problems = self.csv(",".join(["a"] * 2000) + "\n1\n")
        self.assertEqual((records, problems[0].code), ([], "missing_header"))
        self.assertIn("1000", problems[0].message)
        self.assertEqual(len(self.csv("A,B" + "," * 2000 + "\n1,2\n")[0]), 1)

    def test_too_many_surplus_cells(self):
        (record,), problems = self.csv("A,B\n" + ",".join("1" * 5000) + "\n", [["A"]])
        self.assertEqual(len(record[1]), 1000)
        self.assertEqual([p.code for p in problems], ["too_many_cells"])

    def test_cell_above_the_limit_costs_its_line(self):
        self.assertLessEqual(CELL_LIMIT, 2 * 1024 * 1024)
        big = "x" * (CELL_LIMIT + 10)
        records, problems = self.csv(f"A,B\n1,{big}\n2,y\n")
        self.assertEqual([line for line, _data in records], [3])
        self.assertEqual([p.code for p in problems], ["cell_too_large"])

    def hostile_sheet(self, rows):
        parts = zipfile.ZipFile(io.BytesIO(self.workbook({"Clients": [["x"]]})))
        members = {name: parts.read(name) for name in parts.namelist()}
        xmlns = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        members["xl/worksheets/sheet1.xml"] = (
            f'<worksheet xmlns="{xmlns}"><sheetData>{rows}</sheetData></worksheet>'
        )
        bundle = self.open(self.upload("contacts.xlsx", self.packed(members)))
        return bundle, self.pull(bundle)

    def cell(self, place, text):
        return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'

    def test_rows_far_below(self):
        head = f'<row r="1">{self.cell("A1", "Full Name")}</row>'
        for number in (2_000_000_000, 10_000_000):
            row = f'<row r="{number}">{self.cell(f"A{number}", "Ann")}</row>'
            bundle, items = self.hostile_sheet(head + row)
            codes = [p.code for p in [*bundle.problems, *items]]
            self.assertIn("broken_file", codes)
        row = f'<row r="1000000">{self.cell("A1000000", "Ann")}</row>'
        (record,) = self.hostile_sheet(head + row)[1]
        self.assertEqual((record.line, record.data), (1_000_000, {"Full Name": "Ann"}))

    def test_cells_far_to_the_right(self):
        rows = f'<row r="1">{self.cell("A1", "Full Name")}</row>' + "".join(
            f'<row r="{n}">{self.cell(f"ZZZ{n}", "x")}</row>' for n in range(2, 1000)
        )
        bundle, items = self.hostile_sheet(rows)
        problems = [*bundle.problems, *items]
        self.assertEqual([p.code for p in problems], ["broken_file"])
        self.assertIn("1000 columns", problems[0].message)


class TestHostileArchives(HostileCase):
    def test_names_too_long_or_too_deep(self):
        members = {"a/" * 30_000 + "x": "", "b" * 1100: "", "c/" * 33 + "x": ""}
        bundle = self.open(
            self.archive({**members, "d/" * 30 + "x": "", "contacts.csv": CONTACTS})
        )
        self.assertEqual(self.codes(bundle), ["unsafe_name"] * 3)
        self.assertTrue(all(len(p.file) < 2100 for p in bundle.problems))

    def test_path_too_long_is_missing(self):
        bundle = self.open(self.archive({"files/a.pdf": "12345"}))
        for action in (bundle.find_binary, bundle.binary_size):
            with self.assertRaises(BinaryMissing):
                action("a/" * 3000)
        self.assertEqual(bundle.binary_size("FILES/a.pdf"), 5)

    def test_errors_of_decompressors_are_read_errors(self):
        self.assertTrue({lzma.LZMAError, struct.error} <= set(READ_ERRORS))


class TestHostileValues(HostileCase):
    def test_long_texts_are_refused_at_once(self):
        for value in ("a" * 50_000, "a@" * 5_000, "a@b." * 600):
            with self.assertRaises(ConversionError):
                to_email(value)
        for convert in (to_integer, parse_number):
            with self.assertRaises(ValueError):
                convert("9" * 5_000)


class TestHostileJson(HostileCase):
    bad = ("NaN", "-Infinity", "1e999", "9" * 5000, "[" * 22 + "]" * 22)

    def list(self, text):
        stream = as_utf8(io.BytesIO(text.encode()), "utf-8")
        return self.split(read_json(stream, "item", "t.json"))

    def lines(self, text):
        return self.split(read_json_lines(io.BytesIO(text.encode()), "t.jsonl"))

    def test_one_bad_value_costs_its_record(self):
        deep = "[" * 100_000 + "]" * 100_000
        for value in (*self.bad, deep):
            rows = ['{"a": 1}', f'{{"a": {value}, "b": "x"}}', '{"a": 2}']
            for records, problems in (
                self.list(f"[{', '.join(rows)}]"),
                self.lines("\n".join(rows)),
            ):
                self.assertEqual(
                    [data for _n, data in records], [{"a": 1}, {"a": 2}], value[:30]
                )
                self.assertEqual([p.code for p in problems], ["bad_json"])
                self.assertNotIn("\0", problems[0].message)

    def test_zero_bytes_and_half_characters(self):
        text = r'{"a\u0000b": "x\u0000y", "c": ["\ud800", {"d\u0000": 1}]}'
        ((_line, data),), _problems = self.lines(text)
        self.assertEqual(data, {"ab": "xy", "c": ["\ufffd", {"d": 1}]})
        ((_line, data),), _problems = self.list(f"[{text}]")
        self.assertEqual((data["ab"], data["c"][1]), ("xy", {"d": 1}))
        json.dumps(data, ensure_ascii=False).encode()

    def test_good_text_is_not_touched(self):
        data = {"a": 'NaN "1e999" \\', "b": "[" * 90, "c": 1e22, "é": ["x" * 300_000]}
        rows = [data] * 3
        self.assertEqual([d for _n, d in self.list(json.dumps(rows))[0]], rows)
        text = json.dumps(rows, indent=1, ensure_ascii=False)
        self.assertEqual([d for _n, d in self.list(text)[0]], rows)

    def test_nesting_does_not_stop_the_search(self):
        deep = "[" * 100_000
        self.assertFalse(is_json_lines(('{"a":' + deep).encode()))
        stream = as_utf8(io.BytesIO(f'{{"data": {deep}'.encode()), "utf-8")
        self.assertEqual(find_lists(stream), [])


class TestHostileManifest(HostileCase):
    def read(self, content):
        members = {"manifest.json": content, "contacts.csv": CONTACTS}
        bundle = self.open(self.archive(members))
        return bundle.manifest, [c for c in self.codes(bundle) if c == "bad_manifest"]

    def test_list_layout_becomes_a_dict(self):
        found = self.read('{"files": [{"name": "contacts.csv", "rows": 2}]}')
        self.assertEqual(found, ({"files": {"contacts.csv": {"rows": 2}}}, []))

    def test_bad_parts_are_left_out_with_a_problem(self):
        for content in (
            '{"files": "abc"}',
            '{"timezone": ["UTC"]}',
            '{"files": [{"name": ["a"]}]}',
            "[" * 100_000,
        ):
            self.assertEqual(self.read(content), ({"files": {}}, ["bad_manifest"]))
        for rows in ('"two"', "99999999999999", "-1", "true", "1.5", "NaN"):
            content = f'{{"files": {{"contacts.csv": {{"rows": {rows}}}}}}}'
            manifest, codes = self.read(content)
            self.assertEqual(manifest, {"files": {"contacts.csv": {}}}, rows)
            self.assertEqual(codes, ["bad_manifest"])
