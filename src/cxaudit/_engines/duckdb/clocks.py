"""Clocks of open hours as SQL: what is put around a statement's table to read them.

The tables are those of `cxaudit._model.schedules`. A part is found by one equality on a whole
number, which DuckDB joins several times as fast as an ASOF join or a range; the pieces of the few
parts that are cut come from a second table, which is small.
"""

# ruff: noqa: S608 - texts inside are escaped by the printer

from __future__ import annotations

from cxaudit._model.schedules import OPEN_PARTS, OPEN_PIECES, OPEN_UNITS, ORIGIN, TURNS

__all__ = ["Clocks"]

_FAR = 10**17
"""An instant far behind all that clocks know; held so, none is too large to be counted with."""


class Clocks:
    """Collects what one statement reads from clocks while its expressions are printed.

    Each reading is a column that a layer around the table adds. A layer may use the columns of
    those before it, so that an instant may itself depend on open hours.
    """

    def __init__(self) -> None:
        self._units: dict[str, str] = {}
        self._readings: dict[tuple[str, str], str] = {}
        self._layers: list[tuple[str, str]] = []
        self.columns: list[str] = []

    def around(self, table: str) -> str:
        """Return SQL of the statement's table, with the readings as further columns."""
        source = table
        for before, after in self._layers:
            source = f"{before}{source}{after}"
        return source

    def between(self, start: str, end: str, schedule: str = "''") -> str:
        """Return SQL of the open seconds between two instants.

        Null where one of them, or a time between, is not known.

        Args:
            start: SQL of the first instant.
            end: SQL of the second.
            schedule: SQL of the schedule's name; that of the usual one is empty.
        """
        # Open from 9 to 17: what the clock counts up at 16:00 on Friday and at 10:00 on Monday
        # lies 7,200 seconds apart, one hour of Friday's and one of Monday's.
        first, second = self._reading(start, schedule), self._reading(end, schedule)
        counted = f'("_counted{second}" - "_counted{first}") / 1e6'
        return f'CASE WHEN "_known{first}" = "_known{second}" THEN {counted} END'

    def _reading(self, instant: str, schedule: str) -> str:
        """Return the number of the layer that reads a clock at an instant."""
        if (instant, schedule) in self._readings:
            return self._readings[instant, schedule]
        unit = self._unit(schedule)
        number = self._readings[instant, schedule] = str(len(self._readings))
        self.columns += [f"_at{number}", f"_known{number}", f"_counted{number}"]
        # With parts of a day, an instant of day 20,000 since 1970 lies in part 70,000 since ORIGIN;
        # a clock whose keys start at 7,000,000 has it under 7,070,000.
        at, first, length = f'"_at{number}"', f'"_first{unit}"', f'"_length{unit}"'
        key = f"CAST({first} + (least({at}, {_FAR}) + {ORIGIN}) // {length} AS DOUBLE)"
        before = (
            f'(SELECT "_rows".*, coalesce("_part"."_range", "_piece"."_range") AS '
            f'"_known{number}", {_counted(at)} AS "_counted{number}"\n'
            f"FROM (SELECT *, epoch_us({instant}) AS {at} FROM "
        )
        after = (
            f') AS "_rows"\nLEFT JOIN "{OPEN_PARTS.id}" AS "_part" ON "_part"."_key" = {key}\n'
            f'LEFT JOIN "{OPEN_PIECES.id}" AS "_piece" ON "_piece"."_key" = {key} '
            f'AND {at} >= "_piece"."_since" AND {at} < "_piece"."_until")'
        )
        self._layers.append((before, after))
        return number

    def _unit(self, schedule: str) -> str:
        """Return the number of the layer that tells the clock of a row's unit."""
        if schedule not in self._units:
            number = self._units[schedule] = str(len(self._units))
            self.columns += [f"_first{number}", f"_length{number}"]
            before = (
                f'(SELECT "_rows".*, CAST("_clock"."_first" AS BIGINT) AS "_first{number}", '
                f'CAST("_clock"."_length" AS BIGINT) AS "_length{number}"\nFROM '
            )
            after = (
                f' AS "_rows"\nLEFT JOIN "{OPEN_UNITS.id}" AS "_clock" ON '
                '"_clock"."_of" IS NOT DISTINCT FROM "_rows"."unit" '
                f'AND "_clock"."_schedule" = {schedule})'
            )
            self._layers.append((before, after))
        return self._units[schedule]


def _counted(at: str) -> str:
    """Return SQL of the microseconds that a clock had counted at an instant."""
    # In a part that starts closed, opens at 9 and closes at 17, both of them turns:
    # before + greatest(at - 9:00, 0) - greatest(at - 17:00, 0). One that starts open counts
    # at - since, and each turn the other way round.
    turned = " ".join(
        f'{"-" if n % 2 else "+"} greatest({at} - "_part"."_turn{n + 1}", 0e0)'
        for n in range(TURNS)
    )
    whole = (
        f'"_part"."_before" + "_part"."_open" * ({at} - "_part"."_since") '
        f'+ (1e0 - 2e0 * "_part"."_open") * ({turned.removeprefix("+ ")})'
    )
    piece = f'"_piece"."_before" + "_piece"."_open" * ({at} - "_piece"."_since")'
    return f"coalesce({whole}, {piece})"
