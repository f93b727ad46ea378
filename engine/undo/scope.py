"""What a rollback is of: a whole project, one run, objects, or single records."""

from datetime import timedelta
from functools import cached_property

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

#: Kinds of run that put something into Odoo.
WRITING = ("load", "decide", "gone", "owners")


class Scope:
    """A part of a project, as plain data: ``{"kind": ..., ...}``.

    - ``{"kind": "whole"}``
    - ``{"kind": "run", "run_ids": [...]}``, runs that were started together
    - ``{"kind": "objects", "object_ids": [...]}``
    - ``{"kind": "records", "staged_ids": [...], "link_ids": [...]}``: staged records
      and crosswalk rows

    ``"is_wide": True`` takes along what was migrated and refers to the records.

    :raise UserError: when it names what the project does not have
    """

    def __init__(self, project, spec=None):
        self.project = project
        self.env = project.env
        self.spec = spec or {"kind": "whole"}
        self.kind = self.spec.get("kind")
        self.is_wide = bool(self.spec.get("is_wide"))
        self.run_ids = self._own("migration.run", "run_ids")
        self.objects = self.env["migration.object"].browse(
            self._own("migration.object", "object_ids")
        )
        self.staged_ids = self._own("migration.staged.record", "staged_ids")
        self.link_ids = self._own("migration.crosswalk", "link_ids")
        named = {
            "whole": True,
            "run": self.run_ids,
            "objects": self.objects,
            "records": self.staged_ids or self.link_ids,
        }
        if not named.get(self.kind):
            raise UserError(self._what_to_choose())

    def _what_to_choose(self):
        return {
            "run": self.env._("Choose the run that is to be rolled back."),
            "objects": self.env._("Choose the objects that are to be rolled back."),
            "records": self.env._(
                "Choose the records first: tick them in the list of staged records or "
                "of the crosswalk, then press Roll Back there."
            ),
        }.get(self.kind) or self.env._("Choose what is to be rolled back.")

    def _own(self, model, word):
        ids = self.spec.get(word) or []
        found = self.env[model].search(
            [("id", "in", ids), ("project_id", "=", self.project.id)]
        )
        if len(found) != len({*ids}):
            raise UserError(
                self.env._("Some of this does not belong to %s.", self.project.name)
            )
        return found.ids

    @property
    def is_whole(self):
        """Whether the whole project goes, with what it made of the schema."""
        return self.kind == "whole"

    def label(self):
        """Return what is rolled back, in words."""
        if self.kind == "run":
            runs = self.env["migration.run"].browse(self.run_ids)
            writing = runs.filtered(lambda run: run.kind in WRITING) or runs
            text = ", ".join(writing.mapped("display_name"))
        elif self.kind == "objects":
            text = ", ".join(self.objects.mapped("label"))
        elif self.kind == "records":
            number = len(self.staged_ids) + len(self.link_ids)
            text = self.env._("Selected Records (%s)", number)
        else:
            return self.env._("The Whole Project")
        if self.is_wide:
            text += " " + self.env._("and What Refers to Them")
        return text

    # -- crosswalk rows ----------------------------------------------------------------

    def seeds(self):
        """Return the domain of the crosswalk rows that are named by the scope."""
        own = [("project_id", "=", self.project.id)]
        if self.is_whole:
            return own
        own.append(("source_object", "not =like", "schema:%"))
        if self.kind == "run":
            made = Domain("first_run_id", "in", self.run_ids) | self.made_unnamed()
            return Domain(own) & made
        if self.kind == "objects":
            return [*own, ("source_object", "in", self.objects.mapped("name"))]
        return [
            *own,
            "|",
            ("staged_record_id", "in", self.staged_ids),
            ("id", "in", self.link_ids),
        ]

    def made_unnamed(self):
        """Return the domain of what runs made before rows said which run made them.

        One run of a project works at a time, so the time tells.
        """
        runs = self.env["migration.run"].browse(self.run_ids)
        return Domain("first_run_id", "=", False) & Domain.OR(
            Domain("create_date", ">=", run.date_started)
            & Domain("create_date", "<", run.date_done + timedelta(seconds=1))
            for run in runs
            if run.kind in WRITING and run.date_started and run.date_done
        )

    def is_before_book(self):
        """Return whether the runs are older than the notes of what a run overwrites.

        What they created may be known by its time; what they updated is not.
        """
        runs = self.env["migration.run"].browse(self.run_ids)
        return any(run.kind in WRITING and not run.begun_with_id for run in runs)

    def changes(self):
        """Return the domain of changes that the scope takes back, None for none.

        Of a run, what it wrote into records that were there. Of source records, what
        they brought to records of others.
        """
        own = [("project_id", "=", self.project.id)]
        if self.is_whole:
            return None
        if self.kind == "run":
            return [*own, ("run_id", "in", self.run_ids)]
        if self.kind == "objects":
            return [*own, ("staged_record_id.object_id", "in", self.objects.ids)]
        links = self.env["migration.crosswalk"].browse(self.link_ids)
        staged = [*self.staged_ids, *links.staged_record_id.ids]
        return [*own, ("staged_record_id", "in", staged)]


class Closure:
    """Finds what goes along with the records of a scope.

    Works on the lines of the plan that are there so far; each call of :meth:`find`
    looks one step further.
    """

    def __init__(self, scope):
        self.scope = scope
        self.project = scope.project
        self.env = scope.env

    def find(self):
        """Return ``{crosswalk id: line that it goes along with}``, empty at the end."""
        self.env.flush_all()
        found = {}
        for joins in self._joins:
            rows = self.env.execute_query(
                SQL(
                    "SELECT DISTINCT ON (link.id) link.id, line.id"
                    " FROM migration_rollback_line line %s"
                    " WHERE line.project_id = %s AND link.project_id = %s"
                    " AND NOT starts_with(link.source_object, 'schema:')"
                    " AND NOT EXISTS (SELECT 1 FROM migration_rollback_line known"
                    " WHERE known.crosswalk_id = link.id) ORDER BY link.id, line.id",
                    joins,
                    self.project.id,
                    self.project.id,
                )
            )
            found |= dict(rows)
        return found

    @cached_property
    def _joins(self):
        joins, models = [self._same_record(), self._same_source()], self._models()
        for model in models:
            joins += self._hanging(model)
            if self.scope.is_wide:
                joins += self._referring(model, {other._name for other in models})
        return joins

    def _models(self):
        rows = self.env["migration.crosswalk"]._read_group(
            [("project_id", "=", self.project.id)], ["res_model"]
        )
        return [
            self.env[name]
            for (name,) in rows
            if name in self.env and (not name.startswith("ir.") or name == _FILE)
        ]

    def _same_record(self):
        """Rows bound to the same Odoo record."""
        return SQL(
            "JOIN migration_crosswalk link ON link.res_model = line.res_model"
            " AND link.res_id = line.res_id"
            " AND line.fate IN ('delete', 'restore', 'gone')"
        )

    def _same_source(self):
        """Rows of what came into being beside the record of the same source record."""
        return SQL(
            "JOIN migration_crosswalk link ON link.external_id = line.external_id"
            " AND link.staged_record_id IS NULL"
            " AND starts_with(link.source_object, line.source_object || ':')"
            " AND line.fate IN ('delete', 'release')"
        )

    def _hanging(self, model):
        """Messages, activities, files and events that stand on a record."""
        for field in model._fields.values():
            if field.type != "many2one_reference" or not field.store:
                continue
            yield SQL(
                "JOIN %(table)s target ON target.%(model_field)s = line.res_model"
                " AND target.%(id_field)s = line.res_id AND line.fate = 'delete'"
                " JOIN migration_crosswalk link ON link.res_model = %(model)s"
                " AND link.res_id = target.id",
                table=SQL.identifier(model._table),
                model_field=SQL.identifier(field.model_field),
                id_field=SQL.identifier(field.name),
                model=model._name,
            )
        if model._name == _FILE:
            # the files of a message lie with the record that it is about
            yield SQL(
                "JOIN message_attachment_rel rel ON rel.message_id = line.res_id"
                " AND line.res_model = 'mail.message' AND line.fate = 'delete'"
                " JOIN migration_crosswalk link ON link.res_model = %s"
                " AND link.res_id = rel.attachment_id",
                _FILE,
            )

    def _referring(self, model, others):
        """Records that refer by a foreign key of their own."""
        for field in model._fields.values():
            is_key = field.type == "many2one" and field.store and field.column_type
            if not is_key or field.comodel_name not in others:
                continue
            yield SQL(
                "JOIN %(table)s target ON target.%(column)s = line.res_id"
                " AND line.res_model = %(referred)s AND line.fate IN"
                " ('delete', 'keep_edited', 'keep_referenced')"
                " JOIN migration_crosswalk link ON link.res_model = %(model)s"
                " AND link.res_id = target.id AND link.origin = 'created'",
                table=SQL.identifier(model._table),
                column=SQL.identifier(field.name),
                referred=field.comodel_name,
                model=model._name,
            )


_FILE = "ir.attachment"
