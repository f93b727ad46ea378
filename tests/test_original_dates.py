"""Nothing that a person looks at says that it happened on the day of the migration."""

from datetime import date, datetime, timedelta

from odoo.tests import tagged
from odoo.tools import SQL

from .live_case import LiveCase

#: What the migration writes into, with the columns that say today on purpose.
TABLES = {
    "crm_lead": (),
    # up to when a person has seen calendar reminders
    "res_partner": ("calendar_last_notif_ack",),
    "mail_message": (),
    "ir_attachment": (),
    # the date of the change is that of the source, see ``create_date``
    "mail_tracking_value": (),
}
#: When Odoo itself last wrote a record: people's edits are told by it.
WRITTEN = "write_date"


@tagged("post_install", "-at_install")
class TestOriginalDates(LiveCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # pictures of new users are counted late
        cls.env.flush_all()
        cls.began = datetime.now() - timedelta(minutes=1)
        cls.marks = {table: cls.newest(table) for table in TABLES}
        cls.project = cls.connect()
        cls.migrate(cls.project)

    @classmethod
    def newest(cls, table):
        query = SQL("SELECT COALESCE(max(id), 0) FROM %s", SQL.identifier(table))
        return cls.env.execute_query(query)[0][0]

    def columns(self, table):
        """Return ``{column: type}`` of the dates and times of a table."""
        return dict(
            self.env.execute_query(
                SQL(
                    "SELECT column_name, data_type FROM information_schema.columns"
                    " WHERE table_name = %s AND table_schema = current_schema()"
                    " AND (data_type = 'date' OR data_type LIKE 'timestamp%%')",
                    table,
                )
            )
        )

    def rows(self, table):
        """Return the rows that the migration made, without uploads of its own."""
        own = SQL("FALSE")
        if table == "ir_attachment":
            own = SQL("res_model LIKE 'migration.%%' OR res_model IS NULL")
        found = self.env.execute_query_dict(
            SQL(
                "SELECT * FROM %s WHERE id > %s AND NOT (%s)",
                SQL.identifier(table),
                self.marks[table],
                own,
            )
        )
        return found

    def test_no_date_is_that_of_the_migration(self):
        wrong = {}
        for table, exempt in TABLES.items():
            rows = self.rows(table)
            self.assertTrue(rows, table)
            for column, kind in self.columns(table).items():
                if column == WRITTEN or column in exempt:
                    continue
                found = [row["id"] for row in rows if self.is_new(row[column], kind)]
                if found:
                    wrong[table, column] = len(found)
        self.assertEqual(wrong, {})

    def is_new(self, value, kind):
        if kind == "date":
            return value == date.today()
        return bool(value) and value >= self.began

    def test_the_scan_would_see_a_record_of_today(self):
        self.env["res.partner"].create({"name": "Made by hand"})
        self.env.flush_all()
        made = [
            row for row in self.rows("res_partner") if row["name"] == "Made by hand"
        ]
        self.assertGreaterEqual(made[0]["create_date"], self.began)

    def test_the_chatter_of_every_record_is_in_the_order_of_time(self):
        threads = self.env.execute_query(
            SQL(
                "SELECT model, res_id, array_agg(date ORDER BY id) FROM mail_message"
                " WHERE id > %s AND model IS NOT NULL GROUP BY 1, 2",
                self.marks["mail_message"],
            )
        )
        self.assertGreater(max(len(dates) for *_thread, dates in threads), 3)
        wrong = [thread for *thread, dates in threads if dates != sorted(dates)]
        self.assertEqual(wrong, [])

    def test_original_dates_can_be_searched_and_are_shown(self):
        for name in ("x_source_created_on", "x_source_updated_on"):
            for model in ("crm.lead", "res.partner"):
                with self.subTest(model=model, field=name):
                    field = self.env[model]._fields[name]
                    self.assertEqual(field.type, "datetime")
                    self.assertTrue(self.env[model].search_count([(name, "!=", False)]))
                    arch = self.env[model].get_view(view_type="form")["arch"]
                    self.assertIn(name, arch)
