"""Answers to verdicts: the scoring law for items that people answer (its points 6 and 9).

Of a verdict only so much is worked out as there are different ones: cases with the same answers,
from units of the same weight, say the same, and so do units with the same such cases.
"""

from __future__ import annotations

import math
import operator
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from cxaudit._model.checklist import Ask, Item
from cxaudit._model.evidence import Answer, AnswerKind, Answers, Case
from cxaudit._model.findings import State, Verdict
from cxaudit._model.said import Said, joined
from cxaudit._statistics.intervals import Interval, mean_interval, wilson

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes = NDArray[np.intp]

__all__ = ["AskedAnswers", "Pools", "Value", "answer_scorer", "case_scores"]

Value = bool | float | str | None
_NUMBERS = {"number", "count", "time"}
_ALONE = 1.1  # effective cases; below, Student's interval spans over 10^12 standard errors
_KINDS = (AnswerKind.VALUE, AnswerKind.NOT_OBSERVED, AnswerKind.NOT_APPLICABLE)
"""What a case says: a value if any rater saw one, else unknown before neutral."""
_UNANSWERED = Verdict(state=State.UNANSWERED)


@attrs.frozen
class _Pool:
    """Weighted means of cases, one value a case."""

    values: Sequence[float]
    weights: Sequence[float]

    @cached_property
    def mean(self) -> float:
        """Return the weighted mean."""
        if min(self.values) == max(self.values):
            return self.values[0]  # exact, so that all met is 1 whatever the weights
        total = math.fsum(map(operator.mul, self.values, self.weights))
        return total / math.fsum(self.weights)

    @cached_property
    def effective(self) -> float:
        """Return the effective number of cases (Kish 1965): (sum w)^2 / sum w^2."""
        square = {weight: weight**2 for weight in set(self.weights)}
        squares = math.fsum(map(square.__getitem__, self.weights))
        return math.fsum(self.weights) ** 2 / squares

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


@attrs.frozen(eq=False)
class Pools:
    """The units at which an item is judged, and the units whose cases count for each.

    Attributes:
        size: How many units are judged.
        owner, member: Each pair of them: the position among those judged, ascending, and the
            position of a unit whose cases count there among all units.
    """

    size: int
    owner: Codes
    member: Codes

    @classmethod
    def of(cls, counted: Mapping[str, Sequence[str]], positions: Mapping[str, int]) -> Pools:
        """Return pools by ids of units.

        Args:
            counted: Unit judged to the units whose cases count for it.
            positions: Unit to its position among all units.
        """
        import numpy as np

        sizes = [len(members) for members in counted.values()]
        member = [positions[unit] for members in counted.values() for unit in members]
        owner = np.repeat(np.arange(len(sizes)), sizes)
        return cls(len(sizes), owner, np.array(member, dtype=np.intp))


@attrs.frozen(eq=False)
class _Cases:
    """Cases in which an item was asked, those of a unit side by side.

    Attributes:
        unit: Position of each one's unit.
        kind: Position in `_KINDS` of what each one says.
        value, score: The means over raters; NaN where there is none.
        value_weight, score_weight: The share of the unit's weight among those that have one.
        final: Whether it is proven, where one that is proven decides.
        alike: A number for each, the same where all of this but the unit is.
    """

    unit: Codes
    kind: Codes
    value: NDArray[np.float64]
    score: NDArray[np.float64]
    value_weight: NDArray[np.float64]
    score_weight: NDArray[np.float64]
    final: NDArray[np.bool_]
    alike: Codes


class AskedAnswers:
    """The answers of an audit that count, made ready to be judged item by item."""

    def __init__(
        self, answers: Answers, cases: Iterable[Case], unit_weights: Mapping[str, float]
    ) -> None:
        """Sort answers by item.

        Args:
            answers: All answers.
            cases: All cases. An answer counts if its case is among them and counts.
            unit_weights: All units, each with its weight, which its cases share.
        """
        import numpy as np

        counting = {case.id: case for case in cases if case.counts}
        self._answers = answers = answers.where(answers.among("case", counting))
        self.positions = {unit: position for position, unit in enumerate(unit_weights)}
        self._weights = np.array(list(unit_weights.values()), dtype=float)
        self._weight_codes = np.unique(self._weights, return_inverse=True)[1]
        units = [self.positions.get(unit, -1) for unit in answers.tables["unit"]]
        self._units = np.array(units, dtype=np.int32)[answers.codes["unit"]]
        kinds = [_KINDS.index(kind) for kind in answers.tables["kind"]]
        self._kinds = np.array(kinds, dtype=np.int8)[answers.codes["kind"]]
        final = {case.id for case in counting.values() if case.status == "final"}
        self._final = np.array([case in final for case in answers.tables["case"]], dtype=bool)
        codes = answers.codes["item"]
        order = np.argsort(codes, kind="stable")
        bounds = np.searchsorted(codes[order], np.arange(len(answers.tables["item"]) + 1))
        self._by_item = {
            item: order[bounds[code] : bounds[code + 1]]
            for code, item in enumerate(answers.tables["item"])
        }

    def judged(self, item: Item, touchpoint: str, pools: Pools) -> tuple[list[Verdict], Codes]:
        """Judge an asked item at a touchpoint of units.

        The score is the mean over cases of the mean over raters; above a unit, that of its units
        by their weights, whose cases share the weight (a stratified mean, Cochran 1977, ch. 5),
        so that a unit that was visited more often weighs no more. ``n`` counts cases. Only
        checked, final and disputed cases count. Where some cases could not be observed or are not
        applicable, the others are scored and the reason says so; when none is scored, one case
        that could not be observed makes the whole ``not_observed``.

        The interval of the score is Wilson's for yes-no and wherever the cases do not vary (scores
        within 0 to 1 vary at most as yes-no does, so it is never too narrow), else Student's, cut
        at 0 and 1. Weights enter by the effective number of cases (Kish 1965). A document is seen
        whole: its interval is its score.

        Args:
            item: The item; it has ``ask``.
            touchpoint: One of its touchpoints; answers at it or below it are taken.
            pools: The units judged, and the units whose cases count for each.

        Returns:
            The verdicts that some unit has, and the position of each judged unit's verdict among
            them. A verdict is ``tentative`` when the interval of the score straddles
            ``fail_below``, or that of the value the curve's target; one case alone leaves the
            value open.
        """
        import numpy as np

        rows = self._rows(item, touchpoint)
        cases = self._cases(item, rows)
        verdicts, chosen = [_UNANSWERED], np.zeros(pools.size, dtype=np.intp)
        owner, case = _spread(pools, cases.unit, len(self._weights))
        sizes = np.bincount(owner, minlength=pools.size)
        ends = np.cumsum(sizes)
        sees = np.bincount(owner[cases.kind[case] == 0], minlength=pools.size) > 0
        alone = np.flatnonzero(sees & (sizes == 1))
        _, first, codes = np.unique(
            cases.alike[case[ends[alone] - 1]], return_index=True, return_inverse=True
        )
        chosen[alone] = len(verdicts) + codes
        verdicts += [_verdict(item, cases, case[ends[n] - 1 : ends[n]]) for n in alone[first]]
        # Sums are exact in any order, so units with the same cases in another order are the same.
        positions: dict[Any, int] = {}
        for n in np.flatnonzero(np.where(sees, sizes > 1, sizes > 0)).tolist():
            of_unit = case[ends[n] - sizes[n] : ends[n]]
            if sees[n]:
                key: Any = np.sort(cases.alike[of_unit]).tobytes()
            else:
                units = cases.unit[of_unit].tolist()
                key = self._nothing_seen(rows, cases.kind[of_unit], units)
            if key not in positions:
                positions[key] = len(verdicts)
                verdicts.append(_verdict(item, cases, of_unit) if sees[n] else key)
            chosen[n] = positions[key]
        return verdicts, chosen

    def _rows(self, item: Item, touchpoint: str) -> Codes:
        """Return the positions of the answers to an item at a touchpoint or below, by unit."""
        import numpy as np

        answers = self._answers
        rows = self._by_item.get(item.id, np.empty(0, dtype=np.intp))
        within = [f"{name}.".startswith(f"{touchpoint}.") for name in answers.tables["touchpoint"]]
        rows = rows[np.array(within, dtype=bool)[answers.codes["touchpoint"][rows]]]
        by_unit: Codes = rows[np.argsort(self._units[rows], kind="stable")]
        return by_unit

    def _cases(self, item: Item, rows: Codes) -> _Cases:
        """Return the cases that answers to an item are of."""
        import numpy as np

        assert item.ask is not None
        case, first, of_answer, raters = np.unique(
            self._answers.codes["case"][rows],
            return_index=True,
            return_inverse=True,
            return_counts=True,
        )
        by_unit = np.argsort(self._units[rows[first]], kind="stable")
        unit = self._units[rows[first]][by_unit].astype(np.intp)
        content, contents = self._contents(rows, first, of_answer, raters)
        content = content[by_unit]
        means = [_means(item.ask, answers) for answers in contents]
        kind = np.array([kind for kind, _, _ in means], dtype=np.intp)[content]
        value = np.array([value for _, value, _ in means], dtype=float)[content]
        score = np.array([score for _, _, score in means], dtype=float)[content]
        final = self._final[case][by_unit]
        if item.critical is None or not item.critical.event:
            final = np.zeros_like(final)
        shares = [
            np.bincount(unit[~np.isnan(n)], minlength=len(self._weights)) for n in (value, score)
        ]
        valued, scored = (share[unit] for share in shares)
        return _Cases(
            unit=unit,
            kind=kind,
            value=value,
            score=score,
            value_weight=self._weights[unit] / np.maximum(valued, 1),
            score_weight=self._weights[unit] / np.maximum(scored, 1),
            final=final,
            alike=_alike(content, final, self._weight_codes[unit], valued, scored),
        )

    def _contents(
        self, rows: Codes, first: Codes, of_answer: Codes, raters: Codes
    ) -> tuple[Codes, list[list[tuple[int, Value]]]]:
        """Return the position of what was answered in each case, and all that was in some case.

        Args:
            rows: The answers.
            first: First answer of each case, by its position among those.
            of_answer: Case of each answer.
            raters: How many answers each case has.
        """
        import numpy as np

        answers = self._answers
        # The value at position 7 that somebody saw, of three kinds, is 7 * 3 + 0.
        kinds, values = self._kinds[rows], answers.codes["value"][rows].astype(np.intp)
        replies, reply = np.unique(values * len(_KINDS) + kinds, return_inverse=True)
        table = answers.tables["value"]
        spoken = [(n % len(_KINDS), table[n // len(_KINDS)]) for n in replies.tolist()]
        content = reply[first]
        contents = {(n,): n for n in range(len(spoken))}
        of_case, ends = np.argsort(of_answer, kind="stable"), np.cumsum(raters)
        for n in np.flatnonzero(raters > 1).tolist():
            several = tuple(reply[of_case[ends[n] - raters[n] : ends[n]]].tolist())
            content[n] = contents.setdefault(several, len(contents))
        return content, [[spoken[n] for n in several] for several in contents]

    def _nothing_seen(self, rows: Codes, kinds: Codes, units: Iterable[int]) -> Verdict:
        """Return the verdict on cases in which nobody saw a value.

        Args:
            rows: The answers to the item, by unit.
            kinds: What each case says.
            units: Their units, in order.
        """
        import numpy as np

        unseen = 1 in kinds
        ordered = self._units[rows]
        parts = [
            rows[np.searchsorted(ordered, unit) : np.searchsorted(ordered, unit, "right")]
            for unit in dict.fromkeys(units)
        ]
        answers = np.concatenate(parts)
        answers = answers[self._kinds[answers] == (1 if unseen else 2)]
        table = self._answers.tables["reason"]
        codes = dict.fromkeys(self._answers.codes["reason"][answers].tolist())
        reasons = [table[code] for code in codes if table[code]]
        state = State.NOT_OBSERVED if unseen else State.NOT_APPLICABLE
        return Verdict(state=state, n=len(kinds), reason=_joined(reasons))


def _alike(*columns: NDArray[Any]) -> Codes:
    """Return a number for each row, the same for rows that are the same in all columns."""
    import numpy as np

    codes = columns[0]
    for column in columns[1:]:
        codes = np.unique(codes * (1 + column.max(initial=0)) + column, return_inverse=True)[1]
    return codes


def _spread(pools: Pools, unit: Codes, units: int) -> tuple[Codes, Codes]:
    """Return each case of each unit judged: its position among those judged, and the case.

    Where unit 0 has cases 0 and 1, unit 1 has case 2, and all count for the first unit judged and
    those of unit 1 for the second: 0 0 0 1, and 0 1 2 2.

    Args:
        pools: The units judged.
        unit: Unit of each case, ascending.
        units: How many units there are.
    """
    import numpy as np

    sizes = np.bincount(unit, minlength=units)
    first = np.cumsum(sizes) - sizes
    counts = sizes[pools.member]
    skipped = np.repeat(first[pools.member] - (np.cumsum(counts) - counts), counts)
    return np.repeat(pools.owner, counts), skipped + np.arange(len(skipped))


def _means(
    ask: Ask, answers: Sequence[tuple[int, Value]]
) -> tuple[int, float | None, float | None]:
    """Return what a case says, and the means over its raters of value and score."""
    kind = min(kind for kind, _ in answers)
    seen = [value for kind, value in answers if kind == 0]
    score_of = answer_scorer(ask)
    return (
        kind,
        _mean(seen, _number) if ask.answer in _NUMBERS else None,
        _mean(seen, score_of) if score_of else None,
    )


def _mean(values: Iterable[Value], measure: Callable[[Value], float | None]) -> float | None:
    """Return the mean of the numbers that values give; None where none does."""
    numbers = [number for value in values if (number := measure(value)) is not None]
    if len(numbers) > 1:
        return _Pool(numbers, (1.0,) * len(numbers)).mean
    return numbers[0] if numbers else None


def _verdict(item: Item, cases: _Cases, rows: Codes) -> Verdict:
    """Judge some cases of an asked item, in one of which at least a value was seen."""
    import numpy as np

    ask = item.ask
    assert ask is not None
    reasons = _partly_seen(np.bincount(cases.kind[rows], minlength=len(_KINDS)).tolist())
    value = _pool(cases.value[rows], cases.value_weight[rows])
    scored = _pool(cases.score[rows], cases.score_weight[rows])
    low, high = _value_interval(value, ask)
    unscored = Verdict(
        state=State.INFORMATIVE,
        n=int(np.count_nonzero(cases.kind[rows] == 0)),
        value=value.mean if value else None,
        value_low=low,
        value_high=high,
        reason=_joined(reasons),
    )
    if scored is None:
        return _unscored(unscored, ask, reasons)
    # One final case at score 0 by all its raters is proof.
    proven = bool((cases.final[rows] & (cases.score[rows] == 0)).any())
    verdict = attrs.evolve(unscored, n=len(scored.values), proven=proven)
    if len(scored.values) < ask.min_cases:
        few = Said("too-few-cases", n=len(scored.values), least=ask.min_cases)
        return attrs.evolve(verdict, state=State.INSUFFICIENT, reason=_joined([few, *reasons]))
    return _scored(verdict, item, scored, value)


def _pool(numbers: NDArray[np.float64], weights: NDArray[np.float64]) -> _Pool | None:
    """Return the cases that have a number."""
    import numpy as np

    known = ~np.isnan(numbers)
    return _Pool(numbers[known].tolist(), weights[known].tolist()) if known.any() else None


def case_scores(ask: Ask, answers: Iterable[Answer]) -> dict[str, float]:
    """Return the score of each case that has one: the mean over its raters, as it counts.

    Args:
        ask: The question.
        answers: Answers to it, of cases that count.
    """
    seen: dict[str, list[Value]] = defaultdict(list)
    for answer in answers:
        if answer.kind is AnswerKind.VALUE:
            seen[answer.case].append(answer.value)
    score_of = answer_scorer(ask)
    means = {case: _mean(values, score_of) for case, values in seen.items()} if score_of else {}
    return {case: mean for case, mean in means.items() if mean is not None}


def _partly_seen(counts: Sequence[int]) -> list[str]:
    codes = ("cases-not-observed", "cases-not-applicable")
    pairs = zip(codes, counts[1:], strict=True)
    return [Said(code, n=count, all=sum(counts)) for code, count in pairs if count]


def _joined(parts: Iterable[str]) -> str:
    """Return reasons as one, without the full stops of what raters wrote."""
    return joined(part if isinstance(part, Said) else part.rstrip(".") for part in parts)


def _number(value: Value) -> float | None:
    return float(value) if value is not None else None


def answer_scorer(ask: Ask) -> Callable[[Value], float | None] | None:
    """Return what scores one value (None where its choice carries no score), if anything does."""
    if ask.answer == "yes-no":
        return lambda value: float(value is ask.met)
    if ask.answer == "levels":
        return _number
    if ask.answer == "choice":
        scores = {choice.id: choice.score for choice in ask.choices}
        if all(score is None for score in scores.values()):
            return None
        return lambda value: scores.get(str(value))
    curve = ask.curve
    if ask.answer in _NUMBERS and curve is not None:
        return lambda value: curve.score(float(value or 0.0))
    return None


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
