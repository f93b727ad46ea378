from odoo.fields import Command
from odoo.tools.translate import LazyTranslate

from ...exceptions import MappingError
from ...tools.converters import split_multi
from ..keys import key_of
from ..map.associations import LABEL_KIND, LABEL_MODEL
from .base import Target
from .company import joining

_lt = LazyTranslate(__name__)


class MembershipTarget(Target):
    """A person's organizations: the first becomes the company, the others are linked.

    The role is a label of the link: text to read, JSON, and a word to filter by.
    """

    key = "membership"
    label = _lt("Company Membership")
    model = "res.partner"
    relation_fields = {"_client": "id", "_organization": "id"}

    @classmethod
    def own_fields(cls, env):
        reason = env._("For members of several organizations.")
        partners, words = {"relation": "res.partner"}, {"relation": LABEL_MODEL}
        for name, ttype, label, more in (
            ("x_other_organizations", "char", env._("Other Organizations"), {}),
            (
                "x_secondary_company_ids",
                "many2many",
                env._("Other Companies"),
                partners,
            ),
            ("x_association_labels", "json", env._("Association Labels (JSON)"), {}),
            ("x_association_label_ids", "many2many", env._("Company Labels"), words),
        ):
            yield "res.partner", name, ttype, label, reason, more

    def finish(self, mapped):
        if not mapped.pop("_client") or not mapped.pop("_organization"):
            raise MappingError(
                self.env._("The membership names no contact or no organization.")
            )
        return {}

    def bind(self, mapped):
        partner = self.env["res.partner"].browse(mapped.pop("_client")[1])
        organization = self.env["res.partner"].browse(mapped.pop("_organization")[1])
        reason, vals = self._place(partner, organization, mapped)
        vals |= self._labels(partner, organization, mapped, vals)
        if vals:
            self.amend(partner, vals, mapped.record)
        if self.project._inherits_tags():
            inherited = self.add_tags(partner, organization.category_id, mapped.record)
            if inherited:
                names = ", ".join(inherited.mapped("name"))
                reason += " " + self.env._("Inherits the tags %s.", names)
        mapped.inputs["reason"] = reason
        return partner._name, partner.id

    def _place(self, partner, organization, mapped):
        """Return what is said of the membership, and the values that keep it."""
        if partner.parent_id == organization:
            return self.env._("Already the contact's company."), {}
        if not partner.parent_id:
            vals = {"parent_id": organization.id}
            vals |= joining(partner, organization, vals)
            return self.env._("Set as the contact's company."), vals
        role = mapped.pop("_role")
        name = f"{organization.name} ({role})" if role else organization.name
        known = partner["x_other_organizations"] or ""
        if name in known.split("; "):
            return self.env._("Already listed on the contact."), {}
        vals = {
            "x_other_organizations": f"{known}; {name}" if known else name,
            "x_secondary_company_ids": [Command.link(organization.id)],
        }
        return self.env._("Listed under the contact's other organizations."), vals

    def _labels(self, partner, organization, mapped, vals):
        """Return the values that keep the role, by the organization's own id."""
        kept = dict(partner["x_association_labels"] or {})
        field = self.source_of("_organization")
        key = str(self.mapper.payload(mapped.record).get(field) or organization.name)
        words = split_multi(mapped.pop("_role"))
        entry = {
            "id": organization.id,
            "name": organization.name,
            "labels": words,
            "is_primary": "parent_id" in vals or partner.parent_id == organization,
        }
        if kept.get(key) == entry:
            return {}
        ids = [self.mapper.schema_id(LABEL_KIND, key_of(word)) for word in words]
        return {
            "x_association_labels": kept | {key: entry},
            "x_association_label_ids": [Command.link(word) for word in ids if word],
        }
