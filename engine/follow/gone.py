"""What no longer is at the source: archived, flagged or deleted, by the rule."""

from odoo.tools import SQL

from ..base import CONFLICTS, Engine
from ..edits import find_edits
from ..map.mapper import RecordMapper
from ..quiet import SideEffectWatch
from ..targets import TARGETS
from ..undo.change_book import note_deletion, noting
from ..undo.inbound import InboundReferences
from .pickup import gone_domain

BATCH = 500
#: Archived records of these models mean something else: an activity is done.
_NEVER_ARCHIVED = {"mail.activity"}


class Farewell:
    """Treats records of ours that the source has given up, one by one.

    Nothing that a person has worked on goes away: it is flagged. Nor does what others
    refer to: it is archived, even where the rule is to delete.
    """

    def __init__(self, project):
        self.project = project
        self.env = project.env
        self._inbound = InboundReferences(project)
        self._targets = {}
        #: {(model, id): why it must stay, or ""} of what was looked at
        self._referred = {}

    def part(self, obj, model):
        """Return what writes to records of ``model`` that came from ``obj``."""
        if obj not in self._targets:
            mapper = RecordMapper(obj, obj._target_model())
            self._targets[obj] = TARGETS[obj.target](mapper)
        return self._targets[obj].part_for(model)

    def close(self):
        """Give back what the targets hold open."""
        for target in self._targets.values():
            target.close()

    def treat(self, obj, link, record, edit):
        """Carry out the rule for one record and return ``(fate, sentence)``.

        :param edit: why it counts as edited by a person, or None
        """
        policy = self.project.deletion_policy
        name = record._name
        is_archivable = "active" in record._fields and name not in _NEVER_ARCHIVED
        if link.origin != "created":
            return "flagged", self.env._("It existed before: left as it is.")
        if edit:
            return "flagged", self.env._("Left as it is: %s", edit)
        if policy == "delete":
            if (name, record.id) not in self._referred:
                self.look_around(link)
            found = self._referred[name, record.id]
            if not found:
                note_deletion(link)
                record.unlink()
                link.unlink()
                return "deleted", self.env._("Deleted in Odoo as well.")
            if not is_archivable:
                return "flagged", found
        if policy == "archive" and name in _NEVER_ARCHIVED:
            text = self.env._("Left as it is: archived, it would count as done.")
            return "flagged", text
        if policy == "flag" or not is_archivable:
            return "flagged", self.env._("Left as it is.")
        if record.active:
            self.switch(obj, link, record, False)
            return "archived", self.env._("Archived.")
        return "flagged", self.env._("Was archived before.")

    def look_around(self, links):
        """Find out in one go which records of ``links`` others refer to.

        What goes as well is no reason to stay, what stays after all is one.
        """
        lines = self.env["migration.rollback.line"].create(
            [
                {
                    "project_id": self.project.id,
                    "company_id": self.project.company_id.id,
                    "crosswalk_id": link.id,
                    "res_model": link.res_model,
                    "res_id": link.res_id,
                    "fate": "delete",
                }
                for link in links
            ]
        )
        self.env.flush_all()
        # to the microsecond: it tells what came into being beside the record
        self.env.cr.execute(
            SQL(
                "UPDATE migration_rollback_line AS line SET made_on = link.create_date"
                " FROM migration_crosswalk link"
                " WHERE link.id = line.crosswalk_id AND line.id = ANY(%s)",
                lines.ids,
            )
        )
        self._referred |= {(link.res_model, link.res_id): "" for link in links}
        try:
            staying = lines
            while staying:
                staying = self._staying(lines)
                lines -= staying
                staying.unlink()
        finally:
            lines.unlink()

    def _staying(self, lines):
        """Return those of ``lines`` whose records must stay; remember why."""
        staying = lines.browse()
        for model, group in lines.grouped("res_model").items():
            found = self._inbound.find(model, group.mapped("res_id"))
            self._referred |= {(model, one): why for one, why in found.items()}
            staying |= group.filtered(lambda line, found=found: line.res_id in found)
        return staying

    def switch(self, obj, link, record, is_active):
        """Archive a record or take it back, so that it does not pass for an edit."""
        before = {"active": record.active} | (link.previous_values or {})
        left = dict(link.left_values or {})
        left.pop("active", None)
        with noting(link):
            self.part(obj, record._name).write(record, {"active": is_active})
            link.write(
                {
                    "base_values": (link.base_values or {}) | {"active": is_active},
                    "left_values": left,
                    "previous_values": before,
                }
            )


class GoneEngine(Engine):
    """Every record that the newest pull no longer holds, and those that came back."""

    kind = "gone"
    rewrites = True

    def __init__(self, run):
        super().__init__(run)
        self._farewell = Farewell(self.project)

    def close(self):
        self._farewell.close()

    def prepare(self):
        self.run.stats = {}
        return self.env["migration.staged.record"].search_count(
            gone_domain(self.project)
        )

    def advance(self):
        # parents were loaded first: they go last
        records = self.env["migration.staged.record"].search(
            gone_domain(self.project), order="object_id desc, id desc", limit=BATCH
        )
        if not records:
            return 0
        links = self.env["migration.crosswalk"].search(
            [
                ("staged_record_id", "in", records.ids),
                ("source_object", "in", records.object_id.mapped("name")),
            ]
        )
        own = {link.staged_record_id: link for link in links}
        watch = SideEffectWatch(self.env)
        alive, edits = {}, {}
        for model, group in links.grouped("res_model").items():
            if model in self.env:
                found = self.env[model].browse(group.mapped("res_id")).exists()
                alive[model] = set(found.ids)
                edits[model] = find_edits(self.env, model, group)
        own = {
            record: link
            for record, link in own.items()
            if link.res_id in alive.get(link.res_model, ())
        }
        if self.project.deletion_policy == "delete":
            self._farewell.look_around(
                links.browse(
                    link.id
                    for record, link in own.items()
                    if record.is_missing
                    and record.state != "merged"
                    and link.origin == "created"
                    and link.res_id not in edits[link.res_model]
                )
            )
        rows = []
        for record in records:
            link = own.get(record)
            edit = link and edits[link.res_model].get(link.res_id)
            rows.append(self._one(record, link, edit))
        self.log([row for row in rows if row])
        self.count(**{f"made:{model}": n for model, n in watch.made().items()})
        return len(records)

    def _one(self, record, link, edit):
        """Treat one record; return its row of the log."""
        if not record.is_missing:
            return self._come_back(record, link)
        place = {"source_object": record.object_id.name}
        place["external_id"] = record.external_id
        if record.state == "merged":
            # it lives on in another record
            record.gone_fate = "flagged"
            return None
        if link is None:
            record.gone_fate = "flagged"
            return place | {
                "operation": "skip",
                "message": self.env._("Gone at the source, and in Odoo."),
            }
        place |= {"res_model": link.res_model, "res_id": link.res_id}
        target = self.env[link.res_model].browse(link.res_id)
        try:
            with self.env.cr.savepoint():
                fate, text = self._farewell.treat(record.object_id, link, target, edit)
        except CONFLICTS:
            raise
        except Exception as error:
            fate, text = "flagged", str(error) or type(error).__name__
        text = self.env._("Gone at the source. %s", text)
        record.gone_fate = fate
        if fate == "deleted":
            record._set_bucket("excluded", "deleted", text)
        self.count(**{fate: 1})
        if fate == "flagged":
            self._tell(record, text)
        word = {"deleted": "delete", "archived": "update"}.get(fate, "keep")
        return place | {"operation": word, "message": text}

    def _tell(self, record, text):
        self.find(
            "load",
            code="gone_at_source",
            severity="2_warning",
            source_object=record.object_id.name,
            external_id=record.external_id,
            file=record.source_file,
            line=record.source_line,
            message=text,
        )

    def _come_back(self, record, link):
        """Take out of the archive what was put there only because it had gone."""
        was, record.gone_fate = record.gone_fate, False
        if was != "archived" or link is None:
            return None
        target = self.env[link.res_model].browse(link.res_id)
        if target.active or (link.base_values or {}).get("active"):
            return None
        operation = "update"
        text = self.env._("Is at the source again: taken out of the archive.")
        try:
            with self.env.cr.savepoint():
                self._farewell.switch(record.object_id, link, target, True)
        except CONFLICTS:
            raise
        except Exception as error:
            operation = "keep"
            text = self.env._(
                "Is at the source again, and could not be taken out of the archive: %s",
                str(error) or type(error).__name__,
            )
            self._tell(record, text)
        else:
            self.count(revived=1)
        return {
            "operation": operation,
            "source_object": record.object_id.name,
            "external_id": record.external_id,
            "res_model": link.res_model,
            "res_id": link.res_id,
            "message": text,
        }
