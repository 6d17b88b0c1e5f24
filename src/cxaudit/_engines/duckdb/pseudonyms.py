"""Pseudonyms of keys, made by the engine; only keys in unusual forms pass through Python."""

# ruff: noqa: S608 - names are our own, values are bound

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cxaudit._model.pseudonyms import PSEUDONYM_LENGTH, WITHHELD, Pseudonyms, normalised

if TYPE_CHECKING:
    import duckdb

__all__ = ["fill_pseudonyms"]

_BLOCK = 64
_NUMBER = r"\+[1-9][0-9]{6,14}"
_MAIL = r"[^\s<>@:]*[^\s<>@:0-9()./+\-\x{a0}][^\s<>@:]*@[^\s<>@:]+"
_ID = r"[0-9A-Za-z_.\-]*[A-Za-z_][0-9A-Za-z_.\-]*|[0-9]{1,5}"
"""Forms whose normalised key needs no look at telephone numbers."""
_PLAIN = f"regexp_full_match(raw, '{_NUMBER}|{_ID}')"
"""SQL that tells whether a key has its one form already, if it is no word for a withheld one."""


def fill_pseudonyms(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    rows: str,
    columns: Sequence[str],
    pseudonyms: Pseudonyms | None,
) -> bool:
    """Fill a table with the pseudonym of each key in a SELECT that is not its own.

    Equal to `Pseudonyms.of` for every key; null for a key that names nobody. Without pseudonyms
    it is the key's one form (`normalised`), which most keys have already.

    Returns:
        Whether there is any.
    """
    keys = columns[0] if len(columns) == 1 else f"unnest([{', '.join(columns)}])"
    withheld = ", ".join(f"'{word}'" for word in sorted(WITHHELD))
    every = f"SELECT DISTINCT raw FROM (SELECT {keys} AS raw FROM ({rows})) WHERE raw IS NOT NULL"
    if pseudonyms is None:
        # To look at each row's key is quicker than to gather the different ones first.
        every += f" AND NOT ({_PLAIN} AND lower(raw) NOT IN ({withheld}))"
    simple = (
        f"CASE WHEN lower(trim(raw)) IN ({withheld}) THEN NULL "
        f"WHEN regexp_full_match(raw, '{_MAIL}') THEN lower(raw) "
        f"WHEN {_PLAIN} THEN raw END"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE {table} AS SELECT raw, {simple} AS pseudonym FROM ({every})"
    )
    odd = [
        raw
        for (raw,) in connection.execute(
            f"SELECT raw FROM {table} WHERE pseudonym IS NULL"
        ).fetchall()
    ]
    if odd:
        region = pseudonyms.region if pseudonyms is not None else None
        forms = [normalised(raw, region) for raw in odd]
        connection.execute(
            f"CREATE OR REPLACE TABLE {table} AS SELECT raw, coalesce(pseudonym, form) "
            f"AS pseudonym FROM {table} LEFT JOIN (SELECT unnest($1::VARCHAR[]) AS raw, "
            "unnest($2::VARCHAR[]) AS form) USING (raw)",
            [odd, forms],
        )
    if pseudonyms is not None:
        _hash(connection, table, pseudonyms.key)
    connection.execute(f"DELETE FROM {table} WHERE pseudonym IS NOT DISTINCT FROM raw")
    return connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None


def _hash(connection: duckdb.DuckDBPyConnection, table: str, key: bytes) -> None:
    """Hash the keys in a table of them."""
    # HMAC (RFC 2104): H((K ^ opad) || H((K ^ ipad) || text)).
    key = hashlib.sha256(key).digest() if len(key) > _BLOCK else key
    inner, outer = (bytes(byte ^ pad for byte in key.ljust(_BLOCK, b"\0")) for pad in (0x36, 0x5C))
    connection.execute(
        f"CREATE OR REPLACE TABLE {table} AS SELECT raw, left(sha256($1::BLOB || "
        f"unhex(sha256($2::BLOB || encode(pseudonym)))), {PSEUDONYM_LENGTH}) AS pseudonym "
        f"FROM {table}",
        [outer, inner],
    )
