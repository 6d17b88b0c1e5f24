"""Telling at once that a document fits a published schema.

Nearly every document does, and this is ten times faster than a whole validation, which is
needed only to say what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

__all__ = ["KEYWORDS", "surely_fits"]

KEYWORDS = frozenset(
    {
        "$schema",
        "title",
        "description",
        "type",
        "format",
        "enum",
        "const",
        "minLength",
        "pattern",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "items",
        "minItems",
        "properties",
        "required",
        "additionalProperties",
        "propertyNames",
        "minProperties",
        "maxProperties",
    }
)
"""Keywords of JSON Schema that are understood here; published schemas use no others."""

_KINDS: Mapping[type, tuple[str, ...]] = {
    str: ("string",),
    int: ("integer", "number"),
    float: ("number",),
    bool: ("boolean",),
    dict: ("object",),
    list: ("array",),
}


def surely_fits(value: object, schema: Mapping[str, Any]) -> bool:
    """Tell whether a value fits a schema that uses `KEYWORDS` only; False means look closer."""
    if "enum" in schema:
        return type(value) is str and value in schema["enum"]
    if "const" in schema:
        return type(value) is type(schema["const"]) and value == schema["const"]
    if schema.get("format") == "date":
        return type(value) is date
    types = schema.get("type", ())
    kinds = _KINDS.get(type(value), ())
    if not any(kind == types if type(types) is str else kind in types for kind in kinds):
        return False
    if isinstance(value, str):
        pattern = schema.get("pattern")
        return len(value) >= schema.get("minLength", 0) and (
            pattern is None or re.search(pattern, value) is not None
        )
    if isinstance(value, dict):
        return _table_fits(value, schema)
    if isinstance(value, list):
        inside = schema.get("items", {})
        return len(value) >= schema.get("minItems", 0) and all(
            surely_fits(each, inside) for each in value
        )
    return isinstance(value, bool) or _number_fits(value, schema)


def _number_fits(value: Any, schema: Mapping[str, Any]) -> bool:
    return bool(
        value >= schema.get("minimum", value)
        and value <= schema.get("maximum", value)
        and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
        and ("exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"])
    )


def _table_fits(value: Mapping[str, Any], schema: Mapping[str, Any]) -> bool:
    properties = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    names = schema.get("propertyNames")
    if not schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", len(value)):
        return False
    for key in schema.get("required", ()):
        if key not in value:
            return False
    for key, inside in value.items():
        if names is not None and not surely_fits(key, names):
            return False
        about = properties.get(key, others)
        if about is not True and (about is False or not surely_fits(inside, about)):
            return False
    return True
