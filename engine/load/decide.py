"""Carry out what people decided on the conflicts."""

from ...exceptions import MigrationError
from ..base import Engine
from ..quiet import SideEffectWatch
from ..targets import TARGETS
from .loader import ObjectLoader


class DecideEngine(Engine):
    """Loads the records with decided conflicts once more, all else as in a load."""

    kind = "decide"
    rewrites = True

    def prepare(self):
        self.run.cursor = {"last": [0, 0]}
        self.run.stats = {}
        return len(self._decided().staged_record_id)

    def _decided(self):
        return self.env["migration.conflict"].search(
            [("project_id", "=", self.project.id), ("state", "=", "decided")]
        )

    def advance(self):
        last = tuple(self.run.cursor["last"])
        waiting = self._decided().staged_record_id.filtered(
            lambda rec: _place(rec) > last
        )
        if not waiting:
            return 0
        waiting = waiting.sorted(_place)
        obj = waiting[0].object_id
        if not obj.target:
            raise MigrationError(self.env._("%s is no longer loaded.", obj.label))
        size = TARGETS[obj.target].batch_size
        batch = waiting.filtered(lambda rec: rec.object_id == obj)[:size]
        watch = SideEffectWatch(self.env)
        loader = ObjectLoader(self, obj)
        try:
            loader.load(batch)
        finally:
            loader.target.close()
        for model, number in watch.made().items():
            self.count(**{f"made:{model}": number})
        self.run.cursor = {"last": _place(batch[-1])}
        return len(batch)


def _place(record):
    return record.object_id.id, record.id
