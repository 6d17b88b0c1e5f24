"""Walking over the nodes of an expression: what it names, and how much text it can make of a row.

An engine works on some thousand rows at once and keeps each step's texts until all are done, so
what counts are all steps together. The bound is of UTF-8 bytes and holds for any row.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from cxaudit._expressions.functions import FUNCTIONS, MAX_GROWTH, MAX_WRITTEN
from cxaudit._model.expressions import (
    Arithmetic,
    Call,
    ColumnRef,
    Comparison,
    Conditional,
    Expression,
    InList,
    IsNull,
    Literal,
    Logical,
    Negative,
    Not,
)
from cxaudit.errors import ExpressionError, Problem

__all__ = [
    "absent_in",
    "children",
    "columns_in",
    "depth_of",
    "excess",
    "growth",
    "nodes_of",
    "refuse_measured",
    "schedules_in",
]

_WRITTEN = ""
_SHORT = 10
"""Bytes of what functions make of other types, such as '2026-W14'."""


def refuse_measured(expression: Expression, subject: str) -> None:
    """Refuse functions that rest on other tables where those are not there yet.

    Args:
        expression: The expression.
        subject: What it would be used in, for the message.

    Raises:
        ExpressionError: If there is one.
    """
    for node in nodes_of(expression):
        if isinstance(node, Call) and FUNCTIONS[node.function].measured:
            message = f"'{node.function}' cannot be used in {subject}"
            hint = "Metrics and breakdowns can use it."
            raise ExpressionError((Problem(message, hint=hint),))


def columns_in(expression: Expression) -> frozenset[str]:
    """Return the columns that an expression reads."""
    return frozenset(node.name for node in nodes_of(expression) if isinstance(node, ColumnRef))


def absent_in(expression: Expression, present: Container[str]) -> frozenset[str]:
    """Return the columns that are not given and without which an expression says nothing.

    ``coalesce`` says what holds where a value is missing, so one of its arguments is enough.
    """
    match expression:
        case ColumnRef():
            return frozenset() if expression.name in present else frozenset({expression.name})
        case Call(function="coalesce"):
            absent = [absent_in(argument, present) for argument in expression.arguments]
            return frozenset() if not all(absent) else frozenset().union(*absent)
        case _:
            return frozenset().union(*(absent_in(child, present) for child in children(expression)))


def nodes_of(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and all below it, in the order in which they are written."""
    waiting: list[Expression] = [expression]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(children(node)))


def depth_of(expression: Expression) -> int:
    """Return how many nodes stand above each other at the deepest place."""
    deepest, level = 0, [expression]
    while level:
        deepest += 1
        level = [child for node in level for child in children(node)]
    return deepest


def children(node: Expression) -> tuple[Expression, ...]:
    """Return the parts that a node is made of."""
    match node:
        case Not() | Negative() | IsNull() | InList():
            return (node.operand,)
        case Logical():
            return node.operands
        case Comparison() | Arithmetic():
            return (node.left, node.right)
        case Conditional():
            parts = tuple(part for case in node.cases for part in case)
            return parts if node.otherwise is None else (*parts, node.otherwise)
        case Call():
            return node.arguments
        case _:
            return ()


def schedules_in(expression: Expression) -> frozenset[str]:
    """Return the schedules of open hours that an expression names; empty for the usual one."""
    calls = (node for node in nodes_of(expression) if isinstance(node, Call))
    return frozenset(
        next(
            (
                str(argument.value)
                for argument in call.arguments[2:]
                if isinstance(argument, Literal)
            ),
            "",
        )
        for call in calls
        if call.function == "open_seconds"
    )


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
