"""Where an item is judged: units, and the units whose rows and cases count there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from cxaudit._model.audit import Audit
from cxaudit._model.checklist import Item
from cxaudit._model.said import Said
from cxaudit._model.units import Unit, UnitTree

__all__ = ["Locator", "Scope", "applicability", "judged_units"]


@attrs.frozen(kw_only=True)
class Scope:
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


class Locator:
    """Finds where items are judged; the answer is kept for items that are judged alike."""

    def __init__(self, audit: Audit) -> None:
        """Prepare for the units of an audit."""
        self._audit = audit
        self._units = audit.units
        self._by_id = {unit.id: unit for unit in audit.units}
        self._members = audit.units.rolled_up()
        parents = {unit.parent for unit in audit.units}
        self._leaves = frozenset(self._by_id) - parents
        self._scopes: dict[tuple[str | None, str, str | None], Scope] = {}

    def scope(self, item: Item, touchpoint: str, applies: Mapping[str, bool | None]) -> Scope:
        """Return where an item is judged at a touchpoint.

        Args:
            item: The item.
            touchpoint: One of its touchpoints.
            applies: Unit to the value of the item's ``when``; null is taken as false.
        """
        key = (item.per, touchpoint, item.id if item.when is not None else None)
        if key not in self._scopes:
            self._scopes[key] = self._find(item, touchpoint, applies)
        return self._scopes[key]

    def _find(self, item: Item, touchpoint: str, applies: Mapping[str, bool | None]) -> Scope:
        reasons: dict[str, str] = {}
        closed: dict[str | None, str] = {}
        for unit in self._units:
            # A site of a region that closed is closed.
            closed[unit.id] = closed.get(unit.parent) or _closed(unit, self._audit)
            reasons[unit.id] = _absent(unit, touchpoint) or closed[unit.id]
        if item.when is not None:
            condition = Said("condition-not-met", condition=item.when)
            reasons = {
                unit_id: reason or ("" if applies.get(unit_id) else condition)
                for unit_id, reason in reasons.items()
            }
        counted: dict[str, tuple[str, ...]] = {}
        neutral: dict[str, str] = {}
        for unit_id in judged_units(item, self._units):
            members = self._members[unit_id]
            # A unit is judged when a leaf below it (or itself) applies.
            leaves = [member for member in members if member in self._leaves] or [unit_id]
            if any(not reasons[leaf] for leaf in leaves):
                counted[unit_id] = tuple(member for member in members if not reasons[member])
            else:
                neutral[unit_id] = reasons[leaves[0]]
        return Scope(counted=counted, neutral=neutral)


def _absent(unit: Unit, touchpoint: str) -> str:
    if touchpoint != "organisation" and not unit.has_touchpoint(touchpoint):
        return Said("touchpoint-absent", unit=unit.name, touchpoint=touchpoint)
    return ""


def _closed(unit: Unit, audit: Audit) -> str:
    if audit.wave is not None:
        if unit.end is not None and unit.end < audit.wave.start:
            return Said("unit-closed", unit=unit.name, day=unit.end)
        if unit.start is not None and unit.start > audit.wave.end:
            return Said("unit-not-yet-open", unit=unit.name, day=unit.start)
    return ""


def applicability(audit: Audit) -> dict[str, dict[str, bool | None]]:
    """Return, per item with a ``when``, at which units it holds.

    An item whose ``when`` rests on a parameter that nobody answered is left out.
    """
    from cxaudit._expressions import parameters_in, parse

    parameters = audit.checklist.parameter_values()
    items = [
        item
        for item in audit.checklist.items
        if item.excluded is None
        and item.when is not None
        and all(parameters.get(name) is not None for name in parameters_in(item.when))
    ]
    if not items:
        return {}
    from cxaudit._engines.duckdb.local import evaluated

    types = _attribute_types(audit)
    rows = [
        {name: unit.attributes.get(name) for name in types} | {"id": unit.id, "kind": unit.kind}
        for unit in audit.units
    ]
    columns = types | {"id": "text", "kind": "text"}
    conditions = list(dict.fromkeys(item.when for item in items if item.when is not None))
    parsed = [parse(condition, columns, parameters, expect="boolean") for condition in conditions]
    holds: dict[str | None, dict[str, Any]] = {
        condition: {unit.id: value for unit, value in zip(audit.units, values, strict=True)}
        for condition, values in zip(conditions, evaluated(parsed, rows), strict=True)
    }
    return {item.id: holds[item.when] for item in items}


def _attribute_types(audit: Audit) -> dict[str, str]:
    """Return the type of each attribute of units: text unless all its values agree otherwise."""
    types: dict[str, str] = {}
    for unit in audit.units:
        for name, value in unit.attributes.items():
            kind = (
                "boolean"
                if isinstance(value, bool)
                else "text"
                if isinstance(value, str)
                else "number"
            )
            types[name] = kind if types.get(name, kind) == kind else "text"
    return types
