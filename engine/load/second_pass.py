"""References to records that the same run loads later: filled in at its end."""

from ..map.mapper import LATE

_AGAIN = "late_"
_WRITTEN = ("created", "updated", "unchanged")


def code_of(mapped, bucket):
    """Return the reason code under which a record waits for the second pass."""
    is_late = any(note.kind == LATE for note in mapped.notes)
    return LATE if is_late and bucket in _WRITTEN else False


def bucket_of(mapped, bucket):
    """Return the bucket of a record: one that this run created stays so."""
    was_created = mapped.record.reason_code == f"{_AGAIN}created"
    return "created" if was_created and bucket in _WRITTEN else bucket


class SecondPass:
    """Takes up once more what waited for a record that is loaded by now.

    Custom objects may refer to each other in any order, also in a circle: what comes
    first is written without the reference, and gets it here.
    """

    def __init__(self, engine):
        self.engine = engine
        self.run = engine.run

    @property
    def has_begun(self):
        """Whether records may still wait for others is over."""
        return bool((self.run.cursor or {}).get("second_pass"))

    def begin(self):
        """Make what waited pending again, once a run; return how many these are."""
        if self.has_begun:
            return 0
        self.run.cursor = (self.run.cursor or {}) | {"second_pass": True}
        waiting = self.engine.env["migration.staged.record"].search(
            [
                ("project_id", "=", self.engine.project.id),
                ("state", "in", [*_WRITTEN, "failed"]),
                ("reason_code", "=", LATE),
            ]
        )
        for state, records in waiting.grouped("state").items():
            # each is counted where it ends
            self.engine.count(**{state: -len(records)})
            records._set_bucket("pending", _AGAIN + state)
        self.run.total += len(waiting)
        return len(waiting)
