"""The answer in a sentence or two, by rules from the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cxaudit._audit.scoring.cxaudit_1 import BEST_FAILED, POLICY
from cxaudit._model.findings import Flag
from cxaudit._model.said import Said
from cxaudit._model.scores import Score
from cxaudit._report.chance import days_of_records
from cxaudit._report.context import Context
from cxaudit._words import numbers
from cxaudit._words.cells import widest
from cxaudit._words.language import N_, _, ngettext, translated

__all__ = ["grade_of", "headline", "straddled"]

_WHERE = {
    "online": N_("online"),
    "phone": N_("on the phone"),
    "in-store": N_("in store"),
    "message": N_("when customers write"),
    "organisation": N_("behind the scenes"),
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
            return _("Nothing was judged at {client}.", client=client)
        return _(
            "Nothing could be scored at {client}: none of what was asked is known yet.",
            client=client,
        )
    score = context.score(overall.value)
    points = _("{name} scores {score} of 100", name=client, score=score)
    if overall.coverage is not None and overall.coverage < _MOSTLY:
        points = _(
            "Only {share} of what applies at {client} was assessed; that part scores {score} of "
            "100",
            share=numbers.percent(overall.coverage),
            client=client,
            score=score,
        )
    partial = overall.partial and (overall.coverage or 0) >= _MOSTLY
    parts = (
        _graded(context, points),
        _("Part of it was not assessed, so the score is partial.") if partial else "",
        _rests_on(context),
        _contrast(context),
    )
    return " ".join(filter(None, parts))


def _rests_on(context: Context) -> str:
    """Say on how few days all that was measured rests."""
    days = days_of_records(context)
    if days is None:
        return ""
    if days == 1:
        return _("What was measured is of one day; other days may differ.")
    return ngettext(
        "What was measured rests on {n} day.", "What was measured rests on {n} days.", days
    )


def _graded(context: Context, points: str) -> str:
    """Return the sentence on the points, with the grade that they earn or all that they may."""
    root = context.result.scorecard.root
    if not root.grade:
        return f"{points}."
    if root.capped:
        return _(
            "{points}, graded “{grade}”: {reason}.",
            points=points,
            grade=translated(root.grade),
            reason=_capped(context, root.capped).rstrip("."),
        )
    if allowed := straddled(context, root.overall, root.grade):
        return f"{points}; {allowed}."
    return f"{points}: {translated(root.grade)}."


def _capped(context: Context, reason: str) -> str:
    """Return why the grade is capped, the items named as the report names them."""
    titles = {
        finding.item: context.title(finding) for finding in context.root_findings if finding.flags
    }
    return translated(_titled(reason, titles))


def _titled(value: Any, titles: Mapping[str, str]) -> Any:
    """Return a sentence whose items stand by their titles."""
    if isinstance(value, tuple):
        return tuple(_titled(part, titles) for part in value)
    if isinstance(value, Said):
        values = {name: _titled(part, titles) for name, part in value.values.items()}
        return Said(value.code, **values)
    return titles.get(value, value)


def straddled(context: Context, score: Score, grade: str | None) -> str:
    """Say which grades the score may earn, when they are more than the one given.

    The interval allows for chance in what was assessed; what was not widens it.
    """
    value, low, high = score.value, score.low, score.high
    if value is None or low is None or high is None:
        return ""
    worse, better = grade_of(context, low), grade_of(context, high)
    worst, best = worse, better
    if (score.coverage or 0.0) < 1 and score.lowest is not None and score.highest is not None:
        lowest, highest = widest(score)
        worst, best = grade_of(context, lowest), grade_of(context, highest)
    if not worst or not best:
        return ""
    worst, best, worse, better = (_left(context, score) for score in (worst, best, worse, better))
    if worst == best == grade:
        return ""
    if (worst, best) == (worse, better):
        return _(
            "the data allow any grade from “{worse}” to “{better}”",
            worse=translated(worse),
            better=translated(better),
        )
    return _(
        "with what was not assessed, any grade from “{worse}” to “{better}” is possible",
        worse=translated(worst),
        better=translated(best),
    )


def _left(context: Context, grade: str) -> str:
    """Return a grade, or the best one that failed critical items leave under the policy."""
    scorecard, wanted = context.result.scorecard, Flag.CRITICAL | Flag.FAILED
    failed = any(
        finding.flags & wanted == wanted and not finding.flags & Flag.COMPLIANCE
        for finding in context.root_findings
    )
    order = [band.grade for band in scorecard.bands]
    if scorecard.policy != POLICY or not failed or BEST_FAILED not in order:
        return grade
    return max(grade, BEST_FAILED, key=order.index)


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
    best = max(scores, key=lambda pair: pair[1].value or 0)
    worst = min(scores, key=lambda pair: pair[1].value or 0)
    if best[1].low is None or worst[1].high is None or best[1].low <= worst[1].high:
        return ""
    better, worse = (
        f"{_where(context, name)} ({context.score(score.value)})" for name, score in (best, worst)
    )
    return _("It does better {better} than {worse}.", better=better, worse=worse)


def _where(context: Context, touchpoint: str) -> str:
    phrase = _WHERE.get(touchpoint)
    return _(phrase) if phrase else _("at {touchpoint}", touchpoint=context.touchpoint(touchpoint))
