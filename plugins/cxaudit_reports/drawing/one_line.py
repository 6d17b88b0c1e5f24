"""Texts of clients on one line, for formats that take a line end or a control for something else.

A viewer of a machine format may be a terminal, which obeys escape sequences, or a page, in which an
unclosed direction mark reorders the words around it.
"""

from __future__ import annotations

import functools

from cxaudit.documents import clean

__all__ = ["one_line"]


@functools.lru_cache(maxsize=1 << 16)
def one_line(text: str) -> str:
    """Return a text on one line, without controls and direction marks."""
    return clean(text).strip()
