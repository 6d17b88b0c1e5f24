"""Rows that a source yields, written to a file that the engine reads."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from cxaudit._model.engine import Scan
from cxaudit._model.markers import Skipped
from cxaudit._model.protocols import Rows
from cxaudit._sources.files import distinct_names

__all__ = ["spool"]

_OURS = frozenset({"_source", "_row"})
_TIMES = (date, time)


def spool(rows: Rows, folder: Path, columns: Iterable[str] = ()) -> Scan:
    """Write rows as newline JSON with ``_source`` and ``_row``, and return their scan.

    Rows that could not be read come back in the scan's ``rejected``, those left out by a rule are
    counted in its ``skipped``. The scan has no digests:
    only the caller knows which files the rows were made from.

    Args:
        rows: The rows; they are taken once.
        folder: Folder of the run for such files.
        columns: Those to have when there is no row to tell them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"rows-{len(list(folder.iterdir()))}.jsonl"
    keys = dict.fromkeys(rows.columns)
    skipped: Counter[str] = Counter()
    labels: dict[str, None] = {}
    rejected: list[tuple[str, int, str, str]] = []
    encode = json.JSONEncoder(default=_written).encode
    with path.open("x", encoding="utf-8", newline="\n") as file:
        path.chmod(0o600)
        for source, row, fields in rows.rows:
            labels[source] = None
            if isinstance(fields, ValueError):
                reason, *raw = (str(argument) for argument in fields.args or ("unreadable row",))
                rejected.append((source, row, reason, raw[0] if raw else ""))
                continue
            if isinstance(fields, Skipped):
                skipped[fields.reason] += 1
                continue
            values = fields
            if not fields.keys() <= keys.keys() or not fields.keys().isdisjoint(_OURS):
                values = {f"{k}_2" if k in _OURS else k: v for k, v in fields.items()}
                keys.update(dict.fromkeys(values))
            file.write(encode({"_source": source, "_row": row, **values}) + "\n")
        if not file.tell():
            keys.update(dict.fromkeys(columns))
    names, notes = distinct_names(keys)
    return Scan(
        format="json",
        files=(path,),
        shown=tuple(labels) or (path.name,),
        options={"keys": tuple(keys)},
        columns=names,
        numbered=True,
        rejected=tuple(rejected),
        skipped=dict(skipped),
        unknown_fields=tuple(dict.fromkeys(rows.unknown_fields)),
        marked=dict(rows.marked),
        notes=(*rows.notes, *notes),
    )


def _written(value: Any) -> str:
    if isinstance(value, _TIMES):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    message = f"a field holds a {type(value).__name__}, which is no text, number or boolean"
    raise TypeError(message)
