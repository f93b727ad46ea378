"""Fields that the source has got since the map was made."""

from ...tools.infer import ValueProfile
from ..owners.board import OwnerMatcher
from ..owners.deals import OpenDeals
from ..schema.words import NewWords
from .profile import CHUNK, ProfileEngine
from .propose import MapProposer


class DriftEngine(ProfileEngine):
    """Looks at new fields and words only, and never stops what follows.

    A new field gets its proposal on the map and is left out of the load until a
    person has agreed to it; then it is filled in for the records that have it.
    """

    kind = "drift"

    def prepare(self):
        self.run.cursor = {"done": []}
        return 0

    def advance(self):
        done = list(self.run.cursor["done"])
        for obj in self.project.object_ids.sorted("sequence"):
            if obj.id in done or obj._is_split():
                continue
            done.append(obj.id)
            self.run.cursor = {"done": done}
            known = set(obj.mapping_line_ids.mapped("source_field"))
            names = [name for name in obj.field_names or [] if name not in known]
            if names:
                self._look_at(obj, names)
                return 1
        return 0

    def _look_at(self, obj, names):
        profiles = {name: ValueProfile() for name in names}
        # the newest records: they are those that have it
        for record in self.env["migration.staged.record"].search_fetch(
            [("object_id", "=", obj.id), ("seen_run_id.is_pickup", "=", True)],
            ["payload"],
            order="write_date desc, id",
            limit=CHUNK,
        ):
            payload = record.payload
            for name, profile in profiles.items():
                profile.add(payload.get(name))
        before = obj.mapping_line_ids
        results = {name: profile.result() for name, profile in profiles.items()}
        MapProposer(obj).propose(results)
        new = obj.mapping_line_ids - before
        last = max(before.mapped("sequence"), default=0)
        new.write({"is_late": True, "sequence": last + 10})
        for line in new:
            if line.transform in ("date", "datetime"):
                self._date_format(obj, line)
        self.findings("profile", [self._finding(obj, line) for line in new])

    def _finding(self, obj, line):
        return {
            "code": "new_field",
            "severity": "2_warning",
            "source_object": obj.name,
            "file": obj.source_files,
            "field": line.source_field,
            "value": (line.samples or "")[:200],
            "message": self.env._(
                "New at the source: left out until a person has confirmed it on the "
                "map."
            ),
        }

    def finish(self):
        self._new_words()
        OwnerMatcher(self, OpenDeals(self.project)).match()

    def _new_words(self):
        """Tags and the like that came since are made, and said so."""
        items = NewWords(self.project, self.run).make()
        self.findings("profile", [self._word_finding(item) for item in items])

    def _word_finding(self, item):
        return {
            "code": "new_word",
            "severity": "3_info",
            "value": item.name,
            "message": self.env._(
                "New at the source: %(model)s “%(name)s” was made.",
                model=self.env[item.res_model]._description,
                name=item.name,
            )
            if item.action == "create"
            else self.env._(
                "New at the source: %(model)s “%(name)s” was there already.",
                model=self.env[item.res_model]._description,
                name=item.name,
            ),
        }
