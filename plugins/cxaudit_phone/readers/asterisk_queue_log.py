"""Asterisk's queue log: one line for each event of a call in a queue, joined to calls.

Lines are grouped by the id of the caller's channel. A call is complete when an hour of the log
has passed since it ended; a day where it went on elsewhere or the log does not end it, since the
caller may come to another queue. So memory holds the calls of that time only.
One passage through a queue is one row of ``calls``: a caller who is put through to a second queue
gives two, with the same ``chain_id``.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any

import attrs

from cxaudit.plugin import Marks, ReadRequest, Rows, Skipped
from cxaudit.records import is_withheld
from cxaudit_phone.readers.formats import refuse_others
from cxaudit_phone.readers.markers import ASTERISK_QUEUE_LOG
from cxaudit_phone.readers.queue_log_calls import COMPLETE, ENDS, LOST, PASSED, Call, grouped
from cxaudit_phone.readers.queue_log_lines import TURNED_AWAY, Line, in_order, parameters
from cxaudit_phone.readers.records import Out, counted

__all__ = ["read"]

_EVENTS = {
    "ENTERQUEUE": "entered",
    "CONNECT": "connected",
    "ABANDON": "abandoned",
    "RINGNOANSWER": "rang",
    **dict.fromkeys(LOST, "timeout"),
    **dict.fromkeys(TURNED_AWAY, "turned-away"),
    **dict.fromkeys(PASSED, "transferred"),
    **dict.fromkeys((*COMPLETE, "SYSCOMPAT"), "ended"),
}
_STEPS = ENDS | {"ENTERQUEUE", "CONNECT"}
_UNANSWERED = LOST | TURNED_AWAY | {"ABANDON"}
_ANSWERED = PASSED | frozenset(COMPLETE)
_AT = attrgetter("at")
_KINDS = {"BLINDTRANSFER": "cold", "ATTENDEDTRANSFER": "warm"}

_COLUMNS = {
    "calls": (
        *("call_id", "chain_id", "customer_key", "queue", "agent", "direction", "outcome"),
        *("started_at", "queued_at", "answered_at", "ended_at", "wait_s", "talk_s", "ring_s"),
        *("transfers", "ended_by", "position"),
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
    refuse_others(request, "asterisk-queue-log")
    notes: list[str] = []
    marks = Marks(ASTERISK_QUEUE_LOG)
    table = request.use.table
    rows = _rows(request, table, notes, marks)
    return Rows(rows=rows, columns=_COLUMNS[table], notes=notes, marked=marks.records)


def _rows(request: ReadRequest, table: str, notes: list[str], marks: Marks) -> Iterator[Out]:
    counts: Counter[str] = Counter()
    makes: dict[str, Callable[[Call, Counter[str]], Iterator[Out]]] = {
        "calls": _calls,
        "queue_events": _events,
        "handovers": _handovers,
    }
    make = makes[table]
    calls = lines = 0
    for entry in grouped(in_order(request, notes, counts), counts, marks):
        if not isinstance(entry, Call):
            yield entry
            continue
        calls += 1
        lines += len(entry.lines)
        if entry.rule:
            yield entry.lines[0].file, entry.lines[0].number, marks.left_out(entry.rule)
        else:
            yield from make(entry, counts)
    notes.append(f"{lines} lines of the log are of {calls} calls")
    notes.extend(counted(counts))


def _passages(call: Call) -> list[_Passage]:
    """Return the passages of a call through queues, in order of entering."""
    # Lines of one second are one moment, in whatever order they stand: CONNECT, ENTERQUEUE is a
    # call answered at once. EXITWITHTIMEOUT, ENTERQUEUE of a caller who waits in that queue ends
    # that wait, then begins another.
    passages: list[_Passage] = []
    opened: dict[str, _Passage] = {}

    def take(line: Line) -> None:
        passage = opened.get(line.queue)
        if passage is None or line.event == "ENTERQUEUE":
            number = len(passages) + 1
            passage = _Passage(call.name if number == 1 else f"{call.name}/{number}", None)
            passages.append(passage)
            opened[line.queue] = passage
        if line.event == "ENTERQUEUE":
            passage.enter = line
        elif line.event == "CONNECT":
            passage.connect = line
        else:
            passage.end = line
            del opened[line.queue]

    steps = sorted((line for line in call.lines if line.event in _STEPS), key=_AT)
    for _, moment in itertools.groupby(steps, key=_AT):
        waiting = list(moment)
        while len(waiting) > 1:
            line = _next(waiting, opened)
            waiting.remove(line)
            take(line)
        take(waiting[0])
    return passages


def _next(lines: list[Line], opened: Mapping[str, _Passage]) -> Line:
    """Return which line of a moment goes on with a passage through its queue, or begins one."""
    passage = opened.get(lines[0].queue)
    kinds: dict[str, Line] = {}
    for line in lines:
        if line.queue == lines[0].queue:
            kinds.setdefault("end" if line.event in ENDS else line.event, line)
    order = ["end", "ENTERQUEUE", "CONNECT"]
    if passage is None:
        order = ["ENTERQUEUE", "CONNECT", "end"]
    elif passage.connect is None and ("end" not in kinds or kinds["end"].event not in _UNANSWERED):
        order = ["CONNECT", "end", "ENTERQUEUE"]
    return next(kinds[kind] for kind in order if kind in kinds)


def _calls(call: Call, counts: Counter[str]) -> Iterator[Out]:
    passages = _passages(call)
    if len(passages) > 1:
        counts["calls that went through several queues, or one several times"] += 1
    for passage in passages:
        first = passage.lines[0]
        yield first.file, first.number, _row(call, passage, counts)


def _row(
    call: Call, passage: _Passage, counts: Counter[str]
) -> Mapping[str, Any] | ValueError | Skipped:
    enter, connect, end = passage.enter, passage.connect, passage.end
    turned_away = end is not None and end.event in TURNED_AWAY
    if enter is None and not turned_away:
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
    entered, connected = values.get("ENTERQUEUE", {}), values.get("CONNECT", {})
    ended = values[end.event] if end else {}
    # Whoever put the caller through asked for the second queue, by the number of the house.
    caller = call.caller
    if is_withheld(caller):
        counts["calls without the caller's number"] += 1
    if end is None:
        counts["calls whose end is not in the log; talk and end stay empty"] += 1
    answered = connect is not None or (end is not None and end.event in _ANSWERED)
    if answered and connect is None:
        counts["answered calls without a CONNECT line; the time of answering stays empty"] += 1
    first = passage.lines[0]
    people = (line.agent for line in (connect, end) if line is not None)
    return {
        "call_id": passage.call_id,
        "chain_id": call.name,
        "customer_key": None if is_withheld(caller) else caller,
        "queue": first.queue,
        "agent": next(filter(None, people), None) if answered else None,
        "direction": "in",
        "outcome": "answered" if answered else _outcome(end),
        "started_at": None if enter else first.time,
        "queued_at": _time(enter),
        "answered_at": _time(connect),
        "ended_at": _time(end),
        "wait_s": connected.get("wait", ended.get("wait")),
        "talk_s": ended.get("talk"),
        "ring_s": connected.get("ring"),
        "transfers": int(end is not None and end.event in PASSED),
        "ended_by": _ended_by(end),
        "position": entered.get("position"),
    }


def _outcome(end: Line | None) -> str:
    if end is not None and end.event in TURNED_AWAY:
        return "turned-away"
    if end is not None and end.event == "SYSCOMPAT":
        return "failed"
    return "timeout" if end is not None and end.event in LOST else "abandoned"


def _ended_by(end: Line | None) -> str | None:
    if end is None:
        return None
    return "customer" if end.event == "ABANDON" else COMPLETE.get(end.event)


def _events(call: Call, _: Counter[str]) -> Iterator[Out]:
    ids: dict[Line, str] = {line: p.call_id for p in _passages(call) for line in p.lines}
    call_id = call.name
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


def _handovers(call: Call, _: Counter[str]) -> Iterator[Out]:
    passages = _passages(call)
    for passage, following in zip(passages, [*passages[1:], None], strict=True):
        end = passage.end
        moved = end is not None and end.event in LOST and following is not None
        if end is None or not (end.event in PASSED or moved):
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
                "issue_id": call.name,
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


def _time(line: Line | None) -> datetime | str | None:
    return None if line is None else line.time
