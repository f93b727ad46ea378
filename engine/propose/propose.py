"""Propose a fate for every source field, with evidence, reason and confidence."""

import re
from functools import cached_property

from rapidfuzz import fuzz

from ...tools.fingerprint import derived_id, normalise_header
from ..map.definitions import PROPERTY, Definitions
from ..map.names import custom_field_name
from ..targets import TARGETS
from .field_types import FieldTypes
from .fillable import KINDS, takes
from .propose_kinds import KindProposer

#: Targets that keep fields which nobody knows, as custom fields or as text.
CUSTOMISABLE = {
    *("partner", "contact", "lead", "activity", "engagement", "task", "equipment"),
    *KINDS,
}
#: Share of words in common from which an unknown header is held to be a known one.
_SIMILAR = 90


class MapProposer:
    """Mapping lines of one source object."""

    def __init__(self, obj, types=None):
        self.object = obj
        self.types = types or FieldTypes(obj, Definitions(obj.project_id))
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
        if name.startswith(PROPERTY):
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
        if self.object.target not in CUSTOMISABLE:
            return {
                "fate": "undecided",
                "transform": "text",
                "confidence": 0,
                "reason": self.env._("Unknown field: choose where it goes."),
            }
        choice = self.types.choose(name, result)
        if not self._models:
            choice = choice.as_text()
        shared = {
            "transform": choice.transform,
            "new_field_info": choice.info or False,
        }
        if choice.ttype == "many2one":
            shared |= {"on_missing": "empty", "reference_object": choice.object}
        target, is_foreign = self._target_name(name, choice)
        if is_foreign:
            return shared | {
                "fate": "undecided",
                "target_field": target,
                "new_field_type": choice.ttype,
                "confidence": 50,
                "reason": self.env._("Odoo has a field of this name: is it the same?"),
            }
        return shared | {
            "fate": "mapped" if choice.transform == "text" else "transformed",
            "target_field": target,
            "new_field_type": choice.ttype,
            "confidence": 90,
            "reason": self.env._(
                "A property of your own: becomes a custom field (%s).", choice.evidence
            ),
        }

    # -- names of new fields ---------------------------------------------------------

    @cached_property
    def _models(self):
        """The models that get custom fields; none if such values become text."""
        return self.object._field_models()

    def _used(self):
        """Return the fields that other lines of the object fill already."""
        return set(self.object.mapping_line_ids.mapped("target_field"))

    def _target_name(self, header, choice):
        """Return ``(name, whether somebody else has made a field of that name)``.

        A name that means a field of another type, here or in Odoo, is not taken: the
        object's name goes behind it, or a hash.
        """
        used = self._used()
        make_name = self.kind.field_name if self.kind else custom_field_name
        name = make_name(header, used)
        object_name = re.sub(r"[^a-z0-9]+", "_", self.object.name.lower())
        hashed = f"x_{derived_id(self.object.name, header)[:12]}"
        for candidate in (name, f"{name}_{object_name}"[:60], hashed):
            if candidate in used or self._means_another(candidate, choice):
                continue
            return candidate, self._is_foreign(candidate)
        return hashed, False

    def _means_another(self, name, choice):
        """Return whether the name belongs to a field that cannot take these values."""
        models = self._models[:1]
        if name in self._preset_names:
            return True
        for line in self.object.project_id.mapping_line_ids:
            if line.target_field != name or line.fate == "dropped":
                continue
            if line.object_id._target_model() not in models:
                continue
            same = (line.new_field_type, line.reference_object or "")
            if same != (choice.ttype, choice.object):
                return True
        return any(
            (field := self.env[model]._fields.get(name)) is not None
            and not takes(field, choice.transform)
            for model in models
            if model in self.env
        )

    @cached_property
    def _preset_names(self):
        """Return the custom fields that the preset itself fills on the same models."""
        models = set(self._models[:1])
        return {
            name
            for spec in self.preset.objects.values()
            if (target := TARGETS.get(spec.get("target")))
            and models & set(target.models())
            for field in spec["fields"].values()
            for name in (field.get("target"), field.get("rest"))
            if name
        }

    def _is_foreign(self, name):
        """Return whether a custom field exists that no migration has made."""
        for model in self._models:
            field = self.env["ir.model.fields"]._get(model, name)
            if field and not self.env["migration.crosswalk"].search_count(
                [("res_model", "=", "ir.model.fields"), ("res_id", "=", field.id)],
                limit=1,
            ):
                return True
        return False
