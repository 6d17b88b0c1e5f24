"""Open hours: schedules as the audit file gives them, and the clock that an engine reads.

A unit is open whenever the clock on its wall shows an open time. In the hour that repeats in
autumn both passes count; an hour that is skipped in spring counts nothing.

An engine reads clocks from three tables. `OPEN_UNITS` says which clock a unit goes by.
`OPEN_PARTS` holds what each clock had counted, for parts of equal length that are numbered from
`ORIGIN` on. Where a part cannot say it by itself (it is known only for a while, or opens and
closes too often) `OPEN_PIECES` holds its pieces. All instants and durations in them are whole
microseconds, so that differences are exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

import attrs

from cxaudit._model.tables import Column, Table

__all__ = ["OPEN_PARTS", "OPEN_PIECES", "OPEN_UNITS", "ORIGIN", "TURNS", "Schedule", "Span"]

Span = tuple[int, int]
"""Seconds from the midnight that a day begins with: when it opens, when it closes. The second may
lie beyond 86,400, in the night to the next day."""

ORIGIN = 50_000 * 86_400_000_000
"""Microseconds from the instant that parts are numbered from, in 1833, to 1970."""

TURNS = 2
"""How often the clock may start or stop within a part of `OPEN_PARTS`."""


@attrs.frozen(kw_only=True)
class Schedule:
    """The hours of some units over some days.

    Attributes:
        name: Its name; empty for the usual one.
        units: Units that it is given for. Units below them that have none of that name take it.
        start, end: First and last day on which it holds; None is open.
        hours: For Monday to Sunday, the spans in which they are open.
        holidays: Days on which they are closed.
        exceptions: Days with hours of their own, which go before holidays.
    """

    name: str = ""
    units: tuple[str, ...]
    start: date | None = None
    end: date | None = None
    hours: tuple[tuple[Span, ...], ...]
    holidays: frozenset[date] = frozenset()
    exceptions: Mapping[date, tuple[Span, ...]] = MappingProxyType({})


def _number(name: str, meaning: str, unit: str = "") -> Column:
    return Column(name=name, type="number", meaning=meaning, unit=unit)


_US = "microseconds"

OPEN_UNITS = Table(
    id="_open_units",
    meaning="Which clock a unit goes by.",
    columns=(
        Column(name="_of", type="text", meaning="The unit; null for rows of no known unit."),
        Column(name="_schedule", type="text", meaning="Name of the schedule."),
        _number("_first", "What is added to a part's number to give its key."),
        _number("_length", "How long the clock's parts are.", _US),
    ),
)

OPEN_PARTS = Table(
    id="_open_parts",
    meaning="One part of time that a clock covers wholly, opening or closing at most twice.",
    key=("_key",),
    columns=(
        _number("_key", "Number of the clock's first part and of this one, added."),
        _number("_range", "Number of the time without a gap that is covered."),
        _number("_since", "When the part begins, since 1970.", _US),
        _number("_before", "Time open until then, from 1970 or the clock's beginning.", _US),
        _number("_open", "1 when it begins open, else 0."),
        *(
            _number(f"_turn{n}", "When that changes; the part's end if never.", _US)
            for n in range(1, TURNS + 1)
        ),
    ),
)

OPEN_PIECES = Table(
    id="_open_pieces",
    meaning="One piece of a part that `OPEN_PARTS` leaves out, in which nothing changes.",
    columns=(
        _number("_key", "As in the parts."),
        _number("_range", "As in the parts."),
        _number("_since", "When the piece begins, since 1970.", _US),
        _number("_until", "When it is over.", _US),
        _number("_before", "As in the parts.", _US),
        _number("_open", "1 when open, else 0."),
    ),
)
