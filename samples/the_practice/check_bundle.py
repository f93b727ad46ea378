"""Check a bundle by reading it again: ids, references, dates, sizes, checksums.

python check_bundle.py [BUNDLE [RECORDINGS]]
"""

import csv
import hashlib
import io
import json
import sys
import zipfile
from collections import Counter
from datetime import datetime
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).resolve().parent
KEYS = {
    "contacts.csv": "Client ID",
    "organizations.csv": "Organization ID",
    "deals.csv": "Deal ID",
    "notes.csv": "Note ID",
    "tasks.csv": "Task ID",
    "files.csv": "File ID",
    "staff.csv": "Staff ID",
    "pipeline_stages.csv": "Stage ID",
    "email_templates.csv": "Template ID",
}
STAFF_COLUMNS = ("Coach", "Owner", "Author", "Assigned To", "Uploaded By")
MOMENTS = ("Created At", "Last Updated", "Closed At", "Completed At", "Session Date")
MOMENTS += ("Submitted At", "Signed At", "Reminder At")
DAYS = ("Close Date", "Date of Birth", "Added At")


class Checker:
    def __init__(self, bundle):
        self.problems = []
        with zipfile.ZipFile(bundle) as archive:
            self.data = {name: archive.read(name) for name in archive.namelist()}
        self.manifest = json.loads(self.data["manifest.json"])
        self.tables = {
            name: self.read(data)
            for name, data in self.data.items()
            if name.endswith(".csv") and "/" not in name
        }

    def fail(self, *words):
        self.problems.append(" ".join(map(str, words)))

    @staticmethod
    def read(data):
        text = data.decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def check_manifest(self):
        for name, entry in self.manifest["files"].items():
            data = self.data[name]
            rows = self.tables.get(name) or json.loads(data)
            if len(rows) != entry["rows"]:
                self.fail(name, "rows differ from the manifest")
            if hashlib.sha256(data).hexdigest() != entry["sha256"]:
                self.fail(name, "checksum differs from the manifest")

    def check_ids(self):
        self.ids = {}
        for name, column in KEYS.items():
            values = [row[column] for row in self.tables[name]]
            self.ids[column] = set(values)
            if len(set(values)) != len(values) or "" in values:
                self.fail(name, column, "is not unique")
        clients = self.tables["contacts.csv"]
        self.emails = {row["Email"]: row["Client ID"] for row in clients}
        if len(self.emails) != len(clients):
            self.fail("contacts.csv e-mails are not unique")
        self.ids["Organization"] = self.ids["Organization ID"] | {
            row["Organization Name"] for row in self.tables["organizations.csv"]
        }
        names = Counter(row["Full Name"] for row in clients)
        self.clients = self.ids["Client ID"] | set(self.emails)
        self.clients |= {name for name, count in names.items() if count == 1}
        self.staff = {row["Name"] for row in self.tables["staff.csv"]}
        self.staff |= {row["Email"].lower() for row in self.tables["staff.csv"]}

    def check_references(self):
        for name, rows in self.tables.items():
            for row in rows:
                self.check_row(name, row)
        stages = {
            (r["Pipeline"], r["Stage"]) for r in self.tables["pipeline_stages.csv"]
        }
        for row in self.tables["deals.csv"]:
            if (row["Pipeline"], row["Stage"]) not in stages:
                self.fail(row["Deal ID"], "unknown stage")

    def check_row(self, name, row):
        if None in row or None in row.values():
            self.fail(name, "ragged row", row)
        for column in ("Client ID", "Deal ID", "Note ID", "Organization"):
            if row.get(column) and row[column] not in self.ids[column]:
                self.fail(name, column, row[column], "unknown")
        email = row.get("Client Email")
        if email and self.emails.get(email) != (
            row.get("Client ID") or self.emails.get(email)
        ):
            self.fail(name, email, "unknown or of another client")
        for column in ("Primary Contact", "Billing Contact"):
            if row.get(column) and row[column] not in self.clients:
                self.fail(name, column, row[column], "unknown")
        people = [row[c] for c in STAFF_COLUMNS if row.get(c)]
        people += [row["Team Members"]] if row.get("Team Members") else []
        for person in (part for text in people for part in text.split("; ")):
            if (person.lower() if "@" in person else person) not in self.staff:
                self.fail(name, "unknown staff", person)
        self.check_dates(name, row)

    def check_dates(self, name, row):
        for column in DAYS:
            if row.get(column):
                datetime.strptime(row[column], "%m/%d/%Y")
        found = {c: self.moment(row[c]) for c in MOMENTS if row.get(c)}
        if name == "staff.csv" or "Created At" not in found:
            return
        created, end = found["Created At"], datetime(2026, 11, 22, 9)
        for column in ("Last Updated", "Closed At", "Completed At"):
            if column in found and not created <= found[column] <= end:
                self.fail(name, row, column, "out of order")
        if row.get("Closed At"):
            close = datetime.strptime(row["Close Date"], "%m/%d/%Y")
            if found["Closed At"].date() > close.date():
                self.fail(name, row["Deal ID"], "closed after its close date")

    @staticmethod
    def moment(text):
        pattern = "%m/%d/%Y %I:%M %p" if text.endswith("M") else "%m/%d/%Y"
        return datetime.strptime(text, pattern)

    def check_files(self, later):
        rows = self.tables["files.csv"]
        binaries = {name for name in self.data if "/" in name}
        paths = [row["Path"] for row in rows if row["Path"]]
        if len(set(paths)) != len(paths):
            self.fail("files.csv: a path is named twice")
        if binaries - set(paths):
            self.fail("not in files.csv:", sorted(binaries - set(paths)))
        for row in rows:
            if not row["Path"]:
                continue
            data = self.data.get(row["Path"], later.get(row["Path"]))
            if data is None:
                self.fail("binary missing:", row["Path"])
                continue
            digest = "sha256:" + hashlib.sha256(data).hexdigest()
            if row["Checksum"] not in ("", digest) or int(row["Size"]) != len(data):
                self.fail(row["Path"], "size or checksum differs")
        names = {(row["Note ID"], row["File Name"]) for row in rows}
        for note in self.tables["notes.csv"]:
            for name in filter(None, note["Attachments"].split("; ")):
                if (note["Note ID"], name) not in names:
                    self.fail(note["Note ID"], "attachment unknown", name)

    def check_truth(self, facts):
        rows = {name: len(found) for name, found in self.tables.items()}
        rows["workflows.json"] = len(json.loads(self.data["workflows.json"]))
        deals = self.tables["deals.csv"]
        value = sum(Decimal(d["Value"].translate({36: "", 44: ""})) for d in deals)
        contacts = self.tables["contacts.csv"]
        digests = {
            name: hashlib.sha256(data).hexdigest()
            for name, data in self.data.items()
            if "/" in name
        }
        notes = Counter(r["Type"] for r in self.tables["notes.csv"])
        pairs = {
            "rows": (rows, facts["rows"]),
            "value": (f"{value:.2f}", facts["deals"]["value"]["USD"]),
            "status": (Counter(d["Status"] for d in deals), facts["deals"]["status"]),
            "notes": (notes, facts["notes"]["type"]),
            "organization": (
                sum(1 for row in contacts if row["Organization"]),
                facts["organizations"]["contacts_with_organization"],
            ),
            "binaries": (
                digests,
                {k: v["sha256"] for k, v in facts["files"]["binaries"].items()},
            ),
        }
        for name, (found, expected) in pairs.items():
            if found != expected:
                self.fail("truth differs:", name, found, expected)


def main(arguments):
    bundle = Path(arguments[0]) if arguments else HERE / "practice_export.zip"
    beside = HERE / "practice_recordings.zip"
    recordings = Path(arguments[1]) if len(arguments) > 1 else beside
    truth = bundle.with_suffix(".truth.json")
    truth = truth if truth.exists() else HERE / "truth.json"
    facts = json.loads(truth.read_text("utf-8"))
    with zipfile.ZipFile(recordings) as archive:
        later = {name: archive.read(name) for name in archive.namelist()}
    checker = Checker(bundle)
    checker.check_manifest()
    checker.check_ids()
    checker.check_references()
    checker.check_files(later)
    checker.check_truth(facts)
    for problem in checker.problems:
        print(problem)
    print(f"{len(checker.problems)} problems, {len(checker.data)} members")
    return 1 if checker.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
