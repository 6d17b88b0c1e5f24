"""Chatwoot: conversations, messages, reporting events and ratings, from its API or its database.

The two number conversations differently: the API by ``display_id``, the tables by ``id``. So one
source holds either.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, MutableSequence
from datetime import UTC, datetime
from typing import Any

import attrs

from cxaudit.errors import Problem, SourceError
from cxaudit.plugin import ReadRequest, Rows, Skipped
from cxaudit.records import Record, csv_records, json_records
from cxaudit_message.readers import markers
from cxaudit_message.readers.kinds import Export, Format
from cxaudit_message.readers.matters import Change, Location, Message, Rating, Thread
from cxaudit_message.readers.values import at_key, flag, ident, listed, moment, nested, unix, words

__all__ = ["read"]

_PLACES = ("data", "payload")
_FILLS: dict[str, frozenset[str]] = {
    "conversation": frozenset({"threads", "messages", "issue_events"}),
    "message": frozenset({"messages", "issue_events"}),
    "reporting event": frozenset({"issue_events", "threads"}),
    "rating": frozenset({"responses", "threads"}),
    "inbox": frozenset(),
}
_USED = {
    "conversation": (
        *("id", "display_id", "status", "priority", "inbox_id", "contact_id", "assignee_id"),
        *("team_id", "first_reply_created_at", "created_at", "updated_at", "last_activity_at"),
        *("timestamp", "cached_label_list", "labels", "meta.sender", "meta.channel"),
        *("meta.assignee", "meta.team"),
    ),
    "message": (
        *("id", "conversation_id", "message_type", "content", "private", "status", "created_at"),
        *("updated_at", "sender", "sender_type", "sender_id", "content_attributes"),
        "additional_attributes",
        "content_type",
    ),
    "reporting event": ("id", "name", "conversation_id", "event_end_time", "created_at", "user_id"),
    "rating": (
        *("id", "conversation_id", "rating", "feedback_message", "contact_id", "contact"),
        *("created_at", "updated_at"),
    ),
    "inbox": ("id", "channel_type"),
}
_STATUSES = {
    "0": "open",
    "open": "open",
    "1": "solved",
    "resolved": "solved",
    "2": "open",
    "pending": "open",
    "3": "open",
    "snoozed": "open",
}
_PRIORITIES = {"0": "low", "1": "medium", "2": "high", "3": "urgent"}
_TYPES = {"0": "incoming", "1": "outgoing", "2": "activity", "3": "template"}
_CHANNELS = {
    "channel::webwidget": "chat",
    "channel::email": "email",
    "channel::facebookpage": "social",
    "channel::twitterprofile": "social",
    "channel::instagram": "social",
    "channel::line": "social",
    "channel::tiktok": "social",
    "channel::voice": "voice",
}
_BOTS = frozenset({"agentbot", "agent_bot", "captain::assistant", "captain_assistant"})
_STAFF = frozenset({"user", "agent"})
_NULLS = ("", "\\N")  # as the database writes null into separated text
_FAILED = frozenset({"3", "failed"})
_ENDS = {
    "conversation_resolved": "solved",
    "conversation_bot_resolved": "solved",
    "conversation_captain_inference_resolved": "solved",
    "conversation_opened": "open",
}
_MACHINE_ENDS = frozenset({"conversation_bot_resolved", "conversation_captain_inference_resolved"})
_HANDED_OVER = frozenset({"conversation_bot_handoff", "conversation_captain_inference_handoff"})


def kind_of(record: dict[str, Any]) -> str | None:
    """Tell by its shape what a record is, or None."""
    if "message_type" in record:
        return "message"
    if "feedback_message" in record or ("rating" in record and "conversation_id" in record):
        return "rating"
    if "name" in record and record.keys() & {"event_end_time", "value_in_business_hours"}:
        return "reporting event"
    if "channel_type" in record:
        return "inbox"
    return "conversation" if "status" in record and "inbox_id" in record else None


def _time(value: Any) -> datetime | None:
    """Return an instant; the database keeps UTC without saying so."""
    instant = unix(value) or moment(value)
    return instant.replace(tzinfo=UTC) if instant and instant.tzinfo is None else instant


def _inner(record: dict[str, Any], name: str) -> Any:
    """Return an object of a record; tables write it as text."""
    value = record.get(name)
    if isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value


def _records(request: ReadRequest, notes: MutableSequence[str]) -> Iterator[Record]:
    for path, file_name in zip(request.files, request.shown, strict=True):
        one = attrs.evolve(request, files=(path,), shown=(file_name,))
        if path.name.endswith((".csv", ".csv.gz")):
            for name, number, record in csv_records(one, notes=notes):
                if isinstance(record, ValueError):
                    yield name, number, record
                else:
                    filled = {k: v for k, v in record.items() if v not in _NULLS}
                    yield name, number, filled
        else:
            yield from json_records(one, *_PLACES, notes=notes)


_FORMAT = Format(
    name="Chatwoot",
    markers=markers.CHATWOOT,
    records=_records,
    kind_of=kind_of,
    used=_USED,
    fills=_FILLS,
)


class _Chatwoot(Export):
    def __init__(self, request: ReadRequest) -> None:
        super().__init__(request, _FORMAT)
        shapes: dict[str, str] = {}
        for kind, records in self.records.items():
            for location, record in records:
                at = record.get("created_at")
                if kind != "inbox" and (unix(at) or moment(at)):
                    shapes.setdefault("api" if unix(at) else "tables", request.shown[location[0]])
        if len(shapes) > 1:
            message = (
                f"{shapes['api']} comes from the API and {shapes['tables']} from the database, "
                "which number conversations differently"
            )
            hint = "Give the files of one of them."
            raise SourceError((Problem(message, file=shapes["api"], hint=hint),))
        inboxes = (inbox for _, inbox in self.records["inbox"])
        self.channels = {
            ident(inbox.get("id")): _channel(inbox.get("channel_type")) for inbox in inboxes
        }


def _channel(name: Any) -> str | None:
    text = (words(name) or "").lower()
    return _CHANNELS.get(text, text.removeprefix("channel::")) or None


def read(request: ReadRequest) -> Rows:
    """Read an export into rows of the table that is asked for."""
    export = _Chatwoot(request)
    desk, records = export.desk, export.records
    for location, record in records["conversation"]:
        _add_conversation(export, location, record)
    for location, record in records["message"]:
        _add_message(export, location, record)
    for location, record in records["reporting event"]:
        _add_event(export, location, record)
    for location, record in records["rating"]:
        _add_rating(export, location, record)
    if records["reporting event"]:
        for conversation in desk.threads.values():
            conversation.fields.setdefault("machine_resolved", False)
    for thread, messages in desk.by_thread().items():
        if home := desk.threads.get(thread):
            _open(home, messages)
    if desk.table == "threads":
        spam = sum(thread.fields.get("is_spam", False) for thread in desk.threads.values())
        desk.tell_spam({"spam_tags": spam} if export.spam_tags else {})
        if not records["message"]:
            desk.notes.append(
                "no messages are among the files: first replies are Chatwoot's own, which in "
                "older versions may be those of bots"
            )
    return desk.rows(request.shown, export.unknown)


def _open(home: Thread, messages: list[Message]) -> None:
    """Open a conversation when the customer first wrote.

    The conversation may be older: the customer opened the window, or staff began it.
    """
    people = (message for message in messages if message.is_question)
    first = next((message for message in people if message.channel != "voice"), None)
    home.opened = first.at if first else None
    home.by_agent = first is None
    if home.outside == "campaign" and first is messages[0]:
        home.outside = ""
    if first is None and not home.outside:
        staff = any(message.role == "agent" and not message.auto for message in messages)
        home.outside = "outbound" if staff else ""


def _labels(record: dict[str, Any]) -> list[str]:
    if isinstance(record.get("labels"), list):
        return listed(record["labels"], str)
    return [label.strip() for label in str(record.get("cached_label_list") or "").split(",")]


def _add_conversation(export: _Chatwoot, location: Location, record: dict[str, Any]) -> None:
    desk, thread = export.desk, ident(record.get("id"))
    if thread is None:
        export.refuse("conversation", location, "a conversation without an id", record)
        return
    inbox = ident(record.get("inbox_id"))
    word = str(record.get("status")).lower()
    if word not in _STATUSES and desk.table == "threads":
        desk.count(f"conversations have the status {word!r}, which is none of Chatwoot's")
    labels = [label for label in _labels(record) if label]
    priority = ident(record.get("priority"))
    meta = record.get("meta")
    channel = _channel(nested(meta, "channel")) or export.channels.get(inbox)
    created = _time(record.get("created_at"))
    fields: dict[str, Any] = {
        "channel": channel,
        "queue": ident(record.get("team_id")) or ident(nested(meta, "team", "id")),
        "agent": ident(record.get("assignee_id")) or ident(nested(meta, "assignee", "id")),
        "status": _STATUSES.get(word),
        "priority": _PRIORITIES.get(priority or "", priority),
        "inbox_id": inbox,
        "labels": ", ".join(labels),
    }
    if "first_reply_created_at" in record or not export.records["message"]:
        fields["first_human_reply_at"] = _time(record.get("first_reply_created_at"))
    if export.spam_tags:
        fields["is_spam"] = bool(export.spam_tags & {*labels})
    if export.resolved_tags:
        fields["machine_resolved"] = bool(export.resolved_tags & {*labels})
    if created is None and record.get("created_at") is not None:
        fields["opened_at"] = str(record["created_at"])
    updated = _time(record.get("updated_at")) or _time(record.get("last_activity_at"))
    desk.add(
        Thread(
            id=thread,
            location=location,
            updated=updated,
            opened=None if channel == "voice" else created,
            outside="voice-ticket" if channel == "voice" else "",
            customer=ident(record.get("contact_id")) or ident(nested(meta, "sender", "id")),
            fields=fields,
        )
    )


def _role(export: _Chatwoot, record: dict[str, Any], kind: str) -> tuple[str | None, str | None]:
    """Return who wrote a message, and the id."""
    sender = record.get("sender")
    named = words(record.get("sender_type")) or words(nested(sender, "type")) or ""
    author = ident(record.get("sender_id")) or ident(nested(sender, "id"))
    if kind == "template":
        return "system", author
    if kind == "incoming":
        return "customer", author
    if named.lower() in _BOTS or (author is not None and author in export.bots):
        return "bot", author
    return ("agent" if named.lower() in _STAFF else None), author


def _add_message(export: _Chatwoot, location: Location, record: dict[str, Any]) -> None:
    message, thread = ident(record.get("id")), ident(record.get("conversation_id"))
    if message is None or thread is None:
        lacks = "an id" if message is None else "a conversation_id"
        export.refuse("message", location, f"a message without {lacks}", record)
        return
    type_name = str(record.get("message_type")).lower()
    kind = _TYPES.get(ident(record.get("message_type")) or "", type_name)
    if kind not in _TYPES.values():
        export.refuse("message", location, f"a message of the unknown type {type_name!r}", record)
        return
    failed = kind == "outgoing" and str(record.get("status")).lower() in _FAILED
    attributes = _inner(record, "content_attributes")
    left_out = "bounce" if failed else "deleted" if flag(nested(attributes, "deleted")) else ""
    if left_out:
        export.desk.leave_out(location, left_out, "messages")
        return
    if kind == "activity":
        if export.desk.table == "messages":
            export.desk.refuse(location, Skipped("an activity, no message"))
        return
    role, author = _role(export, record, kind)
    rule = nested(attributes, "automation_rule_id")
    campaign = nested(_inner(record, "additional_attributes"), "campaign_id")
    home = export.desk.threads.get(thread)
    if campaign and home is not None and not home.outside:
        home.outside = "campaign"
    sent = record.get("created_at")
    content_type = str(record.get("content_type")).lower()
    export.desk.add(
        Message(
            id=message,
            thread=thread,
            location=location,
            updated=_time(record.get("updated_at")),
            at=_time(sent),
            sent=sent,
            role=role,
            author=author,
            body=words(record.get("content")),
            auto=role in {"bot", "system"} or bool(rule or campaign),
            private=flag(record.get("private")),
            channel="voice" if "voice" in content_type else None,
        )
    )


def _add_event(export: _Chatwoot, location: Location, record: dict[str, Any]) -> None:
    """Take ends and new beginnings; their instants, because the durations count from creation."""
    thread, name = ident(record.get("conversation_id")), words(record.get("name")) or ""
    at = _time(record.get("event_end_time")) or _time(record.get("created_at"))
    if thread is None or at is None:
        lacks = "a conversation_id" if thread is None else "a time that can be read"
        export.refuse("reporting event", location, f"a reporting event without {lacks}", record)
    elif name in _ENDS:
        if name in _MACHINE_ENDS and (home := export.desk.threads.get(thread)):
            home.fields["machine_resolved"] = True
        # Its user is who has the conversation, not who resolved it.
        export.desk.changes[thread].append(
            Change(
                thread=thread,
                location=location,
                at=at,
                activity=name,
                after={"status": _ENDS[name]},
            )
        )
    elif name in _HANDED_OVER and (home := export.desk.threads.get(thread)):
        home.handed_over = min(home.handed_over or at, at, key=at_key)
    elif name == "first_response" and (home := export.desk.threads.get(thread)):
        before = home.fields.get("first_human_reply_at")
        home.fields["first_human_reply_at"] = min(before or at, at, key=at_key)


def _add_rating(export: _Chatwoot, location: Location, record: dict[str, Any]) -> None:
    rating, thread = ident(record.get("id")), ident(record.get("conversation_id"))
    value = ident(record.get("rating"))
    if rating is None or value not in {"1", "2", "3", "4", "5"}:
        wrong = "without an id" if rating is None else f"of {value}, which is not 1 to 5"
        export.refuse("rating", location, f"a rating {wrong}", record)
        return
    answered = _time(record.get("created_at"))
    fields = {
        "customer_key": ident(record.get("contact_id")) or ident(nested(record, "contact", "id")),
        "answered_at": answered,
        "comment": words(record.get("feedback_message")),
        "survey": "chatwoot csat",
    }
    export.desk.add(
        Rating(
            id=rating,
            thread=thread,
            location=location,
            updated=_time(record.get("updated_at")) or answered,
            value=float(value),
            fields=fields,
        )
    )
