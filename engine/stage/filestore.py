"""Files into Odoo's filestore as a stream, never whole in memory."""

import filecmp
import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from odoo.exceptions import UserError
from odoo.tools import SQL, config

#: Bytes that tell what a file is, and that a copy moves at a time.
HEAD = 64 * 1024
#: Texts up to this size are indexed for search, as Odoo does with all of them.
INDEXED = 1024 * 1024


@dataclass(frozen=True)
class Content:
    """One file that lies in the filestore: where, and what it is."""

    store_fname: str
    sha1: str
    sha256: str
    size: int


class FileStore:
    """Takes files from disk into the filestore and hangs them on attachments.

    Odoo's own way needs the whole file in memory, several times over. A database
    that keeps attachments elsewhere than in the filestore goes that way.
    """

    def __init__(self, env):
        self.env = env
        self._attachment = env["ir.attachment"]
        self.is_streamed = self._attachment._storage() == "file"

    def begin(self):
        """Keep the garbage collector out until this transaction ends."""
        self.env.cr.execute("LOCK ir_attachment IN ROW EXCLUSIVE MODE")

    def keep(self, path):
        """Move the file at ``path`` into the filestore and return its Content.

        Until an attachment holds it, it is garbage: an aborted transaction leaves
        nothing behind.
        """
        sha1, sha256, size = _digests(path)
        fname = f"{sha1[:2]}/{sha1}"
        target = self._attachment._full_path(fname)
        self._attachment._mark_for_gc(fname)
        if os.path.exists(target):
            if not filecmp.cmp(path, target, shallow=False):
                raise UserError(
                    self.env._("Another file with the same checksum is stored already.")
                )
            os.unlink(path)
        else:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.move(path, target)
        return Content(fname, sha1, sha256, size)

    def mimetype(self, vals, content):
        """Return the type that Odoo would give: web pages and scripts as plain text."""
        head = self._attachment._file_read(content.store_fname, HEAD)
        quiet = self._attachment.with_context(image_no_postprocess=True)
        return quiet._check_contents({**vals, "raw": head})["mimetype"]

    def hang(self, records, contents):
        """Give each attachment the content of the same position (None: it has none)."""
        records.flush_recordset()
        for record, content in zip(records, contents, strict=True):
            if content is None:
                continue
            if not self.is_streamed:
                record.raw = self._attachment._file_read(content.store_fname)
                continue
            self.env.cr.execute(
                SQL(
                    "UPDATE ir_attachment SET store_fname = %s, checksum = %s,"
                    " file_size = %s, index_content = %s, db_datas = NULL"
                    " WHERE id = %s",
                    content.store_fname,
                    content.sha1,
                    content.size,
                    self._index(record, content),
                    record.id,
                )
            )
        records.invalidate_recordset()

    def _index(self, record, content):
        if content.size > INDEXED or not (record.mimetype or "").startswith("text/"):
            return None
        raw = self._attachment._file_read(content.store_fname)
        return self._attachment._index(raw, record.mimetype, checksum=content.sha1)

    def is_whole(self, record):
        """Return whether the stored content is still what the checksum was made of."""
        if not record.store_fname:
            content = record.db_datas or b""
            return record._compute_checksum(content) == record.checksum
        try:
            sha1, _sha256, size = _digests(record._full_path(record.store_fname))
        except OSError:
            return False
        return (sha1, size) == (record.checksum, record.file_size)


def spool(project):
    """Return the folder where files of a project wait for their record."""
    name = f"{project.env.cr.dbname}-{project.id}"
    folder = Path(config["data_dir"]) / "crm_migration" / name
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def clear_spool(project, is_whole=False):
    """Delete what waits in a project's folder, but for downloads to be gone on with.

    :param is_whole: those as well
    """
    folder = spool(project)
    for path in folder.iterdir():
        if is_whole or path.suffix != ".part":
            path.unlink(missing_ok=True)
    if is_whole:
        folder.rmdir()


def _digests(path):
    sha1 = hashlib.sha1(usedforsecurity=False)
    sha256, size = hashlib.sha256(), 0
    with open(path, "rb") as stream:
        while block := stream.read(HEAD):
            sha1.update(block)
            sha256.update(block)
            size += len(block)
    return sha1.hexdigest(), sha256.hexdigest(), size
