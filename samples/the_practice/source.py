"""Read the demo data folder (API answers as JSON, exports as CSV)."""

import csv
import json
from pathlib import Path

from common import ident

JSON_FILES = (
    "accounts",
    "contacts",
    "opportunities",
    "tasks",
    "cases",
    "users",
    "pipelines",
)
CSV_FILES = ("accounts", "contacts", "opportunities")
STAFF_NAMES = (
    ("Helen", "Marchetti"),
    ("Ana", "Ruiz"),
    ("Ravi", "Menon"),
    ("Tobias", "Lindqvist"),
    ("Noémie", "Fournier"),
)


class Source:
    """The demo data with ids of ours and look-ups by the source's own ids."""

    def __init__(self, folder):
        self.folder = Path(folder)
        for name in JSON_FILES:
            text = (self.folder / f"{name}.json").read_text("utf-8")
            setattr(self, name, json.loads(text))
        self.exported = {name: self._read_csv(name) for name in CSV_FILES}
        self.organization_ids = self._number("O", self.accounts)
        self.client_ids = self._number("C", self.contacts)
        self.deal_ids = self._number("D", self.opportunities)
        self.client_emails = {c["id"]: c["email"] for c in self.contacts}
        self.account_names = {a["name"]: a["id"] for a in self.accounts}
        self.deal_clients = {c["id"] for o in self.opportunities for c in o["contacts"]}
        emails = sorted(u["user_details"]["email"] for u in self.users)
        self.staff_names = dict(zip(emails, STAFF_NAMES, strict=True))

    def _read_csv(self, name):
        path = self.folder / f"{name}.csv"
        with path.open(encoding="utf-8-sig", newline="") as handle:
            return {row["ID"]: row for row in csv.DictReader(handle)}

    @staticmethod
    def _number(prefix, records):
        return {r["id"]: ident(prefix, n) for n, r in enumerate(records, 1)}

    def text(self, name, record, column):
        """The value as the source's own CSV export writes it."""
        return self.exported[name][record["id"]][column]

    def owners(self, name, record):
        text = self.text(name, record, "Assigned to")
        return [part.strip() for part in text.split(";") if part.strip()]

    def full_name(self, email):
        return " ".join(self.staff_names[email])


def assigned(record):
    """E-mails of the assigned users in the order of the API."""
    return [user["user_details"]["email"] for user in record["assigned_to"]]
