from odoo import models

from ..engine.quiet import QUIET_KEY


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "migration.marked"]

    def _fields_sync(self, values):
        """Carry nothing from a company to its contacts, nor the other way.

        Odoo would replace the address of somebody who gets a company, or give the
        company theirs. What contacts share is told in values, see
        ``engine/targets/company.py``.
        """
        if self.env.context.get(QUIET_KEY):
            return None
        return super()._fields_sync(values)
