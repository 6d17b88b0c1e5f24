"""Fields of separated text that are longer than Python's csv module takes by itself."""

from __future__ import annotations

import csv
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["long_fields"]

_lock = threading.Lock()
_open: list[int] = []
"""The limits of the blocks that are open; before the first of them stands the program's own."""


@contextmanager
def long_fields(most: int) -> Iterator[None]:
    """Let fields be so long while a block runs.

    The limit is one for the whole program, so it is put back when the last block ends.
    """
    with _lock:
        if not _open:
            _open.append(csv.field_size_limit())
        _open.append(most)
        csv.field_size_limit(max(_open))
    try:
        yield
    finally:
        with _lock:
            _open.remove(most)
            if len(_open) == 1:
                csv.field_size_limit(_open.pop())
