import importlib.util
from pathlib import Path

from odoo.tests import tagged

from .processes import ProcessCase

OWN_RECORDS = """
group = env.ref("sales_team.group_sale_salesman_all_leads")
make_user = env["res.users"].with_context(no_reset_password=True).create
pat = make_user({
    "name": "Pat Own", "login": "pat", "email": "pat@practice.example",
    "group_ids": [(4, group.id), (4, env.ref("base.group_partner_manager").id)],
})
make_user({
    "name": "Ana Ruiz", "login": "user1_dafb969d@example.com",
    "email": "user1_dafb969d@example.com", "group_ids": [(4, group.id)],
})
tags = env["crm.tag"].create([{"name": "VIP"}, {"name": "Ours alone"}])
category = env["res.partner.category"].create({"name": "champion"})
team = env["crm.team"].create({"name": "Sales", "member_ids": [(4, pat.id)]})
stage = env["crm.stage"].create({"name": "Prospecting", "team_ids": [(4, team.id)]})
company = env["res.partner"].create({
    "name": "Our Own Company", "is_company": True, "category_id": [(4, category.id)],
})
person = env["res.partner"].create({"name": "Our Own Person", "parent_id": company.id})
leads = env["crm.lead"].create([
    {
        "name": f"Our own deal {number}", "partner_id": person.id, "user_id": pat.id,
        "team_id": team.id, "stage_id": stage.id, "tag_ids": [(6, 0, tags.ids)],
        "expected_revenue": 100 * number, "type": "opportunity",
    }
    for number in range(1, 4)
])
leads[0].message_post(body="A note of ours")
leads[1].action_set_won()
env["ir.attachment"].create({
    "name": "ours.txt", "raw": b"ours", "res_model": "crm.lead", "res_id": leads[2].id,
})
env.cr.commit()
"""
MIGRATE = """
project = env["migration.project"].create({"name": "The Practice"})
upload(project, "practice_export.zip")
project.action_stage(background=False)
project.action_confirm_map()
project.action_confirm_schema()
project.action_apply_schema()
project.action_load(background=False)
"""
ROLLBACK = "project.action_rollback(background=False)"
PEOPLE_AT_WORK = """
def target(name, external_id):
    link = env["migration.crosswalk"].search(
        [("source_object", "=", name), ("external_id", "=", external_id)]
    )
    pat = env["res.users"].search([("login", "=", "pat")])
    return env[link.res_model].with_user(pat).browse(link.res_id)

edited = target("contacts", "C-0001")
edited.phone = "+1 555-555-0999"
noted = target("deals", "D-0002")
note = noted.message_post(body="They called back")
met = target("contacts", "C-0003")
lead = met.env["crm.lead"].create({"name": "New business", "partner_id": met.id})
env.cr.commit()
answer({
    "edited": edited.id, "noted": noted.id, "note": note.id, "met": met.id,
    "lead": lead.id,
})
"""
KEPT = (
    "SELECT res_model, res_id, reason FROM migration_rollback_line"
    " WHERE fate IN ('keep_edited', 'keep_referenced')"
)


def load_fingerprint():
    """Return ``dev/fingerprint.py`` as a module: it is a script, not of the addon."""
    path = Path(__file__).resolve().parent.parent / "dev" / "fingerprint.py"
    spec = importlib.util.spec_from_file_location("fingerprint", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@tagged("post_install", "-at_install")
class TestFingerprintRollback(ProcessCase):
    """A rollback leaves the database as it was, row by row, ids included."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fingerprint = load_fingerprint()
        cls.site = cls.new_site("fingerprint")
        cls.site.run(OWN_RECORDS)
        cls.before = cls.content(cls.site)
        cls.site.run(MIGRATE)
        cls.migrated = cls.content(cls.site)
        cls.used = cls.new_site("used", cls.site)

    @classmethod
    def content(cls, site):
        return cls.fingerprint.content(site.cursor())

    def differences(self, site):
        return self.fingerprint.differences(self.before, self.content(site))

    def test_nothing_is_left_of_an_untouched_migration(self):
        moved = self.fingerprint.differences(self.before, self.migrated)
        for table in ("res_partner", "crm_lead", "mail_message", "(structure)"):
            self.assertIn(table, moved, "the fingerprint must see the migration")
        self.site.run(ROLLBACK)
        self.assertEqual(self.differences(self.site), {})

    def test_what_people_did_since_stays_and_nothing_else(self):
        made = self.used.run(PEOPLE_AT_WORK)
        self.used.run(ROLLBACK)
        found = self.differences(self.used)
        print(made); print(self.used.rows(KEPT)); print({k:(len(a),b,c,a[:12]) for k,(a,b,c) in found.items()})


