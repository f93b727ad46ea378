from odoo.tools.translate import LazyTranslate

from ...exceptions import RecordSkipped
from ..owners.board import owner_alias
from .base import Target

_lt = LazyTranslate(__name__)
# pylint: disable=prefer-env-translation  # there is no env where a module is read


class OwnerTarget(Target):
    """Staff are matched to users; a migration never creates a user."""

    key = "owner"
    label = _lt("User")
    model = "res.users"

    def finish(self, mapped):
        owner = (
            self.mapper.owner(owner_alias(mapped.record.external_id))
            or self.mapper.owner(mapped.pop("_email") or "")
            or self.mapper.owner(mapped.pop("_name") or "")
        )
        if not owner or not owner.user_id:
            raise RecordSkipped(
                self.env._(
                    "No Odoo user: the records go to %s.",
                    self.project.fallback_user_id.name,
                )
            )
        mapped.inputs["user"] = owner.user_id
        mapped.inputs["reason"] = self.env._("Is user %s.", owner.user_id.name)
        return {}

    def bind(self, mapped):
        return "res.users", mapped.pop("user").id
