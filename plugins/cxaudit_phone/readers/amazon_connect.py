"""Amazon Connect's contact records: one JSON object for each contact.

Records are delivered at least once; of each contact the record that was updated last is kept.
Each transfer makes a contact of its own, and so a row of its own; ``InitialContactId`` joins them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import attrs

from cxaudit.plugin import ReadRequest, Rows, Skipped
from cxaudit.records import json_records
from cxaudit_phone.readers.connect_contacts import IN, Contact, contact, used_fields
from cxaudit_phone.readers.records import Out, Unused, counted, hidden, seconds_between

__all__ = ["read"]

_OUT = frozenset({"OUTBOUND", "API", "CALLBACK", "CALLBACK_CUSTOMER_FIRST_DIALED"})
_NO_CALLS = {
    "MONITOR": "a supervisor who listened in",
    "EXTERNAL_OUTBOUND": "a call to somebody else than the customer",
    "CALLBACK_CUSTOMER_FIRST_QUEUED": "a place in the queue that is kept for a callback",
}
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
        *("wrap_s", "ivr_s", "holds", "longest_hold_s", "transfers", "ended_by"),
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
    options: Mapping[str, Any]

    def first(self, given: Contact) -> Contact | None:
        """Return the first contact of a chain."""
        return self.contacts.get(given.chain)

    def before(self, given: Contact) -> Contact | None:
        """Return the contact before."""
        return self.contacts.get(given.previous or "")

    def after(self, given: Contact) -> list[Contact]:
        """Return the contacts that came out of one."""
        return self.following.get(given.id, [])


def read(request: ReadRequest) -> Rows:
    """Read contact records into calls, queue events, handovers or promised callbacks."""
    notes: list[str] = []
    table, attribute = request.use.table, request.use.options.get("reason_attribute")
    unused = Unused(used_fields(attribute))
    return Rows(
        rows=_rows(request, table, attribute, notes, unused),
        columns=_COLUMNS[table] + (("reason",) if attribute and table == "calls" else ()),
        notes=notes,
        unknown_fields=unused,
    )


def _rows(
    request: ReadRequest, table: str, attribute: str | None, notes: list[str], unused: Unused
) -> Iterator[Out]:
    newest: dict[str, Contact] = {}
    for file, number, record in json_records(request, notes=notes):
        if isinstance(record, ValueError):
            yield file, number, record
            continue
        unused.see(record)
        found = contact(file, number, record, attribute)
        if isinstance(found, ValueError | Skipped):
            yield file, number, found
            continue
        known = newest.get(found.id)
        older = None
        if known is not None:
            older = found if found.updated < known.updated else known
            reason = "the contact was delivered again; the record that was updated last is kept"
            yield older.file, older.number, Skipped(reason)
        if older is not found:
            newest[found.id] = found
    following: dict[str, list[Contact]] = defaultdict(list)
    for each in newest.values():
        if each.previous:
            following[each.previous].append(each)
    counts: Counter[str] = Counter()
    files = _Files(newest, following, counts, request.use.options)
    make: Callable[[_Files], Iterator[Out]] = {
        "calls": _calls,
        "queue_events": _events,
        "handovers": _handovers,
        "promises": _promises,
    }[table]
    yield from make(files)
    notes.extend(counted(counts))


def _calls(files: _Files) -> Iterator[Out]:
    for given in files.contacts.values():
        if given.method in _NO_CALLS:
            yield given.file, given.number, Skipped(f"the contact is {_NO_CALLS[given.method]}")
        else:
            yield given.file, given.number, _call(given, files)


def _direction(given: Contact, files: _Files) -> str | None:
    if given.method in IN:
        return "in"
    if given.method in _OUT:
        return "out"
    first = files.first(given)
    if first is None or first is given:
        return None
    return "in" if first.method in IN else "out" if first.method in _OUT else None


def _call(given: Contact, files: _Files) -> dict[str, Any]:
    direction = _direction(given, files)
    if direction is None:
        files.counts["contacts whose chain begins outside the files; direction stays empty"] += 1
    if hidden(given.customer):
        files.counts["contacts without the customer's number"] += 1
    passed: int | None = sum(each.method == "TRANSFER" for each in files.after(given))
    if given.next and given.next not in files.contacts and not passed:
        files.counts["contacts that go on in a record outside the files; transfers stay empty"] += 1
        passed = None
    if given.passed_to:
        passed = (passed or 0) + 1
    dialled = given.method in _OUT
    outcome = _dialled(given) if dialled else _outcome(given, files)
    if outcome is None:
        files.counts["contacts whose outcome the records do not tell; it stays empty"] += 1
    reason = {"reason": given.subject} if "reason_attribute" in files.options else {}
    return {
        "call_id": given.id,
        "chain_id": given.chain,
        "customer_key": None if hidden(given.customer) else given.customer,
        "queue": given.queue,
        "agent": given.agent,
        "team": given.team,
        "direction": direction,
        "outcome": outcome,
        "started_at": given.started,
        "queued_at": None if dialled else given.queued,
        "answered_at": given.connected if dialled else given.agent_at,
        "ended_at": given.ended,
        "wait_s": None if dialled else given.wait,
        "talk_s": given.talk,
        "hold_s": given.hold,
        "wrap_s": given.wrap,
        "ivr_s": _menu(given, outcome),
        "holds": given.holds,
        "longest_hold_s": given.longest,
        "transfers": passed,
        "ended_by": _ended_by(given, outcome),
        **reason,
    }


def _dialled(given: Contact) -> str | None:
    """Return the outcome of a call that was dialled, where the customer is who answers."""
    if given.connected is None:
        return "failed" if given.reason in _FAILED else "missed"
    return "answered" if given.agent else None


def _outcome(given: Contact, files: _Files) -> str | None:
    if given.agent:
        return "answered"
    after = [each for each in files.after(given) if each.method not in _NO_WAY_ON]
    if any(each.method.startswith("CALLBACK") for each in after):
        return "callback"
    queued = given.queued is not None or given.queue is not None
    # Who goes on to another contact, or is cut off by the flow, has not hung up.
    if after or given.passed_to or (queued and given.reason in _LET_GO):
        return "timeout" if queued else None
    if given.next and given.next not in files.contacts:
        return None
    if queued:
        return "abandoned"
    return "ivr" if given.method in IN else None


def _menu(given: Contact, outcome: str | None) -> float | None:
    if given.method not in IN:
        return None
    until = given.queued or (given.ended if outcome == "ivr" else None)
    return seconds_between(given.connected or given.started, until)


def _ended_by(given: Contact, outcome: str | None) -> str | None:
    if given.reason is None or outcome in {"timeout", "callback"}:
        return None
    return _ENDED_BY.get(given.reason, "system")


def _events(files: _Files) -> Iterator[Out]:
    for given in files.contacts.values():
        if given.method in _NO_CALLS or given.method in _OUT or given.queued is None:
            continue
        outcome = _outcome(given, files)
        towards = [each.queue for each in files.after(given) if each.method == "QUEUE_TRANSFER"]
        steps: list[tuple[str, datetime | None, float | None]] = [("entered", given.queued, None)]
        if given.agent:
            steps += [("connected", given.agent_at, None), ("ended", given.ended, given.talk)]
        elif outcome in {"abandoned", "timeout"}:
            steps.append((outcome, given.left_queue or given.ended, None))
        for event, at, seconds in steps:
            fields = {
                "event_id": f"{given.id}:{event}",
                "call_id": given.id,
                "at": at,
                "event": event,
                "queue": given.queue,
                "agent": given.agent if event in {"connected", "ended"} else None,
                "wait_s": None if event in {"entered", "ended"} else given.wait,
                "seconds": seconds,
                "to_queue": next(iter(towards), None) if event == "timeout" else None,
            }
            yield given.file, given.number, fields


def _handovers(files: _Files) -> Iterator[Out]:
    for given in files.contacts.values():
        if given.method in {"TRANSFER", "QUEUE_TRANSFER"}:
            before = files.before(given)
            if before is None:
                files.counts["handovers from a contact outside the files"] += 1
            fields = {
                "issue_id": given.chain,
                "at": given.started,
                "accepted_at": given.agent_at,
                "from_group": before.queue if before else None,
                "to_group": given.queue,
                "from_agent": before.agent if before else None,
                "to_agent": given.agent,
                "kind": "menu" if given.method == "QUEUE_TRANSFER" else _warmth(before, given),
                "channel": "phone",
            }
            yield given.file, given.number, fields
        if given.passed_to:
            fields = {
                "issue_id": given.chain,
                "at": given.passed_at or given.ended,
                "accepted_at": given.passed_at,
                "from_group": given.queue,
                "to_group": given.passed_to,
                "from_agent": given.agent,
                "to_agent": None,
                "kind": None if given.agent else "menu",
                "channel": "phone",
            }
            yield given.file, given.number, fields


def _warmth(before: Contact | None, given: Contact) -> str | None:
    """Tell whether the first agent was still there when the second took over."""
    if before is None or before.agent_left is None:
        return None
    if given.agent_at is None:
        return "cold"
    return "warm" if before.agent_left > given.agent_at else "cold"


def _promises(files: _Files) -> Iterator[Out]:
    chains: dict[str, list[Contact]] = defaultdict(list)
    for given in files.contacts.values():
        if given.method.startswith("CALLBACK"):
            chains[given.chain].append(given)
    for attempts in chains.values():
        attempts.sort(key=lambda each: each.started)
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
        dialled = [each for each in attempts if each.method != "CALLBACK_CUSTOMER_FIRST_QUEUED"]
        tried = [_dialled_at(each) for each in dialled]
        reached = [each.connected for each in dialled if each.connected]
        kept = [each.connected for each in dialled if each.connected and each.agent]
        fields = {
            "promise_id": first.id,
            "kind": "callback",
            "channel": "phone",
            "issue_id": first.chain,
            "thread_id": first.previous,
            "customer_key": None if hidden(first.customer) else first.customer,
            "promised_by": asked.agent if asked else None,
            "promised_at": first.started,
            "due_at": due,
            "attempted_at": min((at for at in tried if at), default=None),
            "reached": bool(reached),
            "kept_at": min(kept, default=None),
        }
        yield first.file, first.number, fields


def _dialled_at(given: Contact) -> datetime | None:
    """Return when the customer was dialled: when an agent took the callback out of the queue."""
    return given.left_queue if given.agent else given.connected
