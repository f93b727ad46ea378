"""One phase of ``bench/run``; read by ``odoo shell``.

``prepare`` stages the export, applies map and schema, and records the values that the
loader would give to ``create()``, in order, with references as (object, external id).
The other phases load what it left, each in its own copy of that database.
"""

import base64
import json
import os
import pickle
import socket
import sys
import time
import xmlrpc.client
from datetime import date, datetime
from subprocess import Popen

from odoo import fields as odoo_fields

from odoo.addons.crm_migration.engine.base import Engine
from odoo.addons.crm_migration.engine.load.loader import ObjectLoader
from odoo.addons.crm_migration.engine.quiet import QUIET_CONTEXT
from odoo.addons.crm_migration.models.migration_run import MigrationRun

OBJECTS = ("organizations", "contacts", "deals", "notes")
BATCH = 500
#: Values that only somebody inside Odoo knows to give; a service outside does not.
INSIDE = {
    "automated_probability",
    "date_last_stage_update",
    "date_open",
    "iap_enrich_done",
    "lang",
    "message_id",
    "reply_to",
}


def prepare():
    """Stage and map; load once inside a savepoint only to record the values."""
    project = env["migration.project"].create({"name": "Bench"})
    with open(os.environ["BENCH_FILE"], "rb") as stream:
        project.add_file("bench.zip", base64.b64encode(stream.read()).decode())
    project.action_stage(background=False)
    project.action_confirm_map()
    project.action_confirm_schema()
    project.action_apply_schema()
    env.cr.commit()
    record_values(project)


def record_values(project):
    """Write ``{object: [values]}``, ids of migrated records replaced by positions."""
    recorded = {name: [] for name in OBJECTS}
    places = {}
    with env.cr.savepoint() as savepoint:
        run = env["migration.run"].create({"project_id": project.id, "kind": "load"})
        engine = Engine(run._quiet())
        for obj in project.object_ids.sorted("sequence"):
            if obj.name in OBJECTS:
                loader = ObjectLoader(engine, obj.with_env(engine.env))
                for mapped in load_all(loader, obj):
                    vals = dict(mapped.inputs["vals"])
                    places[mapped.inputs["target"]] = (
                        obj.name,
                        len(recorded[obj.name]),
                    )
                    recorded[obj.name].append(relocate(vals, places))
        savepoint.rollback()
    with open(os.environ["BENCH_VALUES"], "wb") as stream:
        pickle.dump(recorded, stream)


def load_all(loader, obj):
    staged = loader.env["migration.staged.record"].search(
        [("object_id", "=", obj.id)], order="id"
    )
    for start in range(0, len(staged), BATCH):
        for mapped in loader.load(staged[start : start + BATCH]):
            if mapped.inputs["bucket"] == "created":
                yield mapped


def relocate(vals, places):
    """Replace ids of migrated records by (object, position)."""
    for name, model in (("parent_id", "res.partner"), ("partner_id", "res.partner")):
        if vals.get(name):
            vals[name] = places[model, vals[name]]
    if vals.get("res_id"):
        vals["res_id"] = places[vals["model"], vals["res_id"]]
    return {
        name: str(value) if hasattr(value, "__html__") else value
        for name, value in vals.items()
    }


def ours():
    """The full run as a person starts it, timed per object, commits included."""
    project = env["migration.project"].search([], limit=1)
    stopwatch = Stopwatch()
    run = env["migration.run"].create({"project_id": project.id, "kind": "load"})
    env.cr.commit()
    start = time.perf_counter()
    run._drive()
    total = time.perf_counter() - start
    assert run.state == "done", run.error
    result("ours", stopwatch.spent, total, run.processed)
    start = time.perf_counter()
    project.action_verify(background=False)
    checked = project.run_ids.filtered(lambda other: other.kind == "verify")[0]
    result("verify", {}, time.perf_counter() - start, checked.processed)


class Stopwatch:
    """Times each batch of a run, from its begin to the end of its commit."""

    def __init__(self):
        self.spent = {}
        self.batch = ("other", 0)
        self.start = 0.0
        load, step, checkpoint = (
            ObjectLoader.load,
            MigrationRun._step,
            MigrationRun._checkpoint,
        )

        def timed_load(loader, records):
            self.batch = (loader.object.name, len(records))
            return load(loader, records)

        def timed_step(run, engine):
            self.batch, self.start = ("other", 0), time.perf_counter()
            return step(run, engine)

        def timed_checkpoint(run, handled):
            left = checkpoint(run, handled)
            name, number = self.batch
            before, seconds = self.spent.get(name, (0, 0.0))
            seconds += time.perf_counter() - self.start
            self.spent[name] = (before + number, seconds)
            return left

        ObjectLoader.load = timed_load
        MigrationRun._step = timed_step
        MigrationRun._checkpoint = timed_checkpoint


def orm():
    """Bare create() with the best context, commit after each call."""
    quiet = env(context=QUIET_CONTEXT)
    feed("orm", lambda model, batch: quiet[model].create(batch).ids, env.cr.commit)


def external():
    """A service's way: XML-RPC, its own idea of values, no context."""
    over_the_wire("external", {})


def external_quiet():
    """The same service, had it heard of tracking_disable."""
    over_the_wire("external_quiet", {"context": {"tracking_disable": True}})


def over_the_wire(mode, options):
    """Create through a real server, 500 records a call."""
    database = env.cr.dbname
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env.ref("base.user_admin").password = "admin"
    env.cr.commit()
    arguments = ["-d", database, "--http-port", str(port), "--max-cron-threads=0"]
    server = Popen([sys.executable, "-m", "odoo", *arguments, "--log-level=error"])
    try:
        uid = wait_for_login(port, database)
        proxy = xmlrpc.client.ServerProxy(
            f"http://127.0.0.1:{port}/xmlrpc/2/object", allow_none=True
        )

        def create(model, batch):
            values = [[as_sent(vals) for vals in batch]]
            return proxy.execute_kw(
                database, uid, "admin", model, "create", values, options
            )

        feed(mode, create, lambda: None)
    finally:
        server.terminate()
        server.wait()


def wait_for_login(port, database):
    common = xmlrpc.client.ServerProxy(f"http://127.0.0.1:{port}/xmlrpc/2/common")
    for _attempt in range(120):
        try:
            return common.authenticate(database, "admin", "admin", {})
        except OSError:
            time.sleep(0.5)
    raise SystemExit("the server did not start")


def as_sent(vals):
    """Values as they can be sent: plain commands and dates only."""
    return {name: plain(value) for name, value in vals.items() if name not in INSIDE}


def plain(value):
    if isinstance(value, list):
        return [[int(command), res_id, ids] for command, res_id, ids in value]
    if isinstance(value, datetime):
        return odoo_fields.Datetime.to_string(value)
    if isinstance(value, date):
        return odoo_fields.Date.to_string(value)
    return value


def feed(mode, create, commit):
    """Create all recorded values object by object and time each."""
    with open(os.environ["BENCH_VALUES"], "rb") as stream:
        recorded = pickle.load(stream)
    models = {"deals": "crm.lead", "notes": "mail.message"}
    ids, spent, begin = {}, {}, time.perf_counter()
    for name in OBJECTS:
        start = time.perf_counter()
        ids[name] = []
        for first in range(0, len(recorded[name]), BATCH):
            batch = [
                {
                    field: ids[value[0]][value[1]]
                    if isinstance(value, tuple)
                    else value
                    for field, value in vals.items()
                }
                for vals in recorded[name][first : first + BATCH]
            ]
            ids[name] += create(models.get(name, "res.partner"), batch)
            commit()
        spent[name] = (len(ids[name]), time.perf_counter() - start)
    count = sum(number for number, _seconds in spent.values())
    result(mode, spent, time.perf_counter() - begin, count)


def result(mode, spent, seconds, count):
    line = {"mode": mode, "spent": spent, "seconds": seconds, "count": count}
    with open(os.environ["BENCH_RESULTS"], "a") as stream:
        stream.write(json.dumps(line) + "\n")


{
    "prepare": prepare,
    "ours": ours,
    "orm": orm,
    "external": external,
    "external_quiet": external_quiet,
}[os.environ["BENCH_MODE"]]()
