"""Kinds of pictures that documents hold, and their size, read before anything is drawn."""

from __future__ import annotations

import struct

__all__ = ["MOST_PIXELS", "picture_problem", "picture_size", "picture_type"]

MOST_PIXELS = 40_000_000
"""Pixels of the largest picture that is drawn: each takes four bytes, several times over."""

_BEGINNINGS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
_NO_FRAMES = {0xC4, 0xC8, 0xCC}
"""JPEG markers among those of frames (C0 to CF) that begin none."""
_SCAN, _END = 0xDA, 0xD9
_EXTENSION, _IMAGE = 0x21, 0x2C


def picture_type(data: bytes) -> str:
    """Return the media type of a PNG, JPEG, GIF or WebP by how it begins, or nothing."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    kinds = (kind for beginning, kind in _BEGINNINGS.items() if data.startswith(beginning))
    return next(kinds, "")


def picture_problem(data: bytes) -> str:
    """Return why a picture is too large to be drawn, or nothing."""
    width, height = picture_size(data) or (0, 0)
    if width * height <= MOST_PIXELS:
        return ""
    return f"it has {width:,} x {height:,} pixels; a picture has at most {MOST_PIXELS:,}"


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height of a PNG, JPEG, GIF or WebP in pixels; None where it is cut off."""
    readers = {"image/png": _png, "image/jpeg": _jpeg, "image/gif": _gif, "image/webp": _webp}
    reader = readers.get(picture_type(data))
    try:
        return reader(data) if reader else None
    except (struct.error, IndexError):
        return None


def _png(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _jpeg(data: bytes) -> tuple[int, int]:
    """Return the size that the frame header says (ITU-T T.81, B.2.2)."""
    at, width, height = 2, 0, 0
    while data[at + 1] not in {_SCAN, _END}:
        marker = data[at + 1]
        if marker == 0xFF:  # noqa: PLR2004 - a byte that fills up
            at += 1
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        if marker & 0xF0 == 0xC0 and marker not in _NO_FRAMES:  # noqa: PLR2004
            high, wide = struct.unpack_from(">HH", data, at + 5)
            width, height = max(width, wide), max(height, high)
        at += 2 + length
    return width, height


def _gif(data: bytes) -> tuple[int, int]:
    """Return the size of the screen and of the first image on it, whichever reaches further."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + _colours(flags)
    while data[at] == _EXTENSION:
        at += 2
        while data[at]:
            at += 1 + data[at]
        at += 1
    if data[at] == _IMAGE:
        left, top, wide, high = struct.unpack_from("<HHHH", data, at + 1)
        width, height = max(width, left + wide), max(height, top + high)
    return width, height


def _colours(flags: int) -> int:
    """Return how many bytes a GIF's table of colours takes."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _webp(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        wide, high = (int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
        return wide + 1, high + 1
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF
