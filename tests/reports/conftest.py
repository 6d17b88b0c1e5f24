"""Named audits, as finished results, that every format is rendered from."""

from __future__ import annotations

from datetime import UTC, date, datetime

import attrs
import pytest

from cxaudit._model.said import Said
from cxaudit._report.build import build_report
from cxaudit.plugin import (
    Agreement,
    Anchor,
    Answer,
    Ask,
    AuditResult,
    Breakdown,
    Case,
    Checklist,
    CheckUse,
    Conduct,
    Critical,
    Curve,
    Detector,
    Evidence,
    EvidenceSet,
    Finding,
    Findings,
    Flag,
    Gate,
    GateOutcome,
    GradeBand,
    Guidance,
    Item,
    Lens,
    Measurement,
    Metric,
    Note,
    Origin,
    Parameter,
    PluginRecord,
    Policy,
    Provenance,
    QuarantinedRow,
    Reference,
    RunProblem,
    Score,
    Scorecard,
    Seed,
    SourceAccount,
    State,
    Text,
    Unit,
    UnitScores,
    UnitTree,
    Waiver,
    WaiverOutcome,
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
ZONES = {"process": 2.0}


def score_of(found: list[Finding]) -> Score:
    """Return a score by the plain weighted mean, its interval by the mean of the ends."""
    scored = [each for each in found if each.state.scored]
    unknown = [each for each in found if each.state.unknown]
    known, total = (sum(e.weight for e in some) for some in (scored, scored + unknown))
    if not total:
        return Score(value=None, coverage=None, neutral=len(found))
    got = sum(each.weight * each.score for each in scored)
    return Score(
        value=got / known if known else None,
        coverage=known / total,
        lowest=got / total,
        highest=(got + total - known) / total,
        low=sum(e.weight * e.low for e in scored) / known if known else None,
        high=sum(e.weight * e.high for e in scored) / known if known else None,
        scored=len(scored),
        unknown=len(unknown),
        neutral=len(found) - len(scored) - len(unknown),
        met=sum(each.score == 1 for each in scored),
        partial=known / total < 0.8,
    )


def scorecard(findings: list[Finding], units: UnitTree, items: tuple[Item, ...]) -> Scorecard:
    by_id = {item.id: item for item in items}
    scores = []
    for unit in units:
        own = [each for each in findings if each.unit == unit.id]
        groups = {"areas": {}, "touchpoints": {}, "cells": {}, "lenses": {}}
        for each in own:
            item = by_id[each.item]
            groups["areas"].setdefault(item.area, []).append(each)
            groups["touchpoints"].setdefault(each.touchpoint, []).append(each)
            groups["cells"].setdefault((item.area, each.touchpoint), []).append(each)
            for lens, keys in item.lenses.items():
                for key in keys:
                    groups["lenses"].setdefault((lens, key), []).append(each)
        overall = score_of(own)
        grade = next(
            (b.grade for b in BANDS if overall.value is not None and overall.value >= b.at_least),
            None,
        )
        failed = any(each.flags & Flag.FAILED for each in own)
        scores.append(
            UnitScores(
                unit=unit.id,
                overall=overall,
                grade="fails" if failed else grade,
                capped="a critical item failed" if failed else "",
                **{
                    name: {key: score_of(some) for key, some in group.items()}
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


def made(findings: list[Finding], **changes) -> AuditResult:
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


def full_marks(item: str, touchpoint: str, unit: str, n: int = 400, **changes) -> Finding:
    values = {"state": State.MET, "score": 1.0, "low": 0.94, "high": 1.0, "weight": 1.0, "n": n}
    return Finding(item=item, touchpoint=touchpoint, unit=unit, **{**values, **changes})


def all_good() -> AuditResult:
    return made(
        [
            full_marks(
                "phone.answered",
                "phone",
                "tide",
                value=0.912,
                value_low=0.88,
                value_high=0.94,
                weight=4.0,
            ),
            full_marks(
                "phone.wait",
                "phone",
                "tide",
                state=State.MEASURED,
                value=42.0,
                value_low=40.0,
                value_high=45.5,
                weight=2.0,
            ),
            full_marks("in-store.greeted", "in-store", "tide", n=64, value=1.0),
            full_marks("in-store.sincere", "in-store", "tide", n=64, low=0.97),
            full_marks(
                "organisation.insured", "organisation", "tide", n=1, flags=Flag.COMPLIANCE, low=1.0
            ),
        ],
        metrics=METRICS,
        measurements=measured("tide", 0.912, 400),
    )


def measured(unit: str, share: float, n: int) -> tuple[Measurement, ...]:
    return (
        Measurement(
            metric="phone.in-time",
            kind="share",
            unit=unit,
            touchpoint="phone",
            n=n,
            value=share,
            statistics={"k": share * n, "n": n},
            engine="duckdb 2.0",
            query="cd" * 32,
        ),
        Measurement(
            metric="phone.wait.p90",
            kind="quantile",
            unit=unit,
            touchpoint="phone",
            n=n,
            value=42.0,
            measured_in="seconds",
            statistics={"n": n, "q:0.9": 42.0},
        ),
        Measurement(
            metric="survey.nps",
            kind="net_score",
            unit=unit,
            touchpoint="organisation",
            n=812,
            value=0.3125,
        ),
    )


def mixed() -> AuditResult:
    findings = [
        Finding(
            item="phone.answered",
            touchpoint="phone",
            unit="tide",
            state=State.MEASURED,
            score=0.3125,
            low=0.29,
            high=0.335,
            weight=4.0,
            value=0.25,
            value_low=0.232,
            value_high=0.268,
            n=18203,
            flags=Flag.CRITICAL | Flag.FAILED,
        ),
        Finding(
            item="phone.answered",
            touchpoint="phone",
            unit="tide.pier",
            state=State.MEASURED,
            score=0.2,
            low=0.18,
            high=0.22,
            weight=4.0,
            value=0.16,
            value_low=0.144,
            value_high=0.176,
            n=9100,
            flags=Flag.CRITICAL | Flag.FAILED | Flag.WAIVED,
        ),
        Finding(
            item="phone.answered",
            touchpoint="phone",
            unit="tide.hill",
            state=State.MEASURED,
            score=0.45,
            low=0.42,
            high=0.52,
            weight=4.0,
            value=0.36,
            n=9097,
            flags=Flag.CRITICAL | Flag.SUSPECTED,
        ),
        Finding(
            item="phone.wait",
            touchpoint="phone",
            unit="tide",
            state=State.PARTLY,
            score=0.6,
            low=0.5,
            high=0.71,
            weight=2.0,
            value=156.0,
            value_low=129.6,
            value_high=180.0,
            n=18203,
            flags=Flag.TENTATIVE,
        ),
        Finding(
            item="in-store.greeted",
            touchpoint="in-store",
            unit="tide",
            state=State.PARTLY,
            score=0.5,
            low=0.094,
            high=0.906,
            weight=1.0,
            n=2,
            value=0.5,
        ),
        Finding(
            item="in-store.greeted",
            touchpoint="in-store",
            unit="tide.pier",
            state=State.MET,
            score=1.0,
            low=0.21,
            high=1.0,
            weight=1.0,
            n=1,
            value=1.0,
        ),
        Finding(
            item="in-store.greeted",
            touchpoint="in-store",
            unit="tide.hill",
            state=State.NOT_MET,
            score=0.0,
            low=0.0,
            high=0.79,
            weight=1.0,
            n=1,
            value=0.0,
        ),
        Finding(
            item="in-store.sincere",
            touchpoint="in-store",
            unit="tide",
            state=State.MET,
            score=1.0,
            low=0.93,
            high=1.0,
            weight=1.0,
            n=48,
        ),
        Finding(
            item="in-store.greeted",
            touchpoint="in-store",
            unit="tide.other",
            state=State.MET,
            score=1.0,
            low=0.72,
            high=1.0,
            weight=1.0,
            n=10,
        ),
        Finding(
            item="message.reply",
            touchpoint="message",
            unit="tide",
            state=State.NO_TARGET,
            weight=1.0,
            value=5.5,
            n=14,
            reason=Said("target-absent"),
        ),
        Finding(
            item="organisation.insured",
            touchpoint="organisation",
            unit="tide",
            state=State.UNANSWERED,
            weight=1.0,
            flags=Flag.CRITICAL | Flag.COMPLIANCE | Flag.NOT_CLEARED,
        ),
        Finding(
            item="loyalty",
            touchpoint="organisation",
            unit="tide",
            state=State.INFORMATIVE,
            n=812,
            value=0.3125,
            value_low=0.26,
            value_high=0.365,
        ),
        Finding(
            item="online.clear",
            touchpoint="online",
            unit="tide",
            state=State.EXCLUDED,
            reason="There is no web page.",
        ),
        Finding(
            item="in-store.greeted",
            touchpoint="in-store",
            unit="tide.anna",
            state=State.MET,
            score=1.0,
            low=0.5,
            high=1.0,
            weight=1.0,
            n=3,
        ),
    ]
    hours = tuple(
        Measurement(
            metric="phone.in-time",
            kind="share",
            unit="tide",
            touchpoint="phone",
            breakdown="by-hour",
            group=hour,
            n=n,
            value=value,
            low=value - 0.05,
            high=value + 0.05,
        )
        for hour, n, value in (("9", 1204, 0.41), ("10", 988, 0.22), ("23", 4, 0.25))
    )
    agents = tuple(
        Measurement(
            metric="phone.in-time",
            kind="share",
            unit="tide",
            touchpoint="phone",
            breakdown="by-agent",
            group=name,
            n=500,
            value=0.5,
        )
        for name in ("Anna Doe", "Ben Roe")
    )
    row = Evidence(
        kind="row",
        source="calls.csv",
        key="17",
        fields={"wait_s": 312.0, "queue": "main", "late": True},
    )
    quote = Evidence(
        kind="hit",
        source="messages.csv",
        key="3",
        place="12-48",
        quote="Nobody picked up, so I drove over.",
    )
    written = Evidence(kind="row", source="messages.csv", key="3", fields={"response_id": "r3"})
    return made(
        findings,
        cases=(
            Case(
                id="v1",
                unit="tide.pier",
                touchpoint="in-store",
                at=datetime(2026, 4, 3, 9, 30, tzinfo=UTC),
            ),
            Case(id="v2", unit="tide.hill", touchpoint="in-store", wave="2026-q2"),
            Case(id="v3", unit="tide.hill", touchpoint="in-store", wave="2026-q2", status="draft"),
        ),
        answers=(
            Answer(
                item="in-store.greeted",
                touchpoint="in-store",
                unit="tide.pier",
                case="v1",
                rater="rater-1",
                value=True,
                comment="at once",
                source="visits.csv",
                row=1,
            ),
            Answer(
                item="in-store.greeted",
                touchpoint="in-store",
                unit="tide.hill",
                case="v2",
                rater="rater-2",
                value=False,
            ),
            Answer(
                item="in-store.greeted",
                touchpoint="in-store",
                unit="tide.hill",
                case="v3",
                rater="rater-2",
                kind="not_observed",
                reason="too crowded",
            ),
        ),
        metrics=METRICS,
        measurements=(
            *measured("tide", 0.25, 18203),
            *measured("tide.pier", 0.16, 9100),
            *hours,
            *agents,
        ),
        breakdowns=(
            Breakdown(
                id="by-hour",
                title="by hour",
                metrics=("phone.in-time",),
                by="hour(queued_at)",
                minimum=10,
            ),
            Breakdown(id="by-agent", title="by agent", metrics=("phone.in-time",), by="agent_id"),
        ),
        evidence=(
            EvidenceSet(
                item="phone.answered",
                touchpoint="phone",
                unit="tide",
                total=18203,
                shown=(quote, row, row, row, written),
                dropped=1,
            ),
        ),
        agreement=(
            Agreement(
                item="in-store.greeted",
                cases=12,
                raters=2,
                scale="nominal",
                raw=0.75,
                ac1=0.5625,
                kappa=0.25,
                alpha=0.28,
                prevalence={"yes": 0.8, "no": 0.2},
                flagged=True,
            ),
        ),
        accounts=(
            SourceAccount(
                source="calls",
                table="calls",
                files={"calls.csv": "ef" * 32},
                read=18260,
                kept=18203,
                skipped=20,
                rejected={"the key repeats": 30, "queued_at is no time": 7},
                unreadable={"wait_s": 4},
                unknown_fields=("colour",),
                unmatched_units={"0099": 12},
                ambiguous_times=3,
                samples=(
                    QuarantinedRow(source="calls.csv", row=8, reason="the key repeats", raw="8;x"),
                ),
            ),
        ),
        waivers=(
            WaiverOutcome(
                waiver=Waiver(
                    item="phone.*",
                    unit="tide.pier",
                    reason="New telephone system",
                    approver="M. Roe",
                    expires=date(2026, 9, 30),
                ),
                status="used",
                findings=1,
            ),
        ),
        gate=GateOutcome(
            gate=Gate(min_score=0.7),
            passed=False,
            reasons=(
                Said("critical-item-failed", item="phone.answered", unit="tide"),
                Said("score-under-minimum", least=0.7),
            ),
        ),
        conduct=Conduct(legal_basis="legitimate interest"),
        problems=(
            RunProblem(
                stage="check",
                subject="acme.quiet",
                cause="ValueError: no",
                plugin="acme",
                hint="Update acme.",
            ),
        ),
        notes=(Note(subject="checklist", text="One item is not translated."),),
        provenance=Provenance(
            cxaudit="0.1.0",
            python="3.11.7",
            engine="duckdb 2.0",
            started="2026-07-01T08:00:00Z",
            finished="2026-07-01T08:00:04Z",
            files={"audit.toml": "12" * 32},
            policy=POLICY.id,
            seed=7,
            plugins=(PluginRecord(name="acme", version="1.2", quarantined="no module named x"),),
            statements={"cd" * 32: "select 1"},
        ),
        branding={"footer": "Confidential"},
    )


def mostly_not_assessed() -> AuditResult:
    states = (
        State.UNANSWERED,
        State.NO_TARGET,
        State.NOT_OBSERVED,
        State.UNAVAILABLE,
        State.INSUFFICIENT,
    )
    unknown = [
        Finding(
            item=item.id,
            touchpoint=item.touchpoints[0],
            unit="tide",
            state=state,
            weight=item.weight,
            n=3 if state is State.INSUFFICIENT else 0,
        )
        for item, state in zip(
            (ITEMS[0], ITEMS[1], ITEMS[3], ITEMS[4], ITEMS[5]), states, strict=True
        )
    ]
    broken = Finding(
        item="loyalty",
        touchpoint="organisation",
        unit="tide",
        state=State.ERROR,
        weight=1.0,
        reason="ZeroDivisionError: division by zero",
    )
    one = Finding(
        item="in-store.greeted",
        touchpoint="in-store",
        unit="tide",
        state=State.MET,
        score=1.0,
        low=0.34,
        high=1.0,
        weight=1.0,
        n=2,
    )
    return made(
        [one, *unknown, broken],
        conduct=Conduct(),
        gate=GateOutcome(
            gate=Gate(min_coverage=0.6),
            passed=False,
            enough=False,
            reasons=("9.1 % assessed, 60 % needed",),
        ),
    )


def empty() -> AuditResult:
    return made([], items=(), units=UnitTree((UNITS.root,)))


HOSTILE = '=cmd|"/c calc"!A1 <script>alert(1)</script> [x](javascript:alert(1)) | `*_#'
CONTROLS = (
    "\x00\x07\x1b[31mred\x1b[0m\x08\u202eevil\u2066 שלום مرحبا ]]> & \"'\r\nnext\u2028line \ufffe"
)


def hostile() -> AuditResult:
    """The mixed audit with every free text made hostile; ids stay, as reading checks them."""
    kept = {
        "id",
        "item",
        "unit",
        "touchpoint",
        "area",
        "area_weights",
        "policy",
        "kind",
        "parent",
        "check",
        "metric",
        "touchpoints",
        "by",
        "metrics",
        "type",
        "answer",
        "method",
        "role",
        "breakdown",
        "audit",
        "rater",
        "status",
        "zone",
        "written",
        "settings",
        "lenses",
        "table",
        "measured_in",
        "start",
        "end",
        "evidence_kind",
    }

    def spoiled(value, name):
        if name in kept or value is None or isinstance(value, (State, Flag, date)):
            return value
        if isinstance(value, str):
            return f"{HOSTILE}{CONTROLS}{value}"
        if isinstance(value, Text):
            return Text({key: spoiled(text, "") for key, text in value.languages.items()})
        if isinstance(value, tuple):
            return tuple(spoiled(each, name) for each in value)
        if isinstance(value, dict):
            return {key: spoiled(each, "") for key, each in value.items()}
        if isinstance(value, Findings):
            return Findings.of(spoiled(each, "") for each in value)
        if attrs.has(type(value)):
            fields = [field.name for field in attrs.fields(type(value))]
            own = {"answer", "kind"} if isinstance(value, Ask) else set()
            return attrs.evolve(
                value,
                **{
                    f: v if f in own else spoiled(v, f) for f in fields for v in [getattr(value, f)]
                },
            )
        return value

    result = mixed()
    return attrs.evolve(spoiled(result, ""), audit=result.audit, language="en")


AUDITS = {
    "all-good": all_good,
    "mixed": mixed,
    "mostly-not-assessed": mostly_not_assessed,
    "empty": empty,
    "hostile": hostile,
}


@pytest.fixture(params=AUDITS)
def named(request):
    """Each named audit, as its name and its result."""
    return request.param, AUDITS[request.param]()


@pytest.fixture
def audit():
    """Give a named audit's result."""
    return lambda name: AUDITS[name]()


@pytest.fixture
def report():
    """Give the report of a named audit."""
    return lambda name, audience="client", **given: build_report(
        AUDITS[name](), audience, policy=POLICY, **given
    )


@pytest.fixture
def policy():
    return POLICY


@pytest.fixture
def hostile_text():
    return HOSTILE
