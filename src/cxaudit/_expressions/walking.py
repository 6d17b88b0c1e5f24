"""Walking over the nodes of an expression."""

from __future__ import annotations

from collections.abc import Container, Iterator

from cxaudit._expressions.functions import FUNCTIONS
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
    "nodes_of",
    "refuse_measured",
    "schedules_in",
]


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
