"""Measuring: each planned query becomes measurements, with the reason where one has no value."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from cxaudit._audit.planning.availability import Losses
from cxaudit._audit.planning.planner import PlannedQuery, Planner, QueryPlan, digest
from cxaudit._audit.planning.waves import Bounds, natural_time
from cxaudit._audit.reading.detectors import hits_missing
from cxaudit._audit.watch import Watch
from cxaudit._model.audit import Audit
from cxaudit._model.engine import EngineSession, Levels, MeasuredRow, RowQuery
from cxaudit._model.expressions import Expression
from cxaudit._model.metrics import Measurement, Metric, MetricKind
from cxaudit._model.said import Said
from cxaudit._model.tables import Table
from cxaudit._statistics.intervals import (
    mean_interval,
    net_score_interval,
    quantile_ranks,
    ratio_interval,
    wilson,
)

__all__ = ["Measured", "measure", "measurement_of", "quantile_levels"]


@attrs.frozen(kw_only=True)
class Measured:
    """What the engine measured.

    Attributes:
        plan: What was asked, and what could not be.
        measurements: All measurements.
        by_query: Those outside breakdowns, by the key of their query, then by metric and unit.
        days: Table to the days of the wave that its rows were taken from, where it bounds them.
        statements: Every statement that was run, by its digest.
    """

    plan: QueryPlan
    measurements: tuple[Measurement, ...] = ()
    by_query: Mapping[Any, Mapping[tuple[str, str], Measurement]] = attrs.field(factory=dict)
    days: Mapping[str, int] = attrs.field(factory=dict)
    statements: Mapping[str, str] = attrs.field(factory=dict)


def measure(
    audit: Audit,
    planner: Planner,
    losses: Losses,
    engine: EngineSession,
    watch: Watch,
) -> Measured:
    """Measure every metric once, but for those that rest on what was lost."""
    plan = planner.plan(losses)
    measurements: list[Measurement] = []
    by_query: dict[Any, dict[tuple[str, str], Measurement]] = {}
    statements: dict[str, str] = {}
    spans: dict[str, _Span] = {}
    for number, planned in enumerate(plan.queries):
        name = planned.query.table
        watch.progress(name, number, len(plan.queries))
        if name not in spans:
            table = planner.table(planned.query.metrics[0].metric)
            spans[name] = _span_of(table, audit, planner.bounds, engine)
        text = engine.statement(planned.query)
        statements[digest(text)] = text
        measured = tuple(
            map(spans[name].explained, _measured(planned, engine, losses, digest(text)))
        )
        measurements += measured
        if planned.breakdown is None:
            by_metric = by_query.setdefault(planned.key, {})
            by_metric |= {
                (measurement.metric, measurement.unit): measurement for measurement in measured
            }
    measurements += _unavailable(audit, planner, plan)
    return Measured(
        plan=plan,
        measurements=tuple(measurements),
        by_query=by_query,
        days={name: span.days for name, span in sorted(spans.items()) if span.days is not None},
        statements=statements,
    )


def _measured(
    planned: PlannedQuery, engine: EngineSession, losses: Losses, query: str
) -> Iterator[Measurement]:
    """Yield the measurements of a query, also of units without any row."""
    rows = list(engine.measure(planned.query))
    ends: dict[tuple[str, str], dict[str, float]] = {}
    if planned.breakdown is None:
        ends = _ends(planned, rows, engine)
        measured = {(row.metric, row.unit) for row in rows}
        rows += [
            MeasuredRow(unit=unit, group=None, metric=compiled.metric.id, statistics={"n": 0})
            for compiled in planned.query.metrics
            for unit in planned.query.units
            if (compiled.metric.id, unit) not in measured
        ]
    metrics = {compiled.metric.id: compiled for compiled in planned.query.metrics}
    # An engine groups rows in any order: the same records twice give the same result.
    units = {unit: position for position, unit in enumerate(planned.query.units)}
    positions = {name: position for position, name in enumerate(metrics)}
    rows.sort(key=lambda row: (units[row.unit], row.group or "", positions[row.metric]))
    reasons = {name: hits_missing(compiled, losses) for name, compiled in metrics.items()}
    engine_name = f"{engine.name} {engine.version}"
    for row in rows:
        statistics = {**row.statistics, **ends.get((row.metric, row.unit), {})}
        measurement = attrs.evolve(
            measurement_of(metrics[row.metric].metric, statistics, row.unit, planned.touchpoint),
            group=row.group,
            breakdown=planned.breakdown.id if planned.breakdown is not None else None,
            engine=engine_name,
            query=query,
        )
        if reason := reasons[row.metric]:
            yield attrs.evolve(measurement, value=None, low=None, high=None, unavailable=reason)
        else:
            yield measurement


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


def _ends(
    planned: PlannedQuery, rows: Sequence[MeasuredRow], engine: EngineSession
) -> dict[tuple[str, str], dict[str, float]]:
    """Return both ends of the quantiles' intervals, by metric and unit.

    Which quantiles they are depends on a unit's number of rows.
    """
    quantiles = {
        compiled.metric.id: attrs.evolve(compiled, thresholds=())
        for compiled in planned.query.metrics
        if compiled.metric.kind is MetricKind.QUANTILE
    }
    levels: dict[str, dict[str, Levels]] = {}
    for row in rows:
        if row.metric in quantiles:
            level = quantiles[row.metric].metric.quantile
            assert level is not None
            ends = quantile_levels(int(row.statistics["n"]), level)
            if ends != (None, None):
                levels.setdefault(row.metric, {})[row.unit] = ends
    if not levels:
        return {}
    query = attrs.evolve(planned.query, metrics=tuple(quantiles[name] for name in levels))
    return {
        position: {
            name: end for name, end in zip(("low", "high"), ends, strict=True) if end is not None
        }
        for position, ends in engine.ends(query, levels).items()
    }


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


def _unavailable(audit: Audit, planner: Planner, plan: QueryPlan) -> Iterator[Measurement]:
    """Yield measurements that say why a metric could not be measured."""
    for name, reason in plan.unavailable.items():
        if name.startswith("breakdown "):
            continue
        metric = planner.metric(name)
        yield Measurement(
            metric=name,
            kind=metric.kind,
            unit=audit.units.root.id,
            touchpoint="organisation",
            measured_in=metric.unit,
            unavailable=reason,
        )


@attrs.frozen(kw_only=True)
class _Span:
    """The time that the rows of a table are of.

    Attributes:
        days: Days of the wave that were looked at; None where the wave does not bound the rows.
        empty: Why no row of the table counts, though there are some; else empty.
    """

    days: int | None = None
    empty: str = ""

    def explained(self, measurement: Measurement) -> Measurement:
        """Return a measurement that says why it has no value. A count of nothing is a value."""
        if measurement.n or not self.empty or measurement.kind is MetricKind.COUNT:
            return measurement
        return attrs.evolve(measurement, unavailable=measurement.unavailable or self.empty)


def _span_of(table: Table, audit: Audit, bounds: Bounds, engine: EngineSession) -> _Span:
    """Return the time that the rows of a filled table are of."""
    if natural_time(table) is None or (audit.wave is None and audit.as_of is None):
        return _Span()

    def count(where: Expression | None) -> int:
        return engine.count(RowQuery(table=table.id, where=where))

    rows = count(None)
    outside = bounds.outside(table)
    left = rows - count(outside) if outside is not None else rows
    late = bounds.after_as_of(table)
    if rows and not left:
        assert audit.wave is not None
        return _Span(empty=Said("no-row-in-wave", wave=audit.wave.id))
    if rows and late is not None and count(late) == rows:
        assert audit.as_of is not None
        return _Span(empty=Said("rows-after-as-of", day=audit.as_of))
    if outside is None or bounds.unbounded(table) is not None:
        return _Span()
    untimed = bounds.untimed(table)
    timed = left - (count(untimed) if untimed is not None else 0)
    return _Span(days=bounds.days if timed else None)
