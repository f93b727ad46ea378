"""Print the results of ``bench/run`` as a table of medians and ratios."""

import json
import statistics
import sys

OBJECTS = ("organizations", "contacts", "deals", "notes")
MODES = ("ours", "orm", "external")


def rates(lines, mode):
    """Return ``{object: median records per second}``, with their sum as "all"."""
    runs = [line["spent"] for line in lines if line["mode"] == mode]
    result = {
        name: statistics.median(run[name][0] / run[name][1] for run in runs)
        for name in OBJECTS
    }
    result["all four"] = statistics.median(
        sum(run[name][0] for name in OBJECTS) / sum(run[name][1] for name in OBJECTS)
        for run in runs
    )
    return result


def main(path):
    """Print one line per object."""
    with open(path, encoding="utf-8") as stream:
        lines = [json.loads(line) for line in stream]
    found = {mode: rates(lines, mode) for mode in MODES}
    print(f"{'records/s':<16}" + "".join(f"{mode:>10}" for mode in MODES), end="")
    print("  ours/orm  ours/external")
    for name in (*OBJECTS, "all four"):
        ours, orm, external = (found[mode][name] for mode in MODES)
        print(f"{name:<16}{ours:10.0f}{orm:10.0f}{external:10.0f}", end="")
        print(f"{ours / orm:10.2f}{ours / external:15.2f}")
    verified = [x["count"] / x["seconds"] for x in lines if x["mode"] == "verify"]
    print(f"read-back: {statistics.median(verified):.0f} records/s")


main(sys.argv[1])
