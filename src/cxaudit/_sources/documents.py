"""JSON documents and JSON Lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cxaudit._model.engine import Scan
from cxaudit._model.protocols import ReadRequest, Rows
from cxaudit._sources.files import distinct_names, problem
from cxaudit._sources.text import lines_start, prepare

__all__ = ["read_json", "read_jsonl"]

_ALL = -1
_DEEP = 200
_LINES = re.compile(r"\.(jsonl|ndjson)(\.gz)?$", re.IGNORECASE)


def read_json(request: ReadRequest) -> Rows | Scan:
    """Return the rows of JSON documents: arrays of objects.

    Options: ``records``, a JSON pointer to the array inside the document (``/data/calls``), and
    ``encoding``. Numbers are kept as they are written. An object inside a row gives columns
    with dotted names (``via.channel``); an array is kept as JSON text. Files named ``.jsonl`` or
    ``.ndjson`` are read as JSON Lines.

    Raises:
        SourceError: If a file is no JSON, or holds no array at that place.
    """
    lines = [_LINES.search(path.name) is not None for path in request.files]
    if all(lines):
        return read_jsonl(request)
    notes: list[str] = []
    documents: list[tuple[str, list[Any]]] = []
    for path, name in zip(request.files, request.shown, strict=True):
        text = prepare(path, name, request.scratch, request.use.options.get("encoding"))
        notes.extend(text.notes)
        documents.append((name, _records(text.path, name, request.use.options.get("records", ""))))
    return Rows(rows=_rows(documents), notes=tuple(notes))


def read_jsonl(request: ReadRequest) -> Scan:
    """Return the scan of JSON Lines: one object in each line. Option: ``encoding``.

    Raises:
        SourceError: If a file cannot be read, or no line holds an object.
    """
    import duckdb

    labels = request.shown
    files, digests, keys = [], [], dict[str, None]()
    notes: list[str] = []
    with duckdb.connect() as connection:
        for path, name in zip(request.files, labels, strict=True):
            text = prepare(path, name, request.scratch, request.use.options.get("encoding"))
            files.append(text.path)
            digests.append(text.digest)
            notes.extend(text.notes)
            try:
                key_rows = connection.execute(_KEYS, [str(text.path)]).fetchall()
            except duckdb.Error as error:
                raise problem(name, f"the lines cannot be read: {error}") from error
            keys.update(dict.fromkeys(key for (key,) in key_rows))
    if not keys:
        hint = "A file that is one array is read by the reader json."
        raise problem(labels[0], "no line holds a JSON object", hint=hint)
    names, renamed = distinct_names(keys)
    return Scan(
        format="json",
        files=tuple(files),
        shown=labels,
        digests=tuple(digests),
        options={"keys": tuple(keys)},
        columns=names,
        notes=(*notes, *renamed),
    )


_KEYS = """
WITH found AS (
  SELECT unnest(json_keys(line)) AS key, n
  FROM (
    SELECT line, row_number() OVER () AS n
    FROM read_csv(?, auto_detect=false, header=false, delim='\x01', quote='', escape='',
      columns={'line': 'VARCHAR'}, max_line_size=33554432, ignore_errors=true)
  )
  WHERE CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' END
)
SELECT key FROM found GROUP BY key ORDER BY min(n), key
"""


def _records(path: Path, name: str, pointer: str) -> list[Any]:
    written = lines_start(path, _ALL)
    if not written.strip():
        raise problem(name, "the file is empty")
    try:
        document = json.loads(written, parse_float=str, parse_int=str, parse_constant=str)
    except json.JSONDecodeError as error:
        if error.pos >= len(written.rstrip()):
            hint = "Copy it again: it ends too early."
        elif error.msg == "Extra data":
            hint = "A file with one object in each line is read by the reader jsonl."
        else:
            hint = ""
        raise problem(name, f"not JSON: {error.msg}", hint=hint, line=error.lineno) from error
    except RecursionError as error:
        raise problem(name, "the document is nested too deeply") from error
    node = document
    for part in pointer.split("/")[1:] if pointer.startswith("/") else pointer.split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if not pointer:
            break
        if not isinstance(node, dict) or key not in node:
            hint = f"It holds {', '.join(map(repr, list(node)[:8]))}." if node else ""
            hint = hint if isinstance(node, dict) else ""
            raise problem(name, f"there is nothing at records = {pointer!r}", hint=hint)
        node = node[key]
    if not isinstance(node, list):
        hint = "Name the place of the array by the option records, such as records = '/calls'."
        raise problem(name, f"{pointer or 'the document'} is no array of records", hint=hint)
    return node


def _rows(
    documents: list[tuple[str, list[Any]]],
) -> Iterator[tuple[str, int, Mapping[str, Any] | ValueError]]:
    for name, records in documents:
        for row, record in enumerate(records, start=1):
            if isinstance(record, dict):
                yield name, row, _flat(record)
            else:
                yield name, row, ValueError("the record is not an object", json.dumps(record))


def _flat(record: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for key, value in record.items():
        name = before + key
        if isinstance(value, dict) and value and name.count(".") < _DEEP:
            fields.update(_flat(value, f"{name}."))
        else:
            fields[name] = json.dumps(value) if isinstance(value, dict | list) else value
    return fields
