from odoo import models

from ..engine.quiet import QUIET_KEY


class IrCron(models.Model):
    _inherit = "ir.cron"

    def _trigger_list(self, at_list):
        """Wake no scheduled action of another addon for migrated records.

        Lead enrichment, for one, is woken by every lead that comes into being.
        """
        if self.env.context.get(QUIET_KEY):
            return self.env["ir.cron.trigger"]
        return super()._trigger_list(at_list)
