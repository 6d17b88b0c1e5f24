"""The run of an audit: the way of every number, from its source to the result."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import attrs

from cxaudit._audit.evidence.collect import Records, collect
from cxaudit._audit.evidence.redaction import redacted_answers, redacted_cases, redactor
from cxaudit._audit.evidence.themes import count_themes
from cxaudit._audit.judging.findings import Judged, judge
from cxaudit._audit.judging.gate import gate_outcome, waiver_outcomes
from cxaudit._audit.measuring.measure import Measured, measure
from cxaudit._audit.planning.levels import applicability
from cxaudit._audit.planning.planner import Planner, is_live, narrowed
from cxaudit._audit.planning.waves import cases_of_wave
from cxaudit._audit.reading.actions import planned_actions
from cxaudit._audit.reading.core_tables import Asked, fill_core_tables, read_asked
from cxaudit._audit.reading.derived_tables import Derivation
from cxaudit._audit.reading.detectors import needed_detectors, run_detectors
from cxaudit._audit.reading.sources import Reading, load_sources, source_files, with_identity
from cxaudit._audit.scoring.cxaudit_1 import POLICY, replaced
from cxaudit._audit.scratch import scratch_folder
from cxaudit._audit.watch import Watch
from cxaudit._model.actions import PlannedAction
from cxaudit._model.audit import Audit
from cxaudit._model.engine import EngineSession
from cxaudit._model.evidence import Answers, Case, EvidenceSet, SourceAccount
from cxaudit._model.protocols import Observer
from cxaudit._model.result import (
    Agreement,
    AuditResult,
    Disputed,
    GateOutcome,
    Note,
    Provenance,
    RunProblem,
)
from cxaudit._model.said import Said, joined
from cxaudit._model.scores import Scorecard, ScoringInput
from cxaudit._model.themes import ThemeCount
from cxaudit._plugins.checked import checked_scorecard
from cxaudit._plugins.host import PluginHost
from cxaudit._statistics.agreement import agreement
from cxaudit._version import __version__
from cxaudit.errors import AnswersError, PluginError

__all__ = ["Run", "rescored"]


@attrs.frozen
class _Measurements:
    """What records gave.

    Attributes:
        planner: Says what is measured and judged where.
        measured: What was measured.
        accounts: What each source read.
        themes: What customers write about.
        actions: What will be done, by the records.
        notes: On actions for items that the checklist does not have.
    """

    planner: Planner
    measured: Measured
    accounts: tuple[SourceAccount, ...] = ()
    themes: tuple[ThemeCount, ...] = ()
    actions: tuple[PlannedAction, ...] = ()
    notes: tuple[Note, ...] = ()


class Run:
    """One run of an audit, from what was asked and recorded to the result.

    Its steps, in this order: read answers, read records, find hits, derive tables, measure, judge,
    collect evidence, score. Each returns what the next ones need; what failed without ending the
    run is added to the problems here alone.
    """

    def __init__(
        self,
        audit: Audit,
        host: PluginHost,
        *,
        connect: Callable[[], EngineSession],
        observer: Observer | None = None,
        folder: Path | None = None,
    ) -> None:
        """Prepare a run (see `cxaudit.session.Session.run`).

        Args:
            audit: The audit.
            host: The plugins.
            connect: Makes a session of the audit's engine.
            observer: Called with each event of the run.
            folder: Where refused rows are kept, or None.
        """
        self._started = datetime.now(UTC)
        self._audit = with_identity(audit, host.registry)
        self._host = host
        self._connect = connect
        self._watch = Watch(observer)
        self._folder = folder
        self._clean = redactor(host)
        self._problems: list[RunProblem] = []

    def result(self) -> AuditResult:
        """Run the audit and return its result."""
        asked = self._read_answers()
        self._watch.stage("placing items")
        applies = applicability(self._audit)
        with scratch_folder("cxaudit-") as scratch, self._engine() as engine:
            if engine is not None:
                planner, accounts, asked = self._read_records(engine, asked, applies, scratch)
                measurements = self._measure(engine, planner, accounts)
            else:
                planner = Planner(self._audit, self._host.registry, applies=applies)
                measurements = _Measurements(planner, Measured(plan=planner.plan()))
            answers = redacted_answers(asked.answers, self._audit, self._clean)
            judged = self._judge(measurements, attrs.evolve(asked, answers=answers))
            files = self._digests(asked, measurements)
            evidence = self._collect_evidence(engine, measurements, asked, judged, files)
            provenance = self._provenance(engine, measurements, files)
        self._watch.stage("scoring")
        basis = ScoringInput(
            checklist=self._audit.checklist,
            units=self._audit.units,
            findings=judged.findings,
            answers=answers,
            cases=asked.cases,
        )
        scorecard, disputed = self._score(basis, judged.disputed)
        measured = measurements.measured
        names = sorted({measurement.metric for measurement in measured.measurements})
        result = AuditResult(
            audit=self._audit.id,
            title=self._audit.title,
            client=self._audit.client,
            language=self._audit.language,
            wave=self._audit.wave,
            checklist=self._audit.checklist,
            units=self._audit.units,
            cases=redacted_cases(asked.cases, self._clean),
            answers=answers,
            metrics=tuple(map(planner.metric, names)),
            measurements=measured.measurements,
            breakdowns=self._audit.breakdowns,
            findings=judged.findings,
            scorecard=scorecard,
            disputed=disputed,
            evidence=evidence,
            actions=measurements.actions,
            themes=measurements.themes,
            agreement=self._agreement(asked),
            accounts=tuple(map(_without_words, measurements.accounts)),
            days=measured.days,
            waivers=waiver_outcomes(self._audit, judged.waived),
            gate=GateOutcome(gate=self._audit.gate, passed=True),
            conduct=self._audit.conduct,
            worth=self._audit.worth,
            notes=(*asked.notes, *judged.notes, *measurements.notes),
            provenance=attrs.evolve(provenance, policy=scorecard.policy),
            branding=self._audit.branding,
        )
        return self._finished(result)

    def _read_answers(self) -> Asked:
        """Return the cases of the wave with their answers, and notes on what does not count."""
        if self._audit.has_answers:
            self._watch.stage("reading answers")
        asked = read_asked(self._audit, self._host.registry)
        if asked.problems:
            raise AnswersError(asked.problems)
        cases, notes = cases_of_wave(asked.cases, self._audit)
        names = {case.id for case in cases}
        answers = asked.answers.where(asked.answers.among("case", names))
        notes = (*_unanswered(asked.unanswered), *notes)
        return attrs.evolve(asked, cases=cases, answers=answers, notes=notes)

    def _read_records(
        self,
        engine: EngineSession,
        asked: Asked,
        applies: Mapping[str, Mapping[str, bool | None]],
        scratch: Path,
    ) -> tuple[Planner, tuple[SourceAccount, ...], Asked]:
        """Fill the stored tables, and return the planner that knows what they hold.

        Evaluations among the records join the answers.
        """
        self._watch.stage("reading records")
        registry = self._host.registry
        files = source_files(self._audit)
        reading = Reading(self._audit, registry, files, scratch, self._folder, self._watch)
        loaded = load_sources(reading, engine)
        self._problems += loaded.problems
        if self._audit.evaluations and "evaluations" not in loaded.failed:
            from cxaudit._audit.reading.evaluations import with_evaluations

            asked = with_evaluations(self._audit, engine, asked, loaded.accounts)
        fill_core_tables(self._audit, registry, engine, asked.cases, asked.answers, loaded.past)
        accounts = loaded.accounts
        if accounts:
            from cxaudit._audit.reading.plausibility import with_plausibility

            accounts = with_plausibility(self._audit, registry, engine, accounts)
        schedules = frozenset[str]()
        if self._audit.schedules or "schedules" in loaded.columns:
            from cxaudit._audit.reading.open_hours import add_open_hours

            of_cases = (case.at for case in asked.cases if case.at is not None)
            instants = (*loaded.instants, *of_cases)
            schedules = add_open_hours(self._audit, engine, loaded.columns, instants)
        planner = Planner(
            self._audit,
            registry,
            source_columns=loaded.columns,
            applies=applies,
            schedules=schedules,
            failed=loaded.failed,
        )
        return planner, accounts, asked

    def _measure(
        self, engine: EngineSession, planner: Planner, accounts: tuple[SourceAccount, ...]
    ) -> _Measurements:
        """Find hits, derive tables, and measure every metric once."""
        audit, host = self._audit, self._host
        self._watch.stage("detecting")
        detectors = needed_detectors(audit, host.registry, planner)
        derivation = Derivation(planner=planner, host=host, engine=engine)
        derivation.make(detector.table for detector in detectors)
        detection = run_detectors(detectors, host, engine, planner, self._watch)
        self._watch.stage("deriving tables")
        plan = planner.plan(detection.losses)
        derivation.narrowed = narrowed(plan, audit, planner, host.registry)
        derivation.make(plan.tables, detection.losses)
        losses = attrs.evolve(detection.losses, tables=derivation.lost)
        self._watch.stage("measuring")
        measured = measure(audit, planner, losses, engine, self._watch)
        statements = {**derivation.statements, **measured.statements}
        self._problems += (*derivation.problems, *detection.problems)
        measurements = _Measurements(
            planner,
            attrs.evolve(measured, statements=statements),
            accounts=accounts,
            themes=self._count_themes(engine, planner),
        )
        if planner.available.missing(host.registry.get("table", "actions")):
            return measurements
        actions, notes = planned_actions(audit, host, engine, self._clean)
        return attrs.evolve(measurements, actions=actions, notes=notes)

    def _count_themes(self, engine: EngineSession, planner: Planner) -> tuple[ThemeCount, ...]:
        codebook, seed = self._audit.codebook, self._audit.seed
        if codebook is None:
            return ()
        return count_themes(codebook, seed, self._host, engine, planner, self._clean)

    def _judge(self, measurements: _Measurements, asked: Asked) -> Judged:
        self._watch.stage("judging")
        judged = judge(
            self._audit,
            self._host,
            measurements.planner,
            measurements.measured,
            asked,
            self._watch,
        )
        for problem in judged.problems:
            self._watch.problem(f"{problem.subject}: {problem.cause}")
        self._problems += judged.problems
        return judged

    def _collect_evidence(
        self,
        engine: EngineSession | None,
        measurements: _Measurements,
        asked: Asked,
        judged: Judged,
        files: Mapping[str, str],
    ) -> tuple[EvidenceSet, ...]:
        self._watch.stage("collecting evidence")
        records = Records(
            planner=measurements.planner,
            plan=measurements.measured.plan,
            engine=engine,
            digests=files,
        )
        answers = asked.answers
        silent = answers.among("comment", {""}) & answers.among("files", {()})
        backed = answers.where(~silent)
        return collect(self._audit, judged.findings, backed, asked.cases, records, self._clean)

    def _score(
        self, basis: ScoringInput, disputed: Disputed | None
    ) -> tuple[Scorecard, Disputed | None]:
        """Return the scores by the checklist's policy, or by the default one when it fails."""
        try:
            return score(basis, disputed, self._host)
        except PluginError as error:
            problem = RunProblem(
                stage="scoring",
                subject=Said("of-policy", policy=basis.checklist.policy),
                cause=error.cause,
                plugin=error.plugin,
                hint=joined([error.hint, Said("scored-by-default", policy=POLICY)], "text"),
            )
            self._problems.append(problem.raised(error))
            self._watch.problem(str(error))
            checklist = attrs.evolve(basis.checklist, policy=POLICY)
            return score(attrs.evolve(basis, checklist=checklist), disputed, self._host)

    def _provenance(
        self,
        engine: EngineSession | None,
        measurements: _Measurements,
        files: Mapping[str, str],
    ) -> Provenance:
        return Provenance(
            cxaudit=__version__,
            python=platform.python_version(),
            engine=f"{engine.name} {engine.version}" if engine else "",
            started=self._started.isoformat(timespec="seconds"),
            files=files,
            plugins=self._host.plugins,
            seed=self._audit.seed,
            statements=measurements.measured.statements,
        )

    def _agreement(self, asked: Asked) -> tuple[Agreement, ...]:
        answers = counted(asked.answers, asked.cases)
        return agreement(answers, self._audit.checklist) if answers else ()

    def _digests(self, asked: Asked, measurements: _Measurements) -> dict[str, str]:
        """Return the SHA-256 of every file that was read."""
        digests = {**self._audit.digests, **asked.digests}
        for account in measurements.accounts:
            digests |= account.files
        return digests

    def _finished(self, result: AuditResult) -> AuditResult:
        """Return the result with its gate and everything that failed on the way."""
        result = attrs.evolve(result, gate=_gate(result, self._host))
        provenance = attrs.evolve(
            result.provenance, finished=datetime.now(UTC).isoformat(timespec="seconds")
        )
        result = attrs.evolve(result, problems=self._all_problems(), provenance=provenance)
        self._host.call("cxaudit_after_run", result=result)
        self._watch.stage("done")
        return attrs.evolve(result, problems=self._all_problems())

    def _all_problems(self) -> tuple[RunProblem, ...]:
        return (*self._host.problems, *self._problems)

    @contextmanager
    def _engine(self) -> Iterator[EngineSession | None]:
        items = [item for item in self._audit.checklist.items if is_live(item)]
        measured = any(item.check is not None for item in items)
        if not (measured or self._audit.breakdowns or self._audit.sources):
            yield None
            return
        engine = self._connect()
        try:
            yield engine
        finally:
            engine.close()


def rescored(result: AuditResult, host: PluginHost) -> AuditResult:
    """Return a result with the scores of its checklist's policy, and its gate."""
    basis = ScoringInput(
        checklist=result.checklist,
        units=result.units,
        findings=result.findings,
        answers=result.answers,
        cases=result.cases,
    )
    scorecard, disputed = score(basis, result.disputed, host)
    provenance = attrs.evolve(result.provenance, policy=scorecard.policy)
    result = attrs.evolve(result, scorecard=scorecard, disputed=disputed, provenance=provenance)
    return attrs.evolve(result, gate=_gate(result, host))


def score(
    basis: ScoringInput, disputed: Disputed | None, host: PluginHost
) -> tuple[Scorecard, Disputed | None]:
    """Return the scores by the checklist's policy, and the score without disputed cases.

    Args:
        basis: What is scored, with all cases and answers; those that do not count are left out.
        disputed: The findings without disputed cases; None without any.
        host: The plugins.
    """
    policy = host.registry.get("policy", basis.checklist.policy)
    rule = host.registry.resolve(policy.score)

    def scorecard(basis: ScoringInput) -> Scorecard:
        answers = counted(basis.answers, basis.cases)
        cases = tuple(case for case in basis.cases if case.counts)
        with host.registry.blaming("policy", policy.id, rule):
            card: Scorecard = rule(attrs.evolve(basis, answers=answers, cases=cases))
            if not host.registry.is_builtin("policy", policy.id):
                card = checked_scorecard(card, basis.units, policy.bands)
        return attrs.evolve(card, policy=policy.id, bands=policy.bands)

    if disputed is not None:
        without = attrs.evolve(
            basis,
            findings=replaced(basis.findings, disputed.findings, basis.checklist),
            cases=tuple(case for case in basis.cases if case.status != "disputed"),
        )
        units = scorecard(without).units
        disputed = attrs.evolve(disputed, score=units[0].overall.value if units else None)
    return scorecard(basis), disputed


def counted(answers: Answers, cases: Sequence[Case]) -> Answers:
    """Return the answers of cases that count."""
    return answers.where(answers.among("case", {case.id for case in cases if case.counts}))


def _gate(result: AuditResult, host: PluginHost) -> GateOutcome:
    reasons = tuple(str(reason) for _, reason in host.call("cxaudit_gate", result=result))
    undecided = tuple(
        Said("gate-undecided", plugin=plugin, cause=cause)
        for plugin, cause in host.silent("cxaudit_gate")
    )
    return gate_outcome(result, reasons, undecided)


def _without_words(account: SourceAccount) -> SourceAccount:
    """Return an account whose refused rows do not say what they held: the quarantine does."""
    samples = tuple(attrs.evolve(row, raw="") for row in account.samples)
    return attrs.evolve(account, samples=samples)


def _unanswered(rows: Sequence[tuple[str, int]]) -> Iterator[Note]:
    for file, count in Counter(file for file, _ in rows).items():
        yield Note(subject=file, text=Said("rows-unanswered", n=count))
