"""The seam between the planner and an engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import attrs

from cxaudit._model.evidence import SourceAccount
from cxaudit._model.expressions import Expression
from cxaudit._model.metrics import Metric
from cxaudit._model.pseudonyms import Pseudonyms
from cxaudit._model.tables import Table

__all__ = [
    "CompiledMetric",
    "EngineSession",
    "Levels",
    "MeasuredRow",
    "MetricQuery",
    "RowQuery",
    "Scan",
    "TableLoad",
]


@attrs.frozen(kw_only=True)
class Scan:
    """Files that the engine reads by itself.

    Attributes:
        format: ``csv``, ``json`` (JSON Lines) or ``parquet``.
        files: The files, in the order of the request; UTF-8 when they hold text.
        shown: For each file, the name under which its rows are kept (``_source``).
        digests: For each file, the SHA-256 of what the user gave.
        options: For csv: ``separator``, ``quote``, ``header`` (bool), ``skip`` (lines).
        columns: Raw columns, in file order. All are read as text, but for Parquet's own types.
        numbered: Whether the rows bring ``_source`` and ``_row`` as raw columns of their own
            (spooled rows do); else files and row numbers give them.
        rejected: Rows the source refused itself: (shown file, row, reason, raw text).
        skipped: Rows the source left out by a rule, with the number for each reason.
        unknown_fields: Fields of the files that the source does not use.
        notes: What the source did to the files.
    """

    format: str
    files: tuple[Path, ...]
    shown: tuple[str, ...]
    digests: tuple[str, ...] = ()
    options: Mapping[str, Any] = attrs.field(factory=dict)
    columns: tuple[str, ...] = ()
    numbered: bool = False
    rejected: tuple[tuple[str, int, str, str], ...] = ()
    skipped: Mapping[str, int] = attrs.field(factory=dict)
    unknown_fields: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class TableLoad:
    """A scan, and how its raw columns become a canonical table's.

    Attributes:
        source: Name of the source in the audit file.
        table: The canonical table. Several loads may fill one table.
        scan: The files.
        columns: Canonical column to expression over raw columns. ``unit`` and ``touchpoint``
            may be among them.
        where: Rows to read at all, over raw columns.
        zone: Zone of local times: an IANA name or ``unit``; None when times carry offsets.
        unit: Unit of all rows, when no column says it.
        unit_aliases: Unit code to unit id (codes that are unit ids themselves need none).
        unit_zones: Unit id to IANA zone, for all units; the first is the root.
        unknown_fields: Raw columns that the mapping does not use, for the account.
        pseudonyms: How keys of people are hashed; None leaves them as they are.
        quarantine: File to append refused rows to as JSON Lines (mode 0600); None only counts.
    """

    source: str
    table: Table
    scan: Scan
    columns: Mapping[str, Expression]
    where: Expression | None = None
    zone: str | None = None
    unit: str | None = None
    unit_aliases: Mapping[str, str] = attrs.field(factory=dict)
    unit_zones: Mapping[str, str] = attrs.field(factory=dict)
    unknown_fields: tuple[str, ...] = ()
    pseudonyms: Pseudonyms | None = None
    quarantine: Path | None = None


@attrs.frozen(kw_only=True)
class CompiledMetric:
    """A metric with its expressions checked.

    Attributes:
        metric: The metric.
        where, value, numerator, denominator, positive, negative, event, evidence: Its
            expressions.
        thresholds: For a quantile: values whose share at or under is counted as well, under
            the statistic ``le:<repr of the number>``.
    """

    metric: Metric
    where: Expression | None = None
    value: Expression | None = None
    numerator: Expression | None = None
    denominator: Expression | None = None
    positive: Expression | None = None
    negative: Expression | None = None
    event: Expression | None = None
    evidence: Expression | None = None
    thresholds: tuple[float, ...] = ()

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Return the expressions that it has."""
        values = (getattr(self, field.name) for field in attrs.fields(CompiledMetric))
        return tuple(value for value in values if isinstance(value, Expression))


@attrs.frozen(kw_only=True)
class MetricQuery:
    """Some metrics over one table in one grouping: one statement.

    Attributes:
        table: Table name.
        metrics: What is measured.
        units: Result unit to the units whose rows count for it.
        root: The root's id. Rows without a known unit count for it alone.
        where: Which rows count at all, such as those of the wave; None takes all.
        touchpoint: Only rows at this touchpoint or below it; None takes all rows.
        by: A further grouping; its value is returned as text.
    """

    table: str
    metrics: tuple[CompiledMetric, ...]
    units: Mapping[str, tuple[str, ...]]
    root: str
    where: Expression | None = None
    touchpoint: str | None = None
    by: Expression | None = None


@attrs.frozen(kw_only=True)
class MeasuredRow:
    """Sufficient statistics of one metric in one group (see `Measurement.statistics`)."""

    unit: str
    group: str | None
    metric: str
    statistics: Mapping[str, float]


@attrs.frozen(kw_only=True)
class RowQuery:
    """Rows of a table.

    Attributes:
        table: Table name.
        where: Which rows; all when None.
        units: Only rows of these units; None takes all, rows without a unit too.
        touchpoint: As in `MetricQuery`.
        limit: At most this many, drawn by a hash of the row's key and the seed; None: all.
        seed: Seed of the draw.
        columns: Columns to return besides ``_source`` and ``_row``; None: all.
    """

    table: str
    where: Expression | None = None
    units: tuple[str, ...] | None = None
    touchpoint: str | None = None
    limit: int | None = None
    seed: int = 0
    columns: tuple[str, ...] | None = None


Levels = tuple[float | None, float | None]
"""Two levels of quantiles, or their values."""


class EngineSession(Protocol):
    """An open engine. After `open` it reads no other files and takes no settings."""

    name: str
    version: str

    def open(self, files: Sequence[Path], scratch: Path, memory: int | None = None) -> None:
        """Allow these files and the scratch folder, and lock everything else.

        ``memory`` is the most bytes that may be used; it is given only when a user set it.
        """

    def load(self, load: TableLoad) -> SourceAccount:
        """Fill a canonical table from a scan, and give the account of it."""

    def add(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Fill a canonical table with rows at hand (cases, answers, hits)."""

    def derivation(self, table: Table) -> str:
        """Return the statement that makes a derived table, without running it."""

    def derive(self, table: Table) -> str:
        """Make a derived table by its SELECT, and return the statement."""

    def instants(self, *, planned: bool) -> tuple[datetime | None, datetime | None]:
        """Return the first and last instant in the time columns of all tables that were filled.

        ``planned`` takes those in that may lie in the future, too.
        """

    def statement(self, query: MetricQuery) -> str:
        """Return the statement for a query, without running it or reading data."""

    def measure(self, query: MetricQuery) -> Iterable[MeasuredRow]:
        """Run a query."""

    def ends(
        self, query: MetricQuery, levels: Mapping[str, Mapping[str, Levels]]
    ) -> Mapping[tuple[str, str], Levels]:
        """Return two further quantiles of each metric and unit.

        Args:
            query: The metrics, all of them quantiles.
            levels: Metric to unit to the levels of both, each in [0, 1]; null gives null.
        """

    def count(self, query: RowQuery) -> int:
        """Return how many rows a query has, its limit left aside."""

    def rows(self, query: RowQuery) -> Iterator[Sequence[Mapping[str, Any]]]:
        """Yield the rows of a query in batches, in a repeatable order."""

    def evaluate(
        self, expression: Expression, rows: Sequence[Mapping[str, Any]]
    ) -> list[bool | float | str | None]:
        """Return the value of an expression for each of some rows at hand."""

    def find_phrases(
        self, table: str, column: str, patterns: Mapping[str, str], where: Expression | None
    ) -> Iterable[tuple[str, int, str, int, int, str]]:
        """Yield (_source, _row, label, start, end, quote) of each match of RE2 patterns."""

    def close(self) -> None:
        """Free everything."""
