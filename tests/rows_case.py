"""A sample source migrated to the end, read over JSON-2 as an outsider reads Odoo."""

import csv
import io
import json
import urllib.error
import urllib.request
import zipfile
from datetime import datetime, timezone

from odoo.addons.crm_migration.samples.servers.world import World

from .processes import ADDON, SAMPLES, ProcessCase, fingerprints

DEMO = ADDON / "dev" / "demo_migration.py"
#: Groups of the reader: all that Odoo has; of this addon to fetch documents only.
GROUPS = (
    "base.group_user",
    "base.group_system",
    "sales_team.group_sale_manager",
    "crm.group_use_lead",
    "project.group_project_manager",
    "maintenance.group_equipment_manager",
    "crm_migration.group_crm_migration_user",
)
KEY = """
from datetime import timedelta
from odoo import fields
groups = [env.ref(name).id for name in %r]
user = env["res.users"].with_context(no_reset_password=True).create({
    "name": "Outsider", "login": "outsider", "email": "outsider@x.example",
    "group_ids": [(6, 0, groups)],
})
until = fields.Datetime.now() + timedelta(days=1)
key = env["res.users.apikeys"].with_user(user).sudo()._generate(None, "test", until)
env.cr.commit()
answer(key)
"""


def demo(source):
    """Return the script of the demo for one source; "none" only prepares Odoo."""
    choice = f"import os\nos.environ['DEMO_SOURCES'] = {source!r}\n"
    return choice + DEMO.read_text(encoding="utf-8")


class RowsCase(ProcessCase):
    """One source, migrated as the demo does it, and a server to ask.

    What is expected comes from the sample source itself. Records are found as a
    person finds them, by name or e-mail: never through the addon's own tables.
    """

    source = ""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.site = cls.new_site(f"rows_{cls.source}")
        cls.key = cls.site.run(demo("none") + KEY % (GROUPS,))
        cls.migrate()
        process, cls.url = cls.site.serve()
        cls.addClassCleanup(process.stop)

    @classmethod
    def migrate(cls):
        """Load the source; ends with an error unless the books balance."""
        cls.site.run(demo(cls.source))

    @classmethod
    def call(cls, model, method, **body):
        """Call a method over JSON-2."""
        request = urllib.request.Request(
            f"{cls.url}/json/2/{model}/{method}",
            json.dumps(body).encode(),
            {
                "Authorization": f"bearer {cls.key}",
                "Content-Type": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=180) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(error.read().decode()[:2000]) from None

    @classmethod
    def find(cls, model, domain, *names, **options):
        """Return the records, archived ones as well, with the fields named."""
        options.setdefault("context", {"active_test": False})
        return cls.call(
            model, "search_read", domain=domain, fields=list(names), **options
        )

    def one(self, model, domain, *names):
        """Return the only record that a domain finds."""
        found = self.find(model, domain, *names)
        self.assertEqual(len(found), 1, (model, domain))
        return found[0]

    @classmethod
    def fields_of(cls, model):
        """Return ``{field: its description}`` as any client sees them."""
        names = ["string", "type", "relation", "selection"]
        return cls.call(model, "fields_get", attributes=names)

    def custom(self, model, label):
        """Return the name and the description of the custom field with a label."""
        found = [
            (name, field)
            for name, field in self.fields_of(model).items()
            if name.startswith("x_") and field["string"].lower() == label.lower()
        ]
        self.assertEqual(len(found), 1, (model, label, found))
        return found[0]


class WorldCase(RowsCase):
    """A source of the sample servers, with all that it knows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.store = World().stores[cls.source]

    @classmethod
    def migrate(cls):
        cls.before = cls.site.fingerprint()
        cls.site.run(demo(cls.source))
        cls.way_back = cls.new_site(f"back_{cls.source}", cls.site)

    def assert_nothing_is_left_after_a_rollback(self):
        """Roll back a copy; its whole database is as it was, row by row."""
        differences = fingerprints().differences
        moved = differences(self.before, self.way_back.fingerprint())
        for table in ("res_partner", "crm_lead", "mail_message", "(structure)"):
            self.assertIn(table, moved, "the fingerprint must see the migration")
        self.way_back.run("project.action_rollback(background=False)")
        left = differences(self.before, self.way_back.fingerprint())
        self.assertEqual(left, {})

    def rows(self, name):
        """Return the live records of an object by id."""
        store = self.store
        return {store.id_of(name, record): record for record in store.listing(name)}

    def troubled(self, *names):
        """Return the ids of records that are there to make trouble."""
        return {
            key
            for name, places in self.store.trouble.items()
            if not names or name in names
            for _object, key in places
        }


class PracticeCase(RowsCase):
    """The Practice, with the rows of its export."""

    source = "the_practice"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.archive = zipfile.ZipFile(SAMPLES / "practice_export.zip")
        cls.addClassCleanup(cls.archive.close)

    def rows(self, name):
        """Return the rows of a table as dicts."""
        text = self.archive.read(f"{name}.csv").decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text)))


def moment(text):
    """Return an ISO moment as Odoo writes it: UTC, without a zone."""
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
