"""Where an item is judged: units, and the units whose rows and cases count there."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from cxaudit._model.audit import Audit
from cxaudit._model.checklist import Item
from cxaudit._model.units import Unit, UnitTree

__all__ = ["Placer", "Places", "judged_units"]


@attrs.frozen(kw_only=True)
class Places:
    """The units at which an item is judged at one touchpoint.

    Attributes:
        counted: Unit judged to the units whose rows and cases count for it.
        neutral: Unit judged to the reason why the item does not apply there.
    """

    counted: Mapping[str, tuple[str, ...]]
    neutral: Mapping[str, str]


def judged_units(item: Item, units: UnitTree) -> tuple[str, ...]:
    """Return the units of the item's kind and all above them; else the root alone.

    What lies above a comparator is not judged for its sake.
    """
    wanted = {units.root.id}
    for unit in units:
        if unit.kind != item.per:
            continue
        at: str | None = unit.id
        while at is not None and at not in wanted:
            wanted.add(at)
            at = None if units[at].comparator else units[at].parent
    return tuple(unit.id for unit in units if unit.id in wanted)


class Placer:
    """Finds where items are judged; the answer is kept for items that are placed alike."""

    def __init__(self, audit: Audit) -> None:
        """Prepare for the units of an audit."""
        self._audit = audit
        self._units = audit.units
        self._by_id = {unit.id: unit for unit in audit.units}
        self._below = audit.units.rolled_up()
        parents = {unit.parent for unit in audit.units}
        self._leaves = frozenset(self._by_id) - parents
        self._known: dict[tuple[str | None, str, str | None], Places] = {}

    def places(self, item: Item, touchpoint: str, applies: Mapping[str, bool | None]) -> Places:
        """Return where an item is judged at a touchpoint.

        Args:
            item: The item.
            touchpoint: One of its touchpoints.
            applies: Unit to the value of the item's ``when``; null is taken as false.
        """
        key = (item.per, touchpoint, item.id if item.when is not None else None)
        if key not in self._known:
            self._known[key] = self._find(item, touchpoint, applies)
        return self._known[key]

    def _find(self, item: Item, touchpoint: str, applies: Mapping[str, bool | None]) -> Places:
        reasons: dict[str, str] = {}
        closed: dict[str | None, str] = {}
        for unit in self._units:
            # A site of a region that closed is closed.
            closed[unit.id] = closed.get(unit.parent) or _closed(unit, self._audit)
            reasons[unit.id] = _absent(unit, touchpoint) or closed[unit.id]
        if item.when is not None:
            reasons = {
                unit_id: reason or ("" if applies.get(unit_id) else f"only where {item.when}")
                for unit_id, reason in reasons.items()
            }
        counted: dict[str, tuple[str, ...]] = {}
        neutral: dict[str, str] = {}
        for unit_id in judged_units(item, self._units):
            below = self._below[unit_id]
            # A unit is judged when a leaf below it (or itself) applies.
            leaves = [member for member in below if member in self._leaves] or [unit_id]
            if any(not reasons[leaf] for leaf in leaves):
                counted[unit_id] = tuple(member for member in below if not reasons[member])
            else:
                neutral[unit_id] = reasons[leaves[0]]
        return Places(counted=counted, neutral=neutral)


def _absent(unit: Unit, touchpoint: str) -> str:
    if touchpoint != "organisation" and not unit.has_touchpoint(touchpoint):
        return f"{unit.name} has no touchpoint {touchpoint}"
    return ""


def _closed(unit: Unit, audit: Audit) -> str:
    if audit.wave is not None:
        if unit.end is not None and unit.end < audit.wave.start:
            return f"{unit.name} closed on {unit.end.isoformat()}"
        if unit.start is not None and unit.start > audit.wave.end:
            return f"{unit.name} opens on {unit.start.isoformat()}"
    return ""
