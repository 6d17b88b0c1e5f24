"""The pipeline: from an audit to its result."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs

from cxaudit._audit.evidence.collect import collect, redacted_answers, redacted_cases, redactor
from cxaudit._audit.evidence.themes import count_themes
from cxaudit._audit.judging.findings import judge
from cxaudit._audit.judging.gate import gate_outcome, waiver_outcomes
from cxaudit._audit.measuring.measure import Measured, measure_all
from cxaudit._audit.planning.planner import Planner, is_live
from cxaudit._audit.planning.refusals import read_asked
from cxaudit._audit.planning.waves import cases_of_wave
from cxaudit._audit.reading.actions import planned_actions
from cxaudit._audit.reading.sources import with_identity
from cxaudit._audit.scoring.cxaudit_1 import replaced
from cxaudit._audit.scratch import scratch_folder
from cxaudit._audit.watch import Watch
from cxaudit._model.actions import PlannedAction
from cxaudit._model.audit import Audit
from cxaudit._model.engine import EngineSession
from cxaudit._model.evidence import Answer, Case, SourceAccount
from cxaudit._model.findings import Findings
from cxaudit._model.protocols import Observer
from cxaudit._model.result import AuditResult, GateOutcome, Note, Provenance, RunProblem
from cxaudit._model.scores import Scorecard, ScoringInput
from cxaudit._model.themes import ThemeCount
from cxaudit._plugins.host import PluginHost
from cxaudit._statistics.agreement import agreement
from cxaudit._version import __version__
from cxaudit.errors import AnswersError

__all__ = ["placed", "run_audit", "score"]


def run_audit(
    audit: Audit,
    host: PluginHost,
    *,
    connect: Callable[[], EngineSession],
    observer: Observer | None = None,
    folder: Path | None = None,
) -> AuditResult:
    """Run an audit and return its result (see `cxaudit.session.Session.run`)."""
    started = datetime.now(UTC)
    watch = Watch(observer)
    audit = with_identity(audit, host.registry)
    cases, answers, empty, sheets = _asked(audit, host, watch)
    with (
        scratch_folder("cxaudit-") as scratch,
        _engine(audit, connect) as engine,
    ):
        watch.stage("placing items")
        applies = placed(audit, engine)
        problems: list[RunProblem] = []
        if engine is None:
            measured = Measured(planner=Planner(audit, host.registry, applies=applies))
        else:
            measured = measure_all(
                audit,
                host,
                engine,
                cases,
                answers,
                applies=applies,
                scratch=scratch,
                folder=folder,
                watch=watch,
                problems=problems,
            )
        clean = redactor(host)
        redacted = redacted_answers(answers, audit, clean)
        themes: tuple[ThemeCount, ...] = ()
        actions: tuple[PlannedAction, ...] = ()
        misplaced: tuple[Note, ...] = ()
        if engine is not None:
            themes = count_themes(audit, host, engine, measured.planner, clean)
            actions, misplaced = planned_actions(audit, host, engine, measured.planner, clean)
        watch.stage("judging")
        judged = judge(audit, host, measured, cases, redacted, problems)
        watch.stage("collecting evidence")
        files = {f: d for account in measured.accounts for f, d in account.files.items()}
        files = {**audit.digests, **sheets, **files}
        evidence = collect(
            audit,
            clean,
            measured.planner,
            engine,
            judged.findings,
            answers,
            {case.id: case for case in cases},
            measured.hits,
            files,
        )
    needed = {measurement.metric for measurement in measured.measurements}
    result = AuditResult(
        audit=audit.id,
        title=audit.title,
        client=audit.client,
        language=audit.language,
        wave=audit.wave,
        checklist=audit.checklist,
        units=audit.units,
        cases=redacted_cases(cases, clean),
        answers=redacted,
        metrics=tuple(measured.planner.metric(name) for name in sorted(needed)),
        measurements=measured.measurements,
        breakdowns=audit.breakdowns,
        findings=judged.findings,
        scorecard=Scorecard(policy="", bands=(), units=()),
        disputed=judged.disputed,
        evidence=evidence,
        actions=actions,
        themes=themes,
        agreement=agreement(_counted(answers, cases), audit.checklist),
        accounts=tuple(map(_without_words, measured.accounts)),
        days=measured.days,
        waivers=waiver_outcomes(audit, judged.waived),
        gate=GateOutcome(gate=audit.gate, passed=True),
        conduct=audit.conduct,
        worth=audit.worth,
        notes=(*empty, *judged.notes, *misplaced),
        provenance=Provenance(
            cxaudit=__version__,
            python=platform.python_version(),
            engine=f"{engine.name} {engine.version}" if engine else "",
            started=started.isoformat(timespec="seconds"),
            files=files,
            plugins=host.plugins,
            seed=audit.seed,
            statements=measured.statements,
        ),
        branding=audit.branding,
    )
    watch.stage("scoring")
    result = score(result, host)
    provenance = attrs.evolve(
        result.provenance, finished=datetime.now(UTC).isoformat(timespec="seconds")
    )
    result = attrs.evolve(result, problems=(*host.problems, *problems), provenance=provenance)
    host.call("cxaudit_after_run", result=result)
    watch.stage("done")
    return attrs.evolve(result, problems=(*host.problems, *problems))


def score(result: AuditResult, host: PluginHost) -> AuditResult:
    """Return a result with the scorecard of its checklist's policy, and its gate.

    Where cases are disputed, the score without them is computed by the same policy.
    """
    policy = host.registry.get("policy", result.checklist.policy)
    rule = host.registry.resolve(policy.score)

    def scorecard(findings: Findings, cases: tuple[Case, ...]) -> Scorecard:
        scoring = ScoringInput(
            checklist=result.checklist,
            units=result.units,
            findings=findings,
            answers=_counted(result.answers, cases),
            cases=tuple(case for case in cases if case.counts),
        )
        with host.registry.blaming("policy", policy.id):
            card = rule(scoring)
            if not isinstance(card, Scorecard):
                msg = f"it returned {type(card).__name__}, not a Scorecard"
                raise TypeError(msg)
            return card

    card, disputed = scorecard(result.findings, result.cases), result.disputed
    if disputed is not None:
        findings = replaced(result.findings, disputed.findings, result.checklist)
        rest = tuple(case for case in result.cases if case.status != "disputed")
        units = scorecard(findings, rest).units
        disputed = attrs.evolve(disputed, score=units[0].overall.value if units else None)
    scored = attrs.evolve(
        result,
        scorecard=attrs.evolve(card, policy=policy.id, bands=policy.bands),
        disputed=disputed,
        provenance=attrs.evolve(result.provenance, policy=policy.id),
    )
    reasons = tuple(str(reason) for _, reason in host.call("cxaudit_gate", result=scored))
    return attrs.evolve(scored, gate=gate_outcome(scored, reasons))


def _counted(answers: tuple[Answer, ...], cases: tuple[Case, ...]) -> tuple[Answer, ...]:
    counting = {case.id for case in cases if case.counts}
    return tuple(answer for answer in answers if answer.case in counting)


def _asked(
    audit: Audit, host: PluginHost, watch: Watch
) -> tuple[tuple[Case, ...], tuple[Answer, ...], tuple[Note, ...], dict[str, str]]:
    """Return cases, answers, notes on rows without an answer, and the digests of the files."""
    if audit.cases or audit.answers:
        watch.stage("reading answers")
    asked = read_asked(audit, host.registry)
    if asked.problems:
        raise AnswersError(asked.problems)
    cases, remarks = cases_of_wave(asked.cases, audit)
    kept = {case.id for case in cases}
    answers = tuple(answer for answer in asked.answers if answer.case in kept)
    return cases, answers, (*_empty_rows(asked.unanswered), *remarks), asked.digests


def _without_words(account: SourceAccount) -> SourceAccount:
    """Return an account whose refused rows do not say what they held: the quarantine does."""
    samples = tuple(attrs.evolve(row, raw="") for row in account.samples)
    return attrs.evolve(account, samples=samples)


def _empty_rows(unanswered: tuple[tuple[str, int], ...]) -> tuple[Note, ...]:
    counts = Counter(file for file, _ in unanswered)
    return tuple(
        Note(subject=file, text=f"{count} {'row has' if count == 1 else 'rows have'} no answer")
        for file, count in counts.items()
    )


def _needs_engine(audit: Audit) -> bool:
    items = [item for item in audit.checklist.items if is_live(item)]
    return any(item.check is not None or item.when is not None for item in items) or bool(
        audit.breakdowns
    )


@contextmanager
def _engine(audit: Audit, connect: Callable[[], EngineSession]) -> Iterator[EngineSession | None]:
    if not _needs_engine(audit) and not audit.sources:
        yield None
        return
    engine = connect()
    try:
        yield engine
    finally:
        engine.close()


def placed(audit: Audit, engine: EngineSession | None) -> dict[str, dict[str, bool | None]]:
    """Return, per item with a ``when``, at which units it holds.

    An item whose ``when`` rests on a parameter that nobody answered is left out.
    """
    from cxaudit._expressions import parameters_in, parse

    parameters = audit.checklist.parameter_values()
    asked = [
        item
        for item in audit.checklist.items
        if is_live(item)
        and item.when is not None
        and all(parameters.get(name) is not None for name in parameters_in(item.when))
    ]
    if not asked:
        return {}
    assert engine is not None
    types = attribute_types(audit)
    rows = [
        {name: unit.attributes.get(name) for name in types} | {"id": unit.id, "kind": unit.kind}
        for unit in audit.units
    ]
    columns = types | {"id": "text", "kind": "text"}
    found: dict[str, dict[str, bool | None]] = {}
    for item in asked:
        assert item.when is not None
        expression = parse(item.when, columns, parameters, expect="boolean")
        values: list[Any] = engine.evaluate(expression, rows)
        found[item.id] = {unit.id: value for unit, value in zip(audit.units, values, strict=True)}
    return found


def attribute_types(audit: Audit) -> dict[str, str]:
    """Return the type of each attribute of units: text unless all its values agree otherwise."""
    types: dict[str, str] = {}
    for unit in audit.units:
        for name, value in unit.attributes.items():
            kind = (
                "boolean"
                if isinstance(value, bool)
                else "text"
                if isinstance(value, str)
                else "number"
            )
            types[name] = kind if types.get(name, kind) == kind else "text"
    return types
