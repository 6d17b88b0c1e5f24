"""Genesys Cloud's conversation details: one JSON object for each conversation.

A conversation has a participant for each of its stages; each passage through a queue (purpose
``acd``) with the agent who answered, and each agent reached without one, is one row of ``calls``.
Metrics are in milliseconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from cxaudit.plugin import Marks, ReadRequest, Rows, Skipped
from cxaudit.records import json_records
from cxaudit_phone.readers.formats import refuse_others
from cxaudit_phone.readers.genesys_sessions import (
    USED,
    Conversation,
    Leg,
    Session,
    parse_conversation,
)
from cxaudit_phone.readers.markers import GENESYS_CLOUD
from cxaudit_phone.readers.records import Out, Unused, counted, read_by

__all__ = ["read"]

_Row = Mapping[str, Any] | Skipped
_Make = Callable[[Conversation, Counter[str], Marks], Iterator[_Row]]
_NO_REASON = "ININ-WRAP-UP-"
_ENDED_BY = {
    **dict.fromkeys(("client", "endpoint"), "agent"),
    "peer": "customer",
    **dict.fromkeys(("system", "timeout", "error", "transportFailure"), "system"),
}
_COLUMNS = {
    "calls": (
        *("call_id", "chain_id", "customer_key", "queue", "agent", "direction", "outcome"),
        *("started_at", "queued_at", "answered_at", "ended_at", "wait_s", "talk_s", "hold_s"),
        *("wrap_s", "ivr_s", "ring_s", "holds", "longest_hold_s", "transfers", "ended_by"),
        *("reason", "handled_by", "handed_over_at", "machine_resolved"),
    ),
    "queue_events": (
        *("event_id", "call_id", "at", "event", "queue", "agent", "wait_s", "seconds"),
    ),
    "handovers": (
        *("issue_id", "at", "accepted_at", "from_group", "to_group", "from_agent", "to_agent"),
        *("kind", "channel"),
    ),
    "promises": (
        *("promise_id", "kind", "channel", "issue_id", "thread_id", "customer_key"),
        *("promised_at", "due_at", "attempted_at", "reached", "kept_at"),
    ),
}


def read(request: ReadRequest) -> Rows:
    """Read conversation details into calls, queue events, handovers or promised callbacks."""
    refuse_others(request, "genesys-cloud")
    table, marks = request.use.table, Marks(GENESYS_CLOUD)
    return read_by(partial(_rows, request, table, marks), USED, _COLUMNS[table], marks)


def _rows(
    request: ReadRequest, table: str, marks: Marks, notes: list[str], unused: Unused
) -> Iterator[Out]:
    makes: dict[str, _Make] = {
        "calls": _calls,
        "queue_events": _events,
        "handovers": _handovers,
        "promises": partial(_promises, within=request.use.options.get("callback_within_s")),
    }
    make = makes[table]
    counts: Counter[str] = Counter()
    seen_ids: set[str] = set()
    for file, number, record in json_records(request, "conversations", notes=notes):
        if isinstance(record, ValueError):
            yield file, number, record
            continue
        unused.see(record)
        conversation = parse_conversation(record)
        if isinstance(conversation, ValueError | Skipped):
            yield file, number, conversation
        elif conversation.id in seen_ids:
            yield file, number, Skipped("the conversation is in the files again; the first is kept")
        else:
            seen_ids.add(conversation.id)
            if not conversation.rule:
                marks.count("monitoring", conversation.listeners)
                marks.count("consultation", conversation.consulted)
            for fields in make(conversation, counts, marks):
                yield file, number, fields
    notes.extend(counted(counts))


def _calls(conversation: Conversation, counts: Counter[str], marks: Marks) -> Iterator[_Row]:
    if conversation.rule:
        yield marks.left_out(conversation.rule)
        return
    marks.count("bot", conversation.bot)
    directions = [leg.direction or conversation.direction for leg in conversation.legs]
    marks.count("outbound", sum(way == "out" for way in directions or [conversation.direction]))
    if conversation.customer is None:
        counts["conversations without the customer's number"] += 1
    if len(conversation.legs) > 1:
        counts["conversations of several queues or agents, one row for each"] += 1
    for number, leg in enumerate(conversation.legs):
        last = number == len(conversation.legs) - 1
        yield _call(conversation, number, leg, counts, last=last)
    if not conversation.legs:
        yield {
            "call_id": conversation.id,
            "chain_id": conversation.id,
            "customer_key": conversation.customer,
            "direction": conversation.direction,
            "outcome": _without_leg(conversation),
            "started_at": conversation.started,
            "ended_at": conversation.ended,
            "ivr_s": conversation.menu,
            "transfers": 0,
            **_machine(conversation, None),
        }


def _machine(conversation: Conversation, leg: Leg | None) -> dict[str, Any]:
    """Return what a bot or the menu did, before the first leg; empty where nothing tells of it."""
    resolved = conversation.settled
    if leg is not None:
        resolved = False if conversation.bot else None
    handled = "machine" if resolved else None
    if leg is not None and leg.agent and conversation.bot:
        handled = "both"
    return {
        "handled_by": handled,
        "handed_over_at": leg.started if leg and conversation.bot else None,
        "machine_resolved": resolved,
    }


def _without_leg(conversation: Conversation) -> str | None:
    if conversation.voicemail:
        return "voicemail"
    return "ivr" if conversation.direction == "in" and conversation.menu is not None else None


def _call(
    conversation: Conversation, number: int, leg: Leg, counts: Counter[str], *, last: bool
) -> dict[str, Any]:
    agent, queue = leg.agent, leg.queue
    outcome = _outcome(conversation, leg, last=last)
    if outcome is None:
        counts["calls whose outcome the export does not tell; it stays empty"] += 1
    on_hold = agent.parts("hold") if agent else []
    held = [(part.end - part.start).total_seconds() for part in on_hold if part.end]
    end = agent or queue or leg.rang[-1]
    return {
        "call_id": conversation.leg_id(number),
        "chain_id": conversation.id,
        "customer_key": conversation.customer,
        "queue": leg.queue_id,
        "agent": agent.user if agent else None,
        "direction": leg.direction or conversation.direction,
        "outcome": outcome,
        "started_at": conversation.started if number == 0 else leg.started,
        "queued_at": queue.started if queue else None,
        "answered_at": agent.answered if agent else None,
        "ended_at": end.talked_until or end.ended,
        "wait_s": _wait(leg),
        "talk_s": agent.seconds("tTalkComplete", "tTalk") if agent else None,
        "hold_s": (agent.seconds("tHeldComplete", "tHeld") or sum(held)) if agent else None,
        "wrap_s": agent.seconds("tAcw") if agent else None,
        "ivr_s": conversation.menu if number == 0 else None,
        "ring_s": _ringing(leg),
        "holds": len(on_hold) if agent else None,
        "longest_hold_s": max(held, default=0.0) if agent else None,
        "transfers": agent.count("nTransferred") if agent else 0,
        "ended_by": _ended_by(leg, outcome) if last else None,
        "reason": _reason(agent),
        **(_machine(conversation, leg) if number == 0 else {}),
    }


def _ringing(leg: Leg) -> float | None:
    """Return how long it rang at who answered, else at all who did not."""
    sessions = [leg.agent] if leg.agent else leg.rang
    rings = [session.ringing for session in sessions if session.ringing is not None]
    return sum(rings) if rings else None


def _outcome(conversation: Conversation, leg: Leg, *, last: bool) -> str | None:
    if leg.agent:
        return "answered"
    if leg.queue is None:
        return "missed"
    if leg.queue.has("tAbandon"):
        return "abandoned"
    if any(callback.started >= leg.queue.started for callback in conversation.callbacks):
        return "callback"
    if last and conversation.voicemail:
        return "voicemail"
    return "timeout" if not last or leg.queue.has("tFlowOut") else None


def _wait(leg: Leg) -> float | None:
    waits = [leg.agent.seconds("tAnswered") if leg.agent else None]
    if leg.queue:
        waits += [leg.queue.seconds(name) for name in ("tAbandon", "tAcd", "tFlowOut")]
    return next((wait for wait in waits if wait is not None), None)


def _ended_by(leg: Leg, outcome: str | None) -> str | None:
    if outcome == "abandoned":
        return "customer"
    parts = [part for part in leg.agent.segments if part.kind != "wrapup"] if leg.agent else []
    how = next((part.how for part in reversed(parts) if part.how), None)
    return _ENDED_BY.get(how or "")


def _reason(agent: Session | None) -> str | None:
    codes = [part.code for part in agent.segments if part.code] if agent else []
    return next((code for code in codes if not code.startswith(_NO_REASON)), None)


def _events(conversation: Conversation, _: Counter[str], marks: Marks) -> Iterator[_Row]:
    if conversation.rule:
        yield marks.left_out(conversation.rule)
        return
    for number, leg in enumerate(conversation.legs):
        if leg.queue is None:
            continue
        last = number == len(conversation.legs) - 1
        steps = _steps(conversation, leg, last=last)
        for position, (event, at, session, values) in enumerate(steps, start=1):
            yield {
                "event_id": f"{conversation.leg_id(number)}:{position}",
                "call_id": conversation.leg_id(number),
                "at": at,
                "event": event,
                "queue": leg.queue_id,
                "agent": session.user if session else None,
                "wait_s": values.get("wait_s"),
                "seconds": values.get("seconds"),
            }


def _steps(
    conversation: Conversation, leg: Leg, *, last: bool
) -> Iterator[tuple[str, Any, Session | None, dict[str, Any]]]:
    """Yield the events of a passage through a queue: event, time, agent, and further values."""
    assert leg.queue is not None
    yield "entered", leg.queue.started, None, {}
    for missed in leg.rang:
        yield "rang", missed.ended, missed, {"seconds": missed.ringing}
    agent = leg.agent
    if agent is None:
        outcome = _outcome(conversation, leg, last=last)
        if outcome in {"abandoned", "timeout"}:
            yield outcome, leg.queue.ended, None, {"wait_s": _wait(leg)}
        return
    yield "connected", agent.answered, agent, {"wait_s": _wait(leg)}
    for part in agent.parts("hold"):
        yield "held", part.start, agent, {}
        if part.end:
            seconds = (part.end - part.start).total_seconds()
            yield "resumed", part.end, agent, {"seconds": seconds}
    event = "transferred" if agent.count("nTransferred") else "ended"
    yield event, agent.talked_until, agent, {"seconds": agent.seconds("tTalkComplete", "tTalk")}


def _handovers(conversation: Conversation, _: Counter[str], marks: Marks) -> Iterator[_Row]:
    if conversation.rule:
        yield marks.left_out(conversation.rule)
        return
    for leg, following in zip(conversation.legs, conversation.legs[1:], strict=False):
        if leg.direction != following.direction:
            continue  # a callback that was dialled later
        agent = leg.agent
        kind = None if agent else "menu"
        if agent and agent.count("nConsultTransferred"):
            kind = "warm"
        elif agent and agent.count("nBlindTransferred"):
            kind = "cold"
        yield {
            "issue_id": conversation.id,
            "at": following.started,
            "accepted_at": following.agent.answered if following.agent else None,
            "from_group": leg.queue_id,
            "to_group": following.queue_id,
            "from_agent": agent.user if agent else None,
            "to_agent": following.agent.user if following.agent else None,
            "kind": kind,
            "channel": "phone",
        }


def _promises(
    conversation: Conversation, counts: Counter[str], marks: Marks, *, within: float | None
) -> Iterator[_Row]:
    if not conversation.callbacks:
        return
    if any(callback.campaign for callback in conversation.callbacks):
        yield marks.left_out("campaign")
        return
    first = conversation.callbacks[0]
    times = (callback.scheduled for callback in conversation.callbacks)
    named = list(dict.fromkeys(filter(None, times)))
    if len(named) > 1:
        counts["callbacks whose time was changed; the first time named is due"] += 1
    if not named:
        counts["callbacks without a time that was named; due_at stays empty"] += 1
    elif within is None:
        counts["callbacks due at the very time named; see the option callback_within_s"] += 1
    numbers = (callback.callback_number for callback in conversation.callbacks)
    later = [session for session in conversation.voice if session.started >= first.started]
    dialled = [session for session in later if session.dials]
    reached = [session.answered for session in dialled if session.is_customer and session.answered]
    yield {
        "promise_id": conversation.id,
        "kind": "callback",
        "channel": "phone",
        "issue_id": conversation.id,
        "thread_id": conversation.id,
        "customer_key": next(filter(None, numbers), conversation.customer),
        "promised_at": first.started,
        "due_at": named[0] + timedelta(seconds=within or 0) if named else None,
        "attempted_at": min((session.dialled for session in dialled), default=None),
        "reached": bool(reached) if dialled else None,
        "kept_at": min(reached, default=None),
    }
