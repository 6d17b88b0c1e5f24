"""The cluster of a row: its local day, or a random group of what it belongs to."""

# ruff: noqa: S608 - names are quoted by identifier(), values bound

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cxaudit._engines.duckdb.clocks import Clocks
from cxaudit._engines.duckdb.printer import identifier, sql
from cxaudit._model.engine import GROUPS, CompiledMetric, MetricQuery, SumQuery
from cxaudit._model.zones import Turn, turns

if TYPE_CHECKING:
    import duckdb

__all__ = ["NO_DAY", "cluster_of", "fill_offsets"]

_OFFSETS = "_cx_offsets"
"""Table of how far the clocks of zones are ahead of UTC, in each period of about thirteen days."""

_PERIOD = 40
"""A period is so many bits of microseconds."""
_DAY = 86_400_000_000
NO_DAY = -(2**31)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_PERIOD = (4_102_444_800_000_000 >> _PERIOD) - 1
"""The last period before 2100."""


def cluster_of(compiled: CompiledMetric, table: str, clocks: Clocks) -> tuple[str, str]:
    """Return SQL of a row's cluster (see `Sums`), and the join that it needs."""
    if compiled.by is None:
        return "0", ""
    by = sql(compiled.by, table=table, clocks=clocks)
    if compiled.cluster == "day":
        return _day(by, compiled.by.type)
    # A row that names no customer is one by itself.
    alone = f'CASE WHEN {by} IS NULL THEN hash("_source", "_row") ELSE hash({by}) END'
    return f"CAST({alone} % {GROUPS} AS INTEGER)", ""


def _day(at: str, kind: str) -> tuple[str, str]:
    """Return SQL of the days from 1970-01-01 to a row's day, and the join that it needs.

    The engine's own conversion takes eight times as long as a join to a small table; it is used
    for times that the table does not have.
    """
    # Rows without a time say nothing of days: each stands for itself, in one of many groups.
    none = f'{NO_DAY} + CAST(hash("_source", "_row") % {GROUPS} AS INTEGER)'
    if kind == "date":
        return f"coalesce({at} - DATE '1970-01-01', {none})", ""
    # In Paris the clock was set forward on 2026-03-29 at 01:00 UTC: in the period of that day it
    # is 3,600 seconds ahead before that instant, 7,200 after. 23:30 UTC of the day before is
    # 00:30 of day 20,541.
    instant = f"epoch_us({at})"
    ahead = f'CASE WHEN {instant} < "_cx_turn" THEN "_cx_before" ELSE "_cx_after" END'
    own = f"epoch_us(timezone(\"_zone\", timezone('UTC', {at})))"
    local = f'CASE WHEN "_cx_period" IS NULL THEN {own} ELSE {instant} + {ahead} END'
    day = f"coalesce(CAST(floor(({local}) / {_DAY}e0) AS INTEGER), {none})"
    period = f"{instant} >> {_PERIOD}"
    join = f'\nLEFT JOIN "{_OFFSETS}" ON "_cx_zone" = "_zone" AND "_cx_period" = {period}'
    return day, join


def fill_offsets(connection: duckdb.DuckDBPyConnection, query: SumQuery | MetricQuery) -> None:
    """Make the table of offsets for the zones and times of a query's rows."""
    columns: dict[str, list[Any]] = {name: [] for name in ("zone", "period", "turn", "old", "new")}
    (compiled, *_) = query.metrics
    if compiled.cluster == "day" and compiled.by is not None and compiled.by.type == "time":
        at = f"epoch_us({sql(compiled.by, table=query.table)})"
        ranges = connection.execute(
            f'SELECT "_zone", min({at}) >> {_PERIOD}, max({at}) >> {_PERIOD} '
            f'FROM {identifier(query.table)} WHERE "_zone" IS NOT NULL GROUP BY 1'
        ).fetchall()
        for zone, first, last in ranges:
            if first is not None:
                _add_periods(columns, zone, max(first, 0), min(last, _LAST_PERIOD))
    connection.execute(
        f'CREATE OR REPLACE TEMP TABLE "{_OFFSETS}" AS SELECT unnest($1::VARCHAR[]) AS "_cx_zone", '
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
