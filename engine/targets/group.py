from odoo.tools.translate import LazyTranslate

from ...exceptions import MappingError, RecordSkipped
from ...tools.fingerprint import fold
from .base import Target

_lt = LazyTranslate(__name__)
# pylint: disable=prefer-env-translation  # there is no env where a module is read

#: Words for a membership that is over.
_OVER = {"inactive", "left", "former", "archived", "removed", "cancelled"}


class GroupTarget(Target):
    """A member of a group gets the group's contact tag."""

    key = "group"
    label = _lt("Contact Tag")
    model = "res.partner"
    relation_fields = {"_client": "id"}

    def finish(self, mapped):
        is_over = fold(mapped.pop("_status")) in _OVER
        if is_over and not mapped.pop("loaded_id"):
            raise RecordSkipped(self.env._("The membership is over."))
        if not mapped.pop("_client"):
            raise MappingError(
                self.env._("The membership names no contact."),
                self.source_of("_client"),
            )
        message = self.env._("The group has no name.")
        self.require(mapped.vals, "category_id", message, self.source_of("category_id"))
        mapped.inputs["tags"] = [] if is_over else mapped.vals["category_id"][0][2]
        return {}

    def bind(self, mapped):
        partner, new = self._tag(mapped)
        mapped.inputs["reason"] = (
            self.env._("Tagged on the contact.")
            if new
            else self.env._("The contact has the tag already.")
            if mapped.pop("tags")
            else self.env._("Its tag is not in the schema plan.")
        )
        return partner._name, partner.id

    def _tag(self, mapped):
        partner = self.env[self.model].browse(mapped.pop("_client")[1])
        ids = mapped.pop("tags")
        mapped.inputs["added"] = {"category_id": ids}
        tags = self.env["res.partner.category"].browse(ids)
        return partner, self.add_tags(partner, tags, mapped.record)

    def renew(self, mapped, link):
        """A member who has left loses the tag; a group of another name has another."""
        before = self.env[link.res_model].browse(link.res_id)
        partner, new = self._tag(mapped)
        old = {*((link.part_values or {}).get("category_id") or [])}
        if partner == before:
            old -= {*mapped.pop("tags")}
        gone = self.take_tags(before, old, link, mapped.record)
        mapped.inputs["target"] = (partner._name, partner.id)
        said = [self.env._("Tagged: %s.", ", ".join(new.mapped("name")))] if new else []
        if gone:
            names = ", ".join(gone.mapped("name"))
            said.append(self.env._("No longer tagged: %s.", names))
        return " ".join(said)
