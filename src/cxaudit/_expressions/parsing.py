"""From text to tokens to trees, and from trees to our own nodes, one allowed kind at a time."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from cxaudit._expressions.checking import SHORTER, article, check_call, conversion, unified
from cxaudit._expressions.growth import excess
from cxaudit._expressions.lexing import (
    MAX_DEPTH,
    Token,
    lex,
    problem,
    refuse,
    scan_parameters,
)
from cxaudit._expressions.skeleton import Skeleton, chain, token_of
from cxaudit._model.expressions import (
    Arithmetic,
    Call,
    ColumnRef,
    Comparison,
    Conditional,
    Expression,
    HasHit,
    InList,
    IsNull,
    Literal,
    Logical,
    Negative,
    Not,
)
from cxaudit.errors import ExpressionError, Problem, did_you_mean

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["parameters_in", "parse"]

_COMPARISONS = {"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
_ARITHMETIC = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "Mod": "%"}
_UNKNOWN = Literal(None, "null")
_MAX_EXACT = 2**53


def parse(
    text: str,
    columns: Mapping[str, str],
    parameters: Mapping[str, object],
    *,
    expect: str | None = None,
) -> Expression:
    """Return the typed nodes of an expression.

    Args:
        text: The expression.
        columns: Column to its type: text, number, boolean, time or date.
        parameters: Parameter to its value: a number, text, boolean, or None while unanswered.
        expect: Type that the expression must have; None allows any.

    Raises:
        ExpressionError: If it is not allowed or does not fit its columns; with all its problems
            once it can be read at all. A problem's ``column`` counts inside the expression.
    """
    tokens = lex(text, columns)
    reader = _Reader(tokens, columns, parameters)
    try:
        node = reader.whole()
    except RecursionError:
        message = "the expression nests too deeply"
        raise refuse(message, hint="Split it into several columns or metrics.") from None
    if expect is not None and not reader.problems:
        if node.type == "null":
            node = Literal(None, expect)
        elif node.type != expect:
            hint = "Compare it with something, such as x = 'a'." if expect == "boolean" else ""
            message = f"the expression must give {article(expect)} and gives {article(node.type)}"
            reader.problems.append(Problem(message, hint=hint))
    if not reader.problems and (wrong := excess(node)):
        reader.problems.append(Problem(wrong, hint=SHORTER))
    if reader.problems:
        raise ExpressionError(tuple(dict.fromkeys(reader.problems)))
    return node


def parameters_in(text: str) -> tuple[str, ...]:
    """Return the names of the parameters that an expression uses, each once, in order."""
    return scan_parameters(text)


class _Reader:
    """Turns the parsed skeleton into nodes, and collects what is wrong on the way."""

    def __init__(
        self, tokens: list[Token], columns: Mapping[str, str], parameters: Mapping[str, object]
    ) -> None:
        self.problems: list[Problem] = []
        self._tokens = tokens
        self._columns = columns
        self._parameters = parameters
        self._skeleton = Skeleton(tokens)
        self._kinds: dict[str, Callable[[Any, int], Expression]] = {
            "Column": self._column,
            "Literal": self._literal,
            "Not": lambda tree, depth: Not(self._typed(tree.this, "boolean", depth)),
            "Neg": self._negative,
            "And": self._logical,
            "Or": self._logical,
            "In": self._in,
            "Is": self._is_null,
            "Case": self._case,
            "Anonymous": self._call,
            "DPipe": self._concat,
            "Between": lambda tree, depth: self._operator(
                "between", tree, (tree.this, tree.args["low"], tree.args["high"]), depth
            ),
            "Like": self._like,
        }
        self._kinds |= dict.fromkeys(_COMPARISONS, self._comparison)
        self._kinds |= dict.fromkeys(_ARITHMETIC, self._arithmetic)

    def whole(self) -> Expression:
        """Return the node of the whole expression."""
        return self.node(self._skeleton.whole(), 0)

    def node(self, tree: exp.Expr, depth: int) -> Expression:
        """Return the node of a part of the tree."""
        kind = type(tree).__name__
        read = self._kinds.get(kind) if type(tree).__module__.startswith("sqlglot.") else None
        if depth > MAX_DEPTH:
            message = f"the expression nests deeper than {MAX_DEPTH} levels"
            raise refuse(message, self._place(tree), "Split it into several columns or metrics.")
        if read is None:
            found = "'*' as a value" if kind == "Star" else "this form of SQL"
            message = f"{found} is not part of the language"
            raise refuse(message, self._place(tree))
        return read(tree, depth + 1)

    def _problem(self, message: str, tree: exp.Expr, hint: str = "") -> Literal:
        self.problems.append(problem(message, self._place(tree), hint))
        return _UNKNOWN

    def _place(self, tree: exp.Expr) -> int | None:
        places = [self._tokens[i].start for i in map(token_of, tree.walk()) if i is not None]
        return min(places, default=None)

    def _typed(self, tree: exp.Expr, expected: str, depth: int) -> Expression:
        node = self.node(tree, depth)
        if node.type == "null":
            return Literal(None, expected) if isinstance(node, Literal) else node
        if node.type != expected:
            found = article(node.type)
            message = f"{article(expected)} is needed here, and this is {found}"
            self._problem(message, tree, conversion(node, expected))
        return node

    def _column(self, tree: exp.Column, _depth: int) -> Expression:
        index = token_of(tree)
        if index is None or tree.args.get("table"):
            return self._problem("names of tables are not part of the language", tree)
        name = self._tokens[index].text
        if name not in self._columns:
            same = [known for known in self._columns if known.lower() == name.lower()]
            hint = f"Did you mean {same[0]!r}?" if same else did_you_mean(name, self._columns)
            shown = ", ".join(sorted(self._columns)[:12])
            hint = hint or (f"There are: {shown}." if shown else "No columns can be used here.")
            return self._problem(f"there is no column {name!r}", tree, hint)
        return ColumnRef(name, self._columns[name])

    def _literal(self, tree: exp.Literal, _depth: int) -> Expression:
        token = self._tokens[int(tree.this)]
        match token.kind:
            case "string":
                return Literal(token.text, "text")
            case "keyword":
                value = {"true": True, "false": False}.get(token.text)
                return Literal(value, "null" if value is None else "boolean")
            case "parameter":
                return self._parameter(token, tree)
            case _:
                return self._number(float(token.text), tree, token.text)

    def _number(self, value: float, tree: exp.Expr, written: str) -> Expression:
        if not math.isfinite(value):
            return self._problem("the number is too large", tree)
        whole = written.isdigit() and abs(int(written)) <= _MAX_EXACT
        return Literal(int(written) if whole else value, "number")

    def _parameter(self, token: Token, tree: exp.Expr) -> Expression:
        if token.text not in self._parameters:
            hint = did_you_mean(token.text, self._parameters)
            if not hint and "-" in token.text:
                hint = "Put spaces around a minus: hyphens belong to the parameter's name."
            return self._problem(f"there is no parameter '${token.text}'", tree, hint)
        value = self._parameters[token.text]
        if isinstance(value, bool):
            return Literal(value, "boolean")
        if isinstance(value, str):
            return Literal(value, "text")
        if isinstance(value, (int, float)):
            return self._number(float(value), tree, str(value))
        hint = f"Give it a value under [params]: {token.text} = ..."
        return self._problem(f"the parameter '${token.text}' has no value", tree, hint)

    def _negative(self, tree: exp.Neg, depth: int) -> Expression:
        operand = self._typed(tree.this, "number", depth)
        if isinstance(operand, Literal) and isinstance(operand.value, (int, float)):
            return Literal(-operand.value, "number")
        return Negative(operand)

    def _logical(self, tree: exp.And | exp.Or, depth: int) -> Expression:
        parts = [self._typed(part, "boolean", depth) for part in chain(tree)]
        return Logical(type(tree).__name__.lower(), tuple(parts))

    def _comparison(self, tree: exp.Binary, depth: int) -> Expression:
        operator = _COMPARISONS[type(tree).__name__]
        left, right = self.node(tree.left, depth), self.node(tree.right, depth)
        nulls = (Literal(None, "null"), "null")
        if (left in nulls or right in nulls) and not self.problems:
            self._problem("nothing equals null", tree, "Write 'is null' or 'is not null'.")
        elif "null" not in (left.type, right.type) and left.type != right.type:
            message = f"'{operator}' compares {article(left.type)} with {article(right.type)}"
            hint = conversion(left, right.type) or conversion(right, left.type)
            self._problem(message, tree, hint)
        elif left.type == "boolean" and operator not in {"=", "<>"}:
            self._problem(f"'{operator}' does not compare booleans", tree)
        return Comparison(operator, left, right)

    def _arithmetic(self, tree: exp.Binary, depth: int) -> Expression:
        operator = _ARITHMETIC[type(tree).__name__]
        left, right = self.node(tree.left, depth), self.node(tree.right, depth)
        wrong = [node for node in (left, right) if node.type not in {"number", "null"}]
        if wrong:
            hints = {
                ("+", "text"): "Write '||' to join texts.",
                ("-", "time"): "Write seconds_between(a, b).",
                ("-", "date"): "Write days_between(a, b).",
                ("+", "time"): "Write add_seconds(time, n).",
            }
            hint = hints.get((operator, wrong[0].type)) or conversion(wrong[0], "number")
            message = f"'{operator}' needs numbers, and finds {article(wrong[0].type)}"
            self._problem(message, tree, hint)
        return Arithmetic(operator, _as(left, "number"), _as(right, "number"))

    def _in(self, tree: exp.In, depth: int) -> Expression:
        operand = self.node(tree.this, depth)
        parts = tree.expressions
        others = [value for key, value in tree.args.items() if key not in {"this", "expressions"}]
        if not parts or any(others):
            message = "'in' needs a list of values such as ('a', 'b')"
            return self._problem(message, tree)
        options = []
        for part in parts:
            option = self._typed(part, operand.type, depth)
            if not isinstance(option, Literal) or (option.value is None and not self.problems):
                self._problem("'in' takes values written out, and no null", part)
                continue
            options.append(option)
        return InList(operand, tuple(options))

    def _is_null(self, tree: exp.Is, depth: int) -> Expression:
        if type(tree.expression).__name__ != "Null":
            hint = "Write the condition itself, or coalesce(x, false)."
            return self._problem("'is' is followed by null or not null", tree, hint)
        return IsNull(self.node(tree.this, depth))

    def _case(self, tree: exp.Case, depth: int) -> Expression:
        if tree.this is not None:
            hint = "Write case when x = 1 then ... end."
            return self._problem("'case' is followed by 'when'", tree, hint)
        conditions = [self._typed(part.this, "boolean", depth) for part in tree.args["ifs"]]
        values = [self.node(part.args["true"], depth) for part in tree.args["ifs"]]
        default = tree.args.get("default")
        every = [*values, *([] if default is None else [self.node(default, depth)])]
        kind = unified(every)
        if kind is None:
            kinds = " and ".join(dict.fromkeys(article(v.type) for v in every))
            self._problem(f"the branches of 'case' differ in type: {kinds}", tree)
            return _UNKNOWN
        every = [_as(value, kind) for value in every]
        otherwise = every[-1] if default is not None else None
        return Conditional(tuple(zip(conditions, every, strict=False)), otherwise, kind)

    def _concat(self, tree: exp.DPipe, depth: int) -> Expression:
        return self._operator("concat", tree, tuple(chain(tree)), depth)

    def _like(self, tree: exp.Like, depth: int) -> Expression:
        node = self._operator("like", tree, (tree.this, tree.expression), depth)
        return Not(node) if tree.args.get("negate") else node

    def _call(self, tree: exp.Anonymous, depth: int) -> Expression:
        index = int(str(tree.this)[1:])
        token = self._tokens[index]
        if token.kind == "function":
            return self._operator(token.text, tree, tuple(self._skeleton.parts(index + 1)), depth)
        parts = self._skeleton.parts(index)
        if len(parts) != 1:
            return self._problem("lists of values are not part of the language", tree)
        return self.node(parts[0], depth)

    def _operator(
        self, name: str, tree: exp.Expr, parts: tuple[exp.Expr, ...], depth: int
    ) -> Expression:
        arguments = [self.node(part, depth) for part in parts]
        node, wrong = check_call(name, arguments)
        for found in wrong:
            at = tree if found.argument is None else parts[found.argument]
            self._problem(found.message, at, found.hint)
        if node is None or isinstance(node, HasHit):
            return node or _UNKNOWN
        return _folded(node) or self._problem(
            f"{name}({_shown(node)}) is no ISO 8601 time", tree, "Write '2026-04-01T09:00:00Z'."
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


def _shown(node: Call) -> str:
    argument = node.arguments[0]
    return repr(argument.value) if isinstance(argument, Literal) else ""


def _as(node: Expression, kind: str) -> Expression:
    if isinstance(node, Literal) and node.type == "null":
        return attrs.evolve(node, type=kind)
    return node
