"""Cells of Excel workbooks (.xlsx), read row by row: what is not there costs nothing.

A sheet says where each of its cells stands, and one far from the others makes a table of thousands
of millions of empty ones in a reader that lays them all out.
"""

from __future__ import annotations

import math
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from xml.parsers import expat

import attrs

from cxaudit._model.packages import PackageError, opened_package, parsed

__all__ = ["Cells", "Spreadsheet"]

Cells = Mapping[int, Any]
"""A row's cells by column, counted from 0, without the empty ones."""

_MOST_BYTES, _MOST_TEXT = 4_000_000_000, 500_000_000
"""Bytes of a workbook unpacked, and of the parts of it that are held in memory."""
_ROWS, _COLUMNS = 1_048_576, 16_384
_CHUNK = 1 << 16
_REFERENCE = re.compile(r"([A-Z]{1,3})[1-9]\d*")
_ESCAPED = re.compile(r"_x(?!D[89A-F])(?!0000)([0-9A-F]{4})_", re.IGNORECASE)
"""Characters that are written as numbers; halves of pairs (surrogates) are none."""
_DATES = {*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)}
_ELAPSED = 46
"""Numbers of the formats that every workbook has (ECMA-376, part 1, 18.8.30)."""
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]|general', re.IGNORECASE)
_LAST_SERIAL = 2_958_466
_LEAP = 60
"""The day 29 February 1900, which Excel has and the calendar has not."""
_MILLISECONDS = 86_400_000


@attrs.frozen
class Spreadsheet:
    """An Excel workbook (.xlsx, .xlsm) whose sheets can be read.

    Attributes:
        path: The file.
        sheets: Each sheet's name, and the part that holds it.
    """

    path: Path
    sheets: Mapping[str, str]
    _strings: Sequence[str] = attrs.field(repr=False)
    _formats: Sequence[str] = attrs.field(repr=False)
    _from_1904: bool = attrs.field(repr=False)

    @classmethod
    def of(cls, path: Path) -> Spreadsheet:
        """Return the workbook in a file.

        Raises:
            ValueError: If it is none, holds no sheet, or is too large to be read.
        """
        with opened_package(path, _MOST_BYTES) as archive:
            names = set(archive.namelist())
            book = "xl/workbook.xml"
            if book not in names:
                msg = "it holds no workbook"
                raise PackageError(msg)
            held = (book, "xl/_rels/workbook.xml.rels", "xl/styles.xml", "xl/sharedStrings.xml")
            size = sum(archive.getinfo(name).file_size for name in held if name in names)
            if size > _MOST_TEXT:
                msg = f"its texts hold {size:,} bytes, more than {_MOST_TEXT:,}"
                raise PackageError(msg)
            roots = {name: parsed(archive.read(name)) for name in held if name in names}
            sheets = {
                name: part
                for name, part in _sheets(roots[book], roots.get(held[1]))
                if part in names
            }
        if not sheets:
            msg = "it holds no sheet"
            raise PackageError(msg)
        return cls(
            path,
            sheets,
            [_text(item) for item in _children(roots.get(held[3]), "si")],
            _kinds_of_formats(roots.get(held[2])),
            any(
                properties.get("date1904") in {"1", "true"}
                for properties in _children(roots[book], "workbookPr")
            ),
        )

    def rows(self, sheet: str) -> Iterator[tuple[int, Cells]]:
        """Yield the rows of a sheet that hold anything, each with its number, from 1.

        Dates are dates, times and spans of time as the cell's format shows them; formulas give the
        values last computed; an error of Excel's is an empty cell.

        Raises:
            ValueError: If the sheet is damaged; the rows before that come first.
        """
        reader = _Reader(self._value)
        with (
            opened_package(self.path, _MOST_BYTES) as archive,
            archive.open(self.sheets[sheet]) as part,
        ):
            while chunk := part.read(_CHUNK):
                yield from reader.feed(chunk)
            yield from reader.feed(b"", last=True)

    def _value(self, kind: str, style: int, text: str) -> Any:
        match kind:
            case "s":
                try:
                    return self._strings[int(text)]
                except IndexError:
                    msg = f"it names the text {text}, which is not there"
                    raise PackageError(msg) from None
            case "n" if text:
                number = float(text)
                if not math.isfinite(number):
                    return text
                form = self._formats[style] if style < len(self._formats) else ""
                return _moment(number, form, from_1904=self._from_1904) if form else number
            case "b":
                return text == "1"
            case "e":
                return ""
            case "d":
                return _iso(text)
        return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


class _Reader:
    """Turns the XML of a sheet into rows, as much of it as there is."""

    def __init__(self, value: Any) -> None:
        self._value = value
        self._done: list[tuple[int, Cells]] = []
        self._row, self._column, self._cells = 0, -1, dict[int, Any]()
        self._kind, self._style = "n", 0
        self._pieces: list[str] = []
        self._open = self._aside = False
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._data

    def feed(self, chunk: bytes, *, last: bool = False) -> list[tuple[int, Cells]]:
        try:
            self._parser.Parse(chunk, last)
        except (expat.ExpatError, LookupError) as error:
            msg = f"a sheet is not well formed: {error}"
            raise PackageError(msg) from error
        done, self._done = self._done, []
        return done

    def _doctype(self, name: str, *_rest: object) -> None:
        msg = f"a sheet declares a document type ({name})"
        raise PackageError(msg)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "c":
            self._column = _column(attributes["r"]) if "r" in attributes else self._column + 1
            self._kind, self._pieces = attributes.get("t", "n"), []
            self._style = int(attributes.get("s", 0))
        elif name in {"v", "t"}:
            self._open = not self._aside
        elif name == "rPh":
            self._aside = True
        elif name == "row":
            self._row = int(attributes.get("r", self._row + 1))
            if not 1 <= self._row <= _ROWS:
                msg = f"it has a row {self._row}, which is no place"
                raise PackageError(msg)
            self._column, self._cells = -1, {}

    def _end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        if name == "c":
            value = self._value(self._kind, self._style, "".join(self._pieces))
            if value != "":
                if self._column >= _COLUMNS:
                    msg = f"it has a cell in column {self._column + 1:,}, more than {_COLUMNS:,}"
                    raise PackageError(msg)
                self._cells[self._column] = value
        elif name in {"v", "t"}:
            self._open = False
        elif name == "rPh":
            self._aside = False
        elif name == "row" and self._cells:
            self._done.append((self._row, self._cells))

    def _data(self, text: str) -> None:
        if self._open:
            self._pieces.append(text)


def _column(reference: str) -> int:
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        msg = f"it has a cell at {reference[:20]!r}, which is no place"
        raise PackageError(msg)
    number = 0
    for letter in match[1]:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _children(root: Any, name: str) -> Iterator[Any]:
    for child in root if root is not None else ():
        if str(child.tag).rpartition("}")[2] == name:
            yield child


def _sheets(book: Any, relations: Any) -> Iterator[tuple[str, str]]:
    """Yield the name and part of each sheet of cells, in the workbook's order."""
    parts = {
        sheet.get("Id"): posixpath.normpath(posixpath.join("/xl", sheet.get("Target", "")))[1:]
        for sheet in _children(relations, "Relationship")
        if sheet.get("Type", "").endswith("/worksheet")
    }
    for sheets in _children(book, "sheets"):
        for sheet in _children(sheets, "sheet"):
            relation_id = next((v for k, v in sheet.attrib.items() if k.endswith("}id")), "")
            if relation_id in parts:
                yield sheet.get("name", ""), parts[relation_id]


def _text(item: Any) -> str:
    """Return a shared text: its runs joined, without readings beside them."""
    runs = (item, *_children(item, "r"))
    text = "".join(t.text or "" for run in runs for t in _children(run, "t"))
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def _kinds_of_formats(styles: Any) -> list[str]:
    """Return, per format of a cell, ``date``, ``elapsed`` or nothing."""
    written = {
        int(cell_format.get("numFmtId", 0)): cell_format.get("formatCode", "")
        for group in _children(styles, "numFmts")
        for cell_format in group
    }
    kinds = []
    for group in _children(styles, "cellXfs"):
        for cell_format in _children(group, "xf"):
            number = int(cell_format.get("numFmtId", 0))
            if number in written:
                kinds.append(_kind(written[number]))
            else:
                kinds.append(
                    "elapsed" if number == _ELAPSED else "date" if number in _DATES else ""
                )
    return kinds


def _kind(code: str) -> str:
    plain = _LITERAL.sub("", code).partition(";")[0].lower()
    if "[" in plain:
        return "elapsed"
    return "date" if re.search("[dmyhs]", plain) else ""


def _moment(number: float, form: str, *, from_1904: bool) -> Any:
    """Return what a date's number stands for; a number that is no date stays one."""
    if not 0 <= number < _LAST_SERIAL:
        return number
    span = timedelta(milliseconds=round(number * _MILLISECONDS))
    if form == "elapsed":
        return span
    if number < 1:
        return (datetime(1900, 1, 1) + span).time()  # noqa: DTZ001
    start = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 30)  # noqa: DTZ001
    moment = start + span + timedelta(days=0 if from_1904 or number >= _LEAP else 1)
    return moment.date() if number.is_integer() else moment


def _iso(text: str) -> date | datetime | time | str:
    for kind in (date, datetime, time):
        try:
            return kind.fromisoformat(text)
        except ValueError:
            continue
    return text
