"""A checklist is untrusted: nothing but the language gets through, and nothing it can say harms."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxaudit._engines.duckdb.printer import sql
from cxaudit._expressions import FUNCTIONS, columns_in, parameters_in, parse
from cxaudit.errors import ExpressionError

COLUMNS = {"a": "number", "t": "text", "ok": "boolean", "at": "time"}

HOSTILE = [
    # files and the network
    "read_csv('/etc/passwd')",
    "read_text('/etc/passwd') = 'x'",
    "read_blob('/etc/passwd')",
    "read_parquet('http://example.org/x')",
    "glob('*')",
    "'/etc/passwd'.read_text()",
    "from '/etc/passwd'",
    "copy t to 'x'",
    "install httpfs",
    "load 'x.so'",
    "attach 'x.db'",
    # statements and subqueries
    "select 1",
    "(select 1)",
    "a in (select 1)",
    "a = (select max(a) from calls)",
    "exists (select 1)",
    "exists(from calls)",
    "(from calls)",
    "(values (1))",
    "with x as (select 1) select 1",
    "a > all (select 1)",
    "a union select 1",
    "a; drop table calls",
    "a; select 1",
    "ok --",
    "ok /* x */",
    "(with)",
    "set threads = 1",
    "pragma version",
    # session, environment, other tables
    "query('select 1')",
    "query_table('calls')",
    "current_setting('threads')",
    "getenv('HOME')",
    "duckdb_settings()",
    "getvariable('x')",
    "current_date > at",
    "current_user = t",
    "now() > at",
    "nextval('s')",
    "main.calls.a",
    "calls.a > 1",
    "columns(*)",
    "count(*)",
    "*",
    "a.*",
    # windows, aggregates, lambdas, macros, lists
    "row_number() over ()",
    "sum(a) over (partition by t) > 1",
    "sum(a)",
    "max(a) filter (where ok)",
    "list_transform([1], x -> x)",
    "lambda x: x",
    "x -> x + 1",
    "[1, 2]",
    "[x for x in range(10)]",
    "{'a': 1}",
    "a[1]",
    "(a, a)",
    "range(1000000000)",
    "generate_series(1, 1000000000)",
    "unnest([1])",
    "repeat('x', 1000000000)",
    "lpad('x', 1000000000, 'y')",
    "my_macro(a)",
    "eval('1')",
    "__import__('os')",
    # casts and forms of SQL that are left out
    "t::int",
    "cast(t as int)",
    "try_cast(t as int)",
    "date '2026-01-01'",
    "interval 1 day",
    "interval '1' day",
    "extract(year from at)",
    "t ilike 'x'",
    "t similar to 'x'",
    "t ~ 'x'",
    "t collate nocase",
    "a is distinct from 1",
    "t like 'x' escape '!'",
    "e'\\x27'",
    "$$text$$",
    "$1",
    "?",
    ":name",
    "@x",
    "#1",
    "a == 1",
    "a ** 2",
    "a ^ 2",
    "a // 2",
    "a & 1",
    "`a`",
    "\\",
    "'a\0b'",
    "a\0",
    "a \N{GREEK QUESTION MARK} a",
    "ok and\N{NO-BREAK SPACE}(select 1)",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_it_is_refused_in_words(text):
    with pytest.raises(ExpressionError) as caught:
        parse(text, COLUMNS, {})
    for problem in caught.value.problems:
        assert problem.message


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + "a" + ")" * 10_000,
        "(" * 900 + "a" + ")" * 900,
        "not " * 400 + "ok",
        "- " * 900 + "a",
        "ok = not " * 200 + "ok",
        "lower(" * 300 + "t" + ")" * 300,
        "case when ok then " * 60 + "1" + " end" * 60,
        "+".join(["a"] * 900),
        "'" + "x" * 3_000 + "'",
        "1" * 3_000,
        "a" * 3_000,
        "(" * 51 + "a" + ")" * 51,
        "1e400",
        "9" * 400,
    ],
    ids=lambda text: f"{text[:12]}...{len(text)}",
)
def test_size_is_refused_before_it_costs_anything(text):
    started = time.process_time()
    with pytest.raises(ExpressionError):
        parse(text, COLUMNS, {})
    assert time.process_time() - started < 2


@pytest.mark.parametrize("pattern", ["(?=x)", r"(x)\1", "((a{100}){100}){100}", "[", "*"])
def test_patterns_that_re2_does_not_run_in_linear_time_are_refused(pattern):
    with pytest.raises(ExpressionError, match="the pattern cannot be used"):
        parse(f"matches(t, '{pattern}')", COLUMNS, {})


def again(times, text, inner="t"):
    """Nest a replacement that makes each x a longer text."""
    for _ in range(times):
        inner = f"replace({inner}, 'x', '{text}')"
    return inner


@pytest.mark.parametrize(
    ("text", "times"),
    [
        (again(20, "x" * 10), 11110),  # the third step is the first too many: 10 + 100 + ...
        (again(1, "y" * 21), 21),
        (again(2, "xxxx"), 20),  # 4 and 16: as much as is allowed
        (again(1, "€" * 7), 21),  # three bytes each
        (f"lower({again(2, 'xxxx')})", 36),
        (" || ".join(["t"] * 21), 21),
        (f"replace({' || '.join(['t'] * 7)}, 'x', 'yy')", 21),
        (f"case when a = 1 then {again(1, 'y' * 21)} else t end", 21),
        (f"{again(1, 'y' * 11)} || {again(1, 'z' * 11)}", 44),  # 11, 11, and both joined
    ],
)
def test_texts_cannot_be_made_to_grow_without_end(text, times):
    if times <= 20:
        assert parse(f"{text} = ''", COLUMNS, {})
        return
    with pytest.raises(ExpressionError, match="times as much text as the row holds") as caught:
        parse(f"{text} = ''", COLUMNS, {})
    (problem,) = caught.value.problems
    assert problem.column is not None
    assert problem.hint


def test_steps_side_by_side_are_counted_together():
    many = " or ".join(f"{again(1, 'y' * n)} = ''" for n in range(2, 7))  # 2 + 3 + 4 + 5 + 6 = 20
    assert parse(many, COLUMNS, {})
    with pytest.raises(ExpressionError, match="22 times"):
        parse(f"{many} or {again(1, 'zz')} = ''", COLUMNS, {})
    # The same step again costs nothing: an engine does it once.
    assert parse(" or ".join(f"contains(lower(t), '{n}')" for n in range(60)), COLUMNS, {})


def test_texts_that_are_written_out_cannot_grow_either():
    with pytest.raises(ExpressionError, match="bytes of text out of what is written here"):
        parse(f"{again(2, 'x' * 200, inner=chr(39) + 'x' * 9 + chr(39))} = t", COLUMNS, {})
    with pytest.raises(ExpressionError, match="bytes of text out of what is written here"):
        parse("t || $long = ''", COLUMNS, {"long": "x" * 20_000})


def test_texts_of_several_columns_are_joined():
    columns = {f"c{n}": "text" for n in range(60)}
    assert parse(" || '-' || ".join(columns), columns, {}).type == "text"


def test_long_chains_are_read():
    assert len(parse(" or ".join(["a = 1"] * 200), COLUMNS, {}).operands) == 200
    assert len(parse(" || ".join(["''"] * 330), COLUMNS, {}).arguments) == 330


PIECES = [
    "a",
    "t",
    "ok",
    "at",
    "zz",
    "'x'",
    "''",
    "1",
    "2.5",
    ".5",
    "$p",
    "$q",
    "null",
    "true",
    "case",
    "when",
    "then",
    "else",
    "end",
    "and",
    "or",
    "not",
    "in",
    "is",
    "like",
    "between",
    "(",
    ")",
    ",",
    "+",
    "-",
    "*",
    "/",
    "%",
    "||",
    "=",
    "<>",
    "<=",
    "lower(",
    "coalesce(",
    "time(",
    "parse_time(",
    "has_hit(",
    "select",
    ";",
    ":",
    ".",
    "--",
    "[",
    "]",
    "{",
    "}",
    "->",
    "::",
    '"',
    '"t"',
    "'",
    "$",
    "\\",
    "1e9",
    "e'x'",
    "b'1'",
    "x'00'",
    "u&'x'",
    "..",
    "from",
    "over",
    "interval",
    "date",
    "time",
    "\n",
    "@",
    "é",
]


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join) | st.text(max_size=30))
def test_any_text_is_read_or_refused_and_what_is_read_can_be_printed(text):
    parameters_in(text)
    try:
        node = parse(text, COLUMNS, {"p": 1, "q": None})
    except ExpressionError:
        return
    assert columns_in(node) <= COLUMNS.keys()
    sql(node)


@pytest.mark.parametrize("depth", [5, 49])
def test_reasonable_depth_is_allowed(depth):
    parse("(" * depth + "a" + ")" * depth, COLUMNS, {})
    parse("abs(" * depth + "a" + ")" * depth, COLUMNS, {})


def test_the_dictionary_holds_no_function_that_reaches_outside_the_row():
    dangerous = ("read", "query", "setting", "env", "glob", "range", "repeat", "pad", "random")
    assert not [name for name in FUNCTIONS if any(word in name for word in dangerous)]
