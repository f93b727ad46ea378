"""Print the results of ``bench/run`` as a table of medians and ratios."""

import json
import statistics
import sys

OBJECTS = ("organizations", "contacts", "deals", "notes")
MODES = ("ours", "orm", "external", "external_quiet")
RATIOS = ("orm", "external", "external_quiet")
ALL = "all four"


def rates(lines, mode):
    """Return ``{object: median records per second}`` and the sum of the objects."""
    runs = [line["spent"] for line in lines if line["mode"] == mode]
    result = {
        name: statistics.median(run[name][0] / run[name][1] for run in runs)
        for name in OBJECTS
    }
    result[ALL] = statistics.median(
        sum(run[name][0] for name in OBJECTS) / sum(run[name][1] for name in OBJECTS)
        for run in runs
    )
    return result


def speed(lines, mode):
    """Return the median records per second of whole runs."""
    return statistics.median(
        line["count"] / line["seconds"] for line in lines if line["mode"] == mode
    )


def main(path):
    """Print one line per object."""
    with open(path, encoding="utf-8") as stream:
        lines = [json.loads(line) for line in stream]
    found = {mode: rates(lines, mode) for mode in MODES}
    sizes = next(line["spent"] for line in lines if line["mode"] == "orm")
    titles = [*MODES, *(f"ours/{mode}" for mode in RATIOS)]
    print(f"{'records/s':<15}{'n':>7}" + "".join(f"{title:>20}" for title in titles))
    for name in (*OBJECTS, ALL):
        number = sizes[name][0] if name in sizes else sum(n for n, _s in sizes.values())
        cells = [f"{found[mode][name]:.0f}" for mode in MODES]
        cells += [f"{found['ours'][name] / found[mode][name]:.2f}" for mode in RATIOS]
        print(f"{name:<15}{number:>7}" + "".join(f"{cell:>20}" for cell in cells))
    print(f"full run, all objects: {speed(lines, 'ours'):.0f} records/s")
    print(f"read-back of every field: {speed(lines, 'verify'):.0f} records/s")


main(sys.argv[1])
