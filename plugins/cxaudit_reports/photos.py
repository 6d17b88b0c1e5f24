"""Pictures among evidence: copied without what they tell beside the picture.

A photograph from a telephone holds the place where it was taken, the time and the owner's device.
So a picture is drawn anew: nothing but its pixels is carried over. What is *in* the picture nobody
but a person can judge, hence pictures are released one by one.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterable
from pathlib import Path, PurePath

import attrs

from cxaudit.errors import InputError, Problem
from cxaudit.plugin import AuditResult, Evidence

__all__ = ["Released", "bare_picture", "is_picture", "released_pictures"]

_PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".bmp"}
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP")
_QUALITY = 85


@attrs.frozen
class Released:
    """A picture that may be shown: its file name among what is published, and its bytes."""

    name: str
    content: bytes = attrs.field(repr=False)


def is_picture(evidence: Evidence) -> bool:
    """Tell whether a piece of evidence is a file that holds a picture, by its name."""
    return evidence.kind == "file" and PurePath(evidence.source).suffix.lower() in _PICTURES


def bare_picture(content: bytes) -> tuple[bytes, str]:
    """Return a picture drawn anew, and the ending of its file name.

    Turned as its camera said, first frame only; JPEG, or PNG where it was PNG or see-through.

    Raises:
        ValueError: If it is no picture, is damaged, or has more pixels than Pillow allows.
    """
    try:
        from PIL import Image, ImageOps
    except ImportError:
        msg = 'pictures need Pillow: pip install "cxaudit[reports]"'
        raise ValueError(msg) from None
    try:
        with warnings.catch_warnings():
            # A picture too large for the memory is only warned of up to twice the limit.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
                clear = picture.has_transparency_data
                kind = "PNG" if clear or picture.format == "PNG" else "JPEG"
                turned = ImageOps.exif_transpose(picture).convert("RGBA" if clear else "RGB")
    except Exception as error:
        msg = f"it cannot be read as a picture ({error})"
        raise ValueError(msg) from error
    # A copy of an image carries its comments along; pixels alone carry nothing.
    bare = Image.frombytes(turned.mode, turned.size, turned.tobytes())
    out = io.BytesIO()
    bare.save(out, kind, **({"quality": _QUALITY} if kind == "JPEG" else {}))
    return out.getvalue(), ".png" if kind == "PNG" else ".jpg"


def released_pictures(
    result: AuditResult, names: Iterable[str], folder: Path
) -> dict[str, Released]:
    """Return the pictures that are released, by their name among the evidence.

    Args:
        result: The result whose evidence names them.
        names: Each as evidence names it, or the last part of that when only one has it.
        folder: Where the paths of evidence start.

    Raises:
        InputError: If a name is no picture among the evidence, or fits several; if its file is
            missing, changed since it was judged, or cannot be read as a picture.
    """
    pieces = {
        piece.source: piece for each in result.evidence for piece in each.shown if is_picture(piece)
    }
    found: dict[str, Released] = {}
    problems = []
    for number, name in enumerate(dict.fromkeys(names), 1):
        fitting = [each for each in pieces if name in {each, PurePath(each).name}]
        try:
            if len(fitting) != 1:
                raise ValueError(_unfit(fitting))  # noqa: TRY301 - told with the others
            piece = pieces[fitting[0]]
            content, ending = bare_picture(_content(piece, folder))
        except ValueError as error:
            problems.append(Problem(f"{name} cannot be released: {error}"))
        else:
            # A file name may tell who is in the picture, or where it was taken.
            found[piece.source] = Released(f"picture-{number}{ending}", content)
    if problems:
        raise InputError(tuple(problems))
    return found


def _unfit(fitting: list[str]) -> str:
    if fitting:
        return f"several pictures are named so; name one of {', '.join(sorted(fitting))}"
    return "no picture among the evidence shown has this name (other files are never published)"


def _content(piece: Evidence, folder: Path) -> bytes:
    path = folder / piece.source
    try:
        content = path.read_bytes() if path.is_file() else b""
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror})"
        raise ValueError(msg) from None
    if not content:
        msg = f"there is no file {path}; say by --files where the paths of evidence start"
        raise ValueError(msg)
    if piece.digest and hashlib.sha256(content).hexdigest() != piece.digest:
        msg = f"{path} is not the file that was judged (its SHA-256 differs)"
        raise ValueError(msg)
    return content
