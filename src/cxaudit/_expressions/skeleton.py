"""From tokens to parsed trees.

The parser never sees what the user wrote: it is given a skeleton in which each name and value is
replaced by the number of its token, so that quoting, escapes and SQL's special words cannot
change what an expression means. What stands in brackets is parsed by itself, so that the
parser's own depth stays small.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from cxaudit._expressions.lexing import Token, refuse

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["Skeleton", "chain", "token_of"]


class Skeleton:
    """The tokens of an expression, parsed bracket by bracket."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._partners = _partners(tokens)

    def whole(self) -> exp.Expr:
        """Return the tree of the whole expression."""
        return self._tree(0, len(self._tokens))

    def _tree(self, start: int, stop: int) -> exp.Expr:
        """Return the parsed skeleton of some tokens; calls and brackets are left closed in it."""
        import sqlglot
        from sqlglot import errors, expressions

        parts: list[str] = []
        ends: list[tuple[int, Token]] = []
        index, length = start, 0
        while index < stop:
            token = self._tokens[index]
            listed = index > start and self._tokens[index - 1].text == "in"
            if token.kind == "function" or (_is(token, "(") and not listed):
                parts.append(f"f{index}()")
                index = self._partners[index + (token.kind == "function")]
            else:
                parts.append(_skeleton(index, self._tokens))
            length += len(parts[-1]) + 1
            ends.append((length, token))
            index += 1
        try:
            return sqlglot.parse_one(" ".join(parts), read="duckdb", into=expressions.Condition)
        except errors.SqlglotError as error:
            details = getattr(error, "errors", None) or [{}]
            column = details[0].get("col") or 0
            last = self._tokens[min(stop, len(self._tokens) - 1)]
            near = next((token for end, token in ends if column <= end), last)
            message = f"the expression cannot be read near {near.text!r}"
            hint = "Is a bracket, a value or an operator missing?"
            raise refuse(message, near.start, hint) from None

    def parts(self, opening: int) -> list[exp.Expr]:
        """Return the trees of what a bracket holds, cut at its commas."""
        closing = self._partners[opening]
        if closing == opening + 1:
            return []
        cuts = [opening]
        index = opening + 1
        while index < closing:
            if _is(self._tokens[index], ","):
                cuts.append(index)
            index = self._partners.get(index, index) + 1
        cuts.append(closing)
        return [self._tree(left + 1, right) for left, right in itertools.pairwise(cuts)]


def _partners(tokens: list[Token]) -> dict[int, int]:
    """Return the number of the closing bracket of each opening one."""
    partners: dict[int, int] = {}
    waiting: list[int] = []
    for index, token in enumerate(tokens):
        if _is(token, "("):
            waiting.append(index)
        elif _is(token, ")"):
            if not waiting:
                message = "a bracket is closed that was not opened"
                raise refuse(message, token.start)
            partners[waiting.pop()] = index
    if waiting:
        message = "the bracket is not closed"
        raise refuse(message, tokens[waiting[-1]].start, "Add the missing ')'.")
    return partners


def _is(token: Token, operator: str) -> bool:
    return token.kind == "operator" and token.text == operator


def _skeleton(index: int, tokens: list[Token]) -> str:
    token = tokens[index]
    match token.kind:
        case "string" | "number" | "parameter":
            return f"'{index}'"
        case "name" | "quoted":
            return f'"{index}"'
        case "keyword" if token.text in {"true", "false"}:
            return f"'{index}'"
        case "keyword" if token.text == "null":
            before = [t.text for t in tokens[max(0, index - 2) : index] if t.kind == "keyword"]
            return "null" if before[-1:] == ["is"] or before == ["is", "not"] else f"'{index}'"
        case _:
            return "<>" if token.text == "!=" else token.text


def token_of(tree: exp.Expr) -> int | None:
    """Return the number of the token that a part of a tree stands for."""
    match type(tree).__name__:
        case "Column" | "Literal":
            name = str(tree.name)
        case "Anonymous":
            name = str(tree.this)[1:]
        case _:
            return None
    return int(name) if name.isdecimal() else None


def chain(tree: exp.Expr) -> list[exp.Expr]:
    """Return the operands of a chain of one operator, in order."""
    kind = type(tree)
    found: list[exp.Expr] = []
    while type(tree) is kind:
        found.append(tree.args["expression"])
        tree = tree.this
    return [tree, *reversed(found)]
