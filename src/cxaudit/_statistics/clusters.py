"""Intervals from sums by cluster: days, visits, customers that vary as wholes.

The rows of one day are alike, so that a thousand calls of three days say little more than three
calls would. What varies by chance is the cluster; residuals of clusters give the variance
(Taylor series: Cochran 1977, ch. 6; Wolter 2007, ch. 6). All functions take arrays and work on
their last axis, the clusters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from cxaudit._statistics.intervals import normal_quantile, t_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_ROUNDING = 1e-12

__all__ = [
    "ByCluster",
    "by_cluster",
    "clustered_interval",
    "clustered_share_interval",
    "mean_intervals",
    "net_score_intervals",
    "t_quantiles",
    "unit_length",
    "wilson_intervals",
]


@attrs.frozen(kw_only=True, eq=False)
class ByCluster:
    """A ratio of two sums, and how it varies from cluster to cluster.

    Attributes:
        ratio: Sum of the numerators over that of the denominators; nan where this is 0.
        clusters: Number of clusters that hold anything.
        variance: Of the ratio, as clusters vary; nan under two clusters.
        effect: Design effect: by how much the variance exceeds that of independent rows, at
            least 1 (Kish 1965, 8.2); 1 under two clusters.
        residuals: Of each cluster, ``y - ratio * x``.
    """

    ratio: Floats
    clusters: Floats
    variance: Floats
    effect: Floats
    residuals: Floats


def by_cluster(x: Floats, y: Floats, variance_of_rows: Floats, held: Floats) -> ByCluster:
    """Return a ratio of sums with its variance over clusters.

    ``V = m / (m - 1) * sum(e_c ** 2) / sum(x) ** 2`` with ``e_c = y_c - ratio * x_c``, for the m
    clusters that hold anything.

    Args:
        x: Denominators by cluster; for a mean, a share and a net score the counts.
        y: Numerators by cluster.
        variance_of_rows: Of the ratio, as if rows were independent; without the last axis.
        held: Rows by cluster.
    """
    total = x.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(total != 0, y.sum(axis=-1) / total, np.nan)
        residuals = np.where(held > 0, y - ratio[..., None] * x, 0.0)
        clusters = (held > 0).sum(axis=-1).astype(np.float64)
        spread = clusters / (clusters - 1) * np.square(residuals).sum(axis=-1)
        variance = np.where(clusters > 1, spread / np.square(total), np.nan)
        effect = variance / variance_of_rows
    effect = np.where(np.isfinite(effect) & (effect > 1), effect, 1.0)
    return ByCluster(
        ratio=ratio, clusters=clusters, variance=variance, effect=effect, residuals=residuals
    )


def clustered_share_interval(
    share: Floats, n: Floats, effect: Floats, clusters: Floats, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Return Wilson's interval of a share on the effective number of rows.

    Rows count as ``n / effect * (z / t) ** 2`` with t of as many degrees of freedom as there are
    clusters, less one (Korn and Graubard 1998). It stays within 0 and 1.

    Args:
        share: The share.
        n: Rows.
        effect: The design effect, at least 1.
        clusters: Number of clusters; under two the interval is nan.
        confidence: Level of the interval.
    """
    z = normal_quantile(confidence)
    freedom = z / t_quantiles((1 + confidence) / 2, clusters - 1)
    return wilson_intervals(share, n / effect * np.square(freedom), confidence)


def clustered_interval(
    value: Floats, variance: Floats, clusters: Floats, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Return Student's interval with as many degrees of freedom as clusters, less one."""
    spread = t_quantiles((1 + confidence) / 2, clusters - 1) * np.sqrt(variance)
    return value - spread, value + spread


def wilson_intervals(share: Floats, n: Floats, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Return Wilson's score intervals of shares (Wilson 1927); nan where n or the share is.

    Args:
        share: Shares.
        n: Rows; need not be whole.
        confidence: Level of the intervals.
    """
    z = normal_quantile(confidence)
    z2 = z * z
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = share + z2 / (2 * n)
        spread = z * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
        scale = 1 + z2 / n
        low, high = (centre - spread) / scale, (centre + spread) / scale
    low = np.where(share == 0, np.where(np.isnan(n), np.nan, 0.0), np.clip(low, 0.0, 1.0))
    high = np.where(share == 1, np.where(np.isnan(n), np.nan, 1.0), np.clip(high, 0.0, 1.0))
    return low, high


def mean_intervals(
    n: Floats, mean: Floats, squared_deviations: Floats, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Return Student's intervals of means of independent rows; nan under two rows."""
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(n > 1, squared_deviations / (n - 1) / n, np.nan)
    return clustered_interval(mean, variance, n, confidence)


def net_score_intervals(
    positive: Floats, negative: Floats, n: Floats, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Return adjusted Wald intervals of net scores of independent rows; nan without rows.

    Three rows are added, 3/4 promoters, 3/2 neutrals and 3/4 detractors (Rocks 2016, after
    Bonett and Price), so that it does not collapse where all agree.
    """
    size = n + 3
    up, down = (positive + 0.75) / size, (negative + 0.75) / size
    net = up - down
    spread = normal_quantile(confidence) * np.sqrt((up + down - net * net) / size)
    ends = np.clip(net - spread, -1.0, 1.0), np.clip(net + spread, -1.0, 1.0)
    low, high = (np.where(n > 0, end, np.nan) for end in ends)
    return low, high


def t_quantiles(probability: float, freedom: Floats) -> Floats:
    """Return quantiles of Student's t; nan where the degrees of freedom are not above 0."""
    different, places = np.unique(freedom, return_inverse=True)
    quantiles = np.array([t_quantile(probability, f) if f > 0 else np.nan for f in different])
    result: Floats = quantiles[places].reshape(np.shape(freedom))
    return result


def unit_length(residuals: Floats, y: Floats) -> Floats:
    """Return residuals scaled to length one; zeros where nothing varied but by rounding.

    Args:
        residuals: By cluster.
        y: What they are residuals of.
    """
    size = np.sqrt(np.square(residuals).sum(axis=-1, keepdims=True))
    varies = size > _ROUNDING * np.abs(y).sum(axis=-1, keepdims=True)
    result: Floats = np.divide(residuals, size, where=varies, out=np.zeros_like(residuals))
    return result
