"""What the source itself says about the bundle, for comparison after a migration."""

import hashlib
from collections import Counter
from decimal import Decimal

from common import CONTACT_PROPERTIES


def _count(rows, column):
    return dict(sorted(Counter(row[column] for row in rows).items()))


def _sorted(counter):
    return dict(sorted(counter.items()))


def _tags(rows):
    return _sorted(
        Counter(tag for row in rows for tag in row["Tags"].split("; ") if tag)
    )


def _money(rows):
    total = sum(Decimal(r["Value"].replace("$", "").replace(",", "")) for r in rows)
    return f"{total:.2f}"


class Staff:
    """Resolves an e-mail in any case, or a full name, to the e-mail of staff.csv."""

    def __init__(self, rows):
        self.known = {}
        for row in rows:
            self.known[row["Email"].lower()] = row["Email"]
            self.known[row["Name"]] = row["Email"]

    def email(self, text):
        return self.known[text.lower() if "@" in text else text]


def _organizations(tables):
    names = {
        row["Organization Name"]: row["Organization ID"]
        for row in tables["organizations.csv"]
    }
    linked = [row["Organization"] for row in tables["contacts.csv"]]
    used = [names.get(text, text) for text in linked if text]
    members = tables["organization_members.csv"]
    people = Counter(row["Client ID"] for row in members)
    return {
        "types": _count(tables["organizations.csv"], "Type"),
        "contacts_with_organization": len(used),
        "contacts_without_organization": len(linked) - len(used),
        "contacts_naming_it_by_id": sum(1 for t in linked if t in names.values()),
        "contacts_per_organization": _sorted(Counter(used)),
        "with_primary_contact": sum(
            1 for row in tables["organizations.csv"] if row["Primary Contact"]
        ),
        "member_rows": len(members),
        "member_primary": _count(members, "Is Primary"),
        "members_in_several": sum(1 for count in people.values() if count > 1),
    }


def _contacts(rows):
    names = Counter(row["Full Name"] for row in rows)
    return {
        "status": _count(rows, "Status"),
        "tags": _tags(rows),
        "distinct_emails": len({row["Email"].lower() for row in rows}),
        "full_names_shared": sum(1 for count in names.values() if count > 1),
        "with_secondary_email": sum(1 for row in rows if row["Secondary Email"]),
        "with_notes": sum(1 for row in rows if row["Notes"]),
        "custom_values": {
            name: sum(1 for row in rows if row[name]) for name in CONTACT_PROPERTIES
        },
        "do_not_call": _count(rows, "Do Not Call"),
    }


def _deals(rows):
    currencies = sorted({row["Currency"] for row in rows})
    by_status = {
        status: _money([row for row in rows if row["Status"] == status])
        for status in ("Open", "Won", "Lost")
    }
    return {
        "status": _count(rows, "Status"),
        "stage": _sorted(Counter(f"{r['Pipeline']} / {r['Stage']}" for r in rows)),
        "value": {
            code: _money([row for row in rows if row["Currency"] == code])
            for code in currencies
        },
        "value_per_status": by_status,
        "lost_reason": _count([r for r in rows if r["Lost Reason"]], "Lost Reason"),
        "with_client": sum(1 for r in rows if r["Client ID"] or r["Client Email"]),
        "with_client_by_email_only": sum(1 for r in rows if not r["Client ID"]),
        "with_organization": sum(1 for row in rows if row["Organization"]),
        "tags": _tags(rows),
    }


def _notes(rows, staff, styles):
    kinds = Counter(f"{row['Type']} / {row['Visibility']}" for row in rows)
    return {
        "type": _count(rows, "Type"),
        "visibility": _count(rows, "Visibility"),
        "type_and_visibility": _sorted(kinds),
        "on_deal": sum(1 for row in rows if row["Deal ID"]),
        "on_contact_only": sum(1 for row in rows if not row["Deal ID"]),
        "with_attachments": sum(1 for row in rows if row["Attachments"]),
        "attachment_names": sum(
            len(r["Attachments"].split("; ")) for r in rows if r["Attachments"]
        ),
        "author": _sorted(Counter(staff.email(row["Author"]) for row in rows)),
        "body_kinds": _sorted(styles),
    }


def _tasks(rows, staff):
    return {
        "status": _count(rows, "Status"),
        "type": _count(rows, "Type"),
        "on_deal": sum(1 for row in rows if row["Deal ID"]),
        "without_client": sum(1 for row in rows if not row["Client Email"]),
        "assigned_to": _sorted(Counter(staff.email(r["Assigned To"]) for r in rows)),
    }


def _files(rows, binaries, later):
    def entry(data):
        return {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}

    inside = [row for row in rows if row["Path"] in binaries]
    return {
        "kind": _count(rows, "Kind"),
        "with_binary": len(inside),
        "without_binary": len(rows) - len(inside),
        "url_only": sum(1 for row in rows if not row["Path"]),
        "missing": sorted(row["Path"] for row in rows if row["Path"] in later),
        "empty": [row["Path"] for row in inside if row["Size"] == "0"],
        "on_deal": sum(1 for row in rows if row["Deal ID"]),
        "on_note": sum(1 for row in rows if row["Note ID"]),
        "without_checksum": sum(1 for r in rows if r["Path"] and not r["Checksum"]),
        "binaries": {path: entry(binaries[path]) for path in sorted(binaries)},
        "recordings": {path: entry(later[path]) for path in sorted(later)},
    }


def _owners(tables, staff):
    coaches = [
        [staff.email(part) for part in row["Coach"].split("; ") if part]
        for row in tables["contacts.csv"]
    ]
    return {
        "staff": {row["Email"]: row["Name"] for row in tables["staff.csv"]},
        "inactive": [
            r["Email"] for r in tables["staff.csv"] if r["Status"] == "Inactive"
        ],
        "contacts_any_coach": _sorted(Counter(e for row in coaches for e in row)),
        "contacts_first_coach": _sorted(Counter(row[0] for row in coaches if row)),
        "contacts_with_two_coaches": sum(1 for row in coaches if len(row) > 1),
        "deals": _sorted(Counter(staff.email(r["Owner"]) for r in tables["deals.csv"])),
    }


def truth(tables, box, styles, workflow_count):
    staff = Staff(tables["staff.csv"])
    rows = {name: len(found) for name, found in sorted(tables.items())}
    rows["workflows.json"] = workflow_count
    groups = tables["contact_groups.csv"]
    answers = tables["form_responses.csv"]
    return {
        "rows": rows,
        "organizations": _organizations(tables),
        "contacts": _contacts(tables["contacts.csv"]),
        "deals": _deals(tables["deals.csv"]),
        "notes": _notes(tables["notes.csv"], staff, styles),
        "tasks": _tasks(tables["tasks.csv"], staff),
        "files": _files(tables["files.csv"], box.binaries, box.later),
        "groups": _count(groups, "Group Name"),
        "form_submissions": len({row["Submission ID"] for row in answers}),
        "owners": _owners(tables, staff),
    }
