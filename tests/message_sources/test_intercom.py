"""Intercom's conversations and parts; contact 6a asks, admin 9 answers. All is invented."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from cxaudit.testing import hostile_files, read_source
from cxaudit_message.readers.sources import SOURCES

SPEC = next(each for each in SOURCES if each.id == "cxaudit.intercom")
CUSTOMER = {"type": "user", "id": "6a", "name": "C", "email": "c@example.com"}
ADMIN = {"type": "admin", "id": "9", "name": "A", "email": "a@acme.example"}
BOT = {"type": "bot", "id": "3", "name": "Operator", "email": "o@intercom.example"}
AI = {**ADMIN, "from_ai_agent": True, "is_ai_answer": True}


def at(hour, minute=0, day=2):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def seconds(when):
    return int(when.timestamp())


def part(number, kind, author, when, body="<p>words</p>", **more):
    return {
        "type": "conversation_part",
        "id": str(number),
        "part_type": kind,
        "body": body,
        "created_at": seconds(when),
        "updated_at": seconds(when),
        "notified_at": seconds(when),
        "assigned_to": None,
        "author": author,
        "attachments": [],
        "external_id": None,
        "redacted": False,
    } | more


def conversation(number=1, parts=(), author=CUSTOMER, **more):
    source = {
        "type": "conversation",
        "id": "403",
        "delivered_as": "customer_initiated",
        "subject": "",
        "body": "<p>Is it <b>open</b>?</p>",
        "author": author,
    }
    return {
        "type": "conversation",
        "id": str(number),
        "created_at": seconds(at(8)),
        "updated_at": seconds(at(20)),
        "waiting_since": None,
        "snoozed_until": None,
        "open": True,
        "state": "open",
        "priority": "not_priority",
        "admin_assignee_id": 9,
        "team_assignee_id": 50,
        "tags": {"type": "tag.list", "tags": [{"type": "tag", "id": "1", "name": "junk"}]},
        "source": source,
        "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": "6a"}]},
        "statistics": None,
        "conversation_rating": None,
        "ai_agent_participated": False,
        "conversation_parts": {
            "type": "conversation_part.list",
            "conversation_parts": list(parts),
            "total_count": len(parts),
        },
    } | more


TALK = (
    part(1, "comment", BOT, at(8, 1)),
    part(2, "comment", AI, at(8, 2)),
    part(3, "note", ADMIN, at(9)),
    part(4, "assignment", ADMIN, at(9, 30), None, assigned_to={"type": "admin", "id": "9"}),
    part(5, "comment", ADMIN, at(10)),
    part(6, "close", ADMIN, at(11), "<p>Bye</p>"),
    part(7, "open", CUSTOMER, at(12), "<p>One more</p>"),
    part(8, "assignment", ADMIN, at(13), None, assigned_to={"type": "admin", "id": "10"}),
    part(9, "close", {**ADMIN, "id": "10"}, at(14), None),
)


def test_times_are_seconds_and_not_milliseconds(read):
    row = read("intercom", {"c.json": conversation()}).by["1"]
    assert row["opened_at"] == at(8)
    odd = conversation(created_at=seconds(at(8)) * 1000)
    assert read("intercom", {"c.json": odd}).refused == ["a thread without a time"]


def test_bots_and_the_ai_agent_are_no_people_even_under_a_human_name(read):
    found = read("intercom", {"c.json": conversation(parts=TALK)})
    row = found.by["1"]
    assert (row["first_reply_at"], row["first_human_reply_at"]) == (at(8, 1), at(10))
    assert (row["first_responder"], row["replies"]) == ("9", 2)
    assert found.marked["bot"] == 2


def test_parts_are_messages_where_they_have_words(read):
    found = read("intercom", {"c.json": conversation(parts=TALK)}, "messages")
    assert [(row["message_id"], row["author_role"], row["is_private"]) for row in found.rows] == [
        ("1-source", "customer", False),
        ("1-1", "bot", False),
        ("1-2", "bot", False),
        ("1-3", "agent", True),
        ("1-5", "agent", False),
        ("1-6", "agent", False),
        ("1-7", "customer", False),
    ]
    assert found.by["1-source"]["body"] == "Is it open?"
    assert len({*found.places}) == len(found.places)


def test_closing_again_after_opening_is_what_settles(read):
    done = conversation(parts=TALK, state="closed", open=False)
    row = read("intercom", {"c.json": done}).by["1"]
    assert (row["first_solved_at"], row["solved_at"], row["solved_by"]) == (at(11), at(14), "10")
    assert (row["reopens"], row["status"]) == (1, "closed")


def test_assignments_to_another_person_are_handovers(read):
    (row,) = read("intercom", {"c.json": conversation(parts=TALK)}, "handovers").rows
    assert (row["at"], row["from_agent"], row["to_agent"]) == (at(13), "9", "10")


def test_a_team_is_a_group_and_not_a_person(read):
    parts = (
        part(1, "assignment", ADMIN, at(9), None, assigned_to={"type": "team", "id": "50"}),
        part(2, "assignment", ADMIN, at(10), None, assigned_to={"type": "team", "id": "51"}),
    )
    (row,) = read("intercom", {"c.json": conversation(parts=parts)}, "handovers").rows
    assert (row["from_group"], row["to_group"], row["to_agent"]) == ("50", "51", None)


def test_the_log_has_all_that_happened(read):
    rows = read("intercom", {"c.json": conversation(parts=TALK)}, "issue_events").rows
    log = [row["event"] for row in sorted(rows, key=lambda row: row["position"])]
    assert log == [
        "opened",
        "other",
        "other",
        "other",
        "assigned",
        "responded",
        "told",
        "closed",
        "heard",
        "reopened",
        "assigned",
        "closed",
    ]


def test_what_staff_began_is_opened_when_the_customer_answers(read):
    parts = (part(1, "comment", CUSTOMER, at(9)), part(2, "comment", ADMIN, at(10)))
    row = read("intercom", {"c.json": conversation(parts=parts, author=ADMIN)}).by["1"]
    assert (row["opened_at"], row["first_human_reply_at"]) == (at(9), at(10))


def test_a_campaign_under_an_admins_name_is_automatic(read):
    one = conversation(author=ADMIN)
    one["source"]["delivered_as"] = "automated"
    found = read("intercom", {"c.json": one})
    assert (found.rows, found.marked["campaign"]) == ([], 1)
    one |= conversation(parts=[part(1, "comment", CUSTOMER, at(9))]) | {"source": one["source"]}
    row = read("intercom", {"c.json": one}, "messages").by["1-source"]
    assert (row["author_role"], row["is_auto"]) == ("system", True)
    found = read("intercom", {"c.json": one})
    assert (found.rows[0]["opened_at"], found.marked["outbound-answered"]) == (at(9), 1)


def test_statistics_tell_where_a_list_leaves_the_parts_out(read):
    told = {
        "type": "conversation_statistics",
        "first_contact_reply_at": seconds(at(8)),
        "first_admin_reply_at": seconds(at(9)),
        "first_close_at": seconds(at(11)),
        "last_close_at": seconds(at(14)),
        "last_closed_by_id": "10",
        "count_reopens": 1,
    }
    listed = conversation(statistics=told, state="closed")
    del listed["conversation_parts"]
    files = {"c.json": {"type": "conversation.list", "conversations": [listed], "pages": {}}}
    row = read("intercom", files).by["1"]
    assert (row["first_human_reply_at"], row["solved_at"], row["solved_by"]) == (
        at(9),
        at(14),
        "10",
    )
    listed["ai_agent_participated"] = True
    assert "first_human_reply_at" not in read("intercom", {"c.json": listed}).rows[0]
    found = read("intercom", {"c.json": listed}, "messages")
    assert found.notes == [
        "1 conversations have no conversation_parts: retrieve each by its id",
    ]


def test_a_conversation_cut_at_500_parts_is_told(read):
    one = conversation(parts=TALK)
    one["conversation_parts"]["total_count"] = 600
    assert any("more parts than" in note for note in read("intercom", {"c.json": one}).notes)


def test_a_rating_of_the_ai_is_another_survey(read):
    given = {
        "rating": 2,
        "remark": "meh",
        "created_at": seconds(at(15)),
        "updated_at": seconds(at(16)),
        "teammate": {"type": "admin", "id": "9"},
    }
    machine = {"rating": 5, "rating_remark": "quick", "created_at": seconds(at(9))}
    one = conversation(conversation_rating=given, ai_agent=machine)
    found = read("intercom", {"c.json": one}, "responses")
    assert {key: (row["csat"], row["survey"]) for key, row in found.by.items()} == {
        "1": (2, "conversation"),
        "1-ai": (5, "ai agent"),
    }
    assert (found.by["1"]["asked_at"], found.by["1"]["answered_at"]) == (at(15), at(16))
    assert read("intercom", {"c.json": one}).by["1"]["satisfaction"] == 2
    given["teammate"] = {"type": "bot", "id": "3"}
    one = conversation(conversation_rating=given)
    assert read("intercom", {"c.json": one}).by["1"]["satisfaction"] is None


def test_the_latest_copy_counts_and_its_log_only_once(read):
    old = conversation(parts=TALK[:5], updated_at=seconds(at(10)))
    new = conversation(parts=TALK, state="closed")
    for copies in ([old, new], [new, old]):
        found = read("intercom", {"c.json": copies})
        assert [row["reopens"] for row in found.rows] == [1]
        assert found.skipped == [
            "an older copy of the same conversation (the one updated last is kept)"
        ]


def test_a_part_without_an_author_is_no_reply(read):
    one = conversation(parts=[part(1, "comment", None, at(9))])
    found = read("intercom", {"c.json": one}, "messages")
    assert found.by["1-1"]["author_role"] is None
    assert any("1 messages tell not whether" in note for note in found.notes)
    assert read("intercom", {"c.json": one}).by["1"]["first_human_reply_at"] is None


def test_spam_is_by_the_tags_that_are_named_and_else_not_told(read):
    found = read("intercom", {"c.json": conversation()}, spam_tags=["junk"])
    assert found.rows[0]["is_spam"] is True
    assert "threads called spam: 1 by spam_tags" in found.notes
    found = read("intercom", {"c.json": conversation()})
    assert "is_spam" not in found.rows[0]
    assert any(note.startswith("threads called spam: none") for note in found.notes)


@pytest.mark.parametrize("table", SPEC.tables)
def test_hostile_files_end_in_rows_or_reasons(tmp_path, table):
    odd = [
        conversation(2, source=[], contacts=[1], tags=[], statistics=[], open=[], state=[]),
        conversation(3, conversation_parts=[part(1, ["x"], {"type": []}, at(9)), 5, {}]),
        conversation(4, conversation_rating={"rating": "x"}, ai_agent=[], created_at=[]),
        conversation(5, conversation_parts={"conversation_parts": {}, "total_count": "x"}),
        {"id": 7},
    ]
    good = json.dumps([*odd, conversation(parts=TALK)]).encode()
    for path in hostile_files(tmp_path, good, ".json").values():
        read_source(SPEC, [path], {}, table=table)


def test_the_account_tells_what_was_read_kept_left_out_and_refused(run):
    old = conversation(updated_at=seconds(at(10)))
    lines = [old, conversation(parts=TALK), conversation(2, id=None), {"id": 3}]
    files = {"talk.jsonl": "\n".join(map(json.dumps, lines))}
    use = 'reader = "intercom"\npath = "talk.jsonl"\n'
    tables = {"threads": "threads", "messages": "messages", "log": "issue_events"}
    accounts = run(files, {name: f'{use}table = "{table}"' for name, table in tables.items()})
    assert accounts["threads"].read == 4
    assert (accounts["threads"].kept, accounts["threads"].skipped) == (1, 1)
    assert accounts["threads"].rejected == {
        "a conversation without an id": 1,
        "a record that is no conversation": 1,
    }
    assert accounts["messages"].kept == 7
    assert accounts["log"].kept == 12
