from functools import cached_property

from odoo.tools.translate import LazyTranslate

from ...exceptions import RecordSkipped
from ..map.definitions import Definitions
from .base import Target

_lt = LazyTranslate(__name__)
# pylint: disable=prefer-env-translation  # there is no env where a module is read


class DefinitionTarget(Target):
    """What the source says of a property became a custom field of the schema plan."""

    key = "definition"
    label = _lt("Custom Field")
    model = "ir.model.fields"

    @cached_property
    def _definitions(self):
        return Definitions(self.project)

    @cached_property
    def _fields(self):
        """Return ``{id of a definition: plan items of the fields it became}``."""
        found = {}
        for item in self.project.schema_item_ids:
            if item.kind == "field":
                for name in item.vals.get("definitions", ()):
                    found[name] = found.get(name, item) | item
        return found

    @cached_property
    def _dropped(self):
        """Return ``{id of a definition: line of its property that is dropped}``."""
        return {
            name: line
            for line in self.project.mapping_line_ids
            if line.fate == "dropped"
            for name in self._ids(line)
        }

    def _ids(self, line):
        info = line.new_field_info or {}
        if "definitions" in info:
            return info["definitions"]
        if line.canonical_field:
            return ()
        found = self._definitions.find(line.object_id.name, line.source_field)
        return found.ids if found else ()

    def finish(self, mapped):
        name = mapped.record.external_id
        items = self._fields.get(name, self.project.schema_item_ids.browse())
        done = items.filtered(lambda item: item.state == "done")
        if done:
            item = done[0]
            mapped.inputs["field"] = item.res_id
            mapped.inputs["reason"] = self.env._(
                "Became the field “%(label)s” (%(name)s) of %(model)s.",
                label=item.name,
                name=item.vals["name"],
                model=self.env[item.vals["model"]]._description,
            )
            return {}
        raise RecordSkipped(self._why_not(name, items))

    def _why_not(self, name, items):
        if items:
            return self.env._("Its field was left out of the schema plan.")
        line = self._dropped.get(name)
        if line:
            return self.env._("No field was made: %s", line.reason)
        return self.env._("No field was made: no record that is loaded has a value.")

    def bind(self, mapped):
        return self.model, mapped.pop("field")
