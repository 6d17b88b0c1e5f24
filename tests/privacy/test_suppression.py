"""No hidden count can be found again: an attacker with all sums tries, by linear algebra."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from cxaudit_reports.publish.suppression import Sum, derivable, protect

LEAST = 10


def small(counts):
    return {cell for cell, count in counts.items() if 0 < count < LEAST}


def system(counts, hidden, sums):
    """Return the attacker's equations over the hidden cells: one row a sum, known on the right."""
    order = sorted(hidden, key=str)
    left, right = [], []
    for each in sums:
        row, known = [0.0] * len(order), 0
        for cell, sign in ((each.total, -1), *((part, 1) for part in each.parts)):
            if cell in hidden:
                row[order.index(cell)] += sign
            else:
                known += sign * counts[cell]
        left.append(row)
        right.append(-known)
    return order, np.array(left, ndmin=2).reshape(len(sums), len(order)), np.array(right)


def solved(counts, hidden, sums):
    """Return the hidden cells that equations alone determine, by rank (not our elimination)."""
    order, left, _ = system(counts, hidden, sums)
    rank = np.linalg.matrix_rank(left) if len(order) else 0
    return {
        cell
        for place, cell in enumerate(order)
        if np.linalg.matrix_rank(np.vstack([left, np.eye(len(order))[place]])) == rank
    }


def pinned(counts, hidden, sums):
    """Return the hidden cells that have one value only when each is 1 or more."""
    order, left, right = system(counts, hidden, sums)
    result = set()
    for place, cell in enumerate(order):
        goal = np.eye(len(order))[place]
        low, high = (
            linprog(sign * goal, A_eq=left, b_eq=right, bounds=(1, None)) for sign in (1, -1)
        )
        if low.status == 0 and high.status == 0 and low.fun + high.fun > -0.5:
            result.add(cell)
    return result


COUNTS = st.one_of(st.integers(0, 12), st.integers(0, 400))


@st.composite
def trees(draw):
    """Draw a tree of counts, and groupings of the rows of its root."""
    counts, sums = {}, []

    def grow(name, depth):
        size = draw(st.integers(2, 6)) if depth else 0
        if not size:
            counts[name] = draw(COUNTS)
            return
        parts = tuple(f"{name}.{each}" for each in range(size))
        for part in parts:
            grow(part, draw(st.integers(0, depth - 1)))
        counts[name] = sum(counts[part] for part in parts)
        sums.append(Sum(name, parts))

    grow("all", draw(st.integers(1, 3)))
    for number in range(draw(st.integers(0, 3))):
        rows = counts["all"]
        parts = []
        while rows > 0 and len(parts) < 6:
            part = f"by{number}.{len(parts)}"
            counts[part] = draw(st.integers(1, rows)) if len(parts) < 5 else rows
            rows -= counts[part]
            parts.append(part)
        if rows:
            counts[f"by{number}.rest"] = rows
            parts.append(f"by{number}.rest")
        if parts:
            sums.append(Sum("all", tuple(parts)))
    return counts, sums


@st.composite
def crossed(draw):
    """Draw a table of counts with its margins: units by touchpoints."""
    rows, columns = draw(st.integers(2, 5)), draw(st.integers(2, 5))
    counts = {(r, c): draw(COUNTS) for r in range(rows) for c in range(columns)}
    sums = []
    for r in range(rows):
        counts[r, "all"] = sum(counts[r, c] for c in range(columns))
        sums.append(Sum((r, "all"), tuple((r, c) for c in range(columns))))
    for c in (*range(columns), "all"):
        counts["all", c] = sum(counts[r, c] for r in range(rows))
        sums.append(Sum(("all", c), tuple((r, c) for r in range(rows))))
    sums.append(Sum(("all", "all"), tuple(("all", c) for c in range(columns))))
    return counts, sums


@settings(max_examples=120)
@given(trees())
def test_nothing_hidden_in_a_tree_with_groupings_is_found(drawn):
    counts, sums = drawn
    hidden = protect(counts, small(counts), sums, minimum=LEAST)
    assert small(counts) <= hidden
    assert all(counts[cell] for cell in hidden)
    assert not solved(counts, hidden, sums)
    assert not pinned(counts, hidden, sums)


@settings(max_examples=60)
@given(crossed())
def test_nothing_hidden_in_a_crossed_table_is_found(drawn):
    counts, sums = drawn
    hidden = protect(counts, small(counts), sums, minimum=LEAST)
    assert small(counts) <= hidden
    assert not solved(counts, hidden, sums)
    assert not pinned(counts, hidden, sums)


@settings(max_examples=60)
@given(trees(), st.data())
def test_hiding_too_little_is_seen(drawn, data):
    """`found` tells exactly what the rank tells, whatever is hidden."""
    counts, sums = drawn
    cells = [cell for cell in sorted(counts) if counts[cell]]
    hidden = data.draw(st.sets(st.sampled_from(cells))) if cells else set()
    assert solved(counts, hidden, sums) <= derivable(counts, hidden, sums)
    assert derivable(counts, hidden, sums) <= solved(counts, hidden, sums) | pinned(
        counts, hidden, sums
    )


@settings(max_examples=60)
@given(trees())
def test_hidden_parts_of_a_shown_total_are_enough_together(drawn):
    counts, sums = drawn
    hidden = protect(counts, small(counts), sums, minimum=LEAST)
    for each in sums:
        kept = [part for part in each.parts if part in hidden]
        if kept and each.total not in hidden:
            assert len(kept) >= 2
            assert sum(counts[part] for part in kept) >= LEAST


def test_the_next_smallest_is_hidden_beside_a_lone_small_one():
    counts = {"all": 160, "a": 4, "b": 100, "c": 30, "d": 26}
    sums = [Sum("all", ("a", "b", "c", "d"))]
    assert protect(counts, {"a"}, sums, minimum=LEAST) == {"a", "d"}


def test_nothing_small_hides_nothing():
    counts = {"all": 160, "a": 60, "b": 100}
    assert protect(counts, set(), [Sum("all", ("a", "b"))], minimum=LEAST) == frozenset()


def test_the_total_goes_when_there_is_no_other_part():
    counts = {"top": 300, "all": 104, "other": 196, "a": 4, "b": 100}
    sums = [Sum("top", ("all", "other")), Sum("all", ("a", "b"))]
    assert protect(counts, {"a"}, sums, minimum=LEAST) == {"a", "b"}
    alone = {"all": 4, "a": 4}
    assert protect(alone, {"a"}, [Sum("all", ("a",))], minimum=LEAST) == {"a", "all"}


def test_a_share_of_none_or_all_is_not_told_of_hidden_parts_together():
    """With 20 of 100 in all and 20 of 60 in c, none of the hidden a and b held."""
    counts = {"all": 100, "a": 4, "b": 16, "c": 60, "d": 20}
    held = {"all": 23, "a": 0, "b": 0, "c": 20, "d": 3}
    sums = [Sum("all", ("a", "b", "c", "d"))]
    assert protect(counts, {"a"}, sums, minimum=LEAST) == {"a", "b"}
    assert protect(counts, {"a"}, sums, minimum=LEAST, shares=[held]) == {"a", "b", "d"}


def test_counts_of_one_each_are_not_told_by_their_sum():
    counts = {"all": 112, **{f"s{n}": 1 for n in range(12)}, "big": 100}
    sums = [Sum("all", (*(f"s{n}" for n in range(12)), "big"))]
    hidden = protect(counts, small(counts), sums, minimum=LEAST)
    assert {"big"} < hidden
    assert not pinned(counts, hidden, sums)


def test_a_sum_that_does_not_hold_is_refused():
    with pytest.raises(ValueError, match="all is not the sum of its parts"):
        protect({"all": 5, "a": 4}, set(), [Sum("all", ("a",))], minimum=LEAST)
