"""Typed nodes of expressions: what fits together becomes one, what does not is collected."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence

import attrs

from cxaudit._expressions.checking import article, check_call, conversion, unified
from cxaudit._expressions.lexing import Token, problem, refuse
from cxaudit._model.expressions import (
    Arithmetic,
    Call,
    ColumnRef,
    Comparison,
    Conditional,
    Expression,
    InList,
    Literal,
)
from cxaudit.errors import Problem, did_you_mean

__all__ = ["EQUALITY", "NodeBuilder", "Part"]

EQUALITY = ("=", "<>")
_UNKNOWN = Literal(None, "null")
_MAX_EXACT = 2**53


@attrs.frozen
class Part:
    """A node, the character (from 0) at which it starts, and whether it is a bare ``is null``."""

    node: Expression
    start: int
    is_test: bool = False

    @property
    def type(self) -> str:
        """Return the type of the node."""
        return self.node.type


class NodeBuilder:
    """Builds typed nodes over the columns and parameters that there are.

    Attributes:
        problems: What was wrong so far.
    """

    def __init__(self, columns: Mapping[str, str], parameters: Mapping[str, object]) -> None:
        self.problems: list[Problem] = []
        self._columns = columns
        self._parameters = parameters

    def problem(self, message: str, start: int, hint: str = "") -> Literal:
        """Note a problem at a character (from 0), and return what stands for the node."""
        self.problems.append(problem(message, start, hint))
        return _UNKNOWN

    def typed(self, part: Part, expected: str) -> Expression:
        """Return a part's node, which has to be of a type."""
        node = part.node
        if node.type == "null":
            return _as(node, expected)
        if node.type != expected:
            message = f"{article(expected)} is needed here, and this is {article(node.type)}"
            self.problem(message, part.start, conversion(node, expected))
        return node

    def comparison(self, operator: str, left: Part, right: Part) -> Expression:
        """Return a comparison of two parts."""
        if left.is_test or right.is_test:
            message = "'is null' beside a comparison can be read in two ways"
            raise refuse(message, left.start, "Put what belongs together into brackets.")
        nulls = (Literal(None, "null"), "null")
        if (left.node in nulls or right.node in nulls) and not self.problems:
            self.problem("nothing equals null", left.start, "Write 'is null' or 'is not null'.")
        elif "null" not in (left.type, right.type) and left.type != right.type:
            message = f"'{operator}' compares {article(left.type)} with {article(right.type)}"
            hint = conversion(left.node, right.type) or conversion(right.node, left.type)
            self.problem(message, left.start, hint)
        elif left.type == "boolean" and operator not in EQUALITY:
            self.problem(f"'{operator}' does not compare booleans", left.start)
        return Comparison(operator, left.node, right.node)

    def arithmetic(self, operator: str, left: Part, right: Part) -> Expression:
        """Return a sum, difference, product, quotient or remainder."""
        wrong = [part.node for part in (left, right) if part.type not in {"number", "null"}]
        if wrong:
            hints = {
                ("+", "text"): "Write '||' to join texts.",
                ("-", "time"): "Write seconds_between(a, b).",
                ("-", "date"): "Write days_between(a, b).",
                ("+", "time"): "Write add_seconds(time, n).",
            }
            hint = hints.get((operator, wrong[0].type)) or conversion(wrong[0], "number")
            message = f"'{operator}' needs numbers, and finds {article(wrong[0].type)}"
            self.problem(message, left.start, hint)
        return Arithmetic(operator, _as(left.node, "number"), _as(right.node, "number"))

    def in_list(self, operand: Part, parts: Sequence[Part]) -> Expression:
        """Return whether a value is one of some, which have to be written out."""
        options = []
        for part in parts:
            option = self.typed(part, operand.type)
            if not isinstance(option, Literal) or (option.value is None and not self.problems):
                self.problem("'in' takes values written out, and no null", part.start)
                continue
            options.append(option)
        if not parts:
            self.problem("'in' needs a list of values such as ('a', 'b')", operand.start)
        return InList(operand.node, tuple(options))

    def conditional(
        self, conditions: Sequence[Expression], values: list[Expression], start: int
    ) -> Expression:
        """Return a choice; one value more than conditions is what holds otherwise."""
        kind = unified(values)
        if kind is None:
            kinds = " and ".join(dict.fromkeys(article(value.type) for value in values))
            return self.problem(f"the branches of 'case' differ in type: {kinds}", start)
        typed = [_as(value, kind) for value in values]
        otherwise = typed[len(conditions)] if len(typed) > len(conditions) else None
        return Conditional(tuple(zip(conditions, typed, strict=False)), otherwise, kind)

    def column(self, token: Token) -> Expression:
        """Return a column by its name."""
        name = token.text
        if name in self._columns:
            return ColumnRef(name, self._columns[name])
        same = [column for column in self._columns if column.lower() == name.lower()]
        hint = f"Did you mean {same[0]!r}?" if same else did_you_mean(name, self._columns)
        columns = ", ".join(sorted(self._columns)[:12])
        hint = hint or (f"There are: {columns}." if columns else "No columns can be used here.")
        return self.problem(f"there is no column {name!r}", token.start, hint)

    def number(self, value: float, start: int, written: str) -> Expression:
        """Return a number."""
        if not math.isfinite(value):
            return self.problem("the number is too large", start)
        whole = written.isdigit() and abs(int(written)) <= _MAX_EXACT
        return Literal(int(written) if whole else value, "number")

    def parameter(self, token: Token) -> Expression:
        """Return the value of a parameter."""
        if token.text not in self._parameters:
            hint = did_you_mean(token.text, self._parameters)
            if not hint and "-" in token.text:
                hint = "Put spaces around a minus: hyphens belong to the parameter's name."
            return self.problem(f"there is no parameter '${token.text}'", token.start, hint)
        value = self._parameters[token.text]
        if isinstance(value, bool):
            return Literal(value, "boolean")
        if isinstance(value, str):
            return Literal(value, "text")
        if isinstance(value, (int, float)):
            return self.number(float(value), token.start, str(value))
        hint = f"Give it a value under [params]: {token.text} = ..."
        return self.problem(f"the parameter '${token.text}' has no value", token.start, hint)

    def call(self, name: str, parts: list[Part], start: int) -> Expression:
        """Return a call of a function of the dictionary."""
        node, misfits = check_call(name, [part.node for part in parts])
        for misfit in misfits:
            at = start if misfit.argument is None else parts[misfit.argument].start
            self.problem(misfit.message, at, misfit.hint)
        if not isinstance(node, Call):
            return node or _UNKNOWN
        return _folded(node) or self.problem(
            f"{name}({_literal_text(node)}) is no ISO 8601 time",
            start,
            "Write '2026-04-01T09:00:00Z'.",
        )


def _folded(node: Call) -> Expression | None:
    """Return the instant of ``time('...')``, the call itself, or None when it is no time."""
    if node.function != "time" or not isinstance(node.arguments[0], Literal):
        return node
    written = node.arguments[0].value
    if written is None:
        return node
    try:
        value = dt.datetime.fromisoformat(str(written).strip())
    except ValueError:
        return None
    if value.tzinfo is None:
        return attrs.evolve(node, arguments=(Literal(value.isoformat(), "text"),))
    return Literal(value.astimezone(dt.UTC), "time")


def _literal_text(node: Call) -> str:
    argument = node.arguments[0]
    return repr(argument.value) if isinstance(argument, Literal) else ""


def _as(node: Expression, kind: str) -> Expression:
    if isinstance(node, Literal) and node.type == "null":
        return attrs.evolve(node, type=kind)
    return node
