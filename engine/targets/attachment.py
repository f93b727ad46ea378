from odoo.tools.translate import LazyTranslate

from ...exceptions import MappingError, RecordSkipped
from ..load.threeway import Unit
from ..stage.binaries import BinaryFetcher, Wanted
from ..stage.filestore import FileStore
from .base import Target
from .work import standing_on

_lt = LazyTranslate(__name__)
# pylint: disable=prefer-env-translation  # there is no env where a module is read


class AttachmentTarget(Target):
    """Files of the source, byte for byte, on the record they belong to."""

    key = "attachment"
    label = _lt("Attachment")
    model = "ir.attachment"
    batch_size = 20
    relation_fields = dict.fromkeys(("_client", "_deal", "_note", "_parent"), "res_id")
    # what kind of file it is follows from its bytes
    units = (Unit(("checksum",), frozenset({"mimetype"})),)

    def __init__(self, mapper):
        super().__init__(mapper)
        self._store = FileStore(self.env)
        self._fetcher = BinaryFetcher(self.project, mapper.object.name)
        self._fetched = {}

    def close(self):
        self._fetcher.close()

    def prefetch(self, mapped_list):
        """Bring the batch's files to disk, those from the net several at a time."""
        self._store.begin()
        wanted = [self._wanted(mapped) for mapped in mapped_list if not mapped.error]
        self._fetched = self._fetcher.fetch([one for one in wanted if one])

    def _wanted(self, mapped):
        """Return what has to be fetched for a record, None if it is only a link."""
        path, url = mapped.pop("_path"), mapped.pop("_url")
        if not path and not (url and self._fetcher.takes_links):
            return None
        return Wanted(
            key=mapped.record.id,
            external_id=mapped.record.external_id,
            path=str(path or ""),
            url=str(url or ""),
            expires_at=mapped.pop("_expires_at"),
            size=_number(mapped.pop("_size")),
            checksum=_sha256(mapped.pop("_checksum")),
        )

    def finish(self, mapped):
        vals = self.constants | mapped.vals
        message = self.env._("The file has no name.")
        self.require(vals, "name", message, self.source_of("name"))
        home, message = self._home(mapped)
        vals.update(res_model=home[0], res_id=home[1], public=False)
        if mapped.record.id in self._fetched:
            self._keep(mapped, vals)
        elif mapped.pop("_url"):
            vals.update(type="url", url=self._safe_url(mapped.pop("_url")))
            vals["mimetype"] = self.env[self.model]._compute_mimetype(vals)
        else:
            raise MappingError(
                self.env._("The file has neither a path nor a link."),
                self.source_of("_path") or self.source_of("_url"),
            )
        mapped.inputs["message_id"] = message
        mapped.vals = vals
        return vals

    def _keep(self, mapped, vals):
        """Take the fetched file into the filestore and say what it is."""
        found = self._fetched[mapped.record.id]
        if isinstance(found, Exception):
            raise found
        content = self._store.keep(found)
        self._check(mapped, content)
        given = vals.get("mimetype")
        vals["type"] = "binary"
        vals["mimetype"] = self._store.mimetype(vals, content)
        if given and given != vals["mimetype"]:
            message = self.env._("Kept as %s", vals["mimetype"])
            self.remark(mapped, "mimetype", message, value=given)
        # Odoo sets it from the bytes; here it says which bytes we wrote
        vals["checksum"] = content.sha1
        mapped.inputs["content"] = content

    def _check(self, mapped, content):
        """Hold the file against the size and checksum that the source gives."""
        name = mapped.pop("_path") or mapped.vals.get("name") or mapped.pop("_url")
        checksum = _sha256(mapped.pop("_checksum"))
        if checksum and checksum != content.sha256:
            raise MappingError(
                self.env._(
                    "The checksum of “%s” is not the one it was listed with.", name
                )
            )
        size = _number(mapped.pop("_size"))
        if size is not None and size != content.size:
            raise MappingError(
                self.env._(
                    "“%(path)s” has %(actual)s bytes, the source says %(expected)s.",
                    path=name,
                    actual=content.size,
                    expected=size,
                )
            )

    def _home(self, mapped):
        """The deal, else the note's record, else what it hangs on or the contact."""
        parent, word = mapped.pop("_parent") or (None, None)
        parent = parent and (parent, word)
        note = mapped.pop("_note") or (
            parent if parent and parent[0] == "mail.message" else None
        )
        message = self.env["mail.message"].browse(note[1]) if note else None
        home = mapped.pop("_deal") or (
            (message.model, message.res_id)
            if message
            else parent or mapped.pop("_client")
        )
        if not home and word:
            raise RecordSkipped(
                self.env._("It belongs to “%s”, which is not loaded.", word)
            )
        if not home:
            raise MappingError(
                self.env._("The file belongs to no contact, deal or note.")
            )
        # a file of an activity lies with the record, as those of its chatter do
        return standing_on(self.env, home) or home, message

    def _safe_url(self, url):
        if not str(url).lower().startswith(("http://", "https://")):
            raise MappingError(self.env._("“%s” is not a web address.", url))
        return url

    def created(self, records, mapped_list):
        contents = [mapped.pop("content") for mapped in mapped_list]
        self._store.hang(records, contents)
        for record, mapped in zip(records, mapped_list, strict=True):
            message = mapped.pop("message_id")
            if message:
                self.write_again(message, {"attachment_ids": [(4, record.id)]})
        self.set_create_date(records, mapped_list)

    def updated(self, record, mapped, changed):
        """Give a known file the bytes that the source has by now."""
        content = mapped.pop("content")
        if content and changed.get("checksum") == content.sha1:
            self._store.hang(record, [content])


def _number(text):
    """Return a size as a number, None where the source gives none that is one."""
    try:
        return int(text)
    except (TypeError, ValueError):
        return None


def _sha256(text):
    """Return the checksum that a source gives, with or without its name before it."""
    return str(text or "").rpartition(":")[2].strip().lower()
