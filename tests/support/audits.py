"""Named audits, as finished results, that every format is rendered from."""

from __future__ import annotations

import functools
from datetime import UTC, date, datetime

import attrs
import pytest

from cxaudit._model.said import Said
from cxaudit._report.build import build_report
from cxaudit.plugin import (
    Agreement,
    Answer,
    AuditResult,
    Breakdown,
    Case,
    Conduct,
    Evidence,
    EvidenceSet,
    Finding,
    Flag,
    Gate,
    GateOutcome,
    Measurement,
    Note,
    PluginRecord,
    Provenance,
    QuarantinedRow,
    Report,
    RunProblem,
    SourceAccount,
    State,
    UnitTree,
    Waiver,
    WaiverOutcome,
)
from tests.support.hostile import HOSTILE, spoiled
from tests.support.tide import ITEMS, METRICS, POLICY, UNITS, audit_result


def full_marks(item: str, touchpoint: str, unit: str, n: int = 400, **changes) -> Finding:
    values = {"state": State.MET, "score": 1.0, "low": 0.94, "high": 1.0, "weight": 1.0, "n": n}
    return Finding(item=item, touchpoint=touchpoint, unit=unit, **{**values, **changes})


def all_good() -> AuditResult:
    return audit_result(
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
    return audit_result(
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
    return audit_result(
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
    return audit_result([], items=(), units=UnitTree((UNITS.root,)))


def hostile() -> AuditResult:
    return spoiled(mixed())


MAKERS = {
    "all-good": all_good,
    "mixed": mixed,
    "mostly-not-assessed": mostly_not_assessed,
    "empty": empty,
    "hostile": hostile,
}
NAMES = tuple(MAKERS)
APPROVED = ("mixed", "hostile")
"""The audits whose documents are kept as golden files."""
AUDIT_PARAMETERS = tuple(
    name if name == "mixed" else pytest.param(name, marks=pytest.mark.slow) for name in NAMES
)
"""All named audits, to take as parameters; the mixed one alone is quick."""


@functools.cache
def audit_of(name: str) -> AuditResult:
    """Return a named audit's result."""
    return MAKERS[name]()


def report_of(name: str, audience: str = "client", language: str = "en", **options) -> Report:
    """Return the report on a named audit."""
    result = attrs.evolve(audit_of(name), language=language)
    return build_report(result, audience, policy=POLICY, **options)


@pytest.fixture(params=AUDIT_PARAMETERS)
def named_audit(request):
    """Each named audit, as its name and its result."""
    return request.param, audit_of(request.param)


@pytest.fixture(params=AUDIT_PARAMETERS)
def named_report(request):
    """Each named audit, as its name and its report."""
    return request.param, report_of(request.param)


@pytest.fixture
def audit():
    """Give a named audit's result."""
    return audit_of


@pytest.fixture
def report():
    """Give the report of a named audit."""
    return report_of


@pytest.fixture
def policy():
    """Give the policy that named audits are scored by."""
    return POLICY


@pytest.fixture
def hostile_text():
    """Give the text that each free text of the hostile audit begins with."""
    return HOSTILE
