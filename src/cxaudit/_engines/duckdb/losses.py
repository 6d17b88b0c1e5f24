"""What a source lost on the way into its table: rows that were refused, and values not read.

Refused rows are written to a file that only its owner can read. Other losses are told, with what
they are likely from, when they are more than 1 in 100.
"""

# ruff: noqa: S608 - names are ours, values are quoted by the printer

from __future__ import annotations

import itertools
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from cxaudit._engines.duckdb.mapping import Mapped
from cxaudit._engines.duckdb.printer import sql, text
from cxaudit._engines.duckdb.raw import BrokenRow, RawFile
from cxaudit._engines.duckdb.selecting import Mark, Selecting
from cxaudit._expressions.walking import nodes_of
from cxaudit._model.engine import TableLoad
from cxaudit._model.evidence import Loss, QuarantinedRow, is_much
from cxaudit._model.expressions import Call, Literal

if TYPE_CHECKING:
    import duckdb

__all__ = ["losses_of", "quarantine", "units_lost"]

_SAMPLES = 5
"""So many refused rows are shown in the account."""

_SEEN = 1000
"""So many values that could not be read are tried against the formats."""
_TRIED = 20
_CODES = 5
_TIMES = {"time", "date"}
_DAYS = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%m.%d.%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%d.%m.%y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d-%m-%y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
)
_CLOCKS = (
    "%H:%M",
    "%H:%M:%S",
    "%H:%M:%S.%f",
    "%I:%M %p",
    "%I:%M:%S %p",
    "%H:%M:%S%z",
    "%H:%M:%S.%f%z",
)
_FORMATS = (
    *_DAYS,
    *(
        f"{day}{between}{clock}"
        for day, between, clock in itertools.product(_DAYS, (" ", "T", ", "), _CLOCKS)
    ),
)


def losses_of(
    connection: duckdb.DuckDBPyConnection,
    selecting: Selecting,
    files: Sequence[RawFile],
    marked: Counter[Mark],
) -> tuple[Loss, ...]:
    """Return what was lost of the values of rows, refused ones among them.

    Args:
        connection: Reads the files.
        selecting: The load.
        files: Its files.
        marked: How many rows have each mark.
    """
    parts = {i: part for i, part in enumerate(selecting.parts) if marked["failed", i]}
    if not parts:
        return ()
    rows = " UNION ALL ".join(f"SELECT * FROM ({selecting.taken(file)})" for file in files)
    rows = f"({rows}) WHERE _n > 0"
    counts = ", ".join(f"count_if({part.written})" for part in parts.values())
    numbers = connection.execute(f"SELECT {counts} FROM {rows}").fetchone() or ()
    losses = []
    for (i, part), read in zip(parts.items(), numbers, strict=True):
        lost = marked["failed", i]
        of = max(lost, read)
        if is_much(lost, of):
            kind = "times" if part.column.type in _TIMES else "values"
            loss = Loss(kind=kind, column=part.column.name, lost=lost, of=of)
            losses.append(_with_formats(connection, part, loss, rows, selecting.zone))
    return tuple(losses)


def units_lost(unmatched: Mapping[str, int], kept: int) -> Iterator[Loss]:
    """Yield the loss of units of rows whose code is nobody's, with the codes that most have."""
    lost = sum(unmatched.values())
    if is_much(lost, kept):
        codes = sorted(unmatched, key=lambda code: (-unmatched[code], code))
        yield Loss(kind="units", column="unit", lost=lost, of=kept, likely=tuple(codes[:_CODES]))


def _with_formats(
    connection: duckdb.DuckDBPyConnection, part: Mapped, loss: Loss, rows: str, zone: str | None
) -> Loss:
    """Return the loss of a column of times with the date formats that read most of it."""
    argument, layout = _argument(part, zone)
    if loss.kind != "times" or argument is None:
        return loss
    local = f" AND {part.local} IS NULL" if part.local else ""
    seen = (
        f"SELECT raw FROM (SELECT {argument} AS raw, {part.reads} AS {part.x}, "
        f"{part.present} AS present FROM {rows}) "
        f"WHERE present AND {part.value} IS NULL{local} LIMIT {_SEEN}"
    )
    every = f"SELECT {argument} AS raw FROM {rows} AND {argument} IS NOT NULL LIMIT {_SEEN}"
    texts = [row[0] for row in connection.execute(seen).fetchall() if row[0] is not None]
    formats = [candidate for candidate in _candidates(texts) if candidate != layout]
    fits, number = _fits(connection, seen, formats)
    best = max(fits, default=0)
    if not best:
        return loss
    likely = [candidate for candidate, fit in zip(formats, fits, strict=True) if fit == best]
    # 03.04.2026 may be in March or in April; 13.04.2026, which could be read, tells.
    if len(likely) > 1:
        further, _ = _fits(connection, every, likely)
        likely = [
            candidate for candidate, fit in zip(likely, further, strict=True) if fit == max(further)
        ]
    return attrs.evolve(loss, likely=tuple(likely[:2]), fit=best, seen=number)


def _candidates(texts: list[str]) -> list[str]:
    """Return the formats by which Python reads any of the first texts.

    The engine, whose reading counts, takes some ten milliseconds for each format in a statement.
    """
    first = list(dict.fromkeys(texts))[:_TRIED]

    def reads(layout: str) -> bool:
        for written in first:
            with suppress(ValueError):
                datetime.strptime(written, layout)  # noqa: DTZ007 - nothing is kept of it
                return True
        return False

    return [layout for layout in _FORMATS if reads(layout)]


def _argument(part: Mapped, zone: str | None) -> tuple[str | None, object]:
    """Return SQL of the text that a column's time is read from, and the format it is read by."""
    for node in nodes_of(part.expression):
        if isinstance(node, Call) and node.function in {"time", "parse_time", "parse_date"}:
            value, *layout = node.arguments
            named = layout[0].value if layout and isinstance(layout[0], Literal) else None
            return f"({sql(value, zone=zone)})", named
    if part.expression.type == "text":
        return f"({sql(part.expression, zone=zone)})", None
    return None, None


def _fits(
    connection: duckdb.DuckDBPyConnection, rows: str, formats: list[str]
) -> tuple[list[int], int]:
    """Return how many texts each format reads as a likely date, and how many texts there are."""
    # As `parse_time` reads them, which takes Z for an offset.
    texts = {True: "zulu", False: "raw"}
    counts = "".join(
        f"count_if(year(try_strptime({texts[candidate.endswith('%z')]}, {text(candidate)})) "
        "BETWEEN 1900 AND 2200), "
        for candidate in formats
    )
    zulu = "regexp_replace(raw, '[Zz]$', '+00:00') AS zulu"
    statement = f"SELECT {counts}count(*) FROM (SELECT raw, {zulu} FROM ({rows}))"
    row = connection.execute(statement).fetchone() or ()
    *fits, number = (int(count or 0) for count in row)
    return fits, number


def quarantine(
    connection: duckdb.DuckDBPyConnection,
    load: TableLoad,
    broken: list[BrokenRow],
    files: Sequence[RawFile],
    refused: str,
) -> tuple[QuarantinedRow, ...]:
    """Write all refused rows of a load, when it asks for that, and return some.

    Args:
        connection: Reads the files.
        load: The load.
        broken: Rows whose format is broken.
        files: Where the other rows are read again; none if there are no such rows.
        refused: Table of these with their reasons.
    """
    samples: list[QuarantinedRow] = []
    write: Callable[[str], object] = str
    file = None
    if load.quarantine is not None and (broken or files):
        file = _private(load.quarantine)
        write = file.write
    try:
        for row in _rows(connection, load, broken, files, refused):
            if len(samples) < _SAMPLES:
                samples.append(row)
            if file is None and len(samples) == _SAMPLES:
                break
            write(json.dumps(attrs.asdict(row), ensure_ascii=False) + "\n")
    finally:
        if file is not None:
            file.close()
    return tuple(samples)


def _rows(
    connection: duckdb.DuckDBPyConnection,
    load: TableLoad,
    broken: list[BrokenRow],
    files: Sequence[RawFile],
    refused: str,
) -> Iterator[QuarantinedRow]:
    for row in broken:
        yield QuarantinedRow(source=row.source, row=row.row, reason=row.reason, raw=row.raw)
    names = load.scan.columns
    for file in files:
        # The rows that are read again are those of one file, found by their numbers.
        refused_rows = connection.execute(
            "SELECT f._source, f._row, f.reason, r.* EXCLUDE (_n, _source, _row) "
            f"FROM ({file.rows()}) r JOIN {refused} f USING (_n) ORDER BY _n"
        )
        while batch := refused_rows.fetchmany(1000):
            for source, number, reason, *values in batch:
                raw = json.dumps(dict(zip(names, values, strict=True)), ensure_ascii=False)
                yield QuarantinedRow(source=source, row=number, reason=reason, raw=raw)


def _private(path: Path) -> Any:
    """Open a file to append to that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.fchmod(number, 0o600)
    return os.fdopen(number, "a", encoding="utf-8", errors="backslashreplace")
