"""Odd rows for any table, and the least settings that a schema allows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from cxaudit._model.tables import Column, Table

__all__ = ["hostile_rows", "least_settings"]

_ODD: Mapping[str, Sequence[Any]] = {
    "text": (
        "",
        " ",
        "NULL",
        "'; DROP TABLE calls; --",
        "=HYPERLINK(1)|-1+1",
        "<script>alert(1)</script> & {{ x }} {0}",
        "ÉCOLE ß İ 🙂 \u202egnp.exe\u200b",
        "a" * 20_000,
        "line\nline\r\n\ttab",
    ),
    "number": (0, -0.0, -1, 1e300, -1e300, 1e-300, 86_400, 0.1, 7),
    "boolean": (True, False, None, True, True, False, None, False, True),
    "time": (
        "2026-03-29T01:30:00Z",
        "2026-10-25T02:30:00",
        "1970-01-01T00:00:00Z",
        "2100-12-31T23:59:59Z",
        "2026-02-29T00:00:00Z",
        "2024-02-29T12:00:00+14:00",
        "2026-04-03T00:00:00-12:00",
        "soon",
        "2026-04-03T24:00:00Z",
    ),
    "date": (
        "2026-03-29",
        "2024-02-29",
        "2026-02-29",
        "1970-01-01",
        "9999-12-31",
        "0001-01-01",
        "today",
        "2026-13-01",
        "2026-04-03",
    ),
}


def hostile_rows(table: Table) -> list[dict[str, Any]]:
    """Return rows of a table as no good export has them: the first holds nothing.

    Required columns and keys are filled, so that the rows are used.
    """
    needed = {column.name for column in table.columns if column.required} | {*table.key}
    rows: list[dict[str, Any]] = []
    for number in range(len(_ODD["text"]) + 1):
        row = {}
        for column in table.columns:
            row[column.name] = _ODD[column.type][number - 1] if number else None
            if column.name in needed and (not number or column.name in table.key):
                row[column.name] = _plain(column, number)
        rows.append(row)
    return [*rows, dict(rows[-1])]


def _plain(column: Column, number: int) -> Any:
    return {
        "text": f"{column.name}-{number}",
        "number": number,
        "boolean": True,
        "time": f"2026-04-03T09:{number:02}:00Z",
        "date": f"2026-04-{number + 1:02}",
    }[column.type]


def least_settings(schema: Mapping[str, Any], metrics: Collection[str]) -> dict[str, Any] | None:
    """Return the least settings that a schema allows; None where that cannot be told.

    Metrics are left out: a request fills them in.
    """
    from jsonschema import Draft202012Validator

    properties = schema.get("properties", {})
    settings = {
        name: _least(properties.get(name, {}))
        for name in schema.get("required", ())
        if name not in metrics
    }
    whole = {**dict.fromkeys(metrics, "example.metric"), **settings}
    return settings if Draft202012Validator(dict(schema)).is_valid(whole) else None


def _least(schema: Mapping[str, Any]) -> Any:
    if "const" in schema:
        return schema["const"]
    if "default" in schema:
        return schema["default"]
    if schema.get("enum"):
        return schema["enum"][0]
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind in {"number", "integer"}:
        return schema.get("minimum", schema.get("maximum", 1))
    return {"boolean": True, "array": [], "object": {}, "null": None}.get(kind, "example.name")
