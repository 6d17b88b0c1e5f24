"""Measurements: from sufficient statistics to value and interval, and how they merge."""

from __future__ import annotations

import math
from collections.abc import Mapping

import attrs

from cxaudit._model.metrics import Measurement, Metric, MetricKind
from cxaudit._statistics.intervals import (
    mean_interval,
    net_score_interval,
    quantile_ranks,
    ratio_interval,
    wilson,
)

__all__ = ["MERGEABLE", "measurement_of", "merge", "quantile_levels"]

MERGEABLE = frozenset(
    {
        MetricKind.SHARE,
        MetricKind.RATIO,
        MetricKind.MEAN,
        MetricKind.COUNT,
        MetricKind.MINIMUM,
        MetricKind.MAXIMUM,
        MetricKind.NET_SCORE,
    }
)
"""Kinds whose measurements over disjoint rows merge. Quantiles and distinct counts do not."""


def measurement_of(
    metric: Metric,
    statistics: Mapping[str, float],
    *,
    unit: str,
    touchpoint: str,
    group: str | None = None,
    breakdown: str | None = None,
    engine: str = "",
    query: str = "",
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
        group=group,
        breakdown=breakdown,
        statistics=dict(statistics),
        n=n,
        value=value,
        low=low,
        high=high,
        measured_in=metric.unit,
        engine=engine,
        query=query,
    )


_Derived = tuple[float | None, float | None, float | None]


def _derive(kind: MetricKind, given: Mapping[str, float], n: int) -> _Derived:
    if kind is MetricKind.COUNT:
        return float(n), None, None
    if n == 0:
        return None, None, None
    if kind is MetricKind.SHARE:
        low, high = wilson(given["k"], n)
        return given["k"] / n, low, high
    if kind is MetricKind.MEAN:
        mean = given["sum"] / n
        ends = mean_interval(n, mean, given["sum2"])
        return (mean, *ends) if ends else (mean, None, None)
    if kind is MetricKind.RATIO:
        if not given["y"]:
            return None, None, None
        ends = ratio_interval(n, *(given[name] for name in ("x", "y", "xx", "xy", "yy")))
        ratio = given["x"] / given["y"]
        return (ratio, *ends) if ends else (ratio, None, None)
    if kind is MetricKind.NET_SCORE:
        low, high = net_score_interval(given["positive"], given["negative"], n)
        return (given["positive"] - given["negative"]) / n, low, high
    value = given.get("value")
    if value is None or math.isnan(value):
        return None, None, None
    return value, given.get("low"), given.get("high")


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


def merge(metric: Metric, first: Measurement, second: Measurement) -> Measurement:
    """Return the measurement over the rows of two measurements of disjoint rows.

    Raises:
        ValueError: If the kind of metric does not merge, or the measurements do not belong
            together.
    """
    if metric.kind not in MERGEABLE:
        msg = f"measurements of {metric.kind} do not merge: measure the rows together"
        raise ValueError(msg)
    if not first.metric == second.metric == metric.id:
        msg = f"{first.metric} and {second.metric} are different metrics"
        raise ValueError(msg)
    if first.unavailable or second.unavailable:
        return first if first.unavailable else second
    if not (first.n and second.n):
        whole = first if first.n else second
        return attrs.evolve(whole, unit=first.unit, touchpoint=first.touchpoint)
    statistics = _merged(metric.kind, first.statistics, second.statistics)
    return measurement_of(
        metric,
        statistics,
        unit=first.unit,
        touchpoint=first.touchpoint,
        group=first.group,
        breakdown=first.breakdown,
        engine=first.engine,
        query=first.query,
    )


def _merged(
    kind: MetricKind, first: Mapping[str, float], second: Mapping[str, float]
) -> dict[str, float]:
    if kind in {MetricKind.MINIMUM, MetricKind.MAXIMUM}:
        pick = min if kind is MetricKind.MINIMUM else max
        return {
            "n": first["n"] + second["n"],
            "value": pick(first["value"], second["value"]),
        }
    merged = {name: first[name] + second[name] for name in first if name in second}
    if kind is MetricKind.MEAN:
        # Squared deviations about the common mean (Chan, Golub and LeVeque 1983).
        apart = first["sum"] / first["n"] - second["sum"] / second["n"]
        merged["sum2"] += apart**2 * first["n"] * second["n"] / merged["n"]
        merged["shift"] = merged["sum"] / merged["n"]
    return merged
