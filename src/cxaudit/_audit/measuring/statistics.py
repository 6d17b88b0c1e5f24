"""Metrics at units and groups: what adds up from sums by cluster, the rest by itself."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np

from cxaudit._audit.measuring.approximate import on_its_side, rounded_out, widened
from cxaudit._audit.measuring.estimates import estimates, level_ends, widths
from cxaudit._audit.planning.groupings import Grouping
from cxaudit._audit.planning.planner import digest
from cxaudit._model.directions import Direction
from cxaudit._model.engine import (
    CompiledMetric,
    EngineSession,
    Levels,
    MetricQuery,
    SumQuery,
    Sums,
)
from cxaudit._model.metrics import MetricKind
from cxaudit._statistics.clusters import by_cluster, unit_length
from cxaudit._statistics.intervals import quantile_ranks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

__all__ = ["Measuring", "RowsOfUnits", "added_up", "quantile_levels"]

Subject = tuple[str, str | None]
"""A unit and a group; the group is None outside breakdowns."""


@attrs.frozen(kw_only=True)
class Estimate:
    """What is known of a metric of one subject.

    Attributes:
        statistics: Sufficient statistics.
        value, low, high: The value and its interval; None where there is none.
        clusters: Number of clusters that hold rows; 0 where each row is one.
        effect: Design effect, at least 1.
        direction: How the clusters lie about the value.
        query: Digest of the statement.
    """

    statistics: Mapping[str, float]
    value: float | None = None
    low: float | None = None
    high: float | None = None
    clusters: int = 0
    effect: float = 1.0
    direction: Direction | None = None
    query: str = ""


_FIRST_DAY = -(2**30)
"""Codes of clusters below are of rows without a day (see `Sums`)."""


class Measuring:
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

    def of(self, grouping: Grouping) -> tuple[list[Subject], dict[tuple[str, Subject], Estimate]]:
        """Return units and groups, and each metric there."""
        subjects: list[Subject] = [(unit, None) for unit in grouping.units]
        wanted = {compiled.metric.id for compiled in grouping.metrics}
        measured: dict[tuple[str, Subject], Estimate] = {}
        for query in grouping.sums:
            sums, rows = self._sums_of(query)
            if grouping.breakdown is None or grouping.of_days:
                pairs = rows.of(grouping.units, self._root, grouping.narrowed)
            if grouping.breakdown is not None:
                groups, pairs = (
                    _groups_of_days(sums, pairs, grouping) if grouping.of_days else _groups_of(sums)
                )
                subjects = [(self._root, group) for group in groups]
            asked = self._asked(query)
            metrics = [c for c in query.metrics if c.metric.id in wanted]
            for some, grid in _grids(sums, pairs, len(subjects)):
                for compiled in metrics:
                    estimated = _added(compiled, grid, asked)
                    measured |= {
                        (compiled.metric.id, subject): estimate
                        for subject, estimate in zip(subjects[some], estimated, strict=True)
                    }
        for single in grouping.queries:
            measured |= self._single(single, measured)
        return subjects, measured

    def _single(
        self, query: MetricQuery, measured: Mapping[tuple[str, Subject], Estimate]
    ) -> dict[tuple[str, Subject], Estimate]:
        """Return what does not add up, with what is known already of the same metrics."""
        asked = self._asked(query)
        kind = query.metrics[0].metric.kind
        values: dict[tuple[str, Subject], dict[str, float]] = {}
        if kind is MetricKind.QUANTILE:
            levels = {c.metric.id: c.metric.quantile or 0.0 for c in query.metrics}
            for (name, unit, group), (value,) in self._engine.quantiles(query).items():
                key = name, (unit, group)
                values[key] = {} if value is None else {"value": value}
                if query.error is not None and value is not None:
                    level = levels[name]
                    value = on_its_side(value, level, measured[key].statistics)  # noqa: PLW2901
                    values[key] = {"value": value, "error": query.error}
        else:
            for row in self._engine.measure(query):
                values[row.metric, (row.unit, row.group)] = dict(row.statistics)
        spread = self._spread(query, values)
        if kind is MetricKind.QUANTILE:
            self._quantile_ends(query, values, spread, measured)
        elif spread and kind is MetricKind.CENSORED_QUANTILE:
            wide = {subject: known.width for (_, subject), known in spread.items()}
            for row in self._engine.measure(query, wide):
                values[row.metric, (row.unit, row.group)] = dict(row.statistics)
        whole: dict[tuple[str, Subject], Estimate] = {}
        for key, statistics in values.items():
            known = spread.get(key)
            before = measured[key]
            whole[key] = attrs.evolve(
                before,
                statistics={**before.statistics, **statistics},
                value=statistics.get("value"),
                low=statistics.get("low"),
                high=statistics.get("high"),
                clusters=known.clusters if known else 0,
                effect=known.effect if known else 1.0,
                direction=known.direction if known else None,
                query=asked,
            )
        for compiled in query.metrics:
            for unit in query.units:
                key = compiled.metric.id, (unit, None)
                if key in measured and key not in whole:
                    whole[key] = attrs.evolve(measured[key], query=asked)
        return whole

    def _spread(
        self, query: MetricQuery, values: Mapping[tuple[str, Subject], Mapping[str, float]]
    ) -> dict[tuple[str, Subject], _Spread]:
        """Return how the share of rows at or under each value varies from cluster to cluster."""
        (first, *_) = query.metrics
        limits = {
            (name, *subject): limit
            for (name, subject), statistics in values.items()
            if (limit := statistics.get("value", statistics.get("beyond"))) is not None
        }
        single = first.metric.kind is MetricKind.COUNT_DISTINCT
        if single or first.by is None or not limits:
            return {}
        sums = self._engine.within(query, limits)
        names, pairs = _groups_of(sums)
        subjects: list[Subject] = [
            (str(name), None) if query.by is None else (self._root, name) for name in names
        ]
        spread: dict[tuple[str, Subject], _Spread] = {}
        for some, grid in _grids(sums, pairs, len(subjects)):
            for compiled in () if grid.undated else query.metrics:
                name = compiled.metric.id
                of_metric = zip(subjects[some], _spreads(compiled, grid), strict=True)
                spread |= {(name, subject): varied for subject, varied in of_metric}
        return spread

    def _quantile_ends(
        self,
        query: MetricQuery,
        values: dict[tuple[str, Subject], dict[str, float]],
        spread: Mapping[tuple[str, Subject], _Spread],
        measured: Mapping[tuple[str, Subject], Estimate],
    ) -> None:
        """Add both ends of the intervals of quantiles, at levels of each subject's own."""
        levels: dict[Subject, dict[str, Levels]] = {}
        for compiled in query.metrics:
            name, level = compiled.metric.id, compiled.metric.quantile
            assert level is not None
            for subject in dict.fromkeys(subject for _, subject in values):
                known = spread.get((name, subject))
                n = int(measured[name, subject].statistics["n"])
                ends: Levels = quantile_levels(n, level) if known is None else known.levels
                if query.error is not None:
                    ends = rounded_out(ends, n)
                levels.setdefault(subject, {})[name] = ends
        levels = {
            subject: of_subject
            for subject, of_subject in levels.items()
            if any(end is not None for ends in of_subject.values() for end in ends)
        }
        if not levels:
            return
        for (name, unit, group), ends in self._engine.quantiles(query, levels).items():
            if query.error is not None:
                ends = widened(ends, query.error)  # noqa: PLW2901
            values[name, (unit, group)] |= {
                end: value
                for end, value in zip(("low", "high"), ends, strict=True)
                if value is not None
            }

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


@attrs.frozen(kw_only=True)
class _Spread:
    """How the share of rows at or under a value varies from cluster to cluster."""

    clusters: int
    effect: float
    direction: Direction | None
    levels: Levels
    width: float


_MOST_CELLS = 500_000
"""A table of units (or groups) by clusters has at most so many cells, so that many groups fit."""


def _grids(
    sums: Sums, pairs: Sequence[tuple[Rows, Rows]], size: int
) -> Iterator[tuple[slice, _Grid]]:
    """Yield tables of some units (or groups) each, and which these are."""
    codes, cluster = np.unique(sums.clusters, return_inverse=True)
    step = max(1, _MOST_CELLS // max(1, len(codes)))
    if size <= step:
        yield slice(size), _Grid(sums, codes, cluster, pairs, size)
        return
    orders = [np.argsort(results, kind="stable") for _, results in pairs]
    pairs = [
        (rows[order], results[order]) for (rows, results), order in zip(pairs, orders, strict=True)
    ]
    for start in range(0, size, step):
        some = []
        for rows, results in pairs:
            low, high = np.searchsorted(results, [start, start + step])
            some.append((rows[low:high], results[low:high] - start))
        stop = min(start + step, size)
        yield slice(start, stop), _Grid(sums, codes, cluster, some, stop - start)


class _Grid:
    """Sums put into a table of units (or groups) by clusters.

    Attributes:
        sums: The sums.
        codes: Their clusters, ascending.
        pairs: Which rows of the sums count for which units (see `RowsOfUnits.of`).
        size: Number of units.
    """

    def __init__(
        self,
        sums: Sums,
        codes: NDArray[np.int64],
        cluster: Rows,
        pairs: Sequence[tuple[Rows, Rows]],
        size: int,
    ) -> None:
        """Prepare tables; ``cluster`` is the position of each row's code."""
        self.sums = sums
        self.codes = codes
        self.pairs = pairs
        self.size = size
        self._width = max(1, len(codes))
        self._cells = [results * self._width + cluster[rows] for rows, results in pairs]
        self._tables: dict[int, Floats] = {}

    @property
    def undated(self) -> bool:
        """Tell whether no row has a day, so that each is a cluster by itself."""
        return bool((self.codes < _FIRST_DAY).all())

    def by_cluster(self, column: Floats) -> Floats:
        """Return a statistic that adds up, by unit and cluster."""
        # Many metrics count the same rows: one column, which the sums keep, is several statistics.
        if id(column) not in self._tables:
            table = np.zeros(self.size * self._width)
            for (rows, _), cells in zip(self.pairs, self._cells, strict=True):
                table += np.bincount(cells, weights=column[rows], minlength=len(table))
            self._tables[id(column)] = table.reshape(self.size, self._width)
        return self._tables[id(column)]

    def directions(self, compiled: CompiledMetric, weights: Floats) -> list[Direction | None]:
        """Return each subject's direction without clusters that do not count; None without any."""
        evidence = f"{compiled.metric.table} by {compiled.cluster}"
        codes = self.codes.astype(np.int32)
        short = weights.astype(np.float16)
        counts = short != 0
        directions: list[Direction | None] = []
        for row, mask, n in zip(short, counts, counts.sum(axis=-1).tolist(), strict=True):
            # Most have all clusters, and share one array of them.
            whole = n == len(codes)
            clusters, kept = (codes, row) if whole else (codes[mask], row[mask])
            directions.append(
                Direction(evidence=evidence, clusters=clusters, weights=kept) if n else None
            )
        return directions


def _spreads(compiled: CompiledMetric, grid: _Grid) -> Iterator[_Spread]:
    """Yield how the share of rows at or under a value varies, of each subject."""
    n, k = (grid.by_cluster(grid.sums.statistics[compiled.metric.id, name]) for name in ("n", "k"))
    rows, share = n.sum(axis=-1), np.zeros(grid.size)
    np.divide(k.sum(axis=-1), rows, out=share, where=rows > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        within = by_cluster(n, k, share * (1 - share) / rows, n)
    enough = within.clusters > 1
    level = compiled.metric.quantile or 0.0
    low, high = level_ends(within, rows, level)
    wide = widths(within)
    # The quantile is high where few rows lie at or under it.
    directions = grid.directions(compiled, -unit_length(within.residuals, k) * enough[..., None])
    for position, varies in enumerate(enough.tolist()):
        # The levels of rows alone are dear: they are worked out only where they are used.
        yield _Spread(
            clusters=int(within.clusters[position]),
            effect=float(within.effect[position]),
            direction=directions[position],
            levels=(float(low[position]), float(high[position]))
            if varies
            else quantile_levels(int(rows[position]), level),
            width=float(wide[position]) if varies else 1.0,
        )


def _added(compiled: CompiledMetric, grid: _Grid, asked: str) -> list[Estimate]:
    """Return the estimates of a metric of all subjects, as far as it adds up."""
    totals = added_up(grid.sums, compiled, grid.pairs, grid.size)
    kind, name = compiled.metric.kind, compiled.metric.id
    statistics = [
        dict(zip(totals, numbers, strict=True))
        for numbers in zip(*(column.tolist() for column in totals.values()), strict=True)
    ] or [{} for _ in range(grid.size)]
    for values in statistics:
        values.pop("least", None)
    rows = compiled.by is None or grid.undated
    if kind in _SINGLE:
        for limit in [name for name in totals if name.startswith("le:")]:
            parts = {
                name: grid.by_cluster(grid.sums.statistics[compiled.metric.id, statistic])
                for name, statistic in (("n", "n"), ("k", limit))
            }
            of_limit = {"n": totals["n"], "k": totals[limit]}
            within = estimates(MetricKind.SHARE, of_limit, parts, rows=rows)
            for values, low, high in zip(
                statistics, within.low.tolist(), within.high.tolist(), strict=True
            ):
                values |= {f"{limit}:low": low, f"{limit}:high": high}
        return [Estimate(statistics={"n": 0.0, **values}, query=asked) for values in statistics]
    parts = {
        statistic: grid.by_cluster(grid.sums.statistics[name, statistic])
        for statistic in _BY_CLUSTER.get(kind, ())
    }
    known = estimates(kind, totals, parts, rows=rows)
    columns = zip(
        statistics,
        *(
            [None if math.isnan(number) else number for number in column.tolist()]
            for column in (known.value, known.low, known.high)
        ),
        known.clusters.astype(int).tolist(),
        known.effect.tolist(),
        grid.directions(compiled, known.directions),
        strict=True,
    )
    return [
        Estimate(
            statistics=values,
            value=value,
            low=low,
            high=high,
            clusters=clusters,
            effect=effect,
            direction=direction,
            query=asked,
        )
        for values, value, low, high, clusters, effect, direction in columns
    ]


_SINGLE = {MetricKind.QUANTILE, MetricKind.COUNT_DISTINCT, MetricKind.CENSORED_QUANTILE}
_BY_CLUSTER = {
    MetricKind.SHARE: ("n", "k"),
    MetricKind.MEAN: ("n", "sum"),
    MetricKind.RATIO: ("n", "x", "y"),
    MetricKind.NET_SCORE: ("n", "positive", "negative"),
}


def quantile_levels(n: int, level: float) -> tuple[float | None, float | None]:
    """Return the levels of the sample whose quantiles bound a quantile with 95 % confidence.

    An end is None where the sample is too small to have it.
    """
    if n < 2:  # noqa: PLR2004
        return None, None
    low, high = (_level_of(rank, n) for rank in quantile_ranks(n, level))
    # Of two rows the 99th percentile lies a little below the higher one, which bounds it.
    return None if low is None else min(low, level), None if high is None else max(high, level)


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
    groups = _in_order(sums.units)
    positions = {group: position for position, group in enumerate(groups)}
    results = np.array([positions[group] for group in sums.units], np.intp)
    return groups, [(np.arange(len(results)), results)]


def _groups_of_days(
    sums: Sums, pairs: Sequence[tuple[Rows, Rows]], grouping: Grouping
) -> tuple[list[str | None], list[tuple[Rows, Rows]]]:
    """Return the groups of days of a breakdown, and which rows of sums by unit and day are theirs.

    Args:
        sums: The sums.
        pairs: Which of their rows count for the root.
        grouping: The breakdown's.
    """
    from cxaudit._engines.duckdb.local import texts_of_days

    assert grouping.by is not None
    ((rows, _),) = pairs
    days, of_row = np.unique(sums.clusters[rows], return_inverse=True)
    texts = texts_of_days(grouping.by, [None if day < _FIRST_DAY else day for day in days.tolist()])
    groups = _in_order(texts)
    positions = {group: position for position, group in enumerate(groups)}
    results = np.array([positions[text] for text in texts], np.intp)
    return groups, [(rows, results[of_row])]


def _in_order(groups: Iterable[str | None]) -> list[str | None]:
    return sorted(set(groups), key=lambda group: (group is not None, group or ""))


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
        statistic: _extreme(column, pairs, size, most=kind is MetricKind.MAXIMUM)
        if statistic in {"value", "least"}
        else _total(column, pairs, size)
        for statistic, column in columns.items()
    }


def _total(column: Floats, pairs: Sequence[tuple[Rows, Rows]], size: int) -> Floats:
    total = np.zeros(size)
    for rows, results in pairs:
        total += np.bincount(results, weights=column[rows], minlength=size)
    return total


def _extreme(
    column: Floats, pairs: Sequence[tuple[Rows, Rows]], size: int, *, most: bool = False
) -> Floats:
    extreme = np.full(size, np.nan)
    farther = np.fmax if most else np.fmin
    for rows, results in pairs:
        farther.at(extreme, results, column[rows])
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
    least = _extreme(columns["least"], pairs, size)
    return {"n": n, "sum": n * mean, "sum2": about, "shift": mean, "least": least}


def _divided(total: Floats, n: Floats) -> Floats:
    return np.divide(total, n, where=n > 0, out=np.zeros_like(n))
