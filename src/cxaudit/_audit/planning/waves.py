"""What a wave bounds: which rows of a table count, by their natural time."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs

from cxaudit._expressions.functions import FUNCTIONS
from cxaudit._expressions.walking import children
from cxaudit._model.audit import Audit, SourceUse
from cxaudit._model.evidence import Case
from cxaudit._model.expressions import (
    Call,
    ColumnRef,
    Comparison,
    Conditional,
    Expression,
    InList,
    IsNull,
    Literal,
    Logical,
    Not,
)
from cxaudit._model.result import Note
from cxaudit._model.said import Said, listed
from cxaudit._model.tables import Table
from cxaudit._plugins.registry import Registry

__all__ = [
    "Bounds",
    "both",
    "cases_of_wave",
    "is_of_day",
    "natural_time",
    "shown_name",
    "source_names",
]

_DAY = timedelta(days=1)
_LISTED = 20
"""So many cases are named in a note; the others are counted."""
_SOURCE = ColumnRef("_source", "text")
_OF_DAY = frozenset({"date", "month", "week", "weekday"})


def shown_name(path: Path, folder: Path) -> str:
    """Return a file's path from the audit's folder, which tells it apart from all others."""
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()


def source_names(use: SourceUse, files: Sequence[Path], folder: Path) -> tuple[str, ...]:
    """Return the names under which the rows of a source are kept: of its files, or its own."""
    if use.records is not None:
        return (use.name,)
    return tuple(shown_name(path, folder) for path in files)


def natural_time(table: Table, filled: frozenset[str] | None = None) -> Expression | None:
    """Return when a row of a table took place (see `Table`); None where rows have no time.

    Args:
        table: The table.
        filled: The columns that may hold something; None for all.
    """
    columns = [
        ColumnRef(column.name, column.type)
        for name in table.time
        if (column := table.column(name)) is not None and (filled is None or name in filled)
    ]
    if len(columns) > 1:
        return Call("coalesce", tuple(columns), columns[0].type)
    return columns[0] if columns else None


def is_of_day(expression: Expression, at: Expression) -> bool:
    """Tell whether an expression is a function of the local day of an instant, and of nothing else.

    Args:
        expression: The expression.
        at: The instant, or the day itself.
    """
    if expression == at:
        return at.type == "date"
    if isinstance(expression, ColumnRef):
        return False
    if isinstance(expression, Call):
        if expression.arguments == (at,) and expression.function in _OF_DAY:
            return True
        if FUNCTIONS[expression.function].measured:
            return False
    return all(is_of_day(child, at) for child in children(expression))


def both(first: Expression | None, second: Expression | None) -> Expression | None:
    """Return the condition that two conditions hold, either of which may be None."""
    if first is None or second is None:
        return first or second
    return Logical("and", (first, second))


def cases_of_wave(cases: Sequence[Case], audit: Audit) -> tuple[tuple[Case, ...], tuple[Note, ...]]:
    """Return the cases that the audit's wave judges, and what to say of others.

    A case belongs to the wave that it names, else to those that hold its day on the clock of its
    unit. One that names none and has no time counts.
    """
    wave = audit.wave
    if wave is None:
        return tuple(cases), ()
    zones = {unit.id: ZoneInfo(unit.zone) for unit in audit.units}
    kept: list[Case] = []
    outside: list[str] = []
    timeless: list[str] = []
    for case in cases:
        day = case.at.astimezone(zones[case.unit]).date() if case.at is not None else None
        if case.wave:
            counts = case.wave == wave.id
        elif day is None:
            counts = True
            timeless.append(case.id)
        else:
            counts = wave.start <= day <= wave.end
            if not any(other.start <= day <= other.end for other in audit.waves):
                outside.append(f"{case.id} ({day.isoformat()})")
        if counts:
            kept.append(case)
    notes: list[Note] = []
    if outside:
        text = Said("cases-outside-waves", n=len(outside), cases=listed(outside, _LISTED))
        notes.append(Note(subject=Said("of-cases"), text=text))
    if timeless:
        text = Said("cases-without-time", n=len(timeless), cases=listed(timeless, _LISTED))
        notes.append(Note(subject=Said("of-cases"), text=text))
    return tuple(kept), tuple(notes)


@attrs.frozen(slots=False)
class Bounds:
    """Which rows the audit's wave leaves out, and which lie after its ``as_of``.

    A row lies outside when the day of its natural time, on the clock of its unit, is before the
    wave's first or after its last. One without a time does not: nobody can say so. Sources with
    ``wave = false`` keep all their rows, also in the tables that are derived from them.
    """

    _audit: Audit
    _registry: Registry

    def outside(self, table: Table) -> Expression | None:
        """Return the condition of rows that lie outside the wave; None where none can."""
        at = natural_time(table)
        if self._audit.wave is None or at is None:
            return None
        beyond = self._beyond(at)
        kept = self.unbounded(table)
        return beyond if kept is None else Logical("and", (beyond, Not(kept)))

    def counting(self, table: Table) -> Expression | None:
        """Return the condition of rows that count; None where all do."""
        outside = self.outside(table)
        if outside is None:
            return None
        return Not(Call("coalesce", (outside, Literal(value=False, type="boolean")), "boolean"))

    def untimed(self, table: Table) -> Expression | None:
        """Return the condition of rows that a wave would bound, but have no time."""
        at = natural_time(table)
        if self._audit.wave is None or at is None:
            return None
        kept = self.unbounded(table)
        return both(IsNull(at), None if kept is None else Not(kept))

    def after_as_of(self, table: Table) -> Expression | None:
        """Return the condition of rows after ``as_of`` in the root's zone; None without one."""
        at, last = natural_time(table), self._audit.as_of
        if at is None or last is None:
            return None
        if at.type == "date":
            return Comparison(">", at, Literal(last, "date"))
        first = _beginning(last, 1, self._audit.units.root.zone)
        return Comparison(">=", at, Literal(first, "time"))

    def unbounded(self, table: Table) -> Expression | None:
        """Return the condition of rows that count whatever the wave; None where none do."""
        # Cases are those of the wave already.
        names = ["cases"] if table.id == "cases" else self._kept_files(table)
        if not names:
            return None
        whole = InList(_SOURCE, tuple(Literal(name, "text") for name in names))
        # A sheet of a workbook is named behind its file.
        sheets = (
            Call("starts_with", (_SOURCE, Literal(f"{name}#", "text")), "boolean") for name in names
        )
        return Logical("or", (whole, *sheets))

    @property
    def last_day(self) -> date | None:
        """Return the last day that the records cover by the audit file, if it says so."""
        return self._audit.as_of

    @property
    def days(self) -> int | None:
        """Return how many days of the wave were looked at, up to ``as_of``; None without any."""
        wave = self._audit.wave
        if wave is None:
            return None
        last = min(wave.end, self._audit.as_of or wave.end)
        return (last - wave.start).days + 1 if last >= wave.start else None

    def _kept_files(self, table: Table) -> list[str]:
        """Return the files of sources with ``wave = false`` whose rows a table may hold."""
        if table.id == "hits":
            return [name for names in self._exempt.values() for name in names]
        files = list(self._exempt.get(table.id, ()))
        for name in table.reads:
            read = self._registry.get("table", name.rstrip("?"))
            files += self._kept_files(read)
        return list(dict.fromkeys(files))

    @cached_property
    def _exempt(self) -> dict[str, tuple[str, ...]]:
        from cxaudit._sources import expand

        exempt: dict[str, tuple[str, ...]] = {}
        for use in self._audit.sources:
            if not use.wave:
                names = source_names(use, expand(use, self._audit.folder), self._audit.folder)
                exempt[use.table] = (*exempt.get(use.table, ()), *names)
        return exempt

    def _beyond(self, at: Expression) -> Expression:
        wave = self._audit.wave
        assert wave is not None
        if at.type == "date":
            return Logical(
                "or",
                (
                    Comparison("<", at, Literal(wave.start, "date")),
                    Comparison(">", at, Literal(wave.end, "date")),
                ),
            )
        spans: dict[tuple[datetime, datetime], list[str]] = {}
        for zone in dict.fromkeys(unit.zone for unit in self._audit.units):
            span = _beginning(wave.start, 0, zone), _beginning(wave.end, 1, zone)
            spans.setdefault(span, []).append(zone)
        # Instants are compared, not days: converting each row's time takes ten times as long.
        conditions = {
            tuple(zones): Logical(
                "or",
                (
                    Comparison("<", at, Literal(low, "time")),
                    Comparison(">=", at, Literal(high, "time")),
                ),
            )
            for (low, high), zones in spans.items()
        }
        # The root's zone comes first, and stands for rows of no known unit.
        root, *others = conditions.items()
        if not others:
            return root[1]
        zone_of = ColumnRef("_zone", "text")
        cases = tuple(
            (InList(zone_of, tuple(Literal(zone, "text") for zone in zones)), condition)
            for zones, condition in others
        )
        return Conditional(cases, root[1], "boolean")


def _beginning(day: date, later: int, zone: str) -> datetime:
    """Return the instant at which a day, or one some days later, begins in a zone."""
    try:
        midnight = datetime.combine(day + later * _DAY, time(), ZoneInfo(zone))
        return midnight.astimezone(UTC)
    except OverflowError:  # the ends of the calendar
        first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
        return first if day.year == 1 else last
