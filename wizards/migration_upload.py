from odoo import fields, models
from odoo.exceptions import UserError


class MigrationUploadWizard(models.TransientModel):
    """Upload the files of an export and stage them in one go."""

    _name = "migration.upload.wizard"
    _description = "Upload an Export"

    project_id = fields.Many2one("migration.project", required=True, readonly=True)
    line_ids = fields.One2many("migration.upload.wizard.line", "wizard_id")
    present_files = fields.Char(compute="_compute_present_files")
    is_following = fields.Boolean(related="project_id.is_following")

    def _compute_present_files(self):
        for wizard in self:
            wizard.present_files = ", ".join(wizard.project_id.file_ids.mapped("name"))

    def action_upload(self):
        """Add the files to the project; one of the same name is replaced."""
        self.ensure_one()
        if not self.line_ids:
            raise UserError(self.env._("Choose at least one file."))
        for line in self.line_ids:
            self.project_id.add_file(line.name, line.content)
        return {"type": "ir.actions.act_window_close"}

    def action_upload_and_stage(self):
        """Add the files and start staging in the background."""
        self.action_upload()
        return self.project_id.action_stage()

    def action_upload_and_pickup(self):
        """Add the files and load what is new in them, in the background."""
        self.action_upload()
        return self.project_id.action_pickup()


class MigrationUploadWizardLine(models.TransientModel):
    """One file of an upload."""

    _name = "migration.upload.wizard.line"
    _description = "Upload an Export: File"

    wizard_id = fields.Many2one(
        "migration.upload.wizard", required=True, ondelete="cascade", index=True
    )
    name = fields.Char("File Name", required=True)
    content = fields.Binary(required=True, attachment=False)
