"""Counts of the whole read-back, from what is kept of the last one and its changes."""

from collections import Counter

from odoo.tools import SQL


def recount(project):
    """Return what a complete read-back would count: ``{"<object>:<verdict>": number}``.

    Differences are kept row by row; every other field that was written is equal.
    """
    env = project.env
    env.flush_all()
    counts, fields = Counter(), Counter()
    for name, found, gone, written in env.execute_query(_links(project)):
        fields[name] = int(written or 0)
        counts[f"{name}:found"] = found
        counts[f"{name}:gone"] = gone
    for name, verdict, number in env.execute_query(_differences(project)):
        counts[f"{name}:{verdict}"] += number
        if verdict != "unread":
            fields[name] -= number
    for name, number in fields.items():
        counts[f"{name}:equal"] = number
    return {name: number for name, number in counts.items() if number}


def _links(project):
    return SQL(
        "SELECT link.source_object,"
        " count(*) FILTER (WHERE gone.id IS NULL AND staged.state <> 'failed'),"
        " count(gone.id),"
        " sum(CASE WHEN jsonb_typeof(link.base_values) = 'object' THEN"
        " (SELECT count(*) FROM jsonb_object_keys(link.base_values)) ELSE 0 END)"
        " FILTER (WHERE gone.id IS NULL)"
        " FROM migration_crosswalk link"
        " JOIN migration_staged_record staged ON staged.id = link.staged_record_id"
        " LEFT JOIN (SELECT DISTINCT diff.staged_record_id AS id"
        " FROM migration_difference diff"
        " JOIN migration_run run ON run.id = diff.run_id AND run.kind = 'verify'"
        " WHERE diff.project_id = %(project)s AND diff.target_field = 'id'"
        " AND diff.verdict = 'lost') gone ON gone.id = staged.id"
        " WHERE link.project_id = %(project)s GROUP BY 1",
        project=project.id,
    )


def _differences(project):
    return SQL(
        "SELECT link.source_object, diff.verdict, count(*)"
        " FROM migration_difference diff"
        " JOIN migration_run run ON run.id = diff.run_id AND run.kind = 'verify'"
        " JOIN migration_staged_record staged ON staged.id = diff.staged_record_id"
        " JOIN migration_object object ON object.id = staged.object_id"
        " JOIN migration_crosswalk link ON link.staged_record_id = staged.id"
        " AND link.source_object = object.name"
        " WHERE diff.project_id = %s AND diff.target_field <> 'id' GROUP BY 1, 2",
        project.id,
    )
