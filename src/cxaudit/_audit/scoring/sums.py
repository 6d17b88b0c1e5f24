"""Sums over groups of findings, and the scores that follow from them, as arrays."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from cxaudit._model.directions import Direction, Reach, Spread
from cxaudit._model.findings import Findings, Flag, State
from cxaudit._model.scores import Score

__all__ = [
    "Codes",
    "Floats",
    "Part",
    "Scores",
    "Totals",
    "View",
    "flat",
    "joined",
    "mix",
    "parts",
    "sums",
]

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

# The sums of a group: findings scored, unknown, neutral and met; weight scored and unknown;
# weighted scores; of findings that vary by themselves, squared weighted distances to the lower
# and to the upper end of the interval.
_SCORED, _UNKNOWN, _NEUTRAL, _MET, _WS, _WU, _WX, _DOWN, _UP = _SUMS = range(9)
_CHUNK = 1 << 18
_VECTORS = 1 << 22
"""Numbers of one end's vectors that are held at once."""
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
class Part:
    """Some units that follow each other, and the positions of their findings."""

    units: range
    rows: Codes | slice


@attrs.frozen(eq=False)
class End:
    """How far an end lies from the sum of each group.

    Attributes:
        squares: Of the distances of findings that vary by themselves.
        vectors: For each kind of evidence the distances of the others, each along its direction;
            the last axis is the clusters. What varies together adds up there before it is squared.
    """

    squares: Floats
    vectors: tuple[Floats, ...] = ()

    @property
    def distance(self) -> Floats:
        """The distances of all findings together (MOVER; Zou 2008)."""
        together = (np.square(vector).sum(axis=-1) for vector in self.vectors)
        distance: Floats = np.sqrt(sum(together, start=self.squares))
        return distance


@attrs.frozen(kw_only=True, eq=False)
class Totals:
    """What groups of findings add up to.

    Attributes:
        sums: The sums, as an array of (sum, unit, group, area).
        down, up: For each kind of evidence the weighted distances of its findings to the lower and
            to the upper end, each along its direction: arrays of (unit, group, area, cluster).
        evidence: The kinds of evidence, each with its clusters.
    """

    sums: Floats
    down: tuple[Floats, ...] = ()
    up: tuple[Floats, ...] = ()
    evidence: tuple[tuple[str, NDArray[np.int32]], ...] = ()

    def over_groups(self, groups: NDArray[np.bool_] | slice = slice(None)) -> Totals:
        """Return the totals over some groups, which are an axis no more."""
        return attrs.evolve(
            self,
            sums=self.sums[:, :, groups].sum(axis=2),
            down=tuple(part[:, groups].sum(axis=1) for part in self.down),
            up=tuple(part[:, groups].sum(axis=1) for part in self.up),
        )

    def areas(self, areas: slice | int) -> Totals:
        """Return the totals of some areas."""
        return attrs.evolve(
            self,
            sums=self.sums[..., areas],
            down=tuple(part[..., areas, :] for part in self.down),
            up=tuple(part[..., areas, :] for part in self.up),
        )

    def ends(self, shares: Floats | None = None) -> tuple[End, End]:
        """Return both ends of each group, or over areas by their shares."""
        down, up = (
            End(alone, vectors)
            if shares is None
            else End(
                (np.square(shares) * alone).sum(axis=-1),
                tuple((shares[..., None] * vector).sum(axis=-2) for vector in vectors),
            )
            for alone, vectors in ((self.sums[_DOWN], self.down), (self.sums[_UP], self.up))
        )
        return down, up


def parts(findings: Findings, groups: int) -> Iterator[Part]:
    """Yield all units in parts whose vectors fit into memory together.

    Args:
        findings: All findings.
        groups: Groups of a unit in the view that has the most.
    """
    if not findings.directions:
        yield Part(units=range(len(findings.units)), rows=slice(None))
        return
    different = {direction.clusters.tobytes() for direction in findings.directions}
    width = len(_different(np.frombuffer(b"".join(different), np.int32)))
    lengths = np.array([len(direction.clusters) for direction in findings.directions] + [0])
    entries = np.bincount(findings.unit, lengths[findings.direction], len(findings.units))
    order = np.argsort(findings.unit, kind="stable")
    ends = np.cumsum(np.bincount(findings.unit, minlength=len(findings.units)))
    first = held = 0
    for unit, more in enumerate((*entries.astype(int).tolist(), _VECTORS)):
        held += more
        size = (unit + 1 - first) * groups * min(width, held)
        if unit > first and (max(size, held) > _VECTORS or unit == len(entries)):
            start = ends[first - 1] if first else 0
            yield Part(units=range(first, unit), rows=order[start : ends[unit - 1]])
            first, held = unit, more


def sums(
    findings: Findings, part: Part, area: Codes, areas: int, views: Sequence[View]
) -> list[Totals]:
    """Return the totals of each view for some units.

    Behind the last area there is one more, that of the compliance findings.

    Args:
        findings: All findings.
        part: The units.
        area: Area of each item of the code table.
        areas: How many areas there are.
        views: The groupings.

    Raises:
        ValueError: If a scored finding has no score in [0, 1], or a finding that is not
            neutral has no weight from 0.
    """
    shapes = [(len(part.units), view.width, areas + 1) for view in views]
    sizes = [units * width * depth for units, width, depth in shapes]
    totals = [np.zeros((len(_SUMS), size)) for size in sizes]
    evidence = _Evidence(findings, part)
    count = len(findings) if isinstance(part.rows, slice) else len(part.rows)
    vectors = [evidence.nothing(size) for size in sizes]
    # In chunks, so that memory beyond the columns stays small, but never smaller than what one
    # chunk costs by the number of groups.
    step = max(_CHUNK, 2 * max(sizes, default=0))
    for start in range(0, count, step):
        some = slice(start, start + step)
        rows = some if isinstance(part.rows, slice) else part.rows[some]
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
            unit = findings.unit[rows].astype(np.intp) - part.units.start
            unit_group = unit * view.width + group
            key = unit_group * (areas + 1) + area_code
            by_kind = key * 3 + kind
            total[:_MET] += np.bincount(by_kind, minlength=3 * size).reshape(-1, 3).T
            weights = np.bincount(by_kind, weight, 3 * size).reshape(-1, 3).T
            total[_WS : _WU + 1] += weights[:2]
            for at, value in values.items():
                total[at] += np.bincount(key, value, size)
            for at, square in zip((_DOWN, _UP), alone, strict=True):
                total[at] += np.bincount(key, square, size)
            evidence.add(vector, findings.direction[rows], key, distances)
    return [
        Totals(
            sums=total.reshape(len(_SUMS), *shape),
            down=tuple(ends[0].reshape(*shape, -1) for ends in vector),
            up=tuple(ends[1].reshape(*shape, -1) for ends in vector),
            evidence=evidence.kinds,
        )
        for total, vector, shape in zip(totals, vectors, shapes, strict=True)
    ]


class _Evidence:
    """The directions of findings, by kind of evidence."""

    def __init__(self, findings: Findings, part: Part) -> None:
        """Put the clusters of each kind of evidence of some units in one order."""
        kinds: dict[str, list[int]] = {}
        used = _different(findings.direction[part.rows])
        for code in used[used >= 0].tolist():
            kinds.setdefault(findings.directions[code].evidence, []).append(code)
        self._kinds = [
            _Kind.of([findings.directions[code] for code in codes], codes, len(findings.directions))
            for codes in kinds.values()
        ]
        self.kinds = tuple(zip(kinds, (kind.labels for kind in self._kinds), strict=True))

    def nothing(self, groups: int) -> list[Floats]:
        """Return an array of (end, group, cluster) for each kind of evidence."""
        return [np.zeros((2, groups, kind.width)) for kind in self._kinds]

    def add(
        self,
        vectors: Sequence[Floats],
        direction: NDArray[np.int32],
        group: Codes,
        distances: Sequence[Floats],
    ) -> None:
        """Add the distances of findings, along their directions, to those of their groups."""
        for vector, kind in zip(vectors, self._kinds, strict=True):
            index = np.where(direction >= 0, kind.index[direction], -1)
            mine = np.flatnonzero(index >= 0)
            entries, lengths = kind.entries(index[mine])
            cells = np.repeat(group[mine] * kind.width, lengths) + kind.clusters[entries]
            for end, distance in zip(vector, distances, strict=True):
                amounts = np.repeat(distance[mine], lengths) * kind.weights[entries]
                flat = end.reshape(-1)
                flat += np.bincount(cells, amounts, flat.size)


@attrs.frozen(kw_only=True, eq=False)
class _Kind:
    """Directions of one kind of evidence, one behind the other.

    Attributes:
        index: Of each direction of the findings, its index here, or -1.
        starts: Where the entries of each begin; one more for the end of the last.
        clusters, weights: The entries: positions of clusters, and their weights.
        labels: The codes of the clusters, ascending.
    """

    index: Codes
    starts: Codes
    clusters: Codes
    weights: Floats
    labels: NDArray[np.int32]

    @property
    def width(self) -> int:
        """Number of clusters."""
        return len(self.labels)

    @classmethod
    def of(cls, directions: Sequence[Direction], codes: Sequence[int], size: int) -> _Kind:
        index = np.full(size, -1, np.intp)
        index[list(codes)] = np.arange(len(codes))
        lengths = [len(direction.clusters) for direction in directions]
        labels = np.concatenate([direction.clusters for direction in directions])
        weights = np.concatenate([direction.weights for direction in directions]).astype(float)
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.intp)
        # Stored short, a direction misses length one by a little.
        squares = np.add.reduceat(np.square(weights), starts[:-1])
        weights = weights / np.repeat(np.sqrt(squares), lengths)
        different, positions = _numbered(labels)
        return cls(
            index=index, starts=starts, clusters=positions, weights=weights, labels=different
        )

    def entries(self, indices: Codes) -> tuple[Codes, Codes]:
        """Return the entries of some directions, one behind the other, and how many each has."""
        lengths = self.starts[indices + 1] - self.starts[indices]
        # Directions that begin at 4 and 0, of 2 and 3 entries: 4, 5, 0, 1, 2.
        first = np.repeat(self.starts[indices] - np.cumsum(lengths) + lengths, lengths)
        return first + np.arange(len(first)), lengths


def _numbered(labels: NDArray[np.int32]) -> tuple[NDArray[np.int32], Codes]:
    """Return the different labels, ascending, and the position of each label among them."""
    least, most = int(labels.min()), int(labels.max())
    if most - least > 4 * len(labels):
        different, positions = np.unique(labels, return_inverse=True)
        return different, positions
    # Days lie close together: they are looked up, which is far quicker than to sort them.
    offsets = labels.astype(np.intp) - least
    present = np.zeros(most - least + 1, bool)
    present[offsets] = True
    different = (np.flatnonzero(present) + least).astype(np.int32)
    return different, (np.cumsum(present) - 1)[offsets]


def _values(findings: Findings, rows: Codes | slice) -> tuple[Codes, Floats, dict[int, Floats]]:
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
        spreads: Why scores vary, by unit, for those that are compared.
    """

    numbers: Floats
    counts: Floats
    partial: NDArray[np.bool_]
    spreads: tuple[Spread, ...] = ()

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
            spread=self.spreads[group[0]] if self.spreads and value is not None else None,
        )


def joined(scores: Sequence[Scores]) -> Scores:
    """Return the scores of parts of the units as those of all."""
    return Scores(
        np.concatenate([some.numbers for some in scores]),
        np.concatenate([some.counts for some in scores]),
        np.concatenate([some.partial for some in scores]),
        tuple(spread for some in scores for spread in some.spreads),
    )


def _different(codes: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the different codes, in order."""
    # Without counts numpy loads its masked arrays, which takes longer than a small audit's scores.
    return np.unique(codes, return_counts=True)[0]


def flat(totals: Totals, min_coverage: float) -> Scores:
    """Return the scores of groups within one area (laws 1 to 3).

    The interval is MOVER's for numbers that vary together (Zou 2008): distances of findings add
    up along their directions, and those of findings that vary by themselves as squares.
    """
    sums_ = totals.sums
    scored, due, earned = sums_[_WS], sums_[_WS] + sums_[_WU], sums_[_WX]
    value, coverage = _per(earned, scored), _per(scored, due)
    lowest, highest = _per(earned, due), _per(earned + sums_[_WU], due)
    down, up = totals.ends()
    ends = value - _per(down.distance, scored), value + _per(up.distance, scored)
    return _scores(sums_, (value, coverage, lowest, highest, *ends), coverage < min_coverage)


def mix(totals: Totals, weights: Floats, min_coverage: float, *, compared: bool = False) -> Scores:
    """Return the scores of groups over areas, which the last axis holds (law 5).

    Args:
        totals: Totals by area.
        weights: Weight of each area.
        min_coverage: Coverage under which an area makes the score partial.
        compared: Whether to say why each score varies; groups are units then.
    """
    areas = np.moveaxis(flat(totals, min_coverage).numbers, -1, 0)
    weight = np.broadcast_to(weights, areas.shape[1:])
    basis = np.where(np.isnan(areas[0]), 0.0, weight)
    due = np.where(np.isnan(areas[1]), 0.0, weight)
    value = _mean(areas[0], basis)
    coverage, lowest, highest = (_mean(areas[number], due) for number in (1, 2, 3))
    down, up = totals.ends(np.nan_to_num(_per(basis, totals.sums[_WS])))
    whole = basis.sum(axis=-1)
    partial = ((areas[1] < min_coverage) & (due > 0)).any(axis=-1)
    ends = value - _per(down.distance, whole), value + _per(up.distance, whole)
    numbers = (value, coverage, lowest, highest, *ends)
    scores = _scores(totals.sums.sum(axis=-1), numbers, partial)
    if not compared:
        return scores
    return attrs.evolve(scores, spreads=tuple(_spreads(down, up, whole, totals.evidence)))


def _spreads(
    down: End, up: End, whole: Floats, evidence: Sequence[tuple[str, NDArray[np.int32]]]
) -> Iterator[Spread]:
    """Yield the spread of each unit's score; distances are still to be divided by ``whole``."""
    scale = np.where(whole > 0, whole, 1.0)
    alone = [(np.sqrt(end.squares) / scale).tolist() for end in (down, up)]
    lengths = [
        [np.sqrt(np.square(vector).sum(axis=-1)) for vector in end.vectors] for end in (down, up)
    ]
    for unit, (down_alone, up_alone) in enumerate(zip(*alone, strict=True)):
        reaches: list[tuple[Reach, ...]] = []
        for end, sizes in zip((down, up), lengths, strict=True):
            kinds = []
            for (name, labels), vector, size in zip(evidence, end.vectors, sizes, strict=True):
                if not size[unit] > 0:
                    continue
                weights = (vector[unit] / size[unit]).astype(np.float16)
                held = np.flatnonzero(weights)
                direction = Direction(evidence=name, clusters=labels[held], weights=weights[held])
                distance = float(size[unit] / scale[unit])
                kinds.append(Reach(distance=distance, direction=direction))
            reaches.append(tuple(kinds))
        yield Spread(down=reaches[0], up=reaches[1], down_alone=down_alone, up_alone=up_alone)


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
