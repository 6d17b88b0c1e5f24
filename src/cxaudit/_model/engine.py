"""The seam between the planner and an engine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from cxaudit._model.evidence import Hit, SourceAccount
from cxaudit._model.expressions import Call, Expression, Literal, Logical, Not
from cxaudit._model.markers import Marker, MarkerEffect
from cxaudit._model.metrics import Metric
from cxaudit._model.pseudonyms import Pseudonyms
from cxaudit._model.tables import ColumnRows, Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

GROUPS = 100
"""Clusters other than days are put into so many random groups, as there may be millions."""

__all__ = [
    "GROUPS",
    "CompiledMetric",
    "DrawCondition",
    "DrawQuery",
    "Drawn",
    "Draws",
    "EngineSession",
    "Levels",
    "LoadOutcome",
    "MeasuredRow",
    "MetricQuery",
    "RowQuery",
    "Scan",
    "SumQuery",
    "Sums",
    "TableLoad",
]


@attrs.frozen(kw_only=True)
class Scan:
    """Files, or tables in memory, that the engine reads by itself.

    Attributes:
        format: ``csv``, ``json`` (JSON Lines), ``parquet`` or ``table``.
        files: The files, in the order of the request; UTF-8 when they hold text.
        tables: For ``table``, in their place: what exports an Arrow stream as often as it is
            asked (a table of pyarrow or polars, a relation of DuckDB), a data frame of pandas, or a
            mapping of names to numpy arrays. They are copied.
        shown: For each file or table, the name under which its rows are kept (``_source``).
        digests: For each file, the SHA-256 of what the user gave; for a table, of what it was made
            from, or the name of the snapshot that it is; empty where it has none.
        options: For csv: ``separator``, ``quote``, ``header`` (bool), ``skip`` (lines).
        columns: Raw columns, in file order. Values of Parquet's own types, and of tables', count as
            the text that they would be in a text file.
        numbered: Whether the rows bring ``_source`` and ``_row`` as raw columns of their own
            (spooled rows do); else files and row numbers give them. Of JSON, each line then holds
            an object.
        rejected: Rows the source refused itself: (shown file, row, reason, raw text).
        skipped: Rows the source left out by a rule, with the number for each reason.
        unknown_fields: Fields of the files that the source does not use.
        marked: Rule of a marker to the number of records that it named.
        notes: What the source did to the files.
    """

    format: str
    files: tuple[Path, ...] = ()
    tables: tuple[object, ...] = ()
    shown: tuple[str, ...]
    digests: tuple[str, ...] = ()
    options: Mapping[str, Any] = attrs.field(factory=dict)
    columns: tuple[str, ...] = ()
    numbered: bool = False
    rejected: tuple[tuple[str, int, str, str], ...] = ()
    skipped: Mapping[str, int] = attrs.field(factory=dict)
    unknown_fields: tuple[str, ...] = ()
    marked: Mapping[str, int] = attrs.field(factory=dict)
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
        markers: Markers with the condition, over raw columns, of the rows that each names. Those
            that leave out apply in their order, to rows that ``where`` takes; the others name
            rows that are kept. The account counts them.
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
    markers: tuple[tuple[Marker, Expression], ...] = ()
    zone: str | None = None
    unit: str | None = None
    unit_aliases: Mapping[str, str] = attrs.field(factory=dict)
    unit_zones: Mapping[str, str] = attrs.field(factory=dict)
    unknown_fields: tuple[str, ...] = ()
    pseudonyms: Pseudonyms | None = None
    quarantine: Path | None = None

    @property
    def condition(self) -> Expression | None:
        """Return which rows are kept, those that ``where`` takes and no marker leaves out."""
        return _all_of(self.where, *(_not(when) for _, when in self._leaving_out))

    @property
    def marked(self) -> tuple[tuple[Marker, Expression], ...]:
        """Return each marker with the whole condition of the rows that it names."""
        conditions: list[tuple[Marker, Expression]] = []
        before: list[Expression] = []
        for marker, when in self.markers:
            if marker.effect is MarkerEffect.LEAVES_OUT:
                conditions.append((marker, _all_of(self.where, *before, when) or when))
                before.append(_not(when))
            else:
                conditions.append((marker, _all_of(self.condition, when) or when))
        return tuple(conditions)

    @property
    def _leaving_out(self) -> tuple[tuple[Marker, Expression], ...]:
        return tuple(
            (marker, when)
            for marker, when in self.markers
            if marker.effect is MarkerEffect.LEAVES_OUT
        )


def _all_of(*conditions: Expression | None) -> Expression | None:
    parts = tuple(condition for condition in conditions if condition is not None)
    return Logical("and", parts) if len(parts) > 1 else next(iter(parts), None)


def _not(condition: Expression) -> Expression:
    """Return the condition that another does not hold; of null it does not."""
    false = Literal(value=False, type="boolean")
    return Not(Call("coalesce", (condition, false), "boolean"))


@attrs.frozen(kw_only=True)
class LoadOutcome:
    """What came of a load.

    Attributes:
        account: What became of each row.
        instants: Time column to the first and last instant in the rows that were kept; none where
            no row has one.
    """

    account: SourceAccount
    instants: Mapping[str, tuple[datetime, datetime]] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class CompiledMetric:
    """A metric with its expressions checked.

    Attributes:
        metric: The metric.
        where, value, numerator, denominator, positive, negative, event, evidence: Its
            expressions.
        cluster: What varies by chance as a whole: ``day``, ``row``, or the text of an
            expression.
        by: The expression of its clusters: for days the natural time; None for rows.
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
    cluster: str = "row"
    by: Expression | None = None
    thresholds: tuple[float, ...] = ()

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Return the expressions that it has."""
        values = (getattr(self, field.name) for field in attrs.fields(CompiledMetric))
        return tuple(value for value in values if isinstance(value, Expression))


@attrs.frozen(kw_only=True)
class SumQuery:
    """Metrics over one table, added up by unit and cluster, or by group and cluster: one statement.

    What holds at a unit above, at a touchpoint or over all days is added up from its result.

    Attributes:
        table: Table name.
        metrics: What is measured; all have the same cluster.
        where: Which rows count at all, such as those of the wave; None takes all.
        touchpoints: Whether rows are told apart by touchpoint.
        by: A grouping instead of unit and touchpoint; its value is returned as text.
        without: Units whose rows do not count.
    """

    table: str
    metrics: tuple[CompiledMetric, ...]
    where: Expression | None = None
    touchpoints: bool = False
    by: Expression | None = None
    without: tuple[str, ...] = ()


@attrs.frozen(kw_only=True, eq=False)
class Sums:
    """What a `SumQuery` gives: columns of one length, a row for each unit (or group) and cluster.

    Attributes:
        units: The unit of the rows, or their group; None where it is null.
        touchpoints: Their touchpoint; None where it is null, or where they are not told apart.
        clusters: Their cluster. Of days, those since 1970-01-01 on the clock of the rows' zone,
            and one of ``GROUPS`` from -2**31 on where they have none; else one of ``GROUPS`` random
            groups of clusters, which stand for them; 0 where each row is a cluster.
        statistics: Metric and statistic to float64. Those of `Measurement`, but for ``shift``:
            ``sum2`` is about the mean of the same row. ``value`` of a minimum or maximum is nan
            where no row counts, and so is ``least``, the least value of a mean and the least
            numerator or denominator of a ratio. Of the kinds that do not add up, ``n`` and, for
            a quantile, its ``le:`` counts; of a censored quantile nothing.
    """

    units: Sequence[str | None]
    touchpoints: Sequence[str | None]
    clusters: IntArray
    statistics: Mapping[tuple[str, str], FloatArray]


@attrs.frozen(kw_only=True)
class MetricQuery:
    """Metrics that do not add up, over one table in one grouping: one statement.

    They are quantiles alone, or distinct counts and censored quantiles.

    Attributes:
        table: Table name.
        metrics: What is measured.
        units: Result unit to the units whose rows count for it, none of them for two; None where
            all rows count.
        root: The root's id. Rows without a known unit count for it alone.
        where: Which rows count at all, such as those of the wave; None takes all.
        touchpoint: Only rows at this touchpoint or below it; None takes all rows.
        by: A further grouping, of the rows of one result unit; its value is returned as text.
        error: For quantiles: how far, as a share of its size, a value may be moved before quantiles
            are taken, in memory that does not grow with the rows; None takes values as they are.
    """

    table: str
    metrics: tuple[CompiledMetric, ...]
    units: Mapping[str, tuple[str, ...] | None]
    root: str
    where: Expression | None = None
    touchpoint: str | None = None
    by: Expression | None = None
    error: float | None = None


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
        screen: A text column and an RE2 pattern: rows in which it matches, whatever the case.
        columns: Columns to return besides ``_source`` and ``_row``; None: all.
    """

    table: str
    where: Expression | None = None
    screen: tuple[str, str] | None = None
    columns: tuple[str, ...] | None = None


@attrs.frozen(kw_only=True)
class DrawCondition:
    """One condition, and the units for which rows are drawn by it.

    Attributes:
        where: Which rows.
        units: Result unit to the units whose rows count for it.
        touchpoint: As in `MetricQuery`.
        detectors: Hits of these detectors are counted in the rows, and returned for those drawn.
    """

    where: Expression
    units: Mapping[str, tuple[str, ...]]
    touchpoint: str | None = None
    detectors: frozenset[str] = frozenset()


@attrs.frozen(kw_only=True)
class DrawQuery:
    """Draws of rows of a table, each with its full count.

    A draw is the rows with the least MD5, as lower-case hexadecimal text in UTF-8, of
    ``SEED|_source|_row``: it depends on the seed and on the rows' keys alone.

    Attributes:
        table: Table name.
        conditions: By what, and for which units.
        root: As in `MetricQuery`.
        where: As in `MetricQuery`.
        limit: A draw has at most so many rows.
        seed: Seed of all draws.
    """

    table: str
    conditions: tuple[DrawCondition, ...]
    root: str
    where: Expression | None = None
    limit: int = 50
    seed: int = 0


@attrs.frozen(kw_only=True)
class Drawn:
    """What was drawn by one condition for one unit.

    Attributes:
        total: How many rows there are.
        hits: How many hits of the condition's detectors are in all of them.
        rows: Positions of the drawn rows in `Draws.rows`, in the order of the draw.
    """

    total: int = 0
    hits: int = 0
    rows: tuple[int, ...] = ()


@attrs.frozen(kw_only=True)
class Draws:
    """What a `DrawQuery` gave.

    Attributes:
        rows: The drawn rows by column, each once however often it was drawn; times are naive, in
            UTC.
        hits: Position of a row to the hits in it of all detectors that the query names.
        drawn: Position of a condition and result unit to what was drawn; none where no row is.
    """

    rows: Mapping[str, Sequence[Any]] = attrs.field(factory=dict)
    hits: Mapping[int, tuple[Hit, ...]] = attrs.field(factory=dict)
    drawn: Mapping[tuple[int, str], Drawn] = attrs.field(factory=dict)


Levels = tuple[float | None, ...]
"""Levels of quantiles, each in [0, 1], or their values; null gives null."""
LevelsOfSubjects = Mapping[tuple[str, str | None], Mapping[str, Levels]]
"""Unit and group to metric to levels, as many for each of a metric."""


Progress = Callable[[float | None], None]
"""Takes how much of a statement is done, from 0 to 1; None where that is not known."""


class EngineSession(Protocol):
    """An open engine. After `open` it reads no other files and takes no settings.

    Ctrl-C ends the statement that runs and closes the engine, as does `RunCancelled` of
    ``progress``. Statements do not grow with the number of units: these are bound to them.

    An engine that cannot do something raises `NotImplementedError` with the reason: of `derive`,
    `rows`, `find_phrases` and `add_hits` this costs what rests on it alone, and is told there.
    """

    name: str
    version: str

    def open(
        self,
        files: Sequence[Path],
        scratch: Path,
        memory: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Allow these files and the scratch folder, and lock everything else.

        Args:
            files: The files.
            scratch: The folder.
            memory: The most bytes that may be used; None takes a share of what there is. What does
                not fit is kept in the scratch folder, or ends in a `ResourceError`.
            progress: Called in the caller's thread several times a second while a statement lasts.
                What it raises ends the statement, and is raised.
        """

    def load(self, load: TableLoad) -> LoadOutcome:
        """Fill a canonical table from a scan, and tell what became of its rows."""

    def add(self, table: Table, rows: ColumnRows | None = None) -> None:
        """Fill a canonical table with rows at hand, or with none, so that it is there."""

    def derivation(self, table: Table, columns: Collection[str] | None = None) -> str:
        """Return the statement that makes a derived table, without running it."""

    def derive(self, table: Table, columns: Collection[str] | None = None) -> str:
        """Make a derived table by its SELECT, and return the statement.

        Args:
            table: The table.
            columns: Which of its columns; None for all. `draws` gives all of them nevertheless,
                those of a table with a ``select_drawn`` by that one.
        """

    def statement(self, query: SumQuery | MetricQuery) -> str:
        """Return the statement for a query, without running it or reading data."""

    def sums(self, query: SumQuery) -> Sums:
        """Add up metrics by unit and cluster, or by group and cluster."""

    def measure(
        self, query: MetricQuery, widths: Mapping[tuple[str, str | None], float] | None = None
    ) -> Iterable[MeasuredRow]:
        """Measure distinct counts and censored quantiles; units without a row are left out.

        Args:
            query: The metrics.
            widths: For a censored quantile: unit and group to how many times its interval is as
                wide as that of independent rows, on the scale of the curve; 1 where not named.
        """

    def quantiles(
        self, query: MetricQuery, levels: LevelsOfSubjects | None = None
    ) -> Mapping[tuple[str, str, str | None], Levels]:
        """Return quantiles by metric, unit and group; units without a row are left out.

        Args:
            query: The metrics, all of them quantiles.
            levels: At which levels, for the units and groups that are wanted; None for each
                metric's own, everywhere.
        """

    def within(
        self, query: MetricQuery, values: Mapping[tuple[str, str, str | None], float]
    ) -> Sums:
        """Count the rows at or under a value, by unit (or group) and cluster.

        Args:
            query: Quantiles or a censored quantile, of one cluster.
            values: Metric, unit and group to a value; none is counted where it has none.

        Returns:
            Statistics ``n``, the rows that count, and ``k``, those of them at or under the value
            (of a censored quantile: whose event happened by then).
        """

    def draws(self, query: DrawQuery) -> Draws:
        """Draw rows by several conditions, for several units, and count them."""

    def count(self, query: RowQuery) -> int:
        """Return how many rows a query has."""

    def rows(self, query: RowQuery) -> Iterator[Sequence[Mapping[str, Any]]]:
        """Yield the rows of a query in batches, in a repeatable order.

        All of them pass through Python. Asked for by function detectors, by tables that Python
        derives, by examples of themes, and for the small tables of actions and schedules.
        """

    def find_phrases(
        self,
        table: str,
        column: str,
        patterns: Sequence[str],
        where: Expression | None,
        screens: Sequence[str] = (),
    ) -> ColumnRows:
        """Return the matches of RE2 patterns in a column of a table.

        A text in which none of ``screens`` matches holds no match of a pattern.

        Returns:
            Columns ``_source``, ``_row``, ``pattern`` (its number), ``start`` (in characters) and
            ``quote`` (the match, never empty), by file and row, then by pattern and start.
        """

    def add_hits(self, table: Table, hits: ColumnRows) -> None:
        """Fill the table of hits, which exists, with hits in rows of a table.

        Unit, touchpoint, zone and time of a hit are those of its row.

        Args:
            table: The table in whose rows they are.
            hits: Columns ``_source``, ``_row``, ``_n`` (their order), ``detector``, ``label``,
                ``start``, ``end``, ``quote`` and ``score``; numbers that are not known are NaN.

        Raises:
            ValueError: If a hit names a row that the table does not hold. None is added then.
        """

    def close(self) -> None:
        """Free everything."""
