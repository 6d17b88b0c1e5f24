"""From verdicts to findings: every item at every touchpoint and unit becomes a finding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from cxaudit._audit.judging.gate import expired
from cxaudit._audit.measuring.measure import Measured
from cxaudit._audit.planning.planner import Planner
from cxaudit._audit.scoring.cxaudit_1 import critical_flags, finding_weights
from cxaudit._model.audit import Audit
from cxaudit._model.checklist import Item
from cxaudit._model.evidence import Answer, Case
from cxaudit._model.findings import Finding, Findings, Flag, State, Verdict
from cxaudit._model.protocols import CheckRequest
from cxaudit._model.result import Disputed, Note, RunProblem
from cxaudit._model.said import Said, joined, listed
from cxaudit._model.units import PEOPLE
from cxaudit._plugins.containment import Containment, contained
from cxaudit._plugins.host import PluginHost
from cxaudit.errors import did_you_mean

__all__ = ["Judged", "judge"]

_NAMED = 20
"""Units that a note names; what is beyond is counted."""


@attrs.frozen(kw_only=True)
class Judged:
    """What judging gave.

    Attributes:
        findings: All findings.
        waived: Waiver, by its position in the audit file, to the number of findings it waived.
        notes: What else a reader should know.
        problems: What failed.
        disputed: The findings that rest on disputed cases, without these; None without any.
    """

    findings: Findings
    waived: Mapping[int, int]
    notes: tuple[Note, ...]
    problems: tuple[RunProblem, ...]
    disputed: Disputed | None


def judge(
    audit: Audit,
    host: PluginHost,
    planner: Planner,
    measured: Measured,
    cases: Sequence[Case],
    answers: Sequence[Answer],
) -> Judged:
    """Judge every item where it applies."""
    exclusions, unknown = _proposed_exclusions(audit, host)
    judging = _Judging(audit, host, planner, measured, cases, answers)
    findings = Findings.of(judging.findings(audit.checklist.items, exclusions))
    disputed: Disputed | None = None
    disputed_cases = {case.id for case in cases if case.status == "disputed"}
    if touched := [answer for answer in answers if answer.case in disputed_cases]:
        others = [case for case in cases if case.id not in disputed_cases]
        without = _Judging(audit, host, planner, measured, others, answers)
        names = {answer.item for answer in touched}
        units = {unit for answer in touched for unit in audit.units.path(answer.unit)}
        items = [item for item in audit.checklist.items if item.id in names]
        disputed = Disputed(
            cases=len({answer.case for answer in touched}),
            findings=Findings.of(
                finding for finding in without.findings(items, exclusions) if finding.unit in units
            ),
        )
    notes = [*judging.notes(cases)]
    if exclusions:
        text = Said("findings-excluded", n=len(exclusions))
        notes.append(Note(subject=Said("of-exclusions"), text=text))
    return Judged(
        findings=attrs.evolve(findings, weight=finding_weights(findings, audit.checklist)),
        waived=judging.waived,
        notes=tuple(notes),
        problems=(*unknown, *judging.problems.values()),
        disputed=disputed,
    )


def _proposed_exclusions(
    audit: Audit, host: PluginHost
) -> tuple[dict[tuple[str, str], str], list[RunProblem]]:
    """Return the exclusions that plugins propose, by item and unit, and those of no item."""
    exclusions: dict[tuple[str, str], str] = {}
    unknown: dict[tuple[str, str], None] = {}
    items = tuple(item for item in audit.checklist.items if item.excluded is None)
    names = {item.id for item in items}
    for unit in audit.units:
        for plugin, (item, rationale) in host.call(
            "cxaudit_propose_exclusions", audit=audit, items=items, unit=unit
        ):
            if item in names:
                reason = Said("exclusion-proposed", rationale=rationale, plugin=plugin)
                exclusions.setdefault((item, unit.id), reason)
            else:
                unknown[plugin, item] = None
    problems = [
        RunProblem(
            stage="cxaudit_propose_exclusions",
            subject=plugin,
            cause=f"it excludes {item!r}, and no item that is judged has that id",
            plugin=plugin,
            hint=did_you_mean(item, names),
        )
        for plugin, item in unknown
    ]
    return exclusions, problems


class _Judging:
    def __init__(
        self,
        audit: Audit,
        host: PluginHost,
        planner: Planner,
        measured: Measured,
        cases: Sequence[Case],
        answers: Sequence[Answer],
    ) -> None:
        self._audit = audit
        self._host = host
        self._planner = planner
        self._plan = measured.plan
        self._cases = {case.id: case for case in cases if case.counts}
        self._weights = {unit.id: unit.weight for unit in audit.units}
        self._units = {unit.id: unit for unit in audit.units}
        self._by_query = measured.by_grouping
        self._unavailable = {
            measurement.metric: measurement
            for measurement in measured.measurements
            if measurement.unavailable
        }
        self._answers: dict[str, list[Answer]] = defaultdict(list)
        for answer in answers:
            if answer.case in self._cases:
                self._answers[answer.item].append(answer)
        self.problems: dict[str, RunProblem] = {}
        self.waived: dict[int, int] = defaultdict(int)

    def notes(self, cases: Sequence[Case]) -> Iterator[Note]:
        yield from _case_notes(cases)
        yield from self._notes_without_cases()
        yield from _kind_notes(self._audit)
        for name, reason in self._plan.unavailable.items():
            if name.startswith("breakdown "):
                yield Note(subject=name, text=reason)

    def findings(
        self, items: Iterable[Item], exclusions: Mapping[tuple[str, str], str]
    ) -> Iterator[Finding]:
        for item in items:
            for touchpoint in item.touchpoints:
                yield from self._at(item, touchpoint, exclusions)

    def _at(
        self, item: Item, touchpoint: str, exclusions: Mapping[tuple[str, str], str]
    ) -> Iterator[Finding]:
        root = self._audit.units.root.id
        if item.excluded is not None:
            verdict = Verdict(state=State.EXCLUDED, reason=item.excluded)
            yield self._finding(item, touchpoint, root, verdict)
            return
        scope = self._planner.scope(item, touchpoint)
        undecided = self._planner.undecided(item)
        judge_item = self._asked(item, touchpoint) if item.ask else self._checker(item, touchpoint)
        for unit in self._audit.units:
            if unit.id not in scope.counted and unit.id not in scope.neutral:
                continue
            if (item.id, unit.id) in exclusions:
                verdict = Verdict(state=State.EXCLUDED, reason=exclusions[item.id, unit.id])
            elif unit.id in scope.neutral:
                verdict = Verdict(state=State.NOT_APPLICABLE, reason=scope.neutral[unit.id])
            elif undecided:
                verdict = Verdict(state=State.UNAVAILABLE, reason=undecided)
            else:
                verdict = judge_item(unit.id, scope.counted[unit.id])
            yield self._finding(item, touchpoint, unit.id, verdict)

    def _asked(self, item: Item, touchpoint: str) -> Any:
        from cxaudit._audit.judging.answers import judge_answers

        by_unit: dict[str, list[Answer]] = defaultdict(list)
        for answer in self._answers[item.id]:
            if answer.touchpoint == touchpoint or answer.touchpoint.startswith(f"{touchpoint}."):
                by_unit[answer.unit].append(answer)

        def judge_item(unit: str, counted: tuple[str, ...]) -> Verdict:
            del unit
            pooled = [answer for member in counted for answer in by_unit.get(member, ())]
            return judge_answers(item, touchpoint, pooled, self._cases, self._weights)

        return judge_item

    def _checker(self, item: Item, touchpoint: str) -> Any:
        assert item.check is not None
        spec = self._host.registry.get("check", item.check.check)
        plugin = self._host.registry.origin("check", item.check.check)
        subject = Said("of-check", item=item.id, check=item.check.check)
        metrics = self._planner.metrics_of(item)
        settings = item.check.settings
        measured = {
            name: self._by_query.get(self._planner.key(item, metric, touchpoint), {})
            for name, metric in metrics.items()
        }

        def judge_item(unit: str, counted: tuple[str, ...]) -> Verdict:
            del counted
            request = CheckRequest(
                item=item,
                settings=settings,
                measurements={
                    name: self._unavailable.get(metric.id) or measured[name][metric.id, unit]
                    for name, metric in metrics.items()
                },
                lower_is_better={name: m.lower_is_better for name, m in metrics.items()},
                unit=self._units[unit],
                touchpoint=touchpoint,
            )
            with contained("judging", subject, plugin) as containment:
                verdict = self._host.registry.resolve(spec.judge)(request)
                if not isinstance(verdict, Verdict):
                    msg = f"it returned {type(verdict).__name__}, not a Verdict"
                    raise TypeError(msg)
            return verdict if containment.error is None else self._broken(item, containment)

        return judge_item

    def _broken(self, item: Item, failure: Containment) -> Verdict:
        problem = failure.problem
        assert problem is not None
        if item.id not in self.problems:
            hint = joined([problem.hint, Said("exclude-item")], "text")
            self.problems[item.id] = attrs.evolve(problem, hint=hint)
        return Verdict(state=State.ERROR, reason=Said("check-failed", cause=problem.cause))

    def _finding(self, item: Item, touchpoint: str, unit: str, verdict: Verdict) -> Finding:
        flags = critical_flags(item.critical if item.role == "practice" else None, verdict)
        if item.role != "practice" and not verdict.state.neutral:
            reason = verdict.reason or Said(item.role)
            verdict = attrs.evolve(
                verdict, state=State.INFORMATIVE, score=None, low=None, high=None, reason=reason
            )
        if verdict.tentative:
            flags |= Flag.TENTATIVE
        if flags & Flag.FAILED or (verdict.score is not None and verdict.score < 1):
            for number, waiver in enumerate(self._audit.waivers):
                if waiver.covers(item.id, touchpoint, unit) and not expired(waiver, self._audit):
                    self.waived[number] += 1
                    flags |= Flag.WAIVED
        return Finding(
            item=item.id,
            touchpoint=touchpoint,
            unit=unit,
            state=verdict.state,
            flags=flags,
            score=verdict.score,
            low=verdict.low,
            high=verdict.high,
            value=verdict.value,
            value_low=verdict.value_low,
            value_high=verdict.value_high,
            n=verdict.n,
            reason=verdict.reason,
        )

    def _notes_without_cases(self) -> Iterator[Note]:
        """Yield a note for each touchpoint on units like those visited that hold no case there.

        Single people are not named.
        """
        root = self._audit.units.root.id
        asked: dict[str, set[str]] = defaultdict(set)
        for item in self._audit.checklist.items:
            if item.ask is not None and item.excluded is None:
                for touchpoint in item.touchpoints:
                    scope = self._planner.scope(item, touchpoint)
                    asked[touchpoint].update(scope.counted.get(root, ()))
        for touchpoint, counted in asked.items():
            holding = {
                case.unit
                for case in self._cases.values()
                if f"{case.touchpoint}.".startswith(f"{touchpoint}.")
            }
            visited = {unit for member in holding for unit in self._audit.units.path(member)}
            kinds = {self._units[unit].kind for unit in holding}
            missing = [
                unit.name
                for unit in self._audit.units
                if unit.id in counted
                and unit.id not in visited
                and unit.kind in kinds
                and unit.kind.lower() not in PEOPLE
            ]
            if missing:
                names = listed(missing, _NAMED)
                text = Said("units-without-case", touchpoint=touchpoint, names=names)
                yield Note(subject=Said("of-cases"), text=text)


def _case_notes(cases: Sequence[Case]) -> Iterator[Note]:
    counts: dict[str, int] = defaultdict(int)
    for case in cases:
        if not case.counts:
            counts[case.status] += 1
    for status, count in sorted(counts.items()):
        text = Said("cases-of-status", n=count, status=status)
        yield Note(subject=Said("of-cases"), text=text)


def _kind_notes(audit: Audit) -> Iterator[Note]:
    kinds = {unit.kind for unit in audit.units}
    for item in audit.checklist.items:
        if item.per is not None and item.per not in kinds and item.excluded is None:
            yield Note(
                subject=Said("of-item", item=item.id),
                text=Said("kind-absent", kind=item.per),
            )
