"""Parquet files."""

from __future__ import annotations

from pathlib import Path

from cxaudit._model.engine import Scan
from cxaudit._model.protocols import ReadRequest
from cxaudit._model.said import Said
from cxaudit._sources.files import digest_file, distinct_names, joined_names, problem
from cxaudit.errors import SourceError

__all__ = ["read_parquet"]

_MAGIC = b"PAR1"


def read_parquet(request: ReadRequest) -> Scan:
    """Return the scan of Parquet files. Their values give what those of the same CSV would.

    The scan's options hold ``columns``: for each file the names of its columns.

    Raises:
        SourceError: If a file is not Parquet.
    """
    import duckdb

    labels = request.shown
    columns: list[tuple[str, ...]] = []
    notes: list[str] = []
    with duckdb.connect() as connection:
        for path, name in zip(request.files, labels, strict=True):
            try:
                query = "SELECT * FROM read_parquet(?) LIMIT 0"
                description = connection.execute(query, [str(path)]).description or ()
            except duckdb.Error as error:
                raise _not_parquet(path, name, error) from error
            names, renamed = distinct_names(field[0] for field in description)
            columns.append(names)
            notes.extend(Said("in-file", file=name, note=note) for note in renamed)
    return Scan(
        format="parquet",
        files=request.files,
        shown=labels,
        digests=tuple(digest_file(path) for path in request.files),
        options={"columns": tuple(columns)},
        columns=joined_names(columns, labels),
        notes=tuple(notes),
    )


def _not_parquet(path: Path, name: str, error: Exception) -> SourceError:
    with path.open("rb") as file:
        begins = file.read(len(_MAGIC)) == _MAGIC
    if not begins:
        hint = "Name the reader that fits the file, such as reader = 'csv'."
        return problem(name, "not a Parquet file", hint=hint)
    cause = str(error).splitlines()[0]
    hint = "Copy it again: it begins as a Parquet file, so it may be cut short."
    return problem(name, f"not a whole Parquet file: {cause}", hint=hint)
