"""Expressions over rows at hand, such as the attributes of units, whatever the audit's engine."""

# ruff: noqa: S608 - names are quoted by identifier(), values bound

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cxaudit._engines.duckdb.memory import need_address_space
from cxaudit._engines.duckdb.printer import SQL_TYPES, identifier, sql
from cxaudit._engines.duckdb.threads import GuardedConnection, beside
from cxaudit._expressions.walking import nodes_of
from cxaudit._model.expressions import ColumnRef, Expression

__all__ = ["evaluated"]


def evaluated(
    expressions: Sequence[Expression], rows: Sequence[Mapping[str, Any]]
) -> list[list[bool | float | str | datetime | None]]:
    """Return, for each expression, its value for each of some rows at hand.

    All are one statement of a DuckDB of its own, which sees nothing but these rows. A value that
    does not fit the type under which an expression names it counts as null.
    """
    columns = {
        node.name: node.type
        for expression in expressions
        for node in nodes_of(expression)
        if isinstance(node, ColumnRef)
    }
    arrays: list[list[Any]] = [list(range(len(rows)))]
    parts = ["unnest($1::BIGINT[]) AS _index"]
    for name, kind in columns.items():
        arrays.append([_fitting(row.get(name), kind) for row in rows])
        parts.append(f"unnest(${len(arrays)}::{SQL_TYPES[kind]}[]) AS {identifier(name)}")
    if "_zone" not in columns:
        parts.append("'UTC' AS _zone")
    values = "".join(f", {sql(expression)}" for expression in expressions)
    statement = f"SELECT _index{values} FROM (SELECT {', '.join(parts)}) ORDER BY _index"
    need_address_space()
    module = beside(lambda: importlib.import_module("duckdb"))
    connection = GuardedConnection(beside(lambda: module.connect(":memory:")))
    try:
        for setting in (
            "TimeZone = 'UTC'",
            "threads = 1",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            connection.do(f"SET {setting}")
        fetched = connection.fetched(statement, arrays)
    finally:
        connection.close()
    return [[_aware(row[number]) for row in fetched] for number in range(1, len(expressions) + 1)]


def _fitting(value: Any, kind: str) -> Any:
    if kind == "text":
        return None if value is None else str(value)
    if kind == "number":
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
