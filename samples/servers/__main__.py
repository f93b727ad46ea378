"""Serve the sample sources until Ctrl-C, or write them as files.

python -m samples.servers [--rest-port N] [--graphql-port N] [--scale K]
python -m samples.servers export FOLDER
"""

import argparse
import sys
import threading
from pathlib import Path

from . import SampleSources
from .common import SEED
from .export import export
from .graphql import CHOICES
from .paging import STYLES
from .world import World


def _arguments(given):
    parser = argparse.ArgumentParser(
        "python -m samples.servers", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--seed", default=SEED)
    parser.add_argument("--scale", type=int, default=1, help="multiplies the records")
    parser.add_argument("--rest-port", type=int, default=0)
    parser.add_argument("--graphql-port", type=int, default=0)
    parser.add_argument("--storage-port", type=int, default=0)
    parser.add_argument(
        "--cost",
        type=int,
        nargs=2,
        metavar=("POINTS", "PER_SECOND"),
        help="limit GraphQL queries by cost, e.g. 10000 500",
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="WHEN=FAULT",
        help="WHEN is the nth request or a path pattern, e.g. 7=500x2, /files=403*",
    )
    commands = parser.add_subparsers(dest="command")
    files = commands.add_parser("export", help="write both sources as archives")
    files.add_argument("folder", type=Path)
    files.add_argument("--form", choices=("csv", "json"), help="for both sources")
    options = parser.parse_args(given)
    if options.scale < 1:
        parser.error("--scale must be 1 or more")
    return options


def _plan(texts):
    pairs = [text.rpartition("=")[::2] for text in texts]
    return [(int(when) if when.isdigit() else when, fault) for when, fault in pairs]


def _say(text=""):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _show(sources):
    auth = sources.auth
    _say(f"REST       {sources.rest_url}/api/v2  (v1: /api/v1)")
    _say(f"           X-API-Key: {auth.api_key}  (v1: Authorization: Token ...)")
    _say(f"           {sources.paged('STYLE')}/api/v2: {' '.join(STYLES)}")
    _say(f"           POST /oauth/token: {auth.client_id} {auth.client_secret}")
    _say(f"GraphQL    {sources.graphql_url}/graphql")
    _say(f"           Authorization: Bearer {auth.token}")
    _say(f"           {sources.graphql_url}/with/CHOICE=VALUE,.../graphql:")
    for name, values in CHOICES.items():
        _say(f"             {name}={'|'.join(values)}")
    _say(f"Storage    {sources.storage_url}  (signed addresses only)")
    _say("Faults     header `X-Fault: NAME[:ARGUMENT]`, `x2` twice, e.g. 429:5, 500x2")
    _say("           " + " ".join(sorted(sources.faults.known)))


def main(given=None):
    options = _arguments(given)
    world = World(options.seed, options.scale)
    if options.command == "export":
        forms = options.form and dict.fromkeys(world.stores, options.form)
        for path in export(world, options.folder, forms):
            _say(f"{path.stat().st_size:10d}  {path}")
        return
    ports = {name: getattr(options, f"{name}_port") for name in ("rest", "graphql")}
    ports["storage"] = options.storage_port
    with SampleSources(ports=ports, world=world) as sources:
        sources.faults.schedule(_plan(options.fault))
        if options.cost:
            sources.graphql.bucket.set(*options.cost)
        _show(sources)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            _say()


if __name__ == "__main__":
    main()
