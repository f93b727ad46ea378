from odoo.tests import BaseCase

from odoo.addons.crm_migration.tools.infer import ValueProfile, infer_type


class TestInferType(BaseCase):
    def test_yes_and_no_are_boolean(self):
        for values in (["Yes", "no", ""], ["x", None], ["1", "0"], [True, False]):
            self.assertEqual(infer_type(values).type, "boolean", values)

    def test_ones_alone_are_a_number(self):
        self.assertEqual(infer_type(["1", "1"]).type, "integer")

    def test_numbers_that_stay_themselves(self):
        self.assertEqual(infer_type(["12", "-3", "1,200"]).type, "integer")
        self.assertEqual(infer_type(["12.5", "3"]).type, "float")
        self.assertEqual(infer_type([1, 2, 30]).type, "integer")

    def test_digits_that_would_change_stay_text(self):
        for values in (
            ["02118", "10001"],
            ["+16175550110", "+16175550111"],
            ["6175550110", "6175550111"],
            ["0042.50", "1.5"],
        ):
            self.assertEqual(infer_type(values).type, "char", values)

    def test_evidence_names_the_value_that_rules_numbers_out(self):
        self.assertIn("02118", infer_type(["10001", "02118"]).evidence)

    def test_one_text_among_many_numbers_makes_text(self):
        values = [str(number) for number in range(100)] + ["n/a"]
        self.assertEqual(infer_type(values).type, "char")

    def test_dates_with_a_certain_format(self):
        inference = infer_type(["03/29/1984", "01/02/1990"])
        self.assertEqual(inference.type, "date")
        self.assertEqual(inference.formats, ("%m/%d/%Y",))

    def test_moments(self):
        self.assertEqual(infer_type(["2026-01-01T09:00:00Z"]).type, "datetime")
        self.assertEqual(infer_type(["2026-01-01"]).type, "date")
        self.assertEqual(infer_type(["01/29/2026 09:30 AM"]).type, "datetime")

    def test_ambiguous_dates_stay_text_and_show_both_readings(self):
        inference = infer_type(["03/04/2026", "05/06/2026"])
        self.assertEqual(inference.type, "char")
        self.assertEqual(inference.formats, ("%m/%d/%Y", "%d/%m/%Y"))
        self.assertIn("03/04/2026", inference.evidence)

    def test_few_repeated_values_are_a_selection(self):
        inference = infer_type(["CBT", "ACT"] * 10 + [""])
        self.assertEqual(inference.type, "selection")
        self.assertEqual(inference.options, ("CBT", "ACT"))
        self.assertEqual((inference.filled, inference.total), (20, 21))

    def test_values_that_do_not_repeat_are_no_selection(self):
        self.assertEqual(infer_type(["Ann", "Bob", "Cy"]).type, "char")

    def test_selection_grows_with_the_rows(self):
        names = [f"name {number}" for number in range(20)]
        self.assertEqual(infer_type(names * 5).type, "char")
        self.assertEqual(infer_type(names * 50).type, "selection")

    def test_long_or_broken_lines_are_text(self):
        self.assertEqual(infer_type(["a\nb"]).type, "text")
        self.assertEqual(infer_type(["x" * 300]).type, "text")

    def test_blank_column_is_char_and_says_so(self):
        inference = infer_type([None, "", " "])
        self.assertEqual((inference.type, inference.filled), ("char", 0))
        self.assertIn("blank", inference.evidence)

    def test_list_cells_are_told(self):
        self.assertTrue(infer_type(["a; b", "c"]).multi)
        self.assertTrue(infer_type([["a"], ["b"]]).multi)
        self.assertFalse(infer_type(["a", "b"]).multi)

    def test_memory_is_bounded_for_long_columns(self):
        profile = ValueProfile()
        for number in range(12_000):
            profile.add(f"value {number} {'x' * 300}")
        inference = profile.result()
        self.assertTrue(inference.distinct_capped)
        self.assertEqual(inference.distinct, 10_000)
        self.assertLess(max(map(len, inference.samples)), 210)
        self.assertGreater(inference.max_length, 300)
