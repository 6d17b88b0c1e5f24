"""The engine's open seconds equal those counted minute by minute on the wall clock."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

WINDOWS = {
    "root": ("Europe/Paris", [(2026, 3, 22), (2026, 10, 19)]),
    "new-york": ("America/New_York", [(2026, 3, 2), (2026, 10, 26)]),
    "lord-howe": ("Australia/Lord_Howe", [(2026, 3, 30), (2026, 9, 28)]),
    "kolkata": ("Asia/Kolkata", [(2026, 5, 1)]),
    "sao-paulo": ("America/Sao_Paulo", [(2018, 10, 29), (2019, 2, 11)]),
    "casablanca": ("Africa/Casablanca", [(2026, 2, 9), (2026, 3, 16)]),
    "apia": ("Pacific/Apia", [(2011, 12, 24), (2012, 3, 26)]),
    "st-johns": ("America/St_Johns", [(2006, 10, 23)]),
}
"""Unit to its zone, and the days on which two weeks begin in which its clock changes."""
ZONES = {unit: zone for unit, (zone, _) in WINDOWS.items()}
LENGTH = timedelta(days=13)

USUAL = [
    {
        "until": date(2018, 11, 1),
        "hours": {"mon-fri": ["08:00-12:00", "13:00-18:00"], "sat": ["22:00-02:30"], "sun": []},
        "holidays": [date(2011, 12, 26), date(2012, 4, 2)],
        "exceptions": {date(2011, 12, 31): ["00:00-24:00"], date(2018, 10, 31): ["23:00-03:00"]},
    },
    {
        "from": date(2018, 11, 2),
        "until": date(2026, 3, 28),
        "hours": {"mon-sun": ["00:00-01:30", "01:45-02:10", "02:30-03:30", "22:15-23:59"]},
        "holidays": [date(2018, 11, 4), date(2026, 2, 13), date(2026, 3, 25)],
        "exceptions": {date(2026, 3, 27): [], date(2026, 3, 25): ["21:00-04:00"]},
    },
    {
        "from": date(2026, 3, 29),
        "hours": {"fri-sun": ["00:00-24:00"], "mon-wed": ["09:07-17:43"]},
        "holidays": [date(2026, 10, 25)],
        "exceptions": {date(2026, 10, 27): ["12:00-13:00", "20:00-12:00"]},
    },
]
DESK = [
    {
        "id": "desk",
        "from": date(2012, 3, 30),
        "until": date(2012, 4, 3),
        "hours": {"mon-sun": ["06:00-22:00"]},
    },
    {
        "id": "desk",
        "from": date(2018, 11, 2),
        "until": date(2018, 11, 3),
        "hours": {"mon-sun": ["20:00-02:00"]},
    },
    {
        "id": "desk",
        "from": date(2018, 11, 6),
        "until": date(2026, 10, 24),
        "hours": {"mon-sat": ["02:00-03:00"], "sun": ["01:00-04:00"]},
    },
    {"id": "desk", "units": ["kolkata"], "hours": {"tue": ["00:00-24:00"]}},
    {
        "id": "desk",
        "units": ["lord-howe", "new-york"],
        "from": date(2026, 4, 4),
        "hours": {"sat-mon": ["23:00-01:59"], "thu": [f"{h:02}:00-{h:02}:20" for h in range(24)]},
    },
]


def entries_of(schedules, unit):
    """Return the entries that a unit below the root goes by: its own, or those of the root."""
    own = [entry for entry in schedules if unit in entry.get("units", ())]
    return own or [entry for entry in schedules if "units" not in entry]


def moments(chance, start, exact):
    """Return an instant within a window: on a minute, a second, or a microsecond."""
    within = chance.uniform(0, LENGTH.total_seconds())
    steps = {"minute": 60, "second": 1, "microsecond": 1e-6}
    step = steps[exact]
    return start + timedelta(seconds=round(within / step) * step)


@pytest.mark.parametrize(("schedules", "name"), [(USUAL, ""), (DESK, "desk")])
def test_thousands_of_intervals_in_one_statement(schedules, name, load, ask, toml, minute_counter):
    chance = random.Random(20261025)
    rows, expected = [], []
    for unit, (zone, starts) in WINDOWS.items():
        for day in starts:
            start = datetime(*day, tzinfo=UTC)
            counter = minute_counter(entries_of(schedules, unit), zone, start, start + LENGTH)
            for number in range(240):
                exact = ("minute", "second", "microsecond")[number % 3]
                a, b = (moments(chance, start, exact) for _ in range(2))
                if number % 7 == 0:
                    b = min(a + timedelta(hours=chance.randrange(6)), start + LENGTH - LENGTH / 99)
                a, b = (None, b) if number % 41 == 0 else (a, None) if number % 43 == 0 else (a, b)
                rows.append((unit, a, b))
                expected.append(counter.seconds(a, b))
    assert len(rows) > 3000
    audit = load(ZONES, toml(schedules))
    found = ask(audit, rows, f"open_seconds(a, b, '{name}')")
    wrong = [
        (*row, want, got)
        for row, want, got in zip(rows, expected, found, strict=True)
        if got != (want if want is None else pytest.approx(want, abs=1e-6))
    ]
    assert wrong == []
    # The comparison is of something: values of all kinds are there.
    assert sum(want is not None and want > 0 for want in expected) > 500
    assert sum(want is not None and want < 0 for want in expected) > 500
    assert sum(want is None for want in expected) > (500 if name else 100)


TIMES = st.integers(0, 95).map(lambda quarter: f"{quarter // 4:02}:{15 * (quarter % 4):02}")


@st.composite
def days_hours(draw):
    """Return spans of one day that do not overlap, the last perhaps into the night."""
    times = sorted(draw(st.lists(TIMES, max_size=6, unique=True)))
    spans = [f"{a}-{b}" for a, b in zip(times[::2], times[1::2], strict=False)]
    if len(times) % 2:
        end = draw(TIMES)
        spans.append(f"{times[-1]}-{end if end < times[0] else '24:00'}")
    return spans


@st.composite
def schedules_of(draw, day):
    """Return entries for some days around one, one after the other."""
    entries = []
    since = day + timedelta(days=draw(st.integers(-3, 4)))
    for _ in range(draw(st.integers(1, 3))):
        until = since + timedelta(days=draw(st.integers(0, 5)))
        week = draw(st.lists(days_hours(), min_size=7, max_size=7))
        near = [since + timedelta(days=n) for n in range((until - since).days + 1)]
        entry = {
            "from": since,
            "until": until,
            "hours": dict(
                zip(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), week, strict=True)
            ),
            "holidays": draw(st.lists(st.sampled_from(near), max_size=2)),
            "exceptions": draw(st.dictionaries(st.sampled_from(near), days_hours(), max_size=2)),
        }
        entries.append(entry)
        since = until + timedelta(days=draw(st.integers(1, 2)))
    return entries


@given(
    data=st.data(), place=st.sampled_from([(u, d) for u, (_, ds) in WINDOWS.items() for d in ds])
)
@settings(max_examples=40)
def test_any_schedules_over_any_change_of_the_clock(data, place, load, toml, minute_counter, ask):
    unit, day = place
    start = datetime(*day, tzinfo=UTC) + timedelta(days=3)
    entries = data.draw(schedules_of(start.date() + timedelta(days=3)))
    counter = minute_counter(
        entries, ZONES[unit], start - timedelta(hours=1), start + timedelta(days=8)
    )
    seconds = st.integers(0, 7 * 86_400).map(lambda second: start + timedelta(seconds=second))
    minutes = st.integers(0, 7 * 1440).map(lambda minute: start + timedelta(minutes=minute))
    pairs = data.draw(st.lists(st.tuples(seconds | minutes, minutes | seconds), min_size=9))
    found = ask(load({unit: ZONES[unit]}, toml(entries)), [(unit, a, b) for a, b in pairs])
    assert found == [
        want if want is None else pytest.approx(want, abs=1e-6)
        for want in (counter.seconds(a, b) for a, b in pairs)
    ]
