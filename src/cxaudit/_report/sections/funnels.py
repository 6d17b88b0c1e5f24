"""Funnel plots: units by how many rows they rest on, within the limits that chance allows."""

from __future__ import annotations

import math
from statistics import median

import attrs

from cxaudit._model.findings import Finding
from cxaudit._model.metrics import MetricKind
from cxaudit._model.report import Funnel, FunnelPoint
from cxaudit._report.context import Context
from cxaudit._report.sections.decisions import weighed
from cxaudit._statistics.intervals import normal_quantile
from cxaudit._words.language import _, translated

__all__ = ["funnels"]

_FEWEST = 5
_MOST = 3
_STEPS = 24
_CONFIDENCE = 0.998
"""Limits of about three standard errors, as is usual for funnel plots (Spiegelhalter 2005)."""


def funnels(context: Context) -> tuple[Funnel, ...]:
    """Return funnels of the measured shares that matter most and that enough units have."""
    plots: list[Funnel] = []
    for finding in weighed(context):
        if len(plots) == _MOST:
            break
        funnel = _funnel(context, finding)
        if funnel is not None:
            plots.append(funnel)
    return tuple(plots)


def _funnel(context: Context, finding: Finding) -> Funnel | None:
    whole = context.measurement(finding)
    if whole is None or whole.kind is not MetricKind.SHARE or whole.value is None:
        return None
    z, mean = normal_quantile(_CONFIDENCE), whole.value
    item = context.items[finding.item]
    points, shares = [], []
    for unit in context.result.units:
        part = context.measurements.get((whole.metric, unit.id, finding.touchpoint))
        if unit.kind != item.per or unit.comparator or unit.id in context.hidden_units:
            continue
        if part is None or part.value is None or not part.n or part.n < context.minimum:
            continue
        points.append(FunnelPoint(name=unit.name, n=part.n, value=part.value))
        # Rows of a day that are alike make an effect that grows with them: 1 + share * rows.
        shares.append((part.design_effect - 1) / part.n)
    if len(points) < _FEWEST:
        return None
    # One unit's effect is known from its few days alone; that of a usual one stands for all.
    share = median(shares)
    points = [attrs.evolve(point, side=_side(point, mean, share, z)) for point in points]
    metric = context.metrics.get(whole.metric)
    return Funnel(
        title=translated(metric.title if metric else "") or context.title(finding),
        points=tuple(points),
        mean=mean,
        limits=tuple(
            (n, *_limits(mean, n, share, z)) for n in _sizes([point.n for point in points])
        ),
        note=_(
            "Each point is a unit. Of 1,000 that differ from the whole by chance alone, and by "
            "their good and bad days, 998 lie between the lines: a unit beyond them differs by "
            "more than chance usually explains."
        ),
        lower_is_better=context.lower_is_better(item),
    )


def _sizes(sizes: list[int]) -> list[int]:
    """Return the sizes at which limits are drawn: from the least to the most, evenly by ratio."""
    least, most = min(sizes), max(sizes)
    # A line needs a length: for one common size, from half of it to as much again.
    low, high = (least, most) if least < most else (max(1, least // 2), 2 * most)
    steps = (round(low * (high / low) ** (k / _STEPS)) for k in range(_STEPS + 1))
    return sorted({*steps, least, most})


def _side(point: FunnelPoint, mean: float, share: float, z: float) -> str:
    low, high = _limits(mean, point.n, share, z)
    return "above" if point.value > high else "below" if point.value < low else ""


def _limits(mean: float, n: int, share: float, z: float) -> tuple[float, float]:
    """Return the limits within which a share of ``n`` rows differs from the mean by chance.

    Its variance is that of independent rows times their design effect, ``1 + share * n``: the
    part that does not fall with n is the additive overdispersion of Spiegelhalter (2005).
    """
    spread = z * math.sqrt(mean * (1 - mean) * (1 + share * n) / n)
    return max(0.0, mean - spread), min(1.0, mean + spread)
