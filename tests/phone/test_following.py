"""Being passed around, coming again, being called back: on logs worked out by hand."""

from __future__ import annotations

import pytest

REPEAT = ("phone.repeat-contact", "phone.repeat-contact.same-channel")
UNTIL = "as_of = 2026-03-31"


def call(at, who="ann", **more):
    return {"started_at": f"2026-03-{at}", "customer_key": who, **more}


def day(number, who="ann", **more):
    return call(f"{number:02}T10:00:00", who, **more)


def test_a_customer_who_calls_again_within_seven_days(measure):
    """Ann on days 1, 5 and 20; Bob once; Cy on days 2 and 9 at the same hour."""
    calls = [day(1), day(5), day(20), day(3, "bob"), day(2, "cy"), day(9, "cy")]
    ran = measure(*REPEAT, calls=calls, head=UNTIL)
    # Seven days are within seven days.
    assert ran.share("phone.repeat-contact") == (2, 6)
    assert ran.share("phone.repeat-contact.same-channel") == (2, 6)
    assert ran.evidence("repeat-contact") == [("calls.csv", 1), ("calls.csv", 5)]


def test_the_eighth_day_is_too_late(measure):
    calls = [call("02T10:00:00"), call("09T10:00:01")]
    assert measure(*REPEAT, calls=calls, head=UNTIL).share("phone.repeat-contact") == (0, 2)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        # Until the last record on the 12th at 10:00: the 5th lies 7 days before it, the 6th not.
        ("", (1, 2)),
        # Until the end of the 12th; the 6th still lies too late.
        ("as_of = 2026-03-12", (1, 2)),
        ("as_of = 2026-03-13", (1, 3)),
        ("as_of = 2026-03-31", (1, 4)),
    ],
)
def test_contacts_too_young_to_be_repeated_are_no_base(measure, head, expected):
    calls = [day(1), day(5), day(6, "bob"), day(12, "cy")]
    ran = measure(*REPEAT, calls=calls, head=head)
    assert ran.share("phone.repeat-contact") == expected


def test_only_contacts_that_were_answered_are_a_base_and_all_offered_ones_follow(measure):
    calls = [
        day(1), day(2, outcome="abandoned"), day(3, outcome="ivr"),
        day(1, "bob"), day(2, "bob", outcome="ivr"), day(2, "bob", direction="out"),
        day(1, "cy"), day(2, "cy", is_test="true"),
        day(1, "di"), day(2, "di", outcome="voicemail"),
    ]  # fmt: skip
    ran = measure(*REPEAT, calls=calls, head=UNTIL)
    assert ran.share("phone.repeat-contact") == (2, 4)


def test_callers_without_a_key_or_a_time_are_nobody(measure):
    calls = [day(1, ""), day(2, ""), {"customer_key": "ann", "started_at": ""}, day(2)]
    assert measure(*REPEAT, calls=calls, head=UNTIL).share("phone.repeat-contact") == (0, 1)


@pytest.mark.parametrize("more", ["", '[pseudonyms]\nregion = "FR"'])
def test_withheld_numbers_are_nobody_with_pseudonyms_or_without(measure, more):
    calls = [day(n, who) for n, who in enumerate(["anonymous", " Unknown ", "unknown", "ann"], 1)]
    ran = measure(*REPEAT, calls=calls, head="as_of = 2026-04-30", more=more)
    assert ran.share("phone.repeat-contact") == (0, 1)


def test_another_reason_is_another_matter(measure):
    """Bill, then move, then bill: the first comes again on the third; nobody says the fourth's."""
    calls = [
        day(1, reason="bill"), day(2, reason="move"), day(5, reason="bill"),
        day(10, "bob", reason="bill"), day(12, "bob", reason="move"),
        day(10, "cy", reason="bill"), day(11, "cy", reason=""), day(12, "cy", reason="move"),
    ]  # fmt: skip
    ran = measure(*REPEAT, calls=calls, head=UNTIL)
    # Ann's first; Cy's first (nobody says what the second is about) and second.
    assert ran.share("phone.repeat-contact") == (3, 8)
    assert ran.evidence("repeat-contact") == [("calls.csv", row) for row in (1, 6, 7)]
    assert ran.share("phone.repeat-contact.same-channel") == (3, 8)


def test_legs_of_one_call_are_one_contact(measure):
    calls = [
        call("01T10:00:00", call_id="a", chain_id="a"),
        call("01T10:05:00", call_id="b", chain_id="a", who="agent-7"),
        call("02T10:00:00", call_id="c", chain_id="c"),
    ]
    ran = measure(*REPEAT, calls=calls, head=UNTIL)
    assert ran.share("phone.repeat-contact") == (1, 2)


def test_a_call_answered_on_its_second_leg_is_answered(measure):
    calls = [
        call("01T10:00:00", call_id="a", chain_id="a", outcome="timeout"),
        call("01T10:05:00", call_id="b", chain_id="a"),
        call("02T10:00:00", call_id="c"),
    ]
    assert measure(*REPEAT, calls=calls, head=UNTIL).share("phone.repeat-contact") == (1, 2)


def test_coming_again_is_told_by_who_answered_last(measure):
    """Ann was put through from Di to Ed, and called again; Bob was served by Di for good."""
    calls = [
        call("01T10:00:00", call_id="a", chain_id="a", agent="di", queue="front"),
        call("01T10:05:00", call_id="b", chain_id="a", agent="ed", queue="back"),
        call("01T10:06:00", call_id="c", chain_id="a", outcome="timeout", queue="away"),
        call("02T10:00:00", call_id="d", chain_id="d", agent="di", queue="front"),
        call("02T10:00:00", "bob", call_id="e", chain_id="e", agent="di", queue="front"),
    ]
    more = """
[[breakdown]]
id = "by-agent"
metrics = ["phone.repeat-contact"]
by = "agent || ' in ' || queue"
"""
    ran = measure(*REPEAT, calls=calls, head=UNTIL, more=more)
    groups = {m.group: m.statistics for m in ran.result.measurements if m.breakdown}
    assert groups == {"ed in back": {"k": 1, "n": 1}, "di in front": {"k": 0, "n": 2}}


def thread(number, who="ann", **more):
    return {
        "thread_id": f"t{number}{who}",
        "customer_key": who,
        "channel": "email",
        "opened_at": f"2026-03-{number:02}T12:00:00",
        "first_human_reply_at": f"2026-03-{number:02}T13:00:00",
        "is_spam": "",
        **more,
    }


def test_coming_again_on_another_channel(measure):
    """Ann calls, writes, calls; Bob writes spam; Cy writes without an answer and calls."""
    calls = [day(1), day(4), day(1, "bob"), day(4, "cy")]
    threads = [
        thread(2), thread(2, "bob", is_spam="true"),
        thread(3, "cy", first_human_reply_at=""),
    ]  # fmt: skip
    ran = measure(*REPEAT, calls=calls, threads=threads, head=UNTIL)
    # The base are four calls and Ann's thread; her first call and her thread are followed.
    assert ran.share("phone.repeat-contact") == (2, 5)
    # By phone alone her first call is followed by her second one, whatever she wrote between.
    assert ran.share("phone.repeat-contact.same-channel") == (1, 4)


def test_the_identity_table_joins_keys_over_channels(measure):
    calls, threads = [day(1, "+33123456789")], [thread(3, "ann@example.org")]
    alone = measure(*REPEAT, calls=calls, threads=threads, head=UNTIL)
    assert alone.share("phone.repeat-contact") == (0, 2)
    identity = [
        {"key": "+33123456789", "customer": "k1"},
        {"key": "ann@example.org", "customer": "k1"},
    ]
    joined = measure(*REPEAT, calls=calls, threads=threads, identity=identity, head=UNTIL)
    assert joined.share("phone.repeat-contact") == (1, 2)


@pytest.mark.parametrize("metric", [*REPEAT, "phone.voicemail-returned"])
def test_a_log_without_keys_of_customers_says_so(measure, metric):
    ran = measure(metric, calls=[{"started_at": "2026-03-01T10:00:00"}])
    assert ran.of(metric).unavailable == "no source gives calls.customer_key"


def test_midnight_and_the_change_of_clocks(measure):
    """In Paris 2026-03-29 has 23 hours: 7 days of 24 hours end an hour later on the wall."""
    calls = [
        call("24T23:59:59"), call("25T00:00:01"),
        call("24T10:00:00", "bob"), call("31T11:00:00", "bob"),
        call("24T10:00:00", "cy"), call("31T11:00:01", "cy"),
    ]  # fmt: skip
    ran = measure(*REPEAT, calls=calls, head="as_of = 2026-04-30")
    assert ran.share("phone.repeat-contact") == (2, 6)
    assert ran.evidence("repeat-contact") == [("calls.csv", 1), ("calls.csv", 3)]


CHAINS = ("phone.run-around", "phone.handlers.mean")


def leg(number, chain="a", **more):
    return {
        "call_id": f"{chain}{number}",
        "chain_id": f"{chain}1",
        "started_at": f"2026-03-01T10:0{number}:00",
        "queue": "",
        "agent": "",
        **more,
    }


def test_three_people_are_a_run_around(measure):
    calls = [
        *(leg(i, "a", agent=f"p{i}", queue="bills") for i in (1, 2, 3)),
        *(leg(i, "b", agent="p1") for i in (1, 2, 3)),
        *(leg(i, "c", queue=name) for i, name in ((1, "menu"), (2, "bills"), (3, "moves"))),
        leg(1, "d", agent="p9"),
    ]
    ran = measure(*CHAINS, calls=calls)
    assert ran.share("phone.run-around") == (2, 4)
    assert ran["phone.handlers.mean"] == pytest.approx((3 + 1 + 3 + 1) / 4)
    assert ran.evidence("run-around") == [("calls.csv", 1), ("calls.csv", 7)]
    (found,) = [e for e in ran.result.evidence if e.item.endswith("run-around")]
    paths = {piece.fields["path"] for piece in found.shown}
    assert paths == {"bills > bills > bills", "menu > bills > moves"}


def test_menu_steps_legs_nobody_answered_and_warm_handovers_do_not_count(measure):
    calls = [
        leg(1, "a", outcome="ivr", queue="menu"), leg(2, "a", agent="p1"), leg(3, "a", agent="p2"),
        leg(1, "b", agent="p1"), leg(2, "b", outcome="timeout", queue="moves"),
        leg(3, "b", agent="p3"),
        *(leg(i, "c", agent=f"p{i}") for i in (1, 2, 3)),
    ]  # fmt: skip
    warm = {"issue_id": "c1", "to_agent": "p3", "kind": "warm"}
    assert measure("phone.run-around", calls=calls).share("phone.run-around") == (1, 3)
    ran = measure(*CHAINS, calls=calls, handovers=[warm])
    assert ran.share("phone.run-around") == (0, 3)
    assert ran["phone.handlers.mean"] == 2


def test_calls_without_an_answer_are_no_base_and_unnamed_people_are_not_guessed(measure):
    calls = [
        leg(1, "a", outcome="abandoned", queue="bills"),
        leg(1, "b"),
        *(leg(i, "c") for i in (1, 2, 3)),
        leg(1, "d", agent="p1"), leg(2, "d", agent="p2", is_test="true"),
    ]  # fmt: skip
    ran = measure(*CHAINS, calls=calls)
    assert ran.share("phone.run-around") == (0, 2)
    assert ran["phone.handlers.mean"] == 1


def test_a_chain_whose_first_leg_names_no_chain(measure):
    calls = [leg(1, agent="p1", chain_id=""), leg(2, agent="p2"), leg(3, agent="p3")]
    assert measure(*CHAINS, calls=calls).share("phone.run-around") == (1, 1)


def test_a_log_without_chains_says_so(measure):
    ran = measure("phone.run-around", calls=[{"agent": "p1"}])
    assert ran.of("phone.run-around").unavailable == "no source gives calls.chain_id"


PROMISED = ("phone.callback-kept", "phone.callback-attempted", "phone.callback-reached")
SLOW = "2026-03-10T15:00:00"


def promise(number, **more):
    return {
        "promise_id": f"p{number}",
        "kind": "callback",
        "due_at": "2026-03-10T12:00:00",
        "attempted_at": "",
        "reached": "",
        "kept_at": "",
        "kept": "",
        **more,
    }


def test_call_backs(measure):
    kept = {"kept_at": "2026-03-10T12:00:00", "reached": "true"}
    rows = [
        promise(1, **kept),
        promise(2, kept_at=SLOW, reached="true"),
        promise(3, attempted_at="2026-03-10T09:00:00", reached="false"),
        promise(4),
        promise(5, kept="true", attempted_at="2026-03-10T11:00:00"),
        promise(6, **kept, kept="false"),
        promise(7, **kept, due_at=""),
        promise(8, **kept, due_at="2026-04-10T12:00:00"),
        promise(9, **kept, kind="delivery"),
        promise(10, kept_at=SLOW, kept="true"),
    ]
    ran = measure(*PROMISED, promises=rows, head=UNTIL)
    assert ran.share("phone.callback-kept") == (2, 7)
    assert ran.share("phone.callback-attempted") == (4, 7)
    assert ran.share("phone.callback-reached") == (3, 7)
    assert ran.evidence("callback-kept") == [("promises.csv", row) for row in (2, 3, 4, 6, 10)]


@pytest.mark.parametrize("column", ["kept", "kept_at"])
def test_a_record_of_promises_with_one_of_two_columns_is_enough(measure, column):
    row = promise(1, kept="true", kept_at="2026-03-10T11:00:00")
    del row["kept" if column == "kept_at" else "kept_at"]
    ran = measure("phone.callback-kept", promises=[row], head=UNTIL)
    assert ran.share("phone.callback-kept") == (1, 1)


RETURNED = ("phone.voicemail-returned", "phone.missed-returned")
OPEN = """
[[schedule]]
hours = { mon-fri = ["09:00-17:00"] }
"""


def test_voicemails_and_missed_calls_returned_in_a_working_day(measure):
    """Open from 9 to 17 on working days: 8 hours from Friday at 16:00 end on Monday at 16:00."""
    calls = [
        call("06T16:00:00", "ann", outcome="voicemail"),
        call("09T16:00:00", "ann", direction="out"),
        call("06T16:00:00", "bob", outcome="voicemail"),
        call("09T16:00:01", "bob", direction="out"),
        call("06T16:00:00", "cy", outcome="missed"),
        call("07T11:00:00", "cy", direction="out", outcome="missed"),
        call("06T16:00:00", "di", outcome="abandoned"),
        call("05T16:00:00", "di", direction="out"),
        call("06T16:00:00", "", outcome="timeout"),
        call("10T12:00:00", "eve", outcome="missed"),
        call("06T16:00:00", "flo", outcome="ivr"),
    ]
    ran = measure(*RETURNED, calls=calls, head="as_of = 2026-03-10", more=OPEN)
    assert ran.share("phone.voicemail-returned") == (1, 2)
    # Cy was called and did not answer, Di was called before, nobody knows the timed-out caller,
    # and Eve's eight hours run still.
    assert ran.share("phone.missed-returned") == (0, 2)
    assert ran.evidence("missed-returned") == [("calls.csv", 5), ("calls.csv", 7)]


OUT = call("01T09:00:00", "zoe", direction="out")
"""A log without an outbound call could not tell who was called back."""


@pytest.mark.parametrize(
    ("calls", "reached"),
    [
        # Missed on Friday at 16:00: eight open hours end on Monday at 16:00.
        ([call("06T16:03:00")], True),
        ([call("09T16:00:00")], True),
        ([call("09T16:00:01")], False),
        ([call("09T10:00:00", direction="out")], True),
        ([call("09T16:00:01", direction="out")], False),
        # Tried and not reached; then reached, by either side.
        ([call("06T16:10:00", direction="out", outcome="missed")], False),
        ([call("06T16:10:00", direction="out", outcome="")], False),
        ([call("06T16:10:00", direction="out", outcome="missed"), call("09T09:00:00")], True),
        ([call("06T16:05:00", outcome="ivr"), call("06T16:06:00", outcome="callback")], False),
        # Somebody else's call, a test call, one before.
        ([call("06T16:03:00", "bob")], False),
        ([call("06T16:03:00", is_test="true")], False),
        ([call("06T15:59:00")], False),
        ([], False),
    ],
)
def test_a_missed_caller_is_reached_by_either_side_in_time(measure, calls, reached):
    missed = call("06T16:00:00", outcome="abandoned")
    rows = [{"direction": "in", "is_test": ""} | each for each in (missed, *calls, OUT)]
    ran = measure("phone.missed-returned", calls=rows, head=UNTIL, more=OPEN)
    assert ran.share("phone.missed-returned") == (int(reached), 1)


def test_several_misses_of_a_caller_are_one_until_the_caller_is_reached(measure):
    calls = [
        # Ann tries three times and is answered: one caller, reached.
        *(call(f"02T09:0{n}:00", outcome="abandoned") for n in range(3)),
        call("02T09:05:00"),
        # A week later she is missed twice and never reached: once more, not reached.
        call("09T09:00:00", outcome="missed"), call("11T09:00:00", outcome="timeout"),
        # Bob's second try on the next day is answered, but his first was too long ago.
        call("02T09:00:00", "bob", outcome="abandoned"),
        call("03T09:00:01", "bob", outcome="abandoned"), call("03T09:01:00", "bob"),
        # A voicemail in between is a matter of its own.
        call("04T09:00:00", "cy", outcome="voicemail"),
        call("04T09:01:00", "cy", outcome="abandoned"), call("04T09:02:00", "cy"),
        # Callers without a number, however often, count neither way.
        *(call(f"02T1{n}:00:00", "", outcome="abandoned") for n in range(5)),
        call("02T15:00:00", ""),
    ]  # fmt: skip
    rows = [{"direction": "in"} | each for each in (*calls, OUT)]
    ran = measure(*RETURNED, calls=rows, head=UNTIL, more=OPEN)
    # Ann twice, Bob, Cy: reached are Ann once, and Cy.
    assert ran.share("phone.missed-returned") == (2, 4)
    assert ran.evidence("missed-returned") == [("calls.csv", 5), ("calls.csv", 7)]
    assert ran.share("phone.voicemail-returned") == (0, 1)


def test_a_caller_who_is_answered_on_a_later_leg_is_reached(measure):
    calls = [
        leg(1, "a", customer_key="ann", outcome="abandoned", started_at="2026-03-02T09:00:00"),
        leg(1, "b", customer_key="ann", outcome="timeout", started_at="2026-03-02T09:10:00"),
        leg(2, "b", customer_key="", outcome="answered", started_at="2026-03-02T09:11:00"),
        leg(1, "c", customer_key="zoe", direction="out", started_at="2026-03-02T09:00:00"),
    ]
    ran = measure(*RETURNED, calls=calls, head=UNTIL, more=OPEN)
    assert ran.share("phone.missed-returned") == (1, 1)


def test_a_call_answered_or_promised_a_call_back_on_another_leg_is_not_missed(measure):
    calls = [
        leg(1, "a", outcome="timeout"), leg(2, "a"),
        leg(1, "b", outcome="timeout"), leg(2, "b", outcome="callback"),
        leg(1, "c", outcome="timeout"), leg(2, "c", outcome="voicemail"),
        leg(1, "d", direction="out"),
    ]  # fmt: skip
    rows = [each | {"customer_key": each["chain_id"]} for each in calls]
    ran = measure(*RETURNED, calls=rows, head=UNTIL, more=OPEN)
    assert ran.share("phone.voicemail-returned") == (0, 1)
    assert ran["phone.missed-returned"] is None


def test_a_log_of_inbound_calls_alone_cannot_tell_what_was_returned(measure):
    calls = [day(2, outcome="voicemail", direction="in")]
    ran = measure("phone.voicemail-returned", calls=calls, head=UNTIL, more=OPEN)
    assert (ran["phone.voicemail-returned"], ran.of("phone.voicemail-returned").n) == (None, 0)


HANDOVER = ("phone.handover-wait.p50", "phone.handover-wait.p90")


def test_handovers_nobody_took_up_are_kept_in_as_waiting(measure):
    """Taken up after 1, 2 and 3 hours; one waits since 10 hours: S falls to 3/4, 1/2, 1/4."""
    rows = [
        {"issue_id": "a", "at": "2026-03-10T08:00:00", "accepted_at": f"2026-03-10T{h}:00:00"}
        for h in ("09", "10", "11")
    ]
    rows += [
        {"issue_id": "b", "at": "2026-03-10T14:00:00", "accepted_at": ""},
        {"issue_id": "c", "at": "2026-03-10T14:00:00", "accepted_at": "2026-03-10T13:00:00"},
        {"issue_id": "d", "at": "2026-03-10T14:00:00", "kind": "menu", "accepted_at": ""},
    ]
    ran = measure(*HANDOVER, handovers=rows, head="as_of = 2026-03-10")
    assert ran["phone.handover-wait.p50"] == 2
    assert ran["phone.handover-wait.p90"] is None
    assert ran.of("phone.handover-wait.p50").n == 4


def test_empty_tables_measure_nothing(measure):
    empty = {"customer_key": "", "chain_id": "", "started_at": "", "outcome": "", "direction": ""}
    names = (*REPEAT, *CHAINS, *RETURNED)
    ran = measure(*names, calls=[empty], more=OPEN)
    for name in names:
        assert (ran[name], ran.of(name).unavailable) == (None, ""), name
