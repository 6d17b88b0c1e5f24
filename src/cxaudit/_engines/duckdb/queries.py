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
    Levels,
    LevelsOfSubjects,
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
    "has_one_subject",
    "level_statement",
    "level_values",
    "picking_statement",
    "quantile_statement",
    "read_distinct",
    "read_quantiles",
    "read_within",
    "row_statement",
    "rows_from",
    "touchpoint_clause",
    "unit_values",
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
    values = [_value(compiled, query, clocks) for compiled in query.metrics]
    counts = "".join(f", count(DISTINCT {value})" for value in values)
    return _grouped(query, clocks, counts)


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


def quantile_statement(query: MetricQuery) -> str:
    """Return the statement that reads the rows of a query's quantiles: unit, group, then lists.

    Quantiles of one value are taken together. All are by linear interpolation between order
    statistics (Hyndman and Fan 1996, type 7). For one unit the lists are those of the quantiles
    themselves; for several, and for groups, all values in order, from which `picking_statement`
    takes quantiles at levels of each one's own.

    Raises:
        ExpressionError: If a metric's value has another type than its kind needs.
    """
    clocks = Clocks()
    values = _by_value(query, clocks)
    if not has_one_subject(query):
        lists = (
            f", list_sort(list({value}) FILTER ({value} IS NOT NULL)) AS s{position}"
            for position, value in enumerate(values)
        )
        return _grouped(query, clocks, "".join(lists))
    columns = (
        f", quantile_cont({value}, [{', '.join(repr(_own(compiled)) for compiled in metrics)}])"
        for value, metrics in values.items()
    )
    return _grouped(query, clocks, "".join(columns))


def has_one_subject(query: MetricQuery) -> bool:
    """Tell whether a query is of one unit, without groups."""
    return len(query.units) == 1 and query.by is None


def level_statement(query: MetricQuery) -> str:
    """Return the statement for further quantiles of a query of one unit, at levels to be bound."""
    clocks = Clocks()
    first = 1 + len(unit_values(query))
    columns = "".join(
        f", quantile_cont({value}, ${first + position}::DOUBLE[])"
        for position, value in enumerate(_by_value(query, clocks))
    )
    return _grouped(query, clocks, columns)


def picking_statement(query: MetricQuery, table: str, *, own: bool) -> str:
    """Return the statement that takes quantiles from a table of values in order.

    Args:
        query: The quantiles.
        table: The table that `quantile_statement` gave.
        own: Whether they are at the metrics' own levels; else at levels to be bound.
    """
    values = _by_value(query, Clocks()).values()
    levels = [
        f"[{', '.join(repr(_own(compiled)) for compiled in metrics)}]" if own else f"q{position}"
        for position, metrics in enumerate(values)
    ]
    picked = "".join(
        f", list_transform({level}, lambda q: {_picked(f's{position}')})"
        for position, level in enumerate(levels)
    )
    statement = f'SELECT "unit", "group"{picked}\nFROM {identifier(table)}'
    if own:
        return statement
    bound = "".join(
        f", unnest(${3 + position}::DOUBLE[][]) AS q{position}" for position in range(len(levels))
    )
    return (
        f'{statement}\nJOIN (SELECT unnest($1::VARCHAR[]) AS "of_unit", '
        f'unnest($2::VARCHAR[]) AS "of_group"{bound}) '
        'ON "unit" = "of_unit" AND "group" IS NOT DISTINCT FROM "of_group"'
    )


def level_values(query: MetricQuery, levels: LevelsOfSubjects) -> list[Any]:
    """Return what is bound to the parameters of `level_statement` or `picking_statement`."""
    subjects = list(levels)
    lists = [
        [[level for c in metrics for level in levels[subject][c.metric.id]] for subject in subjects]
        for metrics in _by_value(query, Clocks()).values()
    ]
    if has_one_subject(query):
        # Nulls are no levels there; their positions are kept by a level that nobody reads.
        known = ([0.0 if level is None else level for level in one] for (one,) in lists)
        return [*unit_values(query), *known]
    return [[unit for unit, _ in subjects], [group for _, group in subjects], *lists]


def read_quantiles(
    query: MetricQuery, levels: LevelsOfSubjects | None, rows: Iterable[Sequence[Any]]
) -> dict[tuple[str, str, str | None], Levels]:
    """Return fetched quantiles by metric, unit and group.

    Args:
        query: The quantiles.
        levels: At which levels; None for each metric's own.
        rows: The rows of the statement.
    """
    quantiles: dict[tuple[str, str, str | None], Levels] = {}
    by_value = _by_value(query, Clocks())
    for unit, group, *lists in rows:
        if unit not in query.units or (levels is not None and (unit, group) not in levels):
            continue
        for metrics, values in zip(by_value.values(), lists, strict=True):
            left = iter(values or ())
            for compiled in metrics:
                name = compiled.metric.id
                wanted: Levels = (1.0,) if levels is None else levels[unit, group][name]
                picked = [next(left, None) for _ in wanted]
                quantiles[name, unit, group] = tuple(
                    None if level is None else value
                    for level, value in zip(wanted, picked, strict=True)
                )
    return quantiles


def _own(compiled: CompiledMetric) -> float:
    assert compiled.metric.quantile is not None
    return float(compiled.metric.quantile)


def within_statement(query: MetricQuery) -> str:
    """Return the statement that counts rows at or under a value, by unit or group and cluster.

    Its columns are unit, group, cluster and, for each metric, the rows that count and those
    within.
    """
    clocks = Clocks()
    columns = []
    for position, compiled in enumerate(query.metrics):
        value = _value(compiled, query, clocks)
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


def _by_value(query: MetricQuery, clocks: Clocks) -> dict[str, list[CompiledMetric]]:
    """Return the SQL of each value to the metrics that are quantiles of it."""
    metrics: dict[str, list[CompiledMetric]] = {}
    for compiled in query.metrics:
        metrics.setdefault(_value(compiled, query, clocks), []).append(compiled)
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
    if query.where is None:
        return ""
    return where_clause(sql(query.where, table=query.table, clocks=clocks))


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
