import io
import os
import tempfile
from datetime import date, datetime, time

from openpyxl import Workbook

from odoo.tests import BaseCase

from odoo.addons.crm_migration.connectors.base import Problem
from odoo.addons.crm_migration.connectors.files.encoding import detect_encoding
from odoo.addons.crm_migration.connectors.files.limits import BundleLimits
from odoo.addons.crm_migration.connectors.files.rows import TableReader
from odoo.addons.crm_migration.connectors.files.tabular import Dialect, read_csv, sniff
from odoo.addons.crm_migration.connectors.files.workbook import (
    open_workbook,
    sheet_names,
    sheet_rows,
)
from odoo.addons.crm_migration.exceptions import BrokenFile


class TabularCase(BaseCase):
    """Splits what a reader yields in records and problems."""

    def split(self, items):
        items = list(items)
        records = [item for item in items if not isinstance(item, Problem)]
        return records, [item for item in items if isinstance(item, Problem)]

    def read(self, content, **options):
        if isinstance(content, str):
            content = content.encode()
        return self.split(read_csv(io.BytesIO(content), file="t.csv", **options))

    def rows(self, content, **options):
        records, problems = self.read(content, **options)
        self.assertEqual(problems, [])
        return [data for _line, data in records]


class TestEncodings(TabularCase):
    def test_each_usual_encoding_gives_the_same_text(self):
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-16-le"):
            rows = self.rows("Name,City\nZoë,Málaga\n".encode(encoding))
            self.assertEqual(rows, [{"Name": "Zoë", "City": "Málaga"}], encoding)

    def test_big_endian_with_mark(self):
        content = b"\xfe\xff" + "Name;City\nZoë;Köln\n".encode("utf-16-be")
        self.assertEqual(self.rows(content), [{"Name": "Zoë", "City": "Köln"}])

    def test_accent_far_behind_the_first_bytes_is_seen(self):
        content = (
            b"Name,City\n" + b"Ann,Paris\n" * 60_000 + "Zoë,Köln\n".encode("cp1252")
        )
        self.assertEqual(detect_encoding(io.BytesIO(content)), "cp1252")

    def test_text_outside_of_western_europe_is_not_taken_for_it(self):
        line = "Имя клиента;Город\nАлександр Сергеевич;Санкт-Петербург\n"
        rows = self.rows((line * 20).encode("cp1251"))
        self.assertEqual(rows[0]["Город"], "Санкт-Петербург")

    def test_damaged_byte_in_good_text_is_one_problem_and_no_more(self):
        content = "Name,City\nZoë,Köln\nRené,M".encode() + b"\xfcnster\nAnn,Rome\n"
        records, problems = self.read(content)
        self.assertEqual([line for line, _data in records], [2, 3, 4])
        self.assertEqual(records[1][1]["City"], "M\ufffdnster")
        self.assertEqual(len(problems), 1)
        problem = problems[0]
        self.assertEqual((problem.code, problem.line), ("bad_encoding", 3))
        self.assertEqual((problem.file, problem.field), ("t.csv", "City"))
        self.assertEqual(problem.value, "M\ufffdnster")

    def test_byte_without_meaning_in_cp1252_is_no_crash(self):
        content = b"Name,City\n" + b"\x81\x8d\x90,K\xf6ln\n"
        records, _problems = self.read(content)
        self.assertEqual(len(records), 1)

    def test_damage_written_by_the_exporter_does_not_change_the_encoding(self):
        self.assertEqual(detect_encoding(io.BytesIO("a\ufffdb".encode())), "utf-8")


class TestSeparators(TabularCase):
    def test_each_separator_is_found(self):
        for separator in (",", ";", "\t", "|"):
            content = f"Name{separator}Note\nAnn{separator}x\nBob{separator}y\n"
            self.assertEqual(sniff(content.encode()).separator, separator)
            self.assertEqual(self.rows(content)[1], {"Name": "Bob", "Note": "y"})

    def test_lists_in_cells_do_not_mislead(self):
        content = "Name,Tags\n" + "Ann,a;b;c\nBob,d;e;f\n" * 5
        self.assertEqual(sniff(content.encode()).separator, ",")

    def test_one_column_has_a_comma(self):
        self.assertEqual(
            self.rows("Email\na@example.org\n"), [{"Email": "a@example.org"}]
        )

    def test_separator_named_in_the_first_line(self):
        records, problems = self.read("sep=;\r\nName;Note\r\nAnn;a,b\r\n")
        self.assertEqual(records, [(3, {"Name": "Ann", "Note": "a,b"})])
        self.assertEqual(problems, [])

    def test_named_separator_in_utf_16(self):
        rows = self.rows("sep=\t\nName\tCity\nZoë\tKöln\n".encode("utf-16"))
        self.assertEqual(rows, [{"Name": "Zoë", "City": "Köln"}])

    def test_blank_before_a_quote_belongs_to_the_dialect(self):
        rows = self.rows('Name, Note\nAnn, "a, b"\n')
        self.assertEqual(rows, [{"Name": "Ann", "Note": "a, b"}])

    def test_given_dialect_is_used(self):
        rows = self.rows("A;B\n1;2\n", dialect=Dialect("utf-8", ","))
        self.assertEqual(rows, [{"A;B": "1;2"}])


class TestRecords(TabularCase):
    def test_line_breaks_in_cells_count_as_lines_of_the_file(self):
        records, problems = self.read('Id,Note\n1,"a\nb ""c"""\n2,d\n')
        self.assertEqual(
            records,
            [(2, {"Id": "1", "Note": 'a\nb "c"'}), (4, {"Id": "2", "Note": "d"})],
        )
        self.assertEqual(problems, [])

    def test_old_mac_line_ends(self):
        self.assertEqual(self.rows("A,B\r1,2\r3,4\r")[1], {"A": "3", "B": "4"})

    def test_repeated_and_blank_headers_get_names(self):
        rows = self.rows("Name,Name,,Group,Group,Group\na,b,c,d,e,f\n")
        self.assertEqual(
            list(rows[0]),
            ["Name", "Name (2)", "Column 3", "Group", "Group (2)", "Group (3)"],
        )

    def test_marks_against_formulas_are_taken_off(self):
        content = 'Phone,Zip,Note\n\'+1 555,="00123",\'-x\n"\'=1+1","=""a""","it\'s"\n'
        rows = self.rows(content)
        self.assertEqual(rows[0], {"Phone": "+1 555", "Zip": "00123", "Note": "-x"})
        self.assertEqual(rows[1], {"Phone": "=1+1", "Zip": "a", "Note": "it's"})

    def test_text_that_looks_like_a_formula_stays(self):
        self.assertEqual(self.rows("A,B\n=1+1,@x\n"), [{"A": "=1+1", "B": "@x"}])

    def test_blank_rows_are_skipped_and_short_rows_filled(self):
        records, problems = self.read("A,B,C\n\n,,\n1\n")
        self.assertEqual(records, [(4, {"A": "1", "B": "", "C": ""})])
        self.assertEqual(problems, [])

    def test_surplus_cells_are_a_problem_and_kept(self):
        records, problems = self.read("A,B\n1,2,3,,5\n")
        self.assertEqual(
            records, [(2, {"A": "1", "B": "2", "Column 3": "3", "Column 5": "5"})]
        )
        self.assertEqual(
            [(p.code, p.line, p.severity) for p in problems],
            [("too_many_cells", 2, "error")],
        )

    def test_blank_surplus_cells_are_no_problem(self):
        self.assertEqual(self.rows("A,B\n1,2,,\n"), [{"A": "1", "B": "2"}])

    def test_totals_at_the_end_are_left_out_and_told(self):
        records, problems = self.read(
            "Name,City,Amount,Note\nAnn,Rome,5,x\nTotal,,5,\n\nGrand Total: 5,,,\n"
        )
        self.assertEqual(len(records), 1)
        self.assertEqual(
            [(p.code, p.line, p.severity) for p in problems],
            [("totals_row", 3, "info"), ("totals_row", 5, "info")],
        )

    def test_totals_before_the_end_or_in_a_full_row_are_records(self):
        content = "Name,City,Amount,Note\nTotal,,5,\nAnn,Rome,5,x\nTotal,Rome,5,y\n"
        self.assertEqual(
            [r["Name"] for r in self.rows(content)], ["Total", "Ann", "Total"]
        )

    def test_company_called_total_something_is_a_record(self):
        self.assertEqual(len(self.rows("Name,City,Note\nTotal Fitness,,\n")), 1)

    def test_zero_bytes_are_removed_with_a_warning(self):
        records, problems = self.read(b"A,B\n1,x\0y\n2,z\n", dialect=Dialect())
        self.assertEqual(records[0][1]["B"], "xy")
        self.assertEqual([(p.code, p.line) for p in problems], [("nul_byte", 2)])

    def test_huge_cell_is_kept_with_a_problem(self):
        records, problems = self.read(f"A,B\n1,{'x' * 1_100_000}\n")
        self.assertEqual(len(records[0][1]["B"]), 1_100_000)
        self.assertEqual([p.code for p in problems], ["cell_too_large"])
        self.assertLess(len(problems[0].value), 100)

    def test_quote_never_closed_costs_only_its_line(self):
        records, problems = self.read('A,B\n1,x\n2,"y\n3,z\n4,"q"\n5,w\n')
        self.assertEqual([line for line, _data in records], [2, 4, 5, 6])
        self.assertEqual([(p.code, p.line) for p in problems], [("unclosed_quote", 3)])

    def test_quotes_not_doubled_are_told_and_the_row_kept(self):
        records, problems = self.read('A,B\n1,"Bob "B" Smith"\n2,z\n')
        self.assertEqual([line for line, _data in records], [2, 3])
        self.assertEqual([(p.code, p.line) for p in problems], [("bad_quotes", 2)])

    def test_quote_inside_of_a_plain_cell_is_text(self):
        self.assertEqual(self.rows('A,B\n5" pipe,x\n')[0]["A"], '5" pipe')


class TestHeaders(TabularCase):
    required = [["Full Name", "First Name"], ["Email"]]

    def test_title_rows_above_the_header_are_passed_over(self):
        content = "Client export,,\nNovember,,\n\nName,Email,City\nAnn,a@x.org,Rome\n"
        records, problems = self.read(content)
        self.assertEqual(records[0][0], 5)
        self.assertEqual(list(records[0][1]), ["Name", "Email", "City"])
        self.assertEqual(problems, [])

    def test_required_columns_are_found_in_any_spelling(self):
        rows = self.rows(
            "first_name*,E-MAIL,EMAIL:\nAnn,,a@x.org\n", required=self.required
        )
        self.assertEqual(len(rows), 1)

    def test_missing_column_stops_the_table_and_names_what_was_sought(self):
        records, problems = self.read(
            "First Name,City\nAnn,Rome\n", required=self.required
        )
        self.assertEqual(records, [])
        self.assertEqual(
            [(p.code, p.file, p.line, p.field) for p in problems],
            [("missing_header", "t.csv", 1, "Email")],
        )
        self.assertIn("Email", problems[0].message)

    def test_data_without_header_is_not_taken_for_one(self):
        records, problems = self.read("Ann,a@x.org\nBob,b@x.org\n")
        self.assertEqual(records, [])
        self.assertEqual([p.code for p in problems], ["missing_header"])

    def test_empty_file_and_header_alone(self):
        self.assertEqual([p.code for p in self.read("")[1]], ["empty_file"])
        self.assertEqual(self.read("A,B\n"), ([], []))


class TestWorkbook(TabularCase):
    def save(self, fill, sheet="Sheet1"):
        book = Workbook()
        book.active.title = sheet
        fill(book.active, book)
        handle, path = tempfile.mkstemp(suffix=".xlsx")
        os.close(handle)
        self.addCleanup(os.unlink, path)
        book.save(path)
        return path

    def sheet(self, fill, required=()):
        path = self.save(fill)
        with open(path, "rb") as stream:
            size = os.path.getsize(path)
            with open_workbook(stream, size, "b.xlsx", BundleLimits()) as book:
                title = sheet_names(book)[0]
                rows = sheet_rows(book, title, "b.xlsx")
                return self.split(TableReader(rows, "b.xlsx", required))

    def test_cells_become_the_text_that_a_person_sees(self):
        def fill(sheet, _book):
            sheet.append(["Int", "Dec", "Flag", "Day", "Moment", "Time", "Pct", "Zip"])
            sheet.append(
                [
                    15550123.0,
                    0.1,
                    True,
                    datetime(2026, 3, 4),
                    datetime(2026, 3, 4, 9, 30),
                    time(9, 30),
                    0.35,
                    2118,
                ]
            )
            sheet["D2"].number_format = "yyyy-mm-dd"
            sheet["G2"].number_format = "0%"
            sheet["H2"].number_format = "00000"

        records, problems = self.sheet(fill)
        self.assertEqual(problems, [])
        self.assertEqual(
            list(records[0][1].values()),
            [
                "15550123",
                "0.1",
                "Yes",
                "2026-03-04",
                "2026-03-04 09:30:00",
                "09:30:00",
                "35%",
                "02118",
            ],
        )

    def test_merged_title_above_the_header(self):
        def fill(sheet, _book):
            sheet.append(["Clients of the practice"])
            sheet.merge_cells("A1:C1")
            sheet.append([])
            sheet.append(["Name", "Email", "Since"])
            sheet.append(["Ann", "a@x.org", date(2026, 3, 4)])

        records, problems = self.sheet(fill, [["Email"]])
        self.assertEqual(problems, [])
        self.assertEqual(
            records, [(4, {"Name": "Ann", "Email": "a@x.org", "Since": "2026-03-04"})]
        )

    def test_cell_that_shows_an_error_is_blank_with_a_warning(self):
        def fill(sheet, _book):
            sheet.append(["Name", "Sum"])
            sheet.append(["Ann", "#REF!"])
            sheet["B2"].data_type = "e"

        records, problems = self.sheet(fill)
        self.assertEqual(records[0][1], {"Name": "Ann", "Sum": ""})
        self.assertEqual(
            [(p.code, p.value) for p in problems], [("formula_error", "#REF!")]
        )

    def test_empty_sheets_are_not_listed(self):
        path = self.save(lambda sheet, book: book.create_sheet("More").append(["A"]))
        with (
            open(path, "rb") as stream,
            open_workbook(stream, 10_000, "b.xlsx", BundleLimits()) as book,
        ):
            self.assertEqual(sheet_names(book), ["More"])

    def test_no_workbook_is_a_broken_file(self):
        with self.assertRaisesRegex(BrokenFile, "b.xlsx is no readable workbook"):
            with open_workbook(io.BytesIO(b"PK no"), 5, "b.xlsx", BundleLimits()):
                pass
