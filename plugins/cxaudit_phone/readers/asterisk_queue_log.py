"""Asterisk's queue log: one line for each event of a call in a queue, joined to calls.

Lines are grouped by the id of the caller's channel. A call is complete when an hour of the log
has passed since it ended; a day where it went on elsewhere or the log does not end it, since the
caller may come to another queue. So memory holds the calls of that time only.
One passage through a queue is one row of ``calls``: a caller who is put through to a second queue
gives two, with the same ``chain_id``.
"""

from __future__ import annotations

import hashlib
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import attrs

from cxaudit.plugin import ReadRequest, Rows, Skipped
from cxaudit.records import is_withheld
from cxaudit_phone.readers.queue_log_lines import NOT_CALLS, Line, in_order, parameters
from cxaudit_phone.readers.records import Out, counted

__all__ = ["read"]

_HELD_OPEN_S = 86_400
_HELD_DONE_S = 3_600
_MOST_KINDS = 50

_LOST = {"EXITWITHTIMEOUT", "EXITEMPTY", "EXITWITHKEY"}
_PASSED = {"BLINDTRANSFER", "ATTENDEDTRANSFER", "TRANSFER"}
_COMPLETE = {"COMPLETEAGENT": "agent", "COMPLETECALLER": "customer"}
_ENDS = {"ABANDON", *_LOST, *_PASSED, *_COMPLETE}
_EVENTS = {
    "ENTERQUEUE": "entered",
    "CONNECT": "connected",
    "ABANDON": "abandoned",
    "RINGNOANSWER": "rang",
    **dict.fromkeys(_LOST, "timeout"),
    **dict.fromkeys(_PASSED, "transferred"),
    **dict.fromkeys(_COMPLETE, "ended"),
}
_KINDS = {"BLINDTRANSFER": "cold", "ATTENDEDTRANSFER": "warm"}

_COLUMNS = {
    "calls": (
        *("call_id", "chain_id", "customer_key", "queue", "agent", "direction", "outcome"),
        *("queued_at", "answered_at", "ended_at", "wait_s", "talk_s", "ring_s", "transfers"),
        *("ended_by", "position"),
    ),
    "queue_events": (
        *("event_id", "call_id", "at", "event", "queue", "agent", "wait_s", "seconds"),
        *("position", "detail"),
    ),
    "handovers": (
        *("issue_id", "at", "accepted_at", "from_group", "to_group", "from_agent", "to_agent"),
        *("kind", "channel"),
    ),
}


@attrs.define
class _Call:
    """The lines of one channel so far."""

    last: float
    lines: list[Line] = attrs.field(factory=list)
    seen: set[str] = attrs.field(factory=set)
    waiting: set[str] = attrs.field(factory=set)

    @property
    def over(self) -> bool:
        """Tell whether somebody hung up."""
        return not self.waiting and self.lines[-1].event in {"ABANDON", *_COMPLETE}

    def add(self, line: Line) -> None:
        self.lines.append(line)
        self.seen.add(line.raw)
        self.last = max(self.last, line.at)
        if line.event == "ENTERQUEUE":
            self.waiting.add(line.queue)
        elif line.event in _ENDS:
            self.waiting.discard(line.queue)


@attrs.define
class _Passage:
    """One passage of a call through one queue."""

    call_id: str
    enter: Line | None
    connect: Line | None = None
    end: Line | None = None

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for line in (self.enter, self.connect, self.end) if line is not None)


def read(request: ReadRequest) -> Rows:
    """Read queue logs into calls, queue events or handovers."""
    notes: list[str] = []
    table = request.use.table
    return Rows(rows=_rows(request, table, notes), columns=_COLUMNS[table], notes=notes)


def _rows(request: ReadRequest, table: str, notes: list[str]) -> Iterator[Out]:
    counts: Counter[str] = Counter()
    make = {"calls": _calls, "queue_events": _events, "handovers": _handovers}[table]
    calls = lines = 0
    for entry in _grouped(in_order(request, notes, counts), counts):
        if isinstance(entry, _Call):
            calls += 1
            lines += len(entry.lines)
            yield from make(entry, counts)
        else:
            yield entry
    notes.append(f"{lines} lines of the log are of {calls} calls")
    notes.extend(counted(counts))


def _grouped(lines: Iterator[Line | Out], counts: Counter[str]) -> Iterator[_Call | Out]:
    """Yield each call when no further line of it is expected, and what is no line of a call.

    None is expected when the last one is far from now: before, or ahead where the log goes back.
    """
    # A plain dict finds its first entry slowly once many before it were taken out.
    opened, done = OrderedDict[str, _Call](), OrderedDict[str, _Call]()
    for line in lines:
        if not isinstance(line, Line):
            yield line
            continue
        if line.call in NOT_CALLS:
            _count(counts, f"lines of no call (callid {line.call}): {line.event[:40]}")
            continue
        if line.event not in _EVENTS:
            _count(counts, f"lines of an event that is not used: {line.event[:40]}")
            continue
        for calls, held in ((opened, _HELD_OPEN_S), (done, _HELD_DONE_S)):
            while calls and abs(next(iter(calls.values())).last - line.at) > held:
                yield calls.pop(next(iter(calls)))
        call = opened.pop(line.call, None) or done.pop(line.call, None) or _Call(line.at)
        if line.raw in call.seen:
            counts["lines that repeat a line of the same call, left out"] += 1
        else:
            call.add(line)
        (done if call.over else opened)[line.call] = call
    yield from opened.values()
    yield from done.values()


def _count(counts: Counter[str], text: str) -> None:
    """Count a line of its kind; a file of nothing but kinds must not flood the account."""
    counts[text if text in counts or len(counts) < _MOST_KINDS else "lines of other kinds"] += 1


def _passages(call: _Call) -> list[_Passage]:
    """Return the passages of a call through queues, in order of entering."""
    passages: list[_Passage] = []
    current: dict[str, _Passage] = {}

    def begin(line: Line, enter: Line | None) -> _Passage:
        number = len(passages) + 1
        passage = _Passage(line.call if number == 1 else f"{line.call}/{number}", enter)
        passages.append(passage)
        current[line.queue] = passage
        return passage

    for line in call.lines:
        if line.event == "ENTERQUEUE":
            begin(line, line)
        elif line.event == "CONNECT":
            (current.get(line.queue) or begin(line, None)).connect = line
        elif line.event in _ENDS:
            (current.get(line.queue) or begin(line, None)).end = line
            del current[line.queue]
    return passages


def _calls(call: _Call, counts: Counter[str]) -> Iterator[Out]:
    passages = _passages(call)
    if len(passages) > 1:
        counts["calls that went through several queues, or one several times"] += 1
    for passage in passages:
        first = passage.lines[0]
        yield first.file, first.number, _row(passage, counts)


def _row(passage: _Passage, counts: Counter[str]) -> Mapping[str, Any] | ValueError | Skipped:
    enter, connect, end = passage.enter, passage.connect, passage.end
    if enter is None:
        return Skipped("the call entered the queue before the log begins, or that line is missing")
    if connect is None and end is None:
        return Skipped("the log does not tell how the call went on after it entered the queue")
    values: dict[str, dict[str, Any]] = {}
    problems: list[str] = []
    for line in passage.lines:
        values[line.event], wrong = parameters(line)
        problems += [f"{line.event}: {problem}" for problem in wrong]
    if problems:
        return ValueError("; ".join(problems), "\n".join(line.raw for line in passage.lines))
    entered, connected = values["ENTERQUEUE"], values.get("CONNECT", {})
    ended = values[end.event] if end else {}
    if is_withheld(entered["caller"]):
        counts["calls without the caller's number"] += 1
    if end is None:
        counts["calls whose end is not in the log; talk and end stay empty"] += 1
    answered = connect is not None or (end is not None and end.event in _PASSED | set(_COMPLETE))
    if answered and connect is None:
        counts["answered calls without a CONNECT line; the time of answering stays empty"] += 1
    person = connect or end
    return {
        "call_id": passage.call_id,
        "chain_id": enter.call,
        "customer_key": None if is_withheld(entered["caller"]) else entered["caller"],
        "queue": enter.queue,
        "agent": person.agent if answered and person else None,
        "direction": "in",
        "outcome": "answered" if answered else _outcome(end),
        "queued_at": _time(enter),
        "answered_at": _time(connect),
        "ended_at": _time(end),
        "wait_s": connected.get("wait", ended.get("wait")),
        "talk_s": ended.get("talk"),
        "ring_s": connected.get("ring"),
        "transfers": int(end is not None and end.event in _PASSED),
        "ended_by": _ended_by(end),
        "position": entered["position"],
    }


def _outcome(end: Line | None) -> str:
    return "timeout" if end is not None and end.event in _LOST else "abandoned"


def _ended_by(end: Line | None) -> str | None:
    if end is None:
        return None
    return "customer" if end.event == "ABANDON" else _COMPLETE.get(end.event)


def _events(call: _Call, _: Counter[str]) -> Iterator[Out]:
    ids: dict[Line, str] = {line: p.call_id for p in _passages(call) for line in p.lines}
    call_id = call.lines[0].call
    for line in call.lines:
        call_id = ids.get(line, call_id)
        values, wrong = parameters(line)
        if wrong:
            problems = "; ".join(f"{line.event}: {problem}" for problem in wrong)
            yield line.file, line.number, ValueError(problems, line.raw)
            continue
        seconds = values.get("talk", values.get("ring"))
        yield (
            line.file,
            line.number,
            {
                "event_id": hashlib.blake2b(line.raw.encode(), digest_size=12).hexdigest(),
                "call_id": call_id,
                "at": _time(line),
                "event": _EVENTS[line.event],
                "queue": line.queue,
                "agent": line.agent,
                "wait_s": values.get("wait"),
                "seconds": seconds,
                "position": values.get("position"),
                "detail": " ".join(filter(None, (line.event, values.get("detail")))),
            },
        )


def _handovers(call: _Call, _: Counter[str]) -> Iterator[Out]:
    passages = _passages(call)
    for passage, following in zip(passages, [*passages[1:], None], strict=True):
        end = passage.end
        moved = end is not None and end.event in _LOST and following is not None
        if end is None or not (end.event in _PASSED or moved):
            continue
        values, wrong = parameters(end)
        if wrong:
            yield end.file, end.number, ValueError(f"{end.event}: {'; '.join(wrong)}", end.raw)
            continue
        connect = following.connect if following else None
        # An older Asterisk writes TRANSFER for every kind of transfer.
        kind = "menu" if moved else _KINDS.get(end.event)
        yield (
            end.file,
            end.number,
            {
                "issue_id": end.call,
                "at": _time(end),
                "accepted_at": _time(connect),
                "from_group": end.queue,
                "to_group": following.lines[0].queue if following else values.get("target"),
                "from_agent": None if moved else end.agent,
                "to_agent": connect.agent if connect else None,
                "kind": kind,
                "channel": "phone",
            },
        )


def _time(line: Line | None) -> datetime | None:
    return None if line is None else datetime.fromtimestamp(line.at, UTC)
