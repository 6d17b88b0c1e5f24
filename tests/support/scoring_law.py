"""The scoring law in thirty lines of exact fractions, to hold the scorer against."""

from __future__ import annotations

from fractions import Fraction
from itertools import groupby
from math import sqrt


def flat(rows):
    """Score rows of (state, weight, score, low, high) by laws 1 to 3 and MOVER."""
    scored = [
        (Fraction(w), Fraction(x), Fraction(lo), Fraction(hi))
        for state, w, x, lo, hi in rows
        if state.scored
    ]
    basis = sum(w for w, *_ in scored)
    unknown = sum(Fraction(w) for state, w, *_ in rows if state.unknown)
    due, earned = basis + unknown, sum(w * x for w, x, *_ in scored)
    if not due:
        return (None,) * 6
    bounds = (basis / due, earned / due, (earned + unknown) / due)
    if not basis:
        return None, *bounds, None, None
    down = sum((w * (x - lo)) ** 2 for w, x, lo, _ in scored) / basis**2
    up = sum((w * (hi - x)) ** 2 for w, x, _, hi in scored) / basis**2
    return earned / basis, *bounds, down, up


def mixed(rows_by_area, weights):
    """Score rows by area by law 5."""
    scores = [(Fraction(weights.get(area, 1)), flat(rows)) for area, rows in rows_by_area.items()]
    due = sum(w for w, score in scores if score[1] is not None)
    basis = sum(w for w, score in scores if score[0] is not None)
    if not due:
        return (None,) * 6
    bounds = [sum(w * s[i] for w, s in scores if s[i] is not None) / due for i in (1, 2, 3)]
    if not basis:
        return None, *bounds, None, None
    value = sum(w * s[0] for w, s in scores if s[0] is not None) / basis
    ends = [sum(w**2 * s[i] for w, s in scores if s[0] is not None) / basis**2 for i in (4, 5)]
    return value, *bounds, *ends


def ended(score):
    """Turn squared distances into the ends of the interval."""
    value, coverage, lowest, highest, down, up = score
    if value is None:
        return score
    low, high = max(0, float(value) - sqrt(down)), min(1, float(value) + sqrt(up))
    return value, coverage, lowest, highest, low, high


def by_area(rows, area):
    """Group rows of (area, ...) into area to what follows."""
    ordered = sorted(rows, key=area)
    return {name: [row[1:] for row in found] for name, found in groupby(ordered, key=area)}
