"""Why scores of units vary: held to a plain sum over findings, and the same in parts as whole."""

from __future__ import annotations

import math

import attrs
import numpy as np
import pytest

from cxaudit._audit.scoring import sums
from cxaudit._audit.scoring.cxaudit_1 import finding_weights, score
from cxaudit._model.directions import Direction
from cxaudit._statistics.differences import Estimates, difference_intervals
from cxaudit.plugin import (
    Checklist,
    Finding,
    Findings,
    Item,
    ScoringInput,
    State,
    Text,
    Unit,
    UnitTree,
)

AREAS = ("process", "process", "people", "people", "people", "promise")
UNITS = ("root", "a", "b", "c", "d")


@pytest.fixture(scope="module")
def basis():
    """Return findings of five units: two kinds of evidence, and some that vary by themselves."""
    draw = np.random.default_rng(8)
    items = tuple(
        Item(
            id=f"i{n}",
            area=area,
            touchpoints=("phone",),
            title=Text.of("x"),
            weight=1.0 + n,
            lenses={"house": (f"k{n % 2}",)},
        )
        for n, area in enumerate(AREAS)
    )
    findings = []
    for unit in UNITS:
        for n, item in enumerate(items):
            value = float(draw.uniform(0.2, 0.8))
            weights = draw.normal(size=7)
            weights /= np.sqrt(np.square(weights).sum())
            direction = Direction(
                evidence="cases" if n == 2 else "calls by day",
                clusters=np.arange(n % 2, n % 2 + 7, dtype=np.int32),
                weights=weights.astype(np.float16),
            )
            findings.append(
                Finding(
                    item=item.id,
                    touchpoint="phone",
                    unit=unit,
                    state=State.MEASURED,
                    score=value,
                    low=value - float(draw.uniform(0, 0.2)),
                    high=value + float(draw.uniform(0, 0.2)),
                    n=100,
                    direction=None if n == 4 else direction,
                )
            )
    columns = Findings.of(findings)
    checklist = Checklist(id="c", version="1", title=Text.of("c"), items=items)
    columns = attrs.evolve(columns, weight=finding_weights(columns, checklist))
    tree = tuple(
        Unit(id=unit, name=unit, kind="site", parent=None if unit == "root" else "root")
        for unit in UNITS
    )
    return ScoringInput(checklist=checklist, units=UnitTree(tree), findings=columns)


def vectors(basis, unit, end):
    """Return a unit's distances to an end, by cluster; what varies alone has a cluster of its own.

    Areas weigh alike, items within an area by their weights.
    """
    items = {item.id: item for item in basis.checklist.items}
    rows = [finding for finding in basis.findings if finding.unit == unit]
    areas = {area: sum(i.weight for i in items.values() if i.area == area) for area in set(AREAS)}
    vector = {}
    for row in rows:
        item = items[row.item]
        share = item.weight / areas[item.area] / len(areas)
        distance = share * (row.score - row.low if end == "down" else row.high - row.score)
        if row.direction is None:
            vector[unit, row.item] = distance
            continue
        weights = row.direction.weights.astype(float)
        weights /= np.sqrt(np.square(weights).sum())
        for cluster, weight in zip(row.direction.clusters.tolist(), weights, strict=True):
            key = (row.direction.evidence, cluster)
            vector[key] = vector.get(key, 0.0) + distance * weight
    return vector


def length(one, other):
    keys = {*one, *other}
    return math.sqrt(sum((one.get(key, 0.0) - other.get(key, 0.0)) ** 2 for key in keys))


def test_a_unit_differs_from_another_by_what_they_do_not_share(basis):
    scores = score(basis).units
    estimates = Estimates.of(
        [scores.overall.value for scores in scores], [scores.overall.spread for scores in scores]
    )
    for first, one in enumerate(UNITS):
        down, up = (vectors(basis, one, end) for end in ("down", "up"))
        overall = scores[first].overall
        assert overall.value - overall.low == pytest.approx(length(down, {}))
        assert overall.high - overall.value == pytest.approx(length(up, {}))
        assert [ends[first] for ends in estimates.distances] == pytest.approx(
            [overall.value - overall.low, overall.high - overall.value], rel=1e-9
        )
        for second in set(range(len(UNITS))) - {first}:
            low, high = difference_intervals(estimates, np.array([first]), np.array([second]))
            gap = overall.value - scores[second].overall.value
            other = {end: vectors(basis, UNITS[second], end) for end in ("down", "up")}
            assert gap - low[0] == pytest.approx(length(down, other["up"]), abs=2e-4)
            assert high[0] - gap == pytest.approx(length(up, other["down"]), abs=2e-4)


@pytest.mark.parametrize("at_once", [1, 80, 300])
def test_scores_made_in_parts_are_those_of_the_whole(basis, at_once, monkeypatch):
    whole = score(basis)
    shuffled = basis.findings.where(np.random.default_rng(1).permutation(len(basis.findings)))
    monkeypatch.setattr(sums, "_VECTORS", at_once)
    assert len(list(sums.parts(shuffled, 1))) == {1: 5, 80: 3, 300: 1}[at_once]
    for findings in (basis.findings, shuffled):
        in_parts = score(attrs.evolve(basis, findings=findings))
        for scores, others in zip(in_parts.units, whole.units, strict=True):
            for one, other in zip(flat(scores), flat(others), strict=True):
                assert one == pytest.approx(other, rel=1e-12)


def flat(scores):
    """Return all numbers of a unit's scores."""
    views = (scores.areas, scores.touchpoints, scores.cells, scores.lenses)
    every = [scores.overall, *(view[key] for view in views for key in sorted(view))]
    return [number for one in every for number in (one.value, one.low, one.high, one.coverage)]


def test_findings_without_a_direction_vary_by_themselves_alone(basis):
    findings = attrs.evolve(
        basis.findings, direction=np.full(len(basis.findings), -1, np.int32), directions=()
    )
    for scores in score(attrs.evolve(basis, findings=findings)).units:
        spread = scores.overall.spread
        assert (spread.down, spread.up) == ((), ())
        assert spread.down_alone == pytest.approx(scores.overall.value - scores.overall.low)
        assert spread.up_alone == pytest.approx(scores.overall.high - scores.overall.value)
