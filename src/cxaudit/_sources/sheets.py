"""Rows of cases and answers: CSV, TOML and XLSX read alike, each row with its place."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from cxaudit._sources.older_workbooks import open_workbook
from cxaudit.errors import Problem, did_you_mean

__all__ = ["SheetRow", "cell_text", "display_path", "in_file_order", "read_sheet"]

_SEPARATORS = (",", ";", "\t")
_WIDEST = 500
"""Columns of a sheet that are looked at; what stands further off is under no column."""


@attrs.frozen(kw_only=True)
class SheetRow:
    """One row of a file, and where it stands.

    Attributes:
        file: The file as shown.
        row: Its number there; 1 is the first row of data.
        cells: Column to value: text from CSV, typed values from TOML and XLSX. An empty cell is
            the empty text; a TOML key that is left out is absent.
        line: Line in the file, counted from 1; None when it cannot be told.
        lines: Column to line, where columns stand on lines of their own (TOML).
        table: Name of the TOML table; empty for sheets.
    """

    file: str
    row: int
    cells: Mapping[str, Any]
    line: int | None = None
    lines: Mapping[str, int] = attrs.field(factory=dict)
    table: str = ""

    @property
    def position(self) -> str:
        """Return the row in words, for messages about another row."""
        return f"row {self.row} of {self.file}"

    def text(self, column: str) -> str:
        """Return a cell as trimmed text; empty when it is empty or absent."""
        return cell_text(self.cells.get(column))

    def could_hold(self, column: str) -> bool:
        """Tell whether the row has a place for a column; a sheet without it has said so once."""
        return bool(self.table) or column in self.cells

    def problem(self, message: str, column: str = "", hint: str = "") -> Problem:
        """Return a problem of this row, placed at a column."""
        if self.table:
            path = f"{self.table}[{self.row - 1}]" + (f".{column}" if column else "")
        else:
            path = f"row {self.row}" + (f", column {column}" if column else "")
        line = self.lines.get(column, self.line)
        return Problem(message=message, file=self.file, line=line, path=path, hint=hint)


def cell_text(value: object) -> str:
    """Return a cell's value as trimmed text: whole floats without their ``.0``, None as empty."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def display_path(path: Path, folder: Path) -> str:
    """Return a path as messages show it: relative to the audit's folder where it lies inside."""
    try:
        return path.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError:
        return str(path)


def in_file_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems of one file by line; those of the whole file come first."""
    return sorted(problems, key=lambda problem: problem.line or 0)


def read_sheet(
    path: Path,
    *,
    file: str,
    table: str,
    columns: Sequence[str],
    required: Sequence[str],
    toml_only: Sequence[str] = (),
) -> tuple[list[SheetRow], list[Problem]]:
    """Read the rows of a CSV, TOML or XLSX file, and what is wrong with the file itself.

    Args:
        path: The file.
        file: Its name in messages.
        table: Name of the TOML tables, and of the sheet to prefer in a workbook.
        columns: Columns that may be there. A further one is a problem, unless its name begins
            with an underscore: that is a note of the user's own and is not read.
        required: Columns that a sheet must have.
        toml_only: Keys that only a TOML table may have.

    Returns:
        The rows, without those whose cells are all empty, and the problems.
    """
    if path.exists() and not path.is_file():
        # A pipe would be waited for, a device read for ever.
        hint = "Save it as a file, and name that."
        return [], [Problem(message="It is no regular file.", file=file, hint=hint)]
    try:
        data = path.read_bytes()
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        why = "There is no such file." if missing else f"It cannot be read: {error.strerror}."
        return [], [Problem(message=why, file=file)]
    suffix = path.suffix.lower()
    if suffix == ".toml":
        return _toml_rows(data, file, table, (*columns, *toml_only))
    problems: list[Problem] = []
    if suffix in {".csv", ".tsv", ".txt"}:
        records = _csv_records(data, file, columns, problems)
    elif suffix == ".xlsx":
        records = _xlsx_records(path, file, table, problems)
    else:
        hint = f"The {table}s of an audit are read from .csv, .toml or .xlsx."
        return [], [Problem(message=f"{suffix or 'No'} ending is not known.", file=file, hint=hint)]
    rows = list(_sheet_rows(records, file, columns, required, problems))
    return rows, problems


def _decoded(data: bytes, file: str, problems: list[Problem]) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        hint = "It looks like Windows-1252, as older Excel writes it. Save it as CSV UTF-8."
        problems.append(Problem(message="The file is not UTF-8.", file=file, line=line, hint=hint))
        return data.decode("cp1252", errors="replace")


def _csv_records(
    data: bytes, file: str, columns: Sequence[str], problems: list[Problem]
) -> Iterator[tuple[int, list[Any]]]:
    text = _decoded(data, file, problems)
    if "\0" in text:
        hint = "Is it a workbook with another ending? Save it as CSV UTF-8."
        problems.append(Problem(message="The file is no text.", file=file, hint=hint))
        return
    separator = _separator(text, columns)
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            hint = "Each quote that opens a cell must close it; a quote inside is written twice."
            message = f"From here on the file is not CSV: {error}."
            problems.append(Problem(message=message, file=file, line=line, hint=hint))
            return
        if record:
            yield line, list(record)
        line = reader.line_num + 1


def _separator(text: str, columns: Sequence[str]) -> str:
    """Return the separator under which the header holds most known columns, then most cells."""
    header = next((line for line in text.splitlines() if line.strip()), "")

    def fit(separator: str) -> tuple[int, int]:
        names = [name.strip().strip('"').lower() for name in header.split(separator)]
        return sum(name in columns for name in names), len(names)

    return max(_SEPARATORS, key=fit)


def _xlsx_records(
    path: Path, file: str, table: str, problems: list[Problem]
) -> Iterator[tuple[int, list[Any]]]:
    try:
        book = open_workbook(path)
        names = list(book.sheets)
        named = [name for name in names if name.lower() in {table, f"{table}s"}]
        if len(names) > 1 and len(named) != 1:
            hint = f"Name one sheet {table}s; the workbook has {', '.join(names)}."
            message = f"Which sheet holds the {table}s cannot be told."
            problems.append(Problem(message=message, file=file, hint=hint))
            return
        line = 0
        for number, cells in book.rows((named or names)[0]):
            for empty in range(line + 1, number):
                yield empty, []
            end = min(max(cells), _WIDEST - 1) + 1
            far = [cell for column, cell in cells.items() if column >= _WIDEST][:1]
            yield number, [*(cells.get(column, "") for column in range(end)), *far]
            line = number
    except ImportError:
        hint = 'Install it by: pip install "cxaudit[excel]", or save the file as .xlsx.'
        message = "Reading this workbook needs python-calamine, which is not installed."
        problems.append(Problem(message=message, file=file, hint=hint))
    except (OSError, ValueError) as error:
        message = f"The workbook cannot be read: {error}."
        problems.append(Problem(message=message, file=file))


def _sheet_rows(
    records: Iterator[tuple[int, list[Any]]],
    file: str,
    columns: Sequence[str],
    required: Sequence[str],
    problems: list[Problem],
) -> Iterator[SheetRow]:
    line, first = next(records, (1, []))
    header = [cell_text(cell).lower() for cell in first]
    if not any(header):
        if not problems:
            hint = f"The first row names the columns: {', '.join(columns)}."
            problems.append(Problem(message="The file is empty.", file=file, hint=hint))
        return
    problems.extend(
        Problem(message=f"Column {name!r} is there twice.", file=file, line=line, column=None)
        for name in dict.fromkeys(header)
        if name and header.count(name) > 1
    )
    for name in dict.fromkeys(header):
        if name and name not in columns and not name.startswith("_"):
            near = did_you_mean(name, columns)
            hint = near or "A column of your own begins with an underscore; it is then not read."
            message = f"Column {name!r} is not known."
            problems.append(Problem(message=message, file=file, line=line, hint=hint))
    for name in required:
        if name not in header:
            hint = f"The columns are {', '.join(columns)}."
            message = f"There is no column {name!r}."
            problems.append(Problem(message=message, file=file, line=line, hint=hint))
    for number, (line, record) in enumerate(records, start=1):
        filled = [cell_text(cell) != "" for cell in record]
        if not any(filled):
            continue
        named = {name: cell for name, cell in zip(header, record, strict=False) if name in columns}
        row = SheetRow(file=file, row=number, cells=named, line=line)
        width = len(header)
        if any(filled[width:]) or any(
            full and not name for full, name in zip(filled, header, strict=False)
        ):
            hint = "A text that holds the separator must stand in double quotes."
            problems.append(row.problem("The row has a cell under no column.", hint=hint))
        yield row


def _toml_rows(
    data: bytes, file: str, table: str, columns: Sequence[str]
) -> tuple[list[SheetRow], list[Problem]]:
    import tomli

    problems: list[Problem] = []
    text = _decoded(data, file, problems)
    try:
        document = tomli.loads(text)
    except RecursionError:
        problems.append(Problem(message="The file nests its values too deeply.", file=file))
        return [], problems
    except tomli.TOMLDecodeError as error:
        where = re.search(r"line (\d+), column (\d+)", str(error))
        line, column = (int(where[1]), int(where[2])) if where else (None, None)
        message = re.sub(r" \(at .*\)$", ".", str(error))
        problems.append(Problem(message=message, file=file, line=line, column=column))
        return [], problems
    for key in document:
        if key not in {table, "cxaudit"}:
            hint = f"{table.capitalize()}s are written as [[{table}]] tables."
            problems.append(Problem(message=f"{key!r} is not known.", file=file, hint=hint))
    entries = document.get(table, [])
    if not isinstance(entries, list) or not all(isinstance(cells, dict) for cells in entries):
        hint = f"Write [[{table}]] with two pairs of brackets."
        problems.append(
            Problem(
                message=f"[{table}] is one table, not a list.", file=file, path=table, hint=hint
            )
        )
        return [], problems
    blocks = _toml_blocks(text, table)
    if len(blocks) != len(entries):  # inline arrays, or a header inside a text: lines unknown
        blocks = [(None, {})] * len(entries)
    rows = []
    for number, (cells, (line, lines)) in enumerate(zip(entries, blocks, strict=True), start=1):
        row = SheetRow(file=file, row=number, cells=cells, line=line, lines=lines, table=table)
        for key in cells:
            if key not in columns and not key.startswith("_"):
                hint = did_you_mean(key, columns) or f"The keys are {', '.join(columns)}."
                problems.append(row.problem(f"{key!r} is not known.", key, hint))
        rows.append(row)
    return rows, problems


def _toml_blocks(text: str, table: str) -> list[tuple[int | None, dict[str, int]]]:
    """Return, per ``[[table]]`` header, its line and the lines of the keys below it."""
    blocks: list[tuple[int | None, dict[str, int]]] = []
    header = re.compile(rf"\s*\[\[\s*{table}\s*\]\]")
    key = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")
    for number, line in enumerate(text.splitlines(), start=1):
        if header.match(line):
            blocks.append((number, {}))
        elif blocks and (match := key.match(line)):
            blocks[-1][1].setdefault(match[1], number)
    return blocks
