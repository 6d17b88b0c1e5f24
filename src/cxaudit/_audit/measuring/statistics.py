"""Sufficient statistics of metrics: what adds up from sums by unit and day, the rest by itself."""

from __future__ import annotations

import math
from collections.abc import Iterator

from cxaudit._audit.measuring.adding_up import RowsOfUnits, added_up, groups_of
from cxaudit._audit.planning.groupings import Grouping
from cxaudit._audit.planning.planner import digest
from cxaudit._model.engine import EngineSession, Levels, MetricQuery, SumQuery, Sums
from cxaudit._model.metrics import MetricKind
from cxaudit._statistics.intervals import quantile_ranks

__all__ = ["SufficientStatistics", "quantile_levels"]

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
                groups, pairs = groups_of(sums)
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
