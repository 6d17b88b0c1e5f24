"""Sums that hold between counts of one table, as the counts themselves show them.

That calls offered are calls answered and calls abandoned is known to every reader, and to no
program. So what holds at every place is taken to be known: counts that are equal, and counts that
are the sum of two or three others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from itertools import combinations
from typing import Any, TypeAlias

__all__ = ["equal", "parts_of_shares", "three_parts", "two_parts"]

_CHANCE = 10
"""Counts under this that agree may do so by chance."""
_PLACES = 3

Counts: TypeAlias = Mapping[Any, int]
"""Place to count, of one population."""


def equal(populations: Mapping[str, Counts]) -> Iterator[tuple[str, str]]:
    """Yield pairs of populations that have equal counts at all places which both have.

    Each population is named with the first that it equals, and both have a place with a count.
    """
    names = list(populations)
    first: dict[str, str] = {}
    names_at = _by_count(populations)
    for name in names:
        counts = populations[name]
        some = next(((position, count) for position, count in counts.items() if count), None)
        if some is None:
            continue
        for other in names_at[some]:
            if other == name:
                break
            if other not in first and _same(counts, populations[other]):
                first[name] = other
                yield other, name
                break


def two_parts(populations: Mapping[str, Counts]) -> Iterator[tuple[str, str, str]]:
    """Yield ``(total, part, part)``: a count that is the sum of two others at all places.

    Only places that all three have speak, and some of them has something in both parts.
    """
    names_at = _by_count(populations)
    for one, other in combinations(populations, 2):
        both = populations[one].keys() & populations[other].keys()
        position = next((p for p in both if populations[one][p] and populations[other][p]), None)
        if position is None:
            continue
        for total in names_at[position, populations[one][position] + populations[other][position]]:
            shared = both & populations[total].keys()
            if all(
                populations[total][p] == populations[one][p] + populations[other][p] for p in shared
            ):
                yield total, one, other


def three_parts(
    populations: Mapping[str, Counts],
) -> Iterator[tuple[str, str, str, str]]:
    """Yield ``(total, part, part, part)``: a count that is the sum of three others.

    Among many counts some add up by chance, so it must hold at three places with something.
    """
    names_at = _by_count(populations)
    for parts in combinations(populations, 3):
        one, other, third = (populations[part] for part in parts)
        position = next((p for p, n in one.items() if n and other.get(p) and third.get(p)), None)
        if position is None:
            continue
        for total in names_at[position, one[position] + other[position] + third[position]]:
            common = one.keys() & other.keys() & third.keys()
            shared = [p for p, n in populations[total].items() if n and p in common]
            if len(shared) >= _PLACES and all(
                populations[total][p] == one[p] + other[p] + third[p] for p in shared
            ):
                yield total, *parts


def parts_of_shares(counts: Counts, populations: Mapping[str, Counts]) -> str | None:
    """Return the population that is just the rows of a share that held (or did not), if any."""
    for name, other in populations.items():
        common = counts.keys() & other.keys()
        sure = any(counts[position] >= _CHANCE for position in common)
        if sure and all(counts[position] == other[position] for position in common):
            return name
    return None


def _same(one: Counts, other: Counts) -> bool:
    return all(other.get(position, count) == count for position, count in one.items())


def _by_count(populations: Mapping[str, Counts]) -> dict[tuple[Hashable, int], list[str]]:
    names: dict[tuple[Hashable, int], list[str]] = defaultdict(list)
    for name, counts in populations.items():
        for position, count in counts.items():
            names[position, count].append(name)
    return names
