"""Each rule by which a phone reader tells what is no contact of a customer, on a record of it."""

from __future__ import annotations

import json

import pytest

from cxaudit.errors import SourceError
from cxaudit.plugin import MarkerEffect
from cxaudit_phone.readers.sources import SOURCES
from tests.phone_sources.conftest import CDR, CONTACTS, CONVERSATIONS, LEGS, SAMPLES

QUEUE_CALL = """\
{t}|{call}|sales|NONE|ENTERQUEUE||{caller}|1
1772445620|{call}|sales|SIP/201|CONNECT|20|{call}5|5
1772445680|{call}|sales|SIP/201|COMPLETECALLER|20|60|1
"""
ATTENDED = """\
1772445600|6.1|sales|NONE|ENTERQUEUE||+33140000001|1
1772445610|6.1|sales|SIP/201|CONNECT|10|6.2|4
1772445670|6.9|claims|NONE|ENTERQUEUE||201|1
1772445675|6.9|sales|SIP/201|ATTENDEDTRANSFER|APP|Queue|10|65|1
1772445680|6.1|claims|SIP/301|CONNECT|10|6.3|4
1772445770|6.1|claims|SIP/301|COMPLETEAGENT|10|90|1
"""


def queue_call(call="1.1", caller="+33140000001"):
    return QUEUE_CALL.format(call=call, caller=caller, t=1_772_445_600)


def cdr(**fields):
    """Return the first record of the sample, of an extension that dials, with other values."""
    names = ("accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp")
    record = dict(zip(names, CDR.split("\n", 1)[0].replace('"', "").split(","), strict=False))
    tail = CDR.split("\n", 1)[0].split(",")[8:]
    record |= {"src": "201", "dst": "202", "channel": "PJSIP/201-0000001a"} | fields
    return ",".join([*(f'"{record[name]}"' for name in names), *tail]) + "\n"


def contact(**fields):
    return json.dumps(CONTACTS[0] | fields)


def bots(*agents):
    return {"WisdomInfo": {"AiAgents": list(agents)}}


BOT = {"AiUseCase": "SelfService", "AiAgentVersionId": "b:1", "AiAgentEscalated": True}


def conversation(*purposes, session=(), **fields):
    """Return the first conversation of the sample, with further participants and other values."""
    record = json.loads(json.dumps(CONVERSATIONS["conversations"][0])) | fields
    parts = record["participants"]
    parts += [parts[0] | {"purpose": purpose} for purpose in purposes]
    for part in parts:
        part["sessions"][0] |= dict(session)
    return {"conversations": [record]}


def without_customer():
    record = conversation()
    record["conversations"][0]["participants"][0]["purpose"] = "user"
    return record


def monitored():
    record = conversation("agent")
    last = record["conversations"][0]["participants"][-1]
    last["sessions"] = [last["sessions"][0] | {"monitoredParticipantId": "p-1"}]
    return record


def legs(*changes):
    return {"calls": [leg | change for leg, change in zip(LEGS["calls"], changes, strict=False)]}


CASES = [
    ("asterisk-queue-log", "transferred", ATTENDED, 2),
    ("asterisk-queue-log", "internal", queue_call(caller="201"), 0),
    ("asterisk-queue-log", "internal", queue_call(caller="7"), 0),
    ("asterisk-queue-log", "outbound", queue_call().replace("ENTERQUEUE", "CALLOUTBOUND"), 0),
    ("asterisk-cdr", "internal", cdr(dstchannel="PJSIP/202-0000001b"), 0),
    ("asterisk-cdr", "internal", cdr(dstchannel="", lastapp="VoiceMail"), 0),
    ("asterisk-cdr", "internal", cdr(dst="anna", dstchannel="SIP/anna-1b"), 0),
    ("asterisk-cdr", "service-code", cdr(dst="*97", lastapp="VoiceMailMain"), 0),
    ("asterisk-cdr", "test", cdr(dst="*43", lastapp="Echo"), 0),
    ("asterisk-cdr", "test", cdr(src="0140000001", lastapp="Milliwatt"), 0),
    ("asterisk-cdr", "outbound", cdr(dst="0140000001", dcontext="from-internal"), 1),
    ("amazon-connect", "other-channel", contact(Channel="CHAT"), 0),
    ("amazon-connect", "monitoring", contact(InitiationMethod="MONITOR"), 0),
    ("amazon-connect", "external", contact(InitiationMethod="EXTERNAL_OUTBOUND"), 0),
    (
        "amazon-connect",
        "callback-place",
        contact(InitiationMethod="CALLBACK_CUSTOMER_FIRST_QUEUED"),
        0,
    ),
    ("amazon-connect", "campaign", contact(Campaign={"CampaignId": "c"}), 0),
    (
        "amazon-connect",
        "answering-machine",
        contact(InitiationMethod="OUTBOUND", AnsweringMachineDetectionStatus="VOICEMAIL_BEEP"),
        1,
    ),
    ("amazon-connect", "outbound", contact(InitiationMethod="OUTBOUND"), 1),
    ("amazon-connect", "bot", contact(**bots(BOT)), 1),
    ("genesys-cloud", "other-channel", conversation(session={"mediaType": "chat"}), 0),
    ("genesys-cloud", "monitoring", monitored(), 1),
    ("genesys-cloud", "consultation", conversation("agent"), 1),
    ("genesys-cloud", "internal", without_customer(), 0),
    ("genesys-cloud", "campaign", conversation(session={"outboundCampaignId": "c"}), 0),
    ("genesys-cloud", "campaign", conversation("dialer"), 0),
    ("genesys-cloud", "fax", conversation("fax"), 0),
    ("genesys-cloud", "outbound", conversation(session={"direction": "outbound"}), 1),
    ("genesys-cloud", "bot", conversation(session={"flow": {"flowType": "BOT"}}), 1),
    ("twilio-calls", "internal", legs({"from": "client:bob"}, {"to": "client:ada"}), 0),
    (
        "twilio-calls",
        "internal",
        legs({"from": "sip:bob@house.sip.twilio.com"}, {"to": "sip:ada@house.sip.us1.twilio.com"}),
        0,
    ),
    ("twilio-calls", "test", legs({"from": "+15005550006"}, {}), 0),
    ("twilio-calls", "answering-machine", legs({}, {"answered_by": "machine_start"}), 1),
    ("twilio-calls", "outbound", legs({"direction": "outbound-api"}), 1),
]
OPTIONS = {"asterisk-cdr": {"outbound_contexts": ["from-internal"]}}


@pytest.mark.parametrize(("reader", "rule", "content", "rows"), CASES)
def test_a_marker_names_its_records_and_no_other_rule_does(export, reader, rule, content, rows):
    records = export(reader, content, **OPTIONS.get(reader, {}))
    marker = next(
        m for spec in SOURCES if spec.id.endswith(reader) for m in spec.markers if m.id == rule
    )
    assert rule in records.marked
    assert len(records.rows) == rows
    assert records.skipped == ({} if rows else {marker.meaning: 1})
    assert (marker.effect == MarkerEffect.LEAVES_OUT) >= (rows == 0)
    if rows == 0:
        assert records.marked == {rule: 1}


def test_each_declared_marker_has_a_case():
    declared = {
        (spec.id.removeprefix("cxaudit."), marker.id) for spec in SOURCES for marker in spec.markers
    }
    assert {(reader, rule) for reader, rule, _, _ in CASES} == declared


@pytest.mark.parametrize("reader", SAMPLES)
def test_calls_of_customers_are_named_by_none(export, reader):
    assert export(reader, SAMPLES[reader]).marked == {}


@pytest.mark.parametrize("reader", SAMPLES)
@pytest.mark.parametrize("other", SAMPLES)
def test_a_file_of_another_system_is_refused_with_the_reader_that_fits(export, reader, other):
    if reader == other:
        return
    with pytest.raises(SourceError) as refused:
        export(reader, SAMPLES[other])
    (problem,) = refused.value.problems
    assert problem.file == "part-0"
    assert problem.message == f"part-0 is an export that the reader {other} reads, and not {reader}"
    assert f'reader = "{other}"' in problem.hint


@pytest.mark.parametrize(
    ("content", "other"),
    [
        ({"tickets": [{"id": 1, "requester_id": 2, "submitter_id": 2, "via": {}}]}, "zendesk"),
        ([{"id": 1, "requester_id": 2, "responder_id": 3}], "freshdesk"),
        ({"conversations": [{"id": "1", "conversation_parts": {}}]}, "intercom"),
        ({"data": {"payload": [{"id": 1, "inbox_id": 2, "meta": {}}]}}, "chatwoot"),
        ("From a@acme.example Mon Mar  2 09:00:00 2026\nSubject: Hello\n\nHello\n", "mail"),
    ],
)
@pytest.mark.parametrize("reader", SAMPLES)
def test_a_file_of_messages_is_refused_with_the_reader_that_fits(export, reader, content, other):
    with pytest.raises(SourceError) as refused:
        export(reader, content)
    assert f"that the reader {other} reads" in refused.value.problems[0].message


@pytest.mark.parametrize(
    ("reader", "content"),
    [
        ("asterisk-queue-log", "|1.1|sales|NONE|ENTERQUEUE||+33140000001|1\n"),
        ("asterisk-cdr", CDR.split("\n", 1)[0].replace('"2026-03-02 10:00:00"', '""') + "\n"),
        ("amazon-connect", contact(InitiationTimestamp=None)),
        ("genesys-cloud", conversation(conversationStart=None)),
        ("twilio-calls", legs({"start_time": None})),
    ],
)
def test_no_reader_keeps_a_row_without_a_time(export, reader, content):
    records = export(reader, content)
    assert records.rows == []
    assert len(records.refused) == 1


def test_what_an_answering_machine_took_reached_nobody(export):
    record = contact(InitiationMethod="OUTBOUND", AnsweringMachineDetectionStatus="VOICEMAIL_BEEP")
    assert export("amazon-connect", record).row["outcome"] == "missed"
    person = contact(InitiationMethod="OUTBOUND", AnsweringMachineDetectionStatus="HUMAN_ANSWERED")
    assert export("amazon-connect", person).row["outcome"] == "answered"


def test_a_browser_of_the_house_that_dials_a_number_calls_a_customer(export):
    calls = legs({"from": "client:ada"}, {"to": "+33140000777"})
    row = export("twilio-calls", calls).row
    assert (row["direction"], row["customer_key"], row["agent"], row["outcome"]) == (
        "out",
        "+33140000777",
        "client:ada",
        "answered",
    )


def machine(row):
    names = ("handled_by", "handed_over_at", "machine_resolved")
    return tuple(row[name] is not None if name.endswith("_at") else row[name] for name in names)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, (None, False, None)),
        (bots(BOT), ("both", True, False)),
        (bots(BOT | {"AiUseCase": "AgentAssistance"}), (None, False, None)),
        ({"Queue": None, "Agent": None} | bots(BOT), (None, False, False)),
        (
            {"Queue": None, "Agent": None} | bots(BOT | {"AiAgentEscalated": False}),
            ("machine", False, True),
        ),
        ({"Queue": None, "Agent": None, "Attributes": {"done": "true"}}, ("machine", False, True)),
        ({"Queue": None, "Agent": None, "Attributes": {"done": "no"}}, (None, False, False)),
    ],
)
def test_connect_tells_what_a_bot_or_the_menu_settled(export, fields, told):
    assert (
        machine(export("amazon-connect", contact(**fields), resolved_attribute="done").row) == told
    )


def test_connect_tells_when_a_person_was_asked_for(export):
    record = contact(Attributes={"asked": "2026-03-02T10:00:20Z"})
    row = export("amazon-connect", record, asked_attribute="asked").row
    assert row["person_asked_at"].isoformat() == "2026-03-02T10:00:20+00:00"


def flow(outcome=None, kind="INBOUNDCALL"):
    outcomes = [{"flowOutcomeId": "o", "flowOutcomeValue": outcome}] if outcome else []
    return {"flow": {"flowType": kind, "outcomes": outcomes}}


@pytest.mark.parametrize(
    ("number", "session", "told"),
    [
        (0, flow("SUCCESS"), (None, False, None)),  # an agent settled it, after the menu
        (0, flow(kind="BOT"), ("both", True, False)),
        (1, flow(kind="BOT"), (None, True, False)),  # handed over, and given up
        (2, flow("SUCCESS"), ("machine", False, True)),
        (2, flow("FAILURE"), (None, False, False)),
        (2, flow("SUCCESS", "BOT"), ("machine", False, True)),
        (2, flow(), (None, False, None)),
    ],
)
def test_genesys_tells_what_a_bot_or_the_menu_settled(export, number, session, told):
    record = json.loads(json.dumps(CONVERSATIONS["conversations"][number]))
    record["participants"][0]["sessions"][0] |= session
    assert machine(export("genesys-cloud", {"conversations": [record]}).row) == told
