"""What the office documents share: the libraries they need, and packages that are always alike."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["needed", "packed"]

_DATE = (1980, 1, 1, 0, 0, 0)
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


def packed(content: bytes) -> bytes:
    """Return a package (OPC) with its parts as they were and without the time of its making."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as given,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for part in given.infolist():
            info = zipfile.ZipInfo(part.filename, _DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            made.writestr(info, given.read(part))
    return out.getvalue()
