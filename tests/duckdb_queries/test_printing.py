"""Printed expressions mean what the language says, on every row, whatever the row holds."""

# ruff: noqa: DTZ001 - stored times are plain and hold UTC

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cxaudit._engines.duckdb.printer import as_text, is_local, sql, text, to_utc
from cxaudit._expressions import parse
from cxaudit.errors import ExpressionError

COLUMNS = {
    "a": "number",
    "b": "number",
    "p": "boolean",
    "q": "boolean",
    "t": "text",
    "at": "time",
    "till": "time",
    "day": "date",
}
NUMBERS = [None, -2.5, -1.0, 0.0, 1.0, 3.0, 1e15]
TRUTHS = [None, True, False]
ROWS = [(a, b, p, q) for a in NUMBERS for b in NUMBERS for p in TRUTHS for q in TRUTHS]


@pytest.fixture(scope="module")
def engine():
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("CREATE TABLE rows (a DOUBLE, b DOUBLE, p BOOLEAN, q BOOLEAN)")
        connection.executemany("INSERT INTO rows VALUES (?, ?, ?, ?)", ROWS)
        yield connection


def one(engine, expression, *, zone="UTC", **values):
    """Return the value of an expression over one row."""
    kinds = {"number": "DOUBLE", "text": "VARCHAR", "time": "TIMESTAMP", "date": "DATE"}
    kinds["boolean"] = "BOOLEAN"
    selected = [f'CAST(${name} AS {kinds[COLUMNS[name]]}) AS "{name}"' for name in values]
    source = f"(SELECT {', '.join([*selected, f'{text(zone)} AS _zone'])})"
    printed = sql(parse(expression, COLUMNS, {}))
    return engine.execute(f"SELECT {printed} FROM {source}", values).fetchone()[0]


def strict(function):
    def applied(*values):
        return None if None in values else function(*values)

    return applied


def both(x, y):
    return False if x is False or y is False else None if None in (x, y) else True


def either(x, y):
    return True if True in (x, y) else None if None in (x, y) else False


ARITHMETIC = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y if y else None,
    "%": lambda x, y: math.fmod(x, y) if y else None,
}
COMPARING = {
    "=": lambda x, y: x == y,
    "<>": lambda x, y: x != y,
    "<": lambda x, y: x < y,
    "<=": lambda x, y: x <= y,
    ">": lambda x, y: x > y,
    ">=": lambda x, y: x >= y,
}


def numbers(inner):
    """Pairs of text and the function of a row that it means."""
    leaves = st.one_of(
        st.sampled_from([("a", lambda r: r[0]), ("b", lambda r: r[1])]),
        st.sampled_from([0, 1, 2.5, 7]).map(lambda n: (str(n), lambda _: float(n))),
    )
    if inner is None:
        return leaves
    number, truth = inner
    return st.one_of(
        leaves,
        st.tuples(st.sampled_from(sorted(ARITHMETIC)), number, number).map(
            lambda x: (
                f"({x[1][0]} {x[0]} {x[2][0]})",
                lambda r: strict(ARITHMETIC[x[0]])(x[1][1](r), x[2][1](r)),
            )
        ),
        number.map(lambda x: (f"- {x[0]}", lambda r: strict(lambda v: -v)(x[1](r)))),
        st.tuples(truth, number, number).map(
            lambda x: (
                f"case when {x[0][0]} then {x[1][0]} else {x[2][0]} end",
                lambda r: x[1][1](r) if x[0][1](r) else x[2][1](r),
            )
        ),
        st.tuples(number, number).map(
            lambda x: (
                f"coalesce({x[0][0]}, {x[1][0]})",
                lambda r: x[1][1](r) if x[0][1](r) is None else x[0][1](r),
            )
        ),
        st.tuples(number, number).map(
            lambda x: (
                f"greatest({x[0][0]}, {x[1][0]})",
                lambda r: max((v for v in (x[0][1](r), x[1][1](r)) if v is not None), default=None),
            )
        ),
    )


def truths(inner):
    leaves = st.sampled_from([("p", lambda r: r[2]), ("q", lambda r: r[3])])
    if inner is None:
        return leaves
    number, truth = inner
    return st.one_of(
        leaves,
        st.tuples(st.sampled_from(sorted(COMPARING)), number, number).map(
            lambda x: (
                f"{x[1][0]} {x[0]} ({x[2][0]})",
                lambda r: strict(COMPARING[x[0]])(x[1][1](r), x[2][1](r)),
            )
        ),
        truth.map(lambda x: (f"not ({x[0]})", lambda r: strict(lambda v: not v)(x[1](r)))),
        st.tuples(truth, truth).map(
            lambda x: (f"({x[0][0]}) and {x[1][0]}", lambda r: both(x[0][1](r), x[1][1](r)))
        ),
        st.tuples(truth, truth).map(
            lambda x: (f"(({x[0][0]}) or {x[1][0]})", lambda r: either(x[0][1](r), x[1][1](r)))
        ),
        number.map(lambda x: (f"({x[0]}) is not null", lambda r: x[1](r) is not None)),
        number.map(
            lambda x: (f"({x[0]}) in (1, -1)", lambda r: strict(lambda v: v in (1, -1))(x[1](r)))
        ),
        number.map(
            lambda x: (
                f"({x[0]}) between -1 and 3",
                lambda r: strict(lambda v: -1 <= v <= 3)(x[1](r)),
            )
        ),
    )


def expressions(depth):
    inner = None
    for _ in range(depth):
        inner = (numbers(inner), truths(inner))
    return st.one_of(*inner)


@settings(max_examples=150, deadline=None)
@given(expressions(4))
def test_arithmetic_and_logic_with_nulls_are_those_of_python(engine, made):
    written, meant = made
    assume(len(written) <= 2_000)
    printed = sql(parse(written, COLUMNS, {}))
    found = [value for (value,) in engine.execute(f"SELECT {printed} FROM rows").fetchall()]
    assert found == [meant(row) for row in ROWS]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("12", 12.0),
        ("-1.5e3", -1500.0),
        (" 7 ", 7.0),
        ("1,5", None),
        ("", None),
        ("nan", None),
        ("inf", None),
        ("-Infinity", None),
        ("1e999", None),
        ("12 s", None),
        (None, None),
    ],
)
def test_number_reads_a_number_or_gives_null(engine, written, expected):
    assert one(engine, "number(t)", t=written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1:02:03.5", 3723.5),
        ("2:30", 150.0),
        ("90", 90.0),
        ("0:00:07", 7.0),
        ("100:00:00", 360000.0),
        ("1:75", None),
        ("-1:00", None),
        ("1:2:3:4", None),
        ("", None),
        ("x", None),
        (None, None),
    ],
)
def test_seconds_reads_a_duration_or_gives_null(engine, written, expected):
    assert one(engine, "seconds(t)", t=written) == expected


@pytest.mark.parametrize("offset", range(7))
def test_all_seven_weekdays_are_those_of_python(engine, offset):
    moment = datetime(2026, 11, 16, 12, tzinfo=UTC) + timedelta(days=offset)
    found = one(engine, "weekday(at)", at=moment.replace(tzinfo=None))
    assert found == moment.isoweekday() == offset + 1


ZONES = ["UTC", "Europe/Paris", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]


@settings(max_examples=100, deadline=None)
@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1)),
    st.sampled_from(ZONES),
)
def test_the_clock_of_a_zone_is_that_of_python(engine, moment, zone):
    clock = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    year, week, weekday = clock.isocalendar()
    expected = {
        "weekday": weekday,
        "hour": clock.hour,
        "half_hour": clock.hour * 2 + clock.minute // 30,
        "date": clock.date(),
        "month": f"{clock:%Y-%m}",
        "week": f"{year}-W{week:02}",
    }
    for name, value in expected.items():
        assert one(engine, f"{name}(at)", zone=zone, at=moment) == value
        constant = sql(parse(f"{name}(at)", COLUMNS, {}), zone=zone)
        row = engine.execute(f'SELECT {constant} FROM (SELECT $1 AS "at")', [moment]).fetchone()
        assert row == (value,)


@settings(max_examples=200, deadline=None)
@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1)),
    st.sampled_from(ZONES),
)
def test_local_times_become_utc_by_the_first_of_two_and_forward_over_a_gap(engine, local, zone):
    # PEP 495: fold=0 is the first of two, and in a gap the offset before it.
    expected = local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC).replace(tzinfo=None)
    found = engine.execute(
        f"SELECT {to_utc('x', text(zone))} FROM (SELECT CAST($1 AS TIMESTAMP) AS x)", [local]
    ).fetchone()
    assert found == (expected,)


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        ("Europe/Paris", "2026-10-25T02:30:00", "2026-10-25T00:30:00"),
        ("Europe/Paris", "2026-10-25T03:00:00", "2026-10-25T02:00:00"),
        ("Europe/Paris", "2026-03-29T02:30:00", "2026-03-29T01:30:00"),
        ("Europe/Paris", "2026-03-29T03:00:00", "2026-03-29T01:00:00"),
        ("America/New_York", "2026-11-01T01:59:59.999999", "2026-11-01T05:59:59.999999"),
        ("Australia/Lord_Howe", "2026-04-05T01:45:00", "2026-04-04T14:45:00"),
    ],
)
def test_times_at_a_change_of_the_clock(engine, zone, local, utc):
    assert one(engine, "time(t)", zone=zone, t=local) == datetime.fromisoformat(utc)
    assert one(engine, f"time('{local}')", zone=zone) == datetime.fromisoformat(utc)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-04-01T10:00:00Z", datetime(2026, 4, 1, 10)),
        ("2026-04-01T10:00:00+02:00", datetime(2026, 4, 1, 8)),
        ("2026-04-01 10:00+0530", datetime(2026, 4, 1, 4, 30)),
        ("2026-04-01T10:00:00.123456-05", datetime(2026, 4, 1, 15, 0, 0, 123456)),
        ("2026-04-01T10:00:00", datetime(2026, 4, 1, 8)),
        ("2026-04-01", datetime(2026, 3, 31, 22)),
        ("2026-13-01T10:00:00Z", None),
        ("infinity", None),
        ("epoch", None),
        ("", None),
        (None, None),
    ],
)
def test_time_reads_iso_texts_with_and_without_offset(engine, written, expected):
    assert one(engine, "time(t)", zone="Europe/Paris", t=written) == expected


@pytest.mark.parametrize(
    ("layout", "written", "expected"),
    [
        ("%d.%m.%Y %H:%M:%S", "01.04.2026 10:00:00", datetime(2026, 4, 1, 8)),
        ("%d.%m.%Y %H:%M:%S", "31.02.2026 10:00:00", None),
        ("%d.%m.%Y %H:%M:%S", "rubbish", None),
        ("%Y-%m-%d %H:%M:%S.%f", "2026-04-01 10:00:00.5", datetime(2026, 4, 1, 8, 0, 0, 500000)),
        ("%m/%d/%Y %I:%M %p", "04/01/2026 10:00 PM", datetime(2026, 4, 1, 20)),
        ("%Y-%m-%d %H:%M%z", "2026-04-01 10:00+01:00", datetime(2026, 4, 1, 9)),
        ("%Y-%m-%d %H:%M%z", "2026-04-01 10:00Z", datetime(2026, 4, 1, 10)),
        ("%Y-%m-%d %H:%M%z", "2026-04-01 10:00", None),
    ],
)
def test_parse_time_reads_formats_and_never_fails(engine, layout, written, expected):
    found = one(engine, f"parse_time(t, '{layout}')", zone="Europe/Paris", t=written)
    assert found == expected


def test_only_times_read_without_an_offset_are_local():
    def local(written):
        return is_local(parse(written, COLUMNS, {}))

    assert local("parse_time(t, '%d.%m.%Y')")
    assert local("time(t)")
    assert local("time('2026-04-01')")
    assert local("coalesce(at, time(t))")
    assert local("case when p then time(t) end")
    assert not local("parse_time(t, '%Y-%m-%d %z')")
    assert not local("time('2026-04-01T00:00Z')")
    assert not local("at")
    assert not local("hour(time(t))")
    assert not local("add_seconds(time(t), 1)")


@pytest.mark.parametrize(
    ("written", "given", "expected"),
    [
        ("time(t)", "2026-03-29T02:30:00", datetime(2026, 3, 29, 2, 30)),
        ("time(t)", "2026-03-29T02:30:00Z", None),
        ("parse_time(t, '%Y-%m-%d')", "2026-03-29", datetime(2026, 3, 29)),
        ("coalesce(time(t), parse_time(t, '%d.%m.%Y'))", "29.03.2026", datetime(2026, 3, 29)),
        ("case when t is null then time(t) else time(t) end", "2026-03-29", datetime(2026, 3, 29)),
        ("parse_time(t, '%Y-%m-%d %z')", "2026-03-29 +00", None),
    ],
)
def test_local_times_are_printed_as_on_the_clock_for_loading(engine, written, given, expected):
    printed = sql(parse(written, COLUMNS, {}), local=True)
    found = engine.execute(f"SELECT {printed} FROM (SELECT $1 AS t)", [given]).fetchone()
    assert found == (expected,)


def test_the_hour_of_a_local_time_is_the_hour_that_was_written(engine):
    written = "hour(parse_time(t, '%Y-%m-%d %H:%M'))"
    assert one(engine, written, zone="Europe/Paris", t="2026-03-29 02:30") == 2


def test_differences_keep_fractions_of_a_second_and_the_change_of_the_clock(engine):
    first, second = datetime(2026, 3, 29, 0, 59, 59, 250000), datetime(2026, 3, 29, 1, 0, 0, 1)
    assert one(engine, "seconds_between(at, till)", at=first, till=second) == 0.750001
    written = "seconds_between(time('2026-03-29T01:30:00'), time('2026-03-29T03:30:00'))"
    assert one(engine, written, zone="Europe/Paris") == 3600
    assert one(engine, "days_between(day, date(at))", day=date(2026, 3, 1), at=first) == 28
    assert one(engine, "add_seconds(at, 0.75)", at=first) == datetime(2026, 3, 29, 1)
    assert one(engine, "add_seconds(at, a)", at=first, a=1e300) is None


@pytest.mark.parametrize(
    ("written", "given", "expected"),
    [
        ("trim(t)", " \t x\r\n", "x"),
        ("length(t)", "né", 2),
        ("substring(t, 2, 2)", "abcd", "bc"),
        ("substring(t, 9, 2)", "abcd", ""),
        ("split_part(t, '-', 2)", "a-b-c", "b"),
        ("split_part(t, '-', 9)", "a-b-c", ""),
        ("replace(t, ',', '.')", "1,5", "1.5"),
        ("replace(t, '', 'x')", "ab", "ab"),
        ("t || '''' || t", "a", "a'a"),
        ("t || 'x'", None, None),
        ("matches(t, '^a.c$')", "abc", True),
        ("matches(t, 'B')", "abc", False),
        ("matches(t, '(?i)B')", "abc", True),
        ("contains(t, '%')", "a%", True),
        ("starts_with(t, '_')", "ab", False),
        ("ends_with(t, 'b')", "ab", True),
        ("t like 'a_c%'", "abcd", True),
        ("upper(t) = 'AB'", "ab", True),
        ("coalesce(t, 'none')", None, "none"),
        ("nullif(t, '')", "", None),
        ("t in ('a', 'b')", None, None),
        ("round(number(t))", "2.5", 3),
        ("round(number(t), 1)", "-0.25", -0.3),
        ("floor(number(t))", "-1.5", -2),
        ("ceil(number(t))", "-1.5", -1),
        ("abs(number(t))", "-1.5", 1.5),
        ("parse_date(t, '%d.%m.%Y')", "01.04.2026", date(2026, 4, 1)),
        ("parse_date(t, '%d.%m.%Y')", "31.02.2026", None),
    ],
)
def test_functions_on_texts_and_numbers(engine, written, given, expected):
    assert one(engine, written, t=given) == expected


def test_groups_are_texts_without_a_needless_decimal_point(engine):
    def group(written):
        printed = as_text(parse(written, COLUMNS, {}))
        return engine.execute(f"SELECT {printed} FROM (SELECT 10e0 AS a, true AS p)").fetchone()[0]

    assert [group(w) for w in ("a", "a / 4", "a > 1", "null")] == ["10", "2.5", "true", None]


def test_every_row_is_safe_from_words_in_parameters_and_names(engine):
    hostile = "x'; DROP TABLE rows; --"
    columns = {'a"; DROP TABLE rows; --': "text"}
    printed = sql(parse('"a""; DROP TABLE rows; --" = $word', columns, {"word": hostile}))
    name = '"a""; DROP TABLE rows; --"'
    found = engine.execute(f"SELECT {printed} FROM (SELECT $1 AS {name})", [hostile]).fetchone()
    assert found == (True,)
    assert engine.execute("SELECT count(*) FROM rows").fetchone() == (len(ROWS),)


def test_a_text_of_sql_that_grows_without_end_is_refused():
    nested = "t"
    for _ in range(20):
        nested = f"month(time({nested}))"
    with pytest.raises(ExpressionError, match="more than 200,000 characters of SQL"):
        sql(parse(nested, COLUMNS, {}))
