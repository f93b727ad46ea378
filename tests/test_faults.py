"""A bundle with every kind of fault: each is named, all the rest lands.

The same bundle corrected then adds what was missing, and nothing twice.
"""

import hashlib

from .common import MigrationCommon, encoded, table

RECORDING = b"ID3 the recording"
PLAN = b"%PDF-1.4 the plan"

ORGANIZATIONS = table(
    {"Organization ID": "O-1", "Organization Name": "Acme", "City": "Köln"},
)
CONTACTS = [
    {
        "Client ID": "C-1",
        "Full Name": "Cleo",
        "Organization": "Acme",
        "Coach": "ana@practice.example",
        "City": "Rome",
    },
    {"Client ID": "C-2", "Full Name": "Carl", "Coach": "ghost@x.example"},
    {"Client ID": "C-3", "Full Name": "Cora", "Organization": "Nowhere Ltd"},
    {"Client ID": "C-4", "Full Name": "Chris", "City": "Z?rich – naïve"},
]
FAULTY_CONTACTS = [
    *CONTACTS,
    # the same row once more, and another person under an id that is taken
    CONTACTS[0],
    {"Client ID": "C-2", "Full Name": "Somebody Else", "City": "Oslo"},
]
DEALS = [
    {"Deal ID": "D-1", "Deal Name": "One", "Client ID": "C-1", "Stage": "New"},
    {"Deal ID": "D-2", "Deal Name": "Two", "Client ID": "C-3", "Stage": "New"},
    {"Deal ID": "D-3", "Deal Name": "Three", "Client ID": "C-2", "Stage": "New"},
]
NOTES = table(
    {
        "Note ID": "N-1",
        "Client ID": "C-1",
        "Body": "Text",
        "Created At": "2024-01-01",
    },
    {
        "Note ID": "N-2",
        "Client ID": "C-3",
        "Body": "Text",
        "Created At": "2024-01-02",
    },
)
FILES = table(
    {
        "File ID": "F-1",
        "File Name": "plan",
        "Path": "files/plan.pdf",
        "Client ID": "C-1",
    },
    {
        "File ID": "F-2",
        "File Name": "talk",
        "Path": "files/talk.mp3",
        "Client ID": "C-1",
    },
)
UNCLOSED = 'D-4,"Four,C-1,New\nD-5,Five,C-1,New\n'

FAULTY = {
    "organizations.csv": ORGANIZATIONS.encode("cp1252"),
    "contacts.csv": table(*FAULTY_CONTACTS).encode().replace(b"Z?rich", b"Z\xfcrich"),
    "deals.csv": table(*DEALS) + UNCLOSED,
    "notes.csv": b"%PDF-1.4 this is no table",
    "tasks.csv": b"\xd0\xcf\x11\xe0 an old workbook",
    "organization_members.csv": "Since,Until\n2020,2021\n",
    "mystery.csv": "A,B\n1,2\n",
    "files.csv": FILES,
    "files/plan.pdf": PLAN,
}
CORRECTED_CONTACTS = table(
    *CONTACTS[:2],
    CONTACTS[2] | {"Organization": "Acme"},
    CONTACTS[3] | {"City": "Zürich"},
    {"Client ID": "C-5", "Full Name": "Somebody Else", "City": "Oslo"},
)
CORRECTED = {
    "organizations.csv": ORGANIZATIONS,
    "contacts.csv": CORRECTED_CONTACTS,
    "deals.csv": table(*DEALS) + UNCLOSED.replace('"', ""),
    "notes.csv": NOTES,
    "files.csv": FILES,
    "files/plan.pdf": PLAN,
    "files/talk.mp3": RECORDING,
}


class FaultyCommon(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.migrated(FAULTY)
        cls.first = cls.snapshot()

    @classmethod
    def snapshot(cls):
        """Return ``{(object, external id): (model, id)}`` of all that landed."""
        return {
            (link.source_object, link.external_id): (link.res_model, link.res_id)
            for link in cls.env["migration.crosswalk"].search(
                [
                    ("project_id", "=", cls.project.id),
                    ("staged_record_id", "!=", False),
                ]
            )
        }

    def set_aside(self, code):
        """Return the rows of the contacts whose id another row has."""
        records = self.project._object("contacts").sudo().staged_record_ids
        return records.filtered(lambda record: record.reason_code == code)

    def landed(self, name):
        return {key for obj, key in self.snapshot() if obj == name}

    def assertFinding(self, code, **expected):
        """Check that one finding has exactly this place and value."""
        found = self.findings(self.project, code)
        places = [{name: item[name] for name in expected} for item in found]
        self.assertIn(expected, places)


class TestFaults(FaultyCommon):
    def test_all_that_is_sound_lands(self):
        self.assertEqual(self.landed("organizations"), {"O-1"})
        self.assertEqual(self.landed("contacts"), {"C-1", "C-2", "C-4"})
        self.assertEqual(self.landed("deals"), {"D-1", "D-3", "D-5"})
        self.assertEqual(self.landed("files"), {"F-1"})
        self.assertEqual(self.project.state, "verified")

    def test_every_failure_is_in_its_bucket(self):
        line = self.book(self.project, "Contacts")
        self.assertEqual(
            (line.source_count, line.created_count, line.excluded_count),
            (6, 3, 1),
        )
        self.assertEqual((line.failed_count, line.found_count), (2, 3))
        self.assertTrue(line.is_balanced)
        # a row that could not even be read is missed as well
        line = self.book(self.project, "Deals")
        self.assertEqual((line.source_count, line.failed_count), (5, 2))
        self.assertTrue(line.is_balanced)
        self.assertLess(self.project.completeness, 100)

    def test_books_do_not_balance_while_a_table_cannot_be_read(self):
        self.assertFalse(self.project.is_balanced)
        broken = self.project.reconciliation_line_ids.filtered("problem")
        self.assertEqual(
            set(broken.mapped("name")), {"Notes", "Organization members", "Tasks"}
        )
        self.assertFalse(any(broken.mapped("is_balanced")))
        self.assertIn("PDF", self.book(self.project, "Notes").problem)

    def test_a_broken_file_is_named_and_the_others_go_on(self):
        self.assertFinding("broken_file", file="notes.csv", severity="1_error")
        self.assertFinding("broken_file", file="tasks.csv")
        self.assertFalse(self.project._object("notes").staged_count)

    def test_a_table_without_header_is_named_with_what_it_needs(self):
        self.assertFinding(
            "missing_header",
            file="organization_members.csv",
            line=1,
            value="Since | Until",
        )
        finding = self.findings(self.project, "missing_header")
        self.assertIn("organization id", finding.field)

    def test_a_file_that_is_no_known_table_is_a_warning(self):
        self.assertFinding("unknown_file", file="mystery.csv", severity="2_warning")

    def test_another_encoding_is_read_and_damage_is_named(self):
        acme = self.target(self.project, "organizations", "O-1")
        self.assertEqual(acme.city, "Köln")
        self.assertFinding("encoding", file="organizations.csv", value="cp1252")
        self.assertFinding(
            "bad_encoding",
            file="contacts.csv",
            line=5,
            field="City",
            value="Z\ufffdrich – naïve",
        )

    def test_an_id_that_comes_twice_is_named(self):
        self.assertFinding(
            "repeated", file="contacts.csv", line=6, field="id", value="C-1"
        )
        self.assertFinding(
            "duplicate_id", file="contacts.csv", line=7, field="id", value="C-2"
        )
        self.assertEqual(self.target(self.project, "contacts", "C-2").name, "Carl")

    def test_a_row_with_an_unclosed_quote_costs_only_itself(self):
        self.assertFinding("unclosed_quote", file="deals.csv", line=5)
        self.assertBucket(self.project, "deals", "D-5", "created")

    def test_an_organization_that_does_not_exist_is_named(self):
        self.assertFinding(
            "bad_reference",
            file="contacts.csv",
            line=4,
            field="Organization",
            value="Nowhere Ltd",
            external_id="C-3",
        )

    def test_what_hangs_on_a_failed_record_fails_with_its_reason(self):
        record = self.assertBucket(
            self.project, "deals", "D-2", "failed", "bad_reference"
        )
        self.assertIn("Nowhere Ltd", record.reason)
        self.assertFinding(
            "bad_reference", file="deals.csv", line=3, field="Client ID", value="C-3"
        )

    def test_a_missing_attachment_is_named(self):
        self.assertFinding(
            "pending_binary",
            file="files.csv",
            line=3,
            field="Path",
            value="files/talk.mp3",
        )

    def test_an_unknown_owner_is_named_and_the_record_lands(self):
        self.assertFinding(
            "owner_none",
            file="contacts.csv",
            line=3,
            field="Coach",
            value="ghost@x.example",
        )
        contact = self.target(self.project, "contacts", "C-2")
        self.assertEqual(contact.user_id, self.fallback)

    def test_loading_again_creates_nothing_and_repeats_no_finding(self):
        findings = len(self.project.finding_ids)
        self.load(self.project)
        self.assertEqual(self.snapshot(), self.first)
        self.assertEqual(len(self.project.finding_ids), findings)

    def test_a_failed_record_can_be_retried_by_hand(self):
        failed = self.staged_record(self.project, "contacts", "C-3")
        taken = self.set_aside("duplicate_id")
        landed = self.staged_record(self.project, "contacts", "C-1")
        (failed + taken + landed).with_user(self.manager).action_retry()
        self.assertEqual(failed.state, "pending")
        # it is no record of its own as long as another row has its id
        self.assertEqual(taken.state, "failed")
        self.assertEqual(landed.state, "created")


class CorrectedCommon(FaultyCommon):
    def assertNothingTwice(self):
        """Check that what had landed is still itself and every record stands once."""
        second = self.snapshot()
        self.assertEqual({key: second[key] for key in self.first}, self.first)
        self.assertEqual(len(set(second.values())), len(second))
        for name in ("Cleo", "Carl", "Cora", "Chris"):
            found = self.env["res.partner"].search_count([("name", "=", name)])
            self.assertLessEqual(found, 1)


class TestCorrectedBundle(CorrectedCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.a_day_passes()
        cls.stage(cls.project, CORRECTED)
        cls.load(cls.apply_schema(cls.confirm_all(cls.project)))

    def test_only_what_was_missing_is_added(self):
        self.assertNothingTwice()
        self.assertEqual(self.landed("contacts"), {"C-1", "C-2", "C-3", "C-4", "C-5"})
        self.assertEqual(self.landed("deals"), {"D-1", "D-2", "D-3", "D-4", "D-5"})
        self.assertEqual(self.landed("notes"), {"N-1", "N-2"})
        self.assertEqual(self.landed("files"), {"F-1", "F-2"})

    def test_what_had_landed_is_not_written_again(self):
        contact = self.target(self.project, "contacts", "C-1")
        self.assertLess(contact.write_date, self.env.cr.now())
        self.assertBucket(self.project, "contacts", "C-1", "created")

    def test_a_corrected_value_reaches_the_record_that_was_there(self):
        self.assertBucket(self.project, "contacts", "C-4", "updated")
        self.assertEqual(self.target(self.project, "contacts", "C-4").city, "Zürich")

    def test_the_missing_file_is_whole(self):
        found = self.target(self.project, "files", "F-2")
        self.assertEqual(found.raw, RECORDING)
        digest = hashlib.sha1(RECORDING, usedforsecurity=False).hexdigest()
        self.assertEqual(found.checksum, digest)

    def test_nothing_is_left_to_complain_of_but_the_owner(self):
        errors = self.project.finding_ids.filtered(lambda f: f.severity != "3_info")
        self.assertEqual(errors.mapped("code"), ["owner_none"])

    def test_the_books_balance_and_are_complete(self):
        self.assertTrue(self.project.is_balanced)
        self.assertEqual(self.project.completeness, 100)
        self.assertFalse(self.project.difference_ids)
        self.assertFalse(self.project.failed_count)


class TestCorrectedFileAlone(CorrectedCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.a_day_passes()
        cls.project.add_file("contacts.csv", encoded(CORRECTED_CONTACTS))
        cls.load(cls.apply_schema(cls.confirm_all(cls.stage(cls.project))))

    def test_the_corrected_table_and_what_hung_on_it_is_added(self):
        self.assertNothingTwice()
        self.assertEqual(self.landed("contacts"), {"C-1", "C-2", "C-3", "C-4", "C-5"})
        # deal D-2 was sound itself, its contact was not
        self.assertEqual(self.landed("deals"), {"D-1", "D-2", "D-3", "D-5"})
        acme = self.target(self.project, "organizations", "O-1")
        self.assertEqual(self.target(self.project, "contacts", "C-3").parent_id, acme)

    def test_the_other_tables_stay_as_they_were(self):
        self.assertFalse(
            self.env["migration.staged.record"].search_count(
                [("project_id", "=", self.project.id), ("is_missing", "=", True)]
            )
        )
        self.assertBucket(self.project, "files", "F-1", "created")
        self.assertBucket(self.project, "files", "F-2", "failed", "pending_binary")
        self.assertTrue(self.findings(self.project, "broken_file", file="notes.csv"))

    def test_the_rows_set_aside_are_gone_with_their_cause(self):
        self.assertFalse(self.findings(self.project, "duplicate_id"))
        self.assertFalse(self.set_aside("duplicate_id") + self.set_aside("repeated"))
        self.assertFalse(self.findings(self.project, "bad_reference"))
        self.assertTrue(self.book(self.project, "Contacts").is_balanced)
