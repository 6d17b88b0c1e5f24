"""Sums over groups of findings, and the scores that follow from them, as arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from cxaudit._model.findings import Findings, Flag, State
from cxaudit._model.scores import Score

__all__ = ["Codes", "Floats", "Scores", "View", "flat", "mix", "sums"]

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

# The sums of a group: findings scored, unknown, neutral and met; weight scored and unknown;
# weighted scores; squared weighted distances to the lower and to the upper end of the interval.
_SCORED, _UNKNOWN, _NEUTRAL, _MET, _WS, _WU, _WX, _DOWN, _UP = _SUMS = range(9)
_CHUNK = 1 << 18
_KIND = np.array(
    [0 if s < State.UNANSWERED else 1 if s < State.NOT_APPLICABLE else 2 for s in range(128)]
)


@attrs.frozen(kw_only=True, eq=False)
class View:
    """A grouping of findings: a code for each touchpoint of the code table, or each item."""

    code: Codes
    width: int
    by_item: bool = False


def sums(findings: Findings, area: Codes, areas: int, views: Sequence[View]) -> list[Floats]:
    """Return the sums of each view, as arrays of (sum, unit, group, area).

    Behind the last area there is one more, that of the compliance findings.

    Args:
        findings: All findings.
        area: Area of each item of the code table.
        areas: How many areas there are.
        views: The groupings.

    Raises:
        ValueError: If a scored finding has no score in [0, 1], or a finding that is not
            neutral has no weight from 0.
    """
    shapes = [(len(findings.units), view.width, areas + 1) for view in views]
    sizes = [units * width * depth for units, width, depth in shapes]
    totals = [np.zeros((len(_SUMS), size)) for size in sizes]
    # In chunks, so that memory beyond the columns stays small, but never smaller than what one
    # chunk costs by the number of groups.
    step = max(_CHUNK, 2 * max(sizes, default=0))
    for start in range(0, len(findings), step):
        rows = slice(start, start + step)
        kind, weight, values = _values(findings, rows)
        item = findings.item[rows]
        area_code = area[item]
        area_code[(findings.flags[rows] & Flag.COMPLIANCE) != 0] = areas
        for view, size, total in zip(views, sizes, totals, strict=True):
            group = view.code[item if view.by_item else findings.touchpoint[rows]]
            # Unit 2, group 1 of 3, area 4 of 5 and one more for compliance: (2 * 3 + 1) * 6 + 4.
            unit_group = findings.unit[rows].astype(np.intp) * view.width + group
            key = unit_group * (areas + 1) + area_code
            by_kind = key * 3 + kind
            total[:_MET] += np.bincount(by_kind, minlength=3 * size).reshape(-1, 3).T
            weights = np.bincount(by_kind, weight, 3 * size).reshape(-1, 3).T
            total[_WS : _WU + 1] += weights[:2]
            for at, value in values.items():
                total[at] += np.bincount(key, value, size)
    return [total.reshape(len(_SUMS), *shape) for total, shape in zip(totals, shapes, strict=True)]


def _values(findings: Findings, rows: slice) -> tuple[Codes, Floats, dict[int, Floats]]:
    kind = _KIND[findings.state[rows]]
    scored = kind == 0
    weight = np.where(kind == 2, 0.0, findings.weight[rows])  # noqa: PLR2004 - neutral
    score = np.where(scored, findings.score[rows], 0.0)
    if not ((score >= 0) & (score <= 1)).all():
        msg = "a finding in a scored state has no score in [0, 1]"
        raise ValueError(msg)
    if not ((weight >= 0) & np.isfinite(weight)).all():
        msg = "a finding has no weight that is a number from 0"
        raise ValueError(msg)
    low, high = findings.low[rows], findings.high[rows]
    # An end that is not known is the end of the scale.
    down = score - np.where(scored & ~np.isnan(low), low, 0.0)
    up = np.where(np.isnan(high), 1.0, high) - score
    scored_weight = np.where(scored, weight, 0.0)
    return (
        kind,
        weight,
        {
            _MET: (scored & (score == 1)).astype(np.float64),
            _WX: scored_weight * score,
            _DOWN: np.square(scored_weight * np.maximum(down, 0.0)),
            _UP: np.square(scored_weight * np.maximum(up, 0.0)),
        },
    )


@attrs.frozen(eq=False)
class Scores:
    """Scores of an array of groups; the last axis of numbers and counts is what is named.

    Attributes:
        numbers: Value, coverage, lowest, highest, low and high of each; NaN where there is none.
        counts: Findings scored, unknown, neutral and met.
        partial: Whether an area lies under the minimum of coverage.
    """

    numbers: Floats
    counts: Floats
    partial: NDArray[np.bool_]

    def at(self, *group: int) -> Score | None:
        """Return the score of one group; None when it has no findings."""
        scored, unknown, neutral, met = (int(count) for count in self.counts[group].tolist())
        if not scored + unknown + neutral:
            return None
        numbers: list[float] = self.numbers[group].tolist()
        value, coverage, lowest, highest, low, high = (
            None if math.isnan(number) else number for number in numbers
        )
        return Score(
            value=value,
            coverage=coverage,
            lowest=lowest,
            highest=highest,
            low=low,
            high=high,
            scored=scored,
            unknown=unknown,
            neutral=neutral,
            met=met,
            partial=bool(self.partial[group]),
        )


def flat(totals: Floats, min_coverage: float) -> Scores:
    """Return the scores of groups within one area (laws 1 to 3, MOVER for the interval)."""
    scored, due, earned = totals[_WS], totals[_WS] + totals[_WU], totals[_WX]
    value, coverage = _per(earned, scored), _per(scored, due)
    lowest, highest = _per(earned, due), _per(earned + totals[_WU], due)
    ends = value - _per(np.sqrt(totals[_DOWN]), scored), value + _per(np.sqrt(totals[_UP]), scored)
    return _scores(totals, (value, coverage, lowest, highest, *ends), coverage < min_coverage)


def mix(totals: Floats, weights: Floats, min_coverage: float) -> Scores:
    """Return the scores of groups over areas, which the last axis holds (law 5).

    Args:
        totals: Sums by area.
        weights: Weight of each area.
        min_coverage: Coverage under which an area makes the score partial.
    """
    areas = np.moveaxis(flat(totals, min_coverage).numbers, -1, 0)
    weight = np.broadcast_to(weights, areas.shape[1:])
    basis = np.where(np.isnan(areas[0]), 0.0, weight)
    due = np.where(np.isnan(areas[1]), 0.0, weight)
    value = _mean(areas[0], basis)
    coverage, lowest, highest = (_mean(areas[number], due) for number in (1, 2, 3))
    share = _per(basis, totals[_WS])
    down, up = (
        np.sqrt((np.square(np.nan_to_num(share)) * totals[end]).sum(axis=-1))
        for end in (_DOWN, _UP)
    )
    whole = basis.sum(axis=-1)
    partial = ((areas[1] < min_coverage) & (due > 0)).any(axis=-1)
    ends = value - _per(down, whole), value + _per(up, whole)
    return _scores(totals.sum(axis=-1), (value, coverage, lowest, highest, *ends), partial)


def _scores(totals: Floats, numbers: tuple[Floats, ...], partial: NDArray[np.bool_]) -> Scores:
    value, coverage, lowest, highest, low, high = numbers
    # Rounding of sums must not turn lowest <= value <= highest around.
    lowest, highest = np.fmin(lowest, value), np.fmax(highest, value)
    low, high = np.maximum(low, 0.0), np.minimum(high, 1.0)
    ordered = np.stack([value, coverage, lowest, highest, low, high], axis=-1)
    return Scores(ordered, np.moveaxis(totals[: _MET + 1], 0, -1), partial)


def _per(dividend: Floats, divisor: Floats) -> Floats:
    quotient = np.full(np.broadcast(dividend, divisor).shape, np.nan)
    np.divide(dividend, divisor, out=quotient, where=divisor > 0)
    return quotient


def _mean(numbers: Floats, weights: Floats) -> Floats:
    weighed = np.where(weights > 0, numbers, 0.0) * weights
    return _per(weighed.sum(axis=-1), weights.sum(axis=-1))
