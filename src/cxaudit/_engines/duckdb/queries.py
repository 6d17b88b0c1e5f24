"""Statements for metrics that do not add up, and for rows, in the forms measured fastest."""

# ruff: noqa: S608 - names are quoted by identifier(), values by text() or bound

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from cxaudit._engines.duckdb.clocks import Clocks
from cxaudit._engines.duckdb.clusters import cluster_of
from cxaudit._engines.duckdb.printer import as_text, identifier, sql, text
from cxaudit._model.engine import (
    CompiledMetric,
    MeasuredRow,
    MetricQuery,
    RowQuery,
    Sums,
)
from cxaudit._model.metrics import MetricKind
from cxaudit.errors import ExpressionError, Problem

__all__ = [
    "check_value",
    "count_statement",
    "counted_only",
    "distinct_statement",
    "double",
    "grouped",
    "read_distinct",
    "read_within",
    "row_statement",
    "rows_from",
    "touchpoint_clause",
    "unit_values",
    "value_of",
    "where_clause",
    "within_statement",
    "within_values",
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
    values = [value_of(compiled, query, clocks) for compiled in query.metrics]
    counts = "".join(f", count(DISTINCT {value})" for value in values)
    return grouped(query, clocks, counts)


def read_distinct(query: MetricQuery, rows: Iterable[Sequence[Any]]) -> Iterator[MeasuredRow]:
    """Yield the fetched rows of `distinct_statement`."""
    for unit, group, *counts in rows:
        if unit not in query.units:
            continue
        for compiled, count in zip(query.metrics, counts, strict=True):
            statistics = {"value": float(count)}
            yield MeasuredRow(
                unit=unit, group=group, metric=compiled.metric.id, statistics=statistics
            )


def within_statement(query: MetricQuery) -> str:
    """Return the statement that counts rows at or under a value, by unit or group and cluster.

    Its columns are unit, group, cluster and, for each metric, the rows that count and those
    within.
    """
    clocks = Clocks()
    columns = []
    for position, compiled in enumerate(query.metrics):
        value = value_of(compiled, query, clocks)
        happened = counts = f"{value} IS NOT NULL"
        if compiled.event is not None:
            event = sql(compiled.event, table=query.table, clocks=clocks)
            counts, happened = f"{counts} AND {event} IS NOT NULL", event
        columns.append(
            f'count_if("v{position}" IS NOT NULL AND {counts}) AS "n{position}", '
            f'count_if({value} <= "v{position}" AND {happened}) AS "k{position}"'
        )
    cluster, offsets = cluster_of(query.metrics[0], query.table, clocks)
    rows = rows_from(query, clocks)
    first = 1 + len(unit_values(query))
    values = "".join(
        f', unnest(${first + 2 + position}::DOUBLE[]) AS "v{position}"'
        for position in range(len(query.metrics))
    )
    of = (
        f'\nJOIN (SELECT unnest(${first}::VARCHAR[]) AS "of_unit", '
        f'unnest(${first + 1}::VARCHAR[]) AS "of_group"{values}) '
        f'ON {rows.unit} = "of_unit" AND {rows.group} IS NOT DISTINCT FROM "of_group"'
    )
    return (
        f'SELECT {rows.unit} AS "unit", {rows.group} AS "group", {cluster} AS "cluster", '
        f"{', '.join(columns)}\nFROM {rows.source}{offsets}{of}{where_clause(*rows.where)}\n"
        "GROUP BY 1, 2, 3"
    )


def within_values(
    query: MetricQuery, values: Mapping[tuple[str, str, str | None], float]
) -> list[Any]:
    """Return what is bound to the parameters of `within_statement`."""
    names = [compiled.metric.id for compiled in query.metrics]
    units = set(query.units)
    subjects = list(
        dict.fromkeys(
            (unit, group) for name, unit, group in values if name in names and unit in units
        )
    )
    lists = [[values.get((name, *subject)) for subject in subjects] for name in names]
    return [
        *unit_values(query),
        [unit for unit, _ in subjects],
        [group for _, group in subjects],
        *lists,
    ]


def read_within(query: MetricQuery, columns: Mapping[str, Any]) -> Sums:
    """Return the fetched columns of `within_statement`."""
    import numpy as np

    names = columns["unit" if query.by is None else "group"].tolist()
    return Sums(
        units=[None if name is None else str(name) for name in names],
        touchpoints=[None] * len(names),
        clusters=np.ma.filled(np.ma.asarray(columns["cluster"]).astype(np.int64), 0),
        statistics={
            (compiled.metric.id, name): np.ma.filled(
                np.ma.asarray(columns[f"{name}{position}"]).astype(np.float64), 0.0
            )
            for position, compiled in enumerate(query.metrics)
            for name in ("n", "k")
        },
    )


def value_of(compiled: CompiledMetric, query: MetricQuery, clocks: Clocks) -> str:
    """Return SQL of a metric's value, null where a row does not count."""
    check_value(compiled)
    assert compiled.value is not None
    where = None
    if compiled.where is not None:
        where = sql(compiled.where, table=query.table, clocks=clocks)
    return counted_only(sql(compiled.value, table=query.table, clocks=clocks), where)


def grouped(query: MetricQuery, clocks: Clocks, columns: str) -> str:
    """Return a SELECT of unit, group and aggregate columns by them."""
    rows = rows_from(query, clocks)
    return (
        f'SELECT {rows.unit} AS "unit", {rows.group} AS "group"{columns}\n'
        f"FROM {rows.source}{where_clause(*rows.where)}\nGROUP BY 1, 2"
    )


def row_statement(query: RowQuery) -> str:
    """Return the statement for rows of a table, in the order of file and row.

    ``_source`` and ``_row`` are the first columns when columns are named.
    """
    clocks = Clocks()
    where = _row_filter(query, clocks)
    added = ", ".join(identifier(name) for name in clocks.columns)
    columns = f"* EXCLUDE ({added})" if added else "*"
    if query.columns is not None:
        names = dict.fromkeys(("_source", "_row", *query.columns))
        columns = ", ".join(identifier(name) for name in names)
    source = clocks.around(identifier(query.table))
    return f'SELECT {columns}\nFROM {source}{where}\nORDER BY "_source", "_row"'


def count_statement(query: RowQuery) -> str:
    """Return the statement for the number of rows of a query."""
    clocks = Clocks()
    where = _row_filter(query, clocks)
    return f"SELECT count(*)\nFROM {clocks.around(identifier(query.table))}{where}"


def _row_filter(query: RowQuery, clocks: Clocks) -> str:
    conditions = []
    if query.where is not None:
        conditions.append(f"({sql(query.where, table=query.table, clocks=clocks)})")
    if query.screen is not None:
        column, pattern = query.screen
        conditions.append(f"regexp_matches({identifier(column)}, {text(pattern)}, 'i')")
    return where_clause(*conditions)


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
    unit, known = text(query.root), None
    if _each_by_itself(query):
        # Rows of other units are left out where they are fetched, which costs less than a join.
        unit, known = '"unit"', '"unit" IS NOT NULL'
    elif unit_values(query):
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
    return _Rows(source, (known, touchpoint_clause(query.touchpoint), counted), unit, group)


def _each_by_itself(query: MetricQuery) -> bool:
    """Tell whether the rows of each result unit are its own alone."""
    return query.root not in query.units and all(
        rows == (unit,) for unit, rows in query.units.items()
    )


def unit_values(query: MetricQuery) -> list[Any]:
    """Return what is bound to ``$1`` and ``$2``: row units and the result unit of each."""
    if query.units == {query.root: None} or _each_by_itself(query):
        return []
    pairs: list[tuple[str | None, str]] = []
    pairs += [(row, unit) for unit, rows in query.units.items() for row in rows or ()]
    pairs += [(None, query.root)] if query.root in query.units else []
    return [[row for row, _ in pairs], [unit for _, unit in pairs]]


def touchpoint_clause(touchpoint: str | None) -> str | None:
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
