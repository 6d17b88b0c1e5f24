"""Quantiles at levels of each unit's own, as the ends of intervals need them.

``quantile_cont`` takes the same levels for all groups, and the longer for each. Here the values
of a group are sorted once, and each unit's quantiles are picked from their places.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cxaudit._engines.duckdb.clocks import Clocks
from cxaudit._engines.duckdb.printer import sql
from cxaudit._engines.duckdb.queries import counted_only, rows_from, where_clause
from cxaudit._model.engine import Levels, MetricQuery

__all__ = ["ends_statement"]


def ends_statement(
    query: MetricQuery, levels: Mapping[str, Mapping[str, Levels]]
) -> tuple[str, list[Any]]:
    """Return the statement that gives two quantiles of each metric and unit, and its values.

    Its columns are the unit and, for each metric in the order of the query, both quantiles by
    linear interpolation between order statistics (Hyndman and Fan 1996, type 7).

    Args:
        query: The metrics, all quantiles, and the units.
        levels: Metric to unit to both levels; null gives null.
    """
    clocks = Clocks()
    values = {
        compiled.metric.id: counted_only(
            sql(compiled.value, table=query.table, clocks=clocks) if compiled.value else None,
            sql(compiled.where, table=query.table, clocks=clocks) if compiled.where else None,
        )
        for compiled in query.metrics
    }
    lists = {value: f"s{position}" for position, value in enumerate(dict.fromkeys(values.values()))}
    rows = rows_from(query, None, clocks)
    kept = ", ".join(
        f"list_sort(list({value}) FILTER ({value} IS NOT NULL)) AS {name}"
        for value, name in lists.items()
    )
    units = list(query.units)
    parameters: list[Any] = [units]
    wanted, picked = ['unnest($1::VARCHAR[]) AS "wanted"'], []
    for metric, value in values.items():
        for end in range(2):
            parameters.append([levels[metric].get(unit, (None, None))[end] for unit in units])
            wanted.append(f"unnest(${len(parameters)}::DOUBLE[]) AS q{len(parameters)}")
            picked.append(_picked(lists[value], f"q{len(parameters)}"))
    source = f"{rows.source}{where_clause(*rows.where)}{rows.grouping}"
    statement = (
        f'SELECT "unit", {", ".join(picked)}\nFROM (SELECT {rows.unit} AS "unit", '
        f'{rows.group} AS "group", {kept}\nFROM {source})\n'
        f'JOIN (SELECT {", ".join(wanted)}) ON "unit" = "wanted"'
    )
    return statement, parameters


def _picked(values: str, level: str) -> str:
    """Return SQL of a quantile of a sorted list; the place is rounded, as levels are ratios."""
    # [10, 20, 40] at 0.75: rank 1.5 from 0 on, half way from 20 to 40, so 30.
    rank = f"round({level} * (len({values}) - 1), 6)"
    low, high = (f"{values}[1 + CAST({end}({rank}) AS BIGINT)]" for end in ("floor", "ceil"))
    return f"{low} + ({rank} - floor({rank})) * ({high} - {low})"
