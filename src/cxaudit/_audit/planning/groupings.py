"""What is measured where, and the queries that ask for it: sums shared, the rest apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from cxaudit._expressions.walking import growth
from cxaudit._model.engine import CompiledMetric, MetricQuery, SumQuery
from cxaudit._model.expressions import Expression
from cxaudit._model.metrics import Breakdown, MetricKind

__all__ = ["MOST_TEXT", "Grouping", "QueryPlan", "metric_queries", "parts", "sum_queries"]

MOST_TEXT = 50
"""A statement of several metrics makes at most so many times the text of a row."""


@attrs.frozen(kw_only=True)
class Grouping:
    """Metrics over one table at the units of the items that ask for them, or by a breakdown.

    Attributes:
        table: Table name.
        metrics: What is measured, by id.
        units: Result unit to the units whose rows count for it.
        touchpoint: The touchpoint of the items.
        narrowed: Only rows at this touchpoint or below it; None takes all rows.
        key: That of the items, as `Planner.key` gives it.
        breakdown: The breakdown, or None.
        by: The expression of the breakdown's groups.
        of_days: Whether these are groups of local days, by which sums are added up in any case.
        sums: What adds up; several groupings share one.
        queries: What does not.
    """

    table: str
    metrics: tuple[CompiledMetric, ...]
    units: Mapping[str, tuple[str, ...]]
    touchpoint: str
    narrowed: str | None = None
    key: tuple[Any, ...] = ()
    breakdown: Breakdown | None = None
    by: Expression | None = None
    of_days: bool = False
    sums: tuple[SumQuery, ...] = ()
    queries: tuple[MetricQuery, ...] = ()


@attrs.frozen(kw_only=True)
class QueryPlan:
    """What is asked of the engine, and what cannot be.

    Attributes:
        groupings: Each metric once per table and grouping.
        unavailable: Metric, or ``breakdown`` and its id, to the reason why it cannot be measured.
    """

    groupings: tuple[Grouping, ...]
    unavailable: Mapping[str, str]

    @property
    def metrics(self) -> dict[str, CompiledMetric]:
        """Return the metrics that are measured, by id."""
        return {
            compiled.metric.id: compiled
            for grouping in self.groupings
            for compiled in grouping.metrics
        }

    @property
    def tables(self) -> tuple[str, ...]:
        """Return the tables that are read, in the order in which they are first."""
        return tuple(dict.fromkeys(grouping.table for grouping in self.groupings))


def sum_queries(
    groupings: Sequence[Grouping], where: Expression | None, without: tuple[str, ...] = ()
) -> tuple[SumQuery, ...]:
    """Return the queries for what adds up in groupings of one table, or of one breakdown.

    A breakdown by groups of days shares those of its table.

    Args:
        groupings: The groupings, at least one.
        where: Which rows count at all; None takes all.
        without: Units whose rows do not count.
    """
    metrics = {c.metric.id: c for grouping in groupings for c in grouping.metrics}
    return tuple(
        SumQuery(
            table=groupings[0].table,
            metrics=part,
            where=where,
            touchpoints=any(grouping.narrowed for grouping in groupings),
            by=None if groupings[0].of_days else groupings[0].by,
            without=without,
        )
        for part in _parts(metrics.values())
    )


def metric_queries(
    grouping: Grouping,
    where: Expression | None,
    *,
    root: str,
    everyone: frozenset[str],
    error: float | None = None,
) -> tuple[MetricQuery, ...]:
    """Return the queries for what does not add up in a grouping.

    Args:
        grouping: The grouping.
        where: Which rows count at all; None takes all.
        root: The root's id.
        everyone: All units of the audit.
        error: By how much, as a share, values may be moved for quantiles; None for exact ones.
    """
    return tuple(
        MetricQuery(
            table=grouping.table,
            metrics=metrics,
            units=units,
            root=root,
            where=where,
            touchpoint=grouping.narrowed,
            by=grouping.by,
            error=error if metrics[0].metric.kind is MetricKind.QUANTILE else None,
        )
        for metrics in _single(grouping.metrics)
        for units in _levels(grouping.units, root, everyone)
    )


def _single(metrics: Iterable[CompiledMetric]) -> Iterator[tuple[CompiledMetric, ...]]:
    """Yield the metrics that do not add up, as they are asked for: curves one by one."""
    for kind in (MetricKind.QUANTILE, MetricKind.COUNT_DISTINCT):
        yield from _parts(c for c in metrics if c.metric.kind is kind)
    yield from ((c,) for c in metrics if c.metric.kind is MetricKind.CENSORED_QUANTILE)


def _levels(
    units: Mapping[str, tuple[str, ...]], root: str, everyone: frozenset[str]
) -> Iterator[dict[str, tuple[str, ...] | None]]:
    """Yield result units in levels, the root alone: those of one level have no row in common."""
    if root in units:
        yield {root: None if everyone == {*units[root]} else units[root]}
    levels: list[tuple[dict[str, tuple[str, ...] | None], set[str]]] = []
    for unit, members in units.items():
        if unit == root:
            continue
        level = next((level for level in levels if level[1].isdisjoint(members)), None)
        if level is None:
            level = ({}, set())
            levels.append(level)
        level[0][unit] = members
        level[1].update(members)
    yield from (level for level, _ in levels)


def _parts(metrics: Iterable[CompiledMetric]) -> Iterator[tuple[CompiledMetric, ...]]:
    """Yield metrics of one cluster, in parts that make a bounded amount of text."""
    clusters: dict[str, dict[str, CompiledMetric]] = {}
    for compiled in metrics:
        clusters.setdefault(compiled.cluster, {})[compiled.metric.id] = compiled
    for of_cluster in clusters.values():
        yield from (tuple(part.values()) for part in parts(of_cluster))


def parts(metrics: Mapping[str, CompiledMetric]) -> Iterator[dict[str, CompiledMetric]]:
    """Yield metrics in parts of which each makes a bounded amount of text out of a row."""
    part: dict[str, CompiledMetric] = {}
    total = 0.0
    for name in sorted(metrics):
        text = sum(growth(expression) for expression in metrics[name].expressions)
        if part and total + text > MOST_TEXT:
            yield part
            part, total = {}, 0.0
        part[name] = metrics[name]
        total += text
    yield part
