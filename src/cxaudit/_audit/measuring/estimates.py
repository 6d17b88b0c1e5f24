"""Values and intervals that follow from statistics, for all units of a metric at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs
import numpy as np

from cxaudit._model.metrics import MetricKind
from cxaudit._statistics.clusters import (
    ByCluster,
    by_cluster,
    clustered_interval,
    clustered_share_interval,
    mean_intervals,
    net_score_intervals,
    t_quantiles,
    unit_length,
    wilson_intervals,
)
from cxaudit._statistics.intervals import normal_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Columns = Mapping[str, Floats]

__all__ = ["Estimates", "estimates", "level_ends", "widths"]

_FEWEST = 2
"""Under two clusters nothing shows how they vary."""


@attrs.frozen(kw_only=True, eq=False)
class Estimates:
    """Of each unit or group: value, interval, and how the clusters lie about the value.

    Attributes:
        value, low, high: nan where there is none.
        clusters: Number of clusters that hold rows; 0 where each row is one.
        effect: Design effect, at least 1.
        directions: Residuals by cluster, scaled to length one; zeros where nothing varied.
    """

    value: Floats
    low: Floats
    high: Floats
    clusters: Floats
    effect: Floats
    directions: Floats


def estimates(kind: MetricKind, totals: Columns, parts: Columns, *, rows: bool) -> Estimates:
    """Return the estimates of a metric that adds up.

    Args:
        kind: Its kind.
        totals: Statistics of each unit.
        parts: The same by cluster, which are the last axis.
        rows: Whether each row is a cluster.
    """
    n = totals["n"]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if kind is MetricKind.COUNT:
            return _certain(n)
        if kind in {MetricKind.MINIMUM, MetricKind.MAXIMUM}:
            return _certain(totals["value"])
        if kind is MetricKind.SHARE:
            ratio = _ratio_of(parts["n"], parts["k"], _share_variance(totals["k"] / n, n), parts)
            ends = wilson_intervals(ratio.ratio, n)
            clustered = clustered_share_interval(ratio.ratio, n, ratio.effect, ratio.clusters)
            return _chosen(ratio, ends, clustered, parts["k"], rows=rows)
        if kind is MetricKind.MEAN:
            variance = np.where(n > 1, totals["sum2"] / (n - 1) / n, np.nan)
            ratio = _ratio_of(parts["n"], parts["sum"], variance, parts)
            ratio = attrs.evolve(ratio, ratio=np.where(n > 0, totals["shift"], np.nan))
            alone = np.where(_varies(ratio, rows=rows), np.nan, n)
            ends = mean_intervals(alone, ratio.ratio, totals["sum2"])
            floor = np.where(totals["least"] >= 0, 0.0, -np.inf)
            return _bounded(ratio, ends, variance, parts["sum"], floor, rows=rows)
        if kind is MetricKind.RATIO:
            theta = totals["x"] / totals["y"]
            squares = totals["xx"] - 2 * theta * totals["xy"] + theta * theta * totals["yy"]
            spread = n / (n - 1) * np.maximum(squares, 0.0)
            variance = np.where(n > 1, spread / np.square(totals["y"]), np.nan)
            ratio = _ratio_of(parts["y"], parts["x"], variance, parts)
            alone = np.where(_varies(ratio, rows=rows), np.nan, n)
            ends = clustered_interval(ratio.ratio, variance, alone)
            floor = np.where(totals["least"] >= 0, 0.0, -np.inf)
            return _bounded(ratio, ends, variance, parts["x"], floor, rows=rows)
        if kind is MetricKind.NET_SCORE:
            # As if three rows more were counted, so that it does not vanish where all agree.
            up, down = ((totals[name] + 0.75) / (n + 3) for name in ("positive", "negative"))
            net = parts["positive"] - parts["negative"]
            variance = (up + down - np.square(up - down)) / (n + 3)
            ratio = _ratio_of(parts["n"], net, variance, parts)
            ends = net_score_intervals(totals["positive"], totals["negative"], n)
            chosen = _bounded(ratio, ends, variance, net, np.full_like(n, -np.inf), rows=rows)
            low, high = (np.clip(end, -1.0, 1.0) for end in (chosen.low, chosen.high))
            return attrs.evolve(chosen, low=low, high=high)
    msg = f"{kind} does not add up"
    raise ValueError(msg)


def level_ends(within: ByCluster, n: Floats, level: float) -> tuple[Floats, Floats]:
    """Return the levels whose quantiles bound a quantile with 95 % confidence (Woodruff 1952).

    They are the ends of the interval of the share of rows at or under the quantile.

    Args:
        within: That share, as it varies from cluster to cluster.
        n: Rows.
        level: The quantile's level.
    """
    share = np.full_like(n, level)
    return clustered_share_interval(share, n, within.effect, within.clusters)


def widths(within: ByCluster) -> Floats:
    """Return how many times as wide as of independent rows an interval is, by normal scores."""
    freedom = t_quantiles(0.975, within.clusters - 1) / normal_quantile(0.95)
    result: Floats = np.sqrt(within.effect) * freedom
    return result


def _share_variance(share: Floats, n: Floats) -> Floats:
    result: Floats = share * (1 - share) / n
    return result


def _ratio_of(x: Floats, y: Floats, variance: Floats, parts: Columns) -> ByCluster:
    return by_cluster(x, y, variance, parts["n"])


def _certain(value: Floats) -> Estimates:
    none = np.full_like(value, np.nan)
    return Estimates(
        value=value,
        low=none,
        high=none,
        clusters=np.zeros_like(value),
        effect=np.ones_like(value),
        directions=np.zeros((len(value), 0)),
    )


def _varies(ratio: ByCluster, *, rows: bool) -> NDArray[np.bool_]:
    """Tell where the interval is that of clusters: that of rows, whose t is dear, is not needed."""
    enough: NDArray[np.bool_] = (ratio.clusters >= _FEWEST) & (not rows)
    return enough


def _bounded(
    ratio: ByCluster,
    ends: tuple[Floats, Floats],
    variance: Floats,
    y: Floats,
    floor: Floats,
    *,
    rows: bool,
) -> Estimates:
    """Return the estimates of a number whose interval ends at the least possible one."""
    wide = np.fmax(ratio.variance, variance)
    clustered = clustered_interval(ratio.ratio, wide, ratio.clusters)
    chosen = _chosen(ratio, ends, clustered, y, rows=rows)
    return attrs.evolve(chosen, low=np.maximum(chosen.low, floor))


def _chosen(
    ratio: ByCluster,
    ends: tuple[Floats, Floats],
    clustered: tuple[Floats, Floats],
    y: Floats,
    *,
    rows: bool,
) -> Estimates:
    """Return estimates with the interval of clusters, or of rows where these are all there is."""
    enough = _varies(ratio, rows=rows)
    low, high = (np.where(enough, c, r) for c, r in zip(clustered, ends, strict=True))
    directions = unit_length(ratio.residuals, y) * enough[..., None]
    return Estimates(
        value=ratio.ratio,
        low=low,
        high=high,
        clusters=np.zeros_like(ratio.clusters) if rows else ratio.clusters,
        effect=np.where(enough, ratio.effect, 1.0),
        directions=directions,
    )
