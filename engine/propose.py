"""Propose a fate for every source field, with evidence, reason and confidence."""

from rapidfuzz import fuzz

from ..tools.fingerprint import normalise_header
from .fillable import KINDS
from .propose_kinds import KindProposer
from .schema_names import custom_field_name

#: Type of a custom field by what its values are.
_TYPES = {
    "boolean": ("boolean", "boolean"),
    "integer": ("integer", "integer"),
    "float": ("float", "float"),
    "date": ("date", "date"),
    "datetime": ("datetime", "datetime"),
    "text": ("text", "text"),
}
_CUSTOM_TRANSFORM = {
    "integer": "integer",
    "float": "float",
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
}
#: Targets that keep fields which nobody knows, as custom fields or as text.
CUSTOMISABLE = {
    *("partner", "contact", "lead", "activity", "engagement", "task", "equipment"),
    *KINDS,
}
#: How a live source's own properties begin; no property of an export does.
_PROPERTY = "custom."
#: Share of words in common from which an unknown header is held to be a known one.
_SIMILAR = 90


class MapProposer:
    """Mapping lines of one source object."""

    def __init__(self, obj):
        self.object = obj
        self.env = obj.env
        self.preset = obj.project_id._preset()
        self.spec = obj._spec()
        self.known = self.preset.by_header(obj.name)
        self.kind = KindProposer(obj) if obj.target in KINDS else None

    def propose(self, results):
        """Create or refresh the lines; ``results`` is ``{field: Inference}``.

        A line that a person has touched keeps its decision: only its figures change.
        """
        present = {line.source_field: line for line in self.object.mapping_line_ids}
        self.present = {self.known.get(normalise_header(name)) for name in results}
        self.results = results
        taken = set()
        for position, (name, result) in enumerate(results.items()):
            facts = self._facts(result)
            line = present.get(name)
            if line and (line.is_confirmed or line.fate != "undecided"):
                line.write(facts)
                continue
            vals = self._proposal(name, result, taken)
            if line:
                line.write(vals | facts)
                continue
            self.env["migration.mapping.line"].create(
                vals
                | facts
                | {
                    "object_id": self.object.id,
                    "source_field": name,
                    "sequence": position * 10,
                }
            )
        return self.env["migration.mapping.line"].search(
            [("object_id", "=", self.object.id)]
        )

    @staticmethod
    def _facts(result):
        return {
            "fill_rate": result.filled / result.total if result.total else 0.0,
            "distinct_count": result.distinct,
            "samples": " · ".join(str(text)[:40] for text in result.samples[:3]),
            "evidence": result.evidence,
        }

    def _proposal(self, name, result, taken):
        """Return the values of one proposed line."""
        if self.kind and self.kind.is_own(name):
            return self.kind.reference(
                name, self.results, self._used()
            ) or self._custom(name, result)
        canonical = self._known_as(name, taken)
        if canonical and canonical not in taken:
            taken.add(canonical)
            return self._from_preset(name, canonical, 100)
        similar, score = self._similar(name)
        if similar and similar not in taken:
            taken.add(similar)
            return self._from_preset(name, similar, min(score, 89))
        if not self.object.target:
            return {
                "fate": "dropped",
                "transform": "text",
                "confidence": 100,
                "reason": self.spec.get("excluded")
                or self.env._("This object is not loaded."),
            }
        return self._custom(name, result)

    def _known_as(self, name, taken):
        """Return the preset's field for a header.

        A live source gives the name beside the id; an export may give only the name,
        which then stands for the whole reference.
        """
        canonical = self.known.get(normalise_header(name))
        whole = self.spec["fields"][canonical].get("stands_for") if canonical else None
        return canonical if not whole or whole in self.present | taken else whole

    def _similar(self, name):
        """Return the known field whose words are nearest, and how near (0 to 100)."""
        if name.startswith(_PROPERTY):
            # whatever a property is called, it is no field of the source's own
            return None, 0
        text = normalise_header(name)
        best = max(
            (
                (fuzz.token_set_ratio(text, alias), field)
                for alias, field in self.known.items()
            ),
            default=(0, None),
        )
        # a single shared word is no evidence
        if best[0] < _SIMILAR or len(text.split()) < 2:
            return None, 0
        return best[1], int(best[0])

    def _from_preset(self, name, canonical, confidence):
        spec = self.spec["fields"][canonical]
        transform = spec.get("transform", "text")
        vals = {
            "canonical_field": canonical,
            "confidence": confidence,
            "transform": transform,
            "rest_field": spec.get("rest"),
            "target_field": spec.get("target"),
            "reason": spec.get("reason") or self._why(name, canonical, confidence),
        }
        if spec.get("on_missing"):
            vals["on_missing"] = spec["on_missing"]
        if "drop" in spec:
            return vals | {
                "fate": "dropped",
                "target_field": False,
                "reason": spec["drop"],
            }
        if transform == "key":
            return vals | {"fate": "key"}
        if spec.get("custom"):
            vals["new_field_type"] = spec["custom"]
        return vals | {"fate": "mapped" if transform == "text" else "transformed"}

    def _why(self, name, canonical, confidence):
        if confidence == 100:
            return self.env._("The preset knows this field as “%s”.", canonical)
        return self.env._(
            "“%(name)s” resembles “%(known)s”: please check.",
            name=name,
            known=canonical,
        )

    def _custom(self, name, result):
        """A field that nobody knows becomes a custom field, if it holds anything."""
        model = self.env["migration.object"].browse(self.object.id).target
        if not result.filled:
            return {
                "fate": "dropped",
                "transform": "text",
                "confidence": 95,
                "reason": self.env._("No record has a value."),
            }
        if self.spec.get("other"):
            return {
                "fate": "mapped",
                "target_field": self.spec["other"],
                "transform": "text",
                "confidence": 90,
                "reason": self.spec["reason"],
            }
        if model not in CUSTOMISABLE:
            return {
                "fate": "undecided",
                "transform": "text",
                "confidence": 0,
                "reason": self.env._("Unknown field: choose where it goes."),
            }
        kind, transform = _TYPES.get(result.type, ("char", "text"))
        make_name = self.kind.field_name if self.kind else custom_field_name
        target = make_name(name, self._used())
        if self._is_foreign(target):
            return {
                "fate": "undecided",
                "target_field": target,
                "transform": _CUSTOM_TRANSFORM.get(kind, "text"),
                "confidence": 50,
                "reason": self.env._("Odoo has a field of this name: is it the same?"),
            }
        return {
            "fate": "mapped" if transform == "text" else "transformed",
            "target_field": target,
            "transform": _CUSTOM_TRANSFORM.get(kind, "text"),
            "new_field_type": kind,
            "confidence": 90,
            "reason": self.env._(
                "A property of your own: becomes a custom field (%s).", result.evidence
            ),
        }

    def _used(self):
        """Return the fields that other lines of the object fill already."""
        return set(self.object.mapping_line_ids.mapped("target_field"))

    def _is_foreign(self, name):
        """Return whether a custom field exists that no migration has made."""
        model = self.object._target_model()
        field = self.env["ir.model.fields"]._get(model, name)
        return bool(field) and not self.env["migration.crosswalk"].search_count(
            [("res_model", "=", "ir.model.fields"), ("res_id", "=", field.id)], limit=1
        )
