"""Units: what is audited, as a tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import attrs

from cxaudit._model.identifiers import validate_id

__all__ = ["Unit", "UnitTree"]


@attrs.frozen(kw_only=True)
class Unit:
    """An organisation, a region, a site, a team: something that is audited.

    Attributes:
        id: Its id.
        name: Name for people.
        kind: ``organisation``, ``region``, ``site``, ``team`` or the client's own word.
        parent: Id of the unit above; None for the root.
        zone: IANA time zone, its own or inherited.
        weight: Weight of its cases when they are pooled above it; above 0.
        touchpoints: Where customers meet it, own or inherited; empty means everywhere.
        start, end: First and last day on which it is audited; None is open.
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
            touchpoint == own
            or touchpoint.startswith(f"{own}.")
            or own.startswith(f"{touchpoint}.")
            for own in self.touchpoints
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

    def __contains__(self, unit_id: object) -> bool:
        return any(unit.id == unit_id for unit in self.units)

    def __getitem__(self, unit_id: str) -> Unit:
        for unit in self.units:
            if unit.id == unit_id:
                return unit
        raise KeyError(unit_id)

    def children(self, unit_id: str) -> tuple[Unit, ...]:
        """Return the units directly below one."""
        return tuple(unit for unit in self.units if unit.parent == unit_id)

    def path(self, unit_id: str) -> tuple[str, ...]:
        """Return the ids from a unit up to the root, both included."""
        parents = {unit.id: unit.parent for unit in self.units}
        path = [unit_id]
        while (parent := parents[path[-1]]) is not None:
            path.append(parent)
        return tuple(path)

    def rolled_up(self) -> dict[str, tuple[str, ...]]:
        """Return, per unit, the units whose rows and cases count for it.

        A comparator, and all below it, counts for itself and not for what is above it.
        """
        by_id = {unit.id: unit for unit in self.units}
        below: dict[str, list[str]] = {unit.id: [] for unit in self.units}
        for unit in self.units:
            at: str | None = unit.id
            while at is not None:
                below[at].append(unit.id)
                at = None if by_id[at].comparator else by_id[at].parent
        return {unit: tuple(found) for unit, found in below.items()}
