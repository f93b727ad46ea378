"""The parts of ``bench/pull`` and ``bench/memory``; ``BENCH_MODE`` names one.

``outside`` reads the sources without Odoo, ``table`` prints the results, ``scale``
the size of the sample source with BENCH_RECORDS records. ``stage`` and ``memory`` are
read by ``odoo shell``.
"""

import base64
import csv
import importlib
import io
import json
import os
import statistics
import sys
import threading
import time
import types
import zipfile
from contextlib import closing
from functools import partial
from pathlib import Path

import psutil
import requests
from requests.adapters import HTTPAdapter

#: transport -> mapping preset, connection profile
LIVE = {
    "rest": ("road_runner", "roadrunner_v2"),
    "graphql": ("fasttrack", "fasttrack_relay"),
}
#: format of an archive -> mapping preset
FILES = {"csv": "road_runner", "json": "fasttrack"}
TRANSPORTS = (*LIVE, *FILES)
MODES = ("loop", "connector", "stage")
#: What staging may add to the process.
LIMIT_MB = 150
MB = 1024 * 1024


def addon(name):
    """Import a module of the addon; outside of Odoo without its ``__init__``."""
    if "odoo" in sys.modules:
        return importlib.import_module(f"odoo.addons.crm_migration.{name}")
    if "crm_migration" not in sys.modules:
        package = sys.modules["crm_migration"] = types.ModuleType("crm_migration")
        package.__path__ = [os.environ["BENCH_CHECKOUT"]]
    return importlib.import_module(f"crm_migration.{name}")


def address(transport):
    return os.environ[f"BENCH_{transport.upper()}"]


def secret(transport):
    auth = addon("samples.servers.auth").Auth()
    return auth.api_key if transport == "rest" else auth.token


def profile_of(transport):
    """Return the shipped profile without limits: the source is to be the limit."""
    sources = addon("connectors.profile.sources")
    profile = sources.load_preset_profile(LIVE[transport][1])
    concurrency = int(os.environ.get("BENCH_CONCURRENCY") or 1)
    profile["limits"] |= {"max_rps": 0, "concurrency": concurrency}
    return profile


def archive(form):
    return Path(os.environ["BENCH_FILES"]) / f"{FILES[form]}_export.zip"


# -- without Odoo ----------------------------------------------------------------


def outside():
    """Time the connectors, then the bare loop over what they asked for."""
    for transport in LIVE:
        with Recorder() as recorder:
            count = read_live(transport)
        timed("connector", transport, partial(read_live, transport))
        timed("loop", transport, partial(ask_again, recorder.sent, count))
    for form in FILES:
        timed("connector", form, partial(read_files, form))
        timed("loop", form, partial(read_plainly, form))


def read_live(transport):
    web = addon("connectors.web")
    profile = profile_of(transport) | {"base_url": address(transport)}
    key = secret(transport)
    secrets = {"api_key": key, "token": key}
    options = web.WebOptions(allow_private=True)
    return drain(web.open_source(profile, secrets, options))


def read_files(form):
    preset = addon("presets").load_preset(FILES[form])
    files = [(archive(form).name, str(archive(form)))]
    bundle = addon("connectors.files").BundleConnector
    return drain(bundle(files, preset.file_objects(), preset.required()))


def drain(connector):
    """Read all pages and return the number of records and problems."""
    with closing(connector):
        jobs = [(table, None, None) for table in connector.tables() if table.object]
        count = 0
        for _table, page in connector.stream(jobs):
            if isinstance(page, Exception):
                raise page
            count += len(page.items)
        return count


class Recorder:
    """Keeps the requests that are sent meanwhile."""

    def __enter__(self):
        self.sent = []
        self._send = send = HTTPAdapter.send

        def record(adapter, request, *arguments, **options):
            self.sent.append(request)
            return send(adapter, request, *arguments, **options)

        HTTPAdapter.send = record
        return self

    def __exit__(self, *_error):
        HTTPAdapter.send = self._send


def ask_again(sent, count):
    """Send the requests once more; they bring `count` records."""
    with requests.Session() as session:
        for request in sent:
            json.loads(session.send(request).content)
    return count


def read_plainly(form):
    """Read every table of an archive, as short as Python can say it."""
    read = {"csv": csv_rows, "json": json.load}[form]
    count = 0
    with zipfile.ZipFile(archive(form)) as bundle:
        for name in bundle.namelist():
            if name.endswith(f".{form}") and "/" not in name:
                with bundle.open(name) as stream:
                    count += len(read(stream))
    return count


def csv_rows(stream):
    return list(csv.DictReader(io.TextIOWrapper(stream, "utf-8", newline="")))


def timed(mode, transport, work):
    start = time.perf_counter()
    count = work()
    seconds = time.perf_counter() - start
    line = {"mode": mode, "transport": transport, "count": count, "seconds": seconds}
    with open(os.environ["BENCH_RESULTS"], "a") as stream:
        stream.write(json.dumps(line) + "\n")
    return count


# -- in Odoo ---------------------------------------------------------------------


def stage():
    """Stage each source into a project of its own."""
    for transport in TRANSPORTS:
        timed("stage", transport, partial(drive, new_run(transport)))


def new_run(transport):
    """Create a project that is ready to be staged, and its run."""
    name = addon("models.migration_connection").PRIVATE_PARAMETER
    env["ir.config_parameter"].set_param(name, "True")
    is_live = transport in LIVE
    preset = LIVE[transport][0] if is_live else FILES[transport]
    vals = {"name": transport, "preset": preset}
    vals["transport"] = "live" if is_live else "files"
    project = env["migration.project"].create(vals)
    if is_live:
        connect(project, transport)
    else:
        file = archive(transport)
        project.add_file(file.name, base64.b64encode(file.read_bytes()).decode())
        project._take_manifest()
    run = env["migration.run"].create({"project_id": project.id, "kind": "stage"})
    env.cr.commit()
    return run


def connect(project, transport):
    env["migration.connection"].create(
        {
            "project_id": project.id,
            "profile": json.dumps(profile_of(transport)),
            "base_url": address(transport),
            "secret": secret(transport),
        }
    )


def drive(run):
    """Do the whole run, commits included; return the number of records."""
    while run.state in ("queued", "running"):
        run._drive()
    assert run.state == "done", run.error
    return run.processed


def memory():
    """Stage the REST source and watch the process."""
    run = new_run("rest")
    process, done = psutil.Process(), threading.Event()
    begin = process.memory_info().rss
    sizes = [begin]

    def watch():
        while not done.wait(0.1):
            sizes.append(process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.perf_counter()
    try:
        count = drive(run)
    finally:
        done.set()
        watcher.join()
    seconds = time.perf_counter() - start
    grown = (max(sizes) - begin) / MB
    print(f"{count} records staged in {seconds:.0f} s, {count / seconds:.0f} records/s")
    print(f"start {begin / MB:.0f} MB, peak {max(sizes) / MB:.0f} MB, end", end=" ")
    print(f"{sizes[-1] / MB:.0f} MB: grown by {grown:.0f} MB of {LIMIT_MB} allowed")
    quarters = [sizes[len(sizes) * part // 8] / MB for part in range(1, 8)]
    print("on the way: " + ", ".join(f"{size:.0f}" for size in quarters) + " MB")
    if grown > LIMIT_MB:
        raise SystemExit(1)


# -- numbers ---------------------------------------------------------------------


def scale():
    """Print how many times as large the REST source must be for BENCH_RECORDS."""
    world = addon("samples.servers.world").World
    sizes = [
        sum(map(len, world(scale=number).road_runner.tables.values()))
        for number in (2, 3)
    ]
    print(-(-int(os.environ["BENCH_RECORDS"]) // (sizes[1] - sizes[0])))


def table():
    """Print one line per transport."""
    with open(os.environ["BENCH_RESULTS"], encoding="utf-8") as stream:
        lines = [json.loads(line) for line in stream]
    titles = [*MODES, "connector/loop", "stage/connector", "stage/loop"]
    print(f"{'records/s':<12}{'n':>8}" + "".join(f"{title:>17}" for title in titles))
    for transport in TRANSPORTS:
        mine = [line for line in lines if line["transport"] == transport]
        rate = {
            mode: statistics.median(
                line["count"] / line["seconds"] for line in mine if line["mode"] == mode
            )
            for mode in MODES
        }
        cells = [f"{rate[mode]:.0f}" for mode in MODES]
        cells.append(f"{rate['connector'] / rate['loop']:.2f}")
        cells.append(f"{rate['stage'] / rate['connector']:.2f}")
        cells.append(f"{rate['stage'] / rate['loop']:.2f}")
        count = mine[0]["count"]
        print(f"{transport:<12}{count:>8}" + "".join(f"{cell:>17}" for cell in cells))


{
    "outside": outside,
    "stage": stage,
    "memory": memory,
    "scale": scale,
    "table": table,
}[os.environ["BENCH_MODE"]]()
