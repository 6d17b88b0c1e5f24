"""The policy `example.points-1`."""

from __future__ import annotations

from cxaudit.plugin import Scorecard, ScoringInput, score_findings

from . import POINTS


def score_points(basis: ScoringInput) -> Scorecard:
    """Score as cxaudit does, and grade by two bands."""
    return score_findings(basis, policy=POINTS.id, bands=POINTS.bands)
