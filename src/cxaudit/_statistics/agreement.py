"""How far raters agree, by several coefficients, since each one misleads somewhere."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from cxaudit._model.checklist import Ask, Checklist
from cxaudit._model.evidence import AnswerKind, Answers
from cxaudit._model.result import Agreement

__all__ = ["LIMIT", "agreement", "alpha", "chance_corrected"]

LIMIT = 0.6
"""Agreement under which an item is flagged for rewording: a convention, not a law."""

_SCALES = {"yes-no": "nominal", "choice": "nominal", "levels": "ordinal"}
_PAIR = 2
Value = bool | float | str
Ratings = Sequence[Sequence[Value]]


def agreement(answers: Answers, checklist: Checklist) -> tuple[Agreement, ...]:
    """Return the agreement on each asked item that some case has two or more ratings of.

    "Not applicable" and "could not be observed" are missing ratings; texts are left out. Yes-no
    and choice are nominal and judged by AC1; levels are ordered, so that two raters a level apart
    disagree less than two at both ends, and judged by AC2; a number, count or time is judged by
    alpha for intervals, which it has alone.

    Args:
        answers: Answers that count; those of machines are left aside.
        checklist: The items.
    """
    import numpy as np

    answers = answers.of_people
    rated = answers.where(
        answers.among("kind", {AnswerKind.VALUE}) & ~answers.among("value", {None})
    )
    key = rated.codes["item"].astype(np.int64)
    for name in ("unit", "touchpoint", "case"):
        key = key * len(rated.tables[name]) + rated.codes[name]
    # Ratings of an item, and within it of a case, side by side.
    order = np.argsort(key, kind="stable")
    _, first, sizes = np.unique(key[order], return_index=True, return_counts=True)
    item_of = rated.codes["item"][order[first]]
    agreements = []
    for item in checklist.items:
        if item.ask is None or item.ask.answer == "text" or item.id not in rated.tables["item"]:
            continue
        of_item = np.flatnonzero(item_of == rated.tables["item"].index(item.id))
        several = sizes[of_item] >= _PAIR
        if several.any():
            start = int(first[of_item[0]])
            rows = order[start : start + int(sizes[of_item].sum())]
            codes = iter(rated.codes["value"][rows].tolist())
            ratings = [
                [rated.tables["value"][code] for code in islice(codes, size)]
                for size in sizes[of_item].tolist()
            ]
            raters = rated.codes["rater"][rows][np.repeat(several, sizes[of_item])]
            agreements.append(_agreement(item.id, item.ask, ratings, len(set(raters.tolist()))))
    return tuple(agreements)


def _agreement(item: str, ask: Ask, ratings: Ratings, raters: int) -> Agreement:
    scale = _SCALES.get(ask.answer, "interval")
    raw = gwet = kappa = None
    if scale != "interval":
        values = _values(ask, ratings)
        raw, gwet, kappa = chance_corrected(ratings, values)
        if scale == "ordinal":
            _, gwet, kappa = chance_corrected(ratings, values, ordinal=True)
    coefficient = alpha(ratings, scale)
    decisive = coefficient if scale == "interval" else gwet
    counts = Counter(str(value) for case in ratings for value in case)
    return Agreement(
        item=item,
        cases=sum(len(case) >= _PAIR for case in ratings),
        raters=raters,
        scale=scale,
        raw=raw,
        ac1=gwet if scale == "nominal" else None,
        ac2=gwet if scale == "ordinal" else None,
        kappa=kappa,
        alpha=coefficient,
        prevalence={value: count / counts.total() for value, count in sorted(counts.items())},
        flagged=decisive is not None and decisive < LIMIT,
    )


def _values(ask: Ask, ratings: Ratings) -> list[Value]:
    """Return the values of the scale in their order, whether or not somebody used them."""
    declared: set[Value] = {anchor.level for anchor in ask.anchors}
    if ask.answer == "yes-no":
        declared = {True, False}
    elif ask.answer == "choice":
        declared = {choice.id for choice in ask.choices}
    return sorted(declared.union(*ratings))


def chance_corrected(
    ratings: Ratings, scale: Sequence[Value], *, ordinal: bool = False
) -> tuple[float | None, float | None, float | None]:
    """Return agreement, Gwet's AC1 (2008) and Fleiss' kappa (1971).

    In Gwet's form for missing ratings (2014): agreement over cases with two or more ratings,
    what chance would give over all rated cases. ``ordinal`` gives pairs partial credit by Gwet's
    ordinal weights, 1 - d (d + 1) / (q (q - 1)) for d steps apart on a scale of q values; AC1 is
    then AC2. A coefficient is None where it is not defined: nobody rated twice, or (kappa) only
    one value was ever used.

    Args:
        ratings: The ratings of each case.
        scale: The values of the scale, in their order.
        ordinal: Whether the order counts.
    """
    rated = [Counter(case) for case in ratings if case]
    paired = [case for case in rated if case.total() >= _PAIR]
    if not paired:
        return None, None, None
    q, position = len(scale), {value: number for number, value in enumerate(scale)}

    def weight(one: Value, other: Value) -> float:
        apart = abs(position[one] - position[other])
        return 1 - apart * (apart + 1) / (q * (q - 1)) if ordinal and apart else float(apart == 0)

    def credit(counts: Mapping[Value, float]) -> float:
        return math.fsum(
            weight(one, other) * counts[one] * counts[other] for one in counts for other in counts
        )

    agreed = math.fsum(
        (credit(case) - case.total()) / (case.total() * (case.total() - 1)) for case in paired
    ) / len(paired)
    used = {value for case in rated for value in case}
    shares = {
        value: math.fsum(case[value] / case.total() for case in rated) / len(rated)
        for value in sorted(used, key=position.__getitem__)
    }
    uneven = math.fsum(share * (1 - share) for share in shares.values())
    whole = credit(dict.fromkeys(scale, 1.0))
    by_chance = whole * uneven / (q * (q - 1)) if q > 1 else 0.0
    same = 1.0 if len(used) == 1 else credit(shares)
    kappa = None if same >= 1 else (agreed - same) / (1 - same)
    return agreed, (agreed - by_chance) / (1 - by_chance), kappa


def alpha(ratings: Ratings, scale: str) -> float | None:
    """Return Krippendorff's alpha (2011), ``nominal``, ``ordinal`` or ``interval``.

    Over cases with two or more ratings; None where all of them are the same value, for which
    it is not defined. The ordinal distance is that of mid-ranks, so both metric scales need
    only sums.
    """
    paired = [list(case) for case in ratings if len(case) >= _PAIR]
    values = [value for case in paired for value in case]
    if len(set(values)) < _PAIR:
        return None
    if scale == "nominal":
        return 1 - _disagreement(paired, values, _mismatch)
    counts = Counter(float(value) for value in values)
    if scale == "ordinal":
        rank, lower = {}, 0
        for value in sorted(counts):
            rank[value] = lower + counts[value] / 2
            lower += counts[value]
    else:
        rank = {value: value for value in counts}
    on_scale = [[rank[float(value)] for value in case] for case in paired]
    return 1 - _disagreement(on_scale, [value for case in on_scale for value in case], _squares)


_V = TypeVar("_V", float, Value)


def _disagreement(
    cases: list[list[_V]], values: list[_V], distance: Callable[[list[_V]], float]
) -> float:
    """Return what was observed over what chance would give, from sums over ordered pairs."""
    observed = math.fsum(distance(case) / (len(case) - 1) for case in cases)
    return observed * (len(values) - 1) / distance(values)


def _mismatch(values: list[Value]) -> float:
    return len(values) ** 2 - sum(count * count for count in Counter(values).values())


def _squares(values: list[float]) -> float:
    centre = math.fsum(values) / len(values)
    return 2 * len(values) * math.fsum((value - centre) ** 2 for value in values)
