"""Lines of a queue log, grouped to calls as callers lived them.

An agent who puts a caller through to a queue and speaks there first has a channel of their own.
Its lines are the second half of the caller's call, and are joined to it.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Iterator

import attrs

from cxaudit.plugin import Marks
from cxaudit_phone.readers.queue_log_lines import NOT_CALLS, TURNED_AWAY, Line
from cxaudit_phone.readers.records import Out

__all__ = ["COMPLETE", "ENDS", "LOST", "PASSED", "Call", "grouped"]

LOST = frozenset({"EXITWITHTIMEOUT", "EXITEMPTY", "EXITWITHKEY", "LEAVEEMPTY"})
PASSED = frozenset({"BLINDTRANSFER", "ATTENDEDTRANSFER", "TRANSFER"})
COMPLETE = {"COMPLETEAGENT": "agent", "COMPLETECALLER": "customer"}
ENDS = frozenset({"ABANDON", "SYSCOMPAT", *LOST, *PASSED, *COMPLETE, *TURNED_AWAY})
_HUNG_UP = frozenset({"ABANDON", *COMPLETE, *TURNED_AWAY})
_USED = ENDS | {"ENTERQUEUE", "CONNECT", "RINGNOANSWER", "CALLOUTBOUND"}

_HELD_OPEN_S = 86_400
_HELD_DONE_S = 3_600
_MOST_KINDS = 50
_EXTENSION = re.compile(r"(?:^|/)(\d{1,7})(?=$|[-@/])")
"""The number of a member's telephone: 201 in SIP/201, PJSIP/201-0000001a and Local/201@agents."""
_INSIDE = 7
"""Digits that an extension of the house has at most."""
_SHORT = 4
"""Digits; nobody calls in from outside with a number as short as that."""


@attrs.define
class Call:
    """The lines of one caller so far.

    Attributes:
        name: Id of the caller's channel.
        last: When its newest line was written.
        lines: Its lines, in the order of the log.
        ids: Ids of the channels that were joined to it.
        rule: The marker that names it, when it is no call of a customer.
    """

    name: str
    last: float
    lines: list[Line] = attrs.field(factory=list)
    ids: set[str] = attrs.field(factory=set)
    rule: str = ""
    _seen: set[str] = attrs.field(factory=set)
    _waiting: set[str] = attrs.field(factory=set)

    @property
    def over(self) -> bool:
        """Tell whether somebody hung up."""
        return not self._waiting and self.lines[-1].event in _HUNG_UP

    @property
    def caller(self) -> str | None:
        """Return the number that it came from."""
        for line in self.lines:
            if line.event == "ENTERQUEUE" and line.call == self.name:
                return line.caller
        return None

    def add(self, line: Line) -> bool:
        """Take a line; return whether it is a new one."""
        if line.raw in self._seen:
            return False
        self.lines.append(line)
        self._seen.add(line.raw)
        self.last = max(self.last, line.at)
        if line.event == "ENTERQUEUE":
            self._waiting.add(line.queue)
        elif line.event in ENDS:
            self._waiting.discard(line.queue)
        return True

    def served_by(self, agent: str, queue: str) -> bool:
        """Tell whether a member took it in a queue."""
        connected = (line for line in self.lines if line.event == "CONNECT")
        return any((line.agent, line.queue) == (agent, queue) for line in connected)


def grouped(
    lines: Iterator[Line | Out], counts: Counter[str], marks: Marks
) -> Iterator[Call | Out]:
    """Yield each call when no further line of it is expected, and what is no line of a call."""
    log = _Log(marks)
    for line in lines:
        if not isinstance(line, Line):
            yield line
            continue
        if line.call in NOT_CALLS:
            _count(counts, f"lines of no call (callid {line.call}): {line.event[:40]}")
            continue
        if line.event not in _USED:
            _count(counts, f"lines of an event that is not used: {line.event[:40]}")
            continue
        if line.at != log.now:
            yield from log.expired(line.at)
        if not log.take(line):
            counts["lines that repeat a line of the same call, left out"] += 1
    yield from log.rest()


def _count(counts: Counter[str], text: str) -> None:
    """Count a line of its kind; a file of nothing but kinds must not flood the account."""
    counts[text if text in counts or len(counts) < _MOST_KINDS else "lines of other kinds"] += 1


class _Log:
    """The calls of which more lines may come, and who is speaking to whom.

    Attributes:
        now: When the newest line was written, as of which calls are looked through.
    """

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        # A plain dict finds its first entry slowly once many before it were taken out.
        self._opened = OrderedDict[str, Call]()
        self._done = OrderedDict[str, Call]()
        self._joined: dict[str, str] = {}
        self._served: dict[tuple[str, str], str] = {}
        self._entered: dict[str, Line] = {}
        self._extensions: dict[str, str | None] = {}
        self._staff: set[str] = set()
        self.now = 0.0

    def take(self, line: Line) -> bool:
        """Add a line to its call; return whether it is a new one."""
        if line.agent and line.agent not in self._extensions:
            match = _EXTENSION.search(line.agent)
            self._extensions[line.agent] = match and match[1]
            self._staff.update(match.groups() if match else ())
        name = self._joined.get(line.call, line.call)
        if line.event == "ATTENDEDTRANSFER" and line.agent:
            name = self._put_through(line, name)
        call = self._opened.pop(name, None) or self._done.pop(name, None) or Call(name, line.at)
        is_new = call.add(line)
        (self._done if call.over else self._opened)[name] = call
        if line.event == "ENTERQUEUE":
            if line.caller and len(line.caller) <= _INSIDE and line.caller.isdigit():
                self._entered[line.caller] = line
        elif line.agent and line.event == "CONNECT":
            self._served[line.queue, line.agent] = name
        elif line.agent and line.event in ENDS:
            self._served.pop((line.queue, line.agent), None)
        return is_new

    def _put_through(self, line: Line, name: str) -> str:
        """Join the two halves of an attended transfer; return the call that they are."""
        # Ann (6.1) speaks to SIP/7 in q1, who enters q2 (6.9) and puts her through. Asterisk writes
        # that line by either id: the channels may have been exchanged by then.
        assert line.agent is not None
        own_call = self._opened.get(name)
        is_caller = own_call is not None and own_call.served_by(line.agent, line.queue)
        served = self._served.get((line.queue, line.agent), name)
        caller = name if is_caller else self._joined.get(served, served)
        if caller != name:
            self._join(name, caller)
        elif (own := self._asked(line, name)) is not None:
            self._join(own, caller)
        return caller

    def _asked(self, line: Line, name: str) -> str | None:
        """Return the call by which an agent asked for another queue, while speaking to a caller."""
        call = self._opened.get(name)
        talking = [each.at for each in call.lines if each.event == "CONNECT"] if call else []
        if not talking:
            return None
        # A member whose number is not in their name is found by being the only one who asked.
        extension = self._extensions.get(line.agent or "")
        asked = [self._entered.get(extension)] if extension else self._entered.values()
        names = {
            each.call
            for each in asked
            if each and max(talking) <= each.at <= line.at and each.queue != line.queue
        } - {name, *self._joined}
        return next(iter(names)) if len(names) == 1 else None

    def _join(self, other: str, name: str) -> None:
        """Make the lines of another channel those of a call."""
        self._marks.count("transferred")
        call = self._opened.pop(name, None) or self._done.pop(name)
        half = self._opened.pop(other, None) or self._done.pop(other, None)
        ids = {other, *(half.ids if half else ())}
        self._joined |= dict.fromkeys(ids, name)
        call.ids |= ids
        for line in half.lines if half else ():
            call.add(line)
        self._opened[name] = call

    def expired(self, now: float) -> Iterator[Call]:
        """Yield the calls whose last line is far from now: before, or ahead if the log goes back.

        Calls stand in the order in which they were last taken up, so the first is the oldest.
        """
        self.now = now
        for calls, held in ((self._opened, _HELD_OPEN_S), (self._done, _HELD_DONE_S)):
            while calls:
                call = next(iter(calls.values()))
                if abs(call.last - now) <= held:
                    break
                del calls[call.name]
                yield self._finished(call)

    def rest(self) -> Iterator[Call]:
        """Yield the calls that the end of the log leaves."""
        for call in (*self._opened.values(), *self._done.values()):
            yield self._finished(call)

    def _finished(self, call: Call) -> Call:
        """Forget what was kept for a call, and tell whether a customer made it."""
        for line in call.lines:
            if line.event == "CONNECT":
                if line.agent and self._served.get((line.queue, line.agent)) == call.name:
                    del self._served[line.queue, line.agent]
            elif line.event == "ENTERQUEUE":
                if line.caller and self._entered.get(line.caller) is line:
                    del self._entered[line.caller]
            elif line.event == "CALLOUTBOUND":
                call.rule = "outbound"
        for name in call.ids:
            self._joined.pop(name, None)
        caller = call.caller or ""
        if caller in self._staff or (len(caller) <= _SHORT and caller.isdigit()):
            call.rule = "internal"
        return call
