"""Answers held by column are what a tuple of them is."""

from __future__ import annotations

import copy
import pickle

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cxaudit.plugin import Answer, AnswerKind, Answers, AttachedFile

WORDS = st.sampled_from(["", "a", "b", "1", "True", "0.0"])
NUMBERS = st.floats(allow_nan=False)
ANSWERS = st.lists(
    st.builds(
        Answer,
        item=WORDS,
        touchpoint=WORDS,
        unit=WORDS,
        case=WORDS,
        rater=WORDS,
        kind=st.sampled_from(AnswerKind),
        value=st.sampled_from([True, False, 1, 1.0, 0.0, -0.0, "1", "True", None]) | NUMBERS,
        reason=WORDS,
        comment=WORDS,
        files=st.sampled_from([(), (AttachedFile(path="a", digest="b"),)]),
        source=WORDS,
        row=st.integers(0, 2**40),
    ),
    max_size=8,
).map(tuple)


def exact(answers):
    """Return answers as text, in which True is not 1 and -0.0 is not 0.0."""
    return [repr(answer) for answer in answers]


@given(ANSWERS, st.slices(8))
def test_they_are_read_as_a_tuple_is(rows, some):
    answers = Answers.of(rows)
    assert exact(answers) == exact(rows)
    assert exact(answers[some]) == exact(rows[some])
    assert exact(answers[index] for index in range(-len(rows), len(rows))) == exact(rows * 2)
    assert answers == rows
    assert rows == answers
    assert answers == Answers.of(answers)
    assert (len(answers), bool(answers), hash(answers)) == (len(rows), bool(rows), hash(rows))
    assert answers != (*rows, 1)
    assert answers != list(rows)


@given(ANSWERS)
def test_a_copy_is_equal(rows):
    answers = Answers.of(rows)
    assert exact(pickle.loads(pickle.dumps(answers))) == exact(rows)
    assert exact(copy.deepcopy(answers)) == exact(rows)


@given(ANSWERS, ANSWERS, ANSWERS)
def test_parts_are_joined_in_their_order(one, other, third):
    parts = [Answers.of(part) for part in (one, other, third)]
    assert exact(Answers.joined(parts)) == exact((*one, *other, *third))


def test_nothing_joined_is_nothing():
    assert tuple(Answers.joined([])) == ()


@given(ANSWERS, st.frozensets(WORDS))
def test_some_are_chosen_by_a_field(rows, names):
    answers = Answers.of(rows)
    expected = [row for row in rows if row.unit in names]
    assert exact(answers.where(answers.among("unit", names))) == exact(expected)
    assert exact(answers.where(np.arange(len(rows))[::-1])) == exact(rows[::-1])


@given(ANSWERS, ANSWERS, st.data())
def test_others_take_the_place_of_some(rows, others, data):
    positions = st.permutations(range(len(rows))).map(lambda order: order[: len(others)])
    chosen = data.draw(positions)
    expected = list(rows)
    for position, other in zip(chosen, others, strict=False):
        expected[position] = other
    replaced = Answers.of(rows).replaced(np.array(chosen, int), Answers.of(others[: len(chosen)]))
    assert exact(replaced) == exact(expected)


@given(ANSWERS, st.slices(8))
def test_nothing_stays_of_answers_that_are_left_out(rows, some):
    """Their words may not be for all eyes: what was redacted must not be in a copy either."""
    tables = Answers.of(rows)[some].tables
    assert {name: sorted(map(repr, table)) for name, table in tables.items()} == {
        name: sorted({repr(getattr(row, name)) for row in rows[some]}) for name in tables
    }
