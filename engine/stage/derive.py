"""Records that a source has no table for, read from the records of another one."""

from ...connectors.base import RawRecord
from ...connectors.profile.paths import is_empty
from ...tools.fingerprint import normalise_header


class Derivation:
    """Makes a deal of a contact's pipeline stage, where there is no table of deals.

    Off unless the project asks for it: most exports without deals have a stage that
    nobody keeps up to date.

    :param tables: names of the objects that the source itself has
    """

    def __init__(self, project, tables):
        self._preset = project._preset()
        self._specs = {}
        if not project.deals_from_stage:
            return
        for name, spec in self._preset.objects.items():
            if "derive" in spec and name not in tables:
                self._specs[spec["derive"]["object"]] = (name, spec["derive"])

    def of(self, raws):
        """Return the records that stand in others, beside them in file and line."""
        made = []
        for raw in raws:
            name, spec = self._specs.get(raw.object, ("", None))
            data = self._data(raw, spec) if spec else None
            if data:
                made.append(
                    RawRecord(name, data, raw.file, raw.line, updated_at=raw.updated_at)
                )
        return made

    def _data(self, raw, spec):
        known = self._preset.by_header(raw.object)
        values = {}
        for header, value in raw.data.items():
            field = known.get(normalise_header(header))
            if field and not is_empty(value):
                values.setdefault(field, value)
        if is_empty(values.get(spec["when"])):
            return None
        return {name: _first(values, ways) for name, ways in spec["fields"].items()}


def _first(values, ways):
    """Return the first of several ways to a value; ``A+B`` joins two fields."""
    for way in ways:
        parts = [values.get(field) for field in way.split("+")]
        if not any(map(is_empty, parts)):
            return " ".join(map(str, parts)) if len(parts) > 1 else parts[0]
    return ""
