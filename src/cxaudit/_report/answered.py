"""What people answered of an item, case by case."""

from __future__ import annotations

from cxaudit._audit.judging.answers import case_scores
from cxaudit._model.evidence import Answer
from cxaudit._model.findings import Finding
from cxaudit._report.context import Context

__all__ = ["answers_at", "scores_at"]


def answers_at(context: Context, finding: Finding) -> list[Answer]:
    """Return the answers that count for a finding: values, of cases that count."""
    touchpoint = f"{finding.touchpoint}."
    by_unit = context.answers.get(finding.item, {})
    return [
        answer
        for unit in context.rolled_up.get(finding.unit, ())
        for answer in by_unit.get(unit, ())
        if f"{answer.touchpoint}.".startswith(touchpoint)
    ]


def scores_at(context: Context, finding: Finding) -> tuple[float, ...] | None:
    """Return the score of each case of an asked item; None where cases cannot be told apart.

    They cannot where a result was published without its answers. The public sees how many cases
    were met or not, as their share tells it, and of those met in part their mean alone.
    """
    item = context.items.get(finding.item)
    if item is None or item.ask is None:
        return None
    scores = tuple(case_scores(item.ask, answers_at(context, finding)).values())
    if not scores or len(scores) != finding.n:
        return None
    return None if context.withheld and not {0.0, 1.0}.issuperset(scores) else scores
