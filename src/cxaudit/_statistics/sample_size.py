"""How sure a share of so many rows will be, and how many rows would tell two shares apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cxaudit._statistics.clusters import clustered_share_interval
from cxaudit._statistics.intervals import normal_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["half_widths", "rows_needed"]


def half_widths(share: float, n: Floats, effect: Floats, clusters: Floats) -> Floats:
    """Return half the widths of 95 % intervals of a share; nan under two clusters.

    They are Wilson's over the effective number of rows (Korn and Graubard 1998).

    Args:
        share: The share.
        n: Rows.
        effect: Design effects.
        clusters: Numbers of clusters.
    """
    low, high = clustered_share_interval(np.full_like(n, share), n, effect, clusters)
    result: Floats = (high - low) / 2
    return result


def rows_needed(
    share: float, promise: float, effect: Floats, confidence: float = 0.95, power: float = 0.8
) -> Floats:
    """Return how many rows tell a share from a promise, by a two-sided test.

    ``n = ((z sqrt(q (1 - q)) + z' sqrt(p (1 - p))) / (q - p)) ** 2`` for the promise q and the
    share p, times the design effect (Fleiss, Levin and Paik 2003, 2.5; Kish 1965, 8.2).

    Args:
        share: The true share.
        promise: What it is tested against.
        effect: Design effects.
        confidence: Level of the test.
        power: In how many of such samples the test should tell.
    """
    z, beyond = normal_quantile(confidence), normal_quantile(2 * power - 1)
    spread = z * np.sqrt(promise * (1 - promise)) + beyond * np.sqrt(share * (1 - share))
    result: Floats = np.ceil(effect * np.square(spread / (promise - share)))
    return result
