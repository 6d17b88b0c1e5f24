"""The result of a run: everything a report, a re-score or a comparison needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Self

import attrs

from cxaudit._model.actions import PlannedAction
from cxaudit._model.audit import Conduct, Gate, Waiver, Wave, Worth
from cxaudit._model.checklist import AREAS, Checklist
from cxaudit._model.evidence import Answers, Case, EvidenceSet, SourceAccount, answer_columns
from cxaudit._model.findings import Findings
from cxaudit._model.metrics import Breakdown, Measurement, Metric
from cxaudit._model.scores import Score, Scorecard
from cxaudit._model.themes import ThemeCount
from cxaudit._model.units import UnitTree
from cxaudit.errors import UnknownNameError

if TYPE_CHECKING:
    from cxaudit._model.result_tables import ResultTable

__all__ = [
    "Agreement",
    "AuditResult",
    "Disputed",
    "GateOutcome",
    "Note",
    "PluginRecord",
    "Provenance",
    "RunProblem",
    "WaiverOutcome",
]


@attrs.frozen(kw_only=True)
class RunProblem:
    """Something that failed while the run went on: a plugin, a check, a detector, a source.

    Attributes:
        stage: What was being done.
        subject: With what.
        cause: What went wrong, as ``Type: text`` where an error was raised.
        plugin: The plugin whose code it is; empty when it is nobody's.
        hint: Where in its code, and what to do; may be empty.
        error: The error itself, with its traceback; None where none was raised, in a saved result
            and in a copy from another process.
    """

    stage: str
    subject: str
    cause: str
    plugin: str = ""
    hint: str = ""
    error: BaseException | None = attrs.field(default=None, init=False, eq=False, repr=False)

    def raised(self, error: BaseException | None) -> Self:
        """Return the problem with the error that it tells of."""
        problem = attrs.evolve(self)
        object.__setattr__(problem, "error", error)
        return problem

    def __getstate__(self) -> tuple[str, ...]:
        """Return all but the error, whose frames hold what no other process can be given."""
        return self.stage, self.subject, self.cause, self.plugin, self.hint

    def __setstate__(self, state: tuple[str, ...]) -> None:
        """Take what `__getstate__` gave."""
        names = ("stage", "subject", "cause", "plugin", "hint")
        for name, value in zip((*names, "error"), (*state, None), strict=True):
            object.__setattr__(self, name, value)


@attrs.frozen(kw_only=True)
class Note:
    """Something a reader should know that is no failure."""

    subject: str
    text: str


@attrs.frozen(kw_only=True)
class Agreement:
    """How far raters agree on an item, over cases judged by two or more.

    Attributes:
        item: Its id.
        cases, raters: How many cases and people it rests on.
        scale: ``nominal`` for yes-no and choice, ``ordinal`` for levels, ``interval`` for numbers;
            empty in results that do not tell.
        raw: Share of agreeing pairs.
        ac1: Gwet's AC1 (2008), for a nominal scale.
        ac2: Gwet's AC2 (2014) with ordinal weights, for an ordinal scale.
        kappa: Fleiss' kappa (1971), with the same weights.
        alpha: Krippendorff's alpha (2011) for the scale.
        prevalence: Share of each value among all ratings.
        flagged: Whether the item should be reworded.
    """

    item: str
    cases: int
    raters: int
    scale: str = ""
    raw: float | None = None
    ac1: float | None = None
    ac2: float | None = None
    kappa: float | None = None
    alpha: float | None = None
    prevalence: Mapping[str, float] = attrs.field(factory=dict)
    flagged: bool = False


@attrs.frozen(kw_only=True)
class Disputed:
    """What the score would be without the disputed cases, which count until they are decided.

    Attributes:
        cases: How many disputed cases were answered.
        findings: Findings of asked items as they would be without these cases, where these
            cases count. What is measured over answers stays as it is.
        score: Overall score of the root without these cases, by the result's policy; None
            when there would be none.
    """

    cases: int
    findings: Findings
    score: float | None = None


@attrs.frozen(kw_only=True)
class WaiverOutcome:
    """A waiver and what became of it: ``used``, ``expired`` or ``not needed``."""

    waiver: Waiver
    status: str
    findings: int = 0


@attrs.frozen(kw_only=True)
class GateOutcome:
    """Whether the run passed the gate.

    Attributes:
        gate: The rule.
        passed: Whether it passed.
        enough: Whether there was enough basis to say so.
        reasons: Why it did not pass.
    """

    gate: Gate
    passed: bool
    enough: bool = True
    reasons: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class PluginRecord:
    """A plugin that took part: its name, version, and digest of its code."""

    name: str
    version: str = ""
    digest: str = ""
    quarantined: str = ""


@attrs.frozen(kw_only=True)
class Provenance:
    """What the numbers were made with.

    Attributes:
        cxaudit: Version of cxaudit.
        python: Version of Python.
        engine: Engine and version; empty when none was needed.
        started, finished: UTC, ISO 8601.
        files: File to SHA-256 of every file read.
        plugins: Plugins loaded.
        policy: Id of the policy.
        seed: Seed of every draw.
        statements: Digest to text of every statement run.
    """

    cxaudit: str
    python: str
    engine: str = ""
    started: str = ""
    finished: str = ""
    files: Mapping[str, str] = attrs.field(factory=dict)
    plugins: tuple[PluginRecord, ...] = ()
    policy: str = ""
    seed: int = 0
    statements: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class AuditResult:
    """Everything that came out of a run.

    Attributes:
        audit: Id of the audit.
        title, client, language: As in the audit file.
        wave: The round judged, or None.
        checklist, units: What was judged, and where.
        cases, answers: What was asked and observed; raters as pseudonyms.
        metrics: Definitions of the metrics measured.
        measurements: Their values.
        breakdowns: Definitions of the groupings that measurements name.
        findings: All verdicts, placed.
        scorecard: The scores.
        disputed: What the score would be without disputed cases; None where none is disputed.
        evidence: What failed and flagged findings rest on.
        actions: What will be done about items that fell short; with names of people.
        themes: What customers write about, by the codebook.
        agreement: How far raters agree, per item.
        accounts: What each source read.
        days: Table to the days of the wave that its rows were taken from (up to ``as_of``); a
            table that is missing is not bounded by the wave.
        waivers, gate, conduct: As named.
        worth: What contacts that went wrong cost by the client's own figures, or None.
        problems: What failed while the run went on.
        notes: What else a reader should know.
        provenance: What the numbers were made with.
        branding: Free settings for documents.
    """

    audit: str
    title: str
    client: str
    language: str = "en"
    wave: Wave | None = None
    checklist: Checklist
    units: UnitTree
    cases: tuple[Case, ...] = ()
    answers: Answers = attrs.field(factory=lambda: Answers.of(()), converter=answer_columns)
    metrics: tuple[Metric, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    breakdowns: tuple[Breakdown, ...] = ()
    findings: Findings
    scorecard: Scorecard
    disputed: Disputed | None = None
    evidence: tuple[EvidenceSet, ...] = ()
    actions: tuple[PlannedAction, ...] = ()
    themes: tuple[ThemeCount, ...] = ()
    agreement: tuple[Agreement, ...] = ()
    accounts: tuple[SourceAccount, ...] = ()
    days: Mapping[str, int] = attrs.field(factory=dict)
    waivers: tuple[WaiverOutcome, ...] = ()
    gate: GateOutcome
    conduct: Conduct = attrs.field(factory=Conduct)
    worth: Worth | None = None
    problems: tuple[RunProblem, ...] = ()
    notes: tuple[Note, ...] = ()
    provenance: Provenance
    branding: Mapping[str, str] = attrs.field(factory=dict)

    def table(self, name: str) -> ResultTable:
        """Return a part of the result as a table, which pandas, polars and all read by Arrow.

        Args:
            name: ``findings``, ``measurements``, ``scores``, ``evidence`` or ``answers``.

        Raises:
            UnknownNameError: If there is no such table.
        """
        from cxaudit._model.result_tables import table_of

        return table_of(self, name)

    def select(
        self,
        *,
        item: str | None = None,
        unit: str | None = None,
        touchpoint: str | None = None,
        area: str | None = None,
    ) -> Findings:
        """Return the findings on an item, of a unit, at a touchpoint, in an area: as far as named.

        Raises:
            UnknownNameError: If the audit has no such item, unit, touchpoint or area.
        """
        areas = {entry.id: entry.area for entry in self.checklist.items}
        places = {name for entry in self.checklist.items for name in entry.touchpoints}
        findings = self.findings
        _check("item", item, areas)
        _check("unit", unit, [entry.id for entry in self.units])
        _check("touchpoint", touchpoint, sorted(places))
        _check("area", area, dict.fromkeys((*AREAS, *areas.values())))
        if area is not None:
            items = {name for name in areas if areas[name] == area}
            findings = findings.where(findings.among("item", items))
        for name, value in (("item", item), ("unit", unit), ("touchpoint", touchpoint)):
            if value is not None:
                findings = findings.where(findings.among(name, {value}))
        return findings

    def score(self, unit: str | None = None, area: str | None = None) -> Score:
        """Return the score of a unit, the root where none is named: over all, or of an area.

        Raises:
            UnknownNameError: If there is no such score.
        """
        scores = {entry.unit: entry for entry in self.scorecard.units}
        _check("unit", unit, scores)
        of_unit = self.scorecard.root if unit is None else scores[unit]
        _check("area", area, of_unit.areas)
        return of_unit.overall if area is None else of_unit.areas[area]

    def _repr_html_(self) -> str:
        """Return the first screen of the page, for a notebook."""
        from importlib import import_module

        # Pages are made by a plugin, far above the values that they show.
        screen: str = import_module("cxaudit._formats.rendering").first_screen(self)
        return screen


def _check(kind: str, name: str | None, known: Iterable[str]) -> None:
    """Raise an error where a name is none of those there are."""
    names = tuple(known)
    if name is not None and name not in names:
        raise UnknownNameError(kind, name, names)
