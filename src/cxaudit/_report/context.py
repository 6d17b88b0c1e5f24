"""What every part of the report looks up: names, targets, values in words, and who may see what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from cxaudit._model.checklist import AREAS, Item, Parameter
from cxaudit._model.evidence import Answer, AnswerKind, EvidenceSet
from cxaudit._model.findings import Finding
from cxaudit._model.metrics import Breakdown, Measurement, Metric
from cxaudit._model.result import AuditResult
from cxaudit._model.text import Text
from cxaudit._model.units import Unit
from cxaudit._report.audiences import MINIMUM, for_the_public, must_withhold, public_findings
from cxaudit._report.people import groups_people, is_person
from cxaudit._report.words import AREA_TITLES, BASES, CASES, KINDS, PARTS, TOUCHPOINTS, WHY
from cxaudit._words import numbers
from cxaudit._words.language import _, ngettext, translated

__all__ = ["FEW", "Context", "worst_first"]

FEW = 10
"""Under this many cases a result is written in cases, not in percent."""


def _words(name: str) -> str:
    text = name.replace("-", " ").replace("_", " ").replace(".", ": ")
    return text[:1].upper() + text[1:]


def _ordered(names: Iterable[str], order: tuple[str, ...]) -> tuple[str, ...]:
    """Return names in an order; those that it lacks come last, as they came."""
    return tuple(sorted(names, key=lambda name: order.index(name) if name in order else len(order)))


def _answers(result: AuditResult) -> dict[str, dict[str, list[Answer]]]:
    counted = {case.id for case in result.cases if case.counts}
    by_item: dict[str, dict[str, list[Answer]]] = {}
    for answer in result.answers:
        if answer.case in counted and answer.kind is AnswerKind.VALUE:
            by_item.setdefault(answer.item, {}).setdefault(answer.unit, []).append(answer)
    return by_item


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings by score, the lowest first and those without one last."""
    return sorted(findings, key=lambda finding: 2.0 if finding.score is None else finding.score)


@attrs.frozen(kw_only=True)
class Context:
    """A result as one audience may see it, with its lookups."""

    result: AuditResult
    audience: str
    minimum: int
    items: dict[str, Item]
    units: dict[str, Unit]
    metrics: dict[str, Metric]
    measurements: dict[tuple[str, str, str], Measurement]
    breakdowns: dict[str, Breakdown]
    evidence: dict[str, list[EvidenceSet]]
    """By item, of units that the audience may see."""
    findings: tuple[Finding, ...]
    """Findings that the audience may see."""
    withheld: bool
    """Whether rows, words of people and findings on few cases are left out, for the public."""
    small: int
    """How many findings of units that are shown were left out, as they rest on few cases."""
    hidden_units: tuple[str, ...]
    """Units kept back, for their size or because they are single people."""
    answers: Mapping[str, Mapping[str, list[Answer]]]
    """Values of cases that count, by item and unit."""
    rolled_up: Mapping[str, tuple[str, ...]]
    """By unit, those whose cases count for it."""
    pictures: Mapping[str, bytes] = attrs.field(factory=dict, repr=False)
    """Thumbnails that the audience may see, by their name among the evidence."""
    unshown: Mapping[str, str] = attrs.field(factory=dict)
    """Pictures that were looked for and cannot be shown, with the cause."""

    @classmethod
    def of(cls, result: AuditResult, audience: str, minimum: int | None = None) -> Context:
        """Return the context, with what the audience may not see already taken out.

        Args:
            result: The result.
            audience: ``client``, ``internal`` or ``public``.
            minimum: Units and groups that rest on fewer cases or rows are kept back; by itself
                that of a publication for the public, none for others.

        Raises:
            AudienceError: If there is no such audience.
        """
        withheld = must_withhold(result, audience)
        if minimum is None:
            minimum = MINIMUM if withheld else 0
        if withheld:
            result = for_the_public(result, minimum)
        everything = tuple(result.findings)
        largest: dict[str, int] = {}
        for finding in everything:
            largest[finding.unit] = max(finding.n, largest.get(finding.unit, 0))
        individuals = result.conduct.individual_results
        root = result.units.root.id
        hidden_units = tuple(
            unit.id
            for unit in result.units
            if unit.id != root
            and (
                (audience != "internal" and largest.get(unit.id, 0) < minimum)
                or (is_person(unit) and not individuals)
            )
        )
        held_back = frozenset(hidden_units)
        items = {item.id: item for item in result.checklist.items}
        seen = tuple(finding for finding in everything if finding.unit not in held_back)
        findings = tuple(public_findings(seen, items, minimum)) if withheld else seen
        keys = (
            {(finding.item, finding.touchpoint, finding.unit) for finding in findings}
            if withheld
            else ()
        )
        evidence: dict[str, list[EvidenceSet]] = {}
        for evidence_set in result.evidence:
            key = (evidence_set.item, evidence_set.touchpoint, evidence_set.unit)
            if evidence_set.unit not in held_back and (not withheld or key in keys):
                evidence.setdefault(evidence_set.item, []).append(evidence_set)
        return cls(
            result=result,
            audience=audience,
            minimum=minimum,
            items=items,
            units={unit.id: unit for unit in result.units},
            metrics={metric.id: metric for metric in result.metrics},
            measurements={
                (measurement.metric, measurement.unit, measurement.touchpoint): measurement
                for measurement in result.measurements
                if measurement.breakdown is None
            },
            breakdowns={breakdown.id: breakdown for breakdown in result.breakdowns},
            evidence=evidence,
            findings=findings,
            withheld=withheld,
            small=len(seen) - len(findings),
            hidden_units=hidden_units,
            answers=_answers(result),
            rolled_up=result.units.rolled_up(),
        )

    @property
    def root(self) -> str:
        """Return the id of the root unit."""
        return self.result.units.root.id

    @property
    def quantile_error(self) -> float:
        """Return by how much, as a share, quantiles may differ from the exact ones; 0 for exact."""
        errors = (measured.statistics.get("error", 0.0) for measured in self.result.measurements)
        return max(errors, default=0.0)

    @property
    def look(self) -> dict[str, str]:
        """Return the branding that documents draw; its footer is a text of the report."""
        return {key: text for key, text in self.result.branding.items() if key != "footer"}

    def footer(self, *parts: str) -> str:
        """Return the line at the end of a document: the client's own, then the given parts."""
        return " · ".join(filter(None, (self.result.branding.get("footer", ""), *parts)))

    @property
    def areas(self) -> tuple[str, ...]:
        """Return the areas that the root has scores of, in their order."""
        return _ordered(self.result.scorecard.root.areas, AREAS)

    @property
    def touchpoints(self) -> tuple[str, ...]:
        """Return the top touchpoints at which something applies to the root, in their order."""
        scores = self.result.scorecard.root.touchpoints
        applying = {name: score for name, score in scores.items() if score.scored + score.unknown}
        return _ordered(applying or scores, tuple(TOUCHPOINTS))

    @property
    def root_findings(self) -> tuple[Finding, ...]:
        """Return the findings of the root."""
        root = self.root
        return tuple(finding for finding in self.findings if finding.unit == root)

    def text(self, text: Text | None) -> str:
        """Return a text in the report's language."""
        return text.within(self.result.language) if text else ""

    def unit(self, unit: str) -> str:
        """Return the name of a unit."""
        return self.units[unit].name if unit in self.units else unit

    def kind(self, kind: str) -> str:
        """Return a kind of unit in words; the client's own word as it is."""
        word = KINDS.get(kind)
        return _(word) if word else kind

    def touchpoint(self, touchpoint: str) -> str:
        """Return the title of a touchpoint."""
        for spec in self.result.checklist.touchpoints:
            if spec.id == touchpoint:
                return translated(spec.title)
        title = TOUCHPOINTS.get(touchpoint)
        return _(title) if title else _words(touchpoint)

    def area(self, area: str) -> str:
        """Return the title of an area."""
        title = AREA_TITLES.get(area)
        return _(title) if title else _words(area)

    def lens(self, lens: str, key: str) -> tuple[str, str]:
        """Return the titles of a lens and one of its keys."""
        for spec in self.result.checklist.lenses:
            if spec.id == lens:
                return translated(spec.title), translated(spec.keys.get(key) or _words(key))
        return _words(lens), _words(key)

    def title(self, finding: Finding) -> str:
        """Return the title of a finding's item, or the failing title when its score is under 1."""
        item = self.items.get(finding.item)
        if item is None:
            return finding.item
        text = item.fail_title if self.fails(finding) else item.title
        return self.text(text) or item.id

    def fails(self, finding: Finding) -> bool:
        """Tell whether a finding stands under its item's failing title."""
        item = self.items.get(finding.item)
        if item is None or not item.fail_title:
            return False
        return finding.state.scored and finding.score is not None and finding.score < 1

    def expected(self, finding: Finding) -> str:
        """Return the title of a finding's item, whether it was met or not."""
        item = self.items.get(finding.item)
        return finding.item if item is None else self.text(item.title) or item.id

    def why(self, finding: Finding) -> str:
        """Return why a finding was not assessed; nothing when it was."""
        return translated(finding.reason) if finding.reason else _(WHY.get(finding.state, ""))

    def name(self, item: Item) -> str:
        """Return an item's code and title."""
        return f"{item.code} {self.text(item.title) or item.id}".strip()

    def cases(self, finding: Finding, n: int) -> str:
        """Return a count of cases in the words of the touchpoint, such as ``2 visits``."""
        return numbers.Figure(ngettext(*CASES[self._case(finding)], n), n, "count")

    def disputed(self, n: int) -> str:
        """Return a count of disputed cases, such as ``2 visits`` where all of them are visits."""
        tops = {
            case.touchpoint.partition(".")[0]
            for case in self.result.cases
            if case.status == "disputed"
        }
        top = tops.pop() if len(tops) == 1 else "case"
        return ngettext(*CASES[top if top in CASES else "case"], n)

    def _case(self, finding: Finding) -> str:
        """Return the key of `CASES` for a finding: its method, its touchpoint, or a general one."""
        item = self.items.get(finding.item)
        if item is None or item.ask is None:
            return "record"
        top = finding.touchpoint.partition(".")[0]
        return next((name for name in (item.ask.method, top) if name in CASES), "case")

    def part(self, finding: Finding, count: int, n: int) -> str:
        """Return a part of a finding's cases, such as ``1 of 2 visits``."""
        return ngettext(*PARTS[self._case(finding)], n, part=numbers.count(count))

    def measurement(self, finding: Finding) -> Measurement | None:
        """Return the measurement that a check judged; of several, the one with its value."""
        item = self.items.get(finding.item)
        settings = item.check.settings if item is not None and item.check is not None else {}
        names = [settings.get("metric"), *settings.values()]
        measurements = [
            self.measurements[name, finding.unit, finding.touchpoint]
            for name in names
            if isinstance(name, str)
            and (name, finding.unit, finding.touchpoint) in self.measurements
        ]
        return next(
            (
                measurement
                for measurement in measurements
                if (measurement.value or 0) == finding.value
            ),
            None,
        )

    def measures_share(self, finding: Finding) -> bool:
        """Tell whether the value that was judged is a share."""
        return self._unit(finding)[1] == "share"

    def value_words(self, finding: Finding) -> str:
        """Return the value that was judged, with its unit."""
        return self.quantity(finding, finding.value)

    def value_interval(self, finding: Finding) -> str:
        """Return the interval of the value, or a dash; few cases carry none in percent."""
        if self._unit(finding)[1] == "share" and 0 < finding.n < FEW:
            return numbers.DASH
        return numbers.quantity_interval(
            finding.value_low, finding.value_high, *self._unit(finding)
        )

    def quantity(self, finding: Finding, value: float | None) -> str:
        """Return a value in a finding's unit, in digits enough to differ from the target."""
        return numbers.quantity(value, *self._unit(finding), limit=self.limit(finding))

    def limit(self, finding: Finding) -> float | None:
        """Return the target of a finding's item, where it is a number."""
        item = self.items.get(finding.item)
        target = item.check.settings.get("target") if item and item.check else None
        if item and item.ask and item.ask.curve:
            target = item.ask.curve.target
        return target if isinstance(target, int | float) else None

    def score(self, value: float | None) -> str:
        """Return a score in words, in digits enough to show its side of each grade's limit."""
        limits = [band.at_least for band in self.result.scorecard.bands]
        return numbers.score(value, limits=limits)

    def _unit(self, finding: Finding) -> tuple[str, str]:
        item = self.items.get(finding.item)
        if item is not None and item.ask is not None:
            unit = "seconds" if item.ask.answer == "time" else item.ask.unit
            share = item.ask.answer in {"yes-no", "levels", "choice"}
            return unit, "share" if share else ""
        measurement = self.measurement(finding)
        if measurement is not None:
            return measurement.measured_in, measurement.kind.value
        metric = self.metric_of(item) if item else None
        return (metric.unit, metric.kind.value) if metric else ("", "")

    def metric_of(self, item: Item) -> Metric | None:
        """Return what an item's check measures; None for an asked item."""
        return self.metrics.get(str(item.check.settings.get("metric"))) if item.check else None

    def lower_is_better(self, item: Item) -> bool | None:
        """Return whether small values are an item's good ones; None where neither end is good."""
        if item.ask is not None:
            return item.ask.curve.lower_is_better if item.ask.curve is not None else None
        settings = item.check.settings if item.check is not None else {}
        goal, limit = settings.get("target"), settings.get("limit")
        if better := settings.get("better"):
            return bool(better == "lower")
        if isinstance(goal, int | float) and isinstance(limit, int | float):
            return limit > goal
        if goal is None and "at_least" in settings:
            return False
        metric = self.metric_of(item)
        return metric.lower_is_better if metric is not None else None

    def parameter(self, item: Item) -> Parameter | None:
        """Return the parameter that is an item's target, when it is one."""
        written = item.check.written if item.check else item.ask.curve_settings if item.ask else {}
        name = written.get("target", written.get("at_least"))
        if isinstance(name, str) and name.startswith("$"):
            return self.result.checklist.parameters.get(name[1:])
        return None

    def basis(self, parameter: Parameter) -> str:
        """Return the basis of a target in a word; empty when none was stated."""
        basis = parameter.basis or ""
        word = BASES.get(basis)
        return _(word) if word else basis

    def names_people(self, breakdown: str) -> bool:
        """Tell whether a breakdown's groups are single people."""
        spec = self.breakdowns.get(breakdown)
        return groups_people(spec.by if spec else breakdown)
