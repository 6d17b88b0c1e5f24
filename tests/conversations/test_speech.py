"""Who cuts whom short, and where nobody speaks."""

from __future__ import annotations

import pytest

from cxaudit.testing import run_detector
from cxaudit_message.speech.timing import interruptions, silences

LONG = "so what I wanted to tell you is that the parcel"
OVER = "please give me your number first"


def turns(*given, thread="t", source="a.vtt"):
    return [
        {
            "thread_id": thread,
            "author_role": role,
            "start_s": start,
            "end_s": end,
            "body": body,
            "_source": source,
            "_row": row,
        }
        for row, (role, start, end, body) in enumerate(given, 1)
    ]


@pytest.mark.parametrize(
    ("given", "rows"),
    [
        ([("customer", 0, 10, LONG), ("agent", 9, 14, OVER)], [2]),
        # The customer still speaks for exactly half a second, or for less.
        ([("customer", 0, 10, LONG), ("agent", 9.5, 14, OVER)], [2]),
        ([("customer", 0, 10, LONG), ("agent", 9.6, 14, OVER)], []),
        ([("customer", 0, 10, LONG), ("agent", 10, 14, OVER)], []),
        # The customer does not stop.
        ([("customer", 0, 10, LONG), ("agent", 4, 7, OVER)], []),
        ([("customer", 0, 10, LONG), ("customer", 10.5, 20, LONG), ("agent", 9, 14, OVER)], []),
        # Signals of listening, alone or before the agent's own turn.
        ([("customer", 0, 10, LONG), ("agent", 9, 11, "Mhm, okay.")], []),
        ([("customer", 0, 10, LONG), ("agent", 9, 9.4, "Right."), ("agent", 10.2, 15, OVER)], []),
        ([("customer", 0, 10, LONG), ("agent", 9, 11, "your number")], []),
        # The customer interrupts the agent, or both begin at once.
        ([("agent", 0, 10, LONG), ("customer", 9, 14, OVER)], []),
        ([("customer", 5, 8, LONG), ("agent", 5, 9, OVER)], []),
        # Cues of one turn, out of order, and two of the agent in one turn of the customer.
        ([("agent", 8, 9, OVER), ("agent", 9.2, 12, OVER), ("customer", 0, 9.5, LONG)], [1]),
        (
            [("customer", 0, 10, LONG), ("agent", 2, 3, OVER), ("agent", 8, 12, OVER)],
            [3],
        ),
        ([("customer", 0, 10, LONG), ("agent", 9, None, OVER)], []),
        ([("customer", 0, 10, None), ("agent", 9, 12, None)], []),
    ],
)
def test_interruptions(given, rows):
    hits = run_detector(interruptions, turns(*given))
    assert [hit.row for hit in hits] == rows


def test_an_interruption_quotes_both():
    (hit,) = run_detector(
        interruptions, turns(("customer", 0, 10, LONG), ("agent", 9, 14, OVER + " and then more"))
    )
    assert hit.quote == (
        "customer: so what I wanted to tell you is that the parcel "
        "/ agent: please give me your number first and then more"
    )
    assert (hit.label, hit.score, hit.start) == ("interruption", None, None)


def test_conversations_and_files_are_apart():
    rows = turns(("customer", 0, 10, LONG), thread="a")
    rows += [{**row, "_row": 2} for row in turns(("agent", 9, 14, OVER), thread="b")]
    rows += turns(("agent", 9, 14, OVER), thread="a", source="b.vtt")
    rows += [
        {**row, "_row": 2} for row in turns(("agent", 90, 91, OVER), thread="b", source="b.vtt")
    ]
    assert run_detector(interruptions, rows) == []
    assert run_detector(silences, rows) == []


@pytest.mark.parametrize(
    ("given", "quotes"),
    [
        ([("agent", 0, 1, "a"), ("customer", 15.2, 16, "b")], [(2, "silence of 14.2 s")]),
        ([("agent", 0, 1, "a"), ("customer", 11, 16, "b")], []),
        # Somebody still speaks, whoever it is.
        ([("agent", 0, 30, "a"), ("customer", 2, 3, "b"), (None, 25, 26, "c")], []),
        ([("agent", 0, None, "a"), ("agent", 12.5, 13, "b")], [(2, "silence of 12.5 s")]),
        ([("agent", 60, 61, "a")], []),
    ],
)
def test_silences(given, quotes):
    hits = run_detector(silences, turns(*given))
    assert [(hit.row, hit.quote) for hit in hits] == quotes
