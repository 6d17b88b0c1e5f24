"""Short forms for declaring columns."""

from __future__ import annotations

from cxaudit.plugin import Column

__all__ = ["boolean", "date", "number", "text", "time"]


def text(name: str, meaning: str, *, required: bool = False, personal: bool = False) -> Column:
    """Return a column of text."""
    return Column(name=name, type="text", meaning=meaning, required=required, personal=personal)


def number(name: str, meaning: str, unit: str = "") -> Column:
    """Return a column of numbers."""
    return Column(name=name, type="number", meaning=meaning, unit=unit)


def time(name: str, meaning: str, *, required: bool = False) -> Column:
    """Return a column of instants."""
    return Column(name=name, type="time", meaning=meaning, required=required)


def date(name: str, meaning: str) -> Column:
    """Return a column of days."""
    return Column(name=name, type="date", meaning=meaning)


def boolean(name: str, meaning: str) -> Column:
    """Return a column of yes and no."""
    return Column(name=name, type="boolean", meaning=meaning)
