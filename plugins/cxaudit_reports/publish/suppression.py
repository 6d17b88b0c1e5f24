"""Which counts to hide besides small ones, so that no hidden count follows from shown ones.

A small count that is merely left out can often be found again: from a total and the other parts
of it. So further counts are hidden (complementary suppression; Hundepool and others, Statistical
Disclosure Control, 2012, chapter 4). What a reader is taken to know: every shown count, every sum
that holds between counts, and that a hidden count is at least 1.

All functions are pure, over cells of any kind: a cell is a key with a count.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from fractions import Fraction
from typing import Any, TypeAlias

import attrs

__all__ = ["Sum", "derivable", "protect"]

Cell: TypeAlias = Any
"""Any key that can be hashed."""

_ROUNDS = 100


@attrs.frozen
class Sum:
    """A cell whose count is the sum of the counts of others."""

    total: Cell
    parts: tuple[Cell, ...]


def protect(
    counts: Mapping[Cell, int],
    suppressed: AbstractSet[Cell],
    sums: Sequence[Sum],
    *,
    minimum: int,
    shares: Sequence[Mapping[Cell, float]] = (),
    unpublished: Collection[Cell] = (),
    numerators: Collection[Cell] = (),
) -> frozenset[Cell]:
    """Return the cells to hide: those given, and as few further ones as the rules below pick.

    Where a total is shown, its hidden parts are at least two and together at least the minimum
    and more than their number. Where a total is hidden, so is a part. The smallest shown part is
    hidden first, the total last. What still follows from all sums together hides a neighbour.

    Args:
        counts: All cells with their counts, from 0; a count of 0 is never hidden.
        suppressed: Cells that are hidden in any case.
        sums: The sums that hold. Cells that ``counts`` lacks are taken as 0.
        minimum: The least that may be told of hidden cells together.
        shares: For each number that lies within the counts (how many of them held), cell to
            number. What is left of a shown total for its hidden parts is then neither none nor
            all, unless the total itself says so.
        unpublished: Cells that are never shown, and that a reader may know all the same.
        numerators: Cells that say how many held; of these, few may be told together.

    Raises:
        ValueError: If a sum does not hold.
    """
    for total in sums:
        if sum(counts.get(part, 0) for part in total.parts) != counts.get(total.total, 0):
            msg = f"{total.total} is not the sum of its parts"
            raise ValueError(msg)
    rule = _Rule(counts, set(suppressed), sums, minimum, shares, frozenset(unpublished))
    rule.numerators = frozenset(numerators)
    while rule.close() or rule.hide_neighbours(derivable(counts, rule.suppressed, sums)):
        pass
    return frozenset(rule.suppressed)


def derivable(
    counts: Mapping[Cell, int], suppressed: AbstractSet[Cell], sums: Sequence[Sum]
) -> frozenset[Cell]:
    """Return the hidden cells whose count a reader can work out from all that is shown.

    By elimination over the whole numbers of all sums at once, and by narrowing each hidden count
    between 1 and what the sums leave for it.
    """
    # Two sums may tell together what neither tells alone: of a + b = 9 and a + b + c = 12 with a,
    # b and c hidden, the difference is c = 3.
    equations = [_unknown(relation, suppressed) for relation in sums]
    equations = [equation for equation in equations if equation]
    return _solved(equations) | _narrowed(counts, suppressed, sums)


@attrs.define
class _Rule:
    counts: Mapping[Cell, int]
    suppressed: set[Cell]
    sums: Sequence[Sum]
    minimum: int
    shares: Sequence[Mapping[Cell, float]]
    unpublished: frozenset[Cell]
    numerators: frozenset[Cell] = frozenset()

    def close(self) -> bool:
        """Hide until every sum by itself is safe; tell whether anything was hidden."""
        before = len(self.suppressed)
        changed = True
        while changed:
            size = len(self.suppressed)
            for relation in self.sums:
                self._make_safe(relation)
            changed = len(self.suppressed) > size
        return len(self.suppressed) > before

    def hide_neighbours(self, cells: Collection[Cell]) -> bool:
        """Hide the smallest shown cell that shares a sum with what was found; False if none."""
        for cell in cells:
            beside = {
                member
                for relation in self._around(cell)
                for member in (relation.total, *relation.parts)
                if self._published(member)
            }
            if beside:
                self.suppressed.add(min(beside, key=self._size))
                return True
        return False

    def _around(self, cell: Cell) -> list[Sum]:
        """Return the sums of a cell, and those of hidden cells tied to it."""
        tied, around = {cell}, list[Sum]()
        left = list(self.sums)
        while near := [
            relation for relation in left if not tied.isdisjoint((relation.total, *relation.parts))
        ]:
            around += near
            tied |= {
                m
                for relation in near
                for m in (relation.total, *relation.parts)
                if m in self.suppressed
            }
            left = [relation for relation in left if relation not in near]
            if any(
                self._published(m) for relation in near for m in (relation.total, *relation.parts)
            ):
                break
        return around

    # All 50 rows; north 41, south 6, west 3. Under a minimum of 5 west is hidden, but 50 - 41 - 6
    # tells it; so south, the smallest that is shown, is hidden as well: both together are 9.
    def _make_safe(self, relation: Sum) -> None:
        while True:
            kept = [part for part in relation.parts if part in self.suppressed]
            if relation.total in self.suppressed:
                if kept:
                    return
            elif not kept or (self._many(kept) and not self._all_alike(relation, kept)):
                return
            published = [part for part in relation.parts if self._published(part)]
            if published:
                self.suppressed.add(min(published, key=self._size))
            elif relation.total not in self.suppressed and not self._many(kept):
                self.suppressed.add(relation.total)
            else:
                return

    def _many(self, kept: Sequence[Cell]) -> bool:
        """Tell whether hidden parts are at least two, and enough together."""
        together = sum(self.counts.get(part, 0) for part in kept)
        enough = together >= self.minimum or not self.numerators.isdisjoint(kept)
        return len(kept) > 1 and enough and together > len(kept)

    def _all_alike(self, relation: Sum, kept: Sequence[Cell]) -> bool:
        """Tell whether hidden parts together show that none, or all, of each held."""
        for share in self.shares:
            if relation.total not in share or any(part not in share for part in kept):
                continue
            rest, whole = share[relation.total], self.counts[relation.total]
            if not 0 < rest < whole:
                continue
            held = sum(share[part] for part in kept)
            if not 0 < held < sum(self.counts[part] for part in kept):
                return True
        return False

    def _published(self, cell: Cell) -> bool:
        return cell not in self.suppressed and self.counts.get(cell, 0) > 0

    def _size(self, cell: Cell) -> tuple[bool, int, str]:
        return cell in self.unpublished, self.counts[cell], str(cell)


def _unknown(relation: Sum, suppressed: AbstractSet[Cell]) -> dict[Cell, Fraction]:
    """Return the coefficients of the hidden cells of a sum."""
    row: dict[Cell, Fraction] = {}
    for cell, sign in ((relation.total, -1), *((part, 1) for part in relation.parts)):
        if cell in suppressed:
            row[cell] = row.get(cell, Fraction()) + sign
    return {cell: factor for cell, factor in row.items() if factor}


def _solved(equations: Iterable[dict[Cell, Fraction]]) -> frozenset[Cell]:
    """Return the unknowns that equations determine, by elimination to the reduced form."""
    rows: dict[Cell, dict[Cell, Fraction]] = {}
    users: dict[Cell, set[Cell]] = {}
    for equation in equations:
        row = equation
        for pivot in [cell for cell in row if cell in rows]:
            row = _less(row, rows[pivot], row[pivot])
        if not row:
            continue
        pivot = next(iter(row))
        row = {cell: factor / row[pivot] for cell, factor in row.items()}
        for user in users.pop(pivot, set()):
            for cell in rows[user]:
                users.get(cell, set()).discard(user)
            rows[user] = _less(rows[user], row, rows[user][pivot])
            for cell in rows[user]:
                if cell != user:
                    users.setdefault(cell, set()).add(user)
        rows[pivot] = row
        for cell in row:
            if cell != pivot:
                users.setdefault(cell, set()).add(pivot)
    return frozenset(pivot for pivot, row in rows.items() if len(row) == 1)


def _less(
    row: Mapping[Cell, Fraction], other: Mapping[Cell, Fraction], times: Fraction
) -> dict[Cell, Fraction]:
    result = dict(row)
    for cell, factor in other.items():
        left = result.get(cell, Fraction()) - times * factor
        if left:
            result[cell] = left
        else:
            result.pop(cell, None)
    return result


def _narrowed(
    counts: Mapping[Cell, int], suppressed: AbstractSet[Cell], sums: Sequence[Sum]
) -> frozenset[Cell]:
    """Return the hidden cells that the sums leave one count for."""
    low: dict[Cell, float] = dict.fromkeys(suppressed, 1)
    high: dict[Cell, float] = dict.fromkeys(suppressed, math.inf)
    touched = [
        relation
        for relation in sums
        if any(cell in suppressed for cell in (relation.total, *relation.parts))
    ]

    def ends(cell: Cell) -> tuple[float, float]:
        if cell in low:
            return low[cell], high[cell]
        count = counts.get(cell, 0)
        return count, count

    # From a + b = 2 follows a = b = 1, as each is at least 1: no equation alone would say so.
    for _ in range(_ROUNDS):
        before = dict(low), dict(high)
        for relation in touched:
            lows, highs = (
                zip(*map(ends, relation.parts), strict=True) if relation.parts else ((), ())
            )
            least, most = sum(lows), sum(highs)
            if relation.total in low:
                low[relation.total] = max(low[relation.total], least)
                high[relation.total] = min(high[relation.total], most)
            total_low, total_high = ends(relation.total)
            for part, part_low, part_high in zip(relation.parts, lows, highs, strict=True):
                if part in low:
                    high[part] = min(high[part], total_high - (least - part_low))
                    if math.isfinite(most):
                        low[part] = max(low[part], total_low - (most - part_high))
        if before == (low, high):
            break
    return frozenset(cell for cell in suppressed if low[cell] == high[cell])
