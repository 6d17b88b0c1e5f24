"""Twilio's call resources: one JSON object for each leg, joined by ``parent_call_sid``.

The first leg with the legs that came out of it is one row of ``calls``. Twilio answers an incoming
call by itself, so only a leg that was dialled out of it tells whether a person answered.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

import attrs

from cxaudit.plugin import ReadRequest, Rows, Skipped
from cxaudit.records import is_withheld, json_records
from cxaudit_phone.readers.records import Fields, Out, Unused, counted, read_by, refused

__all__ = ["read"]

_USED = (
    *("sid", "parent_call_sid", "from", "to", "direction", "status", "start_time", "end_time"),
    *("duration", "answered_by", "date_updated"),
)
_COLUMNS = (
    *("call_id", "chain_id", "customer_key", "agent", "direction", "outcome", "started_at"),
    *("ended_at", "talk_s"),
)
_DIRECTIONS = {
    "inbound": "in",
    "trunking-originating": "in",
    "outbound-api": "out",
    "outbound-dial": "out",
    "trunking-terminating": "out",
}
_OUTCOMES = {"no-answer": "missed", "canceled": "missed", "busy": "busy", "failed": "failed"}
_RUNNING = frozenset({"queued", "initiated", "ringing", "in-progress"})
_MACHINES = ("machine", "fax")
_NEVER = datetime.max.replace(tzinfo=UTC)


@attrs.frozen
class _Leg:
    """One call resource; times in UTC."""

    file: str
    number: int
    sid: str
    parent: str | None
    caller: str | None
    called: str | None
    direction: str
    status: str
    started: datetime | None
    ended: datetime | None
    seconds: float | None
    machine: bool
    updated: datetime | None

    @property
    def completed(self) -> bool:
        """Tell whether it was answered, by a person or a machine."""
        return self.status == "completed"


def read(request: ReadRequest) -> Rows:
    """Read call resources into calls."""
    return read_by(partial(_rows, request), _USED, _COLUMNS)


def _rows(request: ReadRequest, notes: list[str], unused: Unused) -> Iterator[Out]:
    legs: dict[str, _Leg] = {}
    for file, number, record in json_records(request, "calls", notes=notes):
        if isinstance(record, ValueError):
            yield file, number, record
            continue
        unused.see(record)
        leg = _leg(file, number, record)
        if isinstance(leg, ValueError):
            yield file, number, leg
            continue
        kept = legs.get(leg.sid)
        if kept is not None:
            older = leg if _before(leg, kept) else kept
            reason = "the leg is in the files again; the record that was updated last is kept"
            yield older.file, older.number, Skipped(reason)
            if older is leg:
                continue
        legs[leg.sid] = leg
    counts: Counter[str] = Counter()
    calls: dict[str, list[_Leg]] = defaultdict(list)
    for leg in legs.values():
        first = _first(leg, legs)
        if first is None:
            reason = "the call that the leg belongs to is outside the files"
            yield leg.file, leg.number, Skipped(reason)
        else:
            calls[first.sid].append(leg)
    for sid, joined in calls.items():
        yield _call(legs[sid], [leg for leg in joined if leg.sid != sid], request, counts)
    notes.append(f"{sum(map(len, calls.values()))} legs are of {len(calls)} calls")
    notes.extend(counted(counts))


def _before(leg: _Leg, kept: _Leg) -> bool:
    return leg.updated is not None and kept.updated is not None and leg.updated < kept.updated


def _leg(file: str, number: int, record: Mapping[str, Any]) -> _Leg | ValueError:
    fields = Fields(record)
    sid = fields.text("sid", required=True)
    direction = fields.text("direction", required=True)
    status = fields.text("status", required=True)
    if direction is not None and direction not in _DIRECTIONS:
        fields.problems.append("direction is unknown")
    if status is not None and status not in {"completed", *_OUTCOMES, *_RUNNING}:
        fields.problems.append("status is unknown")
    values = (
        _time(fields, "start_time"),
        _time(fields, "end_time"),
        fields.number("duration"),
        (fields.text("answered_by") or "").startswith(_MACHINES),
        _time(fields, "date_updated"),
    )
    parent, caller, called = fields.text("parent_call_sid"), fields.text("from"), fields.text("to")
    if fields.problems or not (sid and direction and status):
        return refused(fields.problems, record)
    return _Leg(file, number, sid, parent, caller, called, direction, status, *values)


def _time(fields: Fields, name: str) -> datetime | None:
    """Return an instant out of RFC 2822, as the API writes it, or ISO 8601, as its libraries do."""
    text = fields.text(name)
    if text is None:
        return None
    try:
        time = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return fields.time(name)
    if time.tzinfo is None:
        fields.problems.append(f"{name} has no offset from UTC")
        return None
    return time.astimezone(UTC)


def _first(leg: _Leg, legs: Mapping[str, _Leg]) -> _Leg | None:
    """Return the leg that all began with; None when it is not in the files."""
    passed: set[str] = set()
    ancestor: _Leg | None = leg
    while ancestor is not None and ancestor.parent and ancestor.sid not in passed:
        passed.add(ancestor.sid)
        ancestor = legs.get(ancestor.parent)
    return None if ancestor is None or ancestor.parent else ancestor


def _call(first: _Leg, others: list[_Leg], request: ReadRequest, counts: Counter[str]) -> Out:
    if any(leg.status in _RUNNING for leg in (first, *others)):
        return first.file, first.number, Skipped("the call is not over")
    others.sort(key=lambda leg: (leg.started or leg.updated or _NEVER, leg.number))
    answered = [leg for leg in others if leg.completed and not leg.machine]
    if len(answered) > 1:
        counts["calls in which several legs were answered; the first is the agent"] += 1
    direction = _DIRECTIONS[first.direction]
    customer, agent = _people(first, others, answered, request, counts)
    if is_withheld(customer):
        counts["calls without the customer's number"] += 1
        customer = None
    outcome = _outcome(first, others, answered, direction)
    if outcome is None:
        counts["calls that Twilio answered itself and put through to nobody; outcome empty"] += 1
    talks = [leg.seconds for leg in answered if leg.seconds is not None]
    if direction == "out" and not others and outcome == "answered" and first.seconds is not None:
        talks = [first.seconds]
    fields = {
        "call_id": first.sid,
        "chain_id": first.sid,
        "customer_key": customer,
        "agent": agent,
        "direction": direction,
        "outcome": outcome,
        "started_at": first.started,
        "ended_at": first.ended,
        "talk_s": sum(talks) if talks else None,
    }
    return first.file, first.number, fields


def _people(
    first: _Leg,
    others: list[_Leg],
    answered: list[_Leg],
    request: ReadRequest,
    counts: Counter[str],
) -> tuple[str | None, str | None]:
    """Return the customer's number and who spoke to them."""
    reached = next((leg.called for leg in answered), None)
    if _DIRECTIONS[first.direction] == "in":
        return first.caller, reached
    if not others:
        return first.called, None
    called_first = request.use.options.get("api_calls_first")
    if called_first == "customer":
        return first.called, reached
    if called_first == "agent":
        return next((leg.called for leg in others), None), first.called
    text = "outgoing calls of several legs; without the option api_calls_first nobody knows which"
    counts[f"{text} is the customer"] += 1
    return None, None


def _outcome(first: _Leg, others: list[_Leg], answered: list[_Leg], direction: str) -> str | None:
    if not first.completed:
        return _OUTCOMES[first.status]
    if others:
        if answered:
            return "answered"
        last = others[-1]
        return "missed" if last.completed else _OUTCOMES[last.status]
    if direction == "in":
        return None
    return "missed" if first.machine else "answered"
