"""Readers."""

from __future__ import annotations

from cxaudit.plugin import Source

__all__ = ["SOURCES"]

SOURCES: tuple[Source, ...] = ()
