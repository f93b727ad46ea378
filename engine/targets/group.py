from odoo.tools.translate import LazyTranslate

from ...exceptions import MappingError, RecordSkipped
from ...tools.fingerprint import fold
from .base import Target

_lt = LazyTranslate(__name__)

#: Words for a membership that is over.
_OVER = {"inactive", "left", "former", "archived", "removed", "cancelled"}


class GroupTarget(Target):
    """A member of a group gets the group's contact tag."""

    key = "group"
    label = _lt("Contact Tag")
    model = "res.partner"
    relation_fields = {"_client": "id"}

    def finish(self, mapped):
        if fold(mapped.pop("_status")) in _OVER:
            raise RecordSkipped(self.env._("The membership is over."))
        if not mapped.pop("_client"):
            raise MappingError(
                self.env._("The membership names no contact."),
                self.source_of("_client"),
            )
        message = self.env._("The group has no name.")
        self.require(mapped.vals, "category_id", message, self.source_of("category_id"))
        return {}

    def bind(self, mapped):
        partner = self.env[self.model].browse(mapped.pop("_client")[1])
        ids = mapped.vals["category_id"][0][2]
        tags = self.env["res.partner.category"].browse(ids)
        new = self.add_tags(partner, tags, mapped.record)
        mapped.inputs["reason"] = (
            self.env._("Tagged on the contact.")
            if new
            else self.env._("The contact has the tag already.")
        )
        return partner._name, partner.id
