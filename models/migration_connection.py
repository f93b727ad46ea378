import base64
import binascii
import json
from datetime import timezone
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import str2bool

from ..connectors.profile.sources import load_preset_profile, profile_choices
from ..connectors.profile.validate import check_profile, complete
from ..connectors.web import WebOptions, open_source
from ..connectors.web.guard import origin_of
from ..connectors.web.session import filled
from ..exceptions import MigrationError, UnsafeAddress

#: System parameter by which the administrator of the server lets sources stand in
#: the own network, and without TLS.
PRIVATE_PARAMETER = "crm_migration.allow_private_addresses"
#: Sources whose mapping preset is named otherwise.
_SOURCES = {"practice_bundle": "the_practice"}


class MigrationConnection(models.Model):
    """How a project reaches its live source: profile, address and credential.

    The profile says how the source speaks; it is data, so that an installation with
    other paths, names or paging needs no code. The credential can be written and
    replaced, never read.
    """

    _name = "migration.connection"
    _inherit = "migration.part"
    _description = "Migration Connection"
    _rec_name = "base_url"

    project_id = fields.Many2one(
        "migration.project", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="project_id.company_id", store=True)
    profile_key = fields.Selection(
        selection=lambda self: profile_choices(),
        string="Dialect",
        help="A profile to start from. What differs at your installation is changed "
        "in the profile itself.",
    )
    base_url = fields.Char("Address", help="For example https://crm.example.com")
    profile = fields.Text(
        required=True,
        help="How the source speaks: paths, names, paging, limits. JSON.",
    )
    profile_file = fields.Binary(
        compute="_compute_profile_file",
        inverse="_inverse_profile_file",
        help="The profile as a file: to keep, to hand on, to bring back.",
    )
    profile_filename = fields.Char(compute="_compute_profile_file")
    auth_type = fields.Char(compute="_compute_auth_type")
    login = fields.Char(
        "User or Client ID", help="Only where the source wants one beside the key."
    )
    secret = fields.Char(
        "Key",
        compute="_compute_secret",
        inverse="_inverse_secret",
        help="Key, token, password or client secret. It can be replaced, never read.",
    )
    has_secret = fields.Boolean("Key Kept", compute="_compute_secret")
    until = fields.Datetime(
        "Only Until",
        help="Records changed later are left out. For sources that always export up "
        "to the present day.",
    )
    tested_on = fields.Datetime("Tested", readonly=True)
    test_status = fields.Selection(
        [
            ("available", "Available"),
            ("unavailable", "Unavailable"),
            ("refused", "Refused"),
            ("error", "Error"),
        ],
        readonly=True,
    )
    test_message = fields.Char(readonly=True)
    is_running = fields.Boolean(compute="_compute_is_running")
    #: not as superuser: a form may be asked what it would show of any project
    project_next_step = fields.Char(related="project_id.next_step", related_sudo=False)
    last_error = fields.Text(related="project_id.last_error", related_sudo=False)
    endpoint_ids = fields.One2many("migration.endpoint", "connection_id")

    _project_uniq = models.UniqueIndex("(project_id)", "A project has one connection.")

    @api.depends("project_id.run_ids.state")
    def _compute_is_running(self):
        for connection in self:
            connection.is_running = bool(connection.project_id.running_id)

    @api.depends("profile", "profile_key")
    def _compute_profile_file(self):
        for connection in self:
            text = connection.profile or ""
            connection.profile_file = base64.b64encode(text.encode()) if text else False
            connection.profile_filename = f"{connection.profile_key or 'profile'}.json"

    def _inverse_profile_file(self):
        for connection in self:
            if connection.profile_file:
                try:
                    content = base64.b64decode(connection.profile_file)
                    connection.profile = content.decode("utf-8-sig")
                except (UnicodeDecodeError, binascii.Error) as error:
                    raise UserError(
                        self.env._("The profile is no text in UTF-8.")
                    ) from error

    @api.depends("profile")
    def _compute_auth_type(self):
        for connection in self:
            connection.auth_type = connection._read_profile()["auth"].get("type", "")

    def _compute_secret(self):
        """Nothing to show: the value has no way back."""
        kept = (
            self.env["migration.secret"]
            .sudo()
            .search_fetch(
                [("connection_id", "in", self._origin.ids)], ["connection_id"]
            )
        )
        for connection in self:
            connection.secret = False
            connection.has_secret = connection._origin in kept.connection_id

    def _inverse_secret(self):
        for connection in self:
            if connection.secret:
                self.env["migration.secret"]._keep(connection, connection.secret)
        self._secret_changed()

    def _secret_changed(self):
        """Let be computed anew what depends on whether there is a key."""
        self.invalidate_recordset(["secret", "has_secret"])
        self.modified(["has_secret"])

    def _forget_secret(self):
        kept = [("connection_id", "in", self.ids)]
        self.env["migration.secret"].sudo().search(kept).unlink()
        self._secret_changed()

    def action_forget_secret(self):
        """Delete the key; the next pull asks for another."""
        self.check_access("write")
        self._forget_secret()
        return True

    @api.onchange("profile_key")
    def _onchange_profile_key(self):
        if self.profile_key:
            is_edited = self._origin.profile and self._origin.profile_key
            preset = load_preset_profile(self.profile_key)
            self.profile = json.dumps(preset, indent=2, ensure_ascii=False)
            if is_edited:
                return {
                    "warning": {
                        "title": self.env._("Another dialect"),
                        "message": self.env._(
                            "The profile is replaced by that of the dialect. Take it "
                            "out as a file first if you changed it; discard keeps it."
                        ),
                    }
                }
        return None

    @api.constrains("profile", "base_url")
    def _check_profile(self):
        for connection in self:
            is_open = connection._is_private_allowed()
            problems = check_profile(connection.profile or "", allow_http=is_open)
            problems += connection._address_problems(is_open)
            if problems:
                raise ValidationError("\n".join(problems))

    def _address_problems(self, is_open):
        """Return what is wrong with the address, as far as its text tells."""
        if not self.base_url:
            return []
        try:
            url = urlsplit(self.base_url)
            is_address = bool(url.hostname and (url.port or True))
        except ValueError:
            is_address = False
        if not is_address or url.scheme not in ("https", "http")[: 1 + is_open]:
            return [self.env._("The address must begin with https:// and name a host.")]
        if url.username or url.password:
            return [self.env._("The address must not hold a password.")]
        return []

    @api.model_create_multi
    def create(self, vals_list):
        """Fill the profile from its preset, so that scripts need not."""
        for vals in vals_list:
            if vals.get("profile_key") and not vals.get("profile"):
                preset = load_preset_profile(vals["profile_key"])
                vals["profile"] = json.dumps(preset, indent=2, ensure_ascii=False)
        return super().create(vals_list)

    @api.model
    def _create_for(self, project):
        """Create the project's connection with the first dialect of its source."""
        for key, _label in profile_choices():
            if load_preset_profile(key).get("source") == _SOURCES.get(
                project.preset, project.preset
            ):
                return self.create({"project_id": project.id, "profile_key": key})
        raise UserError(self.env._("This source has no dialect: upload its files."))

    def write(self, vals):
        """A key goes nowhere but where it was meant for: a new goal needs a new key."""
        goals = {connection: connection._goal() for connection in self}
        if {"base_url", "profile", "profile_file", "profile_key"} & set(vals):
            self._check_idle()
        result = super().write(vals)
        if {"base_url", "profile", "profile_file"} & set(vals):
            for connection, goal in goals.items():
                if connection._goal() != goal and not vals.get("secret"):
                    connection._forget_secret()
        return result

    def _check_idle(self):
        """A pull that is under way goes on in the paging it began with."""
        for connection in self:
            run = connection.project_id.running_id
            if run and not self.env.su:
                raise UserError(
                    self.env._(
                        "%s is at work with this connection: cancel it first.",
                        run.display_name,
                    )
                )

    def _goal(self):
        """Return where the key is sent, and how."""
        profile = self._read_profile()
        names = ("auth", "allowed_hosts", "tls", "discovery_url")
        try:
            # as it is called, with what stands for version and namespace in it
            origin = origin_of(filled(profile["base_url"], profile))
        except UnsafeAddress:
            origin = profile["base_url"]
        return origin, json.dumps([profile.get(name) for name in names], sort_keys=True)

    def _read_profile(self):
        """Return the complete profile; an unreadable one is refused elsewhere."""
        try:
            given = json.loads(self.profile or "{}")
            profile = complete(given) if isinstance(given, dict) else {}
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
            profile = {}
        profile.setdefault("auth", {})
        profile["base_url"] = self.base_url or profile.get("base_url") or ""
        return profile

    # -- opening ---------------------------------------------------------------------

    def _is_private_allowed(self):
        value = self.env["ir.config_parameter"].sudo().get_param(PRIVATE_PARAMETER)
        return str2bool(value or "", False)

    def _secrets(self):
        """Return the credential under the names the connectors look for."""
        kept = [("connection_id", "=", self.id)]
        value = self.env["migration.secret"].sudo().search(kept, limit=1).value or ""
        return {
            "basic": {"username": self.login or "", "password": value},
            "oauth2_client_credentials": {
                "client_id": self.login or "",
                "client_secret": value,
            },
        }.get(self.auth_type, {"api_key": value, "token": value})

    def _web_options(self):
        until = self.until and self.until.replace(tzinfo=timezone.utc)
        return WebOptions(
            allow_private=self._is_private_allowed(),
            contact=self.company_id.email or "",
            until=until or None,
        )

    def _open_source(self, is_complete=False):
        """Open the live source (see ``connectors.base``).

        Objects that are switched off under Connection are only read by a test.
        """
        self._check_usable()
        profile = self._read_profile()
        off = self.endpoint_ids.filtered(
            lambda endpoint: not endpoint.is_active and not is_complete
        )
        for name in off.mapped("name"):
            if name in profile["objects"]:
                # known all the same: others are asked for by its ids
                profile["objects"][name]["active"] = False
        try:
            return open_source(profile, self._secrets(), self._web_options())
        except MigrationError as error:
            raise UserError(str(error)) from error

    def _is_usable(self):
        """Return whether address and key are there."""
        needs_key = self.auth_type not in ("", "none")
        return bool(
            self
            and self._read_profile()["base_url"]
            and (self.has_secret or not needs_key)
        )

    def _check_usable(self):
        if not self:
            raise UserError(self.env._("Connect the source first."))
        if not self._read_profile()["base_url"]:
            raise UserError(self.env._("Enter the address of the source."))
        if not self.has_secret and self.auth_type not in ("", "none"):
            raise UserError(self.env._("Enter the key of the source."))

    def _next_step(self):
        """Say in one sentence what a person does next about the connection."""
        if not self._is_usable():
            return self.env._(
                "Connect the source: choose its dialect, enter address and key."
            )
        if not self.tested_on:
            return self.env._("Test the connection: one page of each object is read.")
        return self.env._(
            "Stage the source: it is read and checked, Odoo is unchanged."
        )

    def action_open_project(self):
        """Go back to the project."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "migration.project",
            "res_id": self.project_id.id,
            "views": [(False, "form")],
        }

    def _adopt_style(self, endpoint):
        """Make the proposed paging of one object explicit in the profile."""
        profile = json.loads(self.profile)
        spec = profile.setdefault("objects", {}).setdefault(endpoint.name, {})
        spec["pagination"] = spec.get("pagination", {}) | endpoint.proposal
        self.profile = json.dumps(profile, indent=2, ensure_ascii=False)
        endpoint.sudo().write({"proposal": False, "proposed_style": False})

    # -- testing ---------------------------------------------------------------------

    def action_test(self, background=True):
        """Check the credential and read one page of each object."""
        self.ensure_one()
        self._check_usable()
        self.project_id._check_operator("discover")
        return self.project_id._start(["discover"], background)
