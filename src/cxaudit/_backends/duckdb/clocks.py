"""Clocks of open hours as SQL: the joins that a statement needs to read them.

The tables are those of `cxaudit._model.schedules`. A part is found by one equality on a whole
number, which DuckDB joins several times as fast as an ASOF join or a range; the pieces of the few
parts that are cut come from a second table, which is small.
"""

from __future__ import annotations

from cxaudit._model.schedules import OPEN_PARTS, OPEN_PIECES, OPEN_UNITS, ORIGIN, TURNS
from cxaudit._model.specs import Table

__all__ = ["Clocks"]

_FAR = 10**17
"""An instant far behind all that clocks know; held so, none is too large to be counted with."""


class Clocks:
    """Collects what one statement reads from clocks while its expressions are printed.

    Names of the joined columns begin with an underscore, and hide none of the table that the
    statement is about.
    """

    def __init__(self) -> None:
        self._units: dict[str, str] = {}
        self._readings: dict[tuple[str, str], str] = {}
        self._joins: list[str] = []

    @property
    def joins(self) -> str:
        """Return the joins to be put behind the statement's table; empty when none is needed."""
        return "".join(f"\nLEFT JOIN {join}" for join in self._joins)

    def between(self, start: str, end: str, schedule: str) -> str:
        """Return SQL of the open seconds between two instants.

        Null where one of them, or a time between, is not known.

        Args:
            start: SQL of the first instant.
            end: SQL of the second.
            schedule: SQL of the schedule's name.
        """
        first, second = self._reading(start, schedule), self._reading(end, schedule)
        known = f"{_either(first, '_range')} = {_either(second, '_range')}"
        counted = f"({_counted(second, end)} - {_counted(first, start)}) / 1e6"
        return f"CASE WHEN {known} THEN {counted} END"

    def _reading(self, instant: str, schedule: str) -> str:
        """Return the number of the joins that read a clock at an instant."""
        key = (instant, schedule)
        if key in self._readings:
            return self._readings[key]
        unit = self._unit(schedule)
        number = self._readings[key] = str(len(self._readings))
        at, part, piece = f"epoch_us({instant})", f'"_part{number}"', f'"_piece{number}"'
        place = f'{unit}."_first" + (least({at}, {_FAR}) + {ORIGIN}) // {unit}."_length"'
        self._joins.append(f'{_table(OPEN_PARTS)} AS {part} ON {part}."_key" = {place}')
        self._joins.append(
            f'{_table(OPEN_PIECES)} AS {piece} ON {piece}."_key" = {place} '
            f'AND {at} >= {piece}."_since" AND {at} < {piece}."_until"'
        )
        return number

    def _unit(self, schedule: str) -> str:
        """Return the join that tells the clock of a row's unit."""
        if schedule not in self._units:
            name = self._units[schedule] = f'"_clock{len(self._units)}"'
            self._joins.append(
                f'{_table(OPEN_UNITS)} AS {name} ON {name}."_of" IS NOT DISTINCT FROM "unit" '
                f'AND {name}."_schedule" = {schedule}'
            )
        return self._units[schedule]


_WHOLE = {"_key", "_first", "_length"}


def _table(table: Table) -> str:
    """Return a table with its own columns alone, whole numbers as such."""
    columns = ", ".join(
        f'CAST("{column.name}" AS BIGINT) AS "{column.name}"'
        if column.name in _WHOLE
        else f'"{column.name}"'
        for column in table.columns
    )
    return f'(SELECT {columns} FROM "{table.id}")'  # noqa: S608 - names of our own


def _either(reading: str, column: str) -> str:
    return f'coalesce("_part{reading}"."{column}", "_piece{reading}"."{column}")'


def _counted(reading: str, instant: str) -> str:
    """Return SQL of the microseconds counted at an instant."""
    at, part, piece = f"epoch_us({instant})", f'"_part{reading}"', f'"_piece{reading}"'
    turned = " ".join(
        f'{"-" if n % 2 else "+"} greatest({at} - {part}."_turn{n + 1}", 0e0)' for n in range(TURNS)
    )
    whole = (
        f'{part}."_before" + {part}."_open" * ({at} - {part}."_since") '
        f'+ (1e0 - 2e0 * {part}."_open") * ({turned.removeprefix("+ ")})'
    )
    cut = f'{piece}."_before" + {piece}."_open" * ({at} - {piece}."_since")'
    return f"coalesce({whole}, {cut})"
