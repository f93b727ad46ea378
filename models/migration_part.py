from odoo import api, models
from odoo.exceptions import AccessError


class MigrationPart(models.AbstractModel):
    """What belongs to a project stays there.

    Record rules are looked at before a write, not after it: a row could be moved to a
    project of another company.
    """

    _name = "migration.part"
    _description = "Part of a Migration Project"

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse to add to what is signed off; the engines, as superuser, may."""
        records = super().create(vals_list)
        records._check_part_unsigned()
        return records

    def unlink(self):
        """Refuse to take from what is signed off."""
        self._check_part_unsigned()
        return super().unlink()

    def _check_part_unsigned(self):
        if not self.env.su and "project_id" in self._fields:
            self.project_id._check_unsigned("write")

    def write(self, vals):
        """Refuse to move a row; the engines, as superuser, never do."""
        self._check_part_unsigned()
        if not self.env.su and "project_id" in self._fields:
            self.project_id._check_unfollowed()
        moved = {"project_id", "object_id", "company_id"} & set(vals)
        if moved and not self.env.su:
            raise AccessError(
                self.env._("A row of a migration project cannot be moved to another.")
            )
        return super().write(vals)
