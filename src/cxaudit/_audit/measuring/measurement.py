"""Measurements: from sufficient statistics to value and interval."""

from __future__ import annotations

import math
from collections.abc import Mapping

from cxaudit._model.metrics import Measurement, Metric, MetricKind
from cxaudit._statistics.intervals import (
    mean_interval,
    net_score_interval,
    quantile_ranks,
    ratio_interval,
    wilson,
)

__all__ = ["measurement_of", "quantile_levels"]


def measurement_of(
    metric: Metric, statistics: Mapping[str, float], unit: str, touchpoint: str
) -> Measurement:
    """Return a measurement with what follows from its sufficient statistics.

    Intervals at 95 %: Wilson for a share, t for a mean, the delta method for a ratio, adjusted
    Wald for a net score, order statistics for a quantile when the engine gave them.
    """
    n = int(statistics.get("n", 0))
    value, low, high = _derive(metric.kind, statistics, n)
    if metric.quantile is not None:
        statistics = {**statistics, "level": metric.quantile}
    return Measurement(
        metric=metric.id,
        kind=metric.kind,
        unit=unit,
        touchpoint=touchpoint,
        statistics=dict(statistics),
        n=n,
        value=value,
        low=low,
        high=high,
        measured_in=metric.unit,
    )


_Derived = tuple[float | None, float | None, float | None]


def _derive(kind: MetricKind, sums: Mapping[str, float], n: int) -> _Derived:
    if kind is MetricKind.COUNT:
        return float(n), None, None
    if n == 0:
        return None, None, None
    if kind is MetricKind.SHARE:
        low, high = wilson(sums["k"], n)
        return sums["k"] / n, low, high
    if kind is MetricKind.MEAN:
        mean = sums["sum"] / n
        ends = mean_interval(n, mean, sums["sum2"])
        return (mean, *ends) if ends else (mean, None, None)
    if kind is MetricKind.RATIO:
        if not sums["y"]:
            return None, None, None
        ends = ratio_interval(n, *(sums[name] for name in ("x", "y", "xx", "xy", "yy")))
        ratio = sums["x"] / sums["y"]
        return (ratio, *ends) if ends else (ratio, None, None)
    if kind is MetricKind.NET_SCORE:
        low, high = net_score_interval(sums["positive"], sums["negative"], n)
        return (sums["positive"] - sums["negative"]) / n, low, high
    value = sums.get("value")
    if value is None or math.isnan(value):
        return None, None, None
    return value, sums.get("low"), sums.get("high")


def quantile_levels(n: int, level: float) -> tuple[float | None, float | None]:
    """Return the levels of the sample whose quantiles bound a quantile with 95 % confidence.

    An end is None where the sample is too small to have it.
    """
    if n < 2:  # noqa: PLR2004
        return None, None
    low, high = quantile_ranks(n, level)
    return (
        None if low is None else (low - 1) / (n - 1),
        None if high is None else (high - 1) / (n - 1),
    )
