"""Sums by unit and day: which day a row is of, and what they add up to."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxaudit._audit.measuring.statistics import RowsOfUnits, added_up
from cxaudit._engines.duckdb.session import connect
from cxaudit._expressions import parse
from cxaudit._model.tables import ColumnRows
from cxaudit.plugin import Column, CompiledMetric, Metric, SumQuery, Table

COLUMNS = {"a": "number", "at": "time", "on": "date"}
CALLS = Table(
    id="calls",
    columns=tuple(Column(name=name, type=kind, meaning="-") for name, kind in COLUMNS.items()),
    time=("at",),
)
ZONES = ("Europe/Paris", "America/New_York", "Africa/Casablanca", "Asia/Kathmandu", "UTC")
NO_DAY = -(2**31)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    session = connect()
    session.open((), tmp_path_factory.mktemp("scratch"))
    session.add(CALLS)
    yield session
    session.close()


def fill(engine, rows):
    engine._connection.unguarded.execute("DELETE FROM calls")
    usual = {"_source": "calls.csv", "unit": None, "touchpoint": "phone", "_zone": "UTC"}
    whole = [{**usual, "_row": row, **values} for row, values in enumerate(rows, 1)]
    engine.add(CALLS, ColumnRows.of(CALLS, whole))


def compiled(kind, **texts):
    metric = Metric(id=kind, table="calls", kind=kind)
    return CompiledMetric(
        metric=metric, **{field: parse(text, COLUMNS, {}) for field, text in texts.items()}
    )


def sums(engine, *metrics, by="at", cluster="day", **rest):
    by = None if by is None else parse(by, COLUMNS, {})
    metrics = tuple(attrs.evolve(metric, cluster=cluster, by=by) for metric in metrics)
    return engine.sums(SumQuery(table="calls", metrics=metrics, **rest))


def clusters(engine, rows, by="at", cluster="day"):
    fill(engine, rows)
    counted = sums(engine, compiled("count"), by=by, cluster=cluster)
    counts = counted.statistics["count", "n"].tolist()
    return dict(zip(counted.clusters.tolist(), counts, strict=True))


instants = st.datetimes(datetime(1970, 1, 1), datetime(2099, 12, 1))  # noqa: DTZ001


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(instants, st.sampled_from(ZONES)), max_size=20))
def test_a_row_is_of_the_day_that_its_clock_showed(engine, times):
    """By Python's zone data."""
    rows = [{"at": at.replace(tzinfo=UTC), "_zone": zone} for at, zone in times]
    expected = defaultdict(float)
    for row in rows:
        local = row["at"].astimezone(ZoneInfo(row["_zone"])).date()
        expected[(local - date(1970, 1, 1)).days] += 1
    assert clusters(engine, rows) == expected


@pytest.mark.parametrize(
    ("at", "local"),
    [
        ("2026-03-28T22:59:59", date(2026, 3, 28)),
        ("2026-03-28T23:00:00", date(2026, 3, 29)),
        ("2026-03-29T21:59:59", date(2026, 3, 29)),
        ("2026-03-29T22:00:00", date(2026, 3, 30)),
        ("2026-10-25T22:59:59", date(2026, 10, 25)),
        ("2026-10-25T23:00:00", date(2026, 10, 26)),
    ],
)
def test_days_end_at_midnight_also_when_the_clock_is_turned(engine, at, local):
    rows = [{"at": datetime.fromisoformat(at).replace(tzinfo=UTC), "_zone": "Europe/Paris"}]
    assert clusters(engine, rows) == {(local - date(1970, 1, 1)).days: 1}


def test_dates_are_their_own_day_and_rows_without_a_time_have_none(engine):
    rows = [{"on": date(1969, 12, 31)}, {"on": date(2026, 1, 1)}, {"on": None}]
    (none, *days) = sorted(clusters(engine, rows, by="on").items())
    assert days == [(-1, 1), (20454, 1)]
    assert NO_DAY <= none[0] < NO_DAY + 100
    # Rows of no known day are no day together.
    undated = clusters(engine, [{"at": None}] * 1000)
    assert len(undated) > 90
    assert set(undated) <= {NO_DAY + n for n in range(100)}
    assert clusters(engine, rows, by=None, cluster="row") == {0: 3}
    assert clusters(engine, []) == {}


def test_rows_of_other_centuries_have_a_day_as_well(engine):
    far = [datetime(1, 1, 2, tzinfo=UTC), datetime(1969, 12, 31, 22, 0, tzinfo=UTC)]
    far += [datetime(2100, 1, 1, 12, 0, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)]
    fill(engine, [{"at": at} for at in far])
    expected = [(at.date() - date(1970, 1, 1)).days for at in far]
    assert sorted(sums(engine, compiled("count")).clusters.tolist()) == expected


def test_other_clusters_are_put_whole_into_a_hundred_groups(engine):
    rows = [{"a": float(n // 4)} for n in range(4000)]
    groups = clusters(engine, rows, by="a", cluster="a")
    assert set(groups) == set(range(100))
    assert {count % 4 for count in groups.values()} == {0}
    # A row without a value is a cluster by itself.
    assert len(clusters(engine, [{"a": None}] * 1000, by="a", cluster="a")) > 90


UNITS = {"r": ("r", "north", "s1", "s2", "s3"), "north": ("north", "s1", "s2"), "s1": ("s1",)}
rows_of_calls = st.fixed_dictionaries(
    {
        "unit": st.sampled_from([None, "r", "north", "s1", "s2", "s3", "elsewhere"]),
        "touchpoint": st.sampled_from([None, "phone", "phone.queue", "phones"]),
        "a": st.none() | st.integers(-50, 50).map(float),
        "at": st.none() | st.integers(0, 5).map(lambda n: datetime(2026, 1, 1 + n, tzinfo=UTC)),
    }
)


@settings(max_examples=40, deadline=None)
@given(st.lists(rows_of_calls, max_size=25), st.sampled_from([None, "phone"]))
def test_sums_add_up_to_what_the_rows_of_a_unit_give(engine, rows, touchpoint):
    metrics = (
        compiled("count"),
        compiled("share", value="a > 0"),
        compiled("mean", value="a"),
        compiled("minimum", value="a"),
        compiled("maximum", value="a"),
        compiled("ratio", numerator="a", denominator="a * a"),
    )
    fill(engine, rows)
    by_day = sums(engine, *metrics, touchpoints=touchpoint is not None)
    pairs = RowsOfUnits(by_day).of(UNITS, "r", touchpoint)
    at_units = {m.metric.id: added_up(by_day, m, pairs, len(UNITS)) for m in metrics}
    for position, (unit, members) in enumerate(UNITS.items()):
        mine = [
            row["a"]
            for row in rows
            if (row["unit"] in members or (unit == "r" and row["unit"] is None))
            and (touchpoint is None or row["touchpoint"] in ("phone", "phone.queue"))
        ]
        known = np.array([a for a in mine if a is not None])
        seen = {
            (metric, name): column[position]
            for metric, columns in at_units.items()
            for name, column in columns.items()
        }
        assert seen["count", "n"] == len(mine)
        assert (seen["share", "k"], seen["share", "n"]) == (sum(known > 0), len(mine))
        assert seen["ratio", "yy"] == sum(known**4)
        assert seen["mean", "n"] == len(known)
        if len(known):
            assert seen["mean", "sum"] == pytest.approx(known.sum(), abs=1e-9)
            assert seen["mean", "sum2"] == pytest.approx(known.var() * len(known), abs=1e-6)
            assert (seen["minimum", "value"], seen["maximum", "value"]) == (min(known), max(known))
        else:
            assert seen["mean", "sum2"] == 0
            assert math.isnan(seen["minimum", "value"])


def test_a_mean_of_large_numbers_on_many_days_keeps_its_precision(engine):
    numbers = [1e9 + n / 10 for n in range(40)]
    first = datetime(2026, 1, 1, tzinfo=UTC)
    fill(engine, [{"a": a, "at": first + timedelta(days=n % 7)} for n, a in enumerate(numbers)])
    metric = compiled("mean", value="a")
    by_day = sums(engine, metric)
    assert len(by_day.clusters) == 7
    whole = added_up(by_day, metric, RowsOfUnits(by_day).of({"r": ()}, "r", None), 1)
    assert whole["shift"] == pytest.approx(np.mean(numbers), rel=1e-15)
    assert whole["sum2"] == pytest.approx(np.var(numbers) * 40, rel=1e-6)
