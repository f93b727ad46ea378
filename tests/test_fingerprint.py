from odoo.tests import BaseCase

from odoo.addons.crm_migration.tools.fingerprint import (
    content_hash,
    derived_id,
    fold,
    normalise_header,
)


class TestFingerprint(BaseCase):
    def test_hash_ignores_key_order_at_every_depth(self):
        one = {"a": 1, "b": {"c": [1, 2], "d": None}}
        two = {"b": {"d": None, "c": [1, 2]}, "a": 1}
        self.assertEqual(content_hash(one), content_hash(two))

    def test_hash_ignores_unicode_form_of_keys_and_values(self):
        self.assertEqual(content_hash({"é": "é"}), content_hash({"e\u0301": "e\u0301"}))

    def test_hash_sees_list_order_types_and_blanks(self):
        hashes = {
            content_hash({"a": value})
            for value in ([1, 2], [2, 1], "1", 1, None, "", False, " ")
        }
        self.assertEqual(len(hashes), 8)

    def test_hash_is_hexadecimal_and_the_same_in_every_release(self):
        self.assertEqual(
            content_hash({"name": "Åsa", "n": 1}),
            "9df6c87d118b5efdfe56ba6691b97282930b00be9a0404f6bbba1de1c725f640",
        )

    def test_hash_accepts_values_that_json_does_not_know(self):
        self.assertEqual(
            content_hash({"a": {"y", "x"}}), content_hash({"a": ["x", "y"]})
        )

    def test_fold_makes_spellings_of_a_name_equal(self):
        self.assertEqual(fold("  Müller\u00a0 &  CO "), fold("MÜLLER & co"))
        self.assertEqual(fold("Ｖip"), "vip")
        self.assertEqual(fold("Straße"), fold("STRASSE"))
        self.assertEqual(fold(None), "")

    def test_fold_keeps_different_names_apart(self):
        self.assertNotEqual(fold("A-B"), fold("A B"))
        self.assertNotEqual(fold("Müller"), fold("Muller"))

    def test_header_loses_decoration(self):
        for header in ("First Name*", " first_name ", "FIRST-NAME:", "First.Name"):
            self.assertEqual(normalise_header(header), "first name")
        self.assertEqual(normalise_header("\ufeffDuration (min)"), "duration min")

    def test_header_keeps_what_tells_columns_apart(self):
        self.assertNotEqual(normalise_header("Phone 1"), normalise_header("Phone 2"))
        self.assertEqual(normalise_header(None), "")

    def test_derived_id_is_stable_over_spelling_but_not_over_position(self):
        self.assertEqual(
            derived_id("Dana  Whitfield", None, "x"),
            derived_id("dana whitfield", "", "X"),
        )
        self.assertNotEqual(derived_id("ab", "c"), derived_id("a", "bc"))
        self.assertEqual(len(derived_id("a")), 40)
