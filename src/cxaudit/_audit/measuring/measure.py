"""Measuring: each planned grouping becomes measurements, with the reason where one has no value."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from cxaudit._audit.garbage import no_search_for_garbage
from cxaudit._audit.measuring.statistics import Measuring
from cxaudit._audit.planning.availability import Losses
from cxaudit._audit.planning.groupings import Grouping, QueryPlan
from cxaudit._audit.planning.planner import Planner
from cxaudit._audit.planning.waves import Bounds, natural_time
from cxaudit._audit.reading.detectors import hits_missing
from cxaudit._audit.watch import Watch
from cxaudit._model.audit import Audit
from cxaudit._model.engine import EngineSession, RowQuery
from cxaudit._model.expressions import Expression
from cxaudit._model.metrics import Measurement, MetricKind
from cxaudit._model.said import Said
from cxaudit._model.tables import Table

__all__ = ["Measured", "measure"]


@attrs.frozen(kw_only=True)
class Measured:
    """What the engine measured.

    Attributes:
        plan: What was asked, and what could not be.
        measurements: All measurements.
        by_grouping: Those outside breakdowns, by the key of their grouping, then by metric and
            unit.
        days: Table to the days of the wave that its rows were taken from, where it bounds them.
        statements: Every statement that was run, by its digest.
    """

    plan: QueryPlan
    measurements: tuple[Measurement, ...] = ()
    by_grouping: Mapping[Any, Mapping[tuple[str, str], Measurement]] = attrs.field(factory=dict)
    days: Mapping[str, int] = attrs.field(factory=dict)
    statements: Mapping[str, str] = attrs.field(factory=dict)


@no_search_for_garbage()
def measure(
    audit: Audit,
    planner: Planner,
    losses: Losses,
    engine: EngineSession,
    watch: Watch,
) -> Measured:
    """Measure every metric once, but for those that rest on what was lost."""
    plan = planner.plan(losses)
    measuring = Measuring(engine, audit.units.root.id)
    spans: dict[str, _Span] = {}
    measurements: list[Measurement] = []
    by_grouping: dict[Any, dict[tuple[str, str], Measurement]] = {}
    for number, grouping in enumerate(plan.groupings):
        name = grouping.table
        watch.progress(name, number, len(plan.groupings))
        if name not in spans:
            table = planner.table(grouping.metrics[0].metric)
            spans[name] = _span_of(table, audit, planner.bounds, engine)
        reasons = {c.metric.id: hits_missing(c, losses) for c in grouping.metrics}
        measured = tuple(
            spans[name].explained(_lost(measurement, reasons[measurement.metric]))
            for measurement in _measured(grouping, measuring, f"{engine.name} {engine.version}")
        )
        measurements += measured
        if grouping.breakdown is None:
            by_grouping[grouping.key] = {
                (measurement.metric, measurement.unit): measurement for measurement in measured
            }
    measurements += _unavailable(audit, planner, plan)
    return Measured(
        plan=plan,
        measurements=tuple(measurements),
        by_grouping=by_grouping,
        days={name: span.days for name, span in sorted(spans.items()) if span.days is not None},
        statements=measuring.statements,
    )


def _measured(grouping: Grouping, measuring: Measuring, engine: str) -> Iterator[Measurement]:
    """Yield the measurements of a grouping, also of units without any row."""
    subjects, estimates = measuring.of(grouping)
    breakdown = grouping.breakdown.id if grouping.breakdown is not None else None
    for unit, group in subjects:
        for compiled in grouping.metrics:
            metric, estimate = compiled.metric, estimates[compiled.metric.id, (unit, group)]
            statistics = {
                name: value for name, value in estimate.statistics.items() if not math.isnan(value)
            }
            n = int(statistics["n"])
            if metric.quantile is not None:
                statistics["level"] = metric.quantile
            yield Measurement(
                metric=metric.id,
                kind=metric.kind,
                unit=unit,
                touchpoint=grouping.touchpoint,
                group=group,
                breakdown=breakdown,
                statistics=statistics,
                n=n,
                value=estimate.value,
                low=estimate.low,
                high=estimate.high,
                cluster=compiled.cluster,
                clusters=estimate.clusters,
                design_effect=estimate.effect,
                direction=estimate.direction,
                measured_in=metric.unit,
                engine=engine,
                query=estimate.query,
            )


def _lost(measurement: Measurement, reason: str) -> Measurement:
    """Return a measurement without its value where it rests on what was lost."""
    if not reason:
        return measurement
    return attrs.evolve(measurement, value=None, low=None, high=None, unavailable=reason)


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
