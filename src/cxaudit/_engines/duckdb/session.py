"""DuckDB, embedded in the process: opened in memory, locked down, then filled and asked."""

# ruff: noqa: S608 - names are quoted by identifier(), values by text() or bound

from __future__ import annotations

import importlib
import itertools
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from cxaudit._engines.duckdb.clusters import fill_offsets
from cxaudit._engines.duckdb.curves import curve_statement, curve_values, read_curve
from cxaudit._engines.duckdb.draws import DRAWN_KEYS, ROW_KEY, draw
from cxaudit._engines.duckdb.loading import Loaded, load_table, table_columns
from cxaudit._engines.duckdb.memory import engine_memory, need_address_space
from cxaudit._engines.duckdb.phrases import (
    hits_statements,
    mark_statement,
    matches_in,
    phrase_statement,
)
from cxaudit._engines.duckdb.printer import identifier, text
from cxaudit._engines.duckdb.quantiles import (
    is_direct,
    level_statement,
    level_values,
    picking_statement,
    quantile_statement,
    read_quantiles,
)
from cxaudit._engines.duckdb.queries import (
    count_statement,
    distinct_statement,
    read_distinct,
    read_within,
    row_statement,
    unit_values,
    within_statement,
    within_values,
)
from cxaudit._engines.duckdb.sums import read_sums, sum_statement
from cxaudit._engines.duckdb.threads import GuardedConnection, beside
from cxaudit._model.engine import (
    DrawQuery,
    Draws,
    Levels,
    LevelsOfSubjects,
    LoadOutcome,
    MeasuredRow,
    MetricQuery,
    Progress,
    RowQuery,
    SumQuery,
    Sums,
    TableLoad,
)
from cxaudit._model.expressions import Expression
from cxaudit._model.metrics import MetricKind
from cxaudit._model.tables import ColumnRows, Table

if TYPE_CHECKING:
    import duckdb

__all__ = ["DuckDBSession", "connect"]

_DISK_SHARE = 0.8
_SORTED = "_cx_sorted"
"""Temporary table of the values, in order, of the quantiles that were asked for last."""
_SAMPLE = 1000
"""A column with different values among so many rows is not looked at further."""
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
        self._narrow: dict[str, Table] = {}
        """Tables that are made with some of their columns, as they are declared."""
        self._numbers = itertools.count()
        self._room: int | None = None

    def open(
        self,
        files: Sequence[Path],
        scratch: Path,
        memory: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Allow these files and the scratch folder, and lock everything else.

        Memory is bounded by what this process may use, or by fewer bytes when they are given; what
        does not fit is kept in the scratch folder, in at most a share of the disk's free space.
        Parquet files that would fill more than a share of it are not copied but read again.

        The order matters: paths cannot be allowed once access is off, and nothing can be set
        after the last line.
        """
        from duckdb import InvalidInputException

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
        # In a notebook DuckDB wants ipywidgets for a bar, even for one that is not shown; where
        # they are missing nobody is told the share of a statement.
        bar = "SET enable_progress_bar = true; SET enable_progress_bar_print = false"
        with suppress(InvalidInputException):
            self._connection.do(bar)
        # In one statement: each by itself costs a thread, half a millisecond.
        self._connection.do("; ".join(f"SET {name} = {value}" for name, value in settings.items()))
        self._connection.progress = progress

    def load(self, load: TableLoad) -> LoadOutcome:
        """Fill a canonical table from a scan, and tell what became of its rows."""
        self._ensure(load.table)
        number, room = next(self._numbers), self._room
        loaded = self._connection.guard(
            lambda connection: load_table(connection, load, number, room)
        )
        self._join(load.table, loaded)
        if self._room is not None:
            self._room -= loaded.size
        return loaded.outcome

    def add(self, table: Table, rows: ColumnRows | None = None) -> None:
        """Fill a canonical table with rows at hand, or with none, so that it is there."""
        self._ensure(table)
        if rows is None or not len(rows):
            return
        names = ", ".join(map(identifier, rows.columns))
        insert = f"INSERT INTO {self._own(table)} ({names}) SELECT {names} FROM _cx_columns"

        def fill(connection: duckdb.DuckDBPyConnection) -> None:
            connection.register("_cx_columns", rows.columns)
            try:
                connection.execute(insert)
            finally:
                connection.unregister("_cx_columns")

        self._connection.guard(fill)

    def derivation(self, table: Table, columns: Collection[str] | None = None) -> str:
        """Return the statement that makes a derived table, without running it."""
        select = _cast(table.select, table, columns)
        return f"CREATE TABLE {identifier(table.id)} AS {select}"

    def derive(self, table: Table, columns: Collection[str] | None = None) -> str:
        """Make a derived table by its SELECT, and return the statement. Ctrl-C stops it.

        A text that is the same in all rows takes no room, nor does a column without any value: the
        table becomes a view of the rest.
        """
        statement = self.derivation(table, columns)
        self._connection.do(statement)
        if columns is not None:
            if table.select_drawn:
                self._narrow[table.id] = table
            kept = tuple(column for column in table.columns if column.name in columns)
            table = attrs.evolve(table, columns=kept)
        self._tables[table.id] = table
        constants = self._constants(table)
        if constants:
            self._connection.do(f"ALTER TABLE {identifier(table.id)} RENAME TO {_added(table)}")
            for name in constants:
                self._connection.do(f"ALTER TABLE {_added(table)} DROP COLUMN {identifier(name)}")
            select = _cast(f"FROM {_added(table)}", table, values=constants)
            self._connection.do(f"CREATE VIEW {identifier(table.id)} AS {select}")
        return statement

    def _constants(self, table: Table) -> dict[str, str]:
        """Return which columns, of text or without any value, have one value, as SQL."""
        names = table_columns(table)
        columns = ", ".join(map(identifier, names))
        some = self._connection.fetched(
            f"SELECT {columns} FROM {identifier(table.id)} LIMIT {_SAMPLE}"
        )
        alike = {
            name: "NULL" if values[0] is None else text(values[0])
            for (name, kind), *values in zip(names.items(), *some, strict=True)
            if name != "_row" and len({*values}) == 1 and (values[0] is None or kind == "VARCHAR")
        }
        if not alike:
            return {}
        differ = ", ".join(
            f"count({identifier(name)})"
            if value == "NULL"
            else f"count_if({identifier(name)} IS DISTINCT FROM {value})"
            for name, value in alike.items()
        )
        (counts,) = self._connection.fetched(f"SELECT {differ} FROM {identifier(table.id)}")
        rows = zip(alike.items(), counts, strict=True)
        return {name: value for (name, value), others in rows if not others}

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
        values = [[*query.without]] if query.without else []
        return read_sums(query, self._connection.arrays(statement, values))

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
        if is_direct(query):
            statement = quantile_statement(query) if levels is None else level_statement(query)
            values = unit_values(query) if levels is None else level_values(query, levels)
            return read_quantiles(query, levels, self._connection.fetched(statement, values))
        if self._sorted is not query:
            # Both ends are asked for after the quantile itself: values are sorted or counted once.
            self._connection.do(f"DROP TABLE IF EXISTS {_SORTED}")
            made = f"CREATE TEMP TABLE {_SORTED} AS\n{quantile_statement(query)}"
            self._connection.do(made, unit_values(query))
            self._sorted = query
        statement = picking_statement(query, _SORTED, own=levels is None)
        values = [] if levels is None else level_values(query, levels)
        return read_quantiles(query, levels, self._connection.fetched(statement, values))

    def draws(self, query: DrawQuery) -> Draws:
        """Draw rows by several conditions, for several units, and count them."""
        return draw(query, self._connection, self._whole)

    def _whole(self, name: str) -> str:
        """Return a relation of at least the rows of a table that were drawn, with all columns."""
        table = self._narrow.get(name)
        if table is None:
            return identifier(name)
        self._connection.do(
            'CREATE OR REPLACE TABLE "_drawn" AS SELECT DISTINCT "_source", "_row" FROM '
            f'(SELECT "_source", "_row", {ROW_KEY} AS "_key" FROM {identifier(name)}) '
            f'SEMI JOIN {DRAWN_KEYS} USING ("_key")'
        )
        return f"({_cast(table.select_drawn, table)})"

    def count(self, query: RowQuery) -> int:
        """Return how many rows a query has."""
        return int(self._connection.fetched(count_statement(query))[0][0])

    def rows(self, query: RowQuery) -> Iterator[Sequence[Mapping[str, Any]]]:
        """Yield the rows of a query in batches, in a repeatable order; times are aware, in UTC."""
        return self._records(row_statement(query))

    def find_phrases(
        self,
        table: str,
        column: str,
        patterns: Sequence[str],
        where: Expression | None,
        screens: Sequence[str] = (),
    ) -> ColumnRows:
        """Return the matches of RE2 patterns. Ctrl-C stops it.

        Case does not matter; offsets count characters; empty matches are left out.
        """
        has_marks = self._connection.fetched(mark_statement(table, column)) != [(0,)]
        statement, parameters = phrase_statement(
            table, column, patterns, where, screens, has_marks=has_marks
        )
        return matches_in(self._connection.arrays(statement, parameters))

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

    def _records(self, statement: str) -> Iterator[list[dict[str, Any]]]:
        """Yield some rows of a statement by column, until there are no more; times are aware."""
        for columns, batch in self._connection.batches(statement):
            names = [name for name, *_ in columns]
            rows = [dict(zip(names, row, strict=True)) for row in batch]
            for name in (name for name, kind, *_ in columns if kind == "TIMESTAMP"):
                for row in rows:
                    row[name] = _aware(row[name])
            yield rows


def _cast(
    select: str,
    table: Table,
    columns: Collection[str] | None = None,
    values: Mapping[str, str] | None = None,
) -> str:
    """Return a SELECT of the columns of a table, or of some, from one that gives all but values."""
    values = values or {}
    named = ", ".join(
        f"CAST({values.get(name, identifier(name))} AS {kind}) AS {identifier(name)}"
        for name, kind in table_columns(table, columns).items()
    )
    return f"SELECT {named} FROM (\n{select}\n)"


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
