"""The one scorer: policy ``cxaudit-1``, on columns.

A group of findings is nine sums; every view of the same findings (area, touchpoint column,
cell, lens key, overall) adds or mixes those sums, so that no view is an intermediate of another.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from cxaudit._model.checklist import AREAS, Checklist, Critical
from cxaudit._model.findings import Findings, Flag, State, Verdict
from cxaudit._model.said import Said, joined, listed
from cxaudit._model.scores import GradeBand, Score, Scorecard, ScoringInput, UnitScores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cxaudit._audit.scoring.sums import Codes, Floats, Part, Scores, View

__all__ = [
    "BANDS",
    "BEST_FAILED",
    "POLICY",
    "critical_flags",
    "finding_weights",
    "grade_of",
    "replaced",
    "score",
]

POLICY = "cxaudit.cxaudit-1"
BANDS: tuple[GradeBand, ...] = (
    GradeBand("keeps its word", 0.90),
    GradeBand("mostly keeps its word", 0.75),
    GradeBand("does not reliably keep its word", 0.60),
    GradeBand("fails its word", 0.0),
)
_BEST_NOT_CLEARED, _BEST_FAILED = 1, 2
BEST_FAILED = BANDS[_BEST_FAILED].grade
"""The best grade that a failed critical item leaves."""
_TOUCHPOINTS = ("online", "phone", "in-store", "message", "organisation")
_NAMED = 3

_K = TypeVar("_K", bound=Hashable)


def grade_of(value: float | None, bands: Sequence[GradeBand] = BANDS) -> str | None:
    """Return the grade of a score, compared unrounded; None without a score."""
    if value is None:
        return None
    return next((band.grade for band in bands if value >= band.at_least), None)


def critical_flags(critical: Critical | None, verdict: Verdict) -> Flag:
    """Return what a verdict means for an item that is critical or a matter of law.

    An item that says no ``fail_below`` fails below full marks; with ``severity = "event"`` and
    no ``fail_below``, only by a proven case. A verdict without an interval cannot be more than
    suspected.
    """
    if critical is None:
        return Flag.NONE
    flags = Flag.COMPLIANCE if critical.compliance else Flag.CRITICAL
    if verdict.state.unknown:
        return flags | Flag.NOT_CLEARED
    if verdict.score is None:
        return flags
    if critical.event and verdict.proven:
        return flags | Flag.FAILED
    limit = critical.fail_below
    if limit is None:
        limit = 0.0 if critical.event else 1.0
    if (1.0 if verdict.high is None else verdict.high) < limit:
        return flags | Flag.FAILED
    return flags | Flag.SUSPECTED if verdict.score < limit else flags


def finding_weights(findings: Findings, checklist: Checklist) -> Floats:
    """Return each finding's weight: its item's, shared by its touchpoints at the unit.

    Touchpoints where the item is neutral take no share and weigh 0, so an item counts once.

    Raises:
        ValueError: If a finding names an item that the checklist does not have.
    """
    import numpy as np

    weights = {item.id: item.weight for item in checklist.items}
    weight = np.array([_required(weights, "item", item) for item in findings.items], dtype=float)
    counts = findings.state < State.NOT_APPLICABLE
    group = findings.unit.astype(np.intp) * len(findings.items) + findings.item
    if len(findings.items) * len(findings.units) > 4 * len(findings) + 1_000_000:
        group = np.unique(group, return_inverse=True)[1]
    shares = np.bincount(group[counts], minlength=1 + int(group.max(initial=0)))[group]
    result: Floats = np.where(counts, weight[findings.item] / np.maximum(shares, 1), 0.0)
    return result


def replaced(findings: Findings, others: Findings, checklist: Checklist) -> Findings:
    """Return findings with others in the places that they share, weighed anew."""
    import numpy as np

    items, units = frozenset(others.items), frozenset(others.units)
    shared = np.array([item in items for item in findings.items], dtype=bool)[findings.item]
    shared &= np.array([unit in units for unit in findings.units], dtype=bool)[findings.unit]
    by_cell = {(other.item, other.touchpoint, other.unit): other for other in others}
    kept = {
        name: getattr(findings, name).copy() for name in ("state", "flags", "score", "low", "high")
    }
    for index in np.flatnonzero(shared).tolist():
        finding = findings[index]
        other = by_cell.get((finding.item, finding.touchpoint, finding.unit), finding)
        for name, column in kept.items():
            number = getattr(other, name)
            column[index] = np.nan if number is None else number
    changed = attrs.evolve(findings, **kept)
    return attrs.evolve(changed, weight=finding_weights(changed, checklist))


def score(basis: ScoringInput) -> Scorecard:
    """Score findings by policy ``cxaudit-1``.

    Intervals combine by MOVER: findings that rest on the same clusters vary together, others by
    themselves. Compliance findings are a group of their own and are left out of all else.

    Raises:
        ValueError: If a finding names an item or unit that is not given, if a scored finding
            has no score in [0, 1], or if a weight is not a number from 0.
    """
    import numpy as np

    from cxaudit._audit.scoring.sums import joined, parts

    findings, checklist = basis.findings, basis.checklist
    positions = {unit.id: position for position, unit in enumerate(basis.units)}
    order = [_required(positions, "unit", unit) for unit in findings.units]
    views = _Views.of(findings, checklist)
    scores = [
        joined(of_parts)
        for of_parts in zip(
            *(views.scores(findings, part) for part in parts(findings, views.groups)), strict=True
        )
    ]
    failed = _flagged(findings, Flag.FAILED)
    not_cleared = _flagged(findings, Flag.NOT_CLEARED)
    present = np.bincount(findings.unit, minlength=len(findings.units)).tolist()
    scored = [
        views.unit_scores(findings.units[code], code, scores, failed, not_cleared)
        for code in sorted(range(len(order)), key=order.__getitem__)
        if present[code]
    ]
    root = basis.units.root.id
    if not scored or scored[0].unit != root:
        nothing = Score(value=None, coverage=None)
        scored.insert(0, UnitScores(unit=root, overall=nothing, grade=None))
    return Scorecard(
        policy=POLICY,
        bands=BANDS,
        units=tuple(scored),
        under_coverage=tuple(
            name for name, area_score in scored[0].areas.items() if area_score.partial
        ),
    )


@attrs.frozen(kw_only=True, eq=False)
class _Views:
    """The views of findings that have scores.

    Attributes:
        area: Area of each item of the findings.
        areas, tops: Names of areas and of top touchpoints.
        views: The groupings: by top touchpoint, then by each lens.
        keys: Of each lens and key, the view and which of its groups have the key.
        weight: Of each area.
        min_coverage: Coverage under which an area makes a score partial.
    """

    area: Codes
    areas: tuple[str, ...]
    tops: tuple[str, ...]
    views: tuple[View, ...]
    keys: Mapping[tuple[str, str], tuple[int, NDArray[np.bool_]]]
    weight: Floats
    min_coverage: float

    @classmethod
    def of(cls, findings: Findings, checklist: Checklist) -> _Views:
        import numpy as np

        from cxaudit._audit.scoring.sums import View

        items = {item.id: item for item in checklist.items}
        used = [_required(items, "item", item) for item in findings.items]
        areas = tuple(dict.fromkeys((*AREAS, *(item.area for item in used))))
        names = [name.partition(".")[0] for name in findings.touchpoints]
        tops = tuple(sorted(set(names), key=_touchpoint_order))
        views = [View(code=_lookup(names, tops), width=len(tops))]
        keys = {}
        for lens in dict.fromkeys(lens for item in checklist.items for lens in item.lenses):
            of_items = [tuple(item.lenses.get(lens, ())) for item in used]
            kinds = tuple(dict.fromkeys(of_items))
            for key in dict.fromkeys(key for kind in kinds for key in kind):
                keys[lens, key] = (len(views), np.array([key in kind for kind in kinds]))
            views.append(View(by_item=True, code=_lookup(of_items, kinds), width=len(kinds)))
        return cls(
            area=_lookup([item.area for item in used], areas),
            areas=areas,
            tops=tops,
            views=tuple(views),
            keys=keys,
            weight=np.array([checklist.area_weights.get(name, 1.0) for name in areas], dtype=float),
            min_coverage=checklist.min_coverage,
        )

    @property
    def groups(self) -> int:
        """Groups of a unit in the view that has the most."""
        return max(view.width for view in self.views) * (len(self.areas) + 1)

    def scores(self, findings: Findings, part: Part) -> list[Scores]:
        """Return scores of some units: overall, areas, columns, cells, compliance, lens keys."""
        from cxaudit._audit.scoring.sums import flat, mix, sums

        least = self.min_coverage
        by_view = sums(findings, part, self.area, len(self.areas), self.views)
        # The last area of each view holds the compliance findings.
        compliance = flat(by_view[0].over_groups().areas(-1), least)
        by_top, *by_lens = (totals.areas(slice(-1)) for totals in by_view)
        return [
            mix(by_top.over_groups(), self.weight, least, compared=True),
            flat(by_top.over_groups(), least),
            mix(by_top, self.weight, least),
            flat(by_top, least),
            compliance,
            *(
                mix(by_lens[view - 1].over_groups(groups), self.weight, least)
                for view, groups in self.keys.values()
            ),
        ]

    def unit_scores(
        self,
        unit: str,
        code: int,
        scores: Sequence[Scores],
        failed: Mapping[int, list[str]],
        not_cleared: Mapping[int, list[str]],
    ) -> UnitScores:
        """Return all scores of a unit, from those of all units in the order of `scores`."""
        overall, by_area, columns, cells, compliance, *by_key = scores
        whole = overall.at(code) or Score(value=None, coverage=None)
        grade, capped = _grade(whole.value, failed.get(code, []), not_cleared.get(code, []))
        return UnitScores(
            unit=unit,
            overall=whole,
            grade=grade,
            capped=capped,
            areas=_present((n, by_area.at(code, i)) for i, n in enumerate(self.areas)),
            touchpoints=_present((n, columns.at(code, i)) for i, n in enumerate(self.tops)),
            cells=_present(
                ((a, t), cells.at(code, j, i))
                for i, a in enumerate(self.areas)
                for j, t in enumerate(self.tops)
            ),
            lenses=_present(
                (key, of_key.at(code)) for key, of_key in zip(self.keys, by_key, strict=True)
            ),
            compliance=compliance.at(code),
        )


def _required(table: Mapping[str, Any], kind: str, name: str) -> Any:
    try:
        return table[name]
    except KeyError:
        msg = f"a finding names the {kind} {name!r}, which is not given"
        raise ValueError(msg) from None


def _touchpoint_order(name: str) -> tuple[int, str]:
    return (_TOUCHPOINTS.index(name) if name in _TOUCHPOINTS else len(_TOUCHPOINTS)), name


def _lookup(values: Sequence[object], table: Sequence[object]) -> Codes:
    import numpy as np

    codes = {value: code for code, value in enumerate(table)}
    return np.array([codes[value] for value in values], dtype=np.intp)


def _present(pairs: Iterable[tuple[_K, Score | None]]) -> dict[_K, Score]:
    return {key: group_score for key, group_score in pairs if group_score is not None}


def _flagged(findings: Findings, flag: Flag) -> dict[int, list[str]]:
    """Return, by unit code, the critical items that carry a flag; compliance is apart."""
    wanted = int(Flag.CRITICAL | flag)
    carries = (findings.flags & (wanted | Flag.COMPLIANCE)) == wanted
    pairs = zip(findings.unit[carries].tolist(), findings.item[carries].tolist(), strict=True)
    items: dict[int, list[str]] = {}
    for unit, item in sorted(set(pairs)):
        items.setdefault(unit, []).append(findings.items[item])
    return items


def _grade(
    value: float | None, failed: list[str], not_cleared: list[str]
) -> tuple[str | None, str]:
    """Return the grade, and why it is not the one of the score."""
    earned = grade_of(value)
    if earned is None:
        return None, ""
    position = [band.grade for band in BANDS].index(earned)
    for items, best, code in (
        (failed, _BEST_FAILED, "grade-capped-by-failed"),
        (not_cleared, _BEST_NOT_CLEARED, "grade-capped-by-not-cleared"),
    ):
        if items and position < best:
            grade = BANDS[best].grade
            cap = Said(code, items=listed(sorted(items), _NAMED), best=grade)
            return grade, joined([cap, Said("grade-of-score-alone", earned=earned)])
    return earned, ""
