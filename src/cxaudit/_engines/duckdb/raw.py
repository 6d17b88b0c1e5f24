"""The files of a scan as relations of raw rows, each with its file and number; broken rows."""

# ruff: noqa: S608 - names are quoted by identifier(), values by text() or bound

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from cxaudit._engines.duckdb.printer import identifier, text
from cxaudit._model.engine import Scan
from cxaudit._model.records import registrable
from cxaudit._model.resources import exhausted
from cxaudit._model.said import Said
from cxaudit.errors import Problem, SourceError

if TYPE_CHECKING:
    import duckdb

__all__ = [
    "MOST_ROWS",
    "BrokenRow",
    "RawFile",
    "broken_lines",
    "broken_rows",
    "forget_broken",
    "forget_tables",
    "lost_lines",
    "raw_files",
    "telling_the_file",
    "unmoved",
]

_LONGEST = 1 << 25
_NO_TYPE = '"NULL"'
"""DuckDB's type of a column of objects in which there is none."""
MOST_ROWS = 1 << 40
"""A file has fewer rows; those of the next are numbered on from here."""
_BROKEN = {
    "MISSING COLUMNS": Said("row-too-short"),
    "TOO MANY COLUMNS": Said("row-too-long"),
    "UNQUOTED VALUE": Said("quote-open"),
    "LINE SIZE OVER MAXIMUM": Said("row-too-large"),
    "INVALID ENCODING": Said("row-not-utf-8"),
}
"""What DuckDB calls a broken row, and what we say of it."""


@attrs.frozen
class BrokenRow:
    """A row whose format is broken."""

    source: str
    row: int
    reason: str
    raw: str


@attrs.frozen(kw_only=True)
class RawFile:
    """A file, and the SQL that reads it.

    Attributes:
        label: Its name.
        before: Rows that the files before it may have at most: its first is ``before`` + 1.
        columns: Raw columns of the scan to SQL of each and its SQL type.
        numbers: SQL of ``_n``, ``_source`` and ``_row``.
        source: What they are read from.
        lines: Lines before its first row; None where a broken row is no matter of its format.
        count: Its rows, where the file says how many there are.
    """

    label: str
    before: int
    columns: Mapping[str, tuple[str, str]]
    numbers: str
    source: str
    lines: int | None = None
    count: int = 0

    @property
    def types(self) -> dict[str, str]:
        """Return the SQL type of each raw column."""
        return {name: kind for name, (_, kind) in self.columns.items()}

    def rows(self, native: Collection[str] = ()) -> str:
        """Return a SELECT of its rows: ``_n``, ``_source``, ``_row`` and raw columns.

        ``_n`` numbers the rows of all files of the scan; it is negative for a line that is broken.

        Args:
            native: Columns that keep the type of the file; all others are text.
        """
        columns = "".join(
            f", {value if kind == 'VARCHAR' or name in native else f'CAST({value} AS VARCHAR)'} "
            f"AS {identifier(name)}"
            for name, (value, kind) in self.columns.items()
        )
        return f"SELECT {self.numbers}{columns} FROM {self.source}"


def raw_files(connection: duckdb.DuckDBPyConnection, scan: Scan) -> list[RawFile]:
    """Return the files of a scan.

    Raises:
        SourceError: If the columns of a file cannot be read.
    """
    read = {"csv": _csv, "json": _json, "parquet": _parquet}.get(scan.format)
    labels = [
        scan.shown[min(position, len(scan.shown) - 1)]
        for position in range(len(scan.files if read else scan.tables))
    ]
    files = []
    for position, label in enumerate(labels):
        with telling_the_file(label):
            files.append(
                read(connection, scan, position, scan.files[position], label)
                if read
                else _table(connection, scan, position, label)
            )
    return files


def forget_tables(connection: duckdb.DuckDBPyConnection, scan: Scan) -> None:
    """Let go of the tables of a scan."""
    for position in range(len(scan.tables)):
        with suppress(ValueError):  # where one before could not be taken
            connection.unregister(_table_name(position))


@contextmanager
def telling_the_file(label: str) -> Iterator[None]:
    """Turn an error of the engine that reads a file into one that names it.

    Raises:
        SourceError: If the file cannot be read.
    """
    import duckdb

    try:
        yield
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        if ran_out := exhausted(error):
            raise ran_out from error
        message = f"the file cannot be read: {str(error).splitlines()[0]}"
        raise SourceError((Problem(message, file=label),)) from error


def _numbers(position: int, number: str, label: str) -> str:
    return f"{position * MOST_ROWS} + {number} AS _n, {text(label)} AS _source, {number} AS _row"


def _absent(scan: Scan) -> dict[str, tuple[str, str]]:
    return dict.fromkeys(scan.columns, ("CAST(NULL AS VARCHAR)", "VARCHAR"))


def _csv(
    _: duckdb.DuckDBPyConnection, scan: Scan, position: int, path: Path, label: str
) -> RawFile:
    options = scan.options
    columns_by_file = options.get("columns")
    columns = columns_by_file[position] if columns_by_file else scan.columns
    if not columns:
        number = _numbers(position, "row_number() OVER ()", label)
        return RawFile(
            label=label,
            before=position * MOST_ROWS,
            columns=_absent(scan),
            numbers=number,
            source="(SELECT 1 WHERE false)",
        )
    separator = options.get("separator", ",")
    separator = separator if isinstance(separator, str) else separator[position]
    quote, header = options.get("quote", '"'), bool(options.get("header", True))
    skips = options.get("skip", 0)
    skip = skips if isinstance(skips, int) else skips[position]
    typed = ", ".join(f"{text(name)}: 'VARCHAR'" for name in columns)
    source = (
        f"read_csv({text(str(path))}, auto_detect=false, header={str(header).lower()}, "
        f"skip={skip}, delim={text(separator)}, quote={text(quote)}, escape={text(quote)}, "
        f"columns={{{typed}}}, nullstr='', allow_quoted_nulls=false, strict_mode=true, "
        f"max_line_size={_LONGEST}, store_rejects=true, rejects_limit=0, "
        "rejects_table='_cx_rejects', rejects_scan='_cx_rejects_scan')"
    )
    present = {name: (identifier(name), "VARCHAR") for name in columns}
    return RawFile(
        label=label,
        before=position * MOST_ROWS,
        columns={name: present.get(name, absent) for name, absent in _absent(scan).items()},
        numbers=_numbers(position, "row_number() OVER ()", label),
        source=source,
        lines=header + skip,
    )


def _json(
    _: duckdb.DuckDBPyConnection, scan: Scan, position: int, path: Path, label: str
) -> RawFile:
    keys = scan.options.get("keys") or scan.columns
    pointers = ["/_source", "/_row"] if scan.numbered else []
    pointers += [_pointer(key) for key in keys]
    first = len(pointers) - len(keys) + 1
    # One look into a line gives all its values: the line {"a": 1} and the pointers /a and /b the
    # list ['1', NULL]. A line that is no object gives none, and a number below zero. Rows that
    # bring their numbers were written by a program, and are not looked at once more for that.
    good = "CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' ELSE false END"
    good = "true" if scan.numbered else good
    source = (
        "(SELECT *, CASE WHEN good THEN json_extract_string(line, "
        f"[{', '.join(map(text, pointers))}]) END AS parts FROM (SELECT *, {good} AS good FROM "
        "(SELECT row_number() OVER () AS n, line "
        f"FROM read_csv({text(str(path))}, auto_detect=false, header=false, delim='\x01', "
        "quote='', escape='', columns={'line': 'VARCHAR'}, "
        f"max_line_size={_LONGEST}, strict_mode=false, null_padding=true))) "
        "WHERE good OR trim(coalesce(line, '')) <> '')"
    )
    number = f"CASE WHEN good THEN 1 ELSE -1 END * ({position * MOST_ROWS} + n) AS _n"
    origin = f"{text(label)} AS _source, n AS _row"
    if scan.numbered:
        origin = "parts[1] AS _source, CAST(parts[2] AS BIGINT) AS _row"
    return RawFile(
        label=label,
        before=position * MOST_ROWS,
        columns={
            name: (f"parts[{index}]", "VARCHAR") for index, name in enumerate(scan.columns, first)
        },
        numbers=f"{number}, {origin}",
        source=source,
    )


def _parquet(
    connection: duckdb.DuckDBPyConnection, scan: Scan, position: int, path: Path, label: str
) -> RawFile:
    columns_by_file = scan.options.get("columns")
    columns = tuple(columns_by_file[position] if columns_by_file else scan.columns)
    file = f"read_parquet({text(str(path))})"
    described = connection.execute(f"DESCRIBE SELECT * FROM {file}").fetchall()
    own = {row[0].lower() for row in described}
    types = dict(zip(columns, (row[1] for row in described), strict=True))
    names = ", ".join(map(identifier, columns))
    counted = f"SELECT num_rows FROM parquet_file_metadata({text(str(path))})"
    (count,) = connection.execute(counted).fetchone() or (0,)
    # A file may have a column of the name that the engine gives to its own count of rows.
    number = "row_number() OVER ()" if "file_row_number" in own else "file_row_number + 1"
    source = f"(SELECT *, {number} FROM {file}) AS columns ({names}, _n)"
    present = {name: (identifier(name), types[name]) for name in columns}
    return RawFile(
        label=label,
        before=position * MOST_ROWS,
        columns={name: present.get(name, absent) for name, absent in _absent(scan).items()},
        numbers=_numbers(position, "columns._n", label),
        source=source,
        count=count,
    )


def _table_name(position: int) -> str:
    return f"_cx_table_{position}"


def _table(connection: duckdb.DuckDBPyConnection, scan: Scan, position: int, label: str) -> RawFile:
    name = _table_name(position)
    connection.register(name, registrable(scan.tables[position]))
    described = connection.execute(f"DESCRIBE {name}").fetchall()
    types = dict(zip(scan.columns, (row[1] for row in described), strict=True))
    names = ", ".join(map(identifier, scan.columns))
    return RawFile(
        label=label,
        before=position * MOST_ROWS,
        columns={
            column: (identifier(column), "VARCHAR" if kind == _NO_TYPE else kind)
            for column, kind in types.items()
        },
        numbers=_numbers(position, "columns._n", label),
        source=f"(SELECT *, row_number() OVER () FROM {name}) AS columns ({names}, _n)",
    )


def broken_rows(connection: duckdb.DuckDBPyConnection, file: RawFile) -> list[BrokenRow]:
    """Return the broken rows of a file that was just read."""
    if file.lines is None:
        return []
    rejects = connection.execute(
        "SELECT line, arg_min(error_type::VARCHAR, byte_position), any_value(csv_line) "
        "FROM _cx_rejects GROUP BY line ORDER BY line"
    ).fetchall()
    # A reject's line counts records, the header among them.
    return [
        BrokenRow(
            file.label,
            int(line) - file.lines,
            _BROKEN.get(kind) or Said("row-broken", cause=kind.lower()),
            raw or "",
        )
        for line, kind, raw in rejects
    ]


def forget_broken(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what the engine keeps of broken rows whenever it reads a file."""
    connection.execute("DROP TABLE IF EXISTS _cx_rejects")
    connection.execute("DROP TABLE IF EXISTS _cx_rejects_scan")


def broken_lines(connection: duckdb.DuckDBPyConnection, file: RawFile) -> list[BrokenRow]:
    """Return the lines of a file of JSON Lines that are no objects."""
    lines = connection.execute(
        f"SELECT n, line FROM {file.source} WHERE NOT good ORDER BY n"
    ).fetchall()
    return [BrokenRow(file.label, row, Said("line-not-an-object"), line) for row, line in lines]


def unmoved(broken: list[BrokenRow]) -> list[int]:
    """Return the number that the row after each broken one has where broken ones do not count."""
    return [row.row - position for position, row in enumerate(broken)]


def lost_lines(broken: list[BrokenRow]) -> tuple[str, ...]:
    """Return what to say of rows with an open quote, which may have taken in many lines."""
    return tuple(
        Said("lines-in-an-open-quote", file=row.source, row=str(row.row), n=lost)
        for row in broken
        if row.reason == _BROKEN["UNQUOTED VALUE"] and (lost := row.raw.count("\n"))
    )


def _pointer(key: str) -> str:
    return "/" + key.replace("~", "~0").replace("/", "~1")
