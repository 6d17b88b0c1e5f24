"""Intervals against published values, against statsmodels, and at their edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from cxaudit._audit.measuring.estimates import estimates
from cxaudit._model.metrics import MetricKind
from cxaudit._statistics.clusters import mean_intervals, net_score_intervals
from cxaudit._statistics.intervals import quantile_ranks, t_quantile, wilson


def of_one(function, *numbers):
    """Return the ends of one interval by a function that takes arrays."""
    low, high = function(*(np.array([number], float) for number in numbers))
    return float(low[0]), float(high[0])


def of_ratio(x, y):
    """Return the intervals of ratios of sums of rows, which are the last axis of x and y."""
    x, y = np.atleast_2d(x).astype(float), np.atleast_2d(y).astype(float)
    totals = {"n": np.full(len(x), x.shape[1], float), "x": x.sum(1), "y": y.sum(1)}
    totals |= {"xx": (x * x).sum(1), "xy": (x * y).sum(1), "yy": (y * y).sum(1)}
    totals["least"] = np.full(len(x), -1.0)
    parts = {name: totals[name][:, None] for name in ("n", "x", "y")}
    known = estimates(MetricKind.RATIO, totals, parts, rows=True)
    return known.low, known.high


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(0, 10, 0, 27.75), (5, 5, 56.55, 100), (46, 50, 81.16, 96.85), (920, 1000, 90.15, 93.53)],
)
def test_wilson_gives_the_published_values(k, n, low, high):
    assert [round(100 * end, 2) for end in wilson(k, n)] == [low, high]


@given(st.integers(1, 10**7), st.floats(0, 1), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_agrees_with_statsmodels_also_for_effective_counts(n, share, confidence):
    k = share * n
    expected = proportion_confint(k, n, alpha=1 - confidence, method="wilson")
    assert wilson(k, n, confidence) == pytest.approx(expected, abs=1e-9)


@given(st.integers(0, 10**6), st.data())
def test_wilson_holds_the_share_and_stays_in_range(n, data):
    k = data.draw(st.integers(0, n))
    low, high = wilson(k, n)
    assert 0 <= low <= high <= 1
    assert n == 0 or low <= k / n <= high


def test_no_case_says_nothing_and_one_case_says_little():
    assert wilson(0, 0) == (0, 1)
    assert wilson(1, 1) == pytest.approx((0.2065, 1), abs=1e-4)
    assert np.isnan(of_one(mean_intervals, 1, 3, 0)).all()
    assert np.isnan(of_ratio([1], [1])).all()
    assert np.isnan(of_ratio([1, 0], [1, -1])).all()


@pytest.mark.parametrize(("k", "n"), [(-1, 5), (6, 5), (1, 0), (math.nan, 3)])
def test_a_share_that_cannot_be_is_refused(k, n):
    with pytest.raises(ValueError, match="is no share"):
        wilson(k, n)


@pytest.mark.parametrize("confidence", [0, 1, -0.5, 95])
def test_a_confidence_that_cannot_be_is_refused(confidence):
    with pytest.raises(ValueError, match="does not lie between 0 and 1"):
        wilson(1, 2, confidence)


@pytest.mark.parametrize(
    ("freedom", "expected"),
    [(1, 12.706204736), (2, 4.302652730), (5, 2.570581836), (10, 2.228138852), (30, 2.042272456)],
)
def test_t_quantile_gives_the_table_of_student(freedom, expected):
    assert t_quantile(0.975, freedom) == pytest.approx(expected, abs=1e-8)


@given(st.floats(0.001, 0.999), st.floats(0.5, 1e7))
def test_t_quantile_agrees_with_scipy(probability, freedom):
    assert t_quantile(probability, freedom) == pytest.approx(
        stats.t.ppf(probability, freedom), rel=1e-9, abs=1e-9
    )


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=40))
def test_a_mean_agrees_with_statsmodels(values):
    mean = math.fsum(values) / len(values)
    squares = math.fsum((value - mean) ** 2 for value in values)
    expected = DescrStatsW(values).tconfint_mean()
    assert of_one(mean_intervals, len(values), mean, squares) == pytest.approx(
        expected, rel=1e-6, abs=1e-6
    )


def test_a_net_score_has_the_published_width():
    # 50 promoters, 33 passives, 17 detractors: 33.0 +- 14.7 by the plain formula.
    low, high = of_one(net_score_intervals, 50, 17, 100)
    assert (high - low) / 2 * 100 == pytest.approx(14.7, abs=0.3)
    assert low * 100 < 33 < high * 100
    low, high = of_one(net_score_intervals, 500, 170, 1000)
    assert (high - low) / 2 * 100 == pytest.approx(4.6, abs=0.05)


def test_a_net_score_of_five_promoters_does_not_collapse():
    low, high = of_one(net_score_intervals, 5, 0, 5)
    assert low < 0.4
    assert high == 1
    # Rows added: 5.75 of 8 and 0.75 of 8.
    net, spread = 5 / 8, 1.959963984540054 * math.sqrt((6.5 / 8 - (5 / 8) ** 2) / 8)
    assert low == pytest.approx(net - spread)


def test_a_ratio_of_ones_below_is_a_mean():
    values = [2.0, 3.0, 7.0, 1.0]
    low, high = of_ratio(values, [1.0] * 4)
    assert (low[0], high[0]) == pytest.approx(DescrStatsW(values).tconfint_mean())


def test_a_ratio_covers_the_truth_as_often_as_it_says():
    draw = np.random.default_rng(5)
    y = draw.gamma(4, 1, (4000, 60))
    low, high = of_ratio(0.3 * y + draw.normal(0, 0.4, y.shape), y)
    assert ((low <= 0.3) & (high >= 0.3)).mean() == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize(
    ("n", "level", "ranks"),
    # The median's table (Conover 1999), 95 %.
    [(5, 0.5, (None, None)), (6, 0.5, (1, 6)), (10, 0.5, (2, 9)), (20, 0.5, (6, 15)),
     (100, 0.5, (40, 61)), (10, 0.9, (7, None)), (0, 0.5, (None, None))],
)  # fmt: skip
def test_ranks_of_a_quantile(n, level, ranks):
    assert quantile_ranks(n, level) == ranks


@given(st.integers(1, 3000), st.sampled_from([0.1, 0.5, 0.9, 0.95]))
def test_ranks_leave_no_more_than_the_tails_and_no_less(n, level):
    low, high = quantile_ranks(n, level)
    cdf = stats.binom(n, level).cdf
    assert low is None or cdf(low - 1) <= 0.025 + 1e-12
    assert cdf(low or 0) > 0.025 - 1e-12
    assert high is None or cdf(high - 1) >= 0.975 - 1e-12
    assert cdf((high or n + 1) - 2) < 0.975 + 1e-12


def test_ranks_of_ten_million_rows():
    low, high = quantile_ranks(10_000_000, 0.9)
    assert abs((low + high - 1) / 2 - 9_000_000) <= 2
    assert high - low == pytest.approx(2 * 1.96 * math.sqrt(1e7 * 0.09), rel=0.002)


@pytest.mark.parametrize(("probability", "freedom"), [(0, 5), (1, 5), (0.9, 0), (0.9, math.nan)])
def test_a_t_quantile_that_cannot_be_is_refused(probability, freedom):
    with pytest.raises(ValueError, match="has no quantile"):
        t_quantile(probability, freedom)


def test_t_is_symmetric_and_0_in_the_middle():
    assert t_quantile(0.5, 4) == pytest.approx(0, abs=1e-12)
    assert t_quantile(0.1, 4) == -t_quantile(0.9, 4)
