"""What a source lost on the way into its table, when it is more than 1 in 100, and likely why."""

# ruff: noqa: S608 - names are ours, values are quoted by the printer

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from cxaudit._engines.duckdb.mapping import Mapped
from cxaudit._engines.duckdb.printer import sql, text
from cxaudit._expressions.walking import nodes_of
from cxaudit._model.evidence import Loss, is_much
from cxaudit._model.expressions import Call, Literal

if TYPE_CHECKING:
    import duckdb

__all__ = ["losses_of"]

_SEEN = 1000
"""So many values that could not be read are tried against the formats."""
_TRIED = 20
_CODES = 5
_TIMES = {"time", "date"}
_DAYS = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%m.%d.%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%d.%m.%y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d-%m-%y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
)
_CLOCKS = (
    "%H:%M",
    "%H:%M:%S",
    "%H:%M:%S.%f",
    "%I:%M %p",
    "%I:%M:%S %p",
    "%H:%M:%S%z",
    "%H:%M:%S.%f%z",
)
_FORMATS = (
    *_DAYS,
    *(
        f"{day}{between}{clock}"
        for day, between, clock in itertools.product(_DAYS, (" ", "T", ", "), _CLOCKS)
    ),
)


def losses_of(
    connection: duckdb.DuckDBPyConnection, mapped: list[Mapped], zone: str | None, *, unit: bool
) -> tuple[Loss, ...]:
    """Return what was lost of the rows in ``_cx_judged``.

    Args:
        connection: Holds the rows.
        mapped: The columns, in the order of their numbers there.
        zone: Zone of local times; None takes that of each row's unit.
        unit: Whether the source says each row's unit.
    """
    losses = [
        _with_formats(connection, part, loss, zone) for part, loss in _unread(connection, mapped)
    ]
    if unit:
        losses += _without_unit(connection)
    return tuple(losses)


def _unread(
    connection: duckdb.DuckDBPyConnection, mapped: list[Mapped]
) -> Iterator[tuple[Mapped, Loss]]:
    """Yield the columns of which many values were there and could not be read."""
    if not mapped:
        return
    counts = ", ".join(f"count_if(f{i}), count_if(g{i})" for i in range(len(mapped)))
    row = connection.execute(f"SELECT {counts} FROM _cx_judged").fetchone() or ()
    numbers = [int(number or 0) for number in row]
    for part, lost, read in zip(mapped, numbers[::2], numbers[1::2], strict=True):
        of = max(lost, read)
        if is_much(lost, of):
            kind = "times" if part.column.type in _TIMES else "values"
            yield part, Loss(kind=kind, column=part.column.name, lost=lost, of=of)


def _with_formats(
    connection: duckdb.DuckDBPyConnection, part: Mapped, loss: Loss, zone: str | None
) -> Loss:
    """Return the loss of a column of times with the date formats that read most of it."""
    argument, layout = _argument(part, zone)
    if loss.kind != "times" or argument is None:
        return loss
    seen = f"SELECT {argument} AS raw FROM _cx_coded WHERE ({part.failed}) LIMIT {_SEEN}"
    every = f"SELECT {argument} AS raw FROM _cx_coded WHERE {argument} IS NOT NULL LIMIT {_SEEN}"
    texts = [row[0] for row in connection.execute(seen).fetchall() if row[0] is not None]
    formats = [candidate for candidate in _candidates(texts) if candidate != layout]
    fits, number = _fits(connection, seen, formats)
    best = max(fits, default=0)
    if not best:
        return loss
    likely = [candidate for candidate, fit in zip(formats, fits, strict=True) if fit == best]
    # 03.04.2026 may be in March or in April; 13.04.2026, which could be read, tells.
    if len(likely) > 1:
        further, _ = _fits(connection, every, likely)
        likely = [
            candidate for candidate, fit in zip(likely, further, strict=True) if fit == max(further)
        ]
    return attrs.evolve(loss, likely=tuple(likely[:2]), fit=best, seen=number)


def _candidates(texts: list[str]) -> list[str]:
    """Return the formats by which Python reads any of the first texts.

    The engine, whose reading counts, takes some ten milliseconds for each format in a statement.
    """
    first = list(dict.fromkeys(texts))[:_TRIED]

    def reads(layout: str) -> bool:
        for written in first:
            with suppress(ValueError):
                datetime.strptime(written, layout)  # noqa: DTZ007 - nothing is kept of it
                return True
        return False

    return [layout for layout in _FORMATS if reads(layout)]


def _argument(part: Mapped, zone: str | None) -> tuple[str | None, object]:
    """Return SQL of the text that a column's time is read from, and the format it is read by."""
    for node in nodes_of(part.expression):
        if isinstance(node, Call) and node.function in {"time", "parse_time", "parse_date"}:
            value, *layout = node.arguments
            named = layout[0].value if layout and isinstance(layout[0], Literal) else None
            return f"({sql(value, zone=zone)})", named
    if part.expression.type == "text":
        return f"({sql(part.expression, zone=zone)})", None
    return None, None


def _fits(
    connection: duckdb.DuckDBPyConnection, rows: str, formats: list[str]
) -> tuple[list[int], int]:
    """Return how many texts each format reads as a likely date, and how many texts there are."""
    # As `parse_time` reads them, which takes Z for an offset.
    texts = {True: "zulu", False: "raw"}
    counts = "".join(
        f"count_if(year(try_strptime({texts[candidate.endswith('%z')]}, {text(candidate)})) "
        "BETWEEN 1900 AND 2200), "
        for candidate in formats
    )
    zulu = "regexp_replace(raw, '[Zz]$', '+00:00') AS zulu"
    statement = f"SELECT {counts}count(*) FROM (SELECT raw, {zulu} FROM ({rows}))"
    row = connection.execute(statement).fetchone() or ()
    *fits, number = (int(count or 0) for count in row)
    return fits, number


def _without_unit(connection: duckdb.DuckDBPyConnection) -> Iterator[Loss]:
    rows = connection.execute(
        "SELECT coalesce(_code, ''), count(*), count_if(_unit IS NULL) FROM _cx_judged "
        "WHERE reason IS NULL GROUP BY ALL ORDER BY 3 DESC, 1"
    ).fetchall()
    lost, of = sum(row[2] for row in rows), sum(row[1] for row in rows)
    if is_much(lost, of):
        codes = tuple(code for code, _, gone in rows[:_CODES] if gone)
        yield Loss(kind="units", column="unit", lost=lost, of=of, likely=codes)
