import io

from odoo.tests import BaseCase

from odoo.addons.crm_migration.connectors.base import Problem
from odoo.addons.crm_migration.connectors.files.jsonfile import (
    as_utf8,
    find_lists,
    is_json_lines,
    prefix_name,
    read_json,
    read_json_lines,
)


class TestJsonFile(BaseCase):
    def stream(self, text, encoding="utf-8"):
        return as_utf8(io.BytesIO(text.encode(encoding)), encoding)

    def lists(self, text):
        return find_lists(self.stream(text))

    def read(self, text, prefix="item"):
        items = list(read_json(self.stream(text), prefix, "t.json"))
        records = [item for item in items if not isinstance(item, Problem)]
        return records, [item for item in items if isinstance(item, Problem)]

    def test_bare_list(self):
        self.assertEqual(self.lists(' [{"a": 1}]'), ["item"])
        self.assertEqual(self.read('[{"a": 1.5}, {"b": null}]')[0][0], (1, {"a": 1.5}))

    def test_wrapped_list_without_its_side_lists(self):
        text = '{"included": [{"x": 1}], "total": 1, "data": [{"a": [{"b": 1}]}]}'
        self.assertEqual(self.lists(text), ["data.item"])
        self.assertEqual(self.read(text, "data.item")[0], [(1, {"a": [{"b": 1}]})])

    def test_any_single_key_and_a_key_below_it(self):
        self.assertEqual(
            self.lists('{"n": 2, "clients": [{"a": 1}]}'), ["clients.item"]
        )
        self.assertEqual(
            self.lists('{"data": {"clients": [{"a": 1}]}}'), ["data.clients.item"]
        )
        self.assertEqual(prefix_name("data.clients.item"), "clients")
        self.assertEqual(prefix_name("item"), "")

    def test_several_lists_and_lists_of_plain_values(self):
        text = '{"a": [{"x": [{"deep": 1}]}], "b": [{"y": 1}], "c": [1, 2], "d": []}'
        self.assertEqual(self.lists(text), ["a.item", "b.item"])

    def test_records_before_a_syntax_error_are_kept_with_its_line(self):
        text = '[\n {"a": 1},\n {"a": 2},\n {"a": oops}\n]'
        records, problems = self.read(text)
        self.assertEqual([data for _line, data in records], [{"a": 1}, {"a": 2}])
        self.assertEqual([(p.code, p.line) for p in problems], [("bad_json", 4)])
        self.assertIn("after 2 records", problems[0].message)

    def test_file_cut_off_in_the_middle_is_a_problem(self):
        records, problems = self.read('[{"a": 1},\n{"a"')
        self.assertEqual(len(records), 1)
        self.assertEqual([(p.code, p.line) for p in problems], [("bad_json", 2)])

    def test_file_that_is_no_json_at_all_is_a_problem(self):
        self.assertEqual(self.lists("<html>"), [])
        self.assertEqual([p.code for p in self.read("<html>")[1]], ["bad_json"])

    def test_item_that_is_no_object_is_set_aside(self):
        records, problems = self.read('[{"a": 1}, 5, "x", {"a": 2}]')
        self.assertEqual([position for position, _data in records], [1, 4])
        self.assertEqual([p.line for p in problems], [2, 3])
        self.assertEqual({p.code for p in problems}, {"not_a_record"})

    def test_other_encodings(self):
        for encoding in ("utf-8-sig", "utf-16", "cp1252"):
            stream = self.stream('[{"name": "Zoë"}]', encoding)
            records = list(read_json(stream, "item", "t.json"))
            self.assertEqual(records, [(1, {"name": "Zoë"})])

    def test_damaged_text_names_its_field(self):
        stream = as_utf8(io.BytesIO(b'[{"name": "Ren\xe9"}]'), "utf-8")
        problem, record = read_json(stream, "item", "t.json")
        self.assertEqual((problem.code, problem.field), ("bad_encoding", "name"))
        self.assertEqual(record, (1, {"name": "Ren\ufffd"}))

    def test_json_lines_are_told_from_one_object(self):
        self.assertTrue(is_json_lines(b'{"a": 1}\n{"a": 2}\n'))
        self.assertTrue(is_json_lines(b'{"a": 1}\n'))
        self.assertFalse(is_json_lines(b'{"data": [{"a": 1}]}'))
        self.assertFalse(is_json_lines(b'{"data": [], "total": 0}'))
        self.assertTrue(is_json_lines(b'{"name": "a", "tags": []}'))
        self.assertFalse(is_json_lines(b'{\n"a": 1}'))
        self.assertFalse(is_json_lines(b'[{"a": 1}]\n'))
        self.assertFalse(is_json_lines(b"5\n6\n"))
        self.assertFalse(is_json_lines(b""))

    def test_bad_line_costs_only_itself(self):
        stream = io.BytesIO(b'{"a": 1}\n\n{"a": \n[1]\n{"a": 2}')
        items = list(read_json_lines(stream, "t.jsonl"))
        records = [item for item in items if not isinstance(item, Problem)]
        problems = [item for item in items if isinstance(item, Problem)]
        self.assertEqual(records, [(1, {"a": 1}), (5, {"a": 2})])
        self.assertEqual(
            [(p.code, p.line) for p in problems], [("bad_json", 3), ("not_a_record", 4)]
        )
