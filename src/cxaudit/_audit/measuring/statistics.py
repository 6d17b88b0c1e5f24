"""Sufficient statistics of metrics: what adds up from sums by unit and day, the rest by itself."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from cxaudit._audit.planning.groupings import Grouping
from cxaudit._audit.planning.planner import digest
from cxaudit._model.engine import (
    CompiledMetric,
    EngineSession,
    Levels,
    MetricQuery,
    SumQuery,
    Sums,
)
from cxaudit._model.metrics import MetricKind
from cxaudit._statistics.intervals import quantile_ranks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

__all__ = ["RowsOfUnits", "SufficientStatistics", "added_up", "quantile_levels"]

_Place = tuple[str, str | None]
"""A unit and a group; the group is None outside breakdowns."""
_Values = dict[tuple[str, str, str | None], dict[str, float]]
"""Metric, unit and group to its statistics there."""


class SufficientStatistics:
    """Asks an engine for the statistics of groupings; what several share is asked once.

    Attributes:
        statements: Every statement that was run, by its digest.
    """

    def __init__(self, engine: EngineSession, root: str) -> None:
        """Prepare to ask an engine that holds all tables."""
        self._engine = engine
        self._root = root
        self._sums: dict[int, tuple[Sums, RowsOfUnits]] = {}
        self.statements: dict[str, str] = {}

    def of(self, grouping: Grouping) -> tuple[list[_Place], _Values, dict[str, str]]:
        """Return units and groups, each metric's statistics there, and its statement's digest."""
        queries: dict[str, str] = {}
        places, values = self._added_up(grouping, queries)
        for query in grouping.queries:
            queries |= dict.fromkeys(_names(query), self._asked(query))
            for place, statistics in self._single(query, grouping, values):
                values[place] |= statistics
        return places, values, queries

    def _added_up(
        self, grouping: Grouping, queries: dict[str, str]
    ) -> tuple[list[_Place], _Values]:
        places: list[_Place] = [(unit, None) for unit in grouping.units]
        wanted = {compiled.metric.id for compiled in grouping.metrics}
        values: _Values = {}
        for query in grouping.sums:
            sums, rows = self._sums_of(query)
            if grouping.breakdown is None:
                pairs = rows.of(grouping.units, self._root, grouping.narrowed)
            else:
                groups, pairs = _groups_of(sums)
                places = [(self._root, group) for group in groups]
            queries |= dict.fromkeys(_names(query), self._asked(query))
            for compiled in query.metrics:
                name = compiled.metric.id
                if name not in wanted:
                    continue
                columns = {"n": [0.0] * len(places)}
                for statistic, column in added_up(sums, compiled, pairs, len(places)).items():
                    columns[statistic] = column.tolist()
                for (unit, group), *numbers in zip(places, *columns.values(), strict=True):
                    values[name, unit, group] = dict(zip(columns, numbers, strict=True))
        return places, values

    def _single(
        self, query: MetricQuery, grouping: Grouping, values: _Values
    ) -> Iterator[tuple[tuple[str, str, str | None], dict[str, float]]]:
        """Yield what does not add up."""
        if query.metrics[0].metric.kind is not MetricKind.QUANTILE:
            for row in self._engine.measure(query):
                yield (row.metric, row.unit, row.group), dict(row.statistics)
            return
        levels: dict[str, dict[str, Levels]] = {}
        for compiled in query.metrics:
            name, level = compiled.metric.id, compiled.metric.quantile
            assert level is not None
            for unit in query.units:
                ends: Levels = ()
                if grouping.breakdown is None:
                    ends = quantile_levels(int(values[name, unit, None]["n"]), level)
                levels.setdefault(name, {})[unit] = (level, *ends)
        for place, quantiles in self._engine.quantiles(query, levels).items():
            named = zip(("value", "low", "high"), quantiles, strict=False)
            yield place, {name: value for name, value in named if value is not None}

    def _asked(self, query: SumQuery | MetricQuery) -> str:
        """Keep the statement of a query, and return its digest."""
        text = self._engine.statement(query)
        name = digest(text)
        self.statements[name] = text
        return name

    def _sums_of(self, query: SumQuery) -> tuple[Sums, RowsOfUnits]:
        # A plan lives as long as its run, and so do the queries that its groupings share.
        if id(query) not in self._sums:
            sums = self._engine.sums(query)
            self._sums[id(query)] = sums, RowsOfUnits(sums)
        return self._sums[id(query)]


def _names(query: SumQuery | MetricQuery) -> list[str]:
    return [compiled.metric.id for compiled in query.metrics]


def quantile_levels(n: int, level: float) -> tuple[float | None, float | None]:
    """Return the levels of the sample whose quantiles bound a quantile with 95 % confidence.

    An end is None where the sample is too small to have it.
    """
    if n < 2:  # noqa: PLR2004
        return None, None
    low, high = quantile_ranks(n, level)
    return _level_of(low, n), _level_of(high, n)


def _level_of(rank: int | None, n: int) -> float | None:
    """Return the level at which a quantile is just the value of a rank."""
    if rank is None:
        return None
    # Rank 3 of 50 is level 2 / 49, and 49 * (2 / 49) is a little more than 2 for a float: the
    # quantile would lie a little behind that value.
    level = (rank - 1) / (n - 1)
    for _ in range(4):
        if level * (n - 1) == rank - 1:
            break
        level = math.nextafter(level, 0.0 if level * (n - 1) > rank - 1 else 1.0)
    return level


class RowsOfUnits:
    """Finds which rows of sums by unit and day count where."""

    def __init__(self, sums: Sums) -> None:
        """Sort the rows by their units."""
        names = list(dict.fromkeys(sums.units))
        codes = {name: code for code, name in enumerate(names)}
        units = np.array([codes[unit] for unit in sums.units], np.intp)
        order = np.argsort(units, kind="stable")
        ends = np.cumsum(np.bincount(units, minlength=len(names)))[:-1]
        self._rows = dict(zip(names, np.split(order, ends), strict=True)) if names else {}
        self._touchpoints = sums.touchpoints

    def of(
        self, units: Mapping[str, Sequence[str]], root: str, touchpoint: str | None
    ) -> list[tuple[Rows, Rows]]:
        """Return which rows count for which result units.

        Args:
            units: Result unit to the units whose rows count for it. Rows of no known unit count
                for the root alone.
            root: The root's id.
            touchpoint: Only rows at this touchpoint or below it; None takes all.

        Returns:
            Positions of rows and, of each, the position of its result unit; one pair of arrays
            for each level of the tree of units.
        """
        results: dict[str | None, list[int]] = {None: []}
        for position, (unit, members) in enumerate(units.items()):
            for member in members if unit != root else (*members, None):
                results.setdefault(member, []).append(position)
        here = self._at(touchpoint)
        pairs = []
        for level in range(max(map(len, results.values()))):
            parts = [
                (self._rows[unit], positions[level])
                for unit, positions in results.items()
                if level < len(positions) and unit in self._rows
            ]
            rows = np.concatenate([np.empty(0, np.intp), *(rows for rows, _ in parts)])
            positions = np.repeat([at for _, at in parts], [len(rows) for rows, _ in parts])
            positions = positions.astype(np.intp)
            pairs.append(
                (rows, positions) if here is None else (rows[here[rows]], positions[here[rows]])
            )
        return pairs

    def _at(self, touchpoint: str | None) -> NDArray[np.bool_] | None:
        if touchpoint is None:
            return None
        holds = {
            name: name is not None and f"{name}.".startswith(f"{touchpoint}.")
            for name in set(self._touchpoints)
        }
        return np.array([holds[name] for name in self._touchpoints], bool)


def _groups_of(sums: Sums) -> tuple[list[str | None], list[tuple[Rows, Rows]]]:
    """Return the groups of sums by group and day, and which rows are theirs."""
    groups = sorted(set(sums.units), key=lambda group: (group is not None, group or ""))
    positions = {group: position for position, group in enumerate(groups)}
    results = np.array([positions[group] for group in sums.units], np.intp)
    return groups, [(np.arange(len(results)), results)]


def added_up(
    sums: Sums, compiled: CompiledMetric, pairs: Sequence[tuple[Rows, Rows]], size: int
) -> dict[str, Floats]:
    """Return each statistic of a metric at each of ``size`` result units or groups.

    A mean's ``sum2`` is about the mean of the whole, which is given as ``shift``: what the days
    spread about their own means, and these about that of the whole (Chan, Golub and LeVeque 1979).
    """
    name = compiled.metric.id
    columns = {
        statistic: column
        for (metric, statistic), column in sums.statistics.items()
        if metric == name
    }
    kind = compiled.metric.kind
    if kind is MetricKind.MEAN:
        return _mean(columns, pairs, size)
    return {
        statistic: _extreme(column, kind, pairs, size)
        if statistic == "value"
        else _total(column, pairs, size)
        for statistic, column in columns.items()
    }


def _total(column: Floats, pairs: Sequence[tuple[Rows, Rows]], size: int) -> Floats:
    total = np.zeros(size)
    for rows, results in pairs:
        total += np.bincount(results, weights=column[rows], minlength=size)
    return total


def _extreme(
    column: Floats, kind: MetricKind, pairs: Sequence[tuple[Rows, Rows]], size: int
) -> Floats:
    extreme = np.full(size, np.nan)
    lesser = np.fmin if kind is MetricKind.MINIMUM else np.fmax
    for rows, results in pairs:
        lesser.at(extreme, results, column[rows])
    return extreme


def _mean(
    columns: Mapping[str, Floats], pairs: Sequence[tuple[Rows, Rows]], size: int
) -> dict[str, Floats]:
    n, total = (_total(columns[name], pairs, size) for name in ("n", "sum"))
    with np.errstate(invalid="ignore", over="ignore"):
        mean = _divided(total, n)
        about = np.zeros(size)
        for rows, results in pairs:
            count, part = columns["n"][rows], columns["sum"][rows]
            away = np.where(count > 0, _divided(part, count) - mean[results], 0.0)
            spread = columns["sum2"][rows] + count * away * away
            about += np.bincount(results, weights=spread, minlength=size)
        about[np.isnan(about)] = np.inf
        return {"n": n, "sum": n * mean, "sum2": about, "shift": mean}


def _divided(total: Floats, n: Floats) -> Floats:
    return np.divide(total, n, where=n > 0, out=np.zeros_like(n))
