"""What readers of exports have in common: records out of JSON, separated text, and plain lines.

A plugin's source turns each record into a row of a canonical table, and never meets encodings,
packing or broken ends::

    def read(request: ReadRequest) -> Rows:
        return Rows(rows=_calls(json_records(request, "calls")), columns=COLUMNS)

Readers of files yield ``(file as shown, number there, record)``; what cannot be read stands
there as a `ValueError` with its reason and the raw text. They read packed files (``.gz``), and
bytes in another encoding than UTF-8 by the option ``encoding``.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator, MutableSequence
from pathlib import Path
from typing import Any

from cxaudit._model.long_fields import long_fields
from cxaudit._model.protocols import ReadRequest
from cxaudit._model.pseudonyms import is_withheld
from cxaudit._model.said import Said
from cxaudit._sources.text import lines_start, prepare

__all__ = ["Record", "csv_records", "is_withheld", "json_records", "lines"]

Record = tuple[str, int, dict[str, Any] | ValueError]

_ALL = -1
_RAW = 500
"""So much of a broken record is kept, in characters."""
_CSV_FIELD = 1 << 27


def lines(
    request: ReadRequest, notes: MutableSequence[str] | None = None
) -> Iterator[tuple[str, int, str]]:
    """Yield each line of the files, without its end.

    Args:
        request: The files.
        notes: Takes what a reader of the account should know, such as bytes that did not decode.
    """
    for name, prepared in _prepared(request, notes):
        opened = gzip.open if prepared.suffix == ".gz" else open
        with opened(prepared, "rt", encoding="utf-8-sig", errors="replace") as file:
            for number, line in enumerate(file, start=1):
                if line := line.rstrip("\n"):
                    yield name, number, line


def json_records(
    request: ReadRequest, *places: str, notes: MutableSequence[str] | None = None
) -> Iterator[Record]:
    """Yield the objects of JSON files, in any of the shapes that exports come in.

    A file holds an array of objects, an object with such arrays under ``places`` (a page of an
    API's answer), one object, or several of these: one in each line (JSON Lines), or one behind
    the other with nothing between, as streams write them. Of a file that is cut short, the whole
    records are yielded, then the rest as a `ValueError`.

    Args:
        request: The files.
        places: Keys under which a page keeps its records, such as ``tickets``. Of several that a
            page has, all are read, in this order; a key may also hold an object with another
            key inside. An object with an ``id`` is a record, whatever lists it has.
        notes: As in `lines`.
    """
    for name, text in _texts(request, notes):
        for number, record in enumerate(_objects(text, places), start=1):
            yield name, number, record


def csv_records(
    request: ReadRequest,
    *,
    columns: tuple[str, ...] = (),
    separator: str = ",",
    notes: MutableSequence[str] | None = None,
) -> Iterator[Record]:
    """Yield the rows of separated text as dictionaries of text.

    Args:
        request: The files.
        columns: Names of the columns of files without a header; else the first line names them.
        separator: What stands between fields.
        notes: As in `lines`.
    """
    with long_fields(_CSV_FIELD):
        for label, text in _texts(request, notes):
            rows = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
            names = list(columns)
            number = 0
            while True:
                number += 1
                try:
                    row = next(rows)
                except StopIteration:
                    break
                except csv.Error as error:
                    yield label, number, ValueError(f"not separated text: {error}")
                    continue
                if not row:
                    continue
                if not names:
                    names = [name.strip() for name in row]
                elif len(row) > len(names) or (len(row) < len(names) and not columns):
                    reason = f"the row has {len(row)} fields, and the header {len(names)}"
                    yield label, number, ValueError(reason, separator.join(row)[:_RAW])
                else:
                    yield label, number, dict(zip(names, row, strict=False))


def _prepared(
    request: ReadRequest, notes: MutableSequence[str] | None
) -> Iterator[tuple[str, Path]]:
    """Yield each file that is not empty, as UTF-8."""
    for path, name in zip(request.files, request.shown, strict=True):
        prepared = prepare(path, name, request.scratch, request.use.options.get("encoding"))
        empty = not lines_start(prepared.path).strip()
        if notes is not None:
            notes.extend(prepared.notes)
        if notes is not None and empty:
            notes.append(Said("in-file", file=name, note=Said("file-empty")))
        if not empty:
            yield name, prepared.path


def _texts(request: ReadRequest, notes: MutableSequence[str] | None) -> Iterator[tuple[str, str]]:
    for name, path in _prepared(request, notes):
        text = lines_start(path, _ALL)
        yield name, text.replace("\r\n", "\n").replace("\r", "\n")


def _objects(text: str, places: tuple[str, ...]) -> Iterator[dict[str, Any] | ValueError]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:  # also of a number with thousands of digits
        if not _is_lines(text):
            yield from (_sequence if _goes_on(error) else _salvaged)(text, places)
            return
        for line in text.split("\n"):
            if line.strip():
                yield from _line(line, places)
    else:
        yield from _expanded(document, places)


def _is_lines(text: str) -> bool:
    first = text.lstrip().split("\n", 1)[0]
    if not first.startswith("{"):
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):  # also of a number with thousands of digits
        return re.search(r"^\s*\{.*\}\s*$", text, re.MULTILINE) is not None
    return True


def _line(line: str, places: tuple[str, ...]) -> Iterator[dict[str, Any] | ValueError]:
    try:
        record = json.loads(line)
    except ValueError as error:
        if _goes_on(error):
            yield from _sequence(line, places)
        else:
            yield ValueError(f"not JSON: {getattr(error, 'msg', error)}", line[:_RAW])
    except RecursionError:
        yield ValueError("the record is nested too deeply", line[:_RAW])
    else:
        yield from _expanded(record, places)


def _goes_on(error: Exception) -> bool:
    """Tell whether a whole document stands there, and something behind it."""
    return isinstance(error, json.JSONDecodeError) and error.msg == "Extra data"


def _sequence(text: str, places: tuple[str, ...]) -> Iterator[dict[str, Any] | ValueError]:
    """Yield the records of documents that stand one behind the other, as streams write them."""
    decoder = json.JSONDecoder()
    at = 0
    blank = re.compile(r"\s*")
    while (match := blank.match(text, at)) and (at := match.end()) < len(text):
        try:
            record, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            yield ValueError("the file breaks off or is damaged here", text[at : at + _RAW])
            return
        yield from _expanded(record, places)


def _expanded(document: Any, places: tuple[str, ...]) -> Iterator[dict[str, Any] | ValueError]:
    """Yield the records of a document: an array, pages in an array, a page, or one record."""
    if isinstance(document, list):
        for element in document:
            if isinstance(element, dict):
                yield from _page(element, places)
            else:
                yield ValueError("the record is not an object", json.dumps(element)[:_RAW])
    elif isinstance(document, dict):
        yield from _page(document, places)
    else:
        yield ValueError("the record is not an object", json.dumps(document)[:_RAW])


def _page(page: dict[str, Any], places: tuple[str, ...]) -> Iterator[dict[str, Any] | ValueError]:
    """Yield the records of a page, or a record that is none."""
    # A record may have a list of that name of its own; only a page has no id.
    among = () if "id" in page else places
    lists = [page[name] for name in among if _has_records(page.get(name), places)]
    if not lists:
        yield page
        return
    for element in lists:
        yield from _expanded(element, places)


def _has_records(value: Any, places: tuple[str, ...]) -> bool:
    """Tell whether the value of a place is a list, or an object with a place of its own."""
    if isinstance(value, dict):
        return any(isinstance(value.get(name), list) for name in places)
    return isinstance(value, list)


def _salvaged(text: str, places: tuple[str, ...]) -> Iterator[dict[str, Any] | ValueError]:
    """Yield the whole records of an array that breaks off, then what is left."""
    keys = "|".join(map(re.escape, places))
    start = re.match(r"\s*\[", text)
    if start is None and keys:
        start = re.search(rf'"(?:{keys})"\s*:\s*\[', text)
    at = start.end() if start else 0
    decoder = json.JSONDecoder()
    between = re.compile(r"[\s,]*")
    while start is not None:
        match = between.match(text, at)
        at = match.end() if match else at
        try:
            record, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):  # also of a number with thousands of digits
            break
        yield record if isinstance(record, dict) else ValueError("the record is not an object")
    reason = "the file breaks off or is damaged here" if start else "not JSON"
    yield ValueError(reason, text[at : at + _RAW])
