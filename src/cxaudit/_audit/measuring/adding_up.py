"""Sums by unit and day, added up to what holds at units, at touchpoints and in groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from cxaudit._model.engine import CompiledMetric, Sums
from cxaudit._model.metrics import MetricKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

__all__ = ["RowsOfUnits", "added_up", "groups_of"]


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


def groups_of(sums: Sums) -> tuple[list[str | None], list[tuple[Rows, Rows]]]:
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
