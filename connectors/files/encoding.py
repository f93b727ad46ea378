"""Encoding of a text file, decided on all of its bytes."""

import codecs
import io
import re
from collections.abc import Iterator
from typing import BinaryIO

from charset_normalizer import from_bytes

REPLACEMENT = "\ufffd"
_WRITTEN = REPLACEMENT.encode()
_CHUNK = 256 * 1024
_SAMPLE = 64 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# above this share of accented letters a text is hardly Western European
_FOREIGN_SHARE = 0.3
_SURROGATES = re.compile("[\ud800-\udfff]")


def clean_text(text: str) -> str:
    """Return text that a database takes: no zero bytes, no half characters."""
    if "\0" in text:
        text = text.replace("\0", "")
    return text if text.isascii() else _SURROGATES.sub(REPLACEMENT, text)


def detect_encoding(stream: BinaryIO) -> str:
    """Return the encoding of everything left in the stream, and consume it.

    UTF-8 with some damaged bytes stays UTF-8: the reader reports those cells.
    """
    head = stream.read(_CHUNK)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    wide = _without_mark(head[:_SAMPLE])
    if wide:
        return wide
    good, bad, legacy = _count_utf8(head, stream)
    return "utf-8" if not bad or good > bad else _legacy(legacy)


def _without_mark(sample: bytes) -> str:
    """Return UTF-16 in the byte order that the zero bytes tell, or ""."""
    zeros_even, zeros_odd = sample[::2].count(0), sample[1::2].count(0)
    if (zeros_even + zeros_odd) * 5 < len(sample) or not sample:
        return ""
    return "utf-16-be" if zeros_even > zeros_odd else "utf-16-le"


def _chunks(head: bytes, stream: BinaryIO) -> Iterator[bytes]:
    """Yield the first bytes and then the rest of the stream."""
    while head:
        yield head
        head = stream.read(_CHUNK)


def _count_utf8(head: bytes, stream: BinaryIO) -> tuple[int, int, bytes]:
    """Return good and bad multi-byte characters and a sample of such bytes."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    good = bad = 0
    sample = b""
    for chunk in _chunks(head, stream):
        text = decoder.decode(chunk)
        wrong = max(text.count(REPLACEMENT) - chunk.count(_WRITTEN), 0)
        good += len(text) - len(text.encode("ascii", "ignore")) - wrong
        bad += wrong
        if wrong and len(sample) < _SAMPLE:
            sample += chunk
    return good, bad + len(decoder.decode(b"", final=True)), sample or head


def _legacy(sample: bytes) -> str:
    """Return the most likely encoding of text that is not UTF-8."""
    high = sum(byte > 0x7F for byte in sample)
    letters = high + sum(bytes((byte,)).isalpha() for byte in sample)
    try:
        sample.decode("cp1252")
        western = high <= letters * _FOREIGN_SHARE
    except UnicodeDecodeError:
        western = False
    if western:
        return "cp1252"
    guess = from_bytes(sample[:_SAMPLE]).best()
    return guess.encoding if guess else "cp1252"


class Utf8Stream(io.RawIOBase):
    """Gives text of any encoding as UTF-8 bytes, damage as U+FFFD."""

    def __init__(self, stream: BinaryIO, encoding: str):
        super().__init__()
        self._text = io.TextIOWrapper(
            stream, encoding=encoding, errors="replace", newline=""
        )
        self._rest = b""

    def readable(self) -> bool:
        """Tell the io module that this is an input stream."""
        return True

    def readinto(self, buffer) -> int:
        """Fill `buffer` with re-coded text."""
        if not self._rest:
            self._rest = self._text.read(_SAMPLE).encode("utf-8", "replace")
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)
