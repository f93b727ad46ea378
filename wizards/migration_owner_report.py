import base64

from odoo import api, fields, models

from ..engine.owners.report import OwnerReport


class MigrationOwnerReport(models.TransientModel):
    """Hand out who is who: the owners, the records to clean up, Odoo's other users."""

    _name = "migration.owner.report"
    _description = "User-Resolution Report of a Migration"

    project_id = fields.Many2one("migration.project", required=True, readonly=True)
    kind = fields.Selection(
        [("xlsx", "Workbook"), ("csv", "Owner Board as CSV")], required=True
    )
    name = fields.Char(readonly=True)
    content = fields.Binary(readonly=True, attachment=False)

    @api.model_create_multi
    def create(self, vals_list):
        """The file is made when somebody asks for it."""
        for vals in vals_list:
            project = self.env["migration.project"].browse(vals["project_id"])
            project.check_access("read")
            report, kind = OwnerReport(project), vals["kind"]
            name = self.env._("Owners of %s", project.name).replace("/", "-")
            made = report.as_xlsx() if kind == "xlsx" else report.as_csv()
            vals.update(name=f"{name}.{kind}", content=base64.b64encode(made))
        return super().create(vals_list)
