"""A call is what the caller lived through: legs and queues of a chain, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

REACHING = (
    *("phone.offered", "phone.abandoned", "phone.service-level.of-offered"),
    *("phone.speed-of-answer", "phone.wait.longest", "phone.wait.p95"),
)


def clock(seconds):
    if seconds is None:
        return ""
    return f"{datetime(2026, 3, 2, 10, tzinfo=UTC) + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S}"


def leg(queued, until, outcome="answered", ended=None, *, chain="c1", instants=True, **more):
    """Return a leg that waits from one second to another, and ends at a third."""
    answered = outcome == "answered"
    times = {
        "queued_at": clock(queued) if instants else "",
        "answered_at": clock(until) if instants and answered else "",
        "ended_at": clock(ended if answered else until) if instants else "",
    }
    values = {
        "wait_s": until - queued,
        "queue": "q1",
        "chain_id": chain,
        "started_at": clock(queued),
    }
    return values | times | {"outcome": outcome} | more


def test_an_overflow_queue_halves_no_abandonment(measure):
    """60 s in one queue for all; then 90 are answered after 15 s and 10 give up after 30 s."""
    calls = []
    for n in range(100):
        calls.append(leg(0, 60, "timeout", chain=f"x{n}"))
        last = leg(60, 75, "answered", 200, chain=f"x{n}", queue="q2")
        calls.append(last if n < 90 else leg(60, 90, "abandoned", chain=f"x{n}", queue="q2"))
    variants = [f"{name}.{by}" for name in REACHING for by in ("by-leg", "by-queue")]
    ran = measure(*REACHING, *variants, calls=calls)
    assert [ran[name] for name in REACHING] == pytest.approx([100, 0.1, 0, 75, 90, 90])
    legs = [200, 0.05, 0.45, 15, 60, 60]
    assert [ran[f"{name}.by-leg"] for name in REACHING] == pytest.approx(legs)
    assert [ran[f"{name}.by-queue"] for name in REACHING] == pytest.approx(legs)


@pytest.mark.parametrize(
    ("legs", "wait", "outcome"),
    [
        ([leg(0, 30, "answered", 90)], 30, "answered"),
        # An announcement of ten seconds between two queues is waiting too.
        ([leg(0, 60, "timeout"), leg(70, 85, "answered", 200)], 85, "answered"),
        # Answered at 10, put through at 75, answered again at 85: 65 s of 85 were talk.
        ([leg(0, 10, "answered", 75), leg(75, 85, "answered", 200)], 20, "answered"),
        # The agent asked for the second queue while talking: 5 s of that wait are the caller's.
        ([leg(0, 10, "answered", 75), leg(70, 80, "answered", 170)], 15, "answered"),
        # Two people speak at once, from 80 to 90; both talks together are 10 to 200.
        (
            [leg(0, 10, "answered", 90), leg(70, 80, "answered", 200), leg(200, 230, "abandoned")],
            40,
            "abandoned",
        ),
        # One talk lies within another.
        (
            [leg(0, 10, "answered", 200), leg(70, 80, "answered", 90), leg(200, 230, "abandoned")],
            40,
            "abandoned",
        ),
        # Put through, and given up in the second queue.
        ([leg(0, 10, "answered", 75), leg(75, 135, "abandoned")], 70, "abandoned"),
        # Let go, and on to the voicemail, which is no queue.
        (
            [
                leg(0, 60, "timeout"),
                leg(60, 60, "voicemail", wait_s="", queue="", queued_at="", ended_at=clock(95)),
            ],
            60,
            "voicemail",
        ),
        # A menu before the queue is none of the wait.
        (
            [leg(0, 40, "ivr", wait_s="", queue="", queued_at=""), leg(40, 55, "answered", 90)],
            15,
            "answered",
        ),
        # Without instants the waits are added up, and are unknown where one is.
        (
            [leg(0, 60, "timeout", instants=False), leg(70, 85, instants=False)],
            75,
            "answered",
        ),
        ([leg(0, 60, "timeout", instants=False, wait_s=""), leg(70, 85)], None, "answered"),
        ([leg(0, 60, "timeout", instants=False, wait_s=-1), leg(70, 85)], None, "answered"),
        # No clock goes so far: what is out of all reason is added up, and seen.
        ([leg(0, 60, "timeout", ended_at="", wait_s=1e300), leg(70, 85)], 1e300, "answered"),
        # A talk whose end is not known cannot be taken off the clock.
        ([leg(0, 10, "answered", None), leg(75, 85, "answered", 200)], 20, "answered"),
        # In no queue; then one that was open.
        ([leg(0, 0, "turned-away", wait_s=""), leg(5, 25, "answered", 90)], 20, "answered"),
    ],
)
def test_the_wait_of_a_caller_is_the_callers_clock(measure, legs, wait, outcome):
    ran = measure("phone.wait.longest", "phone.offered", "phone.abandoned", calls=legs)
    assert ran["phone.offered"] == 1
    assert ran["phone.wait.longest"] == wait
    assert ran["phone.abandoned"] == (outcome == "abandoned")


def test_legs_in_any_order_of_the_file_are_one_call(measure):
    legs = [leg(0, 10, "answered", 90), leg(70, 80, "answered", 200), leg(200, 230, "abandoned")]
    assert measure("phone.wait.longest", calls=legs[::-1])["phone.wait.longest"] == 40


def test_callers_who_come_back_to_a_queue_visit_it_once(measure):
    legs = [
        leg(0, 60, "timeout"),
        leg(60, 80, "timeout", queue="q2"),
        leg(80, 90, "answered", 200),
    ]
    names = ("phone.offered", "phone.wait.longest", "phone.service-level.of-offered")
    ran = measure(*names, *(f"{name}.by-queue" for name in names), calls=legs)
    assert (ran["phone.offered"], ran["phone.offered.by-queue"]) == (1, 2)
    assert (ran["phone.wait.longest"], ran["phone.wait.longest.by-queue"]) == (90, 70)
    assert ran.share("phone.service-level.of-offered.by-queue") == (0, 2)


def test_calls_without_a_chain_are_calls_of_one_leg(measure):
    calls = [{"outcome": "answered", "wait_s": 5}, {"outcome": "abandoned", "wait_s": 50}]
    ran = measure(*REACHING, "phone.run-around", calls=calls)
    assert [ran[name] for name in REACHING] == pytest.approx([2, 0.5, 0.5, 5, 50, 47.75])
    assert ran.of("phone.run-around").unavailable == "no source gives calls.chain_id"


def test_a_log_without_waits_has_no_service_level(measure):
    names = ("phone.service-level.of-offered", "phone.wait.p95", "phone.speed-of-answer")
    ran = measure(*names, "phone.abandoned", calls=[{"outcome": "answered"}])
    assert {ran.of(name).unavailable for name in names} == {"no source gives calls.wait_s"}
    assert ran.share("phone.abandoned") == (0, 1)
    ran = measure("phone.abandoned.by-queue", calls=[{"outcome": "answered"}])
    assert ran.of("phone.abandoned.by-queue").unavailable == "no source gives calls.queue"


def test_calls_turned_away_are_not_offered_and_are_counted_by_themselves(measure):
    calls = [
        *({"outcome": "answered", "wait_s": 5, "queue": "q1"} for _ in range(6)),
        {"outcome": "turned-away", "queue": "q1"}, {"outcome": "ivr", "queue": ""},
        leg(0, 0, "turned-away", wait_s="", queue="q2", chain="x"), leg(5, 25, ended=90, chain="x"),
    ]  # fmt: skip
    names = ["phone.turned-away", "phone.turned-away.by-leg", "phone.turned-away.by-queue"]
    ran = measure(*names, "phone.offered", "phone.missed-returned", calls=calls)
    assert [ran.share(name) for name in names] == [(1, 8), (2, 9), (2, 9)]
    assert ran["phone.offered"] == 7


def test_a_call_put_through_is_answered_twice_and_its_caller_once(measure):
    legs = [leg(0, 10, "answered", 75), leg(75, 85, "answered", 200), leg(0, 9, chain="c2")]
    ran = measure("phone.answered", "phone.answered.by-caller", calls=legs)
    assert (ran["phone.answered"], ran["phone.answered.by-caller"]) == (3, 2)


DAY = 86_400


def bot(start, **more):
    values = {"outcome": "ivr", "started_at": clock(start), "customer_key": f"k{start}"}
    return {"machine_resolved": "", "handled_by": "", "handed_over_at": ""} | values | more


def test_what_a_machine_settled_stands_beside_what_the_customer_did(measure):
    calls = [
        bot(0, machine_resolved="true"),
        bot(1, machine_resolved="true"),
        bot(2, machine_resolved="true", handled_by="machine"),
        bot(3, machine_resolved="false"),
        bot(4, machine_resolved="false", outcome="answered", handed_over_at=clock(40)),
        bot(5),  # a menu of which nothing is known
        bot(6, outcome="answered"),
        bot(7, outcome="abandoned", handed_over_at=clock(40)),
        bot(DAY, outcome="answered", customer_key="k1"),
        bot(30 * DAY, outcome="answered", customer_key="k2"),
    ]
    names = [
        *("phone.contained", "phone.machine-resolved", "phone.contained.not-back"),
        *("phone.served", "phone.served.by-person"),
    ]
    ran = measure(*names, calls=calls)
    assert [ran.share(name) for name in names] == [(3, 6), (3, 5), (2, 3), (7, 9), (4, 9)]


def test_a_caller_who_asks_for_a_person_reaches_one_in_time_or_does_not(measure):
    asked = {"person_asked_at": clock(0)}
    calls = [
        leg(10, 40, "answered", 90, chain="c1", **asked),
        leg(10, 80, "answered", 90, chain="c2", **asked),
        leg(10, 80, "abandoned", chain="c3", **asked),
        leg(0, 10, "ivr", wait_s="", queue="", chain="c4", **asked),
        leg(10, 50, "answered", 90, chain="c4"),
        leg(10, 20, "answered", 90, chain="c5"),
    ]
    name = "phone.person-reached"
    assert measure(name, calls=calls, parameters={"person-seconds": 60}).share(name) == (2, 4)
