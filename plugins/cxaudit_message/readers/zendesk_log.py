"""The log of Zendesk's tickets: audits, and metric events where there are no audits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxaudit.plugin import Skipped
from cxaudit_message.readers.matters import Change, Place
from cxaudit_message.readers.values import at_key, ident, listed, moment, words

if TYPE_CHECKING:
    from cxaudit_message.readers.zendesk import Zendesk

__all__ = ["add_audits", "add_metric_events"]

_STATUSES = {
    "new": "open",
    "open": "open",
    "hold": "hold",
    "pending": "pending",
    "solved": "solved",
    "closed": "closed",
}
_COMMENTS = frozenset({"Comment", "VoiceComment", "TpeVoiceComment", "FacebookComment", "Tweet"})
_CLOCK = {"fulfill": "solved", "pause": "pending", "activate": "open"}
_READ_FROM_AUDITS = ("messages", "handovers", "issue_events")


def add_audits(export: Zendesk) -> None:
    """Take comments and changes of status, group, assignee and priority out of audits."""
    seen: set[str] = set()
    told = {ident(record.get("id")) for _, record in export.records["comment"]}
    hidden: dict[str, bool] = {}
    for place, record in export.records["audit"]:
        own, thread = ident(record.get("id")), ident(record.get("ticket_id"))
        if own is None or thread is None:
            lacks = "an id" if own is None else "a ticket_id"
            export.refuse("audit", place, f"an audit without {lacks}", record)
            continue
        if own in seen:
            if export.desk.table in _READ_FROM_AUDITS:
                export.desk.refuse(place, Skipped("an audit that was read before"))
            continue
        seen.add(own)
        events = listed(record["events"])
        _add_changes(export, place, thread, record, events)
        for number, event in enumerate(events, start=1):
            at = (place[0], place[1], number)
            if words(event.get("type")) in _COMMENTS:
                _add_comment(export, at, thread, record, event, told)
            elif event.get("type") == "CommentPrivacyChange":
                hidden[ident(event.get("comment_id")) or ""] = event.get("public") is False
    for comment, private in hidden.items():
        if comment not in told and comment in export.desk.messages:
            export.desk.messages[comment].private = private


def _add_comment(
    export: Zendesk,
    place: Place,
    thread: str,
    audit: dict[str, Any],
    event: dict[str, Any],
    told: set[str | None],
) -> None:
    if ident(event.get("id")) is None:
        export.refuse("comment", place, "a comment of an audit without an id", event)
    elif ident(event.get("id")) in told:
        if export.desk.table == "messages":
            reason = "a comment of an audit that stands among the comments as well"
            export.desk.refuse(place, Skipped(reason))
    else:
        whole = {
            "author_id": audit.get("author_id"),
            "created_at": audit.get("created_at"),
            "via": audit.get("via"),
        } | {name: value for name, value in event.items() if value is not None}
        export.add_message(place, thread, whole, event.get("plain_body") or event.get("body"))


def _add_changes(
    export: Zendesk,
    place: Place,
    thread: str,
    audit: dict[str, Any],
    events: list[dict[str, Any]],
) -> None:
    """Add at most one assignment, one status and one priority of an audit, in this order."""
    at, author = moment(audit.get("created_at")), ident(audit.get("author_id"))
    by = author if export.role(author, thread) == "agent" else None
    after: dict[str, dict[str, Any]] = {"assigned": {}, "status": {}, "priority": {}}
    before: dict[str, dict[str, Any]] = {"assigned": {}, "status": {}, "priority": {}}
    word = ""
    for event in events:
        if words(event.get("type")) not in {"Create", "Change"}:
            continue
        name, new, old = (
            words(event.get("field_name")),
            event.get("value"),
            event.get("previous_value"),
        )
        if name in {"group_id", "assignee_id"}:
            column = "queue" if name == "group_id" else "agent"
            after["assigned"][column] = ident(new)
            before["assigned"].setdefault(column, ident(old))
        elif name == "status":
            word = str(new).lower()
            begins = event.get("type") == "Create" and word in {"new", "open"}
            if begins or word not in _STATUSES:
                continue  # the opening says it; deleted is told by the ticket
            after["status"] = {"status": _STATUSES[word]}
            before["status"] = {"status": _STATUSES.get(str(old).lower(), "open")}
        elif name == "priority":
            after["priority"] = {"priority": words(new)}
    names = {"assigned": "assigned", "status": f"status {word}", "priority": "priority set"}
    for kind, activity in names.items():
        if after[kind]:
            export.desk.changes[thread].append(
                Change(
                    thread=thread,
                    place=place,
                    at=at,
                    activity=activity,
                    after=after[kind],
                    before=before[kind],
                    by=by,
                )
            )


def add_metric_events(export: Zendesk) -> None:
    """Take promises from metric events, and clocks where a ticket has no audits."""
    audited = frozenset(export.desk.changes)
    breached: set[str] = set()
    replied: dict[str, Any] = {}
    found = []
    for place, record in export.records["metric event"]:
        thread, at = ident(record.get("ticket_id")), moment(record.get("time"))
        if thread is None or at is None:
            lacks = "a ticket_id" if thread is None else "a time that can be read"
            export.refuse("metric event", place, f"a metric event without {lacks}", record)
        else:
            found.append((at, place, thread, record))
    found.sort(key=lambda each: (at_key(each[0]), each[1]))
    for at, place, thread, record in found:
        kind, metric = words(record.get("type")) or "", words(record.get("metric"))
        instance = record.get("instance_id")
        change: dict[str, Any] = {}
        if kind in {"apply_sla", "apply_group_sla"}:
            change = {"in_time": thread not in breached}
        elif kind == "breach" and record.get("deleted") is not True:
            breached.add(thread)
            change = {"in_time": False}
        elif metric == "reply_time" and kind == "fulfill" and instance == 1:
            replied.setdefault(thread, at)
        elif metric == "requester_wait_time" and thread not in audited and kind in _CLOCK:
            change = {"status": _CLOCK[kind]}
        if change:
            export.desk.changes[thread].append(
                Change(thread=thread, place=place, at=at, activity=f"{kind} {metric}", after=change)
            )
    for thread in {each[2] for each in found} & export.desk.threads.keys():
        fields = export.desk.threads[thread].fields
        fields["first_human_reply_at"] = replied.get(thread, fields.get("first_human_reply_at"))
