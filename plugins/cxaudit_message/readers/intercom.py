"""Intercom: conversations with their parts, as its API (version 2) gives them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import attrs

from cxaudit.plugin import ReadRequest, Rows, Skipped
from cxaudit.records import json_records
from cxaudit_message.readers import markers
from cxaudit_message.readers.exports import Desk, Unknown
from cxaudit_message.readers.matters import Change, Location, Message, Rating, Thread
from cxaudit_message.readers.values import at_key, ident, listed, nested, plain, unix, words
from cxaudit_message.readers.vendors import Guard, refuse_others

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
        *(
            "ai_agent.resolution_state",
            "ai_agent.rating",
            "ai_agent.rating_remark",
            "ai_agent.created_at",
        ),
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
_AT_ONCE = timedelta(seconds=5)
_BEGUN = {"agent": "outbound", "system": "campaign"}
_RESOLVED = frozenset({"assumed_resolution", "confirmed_resolution"})
_WRITTEN = ("comment", "quick_reply", "open", "close", "assign", "note", "snoozed")
"""Kinds of parts, or how their names begin, whose words are a message."""
_MERGERS = frozenset({"merged_primary_conversation", "merged_secondary_conversation"})
_OPENS = frozenset(
    {"open", "reopen", "assign_and_reopen", "note_and_reopen", "unsnoozed", "timer_unsnooze"}
)


def read(request: ReadRequest) -> Rows:
    """Read conversations into rows of the table that is asked for."""
    refuse_others(request, "intercom")
    guard, merges = Guard("intercom"), _Merges()
    desk, unknown = Desk(request.use.table, markers.INTERCOM), Unknown(_USED)
    spam_tags = frozenset(request.use.options.get("spam_tags", ()))
    kept: dict[str, tuple[Location, dict[str, Any]]] = {}
    files = {file_name: number for number, file_name in enumerate(request.shown)}
    for file_name, number, record in json_records(request, *_PLACES, notes=desk.notes):
        location = (files[file_name], number, 0)
        if isinstance(record, ValueError):
            desk.refuse(location, record)
            continue
        guard.see(file_name, record)
        if record.keys().isdisjoint({"source", "conversation_parts", "state", "statistics"}):
            reason = "a record that is no conversation"
            desk.refuse(location, ValueError(reason, str(record)[:500]))
        elif (thread := ident(record.get("id"))) is None:
            reason = "a conversation without an id"
            desk.refuse(location, ValueError(reason, str(record)[:500]))
        else:
            unknown.see("conversation", record)
            newer = (location, record)
            if old := kept.get(thread):
                newer, old = sorted((old, newer), key=_updated, reverse=True)
                older = Skipped(
                    "an older copy of the same conversation (the one updated last is kept)"
                )
                desk.refuse(old[0], older)
            kept[thread] = newer
    guard.close()
    for thread, (location, record) in kept.items():
        _add(desk, unknown, merges, location, thread, record, spam_tags)
    merges.join(desk)
    if desk.table == "threads":
        spam = sum(
            conversation.fields.get("is_spam", False) for conversation in desk.threads.values()
        )
        desk.tell_spam({"spam_tags": spam} if spam_tags else {})
    return desk.rows(request.shown, unknown)


def _updated(copy: tuple[Location, dict[str, Any]]) -> tuple[bool, datetime, Location]:
    missing, at = at_key(unix(copy[1].get("updated_at")))
    return not missing, at, copy[0]


def _add(
    desk: Desk,
    unknown: Unknown,
    merges: _Merges,
    location: Location,
    thread: str,
    record: dict[str, Any],
    spam_tags: frozenset[str],
) -> None:
    source = record.get("source") if isinstance(record.get("source"), dict) else {}
    assert isinstance(source, dict)
    begun = _role(source.get("author"))
    if begun == "agent" and words(source.get("delivered_as")) in _SENT_BY_MACHINE:
        begun = "system"
    tags = [str(tag.get("name")) for tag in listed(nested(record, "tags", "tags"))]
    contacts = listed(nested(record, "contacts", "contacts"))
    customer = ident(contacts[0].get("id")) if contacts else None
    if customer is None and begun == "customer":
        customer = ident(nested(source, "author", "id"))
    created = unix(record.get("created_at"))
    wrote = unix(nested(record, "statistics", "first_contact_reply_at"))
    fields = _fields(record, source)
    if spam_tags:
        fields["is_spam"] = bool(spam_tags & {*tags})
    fields["tags"] = ", ".join(tags)
    is_call = fields["channel"] == "voice"
    home = Thread(
        id=thread,
        location=location,
        updated=unix(record.get("updated_at")),
        opened=None if is_call else created if begun == "customer" else wrote,
        customer=customer,
        fields=fields,
        by_agent=begun in {"agent", "system"},
        outside="voice-ticket" if is_call else _BEGUN.get(begun or "", ""),
    )
    desk.add(home)
    _add_ratings(desk, home, record)
    _add_parts(desk, unknown, merges, home, record, begun)


def _add_parts(
    desk: Desk,
    unknown: Unknown,
    merges: _Merges,
    home: Thread,
    record: dict[str, Any],
    begun: str | None,
) -> None:
    """Add what was written in a conversation, and what was done with it."""
    source, location = record.get("source"), home.location
    parts = _parts(record)
    if parts is None:
        if desk.table in {"messages", "issue_events", "handovers"}:
            desk.count("conversations have no conversation_parts: retrieve each by its id")
        return
    total = nested(record, "conversation_parts", "total_count")
    if isinstance(total, int) and total > len(parts):
        desk.count("conversations have more parts than their record holds (500 at most)")
    if isinstance(source, dict) and plain(source.get("body")):
        opening = {**source, "id": "source", "part_type": "source"}
        opening["created_at"] = record.get("created_at")
        _add_message(desk, home, (*location[:2], 1), opening, begun)
    for number, part in enumerate(parts, start=2):
        unknown.see("part", part)
        at = (location[0], location[1], number)
        kind = str(part.get("part_type"))
        merges.see(home, kind, part)
        if not plain(part.get("body")):
            pass
        elif kind.startswith(_WRITTEN):
            _add_message(desk, home, at, part, _role(part.get("author")))
        else:
            desk.count(f"parts of type {kind!r} have words that are no message")
        _add_changes(desk, home, at, part)
        if home.fields["machine_resolved"] is not None:
            _add_hand_over(home, part)


def _parts(record: dict[str, Any]) -> list[dict[str, Any]] | None:
    parts = record.get("conversation_parts")
    inner = nested(parts, "conversation_parts")
    if isinstance(parts, list) or isinstance(inner, list):
        return listed(parts if isinstance(parts, list) else inner)
    return None


def _role(author: Any) -> str | None:
    """Tell who wrote something; the AI agent is a bot under whatever name it writes."""
    if not isinstance(author, dict):
        return None
    kind = words(author.get("type"))
    if author.get("from_ai_agent") or author.get("is_ai_answer") or kind == "bot":
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
    state_of_machine = words(nested(record, "ai_agent", "resolution_state"))
    took_part = state_of_machine or record.get("ai_agent_participated")
    fields["machine_resolved"] = state_of_machine in _RESOLVED if took_part else None
    statistics = record.get("statistics")
    if isinstance(statistics, dict):
        closed = state == "closed"
        fields |= {
            "first_solved_at": unix(statistics.get("first_close_at")),
            "solved_at": unix(statistics.get("last_close_at")) if closed else None,
            "closed_at": unix(statistics.get("last_close_at")) if closed else None,
            "solved_by": ident(statistics.get("last_closed_by_id")) if closed else None,
            "reopens": statistics.get("count_reopens"),
        }
        if not isinstance(fields["reopens"], int):
            fields["reopens"] = None
        if not record.get("ai_agent_participated"):
            fields["first_human_reply_at"] = unix(statistics.get("first_admin_reply_at"))
    return fields


def _add_message(
    desk: Desk, thread: Thread, location: Location, part: dict[str, Any], role: str | None
) -> None:
    part_id = ident(part.get("id"))
    if part_id is None:
        if desk.table == "messages":
            desk.refuse(location, ValueError("a part without an id", str(part)[:500]))
        return
    kind = str(part.get("part_type"))
    desk.add(
        Message(
            id=f"{thread.id}-{part_id}",
            thread=thread.id,
            location=location,
            updated=unix(part.get("updated_at")) or thread.updated,
            at=unix(part.get("created_at")),
            sent=part.get("created_at"),
            role=role,
            author=ident(nested(part, "author", "id")),
            body=plain(part.get("body")),
            auto=role in {"bot", "system"},
            private=kind.startswith("note"),
            opening=kind == "source",
            channel="voice" if thread.outside == "voice-ticket" and kind == "source" else None,
            useful=_is_useful(part.get("author")),
        )
    )


def _is_useful(author: Any) -> bool | None:
    """Tell whether a machine's words go into the matter; None where Intercom does not say."""
    if nested(author, "is_ai_answer"):
        return True
    is_other = nested(author, "type") == "bot" and nested(author, "from_ai_agent") is False
    return False if is_other else None  # Operator asks, tells and routes


def _add_hand_over(thread: Thread, part: dict[str, Any]) -> None:
    """Take when a machine gave a conversation to a team or a person."""
    to = words(nested(part, "assigned_to", "type"))
    if _role(part.get("author")) == "bot" and to in {"team", "admin"} and not thread.handed_over:
        thread.handed_over = unix(part.get("created_at"))


@attrs.define
class _Merges:
    """Mergers of conversations: Intercom tells each side when, and neither which the other is.

    Attributes:
        into, away: Conversations with the instants at which others came, and they went.
    """

    into: list[tuple[Thread, datetime]] = attrs.field(factory=list)
    away: list[tuple[Thread, datetime]] = attrs.field(factory=list)

    def see(self, thread: Thread, kind: str, part: dict[str, Any]) -> None:
        """Take a part, if it tells of a merger."""
        if kind not in _MERGERS:
            return
        at = unix(part.get("created_at"))
        thread.merged = thread.merged or kind == "merged_secondary_conversation"
        if at and kind == "merged_primary_conversation":
            self.into.append((thread, at))
        elif at and kind == "merged_secondary_conversation":
            self.away.append((thread, at))

    def join(self, desk: Desk) -> None:
        """Find the conversation of the same customer that took one at the same time."""
        for thread, at in self.away:
            homes = {
                home.id
                for home, then in self.into
                if abs(then - at) <= _AT_ONCE and home.customer == thread.customer
            }
            if len(homes) == 1:
                desk.threads[thread.id].merged_into = homes.pop()


def _add_changes(desk: Desk, thread: Thread, location: Location, part: dict[str, Any]) -> None:
    kind = str(part.get("part_type"))
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
    if not after:
        return
    at, author = unix(part.get("created_at")), part.get("author")
    by = ident(nested(author, "id")) if _role(author) == "agent" else None
    for values in after:
        desk.changes[thread.id].append(
            Change(thread=thread.id, location=location, at=at, activity=kind, after=values, by=by)
        )


def _add_ratings(desk: Desk, thread: Thread, record: dict[str, Any]) -> None:
    """Keep the ratings of a conversation; that of a machine is a survey of its own."""
    rating, machine = record.get("conversation_rating"), record.get("ai_agent")
    if isinstance(rating, dict):
        of_bot = nested(rating, "teammate", "type") == "bot"
        survey = "ai agent" if of_bot else "conversation"
        times = unix(rating.get("created_at")), unix(rating.get("updated_at"))
        _add_rating(desk, thread, survey, rating.get("rating"), rating.get("remark"), times)
    if isinstance(machine, dict):
        times = None, unix(machine.get("updated_at")) or unix(machine.get("created_at"))
        remark = machine.get("rating_remark")
        _add_rating(desk, thread, "ai agent", machine.get("rating"), remark, times)


def _add_rating(
    desk: Desk,
    thread: Thread,
    survey: str,
    value: object,
    remark: object,
    times: tuple[datetime | None, datetime | None],
) -> None:
    """Keep a rating of 1 to 5; ``times`` are when it was asked for and when answered."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _BEST:
        return
    asked, answered = times
    of_people = survey == "conversation"
    desk.add(
        Rating(
            id=thread.id if of_people else f"{thread.id}-ai",
            thread=thread.id if of_people else None,
            location=thread.location,
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
