"""From verdicts to findings: every item at every touchpoint and unit becomes a finding."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from cxaudit._audit.judging.gate import expired
from cxaudit._audit.measuring.measure import Measured
from cxaudit._audit.planning.levels import Scope
from cxaudit._audit.planning.planner import Planner
from cxaudit._audit.reading.core_tables import Asked
from cxaudit._audit.scoring.cxaudit_1 import critical_flags, finding_weights
from cxaudit._audit.watch import Watch
from cxaudit._model.audit import Audit
from cxaudit._model.checklist import Item
from cxaudit._model.directions import Direction
from cxaudit._model.evidence import Answers, Case
from cxaudit._model.findings import Finding, Findings, Flag, State, Verdict
from cxaudit._model.protocols import CheckRequest
from cxaudit._model.result import Disputed, Note, RunProblem
from cxaudit._model.said import Said, joined, listed
from cxaudit._model.units import PEOPLE
from cxaudit._plugins.checked import checked_verdict
from cxaudit._plugins.containment import Containment, contained, within
from cxaudit._plugins.copies import copied
from cxaudit._plugins.host import PluginHost
from cxaudit.errors import did_you_mean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cxaudit._audit.judging.answers import AskedAnswers, Pools

    Codes = NDArray[np.intp]

__all__ = ["Judged", "judge"]

_EXCLUDED = Verdict(state=State.EXCLUDED)
_NUMBERS = ("score", "low", "high", "value", "value_low", "value_high")
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
    asked: Asked,
    watch: Watch,
) -> Judged:
    """Judge every item where it applies; whoever watches hears of each at a touchpoint."""
    cases, answers = asked.cases, asked.answers
    exclusions, unknown = _proposed_exclusions(audit, host)
    judging = _Judging(audit, host, planner, measured, cases, answers)
    columns = _Columns(audit)
    findings = columns.findings(judging.blocks(audit.checklist.items, exclusions), watch)
    disputed: Disputed | None = None
    disputed_cases = {case.id for case in cases if case.status == "disputed"}
    touched = answers.where(answers.among("case", disputed_cases))
    if touched:
        others = [case for case in cases if case.id not in disputed_cases]
        without = _Judging(audit, host, planner, measured, others, answers)
        names = touched.tables["item"]
        units = {unit for name in touched.tables["unit"] for unit in audit.units.path(name)}
        items = [item for item in audit.checklist.items if item.id in names]
        disputed = Disputed(
            cases=len(touched.tables["case"]),
            findings=_Columns(audit, units).findings(without.blocks(items, exclusions), None),
        )
    notes = [*judging.notes()]
    if exclusions:
        count = sum(map(len, exclusions.values()))
        text = Said("findings-excluded", n=count)
        notes.append(Note(subject=Said("of-exclusions"), text=text))
    return Judged(
        findings=attrs.evolve(findings, weight=finding_weights(findings, audit.checklist)),
        waived=columns.waived,
        notes=tuple(notes),
        problems=(*unknown, *judging.problems.values()),
        disputed=disputed,
    )


def _proposed_exclusions(
    audit: Audit, host: PluginHost
) -> tuple[dict[str, dict[str, str]], list[RunProblem]]:
    """Return the exclusions that plugins propose, by item, then unit, and those of no item."""
    exclusions: dict[str, dict[str, str]] = {}
    unknown: dict[tuple[str, str], None] = {}
    items = tuple(item for item in audit.checklist.items if item.excluded is None)
    names = {item.id for item in items}
    for unit in audit.units:
        for plugin, (item, rationale) in host.call(
            "cxaudit_propose_exclusions", audit=audit, items=items, unit=unit
        ):
            if item in names:
                reason = Said("exclusion-proposed", rationale=rationale, plugin=plugin)
                exclusions.setdefault(item, {}).setdefault(unit.id, reason)
            else:
                unknown[plugin, item] = None
    problems = [
        RunProblem(
            stage="cxaudit_propose_exclusions",
            subject=plugin,
            cause=f"it excludes {item!r}, and no item that is judged has that id",
            plugin=plugin,
            hint=joined(
                [host.seen("cxaudit_propose_exclusions", plugin), did_you_mean(item, names)], "text"
            ),
        )
        for plugin, item in unknown
    ]
    return exclusions, problems


@attrs.frozen(eq=False)
class _Block:
    """The verdicts on an item at a touchpoint.

    Attributes:
        item, touchpoint: What was judged.
        unit: Position of each unit judged, ascending.
        verdicts: The verdicts that some of them have.
        chosen: Position of each one's verdict.
        directions: Where a verdict holds none: those that some unit has.
        direction: Position of each one's, or -1.
    """

    item: Item
    touchpoint: str
    unit: Codes
    verdicts: Sequence[Verdict]
    chosen: Codes
    directions: Sequence[Direction]
    direction: Codes


@attrs.frozen(eq=False)
class _Places:
    """The units at which some items are judged.

    Attributes:
        scope: Where they are.
        counted, neutral: Positions of its units.
        verdicts, chosen: The verdicts on the neutral ones, and which each one has.
    """

    scope: Scope
    counted: Codes
    neutral: Codes
    verdicts: Sequence[Verdict]
    chosen: Codes


class _Judging:
    def __init__(
        self,
        audit: Audit,
        host: PluginHost,
        planner: Planner,
        measured: Measured,
        cases: Sequence[Case],
        answers: Answers,
    ) -> None:
        self._audit = audit
        self._host = host
        self._planner = planner
        self._plan = measured.plan
        self._cases = cases
        self._answers = answers
        self._units = {unit.id: unit for unit in audit.units}
        self._positions = {name: position for position, name in enumerate(self._units)}
        self._by_grouping = measured.by_grouping
        self._unavailable = {
            measurement.metric: measurement
            for measurement in measured.measurements
            if measurement.unavailable
        }
        self._places: dict[int, _Places] = {}
        self._pools: dict[int, Pools] = {}
        self.problems: dict[str, RunProblem] = {}

    @cached_property
    def _asked(self) -> AskedAnswers:
        from cxaudit._audit.judging.answers import AskedAnswers

        return AskedAnswers(self._answers, self._cases, self._audit.units)

    def notes(self) -> Iterator[Note]:
        yield from _case_notes(self._cases)
        yield from self._notes_without_cases()
        yield from _kind_notes(self._audit)
        for name, reason in self._plan.unavailable.items():
            if name.startswith("breakdown "):
                yield Note(subject=name, text=reason)

    def blocks(
        self, items: Iterable[Item], exclusions: Mapping[str, Mapping[str, str]]
    ) -> Iterator[_Block]:
        """Judge items, one at a touchpoint after the other."""
        for item in items:
            for touchpoint in item.touchpoints:
                yield self._at(item, touchpoint, exclusions.get(item.id, {}))

    def _at(self, item: Item, touchpoint: str, excluded: Mapping[str, str]) -> _Block:
        import numpy as np

        if item.excluded is not None:
            root = np.zeros(1, dtype=np.intp)
            verdict = Verdict(state=State.EXCLUDED, reason=item.excluded)
            return _Block(item, touchpoint, root, [verdict], root, (), root - 1)
        places = self._places_of(self._planner.scope(item, touchpoint))
        verdicts, chosen, directions, direction = self._judged(item, touchpoint, places, excluded)
        units = np.concatenate([places.counted, places.neutral])
        direction = np.concatenate([direction, np.full(len(places.neutral), -1, dtype=np.intp)])
        chosen = np.concatenate([chosen, len(verdicts) + places.chosen])
        verdicts = [*verdicts, *places.verdicts]
        for unit, reason in excluded.items():
            chosen[units == self._positions[unit]] = len(verdicts)
            verdicts.append(Verdict(state=State.EXCLUDED, reason=reason))
        order = np.argsort(units, kind="stable")
        return _Block(
            item=item,
            touchpoint=touchpoint,
            unit=units[order],
            verdicts=verdicts,
            chosen=chosen[order],
            directions=directions,
            direction=direction[order],
        )

    def _places_of(self, scope: Scope) -> _Places:
        import numpy as np

        # The planner has one scope for all items that are judged alike.
        if id(scope) not in self._places:
            positions = self._positions
            reasons = {reason: n for n, reason in enumerate(dict.fromkeys(scope.neutral.values()))}
            self._places[id(scope)] = _Places(
                scope=scope,
                counted=np.array([positions[unit] for unit in scope.counted], dtype=np.intp),
                neutral=np.array([positions[unit] for unit in scope.neutral], dtype=np.intp),
                verdicts=[Verdict(state=State.NOT_APPLICABLE, reason=reason) for reason in reasons],
                chosen=np.array([reasons[reason] for reason in scope.neutral.values()], np.intp),
            )
        return self._places[id(scope)]

    def _judged(
        self, item: Item, touchpoint: str, places: _Places, excluded: Container[str]
    ) -> tuple[Sequence[Verdict], Codes, Sequence[Direction], Codes]:
        """Return the verdicts on the units that count, and which each one has; directions too."""
        import numpy as np

        none = np.full(len(places.counted), -1, dtype=np.intp)
        if undecided := self._planner.undecided(item):
            verdict = Verdict(state=State.UNAVAILABLE, reason=undecided)
            return [verdict], np.zeros_like(none), (), none
        if item.ask is not None:
            asked = self._asked
            verdicts, chosen, direction = asked.judged(
                item, touchpoint, self._pools_of(places.scope)
            )
            return verdicts, chosen, asked.directions, direction
        check = self._checker(item, touchpoint)
        verdicts = [_EXCLUDED if unit in excluded else check(unit) for unit in places.scope.counted]
        return verdicts, np.arange(len(verdicts)), (), none

    def _pools_of(self, scope: Scope) -> Pools:
        from cxaudit._audit.judging.answers import Pools

        if id(scope) not in self._pools:
            self._pools[id(scope)] = Pools.of(scope.counted, self._positions)
        return self._pools[id(scope)]

    def _checker(self, item: Item, touchpoint: str) -> Callable[[str], Verdict]:
        assert item.check is not None
        spec = self._host.registry.get("check", item.check.check)
        plugin = self._host.registry.origin("check", item.check.check)
        subject = Said("of-check", item=item.id, check=item.check.check)
        trusted = self._host.registry.is_builtin("check", item.check.check)
        metrics = self._planner.metrics_of(item)
        settings = item.check.settings
        limit = self._audit.time_limit
        shown = item if trusted else copy.deepcopy(item)
        measured = {
            name: self._by_grouping.get(self._planner.key(item, metric, touchpoint), {})
            for name, metric in metrics.items()
        }

        def judge_item(unit: str) -> Verdict:
            request = CheckRequest(
                item=shown,
                settings=settings,
                measurements={
                    name: self._unavailable.get(metric.id) or measured[name][metric.id, unit]
                    for name, metric in metrics.items()
                },
                lower_is_better={name: m.lower_is_better for name, m in metrics.items()},
                unit=self._units[unit],
                touchpoint=touchpoint,
            )
            with contained("judging", subject, plugin, trusted=trusted) as containment:
                containment.code = function = self._host.registry.resolve(spec.judge)
                verdict = checked_verdict(
                    function(request)
                    if trusted
                    else within(limit, containment, lambda: function(copied(request)))
                )
            return verdict if containment.error is None else self._broken(item, containment)

        return judge_item

    def _broken(self, item: Item, failure: Containment) -> Verdict:
        problem = failure.problem
        assert problem is not None
        if item.id not in self.problems:
            hint = joined([problem.hint, Said("exclude-item")], "text")
            self.problems[item.id] = attrs.evolve(problem, hint=hint).raised(problem.error)
        return Verdict(state=State.ERROR, reason=Said("check-failed", cause=problem.cause))

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
                for case in self._cases
                if case.counts and f"{case.touchpoint}.".startswith(f"{touchpoint}.")
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


class _Columns:
    """Verdicts made into the columns of findings, at some units or at all.

    Attributes:
        waived: See `Judged`.
    """

    def __init__(self, audit: Audit, units: Container[str] | None = None) -> None:
        self._positions = {unit.id: position for position, unit in enumerate(audit.units)}
        self._units = units
        self._reasons: dict[str, int] = {}
        self._directions: dict[Direction | None, int] = {None: -1}
        self._waivers = {
            number: waiver
            for number, waiver in enumerate(audit.waivers)
            if not expired(waiver, audit)
        }
        self.waived: dict[int, int] = defaultdict(int)
        self._rounds = sum(len(item.touchpoints) for item in audit.checklist.items)

    def findings(self, blocks: Iterable[_Block], watch: Watch | None) -> Findings:
        """Return verdicts as findings, which have no weights yet; ``watch`` hears of each block."""
        import numpy as np

        units = self._units
        wanted = np.array([units is None or name in units for name in self._positions], dtype=bool)
        items: dict[str, int] = {}
        touchpoints: dict[str, int] = {}
        parts: list[dict[str, NDArray[Any]]] = []
        for block in blocks:
            rows = np.flatnonzero(wanted[block.unit])
            if len(rows):
                part = self._part(block, rows)
                item = items.setdefault(block.item.id, len(items))
                touchpoint = touchpoints.setdefault(block.touchpoint, len(touchpoints))
                part["item"] = np.full(len(rows), item, dtype=np.int32)
                part["touchpoint"] = np.full(len(rows), touchpoint, dtype=np.int32)
                parts.append(part)
                if watch is not None:
                    judged = self._as_judged(block, dict(part))
                    watch.judged(block.item.id, len(parts), self._rounds, judged)
        if not parts:
            return Findings.of(())
        # Each column leaves its parts before the next is made.
        columns = {name: np.concatenate([part.pop(name) for part in parts]) for name in [*parts[0]]}
        present, codes = np.unique(columns.pop("unit"), return_inverse=True)
        names = list(self._positions)
        return Findings(
            items=tuple(items),
            touchpoints=tuple(touchpoints),
            units=tuple(names[n] for n in present.tolist()),
            reasons=tuple(self._reasons),
            directions=tuple(filter(None, self._directions)),
            unit=codes.astype(np.int32),
            weight=np.zeros(len(codes)),
            **columns,
        )

    def _as_judged(self, block: _Block, part: Mapping[str, NDArray[Any]]) -> Iterator[Finding]:
        """Yield the findings of a block, without their weights."""
        import numpy as np

        none = np.zeros_like(part["item"])
        columns = {**part, "item": none, "touchpoint": none, "weight": np.zeros(len(none))}
        yield from Findings(
            items=(block.item.id,),
            touchpoints=(block.touchpoint,),
            units=tuple(self._positions),
            reasons=tuple(self._reasons),
            directions=tuple(filter(None, self._directions)),
            **columns,
        )

    def _part(self, block: _Block, rows: Codes) -> dict[str, NDArray[Any]]:
        """Return the columns of some rows of a block, but for what all of them share."""
        import numpy as np

        reasons, directions = self._reasons, self._directions
        used, chosen = np.unique(block.chosen[rows], return_inverse=True)
        outcomes = [_outcome(block.item, block.verdicts[n]) for n in used.tolist()]
        part: dict[str, NDArray[Any]] = {
            name: np.array([getattr(verdict, name) for verdict, _ in outcomes], dtype=float)[chosen]
            for name in _NUMBERS
        }
        part["state"] = np.array([verdict.state for verdict, _ in outcomes], dtype=np.int8)[chosen]
        part["n"] = np.array([verdict.n for verdict, _ in outcomes], dtype=np.int64)[chosen]
        codes = [reasons.setdefault(verdict.reason, len(reasons)) for verdict, _ in outcomes]
        part["reason"] = np.array(codes, dtype=np.int32)[chosen]
        codes = [
            directions.setdefault(verdict.direction, len(directions) - 1) for verdict, _ in outcomes
        ]
        part["direction"] = np.array(codes, dtype=np.int32)[chosen]
        of_rows = np.where(np.isnan(part["score"]), -1, block.direction[rows])
        present, places = np.unique(of_rows, return_inverse=True)
        codes = [
            directions.setdefault(block.directions[n] if n >= 0 else None, len(directions) - 1)
            for n in present.tolist()
        ]
        own = np.array(codes, dtype=np.int32)[places]
        part["direction"] = np.where(own >= 0, own, part["direction"])
        part["flags"] = np.array([flags for _, flags in outcomes], dtype=np.int16)[chosen]
        part["unit"] = block.unit[rows].astype(np.int32)
        self._waive(block, part)
        return part

    def _waive(self, block: _Block, part: dict[str, NDArray[Any]]) -> None:
        """Mark what a waiver covers, and count it."""
        import numpy as np

        with np.errstate(invalid="ignore"):
            lost = (part["flags"] & Flag.FAILED != 0) | (part["score"] < 1)
        for number, waiver in self._waivers.items():
            if waiver.covers(block.item.id, block.touchpoint, waiver.unit or ""):
                waived = lost.copy()
                if waiver.unit is not None:
                    waived &= part["unit"] == self._positions.get(waiver.unit, -1)
                self.waived[number] += int(np.count_nonzero(waived))
                part["flags"][waived] |= Flag.WAIVED


def _outcome(item: Item, verdict: Verdict) -> tuple[Verdict, Flag]:
    """Return what a verdict means for an item: what is stored of it, and its flags."""
    flags = critical_flags(item.critical if item.role == "practice" else None, verdict)
    if verdict.tentative:
        flags |= Flag.TENTATIVE
    if item.role != "practice" and not verdict.state.neutral:
        reason = verdict.reason or Said(item.role)
        verdict = attrs.evolve(
            verdict, state=State.INFORMATIVE, score=None, low=None, high=None, reason=reason
        )
    return verdict, flags


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
