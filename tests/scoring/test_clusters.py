"""Intervals by cluster are those of cluster-robust regression, by statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cxaudit._audit.measuring.estimates import estimates
from cxaudit._model.directions import Direction
from cxaudit._model.metrics import MetricKind
from cxaudit._statistics.clusters import (
    by_cluster,
    clustered_share_interval,
    mean_intervals,
    net_score_intervals,
    wilson_intervals,
)

rows_of = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 9), st.integers(1, 4)), min_size=3, max_size=60
)


def parts(clusters, *columns):
    """Return the sums of columns by cluster, with one unit as the first axis."""
    size = max(clusters) + 1
    return [np.bincount(clusters, weights=column, minlength=size)[None] for column in columns]


def robust(y, x, clusters):
    """Return sum y / sum x and its variance by clusters, from a weighted regression on one."""
    y, x = np.array(y, float), np.array(x, float)
    fitted = sm.WLS(y / x, np.ones(len(y)), weights=x).fit(
        cov_type="cluster", cov_kwds={"groups": np.array(clusters)}
    )
    return fitted.params[0], fitted.bse[0] ** 2


@settings(max_examples=60, deadline=None)
@given(rows_of)
def test_a_ratio_varies_over_clusters_as_statsmodels_says(rows):
    clusters, y, x = zip(*rows, strict=True)
    if len(set(clusters)) < 2:
        return
    ratio, variance = robust(y, x, clusters)
    x_sums, y_sums, held = parts(clusters, x, y, np.ones(len(rows)))
    known = by_cluster(x_sums, y_sums, np.array([1.0]), held)
    assert known.ratio[0] == pytest.approx(ratio)
    assert known.variance[0] == pytest.approx(variance, abs=1e-12)
    assert known.clusters[0] == len(set(clusters))


@settings(max_examples=40, deadline=None)
@given(rows_of)
def test_a_mean_has_students_interval_of_the_larger_variance(rows):
    clusters, values, _ = zip(*rows, strict=True)
    if len(set(clusters)) < 2:
        return
    values = np.array(values, float)
    n, total = parts(clusters, np.ones(len(rows)), values)
    mean, variance = robust(values, np.ones(len(rows)), clusters)
    variance = max(variance, values.var(ddof=1) / len(values))
    away = stats.t.ppf(0.975, len(set(clusters)) - 1) * np.sqrt(variance)
    known = estimates(
        MetricKind.MEAN,
        {
            "n": n.sum(axis=-1),
            "sum": total.sum(axis=-1),
            "sum2": np.array([values.var() * len(values)]),
            "shift": np.array([mean]),
            "least": np.array([values.min()]),
        },
        {"n": n, "sum": total},
        rows=False,
    )
    assert known.value[0] == pytest.approx(mean)
    assert known.high[0] == pytest.approx(mean + away)
    assert known.low[0] == pytest.approx(max(0.0, mean - away), abs=1e-9)


def test_a_share_is_wilsons_on_the_effective_number_of_rows():
    """Ten days of 100 calls, all in time on eight and none on two: as 8 days of 10 would say."""
    n, k = np.full((1, 10), 100.0), np.array([[100.0] * 8 + [0.0] * 2])
    known = estimates(
        MetricKind.SHARE, {"n": n.sum(-1), "k": k.sum(-1)}, {"n": n, "k": k}, rows=False
    )
    variance = 10 / 9 * (8 * 20**2 + 2 * 80**2) / 1000**2
    effect = variance / (0.8 * 0.2 / 1000)
    assert known.effect[0] == pytest.approx(effect)
    size = 1000 / effect * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 9)) ** 2
    from statsmodels.stats.proportion import proportion_confint

    expected = proportion_confint(0.8 * size, size, method="wilson")
    assert (known.low[0], known.high[0]) == pytest.approx(expected)


def test_one_cluster_and_rows_give_the_intervals_of_rows():
    n, k = np.array([[100.0]]), np.array([[80.0]])
    totals = {"n": n.sum(-1), "k": k.sum(-1)}
    one = estimates(MetricKind.SHARE, totals, {"n": n, "k": k}, rows=False)
    rows = estimates(MetricKind.SHARE, totals, {"n": n, "k": k}, rows=True)
    from statsmodels.stats.proportion import proportion_confint

    expected = proportion_confint(80, 100, method="wilson")
    assert (one.low[0], one.high[0]) == pytest.approx(expected)
    assert (rows.low[0], rows.high[0]) == pytest.approx(expected)
    assert (one.clusters[0], rows.clusters[0]) == (1, 0)
    assert not one.directions.any()


def test_wilsons_published_intervals():
    """Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    k, n = np.array([81.0, 15.0, 0.0, 1.0]), np.array([263.0, 148.0, 20.0, 29.0])
    low, high = wilson_intervals(k / n, n)
    assert low.round(4).tolist() == [0.2553, 0.0624, 0.0, 0.0061]
    assert high.round(4).tolist() == [0.3662, 0.1605, 0.1611, 0.1718]


def test_nothing_counted_has_no_interval():
    none = np.array([0.0])
    assert np.isnan(mean_intervals(none, none, none)).all()
    assert np.isnan(net_score_intervals(none, none, none)).all()
    with np.errstate(invalid="ignore"):
        ends = clustered_share_interval(none / none, none, np.array([1.0]), none)
    assert np.isnan(ends).all()


def test_residuals_of_clusters_are_a_direction_of_length_one():
    n = np.array([[10.0, 10.0, 0.0, 20.0], [5.0, 5.0, 0.0, 0.0]])
    k = np.array([[5.0, 9.0, 0.0, 6.0], [1.0, 1.0, 0.0, 0.0]])
    known = estimates(
        MetricKind.SHARE, {"n": n.sum(-1), "k": k.sum(-1)}, {"n": n, "k": k}, rows=False
    )
    residuals = np.array([5 - 10 * 0.5, 9 - 10 * 0.5, 0, 6 - 20 * 0.5])
    assert known.directions[0] == pytest.approx(residuals / np.linalg.norm(residuals))
    assert not known.directions[1].any()


@pytest.mark.parametrize(
    "codes", [[-5, -4, -3, 2], [-719162], [-(2**31), -(2**31) + 1, 20454], [7, 9, 10]]
)
def test_a_direction_is_read_as_it_was_written(codes):
    weights = np.linspace(0.3, -0.9, len(codes)).astype(np.float16)
    direction = Direction(
        evidence="calls by day", clusters=np.array(codes, np.int32), weights=weights
    )
    assert Direction.from_text(direction.text()) == direction


def test_the_direction_of_a_difference_is_what_is_left_of_both():
    first = Direction(
        evidence="e",
        clusters=np.array([1, 2], np.int32),
        weights=np.array([0.6, -0.8], np.float16),
    )
    second = Direction(
        evidence="e",
        clusters=np.array([2, 3], np.int32),
        weights=np.array([0.6, -0.8], np.float16),
    )
    expected = np.array([2 * 0.6, 2 * -0.8 - 0.6, 0.8])
    less = first.less(second, 2.0, 1.0)
    assert less.clusters.tolist() == [1, 2, 3]
    assert less.weights == pytest.approx(expected / np.linalg.norm(expected), abs=1e-3)
    assert first.less(first, 1.0, 1.0) is None


def test_a_net_score_on_which_all_agree_keeps_a_width():
    n = np.full((1, 3), 4.0)
    totals = {"n": n.sum(-1), "positive": n.sum(-1), "negative": np.zeros(1)}
    parts = {"n": n, "positive": n, "negative": np.zeros((1, 3))}
    known = estimates(MetricKind.NET_SCORE, totals, parts, rows=False)
    assert known.value[0] == known.high[0] == 1
    assert known.low[0] < 0.8
