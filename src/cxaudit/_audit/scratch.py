"""Folders for files on the way, which outlive no run: not even one that was ended at once."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":  # which removes no file that a process holds open
    import fcntl

__all__ = ["scratch_folder"]

_LOCK = ".cxaudit-lock"


@contextmanager
def scratch_folder(prefix: str, parent: Path | None = None) -> Iterator[Path]:
    """Give a new folder, which is removed after the block.

    Folders of the same kind whose processes are dead are removed first. A process locks its folder,
    and the lock goes with the process, in whatever way that ends; its number could be another's.

    Args:
        prefix: How the names of such folders begin.
        parent: Where they lie; None is the folder of the system for temporary files.
    """
    home = parent or Path(tempfile.gettempdir())
    _remove_dead(home, prefix)
    # The name is drawn before, so that Ctrl-C leaves no folder behind that nothing would remove.
    folder = home / f"{prefix}{secrets.token_hex(8)}"
    try:
        folder.mkdir(mode=0o700)
        with _locked(folder):
            files = folder / "files"
            files.mkdir()
            try:
                yield files
            finally:
                shutil.rmtree(files, ignore_errors=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    lock = folder / _LOCK
    if sys.platform == "win32":
        with lock.open("x"):
            yield
        return
    with (folder / "taken").open("x") as file:
        # It gets its name when it is held already: nobody finds it free in between.
        with contextlib.suppress(OSError):  # some network folders know no locks
            fcntl.flock(file, fcntl.LOCK_EX)
            (folder / "taken").rename(lock)
        yield


def _remove_dead(home: Path, prefix: str) -> None:
    with contextlib.suppress(OSError), os.scandir(home) as entries:
        for entry in entries:
            # Folders of other users and what cannot be looked at are left where they are.
            with contextlib.suppress(OSError):
                if entry.name.startswith(prefix) and _is_ours(entry) and _is_dead(Path(entry)):
                    shutil.rmtree(entry, ignore_errors=True)


def _is_ours(entry: os.DirEntry[str]) -> bool:
    status = entry.stat(follow_symlinks=False)
    return stat.S_ISDIR(status.st_mode) and (
        sys.platform == "win32" or status.st_uid == os.geteuid()
    )


def _is_dead(folder: Path) -> bool:
    """Tell whether nobody holds the lock of a folder.

    Raises:
        OSError: If somebody does, or it has none.
    """
    lock = folder / _LOCK
    if sys.platform == "win32":
        lock.unlink()
        return True
    with lock.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return True
