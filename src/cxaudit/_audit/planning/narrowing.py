"""Derived tables with only those of their columns that something reads.

Columns that a statement never gives are never computed, sorted or held, and most of a derived
table is for people who look at its rows.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from cxaudit._audit.planning.groupings import QueryPlan
from cxaudit._audit.planning.planner import Planner, is_live
from cxaudit._expressions import columns_in
from cxaudit._model.audit import Audit
from cxaudit._model.expressions import Expression
from cxaudit._model.tables import Table
from cxaudit._plugins.registry import Registry

__all__ = ["narrowed"]


def narrowed(
    plan: QueryPlan, audit: Audit, planner: Planner, registry: Registry
) -> dict[str, Table]:
    """Return the tables of a plan that are made by a SELECT and of which not all is read.

    Each has the columns of its metrics, filters and groupings, and those of its time. Tables are
    left out of which whole rows are read: as evidence, by a detector, or by another derived table.
    """
    used: dict[str, set[str]] = {}
    for metric in plan.metrics.values():
        table = planner.table(metric.metric)
        expressions = (*metric.expressions, planner.bounds.counting(table))
        used.setdefault(table.id, set(table.time)).update(*map(_columns_of, expressions))
    for breakdown in audit.breakdowns:
        table = planner.table(planner.metric(breakdown.metrics[0]))
        by, _ = planner.expression(breakdown.by, table, "by")
        used.setdefault(table.id, set(table.time)).update(_columns_of(by))
    for name in _read_whole(plan, audit, planner, registry):
        used.pop(name, None)
    tables: list[Table] = [registry.get("table", name) for name in used]
    return {
        table.id: attrs.evolve(
            table,
            columns=tuple(column for column in table.columns if column.name in used[table.id]),
        )
        for table in tables
        if table.select
    }


def _columns_of(expression: Expression | None) -> frozenset[str]:
    return frozenset() if expression is None else columns_in(expression)


def _read_whole(
    plan: QueryPlan, audit: Audit, planner: Planner, registry: Registry
) -> Iterator[str]:
    """Yield the tables whose rows are read with all that they hold, some of them twice."""
    for item in filter(is_live, audit.checklist.items):
        # Only a practice is scored, and so can lose something that rows are evidence of.
        if item.role == "practice" and item.check is not None:
            yield from (planner.table(metric).id for metric in planner.metrics_of(item).values())
    for detector in (*audit.checklist.detectors, *registry.of("detector").values()):
        yield registry.get("table", detector.table).id
    for name in plan.tables:
        yield from _below(registry.get("table", name), registry)


def _below(table: Table, registry: Registry) -> Iterator[str]:
    for name in table.reads:
        read = registry.get("table", name.rstrip("?"))
        yield read.id
        yield from _below(read, registry)
