import hashlib

from odoo import api, fields, models


class MigrationSourceFile(models.Model):
    """One uploaded file of the source's export: a ZIP, a table or a loose binary."""

    _name = "migration.source.file"
    _inherit = "migration.part"
    _description = "Migration Source File"
    _order = "id"

    project_id = fields.Many2one(
        "migration.project", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="project_id.company_id", store=True)
    name = fields.Char("File Name", required=True)
    content = fields.Binary(required=True, attachment=True)
    checksum = fields.Char(
        "SHA-256", readonly=True, help="SHA-256 of the file as it was uploaded."
    )
    size = fields.Integer("Size (bytes)", readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        """Note size and checksum at upload, so that later reads can be compared."""
        files = super().create(vals_list)
        files._note_content()
        return files

    def write(self, vals):
        """A replaced content gets its own size and checksum."""
        result = super().write(vals)
        if "content" in vals:
            self._note_content()
        return result

    def _note_content(self):
        for file in self:
            digest, size = hashlib.sha256(), 0
            with open(file._path(), "rb") as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
                    size += len(block)
            file.write({"checksum": digest.hexdigest(), "size": size})

    def _attachment(self):
        self.ensure_one()
        return (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_field", "=", "content"),
                    ("res_id", "=", self.id),
                ],
                limit=1,
            )
        )

    def _path(self):
        """Return the path of the stored file, so that it is never read as a whole."""
        attachment = self._attachment()
        return attachment._full_path(attachment.store_fname)
