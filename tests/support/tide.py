"""Tide Bakery: its units, checklist and metrics, and a result of any findings on it."""

from __future__ import annotations

from datetime import date

import attrs

from cxaudit._model.directions import Spread
from cxaudit.plugin import (
    Anchor,
    Ask,
    AuditResult,
    Checklist,
    CheckUse,
    Conduct,
    Critical,
    Curve,
    Detector,
    Finding,
    Findings,
    Flag,
    Gate,
    GateOutcome,
    GradeBand,
    Guidance,
    Item,
    Lens,
    Metric,
    Origin,
    Parameter,
    Policy,
    Provenance,
    Reference,
    Score,
    Scorecard,
    Seed,
    Text,
    Unit,
    UnitScores,
    UnitTree,
    Wave,
)

BANDS = (
    GradeBand("keeps its word", 0.9),
    GradeBand("mostly keeps its word", 0.75),
    GradeBand("does not keep it reliably", 0.6),
    GradeBand("fails", 0.0),
)
POLICY = Policy(
    id="cxaudit.cxaudit-1",
    title="cxaudit 1",
    not_applicable="Has no part in the score.",
    unanswered="Widens the bounds and moves no score.",
    critical="A failure caps the grade and fails the gate.",
    aggregation="Flat inside the area, then areas.",
    bands=BANDS,
    score="nowhere:nothing",
)
UNITS = UnitTree(
    (
        Unit(id="tide", name="Tide Bakery", kind="organisation", zone="Europe/Paris"),
        Unit(
            id="tide.pier", name="Pier", kind="site", parent="tide", attributes={"format": "shop"}
        ),
        Unit(
            id="tide.hill",
            name="Hill",
            kind="site",
            parent="tide",
            weight=2,
            attributes={"seats": 12.5},
        ),
        Unit(id="tide.mill", name="Mill", kind="site", parent="tide", start=date(2026, 5, 1)),
        Unit(id="tide.other", name="Other Bakery", kind="site", parent="tide", comparator=True),
        Unit(id="tide.anna", name="Anna Doe", kind="agent", parent="tide"),
    )
)
ITEMS = (
    Item(
        id="phone.answered",
        code="P-PH-01",
        area="process",
        touchpoints=("phone",),
        title=Text({"en": "Calls are answered in time", "de": "Anrufe werden angenommen"}),
        fail_title=Text.of("Callers wait longer than promised"),
        per="site",
        weight=4,
        check=CheckUse(
            check="cxaudit.within-target",
            settings={"metric": "phone.in-time", "target": 0.8, "min_n": 50, "bands": [1, 2.5]},
            written={"metric": "phone.in-time", "target": "$in-time", "min_n": 50},
        ),
        critical=Critical(fail_below=0.5),
        lenses={"be-sure": ("reliable",)},
        guidance=Guidance(
            question=Text.of("Are calls answered in the time you promise?"),
            advice=Text.of("Move two people to the hours from 11 to 14."),
        ),
        seeds=(
            Seed(title="Waiting", publisher="A journal", says=Text.of("Waits drive callers off.")),
        ),
        origins={"weight": Origin("tide.core", "core.toml", 12, 3)},
    ),
    Item(
        id="phone.wait",
        code="P-PH-02",
        area="process",
        touchpoints=("phone",),
        title=Text.of("Waits are short"),
        fail_title=Text.of("Waits are long"),
        weight=2,
        check=CheckUse(
            check="cxaudit.within-target",
            settings={"metric": "phone.wait.p90", "target": 60.0, "limit": 300},
            written={"metric": "phone.wait.p90", "target": "$wait", "limit": 300},
        ),
        references=(
            Reference(text=Text.of("Half a minute to two"), source="A survey", low=30, high=120),
        ),
    ),
    Item(
        id="in-store.greeted",
        code="I-IS-01",
        area="interpersonal",
        touchpoints=("in-store",),
        title=Text.of("Guests are greeted"),
        fail_title=Text.of("Guests are not greeted"),
        weight=1,
        per="site",
        ask=Ask(answer="yes-no", evidence="optional", raters=2),
        lenses={"be-sure": ("warm",)},
        guidance=Guidance(advice=Text.of("Greet at the door.")),
    ),
    Item(
        id="in-store.sincere",
        area="interpersonal",
        touchpoints=("in-store",),
        title=Text.of("Friendliness fits the guest"),
        ask=Ask(
            answer="levels",
            anchors=(
                Anchor(1.0, Text.of("fits")),
                Anchor(0.5, Text.of("polite")),
                Anchor(0.0, Text.of("recited")),
            ),
        ),
    ),
    Item(
        id="message.reply",
        area="direction",
        touchpoints=("message",),
        title=Text.of("Messages are answered in time"),
        ask=Ask(answer="time", curve_settings={"target": "$reply"}, method="test"),
    ),
    Item(
        id="organisation.insured",
        area="external",
        touchpoints=("organisation",),
        title=Text.of("The insurance is valid"),
        ask=Ask(answer="yes-no", method="document", evidence="required"),
        critical=Critical(compliance=True),
    ),
    Item(
        id="loyalty",
        area="external",
        touchpoints=("organisation",),
        title=Text.of("Guests would recommend us"),
        role="outcome",
        check=CheckUse(
            check="cxaudit.within-target", settings={"metric": "survey.nps", "target": None}
        ),
    ),
    Item(
        id="online.clear",
        area="roles",
        touchpoints=("online",),
        title=Text.of("The page names a person to ask"),
        excluded="There is no web page.",
        ask=Ask(
            answer="time",
            curve=Curve(kind="linear", lower_is_better=True, target=60.0, limit=180.0),
        ),
    ),
)
METRICS = (
    Metric(
        id="phone.in-time",
        table="calls",
        kind="share",
        value="wait_s <= 20",
        title="Answered in time",
        description="Calls answered in 20 s over all calls offered.",
    ),
    Metric(
        id="phone.wait.p90",
        table="calls",
        kind="quantile",
        value="wait_s",
        quantile=0.9,
        unit="seconds",
        lower_is_better=True,
    ),
    Metric(
        id="survey.nps",
        table="responses",
        kind="net_score",
        positive="q1 >= 9",
        negative="q1 <= 6",
    ),
)
CHECKLIST = Checklist(
    id="tide.core",
    version="2026.1",
    title=Text.of("Tide core"),
    area_weights={"process": 2.0},
    parameters={
        "in-time": Parameter(
            id="in-time",
            question=Text.of("Which share in 20 s?"),
            value=0.8,
            basis="promise",
            agreed_by="Head of service",
        ),
        "wait": Parameter(
            id="wait",
            question=Text.of("How long may one wait?"),
            unit="seconds",
            value=60.0,
            basis="reference",
        ),
        "reply": Parameter(
            id="reply", question=Text.of("In how many hours do you answer?"), unit="hours"
        ),
    },
    items=ITEMS,
    metrics=METRICS[:1],
    detectors=(
        Detector(
            id="tide.sorry", table="messages", column="text", phrases={"sorry": ("we are sorry",)}
        ),
    ),
    lenses=(Lens(id="be-sure", title="Be sure", keys={"reliable": "Reliable", "warm": "Warm"}),),
    digests={"core.toml": "ab" * 32},
)


def score_of(findings: list[Finding]) -> Score:
    """Return a score by the plain weighted mean, its interval by the mean of the ends."""
    scored = [finding for finding in findings if finding.state.scored]
    unknown = [finding for finding in findings if finding.state.unknown]
    assessed, total = (sum(f.weight for f in part) for part in (scored, scored + unknown))
    if not total:
        return Score(value=None, coverage=None, neutral=len(findings))
    earned = sum(finding.weight * finding.score for finding in scored)
    value = earned / assessed if assessed else None
    low, high = (
        sum(f.weight * getattr(f, end) for f in scored) / assessed if assessed else None
        for end in ("low", "high")
    )
    return Score(
        value=value,
        coverage=assessed / total,
        lowest=earned / total,
        highest=(earned + total - assessed) / total,
        low=low,
        high=high,
        spread=None if value is None else Spread.of(value, (low, high)),
        scored=len(scored),
        unknown=len(unknown),
        neutral=len(findings) - len(scored) - len(unknown),
        met=sum(finding.score == 1 for finding in scored),
        partial=assessed / total < 0.8,
    )


def scorecard(findings: list[Finding], units: UnitTree, items: tuple[Item, ...]) -> Scorecard:
    """Return the scores of all units."""
    by_id = {item.id: item for item in items}
    scores = []
    for unit in units:
        at_unit = [finding for finding in findings if finding.unit == unit.id]
        groups = {"areas": {}, "touchpoints": {}, "cells": {}, "lenses": {}}
        for finding in at_unit:
            item = by_id[finding.item]
            groups["areas"].setdefault(item.area, []).append(finding)
            groups["touchpoints"].setdefault(finding.touchpoint, []).append(finding)
            groups["cells"].setdefault((item.area, finding.touchpoint), []).append(finding)
            for lens, keys in item.lenses.items():
                for key in keys:
                    groups["lenses"].setdefault((lens, key), []).append(finding)
        overall = score_of(at_unit)
        grade = next(
            (b.grade for b in BANDS if overall.value is not None and overall.value >= b.at_least),
            None,
        )
        failed = any(finding.flags & Flag.FAILED for finding in at_unit)
        scores.append(
            UnitScores(
                unit=unit.id,
                overall=overall,
                grade="fails" if failed else grade,
                capped="a critical item failed" if failed else "",
                **{
                    name: {key: score_of(part) for key, part in group.items()}
                    for name, group in groups.items()
                },
            )
        )
    root = scores[0]
    under = tuple(
        area
        for area, score in root.areas.items()
        if score.coverage is not None and score.coverage < 0.8
    )
    return Scorecard(policy=POLICY.id, bands=BANDS, units=tuple(scores), under_coverage=under)


def audit_result(findings: list[Finding], **changes) -> AuditResult:
    """Return a result of findings, scored; ``changes`` are fields of it."""
    items = changes.pop("items", ITEMS)
    units = changes.pop("units", UNITS)
    values = {
        "audit": "tide.spring",
        "title": "Tide Bakery, spring 2026",
        "client": "Tide Bakery",
        "wave": Wave(id="2026-q2", start=date(2026, 4, 1), end=date(2026, 6, 30)),
        "checklist": attrs.evolve(CHECKLIST, items=items),
        "units": units,
        "findings": Findings.of(findings),
        "scorecard": scorecard(findings, units, items),
        "gate": GateOutcome(gate=Gate(min_score=0.7), passed=True),
        "conduct": Conduct(
            staff_told=True, legal_basis="legitimate interest", retention="two years"
        ),
        "provenance": Provenance(
            cxaudit="0.1.0",
            python="3.11.7",
            engine="duckdb 2.0",
            started="2026-07-01T08:00:00Z",
            finished="2026-07-01T08:00:04Z",
            policy=POLICY.id,
            seed=7,
        ),
    }
    return AuditResult(**{**values, **changes})
