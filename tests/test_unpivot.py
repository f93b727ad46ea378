from odoo.addons.crm_migration.connectors import BundleConnector
from odoo.addons.crm_migration.presets import load_preset

from .bundle_case import CONTACTS, BundleCase

WIDE = (
    "Client Email,Submitted At,What is your goal?,Remarks\n"
    "dana@mail.example,2024-01-02,Change career,\n"
    "ravi@mail.example,2024-01-03,Sleep,Call me\n"
)


class TestUnpivot(BundleCase):
    """Forms exported with one column per question."""

    def forms(self, files):
        preset = load_preset("practice_bundle")
        upload = self.archive({"contacts.csv": CONTACTS, **files})
        bundle = BundleConnector(
            [upload],
            preset.file_objects(),
            preset.required(),
            unpivot=preset.unpivot(),
        )
        self.addCleanup(bundle.close)
        return bundle, [t for t in bundle.tables() if t.object == "form_responses"]

    def test_each_answer_becomes_a_record(self):
        bundle, (table,) = self.forms({"forms/Client intake.csv": WIDE})
        (page,) = bundle.pages(table)
        answers = [
            (item.data["Client Email"], item.data["Question"], item.data["Answer"])
            for item in page.items
        ]
        self.assertEqual(
            answers,
            [
                ("dana@mail.example", "What is your goal?", "Change career"),
                ("ravi@mail.example", "What is your goal?", "Sleep"),
                ("ravi@mail.example", "Remarks", "Call me"),
            ],
        )
        self.assertEqual(
            {item.data["Form Name"] for item in page.items}, {"Client intake"}
        )
        self.assertEqual([item.line for item in page.items], [2, 3, 3])
        self.assertIn("Question", table.fields)

    def test_a_long_table_stays_as_it_is(self):
        long = "Submission ID,Question,Answer,Other\nFS-1,What is your goal?,Sleep,x\n"
        bundle, (table,) = self.forms({"form_responses.csv": long})
        (page,) = bundle.pages(table)
        self.assertEqual(page.items[0].data["Other"], "x")
        self.assertEqual(len(page.items), 1)

    def test_the_answers_of_one_row_stay_on_one_page(self):
        questions = [f"Q{number}" for number in range(40)]
        rows = [
            ",".join(["a@mail.example", *(f"{row}" for _ in questions)])
            for row in range(30)
        ]
        wide = "\n".join([",".join(["Client Email", *questions]), *rows])
        bundle, (table,) = self.forms({"forms/Long.csv": wide})
        pages = list(bundle.pages(table))
        self.assertGreater(len(pages), 1)
        lines = [[item.line for item in page.items] for page in pages]
        for before, after in zip(lines, lines[1:], strict=False):
            self.assertLess(before[-1], after[0])
        rest = list(bundle.pages(table, pages[0].cursor))
        self.assertEqual(rest, pages[1:])
        self.assertEqual(sum(map(len, lines)), 30 * 40)
