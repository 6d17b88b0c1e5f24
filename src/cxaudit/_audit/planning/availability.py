"""Which tables and columns are there to measure, and why others are not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from cxaudit._expressions import absent_in
from cxaudit._model.expressions import Expression
from cxaudit._model.said import Said
from cxaudit._model.tables import Table
from cxaudit._plugins.registry import Registry

__all__ = ["ALWAYS", "NO_LOSSES", "Availability", "Losses"]

ALWAYS = ("unit", "touchpoint", "_source", "_row", "_zone")
"""Text columns that every stored row has (``_row`` is a number)."""

_FILLED_BY_CORE = ("answers", "cases", "hits", "observation")


@attrs.frozen(kw_only=True)
class Losses:
    """What failed while a run made its tables.

    Attributes:
        detectors: The detectors that were asked to run.
        tables: Derived table to the reason why it could not be made.
        idle: Detector to the reason why it had nothing to look at.
        failed: Detector to the reason why it failed.
    """

    detectors: frozenset[str] = frozenset()
    tables: Mapping[str, str] = attrs.field(factory=dict)
    idle: Mapping[str, str] = attrs.field(factory=dict)
    failed: Mapping[str, str] = attrs.field(factory=dict)


NO_LOSSES = Losses()


@attrs.frozen(kw_only=True)
class Availability:
    """What the sources of an audit give.

    Attributes:
        source_columns: Table to the columns that its sources give; None for all of them.
        registry: The plugins' specs.
        parameters: Values of the checklist's parameters.
        failed: Table to the reason why its sources failed.
    """

    source_columns: Mapping[str, frozenset[str] | None]
    registry: Registry
    parameters: Mapping[str, Any]
    failed: Mapping[str, str] = attrs.field(factory=dict)

    def columns(self, table: str) -> frozenset[str] | None:
        """Return the columns of a stored table that sources give; None for all."""
        return self.source_columns.get(table, frozenset())

    def missing(self, table: Table, losses: Losses = NO_LOSSES) -> str:
        """Return why a table cannot be read; empty when it can."""
        if table.id in self.failed:
            return self.failed[table.id]
        if not table.derived:
            if table.id in self.source_columns or table.id in _FILLED_BY_CORE:
                return ""
            return Said("table-absent", table=table.id)
        if table.id in losses.tables:
            return losses.tables[table.id]
        for name in table.parameters:
            if name[-1] != "?" and self.parameters.get(name) is None:
                return Said("parameter-open", name=name)
        needed = ((name, columns) for name, columns in table.reads.items() if name[-1] != "?")
        reasons = (self._unread(name, columns, losses) for name, columns in needed)
        return next(filter(None, reasons), "") or _hits_missing(table, losses)

    def absent(self, expression: Expression, table: Table) -> str:
        """Return which column of a table an expression names and no source gives."""
        if table.id in _FILLED_BY_CORE:
            return ""
        if table.derived:
            resting = {column.name: column.rests_on for column in table.columns}
            present = {name for name, rest in resting.items() if self._given(rest)}
            lacking = sorted(absent_in(expression, present | set(ALWAYS)) & resting.keys())
            return Said("column-absent", column=resting[lacking[0]]) if lacking else ""
        columns = self.source_columns.get(table.id)
        absent = () if columns is None else sorted(absent_in(expression, columns | set(ALWAYS)))
        return Said("column-absent", column=f"{table.id}.{absent[0]}") if absent else ""

    def reads_hits(self, table: Table) -> bool:
        """Tell whether a table rests on the hits of detectors."""
        if not table.derived:
            return table.id == "hits"
        return any(self.reads_hits(read) for read in self._reads(table))

    def detectors(self, table: Table) -> frozenset[str]:
        """Return the detectors whose hits a table rests on, by itself or by those below it."""
        names = frozenset(name.rstrip("?") for name in table.reads.get("hits", ()))
        return names.union(*(self.detectors(read) for read in self._reads(table)))

    def _given(self, column: str) -> bool:
        """Tell whether a source gives a stored column, or none need."""
        name, _, part = column.partition(".")
        columns = self.source_columns.get(name)
        return not column or columns is None or part in columns

    def _reads(self, table: Table) -> Iterator[Table]:
        for name in table.reads:
            yield self.registry.get("table", name.rstrip("?"))

    def _unread(self, name: str, columns: Iterable[str], losses: Losses) -> str:
        """Return why some columns of a table cannot be read; empty when they can."""
        table: Table = self.registry.get("table", name)
        if (reason := self.missing(table, losses)) or table.derived:
            return reason
        present = self.source_columns.get(table.id)
        absent = [] if present is None else sorted(set(columns) - present)
        return Said("column-absent", column=f"{table.id}.{absent[0]}") if absent else ""


def _hits_missing(table: Table, losses: Losses) -> str:
    for name in table.reads.get("hits", ()):
        if reason := losses.failed.get(name.rstrip("?")) or losses.idle.get(name):
            return reason
    return ""
