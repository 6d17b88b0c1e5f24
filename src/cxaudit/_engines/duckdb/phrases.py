"""Phrases and patterns in texts, and hits as rows of their table."""

# ruff: noqa: S608 - names are quoted by identifier(), values by text() or bound

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cxaudit._engines.duckdb.printer import identifier, sql, text
from cxaudit._engines.duckdb.queries import where_clause
from cxaudit._model.expressions import Expression
from cxaudit._model.tables import ColumnRows, Table

__all__ = ["hits_statements", "mark_statement", "matches_in", "phrase_statement"]

_BEGIN, _END = "\ue000", "\ue001"
"""Characters for private use, put around matches to find their places."""


def mark_statement(table: str, column: str) -> str:
    """Return the statement that tells whether a text holds the marks' characters itself."""
    return f"SELECT count(*) FROM {identifier(table)} WHERE {_has_marks(identifier(column))}"


def _has_marks(name: str) -> str:
    return f"(contains({name}, '{_BEGIN}') OR contains({name}, '{_END}'))"


def phrase_statement(
    table: str,
    column: str,
    patterns: Sequence[str],
    where: Expression | None,
    screens: Sequence[str],
    *,
    has_marks: bool,
) -> tuple[str, list[Any]]:
    """Return the statement that finds the matches of patterns.

    It gives ``_source``, ``_row``, ``pattern`` (its number), ``nth`` (the match in its text, from
    1), ``gap`` (characters before it, since the match before began, and a mark behind that one),
    ``quote`` (the match; empty ones too), and ``words``, its text where that holds the marks'
    characters itself, else empty.
    """
    # "so sorry, sorry" and the pattern sorry: the text is marked as "so <sorry>, <sorry>", and cut
    # to "so ", "sorry>, " and "sorry>". ('m.csv', 3, 0, 1, 3, 'sorry', '') is the first match, and
    # ('m.csv', 3, 0, 2, 8, 'sorry', '') the second.
    name = identifier(column)
    bare = f"translate({name}, '{_BEGIN}{_END}', '  ')" if has_marks else name
    words = f"CASE WHEN {_has_marks(name)} THEN {name} ELSE '' END" if has_marks else "''"

    def marked(pattern: str) -> str:
        replaced = f"regexp_replace({bare}, {pattern}, '{_BEGIN}\\0{_END}', 'gi')"
        if has_marks:
            return f"CASE WHEN regexp_matches({name}, {pattern}, 'i') THEN {replaced} END"
        return f"nullif({replaced}, {name})"  # a text without a match stays as it is

    texts = ", ".join(f"{marked(f'${n}')} AS m{n}" for n in range(1, len(patterns) + 1))
    screens = screens or tuple(patterns)
    first = len(patterns) + 1
    passing = " OR ".join(
        f"regexp_matches({name}, ${n}, 'i')" for n in range(first, first + len(screens))
    )
    condition = None if where is None else f"({sql(where, table=table)})"
    cut = "\nUNION ALL ".join(
        f"SELECT _source, _row, words, {n - 1} AS pattern, "
        f"string_split(m{n}, '{_BEGIN}') AS pieces FROM _cx_marked WHERE m{n} IS NOT NULL"
        for n in range(1, len(patterns) + 1)
    )
    statement = (
        "WITH _cx_marked AS MATERIALIZED (\n"
        f"SELECT _source, _row, {words} AS words, {texts}\n"
        f"FROM {identifier(table)}{where_clause(f'({passing})', condition)})\n"
        "SELECT _source, _row, pattern, unnest(range(1, len(pieces))) AS nth, "
        "unnest([length(piece) FOR piece IN pieces[:-2]]) AS gap, "
        f"unnest([split_part(piece, '{_END}', 1) FOR piece IN pieces[2:]]) AS quote, words\n"
        f"FROM ({cut})"
    )
    return statement, [*patterns, *screens]


def matches_in(columns: Mapping[str, Any]) -> ColumnRows:
    """Return the matches that the statement found (see `EngineSession.find_phrases`)."""
    import numpy as np

    # Of the matches with gaps of 3 and of 8, a mark in it, the starts are 3 and 3 + 8 - 1 = 10.
    columns = {name: np.ma.getdata(column) for name, column in columns.items()}
    is_first = columns["nth"] == 1
    gaps = columns["gap"] - ~is_first
    starts = np.cumsum(gaps)
    starts -= (starts - gaps)[is_first][np.cumsum(is_first) - 1]
    quotes, words = columns["quote"], columns["words"]
    for match in np.flatnonzero(words != ""):
        quotes[match] = words[match][starts[match] : starts[match] + len(quotes[match])]
    matches = np.flatnonzero(quotes != "")
    sources, rows = columns["_source"][matches], columns["_row"][matches]
    rank = {source: number for number, source in enumerate(sorted(set(sources.tolist())))}
    files = np.fromiter(map(rank.__getitem__, sources.tolist()), np.int64, len(sources))
    order = np.lexsort((rows, files))
    matches = matches[order]
    return ColumnRows(
        {
            "_source": sources[order],
            "_row": rows[order],
            "pattern": columns["pattern"][matches],
            "start": starts[matches],
            "quote": quotes[matches],
        }
    )


def hits_statements(table: Table) -> tuple[str, str]:
    """Return what gives a hit in no row of a table, and what fills the table of hits.

    Hits are those of the relation ``_cx_columns``, in the order of its ``_n``; numbers that are not
    known are NaN there. Each takes over unit, touchpoint, zone and time of its row.
    """
    name, key = identifier(table.id), 'USING ("_source", "_row")'
    times = [
        identifier(column.name)
        for column in map(table.column, table.time)
        if column is not None and column.type == "time"
    ]
    at = f"coalesce({', '.join(times)})" if times else "CAST(NULL AS TIMESTAMP)"
    missing = f'SELECT "_source", "_row" FROM "_cx_columns" ANTI JOIN {name} {key} LIMIT 1'
    insert = f"""
        INSERT INTO "hits" ("detector", "table_name", "label", "start", "end", "quote", "score",
            "unit", "touchpoint", "_zone", "at", "_source", "_row")
        SELECT "detector", {text(table.id)}, "label", {_known("start")}, {_known("end")}, "quote",
            {_known("score")}, "unit", "touchpoint", "_zone", "at", "_source", "_row"
        FROM "_cx_columns" JOIN (
            -- Rows of a derived table may share a key.
            SELECT "_source", "_row", last("unit") AS "unit", last("touchpoint") AS "touchpoint",
                last("_zone") AS "_zone", last({at}) AS "at"
            FROM {name} SEMI JOIN "_cx_columns" {key} GROUP BY "_source", "_row"
        ) AS "_rows" {key}
        ORDER BY "_n"
    """
    return missing, insert


def _known(column: str) -> str:
    return f'CASE WHEN NOT isnan("{column}") THEN "{column}" END'
