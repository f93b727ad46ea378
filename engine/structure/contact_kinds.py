"""How sources tell companies from people."""

from ...tools.fingerprint import fold

#: Words of sources that tell companies from people in one list.
KINDS = {
    **dict.fromkeys(("company", "organization", "organisation", "business"), True),
    **dict.fromkeys(("individual", "contact", "person", "customer", "family"), False),
}


def is_company_word(text):
    """Return True for a company, False for a person, None for an unknown word."""
    return KINDS.get(fold(text))
