from odoo.fields import Command
from odoo.tools.translate import LazyTranslate

from ...exceptions import MappingError
from ...tools.converters import split_multi
from ..keys import key_of
from ..map.associations import LABEL_KIND, LABEL_MODEL
from .base import Target
from .company import joining

_lt = LazyTranslate(__name__)
# pylint: disable=prefer-env-translation  # there is no env where a module is read


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
        self._keep(mapped, partner, organization, vals)
        if self.project._inherits_tags():
            inherited = self.add_tags(partner, organization.category_id, mapped.record)
            mapped.inputs["added"]["category_id"] = inherited.ids
            if inherited:
                names = ", ".join(inherited.mapped("name"))
                reason += " " + self.env._("Inherits the tags %s.", names)
        mapped.inputs["reason"] = reason
        return partner._name, partner.id

    def _keep(self, mapped, partner, organization, vals):
        """Write what places the membership, its role, and what to find it by."""
        texts = (vals or {}).get("x_other_organizations")
        mapped.inputs["added"] = {
            "organization": organization.id,
            "text": self._named(organization, mapped) if texts else "",
        }
        vals |= self._labels(partner, organization, mapped, vals)
        if vals:
            self.amend(partner, vals, mapped.record)

    def renew(self, mapped, link):
        """A role that has changed is read where the old one was; nothing else moves."""
        partner = self.env["res.partner"].browse(mapped.pop("_client")[1])
        organization = self.env["res.partner"].browse(mapped.pop("_organization")[1])
        old = link.part_values or {}
        same = (link.res_id, old.get("organization"))
        if same != (partner.id, organization.id):
            return self.tell_unfollowed(mapped, link)
        vals, text = {}, old.get("text") or ""
        fresh = self._named(organization, mapped) if text else ""
        known = f"; {partner['x_other_organizations'] or ''}; "
        if fresh != text and f"; {text}; " in known:
            known = known.replace(f"; {text}; ", f"; {fresh}; ", 1)
            vals["x_other_organizations"] = known[2:-2]
        gone = self._words_gone(partner, organization, mapped)
        vals |= self._labels(partner, organization, mapped, vals, gone)
        if vals:
            self.amend(partner, vals, mapped.record)
        mapped.inputs["added"] = old | {"text": fresh}
        role = mapped.pop("_role") or "-"
        return self.env._("The role is %s now.", role) if vals else ""

    def _words_gone(self, partner, organization, mapped):
        """Return the words that none of the contact's memberships says any more."""
        kept = dict(partner["x_association_labels"] or {})
        old = kept.pop(self._key(organization, mapped), {}).get("labels") or []
        said = {key_of(word) for entry in kept.values() for word in entry["labels"]}
        said |= {key_of(word) for word in split_multi(mapped.pop("_role"))}
        return [word for word in old if key_of(word) not in said]

    def _named(self, organization, mapped):
        role = mapped.pop("_role")
        return f"{organization.name} ({role})" if role else organization.name

    def _place(self, partner, organization, mapped):
        """Return what is said of the membership, and the values that keep it."""
        if partner.parent_id == organization:
            return self.env._("Already the contact's company."), {}
        if not partner.parent_id:
            vals = {"parent_id": organization.id}
            vals |= joining(partner, organization, vals)
            return self.env._("Set as the contact's company."), vals
        name = self._named(organization, mapped)
        known = partner["x_other_organizations"] or ""
        if name in known.split("; "):
            return self.env._("Already listed on the contact."), {}
        vals = {
            "x_other_organizations": f"{known}; {name}" if known else name,
            "x_secondary_company_ids": [Command.link(organization.id)],
        }
        return self.env._("Listed under the contact's other organizations."), vals

    def _key(self, organization, mapped):
        field = self.source_of("_organization")
        return str(self.mapper.payload(mapped.record).get(field) or organization.name)

    def _labels(self, partner, organization, mapped, vals, gone=()):
        """Return the values that keep the role, by the organization's own id."""
        kept = dict(partner["x_association_labels"] or {})
        key = self._key(organization, mapped)
        words = split_multi(mapped.pop("_role"))
        entry = {
            "id": organization.id,
            "name": organization.name,
            "labels": words,
            "is_primary": "parent_id" in vals or partner.parent_id == organization,
        }
        if kept.get(key) == entry:
            return {}
        return {
            "x_association_labels": kept | {key: entry},
            "x_association_label_ids": [
                *self._commands(Command.link, words),
                *self._commands(Command.unlink, gone),
            ],
        }

    def _commands(self, command, words):
        ids = [self.mapper.schema_id(LABEL_KIND, key_of(word)) for word in words]
        return [command(res_id) for res_id in ids if res_id]
