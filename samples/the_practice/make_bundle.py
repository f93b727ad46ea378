"""Build the sample export bundle of The Practice from a folder of demo data.

    python make_bundle.py DATA_FOLDER
    python make_bundle.py DATA_FOLDER --recordings practice_recordings.zip
    python make_bundle.py DATA_FOLDER --scale 50 --out big.zip

The same input gives the same bytes. Beside the bundle goes a file of counts and
checksums (truth.json) that tests compare a migration with.
"""

import argparse
import hashlib
import json
import sys
import zipfile
from pathlib import Path

import files
import forms
import memberships
import notes
import people
import pipeline
import scale
import truth
from common import EXPORTED_TEXT, HEADERS, TIMEZONE, csv_bytes
from source import Source

HERE = Path(__file__).resolve().parent
ZIP_TIME = (2026, 11, 22, 9, 0, 0)


def build(src):
    """(tables by file name, FileBox, note ids per body kind)."""
    contacts = people.contacts(src)
    households = people.families(contacts)
    organizations = people.organizations(src, contacts, households)
    staff = people.staff(src)
    deals = pipeline.deals(src, contacts)
    note_rows, styles = notes.notes(contacts, deals, staff)
    box = files.files(contacts, deals, note_rows, staff)
    tables = {
        "organizations.csv": organizations,
        "organization_members.csv": memberships.members(
            src, organizations, contacts, households
        ),
        "contact_groups.csv": memberships.groups(contacts, organizations),
        "contacts.csv": contacts,
        "pipeline_stages.csv": pipeline.stages(src),
        "deals.csv": deals,
        "notes.csv": note_rows,
        "tasks.csv": pipeline.tasks(src, contacts, deals),
        "staff.csv": staff,
        "custom_properties.csv": forms.custom_properties(),
        "forms.csv": forms.forms(),
        "form_responses.csv": forms.responses(contacts),
        "files.csv": box.rows,
        "email_templates.csv": forms.email_templates(),
    }
    return tables, box, styles


def _manifest(members, rows):
    return {
        "source": "the-practice",
        "exported_at": EXPORTED_TEXT,
        "timezone": TIMEZONE,
        "date_format": "MDY",
        "files": {
            name: {"rows": rows[name], "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in members.items()
        },
    }


def _json_bytes(value):
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def write_zip(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, data, compresslevel=9)


def write_bundle(out, tables, box, workflow_data, rows):
    members = {name: csv_bytes(name, tables[name]) for name in HEADERS}
    members["workflows.json"] = workflow_data
    bundle = {"manifest.json": _json_bytes(_manifest(members, rows)), **members}
    bundle.update(sorted(box.binaries.items()))
    write_zip(out, bundle)


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", help="folder with the demo data")
    parser.add_argument("--out", type=Path, help="the bundle to write")
    parser.add_argument("--truth", type=Path, help="the file of counts to write")
    parser.add_argument(
        "--recordings", type=Path, help="second archive with what the bundle lacks"
    )
    parser.add_argument(
        "--scale", type=int, default=1, help="repeat the large tables N times"
    )
    options = parser.parse_args(arguments)
    if options.scale < 1:
        parser.error("--scale must be 1 or more")
    if options.scale > 1 and not options.out:
        parser.error("--scale needs --out")
    if not options.out:
        options.out = HERE / "practice_export.zip"
        options.truth = options.truth or HERE / "truth.json"
    options.truth = options.truth or options.out.with_suffix(".truth.json")
    return options


def main(arguments):
    options = parse_arguments(arguments)
    tables, box, styles = build(Source(options.data))
    if options.scale > 1:
        scale.repeat(tables, options.scale)
    workflow_data, workflow_count = forms.workflows(tables["staff.csv"])
    facts = truth.truth(tables, box, styles, workflow_count)
    write_bundle(options.out, tables, box, workflow_data, facts["rows"])
    options.truth.write_bytes(_json_bytes(facts))
    if options.recordings:
        write_zip(options.recordings, box.later)
    for name, count in facts["rows"].items():
        print(f"{count:8d}  {name}")
    print(f"{options.out.stat().st_size:8d}  bytes in {options.out.name}")


if __name__ == "__main__":
    main(sys.argv[1:])
