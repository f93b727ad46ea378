"""Pytest plugin: coverage per folder and in total, above pytest's summary line."""

import json
import os
from collections import Counter
from pathlib import Path


def pytest_terminal_summary(terminalreporter, config):
    path = Path(os.environ["COVERAGE_JSON"])
    if not path.exists():
        return
    report = json.loads(path.read_text())
    covered, wanted = Counter(), Counter()
    for name, file in report["files"].items():
        folder = next(part for part in source_folders(config) if f"/{part}/" in name)
        covered[folder] += covered_parts(file["summary"])
        wanted[folder] += wanted_parts(file["summary"])
    for folder in sorted(wanted):
        share = covered[folder] / wanted[folder] if wanted[folder] else 1
        terminalreporter.write_line(f"coverage of {folder:<12} {share:4.0%}")
    total = report["totals"]["percent_covered"] / 100
    terminalreporter.write_line(f"coverage in total    {total:9.0%}")


def source_folders(config):
    return [Path(source).name for source in config.option.cov_source]


def covered_parts(summary):
    return summary["covered_lines"] + summary.get("covered_branches", 0)


def wanted_parts(summary):
    return summary["num_statements"] + summary.get("num_branches", 0)
