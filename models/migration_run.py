import logging
import time
from datetime import timedelta, timezone

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_datetime

from ..engine import engine_class
from ..engine.base import CONFLICTS
from ..engine.edits import note_edits
from ..engine.quiet import QUIET_CONTEXT, QUIET_KEY, RUN_KEY
from ..engine.undo.scope import WRITING
from ..exceptions import MigrationError, SourcePaused

_logger = logging.getLogger(__name__)

#: Attempts at one batch when another transaction is in the way.
CONFLICT_ATTEMPTS = 5
#: Seconds that a scheduled action works at least before it lets others in. Each new
#: start of an engine costs: a file is read again up to where it was.
CRON_SLICE = 60
#: First key of the advisory lock that lets one process work on a project.
LOCK_CLASS = 0x43524D


class MigrationRun(models.Model):
    """One run of one engine: its progress, its counters, how it ended."""

    _name = "migration.run"
    _inherit = "migration.part"
    _description = "Migration Run"
    _order = "id desc"

    project_id = fields.Many2one(
        "migration.project", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="project_id.company_id", store=True)
    kind = fields.Selection(
        [
            ("discover", "Test and Discover"),
            ("stage", "Stage"),
            ("profile", "Profile"),
            ("drift", "New Fields"),
            ("sample", "Sample Run"),
            ("load", "Full Run"),
            ("decide", "Decisions"),
            ("gone", "Deletions"),
            ("frozen", "Frozen-Source Check"),
            ("owners", "Apply Owners"),
            ("verify", "Verify"),
            ("rollback", "Rollback"),
        ],
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [
            ("queued", "Queued"),
            ("running", "Running"),
            ("done", "Done"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="queued",
        readonly=True,
    )
    user_id = fields.Many2one(
        "res.users", required=True, readonly=True, default=lambda self: self.env.user
    )
    is_incremental = fields.Boolean(
        "Changes Only",
        readonly=True,
        help="Asks the source for what changed since the last complete pull.",
    )
    is_pickup = fields.Boolean(
        "Pickup", readonly=True, help="One of the runs by which changes are followed."
    )
    is_cutover = fields.Boolean(
        "Cut-Over", readonly=True, help="One of the runs that end a migration."
    )
    is_light = fields.Boolean(
        readonly=True, help="Reads back only what was written since the last time."
    )
    begun_with_id = fields.Many2one(
        "migration.run",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        help="The first of the runs that were started together.",
    )
    scope_label = fields.Char("Scope", readonly=True, help="What a rollback was of.")
    can_roll_back = fields.Boolean(compute="_compute_can_roll_back")
    paused_until = fields.Datetime(
        readonly=True, help="The source wants to be left alone until then."
    )
    date_started = fields.Datetime(readonly=True)
    date_done = fields.Datetime(readonly=True)
    total = fields.Integer(readonly=True, aggregator=None)
    processed = fields.Integer(readonly=True, aggregator=None)
    progress = fields.Float(
        compute="_compute_progress", help="Share of the records handled, in percent."
    )
    remaining_time = fields.Char(compute="_compute_progress")
    cursor = fields.Json(readonly=True, help="Where the engine goes on.")
    stats = fields.Json(readonly=True, help="Counters of the engine.")
    summary = fields.Char(compute="_compute_summary")
    error = fields.Text(readonly=True)

    @api.depends("total", "processed", "state", "date_started", "paused_until")
    def _compute_progress(self):
        now = fields.Datetime.now()
        for run in self:
            share = run.processed / run.total if run.total else 0.0
            run.progress = 100.0 if run.state == "done" else min(99.0, share * 100)
            run.remaining_time = ""
            is_at_work = run.state == "running" and not run.paused_until
            if is_at_work and run.processed and run.date_started:
                spent = (now - run.date_started).total_seconds()
                left = spent / run.processed * max(run.total - run.processed, 0)
                run.remaining_time = self.env._("about %s min", int(left // 60) + 1)

    def _counter_labels(self):
        """Return how people call the counters of the engines."""
        buckets = self.env["migration.staged.record"]._fields["state"]
        shown = buckets._description_selection(self.env)
        return {name: label.lower() for name, label in shown} | {
            "new": self.env._("new"),
            "same": self.env._("the same"),
            "changed": self.env._("changed"),
            "deleted": self.env._("deleted"),
            "repeated": self.env._("repeated"),
            "listed_again": self.env._("listed again"),
            "given": self.env._("given to another user"),
            "kept": self.env._("kept"),
            "archived": self.env._("archived"),
            "flagged": self.env._("flagged"),
            "revived": self.env._("there again"),
        }

    @api.depends("stats")
    def _compute_summary(self):
        names = self._counter_labels()
        for run in self:
            run.summary = ", ".join(
                f"{names.get(name, name)}: {number}"
                for name, number in (run.stats or {}).items()
                if isinstance(number, int) and ":" not in name
            )

    @api.depends("kind", "state", "project_id.state")
    def _compute_can_roll_back(self):
        for run in self:
            run.can_roll_back = (
                run.kind in WRITING
                and run.state not in ("queued", "running")
                and bool(run.date_started)
                and run.project_id.state != "rolled_back"
            )

    @api.depends("kind", "date_started")
    @api.depends_context("lang", "tz", "with_date")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for run in self:
            name = f"{kinds.get(run.kind, run.kind)} #{run.id}"
            if run.date_started and self.env.context.get("with_date"):
                moment = format_datetime(self.env, run.date_started, dt_format="short")
                name = f"{name} ({moment})"
            run.display_name = name

    # -- driving -------------------------------------------------------------------

    def _quiet(self):
        """The run in the environment that its engine works in."""
        company = self.project_id.company_id
        context = QUIET_CONTEXT | {RUN_KEY: self.id}
        return self.sudo().with_company(company).with_context(**context)

    def _drive(self):
        """Work on this run until it ends or the time of the scheduled action is up.

        :return: True when the caller may go on with another run, False when its time
            is up
        """
        self.ensure_one()
        run = self._quiet()
        if run._is_paused() or run._has_elder() or not run._try_begin():
            return True
        transaction = run.env.transaction
        usual = transaction.default_env
        # a savepoint lets Odoo count fields anew in this environment: as quietly as we
        # write, and signed by the robot, not by who pressed the button
        transaction.default_env = run.with_user(SUPERUSER_ID).env
        try:
            return run._work_through()
        except Exception:
            # on an aborted transaction the lock could not be given back
            run.env.cr.rollback()
            raise
        finally:
            transaction.default_env = usual
            run._leave()

    def _work_through(self):
        """Do batch after batch, each with its own commit."""
        deadline = time.monotonic() + CRON_SLICE
        engine = engine_class(self.kind)(self)
        conflicts = 0
        try:
            while self.state in ("queued", "running") and not self._is_paused():
                try:
                    handled = self._step(engine)
                except CONFLICTS:
                    conflicts += 1
                    if conflicts >= CONFLICT_ATTEMPTS:
                        self._end("failed", self.env._("The database stayed too busy."))
                        self._checkpoint(0)
                        return True
                    time.sleep(0.1 * conflicts)
                    self._restart_transaction()
                    engine.close()
                    engine = engine_class(self.kind)(self)
                    continue
                conflicts = 0
                if not self._checkpoint(handled) and time.monotonic() > deadline:
                    return False
        finally:
            engine.close()
        return True

    def _has_elder(self):
        """Return whether an earlier step of the project, a paused one, is not done."""
        elder = [
            ("project_id", "=", self.project_id.id),
            ("state", "in", ("queued", "running")),
            ("id", "<", self.id),
        ]
        return bool(self.search_count(elder, limit=1))

    def _is_paused(self):
        """Return whether the source wants to be left alone for now."""
        return bool(self.paused_until) and self.paused_until > fields.Datetime.now()

    def _pause(self, pause):
        """Leave the source alone until the moment it gave, then go on by itself."""
        until = pause.until.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0)
        until = max(until, fields.Datetime.now() + timedelta(seconds=1))
        self.write({"paused_until": until, "error": str(pause)})
        worker = self.env.ref("crm_migration.ir_cron_migration_work")
        # the quiet context of a run wakes no scheduled action; this one is meant
        worker.with_context(**{QUIET_KEY: False})._trigger(at=until)

    def _try_begin(self):
        """Take the project for this process, over all its commits.

        One run of a project works at a time. The lock belongs to the connection: if
        the process dies, PostgreSQL gives it back.
        """
        taken = self.env.execute_query(
            SQL("SELECT pg_try_advisory_lock(%s, %s)", LOCK_CLASS, self.project_id.id)
        )[0][0]
        if taken:
            self.invalidate_recordset()
            if self.state in ("queued", "running"):
                if self.paused_until:
                    self.write({"paused_until": False, "error": False})
                return True
            self._leave()
        return False

    def _leave(self):
        self.env.execute_query(
            SQL("SELECT pg_advisory_unlock(%s, %s)", LOCK_CLASS, self.project_id.id)
        )

    def _step(self, engine):
        """Do one batch in a savepoint and return the number of records handled."""
        if self.project_id.is_cancel_requested:
            self.project_id.is_cancel_requested = False
            self._end(
                "cancelled", self.env._("Cancelled; it goes on where it stopped.")
            )
            return 0
        try:
            with self.env.cr.savepoint():
                # compiling the queries of the books takes longer than they do
                self.env.cr.execute("SET LOCAL jit = off")
                if self.state == "queued":
                    self.write(
                        {"state": "running", "date_started": fields.Datetime.now()}
                    )
                    if engine.rewrites:
                        note_edits(self.project_id)
                    self.total = engine.prepare()
                    return 0
                handled = engine.advance()
                if not handled and self._is_paused():
                    return 0
                if not handled:
                    engine.finish()
                    self._end("done")
        except CONFLICTS:
            raise
        except SourcePaused as pause:
            self._pause(pause)
            return 0
        except (MigrationError, UserError) as error:
            self._end("failed", str(error))
            return 0
        except Exception as error:
            _logger.exception("migration run %s failed", self.id)
            self._end("failed", f"{type(error).__name__}: {error}")
            return 0
        self.processed += handled
        return handled

    def _end(self, state, error=False):
        ended = {"date_done": fields.Datetime.now(), "paused_until": False}
        self.write({"state": state, "error": error, **ended})
        if state != "done":
            # the steps that were to follow have nothing to stand on
            self.project_id.run_ids._give_up()
        if self.is_pickup:
            self.project_id._after_pickup(self)

    def _checkpoint(self, handled):
        """Commit the batch and tell the scheduled action how much is left."""
        remaining = max(self.total - self.processed, 0)
        if self.state in ("queued", "running"):
            remaining = max(remaining, 1)
        return self.env["ir.cron"]._commit_progress(handled, remaining=remaining)

    def _restart_transaction(self):
        """Give up this transaction's view of the data after a conflict."""
        self.env.cr.rollback()
        self.env.invalidate_all()

    @api.model
    def _cron_work(self):
        """Work off queued runs, oldest first; one that another process has is left."""
        open_runs = [
            ("state", "in", ("queued", "running")),
            "|",
            ("paused_until", "=", False),
            ("paused_until", "<=", fields.Datetime.now()),
        ]
        seen = set()
        while run := self.sudo().search(
            [*open_runs, ("id", "not in", list(seen))], order="id", limit=1
        ):
            seen.add(run.id)
            if not run._drive():
                return

    def _requeue(self):
        """Make stopped runs work again; they go on at their last batch."""
        for run in self.filtered(lambda run: run.state in ("failed", "cancelled")):
            state = "running" if run.cursor or run.total else "queued"
            run.write({"state": state, "error": False})
        self.filtered("paused_until").write({"paused_until": False, "error": False})

    def _give_up(self):
        """Cancel runs that have not begun."""
        self.filtered(lambda run: run.state == "queued").write({"state": "cancelled"})

    def _together(self):
        """Return the runs that were started together with this one, itself included."""
        self.ensure_one()
        return self | self.search(
            [
                ("project_id", "=", self.project_id.id),
                ("begun_with_id", "!=", False),
                ("begun_with_id", "=", self.begun_with_id.id),
            ]
        )

    def action_open_rollback(self):
        """Plan the rollback of this run and show it before anything happens.

        The runs that were started together with it go with it: the deletions of a
        pickup belong to its load.
        """
        self.ensure_one()
        return self.project_id._open_rollback(
            {"kind": "run", "run_ids": sorted(self._together().ids)}
        )

    def action_resume(self):
        """Go on in the background with runs that failed or were cancelled."""
        for run in self:
            run.project_id._check_operator(run.kind)
        self.sudo()._requeue()
        self.project_id._wake_workers()
        return True
