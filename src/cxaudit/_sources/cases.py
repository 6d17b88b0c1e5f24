"""Cases: the visits, calls, conversations, pages, documents and interviews that are judged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from cxaudit._model.audit import Wave
from cxaudit._model.evidence import Case
from cxaudit._model.units import Unit, UnitTree
from cxaudit._sources.sheets import (
    SheetRow,
    cell_text,
    digest_rows,
    display_path,
    in_file_order,
    read_rows,
    read_sheet,
)
from cxaudit.errors import Problem, did_you_mean

__all__ = ["CaseSheet", "read_case_sheet"]

_COLUMNS = ("id", "unit", "touchpoint", "at", "scenario", "wave", "status", "cluster")
_STATUSES = ("draft", "checked", "disputed", "final", "rejected")


@attrs.frozen(kw_only=True)
class CaseSheet:
    """What files of cases hold.

    Attributes:
        cases: The cases in file order, those that do not count among them.
        unread: Ids of cases that are too wrong to be among them.
        digest: SHA-256 of the rows at hand; empty without any.
        problems: Everything that is wrong, by file and line.
    """

    cases: tuple[Case, ...]
    unread: frozenset[str] = frozenset()
    digest: str = ""
    problems: tuple[Problem, ...] = ()


def read_case_sheet(
    paths: Sequence[Path],
    *,
    units: UnitTree,
    touchpoints: frozenset[str],
    waves: Sequence[Wave] = (),
    folder: Path | None = None,
    records: Any = (),
) -> CaseSheet:
    """Read cases from CSV, TOML (``[[case]]``) or XLSX files, and rows at hand.

    Columns: ``id``, ``unit`` (may be left out when there is one), ``touchpoint``, ``at`` (ISO
    8601; without an offset it is local time of the unit's zone; a date alone is its midnight),
    ``scenario``, ``wave``, ``status`` (``final`` when left out), ``cluster`` (a name for cases of
    one unit that belong together; when left out, visits by one rater on one day do). A local time
    that the clock showed twice is the first of the two; one that it never showed moves forward. A
    case without a wave belongs to the one wave whose days hold its local date, if there is exactly
    one.

    Args:
        paths: The files, in order.
        units: All units.
        touchpoints: All touchpoints that are known.
        waves: The rounds of the audit.
        folder: The audit's folder, from which messages name files; the file's own when None.
        records: Rows at hand (see `cxaudit._model.records`), read after the files.
    """
    reader = _Reader(units, touchpoints, waves)
    for path in paths:
        rows, problems = read_sheet(
            path,
            file=display_path(path, folder or path.parent),
            table="case",
            columns=_COLUMNS,
            required=("id", "touchpoint")
            if len(reader.units) == 1
            else ("id", "unit", "touchpoint"),
        )
        before = len(reader.problems)
        reader.problems += problems
        for row in rows:
            reader.read(row)
        reader.problems[before:] = in_file_order(reader.problems[before:])
    noted, problems = read_rows(records, table="case", columns=_COLUMNS)
    reader.problems += problems
    for row in noted:
        reader.read(row)
    return CaseSheet(
        cases=tuple(reader.cases),
        unread=frozenset(reader.ids) - {case.id for case in reader.cases},
        digest=digest_rows(noted) if noted else "",
        problems=tuple(reader.problems),
    )


class _Reader:
    """Turns rows into cases, and keeps what is wrong."""

    def __init__(self, units: UnitTree, touchpoints: frozenset[str], waves: Sequence[Wave]) -> None:
        self.units = {unit.id: unit for unit in units}
        self.touchpoints = touchpoints
        self.waves = waves
        self.cases: list[Case] = []
        self.problems: list[Problem] = []
        self.ids: dict[str, SheetRow] = {}

    def read(self, row: SheetRow) -> None:
        """Read one row."""
        self._id(row)
        unit = self._unit(row)
        touchpoint = self._touchpoint(row, unit)
        at, day = self._moment(row, unit)
        status = row.text("status").lower() or "final"
        if status not in _STATUSES:
            hint = f"Use {', '.join(_STATUSES)}."
            self._problem(row, f"{status!r} is no status of a case.", "status", hint)
        wave = self._wave(row, day)
        if unit is None:
            return
        case = Case(
            id=row.text("id"),
            unit=unit.id,
            touchpoint=touchpoint,
            at=at,
            scenario=row.text("scenario"),
            wave=wave,
            status=status,
            cluster=row.text("cluster"),
        )
        self.cases.append(case)

    def _problem(self, row: SheetRow, message: str, column: str, hint: str = "") -> None:
        self.problems.append(row.problem(message, column, hint))

    def _id(self, row: SheetRow) -> None:
        case_id = row.text("id")
        if not case_id:
            if row.could_hold("id"):
                self._problem(row, "The case has no id.", "id")
            return
        first = self.ids.setdefault(case_id, row)
        if first is not row:
            message = f"Case {case_id!r} is already in {first.position}."
            self._problem(row, message, "id", "Each case needs an id of its own.")

    def _unit(self, row: SheetRow) -> Unit | None:
        name = row.text("unit") or (next(iter(self.units)) if len(self.units) == 1 else "")
        if not name:
            if row.could_hold("unit"):
                self._problem(row, "The case names no unit.", "unit")
        elif name not in self.units:
            self._problem(
                row, f"There is no unit {name!r}.", "unit", did_you_mean(name, self.units)
            )
        return self.units.get(name)

    def _touchpoint(self, row: SheetRow, unit: Unit | None) -> str:
        name = row.text("touchpoint")
        if not name:
            if row.could_hold("touchpoint"):
                self._problem(row, "The case names no touchpoint.", "touchpoint")
        elif name not in self.touchpoints:
            near = did_you_mean(name, self.touchpoints)
            hint = near or f"Known: {', '.join(sorted(self.touchpoints))}."
            self._problem(row, f"There is no touchpoint {name!r}.", "touchpoint", hint)
        elif unit is not None and not unit.has_touchpoint(name):
            hint = f"It has {', '.join(unit.touchpoints)}. Mend the case or the unit."
            message = f"Unit {unit.id!r} has no touchpoint {name!r}."
            self._problem(row, message, "touchpoint", hint)
        return name

    def _wave(self, row: SheetRow, day: date | None) -> str:
        name = row.text("wave")
        ids = [wave.id for wave in self.waves]
        if name and name not in ids:
            waves = f"Known: {', '.join(ids)}." if ids else "[[wave]] tables name the waves."
            hint = did_you_mean(name, ids) or waves
            self._problem(row, f"There is no wave {name!r}.", "wave", hint)
        if name or day is None:
            return name
        holding = [wave.id for wave in self.waves if wave.start <= day <= wave.end]
        return holding[0] if len(holding) == 1 else ""

    def _moment(self, row: SheetRow, unit: Unit | None) -> tuple[datetime | None, date | None]:
        """Return when a case was, in UTC, and its local date."""
        cell = row.cells.get("at")
        if cell_text(cell) == "":
            return None, None
        if isinstance(cell, date):
            moment = cell if isinstance(cell, datetime) else datetime.combine(cell, time())
        else:
            try:
                moment = datetime.fromisoformat(row.text("at"))
            except ValueError:
                hint = "Write 2026-04-01, 2026-04-01 14:30 or 2026-04-01T14:30:00+02:00."
                self._problem(row, f"{row.text('at')!r} is no date or time.", "at", hint)
                return None, None
        if unit is None:
            return None, None
        zone = ZoneInfo(unit.zone)
        try:
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=zone, fold=0)
            return moment.astimezone(UTC), moment.astimezone(zone).date()
        except OverflowError:
            self._problem(row, f"{row.text('at')!r} lies outside the calendar.", "at")
            return None, None
