from odoo import models
from odoo.exceptions import AccessError


class MigrationPart(models.AbstractModel):
    """What belongs to a project stays there.

    Record rules are looked at before a write, not after it: a row could be moved to a
    project of another company.
    """

    _name = "migration.part"
    _description = "Part of a Migration Project"

    def write(self, vals):
        """Refuse to move a row; the engines, as superuser, never do."""
        if not self.env.su and "project_id" in self._fields:
            self.project_id._check_unsigned("write")
            self.project_id._check_unfollowed()
        moved = {"project_id", "object_id", "company_id"} & set(vals)
        if moved and not self.env.su:
            raise AccessError(
                self.env._("A row of a migration project cannot be moved to another.")
            )
        return super().write(vals)
