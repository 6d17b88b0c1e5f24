"""Rows that were refused, written to a file that only its owner can read."""

# ruff: noqa: S608 - names are our own

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from cxaudit._engines.duckdb.raw import RAW, BrokenRow
from cxaudit._model.engine import TableLoad
from cxaudit._model.evidence import QuarantinedRow

if TYPE_CHECKING:
    import duckdb

__all__ = ["quarantine"]

_SAMPLES = 5


def quarantine(
    connection: duckdb.DuckDBPyConnection,
    load: TableLoad,
    broken: list[BrokenRow],
    *,
    refused: bool,
) -> tuple[QuarantinedRow, ...]:
    """Write all refused rows of a load, when it asks for that, and return some.

    Args:
        connection: Holds the raw rows, and ``_cx_judged`` with the reason of each refused one.
        load: The load.
        broken: Rows whose format is broken.
        refused: Whether any other row was refused.
    """
    samples: list[QuarantinedRow] = []
    write: Callable[[str], object] = str
    file = None
    if load.quarantine is not None and (broken or refused):
        file = _private(load.quarantine)
        write = file.write
    try:
        for row in _rows(connection, load, broken, refused=refused):
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
    *,
    refused: bool,
) -> Iterator[QuarantinedRow]:
    for row in broken:
        yield QuarantinedRow(source=row.source, row=row.row, reason=row.reason, raw=row.raw)
    if not refused:
        return
    names = load.scan.columns
    refused_rows = connection.execute(
        f"SELECT j._source, j._row, j.reason, r.* EXCLUDE (_n, _source, _row) "
        f"FROM _cx_judged j JOIN {RAW} r USING (_n) WHERE j.reason IS NOT NULL ORDER BY _n"
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
