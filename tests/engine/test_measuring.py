"""Measurements: values and intervals from statistics."""

from __future__ import annotations

from cxaudit._audit.measuring.measure import measurement_of
from cxaudit._audit.measuring.statistics import quantile_levels
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


def test_a_small_sample_has_no_bound_for_an_extreme_quantile():
    """With 20 rows, nothing bounds the 95th percentile from above at 95 % confidence."""
    low, high = quantile_levels(20, 0.95)
    assert high is None
    assert low is not None
