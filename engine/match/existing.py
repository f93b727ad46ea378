"""What stands in Odoo before a migration, in the form in which it is compared."""

from odoo.tools import SQL

from ..keys import key_of
from .rules import Facts, phone_key, vat_key


def existing_facts(project, facts, with_leads):
    """Yield ``((model, id), Facts, is a lead)`` of all that may be the same.

    Read with one query a model, whatever the number of records: hashed lists.

    :param facts: the :class:`Facts` of the source's records
    :param with_leads: whether leads are looked through as well
    """
    yield from _partners(project, facts)
    if with_leads:
        yield from _leads(project, facts)


def _not_ours(project, model):
    """SQL that leaves out what this project made itself."""
    return SQL(
        "NOT EXISTS (SELECT 1 FROM migration_crosswalk link WHERE link.project_id = %s"
        " AND link.res_model = %s AND link.res_id = target.id"
        " AND link.origin = 'created')",
        project.id,
        model,
    )


def _partners(project, facts):
    rows = project.env.execute_query(
        SQL(
            "SELECT target.id, target.is_company, target.name, target.email_normalized,"
            " target.phone, COALESCE(parent.name, target.company_name), target.vat,"
            " target.ref FROM res_partner target"
            " LEFT JOIN res_partner parent ON parent.id = target.parent_id"
            " WHERE target.active AND COALESCE(target.type, '') NOT IN"
            " ('invoice', 'delivery')"
            " AND (target.company_id IS NULL OR target.company_id = %s)"
            " AND (target.email_normalized = ANY(%s)"
            " OR lower(regexp_replace(btrim(target.name), '\\s+', ' ', 'g')) = ANY(%s)"
            " OR regexp_replace(upper(target.vat), '[^A-Z0-9]', '', 'g') = ANY(%s)"
            " OR lower(target.ref) = ANY(%s)) AND %s ORDER BY target.id",
            project.company_id.id,
            _texts(facts, "email"),
            _texts(facts, "name"),
            _texts(facts, "vat"),
            _texts(facts, "reference"),
            _not_ours(project, "res.partner"),
        )
    )
    for res_id, is_company, name, email, phone, company, vat, reference in rows:
        found = Facts(
            is_company=bool(is_company),
            name=key_of(name or ""),
            email=email or "",
            phone=phone_key(phone),
            company="" if is_company else key_of(company or ""),
            vat=vat_key(vat),
            reference=key_of(reference or ""),
        )
        yield ("res.partner", res_id), found, False


def _leads(project, facts):
    rows = project.env.execute_query(
        SQL(
            "SELECT target.id, COALESCE(NULLIF(contact_name, ''), target.name),"
            " email_normalized, phone, partner_name FROM crm_lead target"
            " WHERE target.active AND target.type = 'lead'"
            " AND (target.company_id IS NULL OR target.company_id = %s)"
            " AND (email_normalized = ANY(%s)"
            " OR lower(regexp_replace(btrim(COALESCE(NULLIF(contact_name, ''),"
            " target.name)), '\\s+', ' ', 'g')) = ANY(%s)) AND %s ORDER BY target.id",
            project.company_id.id,
            _texts(facts, "email"),
            _texts(facts, "name"),
            _not_ours(project, "crm.lead"),
        )
    )
    for res_id, name, email, phone, company in rows:
        found = Facts(
            is_company=False,
            name=key_of(name or ""),
            email=email or "",
            phone=phone_key(phone),
            company=key_of(company or ""),
        )
        yield ("crm.lead", res_id), found, True


def _texts(facts, name):
    place = Facts._fields.index(name)
    return sorted({found[place] for found in facts} - {""})
