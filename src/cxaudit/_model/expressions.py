"""Typed expressions: what a checked expression is turned into, and what every engine prints."""

from __future__ import annotations

from datetime import date, datetime

import attrs

__all__ = [
    "Arithmetic",
    "Call",
    "ColumnRef",
    "Comparison",
    "Conditional",
    "Expression",
    "HasHit",
    "InList",
    "IsNull",
    "Literal",
    "Logical",
    "Negative",
    "Not",
]


@attrs.frozen
class Literal:
    """A value. ``type`` is text, number, boolean, time, date or null."""

    value: str | float | int | bool | datetime | date | None
    type: str


@attrs.frozen
class ColumnRef:
    """A column of the table, raw or canonical."""

    name: str
    type: str


@attrs.frozen
class Not:
    """Negation."""

    operand: Expression
    type: str = "boolean"


@attrs.frozen
class Negative:
    """Arithmetic minus."""

    operand: Expression
    type: str = "number"


@attrs.frozen
class Logical:
    """``and`` or ``or`` over two or more operands."""

    operator: str
    operands: tuple[Expression, ...]
    type: str = "boolean"


@attrs.frozen
class Comparison:
    """``=``, ``<>``, ``<``, ``<=``, ``>`` or ``>=``."""

    operator: str
    left: Expression
    right: Expression
    type: str = "boolean"


@attrs.frozen
class Arithmetic:
    """``+``, ``-``, ``*``, ``/`` or ``%`` on numbers. Division by zero gives null."""

    operator: str
    left: Expression
    right: Expression
    type: str = "number"


@attrs.frozen
class InList:
    """Whether a value is one of some literals."""

    operand: Expression
    options: tuple[Literal, ...]
    type: str = "boolean"


@attrs.frozen
class IsNull:
    """Whether a value is missing."""

    operand: Expression
    type: str = "boolean"


@attrs.frozen
class Conditional:
    """``case when ... then ... else ... end``."""

    cases: tuple[tuple[Expression, Expression], ...]
    otherwise: Expression | None
    type: str


@attrs.frozen
class Call:
    """A function of the dictionary."""

    function: str
    arguments: tuple[Expression, ...]
    type: str


@attrs.frozen
class HasHit:
    """Whether a detector found something in the row: ``has_hit('detector', 'label')``."""

    detector: str
    label: str | None
    type: str = "boolean"


Expression = (
    Literal
    | ColumnRef
    | Not
    | Negative
    | Logical
    | Comparison
    | Arithmetic
    | InList
    | IsNull
    | Conditional
    | Call
    | HasHit
)
