"""Answers to verdicts: the scoring law for items that people answer (its points 6 and 9).

All units of an item are judged at once, by column; a verdict is made for each set of numbers that
is different. What varies by chance is the cluster of a case: visits by one rater to one unit on one
day are one.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import attrs

from cxaudit._model.checklist import Ask, Item
from cxaudit._model.directions import Direction
from cxaudit._model.evidence import Answer, AnswerKind, Answers, Case
from cxaudit._model.findings import State, Verdict
from cxaudit._model.said import Said, joined
from cxaudit._model.units import Unit
from cxaudit._statistics.intervals import normal_quantile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cxaudit._statistics.clusters import StratifiedMeans

    Codes = NDArray[np.intp]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["AskedAnswers", "Pools", "Value", "answer_scorer", "case_scores"]

Value = bool | float | str | None
_NUMBERS = {"number", "count", "time"}
_ALONE = 1.1  # effective clusters; below, one of them rules, and nothing shows how it varies
_LEAST = 1e-9
"""Effective clusters that a score rests on at least, so that its interval is one."""
_KINDS = (AnswerKind.VALUE, AnswerKind.NOT_OBSERVED, AnswerKind.NOT_APPLICABLE)
"""What a case says: a value if any rater saw one, else unknown before neutral."""
_UNANSWERED = Verdict(state=State.UNANSWERED)


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
        final: Whether it is proven, where one that is proven decides.
        cluster: Label of its cluster; those of a later unit are higher.
        case: Label of the case itself, above those of all clusters and in the same order.
    """

    unit: Codes
    kind: Codes
    value: Floats
    score: Floats
    final: Flags
    cluster: Codes
    case: Codes


class AskedAnswers:
    """The answers of an audit that count, made ready to be judged item by item."""

    def __init__(self, answers: Answers, cases: Sequence[Case], units: Iterable[Unit]) -> None:
        """Sort answers by item.

        Args:
            answers: All answers; those of machines do not count.
            cases: All cases. An answer counts if its case is among them and counts.
            units: All units. The cases of one share its weight; its days are those of its zone.
        """
        import numpy as np

        units = list(units)
        counting = {case.id: case for case in cases if case.counts}
        answers = answers.of_people
        self._answers = answers = answers.where(answers.among("case", counting))
        self.positions = {unit.id: position for position, unit in enumerate(units)}
        self.directions: list[Direction] = []
        self._direction_codes: dict[bytes, int] = {}
        self._weights = np.array([unit.weight for unit in units], dtype=float)
        at = [self.positions.get(unit, -1) for unit in answers.tables["unit"]]
        self._units = np.array(at, dtype=np.int32)[answers.codes["unit"]]
        kinds = [_KINDS.index(kind) for kind in answers.tables["kind"]]
        self._kinds = np.array(kinds, dtype=np.int8)[answers.codes["kind"]]
        final = {case.id for case in counting.values() if case.status == "final"}
        self._final = np.array([case in final for case in answers.tables["case"]], dtype=bool)
        self._declared = any(case.cluster for case in counting.values())
        self._clusters, self._case_labels = self._labels(list(counting.values()), units)
        codes = answers.codes["item"]
        order = np.argsort(codes, kind="stable")
        bounds = np.searchsorted(codes[order], np.arange(len(answers.tables["item"]) + 1))
        self._by_item = {
            item: order[bounds[code] : bounds[code + 1]]
            for code, item in enumerate(answers.tables["item"])
        }

    def _labels(self, cases: Sequence[Case], units: Sequence[Unit]) -> tuple[Codes, Codes]:
        """Return labels of the clusters of the answers' cases, and of the cases themselves.

        Clusters are numbered from 0 on by unit, then as their first cases are; the cases behind
        the last cluster likewise.
        """
        import numpy as np

        raters: dict[str, set[int]] = defaultdict(set)
        table = self._answers.tables["case"]
        pairs = (
            self._answers.codes["case"].astype(np.int64) * len(self._answers.tables["rater"])
            + self._answers.codes["rater"]
        )
        for pair in dict.fromkeys(pairs.tolist()):
            case, rater = divmod(pair, len(self._answers.tables["rater"]))
            raters[table[case]].add(rater)
        zones = [ZoneInfo(unit.zone) for unit in units]
        clusters: dict[Any, int] = {}
        labels: dict[str, tuple[int, int]] = {}
        cases = [case for case in cases if case.id in raters]
        for case in sorted(cases, key=lambda case: self.positions.get(case.unit, -1)):
            at = self.positions.get(case.unit, -1)
            key: Any = case.id
            if case.cluster:
                key = (at, case.cluster)
            elif case.at is not None and at >= 0:
                day = case.at.astimezone(zones[at]).date()
                key = (at, frozenset(raters[case.id]), day)
            labels[case.id] = clusters.setdefault(key, len(clusters)), len(labels)
        of_answers = np.array([labels[case] for case in table], dtype=np.intp).reshape(-1, 2)
        return of_answers[:, 0], of_answers[:, 1] + len(clusters)

    def judged(
        self, item: Item, touchpoint: str, pools: Pools
    ) -> tuple[list[Verdict], Codes, Codes]:
        """Judge an asked item at a touchpoint of units.

        The score is the mean over cases of the mean over raters; above a unit, that of its units
        by their weights, whose cases share the weight (a stratified mean, Cochran 1977, ch. 5),
        so that a unit that was visited more often weighs no more. ``n`` counts cases. Only
        checked, final and disputed cases count. Where some cases could not be observed or are not
        applicable, the others are scored and the reason says so; when none is scored, one case
        that could not be observed makes the whole ``not_observed``.

        What varies is the cluster (`StratifiedMeans`). The interval of the score is Wilson's for
        yes-no and wherever clusters do not vary (scores within 0 to 1 vary at most as yes-no does,
        so it is never too narrow), else Student's, cut at 0 and 1. A document is seen whole: its
        interval is its score.

        Args:
            item: The item; it has ``ask``.
            touchpoint: One of its touchpoints; answers at it or below it are taken.
            pools: The units judged, and the units whose cases count for each.

        Returns:
            The verdicts that some unit has, without directions; the position of each judged unit's
            verdict among them; and that of its direction among `directions`, or -1. A verdict is
            ``tentative`` when the interval of the score straddles ``fail_below``, or that of the
            value the curve's target; one case alone leaves the value open.
        """
        import numpy as np

        rows = self._rows(item, touchpoint)
        cases = self._cases(item, rows)
        units = len(self._weights)
        said = np.bincount(cases.unit * len(_KINDS) + cases.kind, minlength=units * len(_KINDS))
        of_unit = said.reshape(units, len(_KINDS))
        of_pool = _pooled(pools, of_unit)
        score = self._means(cases, cases.score, pools)
        columns = _outcomes(item, score, self._means(cases, cases.value, pools), of_pool)
        proven = np.bincount(cases.unit, cases.final & (cases.score == 0), units) > 0
        columns["proven"] = _pooled(pools, proven[:, None])[:, 0] > 0
        sees = np.flatnonzero(of_pool[:, 0])
        # Rows of numbers that are the same bit by bit are one verdict.
        table = np.stack([columns[name][sees].astype(float) for name in columns], axis=1)
        _, first, codes = np.unique(
            table.view(f"V{table.strides[0]}"), return_index=True, return_inverse=True
        )
        verdicts = [_UNANSWERED]
        for row in table[first].tolist():
            numbers = dict(zip(columns, row, strict=True))
            verdicts.append(_verdict(item, numbers, declared=self._declared))
        chosen = np.zeros(pools.size, dtype=np.intp)
        chosen[sees] = 1 + codes.reshape(-1)
        positions: dict[Verdict, int] = {}
        for n in np.flatnonzero((of_pool[:, 0] == 0) & of_pool.any(axis=1)).tolist():
            members = pools.member[pools.owner == n]
            verdict = self._nothing_seen(rows, of_pool[n], members[of_unit[members].any(axis=1)])
            if verdict not in positions:
                positions[verdict] = len(verdicts)
                verdicts.append(verdict)
            chosen[n] = positions[verdict]
        if item.ask is not None and item.ask.method == "document":
            return verdicts, chosen, np.full(pools.size, -1, dtype=np.intp)
        return verdicts, chosen, self._directions(score)

    def _means(self, cases: _Cases, numbers: Floats, pools: Pools) -> StratifiedMeans:
        """Return the means of the cases that have a number, where units are judged.

        They vary at least as much as cases would by themselves; where all cases are one cluster,
        as much as these.
        """
        import numpy as np

        from cxaudit._statistics.clusters import Strata, StratifiedMeans

        known = ~np.isnan(numbers)
        values, unit = numbers[known], cases.unit[known]

        def means(label: Codes) -> StratifiedMeans:
            strata = Strata.of(values, unit, label[known], len(self._weights))
            return StratifiedMeans.of(strata, self._weights, pools.owner, pools.member, pools.size)

        clustered = means(cases.cluster)
        if (clustered.clusters == clustered.cases).all():
            return clustered
        return clustered.at_least(means(cases.case))

    def _directions(self, means: StratifiedMeans) -> Codes:
        """Return the position among all directions of that of each mean, or -1."""
        import numpy as np

        owner, labels, weights = means.directions()
        codes = np.full(len(means.mean), -1, dtype=np.intp)
        pairs = np.empty(len(owner), dtype=[("cluster", "<i4"), ("weight", "<f2")])
        pairs["cluster"], pairs["weight"] = labels, weights
        pairs, owner = pairs[pairs["weight"] != 0], owner[pairs["weight"] != 0]
        content, width = pairs.tobytes(), pairs.itemsize
        held, starts = np.unique(owner, return_index=True)
        ends = [*starts[1:].tolist(), len(owner)]
        known = self._direction_codes
        for n, start, end in zip(held.tolist(), starts.tolist(), ends, strict=False):
            key = content[start * width : end * width]
            if key not in known:
                known[key] = len(self.directions)
                part = pairs[start:end]
                self.directions.append(
                    Direction(
                        evidence="cases",
                        clusters=part["cluster"].astype(np.int32),
                        weights=part["weight"].astype(np.float16),
                    )
                )
            codes[n] = known[key]
        return codes

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
        return _Cases(
            unit=unit,
            kind=kind,
            value=value,
            score=score,
            final=final,
            cluster=self._clusters[case][by_unit],
            case=self._case_labels[case][by_unit],
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

    def _nothing_seen(self, rows: Codes, counts: Codes, units: Codes) -> Verdict:
        """Return the verdict on cases in which nobody saw a value.

        Args:
            rows: The answers to the item, by unit.
            counts: Number of cases by what they say.
            units: Their units, in order.
        """
        import numpy as np

        unseen = counts[1] > 0
        ordered = self._units[rows]
        parts = [
            rows[np.searchsorted(ordered, unit) : np.searchsorted(ordered, unit, "right")]
            for unit in units.tolist()
        ]
        answers = np.concatenate(parts)
        answers = answers[self._kinds[answers] == (1 if unseen else 2)]
        table = self._answers.tables["reason"]
        codes = dict.fromkeys(self._answers.codes["reason"][answers].tolist())
        reasons = [table[code] for code in codes if table[code]]
        state = State.NOT_OBSERVED if unseen else State.NOT_APPLICABLE
        return Verdict(state=state, n=int(counts.sum()), reason=_joined(reasons))


def _pooled(pools: Pools, of_unit: NDArray[Any]) -> Codes:
    """Return sums over the units whose cases count for each unit judged, for several columns."""
    import numpy as np

    sums = [np.bincount(pools.owner, n[pools.member], pools.size) for n in of_unit.T]
    return np.stack(sums, axis=1).astype(np.intp)


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
    if len(numbers) < 2 or min(numbers) == max(numbers):  # noqa: PLR2004 - a mean of one
        return numbers[0] if numbers else None  # exact, so that all met is 1
    return math.fsum(numbers) / len(numbers)


def _outcomes(
    item: Item, score: StratifiedMeans, value: StratifiedMeans, said: Codes
) -> dict[str, NDArray[Any]]:
    """Return what verdicts on an item say, by column; NaN where a number is not known.

    Args:
        item: The item.
        score: The means of scores.
        value: Those of values.
        said: Number of cases by what they say.
    """
    import numpy as np

    ask = item.ask
    assert ask is not None
    value_low, value_high = _value_ends(value, ask)
    low, high = _score_ends(score, ask)
    # A mean of scores may miss its ends by rounding.
    columns = {
        "score": np.clip(score.mean, 0.0, 1.0),
        "low": low,
        "high": high,
        "value": value.mean,
        "value_low": value_low,
        "value_high": value_high,
        "n": np.where(score.cases > 0, score.cases, said[:, 0]),
        "clusters": np.where(score.cases > 0, score.clusters, value.clusters),
        "said": said.sum(axis=1),
        "unseen": said[:, 1],
        "inapplicable": said[:, 2],
        "tentative": np.zeros(len(low), dtype=bool),
    }
    fail_below = item.critical.fail_below if item.critical else None
    if fail_below is not None:
        least, most = np.nan_to_num(low, nan=0.0), np.nan_to_num(high, nan=1.0)
        columns["tentative"] = (least < fail_below) & (fail_below <= most)
    target = ask.curve.target if ask.curve else None
    if target is not None and ask.method != "document":
        beyond = (value_low >= target) | (target >= value_high)
        columns["tentative"] = columns["tentative"] | ~beyond
    return columns


def _value_ends(value: StratifiedMeans, ask: Ask) -> tuple[Floats, Floats]:
    """Return the intervals of values: Student's, NaN where one cluster rules."""
    import numpy as np

    from cxaudit._statistics.clusters import clustered_interval

    if ask.method == "document":
        return value.mean, value.mean
    low, high = clustered_interval(value.mean, value.variance, value.freedom + 1)
    some = value.effective >= _ALONE
    # No count and no time is below 0; of numbers only those are taken to be able to that are.
    possible = (value.least >= 0) | (ask.answer in {"count", "time"})
    low = np.where(possible, np.maximum(low, 0.0), low)
    return np.where(some, low, np.nan), np.where(some, high, np.nan)


def _score_ends(score: StratifiedMeans, ask: Ask) -> tuple[Floats, Floats]:
    """Return the intervals of scores; NaN where nothing shows how they vary."""
    import numpy as np

    from cxaudit._statistics.clusters import clustered_interval, t_quantiles, wilson_intervals

    mean = np.clip(score.mean, 0.0, 1.0)
    if ask.method == "document":
        return mean, mean
    with np.errstate(divide="ignore", invalid="ignore"):
        # Cases say no more than their number, and clusters that are all alike than theirs.
        size = np.fmin(mean * (1 - mean) / score.variance, score.effective_cases - 1)
        size = np.where(score.variance > 0, size, score.effective - 1)
        size = np.maximum(size, _LEAST)
        t = t_quantiles(0.975, score.freedom)
        # One case is taken as it is: it shows nothing of how cases vary.
        size = np.where(score.cases == 1, 1.0, size * np.square(normal_quantile(0.95) / t))
    ends = wilson_intervals(mean, size)
    if ask.answer == "yes-no":
        return ends
    spread = clustered_interval(mean, score.variance, score.freedom + 1)
    varies, some = score.variance > 0, score.effective >= _ALONE
    low, high = (
        np.where(varies, np.where(some, student, np.nan), end)
        for student, end in zip(spread, ends, strict=True)
    )
    return np.maximum(low, 0.0), np.minimum(high, 1.0)


def _verdict(item: Item, numbers: Mapping[str, float], *, declared: bool) -> Verdict:
    """Return the verdict on an item of which at least a value was seen.

    Args:
        item: The item.
        numbers: What `_outcomes` gives, and whether it is proven.
        declared: Whether some cases are declared to belong together.
    """
    ask = item.ask
    assert ask is not None
    n = int(numbers["n"])
    seen = {
        name: None if math.isnan(numbers[name]) else numbers[name]
        for name in ("score", "low", "high", "value", "value_low", "value_high")
    }
    reasons = _partly_seen(numbers)
    if numbers["clusters"] not in {0, n} and ask.method != "document":
        of = "groups-of-cases" if declared else "days-of-visits"
        reasons.append(Said(of, n=int(numbers["clusters"])))
    verdict = Verdict(
        state=State.INFORMATIVE,
        n=n,
        value=seen["value"],
        value_low=seen["value_low"],
        value_high=seen["value_high"],
        reason=_joined(reasons),
    )
    if seen["score"] is None:
        return _unscored(verdict, ask, reasons)
    # One final case at score 0 by all its raters is proof.
    verdict = attrs.evolve(verdict, proven=bool(numbers["proven"]))
    if n < ask.min_cases:
        few = Said("too-few-cases", n=n, least=ask.min_cases)
        return attrs.evolve(verdict, state=State.INSUFFICIENT, reason=_joined([few, *reasons]))
    if seen["value"] is not None:
        state = State.MEASURED
    else:
        state = {1.0: State.MET, 0.0: State.NOT_MET}.get(seen["score"], State.PARTLY)
    return attrs.evolve(
        verdict,
        state=state,
        score=seen["score"],
        low=seen["low"],
        high=seen["high"],
        tentative=bool(numbers["tentative"]),
    )


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


def _partly_seen(numbers: Mapping[str, float]) -> list[str]:
    left = {name: int(numbers[name]) for name in ("unseen", "inapplicable")}
    codes = zip(("cases-not-observed", "cases-not-applicable"), left.values(), strict=True)
    return [Said(code, n=n, all=int(numbers["said"])) for code, n in codes if n]


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


def _unscored(verdict: Verdict, ask: Ask, reasons: Sequence[str]) -> Verdict:
    if ask.answer in _NUMBERS:
        reason = _joined([Said("target-absent"), *reasons])
        return attrs.evolve(verdict, state=State.NO_TARGET, reason=reason)
    return verdict
