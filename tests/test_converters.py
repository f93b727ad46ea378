from odoo.tests import BaseCase

from odoo.addons.crm_migration.tools.converters import (
    CONVERTERS,
    ConversionError,
    split_multi,
    to_boolean,
    to_email,
    to_float,
    to_html_text,
    to_integer,
    to_money,
    to_percent,
    to_phone,
    to_text,
    to_url,
)


class TestConverters(BaseCase):
    def test_every_converter_accepts_blanks(self):
        blank = {"email": (None, ""), "multi": []}
        for name, convert in CONVERTERS.items():
            for value in (None, "", "  "):
                self.assertEqual(convert(value), blank.get(name), name)

    def test_text_keeps_content_and_evens_line_ends(self):
        self.assertEqual(to_text("  a\r\nb\rc "), "a\nb\nc")
        self.assertEqual(to_text("=SUM(A1)"), "=SUM(A1)")

    def test_text_of_json_values(self):
        self.assertEqual(to_text(True), "Yes")
        self.assertEqual(to_text(5.0), "5")
        self.assertEqual(to_text(5.25), "5.25")
        self.assertEqual(to_text(["a", None, 2]), "a; 2")
        self.assertEqual(to_text({"b": 1, "a": "ü"}), '{"a": "ü", "b": 1}')

    def test_plain_text_is_escaped_for_html(self):
        self.assertEqual(
            to_html_text("a < b & c\nd\n\ne"), "<p>a &lt; b &amp; c<br>d</p><p>e</p>"
        )

    def test_html_is_left_as_it_is(self):
        self.assertEqual(to_html_text("<p>Hi <b>you</b></p>"), "<p>Hi <b>you</b></p>")

    def test_whole_numbers(self):
        for value, wanted in (("1,234", 1234), ("-7", -7), ("12.0", 12), (True, 1)):
            self.assertEqual(to_integer(value), wanted)
        self.assertEqual(to_integer("12345678901234567"), 12345678901234567)

    def test_fractions_are_not_rounded_to_whole_numbers(self):
        for value in ("12.5", 12.5, "twelve", "1-2", float("nan")):
            with self.assertRaisesRegex(ConversionError, "whole number"):
                to_integer(value)

    def test_decimal_numbers(self):
        for value, wanted in (
            ("0.125", 0.125),
            (".5", 0.5),
            ("1.5E+3", 1500.0),
            ("1,5", 1.5),
            ("\u22123", -3.0),
        ):
            self.assertEqual(to_float(value), wanted)
        self.assertEqual(to_float("1.234", decimal=","), 1234.0)

    def test_amounts_as_people_write_them(self):
        for value, wanted in (
            ("$1,200.00", 1200.0),
            ("1.234,50 €", 1234.5),
            ("1\u202f234,50", 1234.5),
            ("1 234,50", 1234.5),
            ("(500)", -500.0),
            ("($1,500.25)", -1500.25),
            ("$(500)", -500.0),
            ("-$5", -5.0),
            ("$-5", -5.0),
            ("US$ 5", 5.0),
            ("500-", -500.0),
            ("USD 1,200", 1200.0),
            ("1'234.50 CHF", 1234.5),
            ("1,23,456.00", 123456.0),
            ("1.234.567", 1234567.0),
            ("kr 99,90", 99.9),
            (1200, 1200.0),
        ):
            self.assertEqual(to_money(value), wanted, value)

    def test_numbers_too_large_to_keep_are_refused(self):
        for value in (10**400, "1e999", float("inf"), "9" * 400):
            with self.assertRaisesRegex(ConversionError, "not a number"):
                to_float(value)

    def test_amounts_that_are_no_single_number_are_refused(self):
        for value in (
            "$1M-$10M",
            "1,2,3",
            "12.34.5",
            "n/a",
            "$",
            "--5",
            "5EUR5",
            "12 mio",
            "3 hrs",
            "1 200 or so",
        ):
            with self.assertRaisesRegex(ConversionError, "amount of money"):
                to_money(value)

    def test_a_known_decimal_comma_decides(self):
        self.assertEqual(to_money("1.234", decimal=","), 1234.0)
        self.assertEqual(to_money("1.234"), 1.234)

    def test_yes_and_no_in_many_words(self):
        for value in ("Yes", "TRUE", "x", "1", "y", True, 1, 1.0):
            self.assertIs(to_boolean(value), True)
        for value in ("no", "False", "0", "N", False, 0):
            self.assertIs(to_boolean(value), False)
        for value in ("maybe", "2", 2):
            with self.assertRaisesRegex(ConversionError, "yes or no"):
                to_boolean(value)

    def test_percentages_by_unit(self):
        self.assertEqual(to_percent("50%"), 50.0)
        self.assertEqual(to_percent("12,5 %"), 12.5)
        self.assertEqual(to_percent("0.35"), 0.35)
        self.assertEqual(to_percent("0.35", unit="fraction"), 35.0)
        self.assertEqual(to_percent("50%", unit="fraction"), 50.0)
        self.assertEqual(to_percent(0.07, unit="fraction"), 7.0)
        self.assertEqual(to_percent(40, unit="percent"), 40.0)
        with self.assertRaisesRegex(ConversionError, "percentage"):
            to_percent("half")

    def test_first_address_and_the_rest(self):
        for value, wanted in (
            (" dana@example.org ", ("dana@example.org", "")),
            ("Dana <dana@example.org>", ("dana@example.org", "")),
            ('"Doe, Jane" <j@example.org>', ("j@example.org", "")),
            ("a@example.org; b@example.org", ("a@example.org", "b@example.org")),
            ("a@example.org, A@example.org", ("a@example.org", "")),
            ("mailto:a@example.org", ("a@example.org", "")),
            (
                "A <a@example.org>, B <b@example.org>",
                ("a@example.org", "b@example.org"),
            ),
        ):
            self.assertEqual(to_email(value), wanted)

    def test_text_without_address_is_refused(self):
        for value in ("dana", "dana@", "@example.org", "dana@localhost"):
            with self.assertRaisesRegex(ConversionError, "email address"):
                to_email(value)

    def test_phone_keeps_its_digits(self):
        self.assertEqual(to_phone("'+1  555-555-0120"), "+1 555-555-0120")
        self.assertEqual(to_phone(6175550110), "6175550110")
        self.assertEqual(to_phone(6175550110.0), "6175550110")

    def test_phone_shortened_by_a_spreadsheet_is_refused(self):
        for value in ("1.23457E+11", "1,23457e+11", "1E+10"):
            with self.assertRaisesRegex(ConversionError, "digits are lost"):
                to_phone(value)

    def test_lists_split_at_safe_separators(self):
        self.assertEqual(split_multi("career; weekly"), ["career", "weekly"])
        self.assertEqual(split_multi("a|b\nc"), ["a", "b", "c"])
        self.assertEqual(split_multi(["a", None, " b "]), ["a", "b"])
        self.assertEqual(split_multi("VIP; vip ;;"), ["VIP"])

    def test_comma_splits_only_known_values(self):
        known = ["Career", "Weekly", "Smith, Jane"]
        self.assertEqual(split_multi("career, weekly", known), ["career", "weekly"])
        self.assertEqual(split_multi("career, other", known), ["career, other"])
        self.assertEqual(split_multi("Smith, Jane", known), ["Smith, Jane"])
        self.assertEqual(split_multi("career, weekly"), ["career, weekly"])

    def test_web_addresses_get_their_scheme(self):
        self.assertEqual(
            to_url("www.example.org/a?b=c"), "https://www.example.org/a?b=c"
        )
        self.assertEqual(to_url("HTTP://Example.org"), "HTTP://Example.org")
        self.assertEqual(to_url("example.org:8080"), "https://example.org:8080")

    def test_dangerous_or_broken_web_addresses_are_refused(self):
        for value in (
            "javascript:alert(1)",
            "data:text/html,x",
            "two words.org",
            "none",
        ):
            with self.assertRaisesRegex(ConversionError, "web address"):
                to_url(value)

    def test_long_values_are_shortened_in_messages(self):
        with self.assertRaises(ConversionError) as caught:
            to_float("x" * 500)
        self.assertLess(len(str(caught.exception)), 120)
