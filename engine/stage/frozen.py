"""Whether the source stands still: a second look at it brings nothing new."""

from .stage import StageEngine

#: Counters of a pull that say that something has changed.
CHANGES = ("new", "changed", "deleted")


class FrozenEngine(StageEngine):
    """Asks for changes once more, right after the last of them were loaded.

    What comes all the same is staged and left pending: nothing is lost, but the
    cut-over has to be done again. Uploaded files stand still unless there are others.
    """

    kind = "frozen"

    def prepare(self):
        self.run.is_incremental = True
        if self.project.transport != "live":
            self.run.cursor = {"tables": {}}
            return 0
        return super().prepare()

    def advance(self):
        return super().advance() if self.project.transport == "live" else 0

    def finish(self):
        if self.project.transport != "live" and self.project._has_news():
            self.count(changed=1)
