"""Print the records of an Odoo log that a clean installation does not have.

These are errors of any origin and warnings that mention the addon. The exit
status is 1 if there is one.
"""

import re
import sys
from pathlib import Path

RECORD = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ (?P<level>[A-Z]+) ")
ADDON = "crm_migration"


def read_records(text):
    """Yield level and text of each record, continuation lines included."""
    level, lines = "INFO", []
    for line in text.splitlines():
        if match := RECORD.match(line):
            yield level, "\n".join(lines)
            level, lines = match["level"], []
        lines.append(line)
    yield level, "\n".join(lines)


def is_fault(level, record):
    if level == "WARNING":
        return ADDON in record
    return level in ("ERROR", "CRITICAL")


def main(log_path, home):
    # the environment's folder may lie below one that is called like the addon
    text = Path(log_path).read_text(encoding="utf-8").replace(home, "")
    faults = [record for level, record in read_records(text) if is_fault(level, record)]
    sys.stdout.write("".join(f"{fault}\n" for fault in faults))
    return bool(faults)


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
