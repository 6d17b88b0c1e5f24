"""What charts show, in sentences: their text alternatives."""

from __future__ import annotations

from cxaudit.documents import N_, _, ngettext, numbers
from cxaudit.plugin import Block, blocks

__all__ = ["LABELLED", "describe"]

LABELLED = 8
"""At most so many points are called by their names."""
_JUDGED = {"": "{names}", "worse": N_("worse {names}"), "better": N_("better {names}")}


def describe(block: Block) -> str:
    """Return what a chart shows, in a sentence: its text alternative."""
    match block:
        case blocks.Series():
            return _described_series(block)
        case blocks.Distribution() if block.bins:
            name, most = max(block.bins, key=lambda group: group[1])
            return ngettext(
                "{total} in {n} group; most in {name} ({most}).",
                "{total} in {n} groups; most in {name} ({most}).",
                len(block.bins),
                total=numbers.count(sum(count for _name, count in block.bins)),
                name=name,
                most=numbers.count(most),
            )
        case blocks.Ranking() if block.rows:
            first, last = block.rows[0], block.rows[-1]
            return _(
                "{n} ranked, from {first} ({best}) to {last} ({worst}).",
                n=numbers.count(len(block.rows)),
                first=first.name,
                best=numbers.score(first.value),
                last=last.name,
                worst=numbers.score(last.value),
            )
        case blocks.Funnel():
            return _described_funnel(block)
        case _:
            return ""


def _described_series(block: blocks.Series) -> str:
    points = [(name, value) for name, value in block.points if value is not None]
    if not points:
        return _("No value is known.")
    places = {
        "first": points[0],
        "last": points[-1],
        "lowest": min(points, key=lambda point: point[1]),
        "highest": max(points, key=lambda point: point[1]),
    }
    values: dict[str, str] = {}
    for which, (name, value) in places.items():
        values |= {which: name, f"at_{which}": numbers.quantity(value, block.unit)}
    return ngettext(
        "{n} point; from {first} ({at_first}) to {last} ({at_last}); "
        "lowest {lowest} ({at_lowest}), highest {highest} ({at_highest}).",
        "{n} points; from {first} ({at_first}) to {last} ({at_last}); "
        "lowest {lowest} ({at_lowest}), highest {highest} ({at_highest}).",
        len(points),
        **values,
    )


def _described_funnel(block: blocks.Funnel) -> str:
    named = block.outside[:LABELLED]
    values = {"n": numbers.count(len(block.points)), "mean": numbers.percent(block.mean)}
    if not named:
        return _("{n} by the number of cases; mean {mean}; outside the limits: none.", **values)
    groups: dict[str, list[str]] = {"worse": [], "better": [], "": []}
    for point in named:
        groups[block.judged(point)].append(point.name)
    return _(
        "{n} by the number of cases; mean {mean}; outside the limits: {names}.",
        **values,
        names="; ".join(
            _(_JUDGED[judged], names=", ".join(names)) for judged, names in groups.items() if names
        ),
    )
