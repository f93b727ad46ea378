"""Fingerprint of a database: every table, its rows, a hash of their content.

    dev/odoo shell -d DATABASE --no-http < dev/fingerprint.py

Run it before a migration and after its rollback: what differs is what stayed. Rows
count with their ids. Sequences are left out, for a number that was given once is not
given again. :data:`EXEMPT` says which tables differ on purpose, and why.
"""

import hashlib

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


def is_exempt(table):
    """Return whether a whole table is left out."""
    return any(
        table.startswith(name[:-1]) if name.endswith("%") else table == name
        for name in EXEMPT
    )


def content(cursor):
    """Return ``{table: {row: hash}}``; a row is named by its id, or by its text.

    Key "(structure)" holds columns, indexes and constraints.
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


def report(cursor):
    """Print one line per table."""
    for table, rows in content(cursor).items():
        text = "\n".join(sorted(f"{row} {value}" for row, value in rows.items()))
        digest = hashlib.sha256(text.encode()).hexdigest()
        print(f"{table:<60}{len(rows):>8}  {digest[:16]}")


if "env" in globals():
    report(globals()["env"].cr)
