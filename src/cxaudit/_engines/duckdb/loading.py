"""Raw rows turned into rows of a canonical table, with an account of what became of each."""

# ruff: noqa: S608 - names are quoted by identifier(), values by text() or bound

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

import attrs

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
    forget_tables,
    lost_lines,
    raw_files,
    telling_the_file,
    unmoved,
)
from cxaudit._engines.duckdb.selecting import Mark, Marked, Selecting
from cxaudit._model.engine import LoadOutcome, TableLoad
from cxaudit._model.evidence import Loss, QuarantinedRow, SourceAccount
from cxaudit._model.expressions import Expression
from cxaudit._model.markers import MarkedRecords, MarkerEffect
from cxaudit._model.resources import exhausted
from cxaudit._model.said import Said
from cxaudit._model.tables import Table
from cxaudit._model.zones import spans
from cxaudit.errors import Problem, SourceError

if TYPE_CHECKING:
    import duckdb

__all__ = ["Loaded", "load_table", "may_repeat", "table_columns"]

_MOST_HASHES = 1 << 24
"""Hashes that are sorted at a time: 128 MB, and as much again while they are fetched."""


def table_columns(table: Table, names: Collection[str] | None = None) -> dict[str, str]:
    """Return the columns of a stored table with their SQL types, declared ones first.

    Args:
        table: The table.
        names: Those of the declared ones that are wanted; None for all.
    """
    declared = {
        column.name: SQL_TYPES[column.type]
        for column in table.columns
        if names is None or column.name in names
    }
    common = {"unit": "VARCHAR", "touchpoint": "VARCHAR"}
    places = {"_source": "VARCHAR", "_row": "BIGINT", "_zone": "VARCHAR"}
    return {**declared, **common, **places}


@attrs.frozen(kw_only=True)
class Loaded:
    """What came of a load.

    Attributes:
        outcome: What became of each row.
        rows: A SELECT of those that were kept, with all columns of the table.
        copy: The table that has them; empty if they are read again from their files.
        size: About how many bytes they take in memory.
    """

    outcome: LoadOutcome
    rows: str
    copy: str
    size: int


def load_table(
    connection: duckdb.DuckDBPyConnection, load: TableLoad, number: int, room: int | None = None
) -> Loaded:
    """Read a scan into rows of a canonical table, which exists and may have others already.

    Args:
        connection: Where to.
        load: The load.
        number: A number that no other load of the session has.
        room: Bytes that a copy of the rows may take. Parquet files that would need more are read
            again by each statement; of other files there is always a copy. None is no limit.

    Raises:
        SourceError: If a file cannot be read, a zone is unknown, or a column holds local times
            and the source names no zone.
    """
    try:
        loading = _Loading(connection, load, number, room)
        try:
            outcome = loading.run()
        except BaseException:
            loading.rows.clear(whole=True)
            raise
    finally:
        forget_tables(connection, load.scan)
    rows = loading.rows
    rows.clear()
    copy = rows.name if rows.copied else ""
    return Loaded(outcome=outcome, rows=rows.select(load.table), copy=copy, size=rows.size)


_TEXT, _NUMBER = 20, 8
"""Bytes that a cell takes in memory, about."""


class _Rows:
    """The rows of a load: a table that has copies, or a view that reads the files again.

    Each row has a number ``_n``, by which it is found in its file again.

    Attributes:
        name: The table or view.
        refused: The table of rows that were taken out.
        copied: Whether there are copies.
        size: About how many bytes they take in memory.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        selecting: Selecting,
        number: int,
        room: int | None,
        files: Sequence[RawFile],
    ) -> None:
        self._connection = connection
        self._selecting = selecting
        self.name = f"_cx_rows_{number}"
        self.refused = f"_cx_refused_{number}"
        width = sum(_TEXT if part.column.type == "text" else _NUMBER for part in selecting.parts)
        self.size = width * sum(file.count for file in files)
        self.copied = room is None or self.size <= room
        if not self.copied:
            self.size = 0
        self._again = ""
        """SELECT of the rows where they are read again from their files, else empty."""

    def view(self, select: str) -> None:
        """Make the view of a SELECT of rows."""
        self._again = select
        self._connection.execute(f"CREATE VIEW {self.name} AS {select}")

    def counts(self) -> Marked:
        """Return how many rows have each mark, and between which instants they lie."""
        parts = self._selecting.parts
        times = [part.column.name for part in parts if part.column.type == "time"]
        return self._selecting.marks.counts(self._connection, self.name, times)

    def select(self, table: Table) -> str:
        """Return a SELECT of the rows with all columns of the canonical table."""
        described = self._connection.execute(f"DESCRIBE {self.name}").fetchall()
        values = self._selecting.constants | {row[0]: identifier(row[0]) for row in described}
        columns = ", ".join(
            f"CAST({values.get(name, 'NULL')} AS {kind}) AS {identifier(name)}"
            for name, kind in table_columns(table).items()
        )
        return f"SELECT {columns} FROM {self.name}"

    def move(self, file: RawFile, broken: list[BrokenRow]) -> None:
        """Count the broken rows of a file among its others, which were numbered without them."""
        # Of six records the third and fifth are broken, so the others, numbered 1 2 3 4, become
        # 1 2 4 6.
        if broken:
            self._connection.execute(
                f"UPDATE {self.name} t SET _row = t._row + found.moved FROM ("
                f"SELECT r._n, s.moved FROM {self.name} r ASOF JOIN ("
                "SELECT since, max(moved) AS moved FROM (SELECT unnest($1::BIGINT[]) AS since, "
                "unnest(range(1, len($1::BIGINT[]) + 1)) AS moved) GROUP BY since) s "
                "ON r._row >= s.since WHERE r._n > $2 AND r._n < $3) found WHERE t._n = found._n",
                [unmoved(broken), file.before, file.before + MOST_ROWS],
            )

    def take_out(self, rows: str, reason: Said) -> int:
        """Move rows from the table to those that are refused, and return how many."""
        self._connection.execute(
            f"CREATE TABLE IF NOT EXISTS {self.refused} "
            "(_n BIGINT, _source VARCHAR, _row BIGINT, reason VARCHAR)"
        )
        source = self._selecting.constants.get("_source", "_source")
        self._connection.execute(
            f"INSERT INTO {self.refused} SELECT _n, {source}, _row, {text(reason)} "
            f"FROM {self.name} WHERE _n IN ({rows})"
        )
        if self.copied:
            self._connection.execute(
                f"DELETE FROM {self.name} WHERE _n IN (SELECT _n FROM {self.refused})"
            )
        else:
            rows = f"({self._again}) ANTI JOIN {self.refused} USING (_n)"
            self._connection.execute(f"CREATE OR REPLACE VIEW {self.name} AS SELECT * FROM {rows}")
        return _number(
            self._connection, f"SELECT count(*) FROM {self.refused} WHERE reason = {text(reason)}"
        )

    def drop(self) -> None:
        """Drop the table or view."""
        self._connection.execute(f"DROP {'TABLE' if self.copied else 'VIEW'} IF EXISTS {self.name}")

    def clear(self, *, whole: bool = False) -> None:
        """Drop what the rows are made with, but for those that are made again, or the whole."""
        selecting = self._selecting
        if whole:
            self.drop()
        if self.copied or whole:
            for name in (selecting.codes_table, selecting.keys_table, selecting.offsets_table):
                self._connection.execute(f"DROP TABLE IF EXISTS {name}")
            self._connection.execute(f"DROP TABLE IF EXISTS {self.refused}")
        if self.copied and not whole:
            for name in ("_n", "_code", *selecting.marks.columns):
                self._connection.execute(f"ALTER TABLE {self.name} DROP COLUMN IF EXISTS {name}")


class _Loading:
    """The filling of a table of rows, and its account.

    Attributes:
        rows: The rows.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, load: TableLoad, number: int, room: int | None
    ) -> None:
        self._connection = connection
        self._load = load
        self._files = raw_files(connection, load.scan)
        self._selecting = Selecting(load, self._files, number)
        self._parts = self._selecting.parts
        self._marks = self._selecting.marks
        self.rows = _Rows(connection, self._selecting, number, room, self._files)
        self._mended: list[int] = []

    def run(self) -> LoadOutcome:
        load = self._load
        self._prepare()
        broken_now, filled = self._fill()
        broken = [BrokenRow(*row) for row in load.scan.rejected] + broken_now
        marked = filled.counts
        broken += self._broken_lines(marked["broken", 0])
        taken = filled.rows - marked["broken", 0]
        read = taken if load.condition is None else self._rows_of_files()
        losses: tuple[Loss, ...] = ()
        if any(kind == "failed" for kind, _ in marked):
            with self._reading():
                losses = losses_of(self._connection, self._selecting, self._files, marked)
        refused = self._refuse(marked, filled.rows)
        if refused:
            filled = self.rows.counts()
            marked = filled.counts
        rejected = Counter(row.reason for row in broken)
        rejected.update(refused)
        samples: tuple[QuarantinedRow, ...] = ()
        if rejected:
            with self._reading():
                files = self._files if refused else ()
                samples = quarantine(self._connection, load, broken, files, self.rows.refused)
        kept = taken - sum(refused.values())
        named = self._marked()
        skipped_for = Counter(load.scan.skipped)
        for marker in named:
            if marker.effect is MarkerEffect.LEAVES_OUT:
                skipped_for[marker.meaning] += marker.records
        unmatched = self._unmatched()
        account = SourceAccount(
            source=load.source,
            table=load.table.id,
            files=dict(zip(load.scan.shown, load.scan.digests, strict=False)),
            read=read + len(broken) + sum(load.scan.skipped.values()),
            kept=kept,
            skipped=read - taken + sum(load.scan.skipped.values()),
            skipped_for=dict(skipped_for),
            marked=named,
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
        return LoadOutcome(account=account, instants=filled.instants)

    def _prepare(self) -> None:
        """Look for what is wrong before any row is read, and make what rows are joined to."""
        load, selecting = self._load, self._selecting
        if load.condition is not None and load.zone is None:
            for node in local_nodes(load.condition):
                self._refuse_local("where", node, [selecting.rooted(file) for file in self._files])
        _need_zones(load)
        self._connection.execute(
            f"CREATE TABLE {selecting.codes_table} AS SELECT unnest($1::VARCHAR[]) AS code, "
            "unnest($2::VARCHAR[]) AS unit, unnest($3::VARCHAR[]) AS zone, "
            "unnest($4::BIGINT[]) AS zone_index",
            [list(values) for values in zip(*selecting.codes(), strict=True)] or [[]] * 4,
        )
        if self.rows.copied and load.pseudonyms is None:
            # Most keys have their one form: the others are mended in the copy, so that no file is
            # read twice. To hash a key changes every row, which is done as they are read.
            self._mended, selecting.keys = selecting.keys, []
        if selecting.keys:
            rows = " UNION ALL ".join(map(selecting.keys_of, self._files))
            keys = [f"v{i}" for i in selecting.keys]
            with self._reading():
                if not fill_pseudonyms(
                    self._connection, selecting.keys_table, rows, keys, load.pseudonyms
                ):
                    selecting.keys = []

    def _fill(self) -> tuple[list[BrokenRow], Marked]:
        """Read the rows that ``where`` takes, and broken lines; return broken rows, and marks.

        Offsets of zones are worked out for the years that are usual, and once more for all if a
        time lies in others.
        """
        for years in (USUAL_YEARS, ALL_YEARS) if self._selecting.local else (None,):
            offsets = None
            if years is not None:
                table, zones = self._selecting.offsets_table, self._selecting.zones
                offsets = Offsets(self._connection, table, zones, years)
            broken = self._insert(offsets)
            self._mend_keys()
            marked = self.rows.counts()
            self._need_zone(marked.counts)
            if not marked.counts["outside", 0]:
                break
            if years == USUAL_YEARS:
                self.rows.drop()
        for file, rows in zip(self._files, broken, strict=True):
            self.rows.move(file, rows)
        return [row for rows in broken for row in rows], marked

    def _mend_keys(self) -> None:
        """Bring keys of customers to their one form in the copy of the rows."""
        if not self._mended:
            return
        names = {i: identifier(self._parts[i].column.name) for i in self._mended}
        rows, keys = self.rows.name, self._selecting.keys_table
        values = f"SELECT {', '.join(names.values())} FROM {rows}"
        if not fill_pseudonyms(self._connection, keys, values, [*names.values()], None):
            return
        for i, name in names.items():
            changes = [f"{name} = k.pseudonym"]
            if self._parts[i].column.required:
                changes.append(self._marks.setting(("refused", i), "k.pseudonym IS NULL"))
            self._connection.execute(
                f"UPDATE {rows} SET {', '.join(changes)} FROM {keys} k WHERE {rows}.{name} = k.raw"
            )

    def _insert(self, offsets: Offsets | None) -> list[list[BrokenRow]]:
        """Make the rows, and return the broken rows of each file."""
        selects = [self._selecting.rows(file, offsets) for file in self._files]
        if not self.rows.copied:
            with self._reading():
                self.rows.view(" UNION ALL ".join(selects))
            return [[] for _ in self._files]
        broken = []
        into = f"CREATE TABLE {self.rows.name} AS"
        for file, select in zip(self._files, selects, strict=True):
            with self._reading():
                self._connection.execute(f"{into} {select}")
                broken.append(broken_rows(self._connection, file))
            into = f"INSERT INTO {self.rows.name}"
        return broken

    def _broken_lines(self, number: int) -> list[BrokenRow]:
        """Take the lines that are broken out of the table, and return them."""
        if not number:
            return []
        self._connection.execute(f"DELETE FROM {self.rows.name} WHERE _n < 0")
        with self._reading():
            return [row for file in self._files for row in broken_lines(self._connection, file)]

    def _rows_of_files(self) -> int:
        """Return how many rows the files have, those that ``where`` leaves out among them."""
        with self._reading():
            counts = (
                _number(self._connection, f"SELECT count(*) FROM ({file.rows()}) WHERE _n > 0")
                for file in self._files
            )
            return sum(counts)

    def _marked(self) -> tuple[MarkedRecords, ...]:
        """Return how many rows each marker of the load names."""
        if not self._load.markers:
            return ()
        counts = [0] * len(self._load.markers)
        for file in self._files:
            with self._reading():
                (row,) = self._connection.execute(self._selecting.marked(file)).fetchall()
            counts = [count + here for count, here in zip(counts, row, strict=True)]
        return tuple(
            MarkedRecords(
                rule=marker.id, effect=marker.effect, meaning=marker.meaning, records=count
            )
            for (marker, _), count in zip(self._load.markers, counts, strict=True)
        )

    def _refuse(self, marked: Counter[Mark], rows: int) -> dict[Said, int]:
        """Take rows out of the table that cannot be kept, note them, and count them.

        Args:
            marked: How many rows have each mark.
            rows: How many rows there are.

        Returns:
            Reason to the number of rows.
        """
        required = [i for i in range(len(self._parts)) if marked["refused", i]]
        refused: dict[Said, int] = {}
        for i in required:  # the first column says why
            reason = Said("column-unreadable", column=self._parts[i].column.name)
            numbers = f"SELECT _n FROM {self.rows.name} WHERE {self._marks.holds(('refused', i))}"
            refused[reason] = self.rows.take_out(numbers, reason)
        key = self._load.table.key
        if key and all(name in self._load.columns for name in key):
            names = ", ".join(map(identifier, key))
            whole = " AND ".join(f"{identifier(name)} IS NOT NULL" for name in key)
            keys = (
                f"(SELECT {names}, NULL AS _n FROM {identifier(self._load.table.id)} "
                f"WHERE {whole} UNION ALL SELECT {names}, _n FROM {self.rows.name} WHERE {whole})"
            )
            others = f"SELECT count(*) FROM {identifier(self._load.table.id)}"
            rows += _number(self._connection, others)
            if may_repeat(self._connection, keys, names, rows):
                reason = Said("key-repeats", columns=tuple(key))
                same = " AND ".join(f"t.{identifier(name)} = k.{identifier(name)}" for name in key)
                # The key c-17 in the rows 4 and 9 refuses row 9; had a load before it, both.
                refused[reason] = self.rows.take_out(
                    f"SELECT t._n FROM {self.rows.name} t JOIN (SELECT {names}, min(_n) AS first, "
                    f"count(_n) < count(*) AS before FROM {keys} "
                    f"GROUP BY {names} HAVING count(*) > 1) k ON {same} "
                    "WHERE t._n > k.first OR k.before",
                    reason,
                )
        return {reason: number for reason, number in refused.items() if number}

    def _unmatched(self) -> dict[str, int]:
        """Return the codes that are no unit's, with the number of rows that were kept."""
        if "unit" not in self._load.columns:
            return {}
        query = (
            f"SELECT _code, count(*) FROM {self.rows.name} WHERE unit IS NULL "
            "GROUP BY ALL ORDER BY 1"
        )
        return dict(self._connection.execute(query).fetchall())

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
                sample = self._connection.execute(
                    f"SELECT {local}, _source, _row FROM ({of_file}) WHERE {local} IS NOT NULL "
                    "AND _n > 0 ORDER BY _n LIMIT 1"
                ).fetchone()
            if sample:
                at, source, row = sample
                with self._reading():
                    self._connection.execute(f"SELECT count(*) FROM ({file.rows()})").fetchall()
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
            _read_through(self._connection, self._files)
            # What exports a table failed once, such as a connection that others use as well.
            tables = self._load.scan.tables
            with telling_the_file(self._files[0].label) if tables else nullcontext():
                raise
        finally:
            with suppress(duckdb.Error):
                forget_broken(self._connection)


def _read_through(connection: duckdb.DuckDBPyConnection, files: Sequence[RawFile]) -> None:
    """Read files to their ends.

    Raises:
        SourceError: If one cannot be read, which it names.
    """
    for file in files:
        with telling_the_file(file.label):
            connection.execute(f"SELECT count(COLUMNS(*)) FROM ({file.rows()})").fetchall()


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0] or 0) if row else 0


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


def may_repeat(
    connection: duckdb.DuckDBPyConnection,
    rows: str,
    columns: str,
    number: int,
    most: int = _MOST_HASHES,
) -> bool:
    """Tell whether two rows may have the same values; where it says no, none have.

    Sorting hashes is a third of the work of counting distinct ones.

    Args:
        connection: Holds the rows.
        rows: SQL of a relation.
        columns: SQL of the columns whose values are compared.
        number: How many rows there are.
        most: About how many are compared at a time.
    """
    parts = number // most + 1
    for part in range(parts):
        hashes = connection.execute(
            f"SELECT h FROM (SELECT hash({columns}) AS h FROM {rows}) WHERE h % {parts} = {part}"
        ).fetchnumpy()["h"]
        hashes.sort()
        if (hashes[1:] == hashes[:-1]).any():
            return True
    return False
