"""Differences of numbers that vary together: MOVER-D, by the vectors of their evidence."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import attrs
import numpy as np

from cxaudit._model.directions import Reach, Spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.intp]

__all__ = ["Estimates", "difference_intervals", "distances_below"]

_SHORT = 1e-3
"""Directions are kept as 16-bit floats: less than this of a distance is rounding."""
_LEAST = 1e-5
"""An interval of no width stays finite: this of the largest number counts as no error."""
_MANY = 1000


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Estimates:
    """Numbers with the distances to both ends of their intervals.

    Attributes:
        value: The numbers.
        down, up: Their distances along directions: arrays of (number, cluster), of the clusters
            that at least two numbers hold.
        down_alone, up_alone: Squares of the distances that no other number shares.
        freedom: Degrees of freedom of the distances, whole; infinite from 1,000 on.
    """

    value: Floats
    down: Floats
    up: Floats
    down_alone: Floats
    up_alone: Floats
    freedom: Floats

    @classmethod
    def of(cls, value: Sequence[float], spreads: Sequence[Spread]) -> Estimates:
        """Return numbers with their spreads."""
        names = dict.fromkeys(
            reach.direction.evidence for spread in spreads for reach in (*spread.down, *spread.up)
        )
        evidence = {name: code for code, name in enumerate(names)}
        down = _entries([spread.down for spread in spreads], evidence)
        up = _entries([spread.up for spread in spreads], evidence)
        size = max(1, len(value))
        clusters, code = np.unique(np.concatenate([down[0], up[0]]), return_inverse=True)
        held = np.unique(code * size + np.concatenate([down[1], up[1]]))
        many = np.bincount(held // size, minlength=len(clusters)) > 1
        column = np.cumsum(many) - 1
        parts = []
        for (_, number, amount), codes in zip(
            (down, up), np.split(code, [len(down[0])]), strict=True
        ):
            shared = many[codes]
            vectors = np.zeros((len(value), int(many.sum())))
            vectors[number[shared], column[codes[shared]]] = amount[shared]
            own = np.bincount(number[~shared], np.square(amount[~shared]), len(value))
            parts.append((vectors, own))
        return cls(
            value=np.asarray(value, dtype=float),
            down=parts[0][0],
            up=parts[1][0],
            down_alone=parts[0][1] + _squares(spread.down_alone for spread in spreads),
            up_alone=parts[1][1] + _squares(spread.up_alone for spread in spreads),
            freedom=np.array([_freedom(spread) for spread in spreads], dtype=float),
        )

    def __len__(self) -> int:
        return len(self.value)

    @cached_property
    def distances(self) -> tuple[Floats, Floats]:
        """The distances to the lower and to the upper end."""
        return (
            np.sqrt(np.square(self.down).sum(axis=1) + self.down_alone),
            np.sqrt(np.square(self.up).sum(axis=1) + self.up_alone),
        )

    @cached_property
    def least(self) -> Floats:
        """The distances under which all is rounding."""
        largest = np.abs(self.value).max(initial=0.0) or 1.0
        least: Floats = np.maximum(_SHORT * np.maximum(*self.distances), _LEAST * largest)
        return least

    def negated(self) -> Estimates:
        """Return the numbers with the other sign."""
        return Estimates(
            value=-self.value,
            down=-self.up,
            up=-self.down,
            down_alone=self.up_alone,
            up_alone=self.down_alone,
            freedom=self.freedom,
        )


def difference_intervals(
    estimates: Estimates, first: Codes, second: Codes
) -> tuple[Floats, Floats]:
    """Return the intervals of differences, first less second.

    MOVER-D (Zou 2008): below ``a - b`` lies ``sqrt(l_a^2 + u_b^2 - 2 r l_a u_b)``, with l the
    distance to the lower end of one and u that to the upper end of the other. With distances as
    vectors over clusters this is the length of their difference.

    Args:
        estimates: Numbers.
        first: Positions of the first number of each pair.
        second: Positions of the second.
    """
    gap = estimates.value[first] - estimates.value[second]
    ends = []
    for vectors, alone, others, others_alone in (
        (estimates.down, estimates.down_alone, estimates.up, estimates.up_alone),
        (estimates.up, estimates.up_alone, estimates.down, estimates.down_alone),
    ):
        together = np.square(vectors[first] - others[second]).sum(axis=-1)
        ends.append(np.sqrt(together + alone[first] + others_alone[second]))
    return gap - ends[0], gap + ends[1]


def distances_below(estimates: Estimates, rows: slice) -> Floats:
    """Return how far some numbers' differences from all reach down: `difference_intervals`.

    Returns:
        An array of (some numbers, all numbers); never less than what rounding leaves.
    """
    down, up = estimates.distances
    # |a - b|^2 = |a|^2 + |b|^2 - 2 ab, so that one product of matrices serves all pairs.
    squares = np.square(down[rows])[:, None] + np.square(up)[None, :]
    squares -= 2 * estimates.down[rows] @ estimates.up.T
    least = np.maximum(estimates.least[rows, None], estimates.least[None, :])
    distances: Floats = np.maximum(np.sqrt(np.maximum(squares, 0.0)), least)
    return distances


def _squares(distances: Iterable[float]) -> Floats:
    squares: Floats = np.square(np.array(list(distances), dtype=float))
    return squares


def _entries(
    reaches: Sequence[Sequence[Reach]], evidence: Mapping[str, int]
) -> tuple[NDArray[np.int64], Codes, Floats]:
    """Return the clusters of all reaches to one end, whose they are, and the distances there."""
    clusters = [np.empty(0, np.int64)]
    number = [np.empty(0, np.intp)]
    amounts = [np.empty(0)]
    for position, of_number in enumerate(reaches):
        for reach in of_number:
            labels = reach.direction.clusters.astype(np.int64)
            # Cluster 3 of the second kind of evidence: 2**32 + 3.
            clusters.append((evidence[reach.direction.evidence] << 32) + labels)
            number.append(np.full(len(labels), position))
            weights = reach.direction.weights.astype(float)
            # Stored short, a direction misses length one by a little.
            amounts.append(reach.distance * weights / np.sqrt(np.square(weights).sum()))
    return np.concatenate(clusters), np.concatenate(number), np.concatenate(amounts)


def _freedom(spread: Spread) -> float:
    """Return the degrees of freedom of a spread (Satterthwaite 1946), of the end that has fewer.

    The squared distances of kinds of evidence add up; one of m clusters has m - 1.
    """
    freedoms = []
    for reaches, alone in ((spread.down, spread.down_alone), (spread.up, spread.up_alone)):
        squares = [reach.distance**2 for reach in reaches]
        known = [max(1, len(reach.direction.clusters) - 1) for reach in reaches]
        spent = sum(square**2 / freedom for square, freedom in zip(squares, known, strict=True))
        freedoms.append((sum(squares) + alone**2) ** 2 / spent if spent > 0 else math.inf)
    least = min(freedoms)
    return math.inf if least >= _MANY else float(math.floor(max(1.0, least)))
