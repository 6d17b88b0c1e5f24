"""Results as JSON values, by plain walking: nothing is loaded for it.

The other way, `cxaudit._formats.result_json.from_json`, checks every type.
"""

from __future__ import annotations

import functools
import math
import types
from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs

from cxaudit._model.detectors import Detector
from cxaudit._model.directions import Direction
from cxaudit._model.evidence import Answers
from cxaudit._model.findings import Findings, Flag, State
from cxaudit._model.text import Text
from cxaudit._model.units import UnitTree

__all__ = ["free_value", "is_mixed", "json_value", "row_values"]

_SCALARS = {bool, int, float, str}


def json_value(value: Any) -> Any:
    """Return a value of a result as JSON values; findings and answers stay columns."""
    kind = type(value)
    if value is None or kind in {str, int, bool, Findings, Answers}:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if isinstance(value, Enum):
        return _name(value)
    if kind is Direction:
        return value.name
    if attrs.has(kind):
        return _object(value)
    if isinstance(value, Mapping):
        return {
            "/".join(key) if isinstance(key, tuple) else key: json_value(element)
            for key, element in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [json_value(element) for element in value]
    return value.isoformat() if isinstance(value, date) else value


def row_values(rows: Findings | Answers) -> list[dict[str, Any]]:
    """Return findings or answers as JSON values."""
    if isinstance(rows, Answers):
        return [_fields(answer) for answer in rows]
    return [{"fingerprint": finding.fingerprint, **_fields(finding)} for finding in rows]


def is_mixed(kind: Any) -> bool:
    """Tell whether a type is a union of several scalars, such as ``float | str | bool | None``."""
    if get_origin(kind) not in {Union, types.UnionType}:
        return False
    parts = set(get_args(kind)) - {type(None)}
    return len(parts) > 1 and parts <= _SCALARS


def _name(value: Enum) -> Any:
    if isinstance(value, State):
        return value.label
    return list(value.labels) if isinstance(value, Flag) else value.value


def _object(value: object) -> Any:
    if isinstance(value, Text):
        return dict(value.languages)
    if isinstance(value, UnitTree):
        return json_value(value.units)
    if isinstance(value, Detector):
        # A function is no data, nor what it reads; one that is named is kept by its name.
        fields = _fields(value)
        del fields["columns"], fields["screen"]
        return fields if isinstance(value.detect, str) else {**fields, "detect": None}
    return _fields(value)


def _fields(value: object) -> dict[str, Any]:
    kind: Any = type(value)
    return {name: write(getattr(value, name)) for name, write in _writers(kind)}


@functools.cache
def _writers(kind: type) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    # A detector's function has no type that JSON knows.
    hints = {} if kind is Detector else get_type_hints(kind)
    return tuple(
        (field.name, free_value if _is_free(hints.get(field.name)) else json_value)
        for field in attrs.fields(kind)
        if field.init
    )


def _is_free(kind: Any) -> bool:
    """Tell whether a type leaves open if a value is a number or a text."""
    return kind is Any or is_mixed(kind) or any(_is_free(part) for part in get_args(kind))


def free_value(value: Any) -> Any:
    """Return a value that may be a number or a text as JSON values that tell which it is."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": repr(value)}
    if isinstance(value, Mapping):
        return {str(key): free_value(element) for key, element in value.items()}
    if isinstance(value, (list, tuple)):
        return [free_value(element) for element in value]
    return json_value(value)
