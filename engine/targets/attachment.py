import hashlib

from ...exceptions import BinaryMissing, BrokenFile, MappingError
from .base import Target

#: Bytes of files that one transaction reads into memory.
BATCH_BYTES = 64 * 1024 * 1024


class AttachmentTarget(Target):
    """Files of the bundle, byte for byte, on the record they belong to."""

    key = "attachment"
    label = "Attachment"
    model = "ir.attachment"
    batch_size = 20
    relation_fields = {"_client": "res_id", "_deal": "res_id", "_note": "res_id"}
    unread_fields = frozenset({"raw"})

    def __init__(self, mapper):
        super().__init__(mapper)
        self._connector = self.project._connector()

    def cut(self, records):
        """End the batch where its files exceed the limit; one file always goes."""
        total = 0
        for number, record in enumerate(records):
            total += self._declared_size(record)
            if total > BATCH_BYTES and number:
                return records[:number]
        return records

    def _declared_size(self, record):
        """Return the real size of the file, whatever the source says of it."""
        path = self.mapper.raw(record, "Path")
        try:
            return self._connector.binary_size(str(path)) if path else 0
        except BinaryMissing:
            return 0

    def finish(self, mapped):
        vals = self.constants | mapped.vals
        self.require(vals, "name", self.env._("The file has no name."), "File Name")
        home, message = self._home(mapped)
        vals.update(res_model=home[0], res_id=home[1], public=False)
        path, url = mapped.pop("_path"), mapped.pop("_url")
        if path:
            vals.update(type="binary", raw=self._content(mapped, path))
        elif url:
            vals.update(type="url", url=self._safe_url(url))
        else:
            raise MappingError(
                self.env._("The file has neither a path nor a link."), "Path"
            )
        self._mimetype(vals)
        mapped.inputs["message_id"] = message
        mapped.vals = vals
        return vals

    def _mimetype(self, vals):
        """Let Odoo decide first: it keeps web pages and scripts as plain text."""
        given = vals.get("mimetype")
        vals["mimetype"] = self.env[self.model]._check_contents(dict(vals))["mimetype"]
        if given and given != vals["mimetype"]:
            line = next(li for li in self.mapper.lines if li.target_field == "mimetype")
            message = self.env._("Kept as %s", vals["mimetype"])
            self.mapper.note(line, given, "adjusted", message)

    def _home(self, mapped):
        """The deal, else the note's record, else the contact."""
        note = mapped.pop("_note")
        message = self.env["mail.message"].browse(note[1]) if note else None
        home = mapped.pop("_deal") or (
            (message.model, message.res_id) if message else mapped.pop("_client")
        )
        if not home:
            raise MappingError(
                self.env._("The file belongs to no contact, deal or note.")
            )
        return home, message

    def _safe_url(self, url):
        if not str(url).lower().startswith(("http://", "https://")):
            raise MappingError(self.env._("“%s” is not a web address.", url))
        return url

    def _content(self, mapped, path):
        """Read the file and hold it against the size and checksum the source gives."""
        try:
            with self._connector.open_binary(path) as stream:
                content = stream.read()
        except BinaryMissing as error:
            raise BinaryMissing(
                self.env._(
                    "“%s” is not in the bundle. Add it to the project's files (for "
                    "example as a second ZIP), stage, and run again.",
                    path,
                )
            ) from error
        except BrokenFile as error:
            raise MappingError(str(error)) from error
        checksum = str(mapped.pop("_checksum") or "").rpartition(":")[2].lower()
        if checksum and checksum != hashlib.sha256(content).hexdigest():
            raise MappingError(
                self.env._(
                    "The checksum of “%s” is not the one it was listed with.", path
                )
            )
        size = mapped.pop("_size")
        if size not in (None, "") and int(size) != len(content):
            raise MappingError(
                self.env._(
                    "“%(path)s” has %(actual)s bytes, the source says %(expected)s.",
                    path=path,
                    actual=len(content),
                    expected=size,
                )
            )
        return content

    def created(self, records, mapped_list):
        for record, mapped in zip(records, mapped_list, strict=True):
            message = mapped.pop("message_id")
            if message:
                self.write_again(message, {"attachment_ids": [(4, record.id)]})
        self.set_create_date(records, mapped_list)
