"""Open hours counted minute by minute, and asked of the engine, from one description.

A description is a list of ``[[schedule]]`` tables as Python values. `to_toml` writes it into an
audit file, which our reader reads; `MinuteCounter` reads it by itself, and knows nothing else of
our code.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cxaudit import Session
from cxaudit._audit.reading.open_hours import add_open_hours
from cxaudit._builtin.tables import TABLES
from cxaudit._engines.duckdb.session import connect
from cxaudit._expressions import parse
from cxaudit._model.tables import ColumnRows
from cxaudit.plugin import Column, CompiledMetric, Metric, SumQuery, Table

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE = timedelta(minutes=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CALLS = Table(
    id="contacts_seen",
    columns=(
        Column(name="name", type="text", meaning="Name of the interval."),
        Column(name="a", type="time", meaning="Beginning."),
        Column(name="b", type="time", meaning="End."),
    ),
)


def to_toml(schedules):
    """Return the description as TOML."""
    parts = []
    for schedule in schedules:
        parts.append("[[schedule]]")
        for key in ("id", "units", "from", "until"):
            if key in schedule:
                value = schedule[key]
                parts.append(f"{key} = {value if isinstance(value, date) else _text(value)}")
        hours = ", ".join(f"{day} = {_text(spans)}" for day, spans in schedule["hours"].items())
        parts.append(f"hours = {{ {hours} }}")
        parts.append(f"holidays = [{', '.join(map(str, schedule.get('holidays', ())))}]")
        for day, spans in schedule.get("exceptions", {}).items():
            parts += ["[[schedule.exception]]", f"dates = [{day}]", f"hours = {_text(spans)}"]
    return "\n".join(parts)


def _text(value):
    if isinstance(value, str):
        return f'"{value}"'
    return "[" + ", ".join(map(_text, value)) + "]"


class MinuteCounter:
    """Open seconds of one unit under one schedule, by a look at the wall clock each minute."""

    def __init__(self, entries, zone, start, end):
        self.zone, self.start = ZoneInfo(zone), start
        self.entries = [_entry(entry) for entry in entries]
        count = int((end - start) / MINUTE)
        looks = [self.look(start + number * MINUTE) for number in range(count)]
        self.known = [known for known, _ in looks]
        self.open = [is_open for _, is_open in looks]
        self.unknown_before = [0, *itertools.accumulate(not known for known in self.known)]
        self.open_before = [0, *itertools.accumulate(self.open)]

    def look(self, minute):
        """Tell whether a schedule speaks of a minute, and whether it is open."""
        wall = minute.astimezone(self.zone)
        today, at = wall.date(), wall.hour * 60 + wall.minute
        known = any(entry["from"] <= today <= entry["until"] for entry in self.entries)
        return known, self.shows_open(today, at) or self.shows_open(
            today - timedelta(days=1), at + 24 * 60
        )

    def shows_open(self, day, at):
        for entry in self.entries:
            if entry["from"] <= day <= entry["until"]:
                hours = entry["hours"][day.weekday()]
                hours = () if day in entry["holidays"] else hours
                hours = entry["exceptions"].get(day, hours)
                if any(start <= at < end for start, end in hours):
                    return True
        return False

    def seconds(self, a, b):
        """Return the open seconds between two instants inside the times looked at, or None."""
        if a is None or b is None:
            return None
        low, high = min(a, b), max(a, b)
        first, last = (int((each - self.start) / MINUTE) for each in (low, high))
        if low == high:
            at_edge = self.start + first * MINUTE == low
            return 0.0 if self.known[first] or (at_edge and self.known[first - 1]) else None
        until = last if self.start + last * MINUTE == high else last + 1
        if self.unknown_before[until] - self.unknown_before[first]:
            return None
        whole = 60 * (self.open_before[until] - self.open_before[first])
        if self.open[first]:
            whole -= (low - self.start - first * MINUTE) / timedelta(seconds=1)
        if self.open[until - 1]:
            whole -= (self.start + until * MINUTE - high) / timedelta(seconds=1)
        return whole if a <= b else -whole


def _entry(given):
    week = {}
    for key, spans in given["hours"].items():
        first, _, last = key.partition("-")
        number = DAYS.index(first)
        while True:
            week[number % 7] = _minutes(spans)
            if number % 7 == DAYS.index(last or first):
                break
            number += 1
    return {
        "from": given.get("from", date.min),
        "until": given.get("until", date.max),
        "hours": [week.get(number, ()) for number in range(7)],
        "holidays": set(given.get("holidays", ())),
        "exceptions": {d: _minutes(spans) for d, spans in given.get("exceptions", {}).items()},
    }


def _minutes(spans):
    found = []
    for span in spans:
        start, end = (60 * int(each[:2]) + int(each[3:]) for each in span.split("-"))
        found.append((start, end if start < end else end + 24 * 60))
    return tuple(found)


@pytest.fixture(scope="session")
def minute_counter():
    return MinuteCounter


@pytest.fixture(scope="session")
def toml():
    return to_toml


@pytest.fixture(scope="session")
def load(tmp_path_factory):
    """Load an audit of units (a mapping of id to zone; the first is above the others)."""
    folder = tmp_path_factory.mktemp("audits")
    (folder / "c.toml").write_text(
        'cxaudit = 1\n[checklist]\nid = "c"\nversion = "1"\ntitle = "C"\n', "utf-8"
    )
    session, numbers = Session(), itertools.count()

    def start(units: Mapping[str, str], text: str):
        parts = ['cxaudit = 1\n[audit]\nid = "a"\ntitle = "A"\nclient = "A"']
        parts.append('checklists = ["c.toml"]')
        root = next(iter(units))
        for unit, zone in units.items():
            parent = "" if unit == root else f'parent = "{unit.rpartition(".")[0] or root}"'
            parts.append(f'[[unit]]\nid = "{unit}"\nkind = "site"\nzone = "{zone}"\n{parent}')
        path = folder / f"audit{next(numbers)}.toml"
        path.write_text("\n".join([*parts, text]), "utf-8")
        return session.load(path)

    return start


@pytest.fixture(scope="session")
def ask(tmp_path_factory):
    """Ask the engine for open seconds of rows (unit, a, b), in one statement; return a list."""
    scratch = tmp_path_factory.mktemp("scratch")

    def start(audit, rows, expression="open_seconds(a, b)", stretches=None):
        engine = connect()
        try:
            engine.open([], scratch)
            common = {"_source": "rows.csv", "_zone": "UTC", "touchpoint": "phone"}
            engine.add(
                CALLS,
                ColumnRows.of(
                    CALLS,
                    [
                        {
                            "name": f"r{number}",
                            "unit": unit,
                            "a": a,
                            "b": b,
                            "_row": number,
                            **common,
                        }
                        for number, (unit, a, b) in enumerate(rows)
                    ],
                ),
            )
            given = {CALLS.id: None}
            if stretches is not None:
                table = next(table for table in TABLES if table.id == "schedules")
                given["schedules"] = frozenset(stretches[0]) - {"_source", "_row"}
                found = [
                    {"_source": "hours.csv", "_row": number, **stretch}
                    for number, stretch in enumerate(stretches, start=1)
                ]
                engine.add(table, ColumnRows.of(table, found))
            values = [value for stretch in stretches or () for value in stretch.values()]
            values += [at for _, *times in rows for at in times]
            instants = [value for value in values if isinstance(value, datetime)]
            add_open_hours(audit, engine, given, instants)
            columns = {column.name: column.type for column in CALLS.columns}
            compiled = CompiledMetric(
                metric=Metric(id="open", table=CALLS.id, kind="maximum"),
                value=parse(expression, columns, {}),
            )
            query = SumQuery(table=CALLS.id, metrics=(compiled,), by=parse("name", columns, {}))
            sums = engine.sums(query)
            values = sums.statistics["open", "value"]
            found = {
                name: None if math.isnan(value) else value
                for name, value in zip(sums.units, values.tolist(), strict=True)
            }
            return [found[f"r{number}"] for number in range(len(rows))]
        finally:
            engine.close()

    return start
