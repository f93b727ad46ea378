"""Pytest plugin: processes that run side by side share the test files.

Each takes the next file that no other has begun, so that they end at about the same
time. TEST_TURNS names the folder where they note what was taken.
"""

import os
import re
from functools import cache
from pathlib import Path

import pytest

#: Tests that serve a source or start Odoo take longest: they come first.
LONG = re.compile(r"\b(processes|rows_case|LiveCase|FastTrackCase|RoadRunnerCase)\b")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: not is_long(item.path))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):  # pylint: disable=unused-argument
    """Leave out a test of a file that another process has taken."""
    return None if is_ours(item.path) else True


@cache
def is_long(path):
    return bool(LONG.search(path.read_text(encoding="utf-8")))


@cache
def is_ours(path):
    try:
        (Path(os.environ["TEST_TURNS"]) / path.name).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
