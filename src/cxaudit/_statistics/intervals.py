"""Confidence intervals in closed form, from sufficient statistics alone.

All are two-sided; ``confidence`` is the level, 0.95 unless said otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist

__all__ = [
    "Interval",
    "normal_quantile",
    "quantile_ranks",
    "t_quantile",
    "t_tail",
    "wilson",
]

Interval = tuple[float, float]

_TINY = 1e-300
_SERIES_FROM = 1000.0


def wilson(k: float, n: float, confidence: float = 0.95) -> Interval:
    """Return Wilson's score interval of a share (Wilson 1927).

    Args:
        k: Rows or cases that hold; need not be whole, as for an effective sample.
        n: Rows or cases; 0 gives (0, 1), for nothing is known.
        confidence: Level of the interval.

    Raises:
        ValueError: If ``k`` lies outside 0 to ``n``.
    """
    if not 0 <= k <= n:
        msg = f"{k} of {n} is no share"
        raise ValueError(msg)
    if n == 0:
        return 0.0, 1.0
    z = normal_quantile(confidence)
    share, z2 = k / n, z * z
    centre = share + z2 / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    scale = 1 + z2 / n
    low = 0.0 if k == 0 else max(0.0, (centre - spread) / scale)
    high = 1.0 if k == n else min(1.0, (centre + spread) / scale)
    return low, high


def quantile_ranks(
    n: int, quantile: float, confidence: float = 0.95
) -> tuple[int | None, int | None]:
    """Return the ranks (from 1) of the ordered rows that bound a quantile.

    Exact, by the binomial distribution, each tail at most half of what ``confidence`` leaves
    (Conover 1999, 3.2). An end is None where the sample is too small to have it. Rank r is the
    type 7 quantile at level ``(r - 1) / (n - 1)``.
    """
    tail = (1 - confidence) / 2
    middle, spread = n * quantile, math.sqrt(n * quantile * (1 - quantile))
    away = normal_quantile(confidence) * spread
    low = (
        _first(n, lambda rank: _binomial_cdf(rank - 1, n, quantile) > tail, near=middle - away) - 1
    )
    high = _first(
        n, lambda rank: _binomial_cdf(n - rank, n, 1 - quantile) <= tail, near=middle + away
    )
    return (low if low >= 1 else None), (high if high <= n else None)


@lru_cache(maxsize=64)
def normal_quantile(confidence: float) -> float:
    """Return z such that a standard normal lies within -z and z with this probability.

    Raises:
        ValueError: If ``confidence`` is not between 0 and 1.
    """
    if not 0 < confidence < 1:
        msg = f"confidence {confidence} does not lie between 0 and 1"
        raise ValueError(msg)
    return NormalDist().inv_cdf((1 + confidence) / 2)


@lru_cache(maxsize=4096)
def t_quantile(probability: float, freedom: float) -> float:
    """Return the quantile of Student's t distribution.

    Up to 1,000 degrees of freedom, Newton's method on the incomplete beta function; above, the
    series in 1 / freedom (Abramowitz and Stegun 1964, 26.7.5), exact there to 1e-13.

    Raises:
        ValueError: If an argument lies outside its range.
    """
    if not 0 < probability < 1 or not freedom > 0:
        msg = f"t has no quantile at {probability} with {freedom} degrees of freedom"
        raise ValueError(msg)
    if probability < 0.5:  # noqa: PLR2004 - the middle
        return -t_quantile(1 - probability, freedom)
    guess = _t_series(probability, max(freedom, 3.0))
    if freedom > _SERIES_FROM:
        return guess
    tail = 1 - probability
    low, high = 0.0, 1.0
    while t_tail(high, freedom) > tail:
        low, high = high, high * 2
    point = guess if low < guess < high else (low + high) / 2
    scale = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)
    constant = math.exp(scale) / math.sqrt(freedom * math.pi)
    for _ in range(200):
        excess = t_tail(point, freedom) - tail
        low, high = (point, high) if excess > 0 else (low, point)
        density = constant * (1 + point * point / freedom) ** (-(freedom + 1) / 2)
        step = point + excess / density
        previous, point = point, step if low < step < high else (low + high) / 2
        if abs(point - previous) <= 1e-15 * max(1.0, point):
            break
    return point


def _t_series(probability: float, freedom: float) -> float:
    z = NormalDist().inv_cdf(probability)
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * freedom**4)
    )


def t_tail(point: float, freedom: float) -> float:
    """Return the probability that Student's t lies beyond a point from 0."""
    if freedom == math.inf:
        return math.erfc(point / math.sqrt(2)) / 2
    return 0.5 * _beta(freedom / (freedom + point * point), freedom / 2, 0.5)


def _binomial_cdf(k: int, n: int, probability: float) -> float:
    if k < 0:
        return 0.0
    return 1.0 if k >= n else _beta(1 - probability, n - k, k + 1)


def _beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function, by Lentz's continued fraction."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(1 - x, b, a)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, 1000 + 20 * math.isqrt(int(a + b))):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = 1 / _away(1 + even * d), _away(1 + even / c)
        fraction *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = 1 / _away(1 + odd * d), _away(1 + odd / c)
        fraction *= d * c
        if abs(d * c - 1) < 1e-16:  # noqa: PLR2004 - below what a float can tell
            break
    return front * fraction / a


def _away(number: float) -> float:
    return number if abs(number) > _TINY else _TINY


def _first(n: int, condition: Callable[[int], bool], near: float) -> int:
    """Return the first of the ranks 1 to n from which a condition holds on, else n + 1.

    It is looked for from a rank on that is ``near``, in steps that double.
    """
    low, high, step = 1, n + 1, 1
    at = min(max(1, round(near)), n)
    if condition(at):
        high = at
        while high - step >= 1 and condition(high - step):
            high, step = high - step, 2 * step
        low = max(low, high - step)
    else:
        low = at + 1
        while low + step <= n and not condition(low + step):
            low, step = low + step + 1, 2 * step
        high = min(high, low + step)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if condition(middle) else (middle + 1, high)
    return low
