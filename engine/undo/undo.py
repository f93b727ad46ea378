"""Undo: every touched record gets one fate first, then exactly that happens."""

from odoo.tools import SQL

from ..base import CONFLICTS, Engine
from ..edits import find_edits
from ..schema.build import SchemaBuilder
from ..schema.make import tell_workers
from .inbound import InboundReferences
from .restore import is_restorable, restore, why_restored

BATCH = 500


def _is_of_a_record(link):
    """Whether the row is of a source's record, also of one that was merged away."""
    return bool(link.staged_record_id or link.base_values)


class UndoPlanner:
    """Decides the fate of everything the project's crosswalk names."""

    def __init__(self, project):
        self.project = project
        self.env = project.env
        self.lines = self.env["migration.rollback.line"]

    def plan(self):
        """Replace the plan; nothing else is written. Return ``{fate: number}``."""
        self.lines.search([("project_id", "=", self.project.id)]).unlink()
        last = 0
        links = self.env["migration.crosswalk"]
        while batch := links.search(
            [("project_id", "=", self.project.id), ("id", ">", last)],
            order="id",
            limit=BATCH * 4,
        ):
            self._plan_batch(batch)
            last = batch[-1].id
        self._note_transactions()
        self._release_doubles()
        while self._keep_referenced():
            pass
        return dict(
            self.lines._read_group(
                [("project_id", "=", self.project.id)], ["fate"], ["__count"]
            )
        )

    def _note_transactions(self):
        """Copy the exact time of each crosswalk row: it tells our transactions."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE migration_rollback_line AS line SET made_on = link.create_date"
                " FROM migration_crosswalk link"
                " WHERE link.id = line.crosswalk_id AND line.project_id = %s",
                self.project.id,
            )
        )
        self.lines.invalidate_model(["made_on"])

    def _plan_batch(self, links):
        rows = []
        for model, group in links.grouped("res_model").items():
            alive, edited = set(), {}
            if model in self.env:
                found = self.env[model].browse(group.mapped("res_id")).exists()
                alive = set(found.ids)
                links_of_records = group.filtered(_is_of_a_record)
                edited = find_edits(self.env, model, links_of_records)
            for link in group:
                fate, reason = self._fate(link, alive, edited)
                rows.append(
                    {
                        "project_id": self.project.id,
                        "company_id": self.project.company_id.id,
                        "crosswalk_id": link.id,
                        "position": link.id,
                        "source_object": link.source_object,
                        "external_id": link.external_id,
                        "res_model": link.res_model,
                        "res_id": link.res_id,
                        "record_name": link.staged_record_id.name or link.external_id,
                        "fate": fate,
                        "reason": reason,
                    }
                )
        self.lines.create(rows)

    def _fate(self, link, alive, edited):
        if link.res_id not in alive:
            return "gone", self.env._("Deleted by hand.")
        if is_restorable(link):
            return "restore", why_restored(link)
        if link.origin == "matched":
            return "release", self.env._("Existed before, or goes with its own line.")
        if link.res_id in edited:
            return "keep_edited", edited[link.res_id]
        return "delete", False

    def _release_doubles(self):
        """A row bound to a record of ours shares the fate of that record's own row."""
        for model in ("crm.stage", "res.partner", "crm.lead"):
            kept = self.lines.search(
                [*self._planned(model), ("fate", "=", "keep_edited")]
            )
            doubles = self.lines.search(
                [
                    *self._planned(model),
                    ("fate", "=", "release"),
                    ("res_id", "in", kept.mapped("res_id")),
                ]
            )
            doubles.write({"fate": "keep_edited"})

    def _planned(self, model):
        return [("project_id", "=", self.project.id), ("res_model", "=", model)]

    def _keep_referenced(self):
        """Keep what others refer to; return whether anything was found."""
        inbound = InboundReferences(self.project)
        found_any = False
        for model, ids in self.lines._read_group(
            [("project_id", "=", self.project.id), ("fate", "=", "delete")],
            ["res_model"],
            ["res_id:array_agg"],
        ):
            for start in range(0, len(ids), 10 * BATCH):
                found = inbound.find(model, ids[start : start + 10 * BATCH])
                keep_lines(self.lines, self._planned(model), found)
                found_any = found_any or bool(found)
        return found_any


def keep_lines(lines, domain, found, fate="keep_referenced"):
    """Turn planned deletions into keeps; ``found`` is ``{res_id: reason}``."""
    for line in lines.search([*domain, ("res_id", "in", list(found))]) if found else ():
        line.write({"fate": fate, "reason": found[line.res_id]})


class UndoEngine(Engine):
    """Carry out the plan, newest record first, in batches.

    What people did after the plan was made counts too: every batch is looked at once
    more before it goes.
    """

    kind = "rollback"

    def __init__(self, run):
        super().__init__(run)
        self.lines = self.env["migration.rollback.line"]
        self._inbound = InboundReferences(self.project)

    def prepare(self):
        planned = [("project_id", "=", self.project.id), ("state", "=", "planned")]
        if not self.lines.search_count(planned, limit=1):
            UndoPlanner(self.project).plan()
        return self.lines.search_count(planned)

    def advance(self):
        lines = self.lines.search(
            [("project_id", "=", self.project.id), ("state", "=", "planned")],
            order="position desc",
            limit=BATCH,
        )
        if not lines:
            return 0
        # one model at a time, in the order of the plan: newest first
        model = lines[0].res_model
        batch = lines.browse()
        for line in lines:
            if line.res_model != model:
                break
            batch |= line
        self._look_again(model, batch)
        self._delete(batch.filtered(lambda line: line.fate == "delete"))
        if model in ("ir.model", "ir.model.fields"):
            # tables are gone by now
            self._inbound = InboundReferences(self.project)
        self._restore(batch.filtered(lambda line: line.fate == "restore"))
        self._let_go(batch.filtered(lambda line: line.fate in ("release", "gone")))
        self._keep(batch.filtered(lambda line: line.fate.startswith("keep")))
        return len(batch)

    def _look_again(self, model, batch):
        doomed = batch.filtered(lambda line: line.fate == "delete")
        domain = [("id", "in", doomed.ids)]
        links = doomed.crosswalk_id.filtered(_is_of_a_record)
        edited = find_edits(self.env, model, links)
        keep_lines(self.lines, domain, edited, "keep_edited")
        keep_lines(
            self.lines,
            [*domain, ("fate", "=", "delete")],
            self._inbound.find(model, doomed.mapped("res_id")),
        )

    def _delete(self, lines):
        """Delete the records and free their staged rows; halve on a refusal."""
        if not lines:
            return
        try:
            with self.env.cr.savepoint():
                records = self.env[lines[0].res_model].browse(
                    list(dict.fromkeys(lines.mapped("res_id")))
                )
                records.exists().unlink()
                if lines[0].res_model.startswith("ir."):
                    tell_workers(self.env)
                self._free(lines, "delete")
        except CONFLICTS:
            raise
        except Exception as error:
            if len(lines) == 1:
                lines.write({"state": "failed", "reason": str(error)[:500]})
                self._log(lines, "error")
                return
            half = len(lines) // 2
            self._delete(lines[:half])
            self._delete(lines[half:])

    def _free(self, lines, operation):
        """The staged rows may be loaded again; the crosswalk forgets them."""
        lines.crosswalk_id.staged_record_id._set_bucket("pending")
        self._log(lines, operation)
        links = lines.crosswalk_id
        lines.write({"state": "done", "crosswalk_id": False})
        links.unlink()

    def _restore(self, lines):
        """Give existing records their old values back, one by one: they are few."""
        for line in lines:
            try:
                with self.env.cr.savepoint():
                    restore(line.crosswalk_id)
                    self._free(line, "restore")
            except CONFLICTS:
                raise
            except Exception as error:
                line.write({"state": "failed", "reason": str(error)[:500]})
                self._log(line, "error")

    def _let_go(self, lines):
        if lines:
            self._free(lines, "skip")

    def _keep(self, lines):
        if lines:
            self._log(lines, "keep")
            lines.write({"state": "done"})

    def _log(self, lines, operation):
        self.log(
            [
                {
                    "operation": operation,
                    "source_object": line.source_object,
                    "external_id": line.external_id,
                    "res_model": line.res_model,
                    "res_id": line.res_id,
                    "message": line.reason or False,
                }
                for line in lines
            ]
        )

    def finish(self):
        for item in self.project.schema_item_ids:
            if item.state == "done" and not self._still_there(item):
                vals = {"state": "planned"}
                item.write(vals if item.action == "reuse" else vals | {"res_id": False})
        self._show_kept_fields()
        self.env["migration.staged.record"].search(
            [
                ("project_id", "=", self.project.id),
                ("state", "=", "excluded"),
                ("reason_code", "in", ("not_loaded", "skipped")),
            ]
        )._set_bucket("pending")
        self.clear("migration.reconciliation.line")
        failed = self.lines.search_count(
            [("project_id", "=", self.project.id), ("state", "=", "failed")]
        )
        if failed:
            self.run.error = self.env._(
                "%s records could not be removed: the rollback plan says why.", failed
            )
        self.project.state = "rolled_back"

    def _show_kept_fields(self):
        """Custom fields that stay keep their tab on the form."""
        items = self.project.schema_item_ids
        kept = items.filtered(lambda i: i.kind == "field" and i.state == "done")
        models = {item.vals["model"] for item in kept if item.action == "create"}
        views = items.filtered(lambda i: i.kind == "view" and i.vals["model"] in models)
        SchemaBuilder(self.project, self.run).build(views)

    def _still_there(self, item):
        return bool(
            self.env["migration.crosswalk"].search_count(
                [
                    ("project_id", "=", self.project.id),
                    ("source_object", "=", f"schema:{item.kind}"),
                    ("external_id", "=", item.key),
                ],
                limit=1,
            )
        )
