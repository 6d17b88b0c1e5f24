"""The plan of a run, for people: what would be read and asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from cxaudit._audit.planning.groupings import QueryPlan
from cxaudit._audit.planning.planner import Planner, digest, narrowed
from cxaudit._model.audit import Audit, SourceUse
from cxaudit._model.engine import EngineSession, MetricQuery, SumQuery
from cxaudit._model.plan import Plan, PlannedSource, PlannedStatement
from cxaudit._model.tables import Table
from cxaudit._plugins.registry import Registry

__all__ = ["make_plan"]


def make_plan(
    audit: Audit, planner: Planner, registry: Registry, engine: EngineSession | None
) -> Plan:
    """Return the plan of a run, its statements printed by an engine that is not open."""
    plan = planner.plan()
    statements: list[PlannedStatement] = []
    if engine is not None:
        read = [registry.get("table", name) for name in plan.tables]
        narrow = narrowed(plan, audit, planner, registry)
        statements += [
            _making(table, narrow.get(table.id), engine) for table in _selected(read, registry)
        ]
        statements += _asking(plan, engine)
    return Plan(
        engine=audit.engine if statements else "",
        sources=tuple(
            PlannedSource(
                name=use.name,
                reader=use.reader,
                table=use.table,
                paths=use.paths,
                counted=_counted(use, audit, planner, registry),
            )
            for use in audit.sources
        ),
        statements=tuple(statements),
        unavailable=dict(sorted(plan.unavailable.items())),
    )


def _asking(plan: QueryPlan, engine: EngineSession) -> Iterator[PlannedStatement]:
    """Yield what is asked of the engine; sums that several groupings share once."""
    units: dict[str, set[str]] = {}
    for grouping in plan.groupings:
        if grouping.breakdown is None or grouping.of_days:
            units.setdefault(grouping.table, set()).update(grouping.units)
    asked: list[SumQuery] = []
    for grouping in plan.groupings:
        breakdown = grouping.breakdown.id if grouping.breakdown else None
        alone = breakdown is not None and not grouping.of_days
        shared = grouping.units if alone else sorted(units[grouping.table])
        for query in grouping.sums:
            if any(query is other for other in asked):
                continue
            asked.append(query)
            statement = _statement(query, engine, shared, breakdown if alone else None)
            yield attrs.evolve(statement, breakdowns_by_day=_by_day(query, plan))
        for single in grouping.queries:
            yield _statement(single, engine, single.units, breakdown)


def _by_day(query: SumQuery, plan: QueryPlan) -> tuple[str, ...]:
    """Return the breakdowns whose groups are added up from the sums of a query by day."""
    return tuple(
        grouping.breakdown.id
        for grouping in plan.groupings
        if grouping.breakdown is not None
        and grouping.of_days
        and any(query is other for other in grouping.sums)
    )


def _statement(
    query: SumQuery | MetricQuery,
    engine: EngineSession,
    units: Iterable[str],
    breakdown: str | None,
) -> PlannedStatement:
    text = engine.statement(query)
    return PlannedStatement(
        table=query.table,
        metrics=tuple(compiled.metric.id for compiled in query.metrics),
        units=tuple(units),
        touchpoint=query.touchpoint if isinstance(query, MetricQuery) else None,
        breakdown=breakdown,
        text=text,
        digest=digest(text),
    )


def _counted(use: SourceUse, audit: Audit, planner: Planner, registry: Registry) -> str:
    """Say which rows of a source count by the wave."""
    if audit.wave is None:
        return ""
    if not use.wave:
        return "all rows count (wave = false)"
    table = registry.get("table", use.table)
    columns = planner.available.columns(table.id)
    times = [name for name in table.time if columns is None or name in columns]
    if not times:
        return "all rows count, as they have no time"
    first, last = audit.wave.start.isoformat(), audit.wave.end.isoformat()
    return f"rows of {first} to {last} count, by {', else '.join(times)}"


def _selected(tables: Iterable[Table], registry: Registry) -> tuple[Table, ...]:
    """Return the tables among some, and below them, that are made by a SELECT; lowest first."""
    derived: dict[str, Table] = {}

    def visit(table: Table) -> None:
        for name in table.reads:
            visit(registry.get("table", name.rstrip("?")))
        if table.select:
            derived[table.id] = table

    for table in tables:
        visit(table)
    return tuple(derived.values())


def _making(
    table: Table, columns: frozenset[str] | None, engine: EngineSession
) -> PlannedStatement:
    text = engine.derivation(table, columns)
    return PlannedStatement(
        table=table.id,
        metrics=(),
        units=(),
        touchpoint=None,
        breakdown=None,
        text=text,
        digest=digest(text),
    )
