"""Migrate the sample sources, each from its first page to the balanced books.

Read by ``odoo shell`` (see ``dev/demo``). The Practice comes as an uploaded export,
Road Runner over REST and FastTrack over GraphQL from sample servers on loopback. It
calls the public methods that the buttons of a migration project call, and no others.
Ends with status 1 unless the books of all of them balance.

    DEMO_SOURCES  which sources, all of them by default; "none" only prepares Odoo
    DEMO_SCALE    multiplies the records of the sample servers
    DEMO_MERGE    merges what is there already, where a person would be asked
"""

import base64
import os
import time
from pathlib import Path

from odoo.tools import file_path

from odoo.addons.crm_migration.models.migration_connection import PRIVATE_PARAMETER
from odoo.addons.crm_migration.samples.servers import SampleSources

EXPORT = Path(file_path("crm_migration/samples/the_practice/practice_export.zip"))
#: Some of the owners have an Odoo user; the others go to the fallback user.
USERS = {
    "user1_dafb969d@example.com": "Ana Ruiz",
    "user2_dafb969d@example.com": "Ravi Menon",
    "naomi.castellanos@example.com": "Naomi Castellanos",
    "ada@roadrunner.example": "Ada Lind",
    "ben@roadrunner.example": "Ben Okafor",
    "lea@ft.example": "Lea Marsh",
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
    """Create the owners who have a user in Odoo already, and a rate for their money."""
    euro = env.ref("base.EUR")
    if not euro.active:
        euro.active = True
    if not euro.rate_ids:
        rate = {"currency_id": euro.id, "name": "2020-01-01", "rate": 0.9}
        env["res.currency.rate"].create(rate)
    salesman = env.ref("sales_team.group_sale_salesman")
    for login, name in USERS.items():
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


def upload(project):
    """Give the project the sample export."""
    content = base64.b64encode(EXPORT.read_bytes()).decode()
    step("upload", project.add_file, name=EXPORT.name, content=content)


def connect(project, profile_key, url, key):
    """Give the project a live source, and try it."""
    connection = env["migration.connection"].create(
        {
            "project_id": project.id,
            "profile_key": profile_key,
            "base_url": url,
            "secret": key,
        }
    )
    step("test and discover", connection.action_test, background=False)
    print(f"  {connection.test_message}")


def migrate(project):
    """Drive the project through every step."""
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
    lost = env["migration.difference"].search(
        [("project_id", "=", project.id), ("verdict", "in", ("overwritten", "lost"))]
    )
    for row in lost[:20]:
        print(
            f"  {row.verdict}: {row.source_object} {row.external_id},"
            f" {row.target_field}: {row.expected_value!r} became {row.actual_value!r}"
        )
    print(f"\nCompleteness {books['completeness']:.2f} %, books", end=" ")
    print("balance." if books["is_balanced"] else "DO NOT BALANCE.")
    return books["is_balanced"]


def run(name, preset, transport, prepare):
    """Migrate one source; return whether its books balance."""
    project = env["migration.project"].create(
        {"name": f"{name}, sample", "preset": preset, "transport": transport}
    )
    if preset == "practice_bundle":
        project.draft_templates = True
    if os.environ.get("DEMO_MERGE"):
        asked = project.match_rule_ids.filtered(lambda rule: rule.action == "ask")
        asked.action = "merge"
    env.cr.commit()
    print(f"\n{name}\n")
    prepare(project)
    migrate(project)
    return report(project)


wanted = os.environ.get("DEMO_SOURCES", "").split() or [
    "the_practice",
    "road_runner",
    "fasttrack",
]
make_users()
# the sample servers are on loopback
env["ir.config_parameter"].set_param(PRIVATE_PARAMETER, "True")
env.cr.commit()
with SampleSources(scale=int(os.environ.get("DEMO_SCALE") or 1)) as sources:
    rest = ("roadrunner_v2", sources.rest_url, sources.auth.api_key)
    graphql = ("fasttrack_relay", sources.graphql_url, sources.auth.token)
    plans = {
        "the_practice": ("The Practice", "practice_bundle", "files", upload),
        "road_runner": (
            "Road Runner",
            "road_runner",
            "live",
            lambda project: connect(project, *rest),
        ),
        "fasttrack": (
            "FastTrack",
            "fasttrack",
            "live",
            lambda project: connect(project, *graphql),
        ),
    }
    balances = [run(*plans[name]) for name in wanted if name != "none"]
if not all(balances):
    raise SystemExit(1)
