import io
import os
import tempfile
import zipfile

from openpyxl import Workbook

from odoo.tests import BaseCase

from odoo.addons.crm_migration.connectors import BundleConnector

FILE_OBJECTS = {
    "contacts": ["contacts", "clients", "client list", "people"],
    "organizations": ["organizations", "companies"],
    "notes": ["notes"],
    "wide_forms": ["forms/*"],
}
REQUIRED = {"contacts": [["Full Name", "First Name", "Last Name"]]}
CONTACTS = "Client ID,Full Name\nC-1,Dana\nC-2,Ravi\n"


class BundleCase(BaseCase):
    """Writes uploads to disk and opens them as one bundle."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def upload(self, name, content):
        handle, path = tempfile.mkstemp(dir=self.folder)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
        return name, path

    def packed(self, members, compression=zipfile.ZIP_DEFLATED):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", compression) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return buffer.getvalue()

    def archive(self, members, name="export.zip"):
        return self.upload(name, self.packed(members))

    def workbook(self, sheets):
        book = Workbook()
        book.remove(book.active)
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
        buffer = io.BytesIO()
        book.save(buffer)
        return buffer.getvalue()

    def open(self, *uploads, **options):
        options.setdefault("required", REQUIRED)
        bundle = BundleConnector(list(uploads), FILE_OBJECTS, **options)
        self.addCleanup(bundle.close)
        return bundle

    def codes(self, bundle):
        return [problem.code for problem in bundle.problems]

    def objects(self, bundle):
        return {table.file: table.object for table in bundle.tables()}

    def pull(self, bundle, after_line=0):
        return [i for t in bundle.tables() for i in bundle.pull(t, after_line)]
