from odoo.tools.translate import LazyTranslate

from ...exceptions import MappingError, RecordSkipped
from ...tools.colors import nearest_color
from ..keys import key_of
from .base import Target

_lt = LazyTranslate(__name__)
# pylint: disable=prefer-env-translation  # there is no env where a module is read

#: Schema kind to the model of its tags, the one that is bound first.
KINDS = {
    "tag": "crm.tag",
    "category": "res.partner.category",
    "project_tag": "project.tags",
}


class TagTarget(Target):
    """Tags are made by the schema plan; loading binds the source's rows to them.

    The plan gives a new tag the colour of the source; one that existed keeps its own.
    """

    key = "tag"
    label = _lt("Tag")
    model = "crm.tag"

    @classmethod
    def custom_model(cls, env):
        return False

    def finish(self, mapped):
        name = mapped.pop("_name")
        if not name:
            raise MappingError(
                self.env._("The tag has no name."), self.source_of("_name")
            )
        found = [
            (model, self.mapper.schema_id(kind, key_of(name)))
            for kind, model in KINDS.items()
        ]
        found = [(model, res_id) for model, res_id in found if res_id]
        if not found:
            raise RecordSkipped(self.env._("No record that is loaded bears it."))
        color = mapped.pop("_color")
        if color and not nearest_color(color):
            message = self.env._("“%s” is no colour that can be read.", color)
            self.remark(mapped, "_color", message, "unreadable", color)
        mapped.inputs["home"] = found[0]
        mapped.inputs["reason"] = self.env._(
            "Is a tag of: %s.",
            ", ".join(self.env[model]._description for model, _id in found),
        )
        return {}

    def bind(self, mapped):
        return mapped.pop("home")


def listed_tags(project):
    """Return ``{folded name: (name, colour index or None)}`` of the source's own list.

    Of names that are one tag the first is taken, and the first colour there is.
    """
    tags = {}
    for obj in project.object_ids.filtered(lambda obj: obj.target == TagTarget.key):
        headers = {
            line.target_field: line.source_field
            for line in obj.mapping_line_ids
            if line.fate in ("mapped", "transformed")
        }
        for record in obj.staged_record_ids.sorted("id"):
            payload = record.payload
            name = str(payload.get(headers.get("_name")) or "").strip()
            color = nearest_color(payload.get(headers.get("_color")))
            if name:
                first, found = tags.get(key_of(name), (name, None))
                tags[key_of(name)] = (first, found or color)
    return tags
