"""Which tables and columns are there to measure, and why others are not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cxaudit._audit.registry import Registry
from cxaudit._expressions import absent_in
from cxaudit._model.expressions import Expression
from cxaudit._model.tables import Table

__all__ = ["ALWAYS", "Availability"]

ALWAYS = ("unit", "touchpoint", "_source", "_row", "_zone")
"""Text columns that every stored row has (``_row`` is a number)."""

_FILLED_BY_CORE = ("answers", "cases", "hits", "observation")


class Availability:
    """What the sources of an audit give."""

    def __init__(
        self,
        given: Mapping[str, frozenset[str] | None],
        registry: Registry,
        *,
        engine: str,
        parameters: Mapping[str, Any],
    ) -> None:
        """Keep what is known.

        Args:
            given: Table to the columns that its sources give; None for all of them.
            registry: The plugins' specs.
            engine: Full id of the engine.
            parameters: Values of the checklist's parameters.
        """
        self._given = given
        self._registry = registry
        self._engine = engine
        self._parameters = parameters
        self._lost: dict[str, str] = {}
        self._idle: dict[str, str] = {}
        self._failed: dict[str, str] = {}

    def columns(self, table: str) -> frozenset[str] | None:
        """Return the columns of a stored table that sources give; None for all."""
        return self._given.get(table, frozenset())

    def lose(self, table: Table, reason: str) -> None:
        """Take note that a derived table could not be made."""
        self._lost[table.id] = reason

    def lose_hits(self, *, idle: Mapping[str, str], failed: Mapping[str, str]) -> None:
        """Take note of detectors that had nothing to run on, and of those that failed."""
        self._idle.update(idle)
        self._failed.update(failed)

    def missing(self, table: Table) -> str:
        """Return why a table cannot be read; empty when it can."""
        if not table.derived:
            if table.id in self._given or table.id in _FILLED_BY_CORE:
                return ""
            return f"no source gives the table {table.id}"
        if table.id in self._lost:
            return self._lost[table.id]
        if table.derive is None and self._engine not in table.select:
            return f"table {table.id} is not defined for the engine {self._engine}"
        for name in table.parameters:
            if name[-1] != "?" and self._parameters.get(name) is None:
                return f"nobody has answered the parameter {name!r} yet"
        needed = ((name, columns) for name, columns in table.reads.items() if name[-1] != "?")
        reasons = (self._not_given(*each) for each in needed)
        return next(filter(None, reasons), "") or self._hits_missing(table)

    def absent(self, expression: Expression, table: Table) -> str:
        """Return which column of a table an expression names and no source gives."""
        if table.derived or table.id in _FILLED_BY_CORE:
            return ""
        given = self._given.get(table.id)
        absent = () if given is None else sorted(absent_in(expression, given | set(ALWAYS)))
        return f"no source gives {table.id}.{absent[0]}" if absent else ""

    def reads_hits(self, table: Table) -> bool:
        """Tell whether a table rests on the hits of detectors."""
        if not table.derived:
            return table.id == "hits"
        below = (self._registry.get("table", name.rstrip("?")) for name in table.reads)
        return any(self.reads_hits(each) for each in below)

    def detectors(self, table: Table) -> frozenset[str]:
        """Return the detectors whose hits a table rests on, by itself or by those below it."""
        found = frozenset(name.rstrip("?") for name in table.reads.get("hits", ()))
        below = (self._registry.get("table", name.rstrip("?")) for name in table.reads)
        return found.union(*(self.detectors(each) for each in below))

    def _hits_missing(self, table: Table) -> str:
        for name in table.reads.get("hits", ()):
            reason = self._failed.get(name.rstrip("?")) or self._idle.get(name)
            if reason:
                return reason
        return ""

    def _not_given(self, name: str, columns: Iterable[str]) -> str:
        table = self._registry.get("table", name)
        assert isinstance(table, Table)
        return self.missing(table) or ("" if table.derived else self._lacking(table, columns))

    def _lacking(self, table: Table, columns: Iterable[str]) -> str:
        given = self._given.get(table.id)
        absent = [] if given is None else sorted(set(columns) - given)
        return f"no source gives {table.id}.{absent[0]}" if absent else ""
