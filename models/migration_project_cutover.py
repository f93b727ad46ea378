from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine.stage.frozen import CHANGES

#: The runs of a cut-over: everything once more, what is gone, whether the source
#: stands still, and a complete read-back.
CUT_OVER = ("stage", "drift", "load", "gone", "frozen", "verify")


#: What may still be done with a project that is signed off.
_WHEN_SIGNED = (None, "rollback", "verify")
#: What only the steps themselves write.
_OF_THE_STEPS = {
    *("cutover_on", "cutover_changes"),
    *("signed_off_by", "signed_off_on", "signed_off_note"),
}


class MigrationProject(models.Model):
    """The end of a migration: the last changes, the proof, the signature."""

    _inherit = "migration.project"

    cutover_on = fields.Datetime(
        "Cut Over On",
        readonly=True,
        copy=False,
        help="When the last complete pull was loaded and read back.",
    )
    cutover_changes = fields.Integer(
        "Changes after the Last Pull",
        readonly=True,
        copy=False,
        help="What the source still changed while it should have stood still.",
    )
    signed_off_by = fields.Many2one("res.users", readonly=True, copy=False)
    signed_off_on = fields.Datetime(readonly=True, copy=False)
    signed_off_note = fields.Text("Note", readonly=True, copy=False)

    def write(self, vals):
        """What is signed stays as it is, but for its name and place."""
        if not self.env.su and set(vals) - {"name", "active"} - self._of_the_steps():
            self._check_unsigned("write")
        return super().write(vals)

    @api.model
    def _of_the_steps(self):
        return super()._of_the_steps() | _OF_THE_STEPS

    def action_open_cutover(self):
        """Open the checklist of the cut-over."""
        self.ensure_one()
        wizard = self.env["migration.cutover.wizard"].create({"project_id": self.id})
        return self._dialog(
            "migration.cutover.wizard", self.env._("Cut Over"), wizard.id
        )

    def action_cutover(self, background=True):
        """Pick up the last changes, compare all ids, and prove the end.

        The source has to stand still from now on. Only asked for, never written to.
        """
        self.ensure_one()
        self._check_operator("follow")
        self._check_can_follow()
        self.sudo().write({"cutover_on": False, "cutover_changes": 0})
        return self._start(CUT_OVER, background, is_pickup=True, is_cutover=True)

    def _after_cutover(self):
        """The window is closed: nothing is picked up any more."""
        last = self.run_ids.filtered(
            lambda run: run.kind == "frozen" and run.state == "done"
        ).sorted("id")[-1:]
        changes = sum((last.stats or {}).get(word, 0) for word in CHANGES)
        vals = {"cutover_on": fields.Datetime.now(), "cutover_changes": changes}
        self.sudo().write(vals)
        if not changes:
            self._stop_following()

    def action_sign_off(self, note=""):
        """Sign the migration: from now on it can only be read, or rolled back.

        :param note: why it is signed although something is left; needed in that case
        :raise UserError: with what has to be done before
        """
        self.ensure_one()
        self._check_operator("follow")
        checks = self._cutover_checks()
        blocked = [check for check in checks if check["state"] == "blocked"]
        if blocked:
            raise UserError("\n".join(check["advice"] for check in blocked))
        left = [check["name"] for check in checks if check["state"] == "left"]
        if left and not (note or "").strip():
            raise UserError(
                self.env._(
                    "Something is left: %s. Write into the note why that is right.",
                    ", ".join(left),
                )
            )
        self._stop_following()
        self.sudo().write(
            {
                "state": "signed_off",
                "signed_off_by": self.env.uid,
                "signed_off_on": fields.Datetime.now(),
                "signed_off_note": note,
            }
        )
        message = self.env._("Signed off. %s", note or "")
        rows = [{"operation": "decide", "message": message.strip()}]
        self.env["migration.log"]._record(self, self.env["migration.run"], rows)
        return True

    # -- the checklist -----------------------------------------------------------------

    def _cutover_checks(self):
        """Return what stands between here and the signature.

        :return: list of dicts with ``key``, ``name``, ``state`` (``done``, ``left`` or
            ``blocked``), ``count`` and ``advice``; what is ``left`` may be signed with
            a note, what is ``blocked`` may not
        """
        self.ensure_one()
        return [
            self._check_pulled(),
            self._check_frozen(),
            self._check_books(),
            *self._check_leftovers(),
        ]

    def _check_pulled(self):
        if self.running_id:
            advice = self.env._("%s is at work: wait.", self.running_id.display_name)
        elif self.follow_error:
            advice = self.env._(
                "The last pull failed: %s Set that right, then run the cut-over again.",
                self.follow_error,
            )
        elif not self.cutover_on:
            advice = self.env._(
                "Ask everybody to stop working at the source, then run the cut-over."
            )
        else:
            advice = ""
        name = self.env._("Last changes and all ids pulled")
        return _check("pulled", name, "blocked" if advice else "done", 0, advice)

    def _check_frozen(self):
        name = self.env._("Source stands still")
        if not self.cutover_on:
            advice = self.env._("Looked at by the cut-over.")
            return _check("frozen", name, "blocked", 0, advice)
        if self.cutover_changes or (self.transport != "live" and self._has_news()):
            advice = self.env._(
                "Somebody still works at the source: take away their access or make "
                "it read-only, then run the cut-over again."
            )
            return _check("frozen", name, "blocked", self.cutover_changes, advice)
        return _check("frozen", name, "done", 0, "")

    def _check_books(self):
        name = self.env._("Books balance")
        wrong = self.reconciliation_line_ids.filtered(lambda li: not li.is_balanced)
        if self.is_balanced:
            return _check("books", name, "done", 0, "")
        advice = self.env._(
            "Open the reconciliation, look at the lines that do not balance, then "
            "verify again."
        )
        return _check("books", name, "blocked", len(wrong), advice)

    def _check_leftovers(self):
        """What may be left, if somebody says why."""
        pending = sum(self.object_ids.mapped("pending_count"))
        late = len(self.mapping_line_ids.filtered("is_late"))
        rows = [
            (
                "pending",
                self.env._("Records not loaded yet"),
                pending,
                self.env._("Confirm the map of new objects, then pick up once more."),
            ),
            (
                "conflicts",
                self.env._("Conflicts to decide"),
                self.conflict_count,
                self.env._("Decide them: take the source, keep Odoo, or an own value."),
            ),
            (
                "failed",
                self.env._("Failed records"),
                self.failed_count,
                self.env._("Read their reasons, correct the source, pick up again."),
            ),
            (
                "owners",
                self.env._("Owners without a user"),
                self.open_owner_count,
                self.env._("Match them on the owner board, or use the fallback user."),
            ),
            (
                "fields",
                self.env._("New fields to confirm"),
                late,
                self.env._("Confirm or drop them on the map, then pick up once more."),
            ),
            (
                "gone",
                self.env._("Deleted at the source, kept in Odoo"),
                self._gone_count(),
                self.env._("Look through them: archive or delete what is not needed."),
            ),
        ]
        return [
            _check(
                key, name, "left" if count else "done", count, advice if count else ""
            )
            for key, name, count, advice in rows
        ]

    def _gone_count(self):
        return self.env["migration.staged.record"].search_count(
            [
                ("project_id", "=", self.id),
                ("gone_fate", "=", "flagged"),
                ("state", "!=", "merged"),
            ]
        )

    def _open_check(self, key):
        """Open what a line of the checklist is about."""
        if key in ("books", "pulled", "frozen"):
            return self.action_open_reconciliation()
        if key == "conflicts":
            return self.action_open_conflicts()
        if key == "failed":
            return self.action_open_failed()
        if key == "owners":
            return self.action_open_owners()
        if key == "fields":
            return self._open("migration_mapping_line_action", [("is_late", "=", True)])
        domain = [("state", "=", "pending")]
        if key == "gone":
            domain = [("gone_fate", "=", "flagged"), ("state", "!=", "merged")]
        return self._open("migration_staged_record_action", domain)

    def _check_unsigned(self, kind=None):
        """What is signed is not changed any more; it can be read back and undone."""
        for project in self:
            if project.state == "signed_off" and kind not in _WHEN_SIGNED:
                raise UserError(
                    self.env._(
                        "“%s” is signed off: it can be read and rolled back only.",
                        project.name,
                    )
                )


def _check(key, name, state, count, advice):
    return {
        "key": key,
        "name": name,
        "state": state,
        "count": count,
        "advice": advice,
    }
