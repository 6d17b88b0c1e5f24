"""Genesys Cloud's conversation details: participants, sessions, segments and metrics as queried."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at(seconds):
    return START + timedelta(seconds=seconds)


def stamp(seconds):
    return None if seconds is None else at(seconds).isoformat(timespec="milliseconds")[:-6] + "Z"


def segment(kind, start, end, **others):
    return {
        "segmentType": kind,
        "segmentStart": stamp(start),
        "segmentEnd": stamp(end),
        "conference": False,
    } | others


def participant(purpose, *segments, user=None, medium="voice", direction="inbound", **others):
    metrics = [
        {"name": name, "value": value, "emitDate": stamp(0)}
        for name, value in others.pop("metrics", ())
    ]
    session = {
        "sessionId": f"s-{purpose}-{user}",
        "mediaType": medium,
        "direction": direction,
        "ani": "tel:+33140000001",
        "dnis": "tel:+33140000999",
        "provider": "Edge",
        "metrics": metrics,
        "segments": list(segments),
    }
    person = {"userId": user} if user else {}
    named = {"participantId": f"p-{purpose}-{user}", "purpose": purpose}
    return named | person | {"sessions": [session | others]}


def customer(end=300, **others):
    return participant("customer", segment("interact", 0, end, disconnectType="peer"), **others)


def menu(end=30):
    return participant("ivr", segment("ivr", 0, end), metrics=[("tIvr", end * 1000)])


def queue(start, end, name="sales", *metrics, how="transfer"):
    return participant(
        "acd",
        segment("interact", start, end, queueId=name, disconnectType=how),
        metrics=[("nOffered", 1), *metrics],
    )


def agent(user, start, end, name="sales", *metrics, how="peer", wait=60, code="done"):
    return participant(
        "agent",
        segment("alert", start - 4, start, queueId=name),
        segment("interact", start, end, queueId=name, disconnectType=how),
        segment("wrapup", end, end + 12, queueId=name, wrapUpCode=code),
        user=user,
        metrics=[
            ("tAlert", 4000),
            ("tAnswered", wait * 1000),
            ("tTalkComplete", (end - start) * 1000),
            ("tAcw", 12_000),
            *metrics,
        ],
    )


def conversation(*participants, name="v-1", end=300, direction="inbound", **others):
    return {
        "conversationId": name,
        "conversationStart": stamp(0),
        "conversationEnd": stamp(end),
        "originatingDirection": direction,
        "divisionIds": ["d"],
        "participants": list(participants),
    } | others


def read(export, *conversations, table="calls"):
    page = {"conversations": list(conversations), "totalHits": len(conversations)}
    return export("genesys-cloud", page, table=table)


ANSWERED = conversation(customer(), menu(), queue(30, 90), agent("u-ada", 90, 300))


def test_an_answered_conversation_holds_its_times_in_seconds(export):
    found = read(export, ANSWERED)
    assert found.row == {
        "call_id": "v-1",
        "chain_id": "v-1",
        "customer_key": "+33140000001",
        "queue": "sales",
        "agent": "u-ada",
        "direction": "in",
        "outcome": "answered",
        "started_at": at(0),
        "queued_at": at(30),
        "answered_at": at(90),
        "ended_at": at(300),
        "wait_s": 60,
        "talk_s": 210,
        "hold_s": 0,
        "wrap_s": 12,
        "ivr_s": 30,
        "ring_s": 4,
        "holds": 0,
        "longest_hold_s": 0,
        "transfers": 0,
        "ended_by": "customer",
        "reason": "done",
        "handled_by": None,
        "handed_over_at": None,
        "machine_resolved": None,
    }
    assert found.notes == []


@pytest.mark.parametrize(
    ("how", "who"),
    [("client", "agent"), ("endpoint", "agent"), ("peer", "customer"), ("system", "system")],
)
def test_who_ended_it_is_told_from_the_agents_side(export, how, who):
    record = conversation(customer(), queue(0, 60), agent("u", 60, 100, how=how))
    assert read(export, record).row["ended_by"] == who


def test_holds_are_counted_and_the_longest_is_kept(export):
    talking = participant(
        "agent",
        segment("interact", 60, 100, queueId="sales"),
        segment("hold", 100, 130, queueId="sales"),
        segment("interact", 130, 150, queueId="sales"),
        segment("hold", 150, 155, queueId="sales"),
        segment("interact", 155, 200, queueId="sales", disconnectType="client"),
        user="u-ada",
        metrics=[("tHeld", 30_000), ("tHeld", 5_000), ("tHeldComplete", 35_000)],
    )
    record = conversation(customer(), queue(0, 60), talking)
    row = read(export, record).row
    assert (row["holds"], row["hold_s"], row["longest_hold_s"]) == (2, 35, 30)
    steps = [
        (r["event"], r["at"], r["seconds"]) for r in read(export, record, table="queue_events").rows
    ]
    assert steps == [
        ("entered", at(0), None),
        ("connected", at(60), None),
        ("held", at(100), None),
        ("resumed", at(130), 30),
        ("held", at(150), None),
        ("resumed", at(155), 5),
        ("ended", at(200), None),
    ]


def test_abandoned_is_what_the_queue_says_of_it(export):
    row = read(
        export, conversation(customer(), menu(), queue(30, 75, "sales", ("tAbandon", 45_000)))
    ).row
    assert (row["outcome"], row["wait_s"], row["ended_by"]) == ("abandoned", 45, "customer")
    assert (row["agent"], row["talk_s"], row["holds"]) == (None, None, None)


def test_a_call_that_flowed_out_of_a_queue_was_let_go(export):
    record = conversation(customer(), queue(0, 75, "sales", ("tFlowOut", 75_000), ("tAcd", 75_000)))
    row = read(export, record).row
    assert (row["outcome"], row["wait_s"]) == ("timeout", 75)


def test_a_queue_that_tells_no_end_leaves_the_outcome_empty_and_says_so(export):
    found = read(export, conversation(customer(), queue(0, 75)))
    assert found.row["outcome"] is None
    assert found.notes == ["calls whose outcome the export does not tell; it stays empty: 1"]


def test_who_never_reached_a_queue_left_in_the_menu(export):
    row = read(export, conversation(customer(20), menu(20), end=20)).row
    assert (row["outcome"], row["ivr_s"], row["ended_at"]) == ("ivr", 20, at(20))


def test_voicemail_is_told_with_and_without_a_queue(export):
    box = participant("voicemail", segment("interact", 80, 120))
    assert read(export, conversation(customer(), box)).row["outcome"] == "voicemail"
    waited = read(export, conversation(customer(), queue(0, 80), box)).row
    assert waited["outcome"] == "voicemail"


def test_several_queues_are_rows_of_one_chain_and_a_flow_is_a_menu_handover(export):
    record = conversation(
        customer(),
        agent("u-bob", 200, 300, "backup", wait=90),
        queue(110, 200, "backup"),
        queue(30, 110, "sales", ("tFlowOut", 80_000)),
    )  # in any order
    found = read(export, record)
    assert [(r["call_id"], r["queue"], r["outcome"], r["wait_s"]) for r in found.rows] == [
        ("v-1", "sales", "timeout", 80),
        ("v-1/2", "backup", "answered", 90),
    ]
    assert {row["chain_id"] for row in found.rows} == {"v-1"}
    assert found.notes == ["conversations of several queues or agents, one row for each: 1"]
    moved = read(export, record, table="handovers").row
    assert (moved["kind"], moved["from_group"], moved["to_group"]) == ("menu", "sales", "backup")
    assert (moved["from_agent"], moved["to_agent"]) == (None, "u-bob")


@pytest.mark.parametrize(
    ("metric", "kind"), [("nBlindTransferred", "cold"), ("nConsultTransferred", "warm")]
)
def test_transfers_are_warm_or_cold_as_the_metrics_say(export, metric, kind):
    record = conversation(
        customer(),
        queue(0, 60),
        agent("u-ada", 60, 100, "sales", ("nTransferred", 1), (metric, 1), how="transfer"),
        queue(100, 130, "claims"),
        agent("u-bob", 130, 300, "claims", wait=30),
    )
    found = read(export, record)
    assert [(r["agent"], r["transfers"]) for r in found.rows] == [("u-ada", 1), ("u-bob", 0)]
    assert read(export, record, table="handovers").row == {
        "issue_id": "v-1",
        "at": at(100),
        "accepted_at": at(130),
        "from_group": "sales",
        "to_group": "claims",
        "from_agent": "u-ada",
        "to_agent": "u-bob",
        "kind": kind,
        "channel": "phone",
    }
    assert found.rows[0]["ended_by"] is None


def test_a_transfer_straight_to_a_person_is_a_row_without_a_queue_wait(export):
    record = conversation(
        customer(),
        queue(0, 60),
        agent("u-ada", 60, 100, "sales", ("nTransferred", 1), how="transfer"),
        participant("user", segment("interact", 105, 200), user="u-eve"),
    )
    last = read(export, record).rows[1]
    assert (last["agent"], last["queued_at"], last["wait_s"]) == ("u-eve", None, None)
    assert read(export, record, table="handovers").row["kind"] is None


def test_people_who_were_only_consulted_are_no_calls(export):
    record = conversation(
        customer(),
        queue(0, 60),
        agent("u-ada", 60, 300),
        participant("user", segment("alert", 100, 120), user="u-eve"),
        participant("user", segment("interact", 130, 160), user="u-tom"),
    )
    found = read(export, record)
    assert found.row["agent"] == "u-ada"
    assert (found.marked, found.notes) == ({"consultation": 2}, [])
    assert read(export, record, table="handovers").rows == []


def test_an_agent_who_did_not_answer_rang_and_the_next_one_answered(export):
    silent = participant(
        "agent",
        segment("alert", 40, 55, queueId="sales", disconnectType="client"),
        user="u-max",
        metrics=[("tAlert", 15_000), ("tNotResponding", 15_000)],
    )
    record = conversation(customer(), queue(30, 90), silent, agent("u-ada", 90, 300))
    assert read(export, record).row["agent"] == "u-ada"
    rang = read(export, record, table="queue_events").of(event="rang")
    assert (rang["agent"], rang["seconds"], rang["at"]) == ("u-max", 15, at(55))


def test_supervisors_who_listen_in_are_left_out(export):
    boss = participant(
        "user", segment("interact", 100, 200), user="u-boss", monitoredParticipantId="p"
    )
    found = read(export, conversation(*ANSWERED["participants"], boss))
    assert found.row["agent"] == "u-ada"
    assert (found.marked, found.notes) == ({"monitoring": 1}, [])


def test_a_dialled_call_has_its_customer_at_the_other_end(export):
    record = conversation(
        participant("customer", segment("interact", 10, 100), direction="outbound"),
        participant(
            "agent", segment("dialing", 0, 10), segment("interact", 10, 100),
            user="u-ada", direction="outbound",
        ),
        direction="outbound",
    )  # fmt: skip
    row = read(export, record).row
    assert (row["direction"], row["outcome"], row["answered_at"]) == ("out", "answered", at(10))
    assert row["customer_key"] == "+33140000999"
    silent = conversation(
        participant("customer", segment("dialing", 0, 10), direction="outbound"),
        participant("agent", segment("dialing", 0, 10), user="u-ada", direction="outbound"),
        direction="outbound",
    )
    assert read(export, silent).row["outcome"] == "missed"


def callback(*more, direction="inbound", **others):
    given = {"callbackNumbers": ["+33140000002"], "callbackScheduledTime": stamp(3600)} | others
    asked = participant(
        "acd",
        segment("interact", 90, 3600, queueId="sales"),
        medium="callback",
        direction="outbound",
        **given,
    )
    return conversation(asked, *more, end=4000, direction=direction)


def dialled(answered):
    segments = [segment("dialing", 3610, 3620)]
    if answered:
        segments.append(segment("interact", 3620, 3900))
    other = participant("customer", *segments, direction="outbound")
    person = participant("agent", *segments, user="u-ada", direction="outbound")
    return other, person


@pytest.mark.parametrize("answered", [True, False])
def test_a_callback_is_a_promise_with_the_time_that_was_named(export, answered):
    row = read(export, callback(*dialled(answered)), table="promises").row
    assert row == {
        "promise_id": "v-1",
        "kind": "callback",
        "channel": "phone",
        "issue_id": "v-1",
        "thread_id": "v-1",
        "customer_key": "+33140000002",
        "promised_at": at(90),
        "due_at": at(3600),
        "attempted_at": at(3610),
        "reached": answered,
        "kept_at": at(3620) if answered else None,
    }


def test_a_callback_without_a_time_or_an_attempt_says_so(export):
    found = read(export, callback(callbackScheduledTime=None), table="promises")
    row = found.row
    assert (row["due_at"], row["attempted_at"], row["reached"]) == (None, None, None)
    assert found.notes == ["callbacks without a time that was named; due_at stays empty: 1"]


def test_a_callback_whose_time_was_moved_is_due_at_the_first(export):
    moved = participant(
        "agent", segment("interact", 200, 210), medium="callback", user="u-ada",
        callbackNumbers=["+33140000002"], callbackScheduledTime=stamp(9000),
    )  # fmt: skip
    found = read(export, callback(moved), table="promises")
    assert found.row["due_at"] == at(3600)
    assert "callbacks whose time was changed; the first time named is due: 1" in found.notes


def test_a_callback_is_due_when_the_promised_time_after_the_named_one_is_over(export):
    record = {"conversations": [callback(*dialled(answered=True))]}
    found = export("genesys-cloud", record, table="promises")
    text = "callbacks due at the very time named; see the option callback_within_s: 1"
    assert (found.row["due_at"], found.notes) == (at(3600), [text])
    found = export("genesys-cloud", record, table="promises", callback_within_s=900)
    assert (found.row["due_at"], found.notes) == (at(4500), [])


def test_a_campaigns_callback_is_not_taken_for_a_promise(export):
    found = read(export, callback(outboundCampaignId="c-1"), table="promises")
    assert found.rows == []
    reason = "calls and callbacks of an outbound campaign (outboundCampaignId), or of the dialler"
    assert found.skipped == {reason: 1}


def test_a_caller_who_asked_to_be_called_back_did_not_abandon(export):
    record = callback(
        customer(89), queue(30, 89, "sales", ("tFlowOut", 59_000)), *dialled(answered=True)
    )
    found = read(export, record)
    assert [(r["direction"], r["outcome"]) for r in found.rows] == [
        ("in", "callback"),
        ("out", "answered"),
    ]
    assert read(export, record, table="handovers").rows == []


def test_conversations_without_voice_or_end_are_left_out_by_named_rules(export):
    chat = conversation(participant("customer", segment("interact", 0, 9), medium="chat"))
    running = conversation(*ANSWERED["participants"], name="v-2", conversationEnd=None)
    found = read(export, chat, running, ANSWERED | {"conversationId": "v-3"})
    assert [row["call_id"] for row in found.rows] == ["v-3"]
    assert found.skipped == {
        "conversations without a voice session": 1,
        "the conversation is not over": 1,
    }


def test_a_conversation_exported_twice_counts_once_and_a_finished_one_is_kept(export):
    running = ANSWERED | {"conversationEnd": None}
    for table in ("calls", "queue_events", "handovers", "promises"):
        found = read(export, running, ANSWERED, ANSWERED, table=table)
        assert found.skipped == {
            "the conversation is not over": 1,
            "the conversation is in the files again; the first is kept": 1,
        }
        assert found.rows == read(export, ANSWERED, table=table).rows


def test_a_broken_conversation_is_refused_with_all_its_problems(export):
    broken = conversation(
        customer(),
        participant("acd", {"segmentType": "interact", "segmentStart": "2026-03-02T09:00:00"}),
        participant("agent", segment("interact", 0, 5), metrics=[("tTalk", -3)]),
        conversationStart="early",
    )
    broken["participants"].append({"purpose": "ivr", "sessions": "none"})
    found = read(export, broken, ANSWERED)
    assert len(found.rows) == 1
    assert found.refused == [
        (
            1,
            (
                "conversationStart is no time; segmentStart has no offset from UTC; "
                "metric tTalk: value is negative; "
                "sessions is no list of objects"
            ),
        )
    ]


def test_fields_that_are_not_used_are_listed_by_their_dotted_names(export):
    found = read(export, ANSWERED)
    assert {"divisionIds", "participants.participantId"} <= set(found.unknown)
    assert "participants.sessions.segments.conference" in found.unknown
    assert "participants.sessions.provider" in found.unknown
    assert not {"participants", "participants.sessions.metrics"} & set(found.unknown)


@pytest.mark.parametrize("number", ["tel:anonymous", "sip:anonymous@anonymous.invalid", ""])
def test_a_withheld_number_is_nobodys_key(export, number):
    found = read(export, conversation(customer(ani=number), queue(0, 60), agent("u", 60, 90)))
    assert found.row["customer_key"] is None
    assert found.notes == ["conversations without the customer's number: 1"]


def test_a_conversation_that_ends_before_it_begins_is_refused(export):
    found = read(export, conversation(customer(), end=-5))
    assert found.refused == [(1, "conversationEnd is before conversationStart")]


def rang(user, start, end, *metrics):
    return participant("agent", segment("alert", start, end), user=user, metrics=metrics)


@pytest.mark.parametrize("metrics", [[("tAlert", 20_000)], [("tNotResponding", 20_000)], []])
def test_the_time_of_ringing_is_told_of_those_who_did_not_answer_too(export, metrics):
    alone = conversation(customer(), rang("u-ada", 0, 20, *metrics), rang("u-bo", 20, 50))
    row = read(export, alone).row
    assert (row["outcome"], row["ring_s"]) == ("missed", 50)
    record = conversation(
        customer(), queue(0, 60), rang("u-ada", 10, 30, *metrics), agent("u-eve", 60, 300)
    )
    assert read(export, record).row["ring_s"] == 4
    event = read(export, record, table="queue_events").of(event="rang")
    assert (event["seconds"], event["at"]) == (20, at(30))
