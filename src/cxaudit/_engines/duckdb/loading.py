"""Raw rows turned into rows of a canonical table, with an account of what became of each."""

# ruff: noqa: S608 - names are quoted by identifier(), values by text() or bound

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from cxaudit._engines.duckdb.losses import losses_of, quarantine, units_lost
from cxaudit._engines.duckdb.mapping import ALL_YEARS, USUAL_YEARS, Offsets, local_nodes
from cxaudit._engines.duckdb.printer import SQL_TYPES, identifier, sql, text
from cxaudit._engines.duckdb.pseudonyms import fill_pseudonyms
from cxaudit._engines.duckdb.raw import (
    MOST_ROWS,
    BrokenRow,
    RawFile,
    broken_lines,
    broken_rows,
    forget_broken,
    lost_lines,
    raw_files,
    telling_the_file,
    unmoved,
)
from cxaudit._engines.duckdb.selecting import Mark, Selecting
from cxaudit._model.engine import TableLoad
from cxaudit._model.evidence import Loss, QuarantinedRow, SourceAccount
from cxaudit._model.expressions import Expression
from cxaudit._model.resources import exhausted
from cxaudit._model.said import Said
from cxaudit._model.tables import Table
from cxaudit._model.zones import spans
from cxaudit.errors import Problem, SourceError

if TYPE_CHECKING:
    import duckdb

__all__ = ["load_table", "table_columns"]

_TABLES = ("_cx_codes", "_cx_keys", "_cx_offsets", "_cx_refused")


def table_columns(table: Table) -> dict[str, str]:
    """Return the columns of a stored table with their SQL types, declared ones first."""
    declared = {column.name: SQL_TYPES[column.type] for column in table.columns}
    common = {"unit": "VARCHAR", "touchpoint": "VARCHAR"}
    places = {"_source": "VARCHAR", "_row": "BIGINT", "_zone": "VARCHAR"}
    return {**declared, **common, **places}


def load_table(connection: duckdb.DuckDBPyConnection, load: TableLoad) -> SourceAccount:
    """Fill a canonical table, which exists, from a scan.

    Raises:
        SourceError: If a file cannot be read, a zone is unknown, or a column holds local times
            and the source names no zone.
    """
    loading = _Loading(connection, load)
    try:
        return loading.run()
    finally:
        loading.clear()


class _Loading:
    """One load. While it lasts, its rows have a number ``_n`` in the table, and no others."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, load: TableLoad) -> None:
        self._connection = connection
        self._load = load
        self._files = raw_files(connection, load.scan)
        self._selecting = Selecting(load)
        self._parts = self._selecting.parts
        self._marks = self._selecting.marks
        self._table = identifier(load.table.id)
        self._new = f"{self._table} WHERE _n IS NOT NULL"

    def run(self) -> SourceAccount:
        load = self._load
        self._prepare()
        broken = [BrokenRow(*row) for row in load.scan.rejected] + self._fill()
        marked, rows = self._marks.counts(self._connection, self._new)
        broken += self._broken_lines(marked["broken", 0])
        taken = rows - marked["broken", 0]
        read = taken if load.where is None else self._rows_of_files()
        losses: tuple[Loss, ...] = ()
        if any(kind == "failed" for kind, _ in marked):
            with self._reading():
                losses = losses_of(self._connection, self._selecting, self._files, marked)
        refused = self._refuse(marked)
        if refused:
            marked, _ = self._marks.counts(self._connection, self._new)
        rejected = Counter(row.reason for row in broken)
        rejected.update(refused)
        samples: tuple[QuarantinedRow, ...] = ()
        if rejected:
            with self._reading():
                samples = quarantine(self._connection, load, broken, self._files if refused else ())
        kept = taken - sum(refused.values())
        unmatched = self._unmatched()
        return SourceAccount(
            source=load.source,
            table=load.table.id,
            files=dict(zip(load.scan.shown, load.scan.digests, strict=False)),
            read=read + len(broken) + sum(load.scan.skipped.values()),
            kept=kept,
            skipped=read - taken + sum(load.scan.skipped.values()),
            skipped_for=load.scan.skipped,
            rejected=dict(sorted(rejected.items())),
            unreadable={
                part.column.name: marked["failed", i]
                for i, part in enumerate(self._parts)
                if marked["failed", i]
            },
            unknown_fields=load.unknown_fields,
            missing_columns=tuple(
                column.name for column in load.table.columns if column.name not in load.columns
            ),
            unmatched_units=unmatched,
            ambiguous_times=sum(marked["twice", i] for i in range(len(self._parts))),
            skipped_times=sum(marked["never", i] for i in range(len(self._parts))),
            losses=(*losses, *units_lost(unmatched, kept)) if unmatched else losses,
            samples=samples,
            quarantined_to=str(load.quarantine or "") if rejected else "",
            notes=(*load.scan.notes, *lost_lines(broken)),
        )

    def clear(self) -> None:
        """Drop all but the rows."""
        for name in self._columns():
            self._run(f"ALTER TABLE {self._table} DROP COLUMN IF EXISTS {name}")
        for name in _TABLES:
            self._run(f"DROP TABLE IF EXISTS {name}")

    def _columns(self) -> dict[str, str]:
        """Return the columns that the table has meanwhile, with their types."""
        return {"_n": "BIGINT", "_code": "VARCHAR"} | dict.fromkeys(self._marks.columns, "BIGINT")

    def _prepare(self) -> None:
        """Look for what is wrong before any row is read, and make what rows are joined to."""
        load, selecting = self._load, self._selecting
        if load.where is not None and load.zone is None:
            for node in local_nodes(load.where):
                self._refuse_local("where", node, [selecting.rooted(file) for file in self._files])
        _need_zones(load)
        self._run(
            "CREATE OR REPLACE TEMP TABLE _cx_codes AS SELECT unnest($1::VARCHAR[]) AS code, "
            "unnest($2::VARCHAR[]) AS unit, unnest($3::VARCHAR[]) AS zone, "
            "unnest($4::BIGINT[]) AS place",
            [list(values) for values in zip(*selecting.codes(), strict=True)] or [[]] * 4,
        )
        if selecting.keys:
            rows = " UNION ALL ".join(map(selecting.keys_of, self._files))
            keys = [f"v{i}" for i in selecting.keys]
            with self._reading():
                if not fill_pseudonyms(self._connection, rows, keys, load.pseudonyms):
                    selecting.keys = []
        for name, kind in self._columns().items():
            self._run(f"ALTER TABLE {self._table} ADD COLUMN {name} {kind}")

    def _fill(self) -> list[BrokenRow]:
        """Add the rows that ``where`` takes, and broken lines, to the table; return broken rows.

        Offsets of zones are worked out for the years that are usual, and once more for all if a
        time lies in others.
        """
        for years in (USUAL_YEARS, ALL_YEARS) if self._selecting.local else (None,):
            offsets = years and Offsets(self._connection, self._selecting.zones, years)
            self._run("BEGIN")
            try:
                broken = [self._insert(file, offsets or None) for file in self._files]
                marked, _ = self._marks.counts(self._connection, self._new)
                self._need_zone(marked)
            except BaseException:
                with suppress(Exception):  # the transaction may have ended by itself
                    self._run("ROLLBACK")
                raise
            if years == ALL_YEARS or not marked["outside", 0]:
                self._run("COMMIT")
                break
            self._run("ROLLBACK")
        for file, rows in zip(self._files, broken, strict=True):
            self._move(file, rows)
        return [row for rows in broken for row in rows]

    def _insert(self, file: RawFile, offsets: Offsets | None) -> list[BrokenRow]:
        columns, rows = self._selecting.rows(file, offsets)
        names = ", ".join(map(identifier, columns))
        with self._reading():
            self._run(f"INSERT INTO {self._table} ({names}) {rows}")
            return broken_rows(self._connection, file)

    def _move(self, file: RawFile, broken: list[BrokenRow]) -> None:
        """Count the broken rows of a file among its others, which were numbered without them."""
        # Of six records the third and fifth are broken, so the others, numbered 1 2 3 4, become
        # 1 2 4 6.
        if broken:
            self._run(
                f"UPDATE {self._table} t SET _row = t._row + found.moved FROM ("
                f"SELECT r._n, s.moved FROM {self._table} r ASOF JOIN ("
                "SELECT since, max(moved) AS moved FROM (SELECT unnest($1::BIGINT[]) AS since, "
                "unnest(range(1, len($1::BIGINT[]) + 1)) AS moved) GROUP BY since) s "
                "ON r._row >= s.since WHERE r._n > $2 AND r._n < $3) found WHERE t._n = found._n",
                [unmoved(broken), file.before, file.before + MOST_ROWS],
            )

    def _broken_lines(self, number: int) -> list[BrokenRow]:
        """Take the lines that are broken out of the table, and return them."""
        if not number:
            return []
        self._run(f"DELETE FROM {self._new} AND _n < 0")
        with self._reading():
            return [row for file in self._files for row in broken_lines(self._connection, file)]

    def _rows_of_files(self) -> int:
        """Return how many rows the files have, those that ``where`` leaves out among them."""
        with self._reading():
            counts = (
                self._number(f"SELECT count(*) FROM ({file.rows()}) WHERE _n > 0")
                for file in self._files
            )
            return sum(counts)

    def _refuse(self, marked: Counter[Mark]) -> dict[Said, int]:
        """Take rows out of the table that cannot be kept, note them in ``_cx_refused``, count them.

        Returns:
            Reason to the number of rows.
        """
        required = [i for i in range(len(self._parts)) if marked["refused", i]]
        refused: dict[Said, int] = {}
        for i in required:  # the first column says why
            reason = Said("column-unreadable", column=self._parts[i].column.name)
            rows = f"SELECT _n FROM {self._new} AND {self._marks.holds(('refused', i))}"
            refused[reason] = self._take_out(rows, reason)
        key = self._load.table.key
        if key and all(name in self._load.columns for name in key):
            whole = " AND ".join(f"{identifier(name)} IS NOT NULL" for name in key)
            names = ", ".join(map(identifier, key))
            distinct = f"count(*) - count(DISTINCT hash({names}))"
            if self._number(f"SELECT {distinct} FROM {self._table} WHERE {whole}"):
                reason = Said("key-repeats", columns=tuple(key))
                same = " AND ".join(f"t.{identifier(name)} = k.{identifier(name)}" for name in key)
                # The key c-17 in the rows 4 and 9 refuses row 9; had a load before it, both.
                refused[reason] = self._take_out(
                    f"SELECT t._n FROM {self._table} t JOIN (SELECT {names}, min(_n) AS first, "
                    f"count(_n) < count(*) AS before FROM {self._table} WHERE {whole} "
                    f"GROUP BY {names} HAVING count(*) > 1) k ON {same} "
                    "WHERE t._n > k.first OR (k.before AND t._n IS NOT NULL)",
                    reason,
                )
        return {reason: number for reason, number in refused.items() if number}

    def _take_out(self, rows: str, reason: Said) -> int:
        """Move rows from the table to those that are refused, and return how many."""
        self._run(
            "CREATE TEMP TABLE IF NOT EXISTS _cx_refused "
            "(_n BIGINT, _source VARCHAR, _row BIGINT, reason VARCHAR)"
        )
        self._run(
            f"INSERT INTO _cx_refused SELECT _n, _source, _row, {text(reason)} FROM {self._new} "
            f"AND _n IN ({rows})"
        )
        self._run(f"DELETE FROM {self._new} AND _n IN (SELECT _n FROM _cx_refused)")
        return self._number(f"SELECT count(*) FROM _cx_refused WHERE reason = {text(reason)}")

    def _unmatched(self) -> dict[str, int]:
        """Return the codes that are no unit's, with the number of rows that were kept."""
        if "unit" not in self._load.columns:
            return {}
        query = f"SELECT _code, count(*) FROM {self._new} AND unit IS NULL GROUP BY ALL ORDER BY 1"
        return dict(self._run(query).fetchall())

    def _need_zone(self, marked: Counter[Mark]) -> None:
        """Refuse local times where the source names no zone."""
        for i, part in enumerate(self._parts):
            if marked["unzoned", i]:
                rows = [self._selecting.taken(file) for file in self._files]
                for node in local_nodes(part.expression):
                    self._refuse_local(part.column.name, node, rows)

    def _refuse_local(self, name: str, node: Expression, rows: Sequence[str]) -> None:
        """Refuse the first local time that an expression reads in any of the files."""
        local = sql(node, local=True)
        for file, of_file in zip(self._files, rows, strict=True):
            with self._reading():
                sample = self._run(
                    f"SELECT {local}, _source, _row FROM ({of_file}) WHERE {local} IS NOT NULL "
                    "AND _n > 0 ORDER BY _n LIMIT 1"
                ).fetchone()
            if sample:
                at, source, row = sample
                with self._reading():
                    self._run(f"SELECT count(*) FROM ({file.rows()})").fetchall()
                    broken = unmoved(broken_rows(self._connection, file))
                row += sum(since <= row for since in broken)
                message = (
                    f"column {name!r} holds local times such as {at} ({source}, row {row}), "
                    "and the source names no zone"
                )
                hint = "Say zone = 'Europe/Paris' (or yours), or zone = 'unit' for each unit's own."
                path = f"sources.{self._load.source}.zone"
                raise SourceError((Problem(message, path=path, hint=hint),))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Raise an error that names the file if a statement failed as one cannot be read."""
        import duckdb

        try:
            yield
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            if ran_out := exhausted(error):
                raise ran_out from error
            with suppress(duckdb.Error):  # a transaction bears no statement after one that failed
                self._run("ROLLBACK")
            for file in self._files:
                with telling_the_file(file.label):
                    self._run(f"SELECT count(COLUMNS(*)) FROM ({file.rows()})").fetchall()
            raise
        finally:
            with suppress(duckdb.Error):
                forget_broken(self._connection)

    def _number(self, query: str) -> int:
        row = self._run(query).fetchone()
        return int(row[0] or 0) if row else 0

    def _run(self, query: str, values: list[Any] | None = None) -> duckdb.DuckDBPyConnection:
        return (
            self._connection.execute(query, values) if values else self._connection.execute(query)
        )


def _need_zones(load: TableLoad) -> None:
    """Refuse zones that do not exist before any time is read in them."""
    path = f"sources.{load.source}.zone"
    problems = []
    for zone in sorted({load.zone or "unit", *load.unit_zones.values()} - {"unit"}):
        try:
            spans(zone, 2000, 2000)
        except ValueError as error:
            hint = "Zones are named as in Europe/Paris."
            problems.append(Problem(str(error), path=path, hint=hint))
    if problems:
        raise SourceError(tuple(problems))
