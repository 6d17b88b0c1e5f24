"""Where each field of an item was written, and how much the item weighs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from cxaudit._model.checklist import Checklist, Item, Origin
from cxaudit.errors import UnknownNameError

_TEXTS = ("title", "fail_title")

__all__ = ["ExplainedField", "Explanation", "effective_weights", "explain"]


@attrs.frozen
class ExplainedField:
    """A field of an item: its name as the file writes it, its value, and where it was written."""

    name: str
    value: Any
    origin: Origin


@attrs.frozen(kw_only=True)
class Explanation:
    """What an item is, field by field.

    Attributes:
        item: The item.
        fields: Every field that was written, in the order of the file.
        effective_weight: Its share of the overall score, in [0, 1], when everything is
            assessed; None when it has no part in the score.
    """

    item: Item
    fields: tuple[ExplainedField, ...]
    effective_weight: float | None


def effective_weights(checklist: Checklist) -> dict[str, float]:
    """Return each scored item's share of the overall score, when everything is assessed.

    That is its weight over the weights of its area, times the area's weight over the weights of
    all areas that have scored items. Excluded and compliance items, outcomes and informative
    items have no part.
    """
    scored = [
        item
        for item in checklist.items
        if item.role == "practice"
        and item.excluded is None
        and not (item.critical and item.critical.compliance)
    ]
    totals: dict[str, float] = {}
    for item in scored:
        totals[item.area] = totals.get(item.area, 0.0) + item.weight
    areas = {area: checklist.area_weights.get(area, 1.0) for area in totals}
    whole = sum(areas.values())
    if whole == 0:
        return {item.id: 0.0 for item in scored}
    return {item.id: item.weight / totals[item.area] * areas[item.area] / whole for item in scored}


def explain(checklist: Checklist, item_id: str) -> Explanation:
    """Explain an item of a checklist.

    Args:
        checklist: The checklist.
        item_id: Id of the item.

    Raises:
        UnknownNameError: If the checklist has no such item.
    """
    try:
        item = checklist.item(item_id)
    except KeyError:
        items = tuple(item.id for item in checklist.items)
        kind = "item"
        raise UnknownNameError(kind, item_id, items) from None
    names = list(item.origins)
    leaves = _leaves(names)
    fields = []
    for name in leaves:
        value = _value(item, name)
        fields.append(ExplainedField(name, value, item.origins[name]))
    return Explanation(
        item=item,
        fields=tuple(fields),
        effective_weight=effective_weights(checklist).get(item_id),
    )


def _leaves(names: list[str]) -> list[str]:
    """Return the fields that stand for no other, in file order; one language needs no name."""
    leaves = []
    for name in names:
        children = [other for other in names if other.startswith(f"{name}.")]
        parent = name.rpartition(".")[0]
        beside = [other for other in names if other.startswith(f"{parent}.")]
        if not children:
            only = parent in _TEXTS or parent.startswith("guidance.")
            leaves.append(parent if only and beside == [name] else name)
    return leaves


def _value(item: Item, name: str) -> Any:
    """Return the resolved value of a field by the name that files give it."""
    head, *rest = name.split(".", 1)
    path = rest[0] if rest else ""
    if head == "lens":
        return list(item.lenses.get(path, next(iter(item.lenses.values()), ())))
    if head == "with":
        return _within(item.check.settings, path) if item.check else None
    if head == "check":
        return item.check.check if item.check else None
    if head == "ask" and path.startswith("curve"):
        written = item.ask.curve_settings if item.ask else {}
        return _within(written, path.partition(".")[2])
    if head == "critical" and path == "severity":
        return "event"
    if head == "ask" and path == "met":
        return "yes" if item.ask and item.ask.met else "no"
    value: Any = getattr(item, head)
    for key in path.split(".") if path else ():
        if value is None:
            return None
        languages = getattr(value, "languages", None)
        value = languages[key] if languages is not None else getattr(value, key)
    languages = getattr(value, "languages", {})
    return str(value) if len(languages) == 1 else value


def _within(table: Any, path: str) -> Any:
    """Return a value inside nested tables; keys may themselves hold dots."""
    if not path:
        return table
    if isinstance(table, Mapping):
        if path in table:
            return table[path]
        for key, value in table.items():
            if path.startswith(f"{key}."):
                return _within(value, path[len(key) + 1 :])
    return None
