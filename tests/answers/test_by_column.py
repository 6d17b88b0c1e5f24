"""A sheet read by column says what it says row by row, whatever is in it."""

from __future__ import annotations

import csv
import io
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxaudit._sources.answers import read_answer_sheet
from tests.answers.test_columns import exact

COLUMNS = ("item", "touchpoint", "unit", "case", "rater", "value", "reason", "comment", "evidence")
CELLS = {
    "item": ["greeting.seen", "warmth", "staff-seen", "polite", " notes ", "reply-tone"],
    "touchpoint": ["", "", "in-store", "message.chat"],
    "unit": ["", "", "quay", "hill"],
    "case": ["v1", "v2", " h1", "m1", ""],
    "rater": ["Ana", "ana ", "Bo", "Cy", "Di", "Eve"],
    "value": ["yes", "1", "0", "0.5", "", "formal", "not applicable", "could not be observed"],
    "reason": ["", "shut", "shut."],
    "comment": ["", "", 'so, "so"', "two\nlines"],
    "evidence": ["", "", "photo.jpg"],
}
WRONG = {
    "item": ["", "kiosk.queue", "hours-posted", "phone.wait", "nobody"],
    "touchpoint": ["phone", "no-where"],
    "unit": ["pier", "nowhere"],
    "case": ["p1", "zz"],
    "rater": ["", " "],
    "value": ["n/a", "maybe", "-1"],
    "reason": [""],
    "comment": ["x"],
    "evidence": ["../up.jpg", "gone.jpg"],
}


VALUES = {
    "greeting.seen": ["yes", "no", "1", "TRUE"],
    "warmth": ["0", "0.5", "1"],
    "staff-seen": ["1", "1.0", "0", "-0"],
    "polite": ["yes", " no "],
    " notes ": ["1", "True", "kind"],
    "reply-tone": ["plain", "none-seen"],
}
PLACES = [("", "", "v1"), ("in-store", "quay", "v2"), ("", "", " h1"), ("", "hill", "")]


@st.composite
def fair(draw):
    """Draw a row that is right, but for what it may repeat."""
    item = draw(st.sampled_from(sorted(VALUES)))
    value = draw(st.sampled_from([*VALUES[item], "", "not applicable", "could not be observed"]))
    reason = draw(st.sampled_from(["shut", "shut."] if value == "not applicable" else ["", "dark"]))
    places = [*PLACES, *([("", "", "m1"), ("message.chat", "hill", "")] * (item == "polite"))]
    rater = draw(st.text("abcdefgh", min_size=2, max_size=4))
    others = [draw(st.sampled_from(CELLS[name])) for name in ("comment", "evidence")]
    return (item, *draw(st.sampled_from(places)), rater, value, reason, *others)


FAIR = fair()
EMPTY = ("",) * len(COLUMNS)
ROWS = st.lists(
    st.tuples(FAIR, st.sampled_from(["", "", "mine"]))
    | st.sampled_from([((), ""), (EMPTY, "")])
    | st.tuples(FAIR.map(lambda cells: cells[:7]), st.just("")),
    max_size=8,
)
POOR = st.tuples(*(st.sampled_from(CELLS[name] * 4 + WRONG[name]) for name in COLUMNS))
HEADERS = st.permutations([*COLUMNS, "_note"])


def text(rows, header, separator):
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator, lineterminator="\n")
    writer.writerow(header)
    for cells, note in rows:
        named = {**dict(zip(COLUMNS, cells, strict=False)), "_note": note}
        full = [named.get(name, "") for name in header]
        # A row that ends early ends behind its last filled cell.
        while len(cells) < len(COLUMNS) and full and not full[-1]:
            full.pop()
        writer.writerow(full)
    return file.getvalue()


@pytest.fixture
def both(tmp_path, checklist, units, cases):
    """Return what a sheet says by column, where that can be, and row by row."""
    (tmp_path / "photo.jpg").write_bytes(b"photo")

    def read(*texts):
        paths = [tmp_path / f"answers{number}.csv" for number, _ in enumerate(texts)]
        for path, content in zip(paths, texts, strict=True):
            path.write_text(content, encoding="utf-8")
        asked = {"checklist": checklist, "units": units, "cases": cases}
        # Where some case could not be read, every row is looked at on its own.
        return [
            read_answer_sheet(paths, unread=unread, **asked)
            for unread in (frozenset(), frozenset({"a case that no row names"}))
        ]

    return read


def same(sheets):
    by_column, by_row = sheets
    assert exact(by_column.answers) == exact(by_row.answers)
    assert by_column.unanswered == by_row.unanswered
    assert by_column.problems == by_row.problems
    return by_row


anything = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@anything
@given(ROWS, HEADERS, st.sampled_from(",;\t"))
def test_rows_that_are_right_or_repeat(both, rows, header, separator):
    same(both(text(rows, header, separator)))


@anything
@given(st.lists(st.tuples(FAIR | POOR, st.sampled_from(["", "mine"])), max_size=4), HEADERS)
def test_rows_that_are_wrong(both, rows, header):
    same(both(text(rows, header, ",")))


@anything
@given(ROWS, ROWS)
def test_rows_of_several_files(both, one, other):
    same(both(*(text(rows, (*COLUMNS, "_note"), ",") for rows in (one, other))))


def test_more_rows_than_are_taken_apart_at_once(both):
    """Rows of which some are empty, over several batches, each by another rater."""
    draw = random.Random(1)
    rows = [
        ("notes", "", "", draw.choice(["v1", "v2"]), f"r{n}", f"word {n % 7}", "", "", "")
        if n % 9
        else ("",) * len(COLUMNS)
        for n in range(2_000)
    ]
    sheet = same(both(text([(cells, "") for cells in rows], (*COLUMNS, "_note"), ";")))
    assert len(sheet.answers) == 1_777
    assert sheet.answers[-1].row == 2_000


@pytest.mark.parametrize(
    "content",
    [
        "",
        "item,rater,value",
        "item,rater,value\n",
        "item,rater,value\nnotes,Ana,x,y\n",
        "item,rater,value,\nnotes,Ana,x,y\n",
        "item,rater,value,value\nnotes,Ana,x,y\n",
        "item,rater,value,mood\nnotes,Ana,x,y\n",
        "item,rater\nnotes,Ana\n",
        "item,rater,value,_mine\n,,,only a note\n",
        'item,case,rater,value\nnotes,v1,Ana,"open\n',
        "item,case,rater,value\nnotes,v1,Ana,a\0b\n",
        "item,case,rater,value\nnotes,v1,Ana,x,,,\nnotes,v2,Ana\n",
    ],
)
def test_files_that_are_no_proper_sheet(both, content):
    same(both(content))
