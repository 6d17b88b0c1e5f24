"""Time and memory of scoring 10 million findings, over numpy's bincount of the same columns.

With ``days``: of scoring and ranking units whose findings vary with the days that they rest on.

Run: ``python bench/scoring.py [FINDINGS]`` or ``python bench/scoring.py days [UNITS ITEMS DAYS]``.
"""

from __future__ import annotations

import sys
import time

import attrs
import numpy as np
from measure import peak

from cxaudit._audit.scoring.cxaudit_1 import score
from cxaudit._model.directions import Direction
from cxaudit._statistics.differences import Estimates
from cxaudit._statistics.ranking import compare
from cxaudit.plugin import (
    AREAS,
    Checklist,
    Findings,
    Item,
    ScoringInput,
    State,
    Text,
    Unit,
    UnitTree,
)

TOUCHPOINTS = ("online", "phone", "in-store", "message", "organisation")
ITEMS = 1000


def drawn(count: int) -> ScoringInput:
    units = max(1, count // (ITEMS * len(TOUCHPOINTS)))
    draw = np.random.default_rng(7)
    row = np.arange(count)
    value = draw.random(count)
    state = draw.choice(
        np.array([State.MEASURED, State.UNAVAILABLE, State.NOT_APPLICABLE], np.int8),
        count,
        p=[0.8, 0.1, 0.1],
    )
    value[state != State.MEASURED] = np.nan
    missing = np.full(count, np.nan)
    items = tuple(
        Item(
            id=f"i{n}",
            area=AREAS[n % 5],
            touchpoints=TOUCHPOINTS,
            title=Text.of("x"),
            lenses={"house": (f"k{n % 9}",), "other": (f"k{n % 4}", "all")},
        )
        for n in range(ITEMS)
    )
    names = ("root", *(f"u{n}" for n in range(1, units)))
    tree = tuple(
        Unit(id=name, name=name, kind="site", parent=None if name == "root" else "root")
        for name in names
    )
    findings = Findings(
        items=tuple(item.id for item in items),
        touchpoints=TOUCHPOINTS,
        units=names,
        reasons=("",),
        item=(row // len(TOUCHPOINTS) % ITEMS).astype(np.int32),
        touchpoint=(row % len(TOUCHPOINTS)).astype(np.int32),
        unit=np.minimum(row // (ITEMS * len(TOUCHPOINTS)), units - 1).astype(np.int32),
        reason=np.zeros(count, np.int32),
        state=state,
        flags=np.zeros(count, np.int16),
        score=value,
        low=value * 0.9,
        high=np.minimum(1, value * 1.1),
        weight=np.full(count, 0.2),
        value=missing,
        value_low=missing,
        value_high=missing,
        n=np.full(count, 30),
    )
    checklist = Checklist(id="c", version="1", title=Text.of("c"), items=items)
    return ScoringInput(checklist=checklist, units=UnitTree(tree), findings=findings)


def with_days(units: int, items: int, days: int) -> ScoringInput:
    """Return measured findings of units, each with a direction over the same days."""
    draw = np.random.default_rng(7)
    count = units * items
    value = draw.random(count)
    directions = []
    for _ in range(count):
        weights = draw.standard_normal(days)
        weights /= np.sqrt(np.square(weights).sum())
        directions.append(
            Direction(
                evidence="calls by day",
                clusters=np.arange(20_000, 20_000 + days, dtype=np.int32),
                weights=weights.astype(np.float16),
            )
        )
    material = drawn(count)
    names = ("root", *(f"u{n}" for n in range(1, units)))
    kept = material.checklist.items[:items]
    findings = attrs.evolve(
        material.findings,
        items=tuple(item.id for item in kept),
        units=names,
        item=(np.arange(count) // units).astype(np.int32),
        touchpoint=np.ones(count, np.int32),
        unit=(np.arange(count) % units).astype(np.int32),
        state=np.full(count, State.MEASURED, np.int8),
        score=value,
        low=value * 0.9,
        high=np.minimum(1, value * 1.1),
        direction=np.arange(count, dtype=np.int32),
        directions=tuple(directions),
    )
    tree = UnitTree(
        tuple(
            Unit(id=name, name=name, kind="site", parent=None if name == "root" else "root")
            for name in names
        )
    )
    checklist = attrs.evolve(material.checklist, items=kept)
    return ScoringInput(checklist=checklist, units=tree, findings=findings)


def days(units: int, items: int, days_of_wave: int) -> None:
    material = with_days(units, items, days_of_wave)
    held, start = peak(), time.process_time()
    card = score(material)
    scored = time.process_time()
    overall = [scores.overall for scores in card.units]
    compare(Estimates.of([one.value for one in overall], [one.spread for one in overall]))
    ranked = time.process_time()
    print(f"{units:,} units, {items} items, {days_of_wave} days")
    print(f"scorecard: {scored - start:.2f} CPU s; ranks and flags: {ranked - scored:.2f} CPU s")
    print(f"peak memory: {peak():,.0f} MB, of which the findings took {held:,.0f}")


def main() -> None:
    if sys.argv[1:2] == ["days"]:
        days(*map(int, sys.argv[2:] or (2000, 100, 90)))
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    material = drawn(count)
    findings = material.findings
    before = peak()
    start = time.perf_counter()
    scored = findings.state < State.UNANSWERED
    weight = np.where(scored, findings.weight, 0.0)
    earned = weight * np.where(scored, findings.score, 0.0)
    np.bincount(findings.unit, weight)
    np.bincount(findings.unit, earned)
    bare, bare_peak = time.perf_counter() - start, peak()
    start = time.perf_counter()
    card = score(material)
    ours = time.perf_counter() - start
    print(f"{count:,} findings, {len(card.units):,} units")
    print(f"numpy bincount of score by unit alone: {bare:.2f} s, columns {before:,.0f} MB")
    print(f"whole scorecard: {ours:.2f} s, {ours / bare:.1f} times that")
    print(f"peak memory: {peak():,.0f} MB, {peak() / bare_peak:.2f} times that")


if __name__ == "__main__":
    main()
