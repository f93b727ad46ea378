from ...exceptions import MappingError
from .base import Target

ADDRESS = ("street", "street2", "city", "zip", "state_id", "country_id")


class PartnerTarget(Target):
    """Organizations and people."""

    key = "partner"
    label = "Contact"
    model = "res.partner"

    def finish(self, mapped):
        vals = self.constants | mapped.vals
        if mapped.pop("_type") and str(mapped.pop("_type")).lower() == "family":
            # a family groups people; in Odoo only companies are companies
            vals["is_company"] = False
        vals["name"] = self._name(mapped, vals)
        vals.setdefault("user_id", self.project.fallback_user_id.id)
        vals["lang"] = self.project._partner_lang()
        if self.project._is_multi_company():
            vals["company_id"] = self.project.company_id.id
        if vals.get("parent_id"):
            self._take_from_company(vals)
        mapped.vals = vals
        return vals

    def _name(self, mapped, vals):
        name = (
            vals.get("name")
            or mapped.pop("_full_name")
            or " ".join(
                part
                for part in (mapped.pop("_first_name"), mapped.pop("_last_name"))
                if part
            )
            or vals.get("email")
        )
        if not name:
            raise MappingError(
                self.env._("The record has neither a name nor an e-mail.")
            )
        return name

    def _take_from_company(self, vals):
        """Do for a contact of a company what Odoo's own sync would do, in values.

        The sync itself is off (``QUIET_CONTEXT``): it would replace a person's
        address by the company's, or the company's by the person's. A person with an
        address of their own becomes type "Other", which Odoo leaves alone.
        """
        company = self.env["res.partner"].browse(vals["parent_id"])
        own = {name: vals[name] for name in ADDRESS if vals.get(name)}
        shared = {
            name: self.env["res.partner"]
            ._fields[name]
            .convert_to_write(company[name], company)
            for name in ADDRESS
        }
        if not own:
            vals.update({name: value for name, value in shared.items() if value})
        elif any(vals.get(name, False) != shared[name] for name in ADDRESS):
            vals["type"] = "other"
        head = company.commercial_partner_id
        for name in ("vat", "company_registry", "industry_id"):
            value = head[name].id if name == "industry_id" else head[name]
            if value:
                vals[name] = value

    def created(self, records, mapped_list):
        self.set_create_date(records, mapped_list)
