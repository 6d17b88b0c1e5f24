"""Answers to messages: the other side's next one, by a person, strictly later."""

from __future__ import annotations

import pytest

METRIC = "message.answered-within"


def talk(*messages, thread="1", **more):
    """Return messages, given as (minute, role); more columns by name."""
    return [
        {
            "message_id": f"{thread}-{place}",
            "thread_id": thread,
            "author_role": role,
            "sent_at": f"2026-03-02T{9 + minute // 60:02}:{minute % 60:02}:00Z",
        }
        | more
        for place, (minute, role) in enumerate(messages, 1)
    ]


def answered(run, rows, **more):
    return run(METRIC, as_of="2026-03-31", given={"answer_hours": 1}, messages=rows, **more)


def test_each_message_of_the_customer_is_answered_by_the_next_one_of_a_person(run):
    rows = talk((0, "customer"), (10, "customer"), (70, "agent"), (80, "customer"))
    # 70 minutes are too long, 60 are not, and the last one is not answered at all.
    ran = answered(run, rows)
    assert ran.share(METRIC) == (1, 3)
    assert ran.evidence(METRIC) == [("messages.csv", 1), ("messages.csv", 4)]


@pytest.mark.parametrize(
    ("rows", "share"),
    [
        (talk((0, "customer"), (0, "agent")), (0, 1)),
        (talk((0, "customer"), (1, "bot"), (2, "system")), (0, 1)),
        (talk((0, "agent"), (1, "customer")), (0, 1)),
        (talk((0, "bot"), (1, "system"), (2, "agent")), (0, 0)),
        (talk((5, "agent"), (0, "customer")), (1, 1)),
        (talk((0, "customer"), (1, "agent"), is_test="true"), (0, 0)),
        (talk((0, "customer"), (1, "agent"), is_private="true"), (0, 0)),
        (talk((0, "customer"), (1, ""), (2, "boss")), (0, 1)),
        (talk((0, "customer")) + talk((1, "agent"), thread="2"), (0, 1)),
        (talk((0, "customer"), (1, "agent"), thread=""), (0, 0)),
        (talk((0, "customer"), (1, "agent"), sent_at=""), (0, 0)),
    ],
    ids=[
        "the same instant",
        "machines",
        "nobody answers the customer's last word",
        "no customer",
        "out of order",
        "mystery",
        "notes",
        "unknown authors",
        "another thread",
        "no thread",
        "no times",
    ],
)
def test_what_is_an_answer(run, rows, share):
    assert answered(run, rows).share(METRIC) == share


def test_an_automatic_message_of_an_agent_is_no_answer(run):
    rows = talk((0, "customer"), (1, "agent"))
    rows[0]["is_auto"], rows[1]["is_auto"] = "false", "true"
    assert answered(run, rows).share(METRIC) == (0, 1)


@pytest.mark.parametrize("mark", ["is_spam", "is_test"])
def test_messages_of_spam_and_of_mystery_threads_are_left_out(run, mark):
    rows = talk((0, "customer")) + talk((0, "customer"), (1, "agent"), thread="2")
    threads = [{"thread_id": "1", mark: "true"}, {"thread_id": "2", mark: ""}]
    assert answered(run, rows, threads=threads).share(METRIC) == (1, 1)


def test_messages_too_young_to_be_answered_in_time_are_left_out(run):
    rows = talk((0, "customer"), (1, "agent"))
    late = talk((0, "customer"), thread="2", sent_at="2026-03-31T21:30:00Z")
    assert answered(run, rows + late).share(METRIC) == (1, 1)
    on_the_edge = talk((0, "customer"), thread="2", sent_at="2026-03-31T21:00:00Z")
    assert answered(run, rows + on_the_edge).share(METRIC) == (1, 2)


def test_both_sides_have_answers(run):
    own = """
[[metric]]
id = "both"
like = "message.answered-within"
where = "side in ('customer', 'staff')"
[[item]]
id = "both"
area = "process"
touchpoints = ["message"]
title = "T"
check = "within-target"
with = { metric = "both", target = 1 }
"""
    rows = talk((0, "agent"), (1, "customer"), (2, "agent"))
    ran = answered(run, rows, checklist=own)
    (both,) = [m for m in ran.result.measurements if m.metric == "both"]
    assert (both.statistics["k"], both.statistics["n"]) == (2, 3)
