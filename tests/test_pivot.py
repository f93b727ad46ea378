import json

from odoo.addons.crm_migration.connectors import BundleConnector
from odoo.addons.crm_migration.connectors.base import Problem
from odoo.addons.crm_migration.connectors.files.pivot import Pivot
from odoo.addons.crm_migration.exceptions import BrokenFile
from odoo.addons.crm_migration.presets import load_preset

from .bundle_case import CONTACTS, BundleCase
from .common import MigrationCommon, table

LONG = (
    "Submission ID,Form Name,Client Email,Submitted At,Signed At,Question ID,"
    "Question,Question Type,Answer,Order,File,Channel\n"
    "FS-1,Client intake,dana@mail.example,2024-01-02,,Q-1,Goal,long,Career,1,,web\n"
    "FS-2,Client intake,ravi@mail.example,2024-01-03,,Q-1,Goal,long,Sleep,1,,web\n"
    "FS-1,Client intake,dana@mail.example,2024-01-02,2024-01-02,Q-2,Remarks,text,"
    "Call me,2,,web\n"
    "FS-2,Client intake,ravi@mail.example,2024-01-03,,Q-2,Remarks,text,,2,,web\n"
)
WIDE = (
    "Submission ID,Client Email,Submitted At,Signed At,Goal,Remarks\n"
    "FS-1,dana@mail.example,2024-01-02,2024-01-02,Career,Call me\n"
    "FS-2,ravi@mail.example,2024-01-03,,Sleep,\n"
)
#: fields that only one of the two layouts can have
OWN = {"Questions", "Channel"}


class TestPivot(BundleCase):
    """Answers of forms, in rows or in columns, become records of submissions."""

    def forms(self, files):
        preset = load_preset("practice_bundle")
        upload = self.archive({"contacts.csv": CONTACTS, **files})
        bundle = BundleConnector(
            [upload], preset.file_objects(), preset.required(), pivot=preset.pivot()
        )
        self.addCleanup(bundle.close)
        return bundle, [t for t in bundle.tables() if t.object == "form_responses"]

    def pull_forms(self, files):
        bundle, (found,) = self.forms(files)
        return list(bundle.pull(found))

    def test_both_layouts_give_the_same_records(self):
        long = self.pull_forms({"form_responses.csv": LONG})
        wide = self.pull_forms({"forms/Client intake.csv": WIDE})
        self.assertEqual(len(long), 2)
        for one, other in zip(long, wide, strict=True):
            self.assertEqual(
                {k: v for k, v in one.data.items() if k not in OWN}, other.data
            )
        self.assertEqual(wide[0].data["Form Name"], "Client intake")
        self.assertEqual(wide[0].data["answer.Goal"], "Career")

    def test_rows_of_a_submission_need_not_stand_together(self):
        first, second = self.pull_forms({"form_responses.csv": LONG})
        self.assertEqual((first.line, second.line), (2, 3))
        self.assertEqual(first.data["answer.Goal"], "Career")
        self.assertEqual(first.data["answer.Remarks"], "Call me")
        self.assertEqual(first.data["Signed At"], "2024-01-02")
        self.assertEqual(second.data["answer.Remarks"], "")

    def test_what_describes_the_questions_is_kept(self):
        first, _second = self.pull_forms({"form_responses.csv": LONG})
        self.assertEqual(
            first.data["Questions"],
            [
                {
                    "Question ID": "Q-1",
                    "Question": "Goal",
                    "Question Type": "long",
                    "Order": "1",
                },
                {
                    "Question ID": "Q-2",
                    "Question": "Remarks",
                    "Question Type": "text",
                    "Order": "2",
                },
            ],
        )
        self.assertEqual(first.data["Channel"], "web")

    def test_a_question_answered_twice_keeps_both_answers(self):
        rows = [
            {"Submission ID": "FS-1", "Form Name": "A", "Question": "Why?", "Answer": a}
            for a in ("Sleep", "Health", "Sleep")
        ]
        (record,) = self.pull_forms({"form_responses.csv": table(*rows)})
        self.assertEqual(record.data["answer.Why?"], ["Sleep", "Health"])

    def test_two_questions_of_one_wording_are_two_fields(self):
        rows = [
            {
                "Submission ID": sub,
                "Form Name": "A",
                "Question ID": question,
                "Question": "Comments",
                "Answer": f"{sub} {question}",
            }
            for sub, question in (("1", "Q-1"), ("1", "Q-9"), ("2", "Q-9"))
        ]
        one, two = self.pull_forms({"form_responses.csv": table(*rows)})
        self.assertEqual(one.data["answer.Comments"], "1 Q-1")
        self.assertEqual(one.data["answer.Comments (2)"], "1 Q-9")
        self.assertEqual(two.data["answer.Comments"], "")
        self.assertEqual(two.data["answer.Comments (2)"], "2 Q-9")

    def test_a_file_is_the_answer_or_stands_beside_it(self):
        shared = {"Submission ID": "1", "Form Name": "A"}
        rows = [
            shared | {"Question": "Photo", "Answer": "", "File": "files/a.png"},
            shared | {"Question": "Contract", "Answer": "Yes", "File": "files/b.pdf"},
        ]
        (record,) = self.pull_forms({"form_responses.csv": table(*rows)})
        self.assertEqual(record.data["answer.Photo"], "files/a.png")
        self.assertEqual(record.data["answer.Contract"], "Yes")
        self.assertEqual(record.data["answer.Contract.File"], "files/b.pdf")

    def test_a_second_word_on_the_submission_is_kept_beside_the_first(self):
        shared = {"Submission ID": "1", "Form Name": "A"}
        rows = [
            shared | {"Question": "X", "Answer": "1", "Submitted By": "Dana"},
            shared | {"Question": "Y", "Answer": "2", "Submitted By": "Ravi"},
        ]
        (record,) = self.pull_forms({"form_responses.csv": table(*rows)})
        self.assertEqual(record.data["Submitted By"], "Dana")
        self.assertEqual(record.data["Submitted By (2)"], "Ravi")

    def test_without_ids_client_and_time_tell_submissions_apart(self):
        rows = [
            {"Form Name": "A", "Client Email": mail, "Question": q, "Answer": "1"}
            for mail in ("a@x.example", "b@x.example")
            for q in ("X", "Y")
        ]
        records = self.pull_forms({"form_responses.csv": table(*rows)})
        mails = [record.data["Client Email"] for record in records]
        self.assertEqual(mails, ["a@x.example", "b@x.example"])

    def test_forms_with_the_same_submission_id_stay_apart(self):
        rows = [
            {"Submission ID": "1", "Form Name": form, "Question": "X", "Answer": form}
            for form in ("A", "B")
        ]
        records = self.pull_forms({"form_responses.csv": table(*rows)})
        self.assertEqual([record.data["answer.X"] for record in records], ["A", "B"])

    def test_pages_go_on_where_they_ended(self):
        rows = [
            {
                "Submission ID": f"FS-{number}",
                "Form Name": "A",
                "Question": question,
                "Answer": f"{number}",
            }
            for question in ("X", "Y")
            for number in range(1200)
        ]
        bundle, (found,) = self.forms({"form_responses.csv": table(*rows)})
        pages = list(bundle.pages(found))
        self.assertEqual([len(page.items) for page in pages], [500, 500, 200])
        self.assertEqual(list(bundle.pages(found, pages[0].cursor)), pages[1:])
        answers = {item.data["answer.Y"] for page in pages for item in page.items}
        self.assertEqual(len(answers), 1200)

    def test_problems_stand_at_their_line(self):
        text = (
            LONG
            + "FS-3,Client intake,x@mail.example,2024-01-04,,Q-1,Goal,t,A,1,,web,more\n"
        )
        text += "FS-4,Client intake,y@mail.example,2024-01-05,,Q-1,Goal,t,B,1,,web\n"
        items = self.pull_forms({"form_responses.csv": text})
        places = [(isinstance(item, Problem), item.line) for item in items]
        self.assertEqual(
            places, [(False, 2), (False, 3), (True, 6), (False, 6), (False, 7)]
        )

    def test_the_manifest_counts_rows_not_submissions(self):
        for promised, wrong in ((4, []), (5, ["row_count"])):
            manifest = json.dumps({"files": {"form_responses.csv": {"rows": promised}}})
            files = {"form_responses.csv": LONG, "manifest.json": manifest}
            items = self.pull_forms(files)
            codes = [item.code for item in items if isinstance(item, Problem)]
            self.assertEqual(codes, wrong)

    def test_a_file_that_breaks_off_gives_what_came_before(self):
        def rows():
            yield 2, {"Submission ID": "1", "Question": "X", "Answer": "a"}
            raise BrokenFile("the file ends in the middle")

        pivot = Pivot.of(load_preset("practice_bundle").pivot()["form_responses"])
        found = pivot.long(rows())
        line, data = next(found)
        self.assertEqual((line, data["answer.X"]), (2, "a"))
        with self.assertRaises(BrokenFile):
            next(found)


INTAKE = {"Form ID": "F-1", "Form Name": "Client intake"}
REVIEW = {"Form ID": "F-2", "Form Name": "Yearly review"}
CLIENTS = table(
    {"Client ID": "C-1", "Full Name": "Dana Whitfield", "Email": "dana@mail.example"},
    {"Client ID": "C-2", "Full Name": "Ravi Rao", "Email": "ravi@mail.example"},
)


def answers(form, submission, client, **given):
    """Return the rows of one submission."""
    return [
        form
        | {
            "Submission ID": submission,
            "Client ID": client,
            "Submitted At": "2024-01-02",
            "Question": question,
            "Answer": answer,
        }
        for question, answer in given.items()
    ]


class TestKinds(MigrationCommon):
    """Records of one table that are of several kinds are objects of their own."""

    def forms(self, *rows):
        return {"contacts.csv": CLIENTS, "form_responses.csv": table(*rows)}

    def names(self, project):
        return {
            obj.name: obj.staged_count
            for obj in project.object_ids
            if obj.name.startswith("form_responses")
        }

    def test_each_form_is_an_object_with_its_own_fields(self):
        project = self.staged(
            self.forms(
                *answers(INTAKE, "1", "C-1", Goal="Career"),
                *answers(REVIEW, "1", "C-1", Mood="Good"),
                *answers(REVIEW, "2", "C-2", Mood="Bad"),
            )
        )
        self.assertEqual(
            self.names(project),
            {
                "form_responses": 0,
                "form_responses:client_intake": 1,
                "form_responses:yearly_review": 2,
            },
        )
        review = project._object("form_responses:yearly_review")
        self.assertEqual(review.label, "Yearly review")
        fields = review.mapping_line_ids.mapped("source_field")
        self.assertIn("answer.Mood", fields)
        self.assertNotIn("answer.Goal", fields)
        self.assertFalse(project._object("form_responses").mapping_line_ids)

    def test_wide_and_long_files_of_a_form_meet(self):
        files = self.forms(*answers(INTAKE, "1", "C-1", Goal="Career"))
        files["forms/Client_Intake.csv"] = table(
            {"Submission ID": "2", "Client ID": "C-2", "Goal": "Sleep"}
        )
        project = self.staged(files)
        self.assertEqual(self.names(project)["form_responses:client_intake"], 2)

    def test_answers_that_name_no_form_stay_together(self):
        row = {"Submission ID": "1", "Question": "Goal", "Answer": "Sleep"}
        project = self.migrated(self.forms(row))
        self.assertEqual(self.names(project), {"form_responses": 1})
        self.assertBucket(project, "form_responses", "1", "excluded")

    def test_staging_again_changes_and_withdraws_within_the_kind(self):
        project = self.staged(
            self.forms(
                *answers(INTAKE, "1", "C-1", Goal="Career"),
                *answers(INTAKE, "2", "C-2", Goal="Sleep"),
                *answers(REVIEW, "1", "C-1", Mood="Good"),
            )
        )
        again = self.forms(*answers(INTAKE, "1", "C-1", Goal="Family"))
        self.stage(project, again)
        self.assertEqual(
            self.names(project),
            {
                "form_responses": 0,
                "form_responses:client_intake": 1,
                "form_responses:yearly_review": 0,
            },
        )
        record = self.staged_record(project, "form_responses:client_intake", "1")
        self.assertEqual(record.payload["answer.Goal"], "Family")

    def test_nothing_is_withdrawn_where_the_file_is_not_whole(self):
        rows = [
            *answers(INTAKE, "1", "C-1", Goal="Career"),
            *answers(REVIEW, "1", "C-1", Mood="Good"),
        ]
        project = self.staged(self.forms(*rows))
        broken = self.forms(*rows[:1])
        broken["manifest.json"] = '{"files": {"form_responses.csv": {"rows": 2}}}'
        self.stage(project, broken)
        self.assertTrue(project._object("form_responses").problem)
        self.assertEqual(self.names(project)["form_responses:yearly_review"], 1)

    def test_a_submission_that_stands_there_twice_is_not_merged(self):
        files = self.forms(*answers(INTAKE, "1", "C-1", Goal="Career"))
        files["forms/Client intake.csv"] = table(
            {"Submission ID": "1", "Client ID": "C-2", "Goal": "Sleep"}
        )
        project = self.staged(files)
        found = self.findings(project, "duplicate_id")
        self.assertEqual(found.source_object, "form_responses:client_intake")
        self.assertEqual(self.names(project)["form_responses:client_intake"], 2)
