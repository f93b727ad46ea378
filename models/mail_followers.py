from odoo import models

from ..engine.quiet import QUIET_KEY


class MailFollowers(models.Model):
    _inherit = "mail.followers"

    def _insert_followers(self, *args, **kwargs):
        """Subscribe nobody to migrated records.

        Odoo subscribes whom an activity is assigned to, who creates a task and who
        attends a meeting, whatever the context says.
        """
        if self.env.context.get(QUIET_KEY):
            return None
        return super()._insert_followers(*args, **kwargs)
