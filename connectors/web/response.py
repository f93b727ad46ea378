"""An answer of a source, read whole but never larger than allowed."""

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from requests import Response as RequestsResponse

from ...exceptions import SourceError
from .guard import public_part

#: What a page may hold once it is unpacked.
MAX_BODY = 64 * 1024 * 1024
_CHUNK = 64 * 1024
#: Objects and lists of one answer: small in bytes, each is large in memory.
MAX_NODES = 3_000_000
_CHARSET = re.compile(
    r"utf-?(?:16|32)(?:-?[lb]e)?|iso-?8859-(?:[1-9]|1[0-1]|1[3-6])|windows-125[0-8]"
    r"|us-ascii|shift_jis|euc-jp|euc-kr|gb2312|gbk|gb18030|big5|koi8-[ru]"
)
_MIB = 1024 * 1024
#: By how much an honest body may be larger packed than unpacked.
_SLACK = 1024 * 1024


class BrokenBody(Exception):
    """The body of an answer was cut off or cannot be unpacked."""


@dataclass(frozen=True, repr=False)
class Response:
    """Status, headers (case-insensitive), body and address of an answer."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    url: str

    def __repr__(self) -> str:
        return f"<Response {self.status} from {public_part(self.url)}>"

    @cached_property
    def text(self) -> str:
        """The body as text, unreadable bytes replaced."""
        return self.content.decode(self._charset, errors="replace")

    def json(self) -> Any:
        """Return the body's JSON, None for an empty body.

        :raise ValueError: it is no JSON, or was cut off
        """
        return self._json

    @cached_property
    def _json(self) -> Any:
        if not self.content.strip():
            return None
        if self.content.count(b"{") + self.content.count(b"[") > MAX_NODES:
            raise ValueError("more objects and lists than fit into memory")
        try:
            text = self.content.decode(self._charset)
            return json.loads(text)
        except RecursionError:
            raise ValueError("nested too deep") from None

    @cached_property
    def _charset(self) -> str:
        declared = self.headers.get("Content-Type", "").lower().partition("charset=")[2]
        name = declared.split(";")[0].strip("\"' ")
        # Not every codec of Python: some take hours for a text made for that.
        return name if _CHARSET.fullmatch(name) else "utf-8-sig"

    @property
    def is_page(self) -> bool:
        """Whether this is a web page, whatever its header says."""
        start = self.content[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
            return True
        kind = self.headers.get("Content-Type", "").lower()
        return kind.startswith("text/html") and start[:1] not in (b"", b"{", b"[")


def read_response(answer: RequestsResponse, limit: int = MAX_BODY) -> Response:
    """Read an answer that was asked for with `stream=True`.

    :raise SourceError: it is larger than the limit, or packed in an unknown way
    :raise BrokenBody: it was cut off
    :raise OutOfTime: it was not whole in time
    """
    body = bytearray()
    try:
        with answer.raw.deadline:
            for chunk in body_of(answer):
                body += chunk
                if len(body) > limit:
                    raise SourceError(
                        f"The source sends more than {limit // _MIB} MiB in one answer."
                        " Lower the page size in the connection profile."
                    )
    finally:
        answer.close()
    return Response(answer.status_code, answer.headers, bytes(body), answer.url)


def body_of(answer: RequestsResponse) -> Iterator[bytes]:
    """Yield the body in pieces that stay small however well it is packed."""
    # Not urllib3's decoding: it unpacks a whole chunk at once, and nested codings.
    packed = answer.raw.stream(_CHUNK, decode_content=False)
    coding = answer.headers.get("Content-Encoding", "").strip().lower()
    if coding in ("", "identity"):
        yield from packed
    elif coding in ("gzip", "x-gzip"):
        yield from _gunzip(packed)
    else:
        raise SourceError(
            f"The source packs its answers as {coding[:40]!r}, which was not asked for."
            " A proxy may do this: let it pass answers on as they are."
        )


def _gunzip(packed: Iterator[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    taken = given = 0
    try:
        for chunk in packed:
            taken += len(chunk)
            while chunk and not unpacker.eof:
                piece = unpacker.decompress(chunk, _CHUNK)
                given += len(piece)
                yield piece
                chunk = unpacker.unconsumed_tail
            if unpacker.eof:
                break
            if taken > given + _SLACK:
                raise BrokenBody("packs nothing")
    except zlib.error as error:
        raise BrokenBody(f"cannot be unpacked: {error}") from None
    yield unpacker.flush()
    if not unpacker.eof:
        raise BrokenBody("cut off")
