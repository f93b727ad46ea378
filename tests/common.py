"""A migration project in the small: hand-written tables in, Odoo records out."""

import base64
import csv
import io
import zipfile
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import TransactionCase
from odoo.tools import SQL

from odoo.addons.crm_migration.models.migration_run import MigrationRun

SALESMAN = "sales_team.group_sale_salesman"


def table(*rows):
    """Return CSV text of rows given as dicts; the header is the union of their keys."""
    header = list(dict.fromkeys(name for row in rows for name in row))
    stream = io.StringIO()
    writer = csv.DictWriter(stream, header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def bundle(files):
    """Return a base64 ZIP of ``{name: text or bytes}``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return base64.b64encode(buffer.getvalue()).decode()


def encoded(content):
    """Return the base64 text of a loose upload."""
    content = content.encode() if isinstance(content, str) else content
    return base64.b64encode(content).decode()


def _flush(self, _handled):
    self.env.flush_all()
    return float("inf")


def _start_over(self):
    self.env.invalidate_all()


class MigrationCommon(TransactionCase):
    """A manager who migrates, colleagues who own the records, and the usual steps.

    Custom fields come into being while the schema is applied: better in
    ``setUpClass``, because each test that adds or removes some costs a new registry.
    Odoo cleans the registry after the class.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A run commits after each batch, which would end the transaction of the
        # test. This is the only place where a test goes another way than the real.
        cls.startClassPatcher(patch.object(MigrationRun, "_checkpoint", _flush))
        cls.startClassPatcher(
            patch.object(MigrationRun, "_restart_transaction", _start_over)
        )
        cls.company = cls.env.company
        cls.manager, cls.fallback, cls.ana, cls.ravi = cls.make_users(
            (
                "Mo Manager",
                "mo@practice.example",
                "crm_migration.group_crm_migration_manager",
            ),
            ("Fay Fallback", "fay@practice.example", SALESMAN),
            ("Ana Ruiz", "ana@practice.example", SALESMAN),
            ("Ravi Menon", "ravi@practice.example", SALESMAN),
        )

    def setUp(self):
        # before the savepoint of the test, so that it is called after its rollback
        self.addCleanup(self._restore_registry, self._custom_fields())
        super().setUp()

    def _custom_fields(self):
        """Return the custom models and fields that the registry knows."""
        own = [name for name in self.registry if name.startswith("x_")]
        return {
            (model, name)
            for model in ("res.partner", "crm.lead", "ir.attachment", *own)
            for name in self.registry[model]._fields
            if name.startswith("x_")
        }

    def _restore_registry(self, known):
        """Make the registry forget what a test did to the schema."""
        if self._custom_fields() != known:
            self.registry._setup_models__(self.cr)

    @classmethod
    def make_user(cls, name, login, groups=SALESMAN, **vals):
        """Create a user whose login is also the e-mail."""
        return cls.make_users((name, login, groups), **vals)

    @classmethod
    def make_users(cls, *users, **vals):
        """Create users of ``(name, login, groups)``; nobody is invited by mail."""
        return (
            cls.env["res.users"]
            .with_context(no_reset_password=True, tracking_disable=True)
            .create(
                [
                    {
                        "name": name,
                        "login": login,
                        "email": login,
                        "group_ids": [
                            Command.set(
                                [cls.env.ref(one).id for one in groups.split(",")]
                            )
                        ],
                    }
                    | vals
                    for name, login, groups in users
                ]
            )
            .with_env(cls.env)
        )

    @classmethod
    def make_project(cls, files, **vals):
        """Create a project of the manager; ``files`` are packed into one ZIP."""
        project = (
            cls.env["migration.project"]
            .with_user(cls.manager)
            .create({"name": "Test", "fallback_user_id": cls.fallback.id} | vals)
        )
        if files:
            project.add_file("export.zip", bundle(files))
        return project

    # -- steps

    @classmethod
    def stage(cls, project, files=None, name="export.zip"):
        """Stage and profile, after the upload of ``files`` if there are any."""
        if files:
            project.add_file(name, bundle(files))
        project.action_stage(background=False)
        return project

    @classmethod
    def staged(cls, files, **vals):
        """Return a new project whose files are staged and profiled."""
        return cls.stage(cls.make_project(files, **vals))

    @classmethod
    def confirm_all(cls, project, date_format="iso"):
        """Confirm the whole map: what is open is dropped, dates get a format."""
        for line in project.mapping_line_ids.filtered(lambda li: not li.is_confirmed):
            if line.fate == "undecided":
                line.action_drop()
            elif line._open_question():
                line.date_format = date_format
            line.action_confirm()
        return project

    @classmethod
    def apply_schema(cls, project):
        """Plan the schema, confirm the plan and create it."""
        project.action_plan_schema()
        project.action_confirm_schema()
        project.action_apply_schema()
        return project

    @classmethod
    def prepared(cls, files, **vals):
        """Return a project that only has to be loaded."""
        return cls.apply_schema(cls.confirm_all(cls.staged(files, **vals)))

    @classmethod
    def load(cls, project):
        """Load what is pending and read it back."""
        project.action_load(background=False)
        cls.env.invalidate_all()
        return project

    @classmethod
    def migrate(cls, project):
        """Take a project with files through all steps to its books."""
        return cls.load(cls.apply_schema(cls.confirm_all(cls.stage(project))))

    @classmethod
    def migrated(cls, files, **vals):
        """Return a new project that was taken through all steps."""
        return cls.migrate(cls.make_project(files, **vals))

    # -- looking at the result

    @classmethod
    def staged_record(cls, project, name, external_id):
        """Return one staged record of the object ``name``."""
        return (
            project._object(name)
            .sudo()
            .staged_record_ids.filtered(lambda rec: rec.external_id == external_id)
        )

    @classmethod
    def link(cls, project, name, external_id):
        """Return the crosswalk row of one source record."""
        return cls.env["migration.crosswalk"].search(
            [
                ("project_id", "=", project.id),
                ("source_object", "=", name),
                ("external_id", "=", external_id),
            ]
        )

    @classmethod
    def target(cls, project, name, external_id):
        """Return the Odoo record that a source record became, or None."""
        link = cls.link(project, name, external_id)
        return cls.env[link.res_model].browse(link.res_id).exists() if link else None

    @classmethod
    def findings(cls, project, code, **vals):
        """Return the findings of one kind, narrowed down by field values."""
        return project.sudo().finding_ids.filtered(
            lambda item: item.code == code
            and all(item[name] == value for name, value in vals.items())
        )

    @classmethod
    def line(cls, project, name, source_field):
        """Return the mapping line of one source field."""
        return project._object(name).mapping_line_ids.filtered(
            lambda line: line.source_field == source_field
        )

    @classmethod
    def book(cls, project, name):
        """Return the reconciliation line called ``name``."""
        return project.reconciliation_line_ids.filtered(lambda li: li.name == name)

    def assertBucket(self, project, name, external_id, bucket, code=None):
        """Check where a staged record ended up; a failure must have its reason."""
        record = self.staged_record(project, name, external_id)
        self.assertEqual(record.state, bucket, record.reason)
        if code is not None:
            self.assertEqual(record.reason_code, code)
        if bucket == "failed":
            self.assertTrue(record.reason)
        return record

    # -- time

    @classmethod
    def a_day_passes(cls):
        """Make all that was done so far an hour older.

        A test is one transaction and all its rows have one time stamp. What a person
        does "later" must be younger than what the migration did.
        """
        cls.env.flush_all()
        for name, model in cls.env.registry.items():
            is_table = model._auto and not model._abstract and not model._transient
            is_technical = name.startswith("ir.") and name != "ir.attachment"
            if is_table and model._log_access and not is_technical:
                cls.env.cr.execute(
                    SQL(
                        "UPDATE %s SET create_date = create_date - interval '1 hour',"
                        " write_date = write_date - interval '1 hour'"
                        " WHERE write_date > now()::timestamp - interval '1 day'",
                        SQL.identifier(model._table),
                    )
                )
        cls.env.invalidate_all()
