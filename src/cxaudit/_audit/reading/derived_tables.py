"""Derived tables: made from the rows of others, once a run, in the order in which they need it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import attrs

from cxaudit._audit.planning.planner import Planner, digest
from cxaudit._model.engine import EngineSession, RowQuery
from cxaudit._model.result import RunProblem
from cxaudit._model.tables import Table
from cxaudit._plugins.containment import contained
from cxaudit._plugins.host import PluginHost

__all__ = ["Deriving"]

_BATCH = 2000


@attrs.define(kw_only=True)
class Deriving:
    """Makes the derived tables that a run needs.

    Attributes:
        planner: Says what can be made, and is told what could not.
        statements: SELECT of each table made, by its digest.
        problems: Takes what failed.
    """

    planner: Planner
    host: PluginHost
    engine: EngineSession
    problems: list[RunProblem]
    statements: dict[str, str] = attrs.field(factory=dict)
    _made: set[str] = attrs.field(factory=set)

    def make(self, tables: Iterable[str], *, before_hits: bool = False) -> None:
        """Make those of some tables that are derived, and what they rest on.

        Args:
            tables: Their names; others than derived ones are left alone.
            before_hits: Leave out those that read the hits of detectors.
        """
        for name in tables:
            table = self.host.registry.get("table", name)
            if not table.derived or table.id in self._made or self.planner.available.missing(table):
                continue
            below = [read.rstrip("?") for read in table.reads]
            if before_hits and self.planner.available.reads_hits(table):
                continue
            self._made.add(table.id)
            self.make(below)
            if self.planner.available.missing(table):  # one below failed
                continue
            plugin = self.host.registry.origin("table", table.id)
            with contained("deriving", f"table {table.id}", plugin) as containment:
                self._fill(table, below)
            if problem := containment.problem:
                self.planner.lose(table, f"table {table.id} could not be made: {problem.cause}")
                self.problems.append(problem)

    def _fill(self, table: Table, below: Iterable[str]) -> None:
        for name in below:
            self.engine.add(self.host.registry.get("table", name), ())
        if table.derive is None:
            text = self.engine.derive(table)
            self.statements[digest(text)] = text
            return
        make = self.host.registry.resolve(table.derive)
        values = self.planner.parameter_values()
        names = [name.rstrip("?") for name in table.parameters]
        rows = iter(make(self._read, {name: values.get(name) for name in names}))
        self.engine.add(table, ())
        while batch := list(islice(rows, _BATCH)):
            self.engine.add(table, batch)

    def _read(self, name: str) -> Iterator[Mapping[str, Any]]:
        for batch in self.engine.rows(RowQuery(table=name)):
            yield from batch
