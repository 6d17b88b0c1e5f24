"""Files read into a table of raw text, each row with its file and number, broken rows set aside."""

# ruff: noqa: S608 - names are quoted by identifier(), values by text() or bound

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from cxaudit._engines.duckdb.printer import identifier, text
from cxaudit._model.engine import Scan
from cxaudit._model.resources import exhausted
from cxaudit._model.said import Said
from cxaudit.errors import Problem, SourceError

if TYPE_CHECKING:
    import duckdb

__all__ = ["RAW", "BrokenRow", "read_raw"]

RAW = "_cx_raw"
"""Temporary table of raw rows: ``_n`` (their order), ``_source``, ``_row`` and raw columns."""

_LONGEST = 1 << 25
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


def read_raw(
    connection: duckdb.DuckDBPyConnection, scan: Scan
) -> tuple[list[BrokenRow], tuple[str, ...]]:
    """Fill the table `RAW` from a scan, and return broken rows and notes.

    Raises:
        SourceError: If a file cannot be read at all.
    """
    import duckdb

    columns = "".join(f", {identifier(name)} VARCHAR" for name in scan.columns)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {RAW} (_n BIGINT, _source VARCHAR, _row BIGINT{columns})"
    )
    broken = [BrokenRow(*row) for row in scan.rejected]
    notes: list[str] = []
    read = {"csv": _read_csv, "json": _read_json, "parquet": _read_parquet}[scan.format]
    for position, path in enumerate(scan.files):
        label = scan.shown[min(position, len(scan.shown) - 1)]
        try:
            broken += read(connection, scan, position, path, label)
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            if ran_out := exhausted(error):
                raise ran_out from error
            message = f"the file cannot be read: {str(error).splitlines()[0]}"
            raise SourceError((Problem(message, file=label),)) from error
    for row in broken:
        lost = row.raw.count("\n")
        if row.reason == _BROKEN["UNQUOTED VALUE"] and lost:
            notes.append(Said("lines-in-an-open-quote", file=row.source, row=str(row.row), n=lost))
    return broken, tuple(notes)


def _insert(scan: Scan, label: str, columns: Sequence[str], source: str) -> str:
    """Return the statement that appends a file's rows in their order."""
    present = [name for name in scan.columns if name in columns]
    names = "".join(f", {identifier(name)}" for name in present)
    return (
        f"INSERT INTO {RAW} (_n, _source, _row{names}) "
        f"SELECT (SELECT count(*) FROM {RAW}) + row_number() OVER (), {text(label)}, "
        f"row_number() OVER (){names} FROM {source}"
    )


def _read_csv(
    connection: duckdb.DuckDBPyConnection, scan: Scan, position: int, path: Path, label: str
) -> list[BrokenRow]:
    options = scan.options
    columns_by_file = options.get("columns")
    columns = columns_by_file[position] if columns_by_file else scan.columns
    if not columns:
        return []
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
    before = _count(connection)
    try:
        connection.execute(_insert(scan, label, columns, source))
        rejects = connection.execute(
            "SELECT line, arg_min(error_type::VARCHAR, byte_position), any_value(csv_line) "
            "FROM _cx_rejects GROUP BY line ORDER BY line"
        ).fetchall()
    finally:
        connection.execute("DROP TABLE IF EXISTS _cx_rejects")
        connection.execute("DROP TABLE IF EXISTS _cx_rejects_scan")
    # A reject's line counts records, the header among them; kept rows were numbered without the
    # rejects, so each is moved on by the rejects before it: of six records the third and fifth
    # are rejects, so the kept ones, numbered 1 2 3 4, become 1 2 4 6.
    rows = [int(line) - header - skip for line, _, _ in rejects]
    if rows:
        connection.execute(
            f"UPDATE {RAW} SET _row = {RAW}._row + found.moved FROM ("
            f"SELECT r._n, s.moved FROM {RAW} r ASOF JOIN (SELECT since, max(moved) AS moved FROM "
            "(SELECT unnest($1::BIGINT[]) AS since, "
            "unnest(range(1, len($1::BIGINT[]) + 1)) AS moved) "
            "GROUP BY since) s ON r._row >= s.since "
            f"WHERE r._n > $2) found WHERE {RAW}._n = found._n",
            [[row - position for position, row in enumerate(rows)], before],
        )
    return [
        BrokenRow(
            label, row, _BROKEN.get(kind) or Said("row-broken", cause=kind.lower()), raw or ""
        )
        for row, (_, kind, raw) in zip(rows, rejects, strict=True)
    ]


def _read_json(
    connection: duckdb.DuckDBPyConnection, scan: Scan, position: int, path: Path, name: str
) -> list[BrokenRow]:
    del position
    keys = scan.options.get("keys") or scan.columns
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE _cx_lines AS "
        "SELECT row_number() OVER () AS n, line, "
        "CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' ELSE false END AS good "
        f"FROM read_csv({text(str(path))}, auto_detect=false, header=false, delim='\x01', "
        "quote='', escape='', columns={'line': 'VARCHAR'}, "
        f"max_line_size={_LONGEST}, strict_mode=false, null_padding=true)"
    )
    values = "".join(f", json_extract_string(line, {text(_pointer(key))})" for key in keys)
    where = (
        "json_extract_string(line, '/_source'), CAST(json_extract_string(line, '/_row') AS BIGINT)"
        if scan.numbered
        else f"{text(name)}, n"
    )
    connection.execute(
        f"INSERT INTO {RAW} SELECT (SELECT count(*) FROM {RAW}) + row_number() OVER (ORDER BY n), "
        f"{where}{values} FROM _cx_lines WHERE good ORDER BY n"
    )
    refused = connection.execute(
        "SELECT n, line FROM _cx_lines WHERE NOT good AND trim(coalesce(line, '')) <> '' ORDER BY n"
    ).fetchall()
    connection.execute("DROP TABLE _cx_lines")
    return [BrokenRow(name, row, Said("line-not-an-object"), line) for row, line in refused]


def _read_parquet(
    connection: duckdb.DuckDBPyConnection, scan: Scan, position: int, path: Path, label: str
) -> list[BrokenRow]:
    columns_by_file = scan.options.get("columns")
    columns = tuple(columns_by_file[position] if columns_by_file else scan.columns)
    names = ", ".join(identifier(name) for name in columns)
    source = f"(SELECT * FROM read_parquet({text(str(path))})) AS columns ({names})"
    connection.execute(_insert(scan, label, columns, source))
    return []


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute(f"SELECT count(*) FROM {RAW}").fetchone()
    return int(row[0]) if row else 0


def _pointer(key: str) -> str:
    return "/" + key.replace("~", "~0").replace("/", "~1")
