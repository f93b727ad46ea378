"""The parts of ``bench/rollback``; ``BENCH_MODE`` names one.

``rollback`` and ``bare`` are read by ``odoo shell`` in two copies of one migrated
database, ``table`` prints what they measured.
"""

import json
import os
import time
from itertools import groupby
from pathlib import Path

BATCH = 500


def is_schema(model):
    return model.startswith("ir.") and model != "ir.attachment"


def plan():
    """Plan the rollback of the only project; return it and ``{fate: number}``."""
    project = env["migration.project"].search([])
    fates = project.action_plan_rollback()
    env.cr.commit()
    return project, fates


def rollback():
    """Plan and carry out, with all checks."""
    start = time.perf_counter()
    project, fates = plan()
    planned = time.perf_counter() - start
    project.action_rollback(background=False)
    env.cr.commit()
    seconds = time.perf_counter() - start
    lines = env["migration.rollback.line"]
    count = lines.search_count([("fate", "=", "delete"), ("state", "=", "done")])
    failed = lines.search_count([("state", "=", "failed")])
    kept = lines._read_group([("fate", "=like", "keep%")], ["reason"], ["__count"])
    keep("rollback", count, seconds, planned=planned, fates=fates, failed=failed)
    for reason, number in sorted(kept, key=lambda row: -row[1])[:10]:
        print(f"  kept {number}: {reason}")


def bare():
    """unlink() of what the plan deletes, one model a call, without any check."""
    plan()
    lines = env["migration.rollback.line"].search(
        [("fate", "=", "delete")], order="position desc"
    )
    doomed = [(line.res_model, line.res_id) for line in lines]
    env.invalidate_all()
    spent = {True: [0, 0.0], False: [0, 0.0]}
    for name, group in groupby(by_model(doomed), key=lambda row: row[0]):
        ids = list(dict.fromkeys(res_id for _name, res_id in group))
        for first in range(0, len(ids), BATCH):
            start = time.perf_counter()
            env[name].browse(ids[first : first + BATCH]).exists().unlink()
            env.cr.commit()
            part = spent[is_schema(name)]
            part[0] += len(ids[first : first + BATCH])
            part[1] += time.perf_counter() - start
    count = sum(number for number, _seconds in spent.values())
    seconds = sum(seconds for _number, seconds in spent.values())
    keep("bare", count, seconds, schema=spent[True])


def by_model(doomed):
    """Return the records with those of one model together, where their order is ours.

    As the rollback does it: the schema stays in the order of the plan.
    """
    order = {}
    for name, _res_id in doomed:
        order.setdefault(name, len(order))
    records = [row for row in doomed if not is_schema(row[0])]
    return sorted(records, key=lambda row: order[row[0]]) + [
        row for row in doomed if is_schema(row[0])
    ]


def keep(mode, count, seconds, **more):
    line = {"mode": mode, "count": count, "seconds": seconds, **more}
    with open(os.environ["BENCH_RESULTS"], "a") as stream:
        stream.write(json.dumps(line) + "\n")


def table():
    """Print the counts of the fates and the rates."""
    text = Path(os.environ["BENCH_RESULTS"]).read_text(encoding="utf-8")
    found = {line["mode"]: line for line in map(json.loads, text.splitlines())}
    own, bare_line = found["rollback"], found["bare"]
    fates = ", ".join(f"{name} {number}" for name, number in own["fates"].items())
    print(f"\nFates: {fates}; failed {own['failed']}")
    rates = {mode: line["count"] / line["seconds"] for mode, line in found.items()}
    print(
        f"Rollback {own['count']} records in {own['seconds']:.1f} s"
        f" ({own['planned']:.1f} s of it the plan): {rates['rollback']:.0f}/s;"
        f" bare unlink {bare_line['count']} in {bare_line['seconds']:.1f} s"
        f" ({bare_line['schema'][1]:.1f} s of it {bare_line['schema'][0]} pieces of"
        f" schema): {rates['bare']:.0f}/s; ratio"
        f" {rates['rollback'] / rates['bare']:.2f}\n"
    )


{"rollback": rollback, "bare": bare, "table": table}[os.environ["BENCH_MODE"]]()
