"""Ranking: shrinkage, many comparisons at once, and ties that the data cannot break."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from statistics import NormalDist

import attrs

from cxaudit._statistics.intervals import normal_quantile

__all__ = ["ENOUGH", "Compared", "benjamini_hochberg", "compare", "rank"]

ENOUGH = 5
"""With fewer, how far units differ can hardly be estimated (Gelman and Hill 2007, 12.9)."""
_PAIR = 2


@attrs.frozen(kw_only=True)
class Compared:
    """A unit beside the others.

    Attributes:
        name: Its name.
        value, low, high: As measured.
        shrunk, shrunk_low, shrunk_high: Drawn towards the common mean as far as its own data
            are weak.
        p: Probability of such a distance from the units' common mean by errors of measurement.
        differs: 1 above and -1 below the common mean, many comparisons allowed for; else 0.
    """

    name: str
    value: float
    low: float
    high: float
    shrunk: float
    shrunk_low: float
    shrunk_high: float
    p: float
    differs: int


def compare(
    scores: Mapping[str, tuple[float, float, float]],
    *,
    confidence: float = 0.95,
    false_share: float = 0.05,
    scale: tuple[float, float] = (0.0, 1.0),
) -> tuple[Compared, ...]:
    """Compare scores with their common mean, in the order given.

    Empirical Bayes with normal errors (Efron and Morris 1975): the spread between units is
    estimated by Paule and Mandel's method (1982), each score is drawn towards the weighted mean,
    and its interval allows for both its own error and that of the mean. A standard error is the
    longer side of the interval over z, so a lopsided interval is not taken for a narrow one.

    Args:
        scores: Name to ``(value, low, high)``.
        confidence: Level of the intervals given and returned.
        false_share: Share of false alarms that is accepted among those that differ.
        scale: Ends of the scale that intervals stay in; infinite where it has none.
    """
    if not scores:
        return ()
    z = normal_quantile(confidence)
    names = list(scores)
    values = [scores[name][0] for name in names]
    # An interval of no width stays finite: the tenth of a thousandth counts as no error.
    errors = [max(value - low, high - value, 1e-5) / z for value, low, high in scores.values()]
    between = _between(values, errors)
    weights = [1 / (between + error**2) for error in errors]
    total = math.fsum(weights)
    mean = math.fsum(w * value for w, value in zip(weights, values, strict=True)) / total
    noise = math.fsum((w * error) ** 2 for w, error in zip(weights, errors, strict=True)) / total**2
    compared, chances = [], []
    for value, error, weight in zip(values, errors, weights, strict=True):
        weight_of_unit = between * weight
        # From the mean of these very units, of which the unit is one: only errors of measurement.
        distance = math.sqrt(max(error**2 * (1 - 2 * weight / total) + noise, 0.0))
        chances.append(_two_sided((value - mean) / distance) if distance else 1.0)
        spread = z * math.sqrt(weight_of_unit * error**2 + (1 - weight_of_unit) ** 2 / total)
        shrunk = weight_of_unit * value + (1 - weight_of_unit) * mean
        compared.append((shrunk, max(scale[0], shrunk - spread), min(scale[1], shrunk + spread)))
    flags = benjamini_hochberg(chances, false_share)
    return tuple(
        Compared(
            name=name,
            value=scores[name][0],
            low=scores[name][1],
            high=scores[name][2],
            shrunk=shrunk,
            shrunk_low=low,
            shrunk_high=high,
            p=p,
            differs=(1 if scores[name][0] > mean else -1) if differs else 0,
        )
        for name, (shrunk, low, high), p, differs in zip(
            names, compared, chances, flags, strict=True
        )
    )


def rank(
    scores: Mapping[str, tuple[float, float, float]],
    *,
    confidence: float = 0.95,
    scale: tuple[float, float] = (0.0, 1.0),
) -> tuple[tuple[int, Compared], ...]:
    """Return scores with their ranks, best first; equal ranks are ties.

    A unit's rank is one more than the number of units whose interval lies wholly above its own,
    so two units whose intervals overlap are never told apart by each other alone. From `ENOUGH`
    units on these are the shrunk intervals; with fewer a unit keeps its own, in ``shrunk`` too.

    Args:
        scores: Name to ``(value, low, high)``.
        confidence: Level of the intervals.
        scale: As in `compare`.
    """
    comparison = compare(scores, confidence=confidence, scale=scale)
    if len(comparison) < ENOUGH:
        comparison = tuple(
            attrs.evolve(one, shrunk=one.value, shrunk_low=one.low, shrunk_high=one.high)
            for one in comparison
        )
    lows = sorted(one.shrunk_low for one in comparison)
    ranked = [(1 + len(lows) - bisect_right(lows, one.shrunk_high), one) for one in comparison]
    return tuple(sorted(ranked, key=lambda entry: (entry[0], -entry[1].shrunk, entry[1].name)))


def benjamini_hochberg(chances: Sequence[float], false_share: float = 0.05) -> tuple[bool, ...]:
    """Tell which of many tests hold, with a bounded share of false alarms among them.

    Benjamini and Hochberg 1995: with the p-values in order, all up to the last one that lies
    at or under its rank's share of ``false_share``.
    """
    ordered = sorted(chances)
    limit = max(
        (p for rank, p in enumerate(ordered, 1) if p <= false_share * rank / len(ordered)),
        default=-1.0,
    )
    return tuple(p <= limit for p in chances)


def _two_sided(z: float) -> float:
    return 2 * NormalDist().cdf(-abs(z))


def _between(values: Sequence[float], errors: Sequence[float]) -> float:
    """Return the variance between units, at which the weighted squares are what they should be."""

    def excess(between: float) -> float:
        weights = [1 / (between + error**2) for error in errors]
        pairs = list(zip(weights, values, strict=True))
        mean = math.fsum(w * value for w, value in pairs) / math.fsum(weights)
        return math.fsum(w * (value - mean) ** 2 for w, value in pairs) - (len(values) - 1)

    if len(values) < _PAIR or excess(0.0) <= 0:
        return 0.0
    low, high = 0.0, 1.0
    while excess(high) > 0:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return (low + high) / 2
