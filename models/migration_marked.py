from odoo import fields, models


class MigrationMarked(models.AbstractModel):
    """What a migration has made or taken: a record that knows its projects."""

    _name = "migration.marked"
    _description = "Record That Migrations Know"

    #: for the tabs of custom fields, which show on the records of their project only
    crm_migration_projects = fields.Char(
        "Migration Projects",
        compute="_compute_crm_migration_projects",
        compute_sudo=True,
        help="Ids of the migration projects that made the record or merged into it, "
        "between commas: “,1,4,”. Empty: made by people.",
    )

    def _compute_crm_migration_projects(self):
        links = self.env["migration.crosswalk"].search_fetch(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)],
            ["res_id", "project_id"],
        )
        found = {}
        for link in links:
            found.setdefault(link.res_id, set()).add(link.project_id.id)
        for record in self:
            ids = sorted(found.get(record._origin.id, ()))
            text = f",{','.join(map(str, ids))},"
            record.crm_migration_projects = text if ids else False
