"""What the language accepts, and the types it gives."""

from __future__ import annotations

import pickle
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cxaudit._expressions import FUNCTIONS, absent_in, columns_in, parameters_in, parse, reference
from cxaudit._model.expressions import (
    Arithmetic,
    Call,
    ColumnRef,
    Comparison,
    Conditional,
    HasHit,
    InList,
    IsNull,
    Literal,
    Logical,
    Negative,
    Not,
)
from cxaudit.errors import ExpressionError, Problem

COLUMNS = {
    "a": "number",
    "b": "number",
    "t": "text",
    "at": "time",
    "day": "date",
    "ok": "boolean",
    "Wait (s)": "text",
    "from": "text",
}
PARAMETERS = {"reply-hours": 24, "word": "x'y $z", "flag": True, "unanswered": None}
A, B, T, OK = (ColumnRef(n, COLUMNS[n]) for n in ("a", "b", "t", "ok"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", A),
        ("a + 1", Arithmetic("+", A, Literal(1, "number"))),
        ("a - b * 2", Arithmetic("-", A, Arithmetic("*", B, Literal(2, "number")))),
        ("-a", Negative(A)),
        ("-2.5e1", Literal(-25.0, "number")),
        (
            "a % 2 = 0",
            Comparison("=", Arithmetic("%", A, Literal(2, "number")), Literal(0, "number")),
        ),
        ("a != 1", Comparison("<>", A, Literal(1, "number"))),
        ("'it''s'", Literal("it's", "text")),
        ('"Wait (s)"', ColumnRef("Wait (s)", "text")),
        ("from", ColumnRef("from", "text")),
        ("TRUE", Literal(True, "boolean")),  # noqa: FBT003
        ("not ok", Not(OK)),
        ("ok and ok and not ok", Logical("and", (OK, OK, Not(OK)))),
        ("ok or ok and ok", Logical("or", (OK, Logical("and", (OK, OK))))),
        ("t is null", IsNull(T)),
        ("t IS NOT NULL", Not(IsNull(T))),
        ("a in (1, -2)", InList(A, (Literal(1, "number"), Literal(-2, "number")))),
        ("a not in (1)", Not(InList(A, (Literal(1, "number"),)))),
        (
            "a between 1 and b",
            Call("between", (A, Literal(1, "number"), B), "boolean"),
        ),
        ("t like 'x%'", Call("like", (T, Literal("x%", "text")), "boolean")),
        ("t not like 'x%'", Not(Call("like", (T, Literal("x%", "text")), "boolean"))),
        ("t || 'a' || t", Call("concat", (T, Literal("a", "text"), T), "text")),
        (
            "case when ok then a else null end",
            Conditional(((OK, A),), Literal(None, "number"), "number"),
        ),
        ("Lower(t)", Call("lower", (T,), "text")),
        ("least(a, null)", Call("least", (A, Literal(None, "number")), "number")),
        ("round(a)", Call("round", (A,), "number")),
        ("has_hit('acme.rude', 'swears')", HasHit("acme.rude", "swears")),
        ("has_hit('acme.rude')", HasHit("acme.rude", None)),
        ("$reply-hours", Literal(24, "number")),
        ("$word", Literal("x'y $z", "text")),
        ("$flag", Literal(True, "boolean")),  # noqa: FBT003
        ("'$reply-hours'", Literal("$reply-hours", "text")),
        ("a - $reply-hours", Arithmetic("-", A, Literal(24, "number"))),
        (
            "time('2026-04-01T02:00:00+02:00')",
            Literal(datetime(2026, 4, 1, tzinfo=UTC), "time"),
        ),
        ("time('2026-04-01')", Call("time", (Literal("2026-04-01T00:00:00", "text"),), "time")),
    ],
)
def test_an_expression_becomes_exactly_these_nodes(text, expected):
    assert parse(text, COLUMNS, PARAMETERS) == expected


def test_parameters_are_found_outside_texts_only_and_once():
    text = "a > $reply-hours and t <> '$no' and \"$no\" = 'x' or b < $reply-hours - $b-2"
    assert parameters_in(text) == ("reply-hours", "b-2")


def test_parameters_are_found_in_what_cannot_be_read():
    assert parameters_in("select ; '$x'") == ()
    assert parameters_in("; $y") == ("y",)


def test_columns_are_found_at_every_depth():
    text = "case when a in (1) then coalesce(t, lower(\"Wait (s)\")) else from end || 'b'"
    assert columns_in(parse(text, COLUMNS, {})) == {"a", "t", "Wait (s)", "from"}


@pytest.mark.parametrize(
    ("text", "absent"),
    [
        ("a > 1", {"a"}),
        ("coalesce(a, 1) > 1", set()),
        ("coalesce(a > b, b > 1)", set()),
        ("coalesce(a, a + 1) > 1", {"a"}),
        ("a is null or b > 1", {"a"}),
    ],
)
def test_coalesce_does_without_a_column_that_nobody_gives(text, absent):
    assert absent_in(parse(text, COLUMNS, {}), {"b"}) == absent


def test_a_text_inside_quotes_is_never_read_as_sql():
    hostile = "'); select 1 --"
    assert parse("$word", {}, {"word": hostile}) == Literal(hostile, "text")
    assert parse("'' || ''';--'", {}, {}) == Call(
        "concat", (Literal("", "text"), Literal("';--", "text")), "text"
    )


@pytest.mark.parametrize(
    ("text", "expect", "message", "hint"),
    [
        ("wait > 3", None, "there is no column 'wait' (at character 1)", "Did you mean 'at'?"),
        ("A > 3", None, "there is no column 'A' (at character 1)", "Did you mean 'a'?"),
        ("hou(at)", None, "there is no function 'hou'", "Did you mean 'hour'?"),
        ("1 + $reply-hour", None, "no parameter '$reply-hour'", "Did you mean 'reply-hours'?"),
        ("a - $unanswered", None, "'$unanswered' has no value (at character 5)", "Give it a value"),
        ("t = 1", None, "'=' compares text with a number", "Write number(x)"),
        ("a = '1'", None, "'=' compares a number with text", "without quotes"),
        ("at > '2026-04-01'", None, "compares a time with text", "Write time('2026"),
        ("day = at", None, "compares a date with a time", "Write date(x)"),
        ("a = null", None, "nothing equals null", "Write 'is null'"),
        ("at - at", None, "'-' needs numbers, and finds a time", "seconds_between"),
        ("t + t", None, "'+' needs numbers, and finds text", "'||'"),
        ("lower(a)", None, "'lower' needs text here, and this is a number", "lower(text)"),
        ("hour(t)", None, "'hour' needs a time here, and this is text", "parse_time"),
        ("lower(t, t)", None, "'lower' does not take 2 arguments", "Write lower(text)."),
        ("coalesce(a, t)", None, "'coalesce' needs values of one type", "coalesce(any, any"),
        ("case when ok then 1 else 'x' end", None, "the branches of 'case' differ", ""),
        ("case a when 1 then 2 end", None, "'case' is followed by 'when'", "case when x = 1"),
        ("ok is true", None, "'is' is followed by null", "coalesce(x, false)"),
        ("a in (b)", None, "'in' takes values written out", ""),
        ("not a", None, "a boolean is needed here, and this is a number", "x > 0"),
        ("ok < ok", None, "'<' does not compare booleans", ""),
        ("a + 1", "boolean", "must give a boolean and gives a number", "Compare it"),
        ("parse_time(t, t)", None, "'parse_time' needs a format written out here", ""),
        ("parse_time(t, '%Q')", None, "'%Q' is not part of a format", "%d.%m.%Y"),
        ("matches(t, '(')", None, "the pattern cannot be used: missing ): (", "RE2"),
        ("substring(t, 0, 2)", None, "a number from 1 to", ""),
        ("round(a, 1.5)", None, "needs a whole number", ""),
        ("split_part(t, '', 1)", None, "a separator that is not empty", ""),
        ("time('yesterday')", None, "is no ISO 8601 time", "2026-04-01T09:00:00Z"),
        ("a +", None, "a value is missing after '+' (at character 3)", ""),
        ("(a", None, "the bracket is not closed (at character 1)", "missing"),
        ("a)", None, "closed that was not opened (at character 2)", ""),
        ("least(a,, b)", None, "a value is missing before ',' (at character 9)", ""),
        ("a and", None, "a value is missing after 'and' (at character 3)", ""),
        ("and a", None, "a value is missing before 'and' (at character 1)", ""),
        ("lower(t", None, "the bracket is not closed (at character 6)", "Add the missing ')'"),
        ("a not is null", None, "'between', 'in' or 'like' is missing before 'is'", "is not null"),
        ("case when ok 1 end", None, "an operator is missing before '1'", ""),
        ("case when ok else 1 end", None, "'then' is missing before 'else'", "then b"),
        ("case when ok then 1", None, "'end' is missing after '1'", "end."),
        ("case end", None, "'case' is followed by 'when'", ""),
        ("a between 1 or 2", None, "'and' is missing before 'or'", "between 1 and 5"),
        ("a in b", None, "'in' needs a list of values", ""),
        ("a in ()", None, "'in' needs a list of values", ""),
        ("a = b is null", None, "'is null' beside a comparison", "brackets"),
        ("a is null = ok", None, "'is null' beside a comparison", "brackets"),
        ("a, b", None, "',' does not belong here (at character 2)", ""),
        ("()", None, "lists of values are not part", ""),
        ("a b", None, "an operator is missing before 'b' (at character 3)", "operator"),
        ("3a", None, "a name may not start with a digit", "double quotes"),
        ("'abc", None, "the text is not closed (at character 1)", "quote"),
        ("  ", None, "the expression is empty", ""),
    ],
)
def test_a_mistake_is_told_with_its_place_and_a_hint(text, expect, message, hint):
    with pytest.raises(ExpressionError) as caught:
        parse(text, COLUMNS, PARAMETERS, expect=expect)
    first = caught.value.problems[0]
    assert message in first.message
    assert hint in first.hint


def test_all_mistakes_of_one_expression_are_told_at_once():
    with pytest.raises(ExpressionError) as caught:
        parse("a = 'x' and t = 2 and zz > $no", COLUMNS, {})
    assert [problem.column for problem in caught.value.problems] == [1, 13, 23, 28]
    assert pickle.loads(pickle.dumps(caught.value)).problems == caught.value.problems


def test_a_mistake_is_told_once_though_it_is_met_twice():
    with pytest.raises(ExpressionError) as caught:
        parse("zz", {}, {})
    expected = Problem(
        "there is no column 'zz' (at character 1)", column=1, hint="No columns can be used here."
    )
    assert caught.value.problems == (expected,)


def test_the_reference_page_is_the_one_made_from_the_dictionary():
    page = Path(__file__).parents[2] / "docs" / "reference" / "expressions.md"
    assert page.read_text(encoding="utf-8") == reference()
    assert all(f"`{name}" in reference() or f.written for name, f in FUNCTIONS.items())


def test_importing_the_language_loads_no_engine():
    code = (
        "import sys, cxaudit._expressions, cxaudit._engines.duckdb.queries;"
        "print([n for n in ('duckdb', 'numpy') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
