"""Rows of canonical tables, made from the messages and the log of a thread."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cxaudit_message.readers.matters import Change, Message, Place, Thread
from cxaudit_message.readers.values import at_key

__all__ = ["HANDOVER_COLUMNS", "events", "handovers", "message_row", "of_log", "of_messages"]

HANDOVER_COLUMNS = ("at", "from_group", "to_group", "from_agent", "to_agent", "channel")
_OF_THREAD = ("queue", "team", "brand_id", "inbox_id", "tags")
_ENDED = frozenset({"solved", "closed"})


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
        "is_private": message.private,
        **{name: home[name] for name in _OF_THREAD if name in home},
    }


def of_messages(thread: Thread, messages: list[Message], row: dict[str, Any]) -> dict[str, Any]:
    """Return what the messages tell of a thread, over what its record tells.

    A reply is a public message of a member of staff who is no machine, and neither the message by
    which staff opened the thread nor written before the customer first wrote.
    """
    opened = thread.opened
    if opened is None:
        opened = next((each.at for each in messages if each.is_question and each.at), None)
    since = [each for each in messages if _is_since(each.at, opened)]
    replies = [each for each in since if each.is_reply]
    answers = [each for each in since if each.is_answer]
    told: dict[str, Any] = {"opened_at": row.get("opened_at") or opened}
    if not messages:
        return told  # what its record tells stays as it is
    told["body"] = row.get("body") or next(
        (each.body for each in messages if not each.private), None
    )
    if not answers and row.get("first_human_reply_at"):
        return told  # the messages break off before the reply of which the record tells
    return told | {
        "first_reply_at": answers[0].at if answers else None,
        "first_human_reply_at": replies[0].at if replies else None,
        "first_responder": replies[0].author if replies else None,
        "replies": len(replies),
    }


def _is_since(at: datetime | None, opened: datetime | None) -> bool:
    return at is not None and opened is not None and at_key(at) >= at_key(opened)


def of_log(log: list[Change]) -> dict[str, Any]:
    """Return what the log tells of a thread.

    ``solved_at`` is empty when the thread was opened again and not solved since.
    """
    told: dict[str, Any] = {}
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
        told |= {
            "first_solved_at": solved[0].at if solved else None,
            "solved_at": last.at if last else None,
            "solved_by": last.by if last else None,
            "closed_at": closed if ended else None,
            "reopens": reopens,
        }
    if people:
        told["handlers"] = len(people)
    if queues:
        told["groups"] = len(queues)
    return told  # of a thread without a log, what its record tells stays as it is


def _both(change: Change, field: str) -> Iterator[str]:
    for values in (change.before, change.after):
        if values.get(field):
            yield values[field]


def handovers(log: list[Change], thread: Thread | None) -> Iterator[tuple[Place, dict[str, Any]]]:
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
            yield change.place, row
        queue, agent = to_queue, to_agent


def events(
    issue: str, thread: Thread | None, messages: list[Message], log: list[Change]
) -> Iterator[tuple[Place, dict[str, Any] | ValueError]]:
    """Yield rows of ``issue_events``: the thread's opening, its log and its messages, by time.

    The first reply is ``responded``, later ones are ``told``; what the customer wrote after the
    opening is ``heard``; notes and what machines send are ``other``.
    """
    entries: list[tuple[tuple[bool, datetime], int, Place, Message | Change | None]] = []
    opened = thread.opened if thread else None
    if thread is not None and opened is not None:
        entries.append((at_key(opened), 0, thread.place, None))
    # Of what happened in one update, what was written comes before what it changed.
    entries += [(at_key(each.at), 1, each.place, each) for each in messages if not each.opening]
    entries += [(at_key(each.at), 2, each.place, each) for each in log]
    entries.sort(key=lambda entry: entry[:3])
    fields = thread.fields if thread else {}
    common = {name: fields.get(name) for name in ("category", "channel")}
    now: dict[str, Any] = dict.fromkeys(("queue", "agent", "priority", "in_time"))
    ended = responded = False
    for position, ((timeless, _), _, place, entry) in enumerate(entries, start=1):
        if timeless:
            yield place, ValueError("an entry without a time that can be read", issue)
            continue
        row = {"issue_id": issue, "position": position, **common, "opened_at": opened}
        if entry is None:
            assert thread is not None
            row |= {"at": opened, "event": "opened", "activity": "opened", **now}
            yield thread.place, row
            continue
        if isinstance(entry, Message):
            event, activity = _said(entry, first=not responded)
            responded |= event == "responded"
            yield place, row | {"at": entry.at, "event": event, "activity": activity, **now}
            continue
        before = entry.before.get("status")
        ended = before in _ENDED if before is not None else ended
        event = _changed(entry, ended=ended)
        ended = entry.after["status"] in _ENDED if "status" in entry.after else ended
        now |= {name: entry.after[name] for name in now if name in entry.after}
        yield place, row | {"at": entry.at, "event": event, "activity": entry.activity, **now}


def _said(message: Message, *, first: bool) -> tuple[str, str]:
    if message.private:
        return "other", "private note"
    if message.is_reply:
        return ("responded" if first else "told"), "reply"
    if message.role == "customer":
        return "heard", "customer message"
    return "other", "automatic message" if message.is_answer else "message"


def _changed(change: Change, *, ended: bool) -> str:
    status = change.after.get("status")
    if status is None:
        return "assigned" if change.after.keys() & {"queue", "agent"} else "other"
    if ended and status not in _ENDED:
        return "reopened"
    return {"pending": "waiting", "solved": "resolved", "closed": "closed"}.get(status, "other")
