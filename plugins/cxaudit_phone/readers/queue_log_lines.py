"""Lines of Asterisk's queue log: parsed, put in order of time, their parameters named.

They come from the file that Asterisk writes, or as CSV out of the database that it writes to.
"""

from __future__ import annotations

import csv
import heapq
import math
from bisect import insort
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

import attrs

from cxaudit.errors import Problem, SourceError
from cxaudit.plugin import ReadRequest
from cxaudit.records import csv_records, lines
from cxaudit_phone.readers.records import Out

__all__ = ["NOT_CALLS", "TURNED_AWAY", "Line", "in_order", "parameters"]

NOT_CALLS = frozenset({"NONE", "REALTIME", "MANAGER", ""})

TURNED_AWAY = frozenset(
    {"FULL", "JOINEMPTY", "JOINUNAVAIL", "CLOSED", "DIVERT_CA_RATIO", "DIVERT_HOLDTIME"}
)
"""A queue that is full or closed lets nobody in; dialplans and distributions log it."""

_WINDOW_S = 60
"""Lines that stand out of order by up to so many seconds of the log are put in order."""
_DAY_S = 86_400
_MOST_WAITING = 100_000
_LATE = "lines more than a minute older than lines before them"
_OUT_OF_ORDER = "lines out of order by up to a minute, put in order"
_AT = attrgetter("at")
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
    "LEAVEEMPTY": (),
    "SYSCOMPAT": (),
    "CALLOUTBOUND": (),
    **dict.fromkeys(TURNED_AWAY, ()),
}
_TO_EXTENSIONS = frozenset({"BLINDTRANSFER", "TRANSFER"})
# LINK names the two channels that link two bridges; other methods one thing.
_LINKED = ("method", "data", "data", "wait", "talk", "position")
_NAMES = {
    "time": "time",
    "datetime": "time",
    "callid": "callid",
    "uniqueid": "callid",
    "queuename": "queue",
    "queue": "queue",
    "qname": "queue",
    "agent": "agent",
    "qagent": "agent",
    "event": "event",
    "qevent": "event",
    "data": "data",
    **{f"{name}{n}": f"data{n}" for name in ("data", "arg", "info") for n in range(1, 7)},
}
"""Names that columns of a table of the log have in databases, to what they hold."""
_NEEDED = ("time", "callid", "queue", "agent", "event")
_NOBODY = frozenset({"", "NONE"})
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
    local: bool = False
    caller: str = ""

    @property
    def time(self) -> datetime | str:
        """Return when it was written; as the clock showed it where the stamp has no offset."""
        instant = datetime.fromtimestamp(self.at, UTC)
        return instant.replace(tzinfo=None).isoformat() if self.local else instant

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Line) and self.raw == other.raw

    def __hash__(self) -> int:
        return hash(self.raw)


def in_order(request: ReadRequest, notes: list[str], counts: Counter[str]) -> Iterator[Line | Out]:
    """Yield the lines of all files in order of time, and those that cannot be read.

    Files may come in any order (a rotated log's oldest part sorts last by name), may overlap, and
    may hold lines out of order by up to a minute. What is older than that comes where it stands.
    """
    waiting: deque[Line] = deque()
    newest = -math.inf
    for line in _merged(request, notes):
        if not isinstance(line, Line):
            yield line
            continue
        if line.at >= newest:
            newest = line.at
            waiting.append(line)
        elif line.at < newest - _DAY_S:
            counts["places where the log goes back by more than a day"] += 1
            yield from waiting
            waiting.clear()
            newest = line.at
            waiting.append(line)
        else:
            late = line.at < newest - _WINDOW_S
            counts[_LATE if late else _OUT_OF_ORDER] += 1
            insort(waiting, line, key=_AT)
        while waiting[0].at < newest - _WINDOW_S or len(waiting) > _MOST_WAITING:
            yield waiting.popleft()
    yield from waiting


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
    separator = request.use.options.get("separator", ",")
    for path, file_name in zip(request.files, request.shown, strict=True):
        part = attrs.evolve(request, files=(path,), shown=(file_name,))
        names = _columns(part, separator)
        if names is None:
            for file, number, text in lines(part, notes):
                yield _line(file, number, text)
            continue
        columns = tuple(request.use.options.get("columns", ()))
        records = csv_records(part, columns=columns, separator=separator, notes=notes)
        for file, number, record in records:
            if isinstance(record, ValueError):
                yield file, number, record
            else:
                yield _line(file, number, _text(record, names))


def _columns(part: ReadRequest, separator: str) -> dict[str, str] | None:
    """Return what each column of a table of the log holds; None of a log as Asterisk writes it.

    Raises:
        SourceError: If columns are named, and one that is needed is not among them.
    """
    if not (named := part.use.options.get("columns")):
        first = next((text for _, _, text in lines(part)), "")
        if first.count("|") >= 4 and separator != "|":  # noqa: PLR2004 - as in `_line`
            return None
        try:
            named = [name.strip() for name in next(csv.reader([first], delimiter=separator), [])]
        except csv.Error:
            return None
        if not {"callid", "event"} <= {_NAMES.get(name.lower()) for name in named}:
            if not set(named) & {*_PARAMETERS, "ADDMEMBER", "CONFIGRELOAD", "QUEUESTART"}:
                return None
            named = []  # a table without its columns' names
    names = {name: _NAMES[name.lower()] for name in named if name.lower() in _NAMES}
    if missing := [name for name in _NEEDED if name not in names.values()]:
        message = f"no column holds {' and '.join(missing)}"
        hint = (
            "Name the columns in order: options = { columns = ['time', 'callid', 'queuename', "
            "'agent', 'event', 'data1'] }, and so on."
        )
        raise SourceError((Problem(message, file=part.shown[0], line=1, hint=hint),))
    return names


def _text(record: Mapping[str, str], names: Mapping[str, str]) -> str:
    """Return the line that Asterisk would have written of a row of its table."""
    fields = {names[name]: (value or "").strip() for name, value in record.items() if name in names}
    # Older tables keep all parameters in one column, with the bars between them.
    data = [fields.get(f"data{n}", "") for n in range(1, 7)]
    if not any(data):
        data = fields.get("data", "").split("|")
    while data and not data[-1]:
        data.pop()
    return "|".join([*(fields.get(name, "") for name in _NEEDED), *data])


def _line(file: str, number: int, text: str) -> Line | Out:
    if len(text) > _LONGEST:
        reason = f"the line is longer than {_LONGEST} characters"
        return file, number, ValueError(reason, text[:500])
    parts = [part.strip() for part in text.split("|")]
    missing = 5 - len(parts)  # five fields come before the parameters
    at, call, queue, agent, event, *values = parts + [""] * missing if missing > 0 else parts
    problems = []
    if missing > 0:
        problems.append("the line has fewer than five fields")
    elif not event:
        problems.append("the event is missing")
    seconds, local = _instant(at)
    if not 0 < seconds < _LAST_TIME:
        problems.append("the time is no number of seconds since 1970 and no date with a time")
    if problems:
        return file, number, ValueError("; ".join(problems), text[:500])
    person = None if agent in _NOBODY else agent
    caller = values[1] if event == "ENTERQUEUE" and len(values) > 1 else ""
    parameters = tuple(values)
    return Line(file, number, seconds, call, queue, person, event, parameters, text, local, caller)


def _instant(text: str) -> tuple[float, bool]:
    """Return seconds since 1970, and whether they are those of a clock without an offset."""
    try:
        return float(text), False
    except ValueError:
        pass
    try:
        time = datetime.fromisoformat(text)
        return (time.replace(tzinfo=time.tzinfo or UTC)).timestamp(), time.tzinfo is None
    except (ValueError, OverflowError):
        return math.nan, False


def parameters(line: Line) -> tuple[dict[str, Any], Sequence[str]]:
    """Return the parameters of a line by name, and what is wrong with them.

    Waits, talks and rings are seconds; RINGNOANSWER is written in milliseconds. ``target`` is
    where a call was put through to, ``detail`` what else the event says.
    """
    named: dict[str, Any] = {}
    problems = []
    values = line.parameters
    linked = line.event == "ATTENDEDTRANSFER" and values[:1] == ("LINK",)
    names = _LINKED if linked else _PARAMETERS[line.event]
    if len(values) < len(names):
        values += ("",) * (len(names) - len(values))
    for name, value in zip(names, values, strict=False):
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
    if line.event in _TO_EXTENSIONS:
        named["target"] = named["extension"]
        named["detail"] = "@".join(filter(None, (named["extension"], named["context"])))
    else:
        named["detail"] = named.get("key") or named.get("method")
    return named, problems
