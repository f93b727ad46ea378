from zoneinfo import available_timezones

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..connectors import BundleConnector
from ..engine.stage.filestore import clear_spool
from ..exceptions import BadBundle
from ..presets import load_preset, preset_selection

STATES = [
    ("draft", "Source"),
    ("staged", "Staged"),
    ("profiled", "Map"),
    ("mapped", "Schema Plan"),
    ("ready", "Sample"),
    ("rehearsed", "Full Run"),
    ("loaded", "Loaded"),
    ("verified", "Verified"),
    ("signed_off", "Signed Off"),
    ("rolled_back", "Rolled Back"),
]
#: Objects that are described for a rebuild by hand.
REBUILT = {"workflows", "email_templates"}
#: Kinds of run that a plain user may start; the others change business records.
USER_RUNS = {"discover", "stage", "profile", "sample", "verify"}


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
    transport = fields.Selection(
        [("files", "Uploaded Files"), ("live", "Live Connection")],
        string="Read From",
        required=True,
        default="files",
        help="Every source can be read from the files of its export. Some can be "
        "asked directly.",
    )
    fetch_links = fields.Boolean(
        "Download Linked Files",
        help="Files of which an export only has the address are downloaded. Else "
        "they become attachments that hold the address.",
    )
    inherit_tags = fields.Boolean(
        "Members Inherit Tags",
        default=True,
        help="In The Practice, members have the tags of their organization, which its "
        "export does not say: they are given to them again.",
    )
    deals_from_stage = fields.Boolean(
        "Deals From Pipeline Stages",
        help="Where an export has no table of deals, each contact with a pipeline "
        "stage gets one opportunity in that stage.",
    )
    draft_templates = fields.Boolean(
        "Draft E-mail Templates",
        help="E-mail templates of the source become archived drafts in Odoo, their "
        "placeholders translated. Without it they are in the rebuild reference only.",
    )
    has_rebuild_reference = fields.Boolean(compute="_compute_has_rebuild_reference")
    lone_contacts = fields.Selection(
        [
            ("word", "By the Source's Word"),
            ("leads", "Always Leads"),
            ("contacts", "Always Contacts"),
        ],
        "People without Company",
        required=True,
        default="word",
        help="What Road Runner's people without a company become. By the source's "
        "word: a customer becomes a contact; an individual, contact or person a lead. "
        "Whoever a deal, a piece of equipment or another contact refers to is a "
        "customer and becomes a contact, unless all are contacts anyway. What was "
        "loaded before stays what it became.",
    )
    cycle_rule = fields.Selection(
        [
            ("oldest", "Cut at the Oldest Company"),
            ("flag", "Leave All Its Parents Empty"),
            ("skip", "Leave Its Records Out"),
        ],
        "Circles of Companies",
        required=True,
        default="oldest",
        help="A company that stands above itself, over however many others: Odoo "
        "refuses that. Cut: the oldest company of the circle, else the one with the "
        "lowest id, has no parent in Odoo. Each circle is named before the load.",
    )
    connection_ids = fields.One2many("migration.connection", "project_id")
    #: not as superuser: a form may be asked what it would show of any connection
    connection_address = fields.Char(
        "Address", related="connection_ids.base_url", related_sudo=False, readonly=True
    )
    is_source_ready = fields.Boolean(compute="_compute_is_source_ready")
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
    currency_rule = fields.Selection(
        [
            ("convert", "Convert to the Company's Currency"),
            ("keep", "Convert, and Keep What the Source Says"),
        ],
        string="Other Currencies",
        required=True,
        default="convert",
        help="Amounts in another currency are converted at the rate of the deal's day. "
        "Where Odoo has no rate, the deal fails; or, if you keep what the source says, "
        "its expected revenue is 0 and the amount stands in fields of its own.",
    )
    source_currency_id = fields.Many2one(
        "res.currency",
        "Currency of the Source",
        help="Of amounts that come without a currency. Empty: the company's.",
    )
    keep_create_date = fields.Boolean(
        "Original Creation Dates",
        default=True,
        help="Records show the day they were created at the source, not today.",
    )
    meeting_rule = fields.Selection(
        [
            ("message", "In the Chatter, Those to Come as Activities"),
            ("planned", "In the Chatter, Those to Come in the Calendar"),
            ("all", "All in the Calendar"),
        ],
        string="Meetings",
        required=True,
        default="message",
        help="Where the meetings of a source go that lists them. Nobody is invited "
        "or reminded. What was loaded stays what it became.",
    )
    tolerance = fields.Float(
        "Tolerance (%)",
        default=0.0,
        help="Share of lost or overwritten fields up to which the books still balance.",
    )
    file_ids = fields.One2many("migration.source.file", "project_id")
    object_ids = fields.One2many("migration.object", "project_id")
    kind_ids = fields.One2many(
        "migration.object", "project_id", domain=[("choice", "!=", False)]
    )
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
    rollback_scope = fields.Json(
        readonly=True, copy=False, help="What the present rollback plan is of."
    )
    is_cancel_requested = fields.Boolean(readonly=True)

    @api.model
    def _of_the_steps(self):
        """Return the names of what only the steps of a project write."""
        return {"state", "is_cancel_requested", "rollback_scope"}

    @api.model_create_multi
    def create(self, vals_list):
        """A project begins at the beginning, whatever defaults the caller gives."""
        projects = super().create(vals_list)
        if not self.env.su:
            names = self._of_the_steps() - {"state"}
            for project in projects:
                if project.state != "draft" or any(project[name] for name in names):
                    raise AccessError(self.env._("The steps of the project set this."))
        return projects

    def write(self, vals):
        """Where a project stands is for its steps to say, and its company is fixed."""
        if not self.env.su:
            if self._of_the_steps() & set(vals):
                raise AccessError(self.env._("The steps of the project set this."))
            if "company_id" in vals and self.file_ids:
                raise AccessError(
                    self.env._("A project with files cannot change its company.")
                )
        result = super().write(vals)
        self.check_access("write")
        return result

    def unlink(self):
        """Take along the files that wait in the project's folder."""
        for project in self:
            clear_spool(project, is_whole=True)
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_loaded(self):
        """The crosswalk is what can undo a migration: it does not go with a click."""
        for project in self:
            created = [("project_id", "=", project.id), ("origin", "=", "created")]
            if project.running_id or self.env["migration.crosswalk"].search_count(
                created, limit=1
            ):
                raise UserError(
                    self.env._(
                        "“%s” has records in Odoo that only it can undo. Roll it back "
                        "first, or archive it.",
                        project.name,
                    )
                )

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
            project._check_can_own(project.fallback_user_id)

    def _check_can_own(self, user):
        """Odoo lets anybody own a record; a migration gives them to who can work."""
        if user.active and not user.share and self.company_id in user.company_ids:
            return
        raise ValidationError(
            self.env._(
                "%(user)s cannot own the records: it must be an active internal user "
                "with access to %(company)s.",
                user=user.name,
                company=self.company_id.name,
            )
        )

    # -- computes --------------------------------------------------------------

    @api.depends(
        "transport",
        "file_ids",
        "connection_ids.has_secret",
        "connection_ids.base_url",
        "connection_ids.profile",
    )
    def _compute_is_source_ready(self):
        for project in self:
            if project.transport == "live":
                project.is_source_ready = project._connection()._is_usable()
            else:
                project.is_source_ready = bool(project.file_ids)

    @api.depends("object_ids.name")
    def _compute_has_rebuild_reference(self):
        for project in self:
            names = set(project.object_ids.mapped("name"))
            project.has_rebuild_reference = bool(names & REBUILT)

    # -- lookups ----------------------------------------------------------------

    def _preset(self):
        return load_preset(self.preset)

    def _object_spec(self, name, is_new=False):
        """Return the preset's description of an object (empty if it has none).

        :param is_new: go by the apps that are installed now; else what is staged
            keeps the branch that was taken then
        """
        return self._preset().spec(name, self._missing_models(is_new))

    def _missing_models(self, is_new):
        """Return the models without which the records of this project do."""
        staged = {} if is_new else {obj.name: obj.target for obj in self.object_ids}
        missing = set()
        for name, spec in self._preset().conditional().items():
            model, target = spec["no_app"]["model"], staged.get(name)
            is_left_out = model not in self.env and target != spec["target"]
            if is_left_out or target == spec["no_app"]["target"]:
                missing.add(model)
        return frozenset(missing)

    def _object(self, name):
        """Return the project's object of that name (empty if the source has none)."""
        return self.object_ids.filtered(lambda obj: obj.name == name)[:1]

    def _object_by_id(self, object_id):
        return self.env["migration.object"].browse(object_id)

    def _object_label(self, name):
        return self._object(name).label or name or ""

    def _inherits_tags(self):
        """Return whether members get the tags of their organization."""
        return self.inherit_tags and self._preset().inherits_tags

    def _connection(self):
        """Return the connection to the live source (empty if there is none yet)."""
        return self.connection_ids[:1]

    def _connector(self):
        """Open the source: the uploaded files, or the live connection.

        :raise UserError: when the upload as a whole is unusable
        """
        if self.transport == "live":
            return self._connection()._open_source()
        preset = self._preset()
        try:
            return BundleConnector(
                [(file.name, file._path()) for file in self.file_ids],
                preset.file_objects(),
                preset.required(),
                pivot=preset.pivot(),
                walks=preset.walks(),
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

    def _is_multi_company(self):
        """Return whether contacts must be tied to the project's company."""
        return self.env["res.company"].sudo().search_count([], limit=2) > 1

    def _partner_lang(self):
        """Return the language that migrated contacts get."""
        return self.company_id.partner_id.lang or self.env.lang or "en_US"

    def _message_domain(self):
        """Return the right-hand side of the Message-Ids of migrated messages."""
        return f"project-{self.id}.crm-migration"

    # -- rights --------------------------------------------------------------------

    def _check_operator(self, kind=None):
        """Refuse who may not do this step in this project's company."""
        self.check_access("write")
        self._check_unsigned(kind)
        group = "crm_migration.group_crm_migration_manager"
        if kind not in USER_RUNS and not self.env.user.has_group(group):
            if not self.env.su:
                raise AccessError(
                    self.env._(
                        "Only a migration manager may do this: it changes business "
                        "records."
                    )
                )
