"""Why Odoo refused a record, in words that a person understands."""

import psycopg2

from ...exceptions import MappingError, RecordSkipped


def explain(error):
    """Return ``(code, message)`` that a person understands for any ORM error."""
    if isinstance(error, RecordSkipped):
        return "skipped", str(error)
    if isinstance(error, MappingError):
        return "unmappable", str(error)
    if isinstance(error, psycopg2.IntegrityError):
        detail = error.diag.message_detail or ""
        if detail.startswith("Failing row"):
            # the whole row, with values of all fields: nothing a person can use
            detail = ""
        return "constraint", f"{error.diag.message_primary} {detail}".strip()
    return "refused", str(error) or type(error).__name__
