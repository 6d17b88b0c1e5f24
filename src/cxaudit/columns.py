"""Columns of tables, declared in short: ``number("wait", "How long it took.", "seconds")``."""

from __future__ import annotations

from cxaudit.plugin import Column

__all__ = ["HANDLED_BY", "boolean", "date", "key", "number", "text", "time"]

HANDLED_BY = """coalesce(threads.handled_by, CASE
    WHEN threads.first_human_reply_at IS NOT NULL AND (
        threads.first_machine_reply_at < threads.first_human_reply_at
        OR threads.first_reply_at < threads.first_human_reply_at
    ) THEN 'both'
    WHEN threads.first_human_reply_at IS NOT NULL THEN 'person'
    WHEN threads.first_machine_reply_at IS NOT NULL OR threads.first_reply_at IS NOT NULL
        THEN 'machine'
    ELSE 'nobody'
END)"""
"""Who gave a useful answer in a thread, for SELECTs over ``threads``: its own column, else what its
first replies tell. An earlier first reply than a person's was a machine's."""


def text(
    name: str,
    meaning: str,
    *,
    required: bool = False,
    personal: bool = False,
    rests_on: str = "",
) -> Column:
    """Return a column of text; of a derived table, with the stored column that it rests on."""
    return Column(
        name=name,
        type="text",
        meaning=meaning,
        required=required,
        personal=personal,
        rests_on=rests_on,
    )


def key(name: str, meaning: str, identifies: str, *, required: bool = False) -> Column:
    """Return a column that holds keys of people: ``customer`` or ``staff``."""
    return Column(
        name=name,
        type="text",
        meaning=meaning,
        required=required,
        personal=True,
        identifies=identifies,
    )


def number(name: str, meaning: str, unit: str = "", *, rests_on: str = "") -> Column:
    """Return a column of numbers; of a derived table, with the stored column that it rests on."""
    return Column(name=name, type="number", meaning=meaning, unit=unit, rests_on=rests_on)


def time(name: str, meaning: str, *, required: bool = False, planned: bool = False) -> Column:
    """Return a column of instants; planned ones may lie in the future."""
    return Column(name=name, type="time", meaning=meaning, required=required, planned=planned)


def date(name: str, meaning: str) -> Column:
    """Return a column of days."""
    return Column(name=name, type="date", meaning=meaning)


def boolean(name: str, meaning: str) -> Column:
    """Return a column of yes and no."""
    return Column(name=name, type="boolean", meaning=meaning)
