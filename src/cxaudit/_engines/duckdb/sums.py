"""Statements that add up metrics by unit and day, in the form that was measured fastest.

Conditional counts are ``count_if`` and conditional values ``CASE`` inside the aggregate, not
``FILTER``.
"""

# ruff: noqa: S608 - names are quoted by identifier(), values by text()

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cxaudit._engines.duckdb.clocks import Clocks
from cxaudit._engines.duckdb.printer import as_text, identifier, sql
from cxaudit._engines.duckdb.queries import check_value, counted_only, double, where_clause
from cxaudit._model.engine import CompiledMetric, SumQuery, Sums
from cxaudit._model.expressions import Expression
from cxaudit._model.metrics import MetricKind
from cxaudit._model.zones import Turn, turns

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["OFFSETS", "fill_offsets", "read_sums", "sum_statement"]

OFFSETS = "_cx_offsets"
"""Table of how far the clocks of zones are ahead of UTC, in each period of about thirteen days."""

_PERIOD = 40
"""A period is so many bits of microseconds."""
_DAY = 86_400_000_000
_NO_DAY = -(2**31)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_PERIOD = (4_102_444_800_000_000 >> _PERIOD) - 1
"""The last period before 2100."""


def sum_statement(query: SumQuery) -> str:
    """Return the statement that adds up a query's metrics.

    Its columns are the unit or group, the touchpoint, the day and aggregates; `read_sums` tells
    which is which.

    Raises:
        ExpressionError: If a metric's value has another type than its kind needs.
    """
    clocks = Clocks()
    layout = _Layout(query, clocks)
    group = '"unit"' if query.by is None else as_text(query.by, table=query.table, clocks=clocks)
    touchpoint = '"touchpoint"' if query.touchpoints else "CAST(NULL AS VARCHAR)"
    where = None if query.where is None else sql(query.where, table=query.table, clocks=clocks)
    day, offsets = f"CAST({_NO_DAY} AS INTEGER)", ""
    if query.at is not None:
        at = sql(query.at, table=query.table, clocks=clocks)
        day, offsets = _day(at, query.at.type)
    keys = [f'{group} AS "group"', f'{touchpoint} AS "touchpoint"', f'{day} AS "day"']
    columns = [f'{aggregate} AS "{name}"' for name, aggregate in layout.columns()]
    source = clocks.around(identifier(query.table))
    return (
        f"SELECT {', '.join([*keys, *columns])}\n"
        f"FROM {source}{offsets}{where_clause(where)}\nGROUP BY 1, 2, 3\nORDER BY 1, 2, 3"
    )


def read_sums(query: SumQuery, columns: Mapping[str, NDArray[Any]]) -> Sums:
    """Return the fetched columns of `sum_statement`."""
    import numpy as np

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
        days=np.ma.filled(np.ma.asarray(columns["day"]).astype(np.int64), _NO_DAY),
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
                statistics |= {"sum": f"sum({value})", "sum2": f"var_pop({value})"}
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
            name: f"coalesce(sum(CASE WHEN {both} THEN {term} END), 0e0)"
            for name, term in terms.items()
        }
        return {"n": _count_if(both), **totals}

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


def _day(at: str, kind: str) -> tuple[str, str]:
    """Return SQL of the days from 1970-01-01 to a row's day, and the join that it needs.

    The engine's own conversion takes eight times as long as a join to a small table; it is used
    for times that the table does not have.
    """
    if kind == "date":
        return f"coalesce({at} - DATE '1970-01-01', {_NO_DAY})", ""
    # In Paris the clock was set forward on 2026-03-29 at 01:00 UTC: in the period of that day it
    # is 3,600 seconds ahead before that instant, 7,200 after. 23:30 UTC of the day before is
    # 00:30 of day 20,541.
    instant = f"epoch_us({at})"
    ahead = f'CASE WHEN {instant} < "_cx_turn" THEN "_cx_before" ELSE "_cx_after" END'
    own = f"epoch_us(timezone(\"_zone\", timezone('UTC', {at})))"
    local = f'CASE WHEN "_cx_period" IS NULL THEN {own} ELSE {instant} + {ahead} END'
    day = f"coalesce(CAST(floor(({local}) / {_DAY}e0) AS INTEGER), {_NO_DAY})"
    join = (
        f'\nLEFT JOIN "{OFFSETS}" ON "_cx_zone" = "_zone" AND "_cx_period" = {instant} >> {_PERIOD}'
    )
    return day, join


def fill_offsets(connection: duckdb.DuckDBPyConnection, query: SumQuery) -> None:
    """Make the table of offsets for the zones and times of a query's rows."""
    columns: dict[str, list[Any]] = {name: [] for name in ("zone", "period", "turn", "old", "new")}
    if query.at is not None and query.at.type == "time":
        at = f"epoch_us({sql(query.at, table=query.table)})"
        ranges = connection.execute(
            f'SELECT "_zone", min({at}) >> {_PERIOD}, max({at}) >> {_PERIOD} '
            f'FROM {identifier(query.table)} WHERE "_zone" IS NOT NULL GROUP BY 1'
        ).fetchall()
        for zone, first, last in ranges:
            if first is not None:
                _add_periods(columns, zone, max(first, 0), min(last, _LAST_PERIOD))
    connection.execute(
        f'CREATE OR REPLACE TEMP TABLE "{OFFSETS}" AS SELECT unnest($1::VARCHAR[]) AS "_cx_zone", '
        'unnest($2::BIGINT[]) AS "_cx_period", unnest($3::BIGINT[]) AS "_cx_turn", '
        'unnest($4::BIGINT[]) AS "_cx_before", unnest($5::BIGINT[]) AS "_cx_after"',
        [*columns.values()],
    )


def _add_periods(columns: dict[str, list[Any]], zone: str, first: int, last: int) -> None:
    """Add the periods of a zone in which its clocks turn at most once."""
    begin, end = (_instant(period << _PERIOD) for period in (first, last + 1))
    now, *later = turns(zone, begin, end)
    turning: dict[int, list[Turn]] = {}
    for turn in later:
        turning.setdefault(_microseconds(turn.since) >> _PERIOD, []).append(turn)
    offset = now.offset
    for period in range(first, last + 1):
        turns_of_period = turning.get(period, [])
        after = turns_of_period[-1] if turns_of_period else Turn(since=begin, offset=offset)
        if len(turns_of_period) <= 1:
            row = (
                zone,
                period,
                _microseconds(after.since),
                offset * 1_000_000,
                after.offset * 1_000_000,
            )
            for column, value in zip(columns.values(), row, strict=True):
                column.append(value)
        offset = after.offset


def _instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)
