"""Intercom: conversations with their parts, as its API (version 2) gives them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cxaudit.plugin import ReadRequest, Rows, Skipped
from cxaudit.records import json_records
from cxaudit_message.readers.exports import Desk, Unknown
from cxaudit_message.readers.matters import Change, Message, Place, Rating, Thread
from cxaudit_message.readers.values import at_key, ident, inside, listed, plain, unix, words

__all__ = ["read"]

_PLACES = ("conversations", "data")
_PARTS = (
    *("id", "part_type", "body", "created_at", "updated_at", "author.id", "author.type"),
    *("author.from_ai_agent", "author.is_ai_answer", "assigned_to.id", "assigned_to.type"),
)
_USED = {
    "conversation": (
        *("id", "type", "title", "created_at", "updated_at", "state", "open", "priority"),
        *("admin_assignee_id", "team_assignee_id", "tags", "contacts", "conversation_parts"),
        *("source.type", "source.delivered_as", "source.subject", "source.body"),
        *("source.author", "conversation_rating.rating", "conversation_rating.remark"),
        *("conversation_rating.created_at", "conversation_rating.updated_at"),
        *("conversation_rating.teammate", "conversation_rating.contact", "ai_agent_participated"),
        *("ai_agent.rating", "ai_agent.rating_remark", "ai_agent.created_at"),
        *("ai_agent.updated_at", "statistics.first_contact_reply_at"),
        *("statistics.first_admin_reply_at", "statistics.first_close_at"),
        *("statistics.last_close_at", "statistics.last_closed_by_id", "statistics.count_reopens"),
    ),
    "part": _PARTS,
}
_STATUSES = {"open": "open", "snoozed": "open", "closed": "closed"}
_CHANNELS = {
    "conversation": "chat",
    "facebook": "social",
    "instagram": "social",
    "twitter": "social",
    "phone_call": "voice",
    "phone_switch": "voice",
}
_CUSTOMERS = frozenset({"user", "lead", "contact"})
_SENT_BY_MACHINE = frozenset({"automated", "campaigns_initiated", "operator_initiated"})
_BEST = 5
_WRITTEN = ("comment", "quick_reply", "open", "close", "assign", "note", "snoozed")
"""Kinds of parts, or how their names begin, whose words are a message."""
_OPENS = frozenset(
    {"open", "reopen", "assign_and_reopen", "note_and_reopen", "unsnoozed", "timer_unsnooze"}
)


def read(request: ReadRequest) -> Rows:
    """Read conversations into rows of the table that is asked for."""
    desk, unknown = Desk(request.use.table), Unknown(_USED)
    spam_tags = frozenset(request.use.options.get("spam_tags", ()))
    kept: dict[str, tuple[Place, dict[str, Any]]] = {}
    files = {shown: number for number, shown in enumerate(request.shown)}
    for shown, number, record in json_records(request, *_PLACES, notes=desk.notes):
        place = (files[shown], number, 0)
        if isinstance(record, ValueError):
            desk.refuse(place, record)
        elif record.keys().isdisjoint({"source", "conversation_parts", "state", "statistics"}):
            reason = "a record that is no conversation"
            desk.refuse(place, ValueError(reason, str(record)[:500]))
        elif (thread := ident(record.get("id"))) is None:
            reason = "a conversation without an id"
            desk.refuse(place, ValueError(reason, str(record)[:500]))
        else:
            unknown.see("conversation", record)
            found = (place, record)
            if old := kept.get(thread):
                found, old = sorted((old, found), key=_updated, reverse=True)
                reason = "an older copy of the same conversation (the one updated last is kept)"
                desk.refuse(old[0], Skipped(reason))
            kept[thread] = found
    for thread, (place, record) in kept.items():
        _add(desk, unknown, place, thread, record, spam_tags)
    if desk.table == "threads":
        spam = sum(each.fields.get("is_spam", False) for each in desk.threads.values())
        desk.tell_spam({"spam_tags": spam} if spam_tags else {})
    return desk.rows(request.shown, unknown)


def _updated(found: tuple[Place, dict[str, Any]]) -> tuple[bool, datetime, Place]:
    missing, at = at_key(unix(found[1].get("updated_at")))
    return not missing, at, found[0]


def _add(
    desk: Desk,
    unknown: Unknown,
    place: Place,
    thread: str,
    record: dict[str, Any],
    spam_tags: frozenset[str],
) -> None:
    source = record.get("source") if isinstance(record.get("source"), dict) else {}
    assert isinstance(source, dict)
    begun = _role(source.get("author"))
    if begun == "agent" and words(source.get("delivered_as")) in _SENT_BY_MACHINE:
        begun = "system"
    tags = [str(each.get("name")) for each in listed(inside(record, "tags", "tags"))]
    contacts = listed(inside(record, "contacts", "contacts"))
    customer = ident(contacts[0].get("id")) if contacts else None
    if customer is None and begun == "customer":
        customer = ident(inside(source, "author", "id"))
    created = unix(record.get("created_at"))
    wrote = unix(inside(record, "statistics", "first_contact_reply_at"))
    fields = _fields(record, source)
    if spam_tags:
        fields["is_spam"] = bool(spam_tags & {*tags})
    fields["tags"] = ", ".join(tags)
    found = Thread(
        id=thread,
        place=place,
        updated=unix(record.get("updated_at")),
        opened=created if begun == "customer" else wrote,
        customer=customer,
        fields=fields,
        by_agent=begun in {"agent", "system"},
    )
    desk.add(found)
    _add_ratings(desk, found, record)
    parts = _parts(record)
    if parts is None:
        if desk.table in {"messages", "issue_events", "handovers"}:
            desk.count("conversations have no conversation_parts: retrieve each by its id")
        return
    total = inside(record, "conversation_parts", "total_count")
    if isinstance(total, int) and total > len(parts):
        desk.count("conversations have more parts than their record holds (500 at most)")
    if plain(source.get("body")):
        opening = {**source, "id": "source", "part_type": "source"}
        opening["created_at"] = record.get("created_at")
        _add_message(desk, found, (*place[:2], 1), opening, begun)
    for number, part in enumerate(parts, start=2):
        unknown.see("part", part)
        at = (place[0], place[1], number)
        kind = str(part.get("part_type"))
        if kind.startswith(_WRITTEN) and plain(part.get("body")):
            _add_message(desk, found, at, part, _role(part.get("author")))
        elif plain(part.get("body")):
            desk.count(f"parts of type {kind!r} have words that are no message")
        _add_changes(desk, found, at, part)


def _parts(record: dict[str, Any]) -> list[dict[str, Any]] | None:
    given = record.get("conversation_parts")
    inner = inside(given, "conversation_parts")
    if isinstance(given, list) or isinstance(inner, list):
        return listed(given if isinstance(given, list) else inner)
    return None


def _role(author: Any) -> str | None:
    """Tell who wrote something; the AI agent is a bot under whatever name it writes."""
    kind = words(inside(author, "type"))
    if inside(author, "from_ai_agent") or inside(author, "is_ai_answer") or kind == "bot":
        return "bot"
    if kind in _CUSTOMERS:
        return "customer"
    return {"admin": "agent", "team": "system"}.get(str(kind))


def _fields(record: dict[str, Any], source: dict[str, Any]) -> dict[str, Any]:
    channel = words(source.get("type"))
    state = words(record.get("state"))
    if state is None and isinstance(record.get("open"), bool):
        state = "open" if record["open"] else "closed"
    agent = ident(record.get("admin_assignee_id"))
    fields: dict[str, Any] = {
        "channel": _CHANNELS.get(channel, channel) if channel else None,
        "queue": ident(record.get("team_assignee_id")),
        "agent": None if agent == "0" else agent,
        "status": _STATUSES.get(state or ""),
        "priority": words(record.get("priority")),
        "subject": plain(source.get("subject")) or words(record.get("title")),
        "body": plain(source.get("body")),
    }
    told = record.get("statistics")
    if isinstance(told, dict):
        closed = state == "closed"
        fields |= {
            "first_solved_at": unix(told.get("first_close_at")),
            "solved_at": unix(told.get("last_close_at")) if closed else None,
            "closed_at": unix(told.get("last_close_at")) if closed else None,
            "solved_by": ident(told.get("last_closed_by_id")) if closed else None,
            "reopens": told.get("count_reopens"),
        }
        if not isinstance(fields["reopens"], int):
            fields["reopens"] = None
        if not record.get("ai_agent_participated"):
            fields["first_human_reply_at"] = unix(told.get("first_admin_reply_at"))
    return fields


def _sent(part: dict[str, Any]) -> tuple[datetime | None, str | None]:
    raw = part.get("created_at")
    return unix(raw), None if raw is None else str(raw)


def _add_message(
    desk: Desk, thread: Thread, place: Place, part: dict[str, Any], role: str | None
) -> None:
    own = ident(part.get("id"))
    if own is None:
        if desk.table == "messages":
            desk.refuse(place, ValueError("a part without an id", str(part)[:500]))
        return
    at, sent = _sent(part)
    kind = str(part.get("part_type"))
    desk.add(
        Message(
            id=f"{thread.id}-{own}",
            thread=thread.id,
            place=place,
            updated=unix(part.get("updated_at")) or thread.updated,
            at=at,
            sent=sent,
            role=role,
            author=ident(inside(part, "author", "id")),
            body=plain(part.get("body")),
            auto=role in {"bot", "system"},
            private=kind.startswith("note"),
            opening=kind == "source",
        )
    )


def _add_changes(desk: Desk, thread: Thread, place: Place, part: dict[str, Any]) -> None:
    at, _ = _sent(part)
    kind = str(part.get("part_type"))
    author = part.get("author")
    by = ident(inside(author, "id")) if _role(author) == "agent" else None
    after: list[dict[str, Any]] = []
    if isinstance(part.get("assigned_to"), dict):
        to = part["assigned_to"]
        who = ident(to.get("id"))
        if to.get("type") == "team":
            after.append({"queue": who})
        else:
            after.append({"agent": who if to.get("type") == "admin" and who != "0" else None})
    if kind == "close":
        after.append({"status": "closed"})
    elif kind == "snoozed":
        after.append({"status": "hold"})
    elif kind in _OPENS:
        after.append({"status": "open"})
    for each in after:
        desk.changes[thread.id].append(
            Change(thread=thread.id, place=place, at=at, activity=kind, after=each, by=by)
        )


def _add_ratings(desk: Desk, thread: Thread, record: dict[str, Any]) -> None:
    """Keep the ratings of a conversation; that of a machine is a survey of its own."""
    given, machine = record.get("conversation_rating"), record.get("ai_agent")
    if isinstance(given, dict) and _is_rating(given.get("rating")):
        of_bot = inside(given, "teammate", "type") == "bot"
        own = f"{thread.id}-ai" if of_bot else thread.id
        survey = "ai agent" if of_bot else "conversation"
        answered = unix(given.get("updated_at"))
        asked = unix(given.get("created_at"))
        _keep(desk, thread, own, survey, given["rating"], given.get("remark"), asked, answered)
    if isinstance(machine, dict) and _is_rating(machine.get("rating")):
        answered = unix(machine.get("updated_at")) or unix(machine.get("created_at"))
        remark, own = machine.get("rating_remark"), f"{thread.id}-ai"
        _keep(desk, thread, own, "ai agent", machine["rating"], remark, None, answered)


def _is_rating(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _BEST


def _keep(
    desk: Desk,
    thread: Thread,
    own: str,
    survey: str,
    value: int,
    remark: object,
    asked: datetime | None,
    answered: datetime | None,
) -> None:
    desk.add(
        Rating(
            id=own,
            thread=thread.id if survey == "conversation" else None,
            place=thread.place,
            updated=answered or thread.updated,
            value=float(value),
            fields={
                "customer_key": thread.customer,
                "asked_at": asked,
                "answered_at": answered,
                "comment": words(remark),
                "survey": survey,
                "channel": thread.fields["channel"],
            },
        )
    )
