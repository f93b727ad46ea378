"""What a migration must not set off, and the count that proves it did not."""

from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)
# pylint: disable=prefer-env-translation  # there is no env where a module is read

QUIET_KEY = "crm_migration_quiet"
#: Context key with the id of the run that is at work.
RUN_KEY = "crm_migration_run_id"

#: Context under which every record of a run is written. Each key switches off one
#: side effect of mail, base or crm (see ``mail.thread`` for the mail keys).
QUIET_CONTEXT = {
    QUIET_KEY: True,
    "tracking_disable": True,
    "mail_create_nosubscribe": True,
    "mail_create_nolog": True,
    "mail_notrack": True,
    "mail_activity_quick_update": True,
    "mail_activity_automation_skip": True,
    "mail_auto_subscribe_no_notify": True,
    # no invitation, no alarm, no contact details added to the text of a meeting
    "no_mail_to_attendees": True,
    "skip_attendee_notification": True,
    "dont_notify": True,
    "skip_contact_description": True,
    # images arrive byte for byte, not resized
    "image_no_postprocess": True,
    # HTML and SVG files of a stranger must never be served as such
    "attachments_mime_plainxml": True,
    # partner addresses are what the source says, not what the parent has; this one
    # is read by create() only, see also models/res_partner.py
    "_partners_skip_fields_sync": True,
    "active_test": False,
}

#: Tables that stand for "somebody was told or subscribed", by the name shown.
SIDE_EFFECTS = {
    "mail.mail": _lt("E-mails"),
    "mail.notification": _lt("Notifications"),
    "mail.followers": _lt("Followers"),
    "mail.activity": _lt("Activities"),
    "crm.lead.scoring.frequency": _lt("Lead scoring counts"),
}


class SideEffectWatch:
    """Counts what one batch made in the tables of :data:`SIDE_EFFECTS`.

    A transaction sees no rows that others add meanwhile: what is above the highest
    id of its beginning is its own.
    """

    def __init__(self, env):
        self.env = env
        self._before = self._look()

    def _look(self):
        marks = {}
        for model in SIDE_EFFECTS:
            table = SQL.identifier(self.env[model]._table)
            what = SQL("COALESCE(max(id), 0)")
            if model == "crm.lead.scoring.frequency":
                what = SQL("COALESCE(sum(won_count + lost_count), 0)")
            marks[model] = self.env.execute_query(SQL("SELECT %s FROM %s", what, table))
        return {model: rows[0][0] for model, rows in marks.items()}

    def made(self):
        """Return ``{model: number}`` of what was made since, zeros included."""
        self.env.flush_all()
        made = {}
        for model, mark in self._before.items():
            if model == "crm.lead.scoring.frequency":
                continue
            made[model] = self.env.execute_query(
                SQL(
                    # what a record of the source became is no side effect
                    "SELECT count(*) FROM %s made WHERE id > %s AND NOT EXISTS"
                    " (SELECT 1 FROM migration_crosswalk link"
                    " WHERE link.res_model = %s AND link.res_id = made.id)",
                    SQL.identifier(self.env[model]._table),
                    mark,
                    model,
                )
            )[0][0]
        scoring = "crm.lead.scoring.frequency"
        made[scoring] = int(abs(self._look()[scoring] - self._before[scoring]))
        return made
