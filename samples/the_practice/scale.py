"""Repeat organizations, contacts, deals and notes for measurements of speed."""

ID_COLUMNS = ("Organization ID", "Client ID", "Deal ID", "Note ID")
EMAIL_COLUMNS = ("Email", "Secondary Email", "Client Email")
REFERENCES = ("Organization", "Primary Contact", "Billing Contact")
NAME_COLUMNS = ("Organization Name", "Deal Name", "Last Name", "Full Name")
TABLES = {
    "organizations.csv": "O",
    "contacts.csv": "C",
    "deals.csv": "D",
    "notes.csv": "N",
}
NOT_COPIED = ("Groups", "Attachments")


def _copy_email(text, copy):
    name, _at, domain = text.partition("@")
    return f"{name}.{copy}@{domain}"


class Copier:
    """Ids go on counting, names and e-mails get the number of the copy."""

    def __init__(self, tables):
        self.counts = {prefix: len(tables[name]) for name, prefix in TABLES.items()}

    def ident(self, text, copy):
        prefix, number = text.split("-")
        return f"{prefix}-{int(number) + (copy - 1) * self.counts[prefix]:04d}"

    def value(self, column, text, copy):
        if not text or column in NOT_COPIED:
            return ""
        if column in ID_COLUMNS:
            return self.ident(text, copy)
        if column in EMAIL_COLUMNS:
            return _copy_email(text, copy)
        if column in NAME_COLUMNS:
            return f"{text} {copy}"
        if column in REFERENCES:
            return self.reference(text, copy)
        return text

    def reference(self, text, copy):
        if "@" in text:
            return _copy_email(text, copy)
        prefix, _dash, number = text.partition("-")
        if prefix in self.counts and number.isdigit():
            return self.ident(text, copy)
        return f"{text} {copy}"


def repeat(tables, times):
    """Append `times` - 1 copies of the rows of the four large tables."""
    copier = Copier(tables)
    for name in TABLES:
        original = list(tables[name])
        for copy in range(2, times + 1):
            tables[name].extend(
                {column: copier.value(column, row[column], copy) for column in row}
                for row in original
            )
