"""Draws for evidence: the rows that a slow reference in plain Python draws, and their counts."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxaudit._engines.duckdb import draws as module
from cxaudit._engines.duckdb.session import connect
from cxaudit._expressions import parse
from cxaudit._model.tables import ColumnRows
from cxaudit.plugin import Column, DrawCondition, DrawQuery, Table

TABLE = Table(
    id="calls",
    columns=(
        Column(name="a", type="number", meaning=""),
        Column(name="at", type="time", meaning=""),
    ),
)
HITS = Table(
    id="hits",
    columns=tuple(
        Column(name=name, type=kind, meaning="")
        for name, kind in (
            ("detector", "text"),
            ("table_name", "text"),
            ("label", "text"),
            ("start", "number"),
            ("end", "number"),
            ("quote", "text"),
        )
    ),
)
TYPES = {"a": "number"}
TREE = {
    "root": ("root", "north", "quay", "mole", "it's"),
    "north": ("north", "quay", "mole"),
    "quay": ("quay",),
    "mole": ("mole",),
    "it's": ("it's",),
}
SELECTED = {
    "a > 2": lambda row: row["a"] is not None and row["a"] > 2,
    "a < 7 or a is null": lambda row: row["a"] is None or row["a"] < 7,
    "a > 8": lambda row: row["a"] is not None and row["a"] > 8,
    "a > 100": lambda _row: False,
}


@pytest.fixture(scope="module")
def fill():
    """Return a session that holds rows, and hits given as (row's number, detector)."""
    sessions = []

    def start(rows, hits=()):
        session = connect()
        sessions.append(session)
        session.add(TABLE, ColumnRows.of(TABLE, rows))
        session.add(
            HITS,
            ColumnRows.of(
                HITS,
                [
                    {
                        "detector": detector,
                        "table_name": "calls",
                        "label": f"l{number}",
                        "start": 1,
                        "end": 3,
                        "quote": "it",
                        "_source": rows[at]["_source"],
                        "_row": rows[at]["_row"],
                    }
                    for number, (at, detector) in enumerate(hits)
                ],
            ),
        )
        return session

    yield start
    for session in sessions:
        session.close()


def row(number, unit="quay", a=5.0, source="c.csv", touchpoint="phone"):
    return {"a": a, "unit": unit, "touchpoint": touchpoint, "_source": source, "_row": number}


def condition(where="a > 2", units=TREE, **more):
    return DrawCondition(where=parse(where, TYPES, {}), units=units, **more)


def query(*conditions, **more):
    return DrawQuery(table="calls", conditions=conditions, root="root", **more)


def digest(row, seed):
    return hashlib.md5(f"{seed}|{row['_source']}|{row['_row']}".encode()).hexdigest()


def counting(rows, where, members, *, root, touchpoint=None):
    """Return the rows that count, one after the other."""
    return [
        row
        for row in rows
        if SELECTED[where](row)
        and (row["unit"] in members or (root and row["unit"] is None))
        and (
            touchpoint is None
            or row["touchpoint"] == touchpoint
            or row["touchpoint"].startswith(f"{touchpoint}.")
        )
    ]


def drawn_rows(rows, seed, limit):
    return sorted(rows, key=lambda row: (digest(row, seed), row["_source"], row["_row"]))[:limit]


def row_at(answer, position):
    return {name: column[position] for name, column in answer.rows.items()}


def keys(rows):
    return [(row["_source"], row["_row"]) for row in rows]


def check(rows, wanted, answer, *, seed, limit):
    """Assert that all draws of an answer are those of the reference."""
    for number, (where, units, touchpoint) in enumerate(wanted):
        for unit, members in units.items():
            counted = counting(rows, where, members, root=unit == "root", touchpoint=touchpoint)
            drawn = answer.drawn.get((number, unit))
            if not counted:
                assert drawn is None
                continue
            rows_drawn = [row_at(answer, position) for position in drawn.rows]
            assert drawn.total == len(counted)
            assert keys(rows_drawn) == keys(drawn_rows(counted, seed, limit))
            assert all(SELECTED[where](row) for row in rows_drawn)
            assert {row["unit"] for row in rows_drawn} <= {*members, None}
            assert len(set(drawn.rows)) == len(drawn.rows)


ROWS = st.builds(
    row,
    st.integers(1, 40),
    unit=st.sampled_from([None, "root", "quay", "mole", "it's", "comparator"]),
    a=st.sampled_from([None, 1.0, 5.0, 9.0]),
    source=st.sampled_from(["c.csv", 'it\'s "odd".csv', "c.csv#Sheet|2", "日本.csv"]),
    touchpoint=st.sampled_from(["phone", "phone.wait", "phones", "message"]),
)
UNITS = st.lists(st.sampled_from(list(TREE)), unique=True).map(
    lambda names: {name: TREE[name] for name in names}
)
WANTED = st.tuples(
    st.sampled_from(list(SELECTED)), UNITS, st.sampled_from([None, "phone", "phone.wait"])
)


@settings(deadline=None)
@given(
    st.lists(ROWS, max_size=60),
    st.lists(WANTED, min_size=1, max_size=4),
    st.integers(0, 2),
    st.sampled_from([1, 3, 50]),
)
def test_draws_are_those_of_a_slow_reference(fill, rows, wanted, seed, limit):
    """Rows with one key, of no known unit, and of units that count for nobody are among them."""
    session = fill(rows)
    conditions = [condition(where, units, touchpoint=at) for where, units, at in wanted]
    answer = session.draws(query(*conditions, seed=seed, limit=limit))
    check(rows, wanted, answer, seed=seed, limit=limit)


def test_fifty_of_many_are_drawn_and_all_are_counted(fill):
    rows = [row(number, unit=("quay", "mole", None)[number % 3]) for number in range(2000)]
    for seed in (0, 7):
        answer = fill(rows).draws(query(condition(), seed=seed))
        check(rows, [("a > 2", TREE, None)], answer, seed=seed, limit=50)
        assert answer.drawn[0, "root"].total == 2000
    # What the root draws its sites draw as well, but for rows of no unit.
    assert len(answer.rows["_row"]) <= 150


@pytest.mark.parametrize("spare", [-7, -4])
def test_groups_with_fewer_low_hashes_than_expected_are_drawn_all_the_same(
    fill, monkeypatch, spare
):
    """A level is a guess: with one that is too low, too few of a group lie under it."""
    rows = [row(number, unit=("quay", "mole", None)[number % 3]) for number in range(2000)]
    monkeypatch.setattr(module, "_SPARE", spare)
    answer = fill(rows).draws(query(condition(), condition("a < 7 or a is null")))
    wanted = [("a > 2", TREE, None), ("a < 7 or a is null", TREE, None)]
    check(rows, wanted, answer, seed=0, limit=50)


def test_rare_rows_are_drawn_beside_frequent_ones(fill):
    rows = [row(number, a=9.0 if number % 500 == 0 else 5.0) for number in range(3000)]
    rows += [row(number, unit="mole", a=None) for number in range(3000, 3040)]
    wanted = [("a > 2", TREE, None), ("a < 7 or a is null", TREE, None), ("a > 8", TREE, None)]
    answer = fill(rows).draws(query(*(condition(where, units) for where, units, _ in wanted)))
    check(rows, wanted, answer, seed=0, limit=50)


def test_many_groups_are_drawn_in_several_statements(fill, monkeypatch):
    rows = [row(number, unit=("quay", "mole", None)[number % 3]) for number in range(300)]
    wanted = [("a > 2", TREE, None), ("a < 7 or a is null", TREE, None)]
    monkeypatch.setattr(module, "_MOST_GROUPS", 1)
    answer = fill(rows).draws(query(*(condition(where, units) for where, units, _ in wanted)))
    check(rows, wanted, answer, seed=0, limit=50)


def test_the_text_of_the_statement_does_not_grow_with_units():
    texts = set()
    for count in (1, 1000):
        asked = query(condition(units={f"u{number}": (f"u{number}",) for number in range(count)}))
        groups = module._groups(asked)
        levels = dict.fromkeys(range(len(groups.groups)), "00c")
        texts.add(module._draw_statement(asked, groups, levels)[0])
    assert len(texts) == 1


def test_thousands_of_conditions_are_no_expression_too_deep(fill):
    rows = [row(number) for number in range(3)]
    answer = fill(rows).draws(
        query(*(condition(units={"root": TREE["root"]}) for _ in range(3000)))
    )
    assert len(answer.drawn) == 3000
    assert {drawn.total for drawn in answer.drawn.values()} == {3}


def test_without_rows_nothing_is_drawn(fill):
    answer = fill([]).draws(query(condition(detectors=frozenset({"rude"}))))
    assert (answer.hits, answer.drawn) == ({}, {})
    assert not any(answer.rows.values())


def test_rows_outside_the_bounds_of_the_query_do_not_count(fill):
    """Two rows share a key: the one that is out of bounds is not returned in place of the other."""
    rows = [row(1, a=3.0), row(1, a=9.0), row(2, a=9.0)]
    answer = fill(rows).draws(query(condition(), where=parse("a < 5", TYPES, {})))
    assert answer.drawn[0, "quay"].total == 1
    assert list(answer.rows["a"]) == [3.0]


def test_hits_are_counted_in_all_rows_and_returned_for_those_drawn(fill):
    rows = [row(number, unit="quay" if number % 2 else "mole") for number in range(10)]
    hits = [(n, "rude") for n in range(10)] + [(4, "rude"), (4, "mood"), (5, "mood")]
    conditions = [
        condition(detectors=frozenset({"rude"})),
        condition(detectors=frozenset({"rude", "mood"})),
        condition(),
    ]
    answer = fill(rows, hits).draws(query(*conditions, limit=2))
    counted = {at: answer.drawn[at, "root"].hits for at in range(3)}
    assert counted == {0: 11, 1: 13, 2: 0}
    assert (answer.drawn[1, "quay"].hits, answer.drawn[1, "mole"].hits) == (6, 7)
    of_row = Counter(at for at, _ in hits)
    for position, hits_of_row in answer.hits.items():
        assert len(hits_of_row) == of_row[answer.rows["_row"][position]]
        assert {(hit.start, hit.end, hit.quote) for hit in hits_of_row} == {(1, 3, "it")}
    assert answer.hits.keys() == set(range(len(answer.rows["_row"])))


def test_hits_in_rows_of_another_table_do_not_count(fill):
    session = fill([row(1)], [(0, "rude")])
    session._connection.do("UPDATE hits SET table_name = 'messages'")
    answer = session.draws(query(condition(detectors=frozenset({"rude"}))))
    assert (answer.drawn[0, "root"].hits, answer.hits) == (0, {})
