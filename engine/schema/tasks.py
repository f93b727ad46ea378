"""What the schema plan needs for tasks of projects: their stages."""

from ...tools.converters import to_text
from ..keys import key_of
from ..map.pipelines import lines_by_target
from ..targets.task import stage_words
from .existing import ids_by_name


def plan_task_stages(planner):
    """Add one stage for each status that tasks of projects have."""
    if "project.task" not in planner.env:
        return
    for obj in planner.project.object_ids.filtered(lambda obj: obj.target == "task"):
        lines = lines_by_target(obj)
        if "_project" in lines:
            _plan(planner, obj, lines)


def _plan(planner, obj, lines):
    status = lines["_status"].source_field if "_status" in lines else ""
    rows = planner._values(obj, status, lines["_project"].source_field)
    counts = {}
    for text, project, count, _first in rows:
        if to_text(project):
            counts[text or "todo"] = counts.get(text or "todo", 0) + count
    stages = planner.env["project.task.type"].search([("user_id", "=", False)])
    existing = ids_by_name(stages)
    for key, name, order, is_folded in stage_words(counts):
        count = sum(n for text, n in counts.items() if key_of(text) == key)
        match = next(iter(existing.get(key_of(name), ())), False)
        planner._add(
            "task_stage",
            key,
            name,
            vals={"name": name, "sequence": order, "fold": is_folded},
            action="reuse" if match else "create",
            res_id=match,
            record_count=count,
            objects=obj,
            reason=planner.env._("A stage of tasks of that name exists.")
            if match
            else planner.env._(
                "One stage for each status of tasks; each project has those of its "
                "tasks."
            ),
        )
