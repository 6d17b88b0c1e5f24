"""Derived tables: made from the rows of others, once a run, in the order in which they need it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import attrs

from cxaudit._audit.planning.availability import NO_LOSSES, Losses
from cxaudit._audit.planning.planner import Planner, digest
from cxaudit._model.engine import EngineSession, RowQuery
from cxaudit._model.result import RunProblem
from cxaudit._model.said import Said
from cxaudit._model.tables import ColumnRows, Table
from cxaudit._plugins.containment import contained
from cxaudit._plugins.host import PluginHost

__all__ = ["Derivation"]

_BATCH = 2000


@attrs.define(kw_only=True)
class Derivation:
    """Makes the derived tables that a run needs.

    Attributes:
        narrowed: The columns of tables that are made with only some of them, by table.
        statements: SELECT of each table made, by its digest.
        lost: Table to the reason why it could not be made.
        problems: What failed.
    """

    planner: Planner
    host: PluginHost
    engine: EngineSession
    narrowed: Mapping[str, frozenset[str]] = attrs.field(factory=dict)
    statements: dict[str, str] = attrs.field(factory=dict)
    lost: dict[str, str] = attrs.field(factory=dict)
    problems: list[RunProblem] = attrs.field(factory=list)
    _tried: set[str] = attrs.field(factory=set)

    def make(self, tables: Iterable[str], hits: Losses | None = None) -> None:
        """Make those of some tables that are derived, and what they rest on.

        Args:
            tables: Their names; others than derived ones are left alone.
            hits: What detectors failed to find. Before they have run, when it is None, tables
                that read their hits are left out.
        """
        for name in tables:
            table: Table = self.host.registry.get("table", name)
            if not table.derived or table.id in self._tried or self._missing(table, hits):
                continue
            if hits is None and self.planner.available.reads_hits(table):
                continue
            self._tried.add(table.id)
            reads = [read.rstrip("?") for read in table.reads]
            self.make(reads, hits)
            if self._missing(table, hits):  # one that it reads failed
                continue
            plugin = self.host.registry.origin("table", table.id)
            subject = Said("of-table", table=table.id)
            with contained("deriving", subject, plugin) as containment:
                self._fill(table, reads)
            if problem := containment.problem:
                self.lost[table.id] = Said("table-failed", table=table.id, cause=problem.cause)
                self.problems.append(problem)

    def _missing(self, table: Table, hits: Losses | None) -> str:
        losses = attrs.evolve(hits or NO_LOSSES, tables=self.lost)
        return self.planner.available.missing(table, losses)

    def _fill(self, table: Table, reads: Iterable[str]) -> None:
        for name in reads:
            self.engine.add(self.host.registry.get("table", name))
        if table.derive is None:
            text = self.engine.derive(table, self.narrowed.get(table.id))
            self.statements[digest(text)] = text
            return
        derive = self.host.registry.resolve(table.derive)
        names = [name.rstrip("?") for name in table.parameters]
        parameters = {name: self.planner.parameters.get(name) for name in names}
        rows = iter(derive(self._read, parameters))
        self.engine.add(table)
        while batch := list(islice(rows, _BATCH)):
            self.engine.add(table, ColumnRows.of(table, batch))

    def _read(self, name: str) -> Iterator[Mapping[str, Any]]:
        for batch in self.engine.rows(RowQuery(table=name)):
            yield from batch
