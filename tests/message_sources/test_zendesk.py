"""Zendesk's records become threads, messages, handovers, logs and ratings, by the stated rules.

The people: 100 asks, 7 and 8 are agents, 9 is a machine. All records are invented.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from cxaudit.testing import hostile_files, read_source
from cxaudit_message.readers.sources import SOURCES


def at(hour, minute=0, day=2):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def text(when):
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def ticket(number=1, **more):
    return {
        "url": f"https://acme.zendesk.example/api/v2/tickets/{number}.json",
        "id": number,
        "via": {"channel": "email", "source": {"from": {}, "to": {}, "rel": None}},
        "created_at": text(at(8)),
        "updated_at": text(at(20)),
        "type": "question",
        "subject": "Lamp",
        "description": "Where is my lamp?",
        "priority": "normal",
        "status": "open",
        "requester_id": 100,
        "submitter_id": 100,
        "assignee_id": 7,
        "group_id": 50,
        "brand_id": 3,
        "tags": ["lamp"],
        "satisfaction_rating": {"score": "unoffered"},
    } | more


def comment(number, author, when, *, public=True, body="words", **more):
    return {
        "id": number,
        "type": "Comment",
        "author_id": author,
        "body": body,
        "html_body": f"<p>{body}</p>",
        "plain_body": body,
        "public": public,
        "attachments": [],
        "audit_id": number + 1000,
        "via": {"channel": "web"},
        "created_at": text(when),
        "ticket_id": 1,
    } | more


def audit(number, when, *events, author=7, thread=1):
    return {
        "id": number,
        "ticket_id": thread,
        "created_at": text(when),
        "author_id": author,
        "metadata": {"system": {}, "custom": {}},
        "events": [{"id": number * 100 + place} | event for place, event in enumerate(events)],
        "via": {"channel": "web"},
    }


def create(field, value):
    return {"type": "Create", "field_name": field, "value": value}


def change(field, before, value):
    return {"type": "Change", "field_name": field, "value": value, "previous_value": before}


USERS = {
    "users": [
        {"id": 100, "name": "C", "email": "c@example.com", "role": "end-user"},
        {"id": 7, "name": "A", "email": "a@acme.example", "role": "agent"},
        {"id": 8, "name": "B", "email": "b@acme.example", "role": "admin"},
        {"id": 9, "name": "Robot", "email": "r@acme.example", "role": "agent"},
    ]
}
TICKETS = {"tickets": [ticket()], "next_page": None, "count": 1}
COMMENTS = [
    comment(1, 100, at(8), body="Where is my lamp?"),
    comment(2, 7, at(9), public=False, body="who has it?"),
    comment(3, 7, at(10), body="On its way."),
    comment(4, 100, at(11), body="Thanks"),
    comment(5, 8, at(12), body="Welcome"),
]
HISTORY = [
    audit(
        10,
        at(8),
        create("status", "new"),
        create("priority", "low"),
        create("group_id", "50"),
        author=100,
    ),
    audit(11, at(9), change("assignee_id", None, "7"), change("priority", "low", "urgent")),
    audit(12, at(10), change("status", "new", "pending")),
    audit(13, at(11), change("status", "pending", "solved")),
    audit(14, at(12), change("status", "solved", "open"), author=100),
    audit(15, at(13), change("group_id", "50", "51"), change("assignee_id", "7", "8"), author=7),
    audit(16, at(14), change("status", "open", "solved"), author=8),
    audit(17, at(18, day=6), change("status", "solved", "closed"), author=-1),
]


def test_a_first_reply_is_public_and_of_staff(read):
    found = read("zendesk", {"t.json": TICKETS, "c.json": COMMENTS, "u.json": USERS})
    row = found.by["1"]
    assert row["opened_at"] == at(8)
    assert row["first_human_reply_at"] == row["first_reply_at"] == at(10)
    assert (row["first_responder"], row["replies"]) == ("7", 2)


def test_a_private_comment_is_no_reply_and_marked(read):
    files = {"t.json": TICKETS, "c.json": COMMENTS[:2], "u.json": USERS}
    assert read("zendesk", files).by["1"]["first_human_reply_at"] is None
    private = read("zendesk", files, "messages").by["2"]
    assert (private["is_private"], private["author_role"]) == (True, "agent")


def test_a_machine_named_in_bots_answers_first_but_is_no_person(read):
    comments = [COMMENTS[0], comment(6, 9, at(8, 1)), COMMENTS[2]]
    files = {"t.json": TICKETS, "c.json": comments, "u.json": USERS}
    row = read("zendesk", files, bots=[9]).by["1"]
    assert (row["first_reply_at"], row["first_human_reply_at"]) == (at(8, 1), at(10))
    message = read("zendesk", files, "messages", bots=[9]).by["6"]
    assert (message["author_role"], message["is_auto"]) == ("bot", True)


def test_a_comment_of_a_business_rule_is_automatic(read):
    comments = [COMMENTS[0], comment(6, 7, at(8, 1), via={"channel": "rule"}), COMMENTS[2]]
    found = read("zendesk", {"t.json": TICKETS, "c.json": comments})
    row = found.by["1"]
    assert row["first_reply_at"] == row["first_human_reply_at"] == at(10)
    assert found.marked["auto-reply"] == 1


def test_what_an_agent_wrote_for_the_customer_is_no_reply(read):
    tickets = [ticket(submitter_id=8, via={"channel": "web"})]
    comments = [comment(1, 8, at(8), public=False), comment(2, 8, at(9))]
    found = read("zendesk", {"t.json": tickets, "c.json": comments})
    row = found.by["1"]
    assert (row["opened_at"], row["first_human_reply_at"], row["replies"]) == (at(8), at(9), 1)
    assert any(note.startswith("1 tickets were opened by staff") for note in found.notes)


def test_without_users_staff_are_known_by_what_only_staff_do(read):
    found = read("zendesk", {"t.json": TICKETS, "c.json": COMMENTS}, "messages")
    roles = {key: row["author_role"] for key, row in found.by.items()}
    # 7 has the ticket and wrote a note; of 8 nothing tells.
    assert roles == {"1": "customer", "2": "agent", "3": "agent", "4": "customer", "5": None}
    assert any("1 messages tell not whether" in note for note in found.notes)
    assert any("no users are among the files" in note for note in found.notes)


def test_messages_stand_in_the_order_of_time_whatever_that_of_the_file(read):
    found = read("zendesk", {"t.json": TICKETS, "c.json": COMMENTS[::-1]}, "messages")
    assert {key: row["position"] for key, row in found.by.items()} == {
        "1": 1,
        "2": 2,
        "3": 3,
        "4": 4,
        "5": 5,
    }
    assert found.places == [("c.json", number) for number in range(1, 6)]


def test_audits_tell_solved_reopened_and_closed(read):
    row = read("zendesk", {"t.json": [ticket(status="closed")], "a.json": HISTORY}).by["1"]
    assert (row["first_solved_at"], row["solved_at"]) == (at(11), at(14))
    assert (row["solved_by"], row["closed_at"]) == ("8", at(18, day=6))
    assert (row["reopens"], row["handlers"], row["groups"]) == (1, 2, 2)


def test_a_ticket_opened_again_is_not_solved(read):
    row = read("zendesk", {"t.json": [ticket()], "a.json": HISTORY[:5]}).by["1"]
    assert (row["first_solved_at"], row["solved_at"], row["reopens"]) == (at(11), None, 1)


def test_closed_without_solved_counts_as_solved(read):
    history = [HISTORY[0], audit(12, at(10), change("status", "new", "closed"))]
    row = read("zendesk", {"t.json": [ticket(status="closed")], "a.json": history}).by["1"]
    assert row["solved_at"] == row["first_solved_at"] == row["closed_at"] == at(10)


def test_audits_overrule_totals(read):
    totals = {
        "ticket_id": 1,
        "reopens": 5,
        "replies": 9,
        "group_stations": 7,
        "assignee_stations": 6,
        "solved_at": text(at(23)),
        "reply_time_in_minutes": {"calendar": 30, "business": None},
    }
    files = {"t.json": [ticket(status="closed")], "m.json": {"ticket_metrics": [totals]}}
    row = read("zendesk", files).by["1"]
    assert (row["replies"], row["reopens"], row["groups"]) == (9, 5, 7)
    assert (row["first_human_reply_at"], row["solved_at"]) == (at(8, 30), at(23))
    row = read("zendesk", files | {"a.json": HISTORY, "c.json": COMMENTS, "u.json": USERS}).by["1"]
    assert (row["replies"], row["reopens"], row["groups"]) == (2, 1, 2)
    assert (row["first_human_reply_at"], row["solved_at"]) == (at(10), at(14))


@pytest.mark.parametrize(
    ("told", "reply"),
    [
        ({"reply_time_in_minutes": {"calendar": 5, "business": None}}, at(8, 5)),
        ({"reply_time_in_minutes": {"calendar": None, "business": None}}, None),
        (
            {
                "reply_time_in_minutes": {"calendar": None},
                "reply_time_in_seconds": {"calendar": 60},
            },
            at(8, 1),
        ),
        ({}, "not given"),
    ],
    ids=["minutes", "never", "messaging", "left out"],
)
def test_totals_tell_of_replies_only_where_they_have_a_reply_time(read, told, reply):
    totals = {"ticket_id": 1, "group_stations": 1, "replies": 0} | told
    row = read("zendesk", {"t.json": [ticket()], "m.json": [totals]}).by["1"]
    assert row.get("first_human_reply_at", "not given") == reply


def test_tickets_alone_say_nothing_of_replies(read):
    """A column that is not given makes its metrics unavailable, not all tickets unanswered."""
    assert (
        not {"first_human_reply_at", "solved_at", "reopens"}
        & read("zendesk", {"t.json": TICKETS}).rows[0].keys()
    )


def test_metric_events_give_clocks_where_there_are_no_audits(read):
    def event(number, metric, kind, when, **more):
        return {
            "id": number,
            "ticket_id": 1,
            "metric": metric,
            "instance_id": 1,
            "type": kind,
            "time": text(when),
        } | more

    events = [
        event(1, "reply_time", "activate", at(8)),
        event(2, "requester_wait_time", "activate", at(8)),
        event(3, "reply_time", "apply_sla", at(8), sla={"target": 60, "business_hours": False}),
        event(4, "reply_time", "breach", at(9)),
        event(5, "reply_time", "fulfill", at(10)),
        event(6, "requester_wait_time", "fulfill", at(11)),
        event(7, "requester_wait_time", "activate", at(12)),
        event(8, "requester_wait_time", "fulfill", at(13)),
        event(9, "agent_work_time", "breach", at(14), deleted=True),
    ]
    files = {"t.json": [ticket(status="solved")], "e.json": {"ticket_metric_events": events}}
    row = read("zendesk", files).by["1"]
    assert row["first_human_reply_at"] == at(10)
    assert (row["first_solved_at"], row["solved_at"], row["reopens"]) == (at(11), at(13), 1)
    log = read("zendesk", files, "issue_events").rows
    assert [(each["event"], each["in_time"]) for each in log if each["in_time"] is not None] == [
        ("other", True),
        ("other", False),
        ("resolved", False),
        ("reopened", False),
        ("resolved", False),
    ]


def test_handovers_are_changes_of_who_had_it_before(read):
    (row,) = read("zendesk", {"t.json": TICKETS, "a.json": HISTORY}, "handovers").rows
    assert (row["issue_id"], row["at"]) == ("1", at(13))
    assert (row["from_group"], row["to_group"]) == ("50", "51")
    assert (row["from_agent"], row["to_agent"]) == ("7", "8")


def test_a_log_without_handovers_tells_that_there_were_none(read):
    """Without its columns, the table would count as not given."""
    files = {"t.json": TICKETS, "a.json": HISTORY[:3]}
    found = read("zendesk", files, "handovers")
    assert (found.rows, "to_agent" in found.columns) == ([], True)
    assert "to_agent" not in read("zendesk", {"t.json": TICKETS}, "handovers").columns


def test_the_log_tells_priority_and_people_as_they_were_then(read):
    files = {"t.json": [ticket(priority="high")], "a.json": HISTORY, "c.json": COMMENTS}
    rows = read("zendesk", files | {"u.json": USERS}, "issue_events").rows
    told = {(row["at"], row["event"]): row for row in rows}
    log = sorted(rows, key=lambda row: row["position"])
    assert [row["event"] for row in log] == [
        "opened",
        "assigned",
        "other",  # priority low
        "other",  # private note
        "assigned",
        "other",  # priority urgent
        "responded",
        "waiting",
        "heard",
        "resolved",
        "told",
        "reopened",
        "assigned",
        "resolved",
        "closed",
    ]
    assert told[at(10), "responded"]["priority"] == "urgent"
    assert told[at(10), "responded"]["agent"] == "7"
    assert told[at(14), "resolved"]["queue"] == "51"
    assert {row["opened_at"] for row in rows} == {at(8)}


def test_comments_inside_audits_are_read_once(read):
    said = {"type": "Comment", "public": True, "body": "Hello", "author_id": 7}
    history = [audit(10, at(9), {"id": 3} | said)]
    history[0]["events"][0]["id"] = 3
    alone = read("zendesk", {"t.json": TICKETS, "a.json": history}, "messages")
    assert (alone.by["3"]["sent_at"], alone.by["3"]["body"]) == (at(9), "Hello")
    files = {"t.json": TICKETS, "a.json": history, "c.json": COMMENTS}
    both = read("zendesk", files, "messages")
    assert len(both.rows) == 5
    assert both.skipped == ["a comment of an audit that stands among the comments as well"]


def test_a_comment_made_private_later_is_private(read):
    said = {"type": "Comment", "public": True, "body": "Oh", "author_id": 7}
    hidden = {"type": "CommentPrivacyChange", "comment_id": 1000, "public": False}
    history = [audit(10, at(9), said), audit(11, at(10), hidden)]
    files = {"t.json": TICKETS, "a.json": history}
    assert read("zendesk", files, "messages").by["1000"]["is_private"] is True
    assert read("zendesk", files).by["1"]["first_human_reply_at"] is None


def test_comments_find_their_ticket_by_the_audit(read):
    lone = [{k: v for k, v in COMMENTS[0].items() if k != "ticket_id"}]
    found = read("zendesk", {"t.json": TICKETS, "c.json": lone}, "messages")
    assert found.refused == ["a comment without a ticket_id, and no audit tells its ticket"]
    files = {"t.json": TICKETS, "c.json": lone, "a.json": [audit(1001, at(8))]}
    assert read("zendesk", files, "messages").by["1"]["thread_id"] == "1"


def test_the_latest_copy_of_a_ticket_is_kept_in_any_order(read):
    old, new = ticket(status="open", updated_at=text(at(9))), ticket(status="solved")
    for copies in ([old, new], [new, old]):
        found = read("zendesk", {"t.json": copies})
        assert [row["status"] for row in found.rows] == ["solved"]
        assert found.skipped == ["an older copy of the same record (the one updated last is kept)"]


def test_spam_is_told_by_rule_and_number(read):
    tickets = [ticket(1, status="deleted"), ticket(2, tags=["junk"]), ticket(3)]
    found = read("zendesk", {"t.json": tickets}, spam_tags=["junk"])
    assert {key: row["is_spam"] for key, row in found.by.items()} == {
        "1": True,
        "2": True,
        "3": False,
    }
    assert "threads called spam: 1 by status deleted, 1 by spam_tags" in found.notes


@pytest.mark.parametrize(
    ("word", "status"),
    [("new", "open"), ("hold", "open"), ("pending", "pending"), ("solved", "solved"), ("x", None)],
)
def test_statuses_are_those_of_the_table(read, word, status):
    found = read("zendesk", {"t.json": [ticket(status=word)]})
    assert found.rows[0]["status"] == status
    assert any("none of Zendesk's" in note for note in found.notes) is (status is None)


def test_ratings_are_one_and_zero_and_offers_are_left_out(read):
    def rating(number, score, **more):
        return {
            "id": number,
            "ticket_id": 1,
            "requester_id": 100,
            "assignee_id": 7,
            "score": score,
            "created_at": text(at(15)),
            "updated_at": text(at(16)),
            "comment": None,
        } | more

    ratings = [rating(1, "offered"), rating(2, "bad"), rating(3, "good", comment="Nice")]
    files = {"t.json": TICKETS, "r.json": {"satisfaction_ratings": ratings}}
    found = read("zendesk", files, "responses")
    assert {key: row["csat"] for key, row in found.by.items()} == {"2": 0, "3": 1}
    assert found.by["3"]["comment"] == "Nice"
    assert found.by["3"]["answered_at"] == at(16)
    assert found.skipped == ["rating offered and not given"]
    inside = [ticket(satisfaction_rating={"id": 5, "score": "bad", "comment": "No"})]
    assert read("zendesk", {"t.json": inside}, "responses").by["5"]["csat"] == 0
    assert read("zendesk", {"t.json": inside}).by["1"]["satisfaction"] == 0


def test_what_is_sideloaded_or_embedded_is_read_as_well(read):
    one = ticket(
        comments=[{k: v for k, v in each.items() if k != "ticket_id"} for each in COMMENTS]
    )
    lines = "\n".join(json.dumps(each) for each in (one, ticket(2)))
    rows = read("zendesk", {"t.json": lines}, "messages").rows
    assert [row["message_id"] for row in rows] == ["1", "2", "3", "4", "5"]
    page = {"tickets": [ticket(metric_set={"replies": 4, "reopens": 0})], **USERS}
    assert read("zendesk", {"t.json": page}).by["1"]["replies"] == 4


def test_fields_that_are_not_used_are_listed(read):
    found = read("zendesk", {"t.json": TICKETS, "c.json": COMMENTS})
    assert {"ticket.url", "comment.html_body"} <= {*found.unknown}
    assert "ticket.status" not in found.unknown


def test_records_of_no_known_kind_are_refused(read):
    found = read("zendesk", {"x.json": [{"id": 1, "colour": "red"}, ticket()]})
    assert len(found.rows) == 1
    assert found.refused == [
        (
            "a record that is no ticket, comment, audit, metric, metric event, rating, user or "
            "side conversation"
        )
    ]


def test_a_time_that_cannot_be_read_is_left_to_the_account(read):
    row = read("zendesk", {"t.json": [ticket(created_at="yesterday")]}).rows[0]
    assert row["opened_at"] == "yesterday"


def test_a_gigantic_comment_is_cut_and_told(read):
    comments = [comment(1, 100, at(8), body="x" * 3_000_000)]
    found = read("zendesk", {"t.json": TICKETS, "c.json": comments}, "messages")
    assert len(found.rows[0]["body"]) == 1_000_000
    assert "1 values longer than 1000000 characters were cut: body" in found.notes


@pytest.mark.parametrize("table", ["threads", "messages", "handovers", "issue_events", "responses"])
def test_hostile_files_end_in_rows_or_reasons(tmp_path, table):
    spec = next(each for each in SOURCES if each.id == "cxaudit.zendesk")
    odd = [
        ticket(tags="no list", via=["x"], group_id={}, metric_set={"replies": [], "reopens": "x"}),
        comment(1, [1], at(8), via=7, type=["x"]) | {"created_at": 5},
        audit(1, at(8), {"type": ["Comment"]}, {"type": "Change", "field_name": ["x"]}),
        audit(2, at(8), change("status", [1], {"a": 1})),
        {"ticket_id": 1, "metric": [], "type": [], "time": text(at(8))},
        {"ticket_id": 1, "score": []},
        {"role": ["agent"], "id": 1},
    ]
    good = json.dumps([*odd, ticket(), *COMMENTS, *HISTORY]).encode()
    for path in hostile_files(tmp_path, good, ".json").values():
        read_source(spec, [path], {}, table=table)


def test_the_account_tells_what_was_read_kept_left_out_and_refused(run):
    files = {
        "tickets.json": {"tickets": [ticket(1), ticket(1), ticket(2, requester_id=None), {"a": 1}]},
        "comments.jsonl": "\n".join(json.dumps(each) for each in COMMENTS) + "\n{oops",
        "audits.json": {"audits": HISTORY},
        "users.json": USERS,
    }
    use = 'reader = "zendesk"\npath = ["tickets.json", "*.jsonl", "audits.json", "users.json"]\n'
    tables = ("threads", "messages", "handovers", "issue_events", "responses")
    accounts = run(files, {t.replace("_", "-"): f'{use}table = "{t}"' for t in tables})
    threads = accounts["threads"]
    assert (threads.read, threads.kept, threads.skipped) == (5, 2, 1)
    assert sum(threads.rejected.values()) == 2
    assert threads.skipped_for == {
        "an older copy of the same record (the one updated last is kept)": 1
    }
    assert "tags" in threads.unknown_fields
    assert any("the files hold 3 tickets" in note for note in threads.notes)
    assert (accounts["messages"].kept, accounts["handovers"].kept) == (5, 1)
    assert accounts["issue-events"].kept == 16
    assert accounts["responses"].kept == 0


def test_fields_beside_the_columns_may_be_mapped(run):
    """Brands are often the units, and a tag often marks mystery contacts."""
    files = {"t.json": [ticket(1), ticket(2, brand_id=4)]}
    use = 'reader = "zendesk"\ntable = "threads"\npath = "t.json"\n'
    columns = "[sources.desk.columns]\nunit = \"case when brand_id = '3' then 'acme' end\"\n"
    account = run(files, {"desk": f"{use}{columns}is_test = \"tags = 'lamp'\""})["desk"]
    assert account.kept == 2
    assert "tags" not in account.unknown_fields
    assert "is_test" not in account.missing_columns
    assert account.unmatched_units == {"": 1}
