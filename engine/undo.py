"""Undo: every touched record gets one fate first, then exactly that happens."""

import psycopg2

from odoo.tools import SQL

from .base import Engine
from .inbound import InboundReferences
from .schema_build import SchemaBuilder
from .values import read_portable

BATCH = 500


class UndoPlanner:
    """Decides the fate of everything the project's crosswalk names."""

    def __init__(self, project):
        self.project = project
        self.env = project.env

    def plan(self):
        """Replace the plan; nothing else is written. Return ``{fate: number}``."""
        self.project.rollback_line_ids.unlink()
        links = self.env["migration.crosswalk"].search(
            [("project_id", "=", self.project.id)], order="id"
        )
        fates = self._fates(links)
        self._keep_referenced(
            fates,
            {(k.res_model, k.res_id): k.base_values for k in links if k.base_values},
        )
        self.env["migration.rollback.line"].create(
            [
                {
                    "project_id": self.project.id,
                    "crosswalk_id": link.id,
                    "position": link.id,
                    "source_object": link.source_object,
                    "external_id": link.external_id,
                    "res_model": link.res_model,
                    "res_id": link.res_id,
                    "record_name": link.staged_record_id.name or link.external_id,
                    "fate": fates[link.res_model, link.res_id][0],
                    "reason": fates[link.res_model, link.res_id][1],
                }
                for link in links
            ]
        )
        return dict(
            self.env["migration.rollback.line"]._read_group(
                [("project_id", "=", self.project.id)], ["fate"], ["__count"]
            )
        )

    def _fates(self, links):
        """Return ``{(model, id): (fate, reason)}`` from the records themselves."""
        fates = {}
        for model, group in links.grouped("res_model").items():
            alive = set(self.env[model].browse(group.mapped("res_id")).exists().ids)
            edited = self._edited(model, group.filtered("staged_record_id"))
            for link in group:
                place = (model, link.res_id)
                if link.res_id not in alive:
                    fates[place] = ("gone", self.env._("Deleted by hand."))
                elif link.origin == "created" and link.res_id in edited:
                    fates[place] = ("keep_edited", edited[link.res_id])
                elif link.origin == "created":
                    fates.setdefault(place, ("delete", ""))
                    if fates[place][0] == "release":
                        fates[place] = ("delete", "")
                else:
                    fates.setdefault(
                        place, ("release", self.env._("Existed before the migration."))
                    )
        return fates

    def _edited(self, model, links):
        """Return ``{id: reason}`` of records a person changed after our write."""
        created = links.filtered(lambda link: link.origin == "created")
        if not created:
            return {}
        table = self.env[model]._table
        edited = {
            res_id: self.env._("Edited by %s.", login)
            for res_id, login in self.env.execute_query(
                SQL(
                    "SELECT target.id, writer.login FROM migration_crosswalk link"
                    " JOIN %(table)s target ON target.id = link.res_id"
                    " LEFT JOIN res_users writer ON writer.id = target.write_uid"
                    " WHERE link.id = ANY(%(ids)s)"
                    " AND target.write_date > link.write_date"
                    " AND target.write_uid <> %(robot)s",
                    table=SQL.identifier(table),
                    ids=created.ids,
                    robot=self.env.ref("base.user_root").id,
                )
            )
        }
        for link, name in self._changed_values(model, created):
            label = self.env[model]._fields[name].get_description(self.env)["string"]
            edited.setdefault(link.res_id, self.env._("Edited since: %s.", label))
        return edited

    def _changed_values(self, model, links):
        """Yield ``(link, field)`` where the value is no longer the one we left."""
        names = {name for link in links for name in link.base_values or {}}
        names = [name for name in names if name in self.env[model]._fields]
        records = self.env[model].browse(links.mapped("res_id")).exists()
        found = read_portable(records, names)
        for link in links:
            actual = found.get(link.res_id)
            for name, left in (
                (link.base_values or {}) | (link.left_values or {})
            ).items():
                if actual is not None and name in actual and actual[name] != left:
                    yield link, name
                    break

    def _keep_referenced(self, fates, written):
        """Keep what others refer to, until no further record has to be kept."""
        inbound = InboundReferences(self.env, written)
        while True:
            doomed = {}
            for (model, res_id), (fate, _reason) in fates.items():
                if fate == "delete":
                    doomed.setdefault(model, set()).add(res_id)
            found = inbound.find(doomed)
            if not found:
                return
            for place, reason in found.items():
                fates[place] = ("keep_referenced", reason)


class UndoEngine(Engine):
    """Carry out the plan, newest record first, in batches."""

    kind = "rollback"

    def prepare(self):
        lines = self.env["migration.rollback.line"]
        planned = [("project_id", "=", self.project.id), ("state", "=", "planned")]
        if not lines.search_count(planned, limit=1):
            UndoPlanner(self.project).plan()
        return lines.search_count(planned)

    def advance(self):
        lines = self.env["migration.rollback.line"].search(
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
        self._delete(batch.filtered(lambda line: line.fate == "delete"))
        self._let_go(batch.filtered(lambda line: line.fate in ("release", "gone")))
        self._keep(batch.filtered(lambda line: line.fate.startswith("keep")))
        return len(batch)

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
                self._free(lines, "delete")
        except psycopg2.OperationalError:
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
        self.project.reconciliation_line_ids.unlink()
        self.project.state = "rolled_back"

    def _show_kept_fields(self):
        """Custom fields that stay keep their tab on the form."""
        items = self.project.schema_item_ids
        kept = items.filtered(lambda i: i.kind == "field" and i.state == "done")
        models = {item.vals["model"] for item in kept if item.action == "create"}
        views = items.filtered(lambda i: i.kind == "view" and i.key in models)
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
