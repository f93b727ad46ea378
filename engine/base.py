"""How a run drives its engine."""

import psycopg2.errors

#: Errors that say "try again": another transaction was in the way.
CONFLICTS = (
    psycopg2.errors.SerializationFailure,
    psycopg2.errors.DeadlockDetected,
    psycopg2.errors.LockNotAvailable,
)


class Engine:
    """One job of a project, done in batches that each end in a commit.

    A run calls :meth:`prepare` once, then :meth:`advance` until it returns 0 without
    having paused the run, then :meth:`finish`. The run commits after every call. What
    an engine must remember between two calls is in the database (``run.cursor``,
    record states), so that a killed process loses no more than the batch it was in.
    """

    kind = ""
    #: whether it writes to records of ours that people may have edited
    rewrites = False

    def __init__(self, run):
        self.run = run
        self.env = run.env
        self.project = run.project_id

    def prepare(self):
        """Do what comes before the first batch and return the number of records."""
        return 0

    def advance(self):
        """Do one batch and return how many records it handled, 0 when all is done."""
        raise NotImplementedError

    def finish(self):
        """Do what comes after the last batch."""

    def close(self):
        """Give back what the engine holds open; it may not have finished."""

    def clear(self, model, *domain):
        """Delete this project's rows of an earlier run."""
        rows = self.env[model].search([("project_id", "=", self.project.id), *domain])
        rows.unlink()

    def find(self, phase, **values):
        """Record one finding of this run."""
        return self.findings(phase, [values])

    def findings(self, phase, rows):
        """Record findings; ``rows`` are dicts of ``migration.finding`` fields."""
        shared = {
            "project_id": self.project.id,
            "run_id": self.run.id,
            "phase": phase,
            "severity": "1_error",
        }
        return self.env["migration.finding"].create([shared | row for row in rows])

    def log(self, rows):
        """Append rows to the operation log."""
        if rows:
            self.env["migration.log"]._record(self.project, self.run, rows)

    def count(self, **counters):
        """Add to the run's counters."""
        stats = dict(self.run.stats or {})
        for name, number in counters.items():
            stats[name] = stats.get(name, 0) + number
        self.run.stats = stats


def severity(word):
    """Return the finding severity of a connector's ``error|warning|info``."""
    return {"error": "1_error", "warning": "2_warning", "info": "3_info"}[word]
