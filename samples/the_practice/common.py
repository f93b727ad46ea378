"""Shared helpers: fixed randomness, dates, column headers, CSV encoding."""

import csv
import io
from datetime import datetime, time, timedelta
from random import Random

SEED = "the-practice-1"
TIMEZONE = "America/New_York"
EXPORTED_AT = datetime(2026, 11, 22, 9, 0)
EXPORTED_TEXT = "2026-11-22T09:00:00-05:00"
FIRST_DAY = datetime(2023, 1, 3, 8, 0)

CONTACT_PROPERTIES = [
    "Department",
    "Session Rate",
    "Do Not Call",
    "Therapy Modality",
    "Company (typed)",
]
ORGANIZATION_PROPERTIES = ["Annual Revenue"]

_COLUMNS = {
    "contacts.csv": "Client ID|First Name|Last Name|Full Name|Preferred Name|Email|"
    "Secondary Email|Phone|Date of Birth|Address|City|State|Zip|Country|Organization|"
    "Job Title|Status|Pipeline Stage|Coach|Tags|Groups|Referral Source|Notes|"
    "Created At|Last Updated|" + "|".join(CONTACT_PROPERTIES),
    "organizations.csv": "Organization ID|Organization Name|Type|Email|Phone|Website|"
    "Industry|Employee Count|Address|City|State|Zip|Country|Primary Contact|"
    "Billing Contact|Team Members|Tags|Notes|Created At|Last Updated|"
    + "|".join(ORGANIZATION_PROPERTIES),
    "organization_members.csv": "Organization ID|Organization Name|Client ID|"
    "Client Email|Role|Is Primary|Is Billing|Added At",
    "pipeline_stages.csv": "Pipeline|Stage|Order|Stage ID|Probability|Is Won|Is Lost|"
    "Archived",
    "deals.csv": "Deal ID|Deal Name|Client ID|Client Email|Organization|Pipeline|Stage|"
    "Value|Currency|Probability|Status|Close Date|Closed At|Lost Reason|Owner|Package|"
    "Source|Tags|Description|Created At|Last Updated",
    "notes.csv": "Note ID|Client ID|Client Email|Deal ID|Type|Title|Body|Author|"
    "Visibility|Session Date|Duration (min)|Attachments|Created At|Last Updated",
    "tasks.csv": "Task ID|Title|Description|Type|Client ID|Client Email|Deal ID|"
    "Assigned To|Due Date|Reminder At|Status|Completed At|Priority|Recurrence|"
    "Created At|Last Updated",
    "staff.csv": "Staff ID|First Name|Last Name|Name|Email|Role|Phone|Time Zone|Status|"
    "Created At",
    "custom_properties.csv": "Object|Key|Label|Type|Options|Required|Section|Archived",
    "contact_groups.csv": "Group ID|Group Name|Client ID|Client Email|Added At|"
    "Inherited From|Role|Status",
    "forms.csv": "Form ID|Form Name|Form Type|Description|Question Count|Status|"
    "Created At|Last Updated",
    "form_responses.csv": "Submission ID|Form ID|Form Name|Client ID|Client Email|"
    "Submitted At|Submitted By|Question ID|Question|Question Type|Answer|Order|File|"
    "Signed At",
    "files.csv": "File ID|File Name|Path|URL|Client ID|Client Email|Deal ID|Note ID|"
    "Kind|Mime Type|Size|Checksum|Uploaded By|Shared With Client|Created At",
    "email_templates.csv": "Template ID|Name|Subject|Body|Type|Placeholders|Enabled|"
    "Last Updated",
}
HEADERS = {name: text.split("|") for name, text in _COLUMNS.items()}


def rng(*key):
    """A generator of its own for every row: one change never shifts the others."""
    return Random(":".join([SEED, *map(str, key)]))


def stamp(moment):
    return moment.strftime("%m/%d/%Y %I:%M %p") if moment else ""


def day(moment):
    return moment.strftime("%m/%d/%Y") if moment else ""


def parse_stamp(text):
    return datetime.strptime(text, "%m/%d/%Y %I:%M %p")


def between(rand, low, high):
    """A moment in office hours within [low, high]."""
    span = max((high.date() - low.date()).days, 0)
    date = low.date() + timedelta(days=rand.randint(0, span))
    minute = rand.randint(8 * 60, 18 * 60 + 59)
    moment = datetime.combine(date, time()) + timedelta(minutes=minute)
    return min(max(moment, low), high)


def created_updated(rand, low, high):
    created = between(rand, low, high)
    return created, between(rand, created, EXPORTED_AT)


def yes(flag):
    return "Yes" if flag else "No"


def ident(prefix, number):
    return f"{prefix}-{number:04d}"


def make_row(name, **values):
    """A full row of the file `name`; keys as in the header, '_' for blanks."""
    row = dict.fromkeys(HEADERS[name], "")
    for key, value in values.items():
        title = key.replace("_", " ")
        if title not in row:
            raise KeyError(f"{name}: no column {title}")
        row[title] = str(value)
    return row


def csv_bytes(name, rows):
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, HEADERS[name], lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return ("\ufeff" + out.getvalue()).encode("utf-8")
