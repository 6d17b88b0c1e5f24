"""Precedence: brackets that it makes needless change nothing, whatever the expression."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cxaudit._expressions import parse

COLUMNS = {"a": "number", "b": "number", "t": "text", "u": "text", "ok": "boolean", "on": "boolean"}

# An expression as (how tightly it binds, written with the brackets it needs, with all brackets).
# 0 or, 1 and, 2 equality, 3 order, 4 conditions, 5 ||, 6 sums, 7 products, 8 signs, 9 values.
Written = tuple[int, str, str]


def value(*texts: str) -> st.SearchStrategy[Written]:
    return st.sampled_from(texts).map(lambda text: (9, text, text))


def at(level: int, part: Written) -> str:
    """Return a part as an operator of a level needs it."""
    return part[1] if part[0] >= level else f"({part[1]})"


def infix(level: int, *operators: str, right: int | None = None):
    """Return how two parts are joined; the right one binds tighter, as the left comes first."""
    tighter = level + 1 if right is None else right

    def join(left: Written, operator: str, other: Written) -> Written:
        shown = f"{at(level, left)} {operator} {at(tighter, other)}"
        return level, shown, f"({left[2]}) {operator} ({other[2]})"

    return lambda operands: st.builds(join, operands, st.sampled_from(operators), operands)


def behind(text: str):
    """Return how a condition is written behind an operand."""

    def write(part: Written) -> Written:
        return 4, f"{at(5, part)} {text}", f"({part[2]}) {text}"

    return lambda operands: operands.map(write)


def negated(part: Written) -> Written:
    # Below equality a 'not' reaches further than its level tells, so it stands in brackets there.
    return 2, f"not {at(3, part)}", f"not ({part[2]})"


def minus(part: Written) -> Written:
    return 8, f"- {at(8, part)}", f"- ({part[2]})"


sums, products = infix(6, "+", "-"), infix(7, "*", "/", "%")
numbers = st.recursive(
    value("a", "b", "1", "2.5"),
    lambda inner: st.one_of(sums(inner), products(inner), inner.map(minus)),
    max_leaves=6,
)
texts = st.recursive(value("t", "u", "'x'"), infix(5, "||"), max_leaves=4)
conditions = st.one_of(
    value("ok", "on"),
    infix(3, "<", "<=", ">", ">=")(numbers),
    infix(2, "=", "<>")(numbers),
    infix(2, "=", "<>")(texts),
    behind("like 'x%'")(texts),
    behind("not in ('a', 'b')")(texts),
    behind("between 1 and 2")(numbers),
)
expressions = st.recursive(
    conditions,
    lambda inner: st.one_of(infix(0, "or")(inner), infix(1, "and")(inner), inner.map(negated)),
    max_leaves=8,
)


@given(expressions)
def test_needless_brackets_change_nothing(written: Written):
    _level, shown, bracketed = written
    assert flat(parse(shown, COLUMNS, {})) == flat(parse(bracketed, COLUMNS, {}))


def flat(node: object) -> object:
    """Return a node as text; a chain of one operator in brackets is the chain without them."""
    operator = getattr(node, "operator", None)
    if operator in {"and", "or"}:
        parts = []
        for operand in node.operands:  # type: ignore[attr-defined]
            inner = flat(operand)
            same = getattr(operand, "operator", None) == operator
            parts += inner[1] if same else [inner]  # type: ignore[index]
        return operator, parts
    if getattr(node, "function", None) == "concat":
        parts = []
        for argument in node.arguments:  # type: ignore[attr-defined]
            inner = flat(argument)
            same = getattr(argument, "function", None) == "concat"
            parts += inner[1] if same else [inner]  # type: ignore[index]
        return "concat", parts
    names = getattr(type(node), "__slots__", ())
    values = [getattr(node, name) for name in names if not name.startswith("_")]
    return type(node).__name__, [
        tuple(map(flat, value))
        if isinstance(value, tuple)
        else flat(value)
        if hasattr(value, "type")
        else value
        for value in values
    ]
