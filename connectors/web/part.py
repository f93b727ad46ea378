"""A file that is still coming: what is there, and how to ask for the rest."""

import hashlib
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

_BY_LENGTH = {32: "md5", 40: "sha1", 64: "sha256"}
_DIGEST = re.compile(r"(?:(md5|sha-?1|sha-?256)[:=])?\s*([0-9a-f]{32,64})", re.I)
_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")
_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Downloaded:
    """A fetched file; `mimetype` and `filename` are the server's words, or ""."""

    path: str
    size: int
    sha256: str
    sha1: str
    mimetype: str = ""
    filename: str = ""


@dataclass(frozen=True)
class Checksum:
    """What a record says about its file; unknown parts are empty and None."""

    kind: str = ""
    digest: str = ""
    size: int | None = None

    @classmethod
    def of(cls, text: str | None, size: int | None = None) -> "Checksum":
        """Return the promise in `sha256:<hex>` and the like, or in bare digits."""
        match = _DIGEST.fullmatch((text or "").strip())
        if not match:
            return cls(size=size)
        digest = match[2].lower()
        kind = (match[1] or "").lower().replace("-", "")
        by_length = _BY_LENGTH.get(len(digest), "")
        if not by_length or kind not in ("", by_length):
            return cls(size=size)
        return cls(by_length, digest, size)


class PartFile:
    """`<target>.part` and what it is a part of.

    Beside it, `.part.tag` keeps what the server calls this version of the file: a
    part is gone on with only if the rest is of the same version, or if a checksum
    will tell in the end.
    """

    def __init__(self, target: str, wanted: Checksum):
        self.target = target
        self.wanted = wanted
        self._path = Path(f"{target}.part")
        self._tag_path = Path(f"{target}.part.tag")
        self._file = None
        self._start()

    def _start(self) -> None:
        self.size = 0
        self._hashes = {"sha256": hashlib.sha256(), "sha1": hashlib.sha1()}
        if self.wanted.kind == "md5":
            self._hashes["md5"] = hashlib.md5(usedforsecurity=False)

    def range_headers(self) -> dict[str, str]:
        """Return the headers that ask for the rest, none to ask for all."""
        there = self._path.stat().st_size if self._path.exists() else 0
        tag = self._tag_path.read_text() if self._tag_path.exists() else ""
        if not there or not (tag or self.wanted.digest):
            return {}
        headers = {"Range": f"bytes={there}-"}
        if tag:
            headers["If-Range"] = tag
        return headers

    def begin(self, status: int, headers: Mapping[str, str]) -> bool:
        """Get ready to write the body of an answer; False if it does not fit."""
        self._start()
        os.makedirs(os.path.dirname(self.target) or ".", exist_ok=True)
        if status == 206:
            match = _RANGE.match(headers.get("Content-Range", ""))
            there = self._path.stat().st_size if self._path.exists() else 0
            is_packed = headers.get("Content-Encoding", "identity") != "identity"
            if not match or match[1] != str(there) or is_packed:
                return False
            self._take_in()
            self._file = self._path.open("ab")
            return True
        self._file = self._path.open("wb")
        tag = headers.get("ETag", "")
        tag = headers.get("Last-Modified", "") if not tag or tag[:2] == "W/" else tag
        if tag and headers.get("Content-Encoding", "identity") == "identity":
            self._tag_path.write_text(tag)
        else:
            self._tag_path.unlink(missing_ok=True)
        return True

    def _take_in(self) -> None:
        """Count and hash what is there already."""
        self._start()
        with self._path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                self._count(chunk)

    def _count(self, chunk: bytes) -> None:
        self.size += len(chunk)
        for digest in self._hashes.values():
            digest.update(chunk)

    def write(self, chunk: bytes) -> None:
        """Add a piece to the end."""
        self._file.write(chunk)
        self._count(chunk)

    def close(self) -> None:
        """Keep what is there for another time."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def is_whole(self, content_range: str | None) -> bool:
        """Tell whether the server says that nothing is missing; take it in then."""
        match = _RANGE.match(content_range or "")
        if not match or not self._path.exists():
            return False
        self._take_in()
        return match[2] == str(self.size)

    def is_right(self) -> bool:
        """Tell whether what came is what the record promises."""
        if self.wanted.size is not None and self.size != self.wanted.size:
            return False
        if not self.wanted.digest:
            return True
        return self._hashes[self.wanted.kind].hexdigest() == self.wanted.digest

    def finish(self) -> tuple[str, str]:
        """Put the whole file in its place; return its sha256 and sha1."""
        self.close()
        os.replace(self._path, self.target)
        self._tag_path.unlink(missing_ok=True)
        return self._hashes["sha256"].hexdigest(), self._hashes["sha1"].hexdigest()

    def discard(self) -> None:
        """Throw away what came."""
        self.close()
        for path in (self._path, self._tag_path):
            with suppress(FileNotFoundError):
                path.unlink()
        self._start()


def file_name(disposition: str | None) -> str:
    """Return the file name of a Content-Disposition header, without folders."""
    message = Message()
    message["Content-Disposition"] = (disposition or "").replace("\n", " ")
    name = (message.get_filename() or "").replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in name if char.isprintable()).strip()
