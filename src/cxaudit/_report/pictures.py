"""Pictures among evidence: copied as pixels, without their metadata.

A photograph from a telephone holds the place where it was taken, the time and the owner's device.
So a picture is drawn anew: nothing but its pixels is carried over. What is *in* the picture nobody
but a person can judge, hence pictures are released one by one.
"""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import attrs

from cxaudit._model.evidence import Evidence
from cxaudit._model.result import AuditResult
from cxaudit._words.language import N_
from cxaudit.errors import InputError, Problem

if TYPE_CHECKING:
    from PIL import Image

__all__ = [
    "PRINTED",
    "Released",
    "bare_picture",
    "is_picture",
    "is_release_name",
    "media_type",
    "released_pictures",
    "thumbnail",
    "thumbnails",
]

PRINTED = 6
"""Thumbnails beside a finding."""

_MOST = 400
"""Thumbnails in a report."""
_PICTURES = {
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".tif", ".tiff", ".bmp"),
    *(".heic", ".heif", ".avif", ".dng", ".svg"),
}
"""What pictures are named; not all of them can be read."""
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP")
_PNG = b"\x89PNG"
_QUALITY = 85
_EDGE, _HEAVY = 480, 30_000
"""Pixels of a thumbnail's longer edge, and the bytes that it should not pass."""
_BYTES = 50_000_000
"""Bytes of the largest file that is read."""
_QUALITIES = (80, 65, 50, 35)
"""How well a thumbnail is kept: the first that is light enough."""
_NAME = "picture-{number}{ending}"
_NAMED = re.compile(r"picture-\d+\.(jpg|png)")

_MISSING = N_("there is no such file")
_UNREADABLE = N_("it cannot be read")
_EMPTY = N_("it is empty")
_LARGE = N_("it is too large")
_CHANGED = N_("it was changed since it was judged")
_SEVERAL = N_("several files have this name")
_DAMAGED = N_("it cannot be read as a picture")
_NO_PILLOW = N_('pictures need Pillow: pip install "cxaudit[reports]"')
_ENOUGH = N_("the report is full of photographs")


class _UnfitError(ValueError):
    """Why a picture cannot be shown: for the command line, and in short for a report."""

    def __init__(self, message: str, cause: str) -> None:
        super().__init__(message)
        self.cause = cause


@attrs.frozen
class Released:
    """A picture that may be shown: its file name among what is published, and its bytes."""

    name: str
    content: bytes = attrs.field(repr=False)


def is_picture(evidence: Evidence) -> bool:
    """Tell whether a piece of evidence is a file that holds a picture, by its name."""
    return evidence.kind == "file" and PurePath(evidence.source).suffix.lower() in _PICTURES


def is_release_name(name: str) -> bool:
    """Tell whether a file name is one of those that released pictures get."""
    return _NAMED.fullmatch(name) is not None


def media_type(content: bytes) -> str:
    """Return the media type of a picture that was drawn anew."""
    return "image/png" if content.startswith(_PNG) else "image/jpeg"


def bare_picture(content: bytes) -> tuple[bytes, str]:
    """Return a picture drawn anew, and the ending of its file name.

    Turned as its camera said, first frame only; JPEG, or PNG where it was PNG or see-through.

    Raises:
        ValueError: If it is no picture, is damaged, or has more pixels than Pillow allows; if
            Pillow is missing.
    """
    picture, was = _drawn_anew(content)
    if picture.mode == "RGBA" or was == "PNG":
        return _saved(picture, "PNG"), ".png"
    return _saved(picture, "JPEG", quality=_QUALITY), ".jpg"


def thumbnail(content: bytes) -> bytes:
    """Return a picture drawn anew and small: JPEG, or PNG where it is see-through and light.

    Raises:
        ValueError: As `bare_picture`.
    """
    picture, _was = _drawn_anew(content, _EDGE)
    if picture.mode == "RGBA":
        small = _saved(picture, "PNG", optimize=True)
        if len(small) <= _HEAVY:
            return small
        picture = _on_white(picture)
    for quality in _QUALITIES:
        small = _saved(picture, "JPEG", quality=quality)
        if len(small) <= _HEAVY:
            break
    return small


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
    digests = _digests(result)
    released: dict[str, Released] = {}
    problems = []
    for number, name in enumerate(dict.fromkeys(names), 1):
        fitting = [source for source in digests if name in {source, PurePath(source).name}]
        try:
            if len(fitting) != 1:
                raise ValueError(_wrong(fitting))  # noqa: TRY301 - told with the others
            (source,) = fitting
            content, ending = bare_picture(_content(source, digests[source], folder))
        except ValueError as error:
            problems.append(Problem(f"{name} cannot be released: {error}"))
        else:
            # A file name may tell who is in the picture, or where it was taken.
            public_name = _NAME.format(number=number, ending=ending)
            released[source] = Released(public_name, content)
    if problems:
        raise InputError(tuple(problems))
    return released


def _all_thumbnails(result: AuditResult, folder: Path) -> tuple[dict[str, bytes], dict[str, str]]:
    """Return thumbnails for a report that may show all pictures, by their name among the evidence.

    Args:
        result: The result whose evidence names them.
        folder: Where the paths of evidence start.

    Returns:
        The thumbnails of the first pictures of each finding; and of those that were looked for
        and cannot be shown, the cause in English.
    """
    digests = _digests(result)
    drawn: dict[str, bytes] = {}
    unfit: dict[str, str] = {}
    for evidence_set in result.evidence:
        printed = 0
        for source in (piece.source for piece in evidence_set.shown if is_picture(piece)):
            if printed == PRINTED:
                break
            if source not in drawn and source not in unfit:
                if len(drawn) == _MOST:
                    unfit[source] = _ENOUGH
                    continue
                try:
                    drawn[source] = thumbnail(_content(source, digests[source], folder))
                except _UnfitError as error:
                    unfit[source] = error.cause
            printed += source in drawn
    return drawn, unfit


def thumbnails(
    result: AuditResult, audience: str, folder: Path | None, release: Iterable[str]
) -> tuple[dict[str, bytes], dict[str, str]]:
    """Return the thumbnails that an audience may see, and why others cannot be shown.

    For ``internal`` these are all pictures that a folder holds, for others those released.

    Raises:
        InputError: As `released_pictures`.
    """
    if audience == "internal":
        return ({}, {}) if folder is None else _all_thumbnails(result, folder)
    released = released_pictures(result, release, folder or Path())
    return {source: thumbnail(picture.content) for source, picture in released.items()}, {}


def _digests(result: AuditResult) -> dict[str, set[str]]:
    """Return the pictures among the evidence, with the digests of the files that were judged."""
    digests: dict[str, set[str]] = {}
    for evidence_set in result.evidence:
        for piece in evidence_set.shown:
            if is_picture(piece):
                digests.setdefault(piece.source, set()).add(piece.digest)
    return digests


def _wrong(fitting: list[str]) -> str:
    if fitting:
        return f"several pictures are named so; name one of {', '.join(sorted(fitting))}"
    return "no picture among the evidence shown has this name (other files are never published)"


def _content(source: str, digests: set[str], folder: Path) -> bytes:
    path = folder / source
    if len(digests) > 1:
        # Paths start at the file of answers, and there may be several of these.
        msg = f"several files among the evidence are named {source}"
        raise _UnfitError(msg, _SEVERAL)
    try:
        there = (
            "\0" not in source
            and path.resolve().is_relative_to(folder.resolve())
            and path.is_file()
        )
        if there and path.stat().st_size > _BYTES:
            msg = f"{path} is larger than {_BYTES // 1_000_000} MB"
            raise _UnfitError(msg, _LARGE)
        content = path.read_bytes() if there else None
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror})"
        raise _UnfitError(msg, _UNREADABLE) from None
    if content is None:
        msg = f"there is no file {path}; say by --files where the paths of evidence start"
        raise _UnfitError(msg, _MISSING)
    if not content:
        msg = f"{path} is empty"
        raise _UnfitError(msg, _EMPTY)
    if not digests <= {"", hashlib.sha256(content).hexdigest()}:
        msg = f"{path} is not the file that was judged (its SHA-256 differs)"
        raise _UnfitError(msg, _CHANGED)
    return content


def _drawn_anew(content: bytes, edge: int = 0) -> tuple[Image.Image, str]:
    """Return a picture of pixels and nothing else, as RGB or RGBA, and the format it had."""
    try:
        from PIL import Image, ImageOps
    except ImportError:
        raise _UnfitError(_NO_PILLOW, _NO_PILLOW) from None
    try:
        with warnings.catch_warnings():
            # A picture too large for the memory is only warned of up to twice the limit.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
                was = picture.format or ""
                clear = picture.has_transparency_data
                if edge:
                    picture.draft(None, (2 * edge, 2 * edge))  # a JPEG is read small at once
                if edge and picture.mode != "P":
                    # Before anything is copied: a picture may hold as many pixels as allowed.
                    picture.thumbnail((edge, edge), Image.Resampling.LANCZOS, reducing_gap=2)
                turned = ImageOps.exif_transpose(picture).convert("RGBA" if clear else "RGB")
        if edge:
            turned.thumbnail((edge, edge), Image.Resampling.LANCZOS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        msg = f"it has more than {Image.MAX_IMAGE_PIXELS:,} pixels"
        raise _UnfitError(msg, _LARGE) from error
    except Exception as error:
        msg = f"it cannot be read as a picture ({error})"
        raise _UnfitError(msg, _DAMAGED) from error
    # A copy of an image carries its comments along; pixels alone carry nothing.
    return Image.frombytes(turned.mode, turned.size, turned.tobytes()), was


def _on_white(picture: Image.Image) -> Image.Image:
    from PIL import Image

    white = Image.new("RGB", picture.size, "white")
    white.paste(picture, mask=picture.getchannel("A"))
    return white


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()
