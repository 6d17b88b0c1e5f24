"""Files that a path in an audit file names."""

from __future__ import annotations

import glob
from pathlib import Path

__all__ = ["matching"]


def matching(folder: Path, pattern: str) -> list[Path]:
    """Return what a path or glob names, from a folder on and in order; nothing if it is not there.

    A file whose own name looks like a glob (``calls[1].csv``) is that file.
    """
    if (folder / pattern).exists():
        return [folder / pattern]
    # Path.glob takes no absolute patterns; marks of globs in the folder's own name are none.
    names = glob.glob(pattern, root_dir=folder, recursive=True)  # noqa: PTH207
    return [folder / name for name in sorted(names)]
