"""The items that implementations of hooks give."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cxaudit._model.evidence import Evidence
from cxaudit._model.report import Section
from cxaudit._plugins.sections import check_section
from cxaudit._plugins.typed import misfits

__all__ = ["check_item", "items_of"]

_ONE_ITEM = (str, bytes, Mapping)
_TEXT: frozenset[type] = frozenset({str})
_PLAIN: frozenset[type] = frozenset({str, int, float, bool, type(None)})


def _is_exclusion(item: object) -> bool:
    match item:
        case (name, rationale):
            return _is_said(name) and _is_said(rationale)
    return False


def _is_said(item: object) -> bool:
    """Tell whether an item is a text that says something, and that a file can hold."""
    return isinstance(item, str) and bool(item.strip()) and not any(misfits(item, str, ""))


def _is_evidence(item: object) -> bool:
    """Tell whether an item is evidence of plain values: no redactor reads what is not a text."""
    if not isinstance(item, Evidence):
        return False
    fields: object = item.fields
    if type(fields) is not dict and not isinstance(fields, Mapping):  # the latter is slow
        return False
    texts = (item.kind, item.source, item.key, item.place, item.quote, item.digest, *item.fields)
    # Types are few where values are many.
    return _only(set(map(type, texts)), _TEXT) and _only(
        set(map(type, item.fields.values())), _PLAIN
    )


def _only(kinds: set[type], wanted: frozenset[type]) -> bool:
    return kinds <= wanted or all(issubclass(kind, tuple(wanted)) for kind in kinds)


_RESULTS: Mapping[str, tuple[str, Callable[[object], bool]]] = {
    "cxaudit_propose_exclusions": ("pairs of item id and rationale", _is_exclusion),
    "cxaudit_redact": ("Evidence of plain values, or None", _is_evidence),
    "cxaudit_gate": ("texts that say something", _is_said),
    "cxaudit_report_sections": ("Section", lambda item: isinstance(item, Section)),
}


def items_of(result: object) -> Iterable[Any]:
    """Return the items of what an implementation returned; a single value is one item."""
    if result is None:
        return ()
    if type(result) is Evidence:  # thousands in a run, and what is asked below is slow
        return (result,)
    if isinstance(result, _ONE_ITEM) or not isinstance(result, Iterable):
        return (result,)
    return result


def check_item(hook: str, item: object) -> None:
    """Refuse an item that is not what the hook gives.

    Raises:
        TypeError: If it is something else. (What is registered is checked by the registry.)
        ValueError: If it is a section that some document could not show.
    """
    wanted, fits = _RESULTS.get(hook, ("", None))
    if fits is not None and not fits(item):
        msg = f"{hook} gives {wanted}, not {type(item).__name__}"
        raise TypeError(msg)
    if isinstance(item, Section):
        check_section(item)
