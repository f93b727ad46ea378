"""By what two records are held to be the same, strongest evidence first."""

import re
from typing import NamedTuple

from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

# pylint: disable=prefer-env-translation  # there is no env where a module is read
#: key -> (label, what a new project does then, score of 100)
RULES = {
    "reference": (_lt("Reference in Odoo and Name"), "merge", 98),
    "vat": (_lt("Tax ID"), "merge", 97),
    "email_name": (_lt("E-mail and Name"), "merge", 95),
    "name_phone": (_lt("Name and Phone"), "ask", 85),
    "name_company": (_lt("Name and Company"), "ask", 80),
    "company_name": (_lt("Name of a Company in Odoo"), "ask", 60),
    "email": (_lt("E-mail of a Contact in Odoo with Another Name"), "ask", 50),
    "email_source": (_lt("E-mail within the Source, Other Names"), "apart", 40),
}
#: Rules that only look at what was in Odoo before: the source has ids of its own.
EXISTING_ONLY = {"reference", "company_name", "email"}
#: Rules that only look at the source. Two ids and two names are two people (couples
#: share an e-mail): they are listed as findings, and asked about on request.
SOURCE_ONLY = {"email_source"}
#: What so many records of the source share says nothing of any of them.
SHARED_LIMIT = 20


class Facts(NamedTuple):
    """What is compared, folded; empty texts where a record does not say."""

    is_company: bool
    name: str
    email: str = ""
    phone: str = ""
    company: str = ""
    vat: str = ""
    reference: str = ""


def rule_selection(env):
    """Return ``[(key, label)]`` of all duplicate rules."""
    return [(key, env._(label)) for key, (label, _action, _score) in RULES.items()]


def key_by(rule, facts):
    """Return the key under which records are the same by ``rule``, or None."""
    parts = {
        "reference": (facts.reference, facts.name),
        "vat": (facts.vat,),
        "email_name": (facts.email, facts.name),
        "name_phone": (facts.name, facts.phone),
        "name_company": (facts.name, facts.company),
        "company_name": (facts.name if facts.is_company else "",),
        "email": (facts.email,),
        "email_source": (facts.email,),
    }[rule]
    return (facts.is_company, *parts) if all(parts) else None


def phone_key(text):
    """Return the last nine digits of a phone number, "" for what is too short."""
    digits = re.sub(r"\D", "", str(text or ""))
    return digits[-9:] if len(digits) >= 7 else ""


def vat_key(text):
    """Return a tax id without blanks and signs; "/" means that there is none."""
    return re.sub(r"[^A-Z0-9]", "", str(text or "").upper())
