"""Differences of numbers that vary together, against published intervals and plain formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from cxaudit._model.directions import Direction, Reach, Spread
from cxaudit._statistics.clusters import by_cluster, clustered_share_interval, unit_length
from cxaudit._statistics.differences import Estimates, difference_intervals, distances_below

FIRST, SECOND = np.array([0]), np.array([1])


def direction(weights, first=0, evidence="calls by day"):
    weights = np.asarray(weights, dtype=float)
    weights = weights / np.sqrt(np.square(weights).sum())
    clusters = np.arange(first, first + len(weights), dtype=np.int32)
    return Direction(evidence=evidence, clusters=clusters, weights=weights.astype(np.float16))


def difference(*numbers):
    """Return the interval of the first less the second; index with its ends and its direction."""
    spreads = [Spread.of(value, ends, *along) for value, ends, *along in numbers]
    low, high = difference_intervals(
        Estimates.of([value for value, *_ in numbers], spreads), FIRST, SECOND
    )
    return low[0], high[0]


def shares(k, n):
    return k / n, proportion_confint(k, n, method="wilson")


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
    ],
)
def test_independent_shares_have_newcombes_intervals(first, second, low, high):
    """Newcombe 1998, table II, method 10, which Zou and Donner (2008) derive as MOVER-D."""
    ends = difference(shares(*first), shares(*second))
    assert ends == pytest.approx((low, high), abs=6e-5)


@given(st.integers(1, 500), st.integers(1, 500), st.data())
def test_independent_shares_agree_with_statsmodels(n1, n2, data):
    k1, k2 = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n2))
    expected = confint_proportions_2indep(k1, n1, k2, n2, method="newcomb", correction=False)
    ends = difference(shares(k1, n1), shares(k2, n2))
    assert ends == pytest.approx(expected, abs=1e-6)


def test_correlated_numbers_have_zous_interval():
    """Zou 2007: two correlations of one sample of 66, .396 and .179; theirs is -.093 to .517."""
    together = 0.05257
    ends = [
        np.tanh(np.arctanh(r) + np.array([-1, 1]) * 1.96 / math.sqrt(63)) for r in (0.396, 0.179)
    ]
    low, high = difference(
        (0.396, tuple(ends[0]), direction([1, 0])),
        (0.179, tuple(ends[1]), direction([together, math.sqrt(1 - together**2)])),
    )
    assert (low, high) == pytest.approx((-0.093, 0.517), abs=6e-4)


def test_days_in_common_are_no_difference():
    bad_days = direction([3, -1, -1, -1])
    assert difference((0.8, (0.7, 0.9), bad_days), (0.75, (0.65, 0.85), bad_days)) == pytest.approx(
        (0.05, 0.05), abs=1e-9
    )
    other_days = direction([3, -1, -1, -1], first=100)
    apart = difference((0.8, (0.7, 0.9), bad_days), (0.75, (0.65, 0.85), other_days))
    assert apart == pytest.approx((0.05 - math.hypot(0.1, 0.1), 0.05 + math.hypot(0.1, 0.1)))
    other_kind = direction([3, -1, -1, -1], evidence="cases")
    assert difference(
        (0.8, (0.7, 0.9), bad_days), (0.75, (0.65, 0.85), other_kind)
    ) == pytest.approx(apart)
    # What is better on some days while the other is worse differs the more.
    assert difference(
        (0.8, (0.7, 0.9), bad_days), (0.75, (0.65, 0.85), bad_days.turned())
    ) == pytest.approx((0.05 - 0.2, 0.05 + 0.2), abs=1e-9)


SPREADS = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.lists(st.floats(-1, 1), min_size=6, max_size=6),
        st.floats(0, 0.2),
        st.floats(0, 0.2),
        st.floats(0, 0.1),
        st.integers(0, 3),
    ),
    min_size=2,
    max_size=6,
)


@given(SPREADS)
def test_every_pair_has_the_interval_of_the_formula(rows):
    spreads = []
    for _, weights, down, up, alone, first in rows:
        some = direction(weights if np.abs(weights).max() > 0.1 else [1] * 6, first)
        spreads.append(
            Spread(
                down=(Reach(distance=down, direction=some),),
                up=(Reach(distance=up, direction=some),),
                down_alone=alone,
                up_alone=2 * alone,
            )
        )
    values = [row[0] for row in rows]
    estimates = Estimates.of(values, spreads)
    size = len(rows)
    first, second = (index.ravel() for index in np.indices((size, size)))
    low, high = difference_intervals(estimates, first, second)
    lengths = distances_below(estimates, slice(None))
    for position, (a, b) in enumerate(zip(first, second, strict=True)):
        if a == b:
            continue
        one, other = spreads[a], spreads[b]
        u, v = (
            dict(zip(d.clusters.tolist(), d.weights.tolist(), strict=True))
            for d in (one.down[0].direction, other.down[0].direction)
        )
        # Rounded weights miss length one: the correlation is that of what is left.
        scale = math.sqrt(sum(w * w for w in u.values()) * sum(w * w for w in v.values()))
        together = sum(w * v.get(cluster, 0.0) for cluster, w in u.items()) / scale
        ends = []
        for mine, its, mine_alone, its_alone in (
            (one.down[0].distance, other.up[0].distance, one.down_alone, other.up_alone),
            (one.up[0].distance, other.down[0].distance, one.up_alone, other.down_alone),
        ):
            squares = mine**2 + its**2 - 2 * together * mine * its + mine_alone**2 + its_alone**2
            ends.append(math.sqrt(max(squares, 0)))
        assert low[position] == pytest.approx(values[a] - values[b] - ends[0], abs=1e-6)
        assert high[position] == pytest.approx(values[a] - values[b] + ends[1], abs=1e-6)
        assert lengths[a, b] == pytest.approx(ends[0], abs=4e-4)


def test_numbers_turned_round_have_differences_turned_round():
    rows = [
        (0.8, (0.75, 0.95), direction([3, -1, -1, -1])),
        (0.7, (0.5, 0.72), direction([1, 1, -1, -1])),
    ]
    estimates = Estimates.of([row[0] for row in rows], [Spread.of(*row) for row in rows])
    low, high = difference_intervals(estimates, FIRST, SECOND)
    turned = difference_intervals(estimates.negated(), FIRST, SECOND)
    assert (turned[0][0], turned[1][0]) == pytest.approx((-high[0], -low[0]))


def test_degrees_of_freedom_are_satterthwaites():
    spread = Spread(
        down=(
            Reach(distance=0.3, direction=direction(range(1, 21))),
            Reach(distance=0.2, direction=direction([1, -2, 1, 3, 1], evidence="cases")),
        ),
        down_alone=0.1,
    )
    expected = (0.09 + 0.04 + 0.01) ** 2 / (0.09**2 / 19 + 0.04**2 / 4)
    assert Estimates.of([0.5], [spread]).freedom == [math.floor(expected)]
    assert Estimates.of([0.5], [Spread(down_alone=0.1)]).freedom == [math.inf]


def test_nothing_and_one_number_have_no_differences():
    assert len(Estimates.of([], [])) == 0
    assert Estimates.of([0.5], [Spread()]).distances[0].tolist() == [0.0]


def test_two_halves_of_a_month_differ_in_about_5_of_100_shuffles():
    """Days like those of a bank's call centre: 29 of them, design effect about 30."""
    draw = np.random.default_rng(12)
    apart, effects, months = 0, [], 60
    for _ in range(months):
        n = np.maximum(100, draw.normal(1040, 250, 29)).round()
        level = stats.norm.cdf(stats.norm.ppf(0.1) + draw.normal(0, 0.3, 29))
        k = draw.binomial(n.astype(int), level).astype(float)
        whole = k.sum() / n.sum()
        effects.append(29 / 28 * np.square(k - whole * n).sum() / n.sum() / (whole * (1 - whole)))
        for _ in range(20):
            order = draw.permutation(29)
            numbers = []
            for days in (np.sort(order[::2]), np.sort(order[1::2])):
                of_rows = n[days].sum()
                share = k[days].sum() / of_rows
                part = by_cluster(n[days], k[days], share * (1 - share) / of_rows, n[days])
                low, high = clustered_share_interval(
                    part.ratio, of_rows, part.effect, part.clusters
                )
                weights = unit_length(part.residuals, k[days])
                along = Direction(
                    evidence="calls by day",
                    clusters=days.astype(np.int32),
                    weights=weights.astype(np.float16),
                )
                numbers.append((float(part.ratio), (float(low), float(high)), along))
            low, high = difference(*numbers)
            apart += not low <= 0 <= high
    assert 20 < np.mean(effects) < 45
    assert 0.03 <= apart / (months * 20) <= 0.08
