"""Cells of workbooks that are not .xlsx (.xls, .ods), by python-calamine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

import attrs

from cxaudit._model.packages import PackageError, opened_package
from cxaudit._sources.spreadsheets import Cells, Spreadsheet

__all__ = ["OlderWorkbook", "open_workbook"]

_MOST_CELLS = 20_000_000
"""Cells of the rectangle that a sheet is laid out in; calamine holds all of them in memory."""
_MOST_BYTES = 1_000_000_000
_PACKAGE, _COMPOUND = b"PK", b"\xd0\xcf\x11\xe0"
_CHUNK = 1 << 16


@attrs.frozen
class OlderWorkbook:
    """A workbook that python-calamine reads.

    Attributes:
        path: The file.
        sheets: Names of its sheets.
    """

    path: Path
    sheets: tuple[str, ...]

    @classmethod
    def of(cls, path: Path) -> OlderWorkbook:
        """Return the workbook in a file.

        Raises:
            ImportError: If python-calamine is missing.
            ValueError: If it is none that can be read.
        """
        import python_calamine

        try:
            with python_calamine.CalamineWorkbook.from_path(str(path)) as book:
                return cls(path, tuple(book.sheet_names))
        except (python_calamine.CalamineError, OSError) as error:
            raise ValueError(str(error)) from error

    def rows(self, sheet: str) -> Iterator[tuple[int, Cells]]:
        """Yield the rows of a sheet that hold anything, each with its number, from 1.

        Raises:
            ValueError: If the sheet cannot be read.
        """
        import python_calamine

        try:
            with python_calamine.CalamineWorkbook.from_path(str(self.path)) as book:
                values = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        except (python_calamine.CalamineError, OSError) as error:
            raise ValueError(str(error)) from error
        for number, cells in enumerate(values, start=1):
            filled = {column: cell for column, cell in enumerate(cells) if cell != ""}
            if filled:
                yield number, filled


def open_workbook(path: Path) -> Spreadsheet | OlderWorkbook:
    """Return the workbook in a file: .xlsx, .xlsm, .xls or .ods, whatever its name.

    Raises:
        ImportError: If it needs python-calamine, which is missing.
        ValueError: If it is none, or cannot be read.
    """
    with path.open("rb") as file:
        begins = file.read(8)
    if begins.startswith(_PACKAGE):
        with opened_package(path, _MOST_BYTES * 4) as archive:
            names = set(archive.namelist())
        if "content.xml" not in names or "xl/workbook.xml" in names:
            return Spreadsheet.of(path)
        _measure(path)
    elif not begins.startswith(_COMPOUND):
        msg = "it is no Excel workbook"
        raise PackageError(msg)
    return OlderWorkbook.of(path)


def _measure(path: Path) -> None:
    """Refuse an .ods file of which a sheet reaches too far, before it is laid out."""
    with opened_package(path, _MOST_BYTES) as archive, archive.open("content.xml") as content:
        reader = _Extent()
        while chunk := content.read(_CHUNK):
            reader.feed(chunk)


class _Extent:
    """How far the filled cells of each table reach, as the table is read."""

    def __init__(self) -> None:
        self._row = self._rows = self._column = self._columns = self._reach = self._widest = 0
        self._parser = expat.ParserCreate()
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start

    def feed(self, chunk: bytes) -> None:
        try:
            self._parser.Parse(chunk)
        except (expat.ExpatError, LookupError) as error:
            msg = f"a sheet is not well formed: {error}"
            raise PackageError(msg) from error

    def _doctype(self, name: str, *_rest: object) -> None:
        msg = f"a sheet declares a document type ({name})"
        raise PackageError(msg)

    def _start(self, name: str, attributes: dict[str, Any]) -> None:
        match name.rpartition(":")[2]:
            case "table":
                self._row = self._rows = self._reach = self._widest = 0
            case "table-row":
                self._row += self._rows
                self._rows = int(attributes.get("table:number-rows-repeated", 1))
                self._column = self._columns = 0
            case "table-cell" | "covered-table-cell":
                self._column += self._columns
                self._columns = int(attributes.get("table:number-columns-repeated", 1))
                if "office:value-type" in attributes or "calcext:value-type" in attributes:
                    self._reached()
            case "p":
                self._reached()

    def _reached(self) -> None:
        self._reach = max(self._reach, self._row + self._rows)
        self._widest = max(self._widest, self._column + self._columns)
        if self._reach * self._widest > _MOST_CELLS:
            msg = (
                f"a sheet reaches to row {self._reach:,} and column {self._widest:,}; delete what "
                "stands far from the table"
            )
            raise PackageError(msg)
