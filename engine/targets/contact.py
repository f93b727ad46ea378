from functools import cached_property

from odoo.tools.translate import LazyTranslate

from ..structure.lone_contacts import LoneContacts
from .lone import LoneContactTarget
from .partner import PartnerTarget
from .routed import RoutedTarget

_lt = LazyTranslate(__name__)
# pylint: disable=prefer-env-translation  # there is no env where a module is read


class ContactTarget(RoutedTarget):
    """Companies and people; those without a company may be leads in Odoo.

    See :class:`~..lone_contacts.LoneContacts` for who does, and
    ``migration.project.lone_contacts`` for the switch.
    """

    key = "contact"
    label = _lt("Contact or Lead")
    model = "res.partner"
    routes = {"partner": PartnerTarget, "lead": LoneContactTarget}

    @classmethod
    def field_models(cls, obj):
        return ("res.partner", "crm.lead") if makes_leads(obj) else ("res.partner",)

    @classmethod
    def possible_models(cls, obj):
        return ("res.partner", "crm.lead")

    @cached_property
    def _decisions(self):
        return LoneContacts(self.mapper.object, self.mapper.kinship).decisions

    def route(self, mapped):
        is_lead, reason = self._decisions.get(mapped.record.id, (False, False))
        if is_lead and mapped.pop("_merged_into"):
            is_lead = False
        if reason:
            mapped.inputs["reason"] = reason
        return "lead" if is_lead else "partner"


def makes_leads(obj):
    """Return whether some of the object's contacts become leads."""
    return obj.target == ContactTarget.key and bool(LoneContacts(obj).lead_ids)
