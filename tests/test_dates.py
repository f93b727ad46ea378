from datetime import date, datetime

from odoo.tests import BaseCase

from odoo.addons.crm_migration.tools.dates import (
    apply_order,
    candidate_formats,
    is_ambiguous,
    parse_date,
    parse_datetime,
)

NEW_YORK = "America/New_York"


class TestCandidateFormats(BaseCase):
    def test_month_and_day_that_may_be_swapped_keep_both_formats(self):
        formats = candidate_formats(["03/04/2026", "", None, "11/12/2026"])
        self.assertEqual(formats, ["%m/%d/%Y", "%d/%m/%Y"])
        self.assertTrue(is_ambiguous(formats))

    def test_one_day_above_twelve_decides_the_column(self):
        formats = candidate_formats(["03/04/2026", "03/29/2026"])
        self.assertEqual(formats, ["%m/%d/%Y"])
        self.assertFalse(is_ambiguous(formats))

    def test_chosen_order_leaves_one_format(self):
        formats = candidate_formats(["03/04/2026 09:30 AM"])
        self.assertEqual(apply_order(formats, "DMY"), ["%d/%m/%Y %I:%M %p"])
        self.assertEqual(apply_order(formats, "MDY"), ["%m/%d/%Y %I:%M %p"])
        self.assertEqual(apply_order(formats, "YMD"), [])

    def test_contradicting_values_leave_no_format(self):
        self.assertEqual(candidate_formats(["13/01/2026", "01/13/2026"]), [])
        self.assertEqual(candidate_formats(["2026-01-13", "13.01.2026"]), [])
        self.assertEqual(candidate_formats(["yesterday"]), [])

    def test_blank_column_has_no_format(self):
        self.assertEqual(candidate_formats(["", None, "  "]), [])

    def test_iso_in_all_its_forms_is_one_format(self):
        values = [
            "2026-03-04",
            "2026-03-04T09:00:00Z",
            "2026-03-04 09:00",
            "2026-03-04T09:00:00.123456+00:00",
            "2026-03-04 09:00:00 -0500",
            "2026-03-04 09:00:00 UTC",
        ]
        self.assertEqual(candidate_formats(values), ["iso"])

    def test_column_of_dates_with_and_without_time_has_a_format(self):
        formats = candidate_formats(["11/25/2026", "11/25/2026 8:00 am"])
        self.assertEqual(formats, ["%m/%d/%Y %I:%M %p"])

    def test_written_months_and_two_digit_years(self):
        for value, wanted in (
            ("14-Oct-2026", "%d-%b-%Y"),
            ("Oct 14, 2026", "%b %d, %Y"),
            ("Sept 14, 2026", "%b %d, %Y"),
            ("14.10.2026", "%d.%m.%Y"),
            ("10/14/26", "%m/%d/%y"),
            ("2026/10/14 17:05:01", "%Y/%m/%d %H:%M:%S"),
            ("2026", "%Y"),
        ):
            self.assertEqual(candidate_formats([value]), [wanted], value)

    def test_short_and_long_month_names_are_no_ambiguity(self):
        self.assertFalse(is_ambiguous(candidate_formats(["May 4, 2026"])))

    def test_day_numbers_of_spreadsheets(self):
        self.assertEqual(candidate_formats(["46085", "46085.5"]), ["excel"])
        self.assertEqual(candidate_formats([46085, 46086.25]), ["excel"])
        self.assertEqual(candidate_formats(["12", "46085"]), [])

    def test_impossible_day_leaves_no_format(self):
        self.assertEqual(candidate_formats(["2026-02-30"]), [])
        self.assertEqual(candidate_formats(["02/30/2026"]), [])


class TestParseDates(BaseCase):
    def test_local_time_becomes_naive_utc(self):
        moment = parse_datetime("01/15/2024 09:30 AM", "%m/%d/%Y %I:%M %p", NEW_YORK)
        self.assertEqual(moment, datetime(2024, 1, 15, 14, 30))

    def test_offset_in_the_text_beats_the_zone(self):
        moment = parse_datetime("2026-07-01T12:00:00+02:00", "iso", NEW_YORK)
        self.assertEqual(moment, datetime(2026, 7, 1, 10, 0))

    def test_without_zone_a_local_time_is_utc(self):
        moment = parse_datetime("2026-07-01 12:00", "iso")
        self.assertEqual(moment, datetime(2026, 7, 1, 12, 0))

    def test_hour_skipped_in_spring_is_read_with_winter_offset(self):
        moment = parse_datetime("2026-03-08 02:30", "iso", NEW_YORK)
        self.assertEqual(moment, datetime(2026, 3, 8, 7, 30))

    def test_hour_repeated_in_autumn_is_the_first_one(self):
        moment = parse_datetime("2026-11-01 01:30", "iso", NEW_YORK)
        self.assertEqual(moment, datetime(2026, 11, 1, 5, 30))

    def test_day_alone_is_local_midnight(self):
        moment = parse_datetime("11/25/2026", "%m/%d/%Y %I:%M %p", NEW_YORK)
        self.assertEqual(moment, datetime(2026, 11, 25, 5, 0))

    def test_time_is_cut_from_a_date(self):
        self.assertEqual(
            parse_date("01/15/2024 11:30 PM", "%m/%d/%Y", NEW_YORK), date(2024, 1, 15)
        )

    def test_moment_with_offset_is_the_local_day(self):
        text = "2026-03-04T02:00:00Z"
        self.assertEqual(parse_date(text, "iso", NEW_YORK), date(2026, 3, 3))
        self.assertEqual(parse_date(text, "iso"), date(2026, 3, 4))

    def test_day_number_of_a_spreadsheet(self):
        self.assertEqual(parse_date("46085", "excel"), date(2026, 3, 4))
        self.assertEqual(parse_datetime(46085.5, "excel"), datetime(2026, 3, 4, 12, 0))

    def test_python_dates_are_accepted(self):
        self.assertEqual(parse_date(date(2026, 3, 4), "iso"), date(2026, 3, 4))

    def test_placeholders_are_named_as_such(self):
        for text, fmt in (
            ("0000-00-00", "iso"),
            ("0000-00-00 00:00:00", "iso"),
            ("00/00/0000", "%m/%d/%Y"),
            ("0001-01-01T00:00:00Z", "iso"),
        ):
            with self.assertRaisesRegex(ValueError, "placeholder"):
                parse_datetime(text, fmt)

    def test_days_that_do_not_exist_are_refused_with_the_value(self):
        with self.assertRaisesRegex(ValueError, "'2026-02-30' is not a date"):
            parse_date("2026-02-30", "iso")
        with self.assertRaisesRegex(ValueError, "'02/30/2026' is not a date"):
            parse_date("02/30/2026", "%m/%d/%Y")

    def test_other_format_blank_and_bad_time_are_refused(self):
        with self.assertRaisesRegex(ValueError, "written as 12/31/2024"):
            parse_date("31/01/2026", "%m/%d/%Y")
        with self.assertRaisesRegex(ValueError, "no date"):
            parse_date("", "iso")
        with self.assertRaisesRegex(ValueError, "time of day"):
            parse_date("01/15/2024 25:30", "%m/%d/%Y")
        with self.assertRaisesRegex(ValueError, "not a date"):
            parse_date("soon", "excel")

    def test_last_moment_of_the_calendar_is_no_crash(self):
        with self.assertRaisesRegex(ValueError, "calendar"):
            parse_datetime("9999-12-31 23:59", "iso", NEW_YORK)
