"""Excel workbooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from cxaudit._model.protocols import ReadRequest, Rows
from cxaudit._sources.files import distinct_names, problem
from cxaudit.errors import SourceError

__all__ = ["read_xlsx"]

_BEGINNINGS = (b"PK", b"\xd0\xcf\x11\xe0")
"""How packed workbooks (.xlsx, .ods) and old ones (.xls) begin."""


def read_xlsx(request: ReadRequest) -> Rows:
    """Return the rows of Excel workbooks; formulas give the values last computed.

    Options: ``sheet`` (the first when not given) or ``sheets``, a list; ``skip``, rows before
    the header. A row's number is its number in the sheet. Dates are ISO texts, an empty cell is
    null. Rows without any value are left out.

    Raises:
        SourceError: If a workbook cannot be read, a sheet is missing, or python-calamine is.
    """
    try:
        import python_calamine as calamine
    except ImportError as error:
        raise problem(
            request.files[0].name,
            "Excel workbooks need the package python-calamine",
            hint="Install it by: pip install 'cxaudit[excel]'",
        ) from error
    notes: list[str] = []
    found: list[tuple[str, list[list[Any]]]] = []
    for path, shown in zip(request.files, request.shown, strict=True):
        try:
            with calamine.CalamineWorkbook.from_path(str(path)) as book:
                for sheet in _sheets(request, shown, book.sheet_names):
                    values = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
                    place = shown if len(book.sheet_names) == 1 else f"{shown}#{sheet}"
                    found.append((place, values))
        except (calamine.CalamineError, OSError, ValueError) as error:
            raise _unreadable(path, shown, error) from error
    skip = request.use.options.get("skip", 0)
    headers = [_header(values, skip) for _, values in found]
    if not any(header for header, _ in headers):
        raise problem(found[0][0], "the sheet is empty: it has no row that names its columns")
    for (place, _), (_, renamed) in zip(found, headers, strict=True):
        notes.extend(f"{place}: {note}" for note in renamed)
    return Rows(rows=_rows(found, [header for header, _ in headers], skip), notes=tuple(notes))


def _unreadable(path: Path, shown: str, error: Exception) -> SourceError:
    with path.open("rb") as file:
        begins = file.read(8)
    if not begins.startswith(_BEGINNINGS):
        hint = "Save it as .xlsx, or name the reader that fits the file, such as reader = 'csv'."
        return problem(shown, "not an Excel workbook", hint=hint)
    hint = "Open it in the program that made it and save it again, without a password."
    return problem(shown, f"the workbook cannot be read: {error}", hint=hint)


def _sheets(request: ReadRequest, shown: str, present: list[str]) -> list[str]:
    options = request.use.options
    wanted = options.get("sheets") or ([options["sheet"]] if "sheet" in options else present[:1])
    for name in wanted:
        if name not in present:
            hint = f"It has {', '.join(map(repr, present))}."
            raise problem(shown, f"the workbook has no sheet {name!r}", hint=hint)
    return list(wanted)


def _header(values: list[list[Any]], skip: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    cells = values[skip] if len(values) > skip else []
    while cells and cells[-1] == "":
        cells = cells[:-1]
    return distinct_names(str(cell) for cell in cells)


def _rows(
    found: list[tuple[str, list[list[Any]]]], headers: list[tuple[str, ...]], skip: int
) -> Iterator[tuple[str, int, Mapping[str, Any] | ValueError]]:
    for (place, values), header in zip(found, headers, strict=True):
        for number, cells in enumerate(values[skip + 1 :], start=skip + 2):
            if all(cell == "" for cell in cells):
                continue
            if any(cell != "" for cell in cells[len(header) :]):
                written = repr([str(cell) for cell in cells])
                yield place, number, ValueError("more cells than the header has", written)
                continue
            yield place, number, dict(zip(header, map(_value, cells), strict=False))


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
