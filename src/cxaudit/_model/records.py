"""Records that a program hands over in the place of files."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["ArrowStream", "held_records", "is_table", "registrable"]


class ArrowStream:
    """What exports an Arrow stream, and nothing else that an engine could look at."""

    def __init__(self, table: Any) -> None:
        """Keep the table."""
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the table's stream, as the Arrow PyCapsule interface asks."""
        return self._table.__arrow_c_stream__(requested_schema)


def held_records(records: object, subject: str) -> Any:
    """Return a table as it is, and any other rows as a tuple, so that they can be read twice.

    Args:
        records: A table, or dicts.
        subject: What they are, for messages.

    Raises:
        TypeError: If they are neither.
    """
    if is_table(records):  # a reader of Arrow's batches gives them once
        return records.read_all() if hasattr(records, "read_all") else records
    hint = "Give a data frame, an Arrow table, or a list of dicts."
    if isinstance(records, str | Path):
        hint = "A file is named in the audit itself."
    elif hasattr(records, "collect"):
        hint = "Give what its `collect()` returns."
    elif isinstance(records, Iterable) and not isinstance(records, bytes | Mapping):
        return tuple(records)
    msg = f"{subject}: a {type(records).__name__} holds no rows. {hint}"
    raise TypeError(msg)


def is_table(records: Any) -> bool:
    """Tell whether records are a table by column, not rows."""
    if isinstance(records, Mapping):
        return bool(records) and all(hasattr(column, "dtype") for column in records.values())
    return hasattr(records, "__arrow_c_stream__") or _is_pandas(records)


def registrable(table: Any) -> Any:
    """Return a table as DuckDB can register it: by its stream, wherever it exports one.

    Data frames of pandas it reads by itself; they export a stream only where pyarrow is installed.
    """
    polars = sys.modules.get("polars")
    if polars is not None and isinstance(table, polars.DataFrame) and polars.Null in table.dtypes:
        # polars exports a column of nothing but nulls without saying which are null; DuckDB refuses
        # such a one (polars 2.1, DuckDB 2.0).
        table = table.cast({polars.Null: polars.String})
    streams = hasattr(table, "__arrow_c_stream__") and not _is_pandas(table)
    return ArrowStream(table) if streams else table


def _is_pandas(records: object) -> bool:
    kind = type(records)
    return kind.__module__.partition(".")[0] == "pandas" and kind.__name__ == "DataFrame"
