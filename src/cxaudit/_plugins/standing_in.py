"""What stands in for a spec that was refused: its name is there, and whatever rests on it fails."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any, NoReturn

import attrs

from cxaudit._plugins.containment import contained
from cxaudit._plugins.typed import misfits
from cxaudit.errors import PluginError

__all__ = ["stand_in"]

_KEPT = {
    "check": ("id", "summary"),
    "detector": ("id", "table", "column", "summary"),
    "engine": ("id", "summary"),
    "metric": ("id", "table", "kind", "unit", "lower_is_better", "title"),
    "output": ("id", "takes", "suffix", "summary"),
    "policy": ("id", "title", "not_applicable", "unanswered", "critical", "aggregation"),
    "source": ("id", "suffixes", "tables", "summary"),
}
"""Kinds that may be named by an audit, and what is kept of them where it can be."""
_INSTEAD: dict[str, Any] = {"table": "answers", "kind": "count", "takes": "result", "bands": ()}


def stand_in(
    kind: str, spec: Any, function: str, error: PluginError, tables: Container[str]
) -> Any:
    """Return a spec of the same id whose function raises why it was refused.

    Args:
        kind: Kind of the spec.
        spec: The spec.
        function: The field that holds its function; empty for kinds without.
        error: Why it was refused.
        tables: The tables that there are.

    Returns:
        The spec; None where nothing can stand in, as for tables and touchpoints.
    """
    if kind not in _KEPT:
        return None
    values: dict[str, Any] = {function: _refusing(error)} if function else {}
    for field in attrs.fields(attrs.resolve_types(type(spec))):
        value = getattr(spec, field.name)
        fits = not any(misfits(value, field.type, field.name))
        if field.name in _KEPT[kind] and fits:
            values[field.name] = value
        elif field.default is attrs.NOTHING and field.name not in values:
            values[field.name] = _INSTEAD.get(field.name, "")
    if kind == "check":
        values["metrics"] = ()
    if "table" in values and values["table"] not in tables:
        values["table"] = _INSTEAD["table"]
    with contained("", ""):  # its own validators may refuse what is kept
        return type(spec)(**values)
    return None


def _refusing(error: PluginError) -> Callable[..., NoReturn]:
    def refuse(*_: object) -> NoReturn:
        raise error

    return refuse
