"""The arithmetic of other systems, so that a client can see why two tools disagree.

They score *reviews*: what one rater answered for one case. A question is one answer; findings
of items that nobody answered, such as measured ones, are the questions of one more review of
their unit. Each question has its item's weight. What holds no scored question is no review:
"not applicable" counts by a system's rule beside answers that have a score, never alone. A
finding that does not apply at its unit is no question, for no form would ask it there. These
systems know neither bounds nor intervals, nor a grade that they all share, so there are none.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import attrs

from cxaudit._audit.judging.answers import Value, answer_scorer
from cxaudit._model.checklist import AREAS, Item
from cxaudit._model.evidence import Answer, AnswerKind
from cxaudit._model.findings import Finding, Flag, State
from cxaudit._model.said import Said
from cxaudit._model.scores import Score, Scorecard, ScoringInput, UnitScores

__all__ = [
    "amazon_connect",
    "evaluagent",
    "evaluagent_keep_score",
    "evaluagent_na_removed",
    "maestroqa",
    "sassie",
    "sassie_na_removed",
    "scorebuddy",
    "zendesk_qa",
]


@attrs.frozen(kw_only=True)
class _Rules:
    """How a system scores.

    Attributes:
        not_applicable: ``lost`` (possible, not earned), ``passed`` or ``removed``.
        critical: What a failed critical question does: ``nothing``, ``zero`` (the review
            scores 0) or ``section`` (its area scores 0; the review, when one event is enough).
        pooled: Whether reviews add up before dividing, or their percentages are averaged.
        limit: Score under which a critical question fails; None takes the item's own.
    """

    not_applicable: str = "removed"
    critical: str = "zero"
    pooled: bool = True
    limit: float | None = None


def sassie(basis: ScoringInput) -> Scorecard:
    """Score as SASSIE does by default."""
    return _score(basis, "sassie-1", _Rules(not_applicable="lost", critical="nothing"))


def sassie_na_removed(basis: ScoringInput) -> Scorecard:
    """Score as SASSIE does with "not applicable" removed from the points possible."""
    return _score(basis, "sassie-na-removed-1", _Rules(critical="nothing"))


def zendesk_qa(basis: ScoringInput) -> Scorecard:
    """Score as Zendesk QA does."""
    return _score(basis, "zendesk-qa-1", _Rules(pooled=False, limit=0.5))


def maestroqa(basis: ScoringInput) -> Scorecard:
    """Score as MaestroQA does with a rubric of total points."""
    return _score(basis, "maestroqa-1", _Rules())


def scorebuddy(basis: ScoringInput) -> Scorecard:
    """Score as Scorebuddy does."""
    return _score(basis, "scorebuddy-1", _Rules(critical="section"))


def evaluagent(basis: ScoringInput) -> Scorecard:
    """Score as EvaluAgent does: "not applicable" passes, a failed critical line gives 0."""
    return _score(basis, "evaluagent-1", _Rules(not_applicable="passed", pooled=False))


def evaluagent_na_removed(basis: ScoringInput) -> Scorecard:
    """Score as EvaluAgent does with "not applicable" removed."""
    return _score(basis, "evaluagent-na-removed-1", _Rules(pooled=False))


def evaluagent_keep_score(basis: ScoringInput) -> Scorecard:
    """Score as EvaluAgent does with the score kept and the outcome failed."""
    rules = _Rules(not_applicable="passed", critical="nothing", pooled=False)
    return _score(basis, "evaluagent-keep-score-1", rules)


def amazon_connect(basis: ScoringInput) -> Scorecard:
    """Score as Amazon Connect does, weighted by question."""
    return _score(basis, "amazon-connect-1", _Rules(critical="section", pooled=False))


@attrs.frozen
class _Question:
    """A question of a review: score None when not answered; ``failed`` when critical and bad.

    ``on_form`` tells whether "not applicable" was answered, or nobody would be asked there.
    """

    item: Item
    touchpoint: str
    score: float | None
    neutral: bool
    failed: bool
    on_form: bool = True

    @property
    def ends_review(self) -> bool:
        """Tell whether its failure is one of the whole review, not of its section."""
        critical = self.item.critical
        return critical is not None and critical.fail_below is None


_Review = list[_Question]


def _score(basis: ScoringInput, policy: str, rules: _Rules) -> Scorecard:
    answered, measured = _answered(basis, rules), _measured(basis)
    units = []
    for unit, counted in basis.units.rolled_up().items():
        reviews = [review for member in counted for review in answered.get(member, ())]
        asked = {question.item.id for review in reviews for question in review}
        rest = [question for question in measured.get(unit, ()) if question.item.id not in asked]
        reviews += [rest] if rest else []
        if reviews or unit == basis.units.root.id:
            units.append(_unit_scores(unit, reviews, rules))
    return Scorecard(policy=f"cxaudit.{policy}", bands=(), units=tuple(units))


def _answered(basis: ScoringInput, rules: _Rules) -> dict[str, list[_Review]]:
    """Return the reviews of each unit: what each rater answered for each case."""
    items = {item.id: item for item in basis.checklist.items if _judged(item)}
    scorers = {item.id: answer_scorer(item.ask) for item in items.values() if item.ask is not None}
    left_out = {case.id for case in basis.cases if not case.counts}
    reviews: dict[str, dict[tuple[str, str], _Review]] = {}
    for answer in basis.answers.of_people:
        scorer = scorers.get(answer.item)
        if scorer is None or answer.case in left_out:
            continue
        question = _answer_question(items[answer.item], answer, scorer, rules)
        if question is not None:
            by_rater = reviews.setdefault(answer.unit, {})
            by_rater.setdefault((answer.case, answer.rater), []).append(question)
    return {unit: list(by_rater.values()) for unit, by_rater in reviews.items()}


def _judged(item: Item) -> bool:
    return item.role == "practice" and item.excluded is None


def _answer_question(
    item: Item, answer: Answer, scorer: Callable[[Value], float | None], rules: _Rules
) -> _Question | None:
    """Return an answer as a question; None when what was chosen carries no score."""
    if answer.kind is not AnswerKind.VALUE or answer.value is None:
        neutral = answer.kind is AnswerKind.NOT_APPLICABLE
        return _Question(item, answer.touchpoint, None, neutral, failed=False)
    score = scorer(answer.value)
    if score is None:
        return None
    failed = False
    if item.critical is not None:
        limit = 1.0 if item.critical.fail_below is None else item.critical.fail_below
        failed = score < (limit if rules.limit is None else rules.limit)
    return _Question(item, answer.touchpoint, score, neutral=False, failed=failed)


def _measured(basis: ScoringInput) -> dict[str, _Review]:
    """Return the findings of each unit as questions, without those that can never score."""
    items = {
        item.id: item
        for item in basis.checklist.items
        if _judged(item) and (item.ask is None or answer_scorer(item.ask) is not None)
    }
    reviews: dict[str, _Review] = {}
    for finding in basis.findings:
        if finding.state in {State.INFORMATIVE, State.EXCLUDED} or finding.item not in items:
            continue
        reviews.setdefault(finding.unit, []).append(_finding_question(items[finding.item], finding))
    return reviews


def _finding_question(item: Item, finding: Finding) -> _Question:
    return _Question(
        item,
        finding.touchpoint,
        finding.score,
        finding.state.neutral,
        failed=Flag.FAILED in finding.flags,
        on_form=not finding.state.neutral,
    )


def _unit_scores(unit: str, reviews: Sequence[_Review], rules: _Rules) -> UnitScores:
    questions = [question for review in reviews for question in review]
    reviews = [
        review for review in reviews if any(question.score is not None for question in review)
    ]
    areas = {question.item.area for question in questions}
    tops = sorted({_top(question) for question in questions})

    def scored(counts: Callable[[_Question], bool]) -> Score:
        return _combined(
            [_points(review, rules, counts) for review in reviews], rules, filter(counts, questions)
        )

    failed = sum(any(question.failed for question in review) for review in reviews)
    reason = Said("reviews-failed", n=failed, all=len(reviews)) if failed else ""
    return UnitScores(
        unit=unit,
        overall=scored(lambda _: True),
        grade=None,
        capped=reason,
        areas={a: scored(lambda q, a=a: q.item.area == a) for a in AREAS if a in areas},  # type: ignore[misc]
        touchpoints={t: scored(lambda q, t=t: _top(q) == t) for t in tops},  # type: ignore[misc]
    )


def _top(question: _Question) -> str:
    return question.touchpoint.partition(".")[0]


def _points(
    review: _Review, rules: _Rules, counts: Callable[[_Question], bool]
) -> tuple[float, float]:
    """Return the points earned and possible by some questions of a review."""
    failed = [question for question in review if question.failed]
    zeroed: set[str] = set()
    if rules.critical == "zero" and failed:
        zeroed.update(AREAS)
    elif rules.critical == "section":
        zeroed.update(question.item.area for question in failed)
        if any(question.ends_review for question in failed):
            zeroed.update(AREAS)
    earned = possible = 0.0
    for question in review:
        score = question.score
        if question.neutral and question.on_form and rules.not_applicable != "removed":
            score = 1.0 if rules.not_applicable == "passed" else 0.0
        if score is not None and counts(question):
            possible += question.item.weight
            earned += 0.0 if question.item.area in zeroed else question.item.weight * score
    return earned, possible


def _combined(
    points: Sequence[tuple[float, float]], rules: _Rules, questions: Iterable[_Question]
) -> Score:
    weight: dict[str, float] = {"neutral": 0.0, "unknown": 0.0, "scored": 0.0}
    count: Counter[str] = Counter()
    for question in questions:
        kind = "neutral" if question.neutral else "unknown" if question.score is None else "scored"
        weight[kind] += question.item.weight
        count[kind] += 1
        count["met"] += question.score == 1
    due = weight["scored"] + weight["unknown"]
    if rules.pooled:
        points = [(math.fsum(e for e, _ in points), math.fsum(p for _, p in points))]
    shares = [earned / possible for earned, possible in points if possible and count["scored"]]
    return Score(
        value=math.fsum(shares) / len(shares) if shares else None,
        coverage=weight["scored"] / due if due else None,
        scored=count["scored"],
        unknown=count["unknown"],
        neutral=count["neutral"],
        met=count["met"],
    )
