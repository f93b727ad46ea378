"""Migrate the sample export from its upload to the balanced books.

Read by ``odoo shell`` (see ``dev/demo``). It calls the public methods that the
buttons of a migration project call, and no others. Ends with status 1 unless the
books balance.
"""

import base64
import time
from pathlib import Path

from odoo.tools import file_path

SAMPLE = Path(file_path("crm_migration/samples/the_practice/practice_export.zip"))
#: Three of the six coaches have an Odoo user; the others go to the fallback user.
COACHES = {
    "user1_dafb969d@example.com": "Ana Ruiz",
    "user2_dafb969d@example.com": "Ravi Menon",
    "naomi.castellanos@example.com": "Naomi Castellanos",
}
COLUMNS = {
    "source": "source_count",
    "created": "created_count",
    "updated": "updated_count",
    "unchanged": "unchanged_count",
    "merged": "merged_count",
    "excluded": "excluded_count",
    "failed": "failed_count",
    "in Odoo": "found_count",
    "fields": "field_count",
    "differ": "difference_count",
}


def make_users():
    """Create the coaches who have a user in Odoo already."""
    salesman = env.ref("sales_team.group_sale_salesman")
    for login, name in COACHES.items():
        if not env["res.users"].search_count([("login", "=", login)]):
            env["res.users"].with_context(no_reset_password=True).create(
                {
                    "name": name,
                    "login": login,
                    "email": login,
                    "group_ids": [(4, salesman.id)],
                }
            )


def step(title, method, **kwargs):
    """Run one step and say how long it took."""
    start = time.monotonic()
    result = method(**kwargs)
    print(f"  {title:<44}{time.monotonic() - start:6.1f} s", flush=True)
    return result


def migrate(project):
    """Drive the project through every step."""
    content = base64.b64encode(SAMPLE.read_bytes()).decode()
    step("upload", project.add_file, name=SAMPLE.name, content=content)
    step("stage, profile, propose the map", project.action_stage, background=False)
    step("confirm the map", project.action_confirm_map)
    step("confirm the schema plan", project.action_confirm_schema)
    step("create the schema", project.action_apply_schema)
    step("sample run with field-level diff", project.action_sample, background=False)
    step("full run and read-back", project.action_load, background=False)


def report(project):
    """Print the books and what failed; return whether they balance."""
    books = project.get_reconciliation()
    print("\nReconciliation\n")
    print(f"{'':<40}" + "".join(f"{title:>10}" for title in COLUMNS) + "  balanced")
    for line in books["lines"]:
        cells = "".join(f"{line[name]:>10}" for name in COLUMNS.values())
        print(
            f"{line['name'][:39]:<40}{cells}  {'yes' if line['is_balanced'] else 'NO'}"
        )
    failed = env["migration.staged.record"].search(
        [("project_id", "=", project.id), ("state", "=", "failed")]
    )
    print(f"\nFailed, each with its reason: {len(failed)}")
    for record in failed[:20]:
        print(f"  {record.source_file}:{record.source_line}  {record.reason}")
    print(f"\nCompleteness {books['completeness']:.2f} %, books", end=" ")
    print("balance." if books["is_balanced"] else "DO NOT BALANCE.")
    return books["is_balanced"]


make_users()
demo = env["migration.project"].create({"name": "The Practice, sample export"})
env.cr.commit()
print("Migrating", SAMPLE.name)
migrate(demo)
if not report(demo):
    raise SystemExit(1)
