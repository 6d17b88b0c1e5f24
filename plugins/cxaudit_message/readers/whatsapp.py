"""Reads chats that WhatsApp exports as text, of both platforms.

Android writes ``02/03/2026, 09:15 - Ann: Hello``, iOS ``[02/03/2026, 09:15:33] Ann: Hello``. Order
and marks of the date are those of the telephone, and so is its clock of 12 or 24 hours. Lines that
begin with no time go on with the message before them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any

import attrs

from cxaudit.errors import Problem, SourceError
from cxaudit.plugin import Marks, ReadRequest, Rows
from cxaudit.records import lines
from cxaudit_message.readers.markers import WHATSAPP
from cxaudit_message.readers.turns import COLUMNS, FileName, Row, Speakers, readers_of

__all__ = ["read"]

# U+202F stands before AM and PM on newer telephones, U+200E before what the program itself writes.
_HEAD = re.compile(
    r"\u200e?\[?(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})\.?,?[ \u202f]"
    r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:[ \u202f\u00a0]?([AaPp])\.?[ \u00a0\u202f]?[Mm]\.?)?"
    r"(?:\][ ]|[ ]-[ ])(.*)",
    re.DOTALL,
)
_AUTHOR = re.compile(r"([^:\n]{1,100}): ?(.*)", re.DOTALL)
_MEDIA = re.compile(
    r"<[^<>\n]{3,60}>|\S+( \S+){0,2} (omitted|weggelassen|omitid[oa]|omis[e]?)"
    r"|[^\n]+ \((file attached|Datei angehängt|archivo adjunto|fichier joint)\)(\n.*)?",
    re.DOTALL,
)
_DELETED = re.compile(
    r"(This message was deleted|You deleted this message|Diese Nachricht wurde gelöscht"
    r"|Du hast diese Nachricht gelöscht)\.?( \S+)?"
)
_EDITED = re.compile(r"\s*\u200e?<(This message was edited|Diese Nachricht wurde bearbeitet)>\s*$")
_ORDERS = {"dmy": (2, 1, 0), "mdy": (2, 0, 1), "ymd": (0, 1, 2)}
"""Where year, month and day stand."""
_NOON, _CENTURY, _HUNDRED, _RAW = 12, 2000, 100, 500


@attrs.define
class _Entry:
    """A message as it stands: its line, its time as written, and what follows it."""

    line: int
    date: tuple[int, int, int]
    mark: str
    clock: tuple[int, int, int]
    half: str
    words: list[str]

    def at(self, order: str) -> dt.datetime | None:
        """Return the local time that it writes; None if there is no such time."""
        year, month, day = (self.date[position] for position in _ORDERS[order])
        hour, minute, second = self.clock
        if self.half:
            if not 1 <= hour <= _NOON:
                return None
            hour = hour % _NOON + (_NOON if self.half.lower() == "p" else 0)
        year += _CENTURY if year < _HUNDRED else 0
        try:
            return dt.datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - local
        except ValueError:
            return None


def read(request: ReadRequest) -> Rows:
    """Return the messages of chats, one file a chat."""
    notes: list[str] = []
    marks = Marks(WHATSAPP)
    speakers, names = readers_of(request)
    reader = _Reader(request.use.options, speakers, names, marks)

    def rows() -> Iterator[Row]:
        for file_name, group in groupby(lines(request, notes), key=lambda line: line[0]):
            yield from reader.file(file_name, [(number, text) for _, number, text in group])
        notes.extend((*speakers.notes(), *names.notes()))

    columns = (*COLUMNS, "customer_key", "agent")
    return Rows(rows=rows(), columns=columns, notes=notes, marked=marks.records)


@attrs.define
class _Reader:
    """Reads files of one source."""

    options: Any
    speakers: Speakers
    names: FileName
    marks: Marks

    def file(self, file_name: str, numbered: Sequence[tuple[int, str]]) -> Iterator[Row]:
        """Yield the rows of one chat: messages are counted from 1, those left out among them."""
        entries = list(_entries(numbered))
        if not entries:
            reason = "no line begins with a date and a time as a chat of WhatsApp has them"
            text = numbered[0][1] if numbered else ""
            yield file_name, 1, ValueError(reason, text[:_RAW])
            return
        order = self.options.get("date_order") or _order(file_name, entries)
        chat, _ = self.names.read(file_name)
        part, position, last = 1, 0, None
        for number, entry in enumerate(entries, start=1):
            at = entry.at(order)
            author, body = self._told(entry)
            if at is None:
                reason = f"line {entry.line}: there is no such time in the order {order}"
                yield file_name, number, ValueError(reason, "\n".join(entry.words)[:_RAW])
                continue
            if rule := self._rule(author, body):
                yield file_name, number, self.marks.left_out(rule)
                continue
            pause = self.options.get("new_thread_after_hours")
            if pause and last is not None and at - last > dt.timedelta(hours=pause):
                part, position = part + 1, 0
            last, position = at, position + 1
            thread = f"{chat}#{part}" if pause else chat
            row = self._row(thread, position, author, body)
            yield file_name, number, {**row, "sent_at": at.isoformat(), "file": file_name}

    def _told(self, entry: _Entry) -> tuple[str, str]:
        """Return who wrote a message, and its words; no author of lines of the program."""
        text = "\n".join(entry.words)
        match = _AUTHOR.fullmatch(text)
        if match is None:
            return "", text
        return match[1].strip("\u200e\u202a\u202c ~\u202f"), _EDITED.sub("", match[2])

    def _rule(self, author: str, body: str) -> str:
        """Return the rule by which a message is left out; empty if it is not."""
        words = body.strip("\u200e \n")
        if not author:
            return "system"
        if _DELETED.fullmatch(words):
            return "deleted"
        if _MEDIA.fullmatch(words):
            return ""
        return "system" if body.startswith("\u200e") else ""

    def _row(self, thread: str, position: int, author: str, body: str) -> dict[str, Any]:
        key = f"{thread}#{position}"
        others = self.options.get("others")
        if others and not self.speakers.knows(author):
            role: str | None = others
        else:
            role = self.speakers.role(author, key)
        words = body.strip("\u200e \n")
        if _MEDIA.fullmatch(words):
            self.marks.count("media")
        return {
            "message_id": key,
            "thread_id": thread,
            "position": position,
            "author_role": role,
            "customer_key": author if role == "customer" else None,
            "agent": author if role == "agent" else None,
            "channel": "chat",
            "touchpoint": "message.chat",
            "body": words,
            "is_auto": None if role is None else role in {"bot", "system"},
            "speaker": author,
        }


def _entries(numbered: Sequence[tuple[int, str]]) -> Iterator[_Entry]:
    entry: _Entry | None = None
    last = 0
    for number, text in numbered:
        empty, last = number - last - 1, number
        if match := _HEAD.fullmatch(text.lstrip("\ufeff")):
            if entry is not None:
                yield entry
            first, mark, second, third, hour, minute, seconds, half, words = match.groups()
            entry = _Entry(
                line=number,
                date=(int(first), int(second), int(third)),
                mark=mark,
                clock=(int(hour), int(minute), int(seconds or 0)),
                half=half or "",
                words=[words],
            )
        elif entry is not None:
            entry.words += [*([""] * empty), text]
    if entry is not None:
        yield entry


def _order(file_name: str, entries: Sequence[_Entry]) -> str:
    """Return the order of day, month and year: the one in which all times are, one after another.

    Raises:
        SourceError: If two orders fit as well, and lead to other days.
    """
    if max(entry.date[0] for entry in entries) > _HUNDRED:
        return "ymd"
    if entries[0].mark == ".":
        return "dmy"  # where dots stand between, the day comes first
    fitting = []
    for order in ("dmy", "mdy"):
        times = [at for entry in entries if (at := entry.at(order)) is not None]
        if len(times) == len(entries):
            late = sum(later < at for at, later in pairwise(times))
            fitting.append((late, order))
    if not fitting:
        return "dmy"
    fitting.sort()
    if len(fitting) > 1 and fitting[0][0] == fitting[1][0]:
        if all(entry.at("dmy") == entry.at("mdy") for entry in entries):
            return "dmy"
        cause = f"the dates of {file_name} may have the day or the month first, and both fit"
        hint = 'Say which by the option date_order, as in `options = { date_order = "dmy" }`.'
        raise SourceError((Problem(cause, hint=hint),))
    return fitting[0][1]
