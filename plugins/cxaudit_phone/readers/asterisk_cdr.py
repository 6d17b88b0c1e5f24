"""Asterisk's call detail records: rows of CSV, several for one call, joined by ``linkedid``.

A record says ANSWERED as soon as anything answers: a menu, an announcement, the queue. A person
answered only where a record that was answered has a destination channel.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import attrs

from cxaudit.errors import Problem, SourceError
from cxaudit.plugin import Marks, ReadRequest, Rows, Skipped
from cxaudit.records import csv_records, is_withheld, lines
from cxaudit_phone.readers.formats import refuse_others
from cxaudit_phone.readers.markers import ASTERISK_CDR
from cxaudit_phone.readers.records import Fields, Out, Unused, counted, read_by, refused

__all__ = ["read"]

_BASE = (
    *("accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp"),
    *("lastdata", "start", "answer", "end", "duration", "billsec", "disposition", "amaflags"),
)
_LATER = ("peeraccount", "linkedid", "sequence")
_LAYOUTS = {
    16: _BASE,
    17: (*_BASE, "uniqueid"),
    18: (*_BASE, "uniqueid", "userfield"),
    20: (*_BASE, "uniqueid", *_LATER),
    21: (*_BASE, "uniqueid", "userfield", *_LATER),
}
_USED = (
    *("src", "dst", "dcontext", "channel", "dstchannel", "lastapp", "lastdata", "start"),
    *("calldate", "answer", "end", "billsec", "duration", "disposition", "uniqueid", "linkedid"),
    "sequence",
)
_COLUMNS = (
    *("call_id", "chain_id", "customer_key", "queue", "agent", "direction", "outcome"),
    *("started_at", "answered_at", "ended_at", "talk_s", "ring_s"),
)
_OUTCOMES = {"NO ANSWER": "missed", "BUSY": "busy", "FAILED": "failed", "CONGESTION": "failed"}
_MOST_CONTEXTS = 30
_TESTS = frozenset({"Echo", "Milliwatt"})
_SHORT = 4
"""Digits of a number of the house."""


@attrs.frozen
class _Leg:
    """One record; times as the clock showed them."""

    file: str
    number: int
    call: str
    src: str | None
    dst: str | None
    context: str
    channel: str
    to_channel: str
    app: str
    data: str
    start: datetime
    answer: datetime | None
    end: datetime | None
    seconds: float | None
    billed: float | None
    disposition: str
    sequence: float

    @property
    def person(self) -> bool:
        """Tell whether it put the caller through to somebody."""
        return self.disposition == "ANSWERED" and bool(self.to_channel)

    @property
    def local(self) -> bool:
        """Tell whether it leads to a channel that only leads on to others."""
        return self.to_channel.startswith("Local/")


def read(request: ReadRequest) -> Rows:
    """Read call detail records into calls."""
    refuse_others(request, "asterisk-cdr")
    marks = Marks(ASTERISK_CDR)
    return read_by(partial(_rows, request, marks), _USED, _COLUMNS, marks)


def _rows(request: ReadRequest, marks: Marks, notes: list[str], unused: Unused) -> Iterator[Out]:
    calls: dict[str, list[_Leg]] = {}
    seen: set[int] = set()
    counts: Counter[str] = Counter()
    for file, number, record in _records(request, notes):
        if isinstance(record, ValueError):
            yield file, number, record
            continue
        unused.see(record)
        mark = hash(tuple(record.items()))
        if mark in seen:
            reason = Skipped(
                "the record is in the files again (Asterisk writes it per account, too)"
            )
            yield file, number, reason
            continue
        seen.add(mark)
        leg = _leg(file, number, record, counts)
        if isinstance(leg, ValueError):
            yield file, number, leg
        else:
            calls.setdefault(leg.call, []).append(leg)
    for legs in calls.values():
        call = _call(legs, request.use.options, counts, marks)
        yield legs[0].file, legs[0].number, call
    notes.append(f"{sum(map(len, calls.values()))} records are of {len(calls)} calls")
    notes.extend(counted(counts))


def _records(
    request: ReadRequest, notes: list[str]
) -> Iterator[tuple[str, int, dict[str, Any] | ValueError]]:
    """Yield the records of all files, with or without a first line that names the columns."""
    separator = request.use.options.get("separator", ",")
    for path, file_name in zip(request.files, request.shown, strict=True):
        part = attrs.evolve(request, files=(path,), shown=(file_name,))
        names = _names(part, separator)
        records = csv_records(part, columns=names, separator=separator, notes=notes)
        for file, number, record in records:
            if isinstance(record, ValueError):
                yield file, number, record
            else:
                yield file, number, {name.lower(): value for name, value in record.items()}


def _names(part: ReadRequest, separator: str) -> tuple[str, ...]:
    """Return the names of the columns; none when the first line of the file has them.

    Raises:
        SourceError: If there are as many fields as Asterisk never writes.
    """
    if named := part.use.options.get("columns"):
        return tuple(named)
    first = next((text for _, _, text in lines(part)), "")
    try:
        fields = next(csv.reader([first], delimiter=separator), [])
    except csv.Error:
        fields = []
    heads = {field.strip().lower() for field in fields}
    if "disposition" in heads and heads & {"start", "calldate"}:
        return ()
    if len(fields) in _LAYOUTS or not fields:
        return _LAYOUTS.get(len(fields), _BASE)
    message = f"the first line has {len(fields)} fields and names no columns"
    hint = "Name them in order: options = { columns = ['src', 'dst', 'start'] }, and so on."
    raise SourceError((Problem(message, file=part.shown[0], line=1, hint=hint),))


def _leg(
    file: str, number: int, record: Mapping[str, Any], counts: Counter[str]
) -> _Leg | ValueError:
    fields = Fields(record)
    start = _clock(fields, "calldate" if "calldate" in record else "start", required=True)
    unique, linked = fields.text("uniqueid"), fields.text("linkedid")
    if not (unique or linked):
        fields.problems.append("uniqueid and linkedid are missing (set loguniqueid in cdr.conf)")
    elif not linked:
        counts["records without linkedid, each a call of its own (set newcdrcolumns)"] += 1
    disposition = (fields.text("disposition", required=True) or "").upper()
    if disposition and disposition not in {"ANSWERED", *_OUTCOMES}:
        fields.problems.append("disposition is unknown")
    names = ("dcontext", "channel", "dstchannel", "lastapp", "lastdata")
    context, channel, to_channel, app, data = (fields.text(name) or "" for name in names)
    leg: dict[str, Any] = {
        "src": fields.text("src"),
        "dst": fields.text("dst"),
        "answer": _clock(fields, "answer"),
        "end": _clock(fields, "end"),
        "seconds": fields.number("duration"),
        "billed": fields.number("billsec"),
        "sequence": fields.number("sequence") or 0.0,
    }
    times = [time for time in (start, leg["answer"], leg["end"]) if time is not None]
    if len({time.tzinfo is None for time in times}) > 1:
        fields.problems.append("some times have an offset from UTC and some have none")
    if fields.problems or start is None:
        return refused(fields.problems, record)
    return _Leg(
        file=file,
        number=number,
        call=linked or unique or "",
        context=context,
        channel=channel,
        to_channel=to_channel,
        app=app,
        data=data,
        start=start,
        disposition=disposition,
        **leg,
    )


def _clock(fields: Fields, name: str, *, required: bool = False) -> datetime | None:
    """Return a time as the clock of the telephone system showed it."""
    text = fields.text(name, required=required)
    if text is None or text.startswith("0000-00-00"):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        fields.problems.append(f"{name} is no time")
        return None


def _call(
    legs: list[_Leg], options: Mapping[str, Any], counts: Counter[str], marks: Marks
) -> dict[str, Any] | ValueError | Skipped:
    if len({leg.start.tzinfo is None for leg in legs}) > 1:
        return ValueError("some times of the call have an offset from UTC and some have none")
    legs = sorted(legs, key=lambda leg: (leg.start, leg.sequence))
    first = legs[0]
    if rule := _rule(legs):
        return marks.left_out(rule)
    direction = _direction(first, options, counts)
    marks.count("outbound", direction == "out")
    people = [leg for leg in legs if leg.person]
    people = [leg for leg in people if not leg.local] or people
    spoke = people[0] if people else None
    customer = {"in": first.src, "out": first.dst}.get(direction or "")
    if direction and is_withheld(customer):
        counts["calls without the customer's number"] += 1
    ends = [leg.end for leg in legs if leg.end is not None]
    queues = (leg.data.replace("|", ",").split(",")[0] for leg in legs if leg.app == "Queue")
    # Where something else may have answered before, the record does not tell when a person did.
    direct = direction == "out" or bool(options.get("answers_directly"))
    timed = spoke if direct and spoke and spoke.app == "Dial" else None
    ringing = timed.seconds - timed.billed if timed and timed.seconds and timed.billed else None
    return {
        "call_id": first.call,
        "chain_id": first.call,
        "customer_key": None if is_withheld(customer) else customer,
        "queue": next(filter(None, queues), None),
        "agent": _agent(first, spoke, direction),
        "direction": direction,
        "outcome": "answered" if spoke else _outcome(legs),
        "started_at": first.start.isoformat(),
        "answered_at": timed.answer.isoformat() if timed and timed.answer else None,
        "ended_at": max(ends).isoformat() if ends else None,
        "talk_s": timed.billed if timed else None,
        "ring_s": ringing,
    }


def _rule(legs: list[_Leg]) -> str:
    """Return the marker of a call that is none of a customer; empty for others."""
    first = legs[0]
    if {leg.app for leg in legs} <= _TESTS:
        return "test"
    # PJSIP/201-0000001a is extension 201, which dials: 202, a queue of the house, or *97.
    dialled = first.dst or ""
    if not first.src or _device(first.channel) != first.src:
        return ""
    if dialled.startswith("*"):
        return "service-code"
    inside = dialled.isdigit() and len(dialled) <= _SHORT
    devices = {_device(leg.to_channel) for leg in legs if leg.to_channel}
    return "internal" if inside or dialled in devices else ""


def _device(channel: str) -> str:
    """Return the name of a channel's device: 201 of PJSIP/201-0000001a and Local/201@agents."""
    name = channel.partition("/")[2]
    return (name.rpartition("-")[0] or name).partition("@")[0]


def _direction(first: _Leg, options: Mapping[str, Any], counts: Counter[str]) -> str | None:
    for direction in ("in", "out"):
        if first.context in options.get(f"{direction}bound_contexts", ()):
            return direction
    text = f"calls of a context that no option names, direction empty ({first.context[:40]})"
    counts[text if text in counts or len(counts) < _MOST_CONTEXTS else "of other contexts"] += 1
    return None


def _outcome(legs: list[_Leg]) -> str:
    """Return how a call ended that no person answered."""
    if any(leg.app.lower() == "voicemail" and leg.disposition == "ANSWERED" for leg in legs):
        return "voicemail"
    last = legs[-1]
    if last.app == "Queue":
        return "abandoned"
    return _OUTCOMES.get(last.disposition, "ivr")


def _agent(first: _Leg, spoke: _Leg | None, direction: str | None) -> str | None:
    """Return the device of who spoke: its channel without the number of the call."""
    channel = first.channel if direction == "out" else spoke.to_channel if spoke else ""
    return channel.rpartition("-")[0] or channel or None
