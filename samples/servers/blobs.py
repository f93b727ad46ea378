"""The bytes behind the sample files, and how the storage misbehaves for some."""

import hashlib
import struct
import zlib
from dataclasses import dataclass

from .common import rng

#: One byte more than the connectors' default limit for one file.
OVER_CAP = 100 * 1024 * 1024 + 1
EXTENSIONS = {"application/pdf": "pdf", "image/png": "png", "text/plain": "txt"}


@dataclass(frozen=True)
class Blob:
    """What the storage holds for one file.

    `behaviour` is empty or one of: missing (404), expired (the listed address is too
    old, the file's own endpoint gives a fresh one), other_host (redirect to another
    host name), cut (the first answer ends in the middle), slow, endless (over the
    limit without saying so), over_cap (says so).
    """

    seed: str
    key: str
    mime: str
    size: int = -1
    behaviour: str = ""
    served_as: str = ""

    def content(self):
        if self.size == 0:
            return b""
        rand = rng(self.seed, "blob", self.key)
        if self.mime == "image/png":
            return png(rand)
        if self.mime == "application/pdf":
            text = f"{self.key} ".encode() * rand.randrange(20, 400)
            return b"%PDF-1.4\n% " + text + b"\n%%EOF\n"
        return f"File {self.key}\n".encode() * rand.randrange(5, 200)

    def facts(self):
        """Size and checksum as the source should state them."""
        if self.behaviour in ("over_cap", "endless"):
            return OVER_CAP, ""
        data = self.content()
        return len(data), hashlib.sha256(data).hexdigest()


def png(rand, side=12):
    """A small square of one colour."""
    pixel = bytes(rand.randrange(256) for _ in range(3))
    rows = zlib.compress((b"\x00" + pixel * side) * side)
    out = b"\x89PNG\r\n\x1a\n"
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    for kind, data in ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b"")):
        out += struct.pack(">I", len(data)) + kind + data
        out += struct.pack(">I", zlib.crc32(kind + data))
    return out


def describe(blob, lie=""):
    """Size and checksum for the source's list; `lie` names what is wrong in it."""
    size, digest = blob.facts()
    if lie == "checksum":
        digest = hashlib.sha256(b"something else").hexdigest()
    if lie == "size":
        size = 1000
    return size, digest
