from ...exceptions import MappingError
from .base import Target


class MembershipTarget(Target):
    """A person's organizations: the first becomes the company, the others text."""

    key = "membership"
    label = "Company Membership"
    model = "res.partner"
    relation_fields = {"_client": "id", "_organization": "id"}

    @classmethod
    def own_fields(cls, env):
        reason = env._("For members of several organizations.")
        label = env._("Other Organizations")
        yield "res.partner", "x_other_organizations", "char", label, reason

    def finish(self, mapped):
        if not mapped.pop("_client") or not mapped.pop("_organization"):
            raise MappingError(
                self.env._("The membership names no contact or no organization.")
            )
        return {}

    def bind(self, mapped):
        partner = self.env["res.partner"].browse(mapped.pop("_client")[1])
        organization = self.env["res.partner"].browse(mapped.pop("_organization")[1])
        if partner.parent_id == organization:
            reason = self.env._("Already the contact's company.")
        else:
            reason = self._add(partner, organization, mapped)
        if self.project._inherits_tags():
            inherited = self.add_tags(partner, organization.category_id)
            if inherited:
                names = ", ".join(inherited.mapped("name"))
                reason += " " + self.env._("Inherits the tags %s.", names)
        mapped.inputs["reason"] = reason
        return partner._name, partner.id

    def _add(self, partner, organization, mapped):
        role = mapped.pop("_role")
        name = f"{organization.name} ({role})" if role else organization.name
        if not partner.parent_id:
            vals = {"parent_id": organization.id}
            if any(partner[field] for field in ("street", "city", "zip")):
                vals["type"] = "other"
            reason = self.env._("Set as the contact's company.")
        else:
            known = partner["x_other_organizations"] or ""
            if name in known.split("; "):
                return self.env._("Already listed on the contact.")
            vals = {"x_other_organizations": f"{known}; {name}" if known else name}
            reason = self.env._("Listed under the contact's other organizations.")
        self.amend(partner, vals)
        return reason
