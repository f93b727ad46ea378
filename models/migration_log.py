from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..engine.inserts import insert_rows


class MigrationLog(models.Model):
    """Operation log: every create, update, skip, error and undo, both ids kept."""

    _name = "migration.log"
    _description = "Migration Operation Log"
    _order = "id desc"
    _log_access = False

    # the log outlives what it speaks of: names are copied, links may go
    project_id = fields.Many2one(
        "migration.project", ondelete="set null", index="btree_not_null"
    )
    company_id = fields.Many2one("res.company", ondelete="set null")
    project_name = fields.Char()
    run_id = fields.Many2one(
        "migration.run", ondelete="set null", index="btree_not_null"
    )
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    user_id = fields.Many2one("res.users", ondelete="set null")
    operation = fields.Selection(
        [
            ("create", "Create"),
            ("update", "Update"),
            ("skip", "Skip"),
            ("error", "Error"),
            ("delete", "Delete"),
            ("keep", "Keep"),
            ("restore", "Restore"),
            ("schema", "Schema"),
            ("decide", "Decision"),
        ],
        required=True,
    )
    source_object = fields.Char()
    external_id = fields.Char("Source ID")
    res_model = fields.Char("Model")
    res_id = fields.Integer("Odoo ID", aggregator=None)
    message = fields.Char()

    _project_id_idx = models.Index("(project_id, id)")

    @api.model
    def _record(self, project, run, rows):
        """Append ``rows`` (dicts of the fields above) for one project and run."""
        shared = {
            "project_id": project.id,
            "project_name": project.name,
            "company_id": project.company_id.id,
            "run_id": run.id if run else False,
            "user_id": (run.user_id if run else self.env.user).id,
            "date": fields.Datetime.now(),
        }
        insert_rows(self.sudo(), [shared | row for row in rows])

    @api.model
    def _record_lines(self, run, lines, operation):
        """Append a row for each line of a rollback plan that a run carried out."""
        lines.flush_model()
        self.env.cr.execute(
            SQL(
                "INSERT INTO migration_log (project_id, project_name, company_id,"
                " run_id, date, user_id, operation, source_object, external_id,"
                " res_model, res_id, message)"
                " SELECT line.project_id, %s, %s, %s, %s, %s, %s, line.source_object,"
                " line.external_id, line.res_model, COALESCE(line.res_id, 0),"
                " NULLIF(line.reason, '')"
                " FROM migration_rollback_line line WHERE line.id = ANY(%s)"
                " ORDER BY line.position DESC, line.id DESC",
                run.project_id.name,
                run.project_id.company_id.id,
                run.id,
                fields.Datetime.now(),
                run.user_id.id,
                operation,
                lines.ids,
            )
        )

    def write(self, vals):
        """The log is append-only."""
        raise AccessError(self.env._("The operation log cannot be changed."))
