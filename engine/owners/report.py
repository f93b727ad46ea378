"""The user-resolution report: who is who, what is left to clean up, who is missing."""

import io

from openpyxl import Workbook
from openpyxl.styles import Font

from odoo.tools import SQL

from ...tools.export import csv_bytes, safe_cell
from ..keys import key_of
from ..values import cell_text
from .board import owner_alias, users_without_owner

_WIDEST = 60


class OwnerReport:
    """Tables of plain values: ``{title: [header, row, ...]}``."""

    def __init__(self, project):
        self.project = project
        self.env = project.env

    def tables(self):
        """Return the owners, the records to clean up, and Odoo's other users."""
        return {
            self.env._("Owners"): self._owners(),
            self.env._("Records to Clean Up"): list(self._left_over()),
            self.env._("Users Without Owner"): self._users(),
        }

    def _owners(self):
        model = self.env["migration.owner"]
        names = (
            *("name", "email", "source_status", "record_count", "deal_count"),
            *("open_value", "currency_id", "value_note", "method", "hint"),
            *("user_id", "proposed_user_id", "effective_user_id", "advice"),
        )
        labels = model.fields_get(names, ["string", "selection"])
        methods = dict(labels["method"]["selection"])
        rows = [[labels[name]["string"] for name in names]]
        for owner in self.project.owner_ids:
            row = []
            for name in names:
                value = owner[name]
                if name == "method":
                    value = methods[value]
                elif model._fields[name].relational:
                    value = value.login if value._name == "res.users" else value.name
                row.append(value if value not in (False, None) else "")
            rows.append(row)
        return rows

    def _left_over(self):
        """Yield the records that the fallback user has for somebody else."""
        yield [
            self.env._("Object"),
            self.env._("Source ID"),
            self.env._("Record"),
            self.env._("Owner at the Source"),
            self.env._("Odoo Model"),
            self.env._("Odoo ID"),
        ]
        names = {
            alias: owner.email or owner.name
            for owner in self.project.owner_ids
            if not owner.user_id
            for alias in (owner.key, *(owner.alias_keys or []))
        }
        for line in self.project.mapping_line_ids:
            if line.transform == "owner" and line.object_id.target:
                yield from self._of_line(line, names)

    def _of_line(self, line, names):
        rows = self.env.execute_query(
            SQL(
                "SELECT staged.external_id, staged.name, %(owner)s, link.res_model,"
                " link.res_id FROM migration_staged_record staged"
                " JOIN migration_crosswalk link ON link.staged_record_id = staged.id"
                " WHERE staged.object_id = %(object)s AND link.origin = 'created'"
                " AND %(owner)s <> '' ORDER BY staged.id",
                owner=cell_text(line.source_field),
                object=line.object_id.id,
            )
        )
        for external_id, name, text, model, res_id in rows:
            first = text.split(";")[0].strip()
            owner = names.get(owner_alias(first)) or names.get(key_of(first))
            if owner:
                label = line.object_id.label
                yield [label, external_id, name or "", owner, model, res_id]

    def _users(self):
        rows = [[self.env._("Name"), self.env._("Login"), self.env._("Last Login")]]
        for user in users_without_owner(self.project):
            last = user.login_date
            rows.append([user.name, user.login, str(last.date()) if last else ""])
        return rows

    def as_csv(self):
        """Return the owners as CSV text with a byte order mark, for spreadsheets."""
        header, *rows = self._owners()
        return csv_bytes(header, rows)

    def as_xlsx(self):
        """Return all tables as the bytes of a workbook, one sheet each."""
        book = Workbook()
        book.remove(book.active)
        for title, rows in self.tables().items():
            sheet = book.create_sheet(title[:31])
            for row in rows:
                sheet.append(
                    [
                        safe_cell(value) if isinstance(value, str) else value
                        for value in row
                    ]
                )
            for cell in sheet[1]:
                cell.font = Font(bold=True)
            sheet.freeze_panes = "A2"
            for column in sheet.columns:
                widest = max(len(str(cell.value or "")) for cell in column)
                letter = column[0].column_letter
                sheet.column_dimensions[letter].width = min(widest + 2, _WIDEST)
        stream = io.BytesIO()
        book.save(stream)
        return stream.getvalue()
