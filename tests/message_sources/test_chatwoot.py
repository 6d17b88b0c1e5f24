"""Chatwoot's API and tables; contact 31 asks, user 4 answers. All is invented."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from cxaudit.errors import SourceError
from cxaudit.testing import hostile_files, read_source
from cxaudit_message.readers.sources import SOURCES

SPEC = next(each for each in SOURCES if each.id == "cxaudit.chatwoot")


def at(hour, minute=0, day=2):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def seconds(when):
    return int(when.timestamp())


def conversation(number=1, **more):
    """As the API shows it: times in seconds, 0 for never, numbered by display_id."""
    return {
        "meta": {
            "sender": {"id": 31, "name": "C", "email": "c@example.com"},
            "channel": "Channel::WebWidget",
            "assignee": {"id": 4, "name": "A"},
            "team": {"id": 2, "name": "Care"},
            "hmac_verified": False,
        },
        "id": number,
        "messages": [],
        "account_id": 1,
        "uuid": "6a",
        "inbox_id": 5,
        "labels": ["junk"],
        "status": "open",
        "created_at": seconds(at(7)),
        "timestamp": seconds(at(20)),
        "first_reply_created_at": 0,
        "last_activity_at": seconds(at(20)),
        "priority": None,
        "waiting_since": 0,
        "sla_policy_id": None,
    } | more


def message(number, kind, when, sender=None, **more):
    return {
        "id": number,
        "content": "words",
        "inbox_id": 5,
        "conversation_id": 1,
        "message_type": kind,
        "content_type": "text",
        "status": "sent",
        "content_attributes": {},
        "created_at": seconds(when),
        "private": False,
        "source_id": None,
        **({"sender": sender} if sender else {}),
    } | more


CONTACT = {"id": 31, "name": "C", "type": "contact"}
USER = {"id": 4, "name": "A", "type": "user"}
BOT = {"id": 1, "name": "Bot", "type": "agent_bot"}
TALK = [
    message(1, 0, at(8), CONTACT),
    message(2, 3, at(8, 1)),
    message(3, 1, at(8, 2), BOT),
    message(4, 1, at(9), USER, private=True),
    message(5, 2, at(9, 30)),
    message(6, 1, at(10), USER),
    message(7, 0, at(11), CONTACT),
]
PAGE = {"data": {"meta": {"all_count": 1}, "payload": [conversation()]}}
MESSAGES = {"meta": {"labels": [], "contact": {"id": 31}}, "payload": TALK}


def test_templates_bots_and_notes_are_no_replies_by_people(read):
    found = read("chatwoot", {"c.json": PAGE, "m.json": MESSAGES})
    row = found.by["1"]
    assert row["first_reply_at"] == row["first_machine_reply_at"] == at(8, 2)
    assert (row["first_human_reply_at"], row["handled_by"]) == (at(10), "both")
    assert (row["first_responder"], row["replies"]) == ("4", 1)
    assert found.marked["bot"] == found.marked["internal-note"] == 1


def test_waiting_begins_when_the_customer_writes_and_not_with_the_conversation(read):
    row = read("chatwoot", {"c.json": PAGE, "m.json": MESSAGES}).by["1"]
    assert row["opened_at"] == at(8)
    assert read("chatwoot", {"c.json": PAGE}).by["1"]["opened_at"] == at(7)


def test_message_types_tell_who_wrote(read):
    found = read("chatwoot", {"c.json": PAGE, "m.json": MESSAGES}, "messages")
    assert [(row["message_id"], row["author_role"], row["is_auto"]) for row in found.rows] == [
        ("1", "customer", False),
        ("2", "system", True),
        ("3", "bot", True),
        ("4", "agent", False),
        ("6", "agent", False),
        ("7", "customer", False),
    ]
    assert found.skipped == ["an activity, no message"]
    assert {row["customer_key"] for row in found.rows} == {"31"}


def test_a_message_that_was_not_delivered_is_no_reply(read):
    failed = [TALK[0], message(6, 1, at(10), USER, status="failed")]
    files = {"c.json": PAGE, "m.json": {"payload": failed}}
    assert read("chatwoot", files).by["1"]["first_human_reply_at"] is None
    assert read("chatwoot", files, "messages").skipped == ["messages that could not be delivered"]


def test_what_a_rule_or_campaign_sends_under_a_users_name_is_automatic(read):
    sent = [
        TALK[0],
        message(2, 1, at(8, 1), USER, content_attributes={"automation_rule_id": 7}),
        message(3, 1, at(8, 2), USER, additional_attributes='{"campaign_id": 7}'),
    ]
    row = read("chatwoot", {"c.json": PAGE, "m.json": sent}).by["1"]
    assert (row["first_reply_at"], row["first_human_reply_at"]) == (None, None)
    assert row["handled_by"] == "nobody"


def test_never_is_zero_and_not_1970(read):
    row = read("chatwoot", {"c.json": PAGE}).by["1"]
    assert row["first_human_reply_at"] is None


def test_a_reply_told_by_the_conversation_alone_is_taken_and_noted(read):
    told = conversation(first_reply_created_at=seconds(at(9)))
    found = read("chatwoot", {"c.json": [told]})
    assert found.by["1"]["first_human_reply_at"] == at(9)
    assert any("first replies are Chatwoot's own" in note for note in found.notes)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("open", "open"),
        ("resolved", "solved"),
        ("pending", "open"),
        ("snoozed", "open"),
        (1, "solved"),
    ],
)
def test_pending_waits_for_a_bot_and_not_for_the_customer(read, word, status):
    assert read("chatwoot", {"c.json": [conversation(status=word)]}).rows[0]["status"] == status


def events():
    def event(number, name, start, end):
        return {
            "id": number,
            "name": name,
            "value": (end - start).total_seconds(),
            "value_in_business_hours": 0,
            "event_start_time": start.isoformat().replace("+00:00", "Z"),
            "event_end_time": end.isoformat().replace("+00:00", "Z"),
            "created_at": end.isoformat().replace("+00:00", "Z"),
            "user_id": 4,
            "inbox_id": 5,
            "conversation_id": 901,
        }

    return [
        event(1, "conversation_resolved", at(7), at(12)),
        event(2, "conversation_opened", at(12), at(13)),
        event(3, "conversation_resolved", at(7), at(14)),
        event(4, "first_response", at(7), at(10)),
        event(5, "reply_time", at(8), at(10)),
    ]


TABLE = """\
id,display_id,uuid,account_id,inbox_id,contact_id,assignee_id,team_id,status,priority,\
first_reply_created_at,created_at,updated_at,cached_label_list,last_activity_at
901,1,6a,1,5,31,4,2,1,3,2026-03-02 10:00:00.5,2026-03-02 07:00:00,2026-03-02 14:00:00,"junk, vip",
"""
TABLE_MESSAGES = """\
id,content,conversation_id,message_type,private,status,created_at,updated_at,sender_type,sender_id,content_attributes
1,hello,901,0,f,0,2026-03-02 08:00:00,2026-03-02 08:00:00,Contact,31,{}
2,note,901,1,t,0,2026-03-02 08:30:00,2026-03-02 08:30:00,User,4,{}
3,bot,901,1,f,0,2026-03-02 09:00:00,2026-03-02 09:00:00,AgentBot,1,{}
4,hi,901,1,f,0,2026-03-02 10:00:00,2026-03-02 10:00:00,User,4,\\N
"""


def test_tables_are_read_in_utc_with_their_numbers(read):
    files = {"conversations.csv": TABLE, "messages.csv": TABLE_MESSAGES, "events.json": events()}
    row = read("chatwoot", files, spam_tags=["junk"]).by["901"]
    assert (row["opened_at"], row["first_human_reply_at"]) == (at(8), at(10))
    assert (row["first_solved_at"], row["solved_at"], row["reopens"]) == (at(12), at(14), 1)
    assert (row["status"], row["priority"], row["is_spam"]) == ("solved", "urgent", True)
    notes = read("chatwoot", files, "messages").by
    assert [notes[key]["author_role"] for key in "1234"] == ["customer", "agent", "bot", "agent"]
    assert [notes[key]["is_private"] for key in "1234"] == [False, True, False, False]


def test_the_log_comes_from_reporting_events(read):
    rows = read("chatwoot", {"c.csv": TABLE, "e.json": events()}, "issue_events").rows
    log = sorted((row["position"], row["event"], row["at"]) for row in rows)
    assert [event for _, event, _ in log] == ["opened", "resolved", "reopened", "resolved"]


def test_inboxes_tell_the_channel_of_tables(read):
    inbox = [{"id": 5, "name": "Mail", "channel_type": "Channel::Email"}]
    row = read("chatwoot", {"c.csv": TABLE, "i.json": inbox}).by["901"]
    assert row["channel"] == "email"


def test_api_and_tables_together_are_refused_as_they_number_differently(read):
    with pytest.raises(SourceError, match="number conversations differently"):
        read("chatwoot", {"c.json": PAGE, "m.csv": TABLE_MESSAGES})


def test_ratings_are_one_to_five(read):
    def rating(number, value):
        return {
            "id": number,
            "rating": value,
            "feedback_message": "Fine",
            "account_id": 1,
            "message_id": 8,
            "contact": {"id": 31},
            "conversation_id": 1,
            "assigned_agent": {"id": 4},
            "created_at": seconds(at(15)),
        }

    files = {"c.json": PAGE, "r.json": [rating(1, 4), rating(2, 9)]}
    found = read("chatwoot", files, "responses")
    assert [(row["csat"], row["customer_key"]) for row in found.rows] == [(4, "31")]
    assert found.refused == ["a rating of 9, which is not 1 to 5"]
    assert read("chatwoot", files).by["1"]["satisfaction"] == 4


@pytest.mark.parametrize("table", SPEC.tables)
def test_hostile_files_end_in_rows_or_reasons(tmp_path, table):
    odd = [
        conversation(2, meta=[], labels={}, status=[], created_at=[], priority={}),
        message(1, [], at(8)) | {"sender": [], "created_at": {}},
        message(2, 1, at(8), {"type": []}, content_attributes="{", private=[]),
        {"name": [], "event_end_time": [], "conversation_id": {}},
        {"rating": {}, "conversation_id": [], "contact": 1},
        {"channel_type": [], "id": []},
    ]
    good = json.dumps([*odd, conversation(), *TALK]).encode()
    for path in hostile_files(tmp_path, good, ".json").values():
        read_source(SPEC, [path], {}, table=table)
    for path in hostile_files(tmp_path / "csv", TABLE_MESSAGES.encode(), ".csv").values():
        read_source(SPEC, [path], {}, table=table)


def test_the_account_tells_what_was_read_kept_left_out_and_refused(run):
    files = {"c.json": PAGE, "m.json": {"payload": [*TALK, message(None, 0, at(9)), {"x": 1}]}}
    use = 'reader = "chatwoot"\npath = ["c.json", "m.json"]\n'
    accounts = run(files, {name: f'{use}table = "{name}"' for name in ("threads", "messages")})
    assert (accounts["threads"].kept, accounts["messages"].kept) == (1, 6)
    assert accounts["messages"].skipped_for == {"an activity, no message": 1}
    assert accounts["messages"].rejected == {
        "a message without an id": 1,
        "a record that is no conversation, message, reporting event, rating or inbox": 1,
    }
    assert "conversation.uuid" in accounts["messages"].unknown_fields
