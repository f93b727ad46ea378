"""The parts of ``bench/delta``; ``BENCH_MODE`` names one.

``source`` serves Road Runner and changes it on demand, ``scale`` prints how large it
must be, ``table`` prints the results. ``live`` and ``files`` are read by ``odoo
shell``: full run, change at the source, pickup.
"""

import base64
import json
import os
import subprocess
import sys
import time
import types
from functools import wraps
from importlib import import_module
from pathlib import Path

#: Road Runner's objects but its files: their bytes would be most of the full run.
OBJECTS = ("contact", "equipment", "deal", "project", "task", "activity")
#: What is written into a share of the records of each object.
CHANGES = {
    "contact": {"job_title": "Changed"},
    "equipment": {"notes": "Changed"},
    "deal": {"description": "Changed"},
    "project": {"description": "Changed"},
    "task": {"description": "Changed"},
    "activity": {"body": "<p>Changed</p>", "body_text": "Changed"},
}
#: Methods whose time is told apart: (module, class, method) -> what it is called.
PARTS = {
    ("engine.load.load", "LoadEngine", "prepare"): "load: prepare",
    ("engine.match.find", "Matcher", "find"): "load: prepare, match",
    ("engine.load.loader", "ObjectLoader", "load"): "load: records",
    ("engine.verify.recount", "", "recount"): "verify: recount",
    ("engine.verify.books", "Bookkeeper", "balance"): "verify: books",
}
#: The runs in their order; the profile, from which the map is made, is not counted.
KINDS = ("profile", "stage", "drift", "load", "gone", "verify")


def addon(name):
    """Import a module of the addon; outside of Odoo without its ``__init__``."""
    if "odoo" in sys.modules:
        return import_module(f"odoo.addons.crm_migration.{name}")
    if "crm_migration" not in sys.modules:
        package = sys.modules["crm_migration"] = types.ModuleType("crm_migration")
        package.__path__ = [os.environ["BENCH_CHECKOUT"]]
    return import_module(f"crm_migration.{name}")


# -- the source, a process of its own ------------------------------------------------


def scale():
    """Print how many times as large the source must be for BENCH_RECORDS."""
    world = addon("samples.servers.world").World
    sizes = [
        sum(len(world(scale=number).road_runner.tables[name]) for name in OBJECTS)
        for number in (2, 3)
    ]
    print(max(1, -(-int(os.environ["BENCH_RECORDS"]) // (sizes[1] - sizes[0]))))


def source():
    """Serve; each line of the input is a share to change, or a folder to export to."""
    servers = addon("samples.servers")
    world = servers.World(scale=int(os.environ["BENCH_SCALE"]))
    store = world.road_runner
    store.tables["file"].clear()
    with servers.SampleSources(world=world) as sources:
        print(json.dumps({"url": sources.rest_url, "key": sources.auth.api_key}))
        sys.stdout.flush()
        for line in sys.stdin:
            if line.startswith("/"):
                folder = Path(line.strip())
                paths = addon("samples.servers.export").export(world, folder)
                print(json.dumps({"paths": [str(path) for path in paths]}))
            else:
                print(json.dumps({"changed": change(store, float(line))}))
            sys.stdout.flush()


def change(store, share):
    """Change a share of the live records of each object; return how many."""
    count = 0
    for name, values in CHANGES.items():
        keys = [store.id_of(name, row) for row in store.listing(name)]
        for key in keys[:: round(1 / share)]:
            old = store.get(name, key)
            known = {field: value for field, value in values.items() if field in old}
            store.update(name, key, **known)
            count += 1
    return count


class Source:
    """The process of :func:`source`, asked over its input."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, os.environ["BENCH_SCRIPT"]],
            env=os.environ | {"BENCH_MODE": "source"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.place = json.loads(self.process.stdout.readline())

    def ask(self, line):
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.process.stdin.close()
        self.process.wait()


# -- in Odoo -------------------------------------------------------------------------


class Stopwatch:
    """Seconds and queries by run and by part, while ``phase`` goes on."""

    def __init__(self):
        self.spent = {}
        for place, title in PARTS.items():
            self.watch(*place, title)

    def add(self, title, seconds):
        self.spent[title] = self.spent.get(title, 0.0) + seconds

    def watch(self, module, owner, name, title):
        module = addon(module)
        places = [getattr(module, owner)] if owner else self.importers(module, name)
        for place in places:
            setattr(place, name, self.timed(getattr(place, name), title))

    @staticmethod
    def importers(module, name):
        """Return the modules that have a function of ``module``, itself included."""
        function = getattr(module, name)
        return [
            other
            for other in list(sys.modules.values())
            if getattr(other, name, None) is function
        ]

    def timed(self, method, title):
        @wraps(method)
        def run(*args, **kwargs):
            start = time.perf_counter()
            try:
                return method(*args, **kwargs)
            finally:
                self.add(title, time.perf_counter() - start)

        return run


def drive(project, stopwatch):
    """Work off all queued runs as the scheduled action does; return the seconds."""
    begin = time.perf_counter()
    while run := project.run_ids.filtered(
        lambda one: one.state in ("queued", "running")
    ).sorted("id")[:1]:
        start, kind = time.perf_counter(), run.kind
        run._drive()
        stopwatch.add(kind, time.perf_counter() - start)
        assert not run.exists() or run.state != "failed", run.error
    env.cr.commit()
    return time.perf_counter() - begin


def live():
    with Source() as source:
        env["ir.config_parameter"].set_param(
            addon("models.migration_connection").PRIVATE_PARAMETER, "True"
        )
        profile = addon("connectors.profile.sources").load_preset_profile(
            "roadrunner_v2"
        )
        profile["limits"] |= {"max_rps": 0}
        project = new_project("live")
        env["migration.connection"].create(
            {
                "project_id": project.id,
                "profile": json.dumps(profile),
                "base_url": source.place["url"],
                "secret": source.place["key"],
            }
        )
        measure("live", project, source, lambda: None)


def files():
    """The same from uploaded exports: what changed is found by hash."""
    with Source() as source:
        project = new_project("files")

        def upload():
            folder = Path(os.environ["BENCH_FILES"])
            paths = source.ask(folder)["paths"]
            path = next(path for path in paths if "road_runner" in Path(path).name)
            content = base64.b64encode(Path(path).read_bytes()).decode()
            project.add_file("export.zip", content)
            project._take_manifest()

        upload()
        measure("files", project, source, upload)


def new_project(transport):
    vals = {"name": transport, "preset": "road_runner", "transport": transport}
    return env["migration.project"].create(vals)


def measure(title, project, source, upload):
    """Full run, a pickup with nothing new, a change of a share, a pickup of it."""
    stopwatch = Stopwatch()
    enqueue(project, ("stage",))
    seconds = drive(project, stopwatch)
    # the map is made once: what it costs is no part of the comparison
    enqueue(project, ("profile",))
    drive(project, stopwatch)
    for line in project.mapping_line_ids.filtered(lambda one: not one.is_confirmed):
        if line.fate == "undecided":
            line.action_drop()
        elif line._open_question():
            line.date_format = "iso"
        line.action_confirm()
    project.action_plan_schema()
    project.action_confirm_schema()
    project.action_apply_schema()
    env.cr.commit()
    enqueue(project, ("load", "verify"))
    seconds += drive(project, stopwatch)
    count = project.staged_count
    tell(title, "full", count, seconds, stopwatch)
    for share in (0.0, float(os.environ["BENCH_SHARE"])):
        changed = source.ask(share)["changed"] if share else 0
        if share:
            upload()
        stopwatch.spent.clear()
        env.invalidate_all()
        start = time.perf_counter()
        profiler = begin_profile() if share else None
        project._begin_pickup(True)
        env.cr.commit()
        drive(project, stopwatch)
        end_profile(profiler)
        name = "pickup" if share else "idle"
        tell(title, name, changed, time.perf_counter() - start, stopwatch)
        print(f"{title} {name}: {project.last_pickup_result}")


def begin_profile():
    if not os.environ.get("BENCH_PROFILE"):
        return None
    profiler = import_module("cProfile").Profile(time.process_time)
    profiler.enable()
    return profiler


def end_profile(profiler):
    if profiler:
        profiler.disable()
        profiler.dump_stats(os.environ["BENCH_PROFILE"])


def enqueue(project, kinds):
    env["migration.run"].create(
        [{"project_id": project.id, "kind": kind} for kind in kinds]
    )
    env.cr.commit()


def tell(title, phase, count, seconds, stopwatch):
    line = {"source": title, "phase": phase, "count": count, "seconds": seconds}
    line["spent"] = dict(stopwatch.spent)
    with open(os.environ["BENCH_RESULTS"], "a") as stream:
        stream.write(json.dumps(line) + "\n")


# -- numbers -------------------------------------------------------------------------


def table():
    """Print seconds by phase, and a pickup's share of the full run."""
    with open(os.environ["BENCH_RESULTS"], encoding="utf-8") as stream:
        lines = [json.loads(line) for line in stream]
    for title in dict.fromkeys(line["source"] for line in lines):
        mine = {line["phase"]: line for line in lines if line["source"] == title}
        full = mine["full"]
        phases = [phase for phase in ("full", "pickup", "idle") if phase in mine]
        print(f"\n{title}: {full['count']} records", end="")
        print(f", {mine['pickup']['count']} changed" if "pickup" in mine else "")
        print(f"{'seconds':<26}" + "".join(f"{phase:>10}" for phase in phases))
        names = [*KINDS, *PARTS.values()]
        names.sort(key=lambda name: (KINDS.index(name.split(":")[0]), len(name)))
        for name in names:
            if any(name in mine[phase]["spent"] for phase in phases):
                shown = name if ":" not in name else f"   {name.split(': ')[1]}"
                shown = "(profile)" if name == "profile" else shown
                cells = [mine[phase]["spent"].get(name, 0.0) for phase in phases]
                print(f"{shown:<26}" + "".join(f"{cell:>10.1f}" for cell in cells))
        totals = [mine[phase]["seconds"] for phase in phases]
        print(f"{'all':<26}" + "".join(f"{total:>10.1f}" for total in totals))
        shares = [f"{100 * total / full['seconds']:.1f} %" for total in totals]
        print(f"{'share of the full run':<26}" + "".join(f"{s:>10}" for s in shares))
        load = full["spent"]["load"]
        shares = [f"{100 * total / load:.1f} %" for total in totals]
        print(f"{'share of its load alone':<26}" + "".join(f"{s:>10}" for s in shares))


{
    "scale": scale,
    "source": source,
    "live": live,
    "files": files,
    "table": table,
}[os.environ["BENCH_MODE"]]()
