from odoo.addons.crm_migration.models.migration_connection import PRIVATE_PARAMETER
from odoo.addons.crm_migration.samples.servers import SampleSources

from .common import MigrationCommon


class LiveCase(MigrationCommon):
    """Sample sources on loopback, and projects that read from them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sources = SampleSources().start()
        cls.addClassCleanup(cls.sources.stop)
        cls.env["ir.config_parameter"].sudo().set_param(PRIVATE_PARAMETER, "True")

    def setUp(self):
        super().setUp()
        self.addCleanup(self.sources.faults.clear)
        # what a test changes at the source is its own matter
        for store in self.sources.world.stores.values():
            tables = {name: dict(rows) for name, rows in store.tables.items()}
            self.addCleanup(store._orders.clear)
            self.addCleanup(store.tables.update, tables)

    @classmethod
    def connect(cls, preset="road_runner", profile_key="roadrunner_v2", url="", **vals):
        """Return a new project that reads from a sample source."""
        project = cls.make_project({}, preset=preset, transport="live", **vals)
        is_rest = preset == "road_runner"
        cls.env["migration.connection"].with_user(cls.manager).create(
            {
                "project_id": project.id,
                "profile_key": profile_key,
                "base_url": url
                or (cls.sources.rest_url if is_rest else cls.sources.graphql_url),
                "secret": cls.sources.auth.api_key
                if profile_key == "roadrunner_v2"
                else cls.sources.auth.token,
            }
        )
        return project

    @classmethod
    def switch_off(cls, project, *names):
        """Let a pull leave objects out."""
        connection = project.connection_ids
        cls.env["migration.endpoint"].create(
            [
                {"connection_id": connection.id, "name": name, "is_active": False}
                for name in names
            ]
        )

    def ids(self, project, name):
        """Return the external ids that are staged of one object."""
        staged = self.env["migration.staged.record"].search(
            [("project_id", "=", project.id), ("object_id.name", "=", name)]
        )
        return set(staged.mapped("external_id"))

    def codes(self, project, name=None):
        """Return the codes of the findings of one object."""
        findings = project.finding_ids
        if name:
            findings = findings.filtered(lambda found: found.source_object == name)
        return set(findings.mapped("code"))

    def assertSound(self):
        """The books balance, and light ones are those of a complete read-back."""
        self.assertBalanced()
        self.assertLightIsWhole()

    def assertLightIsWhole(self):
        """The books of a pickup are those of a complete read-back."""
        light = self.project.get_reconciliation()
        self.project.action_verify(background=False)
        self.env.invalidate_all()
        whole = self.project.get_reconciliation()
        for one, other in zip(light["lines"], whole["lines"], strict=True):
            with self.subTest(line=one["name"]):
                self.assertEqual(one | {"id": 0}, other | {"id": 0})
        self.assertEqual(light["is_balanced"], whole["is_balanced"])

    def assertBalanced(self):
        """Every line of the books is sound."""
        lines = self.project.reconciliation_line_ids
        wrong = lines.filtered(lambda line: not line.is_balanced)
        self.assertTrue(lines)
        self.assertFalse(wrong.mapped("name"))
