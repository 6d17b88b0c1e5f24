"""Seeded exports of the shape that each vendor documents, without end; all of it is invented."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

__all__ = ["EXPORTS", "SUFFIXES", "Draw"]

WORDS = """
the order parcel was late please check my invoice number because it does not match what you wrote
yesterday and the shop told me something else about delivery time card address refund
caf\u00e9 phone call agent website screen button price fault repair
"""
BEGIN = datetime(2026, 1, 5, 8, tzinfo=UTC)


class Draw:
    """Seeded values of invented exports."""

    def __init__(self, seed: int = 11) -> None:
        self.random = random.Random(seed)
        words = WORDS.split()
        self.texts = [
            " ".join(self.random.choices(words, k=self.random.randint(12, 90))).capitalize() + "."
            for _ in range(2_000)
        ]

    def text(self) -> str:
        """Return the words of a message, of some hundred characters."""
        return self.random.choice(self.texts)

    def time(self, number: int, step: int = 0) -> datetime:
        """Return the time of a step of a matter."""
        return BEGIN + timedelta(minutes=3 * number + 41 * step, seconds=self.random.randint(0, 59))


def line(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def zendesk(draw: Draw) -> Iterator[str]:
    """Yield tickets, each followed by its comments."""
    number = 0
    while True:
        number += 1
        customer, agent = 10_000 + number % 5_000, 100 + number % 40
        words = draw.text()
        yield line(
            {
                "url": f"https://shop.zendesk.example/api/v2/tickets/{number}.json",
                "id": number,
                "external_id": None,
                "via": {"channel": "email", "source": {"from": {}, "to": {}, "rel": None}},
                "created_at": iso(draw.time(number)),
                "updated_at": iso(draw.time(number, 9)),
                "type": "question",
                "subject": words[:40],
                "raw_subject": words[:40],
                "description": words,
                "priority": "normal",
                "status": "closed",
                "recipient": "care@shop.example",
                "requester_id": customer,
                "submitter_id": customer,
                "assignee_id": agent,
                "organization_id": None,
                "group_id": 50 + number % 4,
                "collaborator_ids": [],
                "follower_ids": [],
                "has_incidents": False,
                "is_public": True,
                "due_at": None,
                "tags": ["order", "delivery"],
                "custom_fields": [{"id": 360_000 + field, "value": None} for field in range(6)],
                "satisfaction_rating": {"score": "unoffered"},
                "brand_id": 3,
                "allow_channelback": False,
            }
        )
        for step in range(draw.random.randint(2, 6)):
            body = draw.text()
            yield line(
                {
                    "id": number * 10 + step,
                    "type": "Comment",
                    "author_id": agent if step % 2 else customer,
                    "body": body,
                    "html_body": f'<div class="zd-comment" dir="auto"><p>{body}</p></div>',
                    "plain_body": body,
                    "public": step != 3,  # noqa: PLR2004 - the third answer is a note
                    "attachments": [],
                    "audit_id": number * 100 + step,
                    "via": {"channel": "web", "source": {"from": {}, "to": {}, "rel": None}},
                    "created_at": iso(draw.time(number, step)),
                    "metadata": {"system": {"client": "Mozilla/5.0"}, "custom": {}},
                    "ticket_id": number,
                }
            )


def freshdesk(draw: Draw) -> Iterator[str]:
    """Yield tickets with their conversations inside."""
    number = 0
    while True:
        number += 1
        customer, agent, words = 10_000 + number % 5_000, 100 + number % 40, draw.text()
        yield line(
            {
                "cc_emails": [],
                "fwd_emails": [],
                "fr_escalated": False,
                "spam": False,
                "email_config_id": None,
                "group_id": 60 + number % 4,
                "priority": 2,
                "requester_id": customer,
                "responder_id": agent,
                "source": 1,
                "company_id": None,
                "status": 5,
                "subject": words[:40],
                "id": number,
                "type": "Question",
                "due_by": iso(draw.time(number, 90)),
                "fr_due_by": iso(draw.time(number, 30)),
                "is_escalated": False,
                "description": f"<div>{words}</div>",
                "description_text": words,
                "custom_fields": {"cf_product": None, "cf_country": "FR"},
                "created_at": iso(draw.time(number)),
                "updated_at": iso(draw.time(number, 9)),
                "tags": ["order"],
                "stats": {
                    "first_responded_at": iso(draw.time(number, 1)),
                    "resolved_at": iso(draw.time(number, 8)),
                    "closed_at": iso(draw.time(number, 9)),
                    "reopened_at": None,
                },
                "conversations": [
                    {
                        "body": f'<div style="font-family:sans-serif">{body}</div>',
                        "body_text": body,
                        "id": number * 10 + step,
                        "incoming": step % 2 == 1,
                        "private": False,
                        "user_id": customer if step % 2 else agent,
                        "support_email": None,
                        "source": 0,
                        "ticket_id": number,
                        "to_emails": ["c@example.com"],
                        "from_email": "care@shop.example",
                        "cc_emails": [],
                        "created_at": iso(draw.time(number, step + 1)),
                        "updated_at": iso(draw.time(number, step + 1)),
                        "attachments": [],
                    }
                    for step, body in enumerate(draw.text() for _ in range(3))
                ],
            }
        )


def intercom(draw: Draw) -> Iterator[str]:
    """Yield conversations with their parts inside; words are HTML."""
    number = 0
    while True:
        number += 1
        name = f"{6_400_000 + number % 5_000:x}"
        customer = {"type": "user", "id": name, "name": "C", "email": "c@example.com"}
        agent = {
            "type": "admin",
            "id": str(9 + number % 40),
            "name": "A",
            "email": "a@shop.example",
        }
        opened = int(draw.time(number).timestamp())
        parts = intercom_parts(draw, number, (agent, customer))
        yield line(
            {
                "type": "conversation",
                "id": str(number),
                "created_at": opened,
                "updated_at": opened + 50_000,
                "waiting_since": None,
                "snoozed_until": None,
                "source": {
                    "type": "conversation",
                    "id": str(number),
                    "delivered_as": "customer_initiated",
                    "subject": "",
                    "body": f"<p>{draw.text()}</p>",
                    "author": customer,
                    "attachments": [],
                    "url": None,
                },
                "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": name}]},
                "first_contact_reply": {"created_at": opened, "type": "conversation", "url": None},
                "admin_assignee_id": 9,
                "team_assignee_id": 50,
                "open": False,
                "state": "closed",
                "read": True,
                "tags": {"type": "tag.list", "tags": []},
                "priority": "not_priority",
                "statistics": {
                    "type": "conversation_statistics",
                    "time_to_assignment": 0,
                    "time_to_admin_reply": 2_460,
                    "first_contact_reply_at": opened,
                    "first_admin_reply_at": opened + 2_460,
                    "count_reopens": 0,
                    "count_assignments": 1,
                    "count_conversation_parts": len(parts),
                },
                "conversation_rating": None,
                "ai_agent_participated": False,
                "conversation_parts": {
                    "type": "conversation_part.list",
                    "conversation_parts": parts,
                    "total_count": len(parts),
                },
            }
        )


def intercom_parts(
    draw: Draw, number: int, people: tuple[dict[str, Any], ...]
) -> list[dict[str, Any]]:
    """Return some parts of a conversation, of both sides in turn."""
    return [
        {
            "type": "conversation_part",
            "id": str(number * 10 + step),
            "part_type": "comment",
            "body": f"<p>{draw.text()}</p>",
            "created_at": int(draw.time(number, step + 1).timestamp()),
            "updated_at": int(draw.time(number, step + 1).timestamp()),
            "notified_at": int(draw.time(number, step + 1).timestamp()),
            "assigned_to": None,
            "author": people[step % 2],
            "attachments": [],
            "external_id": None,
            "redacted": False,
        }
        for step in range(draw.random.randint(1, 6))
    ]


def chatwoot(draw: Draw) -> Iterator[str]:
    """Yield conversations of the API, each followed by its messages."""
    number = 0
    while True:
        number += 1
        contact = {"id": 10_000 + number % 5_000, "name": "C", "type": "contact"}
        user = {"id": 4 + number % 40, "name": "A", "type": "user", "availability_status": "online"}
        opened = int(draw.time(number).timestamp())
        yield line(
            {
                "meta": {
                    "sender": contact | {"email": "c@example.com", "phone_number": None},
                    "channel": "Channel::WebWidget",
                    "assignee": user,
                    "team": {"id": 2, "name": "Care"},
                    "hmac_verified": False,
                },
                "id": number,
                "messages": [],
                "account_id": 1,
                "uuid": f"6a{number:030x}",
                "additional_attributes": {"browser": {"browser_name": "Firefox"}},
                "inbox_id": 5,
                "labels": ["order"],
                "status": "resolved",
                "created_at": opened,
                "timestamp": opened + 50_000,
                "first_reply_created_at": opened + 2_460,
                "last_activity_at": opened + 50_000,
                "priority": None,
                "waiting_since": 0,
                "sla_policy_id": None,
            }
        )
        for step in range(draw.random.randint(2, 7)):
            at, sender = int(draw.time(number, step).timestamp()), user if step % 2 else contact
            body = draw.text()
            yield line(
                {
                    "id": number * 10 + step,
                    "content": body,
                    "account_id": 1,
                    "inbox_id": 5,
                    "conversation_id": number,
                    "message_type": step % 2,
                    "created_at": at,
                    "updated_at": iso(datetime.fromtimestamp(at, UTC)),
                    "private": False,
                    "status": "sent",
                    "source_id": None,
                    "content_type": "text",
                    "content_attributes": {},
                    "sender_type": "User" if step % 2 else "Contact",
                    "sender_id": sender["id"],
                    "additional_attributes": {},
                    "processed_message_content": body,
                    "sender": sender,
                }
            )


def mail(draw: Draw) -> Iterator[str]:
    """Yield mails of an mbox file: a question, an answer that quotes it, and thanks."""
    number = 0
    while True:
        number += 1
        quoted, before = "", ""
        for step in range(3):
            letter = EmailMessage()
            people = [f"C <c{number % 5_000}@example.com>", "Care <care@shop.example>"]
            at, body = draw.time(number, step), draw.text()
            letter["Return-Path"] = f"<{'care@shop.example' if step == 1 else 'c@example.com'}>"
            for hop in range(3):
                letter["Received"] = f"from a{hop}.example by b{hop}.example; {format_datetime(at)}"
            letter["DKIM-Signature"] = f"v=1; a=rsa-sha256; d=example.com; s=k1; b={'Zm9v' * 60}"
            letter["From"], letter["To"] = people[:: -1 if step == 1 else 1]
            letter["Subject"] = ("Re: " if step else "") + "Meine Bestellung \u2013 wo ist sie?"
            letter["Date"] = format_datetime(at)
            letter["Message-ID"] = f"<{number}.{step}@example.com>"
            if before:
                letter["In-Reply-To"] = letter["References"] = before
            before = letter["Message-ID"]
            letter.set_content(f"{body}\n\n{quoted}")
            quoted = "".join(f"> {row}\n" for row in body.splitlines())
            if step != 1:
                letter.add_alternative(f"<html><body><p>{body}</p></body></html>", subtype="html")
            yield f"From MAILER {at:%a %b %d %H:%M:%S %Y}\n{letter.as_bytes().decode()}\n"


def genesys_cloud(draw: Draw) -> Iterator[str]:
    """Yield conversations of a caller, a menu, a queue and an agent."""
    number = 0
    while True:
        number += 1
        at, wait = draw.time(number), draw.random.randint(5, 200)
        end = wait + draw.random.randint(30, 600)
        spoken = [("alert", wait - 3, wait), ("interact", wait, end), ("wrapup", end, end + 9)]
        waited = {"tAlert": 3_000, "tAnswered": wait * 1_000}
        handled = {"tTalkComplete": 60_000, "tHandle": 70_000, "tAcw": 9_000}
        stages = (
            ("customer", [("interact", 0, end)], {"nConnected": 1}),
            ("ivr", [("ivr", 0, 4)], {"tIvr": 4_000}),
            ("acd", [("interact", 4, wait)], {"nOffered": 1, "tAcd": wait * 1_000}),
            ("agent", spoken, waited | handled),
        )
        yield line(
            {
                "conversationId": f"{number:08x}-7d7e-4f6e-9a55-6f3a2b1c0d9e",
                "conversationStart": milliseconds(at, 0),
                "conversationEnd": milliseconds(at, end + 12),
                "originatingDirection": "inbound",
                "mediaStatsMinConversationMos": 4.88,
                "divisionIds": ["3f0d9c1e-bbbb-4f6e-9a55-6f3a2b1c0d9e"],
                "participants": [participant(number, at, *stage) for stage in stages],
            }
        )


def milliseconds(at: datetime, seconds: float) -> str:
    return (at + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")[:-6] + "Z"


def participant(
    number: int,
    at: datetime,
    purpose: str,
    segments: list[tuple[str, int, int]],
    metrics: dict[str, int],
) -> dict[str, Any]:
    """Return a participant of a Genesys conversation, with one session."""
    end = segments[-1][2]
    session = {
        "mediaType": "voice",
        "sessionId": f"{number:08x}-{purpose}-4b1e-9c55-6f3a2b1c0d9e",
        "ani": f"tel:+3314{number % 5_000:07}",
        "direction": "inbound",
        "dnis": "tel:+33140000999",
        "sessionDnis": "tel:+33140000999",
        "edgeId": "0f6f1c2a-7d7e-4f6e-9a55-6f3a2b1c0d9e",
        "remoteNameDisplayable": "Paris, FR",
        "provider": "Edge",
        "requestedRoutings": ["Standard"],
        "segments": [
            {
                "segmentStart": milliseconds(at, begin),
                "segmentEnd": milliseconds(at, until),
                "queueId": "3f0d9c1e-aaaa-4f6e-9a55-6f3a2b1c0d9e",
                "segmentType": kind,
                "disconnectType": "peer",
                "conference": False,
            }
            for kind, begin, until in segments
        ],
        "metrics": [
            {"name": name, "value": value, "emitDate": milliseconds(at, end)}
            for name, value in metrics.items()
        ],
    }
    name = f"{number:08x}-{purpose}-4f6e-9a55-6f3a2b1c0d9e"
    person = {"userId": f"u-{number % 40}"} if purpose == "agent" else {}
    return {"participantId": name, "purpose": purpose, **person, "sessions": [session]}


def amazon_connect(draw: Draw) -> Iterator[str]:
    """Yield contact records of answered calls."""
    arn = "arn:aws:connect:eu-central-1:111122223333:instance/0a1b2c3d"
    telephone = {"Address": "+33140000999", "Type": "TELEPHONE_NUMBER"}
    number = 0
    while True:
        number += 1
        at, wait = draw.time(number), draw.random.randint(5, 200)
        talk = draw.random.randint(30, 600)

        def after(seconds: int, at: datetime = at) -> str:
            return iso(at + timedelta(seconds=seconds))

        yield line(
            {
                "AWSAccountId": "111122223333",
                "AWSContactTraceRecordFormatVersion": "2017-03-10",
                "Agent": {
                    "ARN": f"{arn}/agent/{number % 40}",
                    "AfterContactWorkDuration": 15,
                    "AfterContactWorkEndTimestamp": after(wait + talk + 15),
                    "AfterContactWorkStartTimestamp": after(wait + talk),
                    "AgentInteractionDuration": talk,
                    "ConnectedToAgentTimestamp": after(wait),
                    "CustomerHoldDuration": 0,
                    "HierarchyGroups": {"Level1": {"ARN": f"{arn}/g/1", "GroupName": "Lyon"}},
                    "LongestHoldDuration": 0,
                    "NumberOfHolds": 0,
                    "RoutingProfile": {"ARN": f"{arn}/routing/1", "Name": "Basic"},
                    "Username": f"agent{number % 40}",
                },
                "AgentConnectionAttempts": 1,
                "Attributes": {"CallReason": "invoice", "language": "fr"},
                "Channel": "VOICE",
                "ConnectedToSystemTimestamp": after(0),
                "ContactId": f"{number:08x}-7d7e-4f6e-9a55-6f3a2b1c0d9e",
                "CustomerEndpoint": telephone | {"Address": f"+3314{number % 5_000:07}"},
                "DisconnectReason": "CUSTOMER_DISCONNECT",
                "DisconnectTimestamp": after(wait + talk),
                "InitialContactId": None,
                "InitiationMethod": "INBOUND",
                "InitiationTimestamp": after(0),
                "InstanceARN": arn,
                "LastUpdateTimestamp": after(wait + talk + 60),
                "MediaStreams": [{"Type": "AUDIO"}],
                "NextContactId": None,
                "PreviousContactId": None,
                "Queue": {
                    "ARN": f"{arn}/queue/sales",
                    "DequeueTimestamp": after(wait),
                    "Duration": wait - 4,
                    "EnqueueTimestamp": after(4),
                    "Name": "sales",
                },
                "Recording": None,
                "Recordings": [],
                "ScheduledTimestamp": None,
                "SystemEndpoint": telephone,
                "TransferCompletedTimestamp": None,
                "TransferredToEndpoint": None,
            }
        )


def twilio(draw: Draw) -> Iterator[str]:
    """Yield incoming calls, each with the leg to an agent."""
    number = 0
    while True:
        number += 1
        at, talk = draw.time(number), draw.random.randint(30, 600)
        for side in ("a", "b"):
            begin = at + timedelta(seconds=10 * (side == "b"))
            end = at + timedelta(seconds=10 + talk)
            sid = f"CA{number:031x}{side}"
            yield line(
                {
                    "sid": sid,
                    "date_created": format_datetime(begin),
                    "date_updated": format_datetime(end),
                    "parent_call_sid": f"CA{number:031x}a" if side == "b" else None,
                    "account_sid": "AC00000000000000000000000000000000",
                    "to": f"client:agent{number % 40}" if side == "b" else "+33140000999",
                    "to_formatted": "01 40 00 09 99",
                    "from": f"+3314{number % 5_000:07}",
                    "from_formatted": "01 40 00 00 01",
                    "phone_number_sid": "PN00000000000000000000000000000000",
                    "status": "completed",
                    "start_time": format_datetime(begin),
                    "end_time": format_datetime(end),
                    "duration": str(talk),
                    "price": "-0.01",
                    "price_unit": "EUR",
                    "direction": "outbound-dial" if side == "b" else "inbound",
                    "answered_by": None,
                    "annotation": None,
                    "api_version": "2010-04-01",
                    "forwarded_from": None,
                    "group_sid": None,
                    "caller_name": None,
                    "queue_time": "0",
                    "trunk_sid": None,
                    "uri": f"/2010-04-01/Accounts/AC0/Calls/{sid}.json",
                    "subresource_uris": {"recordings": f"/2010-04-01/Calls/{sid}/Recordings.json"},
                }
            )


def queue_log(draw: Draw) -> Iterator[str]:
    """Yield lines of Asterisk's queue log, of answered calls and of some that were given up."""
    number = 0
    while True:
        number += 1
        at = int(BEGIN.timestamp()) + 20 * number
        call, wait = f"{at}.{number}", draw.random.randint(5, 20)
        agent, talk = f"PJSIP/{200 + number % 40}", draw.random.randint(30, 600)
        lines = [(at, "NONE", f"ENTERQUEUE||+3314{number % 5_000:07}|1")]
        if number % 10:
            lines.append((at + wait, agent, f"CONNECT|{wait}|{at}.9{number}|4"))
            lines.append((at + wait, agent, f"COMPLETECALLER|{wait}|{talk}|1"))
        else:
            lines.append((at + wait, "NONE", f"ABANDON|1|1|{wait}"))
        yield "".join(f"{second}|{call}|sales|{who}|{what}\n" for second, who, what in lines)


EXPORTS: dict[str, Callable[[Draw], Iterator[str]]] = {
    "zendesk": zendesk,
    "freshdesk": freshdesk,
    "intercom": intercom,
    "chatwoot": chatwoot,
    "mail": mail,
    "genesys-cloud": genesys_cloud,
    "amazon-connect": amazon_connect,
    "twilio-calls": twilio,
    "asterisk-queue-log": queue_log,
}
SUFFIXES = {"mail": ".mbox", "asterisk-queue-log": ".log"}
