"""The addon's icon: a square whose colour comes from its name, as PNG bytes that are the same everywhere."""

import hashlib
import struct
import zlib

SIZE = 96
MARGIN = 12


def icon_png(name: str) -> bytes:
    """A PNG of 96 by 96 pixels. Stored, not compressed: zlib releases compress differently."""
    red, green, blue = (70 + byte % 130 for byte in hashlib.sha256(name.encode()).digest()[:3])
    rows = b"".join(b"\0" + b"".join(_pixel(x, y, (red, green, blue)) for x in range(SIZE)) for y in range(SIZE))
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", _stored(rows)) + _chunk(b"IEND", b"")


def _pixel(x: int, y: int, colour: tuple[int, int, int]) -> bytes:
    inner = MARGIN <= x < SIZE - MARGIN and MARGIN <= y < SIZE - MARGIN
    bar = inner and (y - MARGIN) // 12 % 2 == 0 and x < SIZE - MARGIN - (y - MARGIN) // 2
    return bytes(colour) if not bar else b"\xff\xff\xff"


def _stored(data: bytes) -> bytes:
    block = struct.pack("<BHH", 1, len(data), len(data) ^ 0xFFFF)
    return b"\x78\x01" + block + data + struct.pack(">I", zlib.adler32(data))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
