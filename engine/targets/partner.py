from ...exceptions import MappingError
from .base import Target

ADDRESS = ("street", "street2", "city", "zip", "state_id", "country_id")


class PartnerTarget(Target):
    """Organizations and people."""

    key = "partner"
    label = "Contact"
    model = "res.partner"

    def __init__(self, mapper):
        super().__init__(mapper)
        self._lang = self.project._partner_lang()
        is_multi_company = self.project._is_multi_company()
        self._company_id = self.project.company_id.id if is_multi_company else False
        self._companies = {}

    def prefetch(self, mapped_list):
        """Read the companies of a batch in one go."""
        ids = {mapped.vals.get("parent_id") for mapped in mapped_list} - {None}
        self._companies = {
            company.id: self._facts(company)
            for company in self.env[self.model].browse(ids)
        }

    def _facts(self, company):
        """Return the address and the commercial values that contacts share."""
        head = company.commercial_partner_id
        commercial = {
            "vat": head.vat,
            "company_registry": head.company_registry,
            "industry_id": head.industry_id.id,
        }
        address = {name: company[name] for name in ADDRESS}
        address |= {name: address[name].id for name in ("state_id", "country_id")}
        return address, {name: value for name, value in commercial.items() if value}

    def finish(self, mapped):
        vals = self.constants | mapped.vals
        if mapped.pop("_type") and str(mapped.pop("_type")).lower() == "family":
            # a family groups people; in Odoo only companies are companies
            vals["is_company"] = False
        vals["name"] = self._name(mapped, vals)
        vals.setdefault("user_id", self.project.fallback_user_id.id)
        vals["lang"] = self._lang
        if self._company_id:
            vals["company_id"] = self._company_id
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
                self.env._("The record has neither a name nor an e-mail."),
                "Full Name",
            )
        return name

    def _take_from_company(self, vals):
        """Do for a contact of a company what Odoo's own sync would do, in values.

        The sync itself is off (``QUIET_CONTEXT``): it would replace a person's
        address by the company's, or the company's by the person's. A person with an
        address of their own becomes type "Other", which Odoo leaves alone.
        """
        shared, commercial = self._companies[vals["parent_id"]]
        own = {name: vals[name] for name in ADDRESS if vals.get(name)}
        vals["type"] = "contact"
        if not own:
            vals.update({name: value for name, value in shared.items() if value})
        elif any(vals.get(name, False) != shared[name] for name in ADDRESS):
            vals["type"] = "other"
        vals |= commercial

    def created(self, records, mapped_list):
        self.set_create_date(records, mapped_list)
