"""Derived tables."""

from __future__ import annotations

from cxaudit.plugin import Table

__all__ = ["TABLES"]

TABLES: tuple[Table, ...] = ()
