#!/usr/bin/env python3
"""Fingerprint of a database: every table, its rows, a hash of their content.

    dev/odoo shell -d DATABASE --no-http < dev/fingerprint.py
    FINGERPRINT_FILE=before.json dev/odoo shell -d DATABASE ... < dev/fingerprint.py
    dev/fingerprint.py before.json migrated.json after.json

Run it before a migration, after it and after its rollback: what differs in the end is
what stayed. The first form prints a line a table, the second keeps it for the third,
which prints the tables that changed at all, marks those that are not as before, and
ends with status 1 if there are any. Rows count with their ids; :data:`EXEMPT` says
what is left out, and why.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

#: What differs after a rollback although nothing is left of the migration.
EXEMPT = {
    "migration_%": "staging, map and books of the project: the audit outlives the undo",
    "ir_cron_trigger": "wake-up calls, deleted once they were heard",
    "ir_cron_progress": "how far a scheduled action got in its last run",
    "orm_signaling_%": "tells other processes to read models and fields again",
    "bus_bus": "messages to open browser windows, deleted within the day",
}
#: Rows that count as exempt inside a table that otherwise counts.
EXEMPT_ROWS = {
    "ir_attachment": (
        "res_model LIKE 'migration.%'",
        "the uploaded export, kept with its project",
    ),
}
#: Not in any table, and left out as well.
EXEMPT_ELSE = {
    "sequences of ids": "a number that was given once is not given again",
}
#: Empty columns do not count: a custom field that stays leaves other rows as they were.
_HASH = "md5(jsonb_strip_nulls(to_jsonb(t))::text)"
_TABLES = (
    "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"
)
#: Columns, indexes and constraints: a custom field that stays shows here.
_STRUCTURE = (
    "SELECT table_name || '.' || column_name, data_type || ' ' || is_nullable"
    " FROM information_schema.columns WHERE table_schema = current_schema()"
    " UNION ALL SELECT 'index ' || indexname, indexdef FROM pg_indexes"
    " WHERE schemaname = current_schema()"
    " UNION ALL SELECT 'constraint ' || conname || conrelid::regclass,"
    " pg_get_constraintdef(oid) FROM pg_constraint WHERE contype IN ('c', 'f', 'u')"
)
#: Numbers of documents: a migration that used some would leave a gap.
_NUMBERS = (
    "SELECT sequencename::text, coalesce(last_value, 0)::text FROM pg_sequences"
    " WHERE schemaname = current_schema() AND sequencename LIKE 'ir\\_sequence\\_%'"
)


def is_exempt(table):
    """Return whether a whole table is left out."""
    return any(
        table.startswith(name[:-1]) if name.endswith("%") else table == name
        for name in EXEMPT
    )


def content(cursor):
    """Return ``{table: {row: hash}}``; a row is named by its id, or by its text.

    Key "(structure)" holds columns, indexes and constraints, "(numbers)" the next
    numbers of documents.
    """
    cursor.execute(_TABLES)
    tables = [name for (name,) in cursor.fetchall() if not is_exempt(name)]
    found = {}
    for table in tables:
        where = ""
        if table in EXEMPT_ROWS:
            where = f" WHERE ({EXEMPT_ROWS[table][0]}) IS NOT TRUE"
        cursor.execute(
            "SELECT count(*) FROM information_schema.columns WHERE table_name = %s"
            " AND table_schema = current_schema() AND column_name = 'id'",
            [table],
        )
        name = "id::text" if cursor.fetchone()[0] else "t::text"
        cursor.execute(f'SELECT {name}, {_HASH} FROM "{table}" t{where}')
        found[table] = dict(cursor.fetchall())
    cursor.execute(_STRUCTURE)
    found["(structure)"] = {
        name: text
        for name, text in cursor.fetchall()
        if not name.split()[-1].startswith("migration_")
    }
    cursor.execute(_NUMBERS)
    found["(numbers)"] = dict(cursor.fetchall())
    return found


def differences(before, after):
    """Return ``{table: (rows added, rows removed, rows changed)}``, each sorted."""
    result = {}
    for table in sorted({*before, *after}):
        old, new = before.get(table, {}), after.get(table, {})
        if old != new:
            both = old.keys() & new.keys()
            result[table] = (
                sorted(new.keys() - old.keys()),
                sorted(old.keys() - new.keys()),
                sorted(row for row in both if old[row] != new[row]),
            )
    return result


def digest(rows):
    """Return the hash of the rows of one table, 16 characters."""
    text = "\n".join(sorted(f"{row} {value}" for row, value in rows.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def report(cursor):
    """Print one line per table; keep all of it where FINGERPRINT_FILE says so."""
    found = content(cursor)
    if os.environ.get("FINGERPRINT_FILE"):
        path = Path(os.environ["FINGERPRINT_FILE"])
        path.write_text(json.dumps(found), encoding="utf-8")
        return
    for table, rows in found.items():
        print(f"{table:<60}{len(rows):>8}  {digest(rows)}")


def comparison(titles, contents):
    """Return ``(lines of the table, tables that end other than they began)``.

    :param titles: what to call each fingerprint
    :param contents: the fingerprints in their order, as of :func:`content`
    """
    tables = sorted(set().union(*contents))
    rows = {
        table: [
            (len(own), digest(own)[:8])
            for own in (found.get(table, {}) for found in contents)
        ]
        for table in tables
    }
    moved = [table for table in tables if len(set(rows[table])) > 1]
    differing = [table for table in moved if rows[table][0] != rows[table][-1]]
    width = max([len(table) for table in moved] + [30]) + 1
    lines = ["".join([" " * width, *(f"{title:>18}" for title in titles)])]
    for table in moved:
        cells = "".join(f"{number:>9} {text}" for number, text in rows[table])
        mark = "DIFFERS" if table in differing else "equal"
        lines.append(f"{table:<{width}}{cells}  {mark}")
    others = len(tables) - len(moved)
    lines.append(f"All others equal throughout: {others} tables.")
    return lines, differing


def exceptions():
    """Return one line for each thing that is left out, with the reason."""
    parts = {name: reason for name, (_where, reason) in EXEMPT_ROWS.items()}
    named = EXEMPT | {f"{name} (some rows)": parts[name] for name in parts}
    return [f"  {name:<28}{why}" for name, why in (named | EXEMPT_ELSE).items()]


def main(paths):
    """Compare kept fingerprints and return the exit status."""
    contents = [json.loads(Path(path).read_text(encoding="utf-8")) for path in paths]
    lines, differing = comparison([Path(path).stem for path in paths], contents)
    print("\n".join([*lines, "Left out:", *exceptions()]))
    for table in differing:
        rows = differences(contents[0], contents[-1])[table]
        words = ("added", "removed", "changed")
        told = ", ".join(
            f"{len(keys)} {word} ({', '.join(keys[:5])})"
            for word, keys in zip(words, rows, strict=True)
            if keys
        )
        print(f"{table}: {told}")
    return 1 if differing else 0


if "env" in globals():
    report(globals()["env"].cr)
elif __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
