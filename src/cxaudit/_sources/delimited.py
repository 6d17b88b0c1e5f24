"""CSV files, of any separator and encoding, plain or packed by gzip."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from cxaudit._model.engine import Scan
from cxaudit._model.long_fields import long_fields
from cxaudit._model.protocols import ReadRequest
from cxaudit._model.said import Said
from cxaudit._sources.files import distinct_names, joined_names, problem
from cxaudit._sources.text import lines_start, prepare

__all__ = ["read_csv"]

_SEPARATORS = (",", ";", "\t", "|")
_LINES = 20
_FIELD = 1 << 27


def read_csv(request: ReadRequest) -> Scan:
    """Return the scan of CSV files.

    Options: ``separator`` (found by itself when not given), ``quote`` (``"``; empty for none),
    ``header`` (true), ``skip`` (lines before the header), ``encoding``. The scan's options also
    hold ``columns``: for each file the names of its columns in their order.

    Raises:
        SourceError: If a file cannot be read, or none has columns.
    """
    options = request.use.options
    quote, header = options.get("quote", '"'), options.get("header", True)
    labels = request.shown
    files, digests, columns, separators, skips = [], [], [], [], []
    notes: list[str] = []
    for path, name in zip(request.files, labels, strict=True):
        text = prepare(path, name, request.scratch, options.get("encoding"))
        files.append(text.path)
        digests.append(text.digest)
        notes.extend(text.notes)
        lines = lines_start(text.path).splitlines(keepends=True)
        skip = options.get("skip", 0)
        while skip < len(lines) and not lines[skip].strip("\r\n"):
            skip += 1  # blank lines before the header
        start = "".join(lines[skip:])
        skips.append(skip)
        separator = options.get("separator") or _separator(start, quote)
        separators.append(separator)
        names, renamed = _columns(start, separator, quote, header=header)
        columns.append(names)
        notes.extend(Said("in-file", file=name, note=note) for note in renamed)
        if not names:
            notes.append(Said("in-file", file=name, note=Said("file-empty")))
    if not any(columns):
        raise problem(
            labels[0],
            "the file is empty: it has no line that names its columns",
            hint="Export it again, or leave it out of the source's path.",
        )
    return Scan(
        format="csv",
        files=tuple(files),
        shown=labels,
        digests=tuple(digests),
        options={
            "separator": separators[0] if len(set(separators)) == 1 else tuple(separators),
            "quote": quote,
            "header": header,
            "skip": tuple(skips),
            "columns": tuple(columns),
        },
        columns=joined_names(columns, labels),
        notes=tuple(notes),
    )


def _separator(text: str, quote: str) -> str:
    """Return the separator that splits most lines into one same number of fields."""
    best, most = ",", (0, 0)
    for separator in _SEPARATORS:
        widths = [len(row) for row in _rows(text, separator, quote, _LINES)]
        if not widths or widths[0] < 2:  # noqa: PLR2004 - one field is no separation
            continue
        same = (sum(width == widths[0] for width in widths), widths[0])
        if same > most:
            best, most = separator, same
    return best


def _columns(
    text: str, separator: str, quote: str, *, header: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    first = next(iter(_rows(text, separator, quote, 1)), [])
    if not header:
        return tuple(f"column{position}" for position in range(1, len(first) + 1)), ()
    return distinct_names(first)


def _rows(text: str, separator: str, quote: str, limit: int) -> list[list[str]]:
    """Return the first records of a text that are not blank."""
    settings: Mapping[str, Any] = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}
    records: list[list[str]] = []
    with long_fields(_FIELD):
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, **settings):
            if row:
                records.append(row)
            if len(records) == limit:
                break
    return records
