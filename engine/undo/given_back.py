"""What the rollback takes out of records that existed before: it refers to nothing."""

from functools import cached_property

from .restore import going_back

BATCH = 1000


class GivenBack:
    """Values that records get back by the plan, so that ours go out of them.

    A contact that was there before stands under a company of ours, has a tag of ours,
    a value in a field of ours: that is no reason to keep any of them.
    """

    def __init__(self, project):
        self.env = project.env
        self.project = project

    @cached_property
    def _values(self):
        """Return ``{(model, field): {res_id: (now, then)}}`` of what changes."""
        lines = self.env["migration.rollback.line"].search(
            [
                ("project_id", "=", self.project.id),
                ("fate", "=", "restore"),
                ("state", "=", "planned"),
            ],
            order="res_model, id",
        )
        found = {}
        for model, group in lines.grouped("res_model").items():
            for start in range(0, len(group), BATCH):
                links = group[start : start + BATCH].crosswalk_id
                for link, values in going_back(links).items():
                    for name, (now, then) in values.items():
                        if now != then:
                            rows = found.setdefault((model, name), {})
                            if link.res_id in rows and isinstance(then, list):
                                # two of the source became this record: both let go
                                other = rows[link.res_id][1]
                                then = [item for item in then if item in other]
                            rows[link.res_id] = now, then
        return found

    def records(self, model, name):
        """Return ids of the records of which a field gets its old value back."""
        return list(self._values.get((model, name), ()))

    def emptied(self, model, name):
        """Return ids of the records of which a field will be empty again."""
        rows = self._values.get((model, name), {})
        return [res_id for res_id, (_now, then) in rows.items() if not then]

    def takes_out(self, model, name, res_id, other_id):
        """Return whether ``other_id`` goes out of a list of a record."""
        now, then = self._values.get((model, name), {}).get(res_id, ((), ()))
        return other_id in now and other_id not in then
