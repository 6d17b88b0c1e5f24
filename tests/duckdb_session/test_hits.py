"""Matches in texts, those of a slow reference in plain Python; hits as rows of their table."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxaudit._engines.duckdb.session import connect
from cxaudit._expressions import parse
from cxaudit._model.tables import ColumnRows
from cxaudit.plugin import Column, RowQuery, Table


def columns(**types):
    return tuple(Column(name=name, type=kind, meaning="") for name, kind in types.items())


TABLE = Table(
    id="messages",
    columns=columns(body="text", opened="time", sent="time", day="date"),
    time=("opened", "sent", "day"),
)
TIMELESS = Table(id="notes", columns=columns(body="text"))
HITS = Table(
    id="hits",
    columns=columns(
        detector="text",
        table_name="text",
        label="text",
        at="time",
        start="number",
        end="number",
        quote="text",
        score="number",
    ),
)


@pytest.fixture(scope="module")
def fill():
    """Return a session that holds rows of a table, and an empty table of hits."""
    sessions = []

    def start(rows, table=TABLE):
        session = connect()
        sessions.append(session)
        session.add(table, ColumnRows.of(table, rows))
        session.add(HITS)
        return session

    yield start
    for session in sessions:
        session.close()


def row(number, **more):
    zoned = {"unit": "quay", "touchpoint": "message", "_zone": "Europe/Paris"}
    return {"_source": "m.csv", "_row": number, **zoned, **more}


def texts(*bodies):
    return [row(number, body=body) for number, body in enumerate(bodies, start=1)]


def found(session, patterns, where=None, screens=()):
    """Return file, row, pattern, start and words of the matches."""
    matches = session.find_phrases("messages", "body", patterns, where, screens).columns
    names = ("_source", "_row", "pattern", "start", "quote")
    return list(zip(*(matches[name].tolist() for name in names), strict=True))


PATTERNS = ("cat", r"\bcat\b", "ca|a", "(?i)at+", "a[^b]b", "x*", "ß", "\U0001f600", ".")


@settings(deadline=None)
@given(
    st.lists(st.text("aAbctTß \ue000\ue001\U0001f600", max_size=12), max_size=8),
    st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=4, unique=True),
)
def test_matches_are_those_of_a_slow_reference(fill, bodies, patterns):
    """Offsets count characters, also behind those that mark matches inside the engine."""
    matches = found(fill(texts(*bodies)), patterns)
    expected = []
    for number, body in enumerate(bodies, start=1):
        bare = body.translate({0xE000: " ", 0xE001: " "})
        for place, pattern in enumerate(patterns):
            compiled = re.compile(pattern, re.IGNORECASE)
            spans = [match.span() for match in compiled.finditer(bare)]
            if compiled.search(body):
                expected += [
                    ("m.csv", number, place, start, body[start:end])
                    for start, end in spans
                    if start < end
                ]
    assert matches == expected


def test_texts_that_no_screen_lets_pass_are_not_looked_at(fill):
    session = fill(texts("a cat", "a dog", None, "A CAT AND A DOG"))
    matches = found(session, ["cat", "dog"], screens=["cat", "bird"])
    assert [match[1:3] for match in matches] == [(1, 0), (4, 0), (4, 1)]


def test_matches_come_by_file_and_row_then_by_pattern_and_place(fill):
    rows = [("b.csv", 1), ("a.csv", 10), ("b.csv", 0), ("a.csv", 9)]
    session = fill([row(n, body="cat a cat", _source=file) for file, n in rows])
    places = [(0, 0), (0, 6), (1, 4)]
    assert [match[:4] for match in found(session, ["cat", r"\ba\b"])] == [
        (file, n, *place) for file, n in sorted(rows) for place in places
    ]


def test_rows_that_the_condition_leaves_out_are_not_looked_at(fill):
    session = fill([*texts("a cat", "a cat"), row(3, body="a cat", unit="mole")])
    where = parse("unit = 'mole'", {"unit": "text"}, {})
    assert [match[1] for match in found(session, ["cat"], where)] == [3]


def hits(*placed, detector="rude", label="l", quote="it"):
    """Return hits given as (file, row) or (file, row, start, end, score)."""
    nan = float("nan")
    full = [(*hit, nan, nan, nan)[:5] for hit in placed]
    sources, rows, starts, ends, scores = zip(*full, strict=True) if full else [()] * 5
    return ColumnRows(
        {
            "_n": np.arange(len(full)),
            "_source": np.array(sources, dtype=object),
            "_row": np.array(rows, dtype=np.int64),
            **{
                name: np.full(len(full), value, dtype=object)
                for name, value in {"detector": detector, "label": label, "quote": quote}.items()
            },
            "start": np.array(starts, dtype=float),
            "end": np.array(ends, dtype=float),
            "score": np.array(scores, dtype=float),
        }
    )


def filled(session):
    return [row for batch in session.rows(RowQuery(table="hits")) for row in batch]


def test_a_hit_takes_over_unit_touchpoint_zone_and_first_instant_of_its_row(fill):
    sent = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    opened = datetime(2026, 1, 1, tzinfo=UTC)
    session = fill([row(1, sent=sent), row(2, unit=None, sent=sent, opened=opened), row(3)])
    session.add_hits(TABLE, hits(("m.csv", 3), ("m.csv", 1, 2.0, 5.0, 0.5), ("m.csv", 2)))
    wanted = ("_row", "table_name", "unit", "touchpoint", "_zone", "at", "start", "end", "score")
    zone = ("message", "Europe/Paris")
    assert [tuple(hit[name] for name in wanted) for hit in filled(session)] == [
        (1, "messages", "quay", *zone, sent, 2.0, 5.0, 0.5),
        (2, "messages", None, *zone, opened, None, None, None),
        (3, "messages", "quay", *zone, None, None, None, None),
    ]


def test_hits_of_a_table_without_times_have_none(fill):
    session = fill([row(1)], TIMELESS)
    session.add_hits(TIMELESS, hits(("m.csv", 1)))
    assert [hit["at"] for hit in filled(session)] == [None]


def test_a_hit_in_no_row_is_refused_with_all_others(fill):
    session = fill([row(1), row(2)])
    message = "a hit names row 9 of m.csv, which table messages does not hold"
    with pytest.raises(ValueError, match=message):
        session.add_hits(TABLE, hits(("m.csv", 1), ("m.csv", 9), ("m.csv", 2)))
    assert filled(session) == []


def test_a_hit_in_rows_that_share_a_key_is_one_hit(fill):
    session = fill([row(1), row(1, unit="mole")])
    session.add_hits(TABLE, hits(("m.csv", 1)))
    assert len(filled(session)) == 1


def test_hits_stay_in_their_order_and_none_add_nothing(fill):
    session = fill([row(number) for number in range(5000)])
    session.add_hits(TABLE, hits())
    session.add_hits(TABLE, hits(*(("m.csv", n * 7 % 5000) for n in range(5000)), label="b"))
    session.add_hits(TABLE, hits(("m.csv", 1), label="a"))
    rows = session._connection.unguarded.execute('SELECT label, _row FROM "hits"').fetchall()
    assert rows == [*(("b", n * 7 % 5000) for n in range(5000)), ("a", 1)]
