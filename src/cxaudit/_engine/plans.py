"""The plan of a run, for people: what would be read and asked."""

from __future__ import annotations

from collections.abc import Iterable

from cxaudit._engine.planning import Planner, digest
from cxaudit._engine.registry import Registry
from cxaudit._model.audit import Audit
from cxaudit._model.engine import EngineSession
from cxaudit._model.plan import Plan, PlannedSource, PlannedStatement
from cxaudit._model.specs import Table

__all__ = ["make_plan"]


def make_plan(
    audit: Audit, planner: Planner, registry: Registry, engine: EngineSession | None
) -> Plan:
    """Return the plan of a run, its statements printed by an engine that is not open."""
    queries = planner.queries()
    statements: list[PlannedStatement] = []
    if engine is not None:
        read = [registry.get("table", planned.query.table) for planned in queries]
        statements += [_making(table, engine) for table in _derived(read, registry)]
        for planned in queries:
            text = engine.statement(planned.query)
            statements.append(
                PlannedStatement(
                    table=planned.query.table,
                    metrics=tuple(compiled.metric.id for compiled in planned.query.metrics),
                    units=tuple(planned.query.units),
                    touchpoint=planned.query.touchpoint,
                    breakdown=planned.breakdown.id if planned.breakdown else None,
                    text=text,
                    digest=digest(text),
                )
            )
    return Plan(
        engine=audit.engine if statements else "",
        sources=tuple(
            PlannedSource(name=use.name, reader=use.reader, table=use.table, paths=use.paths)
            for use in audit.sources
        ),
        statements=tuple(statements),
        unavailable=dict(sorted(planner.unavailable.items())),
    )


def _derived(tables: Iterable[Table], registry: Registry) -> tuple[Table, ...]:
    """Return the tables among some, and below them, that are made by a SELECT; lowest first."""
    found: dict[str, Table] = {}

    def visit(table: Table) -> None:
        for name in table.reads:
            visit(registry.get("table", name.rstrip("?")))
        if table.select:
            found[table.id] = table

    for table in tables:
        visit(table)
    return tuple(found.values())


def _making(table: Table, engine: EngineSession) -> PlannedStatement:
    text = engine.derivation(table)
    return PlannedStatement(
        table=table.id,
        metrics=(),
        units=(),
        touchpoint=None,
        breakdown=None,
        text=text,
        digest=digest(text),
    )
