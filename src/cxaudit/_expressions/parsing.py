"""From tokens to typed nodes, by precedence: what binds least is read first.

From the loosest to the tightest::

    or
    and
    =  <>                              not a = b  is  not (a = b)
    <  <=  >  >=
    between  in  like  is null         with 'not' before them, or after 'is'
    ||
    +  -
    *  /  %
    -a  +a  not a
    values, columns, calls, case, brackets

So ``a + 1 < b and not t like 'x%'`` is read as ``((a + 1) < b) and (not (t like 'x%'))``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NoReturn

from cxaudit._expressions.checking import SHORTER, article
from cxaudit._expressions.lexing import MAX_DEPTH, Token, lex, refuse, scan_parameters
from cxaudit._expressions.nodes import EQUALITY, NodeBuilder, Part
from cxaudit._expressions.walking import columns_in, depth_of, excess
from cxaudit._model.expressions import Expression, IsNull, Literal, Logical, Negative, Not
from cxaudit.errors import ExpressionError, Problem

__all__ = ["parameters_in", "parse", "text_columns_in"]

_ORDER = ("<", "<=", ">", ">=")
_END = Token("end", "", -1)


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
    nodes = NodeBuilder(columns, parameters)
    node = _Parser(lex(text, columns), nodes).whole()
    if expect is not None and not nodes.problems:
        if node.type == "null":
            node = Literal(None, expect)
        elif node.type != expect:
            hint = "Compare it with something, such as x = 'a'." if expect == "boolean" else ""
            message = f"the expression must give {article(expect)} and gives {article(node.type)}"
            nodes.problems.append(Problem(message, hint=hint))
    if not nodes.problems and (wrong := excess(node)):
        nodes.problems.append(Problem(wrong, hint=SHORTER))
    if nodes.problems:
        raise ExpressionError(tuple(dict.fromkeys(nodes.problems)))
    return node


def parameters_in(text: str) -> tuple[str, ...]:
    """Return the names of the parameters that an expression uses, each once, in order."""
    return scan_parameters(text)


def text_columns_in(text: str) -> frozenset[str]:
    """Return the columns that an expression over columns of text names, whatever there are.

    Raises:
        ExpressionError: If it is wrong for any such columns.
    """
    return columns_in(parse(text, _AnyColumn(), {}))


class _AnyColumn(dict[str, str]):
    """Columns of which each that is named is there, as text."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return "text"


class _Parser:
    """Reads tokens from left to right, one method a level of precedence."""

    def __init__(self, tokens: list[Token], nodes: NodeBuilder) -> None:
        self._tokens = tokens
        self._index = 0
        self._nodes = nodes

    def whole(self) -> Expression:
        """Return the node of the whole expression."""
        part = self._expression()
        if self._sign == ")":
            _refuse("a bracket is closed that was not opened", self._next.start)
        if self._next is not _END:
            _refuse(f"{self._next.text!r} does not belong here", self._next.start)
        if depth_of(part.node) > MAX_DEPTH:
            message = f"the expression nests deeper than {MAX_DEPTH} levels"
            _refuse(message, None, "Split it into several columns or metrics.")
        return part.node

    @property
    def _next(self) -> Token:
        return self._tokens[self._index] if self._index < len(self._tokens) else _END

    @property
    def _sign(self) -> str:
        """The keyword or operator that comes next; nothing where another token does."""
        return self._next.text if self._next.kind in {"keyword", "operator"} else ""

    def _take(self, *signs: str) -> str:
        """Take the next token when it is one of some keywords or operators, and return it."""
        sign = self._sign
        if sign not in signs:
            return ""
        self._index += 1
        return sign

    def _need(self, sign: str, hint: str) -> None:
        if not self._take(sign):
            self._missing(repr(sign), hint)

    def _missing(self, what: str, hint: str = "") -> NoReturn:
        """Refuse the expression, as something is missing before the next token."""
        token = self._next
        if token is _END:
            last = self._tokens[-1]
            _refuse(f"{what} is missing after {last.text!r}", last.start, hint)
        _refuse(f"{what} is missing before {token.text!r}", token.start, hint)

    def _expression(self) -> Part:
        return self._logical("or", lambda: self._logical("and", self._equality))

    def _logical(self, operator: str, operand: Callable[[], Part]) -> Part:
        first = operand()
        if self._sign != operator:
            return first
        operands = [self._nodes.typed(first, "boolean")]
        while self._take(operator):
            operands.append(self._nodes.typed(operand(), "boolean"))
        return Part(Logical(operator, tuple(operands)), first.start)

    def _binary(
        self,
        operators: Collection[str],
        operand: Callable[[], Part],
        combine: Callable[[str, Part, Part], Expression],
    ) -> Part:
        left = operand()
        while operator := self._take(*operators):
            left = Part(combine(operator, left, operand()), left.start)
        return left

    def _equality(self) -> Part:
        return self._binary(EQUALITY, self._order, self._nodes.comparison)

    def _order(self) -> Part:
        return self._binary(_ORDER, self._condition, self._nodes.comparison)

    def _condition(self) -> Part:
        left = self._concat()
        while self._sign in {"not", "between", "in", "like", "is"}:
            if self._take("is"):
                left = Part(self._is_null(left), left.start, is_test=True)
                continue
            negated = self._take("not")
            match self._take("between", "in", "like"):
                case "between":
                    low = self._concat()
                    self._need("and", "Write x between 1 and 5.")
                    node = self._nodes.call("between", [left, low, self._concat()], left.start)
                case "in":
                    node = self._in(left)
                case "like":
                    node = self._nodes.call("like", [left, self._concat()], left.start)
                case _:
                    hint = "Write x is not null, or not (...)."
                    self._missing("'between', 'in' or 'like'", hint)
            left = Part(Not(node) if negated else node, left.start)
        return left

    def _is_null(self, operand: Part) -> Expression:
        negated = self._take("not")
        if not self._take("null"):
            hint = "Write the condition itself, or coalesce(x, false)."
            _refuse("'is' is followed by null or not null", operand.start, hint)
        node = IsNull(operand.node)
        return Not(node) if negated else node

    def _in(self, operand: Part) -> Expression:
        if self._sign != "(":
            message = "'in' needs a list of values such as ('a', 'b')"
            _refuse(message, operand.start)
        return self._nodes.in_list(operand, self._list())

    def _concat(self) -> Part:
        parts = [self._sum()]
        while self._take("||"):
            parts.append(self._sum())
        if len(parts) == 1:
            return parts[0]
        return Part(self._nodes.call("concat", parts, parts[0].start), parts[0].start)

    def _sum(self) -> Part:
        return self._binary(("+", "-"), self._product, self._nodes.arithmetic)

    def _product(self) -> Part:
        return self._binary(("*", "/", "%"), self._prefixed, self._nodes.arithmetic)

    def _prefixed(self) -> Part:
        start = self._next.start
        if self._take("not"):
            return Part(Not(self._nodes.typed(self._equality(), "boolean")), start)
        if self._take("+"):
            return self._prefixed()
        if not self._take("-"):
            return self._primary()
        operand = self._nodes.typed(self._prefixed(), "number")
        if isinstance(operand, Literal) and isinstance(operand.value, (int, float)):
            return Part(Literal(-operand.value, "number"), start)
        return Part(Negative(operand), start)

    def _primary(self) -> Part:
        token = self._next
        if self._sign == "(":
            return Part(self._bracket(token), token.start)
        if token.kind == "operator" or token is _END:
            if token.text == "*":
                _refuse("'*' as a value is not part of the language", token.start)
            self._missing("a value")
        self._index += 1
        match token.kind:
            case "function":
                node = self._nodes.call(token.text, self._list(), token.start)
            case "name" | "quoted":
                node = self._nodes.column(token)
            case "string":
                node = Literal(token.text, "text")
            case "number":
                node = self._nodes.number(float(token.text), token.start, token.text)
            case "parameter":
                node = self._nodes.parameter(token)
            case _:
                node = self._keyword(token)
        return Part(node, token.start)

    def _keyword(self, token: Token) -> Expression:
        if token.text == "case":
            return self._case(token.start)
        if token.text == "null":
            return Literal(None, "null")
        if token.text not in {"true", "false"}:
            self._index -= 1
            self._missing("a value")
        return Literal(token.text == "true", "boolean")

    def _bracket(self, token: Token) -> Expression:
        parts = self._list()
        if len(parts) != 1:
            return self._nodes.problem("lists of values are not part of the language", token.start)
        return parts[0].node

    def _list(self) -> list[Part]:
        """Return what stands between the next bracket and its partner, cut at its commas."""
        opening = self._next
        self._need("(", "")
        parts: list[Part] = []
        if not self._take(")"):
            parts.append(self._expression())
            while self._take(","):
                parts.append(self._expression())
            if not self._take(")"):
                if self._next is _END:
                    _refuse("the bracket is not closed", opening.start, "Add the missing ')'.")
                self._missing("a comma or a closing bracket")
        return parts

    def _case(self, start: int) -> Expression:
        if self._sign != "when":
            hint = "Write case when x = 1 then ... end."
            _refuse("'case' is followed by 'when'", start, hint)
        conditions: list[Expression] = []
        values: list[Expression] = []
        while self._take("when"):
            conditions.append(self._nodes.typed(self._expression(), "boolean"))
            self._need("then", "Write case when a then b else c end.")
            values.append(self._expression().node)
        if self._take("else"):
            values.append(self._expression().node)
        self._need("end", "Write case when a then b else c end.")
        return self._nodes.conditional(conditions, values, start)


def _refuse(message: str, start: int | None, hint: str = "") -> NoReturn:
    raise refuse(message, start, hint)
