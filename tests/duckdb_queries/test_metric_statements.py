"""Statements measure what the kinds of metric promise, in one pass over the table."""

from __future__ import annotations

import itertools
import math
import statistics
from collections import Counter
from contextlib import contextmanager
from fractions import Fraction

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxaudit._audit.measuring.statistics import Measuring
from cxaudit._audit.planning.groupings import Grouping, metric_queries, sum_queries
from cxaudit._engines.duckdb.queries import count_statement, row_statement
from cxaudit._engines.duckdb.session import connect
from cxaudit._expressions import parse
from cxaudit._model.engine import CompiledMetric, MetricQuery, RowQuery, SumQuery
from cxaudit._model.metrics import Breakdown, Metric
from cxaudit.errors import ExpressionError

COLUMNS = {
    "a": "number",
    "b": "number",
    "t": "text",
    "d": "text",
    "at": "time",
    "ok": "boolean",
    "unit": "text",
    "touchpoint": "text",
}
ROOT = {"r": ("r", "s1", "s2")}
LEVELS = {**ROOT, "s1": ("s1",), "s2": ("s2",)}


@contextmanager
def session():
    opened = connect()
    opened._connection.unguarded.execute("SET TimeZone = 'UTC'")
    try:
        yield opened
    finally:
        opened.close()


def execute(session, statement, values=None):
    return session._connection.unguarded.execute(statement, values)


@pytest.fixture
def engine():
    with session() as opened:
        execute(
            opened,
            'CREATE TABLE calls (unit VARCHAR, touchpoint VARCHAR, "_source" VARCHAR, '
            '"_row" BIGINT, "_zone" VARCHAR, a DOUBLE, b DOUBLE, t VARCHAR, d VARCHAR, '
            '"at" TIMESTAMP, ok BOOLEAN)',
        )
        execute(
            opened,
            "CREATE TABLE hits (table_name VARCHAR, detector VARCHAR, label VARCHAR, "
            '"_source" VARCHAR, "_row" BIGINT)',
        )
        yield opened


def fill(engine, rows):
    execute(engine, "DELETE FROM calls")
    columns = ("a", "b", "t", "d", "at", "ok")
    for number, row in enumerate(rows, 1):
        execute(
            engine,
            "INSERT INTO calls VALUES (?, ?, 'calls.csv', ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                row.get("unit"),
                row.get("touchpoint", "phone"),
                number,
                row.get("zone", "UTC"),
                *(row.get(column) for column in columns),
            ],
        )


def compiled(kind, name=None, *, quantile=None, thresholds=(), **texts):
    return CompiledMetric(
        metric=Metric(
            id=name or kind.replace("_", "-"), table="calls", kind=kind, quantile=quantile
        ),
        thresholds=thresholds,
        **{field: parse(text, COLUMNS, {}) for field, text in texts.items()},
    )


def measure(session, *metrics, units=ROOT, by=None, where=None, touchpoint=None):
    everyone = frozenset(member for members in units.values() for member in members)
    grouping = Grouping(
        table="calls",
        metrics=metrics,
        units=units,
        touchpoint="organisation",
        narrowed=touchpoint,
        breakdown=None if by is None else Breakdown(id="by", metrics=("m",), by=by),
        by=None if by is None else parse(by, COLUMNS, {}),
    )
    grouping = attrs.evolve(
        grouping,
        sums=sum_queries([grouping], where),
        queries=metric_queries(grouping, where, root="r", everyone=everyone),
    )
    subjects, measured = Measuring(session, "r").of(grouping)
    assert {subject for _, subject in measured} == set(subjects)
    return {
        (unit, group, metric): {
            name: value for name, value in estimate.statistics.items() if not math.isnan(value)
        }
        for (metric, (unit, group)), estimate in measured.items()
    }


def values(engine, *numbers, **rest):
    fill(engine, [{"a": number, **rest} for number in numbers])


def test_each_kind_gives_its_sufficient_statistics(engine):
    fill(
        engine,
        [
            {"a": 1.0, "b": 2.0, "t": "x", "ok": True},
            {"a": 4.0, "b": 0.0, "t": "x", "ok": False},
            {"a": None, "b": 5.0, "t": "y", "ok": None},
            {"a": 10.0, "b": None, "t": None, "ok": True},
        ],
    )
    found = measure(
        engine,
        compiled("count"),
        compiled("count", "count-some", where="a > 1"),
        compiled("share", value="ok"),
        compiled("share", "share-some", value="a > 2", where="t = 'x'"),
        compiled("mean", value="a"),
        compiled("ratio", numerator="a", denominator="b"),
        compiled("count_distinct", value="t"),
        compiled("minimum", value="a", where="ok"),
        compiled("maximum", value="a - b"),
        compiled("net_score", positive="ok", negative="a > 3"),
    )
    assert {metric: found["r", None, metric] for _, _, metric in found} == {
        "count": {"n": 4},
        "count-some": {"n": 2},
        "share": {"k": 2, "n": 4},
        "share-some": {"k": 1, "n": 2},
        "mean": {"n": 3, "sum": 15, "sum2": 42, "shift": 5},
        "ratio": {"n": 2, "x": 5, "y": 2, "xx": 17, "xy": 2, "yy": 4},
        "count-distinct": {"n": 3, "value": 2},
        "minimum": {"n": 2, "value": 1},
        "maximum": {"n": 2, "value": 4},
        "net-score": {"n": 3, "positive": 2, "negative": 2},
    }


def test_no_rows_give_counts_of_zero_and_no_derived_value(engine):
    found = measure(
        engine,
        compiled("count"),
        compiled("mean", value="a"),
        compiled("ratio", numerator="a", denominator="b"),
        compiled("minimum", value="a"),
        compiled("quantile", value="a", quantile=0.9, thresholds=(3.0,)),
        compiled("censored_quantile", value="a", event="ok", quantile=0.5),
    )
    assert found == {
        ("r", None, "count"): {"n": 0},
        ("r", None, "mean"): {"n": 0, "sum": 0, "sum2": 0, "shift": 0},
        ("r", None, "ratio"): {"n": 0, "x": 0, "y": 0, "xx": 0, "xy": 0, "yy": 0},
        ("r", None, "minimum"): {"n": 0},
        ("r", None, "quantile"): {"n": 0, "le:3.0": 0},
        ("r", None, "censored-quantile"): {"n": 0},
    }


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=30), st.floats(0.01, 0.99))
def test_quantiles_are_of_type_7(numbers, level):
    with session() as engine:
        execute(engine, "CREATE TABLE calls (unit VARCHAR, a DOUBLE)")
        values = [(n,) for n in numbers]
        engine._connection.unguarded.executemany("INSERT INTO calls VALUES ('r', ?)", values)
        found = measure(engine, compiled("quantile", value="a", quantile=level))
    expected = np.quantile(np.array(numbers, dtype=float), level, method="linear")
    assert found["r", None, "quantile"]["value"] == pytest.approx(expected, abs=1e-9)


def test_quantiles_of_one_value_share_one_list_and_count_what_is_within(engine):
    values(engine, 1.0, 2.0, 3.0, 4.0, None)
    metrics = (
        compiled("quantile", "p50", value="a", quantile=0.5, thresholds=(2.0, 3.5)),
        compiled("quantile", "p90", value="a", quantile=0.9),
        compiled("quantile", "some", value="a", quantile=0.5, where="a > 2"),
    )
    found = measure(engine, *metrics)
    # Wilson's intervals of 2 of 4 and 3 of 4, as Newcombe (1998) has the method.
    assert found["r", None, "p50"] == {
        "n": 4,
        "value": 2.5,
        "le:2.0": 2,
        "le:2.0:low": pytest.approx(0.1500, abs=5e-5),
        "le:2.0:high": pytest.approx(0.8500, abs=5e-5),
        "le:3.5": 3,
        "le:3.5:low": pytest.approx(0.3006, abs=5e-5),
        "le:3.5:high": pytest.approx(0.9544, abs=5e-5),
    }
    assert found["r", None, "p90"] == {"n": 4, "value": pytest.approx(3.7), "low": 2}
    assert found["r", None, "some"] == {"n": 2, "value": 3.5}
    query = MetricQuery(table="calls", metrics=metrics, units={"r": None}, root="r")
    assert engine.statement(query).count("quantile_cont") == 2


def test_the_ends_of_intervals_are_quantiles_at_levels_of_each_unit(engine):
    rows = [{"unit": "s", "a": float(n)} for n in (7, 1, 3)]
    rows += [{"unit": "u", "a": n} for n in (40.0, 10.0, None, 20.0, 30.0, 50.0)]
    fill(engine, [*rows, {"unit": None, "a": 100.0}])
    metrics = (
        compiled("quantile", "all", value="a", quantile=0.5),
        compiled("quantile", "some", value="a", quantile=0.9, where="a < 35"),
    )
    root = MetricQuery(table="calls", metrics=metrics, units={"r": ("s", "u")}, root="r")
    at_root = {("r", None): {"all": (0, 1, None), "some": (0.5, None)}}
    assert engine.quantiles(root, at_root) == {
        ("all", "r", None): (1, 100, None),
        ("some", "r", None): (8.5, None),
    }
    sites = MetricQuery(table="calls", metrics=metrics, units={"s": ("s",), "u": ("u",)}, root="r")
    at_sites = {
        ("s", None): {"all": (0.5, 0.75, 0), "some": (None, None)},
        ("u", None): {"all": (0.1, None, 1), "some": (0.5, 1)},
    }
    assert engine.quantiles(sites, at_sites) == {
        ("all", "s", None): (3, 5, 1),
        ("some", "s", None): (None, None),
        ("all", "u", None): (pytest.approx(14), None, 50),
        ("some", "u", None): (20, 30),
    }


def test_a_large_offset_costs_a_mean_no_precision(engine):
    numbers = [1e9 + n / 10 for n in range(10)]
    values(engine, *numbers)
    found = measure(engine, compiled("mean", value="a"))["r", None, "mean"]
    assert found["sum2"] == pytest.approx(statistics.pvariance(numbers) * 10, rel=1e-6)


def kaplan_meier(rows, level):
    """The product-limit estimate in fractions: the least time with S(t) <= 1 - level."""
    left, at_risk = Fraction(1), len(rows)
    times = Counter(time for time, _ in rows)
    events = Counter(time for time, event in rows if event)
    for time in sorted(times):
        left *= 1 - Fraction(events[time], at_risk)
        at_risk -= times[time]
        if left <= 1 - Fraction(level):
            return float(time)
    return None


def test_the_median_remission_of_freireich_is_the_published_one(engine):
    """Weeks of remission under 6-MP (Freireich et al. 1963): the median is 23 weeks."""
    events = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    fill(
        engine,
        [{"a": t, "ok": True} for t in events] + [{"a": t, "ok": False} for t in censored],
    )
    metric = compiled("censored_quantile", value="a", event="ok", quantile=0.5)
    # The ends are those of R's survfit(conf.type = "log-log"): 13, and none above.
    found = measure(engine, metric)["r", None, metric.metric.id]
    assert found == {"n": 21, "value": 23, "low": 13}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=25),
    st.sampled_from([0.1, 0.25, 0.5, 0.75, 0.9]),
)
def test_censored_quantiles_are_those_of_kaplan_and_meier(rows, level):
    with session() as engine:
        execute(engine, "CREATE TABLE calls (unit VARCHAR, a DOUBLE, ok BOOLEAN)")
        engine._connection.unguarded.executemany("INSERT INTO calls VALUES ('r', ?, ?)", rows)
        metric = compiled("censored_quantile", value="a", event="ok", quantile=level)
        found = measure(engine, metric)["r", None, metric.metric.id]
    exact = kaplan_meier(rows, str(level))
    point = {"beyond": max(time for time, _ in rows)} if exact is None else {"value": exact}
    assert found == {"n": len(rows)} | point | ends(rows, level)


def ends(rows, level):
    """The interval's ends from statsmodels' curve and Greenwood errors, on the log-log scale."""
    import statsmodels.api as sm

    times, events = zip(*rows, strict=True)
    curve = sm.SurvfuncRight(np.array(times, float), np.array(events, int))
    found = {}
    left = 1 - level + 1e-12
    for time, s, error in zip(curve.surv_times, curve.surv_prob, curve.surv_prob_se, strict=True):
        if 0 < s < 1:
            spread = 1.959963984540054 * (error / s) / -np.log(s)
            low, high = s ** np.exp(spread), s ** np.exp(-spread)
        else:
            low, high = s, 1.0
        if low <= left:
            found.setdefault("low", time)
        if high <= left:
            found.setdefault("high", time)
    return found


def test_several_censored_metrics_and_groups_stay_apart(engine):
    rows = [
        {"unit": unit, "a": time, "t": kind, "ok": time != 3, "d": "y"}
        for unit, kind, time in itertools.product(("s1", "s2"), ("x", None), (1.0, 2.0, 3.0))
    ]
    fill(engine, rows)
    metrics = (
        compiled("censored_quantile", "median", value="a", event="ok", quantile=0.5),
        compiled(
            "censored_quantile",
            "some",
            value="a + 10",
            event="d = 'y'",
            quantile=0.5,
            where="a > 1",
        ),
        compiled("count"),
    )
    by_group = measure(engine, *metrics, by="t")
    assert by_group["r", "x", "median"] == {"n": 6, "value": 2, "low": 1}
    assert by_group["r", None, "some"] == {"n": 4, "value": 12, "low": 12}
    assert by_group["r", "x", "count"] == {"n": 6}
    by_unit = measure(engine, *metrics, units=LEVELS)
    assert by_unit["s1", None, "some"] == {"n": 4, "value": 12, "low": 12}
    assert len(by_group) == 2 * 3
    assert len(by_unit) == 3 * 3


def test_rows_count_for_their_unit_all_above_it_and_unknown_ones_for_the_root(engine):
    units = ["s1", "s1", "s2", None, "comparator", "where-it-does-not-apply"]
    fill(engine, [{"unit": unit, "a": 10.0**place} for place, unit in enumerate(units)])
    metrics = (compiled("mean", value="a"), compiled("count"))
    alone = measure(engine, *metrics)
    assert alone["r", None, "mean"]["sum"] == pytest.approx(1111)
    found = measure(engine, *metrics, units={**LEVELS, "comparator": ("comparator",)})
    assert {key[0]: value["n"] for key, value in found.items() if key[2] == "count"} == {
        "r": 4,
        "s1": 2,
        "s2": 1,
        "comparator": 1,
    }
    assert found["r", None, "mean"] == pytest.approx(alone["r", None, "mean"])
    without_root = measure(engine, *metrics, units={"s1": ("s1",), "s2": ("s2",)})
    assert {key[0] for key in without_root} == {"s1", "s2"}


def test_nothing_is_joined_for_the_root_alone(engine):
    metrics = (compiled("count_distinct", value="t"),)
    query = MetricQuery(table="calls", metrics=metrics, units={"r": None}, root="r")
    assert "JOIN" not in engine.statement(query)


def test_a_touchpoint_takes_its_children_and_no_namesakes(engine):
    places = ["message", "message.chat", "messages", "phone", None]
    fill(engine, [{"touchpoint": place} for place in places])
    found = measure(engine, compiled("count"), touchpoint="message")
    assert found == {("r", None, "count"): {"n": 2}}
    assert measure(engine, compiled("count"))["r", None, "count"] == {"n": 5}


def test_groups_are_texts_in_the_zone_of_the_row(engine):
    moment = "2026-03-28 23:30:00"
    fill(
        engine,
        [{"at": moment, "zone": zone} for zone in ("UTC", "Europe/Paris", "Asia/Kathmandu")]
        + [{"at": None}],
    )
    found = measure(engine, compiled("count"), by="hour(at)")
    assert {group: value["n"] for (_, group, _), value in found.items()} == {
        "23": 1,
        "0": 1,
        "5": 1,
        None: 1,
    }


def test_hits_are_found_by_table_detector_and_label(engine):
    fill(engine, [{"unit": "s1", "ok": True} for _ in range(4)])
    execute(
        engine,
        "INSERT INTO hits VALUES ('calls', 'rude', 'swears', 'calls.csv', 1), "
        "('calls', 'rude', 'swears', 'calls.csv', 1), ('calls', 'rude', 'sighs', 'calls.csv', 2), "
        "('threads', 'rude', 'swears', 'calls.csv', 3), ('calls', 'kind', 'x', 'calls.csv', 4),"
        "('calls', 'rude', 'swears', 'other.csv', 4)",
    )
    found = measure(
        engine,
        compiled("share", "swears", value="has_hit('rude', 'swears')"),
        compiled("share", "any", value="has_hit('rude')"),
        compiled("count", "none", where="not has_hit('rude') and ok"),
        units=LEVELS,
    )
    assert found["s1", None, "swears"] == {"k": 1, "n": 4}
    assert found["r", None, "any"] == {"k": 2, "n": 4}
    assert found["r", None, "none"] == {"n": 2}


def test_hostile_ids_stay_texts(engine):
    name = "x'); DROP TABLE calls; --"
    fill(engine, [{"unit": name}])
    found = measure(engine, compiled("count"), units={"r": ("r", name), name: (name,)})
    assert found[name, None, "count"] == {"n": 1}
    assert measure(engine, compiled("count"), touchpoint=name)["r", None, "count"] == {"n": 0}


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("mean", "t", "mean needs a number, and its value is text"),
        ("maximum", "at", "maximum needs a number, and its value is time"),
        ("share", "a", "share needs a boolean, and its value is number"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_before_it_runs(engine, kind, value, message):
    metrics = (compiled(kind, value=value),)
    query = SumQuery(table="calls", metrics=metrics)
    with pytest.raises(ExpressionError, match=message):
        engine.statement(query)


def test_rows_come_by_file_and_row(engine):
    fill(engine, [{"unit": None, "a": 3.0}, {"unit": "s1", "a": 2.0}])
    found = execute(
        engine, row_statement(RowQuery(table="calls", columns=("a", "_row")))
    ).fetchall()
    assert found == [("calls.csv", 1, 3.0), ("calls.csv", 2, 2.0)]
    few = RowQuery(table="calls", where=parse("a > 2", COLUMNS, {}))
    assert execute(engine, count_statement(few)).fetchone() == (1,)
