"""Which rows a statement of metrics reads, and how they are grouped."""

from __future__ import annotations

import attrs

from cxaudit._engines.duckdb.clocks import Clocks
from cxaudit._engines.duckdb.printer import as_text, identifier, sql, text
from cxaudit._model.engine import MetricQuery

__all__ = ["Rows", "counted_only", "rows_from", "touchpoint_clause", "where_clause"]


@attrs.frozen
class Rows:
    """Where the rows of a query come from, and how they are grouped."""

    source: str
    where: tuple[str | None, ...]
    unit: str
    group: str
    grouping: str


def rows_from(query: MetricQuery, zone: str | None, clocks: Clocks) -> Rows:
    """Return where rows come from; ``clocks`` holds what all other expressions read."""
    group = "CAST(NULL AS VARCHAR)"
    if query.by is not None:
        group = as_text(query.by, zone=zone, table=query.table, clocks=clocks)
    source = clocks.around(identifier(query.table))
    mine: str | None = None
    unit, grouping = '"_result_unit"', "\nGROUP BY 1, 2"
    if set(query.units) == {query.root}:
        listed = ", ".join(text(row) for row in query.units[query.root])
        mine = f'("unit" IS NULL OR "unit" IN ({listed}))' if listed else '"unit" IS NULL'
        unit, grouping = text(query.root), "" if query.by is None else grouping
    else:
        # With the unit quay under root: (quay, quay), (quay, root) and (NULL, root). A row of quay
        # counts for both, one of no unit for the root.
        pairs = [(text(row), text(unit)) for unit, rows in query.units.items() for row in rows]
        pairs += [("NULL", text(query.root))] if query.root in query.units else []
        values = ", ".join(f"({row}, {result})" for row, result in pairs) or "(NULL, NULL)"
        source += (
            f'\nJOIN (VALUES {values}) AS "pairs"("_row_unit", "_result_unit") '
            'ON "unit" IS NOT DISTINCT FROM "_row_unit"'
        )
    counted = None
    if query.where is not None:
        counted = sql(query.where, zone=zone, table=query.table, clocks=clocks)
    conditions = (mine, touchpoint_clause(query.touchpoint), counted)
    return Rows(source, conditions, unit, group, grouping)


def touchpoint_clause(touchpoint: str | None) -> str | None:
    """Return the condition of rows at a touchpoint or below it; None for all."""
    if touchpoint is None:
        return None
    nested = f'starts_with("touchpoint", {text(touchpoint + ".")})'
    return f'("touchpoint" = {text(touchpoint)} OR {nested})'


def where_clause(*conditions: str | None) -> str:
    """Return the WHERE of all conditions that are given; empty without any."""
    every = " AND ".join(condition for condition in conditions if condition)
    return f"\nWHERE {every}" if every else ""


def counted_only(value: str | None, where: str | None) -> str:
    """Return a value that is null where a row does not count."""
    value = value or "NULL"
    return value if where is None else f"CASE WHEN {where} THEN {value} END"
