"""Draws of rows for evidence: all conditions and units of a table in one statement, then one fetch.

Rows are counted and drawn by group: the rows that one condition selects in units which count for
the same results. Groups are rolled up to results here: the least of several groups are among the
least of each. Once they are counted, all rows but those with a low hash fall out: of 100,000 rows
the 50 least hashes are, as good as always, under 122 / 100,000 of the greatest. Groups where too
few are get all their rows looked at.
"""

# ruff: noqa: S608 - names are quoted by identifier(), values by text() or bound

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from cxaudit._engines.duckdb.clocks import Clocks
from cxaudit._engines.duckdb.printer import identifier, sql, text
from cxaudit._engines.duckdb.queries import touchpoint_clause, where_clause
from cxaudit._engines.duckdb.threads import GuardedConnection
from cxaudit._model.engine import DrawCondition, Drawn, DrawQuery, Draws
from cxaudit._model.evidence import Hit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    IntArray = NDArray[np.int64]

__all__ = ["DRAWN_KEYS", "ROW_KEY", "draw"]

Whole = Callable[[str], str]
"""Takes a table; returns a relation of at least its rows with `DRAWN_KEYS`, with all columns."""

_MOST_GROUPS = 20_000
"""Groups of one statement: each holds a draw in memory."""
_LEAST = '"_cx_least"'
"""Temporary table of the least keys of each group's rows."""
DRAWN_KEYS = '"_cx_keys"'
"""Temporary table of all these keys as ``_key``, each with its rank."""
ROW_KEY = 'concat_ws(\'|\', "_source", "_row")'
_HASH = 'md5(concat_ws(\'|\', {}, "_source", "_row"))'
_MD5_LENGTH = 32
_SPARE = 8
"""Square roots of the limit by which more rows are looked at: fewer than wanted are never seen."""
_EVERY = "g"
"""Comes after every hash."""
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


@attrs.frozen
class _Result:
    """What was drawn for a condition and a unit.

    Attributes:
        total: How many rows there are.
        hits: How many hits are in them.
        ranks: The ranks of the keys that were drawn, the least first.
    """

    total: int
    hits: int
    ranks: IntArray


def draw(query: DrawQuery, connection: GuardedConnection, whole: Whole) -> Draws:
    """Return the draws of a query (see `cxaudit._model.engine.DrawQuery`)."""
    groups = _groups(query)
    columns = '("_group" INTEGER, "_keys" VARCHAR[])'
    connection.do(f"CREATE OR REPLACE TEMP TABLE {_LEAST} {columns}")
    totals = _totals(query, groups, connection)
    hits: dict[int, int] = {}
    for some in _parts(totals):
        _fill_least(query, groups, {number: totals[number] for number in some}, connection)
        if any(query.conditions[groups.groups[number][0]].detectors for number in some):
            hits |= dict(connection.fetched(*_hits_statement(query, groups, some)))
    connection.do(
        f"CREATE OR REPLACE TEMP TABLE {DRAWN_KEYS} AS "
        f'SELECT substr("_least", {_MD5_LENGTH + 1}) '
        'AS "_key", row_number() OVER (ORDER BY "_least") - 1 AS "_rank"\n'
        f'FROM (SELECT DISTINCT unnest("_keys") AS "_least" FROM {_LEAST})'
    )
    results = _results(query, groups, connection, totals, hits)
    fetch = _fetch_statement(query, whole(query.table))
    rows, drawn = _with_rows(query, results, connection.columns(fetch))
    answer = Draws(rows=rows, hits=_hits(query, rows, connection), drawn=drawn)
    connection.do(f"DROP TABLE {_LEAST}; DROP TABLE {DRAWN_KEYS}")
    return answer


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


def _parts(numbers: Collection[int]) -> list[list[int]]:
    """Return groups in as many parts as they need statements."""
    ordered = sorted(numbers)
    return [ordered[at : at + _MOST_GROUPS] for at in range(0, len(ordered), _MOST_GROUPS)]


def _totals(query: DrawQuery, groups: _Groups, connection: GuardedConnection) -> dict[int, int]:
    """Return how many rows each group has, without those that have none."""
    positions = sorted({position for position, _ in groups.groups})
    clocks = Clocks()
    counts = "".join(
        f", count_if({_condition(query, query.conditions[at], clocks)})" for at in positions
    )
    where = None if query.where is None else sql(query.where, table=query.table, clocks=clocks)
    source = clocks.around(identifier(query.table))
    totals: Counter[int] = Counter()
    statement = f'SELECT "unit"{counts}\nFROM {source}{where_clause(where)}\nGROUP BY 1'
    for unit, *of_unit in connection.fetched(statement):
        numbers = groups.of_unit.get(unit, ())
        for position, count in zip(positions, of_unit, strict=True):
            number = numbers[position] if numbers else None
            if number is not None and count:
                totals[number] += count
    return dict(totals)


def _fill_least(
    query: DrawQuery, groups: _Groups, totals: Mapping[int, int], connection: GuardedConnection
) -> None:
    """Put the least keys of groups, of which the number of rows is known, into their table."""
    looked_at = query.limit + _SPARE * math.sqrt(query.limit)
    levels = {number: _level(looked_at / total) for number, total in totals.items()}
    while levels:
        connection.do(
            f"INSERT INTO {_LEAST} {(made := _draw_statement(query, groups, levels))[0]}", made[1]
        )
        names = list(levels)
        drawn = dict(
            connection.fetched(
                f'SELECT "_group", len("_keys") FROM {_LEAST} '
                'WHERE list_contains($1::INTEGER[], "_group")',
                [names],
            )
        )
        short = [name for name in names if drawn.get(name, 0) < min(query.limit, totals[name])]
        if short:
            connection.do(
                f'DELETE FROM {_LEAST} WHERE list_contains($1::INTEGER[], "_group")', [short]
            )
        levels = dict.fromkeys(short, _EVERY)


def _level(share: float) -> str:
    """Return the text under which a share of all hashes lie."""
    return f"{int(share * 16**12):012x}" if share < 1 else _EVERY


def _results(
    query: DrawQuery,
    groups: _Groups,
    connection: GuardedConnection,
    totals: Mapping[int, int],
    hits: Mapping[int, int],
) -> dict[tuple[int, str], _Result]:
    """Roll groups up to results: the least keys of several are among the least of each."""
    import numpy as np

    least = connection.arrays(f'SELECT "_group", len("_keys") AS "_drawn" FROM {_LEAST} ORDER BY 1')
    ranks = connection.arrays(
        f'SELECT "_rank" FROM (SELECT "_group", unnest("_keys") AS "_least" FROM {_LEAST})\n'
        f'JOIN {DRAWN_KEYS} ON "_key" = substr("_least", {_MD5_LENGTH + 1}) ORDER BY "_group"'
    )["_rank"]
    # Groups 0 and 1 of the example below have the keys of ranks [4, 7] and [2]. Their pairs of
    # group and result are (0, quay), (0, root) and (1, root), so that the root has [4, 7, 2].
    numbers: dict[tuple[int, str], int] = {}
    pairs = np.array(
        [
            (number, numbers.setdefault((position, unit), len(numbers)))
            for number, (position, units) in enumerate(
                map(groups.groups.__getitem__, least["_group"].tolist())
            )
            for unit in units
        ],
        dtype=np.int64,
    )
    if not numbers:
        return {}
    of_group, of_result = pairs[:, 0], pairs[:, 1]
    sums = np.zeros((2, len(numbers)), dtype=np.int64)
    for row, of in zip(sums, (totals, hits), strict=True):
        in_group = [of.get(group, 0) for group in least["_group"].tolist()]
        np.add.at(row, of_result, np.array(in_group, dtype=np.int64)[of_group])
    lengths = least["_drawn"][of_group]
    starts = (np.cumsum(least["_drawn"]) - least["_drawn"])[of_group]
    inside = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    result = np.repeat(of_result, lengths)
    rank = ranks[np.repeat(starts, lengths) + inside]
    rank = rank[np.lexsort((rank, result))]
    ends = np.cumsum(np.bincount(result, minlength=len(numbers)))
    return {
        name: _Result(total, count, some[: query.limit])
        for name, total, count, some in zip(
            numbers, *sums.tolist(), np.split(rank, ends[:-1]), strict=True
        )
    }


def _draw_statement(
    query: DrawQuery, groups: _Groups, levels: Mapping[int, str]
) -> tuple[str, list[Any]]:
    """Return the statement that gives group and the least keys of its rows.

    Args:
        query: The query.
        groups: Its groups.
        levels: Those to draw from, each with the hash under which its draw lies.
    """
    rows, parameters = _grouped(query, groups, levels, f'"_hash" || {ROW_KEY} AS "_key"', levels)
    least = f'min("_key", {int(query.limit)})'
    return f'SELECT "_group", {least}\nFROM {rows}\nGROUP BY 1', parameters


def _hits_statement(
    query: DrawQuery, groups: _Groups, some: Collection[int]
) -> tuple[str, list[Any]]:
    """Return the statement that gives group and number of hits in its rows."""
    wanted = [
        (number, detector)
        for number in some
        for detector in sorted(query.conditions[groups.groups[number][0]].detectors)
    ]
    rows, parameters = _grouped(query, groups, set(some), '"_source", "_row"')
    statement = (
        f'SELECT "_group", count(*)\nFROM {rows}\n'
        f'JOIN "hits" USING ("_source", "_row")\n'
        'JOIN (SELECT unnest($3::INTEGER[]) AS "_group", unnest($4::VARCHAR[]) AS "detector") '
        f'USING ("_group", "detector")\nWHERE "table_name" = {text(query.table)}\nGROUP BY 1'
    )
    numbers, detectors = ([pair[side] for pair in wanted] for side in (0, 1))
    return statement, [*parameters, numbers, detectors]


def _grouped(
    query: DrawQuery,
    groups: _Groups,
    some: Collection[int],
    values: str,
    levels: Mapping[int, str] | None = None,
) -> tuple[str, list[Any]]:
    """Return a relation of values of rows with their group, a row once for each of its groups.

    Units, their groups and levels are bound: the text grows with conditions alone. With levels,
    there is the row's ``_hash``, and rows fall out for which it is not under their group's level.
    """
    # With the conditions a and b of the example above, a row of quay that both select becomes
    # unnest([0, 2]), one that only b selects unnest([NULL, 2]); nulls are dropped. At the levels
    # [00c, 04f] rows with the hash 03a... become unnest([NULL, 2]), and those with 05b... none.
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
    every = range(len(printed))
    selects = " OR ".join(f'"_c{at}"' for at in every)
    rows = f'SELECT "_source", "_row", "unit", {selected}\nFROM {source}{where_clause(where)}'
    lists = ", ".join(f'CASE WHEN "_c{at}" THEN "_groups"[{at + 1}] END' for at in every)
    bound: list[Any] = [units, numbers]
    of_units = 'unnest($1::VARCHAR[]) AS "_of", unnest($2::INTEGER[][]) AS "_groups"'
    if levels is not None:
        # Most rows fall out by one comparison, before anything is taken from lists.
        rows = (
            f'SELECT *, {_HASH.format(text(str(query.seed)))} AS "_hash" FROM (\n{rows})\n'
            'JOIN (SELECT unnest($1::VARCHAR[]) AS "_at", unnest($3::VARCHAR[]) AS "_most") '
            f'ON "unit" IS NOT DISTINCT FROM "_at"\nWHERE ({selects}) AND "_hash" < "_most"'
        )
        lists = ", ".join(
            f'CASE WHEN "_c{at}" AND "_hash" < "_levels"[{at + 1}] THEN "_groups"[{at + 1}] END'
            for at in every
        )
        of_units += ', unnest($4::VARCHAR[][]) AS "_levels"'
        under = [["" if number is None else levels[number] for number in row] for row in numbers]
        bound += [[max(row, default="") for row in under], under]
    # Values are made of rows that are looked at alone, and before a row is multiplied.
    rows = (
        f'SELECT {values}, unnest([{lists}]) AS "_group" FROM (\n{rows})\n'
        f'JOIN (SELECT {of_units}) ON "unit" IS NOT DISTINCT FROM "_of"\nWHERE {selects}'
    )
    return f'(SELECT * FROM (\n{rows})\nWHERE "_group" IS NOT NULL)', bound


def _condition(query: DrawQuery, condition: DrawCondition, clocks: Clocks) -> str:
    selected = sql(condition.where, table=query.table, clocks=clocks)
    narrowed = touchpoint_clause(condition.touchpoint)
    return f"({selected})" if narrowed is None else f"({narrowed} AND {selected})"


def _with_rows(
    query: DrawQuery,
    results: Mapping[tuple[int, str], _Result],
    candidates: dict[str, Sequence[Any]],
) -> tuple[dict[str, Sequence[Any]], dict[tuple[int, str], Drawn]]:
    """Return the rows that were drawn, each once and by column, and the draws.

    Args:
        query: The query.
        results: Condition and result unit to what was drawn.
        candidates: The rows with the keys that were drawn, with the columns ``_rank`` of their key
            and ``_selected``.
    """
    import numpy as np

    ranks = np.array(candidates.pop("_rank"), dtype=np.int64)
    selected = candidates.pop("_selected")
    order = np.argsort(ranks, kind="stable")
    named = np.bincount(ranks)
    first = np.cumsum(named) - named

    def rows_of(number: int, unit: str, result: _Result) -> list[int]:
        if (named[result.ranks] == 1).all():
            return list(order[first[result.ranks]].tolist())
        # Rows of a derived table may share a key: other units' and unselected ones go.
        units: set[str | None] = {*query.conditions[number].units[unit]}
        units |= {None} if unit == query.root else set()
        chosen: list[int] = []
        for rank, times in Counter(result.ranks.tolist()).items():
            some = order[first[rank] : first[rank] + named[rank]].tolist()
            chosen += [
                at
                for at in some
                if len(some) == 1
                or (selected[at][number] == "1" and candidates["unit"][at] in units)
            ][:times]
        return chosen

    chosen = {name: rows_of(*name, result) for name, result in results.items()}
    used = sorted(set[int]().union(*chosen.values()))
    positions = dict(zip(used, range(len(used)), strict=True))
    rows = candidates
    if len(used) < len(ranks):
        rows = {name: [column[at] for at in used] for name, column in candidates.items()}
    drawn = {
        name: Drawn(
            total=result.total,
            hits=result.hits,
            rows=tuple(map(positions.__getitem__, chosen[name])),
        )
        for name, result in results.items()
    }
    return rows, drawn


def _fetch_statement(query: DrawQuery, relation: str) -> str:
    """Return the statement that gives the rows with some keys, and which conditions select each."""
    clocks = Clocks()
    printed = [_condition(query, condition, clocks) for condition in query.conditions]
    selected = ", ".join(f"CASE WHEN {part} THEN '1' ELSE '0' END" for part in printed)
    # Of the key calls.csv|17 the row is 17: by whole numbers nearly all rows fall out before their
    # keys are made. A row without a number may have any key.
    numbers = f"SELECT TRY_CAST(split_part(_key, '|', -1) AS BIGINT) FROM {DRAWN_KEYS}"
    some = f'{relation} WHERE "_row" IS NULL OR "_row" IN ({numbers})'
    rows = (
        f'(SELECT * FROM (SELECT *, {ROW_KEY} AS "_key" FROM {some})\n'
        f'JOIN {DRAWN_KEYS} USING ("_key"))'
    )
    where = None if query.where is None else sql(query.where, table=query.table, clocks=clocks)
    added = ", ".join(identifier(name) for name in ("_key", *clocks.columns))
    source = f"{clocks.around(rows)}{where_clause(where)}"
    return f'SELECT * EXCLUDE ({added}), concat({selected}) AS "_selected"\nFROM {source}'


def _hits(
    query: DrawQuery, rows: Mapping[str, Sequence[Any]], connection: GuardedConnection
) -> dict[int, tuple[Hit, ...]]:
    """Return the hits in drawn rows, by the rows' positions."""
    detectors = frozenset[str]().union(*(condition.detectors for condition in query.conditions))
    if not detectors:
        return {}
    names = ", ".join(map(identifier, ("_source", "_row", *_HIT_COLUMNS)))
    statement = (
        f'SELECT {names} FROM (SELECT *, {ROW_KEY} AS "_key" FROM "hits"\n'
        f'WHERE "table_name" = {text(query.table)} AND list_contains($1::VARCHAR[], "detector"))\n'
        f'SEMI JOIN {DRAWN_KEYS} USING ("_key")'
    )
    by_row: dict[tuple[str, int], list[Hit]] = {}
    for values in connection.fetched(statement, [sorted(detectors)]):
        by_row.setdefault(values[:2], []).append(_hit(values))
    places = enumerate(zip(rows["_source"], rows["_row"], strict=True))
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
