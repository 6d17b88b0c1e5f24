"""Scores, and what a policy is given to make them."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from cxaudit._model.checklist import Checklist
from cxaudit._model.directions import Spread
from cxaudit._model.evidence import Answers, Case, answer_columns
from cxaudit._model.findings import Findings
from cxaudit._model.units import UnitTree

__all__ = ["GradeBand", "Score", "Scorecard", "ScoringInput", "UnitScores"]


@attrs.frozen
class GradeBand:
    """A grade and the score from which it holds (0 to 1, compared unrounded)."""

    grade: str
    at_least: float


@attrs.frozen(kw_only=True)
class Score:
    """A weighted roll-up of findings. All numbers lie in [0, 1] and are unrounded.

    Attributes:
        value: The score; None without a basis, never 0 for that.
        coverage: Weight scored over weight that should have been; None when nothing should.
        lowest, highest: Bounds: the score if all that is unknown went all wrong, or all right.
        low, high: Confidence interval of the score; None without a basis.
        scored, unknown, neutral: Number of findings by kind of state.
        met: Number of findings whose score is 1.
        partial: Whether some area lies under the minimum of coverage.
        spread: Why it varies, of scores that are compared; None where nobody knows.
    """

    value: float | None
    coverage: float | None
    lowest: float | None = None
    highest: float | None = None
    low: float | None = None
    high: float | None = None
    scored: int = 0
    unknown: int = 0
    neutral: int = 0
    met: int = 0
    partial: bool = False
    spread: Spread | None = None


@attrs.frozen(kw_only=True)
class UnitScores:
    """All scores of one unit.

    Attributes:
        unit: Its id.
        overall: Over all areas.
        grade: The grade, or None without a basis.
        capped: Why the grade is not the one of the score; empty when it is.
        areas: By area.
        touchpoints: By top touchpoint.
        cells: By (area, touchpoint).
        lenses: By (lens, key).
        compliance: Over compliance items only.
    """

    unit: str
    overall: Score
    grade: str | None
    capped: str = ""
    areas: Mapping[str, Score] = attrs.field(factory=dict)
    touchpoints: Mapping[str, Score] = attrs.field(factory=dict)
    cells: Mapping[tuple[str, str], Score] = attrs.field(factory=dict)
    lenses: Mapping[tuple[str, str], Score] = attrs.field(factory=dict)
    compliance: Score | None = None


@attrs.frozen(kw_only=True)
class Scorecard:
    """What a policy makes of findings: the scores of every unit, the root first."""

    policy: str
    bands: tuple[GradeBand, ...]
    units: tuple[UnitScores, ...]
    under_coverage: tuple[str, ...] = ()
    """Areas of the root under the minimum of coverage."""

    @property
    def root(self) -> UnitScores:
        """Return the scores of the root."""
        return self.units[0]

    def unit(self, unit_id: str) -> UnitScores:
        """Return the scores of a unit.

        Raises:
            KeyError: If it has none.
        """
        for scores in self.units:
            if scores.unit == unit_id:
                return scores
        raise KeyError(unit_id)


@attrs.frozen(kw_only=True)
class ScoringInput:
    """All that a policy may use."""

    checklist: Checklist
    units: UnitTree
    findings: Findings
    answers: Answers = attrs.field(factory=lambda: Answers.of(()), converter=answer_columns)
    cases: tuple[Case, ...] = ()
