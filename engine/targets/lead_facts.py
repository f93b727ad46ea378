"""What a lead says beside its contact: Odoo would replace it by the contact's."""

from contextlib import contextmanager

from odoo import SUPERUSER_ID

from .company import ADDRESS, address_of

#: Fields of a lead that follow a field of its contact.
_FOLLOWING = {"email_from": "email", "phone": "phone"}


def own_facts(lead):
    """Return values for write() of what a lead has and its contact has not.

    Odoo computes them anew when the lead gets another contact.
    """
    partner = lead.partner_id
    company = partner if partner.is_company else partner.parent_id
    theirs = {
        "email_from": partner.email,
        "phone": partner.phone,
        "contact_name": False if partner.is_company else partner.name,
        "partner_name": company.name or partner.company_name,
        "function": partner.function,
        "website": partner.website,
    }
    own = {n: lead[n] for n, value in theirs.items() if lead[n] not in (False, value)}
    if lead.lang_id and lead.lang_id.code != partner.lang:
        own["lang_id"] = lead.lang_id.id
    address = address_of(lead)
    if any(address.values()) and address != address_of(partner):
        own |= {name: address[name] for name in ADDRESS}
    return own


class OwnLeads:
    """Keeps what leads say of their own while their contacts change.

    Those without an e-mail or phone of their own take the new one; Odoo's guess of
    their odds, which depends on it, stays as it is.
    """

    def __init__(self, env):
        self.env = env
        self._leads = {}
        self._own = {}

    def prefetch(self, partner_ids):
        """Find in one go the leads of contacts, and what they have of their own."""
        self._leads, self._own = {}, {}
        if not partner_ids:
            return
        leads = self.env["crm.lead"].search_fetch(
            [("partner_id", "in", partner_ids)], ["partner_id", *_FOLLOWING]
        )
        self._leads = {
            one.id: group for one, group in leads.grouped("partner_id").items()
        }
        for lead in leads:
            for name, other in _FOLLOWING.items():
                if lead[name] not in (False, lead.partner_id[other]):
                    own = self._own.setdefault(lead.partner_id.id, {})
                    own[name] = own.get(name, leads.browse()) | lead

    @contextmanager
    def keeping(self, partner, vals):
        """Let ``vals`` be written to ``partner`` in the block."""
        leads = self._leads.get(partner.id)
        if not leads or vals.keys().isdisjoint(_FOLLOWING.values()):
            yield
            return
        fields = leads._fields
        own = self._own.get(partner.id, {})
        odds = [fields["automated_probability"], fields["probability"]]
        kept = [([fields[name]], some) for name, some in own.items()]
        with self.env.protecting([(odds, leads), *kept]):
            yield
            # what Odoo counts anew is signed by the robot, not by who presses a button
            leads.with_user(SUPERUSER_ID).flush_recordset()
