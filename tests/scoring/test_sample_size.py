"""How many rows would do, and how sure some would be, by statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import normal_sample_size_one_tail
from statsmodels.stats.proportion import proportion_confint

from cxaudit._statistics.sample_size import half_widths, rows_needed


def half(n, effect=1.0, clusters=None):
    arrays = (np.array([number], dtype=float) for number in (n, effect, clusters or n))
    return float(half_widths(0.8, *arrays)[0])


@pytest.mark.parametrize(("n", "effect", "clusters"), [(30, 1, None), (3000, 20, 28), (2, 1, 2)])
def test_half_the_width_is_wilsons_over_the_effective_number(n, effect, clusters):
    freedom = stats.norm.ppf(0.975) / stats.t.ppf(0.975, (clusters or n) - 1)
    effective = n / effect * freedom**2
    low, high = proportion_confint(0.8 * effective, effective, method="wilson")
    assert half(n, effect, clusters) == pytest.approx((high - low) / 2)


def test_one_case_tells_nothing_of_chance():
    assert math.isnan(half(1))


def test_rows_needed_are_those_of_a_test_of_one_share():
    """85.5 by hand: (1.96 sqrt(.9 .1) + 0.842 sqrt(.8 .2))^2 / .1^2."""
    wanted = normal_sample_size_one_tail(
        0.1, power=0.8, alpha=0.025, std_null=0.3, std_alternative=0.4
    )
    assert rows_needed(0.8, 0.9, np.array([1.0, 20.0])).tolist() == [
        math.ceil(wanted),
        math.ceil(20 * wanted),
    ]


def test_so_many_rows_tell_the_shares_apart_in_80_of_100_audits():
    needed = int(rows_needed(0.8, 0.9, np.array([1.0]))[0])
    powers = []
    # A count jumps, so the power of one size is a matter of luck; that of sizes nearby is not.
    for n in range(needed - 10, needed + 11):
        k = np.arange(n + 1)
        rejected = np.abs(k / n - 0.9) > stats.norm.ppf(0.975) * np.sqrt(0.9 * 0.1 / n)
        powers.append(stats.binom.pmf(k[rejected], n, 0.8).sum())
    assert np.mean(powers) == pytest.approx(0.8, abs=0.02)
