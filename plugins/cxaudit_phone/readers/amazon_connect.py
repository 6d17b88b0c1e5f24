"""Amazon Connect's contact records: one JSON object for each contact.

Records are delivered at least once; of each contact the record that was updated last is kept.
Each transfer makes a contact of its own, and so a row of its own; ``InitialContactId`` joins them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import attrs

from cxaudit.plugin import Marks, ReadRequest, Rows, Skipped
from cxaudit.records import is_withheld, json_records
from cxaudit_phone.readers.connect_contacts import IN, Contact, parse_contact, used_fields
from cxaudit_phone.readers.formats import refuse_others
from cxaudit_phone.readers.markers import AMAZON_CONNECT
from cxaudit_phone.readers.records import Out, Unused, counted, read_by, seconds_between

__all__ = ["read"]

_OUT = frozenset({"OUTBOUND", "API", "CALLBACK", "CALLBACK_CUSTOMER_FIRST_DIALED"})
_NO_CALLS = {
    "MONITOR": "monitoring",
    "EXTERNAL_OUTBOUND": "external",
    "CALLBACK_CUSTOMER_FIRST_QUEUED": "callback-place",
}
"""Way of beginning to the marker that it is a sign of."""
# Records that may follow one that the caller left by hanging up.
_NO_WAY_ON = frozenset({"DISCONNECT", "MONITOR"})
_ENDED_BY = {"CUSTOMER_DISCONNECT": "customer", "AGENT_DISCONNECT": "agent"}
_LET_GO = frozenset({"CONTACT_FLOW_DISCONNECT", "EXPIRED", "API"})
_FAILED = frozenset(
    {
        *("TELECOM_PROBLEM", "OUTBOUND_DESTINATION_ENDPOINT_ERROR", "OUTBOUND_RESOURCE_ERROR"),
        *("OUTBOUND_ATTEMPT_FAILED", "OUTBOUND_PREVIEW_DISCARDED"),
    }
)
_COLUMNS = {
    "calls": (
        *("call_id", "chain_id", "customer_key", "queue", "agent", "team", "direction", "outcome"),
        *("started_at", "queued_at", "answered_at", "ended_at", "wait_s", "talk_s", "hold_s"),
        *("wrap_s", "ivr_s", "holds", "longest_hold_s", "transfers", "ended_by", "handled_by"),
        *("person_asked_at", "handed_over_at", "machine_resolved"),
    ),
    "queue_events": (
        *("event_id", "call_id", "at", "event", "queue", "agent", "wait_s", "seconds", "to_queue"),
    ),
    "handovers": (
        *("issue_id", "at", "accepted_at", "from_group", "to_group", "from_agent", "to_agent"),
        *("kind", "channel"),
    ),
    "promises": (
        *("promise_id", "kind", "channel", "issue_id", "thread_id", "customer_key", "promised_by"),
        *("promised_at", "due_at", "attempted_at", "reached", "kept_at"),
    ),
}


@attrs.frozen
class _Files:
    """The contacts of all files, the newest record of each, and how they follow each other."""

    contacts: Mapping[str, Contact]
    following: Mapping[str, list[Contact]]
    counts: Counter[str]
    marks: Marks
    options: Mapping[str, Any]

    def first(self, contact: Contact) -> Contact | None:
        """Return the first contact of a chain."""
        return self.contacts.get(contact.chain)

    def before(self, contact: Contact) -> Contact | None:
        """Return the contact before."""
        return self.contacts.get(contact.previous or "")

    def after(self, contact: Contact) -> list[Contact]:
        """Return the contacts that came out of one."""
        return self.following.get(contact.id, [])


def read(request: ReadRequest) -> Rows:
    """Read contact records into calls, queue events, handovers or promised callbacks."""
    refuse_others(request, "amazon-connect")
    table, options = request.use.table, request.use.options
    names = ("reason", "resolved", "asked")
    attributes = {
        name: options[f"{name}_attribute"] for name in names if f"{name}_attribute" in options
    }
    columns = _COLUMNS[table] + (("reason",) if "reason" in attributes and table == "calls" else ())
    marks = Marks(AMAZON_CONNECT)
    produce = partial(_rows, request, attributes, marks)
    return read_by(produce, used_fields(attributes), columns, marks)


def _rows(
    request: ReadRequest,
    attributes: Mapping[str, str],
    marks: Marks,
    notes: list[str],
    unused: Unused,
) -> Iterator[Out]:
    newest: dict[str, Contact] = {}
    for file, number, record in json_records(request, notes=notes):
        if isinstance(record, ValueError):
            yield file, number, record
            continue
        unused.see(record)
        current = parse_contact(file, number, record, attributes, marks)
        if isinstance(current, ValueError | Skipped):
            yield file, number, current
            continue
        kept = newest.get(current.id)
        older = None
        if kept is not None:
            older = current if current.updated < kept.updated else kept
            reason = Skipped(
                "the contact was delivered again; the record that was updated last is kept"
            )
            yield older.file, older.number, reason
        if older is not current:
            newest[current.id] = current
    following: dict[str, list[Contact]] = defaultdict(list)
    for contact in newest.values():
        if contact.previous:
            following[contact.previous].append(contact)
    counts: Counter[str] = Counter()
    files = _Files(newest, following, counts, marks, request.use.options)
    make: Callable[[_Files], Iterator[Out]] = {
        "calls": _calls,
        "queue_events": _events,
        "handovers": _handovers,
        "promises": _promises,
    }[request.use.table]
    yield from make(files)
    notes.extend(counted(counts))


def _calls(files: _Files) -> Iterator[Out]:
    for contact in files.contacts.values():
        rule = "campaign" if contact.campaign else _NO_CALLS.get(contact.method)
        if rule is not None:
            yield contact.file, contact.number, files.marks.left_out(rule)
        else:
            yield contact.file, contact.number, _call(contact, files)


def _direction(contact: Contact, files: _Files) -> str | None:
    if contact.method in IN:
        return "in"
    if contact.method in _OUT:
        return "out"
    first = files.first(contact)
    if first is None or first is contact:
        return None
    return "in" if first.method in IN else "out" if first.method in _OUT else None


def _call(contact: Contact, files: _Files) -> dict[str, Any]:
    direction = _direction(contact, files)
    if direction is None:
        files.counts["contacts whose chain begins outside the files; direction stays empty"] += 1
    if is_withheld(contact.customer):
        files.counts["contacts without the customer's number"] += 1
    passed: int | None = sum(leg.method == "TRANSFER" for leg in files.after(contact))
    if contact.next and contact.next not in files.contacts and not passed:
        files.counts["contacts that go on in a record outside the files; transfers stay empty"] += 1
        passed = None
    if contact.passed_to:
        passed = (passed or 0) + 1
    dialled = contact.method in _OUT
    files.marks.count("outbound", direction == "out")
    files.marks.count("answering-machine", dialled and contact.machine_took)
    files.marks.count("bot", contact.bot)
    outcome = _dialled(contact) if dialled else _outcome(contact, files)
    if outcome is None:
        files.counts["contacts whose outcome the records do not tell; it stays empty"] += 1
    reason = {"reason": contact.subject} if "reason_attribute" in files.options else {}
    return {
        "call_id": contact.id,
        "chain_id": contact.chain,
        "customer_key": None if is_withheld(contact.customer) else contact.customer,
        "queue": contact.queue,
        "agent": contact.agent,
        "team": contact.team,
        "direction": direction,
        "outcome": outcome,
        "started_at": contact.started,
        "queued_at": None if dialled else contact.queued,
        "answered_at": contact.connected if dialled else contact.agent_at,
        "ended_at": contact.ended,
        "wait_s": None if dialled else contact.wait,
        "talk_s": contact.talk,
        "hold_s": contact.hold,
        "wrap_s": contact.wrap,
        "ivr_s": _menu(contact, outcome),
        "holds": contact.hold_count,
        "longest_hold_s": contact.longest,
        "transfers": passed,
        "ended_by": _ended_by(contact, outcome),
        **_machine(contact),
        **reason,
    }


def _machine(contact: Contact) -> dict[str, Any]:
    """Return what an AI agent or the menu did; empty where the record tells of neither."""
    resolved = contact.resolved
    if resolved is None and contact.bot:
        resolved = not contact.escalated and contact.queued is None
    handled = None
    if contact.agent and contact.bot:
        handled = "both"
    elif resolved and contact.agent is None and contact.queued is None:
        handled = "machine"
    return {
        "handled_by": handled,
        "person_asked_at": contact.asked_at,
        "handed_over_at": contact.queued if contact.bot else None,
        "machine_resolved": resolved,
    }


def _dialled(contact: Contact) -> str | None:
    """Return the outcome of a call that was dialled, where the customer is who answers."""
    if contact.connected is None or contact.machine_took:
        return "failed" if contact.reason in _FAILED else "missed"
    return "answered" if contact.agent else None


def _outcome(contact: Contact, files: _Files) -> str | None:
    if contact.agent:
        return "answered"
    after = [leg for leg in files.after(contact) if leg.method not in _NO_WAY_ON]
    if any(leg.method.startswith("CALLBACK") for leg in after):
        return "callback"
    queued = contact.queued is not None or contact.queue is not None
    # Who goes on to another contact, or is cut off by the flow, has not hung up.
    if after or contact.passed_to or (queued and contact.reason in _LET_GO):
        return "timeout" if queued else None
    if contact.next and contact.next not in files.contacts:
        return None
    if queued:
        return "abandoned"
    return "ivr" if contact.method in IN else None


def _menu(contact: Contact, outcome: str | None) -> float | None:
    if contact.method not in IN:
        return None
    until = contact.queued or (contact.ended if outcome == "ivr" else None)
    return seconds_between(contact.connected or contact.started, until)


def _ended_by(contact: Contact, outcome: str | None) -> str | None:
    if contact.reason is None or outcome in {"timeout", "callback"}:
        return None
    return _ENDED_BY.get(contact.reason, "system")


def _events(files: _Files) -> Iterator[Out]:
    for contact in files.contacts.values():
        if contact.campaign or contact.queued is None or contact.method in _OUT | _NO_CALLS.keys():
            continue
        outcome = _outcome(contact, files)
        towards = [leg.queue for leg in files.after(contact) if leg.method == "QUEUE_TRANSFER"]
        steps: list[tuple[str, datetime | None, float | None]] = [("entered", contact.queued, None)]
        if contact.agent:
            steps += [("connected", contact.agent_at, None), ("ended", contact.ended, contact.talk)]
        elif outcome in {"abandoned", "timeout"}:
            steps.append((outcome, contact.left_queue or contact.ended, None))
        for event, at, seconds in steps:
            fields = {
                "event_id": f"{contact.id}:{event}",
                "call_id": contact.id,
                "at": at,
                "event": event,
                "queue": contact.queue,
                "agent": contact.agent if event in {"connected", "ended"} else None,
                "wait_s": None if event in {"entered", "ended"} else contact.wait,
                "seconds": seconds,
                "to_queue": next(iter(towards), None) if event == "timeout" else None,
            }
            yield contact.file, contact.number, fields


def _handovers(files: _Files) -> Iterator[Out]:
    for contact in files.contacts.values():
        if contact.method in {"TRANSFER", "QUEUE_TRANSFER"}:
            before = files.before(contact)
            if before is None:
                files.counts["handovers from a contact outside the files"] += 1
            fields = {
                "issue_id": contact.chain,
                "at": contact.started,
                "accepted_at": contact.agent_at,
                "from_group": before.queue if before else None,
                "to_group": contact.queue,
                "from_agent": before.agent if before else None,
                "to_agent": contact.agent,
                "kind": "menu" if contact.method == "QUEUE_TRANSFER" else _warmth(before, contact),
                "channel": "phone",
            }
            yield contact.file, contact.number, fields
        if contact.passed_to:
            fields = {
                "issue_id": contact.chain,
                "at": contact.passed_at or contact.ended,
                "accepted_at": contact.passed_at,
                "from_group": contact.queue,
                "to_group": contact.passed_to,
                "from_agent": contact.agent,
                "to_agent": None,
                "kind": None if contact.agent else "menu",
                "channel": "phone",
            }
            yield contact.file, contact.number, fields


def _warmth(before: Contact | None, contact: Contact) -> str | None:
    """Tell whether the first agent was still there when the second took over."""
    if before is None or before.agent_left is None:
        return None
    if contact.agent_at is None:
        return "cold"
    return "warm" if before.agent_left > contact.agent_at else "cold"


def _promises(files: _Files) -> Iterator[Out]:
    chains: dict[str, list[Contact]] = defaultdict(list)
    for contact in files.contacts.values():
        if contact.method.startswith("CALLBACK"):
            chains[contact.chain].append(contact)
    for attempts in chains.values():
        attempts.sort(key=lambda attempt: attempt.started)
        first = attempts[0]
        if len(attempts) > 1:
            files.counts["callbacks of several attempts, each one promise"] += 1
        within = files.options.get("callback_within_s")
        if first.scheduled is None:
            files.counts["callbacks without a time that was named; due_at stays empty"] += 1
        elif within is None:
            text = "callbacks due at the very time named; see the option callback_within_s"
            files.counts[text] += 1
        due = first.scheduled and first.scheduled + timedelta(seconds=within or 0)
        asked = files.before(first)
        dialled = [attempt for attempt in attempts if attempt.method not in _NO_CALLS]
        tried = [_dialled_at(attempt) for attempt in dialled]
        reached = [attempt.connected for attempt in dialled if attempt.connected]
        kept = [attempt.connected for attempt in dialled if attempt.connected and attempt.agent]
        fields = {
            "promise_id": first.id,
            "kind": "callback",
            "channel": "phone",
            "issue_id": first.chain,
            "thread_id": first.previous,
            "customer_key": None if is_withheld(first.customer) else first.customer,
            "promised_by": asked.agent if asked else None,
            "promised_at": first.started,
            "due_at": due,
            "attempted_at": min((at for at in tried if at), default=None),
            "reached": bool(reached),
            "kept_at": min(kept, default=None),
        }
        yield first.file, first.number, fields


def _dialled_at(contact: Contact) -> datetime | None:
    """Return when the customer was dialled: when an agent took the callback out of the queue."""
    return contact.left_queue if contact.agent else contact.connected
