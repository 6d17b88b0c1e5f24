"""What findings rest on: capped, counted, in an order that only the seed decides."""

from __future__ import annotations

from datetime import datetime

from cxaudit._audit.evidence.collect import (
    CAP,
    Pool,
    answer_evidence,
    evidence_sets,
    hit_evidence,
    row_evidence,
)
from cxaudit.plugin import Answer, AttachedFile, Column, Evidence, Hit, Table

PLACE = ("phone.wait", "phone", "quay")
TABLE = Table(
    id="calls",
    columns=(
        Column(name="caller", type="text", meaning="Who rang.", personal=True),
        Column(name="alias", type="text", meaning="Who else.", personal=True),
        Column(name="queued_at", type="time", meaning="When."),
    ),
)


def pieces(count):
    return [Evidence(kind="row", source="calls.csv", key=str(number)) for number in range(count)]


def drawn(some, clean=list, seed=7, total=None):
    """Return the set of a finding that rests on some pieces."""
    pool = Pool()
    pool.add(PLACE, some)
    pool.drawn[PLACE] = pool.drawn[PLACE][0], total or len(some)
    [evidence_set] = evidence_sets([PLACE], pool, clean, seed)
    return evidence_set


def test_at_most_fifty_are_shown_and_all_are_counted():
    shown = drawn(pieces(200))
    assert (shown.total, len(shown.shown), shown.dropped) == (200, CAP, 0)
    assert drawn(pieces(50), total=9000).total == 9000


def test_the_draw_hangs_on_the_seed_and_not_on_the_order():
    one = drawn(pieces(200))
    assert drawn(pieces(200)[::-1]) == one
    assert drawn(pieces(200), seed=8) != one


def test_what_a_redactor_refuses_is_dropped_and_counted():
    def refuse(some):
        return [None if piece.key == "1" else piece for piece in some]

    collected = drawn(pieces(4), refuse)
    assert (collected.total, collected.dropped) == (4, 1)
    assert {piece.key for piece in collected.shown} == {"0", "2", "3"}


def test_a_piece_of_several_findings_is_redacted_once():
    asked = []

    def clean(some):
        asked.extend(some)
        return list(some)

    pool = Pool(pieces(60))
    other = ("phone.talk", "phone", "shop")
    pool.drawn.update({PLACE: (range(40), 40), other: (range(20, 60), 900)})
    sets = list(evidence_sets([PLACE, other, ("a", "b", "c")], pool, clean, 7))
    assert [(one.unit, len(one.shown), one.total) for one in sets] == [
        ("quay", 40, 40),
        ("shop", 40, 900),
    ]
    assert sorted(piece.key for piece in asked) == sorted(piece.key for piece in pieces(60))


def test_rows_carry_their_key_and_hide_personal_columns():
    row = {
        "_source": "calls.csv",
        "_row": 12,
        "_zone": "UTC",
        "caller": "Jo",
        "alias": None,
        "queued_at": datetime(2026, 4, 1, 8),  # noqa: DTZ001 - as an engine gives it
    }
    [piece] = row_evidence(
        {name: [value] for name, value in row.items()}, TABLE, {"calls.csv": "ab"}
    )
    assert piece == Evidence(
        kind="row",
        source="calls.csv",
        key="12",
        fields={"caller": "[caller]", "alias": None, "queued_at": "2026-04-01T08:00:00+00:00"},
        digest="ab",
    )


def test_a_time_outside_the_years_that_python_knows_is_shown_as_it_comes():
    """The first instant of .NET lies before the year 1 in Paris; engines give such as texts."""
    row = {"_source": ["calls.csv"], "_row": [1], "queued_at": ["0001-12-31 (BC) 23:50:39"]}
    [piece] = row_evidence(row, TABLE, {})
    assert piece.fields == {"queued_at": "0001-12-31 (BC) 23:50:39"}


def test_answers_give_their_comments_and_files():
    key = {"item": "it", "touchpoint": "phone", "unit": "quay", "rater": "r-1", "source": "a.csv"}
    answers = [
        Answer(
            **key,
            case="v1",
            row=3,
            comment="Rude.",
            files=(AttachedFile(path="a.jpg", digest="cd"),),
        ),
        Answer(**key, case="v2", row=4),
    ]
    assert list(answer_evidence(answers, {"a.csv": "ab"})) == [
        Evidence(
            kind="comment", source="a.csv", key="v1", place="row 3", quote="Rude.", digest="ab"
        ),
        Evidence(kind="file", source="a.jpg", key="v1", place="row 3", digest="cd"),
    ]


def test_hits_give_their_words_and_place():
    hit = Hit(detector="d", source="m.csv", row=5, label="rude", start=3, end=9, quote="whatev")
    [piece] = hit_evidence([hit], {})
    assert (piece.kind, piece.key, piece.place, piece.quote) == (
        "hit",
        "5",
        "d rude at 3-9",
        "whatev",
    )
