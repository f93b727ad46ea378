from odoo import models

from ..engine.quiet import QUIET_KEY


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "migration.marked"]

    def _pls_get_safe_start_date(self):
        """Keep predictive lead scoring untouched by migrated won and lost deals.

        Without a start date Odoo counts nothing, and deleting a lead never takes
        its counts back: a quiet load must therefore not count in the first place.
        """
        if self.env.context.get(QUIET_KEY):
            return False
        return super()._pls_get_safe_start_date()

    def log_meeting(self, meeting):
        """Post nothing about a migrated meeting: it is in the calendar already."""
        if self.env.context.get(QUIET_KEY):
            return self.env["mail.message"]
        return super().log_meeting(meeting)

    def _inverse_email_from(self):
        """Leave the contact its own e-mail: a migrated lead may have another one."""
        if self.env.context.get(QUIET_KEY):
            return None
        return super()._inverse_email_from()

    def _inverse_phone(self):
        """Leave the contact its own phone, see :meth:`_inverse_email_from`."""
        if self.env.context.get(QUIET_KEY):
            return None
        return super()._inverse_phone()
