"""The source `example.frontdesk`: front-desk books, version 1."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from cxaudit.errors import Problem, SourceError
from cxaudit.plugin import ReadRequest, Rows

_LONGEST_LINE = 10_000  # bytes; the tablet ends a note at 500 characters
_DAY = re.compile(r"day (\d{4}-\d{2}-\d{2})")
_VISIT = re.compile(r"(\d{2}:\d{2}) (\d{1,5}|-) ?([^\x00-\x08\x0b-\x1f]*)")

Row = tuple[str, int, Mapping[str, str | None] | ValueError]


def read(request: ReadRequest) -> Rows:
    """Return the visits in all books.

    A line that is no visit is refused by itself; only a file that is no book stops the reading.

    Raises:
        SourceError: While rows are taken, for a file that is no book.
    """
    encoding = request.use.options.get("encoding", "utf-8-sig")
    files = zip(request.files, request.shown, strict=True)
    return Rows(rows=(row for file, shown in files for row in _rows(file, shown, encoding)))


def _rows(file: Path, shown: str, encoding: str) -> Iterator[Row]:
    day: str | None = None
    with file.open("rb") as book:
        for number, line in enumerate(_lines(book.readline), 1):
            try:
                if len(line) > _LONGEST_LINE:
                    msg = f"the line is longer than {_LONGEST_LINE} bytes"
                    raise ValueError(msg)  # noqa: TRY301
                text = line.decode(encoding).rstrip("\r\n")
            except ValueError as error:
                if number == 1:
                    raise _no_book(shown) from error
                yield shown, number, ValueError(str(error))
                continue
            if number == 1 and text != "frontdesk 1":
                raise _no_book(shown)
            if text == "frontdesk 1":
                day = None
            elif match := _DAY.fullmatch(text):
                day = match[1]
            elif text.strip():
                yield shown, number, _visit(text, day)
    if not file.stat().st_size:
        raise _no_book(shown)


def _lines(readline: object) -> Iterator[bytes]:
    """Yield lines; of one that is too long only its beginning, so that memory stays bounded."""
    assert callable(readline)
    while line := readline(_LONGEST_LINE + 1):
        yield line
        while not line.endswith(b"\n") and len(line) > _LONGEST_LINE:
            line = readline(_LONGEST_LINE + 1)


def _visit(text: str, day: str | None) -> Mapping[str, str | None] | ValueError:
    match = _VISIT.fullmatch(text)
    if match is None:
        return ValueError("the line is no visit: it needs a time, seconds or '-', and a note")
    if day is None:
        return ValueError("the visit stands before the first line with a day")
    clock, waited, note = match.groups()
    return {
        "arrived_at": f"{day}T{clock}:00",
        "waited_seconds": None if waited == "-" else waited,
        "note": note,
    }


def _no_book(shown: str) -> SourceError:
    hint = "Its first line must be 'frontdesk 1'."
    return SourceError((Problem("the file is no front-desk book", file=shown, hint=hint),))
