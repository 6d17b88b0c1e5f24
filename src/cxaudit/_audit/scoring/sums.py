"""Sums over groups of findings, and the scores that follow from them, as arrays."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from cxaudit._model.findings import Findings, Flag, State
from cxaudit._model.scores import Score

__all__ = ["Codes", "Floats", "Scores", "Totals", "View", "flat", "mix", "sums"]

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

# The sums of a group: findings scored, unknown, neutral and met; weight scored and unknown;
# weighted scores; of findings that vary by themselves, squared weighted distances to the lower
# and to the upper end of the interval.
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


@attrs.frozen(kw_only=True, eq=False)
class Vectors:
    """Weighted distances of findings to the ends of their intervals, each along its direction.

    What varies together adds up there before it is squared.

    Attributes:
        unit: Units that rest on as many clusters of one kind of evidence as each other.
        down, up: To the lower and to the upper end: arrays of (unit, group, area, cluster). Which
            clusters these are is each unit's own.
    """

    unit: Codes
    down: Floats
    up: Floats


@attrs.frozen(kw_only=True, eq=False)
class Totals:
    """What groups of findings add up to.

    Attributes:
        sums: The sums, as an array of (sum, unit, group, area).
        vectors: Those of each kind of evidence.
    """

    sums: Floats
    vectors: tuple[Vectors, ...] = ()

    def over_groups(self, groups: NDArray[np.bool_] | slice = slice(None)) -> Totals:
        """Return the totals over some groups, which are an axis no more."""
        vectors = tuple(
            Vectors(
                unit=part.unit,
                down=part.down[:, groups].sum(axis=1),
                up=part.up[:, groups].sum(axis=1),
            )
            for part in self.vectors
        )
        return Totals(sums=self.sums[:, :, groups].sum(axis=2), vectors=vectors)

    def areas(self, areas: slice | int) -> Totals:
        """Return the totals of some areas."""
        vectors = tuple(
            Vectors(unit=part.unit, down=part.down[..., areas, :], up=part.up[..., areas, :])
            for part in self.vectors
        )
        return Totals(sums=self.sums[..., areas], vectors=vectors)

    def distances(self, shares: Floats | None = None) -> tuple[Floats, Floats]:
        """Return the distances to both ends of each group's sum, or over areas by their shares."""
        ends = []
        for at, name in ((_DOWN, "down"), (_UP, "up")):
            alone = self.sums[at]
            squares = alone.copy() if shares is None else (np.square(shares) * alone).sum(axis=-1)
            for part in self.vectors:
                vector = getattr(part, name)
                if shares is not None:
                    vector = (shares[part.unit][..., None] * vector).sum(axis=-2)
                squares[part.unit] += np.square(vector).sum(axis=-1)
            ends.append(np.sqrt(squares))
        return ends[0], ends[1]


def sums(findings: Findings, area: Codes, areas: int, views: Sequence[View]) -> list[Totals]:
    """Return the totals of each view.

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
    evidence = _Evidence(findings)
    vectors = [evidence.nothing(view.width * (areas + 1)) for view in views]
    # In chunks, so that memory beyond the columns stays small, but never smaller than what one
    # chunk costs by the number of groups.
    step = max(_CHUNK, 2 * max(sizes, default=0))
    for start in range(0, len(findings), step):
        rows = slice(start, start + step)
        kind, weight, values = _values(findings, rows)
        item = findings.item[rows]
        area_code = area[item]
        area_code[(findings.flags[rows] & Flag.COMPLIANCE) != 0] = areas
        together = findings.direction[rows] >= 0
        distances = values.pop(_DOWN), values.pop(_UP)
        alone = [np.square(np.where(together, 0.0, distance)) for distance in distances]
        for view, size, total, vector in zip(views, sizes, totals, vectors, strict=True):
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
            for at, square in zip((_DOWN, _UP), alone, strict=True):
                total[at] += np.bincount(key, square, size)
            evidence.add(vector, rows, key, distances)
    return [
        Totals(
            sums=total.reshape(len(_SUMS), *shape),
            vectors=tuple(evidence.vectors(vector, shape[1:])),
        )
        for total, vector, shape in zip(totals, vectors, shapes, strict=True)
    ]


class _Evidence:
    """The directions of findings, by kind of evidence."""

    def __init__(self, findings: Findings) -> None:
        """Put the clusters that each unit rests on in one order."""
        kinds: dict[str, list[int]] = {}
        for code, direction in enumerate(findings.directions):
            kinds.setdefault(direction.evidence, []).append(code)
        self._unit = findings.unit
        self._kinds = [_Kind.of(findings, codes) for codes in kinds.values()]

    def nothing(self, groups: int) -> list[Floats]:
        """Return an array of (end, group of a unit and cluster) for each kind of evidence."""
        return [np.zeros((2, groups * int(kind.width.sum()))) for kind in self._kinds]

    def add(
        self, arrays: Sequence[Floats], rows: slice, group: Codes, distances: Sequence[Floats]
    ) -> None:
        """Add the distances of findings, along their directions, to those of their groups."""
        for array, kind in zip(arrays, self._kinds, strict=True):
            mine = np.flatnonzero(kind.place[rows] >= 0)
            entries, lengths = kind.entries(kind.place[rows][mine])
            unit = self._unit[rows][mine]
            # Groups of a unit that rests on 2 clusters, behind 3 * 30 cells of one that rests on
            # 3: its group 1 begins at 90 + 1 * 2.
            groups = array.shape[1] // max(1, int(kind.width.sum()))
            start = kind.before[unit] * groups + group[mine] % groups * kind.width[unit]
            cells = np.repeat(start, lengths) + kind.clusters[entries]
            for at, distance in enumerate(distances):
                amounts = np.repeat(distance[mine], lengths) * kind.weights[entries]
                array[at] += np.bincount(cells, amounts, array.shape[1])

    def vectors(self, arrays: Sequence[Floats], shape: tuple[int, int]) -> Iterator[Vectors]:
        """Yield what was added up for groups and areas, units with as many clusters together."""
        for array, kind in zip(arrays, self._kinds, strict=True):
            groups = shape[0] * shape[1]
            for width in np.unique(kind.width[kind.width > 0]).tolist():
                unit = np.flatnonzero(kind.width == width)
                start = int(kind.before[unit[0]]) * groups
                part = array[:, start : start + len(unit) * groups * width]
                down, up = part.reshape(2, len(unit), *shape, width)
                yield Vectors(unit=unit, down=down, up=up)


@attrs.frozen(kw_only=True, eq=False)
class _Kind:
    """Directions of one kind of evidence at their units, one behind the other.

    Attributes:
        place: Of each finding, the place of its direction here, or -1.
        starts: Where the entries of each begin; one more for the end of the last.
        clusters, weights: The entries: positions among the clusters of the unit, and weights.
        width: On how many clusters each unit rests.
        before: How many clusters lie before those of each unit, units with as many side by side.
    """

    place: Codes
    starts: Codes
    clusters: Codes
    weights: Floats
    width: Codes
    before: Codes

    @classmethod
    def of(cls, findings: Findings, codes: Sequence[int]) -> _Kind:
        directions = findings.directions
        mine = np.zeros(len(directions) + 1, dtype=bool)  # the last is that of none
        mine[list(codes)] = True
        rows = np.flatnonzero(mine[findings.direction])
        pairs, inverse = np.unique(
            findings.unit[rows].astype(np.int64) * len(directions) + findings.direction[rows],
            return_inverse=True,
        )
        place = np.full(len(findings), -1, np.intp)
        place[rows] = inverse
        unit, code = np.divmod(pairs, len(directions))
        parts = [directions[n] for n in code.tolist()]
        lengths = np.array([len(part.clusters) for part in parts], dtype=np.intp)
        labels = np.concatenate([np.empty(0, np.int32), *(part.clusters for part in parts)])
        weights = np.concatenate([np.empty(0), *(part.weights for part in parts)])
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.intp)
        # Stored short, a direction misses length one by a little.
        if parts:
            squares = np.add.reduceat(np.square(weights), starts[:-1])
            weights = weights / np.repeat(np.sqrt(squares), lengths)
        # Cluster 7 of unit 2 is 2 * 2^32 + 7; clusters of a unit then follow each other. Codes
        # below 0 count from 2^32 downwards.
        keys, positions = np.unique(
            (np.repeat(unit, lengths) << 32) + labels.astype(np.uint32), return_inverse=True
        )
        width = np.bincount(keys >> 32, minlength=len(findings.units))
        first = np.cumsum(width) - width
        order = np.argsort(width, kind="stable")
        before = np.empty_like(width)
        before[order] = np.cumsum(width[order]) - width[order]
        return cls(
            place=place,
            starts=starts,
            clusters=positions - np.repeat(first[unit], lengths),
            weights=weights,
            width=width,
            before=before,
        )

    def entries(self, places: Codes) -> tuple[Codes, Codes]:
        """Return the entries of some directions, one behind the other, and how many each has."""
        lengths = self.starts[places + 1] - self.starts[places]
        # Directions that begin at 4 and 0, of 2 and 3 entries: 4, 5, 0, 1, 2.
        first = np.repeat(self.starts[places] - np.cumsum(lengths) + lengths, lengths)
        return first + np.arange(len(first)), lengths


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
            _DOWN: scored_weight * np.maximum(down, 0.0),
            _UP: scored_weight * np.maximum(up, 0.0),
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


def flat(totals: Totals, min_coverage: float) -> Scores:
    """Return the scores of groups within one area (laws 1 to 3).

    The interval is MOVER's for numbers that vary together (Zou 2008): distances of findings add
    up along their directions, and those of findings that vary by themselves as squares.
    """
    sums_ = totals.sums
    scored, due, earned = sums_[_WS], sums_[_WS] + sums_[_WU], sums_[_WX]
    value, coverage = _per(earned, scored), _per(scored, due)
    lowest, highest = _per(earned, due), _per(earned + sums_[_WU], due)
    down, up = totals.distances()
    ends = value - _per(down, scored), value + _per(up, scored)
    return _scores(sums_, (value, coverage, lowest, highest, *ends), coverage < min_coverage)


def mix(totals: Totals, weights: Floats, min_coverage: float) -> Scores:
    """Return the scores of groups over areas, which the last axis holds (law 5).

    Args:
        totals: Totals by area.
        weights: Weight of each area.
        min_coverage: Coverage under which an area makes the score partial.
    """
    areas = np.moveaxis(flat(totals, min_coverage).numbers, -1, 0)
    weight = np.broadcast_to(weights, areas.shape[1:])
    basis = np.where(np.isnan(areas[0]), 0.0, weight)
    due = np.where(np.isnan(areas[1]), 0.0, weight)
    value = _mean(areas[0], basis)
    coverage, lowest, highest = (_mean(areas[number], due) for number in (1, 2, 3))
    down, up = totals.distances(np.nan_to_num(_per(basis, totals.sums[_WS])))
    whole = basis.sum(axis=-1)
    partial = ((areas[1] < min_coverage) & (due > 0)).any(axis=-1)
    ends = value - _per(down, whole), value + _per(up, whole)
    return _scores(totals.sums.sum(axis=-1), (value, coverage, lowest, highest, *ends), partial)


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
