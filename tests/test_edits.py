"""No edit is missed, and the plan says whose it was and what became of our values."""

from odoo.tools import SQL

from .common import table
from .test_conflicts import ConflictCase
from .test_rollback import RollbackCommon

CONTACTS = (
    "untouched",
    "changed",
    "everything",
    "back",
    "other",
    "instant",
    "overwritten",
    "filled",
    "touched",
    "hidden",
    "between",
)
DEALS = ("scored", "counted")


def files(city="Rome", **emails):
    """Return an export; ``emails`` are by contact."""
    return {
        "pipeline_stages.csv": table({"Pipeline": "Edits", "Stage": "New"}),
        "contacts.csv": table(
            *(
                {
                    "Client ID": f"C-{name}",
                    "Full Name": f"Client {name}",
                    "Job Title": "Chair",
                    "City": city if name in ("between", "untouched") else "Rome",
                    "Email": emails.get(name, f"{name}@mail.example"),
                }
                for name in CONTACTS
            )
        ),
        "deals.csv": table(
            *(
                {
                    "Deal ID": f"D-{name}",
                    "Deal Name": f"Deal {name}",
                    "Client ID": "C-hidden",
                    "Pipeline": "Edits",
                    "Stage": "New",
                    "Status": "Open",
                    "Value": "100",
                }
                for name in DEALS
            )
        ),
    }


class EditCase(RollbackCommon, ConflictCase):
    @classmethod
    def setUpClass(cls):
        super(RollbackCommon, cls).setUpClass()
        cls.project = cls.migrated(files())
        cls.a_day_passes()
        cls.people_and_programs_work()
        cls.env.flush_all()
        cls.go_on()
        cls.undo()

    @classmethod
    def go_on(cls):
        """Do what comes before the rollback."""

    @classmethod
    def edit(cls, record, **vals):
        """Let the owner of a deal, or a colleague, save a form."""
        user = cls.fallback if record._name == "crm.lead" else cls.ana
        own = record.with_user(user)
        own.write(vals)
        own.env.flush_all()

    @classmethod
    def deal(cls, name):
        return cls.target(cls.project, "deals", f"D-{name}")

    def assertKept(self, name, *parts, source_object="contacts"):
        letter = "C" if source_object == "contacts" else "D"
        line = self.assertFate(source_object, f"{letter}-{name}", "keep_edited")
        for part in parts:
            self.assertIn(part, line.reason)
        return line


class TestEdits(EditCase):
    """A rollback after a day on which people and programs worked."""

    @classmethod
    def people_and_programs_work(cls):
        cls.edit(cls.contact("changed"), function="Chief")
        cls.edit(
            cls.contact("everything"),
            name="A",
            function="B",
            city="C",
            email="d@mail.example",
        )
        cls.edit(cls.contact("back"), function="Chief")
        cls.edit(cls.contact("back"), function="Chair")
        cls.edit(cls.contact("other"), comment="They called")
        cls.stamp_an_instant_later(cls.contact("instant"))
        # scheduled actions sign as the migration does
        cls.contact("overwritten").city = "Oslo"
        cls.contact("filled").comment = "From the register of companies"
        cls.contact("touched").city = "Rome"
        cls.contact("touched").flush_recordset()
        cls.env.flush_all()
        # Odoo guesses the odds of open deals at night
        cls.env.cr.execute(
            SQL(
                "UPDATE crm_lead SET automated_probability = 33 WHERE id = %s",
                cls.deal("scored").id,
            )
        )
        cls.env.invalidate_all()

    @classmethod
    def stamp_an_instant_later(cls, contact):
        """Somebody saved the form in the very second of our write."""
        cls.env.cr.execute(
            SQL(
                "UPDATE res_partner target SET write_uid = %s,"
                " write_date = link.write_date + interval '1 microsecond'"
                " FROM migration_crosswalk link WHERE target.id = %s"
                " AND link.res_model = 'res.partner' AND link.res_id = target.id",
                cls.ana.id,
                contact.id,
            )
        )
        cls.env.invalidate_all()

    def test_the_plan_says_who_edited_what_and_what_still_stands(self):
        line = self.assertKept(
            "changed", "Edited by ana@practice.example.", "Changed: Job Position."
        )
        stands = line.reason.partition("As migrated: ")[2]
        for label in ("Name", "City", "Email"):
            self.assertIn(label, stands)
        self.assertNotIn("Job Position", stands)

    def test_all_changed_fields_are_named(self):
        line = self.assertKept("everything", "Edited by ana@practice.example.")
        changed = line.reason.partition("Changed: ")[2].partition(".")[0]
        self.assertEqual(
            {*changed.split(", ")}, {"Name", "Job Position", "City", "Email"}
        )

    def test_a_value_changed_back_is_an_edit_all_the_same(self):
        line = self.assertKept("back", "Edited by ana@practice.example.")
        self.assertIn("Nothing that was migrated has changed: ", line.reason)
        self.assertNotIn("Changed: ", line.reason)

    def test_an_edit_of_another_field_is_told_apart(self):
        self.assertKept("other", "Nothing that was migrated has changed: ")
        self.assertIn("They called", self.contact("other").comment)

    def test_an_edit_within_the_second_of_our_write_counts(self):
        self.assertKept("instant", "Edited by ana@practice.example.")

    def test_what_a_program_overwrote_is_kept_with_the_field(self):
        self.assertKept("overwritten", "Edited since: City.", "As migrated: ")
        self.assertEqual(self.contact("overwritten").city, "Oslo")

    def test_what_a_program_filled_in_is_kept_with_the_field(self):
        self.assertKept("filled", "A program filled in: Notes.")
        self.assertIn("register", self.contact("filled").comment)

    def test_a_program_that_changed_nothing_keeps_nothing(self):
        self.assertFate("contacts", "C-touched", "delete")

    def test_the_odds_that_odoo_guesses_are_nobody_s_edit(self):
        self.assertFate("deals", "D-scored", "delete")

    def test_what_nobody_edited_is_gone(self):
        self.assertFate("contacts", "C-untouched", "delete")
        self.assertFate("deals", "D-counted", "delete")


class TestEditsBetween(EditCase):
    """People edit, then the source is followed, then it is rolled back."""

    @classmethod
    def people_and_programs_work(cls):
        cls.edit(cls.contact("between"), function="Chief")
        cls.edit(cls.contact("between"), function="Chair")
        # Odoo will count other fields of this deal anew
        cls.edit(cls.deal("counted"), referred="By Fay")

    @classmethod
    def go_on(cls):
        cls.newer(cls.project, files(city="Oslo", hidden="new@mail.example"))
        deal = cls.deal("scored")
        cls.counted_anew = (deal.email_from, deal.write_uid, deal.message_ids)
        cls.a_day_passes()

    def test_an_edit_before_an_update_of_ours_is_not_forgotten(self):
        self.assertKept("between", "Edited by ana@practice.example.")
        self.assertEqual(self.contact("between").city, "Oslo")

    def test_an_edit_over_which_odoo_signed_for_us_is_not_forgotten(self):
        self.assertKept(
            "counted", "Edited by fay@practice.example.", source_object="deals"
        )
        self.assertEqual(self.deal("counted").referred, "By Fay")

    def test_what_odoo_counts_anew_is_told_to_nobody(self):
        email, author, messages = self.counted_anew
        self.assertEqual(email, "new@mail.example")
        self.assertEqual(author, self.env.ref("base.user_root"))
        self.assertFalse(messages)

    def test_what_only_the_source_changed_is_gone(self):
        self.assertFate("contacts", "C-untouched", "delete")
        self.assertFate("deals", "D-scored", "delete")
