from collections import defaultdict

from odoo.tests import tagged

from .processes import ADDON, ProcessCase, fingerprints

#: A database in use, one of the source's owners has a user in it.
OWN_RECORDS = (
    (ADDON / "dev" / "mixed_records.py").read_text(encoding="utf-8")
    + """
env["res.users"].with_context(no_reset_password=True).create({
    "name": "Ana Ruiz", "login": "user1_dafb969d@example.com",
    "email": "user1_dafb969d@example.com",
    "group_ids": [(4, env.ref("sales_team.group_sale_salesman_all_leads").id)],
})
env.cr.commit()
"""
)
MIGRATE = """
project = env["migration.project"].create({"name": "The Practice"})
upload(project, "practice_export.zip")
project.match_rule_ids.filtered(lambda rule: rule.action == "ask").action = "merge"
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

edited = target("contacts", "C-0002")
edited.phone = "+1 555-555-0999"
merged = env["migration.crosswalk"].search(
    [("origin", "=", "matched"), ("source_object", "=", "contacts")]
).filtered(lambda link: (link.base_values or {}).get("function"))[0]
merged = edited.browse(merged.res_id)
merged.function = "Boss since today"
noted = target("deals", "D-0002")
note = noted.message_post(body="They called back")
met = target("contacts", "C-0003")
lead = met.env["crm.lead"].create({"name": "New business", "partner_id": met.id})
env.cr.commit()
answer({
    "edited": edited.id, "merged": merged.id, "noted": noted.id, "note": note.id,
    "met": met.id, "lead": lead.id,
})
"""
#: Tables of custom models and of links between records that the rollback kept.
KEPT_TABLES = (
    "WITH kept AS (SELECT relation_table AS table_name FROM ir_model_fields field"
    " JOIN migration_crosswalk link ON link.res_id = field.id"
    " AND link.res_model = 'ir.model.fields' WHERE field.ttype = 'many2many'"
    " UNION SELECT replace(model, '.', '_') FROM ir_model model"
    " JOIN migration_crosswalk link ON link.res_id = model.id"
    " AND link.res_model = 'ir.model') "
)
#: What stays besides people's own rows: table, why, and the rows that this explains.
EXPLAINED = [
    (
        "{table}",
        "kept by the rollback plan, which says why",
        "SELECT res_model, res_id::text FROM migration_crosswalk"
        " WHERE origin = 'created'",
    ),
    (
        "ir_model_fields",
        "a user has the fields of their contact",
        "SELECT own.id::text FROM ir_model_fields own JOIN ir_model_fields kept"
        " ON kept.name = own.name AND kept.model = 'res.partner'"
        " JOIN migration_crosswalk link ON link.res_id = kept.id"
        " AND link.res_model = 'ir.model.fields' WHERE own.model = 'res.users'",
    ),
    (
        "(structure)",
        "the columns of the custom fields that stay",
        "SELECT replace(field.model, '.', '_') || '.' || field.name"
        " FROM ir_model_fields field JOIN migration_crosswalk link"
        " ON link.res_id = field.id AND link.res_model = 'ir.model.fields'"
        " WHERE field.ttype <> 'many2many'",
    ),
    (
        "(structure)",
        "the tables of the custom models and links that stay",
        KEPT_TABLES + "SELECT table_name || '.' || column_name"
        " FROM information_schema.columns JOIN kept USING (table_name)"
        " UNION ALL SELECT 'index ' || indexname FROM pg_indexes"
        " JOIN kept ON kept.table_name = tablename"
        " UNION ALL SELECT 'constraint ' || conname || conrelid::regclass"
        " FROM pg_constraint JOIN kept ON kept.table_name = conrelid::regclass::text"
        " WHERE contype IN ('c', 'f', 'u')",
    ),
    (
        "ir_model_fields",
        "the fields of the custom models that stay",
        "SELECT own.id::text FROM ir_model_fields own JOIN migration_crosswalk link"
        " ON link.res_id = own.model_id AND link.res_model = 'ir.model'",
    ),
    (
        "ir_model_access",
        "who may use the custom models that stay",
        "SELECT own.id::text FROM ir_model_access own JOIN migration_crosswalk link"
        " ON link.res_id = own.model_id AND link.res_model = 'ir.model'",
    ),
    (
        "x_res_partner_association_label_ids_rel",
        "the labels of contacts that stay",
        "SELECT DISTINCT rel::text FROM x_res_partner_association_label_ids_rel rel"
        " JOIN migration_crosswalk link"
        " ON link.res_id = rel.record_id AND link.res_model = 'res.partner'",
    ),
    (
        "crm_tag_rel",
        "the tags of leads that stay",
        "SELECT rel::text FROM crm_tag_rel rel JOIN migration_crosswalk link"
        " ON link.res_id = rel.lead_id AND link.res_model = 'crm.lead'",
    ),
    (
        "res_partner_res_partner_category_rel",
        "the tags of contacts that stay",
        "SELECT DISTINCT rel::text FROM res_partner_res_partner_category_rel rel"
        " JOIN migration_crosswalk link"
        " ON link.res_id = rel.partner_id AND link.res_model = 'res.partner'",
    ),
    (
        "crm_stage_crm_team_rel",
        "the team of stages that stay",
        "SELECT DISTINCT rel::text FROM crm_stage_crm_team_rel rel"
        " JOIN migration_crosswalk link"
        " ON link.res_id = rel.crm_stage_id AND link.res_model = 'crm.stage'",
    ),
    (
        "mail_followers",
        "Pat follows the lead that Pat made",
        "SELECT follower.id::text FROM mail_followers follower JOIN crm_lead lead"
        " ON follower.res_model = 'crm.lead' AND follower.res_id = lead.id"
        " WHERE lead.name = 'New business'",
    ),
    (
        "mail_followers_mail_message_subtype_rel",
        "and gets its messages",
        "SELECT rel::text FROM mail_followers_mail_message_subtype_rel rel"
        " JOIN mail_followers follower ON follower.id = rel.mail_followers_id"
        " JOIN crm_lead lead ON follower.res_id = lead.id"
        " WHERE lead.name = 'New business'",
    ),
]
#: Values of all contacts; an empty column is none.
PARTNERS = "SELECT id, jsonb_strip_nulls(to_jsonb(p)) FROM res_partner p"
#: Rows that Pat made: the new lead, the note, and what Odoo logs of Pat's edits.
BY_PAT = (
    "SELECT id::text FROM {table} WHERE create_uid ="
    " (SELECT id FROM res_users WHERE login = 'pat')"
)


@tagged("post_install", "-at_install")
class TestFingerprintRollback(ProcessCase):
    """A rollback leaves the database as it was, row by row, ids included."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.site = cls.new_site("fingerprint")
        cls.site.run(OWN_RECORDS)
        cls.before = cls.site.fingerprint()
        cls.partners = dict(cls.site.rows(PARTNERS))
        cls.site.run(MIGRATE)
        cls.migrated = cls.site.fingerprint()
        cls.used = cls.new_site("used", cls.site)

    def differences(self, site):
        return fingerprints().differences(self.before, site.fingerprint())

    def test_nothing_is_left_of_an_untouched_migration(self):
        moved = fingerprints().differences(self.before, self.migrated)
        for table in ("res_partner", "crm_lead", "mail_message", "(structure)"):
            self.assertIn(table, moved, "the fingerprint must see the migration")
        self.assertGreater(len(moved["res_partner"][2]), 50, "some must be merged")
        self.site.run(ROLLBACK)
        self.assertEqual(self.differences(self.site), {})

    def test_what_people_did_since_stays_and_nothing_else(self):
        made = self.used.run(PEOPLE_AT_WORK)
        self.used.run(ROLLBACK)
        found = self.differences(self.used)
        explained = self.explained(self.used)
        edits = {"res_partner": [str(made["merged"])]}
        for table, (added, removed, changed) in found.items():
            with self.subTest(table=table):
                self.assertEqual(removed, [])
                self.assertEqual(changed, edits.get(table, []))
                self.assertEqual(added, sorted(explained[table]))
        self.assertEqual(set(explained), set(found))
        self.assert_edits_survive(made)
        self.assert_only_edited(made["merged"], "function", "Boss since today")

    def assert_only_edited(self, partner_id, name, value):
        """A contact that was there before has its own values, and what Pat typed."""
        old, new = self.partners[partner_id], dict(self.used.rows(PARTNERS))[partner_id]
        names = {n for n in {*old, *new} if old.get(n) != new.get(n)}
        self.assertEqual(names, {name, "write_date", "write_uid"})
        self.assertEqual(new[name], value)

    def explained(self, site):
        """Return ``{table: rows that may differ}``; see :data:`EXPLAINED`."""
        rows = defaultdict(set)
        for table, _why, query in EXPLAINED:
            for *model, row in site.rows(query):
                rows[model[0].replace(".", "_") if model else table].add(row)
        for table in ("crm_lead", "mail_message", "mail_tracking_value"):
            rows[table] |= {row for (row,) in site.rows(BY_PAT.format(table=table))}
        return rows

    def assert_edits_survive(self, made):
        """The three records stand as Pat left them, and the plan says why."""
        fates = {
            (model, res_id): (fate, reason)
            for model, res_id, fate, reason in self.used.rows(
                "SELECT res_model, res_id, fate, reason FROM migration_rollback_line"
                " WHERE source_object IN ('contacts', 'deals') AND fate LIKE 'keep%'"
            )
        }
        for place, fate, reason in (
            (("res.partner", made["edited"]), "keep_edited", "Edited by pat. "),
            (
                ("crm.lead", made["noted"]),
                "keep_referenced",
                f"Message no. {made['note']} refers to it.",
            ),
            (
                ("res.partner", made["met"]),
                "keep_referenced",
                f"Lead no. {made['lead']} refers to it.",
            ),
        ):
            with self.subTest(place=place):
                self.assertEqual(fates[place][0], fate)
                self.assertIn(reason, fates[place][1])
        phone = self.used.value(
            "SELECT phone FROM res_partner WHERE id = %s", [made["edited"]]
        )
        self.assertEqual(phone, "+1 555-555-0999")
        partner = self.used.value(
            "SELECT partner_id FROM crm_lead WHERE id = %s", [made["lead"]]
        )
        self.assertEqual(partner, made["met"])
        unexplained = self.used.rows(
            "SELECT res_model, res_id FROM migration_rollback_line"
            " WHERE fate LIKE 'keep%' AND COALESCE(reason, '') = ''"
        )
        self.assertEqual(unexplained, [])
