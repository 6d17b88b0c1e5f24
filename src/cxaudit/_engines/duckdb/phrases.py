"""Phrases and patterns in texts, and hits as rows of their table."""

# ruff: noqa: S608 - names are quoted by identifier(), values by text() or bound

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cxaudit._engines.duckdb.printer import identifier, sql, text
from cxaudit._engines.duckdb.queries import where_clause
from cxaudit._model.expressions import Expression
from cxaudit._model.tables import Table

__all__ = ["hits_statements", "matches_in", "phrase_statement"]

_BEGIN, _END = "\ue000", "\ue001"
"""Characters for private use, put around matches to find their places."""


def phrase_statement(
    table: str,
    column: str,
    patterns: Mapping[str, str],
    where: Expression | None,
    screens: Sequence[str],
) -> tuple[str, list[Any]]:
    """Return the statement that marks the matches of patterns in the texts that hold some.

    It gives ``_source``, ``_row``, the text where it holds the marks' characters itself (else
    null), and for each pattern the text with marks around its matches; null without a match.
    """
    # "so sorry" and the patterns sorry and late: ('m.csv', 3, NULL, 'so <sorry>', NULL).
    name = identifier(column)
    marked = ", ".join(
        f"CASE WHEN regexp_matches(words, ${n}, 'i') "
        f"THEN regexp_replace(bare, ${n}, '{_BEGIN}\\0{_END}', 'gi') END"
        for n in range(1, len(patterns) + 1)
    )
    screens = screens or tuple(patterns.values())
    first = len(patterns) + 1
    passing = " OR ".join(
        f"regexp_matches({name}, ${n}, 'i')" for n in range(first, first + len(screens))
    )
    condition = None if where is None else f"({sql(where, table=table)})"
    # To look for the marks is far quicker than to translate a text that holds none.
    statement = (
        f"SELECT _source, _row, CASE WHEN words <> bare THEN words END, {marked}\nFROM (\n"
        f"SELECT _source, _row, {name} AS words, "
        f"CASE WHEN contains({name}, '{_BEGIN}') OR contains({name}, '{_END}') "
        f"THEN translate({name}, '{_BEGIN}{_END}', '  ') ELSE {name} END AS bare\n"
        f"FROM {identifier(table)}{where_clause(f'({passing})', condition)})\n"
        "ORDER BY _source, _row"
    )
    return statement, [*patterns.values(), *screens]


def matches_in(marked: str, words: str | None) -> list[tuple[int, int, str]]:
    """Return start, end and words of the matches in a text with marks around them.

    Args:
        marked: The text with the marks.
        words: The text itself where it holds the marks' characters; else None.
    """
    # "so <sorry> I", < and > for the marks, is split to "so " and "sorry> I": (3, 8, "sorry").
    first, *parts = marked.split(_BEGIN)
    at = len(first)
    matches = []
    for part in parts:
        match = part[: part.index(_END)]
        end = at + len(match)
        if match:
            matches.append((at, end, match if words is None else words[at:end]))
        at += len(part) - 1
    return matches


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
