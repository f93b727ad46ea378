from odoo import models

from .migration_difference import READ_BACK


class MigrationProject(models.Model):
    """The windows that a project's buttons open."""

    _inherit = "migration.project"

    def action_open_upload(self):
        """Open the upload wizard."""
        self.ensure_one()
        return self._dialog("migration.upload.wizard", self.env._("Upload an Export"))

    def action_open_connection(self):
        """Open the connection to the live source; the first time it is made."""
        self.ensure_one()
        if not self._connection():
            self.env["migration.connection"]._create_for(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Connection"),
            "res_model": "migration.connection",
            "res_id": self._connection().id,
            "views": [(False, "form")],
        }

    def action_open_rollback(self):
        """Plan the rollback and show it before anything happens."""
        return self._open_rollback({"kind": "whole"})

    def _open_rollback(self, scope):
        """Open the wizard with the plan for a scope, see ``engine/undo/scope.py``."""
        self.ensure_one()
        wizard = self.env["migration.rollback.wizard"].create(
            {"project_id": self.id, **self._scope_fields(scope)}
        )
        return wizard._reopen()

    def _scope_fields(self, scope):
        return {
            "scope": scope["kind"],
            "run_ids": scope.get("run_ids", []),
            "object_ids": scope.get("object_ids", []),
            "staged_ids": scope.get("staged_ids", []),
            "link_ids": scope.get("link_ids", []),
        }

    def action_open_rebuild(self):
        """Make the rebuild reference of workflows and templates, to be downloaded."""
        self.ensure_one()
        wizard = self.env["migration.rebuild.wizard"].create({"project_id": self.id})
        title = self.env._("Rebuild Reference")
        return self._dialog("migration.rebuild.wizard", title, wizard.id)

    def _dialog(self, model, name, res_id=False):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "res_id": res_id,
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_project_id": self.id},
        }

    def _open(self, action, domain=None, **context):
        self.ensure_one()
        result = self.env["ir.actions.act_window"]._for_xml_id(
            f"crm_migration.{action}"
        )
        result["domain"] = [("project_id", "=", self.id), *(domain or [])]
        result["context"] = {"default_project_id": self.id, **context}
        return result

    def action_open_map(self):
        """Open the map."""
        return self._open("migration_mapping_line_action", search_default_by_object=1)

    def action_open_owners(self):
        """Open the owner board."""
        todo = {"search_default_to_decide": 1} if self.open_owner_count else {}
        return self._open("migration_owner_action", **todo)

    def action_download_owners(self):
        """Download the user-resolution report as a workbook."""
        return self._download_owners("xlsx")

    def action_download_owner_table(self):
        """Download the owner board as CSV."""
        return self._download_owners("csv")

    def _download_owners(self, kind):
        self.ensure_one()
        report = self.env["migration.owner.report"].create(
            {"project_id": self.id, "kind": kind}
        )
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{report._name}/{report.id}/content"
            "?download=true&filename_field=name",
            "target": "self",
        }

    def action_open_schema(self):
        """Open the schema plan."""
        return self._open("migration_schema_item_action", search_default_by_kind=1)

    def action_open_staged(self):
        """Open all staged records."""
        return self._open("migration_staged_record_action", search_default_by_object=1)

    def action_open_failed(self):
        """Open the records that failed, with their reasons."""
        return self._open("migration_staged_record_action", search_default_failed=1)

    def action_open_findings(self):
        """Open what is wrong with the source: the urgent first, the alike folded."""
        return self._open(
            "migration_finding_action",
            search_default_by_severity=1,
            search_default_by_kind=2,
        )

    def action_open_differences(self):
        """Open what a person should look at; the rest is one click away."""
        run = "verify" if self.state in READ_BACK else "sample"
        return self._open(
            "migration_difference_action",
            search_default_notable=1,
            search_default_by_object=1,
            **{f"search_default_{run}": 1},
        )

    def action_open_reconciliation(self):
        """Open the books: by kind, or what does not balance on top of the others."""
        group = {"search_default_by_kind": 1} if self.is_balanced else {}
        return self._open("migration_reconciliation_line_action", **group)

    def action_open_log(self):
        """Open the operation log."""
        return self._open("migration_log_action")
