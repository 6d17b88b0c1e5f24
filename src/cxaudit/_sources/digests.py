"""Digests of files."""

from __future__ import annotations

import hashlib
from pathlib import Path

__all__ = ["digest_file"]


def digest_file(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal.

    Raises:
        OSError: If the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
