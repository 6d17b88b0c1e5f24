"""DuckDB, embedded in the process: opened in memory, locked down, then filled and asked."""

# ruff: noqa: S608 - names are quoted by identifier(), values by text() or bound

from __future__ import annotations

import importlib
import itertools
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxaudit._engines.duckdb.clusters import fill_offsets
from cxaudit._engines.duckdb.curves import curve_statement, curve_values, read_curve
from cxaudit._engines.duckdb.draws import draw
from cxaudit._engines.duckdb.loading import Loaded, load_table, table_columns
from cxaudit._engines.duckdb.memory import engine_memory, need_address_space
from cxaudit._engines.duckdb.phrases import hits_statements, matches_in, phrase_statement
from cxaudit._engines.duckdb.printer import SQL_TYPES, identifier, sql, text
from cxaudit._engines.duckdb.queries import (
    count_statement,
    distinct_statement,
    has_one_subject,
    level_statement,
    level_values,
    picking_statement,
    quantile_statement,
    read_distinct,
    read_quantiles,
    read_within,
    row_statement,
    unit_values,
    within_statement,
    within_values,
)
from cxaudit._engines.duckdb.sums import read_sums, sum_statement
from cxaudit._engines.duckdb.threads import BATCH, GuardedConnection, beside
from cxaudit._expressions.walking import nodes_of
from cxaudit._model.column_rows import ColumnRows
from cxaudit._model.engine import (
    DrawQuery,
    Draws,
    Levels,
    LevelsOfSubjects,
    MeasuredRow,
    MetricQuery,
    RowQuery,
    SumQuery,
    Sums,
    TableLoad,
)
from cxaudit._model.evidence import SourceAccount
from cxaudit._model.expressions import ColumnRef, Expression
from cxaudit._model.metrics import MetricKind
from cxaudit._model.tables import Table

if TYPE_CHECKING:
    import duckdb

__all__ = ["DuckDBSession", "connect"]

_DISK_SHARE = 0.8
_SORTED = "_cx_sorted"
"""Temporary table of the values, in order, of the quantiles that were asked for last."""
_COPIES = 0.25
"""The share of memory that copies of records may take; larger files are read again each time."""


def connect() -> DuckDBSession:
    """Return a session that is not open yet."""
    return DuckDBSession()


class DuckDBSession:
    """A DuckDB in memory (see `cxaudit.plugin.EngineSession`).

    Attributes:
        name: Id of the engine.
        version: Version of DuckDB.
    """

    name = "cxaudit.duckdb"

    def __init__(self) -> None:
        need_address_space()
        module = beside(lambda: importlib.import_module("duckdb"))
        self.version: str = module.__version__
        self._connection = GuardedConnection(beside(lambda: module.connect(":memory:")))
        self._tables: dict[str, Table] = {}
        self._sorted: MetricQuery | None = None
        self._parts: dict[str, list[Loaded]] = {}
        self._filled: set[str] = set()
        self._numbers = itertools.count()
        self._room: int | None = None

    def open(self, files: Sequence[Path], scratch: Path, memory: int | None = None) -> None:
        """Allow these files and the scratch folder, and lock everything else.

        Memory is bounded by what this process may use, or by fewer bytes when they are given; what
        does not fit is kept in the scratch folder, in at most a share of the disk's free space.
        Parquet files that would fill more than a share of it are not copied but read again.

        The order matters: paths cannot be allowed once access is off, and nothing can be set
        after the last line.
        """
        scratch.mkdir(parents=True, exist_ok=True)
        paths = ", ".join(text(name) for file in files for name in _names(file))
        folder = ", ".join(text(f"{name}/") for name in _names(scratch))
        limit = engine_memory(memory)
        self._room = None if limit is None else int(limit * _COPIES)
        free = int(shutil.disk_usage(scratch).free * _DISK_SHARE)
        settings = {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
            "TimeZone": "'UTC'",
            "temp_directory": text(str(scratch.resolve() / "spill")),
            "preserve_insertion_order": "true",
            "max_temp_directory_size": text(f"{free}B"),
            **({"memory_limit": text(f"{limit}B")} if limit else {}),
            "allowed_paths": f"[{paths}]",
            "allowed_directories": f"[{folder}]",
            "enable_external_access": "false",
            "lock_configuration": "true",
        }
        for name, value in settings.items():
            self._connection.do(f"SET {name} = {value}")

    def load(self, load: TableLoad) -> SourceAccount:
        """Fill a canonical table from a scan, and give the account of it."""
        self._ensure(load.table)
        number, room = next(self._numbers), self._room
        loaded = self._connection.guard(
            lambda connection: load_table(connection, load, number, room)
        )
        self._join(load.table, loaded)
        if self._room is not None:
            self._room -= loaded.size
        return loaded.account

    def add(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Fill a canonical table with rows at hand; fields that it does not have are left out."""
        self._ensure(table)
        if isinstance(rows, ColumnRows):
            self._add_columns(table, rows)
            return
        if not rows:
            return
        columns = table_columns(table)
        present = [name for name in columns if any(name in row for row in rows)]
        names = ", ".join(identifier(name) for name in present)
        values = ", ".join(
            f"unnest(${i}::{columns[name]}[])" for i, name in enumerate(present, start=1)
        )
        statement = f"INSERT INTO {self._own(table)} ({names}) SELECT {values}"
        for start in range(0, len(rows) if present else 0, BATCH):
            batch = rows[start : start + BATCH]
            arrays = [[_stored(row.get(name)) for row in batch] for name in present]
            self._connection.do(statement, arrays)

    def _add_columns(self, table: Table, rows: ColumnRows) -> None:
        """Insert arrays, which is some hundred times as fast as row by row."""
        names = ", ".join(map(identifier, rows.columns))
        insert = f"INSERT INTO {self._own(table)} ({names}) SELECT {names} FROM _cx_columns"

        def fill(connection: duckdb.DuckDBPyConnection) -> None:
            connection.register("_cx_columns", rows.columns)
            try:
                connection.execute(insert)
            finally:
                connection.unregister("_cx_columns")

        self._connection.guard(fill)

    def derivation(self, table: Table) -> str:
        """Return the statement that makes a derived table, without running it."""
        columns = ", ".join(
            f"CAST({identifier(name)} AS {kind}) AS {identifier(name)}"
            for name, kind in table_columns(table).items()
        )
        name, select = identifier(table.id), table.select[self.name]
        return f"CREATE TABLE {name} AS SELECT {columns} FROM (\n{select}\n)"

    def derive(self, table: Table) -> str:
        """Make a derived table by its SELECT, and return the statement. Ctrl-C stops it."""
        statement = self.derivation(table)
        self._connection.do(statement)
        self._tables[table.id] = table
        return statement

    def instants(self, *, planned: bool) -> tuple[datetime | None, datetime | None]:
        """Return the first and last instant in the time columns of all tables that were filled."""
        spans = []
        for table in self._tables.values():
            times = [
                identifier(column.name)
                for column in table.columns
                if column.type == "time" and (planned or not column.planned)
            ]
            if times:
                low = ", ".join(f"min({time})" for time in times)
                high = ", ".join(f"max({time})" for time in times)
                ends = f"least({low}) AS low, greatest({high}) AS high"  # both leave out nulls
                spans.append(f"SELECT {ends} FROM {identifier(table.id)}")
        if not spans:
            return None, None
        statement = f"SELECT min(low), max(high) FROM ({' UNION ALL '.join(spans)})"
        low, high = self._connection.fetched(statement)[0]
        return _aware(low), _aware(high)

    def statement(self, query: SumQuery | MetricQuery) -> str:
        """Return the statement for a query, without running it or reading data."""
        if isinstance(query, SumQuery):
            return sum_statement(query)
        statements = {
            MetricKind.QUANTILE: quantile_statement,
            MetricKind.COUNT_DISTINCT: distinct_statement,
            MetricKind.CENSORED_QUANTILE: curve_statement,
        }
        return statements[query.metrics[0].metric.kind](query)

    def sums(self, query: SumQuery) -> Sums:
        """Add up metrics by unit and cluster, or by group and cluster. Ctrl-C stops it."""
        statement = sum_statement(query)
        self._connection.guard(lambda connection: fill_offsets(connection, query))
        return read_sums(query, self._connection.arrays(statement))

    def measure(
        self, query: MetricQuery, widths: Mapping[tuple[str, str | None], float] | None = None
    ) -> Iterable[MeasuredRow]:
        """Measure distinct counts, or a censored quantile. Ctrl-C stops it."""
        statement = self.statement(query)
        if query.metrics[0].metric.kind is MetricKind.COUNT_DISTINCT:
            rows = self._connection.fetched(statement, unit_values(query))
            return tuple(read_distinct(query, rows))
        rows = self._connection.fetched(statement, curve_values(query, widths))
        return tuple(read_curve(query, rows))

    def within(
        self, query: MetricQuery, values: Mapping[tuple[str, str, str | None], float]
    ) -> Sums:
        """Count the rows at or under a value, by unit (or group) and cluster."""
        bound = within_values(query, values)
        self._connection.guard(lambda connection: fill_offsets(connection, query))
        return read_within(query, self._connection.arrays(within_statement(query), bound))

    def quantiles(
        self, query: MetricQuery, levels: LevelsOfSubjects | None = None
    ) -> dict[tuple[str, str, str | None], Levels]:
        """Return quantiles by metric, unit and group."""
        if has_one_subject(query):
            statement = quantile_statement(query) if levels is None else level_statement(query)
            values = unit_values(query) if levels is None else level_values(query, levels)
            return read_quantiles(query, levels, self._connection.fetched(statement, values))
        if self._sorted is not query:
            # Both ends are asked for after the quantile itself: values are sorted once for them.
            made = f"CREATE OR REPLACE TEMP TABLE {_SORTED} AS\n{quantile_statement(query)}"
            self._connection.do(made, unit_values(query))
            self._sorted = query
        statement = picking_statement(query, _SORTED, own=levels is None)
        values = [] if levels is None else level_values(query, levels)
        return read_quantiles(query, levels, self._connection.fetched(statement, values))

    def draws(self, query: DrawQuery) -> Draws:
        """Draw rows by several conditions, for several units, and count them."""
        return draw(query, self._connection.batches, self._records)

    def count(self, query: RowQuery) -> int:
        """Return how many rows a query has."""
        return int(self._connection.fetched(count_statement(query))[0][0])

    def rows(self, query: RowQuery) -> Iterator[Sequence[Mapping[str, Any]]]:
        """Yield the rows of a query in batches, in a repeatable order; times are aware, in UTC."""
        return self._records(row_statement(query))

    def evaluate(
        self, expression: Expression, rows: Sequence[Mapping[str, Any]]
    ) -> list[bool | float | str | None]:
        """Return the value of an expression for each of some rows at hand.

        A value that does not fit the type under which the expression names it counts as null.
        """
        nodes = nodes_of(expression)
        columns = {node.name: node.type for node in nodes if isinstance(node, ColumnRef)}
        arrays: list[list[Any]] = [list(range(len(rows)))]
        parts = ["unnest($1::BIGINT[]) AS _place"]
        for name, kind in columns.items():
            arrays.append([_fitting(row.get(name), kind) for row in rows])
            parts.append(f"unnest(${len(arrays)}::{SQL_TYPES[kind]}[]) AS {identifier(name)}")
        if "_zone" not in columns:
            parts.append("'UTC' AS _zone")
        statement = f"SELECT {sql(expression)} FROM (SELECT {', '.join(parts)}) ORDER BY _place"
        return [_aware(value) for (value,) in self._connection.fetched(statement, arrays)]

    def find_phrases(
        self,
        table: str,
        column: str,
        patterns: Mapping[str, str],
        where: Expression | None,
        screens: Sequence[str] = (),
    ) -> Iterator[tuple[str, int, str, int, int, str]]:
        """Yield (_source, _row, label, start, end, quote) of each match of RE2 patterns.

        Case does not matter; offsets count characters; empty matches are left out.
        """
        statement, parameters = phrase_statement(table, column, patterns, where, screens)
        labels = tuple(patterns)
        for _, batch in self._connection.batches(statement, parameters):
            for source, row, words, *marked in batch:
                for label, copy in zip(labels, marked, strict=True):
                    if copy is not None:
                        for start, end, quote in matches_in(copy, words):
                            yield source, row, label, start, end, quote

    def add_hits(self, table: Table, hits: ColumnRows) -> None:
        """Fill the table of hits with hits in rows of a table."""
        missing, insert = hits_statements(table)

        def fill(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
            connection.register("_cx_columns", hits.columns)
            try:
                astray = connection.execute(missing).fetchall()
                if not astray:
                    connection.execute(insert)
            finally:
                connection.unregister("_cx_columns")
            return astray

        for source, row in self._connection.guard(fill) if len(hits) else ():
            msg = f"a hit names row {row} of {source}, which table {table.id} does not hold"
            raise ValueError(msg)

    def close(self) -> None:
        """Free everything."""
        self._connection.close()

    def _ensure(self, table: Table) -> None:
        if table.id in self._tables:
            return
        columns = ", ".join(
            f"{identifier(name)} {kind}" for name, kind in table_columns(table).items()
        )
        self._connection.do(f"CREATE TABLE {identifier(table.id)} ({columns})")
        self._tables[table.id] = table

    def _own(self, table: Table) -> str:
        """Return the table that rows at hand, of which there are some, are added to."""
        self._filled.add(table.id)
        if table.id not in self._parts:
            return identifier(table.id)
        self._pour(table)
        self._view(table)
        return _added(table)

    def _join(self, table: Table, part: Loaded) -> None:
        """Take the rows that were loaded into a table.

        The rows of one load are a view's, so that columns which it does not fill, or fills with
        one value, take no room. Copies of several loads are put into one table: over a union the
        engine adds up each part by itself, and sums would differ in their last digits.
        """
        if table.id not in self._parts:
            self._connection.do(f"ALTER TABLE {identifier(table.id)} RENAME TO {_added(table)}")
            self._parts[table.id] = []
        alone = not self._parts[table.id] and table.id not in self._filled
        self._parts[table.id].append(part)
        if not alone:
            self._pour(table)
        self._view(table)

    def _pour(self, table: Table) -> None:
        """Put the copies of a table's parts into the table of rows that were added."""
        for part in [part for part in self._parts[table.id] if part.copy]:
            self._connection.do(f"INSERT INTO {_added(table)} {part.rows}")
            self._filled.add(table.id)
            self._parts[table.id].remove(part)
            self._view(table)
            self._connection.do(f"DROP TABLE {part.copy}")

    def _view(self, table: Table) -> None:
        """Make a table a view of its rows."""
        rows = [f"SELECT * FROM {_added(table)}"] if table.id in self._filled else []
        rows += [part.rows for part in self._parts[table.id]]
        every = " UNION ALL ".join(rows) or f"SELECT * FROM {_added(table)}"
        self._connection.do(f"CREATE OR REPLACE VIEW {identifier(table.id)} AS {every}")

    def _records(
        self, statement: str, values: Sequence[Any] = ()
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield some rows of a statement by column, until there are no more; times are aware."""
        for columns, batch in self._connection.batches(statement, values):
            names = [name for name, *_ in columns]
            rows = [dict(zip(names, row, strict=True)) for row in batch]
            for name in (name for name, kind, *_ in columns if kind == "TIMESTAMP"):
                for row in rows:
                    row[name] = _aware(row[name])
            yield rows


def _added(table: Table) -> str:
    """Return the name of a table's rows beside those that only a view of it has."""
    return identifier(f"{table.id} added")


def _names(path: Path) -> tuple[str, ...]:
    return tuple(dict.fromkeys((str(path), str(path.absolute()), str(path.resolve()))))


def _stored(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def _fitting(value: Any, kind: str) -> Any:
    if kind == "text":
        return None if value is None else str(value)
    if kind == "number":
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    return _stored(value)
