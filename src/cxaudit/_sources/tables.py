"""Records at hand: data frames, Arrow tables, relations, arrays by name, and dicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cxaudit._model.engine import Scan
from cxaudit._model.protocols import ReadRequest, Rows
from cxaudit._model.records import is_table, registrable
from cxaudit._sources.files import distinct_names, problem
from cxaudit.errors import Problem, SourceError

if TYPE_CHECKING:
    import duckdb

_PLAIN = frozenset({str, int, bool, NoneType, datetime, date})
"""Types whose values are taken as they are."""
__all__ = ["read_table", "row_values", "table_rows"]


def read_table(request: ReadRequest) -> Scan | Rows:
    """Return the scan of a table at hand, or the rows of dicts.

    Raises:
        SourceError: If there are none, or they are no table.
    """
    name, records = request.use.name, request.use.records
    if records is None:
        message = "the reader 'table' takes records from Python, and there are none"
        hint = "Hand them over by `load_data(..., sources={...})` or `audit.with_sources`."
        raise SourceError((Problem(message, hint=hint),))
    if not is_table(records):
        if records and not any(isinstance(row, Mapping) for row in records):
            raise problem(name, f"its rows are {type(records[0]).__name__}, and should be dicts")
        rows = ((name, number, row_values(row)) for number, row in enumerate(records, start=1))
        return Rows(rows=rows, total=len(records))
    with _registered(records, name) as connection:
        described = _query(connection, "DESCRIBE records", name).fetchall()
    columns, notes = distinct_names(column for column, *_ in described)
    return Scan(
        format="table",
        tables=(records,),
        shown=(name,),
        digests=("",),  # to work one out would take as long as reading it
        columns=columns,
        notes=notes,
    )


def table_rows(records: Any, name: str) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a table at hand as dicts; what is null in it is None.

    Raises:
        SourceError: If it is no table.
    """
    with _registered(records, name) as connection:
        cursor = _query(connection, "SELECT * FROM records", name)
        columns = [field[0] for field in cursor.description or ()]
        while batch := cursor.fetchmany(1000):
            for row in batch:
                yield dict(zip(columns, map(_plain, row), strict=True))


def _registered(records: Any, name: str) -> duckdb.DuckDBPyConnection:
    """Return a connection that has a table at hand as ``records``."""
    import duckdb

    connection = duckdb.connect(config={"threads": 1})
    try:
        connection.register("records", registrable(records))
    except duckdb.Error as error:
        connection.close()
        raise _unreadable(name, error) from error
    return connection


def _query(
    connection: duckdb.DuckDBPyConnection, query: str, name: str
) -> duckdb.DuckDBPyConnection:
    import duckdb

    try:
        return connection.execute(query)
    except duckdb.Error as error:
        raise _unreadable(name, error) from error


def _unreadable(name: str, error: Exception) -> SourceError:
    cause = (str(error).splitlines() or [type(error).__name__])[0]
    return problem(name, f"it cannot be read as a table: {cause}")


def row_values(row: Any) -> Mapping[str, Any] | ValueError:
    """Return a row with values that a reader may give, or why it is none."""
    if not isinstance(row, Mapping):
        return ValueError(f"the row is a {type(row).__name__}, not a dict")
    try:
        return {
            name if type(name) is str else str(name): value
            if type(value) in _PLAIN
            else _plain(value)
            for name, value in row.items()
        }
    except TypeError as error:
        return ValueError(str(error))


def _plain(value: Any) -> Any:
    """Return a value without what is numpy's or pandas'; not a number and no time are None."""
    if type(value).__name__ in {"NAType", "NaTType"}:
        return None
    if isinstance(value, Enum):
        value = value.value
    if hasattr(value, "dtype") and getattr(value, "shape", None) == ():
        value = value.item()
    if isinstance(value, float | Decimal) and value != value:  # noqa: PLR0124 - not a number
        return None
    if value is None or isinstance(value, str | bool | int | float | Decimal | date | time):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, Mapping):
        return {str(name): _plain(entry) for name, entry in value.items()}
    message = f"a {type(value).__name__} is no text, number, boolean or time"
    raise TypeError(message)
