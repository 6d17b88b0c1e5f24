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


def fill_pseudonyms(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[str],
    pseudonyms: Pseudonyms | None,
) -> None:
    """Fill the table ``_cx_keys`` with the pseudonym of each key in some columns of a table.

    Equal to `Pseudonyms.of` for every key; null for a key that names nobody. Without pseudonyms
    it is the key's one form (`normalised`).
    """
    every = " UNION ".join(
        f"SELECT {column} AS raw FROM {table} WHERE {column} IS NOT NULL" for column in columns
    )
    withheld = ", ".join(f"'{word}'" for word in sorted(WITHHELD))
    simple = (
        f"CASE WHEN lower(trim(raw)) IN ({withheld}) THEN NULL "
        f"WHEN regexp_full_match(raw, '{_MAIL}') THEN lower(raw) "
        f"WHEN regexp_full_match(raw, '{_NUMBER}|{_ID}') THEN raw END"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE _cx_keys AS "
        f"SELECT DISTINCT raw, {simple} AS pseudonym FROM ({every})"
    )
    odd = [
        raw
        for (raw,) in connection.execute(
            "SELECT raw FROM _cx_keys WHERE pseudonym IS NULL"
        ).fetchall()
    ]
    if odd:
        region = pseudonyms.region if pseudonyms is not None else None
        forms = [normalised(raw, region) for raw in odd]
        connection.execute(
            "UPDATE _cx_keys SET pseudonym = found.form FROM "
            "(SELECT unnest($1::VARCHAR[]) AS raw, unnest($2::VARCHAR[]) AS form) found "
            "WHERE _cx_keys.raw = found.raw",
            [odd, forms],
        )
    if pseudonyms is None:
        return
    # HMAC (RFC 2104): H((K ^ opad) || H((K ^ ipad) || text)).
    key = pseudonyms.key
    key = hashlib.sha256(key).digest() if len(key) > _BLOCK else key
    inner, outer = (bytes(byte ^ pad for byte in key.ljust(_BLOCK, b"\0")) for pad in (0x36, 0x5C))
    connection.execute(
        "UPDATE _cx_keys SET pseudonym = left("
        f"sha256($1::BLOB || unhex(sha256($2::BLOB || encode(pseudonym)))), {PSEUDONYM_LENGTH}) "
        "WHERE pseudonym IS NOT NULL",
        [outer, inner],
    )
