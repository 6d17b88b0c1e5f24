"""How much memory the engine may use: a share of the least that any limit leaves this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from cxaudit.errors import ResourceError

__all__ = ["engine_memory", "least_limit", "need_address_space"]

_SHARE = 0.8
_PROGRAM = 1_200_000_000
"""Bytes of address space that the program, its libraries and threads map before any record."""
_LEAST = 100_000_000
_ROOT = Path("/")


def engine_memory(wanted: int | None = None) -> int | None:
    """Return the bytes that the engine may use, at most those wanted; None when nobody knows."""
    limit = least_limit()
    share = None if limit is None else int(limit * _SHARE)
    limits = [size for size in (share, wanted) if size is not None]
    return min(limits, default=None)


def least_limit(root: Path = _ROOT) -> int | None:
    """Return the least of the machine's memory, the container's, and what the process may map.

    Args:
        root: Where ``proc`` and ``sys`` lie.
    """
    limits = [*_control_groups(root), *_address_space()]
    if hasattr(os, "sysconf"):
        limits.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    return min((limit for limit in limits if limit > 0), default=None)


def need_address_space() -> None:
    """Refuse a limit of address space under which libraries end the process without a word.

    Raises:
        ResourceError: If there is such a limit.
    """
    for left in _address_space():
        if left < _LEAST:
            least, limit = _PROGRAM + _LEAST, _PROGRAM + left
            message = (
                f"this process may map {limit / 1e9:.1f} GB of address space (ulimit -v), and the "
                f"engine needs {least / 1e9:.1f} GB before it reads a record"
            )
            hint = "Raise that limit or take it away; `--memory` limits what records take."
            error = ResourceError("memory", message, hint)
            raise error


def _address_space() -> Iterator[int]:
    """Yield the bytes that the process may map for records, if there is a limit."""
    if sys.platform != "win32":
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_AS)
        if soft != resource.RLIM_INFINITY:
            yield soft - _PROGRAM


def _control_groups(root: Path) -> Iterator[int]:
    """Yield the limits of the process's control groups and of all around them, version 2 and 1."""
    try:
        lines = (root / "proc/self/cgroup").read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return
    groups = root / "sys/fs/cgroup"
    for line in lines:
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controllers == "":
            base, name = groups, "memory.max"
        elif "memory" in controllers.split(","):
            base, name = groups / "memory", "memory.limit_in_bytes"
        else:
            continue
        # Inside a container the path may be the host's; the root of the mount is ours then.
        innermost = PurePosixPath(path.lstrip("/"))
        for group in (innermost, *innermost.parents):
            try:
                yield int((base / group / name).read_text("ascii"))
            except (OSError, ValueError):  # not there, or "max"
                continue
