"""Odoo processes on databases of their own, for tests that end, kill or serve them.

The databases are copies of a template in which the addon is installed. ``dev/test``
makes it and names it in the environment; without that it is made on first use.
"""

import atexit
import configparser
import functools
import importlib.util
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg2

from odoo.tests import BaseCase
from odoo.tools import config

ADDON = Path(__file__).resolve().parent.parent
SAMPLES = ADDON / "samples" / "the_practice"
#: A process that has not got there by then never will.
DEADLINE = 240
ANSWER = "ANSWER "
#: What every script finds: the sample bundle, and how to hand a result back.
PRELUDE = f"""
import base64, json
from pathlib import Path
SAMPLES = Path({str(SAMPLES)!r})

def answer(value):
    print({ANSWER!r} + json.dumps(value, default=str), flush=True)

def upload(project, name):
    content = base64.b64encode((SAMPLES / name).read_bytes()).decode()
    return project.add_file(name, content)

project = env["migration.project"].search([], limit=1)
"""
_numbers = itertools.count(1)


@functools.cache
def odoo_rc():
    """Return the configuration file of the subprocesses."""
    if os.environ.get("CRM_MIGRATION_ODOO_RC"):
        return os.environ["CRM_MIGRATION_ODOO_RC"]
    parser = configparser.ConfigParser(interpolation=None)
    names = ("data_dir", "db_host", "db_port", "db_user", "db_password")
    parser["options"] = {name: str(config[name]) for name in names if config[name]}
    parser["options"]["addons_path"] = ",".join(config["addons_path"])
    handle, path = tempfile.mkstemp(suffix=".conf")
    atexit.register(os.unlink, path)
    with os.fdopen(handle, "w") as stream:
        parser.write(stream)
    return path


@functools.cache
def _options():
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(odoo_rc())
    return parser["options"]


def connect(database):
    """Open an autocommit connection with Odoo's own credentials."""
    options = _options()
    names = {"db_host": "host", "db_port": "port", "db_user": "user"}
    names["db_password"] = "password"
    given = {key: options[name] for name, key in names.items() if options.get(name)}
    connection = psycopg2.connect(dbname=database, **given)
    connection.autocommit = True
    return connection


def _administer(statement):
    connection = connect("postgres")
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


@functools.cache
def template():
    """Return the name of a database in which the addon is installed."""
    name = os.environ.get("CRM_MIGRATION_KILL_TEMPLATE")
    if name:
        return name
    site = Site(f"crm_migration_template_{os.getpid()}")
    atexit.register(site.drop)
    process = OdooProcess(
        ["-d", site.name, "-i", "crm,contacts,project,maintenance,crm_migration"],
        ["--stop-after-init", "--no-http"],
    )
    process.finish()
    return site.name


def free_port():
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, process=None, deadline=DEADLINE, interval=0.005):
    """Poll until ``condition()`` is true and return its value."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        if process is not None and process.poll() is not None:
            raise AssertionError(f"Odoo ended too early:\n{process.output()}")
        time.sleep(interval)
    output = process.output() if process is not None else ""
    raise AssertionError(f"nothing happened in {deadline} s\n{output}")


@functools.cache
def fingerprints():
    """Return ``dev/fingerprint.py`` as a module: it is a script, not of the addon."""
    path = ADDON / "dev" / "fingerprint.py"
    spec = importlib.util.spec_from_file_location("fingerprint", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class OdooProcess(subprocess.Popen):
    """``python -m odoo``, its output kept for the message of a failing test."""

    def __init__(self, *arguments, script=None):
        self._output = tempfile.TemporaryFile("a+")
        python = os.environ.get("CRM_MIGRATION_PYTHON") or sys.executable
        super().__init__(
            [python, "-m", "odoo", *itertools.chain(*arguments)],
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"ODOO_RC": odoo_rc()},
            text=True,
        )
        if script is not None:
            self.stdin.write(PRELUDE + script)
        self.stdin.close()

    def output(self):
        """Return what the process wrote so far, its end if it is long."""
        self._output.seek(0)
        return self._output.read()[-8000:]

    def finish(self):
        """Wait for the end and return what the script handed to ``answer``."""
        try:
            status = self.wait(DEADLINE)
        finally:
            self.stop()
        text = self.output()
        if status:
            raise AssertionError(f"Odoo ended with status {status}:\n{text}")
        answers = [line for line in text.splitlines() if line.startswith(ANSWER)]
        return json.loads(answers[-1][len(ANSWER) :]) if answers else None

    def stop(self):
        """End it the hard way: SIGKILL, as a power cut would."""
        if self.poll() is None:
            self.kill()
            self.wait()


class Site:
    """One database with its filestore."""

    def __init__(self, name):
        self.name = name
        self._connection = None

    @property
    def filestore(self):
        """The folder of the database's attachments."""
        return Path(_options()["data_dir"]) / "filestore" / self.name

    def copy(self, label):
        """Return a copy of this database; nobody may be connected to it."""
        other = Site(f"crm_migration_{label}_{os.getpid()}_{next(_numbers)}")
        other.drop()
        self._end_sessions()
        _administer(f'CREATE DATABASE "{other.name}" TEMPLATE "{self.name}"')
        # it is Odoo that gets killed, not PostgreSQL
        _administer(f'ALTER DATABASE "{other.name}" SET synchronous_commit = off')
        if self.filestore.exists():
            shutil.copytree(self.filestore, other.filestore, copy_function=os.link)
        return other

    def drop(self):
        """Delete the database and its filestore."""
        self._end_sessions()
        _administer(f'DROP DATABASE IF EXISTS "{self.name}"')
        shutil.rmtree(self.filestore, ignore_errors=True)

    def _end_sessions(self):
        """Close our connection, and those of killed processes that live on a moment."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        _administer(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            f" WHERE datname = '{self.name}' AND usename = current_user"
        )

    def cursor(self):
        """Return a cursor on a connection of our own, opened on first use."""
        if self._connection is None:
            self._connection = connect(self.name)
        return self._connection.cursor()

    def rows(self, statement, parameters=None):
        """Return the rows of one query, read over a connection of our own."""
        with self.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall()

    def value(self, statement, parameters=None):
        """Return the first value of one query, None without a row."""
        rows = self.rows(statement, parameters)
        return rows[0][0] if rows else None

    def fingerprint(self):
        """Return ``{table: {row: hash}}`` of the whole database."""
        with self.cursor() as cursor:
            return fingerprints().content(cursor)

    def wake_workers(self):
        """Let a server's cron worker look for work now, not within the minute."""
        _administer(f"NOTIFY cron_trigger, '{self.name}'")

    def start(self, script):
        """Start ``odoo shell`` with a script; ``env`` and ``project`` are given."""
        options = ["--no-http", "--log-level=warn"]
        return OdooProcess(["shell", "-d", self.name], options, script=script)

    def run(self, script):
        """Run a script to its end and return its answer."""
        return self.start(script).finish()

    def serve(self):
        """Start the server with one cron worker; return ``(process, its URL)``.

        Odoo's other scheduled actions rest: a digest mail is no record of ours.
        """
        self.value(
            "UPDATE ir_cron SET active = false WHERE active AND id NOT IN ("
            "SELECT res_id FROM ir_model_data"
            " WHERE module = 'crm_migration' AND model = 'ir.cron') RETURNING id"
        )
        port = free_port()
        process = OdooProcess(
            ["-d", self.name, "--http-port", str(port), "--http-interface=127.0.0.1"],
            ["--max-cron-threads=1", "--log-level=warn", "--workers=0"],
        )
        wait_for(lambda: _is_listening(port), process)
        return process, f"http://127.0.0.1:{port}"


def _is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class ProcessCase(BaseCase):
    """A test class whose databases are copies of the template."""

    @classmethod
    def new_site(cls, label, source=None):
        """Copy a database (by default the template); it is dropped at the end."""
        site = (source or Site(template())).copy(label)
        cls.addClassCleanup(site.drop)
        return site
