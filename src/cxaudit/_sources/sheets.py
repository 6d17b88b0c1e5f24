"""Rows of cases and answers: CSV, TOML and XLSX read alike, each row with its place."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from cxaudit._model.long_fields import long_fields
from cxaudit.errors import Problem, SourceError, did_you_mean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "SheetColumns",
    "SheetRow",
    "cell_text",
    "digest_rows",
    "display_path",
    "in_file_order",
    "read_columns",
    "read_rows",
    "read_sheet",
]

_SEPARATORS = (",", ";", "\t")
_AT_ONCE = 500
"""Rows that are taken apart at once: so few that they are still in the processor's cache."""
_HEAD = 1_000_000
"""Characters among which the first row is looked for."""
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
    problems: list[Problem] = []
    if path.suffix.lower() == ".toml":
        data = _content(path, file, problems)
        if data is None:
            return [], problems
        return _toml_rows(data, file, table, (*columns, *toml_only))
    records = _records(path, file, table, columns, problems)
    rows = list(_sheet_rows(records, file, columns, required, problems))
    return rows, problems


@attrs.frozen(kw_only=True, eq=False)
class SheetColumns:
    """The cells of a sheet by column, without the rows whose cells are all empty.

    Attributes:
        file: The file as shown.
        tables: Column to its different cells; None for one that a row is too short to have.
        codes: Column to the position of each row's cell among them, int32.
        row: Number of each row, int64; 1 is the first row of data.
    """

    file: str
    tables: Mapping[str, Sequence[Any]]
    codes: Mapping[str, NDArray[np.int32]]
    row: NDArray[np.int64]

    def at(self, position: int) -> SheetRow:
        """Return one of the rows."""
        cells = {name: self.tables[name][codes[position]] for name, codes in self.codes.items()}
        cells = {name: cell for name, cell in cells.items() if cell is not None}
        return SheetRow(file=self.file, row=int(self.row[position]), cells=cells)

    def column(self, name: str) -> NDArray[np.int32]:
        """Return the codes of a column; all are 0 where there is no such column."""
        import numpy as np

        none = np.zeros(len(self.row), dtype=np.int32)
        return self.codes.get(name, none)


class _Coder(dict[Any, int]):
    """Numbers values in the order in which they come."""

    def __missing__(self, value: Any) -> int:
        code = self[value] = len(self)
        return code


def read_columns(
    path: Path, *, file: str, table: str, columns: Sequence[str], required: Sequence[str]
) -> SheetColumns | None:
    """Read the cells of a CSV or XLSX file; None for a TOML file, or where anything is wrong.

    What is wrong `read_sheet` says, row by row. The arguments are as there.
    """
    import numpy as np

    problems: list[Problem] = []
    if path.suffix.lower() == ".toml":
        return None
    typed = path.suffix.lower() == ".xlsx"
    records = _records(path, file, table, columns, problems)
    header = _header(records, file, columns, required, problems)
    coders = {name: _Coder() for name in header if name in columns}
    parts: dict[str, list[NDArray[np.int32]]] = {name: [] for name in coders}
    noted: list[NDArray[np.bool_]] = []
    while not problems and (batch := [record for _, record in islice(records, _AT_ONCE)]):
        cells = _by_column(batch, len(header))
        if cells is None:
            return None
        notes = np.zeros(len(batch), dtype=bool)
        for name, column in zip(header, cells, strict=True):
            if name in coders:
                keys = map(coders[name].__getitem__, map(_key, column) if typed else column)
                parts[name].append(np.fromiter(keys, dtype=np.int32, count=len(batch)))
            else:
                notes |= [cell_text(cell) != "" for cell in column]
                if not name and notes.any():
                    return None
        noted.append(notes)
    if problems or not noted:
        return None
    tables = {
        name: [key[1] if type(key) is tuple else key for key in coder]
        for name, coder in coders.items()
    }
    codes = {name: np.concatenate(column) for name, column in parts.items()}
    empty = ~np.concatenate(noted)
    for name, cells_of in tables.items():
        empty &= np.array([cell_text(cell) == "" for cell in cells_of], dtype=bool)[codes[name]]
    kept = np.flatnonzero(~empty)
    return SheetColumns(
        file=file,
        tables=tables,
        codes={name: column[kept] for name, column in codes.items()},
        row=kept + 1,
    )


def _by_column(batch: list[list[Any]], width: int) -> Iterable[tuple[Any, ...]] | None:
    """Return records by column; None where a cell stands beyond the last column."""
    if set(map(len, batch)) != {width}:
        if any(cell_text(cell) for record in batch for cell in record[width:]):
            return None
        batch = [[*record[:width], *[None] * (width - len(record))] for record in batch]
    return zip(*batch, strict=True)


def _key(cell: Any) -> Any:
    """Return what tells cells apart: the number 1 is neither the text nor True."""
    return cell if type(cell) is str else (type(cell), cell)


def _content(path: Path, file: str, problems: list[Problem]) -> bytes | None:
    """Return the bytes of a file; None, with a problem, where it cannot be read."""
    if path.exists() and not path.is_file():
        # A pipe would be waited for, a device read for ever.
        hint = "Save it as a file, and name that."
        problems.append(Problem(message="It is no regular file.", file=file, hint=hint))
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        why = "There is no such file." if missing else f"It cannot be read: {error.strerror}."
        problems.append(Problem(message=why, file=file))
        return None


def _records(
    path: Path, file: str, table: str, columns: Sequence[str], problems: list[Problem]
) -> Iterator[tuple[int, list[Any]]]:
    """Return the records of a CSV or XLSX file, each with its line; the header comes first."""
    data = _content(path, file, problems)
    suffix = path.suffix.lower()
    if data is None:
        return iter(())
    if suffix in {".csv", ".tsv", ".txt"}:
        return _csv_records(data, file, columns, problems)
    if suffix == ".xlsx":
        return _xlsx_records(path, file, table, problems)
    hint = f"The {table}s of an audit are read from .csv, .toml or .xlsx."
    message = f"{suffix or 'No'} ending is not known."
    problems.append(Problem(message=message, file=file, hint=hint))
    return iter(())


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
    longest = len(text) + 1
    # As bytes a text takes a quarter of the memory that `io.StringIO` would hold it in.
    lines = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8", newline="")
    del text
    reader = csv.reader(lines, delimiter=separator, strict=True)
    line = 1
    try:
        with long_fields(longest):
            for record in reader:
                if record:
                    yield line, record
                line = reader.line_num + 1
    except csv.Error as error:
        hint = "Each quote that opens a cell must close it; a quote inside is written twice."
        message = f"From here on the file is not CSV: {error}."
        problems.append(Problem(message=message, file=file, line=line, hint=hint))


def _separator(text: str, columns: Sequence[str]) -> str:
    """Return the separator under which the header holds most known columns, then most cells."""
    header = next((line for line in text[:_HEAD].splitlines() if line.strip()), "")

    def fit(separator: str) -> tuple[int, int]:
        names = [name.strip().strip('"').lower() for name in header.split(separator)]
        return sum(name in columns for name in names), len(names)

    return max(_SEPARATORS, key=fit)


def _xlsx_records(
    path: Path, file: str, table: str, problems: list[Problem]
) -> Iterator[tuple[int, list[Any]]]:
    from cxaudit._sources.older_workbooks import open_workbook

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
    header = _header(records, file, columns, required, problems)
    for number, (line, record) in enumerate(records if header else (), start=1):
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


def _header(
    records: Iterator[tuple[int, list[Any]]],
    file: str,
    columns: Sequence[str],
    required: Sequence[str],
    problems: list[Problem],
) -> list[str]:
    """Return the names in the first record, and say what is wrong in them; empty without any."""
    line, first = next(records, (1, []))
    header = [cell_text(cell).lower() for cell in first]
    if not any(header):
        if not problems:
            hint = f"The first row names the columns: {', '.join(columns)}."
            problems.append(Problem(message="The file is empty.", file=file, hint=hint))
        return []
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
    return header


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
    rows = [
        SheetRow(file=file, row=number, cells=cells, line=line, lines=lines, table=table)
        for number, (cells, (line, lines)) in enumerate(zip(entries, blocks, strict=True), start=1)
    ]
    for row in rows:
        problems += _unknown_keys(row, columns)
    return rows, problems


def _unknown_keys(row: SheetRow, columns: Sequence[str]) -> Iterator[Problem]:
    for key in row.cells:
        if key not in columns and not key.startswith("_"):
            hint = did_you_mean(key, columns) or f"The keys are {', '.join(columns)}."
            yield row.problem(f"{key!r} is not known.", key, hint)


def read_rows(
    records: Any, *, table: str, columns: Sequence[str], toml_only: Sequence[str] = ()
) -> tuple[list[SheetRow], list[Problem]]:
    """Return the rows of a table at hand, or of dicts, as those of a file, and what is wrong.

    Args:
        records: What `held_records` kept.
        table: What a row is, such as ``answer``; its plural is the name of the whole.
        columns: Keys that may be there, and such as begin with an underscore, which are not read.
        toml_only: Keys that no column of a sheet has.

    Returns:
        The rows, without those whose cells are all empty, and the problems.
    """
    from cxaudit._model.records import is_table
    from cxaudit._sources.tables import row_values, table_rows

    file = f"{table}s"
    problems: list[Problem] = []
    rows: list[SheetRow] = []
    try:
        entries = list(table_rows(records, file)) if is_table(records) else records
    except SourceError as error:
        return [], list(error.problems)
    for number, entry in enumerate(entries, start=1):
        cells = row_values(entry)
        if isinstance(cells, ValueError):
            where = f"{table}[{number - 1}]"
            problems.append(Problem(f"{cells}.".capitalize(), file=file, path=where))
            continue
        cells = {name: cell for name, cell in cells.items() if cell is not None}
        row = SheetRow(file=file, row=number, cells=cells, table=table)
        if any(cell_text(cell) for cell in cells.values()):
            problems += _unknown_keys(row, (*columns, *toml_only))
            rows.append(row)
    return rows, problems


def digest_rows(rows: Iterable[SheetRow]) -> str:
    """Return the SHA-256 of rows at hand: of their JSON, with sorted keys, one a line."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(dict(row.cells), sort_keys=True, default=str).encode() + b"\n")
    return digest.hexdigest()


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
