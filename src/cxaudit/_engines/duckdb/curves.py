"""Kaplan-Meier quantiles as one statement."""

# ruff: noqa: S608 - names are quoted by identifier(), values by text() or bound

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import NormalDist
from typing import Any

from cxaudit._engines.duckdb.clocks import Clocks
from cxaudit._engines.duckdb.printer import sql
from cxaudit._engines.duckdb.queries import (
    check_value,
    double,
    rows_from,
    unit_values,
    where_clause,
)
from cxaudit._model.engine import MeasuredRow, MetricQuery

__all__ = ["curve_statement", "curve_values", "read_curve"]

_CURVE = ("n", "value", "low", "high", "beyond")
_Z = NormalDist().inv_cdf(0.975)


def curve_statement(query: MetricQuery) -> str:
    """Return the statement for the one censored quantile of a query, with its interval at 95 %.

    Its columns are unit, group, n, value, low, high and beyond.

    Product-limit estimate (Kaplan and Meier 1958): S(t) is the product, over the times up to t,
    of 1 - events / at risk; rows censored at a time are still at risk then. The quantile q is
    the least t with S(t) <= 1 - q, taken with 1e-12 for rounding; null when S stays above, and
    then ``beyond`` is the time that it surely exceeds: the longest observed. The ends are the
    same for the ends of S by Greenwood's variance on the scale log(-log S) (Kalbfleisch and
    Prentice 1980); null where they are never reached.
    """
    (metric,) = query.metrics
    check_value(metric)
    assert metric.value is not None and metric.event is not None  # noqa: PT018 - one promise
    assert metric.metric.quantile is not None
    clocks = Clocks()
    time = sql(metric.value, table=query.table, clocks=clocks)
    event = sql(metric.event, table=query.table, clocks=clocks)
    conditions = [f"{time} IS NOT NULL", f"{event} IS NOT NULL"]
    if metric.where is not None:
        conditions.append(sql(metric.where, table=query.table, clocks=clocks))
    rows = rows_from(query, clocks)
    # Events at 1 and 3, a row censored at 2: (t, d, r) = (1, 1, 3), (2, 0, 2), (3, 1, 1), so S is
    # 2/3, 2/3 and 0, and the median is 3.
    at = (
        f'SELECT {rows.unit} AS "unit", {rows.group} AS "group", {time} AS t, '
        f"count_if({event}) AS d, count(*) AS c\n"
        f"FROM {rows.source}{where_clause(*rows.where, *conditions)}\nGROUP BY ALL"
    )
    by = 'PARTITION BY "unit", "group"'
    risk = f"SELECT *, sum(c) OVER ({by} ORDER BY t DESC) AS r FROM (\n{at})"
    curve = f"SELECT *, product(1e0 - d / r) OVER ({by} ORDER BY t) AS s FROM (\n{risk})"
    left = double(1 - metric.metric.quantile + 1e-12)
    # Where all at risk have gone, the variance is that of the time before.
    spread = f"sum(CASE WHEN r > d THEN d / (r * (r - d)) END) OVER ({by} ORDER BY t)"
    error = f"({_Z!r} * w * sqrt(g) / (- ln(s)))"
    ends = f"CASE WHEN s BETWEEN 1e-300 AND 1 - 1e-12 THEN pow(s, exp({error})) ELSE s END AS s_low"
    ends += f", CASE WHEN s BETWEEN 1e-300 AND 1 - 1e-12 THEN pow(s, exp(-{error})) END AS s_high"
    first = 1 + len(unit_values(query))
    # Where a unit's clusters make its curve vary three times as much as rows alone do, w is 3.
    widths = (
        f'(SELECT unnest(${first}::VARCHAR[]) AS "of_unit", unnest(${first + 1}::VARCHAR[]) '
        f'AS "of_group", unnest(${first + 2}::DOUBLE[]) AS "width")'
    )
    wide = (
        f'SELECT *, coalesce("width", 1e0) AS w FROM (\n{curve})\nLEFT JOIN {widths} '
        'ON "unit" = "of_unit" AND "group" IS NOT DISTINCT FROM "of_group"'
    )
    bounded = f"SELECT *, {ends} FROM (SELECT *, {spread} AS g FROM (\n{wide}))"
    reached = ", ".join(
        f"min(CASE WHEN {name} <= {left} THEN t END) AS {part}"
        for name, part in (("s", "value"), ("s_low", "low"), ("s_high", "high"))
    )
    beyond = f"CASE WHEN min(s) > {left} THEN max(t) END AS beyond"
    every = f'"unit", "group", sum(c) AS n, {reached}, {beyond}'
    return f"SELECT {every} FROM (\n{bounded})\nGROUP BY ALL"


def curve_values(
    query: MetricQuery, widths: Mapping[tuple[str, str | None], float] | None
) -> list[Any]:
    """Return what is bound to the parameters of `curve_statement`."""
    places = widths or {}
    units, groups = [unit for unit, _ in places], [group for _, group in places]
    return [*unit_values(query), units, groups, [*places.values()]]


def read_curve(query: MetricQuery, rows: Iterable[Sequence[Any]]) -> Iterator[MeasuredRow]:
    """Yield the fetched rows of `curve_statement`; what is null is left out."""
    (compiled,) = query.metrics
    for unit, group, *values in rows:
        if unit not in query.units:
            continue
        statistics = {
            name: float(value)
            for name, value in zip(_CURVE, values, strict=True)
            if value is not None
        }
        yield MeasuredRow(unit=unit, group=group, metric=compiled.metric.id, statistics=statistics)
