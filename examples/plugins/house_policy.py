"""A policy on the public scorer: how people are treated weighs double; grades are the house's."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from cxaudit.plugin import (
    GradeBand,
    Policy,
    Scorecard,
    ScoringInput,
    hook,
    score_findings,
)

BANDS = (GradeBand("gold", 0.95), GradeBand("silver", 0.85), GradeBand("none", 0.0))


def score_house(basis: ScoringInput) -> Scorecard:
    """Score as cxaudit does, with the area ``interpersonal`` at twice its weight."""
    weights = dict(basis.checklist.area_weights)
    weights["interpersonal"] = 2 * weights.get("interpersonal", 1.0)
    checklist = attrs.evolve(basis.checklist, area_weights=weights)
    return score_findings(
        attrs.evolve(basis, checklist=checklist), policy="house.people-first-1", bands=BANDS
    )


@hook
def cxaudit_register() -> Iterable[Policy]:
    """Yield the policy: ``policy = "house.people-first-1"`` under ``[scoring]`` of a checklist."""
    yield Policy(
        id="house.people-first-1",
        title="People first, first edition",
        not_applicable="It has no part in the score; a reason is required.",
        unanswered="It moves no score; it lowers the coverage and widens the bounds.",
        critical="A critical item that failed keeps its number, and does not change the grade.",
        aggregation="That of cxaudit-1, with how people are treated at twice its weight.",
        bands=BANDS,
        score=score_house,
    )
