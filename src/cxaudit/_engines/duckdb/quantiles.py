"""Quantiles: exact ones from values in order, or from counts in logarithmic buckets.

A bucket holds values that lie within a relative error of one number, its middle (DDSketch: Masson,
Rim and Lee 2019), so memory does not grow with the rows: of waits from a millisecond to a day there
are a thousand buckets at an error of 1 %.
"""

# ruff: noqa: S608 - names are quoted by identifier(), values by text() or bound

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from cxaudit._engines.duckdb.clocks import Clocks
from cxaudit._engines.duckdb.printer import identifier
from cxaudit._engines.duckdb.queries import (
    double,
    grouped,
    rows_from,
    unit_values,
    value_of,
    where_clause,
)
from cxaudit._model.engine import CompiledMetric, Levels, LevelsOfSubjects, MetricQuery

__all__ = [
    "is_direct",
    "level_statement",
    "level_values",
    "picking_statement",
    "quantile_statement",
    "read_quantiles",
]

_SAFETY = 1 - 1e-9
"""The error is asked for a little smaller, so that no rounding of logarithms exceeds it."""
_MOST = "1.7976931348623157e308"


def quantile_statement(query: MetricQuery) -> str:
    """Return the statement that reads the rows of a query's quantiles: unit, group, then lists.

    Quantiles of one value are taken together. All are by linear interpolation between order
    statistics (Hyndman and Fan 1996, type 7). For one unit the lists are those of the quantiles
    themselves; for several, and for groups, all values in order, from which `picking_statement`
    takes quantiles at levels of each one's own.

    Raises:
        ExpressionError: If a metric's value has another type than its kind needs.
    """
    if query.error is not None:
        return _bucket_statement(query)
    clocks = Clocks()
    values = _by_value(query, clocks)
    if not is_direct(query):
        lists = (
            f", list_sort(list({value}) FILTER ({value} IS NOT NULL)) AS s{position}"
            for position, value in enumerate(values)
        )
        return grouped(query, clocks, "".join(lists))
    columns = (
        f", quantile_cont({value}, [{', '.join(repr(_own(compiled)) for compiled in metrics)}])"
        for value, metrics in values.items()
    )
    return grouped(query, clocks, "".join(columns))


def is_direct(query: MetricQuery) -> bool:
    """Tell whether quantiles come from the rows themselves: exact ones of one unit, not grouped."""
    return query.error is None and len(query.units) == 1 and query.by is None


def level_statement(query: MetricQuery) -> str:
    """Return the statement for further quantiles of a query of one unit, at levels to be bound."""
    clocks = Clocks()
    first = 1 + len(unit_values(query))
    columns = "".join(
        f", quantile_cont({value}, ${first + position}::DOUBLE[])"
        for position, value in enumerate(_by_value(query, clocks))
    )
    return grouped(query, clocks, columns)


def picking_statement(query: MetricQuery, table: str, *, own: bool) -> str:
    """Return the statement that takes quantiles from a table of values in order.

    Args:
        query: The quantiles.
        table: The table that `quantile_statement` gave.
        own: Whether they are at the metrics' own levels; else at levels to be bound.
    """
    values = _by_value(query, Clocks()).values()
    pick = _picked if query.error is None else _picked_bucket
    levels = [
        f"[{', '.join(repr(_own(compiled)) for compiled in metrics)}]" if own else f"q{position}"
        for position, metrics in enumerate(values)
    ]
    picked = "".join(
        f", list_transform({level}, lambda q: {pick(position)})"
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
    if is_direct(query):
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


def _by_value(query: MetricQuery, clocks: Clocks) -> dict[str, list[CompiledMetric]]:
    """Return the SQL of each value to the metrics that are quantiles of it."""
    metrics: dict[str, list[CompiledMetric]] = {}
    for compiled in query.metrics:
        metrics.setdefault(value_of(compiled, query, clocks), []).append(compiled)
    return metrics


def _picked(position: int) -> str:
    """Return SQL of the quantile at the level ``q`` of the sorted list of a value."""
    # [10, 20, 40] at 0.75: rank 1.5 from 0 on, half way from 20 to 40, so 30.
    values = f"s{position}"
    rank = f"(len({values}) - 1) * q"
    low, high = (f"{values}[1 + CAST({end}({rank}) AS BIGINT)]" for end in ("floor", "ceil"))
    return f"{low} + ({high} - {low}) * ({rank} - floor({rank}))"


def _bucket_statement(query: MetricQuery) -> str:
    """Return the statement that counts the values of a query's quantiles by unit, group and bucket.

    Its columns are unit, group and, for each value, the middles of its buckets from the least on
    and how many rows lie in each or before it.
    """
    assert query.error is not None
    selects = []
    for position in range(len(_by_value(query, Clocks()))):
        clocks = Clocks()
        value = list(_by_value(query, clocks))[position]
        rows = rows_from(query, clocks)
        selects.append(
            f'SELECT {rows.unit} AS "unit", {rows.group} AS "group", {position} AS "position", '
            f'{value} AS "value" FROM {rows.source}{where_clause(*rows.where)}'
        )
    # 1, 1, 100 and -7 at an error of 1 %: middles -6.98, 1 and 99.3, rows 1, 2 and 1, counted up
    # 1, 3 and 4. Nulls make a bucket that no list takes, so that units without a value stay.
    buckets = "\nUNION ALL ".join(
        f'SELECT "unit", "group", "position", {_middle(query.error)} AS "middle", '
        f'count("value") AS "rows" FROM ({select}) GROUP BY ALL'
        for select in selects
    )
    counted = (
        'SELECT *, sum("rows") OVER (PARTITION BY "unit", "group", "position" '
        f'ORDER BY "middle" NULLS LAST) AS "upto" FROM (\n{buckets})'
    )
    lists = "".join(
        f', list("{column}" ORDER BY "middle") '
        f'FILTER ("position" = {position} AND "middle" IS NOT NULL) AS "{name}{position}"'
        for position in range(len(selects))
        for column, name in (("middle", "s"), ("upto", "c"))
    )
    return f'SELECT "unit", "group"{lists}\nFROM (\n{counted})\nGROUP BY 1, 2'


def _picked_bucket(position: int) -> str:
    """Return SQL of the quantile at the level ``q`` of a value, between the middles of buckets."""
    # Of 4 rows in buckets counted up to 1, 3 and 4, level 0.9 is rank 2.7 from 0 on: between row
    # 2, in the second bucket, and row 3, in the third.
    middles, counts = f"s{position}", f"c{position}"
    rank = f"({counts}[-1] - 1) * q"
    low, high = (
        f"{middles}[1 + len(list_filter({counts}, lambda c: c <= {end}({rank})))]"
        for end in ("floor", "ceil")
    )
    # Of two equal middles the difference is no number where they are infinite.
    between = f"{low} + ({high} - {low}) * ({rank} - floor({rank}))"
    return f"CASE WHEN {low} = {high} THEN {low} ELSE {between} END"


def _middle(error: float) -> str:
    """Return SQL of the middle of a value's bucket. Zero, infinities and NaN are their own."""
    alpha = error * _SAFETY
    width = math.log((1 + alpha) / (1 - alpha))
    # Bucket i holds the sizes over exp((i - 1) * width) up to exp(i * width), and its middle errs
    # by as much at both ends.
    within = math.log(1 - alpha)
    index = f'ceil(ln(nullif(abs("value"), 0)) / {double(width)})'
    size = f"least(exp({index} * {double(width)} + {double(within)}), {_MOST})"
    return (
        f'CASE WHEN "value" = 0 OR NOT isfinite("value") THEN "value" '
        f'ELSE sign("value") * {size} END'
    )
