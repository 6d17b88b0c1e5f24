"""The scoring policies of core: our own, and the arithmetic of other systems.

What is said of other systems was read on their public help pages; settings differ from account
to account, so each is one reading of the published rules.
"""

from __future__ import annotations

from cxaudit._audit.scoring.cxaudit_1 import BANDS
from cxaudit._model.specs import Policy

__all__ = ["POLICIES"]

_NOT_STATED = "Not stated in the pages read; here it leaves points earned and possible alike."
_BOUNDS = "Law 3: it gives no bounds, so what is unknown leaves no trace."
_AREAS = "Law 5: questions are summed over areas, so an area with more questions weighs more."
_INTERVALS = "Law 8: it gives no interval."
_NOT_APPLICABLE = "Law 4: a question that does not apply changes the score."
_MEAN = (
    "Law 6: it averages percentages, so a review of one question weighs as much as one of forty."
)
_CRITICAL = "Law 7: a failed critical question overwrites the number instead of standing beside it."
_COMPLIANCE = "Law 7: matters of law are not a class of their own."
_COMMON = (_BOUNDS, _AREAS, _INTERVALS, _COMPLIANCE)


def _vendor(
    name: str,
    title: str,
    not_applicable: str,
    unanswered: str,
    critical: str,
    aggregation: str,
    *,
    breaks: tuple[str, ...],
    source: str,
) -> Policy:
    return Policy(
        id=f"cxaudit.{name}-1",
        title=title,
        not_applicable=not_applicable,
        unanswered=unanswered,
        critical=critical,
        aggregation=aggregation,
        bands=(),
        breaks=tuple(sorted((*_COMMON, *breaks))),
        score=f"cxaudit._audit.scoring.vendor:{name.replace('-', '_')}",
        source=source,
    )


_SASSIE = "help.sassieshop.com: Basic scoring; Scoring terms"
_SASSIE_SUMS = "Points earned over points possible, summed over all questions of all jobs."
_EVALUAGENT = "support.evaluagent.com: article 13284840 (scoring settings)"
_EVALUATIONS = (
    "Weighted share of each evaluation; over several evaluations, the mean of their percentages."
)
_REMOVED = "It leaves points earned and points possible alike."
_PASSED = "It counts as a pass: its full weight is earned."
_ZERO = "A failed critical question sets its evaluation to 0."

POLICIES: tuple[Policy, ...] = (
    Policy(
        id="cxaudit.cxaudit-1",
        title="cxaudit, first edition",
        not_applicable="It has no part in the score; a reason is required.",
        unanswered=(
            "It moves no score. It lowers the coverage and widens the bounds: the score if all "
            "that is unknown went all wrong, or all right."
        ),
        critical=(
            "A critical item that failed keeps its number and caps the grade at 'does not "
            "reliably keep its word'; one that is not cleared, because it is unknown, bars "
            "'keeps its word'. Matters of law are a class of their own, outside score and grade."
        ),
        aggregation=(
            "Weighted mean of all findings inside each area, then of the areas, which weigh "
            "alike unless the checklist says otherwise. An item counts once, however many "
            "touchpoints it has. Intervals combine by MOVER: findings that rest on the same days "
            "or visits vary together, others by themselves."
        ),
        bands=BANDS,
        score="cxaudit._audit.scoring.cxaudit_1:score",
        source="cxaudit's own. The limits of the grades, 90, 75 and 60 %, are a convention.",
    ),
    _vendor(
        "sassie",
        "SASSIE, as delivered",
        "It earns 0 points and its points stay possible.",
        _NOT_STATED,
        "No zeroing is described in the pages read: a critical question is scored like another.",
        _SASSIE_SUMS,
        breaks=(_NOT_APPLICABLE,),
        source=_SASSIE,
    ),
    _vendor(
        "sassie-na-removed",
        "SASSIE, 'not applicable' removed by the survey's setting",
        _REMOVED,
        _NOT_STATED,
        "No zeroing is described in the pages read: a critical question is scored like another.",
        _SASSIE_SUMS,
        breaks=(),
        source=_SASSIE,
    ),
    _vendor(
        "zendesk-qa",
        "Zendesk QA",
        "It is removed: the category leaves both sums.",
        "A category that is skipped leaves both sums.",
        "A critical category rated under 50 % sets its review to 0.",
        "Weighted mean of the rated categories of a review; then the mean of the reviews' scores.",
        breaks=(_MEAN, _CRITICAL),
        source="support.zendesk.com: article 7043701093786 (how scores are calculated)",
    ),
    _vendor(
        "maestroqa",
        "MaestroQA, rubric of total points",
        "It takes the criterion's maximum out of the points possible.",
        _NOT_STATED,
        "A failed critical question (auto-fail) sets its review to 0.",
        "Points over maximum points, summed over all reviews.",
        breaks=(_CRITICAL,),
        source="help.maestroqa.com: articles 4537176 and 4544009",
    ),
    _vendor(
        "scorebuddy",
        "Scorebuddy",
        "Its maximum becomes 0, so it leaves both sums; a failed section goes before it.",
        _NOT_STATED,
        (
            "Fail Section sets the section to 0 (here: an item with a limit, and its area); "
            "Fail All sets the review to 0 (here: an item of which one event is enough)."
        ),
        "Sum of the answers over the sum of their maxima, over all reviews; never an average.",
        breaks=(_CRITICAL,),
        source="Scorebuddy help centre: articles 9610877 and 9610819",
    ),
    _vendor(
        "evaluagent",
        "EvaluAgent, 'not applicable' passes",
        _PASSED,
        _NOT_STATED,
        _ZERO,
        _EVALUATIONS,
        breaks=(_NOT_APPLICABLE, _MEAN, _CRITICAL),
        source=_EVALUAGENT,
    ),
    _vendor(
        "evaluagent-na-removed",
        "EvaluAgent, 'not applicable' removed by the account's switch",
        _REMOVED,
        _NOT_STATED,
        _ZERO,
        _EVALUATIONS,
        breaks=(_MEAN, _CRITICAL),
        source=_EVALUAGENT,
    ),
    _vendor(
        "evaluagent-keep-score",
        "EvaluAgent, score kept and outcome failed by the account's switch",
        _PASSED,
        _NOT_STATED,
        "A failed critical question fails the outcome of its evaluation, whose score is kept.",
        _EVALUATIONS,
        breaks=(_NOT_APPLICABLE, _MEAN),
        source=_EVALUAGENT,
    ),
    _vendor(
        "amazon-connect",
        "Amazon Connect, weighted by question",
        "It is flagged and its weight falls to the questions that apply.",
        _NOT_STATED,
        (
            "Automatic fail sets the evaluation to 0 (here: an item of which one event is "
            "enough), or one section of it (here: an item with a limit, and its area)."
        ),
        "Percentage of each evaluation; over several, the mean of their percentages.",
        breaks=(_MEAN, _CRITICAL),
        source="docs.aws.amazon.com: Amazon Connect API reference, EvaluationForm, EvaluationScore",
    ),
)
