"""Packages of XML parts, as Word and Excel write them: opened so that none exhausts the machine."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree as ET

__all__ = ["PackageError", "opened_package", "parsed"]

_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError)
"""What `zipfile` raises of a package that is damaged, or that it has no means to read."""
_MOST_PARTS = 5_000
_PACKING = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
_DENSEST, _SMALL = 100, 100_000_000
"""How many times larger than packed a package may be, once it is larger than so many bytes."""


class PackageError(ValueError):
    """Why a package, or a part of it, cannot be read."""


@contextmanager
def opened_package(content: Path | BinaryIO, most_bytes: int) -> Iterator[zipfile.ZipFile]:
    """Open a package whose parts hold no more than so many bytes unpacked.

    `zipfile` gives no more bytes of a part than the directory says, so what is summed here bounds
    what is read.

    Raises:
        PackageError: If it is no package, is larger unpacked, is encrypted, or is damaged where
            the caller reads it.
    """
    try:
        with zipfile.ZipFile(content) as archive:
            _measure(archive, most_bytes)
            yield archive
    except PackageError:
        raise
    except _BROKEN as error:
        msg = f"it is no whole package of parts: {error}"
        raise PackageError(msg) from error


def _measure(archive: zipfile.ZipFile, most_bytes: int) -> None:
    parts = archive.infolist()
    if len(parts) > _MOST_PARTS:
        msg = f"it has {len(parts):,} parts, more than {_MOST_PARTS:,}"
        raise PackageError(msg)
    names = [part.filename.lower() for part in parts]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        msg = f"it has the part {twice!r} twice"
        raise PackageError(msg)
    for part in parts:
        if part.flag_bits & _ENCRYPTED or part.compress_type not in _PACKING:
            msg = f"its part {part.filename!r} is encrypted or packed in an unusual way"
            raise PackageError(msg)
    size = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    most = min(most_bytes, max(_SMALL, _DENSEST * packed))
    if size > most:
        msg = f"its parts hold {size:,} bytes unpacked, more than {most:,}"
        raise PackageError(msg)


class _Plain(ET.TreeBuilder):
    """Builds a tree of XML that declares nothing: entities could swell, or name other files."""

    def doctype(self, name: str, _public: str | None, _system: str | None) -> None:
        msg = f"it declares a document type ({name})"
        raise PackageError(msg)


def parsed(content: bytes, *, types: bool = False) -> ET.Element:
    """Return XML as a tree.

    Args:
        content: The XML.
        types: Whether it may name its document type. Nothing that this names is ever fetched.

    Raises:
        PackageError: If it is not well formed, or declares a document type.
    """
    target = ET.TreeBuilder() if types else _Plain()
    try:
        return ET.fromstring(content, ET.XMLParser(target=target))  # noqa: S314 - no entities
    except (ET.ParseError, LookupError, ValueError) as error:
        if isinstance(error, PackageError):
            raise
        msg = f"it is not well formed: {error}"
        raise PackageError(msg) from error
