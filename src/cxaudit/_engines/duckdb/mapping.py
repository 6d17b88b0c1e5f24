"""Expressions over raw columns as SQL for a canonical column: its value, and whether it failed.

Local times become instants by a table of offsets, that one equality finds a row of: time is cut
into parts of 16 days, few of which hold a change of offset.
"""

# ruff: noqa: S608 - names are quoted by identifier() or our own, values are bound

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import attrs

from cxaudit._engines.duckdb.printer import (
    ISO_TIME,
    SQL_TYPES,
    identifier,
    is_local,
    sql,
    text,
)
from cxaudit._expressions.walking import children, nodes_of
from cxaudit._model.expressions import Call, ColumnRef, Conditional, Expression
from cxaudit._model.tables import Column
from cxaudit._model.zones import Span, spans

if TYPE_CHECKING:
    import duckdb

__all__ = [
    "ALL_YEARS",
    "USUAL_YEARS",
    "Mapped",
    "Offsets",
    "is_native",
    "local_nodes",
    "mapped_column",
]

USUAL_YEARS = (1970, 2060)
ALL_YEARS = (1850, 2200)
"""Years for which offsets are worked out; all others have those of the nearest."""
_DAYS = 16
_ZONE = 1 << 20
"""Parts of one zone are fewer; those of the next are numbered on from here."""
_BEGIN = datetime(1, 1, 1)  # noqa: DTZ001 - on the clock
_EPOCH = (datetime(1970, 1, 1) - _BEGIN).days * 86_400_000_000  # noqa: DTZ001

_CONVERSIONS = {"number", "parse_time", "parse_date", "time", "seconds"}
_TRUE, _FALSE = "('true', 't', 'yes', 'y', '1')", "('false', 'f', 'no', 'n', '0')"
_WHOLE = {f"{sign}{size}INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG")}
_WHOLE |= {"INTEGER", "UINTEGER"}
_EXACT = 15
"""Every number of so many decimal digits has a DOUBLE of its own."""
_LOCAL = {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "DATE"}
_YEARS = "TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999'"
"""Times that can be written as ISO 8601 has it, as those of text files are."""


@attrs.frozen(kw_only=True)
class Mapped:
    """A column of a table and the SQL for it, in two steps, so that each cell is cast once.

    Attributes:
        column: The column.
        expression: Its expression, with the conversion that the column's type needs.
        x: Name of a column between the two steps.
        reads: SQL over raw columns of that column: what is cast.
        value: SQL over ``x`` of its value; null where it cannot be read, or ``local`` has it.
        local: SQL over ``x`` of the local time that it reads, or None.
        present: SQL over raw columns that tells whether, with neither value nor local time,
            something was there and could not be read.
        written: SQL over raw columns that tells whether any raw value was there.
        unzoned: SQL over raw columns that tells whether a time without an offset was read anywhere.
    """

    column: Column
    expression: Expression
    x: str
    reads: str
    value: str
    local: str | None
    present: str
    written: str
    unzoned: str


def mapped_column(
    column: Column,
    expression: Expression,
    zone: str | None,
    types: Mapping[str, str] | None = None,
    x: str = "x",
) -> Mapped:
    """Return the SQL for a column, converted to its type by a cast that cannot fail.

    Args:
        column: The column.
        expression: Its expression over raw columns.
        zone: Zone of local times; None takes the column ``_zone``.
        types: SQL types of the raw columns that are not text.
        x: Name of the column between both steps.
    """
    names = _columns(expression)
    expression = _converted(expression, column)
    kind = (types or {}).get(names[0], "") if len(names) == 1 else ""
    if kind and (own := _own(column, expression, kind, x)):
        reads = identifier(names[0])
        value, local, fails = own
        present = f"({reads} IS NOT NULL)" if fails else "false"
        _, clock, _ = _own(column, expression, kind, reads) or own
        unzoned = f"({clock} IS NOT NULL)" if clock else "false"
    else:
        reads, value, local, present = _from_text(column, expression, zone, x)
        unzoned = _any(f"{sql(node, local=True)} IS NOT NULL" for node in local_nodes(expression))
    return Mapped(
        column=column,
        expression=expression,
        x=x,
        reads=reads,
        value=f"CAST({value} AS {SQL_TYPES[column.type]})",
        local=local,
        present=present,
        written=_any(f"{identifier(name)} IS NOT NULL" for name in names),
        unzoned=unzoned,
    )


def local_nodes(expression: Expression) -> Iterator[Expression]:
    """Yield the parts of an expression that may read a local time from a text."""
    for node in nodes_of(expression):
        if isinstance(node, Call) and node.function in {"time", "parse_time"} and is_local(node):
            yield node


def is_native(column: Column, expression: Expression, kind: str) -> bool:
    """Tell whether a column can be taken from a raw one of some SQL type as it is."""
    return _own(column, _converted(expression, column), kind, "x") is not None


def _own(
    column: Column, expression: Expression, kind: str, x: str
) -> tuple[str, str | None, bool] | None:
    """Return value, local time, and whether it can fail, for a file's own type.

    None where it has to be read as text, so that it gives what the same table in a text file would.
    A FLOAT of 0.1 is such a one: its text is 0.1, and its DOUBLE 0.10000000149011612.
    """
    if isinstance(expression, Call) and expression.function == column.type:
        (expression,) = expression.arguments
    if not isinstance(expression, ColumnRef):
        return None
    digits = int(kind[8:].split(",", maxsplit=1)[0]) if kind.startswith("DECIMAL(") else _EXACT + 1
    match column.type:
        case "text":
            return f"CAST({x} AS VARCHAR)", None, False
        case "number" if kind in _WHOLE or digits <= _EXACT:
            return f"CAST({x} AS DOUBLE)", None, False
        case "number" if kind == "DOUBLE":
            return f"CASE WHEN isfinite({x}) THEN {x} END", None, True
        case "boolean" if kind == "BOOLEAN":
            return x, None, False
        case "date" if kind == "DATE":
            return x, None, False
        case "time" if kind in _LOCAL:
            at = f"CAST({x} AS TIMESTAMP)"
            return "NULL", f"CASE WHEN {at} BETWEEN {_YEARS} THEN {at} END", True
        case "time" if kind == "TIMESTAMP WITH TIME ZONE":
            at = f"timezone('UTC', {x})"
            return f"CASE WHEN {at} BETWEEN {_YEARS} THEN {at} END", None, True
    return None


def _from_text(
    column: Column, expression: Expression, zone: str | None, x: str
) -> tuple[str, str, str | None, str]:
    """Return what is read from raw text, value, local time, and whether something was there."""
    raw = sql(expression, zone=zone)
    failed = _failed(expression, zone)
    if isinstance(expression, Call) and expression.type == column.type:
        if expression.function in _CONVERSIONS:
            # With neither value nor local time, it failed wherever there was a text.
            inner = [_failed(part, zone) for part in expression.arguments]
            text_of = sql(expression.arguments[0], zone=zone)
            failed = _any(
                (*(part for part in inner if part != "false"), f"({text_of}) IS NOT NULL")
            )
        if expression.function == "time":
            return _time(text_of, x, failed)
        if expression.function == "number":
            number = sql(Call("number", (ColumnRef(x, "text"),), "number"))
            return text_of, number, None, failed
        if expression.function == "parse_time" and is_local(expression):
            return sql(expression, zone=zone, local=True), "NULL", x, failed
    if column.type == "time" and is_local(expression):
        both = f"{{'instant': {raw}, 'local': {sql(expression, zone=zone, local=True)}}}"
        return both, f"{x}.instant", f"{x}.local", failed
    if expression.type in {column.type, "null"}:
        return raw, x, None, failed
    present = _any((failed, f"({raw}) IS NOT NULL"))
    match column.type:
        case "boolean":
            value = f"CASE WHEN {x} IN {_TRUE} THEN true WHEN {x} IN {_FALSE} THEN false END"
            return f"lower(trim(CAST({raw} AS VARCHAR)))", value, None, present
        case "text" if expression.type == "number":
            return raw, f"regexp_replace(CAST({x} AS VARCHAR), '\\.0$', '')", None, present
        case "text":
            return raw, f"CAST({x} AS VARCHAR)", None, present
    return raw, f"TRY_CAST({x} AS {SQL_TYPES[column.type]})", None, present


def _time(raw: str, x: str, present: str) -> tuple[str, str, str, str]:
    """Return the same for ISO 8601 texts: one of the form is cast once, by its having an offset."""
    offset = f"({x} LIKE '%Z' OR {x} LIKE '%+%' OR {x} LIKE '__________%-%')"
    reads = f"CASE WHEN regexp_full_match({raw}, {text(ISO_TIME)}) THEN {raw} END"
    value = f"CASE WHEN {offset} THEN timezone('UTC', TRY_CAST({x} AS TIMESTAMPTZ)) END"
    return reads, value, f"CASE WHEN NOT {offset} THEN TRY_CAST({x} AS TIMESTAMP) END", present


def _failed(node: Expression, zone: str | None) -> str:
    """Return SQL that tells whether a conversion inside an expression found no value."""
    if isinstance(node, Conditional):
        branches = " ".join(
            f"WHEN {sql(when, zone=zone)} THEN {_failed(then, zone)}" for when, then in node.cases
        )
        last = "false" if node.otherwise is None else _failed(node.otherwise, zone)
        return f"CASE {branches} ELSE {last} END"
    # number(price) fails on 'n/a': the text is there, and the number made of it is null.
    inner = [_failed(part, zone) for part in children(node)]
    if isinstance(node, Call) and node.function in _CONVERSIONS:
        argument = sql(node.arguments[0], zone=zone)
        inner.append(f"(({argument}) IS NOT NULL AND ({sql(node, zone=zone)}) IS NULL)")
    return _any(inner)


def _converted(expression: Expression, column: Column) -> Expression:
    """Return an expression with the conversion of the dictionary that its column's type needs."""
    if expression.type == "text" and column.type in {"number", "time"}:
        return Call(column.type, (expression,), column.type)
    return expression


def _columns(node: Expression) -> tuple[str, ...]:
    names = (part.name for part in nodes_of(node) if isinstance(part, ColumnRef))
    return tuple(dict.fromkeys(names))


def _any(conditions: Iterable[str]) -> str:
    reasons = [condition for condition in conditions if condition != "false"]
    return f"({' OR '.join(reasons)})" if reasons else "false"


class Offsets:
    """The offsets of some zones over some years.

    Attributes:
        zones: The zones; a row's is named by its index among them.
        every: Whether the years are all there are.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: str,
        zones: Sequence[str],
        years: tuple[int, int],
    ) -> None:
        """Write the table under a name."""
        self._table = table
        self.zones = tuple(zones)
        self.every = years == ALL_YEARS
        self._first, self._last = (
            (datetime(year, month, day) - _BEGIN).days // _DAYS  # noqa: DTZ001
            for year, month, day in ((years[0], 1, 1), (years[1], 12, 31))
        )
        parts = [
            (number * _ZONE + part, pieces)
            for number, zone in enumerate(self.zones)
            for part, pieces in _parts(zone, self._first, self._last, years)
        ]
        self._pieces = max((len(pieces) for _, pieces in parts), default=1)
        columns: list[list[Any]] = [[key for key, _ in parts]]
        names = ["unnest($1::BIGINT[]) AS key"]
        for piece in range(self._pieces):
            of_piece = [pieces[min(piece, len(pieces) - 1)] for _, pieces in parts]
            for name, kind, values in (
                ("offset", "BIGINT", [span.offset for span, _ in of_piece]),
                ("until", "TIMESTAMP", [until for _, until in of_piece]),
                ("twice", "TIMESTAMP", [at.odd_from if at.twice else None for at, _ in of_piece]),
                ("never", "TIMESTAMP", [None if at.twice else at.odd_from for at, _ in of_piece]),
            ):
                columns.append(values)
                names.append(f"unnest(${len(columns)}::{kind}[]) AS {name}{piece}")
        connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT {', '.join(names)}", columns)

    def key(self, local: str, zone: str) -> str:
        """Return SQL of what tells the row of the table for a local time; null where none does.

        Args:
            local: SQL of the local time.
            zone: SQL of its zone's index.
        """
        part = f"(epoch_us({local}) + {_EPOCH}) // {_DAYS * 86_400_000_000}"
        if self.every:
            part = f"least(greatest({part}, {self._first}), {self._last})"
        return f"CASE WHEN {_dated(local)} THEN {zone} * {_ZONE} + {part} END"

    def row(self, key: str) -> str:
        """Return SQL of the row of the table that a column of keys tells."""
        return f"(SELECT o FROM {self._table} AS o WHERE o.key = {key})"

    def outside(self, local: str, row: str) -> str:
        """Return SQL that tells whether a local time lies in other years."""
        return f"({_dated(local)} AND {row} IS NULL)"

    def utc(self, local: str, row: str) -> str:
        """Return SQL of the instant of a local time."""
        # 02:30 of 25 October 2026 in Paris was there twice. It lies in the span of summer time,
        # whose offset is 7200: 00:30 UTC. It is behind `twice`, from which on that is so.
        return f"TRY({local} - to_seconds({self._of_piece(local, row, 'offset')}))"

    def odd(self, local: str, row: str, kind: str) -> str:
        """Return SQL that tells whether the clock showed a local time ``twice`` or ``never``."""
        return f"({local} >= {self._of_piece(local, row, kind)})"

    def _of_piece(self, local: str, row: str, name: str) -> str:
        """Return SQL of a column of the piece of a part in which a local time lies."""
        *before, last = range(self._pieces)
        cases = " ".join(f"WHEN {local} < {row}.until{n} THEN {row}.{name}{n}" for n in before)
        return f"CASE {cases} ELSE {row}.{name}{last} END" if cases else f"{row}.{name}{last}"


def _dated(local: str) -> str:
    """Return SQL that tells whether a local time lies in a year that can be counted from."""
    return f"{local} >= TIMESTAMP '0001-01-01' AND isfinite({local})"


@lru_cache(maxsize=64)
def _parts(
    zone: str, first: int, last: int, years: tuple[int, int]
) -> tuple[tuple[int, tuple[tuple[Span, datetime | None], ...]], ...]:
    """Return the parts of a zone, each with the spans in it and their ends."""
    of_zone = spans(zone, years[0] - 1, years[1] + 1)
    ends = [span.since for span in of_zone[1:]] + [None]
    parts = []
    position = 0
    for part in range(first, last + 1):
        begin = _BEGIN + timedelta(days=part * _DAYS)
        end = begin + timedelta(days=_DAYS)
        while (until := ends[position]) is not None and until <= begin:
            position += 1
        after = position
        while (until := ends[after]) is not None and until < end:
            after += 1
        pieces = zip(of_zone[position : after + 1], ends[position : after + 1], strict=True)
        parts.append((part, tuple(pieces)))
    return tuple(parts)
