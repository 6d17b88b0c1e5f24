"""Statements for metrics that do not add up, and for rows, in the forms measured fastest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from cxaudit._engines.duckdb.clocks import Clocks
from cxaudit._engines.duckdb.printer import as_text, identifier, sql, text
from cxaudit._model.engine import CompiledMetric, Levels, MeasuredRow, MetricQuery, RowQuery
from cxaudit._model.metrics import MetricKind
from cxaudit.errors import ExpressionError, Problem

__all__ = [
    "check_value",
    "count_statement",
    "counted_only",
    "distinct_statement",
    "double",
    "quantile_statement",
    "quantile_values",
    "read_distinct",
    "read_quantiles",
    "row_statement",
    "rows_from",
    "unit_values",
    "where_clause",
]

_NEEDED = {
    MetricKind.SHARE: "boolean",
    MetricKind.MEAN: "number",
    MetricKind.MINIMUM: "number",
    MetricKind.MAXIMUM: "number",
    MetricKind.QUANTILE: "number",
    MetricKind.CENSORED_QUANTILE: "number",
}


def distinct_statement(query: MetricQuery) -> str:
    """Return the statement for a query's distinct counts: unit, group, then a column for each."""
    clocks = Clocks()
    values = [_value(compiled, query, clocks) for compiled in query.metrics]
    counts = "".join(f", count(DISTINCT {value})" for value in values)
    return _grouped(query, clocks, counts)


def read_distinct(query: MetricQuery, rows: Iterable[Sequence[Any]]) -> Iterator[MeasuredRow]:
    """Yield the fetched rows of `distinct_statement`."""
    for unit, group, *counts in rows:
        for compiled, count in zip(query.metrics, counts, strict=True):
            statistics = {"value": float(count)}
            yield MeasuredRow(
                unit=unit, group=group, metric=compiled.metric.id, statistics=statistics
            )


def quantile_statement(query: MetricQuery) -> str:
    """Return the statement for a query's quantiles: unit, group, then a list for each value.

    Quantiles of one value are taken together. All are by linear interpolation between order
    statistics (Hyndman and Fan 1996, type 7).

    Raises:
        ExpressionError: If a metric's value has another type than its kind needs.
    """
    clocks = Clocks()
    metrics = _by_value(query, clocks)
    first = 1 + len(unit_values(query))
    if len(query.units) == 1:
        lists = (
            f", quantile_cont({value}, ${first + position}::DOUBLE[])"
            for position, value in enumerate(metrics)
        )
        return _grouped(query, clocks, "".join(lists))
    # ``quantile_cont`` takes the same levels for all groups. Here the values of a unit are sorted
    # once, and its quantiles are picked from their places.
    sorted_lists = "".join(
        f", list_sort(list({value}) FILTER ({value} IS NOT NULL)) AS s{position}"
        for position, value in enumerate(metrics)
    )
    picked = "".join(
        f", list_transform(q{position}, lambda q: {_picked(f's{position}')})"
        for position in range(len(metrics))
    )
    levels = ", ".join(
        f"unnest(${first + 1 + position}::DOUBLE[][]) AS q{position}"
        for position in range(len(metrics))
    )
    return (
        f'SELECT "unit", "group"{picked}\nFROM ({_grouped(query, clocks, sorted_lists)})\n'
        f'JOIN (SELECT unnest(${first}::VARCHAR[]) AS "wanted", {levels}) ON "unit" = "wanted"'
    )


def quantile_values(query: MetricQuery, levels: Mapping[str, Mapping[str, Levels]]) -> list[Any]:
    """Return what is bound to the parameters of `quantile_statement`."""
    lists = [
        [[level for name in names for level in levels[name][unit]] for unit in query.units]
        for names in _by_value(query, Clocks()).values()
    ]
    bound = unit_values(query)
    if len(query.units) == 1:
        # Nulls are no levels there; their places are kept by a level that nobody reads.
        return [*bound, *([0.0 if level is None else level for level in one] for (one,) in lists)]
    return [*bound, [*query.units], *lists]


def read_quantiles(
    query: MetricQuery,
    levels: Mapping[str, Mapping[str, Levels]],
    rows: Iterable[Sequence[Any]],
) -> dict[tuple[str, str, str | None], Levels]:
    """Return the fetched rows of `quantile_statement` by metric, unit and group."""
    quantiles: dict[tuple[str, str, str | None], Levels] = {}
    by_value = _by_value(query, Clocks())
    for unit, group, *lists in rows:
        for names, values in zip(by_value.values(), lists, strict=True):
            left = iter(values or ())
            for name in names:
                wanted = levels[name][unit]
                picked = [next(left, None) for _ in wanted]
                quantiles[name, unit, group] = tuple(
                    None if level is None else value
                    for level, value in zip(wanted, picked, strict=True)
                )
    return quantiles


def _by_value(query: MetricQuery, clocks: Clocks) -> dict[str, list[str]]:
    """Return the SQL of each value to the metrics that are quantiles of it."""
    metrics: dict[str, list[str]] = {}
    for compiled in query.metrics:
        metrics.setdefault(_value(compiled, query, clocks), []).append(compiled.metric.id)
    return metrics


def _picked(values: str) -> str:
    """Return SQL of the quantile at the level ``q`` of a sorted list."""
    # [10, 20, 40] at 0.75: rank 1.5 from 0 on, half way from 20 to 40, so 30.
    rank = f"(len({values}) - 1) * q"
    low, high = (f"{values}[1 + CAST({end}({rank}) AS BIGINT)]" for end in ("floor", "ceil"))
    return f"{low} + ({high} - {low}) * ({rank} - floor({rank}))"


def _value(compiled: CompiledMetric, query: MetricQuery, clocks: Clocks) -> str:
    check_value(compiled)
    assert compiled.value is not None
    where = None
    if compiled.where is not None:
        where = sql(compiled.where, table=query.table, clocks=clocks)
    return counted_only(sql(compiled.value, table=query.table, clocks=clocks), where)


def _grouped(query: MetricQuery, clocks: Clocks, columns: str) -> str:
    rows = rows_from(query, clocks)
    return (
        f'SELECT {rows.unit} AS "unit", {rows.group} AS "group"{columns}\n'
        f"FROM {rows.source}{where_clause(*rows.where)}\nGROUP BY 1, 2"
    )


def row_statement(query: RowQuery) -> str:
    """Return the statement for rows of a table, in a repeatable order.

    With a limit the rows are those with the least hash of file, row and seed; else they come
    by file and row. ``_source`` and ``_row`` are the first columns when columns are named.
    """
    clocks = Clocks()
    where = _row_filter(query, clocks)
    added = ", ".join(identifier(name) for name in clocks.columns)
    columns = f"* EXCLUDE ({added})" if added else "*"
    if query.columns is not None:
        names = dict.fromkeys(("_source", "_row", *query.columns))
        columns = ", ".join(identifier(name) for name in names)
    order = '"_source", "_row"'
    limit = ""
    if query.limit is not None:
        key = f'concat_ws(\'|\', {text(str(query.seed))}, "_source", "_row")'
        order = f"md5({key}), {order}"
        limit = f"\nLIMIT {int(query.limit)}"
    source = clocks.around(identifier(query.table))
    return f"SELECT {columns}\nFROM {source}{where}\nORDER BY {order}{limit}"


def count_statement(query: RowQuery) -> str:
    """Return the statement for the number of rows of a query, its limit left aside."""
    clocks = Clocks()
    where = _row_filter(query, clocks)
    return f"SELECT count(*)\nFROM {clocks.around(identifier(query.table))}{where}"


def _row_filter(query: RowQuery, clocks: Clocks) -> str:
    units = None
    if query.units is not None:
        listed = ", ".join(text(unit) for unit in query.units)
        units = f'"unit" IN ({listed})' if listed else "false"
    where = None
    if query.where is not None:
        where = sql(query.where, table=query.table, clocks=clocks)
    return where_clause(_touchpoint_clause(query.touchpoint), units, where)


def double(value: float) -> str:
    """Return a number as an SQL literal of a double."""
    written = repr(float(value))
    return written if "e" in written else f"{written}e0"


def check_value(compiled: CompiledMetric) -> None:
    """Refuse a metric whose value has another type than its kind needs."""
    kind, value = compiled.metric.kind, compiled.value
    needed = _NEEDED.get(kind)
    if needed and value is not None and value.type not in {needed, "null"}:
        message = f"{compiled.metric.id}: {kind} needs a {needed}, and its value is {value.type}"
        raise ExpressionError((Problem(message, path="value"),))


@attrs.frozen
class _Rows:
    """Where the rows of a query come from, and how they are grouped."""

    source: str
    where: tuple[str | None, ...]
    unit: str
    group: str


def rows_from(query: MetricQuery, clocks: Clocks) -> _Rows:
    """Return where rows come from; ``clocks`` holds what all other expressions read.

    A row counts for the result unit whose row units hold its own, and a row whose ``unit`` is
    null for the root: loading stores null where a unit is not known. Rows of other units (of
    comparators, or where an item does not apply) count for nobody.
    """
    group = "CAST(NULL AS VARCHAR)"
    if query.by is not None:
        group = as_text(query.by, table=query.table, clocks=clocks)
    source = clocks.around(identifier(query.table))
    unit = text(query.root)
    if unit_values(query):
        # With the units quay and mall under root, both alone: (quay, quay) and (mall, mall); for
        # the root (quay, root), (mall, root) and (NULL, root).
        unit = '"_result_unit"'
        source += (
            '\nJOIN (SELECT unnest($1::VARCHAR[]) AS "_row_unit", '
            'unnest($2::VARCHAR[]) AS "_result_unit") ON "unit" IS NOT DISTINCT FROM "_row_unit"'
        )
    counted = None
    if query.where is not None:
        counted = sql(query.where, table=query.table, clocks=clocks)
    return _Rows(source, (_touchpoint_clause(query.touchpoint), counted), unit, group)


def unit_values(query: MetricQuery) -> list[Any]:
    """Return what is bound to ``$1`` and ``$2``: row units and the result unit of each."""
    if query.units == {query.root: None}:
        return []
    pairs: list[tuple[str | None, str]] = []
    pairs += [(row, unit) for unit, rows in query.units.items() for row in rows or ()]
    pairs += [(None, query.root)] if query.root in query.units else []
    return [[row for row, _ in pairs], [unit for _, unit in pairs]]


def _touchpoint_clause(touchpoint: str | None) -> str | None:
    """Return the condition of rows at a touchpoint or below it; None for all."""
    if touchpoint is None:
        return None
    nested = f'starts_with("touchpoint", {text(touchpoint + ".")})'
    return f'("touchpoint" = {text(touchpoint)} OR {nested})'


def where_clause(*conditions: str | None) -> str:
    """Return the WHERE of all conditions that are given; empty without any."""
    every = " AND ".join(condition for condition in conditions if condition)
    return f"\nWHERE {every}" if every else ""


def counted_only(value: str | None, where: str | None) -> str:
    """Return a value that is null where a row does not count."""
    value = value or "NULL"
    return value if where is None else f"CASE WHEN {where} THEN {value} END"
