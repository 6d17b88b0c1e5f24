"""The clocks of open hours of an audit's units, from its schedules into its engine."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cxaudit._audit.reading.clock import EPOCH, clock_of
from cxaudit._model.audit import Audit
from cxaudit._model.engine import EngineSession, RowQuery
from cxaudit._model.schedules import OPEN_PARTS, OPEN_PIECES, OPEN_UNITS, Schedule
from cxaudit._model.tables import ColumnRows
from cxaudit.errors import Problem, SourceError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Times = npt.NDArray[np.int64]

__all__ = ["add_open_hours"]

_FIRST_YEAR, _LAST_YEAR = 1850, 2200
_MICROSECOND = timedelta(microseconds=1)
_SPACING = 10_000_000
"""Above the number of the last part that a clock may have."""


def add_open_hours(
    audit: Audit,
    engine: EngineSession,
    source_columns: Mapping[str, frozenset[str] | None],
    instants: Sequence[datetime],
) -> frozenset[str]:
    """Add the clocks of all units to an engine; add nothing when there are no schedules.

    A unit without a schedule of a name takes that of the nearest unit above it. The clocks
    reach over the years of the records, and one more on either side.

    Args:
        audit: The audit.
        engine: Holds the records.
        source_columns: Table to the columns that its sources give.
        instants: Some of the records', the first and the last among them.

    Returns:
        The names of the schedules.

    Raises:
        SourceError: If a stretch that a source gives does not close after it opens.
    """
    written: dict[tuple[str, str], list[Schedule]] = {}
    for schedule in audit.schedules:
        for unit_id in schedule.units:
            written.setdefault((unit_id, schedule.name), []).append(schedule)
    read = (
        _read_stretches(audit, engine, source_columns["schedules"])
        if "schedules" in source_columns
        else {}
    )
    names = frozenset(name for _, name in (*written, *read))
    if not names:
        return names
    years = _years(instants)
    clocks: dict[tuple[Any, ...], tuple[int, int]] = {}
    units: list[dict[str, Any]] = []
    for unit, name in itertools.product(audit.units, sorted(names)):
        above = ((unit_id, name) for unit_id in audit.units.path(unit.id))
        nearest = next((key for key in above if key in written or key in read), None)
        if nearest is None:
            continue
        schedules = written.get(nearest, [])
        from_read = nearest if nearest in read else None
        sources = (*map(id, schedules), from_read, unit.zone if schedules else "")
        if sources not in clocks:
            clock = clock_of(schedules, unit.zone, read.get(nearest), years)
            clocks[sources] = (_SPACING * len(clocks), clock.length)
            engine.add(OPEN_PARTS, clock.parts(clocks[sources][0]))
            engine.add(OPEN_PIECES, clock.pieces(clocks[sources][0]))
        first, length = clocks[sources]
        row = {"_schedule": name, "_first": first, "_length": length}
        units.append({"_of": unit.id, **row})
        if unit.parent is None:
            units.append({"_of": None, **row})
    engine.add(OPEN_UNITS, ColumnRows.of(OPEN_UNITS, units))
    return names


def _read_stretches(
    audit: Audit, engine: EngineSession, columns: frozenset[str] | None
) -> dict[tuple[str, str], tuple[Times, Times]]:
    """Return by unit and schedule the stretches that sources give; no unit stands for the root.

    Where the sources say units, rows of a unit that is not known are left out: the source's
    account counts them.
    """
    import numpy as np

    stretches: dict[tuple[str, str], list[tuple[int, int]]] = {}
    wrong: list[str] = []
    names = ("opens_at", "closes_at", "schedule", "unit")
    for row in itertools.chain.from_iterable(
        engine.rows(RowQuery(table="schedules", columns=names))
    ):
        opens, closes = row["opens_at"], row["closes_at"]
        if opens is None or closes is None or closes <= opens:
            wrong.append(f"row {row['_row']} of {row['_source']}")
        elif row["unit"] is not None or columns is None or "unit" not in columns:
            key = row["unit"] or audit.units.root.id, row["schedule"] or ""
            span = ((opens - EPOCH) // _MICROSECOND, (closes - EPOCH) // _MICROSECOND)
            stretches.setdefault(key, []).append(span)
    if wrong:
        message = (
            f"{len(wrong)} stretches of the table schedules do not close after they open, "
            f"such as {wrong[0]}"
        )
        hint = "Mend the records, or leave such rows out by the source's `where`."
        raise SourceError((Problem(message, path="sources", hint=hint),))
    return {
        key: (np.array(spans, np.int64)[:, 0], np.array(spans, np.int64)[:, 1])
        for key, spans in stretches.items()
    }


def _years(instants: Sequence[datetime]) -> range:
    """Return the years of some instants, and one more on either side."""
    seen = [instant.year for instant in instants]
    first, last = min(seen, default=EPOCH.year), max(seen, default=EPOCH.year)
    return range(
        min(max(first - 1, _FIRST_YEAR), _LAST_YEAR),
        max(min(last + 1, _LAST_YEAR), _FIRST_YEAR) + 1,
    )
