"""Ranking: shrinkage, many comparisons at once, and ties that the data cannot break.

Units that share days share their bad days, so that all of it rests on differences: of two units,
and of a unit from the mean of all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from cxaudit._statistics.clusters import t_quantiles
from cxaudit._statistics.differences import Estimates, distances_below
from cxaudit._statistics.intervals import normal_quantile, t_tail

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["ENOUGH", "Comparison", "benjamini_hochberg", "compare", "ranks"]

ENOUGH = 5
"""With fewer, how far units differ can hardly be estimated (Gelman and Hill 2007, 12.9)."""
_PAIR = 2
_AT_ONCE = 1 << 20
"""Pairs that are compared at once."""


@attrs.frozen(kw_only=True, eq=False)
class Comparison:
    """Units beside each other, as arrays in the order of the units.

    Attributes:
        ranks: One more than the number of units that are surely better; equal ranks are ties.
        shrunk, shrunk_low, shrunk_high: Drawn towards the common mean as far as a unit's own data
            are weak, with the interval.
        p: Probability of such a distance from the units' common mean by errors of measurement.
        differs: 1 above and -1 below the common mean, many comparisons allowed for; else 0.
    """

    ranks: NDArray[np.int64]
    shrunk: Floats
    shrunk_low: Floats
    shrunk_high: Floats
    p: Floats
    differs: NDArray[np.int64]


def compare(
    estimates: Estimates,
    *,
    confidence: float = 0.95,
    false_share: float = 0.02,
    scale: tuple[float, float] = (0.0, 1.0),
) -> Comparison:
    """Compare numbers, of which more is better, with each other and with their common mean.

    Empirical Bayes with normal errors (Efron and Morris 1975): the spread between units is
    estimated by Paule and Mandel's method (1982), each number is drawn towards the weighted mean,
    and its interval allows for both its own error and that of the mean. Errors are those of
    differences from the mean: what moves all units alike tells none apart, and counts once, as an
    error of the mean. A standard error is the longer side of the interval over z, so a lopsided
    interval is not taken for a narrow one.

    Args:
        estimates: The numbers.
        confidence: Level of the intervals given and returned.
        false_share: Share of false claims that is accepted among those that a unit differs from
            the mean, and among those that one unit is better than another.
        scale: Ends of the scale that intervals stay in; infinite where it has none.
    """
    if not len(estimates):
        nothing, none = np.empty(0), np.empty(0, np.int64)
        return Comparison(
            ranks=none, shrunk=nothing, shrunk_low=nothing, shrunk_high=nothing, p=nothing,
            differs=none,
        )  # fmt: skip
    z, values = normal_quantile(confidence), estimates.value
    errors, common = _errors(estimates, z)
    between = _between(values, errors)
    weights = 1 / (between + np.square(errors))
    total = weights.sum()
    mean = (weights * values).sum() / total
    own = between * weights
    shrunk = own * values + (1 - own) * mean
    spread = z * np.sqrt(own * np.square(errors) + np.square(1 - own) / total + common)
    p = _from_mean(estimates, weights / total, confidence)
    side = np.where(values > mean, 1, -1)
    return Comparison(
        ranks=ranks(estimates, confidence=confidence, false_share=false_share),
        shrunk=shrunk,
        shrunk_low=np.maximum(scale[0], shrunk - spread),
        shrunk_high=np.minimum(scale[1], shrunk + spread),
        p=p,
        differs=np.where(benjamini_hochberg(p, false_share), side, 0),
    )


def ranks(
    estimates: Estimates, *, confidence: float = 0.95, false_share: float = 0.02
) -> NDArray[np.int64]:
    """Return of each unit one more than the number of units that are surely better.

    Surely better is what the interval of the difference says (`difference_intervals`), after
    Benjamini and Hochberg's correction over all pairs, as for the states of a country by Williams,
    Jones and Tukey (1999). At other levels an interval is as wide as Student's t makes it.

    Args:
        estimates: The numbers; more is better.
        confidence: Level of the intervals given.
        false_share: Share of false claims that is accepted among all that one is better.
    """
    size = len(estimates)
    pairs = size * (size - 1) // 2
    step = max(1, _AT_ONCE // max(1, size))
    chunks = [slice(start, start + step) for start in range(0, size, step)]
    usual = t_quantiles((1 + confidence) / 2, estimates.freedom)
    # With p_(k) the k-th of the ordered p-values the last k with p_(k) <= q k / pairs is wanted:
    # from all pairs on, k falls to the number of pairs that hold at its own level until it stays.
    claims, better = pairs, np.zeros(size, np.int64)
    while claims:
        level = 1 - false_share * claims / pairs / 2
        longer = t_quantiles(level, estimates.freedom) / usual
        better = np.zeros(size, np.int64)
        for rows in chunks:
            gap = estimates.value[rows, None] - estimates.value[None, :]
            # Fewer degrees of freedom make longer intervals; of two units the fewer count.
            reach = np.maximum(longer[rows, None], longer[None, :])
            better += (gap > reach * distances_below(estimates, rows)).sum(axis=0)
        if better.sum() >= claims:
            break
        claims = int(better.sum())
    return 1 + better


def benjamini_hochberg(p: Floats, false_share: float = 0.05) -> NDArray[np.bool_]:
    """Tell which of many tests hold, with a bounded share of false alarms among them.

    Benjamini and Hochberg 1995: with the p-values in order, all up to the last one that lies
    at or under its rank's share of ``false_share``.
    """
    ordered = np.sort(p)
    held = ordered <= false_share * np.arange(1, len(p) + 1) / max(1, len(p))
    holds: NDArray[np.bool_] = p <= ordered[held].max(initial=-1.0)
    return holds


def _errors(estimates: Estimates, z: float) -> tuple[Floats, float]:
    """Return standard errors beside the common mean, and the square of what all share.

    For numbers that vary by themselves the errors are their own, and nothing is shared.
    """
    down, up = estimates.distances
    own = np.maximum(np.maximum(down, up), estimates.least)
    weights = 1 / np.square(own)
    weights /= weights.sum()
    longer = (up > down)[:, None]
    vectors = np.where(longer, estimates.up, estimates.down)
    alone = np.where(longer[:, 0], estimates.up_alone, estimates.down_alone)
    mean = weights @ vectors
    beside = np.square(vectors - mean).sum(axis=1)
    # A mean by inverse variances takes its share out of each distance, if all are independent.
    rest = 1 - weights
    beside = np.divide(beside, rest, where=rest > 0, out=np.zeros_like(beside))
    if len(estimates) < _PAIR:
        beside = np.square(vectors).sum(axis=1)
    errors = np.maximum(np.sqrt(beside + alone), estimates.least) / z
    of_mean = np.square(mean).sum() + (np.square(weights) * alone).sum()
    common = of_mean / z**2 - np.square(weights * errors).sum()
    return errors, max(0.0, float(common))


def _from_mean(estimates: Estimates, weights: Floats, confidence: float) -> Floats:
    """Return the p-value of each number's difference from the weighted mean of all.

    MOVER for a sum (Zou, Huang and Zhang 2009): below ``a - mean`` lies the lower distance of
    the share of a that is not in the mean, beside the upper ones of all others in it.
    """
    gap = estimates.value - weights @ estimates.value
    rest, share = 1 - weights, weights[:, None]
    squares = []
    for own, own_alone, others, others_alone in (
        (estimates.down, estimates.down_alone, estimates.up, estimates.up_alone),
        (estimates.up, estimates.up_alone, estimates.down, estimates.down_alone),
    ):
        vector = rest[:, None] * own - (weights @ others - share * others)
        alone = np.square(weights) * others_alone
        squares.append(
            np.square(vector).sum(axis=1) + np.square(rest) * own_alone + alone.sum() - alone
        )
    distance = np.sqrt(np.maximum(np.where(gap > 0, *squares), 0.0))
    if len(estimates) < _PAIR:
        return np.ones(len(estimates))
    distance = np.maximum(distance, estimates.least)
    usual = t_quantiles((1 + confidence) / 2, estimates.freedom)
    points = usual * np.abs(gap) / distance
    return np.array(
        [
            2 * t_tail(point, freedom)
            for point, freedom in zip(points.tolist(), estimates.freedom.tolist(), strict=True)
        ]
    )


def _between(values: Floats, errors: Floats) -> float:
    """Return the variance between units, at which the weighted squares are what they should be."""

    def excess(between: float) -> float:
        weights = 1 / (between + np.square(errors))
        mean = (weights * values).sum() / weights.sum()
        return float((weights * np.square(values - mean)).sum()) - (len(values) - 1)

    if len(values) < _PAIR or excess(0.0) <= 0:
        return 0.0
    low, high = 0.0, 1.0
    while excess(high) > 0:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return (low + high) / 2
