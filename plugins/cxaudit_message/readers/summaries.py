"""Rows of canonical tables, made from the messages and the log of a thread."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cxaudit_message.readers.matters import Change, Location, Message, Thread
from cxaudit_message.readers.values import at_key
from cxaudit_message.speech import machines as wording

__all__ = ["HANDOVER_COLUMNS", "events", "handovers", "message_row", "of_log", "of_messages"]

HANDOVER_COLUMNS = ("at", "from_group", "to_group", "from_agent", "to_agent", "channel")
_OF_THREAD = ("queue", "team", "brand_id", "inbox_id", "tags")
_ENDED = frozenset({"solved", "closed"})
_HANDLED_BY = {
    (True, True): "both",
    (True, False): "person",
    (False, True): "machine",
    (False, False): "nobody",
}
"""By whether a person and a machine gave an answer."""


def message_row(message: Message, thread: Thread | None, position: int) -> dict[str, Any]:
    """Return a row of ``messages``, with what of its thread may tell the unit of both."""
    customer = thread.customer if thread else None
    home = thread.fields if thread else {}
    if message.role == "customer":
        customer = customer or message.author
    return {
        "message_id": message.id,
        "thread_id": message.thread,
        "position": position if message.at else None,
        "customer_key": customer,
        "author_role": message.role,
        "agent": message.author if message.role == "agent" else None,
        "channel": message.channel or (thread.fields.get("channel") if thread else None),
        "sent_at": message.at or message.sent,
        "body": message.body,
        "is_auto": message.auto,
        "is_acknowledgement": message.is_acknowledgement if message.role == "bot" else None,
        "is_private": message.private,
        **{name: home[name] for name in _OF_THREAD if name in home},
    }


def of_messages(thread: Thread, messages: list[Message], row: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a thread that its messages tell; they overrule its own record.

    A reply is a public message of a member of staff who is no machine, and neither the message by
    which staff opened the thread nor written before the customer first wrote. A machine agent's
    answer is likewise, and goes into the matter.
    """
    opened = thread.opened
    if opened is None:
        opened = next(
            (message.at for message in messages if message.is_question and message.at), None
        )
    since = [message for message in messages if _is_since(message.at, opened)]
    replies = [message for message in since if message.is_reply]
    answers = [
        message
        for message in since
        if message.is_turn_of_machine and not message.is_acknowledgement
    ]
    fields: dict[str, Any] = {"opened_at": row.get("opened_at") or opened}
    if not messages:
        return fields  # what its record tells stays as it is
    fields["body"] = row.get("body") or next(
        (message.body for message in messages if not message.private), None
    )
    fields |= _of_machines(thread, messages)
    fields["first_machine_reply_at"] = answers[0].at if answers else None
    if not replies and row.get("first_human_reply_at"):
        return fields  # the messages break off before the reply of which the record tells
    first = min((*replies[:1], *answers[:1]), key=lambda message: at_key(message.at), default=None)
    return fields | {
        "first_reply_at": first.at if first else None,
        "first_human_reply_at": replies[0].at if replies else None,
        "handled_by": _HANDLED_BY[bool(replies), bool(answers or row.get("machine_resolved"))],
        "first_responder": replies[0].author if replies else None,
        "replies": len(replies),
    }


def _of_machines(thread: Thread, messages: list[Message]) -> dict[str, Any]:
    """Return what the turns of machine agents tell of a thread; nothing where it has none."""
    turns = [message for message in messages if message.is_turn_of_machine]
    asked = passed_on = None
    if turns:
        people = (message for message in messages if message.is_question)
        asked = next((one.at for one in people if wording.asks_for_person(one.body)), None)
        passed_on = next((turn.at for turn in turns if wording.passes_on(turn.body)), None)
    return {
        "person_asked_at": asked,
        "handed_over_at": thread.handed_over or passed_on,
        "machine_disclosed": wording.discloses(turns[0].body) if turns else None,
    }


def _is_since(at: datetime | None, opened: datetime | None) -> bool:
    return at is not None and opened is not None and at_key(at) >= at_key(opened)


def of_log(log: list[Change]) -> dict[str, Any]:
    """Return what the log tells of a thread.

    ``solved_at`` is empty when the thread was opened again and not solved since.
    """
    fields: dict[str, Any] = {}
    solved: list[Change] = []
    ended, reopens, closed = False, 0, None
    people: dict[str, None] = {}
    queues: dict[str, None] = {}
    for change in log:
        status = change.after.get("status")
        if status is not None:
            before = change.before.get("status")
            ended = before in _ENDED if before is not None else ended
            if status in _ENDED and not ended:
                solved.append(change)
            reopens += ended and status not in _ENDED
            ended = status in _ENDED
            closed = change.at if status == "closed" else closed
        people |= dict.fromkeys(_both(change, "agent"))
        queues |= dict.fromkeys(_both(change, "queue"))
    if any("status" in change.after for change in log):
        last = solved[-1] if solved and ended else None
        fields |= {
            "first_solved_at": solved[0].at if solved else None,
            "solved_at": last.at if last else None,
            "solved_by": last.by if last else None,
            "closed_at": closed if ended else None,
            "reopens": reopens,
        }
    if people:
        fields["handlers"] = len(people)
    if queues:
        fields["groups"] = len(queues)
    return fields  # of a thread without a log, what its record tells stays as it is


def _both(change: Change, field: str) -> Iterator[str]:
    for values in (change.before, change.after):
        if values.get(field):
            yield values[field]


def handovers(
    log: list[Change], thread: Thread | None
) -> Iterator[tuple[Location, dict[str, Any]]]:
    """Yield rows of ``handovers``: each change of a group or person that had the thread before."""
    queue: str | None = None
    agent: str | None = None
    for change in log:
        queue = change.before.get("queue", queue)
        agent = change.before.get("agent", agent)
        to_queue = change.after.get("queue", queue)
        to_agent = change.after.get("agent", agent)
        if (queue and to_queue != queue) or (agent and to_agent != agent):
            row = {
                "issue_id": change.thread,
                "at": change.at,
                "from_group": queue,
                "to_group": to_queue,
                "from_agent": agent,
                "to_agent": to_agent,
                "channel": thread.fields.get("channel") if thread else None,
            }
            yield change.location, row
        queue, agent = to_queue, to_agent


def events(
    issue: str, thread: Thread | None, messages: list[Message], log: list[Change]
) -> Iterator[tuple[Location, dict[str, Any] | ValueError]]:
    """Yield rows of ``issue_events``: the thread's opening, its log and its messages, by time.

    The first reply is ``responded``, later ones are ``told``; what the customer wrote after the
    opening is ``heard``; notes and what machines send are ``other``.
    """
    entries: list[tuple[tuple[bool, datetime], int, Location, Message | Change | None]] = []
    opened = thread.opened if thread else None
    if thread is not None and opened is not None:
        entries.append((at_key(opened), 0, thread.location, None))
    # Of what happened in one update, what was written comes before what it changed.
    entries += [
        (at_key(message.at), 1, message.location, message)
        for message in messages
        if not message.opening
    ]
    entries += [(at_key(change.at), 2, change.location, change) for change in log]
    entries.sort(key=lambda entry: entry[:3])
    fields = thread.fields if thread else {}
    common = {name: fields.get(name) for name in ("category", "channel")}
    now: dict[str, Any] = dict.fromkeys(("queue", "agent", "priority", "in_time"))
    ended = responded = False
    for position, ((timeless, _), _, location, entry) in enumerate(entries, start=1):
        if timeless:
            yield location, ValueError("an entry without a time that can be read", issue)
            continue
        row = {"issue_id": issue, "position": position, **common, "opened_at": opened}
        if entry is None:
            assert thread is not None
            row |= {"at": opened, "event": "opened", "activity": "opened", **now}
            yield thread.location, row
            continue
        if isinstance(entry, Message):
            event, activity = _message_event(entry, first=not responded)
            responded |= event == "responded"
            yield location, row | {"at": entry.at, "event": event, "activity": activity, **now}
            continue
        before = entry.before.get("status")
        ended = before in _ENDED if before is not None else ended
        event = _change_event(entry, ended=ended)
        ended = entry.after["status"] in _ENDED if "status" in entry.after else ended
        now |= {name: entry.after[name] for name in now if name in entry.after}
        yield location, row | {"at": entry.at, "event": event, "activity": entry.activity, **now}


def _message_event(message: Message, *, first: bool) -> tuple[str, str]:
    if message.private:
        return "other", "private note"
    if message.is_reply:
        return ("responded" if first else "told"), "reply"
    if message.role == "customer":
        return "heard", "customer message"
    return "other", "automatic message" if message.role in {"bot", "system"} else "message"


def _change_event(change: Change, *, ended: bool) -> str:
    status = change.after.get("status")
    if status is None:
        return "assigned" if change.after.keys() & {"queue", "agent"} else "other"
    if ended and status not in _ENDED:
        return "reopened"
    return {"pending": "waiting", "solved": "resolved", "closed": "closed"}.get(status, "other")
