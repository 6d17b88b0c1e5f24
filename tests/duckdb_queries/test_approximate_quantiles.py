"""Quantiles from buckets lie within the error that they state, of whatever numbers."""

from __future__ import annotations

import math

import attrs
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cxaudit._audit.measuring.approximate import on_its_side, rounded_out, widened
from cxaudit._engines.duckdb.session import connect
from cxaudit._expressions import parse
from cxaudit._model.engine import CompiledMetric, MetricQuery
from cxaudit._model.metrics import Metric
from cxaudit._model.tables import ColumnRows
from cxaudit.columns import number, text
from cxaudit.plugin import Table

ERROR = 0.01
LEVELS = (0.0, 0.05, 0.5, 0.9, 0.99, 1.0)
TABLE = Table(id="rows", columns=(number("a", "A number."), text("g", "A group.")))
VALUE = parse("a", {"a": "number"}, {})
GROUP = parse("g", {"g": "text"}, {})


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    session = connect()
    session.open([], tmp_path_factory.mktemp("scratch"))
    yield session
    session.close()


def quantiles(engine, rows, by=None, error=ERROR):
    """Return the quantiles of rows (unit, group, number), by unit and group."""
    table = attrs.evolve(TABLE, id=f"rows{len(engine._tables)}")
    engine.add(
        table,
        ColumnRows.of(
            table,
            [
                {"unit": unit, "g": group, "a": a, "_source": "f", "_row": index, "_zone": "UTC"}
                for index, (unit, group, a) in enumerate(rows)
            ],
        ),
    )
    compiled = CompiledMetric(
        metric=Metric(id="q", table=table.id, kind="quantile", value="a", quantile=0.5),
        value=VALUE,
    )
    units = {unit: (unit,) for unit, _, _ in rows} if by is None else {"root": None}
    units = {"root": None} if set(units) == {"root"} else units
    query = MetricQuery(
        table=table.id, metrics=(compiled,), units=units, root="root", by=by, error=error
    )
    wanted = {(unit, group if by else None): {"q": LEVELS} for unit, group, _ in rows}
    return {key[1:]: values for key, values in engine.quantiles(query, wanted).items()}


def within(values, approximate, level):
    """Tell whether a quantile lies within the error, of the two values that it lies between."""
    exact = float(np.quantile(values, level))
    rank = level * (len(values) - 1)
    low, high = (sorted(values)[end(rank)] for end in (math.floor, math.ceil))
    size = max(abs(exact), 0.0 if low * high > 0 else max(abs(low), abs(high)))
    return abs(approximate - exact) <= ERROR * size * (1 + 1e-12) + 5e-324


NUMBERS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e307, max_value=1e307)


@settings(max_examples=60, deadline=None)
@given(values=st.lists(NUMBERS, min_size=1, max_size=60))
@example(values=[0.0, -0.0, 5e-324, -5e-324, 1e-310])
@example(values=[1.7976931348623157e308])
@example(values=[-100.0, 100.0])
@example(values=[1.0] * 3)
def test_each_quantile_lies_within_the_error_of_the_exact_one(engine, values):
    (found,) = quantiles(engine, [("root", None, value) for value in values]).values()
    for level, approximate in zip(LEVELS, found, strict=True):
        assert within(values, approximate, level), (level, approximate)


def test_quantiles_of_lognormal_waits_by_unit_and_by_group(engine):
    draws = np.random.default_rng(7)
    waits = draws.lognormal(3, 2, 4000)
    names = draws.choice(["a", "b", "c"], 4000)
    by_unit = quantiles(
        engine, [(name, None, wait) for name, wait in zip(names, waits, strict=True)]
    )
    by_group = quantiles(
        engine, [("root", n, wait) for n, wait in zip(names, waits, strict=True)], by=GROUP
    )
    for name in "abc":
        exact = np.quantile(waits[names == name], LEVELS)
        assert by_unit[name, None] == pytest.approx(exact, rel=ERROR)
        assert by_group["root", name] == by_unit[name, None]


def test_what_is_no_usual_number_is_a_bucket_of_its_own(engine):
    infinite = [-math.inf, -3.0, 0.0, 5.0, math.inf]
    (found,) = quantiles(engine, [("root", None, a) for a in infinite]).values()
    assert (found[0], found[2], found[-1]) == (-math.inf, 0.0, math.inf)
    (found,) = quantiles(engine, [("root", None, math.inf)] * 3).values()
    assert set(found) == {math.inf}
    rows = [("a", None, None), ("b", None, None), ("b", None, 7.0)]
    found = quantiles(engine, rows)
    assert found["a", None] == (None,) * len(LEVELS)
    assert found["b", None] == pytest.approx((7.0,) * len(LEVELS), rel=ERROR)


def test_the_statement_keeps_no_more_than_the_buckets(engine):
    rows = [("a", None, float(value)) for value in range(1, 20_001)]
    quantiles(engine, [*rows, ("b", None, 1.0)])
    ((most,),) = engine._connection.fetched("SELECT max(len(s0)) FROM _cx_sorted")
    # As many as logarithms of (1 + e) / (1 - e) go into that of 20,000, and one.
    assert most <= math.log(20_000) / math.log(1.01 / 0.99) + 2


def test_a_quantile_stands_on_the_side_of_a_threshold_where_the_exact_one_is():
    def moved(value, rows, n=11, level=0.5):
        return on_its_side(value, level, {"n": n, "le:10.0": rows, "le:10.0:low": 0.1})

    assert moved(10.05, 6) == moved(10.0, 6) == 10
    assert moved(9.95, 5) == moved(10.0, 5) == math.nextafter(10, 11)
    assert (moved(9.95, 6), moved(10.05, 5)) == (9.95, 10.05)
    # Between row 5 and row 6, of which one is within.
    assert (moved(9.95, 6, level=0.55), moved(10.05, 6, level=0.55)) == (9.95, 10.05)
    assert (moved(10.05, 7, level=0.55), moved(9.95, 5, level=0.55)) == (10, math.nextafter(10, 11))


def test_the_ends_of_intervals_move_out_by_the_error():
    assert rounded_out((0.0721, 0.9), 11) == (0.0, 0.9)
    assert rounded_out((None, 0.91), 11) == (None, 1.0)
    assert rounded_out((None, None), 1) == (None, None)
    assert widened((101.0, 99.0), 0.01) == pytest.approx((100, 100))
    assert widened((-99.0, -101.0), 0.01) == pytest.approx((-100, -100))
    assert widened((None, 0.0), 0.01) == (None, 0.0)
