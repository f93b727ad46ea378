"""Fill a database with thousands of records of its own, as an Odoo in use holds them.

Read by ``odoo shell``, before a migration. Every fourth person and company of the
sample sources is there already, with some of its fields and in other company: a
migration merges them. Nothing is random: two databases get the same records.

    MIXED_SCALE  multiplies the records that have nothing to do with a source
"""

import csv
import io
import os
import zipfile
from datetime import date, datetime, timedelta

from odoo.tools import file_path

from odoo.addons.crm_migration.samples.servers.world import World

#: Bulk is written quickly; what a person does is done as a person does it.
BULK = {"tracking_disable": True, "mail_create_nosubscribe": True}
SCALE = int(os.environ.get("MIXED_SCALE") or 1)
EXPORT = file_path("crm_migration/samples/the_practice/practice_export.zip")
TODAY = date.today()


def people_of_the_sources():
    """Yield ``(name, e-mail, is company)`` of every fourth record of the sources."""
    with zipfile.ZipFile(EXPORT) as archive:
        for table, name in (("contacts", "Full Name"), ("organizations", "")):
            text = archive.read(f"{table}.csv").decode("utf-8-sig")
            for row in list(csv.DictReader(io.StringIO(text)))[::4]:
                yield row[name or "Organization Name"], row["Email"], not name
    stores = World().stores
    for row in list(stores["road_runner"].listing("contact"))[::4]:
        yield row["name"], row["email"], row["type"] == "company"
    for row in list(stores["fasttrack"].listing("contact"))[::4]:
        yield row["full_name"], row["email"], False
    for row in list(stores["fasttrack"].listing("company"))[::4]:
        yield row["name"], row["email"], True


def make_words():
    """Return teams with stages, tags and categories; some as the sources call them."""
    teams = env["crm.team"].create(
        [{"name": name, "member_ids": [(4, pat.id)]} for name in ("Sales", "Ours")]
    )
    stages = env["crm.stage"].create(
        [
            {"name": name, "team_ids": [(4, team.id)], "sequence": place}
            for team in teams
            for place, name in enumerate(("Prospecting", "Qualified", "Closed"))
        ]
    )
    tags = env["crm.tag"].create([{"name": n} for n in ("VIP", "emea", "Ours alone")])
    names = ("champion", "board", "Overdue", "Our category")
    categories = env["res.partner.category"].create([{"name": n} for n in names])
    env["crm.lost.reason"].create({"name": "Too expensive, we think"})
    return teams, stages, tags, categories


def make_fields():
    """Make a custom field on contacts and a custom model that refers to them."""
    model = env["ir.model"].create(
        {"name": "Our Visit", "model": "x_our_visit", "state": "manual"}
    )
    fields = [
        ("res.partner", "x_our_number", "integer", {}),
        ("x_our_visit", "x_partner_id", "many2one", {"relation": "res.partner"}),
        ("x_our_visit", "x_on", "date", {}),
    ]
    env["ir.model.fields"].create(
        [
            {
                "model_id": env["ir.model"]._get_id(on),
                "name": name,
                "ttype": kind,
                "field_description": name,
                **more,
            }
            for on, name, kind, more in fields
        ]
    )
    return model


def make_partners(categories):
    """Return ``(partners of the sources, others)``."""
    known = []
    for number, (name, email, is_company) in enumerate(people_of_the_sources()):
        if not name or not email:
            continue
        vals = {"name": name, "email": email, "is_company": is_company}
        vals["company_type"] = "company" if is_company else "person"
        if number % 2:
            vals |= {"phone": f"+1 555 010 {number:04}", "city": "Our Town"}
        if number % 3 == 0:
            vals |= {"category_id": [(4, categories[number % 4].id)]}
        if number % 5 == 0:
            vals |= {"user_id": pat.id, "comment": "<p>Known for years</p>"}
        if number % 7 == 0:
            vals |= {"x_our_number": number, "ref": f"OUR{number}"}
        known.append(vals)
    create = env["res.partner"].with_context(**BULK).create
    partners = create(known)
    companies = create(
        [
            {"name": f"Our Company {number}", "is_company": True, "city": "Oldtown"}
            for number in range(100 * SCALE)
        ]
    )
    people = create(
        [
            {
                "name": f"Our Person {number}",
                "parent_id": companies[number % len(companies)].id,
                "email": f"person{number}@ours.example",
                "category_id": [(4, categories[number % 4].id)],
                "active": number % 50 != 0,
            }
            for number in range(900 * SCALE)
        ]
    )
    # some whom the sources know have joined a company of ours, or have children
    for number, partner in enumerate(partners.filtered(lambda p: not p.is_company)):
        if number % 4 == 0:
            partner.parent_id = companies[number % len(companies)]
    create(
        [
            {"name": "Their Depot", "type": "delivery", "parent_id": partner.id}
            for partner in partners[::6]
        ]
    )
    return partners.with_env(env), (companies + people).with_env(env)


def make_leads(partners, teams, stages, tags):
    """Return leads of every outcome; won and lost ones move the scoring counters."""
    leads = (
        env["crm.lead"]
        .with_context(**BULK)
        .create(
            [
                {
                    "name": f"Our own deal {number}",
                    "type": "opportunity" if number % 3 else "lead",
                    "partner_id": partners[number % len(partners)].id,
                    "user_id": pat.id,
                    "team_id": teams[0].id,
                    "stage_id": stages[number % 2].id,
                    "probability": 10,
                    "tag_ids": [(6, 0, tags[number % 2 : 2].ids)],
                    "expected_revenue": 10.0 * number,
                }
                for number in range(600 * SCALE)
            ]
        )
    )
    for lead in leads[:20]:
        lead.action_set_won()
    for lead in leads[20:40]:
        lead.action_set_lost()
    return leads.with_env(env)


def make_work(partners, leads):
    """Give records what hangs on them: messages, activities, files, followers."""
    records = [*partners[:60], *leads[:60]]
    for number, record in enumerate(records):
        record.with_context(**BULK).message_post(body=f"Note {number} of ours")
        if number % 2:
            record.message_subscribe([pat.partner_id.id])
        if number % 3 == 0:
            record.activity_schedule(
                "mail.mail_activity_data_todo",
                TODAY + timedelta(days=number % 30),
                user_id=pat.id,
                summary=f"Our call {number}",
            )
    for activity in leads[:15].activity_ids:
        activity.action_feedback("Done by us")
    env["ir.attachment"].create(
        [
            {
                "name": f"ours {number}.txt",
                "raw": b"ours %d" % number,
                "res_model": record._name,
                "res_id": record.id,
            }
            for number, record in enumerate(records[::5])
        ]
    )
    start = datetime(2026, 1, 5, 9)
    env["calendar.event"].with_context(
        **BULK, dont_notify=True, no_mail_to_attendees=True
    ).create(
        [
            {
                "name": f"Our meeting {number}",
                "start": start + timedelta(days=number),
                "stop": start + timedelta(days=number, hours=1),
                "user_id": pat.id,
                "partner_ids": [(6, 0, [pat.partner_id.id, partner.id])],
            }
            for number, partner in enumerate(partners[:20])
        ]
    )
    env["x_our_visit"].create(
        [{"x_name": "Visit", "x_partner_id": partner.id} for partner in partners[:100]]
    )


def make_projects(partners):
    """Make projects with tasks, and equipment."""
    projects = env["project.project"].create(
        [{"name": f"Our project {number}"} for number in range(5)]
    )
    env["project.task"].with_context(**BULK).create(
        [
            {
                "name": f"Our task {number}",
                "project_id": projects[number % 5].id,
                "partner_id": partners[number % len(partners)].id,
                "user_ids": [(6, 0, pat.ids)],
            }
            for number in range(100)
        ]
    )
    env["maintenance.equipment"].create(
        [{"name": f"Our boiler {n}", "serial_no": f"OUR-{n}"} for n in range(30)]
    )


pat = (
    env["res.users"]
    .with_context(no_reset_password=True)
    .create(
        {
            "name": "Pat Own",
            "login": "pat",
            "email": "pat@practice.example",
            "group_ids": [
                (4, env.ref("sales_team.group_sale_salesman_all_leads").id),
                (4, env.ref("base.group_partner_manager").id),
                (4, env.ref("project.group_project_user").id),
            ],
        }
    )
)
make_fields()
teams, stages, tags, categories = make_words()
known, others = make_partners(categories)
leads = make_leads(known + others, teams, stages, tags)
make_work(known, leads)
make_projects(known)
env.cr.commit()
