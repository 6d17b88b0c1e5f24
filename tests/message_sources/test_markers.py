"""Each marker that a reader declares names what it says, counts it, and does to it what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cxaudit.errors import SourceError
from cxaudit_message.readers.sources import SOURCES

PAGE = (Path(__file__).parents[2] / "docs/reference/message-exports.md").read_text("utf-8")
READERS = {
    source.id.removeprefix("cxaudit."): source for source in SOURCES if "threads" in source.tables
}
OWN = {"own_addresses": ["service@acme.example"]}


def day(hour, minute=0):
    return f"2026-03-02T{hour:02}:{minute:02}:00Z"


def seconds(hour, minute=0):
    return 1772409600 + 3600 * hour + 60 * minute


# Zendesk: 100 asks, 7 is staff.


def zendesk(*comments, **more):
    ticket = {
        "id": 1,
        "status": "open",
        "created_at": day(8),
        "requester_id": 100,
        "submitter_id": 100,
        "via": {"channel": "email"},
    }
    return {
        "t.json": [ticket | more],
        "c.json": list(comments),
        "u.json": [{"id": 7, "role": "agent"}],
    }


def comment(number, author, hour, *, ticket=1, public=True, body="words", **more):
    return {
        "id": number,
        "ticket_id": ticket,
        "author_id": author,
        "created_at": day(hour),
        "public": public,
        "plain_body": body,
    } | more


def zendesk_merged(**note):
    files = zendesk(
        comment(1, 100, 9),
        comment(2, 7, 11),
        comment(3, 100, 8, ticket=2),
        comment(4, 7, 10, ticket=2, **note),
        id=1,
        created_at=day(9),
    )
    files["t.json"].append(files["t.json"][0] | {"id": 2, "created_at": day(8), "status": "closed"})
    return files


INTO = 'This request was closed and merged into request #1 "Lamp".'
ZENDESK = {
    "merged": zendesk_merged(body=INTO),
    "voice-ticket": zendesk(
        comment(1, 7, 8, type="VoiceComment"), via={"channel": "voice"}, submitter_id=7
    ),
    "side-conversation": zendesk(comment(1, 100, 8), via={"channel": "side_conversation"}),
    "outbound": zendesk(comment(1, 7, 8), submitter_id=7),
    "outbound-answered": zendesk(comment(1, 7, 8), comment(2, 100, 9), submitter_id=7),
    "internal-note": zendesk(comment(1, 100, 8), comment(2, 7, 9, public=False)),
    "auto-reply": zendesk(comment(1, 100, 8), comment(2, 7, 9, via={"channel": "rule"})),
    "bot": zendesk(comment(1, 100, 8), comment(2, 7, 9, via={"channel": "answer_bot"})),
    "deleted": zendesk(status="deleted"),
    "spam": zendesk(tags=["junk"]),
}

# Freshdesk: 200 asks.


def freshdesk(*conversations, **more):
    ticket = {
        "id": 1,
        "status": 2,
        "source": 1,
        "requester_id": 200,
        "responder_id": 5,
        "created_at": day(8),
        "description_text": "Where is my lamp?",
    }
    return {"t.json": [ticket | more], "c.json": list(conversations)}


def said(number, hour, *, incoming=False, ticket=1, body="words", **more):
    return {
        "id": number,
        "ticket_id": ticket,
        "incoming": incoming,
        "private": False,
        "user_id": 200 if incoming else 5,
        "created_at": day(hour),
        "body_text": body,
    } | more


def freshdesk_merged():
    files = freshdesk(
        said(1, 11), said(2, 10, ticket=2, body="This ticket is closed and merged into ticket 1")
    )
    files["t.json"].append(files["t.json"][0] | {"id": 2, "created_at": day(7), "status": 5})
    return files


FRESHDESK = {
    "merged": freshdesk_merged(),
    "voice-ticket": freshdesk(said(1, 9), source=3),
    "forwarded": freshdesk(said(1, 9, source=8)),
    "outbound": freshdesk(said(1, 9), source=10),
    "outbound-answered": freshdesk(said(1, 9, incoming=True), source=10),
    "internal-note": freshdesk(said(1, 9, private=True)),
    "auto-reply": freshdesk(said(1, 9, source=4)),
    "bot": freshdesk(said(1, 9, user_id=9)),
    "deleted": freshdesk(deleted=True),
    "spam": freshdesk(spam=True),
}

ADMIN, CUSTOMER = {"type": "admin", "id": "9"}, {"type": "user", "id": "6"}


def part(number, author, hour, *, kind="comment", **more):
    return {
        "id": str(number),
        "part_type": kind,
        "author": author,
        "created_at": seconds(hour),
        "body": None if kind.startswith("merged") else "<p>words</p>",
    } | more


def talk(*parts, number="1", author=CUSTOMER, hour=8, source=None, **more):
    return {
        "id": number,
        "state": "open",
        "created_at": seconds(hour),
        "source": {"type": "conversation", "body": "a", "author": author} | (source or {}),
        "contacts": {"contacts": [{"id": "6"}]},
        "conversation_parts": {"conversation_parts": list(parts)},
        "tags": {"tags": [{"name": "junk"}]} if more.get("junk") else {},
    }


INTERCOM = {
    "merged": {
        "c.json": [
            talk(
                part(1, ADMIN, 10, kind="merged_primary_conversation"), part(2, ADMIN, 11), hour=9
            ),
            talk(part(3, ADMIN, 10, kind="merged_secondary_conversation"), number="2", hour=8),
        ]
    },
    "voice-ticket": {"c.json": [talk(source={"type": "phone_call"})]},
    "campaign": {"c.json": [talk(author=ADMIN, source={"delivered_as": "campaigns_initiated"})]},
    "outbound": {"c.json": [talk(author=ADMIN, source={"delivered_as": "admin_initiated"})]},
    "outbound-answered": {"c.json": [talk(part(1, CUSTOMER, 9), author=ADMIN)]},
    "internal-note": {"c.json": [talk(part(1, ADMIN, 9, kind="note"))]},
    "auto-reply": {
        "c.json": [talk(part(1, CUSTOMER, 9), author=ADMIN, source={"delivered_as": "automated"})]
    },
    "bot": {"c.json": [talk(part(1, ADMIN | {"from_ai_agent": True, "is_ai_answer": True}, 9))]},
    "spam": {"c.json": [talk(junk=True)]},
}


def chatwoot(*messages, **more):
    conversation = {
        "id": 1,
        "inbox_id": 3,
        "status": "open",
        "created_at": seconds(7),
        "meta": {"sender": {"id": 31}},
    }
    return {"c.json": [conversation | more], "m.json": list(messages)}


def wrote(number, kind, hour, sender="User", **more):
    return {
        "id": number,
        "conversation_id": 1,
        "inbox_id": 3,
        "message_type": kind,
        "sender_type": sender,
        "sender_id": 4,
        "content": "words",
        "created_at": seconds(hour),
    } | more


ASKS = wrote(1, 0, 8, "Contact")
CHATWOOT = {
    "voice-ticket": chatwoot(meta={"channel": "Channel::Voice"}),
    "campaign": chatwoot(wrote(1, 1, 8, additional_attributes={"campaign_id": 7})),
    "outbound": chatwoot(wrote(1, 1, 8)),
    "outbound-answered": chatwoot(wrote(2, 1, 7, additional_attributes={"campaign_id": 7}), ASKS),
    "internal-note": chatwoot(ASKS, wrote(2, 1, 9, private=True)),
    "auto-reply": chatwoot(ASKS, wrote(2, 3, 9)),
    "bot": chatwoot(ASKS, wrote(2, 1, 9, "Captain::Assistant")),
    "deleted": chatwoot(ASKS, wrote(2, 1, 9, content_attributes={"deleted": True})),
    "bounce": chatwoot(ASKS, wrote(2, 1, 9, status="failed")),
    "spam": chatwoot(ASKS, labels=["junk"]),
}


def mail(number, sender, to, hour, body="words", **headers):
    lines = {
        "From": sender,
        "To": to,
        "Date": f"Mon, 2 Mar 2026 {hour:02}:00:00 +0000",
        "Message-ID": f"<{number}@x.example>",
        "Subject": "Lamp",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    return "".join(f"{name}: {value}\n" for name, value in lines.items()) + f"\n{body}\n"


ANN, HOUSE = "ann@cust.example", "service@acme.example"
ASKED = mail(1, ANN, HOUSE, 8)
REPORT = 'multipart/report; report-type=delivery-status; boundary="b"'
LIST = {"List_Id": "<trade.lists.example>", "Precedence": "list"}
MAIL = {
    "bounce": {"1": ASKED, "2": mail(2, "x@mx.example", HOUSE, 9, Content_Type=REPORT)},
    "auto-reply": {"1": ASKED, "2": mail(2, ANN, HOUSE, 9, Auto_Submitted="auto-replied")},
    "bot": {"1": ASKED, "2": mail(2, "noreply@shop.example", HOUSE, 9)},
    "campaign": {"1": ASKED, "2": mail(2, "ads@shop.example", HOUSE, 9, List_Unsubscribe="<x>")},
    "list": {
        "1": ASKED,
        "2": mail(2, "bo@x.example", "trade@lists.example", 9, Delivered_To=HOUSE, **LIST),
    },
    "group-address": {
        "1": mail(1, ANN, HOUSE, 8, Precedence="list", List_Id="<service.acme.example>")
    },
    "forwarded": {
        "1": ASKED,
        "2": mail(
            2, HOUSE, "bo@maker.example", 9, Subject="Fwd: Lamp", In_Reply_To="<1@x.example>"
        ),
    },
    "outbound": {"1": mail(1, HOUSE, ANN, 8)},
    "outbound-answered": {
        "1": mail(1, HOUSE, ANN, 8),
        "2": mail(2, ANN, HOUSE, 9, In_Reply_To="<1@x.example>"),
    },
    "internal-note": {"1": ASKED, "2": mail(2, HOUSE, HOUSE, 9, In_Reply_To="<1@x.example>")},
    "spam": {"1": mail(1, ANN, HOUSE, 8, X_Spam_Flag="YES")},
}
RECORDS = {
    "zendesk": ZENDESK,
    "freshdesk": FRESHDESK,
    "intercom": INTERCOM,
    "chatwoot": CHATWOOT,
    "mail": MAIL,
}
OPTIONS = {
    "zendesk": {"spam_tags": ["junk"]},
    "freshdesk": {"bots": [9]},
    "intercom": {"spam_tags": ["junk"]},
    "chatwoot": {"spam_tags": ["junk"]},
    "mail": OWN,
}
LEFT_OUT = [
    (reader, marker.id, marker.meaning)
    for reader, source in READERS.items()
    for marker in source.markers
    if marker.effect == "leaves-out"
]
CASES = [(reader, marker) for reader, cases in RECORDS.items() for marker in cases]


@pytest.mark.parametrize("reader", READERS)
def test_each_marker_has_records_that_it_names(reader):
    declared = [marker.id for marker in READERS[reader].markers]
    assert sorted(RECORDS[reader]) == sorted(declared)


@pytest.mark.parametrize("reader", READERS)
def test_the_page_lists_the_markers_that_a_reader_declares(reader):
    section = re.search(rf"(?ms)^## {reader}\n(.*?)(?=^## |\Z)", PAGE)[1]
    table = section[section.index("| marker |") :]
    rows = re.findall(r"^\| `([\w-]+)` \| ([\w ]+) \| (.+?) \| (.+?) \|$", table, re.MULTILINE)
    words = {"leaves-out": "leaves out", "joins": "joins", "marks": "marks"}
    assert rows == [
        (marker.id, words[marker.effect], marker.meaning, marker.source)
        for marker in READERS[reader].markers
    ]


@pytest.mark.parametrize(("reader", "marker"), CASES)
def test_a_marker_names_and_counts_its_records_and_no_others(read, reader, marker):
    found = read(reader, RECORDS[reader][marker], **OPTIONS[reader])
    named = {name for name, records in found.marked.items() if records}
    # The note of a merger is automatic, and so is what a rule or a campaign sent; one that was
    # answered began outside.
    both = marker in {"merged", "campaign", "outbound-answered", "auto-reply"}
    assert marker in named
    assert named - {marker} <= ({"auto-reply", "outbound-answered"} if both else set())


@pytest.mark.parametrize(("reader", "marker", "meaning"), LEFT_OUT)
def test_what_a_marker_leaves_out_is_no_row(read, reader, marker, meaning):
    skipped = [
        *read(reader, RECORDS[reader][marker], **OPTIONS[reader]).skipped,
        *read(reader, RECORDS[reader][marker], "messages", **OPTIONS[reader]).skipped,
    ]
    assert meaning in skipped


@pytest.mark.parametrize(
    "note",
    [
        {"public": False, "body": INTO},
        {"body": INTO},
        {
            "body": "words",
            "via": {"channel": "web", "source": {"rel": "merge", "to": {"ticket_id": 1}}},
        },
        {
            "body": "words",
            "via": {"source": {"rel": "merge", "from": {}, "to": {"ticket_ids": [1]}}},
        },
    ],
)
def test_the_answers_of_its_target_answer_a_merged_ticket(read, note):
    found = read("zendesk", zendesk_merged(**note))
    (row,) = found.rows
    # Asked at 8 in ticket 2, merged at 10 into ticket 1, answered there at 11.
    assert row["thread_id"] == "1"
    assert row["opened_at"].hour == 8
    assert (row["first_human_reply_at"].hour, row["replies"]) == (11, 1)
    messages = read("zendesk", zendesk_merged(**note), "messages")
    assert {message["thread_id"] for message in messages.rows} == {"1"}


def test_a_note_of_the_target_tells_which_tickets_were_merged_into_it(read):
    files = zendesk_merged(public=False, body="words")
    note = 'Request #2 "Lamp" was closed and merged into this request. Last comment in request #2:'
    files["c.json"].append(comment(9, 7, 10, body=note))
    (row,) = read("zendesk", files).rows
    assert (row["opened_at"].hour, row["first_human_reply_at"].hour) == (8, 11)


def test_the_tag_tells_with_a_note_in_another_language(read):
    files = zendesk_merged(body="Diese Anfrage wurde geschlossen und mit der Anfrage #1 vereint.")
    files["t.json"][1]["tags"] = ["closed_by_merge"]
    found = read("zendesk", files)
    assert [row["thread_id"] for row in found.rows] == ["1"]
    assert found.rows[0]["opened_at"].hour == 8


def test_a_merged_ticket_whose_target_is_missing_is_left_out_and_told(read):
    files = zendesk(comment(1, 100, 8), tags=["closed_by_merge"])
    found = read("zendesk", files)
    assert (found.rows, found.marked["merged"]) == ([], 1)
    assert any("name none among the files" in note for note in found.notes)


def test_two_tickets_merged_into_each_other_end_nothing(read):
    files = zendesk_merged(body=INTO)
    files["c.json"].append(comment(9, 7, 10, body=INTO.replace("#1", "#2")))
    assert read("zendesk", files).marked["merged"] == 2


def test_a_call_in_which_the_customer_wrote_later_is_a_thread_since_then(read):
    files = zendesk(
        comment(1, 7, 8, type="VoiceComment"),
        comment(2, 100, 9),
        comment(3, 7, 10),
        via={"channel": "voice"},
        submitter_id=7,
    )
    (row,) = read("zendesk", files).rows
    assert (row["opened_at"].hour, row["first_human_reply_at"].hour) == (9, 10)


@pytest.mark.parametrize("channel", ["phone_call_outbound", "api_voicemail", "voicemail"])
def test_every_way_of_a_call_is_one(read, channel):
    found = read(
        "zendesk", zendesk(comment(1, 100, 8, type="TpeVoiceComment"), via={"channel": channel})
    )
    assert (found.rows, found.marked["voice-ticket"]) == ([], 1)


def test_what_a_form_writes_by_an_agents_key_is_the_customers(read):
    files = zendesk(comment(1, 7, 8), comment(2, 7, 9), submitter_id=7, via={"channel": "api"})
    (row,) = read("zendesk", files).rows
    assert (row["opened_at"].hour, row["first_human_reply_at"].hour) == (8, 9)


@pytest.mark.parametrize("comments", [(), (comment(1, 100, 8),)])
def test_what_a_vendor_calls_resolved_by_its_machine_was_answered_by_it(read, comments):
    files = zendesk(*comments, tags=["ai_agent_automated_resolution"])
    (row,) = read("zendesk", files).rows
    assert (row["machine_resolved"], row["handled_by"]) == (True, "machine")


def test_intercoms_states_tell_what_its_machine_resolved_and_passed_on(read):
    bot = ADMIN | {"from_ai_agent": True, "is_ai_answer": True}
    moved = part(2, bot, 10, kind="assignment", assigned_to={"type": "team", "id": "5"})
    one = talk(part(1, bot, 9), moved, part(3, ADMIN, 11))
    one |= {"ai_agent_participated": True, "ai_agent": {"resolution_state": "routed_to_team"}}
    other = talk(part(1, bot, 9), number="2")
    other |= {"ai_agent_participated": True, "ai_agent": {"resolution_state": "assumed_resolution"}}
    rows = read("intercom", {"c.json": [one, other]}).by
    assert (rows["1"]["machine_resolved"], rows["2"]["machine_resolved"]) == (False, True)
    assert rows["1"]["handed_over_at"].hour == 10
    assert (rows["1"]["handled_by"], rows["2"]["handled_by"]) == ("both", "machine")


def test_chatwoots_events_tell_what_its_machine_resolved_and_passed_on(read):
    def event(name, hour):
        return {
            "name": f"conversation_{name}",
            "conversation_id": 1,
            "event_end_time": seconds(hour),
            "value_in_business_hours": 0,
        }

    files = chatwoot(ASKS, wrote(2, 1, 9, "Captain::Assistant"))
    files["e.json"] = [event("captain_inference_handoff", 10)]
    (row,) = read("chatwoot", files).rows
    assert (row["machine_resolved"], row["handed_over_at"].hour) == (False, 10)
    files["e.json"] = [event("bot_resolved", 10)]
    (row,) = read("chatwoot", files).rows
    assert (row["machine_resolved"], row["handed_over_at"]) == (True, None)


def test_a_machine_that_greets_asks_a_person_for_and_says_what_it_is(read):
    greeting = wrote(2, 1, 8, "AgentBot", content="Hello, I am Acme's chatbot. How can I help you?")
    wish = wrote(3, 0, 9, "Contact", content="A person please")
    over = wrote(4, 1, 10, "AgentBot", content="I will connect you to a colleague.")
    (row,) = read("chatwoot", chatwoot(ASKS, greeting, wish, over)).rows
    assert (row["machine_disclosed"], row["first_machine_reply_at"]) == (True, None)
    assert (row["person_asked_at"].hour, row["handed_over_at"].hour) == (9, 10)
    assert row["handled_by"] == "nobody"


def test_records_of_side_conversations_are_counted(read):
    files = zendesk(comment(1, 100, 8))
    files["s.json"] = [{"id": "a", "ticket_id": 1, "preview_text": "x", "participants": []}]
    found = read("zendesk", files, "messages")
    assert (len(found.rows), found.marked["side-conversation"]) == (1, 1)


@pytest.mark.parametrize(
    ("headers", "marker"),
    [
        ({"X_Auto_Response_Suppress": "All"}, ""),
        ({"X_Auto_Response_Suppress": "DR, RN, NRN, OOF, AutoReply"}, ""),
        (
            {"X_Auto_Response_Suppress": "All", "Subject": "Automatische Antwort: Lamp"},
            "auto-reply",
        ),
        ({"X_MS_Exchange_Inbox_Rules_Loop": "ann@cust.example"}, ""),
        ({"X_MS_Exchange_Generated_Message_Source": "Mailbox Rules Agent"}, "auto-reply"),
        ({"Auto_Submitted": "auto-generated (vacation)"}, "auto-reply"),
        ({"Auto_Submitted": "no"}, ""),
        ({"X_Autoreply": "NO"}, ""),
        ({"X_OTRS_Loop": "True"}, "auto-reply"),
        ({"X_POST_MessageClass": "9; Autoresponder"}, "auto-reply"),
        ({"Precedence": "list"}, ""),
        ({"Precedence": "bulk"}, "campaign"),
        ({"Precedence": "bulk", "RT_Ticket": "acme.example #7"}, ""),
        ({"Precedence": "bulk", "List_Post": "<mailto:service@acme.example>"}, "group-address"),
        ({"List_Unsubscribe": "<x>", "List_Id": "S <service.lists.acme.example>"}, "group-address"),
        ({"Feedback_ID": "1.eu-west-1.x=:AmazonSES"}, ""),
        ({"Feedback_ID": "c:s:m", "List_Unsubscribe": "<https://x.example>"}, "campaign"),
        ({"Return_Path": "<>"}, "auto-reply"),
        ({"From": "MAILER-DAEMON@mx.example", "Return_Path": "<>"}, "bounce"),
        ({"From": "postmaster@mx.example"}, "bounce"),
        ({"X_Failed_Recipients": "bo@x.example"}, "bounce"),
        ({"Content_Type": 'multipart/report; report-type="disposition-notification"'}, "bounce"),
        ({"From": "do-not-reply@x.example"}, "bot"),
        ({"From": "noreply@form.example", "Reply_To": ANN}, ""),
    ],
)
def test_headers_say_who_wrote_a_mail(read, headers, marker):
    found = read("mail", {"1": mail(1, ANN, HOUSE, 8, **headers)}, "messages", **OWN)
    assert {name for name, records in found.marked.items() if records} == {marker} - {""}
    assert [row["is_auto"] for row in found.rows] == (
        [] if marker == "bounce" else [marker not in {"", "group-address"}]
    )


def test_who_writes_by_a_group_that_puts_its_own_address_there_is_the_customer(read):
    headers = {
        "List_Id": "<service.acme.example>",
        "X_Original_From": f"Ann <{ANN}>",
        "Reply_To": ANN,
    }
    one = mail(1, f"'Ann' via Service <{HOUSE}>", HOUSE, 8, **headers)
    (row,) = read("mail", {"1": one}, **OWN).rows
    assert row["customer_key"] == ANN


@pytest.mark.parametrize("separator", ["From -", "From x@y Thu May  2 10:00:00 2024", "From ann"])
def test_a_separator_stands_between_an_empty_line_and_headers(read, separator):
    box = f"{separator}\n{ASKED}\n{separator}\n{mail(2, ANN, HOUSE, 9)}"
    assert len(read("mail", {"box.mbox": box}, "messages", **OWN).rows) == 2


@pytest.mark.parametrize(
    "line",
    [
        "From 12:30 on 2 May 2024 nothing works",
        "From here on:\nPrice: 5",
        "From x@y Thu May  2 10:00:00 2024",
    ],
)
def test_a_line_of_the_words_is_no_separator(read, line):
    one = mail(1, ANN, HOUSE, 8, body=f"Hello\n\n{line}\nmore words")
    box = f"From -\n{one}"
    (row,) = read("mail", {"box.mbox": box}, "messages", **OWN).rows
    assert row["body"].endswith("more words")


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("other", [*READERS])
def test_a_file_of_another_vendor_is_refused_with_the_reader_that_fits(read, reader, other):
    files = RECORDS[other]["internal-note"]
    files = {"box.mbox": files["1"]} if other == "mail" else {"c.json": files["c.json"]}
    if other == reader:
        assert read(reader, files, **OPTIONS[reader]) is not None
        return
    with pytest.raises(SourceError) as raised:
        read(reader, files, **OPTIONS[reader])
    assert f'reader = "{other}"' in str(raised.value)


@pytest.mark.parametrize("reader", ["zendesk", "freshdesk", "intercom", "chatwoot"])
def test_a_page_of_calls_is_refused_with_the_reader_that_fits(read, reader):
    page = {
        "conversations": [
            {
                "conversationId": "7",
                "conversationStart": "2026-04-03T09:00:00Z",
                "participants": [{"purpose": "customer", "sessions": []}],
            }
        ]
    }
    with pytest.raises(SourceError, match='reader = "genesys-cloud"'):
        read(reader, {"c.json": json.dumps(page)}, **OPTIONS[reader])
