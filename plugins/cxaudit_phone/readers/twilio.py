"""Twilio's call resources: one JSON object for each leg, joined by ``parent_call_sid``.

The first leg with the legs that came out of it is one row of ``calls``. Twilio answers an incoming
call by itself, so only a leg that was dialled out of it tells whether a person answered. The API
writes names with underscores, libraries write them in camel case; both are read.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

import attrs

from cxaudit.plugin import Marks, ReadRequest, Rows, Skipped
from cxaudit.records import is_withheld, json_records
from cxaudit_phone.readers.formats import refuse_others
from cxaudit_phone.readers.markers import TWILIO
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
_DEVICE = re.compile(r"client:|sip:[^@]*@[^;]*\.sip\.(?:[\w-]+\.)?twilio\.com", re.IGNORECASE)
"""An address of a client or a SIP device of the house; a customer has a number."""
_TEST = re.compile(r"\+150055500\d\d")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
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
    refuse_others(request, "twilio-calls")
    marks = Marks(TWILIO)
    return read_by(partial(_rows, request, marks), _USED, _COLUMNS, marks)


def _rows(request: ReadRequest, marks: Marks, notes: list[str], unused: Unused) -> Iterator[Out]:
    legs: dict[str, _Leg] = {}
    for file, number, raw in json_records(request, "calls", notes=notes):
        if isinstance(raw, ValueError):
            yield file, number, raw
            continue
        # Python's library writes from_, as the word is taken there.
        record = {_CAMEL.sub("_", name).lower().strip("_"): raw[name] for name in raw}
        unused.see(record)
        leg = _leg(file, number, record)
        if isinstance(leg, ValueError | Skipped):
            yield file, number, leg
            continue
        kept = legs.get(leg.sid)
        if kept is not None:
            older = leg if _before(leg, kept) else kept
            reason = Skipped(
                "the leg is in the files again; the record that was updated last is kept"
            )
            yield older.file, older.number, reason
            if older is leg:
                continue
        legs[leg.sid] = leg
    counts: Counter[str] = Counter()
    calls: dict[str, list[_Leg]] = defaultdict(list)
    for leg in legs.values():
        first = _first(leg, legs)
        if first is None:
            reason = Skipped("the call that the leg belongs to is outside the files")
            yield leg.file, leg.number, reason
        else:
            calls[first.sid].append(leg)
    for sid, joined in calls.items():
        others = [leg for leg in joined if leg.sid != sid]
        yield _call(legs[sid], others, request, counts, marks)
    notes.append(f"{sum(map(len, calls.values()))} legs are of {len(calls)} calls")
    notes.extend(counted(counts))


def _before(leg: _Leg, kept: _Leg) -> bool:
    return leg.updated is not None and kept.updated is not None and leg.updated < kept.updated


def _leg(file: str, number: int, record: Mapping[str, Any]) -> _Leg | ValueError | Skipped:
    fields = Fields(record)
    sid = fields.text("sid", required=True)
    direction = fields.text("direction", required=True)
    status = fields.text("status", required=True)
    if direction is not None and direction not in _DIRECTIONS:
        fields.problems.append("direction is unknown")
    if status is not None and status not in {"completed", *_OUTCOMES, *_RUNNING}:
        fields.problems.append("status is unknown")
    started = _time(fields, "start_time")
    if started is None and not fields.problems and status not in _RUNNING:
        if status == "canceled":
            return Skipped("the call was cancelled before it was dialled")
        fields.problems.append("start_time is missing")
    values = (
        started,
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


def _call(
    first: _Leg, others: list[_Leg], request: ReadRequest, counts: Counter[str], marks: Marks
) -> Out:
    if any(leg.status in _RUNNING for leg in (first, *others)):
        return first.file, first.number, Skipped("the call is not over")
    others.sort(key=lambda leg: (leg.started or leg.updated or _NEVER, leg.number))
    direction = _direction(first, others)
    if rule := _rule(first, others, direction):
        return first.file, first.number, marks.left_out(rule)
    marks.count("outbound", direction == "out")
    marks.count("answering-machine", sum(leg.machine for leg in (first, *others)))
    answered = [leg for leg in others if leg.completed and not leg.machine]
    if len(answered) > 1:
        counts["calls in which several legs were answered; the first is the agent"] += 1
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


def _direction(first: _Leg, others: list[_Leg]) -> str | None:
    """Return in or out; None of a call in which no side has a customer's number."""
    if not _DEVICE.match(first.caller or ""):
        return _DIRECTIONS[first.direction]
    # Ada's browser calls Twilio, which calls the customer: a call in that is a call out.
    numbers = [leg.called for leg in others] if others else [first.called]
    return "out" if any(number and not _DEVICE.match(number) for number in numbers) else None


def _rule(first: _Leg, others: list[_Leg], direction: str | None) -> str:
    """Return the marker of a call that is none of a customer; empty for others."""
    if direction is None:
        return "internal"
    ends = [first.caller, first.called, *(leg.called for leg in others)]
    return "test" if any(_TEST.fullmatch(number or "") for number in ends) else ""


def _people(
    first: _Leg,
    others: list[_Leg],
    answered: list[_Leg],
    request: ReadRequest,
    counts: Counter[str],
) -> tuple[str | None, str | None]:
    """Return the customer's number and who spoke to them."""
    reached = next((leg.called for leg in answered), None)
    if _DEVICE.match(first.caller or ""):
        numbers = (leg.called for leg in (*answered, *others, first))
        customer = next(n for n in numbers if n and not _DEVICE.match(n))
        return customer, first.caller
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


def _outcome(
    first: _Leg, others: list[_Leg], answered: list[_Leg], direction: str | None
) -> str | None:
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
