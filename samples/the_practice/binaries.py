"""Small valid files made on the spot: PDF, PNG, text and a stand-in for a video."""

import struct
import zlib

from common import rng


def _pdf_text(lines):
    parts = ["BT /F1 11 Tf 56 780 Td 16 TL"]
    for line in lines:
        safe = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        parts.append(f"({safe}) Tj T*")
    parts.append("ET")
    return "\n".join(parts).encode("cp1252", "replace")


def pdf(title, paragraphs):
    """A one-page PDF 1.4 with a correct cross-reference table."""
    stream = _pdf_text([title, "", *paragraphs])
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
            b" /Resources << /Font << /F1 4 0 R >> >> >>"
        ),
        (
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica"
            b" /Encoding /WinAnsiEncoding >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        out += b"%010d 00000 n \n" % offset
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def _stored(data):
    """A zlib stream of stored blocks: the same bytes with every zlib version."""
    out = bytearray(b"\x78\x01")
    blocks = [data[i : i + 65535] for i in range(0, len(data), 65535)]
    for number, block in enumerate(blocks, 1):
        size = len(block)
        out += struct.pack("<BHH", number == len(blocks), size, size ^ 0xFFFF) + block
    return bytes(out + struct.pack(">I", zlib.adler32(data)))


def png(seed, size=32):
    """A square RGB gradient."""
    rand = rng("png", seed)
    red, green = rand.randint(0, 255), rand.randint(0, 255)
    step = 255 // size
    rows = bytearray()
    for y in range(size):
        rows.append(0)
        for x in range(size):
            rows += bytes(((red + x * step) % 256, (green + y * step) % 256, 128))
    out = b"\x89PNG\r\n\x1a\n"
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    for kind, data in (
        (b"IHDR", header),
        (b"IDAT", _stored(bytes(rows))),
        (b"IEND", b""),
    ):
        check = zlib.crc32(kind + data)
        out += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)
    return out


def video(seed, size=96 * 1024):
    """Boxes of an MP4 file with arbitrary media bytes: not playable."""
    head = struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"isom", 512, b"isom", b"mp42")
    media = rng("video", seed).randbytes(size - len(head) - 8)
    return head + struct.pack(">I4s", len(media) + 8, b"mdat") + media
