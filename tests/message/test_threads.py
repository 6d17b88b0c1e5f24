"""Threads: who waits for an answer stays in, spam stays out, young threads are not judged yet."""

from __future__ import annotations

import pytest

START = "2026-03-02T09:00:00Z"
AS_OF = "2026-03-31"  # observed until the end of that day in Paris: 22:00 UTC
WITHIN = "message.first-reply.calendar.within"
P50, P90 = "message.first-reply.calendar.p50", "message.first-reply.calendar.p90"


def thread(number, opened=START, replied="", **more):
    return {
        "thread_id": str(number),
        "opened_at": opened,
        "first_human_reply_at": replied,
        "is_spam": "false",
    } | more


def after(hours):
    return f"2026-03-{2 + (9 + hours) // 24:02}T{(9 + hours) % 24:02}:00:00Z"


def test_who_waits_stays_in(run):
    """Kaplan-Meier by hand: after 1, 2 and 4 hours 0.8, 0.6 and 0.4 of five still wait.

    The median of those who were answered is 2 hours, and would flatter.
    """
    rows = [thread(1, replied=after(1)), thread(2, replied=after(2)), thread(3, replied=after(4))]
    rows += [thread(4), thread(5, closed_at=after(5))]
    ran = run(P50, P90, as_of=AS_OF, threads=rows)
    assert ran.value(P50) == 4
    assert ran.value(P90) is None
    assert ran.get(P50).n == 5


def test_who_was_looked_at_for_less_time_leaves_the_risk(run):
    """By hand: 1 of 4 answered after 1 hour (0.75); one censored at 2; 1 of 2 after 3 (0.375)."""
    rows = [
        thread(1, replied=after(1)),
        thread(2, opened="2026-03-31T20:00:00Z"),
        thread(3, replied=after(3)),
        thread(4),
    ]
    ran = run(P50, as_of=AS_OF, threads=rows)
    assert ran.value(P50) == 3


@pytest.mark.parametrize(
    "rows",
    [
        [thread(1), thread(2, status="closed")],
        [thread(1, is_spam="true", replied=after(1))],
        [thread(1, opened="", replied=after(1))],
        [thread("")],
    ],
    ids=["nobody answered", "all spam", "no opening", "empty"],
)
def test_no_number_where_there_is_none(run, rows):
    ran = run(P50, as_of=AS_OF, threads=rows)
    assert ran.value(P50) is None


def test_one_thread_answered_at_once_waits_no_time(run):
    ran = run(P50, WITHIN, given={"reply_hours": 1}, threads=[thread(1, replied=START)])
    assert (ran.value(P50), ran.share(WITHIN)) == (0, (0, 0))


def test_a_reply_is_missing_from_the_records_and_not_from_the_threads(run):
    rows = [{"thread_id": "1", "opened_at": START}]
    ran = run(P50, "message.unanswered", given={"cutoff_hours": 24}, threads=rows)
    for metric in (P50, "message.unanswered"):
        assert ran.get(metric).unavailable == "no source gives threads.first_human_reply_at"


def test_threads_are_all_real_where_no_source_tells_of_spam(run):
    rows = [thread(1, replied=after(1))]
    del rows[0]["is_spam"]
    assert run(P50, threads=rows).value(P50) == 1


def test_only_threads_old_enough_are_held_to_the_limit(run):
    rows = [
        thread(1, replied=after(24)),  # just within
        thread(2, replied=after(25)),
        thread(3),
        thread(4, closed_at=after(1)),  # closed without a reply
        thread(5, is_spam="true"),
        thread(6, opened="2026-03-31T12:00:00Z", replied="2026-03-31T13:00:00Z"),  # too young
    ]
    given = {"reply_hours": 24, "cutoff_hours": 24}
    ran = run(WITHIN, "message.unanswered", target=0, as_of=AS_OF, given=given, threads=rows)
    assert ran.share(WITHIN) == (1, 4)
    assert ran.share("message.unanswered") == (3, 4)
    bad = [("threads.csv", row) for row in (2, 3, 4)]
    assert ran.evidence("message.unanswered") == bad


def test_what_came_after_the_day_that_is_looked_at_is_not_known_then(run):
    rows = [thread(1, replied=after(2)), thread(2, replied="2026-04-02T09:00:00Z")]
    rows += [thread(3, opened="2026-04-01T09:00:00Z", replied="2026-04-01T10:00:00Z")]
    ran = run(P50, P90, as_of=AS_OF, threads=rows)
    assert (ran.get(P90).n, ran.value(P50), ran.value(P90)) == (2, 2, None)


def test_a_reply_that_is_not_known_yet_is_waited_for_until_then_and_no_longer(run):
    rows = [thread(1, opened="2026-03-31T17:00:00Z", replied="2026-04-09T17:00:00Z")]
    rows += [thread(2, replied=after(50))]
    # Only the second was looked at for 50 hours, and nobody waits longer.
    assert run(P90, as_of=AS_OF, threads=rows).value(P90) == 50


def test_a_thread_that_ends_before_it_begins_is_counted_and_left_out(run):
    rows = [
        thread(1, replied="2026-03-01T09:00:00Z"),
        thread(2, replied=after(1), solved_at="2026-03-01T09:00:00Z"),
        thread(3, replied=after(3)),
        thread(4, replied="2026-03-01T09:00:00Z", is_spam="true"),
    ]
    names = (P50, WITHIN, "message.contradicting-times", "message.full-resolution.calendar.p50")
    ran = run(*names, as_of=AS_OF, given={"reply_hours": 2}, threads=rows)
    assert (ran.get(P50).n, ran.value(P50)) == (2, 1)
    assert ran.share(WITHIN) == (1, 2)
    assert ran.value("message.contradicting-times") == 2
    assert ran.get("message.full-resolution.calendar.p50").n == 2


def test_a_day_in_which_the_clock_goes_forward_has_23_hours(run):
    rows = [thread(1, opened="2026-03-28T12:00:00", replied="2026-03-29T12:00:00")]
    given = {"reply_hours": 23}
    ran = run(P50, WITHIN, as_of=AS_OF, given=given, threads=rows)
    assert (ran.value(P50), ran.share(WITHIN)) == (23, (1, 1))


def test_a_matter_opened_again_is_not_settled(run):
    """Three settle after 10, 20 and 30 hours, of five: the median is 30 (0.8, 0.6, 0.4)."""
    rows = [
        thread(1, solved_at=after(10), closed_at=after(90), status="closed"),
        thread(2, solved_at=after(20), status="solved"),
        thread(3, closed_at=after(30), status=""),
        thread(4, solved_at=after(1), status="open"),
        thread(5, status="pending"),
        thread(6, status="solved"),  # when is not known
        thread(7, solved_at=after(1), status="closed", is_spam="true"),
    ]
    ran = run("message.full-resolution.calendar.p50", as_of=AS_OF, threads=rows)
    found = ran.get("message.full-resolution.calendar.p50")
    assert (found.n, found.value) == (5, 30)


def test_reopened_of_those_that_were_solved_once(run):
    rows = [
        thread(1, solved_at=after(1), reopens=0),
        thread(2, solved_at=after(1), reopens=2),
        thread(3, solved_at="", reopens=1),  # open again
        thread(4, solved_at="", reopens=0),
        thread(5, solved_at=after(1), reopens=""),
        thread(6, solved_at=after(1), reopens=1, is_spam="true"),
    ]
    ran = run("message.reopened", target=0, threads=rows)
    assert ran.share("message.reopened") == (2, 3)
    assert ran.evidence("message.reopened") == [("threads.csv", 2), ("threads.csv", 3)]


def test_the_backlog_is_what_was_open_then(run):
    rows = [
        thread(1, opened="2026-03-21T22:00:00Z", status="open"),  # 10 days
        thread(
            2, opened="2026-03-11T22:00:00Z", solved_at="2026-03-12T22:00:00Z", status="pending"
        ),
        thread(3, opened="2026-03-30T22:00:00Z"),  # 1 day
        thread(4, opened="2026-03-01T22:00:00Z", solved_at="2026-04-01T22:00:00Z", status="solved"),
        thread(5, opened="2026-03-01T22:00:00Z", solved_at="2026-03-02T22:00:00Z", status="solved"),
        thread(6, opened="2026-03-01T22:00:00Z", status="closed"),
        thread(7, opened="2026-04-01T22:00:00Z", status="open"),
        thread(8, opened="2026-02-01T22:00:00Z", status="open", is_spam="true"),
    ]
    names = ("older-than", "p90", "oldest")
    ran = run(
        *(f"message.backlog.{name}" for name in names),
        as_of=AS_OF,
        given={"backlog_days": 10},
        threads=rows,
    )
    assert ran.share("message.backlog.older-than") == (2, 4)
    assert ran.value("message.backlog.oldest") == 30
    # Ages 1, 10, 20, 30: the place of the 90th in 100 is 1 + 0.9 * 3 = 3.7.
    assert ran.value("message.backlog.p90") == pytest.approx(27)


def test_settled_by_who_answered_first_with_nobody_asked(run):
    rows = [
        thread(1, first_responder="ann", solved_by="ann", solved_at=after(1)),
        thread(2, first_responder="ann", solved_by="bob", solved_at=after(1)),
        thread(3, first_responder="ann", solved_by="ann", solved_at=after(1)),
        thread(4, first_responder="", solved_by="bob", solved_at=after(1)),
        thread(5, first_responder="ann", solved_by="ann", solved_at=after(1), status="open"),
    ]
    rows[2]["approval_requested_at"] = after(0)
    ran = run("message.settled-by-first", as_of=AS_OF, target=1, threads=rows)
    assert ran.share("message.settled-by-first") == (1, 3)
    assert ran.evidence("message.settled-by-first") == [("threads.csv", 2), ("threads.csv", 3)]


def test_mystery_messages_stay_out(run):
    rows = [thread(1, replied=after(1), is_test="true"), thread(2, replied=after(3), is_test="")]
    ran = run(P50, as_of=AS_OF, threads=rows)
    assert (ran.get(P50).n, ran.value(P50)) == (1, 3)
