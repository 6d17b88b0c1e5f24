"""Freshdesk: tickets with stats, conversations and ratings, as its API (version 2) gives them."""

from __future__ import annotations

from typing import Any

from cxaudit.plugin import ReadRequest, Rows
from cxaudit.records import json_records
from cxaudit_message.readers import markers
from cxaudit_message.readers.kinds import Export, Format
from cxaudit_message.readers.matters import Change, Location, Message, Rating, Thread
from cxaudit_message.readers.merges import is_merge_note, merged_into
from cxaudit_message.readers.values import flag, ident, listed, moment, nested, plain, words

__all__ = ["read"]

_PLACES = ("tickets", "results", "conversations", "satisfaction_ratings")
_FILLS = {
    "ticket": frozenset({"threads", "messages", "issue_events"}),
    "conversation": frozenset({"messages", "issue_events"}),
    "rating": frozenset({"responses", "threads"}),
}
_USED = {
    "ticket": (
        *("id", "created_at", "updated_at", "requester_id", "requester.id", "responder_id"),
        *("group_id", "status", "priority", "source", "type", "subject", "description_text"),
        *("description", "tags", "spam", "deleted", "product_id", "company_id", "conversations"),
        *("stats.first_responded_at", "stats.resolved_at", "stats.closed_at"),
        "stats.reopened_at",
    ),
    "conversation": (
        *("id", "ticket_id", "user_id", "incoming", "private", "source", "body_text", "body"),
        *("created_at", "updated_at"),
    ),
    "rating": (
        *("id", "ticket_id", "user_id", "agent_id", "feedback", "ratings"),
        *("created_at", "updated_at", "survey_id"),
    ),
}
_STATUSES = {"2": "open", "3": "pending", "4": "solved", "5": "closed"}
_PRIORITIES = {"1": "low", "2": "medium", "3": "high", "4": "urgent"}
_CHANNELS = {
    "1": "email",
    "2": "portal",
    "3": "voice",
    "5": "social",
    "6": "social",
    "7": "chat",
    "9": "feedback widget",
    "10": "email",
}
_OUTBOUND = "10"
_CALL = "3"
_NOT_SENT = frozenset({"8"})  # forwarded to somebody else: the customer does not see it
_SYSTEM = frozenset({"3", "4"})
_RATINGS = {
    "103": 3.0,
    "102": 2.0,
    "101": 1.0,
    "100": 0.0,
    "-101": -1.0,
    "-102": -2.0,
    "-103": -3.0,
}


def kind_of(record: dict[str, Any]) -> str | None:
    """Tell by its shape what a record is, or None."""
    if "incoming" in record or ("ticket_id" in record and "body_text" in record):
        return "conversation"
    if "ratings" in record:
        return "rating"
    return "ticket" if "status" in record and "requester_id" in record else None


_FORMAT = Format(
    name="Freshdesk",
    markers=markers.FRESHDESK,
    records=lambda request, notes: json_records(request, *_PLACES, notes=notes),
    kind_of=kind_of,
    used=_USED,
    fills=_FILLS,
)


def read(request: ReadRequest) -> Rows:
    """Read an export into rows of the table that is asked for."""
    export = Export(request, _FORMAT)
    desk, records = export.desk, export.records
    for location, ticket in records["ticket"]:
        for number, conversation in enumerate(listed(ticket.get("conversations")), start=1):
            at = (location[0], location[1], number)
            export.add("conversation", at, {"ticket_id": ticket.get("id"), **conversation})
    codes = request.use.options.get("statuses", {})
    statuses = _STATUSES | {str(code): status for code, status in codes.items()}
    for location, record in records["ticket"]:
        _add_ticket(export, statuses, location, record)
    for location, record in records["conversation"]:
        _add_conversation(export, location, record)
    for location, record in records["rating"]:
        _add_rating(export, location, record)
    if desk.table in {"threads", "messages"} and not records["conversation"]:
        desk.notes.append("no conversations are among the files: messages are not known")
    if desk.table == "threads":
        _tell(export)
    return desk.rows(request.shown, export.unknown)


def _tell(export: Export) -> None:
    threads = export.desk.threads.values()
    by_flag = sum(thread.fields["is_spam"] and not thread.fields["_tagged"] for thread in threads)
    by_tag = sum(thread.fields["_tagged"] for thread in threads)
    export.desk.tell_spam({"the field spam": by_flag, "spam_tags": by_tag})
    for thread in threads:
        del thread.fields["_tagged"]


def _add_ticket(
    export: Export, statuses: dict[str, str], location: Location, record: dict[str, Any]
) -> None:
    desk = export.desk
    thread = ident(record.get("id"))
    if thread is None:
        export.refuse("ticket", location, "a ticket without an id", record)
        return
    if flag(record.get("deleted")):
        desk.leave_out(location, "deleted", "threads")
        return
    source, code = ident(record.get("source")), ident(record.get("status"))
    status = statuses.get(code or "")
    if status is None and desk.table == "threads":
        desk.count(
            f"tickets have the status code {code}, whose meaning is not known; say it in the "
            "option statuses"
        )
    tags = listed(record.get("tags"), str)
    flagged = flag(record.get("spam")) or False
    tagged = not flagged and bool(export.spam_tags & {*tags})
    created = moment(record.get("created_at"))
    customer = ident(record.get("requester_id")) or ident(nested(record, "requester", "id"))
    body = words(record.get("description_text")) or plain(record.get("description"))
    fields: dict[str, Any] = {
        "channel": _CHANNELS.get(source or "", source),
        "queue": ident(record.get("group_id")),
        "agent": ident(record.get("responder_id")),
        "status": status,
        "priority": _PRIORITIES.get(ident(record.get("priority")) or ""),
        "category": words(record.get("type")),
        "subject": words(record.get("subject")),
        "body": body,
        "is_spam": flagged or tagged,
        "_tagged": tagged,
        "tags": ", ".join(tags),
        "product_id": ident(record.get("product_id")),
        "company_id": ident(record.get("company_id")),
    }
    if created is None and record.get("created_at") is not None:
        fields["opened_at"] = str(record["created_at"])
    ticket = Thread(
        id=thread,
        location=location,
        updated=moment(record.get("updated_at")),
        opened=None if source in {_OUTBOUND, _CALL} else created,
        customer=customer,
        fields=fields,
        by_agent=source == _OUTBOUND,
        outside={_OUTBOUND: "outbound", _CALL: "voice-ticket"}.get(source or "", ""),
    )
    if export.resolved_tags:
        fields["machine_resolved"] = bool(export.resolved_tags & {*tags})
    desk.add(ticket)
    if desk.threads[thread] is not ticket:
        return
    if isinstance(record.get("stats"), dict):
        _add_stats(export, ticket, record["stats"])
    if export.records["conversation"] and body:
        _add_description(export, ticket, created, record)


def _add_stats(export: Export, thread: Thread, stats: dict[str, Any]) -> None:
    """Take what only stats tell; conversations overrule it."""
    ends = {name: moment(stats.get(name)) for name in ("resolved_at", "closed_at", "reopened_at")}
    ended = thread.fields["status"] in {"solved", "closed"}
    thread.fields |= {
        "first_human_reply_at": moment(stats.get("first_responded_at")),
        "solved_at": (ends["resolved_at"] or ends["closed_at"]) if ended else None,
        "closed_at": ends["closed_at"] if thread.fields["status"] == "closed" else None,
        "reopened_at": ends["reopened_at"],
    }
    if export.desk.table != "issue_events":
        return
    steps = {"resolved_at": "solved", "reopened_at": "open", "closed_at": "closed"}
    export.desk.changes[thread.id] = [
        Change(
            thread=thread.id,
            location=thread.location,
            at=ends[name],
            activity=name.removesuffix("_at"),
            after={"status": status},
            before={"status": "closed"} if name == "reopened_at" else {},
        )
        for name, status in steps.items()
        if ends[name]
    ]


def _add_description(export: Export, thread: Thread, created: Any, record: dict[str, Any]) -> None:
    export.desk.add(
        Message(
            id=f"ticket-{thread.id}",
            thread=thread.id,
            location=thread.location,
            updated=thread.updated,
            at=created,
            sent=record.get("created_at"),
            role="agent" if thread.by_agent else "customer",
            author=None if thread.by_agent else thread.customer,
            body=thread.fields["body"],
            auto=False,
            private=False,
            opening=True,
            channel="voice" if thread.outside == "voice-ticket" else None,
        )
    )


def _add_conversation(export: Export, location: Location, record: dict[str, Any]) -> None:
    message, thread = ident(record.get("id")), ident(record.get("ticket_id"))
    if message is None or thread is None:
        lacks = "an id" if message is None else "a ticket_id"
        export.refuse("conversation", location, f"a conversation without {lacks}", record)
        return
    home = export.desk.threads.get(thread)
    author, source = ident(record.get("user_id")), ident(record.get("source"))
    incoming, private = flag(record.get("incoming")), flag(record.get("private"))
    if source in _SYSTEM:
        role: str | None = "system"
    elif author is not None and author in export.bots:
        role = "bot"
    elif incoming or (home is not None and author is not None and author == home.customer):
        role = "customer"
    else:
        role = "agent" if incoming is False else None
    sent = record.get("created_at")
    body = words(record.get("body_text")) or plain(record.get("body"))
    marker = "forwarded" if source in _NOT_SENT else ""
    if role != "customer" and is_merge_note(body):
        role, marker = "system", marker or "auto-reply"
        if home is not None and (target := merged_into(body)):
            home.merged, home.merged_into = True, target
    export.desk.add(
        Message(
            id=message,
            thread=thread,
            location=location,
            updated=moment(record.get("updated_at")),
            at=moment(sent),
            sent=sent,
            role=role,
            author=author,
            body=body,
            auto=role in {"bot", "system"},
            private=True if source in _NOT_SENT else private,
            marker=marker,
        )
    )


def _add_rating(export: Export, location: Location, record: dict[str, Any]) -> None:
    """Keep the answer to the survey's main question, on a scale from -3 to 3."""
    rating, thread = ident(record.get("id")), ident(record.get("ticket_id"))
    answers = record.get("ratings")
    if isinstance(answers, list):
        answers = {answer.get("question"): answer.get("value") for answer in listed(answers)}
    code = ident(nested(answers, "default_question"))
    if rating is None:
        export.refuse("rating", location, "a rating without an id", record)
        return
    if code not in _RATINGS:
        reason = (
            f"a rating whose default_question has the code {code}, which is none of 103 to -103"
        )
        export.refuse("rating", location, reason, record)
        return
    updated = moment(record.get("updated_at")) or moment(record.get("created_at"))
    fields = {
        "customer_key": ident(record.get("user_id")),
        "answered_at": moment(record.get("created_at")),
        "comment": words(record.get("feedback")),
        "survey": f"freshdesk {ident(record.get('survey_id')) or 'satisfaction'}",
    }
    export.desk.add(
        Rating(
            id=rating,
            thread=thread,
            location=location,
            updated=updated,
            value=_RATINGS[code],
            fields=fields,
        )
    )
