import json
import random
import time

from odoo.tests import tagged

from odoo.addons.crm_migration.connectors.profile.sources import load_preset_profile
from odoo.addons.crm_migration.samples.servers import SampleSources

from .processes import ProcessCase, wait_for

#: Deals only: what they refer to is left empty, so that the test stays short.
START = """
env["ir.config_parameter"].set_param("crm_migration.allow_private_addresses", "True")
given = json.loads(%r)
project = env["migration.project"].create(
    {"name": "Live", "preset": "road_runner", "transport": "live"}
)
connection = env["migration.connection"].create(
    {
        "project_id": project.id,
        "profile": json.dumps(given["profile"]),
        "base_url": given["url"],
        "secret": given["secret"],
    }
)
env["migration.endpoint"].create(
    [
        {"connection_id": connection.id, "name": name, "is_active": False}
        for name in given["off"]
    ]
)
env.cr.commit()
project.action_stage(background=False)
for line in project.mapping_line_ids.filtered(lambda line: not line.is_confirmed):
    if line.fate == "undecided":
        line.fate = "dropped"
    line.on_missing = "empty"
    line.is_confirmed = True
project.action_confirm_map()
project.action_confirm_schema()
project.action_apply_schema()
project.action_load(background=False)
leads = env["migration.crosswalk"].search([("source_object", "=", "deal")], order="id")
for link in leads[:5]:
    env["crm.lead"].browse(link.res_id).with_user(2).name = "Ours"
env.cr.commit()
"""
PICK_UP = """
project = env["migration.project"].search([], limit=1)
project.action_pickup(background=False)
"""
RESUME = """
project = env["migration.project"].search([], limit=1)
project.action_resume(background=False)
"""
OFF = ("contact", "activity", "file", "task", "project", "equipment")
RUNS = "SELECT kind, state FROM migration_run WHERE is_pickup ORDER BY id"
#: What a killed pickup and an uninterrupted one must have in common.
CONTENT = {
    "staged": "SELECT o.name, s.external_id, s.content_hash, s.state, s.reason_code,"
    " s.is_missing, s.gone_fate FROM migration_staged_record s"
    " JOIN migration_object o ON o.id = s.object_id",
    "crosswalk": "SELECT source_object, external_id, res_model, origin, content_hash"
    " FROM migration_crosswalk",
    "leads": "SELECT name, active, probability, expected_revenue, date_closed"
    " FROM crm_lead",
    "messages": "SELECT date, model, body FROM mail_message WHERE model = 'crm.lead'"
    " AND message_type <> 'notification'",
    "conflicts": "SELECT external_id, field_name, source_values::text,"
    " odoo_values::text, state FROM migration_conflict",
    "books": "SELECT kind, name, source_count, created_count, updated_count,"
    " excluded_count, failed_count, pending_count, found_count, field_count,"
    " difference_count FROM migration_reconciliation_line",
}


@tagged("post_install", "-at_install")
class TestKillFollow(ProcessCase):
    """A pickup is killed at random moments, and ends in the same place."""

    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sources = SampleSources().start()
        cls.addClassCleanup(cls.sources.stop)
        cls.random = random.Random(20261122)
        profile = load_preset_profile("roadrunner_v2")
        profile["pagination"]["page_size"] = 10
        profile["limits"] |= {"max_rps": 0, "concurrency": 1}
        given = {
            "profile": profile,
            "url": cls.sources.rest_url,
            "secret": cls.sources.auth.api_key,
            "off": OFF,
        }
        cls.loaded = cls.new_site("loaded")
        cls.loaded.run(START % json.dumps(given))
        cls.change_the_source()

    @classmethod
    def change_the_source(cls):
        """Most deals change, some go, some come."""
        store = cls.sources.world.road_runner
        keys = [deal["id"] for deal in store.listing("deal")]
        for number, key in enumerate(keys):
            if number % 9 == 8:
                store.delete("deal", key)
            else:
                names = {"title": f"New {number}", "name": f"New {number}"}
                old = store.get("deal", key)
                store.update(
                    "deal", key, **{name: names[name] for name in names if name in old}
                )
        for number in range(5):
            store.create("deal", store.get("deal", keys[0]), title=f"Came {number}")

    @staticmethod
    def content(site):
        return {
            name: sorted(site.rows(query), key=repr) for name, query in CONTENT.items()
        }

    def kill_in(self, site, process, kind):
        """SIGKILL the process a moment after a run of the kind has begun."""

        def is_there():
            states = dict(site.rows(RUNS))
            return states.get(kind) in ("running", "done")

        wait_for(is_there, process, interval=0.002)
        time.sleep(self.random.uniform(0, 0.2))
        process.stop()
        self.assertEqual(process.returncode, -9)

    def test_a_killed_pickup_ends_like_an_uninterrupted_one(self):
        whole = self.new_site("whole", self.loaded)
        whole.run(PICK_UP)
        expected = self.content(whole)
        self.assertTrue(expected["conflicts"])
        self.assertTrue(any(row[6] for row in expected["staged"]))
        killed = self.new_site("killed", self.loaded)
        script = PICK_UP
        kinds = ("stage", "load", "gone", "verify")
        for kind in sorted(self.random.sample(kinds, 3), key=kinds.index):
            if dict(killed.rows(RUNS)).get(kind) == "done":
                continue
            process = killed.start(script)
            self.addCleanup(process.stop)
            self.kill_in(killed, process, kind)
            script = RESUME
        if {state for _kind, state in killed.rows(RUNS)} != {"done"}:
            killed.run(RESUME)
        self.assertEqual({state for _kind, state in killed.rows(RUNS)}, {"done"})
        found = self.content(killed)
        for name, rows in expected.items():
            with self.subTest(table=name):
                self.assertEqual(found[name], rows)
