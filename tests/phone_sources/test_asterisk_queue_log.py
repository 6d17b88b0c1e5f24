"""Asterisk's queue log: lines as Asterisk writes them become calls, told to the last line."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from datetime import UTC, datetime

import pytest

from cxaudit._model.audit import SourceUse
from cxaudit.errors import SourceError
from cxaudit.plugin import ReadRequest
from cxaudit.records import lines
from cxaudit_phone.readers import asterisk_queue_log, queue_log_lines

T = 1_772_445_600  # 2 March 2026, 10:00:00 UTC


def line(seconds, call, queue, agent, event, *given):
    return "|".join(map(str, (T + seconds, call, queue, agent, event, *given))) + "\n"


def at(seconds):
    return datetime.fromtimestamp(T + seconds, UTC)


def enter(seconds, call, queue="sales", caller="+33140000001", position=1):
    return line(seconds, call, queue, "NONE", "ENTERQUEUE", "", caller, position)


def answered(seconds, call, queue="sales", agent="SIP/201", wait=20, talk=60, by="CALLER"):
    return (
        enter(seconds, call, queue)
        + line(seconds + wait, call, queue, agent, "CONNECT", wait, f"{call}1", 5)
        + line(seconds + wait + talk, call, queue, agent, f"COMPLETE{by}", wait, talk, 1)
    )


def read(export, *contents, table="calls", **others):
    return export("asterisk-queue-log", *contents, table=table, **others)


def test_an_answered_call_holds_its_times(export):
    found = read(export, answered(0, "1772445600.1"))
    assert found.row == {
        "call_id": "1772445600.1",
        "chain_id": "1772445600.1",
        "customer_key": "+33140000001",
        "queue": "sales",
        "agent": "SIP/201",
        "direction": "in",
        "outcome": "answered",
        "started_at": None,
        "queued_at": at(0),
        "answered_at": at(20),
        "ended_at": at(80),
        "wait_s": 20,
        "talk_s": 60,
        "ring_s": 5,
        "transfers": 0,
        "ended_by": "customer",
        "position": 1,
    }
    assert found.places == [("part-0", 1)]
    assert found.notes == ["3 lines of the log are of 1 calls"]


def test_who_hangs_up_is_told_by_the_event(export):
    assert read(export, answered(0, "1.1", by="AGENT")).row["ended_by"] == "agent"


@pytest.mark.parametrize(
    ("event", "given", "outcome", "ended_by"),
    [
        ("ABANDON", (1, 3, 45), "abandoned", "customer"),
        ("EXITWITHTIMEOUT", (1, 3, 45), "timeout", None),
        ("EXITEMPTY", (1, 3, 45), "timeout", None),
        ("EXITWITHKEY", ("5", 1, 3, 45), "timeout", None),
    ],
)
def test_timeouts_empty_queues_and_keys_are_lost_calls_too(export, event, given, outcome, ended_by):
    text = enter(0, "1.1", position=3) + line(45, "1.1", "sales", "NONE", event, *given)
    row = read(export, text).row
    assert (row["outcome"], row["ended_by"], row["wait_s"]) == (outcome, ended_by, 45)
    assert (row["agent"], row["answered_at"], row["talk_s"]) == (None, None, None)
    assert row["position"] == 3


def test_ringing_unanswered_is_milliseconds_and_no_call(export):
    text = enter(0, "1.1") + line(15, "1.1", "sales", "SIP/9", "RINGNOANSWER", 15000)
    text += line(30, "1.1", "sales", "NONE", "ABANDON", 1, 1, 30)
    assert read(export, text).row["ring_s"] is None
    rang = read(export, text, table="queue_events").of(event="rang")
    assert (rang["seconds"], rang["agent"], rang["at"]) == (15, "SIP/9", at(15))


def test_lines_of_no_call_are_counted_and_are_no_calls(export):
    text = line(0, "NONE", "NONE", "NONE", "QUEUESTART")
    text += line(1, "REALTIME", "sales", "SIP/201", "ADDMEMBER")
    text += line(2, "NONE", "sales", "SIP/201", "PAUSE", "lunch") * 2
    found = read(export, text + answered(3, "1.1"))
    assert len(found.rows) == 1
    assert not found.skipped
    assert not found.refused
    assert "lines of no call (callid NONE): PAUSE: 2" in found.notes
    assert "lines of no call (callid REALTIME): ADDMEMBER: 1" in found.notes


def test_events_that_are_not_known_are_counted_by_name(export):
    text = answered(0, "1.1") + line(90, "1.1", "sales", "SIP/201", "SURVEY", 5) * 2
    found = read(export, text)
    assert "lines of an event that is not used: SURVEY: 2" in found.notes
    many = "".join(line(n, f"{n}.1", "q", "NONE", f"EVENT{n}") for n in range(500))
    assert len(read(export, many).notes) < 60


def test_a_call_through_two_queues_is_two_rows_of_one_chain(export):
    text = enter(0, "1.1", "sales") + line(60, "1.1", "sales", "NONE", "EXITWITHTIMEOUT", 1, 1, 60)
    text += enter(60, "1.1", "backup")
    text += line(90, "1.1", "backup", "SIP/7", "CONNECT", 30, "1.2", 4)
    text += line(190, "1.1", "backup", "SIP/7", "COMPLETEAGENT", 30, 100, 1)
    found = read(export, text)
    assert [(r["call_id"], r["chain_id"], r["queue"], r["outcome"]) for r in found.rows] == [
        ("1.1", "1.1", "sales", "timeout"),
        ("1.1/2", "1.1", "backup", "answered"),
    ]
    assert found.places == [("part-0", 1), ("part-0", 3)]
    assert "calls that went through several queues, or one several times: 1" in found.notes
    moved = read(export, text, table="handovers").row
    assert (moved["kind"], moved["from_group"], moved["to_group"]) == ("menu", "sales", "backup")
    assert (moved["from_agent"], moved["to_agent"]) == (None, "SIP/7")
    assert (moved["at"], moved["accepted_at"]) == (at(60), at(90))


def test_the_same_queue_may_be_entered_again_in_the_same_second(export):
    text = enter(0, "1.1") + line(60, "1.1", "sales", "NONE", "EXITWITHTIMEOUT", 1, 1, 60)
    text += enter(60, "1.1") + line(70, "1.1", "sales", "NONE", "ABANDON", 1, 1, 10)
    found = read(export, text)
    assert [(r["outcome"], r["wait_s"]) for r in found.rows] == [("timeout", 60), ("abandoned", 10)]


@pytest.mark.parametrize(
    ("event", "given", "kind", "target"),
    [
        ("BLINDTRANSFER", ("600", "internal", 20, 60, 1), "cold", "600"),
        ("ATTENDEDTRANSFER", ("BRIDGE", "b7c1", 20, 60, 1), "warm", None),
        ("TRANSFER", ("600", "internal", 20, 60, 1), None, "600"),
    ],
)
def test_transfers_end_the_call_and_hand_it_over(export, event, given, kind, target):
    text = enter(0, "1.1") + line(20, "1.1", "sales", "SIP/201", "CONNECT", 20, "1.2", 5)
    text += line(80, "1.1", "sales", "SIP/201", event, *given)
    row = read(export, text).row
    assert (row["outcome"], row["transfers"], row["talk_s"]) == ("answered", 1, 60)
    assert row["ended_by"] is None
    passed = read(export, text, table="handovers").row
    assert (passed["kind"], passed["to_group"], passed["from_agent"]) == (kind, target, "SIP/201")
    assert (passed["issue_id"], passed["at"], passed["accepted_at"]) == ("1.1", at(80), None)


def test_a_transfer_into_a_queue_names_the_queue_and_who_took_it(export):
    text = enter(0, "1.1") + line(20, "1.1", "sales", "SIP/201", "CONNECT", 20, "1.2", 5)
    text += line(80, "1.1", "sales", "SIP/201", "BLINDTRANSFER", "600", "internal", 20, 60, 1)
    text += answered(81, "1.1", "claims", "SIP/301", wait=9)
    passed = read(export, text, table="handovers").row
    assert (passed["to_group"], passed["to_agent"]) == ("claims", "SIP/301")
    assert passed["accepted_at"] == at(90)


def test_a_caller_may_come_back_to_a_queue_hours_after_a_transfer(export):
    text = enter(0, "1.1") + line(20, "1.1", "sales", "SIP/201", "CONNECT", 20, "1.2", 5)
    text += line(80, "1.1", "sales", "SIP/201", "BLINDTRANSFER", "600", "internal", 20, 60, 1)
    text += "".join(answered(n * 600, f"{n}.2") for n in range(1, 30))
    text += answered(5 * 3600, "1.1", "claims", "SIP/301")
    rows = [row for row in read(export, text).rows if row["chain_id"] == "1.1"]
    assert [row["call_id"] for row in rows] == ["1.1", "1.1/2"]


def test_a_call_that_completed_is_not_handed_over_to_its_survey(export):
    text = answered(0, "1.1") + answered(80, "1.1", "survey", "SIP/9")
    assert read(export, text, table="handovers").rows == []


def test_calls_that_the_log_does_not_end_are_told_and_not_guessed(export):
    text = enter(0, "1.1") + enter(5, "2.1")
    text += line(10, "2.1", "sales", "SIP/201", "CONNECT", 5, "2.2", 2)
    found = read(export, text)
    assert found.row["call_id"] == "2.1"
    assert (found.row["outcome"], found.row["wait_s"]) == ("answered", 5)
    assert (found.row["talk_s"], found.row["ended_at"], found.row["ended_by"]) == (None,) * 3
    assert found.skipped == {
        "the log does not tell how the call went on after it entered the queue": 1
    }
    assert "calls whose end is not in the log; talk and end stay empty: 1" in found.notes


def test_calls_that_began_before_the_log_are_left_out(export):
    text = line(3, "1.1", "sales", "SIP/201", "CONNECT", 40, "1.2", 2)
    text += line(60, "1.1", "sales", "SIP/201", "COMPLETECALLER", 40, 57, 1)
    text += line(70, "2.1", "sales", "NONE", "ABANDON", 1, 1, 500)
    found = read(export, text + answered(80, "3.1"))
    assert found.row["call_id"] == "3.1"
    reason = "the call entered the queue before the log begins, or that line is missing"
    assert found.skipped == {reason: 2}


def test_a_completed_call_without_its_connect_line_was_answered_at_an_unknown_time(export):
    text = enter(0, "1.1") + line(80, "1.1", "sales", "SIP/201", "COMPLETECALLER", 20, 60, 1)
    found = read(export, text)
    assert (found.row["outcome"], found.row["wait_s"], found.row["talk_s"]) == ("answered", 20, 60)
    assert (found.row["agent"], found.row["answered_at"]) == ("SIP/201", None)
    assert any("without a CONNECT line" in note for note in found.notes)


def test_lines_written_twice_count_once_in_every_table(export):
    text = enter(0, "1.1") + line(20, "1.1", "sales", "SIP/201", "CONNECT", 20, "1.2", 5)
    text += line(80, "1.1", "sales", "SIP/201", "BLINDTRANSFER", "600", "internal", 20, 60, 1)
    twice = "".join(each * 2 for each in text.splitlines(keepends=True))
    for table in ("calls", "queue_events", "handovers"):
        once = read(export, text, table=table)
        for doubled in (twice, text + text):
            found = read(export, doubled, table=table)
            assert found.rows == once.rows
            assert "lines that repeat a line of the same call, left out: 3" in found.notes


def test_a_log_given_again_days_later_repeats_the_keys_so_that_a_run_refuses_it(export):
    days = "".join(answered(day * 86_400, f"{day}.1") for day in range(5))
    found = read(export, days + days)
    assert [row["call_id"] for row in found.rows] == [f"{day}.1" for day in range(5)] * 2
    events = [row["event_id"] for row in read(export, days + days, table="queue_events").rows]
    assert (len(events), len(set(events))) == (30, 15)
    assert "places where the log goes back by more than a day: 1" in found.notes


def test_a_line_from_the_far_future_disturbs_nothing_behind_it(export):
    text = answered(0, "1.1") + line(10**9, "9.1", "sales", "NONE", "ENTERQUEUE", "", "", 1)
    found = read(export, text + answered(100, "2.1") + answered(200, "3.1"))
    assert [row["call_id"] for row in found.rows] == ["1.1", "2.1", "3.1"]
    assert sum(found.skipped.values()) == 1


def test_lines_out_of_order_within_a_minute_are_put_in_order(export):
    text = "".join(answered(n * 7, f"{n}.1", agent=f"SIP/{n}") for n in range(40))
    each_line = sorted(text.splitlines(keepends=True), key=lambda each: int(each.split("|")[0]))
    ordered = read(export, "".join(each_line))
    moved = random.Random(4)
    each_line.sort(key=lambda each: int(each.split("|")[0]) + moved.uniform(0, 30))
    found = read(export, "".join(each_line))
    key = "call_id"
    assert sorted(found.rows, key=lambda r: r[key]) == sorted(ordered.rows, key=lambda r: r[key])
    assert any(note.startswith("lines out of order by up to a minute") for note in found.notes)
    assert not found.skipped


def test_parts_of_a_rotated_log_are_read_by_time_whatever_their_names(export):
    text = "".join(answered(n * 100, f"{n}.1") for n in range(6))
    parts = text.splitlines(keepends=True)
    newest, oldest = "".join(parts[8:]), "".join(parts[:8])  # the third call spans both
    found = read(export, newest, oldest, names=("queue_log", "queue_log.1"))
    assert [row["call_id"] for row in found.rows] == [f"{n}.1" for n in range(6)]
    assert found.places[2] == ("queue_log.1", 7)
    assert not found.skipped
    packed = read(export, newest, oldest, names=("queue_log", "queue_log-2.gz"))
    assert packed.rows == found.rows


def test_parts_that_overlap_count_their_calls_once(export):
    text = "".join(answered(n * 100, f"{n}.1") for n in range(6))
    parts = text.splitlines(keepends=True)
    for table in ("calls", "queue_events"):
        found = read(export, "".join(parts[:12]), "".join(parts[6:]), table=table)
        assert found.rows == read(export, text, table=table).rows


@pytest.mark.parametrize("caller", ["", "anonymous", "Anonymous", "unknown", "Restricted"])
def test_a_withheld_number_is_nobodys_key(export, caller):
    text = enter(0, "1.1", caller=caller) + line(9, "1.1", "sales", "NONE", "ABANDON", 1, 1, 9)
    found = read(export, text)
    assert found.row["customer_key"] is None
    assert "calls without the caller's number: 1" in found.notes


def test_an_older_log_without_the_last_parameters_is_read(export):
    text = f"{T}|1.1|sales|NONE|ENTERQUEUE||0140000001\n"
    text += f"{T + 9}|1.1|sales|SIP/1|CONNECT|9\n{T + 30}|1.1|sales|SIP/1|COMPLETECALLER|9|21\n"
    row = read(export, text).row
    assert (row["wait_s"], row["talk_s"], row["ring_s"], row["position"]) == (9, 21, None, None)


def test_a_call_with_broken_parameters_is_refused_with_all_of_them(export):
    text = enter(0, "1.1", position="x")
    text += line(20, "1.1", "sales", "SIP/201", "CONNECT", "soon", "1.2", 5)
    text += line(80, "1.1", "sales", "SIP/201", "COMPLETECALLER", 20, "", 1)
    found = read(export, text + answered(90, "2.1"))
    assert found.row["call_id"] == "2.1"
    assert found.refused == [
        (
            1,
            (
                "ENTERQUEUE: position is no number; "
                "CONNECT: wait is no number; "
                "COMPLETECALLER: talk is no number"
            ),
        )
    ]
    events = read(export, text, table="queue_events")
    assert [number for number, _ in events.refused] == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hello", "the line has fewer than five fields; the time is no number of seconds since"),
        (f"{T}|1.1|sales", "the line has fewer than five fields"),
        ("2 March 2026|1.1|q|NONE|ABANDON|1|1|1", "the time is no number of seconds since 1970"),
        ("1e30|1.1|q|NONE|ABANDON|1|1|1", "the time is no number of seconds since 1970"),
        ("nan|1.1|q|NONE|ABANDON|1|1|1", "the time is no number of seconds since 1970"),
        (f"{T}|1.1|q|NONE|", "the event is missing"),
        (f"{T}|1.1|q|NONE|ABANDON|{'9' * 20_000}", "the line is longer than 10000 characters"),
    ],
)
def test_broken_lines_are_refused_with_their_reason_and_the_rest_is_read(export, text, reason):
    for table in ("calls", "queue_events", "handovers"):
        found = read(export, text + "\n" + answered(0, "1.1"), table=table)
        assert [number for number, _ in found.refused] == [1]
        assert reason in found.refused[0][1]
        assert len(found.rows) == {"calls": 1, "queue_events": 3, "handovers": 0}[table]


def test_queue_events_tell_each_step_with_the_call_of_its_row(export):
    text = enter(0, "1.1", "sales") + line(60, "1.1", "sales", "NONE", "EXITWITHKEY", 5, 1, 1, 60)
    text += answered(60, "1.1", "backup")
    found = read(export, text, table="queue_events")
    assert [(r["call_id"], r["event"], r["wait_s"], r["seconds"]) for r in found.rows] == [
        ("1.1", "entered", None, None),
        ("1.1", "timeout", 60, None),
        ("1.1/2", "entered", None, None),
        ("1.1/2", "connected", 20, 5),
        ("1.1/2", "ended", 20, 60),
    ]
    assert found.rows[1]["detail"] == "EXITWITHKEY 5"
    assert [number for _, number in found.places] == [1, 2, 3, 4, 5]


def test_memory_holds_open_calls_only(tmp_path, monkeypatch):
    """A long log streams: the first call is given long before the last line is read."""
    path = tmp_path / "queue_log"
    with path.open("w") as file:
        file.writelines(answered(n * 120, f"{n}.1") for n in range(3000))
    use = SourceUse(name="s", reader="r", table="calls", paths=(str(path),), options={})
    request = ReadRequest(use=use, files=(path,), scratch=tmp_path / "scratch")
    counted = Counter()

    def counting(request, notes=None):
        for each in lines(request, notes):
            counted["lines"] += 1
            yield each

    monkeypatch.setattr(queue_log_lines, "lines", counting)
    held = [
        counted["lines"] / 3 - given
        for given, _ in enumerate(asterisk_queue_log.read(request).rows)
        if counted["lines"] < 9000  # until the log ends
    ]
    assert len(held) > 2900
    assert max(held) < 60


def test_the_events_of_a_call_left_open_for_days_do_not_stay_in_memory(export):
    text = enter(0, "1.1") + "".join(answered(n * 3600, f"{n}.2") for n in range(1, 60))
    found = read(export, text)
    reason = "the log does not tell how the call went on after it entered the queue"
    assert found.skipped == {reason: 1}
    assert len(found.rows) == 59


def test_a_handover_with_broken_parameters_is_refused_with_its_line(export):
    text = enter(0, "1.1") + line(20, "1.1", "sales", "SIP/201", "CONNECT", 20, "1.2", 5)
    text += line(80, "1.1", "sales", "SIP/201", "BLINDTRANSFER", "600", "internal", "x", 60, 1)
    found = read(export, text, table="handovers")
    assert found.refused == [(3, "BLINDTRANSFER: wait is no number")]


def attended(consult="201", member="SIP/201", by="6.9", taken="6.1", method=("APP", "Queue")):
    """Ann (6.1) is put through by a member who first asked in claims by a channel 6.9."""
    return (
        enter(0, "6.1")
        + line(10, "6.1", "sales", member, "CONNECT", 10, "6.2", 4)
        + enter(70, "6.9", "claims", caller=consult)
        + line(75, by, "sales", member, "ATTENDEDTRANSFER", *method, 10, 65, 1)
        + line(80, taken, "claims", "SIP/301", "CONNECT", 10, "6.3", 4)
        + line(170, taken, "claims", "SIP/301", "COMPLETEAGENT", 10, 90, 1)
    )


@pytest.mark.parametrize("by", ["6.1", "6.9"])
@pytest.mark.parametrize("taken", ["6.1", "6.9"])
@pytest.mark.parametrize(
    ("consult", "member"),
    [
        ("201", "SIP/201"),
        ("201", "PJSIP/201-0000001a"),
        ("201", "Local/201@agents/n"),
        ("201", "Ada"),
    ],
)
@pytest.mark.parametrize(
    "method", [("APP", "Queue"), ("BRIDGE", "b7c1"), ("LINK", "Local/1@a-1;1", "Local/1@a-1;2")]
)
def test_an_attended_transfer_to_a_queue_is_one_call_of_two_legs(
    export, by, taken, consult, member, method
):
    text = attended(consult, member, by, taken, method)
    found = read(export, text + answered(200, "7.1"))
    rows = [row for row in found.rows if row["chain_id"] == "6.1"]
    names = ("call_id", "queue", "agent", "outcome", "transfers", "talk_s")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("6.1", "sales", member, "answered", 1, 65),
        ("6.1/2", "claims", "SIP/301", "answered", 0, 90),
    ]
    assert {row["customer_key"] for row in rows} == {"+33140000001"}
    assert len(found.rows) == 3
    assert (found.marked, found.skipped) == ({"transferred": 1}, {})
    passed = read(export, text, table="handovers").row
    assert (passed["kind"], passed["to_group"], passed["to_agent"]) == ("warm", "claims", "SIP/301")
    assert (passed["at"], passed["accepted_at"]) == (at(75), at(80))
    events = read(export, text, table="queue_events").rows
    assert {row["call_id"] for row in events} == {"6.1", "6.1/2"}


def test_a_colleague_who_was_asked_in_vain_is_no_customer(export):
    text = enter(0, "6.1") + line(10, "6.1", "sales", "SIP/201", "CONNECT", 10, "6.2", 4)
    text += enter(70, "6.9", "claims", caller="201")
    text += line(90, "6.9", "claims", "NONE", "ABANDON", 1, 1, 20)
    text += line(120, "6.1", "sales", "SIP/201", "COMPLETEAGENT", 10, 110, 1)
    found = read(export, text)
    assert [row["call_id"] for row in found.rows] == ["6.1"]
    assert found.marked == {"internal": 1}


def test_a_customer_who_calls_meanwhile_is_not_taken_for_the_second_half(export):
    text = attended(consult="+33140000009", member="Ada", by="6.1", taken="6.9")
    found = read(export, text)
    assert [row["chain_id"] for row in found.rows] == ["6.1", "6.9"]
    assert found.marked == {}


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_lines_of_one_second_are_one_moment_in_any_order(export, order):
    three = [
        enter(0, "1.1"),
        line(0, "1.1", "sales", "SIP/201", "CONNECT", 0, "1.2", 0),
        line(0, "1.1", "sales", "SIP/201", "COMPLETECALLER", 0, 0, 1),
    ]
    whole = read(export, "".join(three))
    mixed = read(export, "".join(three[n] for n in order))
    assert mixed.rows == whole.rows
    assert mixed.row["answered_at"] == at(0)
    assert mixed.skipped == {}
    two = [enter(0, "1.1"), line(0, "1.1", "sales", "NONE", "ABANDON", 1, 1, 0)]
    assert read(export, *reversed(two)).row["outcome"] == "abandoned"


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_queue_left_entered_and_answered_in_one_second_is_two_passages(export, order):
    moment = [
        line(60, "1.1", "sales", "NONE", "EXITWITHTIMEOUT", 1, 1, 60),
        enter(60, "1.1"),
        line(60, "1.1", "sales", "SIP/201", "CONNECT", 0, "1.2", 0),
    ]
    text = enter(0, "1.1") + "".join(moment[n] for n in order)
    text += line(90, "1.1", "sales", "SIP/201", "COMPLETEAGENT", 0, 30, 1)
    rows = read(export, text).rows
    assert [(row["outcome"], row["wait_s"]) for row in rows] == [("timeout", 60), ("answered", 0)]


def test_the_line_that_ends_a_call_names_the_agent_where_connect_does_not(export):
    text = answered(0, "1.1").replace("SIP/201|CONNECT", "NONE|CONNECT")
    assert read(export, text).row["agent"] == "SIP/201"


@pytest.mark.parametrize(
    "event", ["FULL", "JOINEMPTY", "JOINUNAVAIL", "CLOSED", "DIVERT_CA_RATIO", "DIVERT_HOLDTIME"]
)
def test_who_is_let_into_no_queue_was_turned_away(export, event):
    row = read(export, line(5, "1.1", "sales", "NONE", event)).row
    assert (row["outcome"], row["queue"], row["started_at"]) == ("turned-away", "sales", at(5))
    assert (row["queued_at"], row["wait_s"], row["customer_key"]) == (None, None, None)
    text = enter(0, "1.1") + line(30, "1.1", "sales", "NONE", event)
    assert read(export, text).row["outcome"] == "turned-away"
    told = read(export, line(5, "1.1", "sales", "NONE", event), table="queue_events").row
    assert (told["event"], told["detail"]) == ("turned-away", event)


def table_of(text, *names, time=str, separator=","):
    """Return lines of a log as CSV of the table that Asterisk writes to."""
    rows = [separator.join(names)] if names else []
    for number, each in enumerate(text.splitlines(), 1):
        stamp, *fields = each.split("|")
        fields += [""] * (9 - len(fields))
        rows.append(separator.join([str(number), time(int(stamp)), *fields]))
    return "\n".join(rows) + "\n"


NAMES = ("id", "time", "callid", "queuename", "agent", "event", *(f"data{n}" for n in range(1, 6)))


@pytest.mark.parametrize("time", [str, lambda t: datetime.fromtimestamp(t, UTC).isoformat()])
def test_a_log_from_a_database_gives_the_same_calls(export, time):
    text = attended() + answered(200, "1.1")
    whole = read(export, text)
    for table in ("calls", "queue_events", "handovers"):
        rows = [
            {name: value for name, value in row.items() if name != "event_id"}
            for row in read(export, table_of(text, *NAMES, time=time), table=table).rows
        ]
        assert rows == [
            {name: value for name, value in row.items() if name != "event_id"}
            for row in read(export, text, table=table).rows
        ]
    named = read(
        export, table_of(text, time=time, separator=";"), columns=list(NAMES), separator=";"
    )
    assert named.rows == whole.rows
    assert named.skipped == {}


def test_stamps_without_an_offset_are_left_to_the_zone_of_the_source(export):
    text = table_of(
        answered(0, "1.1"), *NAMES, time=lambda t: str(datetime.fromtimestamp(t, UTC))[:19]
    )
    row = read(export, text).row
    assert (row["queued_at"], row["answered_at"]) == ("2026-03-02T10:00:00", "2026-03-02T10:00:20")
    assert row["wait_s"] == 20


def test_parameters_in_one_column_are_taken_apart(export):
    rows = ["time,callid,queuename,agent,event,data"]
    for each in answered(0, "1.1").splitlines():
        *head, data = each.split("|", 5)
        rows.append(",".join([*head, f'"{data}"']))
    assert read(export, "\n".join(rows)).rows == read(export, answered(0, "1.1")).rows


def test_a_table_whose_columns_nobody_names_is_refused_with_what_to_do(export):
    with pytest.raises(SourceError) as refused:
        read(export, table_of(answered(0, "1.1")))
    (problem,) = refused.value.problems
    assert "columns = ['time', 'callid'" in problem.hint


def test_a_table_without_a_column_that_is_needed_is_refused(export):
    with pytest.raises(SourceError) as refused:
        read(export, "callid,event\n1.1,ENTERQUEUE\n")
    (problem,) = refused.value.problems
    assert problem.message == "no column holds time and queue and agent"


def test_a_caller_may_be_put_through_again_and_again(export):
    """201 asks in claims, is answered by 301 and puts Ann through; 301 asks in legal."""
    text = enter(0, "6.1") + line(10, "6.1", "sales", "SIP/201", "CONNECT", 10, "6.2", 4)
    text += enter(70, "6.9", "claims", caller="201")
    text += line(80, "6.9", "claims", "SIP/301", "CONNECT", 10, "6.3", 4)
    text += line(85, "6.1", "sales", "SIP/201", "ATTENDEDTRANSFER", "BRIDGE", "b1", 10, 75, 1)
    text += enter(100, "7.5", "legal", caller="301")
    text += line(110, "7.5", "claims", "SIP/301", "ATTENDEDTRANSFER", "APP", "Queue", 10, 30, 1)
    text += line(130, "6.1", "legal", "SIP/401", "CONNECT", 30, "7.6", 4)
    text += line(190, "7.5", "legal", "SIP/401", "COMPLETECALLER", 30, 60, 1)
    found = read(export, text)
    assert [(row["call_id"], row["agent"], row["talk_s"]) for row in found.rows] == [
        ("6.1", "SIP/201", 75), ("6.1/2", "SIP/301", 30), ("6.1/3", "SIP/401", 60)
    ]  # fmt: skip
    assert {row["customer_key"] for row in found.rows} == {"+33140000001"}
    assert (found.marked, found.skipped) == ({"transferred": 2}, {})
