"""A photograph that tells all that photographs from telephones do, and more."""

from __future__ import annotations

import io

import pytest

Image = pytest.importorskip("PIL.Image")

GPS, ORIENTATION, MAKE, COMMENT = 0x8825, 0x0112, 0x010F, 0x9286


def photo(kind="JPEG", size=(40, 20), **more):
    """Return a picture, red above blue, with place, maker, comment, thumbnail and profile."""
    wide, high = size
    picture = Image.new("RGB", size, "blue")
    picture.paste("red", (0, 0, wide, high // 2))
    exif = Image.Exif()
    exif[MAKE] = "SECRET maker"
    exif[ORIENTATION] = 6  # turned to the right by 90 degrees when shown
    exif.get_ifd(GPS).update({1: "N", 2: (48.0, 51.0, 30.0), 3: "E", 4: (2.0, 17.0, 40.0)})
    exif.get_ifd(0x8769)[COMMENT] = b"ASCII\0\0\0SECRET comment"
    out = io.BytesIO()
    extra = {"comment": b"SECRET jpeg comment"} if kind == "JPEG" else {}
    picture.save(out, kind, exif=exif, icc_profile=b"SECRET profile", **extra, **more)
    return out.getvalue()
