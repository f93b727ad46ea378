from markupsafe import Markup

from odoo.fields import Command
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

from ...exceptions import MappingError
from ...tools.converters import to_text
from ...tools.fingerprint import fold
from ..keys import clean_id, key_of
from ..map.links import ListTransform
from ..map.transforms import PriorityTransform
from .activity import ActivityTarget
from .base import Target
from .others import OtherLinks
from .routed import RoutedTarget
from .work import facts_html, outcome, word

_lt = LazyTranslate(__name__)
# pylint: disable=prefer-env-translation  # there is no env where a module is read

_STATES = {"done": "1_done", "cancelled": "1_canceled"}
#: dates that Odoo sets to now when a task is made, assigned or moved
_HISTORY = ("date_assign", "date_end", "date_last_stage_update")
#: what Odoo computes from them
_ELAPSED = (
    *("working_hours_open", "working_hours_close"),
    *("working_days_open", "working_days_close"),
)


class ProjectTaskTarget(Target):
    """Tasks of a project, in the stage of their status."""

    key = "project_task"
    label = _lt("Task")
    model = "project.task"
    relation_fields = {
        "_title": "name",
        "_description": "description",
        "_project": "project_id",
        "_parent_task": "parent_id",
        "_client": "partner_id",
        "_user": "user_ids",
        "_due_at": "date_deadline",
        "_completed_at": "date_end",
        "_priority": "priority",
        "_status": "state",
    }

    def __init__(self, mapper):
        super().__init__(mapper)
        self._others = OtherLinks(mapper)

    def prefetch(self, mapped_list):
        self._others.prefetch(mapped_list)

    def finish(self, mapped):
        vals = self.constants | mapped.vals
        vals["name"] = " ".join((mapped.pop("_title") or "").split())
        message = self.env._("The task has no title.")
        self.require(vals, "name", message, self.source_of("_title"))
        project, partner = mapped.pop("_project"), mapped.pop("_client")
        is_partner = partner and partner[0] == "res.partner"
        user = mapped.pop("_user") or self.project.fallback_user_id.id
        vals.update(
            project_id=project[1] if project else False,
            company_id=self.project.company_id.id,
            partner_id=partner[1] if is_partner else False,
            parent_id=self._parent(mapped),
            user_ids=[Command.set([user])],
            date_deadline=mapped.pop("_due_at") or False,
        )
        homes = [project, partner if is_partner else None]
        if vals["parent_id"]:
            homes.append(mapped.pop("_parent_task"))
        facts = {self.env._("Starts at"): mapped.pop("_starts_at")}
        facts = {key: self.local_text(day) for key, day in facts.items() if day}
        vals["priority"] = self._priority(mapped, facts)
        self._state(mapped, vals)
        facts[self.env._("Also about")] = self._others.text(mapped, *homes)
        vals["description"] = (
            Markup(mapped.pop("_description") or "")
            + (mapped.pop("_checklist") or Markup())
            + facts_html(facts)
        )
        mapped.vals = vals
        return vals

    def _parent(self, mapped):
        """Return the task above; one that stands below its own task is cut loose."""
        parent = mapped.pop("_parent_task")
        if not parent or parent[0] != self.model:
            return False
        own, above = mapped.pop("loaded_id"), self.env[self.model].browse(parent[1])
        while own and above:
            if above.id == own:
                message = self.env._("A circle: it stands above its own task.")
                self.remark(mapped, "_parent_task", message, "unreadable", above.name)
                return False
            above = above.parent_id
        return parent[1]

    def _priority(self, mapped, facts):
        text = mapped.pop("_priority")
        found = PriorityTransform.WORDS.get(key_of(text or ""))
        if text and not found:
            facts[self.env._("Priority")] = word(text)
        return found or "0"

    def _state(self, mapped, vals):
        """Stage, state and the dates that go with them."""
        status, completed = mapped.pop("_status"), mapped.pop("_completed_at")
        found = outcome(status, completed)
        vals["stage_id"] = self.mapper.schema_id("task_stage", key_of(status or "todo"))
        if not vals["stage_id"]:
            raise MappingError(
                self.env._("Status “%s” is no stage of the schema plan.", status or ""),
                self.source_of("_status"),
            )
        vals["state"] = _STATES.get(found, "01_in_progress")
        created = vals.get("x_source_created_on")
        changed = completed or vals.get("x_source_updated_on") or created
        vals.update(
            date_assign=created or False,
            date_end=(changed or vals["date_deadline"]) if found in _STATES else False,
            date_last_stage_update=changed or False,
        )

    def create(self, vals_list):
        # Odoo would make personal stages for each assignee, which nobody could undo;
        # without the empty list it may take the user who migrates for the assignee
        users = [vals["user_ids"][0][2] for vals in vals_list]
        records = super().create([vals | {"user_ids": []} for vals in vals_list])
        self._assign(records, users)
        return records

    def _assign(self, records, users):
        """Set the assignees; the task goes into the first stage of their own."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "DELETE FROM project_task_user_rel WHERE task_id = ANY(%s)", records.ids
            )
        )
        pairs = [
            (record.id, user)
            for record, ids in zip(records, users, strict=True)
            for user in ids
        ]
        self.env.cr.execute(
            SQL(
                "INSERT INTO project_task_user_rel (task_id, user_id, stage_id)"
                " SELECT task, person, (SELECT id FROM project_task_type stage"
                " WHERE stage.user_id = person AND stage.active"
                " ORDER BY sequence, id LIMIT 1)"
                " FROM (SELECT unnest(%s) AS task, unnest(%s) AS person) AS pair",
                [task for task, _user in pairs],
                [user for _task, user in pairs],
            )
        )
        self.env["project.task"].invalidate_model(
            ["user_ids", "personal_stage_type_ids"], flush=False
        )
        self.env["project.task.stage.personal"].invalidate_model(flush=False)

    def created(self, records, mapped_list):
        self.set_create_date(records, mapped_list)
        self._date(records, [mapped.vals for mapped in mapped_list])

    def _date(self, records, vals_list):
        """Put the source's dates where Odoo has put today."""
        records.flush_recordset()
        columns = [SQL.identifier(name) for name in _HISTORY]
        self.env.cr.execute(
            SQL(
                "UPDATE project_task AS task SET %s"
                " FROM (SELECT unnest(%s) AS id, %s) AS source"
                " WHERE task.id = source.id",
                SQL(", ").join(SQL("%s = source.%s", one, one) for one in columns),
                records.ids,
                SQL(", ").join(
                    SQL(
                        "unnest(%s::timestamp[]) AS %s",
                        [vals[name] or None for vals in vals_list],
                        column,
                    )
                    for name, column in zip(_HISTORY, columns, strict=True)
                ),
            )
        )
        records.invalidate_recordset(_HISTORY, flush=False)
        for name in _ELAPSED:
            self.env.add_to_compute(records._fields[name], records)

    def write(self, record, vals):
        dates = {name: vals.get(name, record[name]) for name in _HISTORY}
        users = vals.pop("user_ids", None)
        if vals:
            record.write(vals)
        if users is not None:
            self._assign(record, [users[0][2]])
        if any(name in vals or record[name] != dates[name] for name in _HISTORY):
            # working hours are counted anew: only where it has to be
            self._date(record, [dates])


class TaskActivityTarget(ActivityTarget):
    """Tasks of no project, as activities of what they are about."""

    relation_fields = ActivityTarget.relation_fields | {
        "_title": "summary",
        "_description": "note",
    }

    def __init__(self, mapper):
        super().__init__(mapper)
        self._tags = next(
            (line for line in mapper.lines if line.target_field == "tag_ids"), None
        )

    def finish(self, mapped):
        vals = mapped.vals
        vals["summary"] = mapped.pop("_title") or ""
        vals["note"] = mapped.pop("_description") or ""
        mapped.inputs["_created_at"] = vals.pop("x_source_created_on", None)
        mapped.inputs["_changed_at"] = vals.pop("x_source_updated_on", None)
        vals.pop("tag_ids", None)
        if self._tags:
            raw = self.mapper.payload(mapped.record).get(self._tags.source_field)
            texts = ListTransform(self.mapper, self._tags, {}).convert(raw or [], 0, {})
            mapped.inputs["_tag_words"] = texts[0]
        return super().finish(mapped)


class TaskTarget(RoutedTarget):
    """Tasks of a project go to the Project app, the others become activities.

    So do all of them where Project is not installed.
    """

    key = "task"
    label = _lt("Task or Activity")
    model = "project.task"
    ordered_by = ("x_source_created_on",)
    routes = {"task": ProjectTaskTarget, "activity": TaskActivityTarget}

    def __init__(self, mapper):
        super().__init__(mapper)
        self._has_projects = self.model in self.env
        self._parents = [
            line.source_field
            for line in mapper.lines
            if line.target_field == "_parent_task"
        ]

    @classmethod
    def main_model(cls, env):
        return cls.model if cls.model in env else "mail.activity"

    @classmethod
    def custom_model(cls, env):
        return cls.model if cls.model in env else False

    @classmethod
    def plan_note(cls, env):
        return env._(
            "Project is installed: tasks of a project become tasks there, the others "
            "activities."
        )

    def route(self, mapped):
        project = self._has_projects and mapped.pop("_project")
        return "task" if project and project[0] else "activity"

    def cut(self, records):
        """Let the tasks come first under which those of the batch stand.

        Where tasks stand under each other in a circle, the first one is loaded alone,
        which cuts the circle there.
        """
        batch, seen = records, records.browse()
        while self._parents:
            above = self._pending_above(batch)
            waiting = batch.filtered(lambda rec, above=above: above[rec])
            fresh = records.browse().union(*above.values()) - seen
            if not fresh:
                return (batch - waiting) or batch.sorted("id")[:1]
            seen |= fresh
            batch = fresh
        return batch

    def _pending_above(self, records):
        """Return ``{record: pending tasks that it stands under}``."""
        ids = {}
        for record in records:
            payload = self.mapper.payload(record)
            texts = (to_text(payload.get(name)) for name in self._parents)
            ids[record] = {clean_id(text) for text in texts if text}
        wanted = sorted(set().union(*ids.values()))
        pending = records.search(
            [
                ("object_id", "=", self.mapper.object.id),
                ("state", "=", "pending"),
                ("external_id", "in", wanted),
            ]
        )
        return {
            record: pending.filtered(lambda one, own=own: one.external_id in own)
            - record
            for record, own in ids.items()
        }


def stage_words(words):
    """Yield ``(key, name, order, folded)`` of the stages that statuses stand for."""
    known = {"open": 10, "": 20, "done": 80, "cancelled": 90}
    for text in dict.fromkeys(text or "todo" for text in words):
        found = outcome(text, None)
        name = {"todo": "To Do"}.get(fold(text), word(text) or "To Do")
        order = known[found] + (5 if fold(text).startswith("in") else 0)
        yield key_of(text), name, order, found in _STATES
