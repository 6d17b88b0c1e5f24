"""Draws of rows for evidence: all conditions and units of a table in one statement, then one fetch.

Rows are counted and drawn by group: the rows that one condition selects in units which count for
the same results. Groups are rolled up to results here: the least of several groups are among the
least of each. So a row is looked at once, whatever the number of units.
"""

# ruff: noqa: S608 - names are quoted by identifier(), values by text() or bound

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from cxaudit._engines.duckdb.clocks import Clocks
from cxaudit._engines.duckdb.printer import identifier, sql, text
from cxaudit._engines.duckdb.queries import touchpoint_clause, where_clause
from cxaudit._model.engine import DrawCondition, Drawn, DrawQuery, Draws
from cxaudit._model.evidence import Hit

__all__ = ["draw"]

Fetch = Callable[[str, Sequence[Any]], Iterator[tuple[Any, Sequence[tuple[Any, ...]]]]]
"""Runs a statement with parameters; yields its columns with some of its rows."""
Records = Callable[[str, Sequence[Any]], Iterator[Sequence[dict[str, Any]]]]
"""Runs a statement with parameters; yields some of its rows by column."""

_MOST_GROUPS = 20_000
"""Groups of one statement: each holds a draw in memory."""
_KEY = 'concat_ws(\'|\', "_source", "_row")'
_MD5_LENGTH = 32
_HIT_COLUMNS = ("start", "end", "detector", "label", "quote")


@attrs.frozen
class _Groups:
    """The groups of a query.

    Attributes:
        groups: Of each group the position of its condition, and the results that it counts for.
        of_unit: Unit of a row to its group in each condition; None where it counts for nothing.
    """

    groups: list[tuple[int, tuple[str, ...]]]
    of_unit: dict[str | None, list[int | None]]


@attrs.define
class _Result:
    total: int = 0
    hits: int = 0
    keys: list[str] = attrs.field(factory=list)


def draw(query: DrawQuery, fetch: Fetch, records: Records) -> Draws:
    """Return the draws of a query (see `cxaudit._model.engine.DrawQuery`)."""
    groups = _groups(query)
    results: dict[tuple[int, str], _Result] = {}
    for start in range(0, len(groups.groups), _MOST_GROUPS):
        some = range(start, min(start + _MOST_GROUPS, len(groups.groups)))
        for number, total, keys in _rows_of(fetch, *_draw_statement(query, groups, some)):
            for result in _results_of(groups.groups[number], results):
                result.total += total
                # Two sorted runs are merged in linear time.
                result.keys = sorted(result.keys + keys)[: query.limit]
        if any(query.conditions[groups.groups[number][0]].detectors for number in some):
            for number, hits in _rows_of(fetch, *_hits_statement(query, groups, some)):
                for result in _results_of(groups.groups[number], results):
                    result.hits += hits
    keys = sorted({key[_MD5_LENGTH:] for result in results.values() for key in result.keys})
    if not keys:
        return Draws()
    candidates: dict[str, list[dict[str, Any]]] = {}
    for batch in records(_fetch_statement(query), [keys]):
        for row in batch:
            candidates.setdefault(row.pop("_key"), []).append(row)
    rows, drawn = _with_rows(query, results, candidates)
    return Draws(rows=tuple(rows), hits=_hits(query, keys, rows, fetch), drawn=drawn)


def _groups(query: DrawQuery) -> _Groups:
    # Under the root are quay and mole; condition 0 is wanted at quay and at the root, condition 1
    # at the root alone. Groups: 0 is (0, quay and root), 1 is (0, root), 2 is (1, root). By unit:
    # quay is [0, 2], mole [1, 2], and no known unit (null) [1, 2].
    numbers: dict[tuple[int, tuple[str, ...]], int] = {}
    of_unit: dict[str | None, list[int | None]] = {}
    for position, condition in enumerate(query.conditions):
        results: dict[str | None, list[str]] = {}
        for result, members in condition.units.items():
            for unit in members:
                results.setdefault(unit, []).append(result)
            if result == query.root:
                results.setdefault(None, []).append(result)
        for member, names in results.items():
            number = numbers.setdefault((position, tuple(names)), len(numbers))
            of_unit.setdefault(member, [None] * len(query.conditions))[position] = number
    return _Groups(list(numbers), of_unit)


def _results_of(
    group: tuple[int, tuple[str, ...]], results: dict[tuple[int, str], _Result]
) -> Iterator[_Result]:
    position, units = group
    for unit in units:
        yield results.setdefault((position, unit), _Result())


def _rows_of(fetch: Fetch, statement: str, parameters: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    for _, batch in fetch(statement, parameters):
        yield from batch


def _draw_statement(query: DrawQuery, groups: _Groups, some: range) -> tuple[str, list[Any]]:
    """Return the statement that gives group, number of rows, and the least keys of its rows."""
    hashed = f'md5(concat_ws(\'|\', {text(str(query.seed))}, "_source", "_row")) || {_KEY}'
    rows, parameters = _grouped(query, groups, some, f'{hashed} AS "_key"')
    least = f'min("_key", {int(query.limit)})'
    return f'SELECT "_group", count(*), {least}\nFROM {rows}\nGROUP BY 1', parameters


def _hits_statement(query: DrawQuery, groups: _Groups, some: range) -> tuple[str, list[Any]]:
    """Return the statement that gives group and number of hits in its rows."""
    wanted = [
        (number, detector)
        for number in some
        for detector in sorted(query.conditions[groups.groups[number][0]].detectors)
    ]
    rows, parameters = _grouped(query, groups, some, '"_source", "_row"')
    statement = (
        f'SELECT "_group", count(*)\nFROM {rows}\n'
        f'JOIN "hits" USING ("_source", "_row")\n'
        'JOIN (SELECT unnest($3::INTEGER[]) AS "_group", unnest($4::VARCHAR[]) AS "detector") '
        f'USING ("_group", "detector")\nWHERE "table_name" = {text(query.table)}\nGROUP BY 1'
    )
    numbers, detectors = ([pair[side] for pair in wanted] for side in (0, 1))
    return statement, [*parameters, numbers, detectors]


def _grouped(query: DrawQuery, groups: _Groups, some: range, values: str) -> tuple[str, list[Any]]:
    """Return a relation of values of rows with their group, a row once for each of its groups.

    Units and their groups are bound: the text grows with conditions alone.
    """
    # With the conditions a and b of the example above, a row of quay that both select becomes
    # unnest([0, 2]), one that only b selects unnest([NULL, 2]); nulls are dropped.
    positions = sorted({groups.groups[number][0] for number in some})
    units = list(groups.of_unit)
    numbers = [
        [number if number in some else None for number in (row[at] for at in positions)]
        for row in groups.of_unit.values()
    ]
    clocks = Clocks()
    printed = [_condition(query, query.conditions[at], clocks) for at in positions]
    where = None if query.where is None else sql(query.where, table=query.table, clocks=clocks)
    source = clocks.around(identifier(query.table))
    selected = ", ".join(f'{part} AS "_c{at}"' for at, part in enumerate(printed))
    lists = ", ".join(
        f'CASE WHEN "_c{at}" THEN "_groups"[{at + 1}] END' for at in range(len(printed))
    )
    selects = " OR ".join(f'"_c{at}"' for at in range(len(printed)))
    # Values are made of selected rows alone, and before a row is multiplied.
    rows = (
        f'SELECT {values}, * EXCLUDE ("_source", "_row") FROM (\n'
        f'SELECT "_source", "_row", "unit", {selected}\nFROM {source}{where_clause(where)})\n'
        'JOIN (SELECT unnest($1::VARCHAR[]) AS "_of", unnest($2::INTEGER[][]) AS "_groups") '
        f'ON "unit" IS NOT DISTINCT FROM "_of"\nWHERE {selects}'
    )
    relation = (
        f'(SELECT * FROM (\nSELECT *, unnest([{lists}]) AS "_group" FROM (\n{rows}))\n'
        'WHERE "_group" IS NOT NULL)'
    )
    return relation, [units, numbers]


def _condition(query: DrawQuery, condition: DrawCondition, clocks: Clocks) -> str:
    selected = sql(condition.where, table=query.table, clocks=clocks)
    narrowed = touchpoint_clause(condition.touchpoint)
    return f"({selected})" if narrowed is None else f"({narrowed} AND {selected})"


def _with_rows(
    query: DrawQuery,
    results: Mapping[tuple[int, str], _Result],
    candidates: Mapping[str, Sequence[dict[str, Any]]],
) -> tuple[list[dict[str, Any]], dict[tuple[int, str], Drawn]]:
    """Return the rows that were drawn, each once, and the draws.

    Args:
        query: The query.
        results: Condition and result unit to the keys that were drawn.
        candidates: Key to the rows that have it, with the column ``_selected``.
    """
    rows: list[dict[str, Any]] = []
    positions: dict[int, int] = {}
    drawn: dict[tuple[int, str], Drawn] = {}
    for (number, unit), result in results.items():
        units: set[str | None] = {*query.conditions[number].units[unit]}
        units |= {None} if unit == query.root else set()
        chosen = []
        for key, times in Counter(result.keys).items():
            named = candidates[key[_MD5_LENGTH:]]
            if len(named) > 1:
                # Rows of a derived table may share a key: other units' and unselected ones go.
                named = [
                    row for row in named if row["_selected"][number] == "1" and row["unit"] in units
                ][:times]
            for row in named:
                position = positions.setdefault(id(row), len(rows))
                if position == len(rows):
                    rows.append(row)
                chosen.append(position)
        drawn[number, unit] = Drawn(total=result.total, hits=result.hits, rows=tuple(chosen))
    for row in rows:
        del row["_selected"]
    return rows, drawn


def _fetch_statement(query: DrawQuery) -> str:
    """Return the statement that gives the rows with some keys, and which conditions select each."""
    clocks = Clocks()
    printed = [_condition(query, condition, clocks) for condition in query.conditions]
    selected = ", ".join(f"CASE WHEN {part} THEN '1' ELSE '0' END" for part in printed)
    # Of the key calls.csv|17 the row is 17: by whole numbers nearly all rows fall out before their
    # keys are made. A row without a number may have any key.
    numbers = "SELECT TRY_CAST(split_part(unnest($1::VARCHAR[]), '|', -1) AS BIGINT)"
    some = f'{identifier(query.table)} WHERE "_row" IS NULL OR "_row" IN ({numbers})'
    rows = (
        f'(SELECT * FROM (SELECT *, {_KEY} AS "_key" FROM {some})\n'
        'SEMI JOIN (SELECT unnest($1::VARCHAR[]) AS "_key") USING ("_key"))'
    )
    where = None if query.where is None else sql(query.where, table=query.table, clocks=clocks)
    added = ", ".join(identifier(name) for name in ("_key", *clocks.columns))
    source = f"{clocks.around(rows)}{where_clause(where)}"
    return f'SELECT * EXCLUDE ({added}), "_key", concat({selected}) AS "_selected"\nFROM {source}'


def _hits(
    query: DrawQuery, keys: Sequence[str], rows: Sequence[Mapping[str, Any]], fetch: Fetch
) -> dict[int, tuple[Hit, ...]]:
    """Return the hits in drawn rows, by the rows' positions."""
    detectors = frozenset[str]().union(*(condition.detectors for condition in query.conditions))
    if not detectors:
        return {}
    names = ", ".join(map(identifier, ("_source", "_row", *_HIT_COLUMNS)))
    statement = (
        f'SELECT {names} FROM (SELECT *, {_KEY} AS "_key" FROM "hits"\n'
        f'WHERE "table_name" = {text(query.table)} AND list_contains($2::VARCHAR[], "detector"))\n'
        'SEMI JOIN (SELECT unnest($1::VARCHAR[]) AS "_key") USING ("_key")'
    )
    by_row: dict[tuple[str, int], list[Hit]] = {}
    for values in _rows_of(fetch, statement, [keys, sorted(detectors)]):
        by_row.setdefault(values[:2], []).append(_hit(values))
    places = ((position, (row["_source"], row["_row"])) for position, row in enumerate(rows))
    return {position: tuple(by_row[key]) for position, key in places if key in by_row}


def _hit(values: Sequence[Any]) -> Hit:
    source, row, start, end, *others = values
    detector, label, quote = others
    return Hit(
        source=source,
        row=row,
        start=None if start is None else int(start),
        end=None if end is None else int(end),
        detector=detector,
        label=label,
        quote=quote,
    )
