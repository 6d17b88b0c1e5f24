"""Statements that add up metrics by unit and cluster, in the form that was measured fastest.

Conditional counts are ``count_if`` and conditional values ``CASE`` inside the aggregate, not
``FILTER``. ``fsum`` carries what rounding takes (Kahan 1965), so that the order in which threads
add up does not show.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cxaudit._engines.duckdb.clocks import Clocks
from cxaudit._engines.duckdb.clusters import NO_DAY, cluster_of
from cxaudit._engines.duckdb.printer import as_text, identifier, sql
from cxaudit._engines.duckdb.queries import check_value, counted_only, double, where_clause
from cxaudit._model.engine import CompiledMetric, SumQuery, Sums
from cxaudit._model.expressions import Expression
from cxaudit._model.metrics import MetricKind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["read_sums", "sum_statement"]


def sum_statement(query: SumQuery) -> str:
    """Return the statement that adds up a query's metrics; units without are bound to it.

    Its columns are the unit or group, the touchpoint, the cluster and aggregates; `read_sums` tells
    which is which.

    Raises:
        ExpressionError: If a metric's value has another type than its kind needs.
    """
    clocks = Clocks()
    layout = _Layout(query, clocks)
    group = '"unit"' if query.by is None else as_text(query.by, table=query.table, clocks=clocks)
    touchpoint = '"touchpoint"' if query.touchpoints else "CAST(NULL AS VARCHAR)"
    where = None if query.where is None else sql(query.where, table=query.table, clocks=clocks)
    cluster, offsets = cluster_of(query.metrics[0], query.table, clocks)
    keys = [f'{group} AS "group"', f'{touchpoint} AS "touchpoint"', f'{cluster} AS "cluster"']
    columns = [f'{aggregate} AS "{name}"' for name, aggregate in layout.columns()]
    source = clocks.around(identifier(query.table))
    others = None
    if query.without:
        others = '("unit" IS NULL OR "unit" NOT IN (SELECT unnest($1::VARCHAR[])))'
    return (
        f"SELECT {', '.join([*keys, *columns])}\n"
        f"FROM {source}{offsets}{where_clause(where, others)}\nGROUP BY 1, 2, 3\nORDER BY 1, 2, 3"
    )


def read_sums(query: SumQuery, columns: Mapping[str, NDArray[Any]]) -> Sums:
    """Return the fetched columns of `sum_statement`."""
    import numpy as np

    @functools.cache
    def filled(name: str) -> NDArray[np.float64]:
        return np.ma.filled(np.ma.asarray(columns[name]).astype(np.float64), np.nan)

    layout = _Layout(query, Clocks())
    statistics = {key: filled(name) for key, name in layout.statistics.items()}
    for compiled in query.metrics:
        if compiled.metric.kind is not MetricKind.MEAN:
            continue
        # Over no rows a sum and a variance are null; of numbers too large a variance is none.
        n, total, variance = (statistics[compiled.metric.id, name] for name in ("n", "sum", "sum2"))
        spread = np.where(np.isfinite(variance), variance, math.inf)
        statistics[compiled.metric.id, "sum"] = np.where(n > 0, total, 0.0)
        statistics[compiled.metric.id, "sum2"] = np.multiply(
            n, spread, where=n > 0, out=np.zeros_like(n)
        )
    return Sums(
        units=_texts(columns["group"]),
        touchpoints=_texts(columns["touchpoint"]),
        clusters=np.ma.filled(np.ma.asarray(columns["cluster"]).astype(np.int64), NO_DAY),
        statistics=statistics,
    )


def _texts(column: NDArray[Any]) -> list[str | None]:
    return [None if text is None else str(text) for text in column.tolist()]


class _Layout:
    """The aggregate columns of a query, and which of them holds each statistic."""

    def __init__(self, query: SumQuery, clocks: Clocks) -> None:
        self._clocks = clocks
        self._table = query.table
        self._names: dict[str, str] = {}
        self.statistics: dict[tuple[str, str], str] = {}
        for compiled in query.metrics:
            for statistic, aggregate in self._metric(compiled).items():
                name = self._names.setdefault(aggregate, f"a{len(self._names)}")
                self.statistics[compiled.metric.id, statistic] = name

    def columns(self) -> list[tuple[str, str]]:
        """Return name and SQL of each aggregate."""
        return [(name, aggregate) for aggregate, name in self._names.items()]

    def _metric(self, compiled: CompiledMetric) -> dict[str, str]:
        check_value(compiled)
        where = self._sql(compiled.where)
        match compiled.metric.kind:
            case MetricKind.COUNT:
                return {"n": _count(where)}
            case MetricKind.SHARE:
                return {"k": _count(where, self._sql(compiled.value)), "n": _count(where)}
            case MetricKind.NET_SCORE:
                positive = self._sql(compiled.positive) or "false"
                negative = self._sql(compiled.negative) or "false"
                both = f"({positive} IS NOT NULL AND {negative} IS NOT NULL)"
                return {
                    "n": _count(where, both),
                    "positive": _count(where, both, positive),
                    "negative": _count(where, both, negative),
                }
            case MetricKind.RATIO:
                return self._ratio(compiled, where)
            case MetricKind.CENSORED_QUANTILE:
                return {}
            case _:
                return self._values(compiled, where)

    def _values(self, compiled: CompiledMetric, where: str | None) -> dict[str, str]:
        value = counted_only(self._sql(compiled.value), where)
        statistics = {"n": f"count({value})"}
        match compiled.metric.kind:
            case MetricKind.MEAN:
                statistics |= {"sum": f"fsum({value})", "sum2": f"var_pop({value})"}
                statistics["least"] = f"min({value})"
            case MetricKind.MINIMUM:
                statistics["value"] = f"min({value})"
            case MetricKind.MAXIMUM:
                statistics["value"] = f"max({value})"
            case MetricKind.QUANTILE:
                for limit in compiled.thresholds:
                    statistics[f"le:{limit!r}"] = _count_if(f"{value} <= {double(limit)}")
        return statistics

    def _ratio(self, compiled: CompiledMetric, where: str | None) -> dict[str, str]:
        x, y = self._sql(compiled.numerator) or "NULL", self._sql(compiled.denominator) or "NULL"
        both = " AND ".join(
            part for part in (where, f"{x} IS NOT NULL", f"{y} IS NOT NULL") if part
        )
        terms = {"x": x, "y": y, "xx": f"{x} * {x}", "xy": f"{x} * {y}", "yy": f"{y} * {y}"}
        totals = {
            name: f"coalesce(fsum(CASE WHEN {both} THEN {term} END), 0e0)"
            for name, term in terms.items()
        }
        least = f"min(CASE WHEN {both} THEN least({x}, {y}) END)"
        return {"n": _count_if(both), **totals, "least": least}

    def _sql(self, expression: Expression | None) -> str | None:
        if expression is None:
            return None
        return sql(expression, table=self._table, clocks=self._clocks)


def _count(*conditions: str | None) -> str:
    every = " AND ".join(condition for condition in conditions if condition)
    return _count_if(every) if every else "count(*)"


def _count_if(condition: str) -> str:
    # Over no rows count_if gives null.
    return f"coalesce(count_if({condition}), 0)"
