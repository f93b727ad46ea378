"""Pytest plugin: the total coverage as one line above the summary."""

import pytest


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter, config):
    plugin = config.pluginmanager.getplugin("_cov")
    total = getattr(plugin, "cov_total", None)
    if total is not None:
        terminalreporter.write_line(
            f"coverage of {', '.join(plugin.options.cov_source)}: {total:.0f} %"
        )
