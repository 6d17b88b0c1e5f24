"""Whatever a field holds, a reader gives rows or reasons, never a traceback."""

from __future__ import annotations

import copy
import json
import random

import pytest

from cxaudit.testing import read_source
from cxaudit_message.readers.sources import SOURCES

READERS = {each.id.removeprefix("cxaudit."): each for each in SOURCES}
ODD = (
    *(None, [], {}, "", "x", 0, -1, True, 1e308, float("nan"), 10**400, [[]], [{}], {"a": {}}),
    *("2026-03-02T08:00:00", "9999-12-31T23:59:59Z", "\ud800\0", ["a", 1]),
)
TIME = "2026-03-02T08:00:00Z"
SECONDS = 1_772_438_400
COMMENT = {
    "id": 1,
    "author_id": 2,
    "public": True,
    "body": "a",
    "created_at": TIME,
    "via": {"channel": "web"},
    "ticket_id": 1,
    "type": "Comment",
}
CHANGE = {"type": "Change", "field_name": "status", "value": "solved", "previous_value": "open"}
TICKET = {
    "id": 1,
    "status": "open",
    "requester_id": 1,
    "submitter_id": 2,
    "assignee_id": 2,
    "group_id": 3,
    "created_at": TIME,
    "updated_at": TIME,
    "tags": ["a"],
    "via": {"channel": "web"},
    "satisfaction_rating": {"id": 1, "score": "good"},
    "comments": [COMMENT],
    "metric_set": {"replies": 1, "reply_time_in_minutes": {"calendar": 3}, "solved_at": TIME},
}
SAID = {"id": 1, "user_id": 2, "incoming": False, "private": False, "source": 0, "created_at": TIME}
PART = {
    "id": "1",
    "part_type": "comment",
    "body": "<p>a</p>",
    "created_at": SECONDS,
    "author": {"type": "admin", "id": "2"},
    "assigned_to": {"type": "team", "id": "3"},
}
EVENT = {"id": 1, "name": "first_response", "event_end_time": TIME, "conversation_id": 1}
GOOD = {
    "zendesk": [
        TICKET,
        COMMENT,
        {"id": 1, "ticket_id": 1, "author_id": 2, "created_at": TIME, "events": [COMMENT, CHANGE]},
        {"ticket_id": 1, "metric": "reply_time", "instance_id": 1, "type": "fulfill", "time": TIME},
        {"id": 1, "ticket_id": 1, "requester_id": 1, "score": "good", "updated_at": TIME},
        {"id": 2, "role": "agent"},
    ],
    "freshdesk": [
        TICKET
        | {
            "status": 4,
            "conversations": [SAID],
            "source": 1,
            "stats": {"first_responded_at": TIME, "resolved_at": TIME, "reopened_at": TIME},
        },
        SAID | {"ticket_id": 1},
        {"id": 1, "ticket_id": 1, "ratings": {"default_question": 103}, "created_at": TIME},
    ],
    "intercom": [
        {
            "id": "1",
            "state": "closed",
            "created_at": SECONDS,
            "updated_at": SECONDS,
            "source": {"type": "email", "body": "a", "author": {"type": "user", "id": "1"}},
            "tags": {"tags": [{"name": "a"}]},
            "contacts": {"contacts": [{"id": "1"}]},
            "statistics": {"first_admin_reply_at": SECONDS, "last_close_at": SECONDS},
            "conversation_rating": {"rating": 3, "teammate": {"type": "bot"}},
            "ai_agent": {"rating": 1},
            "conversation_parts": {"conversation_parts": [PART, PART], "total_count": 2},
        }
    ],
    "chatwoot": [
        {
            "id": 1,
            "status": "open",
            "inbox_id": 5,
            "created_at": SECONDS,
            "labels": ["a"],
            "meta": {"sender": {"id": 1}, "channel": "Channel::Api", "team": {"id": 2}},
        },
        {
            "id": 1,
            "conversation_id": 1,
            "message_type": 1,
            "created_at": SECONDS,
            "sender": {"id": 2, "type": "user"},
            "content_attributes": {"automation_rule_id": None},
        },
        EVENT,
        EVENT | {"name": "conversation_resolved"},
        {"id": 1, "rating": 4, "conversation_id": 1, "contact": {"id": 1}},
        {"id": 5, "channel_type": "Channel::Email"},
    ],
}


def places(value, path=()):
    """Yield the path of everything in a document."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in inside:
        yield (*path, key)
        if isinstance(each, dict | list):
            yield from places(each, (*path, key))


@pytest.mark.parametrize("reader", GOOD)
def test_any_field_of_a_record_may_hold_anything(tmp_path, reader):
    draw = random.Random(3)
    path = tmp_path / "export.json"
    for *inside, last in places(GOOD[reader]):
        for odd in draw.sample(ODD, 3):
            document = copy.deepcopy(GOOD[reader])
            holder = document
            for key in inside:
                holder = holder[key]
            holder[last] = odd
            path.write_text(json.dumps(document), encoding="utf-8")
            read_source(READERS[reader], [path], table=draw.choice(READERS[reader].tables))


MAIL = b"""\
From a@b.example Mon Mar  2 10:00:00 2026
Message-ID: <1@b.example>
From: =?utf-8?q?Ann_=C3=89?= <ann@b.example>
To: "House, The" <service@acme.example>
Date: Mon, 02 Mar 2026 10:00:00 +0200
Subject: =?iso-8859-1?Q?Caf=E9?=
References: <0@b.example>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="x"

--x
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

caf=C3=A9
--x
Content-Type: text/html
Content-Transfer-Encoding: base64

PHA+Y2Fmw6k8L3A+
--x--

"""
PIECES = (
    *(b"\n", b"\n\n", b"From ", b"<", b">", b"@", b"=?", b"?=", b"\0", b"\xff", b"\r", b":", b";"),
    *(b"charset=", b"boundary=", b'"', b"(", b"\\", b"Date: ", b"+9999", b"=?x?q?"),
    *(b"Content-Type: multipart/mixed; boundary=a\n", b'Content-Type: text/plain; charset=""\n'),
    *(b"Content-Transfer-Encoding: uuencode\n", b"Content-Type: text/plain; charset*0*=x'y'%ff\n"),
)


def test_a_mail_may_be_damaged_anywhere(tmp_path):
    draw = random.Random(4)
    path = tmp_path / "box.mbox"
    for _ in range(300):
        content = bytearray(MAIL * 2)
        for _ in range(draw.randint(1, 10)):
            at = draw.randrange(len(content))
            way = draw.random()
            if way < 0.5:
                content[at:at] = draw.choice(PIECES)
            elif way < 0.8:
                del content[at : at + draw.randint(1, 20)]
            else:
                content[at] = draw.randrange(256)
        path.write_bytes(bytes(content))
        options = {"own_addresses": ["@acme.example"]}
        read_source(READERS["mail"], [path], options, table=draw.choice(("threads", "messages")))
