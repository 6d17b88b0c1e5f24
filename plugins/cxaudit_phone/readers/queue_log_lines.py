"""Lines of Asterisk's queue log: parsed, put in order of time, their parameters named."""

from __future__ import annotations

import heapq
import itertools
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

import attrs

from cxaudit.plugin import ReadRequest
from cxaudit.records import lines
from cxaudit_phone.readers.records import Out

__all__ = ["NOT_CALLS", "Line", "in_order", "parameters"]

NOT_CALLS = frozenset({"NONE", "REALTIME", "MANAGER", ""})

_WINDOW_S = 60
"""Lines that stand out of order by up to so many seconds of the log are put in order."""
_DAY_S = 86_400
_MOST_WAITING = 100_000
_LONGEST = 10_000
_LAST_TIME = 253_402_300_799
"""The end of the year 9999, in seconds since 1970."""

_PARAMETERS: dict[str, tuple[str, ...]] = {
    "ENTERQUEUE": ("url", "caller", "position"),
    "CONNECT": ("wait", "bridged", "ring"),
    "ABANDON": ("place", "position", "wait"),
    "EXITWITHTIMEOUT": ("place", "position", "wait"),
    "EXITEMPTY": ("place", "position", "wait"),
    "EXITWITHKEY": ("key", "place", "position", "wait"),
    "COMPLETEAGENT": ("wait", "talk", "position"),
    "COMPLETECALLER": ("wait", "talk", "position"),
    "BLINDTRANSFER": ("extension", "context", "wait", "talk", "position"),
    "TRANSFER": ("extension", "context", "wait", "talk", "position"),
    "ATTENDEDTRANSFER": ("method", "data", "wait", "talk", "position"),
    "RINGNOANSWER": ("ring",),
}
_NUMBERS = frozenset({"wait", "talk", "ring", "position", "place"})
# Versions differ in whether they write these at all.
_OPTIONAL = frozenset({"position", "ring", "bridged", "url", "caller", "context", "data"})


@attrs.define(eq=False)
class Line:
    """One line: two are equal when they say the same, wherever they stand."""

    file: str
    number: int
    at: float
    call: str
    queue: str
    agent: str | None
    event: str
    parameters: tuple[str, ...]
    raw: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Line) and self.raw == other.raw

    def __hash__(self) -> int:
        return hash(self.raw)


def in_order(request: ReadRequest, notes: list[str], counts: Counter[str]) -> Iterator[Line | Out]:
    """Yield the lines of all files in order of time, and those that cannot be read.

    Files may come in any order (a rotated log's oldest part sorts last by name), may overlap, and
    may hold lines out of order by up to a minute. What is older than that comes where it stands.
    """
    waiting: list[tuple[float, int, Line]] = []
    count = itertools.count()
    newest = -math.inf
    for line in _merged(request, notes):
        if not isinstance(line, Line):
            yield line
            continue
        if line.at < newest - _DAY_S:
            counts["places where the log goes back by more than a day"] += 1
            yield from _emptied(waiting)
            newest = line.at
        elif line.at < newest - _WINDOW_S:
            counts["lines more than a minute older than lines before them"] += 1
        elif line.at < newest:
            counts["lines out of order by up to a minute, put in order"] += 1
        newest = max(newest, line.at)
        heapq.heappush(waiting, (line.at, next(count), line))
        while waiting and (waiting[0][0] < newest - _WINDOW_S or len(waiting) > _MOST_WAITING):
            yield heapq.heappop(waiting)[2]
    yield from _emptied(waiting)


def _emptied(waiting: list[tuple[float, int, Line]]) -> Iterator[Line]:
    while waiting:
        yield heapq.heappop(waiting)[2]


def _merged(request: ReadRequest, notes: list[str]) -> Iterator[Line | Out]:
    """Yield the lines of all files, merged by time; a file is opened when its time has come."""
    parts = [
        attrs.evolve(request, files=(path,), shown=(file_name,))
        for path, file_name in zip(request.files, request.shown, strict=True)
    ]
    if len(parts) == 1:
        yield from _parsed(parts[0], notes)
        return
    starts = [(_first(part), number) for number, part in enumerate(parts)]
    later = sorted(starts, reverse=True)
    opened: list[tuple[float, int, Line | Out, Iterator[Line | Out]]] = []
    while later or opened:
        if later and (not opened or later[-1][0] <= opened[0][0]):
            at, number = later.pop()
            source = _parsed(parts[number], notes)
        else:
            at, number, line, source = heapq.heappop(opened)
            yield line
        following = next(source, None)
        if following is not None:
            at = following.at if isinstance(following, Line) else at
            heapq.heappush(opened, (at, number, following, source))


def _first(request: ReadRequest) -> float:
    parsed = _parsed(request, [])
    return next((line.at for line in parsed if isinstance(line, Line)), -math.inf)


def _parsed(request: ReadRequest, notes: list[str]) -> Iterator[Line | Out]:
    for file, number, text in lines(request, notes):
        yield _line(file, number, text)


def _line(file: str, number: int, text: str) -> Line | Out:
    if len(text) > _LONGEST:
        reason = f"the line is longer than {_LONGEST} characters"
        return file, number, ValueError(reason, text[:500])
    parts = text.split("|")
    missing = 5 - len(parts)  # five fields come before the parameters
    at, call, queue, agent, event, *values = map(str.strip, parts + [""] * missing)
    problems = []
    if missing > 0:
        problems.append("the line has fewer than five fields")
    elif not event:
        problems.append("the event is missing")
    try:
        seconds = float(at)
        in_range = 0 < seconds < _LAST_TIME
    except ValueError:
        in_range = False
    if not in_range:
        problems.append("the time is no number of seconds since 1970")
    if problems:
        return file, number, ValueError("; ".join(problems), text[:500])
    person = None if agent in {"", "NONE"} else agent
    return Line(file, number, seconds, call, queue, person, event, tuple(values), text)


def parameters(line: Line) -> tuple[dict[str, Any], Sequence[str]]:
    """Return the parameters of a line by name, and what is wrong with them.

    Waits, talks and rings are seconds; RINGNOANSWER is written in milliseconds. ``target`` is
    where a call was put through to, ``detail`` what else the event says.
    """
    named: dict[str, Any] = {}
    problems = []
    for name, value in zip_longest(_PARAMETERS[line.event], line.parameters, fillvalue=""):
        if not name:
            break
        if name not in _NUMBERS:
            named[name] = value or None
        elif value.isdigit() and value.isascii() and len(value) < 16:  # noqa: PLR2004
            named[name] = float(value)
        elif not value and name in _OPTIONAL:
            named[name] = None
        else:
            problems.append(f"{name} is no number")
    if line.event == "RINGNOANSWER" and named.get("ring") is not None:
        named["ring"] /= 1000
    if line.event in {"BLINDTRANSFER", "TRANSFER"}:
        named["target"] = named["extension"]
        named["detail"] = "@".join(filter(None, (named["extension"], named["context"])))
    else:
        named["detail"] = named.get("key") or named.get("method")
    return named, problems
