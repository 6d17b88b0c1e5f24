"""Levels of ranks that bound a quantile."""

from __future__ import annotations

from cxaudit._audit.measuring.statistics import quantile_levels


def test_a_small_sample_has_no_bound_for_an_extreme_quantile():
    """With 20 rows, nothing bounds the 95th percentile from above at 95 % confidence."""
    low, high = quantile_levels(20, 0.95)
    assert high is None
    assert low is not None
