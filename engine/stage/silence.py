"""A source that says nothing: how long it is waited for, and what comes then."""

import time
from datetime import datetime, timedelta, timezone

from odoo.tools import config

from ...exceptions import SourceError, SourcePaused

#: Share of the time that Odoo gives a scheduled action in which a page has to come.
SHARE = 0.8
#: How often a table may be silent in a row before the others go on without it.
MOST = 3
#: The silent source is left alone for so many seconds, and others get the worker.
PAUSE_S = 60


def patience():
    """Return how many seconds may be waited in one turn of a worker.

    Odoo ends a worker that takes longer than its limit. None where there is none.
    """
    limit = config["limit_time_real_cron"]
    if limit < 0:
        limit = config["limit_time_real"]
    return limit * SHARE if limit > 0 else None


class Silence:
    """Ends the waiting of a pull in time, and counts how often it was in vain."""

    def __init__(self, engine):
        self.engine = engine
        self.env = engine.env
        self.seconds = patience()
        self._began = time.monotonic()

    @property
    def until(self):
        """The moment of the monotonic clock up to which a page is waited for."""
        return None if self.seconds is None else self._began + self.seconds

    def wait_for(self, tables):
        """Leave the source alone for a while; give up a table that stays silent."""
        for table in tables:
            mark = dict(self.engine.mark(table))
            mark["silences"] = mark.get("silences", 0) + 1
            self.engine.remember(table, mark)
            if mark["silences"] >= MOST:
                self.engine.lost(table, SourceError(self._reason(table)))
        until = datetime.now(timezone.utc) + timedelta(seconds=PAUSE_S)
        names = ", ".join(table.object for table in tables)
        message = self.env._("The source is silent (%s); asked again later.", names)
        self.engine.run._pause(SourcePaused(message, until))

    def _reason(self, table):
        return self.env._(
            "%(object)s: %(count)s times no page came within %(seconds)s seconds."
            " Lower the page size in the connection profile, or raise"
            " limit_time_real_cron in Odoo's configuration; then stage again.",
            object=table.object,
            count=MOST,
            seconds=int(self.seconds),
        )
