"""Amazon Connect's contact records: one object for each contact, as the data model names them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
INSTANCE = "arn:aws:connect:eu-central-1:111122223333:instance/0a1b"


def at(seconds):
    return START + timedelta(seconds=seconds)


def stamp(seconds):
    return None if seconds is None else at(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def contact(name="c-1", *, start=0, end=300, method="INBOUND", queue=None, agent=None, **others):
    """Return a record; ``queue`` is (name, entered, left), ``agent`` (name, since, until)."""
    record = {
        "AWSAccountId": "111122223333",
        "AWSContactTraceRecordFormatVersion": "2017-03-10",
        "Agent": None,
        "AgentConnectionAttempts": 1 if agent else 0,
        "Attributes": {"CallReason": "invoice"},
        "Channel": "VOICE",
        "ConnectedToSystemTimestamp": stamp(start),
        "ContactId": name,
        "CustomerEndpoint": {"Address": "+33140000001", "Type": "TELEPHONE_NUMBER"},
        "DisconnectReason": None,
        "DisconnectTimestamp": stamp(end),
        "InitialContactId": None,
        "InitiationMethod": method,
        "InitiationTimestamp": stamp(start),
        "InstanceARN": INSTANCE,
        "LastUpdateTimestamp": stamp(end + 60),
        "MediaStreams": [{"Type": "AUDIO"}],
        "NextContactId": None,
        "PreviousContactId": None,
        "Queue": None,
        "Recording": None,
        "Recordings": [],
        "ScheduledTimestamp": None,
        "SystemEndpoint": {"Address": "+33140000999", "Type": "TELEPHONE_NUMBER"},
        "TransferCompletedTimestamp": None,
        "TransferredToEndpoint": None,
    }
    if queue:
        named, entered, left = queue
        record["Queue"] = {
            "ARN": f"{INSTANCE}/queue/{named}",
            "Name": named,
            "EnqueueTimestamp": stamp(entered),
            "DequeueTimestamp": stamp(left),
            "Duration": left - entered,
        }
    if agent:
        named, since, until = agent
        record["Agent"] = {
            "ARN": f"{INSTANCE}/agent/{named}",
            "Username": named,
            "ConnectedToAgentTimestamp": stamp(since),
            "AgentInteractionDuration": until - since - 30,
            "CustomerHoldDuration": 30,
            "LongestHoldDuration": 20,
            "NumberOfHolds": 2,
            "AfterContactWorkDuration": 15,
            "AfterContactWorkStartTimestamp": stamp(until),
            "AfterContactWorkEndTimestamp": stamp(until + 15),
            "HierarchyGroups": {
                "Level1": {"ARN": "x", "GroupName": "Lyon"},
                "Level2": {"ARN": "y", "GroupName": "Billing"},
            },
            "RoutingProfile": {"ARN": "z", "Name": "Basic"},
        }
    return record | others


def linked(first, following, **others):
    """Return a record that followed another."""
    first["NextContactId"] = following["ContactId"]
    following["PreviousContactId"] = first["ContactId"]
    following["InitialContactId"] = first["InitialContactId"] or first["ContactId"]
    return following | others


def read(export, *records, table="calls", **options):
    text = "\n".join(map(json.dumps, records))
    return export("amazon-connect", text, table=table, **options)


def test_an_answered_contact_holds_its_times(export):
    found = read(
        export,
        contact(
            queue=("sales", 40, 100), agent=("ada", 100, 300), DisconnectReason="AGENT_DISCONNECT"
        ),
    )
    assert found.row == {
        "call_id": "c-1",
        "chain_id": "c-1",
        "customer_key": "+33140000001",
        "queue": "sales",
        "agent": "ada",
        "team": "Billing",
        "direction": "in",
        "outcome": "answered",
        "started_at": at(0),
        "queued_at": at(40),
        "answered_at": at(100),
        "ended_at": at(300),
        "wait_s": 60,
        "talk_s": 170,
        "hold_s": 30,
        "wrap_s": 15,
        "ivr_s": 40,
        "holds": 2,
        "longest_hold_s": 20,
        "transfers": 0,
        "ended_by": "agent",
        "handled_by": None,
        "person_asked_at": None,
        "handed_over_at": None,
        "machine_resolved": None,
    }


def test_fields_that_are_not_used_are_listed_by_their_dotted_names(export):
    found = read(export, contact(queue=("sales", 40, 100), agent=("ada", 100, 300), Fresh={"a": 1}))
    assert {"Fresh", "Attributes", "Agent.RoutingProfile", "SystemEndpoint"} <= set(found.unknown)
    assert {"ContactId", "Queue", "Queue.Name", "Agent"}.isdisjoint(found.unknown)
    assert "CustomerEndpoint.Type" in found.unknown
    assert "Agent.HierarchyGroups.Level1.ARN" in found.unknown


def test_of_a_contact_delivered_twice_the_record_updated_last_is_kept(export):
    old = contact(end=300, LastUpdateTimestamp=stamp(400))
    new = contact(queue=("sales", 40, 100), agent=("ada", 100, 300), LastUpdateTimestamp=stamp(900))
    reason = "the contact was delivered again; the record that was updated last is kept"
    for order in ((old, new), (new, old), (old, new, old, new)):
        found = read(export, *order)
        assert found.row["outcome"] == "answered"
        assert found.skipped == {reason: len(order) - 1}
    assert read(export, old, new).places == [("part-0", 2)]


def test_abandoned_is_a_queue_without_an_agent(export):
    row = read(export, contact(end=100, queue=("sales", 40, 100))).row
    assert (row["outcome"], row["wait_s"], row["agent"]) == ("abandoned", 60, None)


def test_an_agent_of_nulls_answered_nothing(export):
    record = contact(end=100, queue=("sales", 40, 100))
    record["Agent"] = {"ARN": None, "Username": None, "ConnectedToAgentTimestamp": None}
    assert read(export, record).row["outcome"] == "abandoned"


def test_who_never_reached_a_queue_left_in_the_menu(export):
    row = read(export, contact(end=25)).row
    assert (row["outcome"], row["ivr_s"], row["wait_s"]) == ("ivr", 25, None)


def test_a_caller_moved_to_another_queue_or_cut_off_by_the_flow_did_not_abandon(export):
    first = contact("c-1", end=100, queue=("sales", 40, 100))
    second = contact(
        "c-2", start=100, end=400, method="QUEUE_TRANSFER", queue=("backup", 100, 160),
        agent=("bob", 160, 400),
    )  # fmt: skip
    second = linked(first, second)
    cut = contact(
        "c-3", end=100, queue=("sales", 40, 100), DisconnectReason="CONTACT_FLOW_DISCONNECT"
    )
    found = read(export, first, second, cut)
    assert [row["outcome"] for row in found.rows] == ["timeout", "answered", "timeout"]
    assert [row["chain_id"] for row in found.rows] == ["c-1", "c-1", "c-3"]
    assert [row["direction"] for row in found.rows] == ["in", "in", "in"]
    moved = read(export, first, second, table="handovers").row
    assert (moved["kind"], moved["from_group"], moved["to_group"]) == ("menu", "sales", "backup")
    assert (moved["to_agent"], moved["accepted_at"]) == ("bob", at(160))
    events = read(export, first, second, table="queue_events")
    assert events.of(event="timeout")["to_queue"] == "backup"


@pytest.mark.parametrize(("first_leaves", "kind"), [(200, "cold"), (290, "warm")])
def test_a_transfer_is_warm_when_the_first_agent_was_still_there(export, first_leaves, kind):
    first = contact("c-1", queue=("sales", 40, 100), agent=("ada", 100, first_leaves))
    second = contact(
        "c-2", start=200, end=600, method="TRANSFER", queue=("claims", 200, 260),
        agent=("bob", 260, 600),
    )  # fmt: skip
    second = linked(first, second)
    passed = read(export, first, second, table="handovers").row
    assert passed == {
        "issue_id": "c-1",
        "at": at(200),
        "accepted_at": at(260),
        "from_group": "sales",
        "to_group": "claims",
        "from_agent": "ada",
        "to_agent": "bob",
        "kind": kind,
        "channel": "phone",
    }
    assert [row["transfers"] for row in read(export, first, second).rows] == [1, 0]


def test_what_lies_outside_the_files_is_told_and_left_empty(export):
    last = contact(
        "c-9", method="TRANSFER", agent=("bob", 60, 300), InitialContactId="c-1",
        PreviousContactId="c-8", NextContactId="c-10",
    )  # fmt: skip
    found = read(export, last)
    assert (found.row["direction"], found.row["transfers"]) == (None, None)
    assert found.notes == [
        "contacts whose chain begins outside the files; direction stays empty: 1",
        "contacts that go on in a record outside the files; transfers stay empty: 1",
    ]
    passed = read(export, last, table="handovers")
    assert (passed.row["from_agent"], passed.row["kind"]) == (None, None)
    assert passed.notes == ["handovers from a contact outside the files: 1"]


def test_a_call_passed_out_of_connect_is_a_handover_to_that_number(export):
    record = contact(
        queue=("sales", 40, 100), agent=("ada", 100, 300),
        TransferredToEndpoint={"Address": "+33140000777", "Type": "TELEPHONE_NUMBER"},
        TransferCompletedTimestamp=stamp(250),
    )  # fmt: skip
    assert read(export, record).row["transfers"] == 1
    passed = read(export, record, table="handovers").row
    assert (passed["to_group"], passed["at"], passed["kind"]) == ("+33140000777", at(250), None)


def callback(name, *, start, dialled=None, connected=None, **others):
    return contact(
        name, start=start, end=start + 500, method="CALLBACK",
        queue=("callbacks", start + 20, dialled or start + 400),
        agent=("ada", dialled, start + 500) if dialled else None,
        ConnectedToSystemTimestamp=stamp(connected), **others,
    )  # fmt: skip


def test_a_callback_is_a_promise_whose_attempts_are_joined(export):
    asked = contact("c-1", end=120, queue=("sales", 40, 110))
    first = linked(asked, callback("c-2", start=110, dialled=200))
    second = linked(first, callback("c-3", start=900, dialled=1000, connected=1012))
    found = read(export, asked, first, second, table="promises")
    assert found.row == {
        "promise_id": "c-2",
        "kind": "callback",
        "channel": "phone",
        "issue_id": "c-1",
        "thread_id": "c-1",
        "customer_key": "+33140000001",
        "promised_by": None,
        "promised_at": at(110),
        "due_at": None,
        "attempted_at": at(200),
        "reached": True,
        "kept_at": at(1012),
    }
    assert found.notes == [
        "callbacks of several attempts, each one promise: 1",
        "callbacks without a time that was named; due_at stays empty: 1",
    ]
    calls = read(export, asked, first, second)
    assert [(r["outcome"], r["direction"], r["wait_s"]) for r in calls.rows] == [
        ("callback", "in", 70),
        ("missed", "out", None),
        ("answered", "out", None),
    ]
    assert calls.rows[2]["answered_at"] == at(1012)


def test_a_callback_nobody_dialled_was_not_attempted_and_a_named_time_is_due(export):
    record = callback("c-2", start=0, ScheduledTimestamp="2026-03-02T11:00:00Z")
    row = read(export, record, table="promises").row
    assert (row["attempted_at"], row["reached"], row["kept_at"]) == (None, False, None)
    assert row["due_at"] == datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
    row = read(export, record, table="promises", callback_within_s=60).row
    assert row["due_at"] == datetime(2026, 3, 2, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("others", "outcome", "ended_by"),
    [
        ({}, "answered", None),
        ({"ConnectedToSystemTimestamp": None}, "missed", None),
        (
            {"ConnectedToSystemTimestamp": None, "DisconnectReason": "TELECOM_PROBLEM"},
            "failed",
            "system",
        ),
    ],
)
def test_a_dialled_call_is_answered_when_the_customer_is_connected(
    export, others, outcome, ended_by
):
    record = contact(method="OUTBOUND", queue=("out", 0, 5), agent=("ada", 0, 300), **others)
    row = read(export, record).row
    assert (row["direction"], row["outcome"], row["ended_by"]) == ("out", outcome, ended_by)
    assert (row["wait_s"], row["queued_at"]) == (None, None)
    assert read(export, record, table="queue_events").rows == []


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        ({"Channel": "CHAT"}, "contacts of another channel: chat, task or e-mail"),
        ({"Channel": "TASK"}, "contacts of another channel: chat, task or e-mail"),
        ({"DisconnectTimestamp": None}, "the contact is not over"),
        ({"InitiationMethod": "MONITOR"}, "supervisors who listened in (MONITOR)"),
        (
            {"InitiationMethod": "EXTERNAL_OUTBOUND"},
            "calls to somebody else than the customer (EXTERNAL_OUTBOUND)",
        ),
    ],
)
def test_records_that_are_no_calls_of_customers_are_left_out_by_a_named_rule(
    export, others, reason
):
    found = read(export, contact() | others)
    assert (found.rows, found.skipped, found.refused) == ([], {reason: 1}, [])


def test_a_broken_record_is_refused_with_all_its_problems(export):
    broken = contact(queue=("sales", 40, 100), agent=("ada", 100, 300), ContactId="")
    broken["InitiationTimestamp"] = "2026-03-02T09:00:00"
    broken["LastUpdateTimestamp"] = "yesterday"
    broken["Queue"]["Duration"] = -5
    broken["Agent"]["NumberOfHolds"] = "many"
    found = read(export, contact("c-2"), broken)
    assert [row["call_id"] for row in found.rows] == ["c-2"]
    assert found.refused == [
        (
            2,
            (
                "LastUpdateTimestamp is no time; InitiationTimestamp has no offset from "
                "UTC; ContactId is missing; Queue.Duration is negative; "
                "Agent.NumberOfHolds is no number"
            ),
        )
    ]


def test_records_of_a_stream_without_line_ends_are_all_read(export):
    text = "".join(json.dumps(contact(f"c-{n}")) for n in range(5))
    assert len(export("amazon-connect", text, names=("records.gz",)).rows) == 5


def test_the_reason_stands_in_the_attribute_that_the_option_names(export):
    found = read(export, contact(), reason_attribute="CallReason")
    assert found.row["reason"] == "invoice"
    assert "Attributes" not in found.unknown
    assert "reason" not in read(export, contact()).columns


def test_queue_events_of_a_contact_have_ids_of_their_own(export):
    found = read(
        export, contact(queue=("sales", 40, 100), agent=("ada", 100, 300)), table="queue_events"
    )
    steps = [(r["event_id"], r["at"], r["wait_s"], r["seconds"]) for r in found.rows]
    assert steps == [
        ("c-1:entered", at(40), None, None),
        ("c-1:connected", at(100), 60, None),
        ("c-1:ended", at(300), None, 170),
    ]


def test_a_contact_after_the_disconnect_is_no_way_out_of_the_queue_and_no_menu(export):
    first = contact("c-1", end=100, queue=("sales", 40, 100))
    survey = linked(first, contact("c-2", start=100, end=140, method="DISCONNECT"))
    found = read(export, first, survey)
    assert [row["outcome"] for row in found.rows] == ["abandoned", None]
    text = "contacts whose outcome the records do not tell; it stays empty: 1"
    assert text in found.notes


def test_a_queue_left_for_a_record_outside_the_files_is_not_called_abandoned(export):
    row = read(export, contact(end=100, queue=("sales", 40, 100), NextContactId="c-2")).row
    assert row["outcome"] is None


def test_a_contact_that_ends_before_it_begins_is_refused(export):
    found = read(export, contact(start=100, end=50))
    assert found.refused == [(1, "DisconnectTimestamp is before InitiationTimestamp")]


def test_a_transfer_that_nobody_took_is_cold_and_not_accepted(export):
    first = contact("c-1", queue=("sales", 40, 100), agent=("ada", 100, 200))
    second = contact("c-2", start=200, end=600, method="TRANSFER", queue=("claims", 200, 600))
    second = linked(first, second)
    passed = read(export, first, second, table="handovers").row
    assert (passed["kind"], passed["accepted_at"], passed["to_agent"]) == ("cold", None, None)
    assert read(export, first, second).rows[1]["outcome"] == "abandoned"
