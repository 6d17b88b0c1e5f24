"""First replies and settlements on the clock of open hours, in the unit's zone."""

from __future__ import annotations

import pytest

WEEK = """
[[schedule]]
hours = { mon-fri = ["09:00-17:00"] }
holidays = ["2026-03-30"]
"""
P50 = "message.first-reply.working.p50"
WITHIN = "message.first-reply.working.within"
SETTLED = "message.full-resolution.working.p50"


def thread(number, opened, replied="", **more):
    row = {"thread_id": str(number), "opened_at": opened, "first_human_reply_at": replied}
    return row | {"solved_at": "", "status": ""} | more


@pytest.mark.parametrize(
    ("opened", "replied", "hours"),
    [
        ("2026-03-06T16:00:00", "2026-03-09T10:00:00", 2),  # Friday to Monday
        ("2026-03-07T12:00:00", "2026-03-08T12:00:00", 0),  # within the weekend
        ("2026-03-27T16:00:00", "2026-03-31T10:00:00", 2),  # clocks go forward, then a holiday
        ("2026-03-09T16:00:00Z", "2026-03-10T08:30:00Z", 0.5),  # 17:00 and 9:30 in Paris
    ],
)
def test_only_open_hours_count(run, opened, replied, hours):
    ran = run(P50, schedule=WEEK, as_of="2026-03-31", threads=[thread(1, opened, replied)])
    assert ran.value(P50) == pytest.approx(hours)


def test_who_waits_stays_in_and_a_young_thread_is_not_judged(run):
    rows = [
        thread(1, "2026-03-09T09:00:00", "2026-03-09T11:00:00"),
        thread(2, "2026-03-09T09:00:00", "2026-03-09T14:00:00"),
        thread(3, "2026-03-09T09:00:00"),
        thread(4, "2026-03-31T16:00:00"),  # one open hour before the end
    ]
    given = {"reply_hours": 4}
    ran = run(P50, WITHIN, schedule=WEEK, as_of="2026-03-31", given=given, threads=rows)
    # After 1 hour one of four was only looked at; then 2/3 and 1/3 of those left wait.
    assert ran.value(P50) == pytest.approx(5)
    assert ran.share(WITHIN) == (1, 3)


def test_settling_on_the_same_clock(run):
    solved = {"solved_at": "2026-03-10T10:00:00", "status": "solved"}
    ran = run(
        SETTLED,
        schedule=WEEK,
        as_of="2026-03-31",
        threads=[thread(1, "2026-03-09T16:00:00", **solved)],
    )
    assert ran.value(SETTLED) == pytest.approx(2)


def test_without_a_schedule_there_is_a_reason_and_no_number(run):
    ran = run(P50, threads=[thread(1, "2026-03-09T09:00:00", "2026-03-09T11:00:00")])
    found = ran.get(P50)
    assert (found.value, found.unavailable) == (
        None,
        "no schedule of open hours is given: the audit file needs [[schedule]]",
    )
