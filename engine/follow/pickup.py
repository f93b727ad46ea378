"""A pickup: what changed at the source comes into Odoo, run after run."""

from ..load.late_words import LateWords

#: The runs of a pickup, each with what the one before has left to do.
PICKUP = ("stage", "drift", "load", "gone", "verify")
#: Counters of the runs that a person wants to know of, with the run they stand in.
_TOLD = {
    "stage": ("new", "changed", "deleted"),
    "gone": ("archived", "flagged", "revived"),
    "load": ("created", "updated", "unchanged", "merged", "excluded", "failed"),
}


def gone_domain(project):
    """Return the domain of records that came or went, and were not treated yet."""
    return [
        ("project_id", "=", project.id),
        ("object_id.target", "!=", False),
        "|",
        "&",
        ("is_missing", "=", True),
        ("gone_fate", "=", False),
        "&",
        ("is_missing", "=", False),
        ("gone_fate", "!=", False),
    ]


def is_idle(project, stats):
    """Return whether a pull has brought nothing, and nothing else is waiting."""
    if any(stats.get(word) for word in ("new", "changed", "deleted", "repeated")):
        return False
    staged = project.env["migration.staged.record"]
    waiting = [("project_id", "=", project.id), ("state", "=", "pending")]
    decided = [("project_id", "=", project.id), ("state", "=", "decided")]
    if LateWords(project).records():
        return False
    return not (
        staged.search_count(waiting, limit=1)
        or staged.search_count(gone_domain(project), limit=1)
        or project.env["migration.conflict"].search_count(decided, limit=1)
        or project.mapping_line_ids.filtered(lambda line: line._is_ready_late())
    )


class PickupReport:
    """What one pickup brought, in words.

    :param last: its last run
    """

    def __init__(self, project, last):
        self.project = project
        self.env = project.env
        runs = project.run_ids.filtered("is_pickup").sorted("id", reverse=True)
        self.runs = runs.browse()
        for run in runs:
            if run.id <= last.id:
                self.runs += run
                if run.kind == "stage":
                    break

    def text(self):
        """Return one line with the counters that are not zero."""
        labels = {
            "new": self.env._("new"),
            "changed": self.env._("changed"),
            "deleted": self.env._("deleted at the source"),
            "archived": self.env._("archived"),
            "flagged": self.env._("flagged"),
            "revived": self.env._("back at the source"),
            "created": self.env._("created"),
            "updated": self.env._("updated"),
            "unchanged": self.env._("unchanged"),
            "merged": self.env._("merged"),
            "excluded": self.env._("excluded"),
            "failed": self.env._("failed"),
        }
        parts = [
            f"{labels[word]}: {number}"
            for run in self.runs.sorted("id")
            for word in _TOLD.get(run.kind, ())
            if (number := (run.stats or {}).get(word))
        ]
        conflicts = self.project.conflict_count
        if conflicts:
            parts.append(self.env._("conflicts to decide: %s", conflicts))
        if self.broken():
            parts.append(self.env._("not all of the source could be read"))
        return ", ".join(parts) or self.env._("Nothing has changed.")

    def broken(self):
        """Return what could not be read of the source, "" if all could."""
        stage = self.runs.filtered(lambda run: run.kind == "stage")
        names = (stage.cursor or {}).get("broken") or []
        objects = [self.project._object(name) for name in names]
        return "\n".join(f"{obj.label}: {obj.problem}" for obj in objects if obj)
