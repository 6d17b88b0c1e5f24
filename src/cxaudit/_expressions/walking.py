"""Walking over the nodes of an expression."""

from __future__ import annotations

from collections.abc import Iterator

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
    Logical,
    Negative,
    Not,
)
from cxaudit.errors import ExpressionError, Problem

__all__ = ["columns_in", "nodes_of", "refuse_measured"]


def refuse_measured(expression: Expression, place: str) -> None:
    """Refuse functions that rest on other tables where those are not there yet.

    Args:
        expression: The expression.
        place: Where it stands, for the message.

    Raises:
        ExpressionError: If there is one.
    """
    for node in nodes_of(expression):
        if isinstance(node, Call) and FUNCTIONS[node.function].measured:
            message = f"'{node.function}' cannot be used in {place}"
            hint = "Metrics and breakdowns can use it."
            raise ExpressionError((Problem(message, hint=hint),))


def columns_in(expression: Expression) -> frozenset[str]:
    """Return the columns that an expression reads."""
    return frozenset(node.name for node in nodes_of(expression) if isinstance(node, ColumnRef))


def nodes_of(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and all below it."""
    waiting: list[Expression] = [expression]
    while waiting:
        node = waiting.pop()
        yield node
        match node:
            case Not() | Negative() | IsNull() | InList():
                waiting.append(node.operand)
            case Logical():
                waiting.extend(node.operands)
            case Comparison() | Arithmetic():
                waiting += (node.left, node.right)
            case Conditional():
                waiting.extend(part for case in node.cases for part in case)
                waiting.extend([] if node.otherwise is None else [node.otherwise])
            case Call():
                waiting.extend(node.arguments)
            case _:
                pass
