"""Excel workbooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs

from cxaudit._model.protocols import ReadRequest, Rows
from cxaudit._model.said import Said
from cxaudit._sources.files import distinct_names, problem
from cxaudit._sources.older_workbooks import OlderWorkbook, open_workbook
from cxaudit._sources.spreadsheets import Spreadsheet

__all__ = ["read_xlsx"]

_BEGINNINGS = (b"PK", b"\xd0\xcf\x11\xe0")
"""How packed workbooks (.xlsx, .ods) and old ones (.xls) begin."""
_GAP = 100
"""Columns without a name after which a header ends."""


def read_xlsx(request: ReadRequest) -> Rows:
    """Return the rows of Excel workbooks; formulas give the values last computed.

    Options: ``sheet`` (the first when not given) or ``sheets``, a list; ``skip``, rows before
    the header. A row's number is its number in the sheet. Dates are ISO texts, an empty cell is
    null. Rows without any value are left out.

    Raises:
        SourceError: If a workbook cannot be read, a sheet is missing, or python-calamine is, which
            .xls and .ods need.
    """
    skip = request.use.options.get("skip", 0)
    sheets_read: list[_Sheet] = []
    for path, label in zip(request.files, request.shown, strict=True):
        with _naming(path, label):
            book = open_workbook(path)
            names = list(book.sheets)
            for sheet in _sheets(request, label, names):
                position = label if len(names) == 1 else f"{label}#{sheet}"
                sheets_read.append(_Sheet(path, position, book, sheet, *_header(book, sheet, skip)))
    if not any(sheet.header for sheet in sheets_read):
        raise problem(
            sheets_read[0].label, "the sheet is empty: it has no row that names its columns"
        )
    notes = (
        Said("in-file", file=sheet.label, note=note)
        for sheet in sheets_read
        for note in sheet.notes
    )
    columns = dict.fromkeys(name for sheet in sheets_read for name in sheet.header)
    return Rows(rows=_rows(sheets_read, skip), notes=tuple(notes), columns=tuple(columns))


@attrs.frozen
class _Sheet:
    path: Path
    label: str
    book: Spreadsheet | OlderWorkbook
    name: str
    header: tuple[str, ...]
    notes: tuple[str, ...]


@contextmanager
def _naming(path: Path, name: str) -> Iterator[None]:
    """Say of a workbook that cannot be read which one it is."""
    try:
        yield
    except ImportError as error:
        raise problem(
            name,
            "workbooks of this kind need the package python-calamine",
            hint="Install it by: pip install 'cxaudit[excel]', or save it as .xlsx.",
        ) from error
    except (OSError, ValueError) as error:
        with path.open("rb") as file:
            begins = file.read(8)
        if not begins.startswith(_BEGINNINGS):
            hint = (
                "Save it as .xlsx, or name the reader that fits the file, such as reader = 'csv'."
            )
            raise problem(name, "not an Excel workbook", hint=hint) from error
        hint = "Open it in the program that made it and save it again, without a password."
        raise problem(name, f"the workbook cannot be read: {error}", hint=hint) from error


def _sheets(request: ReadRequest, label: str, present: list[str]) -> list[str]:
    options = request.use.options
    wanted = options.get("sheets") or ([options["sheet"]] if "sheet" in options else present[:1])
    for name in wanted:
        if name not in present:
            hint = f"It has {', '.join(map(repr, present))}."
            raise problem(label, f"the workbook has no sheet {name!r}", hint=hint)
    return list(wanted)


def _header(
    book: Spreadsheet | OlderWorkbook, sheet: str, skip: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names in the first row behind those skipped, and what is said of them.

    They end where a hundred columns in a row have none: what is beyond names no column.
    """
    number, cells = next(
        ((number, cells) for number, cells in book.rows(sheet) if number > skip), (0, {})
    )
    if number != skip + 1:
        return (), ()
    end = 0
    for column in sorted(cells):
        if column - end > _GAP:
            names, notes = distinct_names(str(cells.get(at, "")) for at in range(end))
            far = (
                f"column {column + 1}, {str(cells[column])!r} in the file, is far off and not read"
            )
            return names, (*notes, far)
        end = column + 1
    return distinct_names(str(cells.get(at, "")) for at in range(end))


def _rows(
    sheets_read: list[_Sheet], skip: int
) -> Iterator[tuple[str, int, Mapping[str, Any] | ValueError]]:
    for sheet in sheets_read:
        width = len(sheet.header)
        with _naming(sheet.path, sheet.label):
            for number, written in sheet.book.rows(sheet.name):
                cells = {at: cell for at, cell in written.items() if not _is_blank(cell)}
                if number <= skip + 1 or not cells:
                    continue
                if any(column >= width for column in cells):
                    texts = repr([str(cells[column]) for column in sorted(cells)])
                    reason = ValueError("more cells than the header has", texts)
                    yield sheet.label, number, reason
                    continue
                yield (
                    sheet.label,
                    number,
                    {name: _value(cells.get(at, "")) for at, name in enumerate(sheet.header)},
                )


def _is_blank(cell: Any) -> bool:
    return isinstance(cell, str) and not cell.strip()


def _value(cell: Any) -> Any:
    if cell == "":
        return None
    if isinstance(cell, bool):
        return cell
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if isinstance(cell, timedelta):
        return str(cell.total_seconds())
    return cell.isoformat(sep=" ") if hasattr(cell, "hour") and hasattr(cell, "year") else cell
