"""Ends of the intervals of approximate quantiles (see `MetricQuery.error`)."""

from __future__ import annotations

import math
from collections.abc import Mapping

from cxaudit._model.engine import Levels

__all__ = ["on_its_side", "rounded_out", "widened"]


def on_its_side(value: float, level: float, statistics: Mapping[str, float]) -> float:
    """Return an approximate quantile moved to the side of each threshold on which the exact one is.

    Args:
        value: The approximate quantile.
        level: Its level.
        statistics: ``n`` and, for each threshold, the rows at or under it (see `Measurement`).
    """
    # Of 11 rows the median is row 5 from 0 on: at or under a threshold that 6 rows or more are.
    # The 0.55 quantile lies between row 5 and row 6; where these are on two sides nobody knows.
    rank = (statistics["n"] - 1) * level
    for name, rows in statistics.items():
        if not name.startswith("le:") or name.endswith((":low", ":high")):
            continue
        threshold = float(name.removeprefix("le:"))
        if rows > math.ceil(rank):
            value = min(value, threshold)
        elif rows <= math.floor(rank) and value <= threshold:
            value = math.nextafter(threshold, math.inf)
    return value


def rounded_out(levels: Levels, n: int) -> Levels:
    """Return the levels of both ends moved out to those of the next rows.

    Between two rows of which one is moved up and one down, a share of the value bounds no error.

    Args:
        levels: Those of the low and the high end.
        n: Rows.
    """
    if n < 2:  # noqa: PLR2004
        return levels
    steps = n - 1
    low, high = levels
    return (
        None if low is None else math.floor(low * steps) / steps,
        None if high is None else min(1.0, math.ceil(high * steps) / steps),
    )


def widened(ends: Levels, error: float) -> Levels:
    """Return the ends of an interval moved out by the relative error of each."""
    low, high = ends
    return _moved(low, error, -1), _moved(high, error, 1)


def _moved(end: float | None, error: float, way: int) -> float | None:
    """Return the farthest number in a direction of which ``end`` errs by no more than a share."""
    # At 1 %, 100 stands for a value from 100 / 1.01 up to 100 / 0.99.
    return None if end is None else end / (1 - error if end * way > 0 else 1 + error)
