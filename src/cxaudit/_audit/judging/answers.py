"""Answers to verdicts: the scoring law for items that people answer (its points 6 and 9)."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import attrs

from cxaudit._model.checklist import Ask, Item
from cxaudit._model.evidence import Answer, AnswerKind, Case
from cxaudit._model.findings import State, Verdict
from cxaudit._model.said import Said, joined
from cxaudit._statistics.intervals import Interval, mean_interval, wilson

__all__ = ["answer_scorer", "case_scores", "judge_answers"]

_NUMBERS = {"number", "count", "time"}
_ALONE = 1.1  # effective cases; below, Student's interval spans over 10^12 standard errors


@attrs.frozen
class _Pool:
    """Weighted means of cases, one value a case."""

    values: tuple[float, ...]
    weights: tuple[float, ...]

    @property
    def mean(self) -> float:
        if min(self.values) == max(self.values):
            return self.values[0]  # exact, so that all met is 1 whatever the weights
        pairs = zip(self.values, self.weights, strict=True)
        return math.fsum(value * weight for value, weight in pairs) / math.fsum(self.weights)

    @property
    def effective(self) -> float:
        """Return the effective number of cases (Kish 1965): (sum w)^2 / sum w^2."""
        return math.fsum(self.weights) ** 2 / math.fsum(weight**2 for weight in self.weights)

    def share_interval(self) -> Interval:
        """Return Wilson's interval on the effective number of cases."""
        n = self.effective
        return wilson(min(n, self.mean * n), n)

    def mean_interval(self) -> Interval | None:
        """Return Student's interval on the effective number of cases; None where one rules."""
        n, mean, total = self.effective, self.mean, math.fsum(self.weights)
        if n < _ALONE:
            return None
        squares = math.fsum(
            weight * (value - mean) ** 2
            for value, weight in zip(self.values, self.weights, strict=True)
        )
        return mean_interval(n, mean, squares * n / total)


def judge_answers(
    item: Item,
    touchpoint: str,
    answers: Sequence[Answer],
    cases: Mapping[str, Case],
    unit_weights: Mapping[str, float],
) -> Verdict:
    """Judge an asked item at a touchpoint of a unit.

    The score is the mean over cases of the mean over raters; above a unit, that of its units by
    their weights, whose cases share the weight (a stratified mean, Cochran 1977, ch. 5), so
    that a unit that was visited more often weighs no more. ``n`` counts cases. Only checked,
    final and disputed cases count. Where some cases could not be observed or are not applicable,
    the others are scored and the reason says so; when none is scored, one case that could not be
    observed makes the whole ``not_observed``.

    The interval of the score is Wilson's for yes-no and wherever the cases do not vary (scores
    within 0 to 1 vary at most as yes-no does, so it is never too narrow), else Student's, cut
    at 0 and 1. Weights enter by the effective number of cases (Kish 1965). A document is seen
    whole: its interval is its score.

    Args:
        item: The item; it has ``ask``.
        touchpoint: One of its touchpoints; answers at it or below it are taken.
        answers: Answers of the units whose cases count for the unit judged.
        cases: All cases, by id. An answer whose case is not among them does not count.
        unit_weights: Unit to its weight, which its cases share.

    Returns:
        A verdict. ``tentative`` when the interval of the score straddles ``fail_below``, or
        that of the value the curve's target; one case alone leaves the value open.
    """
    assert item.ask is not None
    ask = item.ask
    relevant = [
        answer
        for answer in answers
        if answer.item == item.id and f"{answer.touchpoint}.".startswith(f"{touchpoint}.")
    ]
    counted: dict[str, list[Answer]] = defaultdict(list)
    left_out: dict[str, str] = {}
    for answer in relevant:
        case = cases.get(answer.case)
        if case is not None and case.counts:
            counted[answer.case].append(answer)
        else:
            left_out[answer.case] = case.status if case else "unknown"
    kinds = {case: _kind(of_case) for case, of_case in counted.items()}
    reasons = _left_out(left_out)
    if AnswerKind.VALUE not in kinds.values():
        return _nothing_seen(kinds, relevant, reasons)
    seen = {
        case: [answer for answer in of_case if answer.kind is AnswerKind.VALUE]
        for case, of_case in counted.items()
        if kinds[case] is AnswerKind.VALUE
    }
    reasons = [*_partly_seen(kinds), *reasons]
    units = {case: cases[case].unit for case in seen}
    value = _pool(seen, units, unit_weights, _number) if ask.answer in _NUMBERS else None
    score_of = answer_scorer(ask)
    scored = _pool(seen, units, unit_weights, score_of) if score_of else None
    low, high = _value_interval(value, ask)
    unscored = Verdict(
        state=State.INFORMATIVE,
        n=len(seen),
        value=value.mean if value else None,
        value_low=low,
        value_high=high,
        reason=_joined(reasons),
    )
    if scored is None:
        return _unscored(unscored, ask, reasons)
    verdict = attrs.evolve(
        unscored, n=len(scored.values), proven=_proven(item, seen, cases, score_of)
    )
    if len(scored.values) < ask.min_cases:
        few = Said("too-few-cases", n=len(scored.values), least=ask.min_cases)
        return attrs.evolve(verdict, state=State.INSUFFICIENT, reason=_joined([few, *reasons]))
    return _scored(verdict, item, scored, value)


def case_scores(ask: Ask, answers: Iterable[Answer]) -> dict[str, float]:
    """Return the score of each case that has one: the mean over its raters, as it counts.

    Args:
        ask: The question.
        answers: Answers to it, of cases that count.
    """
    seen: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        if answer.kind is AnswerKind.VALUE:
            seen[answer.case].append(answer)
    score_of = answer_scorer(ask)
    return _means(seen, score_of) if score_of else {}


def _kind(answers: Iterable[Answer]) -> AnswerKind:
    """Return what a case says: a value if any rater saw one, else unknown before neutral."""
    kinds = {answer.kind for answer in answers}
    order = (AnswerKind.VALUE, AnswerKind.NOT_OBSERVED, AnswerKind.NOT_APPLICABLE)
    return next(kind for kind in order if kind in kinds)


def _nothing_seen(
    kinds: Mapping[str, AnswerKind], answers: Iterable[Answer], further: Sequence[str]
) -> Verdict:
    if not kinds:
        return Verdict(state=State.UNANSWERED, reason=_joined(further))
    unseen = AnswerKind.NOT_OBSERVED in kinds.values()
    kind = AnswerKind.NOT_OBSERVED if unseen else AnswerKind.NOT_APPLICABLE
    reasons = [
        answer.reason
        for answer in answers
        if answer.kind is kind and answer.case in kinds and answer.reason
    ]
    state = State.NOT_OBSERVED if unseen else State.NOT_APPLICABLE
    return Verdict(state=state, n=len(kinds), reason=_joined([*dict.fromkeys(reasons), *further]))


def _partly_seen(kinds: Mapping[str, AnswerKind]) -> list[str]:
    codes = {
        AnswerKind.NOT_OBSERVED: "cases-not-observed",
        AnswerKind.NOT_APPLICABLE: "cases-not-applicable",
    }
    counts = Counter(kinds.values())
    return [
        Said(code, n=counts[kind], all=len(kinds)) for kind, code in codes.items() if counts[kind]
    ]


def _left_out(cases: Mapping[str, str]) -> list[str]:
    counts = Counter(cases.values())
    return [Said("cases-left-out", n=counts[status], status=status) for status in sorted(counts)]


def _joined(parts: Iterable[str]) -> str:
    """Return reasons as one, without the full stops of what raters wrote."""
    return joined(part if isinstance(part, Said) else part.rstrip(".") for part in parts)


def _number(answer: Answer) -> float | None:
    return float(answer.value) if answer.value is not None else None


def answer_scorer(ask: Ask) -> Callable[[Answer], float | None] | None:
    """Return what scores one answer (None where its choice carries no score), if anything does."""
    if ask.answer == "yes-no":
        return lambda answer: float(answer.value is ask.met)
    if ask.answer == "levels":
        return _number
    if ask.answer == "choice":
        scores = {choice.id: choice.score for choice in ask.choices}
        if all(score is None for score in scores.values()):
            return None
        return lambda answer: scores.get(str(answer.value))
    curve = ask.curve
    if ask.answer in _NUMBERS and curve is not None:
        return lambda answer: curve.score(float(answer.value or 0.0))
    return None


def _pool(
    seen: Mapping[str, Sequence[Answer]],
    units: Mapping[str, str],
    unit_weights: Mapping[str, float],
    measure: Callable[[Answer], float | None],
) -> _Pool | None:
    """Return the cases that have a value, each with its share of its unit's weight.

    Args:
        seen: The answers of each case.
        units: Case to its unit.
        unit_weights: Unit to its weight.
        measure: The number that one answer gives.
    """
    means = _means(seen, measure)
    if not means:
        return None
    cases_of = Counter(units[case] for case in means)
    weights = (unit_weights[units[case]] / cases_of[units[case]] for case in means)
    return _Pool(tuple(means.values()), tuple(weights))


def _means(
    seen: Mapping[str, Sequence[Answer]], measure: Callable[[Answer], float | None]
) -> dict[str, float]:
    """Return the mean over raters of each case that has one."""
    means: dict[str, float] = {}
    for case, answers in seen.items():
        numbers = [number for answer in answers if (number := measure(answer)) is not None]
        if numbers:
            means[case] = _Pool(tuple(numbers), (1.0,) * len(numbers)).mean
    return means


def _value_interval(value: _Pool | None, ask: Ask) -> tuple[float, float] | tuple[None, None]:
    if value is None:
        return None, None
    if ask.method == "document":
        return value.mean, value.mean
    ends = value.mean_interval()
    if ends is None:
        return None, None
    # No count and no time is below 0; of numbers only those are taken to be able to that are.
    if ask.answer in {"count", "time"} or min(value.values) >= 0:
        return max(0.0, ends[0]), ends[1]
    return ends


def _unscored(verdict: Verdict, ask: Ask, reasons: Sequence[str]) -> Verdict:
    if ask.answer in _NUMBERS:
        reason = _joined([Said("target-absent"), *reasons])
        return attrs.evolve(verdict, state=State.NO_TARGET, reason=reason)
    return verdict


def _proven(
    item: Item,
    seen: Mapping[str, Sequence[Answer]],
    cases: Mapping[str, Case],
    score_of: Callable[[Answer], float | None] | None,
) -> bool:
    """Tell whether a final case lies at score 0 by all its raters."""
    if item.critical is None or not item.critical.event or score_of is None:
        return False
    final = {case: answers for case, answers in seen.items() if cases[case].status == "final"}
    pool = _pool(final, dict.fromkeys(final, ""), {"": 1.0}, score_of)
    return pool is not None and 0.0 in pool.values


def _scored(verdict: Verdict, item: Item, scored: _Pool, value: _Pool | None) -> Verdict:
    ask = item.ask
    assert ask is not None
    score = min(1.0, max(0.0, scored.mean))  # a mean of scores may miss its ends by rounding
    if value is not None:
        state = State.MEASURED
    else:
        state = {1.0: State.MET, 0.0: State.NOT_MET}.get(score, State.PARTLY)
    ends: Interval | None
    if ask.method == "document":
        ends = (score, score)
    elif ask.answer == "yes-no" or min(scored.values) == max(scored.values):
        ends = scored.share_interval()
    else:
        ends = scored.mean_interval()
    low, high = (max(0.0, ends[0]), min(1.0, ends[1])) if ends else (None, None)
    fail_below = item.critical.fail_below if item.critical else None
    tentative = fail_below is not None and (low or 0.0) < fail_below <= (
        1.0 if high is None else high
    )
    target = ask.curve.target if value is not None and ask.curve else None
    if target is not None and ask.method != "document":
        tentative |= (
            verdict.value_low is None
            or verdict.value_high is None
            or verdict.value_low < target < verdict.value_high
        )
    return attrs.evolve(verdict, state=state, score=score, low=low, high=high, tentative=tentative)
