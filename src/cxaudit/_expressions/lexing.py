"""Tokens of an expression, with their places, and the limits that hold before it is parsed."""

from __future__ import annotations

import re
from collections.abc import Container

import attrs

from cxaudit.errors import ExpressionError, Problem

__all__ = ["MAX_DEPTH", "MAX_LENGTH", "Token", "lex", "refuse"]

MAX_LENGTH = 2_000
"""Characters that an expression may have."""

MAX_DEPTH = 50
"""Levels that an expression may nest."""

_OPERATORS = ("and", "or", "not", "is", "in", "between", "like")
KEYWORDS = frozenset({*_OPERATORS, "case", "when", "then", "else", "end", "true", "false", "null"})

_TOKENS = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<string>'(?:[^']|'')*')
  | (?P<quoted>"(?:[^"]|"")+")
  | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?!\w))
  | (?P<parameter>\$[A-Za-z_]\w*(?:[-.]\w+)*)
  | (?P<name>[^\W\d]\w*)
  | (?P<refused>--|/\*|::|->|==|=>|=<|;)
  | (?P<operator><>|!=|<=|>=|\|\||[=<>+\-*/%(),])
    """,
    re.VERBOSE,
)

_REFUSED = {
    "--": ("comments are not part of the language", "Put the comment into the TOML file."),
    "/*": ("comments are not part of the language", "Put the comment into the TOML file."),
    "::": ("casts are not part of the language", "Write number(x), time(x) or parse_date(x, f)."),
    "->": ("lambdas are not part of the language", ""),
    "==": ("'==' is not an operator", "Write '='."),
    "=>": ("'=>' is not an operator", "Write '>='."),
    "=<": ("'=<' is not an operator", "Write '<='."),
    ";": ("only one expression may be written", "Remove ';' and what follows it."),
    "'": ("the text is not closed", "Add the missing quote; a quote inside a text is written ''."),
    '"': ("the name is not closed", "Add the missing double quote."),
    "[": ("lists are not part of the language", "Write x in ('a', 'b')."),
    "{": ("structures are not part of the language", ""),
    ".": ("names of tables or schemas are not part of the language", "Write the column alone."),
    "$": ("a parameter needs a name", "Write $name."),
}

_WORDS = {
    "subqueries": "select from with exists union values any all some",
    "window functions": "over filter window within partition qualify",
    "casts": "cast try_cast convert collate",
    "lambdas": "lambda",
    "statements": "create drop insert update delete copy attach install load pragma set call",
    "values of the session or clock": (
        "current_date current_time current_timestamp current_user current_setting now today "
        "getenv localtime localtimestamp session_user user"
    ),
    "intervals": "interval extract",
    "comparisons by other words": "ilike similar glob rlike regexp distinct escape",
    "functions that read files or tables": (
        "read_csv read_csv_auto read_text read_blob read_json read_parquet parquet_scan query "
        "query_table glob duckdb_settings range generate_series unnest"
    ),
}
NOT_IN_LANGUAGE = {word: kind for kind, words in _WORDS.items() for word in words.split()}
"""Words of SQL that people try, with the name of what they belong to."""


@attrs.frozen
class Token:
    """A piece of an expression.

    Attributes:
        kind: ``string``, ``quoted``, ``number``, ``parameter``, ``name``, ``function`` (a name
            before a bracket), ``keyword`` or ``operator``.
        text: What it says, quotes taken off.
        start: Where it starts, counted from 0.
    """

    kind: str
    text: str
    start: int


def refuse(message: str, start: int | None = None, hint: str = "") -> ExpressionError:
    """Return an error with one problem, placed at a character counted from 0."""
    return ExpressionError((problem(message, start, hint),))


def problem(message: str, start: int | None = None, hint: str = "") -> Problem:
    """Return a problem whose words tell the place inside the expression as well."""
    if start is None:
        return Problem(message, hint=hint)
    return Problem(f"{message} (at character {start + 1})", column=start + 1, hint=hint)


def lex(text: str, columns: Container[str] = ()) -> list[Token]:
    """Return the tokens of an expression.

    Names of columns win over words that are refused because SQL gives them a meaning.

    Raises:
        ExpressionError: If it is empty, too long, too deep, or holds what is no token.
    """
    if len(text) > MAX_LENGTH:
        message = f"the expression has {len(text):,} characters; at most {MAX_LENGTH:,} are allowed"
        raise refuse(message, hint="Split it into several columns or metrics.")
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKENS.match(text, position)
        kind = match.lastgroup if match else None
        if match is None or kind is None or kind == "refused":
            raise _unreadable(position, match[0] if match else text[position])
        if kind != "space":
            tokens.append(_token(kind, match[0], position, text[match.end() :].lstrip()[:1]))
        position = match.end()
    if not tokens:
        message = "the expression is empty"
        raise refuse(message, hint="Leave the field out instead.")
    for before, after in zip([None, *tokens], tokens, strict=False):
        _check_word(after, columns)
        if before and _ends_operand(before) and _starts_operand(after):
            message = f"an operator is missing before {after.text!r}"
            raise refuse(message, after.start, "Put an operator such as 'and' or '||' between.")
    _check_depth(tokens)
    return tokens


def _token(kind: str, text: str, start: int, following: str) -> Token:
    if kind == "string":
        return Token(kind, text[1:-1].replace("''", "'"), start)
    if kind == "quoted":
        return Token(kind, text[1:-1].replace('""', '"'), start)
    if kind == "parameter":
        return Token(kind, text[1:], start)
    if kind == "name" and text.lower() in KEYWORDS:
        return Token("keyword", text.lower(), start)
    if kind == "name" and following == "(":
        return Token("function", text.lower(), start)
    if text == "!=":
        return Token(kind, "<>", start)
    return Token(kind, text, start)


def _unreadable(position: int, piece: str) -> ExpressionError:
    message, hint = _REFUSED.get(piece, (f"{piece!r} is not part of the language", ""))
    if piece.isdigit():
        message, hint = "a name may not start with a digit", "Put it in double quotes."
    if not piece.isprintable():
        message = f"the character {piece!r} is not allowed"
    return refuse(message, position, hint)


def _check_word(token: Token, columns: Container[str]) -> None:
    if "\0" in token.text:
        message = "a text may not hold the character '\\0'"
        raise refuse(message, token.start)
    word = token.text.lower()
    if token.kind not in {"name", "function"} or word not in NOT_IN_LANGUAGE:
        return
    if token.kind == "name" and token.text in columns:
        return
    hint = "A column of this name is written in double quotes." if token.kind == "name" else ""
    message = f"{NOT_IN_LANGUAGE[word]} are not part of the language: {token.text!r}"
    raise refuse(message, token.start, hint)


def _ends_operand(token: Token) -> bool:
    if token.kind == "keyword":
        return token.text in {"true", "false", "null", "end"}
    return token.kind in {"string", "quoted", "number", "parameter", "name"} or token.text == ")"


def _starts_operand(token: Token) -> bool:
    if token.kind == "keyword":
        return token.text in {"true", "false", "null", "case"}
    return token.kind != "operator" or token.text == "("


def _check_depth(tokens: list[Token]) -> None:
    open_prefixes = [0]
    levels = 0
    previous: Token | None = None
    for token in tokens:
        word = token.text if token.kind in {"keyword", "operator"} else ""
        if word in {"(", "case"}:
            open_prefixes.append(0)
        elif word in {")", "end"} and len(open_prefixes) > 1:
            levels -= open_prefixes.pop()
        elif word in {",", "and", "or", "when", "then", "else"}:
            levels -= open_prefixes[-1]
            open_prefixes[-1] = 0
        elif word in {"not", "-", "+"} and (previous is None or not _ends_operand(previous)):
            open_prefixes[-1] += 1
            levels += 1
        previous = token
        if len(open_prefixes) - 1 + levels > MAX_DEPTH:
            message = f"the expression nests deeper than {MAX_DEPTH} levels"
            raise refuse(message, token.start, "Split it into several columns or metrics.")


def scan_parameters(text: str) -> tuple[str, ...]:
    """Return the names after ``$`` outside quoted texts, each once, in order."""
    names: dict[str, None] = {}
    position = 0
    while position < len(text):
        match = _TOKENS.match(text, position)
        if match and match.lastgroup == "parameter":
            names[match[0][1:]] = None
        position = match.end() if match else position + 1
    return tuple(names)
