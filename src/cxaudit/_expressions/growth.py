"""How much text an expression can make out of a row, known before it reads one.

An engine works on some thousand rows at once and keeps each step's texts until all are done, so
what counts are all steps together. The bound is of UTF-8 bytes and holds for any row.
"""

from __future__ import annotations

from collections.abc import Iterable

from cxaudit._expressions.functions import MAX_GROWTH, MAX_WRITTEN
from cxaudit._expressions.walking import nodes_of
from cxaudit._model.expressions import Call, ColumnRef, Conditional, Expression, Literal

__all__ = ["excess", "growth"]

_WRITTEN = ""
_SHORT = 10
"""Bytes of what functions make of other types, such as '2026-W14'."""


def excess(expression: Expression) -> str:
    """Return why an expression makes too much text, or an empty text."""
    total = _bytes_by_column(expression)
    written = total.pop(_WRITTEN, 0.0)
    times = max(total.values(), default=0.0)
    if times > MAX_GROWTH:
        return (
            f"this may make {times:,.0f} times as much text as the row holds, "
            f"all steps together; {MAX_GROWTH} times is the most"
        )
    if written > MAX_WRITTEN:
        return (
            f"this may make {written:,.0f} bytes of text out of what is written here, "
            f"all steps together; {MAX_WRITTEN:,} is the most"
        )
    return ""


def growth(expression: Expression) -> float:
    """Return how many times a column's bytes all steps of an expression may make together."""
    total = _bytes_by_column(expression)
    total.pop(_WRITTEN, None)
    return max(total.values(), default=0.0)


def _bytes_by_column(expression: Expression) -> dict[str, float]:
    """Return column to the bytes that all steps make of each of its bytes."""
    # Steps that are written twice are done once.
    steps = dict.fromkeys(
        node for node in nodes_of(expression) if isinstance(node, Call) and node.type == "text"
    )
    total: dict[str, float] = {}
    for step in steps:
        for name, times in _size(step).items():
            total[name] = total.get(name, 0.0) + times
    return total


def _size(node: Expression) -> dict[str, float]:
    """Return column to how many times its bytes a text may hold; written bytes under no name."""
    if node.type != "text":
        return {}
    match node:
        case Literal():
            return {_WRITTEN: float(len(str(node.value or "").encode()))}
        case ColumnRef():
            return {node.name: 1.0}
        case Conditional():
            results = [value for _, value in node.cases]
            return _largest(
                _size(result) for result in (*results, node.otherwise) if result is not None
            )
        case Call(function="replace"):
            old, new = (_size(argument).get(_WRITTEN, 0.0) for argument in node.arguments[1:])
            times = max(1.0, new / old) if old else 1.0
            return {name: size * times for name, size in _size(node.arguments[0]).items()}
        case Call(function="concat"):
            total: dict[str, float] = {}
            for size in map(_size, node.arguments):
                for name, times in size.items():
                    total[name] = total.get(name, 0.0) + times
            return total
        case Call():
            return _largest(map(_size, node.arguments)) or {_WRITTEN: float(_SHORT)}
    return {}


def _largest(sizes: Iterable[dict[str, float]]) -> dict[str, float]:
    largest: dict[str, float] = {}
    for size in sizes:
        for name, times in size.items():
            largest[name] = max(times, largest.get(name, 0.0))
    return largest
