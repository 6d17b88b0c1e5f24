"""Kinds of pictures that documents hold."""

from __future__ import annotations

__all__ = ["picture_type"]

_BEGINNINGS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


def picture_type(data: bytes) -> str:
    """Return the media type of a PNG, JPEG, GIF or WebP by how it begins, or nothing."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    found = (kind for beginning, kind in _BEGINNINGS.items() if data.startswith(beginning))
    return next(found, "")
