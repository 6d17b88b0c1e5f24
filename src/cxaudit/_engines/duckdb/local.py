"""Expressions over what core has at hand, units and days, whatever the audit's engine."""

# ruff: noqa: S608 - names are quoted by identifier(), values bound

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cxaudit._engines.duckdb.memory import need_address_space
from cxaudit._engines.duckdb.printer import SQL_TYPES, as_text, identifier, sql
from cxaudit._engines.duckdb.threads import GuardedConnection, beside
from cxaudit._expressions.walking import nodes_of
from cxaudit._model.expressions import ColumnRef, Expression

__all__ = ["evaluated", "texts_of_days"]


def evaluated(
    expressions: Sequence[Expression], rows: Sequence[Mapping[str, Any]]
) -> list[list[bool | float | str | datetime | None]]:
    """Return, for each expression, its value for each of some rows at hand.

    All are one statement. A value that does not fit the type under which an expression names it
    counts as null.
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
    values = ", ".join(map(sql, expressions))
    fetched = _fetched(f"SELECT {values} FROM (SELECT {', '.join(parts)}) ORDER BY _index", arrays)
    return [[_aware(row[number]) for row in fetched] for number in range(len(expressions))]


def texts_of_days(expression: Expression, days: Sequence[int | None]) -> list[str | None]:
    """Return an expression as text for each of some days since 1970-01-01, or for no day.

    All columns that it names are the first instant of the day in its zone, or the day itself.
    """
    columns = {node.name: node.type for node in nodes_of(expression) if isinstance(node, ColumnRef)}
    names = "".join(
        f", CAST(DATE '1970-01-01' + _day AS {SQL_TYPES[kind]}) AS {identifier(name)}"
        for name, kind in columns.items()
    )
    rows = "SELECT unnest($1::BIGINT[]) AS _index, unnest($2::INTEGER[]) AS _day"
    statement = (
        f"SELECT {as_text(expression)} FROM (SELECT _index, 'UTC' AS _zone{names} FROM ({rows})) "
        "ORDER BY _index"
    )
    return [text for (text,) in _fetched(statement, [list(range(len(days))), list(days)])]


def _fetched(statement: str, arrays: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return what a DuckDB of its own, which sees nothing but the arrays, makes of them."""
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
        return connection.fetched(statement, arrays)
    finally:
        connection.close()


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
