"""Reading ``[[schedule]]``: when units are open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Protocol

import attrs

from cxaudit._checklists.documents import Document, Problems, Step
from cxaudit._checklists.names import name_hint
from cxaudit._model.schedules import Schedule, Span
from cxaudit._model.units import UnitTree

__all__ = ["read_schedules"]

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(\d\d):(\d\d)\s*-\s*(\d\d):(\d\d)")
_DAY = 86_400
_SHOWN = '"08:00-12:00"'


class _AuditFile(Protocol):
    document: Document
    problems: Problems


def read_schedules(
    file: _AuditFile,
    entries: Iterable[tuple[int, Mapping[str, Any]]],
    units: UnitTree | None,
) -> tuple[Schedule, ...]:
    """Return the schedules of an audit file.

    Args:
        file: The audit file, and where its problems are added.
        entries: The ``[[schedule]]`` tables that the schema did not refuse, with their index.
        units: The units, or None when they could not be read.
    """
    document, problems = file.document, file.problems
    readers = {index: _Entry(document, index, table, units, problems) for index, table in entries}
    schedules = {index: entry.read() for index, entry in readers.items()}
    _report_overlaps(document, schedules, problems)
    return tuple(schedules.values())


@attrs.define
class _Entry:
    document: Document
    index: int
    table: Mapping[str, Any]
    units: UnitTree | None
    problems: Problems

    def add(self, path: tuple[Step, ...], message: str, hint: str = "") -> None:
        self.problems.add(self.document, ("schedule", self.index, *path), message, hint)

    def read(self) -> Schedule:
        start, end = self.table.get("from"), self.table.get("until")
        if start is not None and end is not None and end < start:
            self.add(
                ("until",),
                f"The schedule ends ({end}) before it starts ({start}).",
                "Swap the two dates, or mend the year.",
            )
        return Schedule(
            name=self.table.get("id", ""),
            units=self.unit_ids(),
            start=start,
            end=end,
            hours=self.hours(),
            holidays=frozenset(
                day for _, day in self.days(("holidays",), self.table.get("holidays", ()))
            ),
            exceptions=self.exceptions(start or date.min, end or date.max),
        )

    def unit_ids(self) -> tuple[str, ...]:
        if self.units is None:
            return ()
        if "units" not in self.table:
            return (self.units.root.id,)
        for position, unit in enumerate(self.table["units"]):
            if unit not in self.units:
                hint = name_hint(unit, (u.id for u in self.units))
                self.add(("units", position), f"There is no unit {unit!r}.", hint)
        return tuple(dict.fromkeys(self.table["units"]))

    def hours(self) -> tuple[tuple[Span, ...], ...]:
        week: dict[str, tuple[Span, ...]] = {}
        written: dict[str, str] = {}
        for key, texts in self.table["hours"].items():
            days = _days(key)
            if not days:
                hint = name_hint(key, _DAYS) if "-" not in key else ""
                message = f"{key!r} names no day of the week."
                self.add(("hours", key), message, hint or "Write mon to sun, or mon-fri.")
            for day in days:
                if day in written:
                    message = f"The hours of {day} are given twice: also by {written[day]!r}."
                    self.add(("hours", key), message, "Name each day once.")
                written[day] = key
            week |= dict.fromkeys(days, self.spans(("hours", key), texts))
        return tuple(week.get(day, ()) for day in _DAYS)

    def exceptions(self, start: date, end: date) -> dict[date, tuple[Span, ...]]:
        exceptions: dict[date, tuple[Span, ...]] = {}
        for position, table in enumerate(self.table.get("exception", ())):
            at = ("exception", position)
            spans = self.spans((*at, "hours"), table["hours"])
            for path, day in self.days((*at, "dates"), table["dates"]):
                if day in exceptions:
                    message = f"The hours of {day} are given twice in one schedule."
                    self.add(path, message, "Put them into one exception.")
                if not start <= day <= end:
                    message = f"The schedule does not hold on {day}."
                    hint = "Mend the date, or put the exception under the schedule of that day."
                    self.add(path, message, hint)
                exceptions[day] = spans
        return exceptions

    def days(
        self, path: tuple[Step, ...], values: Iterable[Any]
    ) -> Iterator[tuple[tuple[Step, ...], date]]:
        """Yield each day with its path."""
        for position, value in enumerate(values):
            if type(value) is date:
                yield (*path, position), value
                continue
            try:
                yield (*path, position), date.fromisoformat(value)
            except (TypeError, ValueError):
                message = f"{value!r} is no day." if isinstance(value, str) else "This is no day."
                self.add((*path, position), message, "Write a day as 2026-12-25.")

    def spans(self, path: tuple[Step, ...], texts: Iterable[str]) -> tuple[Span, ...]:
        """Return the spans of a day, in order."""
        spans: list[Span] = []
        for position, text in enumerate(texts):
            span, hint = _span(text)
            if span is None:
                self.add((*path, position), f"{text!r} is no span of time.", hint)
                continue
            start, end = span
            other = next((s for s in spans if s[0] < end and start < s[1]), None)
            if other is not None:
                message = f"{text!r} overlaps {_clock_times(other)!r} on the same day."
                self.add((*path, position), message, "Put the two together.")
            spans.append(span)
        return tuple(sorted(spans))


def _days(key: str) -> tuple[str, ...]:
    """Return the days that a key such as ``mon`` or ``fri-mon`` names; empty when it is none."""
    first, dash, last = key.partition("-")
    if first not in _DAYS or (dash and last not in _DAYS):
        return ()
    start = _DAYS.index(first)
    count = (_DAYS.index(last) - start) % 7 + 1 if dash else 1
    return tuple(_DAYS[(start + step) % 7] for step in range(count))


def _span(text: str) -> tuple[Span | None, str]:
    """Return a span, or None and a hint."""
    fits = _SPAN.fullmatch(text.strip())
    if fits is None:
        return None, f"Write the hours of the wall clock, as in {_SHOWN}."
    hours = [int(number) for number in fits.groups()]
    start, end = (3600 * hours[i] + 60 * hours[i + 1] for i in (0, 2))
    if max(hours[1], hours[3]) >= 60 or start >= _DAY or end > _DAY:  # noqa: PLR2004 - minutes
        return None, "A day's clock goes from 00:00 to 24:00."
    if start == end:
        return None, 'It has no length. All day is "00:00-24:00"; closed is an empty list.'
    return (start, end if end > start else end + _DAY), ""


def _clock_times(span: Span) -> str:
    times = (span[0], span[1] - _DAY if span[1] > _DAY else span[1])
    return "-".join(f"{time // 3600:02}:{time // 60 % 60:02}" for time in times)


def _report_overlaps(
    document: Document, schedules: Mapping[int, Schedule], problems: Problems
) -> None:
    """Report hours that one unit is given twice under one name, once for each two entries."""
    places: dict[tuple[str, str], list[int]] = {}
    for index, schedule in schedules.items():
        backwards = (schedule.start or date.min) > (schedule.end or date.max)
        for unit in () if backwards else schedule.units:
            places.setdefault((schedule.name, unit), []).append(index)
    reported: set[tuple[int, int]] = set()
    for (name, unit), indexes in places.items():
        by_start = sorted(indexes, key=lambda index: schedules[index].start or date.min)
        longest = by_start[0]
        for index in by_start[1:]:
            start, end = schedules[index].start or date.min, schedules[longest].end or date.max
            later, earlier = max(index, longest), min(index, longest)
            if start <= end and (earlier, later) not in reported:
                reported.add((earlier, later))
                line = document.line(("schedule", earlier))
                subject = f"Schedule {name!r}" if name else "The usual schedule"
                problems.add(
                    document,
                    ("schedule", later),
                    f"{subject} of the unit {unit!r} is given twice for the same days: also in "
                    f"{line}.",
                    "Let one end, by `until`, before the other starts, by `from`; or give one "
                    "another id or other units.",
                )
            if (schedules[index].end or date.max) > end:
                longest = index
