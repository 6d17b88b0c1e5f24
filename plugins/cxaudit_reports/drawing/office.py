"""What the office documents share: the libraries they need, and packages that are always alike."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from cxaudit.documents import _, sized_drawing
from cxaudit_reports.drawing.theme import FONTS, Brand

__all__ = ["DATE", "as_png", "logo", "needed", "packed"]

_SCALE, _EDGE = 4, 2_400
"""How much larger a drawing is drawn than it says, and the most pixels of a longer side."""
DATE = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
"""The date that a document carries, so that the same report gives the same bytes."""
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
"""The first date that a ZIP file can hold."""


@contextmanager
def needed(name: str) -> Iterator[None]:
    """Say, where a library is missing, which extra brings it.

    Raises:
        ImportError: If the library is missing.
    """
    try:
        yield
    except ImportError as error:
        msg = f"{name} is missing; install it by: pip install 'cxaudit[reports]' ({error})"
        raise ImportError(msg) from error


def logo(look: Brand) -> tuple[bytes | None, tuple[str, ...]]:
    """Return the logo as PNG, which office programs show, and what has to be said of the look."""
    if not look.logo:
        return None, look.notes
    kind, _comma, coded = look.logo.partition(",")
    try:
        return as_png(base64.b64decode(coded), kind.partition(":")[2]), look.notes
    except Exception:  # noqa: BLE001 - a broken picture fails its reader in many ways
        return None, (*look.notes, _("The logo is left out: it cannot be read as a picture."))


def as_png(data: bytes, media_type: str) -> bytes:
    """Return a picture of any kind as PNG; raises whatever its reader does when it is broken.

    It gets at most so many pixels as a page can show. The picture has no `logo_problem`.
    """
    if media_type.startswith("image/svg"):
        import vl_convert

        vl_convert.register_font_directory(str(FONTS))
        drawing, longest = sized_drawing(data)
        return vl_convert.svg_to_png(drawing, scale=min(_SCALE, _EDGE / longest))
    from PIL import Image

    out = io.BytesIO()
    with Image.open(io.BytesIO(data)) as picture:
        picture.thumbnail((_EDGE, _EDGE))
        picture.convert("RGBA").save(out, "PNG")
    return out.getvalue()


def packed(content: bytes) -> bytes:
    """Return a package (OPC) with its parts as they were and without the time of its making."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as package,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as copy,
    ):
        for part in package.infolist():
            info = zipfile.ZipInfo(part.filename, _ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            copy.writestr(info, package.read(part))
    return out.getvalue()
