"""Ranking: ties that the data cannot break, shrinkage, and many comparisons at once."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from cxaudit._statistics.intervals import wilson
from cxaudit._statistics.ranking import ENOUGH, benjamini_hochberg, compare, rank


def shares(**counts):
    return {name: (k / n, *wilson(k, n)) for name, (k, n) in counts.items()}


def test_five_perfect_visits_do_not_beat_950_of_1000():
    ranks = {one.name: place for place, one in rank(shares(small=(5, 5), large=(950, 1000)))}
    assert ranks == {"small": 1, "large": 1}


def test_a_clear_difference_breaks_the_tie():
    rows = rank(shares(good=(950, 1000), bad=(300, 1000), middle=(620, 1000)))
    assert [(one.name, place) for place, one in rows] == [("good", 1), ("middle", 2), ("bad", 3)]
    assert rows[0][1].differs
    assert rows[2][1].differs


def test_nothing_to_rank_is_no_rank():
    assert rank({}) == ()


COUNTS = st.lists(
    st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    min_size=1,
    max_size=12,
)


@given(COUNTS)
def test_shrinkage_draws_towards_the_others_and_never_past_them(counts):
    scores = {f"u{i}": (k / n, *wilson(k, n)) for i, (k, n) in enumerate(counts)}
    found = compare(scores)
    values = [one.value for one in found]
    for one in found:
        assert min(values) - 1e-12 <= one.shrunk <= max(values) + 1e-12
        assert 0 <= one.shrunk_low <= one.shrunk + 1e-12
        assert one.shrunk - 1e-12 <= one.shrunk_high <= 1
        assert 0 <= one.p <= 1


@given(COUNTS)
def test_ranks_start_at_1_and_overlapping_neighbours_are_no_order(counts):
    scores = {f"u{i}": (k / n, *wilson(k, n)) for i, (k, n) in enumerate(counts)}
    rows = rank(scores)
    ranks = [place for place, _ in rows]
    assert ranks == sorted(ranks)
    assert ranks[0] == 1
    for place, one in rows:
        above = [other for _, other in rows if other.shrunk_low > one.shrunk_high]
        assert place == 1 + len(above)


@given(COUNTS)
def test_few_units_are_ranked_by_the_intervals_that_are_their_own(counts):
    """So units whose own intervals do not overlap are never told to be tied."""
    scores = {f"u{i}": (k / n, *wilson(k, n)) for i, (k, n) in enumerate(counts[: ENOUGH - 1])}
    rows = rank(scores)
    for place, one in rows:
        assert place == 1 + sum(other.low > one.high for _, other in rows)


def test_four_houses_that_did_not_overlap_are_not_tied():
    """The restaurants of the example: with four, how far they differ can hardly be estimated."""
    houses = {
        "quay": (0.91, 0.81, 0.94),
        "station": (0.88, 0.78, 0.94),
        "market": (0.78, 0.65, 0.86),
        "docks": (0.69, 0.57, 0.77),
    }
    assert [(one.name, place) for place, one in rank(houses)] == [
        ("quay", 1),
        ("station", 1),
        ("market", 1),
        ("docks", 3),
    ]


def test_what_differs_lies_on_a_side():
    found = compare(shares(good=(950, 1000), middle=(640, 1000), bad=(300, 1000)))
    assert [one.differs for one in found] == [1, 0, -1]


def test_weak_data_shrink_more():
    found = {
        one.name: one
        for one in compare(shares(a=(2, 4), b=(500, 1000), c=(900, 1000), d=(800, 1000)))
    }
    assert abs(found["a"].shrunk - 0.5) > abs(found["b"].shrunk - 0.5)


def test_alike_units_shrink_to_their_mean():
    found = compare(dict.fromkeys("abc", (0.5, 0.3, 0.7)))
    assert [one.shrunk for one in found] == pytest.approx([0.5] * 3)
    assert not any(one.differs for one in found)


def test_the_spread_between_units_is_that_of_paule_and_mandel():
    from statsmodels.stats.meta_analysis import combine_effects

    values = [0.5, 0.62, 0.71, 0.9]
    errors = [0.05, 0.04, 0.06, 0.03]
    z = 1.959963984540054
    scores = {
        str(i): (value, value - z * error, value + z * error)
        for i, (value, error) in enumerate(zip(values, errors, strict=True))
    }
    expected = combine_effects(
        np.array(values), np.square(errors), method_re="iterated", atol=1e-12
    )
    weights = [1 / (expected.tau2 + error**2) for error in errors]
    mean = math.fsum(w * v for w, v in zip(weights, values, strict=True)) / math.fsum(weights)
    for one, error in zip(compare(scores), errors, strict=True):
        own = expected.tau2 / (expected.tau2 + error**2)
        assert one.shrunk == pytest.approx(own * one.value + (1 - own) * mean, abs=1e-6)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_benjamini_hochberg_agrees_with_statsmodels(chances):
    expected = multipletests(chances, alpha=0.05, method="fdr_bh")[0]
    ours = benjamini_hochberg(chances)
    for p, one, other in zip(chances, ours, expected, strict=True):
        assert one == bool(other) or p == pytest.approx(0.05)


def test_benjamini_and_hochbergs_own_fifteen_tests():
    # Benjamini and Hochberg 1995, section 4: four of fifteen are rejected, Bonferroni's three.
    chances = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240,
        0.4262, 0.5719, 0.6528, 0.7590, 1.0,
    ]  # fmt: skip
    assert sum(benjamini_hochberg(chances)) == 4
    assert benjamini_hochberg([]) == ()
