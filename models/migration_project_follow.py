from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_datetime

from ..engine.follow.pickup import PICKUP, PickupReport
from ..engine.quiet import QUIET_CONTEXT, QUIET_KEY

#: Minutes until the next try after one, two, three failures, and more.
BACK_OFF = (5, 15, 60, 240)
#: Hours that a project follows its source unless a person says otherwise.
WINDOW = 48
#: What only the steps themselves write.
_OF_THE_STEPS = {
    "is_following",
    "follow_from",
    "last_pickup",
    "last_pickup_result",
    "next_pickup",
    "follow_failures",
    "follow_error",
    "follow_activity_id",
}


class MigrationProject(models.Model):
    """What goes on after the full run: changes of the source, and people's own."""

    _inherit = "migration.project"

    conflict_ids = fields.One2many("migration.conflict", "project_id")
    conflict_count = fields.Integer(
        "Conflicts",
        compute="_compute_conflict_count",
        help="Fields that source and Odoo both changed, and nobody has decided on.",
    )
    is_following = fields.Boolean(
        "Follows the Source",
        readonly=True,
        copy=False,
        help="Changes of the source are picked up by themselves.",
    )
    follow_from = fields.Datetime("Following Since", readonly=True, copy=False)
    follow_until = fields.Datetime(
        copy=False,
        help="The last pickup is at this moment. Empty: 48 hours from the start.",
    )
    follow_interval = fields.Selection(
        [
            ("15", "Every 15 Minutes"),
            ("60", "Every Hour"),
            ("240", "Every 4 Hours"),
            ("1440", "Every Day"),
        ],
        "Pick Up",
        required=True,
        default="60",
    )
    follow_user_id = fields.Many2one(
        "res.users",
        "Responsible",
        domain="[('share', '=', False)]",
        default=lambda self: self._default_fallback_user_id(),
        help="Gets one activity when the source cannot be followed, until it can.",
    )
    deletion_policy = fields.Selection(
        [
            ("archive", "Archive"),
            ("flag", "Flag Only"),
            ("delete", "Delete if Untouched"),
        ],
        "Deleted at the Source",
        required=True,
        default="archive",
        help="What becomes of a record that the source has deleted since. One that a "
        "person has worked on in Odoo is only flagged; one that others refer to is "
        "archived at most.",
    )
    sweep_hours = fields.Selection(
        [
            ("6", "Every 6 Hours"),
            ("24", "Every Day"),
            ("0", "At Cut-Over Only"),
        ],
        "Complete Pull",
        required=True,
        default="24",
        help="A pull of changes cannot show what was deleted unless the source says "
        "so. A complete pull compares all ids.",
    )
    deletions_seen = fields.Char(
        "Deletions Are Seen", compute="_compute_deletions_seen"
    )
    last_pickup = fields.Datetime(readonly=True, copy=False)
    last_pickup_result = fields.Char("Last Result", readonly=True, copy=False)
    next_pickup = fields.Datetime(readonly=True, copy=False)
    follow_failures = fields.Integer(readonly=True, copy=False)
    follow_error = fields.Text(
        readonly=True, copy=False, help="Why the source cannot be followed now."
    )
    follow_activity_id = fields.Many2one(
        "mail.activity", readonly=True, copy=False, ondelete="set null"
    )

    @api.model
    def _of_the_steps(self):
        return super()._of_the_steps() | _OF_THE_STEPS

    def write(self, vals):
        """What a followed project does to business records is a manager's matter."""
        if not self.env.su and set(vals) - {"name", "active"}:
            self._check_unfollowed()
        return super().write(vals)

    def _check_unfollowed(self):
        """A changed map, rule or export of a followed project is loaded by itself."""
        group = "crm_migration.group_crm_migration_manager"
        followed = self.sudo().filtered("is_following")
        if followed and not self.env.su and not self.env.user.has_group(group):
            raise AccessError(
                self.env._(
                    "“%s” follows its source: what is changed here reaches business "
                    "records by itself. Only a migration manager may do that.",
                    followed[0].name,
                )
            )

    @api.depends("conflict_ids.state")
    def _compute_conflict_count(self):
        counts = self._count_by_project("migration.conflict", [("state", "=", "open")])
        for project in self:
            project.conflict_count = counts.get(project._origin, 0)

    @api.depends("transport", "connection_ids.profile", "sweep_hours", "object_ids")
    def _compute_deletions_seen(self):
        for project in self:
            project.deletions_seen = project._deletions_seen()

    def _deletions_seen(self):
        """Say in a sentence how far the source shows what it has deleted."""
        if self.transport != "live":
            return self.env._("With each export: it holds everything that is left.")
        profile = self._connection()._read_profile()
        known = profile.get("objects") or {}
        silent = [
            obj.label
            for obj in self.object_ids
            if obj.target and not (known.get(obj.name) or {}).get("deleted_at")
        ]
        if not silent:
            return self.env._("At once: the source marks what was deleted.")
        hours = int(self.sweep_hours)
        when = (
            self.env._("every %s hours", hours) if hours else self.env._("at cut-over")
        )
        names = ", ".join(silent)
        if len(silent) == len(self.object_ids.filtered("target")):
            names = self.env._("everything")
        return self.env._(
            "By complete pulls only, %(when)s: %(names)s. The source does not say what "
            "was deleted there.",
            when=when,
            names=names,
        )

    def _is_sweep_due(self):
        """Return whether it is time for a complete pull of a live source."""
        hours = int(self.sweep_hours)
        if self.transport != "live" or not hours:
            return False
        whole = self.run_ids.filtered(
            lambda run: run.kind == "stage"
            and run.state == "done"
            and not run.is_incremental
        )
        last = max(whole.mapped("date_started"), default=None)
        return not last or last <= fields.Datetime.now() - timedelta(hours=hours)

    def action_open_conflicts(self):
        """Open the decision list."""
        return self._open("migration_conflict_action", search_default_open=1)

    # -- following ---------------------------------------------------------------

    def action_follow(self):
        """Pick up what changes at the source by itself, from now to the end given.

        Of a live source changes are asked for; of uploaded files each new export is
        compared with what is staged.
        """
        self.ensure_one()
        self._check_operator("follow")
        self._check_can_follow()
        now = fields.Datetime.now()
        if not self.follow_until or self.follow_until <= now:
            self.follow_until = now + timedelta(hours=WINDOW)
        self.sudo().write(
            {
                "is_following": True,
                "follow_from": now,
                "next_pickup": now,
                "follow_failures": 0,
                "follow_error": False,
            }
        )
        self._wake_follower(now)
        return self._notify(self._says_following(), "success")

    def action_stop_following(self):
        """Leave the source alone; what was picked up stays.

        A pickup that is at work stops after its present batch, and can be resumed. A
        cut-over is no part of the following: it goes on.
        """
        self.ensure_one()
        self._check_operator("follow")
        self._stop_following()
        run = self.running_id
        text = self.env._("The source is followed no longer. What was picked up stays.")
        if run.is_cutover:
            text += " " + self.env._("The cut-over that is at work goes on.")
        elif run.is_pickup:
            self.action_cancel()
            text += " " + self.env._(
                "The pickup that is at work stops after its present batch: Resume "
                "brings it to its end."
            )
        return self._notify(text, "warning" if run.is_pickup else "success")

    def action_pickup(self, background=True):
        """Pick up now what has changed at the source, and load it.

        :raise UserError: of uploaded files, when there is no newer export
        """
        self.ensure_one()
        self._check_operator("follow")
        self._check_can_follow()
        if not self._has_news():
            raise UserError(self.env._("Upload a newer export first."))
        return self._begin_pickup(background)

    def _check_can_follow(self):
        if not self.loaded_count:
            raise UserError(
                self.env._("Nothing is loaded yet: start with the full run.")
            )
        if self.transport == "live":
            self._connection()._check_usable()
        elif not self.file_ids:
            raise UserError(self.env._("Upload the export first."))

    def _has_news(self):
        """Return whether there is anything to look at: files tell by their upload."""
        if self.transport == "live":
            return True
        staged = self.run_ids.filtered(
            lambda run: run.kind == "stage" and run.state == "done"
        )[:1]
        return not staged or any(
            file.write_date > staged.date_started for file in self.file_ids
        )

    def _begin_pickup(self, background, **vals):
        """Queue the runs of a pickup, see :data:`~..engine.pickup.PICKUP`."""
        vals = {"is_incremental": self.transport == "live"} | vals
        return self._start(PICKUP, background, is_pickup=True, is_light=True, **vals)

    def _stop_following(self):
        self.sudo().write({"is_following": False, "next_pickup": False})

    def _wake_follower(self, moment):
        cron = self.env.ref("crm_migration.ir_cron_migration_follow").sudo()
        # the quiet context of a run wakes no scheduled action; this one is meant
        cron.with_context(**{QUIET_KEY: False})._trigger(at=moment)

    # -- words -------------------------------------------------------------------

    @api.depends(
        "is_following",
        "follow_until",
        "follow_interval",
        "next_pickup",
        "conflict_count",
        "cutover_on",
        "cutover_changes",
    )
    @api.depends_context("uid", "lang", "tz")
    def _compute_next_step(self):
        return super()._compute_next_step()

    def _next_step(self):
        """After the full run: until when it is followed, and that it is cut over."""
        step = super()._next_step()
        if self.state not in ("loaded", "verified") or self.running_id:
            return step
        is_sound = self.state == "verified" and self.is_balanced
        if is_sound and not self.failed_count:
            step = ""
        parts = [step]
        if self.conflict_count:
            parts.append(self.env._("Conflicts to decide: %s.", self.conflict_count))
        if self.is_following:
            parts.append(self._says_following())
        elif is_sound:
            parts.append(self._says_cutover())
        return " ".join(filter(None, parts))

    def _says_following(self):
        """Return until when, how often, when next, and what comes after."""
        words = {
            "interval": self._says_interval(),
            "until": self._says_moment(self.follow_until),
            "next": self._says_moment(self.next_pickup or fields.Datetime.now()),
        }
        if self.transport == "live":
            text = self.env._(
                "The source is followed until %(until)s, %(interval)s; next pickup: "
                "%(next)s.",
                **words,
            )
        else:
            text = self.env._(
                "Upload each newer export: what is new or changed in it is loaded "
                "until %(until)s, %(interval)s; next pickup: %(next)s.",
                **words,
            )
        last = self.env._("When nobody works at the source any more, Cut Over.")
        return f"{text} {last}"

    def _says_interval(self):
        return {
            "15": self.env._("every 15 minutes"),
            "60": self.env._("every hour"),
            "240": self.env._("every 4 hours"),
            "1440": self.env._("every day"),
        }[self.follow_interval]

    def _says_moment(self, moment):
        """Return a moment in the reader's time zone and language."""
        if not moment:
            return self.env._("you stop it")
        if moment <= fields.Datetime.now():
            return self.env._("now")
        return format_datetime(self.env, moment, dt_format="short")

    def _says_cutover(self):
        """Return what comes after books that balance."""
        if not self.cutover_on:
            return self.env._(
                "Read the reconciliation. Where people still work at the source, "
                "Follow the Source; else Cut Over comes next."
            )
        if self.cutover_changes:
            return self.env._(
                "Somebody still worked at the source during the cut-over: have that "
                "stopped, then Cut Over once more."
            )
        return self.env._("The cut-over is done: open Cut Over and sign off.")

    # -- the scheduled action ----------------------------------------------------

    @api.model
    def _cron_follow(self):
        """Start the pickups that are due; what goes wrong with one is its own matter.

        A project that is at work is left alone: it is still due the next time.
        """
        now = fields.Datetime.now()
        due = [("is_following", "=", True), ("next_pickup", "<=", now)]
        for project in self.sudo().search(due):
            if project.running_id:
                continue
            try:
                with self.env.cr.savepoint():
                    project._follow_once()
            except Exception as error:
                project._pickup_failed(str(error) or type(error).__name__)

    def _follow_once(self):
        user = self.follow_user_id or self.create_uid
        if self._has_news():
            if self.transport == "live":
                self._connection()._check_usable()
            # taken now, so that a process that dies does not start it twice
            self.next_pickup = self._next_regular()
            vals = {"is_incremental": False} if self._is_sweep_due() else {}
            self._begin_pickup(True, user_id=user.id, **vals)
        else:
            self._plan_next(False)

    def _next_regular(self):
        """Return when the next pickup is due: the last one at the end of the window."""
        regular = fields.Datetime.now() + timedelta(minutes=int(self.follow_interval))
        return min(regular, self.follow_until or regular)

    def _plan_next(self, moment):
        """Write when the next pickup is due; behind the end there is none."""
        if not self.is_following:
            return
        now = fields.Datetime.now()
        if self.follow_until and self.follow_until <= now:
            self._stop_following()
            return
        moment = moment or self._next_regular()
        moment = min(moment, self.follow_until or moment)
        self.sudo().next_pickup = moment
        self._wake_follower(moment)

    # -- what became of a pickup -----------------------------------------------------

    def _after_pickup(self, run):
        """Take note of a run that ended: done, failed, or stopped by a person."""
        if run.state == "failed":
            self._pickup_failed(run.error or "")
        left = self.run_ids.filtered(
            lambda one: one.is_pickup and one.state in ("queued", "running")
        )
        if run.state != "done" or left:
            return
        report = PickupReport(self, run)
        self.sudo().write(
            {
                "last_pickup": fields.Datetime.now(),
                "last_pickup_result": report.text(),
            }
        )
        broken = report.broken()
        if broken:
            self._pickup_failed(broken)
        else:
            self._pickup_worked()
            if run.is_cutover:
                self._after_cutover()

    def _pickup_worked(self):
        project = self.sudo()
        project.write({"follow_failures": 0, "follow_error": False})
        activity = project.follow_activity_id
        if activity.active:
            activity.with_context(**QUIET_CONTEXT).action_done()
        project.follow_activity_id = False
        self._plan_next(False)

    def _pickup_failed(self, error):
        """Try again after a while, tell the responsible once."""
        project = self.sudo()
        project.write(
            {"follow_failures": project.follow_failures + 1, "follow_error": error}
        )
        project._ask_responsible(error)
        wait = BACK_OFF[min(project.follow_failures, len(BACK_OFF)) - 1]
        self._plan_next(fields.Datetime.now() + timedelta(minutes=wait))

    def _ask_responsible(self, error):
        """Make one activity, not one a failure; while it is open it is refreshed."""
        note = Markup("<p>%s</p><p>%s</p>") % (
            error,
            self.env._("It is tried again by itself. The project says when."),
        )
        if self.follow_activity_id.active:
            self.follow_activity_id.note = note
            return
        activities = self.env["mail.activity"].with_context(**QUIET_CONTEXT)
        todo = self.env.ref("mail.mail_activity_data_todo", raise_if_not_found=False)
        self.follow_activity_id = activities.create(
            {
                "activity_type_id": todo.id if todo else False,
                "summary": self.env._("“%s” cannot be followed", self.name),
                "note": note,
                "user_id": (self.follow_user_id or self.create_uid).id,
                "date_deadline": fields.Date.context_today(self),
            }
        )
