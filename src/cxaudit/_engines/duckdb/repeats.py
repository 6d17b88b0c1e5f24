"""Whether rows share a key, by sorting hashes: a third of the work of counting distinct ones."""

# ruff: noqa: S608 - names are quoted by identifier()

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

__all__ = ["may_repeat"]

_MOST = 1 << 24
"""Hashes that are sorted at a time: 128 MB, and as much again while they are fetched."""


def may_repeat(
    connection: duckdb.DuckDBPyConnection, rows: str, columns: str, number: int, most: int = _MOST
) -> bool:
    """Tell whether two rows may have the same values; where it says no, none have.

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
