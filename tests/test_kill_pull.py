import json
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

from odoo.tests import tagged

from odoo.addons.crm_migration.connectors.profile.sources import load_preset_profile
from odoo.addons.crm_migration.samples.servers import SampleSources

from .processes import ProcessCase, wait_for

#: Creates the project and its connection; then it is pulled to the end.
START = """
env["ir.config_parameter"].set_param("crm_migration.allow_private_addresses", "True")
given = json.loads(%r)
project = env["migration.project"].create(
    {"name": "Live", "preset": given["preset"], "transport": "live"}
)
env["migration.connection"].create(
    {
        "project_id": project.id,
        "profile": json.dumps(given["profile"]),
        "base_url": given["url"],
        "secret": given["secret"],
    }
)
env.cr.commit()
project.action_stage(background=False)
"""
#: Odoo takes longer to start than to be killed: the next process starts meanwhile
#: and waits for its turn.
RESUME = """
import time
while not Path(%r).exists():
    time.sleep(0.005)
env.cr.rollback()
project = env["migration.project"].search([], limit=1)
project.action_resume(background=False)
"""
PROGRESS = (
    "SELECT coalesce(processed, 0), state FROM migration_run WHERE kind = 'stage'"
    " ORDER BY id DESC LIMIT 1"
)
#: What a killed pull and an uninterrupted one must have in common; links to files
#: are signed anew by each request.
LINKS = "'{download_url,url_expires_at,expires_at}'::text[]"
CONTENT = {
    "staged": "SELECT o.name, s.external_id, s.content_hash, s.state, s.reason_code,"
    f" s.name_key, s.source_file, s.source_line, (s.payload - {LINKS})::text"
    " FROM migration_staged_record s JOIN migration_object o ON o.id = s.object_id",
    "objects": "SELECT name, watermark, refused_count, problem, field_names::text"
    " FROM migration_object",
    "findings": "SELECT phase, code, source_object, external_id, file, line, field,"
    " value FROM migration_finding",
    "map": "SELECT o.name, l.source_field, l.target_field FROM migration_mapping_line l"
    " JOIN migration_object o ON o.id = l.object_id",
}
#: Records a page, and tables pulled at the same time.
PAGE_SIZE = 5
ABREAST = 2
KILLS = 10


@tagged("post_install", "-at_install")
class TestKillPull(ProcessCase):
    """A pull from a live source is killed again and again.

    The source has been pulled once without interruption; the killed pull has to end
    with the same rows, and may not ask much more of the source.
    """

    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sources = SampleSources().start()
        cls.addClassCleanup(cls.sources.stop)
        cls.random = random.Random(20261122)

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.turns = Path(folder.name)

    def start_script(self, preset, profile_key, url, secret):
        profile = load_preset_profile(profile_key)
        profile["pagination"]["page_size"] = PAGE_SIZE
        profile["limits"] |= {"max_rps": 0, "concurrency": ABREAST}
        given = {"preset": preset, "profile": profile, "url": url, "secret": secret}
        return START % json.dumps(given)

    def uninterrupted(self, script):
        """Pull to the end; return content, records handled and places asked for."""
        self.sources.requests.clear()
        site = self.new_site("whole")
        site.run(script)
        [(processed, state)] = site.rows(PROGRESS)
        self.assertEqual(state, "done")
        return self.content(site), processed, self.asked()

    def killed(self, script, processed, kills):
        """Pull with kills at random moments; return the content and what was asked."""
        self.sources.requests.clear()
        site = self.new_site("killed")
        process = site.start(script)
        shares = sorted(self.random.uniform(0.02, 0.95) for _ in range(kills))
        for number, share in enumerate(shares):
            self.addCleanup(process.stop)
            turn = self.turns / str(number)
            following = site.start(RESUME % str(turn))
            self.addCleanup(following.stop)
            self.kill_at(site, process, share * processed)
            turn.touch()
            process = following
        process.finish()
        # no page was staged twice, none left out
        self.assertEqual(site.rows(PROGRESS), [(processed, "done")])
        return self.content(site), self.asked()

    def kill_at(self, site, process, least):
        """SIGKILL the process some moment after it has staged so many records."""

        def is_there():
            processed, state = (site.rows(PROGRESS) or [(0, "")])[0]
            self.assertNotEqual(state, "done", "it ended before it could be killed")
            return state == "running" and processed >= least

        wait_for(is_there, process, interval=0.002)
        time.sleep(self.random.uniform(0, 0.03))
        process.stop()
        self.assertEqual(process.returncode, -9)

    def asked(self):
        """Return how often each page of each list was asked for."""
        return Counter(
            (request.path, json.dumps(request.query), request.body)
            for request in list(self.sources.requests)
        )

    @staticmethod
    def content(site):
        return {
            name: sorted(site.rows(query), key=repr) for name, query in CONTENT.items()
        }

    def assert_same(self, found, expected):
        self.assertTrue(all(expected.values()))
        for name, rows in expected.items():
            with self.subTest(table=name):
                self.assertEqual(found[name], rows)

    def assert_little_repeated(self, asked, once, kills):
        """Each table is asked again for the one page that was not staged yet."""
        self.assertEqual(set(asked), set(once))
        self.assertLessEqual((asked - once).total(), kills * ABREAST)

    def test_rest_killed_ten_times_equals_the_uninterrupted_pull(self):
        script = self.start_script(
            "road_runner",
            "roadrunner_v2",
            self.sources.rest_url,
            self.sources.auth.api_key,
        )
        expected, processed, once = self.uninterrupted(script)
        found, asked = self.killed(script, processed, KILLS)
        self.assert_same(found, expected)
        self.assert_little_repeated(asked, once, KILLS)

    def test_graphql_killed_equals_the_uninterrupted_pull(self):
        script = self.start_script(
            "fasttrack",
            "fasttrack_relay",
            self.sources.graphql_url,
            self.sources.auth.token,
        )
        expected, processed, _once = self.uninterrupted(script)
        found, _asked = self.killed(script, processed, 1)
        self.assert_same(found, expected)
