"""Short forms for declaring columns of derived tables."""

from __future__ import annotations

from cxaudit.plugin import Column

__all__ = ["boolean", "key", "number", "text", "time"]


def text(name: str, meaning: str) -> Column:
    """Return a column of text."""
    return Column(name=name, type="text", meaning=meaning)


def key(name: str, meaning: str, identifies: str) -> Column:
    """Return a column that holds keys of people: ``customer`` or ``staff``."""
    return Column(name=name, type="text", meaning=meaning, personal=True, identifies=identifies)


def number(name: str, meaning: str, unit: str = "") -> Column:
    """Return a column of numbers."""
    return Column(name=name, type="number", meaning=meaning, unit=unit)


def boolean(name: str, meaning: str) -> Column:
    """Return a column of yes and no."""
    return Column(name=name, type="boolean", meaning=meaning)


def time(name: str, meaning: str, *, planned: bool = False) -> Column:
    """Return a column of instants; planned ones may lie in the future."""
    return Column(name=name, type="time", meaning=meaning, planned=planned)
