from odoo import models

from ..engine.quiet import QUIET_KEY


class ResUsers(models.Model):
    _inherit = "res.users"

    def _bus_send(self, notification_type, message, /, *, subchannel=None):
        """Send no message to open browser windows for each migrated record.

        Who gets activities sees them with the next page.
        """
        if self.env.context.get(QUIET_KEY):
            return None
        return super()._bus_send(notification_type, message, subchannel=subchannel)
