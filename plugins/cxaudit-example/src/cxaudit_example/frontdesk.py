"""The source `example.frontdesk`: front-desk books, version 1."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cxaudit.errors import Problem, SourceError
from cxaudit.plugin import ReadRequest, Rows
from cxaudit.records import lines

_DAY = re.compile(r"day (\d{4}-\d{2}-\d{2})")
_VISIT = re.compile(r"(\d{2}:\d{2}) (\d{1,5}|-) ?(.*)")

Visit = Mapping[str, str | None] | ValueError


def read_books(request: ReadRequest) -> Rows:
    """Return the visits in all books.

    A line that is no visit is refused by itself; only a file that is no book stops the reading.

    Raises:
        SourceError: While rows are taken, for a file that is no book.
    """
    notes: list[str] = []
    columns = ("arrived_at", "waited_seconds", "note")
    return Rows(rows=_visits(request, notes), columns=columns, notes=notes)


def _visits(request: ReadRequest, notes: list[str]) -> Iterator[tuple[str, int, Visit]]:
    book, day = "", ""
    for shown, number, line in lines(request, notes):
        if shown != book and line != "frontdesk 1":
            hint = "Its first line must be 'frontdesk 1'."
            raise SourceError((Problem("the file is no front-desk book", file=shown, hint=hint),))
        if line == "frontdesk 1":
            book, day = shown, ""
        elif match := _DAY.fullmatch(line):
            day = match[1]
        else:
            yield shown, number, _visit(line, day)


def _visit(line: str, day: str) -> Visit:
    match = _VISIT.fullmatch(line)
    if match is None:
        return ValueError("the line is no visit: it needs a time, seconds or '-', and a note")
    if not day:
        return ValueError("the visit stands before the first line with a day")
    clock, waited, note = match.groups()
    return {
        "arrived_at": f"{day}T{clock}:00",
        "waited_seconds": None if waited == "-" else waited,
        "note": note,
    }
