"""Measurements: values and intervals from statistics, and how they merge."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxaudit._audit.measuring.measurement import measurement_of, merge, quantile_levels
from cxaudit._model.metrics import Metric

PLACE = {"unit": "root", "touchpoint": "phone"}


def metric(kind, **fields):
    return Metric(id="m", table="calls", kind=kind, **fields)


def test_a_share_over_nothing_has_no_value():
    found = measurement_of(metric("share"), {"k": 0, "n": 0}, **PLACE)
    assert (found.value, found.low, found.high, found.n) == (None, None, None, 0)


def test_a_count_of_nothing_is_zero():
    assert measurement_of(metric("count"), {"n": 0}, **PLACE).value == 0


def test_wilsons_published_interval_stands_in_a_measurement():
    """Newcombe 1998, table I: 81 of 263 gives .2553 to .3662."""
    found = measurement_of(metric("share"), {"k": 81, "n": 263}, **PLACE)
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)


numbers = st.floats(-1e6, 1e6)


def of_rows(rows):
    n, mean = len(rows), math.fsum(rows) / len(rows)
    squares = math.fsum((row - mean) ** 2 for row in rows)
    statistics = {"n": n, "sum": math.fsum(rows), "sum2": squares, "shift": mean}
    return measurement_of(metric("mean"), statistics, **PLACE)


@given(st.lists(numbers, min_size=1), st.lists(numbers, min_size=1))
def test_merged_means_are_those_of_all_rows(first, second):
    merged = merge(metric("mean"), of_rows(first), of_rows(second))
    whole = of_rows(first + second)
    assert merged.n == whole.n
    assert merged.value == pytest.approx(whole.value, abs=1e-6)
    assert merged.statistics["sum2"] == pytest.approx(whole.statistics["sum2"], rel=1e-6, abs=1e-3)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_merged_shares_are_sums_before_ratios(k1, more1, k2, more2):
    first = measurement_of(metric("share"), {"k": k1, "n": k1 + more1}, **PLACE)
    second = measurement_of(metric("share"), {"k": k2, "n": k2 + more2}, **PLACE)
    whole = measurement_of(metric("share"), {"k": k1 + k2, "n": k1 + more1 + k2 + more2}, **PLACE)
    assert merge(metric("share"), first, second).value == whole.value


def test_quantiles_refuse_to_merge():
    found = measurement_of(metric("quantile", quantile=0.9), {"n": 3, "value": 1.0}, **PLACE)
    with pytest.raises(ValueError, match="do not merge"):
        merge(metric("quantile", quantile=0.9), found, found)


def test_a_small_sample_has_no_bound_for_an_extreme_quantile():
    """With 20 rows, nothing bounds the 95th percentile from above at 95 % confidence."""
    low, high = quantile_levels(20, 0.95)
    assert high is None
    assert low is not None
