"""Days with more work left than staff for it, events told in time, and ratings."""

from __future__ import annotations

import pytest


def day(number, open_at_close, minutes, hours, working=""):
    return {
        "day": f"2026-03-{number:02}",
        "queue": "post",
        "open_at_close": open_at_close,
        "handling_minutes": minutes,
        "staffed_hours": hours,
        "is_working_day": working,
    }


def test_days_that_ended_with_more_than_a_days_work(run):
    rows = [
        day(2, 60, 10, 10),  # 600 minutes of work, 600 staffed
        day(3, 61, 10, 10),
        day(4, 1, 10, 0, "true"),
        day(5, 99, 10, 0, "false"),
        day(6, "", 10, 10),
        day(7, 99, "", 10),
    ]
    ran = run("message.days-over-capacity", target=0, message_volumes=rows)
    assert ran.share("message.days-over-capacity") == (2, 3)
    expected = [("message_volumes.csv", 2), ("message_volumes.csv", 3)]
    assert ran.evidence("message.days-over-capacity") == expected


def test_events_told_of_in_time(run):
    rows = [
        {"event_id": "1", "event_at": "2026-03-02T09:00:00Z", "first": "2026-03-02T13:00:00Z"},
        {"event_id": "2", "event_at": "2026-03-02T09:00:00Z", "first": "2026-03-02T13:00:01Z"},
        {"event_id": "3", "event_at": "2026-03-02T09:00:00Z", "first": ""},
        {"event_id": "4", "event_at": "2026-03-02T09:00:00Z", "first": "2026-03-01T09:00:00Z"},
        {"event_id": "5", "event_at": "2026-03-31T19:00:00Z", "first": "2026-03-31T19:30:00Z"},
        {"event_id": "6", "event_at": "", "first": "2026-03-31T19:30:00Z"},
    ]
    for row in rows:
        row["first_notice_at"] = row.pop("first")
    ran = run("message.told-in-time", as_of="2026-03-31", given={"notice_hours": 4}, notices=rows)
    assert ran.share("message.told-in-time") == (2, 4)


def test_ratings_of_turns_and_of_conversations(run):
    messages = [
        {"message_id": str(n), "rating": rating} for n, rating in enumerate((1, 2.5, 4, ""), 1)
    ]
    threads = [{"thread_id": "1", "satisfaction": 5}, {"thread_id": "2", "satisfaction": ""}]
    names = ("turn-rating.mean", "conversation-rating.mean", "low-rated-turns")
    ran = run(
        *(f"message.{name}" for name in names),
        given={"low_rating": 2.5},
        messages=messages,
        threads=threads,
    )
    assert ran.value("message.turn-rating.mean") == pytest.approx(2.5)
    assert ran.value("message.conversation-rating.mean") == 5
    assert ran.share("message.low-rated-turns") == (1, 3)
