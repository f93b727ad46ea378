"""What becomes of the fields of one kind: a custom object, an intake form."""

from ...tools.converters import to_text
from ..map.kind_definitions import reference_object
from ..map.names import custom_field_name
from .kind_choice import guest_name


class KindProposer:
    """Proposes the lines that no preset can know, for each kind has its own fields.

    A reference becomes a link to the one kind of record it names; what else a kind
    has becomes a custom field, without the prefix that its values are staged under.
    """

    def __init__(self, obj):
        self.object = obj
        self.env = obj.env
        spec = obj._spec()
        self._references = [one for one in spec.get("expand", ()) if one.get("kind")]
        prefixes = [one["prefix"] for one in spec.get("expand", ())]
        prefixes.append(spec.get("pivot", {}).get("prefix"))
        self._prefixes = tuple(filter(None, prefixes))
        self.reserved = {
            "x_company_id",
            *(own.get("target") for own in spec["fields"].values()),
        }

    def is_own(self, name):
        """Return whether a field is the kind's own: no field of the preset."""
        return name.startswith(self._prefixes)

    def field_name(self, name, used):
        """Return the name of the custom field for a field of the source."""
        prefix = next((p for p in self._prefixes if name.startswith(p)), "")
        own = custom_field_name(name[len(prefix) :], self.reserved | set(used))
        if self.object.target == "custom_fields":
            return guest_name(self.object, own, used)
        return own

    def reference(self, name, results, used):
        """Return the proposal for a reference, or for what tells its kind, or None."""
        for spec in self._references:
            if not name.startswith(spec["prefix"]):
                continue
            suffix = f".{spec['kind']}"
            if name.endswith(suffix) and name.removesuffix(suffix) in results:
                return self._kind_of_reference(name, results[name], used)
            word = _word(results.get(f"{name}{suffix}"))
            return self._link(name, results[name], word, used)
        return None

    def _kind_of_reference(self, name, result, used):
        if not _word(result):
            return self._text(name, result, used)
        return {
            "fate": "dropped",
            "transform": "text",
            "confidence": 100,
            "reason": self.env._("Says what the id refers to: the link itself does."),
        }

    def _link(self, name, result, word, used):
        other = reference_object(self.object, word) if word else None
        if not other or not other._target_model():
            return self._text(name, result, used)
        if result.multi:
            return self._text(name, result, used) | {
                "fate": "transformed",
                "transform": "names",
                "reference_object": other.name,
                "reason": self.env._("Several of %s: kept by name.", other.label),
            }
        return {
            "fate": "transformed",
            "transform": "reference",
            "target_field": self.field_name(name, used),
            "new_field_type": "many2one",
            "reference_object": other.name,
            "on_missing": "empty",
            "confidence": 100,
            "reason": self.env._(
                "A link to what became of %s. Where that has not landed the link is "
                "empty, and the report says so.",
                other.label,
            ),
        }

    def _text(self, name, result, used):
        return {
            "fate": "mapped",
            "transform": "text",
            "target_field": self.field_name(name, used),
            "new_field_type": "char",
            "confidence": 95,
            "reason": self.env._("Does not refer to one object that is loaded: text."),
        }


def _word(result):
    """Return the one value that all records have, "" if there are several."""
    if result is None or result.distinct != 1:
        return ""
    return to_text(result.samples[0]) or ""
