"""The answer in a sentence or two, by rules from the numbers."""

from __future__ import annotations

from cxaudit._model.scores import Score
from cxaudit._reports import numbers
from cxaudit._reports.context import Context

__all__ = ["grade_of", "headline", "straddled"]

_WHERE = {
    "online": "online",
    "phone": "on the phone",
    "in-store": "in store",
    "message": "when customers write",
    "organisation": "behind the scenes",
}
_MOSTLY = 0.5
"""Under this coverage the headline begins with what was not assessed."""


def grade_of(context: Context, value: float | None) -> str:
    """Return the grade of a score by the policy's bands, or nothing."""
    if value is None:
        return ""
    bands = context.result.scorecard.bands
    return next((band.grade for band in bands if value >= band.at_least), "")


def headline(context: Context) -> str:
    """Return the answer in a sentence or two. It claims no more than the intervals show."""
    result = context.result
    overall, client = result.scorecard.root.overall, result.client
    if overall.value is None:
        if not overall.scored + overall.unknown:
            return f"Nothing was judged at {client}."
        return f"Nothing could be scored at {client}: none of what was asked is known yet."
    points = f"{client} scores {numbers.score(overall.value)} of 100"
    if overall.coverage is not None and overall.coverage < _MOSTLY:
        points = (
            f"Only {numbers.percent(overall.coverage)} of what applies at {client} was assessed; "
            f"that part scores {numbers.score(overall.value)} of 100"
        )
    capped, grade = result.scorecard.root.capped, result.scorecard.root.grade
    if capped and grade:
        first = f"{points}, graded “{grade}”: {capped.rstrip('.')}."
    elif not grade:
        first = f"{points}."
    elif allowed := straddled(context, overall, grade):
        first = f"{points}; {allowed}."
    else:
        first = f"{points}: {grade}."
    partial = overall.partial and (overall.coverage or 0) >= _MOSTLY
    rest = " Part of it was not assessed, so the score is partial." if partial else ""
    return first + rest + _contrast(context)


def straddled(context: Context, score: Score, grade: str | None) -> str:
    """Say which grades the interval allows, when it is more than the one given."""
    worse, better = (grade_of(context, end) for end in (score.low, score.high))
    if not worse or not better or worse == better == grade:
        return ""
    return f"the data allow any grade from “{worse}” to “{better}”"


def _contrast(context: Context) -> str:
    """Name the best and worst touchpoint when their intervals, and what is unknown, allow it."""
    scores = [
        (touchpoint, score)
        for touchpoint, score in context.result.scorecard.root.touchpoints.items()
        if score.value is not None
        and (score.coverage or 0) >= context.result.checklist.min_coverage
        and None not in (score.low, score.high)
    ]
    if not scores:
        return ""
    best = max(scores, key=lambda each: each[1].value or 0)
    worst = min(scores, key=lambda each: each[1].value or 0)
    if best[1].low is None or worst[1].high is None or best[1].low <= worst[1].high:
        return ""
    names = [
        f"{_WHERE.get(name, f'at {context.touchpoint(name)}')} ({numbers.score(score.value)})"
        for name, score in (best, worst)
    ]
    return f" It does better {names[0]} than {names[1]}."
