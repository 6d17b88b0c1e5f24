"""Core's readers of record files."""

from __future__ import annotations

from typing import Any

from cxaudit.plugin import Source

__all__ = ["SOURCES"]

_ENCODING = {
    "type": "string",
    "description": "Encoding, such as cp1252; found by the byte order mark, else utf-8.",
}
_SKIP = {"type": "integer", "minimum": 0, "description": "Lines before the header."}


def _settings(**options: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": options, "additionalProperties": False}


SOURCES: tuple[Source, ...] = (
    Source(
        id="cxaudit.csv",
        read="cxaudit._sources.delimited:read_csv",
        settings=_settings(
            separator={
                "type": "string",
                "minLength": 1,
                "maxLength": 1,
                "description": "Found by itself among comma, semicolon, tab and bar when left out.",
            },
            quote={"type": "string", "maxLength": 1, "description": "Empty when nothing quotes."},
            header={"type": "boolean", "description": "Whether the first line names the columns."},
            skip=_SKIP,
            encoding=_ENCODING,
        ),
        suffixes=(".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt"),
        summary="Separated text: CSV, TSV, also packed by gzip.",
    ),
    Source(
        id="cxaudit.json",
        read="cxaudit._sources.documents:read_json",
        settings=_settings(
            records={"type": "string", "description": "JSON pointer to the array of records."},
            encoding=_ENCODING,
        ),
        suffixes=(".json", ".json.gz"),
        summary="A JSON document with an array of objects; .jsonl files too.",
    ),
    Source(
        id="cxaudit.jsonl",
        read="cxaudit._sources.documents:read_jsonl",
        settings=_settings(encoding=_ENCODING),
        suffixes=(".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz"),
        summary="JSON Lines: one object in each line.",
    ),
    Source(
        id="cxaudit.parquet",
        read="cxaudit._sources.columnar:read_parquet",
        settings=_settings(),
        suffixes=(".parquet",),
        summary="Parquet files.",
    ),
    Source(
        id="cxaudit.table",
        read="cxaudit._sources.tables:read_table",
        settings=_settings(),
        summary="Records that a program hands over: data frames, Arrow tables, dicts.",
    ),
    Source(
        id="cxaudit.xlsx",
        read="cxaudit._sources.workbooks:read_xlsx",
        settings=_settings(
            sheet={"type": "string", "description": "Name of the sheet; the first when left out."},
            sheets={"type": "array", "items": {"type": "string"}, "minItems": 1},
            skip=_SKIP,
        ),
        suffixes=(".xlsx", ".xlsm", ".xls", ".ods"),
        summary="Excel workbooks; .xls and .ods need the extra excel.",
    ),
)
