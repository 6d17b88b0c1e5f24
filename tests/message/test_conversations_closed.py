"""Conversations that were closed although the customer's last message asked something."""

from __future__ import annotations

METRIC = "message.closed-on-question"


def talk(thread, *said):
    """Return messages of a thread, given as (role, words)."""
    return [
        {
            "message_id": f"{thread}-{place}",
            "thread_id": thread,
            "position": place,
            "author_role": role,
            "sent_at": f"2026-03-02T09:{place:02}:00Z",
            "body": words,
        }
        for place, (role, words) in enumerate(said, 1)
    ]


def test_the_customers_last_word_is_a_question_and_nobody_answers(run):
    closed = "2026-03-05T09:00:00Z"
    messages = [
        *talk("asked", ("agent", "It is on its way."), ("customer", "When will it arrive?")),
        *talk("answered", ("customer", "When will it arrive?"), ("agent", "On Friday.")),
        *talk("told", ("agent", "On Friday."), ("customer", "It has arrived, all is well.")),
        *talk("open", ("agent", "On Friday."), ("customer", "At what time on Friday?")),
        *talk("machine", ("customer", "Where is my parcel?"), ("bot", "Ticket 7 is closed.")),
        *talk("later", ("agent", "On Friday."), ("customer", "At what time on Friday?")),
    ]
    threads = [
        {"thread_id": thread, "closed_at": closed, "solved_at": ""}
        for thread in ("asked", "answered", "told", "machine")
    ]
    threads += [
        {"thread_id": "open", "closed_at": "", "solved_at": ""},
        {"thread_id": "later", "closed_at": "2026-04-05T09:00:00Z", "solved_at": ""},
    ]
    ran = run(METRIC, target=0, as_of="2026-03-31", messages=messages, threads=threads)
    assert ran.share(METRIC) == (2, 4)
    assert ran.evidence(METRIC) == [("messages.csv", 1), ("messages.csv", 9)]
