"""What a source says of its kinds of records: custom objects and forms."""

from dataclasses import dataclass

from ...presets import base_name
from ...tools.converters import to_text
from ...tools.fingerprint import fold, normalise_header
from ..stage.kinds import kind_key
from .names import settle_model

#: Definitions that are read; a hostile source could list more for ever.
LIMIT = 2000
#: Places between the preset's own numbers of the load order.
STEPS = 9


@dataclass(frozen=True)
class KindDefinition:
    """One kind as its source describes it; empty where it does not."""

    label: str = ""
    help: str = ""
    #: what the kind may be called by others: its id, its name
    keys: tuple = ()


class KindDefinitions:
    """Reads the staged definitions of kinds, as the preset's ``defined_by`` says.

    ``object`` lists the kinds, with ``label`` and ``help`` (fields to try); ``parts``
    are the objects that describe their fields, with the fields that name the kind.
    """

    def __init__(self, project):
        self.project = project
        self.preset = project._preset()
        self._cache = {}

    def of(self, obj):
        """Return the :class:`KindDefinition` of an object of the project."""
        base, _colon, kind = obj.name.partition(":")
        spec = self.preset.spec(base).get("defined_by")
        if not spec or not kind:
            return KindDefinition()
        return self._kinds(spec).get(kind, KindDefinition())

    def kind_of(self, record):
        """Return the object whose kind, or part of it, a staged record describes."""
        name = record.object_id.name
        for base, spec in self.preset.objects.items():
            defined_by = spec.get("defined_by", {})
            if defined_by.get("object") == name:
                keys = _keys(record)
            elif name in defined_by.get("parts", {}):
                values = self._values(record)
                texts = [to_text(values.get(of)) for of in defined_by["parts"][name]]
                keys = [key for text in texts for key in _spellings(text)]
            else:
                continue
            kinds = self._kinds(defined_by)
            keys += [key for name in keys if name in kinds for key in kinds[name].keys]
            for key in keys:
                if found := self.project._object(f"{base}:{key}"):
                    return found
        return self.project.object_ids.browse()

    def _kinds(self, spec):
        """Return ``{key of the kind: definition}``, under each of its spellings."""
        if spec["object"] in self._cache:
            return self._cache[spec["object"]]
        found = self._cache[spec["object"]] = {}
        obj = self.project._object(spec["object"])
        for record in obj.staged_record_ids.search(
            [("object_id", "=", obj.id)], order="id", limit=LIMIT
        ):
            values = self._values(record)
            label, help_ = (
                next(filter(None, (to_text(values.get(n)) for n in spec[part])), "")
                for part in ("label", "help")
            )
            one = KindDefinition(label, help_, tuple(_keys(record)))
            for key in one.keys:
                found.setdefault(key, one)
        return found

    def _values(self, record):
        """Return the fields of a record under the preset's own names."""
        known = self.preset.by_header(record.object_id.name)
        return {
            known.get(normalise_header(header), header): value
            for header, value in record.payload.items()
        }


def reference_object(obj, word):
    """Return the project's object that a kind's references call ``word``, or empty."""
    spec = obj._spec()
    names = next((e["objects"] for e in spec.get("expand", ()) if "objects" in e), {})
    name = names.get(fold(word)) or f"{base_name(obj.name)}:{word}"
    return obj.project_id._object(name)


def name_kinds(project):
    """Call each kind what the source calls it, and choose the name of its model."""
    definitions = KindDefinitions(project)
    for obj in project.object_ids.filtered(lambda obj: obj.target == "custom"):
        label = definitions.of(obj).label
        if label and obj.label != label:
            obj.label = label
        settle_model(obj)


def order_kinds(project):
    """Load the kinds that others refer to before those others.

    The preset leaves room for some steps; kinds that refer to each other in a circle
    stay as they are.
    """
    preset = project._preset()
    kinds = project.object_ids.filtered(lambda obj: ":" in obj.name)
    needs = {
        obj: kinds.filtered(
            lambda other, obj=obj: (
                other != obj
                and other.name in obj.mapping_line_ids.mapped("reference_object")
            )
        )
        for obj in kinds
    }
    steps = dict.fromkeys(kinds, 0)
    for _round in range(STEPS):
        for obj in kinds:
            before = [steps[other] + 1 for other in needs[obj]]
            steps[obj] = min(max(before, default=0), STEPS)
    for obj, step in steps.items():
        sequence = preset.spec(obj.name).get("sequence", 1000) + step
        if obj.sequence != sequence:
            obj.sequence = sequence


def _keys(record):
    return [*_spellings(record.external_id), *_spellings(record.name)]


def _spellings(text):
    return list(dict.fromkeys(filter(None, (text, kind_key(text or "")))))
