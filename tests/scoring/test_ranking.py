"""Ranking: ties that the data cannot break, shrinkage, and many comparisons at once."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from cxaudit._model.directions import Direction, Spread
from cxaudit._statistics.clusters import by_cluster, clustered_share_interval, unit_length
from cxaudit._statistics.differences import Estimates
from cxaudit._statistics.intervals import wilson
from cxaudit._statistics.ranking import benjamini_hochberg, compare, ranks


def estimates(*rows):
    """Return numbers that vary by themselves, each with the ends of its interval."""
    return Estimates.of(
        [value for value, _low, _high in rows],
        [Spread.of(value, (low, high)) for value, low, high in rows],
    )


def shares(*counts):
    return estimates(*((k / n, *wilson(k, n)) for k, n in counts))


def test_five_perfect_visits_do_not_beat_950_of_1000():
    assert ranks(shares((5, 5), (950, 1000))).tolist() == [1, 1]


def test_a_clear_difference_breaks_the_tie():
    compared = compare(shares((950, 1000), (300, 1000), (620, 1000)))
    assert compared.ranks.tolist() == [1, 3, 2]
    assert compared.differs.tolist() == [1, -1, 0]


def test_nothing_and_one_alone_are_compared_with_nothing():
    assert ranks(Estimates.of([], [])).tolist() == []
    assert compare(Estimates.of([], [])).shrunk.tolist() == []
    compared = compare(shares((7, 10)))
    assert (compared.ranks.tolist(), compared.differs.tolist()) == ([1], [0])


COUNTS = st.lists(
    st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    min_size=1,
    max_size=12,
)


@given(COUNTS)
def test_shrinkage_draws_towards_the_others_and_never_past_them(counts):
    compared = compare(shares(*counts))
    values = [k / n for k, n in counts]
    assert (compared.shrunk >= min(values) - 1e-12).all()
    assert (compared.shrunk <= max(values) + 1e-12).all()
    assert (compared.shrunk_low >= 0).all()
    assert (compared.shrunk_low <= compared.shrunk + 1e-12).all()
    assert (compared.shrunk_high <= 1).all()
    assert (compared.shrunk_high >= compared.shrunk - 1e-12).all()
    assert ((compared.p >= 0) & (compared.p <= 1)).all()


@given(COUNTS)
def test_ranks_count_the_pairs_that_hold_after_benjamini_and_hochberg(counts):
    """Each pair by Newcombe's interval turned into a p-value, and statsmodels' correction."""
    z = stats.norm.ppf(0.975)
    units = [(k / n, *wilson(k, n)) for k, n in counts]
    pairs = [(i, j) for i in range(len(units)) for j in range(i)]
    chances = []
    for i, j in pairs:
        (better, low, _), (worse, _, high) = sorted((units[i], units[j]), reverse=True)
        distance = math.hypot(better - low, high - worse)
        chances.append(2 * stats.norm.sf(z * (better - worse) / distance))
    held = multipletests(chances, alpha=0.02, method="fdr_bh")[0] if pairs else []
    expected = [1] * len(units)
    for (i, j), holds in zip(pairs, held, strict=True):
        if holds:
            expected[min(i, j, key=lambda at: units[at][0])] += 1
    assert ranks(shares(*counts)).tolist() == expected


def test_four_houses_whose_ends_lie_close_are_tied_and_the_last_is_not():
    """The restaurants of the example."""
    houses = ((0.91, 0.81, 0.94), (0.88, 0.78, 0.94), (0.78, 0.65, 0.86), (0.69, 0.57, 0.77))
    assert ranks(estimates(*houses)).tolist() == [1, 1, 1, 3]


def test_few_days_make_longer_intervals_where_many_are_compared():
    """Three days and 2,000 with the same ends at 95 %: beyond, Student's tails differ."""

    def houses(days):
        weights = np.resize([1.0, -1.0, 0.5], days)
        weights /= np.sqrt(np.square(weights).sum())
        rows = [(0.9, 0), (0.7, 9_000), *((0.8, 9_000 * i) for i in range(2, 10))]
        spreads = [
            Spread.of(
                value,
                (value - 0.07, value + 0.07),
                Direction(
                    evidence="calls by day",
                    clusters=np.arange(first, first + days, dtype=np.int32),
                    weights=weights.astype(np.float16),
                ),
            )
            for value, first in rows
        ]
        return Estimates.of([value for value, _ in rows], spreads)

    # A difference of .2 whose interval reaches .099: p is .013 by t of 2 and 8e-5 by a normal;
    # .02 / 45 is wanted of the first of 45 pairs.
    assert max(ranks(houses(3))) == 1
    assert max(ranks(houses(2000))) == 2


def test_weak_data_shrink_more():
    compared = compare(shares((2, 4), (500, 1000), (900, 1000), (800, 1000)))
    assert abs(compared.shrunk[0] - 0.5) > abs(compared.shrunk[1] - 0.5)


def test_alike_units_shrink_to_their_mean():
    compared = compare(estimates(*[(0.5, 0.3, 0.7)] * 3))
    assert compared.shrunk == pytest.approx([0.5] * 3)
    assert not compared.differs.any()


def test_the_spread_between_units_is_that_of_paule_and_mandel():
    from statsmodels.stats.meta_analysis import combine_effects

    values = np.array([0.5, 0.62, 0.71, 0.9])
    errors = np.array([0.05, 0.04, 0.06, 0.03])
    z = 1.959963984540054
    expected = combine_effects(values, np.square(errors), method_re="iterated", atol=1e-12)
    weights = 1 / (expected.tau2 + errors**2)
    mean = (weights * values).sum() / weights.sum()
    own = expected.tau2 * weights
    compared = compare(
        estimates(*zip(values, values - z * errors, values + z * errors, strict=True))
    )
    assert compared.shrunk == pytest.approx(own * values + (1 - own) * mean, abs=1e-6)
    ends = z * np.sqrt(own * errors**2 + (1 - own) ** 2 / weights.sum())
    assert compared.shrunk_low == pytest.approx(compared.shrunk - ends, abs=1e-6)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_benjamini_hochberg_agrees_with_statsmodels(chances):
    expected = multipletests(chances, alpha=0.05, method="fdr_bh")[0]
    ours = benjamini_hochberg(np.array(chances))
    for p, one, other in zip(chances, ours, expected, strict=True):
        assert one == bool(other) or p == pytest.approx(0.05)


def test_benjamini_and_hochbergs_own_fifteen_tests():
    # Benjamini and Hochberg 1995, section 4: four of fifteen are rejected, Bonferroni's three.
    chances = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240,
        0.4262, 0.5719, 0.6528, 0.7590, 1.0,
    ]  # fmt: skip
    assert benjamini_hochberg(np.array(chances)).sum() == 4
    assert benjamini_hochberg(np.array([])).tolist() == []


def sites(draw, *, days, calls, shared, own=0.0, worked=1.0, truth=0.8):
    """Return the shares of sites with good and bad days, of which each works some.

    Args:
        draw: Random numbers.
        days: How many there are.
        calls: Of a site and day.
        shared: How alike the calls of a day are at all sites, as a latent correlation.
        own: The same at one site.
        worked: Share of the days on which a site works.
        truth: What each site really reaches.
    """
    truth = np.broadcast_to(truth, 12)
    level = draw.normal(0, math.sqrt(shared), days) + draw.normal(0, math.sqrt(own), (12, days))
    chance = stats.norm.cdf((stats.norm.ppf(truth)[:, None] - level) / math.sqrt(1 - shared - own))
    n = (1 + draw.poisson(calls, (12, days))) * (draw.random((12, days)) < worked)
    k = draw.binomial(n, chance).astype(float)
    share, total = k.sum(axis=1) / n.sum(axis=1), n.sum(axis=1).astype(float)
    part = by_cluster(n.astype(float), k, share * (1 - share) / total, n)
    low, high = clustered_share_interval(share, total, part.effect, part.clusters)
    spreads = []
    for site, weights in enumerate(unit_length(part.residuals, k)):
        held = np.flatnonzero(weights)
        along = Direction(
            evidence="calls by day",
            clusters=held.astype(np.int32),
            weights=weights[held].astype(np.float16),
        )
        spreads.append(Spread.of(share[site], (low[site], high[site]), along))
    return Estimates.of(share, spreads)


@pytest.mark.slow
@pytest.mark.parametrize(
    "audit",
    [
        {"days": 20, "calls": 100, "shared": 0.066},
        {"days": 20, "calls": 60, "shared": 0.066, "own": 0.02},
        {"days": 40, "calls": 60, "shared": 0.066, "worked": 0.5},
    ],
    ids=["shared bad days", "bad days of each site too", "each works other days"],
)
def test_twelve_equal_sites_are_not_told_apart(audit):
    draw = np.random.default_rng(3)
    audits = 400
    compared = [compare(sites(draw, **audit)) for _ in range(audits)]
    assert sum(one.differs.any() for one in compared) / audits <= 0.06
    assert sum(one.ranks.max() > 1 for one in compared) / audits <= 0.03


@pytest.mark.slow
def test_a_site_that_is_worse_by_10_points_is_found_behind_shared_bad_days():
    """Its own interval is some 4 points to each side, and those of all sites move together."""
    draw = np.random.default_rng(4)
    truth = np.array([0.7, *[0.8] * 11])
    compared = [
        compare(sites(draw, days=20, calls=100, shared=0.066, truth=truth)) for _ in range(100)
    ]
    assert sum(one.differs[0] == -1 for one in compared) >= 99
    assert sum(one.ranks[0] == 12 for one in compared) >= 90
