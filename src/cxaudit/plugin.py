"""What a plugin's author imports: the marker, the specs, and the types at the seams.

A plugin is a module or object with functions marked by `hook`, named as in
`cxaudit.hookspecs`::

    from cxaudit.plugin import Check, State, Verdict, hook

    @hook
    def cxaudit_register():
        yield Check(id="acme.quiet", judge="acme.checks:quiet", summary="...")
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import pluggy

from cxaudit._model import expressions
from cxaudit._model import report as blocks
from cxaudit._model.actions import PlannedAction
from cxaudit._model.audit import Audit, Conduct, Gate, SourceUse, Waiver, Wave, Worth
from cxaudit._model.checklist import (
    AREAS,
    Anchor,
    Ask,
    Checklist,
    CheckUse,
    Choice,
    Critical,
    Guidance,
    Item,
    Origin,
    Parameter,
    Reference,
    Seed,
    Tailored,
)
from cxaudit._model.curves import Band, Curve
from cxaudit._model.detectors import DetectFunction, Detector
from cxaudit._model.engine import (
    CompiledMetric,
    DrawCondition,
    Drawn,
    DrawQuery,
    Draws,
    EngineSession,
    LoadOutcome,
    MeasuredRow,
    MetricQuery,
    RowQuery,
    Scan,
    SumQuery,
    Sums,
    TableLoad,
)
from cxaudit._model.evidence import (
    Answer,
    AnswerKind,
    Answers,
    AttachedFile,
    Case,
    Evidence,
    EvidenceSet,
    Hit,
    Loss,
    QuarantinedRow,
    RaterKind,
    SourceAccount,
)
from cxaudit._model.expressions import Expression
from cxaudit._model.findings import Finding, Findings, Flag, State, Verdict
from cxaudit._model.groupings import Lens, Touchpoint
from cxaudit._model.identifiers import is_id, qualified, short
from cxaudit._model.markers import MarkedRecords, Marker, MarkerEffect, Marks, Skipped
from cxaudit._model.metrics import Breakdown, Measurement, Metric, MetricKind
from cxaudit._model.presets import PresetFile
from cxaudit._model.protocols import (
    CheckFunction,
    CheckRequest,
    Connect,
    Event,
    EventKind,
    Observer,
    PolicyFunction,
    ReadFunction,
    ReadRequest,
    RenderFunction,
    Rows,
)
from cxaudit._model.report import Block, Report, Section
from cxaudit._model.result import (
    Agreement,
    AuditResult,
    Disputed,
    GateOutcome,
    Note,
    PluginRecord,
    Provenance,
    RunProblem,
    WaiverOutcome,
)
from cxaudit._model.said import Said
from cxaudit._model.scores import GradeBand, Score, Scorecard, ScoringInput, UnitScores
from cxaudit._model.specs import Check, ChecklistFile, Command, Engine, Output, Policy, Source
from cxaudit._model.tables import Column, ColumnRows, DeriveFunction, Table
from cxaudit._model.text import Text
from cxaudit._model.themes import Codebook, Theme, ThemeCount
from cxaudit._model.units import Unit, UnitTree

__all__ = [
    "AREAS",
    "Agreement",
    "Anchor",
    "Answer",
    "AnswerKind",
    "Answers",
    "Ask",
    "AttachedFile",
    "Audit",
    "AuditResult",
    "Band",
    "Block",
    "Breakdown",
    "Case",
    "Check",
    "CheckFunction",
    "CheckRequest",
    "CheckUse",
    "Checklist",
    "ChecklistFile",
    "Choice",
    "Codebook",
    "Column",
    "ColumnRows",
    "Command",
    "CompiledMetric",
    "Conduct",
    "Connect",
    "Critical",
    "Curve",
    "DeriveFunction",
    "DetectFunction",
    "Detector",
    "Disputed",
    "DrawCondition",
    "DrawQuery",
    "Drawn",
    "Draws",
    "Engine",
    "EngineSession",
    "Event",
    "EventKind",
    "Evidence",
    "EvidenceSet",
    "Expression",
    "Finding",
    "Findings",
    "Flag",
    "Gate",
    "GateOutcome",
    "GradeBand",
    "Guidance",
    "Hit",
    "Item",
    "Lens",
    "LoadOutcome",
    "Loss",
    "MarkedRecords",
    "Marker",
    "MarkerEffect",
    "Marks",
    "MeasuredRow",
    "Measurement",
    "Metric",
    "MetricKind",
    "MetricQuery",
    "Note",
    "Observer",
    "Origin",
    "Output",
    "Parameter",
    "PlannedAction",
    "PluginRecord",
    "Policy",
    "PolicyFunction",
    "PresetFile",
    "Provenance",
    "QuarantinedRow",
    "RaterKind",
    "ReadFunction",
    "ReadRequest",
    "Reference",
    "RenderFunction",
    "Report",
    "RowQuery",
    "Rows",
    "RunProblem",
    "Said",
    "Scan",
    "Score",
    "Scorecard",
    "ScoringInput",
    "Section",
    "Seed",
    "Skipped",
    "Source",
    "SourceAccount",
    "SourceUse",
    "State",
    "SumQuery",
    "Sums",
    "Table",
    "TableLoad",
    "Tailored",
    "Text",
    "Theme",
    "ThemeCount",
    "Touchpoint",
    "Unit",
    "UnitScores",
    "UnitTree",
    "Verdict",
    "Waiver",
    "WaiverOutcome",
    "Wave",
    "Worth",
    "blocks",
    "expressions",
    "hook",
    "is_id",
    "qualified",
    "score_findings",
    "short",
]

hook = pluggy.HookimplMarker("cxaudit")
"""Marks a function of a plugin as an implementation of a hook."""


def score_findings(
    basis: ScoringInput, *, policy: str, bands: Sequence[GradeBand] | None = None
) -> Scorecard:
    """Score findings as ``cxaudit-1`` does, for a policy that differs from it in a part.

    A policy with other weights changes the checklist of its basis before, one with other grades
    names its bands; one that leaves findings out, or scores them otherwise, changes those.

    Args:
        basis: What the policy was given.
        policy: The policy's id.
        bands: Grades from best to worst, by the unrounded score alone; None for those of
            ``cxaudit-1``, with the caps that critical items set.

    Raises:
        ValueError: If a finding names an item or unit that is not there, or its score is none.
    """
    from cxaudit._audit.scoring.cxaudit_1 import grade_of, score

    card = score(basis)
    if bands is None:
        return attrs.evolve(card, policy=policy)
    units = tuple(
        attrs.evolve(scores, grade=grade_of(scores.overall.value, bands), capped="")
        for scores in card.units
    )
    return attrs.evolve(card, policy=policy, bands=tuple(bands), units=units)
