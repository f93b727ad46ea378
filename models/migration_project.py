from zoneinfo import available_timezones

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..connectors.bundle import BundleConnector
from ..engine.schema import SchemaBuilder, SchemaPlanner
from ..engine.undo import UndoPlanner
from ..exceptions import BadBundle
from ..presets import load_preset, preset_selection
from .migration_mapping_line import BULK_CONFIRM_BAR

STATES = [
    ("draft", "Files"),
    ("staged", "Staged"),
    ("profiled", "Map"),
    ("mapped", "Schema Plan"),
    ("ready", "Sample"),
    ("rehearsed", "Full Run"),
    ("loaded", "Loaded"),
    ("verified", "Verified"),
    ("rolled_back", "Rolled Back"),
]
#: Kinds of run that a plain user may start; the others change business records.
USER_RUNS = {"stage", "profile", "sample", "verify"}


class MigrationProject(models.Model):
    """One source that moves into Odoo, from its files to the signed-off books.

    Every step is a public method that the buttons call and that scripts call too.
    With ``background=False`` a step is driven to its end, committing batch by batch;
    otherwise Odoo's own cron workers do it and :meth:`get_progress` tells how far.
    """

    _name = "migration.project"
    _description = "Migration Project"
    _order = "id desc"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    preset = fields.Selection(
        selection=lambda self: preset_selection(),
        string="Source",
        required=True,
        default="practice_bundle",
    )
    state = fields.Selection(STATES, required=True, default="draft", readonly=True)
    fallback_user_id = fields.Many2one(
        "res.users",
        "Fallback User",
        required=True,
        default=lambda self: self._default_fallback_user_id(),
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Gets the records whose owner has no Odoo user.",
    )
    source_timezone = fields.Selection(
        selection=lambda self: [(tz, tz) for tz in sorted(available_timezones())],
        string="Time Zone of the Source",
        required=True,
        default="UTC",
        help="Times without a zone are read in this one. A manifest in the export "
        "sets it.",
    )
    date_order = fields.Selection(
        [
            ("MDY", "Month Day Year"),
            ("DMY", "Day Month Year"),
            ("YMD", "Year Month Day"),
        ],
        help="Decides dates such as 03/04/2026. Empty: a person decides on the map.",
    )
    keep_create_date = fields.Boolean(
        "Original Creation Dates",
        default=True,
        help="Records show the day they were created at the source, not today.",
    )
    tolerance = fields.Float(
        "Tolerance (%)",
        default=1.0,
        help="Share of failed records up to which the result is accepted.",
    )
    file_ids = fields.One2many("migration.source.file", "project_id")
    object_ids = fields.One2many("migration.object", "project_id")
    mapping_line_ids = fields.One2many("migration.mapping.line", "project_id")
    owner_ids = fields.One2many("migration.owner", "project_id")
    schema_item_ids = fields.One2many("migration.schema.item", "project_id")
    run_ids = fields.One2many("migration.run", "project_id")
    finding_ids = fields.One2many("migration.finding", "project_id")
    difference_ids = fields.One2many("migration.difference", "project_id")
    reconciliation_line_ids = fields.One2many(
        "migration.reconciliation.line", "project_id"
    )
    rollback_line_ids = fields.One2many("migration.rollback.line", "project_id")
    is_cancel_requested = fields.Boolean(readonly=True)
    running_id = fields.Many2one("migration.run", compute="_compute_running_id")
    running_progress = fields.Float(compute="_compute_running_id")
    running_remaining = fields.Char(compute="_compute_running_id")
    last_error = fields.Text(compute="_compute_running_id")
    unconfirmed_count = fields.Integer(compute="_compute_counts")
    staged_count = fields.Integer(compute="_compute_counts")
    loaded_count = fields.Integer(compute="_compute_counts")
    failed_count = fields.Integer(compute="_compute_counts")
    finding_count = fields.Integer(compute="_compute_counts")
    difference_count = fields.Integer(compute="_compute_counts")
    is_balanced = fields.Boolean(compute="_compute_books")
    completeness = fields.Float(
        compute="_compute_books",
        help="Records that landed, in percent of those that should.",
    )
    next_step = fields.Char(compute="_compute_next_step")

    @api.model
    def _default_fallback_user_id(self):
        """The person who makes the project; a script's robot user owns nothing."""
        user = self.env.user
        return (
            user if user.active and not user.share else self.env.ref("base.user_admin")
        )

    @api.constrains("fallback_user_id", "company_id")
    def _check_fallback_user_id(self):
        for project in self:
            user = project.fallback_user_id
            if (
                not user.active
                or user.share
                or project.company_id not in user.company_ids
            ):
                raise ValidationError(
                    self.env._(
                        "%(user)s cannot be the fallback: it must be an active internal "
                        "user with access to %(company)s.",
                        user=user.name,
                        company=project.company_id.name,
                    )
                )

    # -- computes --------------------------------------------------------------

    @api.depends("run_ids.state", "run_ids.processed")
    def _compute_running_id(self):
        for project in self:
            runs = project.run_ids.sorted("id")
            project.running_id = runs.filtered(
                lambda run: run.state in ("queued", "running")
            )[:1]
            project.running_progress = project.running_id.progress
            project.running_remaining = project.running_id.remaining_time
            last = runs[-1:]
            project.last_error = last.error if last.state == "failed" else False

    @api.depends(
        "object_ids.staged_record_ids.state",
        "mapping_line_ids.is_confirmed",
        "finding_ids",
        "difference_ids",
    )
    def _compute_counts(self):
        for project in self:
            objects = project.object_ids
            project.staged_count = sum(objects.mapped("staged_count"))
            project.loaded_count = sum(objects.mapped("loaded_count"))
            project.failed_count = sum(objects.mapped("failed_count"))
            project.unconfirmed_count = len(
                project.mapping_line_ids.filtered(lambda line: not line.is_confirmed)
            )
            project.finding_count = len(project.finding_ids)
            project.difference_count = len(project.difference_ids)

    @api.depends("reconciliation_line_ids.is_balanced")
    def _compute_books(self):
        for project in self:
            lines = project.reconciliation_line_ids
            project.is_balanced = bool(lines) and all(lines.mapped("is_balanced"))
            records = lines.filtered(lambda line: line.kind == "object")
            due = sum(records.mapped("source_count")) - sum(
                records.mapped("excluded_count")
            )
            failed = sum(records.mapped("failed_count")) + sum(
                records.mapped("pending_count")
            )
            project.completeness = 100.0 * (due - failed) / due if due else 0.0

    @api.depends("state", "file_ids", "unconfirmed_count", "running_id", "is_balanced")
    def _compute_next_step(self):
        for project in self:
            project.next_step = project._next_step()

    def _next_step(self):
        """Say in one sentence what a person does next."""
        _ = self.env._
        if self.running_id:
            return _(
                "%s is at work. You may leave this page.", self.running_id.display_name
            )
        if self.state == "draft" and not self.file_ids:
            return _("Upload the files of the export: one ZIP, or several tables.")
        if self.state == "profiled" and self.unconfirmed_count:
            return _(
                "Check the map: %s fields are not confirmed. Nothing moves before.",
                self.unconfirmed_count,
            )
        return {
            "draft": _(
                "Stage the files: they are read and checked, Odoo is unchanged."
            ),
            "staged": _("Profile the staged records to get a proposed map."),
            "profiled": _("Confirm the map to get the schema plan."),
            "mapped": _("Check the schema plan, then create it."),
            "ready": _("Run a sample: everything is loaded, compared and taken back."),
            "rehearsed": _("Read the differences, then start the full run."),
            "loaded": _("Verify: every field is read back and the books are balanced."),
            "verified": _("Read the reconciliation.")
            if self.is_balanced
            else _("The books do not balance: see the reconciliation."),
            "rolled_back": _("Undone. You may change the map and run again."),
        }[self.state]

    # -- lookups ----------------------------------------------------------------

    def _preset(self):
        return load_preset(self.preset)

    def _object(self, name):
        """Return the project's object of that name (empty if the source has none)."""
        return self.object_ids.filtered(lambda obj: obj.name == name)[:1]

    def _object_by_id(self, object_id):
        return self.env["migration.object"].browse(object_id)

    def _object_label(self, name):
        return self._object(name).label or name or ""

    def connector(self):
        """Open the uploaded files as one source (see ``connectors.base``).

        :raise UserError: when the upload as a whole is unusable
        """
        preset = self._preset()
        try:
            return BundleConnector(
                [(file.name, file._path()) for file in self.file_ids],
                preset.file_objects(),
                preset.required(),
            )
        except BadBundle as error:
            raise UserError(str(error)) from error

    def _schema_links(self):
        """Return ``{(kind, key): res_id}`` of all that the schema plan put in place."""
        links = self.env["migration.crosswalk"].search(
            [("project_id", "=", self.id), ("source_object", "=like", "schema:%")]
        )
        return {
            (link.source_object.partition(":")[2], link.external_id): link.res_id
            for link in links
        }

    def is_multi_company(self):
        """Return whether contacts must be tied to the project's company."""
        return self.env["res.company"].sudo().search_count([], limit=2) > 1

    def partner_lang(self):
        """Return the language that migrated contacts get."""
        return self.company_id.partner_id.lang or self.env.lang or "en_US"

    def message_domain(self):
        """Return the right-hand side of the Message-Ids of migrated messages."""
        return f"project-{self.id}.crm-migration"

    # -- rights --------------------------------------------------------------------

    def _check_operator(self, kind=None):
        """Refuse who may not do this step in this project's company."""
        self.check_access("write")
        group = "crm_migration.group_crm_migration_manager"
        if kind not in USER_RUNS and not self.env.user.has_group(group):
            if not self.env.su:
                raise AccessError(
                    self.env._(
                        "Only a migration manager may do this: it changes business "
                        "records."
                    )
                )

    # -- steps ------------------------------------------------------------------------

    def add_file(self, name, content):
        """Add one file of the export; a later file of the same name replaces it.

        :param name: file name with its ending
        :param content: base64 text
        :return: id of the ``migration.source.file``
        """
        self.ensure_one()
        self._check_operator("stage")
        present = self.file_ids.filtered(lambda file: file.name == name)
        present.unlink()
        vals = {"project_id": self.id, "name": name, "content": content}
        return self.env["migration.source.file"].create(vals).id

    def action_stage(self, background=True):
        """Read all files into staging, profile them and propose the map."""
        self.ensure_one()
        if not self.file_ids:
            raise UserError(self.env._("Upload the export first."))
        self._take_manifest()
        return self._start(["stage", "profile"], background)

    def _take_manifest(self):
        """Take over what the export says about its dates, unless set by hand."""
        manifest = self.connector().manifest or {}
        vals = {}
        if self.source_timezone == "UTC" and manifest.get("timezone") in (
            available_timezones()
        ):
            vals["source_timezone"] = manifest["timezone"]
        if not self.date_order and manifest.get("date_format") in ("MDY", "DMY", "YMD"):
            vals["date_order"] = manifest["date_format"]
        if vals:
            self.write(vals)

    def action_confirm_map(self):
        """Confirm every line that leaves nothing to decide, then plan the schema.

        Lines below the confidence bar, and lines with an open question, stay
        unconfirmed: a person confirms them one by one on the map.

        :return: True when no line is left, else a notification that says how many
        """
        self.ensure_one()
        self._check_operator("stage")
        for line in self.mapping_line_ids:
            if (
                not line.is_confirmed
                and line.confidence >= BULK_CONFIRM_BAR
                and not line._open_question()
            ):
                line.is_confirmed = True
        left = self.mapping_line_ids.filtered(lambda line: not line.is_confirmed)
        if left:
            return self._notify(
                self.env._(
                    "%(count)s fields still need your decision, for example "
                    "%(example)s.",
                    count=len(left),
                    example=left[0]._open_question() or left[0].source_field,
                ),
                "warning",
            )
        self.action_plan_schema()
        return True

    def action_plan_schema(self):
        """List the teams, stages, words and custom fields that the map needs."""
        self.ensure_one()
        self._check_operator("stage")
        self._check_map()
        SchemaPlanner(self.sudo()).plan()
        if self.state in ("profiled", "staged", "rolled_back"):
            self.sudo().state = "mapped"
        return True

    def action_apply_schema(self):
        """Create what the confirmed schema plan lists; again changes nothing."""
        self.ensure_one()
        self._check_operator()
        open_items = self.schema_item_ids.filtered(
            lambda item: not item.is_confirmed and item.action != "skip"
        )
        if open_items:
            raise UserError(
                self.env._(
                    "%(count)s items of the schema plan are not confirmed, for "
                    "example “%(name)s”.",
                    count=len(open_items),
                    name=open_items[0].name,
                )
            )
        from ..engine.quiet import QUIET_CONTEXT

        project = self.sudo().with_context(**QUIET_CONTEXT)
        SchemaBuilder(project).build()
        if self.state == "mapped":
            self.sudo().state = "ready"
        return True

    def action_confirm_schema(self):
        """Confirm the whole schema plan."""
        self.ensure_one()
        self._check_operator()
        self.schema_item_ids.write({"is_confirmed": True})
        return True

    def action_sample(self, background=True):
        """Load a sample with its relations, compare every field, take it back."""
        self._check_ready()
        return self._start(["sample"], background)

    def action_load(self, background=True):
        """Load every pending record, then read all of it back."""
        self._check_ready()
        return self._start(["load", "verify"], background)

    def action_verify(self, background=True):
        """Read back every field and balance the books."""
        return self._start(["verify"], background)

    def action_plan_rollback(self):
        """Decide the fate of everything the project touched; change nothing.

        :return: ``{fate: number of records}``
        """
        self.ensure_one()
        self._check_operator()
        return UndoPlanner(self.sudo()).plan()

    def action_rollback(self, background=True):
        """Undo the project as planned, keeping what people did since."""
        self.action_plan_rollback()
        return self._start(["rollback"], background)

    def action_open_upload(self):
        """Open the upload wizard."""
        self.ensure_one()
        return self._dialog("migration.upload.wizard", self.env._("Upload an Export"))

    def action_open_rollback(self):
        """Plan the rollback and show it before anything happens."""
        self.ensure_one()
        wizard = self.env["migration.rollback.wizard"].create({"project_id": self.id})
        title = self.env._("Roll Back a Migration")
        return self._dialog("migration.rollback.wizard", title, wizard.id)

    def _dialog(self, model, name, res_id=False):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "res_id": res_id,
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_project_id": self.id},
        }

    def action_cancel(self):
        """Stop the running step after its present batch; it can be resumed."""
        self.ensure_one()
        self._check_operator("stage")
        queued = self.run_ids.filtered(lambda run: run.state == "queued")
        queued.sudo().write({"state": "cancelled"})
        if self.running_id:
            self.sudo().is_cancel_requested = True
        return True

    def action_resume(self):
        """Go on with the last run that was cancelled or failed."""
        self.ensure_one()
        run = self.run_ids.filtered(lambda run: run.state in ("failed", "cancelled"))
        return run.sorted("id")[-1:].action_resume()

    def _check_map(self):
        left = self.mapping_line_ids.filtered(lambda line: not line.is_confirmed)
        if not self.mapping_line_ids:
            raise UserError(self.env._("There is no map yet: stage the files first."))
        if left:
            raise UserError(
                self.env._(
                    "Nothing moves while the map is unconfirmed: %(count)s fields are "
                    "open, for example %(object)s, field %(field)s.",
                    count=len(left),
                    object=left[0].object_id.label,
                    field=left[0].source_field,
                )
            )

    def _check_ready(self):
        self.ensure_one()
        self._check_map()
        SchemaPlanner(self.sudo()).plan()
        missing = self.schema_item_ids.filtered(
            lambda item: item.state != "done" and item.action != "skip"
        )
        if missing:
            raise UserError(
                self.env._(
                    "The schema plan is not in place: %(count)s items are missing, for "
                    "example “%(name)s”. Confirm and create them first.",
                    count=len(missing),
                    name=missing[0].name,
                )
            )

    # -- running -------------------------------------------------------------------

    def _start(self, kinds, background):
        """Queue one run per kind; drive them here, or wake Odoo's cron workers."""
        self.ensure_one()
        for kind in kinds:
            self._check_operator(kind)
        if self.running_id:
            raise UserError(
                self.env._("%s is still at work.", self.running_id.display_name)
            )
        self.sudo().is_cancel_requested = False
        runs = (
            self.env["migration.run"]
            .sudo()
            .create([{"project_id": self.id, "kind": kind} for kind in kinds])
        )
        if background:
            self._wake_workers()
            return self._notify(
                self.env._("Started. Odoo works on it in the background."), "info"
            )
        for run in runs:
            run._drive()
            if run.state != "done":
                (runs - run).filtered(lambda r: r.state == "queued").write(
                    {"state": "cancelled"}
                )
                raise UserError(run.error or run.state)
        return True

    def _wake_workers(self):
        self.env.ref("crm_migration.ir_cron_migration_work").sudo()._trigger()

    def _notify(self, message, kind):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": kind,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def get_progress(self):
        """Return what the project is doing, for scripts.

        :return: dict with ``state``, ``running`` (kind or False), ``processed``,
            ``total``, ``remaining_time``, ``error`` and ``next_step``
        """
        self.ensure_one()
        run = self.running_id
        return {
            "state": self.state,
            "running": run.kind or False,
            "processed": run.processed,
            "total": run.total,
            "remaining_time": run.remaining_time or "",
            "error": self.last_error or False,
            "next_step": self.next_step,
        }

    def get_reconciliation(self):
        """Return the books: ``is_balanced``, ``completeness`` and one dict a line."""
        self.ensure_one()
        names = [
            "kind",
            "name",
            "source_count",
            "created_count",
            "updated_count",
            "unchanged_count",
            "merged_count",
            "excluded_count",
            "failed_count",
            "pending_count",
            "found_count",
            "field_count",
            "difference_count",
            "is_balanced",
        ]
        return {
            "is_balanced": self.is_balanced,
            "completeness": self.completeness,
            "lines": self.reconciliation_line_ids.read(names, load=False),
        }

    # -- opening related records -----------------------------------------------------

    def _open(self, action, domain=None, **context):
        self.ensure_one()
        result = self.env["ir.actions.act_window"]._for_xml_id(
            f"crm_migration.{action}"
        )
        result["domain"] = [("project_id", "=", self.id), *(domain or [])]
        result["context"] = {"default_project_id": self.id, **context}
        return result

    def action_open_map(self):
        """Open the map."""
        return self._open("migration_mapping_line_action", search_default_by_object=1)

    def action_open_owners(self):
        """Open the owner board."""
        return self._open("migration_owner_action")

    def action_open_schema(self):
        """Open the schema plan."""
        return self._open("migration_schema_item_action", search_default_by_kind=1)

    def action_open_staged(self):
        """Open all staged records."""
        return self._open("migration_staged_record_action", search_default_by_object=1)

    def action_open_failed(self):
        """Open the records that failed, with their reasons."""
        return self._open("migration_staged_record_action", search_default_failed=1)

    def action_open_findings(self):
        """Open what is wrong with the source."""
        return self._open("migration_finding_action")

    def action_open_differences(self):
        """Open the field-level diff."""
        return self._open("migration_difference_action", search_default_by_object=1)

    def action_open_reconciliation(self):
        """Open the books."""
        return self._open("migration_reconciliation_line_action")

    def action_open_log(self):
        """Open the operation log."""
        return self._open("migration_log_action")
