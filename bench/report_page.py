"""Time, memory and size of the report as a page: 2,000 units x 100 items, 200,000 findings.

Run: ``python bench/report_page.py [UNITS]``.
"""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import dataclass
from datetime import date

import numpy as np

from cxaudit import Session
from cxaudit._audit.scoring.cxaudit_1 import score
from cxaudit.plugin import (
    AREAS,
    Ask,
    AuditResult,
    Checklist,
    Evidence,
    EvidenceSet,
    Findings,
    Flag,
    Gate,
    GateOutcome,
    Guidance,
    Item,
    Parameter,
    Provenance,
    ScoringInput,
    State,
    Text,
    Unit,
    UnitTree,
    Wave,
)

TOUCHPOINTS = ("online", "phone", "in-store", "message", "organisation")
ITEMS = 100
SUSPECT = 0.2


@dataclass
class Draw:
    """Numbers of a run that never was."""

    score: np.ndarray
    low: np.ndarray
    high: np.ndarray
    state: np.ndarray


def drawn(units: int) -> Draw:
    draw = np.random.default_rng(11)
    quality = np.clip(draw.normal(0.72, 0.12, units), 0.05, 0.98)
    hard = draw.normal(0, 0.12, ITEMS)
    value = np.clip(quality[:, None] + hard[None, :] + draw.normal(0, 0.1, (units, ITEMS)), 0, 1)
    state = draw.choice(
        np.array([State.MEASURED, State.UNAVAILABLE, State.NOT_APPLICABLE], np.int8),
        (units, ITEMS),
        p=[0.86, 0.09, 0.05],
    )
    value[state != State.MEASURED] = np.nan
    return Draw(value, np.clip(value - 0.07, 0, 1), np.clip(value + 0.06, 0, 1), state)


def checklist() -> Checklist:
    items = tuple(
        Item(
            id=f"house.item-{n}",
            code=f"X-{n:03}",
            area=AREAS[n % 5],
            touchpoints=(TOUCHPOINTS[n // 5 % 5],),
            per="site",
            title=Text.of(f"Customers are told in time what happens to their order, part {n}"),
            fail_title=Text.of(f"Customers are not told in time what happens, part {n}"),
            weight=1 + n % 4,
            ask=Ask(answer="yes-no"),
            guidance=Guidance(
                question=Text.of("Were you told, without asking, what happens next and when?"),
                advice=Text.of("Give each order an owner who calls before the promised time."),
            ),
        )
        for n in range(ITEMS)
    )
    return Checklist(
        id="house.large",
        version="2026.1",
        title=Text.of("House"),
        items=items,
        parameters={"hours": Parameter(id="hours", question=Text.of("How many hours?"))},
    )


def result(units: int) -> AuditResult:
    """Return an invented result of some units (the root among them) with 100 items each."""
    draw, questions = drawn(units), checklist()
    count = units * ITEMS
    row = np.arange(count)
    names = ("root", *(f"shop-{n}" for n in range(1, units)))
    tree = UnitTree(
        tuple(
            Unit(
                id=name,
                name="Harbour Coffee" if name == "root" else f"Café {name[5:]}, Quay Street",
                kind="organisation" if name == "root" else "site",
                parent=None if name == "root" else "root",
            )
            for name in names
        )
    )
    scores = draw.score.reshape(-1)
    findings = Findings(
        items=tuple(item.id for item in questions.items),
        touchpoints=TOUCHPOINTS,
        units=names,
        reasons=("", "no data"),
        item=(row % ITEMS).astype(np.int32),
        touchpoint=(row % ITEMS // 5 % 5).astype(np.int32),
        unit=(row // ITEMS).astype(np.int32),
        reason=(draw.state.reshape(-1) == State.UNAVAILABLE).astype(np.int32),
        state=draw.state.reshape(-1),
        flags=np.where(scores < SUSPECT, int(Flag.CRITICAL | Flag.SUSPECTED), 0).astype(np.int16),
        score=scores,
        low=draw.low.reshape(-1),
        high=draw.high.reshape(-1),
        weight=(1.0 + row % ITEMS % 4),
        value=scores,
        value_low=draw.low.reshape(-1),
        value_high=draw.high.reshape(-1),
        n=np.full(count, 30),
    )
    card = score(ScoringInput(checklist=questions, units=tree, findings=findings))
    evidence = tuple(
        EvidenceSet(
            item=item.id,
            touchpoint=item.touchpoints[0],
            unit="root",
            total=18_203,
            shown=tuple(
                Evidence(
                    kind="hit",
                    source="messages.csv",
                    key=str(n),
                    quote="I wrote three times and it feels like nobody is there.",
                )
                for n in range(50)
            ),
        )
        for item in questions.items
    )
    return AuditResult(
        audit="bench.large",
        title="Harbour Coffee, spring 2026",
        client="Harbour Coffee",
        wave=Wave(id="2026-q2", start=date(2026, 4, 1), end=date(2026, 6, 30)),
        checklist=questions,
        units=tree,
        findings=findings,
        scorecard=card,
        evidence=evidence,
        gate=GateOutcome(gate=Gate(min_score=0.7), passed=True),
        provenance=Provenance(cxaudit="0", python="3", policy="cxaudit.cxaudit-1"),
    )


def main() -> None:
    from cxaudit_reports.html.page import render_page

    units = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    outcome = result(units)
    session = Session()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.perf_counter()
    report = session.report(outcome)
    built = time.perf_counter() - start
    page = render_page(report)
    whole = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pages = {"report.html": page.encode()} if isinstance(page, str) else page
    size = sum(map(len, pages.values())) / 1e6
    print(f"{len(outcome.findings):,} findings: {whole:.2f} s, of them {built:.2f} s building")
    print(f"{len(pages)} file, {size:.2f} MB; peak {peak:,.0f} MB, {before:,.0f} MB of them before")
    print("sections:", ", ".join(section.id for section in report.sections))


if __name__ == "__main__":
    main()
