"""The source's pipelines and stages, found by id or by name."""

from ...tools.converters import to_boolean, to_integer, to_percent, to_share, to_text
from ..keys import clean_id, key_of

_PERCENT = {"percent": to_percent, "share": to_share}


class Pipelines:
    """Tells which pipeline and which stage a record means.

    Where the source's stages name their pipeline by id, ids tell stages apart: two
    pipelines may bear one name, and a stage that is renamed stays what it is. Else a
    stage is known by the names of its pipeline and its own. The keys given here are
    those of the schema plan.
    """

    def __init__(self, project):
        self.project = project
        #: key -> what the source says of the stage, in its order
        self.stages = {}
        self._names = {}
        self._team_ids, self._team_names = {}, {}
        self._stage_ids, self._stage_names = {}, {}
        obj = project.object_ids.filtered(lambda obj: obj.target == "stage")[:1]
        lines = lines_by_target(obj)
        spec = obj._spec().get("fields", {}) if obj else {}
        line = lines.get("_pipeline")
        parent = spec.get(line.canonical_field, {}).get("object") if line else None
        self._has_ids = bool(parent)
        if parent:
            for record in self._records(project._object(parent)):
                self._names[record.external_id] = record.name
        for record in self._records(obj):
            self._add(record, lines)

    @staticmethod
    def _records(obj):
        return obj.staged_record_ids.filtered(
            lambda record: record.reason_code not in ("duplicate_id", "repeated")
        )

    def _add(self, record, lines):
        payload = record.payload

        def get(name):
            return payload.get(lines[name].source_field) if name in lines else None

        pipeline, name = to_text(get("_pipeline")) or "", to_text(get("name")) or ""
        if self._has_ids:
            team = clean_id(pipeline)
            key = f"{team}|{record.external_id}"
            self._stage_ids[record.external_id] = key
        else:
            team = key_of(pipeline)
            key = f"{team}|{key_of(name)}"
        shown = to_text(get("_pipeline_name")) or self._names.get(team) or pipeline
        self._names[team] = shown
        self._team_ids[clean_id(pipeline)] = team
        self._team_names.setdefault(key_of(shown), team)
        self._stage_names.setdefault((team, key_of(name)), key)
        outcome = key_of(get("_outcome"))
        self.stages.setdefault(
            key,
            {
                "pipeline": shown,
                "team": team,
                "name": name,
                "sequence": _quiet(to_integer, get("sequence")) or len(self.stages) + 1,
                "is_won": outcome == "won" or bool(_quiet(to_boolean, get("is_won"))),
                "is_lost": outcome == "lost"
                or bool(_quiet(to_boolean, get("_is_lost"))),
                "archived": bool(_quiet(to_boolean, get("fold"))),
                "rotting_days": _quiet(to_integer, get("_rotting_days")) or 0,
                "probability": self._probability(lines, get("_probability")),
            },
        )

    @staticmethod
    def _probability(lines, value):
        """Return the percentage as the map reads it, "" without one."""
        line = lines.get("_probability")
        found = _quiet(_PERCENT.get(line and line.transform, to_percent), value)
        return "" if found is None else found

    def team(self, *texts):
        """Return the key of the pipeline that is called one of ``texts``."""
        given = [text for text in map(to_text, texts) if text]
        for text in given:
            found = self._team_ids.get(clean_id(text)) if self._has_ids else None
            found = found or self._team_names.get(key_of(text))
            if found is not None:
                return found
        return key_of(given[0]) if given else ""

    def name_of(self, team, *texts):
        """Return what people call the pipeline."""
        given = [text for text in map(to_text, texts) if text]
        return self._names.get(team) or (given[-1] if given else "")

    def stage(self, pipelines, stages):
        """Return the key of a stage; each argument holds ids and names to try."""
        given = [text for text in map(to_text, stages) if text]
        for text in given:
            if clean_id(text) in self._stage_ids:
                return self._stage_ids[clean_id(text)]
        team = self.team(*pipelines)
        for text in given:
            if (team, key_of(text)) in self._stage_names:
                return self._stage_names[team, key_of(text)]
            alone = self._only_stage(text) if not any(map(to_text, pipelines)) else None
            if alone:
                return alone
        return f"{team}|{key_of(given[0] if given else '')}"

    def _only_stage(self, text):
        """Return the key of the one stage of that name in all pipelines, or None."""
        found = {
            key
            for (_team, name), key in self._stage_names.items()
            if name == key_of(text)
        }
        return found.pop() if len(found) == 1 else None

    def team_of(self, key, *texts):
        """Return the key of the pipeline that a stage stands in."""
        return self.stages[key]["team"] if key in self.stages else self.team(*texts)


def lines_by_target(obj):
    """Return ``{target field: mapping line}`` of the lines that are not dropped."""
    return {
        line.target_field: line
        for line in reversed(obj.mapping_line_ids)
        if line.fate != "dropped" and line.target_field
    }


def _quiet(convert, value):
    """Convert, or give None: the loader reports what cannot be read."""
    try:
        return convert(value)
    except ValueError:
        return None
