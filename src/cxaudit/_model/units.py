"""Units: what is audited, as a tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property

import attrs

from cxaudit._model.identifiers import validate_id

__all__ = ["PEOPLE", "Unit", "UnitTree"]

PEOPLE = frozenset({"agent", "person", "employee", "individual", "advisor", "adviser"})
"""Kinds of unit that are single people."""


@attrs.frozen(kw_only=True)
class Unit:
    """An organisation, a region, a site, a team: something that is audited.

    Attributes:
        id: Its id.
        name: Name for people.
        kind: ``organisation``, ``region``, ``site``, ``team`` or the client's own word.
        parent: Id of the unit above; None for the root.
        zone: IANA time zone, its own or inherited.
        weight: Its weight where answers are pooled above it, shared by its cases; above 0.
        touchpoints: Where customers meet it, own or inherited; empty means everywhere.
        start, end: First and last day on which it, and all in it, is audited; None is open.
        comparator: Shown, never rolled up.
        attributes: What ``when`` may ask about, own and inherited.
    """

    id: str = attrs.field(validator=validate_id)
    name: str
    kind: str
    parent: str | None = None
    zone: str = "UTC"
    weight: float = 1.0
    touchpoints: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    comparator: bool = False
    attributes: Mapping[str, str | float | bool] = attrs.field(factory=dict)

    def has_touchpoint(self, touchpoint: str) -> bool:
        """Tell whether customers meet the unit at a touchpoint (or a child of one it has)."""
        return not self.touchpoints or any(
            touchpoint == declared
            or touchpoint.startswith(f"{declared}.")
            or declared.startswith(f"{touchpoint}.")
            for declared in self.touchpoints
        )


@attrs.frozen
class UnitTree:
    """All units, parents before children, the root first."""

    units: tuple[Unit, ...]

    @property
    def root(self) -> Unit:
        """Return the unit at the top."""
        return self.units[0]

    def __iter__(self) -> Iterator[Unit]:
        return iter(self.units)

    @cached_property
    def _by_id(self) -> dict[str, Unit]:
        return {unit.id: unit for unit in self.units}

    @cached_property
    def _children(self) -> dict[str | None, tuple[Unit, ...]]:
        children: dict[str | None, list[Unit]] = {}
        for unit in self.units:
            children.setdefault(unit.parent, []).append(unit)
        return {parent: tuple(units) for parent, units in children.items()}

    def __contains__(self, unit_id: object) -> bool:
        return unit_id in self._by_id

    def __getitem__(self, unit_id: str) -> Unit:
        return self._by_id[unit_id]

    def children(self, unit_id: str) -> tuple[Unit, ...]:
        """Return the units directly below one."""
        return self._children.get(unit_id, ())

    def path(self, unit_id: str) -> tuple[str, ...]:
        """Return the ids from a unit up to the root, both included."""
        path = [unit_id]
        while (parent := self._by_id[path[-1]].parent) is not None:
            path.append(parent)
        return tuple(path)

    def rolled_up(self) -> dict[str, tuple[str, ...]]:
        """Return, per unit, the units whose rows and cases count for it.

        A comparator, and all below it, counts for itself and not for what is above it.
        """
        rolled_up: dict[str, list[str]] = {unit.id: [] for unit in self.units}
        for unit in self.units:
            at: str | None = unit.id
            while at is not None:
                rolled_up[at].append(unit.id)
                at = None if self._by_id[at].comparator else self._by_id[at].parent
        return {unit: tuple(units) for unit, units in rolled_up.items()}
