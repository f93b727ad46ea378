"""One phase of ``bench/run``; read by ``odoo shell``.

``prepare`` stages the export, applies map and schema, and records the values that the
loader would give to ``create()``, in order, with references as (object, external id).
The other phases load what it left, each in its own copy of that database.
"""

import base64
import json
import os
import pickle
import sys
import time
import xmlrpc.client
from subprocess import Popen

from odoo import fields as odoo_fields

from odoo.addons.crm_migration.engine.base import Engine
from odoo.addons.crm_migration.engine.load import ObjectLoader
from odoo.addons.crm_migration.engine.quiet import QUIET_CONTEXT

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
    """The full run as a person starts it, timed per object."""
    project = env["migration.project"].search([], limit=1)
    spent = {}
    load = ObjectLoader.load

    def timed(self, records):
        start = time.perf_counter()
        result = load(self, records)
        self.env.flush_all()
        number, seconds = spent.get(self.object.name, (0, 0.0))
        spent[self.object.name] = (
            number + len(records),
            seconds + time.perf_counter() - start,
        )
        return result

    ObjectLoader.load = timed
    run = env["migration.run"].create({"project_id": project.id, "kind": "load"})
    env.cr.commit()
    start = time.perf_counter()
    run._drive()
    total = time.perf_counter() - start
    assert run.state == "done", run.error
    result("ours", spent, total, run.processed)
    start = time.perf_counter()
    project.action_verify(background=False)
    result("verify", {}, time.perf_counter() - start, run.processed)


def orm():
    """Bare create() with the best context, commit after each call."""
    quiet = env(context=QUIET_CONTEXT)
    feed("orm", lambda model, batch: quiet[model].create(batch).ids, env.cr.commit)


def external():
    """A service's way: XML-RPC, its own idea of values, no context."""
    port, database = 8469, env.cr.dbname
    env["res.users"].browse(2).password = "admin"
    env.cr.commit()
    options = ["-d", database, "--http-port", str(port), "--max-cron-threads=0"]
    server = Popen([sys.executable, "-m", "odoo", *options, "--log-level=error"])
    try:
        uid = wait_for_login(port, database)
        proxy = xmlrpc.client.ServerProxy(
            f"http://127.0.0.1:{port}/xmlrpc/2/object", allow_none=True
        )

        def create(model, batch):
            plain = [as_sent(vals) for vals in batch]
            return proxy.execute_kw(database, uid, "admin", model, "create", [plain])

        feed("external", create, lambda: None)
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
    """Values as they can be sent: texts for dates, nothing of Odoo's inside."""
    return {
        name: odoo_fields.Datetime.to_string(value)
        if hasattr(value, "hour")
        else odoo_fields.Date.to_string(value)
        if hasattr(value, "year")
        else value
        for name, value in vals.items()
        if name not in INSIDE
    }


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


{"prepare": prepare, "ours": ours, "orm": orm, "external": external}[
    os.environ["BENCH_MODE"]
]()
