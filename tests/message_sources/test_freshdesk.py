"""Freshdesk's tickets, conversations and ratings; 200 asks, 5 is an agent. All is invented."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from cxaudit.testing import hostile_files, read_source
from cxaudit_message.readers.sources import SOURCES

SPEC = next(each for each in SOURCES if each.id == "cxaudit.freshdesk")


def at(hour, minute=0, day=2):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def text(when):
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def ticket(number=1, **more):
    return {
        "id": number,
        "subject": "Boots",
        "description": "<div>My <b>boots</b> leak.</div>",
        "description_text": "My boots leak.",
        "status": 2,
        "priority": 3,
        "source": 1,
        "type": "Complaint",
        "requester_id": 200,
        "responder_id": 5,
        "group_id": 60,
        "company_id": None,
        "created_at": text(at(8)),
        "updated_at": text(at(20)),
        "due_by": text(at(8, day=5)),
        "fr_due_by": text(at(8, day=3)),
        "fr_escalated": False,
        "is_escalated": False,
        "spam": False,
        "tags": ["boots"],
        "cc_emails": [],
    } | more


def stats(**more):
    return {
        "agent_responded_at": None,
        "requester_responded_at": None,
        "first_responded_at": None,
        "status_updated_at": None,
        "reopened_at": None,
        "resolved_at": None,
        "closed_at": None,
        "pending_since": None,
    } | {name: text(value) for name, value in more.items()}


def said(number, author, when, *, incoming=False, private=False, source=0, **more):
    return {
        "id": number,
        "ticket_id": 1,
        "user_id": author,
        "incoming": incoming,
        "private": private,
        "source": source,
        "body": "<p>words</p>",
        "body_text": "words",
        "created_at": text(when),
        "updated_at": text(when),
        "support_email": None,
    } | more


SAID = [
    said(11, 5, at(9), private=True, source=2),
    said(12, 5, at(10)),
    said(13, 200, at(11), incoming=True),
    said(14, 5, at(12)),
]


def test_a_private_note_is_no_reply(read):
    row = read("freshdesk", {"t.json": [ticket()], "c.json": SAID}).by["1"]
    assert (row["first_human_reply_at"], row["first_responder"], row["replies"]) == (at(10), "5", 2)
    notes = read("freshdesk", {"t.json": [ticket()], "c.json": SAID}, "messages").by
    assert notes["11"]["is_private"] is True


def test_the_ticket_itself_is_the_first_message(read):
    found = read("freshdesk", {"t.json": [ticket()], "c.json": SAID}, "messages")
    first = found.by["ticket-1"]
    assert (first["position"], first["author_role"]) == (1, "customer")
    assert (first["body"], first["sent_at"]) == ("My boots leak.", at(8))
    roles = [found.by[str(number)]["author_role"] for number in (11, 12, 13, 14)]
    assert roles == ["agent", "agent", "customer", "agent"]


def test_the_requester_is_the_customer_even_when_not_called_incoming(read):
    """Replies in the portal may come without the mark."""
    found = read("freshdesk", {"t.json": [ticket()], "c.json": [said(11, 200, at(9))]}, "messages")
    assert found.by["11"]["author_role"] == "customer"


def test_what_is_forwarded_is_not_seen_by_the_customer(read):
    row = read("freshdesk", {"t.json": [ticket()], "c.json": [said(11, 5, at(9), source=8)]}).by
    assert row["1"]["first_human_reply_at"] is None


def test_a_bot_answers_but_is_no_person(read):
    files = {"t.json": [ticket()], "c.json": [said(10, 9, at(8, 1)), *SAID]}
    row = read("freshdesk", files, bots=["9"])
    assert row.by["1"]["first_reply_at"] == at(8, 1)
    assert row.by["1"]["first_human_reply_at"] == at(10)


def test_stats_tell_where_there_are_no_conversations(read):
    told = ticket(status=4, stats=stats(first_responded_at=at(9), resolved_at=at(15)))
    found = read("freshdesk", {"t.json": [told]})
    row = found.by["1"]
    assert (row["first_human_reply_at"], row["solved_at"], row["closed_at"]) == (
        at(9),
        at(15),
        None,
    )
    assert "no conversations are among the files: messages are not known" in found.notes


def test_without_stats_and_conversations_replies_are_not_known(read):
    row = read("freshdesk", {"t.json": [ticket()]}).rows[0]
    assert not {"first_human_reply_at", "solved_at", "replies"} & row.keys()


def test_stats_fill_in_where_a_page_of_conversations_breaks_off(read):
    one = ticket(conversations=[said(1, 200, at(8, 1), incoming=True)])
    one["stats"] = stats(first_responded_at=at(9))
    assert read("freshdesk", {"t.json": [one]}).by["1"]["first_human_reply_at"] == at(9)


def test_a_ticket_opened_again_is_not_solved(read):
    times = {"first_responded_at": at(9), "resolved_at": at(15), "reopened_at": at(16)}
    files = {"t.json": [ticket(status=2, stats=stats(**times))]}
    assert read("freshdesk", files).by["1"]["solved_at"] is None
    log = read("freshdesk", files, "issue_events").rows
    assert [(row["at"], row["event"]) for row in sorted(log, key=lambda row: row["position"])] == [
        (at(8), "opened"),
        (at(15), "resolved"),
        (at(16), "reopened"),
    ]


@pytest.mark.parametrize(
    ("code", "status"), [(3, "pending"), (4, "solved"), (5, "closed"), ("2", "open")]
)
def test_status_codes_are_words(read, code, status):
    assert read("freshdesk", {"t.json": [ticket(status=code)]}).rows[0]["status"] == status


def test_a_status_of_the_house_is_empty_until_somebody_says_what_it_means(read):
    found = read("freshdesk", {"t.json": [ticket(status=7)]})
    assert found.rows[0]["status"] is None
    assert any("1 tickets have the status code 7" in note for note in found.notes)
    named = read("freshdesk", {"t.json": [ticket(status=7)]}, statuses={"7": "pending"})
    assert named.rows[0]["status"] == "pending"


def test_what_staff_began_is_opened_when_the_customer_answers(read):
    out = ticket(source=10)
    found = read("freshdesk", {"t.json": [out], "c.json": SAID})
    row = found.by["1"]
    assert (row["opened_at"], row["first_human_reply_at"]) == (at(11), at(12))
    assert (found.marked["outbound-answered"], found.marked["outbound"]) == (1, 0)
    unanswered = read("freshdesk", {"t.json": [out]})
    assert (unanswered.rows, unanswered.marked["outbound"]) == ([], 1)


def test_spam_is_freshdesks_own_flag(read):
    tickets = [ticket(1, spam=True), ticket(2, tags=["scam"]), ticket(3), ticket(4, deleted=True)]
    found = read("freshdesk", {"t.json": tickets}, spam_tags=["scam"])
    assert {key: row["is_spam"] for key, row in found.by.items()} == {
        "1": True,
        "2": True,
        "3": False,
    }
    assert "threads called spam: 1 by the field spam, 1 by spam_tags" in found.notes
    assert found.skipped == ["tickets in the trash (deleted)"]


def rating(number, code, **more):
    return {
        "id": number,
        "survey_id": 4,
        "ticket_id": 1,
        "user_id": 200,
        "agent_id": 5,
        "group_id": 60,
        "feedback": "Fine",
        "ratings": {"default_question": code, "question_2": 103},
        "created_at": text(at(21)),
        "updated_at": text(at(21)),
    } | more


@pytest.mark.parametrize(
    ("code", "value"), [(103, 3), (102, 2), (101, 1), (100, 0), (-101, -1), (-102, -2), (-103, -3)]
)
def test_rating_codes_become_a_scale_around_zero(read, code, value):
    files = {"t.json": [ticket()], "r.json": [rating(1, code)]}
    row = read("freshdesk", files, "responses").by["1"]
    assert (row["csat"], row["customer_key"], row["channel"]) == (value, "200", "email")
    assert read("freshdesk", files).by["1"]["satisfaction"] == value


def test_ratings_as_a_list_are_read_and_other_codes_refused(read):
    listed = rating(1, 0, ratings=[{"question": "default_question", "value": -102}])
    found = read("freshdesk", {"r.json": [listed, rating(2, 5)]}, "responses")
    assert [row["csat"] for row in found.rows] == [-2]
    assert found.refused == [
        "a rating whose default_question has the code 5, which is none of 103 to -103"
    ]


def test_a_later_copy_replaces_an_earlier_one(read):
    old = said(12, 5, at(10), body_text="old", updated_at=text(at(10)))
    new = said(12, 5, at(10), body_text="new", updated_at=text(at(11)))
    for copies in ([old, new], [new, old]):
        found = read("freshdesk", {"t.json": [ticket()], "c.json": copies}, "messages")
        assert found.by["12"]["body"] == "new"
        assert len(found.skipped) == 1


@pytest.mark.parametrize("table", SPEC.tables)
def test_hostile_files_end_in_rows_or_reasons(tmp_path, table):
    odd = [
        ticket(tags=5, stats=[1], conversations=[3], status={}, source=[], priority=None),
        said(1, {}, at(9), incoming="x", private=[]) | {"created_at": []},
        rating(1, [], ratings="x"),
        rating(1, [], ratings=[{"question": {}, "value": 3}]) | {"ratings": {}},
    ]
    good = json.dumps([*odd, ticket(), *SAID]).encode()
    for path in hostile_files(tmp_path, good, ".json").values():
        read_source(SPEC, [path], {}, table=table)


def test_the_account_tells_what_was_read_kept_left_out_and_refused(run):
    tickets = [ticket(1, stats=stats(first_responded_at=at(9))), ticket(2, deleted=True)]
    files = {
        "tickets.json": [*tickets, ticket(None), {"colour": 1}],
        "conversations.json": json.dumps(SAID)[:-40],
    }
    use = 'reader = "freshdesk"\npath = ["tickets.json", "conversations.json"]\n'
    accounts = run(files, {name: f'{use}table = "{name}"' for name in ("threads", "messages")})
    threads = accounts["threads"]
    assert (threads.read, threads.kept, threads.skipped) == (5, 1, 1)
    assert threads.rejected == {
        "a record that is no ticket, conversation or rating": 1,
        "a ticket without an id": 1,
        "the file breaks off or is damaged here": 1,
    }
    assert accounts["messages"].kept == 4  # the ticket's own words and three whole conversations
    assert any("files hold 3 tickets, 3 conversations" in note for note in threads.notes)
