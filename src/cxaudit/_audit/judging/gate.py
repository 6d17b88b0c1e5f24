"""After judging: waivers and the gate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from cxaudit._model.audit import Audit, Waiver
from cxaudit._model.findings import Finding, Flag
from cxaudit._model.result import AuditResult, GateOutcome, WaiverOutcome
from cxaudit._model.said import Said

__all__ = ["expired", "gate_outcome", "waiver_outcomes"]


def expired(waiver: Waiver, audit: Audit) -> bool:
    """Tell whether a waiver no longer holds on the last day that the audit judges.

    That is the last day of its wave, else its ``as_of``, so that the same audit says the same
    whenever it is run; today (UTC) where the audit states neither.
    """
    last = audit.wave.end if audit.wave is not None else audit.as_of
    return waiver.expires < (last or datetime.now(UTC).date())


def waiver_outcomes(audit: Audit, used: Mapping[int, int]) -> tuple[WaiverOutcome, ...]:
    """Return what became of each waiver; ``used`` counts the findings that each one waived."""
    outcomes = []
    for number, waiver in enumerate(audit.waivers):
        count = used.get(number, 0)
        status = "expired" if expired(waiver, audit) else "used" if count else "not needed"
        outcomes.append(WaiverOutcome(waiver=waiver, status=status, findings=count))
    return tuple(outcomes)


def gate_outcome(
    result: AuditResult, further: tuple[str, ...] = (), undecided: tuple[str, ...] = ()
) -> GateOutcome:
    """Return whether a result passes its gate.

    Compares unrounded numbers. Comparators are shown and fail no gate.

    Args:
        result: The result.
        further: Reasons that plugins gave.
        undecided: Why some plugin's rule is not known; then the gate is not passed.
    """
    gate = result.gate.gate
    overall = result.scorecard.root.overall if result.scorecard.units else None
    reasons: list[str] = []
    failed = [f for f in _flagged(result) if Flag.WAIVED not in f.flags]
    if gate.critical:
        reasons += [
            Said("critical-item-failed", item=f.item, unit=f.unit)
            for f in failed
            if Flag.COMPLIANCE not in f.flags
        ]
    if gate.compliance:
        reasons += [
            Said("compliance-item-failed", item=f.item, unit=f.unit)
            for f in failed
            if Flag.COMPLIANCE in f.flags
        ]
    value = overall.value if overall else None
    if gate.min_score is not None and value is not None and value < gate.min_score:
        reasons.append(Said("score-under-minimum", least=gate.min_score))
    coverage = overall.coverage if overall else None
    enough = value is not None
    if gate.min_coverage is not None and (coverage or 0.0) < gate.min_coverage:
        enough = False
    reasons += (*further, *undecided)
    return GateOutcome(
        gate=gate,
        passed=not reasons,
        enough=enough and (not undecided or len(reasons) > len(undecided)),
        reasons=tuple(reasons),
    )


def _flagged(result: AuditResult) -> list[Finding]:
    import numpy as np

    units = set(result.units.rolled_up()[result.units.root.id])
    indices = np.flatnonzero(result.findings.flags & int(Flag.FAILED))
    flagged = (result.findings[int(index)] for index in indices)
    return [finding for finding in flagged if finding.unit in units]
