"""Whether the arguments of a call fit its function."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import attrs

from cxaudit._expressions.functions import FUNCTIONS, LITERALS, Function
from cxaudit._expressions.patterns import pattern_problem
from cxaudit._expressions.walking import excess
from cxaudit._model.expressions import Call, Expression, HasHit, Literal
from cxaudit.errors import did_you_mean

__all__ = ["SHORTER", "Misfit", "article", "check_call", "conversion", "unified"]

_FORMAT = re.compile(r"%(?:[YmdHMSfybBaAIpjz%]|-[mdyHIMSj])")
_SUMS = frozenset({"sum", "avg", "count", "min", "max", "median", "quantile", "stddev"})
_MAX_PLACE = 1_000_000
SHORTER = "Replace by shorter texts, or in fewer steps."


@attrs.frozen
class Misfit:
    """What is wrong in a call; ``argument`` counts from 0, None means the whole call."""

    message: str
    argument: int | None = None
    hint: str = ""


def check_call(
    name: str, arguments: Sequence[Expression]
) -> tuple[Call | HasHit | None, list[Misfit]]:
    """Return the node of a call and what is wrong with it; the node is None when it has none."""
    function = FUNCTIONS.get(name)
    if function is None:
        hint = did_you_mean(name, FUNCTIONS) or "docs/reference/expressions.md lists all."
        if name in _SUMS:
            hint = "A metric's kind says how rows are summed up; write what is taken of one row."
        return None, [Misfit(f"there is no function {name!r}", hint=hint)]
    most = math.inf if function.variadic else len(function.arguments)
    if not len(function.arguments) - function.optional <= len(arguments) <= most:
        message = f"'{name}' does not take {len(arguments)} arguments"
        return None, [Misfit(message, hint=f"Write {function.signature}.")]
    wanted = [*function.arguments]
    wanted += wanted[-1:] * (len(arguments) - len(wanted))
    shared = unified([a for a, kind in zip(arguments, wanted, strict=False) if kind == "any"])
    if shared is None:
        kinds = " and ".join(dict.fromkeys(argument.type for argument in arguments))
        message = f"'{name}' needs values of one type, and finds {kinds}"
        return None, [Misfit(message, hint=f"Write {function.signature}.")]
    misfits, typed = [], []
    for position, (argument, kind) in enumerate(zip(arguments, wanted, strict=False)):
        expected = shared if kind == "any" else LITERALS.get(kind, kind)
        if isinstance(argument, Literal) and argument.type == "null":
            argument = attrs.evolve(argument, type=expected)  # noqa: PLW2901
        typed.append(argument)
        misfit = _misfit(function, argument, kind, expected)
        if misfit:
            misfits.append(attrs.evolve(misfit, argument=position))
    if misfits:
        return None, misfits
    if name == "has_hit":
        words = [str(node.value) for node in typed if isinstance(node, Literal)]
        return HasHit(words[0], words[1] if len(words) > 1 else None), []
    result = shared if function.result == "any" else function.result
    call = Call(name, tuple(typed), result)
    if call.type == "text" and (wrong := excess(call)):
        return None, [Misfit(wrong, hint=SHORTER)]
    return call, []


def unified(nodes: Sequence[Expression]) -> str | None:
    """Return the one type of some nodes, null left aside; None when they differ."""
    kinds = {node.type for node in nodes} - {"null"}
    return None if len(kinds) > 1 else kinds.pop() if kinds else "null"


def _misfit(function: Function, node: Expression, kind: str, expected: str) -> Misfit | None:
    if node.type not in {expected, "null"}:
        hint = f"Write {function.signature}."
        if expected == "number" and node.type == "text":
            hint = "Write number(x) to read a number from text."
        if expected == "time" and node.type == "text":
            hint = "Write time(x) or parse_time(x, format) to read a time from text."
        message = (
            f"'{function.name}' needs {article(expected)} here, and this is {article(node.type)}"
        )
        return Misfit(message, hint=hint)
    if kind in LITERALS:
        if not isinstance(node, Literal) or node.value is None:
            return Misfit(f"'{function.name}' needs a {kind} written out here")
        return _literal_misfit(function, node, kind)
    return None


def _literal_misfit(function: Function, node: Literal, kind: str) -> Misfit | None:
    value = node.value
    match kind:
        case "format":
            wrong = _FORMAT.sub("", str(value))
            if "%" in wrong:
                at = wrong.index("%")
                message = f"{wrong[at : at + 2]!r} is not part of a format"
                return Misfit(message, hint="Write one such as '%d.%m.%Y %H:%M:%S'.")
        case "pattern":
            wrong = pattern_problem(str(value))
            if wrong:
                return Misfit(f"the pattern cannot be used: {wrong}", hint="RE2 syntax holds.")
        case "place" | "size" | "digits":
            low, high = {"place": (1, _MAX_PLACE), "size": (0, _MAX_PLACE), "digits": (0, 9)}[kind]
            if not isinstance(value, (int, float)) or value != int(value):
                return Misfit(f"'{function.name}' needs a whole number here")
            if not low <= value <= high:
                return Misfit(f"'{function.name}' needs a number from {low} to {high:,} here")
        case "word" if function.name == "split_part" and not value:
            return Misfit("'split_part' needs a separator that is not empty")
        case _:
            pass
    return None


def article(kind: str) -> str:
    """Return a type with its article, for people."""
    return kind if kind == "text" else "null" if kind == "null" else f"a {kind}"


def conversion(node: Expression, wanted: str) -> str:
    """Return a hint how to make a value of the wanted type, or an empty text."""
    if node.type in {"boolean", wanted}:
        return ""
    if node.type == "text" and isinstance(node, Literal):
        return {
            "number": "Write the number without quotes.",
            "boolean": "Write true or false without quotes.",
            "time": "Write time('2026-04-01T00:00:00Z').",
            "date": "Write parse_date('2026-04-01', '%Y-%m-%d').",
        }.get(wanted, "")
    if node.type == "text":
        return {
            "number": "Write number(x) to read a number from text.",
            "time": "Write time(x) or parse_time(x, format) to read a time from text.",
            "date": "Write parse_date(x, format) to read a date from text.",
            "boolean": "Compare it with something, such as x = 'a'.",
        }.get(wanted, "")
    if (node.type, wanted) == ("time", "date"):
        return "Write date(x) to take the day of a time."
    if (node.type, wanted) == ("number", "boolean"):
        return "Compare it with something, such as x > 0."
    return ""
