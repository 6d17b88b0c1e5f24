"""Expressions over raw columns as SQL for a canonical column: its value, and whether it failed."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from cxaudit._engines.duckdb.printer import SQL_TYPES, identifier, is_local, sql
from cxaudit._expressions.walking import children, nodes_of
from cxaudit._model.expressions import Call, ColumnRef, Conditional, Expression
from cxaudit._model.tables import Column

__all__ = ["Mapped", "mapped_column"]

_CONVERSIONS = {"number", "parse_time", "parse_date", "time", "seconds"}
_TRUE, _FALSE = "('true', 't', 'yes', 'y', '1')", "('false', 'f', 'no', 'n', '0')"


@attrs.frozen(kw_only=True)
class Mapped:
    """A column of a table and the SQL for it over raw rows.

    Attributes:
        column: The column.
        expression: Its expression, with the conversion that the column's type needs.
        value: SQL of its value; null where it cannot be read.
        local: SQL of the local time that it reads, or None.
        failed: SQL that tells whether something was there and could not be read.
        written: SQL that tells whether any raw value was there.
    """

    column: Column
    expression: Expression
    value: str
    local: str | None
    failed: str
    written: str


def mapped_column(column: Column, expression: Expression, zone: str | None) -> Mapped:
    """Return the SQL for a column, converted to its type by a cast that cannot fail."""
    written = _any(f"{identifier(name)} IS NOT NULL" for name in _columns(expression))
    expression = _converted(expression, column)
    value = sql(expression, zone=zone)
    failed = _failed(expression, zone)
    if expression.type not in {column.type, "null"}:
        raw = value
        if column.type == "boolean":
            word = f"lower(trim(CAST({raw} AS VARCHAR)))"
            value = f"CASE WHEN {word} IN {_TRUE} THEN true WHEN {word} IN {_FALSE} THEN false END"
        elif column.type == "text":
            value = f"CAST({raw} AS VARCHAR)"
            if expression.type == "number":
                value = f"regexp_replace({value}, '\\.0$', '')"
        else:
            value = f"TRY_CAST({raw} AS {SQL_TYPES[column.type]})"
        failed = f"(({failed}) OR (({raw}) IS NOT NULL AND ({value}) IS NULL))"
    value = f"CAST({value} AS {SQL_TYPES[column.type]})"
    local = None

    if column.type == "time" and is_local(expression):
        local = sql(expression, zone=zone, local=True)
    return Mapped(
        column=column,
        expression=expression,
        value=value,
        local=local,
        failed=f"coalesce(({value}) IS NULL AND ({failed}), false)",
        written=written,
    )


def _failed(node: Expression, zone: str | None) -> str:
    """Return SQL that tells whether a conversion inside an expression found no value."""
    if isinstance(node, Conditional):
        branches = " ".join(
            f"WHEN {sql(when, zone=zone)} THEN {_failed(then, zone)}" for when, then in node.cases
        )
        last = "false" if node.otherwise is None else _failed(node.otherwise, zone)
        return f"CASE {branches} ELSE {last} END"
    # number(price) fails on 'n/a': the text is there, and the number made of it is null.
    inner = [_failed(part, zone) for part in children(node)]
    if isinstance(node, Call) and node.function in _CONVERSIONS:
        argument = sql(node.arguments[0], zone=zone)
        inner.append(f"(({argument}) IS NOT NULL AND ({sql(node, zone=zone)}) IS NULL)")
    return _any(part for part in inner if part != "false")


def _converted(expression: Expression, column: Column) -> Expression:
    """Return an expression with the conversion of the dictionary that its column's type needs."""
    if expression.type == "text" and column.type in {"number", "time"}:
        return Call(column.type, (expression,), column.type)
    return expression


def _columns(node: Expression) -> tuple[str, ...]:
    names = (part.name for part in nodes_of(node) if isinstance(part, ColumnRef))
    return tuple(dict.fromkeys(names))


def _any(conditions: Iterable[str]) -> str:
    reasons = list(conditions)
    return f"({' OR '.join(reasons)})" if reasons else "false"
