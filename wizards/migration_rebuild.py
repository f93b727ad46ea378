import base64

from odoo import api, fields, models

from ..engine.rebuild import RebuildReference


class MigrationRebuildWizard(models.TransientModel):
    """Hand out what has to be rebuilt by hand: workflows and e-mail templates."""

    _name = "migration.rebuild.wizard"
    _description = "Rebuild Reference of a Migration"

    project_id = fields.Many2one("migration.project", required=True, readonly=True)
    workflow_count = fields.Integer("Workflows", readonly=True)
    template_count = fields.Integer("E-mail Templates", readonly=True)
    untranslatable = fields.Text(
        "Placeholders Without a Counterpart",
        readonly=True,
        help="They stay in the drafts as [name], to be filled in by hand.",
    )
    document = fields.Binary("Document (HTML)", readonly=True, attachment=False)
    document_name = fields.Char(readonly=True)
    templates = fields.Binary("Templates (CSV)", readonly=True, attachment=False)
    templates_name = fields.Char(readonly=True)
    data = fields.Binary("Everything (JSON)", readonly=True, attachment=False)
    data_name = fields.Char(readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        """The documents are made when the wizard opens."""
        for vals in vals_list:
            project = self.env["migration.project"].browse(vals["project_id"])
            project.check_access("read")
            reference = RebuildReference(project)
            templates = reference.templates()
            names = [name for row in templates for name in row["untranslatable"]]
            vals.update(
                workflow_count=len(reference.workflows()),
                template_count=len(templates),
                untranslatable="\n".join(dict.fromkeys(names)),
                document=base64.b64encode(reference.as_html()),
                document_name="rebuild_reference.html",
                templates=base64.b64encode(reference.templates_csv()),
                templates_name="email_templates.csv",
                data=base64.b64encode(reference.as_json()),
                data_name="rebuild_reference.json",
            )
        return super().create(vals_list)
