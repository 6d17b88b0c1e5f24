"""What a machine runs out of, and sizes as people write them."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from cxaudit.errors import ResourceError

__all__ = ["exhausted", "size_of", "telling_what_ran_out"]

_SIZE = re.compile(r"\s*(\d{1,9}(?:\.\d{1,3})?)\s*([KMGT]?)(i?)B\s*", re.IGNORECASE)
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_OF_DUCKDB = frozenset({"IOException", "OutOfMemoryException"})
_FULL_TEXTS = tuple(os.strerror(number) for number in _FULL)
_MORE_MEMORY = (
    "Close other programs, or give the engine another limit (`--memory 2GB`, or `memory` under "
    "`[engine]` in the audit file): more where it was set low, less where the machine is full; "
    "or read fewer rows (`where` of a source)."
)
_MORE_DISK = (
    "Free some space and run again; TMPDIR names another disk for what a run keeps meanwhile."
)


def size_of(text: str) -> int:
    """Return the bytes that a text such as ``2 GB``, ``1.5GB`` or ``512 MiB`` stands for.

    Raises:
        ValueError: If it is no size, or no byte at all.
    """
    match = _SIZE.fullmatch(text)
    power = "KMGT".find(match[2].upper()) + 1 if match and match[2] else 0
    size = int(float(match[1]) * (1024 if match[3] else 1000) ** power) if match else 0
    if size < 1:
        msg = f"{text!r} is no size; write one such as '2 GB' or '512 MB'"
        raise ValueError(msg)
    return size


def exhausted(error: BaseException) -> ResourceError | None:
    """Return what the machine ran out of when an error says so, or None.

    Errors of DuckDB are known by their names, as it is not imported for that.
    """
    if isinstance(error, ResourceError):
        return error
    kind = type(error).__name__
    message = str(error).partition("\n")[0]
    if isinstance(error, RuntimeError) and message == "can't start new thread":
        return ResourceError("memory", message, _MORE_MEMORY)
    if not isinstance(error, OSError | MemoryError) and kind not in _OF_DUCKDB:
        return None
    message = message.removeprefix("Out of Memory Error: ").removeprefix("IO Error: ")
    full = isinstance(error, OSError) and error.errno in _FULL
    if full or (kind == "IOException" and any(text in message for text in _FULL_TEXTS)):
        return ResourceError("disk", message, _MORE_DISK)
    if isinstance(error, MemoryError) or kind == "OutOfMemoryException":
        return ResourceError("memory", message, _MORE_MEMORY)
    return None


@contextmanager
def telling_what_ran_out() -> Iterator[None]:
    """Raise `ResourceError` in place of what says that memory or disk ran out.

    Raises:
        ResourceError: If one did.
    """
    try:
        yield
    except Exception as error:
        resource = exhausted(error)
        if resource is None or resource is error:
            raise
        raise resource from error
